"""How long the access gain takes on a grid of roads: `python benchmarks/access.py [--side 316]`.

One process, CPU seconds. A grid of 316 x 316 has 100,000 nodes. Hazards of 300 m block one or two pieces of road each,
those of 800 m about seven; the cost grows with the blocked pieces, since each end of one is an origin of its own.
"""

from __future__ import annotations

import argparse
import time
import warnings

import geopandas as gpd
import numpy as np
import shapely

import landrelease as lr

EAST, NORTH, STEP_M = 300_000.0, 4_800_000.0, 1_000.0


def grid(side: int, draw: np.random.Generator) -> gpd.GeoDataFrame:
    xy = np.dstack(np.meshgrid(np.arange(side) * STEP_M + EAST, np.arange(side) * STEP_M + NORTH))
    along = np.stack([xy[:, :-1], xy[:, 1:]], axis=2).reshape(-1, 2, 2)
    across = np.stack([xy[:-1], xy[1:]], axis=2).reshape(-1, 2, 2)
    shapes = shapely.linestrings(np.concatenate([along, across]))
    return gpd.GeoDataFrame({"speed_kmh": draw.choice([20.0, 40.0, 60.0], len(shapes))}, geometry=shapes, crs=32634)


def somewhere(count: int, side: int, draw: np.random.Generator) -> np.ndarray:
    x, y = draw.uniform(0, (side - 1) * STEP_M, (2, count))
    return shapely.points(x + EAST, y + NORTH)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=316)
    parser.add_argument("--places", type=int, default=300)
    parser.add_argument("--areas", type=int, default=200)
    given = parser.parse_args()
    warnings.simplefilter("ignore", lr.DataWarning)
    for radius_m in (300, 800):
        draw = np.random.default_rng(1)
        roads = grid(given.side, draw)
        people = draw.integers(100, 50_000, given.places)
        places = gpd.GeoDataFrame(
            {"settlement_id": [f"S{i}" for i in range(given.places)], "population_count": people},
            geometry=somewhere(given.places, given.side, draw), crs=32634,
        )  # fmt: skip
        shapes = shapely.buffer(somewhere(given.areas, given.side, draw), radius_m)
        hazards = gpd.GeoDataFrame({"area_id": [f"A{i}" for i in range(given.areas)]}, geometry=shapes, crs=32634)
        lr.access_gain(roads.iloc[:9], places, hazards.iloc[:2])  # compiles
        begun = time.process_time()
        found = lr.access_gain(roads, places, hazards)
        took = time.process_time() - begun
        blocked = int(found.areas["blocked_count"].sum()) // len(found.theta)
        print(f"{given.side**2:,} nodes, {given.places} places, {given.areas} areas of {radius_m} m that block "
              f"{blocked:,} pieces: {took:.1f} s CPU")  # fmt: skip


if __name__ == "__main__":
    main()
