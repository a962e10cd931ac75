"""What a report for donors rests on: flows of money in constant prices, land, costs, use, equity and capacity."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from landrelease.cells import counted
from landrelease.job.coordination import linked
from landrelease.job.inputs import Work
from landrelease.job.main import judge_use
from landrelease.job.outcomes import equity_of, people_of, told
from landrelease.job.programme import Programme
from landrelease.job.units import unit_level, unit_names, with_units
from landrelease.linkage import (
    CapacityProfile,
    FundingProfile,
    capacity_profile,
    funding_profile,
    programme_indicators,
    sdg_table,
)
from landrelease.linkage.provinces import provinces_of
from landrelease.report.document.model import Section
from landrelease.report.kinds.donor import (
    capacity_section,
    concentration_section,
    funding_section,
    goals_section,
    released_section,
)
from landrelease.report.kinds.outcomes import use_section
from landrelease.report.kinds.people import equity_section, people_section
from landrelease.tables import NO_HAZARD

__all__ = ["inputs_of", "sections_of"]

_NEEDED = ("events", "areas", "admin_areas", "follow_ups", "land_use", "land_cover", "projects", "needs", "funding",
           "deflators", "capacity", "costs", "beneficiaries", "communities")  # fmt: skip
_SUMS = ("donor", "year", "channel_code", "sector_code", "province_code")
_NO_FLOWS = "no flow of money was given. Add [inputs.funding] with flow_id, year, donor and amount_usd."
_NO_NEED = "what the open areas would cost. Add [inputs.costs] or [costs]."


def inputs_of(programme: Programme) -> tuple[str, ...]:
    """Return the inputs that the report reads."""
    return _NEEDED


def sections_of(work: Work, say: Callable[[str], None]) -> tuple[Section, ...]:
    """Return what the records say to those who pay."""
    say("Judging the use of released land")
    judge_use(work)
    frames, names = work.frames, unit_names(work)
    assessment = with_units(work, frames["assessment"])
    say("Adding up money, land and costs")
    return (
        *_money(work, names),
        released_section(frames["releases"], _recorded_costs(work)),
        use_section(assessment, {"all": frames["summaries"]["all"]}, work.programme.programme.as_of),
        people_section(people_of(work), smallest=work.programme.report.smallest),
        equity_section(equity_of(work, assessment)),
        capacity_section(_capacity(work)),
        goals_section(_goals(work)),
    )


def _money(work: Work, names: dict[str, str]) -> tuple[Section, Section]:
    frames, asked = work.frames, work.programme.report
    if "funding" not in frames:
        return funding_section(_NO_FLOWS, {}, names, is_constant=False), concentration_section(None, names, "")
    is_constant = "deflators" in frames
    base_year = asked.base_year or work.programme.programme.as_of.year
    need = _needed(work)
    whole = told(lambda: _profile(work, base_year, need, by=_SUMS))
    if isinstance(whole, str):
        return funding_section(whole, {}, names, is_constant=False), concentration_section(None, names, "")
    tables = {by: _profile(work, base_year, None, by=(by,)).table for by in _SUMS}
    return (
        funding_section(whole, tables, names, is_constant=is_constant),
        concentration_section(whole if is_constant else None, names, _NO_NEED),
    )


def _profile(work: Work, base_year: int, need: pd.DataFrame | None, by: tuple[str, ...]) -> FundingProfile:
    frames, asked = work.frames, work.programme.report
    deflators = frames.get("deflators", pd.DataFrame({"year": [], "deflator": []}))
    if "donor" in deflators and deflators["donor"].isna().all():
        deflators = deflators.drop(columns="donor")
    return funding_profile(
        frames["funding"], deflators=deflators, base_year=base_year, missing="unknown", by=by, domestic=asked.domestic,
        needs=need, phases=asked.phases, admin_areas=frames.get("admin_areas"), level=unit_level(work),
    )  # fmt: skip


def _needed(work: Work) -> pd.DataFrame | None:
    """Return what the areas that are still hazardous would cost, with their units; None where nobody says."""
    areas, programme = work.frames["areas"], work.programme
    still = areas[~areas["status"].isin(NO_HAZARD)]
    if programme.costs is not None:
        usd = programme.costs.usd_per_area + programme.costs.usd_per_m2 * still["area_m2"].astype("float64")
    elif "costs" in work.frames:
        costs = work.frames["costs"].groupby("area_id")["cost_usd"].min()
        usd = still["area_id"].map(costs)
    else:
        return None
    need = pd.DataFrame({"admin_code": still["admin_code"], "need_usd": usd})
    need["province"] = provinces_of(need["admin_code"], work.frames.get("admin_areas"), unit_level(work)).to_numpy()
    lost = int(need["province"].isna().sum())
    if lost:
        are = counted(lost, "hazardous area is", "hazardous areas are")
        work.notes.append(f"{are} in no unit: what their release would cost is in no need.")
    return need[need["province"].notna()].drop(columns="province").reset_index(drop=True)


def _recorded_costs(work: Work) -> pd.Series:
    """Return the recorded cost of each release by its id, which is that of its event. [USD]"""
    events = work.frames["events"].drop_duplicates("event_id").set_index("event_id")
    costs: pd.Series = events["cost_usd"]
    return costs


def _capacity(work: Work) -> CapacityProfile | str:
    frames = work.frames
    if "capacity" not in frames:
        return "no institution was scored. Add [inputs.capacity] with institution, indicator_code, score and a date."
    programme = work.programme
    return told(lambda: capacity_profile(
        frames["capacity"], as_of=programme.programme.as_of, checklist=programme.beside(programme.report.checklist)
    ))  # fmt: skip


def _goals(work: Work) -> pd.DataFrame:
    coordination = linked(work)[0] if "projects" in work.frames else None
    indicators = programme_indicators(releases=work.frames["assessment"], coordination=coordination)
    return sdg_table(indicators, crosswalk=work.programme.beside(work.programme.report.crosswalk))
