"""Attribution against a known truth: what naive comparisons say, how the words are graded, and what it takes.

    python benchmarks/attribution.py [--seeds 40]

Cells of 1 km lie on a grid; clumps of 3 x 3 are released from 2012 on. Release raises the outcome of a cell by 1, and
of cells within two of it by half of that. A fifth of the others was suspected and cancelled: nothing happens there.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

import geopandas as gpd
import numpy as np
import pandas as pd

from landrelease import attribute

YEARS = np.arange(2008, 2018)
TRUTH = 1.0


def grid(side: int, seed: int, *, drift: float = 0.0) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return a panel and its areas; `drift` is how much more released cells rise each year, before release as well."""
    random = np.random.default_rng(seed)
    released = np.full((side, side), np.inf)
    while np.isfinite(released).mean() < 0.18:
        down, along = random.integers(0, side - 2, (2, side))
        year = random.choice(YEARS[4:], side)
        for row, column, one in zip(down, along, year, strict=True):
            released[row : row + 3, column : column + 3] = one
    apart = np.pad(released, 2, constant_values=np.inf)
    moves = [(row, column) for row in range(5) for column in range(5) if (row, column) != (2, 2)]
    near = np.min([apart[row : row + side, column : column + side] for row, column in moves], axis=0).ravel()
    released = released.ravel()
    count = len(released)
    is_cancelled = ~np.isfinite(released) & (random.random(count) < 0.2)
    cancelled = np.where(is_cancelled, random.choice(YEARS[4:], count), np.inf)
    is_after = released[:, None] <= YEARS
    values = random.normal(0, 2, count)[:, None] + 0.2 * (YEARS - YEARS[0]) + random.normal(0, 1, (count, len(YEARS)))
    values += TRUTH * is_after + TRUTH / 2 * ((near[:, None] <= YEARS) & ~is_after)
    values += drift * np.isfinite(released)[:, None] * (YEARS - YEARS[0])
    down, along = np.divmod(np.arange(count), side)
    year = np.minimum(released, cancelled)
    ids = np.array([f"A{i:06d}" for i in range(count)])
    panel = pd.DataFrame(
        {"area_id": np.repeat(ids, len(YEARS)), "year": np.tile(YEARS, count), "light": values.ravel()}
    )
    areas = pd.DataFrame({
        "area_id": ids, "release_year": np.where(np.isfinite(year), year, np.nan),
        "release_type": np.where(np.isfinite(released), "cleared", np.where(is_cancelled, "cancelled", None)),
        "admin_code": [f"D{one}" for one in down // 6 * 1000 + along // 6],
        "province": [f"P{one}" for one in down * 3 // side * 3 + along * 3 // side],
    })  # fmt: skip
    places = gpd.points_from_xy(500_000 + 1000 * along, 4_800_000 + 1000 * down)
    return panel, gpd.GeoDataFrame(areas, geometry=places, crs="EPSG:32634")


def found_in(panel: pd.DataFrame, areas: gpd.GeoDataFrame, **options):
    return attribute(panel, areas, outcome="light", released="release_year", leave_out="province", **options)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=40, help="made-up registers")
    seeds = parser.parse_args().seeds
    for drift in (0.0, 0.05, 0.15):
        rows, words = [], Counter()
        for seed in range(seeds):
            found = found_in(*grid(90, seed, drift=drift), buffer_m=2_900, draws=200)
            effects = found.effects.drop_duplicates("effect_code").set_index("effect_code")
            held = effects.loc["overall", "effect_low"] <= TRUTH <= effects.loc["overall", "effect_high"]
            rows.append([*effects.loc[["overall", "baci", "unguarded", "cancelled"], "effect"], held])
            words[found.wording] += 1
        mean, least, most = np.mean(rows, axis=0), np.min(rows, axis=0)[0], np.max(rows, axis=0)[0]
        print(f"drift {drift}: overall {mean[0]:.3f} ({least:.3f} to {most:.3f}), BACI {mean[1]:.3f}, "
              f"without the guard {mean[2]:.3f}, cancelled {mean[3]:.3f}; interval held the truth in {mean[4]:.0%}; "
              f"{dict(words)}")  # fmt: skip
    panel, areas = grid(317, 1)
    for name, options in (("no guard", {}), ("guard of 2.9 km", {"buffer_m": 2_900})):
        begin = time.process_time()
        found = found_in(panel, areas, **options)
        print(f"{len(areas):,} areas, {len(panel):,} rows, {name}: {time.process_time() - begin:.1f} s CPU; "
              f"{found.effects['effect'].iloc[0]:.3f}, {found.wording}")  # fmt: skip


if __name__ == "__main__":
    main()
