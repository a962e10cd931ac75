"""How numbers, land, shares and days are said; what is missing is never said as a number."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pandas as pd

from landrelease.cells import clean
from landrelease.errors import OptionError
from landrelease.said import as_ours, say

__all__ = [
    "SAY",
    "as_day",
    "clean",
    "in_a_row",
    "is_missing",
    "say_day",
    "say_land",
    "say_share",
    "together",
    "whole_percents",
]

_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip


def say_land(area_m2: float) -> str:
    """Say an area in the unit that reads best: km² from 1 km², ha from 1 ha, else m².

    Examples
    --------
    >>> say_land(12_345_678.0), say_land(52_000.0), say_land(850.4), say_land(0.0), say_land(float("nan"))
    ('12.3 km²', '5.2 ha', '850 m²', '0 m²', 'an unknown area')
    """
    if math.isnan(area_m2):
        return say("an unknown area")
    size = abs(area_m2)
    if size >= 999_950:
        return say("{0} km²", f"{area_m2 / 1e6:,.1f}")
    return say("{0} ha", f"{area_m2 / 1e4:,.1f}") if size >= 9_999.5 else say("{0} m²", f"{area_m2:,.0f}")


def whole_percents(shares: Sequence[float]) -> list[int]:
    """Round shares that sum to 1 to whole percents that sum to 100 (largest remainders).

    Examples
    --------
    >>> whole_percents([0.406, 0.368, 0.226]), whole_percents([1 / 3, 1 / 3, 1 / 3]), whole_percents([])
    ([41, 37, 22], [34, 33, 33], [])
    """
    # 29.000000000000004 is 29: noise of the division must not decide who gets the last percent.
    exact = [round(share * 100, 9) for share in shares]
    whole = [math.floor(percent) for percent in exact]
    by_rest = sorted(range(len(whole)), key=lambda i: (whole[i] - exact[i], i))
    for i in by_rest[: max(round(sum(exact)) - sum(whole), 0)]:
        whole[i] += 1
    return whole


def say_share(share: float, whole: int | None = None) -> str:
    """Say a share in percent; what is not nought or all is never rounded to it.

    Examples
    --------
    >>> [say_share(share) for share in (0.41, 0.0, 0.004, 0.0001, 0.9999, 1.0)]
    ['41 %', '0 %', '0.4 %', 'under 0.1 %', 'over 99.9 %', '100 %']
    >>> say_share(float("nan"))
    'an unknown share'
    """
    if math.isnan(share):
        return say("an unknown share")
    whole = round(share * 100) if whole is None else whole
    share = round(share, 9)
    if not (whole <= 0 < share or (whole >= 100 and share < 1)):
        return say("{0} %", str(whole))
    if 0.0005 <= share < 0.9995:
        return say("{0} %", f"{share * 100:.1f}")
    return say("under {0} %", "0.1") if share < 0.5 else say("over {0} %", "99.9")


def is_missing(value: Any) -> bool:
    """Whether a cell holds nothing: None, NaN, NA, NaT or blank text."""
    return bool(value is None or (pd.api.types.is_scalar(value) and pd.isna(value)) or str(value).strip() == "")


def _say_hectares(area_m2: float) -> str:
    """Say hectares with one decimal; what is there is never rounded to nothing."""
    hectares = float(area_m2) / 1e4
    if hectares != 0 and abs(hectares) < 0.05:
        return "<0.1" if hectares > 0 else ">-0.1"
    return f"{hectares:,.1f}"


def as_day(as_of: str | date) -> date:
    """Return the day of a date or an ISO text."""
    try:
        day = pd.Timestamp(as_of)
    except (ValueError, TypeError):
        day = pd.Timestamp("NaT")
    if pd.isna(day):
        raise OptionError(f"as_of must be a date such as '2025-12-31'; got {as_of!r}")
    return day.date()


def say_day(day: date) -> str:
    """Say a day, whatever the machine's language is."""
    return say(f"{{0}} {_MONTHS[day.month - 1]} {{1}}", str(day.day), str(day.year))


SAY: dict[str, Callable[[Any], str]] = {
    "text": str,
    "code": str,
    "word": str,
    "phrase": str,
    "note": str,
    "ha": _say_hectares,
    "share": lambda value: say_share(float(value)),
    "count": lambda value: f"{int(value):,}",
    "year": lambda value: f"{int(value)}",
    "number": lambda value: f"{float(value):,.4g}" if abs(float(value)) < 1000 else f"{float(value):,.1f}",
    "score": lambda value: f"{float(value):,.2f}",
    "usd": lambda value: f"{float(value):,.0f}",
    "date": lambda value: f"{pd.Timestamp(value):%Y-%m-%d}",
    "months": lambda value: f"{float(value):,.1f}",
    "days": lambda value: f"{float(value):,.0f}",
    "degrees": lambda value: f"{float(value):.5f}",
    "people": lambda value: value if isinstance(value, str) else f"{int(value):,}",
    "exact": lambda value: f"{float(value):,.10g}",
    "flag": lambda value: say("yes") if value else say("no"),
}


def together(texts: Sequence[str]) -> str:
    """Return texts as one, with commas between them."""
    first, *more = texts
    for one in more:
        first = say("{0}, {1}", first, one)
    return first


def in_a_row(names: Sequence[str]) -> str:
    """Return names of columns as one."""
    first, *more = map(as_ours, names or [""])
    for one in more:
        first = say("{0} and {1}", first, one)
    return first
