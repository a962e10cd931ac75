"""The score and the rank of each area, with what they are made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.errors import DataError, check_option, nearest
from landrelease.priority.scheme.criteria import (
    Band,
    Criterion,
    PriorityClass,
    Scheme,
    columns_of,
    consulted_columns,
)
from landrelease.priority.score.methods import (
    Method,
    Missing,
    class_places,
    given_by,
    net_flow,
    stood_in,
    topsis,
    unit_value,
    weighted_sum,
)
from landrelease.priority.score.order import in_order, joined, rank_bounds, ranks, tie_groups
from landrelease.priority.score.require import area_ids, criteria_of, require_criteria, require_method, require_values
from landrelease.priority.values import as_numbers

__all__ = ["Ranking", "prioritise", "unit_values"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
Columns = dict[str, Floats]
_SAME_SCORE = 1e-12
"""Scores that differ by less than this part of the weights are equal: sums of decimals differ by rounding."""


@dataclass(frozen=True)
class Ranking:
    """What `prioritise` found, with everything that explains it.

    Attributes
    ----------
    table : DataFrame
        One row an area, in order: area_id, score, rank (1 is the most urgent; equal scores share a rank), tie_group
        (a number that areas share if nothing distinguishes them: each column that was looked at is equal, or
        missing). Areas that were dropped stand at the end without score and rank.
        Of a scheme with classes: priority_class. With missing="bounds": score_low, score_high, rank_best, rank_worst.
        Of TOPSIS: distance_to_best, distance_to_worst.
    values : DataFrame
        In the order of `table`: area_id, the value of each criterion and threshold as given, and how many were
        asked for it; missing stays missing.
    criteria : tuple of Criterion
        What was scored.
    method : str
        How the values make a score.
    missing : str
        How a missing value was counted.
    n_filled : int
        How many missing values were counted as something.
    weights : str
        "order" if the weights stand for nothing but the order of the criteria, else "given".
    classes : tuple of PriorityClass
        Classes that stand before each other whatever the score, if the scheme has any.
    bands : tuple of Band
        Names of ranges of the score, if the scheme has any.
    scheme : str
        Title of the scheme, if one was given.
    flows : DataFrame, optional
        Of PROMETHEE, in the order of `table`: area_id and the weighted net flow of each criterion.
    """

    table: pd.DataFrame
    values: pd.DataFrame
    criteria: tuple[Criterion, ...]
    method: Method
    missing: Missing
    n_filled: int = 0
    weights: Literal["given", "order"] = "given"
    classes: tuple[PriorityClass, ...] = ()
    bands: tuple[Band, ...] = ()
    scheme: str = ""
    flows: pd.DataFrame | None = None

    @cached_property
    def contributions(self) -> pd.DataFrame:
        """In the order of `table`: area_id and what each criterion gives; the columns sum to the score.

        With missing="bounds" what is not known gives nothing that could be said (NaN), and the rest sums to score_low.
        A closeness of TOPSIS is no sum: there are no columns but area_id.
        """
        if self.flows is not None:
            return self.flows
        parts: dict[str, Any] = {"area_id": self.values["area_id"]}
        if self.method == "value":
            for one in self.criteria:
                parts[one.column] = given_by(one, self.values[one.column].to_numpy(), self.missing)
        return pd.DataFrame(parts)


def prioritise(
    table: pd.DataFrame,
    criteria: Sequence[Criterion] | Scheme,
    *,
    method: Method = "value",
    missing: Missing = "raise",
) -> Ranking:
    """Rank areas by what the criteria say of them.

    Parameters
    ----------
    table : DataFrame
        One row an area: `area_id` and a column for each criterion, as `criteria_table` returns it.
    criteria : sequence of Criterion, or Scheme
        What counts, and how much. Of a scheme with classes, areas of a class come before all of the next.
    method : {"value", "topsis", "promethee"}
        "value": the weighted sum of places between `low` and `high` (or of points). It alone gives an area the
        same score whichever others are in the table. "topsis": how near an area is to the best, and how far from
        the worst, of all values in the table. "promethee": by how much an area is preferred to the others, less
        how much they are to it, pair by pair.
    missing : {"raise", "bounds", "worst", "best", "drop"}
        What a missing value counts as. "raise": nothing goes on. "bounds": it may be anything, so that an area has
        a lowest and a highest score, a best and a worst rank, and a score and a rank only where these are one; the
        order is by the best rank, then the worst ("value" only). "worst": it gives nothing, the lowest score that
        the area can have; an area that nobody has looked at sinks. "best": it gives all, the highest score, which
        errs towards danger. "drop": the area is not ranked, and stands at the end without a rank.

    Returns
    -------
    Ranking
        `table` (area_id, score, rank, tie_group, and more where a method or scheme has more), `contributions`,
        `values` and how they were made.

    Raises
    ------
    DataError
        A column is missing or holds no numbers, a count is negative, an id is missing or repeated, or values
        are missing and `missing` is "raise".
    OptionError
        No criteria, no weight above 0, a column in two criteria, an unknown option; "best" or "bounds" for a count
        without a `high`; "topsis" or "promethee" with points, or with "bounds".

    Notes
    -----
    "value": the additive value S = sum of w_j v_j. For a criterion of form `value`,
    v_j = (x_j - low_j) / (high_j - low_j), cut to 0..1, and 1 - v_j where less is more urgent; for `points`,
    v_j = x_j, at most `high_j`. The bounds belong to the criteria and not to the data, so that the order of
    two areas never depends on a third one.

    "topsis": r_ij = x_ij / sqrt(sum over i of x_ij^2), times w_j / sum of w; with the Euclidean distances D+ to the
    most urgent and D- to the least urgent value of every criterion, the score is D- / (D+ + D-). It is no sum, so no
    criterion has a part in it. Where all areas are alike, or there is one, there is no score, and all are rank 1.

    "promethee": PROMETHEE II. The net flow, -1 to 1, is the sum over the criteria of w_j / sum of w times the mean,
    over all other areas, of P(d) - P(-d): d is the difference in the direction of urgency, P(d) is 0 up to
    `indifference`, 1 from `preference` on (above it, if both are the same), straight between. An area alone has 0.

    Both compare areas with each other: an area that leaves can change the order of others. They read neither low
    nor high, but for a missing value ("worst", "best"), which counts as the end of the scale, or the known value
    farthest beyond it; the scores are then not bounds. They have none: each depends on what is missing of all others.

    Equal scores share the smallest rank of the group (1, 2, 2, 4); within it the order is by area_id, and does not
    depend on the order of the rows.

    References
    ----------
    Keeney, R. L. and Raiffa, H. (1976), Decisions with Multiple Objectives: the additive value function.
    Hwang, C. L. and Yoon, K. (1981), Multiple Attribute Decision Making: TOPSIS.
    Brans, J. P. and Vincke, P. (1985), A preference ranking organisation method, Management Science 31(6): PROMETHEE.
    Calders, T. and Van Assche, D. (2016), PROMETHEE is not quadratic, arXiv 1603.00091: by sorting.

    Examples
    --------
    >>> people = Criterion("people", 0, 1000, 0.75)
    >>> criteria = [people, Criterion("road_m", 0, 500, 0.25, more_is_urgent=False)]
    >>> cells = {"area_id": ["A1", "A2", "A3"], "people": [400, 1600, 400], "road_m": [0.0, 500.0, None]}
    >>> table = pd.DataFrame(cells)
    >>> prioritise(table, criteria, missing="worst").table
      area_id  score  rank  tie_group
    0      A2   0.75     1          1
    1      A1   0.55     2          2
    2      A3   0.30     3          3
    >>> prioritise(table, criteria, missing="bounds").table.drop(columns="tie_group")
      area_id  score  rank  score_low  score_high  rank_best  rank_worst
    0      A2   0.75     1       0.75        0.75          1           1
    1      A1   0.55     2       0.55        0.55          2           2
    2      A3    NaN  <NA>       0.30        0.55          2           3
    >>> prioritise(table, criteria)
    Traceback (most recent call last):
    landrelease.errors.DataError: 1 of 2 criteria has missing values, for 1 of 3 areas.
      road_m: 1 area, 'A3'
      Fix: fill them, or say how they count: missing='bounds' (anything), 'worst' (nothing),
      'best' (in full) or 'drop' (not ranked).
    >>> len(prioritise(table.iloc[:0], criteria).table)
    0
    """
    check_option("method", method, ("value", "topsis", "promethee"))
    check_option("missing", missing, ("raise", "bounds", "worst", "best", "drop"))
    chosen = criteria_of(criteria)
    classes = criteria.classes if isinstance(criteria, Scheme) else ()
    require_criteria(chosen, columns_of(chosen, classes), table)
    require_method(chosen, method, missing)
    ids = area_ids(table)
    columns = {name: _numbers(table, name) for name in columns_of(chosen, classes)}
    unknown = {name: np.isnan(values) for name, values in columns.items() if np.isnan(values).any()}
    require_values(chosen, columns, unknown, ids, missing)
    is_ranked = np.ones(len(ids), dtype=bool)
    if missing == "drop" and unknown:
        is_ranked = ~np.logical_or.reduce(list(unknown.values()))
    scores, flows = _scored(chosen, columns, method, missing, is_ranked)
    whole = math.fsum(one.weight for one in chosen) if method == "value" else 1.0
    at_best, at_worst = _classes(classes, columns, missing)
    if missing == "bounds":
        order, is_same, placed = _by_bounds(scores, at_best, at_worst, whole, ids)
    else:
        order, is_same, placed = _by_score(scores["score"], at_best, is_ranked, whole, ids)
    area_id = pd.Series(ids.array.take(order))
    cells: dict[str, Any] = {"area_id": area_id}
    if at_best is not None:
        is_sure = is_ranked & (at_best == at_worst)
        names = np.where(is_sure, np.array([one.name for one in classes], dtype="object")[at_best], "")
        cells["priority_class"] = pd.Series(names[order], dtype="str").where(is_sure[order])
    cells |= {"score": scores.pop("score")[order], "rank": placed.pop("rank")}
    cells["tie_group"] = tie_groups(is_same, order, list(columns.values()))
    cells |= {name: scores.pop(name)[order] for name in list(scores)}
    asked = {name: _numbers(table, name) for one in chosen for name in consulted_columns(one.column) if name in table}
    return Ranking(
        table=pd.DataFrame(cells | placed),
        values=_frame(area_id, columns | asked, order),
        criteria=chosen,
        method=method,
        missing=missing,
        n_filled=sum(int(one.sum()) for one in unknown.values()) if missing in ("worst", "best") else 0,
        weights=criteria.weights if isinstance(criteria, Scheme) else "given",
        classes=classes,
        bands=criteria.bands if isinstance(criteria, Scheme) else (),
        scheme=criteria.title if isinstance(criteria, Scheme) else "",
        flows=None if flows is None else _frame(area_id, flows, order),
    )


def _numbers(table: pd.DataFrame, name: str) -> Floats:
    return as_numbers(table[name], f"column '{name}' of the table")


def _frame(area_id: pd.Series, columns: Columns, order: Ints) -> pd.DataFrame:
    # The columns are new; the frame would copy them once more.
    return pd.DataFrame({"area_id": area_id, **{name: values[order] for name, values in columns.items()}}, copy=False)


def _classes(
    classes: tuple[PriorityClass, ...], columns: Columns, missing: Missing
) -> tuple[Ints, Ints] | tuple[None, None]:
    """Return the place of each area's class, at best and at worst; None if the scheme has none."""
    if not classes:
        return None, None
    best = class_places(classes, columns, unknown_is_reached=missing in ("best", "bounds"))
    return best, class_places(classes, columns, unknown_is_reached=missing == "best")


