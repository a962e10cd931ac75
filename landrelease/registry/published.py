"""A table of land that someone else published: its figures, and whether it holds together in itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from landrelease.cells import as_text
from landrelease.errors import DataError, OptionError, nearest
from landrelease.tables import RESULTS

__all__ = [
    "FLOWS",
    "LINES",
    "STOCKS",
    "Figures",
    "Group",
    "check_published",
    "figures_of",
    "is_part",
    "m2_text",
    "name_of",
    "slip",
    "totals_in",
    "typed_result",
]

FLOWS = {
    "newly_recorded_m2": 1, "confirmed_m2": 1, "adjusted_m2": 1, "cancelled_m2": -1, "reduced_m2": -1, "cleared_m2": -1
}  # fmt: skip
"""The flows of an account and their signs in the roll."""
STOCKS = ("opening_m2", "closing_m2")
LINES = ("opening_m2", *FLOWS, "closing_m2")
_SLIPS = {10: "", 100: "", 1_000: "", 10_000: ", as of hectares and m2", 1_000_000: ", as of km2 and m2"}
_SLIP_SHARE = 0.01
"""How near to a power of ten two figures are when only their unit differs: published figures are rounded."""

Group = tuple[str | None, ...]
Figures = dict[tuple[Group, int], dict[str, float]]


def check_published(
    published: pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    total: str | None = None,
    land_m2: float | None = None,
    tolerance_m2: float = 1.0,
) -> pd.DataFrame:
    """Check a published table in itself: whether it sums, whether it rolls, and whether it fits into the country.

    Parameters
    ----------
    published : DataFrame
        As for `reconcile`; also area_count. [m2], [count]
    by, total
        As for `reconcile`.
    land_m2 : float, optional
        The country's land. [m2]
    tolerance_m2 : float
        Figures agree that differ by no more; counts agree only when they are equal. [m2]

    Returns
    -------
    DataFrame
        The `by` columns, year, line, check_code, published, expected, difference (published less expected), kind_code,
        message. Of `total`, `roll` and `carry` one row for each figure that could be checked; of `land` only figures
        that are as large as the country's land, or larger. The unit is that of the line.

    Raises
    ------
    DataError, OptionError
        As `reconcile`.

    Notes
    -----
    total: the rows of a year sum to its total row. roll: closing = opening + newly recorded + confirmed + adjusted -
    cancelled - reduced - cleared, of the lines that the table has. carry: the opening is the closing of the year
    before. A figure that is missing makes what it is part of unknown.

    Examples
    --------
    >>> roll = pd.DataFrame({"year": [2016], "opening_m2": [68.4e6], "confirmed_m2": [22e6], "cancelled_m2": [32e6],
    ...     "reduced_m2": [4.2e6], "cleared_m2": [2.3e6], "closing_m2": [26.3e6]})
    >>> found = check_published(roll)
    >>> found[["check_code", "kind_code"]].values.tolist(), (found["difference"] / 1e6).round(1).tolist()
    ([['roll', 'unexplained']], [-25.6])
    >>> check_published(roll.assign(reduced_m2=np.nan))["kind_code"].tolist()
    ['unknown']
    >>> len(check_published(roll.iloc[:0]))
    0
    """
    names = [by] if isinstance(by, str) else list(by or [])
    figures, lines = figures_of(published, "published", names)
    totals = totals_in(figures, names, total)
    rows = []
    for (group, year), row in figures.items():
        checks: list[tuple[str, str, float]] = []
        if group in totals:
            parts = [one for (other, when), one in figures.items() if when == year and is_part(other, group, total)]
            checks += [(line, "total", sum(one[line] for one in parts) if parts else np.nan) for line in lines]
        if {*STOCKS} <= row.keys():
            if row.keys() & FLOWS.keys():
                flows = sum(sign * row[line] for line, sign in FLOWS.items() if line in row)
                checks.append(("closing_m2", "roll", row["opening_m2"] + flows))
            if (group, year - 1) in figures:
                checks.append(("opening_m2", "carry", figures[group, year - 1]["closing_m2"]))
        for line, check, expected in checks:
            kind, message = _kind(line, row[line], expected, tolerance_m2)
            rows.append((*group, year, line, check, row[line], expected, row[line] - expected, kind, message))
        if land_m2 is not None:
            large = [line for line in lines if line in LINES and abs(row[line]) >= (1 - _SLIP_SHARE) * land_m2]
            nothing = (np.nan, np.nan, "unit_slip")
            rows += [
                (*group, year, line, "land", row[line], *nothing, _as_the_country(row[line], land_m2)) for line in large
            ]
    columns = [column.name for column in RESULTS["check_published"].columns if column.name != "by"]
    return typed_result(pd.DataFrame(rows, columns=[*names, *columns]), "check_published", names)


def _kind(line: str, stated: float, expected: float, tolerance_m2: float) -> tuple[str, str]:
    difference = stated - expected
    if np.isnan(difference):
        return "unknown", "a figure that belongs to it is missing"
    if abs(difference) <= (0 if line == "area_count" else tolerance_m2):
        return "agrees", ""
    if factor := slip(stated, expected, "what the rest of the table makes it"):
        return "unit_slip", factor
    said = f"{difference:+,.0f} areas" if line == "area_count" else m2_text(difference, signed=True)
    return "unexplained", f"{said} than the rest of the table makes it"


def figures_of(frame: pd.DataFrame, what: str, names: list[str]) -> tuple[Figures, list[str]]:
    """Return the figures of each group and year, and the lines that there are; raise what can not be read as such.

    What splits an account further is summed; in a published table it would be a row given twice.
    """
    lines = _lines_of(frame, what, names)
    numbers = frame[["year", *lines]].astype(float)
    keys = pd.DataFrame({name: as_text(frame[name]) for name in names}, index=frame.index).astype(object)
    keys = keys.where(keys.notna(), None)
    groups: list[Group] = list(keys.itertuples(index=False, name=None)) if names else [()] * len(frame)
    found: Figures = {}
    for group, (year, *row) in zip(groups, numbers.itertuples(index=False, name=None), strict=True):
        if (group, int(year)) in found and what == "published":
            raise DataError(f"'published' has two rows of {name_of(group)} in {year:.0f}. Fix: name all groups in by=.")
        before = found.get((group, int(year)), dict.fromkeys(lines, 0.0))
        found[group, int(year)] = {line: before[line] + amount for line, amount in zip(lines, row, strict=True)}
    return found, lines


def _lines_of(frame: pd.DataFrame, what: str, names: list[str]) -> list[str]:
    """Return the lines that a table has; raise where it lacks a column, or has none that is a line or a number."""
    columns = [str(name) for name in frame.columns]
    for name in [*names, "year"]:
        if name not in columns:
            raise DataError(f"'{what}' has no column '{name}'{nearest(name, columns)}")
    allowed = {*RESULTS["land_balance"].names, "area_count", *names}
    for name in columns:
        if name.endswith(("_m2", "_count")) and name not in allowed:
            raise DataError(f"'{what}' has a column '{name}', which is no line of an account{nearest(name, LINES)}")
    lines = [line for line in (*LINES, "area_count") if line in columns]
    if not lines:
        raise DataError(f"'{what}' has no line of an account. Fix: name its columns {', '.join(LINES)} or area_count.")
    for name in ["year", *lines]:
        values = frame[name]
        is_number = pd.api.types.is_numeric_dtype(values.dtype) or bool(values.isna().all())
        if not is_number or bool(np.isinf(values.astype(float)).any()):
            raise DataError(f"'{what}': {name} must hold finite numbers. Fix: turn text such as '1,200' into 1200.")
    odd = frame["year"].isna() | (frame["year"].astype(float) % 1 != 0)
    if odd.any():
        raise DataError(f"'{what}': {int(odd.sum())} of {len(odd)} rows have no whole year.")
    return lines


def totals_in(figures: Figures, names: list[str], total: str | None) -> list[Group]:
    """Return the groups that are totals; raise where none is and one is asked for."""
    found = list(dict.fromkeys(group for group, _ in figures if total is not None and total in group))
    if total is not None and not found and figures:
        said = sorted({one for group, _ in figures for one in group if one})
        raise OptionError(f"No row of 'published' has '{total}' in {names or 'by'}{nearest(total, said)}")
    return found


def is_part(group: Group, whole: Group, total: str | None) -> bool:
    """Tell whether a group counts in a total: it is the same where the total names something."""
    is_same = all(one in (total, None, own) for own, one in zip(group, whole, strict=True))
    return is_same and total not in group


def typed_result(frame: pd.DataFrame, result: str, names: list[str]) -> pd.DataFrame:
    """Return a result in the types of its declaration, its groups as text."""
    kinds = {column.name: column.kind for column in RESULTS[result].columns} | dict.fromkeys(names, "text")
    dtypes: dict[str, Any] = {"number": "float64", "count": "Int64"}
    return frame.astype({name: dtypes.get(kinds[str(name)], "str") for name in frame.columns})


def slip(published: float, other: float, whose: str) -> str:
    """Say by which power of ten two figures differ; nothing where by none."""
    for factor, units in _SLIPS.items() if published > 0 and other > 0 else ():
        for large, small, word in ((published, other, "times"), (other, published, "times less than")):
            if abs(large - factor * small) <= _SLIP_SHARE * factor * small:
                return f"published is {factor:,} {word} {whose}{units}"
    return ""


def _as_the_country(m2: float, land_m2: float) -> str:
    size = "larger than" if m2 > (1 + _SLIP_SHARE) * land_m2 else "as large as"
    return (
        f"{m2 / 1e6:,.1f} km2 is {size} the country's land of {land_m2 / 1e6:,.1f} km2: were m2 printed as km2, "
        f"it would be {m2 / 1e6:,.0f} m2"
    )


def m2_text(amount: float, *, signed: bool = False) -> str:
    """Return an amount of land in words; signed, how much more or less it is."""
    if np.isnan(amount):
        return "no figure"
    return f"{abs(amount):,.0f} m2 {'more' if amount > 0 else 'less'}" if signed else f"{amount:,.0f} m2"


def name_of(group: Group) -> str:
    """Return the name of a group in words."""
    return " / ".join("(not known)" if one is None else one for one in group) or "the table"
