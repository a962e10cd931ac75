"""Areas: geodesic ones in m2, and shares in an equal-area plane."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from landrelease.errors import CRSError
from landrelease.geometry.across import has_wide_part, unwrapped
from landrelease.geometry.crs import densified, lon_lat, require_crs, transform
from landrelease.geometry.operations import GEOD, WGS84
from landrelease.geometry.shapes import POLYGONAL, Floats, Geometries, keep_where, polygonal, repaired

_POLAR = np.radians(80.0)
_SMALL_M, _TILE_M, _SQUARE_M = 2_000.0, 65_536.0, 200.0
_NODES = (1 - np.cos(np.pi * (np.arange(5) + 0.5) / 5)) / 2
"""Within 2 km the scale of a projection is that of the middle, to 1e-8; it is smooth over tiles of 66 km."""

__all__ = ["areal_scale", "authalic", "geodesic_area_m2", "planar_area", "plane_polygons", "scale_change",
           "scaled_area_m2"]  # fmt: skip


def geodesic_area_m2(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> Floats:
    """Return the area of each polygon on the WGS 84 ellipsoid. [m2]

    Parameters
    ----------
    frame : GeoDataFrame or GeoSeries
        In any CRS; edges longer than 1 km are densified before they are put on the ellipsoid.

    Returns
    -------
    array of float
        NaN where there is no geometry, or one that is no polygon: its area is unknown, not 0. So it is where an
        edge leaps over more than half the Earth, or a ring runs round a pole, and nobody can say which side is
        meant. An empty polygon has 0 m2.

    Notes
    -----
    An edge bounds the land between it and the equator. That land is the mean of the authalic sines of its ends, times
    its breadth, and a third-order term for the bow of the geodesic over the chord: within 1e-10 of the sums of Karney
    for edges of 1 km. Beyond 80 degrees of latitude these are taken. In a projected CRS, the area of a polygon up to
    2 km wide is its plane area times the areal scale at its middle, within 3e-8 of the same.

    References
    ----------
    Karney, C. F. F. (2013), Algorithms for geodesics, J. Geodesy 87, 43-55; through PROJ.
    Snyder, J. P. (1987), Map projections: a working manual, USGS PP 1395, eq. 3-12 (authalic latitude).

    Examples
    --------
    >>> square = gpd.GeoSeries([shapely.box(18, 44, 18.01, 44.01), None, shapely.Point(18, 44)], crs=4326)
    >>> geodesic_area_m2(square).round()
    array([891115.,     nan,     nan])
    """
    if frame.crs is None:
        raise CRSError("An area needs a coordinate reference system. Fix: frame.set_crs('EPSG:...')")
    shapes = frame.geometry.to_numpy()
    if not frame.crs.is_projected:
        return _summed_area_m2(shapes, frame.crs)
    middle = np.full((len(shapes), 2), np.nan)
    has_place = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    middle[has_place] = shapely.get_coordinates(shapely.centroid(shapes[has_place]))
    return scaled_area_m2(shapes, shapely.bounds(shapes), frame.crs, shapely.area(shapes), *middle.T)


def scaled_area_m2(shapes: Geometries, bounds: Floats, crs: CRS, plane_area: Floats, x: Floats, y: Floats) -> Floats:
    """Return `geodesic_area_m2` of shapes in a projected CRS whose bounds, area in its plane and centroid are known."""
    area = np.full(len(shapes), np.nan)
    with np.errstate(invalid="ignore"):
        is_small = ((bounds[:, 2:] - bounds[:, :2]) <= _SMALL_M).all(axis=1)
    small = np.flatnonzero(is_small & np.isin(shapely.get_type_id(shapes), POLYGONAL))
    area[small] = plane_area[small] * areal_scale(crs, x[small], y[small])
    left = np.flatnonzero(np.isnan(area) & ~shapely.is_missing(shapes))
    area[left] = _summed_area_m2(shapes[left], crs)
    return area


def areal_scale(crs: CRS, x: Floats, y: Floats) -> Floats:
    """Return how many m2 of the ellipsoid one unit of area of a projected CRS is at some points; NaN where it is none.

    It is measured on small squares and interpolated in tiles that do not depend on the points, to 1e-9.
    """
    scale, of_tile, within = _tiles(crs, x, y)
    weights = np.ones((2, len(within), len(_NODES)))
    for node, place in enumerate(_NODES):
        for other in np.delete(_NODES, node):
            weights[:, :, node] *= (within.T - other) / (place - other)
    return cast(Floats, np.einsum("ni,nj,nij->n", weights[0], weights[1], scale[of_tile]))


def scale_change(bounds: Floats, crs: CRS) -> Floats:
    """Return the share by which the areal scale of a projected CRS changes within bounds, by its mean steepness."""
    west, south, east, north = bounds.T
    known = np.isfinite(west)
    scale, of_tile, _ = _tiles(crs, (west + east)[known] / 2, (south + north)[known] / 2)
    change = np.full(len(bounds), np.nan)
    steepness = np.ptp(scale, axis=(1, 2)) / scale.mean(axis=(1, 2)) / _TILE_M
    change[known] = steepness[of_tile] * (east - west + north - south)[known]
    return change


def _tiles(crs: CRS, x: Floats, y: Floats) -> tuple[Floats, npt.NDArray[np.int64], Floats]:
    """Return the areal scale at the nodes of each tile that points lie in, their tile, and where they lie within it."""
    place = np.column_stack([x, y]) / _TILE_M
    column, row = np.floor(place).T
    tile, of_tile = np.unique(column * 2.0**26 + row, return_inverse=True)
    column, row = np.divmod(tile + 2.0**25, 2.0**26)
    tiles = np.column_stack([column, row - 2.0**25])
    grid = np.stack(np.meshgrid(_NODES, _NODES, indexing="ij"), axis=-1).reshape(-1, 2)
    corner = ((tiles[:, None] + grid) * _TILE_M).reshape(-1, 2) - _SQUARE_M / 2
    squares = shapely.box(*corner.T, *(corner + _SQUARE_M).T)
    scale = (_summed_area_m2(squares, crs) / _SQUARE_M**2).reshape(-1, len(_NODES), len(_NODES))
    return scale, of_tile, place - tiles[of_tile]


def authalic(crs: CRS) -> Callable[[Floats], Floats]:
    """Return what leads from degrees of a geographic CRS to an equal-area plane: longitude, authalic sine of latitude.

    References
    ----------
    Snyder, J. P. (1987), Map projections: a working manual, USGS PP 1395, eq. 3-12.
    """
    ellipsoid = crs.get_geod()
    radius, eccentricity = (GEOD.a, np.sqrt(GEOD.es)) if ellipsoid is None else (ellipsoid.a, np.sqrt(ellipsoid.es))

    def plane(lon_lat_degrees: Floats) -> Floats:
        east, north = np.radians(lon_lat_degrees).T
        return np.column_stack([east, _authalic(np.sin(north), eccentricity) / 2]) * radius

    return plane


def _authalic(sine: Floats, eccentricity: float) -> Floats:
    """Return twice the height of a latitude in a cylindrical equal-area plane, of radius 1."""
    flat = eccentricity**2
    bent = np.arctanh(eccentricity * sine) / eccentricity if eccentricity else sine
    return (1 - flat) * (sine / (1 - flat * sine**2) + bent)


def _summed_area_m2(shapes: Geometries, crs: CRS) -> Floats:
    """Return the area of each polygon corner by corner. [m2]"""
    if crs.is_geographic:
        shapes = unwrapped(shapes)
        shapes = keep_where(shapes, ~_leaps(shapes))
    shapes = lon_lat(shapes, crs)
    area = np.full(len(shapes), np.nan)
    polygonal_rows = np.isin(shapely.get_type_id(shapes), POLYGONAL)
    parts, owner = shapely.get_parts(shapes[polygonal_rows], return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    is_hole = np.r_[False, part_of[1:] == part_of[:-1]] if len(rings) else np.zeros(0, bool)
    coordinates, ring_of = shapely.get_coordinates(densified(rings, WGS84), return_index=True)
    ring_area = _ring_area_m2(coordinates, ring_of, len(rings))
    signed = np.where(is_hole, -ring_area, ring_area)
    area[polygonal_rows] = np.bincount(owner[part_of], weights=signed, minlength=int(polygonal_rows.sum()))
    return area


def _ring_area_m2(lon_lat_degrees: Floats, ring_of: npt.NDArray[np.int64], n_rings: int) -> Floats:
    """Return the area that each ring encloses, whichever way it runs; edges are short. [m2]"""
    east, north = np.radians(lon_lat_degrees).T
    eccentricity_2, eccentricity = GEOD.es, np.sqrt(GEOD.es)

    height = _authalic(np.sin(north), eccentricity)
    within = ring_of[1:] == ring_of[:-1]
    breadth = np.diff(east)
    breadth = np.where(np.abs(breadth) > np.pi, breadth - np.copysign(2 * np.pi, breadth), breadth)
    first = np.searchsorted(ring_of, ring_of)  # heights are taken from that of the first corner: no digit is lost
    mean = (height[1:] + height[:-1]) / 2 - height[first[:-1]]
    sine, rise = np.sin((north[1:] + north[:-1]) / 2), np.diff(north)
    flat = 1 - eccentricity_2 * sine**2
    parallel_2, meridian = (1 - sine**2) / flat, (1 - eccentricity_2) / flat**1.5
    bow = sine * (parallel_2 * breadth**2 + 3 * (meridian * rise) ** 2) / 12
    parts = np.where(within, breadth * (mean / 2 + bow), 0.0) * GEOD.a**2
    area = np.abs(np.bincount(ring_of[:-1], weights=parts, minlength=n_rings)) if len(parts) else np.zeros(n_rings)
    for ring in np.unique(ring_of[np.abs(north) > _POLAR]):
        corners = lon_lat_degrees[ring_of == ring]
        area[ring] = abs(GEOD.polygon_area_perimeter(corners[:, 0], corners[:, 1])[0])
    return area


def _leaps(geometries: Geometries) -> npt.NDArray[np.bool_]:
    """Tell which geometries have an edge of more than half a turn, and less than a whole one, or only go round."""
    result = has_wide_part(geometries)
    for row in np.flatnonzero(result):
        result[row] = shapely.area(geometries[row]) == 0  # a ring round the pole
        for ring in shapely.get_rings(shapely.get_parts(geometries[row])):
            step = np.abs(np.diff(shapely.get_coordinates(ring)[:, 0]))
            result[row] |= bool(((step > 180) & (step < 360)).any())
    return result


def planar_area(geometries: Geometries) -> Floats:
    """Return the area of each geometry in its own plane: for shares in an equal-area CRS only."""
    return cast(Floats, shapely.area(geometries))


def plane_polygons(frame: gpd.GeoDataFrame, plane: CRS) -> Geometries:
    """Return the valid polygons of a frame in a plane; None where a row has no polygon."""
    shapes = frame.geometry.to_numpy()
    has_polygon = (shapely.get_dimensions(shapes) == 2) & ~shapely.is_empty(shapes)
    return polygonal(repaired(transform(keep_where(shapes, has_polygon), require_crs(frame, "frame"), plane)))
