"""A programme as arrays: what an area can be done by, the rules, and the bound that prices on the rules give."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["EXACT", "Bools", "Choice", "Floats", "Ints", "Prices", "Problem", "Weighed", "allowed", "as_one_year",
           "can_be", "lacks", "limits", "reduced_by", "tidied", "used", "value_of", "weigh"]  # fmt: skip

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
EXACT = 1e-9
"""Part of a limit that sums of decimals may be off."""


@dataclass(frozen=True)
class Problem:
    """An option is an area and a method; `area` to `row` have one element an option, sorted by area.

    `row` is the row of `capacity` that an option draws on, -1 for none; `group` and `package` (of each area) are
    likewise -1 for none. `factor` is what a benefit of each year counts.
    """

    area: Ints
    value: Floats
    cost: Floats
    work: Floats
    row: Ints
    group: Ints
    package: Ints
    must: Bools
    factor: Floats
    budget: Floats
    capacity: Floats
    floor: Floats
    setup: Floats

    @property
    def n_years(self) -> int:
        """Number of years."""
        return len(self.budget)

    @property
    def n_areas(self) -> int:
        """Number of areas."""
        return len(self.group)

    @property
    def starts(self) -> Ints:
        """Position of the first option of each area; each has one."""
        return np.flatnonzero(np.r_[True, np.diff(self.area) > 0]) if len(self.area) else np.zeros(0, np.int64)

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays by name."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True)
class Choice:
    """What is done: the option and the year of each area (-1 for none), and the year in which each package starts.

    A package that is not set up has the year after the last.
    """

    option: Ints
    year: Ints
    start: Ints


@dataclass(frozen=True)
class Prices:
    """What a unit of each rule is worth, in benefit; none is negative."""

    budget: Floats
    capacity: Floats
    floor: Floats


@dataclass(frozen=True)
class Weighed:
    """What prices say: a bound on the benefit of any plan, the choice that reaches it, and how clear each choice is."""

    bound: float
    choice: Choice
    margin: Floats
    package_margin: Floats


def limits(problem: Problem) -> Floats:
    """Return the limits of all rules in one order: budgets, capacities (by row, then year), floors."""
    found: Floats = np.r_[problem.budget, problem.capacity.ravel(), problem.floor]
    return found


def used(problem: Problem, choice: Choice) -> Floats:
    """Return what a choice uses of each rule, in the order of `limits`."""
    chosen = choice.option >= 0
    option, year = choice.option[chosen], choice.year[chosen]
    years = problem.n_years
    spent = np.bincount(year, problem.cost[option], years)
    is_open = choice.start < years
    spent = spent + np.bincount(choice.start[is_open], problem.setup[is_open], years)
    row = problem.row[option]
    worked = np.bincount((row * years + year)[row >= 0], problem.work[option][row >= 0], problem.capacity.size)
    group = problem.group[chosen]
    held = np.bincount(group[group >= 0], problem.cost[option][group >= 0], len(problem.floor))
    use: Floats = np.r_[spent, worked, held]
    return use


def lacks(problem: Problem, choice: Choice) -> Floats:
    """Return by how much each rule is broken, in the order of `limits`; 0 where it is kept."""
    limit, use = limits(problem), used(problem, choice)
    sign = np.r_[np.ones(len(limit) - len(problem.floor)), -np.ones(len(problem.floor))]
    short = sign * (use - limit)
    return np.where(short > EXACT * np.maximum(np.abs(limit), 1.0), short, 0.0)


def can_be(problem: Problem, choice: Choice) -> bool:
    """Tell whether a choice keeps every rule."""
    chosen = choice.option >= 0
    start = np.r_[choice.start, 0][problem.package]
    return bool(
        (chosen | ~problem.must).all()
        and (choice.year[chosen] >= start[chosen]).all()
        and not lacks(problem, choice).any()
    )


def tidied(problem: Problem, choice: Choice) -> Choice:
    """Return the choice without packages that are set up for nothing."""
    inside = (choice.option >= 0) & (problem.package >= 0)
    has_work = np.bincount(problem.package[inside], minlength=len(problem.setup)) > 0
    return Choice(choice.option, choice.year, np.where(has_work, choice.start, problem.n_years))


def value_of(problem: Problem, choice: Choice) -> float:
    """Return the benefit of a choice."""
    chosen = choice.option >= 0
    return float((problem.value[choice.option[chosen]] * problem.factor[choice.year[chosen]]).sum())


def allowed(problem: Problem) -> Bools:
    """Tell which options fit a year at all (options x years): none that costs more than the year has can be chosen."""
    fits = problem.cost[:, None] <= problem.budget * (1 + EXACT) + EXACT
    room = np.vstack([problem.capacity, np.full(problem.n_years, np.inf)])[problem.row]
    return fits & (problem.work[:, None] <= room * (1 + EXACT) + EXACT)


def as_one_year(problem: Problem) -> Problem:
    """Return one year with all that the years have: its benefit is at least that of years that count alike.

    What fits no year gives nothing.
    """
    return replace(
        problem, value=np.where(allowed(problem).any(axis=1), problem.value, 0.0), factor=problem.factor[:1],
        budget=problem.budget.sum(keepdims=True), capacity=problem.capacity.sum(axis=1, keepdims=True),
    )  # fmt: skip


def reduced_by(problem: Problem, prices: Prices, fits: Bools) -> Floats:
    """Return the benefit less what is used, at its price (options x years)."""
    lift = np.r_[prices.floor, 0.0][problem.group[problem.area]]
    each = np.vstack([prices.capacity, np.zeros(problem.n_years)])[problem.row]
    left = problem.value[:, None] * problem.factor - problem.cost[:, None] * (prices.budget - lift[:, None])
    return np.where(fits, left - problem.work[:, None] * each, -np.inf)


def weigh(problem: Problem, prices: Prices, *, fits: Bools | None = None) -> Weighed:
    """Return the Lagrangian bound at some prices, and the choice that reaches it.

    Notes
    -----
    Any prices of 0 or more give a valid bound: what a plan that keeps the rules leaves of each limit is worth 0 or
    more, so its benefit is at most L = prices x limits + the sum over areas of the best that each can do for itself
    at those prices; an area of a package does so from the year in which the package is set up. No solver is believed.
    """
    years, starts = problem.n_years, problem.starts
    reduced = reduced_by(problem, prices, allowed(problem) if fits is None else fits)
    best = np.maximum.reduceat(reduced, starts, axis=0) if len(starts) else np.zeros((0, years))
    later = np.maximum.accumulate(best[:, ::-1], axis=1)[:, ::-1]
    gain = np.where(problem.must[:, None], later, np.maximum(later, 0.0))
    inside = problem.package >= 0
    start, package_margin, packages = _weigh_packages(problem, prices, gain)
    bound = float(
        (prices.budget * problem.budget).sum()
        + (prices.capacity * problem.capacity).sum()
        - (prices.floor * problem.floor).sum()
        + gain[~inside, 0].sum()
        + packages
    )
    from_year = np.r_[start, 0][problem.package]
    choice, margin = _choose(problem, reduced, from_year)
    return Weighed(bound, Choice(*choice, start), margin, package_margin)


def _weigh_packages(problem: Problem, prices: Prices, gain: Floats) -> tuple[Ints, Floats, float]:
    """Return when each package starts at these prices, how clear that is, and what all of them give."""
    inside, count, years = problem.package >= 0, len(problem.setup), problem.n_years
    if not count:
        return np.zeros(0, np.int64), np.zeros(0), 0.0
    of = problem.package[inside]
    columns = [np.bincount(of, gain[inside, year], count) - prices.budget[year] * problem.setup
               for year in range(years)]  # fmt: skip
    is_needed = np.bincount(of, problem.must[inside], count) > 0
    each = np.column_stack([*columns, np.where(is_needed, -np.inf, 0.0)])
    start = each.argmax(axis=1)
    top = np.sort(each, axis=1)
    with np.errstate(invalid="ignore"):
        return start, np.nan_to_num(top[:, -1] - top[:, -2], nan=0.0, posinf=np.inf), float(top[:, -1].sum())


def _choose(problem: Problem, reduced: Floats, from_year: Ints) -> tuple[tuple[Ints, Ints], Floats]:
    """Return the best option and year of each area from a year on, and by how much it is the best."""
    starts, n_options = problem.starts, len(problem.area)
    if not n_options:
        return (np.zeros(0, np.int64), np.zeros(0, np.int64)), np.zeros(0)
    reduced = np.where(np.arange(problem.n_years) >= from_year[problem.area][:, None], reduced, -np.inf)
    row_best = reduced.max(axis=1)
    best = np.maximum.reduceat(row_best, starts)
    position = np.where(row_best == best[problem.area], np.arange(n_options), n_options)
    option = np.minimum.reduceat(position, starts)
    year = reduced[option].argmax(axis=1)
    reduced[option, year] = -np.inf
    second = np.maximum.reduceat(reduced.max(axis=1), starts)
    nothing = np.where(problem.must, -np.inf, 0.0)
    taken = problem.must | (best > 0)
    with np.errstate(invalid="ignore"):
        margin = np.where(taken, best - np.maximum(second, nothing), -best)
    option, year = np.where(taken, option, -1), np.where(taken, year, -1)
    return (option, year), np.nan_to_num(margin, nan=0.0, posinf=np.inf)
