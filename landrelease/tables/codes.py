"""The code lists, the kinds of event and what they do, and the groups of use."""

from __future__ import annotations

import pandas as pd

__all__ = ["CODES", "HAZARD_EVENTS", "NO_HAZARD", "PART", "READINGS", "RELEASE_EVENTS", "USE_GROUPS", "sector_group",
           "use_group"]  # fmt: skip

CODES: dict[str, dict[str, str]] = {
    "event": {
        "suspected": "a hazard is suspected on the land it touches (SHA), by indirect evidence",
        "confirmed": "contamination is confirmed on the land it touches (CHA), by direct evidence",
        "reopened": "released land turns out hazardous: a new area with parent_id naming the old one",
        "cancelled": "released by non-technical survey: no evidence found",
        "reduced": "released by technical survey: no evidence found",
        "cleared": "released by clearance to a specified depth",
        "corrected": "the boundary is replaced by this geometry",
        "split": "the area goes on as its children; it gives up only land that they hold",
        "merged": "the area goes on in the area named by parent_id; it gives up only land that others hold",
        "suspended": "work stopped; the land is still hazardous",
        "handed_over": "released land was handed over to its users",
        "void": "undoes the event named by voids_event_id",
        "accident": "an accident happened here; changes no land",
        "noted": "something else was recorded here (a spot task, a seizure, a store); changes no land",
    },
    "hazard_class": {
        "SHA": "suspected hazardous area: indirect evidence",
        "CHA": "confirmed hazardous area: direct evidence",
    },
    "status": {
        "open": "nothing released",
        "in_progress": "part of it released",
        "suspended": "work stopped; still hazardous",
        "released": "nothing hazardous left",
        "superseded": "goes on as other areas, after a split or a merger",
    },
    "release_type": {
        "cancelled": "released by non-technical survey",
        "reduced": "released by technical survey",
        "cleared": "released by clearance",
        "mixed": "released in parts by more than one of them",
    },
    "date_precision": {
        "day": "the day is known",
        "month": "the month is known",
        "year": "the year is known",
        "unknown": "no date is known",
    },
    "contamination_code": {
        "AP": "anti-personnel mines",
        "AV": "anti-vehicle mines",
        "CMR": "cluster munition remnants",
        "ERW": "other explosive remnants of war (UXO, AXO)",
        "IM": "improvised mines",
        "mixed": "more than one of them",
        "unknown": "not known",
    },
    "method_code": {
        "NTS": "non-technical survey",
        "TS": "technical survey",
        "manual": "manual clearance",
        "mechanical": "mechanical clearance",
        "animal": "with animal detection",
        "BAC": "battle area clearance",
        "mixed": "more than one of them",
        "other": "another method",
    },
    "use_code": {
        "agriculture_rainfed": "rain-fed crops",
        "agriculture_irrigated": "irrigated crops",
        "agriculture": "crops, irrigation not known",
        "grazing": "pasture in use",
        "forest": "forest or another natural resource in use",
        "water": "water point or fishery in use",
        "housing": "houses",
        "road": "road or path in use",
        "infrastructure": "power, industry and other works",
        "community": "school, clinic, place of worship, sports",
        "tourism": "tourism, heritage",
        "other": "another productive use",
        "none": "no use",
    },
    "verdict": {
        "as_intended": "in productive use of the intended group",
        "other_productive": "in productive use, of another group than intended or no intention recorded",
        "unused": "looked at, and not in productive use",
        "unknown": "too little of it was looked at",
    },
    "blocked_resource_code": {
        "agriculture": "crop land",
        "grazing": "pasture",
        "housing": "houses or building land",
        "water": "drinking water or irrigation",
        "road": "a road or path",
        "community": "school, clinic, place of worship",
        "infrastructure": "power, industry and other works",
        "forest": "forest or another natural resource",
        "none": "nothing blocked",
        "other": "something else",
    },
    "reason_unused_code": {
        "dispute": "a dispute over the property",
        "fear": "fear of mines or other ordnance",
        "not_needed": "not needed",
        "no_means": "lack of resources",
        "infertile": "infertile or unsuitable",
        "other": "another reason",
    },
    "sex_code": {
        "woman": "a woman",
        "man": "a man",
        "joint": "a woman and a man together",
        "group": "a group, a company or the state",
    },
    "end_code": {
        "used": "taken into productive use",
        "dispute": "blocked by a dispute over the property",
        "reopened": "suspected or found hazardous again",
        "other": "another end",
        "open": "none of these yet",
    },
    "seen_code": {
        "in_use": "a visit saw it in productive use",
        "not_in_use": "visited, and never seen in productive use",
        "not_seen": "no visit tells its use: unknown, not unused",
        "undated": "left out: its day of release is not known",
        "no_land": "left out: others hold all of its land hazardous",
        "later": "left out: released after the day of the assessment",
    },
    "stage_code": {
        "expected": "expected at the release",
        "confirmed": "found at a follow-up",
    },
    "beneficiary_code": {
        "direct": "uses the released land",
        "indirect": "of the wider community, and does not use the land",
    },
    "tenure_code": {
        "documented": "right documented",
        "customary": "right by custom",
        "disputed": "right disputed",
        "public": "public land",
        "unknown": "not known",
    },
    "project_status": {
        "pipeline": "planned (IATI 1)",
        "implementation": "running (IATI 2)",
        "finalisation": "physically complete, books open (IATI 3)",
        "closed": "closed (IATI 4)",
        "cancelled": "cancelled (IATI 5)",
        "suspended": "suspended (IATI 6)",
    },
    "location_class_code": {
        "1": "administrative region: the point is its centroid or seat, never a place",
        "2": "populated place",
        "3": "structure",
        "4": "another topographical feature",
    },
    "location_exactness_code": {
        "1": "the point is said to be exact",
        "2": "the point is approximate",
    },
    "location_precision_code": {
        "1": "an exact place",
        "2": "near a place: up to 25 km from it",
        "3": "a district (ADM2)",
        "4": "a province (ADM1)",
        "5": "estimated, or a part of the country larger than a province: matches no land",
        "6": "the country: matches no land",
        "7": "unclear, the capital stands for it: matches no land",
        "8": "the seat of an office, such as the ministry: matches no land",
        "9": "unclear, the country: matches no land",
    },
    "activity_code": {
        "farming": "farming or herding",
        "collecting": "collecting wood, food, water or metal",
        "travelling": "travelling",
        "building": "building",
        "playing": "playing or standing by",
        "clearance": "at clearance work",
        "other": "another activity",
        "unknown": "not known",
    },
    "channel_code": {
        "government": "through the government",
        "un": "through the United Nations",
        "ngo": "through a non-governmental organisation",
        "commercial": "through a company",
        "unknown": "not known",
    },
    "change_code": {
        "vanished": "hazardous land that no area holds any more and that no release names: ask first",
        "new": "the id was not there before",
        "gone": "the id is not there any more, and no new id takes its place",
        "renamed": "the id is gone, and a new one has the same land",
        "split": "goes on as several new areas, of which this is one",
        "merged": "goes on with others in one new area",
        "grown": "the boundary takes in more land",
        "shrunk": "the boundary gives up land",
        "moved": "the same shape in another place",
        "released": "said to be released, with a release type",
        "untyped_release": "said to be released, without a release type: not released",
        "unreleased": "was said to be released and is hazardous now",
        "status_changed": "another state of hazardous or superseded land",
        "class_changed": "another hazard class",
        "class_lowered": "confirmed before and only suspected now",
        "date_back": "a date moved backwards",
        "date_forward": "a date moved forwards",
        "filled": "not known before, known now",
        "emptied": "known before, not known now",
        "changed": "another value",
    },
    "difference_code": {
        "agrees": "no difference beyond the tolerance",
        "unit_slip": "one figure is about 10, 100, 1,000, 10,000 or 1,000,000 times the other",
        "renamed": "a group that only one side knows goes by another name on the other",
        "split": "one group of one side is several of the other",
        "transfer": "the same land stands in another class or line",
        "stock_date": "the stock is that of another day",
        "only_here": "the published table does not list the group",
        "only_published": "the account does not have the group",
        "unknown": "a figure is missing: nothing can be said",
        "unexplained": "none of these",
    },
    "check_code": {
        "total": "the rows sum to the row that states their total",
        "roll": "the opening and the flows of a row give its closing",
        "carry": "the opening of a year is the closing of the year before",
        "land": "no figure is as large as the country's land",
    },
    "reason_code": {
        "quarantine": "it breaks a rule: nobody can say what it means, or what it ends",
        "conflict": "it says something else of an event than the record, without a later revision",
        "settled": "somebody looked at the row and settled it, with a reason",
    },
    "plan_reason_code": {
        "kept": "in: it is in the previous plan, which is kept",
        "must": "in: it is on the list of areas that are in whatever they give",
        "worth": "in: it gives at least what the money and the teams that it takes are worth",
        "floor": "in: without it, its group would miss its floor",
        "fill": "in: it gives less than the line, and fits in what the others leave",
        "no_benefit": "out: it gives nothing",
        "too_dear": "out: it costs more than any year has",
        "too_much_work": "out: its teams can not do it in any year",
        "package": "out: its package is not set up",
        "no_room": "out: it gives at least the line, and does not fit beside the others",
        "below_line": "out: it gives less than what it takes is worth",
        "never": "out: on request",
        "unknown_cost": "out: its cost, or another number that it needs, is not known",
        "unknown_benefit": "out: the ranking has no benefit for it",
    },
    "site_state": {
        "hazardous": "recorded as hazardous",
        "released": "released, and not recorded as hazardous since",
        "withdrawn": "once recorded as hazardous, not released: the boundary was redrawn or the area passed on",
        "no_record": "nothing is recorded; no evidence of no contamination",
    },
    "flow_type_code": {
        "commitment": "promised in writing",
        "disbursement": "paid out",
        "unknown": "not known which",
    },
    "gap_code": {
        "gap": "a need, and no project",
        "district_only": "a need, and projects that are known to the district only",
        "served": "a need, and a project on site or likely",
        "unknown": "no need is known: nobody is known to have asked there",
    },
    "lag_code": {
        "started": "a project was active at the release or has begun since",
        "not_yet": "no project by the day",
        "unknown": "a date is missing: nothing can be said",
    },
    "unit_gap_code": {
        "covered": "a project is planned or running",
        "maybe": "projects only of unknown state, or known to a unit above",
        "gap": "hazards, releases or needs, and no such project",
        "no_demand": "neither hazards, releases nor needs are recorded, nor a project",
    },
    "project_state_code": {
        "planned": "not begun on the day",
        "running": "begun and not ended on the day",
        "ended": "ended before the day",
        "unknown": "dates and status can not tell",
    },
    "overlap_code": {
        "release": "on or near one release, in whatever sector",
        "unit": "in one province and sector",
    },
    "role_code": {
        "implementer": "carries out projects",
        "operator": "releases land (DAC 15250)",
    },
    "project_tier": {
        "on_site": "an exact place on the release",
        "likely": "an exact place beside it, or a place known to some 25 km that may be on it",
        "same_district": "the project is known to the unit of the release only",
    },
    "same_project_code": {
        "same_activity": "a record says that both are the same activity",
        "funds_one": "one record's money goes to the other, and to no other that is here",
        "funds_several": "its money is in the records of several other projects: counted there",
    },
    "no_weight_code": {
        "no_location": "the record names no place and no unit",
        "too_coarse": "no place and no unit that is small enough is known",
        "cancelled": "the project was cancelled",
        "clearance": "it clears land itself (DAC 15250)",
        "counted_elsewhere": "its money is in the records of several other projects",
        "no_release": "no release is there, in time and of its sectors",
    },
    "link_level": {
        "on_site": "a place inside the release or touching it",
        "nearby": "a place within the distance",
        "area_level": "known only to the same administrative unit",
    },
    "effect_code": {
        "overall": "mean over released areas of the mean of their years after release",
        "simple": "mean over cohorts and years after release, by the size of the cohort",
        "dynamic": "plain mean over the years since release",
        "event": "one year since release; negative before it",
        "cohort": "areas released in one year",
        "release_type": "areas released in one way",
        "baci": "mean of all years after less that of all years before, of areas with an outcome in each",
        "placebo_date": "of a release some years before the true one; should be none",
        "cancelled": "of cancellation, of areas that were never hazardous; should be none",
        "unguarded": "overall, with controls near released land",
    },
    "attribution_check": {
        "effect": "whether the interval of the overall effect leaves out zero",
        "pre_trend": "whether released areas and controls went alike before release",
        "placebo_date": "whether a release at a wrong date shows no effect",
        "cancelled": "whether cancelled areas show no effect",
        "leave_one_out": "whether the effect stays without any one group",
        "spillover": "whether controls near released land were left out",
        "clusters": "whether there are enough clusters for the errors",
    },
    "check_result": {
        "passed": "checked, and as it should be",
        "failed": "checked, and not as it should be",
        "open": "could not be checked, or can not tell",
    },
}
"""Code lists: code to meaning. Use codes follow IMAS 05.10 usage; DAC and IATI codes are named where they are."""

