"""A frame of events -> rows for the log, and the rows that can not be taken, with the reason.

What can end a hazard must be beyond doubt; what makes one is kept with the doubtful cell missing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from landrelease.checks import as_written, id_key, problems_of
from landrelease.errors import CRSError, DataError
from landrelease.geometry import lon_lat, operation_to_wgs84, repaired, require_crs
from landrelease.registry.store.chain import content_hash
from landrelease.rules import find_problems, usable_rows
from landrelease.tables import HAZARD_EVENTS, READINGS, TABLES, conform

__all__ = ["COLUMNS", "Candidate", "Intake", "Refused", "prepare", "refused_areas"]

COLUMNS = ("event_id", "area_id", "event", "event_date", "date_precision", "recorded_at", "registered_at", "revision",
           "voids_event_id", "parent_id", "reported_area_m2", "accuracy_m")  # fmt: skip
"""Columns of the table `events` that have a column in the log; the others are in its payload."""
_NUMBER = re.compile(r"[+-]?[0-9]{1,300}(\.[0-9]*)?")
_MIDNIGHT = re.compile(r"(?<=^....-..-..)[T ]00:00(:00(\.0*)?)?$")
_OUTSIDE = "lies outside the extent of the registry"
_OF_READING = ("source_id", "source_row", "read_findings", "area_before_m2")
_NOT_CONTENT = (*_OF_READING, "registered_at", "recorded_at", "revision", "event_id")
_DECLARED = [column for column in TABLES["events"].columns if column.kind != "geometry"]
_PAYLOAD = [one for one in _DECLARED if one.name not in (*COLUMNS, "read_findings")]


@dataclass(frozen=True)
class Candidate:
    """One row that can become an event."""

    row: int
    key: str
    event_id: str
    revision: str
    cells: dict[str, Any]
    payload: dict[str, Any]
    content: str
    geom: bytes | None
    given: bytes | None


@dataclass(frozen=True)
class Refused:
    """One row that can not be taken, by declared columns only: a person's name in another column stays outside."""

    row: int
    event_id: str | None
    revision: str | None
    area_id: str | None
    event: str | None
    reason: str
    payload: str
    content: str
    geom: bytes | None


@dataclass(frozen=True)
class Intake:
    """What a frame holds for the log."""

    candidates: list[Candidate]
    refused: list[Refused]
    findings: pd.DataFrame
    crs: str
    crs_operation: str
    crs_accuracy_m: float | None
    row_count: int


def prepare(frame: gpd.GeoDataFrame, extent: Any = None) -> Intake:
    """Check a frame of events and put it in the form of the log; raise DataError where it is no table of events."""
    crs = require_crs(frame, "events")
    lacks = [name for name in ("event_id", "area_id", "event") if name not in frame]
    if lacks:
        raise DataError(f"'events' lacks the column {' and '.join(lacks)}. Fix: read(path, 'events', columns=...)")
    of_columns = find_problems(frame.iloc[:0], "events")  # a column that stands twice is told, and its first is taken
    frame = _as_texts(frame.loc[:, ~frame.columns.duplicated()].reset_index(drop=True))
    given = frame.geometry.to_numpy()
    findings = find_problems(frame, "events")
    findings = pd.concat([of_columns[of_columns["rule"].eq("R13")], findings])
    findings = findings.drop_duplicates(["row", "column", "rule"]).reset_index(drop=True)
    content = _contents(frame, given, crs)
    reasons = _repeats(frame, content)
    usable, set_aside = usable_rows(frame[reasons == ""], "events", problems=_of_rows(findings, reasons == ""))
    usable = usable.assign(event_id=frame["event_id"])  # revisions of one event are rows with one id
    reasons[set_aside.index] = set_aside["reason"]
    events = conform(_as_numbers(pd.DataFrame(usable.drop(columns=usable.geometry.name))), "events")
    stored = np.full(len(frame), None, dtype=object)
    stored[events.index] = _in_place(usable, crs, given)
    outside = _outside(stored, extent)
    takes = ~frame["event"].isin([*HAZARD_EVENTS, "suspended", "accident", "noted", "handed_over"]).to_numpy()
    reasons[outside & takes] = f"R11 geometry {_OUTSIDE}"
    stored[outside] = None
    told = problems_of(frame, TABLES["events"], np.flatnonzero(outside), "geometry", "R11", "", f"{_OUTSIDE}: no place")
    findings = pd.concat([findings, told], ignore_index=True) if len(told) else findings
    rows = _rows(events[reasons[events.index] == ""], content, stored, given)
    how = operation_to_wgs84(frame)
    accuracy_m = None if np.isnan(how.accuracy_m) else float(how.accuracy_m)
    refused = _refused(frame, reasons, content, given, crs)
    return Intake(rows, refused, findings, _said(crs), how.pipeline, accuracy_m, len(frame))


