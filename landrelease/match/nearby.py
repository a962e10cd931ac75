"""Features of a layer within a distance of each area, in true metres."""

from __future__ import annotations

from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS, Geod

from landrelease.errors import OptionError
from landrelease.geometry import lon_lat, require_same_crs
from landrelease.match.ids import id_column

__all__ = ["match_nearby", "near_pairs"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Geometries = npt.NDArray[Any]

_GEOD = Geod(ellps="WGS84")
_SEMI_MAJOR_M = _GEOD.a
_ECCENTRICITY_2 = _GEOD.es
_DEGREE_M = 110_000.0
"""Less than the length of any degree of latitude, or of longitude at the equator. [m]"""
_EDGE_DEGREES = 0.009
"""Longest edge that is taken as straight: 1 km of latitude. [degrees]"""
_CHUNK = 1_000_000
"""Coordinates that are measured at once: bounds the memory."""


def match_nearby(areas: gpd.GeoDataFrame, layer: gpd.GeoDataFrame, *, within_m: float) -> pd.DataFrame:
    """Find the features of a layer within a distance of each area.

    Parameters
    ----------
    areas : GeoDataFrame
        Any geometries, with an id column (release_id, area_id, or that of another table).
    layer : GeoDataFrame
        Any geometries in the same CRS, with an id column.
    within_m : float
        Largest distance, itself included; 0 finds what touches. [m]

    Returns
    -------
    DataFrame
        One row a pair: the id column of `areas`, feature_id (id of the feature), distance_m (shortest
        distance between the two shapes, 0 where they touch or overlap). In the order of the areas, then by
        distance, then by id. A missing or empty geometry is near to nothing: it has no row.

    Raises
    ------
    CRSError
        A CRS is missing, or they differ (rule 5).
    DataError
        One of the frames has no id column.
    OptionError
        `within_m` is no distance.

    Notes
    -----
    Candidates come from bounding boxes, enlarged so that none is missed, also over the antimeridian. The two
    nearest points of a pair are found in a plane that touches the ellipsoid at the smaller of the two shapes,
    and the geodesic between them is measured. The plane distorts by (r / 6,371 km)^2 / 2 at r from there:
    below 1e-4 as long as the smaller shape and the distance together stay under 90 km, wherever on the Earth
    and however large the other is (up to a hemisphere). Edges are straight in the frame's own coordinates;
    they are cut at 1 km, which leaves them true to 0.03 m at 60 degrees of latitude.

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
    >>> match_nearby(areas.iloc[:0], wells, within_m=2000).shape
    (0, 3)
    """
    check_distance(within_m)
    crs = require_same_crs(areas, layer, "areas", "layer")
    owner, feature = id_column(areas, "areas"), id_column(layer, "layer")
    left, right, distance = near_pairs(areas.geometry.to_numpy(), layer.geometry.to_numpy(), crs, within_m)
    pairs = pd.DataFrame(
        {
            owner: areas[owner].iloc[left].to_numpy(),
            "feature_id": layer[feature].astype("str").iloc[right].to_numpy(),
            "distance_m": distance,
            "_order": left,
        }
    ).astype({owner: areas[owner].dtype, "feature_id": "str"})
    ordered = pairs.sort_values(["_order", "distance_m", "feature_id"], kind="stable", ignore_index=True)
    return ordered.drop(columns="_order")


def check_distance(within_m: float) -> None:
    """Raise OptionError unless `within_m` is a distance."""
    is_number = isinstance(within_m, int | float | np.number) and not isinstance(within_m, bool)
    if not is_number or not np.isfinite(within_m) or within_m < 0:
        raise OptionError(f"within_m must be a distance in metres, 0 or more; got {within_m!r}")


def near_pairs(areas: Geometries, layer: Geometries, crs: CRS, within_m: float) -> tuple[Ints, Ints, Floats]:
    """Return the positions in both arrays of all pairs within a distance, and their distances. [m]"""
    left_shapes, right_shapes = _short_edged(lon_lat(areas, crs)), _short_edged(lon_lat(layer, crs))
    left, right = _candidates(left_shapes, right_shapes, within_m)
    distance = np.zeros(len(left))
    # asked in the given plane, where shared borders are exact
    apart = np.flatnonzero(~shapely.intersects(areas[left], layer[right]))
    sizes = shapely.get_num_coordinates(left_shapes)[left[apart]]
    sizes = sizes + shapely.get_num_coordinates(right_shapes)[right[apart]]
    chunks = np.cumsum(sizes) // _CHUNK
    for part in np.split(apart, np.flatnonzero(np.diff(chunks)) + 1):
        distance[part] = _distance_m(left_shapes[left[part]], right_shapes[right[part]])
    near = distance <= within_m
    return left[near], right[near], distance[near]


def _short_edged(shapes: Geometries) -> Geometries:
    """Return the shapes with edges of 1 km at most, which are straight in degrees and on any plane alike."""
    west, south, east, north = shapely.bounds(shapes).T
    is_long = np.fmax(east - west, north - south) > _EDGE_DEGREES
    if not is_long.any():
        return shapes
    result = shapes.copy()
    result[is_long] = shapely.segmentize(shapes[is_long], _EDGE_DEGREES)
    return result


def _candidates(areas: Geometries, layer: Geometries, within_m: float) -> tuple[Ints, Ints]:
    """Return the pairs whose boxes, enlarged by more than the distance, meet."""
    usable = np.flatnonzero(~shapely.is_missing(areas) & ~shapely.is_empty(areas))
    west, south, east, north = shapely.bounds(areas[usable]).T
    rise = within_m / _DEGREE_M
    south, north = np.maximum(south - rise, -90), np.minimum(north + rise, 90)
    narrowest = np.cos(np.radians(np.minimum(np.maximum(np.abs(south), np.abs(north)), 89.99)))
    reach = np.minimum(within_m / (_DEGREE_M * narrowest), 180)
    near_pole = np.maximum(np.abs(south), np.abs(north)) > 89.9
    reach = np.where(near_pole & (within_m > 0), 360, reach)
    tree = shapely.STRtree(layer)
    found = []
    for turn in (-360, 0, 360):
        boxes = shapely.box(west - reach + turn, south, east + reach + turn, north)
        crosses = west - reach < -180 if turn > 0 else east + reach > 180
        beyond = np.ones(len(usable), bool) if turn == 0 else crosses
        mine, theirs = tree.query(boxes[beyond])
        found.append(np.column_stack([usable[np.flatnonzero(beyond)[mine]], theirs]))
    pairs = np.unique(np.concatenate(found).astype(np.int64), axis=0)
    return pairs[:, 0], pairs[:, 1]


def _distance_m(left: Geometries, right: Geometries) -> Floats:
    """Return the geodesic between the nearest points of each pair; longitude and latitude in. [m]"""
    if not len(left):
        return np.zeros(0)
    boxes = np.stack([shapely.bounds(left), shapely.bounds(right)])
    extent = np.maximum(boxes[..., 2] - boxes[..., 0], boxes[..., 3] - boxes[..., 1])
    smaller = boxes[np.argmin(extent, axis=0), np.arange(len(left))]
    longitude, latitude = (smaller[:, 0] + smaller[:, 2]) / 2, (smaller[:, 1] + smaller[:, 3]) / 2
    axes, origin = _tangent_axes(longitude, latitude), _geocentric(longitude, latitude)
    lines = shapely.shortest_line(_on_plane(left, axes, origin), _on_plane(right, axes, origin))
    ends = _to_ellipsoid(shapely.get_coordinates(lines).reshape(-1, 2, 2), axes, origin)
    degrees = np.degrees(
        np.stack(
            [
                np.arctan2(ends[..., 1], ends[..., 0]),
                np.arctan2(ends[..., 2], (1 - _ECCENTRICITY_2) * np.hypot(ends[..., 0], ends[..., 1])),
            ],
            axis=-1,
        )
    )
    start, end = degrees[:, 0], degrees[:, 1]
    return cast(Floats, _GEOD.inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])[2])


