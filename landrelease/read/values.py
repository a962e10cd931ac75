"""Cells as they are written -> cells of a declared column, with a finding for each that can not be read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from landrelease.cells import as_text, counted
from landrelease.errors import DataError, OptionError, check_option
from landrelease.rules import finding
from landrelease.tables import CODES, DTYPES, Column

__all__ = ["DATE_ORDERS", "UNITS", "parse"]

Found = list[tuple[int, list[str]]]

UNITS: dict[str, float] = {
    "m2": 1.0, "ha": 1e4, "km2": 1e6, "acre": 4_046.8564224, "dunam": 1_000.0, "rai": 1_600.0,
    "m": 1.0, "cm": 0.01, "km": 1_000.0, "ft": 0.3048,
    "share": 1.0, "percent": 0.01, "count": 1.0, "usd": 1.0, "thousand": 1e3, "million": 1e6,
}  # fmt: skip
"""Units that a file may use, as factors to ours."""
_DIMENSION = {
    **dict.fromkeys(("m2", "ha", "km2", "acre", "dunam", "rai"), "m2"),
    **dict.fromkeys(("m", "cm", "km", "ft"), "m"),
    **dict.fromkeys(("share", "percent"), "share"),
    **dict.fromkeys(("usd", "thousand", "million"), "usd"),
    "count": "count",
}  # fmt: skip
"""Which of our units each is a unit of: an area is never given in km."""

DATE_ORDERS = ("iso", "dmy", "mdy", "ymd", "year", "epoch_ms", "epoch_s", "excel")
"""How dates may be written; anything with a % is taken as a strptime format."""

_PERIOD_END = ("release_date", "end_date", "handover_date")
"""Dates that mark an end: of a known year or month they are the last day, so that land is never released early."""

_ISO = re.compile(r"^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:[T ].*)?)?)?$")
_BLANKS = r"\s\u00a0\u202f'"
"""Marks that group digits in any language, beside the one that does not mark decimals."""
_TRUE, _FALSE = (
    {"true", "yes", "y", "t", "1", "oui", "sí", "si", "sim"},
    {"false", "no", "n", "f", "0", "non", "não"},
)


def parse(
    values: pd.Series,
    column: Column,
    *,
    codes: Mapping[str, str] | None = None,
    dates: str | None = None,
    decimal: str | None = None,
    unit: str | None = None,
) -> tuple[pd.Series, Found, pd.Series | None]:
    """Return typed values, findings by row position, and for dates how well each is known."""
    if codes and column.kind in ("number", "count", "date"):
        values = _mapped(as_text(values), codes)  # such as {"-99": ""}: a value that means nothing is known
    if column.kind == "text":
        return _mapped(as_text(values), codes), [], None
    if column.kind == "code":
        return *_codes(values, column, codes), None
    if column.kind == "bool":
        return *_booleans(values, column, codes), None
    if column.kind == "date":
        return _dates(values, column, dates)
    numbers, found = _numbers(values, column, decimal)
    if unit is not None:
        check_option(f"units[{column.name!r}]", unit, [one for one in UNITS if _DIMENSION[one] == column.unit])
        numbers = numbers * UNITS[unit]
    if column.kind == "count":
        numbers, found = _whole(numbers, values, column, found)
    return numbers, found, None


def _mapped(text: pd.Series, codes: Mapping[str, str] | None) -> pd.Series:
    if not codes:
        return text
    table = {str(theirs).strip(): ours for theirs, ours in codes.items()}
    mapped = text.map(table).fillna(text).astype("str")
    return mapped.mask(mapped == "")  # a code mapped to nothing says nothing


def _told(rows: np.ndarray[Any, Any], values: pd.Series, column: Column, message: str, rule: str = "R3") -> Found:
    return [(int(row), finding(rule, column.name, values.iloc[row], message)) for row in np.flatnonzero(rows)]


def _codes(values: pd.Series, column: Column, codes: Mapping[str, str] | None) -> tuple[pd.Series, Found]:
    """Map the file's codes to ours; an unknown code keeps its text and is a problem that the rules find."""
    text = _mapped(as_text(values), codes)
    ours = {code.casefold(): code for code in CODES[column.codes]}
    result = text.str.casefold().map(ours).fillna(text).astype("str")
    found: Found = []
    if column.codes == "hazard_class":
        older = result.str.casefold().eq("dha").to_numpy(dtype=bool)
        found = _told(older, text, column, "older term, read as CHA", "R13")
        result = result.mask(older, "CHA")
    return result, found


