"""A national register through `landrelease run` and through the script that is written without it, side by side.

    python benchmarks/national.py FOLDER                 # 100,000 areas, 1,000,000 parcels, 2 Gpx, 50,000 projects
    python benchmarks/national.py FOLDER --scale 0.01    # a hundredth of all of it
    python benchmarks/national.py FOLDER --repeats 5 --write

The inputs are made in FOLDER once. The two run one after the other, each in a process of its own; printed are the time,
the CPU time and the peak memory of the whole process with its reading and writing, and what differs in the answers:
differences are expected and named, since the script counts pixel centres and counts land twice where parcels overlap.
With --write, docs/performance.md gets the table.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import performance_page
from workload import Workload

HERE = Path(__file__).resolve().parent
PROGRAMME = """
[programme]
name = "A national register"
as_of = 2025-12-31

[inputs.events]
path = "events.gpkg"

[inputs.land_use]
path = "land_use.gpkg"

[[inputs.land_cover]]
path = "landcover_2024.tif"
year = 2024
legend = "esa-worldcover"

[inputs.projects]
path = "projects.csv"
dates = "iso"
crs = "EPSG:4326"

[inputs.admin_areas]
path = "admin_areas.gpkg"

[inputs.population]
path = "population.tif"

[inputs.accidents]
path = "accidents.csv"
dates = "iso"
crs = "EPSG:4326"

[inputs.settlements]
path = "settlements.csv"
crs = "EPSG:4326"

[balance]
start = 2013-01-01
end = 2025-12-31
by = "admin_code"

[priority]
scheme = "scheme.toml"
missing = "worst"
"""
SCHEME = """
name = "benchmark"
source = "The weights of the script, for a comparison of speed"
verified = false

[[criterion]]
column = "people_within_1km"
low = 0
high = 1500
weight = 0.4
from = { measure = "people_within", within_m = 1000 }

[[criterion]]
column = "accidents_within_500m"
low = 0
high = 3
weight = 0.2
from = { measure = "accidents_within", within_m = 500 }

[[criterion]]
column = "cropland_share"
low = 0
high = 1
weight = 0.2
from = { measure = "share_of_class", layer = "land_cover", use_codes = ["agriculture"] }

[[criterion]]
column = "distance_to_settlement_m"
low = 0
high = 5000
more_is_urgent = false
weight = 0.1
from = { measure = "distance_to", layer = "settlements" }

[[criterion]]
column = "hazard_area_m2"
low = 0
high = 200000
weight = 0.1
from = { measure = "area" }
"""


def make(folder: Path, scale: float, seed: int) -> Path:
    """Make the inputs of a register and its programme, if they are not there."""
    inputs = folder / f"national-{scale:g}-{seed}"
    if (inputs / "programme.toml").exists():
        return inputs
    inputs.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    workload = Workload(folder, seed, scale**0.5)
    areas = workload.hazards(round(100_000 * scale), invalid=0.02)
    events(areas, rng).to_file(inputs / "events.gpkg")
    parcels = workload.parcels(round(1_000_000 * scale), claims=0.01)
    days = pd.to_datetime(rng.choice(["2022-06-01", "2025-06-01"], len(parcels), p=[0.8, 0.2]))
    parcels.assign(observed_date=days).to_file(inputs / "land_use.gpkg")
    workload.admin_units().assign(parent_code=None).to_file(inputs / "admin_areas.gpkg")
    projects = workload.projects(round(50_000 * scale))
    start = pd.to_datetime("2010-01-01") + pd.to_timedelta(rng.integers(0, 5_000, len(projects)), "D")
    end = start + pd.to_timedelta(rng.integers(100, 1_500, len(projects)), "D")
    more = {"title": projects["project_id"], "sector_code": "31120", "status": "closed", "is_point": True}
    as_csv(projects.assign(start_date=start, end_date=end, **more), inputs / "projects.csv")
    spots = areas.geometry.representative_point().sample(len(areas) // 50, random_state=seed).reset_index(drop=True)
    accidents = {"accident_id": [f"AC-{i}" for i in range(len(spots))], "accident_date": pd.Timestamp("2015-06-01")}
    as_csv(gpd.GeoDataFrame({**accidents, "injured_count": 1}, geometry=spots), inputs / "accidents.csv")
    places = Workload(folder, seed + 100, scale**0.5).projects(round(5_000 * scale) + 5)
    named = {"settlement_id": places["project_id"], "name": places["project_id"], "population_count": 100}
    as_csv(gpd.GeoDataFrame(named, geometry=places.geometry), inputs / "settlements.csv")
    for name, path in (("landcover_2024.tif", workload.land_cover(2024)), ("population.tif", workload.population())):
        (inputs / name).unlink(missing_ok=True)
        (inputs / name).hardlink_to(path)
    (inputs / "scheme.toml").write_text(SCHEME, encoding="utf-8")
    (inputs / "programme.toml").write_text(PROGRAMME, encoding="utf-8")
    return inputs


def events(areas: gpd.GeoDataFrame, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return a first record of each area, and the release of 60 % of them as a whole."""
    count = len(areas)
    day = pd.Timestamp("2008-01-01") + pd.to_timedelta(rng.integers(0, 1_800, count), "D")
    first = areas[["area_id", "geometry"]].assign(
        event_id=areas["area_id"] + "/1", event=rng.choice(["suspected", "confirmed"], count), event_date=day
    )
    later = first.assign(
        event_id=areas["area_id"] + "/2",
        event=rng.choice(["cancelled", "reduced", "cleared"], count, p=[0.3, 0.3, 0.4]),
        event_date=pd.Timestamp("2013-02-01") + pd.to_timedelta(rng.integers(0, 4_300, count), "D"),
        geometry=None,
    )
    both = pd.concat([first, later[rng.random(count) < 0.6]], ignore_index=True)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=areas.crs)