def _geocentric(longitude: Floats, latitude: Floats) -> Floats:
    """Return x, y, z of points on the ellipsoid. [m]"""
    east, north = np.radians(longitude), np.radians(latitude)
    radius = _SEMI_MAJOR_M / np.sqrt(1 - _ECCENTRICITY_2 * np.sin(north) ** 2)
    return np.stack(
        [
            radius * np.cos(north) * np.cos(east),
            radius * np.cos(north) * np.sin(east),
            radius * (1 - _ECCENTRICITY_2) * np.sin(north),
        ],
        axis=-1,
    )


def _tangent_axes(longitude: Floats, latitude: Floats) -> Floats:
    """Return the unit vectors east, north and up at each point."""
    east, north = np.radians(longitude), np.radians(latitude)
    nothing = np.zeros_like(east)
    rows = [
        [-np.sin(east), np.cos(east), nothing],
        [-np.sin(north) * np.cos(east), -np.sin(north) * np.sin(east), np.cos(north)],
        [np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)],
    ]
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def _on_plane(shapes: Geometries, axes: Floats, origin: Floats) -> Geometries:
    """Return each shape in its own plane, seen from straight above. [m]"""
    coordinates, of_shape = shapely.get_coordinates(shapes, return_index=True)
    offset = _geocentric(coordinates[:, 0], coordinates[:, 1]) - origin[of_shape]
    flat = np.einsum("nij,nj->ni", axes[of_shape, :2], offset)
    return cast(Geometries, shapely.set_coordinates(shapely.force_2d(shapes), flat))


def _to_ellipsoid(ends: Floats, axes: Floats, origin: Floats) -> Floats:
    """Return the points of the ellipsoid straight below points of the planes, as x, y, z. [m]"""
    on_plane = origin[:, None] + np.einsum("nij,nki->nkj", axes[:, :2], ends)
    up = axes[:, None, 2]
    # |scale * (point + t * up)| = 1, for the root nearest to the plane
    scale = np.array([1, 1, 1 / np.sqrt(1 - _ECCENTRICITY_2)]) / _SEMI_MAJOR_M
    point, direction = on_plane * scale, up * scale
    a = (direction**2).sum(axis=-1)
    b = (point * direction).sum(axis=-1)
    c = (point**2).sum(axis=-1) - 1
    # this form of the root keeps its digits where c is small
    t = -c / (b + np.sqrt(np.maximum(b**2 - a * c, 0)))
    return cast(Floats, on_plane + t[..., None] * up)
