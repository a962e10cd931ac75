"""What a planner reaches without a solver: the most benefit per dollar first, and what more money would buy next."""

from __future__ import annotations

import numpy as np

from landrelease.priority.plan.problem import Choice, Floats, Ints, Prices, Problem, limits, reduced_by, used

__all__ = ["density", "entry_budgets", "filled", "greedy", "plain_prices", "trimmed"]


def density(problem: Problem) -> Floats:
    """Return the benefit per dollar of each option, with its part of what its package costs to set up."""
    total = np.bincount(problem.area, minlength=problem.n_areas)
    cheapest = np.minimum.reduceat(problem.cost, problem.starts) if len(total) else np.zeros(0)
    inside = problem.package >= 0
    of_package = np.bincount(problem.package[inside], cheapest[inside], len(problem.setup))
    part = np.r_[problem.setup / np.maximum(of_package, 1e-300), 0.0][problem.package]
    found: Floats = problem.value / (problem.cost * (1 + part[problem.area]))
    return found


class _Purse:
    """What is left of each rule while areas are taken one by one."""

    def __init__(self, problem: Problem) -> None:
        self.years = range(problem.n_years)
        self.money = problem.budget.tolist()
        self.room = [*problem.capacity.tolist(), [np.inf] * problem.n_years]
        self.floor = [*problem.floor.tolist(), -np.inf]
        self.setup = [*problem.setup.tolist(), 0.0]
        self.start = [*([problem.n_years] * len(problem.setup)), 0]
        self.option = [-1] * problem.n_areas
        self.year = [-1] * problem.n_areas
        self.columns = (problem.area.tolist(), problem.cost.tolist(), problem.work.tolist(), problem.row.tolist())
        self.package, self.group = problem.package.tolist(), problem.group.tolist()

    def take(self, option: int) -> bool:
        """Take an option in the first year that has room for it."""
        area, cost, work, row = (column[option] for column in self.columns)
        if self.option[area] >= 0:
            return False
        package = self.package[area]
        start, room = self.start[package], self.room[row]
        for year in self.years:
            setup = 0.0 if year >= start else self.setup[package]
            # Of a package that starts later, an area could be done earlier only by moving its start.
            is_late = start < len(self.money) and year < start
            if is_late or cost + setup > self.money[year] or work > room[year]:
                continue
            self.money[year] -= cost + setup
            room[year] -= work
            self.option[area], self.year[area] = option, year
            if package >= 0:
                self.start[package] = min(start, year)
            self.floor[self.group[area]] -= cost
            return True
        return False

    def take_all(self, order: Ints) -> None:
        """Take options in an order, until the money is less than any of the rest costs."""
        cost = np.array(self.columns[1])[order]
        cheapest = np.minimum.accumulate(cost[::-1])[::-1].tolist()
        for place, option in enumerate(order.tolist()):
            if place % 64 == 0 and cheapest[place] > max(self.money):
                break
            self.take(option)

    def choice(self) -> Choice:
        """Return what was taken."""
        return Choice(*(np.array(one, np.int64) for one in (self.option, self.year, self.start[:-1])))


def greedy(problem: Problem) -> Choice:
    """Take must-include areas, then what each floor needs, then the most benefit per dollar; it may break a rule."""
    purse = _Purse(problem)
    per_dollar = density(problem)
    cheap = np.lexsort((problem.cost, ~problem.must[problem.area]))
    for option in cheap[: int(problem.must[problem.area].sum())].tolist():
        purse.take(option)
    best = np.argsort(-per_dollar, kind="stable")
    has_floor = np.r_[problem.floor > 0, False][problem.group[problem.area]]
    group = problem.group[problem.area].tolist()
    for option in best[has_floor[best]].tolist():
        if purse.floor[group[option]] > 0:
            purse.take(option)
    purse.take_all(best[problem.value[best] > 0])
    return purse.choice()


