"""What the estimators ask of their arguments, and how they say what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from landrelease.errors import DataError, OptionError, nearest

__all__ = ["column_list", "numbers", "require_columns", "require_draws", "require_share"]


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


def require_columns(frame: pd.DataFrame, what: str, needed: Sequence[str]) -> None:
    """Raise DataError that names the columns that a frame lacks."""
    lacking = [name for name in needed if name not in frame.columns]
    if lacking:
        known = list(map(str, frame.columns))
        hints = ", ".join(f"{name}{nearest(name, known)}" for name in lacking)
        known_text = ", ".join(known) or "none"
        raise DataError(f"'{what}' has no column {hints}; it has {known_text}. Fix: rename(columns=...)")


def numbers(values: pd.Series, what: str, *, low: float = 0.0) -> pd.Series:
    """Return finite numbers of at least `low`, missing ones as NaN; raise DataError for anything else.

    Examples
    --------
    >>> numbers(pd.Series([1, None]), "area_m2").tolist()
    [1.0, nan]
    >>> numbers(pd.Series([1.0, -2.0]), "area_m2")
    Traceback (most recent call last):
    landrelease.errors.DataError: area_m2 must be 0 or more: 1 of 2 rows are not, the first has -2.
      Fix: correct the rows; a code such as -99 for 'not known' must be missing.
    """
    is_bool = pd.api.types.is_bool_dtype(values.dtype)
    try:
        found = pd.to_numeric(values).astype("Float64").astype("float64") if not is_bool else None
    except (TypeError, ValueError):
        found = None
    if found is None:
        raise DataError(f"{what} must hold numbers; it holds {values.dtype}. Fix: read(...), or pandas.to_numeric")
    bad = ~(found.isna() | ((found >= low) & np.isfinite(found)))
    if bad.any():
        raise DataError(
            f"{what} must be {low:g} or more: {int(bad.sum())} of {len(found)} rows are not, the first has "
            f"{found[bad].iloc[0]:g}.\n  Fix: correct the rows; a code such as -99 for 'not known' must be missing."
        )
    return found


def require_share(name: str, value: float) -> None:
    """Raise OptionError unless a value lies between 0 and 1."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < value < 1:
        raise OptionError(f"{name} must lie between 0 and 1; got {value!r}")


def require_draws(draws: int) -> None:
    """Raise OptionError unless a number of draws can carry an interval."""
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 100:
        raise OptionError(f"draws must be a whole number of 100 or more; got {draws!r}")
