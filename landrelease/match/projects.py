"""Development projects at, near or around released land: in space, in time and by sector."""

from __future__ import annotations

import warnings
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.cells import as_days
from landrelease.errors import DataError, DataWarning, OptionError
from landrelease.geometry import require_same_crs
from landrelease.match.nearby import check_distance, near_pairs
from landrelease.tables import RESULTS, sector_group, use_group

__all__ = ["DAYS_A_MONTH", "match_projects"]

DAYS_A_MONTH = 30.4375
"""Mean length of a month: 365.25 / 12. [days]"""
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
    Only rows with `is_point` true are placed: the centroid of a region is never near to anything. All other
    rows match by `admin_code` alone, which must be of the same level in both frames unless admin_areas says which
    unit lies in which: all units above count, up to the country if the table holds it. A project known to a smaller
    unit than the release matches none. A geometry whose `is_point` is missing is not placed either, and a
    DataWarning says how many.

    A month is 30.4375 days. A pair outside of the window is left out; where the release has no date, or the
    project no date that could tell, the pair is kept: unknown is not outside (rule 4).

    A project beside a release is a plan, not use (`assess_use`).

    References
    ----------
    OECD DAC CRS purpose codes; `landrelease.tables.sector_group` says which group of use a sector serves.

    Examples
    --------
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
    _check(releases, projects, within_m, {"months_before": months_before, "months_after": months_after})
    is_placed = _placed(projects)
    near = _near(releases, projects, is_placed, within_m)
    same_unit = _same_unit(releases, projects, ~is_placed, _units_above(admin_areas))
    pairs = pd.concat([near, same_unit], ignore_index=True)
    pairs = _in_time(pairs, releases, projects, months_before, months_after)
    return _result(pairs, releases, projects)


def _check(releases: pd.DataFrame, projects: pd.DataFrame, within_m: float, months: dict[str, float]) -> None:
    check_distance(within_m)
    for name, value in months.items():
        is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
        if not is_number or not np.isfinite(value) or value < 0:
            raise OptionError(f"{name} must be a number of months, 0 or more; got {value!r}")
    for what, frame, needed in (
        ("releases", releases, ("release_id",)),
        ("projects", projects, ("project_id", "location_id")),
    ):
        lacking = [name for name in needed if name not in frame.columns]
        if lacking:
            raise DataError(
                f"'{what}' has no column {', '.join(lacking)}; it has {', '.join(map(str, frame.columns))}.\n"
                f"  Fix: read(..., '{what}', columns={{'THEIR_NAME': '{lacking[0]}'}})."
            )


