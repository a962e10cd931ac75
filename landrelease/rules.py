"""The numbered rules that records must follow: findings of reading, problems of a frame, and what stays usable."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from numbers import Real
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.errors import CRSError, DataError, check_option
from landrelease.geometry import check_crs, geodesic_area_m2, has_finite_coordinates
from landrelease.tables import CODES, TABLES, Column, Table

__all__ = ["RULES", "add_findings", "find_problems", "finding", "require_valid", "usable_rows"]

Frame = TypeVar("Frame", bound=pd.DataFrame)
PROBLEM_COLUMNS = ["row", "id", "column", "rule", "value", "message"]


@dataclass(frozen=True)
class Rule:
    """One rule: what must be so, and whether a row that breaks it can be used as it is."""

    text: str
    is_must: bool


RULES: dict[str, Rule] = {
    "R1": Rule("must be filled", True),
    "R2": Rule("must be unique, also after trimming and without regard to case", True),
    "R3": Rule("must be readable as its type", True),
    "R4": Rule("must be a code of its list", True),
    "R5": Rule("must lie in its range", True),
    "R6": Rule("must be a date between 1900 and today", True),
    "R7": Rule("should have a geometry", False),
    "R8": Rule("should be a valid geometry; it was repaired", False),
    "R9": Rule("should not repeat the geometry of another row", False),
    "R10": Rule("should have the table's kind of geometry", False),
    "R11": Rule("must have coordinates on the Earth", True),
    "R12": Rule("should agree with the area of its geometry", False),
    "R13": Rule("should be written as its format says; it was mended", False),
    "R14": Rule("should fit the other columns of its row", False),
    "R15": Rule("should refer to a row that is there", False),
}
"""Rules by number. A row that breaks a must is refused by `require_valid`; the others are told."""
_MUSTS = [number for number, rule in RULES.items() if rule.is_must]


def finding(rule: str, column: str, value: object, message: str) -> list[str]:
    """Return one finding of reading, as `read_findings` keeps it."""
    text = str(value)
    return [rule, column, text if len(text) <= 200 else text[:197] + "...", message]


def add_findings(frame: pd.DataFrame, found: Iterable[tuple[int, list[str]]]) -> None:
    """Add findings (row position, finding) to the column `read_findings` of a frame that reading owns."""
    by_row: dict[int, list[list[str]]] = {}
    for position, one in found:
        by_row.setdefault(position, []).append(one)
    if "read_findings" not in frame:
        frame["read_findings"] = pd.Series(None, index=frame.index, dtype="str")
    if not by_row:
        return
    texts = frame["read_findings"].to_numpy(dtype=object).copy()
    for position, several in by_row.items():
        before = _findings_in(texts[position])
        texts[position] = json.dumps(before + several, ensure_ascii=False)
    frame["read_findings"] = pd.Series(texts, index=frame.index, dtype="str")


def _findings_in(text: object) -> list[list[str]]:
    """Return the findings in a cell of `read_findings`; text that reading did not write is one itself."""
    if not isinstance(text, str):
        return []
    try:
        return [
            [str(part) for part in (rule, column, value, message)] for rule, column, value, message in json.loads(text)
        ]
    except (ValueError, TypeError):
        return [finding("R3", "read_findings", text[:80], "is not what read() writes")]


def find_problems(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Find every row that breaks a rule of its table; never raises on data.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        As `read` returns it, or made by hand.
    table : str
        The table whose rules apply.

    Returns
    -------
    DataFrame
        One row a problem: row (position in the frame, the first is 0; -1 for the whole frame), id, column, rule,
        value, message. Empty where all is well.

    Raises
    ------
    OptionError
        No table has that name.

    Notes
    -----
    `landrelease.rules.RULES` has the rules by number; those that are musts are refused by `require_valid`.

    Examples
    --------
    >>> visits = pd.DataFrame({"follow_up_id": ["1", "1"], "visit_date": pd.to_datetime(["2024-05-01", None]),
    ...                        "use_code": ["grazing", "golf"], "release_id": ["E1", "E2"]})
    >>> find_problems(visits, "follow_ups")[["row", "column", "rule", "value"]].values.tolist()
    [[1, 'follow_up_id', 'R2', '1'], [1, 'visit_date', 'R1', ''], [1, 'use_code', 'R4', 'golf']]
    >>> len(find_problems(visits.iloc[:0], "follow_ups"))
    0
    """
    check_option("table", table, TABLES)
    declared = TABLES[table]
    found = [
        _whole(str(name), "the column stands more than once: the first is taken", "R13")
        for name in frame.columns[frame.columns.duplicated()].unique()
    ]
    frame = frame.loc[:, ~frame.columns.duplicated()].reset_index(drop=True)
    for column in declared.columns:
        if column.name not in frame.columns:
            if column.is_required:
                found.append(_whole(column.name, f"column '{column.name}' is missing"))
            continue
        if column.kind != "geometry":
            found.extend(_column_problems(frame, column, declared))
    found.extend(_read_problems(frame, declared))
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        found.extend(_shape_problems(frame, declared))
    elif declared.shape in ("polygon", "point") and len(frame):
        found.append(_whole("geometry", "the table has no geometry", "R7"))
    found.extend(_row_problems(frame, declared))
    found = [one for one in found if len(one)]
    if not found:
        return _problems(frame, declared, np.zeros(0, int), "", "", [], "")
    problems = pd.concat(found, ignore_index=True)
    # what reading said of a cell is said once
    problems = problems.drop_duplicates(["row", "column", "rule"], keep="first")
    order = {name: i for i, name in enumerate(declared.names)}
    keys = pd.DataFrame({"row": problems["row"], "place": problems["column"].map(order).fillna(len(order))})
    return problems.loc[keys.sort_values(["row", "place"], kind="stable").index].reset_index(drop=True)


