"""Frames as the report takes them, and tables as the page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from landrelease.errors import DataError
from landrelease.report.pictures import PARTS
from landrelease.report.words import clean, is_missing
from landrelease.said import Given, say

__all__ = ["MOST_LISTED",
    "SUMMED", "Column", "Table", "add_up", "capped", "is_ordered", "pick", "plain", "say_codes", "tabulate",
    "with_all_parts",
]  # fmt: skip

SUMMED = ("released_m2", *PARTS)
_MOST_ROWS = 40


class Column(NamedTuple):
    """One column of a table on the page: its header, and how its cells are said (a key of SAY)."""

    label: str
    kind: str = "text"


class Table(NamedTuple):
    """One table on the page."""

    caption: str
    columns: list[Column]
    rows: list[list[Any]]


def plain(frame: pd.DataFrame, name: str, required: Iterable[str]) -> pd.DataFrame:
    """Return a copy without geometry whose numbers are numbers and whose dates are dates."""
    missing = [column for column in required if column not in frame]
    if missing:
        raise DataError(
            f"'{name}' lacks {len(missing)} of the columns that the report needs: {', '.join(missing)}.\n"
            f"  It has: {', '.join(map(str, frame.columns))}.\n"
            "  Fix: pass the frame as the function that makes it returns it."
        )
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore")).reset_index(drop=True)
    for column in map(str, plain.columns):
        if column.endswith(("_m2", "_share", "_low", "_high")) or column in ("score", "rank", "year"):
            plain[column] = pd.to_numeric(plain[column], errors="coerce").astype("float64")
        elif column.endswith("_date") and not pd.api.types.is_datetime64_any_dtype(plain[column]):
            plain[column] = pd.to_datetime(plain[column], errors="coerce", format="ISO8601")
    return plain


def with_all_parts(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return groups of released land whose four parts sum to it: what no part claims is unknown.

    Parameters
    ----------
    frame : DataFrame
        released_m2 and the four parts. [m2]
    name : str
        Name of the frame, for the error.

    Raises
    ------
    DataError
        The parts of a group exceed its released land.

    Examples
    --------
    >>> frame = pd.DataFrame({"released_m2": [900.0, np.nan], "as_intended_m2": [400.0, np.nan],
    ...                       "other_productive_m2": np.nan, "unknown_m2": [300.0, np.nan],
    ...                       "unused_m2": np.nan})
    >>> with_all_parts(frame, "summaries")["unknown_m2"].tolist()
    [500.0, nan]
    """
    known = frame[list(PARTS)].sum(axis=1)
    rest = frame["released_m2"] - known
    tolerance = 1 + 1e-6 * frame["released_m2"].abs()
    over = (rest < -tolerance).to_numpy()
    if over.any():
        at = int(np.flatnonzero(over)[0])
        raise DataError(
            f"'{name}' has {int(over.sum())} of {len(frame)} rows whose four parts exceed the released land: "
            f"row {at} has {known.iloc[at]:,.0f} m2 of {frame['released_m2'].iloc[at]:,.0f} m2.\n"
            "  Fix: pass what use_summary and assess_use return; their parts sum to the released land."
        )
    filled = frame.copy()
    has_area = frame["released_m2"].notna()
    filled.loc[has_area, list(PARTS)] = filled.loc[has_area, list(PARTS)].fillna(0.0)
    filled.loc[has_area, "unknown_m2"] += rest[has_area].where(rest[has_area] > tolerance[has_area], 0.0)
    return filled


def pick(frame: pd.DataFrame, columns: Iterable[str]) -> pd.DataFrame:
    """Return these columns of a frame, missing where it lacks them."""
    return frame.reindex(columns=list(columns))


def add_up(values: pd.Series) -> float:
    """Return the sum of what is known; NaN where nothing is."""
    return float(values.sum(min_count=1))


def say_codes(values: pd.Series, words: Mapping[str, str], missing: str) -> pd.Series:
    """Return codes in words; a code without words as it is."""
    return values.map(lambda value: missing if is_missing(value) else words.get(str(value), str(value)))


def tabulate(frame: pd.DataFrame, caption: str, columns: Mapping[str, Column]) -> Table:
    """Return these columns of a frame as a table on the page."""
    rows = pick(frame, columns).astype("object").to_numpy().tolist()
    return Table(caption, list(columns.values()), rows)


def _group_label(row: Sequence[Any]) -> str:
    whole = [int(value) if isinstance(value, float) and value.is_integer() else value for value in row]
    # two columns may say the same: a unit without a name of its own is called by its code
    first, *more = dict.fromkeys(say("not known") if is_missing(value) else _given(value) for value in whole)
    for one in more:
        first = say("{0} / {1}", first, one)
    return first


def _given(value: Any) -> str:
    return Given(clean(value)) if isinstance(value, str) else clean(value)


def is_ordered(frame: pd.DataFrame, by: list[str]) -> bool:
    """Years and other numbers are read in their own order, names by size."""
    return len(by) == 1 and pd.api.types.is_numeric_dtype(frame[by[0]])


MOST_LISTED = 10
"""Rows of a list that is cut, and says so."""


def capped(frame: pd.DataFrame, by: list[str], size: str, summed: Sequence[str]) -> pd.DataFrame:
    """Label the groups and order them; of names, the smallest are added up in one last row."""
    labels = (
        [_group_label(row) for row in frame[by].astype("object").to_numpy().tolist()]
        if by
        else [say("all")] * len(frame)
    )
    frame = frame.assign(group=pd.Series(labels, index=frame.index, dtype="object"))
    if is_ordered(frame, by):
        return frame.sort_values(by, na_position="last")
    frame = frame.sort_values(size, ascending=False, na_position="last", kind="stable")
    rest = frame.iloc[_MOST_ROWS:]
    if not len(rest):
        return frame
    other = {name: add_up(rest[name]) for name in summed if name in rest}
    row = pd.DataFrame([{"group": say("{0} further groups together", len(rest)), **other}])
    return pd.concat([pick(frame.iloc[:_MOST_ROWS], row.columns), row], ignore_index=True)
