"""What matching.py measured, as the tables and the picture of docs/performance.md."""

from __future__ import annotations

import importlib.metadata
import json
import math
import os
import platform
import re
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from engines import OURS, every
from tasks import TASKS, Size

PAGE = Path(__file__).resolve().parent.parent / "docs" / "performance.md"
PICTURE = PAGE.parent / "pictures" / "performance.svg"
_PACKAGES = ("landrelease", "geopandas", "shapely", "pyogrio", "rasterio", "exactextract", "rasterstats", "duckdb",
             "duckdb-extension-spatial", "sedonadb", "dask", "dask-geopandas", "numba", "numpy", "pandas")  # fmt: skip
_DRAWN = ("overlap", "classes", "nearest", "within 500 m", "union")
Sizes = dict[str, dict[str, dict[str, Any]]]


class Results:
    """All results so far, in a file: task, size, engine, runs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.all: dict[str, Sizes] = json.loads(path.read_text()) if path.exists() else {}

    def add(self, task: str, size: Size, figures: dict[str, dict[str, Any]]) -> None:
        """Keep the figures of a task at a size in place of those that are there."""
        self.all.setdefault(task, {})[json.dumps(size)] = figures
        self.path.write_text(json.dumps(self.all, indent=1) + "\n")

    def of(self, task: str) -> Sizes:
        """Return the results of a task, small sizes first."""
        return dict(sorted(self.all.get(task, {}).items(), key=lambda one: json.loads(one[0])))


def middle(one: dict[str, Any], figure: str) -> float:
    """Return the median of a figure over the runs; NaN where there is none."""
    return median(run[figure] for run in one["runs"]) if one.get("runs") and "error" not in one else math.nan


def table(task: str, sizes: Sizes) -> str:
    """Return the results of a task as Markdown."""
    lines = [f"### {TASKS[task].title}", ""]
    names = f"| {TASKS[task].columns} | engine | wall s | CPU s | peak MiB | first call s | wall / ours | difference |"
    lines += [names, "|---|---|" + "--:|" * 6]
    for size, engines in sizes.items():
        ours = middle(engines.get(OURS, {}), "wall_s")
        for name, one in sorted(engines.items(), key=lambda each: (math.isnan(middle(each[1], "wall_s")),
                                                                   middle(each[1], "wall_s"))):  # fmt: skip
            lines.append(f"| {_named(json.loads(size))} | {_cells(task, name, one, ours)} |")
    return "\n".join([*lines, "", *_growth(task, sizes), ""])


def _named(size: list[int]) -> str:
    return " x ".join(f"{one:,}" for one in size if one)


def _cells(task: str, name: str, one: dict[str, Any], ours: float) -> str:
    shown = f"**{name}**" if name == OURS else name
    if every()[task][name].by_centres:
        shown += " (pixel centres)"
    if "error" in one:
        return f"{shown} | {one['error'].replace('|', '/')} | | | | |"
    wall, runs = middle(one, "wall_s"), len(one["runs"])
    once = f" ({runs} run{'s' if runs > 1 else ''})" if runs < 3 else ""
    server = name == "PostGIS"
    cpu, peak = ("server", "server") if server else (f"{middle(one, 'cpu_s'):.2f}", f"{middle(one, 'peak_mib'):,.0f}")
    apart = "reference" if name == TASKS[task].reference else f"{one['difference']:.1e}" if "difference" in one else ""
    return f"{shown} | {wall:.2f}{once} | {cpu} | {peak} | {middle(one, 'first_s'):.2f} | {wall / ours:.2f} | {apart}"


def exponents(sizes: Sizes) -> dict[str, float]:
    """Return for each engine the power of N with which its time grows, over sizes whose sides grow together."""
    points: dict[str, list[tuple[float, float]]] = {}
    for size, engines in sizes.items():
        count, other = json.loads(size)
        if other in (count, 0) or other == json.loads(next(iter(sizes)))[1]:
            for name, one in engines.items():
                if not math.isnan(middle(one, "wall_s")):
                    points.setdefault(name, []).append((math.log(count), math.log(middle(one, "wall_s"))))
    return {name: float(np.polyfit(*zip(*some, strict=True), 1)[0]) for name, some in points.items() if len(some) > 1}


def _growth(task: str, sizes: Sizes) -> list[str]:
    found = exponents(sizes)
    if not found:
        return []
    listed = ", ".join(f"{power:.2f} ({name})" for name, power in found.items())
    return [f"Time grows with the number of {TASKS[task].columns} to the power {listed}."]


def write(kept: Results) -> None:
    """Put the tables and the picture into docs/performance.md, in place of what was there."""
    parts = [machine(), *(table(task, kept.of(task)) for task in TASKS if kept.of(task))]
    if draw(kept, PICTURE):
        parts.insert(1, f"![Time over the number of hazards, for each task]({PICTURE.relative_to(PAGE.parent)})\n")
    put("matching", "\n\n".join(part.strip() for part in parts))


def put(what: str, content: str, page: Path = PAGE) -> None:
    """Put a text between its markers in a page."""
    begin, end = f"<!-- {what}: begin -->", f"<!-- {what}: end -->"
    text = page.read_text(encoding="utf-8")
    within = re.compile(f"{re.escape(begin)}.*{re.escape(end)}", re.DOTALL)
    page.write_text(within.sub(lambda _: f"{begin}\n\n{content}\n\n{end}", text), encoding="utf-8")


def machine() -> str:
    """Return the machine and the versions."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    info = Path("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", info.read_text()) if info.exists() else None
    versions = []
    for name in _PACKAGES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return (
        f"Machine: {model[1] if model else platform.machine()}, {cores} cores, {platform.system()}, Python "
        f"{platform.python_version()}. Versions: {', '.join(versions)}."
    )


