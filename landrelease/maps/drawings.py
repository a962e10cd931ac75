"""What each layer of our maps shows: its classes, its totals, its notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from landrelease.errors import DataError
from landrelease.maps.build import (
    Drawing,
    classed,
    drawing,
    facet_of,
    located,
    page_columns,
    require_columns,
    row_notes,
    sum_notes,
    total_m2,
)
from landrelease.maps.payload import Facet
from landrelease.maps.records import RECORDS
from landrelease.maps.shades import shades_by
from landrelease.maps.style import (
    ADMIN_SHADES,
    HAZARD_CLASSES,
    HAZARD_SHAPES,
    HAZARD_STATUSES,
    INTERNAL,
    OUTLINE,
    RANK_SHADES,
    RELEASE_TYPES,
    VERDICTS,
    Look,
    label_of,
)
from landrelease.tables import is_person_column

if TYPE_CHECKING:
    from landrelease.priority.score.ranking import Ranking

__all__ = [
    "admin_layer", "codes_of", "hazard_layer", "level_classes", "project_layer", "rank_classes", "rank_layer",
    "release_layer", "road_layer", "settlement_layer", "shade_classes", "with_hazards", "with_hazards_said",
]  # fmt: skip

NO_HAZARD = "no hazard on record"
_INTERNAL = ("area_before_m2",)
_HAZARDS_OF_UNITS = ("hazards_said", "hazardous_m2", "hazard_count")
_BASE, _ROADS, _SETTLEMENTS, _RELEASES, _HAZARDS, _PROJECTS = 210, 214, 216, 220, 230, 240
"""What is drawn above what; images of rasters stand below and just above the base map."""
_PARTS = {f"{code}_m2": code for code in ("as_intended", "other_productive", "unused", "unknown")}
_POINTS, _LINES = ("Point", "MultiPoint"), ("LineString", "MultiLineString", "LinearRing")


def codes_of(frame: pd.DataFrame, column: str, looks: dict[str, Look]) -> pd.Series:
    """Return the class of each row by a column that may be absent."""
    values = frame[column] if column in frame.columns else pd.Series(None, index=frame.index, dtype="str")
    return classed(values, [code for code in looks if code not in ("other", "missing")])


def _area(frame: pd.DataFrame) -> pd.Series | None:
    return frame["area_m2"].astype("float64") if "area_m2" in frame.columns else None


def _by_shape(areas: gpd.GeoDataFrame, role: str, land: Look) -> tuple[Facet, list[Look]]:
    """Tell hazards with a polygon from those known to a point or a line only: no size can be read off these."""
    looks = {**HAZARD_SHAPES, "land": {**HAZARD_SHAPES["land"], **land}}
    names = np.select([areas.geom_type.isin(_POINTS), areas.geom_type.isin(_LINES)], ["point", "line"], "land")
    shapes = pd.Series(names, index=areas.index, dtype="str")
    return facet_of(shapes, looks, title="Symbol", role=role, count_title="Areas", m2=None)


def hazard_layer(
    areas: gpd.GeoDataFrame,
    extra: Sequence[str],
    left_out: pd.Series,
    *,
    colour_by: str | None = None,
    name: str = "",
    span: tuple[str, str] | None = None,
    notes: Sequence[str] = (),
) -> Drawing:
    """Return the layer of hazardous areas: filled by class or another column, outlined by status.

    `left_out` holds the status of the areas that are hazardous no more: they are counted, and not drawn.
    """
    m2 = _area(areas)
    if colour_by:
        by_class, fills = shades_by(areas, colour_by, "Areas", m2)
    else:
        codes = codes_of(areas, "hazard_class", HAZARD_CLASSES)
        by_class, fills = facet_of(codes, HAZARD_CLASSES, title="Class", role="fill", count_title="Areas", m2=m2)
    by_status, strokes = facet_of(
        codes_of(areas, "status", HAZARD_STATUSES),
        HAZARD_STATUSES,
        title="Status",
        role="stroke",
        count_title="Areas",
        m2=m2,
    )
    by_shape, _ = _by_shape(areas, "symbol", {})
    notes = [*row_notes(areas, m2), *sum_notes(m2), *notes]
    gone = left_out.value_counts()
    if len(gone):
        notes.append(f"Not counted here: {', '.join(f'{count:,} {status}' for status, count in gone.items())}.")
    return drawing(
        areas,
        [*page_columns(areas, "areas", extra), *_records(areas)],
        name=name or "Hazardous areas",
        noun="Hazardous area",
        internal=INTERNAL,
        height=_HAZARDS,
        facets=[by_class, by_status, by_shape],
        looks={"fills": fills, "strokes": strokes, "isDanger": True},
        title=["area_id", "name"],
        notes=notes,
        span=span,
    )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return what the page should know of the further records of each row, where there are any."""
    return [{"name": RECORDS, "label": "", "isHidden": True, "isRecords": True}] if RECORDS in frame.columns else []


