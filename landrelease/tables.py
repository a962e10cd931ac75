"""Every table once: its columns with units and meanings, and the code lists.

`docs/columns.md` is made from these declarations, `describe(table)` shows them, `read` and the rules follow
them. A column's name ends in its unit (rule 2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from landrelease.cells import as_days, as_text
from landrelease.errors import check_option

__all__ = [
    "CODES",
    "DTYPES",
    "HAZARD_EVENTS",
    "NO_HAZARD",
    "PART",
    "READINGS",
    "RELEASE_EVENTS",
    "RESULTS",
    "TABLES",
    "USE_GROUPS",
    "Column",
    "Table",
    "conform",
    "describe",
    "is_person_column",
    "sector_group",
    "use_group",
]

Kind = Literal["text", "number", "count", "date", "bool", "code", "geometry"]


@dataclass(frozen=True)
class Column:
    """One column of a table: what it holds, in which unit, and what it may hold."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    codes: str = ""
    is_required: bool = False
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Table:
    """One table: what a row is, the column that identifies it, and its columns in order."""

    name: str
    row: str
    id: str
    columns: tuple[Column, ...]
    shape: Literal["polygon", "point", "any", "none"] = "none"

    def column(self, name: str) -> Column | None:
        """Return the column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def names(self) -> list[str]:
        """Names of the columns in the order of the declaration."""
        return [column.name for column in self.columns]


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
    "site_state": {
        "hazardous": "recorded as hazardous",
        "released": "released, and not recorded as hazardous since",
        "withdrawn": "once recorded as hazardous, not released: the boundary was redrawn or the area passed on",
        "no_record": "nothing is recorded; no evidence of no contamination",
    },
    "link_level": {
        "on_site": "a place inside the release or touching it",
        "nearby": "a place within the distance",
        "area_level": "known only to the same administrative unit",
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


_PERSON = re.compile(
    r"killed|injur|victim|casualt|survivor|fatalit|wounded|amput|disabilit|medical|women|(^|_)men(_|$)|girls|boys|male|"
    r"person(?!nel)|people_name|owner|contact|phone|mobile|whatsapp|(^|_)tel(_|$)|telefono|e_?mail|address|birth|gender|"
    r"^sex|^age$|_age$|(^|_)dob(_|$)|national_?id|passport|cedula|recipient|signator|beneficiar|household|respondent|"
    r"informant|interview|surveyor|deminer|team_?leader|gps_?operator|user_?name|full_?name|father|mother|nombre|^nom$|"
    r"(reported|recorded|created|edited|entered|last_edited)_?(by|user)|photo|ethnic|religio|tribe|occupation|"
    r"^notes?$|remarks?|comments?|description|narrative",
    re.IGNORECASE,
)


def is_person_column(name: str) -> bool:
    """Tell whether a column could hold people, counts of victims or free text: those never leave for a page.

    Examples
    --------
    >>> [is_person_column(name) for name in ("killed_count", "owner_name", "operator", "population_count")]
    [True, True, False, False]
    """
    return _PERSON.search(name) is not None


def _text(name: str, meaning: str, *, is_required: bool = False) -> Column:
    return Column(name, "text", meaning, is_required=is_required)


def _code(name: str, meaning: str, codes: str = "", *, is_required: bool = False) -> Column:
    return Column(name, "code", meaning, codes=codes or name, is_required=is_required)


def _date(name: str, meaning: str, *, is_required: bool = False) -> Column:
    return Column(name, "date", meaning, is_required=is_required)


def _m2(name: str, meaning: str, low: float | None = 0) -> Column:
    return Column(name, "number", meaning, unit="m2", low=low)


def _number(name: str, meaning: str, unit: str = "", low: float | None = 0, high: float | None = None) -> Column:
    return Column(name, "number", meaning, unit=unit, low=low, high=high)


def _share(name: str, meaning: str) -> Column:
    return Column(name, "number", meaning, unit="share", low=0, high=1)


def _count(name: str, meaning: str) -> Column:
    return Column(name, "count", meaning, unit="count", low=0)


def _bool(name: str, meaning: str) -> Column:
    return Column(name, "bool", meaning)


_SOURCE = (
    _text("source_id", "identifier of the row in its source; the file's name and row where it has none"),
    Column("source_row", "count", "row in the source file, the first is 1", low=0),
    _text("read_findings", "what reading changed or could not use, as JSON: rule, column, value, message"),
)
_GEOMETRY = Column("geometry", "geometry", "shape in the CRS of the frame")
_BEFORE = _m2("area_before_m2", "geodesic area before an invalid geometry was repaired; missing if it was valid")
_ADMIN = _text("admin_code", "administrative unit that holds most of it")
_PARENT = _text("parent_id", "area that this one goes back to (split, reopened) or goes on in (merged)")
_INTENDED = _code("intended_use_code", "use that the land was released for", "use_code")
_BLOCKED = _code("blocked_resource_code", "resource that the hazard blocks")
_REPORTED = _m2("reported_area_m2", "area as the source states it")
_ACCURACY = _number("accuracy_m", "accuracy of the boundary or place", "m")


def _table(name: str, row: str, id: str, shape: Literal["polygon", "point", "any", "none"], *columns: Column) -> Table:
    geometry = (_GEOMETRY,) if shape != "none" else ()
    repaired = (_BEFORE,) if shape in ("polygon", "any") else ()
    return Table(name, row, id, (*columns, *_SOURCE, *repaired, *geometry), shape)


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        _table(
            "areas", "a hazardous area as it stands", "area_id", "polygon",
            _text("area_id", "identifier of the area", is_required=True),
            _code("hazard_class", "class by the evidence"),
            _code("status", "state of the area; hazardous where missing"),
            _code("release_type", "how released land was released; the last, or mixed"),
            _date("release_date", "day of the last release"),
            _code("contamination_code", "kind of explosive ordnance"),
            _REPORTED,
            _m2("area_m2", "geodesic area of the geometry"),
            _ACCURACY,
            _date("survey_date", "day on which it was recorded as hazardous"),
            _BLOCKED, _INTENDED, _PARENT, _ADMIN,
            _text("operator", "organisation that worked on it last"),
        ),
        _table(
            "events", "one thing that happened to an area", "event_id", "any",
            _text("event_id", "identifier of the event", is_required=True),
            _text("area_id", "area that it belongs to", is_required=True),
            _code("event", "what happened", is_required=True),
            _date("event_date", "first day of the period in which it happened"),
            _code("date_precision", "how well the date is known"),
            _date("recorded_at", "day on which it was recorded"),
            _date("registered_at", "time at which a registry learned of it"),
            _text("revision", "revision of the record in its source"),
            _text("voids_event_id", "event that this one undoes"),
            _PARENT,
            _code("hazard_class", "class by the evidence, after the event"),
            _code("status", "state of the area that the source states after the event"),
            _code("contamination_code", "kind of explosive ordnance"),
            _code("method_code", "how the work was done"),
            _BLOCKED, _INTENDED, _ADMIN, _REPORTED, _ACCURACY,
            _text("operator", "organisation that did it"),
            _text("donor", "organisation that paid for it"),
            _number("cost_usd", "cost of the work", "usd"),
            _number("depth_m", "depth to which land was cleared", "m"),
            _count("ap_mine_count", "anti-personnel mines destroyed"),
            _count("av_mine_count", "anti-vehicle mines destroyed"),
            _count("cmr_count", "cluster munition remnants destroyed"),
            _count("erw_count", "other explosive remnants of war destroyed"),
        ),
        _table(
            "releases", "one released polygon, derived from the events", "release_id", "polygon",
            _text("release_id", "the event that released it", is_required=True),
            _text("area_id", "area that it was part of", is_required=True),
            _code("release_type", "how it was released", is_required=True),
            _date("release_date", "last day of the period in which it was released"),
            _code("date_precision", "how well the date is known"),
            _m2("gross_m2", "land that the release covers as recorded"),
            _m2("area_m2", "net: land it released that nothing holds hazardous since"),
            _m2("conflict_m2", "land it released that another area holds hazardous at the end"),
            _code("hazard_class", "class of the area when it was released"),
            _INTENDED, _BLOCKED, _ADMIN,
            _text("operator", "organisation that released it"),
            _date("handover_date", "day on which the land was handed over"),
        ),
        _table(
            "follow_ups", "one visit to released land", "follow_up_id", "none",
            _text("follow_up_id", "identifier of the visit", is_required=True),
            _text("release_id", "release that was visited"),
            _text("area_id", "area that was visited, where no release is named"),
            _date("visit_date", "day of the visit", is_required=True),
            _code("use_code", "use that was found; none if unused"),
            _share("observed_share", "share of the release that was seen; the whole where missing"),
            _code("reason_unused_code", "why the land is not used"),
            _m2("productive_area_m2", "land found in productive use; the whole where missing"),
            _count("women_count", "women who use the land"),
            _count("men_count", "men who use the land"),
            _count("girls_count", "girls who use the land"),
            _count("boys_count", "boys who use the land"),
            _count("with_disability_count", "users with a disability"),
            _count("jobs_count", "jobs on the land"),
            _bool("is_intended_user", "whether those use it for whom it was released"),
            _code("tenure_code", "right to the land"),
        ),
        _table(
            "land_use", "a mapped polygon of use", "land_use_id", "polygon",
            _text("land_use_id", "identifier of the polygon", is_required=True),
            _code("use_code", "use of the land", is_required=True),
            _date("observed_date", "day to which the map refers"),
        ),
        _table(
            "projects", "a development activity at one place", "location_id", "any",
            _text("project_id", "identifier of the activity", is_required=True),
            _text("location_id", "identifier of the place within the table", is_required=True),
            _text("title", "title of the activity"),
            _text("sector_code", "OECD DAC sector, three or five digits; the largest where several"),
            _code("status", "state of the activity", "project_status"),
            _date("start_date", "actual start, else planned"),
            _date("end_date", "actual end, else planned"),
            _number("budget_usd", "commitments, else budgets, of the whole activity", "usd", low=None),
            _text("funder", "organisation that pays"),
            _text("implementer", "organisation that carries it out"),
            _text("location_name", "name of the place"),
            _ADMIN,
            _code("location_class_code", "what kind of thing the point is (IATI LocationClass)"),
            _code("location_exactness_code", "whether the point is said to be exact (IATI GeographicExactness)"),
            _bool("is_point", "usable as a place; not the centroid of a region"),
        ),
        _table(
            "accidents", "one accident, without personal data", "accident_id", "point",
            _text("accident_id", "identifier of the accident", is_required=True),
            _date("accident_date", "first day of the period in which it happened"),
            _count("killed_count", "people killed"),
            _count("injured_count", "people injured"),
            _count("women_count", "women among them"),
            _count("men_count", "men among them"),
            _count("girls_count", "girls among them"),
            _count("boys_count", "boys among them"),
            _code("activity_code", "activity at the time"),
            _ADMIN,
        ),
        _table(
            "admin_areas", "an administrative unit", "admin_code", "polygon",
            _text("admin_code", "code of the unit", is_required=True),
            _text("name", "name of the unit", is_required=True),
            Column("level", "count", "administrative level, 0 is the country", low=0),
            _text("parent_code", "code of the unit above"),
            _count("population_count", "people who live there"),
        ),
        _table(
            "needs", "what a community asked for", "need_id", "any",
            _text("need_id", "identifier of the need", is_required=True),
            _ADMIN,
            _date("asked_date", "day on which the community was asked"),
            Column("rank", "count", "rank within the community, 1 is first", low=1),
            _code("wanted_use_code", "use that is wanted", "use_code"),
            _count("women_consulted_count", "women who were asked"),
            _count("men_consulted_count", "men who were asked"),
        ),
        _table(
            "funding", "a flow of money in a year", "flow_id", "none",
            _text("flow_id", "identifier of the flow", is_required=True),
            Column("year", "count", "calendar year", is_required=True, low=1975, high=2100),
            _text("donor", "organisation that pays"),
            _code("channel_code", "through whom"),
            _text("sector_code", "OECD DAC sector"),
            _ADMIN,
            _number("amount_usd", "amount in current US dollars", "usd", low=None),
        ),
        _table(
            "capacity", "one indicator of an institution at a date", "indicator_id", "none",
            _text("indicator_id", "identifier of the row", is_required=True),
            _text("institution", "institution", is_required=True),
            _text("indicator_code", "what is scored", is_required=True),
            _number("score", "score reached"),
            _number("target", "score aimed at"),
            _date("assessed_date", "day of the assessment"),
        ),
        _table(
            "settlements", "a populated place", "settlement_id", "point",
            _text("settlement_id", "identifier of the place", is_required=True),
            _text("name", "name of the place"),
            _count("population_count", "people who live there"),
        ),
        _table(
            "roads", "a road or path", "road_id", "any",
            _text("road_id", "identifier of the road", is_required=True),
            _text("name", "name of the road"),
        ),
    )
}  # fmt: skip
"""The tables that are read."""

_PARTS = (
    _m2("as_intended_m2", "in productive use of the intended group"),
    _m2("other_productive_m2", "in productive use of another group, or no intention recorded"),
    _m2("unused_m2", "looked at and not in productive use"),
    _m2("unknown_m2", "not looked at, or nothing can be said"),
)
_REACH = (
    _number("distance_m", "shortest distance to the site; 0 on it", "m"), _ACCURACY,
    _m2("overlap_m2", "land of the site that it covers; missing where the site has none, or its land is not known"),
    _number("overlap_m", "length of the site that it covers; missing where there is none or it is not known", "m"),
    _text("feature_id", "nearest feature of the site"),
)  # fmt: skip
_OWNER = _text("area_id", "the id column of the first argument: area_id, release_id, ...")


def _result(name: str, row: str, *columns: Column, id: str = "area_id") -> Table:
    return Table(name, row, id, columns)


RESULTS: dict[str, Table] = {
    table.name: table
    for table in (
        _result(
            "match_overlap", "an area and a class of the layer",
            _OWNER, _text("use_code", "the column named by `by`: its classes and `unmapped`"),
            _m2("overlap_m2", "land of the area in that class"),
            _share("overlap_share", "the same as a share of the area; sums to 1"),
        ),
        _result(
            "match_raster_shares", "an area and a class of the raster (stat='shares')",
            _OWNER, Column("class_code", "count", "value of the cells"),
            _text("use_code", "what the legend says of the class; missing where it says nothing"),
            _m2("class_m2", "land of the area in that class"),
            _share("class_share", "the same as a share of the area"),
            _share("covered_share", "share of the area that valid cells cover"),
        ),
        _result(
            "match_raster_value", "an area (stat='sum' or 'mean')",
            _OWNER, _number("value", "sum or mean of the cells, by their covered fraction; missing if none is valid"),
            _share("covered_share", "share of the area that valid cells cover"),
        ),
        _result(
            "assign_admin", "an area and an administrative unit",
            _OWNER, _text("admin_code", "the unit; missing for land in none"),
            _m2("overlap_m2", "land of the area in the unit"),
            _share("overlap_share", "the same as a share of the area"),
        ),
        _result(
            "match_nearby", "an area and a feature within the distance",
            _OWNER, _text("feature_id", "id of the feature"),
            _number("distance_m", "shortest distance; 0 where they touch", "m"),
        ),
        _result(
            "match_projects", "a release and a place of a project",
            _text("release_id", "the release"), _text("project_id", "the project"),
            _text("location_id", "the place"), _code("link_level", "how close the place is known to be"),
            _number("distance_m", "shortest distance; missing at area level", "m"),
            _number("months_apart", "from the release to the project's start; negative if it began before", "months",
                    low=None),
            _bool("is_sector_match", "whether the sector serves the intended use; missing where not known"),
            id="release_id",
        ),
        _result(
            "assess_use", "a release, with its own columns before these",
            _code("verdict", "what became of the land"),
            _code("use_code", "use that decided the verdict"),
            _text("evidence", "source that decided: follow_up, land_use, land_cover; missing if none"),
            _date("evidence_date", "day, or last day of the year, of that source"),
            *_PARTS,
            _m2("productive_m2", "the first two parts"),
            _share("observed_share", "all but the unknown part"),
            _bool("intended_known", "whether an intended use was recorded"),
            _text("conflict", "sources that say otherwise, with what they say"),
            _text("reason_unused_code", "why it is not used, where the deciding visit says so"),
            _code("project_level", "closest link to a project", "link_level"),
            _text("project_id", "that project"),
            _code("project_status", "its state"),
            _number("months_to_project", "from the release to its start", "months", low=None),
            id="release_id",
        ),
        _result(
            "match_follow_ups", "a visit",
            _text("follow_up_id", "the visit"), _text("release_id", "the release that it speaks of; missing if none"),
            _text("reason", "why it speaks of none, or is not used"),
            id="follow_up_id",
        ),
        _result(
            "use_summary", "a group of releases",
            _text("by", "the `by` columns"), *_PARTS,
            _m2("released_m2", "sum of the four parts"),
            _count("release_count", "releases in the group"),
            _count("unmeasured_count", "releases among them whose area is not known: they are in no m2"),
            _share("productive_share_low", "productive land over released land, all unknown land unused"),
            _share("productive_share_high", "the same, all unknown land productive"),
            id="by",
        ),
        _result(
            "land_balance", "a group and a year",
            _text("by", "the `by` columns"), Column("year", "count", "calendar year"),
            _m2("opening_m2", "hazardous land at the start"),
            _m2("newly_recorded_m2", "land that was not hazardous before"),
            _m2("confirmed_m2", "SHA to CHA: negative for SHA, positive for CHA, else 0", None),
            _m2("adjusted_m2", "boundaries redrawn, land passed between groups; signed", None),
            _m2("cancelled_m2", "released by non-technical survey"),
            _m2("reduced_m2", "released by technical survey"),
            _m2("cleared_m2", "released by clearance"),
            _m2("closing_m2", "hazardous land at the end"),
            _m2("unexplained_m2", "closing less all that is explained; signed", None),
            _m2("undated_m2", "change by records without a date on the day their snapshot counts; signed", None),
            _m2("closing_undated_m2", "part of the closing land whose record has no date"),
            id="by",
        ),
        _result(
            "restated_since", "a line of the account that was restated",
            _text("by", "the `by` columns"), Column("year", "count", "calendar year"),
            _text("line", "line of the account: opening_m2, cleared_m2, ..."),
            _m2("then_m2", "what the account said as known on that day", None),
            _m2("now_m2", "what it says now", None),
            _m2("difference_m2", "now less then; signed", None),
            id="by",
        ),
        _result(
            "reconcile", "a line of the account, ours beside the published one",
            _text("by", "the `by` columns"), Column("year", "count", "calendar year"),
            _text("line", "line of the account: opening_m2, cleared_m2, ..."),
            _m2("ours_m2", "what the account says; missing where it says nothing", None),
            _m2("published_m2", "what the published table says; missing where it says nothing", None),
            _m2("difference_m2", "published less ours, of a group that one side does not list the whole figure; signed",
                None),
            _code("kind_code", "likely kind of the difference", "difference_code"),
            _text("message", "the reason in words"),
            id="by",
        ),
        _result(
            "check_published", "a figure of a published table that was checked",
            _text("by", "the `by` columns"), Column("year", "count", "calendar year"),
            _text("line", "line of the account, or area_count: its unit is that of the three figures"),
            _code("check_code", "what was checked"),
            _number("published", "the figure as published", low=None),
            _number("expected", "what the rest of the table makes it; missing where that can not be said", low=None),
            _number("difference", "published less expected; signed", low=None),
            _code("kind_code", "likely kind of the difference", "difference_code"),
            _text("message", "the reason in words"),
            id="by",
        ),
        _result(
            "conflicts_on", "a release and an area that holds its land hazardous",
            _text("area_id", "area that says the land is released"), _text("release_id", "its release"),
            _text("other_area_id", "area that holds it hazardous"),
            _m2("overlap_m2", "land that both claim"), _GEOMETRY,
        ),
        _result(
            "compare_exports", "a change of an area between two exports",
            _text("area_id", "the area; of renamed, split and merged ones the id before"),
            _code("change_code", "what changed"), _text("column", "the column that says so"),
            _text("old", "what it said before; of a redrawn area its m2"), _text("new", "what it says now"),
            _m2("difference_m2", "land gained or lost (negative); missing where no land is concerned or known", None),
            _bool("is_danger", "whether hazardous land vanished without a release"),
            _text("other_area_id", "id under which a renamed, split or merged area goes on"),
            _text("message", "the change in words"),
            Column("geometry", "geometry", "land gained or lost; of other changes the area's shape"),
        ),
        _result(
            "quarantine", "a row that a registry did not take",
            Column("batch_id", "count", "import that brought it"), _text("source", "system that it came from"),
            Column("row", "count", "position in its import, the first is 0"),
            _text("event_id", "its event"), _text("revision", "revision of the record in its source"),
            _text("area_id", "its area"), _text("event", "what happened, as it was written"),
            _code("reason_code", "why it was not taken"),
            _text("reason", "the rule that it breaks, or what it contradicts"), _REPORTED, _ACCURACY, _GEOMETRY,
            id="row",
        ),
        _result(
            "site_hazards", "a hazardous area within reach of a site",
            _text("area_id", "the area"), *_REACH,
            _code("hazard_class", "class by the evidence"), _code("status", "state of the area"),
            _code("contamination_code", "kind of explosive ordnance"),
            _date("survey_date", "first day of the period in which it was first recorded"),
            _code("date_precision", "how well that date is known"),
            _m2("area_m2", "land of the area that is hazardous; missing where no polygon is known"),
            _bool("is_located", "whether a polygon is known; else the geometry is the best place on record"),
            _REPORTED, _ADMIN, _text("operator", "organisation that worked on it last"), _GEOMETRY,
        ),
        _result(
            "site_releases", "a release within reach of a site",
            _text("release_id", "the event that released it"), _text("area_id", "area that it was part of"), *_REACH,
            _code("release_type", "how it was released"),
            _date("release_date", "first day of the period in which it was released"),
            _code("date_precision", "how well that date is known"),
            _text("operator", "organisation that released it"), _code("method_code", "how the work was done"),
            _number("depth_m", "depth to which land was cleared", "m"),
            _count("ap_mine_count", "anti-personnel mines destroyed"),
            _count("av_mine_count", "anti-vehicle mines destroyed"),
            _count("cmr_count", "cluster munition remnants destroyed"),
            _count("erw_count", "other explosive remnants of war destroyed"),
            _date("handover_date", "day on which the land was handed over"),
            _m2("gross_m2", "land that the release covers as recorded"),
            _m2("area_m2", "net: land it released that nothing holds hazardous since"),
            _m2("conflict_m2", "land it released that another area holds hazardous"),
            _text("reopened_by_ids", "areas that reopened its area"), _text("note", "what its date leaves open"),
            _GEOMETRY, id="release_id",
        ),
        _result(
            "site_records", "another record within reach of a site: an accident, or what else happened",
            _text("event_id", "the event"), _text("area_id", "area that it belongs to"), *_REACH,
            _code("event", "what happened"), _date("event_date", "first day of its period"),
            _code("date_precision", "how well the date is known"), _text("operator", "organisation that did it"),
            _bool("is_alert", "an accident that no later release covers"),
            _bool("is_counted", "whether it counts on the day: not undone, not later, dated where it must be"),
            _text("note", "why it is an alert or does not count"), _GEOMETRY, id="event_id",
        ),
        _result(
            "site_conflicts", "a release and an area that holds its land hazardous, within reach of a site",
            _text("area_id", "area that says the land is released"), _text("release_id", "its release"),
            _text("other_area_id", "area that holds it hazardous"),
            _m2("conflict_m2", "land that both claim"), *_REACH, _GEOMETRY,
        ),
        _result(
            "site_quarantined", "a row that was not taken, of a place or an area within reach of a site",
            Column("batch_id", "count", "import that brought it"), _text("source", "system that it came from"),
            Column("row", "count", "row in its import, the first is 0", low=0),
            _text("event_id", "the event, as written"), _text("area_id", "its area, as written"),
            _text("event", "what happened, as written"), _text("reason", "why it was not taken"),
            _number("distance_m", "shortest distance to the site; missing where it has no place within reach", "m"),
            _bool("is_alert", "whether it could be a hazard"), _GEOMETRY, id="event_id",
        ),
        _result(
            "site_parts", "a part of the site by what is recorded of it",
            _code("state_code", "what is recorded", "site_state"),
            _m2("site_m2", "land of the site; missing where it has none"),
            _number("site_m", "length of its lines; missing where it has none", "m"),
            _count("site_count", "its points; missing where it has none"),
            _share("site_share", "share of its land, else of its length, else of its points"), id="state_code",
        ),
        _result(
            "history_of", "an event of an area",
            _text("event_id", "the event"), _text("area_id", "the area, or one that it goes back to"),
            _code("event", "what happened"), _date("event_date", "first day of its period"),
            _code("date_precision", "how well the date is known"),
            _m2("touched_m2", "land that it touched"), _m2("hazardous_m2", "land of the area hazardous after it"),
            _code("status", "state after it"), _text("note", "what it could not do, or that it was undone"),
            id="event_id",
        ),
        _result(
            "problems", "one broken rule",
            Column("row", "count", "position in the frame, the first is 0"), _text("id", "id of the row"),
            _text("column", "column that breaks the rule"), _text("rule", "number of the rule"),
            _text("value", "what was found"), _text("message", "what is wrong, and what was done"),
            id="row",
        ),
        _result(
            "ranking", "an area",
            _text("area_id", "the area"), _number("score", "sum of the contributions", low=None),
            Column("rank", "count", "1 is first; equal scores share a rank", low=1),
        ),
    )
}  # fmt: skip
"""The frames that functions return."""


def describe(table: str) -> pd.DataFrame:
    """Describe the columns of a table, or the codes of a list.

    Parameters
    ----------
    table : str
        The name of a table that is read ('events'), of a result ('assess_use'), or of a code list ('use_code').

    Returns
    -------
    DataFrame
        One row a column: column, unit, dtype, codes, meaning, rules. Of a code list: code, meaning.

    Raises
    ------
    OptionError
        No table has that name.

    Examples
    --------
    >>> describe("follow_ups").set_index("column").loc["observed_share", ["unit", "dtype", "rules"]].tolist()
    ['share', 'float64', 'R3 R5']
    >>> describe("land_uses")
    Traceback (most recent call last):
    landrelease.errors.OptionError: table must be one of areas, ...; got 'land_uses'; did you mean 'land_use'?
    """
    check_option("table", table, [*TABLES, *RESULTS, *CODES])
    if table in CODES:
        return pd.DataFrame(list(CODES[table].items()), columns=["code", "meaning"])
    declared = TABLES.get(table) or RESULTS[table]
    rows = [
        (
            column.name,
            column.unit,
            DTYPES[column.kind],
            ", ".join(CODES[column.codes]) if column.codes else "",
            column.meaning,
            _rules_of(column, declared) if table in TABLES else "",
        )
        for column in declared.columns
    ]
    return pd.DataFrame(rows, columns=["column", "unit", "dtype", "codes", "meaning", "rules"])


DTYPES: dict[str, str] = {
    "text": "str",
    "code": "str",
    "number": "float64",
    "count": "Int64",
    "date": "datetime64[us]",
    "bool": "boolean",
    "geometry": "geometry",
}
"""The dtype of a column by its kind."""


def conform(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return the declared columns of a table in their order and type; those that the frame lacks are empty.

    The geometry column stays if the frame has one. Other columns are left out.

    Examples
    --------
    >>> conform(pd.DataFrame({"flow_id": ["1"], "note": ["x"]}), "funding").dtypes.astype(str).to_dict()
    {'flow_id': 'str', 'year': 'Int64', 'donor': 'str', ..., 'amount_usd': 'float64', ...}
    """
    declared = TABLES.get(table) or RESULTS[table]
    columns = {}
    for column in declared.columns:
        if column.kind == "geometry":
            continue
        dtype: Any = DTYPES[column.kind]
        if column.name in frame:
            values = frame[column.name]
            if column.kind == "date":
                values = as_days(values, column.name)
            elif column.kind in ("text", "code") and values.dtype != "str":
                values = as_text(values)
            columns[column.name] = values.astype(dtype)
        else:
            columns[column.name] = pd.Series(None, index=frame.index, dtype=dtype)
    if "geometry" in frame:
        columns["geometry"] = frame["geometry"]
    return pd.DataFrame(columns, index=frame.index)


def _rules_of(column: Column, table: Table) -> str:
    rules = []
    if column.is_required:
        rules.append("R1")
    if column.name == table.id:
        rules.append("R2")
    if column.kind in ("number", "count", "date", "bool"):
        rules.append("R3")
    if column.codes:
        rules.append("R4")
    if column.low is not None or column.high is not None:
        rules.append("R5")
    if column.kind == "date":
        rules.append("R6")
    if column.kind == "geometry":
        rules.append("R7 R8 R9 R10 R11")
    if column.name == "reported_area_m2":
        rules.append("R12")
    return " ".join(rules)