def _axis(task: str, both_grow: bool) -> str:
    return TASKS[task].columns.replace(" x ", " + ") if both_grow else TASKS[task].columns.split(" x ")[0]


def draw(kept: Results, path: Path) -> bool:
    """Draw wall time over N, one panel a task; return whether there was anything to draw."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams["svg.hashsalt"] = "landrelease"
    from matplotlib import pyplot as plt

    tasks = [task for task in _DRAWN if len(kept.of(task)) > 1]
    if not tasks:
        return False
    columns = min(3, len(tasks))
    rows = -(-len(tasks) // columns)
    figure, panels = plt.subplots(
        rows, columns, figsize=(4.6 * columns, 4.2 * rows), layout="constrained", squeeze=False
    )
    for panel in panels.flat[len(tasks) :]:
        panel.set_axis_off()
    for panel, task in zip(panels.flat, tasks):  # noqa: B905, what is left is empty
        lines: dict[str, list[tuple[int, float]]] = {}
        both_grow = len({json.loads(size)[1] for size in kept.of(task)}) > 1
        for size, engines in kept.of(task).items():
            count = sum(json.loads(size)) if both_grow else json.loads(size)[0]
            for name, one in engines.items():
                if not math.isnan(middle(one, "wall_s")):
                    lines.setdefault(name, []).append((count, middle(one, "wall_s")))
        for name, points in lines.items():
            bold = {"color": "black", "linewidth": 2.5, "zorder": 3} if name == OURS else {"linewidth": 1.2}
            panel.plot(*zip(*points, strict=True), marker="o", markersize=3, label=name, **bold)
        panel.set(
            xscale="log", yscale="log", title=TASKS[task].title, xlabel=_axis(task, both_grow), ylabel="wall time, s"
        )
        panel.title.set_fontsize(9)
        panel.legend(fontsize=7)
        panel.grid(which="major", alpha=0.3)
    path.parent.mkdir(exist_ok=True)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    return True
