"""The verdict: is released land in productive use, by what evidence, and how much nobody has looked at?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from landrelease.cells import as_days, as_text, day_of
from landrelease.errors import DataError, OptionError, nearest
from landrelease.geometry import geodesic_area_m2, require_crs, to_crs
from landrelease.match.legends import LandCover
from landrelease.match.projects.links import match_projects
from landrelease.outcomes.evidence import from_follow_ups, from_land_cover, from_land_use, match_follow_ups
from landrelease.tables import use_group

__all__ = ["assess_use", "match_follow_ups", "use_summary"]

SOURCES = ("follow_up", "land_use", "land_cover")
"""Sources of evidence, the strongest first."""
_ROUNDING = 1e-6
"""Shares of polygons are measured no better than this: half of a field is half. [share]"""
_PARTS = ("as_intended", "other_productive", "unused", "unknown")
_LEVELS = ("on_site", "nearby", "area_level")
_LINKS: dict[str, Any] = {"within_m": 1_000.0, "months_before": 12, "months_after": 60}


def assess_use(
    releases: gpd.GeoDataFrame,
    *,
    as_of: Any,
    follow_ups: pd.DataFrame | None = None,
    land_use: gpd.GeoDataFrame | None = None,
    land_cover: Sequence[LandCover] | None = None,
    projects: pd.DataFrame | None = None,
    project_links: pd.DataFrame | None = None,
    min_observed_share: float = 0.5,
) -> gpd.GeoDataFrame:
    """Judge for each release whether its land is in productive use, and by what evidence.

    Parameters
    ----------
    releases : GeoDataFrame
        Table `releases`, in any CRS.
    as_of : date
        Evidence after this day is not used.
    follow_ups : DataFrame, optional
        Visits: the latest on or after the release speaks for the whole release unless it says what share it saw.
    land_use : GeoDataFrame, optional
        Mapped use, reprojected where needed; only polygons observed on or after a release count for it.
    land_cover : list of LandCover, optional
        Rasters; only those of a year after the release count, the latest that shows it; several of one year are tiles.
    projects : DataFrame, optional
        Development projects. They never set use; they stand beside the verdict.
    project_links : DataFrame, optional
        What `match_projects` found; without it projects are matched within 1,000 m, 12 months before to 60 after.
    min_observed_share : float
        A release of which less was observed is unknown; a source that saw less does not outrank one that saw
        enough. [share]

    Returns
    -------
    GeoDataFrame
        The releases, with verdict, use_code, evidence, evidence_date, as_intended_m2, other_productive_m2,
        unused_m2, unknown_m2 (they sum to area_m2), productive_m2, observed_share, intended_known, conflict,
        reason_unused_code, project_level, project_id, project_status, months_to_project. [m2, share, months]

    Raises
    ------
    CRSError, DataError, OptionError
        No CRS; releases without an id or with repeated ones; a share outside 0 to 1; what the matching raises.

    Notes
    -----
    The highest of follow-up, mapped land use and land cover that observed at least `min_observed_share` decides;
    where none did, the one that observed most. The verdict is unknown below `min_observed_share`; else, where
    productive land is at least unused land, the larger of the two productive parts; else unused. Other sources that
    saw enough and come to another verdict are named in `conflict`. Land that nobody observed is unknown, never
    unused. A release whose land is all held hazardous by other areas has no land and is unknown.

    Examples
    --------
    >>> from shapely import box
    >>> releases = gpd.GeoDataFrame({"release_id": ["E1", "E2"], "area_id": ["A", "B"],
    ...     "release_date": pd.to_datetime(["2020-01-31"] * 2), "intended_use_code": ["agriculture", None]},
    ...     geometry=[box(5e5, 0, 5e5 + 100, 100), box(6e5, 0, 6e5 + 100, 100)], crs=32630)
    >>> visits = pd.DataFrame({"follow_up_id": ["1"], "release_id": ["E1"], "use_code": ["grazing"],
    ...                        "visit_date": pd.to_datetime(["2021-05-01"])})
    >>> assess_use(releases, as_of="2025-12-31", follow_ups=visits)[["verdict", "evidence", "observed_share"]].values
    array([['as_intended', 'follow_up', 1.0],
           ['unknown', nan, 0.0]], dtype=object)
    >>> len(assess_use(releases.iloc[:0], as_of="2025-12-31"))
    0
    """
    crs = require_crs(releases, "releases")
    if not 0.0 <= min_observed_share <= 1.0:
        raise OptionError(f"min_observed_share must be from 0 to 1; got {min_observed_share!r}")
    if "release_id" not in releases or releases["release_id"].isna().any() or releases["release_id"].duplicated().any():
        raise DataError("'releases' needs a release_id in each row, and each only once. Fix: releases_from(events)")
    day, result = day_of("as_of", as_of), _filled(releases)
    evidence: dict[str, pd.DataFrame] = {}
    if follow_ups is not None:
        evidence["follow_up"] = from_follow_ups(result, follow_ups, as_of=day)
    if land_use is not None:
        evidence["land_use"] = from_land_use(result, to_crs(land_use, crs, "land_use"), as_of=day)
    if land_cover is not None:
        evidence["land_cover"] = from_land_cover(result, land_cover, as_of=day, enough=min_observed_share)
    views = {name: _view(result, frame) for name, frame in evidence.items()}
    decided = _decide(result, views, min_observed_share)
    for name in decided:
        result[name] = decided[name]
    _add_projects(result, projects, project_links)
    return result


def _filled(releases: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the releases with the columns that the judgement reads."""
    result = releases.reset_index(drop=True).copy()
    result["release_id"] = as_text(result["release_id"])
    if "area_m2" not in result:
        result["area_m2"] = geodesic_area_m2(result)
    for name in ("area_id", "release_type", "intended_use_code", "admin_code", "date_precision"):
        if name not in result:
            result[name] = pd.Series(None, index=result.index, dtype="str")
    if "release_date" not in result:
        result["release_date"] = pd.NaT
    result["release_date"] = as_days(pd.Series(result["release_date"]), "release_date")
    result["intended_known"] = (result["intended_use_code"].notna() & (result["intended_use_code"] != "none")).astype(
        "boolean"
    )
    return result


