"""Everything about shapes: CRS checks, transformation, geodesic area, visible repair.

No other module computes an area in m2 or changes a CRS.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.transformer import TransformerGroup

from landrelease.errors import CRSError

__all__ = [
    "WORST_ACCURACY_M",
    "check_crs",
    "equal_area_crs",
    "geodesic_area_m2",
    "has_finite_coordinates",
    "has_place",
    "keep_where",
    "lon_lat",
    "metric_crs",
    "planar_area",
    "plane_polygons",
    "polygonal",
    "repaired",
    "require_crs",
    "require_same_crs",
    "to_crs",
    "transform",
]

Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[Any]

WGS84 = CRS.from_epsg(4326)
WORST_ACCURACY_M = 10.0
_GEOD = Geod(ellps="WGS84")
_POLYGONAL = (3, 6)
_EDGE_M = 1_000.0
"""Edges longer than this are densified before a transformation, so that they stay true. [m]"""
_MOST_STEPS, _MOST_REPAIRS = 50_000, 5


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
            f"'{first_name}' is in {_name(one)}, '{second_name}' is in {_name(two)}.\n"
            f"  Fix: {second_name} = landrelease.geometry.to_crs({second_name}, {first_name}.crs)"
        )
    return one


def _name(crs: CRS) -> str:
    authority = crs.to_authority()
    return ":".join(authority) if authority else crs.name


@lru_cache(maxsize=64)
def _operation(source: CRS, target: CRS, bounds: tuple[float, float, float, float] | None) -> Transformer:
    """Return the most accurate operation between two CRS; raise where none is good enough."""
    if source == target:
        return Transformer.from_crs(source, target, always_xy=True)
    area: Any = AreaOfInterest(*bounds) if bounds else None
    group = TransformerGroup(source, target, always_xy=True, allow_ballpark=False, area_of_interest=area)
    known = [one for one in group.transformers if 0 <= one.accuracy <= WORST_ACCURACY_M]
    good = [one for one in known if one.accuracy == 0 or _serves(one, bounds)]
    if good:
        return min(good, key=lambda one: one.accuracy)
    what = "the operations of that accuracy are meant for other countries" if known else "none is known here"
    newer = source.get_non_deprecated() if source.is_deprecated else []
    hint = f"\n  {_name(source)} is deprecated; its successor is {_name(newer[0])}." if newer else ""
    raise CRSError(
        f"No operation from {_name(source)} to {_name(target)} is good to {WORST_ACCURACY_M:g} m: {what}.{hint}\n"
        f"  Fix: transform the layer with your national parameters first, or declare the CRS it is really in "
        f"with read(..., crs=...)."
    )


def _serves(operation: Transformer, bounds: tuple[float, float, float, float] | None) -> bool:
    """Tell whether an operation is meant for the place of the data, give or take a quarter of a degree."""
    area = operation.area_of_use
    if area is None or bounds is None:
        return True
    west, south, east, north = bounds
    over = 0.25
    across = area.west > area.east or (area.west <= west + over and east - over <= area.east)
    return bool(across and area.south <= south + over and north - over <= area.north)


def _rounded_bounds(geometries: Geometries, crs: CRS) -> tuple[float, float, float, float] | None:
    """Return where most of the data lie, in degrees of their own datum: strays do not choose the operation."""
    xy = shapely.get_coordinates(geometries)
    xy = xy[np.isfinite(xy).all(axis=1)]
    if not len(xy):
        return None
    xy = xy[:: max(1, len(xy) // 10_000)]
    low, high = np.percentile(xy, 1, axis=0), np.percentile(xy, 99, axis=0)
    box = (low[0], low[1], high[0], high[1])
    if not crs.is_geographic:
        box = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True).transform_bounds(*box)
    if not np.isfinite(box).all() or box[0] > box[2]:
        return None
    west, south, east, north = (float(round(side, 1)) for side in box)
    if west < -180 or south < -90 or east > 180 or north > 90:
        return None
    return west, south, east, north


def check_crs(frame: gpd.GeoDataFrame, what: str) -> CRS:
    """Raise CRSError unless the frame's CRS reaches EPSG:4326 to 10 m or better."""
    crs = require_crs(frame, what)
    if not len(frame):
        return crs
    _refuse_wrong_numbers(frame, what)
    try:
        _operation(crs, WGS84, _rounded_bounds(frame.geometry.to_numpy(), crs))
    except CRSError as error:
        raise CRSError(f"'{what}': {error}") from None
    return crs


