"""From scores to places: the order of a ranking, ranks with what they may become, and areas that are alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["in_order", "joined", "rank_bounds", "ranks", "tie_groups"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Bools = npt.NDArray[np.bool_]
Keys = Sequence[npt.NDArray[np.float64] | npt.NDArray[np.intp]]


def in_order(keys: Keys, ids: pd.Series) -> tuple[Ints, Bools]:
    """Return the order by rising keys, the first decides, then by id; and where a row has the keys of that before."""
    order = np.argsort(keys[0]) if len(keys) == 1 else np.lexsort(tuple(keys)[::-1])
    is_same = np.zeros(len(order), dtype=bool)
    is_same[1:] = np.logical_and.reduce([key[order[1:]] == key[order[:-1]] for key in keys])
    tied, run = _tied(is_same)
    if len(tied):
        rows = order[tied]
        by_id = np.empty(len(rows), dtype=np.intp)
        by_id[ids.iloc[rows].array.argsort()] = np.arange(len(rows))
        order[tied] = rows[np.lexsort((by_id, run))]
    return order, is_same


def _tied(is_same: Bools) -> tuple[Any, Any]:
    """Return the places that have the keys of a neighbour, and the number of their run."""
    tied = is_same.copy()
    tied[:-1] |= is_same[1:]
    places = np.flatnonzero(tied)
    return places, np.cumsum(~is_same)[places]


def ranks(is_same: Bools) -> Ints:
    """Return the rank of each place of an order: equal keys share the smallest (1, 2, 2, 4)."""
    return np.maximum.accumulate(np.where(is_same, 0, np.arange(1, len(is_same) + 1)))


def joined(low: Keys, high: Keys) -> tuple[Ints, Ints]:
    """Return the place of each low and each high among all of both, by rising keys, the first decides."""
    keys = [np.concatenate(pair) for pair in zip(low, high, strict=True)]
    order = np.lexsort(tuple(keys)[::-1])
    is_new = np.logical_or.reduce([key[order[1:]] != key[order[:-1]] for key in keys])
    place = np.empty(len(order), dtype=np.intp)
    place[order] = np.concatenate([[0], np.cumsum(is_new)])[: len(order)]
    return place[: len(low[0])], place[len(low[0]) :]


def rank_bounds(low: Floats | Ints, high: Floats | Ints) -> tuple[Ints, Ints]:
    """Return the best and the worst rank of each area whose urgency lies between a low and a high.

    At its best it is at its high, and the others are at their lows.
    """
    best = 1 + len(low) - np.searchsorted(np.sort(low), high, side="right")
    worst = 1 + len(low) - np.searchsorted(np.sort(high), low, side="right") - (high > low)
    return best, worst


def tie_groups(is_same: Bools, order: Ints, columns: Sequence[Floats]) -> Ints:
    """Number the areas of an order, with one number for all that have the same in every column, missing included."""
    tied, code = _tied(is_same)
    for values in columns:
        part, _ = pd.factorize(values[order[tied]], use_na_sentinel=False)
        code, _ = pd.factorize(code * (part.max(initial=0) + 1) + part)
    first = np.arange(len(order))
    _, firsts = np.unique(code, return_index=True)
    first[tied] = tied[firsts][code]
    return np.cumsum(first == np.arange(len(order)))[first]
