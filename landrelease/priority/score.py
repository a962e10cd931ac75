"""The score of each area as a sum that can be read: checks, contributions and ranks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.errors import DataError, OptionError, check_option, nearest
from landrelease.priority.criteria import Band, Criterion, Scheme
from landrelease.priority.measures import as_numbers
from landrelease.priority.methods import unit_value

__all__ = ["Ranking", "check_criteria", "prioritise", "unit_values"]

Floats = npt.NDArray[np.float64]
Missing = Literal["raise", "lowest", "highest", "drop"]
_CORRELATED = 0.95
_SAME_SCORE = 1e-12
"""Scores that differ by less than this part of the weights are equal: sums of decimals differ by rounding."""


@dataclass(frozen=True)
class Ranking:
    """What `prioritise` found, with everything that explains it.

    Attributes
    ----------
    table : DataFrame
        area_id, score, rank (1 is the most urgent; equal scores share a rank), by rank, then area_id. Areas
        that were dropped stand at the end without score and rank.
    contributions : DataFrame
        In the order of `table`: area_id and what each criterion gives; the columns sum to the score.
    criteria : tuple of Criterion
        What was scored.
    values : DataFrame
        In the order of `table`: area_id and the value of each criterion as given; missing stays missing.
    missing : str
        How a missing value was counted.
    n_filled : int
        How many missing values were counted as something.
    method : str
        How the contributions make a score.
    bands : tuple of Band
        Names of ranges of the score, if the scheme has any.
    scheme : str
        Title of the scheme, if one was given.
    """

    table: pd.DataFrame
    contributions: pd.DataFrame
    criteria: tuple[Criterion, ...]
    values: pd.DataFrame
    missing: Missing
    n_filled: int
    method: str = "weighted value"
    bands: tuple[Band, ...] = ()
    scheme: str = ""


def _criteria(criteria: Sequence[Criterion] | Scheme) -> tuple[Criterion, ...]:
    found = criteria.criteria if isinstance(criteria, Scheme) else tuple(criteria)
    wrong = [one for one in found if not isinstance(one, Criterion)]
    if wrong:
        raise OptionError(f"criteria must be Criterion; got {type(wrong[0]).__name__}. Fix: read_scheme(...)")
    return found


def prioritise(table: pd.DataFrame, criteria: Sequence[Criterion] | Scheme, *, missing: Missing = "raise") -> Ranking:
    """Rank areas by the sum of what each criterion gives them.

    Parameters
    ----------
    table : DataFrame
        One row an area: `area_id` and a column for each criterion, as `criteria_table` returns it.
    criteria : sequence of Criterion, or Scheme
        What counts, and how much.
    missing : {"raise", "lowest", "highest", "drop"}
        What a missing value counts as: nothing goes on ("raise"); nothing is given ("lowest": an area that
        nobody has looked at sinks); in full ("highest": it rises, which errs towards danger); or the area is
        not ranked ("drop": it stands at the end of the table without a rank).

    Returns
    -------
    Ranking
        `table` (area_id, score, rank), `contributions`, `values` and how they were made.

    Raises
    ------
    DataError
        A column is missing or holds no numbers, a count is negative, an id is missing or repeated, or values
        are missing and `missing` is "raise".
    OptionError
        No criteria, a column in two of them, an unknown `missing`, or "highest" for a count without a `high`.

    Notes
    -----
    The score is the additive value S = sum of w_j v_j. For a criterion of form `value`,
    v_j = (x_j - low_j) / (high_j - low_j), cut to 0..1, and 1 - v_j where less is more urgent; for `points`,
    v_j = x_j, at most `high_j`. The bounds belong to the criteria and not to the data, so that the order of
    two areas never depends on a third one. Equal scores share the smallest rank of the group (1, 2, 2, 4);
    within it the order is by area_id, and does not depend on the order of the rows.

    References
    ----------
    Keeney, R. L. and Raiffa, H. (1976), Decisions with Multiple Objectives: the additive value function.

    Examples
    --------
    >>> people = Criterion("people", 0, 1000, 0.75)
    >>> criteria = [people, Criterion("road_m", 0, 500, 0.25, more_is_urgent=False)]
    >>> cells = {"area_id": ["A1", "A2", "A3"], "people": [400, 1600, 400], "road_m": [0.0, 500.0, None]}
    >>> table = pd.DataFrame(cells)
    >>> prioritise(table, criteria, missing="lowest").table
      area_id  score  rank
    0      A2   0.75     1
    1      A1   0.55     2
    2      A3   0.30     3
    >>> prioritise(table, criteria)
    Traceback (most recent call last):
    landrelease.errors.DataError: 1 of 2 criteria has missing values, for 1 of 3 areas.
      road_m: 1 area, 'A3'
      Fix: fill them, or say how they count: missing='lowest' (nothing), 'highest' (in full) or
      'drop' (not ranked).
    >>> len(prioritise(table.iloc[:0], criteria).table)
    0
    """
    check_option("missing", missing, ("raise", "lowest", "highest", "drop"))
    chosen = _criteria(criteria)
    _require_criteria(chosen, table)
    ids = _area_ids(table)
    values = {one.column: as_numbers(table[one.column], f"column '{one.column}' of the table") for one in chosen}
    _require_counts(chosen, values, ids)
    is_missing = np.column_stack([np.isnan(values[one.column]) for one in chosen])
    if missing == "raise" and is_missing.any():
        raise DataError(_say_missing(chosen, is_missing, ids))
    parts = np.column_stack([_given_by(one, values[one.column], missing) for one in chosen])
    score = parts.sum(axis=1)
    rank, order = _ranked(score, ids, math.fsum(one.weight for one in chosen))
    names = [one.column for one in chosen]
    return Ranking(
        table=_framed(ids, score[:, None], ["score"], order).assign(rank=rank.iloc[order].array),
        contributions=_framed(ids, parts, names, order),
        criteria=chosen,
        values=_framed(ids, np.column_stack(list(values.values())), names, order),
        missing=missing,
        n_filled=int(is_missing.sum()) if missing in ("lowest", "highest") else 0,
        bands=criteria.bands if isinstance(criteria, Scheme) else (),
        scheme=criteria.title if isinstance(criteria, Scheme) else "",
    )


def _framed(ids: npt.NDArray[Any], cells: Floats, names: list[str], order: npt.NDArray[np.intp]) -> pd.DataFrame:
    frame = pd.DataFrame(cells[order], columns=names)
    frame.insert(0, "area_id", pd.Series(ids[order], dtype="str"))
    return frame


def _require_criteria(criteria: tuple[Criterion, ...], table: pd.DataFrame) -> None:
    if not criteria:
        raise OptionError("prioritise needs at least one criterion. Fix: read_scheme(...), or [Criterion(...)]")
    names = [one.column for one in criteria]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise OptionError(f"{', '.join(twice)}: the column stands in two criteria, and would count twice")
    lacking = [name for name in names if name not in table.columns]
    if lacking:
        known = list(map(str, table.columns))
        hints = "\n".join(f"  {name}{nearest(name, known)}" for name in lacking)
        raise DataError(
            f"the table lacks {len(lacking)} of {len(names)} columns of the criteria:\n{hints}\n"
            "  Fix: table = criteria_table(areas, scheme, layers={...})."
        )


def _area_ids(table: pd.DataFrame) -> npt.NDArray[Any]:
    if "area_id" not in table.columns:
        raise DataError("the table has no column area_id. Fix: table = criteria_table(areas, scheme, layers={...})")
    ids = table["area_id"].astype("str")
    wrong = ids.isna() | ids.duplicated(keep=False)
    if wrong.any():
        shown = ids[wrong].iloc[0] if isinstance(ids[wrong].iloc[0], str) else "missing"
        raise DataError(
            f"{int(wrong.sum())} of {len(ids)} rows of the table have a missing or repeated area_id, "
            f"the first is '{shown}'.\n  Fix: usable_rows(areas, 'areas') before criteria_table."
        )
    return ids.to_numpy(dtype="object")


def _require_counts(criteria: tuple[Criterion, ...], values: dict[str, Floats], ids: npt.NDArray[Any]) -> None:
    for one in criteria:
        negative = values[one.column] < 0
        if one.form == "points" and negative.any():
            first = int(np.flatnonzero(negative)[0])
            raise DataError(
                f"column '{one.column}' counts points and must be 0 or more: "
                f"{int(negative.sum())} of {len(ids)} areas are not, "
                f"'{ids[first]}' has {values[one.column][first]:g}.\n"
                "  Fix: correct the count; a code such as -99 for 'not known' must be read as missing."
            )


def _say_missing(criteria: tuple[Criterion, ...], is_missing: npt.NDArray[np.bool_], ids: npt.NDArray[Any]) -> str:
    lines = []
    for one, rows in zip(criteria, is_missing.T, strict=True):
        count = int(rows.sum())
        if count == len(ids):
            lines.append(f"  {one.column}: all areas (was its layer given to criteria_table?)")
        elif count:
            first = ids[int(np.flatnonzero(rows)[0])]
            lines.append(f"  {one.column}: {count} areas, the first is '{first}'" if count > 1 else
                         f"  {one.column}: 1 area, '{first}'")  # fmt: skip
    rows_hit = int(is_missing.any(axis=1).sum())
    has = "has" if len(lines) == 1 else "have"
    return (
        f"{len(lines)} of {len(criteria)} criteria {has} missing values, "
        f"for {rows_hit} of {len(ids)} areas.\n"
        + "\n".join(lines)
        + "\n  Fix: fill them, or say how they count: missing='lowest' (nothing), 'highest' (in full) or\n"
        "  'drop' (not ranked)."
    )


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


def _given_by(one: Criterion, values: Floats, missing: Missing) -> Floats:
    """What a criterion gives to each area; NaN where its value is missing and the area is to be dropped."""
    if one.form == "points":
        part = one.weight * (values if one.high is None else np.minimum(values, one.high))
    else:
        low, high = cast(float, one.low), cast(float, one.high)
        share = np.clip((values - low) / (high - low), 0.0, 1.0)
        part = one.weight * (share if one.more_is_urgent else 1.0 - share)
    unknown = np.isnan(values)
    if missing == "highest" and unknown.any() and math.isinf(one.most):
        raise OptionError(
            f"missing='highest' has no meaning for '{one.column}': points without a most.\n"
            "  Fix: give the criterion a high (1 for a yes or no), or choose 'lowest' or 'drop'."
        )
    fill = {"lowest": 0.0, "highest": one.most}.get(missing, np.nan)
    return cast(Floats, np.where(unknown, fill, part))


def _ranked(score: Floats, ids: npt.NDArray[Any], total_weight: float) -> tuple[pd.Series, npt.NDArray[np.intp]]:
    """Return the rank of each area, and the order of the table.

    Scores are compared on a grid that hangs on the weights alone: by their gaps, or on one that hangs on the
    largest score, a third area would decide whether two are equal.
    """
    level = np.round(score / (_SAME_SCORE * (total_weight or 1.0)))
    rank = pd.Series(level).rank(ascending=False, method="min").astype("Int64")
    return rank, np.lexsort((ids.astype(str), np.where(np.isnan(level), np.inf, -level)))


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
    chosen = _criteria(criteria)
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