def has_place(geometries: Geometries, crs: CRS) -> npt.NDArray[np.bool_]:
    """Tell which geometries lie where their CRS has an image on the Earth; a missing one has no place to be wrong."""
    bounds = shapely.bounds(geometries)
    known = np.flatnonzero(np.isfinite(bounds).all(axis=1))
    result = np.ones(len(bounds), bool)
    operation = _operation(crs, WGS84, _rounded_bounds(geometries, crs))
    for x, y in ((0, 1), (2, 3)):
        lon, lat = operation.transform(bounds[known, x], bounds[known, y])
        result[known] &= np.isfinite(lon) & np.isfinite(lat)
    return result


def _refuse_wrong_numbers(frame: gpd.GeoDataFrame, what: str) -> None:
    """Refuse degrees that are said to be metres, and metres that are said to be degrees."""
    xy = shapely.get_coordinates(frame.geometry.to_numpy())
    xy = np.abs(xy[np.isfinite(xy).all(axis=1)])
    if not len(xy):
        return
    like_degrees = (xy[:, 0] <= 180) & (xy[:, 1] <= 90)
    if frame.crs.is_projected and like_degrees.all() and (xy > 0).any():
        raise CRSError(
            f"'{what}' is said to be in {_name(frame.crs)}, but all its coordinates look like degrees.\n"
            f"  Fix: read(..., crs='EPSG:4326') or the CRS that the coordinates are in."
        )
    if frame.crs.is_geographic and not like_degrees.any():
        raise CRSError(
            f"'{what}' is said to be in {_name(frame.crs)}, but no coordinate lies within -180..180, -90..90.\n"
            f"  Fix: read(..., crs=...) with the CRS that the coordinates are in."
        )


def transform(geometries: Geometries, source: CRS, target: CRS) -> Geometries:
    """Transform an array of geometries, edges densified so that they stay true.

    Raises CRSError where no operation is good to 10 m, or where a coordinate has no image.
    """
    source, target = CRS.from_user_input(source), CRS.from_user_input(target)
    if source == target or not len(geometries):
        return geometries
    operation = _operation(source, target, _rounded_bounds(geometries, source))
    geometries = _densified(geometries, source)

    def move(coordinates: Floats) -> Floats:
        x, y = operation.transform(coordinates[:, 0], coordinates[:, 1])
        return np.column_stack([x, y])

    moved = cast(Geometries, shapely.transform(geometries, move))
    lost = ~has_finite_coordinates(moved)
    if lost.any():
        raise CRSError(
            f"{int(lost.sum())} of {len(geometries)} geometries have coordinates that {_name(source)} does not know "
            f"(the first is at position {int(np.flatnonzero(lost)[0])}).\n"
            f"  Fix: declare the CRS the coordinates are really in: read(..., crs=...)."
        )
    return moved


def has_finite_coordinates(geometries: Geometries) -> npt.NDArray[np.bool_]:
    """Tell which geometries have no coordinate that is NaN or infinite; bounds would skip a NaN.

    Examples
    --------
    >>> has_finite_coordinates(np.array([shapely.Point(0, 0), None, shapely.Point(0, np.inf)])).tolist()
    [True, True, False]
    """
    coordinates, owner = shapely.get_coordinates(geometries, return_index=True)
    finite = np.ones(len(geometries), dtype=bool)
    finite[owner[~np.isfinite(coordinates).all(axis=1)]] = False
    return finite


def _unit_m(crs: CRS) -> float:
    return float(crs.axis_info[0].unit_conversion_factor) if crs.axis_info else 1.0


def _densified(geometries: Geometries, crs: CRS) -> Geometries:
    """Return the geometries with no edge longer than 1 km: an edge is straight in the plane of its CRS."""
    step = _EDGE_M / 111_320.0 if crs.is_geographic else _EDGE_M / _unit_m(crs)
    long_edges = _has_long_edges(geometries, step)
    if not long_edges.any():
        return geometries
    dense = np.array(geometries, dtype=object, copy=True)
    for i in np.flatnonzero(long_edges):
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
    boxes = []
    for frame in frames:
        shapes = frame.geometry.to_numpy()
        bounds = shapely.total_bounds(shapes) if len(shapes) else np.full(4, np.nan)
        if np.isfinite(bounds).all():
            corners = lon_lat(np.array([shapely.box(*bounds)]), require_crs(frame, "frame"))
            boxes.append(shapely.total_bounds(corners))
    if boxes:
        west, south = np.min(boxes, axis=0)[:2]
        east, north = np.max(boxes, axis=0)[2:]
    else:
        west = south = east = north = 0.0
    lon, lat = round((west + east) / 2, 2), round((south + north) / 2, 2)
    return CRS.from_dict({"proj": projection, "lat_0": lat, "lon_0": lon, "datum": "WGS84", "units": "m"})


