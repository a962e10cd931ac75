"""Units as provinces, and the sentences that are true."""

from __future__ import annotations

import pandas as pd

from landrelease.cells import as_text
from landrelease.checks.arguments import number_column, require_columns, unique_ids
from landrelease.errors import OptionError

__all__ = ["provinces_of", "told"]


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
    levels = pd.Series(number_column(admin_areas, "level", "admin_areas").to_numpy(), index=own)
    parents = pd.Series(as_text(admin_areas["parent_code"]).to_numpy(), index=own)
    if level not in set(levels.dropna()):
        has = ", ".join(f"{one:g}" for one in sorted(set(levels.dropna()))) or "none"
        raise OptionError(f"level must be one of 'admin_areas' ({has}); got {level!r}")
    for _ in range(len(levels.unique()) + 1):
        depth = here.map(levels)
        here = here.where(depth <= level, here.map(parents)).astype("str")
    return here.where(here.map(levels) == level).astype("str")
