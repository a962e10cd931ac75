"""What each section of the report shows: tables, sentences and pictures; nothing but sums and order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd

from landrelease.report.frames import (
    SUMMED,
    Column,
    Table,
    add_up,
    capped,
    is_ordered,
    pick,
    plain,
    say_codes,
    tabulate,
    with_all_parts,
)  # fmt: skip
from landrelease.report.pictures import (
    FLOWS,
    PARTS,
    Picture,
    account_picture,
    bars_picture,
    groups_picture,
    headline_picture,
)
from landrelease.report.words import clean, is_missing, say_land, say_share, whole_percents
from landrelease.rules import RULES
from landrelease.said import as_ours, say
from landrelease.tables import CODES

__all__ = [
    "RankingLike",
    "account_section",
    "disagreement_section",
    "doubt_section",
    "evidence_table",
    "hazard_section",
    "headline",
    "input_table",
    "key_figures",
    "parameter_table",
    "problem_section",
    "together",
    "total_land",
    "unseen_section",
    "unused_section",
    "verdict_section",
]

_MOST_BARS, _MOST_LISTED, _MOST_RANKED = 15, 10, 20
_ACCOUNT = (
    "opening_m2", "newly_recorded_m2", "confirmed_m2", "adjusted_m2", "cancelled_m2", "reduced_m2",
    "cleared_m2", "undated_m2", "unexplained_m2", "closing_m2",
)  # fmt: skip
_VERDICTS = {
    "as_intended": "used as intended",
    "other_productive": "other productive use",
    "unused": "not in use",
    "unknown": "not known",
}
_TITLES = {
    "unit": "unit",
    "unit_above": "larger unit",
    "release_type": "way of release",
    "release_year": "year of release",
}
_EVIDENCE = {"follow_up": "follow-up visit", "land_use": "mapped land use", "land_cover": "land cover map"}
# Okabe and Ito's colours, which people with colour-blindness can tell apart; each with a letter in the bar.
_COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#D55E00", "#CC79A7", "#999999", "#7FA6D6")


class RankingLike(Protocol):
    """What the report takes of a ranking: the scores, their parts, and the criteria."""

    @property
    def table(self) -> pd.DataFrame:
        """One row an area: area_id, score, rank."""

    @property
    def contributions(self) -> pd.DataFrame:
        """One row an area: area_id and one column a criterion."""

    @property
    def criteria(self) -> Iterable[Any]:
        """Objects with column, label, unit, weight, low, high, form."""


def total_land(releases: pd.DataFrame | None, groups: Mapping[str, pd.DataFrame]) -> dict[str, float] | None:
    """Return the m2 of each part and of all, from the one-row summary or else by adding the releases."""
    whole = groups.get("all")
    if whole is None:
        if releases is None:
            return None
        # A part of a release without a known area belongs to no total.
        whole = releases[releases["area_m2"].notna()]
        whole = whole.assign(released_m2=whole["area_m2"])
    summed = pd.DataFrame([{name: add_up(whole[name]) for name in SUMMED}])
    return {str(name): float(value) for name, value in with_all_parts(summed, "the total").iloc[0].items()}


def _shares(total: Mapping[str, float]) -> dict[str, float]:
    return {part: total[part] / total["released_m2"] if total["released_m2"] > 0 else np.nan for part in PARTS}


def _bounds(total: Mapping[str, float]) -> tuple[str, str, str] | None:
    """Say the least and the most that is in productive use, and what is unknown; None where nothing is."""
    shares = _shares(total)
    if any(math.isnan(share) for share in shares.values()):
        return None
    whole = dict(zip(PARTS, whole_percents(list(shares.values())), strict=True))
    low = shares["as_intended_m2"] + shares["other_productive_m2"]
    low_whole = whole["as_intended_m2"] + whole["other_productive_m2"]
    high = say_share(low + shares["unknown_m2"], low_whole + whole["unknown_m2"])
    return say_share(low, low_whole), high, say_share(shares["unknown_m2"], whole["unknown_m2"])


def headline(total: dict[str, float] | None, releases: pd.DataFrame | None, day: str) -> dict[str, Any] | None:
    """Return the first sentence with its bounds, what to bear in mind, and the picture."""
    if total is None:
        return None
    land, bounds = say_land(total["released_m2"]), _bounds(total)
    details = []
    picture = None
    if bounds is None:
        sentence = say("How much of the land released up to {0} is in productive use is not known.", day)
        if releases is None:
            sentence = say("No released land with a known area is recorded up to {0}.", day)
        elif not len(releases):
            sentence = say("No released land is recorded up to {0}.", day)
    else:
        low, high, unknown = bounds
        picture = _headline_picture(total, day)
        if total["unknown_m2"] > 0:
            sentence = say(
                "Of {0} released up to {1}, at least {2} and at most {3} is in productive use; nobody has looked at "
                "{4}.",
                land, day, low, high, unknown,
            )  # fmt: skip
            details.append(say(
                "The lower figure counts land that nobody has looked at as not in use, the upper one as in use. "
                "{0} was looked at and is not in use.",
                say_land(total["unused_m2"]),
            ))  # fmt: skip
        else:
            said = "Of {0} released up to {1}, {2} is in productive use; all of it was looked at."
            sentence = say(said, land, day, low)
    if releases is not None:
        lost = int(releases["area_m2"].isna().sum())
        if lost:
            one = "1 release has no known area and is in none of these figures."
            many = "{0} releases have no known area and are in none of these figures."
            details.append(say(one) if lost == 1 else say(many, lost))
    return {"sentence": sentence, "details": details, "picture": picture}


def _headline_picture(total: dict[str, float], day: str) -> Picture:
    shares = _shares(total)
    whole = dict(zip(PARTS, whole_percents(list(shares.values())), strict=True))
    parts = [say("{0} {1}", say_share(shares[part], whole[part]), say(label)) for part, (label, _) in PARTS.items()]
    alt = say("A bar of the {0} released up to {1}: {2}.", say_land(total["released_m2"]), day, together(parts))
    return headline_picture(total, shares, whole, alt)


def together(texts: Sequence[str]) -> str:
    """Return texts as one, with commas between them."""
    first, *more = texts
    for one in more:
        first = say("{0}, {1}", first, one)
    return first


def key_figures(
    total: dict[str, float] | None, releases: pd.DataFrame | None, account: pd.DataFrame | None
) -> list[dict[str, str]]:
    """Return the key figures: label, value and a line below it."""
    bounds = None if total is None else _bounds(total)
    gap = say("Not given") if total is None else say("Not known")
    land = total or {}
    released = {
        "label": "Released",
        "value": gap,
        "detail": say("releases with a verdict") if total is None else "",
    }
    in_use = {"label": "In productive use", "value": gap, "detail": released["detail"]}
    unseen = {"label": "Nobody has looked at", "value": gap, "detail": released["detail"]}
    if total is not None:
        is_none = land["released_m2"] == 0 or (releases is not None and not len(releases))
        released["value"] = say("None recorded") if is_none else say("Not known")
        if land["released_m2"] > 0:
            released["value"] = say_land(land["released_m2"])
        if releases is not None:
            released["detail"] = say("in 1 release") if len(releases) == 1 else say("in {0} releases", len(releases))
    if bounds is not None:
        low, high, unknown = bounds
        bare = low.removesuffix(" %")
        in_use["value"] = low if low == high else say("{0} to {1}", bare if bare[0].isdigit() else low, high)
        intended, other = say_land(land["as_intended_m2"]), say_land(land["other_productive_m2"])
        in_use["detail"] = say("{0} as intended, {1} otherwise", intended, other)
        unseen.update(value=unknown, detail=say_land(land["unknown_m2"]))
    hazard = {"label": "Still hazardous", "value": say("Not given"), "detail": say("the account per year")}
    if account is not None:
        last = account["year"].max()
        closing = add_up(account.loc[account["year"].eq(last), "closing_m2"])
        hazard["value"] = say("Not known") if math.isnan(closing) else say_land(closing)
        hazard["detail"] = "" if pd.isna(last) else say("at the end of the account in {0}", str(int(last)))
    return [released, in_use, unseen, hazard]


def verdict_section(title: str, frame: pd.DataFrame) -> dict[str, Any]:
    """Return one breakdown: table, picture, and what its codes mean."""
    by = [
        name
        for name in frame.columns
        if name not in SUMMED and not name.startswith("productive_share") and not name.endswith("_count")
    ]
    words = say(_TITLES[title]) if title in _TITLES else clean(title).replace("_", " ")
    groups = with_all_parts(capped(frame, by, "released_m2", SUMMED), f"summaries[{title!r}]")
    is_in_order = is_ordered(frame, by)
    released = groups["released_m2"].where(groups["released_m2"] > 0)
    low = (groups["as_intended_m2"] + groups["other_productive_m2"]) / released
    groups = groups.assign(low=low, high=low + groups["unknown_m2"] / released)
    columns = {"group": Column(words.capitalize()), "released_m2": Column("Released, ha", "ha")}
    columns |= {part: Column(f"{label[0].upper()}{label[1:]}, ha", "ha") for part, (label, _) in PARTS.items()}
    columns |= {"low": Column("In use, at least", "share"), "high": Column("In use, at most", "share")}
    drawn = groups.iloc[-_MOST_BARS:] if is_in_order else groups.iloc[:_MOST_BARS]
    alt = say("Bars of released land by {0}, each split into the four parts; the table below has the figures.", words)
    if len(drawn) < len(groups):
        which = "The last {0} of {1} groups." if is_in_order else "The largest {0} of {1} groups."
        alt = say("{0} {1}", say(which, len(drawn), len(groups)), alt)
    codes = CODES.get(by[0], {}) if len(by) == 1 else {}
    return {
        "title": words,
        "table": tabulate(groups, say("Released land by {0}, in hectares (ha)", words), columns),
        "picture": groups_picture(drawn["group"].tolist(), drawn, alt) if len(drawn) else None,
        "codes": {code: say(meaning) for code, meaning in codes.items() if code in set(groups["group"])},
    }


def evidence_table(releases: pd.DataFrame) -> Table:
    """Return what the verdicts rest on: releases, land looked at and latest day by source."""
    found = pick(releases, ["evidence", "evidence_date", *PARTS])
    found["seen_m2"] = found[["as_intended_m2", "other_productive_m2", "unused_m2"]].sum(axis=1, min_count=1)
    found["source"] = say_codes(found["evidence"], _EVIDENCE, "nothing")
    grouped = found.groupby("source", sort=True)
    table = grouped["seen_m2"].sum(min_count=1).to_frame()
    table["releases"] = grouped.size()
    table["latest"] = pd.to_datetime(grouped["evidence_date"].max())
    table = table.sort_values("seen_m2", ascending=False, na_position="last").reset_index()
    return tabulate(
        table, "Source that decided the verdict",
        {"source": Column("Source", "phrase"), "releases": Column("Releases", "count"),
         "seen_m2": Column("Land looked at, ha", "ha"), "latest": Column("Latest", "date")},
    )  # fmt: skip


_RELEASE = {
    "release_id": Column("Release"), "area_id": Column("Area"), "admin_code": Column("Unit"),
    "release_type": Column("Way of release", "code"), "release_date": Column("Released on", "date"),
}  # fmt: skip


def unused_section(releases: pd.DataFrame) -> dict[str, Any]:
    """Return the land that is not in use: how much, why, and the largest releases."""
    columns = [*_RELEASE, "unused_m2", "reason_unused_code", "evidence", "evidence_date"]
    unused = pick(releases[releases["unused_m2"] > 0], columns)
    unused["reason"] = say_codes(unused["reason_unused_code"], CODES["reason_unused_code"], "no reason recorded")
    unused["source"] = say_codes(unused["evidence"], _EVIDENCE, "")
    reasons = (
        unused.groupby("reason")["unused_m2"].agg(["sum", "size"]).sort_values("sum", ascending=False).reset_index()
    )
    reasons = reasons.iloc[:_MOST_BARS]
    largest = unused.sort_values("unused_m2", ascending=False, kind="stable").iloc[:_MOST_LISTED]
    parts = [say("{0} {1}", as_ours(row[0]), say_land(row[1])) for row in reasons.to_numpy().tolist()]
    alt = say("Land not in use: {0}", together(parts)) if parts else ""
    return {
        "count": len(unused),
        "land": say_land(add_up(unused["unused_m2"])),
        "is_known": bool(releases["unused_m2"].notna().any()) or not len(releases),
        "picture": bars_picture([as_ours(one) for one in reasons["reason"]], reasons["sum"].tolist(), alt)
        if len(reasons) else None,
        "reasons": tabulate(
            reasons, "Why land is not in use",
            {"reason": Column("Reason", "phrase"), "size": Column("Releases", "count"),
             "sum": Column("Not in use, ha", "ha")},
        ),
        "table": tabulate(
            largest, say("Releases with land not in use: the largest of {0}", len(unused)),
            {**_RELEASE, "unused_m2": Column("Not in use, ha", "ha"), "reason": Column("Reason", "phrase"),
             "source": Column("Seen by", "phrase"), "evidence_date": Column("Seen on", "date")},
        ),
    }  # fmt: skip


def unseen_section(releases: pd.DataFrame) -> dict[str, Any]:
    """Return the land that nobody has looked at: how much, and the largest releases."""
    unseen = pick(releases[releases["unknown_m2"] > 0], [*_RELEASE, "unknown_m2", "observed_share"])
    largest = unseen.sort_values("unknown_m2", ascending=False, kind="stable").iloc[:_MOST_LISTED]
    oldest = largest.sort_values("release_date", na_position="last", kind="stable")
    return {
        "count": len(unseen),
        "land": say_land(add_up(unseen["unknown_m2"])),
        "is_known": bool(releases["unknown_m2"].notna().any()) or not len(releases),
        "table": tabulate(
            oldest,
            say("Releases not or only partly looked at: the largest of {0}, oldest first", len(unseen)),
            {**_RELEASE, "unknown_m2": Column("Not looked at, ha", "ha"),
             "observed_share": Column("Looked at", "share")},
        ),
    }  # fmt: skip


def disagreement_section(releases: pd.DataFrame) -> dict[str, Any]:
    """Return the releases on which sources disagree."""
    columns = ["release_id", "area_m2", "verdict", "evidence", "conflict"]
    found = pick(releases, columns)
    found = found[~found["conflict"].map(is_missing).astype(bool)].sort_values("area_m2", ascending=False)
    found["said"] = say_codes(found["verdict"], _VERDICTS, "")
    found["source"] = say_codes(found["evidence"], _EVIDENCE, "")
    return {
        "count": len(found),
        "land": say_land(add_up(found["area_m2"])),
        "table": tabulate(
            found.iloc[:_MOST_LISTED],
            say("Releases on which sources disagree: the largest of {0}", len(found)),
            {"release_id": Column("Release"), "area_m2": Column("Released, ha", "ha"),
             "said": Column("Verdict", "phrase"), "source": Column("Decided by", "phrase"),
             "conflict": Column("What says otherwise", "phrase")},
        ),
    }  # fmt: skip


def _and(names: Sequence[str]) -> str:
    """Return names of columns as one."""
    first, *more = map(as_ours, names or [""])
    for one in more:
        first = say("{0} and {1}", first, one)
    return first


def account_section(account: pd.DataFrame) -> dict[str, Any]:
    """Return the account of hazardous land: totals per year, groups of the last year, and what is open."""
    by = [name for name in account.columns if name not in ("year", "closing_undated_m2", *_ACCOUNT)]
    flows = pick(account, ["year", *_ACCOUNT, "closing_undated_m2"])
    years = flows.groupby("year", sort=True).sum(min_count=1).reset_index()
    if not len(years):
        return {"years": None}
    last = years["year"].max()
    closing = capped(account[account["year"].eq(last)], by, "closing_m2", _ACCOUNT)
    columns = {name: Column(name.removesuffix("_m2").replace("_", " ").capitalize(), "ha") for name in _ACCOUNT}
    if (by and not pick(account, ["confirmed_m2"])["confirmed_m2"].fillna(0).any()) or not by:
        columns.pop("confirmed_m2")
    totals = {name: column for name, column in columns.items() if name != "confirmed_m2"}
    names = [clean(name).replace("_", " ") for name in by]
    labels, heading = _and(names), _and([name.capitalize() for name in names])
    return {
        "years": tabulate(years, "The account of hazardous land per year, in hectares (ha)",
                        {"year": Column("Year", "year"), **totals}),
        "groups": tabulate(closing, say("The account of {0} by {1}, in hectares (ha)", str(int(last)), labels),
                         {"group": Column(heading), **columns}) if by else None,
        "picture": _account_picture(years),
        "gaps": _say_gaps(flows),
        "undated": _say_undated(flows, last),
        "missing": int(flows[["opening_m2", "closing_m2", *FLOWS]].isna().any(axis=1).sum()),
    }  # fmt: skip


def _account_picture(years: pd.DataFrame) -> Picture | None:
    known = years.dropna(subset=["closing_m2"])
    if not len(known):
        return None
    first, last = known.iloc[0], known.iloc[-1]
    alt = say(
        "A line of the hazardous land at the end of each year, {0} in {1} and {2} in {3}, above bars of what was newly "
        "recorded, cancelled, reduced and cleared each year; the table below has the figures.",
        say_land(first["closing_m2"]), str(int(first["year"])), say_land(last["closing_m2"]), str(int(last["year"])),
    )  # fmt: skip
    return account_picture(years, alt)


def _say_gaps(flows: pd.DataFrame) -> str:
    """Say what the account can not explain; gaps of either sign are added, lest they hide each other."""
    gaps = flows["unexplained_m2"].abs()
    if gaps.isna().all():
        return say("Whether the account closes without a gap is not known.")
    odd = flows[gaps >= 0.5]
    if not len(odd):
        return say("The account closes: no change of any year is left unexplained.")
    years = sorted({int(year) for year in odd["year"].dropna()})
    listed = ", ".join(map(str, years[:8]))
    listed = say("{0} and later", listed) if len(years) > 8 else listed
    land = say_land(add_up(gaps))
    return say("{0} of change is left unexplained ({1}), added without regard to its sign.", land, listed)


def _say_undated(flows: pd.DataFrame, last: float) -> list[str]:
    said: list[str] = []
    undated = add_up(flows["undated_m2"].abs())
    if undated >= 0.5:
        said.append(say(
            "Records without a date changed the stock by {0} on the day on which their snapshot counts; they are in no "
            "year's flow.",
            say_land(undated),
        ))  # fmt: skip
    held = add_up(flows.loc[flows["year"].eq(last), "closing_undated_m2"])
    if held >= 0.5:
        said.append(say("{0} of the land that is still hazardous has a record without a date.", say_land(held)))
    return said


def doubt_section(doubts: pd.DataFrame, union_m2: float = math.nan) -> dict[str, Any]:
    """Return the land that one record releases and another holds hazardous.

    `union_m2` counts land that several pairs claim once; where it is not known, the pairs are added. [m2]
    """
    is_union = not math.isnan(union_m2)
    largest = doubts.sort_values("overlap_m2", ascending=False, kind="stable").iloc[:_MOST_LISTED]
    return {
        "count": len(doubts),
        "land": say_land(union_m2 if is_union else add_up(doubts["overlap_m2"])),
        "is_union": is_union,
        "table": tabulate(
            largest,
            say("Pairs of records that disagree: the largest of {0}", len(doubts)),
            {"area_id": Column("Released by the record"), "release_id": Column("Release"),
             "other_area_id": Column("Held hazardous by"), "overlap_m2": Column("Both claim, ha", "ha")},
        ),
    }  # fmt: skip


def hazard_section(ranking: RankingLike, explanations: Mapping[str, str]) -> dict[str, Any]:
    """Return the most urgent areas with their scores, what these are made of, and the criteria."""
    table = plain(ranking.table, "ranking.table", ["area_id", "score", "rank"])
    criteria = [
        {"letter": chr(65 + i % 26), "colour": _COLOURS[i % len(_COLOURS)], "column": one.column,
         "label": as_ours(one.label or str(one.column).replace("_", " ")),
         "unit": as_ours("m²" if one.unit == "m2" else one.unit), "weight": one.weight,
         "low": one.low, "high": one.high, "form": one.form}
        for i, one in enumerate(ranking.criteria)
    ]  # fmt: skip
    parts = ranking.contributions
    parts = parts.set_index("area_id") if "area_id" in parts else parts
    parts = parts[~parts.index.duplicated()].apply(pd.to_numeric, errors="coerce")
    has_bounds = "rank_best" in table.columns
    by = ["rank_best", "rank_worst", "area_id"] if has_bounds else ["rank", "area_id"]
    top = table.sort_values(by, na_position="last", kind="stable").iloc[:_MOST_RANKED]
    shown = pick(parts.reindex(top["area_id"]), [one["column"] for one in criteria])
    is_sum = getattr(ranking, "method", "value") == "value"
    if not is_sum:  # gains and losses, or no parts at all: nothing that a bar could be made of
        shown[:] = float("nan")
    longest = shown.clip(lower=0).sum(axis=1).max()
    areas = []
    for (_, row), (_, contributions) in zip(top.iterrows(), shown.iterrows(), strict=True):
        areas.append({
            "area_id": row["area_id"],
            "scores": _ends(row, "score", ("score_low", "score_high")),
            "ranks": _ends(row, "rank", ("rank_best", "rank_worst")),
            "why": explanations.get(row["area_id"]),
            "bar": [
                {**one, "width": round(float(value) / longest * 100, 2), "value": float(value)}
                for one, value in zip(criteria, contributions.tolist(), strict=True)
                if value > 0
            ],
        })  # fmt: skip
    unknown = _unknown_criteria(ranking, criteria) if len(table) else []
    return {
        "areas": areas, "count": len(table), "criteria": criteria, "table": _criteria_table(criteria),
        "unknown": unknown, "not_known": together(unknown) if unknown else "",
        "is_sum": is_sum, "has_bounds": has_bounds,
    }  # fmt: skip


def _ends(row: pd.Series, name: str, ends: tuple[str, str]) -> list[Any]:
    """Return a number, or the two between which it lies."""
    return [row[name]] if ends[0] not in row or not is_missing(row[name]) else [row[end] for end in ends]


def _unknown_criteria(ranking: RankingLike, criteria: list[dict[str, Any]]) -> list[str]:
    """Return the criteria of which the value is known for no area, where the ranking tells the values."""
    values = getattr(ranking, "values", None)
    if values is None:
        return []
    return [one["label"] for one in criteria if one["column"] in values and values[one["column"]].isna().all()]


def _criteria_table(criteria: list[dict[str, Any]]) -> Table:
    columns = {
        "letter": Column("In the bars"), "label": Column("Criterion", "phrase"), "unit": Column("Unit", "phrase"),
        "weight": Column("Weight", "number"), "form": Column("Form", "phrase"), "low": Column("From", "number"),
        "high": Column("To", "number"),
    }  # fmt: skip
    return tabulate(pd.DataFrame(criteria, columns=list(columns)), "The criteria and their weights", columns)


def problem_section(problems: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the problems counted by input, column and rule."""
    rows: list[list[Any]] = []
    for name, frame in problems.items():
        found = pick(frame, ["row", "id", "column", "rule", "value", "message"]).astype("object")
        for (rule, column), several in found.groupby(["rule", "column"], sort=True, dropna=False):
            first = several.iloc[0]
            what = RULES[str(rule)].text if str(rule) in RULES else None
            rows.append([name, column, rule, what, len(several), first["id"], first["value"], first["message"]])
    labels = [
        Column("Input"), Column("Column"), Column("Rule", "code"), Column("A row", "phrase"), Column("Rows", "count"),
        Column("Example"), Column("It has"), Column("What is wrong, and what was done", "phrase"),
    ]  # fmt: skip
    count = sum(len(frame) for frame in problems.values())
    clean_inputs = [name for name, frame in problems.items() if not len(frame)]
    return {
        "count": count,
        "inputs": len(problems),
        "without": clean_inputs,
        "table": Table("Problems by input, column and rule, with the first row of each", labels, rows),
    }


def input_table(inputs: Sequence[Mapping[str, Any]]) -> Table:
    """Return the files read."""
    columns = {
        "name": Column("Input"), "path": Column("File"), "rows_read": Column("Rows read", "count"),
        "rows_used": Column("Used", "count"), "rows_set_aside": Column("Set aside", "count"),
        "note": Column("Note", "phrase"), "sha256": Column("SHA-256", "code"),
    }  # fmt: skip
    rows = [[one.get(name) for name in columns] for one in inputs]
    return Table("Files that this report rests on", list(columns.values()), rows)


def parameter_table(parameters: Mapping[str, Any]) -> Table:
    """Return every parameter, nested ones under their full name."""

    def flat(values: Mapping[str, Any], above: str) -> Iterable[list[Any]]:
        for key, value in values.items():
            name = f"{above}{key}"
            if isinstance(value, Mapping) and value:
                yield from flat(value, f"{name}.")
            elif isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
                yield from flat({str(i + 1): one for i, one in enumerate(value)}, f"{name}.")
            else:
                yield [name, ", ".join(map(str, value)) if isinstance(value, list | tuple) else value]

    return Table(
        "Every parameter of the run",
        [Column("Parameter", "code"), Column("Value")],
        [*flat(parameters, "")],
    )
