"""Cost of a partition, one worker against two, a killed worker and a killed client, on a synthetic national job.

    python benchmarks/scale.py                        # 4,000 areas, some minutes
    python benchmarks/scale.py --areas 100000 --rows 5000 --repeat 5 --folder DIR --write

Makes areas, parcels, projects (GeoParquet) and 10 m land cover (GeoTIFF) once, and measures four functions over them:
`match_overlap`, `match_raster`, `match_projects`, `assess_use`. Results are compared with one call before any time is
told. Prints Markdown tables, and what a continent takes by them; `--write` puts them into docs/scale.md. Needs
`pip install 'landrelease[scale]'`.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import rasterio
import shapely
from distributed import Client, LocalCluster
from pandas.testing import assert_frame_equal
from performance_page import machine, put
from rasterio.windows import Window

import landrelease as lr
from landrelease.match.threads import at_most
from landrelease.scale import tasks

PAGE = Path(__file__).resolve().parent.parent / "docs" / "scale.md"
WEST, SOUTH, CELL_M, BLOCK = 4e5, 4e6, 10.0, 512
CONTINENT, CONTINENT_KM2, YEARS = 5_000_000, 30e6, 10
DAYS, OBSERVED, AS_OF = pd.to_datetime("2015-01-01"), pd.to_datetime("2024-06-30"), "2025-12-31"


def make(folder: Path, count: int, seed: int = 5) -> None:
    """Write the layers of a country: areas of 8 to 60 corners, most along front lines, and ten parcels an area."""
    rng, side = np.random.default_rng(seed), 1_400.0 * np.sqrt(count)
    lines = rng.uniform(0, side, (12, 2, 2))
    along = rng.integers(0, 12, count)
    place = lines[along, 0] + rng.random((count, 1)) * (lines[along, 1] - lines[along, 0])
    place = np.where(
        rng.random((count, 1)) < 0.8, place + rng.normal(0, 2_000, (count, 2)), rng.uniform(0, side, (count, 2))
    )
    place = np.clip(place, 2_000, side - 2_000) + np.array([WEST, SOUTH])
    shapes = []
    for (x, y), size in zip(place, np.sqrt(rng.lognormal(np.log(8e3), 1.2, count)), strict=True):
        turn = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(8, 61)))
        far = size * rng.uniform(0.3, 0.9, len(turn))
        shapes.append(shapely.Polygon(np.column_stack([x + far * np.cos(turn), y + far * np.sin(turn)])))
    dates = DAYS + pd.to_timedelta(rng.integers(0, 2_000, count), "D")
    ids = [f"E{i:07d}" for i in range(count)]
    areas = {"release_id": ids, "area_id": ids, "release_date": dates, "intended_use_code": "agriculture"}
    write(gpd.GeoDataFrame(areas, geometry=shapes, crs=32636), folder / "areas.parquet")

    per_side = int(np.sqrt(10 * count))
    step = side / 2 / per_side  # parcels cover a quarter of the country
    corner = rng.uniform(0, side / 2, 2) + np.array([WEST, SOUTH])
    edges = [start + step * np.arange(per_side + 1) for start in corner]
    xy = np.stack(np.meshgrid(*edges, indexing="ij"), axis=-1)
    xy[1:-1, 1:-1] += rng.uniform(-0.3, 0.3, (per_side - 1, per_side - 1, 2)) * step
    rings = np.stack([xy[:-1, :-1], xy[1:, :-1], xy[1:, 1:], xy[:-1, 1:]], axis=2).reshape(-1, 4, 2)
    uses = rng.choice(["agriculture", "grazing", "none"], len(rings))
    parcels = {"land_use_id": [f"L{i}" for i in range(len(rings))], "use_code": uses, "observed_date": OBSERVED}
    write(gpd.GeoDataFrame(parcels, geometry=shapely.polygons(rings), crs=32636), folder / "parcels.parquet")

    many = max(1, count // 2)
    points = shapely.points(rng.uniform(0, side, (many, 2)) + np.array([WEST, SOUTH]))
    names = [f"P{i}" for i in range(many)]
    starts = DAYS + pd.to_timedelta(rng.integers(0, 3_000, many), "D")
    projects = {"project_id": names, "location_id": names, "is_point": True, "sector_code": "31120",
                "start_date": starts, "admin_code": None}  # fmt: skip
    write(gpd.GeoDataFrame(projects, geometry=points, crs=32636), folder / "projects.parquet")

    pixels = int(np.ceil(side / CELL_M / BLOCK)) * BLOCK
    grid = rasterio.transform.from_origin(WEST, SOUTH + pixels * CELL_M, CELL_M, CELL_M)
    with rasterio.open(
        folder / "cover.tif", "w", driver="GTiff", width=pixels, height=pixels, count=1, dtype="uint8", nodata=0,
        crs=32636, transform=grid, tiled=True, blockxsize=BLOCK, blockysize=BLOCK, compress="deflate", bigtiff="yes",
    ) as file:  # fmt: skip
        for row in range(0, pixels, BLOCK):
            coarse = rng.integers(1, 12, (BLOCK // 4, pixels // 4), dtype=np.uint8) * np.uint8(10)
            cells = coarse.repeat(4, axis=0).repeat(4, axis=1)
            file.write(cells, 1, window=Window(0, row, pixels, BLOCK))


def write(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Write a layer as docs/scale.md says: neighbours together, boxes beside the shapes."""
    order = np.argsort(frame.geometry.hilbert_distance().to_numpy(), kind="stable")
    frame.iloc[order].to_parquet(path, write_covering_bbox=True, row_group_size=20_000)


