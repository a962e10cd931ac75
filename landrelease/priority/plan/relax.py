"""The smallest change of the rules that lets a programme exist."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic

import numpy as np

from landrelease.priority.plan.problem import Bools, Choice, Floats, Problem, as_one_year, lacks, limits, weigh
from landrelease.priority.plan.restricted import Open, open_part, relaxed

__all__ = ["Elastic", "elastic", "kinds_of"]

_MOST_COLUMNS = 4_000
_NEAR = 3e-4
"""Part of the total of a kind by which the smallest change may be missed."""
_EACH = 60
"""Areas of each group that are looked at where there are too many for all, besides those that fill its floor."""


@dataclass(frozen=True)
class Elastic:
    """A choice, by how much it breaks each rule (in the order of `limits`), the must-include areas it leaves out.

    `is_least` tells that no change would do that is smaller by more than `_NEAR`, shown by search over all areas or by
    prices.
    """

    choice: Choice
    excess: Floats
    dropped: Bools
    is_least: bool

    @property
    def is_whole(self) -> bool:
        """Whether nothing is broken."""
        return not self.excess.any() and not self.dropped.any()

    def size(self, problem: Problem) -> float:
        """Return the sum of the parts by which rules and the list of must-include areas change."""
        dropped = float(self.dropped.sum()) / max(int(problem.must.sum()), 1)
        return float((self.excess / _totals(problem)).sum()) + dropped

    def applied(self, problem: Problem) -> Problem:
        """Return the problem with the rules that the choice keeps."""
        years, rows = problem.n_years, problem.capacity.size
        more, floor = self.excess[: years + rows], self.excess[years + rows :]
        return replace(
            problem, budget=problem.budget + more[:years], floor=problem.floor - floor,
            capacity=problem.capacity + more[years:].reshape(problem.capacity.shape),
            must=problem.must & ~self.dropped,
        )  # fmt: skip


def kinds_of(problem: Problem) -> Floats:
    """Return the kind of each rule in the order of `limits`: 0 budget, 1 capacity, 2 floor."""
    return np.repeat([0, 1, 2], [problem.n_years, problem.capacity.size, len(problem.floor)])


def elastic(problem: Problem, *, kinds: tuple[int, ...], may_drop: Bools, deadline: float) -> Elastic | None:
    """Find the choice that breaks the least, where rules of some kinds may be broken and some areas left out.

    Each rule counts by the part of its kind's total that it is broken by. None: no choice was found; either there is
    none, or the deadline passed.
    """
    if not problem.n_areas:
        return _of_nothing(problem, kinds)
    least = 0.0
    if problem.n_years > 1:
        # What one year with all that the years have must give way by is quickly known, and no plan needs less.
        half = 0.5 * (monotonic() + deadline)
        least = _searched(as_one_year(problem), kinds, may_drop, least, half)[1]
    return _searched(problem, kinds, may_drop, least, deadline)[0]


def _searched(
    problem: Problem, kinds: tuple[int, ...], may_drop: Bools, least: float, deadline: float
) -> tuple[Elastic | None, float]:
    """Search, knowing that no sum of parts below `least` works; return also a sum below which nothing was shown to."""
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import block_array, coo_array, eye_array

    looked = _enough(problem)
    nothing = np.full(problem.n_areas, -1)
    closed = np.full(len(problem.setup), problem.n_years)
    part = open_part(
        problem, Choice(nothing, nothing.copy(), closed), looked, np.ones(len(closed), bool),
        fits=np.ones((len(problem.area), problem.n_years), bool),
    )  # fmt: skip
    n_rules, n_x = len(part.limit), part.size
    kind, limit = kinds_of(problem), limits(problem)
    scaled_total = _totals(problem) / part.scale
    may_break = np.isin(kind, kinds)
    must = np.flatnonzero(problem.must & may_drop)
    # A row of structure asks a must-include area to be done; leaving it out does so too.
    asks = np.flatnonzero(part.low == 1.0)
    of_row = np.flatnonzero(problem.must & looked)
    position = np.full(problem.n_areas, -1)
    position[of_row] = asks
    leave_out = coo_array((np.ones(len(must)), (position[must], np.arange(len(must)))), (len(part.low), len(must)))
    # The last column is 1, the total: the relative gap of HiGHS is then a part of the total.
    each = np.r_[np.zeros(n_x), 1 / scaled_total, np.full(len(must), 1 / max(problem.must.sum(), 1)), 1]
    matrix = block_array(
        [[part.rules, -eye_array(n_rules), coo_array((n_rules, len(must))), coo_array((n_rules, 1))],
         [part.others, coo_array((len(part.low), n_rules)), leave_out, None]], format="csr",
    )  # fmt: skip
    answer = milp(
        1e3 * each,
        integrality=np.r_[np.ones(n_x), np.zeros(n_rules), np.ones(len(must)), 0],
        bounds=Bounds(
            np.r_[np.zeros(n_x + n_rules + len(must)), 1],
            np.r_[np.ones(n_x), np.where(may_break, np.inf, 0.0), np.ones(len(must)), 1],
        ),
        constraints=[
            LinearConstraint(matrix, np.r_[np.full(n_rules, -np.inf), part.low], np.r_[part.limit, part.high]),
            LinearConstraint(each[None], 1 + least),
        ],
        options={"time_limit": max(deadline - monotonic(), 0.1), "mip_rel_gap": _NEAR},
    )
    shown = answer.mip_dual_bound if looked.all() else None
    if shown is not None and np.isfinite(shown):
        # The bound of a solver has its tolerance.
        least = max(least, (1 - 1e-9) * shown / 1e3 - 1 - 1e-6)
    if answer.x is None:
        return None, least
    choice = part.choice(answer.x[:n_x] > 0.5)
    dropped = np.zeros(problem.n_areas, bool)
    dropped[must[answer.x[n_x + n_rules : -1] > 0.5]] = True
    excess = lacks(problem, choice)
    if (excess[~may_break] > 1e-6 * np.maximum(limit[~may_break], 1.0)).any():
        return None, least
    found = Elastic(choice, excess, dropped, bool(answer.status == 0 and looked.all()))
    if not found.is_least:
        low = least if len(must) else max(least, _least(problem, part, may_break, deadline))
        found = replace(found, is_least=found.size(problem) <= low + 1.1 * _NEAR * (1 + low))
    return found, least


def _least(problem: Problem, part: Open, may_break: Bools, deadline: float) -> float:
    """Return a sum of parts below which nothing works, for all areas, from the prices of those that are open.

    With a benefit of 0 for all, the bound of `weigh` at any prices is below 0 by no more than what has to give way.
    """
    price = np.where(may_break, 1.0, 1e3) / _totals(problem)
    nothing = np.zeros((len(problem.area), problem.n_years))
    answer = relaxed(part, nothing, deadline, most=price)
    if answer is None:
        return 0.0
    fits = np.ones(nothing.shape, bool)
    return -weigh(replace(problem, value=nothing[:, 0]), answer[0], fits=fits).bound


def _of_nothing(problem: Problem, kinds: tuple[int, ...]) -> Elastic | None:
    """Return what must give way where no area can be planned: the floors."""
    none = np.zeros(0, np.int64)
    choice = Choice(none, none, np.full(len(problem.setup), problem.n_years))
    excess = lacks(problem, choice)
    return Elastic(choice, excess, np.zeros(0, bool), True) if 2 in kinds or not excess.any() else None


def _totals(problem: Problem) -> Floats:
    """Return for each rule the total of its kind: what a change is measured against."""
    kind, limit = kinds_of(problem), limits(problem)
    dearest = float(problem.cost.max(initial=1.0))
    totals = [float(limit[kind == one].sum()) for one in range(3)]
    found: Floats = np.array([one if one > 0 else dearest for one in totals])[kind]
    return found


def _enough(problem: Problem) -> Bools:
    """Return the areas that decide whether the rules can be kept: all, or enough of each floor."""
    if len(problem.area) * problem.n_years <= _MOST_COLUMNS:
        return np.ones(problem.n_areas, bool)
    looked = problem.must.copy()
    dearest = np.maximum.reduceat(problem.cost, problem.starts)
    for group, floor in enumerate(problem.floor):
        inside = np.flatnonzero(problem.group == group)
        if floor <= 0:
            continue
        down = inside[np.argsort(-dearest[inside], kind="stable")]
        enough = int(np.searchsorted(np.cumsum(dearest[down]), 2 * floor)) + _EACH
        looked[down[:enough]] = True
        looked[down[-_EACH:]] = True
    return looked
