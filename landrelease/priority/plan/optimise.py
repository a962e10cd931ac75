"""The best programme that can be found in a time, with its bound: prices first, then whole numbers where it is close.

For tens of rules and many areas nearly every area is decided by the prices of the rules alone. So the program is solved
without whole numbers, what is whole and clear is kept, and the areas closest to the line are chosen in whole numbers.
Of a large register a random part gives the first prices, and they are made better with what they leave unclear.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import monotonic

import numpy as np

from landrelease.priority.plan.greedy import filled, trimmed
from landrelease.priority.plan.problem import (
    Bools,
    Choice,
    Floats,
    Prices,
    Problem,
    Weighed,
    allowed,
    as_one_year,
    can_be,
    reduced_by,
    value_of,
    weigh,
)
from landrelease.priority.plan.restricted import Open, integral, open_part, relaxed

__all__ = ["Found", "optimise"]

_WHOLE, _EXACT = 50_000, 60_000
"""Columns up to which the program is solved at once without, and with, whole numbers."""
_CLOSE = (2_000, 10_000, 40_000)
"""Columns that are chosen in whole numbers, in the order of the attempts."""
_EARLIER = 1e-3
"""What a year's delay takes off a benefit where none is stated: enough to tell years apart, too little to change what
is worth doing. It steers the search alone; benefit and bound are without it."""
_BOX = 0.02
"""By which part prices of a sample may first move."""
_SEED = 20_260_101


class Found:
    """The best choice and the lowest bound so far; each improvement is told."""

    def __init__(self, problem: Problem, choice: Choice, told: Callable[[Found], object]) -> None:
        self.problem, self.choice, self.told = problem, choice, told
        self.value = value_of(problem, choice)
        self.bound = np.inf
        self.prices: Prices | None = None
        self.solver_bound = np.inf
        self.is_done = False

    @property
    def gap(self) -> float:
        """Return the part of the bound that may still be missing."""
        return max(self.bound - self.value, 0.0) / self.bound if self.bound > 0 else 0.0

    def offer(self, choice: Choice | None) -> None:
        """Take a choice if it keeps the rules and is better."""
        if choice is not None and can_be(self.problem, choice):
            value = value_of(self.problem, choice)
            if value > self.value:
                self.choice, self.value = choice, value
                self.told(self)

    def price(self, prices: Prices) -> None:
        """Take prices if their bound is lower."""
        bound = weigh(self.problem, prices).bound
        if bound < self.bound or self.prices is None:
            self.bound, self.prices = min(self.bound, bound), prices
            self.told(self)

    def close(self, bound: float) -> None:
        """Take a bound that a solver has shown by search; no choice is better than the best one."""
        if bound < self.bound:
            self.bound = self.solver_bound = max(bound, self.value)
            self.told(self)


def optimise(problem: Problem, found: Found, *, gap: float, deadline: float) -> None:
    """Improve what was found until the gap is reached, nothing more can be done, or the deadline has passed."""
    steered = problem
    if problem.n_years > 1 and bool((problem.factor == problem.factor[0]).all()):
        steered = replace(problem, factor=problem.factor * (1 - _EARLIER) ** np.arange(problem.n_years))
        _as_one_year(problem, steered, found, gap=gap, deadline=deadline)
    base = found.choice
    if found.gap > gap or found.prices is None:
        base = _in_prices(steered, found, gap=gap, deadline=deadline)
    if found.prices is None:
        return
    for columns in _CLOSE:
        for one in [found.choice] if can_be(problem, base) else [base, found.choice]:
            if found.gap > gap and monotonic() < deadline:
                _choose_near(steered, found.prices, one, columns, found, gap, deadline)
        if columns >= len(steered.area) * steered.n_years:
            break
    if found.gap > gap and monotonic() < deadline:
        _exact(problem, found, gap, deadline)
    found.is_done = monotonic() < deadline


def _as_one_year(problem: Problem, steered: Problem, found: Found, *, gap: float, deadline: float) -> None:
    """Bound years that count alike by one year with all they have, and put what it does into the years.

    Solvers lose themselves among years that can be exchanged; one year has none.
    """
    years, choice = problem.n_years, found.choice
    one = as_one_year(problem)
    start = Choice(choice.option, np.minimum(choice.year, 0), np.where(choice.start < years, 0, 1))
    inner = Found(one, start, lambda _: None)
    # Of many areas the prices are enough: whole numbers would bring the bound down by nothing that shows.
    near_enough = 0.2 * gap if len(problem.area) * years <= _WHOLE else max(0.2 * gap, _EARLIER)
    optimise(one, inner, gap=near_enough, deadline=monotonic() + 0.3 * (deadline - monotonic()))
    if inner.prices is None:
        return
    prices = inner.prices
    found.price(Prices(np.repeat(prices.budget, years), np.repeat(prices.capacity, years, axis=1), prices.floor))
    found.close(inner.solver_bound)
    taken = np.zeros((len(problem.area), years), bool)
    taken[inner.choice.option[inner.choice.option >= 0]] = True
    free = np.ones(problem.n_areas, bool), inner.choice.start == 0
    if taken.sum() <= _CLOSE[0]:
        closed = replace(choice, start=np.full_like(choice.start, years))
        part = open_part(steered, closed, *free, fits=taken & allowed(problem))
        found.offer(_chosen(part, found, gap, deadline))


def _in_prices(problem: Problem, found: Found, *, gap: float, deadline: float) -> Choice:
    """Find the prices of the rules; return what they decide, which may break a rule.

    Few columns are solved at once. Of many, a sample gives the first prices; then only the columns that these do not
    decide clearly are solved, with prices that may not move far, again and again (column generation in a box).
    """
    value, base = problem.value[:, None] * problem.factor, found.choice
    if value.size <= _WHOLE:
        every = np.ones(problem.n_areas, bool), np.ones(len(problem.setup), bool)
        part = open_part(problem, base, *every)
        answer = relaxed(part, value, deadline)
        return base if answer is None else _taken(part, *answer, found)
    prices = _of_sample(problem, deadline)
    if prices is None:
        return base
    bound, box, is_moving = weigh(problem, prices).bound, _BOX, True
    found.price(prices)
    while is_moving and found.gap > gap and monotonic() < deadline:
        weighed, before = weigh(problem, prices), found.value
        free, free_packages, fits = near(problem, prices, weighed, weighed.choice, _WHOLE)
        part = open_part(problem, weighed.choice, free, free_packages, fits=fits)
        least, most = _around(prices, box)
        answer = relaxed(part, value, deadline, most=most, least=least)
        if answer is None:
            break
        base = _taken(part, *answer, found)
        new = weigh(problem, answer[0]).bound
        is_moving = abs(bound - new) > 0.02 * gap * bound or found.value - before > 0.02 * gap * found.value
        box = 2 * box if new < bound else box / 4
        prices, bound = (answer[0], new) if new < bound else (prices, bound)
    return base


def _of_sample(problem: Problem, deadline: float) -> Prices | None:
    """Return the prices of a random part of the areas, with as large a part of what each rule has."""
    rng = np.random.default_rng(_SEED)
    share = _WHOLE / (len(problem.area) * problem.n_years)
    packages = rng.permutation(len(problem.setup)) < share * len(problem.setup)
    alone = rng.permutation(problem.n_areas) < share * problem.n_areas
    inside = np.where(problem.package >= 0, np.r_[packages, False][problem.package], alone)
    kept = inside[problem.area]
    number = np.r_[np.cumsum(packages) - 1, -1]
    share = float(inside.mean())
    part = replace(
        problem, area=(np.cumsum(inside) - 1)[problem.area[kept]], value=problem.value[kept], cost=problem.cost[kept],
        work=problem.work[kept], row=problem.row[kept], group=problem.group[inside],
        package=number[problem.package[inside]], must=problem.must[inside], setup=problem.setup[packages],
        budget=share * problem.budget, capacity=share * problem.capacity, floor=share * problem.floor,
    )  # fmt: skip
    nothing = np.full(part.n_areas, -1)
    base = Choice(nothing, nothing, np.full(len(part.setup), part.n_years))
    every = np.ones(part.n_areas, bool), np.ones(len(part.setup), bool)
    fits = allowed(problem)[kept]
    answer = relaxed(open_part(part, base, *every, fits=fits), part.value[:, None] * part.factor, deadline)
    return None if answer is None else answer[0]


def _around(prices: Prices, box: float) -> tuple[Floats, Floats]:
    """Return how low and how high prices may go: a part of themselves, and of the mean of their kind."""
    kinds = (prices.budget, prices.capacity.ravel(), prices.floor)
    price = np.concatenate(kinds)
    mean = np.concatenate([np.full(len(one), one.mean() if len(one) else 0.0) for one in kinds])
    # A kind that has no price yet is judged by the money: what a unit of benefit costs.
    room = box * np.maximum(price, np.where(mean > 0, mean, prices.budget.mean()))
    return np.maximum(price - room, 0.0), price + room


def _taken(part: Open, prices: Prices, taken: Floats, found: Found) -> Choice:
    """Take prices, and what was chosen with them, made to keep the rules; return that."""
    problem = part.problem
    found.price(prices)
    if problem.factor is not found.problem.factor:
        # Years are alike but for what each has: then their prices are the same, and the bound the lowest.
        level = np.full_like(prices.budget, np.average(prices.budget, weights=np.maximum(problem.budget, 1e-12)))
        capacity = np.repeat(prices.capacity.mean(axis=1, keepdims=True), len(level), axis=1)
        found.price(Prices(level, capacity, prices.floor))
    choice = filled(problem, trimmed(problem, prices, part.choice(taken > 0.5)))
    found.offer(choice)
    return choice


def near(problem: Problem, prices: Prices, weighed: Weighed, base: Choice, columns: int) -> tuple[Bools, Bools, Bools]:
    """Return the areas, packages and columns (options x years) that are least clear, up to about a number of columns.

    Clear is what loses much, against the benefit at stake, where it is chosen otherwise than prices say.
    """
    fits = allowed(problem)
    reduced, choice = reduced_by(problem, prices, fits), weighed.choice
    at_stake = np.maximum.reduceat(problem.value, problem.starts)
    at_stake = np.maximum(at_stake, 1e-12 * at_stake.max(initial=1.0))
    best = np.where(choice.option >= 0, reduced[choice.option, choice.year], 0.0)
    clear = weighed.margin / at_stake
    loss = (best[problem.area][:, None] - reduced) / at_stake[problem.area][:, None]
    inside = problem.package >= 0
    of_package = np.bincount(problem.package[inside], at_stake[inside], len(problem.setup))
    clear_package = weighed.package_margin / np.maximum(of_package, 1e-300)
    each = np.bincount(problem.area, minlength=problem.n_areas) * problem.n_years
    package_columns = np.bincount(problem.package[inside], each[inside], len(problem.setup)) + problem.n_years
    at = np.r_[np.maximum(loss, clear[problem.area][:, None]).ravel(), clear_package]
    weight = np.r_[np.ones(loss.size), package_columns]
    order = np.argsort(at, kind="stable")
    last = int(np.searchsorted(np.cumsum(weight[order]), columns, side="right")) - 1
    line = at[order[last]] if last >= 0 else -np.inf
    areas, packages = clear <= line, clear_package <= line
    taken = base.option >= 0
    is_near = loss <= line
    is_near[base.option[taken], base.year[taken]] = True
    return areas, packages, fits & (is_near | np.r_[packages, False][problem.package[problem.area]][:, None])


def _choose_near(
    problem: Problem, prices: Prices, base: Choice, columns: int, found: Found, gap: float, deadline: float
) -> None:
    """Choose anew in whole numbers what is least clear at some prices."""
    free, free_packages, fits = near(problem, prices, weigh(problem, prices), base, columns)
    part = open_part(problem, base, free, free_packages, fits=fits)
    found.offer(_chosen(part, found, gap, deadline))


def _chosen(part: Open, found: Found, gap: float, deadline: float) -> Choice | None:
    """Choose what is open in whole numbers; the rest stays as its base has it."""
    problem = part.problem
    here = found.bound - value_of(problem, part.base)
    relative = 0.5 * gap * found.bound / here if here > 0 else 0.0
    until = min(deadline, monotonic() + max(0.1 * (deadline - monotonic()), 1.0))
    return integral(part, problem.value[:, None] * problem.factor, relative_gap=relative, deadline=until)[0]


def _exact(problem: Problem, found: Found, gap: float, deadline: float) -> None:
    """Choose in whole numbers among all that could be in a better plan; what could not is shown by the prices.

    Whoever chooses otherwise for an area loses its margin of the bound: where that is more than the gap, no better
    plan does so.
    """
    if found.prices is None:
        return
    weighed = weigh(problem, found.prices)
    room = (weighed.bound - found.value) * (1 + 1e-9) + 1e-12 * abs(weighed.bound)
    part = open_part(problem, weighed.choice, weighed.margin <= room, weighed.package_margin <= room)
    if part.size > _EXACT:
        return
    fixed = value_of(problem, part.base)
    here = found.value - fixed
    relative = 0.9 * gap * found.bound / here if here > 0 else 0.0
    choice, bound = integral(part, problem.value[:, None] * problem.factor, relative_gap=relative, deadline=deadline)
    found.offer(choice)
    found.close(bound + fixed)
