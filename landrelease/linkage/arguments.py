"""What the linkage functions ask of their frames, how they say what is wrong, and units as provinces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from landrelease.cells import as_days, as_text
from landrelease.errors import DataError, OptionError, nearest
from landrelease.tables import RESULTS, conform

__all__ = ["day_column", "distinct", "joined", "numbers", "provinces_of", "require_columns", "text_column", "told",
           "typed", "unique_ids"]  # fmt: skip


def require_columns(frame: pd.DataFrame, what: str, needed: Sequence[str]) -> None:
    """Raise DataError that names the columns that a frame lacks."""
    lacking = [name for name in needed if name not in frame.columns]
    if lacking:
        known = list(map(str, frame.columns))
        hints = ", ".join(f"{name}{nearest(name, known)}" for name in lacking)
        raise DataError(
            f"'{what}' has no column {hints}; it has {', '.join(known) or 'none'}.\n  Fix: rename(columns=...)"
        )


def text_column(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as text, all missing where the frame has none."""
    return as_text(frame[name]) if name in frame else pd.Series(None, index=frame.index, dtype="str")


def day_column(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column as days, all missing where the frame has none."""
    if name not in frame:
        return pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us]")
    return as_days(frame[name], name)


def numbers(frame: pd.DataFrame, name: str, what: str, *, low: float = 0.0) -> pd.Series:
    """Return a column as finite numbers of at least `low`, all missing where the frame has none.

    Examples
    --------
    >>> numbers(pd.DataFrame({"team_count": [2, None]}), "team_count", "teams").tolist()
    [2.0, nan]
    >>> numbers(pd.DataFrame({"team_count": [-1]}), "team_count", "teams")
    Traceback (most recent call last):
    landrelease.errors.DataError: 'teams': team_count must hold finite numbers of 0 or more: 1 of 1 rows do not, the \
first has -1.
      Fix: correct the rows; a code such as -99 for 'not known' must be missing.
    """
    if name not in frame:
        return pd.Series(np.nan, index=frame.index, dtype="float64")
    values = frame[name]
    found = pd.to_numeric(values.astype("object"), errors="coerce").astype("float64")
    is_bad = (found.isna() & values.notna()) | (found < low) | np.isinf(found)
    if is_bad.any():
        at_least = f" of {low:g} or more" if np.isfinite(low) else ""
        raise DataError(
            f"'{what}': {name} must hold finite numbers{at_least}: {int(is_bad.sum())} of {len(values)} rows do not, "
            f"the first has {values[is_bad].iloc[0]}.\n"
            f"  Fix: correct the rows; a code such as -99 for 'not known' must be missing."
        )
    return found


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


def told(caveats: dict[str, bool]) -> tuple[str, ...]:
    """Return the sentences that are true."""
    return tuple(text for text, is_so in caveats.items() if is_so)


def provinces_of(codes: pd.Series, admin_areas: pd.DataFrame | None, level: int | None) -> pd.Series:
    """Return the unit of a level in which each unit lies; missing for one above it, or that the table lacks.

    Examples
    --------
    >>> units = pd.DataFrame({"admin_code": ["C", "P", "D"], "parent_code": [None, "C", "P"], "level": [0, 1, 2]})
    >>> provinces_of(pd.Series(["D", "P", "C", "X", None]), units, 1).tolist()
    ['P', 'P', nan, nan, nan]
    >>> provinces_of(pd.Series(["D"]), None, None).tolist()
    ['D']
    """
    here = as_text(codes)
    if (admin_areas is None) != (level is None):
        raise OptionError("admin_areas and level go together: the units, and the level to which codes are brought")
    if admin_areas is None:
        return here
    require_columns(admin_areas, "admin_areas", ["parent_code", "level"])
    own = unique_ids(admin_areas, "admin_code", "admin_areas")
    levels = pd.Series(numbers(admin_areas, "level", "admin_areas").to_numpy(), index=own)
    parents = pd.Series(as_text(admin_areas["parent_code"]).to_numpy(), index=own)
    if level not in set(levels.dropna()):
        has = ", ".join(f"{one:g}" for one in sorted(set(levels.dropna()))) or "none"
        raise OptionError(f"level must be one of 'admin_areas' ({has}); got {level!r}")
    for _ in range(len(levels.unique()) + 1):
        depth = here.map(levels)
        here = here.where(depth <= level, here.map(parents)).astype("str")
    return here.where(here.map(levels) == level).astype("str")
