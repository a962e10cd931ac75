"""The first sentence of a report, its bounds, and the key figures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from landrelease.report.frames import (
    SUMMED,
    add_up,
    with_all_parts,
)  # fmt: skip
from landrelease.report.pictures import (
    PARTS,
    Picture,
    headline_picture,
)
from landrelease.report.words import say_land, say_share, together, whole_percents
from landrelease.said import say

__all__ = ["headline", "key_figures", "total_land"]


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