def geodesic_area_m2(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> Floats:
    """Return the area of each polygon on the WGS 84 ellipsoid. [m2]

    Parameters
    ----------
    frame : GeoDataFrame or GeoSeries
        In any CRS; edges longer than 1 km are densified before they are put on the ellipsoid.

    Returns
    -------
    array of float
        NaN where there is no geometry, or one that is no polygon: its area is unknown, not 0.
        An empty polygon has 0 m2.

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
    shapes = lon_lat(_densified(frame.geometry.to_numpy(), frame.crs), frame.crs)
    area = np.full(len(shapes), np.nan)
    polygonal_rows = np.isin(shapely.get_type_id(shapes), _POLYGONAL)
    parts, owner = shapely.get_parts(shapes[polygonal_rows], return_index=True)
    rings, part_of = shapely.get_rings(parts, return_index=True)
    coordinates, ring_of = shapely.get_coordinates(rings, return_index=True)
    ends = np.searchsorted(ring_of, np.arange(len(rings) + 1))
    is_hole = np.r_[False, part_of[1:] == part_of[:-1]] if len(rings) else np.zeros(0, bool)
    ring_area = np.empty(len(rings))
    for i in range(len(rings)):
        ring = coordinates[ends[i] : ends[i + 1]]
        ring_area[i] = abs(_GEOD.polygon_area_perimeter(ring[:, 0], ring[:, 1])[0])
    signed = np.where(is_hole, -ring_area, ring_area)
    area[polygonal_rows] = np.bincount(owner[part_of], weights=signed, minlength=int(polygonal_rows.sum()))
    return area


def keep_where(geometries: Geometries, keep: npt.NDArray[np.bool_]) -> Geometries:
    """Return the geometries, with None where they are not kept."""
    result = np.full(len(geometries), None, dtype=object)
    result[keep] = geometries[keep]
    return result


def plane_polygons(frame: gpd.GeoDataFrame, plane: CRS) -> Geometries:
    """Return the valid polygons of a frame in a plane; None where a row has no polygon."""
    shapes = frame.geometry.to_numpy()
    has_polygon = (shapely.get_dimensions(shapes) == 2) & ~shapely.is_empty(shapes)
    return polygonal(repaired(transform(keep_where(shapes, has_polygon), require_crs(frame, "frame"), plane)))


def planar_area(geometries: Geometries) -> Floats:
    """Return the area of each geometry in its own plane: for shares in an equal-area CRS only."""
    return cast(Floats, shapely.area(geometries))


def polygonal(geometries: Geometries) -> Geometries:
    """Return only the polygons of each geometry: overlays leave points and lines behind.

    Examples
    --------
    >>> touching = shapely.GeometryCollection([shapely.box(0, 0, 1, 1), shapely.Point(5, 5)])
    >>> polygonal(np.array([touching, None, shapely.Point(0, 0)])).tolist()
    [<POLYGON ((1 0, 1 1, 0 1, 0 0, 1 0))>, None, <POLYGON EMPTY>]
    """
    result = np.array(geometries, dtype=object, copy=True)
    kinds = shapely.get_type_id(result)
    for i in np.flatnonzero((kinds >= 0) & ~np.isin(kinds, _POLYGONAL)):
        flat = [result[i]]
        while any(shapely.get_type_id(part) > 3 for part in flat):
            flat = list(shapely.get_parts(flat))
        parts = [part for part in flat if shapely.get_type_id(part) == 3 and not shapely.is_empty(part)]
        result[i] = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts) if parts else shapely.Polygon()
    return result


def repaired(geometries: Geometries) -> Geometries:
    """Return valid geometries: invalid polygons are rebuilt so that no face of an overlap is lost.

    The structure method of GEOS keeps land where two parts of one record overlap (the linework method
    makes a hole there). The caller keeps the area before and after (rule 6).

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2), (0, 0)])
    >>> float(shapely.area(repaired(np.array([bow_tie])))[0])
    2.0
    """
    result = np.array(geometries, dtype=object, copy=True)
    bad = ~shapely.is_valid(result) & ~shapely.is_missing(result)
    was_polygon = bad & np.isin(shapely.get_type_id(geometries), _POLYGONAL)
    for _ in range(_MOST_REPAIRS):  # GEOS may leave parts that share an edge, which is invalid again
        if not bad.any():
            break
        result[bad] = shapely.make_valid(result[bad], method="structure", keep_collapsed=False)
        result[was_polygon] = polygonal(result[was_polygon])
        bad = ~shapely.is_valid(result) & ~shapely.is_missing(result)
    return result