def as_csv(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write points as a table with longitude and latitude."""
    places = frame.geometry.to_crs(4326)
    table = pd.DataFrame(frame.drop(columns="geometry")).assign(longitude=places.x, latitude=places.y)
    table.to_csv(path, index=False)


def run(command: list[str]) -> dict[str, float]:
    """Run a command; return its wall time, the CPU time of it and its children, and the larger of their peaks."""
    start = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ)
    _, status, used = os.wait4(child, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    unit = 1 if sys.platform == "darwin" else 1024
    wall = time.perf_counter() - start
    return {"wall_s": wall, "cpu_s": used.ru_utime + used.ru_stime, "peak_mib": used.ru_maxrss * unit / 2**20}


def compared(ours: Path, script: Path) -> list[tuple[str, float, float]]:
    """Return figures of both."""
    mine, theirs = ({name: pd.read_csv(folder / f"{name}.csv") for name in ("releases", "project_links", "balance")}
                    for folder in (ours / "tables", script))  # fmt: skip
    ranking, areas = pd.read_csv(ours / "tables" / "ranking.csv"), pd.read_csv(script / "areas.csv")
    rows: list[tuple[str, float, float]] = [("releases", len(mine["releases"]), len(theirs["releases"]))]
    parts = ("area_m2", "productive_m2", "unused_m2", "unknown_m2")
    rows += [(f"released land: {name}", mine["releases"][name].sum(), theirs["releases"][name].sum()) for name in parts]
    verdicts = mine["releases"].merge(theirs["releases"], on="release_id", suffixes=("", "_script"))
    same = verdicts["verdict"].replace({"as_intended": "productive", "other_productive": "productive"})
    rows.append(("releases with the same verdict", len(verdicts), (same == verdicts["verdict_script"]).sum()))
    on_place = mine["project_links"]["link_level"].isin(["on_site", "nearby"]).sum()
    rows.append(("projects near releases, pairs", on_place, len(theirs["project_links"])))
    last = [table["balance"].query("year == 2025")["closing_m2"].sum() for table in (mine, theirs)]
    rows.append(("hazardous land at the end, m2", *last))
    both = ranking.merge(areas[["area_id", "score"]], on="area_id", suffixes=("", "_script"))
    rows.append(("ranked areas", len(ranking), len(areas)))
    rows.append(("mean score", both["score"].mean(), both["score_script"].mean()))
    top = [set(one.nsmallest(100, "rank")["area_id"]) for one in (ranking, areas)]
    rows.append(("of the first hundred, in both", len(top[0]), len(top[0] & top[1])))
    return rows


def main() -> None:
    """Run both and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=1)
    parser.add_argument("--only", choices=["landrelease run", "the script"])
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    given = parser.parse_args()
    inputs = make(given.folder, given.scale, given.seed)
    outs = {"landrelease run": inputs / "out-landrelease", "the script": inputs / "out-script"}
    commands: dict[str, Callable[[], list[str]]] = {
        "landrelease run": lambda: [sys.executable, "-m", "landrelease.cli", "run", str(inputs / "programme.toml"),
                                    "--out", str(outs["landrelease run"])],
        "the script": lambda: [sys.executable, str(HERE / "national_script.py"), str(inputs), str(outs["the script"])],
    }  # fmt: skip
    runs: dict[str, list[dict[str, Any]]] = {name: [] for name in commands if given.only in (None, name)}
    for _ in range(given.repeats):
        for name, done in runs.items():
            done.append(run(commands[name]()))
    figures = {name: {key: median(one[key] for one in done) for key in done[0]} for name, done in runs.items()}
    text = table(given.scale, figures, compared(*outs.values()) if not given.only else [])
    print(text)
    if given.write:
        performance_page.put("national", text)


def table(scale: float, figures: dict[str, dict[str, float]], rows: list[tuple[str, float, float]]) -> str:
    """Return the figures and the comparison as Markdown."""
    areas, parcels, pixels, projects = (round(one * scale) for one in (100_000, 1_000_000, 2_000_000_000, 50_000))
    lines = [f"{areas:,} areas, {parcels:,} parcels, {pixels:,} pixels, {projects:,} projects:", "",
             "| | wall s | CPU s | peak MiB |", "|---|--:|--:|--:|"]  # fmt: skip
    for name, one in figures.items():
        lines.append(f"| {name} | {one['wall_s']:,.1f} | {one['cpu_s']:,.1f} | {one['peak_mib']:,.0f} |")
    if rows:
        ratio = figures["the script"]["wall_s"] / figures["landrelease run"]["wall_s"]
        lines += ["", f"The script takes {ratio:.1f} times as long.", "", "| what | landrelease run | the script |",
                  "|---|--:|--:|"]  # fmt: skip
        lines += [f"| {what} | {mine:,.6g} | {theirs:,.6g} |" for what, mine, theirs in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