def _scored(
    criteria: tuple[Criterion, ...], columns: Columns, method: Method, missing: Missing, is_ranked: Bools
) -> tuple[Columns, Columns | None]:
    """Return the scores, and for PROMETHEE what of them each criterion gives."""
    values = [columns[one.column] for one in criteria]
    if method == "value" and missing == "bounds":
        low, high = weighted_sum(criteria, values, "worst"), weighted_sum(criteria, values, "best")
        return {"score": np.where(low == high, low, np.nan), "score_low": low, "score_high": high}, None
    if method == "value":
        return {"score": np.where(is_ranked, weighted_sum(criteria, values, missing), np.nan)}, None
    # Who is not ranked is compared with nobody.
    values = [stood_in(one, _only(column, is_ranked), missing) for one, column in zip(criteria, values, strict=True)]
    if method == "topsis":
        names = ("score", "distance_to_best", "distance_to_worst")
        return {name: _spread(one, is_ranked) for name, one in zip(names, topsis(criteria, values), strict=True)}, None
    whole = math.fsum(one.weight for one in criteria)
    flows = {
        one.column: _spread(one.weight / whole * net_flow(one, column), is_ranked)
        for one, column in zip(criteria, values, strict=True)
    }
    return {"score": np.add.reduce(list(flows.values()))}, flows


