"""Points of a perimeter, by coordinates or by bearing and distance -> polygons, with the misclosure of each."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Geod, Proj
from pyproj.exceptions import CRSError as UnknownCRSError

from landrelease.errors import DataError, OptionError, check_option
from landrelease.geometry import WGS84, geodesic_area_m2
from landrelease.read.coordinates import read_coordinates
from landrelease.read.notations import verbatim

__all__ = ["NORTHS", "POINT_KINDS", "traverse"]

NORTHS = ("true", "magnetic", "grid")
"""What a bearing may be counted from."""
POINT_KINDS = ("landmark", "reference", "benchmark", "start", "turning", "intermediate")
"""Kinds of points; the first three lie off the perimeter. "Turning point" and the like are taken too."""

_OFF_PERIMETER = POINT_KINDS[:3]
_GEOD = Geod(ellps="WGS84")
_LONGEST_LEG_M = 5_000.0
_SMALLEST_LIMIT_M, _LIMIT_SHARE = 2.0, 0.01
_FLAT = 1e-6
"""Points whose hull is less than this share of the perimeter squared lie on one line."""

Place = tuple[float, float]


class _RefusedError(Exception):
    """The points of one area make no polygon; the message says why."""


@dataclass
class _Point:
    number: str
    kind: str
    place: Place | None
    accuracy_m: float
    bearing_deg: float
    distance_m: float
    from_point: str | None


@dataclass
class _Area:
    """What is found of one area, as far as it gets."""

    point_count: int = 0
    misclosure_m: float = math.nan
    perimeter_m: float = math.nan
    accuracy_m: float = math.nan
    notes: list[str] = field(default_factory=list)
    polygon: Any = None


@dataclass(frozen=True)
class _Survey:
    """How the legs were measured."""

    azimuth: Callable[[float, Place], float]
    returns_to_start: bool
    max_misclosure_m: float | None

    def limit_m(self, perimeter_m: float) -> float:
        return self.max_misclosure_m or max(_SMALLEST_LIMIT_M, _LIMIT_SHARE * perimeter_m)


def traverse(
    points: pd.DataFrame,
    *,
    north: Literal["true", "magnetic", "grid"] | None = None,
    declination_deg: float | None = None,
    grid_crs: Any = None,
    returns_to_start: bool = True,
    max_misclosure_m: float | None = None,
) -> gpd.GeoDataFrame:
    """Build the polygon of each area from its points, given by coordinates or by bearing and distance.

    Parameters
    ----------
    points : DataFrame
        One row a point: area_id; point_no (sorted as numbers: 1, 2, 10; told where the rows were not); latitude
        and longitude (numbers or text, WGS 84), or bearing_deg (clockwise from north) and distance_m, or both.
        Optional: kind (landmark, reference, benchmark, start, turning, intermediate; the first three lie off the
        perimeter; without the column all lie on it), from_point (the point_no that a leg starts at; else the
        point before).
    north : {'true', 'magnetic', 'grid'}
        What the bearings are counted from; must be said where there are bearings.
    declination_deg : float, optional
        Of magnetic from true north at the place and date, east positive; needed for `magnetic`. [degrees]
    grid_crs : optional
        The projected CRS whose north is `grid`.
    returns_to_start : bool
        Whether the last leg of each area was measured back to its start (the last row is the start again). Say
        False where it was not: then no misclosure is known.
    max_misclosure_m : float, optional
        Largest misclosure that is distributed; else 2 m or 1 % of the perimeter, whichever is more. [m]

    Returns
    -------
    GeoDataFrame
        One row an area, in EPSG:4326: area_id, point_count (corners of the perimeter), misclosure_m (from the last
        computed point to the start; missing where none was measured) [m], perimeter_m (geodesic) [m], accuracy_m
        (the worst of the coordinates used, by their digits, and the misclosure; missing where legs were not
        checked) [m], message (why there is no polygon, or what to know of it), geometry.

    Raises
    ------
    DataError
        A column that is needed is missing.
    OptionError
        There are bearings and their north is not said, or options do not go together.

    Notes
    -----
    Legs are geodesics on WGS 84. A misclosure is distributed by the compass rule: the corner after a share of the
    measured length moves by that share of the misclosure. A larger one gives no polygon, nor does a point whose
    coordinates and leg disagree by more than that. Legs of more than 5,000 m and perimeters that cross themselves
    are told.

    References
    ----------
    Bowditch, N. (1808), The Analyst 1, 88-90; Karney, C. F. F. (2013), J. Geodesy 87, 43-55; through PROJ.

    Examples
    --------
    >>> legs = pd.DataFrame({"area_id": "HA-1", "point_no": [1, 2, 3, 4, 5], "latitude": ["11.50000"] + [None] * 4,
    ...     "longitude": ["104.90000"] + [None] * 4, "bearing_deg": [None, 0, 90, 180, 270],
    ...     "distance_m": [None, 100, 100, 100, 99]})
    >>> area = traverse(legs, north="true")
    >>> area[["point_count", "misclosure_m", "perimeter_m", "accuracy_m"]].round(1).values.tolist()
    [[4, 1.0, 399.0, 1.8]]
    >>> traverse(legs.drop(index=3), north="true")["message"][0]
    'misses its start by 100.0 m (more than 3.4 m): no polygon; returns_to_start=False if no leg goes back'
    >>> traverse(legs.iloc[:0]).shape
    (0, 7)
    """
    columns = _columns(points)
    survey = _survey(columns, north, declination_deg, grid_crs, returns_to_start, max_misclosure_m)
    located = read_coordinates(columns["latitude"], longitudes=columns["longitude"])
    rows: list[list[Any]] = []
    area_id: Any
    for area_id, group in columns.groupby("area_id", sort=False, dropna=False):
        area = _Area()
        try:
            if pd.isna(area_id):
                raise _RefusedError(f"{len(group)} points have no area_id")
            _build(area, _ordered(area, _points(group, located.loc[group.index])), survey)
        except _RefusedError as refused:
            area.notes.append(str(refused))
        rows.append([area_id, area])
    return _frame(rows)


def _frame(rows: list[list[Any]]) -> gpd.GeoDataFrame:
    areas: list[_Area] = [area for _, area in rows]
    return gpd.GeoDataFrame(
        {
            "area_id": pd.Series([area_id for area_id, _ in rows], dtype="str"),
            "point_count": pd.Series([one.point_count for one in areas], dtype="Int64"),
            **{
                name: pd.Series([getattr(one, name) for one in areas], dtype="float64")
                for name in ("misclosure_m", "perimeter_m", "accuracy_m")
            },
            "message": pd.Series(["; ".join(one.notes) or None for one in areas], dtype="str"),
        },
        geometry=gpd.GeoSeries([one.polygon for one in areas], crs=WGS84),
    )


def _columns(points: pd.DataFrame) -> pd.DataFrame:
    """Return the columns that are read, with those not given as missing, on a plain index."""
    pairs = [("latitude", "longitude"), ("bearing_deg", "distance_m")]
    missing = [name for name in ("area_id", "point_no") if name not in points]
    missing += [name for pair in pairs for name in pair if any(one in points for one in pair) and name not in points]
    if missing or not any(pair[0] in points for pair in pairs):
        wanted = ", ".join(missing) or "latitude and longitude, nor bearing_deg and distance_m"
        raise DataError(
            f"The points have no column {wanted}; they have {', '.join(map(str, points.columns))}.\n"
            f"  Fix: points.rename(columns={{'pointno': 'point_no'}})"
        )
    result = points.reset_index(drop=True)
    result = result.reindex(columns=["area_id", "point_no", "kind", *pairs[0], *pairs[1], "from_point"])
    for name in ("area_id", "point_no", "kind", "bearing_deg", "distance_m", "from_point"):
        result[name] = pd.Series([verbatim(one) for one in result[name]], dtype="str").str.strip()
    if "kind" not in points:
        result["kind"] = "turning"
    return result


def _survey(
    columns: pd.DataFrame,
    north: str | None,
    declination_deg: float | None,
    grid_crs: Any,
    returns_to_start: bool,
    max_misclosure_m: float | None,
) -> _Survey:
    if north is not None or columns["bearing_deg"].notna().any():
        check_option("north", north, NORTHS)  # type: ignore[arg-type]
    if (declination_deg is not None) != (north == "magnetic"):
        raise OptionError("declination_deg= goes with north='magnetic', and is needed there: degrees, east positive")
    if (grid_crs is not None) != (north == "grid"):
        raise OptionError("grid_crs= goes with north='grid', and is needed there: the projected CRS of the map")
    if declination_deg is not None and not abs(declination_deg) <= 180:
        raise OptionError(f"declination_deg must be -180 to 180; got {declination_deg!r}")
    if max_misclosure_m is not None and not 0 < max_misclosure_m < math.inf:
        raise OptionError(f"max_misclosure_m must be more than 0; got {max_misclosure_m!r}")
    turn = _convergence(grid_crs) if grid_crs is not None else lambda _: declination_deg or 0.0
    return _Survey(lambda bearing, place: bearing + turn(place), returns_to_start, max_misclosure_m)


def _convergence(grid_crs: Any) -> Callable[[Place], float]:
    """Return a function that gives the angle from true to grid north at a place, east positive. [degrees]"""
    try:
        crs = CRS.from_user_input(grid_crs)
    except UnknownCRSError as error:
        raise OptionError(f"grid_crs={grid_crs!r} is no CRS that is known: {error}") from None
    if not crs.is_projected:
        raise OptionError(f"grid_crs must be a projected CRS; {crs.name!r} is none")
    grid = Proj(crs)
    return lambda place: float(grid.get_factors(*place).meridian_convergence)


def _points(group: pd.DataFrame, located: gpd.GeoDataFrame) -> list[_Point]:
    points = []
    row: Any
    for row, found in zip(group.itertuples(), located.itertuples(), strict=True):
        number = row.point_no
        if pd.isna(number):
            raise _RefusedError("a point has no point_no")
        if found.geometry is None and not pd.isna(found.as_written):
            raise _RefusedError(f"point {number}: {found.as_written!r} {found.message}")
        points.append(
            _Point(
                number=number,
                kind=_kind(number, row.kind),
                place=None if found.geometry is None else (found.geometry.x, found.geometry.y),
                accuracy_m=found.accuracy_m,
                bearing_deg=_number(number, "bearing_deg", row.bearing_deg, 0.0, 360.0),
                distance_m=_number(number, "distance_m", row.distance_m, 0.01, 1e5),
                from_point=None if pd.isna(row.from_point) else str(row.from_point),
            )
        )
    return points


def _kind(number: str, cell: Any) -> str:
    kind = "" if pd.isna(cell) else re.sub(r"point$", "", re.sub(r"[\s_-]", "", cell.casefold()))
    if kind not in POINT_KINDS:
        said = "is missing" if pd.isna(cell) else f"{cell!r} is none of {', '.join(POINT_KINDS)}"
        raise _RefusedError(f"point {number}: its kind {said}")
    return kind


def _number(number: str, name: str, cell: Any, low: float, high: float) -> float:
    if pd.isna(cell):
        return math.nan
    value = float(cell) if re.fullmatch(r"[+-]?\d+(\.\d+)?", cell, re.ASCII) else math.nan
    if not low <= value <= high:
        raise _RefusedError(f"point {number}: {name} {cell!r} is no number within {low:g} to {high:g}")
    return value


def _ordered(area: _Area, points: list[_Point]) -> list[_Point]:
    """Return points off the perimeter first, then its start, then the others by the numbers in their names.

    A wrong order is not found by the misclosure: the sum of the legs is the same in any order.
    """
    off = sorted((one for one in points if one.kind in _OFF_PERIMETER), key=lambda one: POINT_KINDS.index(one.kind))
    starts = [one for one in points if one.kind == "start"]
    written = [one for one in points if one.kind not in _OFF_PERIMETER and one.kind != "start"]
    ordered = sorted(written, key=_natural)
    if len(starts) > 1:
        raise _RefusedError("it has more than one start")
    keys = [_natural(one) for one in starts + ordered]
    twice = [one.number for one, key in zip(starts + ordered, keys, strict=True) if keys.count(key) > 1]
    if twice:
        raise _RefusedError(f"point {twice[0]} stands twice; the last row, back at the start, has a number of its own")
    if ordered != written:
        if len({str(_natural(one)[::2]) for one in written}) > 1:
            raise _RefusedError("its point numbers do not tell their order: number them alike, or sort the rows")
        told = ", ".join(one.number for one in written[:12])
        area.notes.append(f"its points stood in the order {told}{' ...' if len(written) > 12 else ''}: sorted")
    return off + starts + ordered


def _natural(point: _Point) -> list[Any]:
    """Return the words and numbers of a point's name, in turn."""
    return [int(one) if i % 2 else one for i, one in enumerate(re.split(r"(\d+)", point.number.casefold()))]


