"""What each layer of our maps shows: its classes, its totals, its notes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from landrelease.errors import DataError
from landrelease.maps.layers.drawing import (
    Drawing,
    classed,
    drawing,
    facet_of,
    is_covered,
    row_notes,
    sum_notes,
    total_m2,
)
from landrelease.maps.layers.frames import located, page_columns, require_columns
from landrelease.maps.layers.payload import Facet
from landrelease.maps.layers.records import RECORDS
from landrelease.maps.layers.shades import shades_by
from landrelease.maps.style import (
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
from landrelease.said import Said, say

if TYPE_CHECKING:
    from landrelease.priority.score.ranking import Ranking

__all__ = [
    "SETTLEMENTS",
    "codes_of",
    "hazard_layer",
    "project_layer",
    "rank_classes",
    "rank_layer",
    "release_layer",
    "road_layer",
    "settlement_layer",
]

_ROADS, SETTLEMENTS, _RELEASES, _HAZARDS, _PROJECTS = 214, 216, 220, 230, 240
"""What is drawn above what; below are the base map, at 210, and images of rasters."""
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
    notes += [f"Not counted here: {count:,} {status}." for status, count in left_out.value_counts().items()]
    return drawing(
        areas,
        [*page_columns(areas, "areas", extra), *_records(areas)],
        name=name or "Hazardous areas",
        is_named=bool(name),
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
    notes = [*row_notes(releases, m2), *_on_hazards(releases), *notes]
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
        is_named=bool(name),
        noun="Release",
        height=_RELEASES,
        facets=[facet],
        looks={"fills": fills, "strokes": [OUTLINE]},
        title=["release_id", "area_id", "name"],
        notes=notes,
        span=span,
    )


def _on_hazards(releases: gpd.GeoDataFrame) -> list[str]:
    """Say how many of the releases that are not drawn, for others hold their land, lie on land held hazardous."""
    if "conflict_m2" not in releases.columns:
        return []
    count = int((is_covered(releases) & releases["conflict_m2"].gt(0).to_numpy()).sum())
    return [say("Of these, on land that another record holds hazardous: {0}.", count)] if count else []


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
        notes.append(f"Known only to an area, not drawn: {int((~is_place).sum()):,}.")
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
        is_named=bool(name),
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
        height=SETTLEMENTS,
        facets=[facet],
        looks={"fills": fills, "strokes": [line], "symbol": "circle", "size": 0.5},
        title=["name", "settlement_id"],
        notes=row_notes(places, None),
        names={"name": "name", "first": "population_count"},
    )


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
        notes.append(f"By the best rank that each may have. Ranks not certain: {int(place['rank'].isna().sum()):,}.")
    first = [{"name": name, "label": label_of(name), "unit": "", "isOurs": True} for name in shown]
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
        detail = "" if criterion is None else _weight(f"{criterion.weight:g}", unit)
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


def _weight(weight: str, unit: str) -> Said:
    return say("weight {0}, in {1}", weight, unit) if unit else say("weight {0}", weight)


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
