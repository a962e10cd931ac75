"""Colours, names and the columns that may go on a page.

Hazards wear the colours of GICHD's symbology (TN 07.11/01); verdicts those of Okabe and Ito, which people
with any kind of colour vision tell apart; scores those of cividis. The legend names each, so that nothing rests on
colour alone.
"""

from __future__ import annotations

import re
from typing import Any

from landrelease.said import say

__all__ = [
    "ADMIN_SHADES",
    "FILLS_BY_COLUMN",
    "HAZARD_CLASSES",
    "HAZARD_SHAPES",
    "HAZARD_STATUSES",
    "INTERNAL",
    "LABELS",
    "NAMES",
    "OUTLINE",
    "PAGE_COLUMNS",
    "PALETTE",
    "RANK_SHADES",
    "RELEASE_TYPES",
    "UNIT_SHADES",
    "VERDICTS",
    "label_of",
    "unit_of",
]

Look = dict[str, Any]

INTERNAL = "Internal use: shows exact uncleared land"
"""What a page says that shows where hazards lie."""


def _fill(label: str, colour: str, *, opacity: float = 1.0, hatch: bool = False) -> Look:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    if hatch:
        return {"label": label, "hatch": colour, "solid": colour}
    return {"label": label, "colour": f"rgba({red}, {green}, {blue}, {opacity:g})", "solid": colour}


def _line(label: str, colour: str, width: float, dash: tuple[int, ...] = ()) -> Look:
    return {"label": label, "line": colour, "width": width, "dash": list(dash)}


HAZARD_CLASSES: dict[str, Look] = {
    "CHA": _fill("CHA: confirmed", "#FF0000", opacity=0.5),
    "SHA": _fill("SHA: suspected", "#F4A718", opacity=0.5),
    "other": _fill("Another class", "#7A4B00", opacity=0.5),
    "missing": _fill("Class not recorded", "#7A4B00", hatch=True),
}
"""Fill of hazards by class."""

HAZARD_STATUSES: dict[str, Look] = {
    "open": _line("Open", "#FF0000", 1.6),
    "in_progress": _line("In progress: part released", "#FF0000", 1.6, (7, 4)),
    "suspended": _line("Suspended: work stopped", "#FF0000", 1.6, (2, 3)),
    "other": _line("Another status", "#7A4B00", 1.6),
    "missing": _line("Status not recorded", "#7A4B00", 1.6, (2, 3)),
}
"""Outline of hazards by status."""

HAZARD_SHAPES: dict[str, Look] = {
    "land": {"label": "", "isSilent": True},
    "point": {**_line("Known to a point only, size not known", "#FF0000", 1.6), "symbol": "circle"},
    "line": {**_line("Known to a line only, size not known", "#FF0000", 1.6), "symbol": "line"},
}
"""Symbols of hazards of which no polygon is known."""

VERDICTS: dict[str, Look] = {
    "as_intended": _fill("Productive, as intended", "#009E73", opacity=0.75),
    "other_productive": _fill("Productive, other use", "#56B4E9", opacity=0.75),
    "unused": _fill("Not in productive use", "#CC79A7", opacity=0.85),
    "unknown": _fill("Unknown: too little seen", "#6B6B6B", hatch=True),
    "other": _fill("Another verdict", "#000000", opacity=0.5),
    "missing": _fill("No verdict", "#000000", hatch=True),
}
"""Fill of releases by verdict."""

RELEASE_TYPES: dict[str, Look] = {
    "cleared": _fill("Cleared", "#0072B2", opacity=0.7),
    "reduced": _fill("Reduced by technical survey", "#56B4E9", opacity=0.7),
    "cancelled": _fill("Cancelled by non-technical survey", "#009E73", opacity=0.6),
    "mixed": _fill("Released in several ways", "#CC79A7", opacity=0.7),
    "other": _fill("Another type", "#000000", opacity=0.5),
    "missing": _fill("Type not recorded", "#6B6B6B", hatch=True),
}
"""Fill of releases by type, where there is no verdict."""

RANK_SHADES = ("#00224E", "#434E6C", "#7D7C78", "#BCAF6F", "#FEE838")
"""Five steps of cividis, the most urgent first: darkest."""
PALETTE = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
"""Okabe and Ito, for texts that have no colours of their own."""
UNIT_SHADES = ("#F9F8FC", "#E8E2F0", "#D5CAE3", "#C1B2D6", "#AD9AC8")
"""Five steps from little to much of anything else in a unit, pale enough for hazards and releases to stand out."""
ADMIN_SHADES = ("#FFFFB2", "#FECC5C", "#FD8D3C", "#F03B20", "#BD0026")
"""Five steps from little to much hazardous land."""

OUTLINE: Look = {"line": "#2F3A45", "width": 0.8}
"""Edge of shapes whose fill says it all."""

FILLS_BY_COLUMN: dict[str, dict[str, Look]] = {
    "hazard_class": HAZARD_CLASSES,
    "release_type": RELEASE_TYPES,
    "status": {
        "open": _fill("Open", "#FF0000", opacity=0.5),
        "in_progress": _fill("In progress: part released", "#F4A718", opacity=0.5),
        "suspended": _fill("Suspended: work stopped", "#7B3294", opacity=0.5),
        "other": _fill("Another status", "#7A4B00", opacity=0.5),
        "missing": _fill("Status not recorded", "#7A4B00", hatch=True),
    },
    "verdict": VERDICTS,
}
"""Fills of columns of codes, where a layer is coloured by them."""