def _booleans(values: pd.Series, column: Column, codes: Mapping[str, str] | None) -> tuple[pd.Series, Found]:
    text = _mapped(as_text(values), codes).str.casefold()
    known = {**dict.fromkeys(_TRUE, True), **dict.fromkeys(_FALSE, False)}
    result = text.map(known).astype("boolean")
    return result, _told((result.isna() & text.notna()).to_numpy(), values, column, "is neither yes nor no")


def _numbers(values: pd.Series, column: Column, decimal: str | None) -> tuple[pd.Series, Found]:
    if pd.api.types.is_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype):
        return values.astype("Float64").astype("float64"), []
    real = values.map(_is_real).to_numpy(dtype=bool)
    text = as_text(values).mask(real)
    if decimal is not None:
        check_option("decimal", decimal, (".", ","))
    else:
        _refuse_ambiguous(text, column)
    marks = _BLANKS + {None: "", ",": ".", ".": ","}[decimal]
    is_number = text.str.match(_number(marks, decimal or ".")).fillna(False).to_numpy(dtype=bool)
    plain = text.where(is_number).str.replace(f"[{marks}]", "", regex=True).str.replace(",", ".", regex=False)
    numbers = pd.to_numeric(plain, errors="coerce").astype("float64")
    numbers = numbers.mask(real, pd.to_numeric(values.where(real), errors="coerce").astype("float64"))
    return numbers, _told((~is_number) & text.notna().to_numpy(), values, column, "is no number: left missing")


def _number(marks: str, point: str) -> str:
    """Return the pattern of a number; marks group its digits by threes, in India by twos before the last three.

    A mark that groups nothing is a slip, perhaps a decimal mark: 1.5 is not 15.
    """
    whole = f"(?:[0-9]+|[0-9]{{1,3}}(?:[{marks}][0-9]{{2,3}})*[{marks}][0-9]{{3}})"
    return rf"^[+-]?(?:{whole}\{point}?[0-9]*|\{point}[0-9]+)(?:[eE][+-]?[0-9]+)?$"


def _is_real(value: object) -> bool:
    """Tell a number from text that looks like one: a cell of a workbook may be either."""
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


def _refuse_ambiguous(text: pd.Series, column: Column) -> None:
    """Refuse a column in which 1.234 or 1,234 could be a thousand or a fraction, until it is declared."""
    if column.name in ("longitude", "latitude"):
        commas = text[text.str.contains(",", regex=False, na=False)]
        ambiguous = commas
    else:
        pointed = text[text.str.contains(".", regex=False, na=False)]
        grouped = pointed[pointed.str.fullmatch(r"[+-]?[1-9]\d{0,2}(\.\d{3})+")]
        ambiguous = grouped if len(grouped) == len(pointed) else pointed.iloc[:0]
        ambiguous = pd.concat([text[text.str.contains(",", regex=False, na=False)], ambiguous])
    if len(ambiguous):
        many = counted(len(ambiguous), "value", "values")
        raise DataError(
            f"Column '{column.name}': {many} such as {ambiguous.iloc[0]!r} can be read in two ways.\n"
            f"  Fix: read(..., decimal=',') if the comma marks decimals, decimal='.' if the point does."
        )


def _whole(numbers: pd.Series, values: pd.Series, column: Column, found: Found) -> tuple[pd.Series, Found]:
    # beyond 2 ** 53 a float does not hold each whole number
    bad = numbers.notna() & ((numbers != numbers.round()) | (numbers.abs() > 2**53))
    told = _told(bad.to_numpy(), values, column, "is no whole number that can be counted: left missing")
    return numbers.mask(bad).astype("Int64"), found + told


def _dates(values: pd.Series, column: Column, dates: str | None) -> tuple[pd.Series, Found, pd.Series]:
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        days = values.dt.tz_localize(None) if values.dt.tz is not None else values
        known = days.notna()
        return _finished(days.dt.normalize(), pd.Series("day", index=values.index).where(known, "unknown"), column, [])
    if dates is not None and "%" not in dates:
        check_option("dates", dates, DATE_ORDERS)
    is_real = values.map(lambda one: isinstance(one, date) and not pd.isna(one)).to_numpy(dtype=bool)
    if is_real.any():  # a cell of a workbook is a date or text
        return _with_real_dates(values, is_real, column, dates)
    text = as_text(values)
    if dates is None or dates == "iso":
        year, month, day, precision = _iso(text)
        if dates is None:
            _refuse_undeclared(text[precision.eq("unknown") & text.notna()], column)
    elif dates in ("epoch_ms", "epoch_s", "excel") or "%" in dates:
        return _counted_days(text, values, column, dates)
    elif dates == "year":
        year = _part(text.str.extract(r"^(\d{4})(?:\.0)?$")[0])
        month = day = pd.Series(1.0, index=text.index)
        precision = pd.Series("year", index=text.index).where(year.notna(), "unknown")
    else:
        year, month, day = _ordered(text, dates)
        precision = pd.Series("day", index=text.index).where(year.notna(), "unknown")
        iso = _iso(text)  # what says its own order is read by it
        said = year.notna()
        year, month, day = (ours.where(said, theirs) for ours, theirs in zip((year, month, day), iso, strict=False))
        precision = precision.mask(precision == "unknown", iso[3])
    days = pd.to_datetime(pd.DataFrame({"year": year, "month": month, "day": day}), errors="coerce")
    bad = (days.isna() & text.notna()).to_numpy()
    found = _told(bad, text, column, "is no date: left missing")
    return _finished(days, precision.where(days.notna(), "unknown"), column, found)


