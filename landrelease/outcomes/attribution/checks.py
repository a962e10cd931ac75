"""Whether an attribution may be believed: its checks, and the words that they allow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

__all__ = ["Found", "check", "wording_of"]

LEVEL = 0.05
"""A test fails below this p value; intervals hold the rest."""
MIN_FREEDOM = 9
"""Ten clusters: with fewer, cluster-robust errors are too small to be trusted."""
MIN_GROUPS = 3

Row = tuple[str, str, float, float, float, float, str]


@dataclass(frozen=True)
class Found:
    """What the checks look at."""

    effects: pd.DataFrame
    joint: tuple[float, float, int]
    without: pd.DataFrame
    freedom: float
    buffer_m: float | None
    placebo_years: int

    def row(self, code: str) -> pd.Series | None:
        """Return the first effect of a kind, if it could be estimated."""
        rows = self.effects[self.effects["effect_code"] == code]
        return rows.iloc[0] if len(rows) else None


def check(found: Found) -> pd.DataFrame:
    """Return each check with its result: passed, failed, or open where it could not tell."""
    names = ["check_code", "result_code", "effect", "effect_low", "effect_high", "p_value", "message"]
    return pd.DataFrame(list(_rows(found)), columns=names)


def _rows(found: Found) -> Iterator[Row]:
    main = found.effects.iloc[0]
    yield _effect(main)
    yield _pre_trend(found)
    years = found.placebo_years
    yield _placebo("placebo_date", found.row("placebo_date"), main, f"a release {years} years too early")
    yield _placebo("cancelled", found.row("cancelled"), main, "cancellation, of areas that were never hazardous,")
    yield _leave_one_out(found, main)
    yield _spillover(found)
    has_enough = found.freedom >= MIN_FREEDOM
    count = max(int(found.freedom) + 1, 0)
    yield (
        "clusters", "passed" if has_enough else "failed", np.nan, np.nan, np.nan, np.nan,
        f"the errors rest on {count:,} clusters; {MIN_FREEDOM + 1} are needed",
    )  # fmt: skip


def _interval(row: pd.Series) -> tuple[float, float, float]:
    return float(row["effect"]), float(row["effect_low"]), float(row["effect_high"])


def _effect(main: pd.Series) -> Row:
    effect, low, high = _interval(main)
    if np.isnan(low):
        return "effect", "open", effect, low, high, np.nan, "one cluster says it all: its error can not be seen"
    is_clear = low > 0 or high < 0
    said = "the interval leaves out zero" if is_clear else "the interval holds zero"
    return "effect", "passed" if is_clear else "failed", effect, low, high, np.nan, said


def _pre_trend(found: Found) -> Row:
    _, p_value, count = found.joint
    if not count:
        said = "no year before the base year, or too few clusters, to test the trends before release"
        return "pre_trend", "open", np.nan, np.nan, np.nan, np.nan, said
    is_alike = p_value >= LEVEL
    said = f"joint test that {count} differences before release are zero: p = {p_value:.2g}"
    return "pre_trend", "passed" if is_alike else "failed", np.nan, np.nan, np.nan, p_value, said


def _placebo(code: str, row: pd.Series | None, main: pd.Series, what: str) -> Row:
    """A placebo must show nothing; one that could not tell nothing from the effect itself says nothing."""
    if row is None or np.isnan(row["effect_low"]):
        return code, "open", np.nan, np.nan, np.nan, np.nan, f"the effect of {what} could not be estimated"
    effect, low, high = _interval(row)
    if low > 0 or high < 0:
        return code, "failed", effect, low, high, np.nan, f"{what} shows an effect, and should show none"
    if low <= main["effect"] <= high:
        said = f"the interval of the effect of {what} holds zero, and the overall effect as well: it can not tell"
        return code, "open", effect, low, high, np.nan, said
    return code, "passed", effect, low, high, np.nan, f"{what} shows no effect"


def _leave_one_out(found: Found, main: pd.Series) -> Row:
    effect, low, high = _interval(main)
    others = found.without["effect"].to_numpy(dtype=float)
    if np.isnan(others).any() or len(others) < MIN_GROUPS or np.isnan(low):
        said = f"fewer than {MIN_GROUPS} groups, or no effect without one of them"
        return "leave_one_out", "open", np.nan, np.nan, np.nan, np.nan, said
    least, most = float(others.min()), float(others.max())
    is_steady = (others * effect > 0).all() and low <= least and most <= high
    said = f"without any one of {len(others):,} groups the effect is {least:,.4g} to {most:,.4g}"
    return "leave_one_out", "passed" if is_steady else "failed", np.nan, least, most, np.nan, said


def _spillover(found: Found) -> Row:
    row = found.row("unguarded")
    if found.buffer_m is None or row is None:
        said = "controls near released land were kept: what release does to them hides or feigns an effect"
        return "spillover", "open", np.nan, np.nan, np.nan, np.nan, said
    effect, low, high = _interval(row)
    said = f"no control within {found.buffer_m:,.0f} m of released land; with them the effect would be {effect:,.4g}"
    return "spillover", "passed", effect, low, high, np.nan, said


def wording_of(
    checks: pd.DataFrame, main: pd.Series, outcome: str, detectable_effect: float
) -> tuple[Literal["descriptive", "consistent with", "supported"], str]:
    """Return the words that the checks allow, and the result in them."""
    result = checks.set_index("check_code")["result_code"]
    failed, still_open = (list(result.index[result == one]) for one in ("failed", "open"))
    effect, low, high = _interval(main)
    base = (
        f"After release '{outcome}' changed by {effect:+,.4g} (95 % interval {low:,.4g} to {high:,.4g}) against areas "
        f"that were not released: {int(main['released_count']):,} released areas."
    )
    if failed or result["pre_trend"] != "passed":
        why = ", ".join(failed or ["pre_trend"])
        said = f"{base} This describes; it does not say that release is the cause (not passed: {why})."
        if "effect" in failed:
            said += f" Effects smaller than {detectable_effect:,.4g} could not have been seen: no effect is not shown."
        return "descriptive", said
    if still_open:
        return "consistent with", f"{base} This is consistent with an effect of release; open: {', '.join(still_open)}."
    return "supported", f"{base} An effect of release is supported: all {len(checks)} checks passed."
