"""Coordination: released land that nobody builds on, projects in the way of hazards, actors who should meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from landrelease.cells import as_text, day_of
from landrelease.checks.arguments import (
    day_column,
    distinct,
    number_column,
    require_columns,
    text_column,
    typed,
    unique_ids,
)
from landrelease.errors import DataError
from landrelease.linkage.actors import actor_matrix, actor_overlaps, units_of
from landrelease.linkage.obstacles import hazards_of, projects_in_the_way, state_of, unplaced
from landrelease.linkage.provinces import provinces_of, told
from landrelease.tables import use_group

__all__ = ["CoordinationGaps", "coordination_gaps"]

_AT = ("on_site", "likely")
"""Tiers of a project that is at the land; the third knows it by its district only."""
_TIERS = (*_AT, "same_district")
_ROUNDING = 1e-6


@dataclass(frozen=True)
class CoordinationGaps:
    """Where release and development miss each other, with what the records do not say.

    Attributes
    ----------
    releases : DataFrame
        Each release: the needs of its unit, its closest project, gap_code, and the lag to its first project.
    hazards : DataFrame
        Each place of a planned or running project with each hazardous area in its way, first ranks first.
    overlaps : DataFrame
        Two actors on one release, or in one province and sector, at one time: to be asked about, not an error.
    lag : DataFrame
        Lag from release to first project, of all and by province. [days]
    matrix : DataFrame
        Actor by sector by province.
    units : DataFrame
        Each province: what is recorded there, and who works there.
    as_of : Timestamp
        The day.
    n : int
        Releases.
    missing_share : float
        Share of the releases of which it is not known whether anybody needs them. [share]
    method : str
        How gaps and lags are found.
    caveats : tuple of str
        What a reader must know.
    """

    releases: pd.DataFrame
    hazards: pd.DataFrame
    overlaps: pd.DataFrame
    lag: pd.DataFrame
    matrix: pd.DataFrame
    units: pd.DataFrame
    as_of: pd.Timestamp
    n: int
    missing_share: float
    method: str
    caveats: tuple[str, ...]


def coordination_gaps(
    releases: pd.DataFrame,
    projects: pd.DataFrame,
    *,
    links: pd.DataFrame,
    as_of: Any,
    needs: pd.DataFrame | None = None,
    hazards: pd.DataFrame | None = None,
    ranking: pd.DataFrame | None = None,
    within_m: float = 0.0,
    admin_areas: pd.DataFrame | None = None,
    level: int | None = None,
) -> CoordinationGaps:
    """Find where mine action and development miss each other, or meet without knowing.

    Parameters
    ----------
    releases : DataFrame
        Table `releases`; those after `as_of` are left out.
    projects : DataFrame or GeoDataFrame
        Table `projects`, one row a place; cancelled ones are left out.
    links : DataFrame
        Which project belongs to which release: release_id, project_id, weight_share (share of the project; they
        sum to at most 1 a project; missing where not known), tier (`on_site`, `likely`, `same_district`).
    as_of : date
        The day on which it is asked.
    needs : DataFrame, optional
        Table `needs`: what the communities of a unit asked for. Without it no need is known.
    hazards : DataFrame or GeoDataFrame, optional
        Table `areas`: those released or superseded are left out.
    ranking : DataFrame, optional
        area_id and rank, such as `prioritise(...).table`.
    within_m : float
        How near to a hazardous area a place is in its way; 0 is on it. [m]
    admin_areas, level : DataFrame, int, optional
        Table `admin_areas` and the level of a province. Without them codes count as they are.

    Returns
    -------
    CoordinationGaps
        Tables coordination_releases, coordination_hazards, coordination_overlaps, coordination_lag,
        coordination_matrix and coordination_units.

    Raises
    ------
    CRSError
        Places and areas have no CRS, or two.
    DataError
        A column is missing, an id is missing or stands twice, a link names a project that is not there, a weight is
        outside of 0 to 1, or the weights of a project sum to more than 1.
    OptionError
        An option that can not be meant.

    Notes
    -----
    A gap is a need without a project, and a need is one that a unit of the same code named. Where nobody is known to
    have asked, the gap is unknown: silence is no lack of need (rule 4). A project of tier `same_district` is nobody's
    certain help: such a release is `district_only`.

    The lag runs from the release to the first day on which a project of the other tiers was active, 0 if it was at the
    release. A project whose dates can not tell makes the lag unknown, unless another was there at the release. The
    median counts releases without a project as longer than their time until `as_of` (Kaplan-Meier: the first lag by
    which the product of 1 - started / waiting falls to a half); the median of those with one alone is too short.

    A place is in the way if `is_point` is true and its project is not known to have ended. Dates decide that before
    the status: a project that is closed by status, with a (planned) end after the day, is not known to have ended, and
    a caveat counts such. Hazardous areas without a place are in nobody's way, and are counted too. Actors are the
    implementers, several of one project split at `;`; two actors of one project do not overlap. The Herfindahl index is
    the sum of the squared shares of the actors in the projects that each unit has.

    References
    ----------
    Practitioners' Workshop on Linking Mine Action and Development (GICHD, Siem Reap, 2007): who coordinates with whom,
    and whether needs reach operators.

    Examples
    --------
    >>> releases = pd.DataFrame({"release_id": ["R1", "R2", "R3"], "admin_code": ["N", "N", "S"],
    ...     "release_date": pd.to_datetime(["2020-01-01"] * 3)})
    >>> projects = pd.DataFrame({"project_id": ["P1"], "location_id": ["P1/1"], "admin_code": ["N"],
    ...     "implementer": ["Farm aid"], "start_date": pd.to_datetime(["2020-01-31"]), "sector_code": ["31120"]})
    >>> links = pd.DataFrame({"release_id": ["R1"], "project_id": ["P1"], "weight_share": [1.0], "tier": ["on_site"]})
    >>> needs = pd.DataFrame({"need_id": ["1"], "admin_code": ["N"], "wanted_use_code": ["agriculture"]})
    >>> found = coordination_gaps(releases, projects, links=links, needs=needs, as_of="2022-12-31")
    >>> found.releases[["release_id", "gap_code", "lag_days", "lag_code"]].values.tolist()
    [['R1', 'served', 30.0, 'started'], ['R2', 'gap', nan, 'not_yet'], ['R3', 'unknown', nan, 'not_yet']]
    >>> coordination_gaps(releases.iloc[:0], projects.iloc[:0], links=links.iloc[:0], as_of="2022-12-31").n
    0
    >>> coordination_gaps(releases, projects, links=links.assign(weight_share=1.5), as_of="2022-12-31")
    Traceback (most recent call last):
    landrelease.errors.DataError: 'links': weight_share must be from 0 to 1: 1 of 1 rows are not, the first has 1.5.
      Fix: weights are shares of a project.
    """
    day = day_of("as_of", as_of)
    places = _places(projects, day, admin_areas, level)
    land = _releases(releases, day, admin_areas, level)
    pairs = _links(links, releases, places)
    asked = _needs(needs, day, admin_areas, level)
    open_land = hazards_of(hazards, admin_areas, level)
    at_land = pairs[pairs["tier"].isin(_AT)]
    per_release = _gaps(land, pairs, asked, needs is not None).join(_lags(land, at_land, places, day))
    per_release = typed(per_release.reset_index(drop=True), "coordination_releases")
    at_land = at_land[at_land["release_id"].isin(land["release_id"])]
    late, unasked = len(releases) - len(land), (0 if needs is None else len(needs)) - len(asked)
    gone = len(projects) - len(places)
    left_out = {
        "releases after the day, left out": late,
        "needs named after the day, left out": unasked,
        "places of cancelled projects, left out": gone,
    }
    return CoordinationGaps(
        releases=per_release,
        hazards=projects_in_the_way(places, open_land, ranking, within_m),
        overlaps=actor_overlaps(places, at_land),
        lag=_lag_table(per_release, day),
        matrix=actor_matrix(places, at_land, land),
        units=units_of(places, land, asked, open_land, admin_areas, level),
        as_of=day,
        n=len(land),
        missing_share=float(per_release["gap_code"].eq("unknown").mean()) if len(land) else float("nan"),
        method="needs by unit, projects by the links given; median lag by Kaplan-Meier",
        caveats=(*_caveats(land, places, pairs, asked, per_release, left_out), *_not_in_the_way(open_land)),
    )


def _places(projects: pd.DataFrame, day: pd.Timestamp, admin_areas: Any, level: int | None) -> pd.DataFrame:
    """Return the places of projects that were not cancelled, with what is asked of them."""
    require_columns(projects, "projects", ["project_id"])
    names = ("project_id", "location_id", "implementer", "sector_code", "status", "admin_code")
    places = projects.copy()
    for name in names:
        places[name] = text_column(projects, name)
    for name in ("start_date", "end_date"):
        places[name] = day_column(projects, name)
    if places["project_id"].isna().any():
        raise DataError(f"'projects': {int(places['project_id'].isna().sum())} rows have no project_id.")
    places = places[~places["status"].eq("cancelled").to_numpy(dtype=bool)].reset_index(drop=True)
    places["province_code"] = provinces_of(places["admin_code"], admin_areas, level)
    places["sector"] = places["sector_code"].str[:3]
    return places.assign(project_state_code=state_of(places, day))


def _releases(releases: pd.DataFrame, day: pd.Timestamp, admin_areas: Any, level: int | None) -> pd.DataFrame:
    land = pd.DataFrame({"release_id": unique_ids(releases, "release_id", "releases")})
    for name in ("admin_code", "intended_use_code", "date_precision", "operator"):
        land[name] = text_column(releases, name)
    land["release_date"] = day_column(releases, "release_date")
    land["area_m2"] = number_column(releases, "area_m2", "releases")
    land = land[~(land["release_date"] > day)].reset_index(drop=True)
    return land.assign(province_code=provinces_of(land["admin_code"], admin_areas, level))


def _links(links: pd.DataFrame, releases: pd.DataFrame, places: pd.DataFrame) -> pd.DataFrame:
    """Return the links as they are said to be: known tiers, weights that sum to at most 1 a project."""
    require_columns(links, "links", ["release_id", "project_id", "weight_share", "tier"])
    pairs = pd.DataFrame({name: as_text(links[name]) for name in ("release_id", "project_id", "tier")})
    pairs["weight"] = number_column(links, "weight_share", "links", low=-np.inf)
    odd = ~pairs["tier"].isin(_TIERS).to_numpy(dtype=bool)
    if odd.any():
        first = pairs["tier"][odd].iloc[0]
        raise DataError(f"'links': tier must be one of {', '.join(_TIERS)}: {odd.sum()} rows are not, first {first!r}")
    bad = pairs["weight"].notna() & ~pairs["weight"].between(0, 1)
    if bad.any():
        raise DataError(
            f"'links': weight_share must be from 0 to 1: {int(bad.sum())} of {len(pairs)} rows are not, the first has "
            f"{pairs['weight'][bad].iloc[0]:g}.\n  Fix: weights are shares of a project."
        )
    total = pairs.groupby("project_id")["weight"].sum()
    over = total[total > 1 + _ROUNDING]
    if len(over):
        raise DataError(
            f"'links': the weights of {len(over)} of {len(total)} projects sum to more than 1, those of "
            f"{over.index[0]!r} to {over.iloc[0]:.3g}.\n  Fix: count a project once: divide by the sum."
        )
    repeats = pairs.duplicated(["release_id", "project_id"])
    if repeats.any():
        raise DataError(f"'links': {int(repeats.sum())} pairs of release and project stand twice. Fix: one row a pair.")
    strangers = ~pairs["release_id"].isin(as_text(releases["release_id"]))
    if strangers.any():
        raise DataError(
            f"'links': {int(strangers.sum())} of {len(pairs)} rows name a release that 'releases' lacks, the first "
            f"{pairs['release_id'][strangers].iloc[0]!r}.\n  Fix: links[links.release_id.isin(releases.release_id)]"
        )
    return pairs[pairs["project_id"].isin(places["project_id"])].reset_index(drop=True)


def _needs(needs: pd.DataFrame | None, day: pd.Timestamp, admin_areas: Any, level: int | None) -> pd.DataFrame:
    given = needs if needs is not None else pd.DataFrame({"need_id": []})
    asked = pd.DataFrame({"need_id": unique_ids(given, "need_id", "needs")})
    for name in ("admin_code", "wanted_use_code"):
        asked[name] = text_column(given, name)
    asked["rank"] = number_column(given, "rank", "needs", low=1)
    asked = asked[~(day_column(given, "asked_date") > day)].reset_index(drop=True)
    return asked.assign(province_code=provinces_of(asked["admin_code"], admin_areas, level))


def _gaps(land: pd.DataFrame, pairs: pd.DataFrame, asked: pd.DataFrame, is_asked: bool) -> pd.DataFrame:
    """Return each release with the needs of its unit and its closest project, by release_id."""
    here = asked.dropna(subset="admin_code")
    counts = here["admin_code"].value_counts() if is_asked else pd.Series(dtype="float64")
    first = here.sort_values(["rank", "wanted_use_code"], kind="stable").drop_duplicates("admin_code")
    found = land.set_index("release_id", drop=False)
    found["need_count"] = found["admin_code"].map(counts)
    found["wanted_use_code"] = found["admin_code"].map(first.set_index("admin_code")["wanted_use_code"])
    intended = use_group(found["intended_use_code"])
    wanted = here.assign(group=use_group(here["wanted_use_code"])).groupby("admin_code")["group"]
    groups, silent = wanted.agg(set), wanted.agg(lambda one: bool(one.isna().any()))
    match: list[bool | None] = []
    for code, group in zip(found["admin_code"], intended, strict=True):
        is_known = pd.notna(group) and code in groups.index
        is_match = is_known and group in groups[code]
        # a need whose use is not known might have been this one
        match.append(None if not is_known or (not is_match and silent[code]) else is_match)
    found["is_need_match"] = pd.array(match, dtype="boolean")
    tier = pairs["tier"].map({name: i for i, name in enumerate(_TIERS)}).groupby(pairs["release_id"]).min()
    found["project_tier"] = found["release_id"].map(tier).map(dict(enumerate(_TIERS)))
    at_land = pairs[pairs["tier"].isin(_AT)]["release_id"].value_counts()
    found["project_count"] = found["release_id"].map(at_land).fillna(0)
    by_tier = found["project_tier"].map({"on_site": "served", "likely": "served", "same_district": "district_only"})
    found["gap_code"] = by_tier.fillna("gap").where(found["need_count"].notna(), "unknown")
    return found


def _lags(land: pd.DataFrame, at_land: pd.DataFrame, places: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return for each release the lag to its first project, and what is known of it, by release_id."""
    of_project = pd.DataFrame(places).groupby("project_id", sort=False)
    here = at_land[at_land["release_id"].isin(land["release_id"])]
    released = _dates_of(here["release_id"], land.set_index("release_id")["release_date"])
    start = _dates_of(here["project_id"], of_project["start_date"].min().where(_all_known(of_project["start_date"])))
    end = _dates_of(here["project_id"], of_project["end_date"].max().where(_all_known(of_project["end_date"])))
    states = places["project_id"][places["project_state_code"].eq("running")]
    runs = here["project_id"].isin(states)
    was_over = end < released
    # begun before the release and not known to have ended: it was there only if it still runs
    is_open = ~((start <= released) & end.isna() & ~runs)
    days = (start - released).dt.total_seconds() / 86_400
    days = days.clip(lower=0).where(is_open)
    is_later = (start > day) & ~was_over
    lag = here.assign(days=days)[~was_over & ~is_later]
    order = {name: i for i, name in enumerate(places["project_id"].drop_duplicates())}
    lag = lag.assign(place=lag["project_id"].map(order)).sort_values(["days", "place"], kind="stable")
    first = lag.dropna(subset="days").drop_duplicates("release_id").set_index("release_id")
    unknown = set(lag["release_id"][lag["days"].isna()])
    result = pd.DataFrame(index=pd.Index(land["release_id"]))
    result["lag_days"] = first["days"].reindex(result.index)
    result["first_project_id"] = first["project_id"].reindex(result.index)
    is_unknown = result.index.isin(list(unknown)) & ~result["lag_days"].eq(0).to_numpy()
    is_unknown = is_unknown | land["release_date"].isna().to_numpy()
    has = result["lag_days"].notna().to_numpy()
    result["lag_code"] = np.select([is_unknown, has], ["unknown", "started"], "not_yet")
    result.loc[is_unknown, ["lag_days"]] = np.nan
    result.loc[is_unknown, ["first_project_id"]] = None
    return result


