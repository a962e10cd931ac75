"""The part of a programme that is still open, as a sparse matrix for HiGHS; the rest is done as a choice says."""

from __future__ import annotations

from dataclasses import dataclass
from time import monotonic
from typing import Any

import numpy as np

from landrelease.priority.plan.problem import Bools, Choice, Floats, Ints, Prices, Problem, allowed, limits, used

__all__ = ["Open", "integral", "open_part", "relaxed"]

_IPM_FROM = 5_000
"""Columns from which the interior point method is quicker than the simplex method."""
_SCALE_OF_GAIN = 100.0
"""What the largest benefit becomes: the absolute gap at which HiGHS stops, 1e-6, is then nothing."""
_SCALED = 1_000.0
"""What the largest coefficient of a rule becomes: a tolerance of HiGHS is then small against the smallest cost."""


@dataclass(frozen=True)
class Open:
    """Columns: `option` x `year`, then `package` x `begin`. Rows: the rules (<= `limit`), then areas and packages."""

    problem: Problem
    base: Choice
    option: Ints
    year: Ints
    package: Ints
    begin: Ints
    rules: Any
    limit: Floats
    scale: Floats
    others: Any
    low: Floats
    high: Floats

    @property
    def size(self) -> int:
        """Number of columns."""
        return len(self.option) + len(self.package)

    def gains(self, value: Floats) -> Floats:
        """Return the objective: `value` is options x years."""
        each: Floats = np.r_[value[self.option, self.year], np.zeros(len(self.package))]
        return each

    def choice(self, chosen: Bools) -> Choice:
        """Return the base with what was chosen among the open."""
        count = len(self.option)
        option, year = self.base.option.copy(), self.base.year.copy()
        start = self.base.start.copy()
        taken = chosen[:count]
        areas = self.problem.area[self.option[taken]]
        option[areas], year[areas] = self.option[taken], self.year[taken]
        opened = chosen[count:]
        start[self.package[opened]] = self.begin[opened]
        return Choice(option, year, start)


def open_part(problem: Problem, choice: Choice, free: Bools, free_package: Bools, *, fits: Bools | None = None) -> Open:
    """Return what is open: the free areas and packages, and all areas of a free package.

    An area that is not free stays as the choice has it; a free area of a package that is not free can be worked from
    the year in which the choice sets the package up.
    """
    from scipy.sparse import coo_array

    years = problem.n_years
    in_free = np.r_[free_package, False][problem.package]
    free = free | in_free
    base = Choice(
        np.where(free, -1, choice.option), np.where(free, -1, choice.year), np.where(free_package, years, choice.start)
    )
    from_year = np.where(in_free, 0, np.r_[base.start, 0][problem.package])
    is_open = (allowed(problem) if fits is None else fits) & free[problem.area][:, None]
    is_open &= np.arange(years) >= from_year[problem.area][:, None]
    option, year = np.nonzero(is_open)
    package, begin = np.nonzero(np.broadcast_to(free_package[:, None], (len(free_package), years)))
    row, column, cell, n_rules = _rule_cells(problem, option, year, package, begin)
    largest = np.zeros(n_rules)
    np.maximum.at(largest, row, np.abs(cell))
    scale = np.where(largest > 0, largest / _SCALED, 1.0)
    rules = coo_array((cell / scale[row], (row, column)), shape=(n_rules, len(option) + len(package))).tocsr()
    sign = np.r_[np.ones(n_rules - len(problem.floor)), -np.ones(len(problem.floor))]
    limit = sign * (limits(problem) - used(problem, base)) / scale
    others, low, high = _structure(problem, option, year, package, begin, in_free, free)
    return Open(problem, base, option, year, package, begin, rules, limit, scale, others, low, high)


def _rule_cells(
    problem: Problem, option: Ints, year: Ints, package: Ints, begin: Ints
) -> tuple[Ints, Ints, Floats, int]:
    """Return row, column and value of what the open columns use of each rule, in the order of `limits`."""
    years, n_x = problem.n_years, len(option)
    column = np.arange(n_x)
    draws = problem.row[option] >= 0
    group = problem.group[problem.area[option]]
    held = group >= 0
    first_floor = years + problem.capacity.size
    parts = [
        (year, column, problem.cost[option]),
        (begin, n_x + np.arange(len(package)), problem.setup[package]),
        ((years + problem.row[option] * years + year)[draws], column[draws], problem.work[option][draws]),
        ((first_floor + group)[held], column[held], -problem.cost[option][held]),
    ]
    row, at, cell = (np.concatenate([part[i] for part in parts]) for i in range(3))
    return row, at, cell, first_floor + len(problem.floor)


