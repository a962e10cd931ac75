"""Overlays of land in the plane of a fold: what is left, what is shared, what several hold together.

Each comes for one shape and for many at once, which costs a third: GEOS is asked of an array. Both say the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from landrelease.geometry import planar_area, polygonal

__all__ = [
    "EMPTY",
    "GRID_M",
    "SLIVER_M2",
    "STRIP_M",
    "Shapes",
    "all_rests",
    "all_shared",
    "all_unions",
    "all_without",
    "clean",
    "is_known",
    "land_of",
    "overlap_pairs",
    "plane_m2",
    "shared",
    "union",
    "without",
]

SLIVER_M2 = 0.01
"""What an overlay leaves below this is a rounding of coordinates, not land. [m2]"""
STRIP_M = 0.1
"""What an overlay leaves that is narrower than this is a rounding of edges, not land. [m]"""
GRID_M = 1e-8
"""Overlays round to this grid: without one, GEOS can lose land where borders almost coincide. [m]"""

EMPTY = shapely.Polygon()
Shapes = npt.NDArray[Any]


def is_known(shapes: Shapes) -> npt.NDArray[np.bool_]:
    """Tell the shapes that hold land."""
    known: npt.NDArray[np.bool_] = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return known


def union(shapes: Iterable[Any]) -> Any:
    """Return the union of the shapes that are known; nothing, where none is."""
    known = [shape for shape in shapes if shape is not None and not shape.is_empty]
    if len(known) < 2:
        return known[0] if known else EMPTY
    return land_of(shapely.union_all(known, grid_size=GRID_M))


def all_unions(groups: Sequence[Sequence[Any] | Shapes]) -> Shapes:
    """Return the union of the shapes of each group that are known; nothing, where none is."""
    sizes = np.array([len(group) for group in groups], dtype=np.int64)
    flat = np.empty(int(sizes.sum()), dtype=object)
    flat[:] = [shape for group in groups for shape in group]
    owner = np.repeat(np.arange(len(groups)), sizes)
    known = is_known(flat)
    flat, owner = flat[known], owner[known]
    count = np.bincount(owner, minlength=len(groups))
    first = np.cumsum(count) - count
    result = np.full(len(groups), EMPTY, dtype=object)
    result[count == 1] = flat[first[count == 1]]
    for size in np.unique(count[count > 1]):  # groups of one size are one array
        which = np.flatnonzero(count == size)
        result[which] = polygonal(
            shapely.union_all(flat[first[which, None] + np.arange(size)], grid_size=GRID_M, axis=1)
        )
    return result


def land_of(shape: Any) -> Any:
    """Return the polygons of an overlay's result: rounded to the grid, slivers can leave lines, which no further takes.

    Nearly all results are polygons already, and arrays of one are slow.
    """
    return shape if shapely.get_type_id(shape) in (3, 6) else polygonal(np.array([shape], dtype=object))[0]


def overlap_pairs(shapes: Shapes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the pairs (i < j) of shapes that share land, not just a border."""
    known = np.flatnonzero(~shapely.is_missing(shapes))
    tree = shapely.STRtree(shapes[known])
    left, right = tree.query(shapes[known], predicate="intersects")
    once = left < right
    left, right = known[left[once]], known[right[once]]
    overlaps = shapely.area(shapely.intersection(shapes[left], shapes[right])) > SLIVER_M2
    return left[overlaps], right[overlaps]


def without(land: Any, shape: Any) -> Any:
    """Return the land that a shape leaves; many a release has the very shape of its area."""
    return EMPTY if shapely.equals_exact(land, shape) else clean(shapely.difference(land, shape, grid_size=GRID_M))


def all_without(lands: Shapes, shapes: Shapes) -> Shapes:
    """Return the land that each shape leaves of its own."""
    result = np.full(len(lands), EMPTY, dtype=object)
    other = np.flatnonzero(~shapely.equals_exact(lands, shapes))
    result[other] = _all_clean(shapely.difference(lands[other], shapes[other], grid_size=GRID_M))
    return result


def all_rests(lands: Shapes, taken: Shapes) -> Shapes:
    """Return the lands without what is taken of each, slivers and all; where nothing is, the very same."""
    result = np.array(lands, dtype=object, copy=True)
    cut = np.flatnonzero(is_known(lands) & is_known(taken))
    result[cut] = polygonal(shapely.difference(lands[cut], taken[cut], grid_size=GRID_M))
    return result


def shared(land: Any, shape: Any) -> Any:
    """Return the land that lies in a shape."""
    return land if shapely.equals_exact(land, shape) else clean(shapely.intersection(land, shape, grid_size=GRID_M))


def all_shared(lands: Shapes, shapes: Shapes) -> Shapes:
    """Return the land of each that lies in a shape."""
    result = np.array(lands, dtype=object, copy=True)
    other = np.flatnonzero(~shapely.equals_exact(lands, shapes))
    result[other] = EMPTY
    some = other[is_known(lands[other]) & is_known(shapes[other])]
    result[some] = _all_clean(shapely.intersection(lands[some], shapes[some], grid_size=GRID_M))
    return result


def clean(shape: Any) -> Any:
    """Return the polygons of an overlay's result, without slivers; nothing where only slivers are left."""
    parts = [part for part in shapely.get_parts(land_of(shape)) if _is_land(part)]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts) if parts else EMPTY


def _all_clean(shapes: Shapes) -> Shapes:
    result = polygonal(shapes)
    parts, owner = shapely.get_parts(result, return_index=True)
    are_land = _are_land(parts)
    whole = np.bincount(owner[are_land], minlength=len(result)) == np.bincount(owner, minlength=len(result))
    for one in np.flatnonzero(~whole | (shapely.get_type_id(result) == 6) | shapely.is_empty(result)):
        result[one] = clean(result[one])
    return result


def _is_land(part: Any) -> bool:
    """Tell land from the strips that edges leave which coincide in the CRS of the events and not quite in the plane."""
    if part.area < SLIVER_M2 or 2 * part.area > STRIP_M * part.length:
        return bool(part.area >= SLIVER_M2)
    # long and thin on the whole; a strip can hang on land, though
    return not shapely.buffer(part, -STRIP_M / 2).is_empty


def _are_land(parts: Shapes) -> npt.NDArray[np.bool_]:
    area = shapely.area(parts)
    found: npt.NDArray[np.bool_] = area >= SLIVER_M2
    thin = np.flatnonzero(found & ~(2 * area > STRIP_M * shapely.length(parts)))
    found[thin] = ~shapely.is_empty(shapely.buffer(parts[thin], -STRIP_M / 2))
    return found


def plane_m2(shapes: Shapes) -> npt.NDArray[np.float64]:
    """Return the area of shapes of the plane; missing where no polygon is known. [m2]"""
    return np.where(shapely.is_missing(shapes), np.nan, planar_area(shapes))