def _view(releases: pd.DataFrame, evidence: pd.DataFrame) -> pd.DataFrame:
    """Return one row a release: the shares of its land by part as one source sees them, the main use, the date."""
    intended = evidence["release_id"].map(use_group(releases.set_index("release_id")["intended_use_code"]))
    group = use_group(evidence["use_code"])
    part = np.select(
        [evidence["use_code"] == "none", (group == intended).to_numpy(dtype=bool)],
        ["unused", "as_intended"],
        "other_productive",
    )
    shares = evidence.assign(part=part).pivot_table(index="release_id", columns="part", values="share", aggfunc="sum")
    view = shares.reindex(index=releases["release_id"], columns=list(_PARTS[:3])).fillna(0.0)
    total = view.sum(axis=1)
    view = view.div(total.where(total > 1.0, 1.0), axis=0)
    view["unknown"] = (1.0 - view.sum(axis=1)).clip(lower=0.0)
    view["use_code"] = _main_use(evidence.assign(part=part), view)
    view["date"] = evidence.groupby("release_id")["evidence_date"].max().reindex(view.index)
    if "reason_unused_code" in evidence:
        reasons = evidence.drop_duplicates("release_id").set_index("release_id")["reason_unused_code"]
        view["reason_unused_code"] = reasons.reindex(view.index)
    no_land = releases["area_m2"].eq(0.0).to_numpy()
    view.loc[no_land, list(_PARTS)] = [0.0, 0.0, 0.0, 1.0]
    return view.reset_index(drop=True)


def _main_use(evidence: pd.DataFrame, view: pd.DataFrame) -> pd.Series:
    """Return the use of most land within the larger productive part: the one that decides the verdict."""
    better = pd.Series(_better(view), index=view.index)
    deciding = evidence[evidence["part"].to_numpy() == evidence["release_id"].map(better).to_numpy()]
    land = deciding.groupby(["release_id", "use_code"], as_index=False)["share"].sum()
    land = land.sort_values(["share", "use_code"], ascending=[False, True], kind="stable")
    main: pd.Series = land.drop_duplicates("release_id").set_index("release_id")["use_code"].reindex(view.index)
    return main


