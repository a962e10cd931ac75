"""The best programme that can be found in a time, with its bound: prices first, then whole numbers where it is close.

For tens of rules and many areas nearly every area is decided by the prices of the rules alone. So the program without
whole numbers is solved over the areas that are close to the line, the others being done as the prices say, until
nothing changes; then those closest to the line are chosen in whole numbers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import monotonic

import numpy as np

from landrelease.priority.plan.problem import (
    Bools,
    Choice,
    Floats,
    Prices,
    Problem,
    Weighed,
    can_be,
    value_of,
    weigh,
)
from landrelease.priority.plan.restricted import Open, integral, open_part, relaxed

__all__ = ["Found", "optimise"]

_WHOLE, _EXACT = 40_000, 60_000
"""Columns up to which the program is solved at once without, and with, whole numbers."""
_CLOSE = (2_000, 10_000, 40_000)
"""Columns that are chosen in whole numbers, in the order of the attempts."""
_EARLIER = 1e-3
"""What a year's delay takes off a benefit where none is stated: enough to tell years apart, too little to change what
is worth doing. It steers the search alone; benefit and bound are without it."""
_SEED = 20_260_101


class Found:
    """The best choice and the lowest bound so far; each improvement is told."""

    def __init__(self, problem: Problem, choice: Choice, told: Callable[[Found], None]) -> None:
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

    def price(self, prices: Prices) -> Weighed:
        """Take prices if their bound is lower."""
        weighed = weigh(self.problem, prices)
        if weighed.bound < self.bound or self.prices is None:
            self.bound, self.prices = min(self.bound, weighed.bound), prices
            self.told(self)
        return weighed

    def close(self, bound: float) -> None:
        """Take a bound that a solver has shown by search; no choice is better than the best one."""
        if bound < self.bound:
            self.bound = self.solver_bound = max(bound, self.value)
            self.told(self)


def optimise(problem: Problem, found: Found, *, gap: float, deadline: float) -> None:
    """Improve what was found until the gap is reached, nothing more can be done, or the deadline has passed."""
    steered = problem
    is_level = problem.n_years > 1 and bool((problem.factor == problem.factor[0]).all())
    if is_level:
        steered = replace(problem, factor=problem.factor * (1 - _EARLIER) ** np.arange(problem.n_years))
    value = steered.value[:, None] * steered.factor
    answer = _prices(steered, found, value, is_level=is_level, gap=gap, deadline=deadline)
    if answer is None:
        return
    part, taken, prices = answer
    weighed = weigh(steered, prices)
    for columns in _CLOSE:
        if found.gap <= gap or monotonic() >= deadline:
            break
        found.offer(_rounded(steered, part, taken, weighed, columns, value, found, gap, deadline))
        if columns >= part.size and part.base.option.max(initial=-1) < 0:
            break
    if found.gap > gap and monotonic() < deadline:
        _exact(problem, found, gap, deadline)
    found.is_done = monotonic() < deadline


def _prices(
    problem: Problem, found: Found, value: Floats, *, is_level: bool, gap: float, deadline: float
) -> tuple[Open, Floats, Prices] | None:
    """Solve without whole numbers; return what was open, how much of it is taken, and the prices."""
    everything = np.ones(problem.n_areas, bool), np.ones(len(problem.setup), bool)
    size = len(problem.area) * problem.n_years
    if size <= _WHOLE:
        part = open_part(problem, found.choice, *everything)
        answer = relaxed(part, value, deadline)
        if answer is None:
            return None
        _bound_by(found, answer[0], is_level)
        return part, answer[1], answer[0]
    prices = _sampled(problem, deadline)
    best = None
    before: Choice | None = None
    for _ in range(8):
        if prices is None:
            break
        _bound_by(found, prices, is_level)
        weighed = weigh(problem, prices)
        free, free_package = _closest(problem, weighed, _WHOLE, before)
        part = open_part(problem, weighed.choice, free, free_package)
        answer = relaxed(part, value, deadline)
        if answer is None:
            break
        prices, before = answer[0], weighed.choice
        after = weigh(problem, prices)
        best = part, answer[1], prices
        _bound_by(found, prices, is_level)
        reached = value_of(problem, part.base) + float(part.gains(value) @ answer[1])
        if after.bound - reached <= 0.1 * gap * abs(reached):
            break
    return best


def _bound_by(found: Found, prices: Prices, is_level: bool) -> None:
    found.price(prices)
    if is_level:
        # Years are alike but for what each has: then their prices are the same, and the bound the lowest.
        level = prices.budget.copy()
        level[:] = np.average(prices.budget, weights=np.maximum(found.problem.budget, 1e-12))
        capacity = np.repeat(prices.capacity.mean(axis=1, keepdims=True), len(level), axis=1)
        found.price(Prices(level, capacity, prices.floor))


def _sampled(problem: Problem, deadline: float) -> Prices | None:
    """Return the prices of a random part of the areas with the same part of each limit."""
    share = 0.5 * _WHOLE / (len(problem.area) * problem.n_years)
    drawn = np.random.default_rng(_SEED).random(problem.n_areas) < share
    if len(problem.setup):  # a package is in the sample as a whole
        packed = np.random.default_rng(_SEED + 1).random(len(problem.setup)) < share
        drawn = np.where(problem.package >= 0, np.r_[packed, False][problem.package], drawn)
    kept = drawn[problem.area]
    renumbered = np.cumsum(drawn) - 1
    packages, of = np.unique(problem.package[drawn], return_inverse=True)
    has_none = len(packages) > 0 and packages[0] < 0
    sample = Problem(
        area=renumbered[problem.area[kept]], value=problem.value[kept], cost=problem.cost[kept],
        work=problem.work[kept], row=problem.row[kept], group=problem.group[drawn],
        package=of - int(has_none), must=problem.must[drawn], factor=problem.factor,
        budget=problem.budget * share, capacity=problem.capacity * share, floor=problem.floor * share,
        setup=problem.setup[packages[int(has_none) :]],
    )  # fmt: skip
    nothing = np.full(sample.n_areas, -1)
    start = np.full(len(sample.setup), sample.n_years)
    fits = np.ones((len(sample.area), sample.n_years), bool)
    part = open_part(
        sample, Choice(nothing, nothing, start), np.ones(sample.n_areas, bool), np.ones(len(start), bool), fits=fits
    )
    answer = relaxed(part, sample.value[:, None] * sample.factor, deadline)
    return None if answer is None else answer[0]


def _closest(problem: Problem, weighed: Weighed, columns: int, before: Choice | None = None) -> tuple[Bools, Bools]:
    """Return the areas and packages whose choice is least clear, up to a number of columns."""
    years = problem.n_years
    each = np.bincount(problem.area, minlength=problem.n_areas) * years
    # A margin counts against what decides it: the benefit of the area at stake.
    at_stake = np.maximum.reduceat(problem.value, problem.starts)
    clear = weighed.margin / np.maximum(at_stake, 1e-12 * at_stake.max(initial=1.0))
    if before is not None:
        moved = (before.option != weighed.choice.option) | (before.year != weighed.choice.year)
        clear = np.where(moved, -1.0, clear)
    of_package = np.bincount(problem.package[problem.package >= 0], at_stake[problem.package >= 0], len(problem.setup))
    clear_package = weighed.package_margin / np.maximum(of_package, 1e-300)
    inside = problem.package >= 0
    package_columns = np.bincount(problem.package[inside], each[inside], len(problem.setup)) + years
    order = np.argsort(np.r_[clear, clear_package], kind="stable")
    taken = np.zeros(len(order), bool)
    taken[order[np.cumsum(np.r_[each, package_columns][order]) <= columns]] = True
    return taken[: problem.n_areas], taken[problem.n_areas :]


def _rounded(
    problem: Problem, part: Open, taken: Floats, weighed: Weighed, columns: int, value: Floats, found: Found,
    gap: float, deadline: float,
) -> Choice | None:  # fmt: skip
    """Keep what is whole and clear, and choose the rest anew in whole numbers."""
    whole = part.choice(taken > 0.5)
    count = len(part.option)
    broken = (taken > 1e-6) & (taken < 1 - 1e-6)
    split_areas = np.zeros(problem.n_areas, bool)
    split_areas[problem.area[part.option[broken[:count]]]] = True
    split_packages = np.zeros(len(problem.setup), bool)
    split_packages[part.package[broken[count:]]] = True
    free, free_package = _closest(problem, weighed, columns)
    small = open_part(problem, whole, free | split_areas, free_package | split_packages)
    here = float(part.gains(value) @ taken) + value_of(problem, part.base) - value_of(problem, small.base)
    relative = 0.2 * gap * found.bound / here if here > 0 else 0.0
    until = min(deadline, monotonic() + max(0.25 * (deadline - monotonic()), 1.0))
    choice, _ = integral(small, value, relative_gap=relative, deadline=until)
    return choice


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
    value = problem.value[:, None] * problem.factor
    fixed = value_of(problem, part.base)
    here = found.value - fixed
    relative = 0.9 * gap * found.bound / here if here > 0 else 0.0
    choice, bound = integral(part, value, relative_gap=relative, deadline=deadline)
    found.offer(choice)
    found.close(bound + fixed)