def require_valid(frame: Frame, table: str) -> Frame:
    """Return the frame if no row breaks a must; else raise DataError with the counts by rule.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        As `read` returns it, or made by hand.
    table : str
        The table whose rules apply.

    Returns
    -------
    DataFrame or GeoDataFrame
        The same frame.

    Raises
    ------
    DataError
        A row breaks a must: the message counts them by rule and column.
    OptionError
        No table has that name.

    Examples
    --------
    >>> areas = pd.DataFrame({"area_id": ["a", "b"], "status": ["open", "Closed"]})
    >>> require_valid(areas, "areas")
    Traceback (most recent call last):
    landrelease.errors.DataError: 1 of 2 rows of 'areas' break 1 rule.
      R4 status must be a code of its list (open, in_progress, suspended, released, superseded): 1 row, row 1 has
      'Closed'
      Fix: correct the file, map its codes with read(..., codes=...), or list every row with
      find_problems(frame, 'areas').
    """
    problems = find_problems(frame, table)
    musts = problems[problems["rule"].isin(_MUSTS)]
    if musts.empty:
        return frame
    lines = []
    for (rule, column), rows in musts.groupby(["rule", "column"], sort=True):
        declared = TABLES[table].column(str(column))
        codes = f" ({', '.join(CODES[declared.codes])})" if rule == "R4" and declared is not None else ""
        first = rows.iloc[0]
        where = f"row {first['row']} has {first['value']!r}" if first["row"] >= 0 else first["message"]
        plural = "row" if len(rows) == 1 else "rows"
        lines.append(f"  {rule} {column} {RULES[str(rule)].text}{codes}: {len(rows)} {plural}, {where}")
    whole = (musts["row"] < 0).any()
    count = len(frame) if whole else musts["row"].nunique()
    n_rules = musts["rule"].nunique()
    raise DataError(
        f"{count} of {len(frame)} rows of '{table}' break {n_rules} rule{'s' if n_rules > 1 else ''}.\n"
        + "\n".join(lines)
        + "\n  Fix: correct the file, map its codes with read(..., codes=...), or list every row with\n"
        f"  find_problems(frame, '{table}')."
    )


