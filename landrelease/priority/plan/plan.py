"""What the budget buys: the programme that gives the most benefit within its rules, with how sure that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from inspect import signature
from time import monotonic
from typing import Any, Literal

import numpy as np
import pandas as pd

from landrelease.errors import DataError, OptionError, check_option, nearest
from landrelease.priority.plan import worker
from landrelease.priority.plan.frames import packages_frame, rules_frame, table_frame
from landrelease.priority.plan.greedy import filled, greedy, plain_prices
from landrelease.priority.plan.inputs import Asked, PerYear, amount_of, read_asked, warn_of_scores
from landrelease.priority.plan.problem import Bools, Choice, Prices, Problem, can_be, tidied, used, value_of, weigh
from landrelease.priority.plan.relax import Elastic, kinds_of
from landrelease.priority.plan.words import no_plan, no_time, relaxations_of
from landrelease.priority.score.ranking import Ranking

__all__ = ["Plan", "budget_sweep", "plan_clearance"]


@dataclass(frozen=True)
class Plan:
    """What `plan_clearance` found, with its bound and every reason.

    Attributes
    ----------
    table : DataFrame
        One row an area of the ranking, in its order, ready for CSV: area_id, rank, is_selected, year, method_code,
        cost_usd and benefit (of what is in; they sum to the plan), benefit_rate and line_rate (what it gives and what
        it would have to give for each 1,000 USD), would_method_code, would_cost_usd and would_benefit (of what is out),
        enters_at_usd (the total budget at which it would come in, an estimate), group, package_id, is_kept,
        plan_reason_code and reason.
    rules : DataFrame
        One row a rule: kind, name, year, unit, limit, used, slack, benefit_per_unit (what one unit more of the limit,
        of a floor one less, would give: its shadow price), rule.
    packages : DataFrame
        One row a package: package_id, is_selected, year, setup_usd, area_count.
    relaxations : DataFrame
        What had to give way, with `infeasible="relax"`: way, kind, name, year, limit, new_limit, by, unit, is_least
        (shown that no change of this kind is smaller, but for 0.03 % of its total), text. Empty where all rules are
        kept.
    benefit : float
        Benefit of the plan, later years discounted.
    bound : float
        No plan that keeps the rules gives more.
    gap : float
        Part of the bound that the plan may be short of.
    greedy_benefit : float
        What the most benefit per dollar first would have reached; missing where that breaks a rule.
    spent_usd : float
        Cost of the areas and packages. [USD]
    free_benefit : float
        Benefit of the best plan that was found without keeping the previous one; missing without `keep`.
    how : str
        How it was solved, and whether the solver came to its end.
    seconds : float
        How long that took. [s]
    """

    table: pd.DataFrame
    rules: pd.DataFrame
    packages: pd.DataFrame
    relaxations: pd.DataFrame
    benefit: float
    bound: float
    gap: float
    greedy_benefit: float
    spent_usd: float
    free_benefit: float
    how: str
    seconds: float

    @property
    def selected(self) -> tuple[str, ...]:
        """Ids of the areas that are in."""
        return tuple(self.table.loc[self.table["is_selected"], "area_id"])

    @property
    def price_of_keeping(self) -> float:
        """Benefit that keeping the previous plan costs; missing without `keep`."""
        return self.free_benefit - self.benefit


def plan_clearance(
    ranking: Ranking | pd.DataFrame,
    *,
    cost: pd.DataFrame | pd.Series | Mapping[Any, float],
    budget: PerYear,
    years: int = 1,
    benefit: str = "score",
    capacity: float | Mapping[str, PerYear] | None = None,
    capacity_in: str = "team_days",
    floors: Mapping[Any, float] | None = None,
    floors_by: str = "admin_code",
    place_names: Mapping[Any, str] | None = None,
    must: Iterable[Any] | None = None,
    never: Iterable[Any] | None = None,
    packages: Mapping[Any, float] | None = None,
    keep: Plan | Iterable[Any] | None = None,
    discount_rate: float = 0.0,
    gap: float = 1e-3,
    time_limit_s: float = 120.0,
    infeasible: Literal["raise", "relax"] = "raise",
) -> Plan:
    """Choose the areas, methods and years that give the most benefit within the money, the teams and the promises.

    Parameters
    ----------
    ranking : Ranking or DataFrame
        As `prioritise` returns it, or a frame with `area_id` and the benefit.
    cost : DataFrame, Series or mapping
        {area_id: USD}; or a frame with a row for each area and method: `area_id`, `cost_usd`, and where they apply
        `method_code`, `benefit_share` (part of the area's benefit that the method gives; else all of it), the column
        that `capacity_in` names, the column that `floors_by` names, and `package_id`. An empty cell is not known:
        what lacks a number that it needs is not planned, and the table says so.
    budget : float or mapping of int to float
        Money of each year, or {year: money}. What a year leaves is not carried over. [USD]
    years : int
        Number of years, where `budget` is one number.
    benefit : str
        Column of the ranking's table or values that is added up; 0 or more.
    capacity : float or mapping, optional
        Work that all teams, or {method_code: the teams of it}, can do in a year; also {method_code: {year: work}}.
        A method without an entry has no limit.
    capacity_in : str
        Column of `cost` that holds the work of each option, in the unit of `capacity`.
    floors : mapping, optional
        {group: least money for its areas, over all years}. Set-up costs do not count. [USD]
    floors_by : str
        Column of `cost` with the group of each area.
    place_names : mapping, optional
        {group: what readers call it}, for the reasons and the messages.
    must, never : iterable of area_id, optional
        Areas that are in, or out, whatever they give.
    packages : mapping, optional
        {package_id: what it costs to set up, once, in or before the first year in which one of its areas is worked}.
        An area with a `package_id` can not be worked without it. [USD]
    keep : Plan or iterable of area_id, optional
        The previous plan: its areas are in like those of `must`, as far as they are still ranked and have a cost, and
        `price_of_keeping` says what that costs.
    discount_rate : float
        By how much a benefit counts less a year later; 0.03 is 3 % a year. With 0, years count alike.
    gap : float
        The search ends when no plan can be better by more than this part of the bound.
    time_limit_s : float
        Time for the search. It holds: the solver runs in a process of its own, which is stopped. Reading the input
        before and writing the reasons after it come on top, whatever the limit: some 3 s for 100,000 areas. [s]
    infeasible : {"raise", "relax"}
        What happens where no plan keeps all rules: an error that names the smallest changes that would be enough, or
        a plan after the first of them, which `relaxations` tells.

    Returns
    -------
    Plan
        Its table (a reason for each area), its rules, and how sure it is.

    Raises
    ------
    OptionError
        An argument has no meaning: years below 1, a negative budget, an area both in `must` and `never`.
    DataError
        No plan keeps the rules; an id, method, group or package is unknown; a cost is 0 or less, or given twice; an
        area of `must` has no cost or no benefit; a benefit is negative; or no plan was found in the time.

    Warns
    -----
    DataWarning
        `cost` or `keep` has areas that the ranking does not; an area of `keep` can not be planned; areas can be
        surveyed or cleared for the same benefit, so that the cheaper is always taken; the scores are closenesses of
        TOPSIS, which are no amounts; or an area of an earlier class is out while one of a later class is in.

    Notes
    -----
    Maximise sum b_a s_m d_t x_amt over x in {0, 1}: each area at most once; for each year sum c_am x_amt plus what is
    set up at most the budget; for each year and team sum w_am x_amt at most the capacity; for each group
    sum c_am x_amt at least its floor. Only these few rules tie areas together, so at the right prices of the rules
    nearly every area decides for itself (Lagrangian relaxation): the program without whole numbers is solved by HiGHS
    over the areas that are close, and whole numbers are chosen among the closest. The bound is recomputed here from
    the prices, and is valid for any prices; where areas are few, HiGHS's own bound from its search may be lower.

    Where years count alike, the order within the plan is steered so that what gives most per dollar comes early.

    `enters_at_usd` is an estimate: the plan is kept and more money goes to what gives most per dollar.

    References
    ----------
    Fisher, M. L. (1981), The Lagrangian relaxation method for solving integer programming problems, Management
    Science 27(1). Balas, E. and Zemel, E. (1980), An algorithm for large zero-one knapsack problems, Operations
    Research 28(5): only the areas close to the line need whole numbers.

    Examples
    --------
    >>> ranking = pd.DataFrame({"area_id": ["A1", "A2", "A3", "A4"], "score": [0.9, 0.6, 0.5, 0.4]})
    >>> cost = pd.DataFrame({"area_id": ["A1", "A2", "A3", "A4"], "cost_usd": [90e3, 40e3, 50e3, None]})
    >>> plan = plan_clearance(ranking, cost=cost, budget=100e3)
    >>> plan.table[["area_id", "is_selected", "cost_usd", "plan_reason_code"]]
      area_id  is_selected  cost_usd plan_reason_code
    0      A1        False       NaN          no_room
    1      A2         True   40000.0            worth
    2      A3         True   50000.0            worth
    3      A4        False       NaN     unknown_cost
    >>> plan.benefit, round(plan.bound, 2), plan.greedy_benefit
    (1.1, 1.1, 1.1)
    >>> len(plan_clearance(ranking.iloc[:0], cost={}, budget=100e3).table)
    0
    >>> plan_clearance(ranking, cost=cost, budget=50e3, must=["A1"])
    Traceback (most recent call last):
    landrelease.errors.DataError: no plan keeps all the rules. Any one of these is enough, the smallest change first:
      1. raise the budget by 40,000 USD, to 90,000 USD
      2. leave out the must-include area A1, which costs 90,000 USD
      Fix: choose one of them; infeasible='relax' does the first.
    """
    check_option("infeasible", infeasible, ("raise", "relax"))
    amount_of("gap", gap), amount_of("time_limit_s", time_limit_s)
    asked = read_asked(
        ranking, cost=cost, budget=budget, years=years, benefit=benefit, capacity=capacity, capacity_in=capacity_in,
        floors=floors, floors_by=floors_by, place_names=place_names, must=must, never=never, packages=packages,
        keep=keep.selected if isinstance(keep, Plan) else keep, discount_rate=discount_rate,
    )  # fmt: skip
    try:
        plan, _ = _planned(asked, seconds=time_limit_s, gap=gap, infeasible=infeasible, has_keep=keep is not None)
    except _NoPlan as error:
        raise DataError(str(error)) from None
    warn_of_scores(ranking, benefit, plan.selected)
    return plan


def budget_sweep(
    ranking: Ranking | pd.DataFrame, *, cost: Any, budgets: Iterable[PerYear], **options: Any
) -> pd.DataFrame:
    """Plan for several budgets; return what each would buy: the benefit curve.

    Parameters
    ----------
    ranking, cost
        As for `plan_clearance`.
    budgets : iterable of float or of mapping
        Each is a `budget` of `plan_clearance`. [USD]
    options
        What else `plan_clearance` takes by name, but `infeasible`; `time_limit_s` is for each budget.

    Returns
    -------
    DataFrame
        One row a budget, from the smallest: budget_usd (of all years), benefit, bound, gap, greedy_benefit, spent_usd,
        area_count, note (why no plan keeps the rules; the numbers are then missing).

    Raises
    ------
    OptionError, DataError
        As `plan_clearance` does, but for rules that a budget can not keep.

    Notes
    -----
    What a smaller budget bought is where the search for the next begins, so the curve does not fall.

    Examples
    --------
    >>> ranking = pd.DataFrame({"area_id": ["A1", "A2", "A3"], "score": [0.9, 0.6, 0.5]})
    >>> cost = {"A1": 90e3, "A2": 40e3, "A3": 50e3}
    >>> budget_sweep(ranking, cost=cost, budgets=[50e3, 100e3, 150e3], must=["A2"])[
    ...     ["budget_usd", "benefit", "area_count"]]
       budget_usd  benefit  area_count
    0     50000.0      0.6           1
    1    100000.0      1.1           2
    2    150000.0      1.5           2
    >>> print(budget_sweep(ranking, cost=cost, budgets=[30e3], must=["A2"])["note"][0])
    no plan keeps all the rules. Any one of these is enough, the smallest change first:
      1. raise the budget by 10,000 USD, to 40,000 USD
      2. leave out the must-include area A2, which costs 40,000 USD
    >>> len(budget_sweep(ranking, cost=cost, budgets=[]))
    0
    """
    unknown = set(options) - set(_DEFAULTS)
    if unknown:
        raise OptionError(f"budget_sweep takes no {sorted(unknown)[0]}{nearest(sorted(unknown)[0], _DEFAULTS)}")
    given = {**_DEFAULTS, **options}
    seconds, gap = (amount_of(name, given.pop(name)) for name in ("time_limit_s", "gap"))
    all_asked = [read_asked(ranking, cost=cost, budget=budget, **given) for budget in budgets]
    all_asked.sort(key=lambda one: float(one.problem.budget.sum()))
    rows: list[dict[str, Any]] = []
    before = None
    for asked in all_asked:
        row: dict[str, Any] = {"budget_usd": float(asked.problem.budget.sum())}
        try:
            plan, before = _planned(asked, seconds=seconds, gap=gap, infeasible="raise", has_keep=False, before=before)
            row |= {name: getattr(plan, name) for name in ("benefit", "bound", "gap", "greedy_benefit", "spent_usd")}
            row["area_count"] = len(plan.selected)
        except _NoPlan as error:
            row["note"] = str(error).rsplit("\n", 1)[0]
        rows.append(row)
    types = {"budget_usd": "float64", "benefit": "float64", "bound": "float64", "gap": "float64",
             "greedy_benefit": "float64", "spent_usd": "float64", "area_count": "Int64", "note": "str"}  # fmt: skip
    return pd.DataFrame(rows, columns=list(types)).astype(types)


_DEFAULTS: dict[str, Any] = {
    one.name: one.default
    for one in signature(plan_clearance).parameters.values()
    if one.kind is one.KEYWORD_ONLY and one.name not in ("cost", "budget", "keep", "infeasible")
} | {"keep": None}


_WAY_S = 15.0
"""Seconds for each kind of change that is sought where no plan keeps the rules: what is then not shown is said."""


class _NoPlan(Exception):
    """No plan keeps the rules; the message says what would have to change."""


def _planned(
    asked: Asked, *, seconds: float, gap: float, infeasible: str, has_keep: bool, before: Choice | None = None
) -> tuple[Plan, Choice]:
    """Find a plan that keeps the rules, improve it, and say all of it."""
    search, began = _Search(seconds, gap), monotonic()
    problem, plain, relaxations = asked.problem, greedy(asked.problem), relaxations_of(asked, asked.problem, [])
    starts = [one for one in (plain, before) if one is not None and can_be(problem, one)]
    if starts:
        start = max(starts, key=lambda one: value_of(problem, one))
    else:
        start, ways = search.repaired(problem, asked.kept)
        if ways:
            relaxations = relaxations_of(asked, problem, ways)
            if infeasible == "raise":
                raise _NoPlan(no_plan(relaxations))
            relaxations = relaxations[relaxations["way"] == 1]
            problem, start = ways[0].applied(problem), ways[0].choice
    choice, prices, bound = search.best(problem, start, share=0.5 if has_keep else 1.0)
    benefit, free_benefit = value_of(problem, choice), np.nan
    if has_keep:
        loose = replace(problem, must=problem.must & ~asked.kept)
        free_benefit = max(value_of(loose, search.best(loose, choice)[0]), benefit)
    plan = Plan(
        table=table_frame(asked, problem, choice, prices),
        rules=rules_frame(asked, problem, choice, prices),
        packages=packages_frame(asked, problem, choice),
        relaxations=relaxations,
        benefit=benefit,
        bound=bound,
        gap=max(bound - benefit, 0.0) / bound if bound > 0 else 0.0,
        greedy_benefit=value_of(problem, plain) if can_be(problem, plain) else np.nan,
        spent_usd=float(used(problem, choice)[: problem.n_years].sum()),
        free_benefit=free_benefit,
        how=search.said,
        seconds=monotonic() - began,
    )
    return plan, choice


class _Search:
    """The time that is left, and what the solver did with it."""

    def __init__(self, seconds: float, gap: float) -> None:
        self.deadline, self.gap = monotonic() + seconds, gap
        self.said = "HiGHS: prices of the rules, then whole numbers"

    def left(self) -> float:
        return self.deadline - monotonic()

    def best(self, problem: Problem, start: Choice, share: float = 1.0) -> tuple[Choice, Prices, float]:
        """Improve a choice that keeps the rules; return it with prices and the bound."""
        prices = plain_prices(problem)
        if not problem.n_areas:
            return start, prices, 0.0
        plain_bound = weigh(problem, prices).bound
        if plain_bound - value_of(problem, start) <= self.gap * plain_bound:
            self.said = "the most benefit per dollar first, which is shown to be within the gap"
            return start, prices, max(plain_bound, value_of(problem, start))
        told, is_done = worker.optimised(problem, start, gap=self.gap, seconds=share * self.left())
        choice = tidied(problem, worker.choice_of(told) if told else start)
        if "price_budget" in told:
            prices = worker.prices_of(told)
        if not is_done:
            self.said = "stopped at the time limit: the best plan until then, with its bound"
        better = filled(problem, choice)
        if not can_be(problem, choice):
            raise RuntimeError("the solver returned a plan that breaks a rule")
        choice = better if can_be(problem, better) else choice
        bound = min(weigh(problem, prices).bound, float(told.get("solver_bound", np.inf)))
        return choice, prices, max(bound, value_of(problem, choice))

    def repaired(self, problem: Problem, kept: Bools) -> tuple[Choice, list[Elastic]]:
        """Return a choice that keeps the rules, or also the ways in which they would have to change, least first."""
        everything = np.ones(problem.n_areas, bool)
        whole = self._relaxed(problem, (0, 1, 2), everything, 0.3)
        if whole is None:
            raise _NoPlan(no_time(problem))
        if whole.is_whole:
            return whole.choice, []
        asks: list[tuple[tuple[int, ...], Bools]] = [((int(one),), ~everything) for one in np.unique(kinds_of(problem))]
        asks += [((), mine) for mine in (problem.must & kept, problem.must & ~kept) if mine.any()]
        ways = []
        for number, (kind, may_drop) in enumerate(asks):
            way = self._relaxed(problem, kind, may_drop, 0.5 / (len(asks) - number), _WAY_S)
            if way is not None:
                ways.append(way)
        return whole.choice, sorted(ways or [whole], key=lambda one: one.size(problem))

    def _relaxed(
        self, problem: Problem, kinds: tuple[int, ...], may_drop: Bools, share: float, most: float = np.inf
    ) -> Elastic | None:
        seconds = min(share * self.left(), most)
        return worker.relaxed_rules(problem, kinds=kinds, may_drop=may_drop, seconds=seconds)
