"""CRS checks and changes of CRS: none is guessed, none is more than 10 m wrong, edges stay true."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from landrelease.errors import CRSError
from landrelease.geometry.across import cut_at_180, has_wide_part, unwrapped
from landrelease.geometry.operations import WGS84, Box, Operation, crs_name, find_operation, said
from landrelease.geometry.shapes import Floats, Geometries, has_finite_coordinates, repaired

__all__ = [
    "check_crs",
    "crs_of",
    "densified",
    "equal_area_crs",
    "has_place",
    "lon_lat",
    "metric_crs",
    "operation_to_wgs84",
    "place_of",
    "require_crs",
    "require_same_crs",
    "to_crs",
    "transform",
]

_EDGE_M = 1_000.0
"""Edges longer than this are densified before a transformation, so that they stay true. [m]"""
_MOST_STEPS = 50_000
_COLDEST = (-60.0, 75.0)
"""No mined land lies south or north of these. [degrees]"""


def crs_of(given: Any) -> CRS:
    """Return a CRS that a user names; raise CRSError where no register has it."""
    try:
        return CRS.from_user_input(given)
    except ProjError as error:
        what = str(error).splitlines()[0]
        raise CRSError(f"{given!r} is no reference system: {what}. Fix: a code such as 'EPSG:32648'.") from None


def require_crs(frame: gpd.GeoDataFrame, what: str) -> CRS:
    """Return the CRS of a frame; raise CRSError where it has none (rule 5)."""
    if not isinstance(frame, gpd.GeoDataFrame):
        raise CRSError(f"'{what}' must be a GeoDataFrame; got {type(frame).__name__}. Fix: landrelease.read(...)")
    if frame.crs is None:
        raise CRSError(
            f"'{what}' has no coordinate reference system, so nothing can be measured on it.\n"
            f"  Fix: read(..., crs='EPSG:...') or frame.set_crs('EPSG:...') with the CRS of its coordinates."
        )
    return cast(CRS, frame.crs)


def require_same_crs(first: gpd.GeoDataFrame, second: gpd.GeoDataFrame, first_name: str, second_name: str) -> CRS:
    """Return the common CRS of two frames; raise CRSError where they differ (rule 5)."""
    one, two = require_crs(first, first_name), require_crs(second, second_name)
    if one != two:
        raise CRSError(
            f"'{first_name}' is in {crs_name(one)}, '{second_name}' is in {crs_name(two)}.\n"
            f"  Fix: {second_name} = landrelease.geometry.to_crs({second_name}, {first_name}.crs)"
        )
    return one


def operation_to_wgs84(frame: gpd.GeoDataFrame) -> Operation:
    """Return the operation that leads from the CRS of a frame to EPSG:4326, at the place of its data.

    Parameters
    ----------
    frame : GeoDataFrame
        Any geometries; must have a CRS.

    Returns
    -------
    Operation
        name, code (None where no register has it), accuracy_m (NaN where nobody states it), pipeline (PROJ).

    Raises
    ------
    CRSError
        No CRS, no operation good to 10 m, or several that disagree.

    Examples
    --------
    >>> frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([15.0], [50.0]), crs=4178)
    >>> operation_to_wgs84(frame)[:3]
    ('Pulkovo 1942(83) to WGS 84 (5)', 'EPSG:15998', 5.0)
    >>> operation_to_wgs84(frame.iloc[:0].to_crs(32633))[:3]
    ('no change of datum', None, 0.0)
    """
    crs = require_crs(frame, "frame")
    return said(find_operation(crs, WGS84, _place(frame.geometry.to_numpy(), crs)))


def _place(geometries: Geometries, crs: CRS) -> Box | None:
    return place_of(shapely.get_coordinates(geometries), crs)


def place_of(xy: Floats, crs: CRS) -> Box | None:
    """Return where most of the data lie, in degrees of their own datum: strays do not choose the operation.

    Across 180 degrees its west is greater than its east.
    """
    xy = xy[np.isfinite(xy[:, 0]) & np.isfinite(xy[:, 1])]
    if not len(xy):
        return None
    xy = xy[:: max(1, len(xy) // 10_000)]
    if crs.is_geographic and np.ptp(xy[:, 0]) > 180:
        xy[:, 0] += np.where(xy[:, 0] < 0, 360.0, 0.0)
    low, high = np.percentile(xy, 1, axis=0), np.percentile(xy, 99, axis=0)
    box = (low[0], low[1], high[0], high[1])
    if not crs.is_geographic:
        own = crs.source_crs if crs.is_bound and crs.source_crs is not None else crs
        if own.geodetic_crs is None:  # a grid of its own leads nowhere
            return None
        box = _to_own_degrees(own).transform_bounds(*box)
    if not np.isfinite(box).all():
        return None
    west, south, east, north = (float(round(side, 1)) for side in box)
    if west < -180 or south < -90 or east > 360 or north > 90:
        return None
    west, east = (side - 360 if side > 180 else side for side in (west, east))
    return west, south, east, north


@lru_cache(maxsize=64)
def _to_own_degrees(crs: CRS) -> Transformer:
    return Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)


def check_crs(frame: gpd.GeoDataFrame, what: str) -> CRS:
    """Raise CRSError unless the frame's CRS reaches EPSG:4326 to 10 m or better, at a place where people live."""
    crs = require_crs(frame, what)
    shapes = frame.geometry.to_numpy()
    if not _has_coordinates(shapes):
        return crs
    _refuse_wrong_numbers(frame, what)
    place = _place(shapes, crs)
    if crs.is_projected and place is not None and (place[3] < _COLDEST[0] or place[1] > _COLDEST[1]):
        raise CRSError(
            f"'{what}' is said to be in {crs_name(crs)}, which puts it at {place[1]:g} degrees north: no mined land is "
            f"there.\n  Fix: read(..., crs=...) with the CRS that the coordinates are in; a UTM zone of the north and "
            f"one of the south differ in it."
        )
    try:
        find_operation(crs, WGS84, place)
    except CRSError as error:
        raise CRSError(f"'{what}': {error}") from None
    return crs


