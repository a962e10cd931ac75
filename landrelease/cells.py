"""Cells of frames that callers make themselves: ids and codes as text, days as days, and nothing guessed."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, cast

import numpy as np
import pandas as pd

from landrelease.errors import DataError, OptionError

__all__ = ["as_days", "as_text", "clean", "counted", "day_of", "days_between", "months_between"]

_ISO = r"^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$"
# What XML can not hold, and what would reorder the text around it.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff\u202a-\u202e]")


def counted(number: int, one: str, many: str) -> str:
    """Return a number with what it counts.

    Examples
    --------
    >>> counted(1, "row was", "rows were"), counted(2_000, "row was", "rows were"), counted(0, "flow", "flows")
    ('1 row was', '2,000 rows were', '0 flows')
    """
    return f"{number:,} {one if number == 1 else many}"


def as_text(values: pd.Series) -> pd.Series:
    """Return values as trimmed text; whole numbers without a decimal point; blank is missing.

    Examples
    --------
    >>> as_text(pd.Series([12.0, None])).tolist(), as_text(pd.Series([" 007 ", ""])).tolist()
    (['12', nan], ['007', nan])
    """
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.dtype.categories.dtype)
    if pd.api.types.is_float_dtype(values.dtype):
        numbers = values.to_numpy(dtype=float, na_value=np.nan)
        texts = [None if np.isnan(x) else str(int(x)) if x.is_integer() else repr(float(x)) for x in numbers]
        return pd.Series(texts, index=values.index, dtype="str")
    if values.dtype == object:
        values = values.map(lambda x: str(int(x)) if isinstance(x, float) and x.is_integer() else x, na_action="ignore")
    text = values.astype("str").str.strip()
    return text.mask(text == "")


def as_days(values: pd.Series, what: str) -> pd.Series:
    """Return real dates and ISO 8601 text as days; raise DataError for anything else: a number is no date.

    Examples
    --------
    >>> as_days(pd.Series(["2020-05-01", None]), "event_date").tolist()
    [Timestamp('2020-05-01 00:00:00'), NaT]
    >>> as_days(pd.Series([2020]), "event_date")
    Traceback (most recent call last):
    landrelease.errors.DataError: event_date: 1 of 1 cells, such as '2020', are no dates.
      Fix: read(..., dates='year') and so on reads dates as a file writes them; pandas.to_datetime(..., format=...) too.
    """
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return (values if values.dt.tz is None else values.dt.tz_localize(None)).astype("datetime64[us]")
    text = as_text(values)
    days = pd.to_datetime(text.str.extract(_ISO)[0], format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")
    bad = days.isna() & text.notna()
    if bad.any():
        raise DataError(
            f"{what}: {int(bad.sum())} of {len(bad)} cells, such as {text[bad].iloc[0]!r}, are no dates.\n"
            f"  Fix: read(..., dates='year') and so on reads dates as a file writes them; "
            f"pandas.to_datetime(..., format=...) too."
        )
    return days


def day_of(name: str, value: Any) -> pd.Timestamp:
    """Return a day that a caller names, at midnight; raise OptionError where it names none, or in an unsaid order.

    Examples
    --------
    >>> day_of("as_of", "2024-12-31")
    Timestamp('2024-12-31 00:00:00')
    >>> day_of("as_of", "03/04/2024")
    Traceback (most recent call last):
    landrelease.errors.OptionError: as_of must be a date such as '2024-12-31'; got '03/04/2024'
    """
    day: Any = pd.NaT
    if isinstance(value, date | np.datetime64) or (isinstance(value, str) and re.match(_ISO, value.strip())):
        day = pd.to_datetime(value, errors="coerce")
    if pd.isna(day):
        raise OptionError(f"{name} must be a date such as '2024-12-31'; got {value!r}")
    return cast(pd.Timestamp, day.tz_localize(None).normalize())


def days_between(dates: pd.Series, precision: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the first and the last day that dates known to a day, a month or a year can mean.

    Examples
    --------
    >>> first, last = days_between(pd.to_datetime(pd.Series(["2020-05-17", "2020-05-17", None])),
    ...     pd.Series(["year", None, "month"]))
    >>> first.tolist(), last.tolist()
    ([Timestamp('2020-01-01 00:00:00'), Timestamp('2020-05-17 00:00:00'), NaT], \
[Timestamp('2020-12-31 00:00:00'), Timestamp('2020-05-17 00:00:00'), NaT])
    """
    day = dates.dt.normalize()
    first, last = day, day
    for known, begin, end in (
        ("month", pd.offsets.MonthBegin(1), pd.offsets.MonthEnd(0)),
        ("year", pd.offsets.YearBegin(1), pd.offsets.YearEnd(0)),
    ):
        is_rough = precision.eq(known)
        first = first.mask(is_rough, day + pd.Timedelta(days=1) - begin)
        last = last.mask(is_rough, day + end)
    return first, last


def months_between(start: pd.Series, end: pd.Series) -> pd.Series:
    """Return calendar months from one day to another: the same day of a later month is a whole number of them.

    Days beyond whole months count as 31sts: a visit a year after the release is at 12, in a leap year too.

    Examples
    --------
    >>> days = pd.to_datetime(pd.Series(["2020-01-31", "2020-02-29", None]))
    >>> months_between(days, pd.to_datetime(pd.Series(["2021-01-31"] * 3))).round(2).tolist()
    [12.0, 11.06, nan]
    """
    begin, until = start.dt, end.dt
    whole = (until.year - begin.year) * 12 + until.month - begin.month
    months: pd.Series = (whole + (until.day - begin.day) / 31.0).astype(float)
    return months


def clean(value: object) -> str:
    """Return text with the characters that a page can not hold made visible.

    Examples
    --------
    >>> clean("a\\x00b"), clean(7), clean("")
    ('a\ufffdb', '7', '')
    """
    return _UNPRINTABLE.sub("\ufffd", str(value))
