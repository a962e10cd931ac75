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
from landrelease.match.shares import LEAST, NOTHING, TOLERANCE, Classes, Shapes, Shares
from landrelease.match.threads import in_threads

__all__ = [
    "Edges",
    "Plane",
    "area_m2",
    "as_given",
    "edges_in",
    "moved",
    "plane_measures",
    "shares_by_edges",
    "valid_polygons",
]

Floats = npt.NDArray[np.float64]
Plane = Callable[[Shapes, Rings], Rings]
"""What leads from shapes and their rings to the rings in a plane where shares are true."""
_CHUNK = 8_000
"""Areas of which one thread holds the edges at a time."""
_MOST_EDGES = 200
"""A shape of more is asked of GEOS: pairs of edges are too many."""


class Edges(NamedTuple):
    """Edges of shapes from `start` to `end`; see `landrelease.match.kernels.edges.edges_of`."""

    edge: Floats
    sign: npt.NDArray[np.int8]
    reach: Floats
    start: npt.NDArray[np.int64]
    end: npt.NDArray[np.int64]
    area: Floats
    box: Floats


def as_given(shapes: Shapes, rings: Rings) -> Rings:
    """Return rings in the plane in which the shapes are."""
    return rings


def valid_polygons(shapes: Shapes) -> tuple[Shapes, Rings]:
    """Return polygons, repaired where they are invalid, with their rings; None stays.

    Of most polygons it is plain that they are valid: GEOS is asked of the others.
    """
    from landrelease.match.kernels.validity import surely_valid

    rings = rings_of(shapes)
    is_valid = np.zeros(len(shapes), bool)
    in_threads(len(shapes), lambda low, high: surely_valid(*rings, low, high, _MOST_EDGES, is_valid))
    rest = np.flatnonzero(~is_valid & ~shapely.is_missing(shapes))
    rest = rest[~shapely.is_valid(shapes[rest]) | ~np.isin(shapely.get_type_id(shapes[rest]), (3, 6))]
    if not len(rest):
        return shapes, rings
    result = shapes.copy()
    result[rest] = polygonal(repaired(shapes[rest]))
    return result, rings_of(result)


def plane_measures(rings: Rings) -> Floats:
    """Return the area and the centroid of shapes in their plane: (n, 3)."""
    from landrelease.match.kernels.edges import middles

    found = np.empty((len(rings.shape_start) - 1, 3))
    in_threads(len(found), lambda low, high: middles(*rings, low, high, found))
    return found


def area_m2(shapes: Shapes, bounds: Floats, measures: Floats, crs: CRS) -> Floats:
    """Return the geodesic area of polygons with their bounds, and what `plane_measures` says of them. [m2]"""
    if not crs.is_projected:
        return geodesic_area_m2(gpd.GeoSeries(list(shapes), crs=crs))
    return scaled_area_m2(shapes, bounds, crs, *measures.T)


def shares_by_edges(
    shapes: Shapes, layer: Shapes, classes: Classes, on_overlap: str, plane: Plane = as_given, tree: Any = None
) -> tuple[Shapes, Floats, Shares]:
    """Return the areas as valid polygons, what `plane_measures` says of them, and the share of each class in each.

    The polygons of the layer may be invalid, and `tree` may be theirs; only those that are met are looked at. A chunk
    of areas goes from its shapes to its shares in one thread.
    """
    left, right = _pairs(shapes, shapely.STRtree(layer) if tree is None else tree, len(layer))
    near, right = np.unique(right, return_inverse=True)
    there = edges_in(plane(*valid_polygons(layer[near])))
    own, measures, found = shapes.copy(), np.empty((len(shapes), 3)), {-1: NOTHING}

    def share(low: int, high: int) -> None:
        for start in range(low, high, _CHUNK):
            end = min(start + _CHUNK, high)
            own[start:end], rings = valid_polygons(shapes[start:end])
            measures[start:end] = plane_measures(rings)
            first, last = np.searchsorted(left, [start, end])
            here = edges_in(plane(own[start:end], rings), is_sorted=False)
            shares = _shares_of(here, there, left[first:last] - start, right[first:last], classes[near], on_overlap)
            found[start] = shares._replace(area=shares.area + start, overlapping=shares.overlapping + start)

    in_threads(len(shapes), share)
    return (
        own,
        measures,
        Shares(*(np.concatenate(parts) for parts in zip(*(found[at] for at in sorted(found)), strict=True))),
    )


