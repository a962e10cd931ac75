"""What can be wrong with a column, a shape or a row of a table: one frame of problems for each kind of fault.

`landrelease.rules` says what each rule means, and puts these together.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from numbers import Real
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.cells import days_between
from landrelease.errors import CRSError
from landrelease.geometry import check_crs, geodesic_area_m2, has_finite_coordinates, has_wide_part, operation_to_wgs84
from landrelease.tables import CODES, HAZARD_EVENTS, PART, RELEASE_EVENTS, Column, Table

__all__ = [
    "PROBLEM_COLUMNS",
    "as_written",
    "column_problems",
    "id_key",
    "one_id_key",
    "problems_of",
    "row_problems",
    "shape_problems",
    "whole_problem",
]

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\U000e0000-\U000e0fff]"
)
"""What Unicode has for software to ignore when it draws a text."""
_ALIKE = str.maketrans(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0430\u0435\u043e\u0440\u0441\u0445\u0456\u0458"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf"
    "\u0130\u0131\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    "ABEKMHOPCTXIJaeopcxijABEZHIKMNOPTYXoIi-------",
)
"""Letters of Cyrillic and Greek that look like Latin ones, the dotted and the dotless i, and dashes."""
PROBLEM_COLUMNS = ["row", "id", "column", "rule", "value", "message"]


def as_written(values: pd.Series) -> pd.Series:
    """Return any values as text that can be written; missing stays missing."""
    if values.dtype == "str":
        return values
    missing = values.isna().to_numpy()
    texts = [
        None if one else str(value).encode(errors="replace").decode()
        for value, one in zip(values.astype("object"), missing, strict=True)
    ]
    return pd.Series(texts, index=values.index, dtype="str")


def id_key(ids: pd.Series) -> pd.Series:
    """Return what two ids that a reader takes for the same have in common."""
    text = ids.astype("str")
    is_odd = ~text.str.fullmatch("[!-~]+").to_numpy(dtype=bool, na_value=True)
    key = text.str.lower()
    key[is_odd] = text[is_odd].map(one_id_key, na_action="ignore").astype("str")
    return key


def one_id_key(text: str) -> str:
    """Return an id without what no reader sees: width, case, marks without width, look-alikes, how many blanks.

    Examples
    --------
    >>> one_id_key(" HA\u200b-1"), one_id_key("\u041d\u0410\u20131"), one_id_key("HA  1"), one_id_key("\u200b")
    ('ha-1', 'ha-1', 'ha 1', '')
    """
    plain = unicodedata.normalize("NFKC", text)
    if not plain.isascii():
        plain = _UNSEEN.sub("", plain.translate(_ALIKE))
    return " ".join(plain.split()).casefold()


def _as_numbers(values: pd.Series) -> np.ndarray[Any, Any]:
    if pd.api.types.is_numeric_dtype(values.dtype) and values.dtype.kind in "iuf":
        return values.to_numpy(dtype=float, na_value=np.nan)
    return pd.to_numeric(as_written(values), errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _as_dates(values: pd.Series) -> pd.Series:
    """Return real dates and ISO 8601 text as days; all else, numbers too, is no date."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return (values if values.dt.tz is None else values.dt.tz_localize(None)).astype("datetime64[us]")
    days = as_written(values).str.extract(r"^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$")[0]
    return pd.to_datetime(days, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")


def _is_truth(value: object) -> bool:
    return isinstance(value, bool | np.bool_) or (isinstance(value, Real) and value in (0, 1))


def problems_of(
    frame: pd.DataFrame,
    table: Table,
    positions: np.ndarray[Any, Any],
    column: str,
    rule: str,
    values: Any,
    message: Any,
) -> pd.DataFrame:
    """Return one problem for each position; value and message are one for all, or one each."""
    ids = as_written(frame[table.id].iloc[positions]).fillna("").to_numpy() if table.id in frame else ""
    return pd.DataFrame(
        {"row": positions, "id": ids, "column": column, "rule": rule, "value": values, "message": message},
        columns=PROBLEM_COLUMNS,
    )


def whole_problem(column: str, message: str, rule: str = "R1") -> pd.DataFrame:
    """Return a problem of the whole frame: its row is -1."""
    return pd.DataFrame([(-1, "", column, rule, "", message)], columns=PROBLEM_COLUMNS)


def column_problems(frame: pd.DataFrame, column: Column, table: Table) -> list[pd.DataFrame]:
    """Return the cells of a column that are missing, repeated, no code, no number, no date or out of range."""
    values = frame[column.name]
    text = as_written(values)
    missing = values.isna().to_numpy(copy=True)
    if column.kind in ("text", "code"):
        seen = id_key(text) if column.is_required else text.str.strip()
        missing |= seen.eq("").to_numpy(dtype=bool)

    def broken(rule: str, mask: np.ndarray[Any, Any], message: str) -> pd.DataFrame:
        positions = np.flatnonzero(mask)
        texts = text.iloc[positions].fillna("").str.slice(0, 200).tolist()
        return problems_of(frame, table, positions, column.name, rule, texts, message)

    found = []
    if column.is_required:
        found.append(broken("R1", missing, "is missing"))
    if column.name == table.id:
        key = id_key(text)
        found.append(broken("R2", key.duplicated().to_numpy() & ~missing, "the same id stands in an earlier row"))
    if column.codes:
        codes = CODES[column.codes]
        known = np.array([isinstance(one, str) and one in codes for one in values.astype("object")], dtype=bool)
        found.append(broken("R4", ~known & ~missing, f"is no code of '{column.codes}'"))
    if column.kind in ("number", "count"):
        numbers = _as_numbers(values)
        found.append(broken("R3", np.isnan(numbers) & ~missing, "is no number"))
        if column.kind == "count":
            found.append(broken("R3", np.isfinite(numbers) & (numbers != np.round(numbers)), "is no whole number"))
        low = -np.inf if column.low is None else column.low
        high = np.inf if column.high is None else column.high
        span = f"must be {low:g} or more" if high == np.inf else f"must be from {low:g} to {high:g}"
        found.append(broken("R5", (numbers < low) | (numbers > high) | np.isinf(numbers), span))
    if column.kind == "date":
        dates = _as_dates(values)
        found.append(broken("R3", dates.isna().to_numpy() & ~missing, "is no date"))
        outside = (dates < pd.Timestamp("1900-01-01")) | (dates > pd.Timestamp.now() + pd.Timedelta(days=1))
        if table.name != "projects":
            found.append(broken("R6", outside.to_numpy(), "lies before 1900 or in the future"))
    if column.kind == "bool":
        truth = np.array([_is_truth(one) for one in values.astype("object")], dtype=bool)
        found.append(broken("R3", ~truth & ~missing, "is neither true nor false"))
    return found


def shape_problems(frame: gpd.GeoDataFrame, table: Table) -> list[pd.DataFrame]:
    """Return shapes that are missing, of the wrong kind, off the Earth, repeated or invalid; areas that disagree."""
    shapes = frame.geometry.to_numpy()
    name = "geometry"
    kinds = shapely.get_type_id(shapes)
    none = shapely.is_missing(shapes) | shapely.is_empty(shapes)

    def broken(rule: str, mask: np.ndarray[Any, Any], values: Any, message: Any) -> pd.DataFrame:
        return problems_of(frame, table, np.flatnonzero(mask), name, rule, values, message)

    told = "no geometry"
    if table.name in ("needs", "projects"):  # they may be known to a unit only
        none, told = none & _cells(frame, "admin_code").isna().to_numpy(), "neither a geometry nor an admin_code"
    found = [broken("R7", none, "", told)]
    wanted = {"polygon": (3, 6), "point": (0, 4)}.get(table.shape)
    if table.name == "events":
        wanted = (3, 6)
        none_needed = (
            as_written(_cells(frame, "event"))
            .isin(["accident", "noted", "void", "handed_over", "suspended"])
            .to_numpy()
        )
        found = [broken("R7", none & _first_of_area(frame), "", "no geometry: the area's place and size are unknown")]
    else:
        none_needed = np.zeros(len(frame), bool)
    if wanted:
        odd = ~none & ~np.isin(kinds, wanted) & ~none_needed
        texts = [shapes[i].geom_type for i in np.flatnonzero(odd)]
        found.append(broken("R10", odd, texts, f"no {'polygon' if 3 in wanted else 'point'}: its area is unknown"))
    found.append(broken("R11", ~has_finite_coordinates(shapes), "", "a coordinate is no finite number"))
    try:
        check_crs(frame, table.name)
    except CRSError as error:
        found.append(whole_problem("geometry", str(error).splitlines()[0], "R11"))
    else:
        if frame.crs.is_bound and len(frame):
            by = operation_to_wgs84(frame)
            stated = "accuracy unknown" if np.isnan(by.accuracy_m) else f"{by.accuracy_m:g} m"
            message = f"put on EPSG:4326 as declared, by {by.code or 'no registered operation,'} '{by.name}' ({stated})"
            found.append(whole_problem(name, f"{message}: keep its source with the data", "R13"))
    if frame.crs is not None and frame.crs.is_geographic:
        west, south, east, north = shapely.bounds(shapes).T
        with np.errstate(invalid="ignore"):
            outside = (west < -180) | (east > 180) | (south < -90) | (north > 90)
        wide = has_wide_part(shapes) & ~none
        found.append(broken("R11", outside & ~none, "", "longitude or latitude outside -180..180, -90..90"))
        found.append(broken("R14", wide, "", "wider than half the Earth: split shapes that cross 180 degrees there"))
        found.append(broken("R14", _reaches_zero(shapes), "", "reaches to 0 0: perhaps coordinates that were empty"))
    if table.shape == "polygon" or table.name == "events":
        found.append(_repeated_shapes(frame, table, shapes, none))
        invalid = ~none & ~shapely.is_valid(shapes)
        found.append(broken("R8", invalid, "", "invalid and not repaired: read() repairs and keeps the area before"))
    if "reported_area_m2" in frame:
        found.append(_wrong_areas(frame, table))
    return found


def _reaches_zero(shapes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Tell points at 0 0, and shapes that one vertex at 0 0 makes wider than a degree."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    touches = np.bincount(owner[(xy == 0).all(axis=1)], minlength=len(shapes)) > 0
    west, south, east, north = shapely.bounds(shapes).T
    with np.errstate(invalid="ignore"):
        far = (east - west > 1) | (north - south > 1) | (shapely.get_dimensions(shapes) == 0)
    return np.asarray(touches & far, dtype=bool)


def _first_of_area(frame: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Events that make land hazardous need a shape the first time; later ones touch the whole area."""
    makes = as_written(_cells(frame, "event")).isin(["suspected", "confirmed", "reopened"])
    first = ~as_written(_cells(frame, "area_id"))[makes].duplicated()
    return first.reindex(frame.index, fill_value=False).to_numpy(dtype=bool)


def _repeated_shapes(
    frame: gpd.GeoDataFrame, table: Table, shapes: np.ndarray[Any, Any], none: np.ndarray[Any, Any]
) -> pd.DataFrame:
    """Rows whose shape an earlier row has too, after normalising start point and direction."""
    with np.errstate(invalid="ignore"):  # a coordinate that is NaN breaks R11
        key = pd.Series(shapely.to_wkb(shapely.normalize(shapes)), index=frame.index)
    if table.name == "events":  # an event on its own area may well repeat the area's shape
        key = pd.Series(list(zip(key, as_written(_cells(frame, "event")).fillna(""), strict=True)), index=frame.index)
    repeats = key.duplicated().to_numpy() & ~none & (shapely.get_dimensions(shapes) == 2)
    ids = (
        as_written(frame[table.id]).fillna("") if table.id in frame else frame.index.astype(str).to_series(frame.index)
    )
    first = ids.groupby(key.to_numpy()).transform("first") if repeats.any() else ids
    texts = first.to_numpy()[repeats]
    message = "repeats the geometry of the row with that id"
    return problems_of(frame, table, np.flatnonzero(repeats), "geometry", "R9", texts, message)


def _wrong_areas(frame: gpd.GeoDataFrame, table: Table) -> pd.DataFrame:
    said = _as_numbers(frame["reported_area_m2"])
    known = np.flatnonzero((said > 0) & np.isfinite(said) & has_finite_coordinates(frame.geometry.to_numpy()))
    try:
        found = geodesic_area_m2(frame.geometry.iloc[known])
    except CRSError:  # told once, as R11
        found = np.full(len(known), np.nan)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ratio = said[known] / found
    odd = np.flatnonzero((ratio < 0.8) | (ratio > 1.25) & np.isfinite(ratio))
    messages = [
        f"the geometry has {found[i]:,.0f} m2, {_times(ratio[i])} less{_slip(ratio[i])}" if ratio[i] > 1
        else f"the geometry has {found[i]:,.0f} m2, {_times(1 / ratio[i])} more{_slip(ratio[i])}"
        for i in odd
    ]  # fmt: skip
    texts = [f"{said[known[i]]:g}" for i in odd]
    return problems_of(frame, table, known[odd], "reported_area_m2", "R12", texts, messages)


def _times(ratio: float) -> str:
    return f"{ratio:,.0f} times" if ratio >= 100 else f"{ratio:.3g} times"


def _slip(ratio: float) -> str:
    for factor, name in ((1e-4, "ha written as m2"), (1e-6, "km2 written as m2"), (1e4, "m2 written as ha")):
        if 0.8 <= ratio / factor <= 1.25:
            return f": {name}?"
    return ""


def row_problems(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    """Columns of one row that do not fit each other, and references to rows that are not there."""
    check = _ROW_CHECKS.get(table.name)
    return check(frame, table) if check is not None and len(frame) else []


def _cells(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name] if name in frame else pd.Series(None, index=frame.index, dtype="object")


def _area_rows(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    status, release_type = as_written(_cells(frame, "status")), _cells(frame, "release_type")
    bare = (status.eq("released") & release_type.isna()).to_numpy()
    message = "released without a release type: it counts as hazardous until the type is known"
    survey, release = (_as_dates(_cells(frame, name)) for name in ("survey_date", "release_date"))
    early = (release < survey).to_numpy()
    partly = status.eq("in_progress").to_numpy()
    return [
        problems_of(frame, table, np.flatnonzero(bare), "release_type", "R14", "", message),
        problems_of(frame, table, np.flatnonzero(partly), "status", "R14", "in_progress",
                    "a snapshot says not which part was released: all of it counts as hazardous"),
        problems_of(
            frame, table, np.flatnonzero(early), "release_date", "R14",
            release[early].dt.date.astype("str").tolist(), "released before it was recorded as hazardous",
        ),
    ]  # fmt: skip


def _event_rows(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    voids = as_written(_cells(frame, "voids_event_id"))
    known = set(as_written(_cells(frame, "event_id")).dropna())
    event = as_written(_cells(frame, "event"))
    is_void = event.eq("void").to_numpy()
    lost = is_void & ~voids.isin(list(known)).to_numpy()
    parent = as_written(_cells(frame, "parent_id"))
    areas = set(as_written(_cells(frame, "area_id")).dropna())
    orphan = (parent.notna() & ~parent.isin(list(areas))).to_numpy()
    bare = (event.eq("reopened") & parent.isna()).to_numpy()
    area_id = as_written(_cells(frame, "area_id"))
    own = (parent.notna() & parent.eq(area_id)).to_numpy()
    is_release = event.isin(RELEASE_EVENTS)
    recorded = set(area_id[event.isin([*HAZARD_EVENTS, "corrected"])].dropna())
    unheld = (is_release & area_id.notna() & ~area_id.isin(list(recorded))).to_numpy()
    unknown = (
        event.isin(["suspended", "split", "merged"]) & area_id.notna() & ~area_id.isin(list(recorded))
    ).to_numpy()
    when = pd.concat([_cells(frame, name).notna() for name in ("event_date", "recorded_at")], axis=1).any(axis=1)
    never = (is_release & ~when).to_numpy()
    day = _as_dates(_cells(frame, "event_date"))
    first = day.where(event.isin(HAZARD_EVENTS)).groupby(area_id).transform("min")
    _, last = days_between(day, as_written(_cells(frame, "date_precision")))
    early = (is_release & (last < first)).to_numpy()
    return [
        problems_of(frame, table, np.flatnonzero(unheld), "area_id", "R15", area_id[unheld].tolist(),
                  "released, but no record made the area hazardous: its land is in no account"),
        problems_of(frame, table, np.flatnonzero(unknown), "area_id", "R15", area_id[unknown].tolist(),
                  "no record made the area hazardous: it is on no list of areas"),
        problems_of(frame, table, np.flatnonzero(early), "event_date", "R14", day[early].dt.date.astype("str").tolist(),
                    "released before it was recorded as hazardous: releases nothing of what was recorded later"),
        *_outside_their_area(frame, table, event, area_id),
        *_parts_without_a_shape(frame, table, event, area_id),
        problems_of(frame, table, np.flatnonzero(never), "event_date", "R14", "",
                  "neither its date nor the day of its record (recorded_at) is known: the land stays hazardous"),
        problems_of(frame, table, np.flatnonzero(lost), "voids_event_id", "R15",
                  voids[lost].fillna("").tolist(), "no event has that id: nothing is undone"),
        problems_of(frame, table, np.flatnonzero(orphan), "parent_id", "R15",
                  parent[orphan].tolist(), "no event belongs to that area"),
        problems_of(frame, table, np.flatnonzero(own), "parent_id", "R14", parent[own].tolist(),
                  "the area names itself: it goes back to no other, and on in none"),
        problems_of(frame, table, np.flatnonzero(bare), "parent_id", "R14", "",
                  "reopened land should name the area that was released"),
    ]  # fmt: skip


def _parts_without_a_shape(
    frame: pd.DataFrame, table: Table, event: pd.Series, area_id: pd.Series
) -> list[pd.DataFrame]:
    """Tell releases without a shape that state less land than their area has: nobody knows which land they mean."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None or frame.crs is None:
        return []
    said = pd.Series(_as_numbers(_cells(frame, "reported_area_m2")), index=frame.index)
    bare = event.isin(RELEASE_EVENTS) & shapely.is_missing(frame.geometry.to_numpy()) & said.notna()
    makes = event.isin([*HAZARD_EVENTS, "corrected"])
    drawn = makes & area_id.isin(area_id[bare])
    # after a release with a shape, the rest is less than the area, and may be all of it
    drawn_parts = event.isin(RELEASE_EVENTS) & ~shapely.is_missing(frame.geometry.to_numpy())
    bare &= ~area_id.isin(area_id[drawn_parts])
    if not bare.any():
        return []
    shapes = frame.geometry.to_numpy()
    drawn &= np.isin(shapely.get_type_id(shapes), (3, 6)) & has_finite_coordinates(shapes)
    try:
        found = geodesic_area_m2(frame.geometry[drawn])
    except CRSError:  # told once, as R11
        found = np.full(int(drawn.sum()), np.nan)
    m2 = pd.Series(found, index=area_id[drawn].to_numpy()).groupby(level=0).min()
    of_area = said.where(makes).groupby(area_id).min().fillna(m2.reindex(area_id.dropna().unique()))
    whole = area_id.map(of_area).astype(float)
    rows = np.flatnonzero((bare & (said < PART * whole)).to_numpy())
    texts = [
        f"states {said.iloc[row]:,.0f} m2 of the {whole.iloc[row]:,.0f} m2 of its area and has no shape: which land is "
        f"not known, and it releases none"
        for row in rows
    ]
    return [problems_of(frame, table, rows, "geometry", "R14", "", texts)]


def _outside_their_area(frame: pd.DataFrame, table: Table, event: pd.Series, area_id: pd.Series) -> list[pd.DataFrame]:
    """Tell releases that lie for more than a hundredth outside their area, and new boundaries that lie elsewhere."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None or frame.crs is None:
        return []
    shapes = frame.geometry.to_numpy()
    usable = np.isin(shapely.get_type_id(shapes), (3, 6)) & shapely.is_valid(shapes) & area_id.notna().to_numpy()
    hazards = np.flatnonzero(event.isin(HAZARD_EVENTS).to_numpy() & usable)
    redrawn = np.flatnonzero(event.eq("corrected").to_numpy() & usable)
    released = np.flatnonzero(event.isin(RELEASE_EVENTS).to_numpy() & usable)
    released, share = _share_outside(shapes, area_id, released, np.r_[hazards, redrawn])
    far = released[share > 0.01]
    m2 = share[share > 0.01] * geodesic_area_m2(frame.geometry.iloc[far])
    texts = [f"{one:,.0f} m2 of it lie outside the land on record for its area: they release nothing" for one in m2]
    redrawn, share = _share_outside(shapes, area_id, redrawn, hazards)
    away = redrawn[share == 1]
    message = "the new boundary lies wholly outside the land on record for its area: all of that ends with it"
    return [
        problems_of(frame, table, far, "geometry", "R14", "", texts),
        problems_of(frame, table, away, "geometry", "R14", "", message),
    ]


def _share_outside(
    shapes: np.ndarray[Any, Any], area_id: pd.Series, rows: np.ndarray[Any, Any], on_record: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the rows whose area has land on record, and the share of each that lies outside it."""
    ids = area_id.to_numpy(dtype=object)
    asked = set(ids[rows])
    land: dict[Any, list[Any]] = {}
    for place in on_record:
        if ids[place] in asked:
            land.setdefault(ids[place], []).append(shapes[place])
    rows = np.array([place for place in rows if ids[place] in land], dtype=int)
    held = np.array([shapely.union_all(land[ids[place]]) for place in rows], dtype=object)
    with np.errstate(over="ignore", invalid="ignore"):  # what lies off the Earth is told as R11
        outside = shapely.area(shapely.difference(shapes[rows], held))
        return rows, outside / np.maximum(shapely.area(shapes[rows]), 1e-300)


def _follow_up_rows(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    neither = (_cells(frame, "release_id").isna() & _cells(frame, "area_id").isna()).to_numpy()
    use, reason = as_written(_cells(frame, "use_code")), _cells(frame, "reason_unused_code")
    productive = pd.Series(_as_numbers(_cells(frame, "productive_area_m2")), index=frame.index)
    idle = (use.eq("none") & (productive > 0)).to_numpy()
    odd = (use.notna() & use.ne("none") & reason.notna()).to_numpy()

    def told(mask: np.ndarray[Any, Any], column: str, message: str) -> pd.DataFrame:
        return problems_of(frame, table, np.flatnonzero(mask), column, "R14", "", message)

    return [
        told(neither, "release_id", "names no release and no area"),
        told(use.isna().to_numpy(), "use_code", "says nothing of the use: not counted"),
        told(idle, "productive_area_m2", "land in productive use, although the use is none: counts as unused"),
        told(odd, "reason_unused_code", "a reason why it is not used, although it is: counts as used"),
    ]


def _land_use_rows(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    undated = _cells(frame, "observed_date").isna().to_numpy()
    message = "no date: can not count as evidence of use after a release"
    return [problems_of(frame, table, np.flatnonzero(undated), "observed_date", "R14", "", message)]


def _project_rows(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    start, end = (_as_dates(_cells(frame, name)) for name in ("start_date", "end_date"))
    back = (end < start).to_numpy()
    texts = end[back].dt.date.astype("str").tolist()
    return [problems_of(frame, table, np.flatnonzero(back), "end_date", "R14", texts, "ends before it starts")]


_ROW_CHECKS: dict[str, Callable[[pd.DataFrame, Table], list[pd.DataFrame]]] = {
    "areas": _area_rows,
    "events": _event_rows,
    "follow_ups": _follow_up_rows,
    "land_use": _land_use_rows,
    "projects": _project_rows,
}
