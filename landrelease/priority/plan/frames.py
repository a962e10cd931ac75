"""The tables of a plan: each area with its reason, each rule with what it leaves, each package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from landrelease.priority.plan.greedy import entry_budgets
from landrelease.priority.plan.inputs import Asked
from landrelease.priority.plan.problem import Bools, Choice, Floats, Ints, Prices, Problem, allowed, limits, used
from landrelease.priority.plan.words import money, rule_names

__all__ = ["packages_frame", "rules_frame", "table_frame"]

TYPES = {
    "area_id": "str", "rank": "Int64", "is_selected": "boolean", "year": "Int64", "method_code": "str",
    "cost_usd": "float64", "benefit": "float64", "benefit_rate": "float64", "line_rate": "float64",
    "would_method_code": "str", "would_cost_usd": "float64", "would_benefit": "float64", "enters_at_usd": "float64",
    "group": "str", "package_id": "str", "is_kept": "boolean", "plan_reason_code": "str", "reason": "str",
}  # fmt: skip


def table_frame(asked: Asked, problem: Problem, choice: Choice, prices: Prices) -> pd.DataFrame:
    """Return one row an area, in the order of the ranking."""
    areas = asked.areas
    unplanned = areas[areas["why"].ne("")]
    out = unplanned[["area_id", "rank", "group", "package_id", "is_kept"]].assign(
        is_selected=False, plan_reason_code=unplanned["why_code"], reason="out: " + unplanned["why"].astype("str")
    )
    parts = [out] if len(out) else []
    if problem.n_areas:
        parts.insert(0, _planned(asked, problem, choice, prices))
    table = pd.concat(parts).sort_index() if parts else out
    return table.reindex(columns=list(TYPES)).astype(TYPES).reset_index(drop=True)


def _planned(asked: Asked, problem: Problem, choice: Choice, prices: Prices) -> pd.DataFrame:
    """Return the rows of the areas that can be planned."""
    chosen = choice.option >= 0
    enters, would = entry_budgets(problem, choice)
    option = np.where(chosen, choice.option, would)
    line, lift, year = _lines(problem, prices, option, np.where(chosen, choice.year, -1))
    benefit, cost = problem.value[option] * problem.factor[year], problem.cost[option]
    method = pd.Series(asked.method[option], dtype="object").replace("", None)
    rows = pd.DataFrame({
        "is_selected": chosen,
        "year": pd.Series(np.array(asked.years)[year], dtype="Int64").where(chosen),
        "method_code": method.where(chosen), "would_method_code": method.mask(chosen),
        "cost_usd": np.where(chosen, cost, np.nan), "would_cost_usd": np.where(chosen, np.nan, cost),
        "benefit": np.where(chosen, benefit, np.nan), "would_benefit": np.where(chosen, np.nan, benefit),
        "benefit_rate": 1000 * benefit / cost, "line_rate": 1000 * (line - lift) / cost,
        "enters_at_usd": enters,
    })  # fmt: skip
    rows["plan_reason_code"] = _codes(asked, problem, choice, benefit - line, lift)
    of_area = asked.areas.iloc[asked.place]
    for name in ("area_id", "rank", "group", "package_id", "is_kept", "lacking"):
        rows[name] = of_area[name].to_numpy()
    say = _sayer(asked, problem, choice)
    rows["reason"] = [say(*row) for row in zip(*(rows[name].to_numpy(object) for name in _SAID), strict=True)]
    return rows.set_index(of_area.index)


def _lines(problem: Problem, prices: Prices, option: Ints, year: Ints) -> tuple[Floats, Floats, Ints]:
    """Return what an option uses at the prices, what of that its floor is worth, and the year.

    Where no year is given (-1) it is the one that suits the option best.
    """
    each = np.vstack([prices.capacity, np.zeros(problem.n_years)])[problem.row[option]]
    use = problem.cost[option, None] * prices.budget + problem.work[option, None] * each
    best = (problem.value[option, None] * problem.factor - use).argmax(axis=1)
    year = np.where(year < 0, best, year)
    lift = np.r_[prices.floor, 0.0][problem.group] * problem.cost[option]
    return use[np.arange(len(option)), year], lift, year


def _codes(asked: Asked, problem: Problem, choice: Choice, surplus: Floats, lift: Floats) -> list[str]:
    """Return why each area is in or out, as a code; the first that holds."""
    chosen = choice.option >= 0
    starts = problem.starts
    most = np.maximum.reduceat(problem.value, starts)
    little = 1e-9 * most
    fits = np.logical_or.reduceat(allowed(problem).any(axis=1), starts)
    too_dear = np.minimum.reduceat(problem.cost, starts) > problem.budget.max() * (1 + 1e-9)
    is_closed = np.r_[choice.start >= problem.n_years, False][problem.package]
    conditions = [
        ("kept", chosen & problem.must & asked.kept),
        ("must", chosen & problem.must),
        ("worth", chosen & (surplus >= -little)),
        ("floor", chosen & _holds_floor(problem, choice)),
        ("fill", chosen),
        ("no_benefit", most <= 0),
        ("too_dear", too_dear),
        ("too_much_work", ~fits),
        ("package", is_closed),
        ("no_room", surplus + lift >= -little),
    ]
    codes = np.select([one for _, one in conditions], [code for code, _ in conditions], "below_line")
    return [str(code) for code in codes]


def _holds_floor(problem: Problem, choice: Choice) -> Bools:
    """Tell which areas' groups would miss their floor without them."""
    years, rows = problem.n_years, problem.capacity.size
    over = np.r_[used(problem, choice)[years + rows :] - problem.floor, np.inf][problem.group]
    holds: Bools = problem.cost[choice.option] > over
    return holds