def _pairs(shapes: Shapes, tree: Any, n_layer: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the pairs whose boxes meet, in the order of the shapes and then of the layer."""
    found = {}

    def search(low: int, high: int) -> None:
        left, right = tree.query(shapes[low:high])
        found[low] = np.sort((left + low) * n_layer + right)

    in_threads(len(shapes), search)
    none = np.zeros(0, np.int64)
    pairs = np.divmod(np.concatenate([none, *(found[low] for low in sorted(found))]), max(n_layer, 1))
    return pairs[0], pairs[1]


def moved(rings: Rings, corners: Callable[[Floats], Floats]) -> Rings:
    """Return rings with their corners where these lead."""
    return rings._replace(xy=np.ascontiguousarray(corners(rings.xy)))


def _shares_of(
    mine: Edges, other: Edges, left: npt.NDArray[np.int64], right: npt.NDArray[np.int64], classes: Classes,
    on_overlap: str,
) -> Shares:  # fmt: skip
    """Return the shares of the areas in pairs with polygons of the layer, of which the classes are known."""
    from landrelease.match.kernels.overlap import overlap_areas, overlap_each_other, shared_areas

    area = np.empty(len(left))
    in_threads(
        len(left),
        lambda low, high: overlap_areas(
            mine.edge, mine.sign, mine.start, mine.end, mine.box, other.edge, other.sign, other.reach, other.start,
            other.end, left, right, low, high, area,
        ),
    )  # fmt: skip
    meets = area > LEAST * mine.area[left]
    left, right, area = left[meets], right[meets], area[meets]
    by = classes[right]
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
    group = _numbered(np.arange(len(by)) if on_overlap == "first" else by, first, count)
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
    total = np.bincount(left, weights=share, minlength=len(mine.area))[left]
    share = share / np.maximum(total, 1.0)  # rounding beyond the whole
    return Shares(left, by, share, alone[doubled > least])


def _numbered(by: Classes, first: npt.NDArray[np.int64], count: npt.NDArray[np.int64]) -> Classes:
    """Return the classes of each area, or what else has a number, numbered from 0 in the order in which they come."""
    group = np.zeros(len(by), np.int64)
    run = np.repeat(np.arange(len(first)), count)
    at = np.repeat(first, count) + np.arange(len(run)) - np.repeat(np.cumsum(count) - count, count)
    pairs = pd.DataFrame({"run": run, "by": by[at]})
    is_new = ~pairs.duplicated().to_numpy()
    number = np.cumsum(is_new) - 1
    number -= np.repeat(number[np.cumsum(count) - count], count) if len(run) else 0
    group[at] = pairs.assign(number=np.where(is_new, number, 0)).groupby(["run", "by"])["number"].transform("max")
    return group


def edges_in(rings: Rings, rows: npt.NDArray[np.int64] | None = None, *, is_sorted: bool = True) -> Edges:
    """Return the edges of some shapes, or of all; for the areas themselves, no order is needed."""
    from landrelease.match.kernels.edges import edges_of

    rows = np.arange(len(rings.shape_start) - 1) if rows is None else rows
    corner = rings.ring_start[rings.shape_start]
    room = np.concatenate([[0], np.cumsum(np.diff(corner)[rows])])
    n, k = int(room[-1]), len(rows)
    edges = Edges(
        np.empty((n, 4)), np.empty(n, np.int8), np.empty(n), np.empty(k, np.int64), np.empty(k, np.int64), np.empty(k),
        np.empty((k, 4)),
    )  # fmt: skip
    in_threads(k, lambda low, high: edges_of(*rings, rows, room, is_sorted, low, high, *edges))
    return edges