def _better(view: pd.DataFrame) -> np.ndarray[Any, Any]:
    is_intended = view["as_intended"] >= view["other_productive"] - _ROUNDING
    return np.where(is_intended, "as_intended", "other_productive")


def _verdict(view: pd.DataFrame, min_observed_share: float) -> pd.Series:
    productive = view["as_intended"] + view["other_productive"]
    seen = np.where(productive >= view["unused"] - _ROUNDING, _better(view), "unused")
    enough = _observed(view) >= min_observed_share - _ROUNDING
    return pd.Series(np.where(enough & (_observed(view) > 0), seen, "unknown"), index=view.index, dtype="str")


def _observed(view: pd.DataFrame) -> pd.Series:
    """Return what a source saw; a share short of the whole by rounding only is the whole."""
    seen = view[list(_PARTS[:3])].sum(axis=1)
    return seen.mask(seen > 1.0 - 1e-9, 1.0)


def _decide(releases: pd.DataFrame, views: dict[str, pd.DataFrame], enough: float) -> pd.DataFrame:
    """Let the strongest source that saw enough decide, else the one that saw most."""
    n = len(releases)
    empty = pd.DataFrame(dict.fromkeys(_PARTS[:3], 0.0), index=range(n)).assign(unknown=1.0)
    chosen = empty.assign(use_code=None, date=pd.Series(pd.NaT, index=empty.index), reason_unused_code=None)
    name = np.full(n, "", dtype=object)
    best = np.zeros(n)
    for source in reversed([source for source in SOURCES if source in views]):
        seen = _observed(views[source]).to_numpy()
        wins = (seen > 0) & ((seen >= enough - _ROUNDING) | (seen >= best))
        chosen = views[source].reindex(columns=chosen.columns).where(pd.Series(wins), chosen.astype(object))
        name = np.where(wins, source, name)
        best = np.where(wins, seen, best)
    chosen[list(_PARTS)] = chosen[list(_PARTS)].astype(float)
    verdict = _verdict(chosen, enough)
    area_m2 = releases["area_m2"].to_numpy(dtype=float)
    result = pd.DataFrame({"verdict": verdict})
    use = chosen["use_code"].where(verdict.isin(["as_intended", "other_productive"]))
    result["use_code"] = use.mask(verdict == "unused", "none").astype("str")
    result["evidence"] = pd.Series(name, dtype="str").mask(name == "")
    result["evidence_date"] = pd.to_datetime(chosen["date"])
    for part in _PARTS:
        result[f"{part}_m2"] = chosen[part].to_numpy() * area_m2
    result["productive_m2"] = result["as_intended_m2"] + result["other_productive_m2"]
    result["observed_share"] = _observed(chosen)
    result["conflict"] = _conflicts(views, name, verdict, enough)
    result["reason_unused_code"] = chosen["reason_unused_code"].where(verdict == "unused").astype("str")
    return result


def _conflicts(
    views: dict[str, pd.DataFrame], chosen: np.ndarray[Any, Any], verdict: pd.Series, enough: float
) -> pd.Series:
    """Name every other source that saw enough and comes to another verdict."""
    told = pd.Series("", index=verdict.index, dtype="str")
    for source, view in views.items():
        other = _verdict(view, enough)
        differs = (other != verdict) & (other != "unknown") & (verdict != "unknown") & (chosen != source)
        day = view["date"].dt.strftime("%Y-%m-%d").fillna("no date")
        text = source + " of " + day + " says " + other
        told = told.where(~differs, told + np.where(told == "", "", "; ") + text)
    return told.mask(told == "")