def release_layer(
    releases: gpd.GeoDataFrame,
    extra: Sequence[str],
    *,
    colour_by: str | None = None,
    name: str = "",
    span: tuple[str, str] | None = None,
    notes: Sequence[str] = (),
    classes: tuple[pd.Series, dict[str, Look], str] | None = None,
) -> Drawing:
    """Return the layer of released land: by verdict, by release type where there is none, or by another column.

    `classes` gives the classes themselves, with their looks and the title of their legend.
    """
    require_columns(releases, "releases", ["release_id"])
    m2 = _area(releases)
    notes = [*row_notes(releases, m2), *notes]
    has_verdict = "verdict" in releases.columns
    has_parts = has_verdict and set(_PARTS) <= set(releases.columns)
    sums: Any = {code: total_m2(releases[column]) for column, code in _PARTS.items()} if has_parts else m2
    column, looks, title = ("verdict", VERDICTS, "Verdict") if has_verdict else ("release_type", RELEASE_TYPES, "Type")
    if classes:
        facet, fills = facet_of(*classes[:2], title=classes[2], role="fill", count_title="Releases", m2=m2)
    elif colour_by and colour_by != column:
        facet, fills = shades_by(releases, colour_by, "Releases", m2)
    else:
        codes = codes_of(releases, column, looks)
        facet, fills = facet_of(codes, looks, title=title, role="fill", count_title="Releases", m2=sums)
    if has_parts and facet.spec["title"] == title:
        notes.insert(0, "km²: each release is split by what was seen of it; its colour is that of its verdict.")
    return drawing(
        releases,
        [*page_columns(releases, "releases", extra), *_records(releases)],
        name=name or "Released land",
        noun="Release",
        height=_RELEASES,
        facets=[facet],
        looks={"fills": fills, "strokes": [OUTLINE]},
        title=["release_id", "area_id", "name"],
        notes=notes,
        span=span,
    )


def project_layer(
    projects: pd.DataFrame,
    extra: Sequence[str],
    *,
    colour_by: str | None = None,
    name: str = "",
    looks: dict[str, Look] | None = None,
) -> Drawing:
    """Return the layer of projects: only those that are known at a place; `looks` are those of colour_by's codes."""
    require_columns(projects, "projects", ["location_id", "is_point"])
    is_place = projects["is_point"].fillna(False).astype(bool)
    places = located(projects.loc[is_place], "projects")
    notes = row_notes(places, None)
    if not is_place.all():
        notes.append(f"{int((~is_place).sum()):,} known only to an area, not drawn.")
    line = {"line": "#000000", "width": 1.6}
    facet, fills = _alike(places, {"label": "Place of a project", "colour": "#FFFFFF", "solid": "#FFFFFF", **line})
    if colour_by and looks:
        codes = codes_of(places, colour_by, looks)
        facet, fills = facet_of(codes, looks, title=label_of(colour_by), role="fill", count_title="Places", m2=None)
    elif colour_by:
        facet, fills = shades_by(places, colour_by, "Places", None)
    return drawing(
        places,
        [*page_columns(places, "projects", extra), *_records(places)],
        name=name or "Development projects",
        noun="Project",
        height=_PROJECTS,
        facets=[facet],
        looks={"fills": fills, "strokes": [line], "symbol": "diamond"},
        title=["title", "project_id", "location_id"],
        notes=notes,
    )


def _alike(rows: gpd.GeoDataFrame, look: Look, count_title: str = "Places") -> tuple[Facet, list[Look]]:
    """Return the legend of rows that all look the same."""
    kinds = pd.Series("all", index=rows.index, dtype="str")
    return facet_of(kinds, {"all": look}, title="Symbol", role="fill", count_title=count_title, m2=None)


