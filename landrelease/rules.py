"""The numbered rules that records must follow: findings of reading, problems of a frame, and what stays usable."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from landrelease.checks import (
    PROBLEM_COLUMNS,
    as_written,
    column_problems,
    id_key,
    problems_of,
    row_problems,
    shape_problems,
    whole_problem,
)
from landrelease.errors import DataError, check_option
from landrelease.tables import CODES, RELEASE_EVENTS, TABLES, Table

__all__ = ["PROBLEM_COLUMNS", "RULES", "add_findings", "find_problems", "finding", "require_valid", "usable_rows"]

Frame = TypeVar("Frame", bound=pd.DataFrame)


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
_TAKING = (*RELEASE_EVENTS, "corrected", "split", "merged", "void")
"""Events that can end a hazard: in doubt they do not count."""
_DECISIVE = ("geometry", "event_date", "date_precision", "recorded_at", "voids_event_id", "parent_id")


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
    return _problems(frame, table)


def _problems(frame: pd.DataFrame, table: str, *, with_doubts: bool = True) -> pd.DataFrame:
    """Return the problems, if asked without those of rows that do not fit together, of which none is a must."""
    check_option("table", table, TABLES)
    declared = TABLES[table]
    found = [
        whole_problem(str(name), "the column stands more than once: the first is taken", "R13")
        for name in frame.columns[frame.columns.duplicated()].unique()
    ]
    frame = frame.loc[:, ~frame.columns.duplicated()].reset_index(drop=True)
    for column in declared.columns:
        if column.name not in frame.columns:
            if column.is_required:
                found.append(whole_problem(column.name, f"column '{column.name}' is missing"))
            continue
        if column.kind != "geometry":
            found.extend(column_problems(frame, column, declared))
    found.extend(_read_problems(frame, declared))
    if isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None:
        found.extend(shape_problems(frame, declared))
    elif declared.shape in ("polygon", "point") and len(frame):
        found.append(whole_problem("geometry", "the table has no geometry", "R7"))
    if with_doubts:
        found.extend(row_problems(frame, declared))
    found = [one for one in found if len(one)]
    if not found:
        return problems_of(frame, declared, np.zeros(0, int), "", "", [], "")
    problems = pd.concat(found, ignore_index=True)
    # what reading said of a cell is said once
    problems = problems.drop_duplicates(["row", "column", "rule"], keep="first")
    order = {name: i for i, name in enumerate(declared.names)}
    keys = pd.DataFrame({"row": problems["row"], "place": problems["column"].map(order).fillna(len(order))})
    return problems.loc[keys.sort_values(["row", "place"]).index].reset_index(drop=True)


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
    problems = _problems(frame, table, with_doubts=False)
    musts = problems[problems["rule"].isin(_MUSTS)]
    if musts.empty:
        return frame
    lines = []
    for (rule, column), rows in musts.groupby(["rule", "column"], sort=True):
        declared = TABLES[table].column(str(column))
        codes = f" ({', '.join(CODES[declared.codes])})" if rule == "R4" and declared and declared.codes else ""
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


def usable_rows(frame: Frame, table: str, *, problems: pd.DataFrame | None = None) -> tuple[Frame, pd.DataFrame]:
    """Return what of a frame can be used, and the rows that can not, so that nothing is lost without a word.

    A cell that breaks a must becomes missing: unknown stays unknown. A row is set aside only where what it says
    hangs on that cell: its id or another required cell is missing or no code. A shape that is not on the Earth
    becomes missing: the hazard stays, its place is not known. An event that could end a hazard (a release, a new
    boundary, a void) is set aside where its shape or date can not be read: without its shape it would release the
    whole area. A repeated id is kept under a new one (`HA-7` becomes `HA-7~2`) because dropping a hazard could kill;
    an exact repeat of a whole row is set aside.

    Parameters
    ----------
    frame : DataFrame or GeoDataFrame
        As `read` returns it; not changed.
    table : str
        The table whose rules apply.
    problems : DataFrame, optional
        What `find_problems` says of this frame, where it is known already.

    Returns
    -------
    usable : DataFrame or GeoDataFrame
        The same columns.
    set_aside : DataFrame
        The other rows, with a column `reason`.

    Raises
    ------
    OptionError
        No table has that name.

    Examples
    --------
    >>> areas = pd.DataFrame({"area_id": ["a", "a", None], "status": ["open"] * 3, "operator": ["x", "y", "z"]})
    >>> usable, set_aside = usable_rows(areas, "areas")
    >>> usable["area_id"].tolist(), set_aside["reason"].tolist()
    (['a', 'a~2'], ['R1 area_id must be filled'])
    >>> [len(part) for part in usable_rows(areas.iloc[:0], "areas")]
    [0, 0]
    """
    problems = find_problems(frame, table) if problems is None else problems
    declared = TABLES[table]
    usable = frame.loc[:, ~frame.columns.duplicated()].copy()
    reasons = np.full(len(frame), "", dtype=object)
    if table == "events":
        _doubt_what_ends_hazards(usable, problems, reasons)
    musts = problems[problems["rule"].isin(_MUSTS) & (problems["row"] >= 0)]
    for (rule, name), rows in musts.groupby(["rule", "column"], sort=True):
        column = declared.column(str(name))
        positions = rows["row"].to_numpy(dtype=int)
        if rule == "R2" or column is None:
            continue  # a repeated id is renamed; a coordinate that reading could not take is missing already
        if rule == "R11" and isinstance(usable, gpd.GeoDataFrame):  # a hazard at an impossible place is one without
            shapes = usable.geometry.to_numpy().copy()
            shapes[positions] = None
            usable[usable.geometry.name] = gpd.GeoSeries(list(shapes), index=usable.index, crs=usable.crs)
        elif column.is_required:
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


def _doubt_what_ends_hazards(events: pd.DataFrame, problems: pd.DataFrame, reasons: np.ndarray[Any, Any]) -> None:
    """Give a reason to set aside events that could end a hazard and whose shape or date was lost."""
    if "event" not in events:
        return
    takes = events["event"].isin(_TAKING).to_numpy(dtype=bool)
    lost = problems["column"].isin(_DECISIVE) & problems["rule"].isin(_MUSTS)
    if "read_findings" in events:  # a release that never had a shape means the whole area, one that lost it does not
        has_lost = events["read_findings"].map(_lost_shape).to_numpy(dtype=bool)
        reasons[has_lost & takes] = "R7 geometry could not be read: what it ends is not known"
    if isinstance(events, gpd.GeoDataFrame) and events.active_geometry_name is not None:
        reasons[events.geometry.is_empty.to_numpy() & takes] = "R7 geometry is empty: what it ends is not known"
    doubts = problems[lost & (problems["row"] >= 0)]
    for row, rule, column in zip(doubts["row"].astype(int), doubts["rule"], doubts["column"], strict=True):
        if takes[row]:
            reasons[row] = f"{rule} {column} {RULES[rule].text}"


def _lost_shape(findings: object) -> bool:
    return any(rule == "R7" and column == "geometry" for rule, column, *_ in _findings_in(findings))


def _rename_repeats(usable: pd.DataFrame, declared: Table, reasons: np.ndarray[Any, Any]) -> None:
    """Rename repeated ids; set exact repeats of a whole row aside."""
    ids = as_written(usable[declared.id]).str.strip()
    content = usable.drop(columns=["source_row", "source_id", "read_findings"], errors="ignore")
    own = usable[declared.id]
    again = own.duplicated(keep=False).to_numpy() if own.dtype == "str" else np.ones(len(own), bool)
    kept = np.flatnonzero((reasons == "") & again)  # no other row can be repeated
    reasons[kept[_is_repeat(content.iloc[kept])]] = f"R2 {declared.id} repeats a whole row"
    kept = np.flatnonzero(reasons == "")
    names, keys = ids.to_numpy(dtype=object, copy=True), id_key(ids).to_numpy(dtype=object)
    given, taken = set(keys), set[object]()
    count: dict[object, int] = {}
    for position in kept:
        name, key = names[position], keys[position]
        if key in taken:
            number = count.get(key, 1) + 1
            while f"{key}~{number}" in given or f"{key}~{number}" in taken:
                number += 1
            count[key] = number
            name, key = f"{name}~{number}", f"{key}~{number}"
        taken.add(key)
        names[position] = name
    usable[declared.id] = pd.Series(names, index=usable.index, dtype="str")


def _is_repeat(content: pd.DataFrame) -> np.ndarray[Any, Any]:
    try:
        return content.duplicated().to_numpy()
    except TypeError:  # a cell holds a list
        texts = {place: as_written(content.iloc[:, place]) for place in range(content.shape[1])}
        return pd.DataFrame(texts).duplicated().to_numpy()


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
    found = problems_of(frame, table, np.array(positions), "", "", values, messages)
    found["column"], found["rule"] = columns, rules
    return [found[found["rule"].isin(list(RULES))]]