def _has_coordinates(geometries: Geometries) -> bool:
    return bool(shapely.get_num_coordinates(geometries).any())


def has_place(geometries: Geometries, crs: CRS) -> npt.NDArray[np.bool_]:
    """Tell which geometries lie where their CRS has an image on the Earth; a missing one has no place to be wrong."""
    bounds = shapely.bounds(geometries)
    known = np.flatnonzero(np.isfinite(bounds).all(axis=1))
    result = np.ones(len(bounds), bool)
    if not len(known):
        return result
    operation = find_operation(crs, WGS84, _place(geometries, crs))
    for x, y in ((0, 1), (2, 3)):
        lon, lat = operation.transform(bounds[known, x], bounds[known, y])
        result[known] &= np.isfinite(lon) & np.isfinite(lat)
    return result


def _refuse_wrong_numbers(frame: gpd.GeoDataFrame, what: str) -> None:
    """Refuse degrees that are said to be metres, and metres that are said to be degrees."""
    xy = shapely.get_coordinates(frame.geometry.to_numpy())
    xy = np.abs(xy[np.isfinite(xy[:, 0]) & np.isfinite(xy[:, 1])])
    if not len(xy):
        return
    like_degrees = (xy[:, 0] <= 180) & (xy[:, 1] <= 90)
    if frame.crs.is_projected and like_degrees.all() and (xy > 0).any():
        raise CRSError(
            f"'{what}' is said to be in {crs_name(frame.crs)}, but all its coordinates look like degrees.\n"
            f"  Fix: read(..., crs='EPSG:4326') or the CRS that the coordinates are in."
        )
    if frame.crs.is_geographic and not like_degrees.any():
        raise CRSError(
            f"'{what}' is said to be in {crs_name(frame.crs)}, but no coordinate lies within -180..180, -90..90.\n"
            f"  Fix: read(..., crs=...) with the CRS that the coordinates are in."
        )


def transform(geometries: Geometries, source: CRS, target: CRS) -> Geometries:
    """Transform an array of geometries, edges densified so that they stay true; degrees are cut at 180.

    Raises CRSError where no operation is good to 10 m, or where a coordinate has no image.
    """
    source, target = CRS.from_user_input(source), CRS.from_user_input(target)
    if source == target or not _has_coordinates(geometries):
        return geometries
    operation = find_operation(source, target, _place(geometries, source))
    if source.is_geographic:
        geometries = unwrapped(geometries)
    geometries = densified(geometries, source)

    def move(coordinates: Floats) -> Floats:
        x, y = operation.transform(coordinates[:, 0], coordinates[:, 1])
        return np.column_stack([x, y])

    moved = cast(Geometries, shapely.transform(geometries, move))
    lost = ~has_finite_coordinates(moved)
    if lost.any():
        raise CRSError(
            f"{int(lost.sum())} of {len(geometries)} geometries have coordinates that {crs_name(source)} does not know "
            f"(the first is at position {int(np.flatnonzero(lost)[0])}).\n"
            f"  Fix: declare the CRS the coordinates are really in: read(..., crs=...)."
        )
    return _cut_where_wide(moved) if target.is_geographic else moved


def _cut_where_wide(geometries: Geometries) -> Geometries:
    """Return shapes that came to leap over 180 degrees as valid ones that are cut there."""
    joined = unwrapped(geometries)
    rows = np.flatnonzero(has_wide_part(geometries) & ~has_wide_part(joined))
    if len(rows):
        joined[rows] = cut_at_180(repaired(joined[rows]))
    return joined


def _unit_m(crs: CRS) -> float:
    return float(crs.axis_info[0].unit_conversion_factor) if crs.axis_info else 1.0


