"""Where the money ends: which areas are surely funded, which surely not, and which could change places."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.checks.arguments import is_number, require_whole
from landrelease.errors import DataError, OptionError
from landrelease.priority.score.ranking import Ranking
from landrelease.priority.stability.simulate import funded_shares, reached_shares
from landrelease.priority.stability.smaa import Stability, drawn_weights
from landrelease.priority.stability.uncertain import model_of, ranked_rows, require_additive
from landrelease.priority.values import as_ids, as_numbers

__all__ = ["funding_line"]

Floats = npt.NDArray[np.float64]
_OPEN = "interchangeable"
_ROUNDING = 1e-12


def funding_line(
    ranking: Ranking,
    stability: Stability,
    *,
    top: int | None = None,
    budget: float | None = None,
    cost: pd.DataFrame | None = None,
    sure: float = 0.95,
) -> pd.DataFrame:
    """Say which areas are surely funded, surely not, and which the weights and values do not tell apart.

    Parameters
    ----------
    ranking : Ranking
        As `prioritise` returns it.
    stability : Stability
        As `stability` returns it for this ranking: its draws are made again.
    top : int, optional
        How many areas are funded; this or `budget`.
    budget : float, optional
        What there is to spend. In each draw it is spent from the first area on, until the next does not fit; an area
        that costs more than all of it is passed over. [USD]
    cost : DataFrame, optional
        With `budget`: `area_id` and `cost_usd` of every ranked area.
    sure : float
        An area is in if it is funded in at least this share of the draws, out if in at most the rest of 1, and
        interchangeable between.

    Returns
    -------
    DataFrame
        In the order of the ranking: area_id, rank, in_share (the share of the draws in which it is funded), line (in,
        interchangeable or out; missing where the area is not ranked), reason (in words; what it counts are the draws).

    Raises
    ------
    OptionError
        Not exactly one of `top` and `budget`, `budget` without `cost` or `cost` without it, or one that means nothing.
    DataError
        The stability is of another ranking, or a cost is missing, repeated, negative or of no area.

    Notes
    -----
    By `top`, an area is funded in a draw if fewer than so many have a higher score: where scores are equal, more than
    that can be. By `budget`, if the budget pays for it and for all areas that score as high or higher.

    The share of an area is as exact as `stability.half_width_share` says: close to the limits of `sure`, another seed
    can move it across.

    Examples
    --------
    >>> from landrelease.priority import Criterion, prioritise, stability
    >>> criteria = [Criterion("people", 0, 1000, 0.6), Criterion("victims", 0, 10, 0.4)]
    >>> cells = {"area_id": ["A1", "A2", "A3"], "people": [900, 300, 200], "victims": [1, 8, 2]}
    >>> ranking = prioritise(pd.DataFrame(cells), criteria)
    >>> found = stability(ranking)
    >>> funding_line(ranking, found, top=2)[["area_id", "line", "reason"]]
      area_id line                                             reason
    0      A1   in      among the first 2 in all of 10,000 rankings
    1      A2   in      among the first 2 in all of 10,000 rankings
    2      A3  out     among the first 2 in none of 10,000 rankings
    >>> cost = pd.DataFrame({"area_id": ["A1", "A2", "A3"], "cost_usd": [80_000, 70_000, 10_000]})
    >>> print(funding_line(ranking, found, budget=100_000, cost=cost)["reason"][0])
    reached by the budget in 8... % of 10,000 rankings: which weights and values are true decides;
    2 areas are interchangeable
    >>> funding_line(ranking, found)
    Traceback (most recent call last):
    landrelease.errors.OptionError: give either top (how many areas are funded) or budget (with cost)
    """
    require_additive(ranking, "the funding line")
    _require_same(ranking, stability)
    if not is_number(sure) or not 0.5 < sure <= 1:
        raise OptionError(f"sure must be a share above 0.5, up to 1; got {sure!r}")
    if (top is None) == (budget is None):
        raise OptionError("give either top (how many areas are funded) or budget (with cost)")
    if (budget is None) != (cost is None):
        raise OptionError("budget and cost belong together: what there is to spend, and what each area costs")
    model = model_of(ranking, stability.uncertain)
    weights = drawn_weights(stability.space, model, stability.draws, stability.seed)
    is_beyond = np.zeros(len(model.ids), dtype=bool)
    if budget is not None and cost is not None:
        what, costs, limit = "reached by the budget", _costs(cost, model.ids), _budget(budget)
        is_beyond = costs > limit
        share = funded_shares(model, weights, costs, limit, stability.seed)
    else:
        line = cast(int, top)
        require_whole("top", line, 1)
        what = "first" if line == 1 else f"among the first {line:,}"
        share = reached_shares(model, weights, sorted({1, line}), stability.seed)[0][:, -1]
    return _frame(ranking, share, sure, what, stability.draws, is_beyond)


def _require_same(ranking: Ranking, stability: Stability) -> None:
    same = ranking.table[["area_id", "rank"]].reset_index(drop=True).equals(stability.table[["area_id", "rank"]])
    if not same or [one.column for one in ranking.criteria] != stability.weights["column"].tolist():
        raise DataError("the stability is of another ranking.\n  Fix: stability(ranking, ...) of this one.")


def _budget(budget: float) -> float:
    if not is_number(budget) or budget < 0:
        raise OptionError(f"budget must be a finite number of 0 or more; got {budget!r}")
    return float(budget)


def _costs(cost: pd.DataFrame, ids: npt.NDArray[Any]) -> Floats:
    """Return the cost of each ranked area."""
    lacking = [one for one in ("area_id", "cost_usd") if one not in cost.columns]
    if lacking:
        raise DataError(f"'cost' lacks {' and '.join(lacking)}. Fix: its columns are area_id and cost_usd.")
    names = as_ids(cost["area_id"])
    if names.duplicated().any():
        first = names[names.duplicated()].iloc[0]
        raise DataError(
            f"{int(names.duplicated().sum())} of {len(names)} rows of 'cost' repeat an area_id, the first is "
            f"'{first}': the line takes one cost for each area.\n"
            "  Fix: keep the row of the method that will be used, or let plan_clearance (landrelease plan) choose it."
        )
    numbers_of = pd.Series(as_numbers(cost["cost_usd"], "column 'cost_usd' of 'cost'"), index=names.array)
    found = numbers_of.reindex(ids).to_numpy()
    wrong = ~(found >= 0)
    if wrong.any():
        first = ids[int(np.flatnonzero(wrong)[0])]
        raise DataError(
            f"{int(wrong.sum())} of {len(ids)} ranked areas have no cost of 0 or more, the first is '{first}'.\n"
            "  Fix: give each its cost_usd; a cost that is not known is not 0."
        )
    return cast(Floats, found)


def _frame(
    ranking: Ranking, share: Floats, sure: float, what: str, draws: int, is_beyond: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    # What is sure to 95 % is out at 5 %, though 1 - 0.95 is a little more than 0.05.
    line = np.where(share >= sure - _ROUNDING, "in", np.where(share <= 1 - sure + _ROUNDING, "out", _OPEN))
    undecided = int((line == _OPEN).sum())
    rows = ranked_rows(ranking)
    frame = ranking.table[["area_id", "rank"]].reset_index(drop=True)
    frame["in_share"], frame["line"], frame["reason"] = np.nan, pd.Series(pd.NA, frame.index, dtype="str"), "not ranked"
    frame.loc[rows, "in_share"] = share
    frame.loc[rows, "line"] = line
    frame.loc[rows, "reason"] = [
        "costs more than the whole budget" if beyond else _reason(one, where, what, draws, undecided)
        for one, where, beyond in zip(share, line, is_beyond, strict=True)
    ]
    return frame.astype({"line": "str", "reason": "str"})


def _reason(share: float, line: str, what: str, draws: int, undecided: int) -> str:
    if share in (0, 1):
        often = "all" if share else "none"
    elif 0.0005 <= share < 0.9995:
        often = f"{100 * share:.1f} %"
    else:
        often = "less than 0.1 %" if share < 0.5 else "more than 99.9 %"
    said = f"{what} in {often} of {draws:,} rankings"
    if line != _OPEN:
        return said
    others = "it alone is" if undecided == 1 else f"{undecided:,} areas are"
    return f"{said}: which weights and values are true decides; {others} interchangeable"