def usable_rows(frame: Frame, table: str) -> tuple[Frame, pd.DataFrame]:
    """Return what of a frame can be used, and the rows that can not, so that nothing is lost without a word.

    A cell that breaks a must becomes missing: unknown stays unknown. A row is set aside only where what it says
    hangs on that cell: its id or another required cell is missing or no code, or its coordinates are not on the
    Earth. A repeated id is kept under a new one (`HA-7` becomes `HA-7~2`) because dropping a hazard could kill;
    an exact repeat of a whole row is set aside.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        As `read` returns it; not changed.
    table : str
        The table whose rules apply.

    Returns
    -------
    usable : DataFrame or GeoDataFrame
        The same columns.
    set_aside : DataFrame
        The other rows, with a column `reason`.

    Examples
    --------
    >>> areas = pd.DataFrame({"area_id": ["a", "a", None], "status": ["open"] * 3, "operator": ["x", "y", "z"]})
    >>> usable, set_aside = usable_rows(areas, "areas")
    >>> usable["area_id"].tolist(), set_aside["reason"].tolist()
    (['a', 'a~2'], ['R1 area_id must be filled'])
    >>> [len(part) for part in usable_rows(areas.iloc[:0], "areas")]
    [0, 0]
    """
    problems = find_problems(frame, table)
    declared = TABLES[table]
    usable = frame.loc[:, ~frame.columns.duplicated()].copy()
    reasons = np.full(len(frame), "", dtype=object)
    musts = problems[problems["rule"].isin(_MUSTS) & (problems["row"] >= 0)]
    for (rule, name), rows in musts.groupby(["rule", "column"], sort=True):
        column = declared.column(str(name))
        positions = rows["row"].to_numpy(dtype=int)
        if rule == "R2" or column is None:
            continue  # a repeated id is renamed; a coordinate that reading could not take is missing already
        if column.is_required or rule == "R11":
            reasons[positions] = f"{rule} {name} {RULES[str(rule)].text}"
        elif name in usable:
            is_broken = np.zeros(len(usable), bool)
            is_broken[positions] = True
            usable[name] = usable[name].mask(is_broken)
    if declared.id in usable:
        _rename_repeats(usable, declared, reasons)
    is_aside = reasons != ""
    set_aside = pd.DataFrame(usable[is_aside].copy())
    set_aside["reason"] = reasons[is_aside]
    return usable[~is_aside], set_aside


def _rename_repeats(usable: pd.DataFrame, declared: Table, reasons: np.ndarray[Any, Any]) -> None:
    """Rename repeated ids; set exact repeats of a whole row aside."""
    ids = _as_text(usable[declared.id]).str.strip()
    content = usable.drop(columns=["source_row", "source_id", "read_findings"], errors="ignore")
    if isinstance(usable, gpd.GeoDataFrame) and usable.active_geometry_name is not None:
        content = pd.DataFrame(content).assign(**{usable.geometry.name: usable.geometry.to_wkb()})
    kept = np.flatnonzero(reasons == "")
    reasons[kept[_is_repeat(content.iloc[kept])]] = f"R2 {declared.id} repeats a whole row"
    kept = np.flatnonzero(reasons == "")
    names, keys = ids.to_numpy(dtype=object, copy=True), _id_key(ids).to_numpy(dtype=object)
    taken: set[object] = set()
    for position in kept:
        name, key, number = names[position], keys[position], 1
        while key in taken or (number > 1 and key in keys):
            number += 1
            name = f"{names[position]}~{number}"
            key = _id_key(pd.Series([name], dtype="str"))[0]
        taken.add(key)
        names[position] = name
    usable[declared.id] = pd.Series(names, index=usable.index, dtype="str")


def _is_repeat(content: pd.DataFrame) -> np.ndarray[Any, Any]:
    try:
        return content.duplicated().to_numpy()
    except TypeError:  # a cell holds a list
        texts = {place: _as_text(content.iloc[:, place]) for place in range(content.shape[1])}
        return pd.DataFrame(texts, index=content.index).duplicated().to_numpy()


def _as_text(values: pd.Series) -> pd.Series:
    """Return any values as text that can be written; missing stays missing."""
    if values.dtype == "str":
        return values
    missing = values.isna().to_numpy()
    texts = [
        None if one else str(value).encode(errors="replace").decode()
        for value, one in zip(values.astype("object"), missing, strict=True)
    ]
    return pd.Series(texts, index=values.index, dtype="str")


