"""The sectors of a project as shares that sum to 1."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from landrelease.errors import DataError, DataWarning
from landrelease.match.projects.places import codes_of
from landrelease.tables import RESULTS

__all__ = ["sector_shares"]

_ROUNDING = 0.1
"""Percentages that are written with two digits sum to 100 within this. [%]"""


def sector_shares(projects: pd.DataFrame) -> pd.DataFrame:
    """Share each project out over its sectors; percentages that do not sum to 100 are rebased, and told.

    Parameters
    ----------
    projects : DataFrame
        The table `projects`: project_id, and sectors (code:percent; code:percent) or sector_code.

    Returns
    -------
    DataFrame
        One row a project and sector, in the order of the projects: project_id, sector_code, sector_share, is_rebased
        (the percentages did not sum to 100). A project without a sector has no row. [share]

    Raises
    ------
    DataError
        There is no column project_id.

    Notes
    -----
    sector_share = percent / sum of the percentages of the project. One sector without a percentage is the whole. With
    several, of which one has no percentage, or one below 0, or all of them 0, no share is known: nothing is imputed. A
    sum that is off by more than 0.1 is told by a DataWarning; less is rounding. Of the rows of a project the first that
    names a sector counts.

    References
    ----------
    IATI Standard 2.03, sector: the percentages of one vocabulary must sum to 100.

    Examples
    --------
    >>> import warnings
    >>> projects = pd.DataFrame({"project_id": ["A", "B", "C", "D"], "sector_code": [None, None, "210", None],
    ...                          "sectors": ["31120:60; 14030:60", "311; 140:50", None, None]})
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     sector_shares(projects).values.tolist()
    [['A', '31120', 0.5, True], ['A', '14030', 0.5, True], ['B', '311', nan, False], ['B', '140', nan, False], ['C', '210', 1.0, False]]
    >>> print(told[0].message)
    The sectors of 1 of 3 projects sum to another percentage than 100 (the farthest: 'A', 120): rebased to 100.
      Fix: ask the publisher; 'sectors' holds them as they were stated.
    >>> len(sector_shares(projects.iloc[3:]))
    0
    """  # noqa: E501
    if "project_id" not in projects:
        raise DataError("'projects' has no column project_id. Fix: read(..., columns={'THEIR_NAME': 'project_id'}).")
    said = codes_of(projects, "sectors").fillna(codes_of(projects, "sector_code"))
    ids = codes_of(projects, "project_id")
    first = pd.DataFrame({"project_id": ids.to_numpy(), "text": said.to_numpy()}).dropna()
    first = first.drop_duplicates("project_id").astype("str")
    parts = first.assign(text=first["text"].str.split(";")).explode("text", ignore_index=True)
    text = parts["text"].astype("str")
    cells = text.str.split(":", n=1)
    percent = pd.to_numeric(cells.str[1].astype("str").str.strip(), errors="coerce").astype("float64")
    parts["sector_code"] = cells.str[0].astype("str").str.strip()
    parts["percent"] = percent.where((percent >= 0) & (percent < np.inf))
    parts["is_bare"] = ~text.str.contains(":", regex=False)
    parts = parts[parts["sector_code"] != ""]
    is_only = parts.groupby("project_id")["percent"].transform("size").eq(1) & parts["is_bare"]
    parts["percent"] = parts["percent"].mask(is_only, 100.0)
    sums = parts.groupby(["project_id", "sector_code"], sort=False)["percent"].sum(skipna=False)
    parts = sums.reset_index()
    total = parts["project_id"].map(parts.groupby("project_id")["percent"].sum(skipna=False)).astype("float64")
    parts["sector_share"] = parts["percent"] / total.where(total > 0)
    parts["is_rebased"] = ((total - 100).abs() > _ROUNDING) & parts["sector_share"].notna()
    _tell(parts, total, len(first))
    dtypes = {"project_id": "str", "sector_code": "str", "is_rebased": "boolean"}
    return parts[RESULTS["sector_shares"].names].astype(dtypes)


def _tell(parts: pd.DataFrame, total: pd.Series, count: int) -> None:
    rebased = parts[parts["is_rebased"]]
    if rebased.empty:
        return
    off = (total[rebased.index] - 100).abs()
    worst = int(np.argmax(off.to_numpy()))
    name, percent = rebased["project_id"].iloc[worst], float(total[rebased.index].iloc[worst])
    warnings.warn(
        f"The sectors of {rebased['project_id'].nunique():,} of {count:,} projects sum to another percentage than 100 "
        f"(the farthest: {name!r}, {percent:g}): rebased to 100.\n"
        f"  Fix: ask the publisher; 'sectors' holds them as they were stated.",
        DataWarning,
        stacklevel=3,
    )
