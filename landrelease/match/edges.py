"""Shares of classes by sums over edges, compiled: no shape is built. See `landrelease.match.kernels.overlap`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from landrelease.geometry import Rings, geodesic_area_m2, polygonal, repaired, rings_of, scaled_area_m2
from landrelease.match.shares import NOTHING, TOLERANCE, Classes, Shapes, Shares
from landrelease.match.threads import in_threads

__all__ = ["Corners", "Edges", "area_m2", "edges_in", "moved", "shares_by_edges", "valid_polygons"]

Floats = npt.NDArray[np.float64]
Corners = Callable[[Floats], Floats]
_CHUNK = 20_000
"""Areas that are matched at once: bounds the memory."""
_LEAST = 1e-13
"""A share below this is rounding."""
_MOST_CORNERS = 200
"""A ring of more is asked of GEOS: pairs of its edges are too many."""


class Edges(NamedTuple):
    """Edges of shapes from `start` to `end`; see `landrelease.match.kernels.overlap.edges_of`."""

    edge: Floats
    sign: npt.NDArray[np.int8]
    reach: Floats
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    area: Floats
    box: Floats


def valid_polygons(shapes: Shapes) -> tuple[Shapes, Rings]:
    """Return polygons, repaired where they are invalid, with their rings; None stays.

    Plain rings need not be asked of GEOS.
    """
    from landrelease.match.kernels.overlap import surely_simple

    rings = rings_of(shapes)
    simple = np.zeros(len(shapes), bool)
    in_threads(
        len(shapes),
        lambda low, high: surely_simple(
            rings.xy, rings.ring_start, rings.shape_start, low, high, _MOST_CORNERS, simple
        ),
    )
    rest = np.flatnonzero(~simple & ~shapely.is_missing(shapes))
    rest = rest[~shapely.is_valid(shapes[rest]) | ~np.isin(shapely.get_type_id(shapes[rest]), (3, 6))]
    if not len(rest):
        return shapes, rings
    result = shapes.copy()
    result[rest] = polygonal(repaired(shapes[rest]))
    return result, rings_of(result)


def area_m2(shapes: Shapes, rings: Rings, crs: CRS) -> Floats:
    """Return the geodesic area of polygons. [m2]"""
    from landrelease.match.kernels.overlap import middles

    if not crs.is_projected:
        return geodesic_area_m2(gpd.GeoSeries(list(shapes), crs=crs))
    area, middle = np.empty(len(shapes)), np.empty((len(shapes), 2))
    in_threads(len(shapes), lambda low, high: middles(*rings, low, high, area, middle))
    return scaled_area_m2(shapes, crs, area, middle[:, 0], middle[:, 1])


def shares_by_edges(
    own: Shapes, rings: Rings, rows: npt.NDArray[np.int64], layer: Shapes, classes: Classes, on_overlap: str,
    corners: Corners | None,
) -> Shares:  # fmt: skip
    """Return the share of each class in some of the areas; `corners` leads from the coordinates to their plane."""
    known = rows[shapely.area(own[rows]) > 0.0]
    if not len(known):
        return NOTHING
    rings = moved(rings, corners)
    tree = shapely.STRtree(layer)
    if len(known) > _CHUNK:  # near ones together
        known = known[np.argsort(gpd.GeoSeries(own[known]).hilbert_distance().to_numpy(), kind="stable")]
    found = [
        _shares_of(np.sort(known[low : low + _CHUNK]), own, rings, layer, classes, tree, on_overlap, corners)
        for low in range(0, len(known), _CHUNK)
    ]
    return Shares(*(np.concatenate(parts) for parts in zip(*found, strict=True)))


def moved(rings: Rings, corners: Corners | None) -> Rings:
    """Return rings with their corners where these lead."""
    return rings._replace(xy=np.ascontiguousarray(rings.xy if corners is None else corners(rings.xy)))


def _shares_of(
    rows: npt.NDArray[np.int64], own: Shapes, rings: Rings, layer: Shapes, classes: Classes, tree: Any,
    on_overlap: str, corners: Corners | None,
) -> Shares:  # fmt: skip
    from landrelease.match.kernels.overlap import overlap_areas, overlap_each_other, shared_areas

    left, right = tree.query(own[rows])
    order = np.lexsort((right, left))
    left, right = rows[left[order]], right[order]
    rows, left = np.unique(left, return_inverse=True)
    near, right = np.unique(right, return_inverse=True)
    there = moved(valid_polygons(layer[near])[1], corners)
    mine, other = edges_in(rings, rows), edges_in(there, np.arange(len(near)))
    area = np.empty(len(left))
    in_threads(
        len(left),
        lambda low, high: overlap_areas(
            mine.edge, mine.sign, mine.start, mine.end, mine.box, other.edge, other.sign, other.reach, other.start,
            other.end, left, right, low, high, area,
        ),
    )  # fmt: skip
    meets = area > _LEAST * mine.area[left]
    left, right, area = left[meets], right[meets], area[meets]
    by = classes[near[right]]
    alone, first, count = np.unique(left, return_index=True, return_counts=True)
    alone, first, count = (values[count > 1] for values in (alone, first, count))
    least = TOLERANCE * mine.area[alone]
    is_over = np.zeros(len(alone), bool)
    in_threads(
        len(alone),
        lambda low, high: overlap_each_other(
            other.edge, other.sign, other.reach, other.start, other.end, other.box, first, first + count, low, high,
            right, least, is_over,
        ),
    )  # fmt: skip
    alone, first, count, least = alone[is_over], first[is_over], count[is_over], least[is_over]
    doubled = np.zeros(len(alone))
    group = _numbered(by, first, count)
    in_threads(
        len(alone),
        lambda low, high: shared_areas(
            mine.edge, mine.sign, mine.reach, mine.start, mine.end, mine.box, other.edge, other.sign, other.reach,
            other.start, other.end, alone, first, first + count, low, high, right, group,
            on_overlap == "first", area, doubled,
        ),
    )  # fmt: skip
    pair, key = pd.factorize(left * (by.max(initial=0) + 1) + by)  # in the order in which they come
    left, by = np.divmod(key, by.max(initial=0) + 1)
    share = np.bincount(pair, weights=area, minlength=len(key)) / mine.area[left]
    total = np.bincount(left, weights=share, minlength=len(rows))[left]
    share = np.where(total > 1.0, share / total, share)  # rounding beyond the whole
    return Shares(rows[left], by, share, rows[alone[doubled > least]])


def _numbered(by: Classes, first: npt.NDArray[np.int64], count: npt.NDArray[np.int64]) -> Classes:
    """Return the classes of each area numbered from 0, in the order in which they come."""
    group = np.zeros(len(by), np.int64)
    run = np.repeat(np.arange(len(first)), count)
    at = np.repeat(first, count) + np.arange(len(run)) - np.repeat(np.cumsum(count) - count, count)
    pairs = pd.DataFrame({"run": run, "by": by[at]})
    is_new = ~pairs.duplicated().to_numpy()
    number = np.cumsum(is_new) - 1
    number -= np.repeat(number[np.cumsum(count) - count], count) if len(run) else 0
    group[at] = pairs.assign(number=np.where(is_new, number, 0)).groupby(["run", "by"])["number"].transform("max")
    return group


def edges_in(rings: Rings, rows: npt.NDArray[np.int64]) -> Edges:
    """Return the edges of some shapes by where they begin."""
    from landrelease.match.kernels.overlap import edges_of

    corner = rings.ring_start[rings.shape_start]
    room = np.concatenate([[0], np.cumsum(np.diff(corner)[rows])])
    n, k = int(room[-1]), len(rows)
    edges = Edges(
        np.empty((n, 4)), np.empty(n, np.int8), np.empty(n), np.empty(k, np.int64), np.empty(k, np.int64), np.empty(k),
        np.empty((k, 4)),
    )  # fmt: skip
    in_threads(k, lambda low, high: edges_of(*rings, rows, room, low, high, *edges))
    return edges
