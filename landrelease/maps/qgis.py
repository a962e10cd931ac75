"""How QGIS draws a layer: a style (QML) with the classes that occur in it, in the colours of our pages.

A style holds the words and codes of this package only, never text of the data.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import geopandas as gpd

from landrelease.maps.layers.classes import Theme, kind_of, symbol_of, themes_of
from landrelease.maps.layers.payload import drawable
from landrelease.maps.style import HAZARD_SHAPES, Look
from landrelease.tables import NO_HAZARD

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["STYLES_TABLE", "qml_of"]

STYLES_TABLE = """CREATE TABLE layer_styles (
    id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256),
    f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT,
    useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30),
    update_time DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')))"""
"""The table in which QGIS looks for styles of the layers of a GeoPackage."""

_MM = 0.264583
"""A pixel of a page on paper. [mm]"""
_OUTLINE: Look = {"line": "#2F3A45", "width": 0.8}
_DASHES = {(): "solid", (7, 4): "dash", (2, 3): "dot"}
_TYPES = {"Point": "Point", "MultiPoint": "Point", "LineString": "Line", "MultiLineString": "Line",
          "LinearRing": "Line", "Polygon": "Polygon", "MultiPolygon": "Polygon"}  # fmt: skip
_SHAPE_OF = {"Point": "point", "Line": "line"}


def qml_of(frame: gpd.GeoDataFrame) -> str | None:
    """Return the style of a layer as QML; None where nothing of it is drawn, or it has no colours of its own.

    Examples
    --------
    >>> import shapely
    >>> areas = gpd.GeoDataFrame({"area_id": ["HA-1"], "status": ["open"], "hazard_class": ["CHA"]},
    ...                          geometry=[shapely.box(18, 44, 18.01, 44.01)], crs=4326)
    >>> [rule.get("filter") for rule in ElementTree.fromstring(qml_of(areas)).iter("rule")][2:]
    ['"hazard_class" = \\'CHA\\'', None, '"status" = \\'open\\'']
    >>> qml_of(areas.iloc[:0]), qml_of(areas.drop(columns=["status"]))
    (None, None)
    """
    themes = themes_of(frame)
    shapes = frame.geometry[drawable(frame.geometry.to_numpy())]
    types = [one for one in ("Polygon", "Line", "Point") if one in set(shapes.geom_type.map(_TYPES))]
    if not themes or not types:
        return None
    document = ElementTree.Element("qgis", {"version": "3.22.0", "styleCategories": "Symbology"})
    renderer = ElementTree.SubElement(document, "renderer-v2", {"type": "RuleRenderer", "symbollevels": "0"})
    rules, symbols = ElementTree.Element("rules", {"key": "root"}), ElementTree.Element("symbols")
    kind = kind_of(frame)
    # what is released is no hazard, also where its record still has a shape
    listed = ", ".join(f"'{code}'" for code in sorted(NO_HAZARD))
    is_told = kind in ("areas", "ranking") and "status" in frame.columns
    drawn = f'"status" IS NULL OR "status" NOT IN ({listed})' if is_told else ""
    top = _rule(rules, "Hazardous" if drawn else "", drawn) if drawn else rules
    has_stroke = any(theme.role == "stroke" for theme in themes)
    for theme in themes:
        for shape in types if theme.role == "fill" else [one for one in types if one == "Polygon"]:
            group = _group(top, theme, shape, len(types) > 1)
            for code in theme.present:
                look = theme.looks[code] if has_stroke else _OUTLINE | theme.looks[code]
                if not {"colour", "hatch", "line"} & {key for key, value in look.items() if value}:
                    continue
                rule = _rule(group, str(look["label"]), theme.where[code])
                rule.set("symbol", str(len(symbols)))
                _symbol(symbols, look, theme.role, shape, symbol_of(kind))
    renderer.extend([rules, symbols])
    return "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n" + ElementTree.tostring(
        document, encoding="unicode"
    )


def _rule(parent: Element, label: str, where: str) -> Element:
    rule = ElementTree.SubElement(parent, "rule", {"label": label})
    if where:
        rule.set("filter", where)
    return rule


def _group(top: Element, theme: Theme, shape: str, has_others: bool) -> Element:
    """Return the rule above the classes of a theme; one for each type of geometry where there are several."""
    said = str(HAZARD_SHAPES[_SHAPE_OF[shape]]["label"]) if shape in _SHAPE_OF and theme.title else theme.title
    where = f"geometry_type($geometry) = '{shape}'" if has_others else ""
    return _rule(top, said, where) if said or where else top


def _symbol(symbols: Element, look: Look, role: str, shape: str, marker: str) -> None:
    kind = {"Polygon": "fill", "Line": "line", "Point": "marker"}[shape]
    symbol = ElementTree.SubElement(
        symbols, "symbol", {"type": kind, "name": str(len(symbols)), "alpha": "1", "clip_to_extent": "1"}
    )
    line = _line(look)
    if shape == "Line":
        _layer(symbol, "SimpleLine", line_color=_rgba(look["solid"]), line_width=0.6, line_width_unit="MM")
    elif shape == "Point":
        edge = {f"outline_{key}": value for key, value in line.items()} or {"outline_style": "no"}
        _layer(symbol, "SimpleMarker", name=marker, color=_rgba(look["solid"]), size=2.6, size_unit="MM", **edge)
    else:
        if look.get("hatch") and role == "fill":
            _hatch(symbol, str(look["hatch"]))
        has_fill = bool(look.get("colour")) and role == "fill"
        edge = {f"outline_{key}": value for key, value in line.items()} or {"outline_style": "no"}
        colour = _rgba(look["colour"]) if has_fill else "0,0,0,0"
        _layer(symbol, "SimpleFill", color=colour, style="solid" if has_fill else "no", **edge)


def _line(look: Look) -> dict[str, str | float]:
    if not look.get("line"):
        return {}
    dash = _DASHES[tuple(look.get("dash", ()))]
    width = round(float(look.get("width", 0.8)) * _MM, 3)
    return {"color": _rgba(look["line"]), "style": dash, "width": width, "width_unit": "MM"}


def _hatch(symbol: Element, colour: str) -> None:
    pattern = _layer(symbol, "LinePatternFill", angle=45, distance=1.2, distance_unit="MM", line_width=0.2)
    name = f"@{symbol.get('name')}@0"
    inner = ElementTree.SubElement(pattern, "symbol", {"type": "line", "name": name, "alpha": "1"})
    _layer(inner, "SimpleLine", line_color=_rgba(colour), line_width=0.25, line_width_unit="MM")


def _layer(symbol: Element, kind: str, **properties: str | float) -> Element:
    layer = ElementTree.SubElement(symbol, "layer", {"class": kind, "enabled": "1", "pass": "0", "locked": "0"})
    for key, value in properties.items():
        ElementTree.SubElement(layer, "prop", {"k": key, "v": str(value)})
    return layer


def _rgba(colour: str) -> str:
    """Return a colour as QGIS writes it.

    Examples
    --------
    >>> _rgba("#F4A718"), _rgba("rgba(255, 0, 0, 0.5)")
    ('244,167,24,255', '255,0,0,128')
    """
    if colour.startswith("#"):
        return ",".join(str(int(colour[place : place + 2], 16)) for place in (1, 3, 5)) + ",255"
    parts: Sequence[str] = re.findall(r"[\d.]+", colour)
    return f"{','.join(parts[:3])},{round(255 * float(parts[3]))}"
