"""Which numbers of a table to leave out so that the small ones can not be worked out from the rest.

The numbers of a table are tied by its sums. An attacker knows the sums, what is published, and that each number left
out is at least 1. What the number can then be is an interval, found by linear programming; the constraints of a table
of one or two columns are totally unimodular, so that its ends are whole numbers and every one between can be.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["TOTAL", "suppressed"]

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
TOTAL = "total"
"""The name of a group that is the sum of all."""


def suppressed(names: pd.DataFrame, value: Ints, k: int) -> Bools:
    """Tell which numbers of a table with its totals are left out.

    Parameters
    ----------
    names : DataFrame
        One or two columns that name each number; "total" where it is summed over.
    value : array of int
        The numbers.
    k : int
        Those from 1 to k - 1 are small.
    """
    signs = _sums(names)
    is_small = (value > 0) & (value < k)
    level = (names == TOTAL).sum(axis=1).to_numpy()
    hidden = is_small.copy()
    while True:
        hidden = _closed(signs, value, hidden, is_small, level, k)
        exposed = _exposed(signs, value, hidden, is_small, level, k)
        if exposed is None:
            return hidden
        hidden[_next(signs, value, hidden, level, exposed)] = True


def _sums(names: pd.DataFrame) -> Any:
    """Return the sums that tie the numbers, one row each: parts +1, their sum -1."""
    from scipy.sparse import csr_array

    rows, columns, signs = [], [], []
    # a missing group is one of its own
    texts = [tuple(one) for one in names.fillna("").itertuples(index=False, name=None)]
    place = {text: i for i, text in enumerate(texts)}
    sums: dict[tuple[str, ...], int] = {}
    for i, text in enumerate(texts):
        for axis, name in enumerate(text):
            if name != TOTAL:
                whole = (*text[:axis], TOTAL, *text[axis + 1 :])
                row = sums.setdefault((*whole, str(axis)), len(sums))
                rows.append(row)
                columns.append(i)
                signs.append(1.0)
    for key, row in sums.items():
        rows.append(row)
        columns.append(place[key[:-1]])
        signs.append(-1.0)
    return csr_array((signs, (rows, columns)), shape=(len(sums), len(texts)))


def _closed(signs: Any, value: Ints, hidden: Bools, is_small: Bools, level: Ints, k: int) -> Bools:
    """Leave out more until no sum alone tells one: quick, and most of what is needed."""
    hidden = hidden.copy()
    lines = [signs.indices[signs.indptr[i] : signs.indptr[i + 1]] for i in range(signs.shape[0])]
    is_open = True
    while is_open:
        is_open = False
        for line in lines:
            own = line[hidden[line]]
            choice = line[~hidden[line] & (value[line] > 0)]
            total = line[np.argmax(level[line])]
            # with the sum published, no part can be more than what the others, at least 1 each, leave of it
            most = value[own].sum() - len(own) + 1 if not hidden[total] else np.inf
            is_told = len(own) == 1 or (len(own) > 1 and most < (k - 1 if is_small[own].any() else 2))
            if is_told and len(choice):
                hidden[_first(signs, value, hidden, level, choice)] = True
                is_open = True
    return hidden


def _first(signs: Any, value: Ints, hidden: Bools, level: Ints, choice: Ints) -> int:
    """Choose what to leave out: cells before totals, where sums have gaps already, the smaller number."""
    gaps = (abs(signs) @ hidden.astype(float)) > 0
    closing = (abs(signs[:, choice]).T @ gaps.astype(float)).round()
    return int(choice[np.lexsort((choice, value[choice], -closing, level[choice]))[0]])


def _exposed(signs: Any, value: Ints, hidden: Bools, is_small: Bools, level: Ints, k: int) -> int | None:
    """Return a number left out that can be narrowed too far, or None where there is none."""
    from scipy.optimize import linprog

    own = np.flatnonzero(hidden)
    lines = np.flatnonzero(abs(signs) @ hidden.astype(float))
    matrix, held = signs[lines][:, own], -(signs[lines] @ np.where(hidden, 0, value))
    most = float(value.max(initial=0) + k)
    low, high = value[own].copy(), value[own].copy()

    def reach(objective: npt.NDArray[np.float64]) -> None:
        """Widen what each number can be by the table that a linear programme finds."""
        found = linprog(objective, A_eq=matrix, b_eq=held, bounds=(1.0, most), method="highs-ds")
        if found.status != 0:
            raise RuntimeError(f"the table that is published could not be audited: {found.message}")
        table = np.round(found.x).astype(np.int64)
        np.minimum(low, table, out=low)
        np.maximum(high, table, out=high)

    small = is_small[own]
    wanted_low = np.where(small & (level[own] == 0), 1, most)
    wanted_high = np.where(small, k - 1, 0)
    if len(own):
        for weights in (np.ones(len(own)), np.where(small, 1.0, -1.0), np.where(np.arange(len(own)) % 2, 1.0, -1.0)):
            reach(weights)
            reach(-weights)
    for i in range(len(own)):
        for sign in (-1.0, 1.0):
            if low[i] == high[i] or low[i] > wanted_low[i] or high[i] < wanted_high[i]:
                reach(sign * np.eye(1, len(own), i)[0])
        if low[i] == high[i] or low[i] > wanted_low[i] or high[i] < wanted_high[i]:
            return int(own[i])
    return None


def _next(signs: Any, value: Ints, hidden: Bools, level: Ints, exposed: int) -> int:
    """Return what to leave out next: the nearest by sums that is published and not 0."""
    reached = np.zeros(len(value), bool)
    reached[exposed] = True
    while True:
        lines = (abs(signs) @ reached.astype(float)) > 0
        touched = (abs(signs).T @ lines.astype(float)) > 0
        choice = np.flatnonzero(touched & ~hidden & (value > 0))
        if len(choice):
            return _first(signs, value, hidden, level, choice)
        wider = reached | (touched & hidden)
        if (wider == reached).all():
            raise RuntimeError("nothing is left to leave out")
        reached = wider
