"""Polygons as one array of corners, for compiled loops."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from landrelease.geometry.shapes import Floats, Geometries

__all__ = ["Rings", "rings_of"]


class Rings(NamedTuple):
    """The rings of polygons: shape i has those from `shape_start[i]` to `shape_start[i + 1]`, and so their corners."""

    xy: Floats
    ring_start: npt.NDArray[np.int64]
    is_hole: npt.NDArray[np.bool_]
    shape_start: npt.NDArray[np.int64]


def rings_of(shapes: Geometries) -> Rings:
    """Return the rings of polygons and multipolygons, closed, in their order; a missing or empty shape has none.

    Examples
    --------
    >>> ring = shapely.Polygon([(0, 0), (9, 0), (0, 9)], [[(1, 1), (2, 1), (1, 2)]])
    >>> rings = rings_of(np.array([shapely.box(0, 0, 1, 1), None, ring]))
    >>> rings.ring_start.tolist(), rings.is_hole.tolist(), rings.shape_start.tolist()
    ([0, 5, 9, 13], [False, False, True], [0, 1, 1, 3])
    """
    xy = shapely.get_coordinates(shapes)
    corners = shapely.get_num_coordinates(shapes)
    several = np.flatnonzero((shapely.get_type_id(shapes) == 6) | (shapely.get_num_interior_rings(shapes) > 0))
    parts, shape_of = shapely.get_parts(shapes[several], return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    count = (corners > 0).astype(np.int64)
    count[several] = np.bincount(shape_of[part_of], minlength=len(several))
    shape_start = np.concatenate([[0], np.cumsum(count)])
    is_one = count == 1
    is_one[several] = False
    length, is_hole = np.empty(shape_start[-1], np.int64), np.zeros(shape_start[-1], bool)
    length[shape_start[:-1][is_one]] = corners[is_one]
    rows = np.ones(len(length), bool)
    rows[shape_start[:-1][is_one]] = False
    length[rows] = shapely.get_num_coordinates(rings)
    is_hole[rows] = np.concatenate([[False], part_of[1:] == part_of[:-1]])[: len(rings)]
    return Rings(xy, np.concatenate([[0], np.cumsum(length)]), is_hole, shape_start)
