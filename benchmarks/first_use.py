"""Seconds until the first answer: on a machine where nothing is compiled yet, and at every other start.

python benchmarks/first_use.py
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

CALLS = ("nothing", "match_overlap", "match_raster", "match_nearby", "union_area_m2")


def call(name: str) -> None:
    """Ask the smallest question that needs all loops of a function."""
    import geopandas as gpd
    import numpy as np
    import rasterio
    import shapely

    import landrelease as lr
    from landrelease.match.union import union_area_m2

    shapes = shapely.box(*(np.array([[5e5, 0, 5e5 + 300, 300]]) + 100 * np.arange(5)[:, None]).T)
    areas = gpd.GeoDataFrame({"area_id": list("abcde"), "use_code": list("vwxyz")}, geometry=shapes, crs=32630)
    if name == "match_overlap":
        lr.match_overlap(areas, areas, by="use_code")
    elif name == "match_nearby":
        for within_m in (0.0, 500.0):
            lr.match_nearby(areas, areas.rename(columns={"area_id": "land_use_id"}), within_m=within_m)
        lr.match_nearby(areas, areas.rename(columns={"area_id": "land_use_id"}), within_m=500.0, nearest=1)
    elif name == "union_area_m2":
        union_area_m2(areas)
    elif name == "match_raster":
        with tempfile.TemporaryDirectory() as folder:
            grid = rasterio.transform.from_origin(5e5, 1000, 10, 10)
            path = Path(folder) / "a.tif"
            with rasterio.open(
                path, "w", driver="GTiff", width=99, height=99, count=1, dtype="uint8", nodata=0, crs=32630,
                transform=grid,
            ) as file:  # fmt: skip
                file.write(np.ones((1, 99, 99), "uint8"))
            for stat in ("shares", "sum"):
                lr.match_raster(areas, path, stat=stat)


def seconds(name: str, kept: str) -> tuple[float, float]:
    """Return wall and CPU seconds of a process that starts, asks and ends."""
    start, before = time.perf_counter(), os.times()
    environment = {**os.environ, "NUMBA_CACHE_DIR": kept}
    subprocess.run([sys.executable, __file__, name], check=True, capture_output=True, env=environment)
    wall, after = time.perf_counter() - start, os.times()
    return wall, after.children_user + after.children_system - before.children_user - before.children_system


def main() -> None:
    print("| first answer of | first on a machine, s | of it CPU | every other start, s | of it CPU |")
    print("|---|--:|--:|--:|--:|")
    for name in CALLS:
        with tempfile.TemporaryDirectory() as kept:
            times = [seconds(name, kept), min(seconds(name, kept) for _ in range(3))]
        print(f"| {name} | " + " | ".join(f"{wall:.1f} | {cpu:.1f}" for wall, cpu in times) + " |", flush=True)


if __name__ == "__main__":
    call(sys.argv[1]) if len(sys.argv) > 1 else main()
