"""The live ranking: one page on which the weights are moved, and the order, the map and the reasons follow."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from landrelease.cells import as_text
from landrelease.checks.arguments import require_whole
from landrelease.errors import OptionError, check_option
from landrelease.maps.layers.drawing import Drawing, drawing, row_notes
from landrelease.maps.layers.frames import check_columns, located, require_columns
from landrelease.maps.layers.payload import Facet, pack
from landrelease.maps.layers.units import GROUND, admin_layer
from landrelease.maps.style import INTERNAL, LABELS, RANK_SHADES, label_of, unit_of
from landrelease.maps.words import Language
from landrelease.priority.explain.sentences import say_class, say_dropped
from landrelease.priority.scheme.criteria import Criterion, Scheme, consulted_columns, rank_order_centroid
from landrelease.priority.scheme.text import scheme_text
from landrelease.priority.score.methods import class_places
from landrelease.said import Said, say
from landrelease.tables import NO_HAZARD, is_person_column

if TYPE_CHECKING:
    from branca.element import Figure
    from folium.map import Layer

    from landrelease.priority.score.ranking import Ranking

__all__ = ["live_ranking"]

_FACTS = ("hazard_class", "status", "area_m2", "blocked_resource_code")
_HEIGHT = 230
_NAMED = {"name": "name"}
_BY_UNIT = "Uncleared land is shown by administrative unit only."
_NOT_SHOWN = "No shape of uncleared land is on this page; the list names the areas."
_THIN = {"line": "#2F3A45", "width": 0.8}
_IN = {"line": "#000000", "width": 3.5}
_OPEN = {"line": "#000000", "width": 2.5, "dash": [3, 3]}
_INTERNAL = {
    (True, True): "Internal use: shows exact uncleared land and what could count victims or persons",
    (True, False): INTERNAL,
    (False, True): "Internal use: shows what could count victims or persons",
    (False, False): "",
}
"""By whether the page shows exact uncleared land, and whether a criterion could count victims or persons."""
_COUNTS = (("None of them", "#FFFFFF"), ("1", "#FFFFB2"), ("2 to 4", "#FECC5C"), ("5 to 9", "#FD8D3C"),
           ("10 or more", "#BD0026"))  # fmt: skip
"""Classes of units by how many of the first areas lie in them: the page has the same bounds."""


def live_ranking(
    ranking: Ranking,
    *,
    areas: gpd.GeoDataFrame | None = None,
    scheme: Scheme | None = None,
    admin_areas: gpd.GeoDataFrame | None = None,
    base: Sequence[Layer] = (),
    columns: Sequence[str] | None = None,
    hazards: Literal["exact", "admin", "none"] = "exact",
    top: int = 20,
    title: str = "",
    language: Language = "en",
) -> Figure:
    """Make a page on which people change the weights of a ranking and see at once what follows.

    Parameters
    ----------
    ranking : Ranking
        What `prioritise` returned, with the method "value". The page starts with its weights.
    areas : GeoDataFrame, optional
        Table `areas`: the map, and what the page tells of an area beside its score. Rows whose status is `released`
        or `superseded` are left out. Without it there is no map.
    scheme : Scheme, optional
        What the areas were ranked by. The file of weights that the page saves then says its name and source, and how
        its columns are computed.
    admin_areas : GeoDataFrame, optional
        Table `admin_areas`: the base map, and the name of the unit of each area.
    base : sequence of Layer, optional
        Settlements and roads of `map_layer`, below the areas.
    columns : sequence of str, optional
        Further columns of `areas` to tell of an area, as in `land_release_map`.
    hazards : {"exact", "admin", "none"}
        Uncleared land as its shapes (the page says that it is for internal use); as how many of the first areas lie in
        each unit; or no map. The order names the areas in each case.
    top : int
        How many areas there is money for, at first; the page can change it.
    title : str
        Of the page.
    language : {"en", "ar", "es", "fr", "km", "lo", "pt", "uk"}
        Of the texts of the page; data stay as they are. Warnings stand in English, too.

    Returns
    -------
    branca.element.Figure
        Its `save` writes one file that opens without internet.

    Raises
    ------
    OptionError
        Another method than "value"; a scheme of other criteria; a column that may not be shown, or a criterion or a
        threshold of victims or persons on a page that is not for internal use; `hazards="admin"` without units;
        `base` holds what needs a legend, or what lies not below.
    DataError
        A table lacks its id or its unit.
    CRSError
        A table with geometries has no CRS, or none that reaches EPSG:4326 to 10 m.

    Notes
    -----
    The page adds and compares as `prioritise` does: the weights that it saves are a scheme, of which `read_scheme` and
    `prioritise`, with the same `missing`, give the scores, the ranks and the ties that the page showed. Where an order
    was set and no weights, the file holds the order, and the weights are its rank-order centroids.

    Moving one weight of criteria of form `value` keeps the sum of all: the others keep their proportions. Weights of a
    scheme with points stand for themselves.

    Examples
    --------
    >>> import shapely
    >>> from landrelease.priority import Criterion, prioritise
    >>> criteria = [Criterion("people", 0, 1000, 0.6), Criterion("road_m", 0, 500, 0.4, more_is_urgent=False)]
    >>> cells = {"area_id": ["HA-1", "HA-2"], "people": [900, 300], "road_m": [100.0, None]}
    >>> ranking = prioritise(pd.DataFrame(cells), criteria, missing="worst")
    >>> areas = gpd.GeoDataFrame({"area_id": ["HA-1", "HA-2"], "status": ["open", "open"]},
    ...                          geometry=[shapely.box(18, 44, 18.01, 44.01), None], crs=4326)
    >>> page = live_ranking(ranking, areas=areas, title="Workshop").render()
    >>> "Internal use" in page, "HA-1" in page
    (True, False)
    >>> empty = live_ranking(prioritise(pd.DataFrame(cells).iloc[:0], criteria))
    >>> live_ranking(prioritise(pd.DataFrame(cells), criteria, method="topsis", missing="worst"))
    Traceback (most recent call last):
    landrelease.errors.OptionError: the live ranking moves the weights of a sum; this ranking is by method='topsis'.
      Fix: prioritise(..., method='value').
    """
    check_option("hazards", hazards, ("exact", "admin", "none"))
    require_whole("top", top, 1)
    _require_sum(ranking, scheme)
    is_exact = hazards == "exact" and areas is not None
    thresholds = [one for priority_class in ranking.classes for one in priority_class.any]
    counts_people = [f"criterion '{one.column}'" for one in ranking.criteria if is_person_column(one.column)]
    # the sentence of a class says the count that its threshold was held against
    counts_people += [f"threshold '{one.column}'" for one in thresholds if is_person_column(one.column)]
    if hazards != "exact" and counts_people:
        raise OptionError(
            f"{counts_people[0]} could count victims or persons, area by area: not on a page for the "
            "public.\n  Fix: hazards='exact', for internal use."
        )
    known = None
    if areas is not None:
        require_columns(areas, "areas", ["area_id", "status"])
        known = _with_codes(areas.loc[~areas["status"].isin(NO_HAZARD).astype(bool)])
    elif hazards == "admin":
        raise OptionError("hazards='admin' needs the areas and the units. Fix: pass areas=... and admin_areas=...")
    extra = check_columns(columns, {"areas": areas})
    facts = _facts(known, extra)
    units = _units(admin_areas, known, hazards)
    ids = ranking.table["area_id"]
    order = ids.array.argsort()
    # few people may have been asked of an area: how many is for internal use
    told = set(ranking.values) if hazards == "exact" else set()
    asked = [set(consulted_columns(one.column)) <= told for one in ranking.criteria]
    unit = _names(units, known)
    block = _block(ranking, order, scheme, asked=asked, facts=facts, unit=unit, top=int(top), title=title)
    drawings: list[Drawing] = []
    if is_exact and known is not None:
        drawings.append(_area_layer(known, ids.iloc[order]))
    elif hazards == "admin" and units is not None and known is not None:
        drawings.append(_unit_layer(units, known, ids.iloc[order]))
    if is_exact and admin_areas is not None:
        drawings.append(admin_layer(admin_areas, (), None))
    said = {"admin": [_BY_UNIT], "none": [_NOT_SHOWN]}.get(hazards, [])
    internal = _INTERNAL[is_exact, bool(counts_people) or any(asked)]
    return _page(
        block, drawings, base, title=title or say("Live ranking"), internal=internal, notes=said, language=language
    )


def _require_sum(ranking: Ranking, scheme: Scheme | None) -> None:
    if ranking.method != "value":
        raise OptionError(
            f"the live ranking moves the weights of a sum; this ranking is by method='{ranking.method}'.\n"
            "  Fix: prioritise(..., method='value')."
        )
    if scheme is not None and (scheme.criteria, scheme.classes) != (ranking.criteria, ranking.classes):
        raise OptionError(
            "scheme has other criteria or classes than the ranking. Fix: pass the scheme that prioritise was given"
        )


def _facts(areas: pd.DataFrame | None, extra: Sequence[str]) -> pd.DataFrame:
    """Return what the page tells of each area beside its score: text, by area id; by column."""
    if areas is None:
        return pd.DataFrame(index=pd.Index([], dtype="str"))
    said = {}
    for name in dict.fromkeys([*_FACTS, *extra]):
        if name in areas.columns:
            values = areas[name].astype("object")
            said[name] = [None if pd.isna(one) else _say(one, name) for one in values]
    facts = pd.DataFrame(said, index=pd.Index(areas["area_id"].astype("str")), dtype="object")
    return facts.loc[~facts.index.duplicated()]


def _say(value: Any, column: str) -> str:
    """Say one value of an area: a code in words, an area in the unit that fits, a day as it is."""
    if isinstance(value, str):
        labels = LABELS.get(column, {})
        return say(labels[value]) if value in labels else value
    if isinstance(value, bool | np.bool_):
        return say("yes" if value else "no")
    if isinstance(value, pd.Timestamp):
        return f"{value:%Y-%m-%d}"
    if not isinstance(value, int | float | np.number):
        return str(value)
    unit = unit_of(column)
    if unit == "m2":
        for step, name in ((1e6, "{0} km²"), (1e4, "{0} ha")):
            if value >= step:
                return say(name, f"{value / step:,.2f}")
        return say("{0} m²", f"{value:,.0f}")
    if unit == "share":
        return say("{0} %", f"{100 * value:.0f}")
    return say({"m": "{0} m", "days": "{0} d"}.get(unit, "{0}"), f"{value:,.6g}")


def _units(admin_areas: gpd.GeoDataFrame | None, areas: pd.DataFrame | None, hazards: str) -> gpd.GeoDataFrame | None:
    """Return the units that areas can lie in, one row a code; None where none are given."""
    if hazards == "admin":
        if admin_areas is None:
            raise OptionError("hazards='admin' needs the units. Fix: pass admin_areas=..., or hazards='none'")
        if areas is not None:
            require_columns(areas, "areas", ["admin_code"])
    if admin_areas is None:
        return None
    require_columns(admin_areas, "admin_areas", ["admin_code", "name"])
    units = _with_codes(located(admin_areas, "admin_areas"))
    return units.loc[units["admin_code"].notna() & ~units["admin_code"].duplicated()].reset_index(drop=True)


def _with_codes(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the codes of units as text: one that a table holds as a number is the same in the other."""
    return frame.assign(admin_code=as_text(frame["admin_code"])) if "admin_code" in frame.columns else frame