def _build(area: _Area, points: list[_Point], survey: _Survey) -> None:
    """Compute the places of the points, close the perimeter, and fill in what is found."""
    places, gaps_m = _places(points, survey)
    first = sum(one.kind in _OFF_PERIMETER for one in points)
    legs = points[first:]
    corners: Any = places[first:]
    run = _last_run(legs)
    closes = bool(run) and survey.returns_to_start
    if closes or (len(corners) > 1 and corners[-1] == corners[0]):
        *corners, end = corners
    area.point_count = len(corners)
    if len(corners) < 3:
        raise _RefusedError(f"has {len(corners)} corners: a polygon needs 3")
    area.perimeter_m = sum(_sides_m(corners))
    limit_m = survey.limit_m(area.perimeter_m)
    for number, gap_m in gaps_m.items():
        if gap_m > limit_m:
            raise _RefusedError(f"point {number}: its coordinates and its leg are {gap_m:.1f} m apart: no polygon")
    if closes:
        corners = _closed(area, corners, end, {i: legs[i].distance_m for i in run}, limit_m)
    _note_legs(area, points, corners)
    area.polygon = _polygon(area, corners)
    if any(one.place is None for i, one in enumerate(legs) if not (closes and i in run)):
        area.notes.append("its accuracy is not known: it has legs that nothing checks")
    else:
        errors = [*gaps_m.values(), area.misclosure_m if closes else 0.0]
        area.accuracy_m = float(np.max([one.accuracy_m for one in points if one.place])) + max(errors)


