"""The best programme that can be found in a time, with its bound: prices first, then whole numbers where it is close.

For tens of rules and many areas nearly every area is decided by the prices of the rules alone. So the program is solved
without whole numbers, what is whole and clear is kept, and the areas closest to the line are chosen in whole numbers.
A large register is taken in random blocks, each with what its areas use so far and its part of what is left; a block
can only become better, and the mean of the prices of all blocks gives the bound.
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
    limits,
    used,
    value_of,
    weigh,
)
from landrelease.priority.plan.restricted import integral, open_part, relaxed, split

__all__ = ["Found", "optimise"]

_WHOLE, _EXACT = 50_000, 60_000
"""Columns up to which the program is solved at once without, and with, whole numbers."""
_CLOSE = (2_000, 10_000, 40_000)
"""Columns that are chosen in whole numbers, in the order of the attempts."""
_EARLIER = 1e-3
"""What a year's delay takes off a benefit where none is stated: enough to tell years apart, too little to change what
is worth doing. It steers the search alone; benefit and bound are without it."""
_ROUNDS = 4
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
    is_level = problem.n_years > 1 and bool((problem.factor == problem.factor[0]).all())
    if is_level:
        steered = replace(problem, factor=problem.factor * (1 - _EARLIER) ** np.arange(problem.n_years))
    if len(problem.area) * problem.n_years <= _WHOLE:
        free = np.ones(problem.n_areas, bool), np.ones(len(problem.setup), bool)
        prices = _solved(steered, found, found.choice, free, is_level=is_level, gap=gap, deadline=deadline)
    else:
        prices = _in_blocks(steered, found, is_level=is_level, gap=gap, deadline=deadline)
    if prices is None:
        return
    weighed = weigh(steered, prices)
    for columns in _CLOSE:
        if found.gap <= gap or monotonic() >= deadline:
            break
        found.offer(_chosen(steered, found.choice, closest(steered, weighed, columns), found, gap, deadline))
        if columns >= len(steered.area) * steered.n_years:
            break
    if found.gap > gap and monotonic() < deadline:
        _exact(problem, found, gap, deadline)
    found.is_done = monotonic() < deadline


def _solved(
    problem: Problem,
    found: Found,
    base: Choice,
    free: tuple[Bools, Bools],
    *,
    is_level: bool,
    gap: float,
    deadline: float,
) -> Prices | None:
    """Solve what is free without whole numbers, keep what is whole and clear, choose the rest; return the prices."""
    part = open_part(problem, base, *free)
    answer = relaxed(part, problem.value[:, None] * problem.factor, deadline)
    if answer is None:
        return None
    prices, taken = answer
    _bound_by(found, prices, is_level=is_level)
    broken = (taken > 1e-6) & (taken < 1 - 1e-6)
    count = len(part.option)
    areas, packages = closest(problem, weigh(problem, prices), _CLOSE[0])
    areas[problem.area[part.option[broken[:count]]]] = True
    packages[part.package[broken[count:]]] = True
    found.offer(_chosen(problem, part.choice(taken > 0.5), (areas, packages), found, gap, deadline))
    return prices


def _bound_by(found: Found, prices: Prices, *, is_level: bool) -> None:
    found.price(prices)
    if is_level:
        # Years are alike but for what each has: then their prices are the same, and the bound the lowest.
        weights = np.maximum(found.problem.budget, 1e-12)
        level = np.full_like(prices.budget, np.average(prices.budget, weights=weights))
        capacity = np.repeat(prices.capacity.mean(axis=1, keepdims=True), len(level), axis=1)
        found.price(Prices(level, capacity, prices.floor))


def _in_blocks(problem: Problem, found: Found, *, is_level: bool, gap: float, deadline: float) -> Prices | None:
    """Improve block after block, in some rounds; return the mean of their prices.

    Where the prices of the blocks so far are good enough, the areas close to the line at those prices are all that has
    to be looked at.
    """
    rng = np.random.default_rng(_SEED)
    count = -(-len(problem.area) * problem.n_years // _WHOLE)
    mean: Prices | None = None
    for _ in range(_ROUNDS):
        before, prices = found.value, []
        of_package = rng.integers(0, count, len(problem.setup))
        block = rng.integers(0, count, problem.n_areas)
        block = np.where(problem.package >= 0, np.r_[of_package, 0][problem.package], block)
        for number in range(count):
            if monotonic() >= deadline or not (block == number).any():
                continue
            one = _Block(problem, found.choice, block == number, of_package == number, 1 / count)
            price = one.solve(found, gap=2 * gap, deadline=deadline)
            if price is None:
                continue
            prices.append(price)
            if number in (0, count - 1):
                mean = split(problem, np.mean(prices, axis=0))
                mean = _near(problem, found, mean, is_level=is_level, gap=gap, deadline=deadline) or mean
            if found.gap <= gap:
                return mean
        if monotonic() >= deadline or found.value - before < 0.1 * gap * found.value:
            break
    return mean


def _near(
    problem: Problem, found: Found, prices: Prices, *, is_level: bool, gap: float, deadline: float
) -> Prices | None:
    """Solve the areas close to the line at some prices, the others being done as the prices say."""
    _bound_by(found, prices, is_level=is_level)
    weighed = weigh(problem, prices)
    free = closest(problem, weighed, _WHOLE)
    return _solved(problem, found, weighed.choice, free, is_level=is_level, gap=gap, deadline=deadline)


class _Block:
    """Some areas as a problem of their own, with what they use so far and a share of what is left of each rule."""

    def __init__(self, problem: Problem, choice: Choice, inside: Bools, packages: Bools, share: float) -> None:
        kept = inside[problem.area]
        self.inside, self.packages = inside, packages
        self.options = np.flatnonzero(kept)
        position = np.r_[np.cumsum(kept) - 1, -1]
        number = np.r_[np.cumsum(packages) - 1, -1]
        self.choice = Choice(position[choice.option[inside]], choice.year[inside], choice.start[packages])
        self.problem = replace(
            problem,
            area=(np.cumsum(inside) - 1)[problem.area[kept]],
            value=problem.value[kept],
            cost=problem.cost[kept],
            work=problem.work[kept],
            row=problem.row[kept],
            group=problem.group[inside],
            package=number[problem.package[inside]],
            must=problem.must[inside],
            setup=problem.setup[packages],
        )
        left = limits(problem) - used(problem, choice)
        limit = np.maximum(used(self.problem, self.choice) + share * left, 0.0)
        years, rows = problem.n_years, problem.capacity.size
        capacity = limit[years : years + rows].reshape(problem.capacity.shape)
        self.problem = replace(self.problem, budget=limit[:years], capacity=capacity, floor=limit[years + rows :])

    def solve(self, found: Found, *, gap: float, deadline: float) -> Floats | None:
        """Improve the block, and what was found with it; return its prices in one array."""
        partial = Found(self.problem, self.choice, lambda _: None)
        free = np.ones(self.problem.n_areas, bool), np.ones(len(self.problem.setup), bool)
        prices = _solved(self.problem, partial, self.choice, free, is_level=False, gap=gap, deadline=deadline)
        found.offer(self._put_back(found.choice, partial.choice))
        return None if prices is None else np.r_[prices.budget, prices.capacity.ravel(), prices.floor]

    def _put_back(self, whole: Choice, mine: Choice) -> Choice:
        """Return the whole choice with that of the block."""
        option, year, start = whole.option.copy(), whole.year.copy(), whole.start.copy()
        option[self.inside] = np.r_[self.options, -1][mine.option]
        year[self.inside], start[self.packages] = mine.year, mine.start
        return Choice(option, year, start)


def closest(problem: Problem, weighed: Weighed, columns: int) -> tuple[Bools, Bools]:
    """Return the areas and packages whose choice is least clear, up to a number of columns."""
    years = problem.n_years
    each = np.bincount(problem.area, minlength=problem.n_areas) * years
    # A margin counts against what decides it: the benefit of the area at stake.
    at_stake = np.maximum.reduceat(problem.value, problem.starts)
    clear = weighed.margin / np.maximum(at_stake, 1e-12 * at_stake.max(initial=1.0))
    inside = problem.package >= 0
    of_package = np.bincount(problem.package[inside], at_stake[inside], len(problem.setup))
    clear_package = weighed.package_margin / np.maximum(of_package, 1e-300)
    package_columns = np.bincount(problem.package[inside], each[inside], len(problem.setup)) + years
    order = np.argsort(np.r_[clear, clear_package], kind="stable")
    taken = np.zeros(len(order), bool)
    taken[order[np.cumsum(np.r_[each, package_columns][order]) <= columns]] = True
    return taken[: problem.n_areas], taken[problem.n_areas :]


def _chosen(
    problem: Problem, base: Choice, free: tuple[Bools, Bools], found: Found, gap: float, deadline: float
) -> Choice | None:
    """Choose the free areas and packages anew in whole numbers; the others stay as the base has them."""
    part = open_part(problem, base, *free)
    here = found.bound - value_of(problem, part.base)
    relative = 0.2 * gap * found.bound / here if here > 0 else 0.0
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
