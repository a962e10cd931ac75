"""The numbers behind a ranking: columns of values go in, arrays come out.

Columns are worked through in blocks of rows, so that nothing as large as the table is made beside it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, cast

import numpy as np
import numpy.typing as npt

from landrelease.priority.scheme.criteria import Criterion, PriorityClass, Threshold

__all__ = ["class_places", "given_by", "is_reached", "net_flow", "stood_in", "topsis", "unit_value", "weighted_sum"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Method = Literal["value", "topsis", "promethee"]
Missing = Literal["raise", "bounds", "worst", "best", "drop"]
_BLOCK = 1 << 15
"""Rows at a time: their temporaries stay in the cache."""


def _blocks(length: int) -> Iterator[slice]:
    return (slice(start, start + _BLOCK) for start in range(0, length, _BLOCK))


def unit_value(one: Criterion, values: Floats) -> Floats:
    """Return the part of a criterion that each value has, 0 to 1; a count without a `high` stays a count."""
    if one.form == "points":
        return values if one.high is None else np.minimum(values, one.high) / one.high
    low, high = cast(float, one.low), cast(float, one.high)
    with np.errstate(over="ignore"):
        share = (values - low) / (high - low)
    share = np.clip(share, 0.0, 1.0)
    return share if one.more_is_urgent else 1.0 - share


def given_by(one: Criterion, values: Floats, missing: Missing) -> Floats:
    """Return what a criterion gives to each area; NaN where its value is missing, and counts as neither end."""
    if one.form == "points":
        part = one.weight * (values if one.high is None else np.minimum(values, one.high))
    else:
        part = one.weight * unit_value(one, values)
    if missing in ("worst", "best"):
        part[np.isnan(part)] = 0.0 if missing == "worst" else one.most
    return part


def weighted_sum(criteria: Sequence[Criterion], columns: Sequence[Floats], missing: Missing) -> Floats:
    """Return the sum of what the criteria give."""
    total = np.zeros(len(columns[0]))
    for rows in _blocks(len(total)):
        for one, values in zip(criteria, columns, strict=True):
            total[rows] += given_by(one, values[rows], missing)
    return total


def stood_in(one: Criterion, values: Floats, missing: Missing) -> Floats:
    """Return the values with the least, or most, urgent one in place of what is missing.

    That is the end of the scale of the criterion, or a known value beyond it.
    """
    unknown = np.isnan(values)
    if missing not in ("worst", "best") or not unknown.any():
        return values
    low, high = cast(float, one.low), cast(float, one.high)
    if (missing == "best") == one.more_is_urgent:
        return np.where(unknown, max(high, float(np.nanmax(values, initial=-math.inf))), values)
    return np.where(unknown, min(low, float(np.nanmin(values, initial=math.inf))), values)


def topsis(criteria: Sequence[Criterion], columns: Sequence[Floats]) -> tuple[Floats, Floats, Floats]:
    """Return the closeness of each area to the best, and its distances to the best and the worst.

    The closeness is missing where both distances are 0: no area differs from another.
    """
    whole = math.fsum(one.weight for one in criteria)
    best, worst = np.zeros(len(columns[0])), np.zeros(len(columns[0]))
    for one, values in zip(criteria, columns, strict=True):
        least, most = (float(values.min()), float(values.max())) if len(values) else (0.0, 0.0)
        largest = max(abs(least), abs(most))
        if least == most or one.weight == 0:
            continue
        # Of the column divided by its largest value: squares of large values overflow.
        squares = sum(float(np.square(values[rows] / largest).sum()) for rows in _blocks(len(values)))
        factor = one.weight / whole / math.sqrt(squares)
        ends = (most, least) if one.more_is_urgent else (least, most)
        for rows in _blocks(len(values)):
            scaled = values[rows] / largest
            best[rows] += np.square(factor * (scaled - ends[0] / largest))
            worst[rows] += np.square(factor * (scaled - ends[1] / largest))
    best, worst = np.sqrt(best, out=best), np.sqrt(worst, out=worst)
    both = best + worst
    return np.divide(worst, both, out=np.full(len(both), np.nan), where=both > 0), best, worst


def net_flow(one: Criterion, values: Floats) -> Floats:
    """Return by how much of all other areas an area is preferred on a criterion, less how much they are to it.

    Of sorted values, those that differ by up to a bound are a run: their number and their sum come from sums up to
    each place, so that no pair is looked at.
    """
    if not len(values):
        return values.copy()
    levels, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ahead = _preferred(levels, count, one)
    behind = _preferred(-levels[::-1], count[::-1], one)[::-1]
    flow = ahead - behind if one.more_is_urgent else behind - ahead
    return flow[place] / max(len(values) - 1, 1)


def _preferred(levels: Floats, count: Ints, one: Criterion) -> Floats:
    """Return for each of the rising levels the sum of its preferences over all areas."""
    below = np.concatenate([[0], np.cumsum(count)])
    # Sums of large values lose their last digits; a longer float, where there is one, keeps more of them.
    sums = np.concatenate([[0], np.cumsum(count * levels, dtype=np.longdouble)])
    full, some = (_left_behind(levels, step) for step in (one.full_difference, one.indifference))
    result = below[full].astype(np.longdouble)
    if one.full_difference > one.indifference:
        between = (below[some] - below[full]) * (levels.astype(np.longdouble) - one.indifference)
        result += (between - (sums[some] - sums[full])) / (one.full_difference - one.indifference)
    return result.astype("float64")


def _left_behind(levels: Floats, step: float) -> Ints:
    """Return how many levels are lower by more than a step: by the difference itself, as if each pair was compared."""
    found = np.searchsorted(levels, levels - step, side="left")
    while True:
        more = (found < len(levels)) & (levels - levels[np.minimum(found, len(levels) - 1)] > step)
        fewer = (found > 0) & ~(levels - levels[np.maximum(found, 1) - 1] > step)
        if not (more | fewer).any():
            return found
        found = found + more - fewer


def class_places(classes: Sequence[PriorityClass], columns: Mapping[str, Floats], *, unknown_is_reached: bool) -> Ints:
    """Return the place of each area's class, 0 the most urgent."""
    place = np.full(len(next(iter(columns.values()))), len(classes) - 1, dtype=np.intp)
    for number in range(len(classes) - 2, -1, -1):
        reached = np.zeros(len(place), dtype=bool)
        for one in classes[number].any:
            reached |= is_reached(one, columns[one.column], unknown_is_reached=unknown_is_reached)
        place[reached] = number
    return place


def is_reached(one: Threshold, values: Floats, *, unknown_is_reached: bool) -> npt.NDArray[np.bool_]:
    """Tell where a value reaches a threshold."""
    reached = values >= one.at_least if one.at_least is not None else values <= cast(float, one.at_most)
    return reached | np.isnan(values) if unknown_is_reached else reached
