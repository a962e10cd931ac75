"""The base map: administrative units, alone or shaded by the hazardous land in them."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd

from landrelease.cells import as_text
from landrelease.errors import DataError
from landrelease.maps.layers.drawing import Drawing, drawing, facet_of, row_notes, sum_notes, total_m2
from landrelease.maps.layers.frames import located, page_columns, require_columns
from landrelease.maps.layers.payload import Facet
from landrelease.maps.layers.shades import classes_by, of_column
from landrelease.maps.style import ADMIN_SHADES, PALETTE, UNIT_SHADES, Look, label_of
from landrelease.said import say
from landrelease.tables import is_person_column

__all__ = [
    "GROUND",
    "NO_HAZARD",
    "SUMS_OF_HAZARDS",
    "admin_layer",
    "level_classes",
    "shade_classes",
    "with_hazards",
    "with_hazards_said",
    "without_hazards",
]

NO_HAZARD = "no hazard on record"
GROUND = 210
"""The height of the units: above land cover, below relief and all else."""
SUMS_OF_HAZARDS = ("hazards_said", "hazardous_m2", "hazard_count")
"""The columns of units that tell of uncleared land in them."""
_INTERNAL = ("area_before_m2",)


def admin_layer(
    admin_areas: gpd.GeoDataFrame,
    extra: Sequence[str],
    hazardous: pd.DataFrame | None,
    *,
    colour_by: str | None = None,
    name: str = "",
) -> Drawing:
    """Return the base map: units with their names; with `hazardous`, shaded by the hazardous land in them."""
    require_columns(admin_areas, "admin_areas", ["admin_code", "name"])
    units = located(admin_areas, "admin_areas")
    notes = row_notes(units, None)
    if colour_by:
        facet, fills = _shaded(units, colour_by)
    elif hazardous is None:
        facet, fills = _plain(units)
    else:
        units, left_out = with_hazards(units, hazardous)
        shades, looks = shade_classes(units)
        m2 = units["hazardous_m2"]
        facet, fills = facet_of(shades, looks, title="Hazardous land", role="fill", count_title="Units", m2=m2)
        notes.extend(left_out)
    boundaries, line_looks = level_classes(units)
    if colour_by:  # seen between two units of the darkest shade
        line_looks = {code: {**look, "line": "#4B5560"} for code, look in line_looks.items()}
    outlines, lines = facet_of(boundaries, line_looks, title="Boundary", role="stroke", count_title="Units", m2=None)
    units = with_hazards_said(units)
    totals = [str(column) for column in units.columns if str(column).endswith("_m2") and column not in _INTERNAL]
    totals = [column for column in totals if not is_person_column(column)]
    totals += [name for name in ("hazards_said", "hazard_count") if name in units.columns]
    columns = page_columns(units, "admin_areas", [*sorted(totals, key=_place_of_total), *extra])
    for column in columns:
        if column["name"] in SUMS_OF_HAZARDS:
            column["isOptional"] = True
        elif column["name"] == "admin_code":
            column["label"] = "Code"
    return drawing(
        units,
        columns,
        name=name or "Administrative units",
        is_named=bool(name),
        noun="Administrative unit",
        height=GROUND,
        facets=[facet, outlines],
        looks={"fills": fills, "strokes": lines},
        title=["name", "admin_code"],
        notes=notes,
        names={"name": "name"},
    )


def _shaded(units: gpd.GeoDataFrame, column: str) -> tuple[Facet, list[Look]]:
    """Shade the units of the lowest level of which anything is known: those above would hide them."""
    level, is_known = _level(units), units[column].notna()
    lowest = level[is_known].max()
    is_above = level.ne(lowest) if pd.notna(lowest) else pd.Series(False, index=units.index)
    names, looks = classes_by(units[column].mask(is_above), column, UNIT_SHADES)
    missing = {"label": say("Not recorded"), "colour": "#FFFFFF", "hatch": "#8A949E", "solid": "#FFFFFF"}
    paler = {code: {**look, **_pale(look)} for code, look in looks.items()}
    looks = {"outlined": _silent(None), **paler, "missing": {**missing, "line": "#8A949E"}}
    facet, fills = facet_of(
        names.mask(is_above, "outlined"), looks, title=label_of(column), role="fill", count_title="Units", m2=None
    )
    return of_column(facet, column), fills


def _pale(look: Look) -> Look:
    """Return the fill of a class under everything else: the full colours of texts and codes would outdo hazards."""
    colour = str(look["solid"])
    if colour in PALETTE or "opacity" in look:
        parts = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        colour = "#" + "".join(f"{round(255 - 0.45 * (255 - part)):02X}" for part in parts)
    return {"colour": colour, "solid": colour, "line": "#8A949E", "width": 0.8}


def _place_of_total(column: str) -> int:
    """Put what is said of hazards first, then what was released."""
    order = ("hazards_said", "hazardous_m2", "hazard_count", "released_m2", "productive_m2", "unused_m2", "unknown_m2")
    return order.index(column) if column in order else len(order)


def with_hazards_said(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Say in words what a unit without a figure of hazardous land is; a figure of nought is only that of records."""
    if "hazardous_m2" not in units.columns:
        return units
    m2 = pd.to_numeric(units["hazardous_m2"], errors="coerce").astype("float64")
    count = units["hazard_count"] if "hazard_count" in units.columns else pd.Series(np.nan, index=units.index)
    count = pd.to_numeric(count, errors="coerce").astype("float64")
    said = pd.Series("not known", index=units.index, dtype="str")
    # a sum of nought, without a count, may leave out hazards known to a point only
    said = said.mask(m2.eq(0), "none of known size on record")
    said = said.mask(count.gt(0), "on record, size not known").mask(count.eq(0), NO_HAZARD)
    if "hazards_by_unit" in units.columns:
        said = said.mask(units["hazards_by_unit"].notna(), units["hazards_by_unit"])
    return units.assign(hazards_said=said.mask(m2.gt(0)), hazardous_m2=m2.where(m2.gt(0)))


