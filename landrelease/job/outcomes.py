"""What a report of outcomes rests on: each estimate from the inputs of a programme, or the input that it would take."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

import geopandas as gpd
import pandas as pd

from landrelease.cells import counted
from landrelease.errors import DataError
from landrelease.job.inputs import Work
from landrelease.job.main import judge_use
from landrelease.job.programme import Programme
from landrelease.job.units import unit_level, unit_names, with_units
from landrelease.linkage.provinces import provinces_of
from landrelease.match.legends import read_legend
from landrelease.outcomes import (
    AreaEstimate,
    Attribution,
    Beneficiaries,
    Equity,
    TimeToUse,
    adjusted_area,
    attribute,
    beneficiaries,
    beneficiaries_seen,
    equity,
    follow_up_sample,
    mapped_classes,
    time_to_use,
    womens_share,
)
from landrelease.outcomes.people.suppression import TOTAL
from landrelease.registry import TreatyTables, treaty_tables
from landrelease.report.document.model import Section
from landrelease.report.kinds.outcomes import (
    BY,
    area_section,
    attribution_section,
    time_section,
    treaty_section,
    use_section,
    visits_section,
)
from landrelease.report.kinds.people import WHO, audited, equity_section, named, people_section

__all__ = ["equity_of", "inputs_of", "people_of", "sections_of", "told"]

_NEEDED = ("events", "areas", "admin_areas", "follow_ups", "land_use", "land_cover", "beneficiaries", "communities",
           "samples", "panel")  # fmt: skip
_SEXES = ["women_count", "girls_count", "men_count", "boys_count"]
Found = TypeVar("Found")
_VISITS = "no visit to released land was given. Add [inputs.follow_ups] with release_id, visit_date and use_code."


def inputs_of(programme: Programme) -> tuple[str, ...]:
    """Return the inputs that the report reads."""
    return _NEEDED


def sections_of(work: Work, say: Callable[[str], None]) -> tuple[Section, ...]:
    """Return what the records of a programme say of outcomes."""
    say("Judging the use of released land")
    judge_use(work)
    frames, as_of = work.frames, work.programme.programme.as_of
    assessment = with_units(work, frames["assessment"])
    say("Estimating how soon land comes into use")
    time = _time(work, None)
    groups = {} if isinstance(time, str) else {by: _time(work, by) for by in BY if _has_groups(work, by)}
    say("Estimating areas, people and causes")
    return (
        use_section(assessment, frames["summaries"], as_of),
        time_section(time, groups),
        area_section(_area(work)),
        visits_section(follow_up_sample(assessment), assessment),
        people_section(people_of(work), smallest=work.programme.report.smallest),
        equity_section(equity_of(work, assessment)),
        attribution_section(_cause(work)),
        treaty_section(told(lambda: _treaty(work))),
    )


def told(function: Callable[[], Found]) -> Found | str:
    """Return what a function finds, or why the records do not let it."""
    try:
        return function()
    except DataError as error:
        return str(error).replace("\n  ", " ")


def _time(work: Work, by: str | None) -> TimeToUse | str:
    frames, asked = work.frames, work.programme.report
    if "follow_ups" not in frames:
        return _VISITS
    return told(lambda: time_to_use(
        with_units(work, frames["releases"]), frames["follow_ups"], as_of=work.programme.programme.as_of, by=by,
        horizons_months=asked.horizons_months, min_observed_share=work.programme.match.min_observed_share,
        seed=asked.seed,
    ))  # fmt: skip


def _has_groups(work: Work, by: str) -> bool:
    return by != "unit_above" or "admin_areas" in work.frames


def _area(work: Work) -> AreaEstimate | str:
    """Correct the latest land cover by the places that were looked at."""
    frames = work.frames
    lacking = [name for name in ("land_cover", "samples") if name not in frames]
    if lacking:
        return (
            f"the programme has no {' and no '.join(name.replace('_', ' ') for name in lacking)}. It takes a map "
            "([[inputs.land_cover]]) and places drawn at random whose use is known ([inputs.samples] with map_class "
            "and reference_class: use codes)."
        )
    latest = max(frames["land_cover"], key=lambda cover: cover.year)
    releases = frames["releases"]
    older = releases[releases["release_date"].dt.year < latest.year]
    legend = {code: use for code, use in read_legend(latest.legend).items() if use != "unknown"}
    found = told(lambda: adjusted_area(mapped_classes(older, latest.path, classes=legend), frames["samples"]))
    younger = len(releases) - len(older)
    if isinstance(found, str) or not younger:
        return found
    text = (
        f"{younger:,} of {len(releases):,} releases are not known to be older than the map, of {latest.year}: they are "
        "in no figure here"
    )
    return replace(found, caveats=(text, *found.caveats))


def people_of(work: Work) -> Beneficiaries | str:
    """Count who benefits, by the larger unit of the release."""
    frames = work.frames
    gap = (
        "nobody counted who benefits. Add [inputs.beneficiaries], or women_count, men_count, girls_count and "
        "boys_count to the visits."
    )
    return told(lambda: beneficiaries(_records(work), by="unit_above")) if _has_people(frames) else gap


def _has_people(frames: Mapping[str, Any]) -> bool:
    return "beneficiaries" in frames or "follow_ups" in frames


def _records(work: Work) -> pd.DataFrame:
    """Return the counts of people with the units of their release; those of visits where no table confirms any."""
    frames = work.frames
    releases = with_units(work, frames["releases"])
    records: Any = frames.get("beneficiaries")
    is_told = records is not None and records["stage_code"].eq("confirmed").any()
    if "follow_ups" in frames and not is_told:
        seen = beneficiaries_seen(releases, frames["follow_ups"], as_of=work.programme.programme.as_of)
        records = pd.concat([*([] if records is None else [records]), seen], ignore_index=True)
    of = pd.DataFrame(releases).drop_duplicates("release_id").set_index("release_id")
    ids = records["release_id"]
    strange = int((ids.notna() & ~ids.isin(of.index)).sum())
    note = f"beneficiaries: {counted(strange, 'record names', 'records name')} a release that is not there: in no unit."
    if strange and note not in work.notes:
        work.notes.append(note)
    placed: pd.DataFrame = records.assign(unit_above=ids.map(of["unit_above"]), place=ids.map(of["admin_code"]))
    return placed


def equity_of(work: Work, assessment: pd.DataFrame) -> dict[str, tuple[str, Equity | str]] | str:
    """Return how land and people are shared out among communities, or what that would take."""
    frames = work.frames
    if "communities" not in frames:
        return (
            "nothing is known of who lives where. Add [inputs.communities] with admin_code, people_count, women_count "
            "and poverty_share."
        )
    places = frames["communities"].set_index("admin_code")
    land = assessment.groupby("admin_code")[["area_m2", "productive_m2"]].sum()
    # a community without a release got none; one whose release has no known area is not known
    unknown = assessment.loc[assessment["area_m2"].isna(), "admin_code"]
    got = land.reindex(places.index, fill_value=0.0)
    got.loc[got.index.isin(unknown)] = float("nan")
    units = places.assign(**got.div(places["people_count"].where(places["people_count"] > 0), axis=0))
    units = units.assign(province=_unit_names(work, units.index)).reset_index()
    options: dict[str, Any] = {"rank": "poverty_share", "poorest": "highest", "weight": "people_count",
                               "seed": work.programme.report.seed}  # fmt: skip
    if units["province"].notna().any():
        options["province"] = "province"
    outside = assessment[~assessment["admin_code"].isin(places.index)]

    def shared(benefit: str) -> Equity | str:
        found = told(lambda: equity(units, benefit=benefit, **options))
        return found if isinstance(found, str) or outside.empty else replace(found, caveats=(*found.caveats, lost))

    lost = (
        f"{len(outside):,} of {len(assessment):,} releases name no community that is listed: what they gave is "
        "nobody's here, and may be that of communities that seem to have got none"
    )
    return {
        "Equity, released": ("Released land per inhabitant", shared("area_m2")),
        "Equity, used": ("Land in productive use per inhabitant, at least", shared("productive_m2")),
        "Women and men": ("Women and men", _women(work, places)),
    }


def _unit_names(work: Work, codes: pd.Index) -> list[str | None]:
    if "admin_areas" not in work.frames:
        return [None] * len(codes)
    units = work.frames["admin_areas"].drop_duplicates("admin_code").set_index("admin_code")
    return list(pd.Series(codes, dtype="str").map(units["parent_code"]).map(units["name"]))


def _women(work: Work, places: pd.DataFrame) -> Equity | str:
    """Compare the women among confirmed direct beneficiaries with those who live there.

    It is made of the numbers that the table of people shows and of nothing else, so that it can not tell another.
    """
    found = people_of(work)
    if isinstance(found, str):
        return found
    rows = found.table[(found.table["stage_code"] == "confirmed") & (found.table["beneficiary_code"] == "direct")]
    if rows.empty:
        return "nobody is confirmed to benefit directly."
    told_of = audited(rows, work.programme.report.smallest)
    # where all parts were counted nobody speaks of people of unknown sex
    is_unsaid = told_of["status"].eq("unknown") & told_of["who"].eq(WHO["unknown_count"])
    told_of = told_of.assign(
        people_count=told_of["people_count"].mask(is_unsaid, 0),
        status=told_of["status"].mask(is_unsaid, "published"),
    )
    wide = told_of.pivot(index="unit", columns="who", values="people_count")[list(WHO.values())].astype("float64")
    records = _records(work)
    records = records[records["stage_code"].eq("confirmed") & records["beneficiary_code"].eq("direct")]
    # a record that lacks a part, and does not say how many there are in all, leaves its unit open: not 0 men
    counts = records.reindex(columns=[*_SEXES, "people_count"]).isna()
    is_open = counts[_SEXES].any(axis=1) & counts["people_count"]
    left_open = {*named(records.loc[is_open, "unit_above"]), *told_of.loc[told_of["status"] == "unknown", "unit"]}
    used = wide.drop(index=TOTAL)
    used = used[~used.index.isin(left_open)]
    if used.isna().any(axis=None) and not left_open:  # small units are withheld; all together may not be
        used = wide.loc[[TOTAL]]
    if used.empty or used.isna().any(axis=None):
        return "numbers of women, girls, men or boys are withheld, or were not all counted: a share would tell them."
    living, lost = _living(work, places, records["place"].dropna().unique())
    if list(used.index) == [TOTAL]:
        living = living.sum().to_frame(TOTAL).T
    share = told(lambda: womens_share(
        used.join(living), women=["women", "girls"], men=["men", "boys"], unknown=WHO["unknown_count"],
        catchment_women="women_count", catchment_people="people_count", seed=work.programme.report.seed,
    ))  # fmt: skip
    if isinstance(share, str):
        return share
    more = {
        "made of the numbers that the table of people shows, and of no other": True,
        f"{counted(len(left_open), 'larger unit is', 'larger units are')} left out: not all women, girls, men and boys "
        "were counted there": bool(left_open),
        f"{counted(lost, 'place', 'places')} of people who benefit: not listed with the women who live there, so that "
        "the two shares are not of the same land": lost > 0,
    }
    return replace(share, caveats=(*share.caveats, *(text for text, is_so in more.items() if is_so)))


def _living(work: Work, places: pd.DataFrame, homes: Any) -> tuple[pd.DataFrame, int]:
    """Return who lives in the places of those who benefit, by larger unit, and of how many places nobody says."""
    listed = places.reindex(pd.Index(homes, name="admin_code"))[["women_count", "people_count"]]
    known = with_units(work, listed.dropna().reset_index())
    by_unit: pd.DataFrame = known.groupby(named(known["unit_above"]))[["women_count", "people_count"]].sum()
    return by_unit.astype("float64"), len(listed) - len(known)


def _cause(work: Work) -> Attribution | str:
    frames, asked = work.frames, work.programme.report
    if "panel" not in frames:
        return (
            "nothing was measured year by year on released land and on land not yet released. Add [inputs.panel] with "
            "area_id, year and value, such as night lights or cropped share, for all areas and some years before."
        )
    panel = frames["panel"].rename(columns={"value": asked.outcome})
    areas = _with_released_land(frames["areas"], frames["releases"])
    kept = panel[panel["area_id"].isin(areas["area_id"])]
    if len(kept) < len(panel):
        are = counted(len(panel) - len(kept), "row is", "rows are")
        work.notes.append(f"panel: {are} of areas that no record knows: left out.")
    return told(lambda: attribute(kept, areas, outcome=asked.outcome, buffer_m=asked.buffer_m, seed=asked.seed))


def _with_released_land(areas: gpd.GeoDataFrame, releases: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return areas with a place: an area that is wholly released has no land left, and is where its releases are."""
    land = releases.loc[releases.geometry.notna(), ["area_id", "geometry"]]
    was = land.dissolve("area_id").geometry.reindex(areas["area_id"].to_numpy())
    here = areas.geometry
    return areas.set_geometry(here.where(here.notna() & ~here.is_empty, was.set_axis(areas.index)))


def _treaty(work: Work) -> TreatyTables:
    """Return the figures of the Convention for the period that is reported, by the larger units."""
    frames, asked, about = work.frames, work.programme.report, work.programme.programme
    units = frames.get("admin_areas")
    provinces = provinces_of(frames["events"]["admin_code"], units, unit_level(work))
    return treaty_tables(
        frames["events"].assign(admin_code=provinces.to_numpy()), start=asked.start or date(about.as_of.year, 1, 1),
        end=about.as_of, edition=work.programme.beside(asked.edition), names=unit_names(work),
    )  # fmt: skip