def densified(geometries: Geometries, crs: CRS) -> Geometries:
    """Return the geometries with no edge longer than 1 km: an edge is straight in the plane of its CRS."""
    step = _EDGE_M / 111_320.0 if crs.is_geographic else _EDGE_M / _unit_m(crs)
    long_edges = _has_long_edges(geometries, step)
    if not long_edges.any():
        return geometries
    dense = np.array(geometries, dtype=object, copy=True)
    is_line = long_edges & np.isin(shapely.get_type_id(dense), (1, 2))
    dense[is_line] = shapely.segmentize(dense[is_line], step)
    is_ring = long_edges & (shapely.get_type_id(dense) == 3) & (shapely.get_num_interior_rings(dense) == 0)
    dense[is_ring] = shapely.polygons(shapely.segmentize(shapely.get_exterior_ring(dense[is_ring]), step))
    for i in np.flatnonzero(long_edges & ~is_line & ~is_ring):
        dense[i] = _segmentized(dense[i], step)
    return dense


def _segmentized(shape: Any, step: float) -> Any:
    """Densify ring by ring: GEOS buffers a whole polygon by 0 as it densifies it, which drops lobes of a bow-tie."""
    if shape.geom_type == "Polygon":
        return shapely.Polygon(shapely.segmentize(shape.exterior, step), shapely.segmentize(shape.interiors, step))
    if shape.geom_type in ("MultiPolygon", "GeometryCollection"):
        return type(shape)([_segmentized(part, step) for part in shape.geoms])
    return shapely.segmentize(shape, step)


def _has_long_edges(geometries: Geometries, step: float) -> npt.NDArray[np.bool_]:
    """Tell which geometries could have an edge longer than `step`; what is larger than the Earth is not on it."""
    bounds = shapely.bounds(geometries)
    with np.errstate(invalid="ignore"):
        span = np.fmax(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
        return cast("npt.NDArray[np.bool_]", (span > step) & (span < _MOST_STEPS * step))


def to_crs(frame: gpd.GeoDataFrame, crs: Any, what: str = "frame") -> gpd.GeoDataFrame:
    """Return the frame in another CRS, by an operation of 10 m or better and with true edges.

    Parameters
    ----------
    frame : GeoDataFrame
        Any geometries; must have a CRS.
    crs : anything that pyproj takes
        Where to.
    what : str
        The name of the frame in error messages.

    Raises
    ------
    CRSError
        No CRS, no operation of 10 m or better, or coordinates without an image.

    Examples
    --------
    >>> frame = gpd.GeoDataFrame(geometry=gpd.points_from_xy([18.0], [44.0]), crs=4326)
    >>> to_crs(frame, 32634).get_coordinates().round().to_numpy().tolist()
    [[259474.0, 4876249.0]]
    >>> len(to_crs(frame.iloc[:0], 32634))
    0
    """
    source, target = require_crs(frame, what), CRS.from_user_input(crs)
    if source == target:
        return frame
    moved = frame.copy()
    name = frame.geometry.name
    moved[name] = gpd.GeoSeries(transform(frame.geometry.to_numpy(), source, target), index=frame.index, crs=target)
    return moved.set_geometry(name)


def lon_lat(geometries: Geometries, crs: CRS) -> Geometries:
    """Return geometries in EPSG:4326, longitude first."""
    return transform(geometries, crs, WGS84)


def equal_area_crs(*frames: gpd.GeoDataFrame) -> CRS:
    """Return a Lambert azimuthal equal-area CRS centred on the frames. [m]

    Shares of areas are taken in this plane; m2 are the share times the geodesic area.
    """
    return _centred_crs("laea", frames)


def metric_crs(*frames: gpd.GeoDataFrame) -> CRS:
    """Return a plane CRS centred on the frames in which short distances are true. [m]

    Transverse Mercator: conformal, so that a distance is the same in each direction; its scale is off
    by less than 1e-3 within 280 km east and west of the centre.
    """
    return _centred_crs("tmerc", frames)


def _centred_crs(projection: str, frames: tuple[gpd.GeoDataFrame, ...]) -> CRS:
    boxes = [np.zeros((0, 4))]
    for frame in frames:
        shapes, crs = frame.geometry.to_numpy(), require_crs(frame, "frame")
        if crs.is_geographic:
            shapes = unwrapped(shapes)
        elif _has_coordinates(shapes) and np.isfinite(shapely.total_bounds(shapes)).all():
            shapes = lon_lat(np.array([shapely.box(*shapely.total_bounds(shapes))]), crs)
        bounds = shapely.bounds(shapely.get_parts(shapes))
        boxes.append(bounds[np.isfinite(bounds).all(axis=1)])
    found = np.vstack(boxes)
    west, south, east, north = (found if len(found) else np.zeros((1, 4))).T
    turn = np.where(west < 0, 360.0, 0.0)
    if np.ptp([west + turn, east + turn]) < np.ptp([west, east]):  # the data lie on both sides of 180 degrees
        west, east = west + turn, east + turn
    lon = round((float(west.min()) + float(east.max())) / 2, 2)
    lat = round((float(south.min()) + float(north.max())) / 2, 2)
    lon = lon - 360 if lon > 180 else lon
    return CRS.from_dict({"proj": projection, "lat_0": lat, "lon_0": lon, "datum": "WGS84", "units": "m"})
