"""Criteria that are legal, and probably a mistake."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.errors import DataError
from landrelease.priority.scheme.criteria import Criterion, Scheme
from landrelease.priority.score.require import criteria_of
from landrelease.priority.values import as_numbers

__all__ = ["check_criteria"]

Floats = npt.NDArray[np.float64]
_CORRELATED = 0.95


def check_criteria(table: pd.DataFrame, criteria: Sequence[Criterion] | Scheme) -> pd.DataFrame:
    """Name what is legal in the criteria, and probably a mistake; never raises on data.

    Parameters
    ----------
    table : DataFrame
        As for `prioritise`.
    criteria : sequence of Criterion, or Scheme
        As for `prioritise`.

    Returns
    -------
    DataFrame
        One row a finding, none if nothing is odd: column, check, count (how many areas; missing where it is
        not about areas), message. The checks: `weights` (of form value, do not sum to 1), `zero_weight`,
        `duplicate` (a column in two criteria), `no_column`, `not_numbers`, `missing`, `clipped` (values
        outside low and high, which no longer tell areas apart), `constant` (the same for all areas),
        `correlated` (two columns that may count the same thing twice: Pearson's r beyond 0.95 either way).

    Raises
    ------
    OptionError
        Something else than a Criterion stands among the criteria.

    Examples
    --------
    >>> table = pd.DataFrame({"area_id": ["A1", "A2", "A3"], "people": [10, 2000, None]})
    >>> check_criteria(table, [Criterion("people", 0, 1000, 1.0)])[["column", "check", "count"]]
       column    check  count
    0  people  missing      1
    1  people  clipped      1
    >>> len(check_criteria(table.iloc[:0], [Criterion("people", 0, 1000, 1.0)]))
    0
    """
    chosen = criteria_of(criteria)
    found: list[tuple[str, str, int | None, str]] = _odd_weights(chosen)
    values: dict[str, Floats] = {}
    for one in {one.column: one for one in chosen}.values():
        if one.column not in table.columns:
            found.append((one.column, "no_column", None, "the table has no such column"))
            continue
        try:
            values[one.column] = as_numbers(table[one.column], one.column)
        except (DataError, ValueError, TypeError) as error:
            found.append((one.column, "not_numbers", None, str(error).splitlines()[0]))
            continue
        found.extend(_odd_values(one, values[one.column]))
    found.extend(_correlated(values))
    frame = pd.DataFrame(found, columns=["column", "check", "count", "message"])
    return frame.astype({"column": "str", "check": "str", "count": "Int64", "message": "str"})


def _odd_weights(criteria: tuple[Criterion, ...]) -> list[tuple[str, str, int | None, str]]:
    found: list[tuple[str, str, int | None, str]] = []
    total = math.fsum(one.weight for one in criteria if one.form == "value")
    if any(one.form == "value" for one in criteria) and abs(total - 1) > 1e-6:
        found.append(("", "weights", None, f"the weights sum to {total:g}, not 1: a score is then not a share of 1"))
    names = [one.column for one in criteria]
    found.extend(
        (name, "duplicate", None, f"stands in {names.count(name)} criteria, and would count each time")
        for name in dict.fromkeys(names)
        if names.count(name) > 1
    )
    found.extend(
        (one.column, "zero_weight", None, "has the weight 0, and decides nothing")
        for one in criteria
        if one.weight == 0
    )
    return found


def _odd_values(one: Criterion, values: Floats) -> list[tuple[str, str, int | None, str]]:
    found: list[tuple[str, str, int | None, str]] = []
    known = values[~np.isnan(values)]
    unknown = len(values) - len(known)
    if unknown:
        found.append((one.column, "missing", unknown, f"missing for {unknown} of {len(values)} areas"))
    below = int((known < one.low).sum()) if one.low is not None else 0
    above = int((known > one.high).sum()) if one.high is not None else 0
    if below + above:
        message = f"{below} below {one.low:g} and {above} above {one.high:g}" if one.low is not None else (
            f"{above} above {one.high:g}"
        )  # fmt: skip
        found.append((one.column, "clipped", below + above, f"outside its range: {message}, and no longer told apart"))
    if len(known) > 1 and np.ptp(known) == 0:
        found.append((one.column, "constant", len(known), f"is {known[0]:g} for all areas, and decides nothing"))
    return found


def _correlated(values: dict[str, Floats]) -> list[tuple[str, str, int | None, str]]:
    found: list[tuple[str, str, int | None, str]] = []
    names = list(values)
    for i, first in enumerate(names):
        for second in names[i + 1 :]:
            both = ~np.isnan(values[first]) & ~np.isnan(values[second])
            one, two = values[first][both], values[second][both]
            # Two areas always lie on a line, and a constant has no correlation.
            if both.sum() < 3 or np.ptp(one) == 0 or np.ptp(two) == 0:
                continue
            with np.errstate(all="ignore"):  # columns of very small or large numbers have no r either
                r = float(np.corrcoef(one / np.ptp(one), two / np.ptp(two))[0, 1])
            if abs(r) > _CORRELATED:
                message = f"goes with {second} (r = {r:.2f}): the same thing may count twice"
                found.append((first, "correlated", int(both.sum()), message))
    return found
