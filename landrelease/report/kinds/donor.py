"""The report for donors: what was paid and by whom, what was released and what it cost, and whom it serves."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from landrelease.cells import counted
from landrelease.linkage import CapacityProfile, FundingProfile
from landrelease.report.document.model import Basis, Figure, Part, Section, table_of
from landrelease.report.frames import Column, add_up, say_codes
from landrelease.report.kinds.pictures import amounts_picture
from landrelease.report.words import SAY, is_missing, say_share
from landrelease.tables import CODES

__all__ = ["capacity_section", "concentration_section", "funding_section", "goals_section", "released_section"]

_TYPES = {"commitment": "Commitments", "disbursement": "Disbursements", "unknown": "Type not known"}


def funding_section(
    found: FundingProfile | str, tables: Mapping[str, pd.DataFrame], names: Mapping[str, str], *, is_constant: bool
) -> Section:
    """Say what was paid, by whom, through whom, where and when.

    `tables` holds the sums by one column each (donor, year, channel_code, sector_code, province_code). Without
    deflators only current dollars are said.
    """
    title = "What was paid"
    if isinstance(found, str):
        return Section(title, (Part("", gap=found),))
    basis = _money_basis(found, is_constant)
    column, unit = (
        ("constant_usd", f"dollars of {found.base_year}") if is_constant else ("amount_usd", "current dollars")
    )
    figures = tuple(
        Figure(f"{words}, in {unit}", add_up(flows[column]), "usd", n=len(flows), of="flows",
               missing_share=float(flows[column].isna().mean()))
        for code, words in _TYPES.items()
        for flows in [found.flows[found.flows["flow_type_code"] == code]] if len(flows)
    )  # fmt: skip
    first = Part("", basis, figures=figures) if is_constant else Part(
        "", basis, figures=figures, gap="amounts in constant prices: no deflator was given. Add [inputs.deflators] "
        "with year and deflator (and donor, if each has its own), and base_year to [report].")  # fmt: skip
    parts = [_sums(by, frame, column, unit, basis, names) for by, frame in tables.items()]
    return Section(title, (first, *parts))


def _money_basis(found: FundingProfile, is_constant: bool) -> Basis:
    of_amount = found.flows["amount_usd"].isna()
    missing = found.missing_share if is_constant else float(of_amount.mean()) if len(of_amount) else None
    method = found.method if is_constant else "sums of nominal dollars: years are not comparable"
    caveats = tuple(one for one in found.caveats if is_constant or not ("prices" in one or "converted" in one))
    return Basis(found.n, "flows", method, missing, "flows without an amount in these dollars",
                 (*caveats, "Commitments and disbursements are never added."))  # fmt: skip


_BY = {"donor": "donor", "year": "year", "channel_code": "channel", "sector_code": "sector",
       "province_code": "larger unit"}  # fmt: skip


def _sums(by: str, frame: pd.DataFrame, column: str, unit: str, basis: Basis, names: Mapping[str, str]) -> Part:
    words = _BY[by]
    said = names if by == "province_code" else CODES.get(by, {})
    group = frame[by] if by == "year" else say_codes(frame[by], said, "not known")
    rows = frame.assign(group=group, kind=frame["flow_type_code"].map(_TYPES))
    rows = rows.sort_values(["kind", "group"] if by == "year" else ["kind", column], ascending=[True, by == "year"],
                            na_position="last", kind="stable")  # fmt: skip
    columns = {
        "group": Column(words.capitalize(), "year" if by == "year" else "text"), "kind": Column("Type of flow", "word"),
        "flow_count": Column("Flows", "count"), "amount_usd": Column("Current dollars", "usd"),
    }  # fmt: skip
    if column == "constant_usd":
        columns |= {
            "constant_usd": Column(unit.capitalize(), "usd"),
            "unknown_count": Column("Flows not converted", "count"),
        }
    table = table_of(rows, f"Money by {words}", f"Flows by {words}", columns)
    pictures = _bars(rows, column, words, unit, by)
    sentences = tuple(f"{one.alt.split(';')[0]}." for one in pictures)
    return Part(f"By {words}", basis, sentences, tables=(table,), pictures=pictures)


def _bars(rows: pd.DataFrame, column: str, words: str, unit: str, by: str) -> tuple[Any, ...]:
    """Draw the flows of the type that has most of them, in words that say which."""
    if by not in ("donor", "year") or rows.empty:
        return ()
    most = rows.groupby("kind")["flow_count"].sum().idxmax()
    drawn = rows[(rows["kind"] == most) & rows[column].notna()].head(20)
    labels = [SAY["year" if by == "year" and not is_missing(one) else "text"](one) for one in drawn["group"]]
    amounts = drawn[column].astype(float).tolist()
    alt = f"The bars show {str(most).lower()} by {words}, in {unit}; the table has the figures."
    return (amounts_picture(labels, amounts, [f"{one:,.0f}" for one in amounts], alt),) if labels else ()


def concentration_section(found: FundingProfile | None, names: Mapping[str, str], need_gap: str) -> Section:
    """Say how far money hangs on few donors, what need it meets, and how that moved over declared phases."""
    title = "On whom it depends"
    if found is None:
        return Section(title, (Part("", gap="no flow of money in constant prices is known: see the first section."),))
    basis = _money_basis(found, True)
    every = found.concentration
    whole = every[every["scope"] == "all"]
    figures = tuple(figure for _, one in whole.iterrows() for figure in _on_largest(found, one))
    rows = every.assign(
        kind=every["flow_type_code"].map(_TYPES),
        what=say_codes(every["group"], names, "not known").mask(every["scope"] == "all", "all"),
    )
    table = table_of(rows, "Concentration", "Donors of all flows, of each year and of each larger unit", {
        "what": Column("Of"), "kind": Column("Type of flow", "word"),
        "constant_usd": Column(f"USD of {found.base_year}", "usd"),
        "donor_count": Column("Donors", "count"), "largest_donor": Column("The largest"),
        "largest_share": Column("Its share", "share"), "top5_share": Column("Five largest", "share"),
        "donor_hhi": Column("Herfindahl index", "score"), "is_single_donor": Column("A single donor", "flag"),
        "unknown_donor_share": Column("Of unknown donors", "share"),
    }, note="Shares and the index are of the money whose donor is known.")  # fmt: skip
    first = Part("Concentration", basis, figures=figures, tables=(table,))
    return Section(title, (first, _need(found, basis, names, need_gap), _phases(found, basis)))


def _on_largest(found: FundingProfile, one: pd.Series) -> tuple[Figure, Figure]:
    """Say how far the flows of one type hang on their largest donor."""
    flows = found.flows[found.flows["flow_type_code"] == one["flow_type_code"]]
    kind, missing = _TYPES[str(one["flow_type_code"])], float(flows["constant_usd"].isna().mean())
    named = "" if is_missing(one["largest_donor"]) else str(one["largest_donor"])
    if one["unknown_donor_share"] > 0:
        known = f"of the money whose donor is known, all but {say_share(one['unknown_donor_share'])}"
        named = f"{named}; {known}" if named else known
    return (
        Figure(f"{kind}: share of the largest donor", one["largest_share"], "share", n=len(flows), of="flows",
               missing_share=missing, note=named),
        Figure(f"{kind}: Herfindahl index", one["donor_hhi"], "score", n=len(flows), of="flows", missing_share=missing,
               note="1 is a single donor"),
    )  # fmt: skip


def _need(found: FundingProfile, basis: Basis, names: Mapping[str, str], gap: str) -> Part:
    title = "Need against funding"
    if found.need.empty:
        return Part(title, gap=gap)
    rows = found.need.assign(unit=say_codes(found.need["province_code"], names, "not known"))
    table = table_of(rows, "Need", "Money needed and committed by larger unit", {
        "unit": Column("Larger unit"), "need_usd": Column("Needed, USD", "usd"),
        "commitment_usd": Column("Committed, USD", "usd"), "disbursement_usd": Column("Disbursed, USD", "usd"),
        "gap_usd_low": Column("Gap, at least, USD", "usd"), "gap_usd_high": Column("At most, USD", "usd"),
        "funded_ratio": Column("Committed over needed, at least", "score"),
    }, note="The need is what the areas that are still hazardous would cost, as the programme file says, by the "
    "cheapest of several methods, and taken to be in these dollars.")  # fmt: skip
    return Part(title, basis, tables=(table,))


def _phases(found: FundingProfile, basis: Basis) -> Part:
    title = "Over the life of the programme"
    if found.phases.empty:
        return Part(title, gap="the phases of the programme. Declare them in [report] as phases = { name = [first "
                    "year, last year] }, and the donors of the country as domestic = [...].")  # fmt: skip
    rows = found.phases.assign(kind=found.phases["flow_type_code"].map(_TYPES),
                               phase=say_codes(found.phases["phase"], {}, "in no phase"))  # fmt: skip
    table = table_of(rows, "Phases", "Domestic and international money by declared phase", {
        "phase": Column("Phase"), "first_year": Column("From", "year"), "last_year": Column("To", "year"),
        "kind": Column("Type of flow", "word"), "domestic_usd": Column("Domestic, USD", "usd"),
        "international_usd": Column("International, USD", "usd"),
        "unknown_usd": Column("Of unknown donors, USD", "usd"),
        "domestic_share_low": Column("Domestic share, at least", "share"),
        "domestic_share_high": Column("At most", "share"),
    }, note=f"In dollars of {found.base_year}. The phases are as the programme declares them.")  # fmt: skip
    return Part(title, basis, tables=(table,))


def released_section(releases: pd.DataFrame, costs: pd.Series) -> Section:
    """Say how much land was released each year and by which way, and what the work cost where its cost is recorded.

    `costs` has the recorded cost of each release by release_id, missing where there is none. [USD]
    """
    known = releases.assign(cost_usd=releases["release_id"].map(costs), year=releases["release_date"].dt.year)
    lost = int(known["area_m2"].isna().sum())
    basis = Basis(
        len(known) - lost, "releases of known area", "net land of each release: what nothing holds hazardous since",
        lost / len(known) if len(known) else None, "releases of unknown area",
        ("Cancelled land was never cleared: it is not a result of clearance, but of survey.",),
    )  # fmt: skip
    figures = tuple(
        Figure(f"{code.capitalize()}", add_up(known.loc[known["release_type"] == code, "area_m2"]), "ha")
        for code in ("cleared", "reduced", "cancelled") if known["release_type"].eq(code).any()
    )  # fmt: skip
    # a way that no release of the year has is 0; one whose releases have no known area is not known
    by_year = known.groupby(["year", "release_type"])["area_m2"].sum(min_count=1).unstack(fill_value=0)
    by_year = by_year.reindex(columns=["cleared", "reduced", "cancelled"], fill_value=0.0).reset_index()
    table = table_of(by_year, "Released by year", "Land released by year and way, ha", {
        "year": Column("Year", "year"), "cleared": Column("Cleared, ha", "ha"), "reduced": Column("Reduced, ha", "ha"),
        "cancelled": Column("Cancelled, ha", "ha"),
    }, note="Releases without a date are in no year.")  # fmt: skip
    return Section("What was released", (Part("", basis, figures=figures, tables=(table,)), _unit_costs(known)))


def _unit_costs(known: pd.DataFrame) -> Part:
    """Say what a square metre cost, of the releases whose land and cost are both known, by way of release."""
    title = "What the work cost"
    both = known[known["cost_usd"].notna() & (known["area_m2"] > 0)]
    if both.empty:
        return Part(title, gap="no release says what its work cost (cost_usd of the events).")
    rows = (
        both.groupby("release_type")[["cost_usd", "area_m2"]]
        .sum()
        .join(both.groupby("release_type").size().rename("n"))
    )
    rows = rows.assign(all=known.groupby("release_type").size(), per_ha=rows["cost_usd"] / rows["area_m2"] * 1e4)
    figures = tuple(
        Figure(f"{str(code).capitalize()}, USD for a hectare", one["per_ha"], "usd", n=int(one["n"]), of="releases",
               missing_share=1 - one["n"] / one["all"])
        for code, one in rows.iterrows()
    )  # fmt: skip
    table = table_of(rows.reset_index(), "Cost by way", "Recorded cost of release by way", {
        "release_type": Column("Way", "word"), "n": Column("Releases with a cost", "count"),
        "all": Column("Releases", "count"), "area_m2": Column("Their land, ha", "ha"),
        "cost_usd": Column("Recorded cost, USD", "usd"), "per_ha": Column("USD for a hectare", "usd"),
    })  # fmt: skip
    basis = Basis(
        len(both), "releases with a cost", "sum of recorded costs over the land of the same releases, in dollars of "
        "their years", 1 - len(both) / len(known), "releases without a cost, or without land of their own",
        ("Costs are as recorded: whether they hold overhead, survey and equipment is not known.",
         "Land found hazardous again later is not in the land, but its cost is in the cost.",
         "Flows of money are not divided by land: they pay for more than release, and for land of other years."),
    )  # fmt: skip
    return Part(title, basis, figures=figures, tables=(table,))


def capacity_section(found: CapacityProfile | str) -> Section:
    """Say what institutions do by their own means, and how that moved."""
    title = "What the country does by its own means"
    if isinstance(found, str):
        return Section(title, (Part("", gap=found),))
    rows = found.dimensions.assign(what=say_codes(found.dimensions["dimension"], {}, "all of them"))
    table = table_of(rows, "Capacity", "Level of each dimension of the checklist, 0 to 1", {
        "institution": Column("Institution"), "what": Column("Dimension"),
        "known_count": Column("Indicators scored", "count"), "indicator_count": Column("Indicators", "count"),
        "level_share": Column("Mean level", "share"), "level_share_low": Column("All others at the bottom", "share"),
        "level_share_high": Column("At the top", "share"), "change": Column("Change", "score"),
        "compared_count": Column("Indicators compared", "count"),
    })  # fmt: skip
    basis = Basis(found.n, "scores", f"{found.method}; {found.checklist}", found.missing_share,
                  "indicators that were never scored", found.caveats)  # fmt: skip
    return Section(title, (Part("", basis, tables=(table,)),))


def goals_section(goals: pd.DataFrame) -> Section:
    """Put the indicators beside the targets of the Sustainable Development Goals that a crosswalk names."""
    known = goals[goals["sdg_target"].notna()].replace({"unit": {"m2": "m²"}})
    table = table_of(known, "Goals", "Indicators beside targets of the Sustainable Development Goals", {
        "sdg_target": Column("Target", "word"), "topic": Column("About"), "indicator_code": Column("Indicator", "code"),
        "link": Column("Link", "word"), "numerator": Column("Size", "number"), "unit": Column("Unit", "word"),
        "rate_low": Column("Rate, at least", "share"), "rate_high": Column("At most", "share"),
    })  # fmt: skip
    sources = sorted(set(goals["crosswalk"].dropna()))
    lost = known[known["left_out_count"] > 0].drop_duplicates("indicator_code")
    caveats = tuple(
        f"{code}: {counted(int(count), 'release is', 'releases are')} in neither number: a date, an area or a need is "
        "not known."
        for code, count in zip(lost["indicator_code"], lost["left_out_count"], strict=True)
    )
    basis = Basis(
        int(known["numerator"].notna().sum()), f"of {len(known)} targets of the crosswalk",
        f"crosswalk: {'; '.join(sources)}", float(known["numerator"].isna().mean()) if len(known) else None,
        "targets whose indicator was not measured",
        ("An indicator beside a target is no measure of the target, which is measured for the whole country.",
         *caveats),
    )  # fmt: skip
    return Section("Beside the Sustainable Development Goals", (Part("", basis, tables=(table,)),))