def calls(folder: Path) -> dict[str, tuple[Any, dict[str, Path], dict[str, Any]]]:
    """Return the functions of the national job, with their layers and options."""
    window = {"within_m": 500.0, "months_before": 12, "months_after": 60}
    cover = {"raster": str(folder / "cover.tif"), "stat": "shares", "legend": "esa-worldcover"}
    return {
        "match_overlap": (lr.match_overlap, {"layer": folder / "parcels.parquet"}, {"by": "use_code"}),
        "match_raster": (lr.match_raster, {}, cover),
        "match_projects": (lr.match_projects, {"projects": folder / "projects.parquet"}, window),
        "assess_use": (lr.assess_use, {"land_use": folder / "parcels.parquet"}, {"as_of": AS_OF}),
    }


def job(folder: Path, out: Path, rows: int, client: Any) -> float:
    """Do the national job; return its seconds."""
    start = time.perf_counter()
    for name, (function, layers, options) in calls(folder).items():
        lr.map_areas(function, folder / "areas.parquet", layers=layers, options=options, out=out / name,
                     partition_rows=rows, client=client)  # fmt: skip
    return time.perf_counter() - start


def partitions(out: Path) -> dict[Path, int]:
    return {file: file.stat().st_mtime_ns for file in out.rglob("part-*.parquet")}