NO_HAZARD = ("released", "superseded")
"""States of an area that holds no hazardous land; with any other, or none, it does."""

HAZARD_EVENTS = ("suspected", "confirmed", "reopened")
"""Events that make the land that they touch hazardous."""
RELEASE_EVENTS = ("cancelled", "reduced", "cleared")
"""Events that release the land that they touch."""
PART = 0.8
"""A release without a shape that states less than this share of its area means a part of it that nobody knows."""
READINGS = dict.fromkeys((*HAZARD_EVENTS, "corrected"), "hazard") | dict.fromkeys(RELEASE_EVENTS, "release")
"""How the invalid polygon of an event is read (`geometry.repaired`): as much land as a hazard can mean, as little as a
release can; any other event by its structure."""

USE_GROUPS: dict[str, tuple[str, ...]] = {
    "agriculture": ("agriculture_rainfed", "agriculture_irrigated", "agriculture", "grazing"),
    "natural": ("forest", "water"),
    "built": ("housing", "road", "infrastructure", "community", "tourism"),
    "other": ("other",),
    "none": ("none",),
}
_GROUP_OF = {code: group for group, codes in USE_GROUPS.items() for code in codes}

_SECTOR_GROUPS = {
    "31210": "natural", "31220": "natural", "312": "natural", "313": "natural", "140": "natural",
    "311": "agriculture", "43040": "agriculture", "310": "agriculture", "43042": "built", "43030": "built",
    "110": "built", "111": "built", "112": "built", "113": "built", "114": "built",
    "120": "built", "121": "built", "122": "built", "123": "built", "130": "built",
    "16030": "built", "16040": "built", "210": "built", "220": "built", "230": "built", "231": "built",
    "232": "built", "233": "built", "234": "built", "235": "built", "236": "built", "320": "built",
    "321": "built", "322": "built", "323": "built", "332": "built", "16061": "built",
}  # fmt: skip


def use_group(codes: pd.Series) -> pd.Series:
    """Return the group of each use code; missing stays missing.

    Examples
    --------
    >>> use_group(pd.Series(["grazing", "road", None])).tolist()
    ['agriculture', 'built', nan]
    """
    return codes.map(_GROUP_OF).astype("str")


def sector_group(codes: pd.Series) -> pd.Series:
    """Return the group of use that an OECD DAC sector serves, by its code or its three-digit category.

    Sectors that serve no kind of land use in particular (governance, budget support) have none.

    Examples
    --------
    >>> sector_group(pd.Series(["31120", "21020", "15110", None])).tolist()
    ['agriculture', 'built', nan, nan]
    """
    text = codes.astype("str")
    return text.map(_SECTOR_GROUPS).fillna(text.str[:3].map(_SECTOR_GROUPS)).astype("str")