def _level(units: gpd.GeoDataFrame) -> pd.Series:
    if "level" not in units.columns:
        return pd.Series(np.nan, index=units.index)
    level: pd.Series = pd.to_numeric(units["level"], errors="coerce").astype("float64")
    return level


def level_classes(units: gpd.GeoDataFrame) -> tuple[pd.Series, dict[str, Look]]:
    """Outline units the heavier the higher they stand."""
    level = _level(units)
    depth = level.rank(method="dense", ascending=False).fillna(1)
    widths = {1: ("#8A949E", 0.8), 2: ("#5E6973", 1.5), 3: ("#3D4852", 2.4)}
    looks: dict[str, Look] = {"none": {"label": "Level not recorded", **_boundary(*widths[1])}}
    for value in sorted(level.dropna().unique()):
        line = widths[min(3, int(depth[level == value].iloc[0]))]
        looks[f"{value:g}"] = {"label": f"Level {value:g}", **_boundary(*line)}
    names = level.map(lambda value: f"{value:g}", na_action="ignore").astype("str").fillna("none")
    if "level" not in units.columns:
        looks["none"]["isSilent"] = True
    return names, looks


def _boundary(colour: str, width: float) -> Look:
    return {"line": colour, "width": width, "isSteady": True}


def _plain(units: gpd.GeoDataFrame) -> tuple[Facet, list[Look]]:
    """Fill only the highest units: a fill would hide the boundaries of those within."""
    level = _level(units)
    is_top = level.isna() | (level == level.min())
    names = pd.Series(np.where(is_top, "filled", "outlined"), index=units.index, dtype="str")
    looks = {"outlined": _silent(None), "filled": _silent("#FFFFFF")}
    return facet_of(names, looks, title="", role="fill", count_title="", m2=None)


def _silent(colour: str | None) -> Look:
    """How a class looks that the legend does not name."""
    return {"label": "", "isSilent": True, "colour": colour, "solid": colour}


