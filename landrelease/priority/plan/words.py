"""Why an area is in or out, and what would have to give way: the numbers are those of the tables."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from landrelease.priority.plan.inputs import Asked
from landrelease.priority.plan.problem import EXACT, Floats, Problem, limits
from landrelease.priority.plan.relax import Elastic

__all__ = ["money", "no_plan", "no_time", "relaxations_of", "rule_names"]


@dataclass(frozen=True)
class Rule:
    """One rule in the user's words."""

    kind: str
    year: int | None
    name: str
    unit: str
    text: str


def rule_names(asked: Asked, problem: Problem) -> list[Rule]:
    """Return the rules in the order of `limits`."""
    in_year = {year: f" of {year}" if asked.has_year_labels else f" of year {year}" for year in asked.years}
    if len(asked.years) == 1 and not asked.has_year_labels:
        in_year = {asked.years[0]: ""}
    found = [Rule("budget", year, "", "usd", f"the budget{in_year[year]}") for year in asked.years]
    for name in asked.capacity_names:
        of = f"the capacity in {name}" if name else "the capacity"
        found += [Rule("capacity", year, name, asked.capacity_in, f"{of}{in_year[year]}") for year in asked.years]
    return found + [Rule("floor", None, name, "usd", f"at least {money(least)} in {asked.place_name(name)}")
                    for name, least in zip(asked.floor_names, problem.floor.tolist(), strict=True)]  # fmt: skip


def money(amount: float, unit: str = "usd") -> str:
    """Return an amount as people write it."""
    shown = f"{amount:,.0f}" if abs(amount) >= 100 or float(amount).is_integer() else f"{amount:,.2f}"
    return f"{shown} {'USD' if unit == 'usd' else unit.replace('_', ' ')}"


def relaxations_of(asked: Asked, problem: Problem, ways: list[Elastic]) -> pd.DataFrame:
    """Return one row a rule that gives way: `way` numbers the ways, each of which is enough alone, the least first."""
    rules, limit = rule_names(asked, problem), limits(problem)
    most = _most_in_groups(problem)
    rows = []
    for number, way in enumerate(ways, start=1):
        for at in np.flatnonzero(way.excess > 0):
            rule, by = rules[at], float(way.excess[at])
            if rule.kind == "floor":
                new, place = limit[at] - by, asked.place_name(rule.name)
                text = f"spend at least {money(new)} in {place}" if new else f"promise no money to {place}"
                text += f", {money(by)} less than asked"
                if abs(new - most[asked.floor_names.index(rule.name)]) <= 1e-6 * limit[at]:
                    text += ": all its areas that can be planned cost no more"
            else:
                new = limit[at] + by
                text = f"raise {rule.text} by {money(by, rule.unit)}, to {money(new, rule.unit)}"
            text += "" if way.is_least else "; less may be enough"
            rows.append((number, rule.kind, rule.name, rule.year, limit[at], new, by, rule.unit, way.is_least, text))
        cheapest = np.minimum.reduceat(problem.cost, problem.starts) if problem.n_areas else np.zeros(0)
        for area in np.flatnonzero(way.dropped).tolist():
            what = "keep" if asked.kept[area] else "must"
            named = "area kept from the previous plan" if what == "keep" else "must-include area"
            text = f"leave out the {named} {asked.label(area)}, which costs {money(cheapest[area], 'usd')}"
            cells = (1.0, 0.0, 1.0, "area")
            rows.append((number, what, asked.label(area), None, *cells, way.is_least, text))
    columns = ["way", "kind", "name", "year", "limit", "new_limit", "by", "unit", "is_least", "text"]
    types = {"way": "Int64", "kind": "str", "name": "str", "year": "Int64", "limit": "float64", "new_limit": "float64",
             "by": "float64", "unit": "str", "is_least": "boolean", "text": "str"}  # fmt: skip
    return pd.DataFrame(rows, columns=columns).astype(types)


def _most_in_groups(problem: Problem) -> Floats:
    """Return what all areas of each group cost at most."""
    if not problem.n_areas:
        return np.zeros(len(problem.floor))
    dearest = np.maximum.reduceat(problem.cost, problem.starts)
    inside = problem.group >= 0
    return np.bincount(problem.group[inside], dearest[inside], len(problem.floor)).astype(np.float64)


def no_plan(relaxations: pd.DataFrame) -> str:
    """Return the message for rules that no plan keeps."""
    lines = []
    ways = relaxations.groupby("way", sort=True)
    for number, way in ways:
        parts = way["text"].tolist()
        more = f"; and {len(parts) - 4:,} more such" if len(parts) > 4 else ""
        lead = f"  {number}. " if ways.ngroups > 1 else "  "
        lines.append(f"{lead}{'; '.join(parts[:4])}{more}")
    is_sure = bool(relaxations["is_least"].any())
    head = "no plan keeps all the rules" if is_sure else "no plan was found that keeps all the rules"
    is_one = ways.ngroups == 1
    which = "This is enough:" if is_one else "Any one of these is enough, the smallest change first:"
    fix = "make the change" if is_one else "choose one of them"
    return f"{head}. {which}\n" + "\n".join(lines) + f"\n  Fix: {fix}; infeasible='relax' does the first."


def no_time(problem: Problem) -> str:
    """Return the message for rules of which nobody knows in time whether a plan keeps them; plain sums may show it."""
    there = float(problem.budget.sum())
    cheapest = np.minimum.reduceat(problem.cost, problem.starts)[problem.must] if problem.n_areas else np.zeros(0)
    for name, promised in (("floors", problem.floor.sum()), ("must-include areas", cheapest.sum())):
        if promised > there * (1 + EXACT):
            return (
                f"no plan keeps all the rules: the {name} take {money(promised)}, and there are {money(there)}.\n"
                "  Fix: a higher time_limit_s, to be told the smallest changes that are enough."
            )
    return "no plan that keeps the rules was found in the time.\n  Fix: a higher time_limit_s, or fewer rules."