def road_layer(
    roads: gpd.GeoDataFrame, extra: Sequence[str], *, colour_by: str | None = None, name: str = ""
) -> Drawing:
    """Return roads as lines."""
    require_columns(roads, "roads", ["road_id"])
    lines = located(roads, "roads")
    look = {"label": "Road", "solid": "#FFFFFF", "line": "#8A6D4B", "width": 3, "symbol": "line"}
    facet, fills = _alike(lines, look, "Roads")
    if colour_by:
        facet, fills = shades_by(lines, colour_by, "Roads", None)
    return drawing(
        lines,
        page_columns(lines, "roads", extra),
        name=name or "Roads",
        noun="Road",
        height=_ROADS,
        facets=[facet],
        looks={"fills": fills, "strokes": [{"line": "#8A6D4B", "width": 1}]},
        title=["name", "road_id"],
        notes=row_notes(lines, None),
    )


def settlement_layer(
    settlements: gpd.GeoDataFrame, extra: Sequence[str], *, colour_by: str | None = None, name: str = ""
) -> Drawing:
    """Return settlements as dots."""
    require_columns(settlements, "settlements", ["settlement_id"])
    places = located(settlements, "settlements")
    line = {"line": "#FFFFFF", "width": 1.2}
    facet, fills = _alike(places, {"label": "Settlement", "colour": "#1D2733", "solid": "#1D2733", **line})
    if colour_by:
        facet, fills = shades_by(places, colour_by, "Places", None)
    return drawing(
        places,
        page_columns(places, "settlements", extra),
        name=name or "Settlements",
        noun="Settlement",
        height=_SETTLEMENTS,
        facets=[facet],
        looks={"fills": fills, "strokes": [line], "symbol": "circle"},
        title=["name", "settlement_id"],
        notes=row_notes(places, None),
    )


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
        facet, fills = shades_by(units, colour_by, "Units", None)
    elif hazardous is None:
        facet, fills = _plain(units)
    else:
        units, left_out = with_hazards(units, hazardous)
        shades, looks = shade_classes(units)
        m2 = units["hazardous_m2"]
        facet, fills = facet_of(shades, looks, title="Hazardous land", role="fill", count_title="Units", m2=m2)
        notes.extend(left_out)
    boundaries, line_looks = level_classes(units)
    outlines, lines = facet_of(boundaries, line_looks, title="Boundary", role="stroke", count_title="Units", m2=None)
    units = with_hazards_said(units)
    totals = [str(column) for column in units.columns if str(column).endswith("_m2") and column not in _INTERNAL]
    totals = [column for column in totals if not is_person_column(column)]
    totals += [name for name in ("hazards_said", "hazard_count") if name in units.columns]
    columns = page_columns(units, "admin_areas", [*sorted(totals, key=_place_of_total), *extra])
    for column in columns:
        if column["name"] in _HAZARDS_OF_UNITS:
            column["isOptional"] = True
        elif column["name"] == "admin_code":
            column["label"] = "Code"
    return drawing(
        units,
        columns,
        name=name or "Administrative units",
        noun="Administrative unit",
        height=_BASE,
        facets=[facet, outlines],
        looks={"fills": fills, "strokes": lines},
        title=["name", "admin_code"],
        notes=notes,
    )


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


