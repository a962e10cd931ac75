"""What a single criterion decides, and how far the weights are from another order."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.errors import DataError, OptionError, nearest
from landrelease.priority.score.methods import unit_value
from landrelease.priority.score.ranking import Ranking
from landrelease.priority.stability.smaa import whole_numbers
from landrelease.priority.stability.uncertain import bounded_criteria, class_place, ranked_rows, require_additive
from landrelease.said import Given, say

__all__ = ["Swap", "leave_one_out", "swap_weights"]

Floats = npt.NDArray[np.float64]
_SAME_SCORE = 1e-12
"""As in the ranking: scores that differ by less than this part of the weights are equal."""


def leave_one_out(ranking: Ranking, *, top: int | Sequence[int] = (10, 20, 50)) -> pd.DataFrame:
    """Rank again without each of the criteria, and say how much of the order is left.

    Parameters
    ----------
    ranking : Ranking
        As `prioritise` returns it, of the additive value. Missing values count as they did there.
    top : int or sequence of int
        Among how many first areas to compare.

    Returns
    -------
    DataFrame
        One row a criterion: column, weight, kendall_tau (Kendall's tau-b of the two orders: 1 the same, -1 reversed;
        missing where one of them ties all areas), top_10_overlap_share, ...: of the areas that are among the first 10
        by either order, whichever are more, the share that are by both.

    Raises
    ------
    OptionError
        The ranking is of another method, or `top` is no whole number of 1 or more.
    DataError
        Values are missing, and the ranking left open what they are.

    Notes
    -----
    The other weights keep their ratios, and the class of an area stays as it is. Tau is about all areas: it hides that
    some swap at the funding line, which the overlap shows.

    References
    ----------
    Kendall, M. G. (1945), The treatment of ties in ranking problems, Biometrika 33(3): tau-b.

    Examples
    --------
    >>> from landrelease.priority import Criterion, prioritise
    >>> criteria = [Criterion("people", 0, 1000, 0.6), Criterion("victims", 0, 10, 0.4)]
    >>> cells = {"area_id": ["A1", "A2", "A3"], "people": [900, 300, 200], "victims": [1, 7, 2]}
    >>> leave_one_out(prioritise(pd.DataFrame(cells), criteria), top=1).round(3)
        column  weight  kendall_tau  top_1_overlap_share
    0   people     0.6       -0.333                  0.0
    1  victims     0.4        1.000                  1.0
    >>> leave_one_out(prioritise(pd.DataFrame(cells).iloc[:0], criteria), top=1)["kendall_tau"].tolist()
    [nan, nan]
    """
    require_additive(ranking, "leaving out a criterion")
    lines = whole_numbers("top", top)
    parts = ranking.contributions[[one.column for one in ranking.criteria]].to_numpy(dtype="float64")
    rows = ranked_rows(ranking)
    parts = parts[rows]
    if np.isnan(parts).any():
        raise DataError(
            "values are missing, and the ranking leaves open what they are.\n"
            "  Fix: rank with missing='worst' or missing='best'."
        )
    total, place = math.fsum(one.weight for one in ranking.criteria), class_place(ranking, rows)
    whole = _levels(parts.sum(axis=1), total, place)
    found = []
    for at, one in enumerate(ranking.criteria):
        rest = _levels(np.delete(parts, at, axis=1).sum(axis=1), total, place)
        overlaps = {f"top_{line}_overlap_share": _overlap(whole, rest, line) for line in lines}
        found.append({"column": one.column, "weight": one.weight, "kendall_tau": _tau(whole, rest), **overlaps})
    return pd.DataFrame(found).astype({"column": "str"})


def _levels(score: Floats, total: float, place: npt.NDArray[np.intp]) -> Floats:
    """Return numbers that are in the order of the ranking, upwards: by class, then by score."""
    pairs = np.column_stack([-place, np.round(score / (_SAME_SCORE * total))])
    return cast(Floats, np.unique(pairs, axis=0, return_inverse=True)[1].astype("float64"))


def _tau(one: Floats, other: Floats) -> float:
    from scipy.stats import kendalltau

    if len(one) < 2 or not np.ptp(one) or not np.ptp(other):
        return math.nan
    return float(kendalltau(one, other).statistic)


def _overlap(one: Floats, other: Floats, line: int) -> float:
    if not len(one):
        return math.nan
    first, second = (pd.Series(-level).rank(method="min").to_numpy() <= line for level in (one, other))
    return float((first & second).sum() / max(first.sum(), second.sum()))


@dataclass(frozen=True)
class Swap:
    """What would have to change for two areas to change places.

    Attributes
    ----------
    first_id, second_id : str
        The area that is ahead, and the other.
    table : DataFrame
        One row a criterion: column; weight, as in the ranking; nearest_weight, of those weights with the same sum that
        are nearest to the ranking's and give both areas the same score; alone_weight, at which they have the same score
        where this weight alone is changed and the others keep their ratios and the sum. Missing where no such weights
        are: beyond them, the areas have changed places.
    distance : float
        How far the nearest weights are: the root of the sum of squared changes; missing where there are none.
    sentence : str
        The same in words.
    """

    first_id: str
    second_id: str
    table: pd.DataFrame
    distance: float
    sentence: str


def swap_weights(ranking: Ranking, area_id: str, other_id: str) -> Swap:
    """Return the smallest change of the weights that makes two areas change places, if any does.

    Parameters
    ----------
    ranking : Ranking
        As `prioritise` returns it, of the additive value.
    area_id, other_id : str
        The two areas, in any order.

    Returns
    -------
    Swap
        `table` by criterion with the weights at which the scores are equal, and a `sentence`.

    Raises
    ------
    DataError
        The ranking has no such area, or it is not ranked, or has a missing value that the ranking left open.
    OptionError
        The ranking is of another method, or both ids are the same.

    Notes
    -----
    With d the difference of what each criterion gives the areas for a weight of 1, the scores are equal where d.w = 0.
    The nearest such weights of the same sum and none below 0 are w - l d, with what is below 0 cut off and the rest
    moved alike to keep the sum (the projection on the simplex), for the one l that makes d.w 0. If no criterion gives
    the area that is ahead less, or its class comes first, no weights do.

    Examples
    --------
    >>> from landrelease.priority import Criterion, prioritise
    >>> criteria = [Criterion("people", 0, 1000, 0.6), Criterion("victims", 0, 10, 0.4)]
    >>> cells = {"area_id": ["A1", "A2", "A3"], "people": [900, 300, 200], "victims": [1, 7, 0]}
    >>> ranking = prioritise(pd.DataFrame(cells), criteria)
    >>> print(swap_weights(ranking, "A2", "A1").sentence)
    A1 and A2 have the same score if people weighs 0.5 instead of 0.6 and victims weighs 0.5 instead of 0.4;
    beyond that, A2 is ahead.
    >>> print(swap_weights(ranking, "A1", "A3").sentence)
    A1 is ahead of A3 whatever the weights: no criterion gives it less.
    >>> swap_weights(ranking, "A1", "A-3")
    Traceback (most recent call last):
    landrelease.errors.DataError: no area 'A-3' among the 3 areas of the ranking; did you mean 'A3'?
    """
    require_additive(ranking, "swapping two areas")
    if str(area_id) == str(other_id):
        raise OptionError(f"'{area_id}' can not swap with itself: name two areas")
    weights = np.array([one.weight for one in ranking.criteria])
    one, other = (_row(ranking, name) for name in (area_id, other_id))
    place = class_place(ranking, np.array([one, other]))
    apart = _units(ranking, one) - _units(ranking, other)
    if place[0] > place[1] or (place[0] == place[1] and apart @ weights < 0):
        one, other, apart = other, one, -apart
    first, second = (Given(ranking.table["area_id"].iloc[row]) for row in (one, other))
    nearest_one = alone = np.full(len(weights), np.nan)
    if place[0] != place[1]:
        sentence = say("{0} is ahead of {1} whatever the weights: its class comes first.", first, second)
    elif abs(apart @ weights) <= _SAME_SCORE * weights.sum():
        nearest_one = alone = weights
        sentence = say("{0} and {1} have the same score as it is.", first, second)
    elif apart.min() >= -_SAME_SCORE:
        sentence = say("{0} is ahead of {1} whatever the weights: no criterion gives it less.", first, second)
    else:
        nearest_one, alone = _nearest(weights, apart), _alone(weights, apart)
        changes = _changes(ranking, weights, nearest_one)
        said = "{0} and {1} have the same score if {2}; beyond that, {1} is ahead."
        sentence = say(said, first, second, changes)
    columns = pd.Series([criterion.column for criterion in ranking.criteria], dtype="str")
    found = {"column": columns, "weight": weights, "nearest_weight": nearest_one, "alone_weight": alone}
    return Swap(first, second, pd.DataFrame(found), float(np.linalg.norm(nearest_one - weights)), sentence)


def _row(ranking: Ranking, area_id: str) -> int:
    ids = ranking.table["area_id"]
    rows = np.flatnonzero((ids == str(area_id)).to_numpy())
    if not len(rows):
        raise DataError(f"no area '{area_id}' among the {len(ids):,} areas of the ranking{nearest(str(area_id), ids)}")
    if not ranked_rows(ranking)[rows[0]]:
        raise DataError(f"'{area_id}' is not ranked: a value is missing")
    return int(rows[0])


def _units(ranking: Ranking, row: int) -> Floats:
    """Return what each criterion would give an area for a weight of 1."""
    filled = {"worst": 0.0, "best": 1.0}.get(ranking.missing)
    found = []
    for one in bounded_criteria(ranking):
        share = float(unit_value(one, ranking.values[one.column].to_numpy(dtype="float64")[[row]])[0])
        if math.isnan(share):
            if filled is None:
                raise DataError(
                    f"'{ranking.table['area_id'].iloc[row]}' has no value of '{one.column}', and the ranking leaves "
                    "open what it is.\n  Fix: rank with missing='worst' or missing='best'."
                )
            share = filled
        found.append(share * replace(one, weight=1.0).most)
    return np.array(found)


def _nearest(weights: Floats, apart: Floats) -> Floats:
    """Return the nearest weights of the same sum, none below 0, for which apart @ weights is 0."""
    from scipy.optimize import brentq

    total = weights.sum()
    share, slope = weights / total, apart / np.abs(apart).max()

    def ahead(step: float) -> float:
        return float(slope @ _projected(share - step * slope))

    far = 1.0
    while ahead(far) > 0:
        far *= 2
    step = brentq(ahead, 0.0, far, xtol=1e-15, rtol=1e-14)
    return cast(Floats, total * _projected(share - step * slope))


def _projected(point: Floats) -> Floats:
    """Return the nearest point with no coordinate below 0 and the sum 1 (Held, Wolfe and Crowder 1974)."""
    falling = -np.sort(-point)
    over = (np.cumsum(falling) - 1) / np.arange(1, len(point) + 1)
    return cast(Floats, np.maximum(point - over[np.flatnonzero(falling > over)[-1]], 0.0))


def _alone(weights: Floats, apart: Floats) -> Floats:
    """Return for each criterion the weight that makes apart @ weights 0 where the others share the rest as before."""
    total = weights.sum()
    rest = total - weights
    others = apart @ weights - apart * weights
    with np.errstate(divide="ignore", invalid="ignore"):
        found = others * total / (others - apart * rest)
    # The other area is ahead at the end of the way, upwards or downwards; to be equal there is not enough.
    is_passed = (apart < -_SAME_SCORE) | (others < -_SAME_SCORE * total)
    return cast(Floats, np.where((rest > 0) & is_passed, found, np.nan))


def _changes(ranking: Ranking, weights: Floats, changed: Floats) -> str:
    """Say which weights change, and how."""
    texts = [
        f"{one.column} weighs {after:.4g} instead of {before:.4g}"
        for one, before, after in zip(ranking.criteria, weights, changed, strict=True)
        if abs(after - before) > _SAME_SCORE * weights.sum()
    ]
    return " and ".join(texts) if len(texts) < 3 else f"{', '.join(texts[:-1])}, and {texts[-1]}"
