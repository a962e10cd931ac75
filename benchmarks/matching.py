"""Matching against its peers, side by side: wall and CPU time, peak memory, and whether the answers are the same.

    python benchmarks/matching.py FOLDER --write             # all of it, in full; the inputs are kept in FOLDER
    python benchmarks/matching.py FOLDER --small             # a look at all of it in some minutes, tables on screen
    python benchmarks/matching.py FOLDER --tasks union --engines landrelease dissolve --repeats 3

Each engine runs in a process of its own for each repeat, one after the other, so that a slow minute of the machine
meets all of them. Timed is the part after the files are read; a first call on a hundred hazards is before it. An answer
that is not that of the reference is printed as an error and gets no time. With --write, docs/performance.md is written
anew from all results that FOLDER holds. Peers are the extra `peers`; what is not installed is named and left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import performance_page
import shapely
from engines import OURS, Engine, Inputs, every
from tasks import TASKS, Size, Task
from workload import Workload

FIRST = 100
"""Hazards of the call before the timed one: imports, plans and compiled code are there after it."""


def measured(engine: Engine, given: Inputs, answer: Path | None) -> dict[str, float]:
    """Run an engine once; return its figures, and keep its answer."""
    few = first_of(given)
    start = time.perf_counter()
    engine.prepare(few)()
    first = time.perf_counter() - start
    call = engine.prepare(given)
    before = _memory("VmRSS", reset=True)
    wall, cpu = time.perf_counter(), _cpu()
    found = call()
    figures = {"wall_s": time.perf_counter() - wall, "cpu_s": _cpu() - cpu, "first_s": first}
    figures["peak_mib"] = _memory("VmHWM") - before
    if answer is not None and found is not None:
        pd.DataFrame(found).drop(columns="geometry", errors="ignore").to_parquet(answer)
    return figures


def first_of(given: Inputs) -> Inputs:
    """Return some hazards, and what is nearest to each."""
    areas = given["areas"].iloc[:FIRST]
    few = {**given, "areas": areas}
    for name in {"layer", "places"} & set(given):
        tree = shapely.STRtree(given[name].geometry.to_numpy())  # not the frame's own, which would be kept
        few[name] = given[name].iloc[np.unique(tree.nearest(areas.geometry.to_numpy()))]
    return few


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def _memory(name: str, *, reset: bool = False) -> float:
    """Return what the process holds, or its peak since the last reset; not known but on Linux. [MiB]"""
    if not Path("/proc/self/clear_refs").exists():
        return float("nan")
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(name))) / 1024


def lacking(engine: Engine) -> str:
    """Return what an engine needs and is not there."""
    missing = [one for one in engine.needs if not (one.isupper() and os.environ.get(one)) and not _is_installed(one)]
    return ", ".join(missing)


def _is_installed(module: str) -> bool:
    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


class Run:
    """One task at one size: the engines, repeat after repeat."""

    def __init__(self, given: argparse.Namespace, name: str, size: Size, known: dict[str, Any]) -> None:
        self.given, self.name, self.size, self.known = given, name, size, known
        self.engines = sorted(every()[name].items(), key=lambda one: (one[0] != OURS, one[0] != self.task.reference))

    @property
    def task(self) -> Task:
        """The task."""
        return TASKS[self.name]

    def figures(self) -> dict[str, dict[str, Any]]:
        """Return the figures of each engine, or why there are none."""
        result: dict[str, dict[str, Any]] = {name: {"runs": []} for name, _ in self._wanted()}
        inputs = self.task.load(Workload(self.given.folder, self.given.seed, self.given.country), self.size)
        with tempfile.TemporaryDirectory() as folder:
            for repeat in range(self.given.repeats):
                for name, engine in self._wanted():
                    one = result[name]
                    if "error" in one or self._is_enough(one, repeat):
                        continue
                    self._say(f"{name}, run {repeat + 1}")
                    answer = Path(folder) / f"{name.replace('/', ' ')}.parquet" if repeat == 0 else None
                    self._once(name, engine, one, answer)
                if repeat == 0:
                    self._compare(result, Path(folder), inputs)
        return result

    def _wanted(self) -> Iterator[tuple[str, Engine]]:
        wanted = self.given.engines
        return (one for one in self.engines if not wanted or one[0] in (*wanted, self.task.reference))

    def _is_enough(self, one: dict[str, Any], repeat: int) -> bool:
        """Tell whether an engine is too slow to be run again; told in the table by the number of runs."""
        return repeat > 0 and one["runs"][0]["wall_s"] > self.given.patience

    def _once(self, name: str, engine: Engine, one: dict[str, Any], answer: Path | None) -> None:
        if missing := lacking(engine):
            one["error"] = f"not here: {missing}"
            return
        if self._expected_s(name) > self.given.timeout:
            one["error"] = f"left out: about {self._expected_s(name):,.0f} s by its growth"
            return
        options = json.dumps([self.name, name, self.size, str(answer) if answer else None])
        command = [sys.executable, __file__, str(self.given.folder), "--one", options,
                   "--seed", str(self.given.seed), "--country", str(self.given.country)]  # fmt: skip
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=self.given.timeout, check=False)
        except subprocess.TimeoutExpired:
            one["error"] = f"stopped after {self.given.timeout:,.0f} s"
            return
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"signal {-done.returncode}"
            one["error"] = f"failed: {last[:120]}"
            self._say(f"{name}: {done.stderr if self.given.verbose else last}")
            return
        one["runs"].append(json.loads(done.stdout.strip().splitlines()[-1]))

    def _expected_s(self, name: str) -> float:
        """Return what an engine would take if it went on growing linearly from the last size that it did."""
        done = [(size, one[name]) for size, one in self.known.items() if one.get(name, {}).get("runs")]
        if not done:
            return 0.0
        size, last = done[-1]
        return last["runs"][0]["wall_s"] * max(1.0, sum(self.size) / sum(json.loads(size)))

    def _compare(self, result: dict[str, dict[str, Any]], folder: Path, inputs: Inputs) -> None:
        """Compare all answers with that of the reference, before any time is looked at."""
        answers = {name: folder / f"{name.replace('/', ' ')}.parquet" for name in result}
        reference = answers[self.task.reference]
        if not reference.exists():
            for one in result.values():
                one.setdefault("error", f"not compared: no answer of {self.task.reference}")
            return
        for name, engine in self._wanted():
            one = result[name]
            if "error" in one or not answers[name].exists() or name == self.task.reference:
                continue
            answer, right = pd.read_parquet(answers[name]), pd.read_parquet(reference)
            if engine.by_centres:
                one["difference"], limit = totals_apart(answer, right), self.task.of_totals
            else:
                one["difference"], limit = self.task.difference(answer, right, inputs), self.task.tolerance
            if not one["difference"] <= limit:
                one["error"] = f"MISMATCH with {self.task.reference}: {one['difference']:.2g} {self.task.unit}"
                print(f"{self.name}, {self.size}: {name}: {one['error']}", file=sys.stderr)

    def _say(self, text: str) -> None:
        print(f"{self.name}, {self.size}: {text}", file=sys.stderr, flush=True)


def totals_apart(one: pd.DataFrame, other: pd.DataFrame) -> float:
    """Return how far the totals of two answers are apart, in parts."""
    value = "share" if "share" in other else "value"
    return float(abs(one[value].sum() / other[value].sum() - 1))


def main() -> None:
    """Run what is asked and print it as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where inputs and results are kept")
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS), metavar="TASK", help=", ".join(TASKS))
    parser.add_argument("--engines", nargs="+", help="only these, and the reference of each task")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--small", action="store_true", help="small sizes, on a country of a tenth of each side")
    parser.add_argument("--sizes", nargs="+", metavar="NxM", help="sizes of the tasks asked, such as 100000x1000000")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--country", type=float, default=None, help="part of each side of 400 x 500 km")
    parser.add_argument("--patience", type=float, default=120, help="what takes longer runs once. [s]")
    parser.add_argument("--timeout", type=float, default=900, help="what would take longer is left out. [s]")
    parser.add_argument("--write", action="store_true", help="write docs/performance.md and its picture")
    parser.add_argument("--verbose", action="store_true", help="show the whole of what a failed engine said")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    given.country = given.country or (0.1 if given.small else 1.0)
    if given.one:
        task, name, size, answer = json.loads(given.one)
        inputs = TASKS[task].load(Workload(given.folder, given.seed, given.country), tuple(size))
        print(json.dumps(measured(every()[task][name], inputs, Path(answer) if answer else None)))
        return
    kept = performance_page.Results(given.folder / ("results-small.json" if given.small else "results.json"))
    for name in given.tasks:
        sizes = TASKS[name].small if given.small else TASKS[name].sizes
        asked = [tuple(map(int, one.split("x"))) for one in given.sizes] if given.sizes else sizes
        known: dict[str, Any] = {}
        for size in asked:
            size = (size[0], size[1] if len(size) > 1 else 0)
            known[json.dumps(size)] = Run(given, name, size, known).figures()
            kept.add(name, size, known[json.dumps(size)])
        print(performance_page.table(name, kept.of(name)), flush=True)
    if given.write:
        performance_page.write(kept)
    wrong = [one for sizes in kept.all.values() for few in sizes.values() for one in few.values()]
    sys.exit(any("MISMATCH" in one.get("error", "") for one in wrong))


if __name__ == "__main__":
    main()
