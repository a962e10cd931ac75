"""Shapes as chains of corners in space, cut into blocks with boxes: what distances are measured between."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from landrelease.errors import CRSError
from landrelease.geometry import WGS84, crs_name, polynomials, rings_of, unwrapped
from landrelease.match.threads import in_threads

__all__ = ["Chains", "Tree", "boxes_around", "chains_of", "tree_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]
Move = Callable[[Floats], Floats]

_EDGES = 16
"""Edges of a block."""
_EDGE_M, _EDGE_DEGREES = 1_000.0, 0.009
"""Longest edge that is taken as straight."""
_TILE_M, _TILE_DEGREES = 65_536.0, 0.5
_PLACES, _MOST_TILES = 30, 4_000_000
"""A tile takes so many places to know its polynomial: fewer corners than that are moved each by itself."""
_SMALL_M, _SMALL_DEGREES, _POLAR = 10_000.0, 0.09, 80.0
"""Up to this size the box of a shape is that of its corners and its middle, and a hundredth more."""


class Chains(NamedTuple):
    """Blocks of corners from `first` to `last` in `xyz`; shape i has those from `start[i]` to `start[i + 1]`."""

    xyz: Floats
    first: Ints
    last: Ints
    box: Floats
    start: Ints


class Tree(NamedTuple):
    """Boxes, `BRANCHES` of these in one, and so on; levels begin at `level_start`; `order` is that of the lowest."""

    order: Ints
    box: Floats
    level_start: Ints


def chains_of(shapes: Shapes, crs: CRS, move: Move) -> Chains:
    """Return shapes of any kind as chains; a missing or empty one has none. CRSError where one has no place."""
    from landrelease.match.kernels.nearby import boxes_of

    xy, chain_start, owner = _corners(shapes if crs == WGS84 or not crs.is_geographic else unwrapped(shapes))
    xy, chain_start = _short_edged(xy, chain_start, crs)
    count = np.maximum(-(-(np.diff(chain_start) - 1) // _EDGES), 1)
    of_chain = np.repeat(np.arange(len(count)), count)
    ahead = np.arange(len(of_chain)) - (np.cumsum(count) - count)[of_chain]
    first = chain_start[of_chain] + ahead * _EDGES
    last = np.minimum(first + _EDGES, chain_start[of_chain + 1] - 1)
    xyz, box = _in_space(xy, crs, move), np.empty((len(first), 6))
    boxes_of(xyz, first, last, box)
    is_lost = np.isnan(box).any(axis=1)
    if is_lost.any():
        raise CRSError(
            f"{len(np.unique(owner[of_chain[is_lost]]))} geometries have coordinates that {crs_name(crs)} does not "
            f"know.\n  Fix: declare the CRS the coordinates are really in: read(..., crs=...)."
        )
    return Chains(xyz, first, last, box, np.searchsorted(owner[of_chain], np.arange(len(shapes) + 1)))


def boxes_around(bounds: Floats, crs: CRS, move: Move) -> Floats:
    """Return a box in space round each shape, from its bounds in the plane; one round everything where it is large."""
    from landrelease.match.kernels.nearby import boxes_of

    west, south, east, north = bounds.T
    places = np.empty((len(bounds), 5, 2))
    places[..., 0] = np.stack([west, west, east, east, (west + east) / 2], axis=1)
    places[..., 1] = np.stack([south, north, south, north, (south + north) / 2], axis=1)
    xyz, box = _in_space(places.reshape(-1, 2), crs, move), np.empty((len(bounds), 6))
    first = np.arange(len(bounds)) * 5
    boxes_of(xyz, first, first + 4, box)
    pad = 0.01 * np.maximum.reduce([box[:, 3 + axis] - box[:, axis] for axis in range(3)])
    box += np.outer(pad, [-1, -1, -1, 1, 1, 1])
    is_large = ~(np.maximum(east - west, north - south) <= _in_units(crs, _SMALL_M, _SMALL_DEGREES)) | np.isnan(pad)
    if crs.is_geographic:
        is_large |= (south < -_POLAR) | (north > _POLAR)
    box[is_large] = [-np.inf, -np.inf, -np.inf, np.inf, np.inf, np.inf]
    return box


def tree_of(box: Floats) -> Tree:
    """Return a tree over boxes."""
    from landrelease.match.kernels.nearby import BRANCHES, in_tree_order

    order = in_tree_order(box)
    levels = [box[order]]
    while len(levels[-1]) > 1:
        starts = np.arange(0, len(levels[-1]), BRANCHES)
        low, high = levels[-1][:, :3], levels[-1][:, 3:]
        levels.append(np.hstack([np.minimum.reduceat(low, starts), np.maximum.reduceat(high, starts)]))
    return Tree(order, np.concatenate(levels), np.cumsum([0, *map(len, levels)]))


def _corners(shapes: Shapes) -> tuple[Floats, Ints, Ints]:
    """Return the corners of all rings, lines and points, where each of these begins, and whose it is."""
    kind = shapely.get_type_id(shapes)
    if np.isin(kind, (3, 6)).all():
        rings = rings_of(shapes)
        return rings.xy, rings.ring_start, np.repeat(np.arange(len(shapes)), np.diff(rings.shape_start))
    if (kind == 0).all():
        return shapely.get_coordinates(shapes), np.arange(len(shapes) + 1), np.arange(len(shapes))
    parts, owner = shapely.get_parts(shapes, return_index=True)
    while (shapely.get_type_id(parts) > 3).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    is_land = shapely.get_type_id(parts) == 3
    rings, of_part = shapely.get_rings(parts[is_land], return_index=True)
    parts, owner = np.concatenate([parts[~is_land], rings]), np.concatenate([owner[~is_land], owner[is_land][of_part]])
    kept = np.flatnonzero(~shapely.is_empty(parts))
    kept = kept[np.argsort(owner[kept], kind="stable")]
    count = shapely.get_num_coordinates(parts[kept])
    return shapely.get_coordinates(parts[kept]), np.r_[0, np.cumsum(count)], owner[kept]


def _short_edged(xy: Floats, chain_start: Ints, crs: CRS) -> tuple[Floats, Ints]:
    """Return the corners with more of them on long edges, none of which is then longer than 1 km."""
    from landrelease.match.kernels.nearby import cut, pieces_of

    longest = _in_units(crs, _EDGE_M, _EDGE_DEGREES)
    count = np.empty(len(chain_start) - 1, np.int64)
    pieces_of(xy, chain_start, longest, count)
    begin = np.concatenate([[0], np.cumsum(count)])
    if begin[-1] == len(xy):
        return xy, chain_start
    dense = np.empty((begin[-1], 2))
    cut(xy, chain_start, longest, begin, dense)
    return dense, begin


def _in_units(crs: CRS, metres: float, degrees: float) -> float:
    return (
        degrees if crs.is_geographic else metres / (crs.axis_info[0].unit_conversion_factor if crs.axis_info else 1.0)
    )


def _in_space(xy: Floats, crs: CRS, move: Move) -> Floats:
    """Return corners as x, y, z on the ellipsoid: by polynomials of the tiles in which there are many of them. [m]"""
    from landrelease.match.kernels.nearby import evaluated, mark_tiles, span_of

    size = _in_units(crs, _TILE_M, _TILE_DEGREES)
    span = np.floor(span_of(xy) / size)
    extent = span[2:] - span[:2] + 1
    if not 0 < extent.prod() <= _MOST_TILES:  # so is what is not finite
        return move(xy)
    columns, rows = extent.astype(int).tolist()
    grid = np.array([*(span[:2] * size), size])
    is_used = np.zeros(columns * rows, bool)
    mark_tiles(xy, grid, columns, rows, is_used)
    used = np.flatnonzero(is_used)
    if len(used) * _PLACES > len(xy):
        return move(xy)
    middle = (span[:2] + np.column_stack(np.divmod(used, rows)) + 0.5) * size
    coefficient, is_true = polynomials(middle, size, move)
    number, xyz = np.full(len(is_used), -1), np.empty((len(xy), 3))
    number[used[is_true]] = np.flatnonzero(is_true)
    in_threads(len(xy), lambda low, high: evaluated(xy, low, high, grid, columns, rows, number, coefficient, xyz))
    if not is_true.all():
        by_itself = ~np.isfinite(xyz[:, 0])
        xyz[by_itself] = move(xy[by_itself])
    return xyz