LABELS: dict[str, dict[str, str]] = {
    "hazard_class": {code: HAZARD_CLASSES[code]["label"] for code in ("CHA", "SHA")},
    "status": {
        "open": "open",
        "in_progress": "in progress",
        "suspended": "suspended",
        "released": "released",
        "superseded": "superseded: goes on as other areas",
    },
    "verdict": {code: look["label"] for code, look in VERDICTS.items() if code not in ("other", "missing")},
    "release_type": {code: look["label"] for code, look in RELEASE_TYPES.items() if code not in ("other", "missing")},
    "hazards_said": {
        text: text
        for text in (
            "not known",
            "none of known size on record",
            "on record, size not known",
            "no hazard on record",
            "counted in the units of another level",
        )
    },
}
"""How codes are said in a card; other codes are shown as they are."""

NAMES = {
    "area_id": "Hazardous area",
    "hazard_class": "Class",
    "status": "Status",
    "area_m2": "Area",
    "contamination_code": "Contamination",
    "survey_date": "Recorded",
    "blocked_resource_code": "Blocks",
    "intended_use_code": "Intended use",
    "admin_code": "Administrative unit",
    "release_id": "Release",
    "release_type": "Release type",
    "release_date": "Released",
    "verdict": "Verdict",
    "use_code": "Use found",
    "evidence": "Evidence",
    "evidence_date": "Evidence of",
    "observed_share": "Looked at",
    "as_intended_m2": "Used as intended",
    "other_productive_m2": "Other productive use",
    "unused_m2": "Not in productive use",
    "unknown_m2": "Use not known",
    "released_m2": "Released land",
    "productive_m2": "In productive use",
    "hazards_said": "Hazardous land",
    "conflict": "Sources that disagree",
    "project_level": "Nearest project",
    "project_id": "Project",
    "title": "Title",
    "sector_code": "Sector (DAC)",
    "start_date": "Start",
    "end_date": "End",
    "name": "Name",
    "level": "Level",
    "population_count": "Population",
    "hazardous_m2": "Hazardous land",
    "hazard_count": "Hazardous areas",
    "score": "Score",
    "rank": "Rank",
    "priority_class": "Class",
    "rank_best": "Best rank that it may have",
    "rank_worst": "Worst rank that it may have",
    "score_low": "Lowest score that it may have",
    "score_high": "Highest score that it may have",
    "from_date": "So from",
    "to_date": "Until before",
    "location_id": "Place",
    "visit_date": "Day",
    "reason_unused_code": "Why unused",
    "need_count": "Needs named there",
    "project_tier": "Closest project",
    "project_count": "Projects on site or likely",
    "lag_days": "Days to the first project",
    "first_project_id": "First project",
    "project_state_code": "State of the project",
    "implementer": "Implementer",
    "distance_m": "Distance",
    "road_id": "Road",
    "settlement_id": "Settlement",
    "speed_kmh": "Speed in km/h",
    "location_name": "Name of the place",
}

PAGE_COLUMNS: dict[str, tuple[str, ...]] = {
    "areas": (
        "area_id",
        "hazard_class",
        "status",
        "area_m2",
        "contamination_code",
        "survey_date",
        "blocked_resource_code",
        "admin_code",
    ),
    "releases": (
        "release_id",
        "area_id",
        "release_type",
        "release_date",
        "area_m2",
        "intended_use_code",
        "verdict",
        "use_code",
        "evidence",
        "evidence_date",
        "observed_share",
        "as_intended_m2",
        "other_productive_m2",
        "unused_m2",
        "unknown_m2",
        "conflict",
        "project_level",
        "admin_code",
    ),
    "projects": ("title", "project_id", "location_id", "sector_code", "status", "start_date", "end_date"),
    "admin_areas": ("name", "admin_code", "level", "population_count"),
    "roads": ("name", "road_id", "speed_kmh"),
    "settlements": ("name", "settlement_id", "population_count"),
}
"""The columns that leave for a page unasked, by table. No other column does unless `columns=` names it."""


def label_of(column: str) -> str:
    """Return what a column is called on a page: a plain name that we do not know in words, any other as it is.

    Areas and shares are shown with their unit, so their names are said without it.

    Examples
    --------
    >>> [label_of(name) for name in ("released_m2", "accident_count", "cost_usd", "Opština", "{x}_m2")]
    ['Released land', 'Accident count', 'Cost (US$)', 'Opština', '{x}_m2']
    """
    plain = re.fullmatch(r"([a-z][a-z0-9]*(?:_[a-z0-9]+)*?)(_m2|_share|_m|_usd|_days)?", column)
    if column in NAMES:
        return say(NAMES[column])
    if not plain:
        return column
    said = {"_m": " (m)", "_usd": " (US$)", "_days": " (days)"}.get(plain[2], "")
    return plain[1].replace("_", " ").capitalize() + said


def unit_of(column: str) -> str:
    """Return the unit of a column by the end of its name."""
    return next((unit for unit in ("m2", "share", "usd", "m", "days") if column.endswith("_" + unit)), "")
