"""Share the money and people of projects out over releases: each is counted at most once, the rest is elsewhere."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.cells import counted
from landrelease.errors import DataError, DataWarning, OptionError
from landrelease.geometry import require_same_crs
from landrelease.match.nearby import check_distance
from landrelease.match.projects.candidates import Chance, Fit, Found, places_of, sector_fit
from landrelease.match.projects.places import check_tables, codes_of
from landrelease.match.projects.records import duplicate_projects
from landrelease.match.projects.shares import beside, is_district, land_m2, same_unit
from landrelease.tables import CODES, DTYPES, RESULTS

__all__ = ["ProjectWeights", "project_weights"]

Floats = npt.NDArray[np.float64]

_TIERS = tuple(CODES["project_tier"])


@dataclass(frozen=True, eq=False)
class ProjectWeights:
    """How the projects are shared out over the releases, and how that was made.

    Attributes
    ----------
    weights : DataFrame
        One row a release and a project that may be on it, in the order of the releases, the closest tier first:
        release_id, project_id, tier, weight_share, location_count, months_apart. [share, count, months]
    projects : DataFrame
        One row a project: project_id, record_count, location_count, on_site_share, likely_share, same_district_share,
        elsewhere_share (the four sum to 1), budget_usd, reason (why all of it is elsewhere). [count, share, USD]
    duplicates : DataFrame
        The records that were not counted by themselves, as `duplicate_projects` returns them or as they were given.
    within_m, approximate_m, months_before, months_after, district_level
        As they were given.
    caveats : tuple of str
        What the weights rest on, and what is not known.
    """

    weights: pd.DataFrame
    projects: pd.DataFrame
    duplicates: pd.DataFrame
    within_m: float
    approximate_m: float
    months_before: float
    months_after: float
    district_level: int
    caveats: tuple[str, ...]


def project_weights(
    releases: gpd.GeoDataFrame,
    projects: pd.DataFrame,
    *,
    within_m: float,
    months_before: float,
    months_after: float,
    admin_areas: pd.DataFrame | None = None,
    district_level: int = 2,
    approximate_m: float = 25_000.0,
    duplicates: pd.DataFrame | None = None,
) -> ProjectWeights:
    """Share each project out over the releases that it may be on; what is not there is elsewhere, and said.

    Parameters
    ----------
    releases : GeoDataFrame
        The table `releases`: release_id and geometry; release_date, admin_code, intended_use_code and area_m2 (used
        where there is no polygon) where they are known.
    projects : GeoDataFrame or DataFrame
        The table `projects`, in the same CRS.
    within_m : float
        How far from an exact place its project may work, where that is on no release. [m]
    months_before, months_after : float
        The window around the release in which a project must have been active on one day. [months]
    admin_areas : GeoDataFrame, optional
        The table `admin_areas` with parent_code, level and polygons. Without it a project of a unit has no weight on
        the releases of the same code: the land of the unit is not known.
    district_level : int
        Level of the largest units that still say something of a release in them; the country is 0.
    approximate_m : float
        How far from the point an approximate place may be. [m]
    duplicates : DataFrame, optional
        Records that are not counted by themselves; without it, what `duplicate_projects` finds.

    Returns
    -------
    ProjectWeights
        The weights, the projects with what is elsewhere, the duplicates, and caveats.

    Raises
    ------
    CRSError
        A CRS is missing or they differ (rule 5).
    DataError
        A table lacks an id, or a release has two rows; `duplicates` can not be.
    OptionError
        A distance or a number of months is negative or no number; district_level is no level below the country.

    Notes
    -----
    The places of a project share it evenly, 1 / n each. A release a has of a place l the mass M = P * T * K:

    - P is the share of where the place may be that the release covers. An exact place on the release: 1 (tier
      `on_site`; such a place is near no other release). An exact place beside releases: land in the disc of `within_m` /
      disc; an approximate one: of the disc of `approximate_m` (tier `likely`). A place known to a unit: land of the
      release / land of the unit (tier `same_district`). A centroid, a precision of 5 to 9, a unit above
      `district_level`: 0.
    - T is 1 if the project was active in the window, or may have been, else 0.
    - K is the share of its sectors that serve the intended group of use, and half the share of those of which that
      can not be said, or half of all if the intended use is not known. Mine clearance itself (DAC 15250) is none. On
      the site K is the share that is not clearance.

    q(a, l) = M(a, l) / max(1, sum of M over the releases); what is left, 1 - sum of q, is elsewhere. weight_share is the
    mean of q over the n places, so that the weights of a project sum to at most 1. A release has weight_share x
    budget_usd of its money. A cancelled project, and one whose money is in other records, has no weights.

    Where the land of a release or unit is not known, the weight is missing, and so is elsewhere_share.

    A weight is a share of land, no evidence of use: a project never sets use (`assess_use`).

    References
    ----------
    IATI Standard 2.03: location-class, exactness; GeographicalPrecision (AidData, UCDP); sector percentages.

    Examples
    --------
    >>> from shapely import box, Point
    >>> releases = gpd.GeoDataFrame({"release_id": ["R1", "R2"]},
    ...     geometry=[box(5e5, 0, 5e5 + 100, 100), box(5e5 + 300, 0, 5e5 + 400, 100)], crs=32630)
    >>> projects = gpd.GeoDataFrame(
    ...     {"project_id": ["farm", "farm", "road", "plan"], "location_id": ["f/1", "f/2", "r/1", "p/1"],
    ...      "is_point": [True, True, True, False], "sector_code": ["31120"] * 4},
    ...     geometry=[Point(5e5 + 50, 50), Point(9e5, 50), Point(5e5 + 200, 50), Point(5e5, 0)], crs=32630)
    >>> options = dict(within_m=1000, months_before=0, months_after=60)
    >>> found = project_weights(releases, projects.iloc[:3], **options)
    >>> found.weights[["release_id", "project_id", "tier", "weight_share"]].round(4).values.tolist()
    [['R1', 'farm', 'on_site', 0.5], ['R1', 'road', 'likely', 0.0016], ['R2', 'road', 'likely', 0.0016]]
    >>> found.projects[["project_id", "elsewhere_share"]].round(4).values.tolist()
    [['farm', 0.5], ['road', 0.9968]]
    >>> len(project_weights(releases.iloc[:0], projects.iloc[:3], **options).weights)
    0
    >>> import warnings
    >>> with warnings.catch_warnings(record=True) as told:
    ...     warnings.simplefilter("always")
    ...     found = project_weights(releases, projects, **options)
    >>> found.projects[["project_id", "elsewhere_share", "reason"]].values[-1].tolist()
    ['plan', 1.0, 'too_coarse']
    >>> print(told[0].message)
    1 of 3 projects can not be placed (0 name no place and no unit, 1 only a centroid or what is too large): all of it is elsewhere.
      Fix: give the admin_code of their places, or exact places; 'projects' of the result says which.
    """  # noqa: E501
    check_tables(releases, projects, within_m, {"months_before": months_before, "months_after": months_after})
    _check(releases, projects, district_level, approximate_m)
    duplicates = duplicate_projects(projects) if duplicates is None else duplicates
    places, totals = places_of(projects, duplicates)
    places["is_district"] = is_district(places, admin_areas, district_level)
    fit = sector_fit(projects.iloc[places["row"].to_numpy()], pd.Index(totals["project_id"]))
    totals["reason"] = _reasons(places, totals, fit)
    is_open = totals["reason"].isna().to_numpy()[places["project"].to_numpy()]
    chance = Chance(releases, projects, places, fit, months_before, months_after)
    land, kind = land_m2(releases), places["kind"].to_numpy()
    points = _points(releases, projects, places)
    found = Found(chance)
    for name, radius_m in (("exact", within_m), ("near", approximate_m)):
        rows = np.flatnonzero((kind == name) & is_open)
        for pairs in beside(releases, land, points[rows], radius_m, exact=name == "exact"):
            found.add(pairs, rows, tier=1)
    rows = np.flatnonzero((kind == "unit") & places["is_district"].to_numpy() & is_open)
    for pairs in same_unit(releases, land, places.iloc[rows], admin_areas):
        found.add(pairs, rows, tier=2)
    weights = found.summed()
    totals = _totals(totals, weights)
    _tell(totals, weights)
    return ProjectWeights(
        weights=_named(weights, releases, totals),
        projects=totals[RESULTS["project_totals"].names].astype(_dtypes("project_totals")),
        duplicates=duplicates.copy(),
        within_m=float(within_m), approximate_m=float(approximate_m), months_before=float(months_before),
        months_after=float(months_after), district_level=int(district_level),
        caveats=_caveats(weights, duplicates, fit),
    )  # fmt: skip


def _check(releases: pd.DataFrame, projects: pd.DataFrame, district_level: Any, approximate_m: Any) -> None:
    check_distance(approximate_m, "approximate_m")
    is_level = isinstance(district_level, int | np.integer) and not isinstance(district_level, bool)
    if not is_level or district_level < 1:
        raise OptionError(f"district_level must be a level below the country, 1 or more; got {district_level!r}")
    ids = codes_of(releases, "release_id")
    unnamed, repeated = int(ids.isna().sum()), int(ids.dropna().duplicated().sum())
    if unnamed or repeated:
        raise DataError(
            f"'releases' needs a release_id in each row, and each only once: of {len(ids):,} rows {unnamed:,} have "
            f"none and {repeated:,} repeat one.\n"
            f"  Fix: releases_from(events)"
        )
    nameless = int(codes_of(projects, "project_id").isna().sum())
    if nameless:
        raise DataError(
            f"{nameless} of {len(projects)} rows of 'projects' have no project_id: nobody can say what they are of.\n"
            f"  Fix: usable_rows(projects, 'projects') sets them aside."
        )


def _points(releases: gpd.GeoDataFrame, projects: pd.DataFrame, places: pd.DataFrame) -> npt.NDArray[Any]:
    """Return the point of each place, where it has one."""
    if not places["kind"].isin(["exact", "near"]).any() or not isinstance(projects, gpd.GeoDataFrame):
        return np.full(len(places), None, dtype=object)
    require_same_crs(releases, projects, "releases", "projects")
    points: npt.NDArray[Any] = projects.geometry.to_numpy()[places["row"].to_numpy()]
    return points


def _reasons(places: pd.DataFrame, totals: pd.DataFrame, fit: Fit) -> pd.Series:
    """Say of which projects nothing can be anywhere, before a release is looked at."""
    kind = places["kind"].to_numpy()
    usable = np.isin(kind, ("exact", "near")) | ((kind == "unit") & places["is_district"].to_numpy())
    is_placed = np.bincount(places["project"], usable, minlength=len(totals)) > 0
    has_location = totals["location_count"].to_numpy() > 0
    reason = np.select(
        [totals["is_counted_elsewhere"], totals["is_cancelled"], fit.on_site <= 0, ~has_location, ~is_placed],
        ["counted_elsewhere", "cancelled", "clearance", "no_location", "too_coarse"],
        "",
    )
    told = pd.Series(reason, index=totals.index, dtype="str")
    return told.mask(told == "")


def _totals(totals: pd.DataFrame, weights: pd.DataFrame) -> pd.DataFrame:
    """Add what goes to each tier, and what is elsewhere; missing where a weight is not known."""
    size, whole = len(_TIERS), np.ones(len(totals))
    at = weights["project"].to_numpy() * size + weights["tier"].to_numpy()
    parts = np.bincount(at, weights["weight_share"], minlength=len(totals) * size).reshape(-1, size)
    elsewhere = whole - parts.sum(axis=1)
    shares = {f"{tier}_share": parts[:, i] for i, tier in enumerate(_TIERS)}
    lonely = np.bincount(weights["project"], minlength=len(totals)) == 0
    reason = totals["reason"].mask(totals["reason"].isna() & lonely, "no_release")
    # sums of thirds may miss 1 by a rounding
    return totals.assign(**shares, elsewhere_share=np.where(elsewhere < 1e-12, 0 * elsewhere, elsewhere), reason=reason)


def _tell(totals: pd.DataFrame, weights: pd.DataFrame) -> None:
    counts = totals["reason"].value_counts()
    none, coarse = int(counts.get("no_location", 0)), int(counts.get("too_coarse", 0))
    if none + coarse:
        warnings.warn(
            f"{none + coarse:,} of {len(totals):,} projects can not be placed ({none:,} name no place and no unit, "
            f"{coarse:,} only a centroid or what is too large): all of it is elsewhere.\n"
            f"  Fix: give the admin_code of their places, or exact places; 'projects' of the result says which.",
            DataWarning,
            stacklevel=3,
        )
    unknown = int(weights["weight_share"].isna().sum())
    if unknown:
        warnings.warn(
            f"{unknown:,} of {len(weights):,} pairs of a release and a project have no weight: the land of the "
            f"release or of the unit is not known.\n"
            f"  Fix: give admin_areas with polygons, and polygons or area_m2 of the releases.",
            DataWarning,
            stacklevel=3,
        )


def _caveats(weights: pd.DataFrame, duplicates: pd.DataFrame, fit: Fit) -> tuple[str, ...]:
    told = [
        "The money and people of a project are taken to be spread evenly over its places: records do not say how.",
        "Where a place is known only to a distance or a unit, the project is taken to be anywhere in it with equal "
        "chance: such a weight is a share of land, and no evidence that the project is on the release.",
    ]
    undated, unknown = int(weights["is_undated"].sum()), int(weights["weight_share"].isna().sum())
    for count, text in (
        (undated, f"{undated:,} of {len(weights):,} pairs lack a date that tells: they count as in time."),
        (unknown, f"{unknown:,} of {len(weights):,} pairs have no weight: the land of release or unit is not known."),
        (fit.unknown_count, f"{counted(fit.unknown_count, 'project has', 'projects have')} sectors that serve no kind "
                            f"of use in particular, or none: that part fits every use by half."),
        (len(duplicates), f"{counted(len(duplicates), 'record is', 'records are')} not counted apart: another of the "
                          f"same project or money is; a project's budget is the largest that one of its records "
                          f"states."),
    ):  # fmt: skip
        if count:
            told.append(text)
    return tuple(told)


def _named(weights: pd.DataFrame, releases: gpd.GeoDataFrame, totals: pd.DataFrame) -> pd.DataFrame:
    """Put ids beside the pairs, in the order of the releases, the closest tier and the largest weight first."""
    names = totals["project_id"].to_numpy(dtype=object)
    by_name = np.argsort(np.argsort(names))
    order = np.lexsort((
        by_name[weights["project"]], -weights["weight_share"].to_numpy(), weights["tier"], weights["release"]
    ))  # fmt: skip
    weights = weights.iloc[order].reset_index(drop=True)
    named = weights.assign(
        release_id=codes_of(releases, "release_id").array.take(weights["release"].to_numpy()),
        project_id=totals["project_id"].array.take(weights["project"].to_numpy()),
        tier=pd.array(_TIERS, dtype="str").take(weights["tier"].to_numpy()),
    )
    return named[RESULTS["project_weights"].names].astype(_dtypes("project_weights"))


def _dtypes(name: str) -> dict[str, Any]:
    return {column.name: DTYPES[column.kind] for column in RESULTS[name].columns}