def _as_texts(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame with ids and codes as text: 12 is "12" also where a gap in its column made it 12.0."""
    texts = {}
    for column in _DECLARED:
        if column.kind in ("text", "code") and column.name in frame and frame[column.name].dtype != "str":
            cells = frame[column.name].astype(object)
            whole = [int(x) if isinstance(x, float) and x.is_integer() else x for x in cells]
            texts[column.name] = as_written(pd.Series(whole, dtype=object))
    return frame.assign(**texts)


def _as_numbers(usable: pd.DataFrame) -> pd.DataFrame:
    """Return the usable rows with numbers that are written as text, or among text, as numbers."""
    names = [one.name for one in _DECLARED if one.kind in ("number", "count") and one.name in usable]
    texts = {name: as_written(usable[name]) for name in names if not pd.api.types.is_numeric_dtype(usable[name])}
    return usable.assign(**{name: pd.to_numeric(text) for name, text in texts.items()})


def _of_rows(findings: pd.DataFrame, kept: np.ndarray[Any, Any]) -> pd.DataFrame:
    """Return the findings of the kept rows, by their new positions."""
    on_row = findings[findings["row"] >= 0]
    stays = on_row[kept[on_row["row"]]]
    return stays.assign(row=(np.cumsum(kept) - 1)[stays["row"]])


def _contents(frame: gpd.GeoDataFrame, given: np.ndarray[Any, Any], crs: CRS) -> list[str]:
    """Return the hash of what each row says, whatever file it came in and whenever."""
    names = [one.name for one in _DECLARED if one.name not in _NOT_CONTENT and one.name in frame]
    cells = _plain(frame, names)
    for name in [one.name for one in _DECLARED if one.kind in ("number", "count", "date")]:
        for row in cells:
            if name in row and not isinstance(row[name], float):
                row[name] = _untyped(row[name])
    shapes = shapely.to_wkb(shapely.force_2d(given), byte_order=1)
    said = _said(crs)
    return [content_hash({**row, "crs": said}, shape) for row, shape in zip(cells, shapes, strict=True)]


def _untyped(cell: Any) -> Any:
    """Return a number or a day as it is whatever the type in which a file gives it."""
    if _NUMBER.fullmatch(str(cell)):
        return float(cell) + 0.0
    return _MIDNIGHT.sub("", str(cell))


def _said(crs: CRS) -> str:
    authority = crs.to_authority()
    return ":".join(authority) if authority else crs.to_wkt()


def _plain(frame: pd.DataFrame, names: list[str]) -> list[dict[str, Any]]:
    """Return rows as what JSON can say, without the missing cells."""
    columns = []
    for name in names:
        values = frame[name]
        kind = values.dtype
        cells: list[Any]
        if pd.api.types.is_datetime64_any_dtype(kind):
            cells = [None if pd.isna(one) else _day(one) for one in values]
        elif pd.api.types.is_bool_dtype(kind) or pd.api.types.is_integer_dtype(kind):
            cells = [None if pd.isna(one) else one.item() if hasattr(one, "item") else one for one in values]
        elif pd.api.types.is_float_dtype(kind):
            # a negative zero does not come back from every store
            cells = [None if np.isnan(one) else float(one) + 0.0 for one in values.to_numpy(float)]
        else:
            text = as_written(values).str.replace("\0", "\ufffd").str.strip()
            cells = [None if one == "" else one for one in text.where(text.notna(), "").to_list()]
        columns.append(cells)
    return [
        {name: cell for name, cell in zip(names, row, strict=True) if cell is not None}
        for row in zip(*columns, strict=True)
    ]


def _day(moment: pd.Timestamp) -> str:
    return moment.strftime("%Y-%m-%d") if moment == moment.normalize() else moment.isoformat()


def _repeats(frame: pd.DataFrame, content: list[str]) -> np.ndarray[Any, Any]:
    """Give a reason to each row whose id another row has: none of them is known to be right, unless they agree."""
    reasons = np.full(len(frame), "", dtype=object)
    ids = as_written(frame["event_id"]).str.strip()
    revision = as_written(frame["revision"]).str.strip().fillna("") if "revision" in frame else ""
    rows = pd.DataFrame({"key": id_key(ids), "id": ids, "revision": revision, "content": content})
    rows = rows[rows["key"].notna()]
    groups = rows.groupby(["key", "revision"])
    several = groups["content"].transform("nunique").gt(1) | groups["id"].transform("nunique").gt(1)
    reasons[rows.index[several]] = "R2 event_id stands in several rows of this import that say different things"
    same = rows[~several & rows.duplicated(["key", "revision"])]
    reasons[same.index] = "repeat"
    control = ids.str.contains(r"[\x00-\x1f\ud800-\udfff]")
    reasons[control.to_numpy()] = "R1 event_id holds control characters"
    return reasons


def _in_place(usable: gpd.GeoDataFrame, crs: CRS, given: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return shapes in EPSG:4326, flat and valid: as much land as a hazard can mean, as little as a release can."""
    shapes = usable.geometry.to_numpy().copy()
    shapes[shapely.is_empty(shapes)] = None
    shapes = shapely.force_2d(shapes)
    reading = usable["event"].map(READINGS).fillna("structure").to_numpy(dtype=object)
    land = repaired(shapes, reading=reading)
    flat = shapely.is_empty(land) & ~shapely.is_missing(shapes)  # a polygon without land is a line, and still a place
    land[flat] = shapely.convex_hull(shapes[flat])
    return lon_lat(land, crs)


def _outside(stored: np.ndarray[Any, Any], extent: Any) -> np.ndarray[Any, Any]:
    """Tell which shapes lie outside the country: they are at no place that is known."""
    if extent is None:
        return np.zeros(len(stored), bool)
    shapely.prepare(extent)
    return np.asarray(~shapely.is_missing(stored) & ~shapely.intersects(extent, stored))


def _rows(
    events: pd.DataFrame, content: list[str], stored: np.ndarray[Any, Any], given: np.ndarray[Any, Any]
) -> list[Candidate]:
    cells = _plain(events, [name for name in COLUMNS if name != "registered_at"])
    payload = _plain(events, [one.name for one in _PAYLOAD])
    rows = events.index.to_numpy()
    shapes = shapely.to_wkb(stored[rows], byte_order=1)
    sources = shapely.to_wkb(given[rows], byte_order=1)
    keys = id_key(events["event_id"]).to_numpy(dtype=object)
    return [
        Candidate(int(row), key, one["event_id"], one.get("revision", ""), one, more, content[row], shape,
                  None if source == shape else source)
        for row, key, one, more, shape, source in zip(rows, keys, cells, payload, shapes, sources, strict=True)
    ]  # fmt: skip


def _refused(
    frame: gpd.GeoDataFrame, reasons: np.ndarray[Any, Any], content: list[str], given: np.ndarray[Any, Any], crs: CRS
) -> list[Refused]:
    rows = np.flatnonzero((reasons != "") & (reasons != "repeat"))
    if not len(rows):
        return []
    bad = pd.DataFrame(frame.drop(columns=frame.geometry.name)).iloc[rows]
    cells = _plain(bad, [one.name for one in _DECLARED if one.name in bad and one.name != "read_findings"])
    shapes = np.array([_placed(given[row], crs) for row in rows], dtype=object)
    return [
        Refused(int(row), one.get("event_id"), one.get("revision"), one.get("area_id"), one.get("event"),
                reasons[row], json.dumps(one, ensure_ascii=False, sort_keys=True), content[row], shape)
        for row, one, shape in zip(rows, cells, shapely.to_wkb(shapes, byte_order=1), strict=True)
    ]  # fmt: skip


def refused_areas(areas: gpd.GeoDataFrame, set_aside: pd.DataFrame) -> list[Refused]:
    """Return the rows of an export of areas that can not become events."""
    bad = set_aside[~set_aside["reason"].str.startswith("R2")]  # an exact repeat says nothing of its own
    rows = areas.index.get_indexer(bad.index)
    names = [
        one.name for one in TABLES["areas"].columns if one.name in bad and one.name not in ("geometry", *_OF_READING)
    ]
    crs = require_crs(areas, "areas")
    given = areas.geometry.to_numpy()[rows]
    shapes = shapely.to_wkb(np.array([_placed(one, crs) for one in given], dtype=object), byte_order=1)
    return [
        Refused(int(row), None, None, one.get("area_id"), None, reason,
                json.dumps(one, ensure_ascii=False, sort_keys=True), content_hash(one, shape), shape)
        for row, one, reason, shape in zip(rows, _plain(bad, names), bad["reason"], shapes, strict=True)
    ]  # fmt: skip


def _placed(shape: Any, crs: CRS) -> Any:
    """Return a shape in EPSG:4326 where it has a place there."""
    if shape is None or shape.is_empty:
        return None
    try:
        return lon_lat(repaired(np.array([shapely.force_2d(shape)], dtype=object)), crs)[0]
    except (CRSError, shapely.errors.GEOSException):
        return None
