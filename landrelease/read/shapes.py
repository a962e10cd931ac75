"""The shapes of a file: from text, numbers or geometries to valid ones, each mend and loss told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from landrelease.cells import as_text
from landrelease.errors import CRSError
from landrelease.geometry import (
    crs_of,
    cut_at_180,
    declared_crs,
    geodesic_area_m2,
    has_finite_coordinates,
    keep_where,
    polygonal,
    repaired,
    unwrapped,
)
from landrelease.read.files import RawFile
from landrelease.read.limits import is_deep_text, within_limits
from landrelease.read.values import parse
from landrelease.rules import finding
from landrelease.tables import READINGS, RELEASE_EVENTS, Column, Table

__all__ = ["Found", "shapes_in", "usable_shapes"]

_KEPT = {
    "hazard": "all that its rings enclose is kept",
    "release": "only what each reading of its rings agrees on is kept",
    "structure": "what its rings run round is kept",
}
Found = list[tuple[int, list[str]]]
Shapes = np.ndarray[Any, Any]


def shapes_in(
    raw: RawFile, named: Mapping[str, pd.Series], options: Mapping[str, Any], table: Table, findings: Found
) -> tuple[Shapes, CRS | None]:
    """Return the shapes of a file as it writes them, and the CRS that it or the user declares."""
    given = None if raw.crs is None or raw.crs.is_engineering else raw.crs  # such a grid lies nowhere on the Earth
    crs = crs_of(options["crs"]) if options.get("crs") is not None else given
    if table.shape == "none":
        return np.full(len(raw.columns), None, dtype=object), crs
    if raw.shapes is not None:
        shapes = raw.shapes
    elif "wkt" in named:
        shapes = _from_wkt(as_text(named["wkt"]), findings)
    elif {"longitude", "latitude"} <= set(named):
        shapes = _from_points(named, options.get("decimal"), findings)
    else:
        shapes = np.full(len(raw.columns), None, dtype=object)
        crs = crs or CRS.from_epsg(4326)  # no coordinate depends on it
    shapes = within_limits(shapes, findings)
    if crs is None:
        raise CRSError(
            "The coordinates have no reference system. Fix: read(..., crs='EPSG:4326') or the one they are in."
        )
    if options.get("operation") is not None:
        crs = declared_crs(crs, options["operation"])
    empty = shapely.is_empty(shapes) & ~shapely.is_missing(shapes)
    findings += [
        (int(row), finding("R7", "geometry", "", "empty geometry in the file")) for row in np.flatnonzero(empty)
    ]
    return keep_where(shapely.force_2d(shapes), ~empty), crs


def _from_wkt(text: pd.Series, findings: Found) -> Shapes:
    written = [None if one or is_deep_text(wkt) else wkt for wkt, one in zip(text, text.isna(), strict=True)]
    with np.errstate(invalid="ignore"):  # a NaN is told as R11
        try:
            shapes = shapely.from_wkt(written, on_invalid="ignore")
        except (shapely.errors.ShapelyError, NotImplementedError):  # one kind that no reader knows spoils the others
            shapes = np.array([_one_wkt(wkt) for wkt in written], dtype=object)
    for row in np.flatnonzero(shapely.is_missing(shapes) & text.notna().to_numpy()):
        findings.append((int(row), finding("R7", "geometry", text.iloc[row], "unreadable WKT: no geometry")))
    return np.asarray(shapes, dtype=object)


def _one_wkt(text: Any) -> Any:
    try:
        return shapely.from_wkt(text, on_invalid="ignore")
    except (shapely.errors.ShapelyError, NotImplementedError):
        return None


def _from_points(named: Mapping[str, pd.Series], decimal: str | None, findings: Found) -> Shapes:
    xy = []
    for name in ("longitude", "latitude"):
        column = Column(name, "number", "degrees")
        numbers, found, _ = parse(named[name], column, decimal=decimal)
        findings += found
        xy.append(numbers.to_numpy(dtype=float))
    known = np.isfinite(xy[0]) & np.isfinite(xy[1])
    shapes = np.full(len(known), None, dtype=object)
    shapes[known] = shapely.points(xy[0][known], xy[1][known])
    return shapes


def usable_shapes(
    shapes: Shapes, crs: CRS | None, frame: pd.DataFrame, table: Table, findings: Found
) -> tuple[Shapes, Shapes | None, Shapes]:
    """Return finite, valid shapes cut at 180 degrees, the area before of those repaired, and the shapes for the ids.

    An id must not hang on how the rings of its shape are read.
    """
    if crs is None or table.shape == "none":
        return shapes, None, shapes
    shapes, across = _joined_at_180(_finite(shapes, findings), crs, findings)
    if table.shape == "point":
        shapes[across] = cut_at_180(shapes[across])
        return shapes, None, shapes
    readings = np.broadcast_to(_readings(frame, table), len(shapes))
    is_bad = ~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)
    usable, before_m2 = _repaired(shapes, np.flatnonzero(is_bad), crs, table, readings, findings)
    keys, was_read = usable.copy(), is_bad & (readings != "structure")
    keys[was_read] = polygonal(repaired(shapes[was_read]))
    for several in (usable, keys):
        several[across] = cut_at_180(several[across])
    return usable, before_m2, keep_where(keys, ~shapely.is_empty(keys))


def _finite(shapes: Shapes, findings: Found) -> Shapes:
    finite = has_finite_coordinates(shapes)
    for row in np.flatnonzero(~finite):
        findings.append((int(row), finding("R11", "geometry", "", "a coordinate is no finite number: no geometry")))
    return keep_where(shapes, finite)


def _joined_at_180(shapes: Shapes, crs: CRS, findings: Found) -> tuple[Shapes, Shapes]:
    """Return shapes that leap over 180 degrees as one piece, and which shapes must be cut there once they are valid."""
    if not crs.is_geographic:
        return shapes, np.zeros(len(shapes), bool)
    joined = unwrapped(shapes)
    lon = shapely.get_coordinates(joined)[:, 0]
    # one longitude of 181 is a slip; a file of them counts its longitudes from 0 to 360
    counts_on = len(lon) > 0 and lon.min() >= 0 and lon.max() <= 360 and np.median(lon) > 170
    bounds = shapely.bounds(joined)
    west, east = bounds[:, 0], bounds[:, 2]
    with np.errstate(invalid="ignore"):
        over = ((west < 180) & (east > 180)) | ((west < -180) & (east > -180))
        across = (over & (east - west < 90)) | (counts_on & (east > 180))
    for row in np.flatnonzero(across):
        message = "crosses 180 degrees: cut there" if over[row] else "longitudes beyond 180 degrees: counted from there"
        findings.append((int(row), finding("R13", "geometry", "", message)))
    return joined, across


def _readings(frame: pd.DataFrame, table: Table) -> Any:
    """Return how the rings of invalid polygons are read: all the land a hazard can mean, the least of a release."""
    if table.name == "events" and "event" in frame:
        return frame["event"].map(READINGS).fillna("structure").to_numpy(dtype=object)
    if table.name == "areas" and {"status", "release_type"} <= set(frame):
        is_released = frame["status"].eq("released") & frame["release_type"].isin(RELEASE_EVENTS)
        return np.where(is_released, "release", "hazard")
    return {"areas": "hazard", "releases": "release"}.get(table.name, "structure")


def _repaired(
    shapes: Shapes, bad: Shapes, crs: CRS, table: Table, readings: Any, findings: Found
) -> tuple[Shapes, Shapes]:
    """Make invalid polygons valid and say so, with the area before and after (rule 6)."""
    after = shapes.copy()
    after[bad] = repaired(shapes[bad], reading=readings[bad])
    if table.shape == "polygon" or table.name == "events":
        mixed = (shapely.get_type_id(shapes) == 7) & (shapely.get_dimensions(shapes) == 2)
        after[mixed] = polygonal(after[mixed])
        message = "a collection: its polygons are the area, its points and lines are left out"
        findings += [(int(row), finding("R13", "geometry", "", message)) for row in np.flatnonzero(mixed)]
    before_m2 = np.full(len(shapes), np.nan)
    if len(bad):
        before_m2[bad] = geodesic_area_m2(gpd.GeoSeries(list(shapes[bad]), crs=crs))
        after_m2 = geodesic_area_m2(gpd.GeoSeries(list(after[bad]), crs=crs))
        for row, was, now, reading in zip(bad, before_m2[bad], after_m2, readings[bad], strict=True):
            reason = shapely.is_valid_reason(shapes[row]).split("[")[0]
            message = f"invalid geometry was repaired: {was:,.0f} m2 before, {now:,.0f} m2 after; {_KEPT[reading]}"
            findings.append((int(row), finding("R8", "geometry", reason, message)))
    vanished = shapely.is_empty(after) & ~shapely.is_missing(after)
    for row in np.flatnonzero(vanished):
        findings.append((int(row), finding("R7", "geometry", "", "a shape without an area: no geometry")))
    return keep_where(after, ~vanished), before_m2