def _add_projects(result: gpd.GeoDataFrame, projects: pd.DataFrame | None, links: pd.DataFrame | None) -> None:
    """Put the closest project beside each verdict: by level, then by distance, then the earliest start."""
    columns = {
        "project_level": "str",
        "project_id": "str",
        "project_status": "str",
        "months_to_project": "float64",
    }
    if projects is not None and links is None:
        placed = to_crs(projects, result.crs, "projects") if isinstance(projects, gpd.GeoDataFrame) else projects
        links = match_projects(result, placed, **_LINKS)
    if links is None or links.empty:
        for name, dtype in columns.items():
            result[name] = pd.Series(None, index=result.index, dtype=dtype)
        return
    level = links["link_level"].map({level: i for i, level in enumerate(_LEVELS)})
    order = links.assign(level=level).sort_values(["level", "distance_m", "months_apart", "project_id"], kind="stable")
    nearest_link = order.drop_duplicates("release_id").set_index("release_id")
    ids = result["release_id"]
    result["project_level"] = ids.map(nearest_link["link_level"]).astype("str")
    result["project_id"] = ids.map(nearest_link["project_id"]).astype("str")
    result["project_status"] = pd.Series(None, index=result.index, dtype="str")
    if projects is not None and "status" in projects:
        known = projects.assign(project_id=as_text(projects["project_id"])).drop_duplicates("project_id")
        status = known.set_index("project_id")["status"]
        result["project_status"] = result["project_id"].map(status).astype("str")
    result["months_to_project"] = ids.map(nearest_link["months_apart"]).astype("float64")


def use_summary(assessment: pd.DataFrame, *, by: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Sum the four verdict parts of the releases, with the bounds of the productive share.

    Parameters
    ----------
    assessment : DataFrame
        As `assess_use` returns it.
    by : str or list of str, optional
        Columns to group by; "release_year" is made from release_date. A missing group is a group of its own.

    Returns
    -------
    DataFrame
        The `by` columns, as_intended_m2, other_productive_m2, unused_m2, unknown_m2, released_m2, release_count,
        unmeasured_count, productive_share_low, productive_share_high. Without `by` one row. [m2, count, share]

    Raises
    ------
    OptionError
        `by` names a column that is not there.

    Notes
    -----
    Parts are summed, not whole areas. At least productive_m2 / released_m2 is productive, at most that with all
    unknown land. Releases whose area is not known are counted, and are in no m2.

    Examples
    --------
    >>> assessment = pd.DataFrame({"release_type": ["cleared", "reduced"], "area_m2": [100.0, None],
    ...     "as_intended_m2": [60.0, None], "other_productive_m2": [0.0, None], "unused_m2": [10.0, None],
    ...     "unknown_m2": [30.0, None]})
    >>> use_summary(assessment)[["released_m2", "productive_share_low", "productive_share_high"]].values
    array([[100. ,   0.6,   0.9]])
    >>> use_summary(assessment, by="release_type")["released_m2"].tolist()
    [100.0, nan]
    """
    names = [by] if isinstance(by, str) else list(by or [])
    frame = pd.DataFrame(assessment)
    if "release_year" in names and "release_year" not in frame and "release_date" in frame:
        frame = frame.assign(release_year=pd.to_datetime(frame["release_date"]).dt.year.astype("Int64"))
    for name in names:
        if name not in frame:
            made = " (made from release_date)" if name == "release_year" else ""
            raise OptionError(f"by: the assessment has no column '{name}'{made}{nearest(name, frame.columns)}")
    parts = [f"{part}_m2" for part in _PARTS]
    held = frame[names].assign(**{part: frame[part].astype(float) for part in parts})
    held["release_count"] = 1
    held["unmeasured_count"] = frame["unknown_m2"].isna().astype(int)
    if names:
        groups = held.groupby(names, dropna=False, sort=True)
        total = groups[parts].sum(min_count=1).join(groups[["release_count", "unmeasured_count"]].sum()).reset_index()
    else:
        total = pd.DataFrame([{**held[parts].sum(min_count=1), **held[["release_count", "unmeasured_count"]].sum()}])
    total["released_m2"] = total[parts].sum(axis=1, min_count=1)
    productive = total["as_intended_m2"] + total["other_productive_m2"]
    released = total["released_m2"].where(total["released_m2"] > 0)
    total["productive_share_low"] = productive / released
    total["productive_share_high"] = (productive + total["unknown_m2"]) / released
    counts = {"release_count": "Int64", "unmeasured_count": "Int64"}
    order = [*names, *parts, "released_m2", *counts, "productive_share_low", "productive_share_high"]
    return total.astype(counts)[order]
