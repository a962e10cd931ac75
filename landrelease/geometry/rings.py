"""The rings of many polygons as plain arrays, for loops that need no geometry objects."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from landrelease.geometry.shapes import POLYGONAL, Floats, Geometries, keep_where

__all__ = ["Rings", "rings_of"]


class Rings(NamedTuple):
    """Closed rings, one after the other: ring i is `xy[ring_start[i]:ring_start[i + 1]]`.

    The rings of shape j are those from `shape_start[j]` up to `shape_start[j + 1]`.
    """

    xy: Floats
    ring_start: npt.NDArray[np.int64]
    is_hole: npt.NDArray[np.bool_]
    shape_start: npt.NDArray[np.int64]


def rings_of(shapes: Geometries) -> Rings:
    """Return the rings of an array of polygons; what is no polygon, is empty or is missing has none.

    Examples
    --------
    >>> holed = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
    >>> rings = rings_of(np.array([shapely.box(0, 0, 1, 1), None, holed, shapely.Polygon()]))
    >>> rings.ring_start.tolist(), rings.is_hole.tolist(), rings.shape_start.tolist()
    ([0, 5, 10, 15], [False, False, True], [0, 1, 1, 3, 3])
    """
    kinds, sizes = shapely.get_type_id(shapes), shapely.get_num_coordinates(shapes)
    is_polygon = np.isin(kinds, POLYGONAL) & (sizes > 0)
    is_plain = is_polygon & (kinds == 3) & (shapely.get_num_interior_rings(shapes) == 0)
    count = is_plain.astype(np.int64)
    others = np.flatnonzero(is_polygon & ~is_plain)
    parts, owner = shapely.get_parts(shapes[others], return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    count[others] = np.bincount(owner[part], minlength=len(others))
    shape_start = np.r_[0, np.cumsum(count)]
    length, is_hole = np.zeros(shape_start[-1], np.int64), np.zeros(shape_start[-1], bool)
    is_other = np.repeat(~is_plain, count)
    length[~is_other] = sizes[is_plain]
    length[is_other] = shapely.get_num_coordinates(rings)
    is_hole[is_other] = np.r_[False, part[1:] == part[:-1]][: len(rings)]
    xy = shapely.get_coordinates(shapes if is_polygon.all() else keep_where(shapes, is_polygon))
    return Rings(xy, np.r_[0, np.cumsum(length)], is_hole, shape_start)
