"""What became of released land: verdicts by group, what is not used, what nobody has seen."""

from __future__ import annotations

from typing import Any

import pandas as pd

from landrelease.report.frames import (
    MOST_LISTED,
    SUMMED,
    Column,
    Table,
    add_up,
    capped,
    is_ordered,
    pick,
    say_codes,
    tabulate,
    with_all_parts,
)  # fmt: skip
from landrelease.report.pictures import (
    PARTS,
    bars_picture,
    groups_picture,
)
from landrelease.report.words import clean, is_missing, say_land, together
from landrelease.said import as_ours, say
from landrelease.tables import CODES

__all__ = ["disagreement_section", "evidence_table", "unseen_section", "unused_section", "verdict_section"]

_MOST_BARS = 15
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
_RELEASE = {
    "release_id": Column("Release"), "area_id": Column("Area"), "admin_code": Column("Unit"),
    "release_type": Column("Way of release", "code"), "release_date": Column("Released on", "date"),
}  # fmt: skip


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
    largest = unused.sort_values("unused_m2", ascending=False, kind="stable").iloc[:MOST_LISTED]
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
    largest = unseen.sort_values("unknown_m2", ascending=False, kind="stable").iloc[:MOST_LISTED]
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
            found.iloc[:MOST_LISTED],
            say("Releases on which sources disagree: the largest of {0}", len(found)),
            {"release_id": Column("Release"), "area_m2": Column("Released, ha", "ha"),
             "said": Column("Verdict", "phrase"), "source": Column("Decided by", "phrase"),
             "conflict": Column("What says otherwise", "phrase")},
        ),
    }  # fmt: skip