def expected(folder: Path, rows: int) -> int:
    """Return how many partitions the job has."""
    return len(calls(folder)) * -(-pq.read_metadata(folder / "areas.parquet").num_rows // rows)


def cluster(workers: int) -> Any:
    return LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0")


def compare(folder: Path, out: Path) -> None:
    areas = gpd.read_parquet(folder / "areas.parquet")
    for name, (function, layers, options) in calls(folder).items():
        whole = function(areas, **{key: gpd.read_parquet(path) for key, path in layers.items()}, **options)
        assert_frame_equal(lr.read_parts(out / name), whole, rtol=1e-9, atol=1e-9)


def partition_costs(folder: Path, rows: int, scratch: Path) -> tuple[str, dict[str, tuple[float, float]]]:
    """Return a table of what partitions cost one after the other on one thread; and CPU s and bytes of each."""
    lines = ["| function | partitions | CPU s of each (mean) | median | most | KiB of each |", "|---|" + "--:|" * 5]
    costs: dict[str, tuple[float, float]] = {}
    for name, (function, layers, options) in calls(folder).items():
        times: list[float] = []
        plain = tasks._compute

        def timed(task: Any, *, plain: Any = plain, times: list[float] = times) -> None:
            start = time.process_time()
            plain(task)
            times.append(time.process_time() - start)

        tasks._compute, found = timed, tasks.find_spec
        tasks.find_spec = lambda module: None
        try:
            with at_most(1):
                lr.map_areas(function, folder / "areas.parquet", layers=layers, options=options,
                             out=scratch / name, partition_rows=rows)  # fmt: skip
        finally:
            tasks._compute, tasks.find_spec = plain, found
        size = sum(file.stat().st_size for file in partitions(scratch / name)) / len(times)
        costs[name] = statistics.fmean(times), size
        lines.append(f"| `{name}` | {len(times)} | {costs[name][0]:.2f} | {statistics.median(times):.2f} "
                     f"| {max(times):.2f} | {size / 1024:,.0f} |")  # fmt: skip
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
    lines += ["", f"Peak memory of the process that did all of them: {peak:,.0f} MiB."]
    return "\n".join(lines), costs


def a_block(folder: Path) -> float:
    """Return the CPU seconds in which a block of the land cover is read."""
    with rasterio.open(folder / "cover.tif") as file:
        places = [(row, column) for row in range(0, file.height, BLOCK) for column in range(0, file.width, BLOCK)][:500]
        start = time.process_time()
        for row, column in places:
            file.read(1, window=Window(column, row, BLOCK, BLOCK))
        return (time.process_time() - start) / len(places)


def continent(costs: dict[str, tuple[float, float]], rows: int, block: float) -> str:
    """Return what a continent takes, by the costs of partitions of this country."""
    count = -(-CONTINENT // rows)
    blocks = YEARS * CONTINENT_KM2 * 1e6 / (CELL_M * BLOCK) ** 2
    many = {"match_raster": YEARS}
    hours = {name: many.get(name, 1) * count * seconds / 3600 for name, (seconds, _) in costs.items()}
    lines = ["| step | partitions | CPU s each | core hours | GB of results |", "|---|--:|--:|--:|--:|"]
    for name, (seconds, size) in costs.items():
        times = many.get(name, 1)
        label = f"`{name}`" + (f", each of {times} years" if times > 1 else "")
        lines.append(f"| {label} | {times * count:,} | {seconds:.2f} | {hours[name]:.1f} "
                     f"| {times * count * size / 1e9:.1f} |")  # fmt: skip
    all_blocks = blocks * block / 3600
    lines.append(f"| reading what `match_raster` does not touch: {blocks / 1e6:.1f} million blocks at most | | "
                 f"{1000 * block:.2f} ms a block | {all_blocks:.1f} | |")  # fmt: skip
    lines.append(f"| **all** | | | **{sum(hours.values()) + all_blocks:.1f}** | |")
    return "\n".join(lines)


def workers(folder: Path, few: Path, rows: int, repeat: int, scratch: Path) -> str:
    """Return a table of the seconds of the job on one worker and on two, in turns."""
    seconds: dict[int, list[float]] = {1: [], 2: []}
    for i in range(repeat):
        for count in seconds:
            with cluster(count) as made, Client(made) as client:
                job(few, scratch / f"warm-{count}-{i}", 10, client)  # what is imported and compiled once is not timed
                seconds[count].append(job(folder, scratch / f"{count}-{i}", rows, client))
    one, two = (statistics.median(seconds[count]) for count in (1, 2))
    compare(folder, scratch / "2-0")
    lines = ["| workers | s (median) | least | most |", "|---|--:|--:|--:|"]
    lines += [
        f"| {count} | {statistics.median(all_s):.1f} | {min(all_s):.1f} | {max(all_s):.1f} |"
        for count, all_s in seconds.items()
    ]
    return "\n".join([*lines, "", f"Two workers are {one / two:.2f} times as fast as one."])


def killed_worker(folder: Path, rows: int, scratch: Path) -> str:
    """Kill a worker in the middle; nothing that was finished may be written again."""
    seen: dict[Path, int] = {}
    with cluster(2) as made, Client(made) as client:
        pids = list(client.run(os.getpid).values())
        half = expected(folder, rows) // 2

        def kill() -> None:
            while len(partitions(scratch)) < half:
                time.sleep(0.01)
            seen.update(partitions(scratch))
            os.kill(pids[0], signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        seconds = job(folder, scratch, rows, client)
        killer.join()
    return report("a worker, killed half way", seen, scratch, seconds, folder)


def killed_client(folder: Path, rows: int, scratch: Path) -> str:
    """Kill the process that asked, half way; a second call goes on."""
    total = expected(folder, rows)
    arguments = ["--child", str(scratch), "--folder", str(folder), "--rows", str(rows)]
    with subprocess.Popen([sys.executable, __file__, *arguments], start_new_session=True) as child:
        while len(partitions(scratch)) < total // 2:
            time.sleep(0.01)
        os.killpg(child.pid, signal.SIGKILL)
    seen = partitions(scratch)
    with cluster(2) as made, Client(made) as client:
        seconds = job(folder, scratch, rows, client)
    return report("the client and its workers, killed half way; then called again", seen, scratch, seconds, folder)


def report(what: str, seen: dict[Path, int], scratch: Path, seconds: float, folder: Path) -> str:
    now = partitions(scratch)
    again = sum(now.get(file) != written for file, written in seen.items())
    compare(folder, scratch)
    return f"| {what} | {len(now)} | {len(seen)} | {again} | {seconds:.1f} |"


def main() -> None:
    """Make the country, measure, and print the tables."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--areas", type=int, default=4_000)
    parser.add_argument("--rows", type=int, default=400)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child is not None:
        with cluster(2) as made, Client(made) as client:
            job(given.folder, given.child, given.rows, client)
        return
    folder = given.folder or Path(tempfile.mkdtemp())
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "cover.tif").exists():  # in a process of its own: its memory is not that of the partitions
        maker = multiprocessing.get_context("spawn").Process(target=make, args=(folder, given.areas))
        maker.start()
        maker.join()
    parts = [f"{given.areas:,} areas, {10 * given.areas:,} parcels, {given.rows:,} areas a partition. {machine()}"]
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        few = scratch / "few"
        few.mkdir()
        make(few, 40)
        partition_costs(few, 10, scratch / "warm")  # what is imported and compiled once is not counted
        table, costs = partition_costs(folder, given.rows, scratch / "costs")
        parts += [table, workers(folder, few, given.rows, given.repeat, scratch / "workers")]
        killed = ["| ended | partitions | finished before | of these written again | s |", "|---|--:|--:|--:|--:|"]
        killed.append(killed_worker(folder, given.rows, scratch / "worker"))
        killed.append(killed_client(folder, given.rows, scratch / "client"))
        parts.append("\n".join(killed))
    whole = continent(costs, given.rows, a_block(folder))
    print("\n\n".join([*parts, whole]))
    if given.write:
        put("scale", "\n\n".join(parts), PAGE)
        put("continent", whole, PAGE)
    if given.folder is None:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