def _only(values: Floats, is_ranked: Bools) -> Floats:
    return values if is_ranked.all() else values[is_ranked]


def _spread(found: Floats, is_ranked: Bools) -> Floats:
    if is_ranked.all():
        return found
    result = np.full(len(is_ranked), np.nan)
    result[is_ranked] = found
    return result


def _levels(score: Floats, whole: float) -> Floats:
    """Return scores on a grid that hangs on the weights alone.

    By their gaps, or on one that hangs on the largest score, a third area would decide whether two are equal.
    """
    return np.round(score / (_SAME_SCORE * whole))


def _by_score(
    score: Floats, class_place: Ints | None, is_ranked: Bools, whole: float, ids: pd.Series
) -> tuple[Ints, Bools, dict[str, Any]]:
    # Where all areas are alike, TOPSIS has no score, and they share the first rank.
    level = np.where(is_ranked, -np.nan_to_num(_levels(score, whole)), np.inf)
    keys: list[Any] = [level]
    if class_place is not None:
        keys = [np.where(is_ranked, class_place, np.iinfo(np.intp).max), level]
    order, is_same = in_order(keys, ids)
    return order, is_same, {"rank": pd.arrays.IntegerArray(ranks(is_same), ~is_ranked[order])}


def _by_bounds(
    scores: Columns, at_best: Ints | None, at_worst: Ints | None, whole: float, ids: pd.Series
) -> tuple[Ints, Bools, dict[str, Any]]:
    low, high = (_levels(scores[name], whole) for name in ("score_low", "score_high"))
    if at_best is None or at_worst is None:
        best, worst = rank_bounds(low, high)
    else:
        best, worst = rank_bounds(*joined([-at_worst, low], [-at_best, high]))
    order, is_same = in_order([best, worst], ids)
    best, worst = best[order], worst[order]
    rank = pd.arrays.IntegerArray(best, best != worst)
    return order, is_same, {"rank": rank, "rank_best": pd.array(best, "Int64"), "rank_worst": pd.array(worst, "Int64")}


