"""What the estimators ask of their arguments, and how they say what is wrong."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from landrelease.errors import DataError, LandReleaseError, OptionError, nearest

__all__ = ["column_list", "numbers", "require_columns", "require_draws", "require_share", "require_whole"]


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
    landrelease.errors.DataError: area_m2 must hold numbers of 0 or more: 1 of 2 rows do not, row 1 has -2.0.
      Fix: correct the rows; leave a cell empty where nothing is known: no code such as -99.
    >>> numbers(pd.Series(["1", "many"]), "area_m2")
    Traceback (most recent call last):
    landrelease.errors.DataError: area_m2 must hold numbers of 0 or more: 1 of 2 rows do not, row 1 has 'many'.
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
            f"{what} must hold numbers{asked}: {int(wrong.sum())} of {len(values)} rows do not, row {at} has "
            f"{first.item() if isinstance(first, np.generic) else first!r}.\n"
            "  Fix: correct the rows; leave a cell empty where nothing is known: no code such as -99."
        )
    return found


def require_share(name: str, value: float) -> None:
    """Raise OptionError unless a value lies between 0 and 1."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 0 < value < 1:
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
