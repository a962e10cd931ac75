"""Features of a layer within a distance of each area, or nearest to it, in true metres."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS, Geod

from landrelease.checks.arguments import is_number
from landrelease.errors import OptionError
from landrelease.geometry import from_space, into_space, require_same_crs
from landrelease.match.chains import boxes_around, chains_of, tree_of
from landrelease.match.ids import id_column
from landrelease.match.threads import in_threads

__all__ = ["match_nearby", "near_pairs"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]
Move = Callable[[Floats], Floats]

_GEOD = Geod(ellps="WGS84")
_CHUNK = 20_000
"""Areas that are searched at once: bounds the memory."""
_ARC_M = 200_000.0
"""A geodesic up to this long is an arc of the curvature at its middle, to 1e-9."""
_TIE_M = 1e-6
"""Distances that differ by less are the same. [m]"""
_FARTHEST_M = 2.1e7
"""Farther than anything on the Earth. [m]"""


def match_nearby(
    areas: gpd.GeoDataFrame, layer: gpd.GeoDataFrame, *, within_m: float | None = None, nearest: int | None = None
) -> pd.DataFrame:
    """Find the features of a layer within a distance of each area, or the nearest to it, or both.

    Parameters
    ----------
    areas : GeoDataFrame
        Any geometries, with an id column (release_id, area_id, or that of another table).
    layer : GeoDataFrame
        Any geometries in the same CRS, with an id column.
    within_m : float, optional
        Largest distance, itself included; 0 finds what touches. [m]
    nearest : int, optional
        How many of the nearest features; all that are as far as the last of them, to a micrometre, come too.

    Returns
    -------
    DataFrame
        One row a pair: the id column of `areas`, feature_id (id of the feature), distance_m (shortest
        distance between the two shapes, 0 where they touch or overlap). In the order of the areas, then by
        distance, then by id. A missing or empty geometry is near to nothing: it has no row.

    Raises
    ------
    CRSError
        A CRS is missing, or they differ (rule 5); a coordinate has no place on the Earth.
    DataError
        One of the frames has no id column.
    OptionError
        `within_m` is no distance, `nearest` is no number of features, or neither is given.

    Notes
    -----
    Distances are geodesic, whatever the CRS, at 180 degrees and the poles as elsewhere. Corners are put on the
    ellipsoid in space, where the shorter of two chords belongs to the shorter geodesic. The geodesic between the
    nearest points is an arc of the curvature of the ellipsoid in their direction, to 1e-9, and beyond 200 km that of
    Karney. Edges are straight in the frame's own coordinates; they are cut at 1 km, which leaves them true to 0.03 m
    at 60 degrees of latitude. Whether shapes touch is asked in the given plane, where shared borders are exact.

    References
    ----------
    Karney, C. F. F. (2013), Algorithms for geodesics, J. Geodesy 87, 43-55; through PROJ.

    Examples
    --------
    >>> areas = gpd.GeoDataFrame({"area_id": ["A", "B"]},
    ...     geometry=[shapely.box(18, 44, 18.01, 44.01), None], crs=4326)
    >>> wells = gpd.GeoDataFrame({"settlement_id": ["in", "north"]},
    ...     geometry=gpd.points_from_xy([18.005, 18.005], [44.005, 44.02]), crs=4326)
    >>> match_nearby(areas, wells, within_m=2000).round(1).values.tolist()
    [['A', 'in', 0.0], ['A', 'north', 1111.1]]
    >>> match_nearby(areas, wells, nearest=1).values.tolist()
    [['A', 'in', 0.0]]
    >>> match_nearby(areas.iloc[:0], wells, within_m=2000).shape
    (0, 3)
    """
    if nearest is None or within_m is not None:
        check_distance(within_m)
    if nearest is not None and (not isinstance(nearest, int | np.integer) or isinstance(nearest, bool) or nearest < 1):
        raise OptionError(f"nearest must be a number of features, 1 or more; got {nearest!r}")
    crs = require_same_crs(areas, layer, "areas", "layer")
    owner, feature = id_column(areas, "areas"), id_column(layer, "layer")
    left, right, distance = near_pairs(areas.geometry.to_numpy(), layer.geometry.to_numpy(), crs, within_m, nearest)
    ids = layer[feature].astype("str").iloc[right].array
    same = np.flatnonzero((left[1:] == left[:-1]) & (distance[1:] == distance[:-1]))
    ties = np.unique(np.concatenate([same, same + 1]))
    order = np.arange(len(left))
    order[ties] = ties[np.lexsort((ids[ties].to_numpy(dtype=object), distance[ties], left[ties]))]
    return pd.DataFrame({owner: areas[owner].iloc[left].array, "feature_id": ids[order], "distance_m": distance})


def check_distance(within_m: Any, name: str = "within_m") -> None:
    """Raise OptionError unless `within_m` is a distance."""
    if not is_number(within_m) or within_m < 0:
        raise OptionError(f"{name} must be a distance in metres, 0 or more; got {within_m!r}")


def near_pairs(
    areas: Shapes, layer: Shapes, crs: CRS, within_m: float | None, nearest: int | None = None
) -> tuple[Ints, Ints, Floats]:
    """Return the positions in both arrays of the pairs that are near, and their distances, the nearest first. [m]"""
    within_m = _FARTHEST_M if within_m is None else float(within_m)
    corners = shapely.get_num_coordinates(layer).sum()
    if nearest is None and len(areas) < corners and shapely.get_num_coordinates(areas).sum() < corners:
        right, left, distance = _pairs(layer, areas, crs, within_m, nearest)  # the tree of those that have less corners
    else:
        left, right, distance = _pairs(areas, layer, crs, within_m, nearest)
    order = np.lexsort((distance, left))
    left, right, distance = left[order], right[order], distance[order]
    if nearest is None:
        return left, right, distance
    begin = np.searchsorted(left, left)
    last = np.minimum(begin + nearest, np.searchsorted(left, left, side="right")) - 1
    kept = distance <= distance[last] + _TIE_M
    return left[kept], right[kept], distance[kept]


def _pairs(areas: Shapes, layer: Shapes, crs: CRS, within_m: float, nearest: int | None) -> tuple[Ints, Ints, Floats]:
    """Return the pairs that are near, and more where others are nearly as near as the last."""
    bounds, their_bounds = shapely.bounds(areas), shapely.bounds(layer)
    rows, others = (np.flatnonzero(~np.isnan(one[:, 0])) for one in (bounds, their_bounds))
    move, their_move, axes = _moves(bounds[rows, :2], their_bounds[others, :2], crs)
    bounds = bounds if nearest is None else None
    one, other, left, right, ends = _search(
        areas, bounds, rows, layer[others], crs, move, their_move, nearest or 0, within_m
    )
    distance = _geodesic_m(ends.reshape(-1, 2, 3) @ axes)
    kept = distance <= within_m
    doubt = np.flatnonzero(np.isin(left, one))
    kept[doubt] &= ~np.isin(left[doubt] * len(others) + right[doubt], one * len(others) + other)
    distance = np.concatenate([np.zeros(len(one)), distance[kept]])
    return np.concatenate([one, left[kept]]), others[np.concatenate([other, right[kept]])], distance


def _moves(xy: Floats, their_xy: Floats, crs: CRS) -> tuple[Move, Move, Floats]:
    """Return what leads from the coordinates of each layer into space, and how that is turned.

    The ground lies flat in it, so that boxes fit it well.
    """
    into, theirs_into = into_space(crs, xy), into_space(crs, their_xy)
    up = np.nansum(theirs_into(their_xy[:: max(1, len(their_xy) // 1000)]), axis=0)
    axes = np.linalg.qr(np.column_stack([up, np.eye(3)]))[0].T if up.any() else np.eye(3)
    return lambda places: into(places) @ axes.T, lambda places: theirs_into(places) @ axes.T, axes


def _search(
    areas: Shapes, bounds: Floats | None, rows: Ints, layer: Shapes, crs: CRS, move: Move, their_move: Move,
    nearest: int, within_m: float,
) -> tuple[Ints, Ints, Ints, Ints, Floats]:  # fmt: skip
    """Return the pairs that touch, and the pairs that are near with their nearest points in space.

    With their bounds, what has nothing near is left out before its corners are looked at. Whether shapes touch is
    asked in the given plane, where shared borders are exact.
    """
    from landrelease.match.kernels.nearby import meeting, nearest_of

    reach = within_m * (1 + 1e-9) + _TIE_M
    theirs = chains_of(layer, crs, their_move)
    tree = tree_of(theirs.box)
    first, last = theirs.first[tree.order], theirs.last[tree.order]
    shape = np.repeat(np.arange(len(layer)), np.diff(theirs.start))[tree.order]
    none = np.zeros(0, np.int64)
    found: dict[int, tuple[Ints, Ints, Ints, Ints, Floats]] = {-1: (none, none, none, none, np.zeros((0, 6)))}
    only_points = (shapely.get_dimensions(areas) < 1).all() and (shapely.get_dimensions(layer) < 1).all()
    in_plane = shapely.STRtree([] if only_points else layer)

    def search(low: int, high: int) -> None:
        for at in range(low, high, _CHUNK):
            here = rows[at : min(at + _CHUNK, high)]
            if bounds is not None:
                is_close = np.zeros(len(here), bool)
                meeting(boxes_around(bounds[here], crs, move), tree.box, tree.level_start, reach, is_close)
                here = here[is_close]
            left, right, ends = nearest_of(
                *chains_of(areas[here], crs, move), theirs.xyz, first, last, shape, len(layer), tree.box,
                tree.level_start, nearest, reach,
            )  # fmt: skip
            one, other = in_plane.query(areas[here], predicate="intersects")
            found[at] = here[one], other, here[left], right, ends

    in_threads(len(rows) if len(layer) else 0, search)
    in_order = [found[at] for at in sorted(found)]
    one, other, left, right, ends = (np.concatenate(parts) for parts in zip(*in_order, strict=True))
    return one, other, left, right, ends


def _geodesic_m(ends: Floats) -> Floats:
    """Return the geodesic between points of the ellipsoid in space. [m]"""
    start, end = ends[:, 0], ends[:, 1]
    chord = np.linalg.norm(end - start, axis=1)
    along = (end - start) / np.maximum(chord, 1e-9)[:, None]
    scale = np.array([1.0, 1.0, 1.0 / (1.0 - _GEOD.es)]) / _GEOD.a**2  # the ellipsoid is where x^2 @ scale is 1
    middle = (start + end) / 2
    middle /= np.sqrt(middle**2 @ scale)[:, None]
    curvature = (along**2 @ scale) / np.linalg.norm(middle * scale, axis=1)
    half = np.clip(chord * curvature / 2, 1e-9, 1.0)
    distance = chord * np.arcsin(half) / half
    far = chord > _ARC_M
    distance[far] = _GEOD.inv(*from_space(start[far]), *from_space(end[far]))[2]
    return cast(Floats, distance)
