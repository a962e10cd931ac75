"""What `prioritise` needs to be given, and what it says where it is not."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.errors import DataError, OptionError, nearest
from landrelease.priority.scheme.criteria import Criterion, Scheme
from landrelease.priority.score.methods import Method, Missing
from landrelease.priority.values import as_ids

__all__ = ["area_ids", "criteria_of", "require_criteria", "require_method", "require_values"]

Bools = npt.NDArray[np.bool_]
Columns = dict[str, npt.NDArray[np.float64]]


def criteria_of(criteria: Sequence[Criterion] | Scheme) -> tuple[Criterion, ...]:
    """Return the criteria, of a scheme or as they are; OptionError where something else stands among them."""
    found = criteria.criteria if isinstance(criteria, Scheme) else tuple(criteria)
    wrong = [one for one in found if not isinstance(one, Criterion)]
    if wrong:
        raise OptionError(f"criteria must be Criterion; got {type(wrong[0]).__name__}. Fix: read_scheme(...)")
    return found


def require_criteria(criteria: tuple[Criterion, ...], columns: tuple[str, ...], table: pd.DataFrame) -> None:
    """Raise where nothing would decide, a column would count twice, or the table lacks one."""
    if not criteria:
        raise OptionError("prioritise needs at least one criterion. Fix: read_scheme(...), or [Criterion(...)]")
    names = [one.column for one in criteria]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise OptionError(f"{', '.join(twice)}: the column stands in two criteria, and would count twice")
    if not any(one.weight for one in criteria):
        raise OptionError(f"all {len(criteria)} weights are 0: nothing decides. Fix: give a criterion a weight above 0")
    lacking = [name for name in columns if name not in table.columns]
    if lacking:
        known = list(map(str, table.columns))
        hints = "\n".join(f"  {name}{nearest(name, known)}" for name in lacking)
        raise DataError(
            f"the table lacks {len(lacking)} of {len(columns)} columns of the criteria:\n{hints}\n"
            "  Fix: table = criteria_table(areas, scheme, layers={...})."
        )


def require_method(criteria: tuple[Criterion, ...], method: Method, missing: Missing) -> None:
    """Raise where a method can not do what it is asked for."""
    if method == "value":
        return
    points = [one.column for one in criteria if one.form == "points"]
    if points:
        raise OptionError(
            f"method='{method}' compares values, and {', '.join(points)} counts points.\n"
            "  Fix: method='value', or form='value' with low and high."
        )
    if missing == "bounds":
        raise OptionError(
            f"method='{method}' has no bounds: what is missing of one area changes the score of every other.\n"
            "  Fix: method='value', or missing='worst' and 'best' side by side."
        )


def area_ids(table: pd.DataFrame) -> pd.Series:
    """Return the ids as text, by row; DataError where one is missing or repeated."""
    if "area_id" not in table.columns:
        raise DataError("the table has no column area_id. Fix: table = criteria_table(areas, scheme, layers={...})")
    ids = as_ids(table["area_id"]).reset_index(drop=True)
    # Equal ids stand side by side; a table of their hashes would need several times the memory of the column.
    in_order = ids.array.take(ids.array.argsort())
    if not ids.hasnans and not np.any(in_order[1:] == in_order[:-1]):
        return ids
    wrong = ids.isna() | ids.duplicated(keep=False)
    shown = ids[wrong].iloc[0] if isinstance(ids[wrong].iloc[0], str) else "missing"
    raise DataError(
        f"{int(wrong.sum())} of {len(ids)} rows of the table have a missing or repeated area_id, "
        f"the first is '{shown}'.\n  Fix: usable_rows(areas, 'areas') before criteria_table."
    )


def require_values(
    criteria: tuple[Criterion, ...], columns: Columns, unknown: dict[str, Bools], ids: pd.Series, missing: Missing
) -> None:
    """Raise where a count is negative, or a missing value can not be what it should count as."""
    for one in criteria:
        negative = columns[one.column] < 0
        if one.form == "points" and negative.any():
            first = int(np.flatnonzero(negative)[0])
            raise DataError(
                f"column '{one.column}' counts points and must be 0 or more: "
                f"{int(negative.sum())} of {len(ids)} areas are not, "
                f"'{ids[first]}' has {columns[one.column][first]:g}.\n"
                "  Fix: correct the count; a code such as -99 for 'not known' must be read as missing."
            )
        if missing in ("best", "bounds") and one.column in unknown and math.isinf(one.most):
            raise OptionError(
                f"missing='{missing}' has no meaning for '{one.column}': points without a most.\n"
                "  Fix: give the criterion a high (1 for a yes or no), or choose 'worst' or 'drop'."
            )
    if missing == "raise" and unknown:
        raise DataError(_say_missing(len(columns), unknown, ids))


def _say_missing(count: int, unknown: dict[str, Bools], ids: pd.Series) -> str:
    lines = []
    for name, rows in unknown.items():
        hit = int(rows.sum())
        if hit == len(ids):
            lines.append(f"  {name}: all areas (was its layer given to criteria_table?)")
        else:
            what = f"{hit} areas, the first is" if hit > 1 else "1 area,"
            lines.append(f"  {name}: {what} '{ids[int(np.flatnonzero(rows)[0])]}'")
    rows_hit = int(np.logical_or.reduce(list(unknown.values())).sum())
    return (
        f"{len(lines)} of {count} criteria {'has' if len(lines) == 1 else 'have'} missing values, "
        f"for {rows_hit} of {len(ids)} areas.\n"
        + "\n".join(lines)
        + "\n  Fix: fill them, or say how they count: missing='bounds' (anything), 'worst' (nothing),\n"
        "  'best' (in full) or 'drop' (not ranked)."
    )
