"""Areas: geodesic ones in m2, and shares in an equal-area plane."""

from __future__ import annotations

from typing import cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS

from landrelease.errors import CRSError
from landrelease.geometry.across import has_wide_part, unwrapped
from landrelease.geometry.crs import densified, lon_lat, require_crs, transform
from landrelease.geometry.operations import GEOD
from landrelease.geometry.shapes import POLYGONAL, Floats, Geometries, keep_where, polygonal, repaired

__all__ = ["geodesic_area_m2", "planar_area", "plane_polygons"]


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

    References
    ----------
    Karney, C. F. F. (2013), Algorithms for geodesics, J. Geodesy 87, 43-55; through PROJ.

    Examples
    --------
    >>> square = gpd.GeoSeries([shapely.box(18, 44, 18.01, 44.01), None, shapely.Point(18, 44)], crs=4326)
    >>> geodesic_area_m2(square).round()
    array([891115.,     nan,     nan])
    """
    if frame.crs is None:
        raise CRSError("An area needs a coordinate reference system. Fix: frame.set_crs('EPSG:...')")
    shapes = frame.geometry.to_numpy()
    if frame.crs.is_geographic:
        shapes = unwrapped(shapes)
        shapes = keep_where(shapes, ~_leaps(shapes))
    shapes = lon_lat(densified(shapes, frame.crs), frame.crs)
    area = np.full(len(shapes), np.nan)
    polygonal_rows = np.isin(shapely.get_type_id(shapes), POLYGONAL)
    parts, owner = shapely.get_parts(shapes[polygonal_rows], return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    coordinates, ring_of = shapely.get_coordinates(rings, return_index=True)
    ends = np.searchsorted(ring_of, np.arange(len(rings) + 1))
    is_hole = np.r_[False, part_of[1:] == part_of[:-1]] if len(rings) else np.zeros(0, bool)
    ring_area = np.empty(len(rings))
    for i in range(len(rings)):
        ring = coordinates[ends[i] : ends[i + 1]]
        ring_area[i] = abs(GEOD.polygon_area_perimeter(ring[:, 0], ring[:, 1])[0])
    signed = np.where(is_hole, -ring_area, ring_area)
    area[polygonal_rows] = np.bincount(owner[part_of], weights=signed, minlength=int(polygonal_rows.sum()))
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
