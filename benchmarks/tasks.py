"""The tasks of the benchmark of matching: their inputs, their sizes, and when two answers are the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from engines import Inputs
from workload import BOTTOM, HEIGHT_M, LEFT, WIDTH_M, Workload

WITHIN_M = 500.0
Size = tuple[int, int]
Difference = Callable[[pd.DataFrame, pd.DataFrame, Inputs], float]


@dataclass(frozen=True)
class Task:
    """A question, how its inputs are made, and how far two answers are apart.

    `reference` is the engine that the others have to agree with, by `difference`, to `tolerance`. An engine that
    counts cells by their centres answers another question: only its totals are compared, to `of_totals`.
    """

    title: str
    columns: str
    load: Callable[[Workload, Size], Inputs]
    difference: Difference
    reference: str
    tolerance: float
    unit: str
    sizes: tuple[Size, ...]
    small: tuple[Size, ...]
    of_totals: float = 0.03


def _overlap(**defects: Any) -> Callable[[Workload, Size], Inputs]:
    def load(workload: Workload, size: Size) -> Inputs:
        areas, parcels = size
        wrong, claims = defects.get("invalid", 0.0), defects.get("claims", 0.0)
        along = defects.get("along", 0.0)
        return {
            "areas": workload.hazards(areas, invalid=wrong, along=along, parcels=parcels),
            "layer": workload.parcels(parcels, invalid=wrong, claims=claims),
            "is_valid": not wrong,
        }

    return load


def _rasters(years: int) -> Callable[[Workload, Size], Inputs]:
    def load(workload: Workload, size: Size) -> Inputs:
        return {
            "areas": workload.hazards(size[0]),
            "rasters": [workload.land_cover(2020 + i) for i in range(years)],
        }

    return load


def _people(workload: Workload, size: Size) -> Inputs:
    return {"areas": workload.hazards(size[0]), "raster": workload.population()}


def _places(workload: Workload, size: Size) -> Inputs:
    return {"areas": workload.hazards(size[0]), "places": workload.projects(size[1]), "within_m": WITHIN_M}


def _union(workload: Workload, size: Size) -> Inputs:
    """In an equal-area plane, so that an area in the plane is that on the ellipsoid."""
    x, y = LEFT + WIDTH_M * workload.country / 2, BOTTOM + HEIGHT_M * workload.country / 2
    areas = workload.hazards(size[0])
    middle = areas.iloc[:1].set_geometry([shapely.Point(x, y)], crs=areas.crs).to_crs(4326).geometry.iloc[0]
    return {"areas": areas.to_crs(f"+proj=laea +lon_0={middle.x} +lat_0={middle.y} +datum=WGS84 +units=m")}


def _of_shares(*keys: str) -> Difference:
    """Return the largest difference of a share; a row that only one of them has counts as 0 in the other."""

    def difference(one: pd.DataFrame, other: pd.DataFrame, given: Inputs) -> float:
        return float(_apart(one, other, *keys).max())

    return difference


def _of_borders(one: pd.DataFrame, other: pd.DataFrame, given: Inputs) -> float:
    """Return the largest difference of land over the length of the hazard's border: how far a border would have moved.

    An edge is straight in one plane only: a border of a kilometre is a millimetre elsewhere in another.
    """
    apart, areas = _apart(one, other, "area_id", "use_code"), given["areas"].set_index("area_id").geometry
    width = (areas.make_valid().area / areas.length).reindex(apart.index.get_level_values("area_id")).to_numpy()
    return float((apart * width).max())


def _apart(one: pd.DataFrame, other: pd.DataFrame, *keys: str) -> pd.Series:
    both = [frame.astype(dict.fromkeys(keys, "str")).set_index(list(keys))["share"] for frame in (one, other)]
    return both[0].sub(both[1], fill_value=0.0).abs()


def _of_values(key: str, value: str) -> Difference:
    """Return the largest difference of a value, in parts of it; infinite where only one of them has it."""

    def difference(one: pd.DataFrame, other: pd.DataFrame, given: Inputs) -> float:
        # a sum over no valid cell is missing for some and 0 for others
        first, second = (frame.set_index(key)[value].astype(float).fillna(0.0) for frame in (one, other))
        if len(first) != len(second) or not first.index.isin(second.index).all():
            return float("inf")
        second = second.reindex(first.index)
        return float(((first - second).abs() / np.maximum(second.abs(), 1e-3)).max())

    return difference


def _of_distances(one: pd.DataFrame, other: pd.DataFrame, given: Inputs) -> float:
    """Return the largest difference between distances to the nearest, in parts; one side is geodesic, one UTM."""
    return _of_values("area_id", "distance_m")(one, other, given)


def _of_pairs(one: pd.DataFrame, other: pd.DataFrame, given: Inputs) -> float:
    """Return how far from the limit the distance of a pair is that only one of them has, in parts of the limit."""
    keys = ["area_id", "feature_id"]
    both = one[keys].drop_duplicates().merge(other[keys].drop_duplicates(), how="outer", indicator=True)
    single = both[both["_merge"] != "both"]
    areas = given["areas"].set_index("area_id").geometry.reindex(single["area_id"]).to_numpy()
    places = given["places"].set_index("project_id").geometry.reindex(single["feature_id"]).to_numpy()
    off = np.abs(shapely.distance(areas, places) / given["within_m"] - 1)
    return float(off.max()) if len(off) else 0.0


_UTM = 1.2e-3
"""The scale of UTM differs from 1 by less than this in the country: answers in the plane do so too."""

TASKS = {
    "overlap": Task(
        "Shares of the classes of parcels in each hazard", "hazards x parcels", _overlap(),
        _of_borders, "STRtree, contains shortcut", 5e-3, "m",
        ((10_000, 10_000), (10_000, 100_000), (100_000, 100_000), (100_000, 1_000_000), (1_000_000, 1_000_000)),
        ((1_000, 10_000), (2_000, 20_000)),
    ),
    "overlap, defects": Task(
        "The same, a quarter of the hazards along edges of parcels, and 8 % of the rings of both invalid",
        "hazards x parcels", _overlap(invalid=0.08, along=0.25), _of_borders, "STRtree, contains shortcut", 5e-3, "m",
        ((100_000, 100_000), (100_000, 1_000_000)), ((1_000, 10_000),),
    ),
    "overlap, claims": Task(
        "The same where 5 % of the parcels are claims to what others hold: land is shared between the classes",
        "hazards x parcels", _overlap(claims=0.05), _of_borders,
        "STRtree + intersection, shared out by faces", 5e-3, "m", ((100_000, 100_000),), ((1_000, 10_000),),
    ),
    "classes": Task(
        "Shares of land-cover classes of 10 m in each hazard", "hazards", _rasters(1),
        _of_shares("area_id", "class_code"), "exactextract", 1e-6, "of a hazard",
        ((1_000, 0), (10_000, 0), (100_000, 0)), ((500, 0), (1_000, 0)),
    ),
    "five years": Task(
        "The same of five years", "hazards", _rasters(5), _of_shares("area_id", "class_code", "year"),
        "exactextract, five calls", 1e-6, "of a hazard", ((10_000, 0), (100_000, 0)), ((1_000, 0),),
    ),
    "people": Task(
        "People in each hazard, cells of 100 m", "hazards", _people, _of_values("area_id", "value"), "exactextract",
        1e-5, "of the sum", ((10_000, 0), (100_000, 0)), ((1_000, 0),),
    ),
    "nearest": Task(
        "The nearest project to each hazard", "hazards x projects", _places, _of_distances, "query_nearest", _UTM,
        "of the distance", ((10_000, 50_000), (100_000, 50_000), (1_000_000, 50_000)), ((1_000, 5_000),),
    ),
    "within 500 m": Task(
        "All projects within 500 m of each hazard", "hazards x projects", _places, _of_pairs,
        "STRtree boxes + dwithin", _UTM, "of 500 m off the limit, where only one has the pair",
        ((10_000, 50_000), (100_000, 50_000), (1_000_000, 50_000)), ((1_000, 5_000),),
    ),
    "union": Task(
        "Land in each of 120 units, counted once", "hazards", _union, _of_values("admin_code", "m2"),
        "dissolve, disjoint_subset", 1e-5, "of the land", ((10_000, 0), (100_000, 0), (1_000_000, 0)), ((2_000, 0),),
    ),
}  # fmt: skip