def with_hazards(units: gpd.GeoDataFrame, hazardous: pd.DataFrame) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Add the hazardous land of each unit, and say which areas are in none of them."""
    require_columns(hazardous, "areas", ["admin_code", "area_m2"])
    code = hazardous["admin_code"]
    groups = hazardous.groupby("admin_code")["area_m2"]
    sums = units["admin_code"].map(groups.sum(min_count=1)).astype("float64")
    counts = units["admin_code"].map(groups.size()).astype("Int64")
    notes = sum_notes(hazardous["area_m2"])
    lost = ~code.isin(units["admin_code"].dropna())
    if lost.any():
        m2 = total_m2(hazardous.loc[lost, "area_m2"])
        much = "unknown land" if m2 is None else f"{m2 / 1e6:,.2f} km²"
        notes.append(f"Not in the colours: {int(lost.sum()):,} ({much}) in none of these units.")
    unknown = int(hazardous["area_m2"].isna().sum())
    if unknown:
        notes.append(f"{unknown:,} of {len(hazardous):,} hazardous areas have no known area: not in the km².")
    # of units of another level than those that the areas name, these sums say nothing
    level, named = _level(units), counts.notna()
    is_elsewhere = ~named & level.notna() & ~level.isin(level[named].dropna()) & named.any()
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


_PLACES = ("rank", "score", "priority_class", "rank_best", "rank_worst", "score_low", "score_high")
"""What a click tells of a place in a ranking, where the ranking has it."""


def rank_layer(areas: gpd.GeoDataFrame, ranking: Ranking, extra: Sequence[str]) -> Drawing:
    """Return the layer of ranked areas, with what each criterion adds to the score."""
    for what, table in (("ranking.table", ranking.table), ("ranking.contributions", ranking.contributions)):
        if table["area_id"].duplicated().any():
            raise DataError(f"'{what}' names {table['area_id'].duplicated().sum()} areas twice. Fix: one row an area")
    parts, specs = _contributions(ranking)
    shown = [name for name in _PLACES if name in ranking.table.columns]
    place = ranking.table.set_index("area_id")[shown]
    keys = areas["area_id"]
    kept = areas.drop(columns=shown, errors="ignore")
    ranked = kept.assign(**{str(name): keys.map(place[name]) for name in place})
    ranks = [name for name in shown if name.startswith("rank")]
    ranked[ranks] = ranked[ranks].astype("Int64")
    ranked = ranked.assign(**{str(name): keys.map(parts[name]) for name in parts})
    m2 = _area(ranked)
    facet, fills = facet_of(
        *rank_classes(ranked["rank_best" if "rank_best" in shown else "rank"]),
        title="Rank (1 is first)",
        role="fill",
        count_title="Areas",
        m2=m2,
    )
    by_shape, strokes = _by_shape(ranked, "stroke", OUTLINE)
    notes = [*row_notes(ranked, m2), *sum_notes(m2)]
    absent = int((~ranking.table["area_id"].isin(keys)).sum())
    if absent:
        notes.append(f"Not counted here: {absent:,} in the ranking, but not among these areas.")
    if "rank_best" in shown:
        notes.append(f"By the best rank that each may have: {int(place['rank'].isna().sum()):,} ranks are not certain.")
    first = [{"name": name, "label": label_of(name), "unit": ""} for name in shown]
    return drawing(
        ranked,
        [*first, *specs, *page_columns(areas, "areas", extra)],
        name="Areas by priority",
        noun="Hazardous area",
        internal=INTERNAL,
        height=_HAZARDS,
        facets=[facet, by_shape],
        looks={"fills": fills, "strokes": strokes or [OUTLINE]},
        title=["area_id", "name"],
        notes=notes,
    )


def _contributions(ranking: Ranking) -> tuple[pd.DataFrame, list[dict[str, Any]]]:
    """Return the contributions under names of ours, by area, and what the page says of each.

    Where the value of a criterion is not known, a second, hidden column says so: its contribution is only what it was
    counted as.
    """
    table = ranking.contributions.set_index("area_id").astype("float64")
    values = getattr(ranking, "values", None)
    is_unknown = (
        None if values is None else values.drop_duplicates("area_id").set_index("area_id").reindex(table.index).isna()
    )
    found = {}
    known = {criterion.column: criterion for criterion in ranking.criteria}
    specs: list[dict[str, Any]] = []
    for place, column in enumerate(table.columns):
        criterion = known.get(column)
        unit = "" if criterion is None else {"count": "", "m2": "m²"}.get(criterion.unit, criterion.unit)
        detail = "" if criterion is None else f"weight {criterion.weight:g}" + (f", in {unit}" if unit else "")
        label = (criterion.label if criterion is not None else "") or label_of(str(column))
        spec = {
            "name": f"contribution {place}",
            "label": label,
            "detail": detail,
            "isContribution": True,
            "isHidden": True,
        }
        specs.append(spec)
        found[spec["name"]] = table[column]
        if is_unknown is not None and column in is_unknown.columns and is_unknown[column].any():
            spec["unknown"] = f"unknown {place}"
            specs.append({"name": spec["unknown"], "label": label, "isHidden": True})
            found[spec["unknown"]] = is_unknown[column].astype("float64")
    return pd.DataFrame(found, index=table.index), specs


def rank_classes(rank: pd.Series) -> tuple[pd.Series, dict[str, Look]]:
    """Class areas by fifths of their ranks; equal ranks stay together."""
    known = rank.dropna().astype("int64")
    share = (known.rank(method="min") - 1) / max(1, len(known))
    step = (share * len(RANK_SHADES)).astype("int64").clip(upper=len(RANK_SHADES) - 1)
    names = step.astype("str").reindex(rank.index).fillna("none")
    looks: dict[str, Look] = {}
    for k, shade in enumerate(RANK_SHADES):
        held = known[step == k]
        if len(held):
            low, high = int(held.min()), int(held.max())
            label = f"Rank {low:,}" if low == high else f"Rank {low:,} to {high:,}"
            looks[str(k)] = {"label": label, "colour": shade, "solid": shade, **OUTLINE}
    looks["none"] = {"label": "Not ranked", "hatch": "#6B6B6B", "solid": "#6B6B6B", **OUTLINE}
    return names.astype("str"), looks