def _names(units: gpd.GeoDataFrame | None, areas: pd.DataFrame | None) -> pd.Series:
    """Return the name of the unit of each area, by area id."""
    if units is None or areas is None or "admin_code" not in areas.columns:
        return pd.Series([], index=pd.Index([], dtype="str"), dtype="object")
    names = units.set_index("admin_code")["name"].astype("object")
    found = areas.set_index(areas["area_id"].astype("str"))["admin_code"].map(names)
    return found.loc[~found.index.duplicated()]


def _block(
    ranking: Ranking,
    order: Any,
    scheme: Scheme | None,
    *,
    asked: Sequence[bool],
    facts: pd.DataFrame,
    unit: pd.Series,
    top: int,
    title: str,
) -> str:
    """Return what the page computes with: rows in the order of their ids, which settles ties."""
    values = ranking.values.iloc[order]
    ids = values["area_id"].astype("str").tolist()
    found = ranking.values.drop(columns="area_id")
    columns = {str(name): found[name].to_numpy(dtype="float64") for name in found.columns}
    thresholds = [one.column for priority_class in ranking.classes for one in priority_class.any]
    read = {one.column for one in ranking.criteria} | set(thresholds)
    unknown = np.logical_or.reduce([np.isnan(columns[name]) for name in read])
    is_ranked = ~unknown if ranking.missing == "drop" else np.ones(len(ids), dtype=bool)
    sections = [columns[one.column][order] for one in ranking.criteria]
    for one, is_asked in zip(ranking.criteria, asked, strict=True):
        sections += [columns[name][order] for name in consulted_columns(one.column)] if is_asked else []
    sections.append(is_ranked[order].astype("float64"))
    if ranking.classes:
        for reached in (ranking.missing in ("best", "bounds"), ranking.missing == "best"):
            places = class_places(ranking.classes, columns, unknown_is_reached=reached)
            sections.append(places[order].astype("float64"))
    said = [say_class(ranking, row) if is_ranked[row] else say_dropped(ranking, row) for row in order]
    has_points = any(one.form == "points" for one in ranking.criteria)
    header = {
        "ids": ids,
        "unit": [_text(one) for one in unit.reindex(ids)],
        "facts": [_fact(str(name), facts[name].reindex(ids)) for name in facts],
        "said": said,
        "criteria": [_criterion(one, is_asked) for one, is_asked in zip(ranking.criteria, asked, strict=True)],
        "centroids": [] if has_points else rank_order_centroid(len(ranking.criteria)),
        "isOrder": ranking.weights == "order",
        "hasClasses": bool(ranking.classes),
        "bands": [
            {"name": one.name, "atLeast": one.at_least} for one in sorted(ranking.bands, key=lambda b: -b.at_least)
        ],
        "missing": ranking.missing,
        "scheme": ranking.scheme,
        "top": top,
        "shades": RANK_SHADES,
        "file": _file(ranking, scheme, title),
    }
    return pack(header, [section.astype("<f8").tobytes() for section in sections])


