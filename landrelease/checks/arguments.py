"""What functions ask of their frames and options, and how they say what is wrong."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from landrelease.cells import as_days, as_text
from landrelease.errors import DataError, LandReleaseError, OptionError, nearest
from landrelease.tables import RESULTS, conform

__all__ = ["column_list", "day_column", "distinct", "is_number", "joined", "number_column", "numbers",
           "require_columns", "require_draws", "require_share", "require_whole", "text_column", "typed",
           "unique_ids"]  # fmt: skip


def column_list(name: str, given: str | Sequence[str] | None) -> list[str]:
    """Return the names of columns that an option names.

    Examples
    --------
    >>> column_list("by", "province"), column_list("by", None)
    (['province'], [])
    """
    found = [given] if isinstance(given, str) else list(given or [])
    if len(set(found)) < len(found):
        raise OptionError(f"{name} names a column twice: {', '.join(found)}")
    return found


def require_columns(
    frame: pd.DataFrame, what: str, needed: Sequence[str], *, error: type[LandReleaseError] = DataError
) -> None:
    """Raise an error that names the columns that a frame lacks: DataError, or OptionError where an option names them.

    Examples
    --------
    >>> require_columns(pd.DataFrame({"jobs": [1]}), "benefits", ["job"])
    Traceback (most recent call last):
    landrelease.errors.DataError: 'benefits' has no column 'job'; did you mean 'jobs'? It has jobs.
      Fix: name a column that it has, or rename(columns=...)
    """
    known = list(map(str, frame.columns))
    lacking = [f"'{name}'{nearest(str(name), known)}" for name in needed if name not in frame.columns]
    if lacking:
        said = ", ".join(lacking)
        raise error(
            f"'{what}' has no column {said}{'' if said.endswith('?') else '.'} It has {', '.join(known) or 'none'}.\n"
            "  Fix: name a column that it has, or rename(columns=...)"
        )


def numbers(values: pd.Series, what: str, *, low: float = 0.0) -> pd.Series:
    """Return finite numbers of at least `low`, missing ones as NaN; raise DataError for anything else.

    Examples
    --------
    >>> numbers(pd.Series([1, None]), "area_m2").tolist()
    [1.0, nan]
    >>> numbers(pd.Series([1.0, -2.0]), "area_m2")
    Traceback (most recent call last):
    landrelease.errors.DataError: area_m2 must hold finite numbers of 0 or more: 1 of 2 rows do not, row 1 has -2.0.
      Fix: correct the rows; leave a cell empty where nothing is known: no code such as -99.
    >>> numbers(pd.Series(["1", "many"]), "area_m2")
    Traceback (most recent call last):
    landrelease.errors.DataError: area_m2 must hold finite numbers of 0 or more: 1 of 2 rows do not, row 1 has 'many'.
      Fix: correct the rows; leave a cell empty where nothing is known: no code such as -99.
    """
    is_other = pd.api.types.is_bool_dtype(values.dtype) or values.dtype.kind in "mM"  # a day is no number of it
    found = pd.Series(np.nan, index=values.index)
    if not is_other:
        found = pd.to_numeric(values, errors="coerce").astype("Float64").astype("float64")
    wrong = (values.notna() & ~((found >= low) & np.isfinite(found))).to_numpy()
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        first = values.iloc[at]
        asked = f" of {low:g} or more" if np.isfinite(low) else ""
        raise DataError(
            f"{what} must hold finite numbers{asked}: {int(wrong.sum())} of {len(values)} rows do not, row {at} has "
            f"{first.item() if isinstance(first, np.generic) else first!r}.\n"
            "  Fix: correct the rows; leave a cell empty where nothing is known: no code such as -99."
        )
    return found


def number_column(frame: pd.DataFrame, name: str, what: str, *, low: float = 0.0) -> pd.Series:
    """Return a column as finite numbers of at least `low`, all missing where the frame has none."""
    if name not in frame:
        return pd.Series(np.nan, index=frame.index, dtype="float64")
    return numbers(frame[name], f"'{what}': {name}", low=low)


def text_column(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as text, all missing where the frame has none."""
    return as_text(frame[name]) if name in frame else pd.Series(None, index=frame.index, dtype="str")


def day_column(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as days, all missing where the frame has none."""
    if name not in frame:
        return pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
    return as_days(frame[name], name)


def unique_ids(frame: pd.DataFrame, name: str, what: str) -> pd.Series:
    """Return an id column as text; raise DataError where one is missing or stands twice."""
    require_columns(frame, what, [name])
    ids = as_text(frame[name])
    if ids.isna().any():
        raise DataError(f"'{what}': {int(ids.isna().sum())} of {len(ids)} rows have no {name}. Fix: give each its own.")
    repeats = ids.duplicated()
    if repeats.any():
        raise DataError(
            f"'{what}': {name} must stand once: {int(repeats.sum())} of {len(ids)} rows repeat one, the first "
            f"{ids[repeats].iloc[0]!r}.\n  Fix: drop_duplicates(), or find_problems(frame, ...) lists them."
        )
    return ids


def typed(rows: pd.DataFrame, result: str, *, lead: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the columns of a declared result in order and type; of the first ones only those in `lead`."""
    names = RESULTS[result].names
    found = conform(rows, result).reset_index(drop=True)
    return found if lead is None else found[[name for name in names if name in lead]]


def joined(left: pd.DataFrame, right: pd.DataFrame, on: list[str]) -> pd.DataFrame:
    """Return the pairs of rows with the same keys; columns that both have end in `_other` for the right."""
    if left.empty or right.empty:
        # pandas can not merge text without a single row
        left, right = (frame.astype(dict.fromkeys(on, "object")) for frame in (left, right))
    return left.merge(right, on=on, suffixes=("", "_other"))


def distinct(values: Iterable[Any]) -> list[Any]:
    """Return the values that are known, each once, in their order."""
    return list(dict.fromkeys(value for value in values if pd.notna(value)))


def is_number(value: object) -> bool:
    """Tell whether a value is a finite number; yes and no are none.

    Examples
    --------
    >>> is_number(2.5), is_number(True), is_number("2"), is_number(float("nan")), is_number(np.int64(3))
    (True, False, False, False, True)
    """
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def require_share(name: str, value: float) -> None:
    """Raise OptionError unless a value lies between 0 and 1."""
    if not is_number(value) or not 0 < value < 1:
        raise OptionError(f"{name} must lie between 0 and 1; got {value!r}")


def require_whole(name: str, value: int, low: int) -> None:
    """Raise OptionError unless a value is a whole number from `low` on."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < low:
        raise OptionError(f"{name} must be a whole number of {low} or more; got {value!r}")


def require_draws(draws: int, seed: int) -> None:
    """Raise OptionError unless the draws of a bootstrap can carry an interval; 0 is none.

    Examples
    --------
    >>> require_draws(10, 0)
    Traceback (most recent call last):
    landrelease.errors.OptionError: draws must be 0 (no interval) or a whole number of 100 or more; got 10
    """
    require_whole("seed", seed, 0)
    is_whole = isinstance(draws, int | np.integer) and not isinstance(draws, bool)
    if not is_whole or not (draws == 0 or draws >= 100):
        raise OptionError(f"draws must be 0 (no interval) or a whole number of 100 or more; got {draws!r}")