def unit_values(criteria: Sequence[Criterion], values: pd.DataFrame) -> Floats:
    """Return how much of each criterion each area has: the marginal values, a column a criterion.

    Parameters
    ----------
    criteria : sequence of Criterion
        What counts.
    values : DataFrame
        A column for each criterion, as in `Ranking.values` or the table of `prioritise`.

    Returns
    -------
    array of float64, (areas, criteria)
        From 0 to 1, NaN where the value is missing. Form `value`: the place between `low` and `high`. Form
        `points`: the part of `high`; points of a count without a `high` have no most, and stay the count.

    Raises
    ------
    DataError
        A column is lacking, or holds no numbers.

    Notes
    -----
    The score of `prioritise` is the sum of `most` times the marginal value over the criteria, or of `weight` times
    it where there is no most. Weights that are drawn or compared are those of the marginal values.

    Examples
    --------
    >>> road = Criterion("road_m", 0, 500, 0.5, more_is_urgent=False)
    >>> criteria = [road, Criterion("mines", None, 2, 3, form="points")]
    >>> values = pd.DataFrame({"road_m": [100, 900, None], "mines": [1, 4, 0]})
    >>> unit_values(criteria, values).tolist()
    [[0.8, 0.5], [0.0, 1.0], [nan, 0.0]]
    >>> unit_values(criteria, values.iloc[:0]).shape
    (0, 2)
    """
    found = np.empty((len(values), len(criteria)), order="F")
    for place, one in enumerate(criteria):
        if one.column not in values.columns:
            raise DataError(f"the values have no column '{one.column}'{nearest(one.column, map(str, values.columns))}")
        found[:, place] = unit_value(one, as_numbers(values[one.column], f"column '{one.column}' of the values"))
    return found
