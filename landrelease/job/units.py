"""The administrative units that a report is told by."""

from __future__ import annotations

from typing import Any

import pandas as pd

from landrelease.job.inputs import Work

__all__ = ["unit_level", "unit_names", "with_units"]


def unit_level(work: Work) -> int | None:
    """Return the level that a report is told by: that above the finest, or the only one."""
    if "admin_areas" not in work.frames:
        return None
    levels = sorted(work.frames["admin_areas"]["level"].dropna().unique())
    return int(levels[max(len(levels) - 2, 0)]) if levels else None


def unit_names(work: Work) -> dict[str, str]:
    """Return the name of each administrative unit by its code."""
    if "admin_areas" not in work.frames:
        return {}
    units = pd.DataFrame(work.frames["admin_areas"]).drop_duplicates("admin_code")
    return dict(zip(units["admin_code"], units["name"], strict=True))


def with_units(work: Work, releases: Any) -> Any:
    """Return releases with the name of the unit above theirs: the province or district that a reader knows."""
    named = pd.Series(None, index=releases.index, dtype="str")
    if "admin_areas" in work.frames:
        units = work.frames["admin_areas"].drop_duplicates("admin_code").set_index("admin_code")
        named = releases["admin_code"].map(units["parent_code"]).map(units["name"]).astype("str")
    return releases.assign(unit_above=named)