def _places(points: list[_Point], survey: _Survey) -> tuple[list[Place | None], dict[str, float]]:
    """Return where each point is, and how far off its leg ends where it has coordinates too. [m]"""
    places: list[Place | None] = []
    gaps_m = {}
    for i, point in enumerate(points):
        if math.isnan(point.bearing_deg) != math.isnan(point.distance_m):
            raise _RefusedError(f"point {point.number} has only one of bearing and distance")
        end = None if math.isnan(point.bearing_deg) else _leg_end(points[: i + 1], places, survey)
        if end and point.place:
            gaps_m[point.number] = _distance_m(end, point.place)
        places.append(point.place or end)
        if not places[-1] and point.kind not in _OFF_PERIMETER:
            raise _RefusedError(f"point {point.number} has neither coordinates nor bearing and distance")
    return places, gaps_m


def _leg_end(points: list[_Point], places: list[Place | None], survey: _Survey) -> Place | None:
    """Return where the leg to the last of the points ends; None where that has coordinates and no point before it."""
    *before, point = points
    starts = [i for i, one in enumerate(before) if one.number == point.from_point]
    if point.from_point is None:
        if point.place and not before:
            return None
        starts = [len(before) - 1] if before else []
    if len(starts) != 1:
        raise _RefusedError(f"point {point.number}: its leg starts at no point, or at one of several, before it")
    place = places[starts[0]]
    if place is None:
        raise _RefusedError(f"point {point.number}: point {before[starts[0]].number} before it has no place")
    lon, lat, _ = _GEOD.fwd(*place, survey.azimuth(point.bearing_deg, place), point.distance_m)
    return lon, lat