def without_hazards(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out what a table of units tells of uncleared land."""
    return units.drop(columns=[name for name in SUMS_OF_HAZARDS if name in units.columns])


def with_hazards(units: gpd.GeoDataFrame, hazardous: pd.DataFrame) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Add the hazardous land of each unit, and say which areas are in none of them."""
    require_columns(hazardous, "areas", ["admin_code", "area_m2"])
    # a code that one table holds as a number is the same text in the other
    code, own = as_text(hazardous["admin_code"]), as_text(units["admin_code"])
    groups = hazardous.groupby(code)["area_m2"]
    sums = own.map(groups.sum(min_count=1)).astype("float64")
    counts = own.map(groups.size()).astype("Int64")
    notes = sum_notes(hazardous["area_m2"])
    lost = ~code.isin(own.dropna())
    if len(lost) and lost.all():
        raise DataError(
            f"'areas': none of {len(lost):,} hazardous areas names one of these units, and each unit would be said to "
            "have no hazard on record.\n"
            "  Fix: fill admin_code, for example with landrelease.assign_admin, or pass the units that it names"
        )
    if lost.any():
        m2 = total_m2(hazardous.loc[lost, "area_m2"])
        much = "unknown land" if m2 is None else f"{m2 / 1e6:,.2f} km²"
        notes.append(f"Not in the colours: {int(lost.sum()):,} ({much}) in none of these units.")
    unknown = int(hazardous["area_m2"].isna().sum())
    if unknown:
        notes.append(f"Hazardous areas of unknown size: {unknown:,} of {len(hazardous):,}, not in the km².")
    # of units of another level than those that the areas name, these sums say nothing
    level, named = _level(units), counts.notna()
    is_elsewhere = ~named & level.notna() & ~level.isin(level[named].dropna()) & bool(named.any())
    said = pd.Series(NO_HAZARD, index=units.index, dtype="str").mask(counts.notna())
    said = said.mask(is_elsewhere, "counted in the units of another level")
    return units.assign(hazardous_m2=sums, hazard_count=counts, hazards_by_unit=said), notes


def shade_classes(units: gpd.GeoDataFrame) -> tuple[pd.Series, dict[str, Look]]:
    """Shade units by fifths of their hazardous land; a unit without a record is not one without hazards."""
    m2, has_record = units["hazardous_m2"], units["hazard_count"].notna()
    known = m2.dropna()
    edges = np.unique(np.quantile(known, [0.2, 0.4, 0.6, 0.8])) if len(known) else np.zeros(0)
    step = pd.Series(np.searchsorted(edges, m2.fillna(0).to_numpy(), side="left"), index=units.index)
    names = step.astype("str").mask(m2.isna(), "unknown").mask(~has_record, "none")
    # units of another level than those that the areas name are no places without a record
    names = names.mask(~has_record & units["hazards_by_unit"].ne(NO_HAZARD), "outlined")
    looks: dict[str, Look] = {"outlined": _silent(None)}
    for k in reversed(range(len(edges) + 1)):
        held = m2[names == str(k)]
        if len(held):
            low, high = _km2(float(held.min())), _km2(float(held.max()))
            label = f"{low} km²" if low == high else f"{low} to {high} km²"
            shade = ADMIN_SHADES[k + (len(ADMIN_SHADES) - len(edges) - 1) // 2]
            looks[str(k)] = {"label": label, "colour": shade, "solid": shade, "line": "#8A949E"}
    looks["unknown"] = {"label": "On record, size not known", "hatch": "#BD0026", "solid": "#BD0026"}
    looks["none"] = {"label": NO_HAZARD.capitalize(), "colour": "#FFFFFF", "solid": "#FFFFFF", "line": "#8A949E"}
    return names.astype("str"), looks


def _km2(m2: float) -> str:
    """Say an area without rounding a small one to nothing. [km2]"""
    return "under 0.01" if 0 < m2 < 5_000 else f"{m2 / 1e6:,.2f}"