def _fact(column: str, values: pd.Series) -> dict[str, Any]:
    """Return what the page tells of a column, and which of it are texts of ours."""
    label = label_of(column)
    known = values.dropna().drop_duplicates()
    ours = [str(one) for one in known if isinstance(one, Said)]
    told: dict[str, Any] = {"label": str(label), "values": [_text(one) for one in values]}
    if not isinstance(label, Said):
        told["isData"] = True
    if ours:
        told["ours"] = True if len(ours) == len(known) else ours
    return told


def _text(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else str(value)


def _criterion(one: Criterion, is_asked: bool) -> dict[str, Any]:
    low, high = (None if bound is None else float(bound) for bound in (one.low, one.high))
    return {
        "name": one.name,
        "unit": one.unit,
        "form": one.form,
        "low": low,
        "high": high,
        "weight": float(one.weight),
        "isMoreUrgent": one.more_is_urgent,
        "isAsked": is_asked,
    }


def _file(ranking: Ranking, scheme: Scheme | None, title: str) -> dict[str, Any]:
    """Return the parts of the file of weights: as the scheme was, and as it is where its weights were changed."""
    if scheme is None:
        scheme = Scheme(
            name="live-ranking",
            title=ranking.scheme or title or "Live ranking",
            source="Criteria of a ranking made in Python.",
            verified=False,
            note="",
            criteria=ranking.criteria,
            bands=ranking.bands,
            weights=ranking.weights,
            classes=ranking.classes,
        )
    text = scheme_text(scheme)
    note = f"{scheme.note}\nThe weights are those that were set on a page of the live ranking.".strip()
    changed = scheme_text(
        Scheme(scheme.name, scheme.title, scheme.source, False, note, scheme.criteria, {}, (), scheme.weights)
    )
    comment = f"# prioritise(table, scheme, missing={json.dumps(ranking.missing)}) gives the ranking of the page.\n"
    parts = {"head": comment + text.head, "changedHead": comment + changed.head}
    return {**parts, "criteria": text.criteria, "tail": text.tail}


def _area_layer(areas: gpd.GeoDataFrame, ids: pd.Series) -> Drawing:
    """Return the layer of the areas, each with its row in the block; the page gives them their colours."""
    shown = located(areas, "areas")[["area_id", "geometry"]]
    place = pd.Series(np.arange(len(ids)), index=ids.astype("str").to_numpy())
    shown = shown.assign(row=shown["area_id"].astype("str").map(place).astype("Int64"))
    fills = [{"colour": shade, "solid": shade} for shade in RANK_SHADES]
    fills.append({"hatch": "#6B6B6B", "solid": "#6B6B6B"})
    absent = int((~ids.astype("str").isin(shown["area_id"].astype("str"))).sum())
    notes = row_notes(shown, None)
    if absent:
        notes.append(f"In the ranking, but not among these areas: {absent:,}. They are in the order, not on the map.")
    return _layer(shown, fills, [_THIN, _OPEN, _IN], name="Areas by rank", noun="Hazardous area", notes=notes)


def _unit_layer(units: gpd.GeoDataFrame, areas: pd.DataFrame, ids: pd.Series) -> Drawing:
    """Return the layer of the units, each with the rows of the block that lie in it."""
    place = pd.Series(np.arange(len(ids)), index=ids.astype("str").to_numpy())
    rows = areas["area_id"].astype("str").map(place)
    inside = rows.dropna().astype("int64").astype("str").groupby(areas["admin_code"]).agg(" ".join)
    shown = units[["admin_code", "name", "geometry"]]
    shown = shown.assign(rows=shown["admin_code"].map(inside).astype("str"))
    lost = int((rows.notna() & ~areas["admin_code"].isin(shown["admin_code"])).sum())
    notes = [f"In none of these units: {lost:,}. They are in the order, not on the map."] if lost else []
    fills = [{"colour": shade, "solid": shade} for _, shade in _COUNTS] + [{"colour": None, "solid": None}]
    outline = {"line": "#5E6973", "width": 1.0, "isSteady": True}
    notes = [*row_notes(units, None), *notes]
    return _layer(
        shown, fills, [outline], name="Units", noun="Administrative unit", notes=notes, height=GROUND, names=_NAMED
    )


def _layer(
    shown: gpd.GeoDataFrame,
    fills: list[dict[str, Any]],
    strokes: list[dict[str, Any]],
    *,
    name: str,
    noun: str,
    notes: list[str],
    height: int = _HEIGHT,
    names: dict[str, str] | None = None,
) -> Drawing:
    facets = []
    for role, looks in (("fill", fills), ("stroke", strokes)):
        entries = [{"label": "", "count": 0, "m2": None, "isSilent": True, "look": look} for look in looks]
        spec = {"title": "", "role": role, "countTitle": "", "hasArea": False, "entries": entries, "total": None}
        facets.append(Facet(np.full(len(shown), len(looks) - 1 if role == "fill" else 0), spec))
    columns = [{"name": str(column), "label": str(column)} for column in shown.columns if column != "geometry"]
    return drawing(
        shown,
        columns,
        name=name,
        noun=noun,
        height=height,
        facets=facets,
        looks={"fills": fills, "strokes": strokes},
        title=["name", "area_id"],
        notes=notes,
        names=names,
    )


def _page(block: str, drawings: Sequence[Drawing], base: Sequence[Layer], **options: Any) -> Figure:
    from landrelease.maps.pages.live.elements import live_page

    return live_page(block, drawings, base, **options)