_SENTENCES = {
    "kept": "in: kept from the previous plan",
    "must": "in: must-include",
    "worth": "in: it gives {gives} for each 1,000 USD; the line is {line}",
    "floor": "in: so that at least {least} go to {place}; it gives {gives} for each 1,000 USD",
    "fill": "in: it gives {gives} for each 1,000 USD, below the line of {line}, and fits in the rest",
    "no_benefit": "out: it gives nothing",
    "too_dear": "out: it costs {cost}, more than {where} of {most}",
    "too_much_work": "out: it needs more {work} than its teams have in any year",
    "package": "out: package {package} is not set up; without that, it would give {gives} for each 1,000 USD",
    "no_room": "out: it gives {gives} for each 1,000 USD, at or above the line of {line}, but does not fit beside the "
    "others; {left} of {where} is left",
    "below_line": "out: it gives {gives} for each 1,000 USD; the line is {line}",
}


_SAID = ("plan_reason_code", "benefit_rate", "line_rate", "would_cost_usd", "enters_at_usd", "group", "package_id",
         "lacking")  # fmt: skip


def _sayer(asked: Asked, problem: Problem, choice: Choice) -> Callable[..., str]:
    """Return what makes a sentence of the columns `_SAID` of a row of the table."""
    left = float((problem.budget - used(problem, choice)[: problem.n_years]).max(initial=0.0))
    same = {
        "most": money(float(problem.budget.max(initial=0.0))),
        "left": money(left),
        "where": "the budget" if problem.n_years == 1 else "any year's budget",
        "work": asked.capacity_in.replace("_", " "),
    }
    places = {group: asked.place_name(group) for group in asked.floor_names}
    promised = dict(zip(asked.floor_names, map(money, problem.floor.tolist()), strict=True))

    def say(
        code: str, gives: float, line: float, cost: float, enters: float, group: Any, package: Any, lacking: Any
    ) -> str:
        text = _SENTENCES[code].format(
            gives=f"{gives:.3g}", line=f"{line:.3g}", cost=money(cost), place=places.get(group),
            least=promised.get(group), package=package, **same,
        )  # fmt: skip
        if text.startswith("out") and code not in ("no_benefit", "too_much_work"):
            text += (
                f"; more money does not bring it in, its teams have too few {same['work']} left"
                if np.isnan(enters)
                else f"; it would enter at a budget of about {money(round(enters))}"
            )
        if isinstance(lacking, str):
            text += f"; not looked at: {lacking}, for which a number is missing"
        return text

    return say


def rules_frame(asked: Asked, problem: Problem, choice: Choice, prices: Prices) -> pd.DataFrame:
    """Return one row a rule: its limit, what the plan uses, what is left, and what one unit more would give."""
    use, limit = used(problem, choice), limits(problem)
    price = np.r_[prices.budget, prices.capacity.ravel(), prices.floor]
    rules = rule_names(asked, problem)
    is_floor = np.array([one.kind == "floor" for one in rules], bool)
    frame = pd.DataFrame({
        "kind": [one.kind for one in rules], "name": [one.name or None for one in rules],
        "year": [one.year for one in rules], "unit": [one.unit for one in rules], "limit": limit, "used": use,
        "slack": np.where(is_floor, use - limit, limit - use), "benefit_per_unit": price,
        "rule": [one.text for one in rules],
    })  # fmt: skip
    return frame.astype({"kind": "str", "name": "str", "year": "Int64", "unit": "str", "rule": "str"})


def packages_frame(asked: Asked, problem: Problem, choice: Choice) -> pd.DataFrame:
    """Return one row a package: whether and when it is set up, what that costs, and how many of its areas are in."""
    is_open = choice.start < problem.n_years
    inside = (choice.option >= 0) & (problem.package >= 0)
    labels = np.array([*asked.years, 0])[choice.start]
    frame = pd.DataFrame({
        "package_id": list(asked.package_names), "is_selected": is_open,
        "year": pd.Series(labels, dtype="Int64").where(is_open), "setup_usd": problem.setup,
        "area_count": np.bincount(problem.package[inside], minlength=len(problem.setup)),
    })  # fmt: skip
    return frame.astype({"package_id": "str", "is_selected": "boolean", "area_count": "Int64"})
