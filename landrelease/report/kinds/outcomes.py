"""The report of outcomes: use, how soon, hectares with their errors, where to look next, and what release caused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from landrelease.cells import counted
from landrelease.outcomes import AreaEstimate, Attribution, TimeToUse
from landrelease.registry import TreatyTables
from landrelease.report import sections
from landrelease.report.document.model import Basis, Figure, Part, Section, Table, table_of
from landrelease.report.frames import SUMMED, Column, add_up, plain, say_codes
from landrelease.report.kinds.pictures import curve_picture
from landrelease.report.pictures import PARTS
from landrelease.report.words import is_missing, say_day, say_land, say_share
from landrelease.tables import CODES

__all__ = ["BY", "area_section", "attribution_section", "time_section", "treaty_section", "use_section",
           "visits_section"]  # fmt: skip

BY = {
    "release_type": "way of release", "unit_above": "larger unit", "sector": "intended use",
    "owner_sex_code": "sex of the land holder",
}  # fmt: skip
"""What the time to use is told by, in words."""
_VERDICT = (
    "the strongest source that saw at least half of a release decides: a visit, then mapped land use, then land cover; "
    "of the two bounds the lower holds all land that nobody looked at unused, the upper all of it used"
)
_TILLED = ("agriculture_rainfed", "agriculture_irrigated", "agriculture")
_UNTOLD = "more is in productive use, for what is not known", "more nobody has looked at"
_BOUNDS = "bounds: all unseen land unused, or used"


def use_section(assessment: pd.DataFrame, summaries: Mapping[str, pd.DataFrame], as_of: date) -> Section:
    """Say how much released land is in productive use, from the verdicts and their summaries."""
    releases = plain(assessment, "assessment", ["release_id", "area_m2", "verdict", *PARTS])
    groups = {title: plain(frame, title, SUMMED) for title, frame in summaries.items()}
    total = sections.total_land(releases, groups) or {}
    headline = sections.headline(total, releases, say_day(as_of))
    basis = _verdict_basis(releases, total["unknown_m2"], total["released_m2"])
    lost = float(releases["area_m2"].isna().mean()) if len(releases) else None
    of_all: dict[str, Any] = {"missing_share": lost, "missing": "releases of unknown area"}
    used = total["as_intended_m2"] + total["other_productive_m2"]
    low, high = (
        one / total["released_m2"] if total["released_m2"] > 0 else None for one in (used, used + total["unknown_m2"])
    )
    figures = (
        Figure("Released", total["released_m2"], "ha", **of_all),
        Figure("In productive use", low if low == high else None, "share", low, high, _BOUNDS),
        Figure("Used as intended, at least", total["as_intended_m2"], "ha"),
        Figure("Looked at, and not in use", total["unused_m2"], "ha"),
        Figure("Nobody has looked at", total["unknown_m2"], "ha", **of_all),
    )
    first = Part("", basis, (headline["sentence"], *headline["details"]) if headline else (), figures,
                 pictures=(headline["picture"],) if headline and headline["picture"] else ())  # fmt: skip
    parts = [_summary_part(title, frame, basis) for title, frame in groups.items() if title != "all"]
    return Section("Is the released land in productive use?", (first, _main_use(releases, basis), *parts))


def _verdict_basis(releases: pd.DataFrame, unknown_m2: float, released_m2: float) -> Basis:
    lost = int(releases["area_m2"].isna().sum())
    told = {
        f"{lost:,} of {len(releases):,} releases have no known area and are in no figure.": lost > 0,
        "A visit that does not say what share it saw speaks for the whole release.": True,
        "A map of land cover shows what grows on land, not who uses it.": True,
    }
    return Basis(
        len(releases) - lost, "releases of known area", _VERDICT,
        unknown_m2 / released_m2 if released_m2 > 0 else None, "released land that nobody has looked at",
        tuple(text for text, is_so in told.items() if is_so),
    )  # fmt: skip


def _main_use(releases: pd.DataFrame, basis: Basis) -> Part:
    """Say how much productive land there is by its main use: hectares cultivated among them."""
    known = releases.dropna(subset="area_m2")
    used = known.assign(used_m2=known[["as_intended_m2", "other_productive_m2"]].sum(axis=1, min_count=1))
    used = used[used["used_m2"] > 0]
    table = used.groupby("use_code", dropna=False)["used_m2"].agg(["sum", "size"]).reset_index()
    table = table.sort_values("sum", ascending=False, kind="stable")
    tilled = table.loc[table["use_code"].isin(_TILLED), "sum"]
    table["use"] = say_codes(table["use_code"], CODES["use_code"], "not known")
    is_told = bool(used["use_code"].notna().any()) or (used.empty and bool(known["unknown_m2"].eq(0).any()))
    untold = add_up(table.loc[table["use_code"].isna(), "sum"]), add_up(known["unknown_m2"])
    more = [f"{say_land(one)} {what}" for one, what in zip(untold, _UNTOLD, strict=True) if one > 0]
    figure = Figure("Cultivated, at least", tilled.sum() if is_told else None, "ha",
                    note="; ".join(["productive land whose main use is crops", *more]))  # fmt: skip
    columns = {"use": Column("Main use of the release"), "sum": Column("In productive use, ha", "ha"),
               "size": Column("Releases", "count")}  # fmt: skip
    shown = table_of(table, "Main use", "Land in productive use by the main use of its release, at least", columns)
    note = replace(basis, caveats=("All productive land of a release counts to the use that decided its verdict.",))
    return Part("By main use", note, figures=(figure,), tables=(shown,))


def _summary_part(title: str, frame: pd.DataFrame, basis: Basis) -> Part:
    one = sections.verdict_section(title, frame)
    words = str(one["title"])
    rows = tuple(map(tuple, one["table"].rows))
    table = Table(f"Use by {words}"[:31], one["table"].caption, tuple(one["table"].columns), rows)
    return Part(f"By {words}", basis, tables=(table,), pictures=(one["picture"],) if one["picture"] else ())


def time_section(time: TimeToUse | str, groups: Mapping[str, TimeToUse | str]) -> Section:
    """Say how soon released land comes into use; a group that is text is why it can not be told."""
    title = "How soon does released land come into use?"
    if isinstance(time, str):
        return Section(title, (Part("", gap=time),))
    row = time.groups.iloc[0]
    basis = time_basis(time)
    figures = [_share_figure(one) for _, one in time.shares.iterrows()]
    low, high = (None if is_missing(one) else float(one) for one in row[["median_months_low", "median_months_high"]])
    figures.append(
        Figure("Half are in use after", low if low == high else None, "months", low, high,
               "bounds: the visits do not tell more",
               note="not reached while 10 or more releases are at risk" if low is None else "")
    )  # fmt: skip
    picture = (curve_picture(time.curve, _curve_words(time)),) if len(time.curve) else ()
    steps = table_of(time.curve, "Curve of use", "Steps of the curve, as far as enough releases are at risk", {
        "from_months": Column("Rises after, months", "months"), "to_months": Column("And until, months", "months"),
        "used_share_low": Column("In use before", "share"), "used_share_high": Column("In use after", "share"),
        "at_risk_count": Column("At risk", "count"),
    })  # fmt: skip
    sentence = (
        f"Visits tell something of {int(row['followed_count']):,} of {int(row['release_count']):,} releases; "
        f"{int(row['ended_count']):,} were seen in productive use."
    )
    first = Part("", basis, (sentence,), tuple(figures), (steps,), picture)
    return Section(title, (first, *(_group_part(by, one) for by, one in groups.items())))


def time_basis(time: TimeToUse) -> Basis:
    """Return what the shares of all groups rest on."""
    drawn = f"95 % intervals by a bootstrap of {time.draws:,} draws of {time.cluster_by}, seed {time.seed}"
    return Basis(
        time.n, f"of {len(time.records):,} releases, followed by visits", f"{time.method}; {drawn}",
        time.missing_share, "releases that no visit tells of, or that can not be placed in time", time.caveats,
    )  # fmt: skip


def _share_figure(one: pd.Series) -> Figure:
    low, high = one["used_share_low"], one["used_share_high"]
    ends = one["interval_share_low"], one["interval_share_high"]
    label = f"In use {one['horizon_months']:g} months after release"
    told: dict[str, Any] = {"n": int(one["at_risk_count"]), "of": "at risk"}
    if is_missing(low):
        return Figure(label, None, "share", note=str(one["note"]), **told)
    has_ends = not is_missing(ends[0])
    if high - low < 1e-9:
        return Figure(label, low, "share", ends[0], ends[1], "95 % interval", note=str(one["note"]), **told)
    note = f"95 % interval: {say_share(ends[0])} to {say_share(ends[1])}" if has_ends else str(one["note"])
    return Figure(label, None, "share", low, high, "bounds: the visits do not tell more", note=note, **told)


def _curve_words(time: TimeToUse) -> str:
    last = time.curve.iloc[-1]
    return (
        f"A rising curve: the share of releases in productive use by months after their release, up to "
        f"{say_share(last['used_share_high'])} at {last['to_months']:.0f} months. The table has its steps."
    )


def _group_part(by: str, time: TimeToUse | str) -> Part:
    words = BY.get(by, by)
    if isinstance(time, str):
        return Part(f"By {words}", gap=time)
    if time.shares[by].isna().all():
        return Part(f"By {words}", gap=f"no release or visit records it ({by}).")
    name = f"{words[0].upper()}{words[1:]}"
    codes = CODES["sex_code"] if by == "owner_sex_code" else {}
    shares = time.shares.assign(group=say_codes(time.shares[by], codes, "not known"))
    columns = {
        "group": Column(name), "horizon_months": Column("Months after release", "count"),
        "used_share_low": Column("In use, at least", "share"), "used_share_high": Column("At most", "share"),
        "interval_share_low": Column("95 % interval, from", "share"), "interval_share_high": Column("To", "share"),
        "at_risk_count": Column("At risk", "people"), "note": Column("Note", "note"),
    }  # fmt: skip
    if by == "owner_sex_code":  # how many are at risk tells of few people: a share is printed with 10 or more alone
        columns.pop("at_risk_count")
    tables = [table_of(shares, f"Time by {words}"[:31], f"Releases in use by {words}", columns)]
    known = time.differences[time.differences["difference_low"].notna()]
    if len(known):
        known = known.assign(group=say_codes(known[by], codes, "not known"),
                             other=say_codes(known["reference"], codes, "not known"))  # fmt: skip
        told = f"{len(known)} of {len(time.differences)} can be told."
        note = f"A difference of shares: 0.10 is ten percentage points. {told}"
        tables.append(table_of(known, f"Differences, {words}"[:31], f"Difference from another group, by {words}", {
            "group": Column(name), "other": Column("Less that of"),
            "horizon_months": Column("Months after release", "count"),
            "difference_low": Column("Difference, at least", "score"), "difference_high": Column("At most", "score"),
            "interval_low": Column("95 % interval, from", "score"), "interval_high": Column("To", "score"),
            "note": Column("Note", "note"),
        }, note=note))  # fmt: skip
    basis = replace(time_basis(time), caveats=("The caveats of all releases hold here too.",))
    return Part(f"By {words}", basis, tables=tuple(tables))


def area_section(estimate: AreaEstimate | str) -> Section:
    """Say how much land of each class there is, with the errors of the map."""
    title = "Hectares with error bars"
    if isinstance(estimate, str):
        return Section(title, (Part("", gap=estimate),))
    level = f"{estimate.confidence:.0%} interval".replace("%", " %")
    figures = tuple(
        Figure(f"{str(one['land_class'])[0].upper()}{str(one['land_class'])[1:]}", one["area_m2"], "ha",
               one["low_m2"], one["high_m2"], level)
        for _, one in estimate.areas.iterrows()
    )  # fmt: skip
    areas = table_of(estimate.areas, "Adjusted areas", "Released land by class, as the map says and after its errors", {
        "land_class": Column("Class"), "mapped_m2": Column("Mapped, ha", "ha"), "area_m2": Column("Adjusted, ha", "ha"),
        "se_m2": Column("Standard error, ha", "ha"), "low_m2": Column(f"{level}, from, ha", "ha"),
        "high_m2": Column("To, ha", "ha"), "users_accuracy_share": Column("User's accuracy", "share"),
        "producers_accuracy_share": Column("Producer's accuracy", "share"),
    })  # fmt: skip
    domains = table_of(estimate.domains, "Assessed land", "Land that the estimate is of, and land that it is not of", {
        "assessed_m2": Column("Assessed, ha", "ha"), "not_assessable_m2": Column("Too small for the pixels, ha", "ha"),
        "not_assessable_count": Column("Such releases", "count"), "unmapped_m2": Column("Not mapped, ha", "ha"),
        "unmeasured_count": Column("Of unknown area", "count"),
        "overall_accuracy_share": Column("Overall accuracy", "share"),
    })  # fmt: skip
    basis = Basis(estimate.n, "places where the truth is known", estimate.method, estimate.missing_share,
                  "released land that is too small for the pixels, or not mapped", estimate.caveats)  # fmt: skip
    return Section(title, (Part("", basis, figures=figures, tables=(areas, domains)),))


def visits_section(sample: pd.DataFrame, assessment: pd.DataFrame, *, shown: int = 20) -> Section:
    """Say which releases to visit next, so that the bounds on productive land narrow most with each visit."""
    title = "Which land to visit next"
    known = assessment.dropna(subset=["area_m2", "unknown_m2"])
    released, unknown = add_up(known["area_m2"]), add_up(known["unknown_m2"])
    lost = len(assessment) - len(known)
    basis = Basis(
        len(known), "releases of known area", "the release whose unknown land is the largest part of all comes first",
        lost / len(assessment) if len(assessment) else None, "releases of unknown area, which are not listed",
        ("The list is no random sample: its visits narrow the bounds, and must not be used to correct a map.",
         "It counts land, not roads or cost: teams will group the places that are near each other."),
    )  # fmt: skip
    if sample.empty:
        return Section(
            title, (Part("", basis, ("No released land of known area is left that nobody has looked at.",)),)
        )
    left = float(sample["width_share"].iloc[min(shown, len(sample)) - 1])
    sentence = (
        f"Nobody has looked at {say_land(unknown)} on {counted(len(sample), 'release', 'releases')}. The first "
        f"{counted(min(shown, len(sample)), 'visit', 'visits')} would narrow the bounds on productive land from "
        f"{say_share(unknown / released)} of the released land to {say_share(left)}."
    )
    table = table_of(sample, "Visits", "Releases to visit, the most telling first", {
        "rank": Column("Visit", "count"), "release_id": Column("Release"),
        "unknown_m2": Column("Nobody has looked at, ha", "ha"),
        "narrows_share": Column("Narrows the bounds by", "share"),
        "width_share": Column("Bounds then apart by", "share"), "longitude": Column("Longitude", "degrees"),
        "latitude": Column("Latitude", "degrees"),
    }, shown=shown, note="Coordinates are of a place inside the released polygon, EPSG:4326.")  # fmt: skip
    return Section(title, (Part("", basis, (sentence,), tables=(table,)),))


def attribution_section(found: Attribution | str) -> Section:
    """Say what release may have caused, in words as strong as the checks allow."""
    title = "What can be said of the cause"
    if isinstance(found, str):
        return Section(title, (Part("", gap=found),))
    first = found.effects.iloc[0]
    figures = (
        Figure("Overall effect", first["effect"], "number", first["effect_low"], first["effect_high"], "95 % interval",
               int(first["released_count"]), f"released areas, {int(first['control_count']):,} controls"),
        Figure("Smallest effect that would be seen", found.detectable_effect, "number"),
        Figure("Strength of the wording", found.wording, "text"),
    )  # fmt: skip
    checks = found.checks.assign(what=say_codes(found.checks["check_code"], CODES["attribution_check"], ""))
    tables = (
        table_of(checks, "Checks", "The checks that the wording rests on", {
            "what": Column("Check"), "result_code": Column("Result", "word"), "message": Column("What was found"),
        }),
        table_of(found.effects, "Effects", "Effects of release, and what should be none", {
            "effect_code": Column("Effect"), "group": Column("Group"),
            "years_since_release": Column("Years since", "number"),
            "effect": Column("Effect", "number"), "effect_low": Column("95 % interval, from", "number"),
            "effect_high": Column("To", "number"), "released_count": Column("Released", "count"),
            "control_count": Column("Controls", "count"),
        }),
    )  # fmt: skip
    basis = Basis(found.n, "areas", found.method, found.missing_share,
                  "areas and years without an outcome", found.caveats)  # fmt: skip
    return Section(title, (Part("", basis, (found.sentence,), figures, tables),))


_TREATY = {
    "areas": "What is still hazardous", "releases": "What was released",
    "items": "What was destroyed", "years": "From year to year",
}  # fmt: skip


def treaty_section(found: TreatyTables | str) -> Section:
    """Give the figures of a report under the Anti-Personnel Mine Ban Convention, under the headings of an edition."""
    title = "For a report under the Mine Ban Convention"
    if isinstance(found, str):
        return Section(title, (Part("", gap=found),))
    checked = "checked against its source" if found.is_verified else "not checked against a form"
    basis = Basis(
        found.n, "areas of the contamination that the Convention is about",
        f"{found.method}; {found.start:%Y-%m-%d} to {found.end:%Y-%m-%d}; headings of the edition '{found.edition}' "
        f"({found.source}), {checked}", found.missing_share, "hazardous areas without a polygon", found.caveats,
    )  # fmt: skip
    parts = []
    for name, frame in found.pasted.items():
        kinds = ["year" if name == "years" and not at else _kind(frame[column]) for at, column in enumerate(frame)]
        columns = {str(column): Column(str(column), kind) for column, kind in zip(frame, kinds, strict=True)}
        words = _TREATY.get(name, name)
        when = f"on {found.end:%Y-%m-%d}" if name == "areas" else f"{found.start:%Y-%m-%d} to {found.end:%Y-%m-%d}"
        table = table_of(frame, f"Treaty, {name}"[:31], f"{words}, {when}", columns)
        parts.append(Part(words, basis, tables=(table,)))
    return Section(title, tuple(parts))


def _kind(values: pd.Series) -> str:
    if not pd.api.types.is_numeric_dtype(values):
        return "text"
    return "exact" if pd.api.types.is_float_dtype(values) else "count"
