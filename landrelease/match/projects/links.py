"""Development projects at, near or around released land: in space, in time and by sector."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from landrelease.geometry import require_same_crs
from landrelease.match.nearby import near_pairs
from landrelease.match.projects.places import (
    DAYS_A_MONTH,
    check_tables,
    codes_of,
    column_of,
    dates_at,
    place_kinds,
    units_above,
)
from landrelease.tables import RESULTS, sector_group, use_group

__all__ = ["match_projects"]

_LEVELS = ("on_site", "nearby", "area_level")


def match_projects(
    releases: gpd.GeoDataFrame,
    projects: pd.DataFrame,
    *,
    within_m: float,
    months_before: float,
    months_after: float,
    admin_areas: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Match releases with the places of projects that were active around the time of the release.

    Parameters
    ----------
    releases : GeoDataFrame
        The table `releases`: release_id and geometry; release_date, admin_code and intended_use_code where
        they are known.
    projects : GeoDataFrame or DataFrame
        The table `projects`, in the same CRS; without geometry it matches by admin_code only.
    within_m : float
        Largest distance of a place that counts as nearby, itself included. [m]
    months_before, months_after : float
        The window around the release in which a project must have been active on one day. [months]
    admin_areas : DataFrame, optional
        The table `admin_areas` with admin_code and parent_code: a project that is known to a district also matches
        the releases in the communes below it. Without it only the same code matches.

    Returns
    -------
    DataFrame
        One row a release and place: release_id, project_id, location_id, link_level, distance_m,
        months_apart, is_sector_match; in the order of the releases, the closest link first.
        link_level is `on_site` (the place is inside the release or touches it), `nearby` (within the
        distance) or `area_level` (the project is known to the release's admin_code or, with admin_areas, to one
        above it, and more is not known of the place).
        distance_m is missing at area level. months_apart counts from the release to the project's start, and
        is negative if that began before. is_sector_match says whether the project's DAC sector serves the
        group of the intended use; missing where either is not known or the sector serves no kind of use.

    Raises
    ------
    CRSError
        There are places to measure, and a CRS is missing or they differ (rule 5).
    DataError
        A frame has no release_id, project_id or location_id; admin_areas has no admin_code or parent_code.
    OptionError
        A distance or a number of months is negative or no number.

    Notes
    -----
    Only rows with `is_point` true are placed: the centroid of a region is never near to anything, nor is a place whose
    location class, exactness or precision says that it is none. Other rows match by `admin_code` alone, which must be
    of the same level in both frames unless admin_areas says which unit lies in which: all units above count but the
    country (level 0). A project known to a smaller unit than the release matches none. Rows of a precision of 5 to 9
    (the country, the seat of an office) match nothing. A geometry whose `is_point` is missing is not placed either,
    and a DataWarning says how many.

    A month is 30.4375 days. A pair outside of the window is left out; where the release has no date, or the
    project no date that could tell, the pair is kept: unknown is not outside (rule 4).

    A project beside a release is a plan, not use (`assess_use`). `project_weights` shares its money out.

    References
    ----------
    OECD DAC CRS purpose codes; `landrelease.tables.sector_group` says which group of use a sector serves.

    Examples
    --------
    >>> import shapely
    >>> releases = gpd.GeoDataFrame(
    ...     {"release_id": ["R1"], "release_date": pd.to_datetime(["2020-01-01"]), "admin_code": ["P1"],
    ...      "intended_use_code": ["grazing"]}, geometry=[shapely.box(18, 44, 18.01, 44.01)], crs=4326)
    >>> projects = gpd.GeoDataFrame(
    ...     {"project_id": ["farm", "plan"], "location_id": ["farm/1", "plan/1"], "is_point": [True, False],
    ...      "start_date": pd.to_datetime(["2020-07-01", None]), "sector_code": ["31120", None],
    ...      "admin_code": [None, "P1"]}, geometry=gpd.points_from_xy([18.005] * 2, [44.02] * 2), crs=4326)
    >>> options = dict(within_m=2000, months_before=12, months_after=24)
    >>> found = match_projects(releases, projects, **options)
    >>> found.round(1).drop(columns="release_id").values.tolist()
    [['farm', 'farm/1', 'nearby', 1111.1, 6.0, True], ['plan', 'plan/1', 'area_level', nan, nan, <NA>]]
    >>> units = pd.DataFrame({"admin_code": ["P1", "P"], "parent_code": ["P", None]})
    >>> plan = projects.iloc[[1]].assign(admin_code="P")
    >>> match_projects(releases, plan, **options).empty
    True
    >>> match_projects(releases, plan, **options, admin_areas=units)["link_level"].tolist()
    ['area_level']
    >>> match_projects(releases.iloc[:0], projects, **options).shape
    (0, 7)
    """
    check_tables(releases, projects, within_m, {"months_before": months_before, "months_after": months_after})
    kinds = place_kinds(projects)
    near = _near(releases, projects, kinds == "exact", within_m)
    same_unit = _same_unit(releases, projects, np.isin(kinds, ("near", "unit")), admin_areas)
    pairs = pd.concat([near, same_unit], ignore_index=True)
    pairs = _in_time(pairs, releases, projects, months_before, months_after)
    return _result(pairs, releases, projects)