def _structure(
    problem: Problem, option: Ints, year: Ints, package: Ints, begin: Ints, in_free: Bools, free: Bools
) -> tuple[Any, Floats, Floats]:
    """Return the rows that let an area be done once, within its package, and a package be set up once."""
    from scipy.sparse import coo_array

    years, n_x = problem.n_years, len(option)
    area = problem.area[option]
    # Of a free package, an area is done by the end of a year only if the package was set up by then.
    within = np.flatnonzero(in_free)
    number = np.full(problem.n_areas, -1)
    number[within] = np.arange(len(within))
    plain = np.flatnonzero(free & (~in_free | problem.must))
    order = np.full(problem.n_areas, -1)
    order[plain] = np.arange(len(plain))
    once = np.flatnonzero(order[area] >= 0)
    parts = [(order[area[once]], once, np.ones(len(once)))]
    inside = np.flatnonzero(in_free[area])
    y_of = np.full((len(problem.setup), years), -1)
    y_of[package, begin] = n_x + np.arange(len(package))
    first = len(plain)
    for last in range(years):
        some = inside[year[inside] <= last]
        at = first + last * len(within)
        parts.append((at + number[area[some]], some, np.ones(len(some))))
        for begun in range(last + 1):
            setups = y_of[problem.package[within], begun]
            parts.append((at + np.arange(len(within)), setups, -np.ones(len(within))))
    first += years * len(within)
    opened, of = np.unique(package, return_inverse=True)
    parts.append((first + of, n_x + np.arange(len(package)), np.ones(len(package))))
    n_rows = first + len(opened)
    row, column, cell = (np.concatenate([part[i] for part in parts]) for i in range(3))
    high = np.r_[np.ones(len(plain)), np.zeros(years * len(within)), np.ones(len(opened))]
    low = np.r_[np.where(problem.must[plain], 1.0, -np.inf), np.full(n_rows - len(plain), -np.inf)]
    return coo_array((cell, (row, column)), shape=(n_rows, n_x + len(package))).tocsr(), low, high


def relaxed(
    part: Open, value: Floats, deadline: float, *, most: Floats | None = None, least: Floats | None = None
) -> tuple[Prices, Floats] | None:
    """Solve without whole numbers; return the prices of the rules and how much of each column is taken.

    A rule may be broken at the price of `most`, else at one that is above what it is worth; what it leaves is paid at
    the price of `least`, else not: no price is beyond the two. None: no answer by the deadline.
    """
    from scipy.optimize import linprog
    from scipy.sparse import block_array, coo_array, eye_array

    gains = part.gains(value)
    top = float(np.abs(gains).max(initial=0.0)) or 1.0
    n_rules = len(part.limit)
    exact = part.low == part.high
    slack = np.full(n_rules, _dear(part, gains)) if most is None else most * part.scale
    paid = np.zeros(n_rules) if least is None else least * part.scale
    sides = [-eye_array(n_rules), eye_array(n_rules)]
    answer = linprog(
        np.r_[-gains, slack, -paid] / top,
        A_ub=block_array([[part.rules, *sides], [part.others[~exact], None, None]], format="csr"),
        b_ub=np.r_[part.limit, part.high[~exact]],
        A_eq=block_array([[part.others[exact], coo_array((int(exact.sum()), 2 * n_rules))]], format="csr"),
        b_eq=part.high[exact],
        bounds=(0, None),
        method="highs-ipm" if part.size > _IPM_FROM else "highs-ds",
        options={"time_limit": max(deadline - monotonic(), 0.1)},
    )
    if answer.status != 0 or answer.x is None:
        return None
    price = np.maximum(-answer.ineqlin.marginals[:n_rules], 0.0) * top / part.scale
    return split(part.problem, price), answer.x[: part.size]


def _dear(part: Open, gains: Floats) -> float:
    """Return a price of a broken rule that is above what any rule is worth."""
    cells = part.rules.tocoo()
    counts = cells.data > 0
    per_unit = gains[cells.col[counts]] / cells.data[counts]
    return 10.0 * float(per_unit.max(initial=0.0)) or 1.0


def split(problem: Problem, price: Floats) -> Prices:
    """Return prices from one array in the order of `limits`."""
    years, rows = problem.n_years, problem.capacity.size
    capacity = price[years : years + rows].reshape(problem.capacity.shape)
    return Prices(price[:years], capacity, price[years + rows :])


def integral(part: Open, value: Floats, *, relative_gap: float, deadline: float) -> tuple[Choice | None, float]:
    """Solve in whole numbers; return the choice, if one was found, and a bound on the value of what is open.

    The tolerances of a solver are of money too: a choice that breaks a rule by one is sought again with that much less.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import vstack

    gains = part.gains(value)
    top = float(gains.max(initial=0.0)) or 1.0
    if not part.size:
        return part.choice(np.zeros(0, bool)), 0.0
    matrix = vstack([part.rules, part.others], format="csr")
    limit, bound = part.limit, np.inf
    for attempt in range(3):
        left = deadline - monotonic()
        if left <= 0:
            return None, bound
        low = np.r_[np.full(len(limit), -np.inf), part.low]
        answer = milp(
            -_SCALE_OF_GAIN * gains / top,
            integrality=np.ones(part.size),
            bounds=Bounds(0, 1),
            constraints=LinearConstraint(matrix, low, np.r_[limit, part.high]),
            options={"time_limit": left, "mip_rel_gap": relative_gap},
        )
        if attempt == 0:
            bound = _dual_bound(answer, top)
        if answer.x is None:
            return None, bound
        chosen = answer.x > 0.5
        over = part.rules @ chosen - part.limit
        over = np.where(over > 1e-9 * np.maximum(np.abs(part.limit), 1.0), over, 0.0)
        if not over.any():
            return part.choice(chosen), bound
        limit = np.minimum(limit, part.limit - 1.5 * over)
    return None, bound


def _dual_bound(answer: Any, top: float) -> float:
    """Return the bound of a solver in the unit of the benefit; -inf where it has shown that nothing keeps the rules."""
    if answer.status == 2:
        return -np.inf
    found = answer.mip_dual_bound
    return float(-found * top / _SCALE_OF_GAIN) if found is not None and np.isfinite(found) else np.inf
