"""Arrays of shapes without a CRS: what is finite, what is a polygon, and repair that errs towards danger."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import reduce
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import shapely

from landrelease.errors import check_option

__all__ = ["POLYGONAL", "Floats", "Geometries", "has_finite_coordinates", "keep_where", "polygonal", "repaired"]

Floats = npt.NDArray[np.float64]
Geometries = npt.NDArray[Any]
Reading = Literal["structure", "hazard", "release"]

POLYGONAL = (3, 6)
_MOST_REPAIRS = 5
_MANY = 5_000
_TINY = 1e-6
"""A hole that leaves its polygon, or meets another ring, by less than this share of its area lies within."""


def has_finite_coordinates(geometries: Geometries) -> npt.NDArray[np.bool_]:
    """Tell which geometries have no coordinate that is NaN or infinite; bounds would skip a NaN.

    Examples
    --------
    >>> has_finite_coordinates(np.array([shapely.Point(0, 0), None, shapely.Point(0, np.inf)])).tolist()
    [True, True, False]
    """
    coordinates, owner = shapely.get_coordinates(geometries, return_index=True)
    finite = np.ones(len(geometries), dtype=bool)
    finite[owner[~(np.isfinite(coordinates[:, 0]) & np.isfinite(coordinates[:, 1]))]] = False
    return finite


def keep_where(geometries: Geometries, keep: npt.NDArray[np.bool_]) -> Geometries:
    """Return the geometries, with None where they are not kept."""
    result = np.full(len(geometries), None, dtype=object)
    result[keep] = geometries[keep]
    return result


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
    for i in np.flatnonzero((kinds >= 0) & ~np.isin(kinds, POLYGONAL)):
        flat = [result[i]]
        while any(shapely.get_type_id(part) > 3 for part in flat):
            flat = list(shapely.get_parts(flat))
        parts = [part for part in flat if shapely.get_type_id(part) == 3 and not shapely.is_empty(part)]
        result[i] = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts) if parts else shapely.Polygon()
    return result


def repaired(geometries: Geometries, *, reading: Reading | npt.NDArray[Any] = "structure") -> Geometries:
    """Return valid geometries: what an invalid polygon means is read so that it errs towards danger.

    Parameters
    ----------
    geometries : array of geometries
        A valid one stays as it is.
    reading : "structure", "hazard" or "release", or an array of these words
        How the rings of an invalid polygon are read. A "hazard" keeps every face that its rings enclose; only a hole
        that is a simple ring within its polygon, and meets no other hole, stays a hole. A "release" keeps only the
        land on which every reading agrees: inside by the even-odd rule and by the turns of the ring, in no hole, and
        in no second part. "structure" is for all that is neither: the structure method of GEOS, which keeps the land
        that the ring runs round.

    Returns
    -------
    array of geometries
        Nothing is left (an empty polygon) where no reading encloses land. The caller keeps the area before and after
        (rule 6).

    Raises
    ------
    OptionError
        A reading that is not known.

    Examples
    --------
    >>> bow_tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2), (0, 0)])
    >>> twice = shapely.MultiPolygon([shapely.box(0, 0, 2, 2), shapely.box(1, 0, 3, 2)])
    >>> shapes = np.array([bow_tie, twice, None, shapely.Polygon()])
    >>> [shapely.area(repaired(shapes, reading=one)).tolist() for one in ("hazard", "release")]
    [[2.0, 6.0, nan, 0.0], [2.0, 4.0, nan, 0.0]]
    """
    result = np.array(geometries, dtype=object, copy=True)
    bad = np.flatnonzero(~_is_valid(result) & ~shapely.is_missing(result) & has_finite_coordinates(result))
    if not len(bad):
        return result
    readings = np.broadcast_to(np.asarray(reading, dtype=object), result.shape)[bad]
    # a line has no land that could be read in more than one way
    readings = np.where(shapely.get_dimensions(result[bad]) == 2, readings, "structure")
    for one in set(readings):
        check_option("reading", one, _READINGS)
        rows = bad[readings == one]
        result[rows] = _READINGS[one](result[rows])
    return result


def _is_valid(geometries: Geometries) -> npt.NDArray[np.bool_]:
    """Tell which geometries are valid, in threads: of all that is asked of many polygons it takes longest."""
    if len(geometries) < _MANY:
        return cast("npt.NDArray[np.bool_]", shapely.is_valid(geometries))
    with ThreadPoolExecutor() as pool:
        return np.concatenate(list(pool.map(shapely.is_valid, np.array_split(geometries, len(geometries) // _MANY))))


def _by_structure(geometries: Geometries) -> Geometries:
    result = geometries
    was_polygon = np.isin(shapely.get_type_id(geometries), POLYGONAL)
    for _ in range(_MOST_REPAIRS):  # GEOS may leave parts that share an edge, which is invalid again
        bad = ~shapely.is_valid(result)
        if not bad.any():
            break
        result[bad] = shapely.make_valid(result[bad], method="structure", keep_collapsed=False)
        result[was_polygon] = polygonal(result[was_polygon])
    return result


def _by_hazard(geometries: Geometries) -> Geometries:
    """Return every face that the rings of each polygon enclose, without the holes that are beyond doubt."""

    def land(part: Any) -> Any:
        whole = _together(_faces(part.exterior))
        if not len(part.interiors):
            return whole
        left = shapely.difference(whole, _union(_sure_holes(part)))
        return whole if shapely.area(left) <= _TINY * shapely.area(whole) else left  # a hazard is no hole all over

    return polygonal(np.array([_union(list(map(land, _parts(one)))) for one in geometries], dtype=object))


def _by_release(geometries: Geometries) -> Geometries:
    """Return the land on which every reading of each polygon agrees."""

    def land(part: Any) -> Any:
        holes = [face for ring in part.interiors for face in _faces(ring)]
        return shapely.difference(_sure(part.exterior), _union(holes)) if holes else _sure(part.exterior)

    return polygonal(
        np.array([reduce(shapely.symmetric_difference, map(land, _parts(one))) for one in geometries], dtype=object)
    )


_READINGS = {"structure": _by_structure, "hazard": _by_hazard, "release": _by_release}


def _parts(shape: Any) -> list[Any]:
    parts = shapely.get_parts(polygonal(np.array([shape], dtype=object)))
    return list(parts[~shapely.is_empty(parts)])


def _union(shapes: Any) -> Any:
    return polygonal(np.array([shapely.union_all(shapes)], dtype=object))[0]


def _together(faces: Geometries) -> Any:
    """Return the union of faces of one ring: they never overlap, so that only their borders need to go."""
    return polygonal(np.array([shapely.coverage_union_all(faces)], dtype=object))[0]


def _faces(ring: Any) -> Geometries:
    """Return the faces that a ring encloses, whichever way and however often it runs round them."""
    noded = shapely.union_all(shapely.linestrings(shapely.get_coordinates(ring)))
    return cast(Geometries, shapely.get_parts(shapely.polygonize([noded])))


def _sure(ring: Any) -> Any:
    """Return the land that a ring runs round an odd number of times: not nought times, so each rule has it inside."""
    faces = _faces(ring)
    whole = shapely.Polygon(ring)
    shapely.prepare(whole)
    inside = shapely.point_on_surface(faces)
    return _together(faces[shapely.contains_xy(whole, shapely.get_x(inside), shapely.get_y(inside))])


def _sure_holes(part: Any) -> Geometries:
    """Return the holes that are simple rings within their polygon and share no land with another."""
    holes = np.array([_together(_faces(ring)) for ring in part.interiors], dtype=object)
    stray = shapely.area(shapely.difference(holes, _sure(part.exterior)))
    one, other = shapely.STRtree(holes).query(holes, predicate="intersects")
    one, other = one[one != other], other[one != other]
    shared = np.bincount(one, shapely.area(shapely.intersection(holes[one], holes[other])), minlength=len(holes))
    simple = shapely.is_valid(shapely.polygons(np.array(part.interiors, dtype=object)))
    return cast(Geometries, holes[simple & (stray + shared <= _TINY * shapely.area(holes))])