def _dates_of(ids: pd.Series, dates: pd.Series) -> pd.Series:
    return dates.reindex(ids.to_numpy()).set_axis(ids.index).astype("datetime64[us]")


def _all_known(dates: Any) -> pd.Series:
    """Tell of which groups every date is known: what begins first among unknown dates is not known."""
    known: pd.Series = dates.count() == dates.size()
    return known


def _lag_table(releases: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    groups: list[tuple[str, Any, pd.DataFrame]] = [("all", None, releases)]
    groups += [("province_code", key, part) for key, part in releases.groupby("province_code", dropna=False)]
    rows = []
    for scope, group, part in groups:
        code = part["lag_code"]
        known = part["lag_days"].dropna()
        waited = ((day - part["release_date"]).dt.total_seconds() / 86_400)[code == "not_yet"]
        rows.append(
            {
                "scope": scope, "group": group, "release_count": len(part),
                "started_count": int(code.eq("started").sum()), "not_yet_count": int(code.eq("not_yet").sum()),
                "unknown_count": int(code.eq("unknown").sum()),
                "median_days": _median(known.to_numpy(), waited.to_numpy()),
                "median_started_days": known.median() if len(known) else np.nan,
            }
        )  # fmt: skip
    return typed(pd.DataFrame(rows), "coordination_lag")


def _median(started: Any, waiting: Any) -> float:
    """Return the median of lags of which some have not ended; missing where fewer than half are known to have."""
    survival = 1.0
    for lag in np.unique(started):
        at_risk = (started >= lag).sum() + (waiting >= lag).sum()
        survival *= 1 - (started == lag).sum() / at_risk
        if survival <= 0.5 + 1e-12:
            return float(lag)
    return float("nan")


def _caveats(
    land: pd.DataFrame, places: pd.DataFrame, pairs: pd.DataFrame, asked: pd.DataFrame, found: pd.DataFrame,
    left_out: dict[str, int],
) -> tuple[str, ...]:  # fmt: skip
    no_need = int(found["gap_code"].eq("unknown").sum())
    rough = int(land["date_precision"].isin(["month", "year"]).sum())
    undated = int(land["release_date"].isna().sum())
    unweighed = int(pairs["weight"].isna().sum())
    nobody = len(distinct(places["project_id"][places["implementer"].isna()]))
    no_place = int(asked["admin_code"].isna().sum())
    elsewhere = len(set(asked["admin_code"].dropna()) - set(land["admin_code"].dropna()))
    unlinked = places["project_id"].nunique() - pairs["project_id"].nunique()
    is_open = places["status"].eq("closed") & ~places["project_state_code"].eq("ended")
    odd = places["project_id"][is_open].nunique()
    is_named = {
        "releases without a date, so that their lag is unknown": undated,
        "releases known to the month or year, whose last day counts, so that their lag may be longer": rough,
        "projects linked to no release, nobody's help here, wherever the work is": unlinked,
        "projects closed by status whose end date is still to come, here not counted as over": odd,
        "links without a weight, so that the weights in the matrix are at least what they say": unweighed,
        "projects that name no implementer, in the matrix as unknown and in no overlap": nobody,
        "needs without an admin_code, which count in no unit": no_place,
        "units with needs and without a release": elsewhere,
    }
    unasked = f"{no_need:,} of {len(land):,}"
    return told(
        {f"releases of which nobody is known to have asked, so that their gap is unknown: {unasked}": no_need > 0}
        | _counts(is_named)
        | {"status is that of the export, not of an earlier as_of": len(places) > 0}
        | _counts(left_out)
    )


def _counts(named: Mapping[str, int]) -> dict[str, bool]:
    return {f"{text}: {count:,}": count > 0 for text, count in named.items()}


def _not_in_the_way(hazards: pd.DataFrame) -> tuple[str, ...]:
    """Say which hazardous areas nobody can tell to be in the way of a project, or not wholly."""
    nowhere, points = unplaced(hazards)
    return told(
        _counts(
            {
                "hazardous areas without a place on record, in no project's way here": nowhere,
                "hazardous areas known by a point alone, whose land may be nearer than the distance": points,
            }
        )
    )
