"""The report of coordination: needs without projects, projects near hazards, who should meet, how long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd

from landrelease.cells import counted
from landrelease.linkage import CoordinationGaps
from landrelease.match import ProjectWeights
from landrelease.report.document.model import Basis, Figure, Part, Section, table_of
from landrelease.report.frames import Column, add_up, say_codes
from landrelease.report.kinds.pictures import amounts_picture
from landrelease.report.words import say_land
from landrelease.tables import CODES

__all__ = ["coordination_sections"]

_TITLES = (
    "Released land that is needed, and has no known project", "Projects on or near land that is still hazardous",
    "How long until a project comes", "Who is where", "Actors who should meet",
)  # fmt: skip
_GAPS = {
    "gap": "Needed, no project known", "district_only": "Needed, a project in the district only",
    "served": "Needed, with a project", "unknown": "Nobody is known to have asked",
}  # fmt: skip
_MOST_BARS = 12


def coordination_sections(
    found: tuple[CoordinationGaps, ProjectWeights] | str, names: Mapping[str, str], *,
    placed: tuple[int, int] = (0, 0), unplaced: tuple[int, int] = (0, 0), is_ranked: bool = False,
    within_m: float = 0.0,
) -> tuple[Section, ...]:  # fmt: skip
    """Say what of the records of release and of projects does not meet; `names` are those of units by their codes.

    `placed` has how many projects that have not ended have an exact place, and how many there are; `unplaced` how many
    hazardous areas have no place on record, and how many a point alone.
    """
    if isinstance(found, str):
        return (Section("Coordination", (Part("", gap=found),)),)
    gaps, weights = found
    method = "needs by unit; projects at a release by how precisely their places are known, others in its district only"
    basis = Basis(gaps.n, "releases", method, gaps.missing_share, "releases whose need nobody is known to have "
                  "told", (*gaps.caveats, *weights.caveats, *_repeated(weights)))  # fmt: skip
    return (
        _needs(gaps, basis, names),
        _hazards(gaps, placed, unplaced, is_ranked, within_m),
        _lag(gaps, basis, names),
        _matrix(gaps, weights, basis, names),
        _overlaps(gaps, names),
    )


def _repeated(weights: ProjectWeights) -> tuple[str, ...]:
    """Say how many records are of a project that another record tells of too."""
    count = len(weights.duplicates)
    are = counted(count, "record is of a project that another record tells", "records are of projects that others tell")
    said = f"{are} of too: one may seem two actors in one place."
    return (said,) if count else ()


def _unit(codes: pd.Series, names: Mapping[str, str]) -> pd.Series:
    """Return units by name; one without a name by its code."""
    return say_codes(codes, names, "not known")


def _needs(found: CoordinationGaps, basis: Basis, names: Mapping[str, str]) -> Section:
    releases = found.releases
    count = releases["gap_code"].value_counts()
    figures = tuple(
        Figure(label, int(count.get(code, 0)), "count", note=_land_of(land))
        for code, label in _GAPS.items()
        for land in [releases.loc[releases["gap_code"] == code, "area_m2"]]
    )  # fmt: skip
    gaps = releases[releases["gap_code"] == "gap"].sort_values("area_m2", ascending=False, kind="stable")
    gaps = gaps.assign(
        unit=_unit(gaps["admin_code"], names), province=_unit(gaps["province_code"], names),
        intended=say_codes(gaps["intended_use_code"], CODES["use_code"], "not recorded"),
        wanted=say_codes(gaps["wanted_use_code"], CODES["use_code"], "not known"),
    )  # fmt: skip
    listed = table_of(gaps, "Needed, no project", "Released land with a need and no known project, the largest first", {
        "release_id": Column("Release"), "unit": Column("Unit"), "province": Column("Larger unit"),
        "release_date": Column("Released on", "date"), "area_m2": Column("Land, ha", "ha"),
        "intended": Column("Intended use"), "wanted": Column("The unit wants first"),
        "need_count": Column("Needs named", "count"),
    }, shown=20)  # fmt: skip
    by_unit = gaps.groupby("province")["area_m2"].sum(min_count=1).sort_values(ascending=False).head(_MOST_BARS)
    alt = "Bars of released land with a need and no known project, by larger unit; the table has each release."
    said = [say_land(one) for one in by_unit]
    picture = (amounts_picture(list(by_unit.index), by_unit.tolist(), said, alt),) if len(by_unit) else ()
    return Section(_TITLES[0], (Part("", basis, figures=figures, tables=(listed,), pictures=picture),))


def _land_of(land: pd.Series) -> str:
    """Say how much land releases have, and of how many that is not known."""
    lost = int(land.isna().sum())
    said = f"{say_land(add_up(land))} of land" if len(land) else ""
    return f"{said}, without {lost:,} of unknown area" if 0 < lost < len(land) else said


def _hazards(
    found: CoordinationGaps, placed: tuple[int, int], unplaced: tuple[int, int], is_ranked: bool, within_m: float
) -> Section:
    table = found.hazards
    exact, count = placed
    basis = Basis(
        exact, "projects that have not ended, with an exact place",
        f"exact places within {within_m:,.0f} m of land that is recorded as hazardous",
        1 - exact / count if count else None, "projects without an exact place: they may be on hazardous land too",
        ("A project that is not listed is not known to be off hazardous land.",
         *(() if is_ranked else ("The hazardous areas were not ranked: the programme has no [priority].",))),
    )  # fmt: skip
    figures = (Figure("Projects in the way", table["project_id"].nunique(), "count"),
               Figure("Hazardous areas in their way", table["area_id"].nunique(), "count"),
               Figure("Hazardous areas without a place on record", unplaced[0], "count",
                      note="whether a project is on them is not known"),
               Figure("Hazardous areas known by a point alone", unplaced[1], "count",
                      note="distances are to the point, and the land may be nearer"))  # fmt: skip
    shown = table.assign(state=say_codes(table["project_state_code"], CODES["project_state_code"], "not known"))
    caption = f"Projects within {within_m:,.0f} m of hazardous land, first ranks first"
    listed = table_of(shown, "On hazardous land", caption, {
        "project_id": Column("Project"), "location_id": Column("Place"), "state": Column("State"),
        "implementer": Column("Implementer"), "sector_code": Column("Sector", "code"),
        "start_date": Column("Start", "date"), "area_id": Column("Hazardous area"),
        "hazard_class": Column("Class", "word"), "distance_m": Column("Distance, m", "number"),
        "rank": Column("Rank of the area", "count"),
    })  # fmt: skip
    sentence = (
        "Speak with these projects first: they work, or will, on or beside land that is recorded as hazardous."
        if len(table) else
        "No project with an exact place is recorded on or near hazardous land: no evidence that there is none."
    )  # fmt: skip
    return Section(_TITLES[1], (Part("", basis, (sentence,), figures, (listed,) if len(table) else ()),))


def _lag(found: CoordinationGaps, basis: Basis, names: Mapping[str, str]) -> Section:
    whole = found.lag[found.lag["scope"] == "all"].iloc[0]
    count = int(whole["release_count"])
    unknown = int(whole["unknown_count"]) / count if count else None
    basis = replace(
        basis, missing_share=unknown, missing="releases of which dates can not tell",
        method="days from the release to the first day of a project on site or likely, 0 if it was there; the median "
        "counts releases without a project as longer than until the day of this report (Kaplan-Meier)",
    )  # fmt: skip
    is_reached = pd.notna(whole["median_days"]) or unknown in (None, 1)
    short = "" if is_reached else "fewer than half have one, of those whose dates tell"
    figures = (
        Figure("Half have a project after", whole["median_days"], "days", note=short),
        Figure("With a project by the day", whole["started_count"], "count"),
        Figure("Without one", whole["not_yet_count"], "count"),
        Figure("Dates can not tell", whole["unknown_count"], "count"),
    )  # fmt: skip
    rows = found.lag.assign(unit=_unit(found.lag["group"], names).mask(found.lag["scope"] == "all", "all"))
    table = table_of(rows, "Lag", "From release to the first project at the land", {
        "unit": Column("Larger unit"), "release_count": Column("Releases", "count"),
        "started_count": Column("With a project", "count"), "not_yet_count": Column("Without", "count"),
        "unknown_count": Column("Not known", "count"), "median_days": Column("Median, days", "days"),
        "median_started_days": Column("Median of those with one alone, days", "days"),
    }, note="The last column is too short: it leaves out all land that still waits.")  # fmt: skip
    return Section(_TITLES[2], (Part("", basis, figures=figures, tables=(table,)),))


def _matrix(found: CoordinationGaps, weights: ProjectWeights, basis: Basis, names: Mapping[str, str]) -> Section:
    units = found.units.assign(
        unit=_unit(found.units["province_code"], names),
        gap=say_codes(found.units["unit_gap_code"], CODES["unit_gap_code"], "not known"),
    )
    by_unit = table_of(units, "Units", "What is recorded in each larger unit, and who works there", {
        "unit": Column("Larger unit"), "hazard_count": Column("Hazardous areas", "count"),
        "release_count": Column("Releases", "count"), "released_m2": Column("Released, ha", "ha"),
        "need_count": Column("Needs", "count"), "current_count": Column("Projects planned or running", "count"),
        "actor_count": Column("Their actors", "count"), "actor_hhi": Column("Herfindahl index", "score"),
        "gap": Column("What that says"),
    }, note="The Herfindahl index is 1 where one actor has all projects.")  # fmt: skip
    rows = found.matrix.assign(
        who=say_codes(found.matrix["actor"], {}, "not known"),
        unit=_unit(found.matrix["province_code"], names),
        role=say_codes(found.matrix["role_code"], CODES["role_code"], "not known"),
    )
    matrix = table_of(rows, "Actors", "Actors by sector and larger unit", {
        "who": Column("Actor"), "role": Column("What it does"), "sector_code": Column("Sector", "code"),
        "unit": Column("Larger unit"), "project_count": Column("Projects", "count"),
        "current_count": Column("Planned or running", "count"), "release_count": Column("Releases", "count"),
        "weight": Column("Sum of project shares", "score"),
    }, shown=25)  # fmt: skip
    return Section(_TITLES[3], (Part("By larger unit", basis, tables=(by_unit,)),
                                Part("By actor", basis, tables=(matrix,)), _shares(weights)))  # fmt: skip


def _shares(weights: ProjectWeights) -> Part:
    """Say how much of the projects is known to be at released land at all."""
    projects = weights.projects
    parts = ("on_site_share", "likely_share", "same_district_share", "elsewhere_share")
    known = projects.dropna(subset=list(parts))
    labels = ("On released land", "Likely on it", "In its district", "Elsewhere, or not known where")
    figures = tuple(
        Figure(label, add_up(known[part]) / len(known) if len(known) else None, "share")
        for label, part in zip(labels, parts, strict=True)
    )
    told = projects.assign(why=say_codes(projects["reason"], CODES["no_weight_code"], ""))
    table = table_of(told, "Project shares", "Where each project may be, as parts of it that sum to 1", {
        "project_id": Column("Project"), "on_site_share": Column("On released land", "share"),
        "likely_share": Column("Likely", "share"), "same_district_share": Column("In its district", "share"),
        "elsewhere_share": Column("Elsewhere", "share"), "budget_usd": Column("Budget, USD", "usd"),
        "why": Column("Why all is elsewhere", "note"),
    }, shown=15)  # fmt: skip
    basis = Basis(
        len(known), "projects",
        f"each place an equal part; exact places within {weights.within_m:,.0f} m, others by the land of their unit",
        1 - len(known) / len(projects) if len(projects) else None, "projects whose shares are not known",
        (*weights.caveats, "A share of land is no evidence of use: a project never sets the use of land."),
    )  # fmt: skip
    return Part("How well projects are placed", basis, figures=figures, tables=(table,))


def _overlaps(found: CoordinationGaps, names: Mapping[str, str]) -> Section:
    rows = found.overlaps
    basis = Basis(
        len(rows), "pairs of actors in one place", "implementers of two projects that were active on one day",
        float((rows["overlap_count"] == 0).mean()) if len(rows) else None, "pairs whose dates can not tell",
        ("An overlap is a reason to ask, not an error.",),
    )  # fmt: skip
    rows = rows.assign(
        what=say_codes(rows["overlap_code"], {"release": "one release", "unit": "one unit"}, "not known"),
        place=_unit(rows["place_id"], names),
    ).sort_values(["overlap_count", "last_date"], ascending=False, kind="stable")
    table = table_of(rows, "Overlaps", "Actors in one place at one time", {
        "place": Column("Place"), "what": Column("Both in", "word"), "sector_code": Column("Sector", "code"),
        "actor": Column("Actor"), "other_actor": Column("Other actor"),
        "overlap_count": Column("Pairs of projects", "count"),
        "unknown_count": Column("Pairs of unknown dates", "count"),
        "first_date": Column("First day", "date"), "last_date": Column("Last day", "date"),
    }, shown=25)  # fmt: skip
    figures = (Figure("Pairs of actors that overlap", int((found.overlaps["overlap_count"] > 0).sum()), "count"),)
    return Section(_TITLES[4], (Part("", basis, figures=figures, tables=(table,)),))