def _with_real_dates(
    values: pd.Series, is_real: np.ndarray[Any, Any], column: Column, dates: str | None
) -> tuple[pd.Series, Found, pd.Series]:
    """Take dates as they are where cells hold them, and read the text of the others."""
    days, found, precision = _dates(values.astype("object").mask(is_real, None), column, dates)
    real = [datetime(one.year, one.month, one.day) for one in values[is_real]]
    days[is_real] = pd.Series(real, index=days.index[is_real], dtype=DTYPES["date"])
    return days, found, precision.mask(is_real, "day")


def _finished(
    days: pd.Series, precision: pd.Series, column: Column, found: Found
) -> tuple[pd.Series, Found, pd.Series]:
    days = days.astype("datetime64[us]")
    if column.name in _PERIOD_END:
        days = days.mask(precision.eq("year"), days + pd.offsets.YearEnd(0))
        days = days.mask(precision.eq("month"), days + pd.offsets.MonthEnd(0)).astype("datetime64[us]")
    return days, found, precision.astype("str")


def _part(text: pd.Series) -> pd.Series:
    return pd.to_numeric(text, errors="coerce").astype("float64")


def _iso(text: pd.Series) -> tuple[pd.Series, pd.Series, pd.Series, pd.Series]:
    """Return year, month, day and precision of ISO 8601 dates: 2015, 2015-04, 2015-04-03, with or without a time."""
    parts = text.str.extract(_ISO)
    year, month, day = (_part(parts[i]) for i in range(3))
    precision = pd.Series("unknown", index=text.index)
    precision = precision.mask(year.notna(), "year").mask(month.notna(), "month").mask(day.notna(), "day")
    return year, month.fillna(1), day.fillna(1), precision


def _refuse_undeclared(other: pd.Series, column: Column) -> None:
    """Refuse dates whose order of day and month is not written on them, until it is declared."""
    marked = other[other.str.match(r"^\d{1,4}[/.\- ]\d{1,2}[/.\- ]\d{1,4}|^\d+(\.\d+)?$")]
    if len(marked):
        raise DataError(
            f"Column '{column.name}': {len(marked)} dates such as {marked.iloc[0]!r} can be read in "
            f"more than one way.\n"
            f"  Fix: read(..., dates='dmy') or one of {', '.join(DATE_ORDERS)}, or a format such as '%d.%m.%y'."
        )


def _ordered(text: pd.Series, order: str) -> tuple[pd.Series, pd.Series, pd.Series]:
    parts = text.str.extract(r"^(\d{1,4})[/.\- ](\d{1,2})[/.\- ](\d{1,4})(?:[T ].*)?$")
    place = {letter: i for i, letter in enumerate(order)}
    year = parts[place["y"]]
    # a year of two digits says no century
    return _part(year.where(year.str.len() == 4)), _part(parts[place["m"]]), _part(parts[place["d"]])


def _counted_days(text: pd.Series, values: pd.Series, column: Column, dates: str) -> tuple[pd.Series, Found, pd.Series]:
    days: Any
    if "%" in dates:
        try:
            days = pd.to_datetime(text, format=dates, errors="coerce")
        except ValueError as error:
            raise OptionError(f"dates={dates!r} is no format: {error}") from None
    else:
        unit, origin = {"epoch_ms": ("ms", "unix"), "epoch_s": ("s", "unix"), "excel": ("D", "1899-12-30")}[dates]
        numbers = pd.to_numeric(text, errors="coerce")
        days = pd.Series(pd.to_datetime(numbers, unit=unit, origin=origin, errors="coerce"))  # type: ignore[call-overload]
    days = days.dt.normalize()
    found = _told((days.isna() & text.notna()).to_numpy(), values, column, "is no date: left missing")
    precision = pd.Series("day", index=text.index).where(days.notna(), "unknown")
    return _finished(days, precision, column, found)
