"""The account of hazardous land, and what in it is in doubt."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from landrelease.report.frames import (
    MOST_LISTED,
    Column,
    add_up,
    capped,
    pick,
    tabulate,
)  # fmt: skip
from landrelease.report.pictures import (
    FLOWS,
    Picture,
    account_picture,
)
from landrelease.report.words import clean, in_a_row, say_land
from landrelease.said import say

__all__ = ["account_section", "doubt_section"]

_ACCOUNT = (
    "opening_m2", "newly_recorded_m2", "confirmed_m2", "adjusted_m2", "cancelled_m2", "reduced_m2",
    "cleared_m2", "undated_m2", "unexplained_m2", "closing_m2",
)  # fmt: skip


def account_section(account: pd.DataFrame) -> dict[str, Any]:
    """Return the account of hazardous land: totals per year, groups of the last year, and what is open."""
    by = [name for name in account.columns if name not in ("year", "closing_undated_m2", *_ACCOUNT)]
    flows = pick(account, ["year", *_ACCOUNT, "closing_undated_m2"])
    years = flows.groupby("year", sort=True).sum(min_count=1).reset_index()
    if not len(years):
        return {"years": None}
    last = years["year"].max()
    closing = capped(account[account["year"].eq(last)], by, "closing_m2", _ACCOUNT)
    columns = {name: Column(name.removesuffix("_m2").replace("_", " ").capitalize(), "ha") for name in _ACCOUNT}
    if (by and not pick(account, ["confirmed_m2"])["confirmed_m2"].fillna(0).any()) or not by:
        columns.pop("confirmed_m2")
    totals = {name: column for name, column in columns.items() if name != "confirmed_m2"}
    names = [clean(name).replace("_", " ") for name in by]
    labels, heading = in_a_row(names), in_a_row([name.capitalize() for name in names])
    return {
        "years": tabulate(years, "The account of hazardous land per year, in hectares (ha)",
                        {"year": Column("Year", "year"), **totals}),
        "groups": tabulate(closing, say("The account of {0} by {1}, in hectares (ha)", str(int(last)), labels),
                         {"group": Column(heading), **columns}) if by else None,
        "picture": _account_picture(years),
        "gaps": _say_gaps(flows),
        "undated": _say_undated(flows, last),
        "missing": int(flows[["opening_m2", "closing_m2", *FLOWS]].isna().any(axis=1).sum()),
    }  # fmt: skip


def _account_picture(years: pd.DataFrame) -> Picture | None:
    known = years.dropna(subset=["closing_m2"])
    if not len(known):
        return None
    first, last = known.iloc[0], known.iloc[-1]
    alt = say(
        "A line of the hazardous land at the end of each year, {0} in {1} and {2} in {3}, above bars of what was newly "
        "recorded, cancelled, reduced and cleared each year; the table below has the figures.",
        say_land(first["closing_m2"]), str(int(first["year"])), say_land(last["closing_m2"]), str(int(last["year"])),
    )  # fmt: skip
    return account_picture(years, alt)


def _say_gaps(flows: pd.DataFrame) -> str:
    """Say what the account can not explain; gaps of either sign are added, lest they hide each other."""
    gaps = flows["unexplained_m2"].abs()
    if gaps.isna().all():
        return say("Whether the account closes without a gap is not known.")
    odd = flows[gaps >= 0.5]
    if not len(odd):
        return say("The account closes: no change of any year is left unexplained.")
    years = sorted({int(year) for year in odd["year"].dropna()})
    listed = ", ".join(map(str, years[:8]))
    listed = say("{0} and later", listed) if len(years) > 8 else listed
    land = say_land(add_up(gaps))
    return say("{0} of change is left unexplained ({1}), added without regard to its sign.", land, listed)


def _say_undated(flows: pd.DataFrame, last: float) -> list[str]:
    said: list[str] = []
    undated = add_up(flows["undated_m2"].abs())
    if undated >= 0.5:
        said.append(say(
            "Records without a date changed the stock by {0} on the day on which their snapshot counts; they are in no "
            "year's flow.",
            say_land(undated),
        ))  # fmt: skip
    held = add_up(flows.loc[flows["year"].eq(last), "closing_undated_m2"])
    if held >= 0.5:
        said.append(say("{0} of the land that is still hazardous has a record without a date.", say_land(held)))
    return said


def doubt_section(doubts: pd.DataFrame, union_m2: float = math.nan) -> dict[str, Any]:
    """Return the land that one record releases and another holds hazardous.

    `union_m2` counts land that several pairs claim once; where it is not known, the pairs are added. [m2]
    """
    is_union = not math.isnan(union_m2)
    largest = doubts.sort_values("overlap_m2", ascending=False, kind="stable").iloc[:MOST_LISTED]
    return {
        "count": len(doubts),
        "land": say_land(union_m2 if is_union else add_up(doubts["overlap_m2"])),
        "is_union": is_union,
        "table": tabulate(
            largest,
            say("Pairs of records that disagree: the largest of {0}", len(doubts)),
            {"area_id": Column("Released by the record"), "release_id": Column("Release"),
             "other_area_id": Column("Held hazardous by"), "overlap_m2": Column("Both claim, ha", "ha")},
        ),
    }  # fmt: skip
