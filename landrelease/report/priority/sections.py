"""What the pages show of the funding line and of a plan: sentences, tables and pictures; nothing but sums and order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from landrelease.priority import OrdinalWeights, Plan, Stability
from landrelease.priority.explain.story import place_of_line
from landrelease.report.frames import Column, Table, tabulate
from landrelease.report.priority.pictures import LINES, curve_picture, say_drawn, stability_picture
from landrelease.report.sections import RankingLike
from landrelease.report.words import together
from landrelease.said import as_ours, say

__all__ = ["line_section", "plan_section", "plan_words", "say_usd"]

_AROUND, _MOST_AROUND, _MOST_PLANNED = 3, 16, 40


def say_usd(amount: float) -> str:
    """Say an amount of money; what is not known is said so.

    Examples
    --------
    >>> say_usd(1_250_000.4), say_usd(float("nan"))
    ('1,250,000 USD', 'an unknown amount')
    """
    return say("an unknown amount") if np.isnan(amount) else say("{0} USD", f"{amount:,.0f}")


def line_section(
    ranking: RankingLike,
    stability: Stability,
    line: pd.DataFrame,
    top: int | None = None,
    budget_usd: float | None = None,
) -> dict[str, Any]:
    """Return who is surely in, surely out or interchangeable, what that rests on, and the areas around the line."""
    counts = {code: int((line["line"] == code).sum()) for code in LINES}
    ranks = stability.table[["p05_rank", "p95_rank"]].reset_index(drop=True)
    around = _around(pd.concat([line.reset_index(drop=True), ranks], axis=1), top)
    condition = say("By the line that was drawn")
    if top is not None:
        condition = say("If 1 area is funded") if top == 1 else say("If {0} areas are funded", top)
    elif budget_usd is not None:
        condition = say("If {0} are spent from the first area on", say_usd(budget_usd))
    said = [
        say(f"1 area is {words}") if counts[code] == 1 else say(f"{{0}} areas are {words}", counts[code])
        for code, (words, _) in LINES.items()
    ]
    return {
        "sentence": say("{0}, {1}, {2}, and {3}.", condition, *said),
        "figures": [(words, f"{counts[code]:,}") for code, (words, _) in LINES.items()],
        "rests": _rests(ranking, stability),
        "picture": None if around.empty else stability_picture(around, top, _alt(around)),
        "table": _around_table(around),
        "shown": len(around),
        "left": max(counts["interchangeable"] - int((around["line"] == "interchangeable").sum()), 0),
    }


def _around(areas: pd.DataFrame, top: int | None) -> pd.DataFrame:
    """Return the areas that are interchangeable or next to the line, those farthest from it left out, in order."""
    ranked = areas[areas["line"].notna()]
    place = top or place_of_line(areas)
    # the rows next to the line are at half a place from it
    away = pd.Series(np.abs(np.arange(len(ranked)) - (place - 0.5)), index=ranked.index)
    near = ranked[(ranked["line"] == "interchangeable") | (away <= _AROUND)]
    return near.loc[away[near.index].nsmallest(_MOST_AROUND).index.sort_values()]


def _rests(ranking: RankingLike, stability: Stability) -> list[str]:
    weights: str = as_ours(stability.said)
    if isinstance(stability.space, OrdinalWeights):
        labels = {one.column: one.label or one.column.replace("_", " ") for one in ranking.criteria}
        order = together([as_ours(labels[column]) for column in stability.space.order])
        weights = say("any weights in this order: {0}", order)
    said: list[str] = [say("This rests on {0} rankings, each with other weights: {1}.", stability.draws, weights)]
    if stability.unknown_count:
        said.append(
            say("1 value that nobody knows was drawn from the range of its criterion.")
            if stability.unknown_count == 1
            else say(
                "{0} values that nobody knows were drawn from the range of their criterion.", stability.unknown_count
            )
        )
    said.append(say(
        "A share is exact to {0} percentage points. What is sure here is sure only if the weights lie where it is "
        "said.",
        f"{100 * stability.half_width_share:.1f}",
    ))  # fmt: skip
    return said


def _alt(around: pd.DataFrame) -> str:
    first, last = around.iloc[0], around.iloc[-1]
    return say(
        "A bar for each of {0} areas, from {1} to {2}: between which ranks it lies in nine of ten draws, and in which "
        "share of the draws it is funded; the table below has the figures.",
        len(around), first["area_id"], last["area_id"],
    )  # fmt: skip


def _around_table(around: pd.DataFrame) -> Table:
    said = pd.DataFrame({
        "area_id": around["area_id"], "rank": around["rank"],
        "in_share": [say_drawn(share) for share in around["in_share"]],
        "line": [LINES[code][0] for code in around["line"]],
        "p05_rank": around["p05_rank"], "p95_rank": around["p95_rank"],
    })  # fmt: skip
    return tabulate(said, "The areas around the line", {
        "area_id": Column("Area"), "rank": Column("Rank", "count"), "in_share": Column("Funded in", "phrase"),
        "line": Column("That is", "word"), "p05_rank": Column("Rank from", "count"), "p95_rank": Column("To", "count"),
    })  # fmt: skip


def plan_section(plan: Plan, curve: pd.DataFrame | None = None) -> dict[str, Any]:
    """Return what a plan buys, how sure that is, its rules, its areas, and the benefit curve."""
    inside = plan.table[plan.table["is_selected"]]
    said = [say(
        "{0} of {1} areas are in, for {2}: a benefit of {3}, and no plan within the rules gives more than {4} (a gap "
        "of {5} %).",
        len(inside), len(plan.table), say_usd(plan.spent_usd), f"{plan.benefit:,.4g}", f"{plan.bound:,.4g}",
        f"{100 * plan.gap:.2g}",
    )]  # fmt: skip
    if not np.isnan(plan.greedy_benefit):
        said.append(say("The most benefit per dollar first would have reached {0}.", f"{plan.greedy_benefit:,.4g}"))
    if not np.isnan(plan.price_of_keeping):
        said.append(say("Keeping the previous plan costs a benefit of {0}.", f"{plan.price_of_keeping:,.4g}"))
    unknown = plan.table["plan_reason_code"].isin(["unknown_cost", "unknown_benefit"]).sum()
    if unknown:
        lost = "Areas that could not be planned, because a cost or a benefit is not known: {0}."
        said.append(say(lost, int(unknown)))
    return {
        "sentences": said,
        "relaxations": plan.relaxations["text"].tolist(),
        "years": _year_table(inside),
        "rules": tabulate(plan.rules, "What the rules allow, and what the plan uses", {
            "rule": Column("Rule", "phrase"), "unit": Column("Unit", "phrase"), "limit": Column("Limit", "usd"),
            "used": Column("Used", "usd"), "slack": Column("Left", "usd"),
        }),
        "areas": _planned_table(inside),
        "curve": None if curve is None or curve["benefit"].isna().all() else _curve(plan, curve),
    }  # fmt: skip


def plan_words(plan: Plan, area_ids: Sequence[str]) -> dict[str, list[str]]:
    """Say for areas whether and when the plan has them, and why, to those who live beside them.

    Examples
    --------
    >>> from landrelease.priority import plan_clearance
    >>> ranking = pd.DataFrame({"area_id": ["A1", "A2"], "score": [0.6, 0.5]})
    >>> plan = plan_clearance(ranking, cost={"A1": 40e3, "A2": 50e3}, budget={2026: 40e3}, must=["A1"])
    >>> plan_words(plan, ["A1", "A9"])
    {'A1': ['The plan has it in, for 2026.', 'Why: must-include.']}
    >>> plan_words(plan, ["A2"])["A2"][0], plan_words(plan, [])
    ('The plan has it out.', {})
    """
    year_count = int((plan.rules["kind"] == "budget").sum())
    words: dict[str, list[str]] = {}
    shown = plan.table[plan.table["area_id"].isin(area_ids)]
    for area_id, year, reason in zip(shown["area_id"], shown["year"].fillna(0), shown["reason"], strict=True):
        side, _, why = str(reason).partition(": ")
        if year > 999:
            said: list[str] = [say(f"The plan has it {side}, for {{0}}.", str(year))]
        elif year and year_count > 1:
            said = [say(f"The plan has it {side}, for year {{0}}.", str(year))]
        else:
            said = [say(f"The plan has it {side}.")]
        said.append(say("Why: {0}.", as_ours(why)))
        if "the line" in why:
            line = "Areas come in that give most for what they cost; the line is what the last of them gives."
            said.append(say(line))
        words[str(area_id)] = said
    return words


def _year_table(inside: pd.DataFrame) -> Table:
    groups = inside.groupby("year", sort=True)
    years = groups.agg(areas=("area_id", "size"), cost_usd=("cost_usd", "sum"), benefit=("benefit", "sum"))
    return tabulate(years.reset_index(), "The plan by year", {
        "year": Column("Year", "year"), "areas": Column("Areas", "count"), "cost_usd": Column("Cost, USD", "usd"),
        "benefit": Column("Benefit", "number"),
    })  # fmt: skip


def _planned_table(inside: pd.DataFrame) -> Table:
    columns = {
        "area_id": Column("Area"), "year": Column("Year", "year"), "rank": Column("Rank", "count"),
        "method_code": Column("Method"), "cost_usd": Column("Cost, USD", "usd"), "reason": Column("Why", "phrase"),
    }  # fmt: skip
    if inside["method_code"].isna().all():
        del columns["method_code"]
    shown = inside.sort_values(["year", "rank"], kind="stable").iloc[:_MOST_PLANNED]
    which = "The areas of the plan" if len(shown) == len(inside) else say("The first {0} areas of the plan", len(shown))
    return tabulate(shown, which, columns)


def _curve(plan: Plan, curve: pd.DataFrame) -> dict[str, Any]:
    known = curve.dropna(subset=["benefit"])
    least, most = known.iloc[0], known.iloc[-1]
    budget = float(plan.rules.loc[plan.rules["kind"] == "budget", "limit"].sum())
    alt = say(
        "What each budget buys: a benefit of {0} for {1} to {2} for {3}; the table below has the figures.",
        f"{least['benefit']:,.4g}", say_usd(least["budget_usd"]), f"{most['benefit']:,.4g}",
        say_usd(most["budget_usd"]),
    )  # fmt: skip
    columns = {
        "budget_usd": Column("Budget, USD", "usd"), "area_count": Column("Areas", "count"),
        "benefit": Column("Benefit", "number"), "bound": Column("At most", "number"),
        "greedy_benefit": Column("Per dollar first", "number"), "note": Column("Note", "phrase"),
    }  # fmt: skip
    if curve["note"].isna().all():
        del columns["note"]
    return {
        "picture": curve_picture(curve, budget, alt),
        "table": tabulate(curve, "What each budget would buy", columns),
    }