def _placed(projects: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Tell which rows are places: they have a geometry and say that it is one."""
    if not isinstance(projects, gpd.GeoDataFrame) or projects.active_geometry_name is None:
        return np.zeros(len(projects), bool)
    shapes = projects.geometry.to_numpy()
    has_shape = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    said = _column(projects, "is_point").astype("boolean")
    silent = int((has_shape & said.isna().to_numpy()).sum())
    if silent:
        warnings.warn(
            f"{silent} rows of 'projects' have a geometry and do not say whether it is a "
            "place (is_point): they match by admin_code only.\n"
            "  Fix: read(..., values={'is_point': True}) if all of them are.",
            DataWarning,
            stacklevel=3,
        )
    is_placed: np.ndarray[Any, Any] = has_shape & said.fillna(False).to_numpy(dtype=bool)
    return is_placed


def _column(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column, all missing where the frame has none."""
    return frame[name] if name in frame.columns else pd.Series(None, index=frame.index, dtype="object")


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


def _codes(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return the codes of units without blanks around them; an empty one is missing."""
    codes = _column(frame, name).astype("str").str.strip()
    return codes.mask(codes.eq(""))


def _units_above(admin_areas: pd.DataFrame | None) -> pd.DataFrame:
    """Return each unit with every unit above it, one row a pair: unit, above."""
    if admin_areas is None:
        return pd.DataFrame({"unit": [], "above": []}, dtype="str")
    lacking = [name for name in ("admin_code", "parent_code") if name not in admin_areas.columns]
    if lacking:
        raise DataError(
            f"'admin_areas' has no column {', '.join(lacking)}; it has {', '.join(map(str, admin_areas.columns))}.\n"
            f"  Fix: read(..., 'admin_areas', columns={{'THEIR_NAME': '{lacking[0]}'}})."
        )
    parents = pd.DataFrame({"unit": _codes(admin_areas, "admin_code"), "above": _codes(admin_areas, "parent_code")})
    parents = parents.dropna().drop_duplicates()
    steps = parents.rename(columns={"unit": "above", "above": "next"})
    every, count = parents, -1
    # one level a turn, until no pair is new: a unit that is above itself by mistake ends it too
    while len(every) > count:
        count = len(every)
        higher = every.merge(steps, on="above")[["unit", "next"]].rename(columns={"next": "above"})
        every = pd.concat([every, higher], ignore_index=True).drop_duplicates()
    return every


def _same_unit(
    releases: pd.DataFrame, projects: pd.DataFrame, is_unit: np.ndarray[Any, Any], above: pd.DataFrame
) -> pd.DataFrame:
    """Return the pairs of the same administrative unit or one above it, by position; an unknown unit is in none."""
    one = pd.DataFrame({"unit": _codes(releases, "admin_code").to_numpy(), "release": np.arange(len(releases))})
    two = pd.DataFrame({"above": _codes(projects, "admin_code").to_numpy(), "place": np.arange(len(projects))})[is_unit]
    one, two = one.dropna().astype({"unit": "str"}), two.dropna().astype({"above": "str"})
    units = one[["unit"]].drop_duplicates()
    reach = pd.concat([units.assign(above=units["unit"]), above], ignore_index=True).drop_duplicates()
    pairs = one.merge(reach, on="unit").merge(two, on="above")[["release", "place"]]
    return pairs.assign(distance_m=np.nan, link_level="area_level")


def _dates(frame: pd.DataFrame, name: str, positions: pd.Series) -> pd.Series:
    dates = as_days(_column(frame, name), name)
    return dates.iloc[positions.to_numpy()].reset_index(drop=True)


def _in_time(
    pairs: pd.DataFrame, releases: pd.DataFrame, projects: pd.DataFrame, before: float, after: float
) -> pd.DataFrame:
    """Keep the pairs whose project was active in the window, or may have been."""
    released = _dates(releases, "release_date", pairs["release"])
    start, end = (_dates(projects, name, pairs["place"]) for name in ("start_date", "end_date"))
    months_to = [(date - released).dt.total_seconds() / 86_400 / DAYS_A_MONTH for date in (start, end)]
    # comparisons with a missing date are false: unknown is not outside
    is_outside = (months_to[0] > after) | (months_to[1] < -before)
    return pairs.assign(months_apart=months_to[0])[~is_outside].reset_index(drop=True)


def _result(pairs: pd.DataFrame, releases: pd.DataFrame, projects: pd.DataFrame) -> pd.DataFrame:
    """Put ids and the sector beside the pairs, in their order, one row a release and place."""
    release, place = pairs["release"].to_numpy(), pairs["place"].to_numpy()
    result = pairs.assign(
        release_id=_column(releases, "release_id").astype("str").iloc[release].to_numpy(),
        project_id=_column(projects, "project_id").astype("str").iloc[place].to_numpy(),
        location_id=_column(projects, "location_id").astype("str").iloc[place].to_numpy(),
        _level=pd.Categorical(pairs["link_level"], list(_LEVELS), ordered=True),
    )
    sector = sector_group(_column(projects, "sector_code")).iloc[place].reset_index(drop=True)
    intended = use_group(_column(releases, "intended_use_code")).iloc[release].reset_index(drop=True)
    is_known = sector.notna() & intended.notna()
    result["is_sector_match"] = sector.eq(intended).astype("boolean").where(is_known)
    result = result.sort_values(["release", "_level", "distance_m", "project_id", "location_id"], kind="stable")
    # a place that was given twice keeps its closest link; places without an id are never the same
    repeats = result.duplicated(["release", "project_id", "location_id"]) & result["location_id"].notna()
    result = result[~repeats]
    texts = dict.fromkeys(("release_id", "project_id", "location_id", "link_level"), "str")
    return result[RESULTS["match_projects"].names].astype(texts).reset_index(drop=True)