def _last_run(legs: list[_Point]) -> list[int]:
    """Return which points at the end hang on the point before them and on nothing else: what a closure checks."""
    run: list[int] = []
    for i in range(len(legs) - 1, 0, -1):
        if legs[i].place or legs[i].from_point not in (None, legs[i - 1].number):
            break
        run.insert(0, i)
    return run


def _closed(area: _Area, corners: list[Place], end: Place, run: dict[int, float], limit_m: float) -> list[Place]:
    """Return the corners with the misclosure distributed over the run by the compass rule."""
    start = corners[0]
    area.misclosure_m = _distance_m(end, start)
    if area.misclosure_m > limit_m:
        raise _RefusedError(
            f"misses its start by {area.misclosure_m:.1f} m (more than {limit_m:.1f} m): no polygon; "
            f"returns_to_start=False if no leg goes back"
        )
    miss = ((start[0] - end[0] + 180.0) % 360.0 - 180.0, start[1] - end[1])
    length, done = sum(run.values()), 0.0
    adjusted = list(corners)
    for i in list(run)[:-1]:
        done += run[i] / length
        adjusted[i] = corners[i][0] + done * miss[0], corners[i][1] + done * miss[1]
    area.perimeter_m = sum(_sides_m(adjusted))
    return adjusted


def _note_legs(area: _Area, points: list[_Point], corners: list[Place]) -> None:
    sides_m = _sides_m(corners)
    longest_m = max(*sides_m, *(one.distance_m for one in points if one.distance_m > 0))
    if longest_m > _LONGEST_LEG_M:
        area.notes.append(f"has a leg of {longest_m:,.0f} m (more than {_LONGEST_LEG_M:,.0f} m)")
    if min(sides_m) < 0.001:
        area.notes.append("has the same place twice in a row")


def _polygon(area: _Area, corners: list[Place]) -> Any:
    if np.ptp([lon for lon, _ in corners]) > 180:
        raise _RefusedError("crosses 180 degrees of longitude: no polygon")
    polygon = shapely.Polygon(corners)
    hull = shapely.convex_hull(polygon)
    flat_m2 = _FLAT * area.perimeter_m**2
    if hull.geom_type != "Polygon" or geodesic_area_m2(gpd.GeoSeries([hull], crs=WGS84))[0] < flat_m2:
        raise _RefusedError("its points lie on one line: no polygon")
    if not polygon.is_valid:
        area.notes.append("its perimeter crosses itself")
    return polygon


def _distance_m(first: Place, second: Place) -> float:
    return float(_GEOD.inv(*first, *second)[2])


def _sides_m(corners: list[Place]) -> list[float]:
    return [_distance_m(one, corners[i - 1]) for i, one in enumerate(corners)]