def _near(
    releases: gpd.GeoDataFrame, projects: pd.DataFrame, is_placed: np.ndarray[Any, Any], within_m: float
) -> pd.DataFrame:
    """Return the pairs within the distance, by position."""
    placed = np.flatnonzero(is_placed)
    left, right, distance = np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    if len(placed) and isinstance(projects, gpd.GeoDataFrame):
        crs = require_same_crs(releases, projects, "releases", "projects")
        shapes = projects.geometry.to_numpy()[placed]
        left, right, distance = near_pairs(releases.geometry.to_numpy(), shapes, crs, within_m)
    level = np.where(distance == 0, "on_site", "nearby")
    return pd.DataFrame({"release": left, "place": placed[right], "distance_m": distance, "link_level": level})


def _same_unit(
    releases: pd.DataFrame, projects: pd.DataFrame, is_unit: np.ndarray[Any, Any], admin_areas: pd.DataFrame | None
) -> pd.DataFrame:
    """Return the pairs of the same administrative unit or one above it, by position; an unknown unit is in none."""
    one = pd.DataFrame({"unit": codes_of(releases, "admin_code").to_numpy(), "release": np.arange(len(releases))})
    two = pd.DataFrame({"above": codes_of(projects, "admin_code").to_numpy(), "place": np.arange(len(projects))})
    two = two[is_unit]
    one, two = one.dropna().astype({"unit": "str"}), two.dropna().astype({"above": "str"})
    reach = units_above(admin_areas, one["unit"])
    pairs = one.merge(reach[~reach["level"].eq(0).fillna(False)], on="unit").merge(two, on="above")[
        ["release", "place"]
    ]
    return pairs.assign(distance_m=np.nan, link_level="area_level")


def _in_time(
    pairs: pd.DataFrame, releases: pd.DataFrame, projects: pd.DataFrame, before: float, after: float
) -> pd.DataFrame:
    """Keep the pairs whose project was active in the window, or may have been."""
    released = dates_at(releases, "release_date", pairs["release"])
    start, end = (dates_at(projects, name, pairs["place"]) for name in ("start_date", "end_date"))
    months_to = [(date - released).dt.total_seconds() / 86_400 / DAYS_A_MONTH for date in (start, end)]
    # comparisons with a missing date are false: unknown is not outside
    is_outside = (months_to[0] > after) | (months_to[1] < -before)
    return pairs.assign(months_apart=months_to[0])[~is_outside].reset_index(drop=True)


def _result(pairs: pd.DataFrame, releases: pd.DataFrame, projects: pd.DataFrame) -> pd.DataFrame:
    """Put ids and the sector beside the pairs, in their order, one row a release and place."""
    release, place = pairs["release"].to_numpy(), pairs["place"].to_numpy()
    result = pairs.assign(
        release_id=column_of(releases, "release_id").astype("str").iloc[release].to_numpy(),
        project_id=column_of(projects, "project_id").astype("str").iloc[place].to_numpy(),
        location_id=column_of(projects, "location_id").astype("str").iloc[place].to_numpy(),
        _level=pd.Categorical(pairs["link_level"], list(_LEVELS), ordered=True),
    )
    sector = sector_group(column_of(projects, "sector_code")).iloc[place].reset_index(drop=True)
    intended = use_group(column_of(releases, "intended_use_code")).iloc[release].reset_index(drop=True)
    is_known = sector.notna() & intended.notna()
    result["is_sector_match"] = sector.eq(intended).astype("boolean").where(is_known)
    result = result.sort_values(["release", "_level", "distance_m", "project_id", "location_id"], kind="stable")
    # a place that was given twice keeps its closest link; places without an id are never the same
    repeats = result.duplicated(["release", "project_id", "location_id"]) & result["location_id"].notna()
    result = result[~repeats]
    texts = dict.fromkeys(("release_id", "project_id", "location_id", "link_level"), "str")
    return result[RESULTS["match_projects"].names].astype(texts).reset_index(drop=True)