def filled(problem: Problem, choice: Choice) -> Choice:
    """Return the choice with all that still fits, the most benefit per dollar first."""
    purse = _Purse(problem)
    years, rows = problem.n_years, problem.capacity.size
    use = used(problem, choice)
    purse.money = (problem.budget - use[:years]).tolist()
    left = problem.capacity - use[years : years + rows].reshape(problem.capacity.shape)
    purse.room[: len(left)] = left.tolist()
    purse.option, purse.year = choice.option.tolist(), choice.year.tolist()
    purse.start[: len(choice.start)] = choice.start.tolist()
    best = np.argsort(-density(problem), kind="stable")
    purse.take_all(best[problem.value[best] > 0])
    return purse.choice()


def trimmed(problem: Problem, prices: Prices, choice: Choice) -> Choice:
    """Return the choice without what gives least above its price, as far as budgets or capacities are exceeded."""
    years, rows = problem.n_years, problem.capacity.size
    option, year = choice.option.copy(), choice.year.copy()
    limit = limits(problem)
    surplus = reduced_by(problem, prices, np.ones((len(problem.area), years), bool))
    for rule in range(years + rows):
        over = used(problem, Choice(option, year, choice.start))[rule] - limit[rule] * (1 + 1e-12)
        if over <= 0:
            continue
        here = (option >= 0) & (year == (rule if rule < years else (rule - years) % years)) & ~problem.must
        use = problem.cost if rule < years else np.where(problem.row == (rule - years) // years, problem.work, 0.0)
        areas = np.flatnonzero(here)
        areas = areas[use[option[areas]] > 0]
        each = use[option[areas]]
        order = np.argsort(surplus[option[areas], year[areas]] / each, kind="stable")
        out = areas[order[: int(np.searchsorted(np.cumsum(each[order]), over)) + 1]]
        option[out] = year[out] = -1
    return Choice(option, year, choice.start)


def plain_prices(problem: Problem) -> Prices:
    """Return prices for the money alone: the benefit per dollar at which all of it would be spent."""
    per_dollar = density(problem)
    order = np.argsort(-per_dollar, kind="stable")
    at = int(np.searchsorted(np.cumsum(problem.cost[order]), problem.budget.sum()))
    line = float(per_dollar[order[at]]) if at < len(order) else 0.0
    return Prices(np.full(problem.n_years, line), np.zeros(problem.capacity.shape), np.zeros(len(problem.floor)))


def entry_budgets(problem: Problem, choice: Choice) -> tuple[Floats, Ints]:
    """Estimate the total budget at which each area that is out would enter, and the option that it would enter by.

    The plan is kept, and more money goes to the most benefit per dollar as long as the teams have the days; what needs
    more than they have left in all years never enters (NaN). All years' budgets grow alike.
    """
    years, rows = problem.n_years, problem.capacity.size
    use = used(problem, choice)
    most_left = float((problem.budget - use[:years]).max(initial=0.0))
    total, largest = float(problem.budget.sum()), float(problem.budget.max(initial=0.0))
    room = problem.capacity.sum(axis=1) - use[years : years + rows].reshape(problem.capacity.shape).sum(axis=1)
    enters = np.full(problem.n_areas, np.nan)
    option_of = np.full(problem.n_areas, -1)
    if not problem.n_areas:
        return enters, option_of
    per_dollar = density(problem)
    order = np.argsort(-per_dollar, kind="stable")
    order = order[(choice.option < 0)[problem.area[order]]]
    spent = float(problem.cost[choice.option[choice.option >= 0]].sum())
    is_open = choice.start < problem.n_years
    spent += float(problem.setup[is_open].sum())
    left = [*room.tolist(), np.inf]
    opened = [*is_open.tolist(), True]
    setup = [*problem.setup.tolist(), 0.0]
    columns = (problem.area.tolist(), problem.cost.tolist(), problem.work.tolist(), problem.row.tolist())
    package = problem.package.tolist()
    for option in order.tolist():
        area, cost, work, row = (column[option] for column in columns)
        if option_of[area] < 0:
            option_of[area] = option
        if not np.isnan(enters[area]) or work > left[row]:
            continue
        left[row] -= work
        of = package[area]
        spent += cost + (0.0 if opened[of] else setup[of])
        opened[of] = True
        # A year must hold the whole of an area, and more than is left now.
        alone = max(total + cost - most_left, cost * total / largest if largest else cost)
        enters[area], option_of[area] = max(spent, alone), option
    return enters, option_of
