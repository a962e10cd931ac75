"""Distances in planes that touch the ellipsoid at each pair, measured by GEOS: another way to the same."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Geod

from landrelease.geometry import lon_lat

__all__ = ["pairs_by_planes"]

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


def pairs_by_planes(areas: Geometries, layer: Geometries, crs: CRS, within_m: float) -> tuple[Ints, Ints, Floats]:
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