def _id_key(ids: pd.Series) -> pd.Series:
    """Return what two ids that a reader takes for the same have in common."""
    plain = ids.str.normalize("NFKC").str.replace("[\u200b-\u200d\u2060\ufeff]", "", regex=True)
    return plain.str.strip().str.casefold()


def _as_numbers(values: pd.Series) -> np.ndarray[Any, Any]:
    if pd.api.types.is_numeric_dtype(values.dtype) and values.dtype.kind in "iuf":
        return values.to_numpy(dtype=float, na_value=np.nan)
    return pd.to_numeric(_as_text(values), errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def _as_dates(values: pd.Series) -> pd.Series:
    """Return real dates and ISO 8601 text as days; all else, numbers too, is no date."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return (values if values.dt.tz is None else values.dt.tz_localize(None)).astype("datetime64[us]")
    days = _as_text(values).str.extract(r"^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$")[0]
    return pd.to_datetime(days, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")


def _is_truth(value: object) -> bool:
    return isinstance(value, bool | np.bool_) or (isinstance(value, Real) and value in (0, 1))


def _problems(
    frame: pd.DataFrame,
    table: Table,
    positions: np.ndarray[Any, Any],
    column: str,
    rule: str,
    values: Any,
    message: Any,
) -> pd.DataFrame:
    ids = _as_text(frame[table.id].iloc[positions]).fillna("").to_numpy() if table.id in frame else ""
    return pd.DataFrame(
        {"row": positions, "id": ids, "column": column, "rule": rule, "value": values, "message": message},
        columns=PROBLEM_COLUMNS,
    )


def _whole(column: str, message: str, rule: str = "R1") -> pd.DataFrame:
    return pd.DataFrame([(-1, "", column, rule, "", message)], columns=PROBLEM_COLUMNS)


def _column_problems(frame: pd.DataFrame, column: Column, table: Table) -> list[pd.DataFrame]:
    values = frame[column.name]
    text = _as_text(values)
    missing = values.isna().to_numpy(copy=True)
    if column.kind in ("text", "code"):
        missing |= text.str.strip().eq("").to_numpy(dtype=bool)

    def broken(rule: str, mask: np.ndarray[Any, Any], message: str) -> pd.DataFrame:
        positions = np.flatnonzero(mask)
        texts = text.iloc[positions].fillna("").str.slice(0, 200).tolist()
        return _problems(frame, table, positions, column.name, rule, texts, message)

    found = []
    if column.is_required:
        found.append(broken("R1", missing, "is missing"))
    if column.name == table.id:
        key = _id_key(text)
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


def _read_problems(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    """What reading kept in `read_findings`."""
    if "read_findings" not in frame:
        return []
    texts = frame["read_findings"].to_numpy(dtype=object)
    rows: list[tuple[Any, ...]] = []
    for position in np.flatnonzero(frame["read_findings"].notna().to_numpy()):
        several = _findings_in(texts[position]) or _findings_in(str(texts[position]))
        rows.extend((position, column, rule, value, message) for rule, column, value, message in several)
    if not rows:
        return []
    positions, columns, rules, values, messages = (list(part) for part in zip(*rows, strict=True))
    found = _problems(frame, table, np.array(positions), "", "", values, messages)
    found["column"], found["rule"] = columns, rules
    return [found[found["rule"].isin(list(RULES))]]


def _shape_problems(frame: gpd.GeoDataFrame, table: Table) -> list[pd.DataFrame]:
    shapes = frame.geometry.to_numpy()
    name = "geometry"
    kinds = shapely.get_type_id(shapes)
    none = shapely.is_missing(shapes) | shapely.is_empty(shapes)

    def broken(rule: str, mask: np.ndarray[Any, Any], values: Any, message: Any) -> pd.DataFrame:
        return _problems(frame, table, np.flatnonzero(mask), name, rule, values, message)

    told = "no geometry"
    if table.name in ("needs", "projects"):  # they may be known to a unit only
        none, told = none & _cells(frame, "admin_code").isna().to_numpy(), "neither a geometry nor an admin_code"
    found = [broken("R7", none, "", told)]
    wanted = {"polygon": (3, 6), "point": (0, 4)}.get(table.shape)
    if table.name == "events":
        wanted = (3, 6)
        none_needed = (
            _as_text(_cells(frame, "event")).isin(["accident", "noted", "void", "handed_over", "suspended"]).to_numpy()
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
        found.append(_whole("geometry", str(error).splitlines()[0], "R11"))
    if frame.crs is not None and frame.crs.is_geographic:
        west, south, east, north = shapely.bounds(shapes).T
        with np.errstate(invalid="ignore"):
            outside = (west < -180) | (east > 180) | (south < -90) | (north > 90)
        found.append(broken("R11", outside & ~none, "", "longitude or latitude outside -180..180, -90..90"))
    if table.shape == "polygon" or table.name == "events":
        found.append(_repeated_shapes(frame, table, shapes, none))
        invalid = ~none & ~shapely.is_valid(shapes)
        found.append(broken("R8", invalid, "", "invalid and not repaired: read() repairs and keeps the area before"))
    if "reported_area_m2" in frame:
        found.append(_wrong_areas(frame, table))
    return found


def _first_of_area(frame: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Events that make land hazardous need a shape the first time; later ones touch the whole area."""
    makes = _as_text(_cells(frame, "event")).isin(["suspected", "confirmed", "reopened"])
    first = ~_as_text(_cells(frame, "area_id"))[makes].duplicated()
    return first.reindex(frame.index, fill_value=False).to_numpy(dtype=bool)


def _repeated_shapes(
    frame: gpd.GeoDataFrame, table: Table, shapes: np.ndarray[Any, Any], none: np.ndarray[Any, Any]
) -> pd.DataFrame:
    """Rows whose shape an earlier row has too, after normalising start point and direction."""
    with np.errstate(invalid="ignore"):  # a coordinate that is NaN breaks R11
        key = pd.Series(shapely.to_wkb(shapely.normalize(shapes)), index=frame.index)
    if table.name == "events":  # an event on its own area may well repeat the area's shape
        key = pd.Series(list(zip(key, _as_text(_cells(frame, "event")).fillna(""), strict=True)), index=frame.index)
    repeats = key.duplicated().to_numpy() & ~none & (shapely.get_dimensions(shapes) == 2)
    ids = _as_text(frame[table.id]).fillna("") if table.id in frame else frame.index.astype(str).to_series(frame.index)
    first = ids.groupby(key.to_numpy()).transform("first") if repeats.any() else ids
    texts = first.to_numpy()[repeats]
    message = "repeats the geometry of the row with that id"
    return _problems(frame, table, np.flatnonzero(repeats), "geometry", "R9", texts, message)


def _wrong_areas(frame: gpd.GeoDataFrame, table: Table) -> pd.DataFrame:
    said = _as_numbers(frame["reported_area_m2"])
    known = np.flatnonzero((said > 0) & np.isfinite(said) & has_finite_coordinates(frame.geometry.to_numpy()))
    try:
        found = geodesic_area_m2(frame.geometry.iloc[known])
    except CRSError:  # told once, as R11
        found = np.full(len(known), np.nan)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = said[known] / found
    odd = np.flatnonzero((ratio < 0.8) | (ratio > 1.25) & np.isfinite(ratio))
    messages = [
        f"the geometry has {found[i]:,.0f} m2, {_times(ratio[i])} less{_slip(ratio[i])}" if ratio[i] > 1
        else f"the geometry has {found[i]:,.0f} m2, {_times(1 / ratio[i])} more{_slip(ratio[i])}"
        for i in odd
    ]  # fmt: skip
    texts = [f"{said[known[i]]:g}" for i in odd]
    return _problems(frame, table, known[odd], "reported_area_m2", "R12", texts, messages)


def _times(ratio: float) -> str:
    return f"{ratio:,.0f} times" if ratio >= 100 else f"{ratio:.3g} times"


def _slip(ratio: float) -> str:
    for factor, name in ((1e-4, "ha written as m2"), (1e-6, "km2 written as m2"), (1e4, "m2 written as ha")):
        if 0.8 <= ratio / factor <= 1.25:
            return f": {name}?"
    return ""


def _row_problems(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    """Columns of one row that do not fit each other, and references to rows that are not there."""
    check = _ROW_CHECKS.get(table.name)
    return check(frame, table) if check is not None and len(frame) else []


def _cells(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name] if name in frame else pd.Series(None, index=frame.index, dtype="object")


def _area_rows(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    status, release_type = _as_text(_cells(frame, "status")), _cells(frame, "release_type")
    bare = (status.eq("released") & release_type.isna()).to_numpy()
    message = "released without a release type: it counts as hazardous until the type is known"
    survey, release = (_as_dates(_cells(frame, name)) for name in ("survey_date", "release_date"))
    early = (release < survey).to_numpy()
    return [
        _problems(frame, table, np.flatnonzero(bare), "release_type", "R14", "", message),
        _problems(
            frame, table, np.flatnonzero(early), "release_date", "R14",
            release[early].dt.date.astype("str").tolist(), "released before it was recorded as hazardous",
        ),
    ]  # fmt: skip


def _event_rows(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    voids = _as_text(_cells(frame, "voids_event_id"))
    known = set(_as_text(_cells(frame, "event_id")).dropna())
    event = _as_text(_cells(frame, "event"))
    is_void = event.eq("void").to_numpy()
    lost = is_void & ~voids.isin(list(known)).to_numpy()
    parent = _as_text(_cells(frame, "parent_id"))
    areas = set(_as_text(_cells(frame, "area_id")).dropna())
    orphan = (parent.notna() & ~parent.isin(list(areas))).to_numpy()
    bare = (event.eq("reopened") & parent.isna()).to_numpy()
    area_id = _as_text(_cells(frame, "area_id"))
    is_release = event.isin(["cancelled", "reduced", "cleared"])
    recorded = set(area_id[event.isin(["suspected", "confirmed", "reopened", "corrected"])].dropna())
    unheld = (is_release & area_id.notna() & ~area_id.isin(list(recorded))).to_numpy()
    when = pd.concat([_cells(frame, name).notna() for name in ("event_date", "recorded_at")], axis=1).any(axis=1)
    never = (is_release & ~when).to_numpy()
    return [
        _problems(frame, table, np.flatnonzero(unheld), "area_id", "R15", area_id[unheld].tolist(),
                  "released, but no record made the area hazardous: its land is in no account"),
        _problems(frame, table, np.flatnonzero(never), "event_date", "R14", "",
                  "neither its date nor the day of its record (recorded_at) is known: the land stays hazardous"),
        _problems(frame, table, np.flatnonzero(lost), "voids_event_id", "R15",
                  voids[lost].fillna("").tolist(), "no event has that id: nothing is undone"),
        _problems(frame, table, np.flatnonzero(orphan), "parent_id", "R15",
                  parent[orphan].tolist(), "no event belongs to that area"),
        _problems(frame, table, np.flatnonzero(bare), "parent_id", "R14", "",
                  "reopened land should name the area that was released"),
    ]  # fmt: skip


def _follow_up_rows(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    neither = (_cells(frame, "release_id").isna() & _cells(frame, "area_id").isna()).to_numpy()
    unseen = (_cells(frame, "use_code").isna()).to_numpy()
    return [
        _problems(frame, table, np.flatnonzero(neither), "release_id", "R14", "", "names no release and no area"),
        _problems(
            frame,
            table,
            np.flatnonzero(unseen),
            "use_code",
            "R14",
            "",
            "says nothing of the use: not counted",
        ),
    ]


def _project_rows(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    start, end = (_as_dates(_cells(frame, name)) for name in ("start_date", "end_date"))
    back = (end < start).to_numpy()
    texts = end[back].dt.date.astype("str").tolist()
    return [_problems(frame, table, np.flatnonzero(back), "end_date", "R14", texts, "ends before it starts")]


_ROW_CHECKS: dict[str, Callable[[pd.DataFrame, Table], list[pd.DataFrame]]] = {
    "areas": _area_rows,
    "events": _event_rows,
    "follow_ups": _follow_up_rows,
    "projects": _project_rows,
}
