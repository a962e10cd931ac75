"""What the rows of a table look like: the classes that occur in it, for styles in GIS and for maps on paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from landrelease.maps.layers.drawings import codes_of, rank_classes
from landrelease.maps.layers.units import NO_HAZARD as NO_RECORD
from landrelease.maps.layers.units import level_classes, shade_classes
from landrelease.maps.style import HAZARD_CLASSES, HAZARD_STATUSES, RELEASE_TYPES, VERDICTS, Look
from landrelease.tables import NO_HAZARD

__all__ = ["CAUTION", "Kind", "Theme", "hazards_among", "kind_of", "symbol_of", "themes_of"]

Kind = Literal["accidents", "admin_areas", "areas", "conflicts", "other", "projects", "ranking", "releases"]

CAUTION = "No record is not evidence of no contamination."

_KINDS: tuple[tuple[Kind, tuple[set[str], ...]], ...] = (
    ("accidents", ({"accident_id"},)),
    ("conflicts", ({"area_id", "other_area_id"},)),
    ("releases", ({"release_id", "verdict"}, {"release_id", "release_type"})),
    ("ranking", ({"area_id", "rank"}, {"area_id", "rank_best"})),
    ("areas", ({"area_id", "status"},)),
    ("projects", ({"location_id", "title"},)),
    ("admin_areas", ({"admin_code", "name"},)),
)
_CONFLICT: Look = {"label": "Released by one record, hazardous by another", "hatch": "#C00000", "solid": "#C00000",
                   "line": "#000000", "width": 1.2}  # fmt: skip
_PLACE: Look = {"label": "Place of a project", "colour": "#FFFFFF", "solid": "#FFFFFF", "line": "#000000", "width": 1.6}


@dataclass(frozen=True)
class Theme:
    """One way to divide the rows of a table into classes: what each looks like, and which rows are of it."""

    title: str
    role: Literal["fill", "stroke"]
    classes: pd.Series
    """The class of each row that is drawn: a key of `looks`."""
    looks: Mapping[str, Look]
    where: Mapping[str, str] = field(default_factory=dict)
    """For each class the SQL that is true of its rows."""

    @property
    def present(self) -> list[str]:
        """The classes that occur, in the order of the legend."""
        found = set(self.classes)
        return [code for code in self.looks if code in found]


def kind_of(frame: pd.DataFrame) -> Kind:
    """Tell what the rows of a table are, by its columns.

    Examples
    --------
    >>> kind_of(pd.DataFrame(columns=["area_id", "status"])), kind_of(pd.DataFrame(columns=["road_id"]))
    ('areas', 'other')
    """
    columns = set(map(str, frame.columns))
    return next((kind for kind, needed in _KINDS if any(one <= columns for one in needed)), "other")


def hazards_among(areas: pd.DataFrame) -> pd.Series:
    """Tell which rows are hazardous: all that are not said to be released or superseded."""
    if "status" not in areas.columns:
        return pd.Series(True, index=areas.index)
    return ~areas["status"].isin(NO_HAZARD).astype(bool)


def symbol_of(kind: Kind) -> str:
    """Return how a place without an extent is drawn."""
    return "diamond" if kind == "projects" else "circle"


def themes_of(frame: pd.DataFrame) -> list[Theme]:
    """Return the classes of a table's rows; none for a table that has no colours of its own."""
    kind = kind_of(frame)
    if kind == "releases":
        if "verdict" in frame.columns:
            return [_by_code(frame, "verdict", VERDICTS, "Verdict", "fill")]
        return [_by_code(frame, "release_type", RELEASE_TYPES, "Type", "fill")]
    if kind == "areas":
        rows = frame.loc[hazards_among(frame)]
        return [
            _by_code(rows, "hazard_class", HAZARD_CLASSES, "Class", "fill"),
            _by_code(rows, "status", HAZARD_STATUSES, "Status", "stroke"),
        ]
    if kind == "ranking":
        rows = frame.loc[hazards_among(frame)]
        column = "rank_best" if "rank_best" in frame.columns else "rank"
        classes, looks = rank_classes(rows[column])
        where = _ranges(column, rows[column], classes, [code for code in looks if code != "none"])
        return [Theme("Rank (1 is first)", "fill", classes, looks, {**where, "none": f'"{column}" IS NULL'})]
    if kind == "admin_areas":
        return _of_units(frame)
    single = {"conflicts": _CONFLICT, "projects": _PLACE}.get(kind)
    if single is None:
        return []
    return [Theme("", "fill", pd.Series("all", index=frame.index, dtype="str"), {"all": single}, {"all": ""})]


def _by_code(
    frame: pd.DataFrame, column: str, looks: dict[str, Look], title: str, role: Literal["fill", "stroke"]
) -> Theme:
    """Return the classes of a column of codes; codes that we do not know, and missing ones, are classes too."""
    classes = codes_of(frame, column, looks)
    if column not in frame.columns:
        return Theme(title, role, classes, looks, {"missing": ""})
    known = [code for code in looks if code not in ("other", "missing")]
    where = {code: f"\"{column}\" = '{code}'" for code in known}
    listed = ", ".join(f"'{code}'" for code in known)
    where["other"] = f'"{column}" IS NOT NULL AND "{column}" NOT IN ({listed})'
    return Theme(title, role, classes, looks, {**where, "missing": f'"{column}" IS NULL'})


def _ranges(column: str, values: pd.Series, classes: pd.Series, codes: Iterable[str]) -> dict[str, str]:
    """Return where each of some ordered classes of numbers lies; no number falls between two of them."""
    tops = values.astype("float64").groupby(classes).max()
    ordered = sorted((code for code in codes if code in tops.index), key=lambda code: float(tops[code]))
    where = {}
    for place, code in enumerate(ordered):
        low = f'"{column}" > {float(tops[ordered[place - 1]])!r}' if place else ""
        high = f'"{column}" <= {float(tops[code])!r}' if place < len(ordered) - 1 else ""
        where[code] = " AND ".join(part for part in (low, high) if part) or f'"{column}" IS NOT NULL'
    return where


def _of_units(units: pd.DataFrame) -> list[Theme]:
    """Return the boundaries of units by level, and their shades where the hazardous land in them is said."""
    boundaries, lines = level_classes(units)
    where = {code: f'"level" = {code}' for code in lines if code != "none"}
    where["none"] = '"level" IS NULL' if "level" in units.columns else ""
    themes = [Theme("Boundary", "stroke", boundaries, lines, where)]
    if not {"hazards_said", "hazardous_m2", "hazard_count"} <= set(units.columns):
        return themes
    m2 = units["hazardous_m2"]
    shades, looks = shade_classes(units.assign(hazards_by_unit=units["hazards_said"]))
    where = _ranges("hazardous_m2", m2, shades, [code for code in looks if code.isdigit()])
    where["unknown"] = '"hazardous_m2" IS NULL AND "hazard_count" IS NOT NULL'
    where["none"] = f'"hazard_count" IS NULL AND "hazards_said" = \'{NO_RECORD}\''
    return [Theme("Hazardous land", "fill", shades, looks, where), *themes]
