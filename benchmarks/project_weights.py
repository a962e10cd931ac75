"""Measure `project_weights`: seconds of the processor and peak memory, on a synthetic country of known shape.

    python benchmarks/project_weights.py FOLDER [--releases 100000] [--projects 50000] [--places 1]

The releases are the hazards of `workload.py`; the projects are as well placed as those of a published IATI file of a
whole country: 5 % exact, 1 % near a place, 57 % known to a district, 30 % to a province, 7 % to an office.
FOLDER keeps what is made. The rows of the result are checked against the two things that must hold: the shares of a
project sum to 1, and no release has a project that is known to more than a district.
"""

from __future__ import annotations

import argparse
import resource
import time
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
from workload import USES, Workload

import landrelease as lr

OPTIONS = {"within_m": 1_000.0, "months_before": 12.0, "months_after": 60.0}
PRECISION = ("1", "2", "3", "4", "8")
MIX = (0.05, 0.01, 0.57, 0.30, 0.07)
SECTORS = ("31120", "31130", "14030", "21020", "11220", "15110", "31120:60; 14030:40", "31120:80; 16030:40", "15250")


def units(workload: Workload) -> gpd.GeoDataFrame:
    """Return districts, the provinces above them (twelve districts each) and the country."""
    districts = workload.admin_units().assign(level=2)
    districts["parent_code"] = [f"P{i // 12}" for i in range(len(districts))]
    provinces = districts.dissolve("parent_code").reset_index()[["parent_code", "geometry"]]
    provinces = provinces.rename(columns={"parent_code": "admin_code"}).assign(level=1, parent_code="C")
    return gpd.GeoDataFrame(pd.concat([districts, provinces], ignore_index=True), crs=districts.crs)


def releases(workload: Workload, count: int) -> gpd.GeoDataFrame:
    """Return released land of sixteen years."""
    rng = np.random.default_rng(7)
    frame = workload.hazards(count).rename(columns={"area_id": "release_id"})
    days = pd.Timestamp("2008-01-01") + pd.to_timedelta(rng.integers(0, 5_800, count), unit="D")
    return frame.assign(release_date=days, intended_use_code=rng.choice([*USES[:6], None], count))


def projects(workload: Workload, count: int, places: int, admin: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return projects of some years each, with `places` places."""
    rng = np.random.default_rng(8)
    frame = workload.projects(count * places)
    of = np.repeat(np.arange(count), places)
    precision = rng.choice(PRECISION, len(frame), p=MIX)
    levels = {level: admin.loc[admin["level"] == level, "admin_code"].to_numpy() for level in (1, 2)}
    code = np.where(precision == "4", rng.choice(levels[1], len(frame)), rng.choice(levels[2], len(frame)))
    start = pd.Timestamp("2005-01-01") + pd.to_timedelta(rng.integers(0, 7_000, count), unit="D")
    return frame.assign(
        project_id=np.char.add("PR-", of.astype(str)),
        location_precision_code=precision,
        is_point=precision == "1",
        admin_code=code,
        start_date=start[of],
        end_date=(start + pd.to_timedelta(rng.integers(200, 1_500, count), unit="D"))[of],
        sectors=rng.choice(SECTORS, count)[of],
        budget_usd=rng.lognormal(13, 1, count)[of],
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--releases", type=int, default=100_000)
    parser.add_argument("--projects", type=int, default=50_000)
    parser.add_argument("--places", type=int, default=1)
    given = parser.parse_args()
    workload = Workload(given.folder)
    admin = units(workload)
    land = releases(workload, given.releases)
    activities = projects(workload, given.projects, given.places, admin)
    warnings.simplefilter("ignore")
    lr.project_weights(land.iloc[:100], activities.iloc[:100], admin_areas=admin, **OPTIONS)  # compiles
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    wall, processor = time.perf_counter(), time.process_time()
    found = lr.project_weights(land, activities, admin_areas=admin, **OPTIONS)
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    shares = found.projects.filter(like="_share").to_numpy().sum(axis=1)
    assert np.allclose(shares, 1.0, atol=1e-9)
    assert found.weights.groupby("project_id")["weight_share"].sum().max() <= 1 + 1e-9
    coarse = activities.groupby("project_id")["location_precision_code"].min() >= "4"
    assert not found.weights["project_id"].isin(coarse.index[coarse]).any()
    print(f"{given.releases:,} releases x {given.projects:,} projects of {given.places} places")
    print(f"processor {processor:.1f} s, clock {wall:.1f} s, peak {after:.0f} MiB ({before:.0f} MiB before)")
    print(f"{len(found.weights):,} pairs: {found.weights['tier'].value_counts().to_dict()}")


if __name__ == "__main__":
    main()
