"""A sheet of paper: the map in its neat line, and beside it what a printed map must say. All places in mm."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unicodedata import bidirectional

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.cells import clean
from landrelease.maps.layers.classes import CAUTION, Theme, kind_of, symbol_of, themes_of
from landrelease.maps.layers.payload import drawable
from landrelease.maps.paper.ink import SMALLEST_MM, draw_layer, draw_swatch, point_of
from landrelease.maps.paper.letters import families_for, fitted, wrapped
from landrelease.maps.style import INTERNAL
from landrelease.maps.words import Language, direction_of, in_words, words_of
from landrelease.said import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.font_manager import FontProperties

__all__ = ["Block", "Sheet", "bar_of", "draw_sheet"]

_MARGIN, _TITLE, _PANEL_WIDE, _PANEL_HIGH, _GAP = 8.0, 12.0, 62.0, 76.0, 4.0
_INK, _FAINT, _RED = "#1A2733", "#5B6770", "#B00000"
_DPI = 300
_HEADINGS = {"admin_areas": "Administrative units", "areas": "Hazardous areas", "projects": "Development projects",
             "ranking": "Areas by priority", "releases": "Released land"}  # fmt: skip
_HEIGHTS = {"admin_areas": 10, "releases": 20, "projects": 30, "areas": 40}


@dataclass(frozen=True)
class Sheet:
    """A sheet of paper. [mm]"""

    width: float
    height: float

    @property
    def is_wide(self) -> bool:
        """Whether the panel stands at the right of the map, and not below it."""
        return self.width > self.height

    @property
    def map_box(self) -> tuple[float, float, float, float]:
        """Left, bottom, width and height of the map, from the lower left corner of the sheet. [mm]"""
        right = _PANEL_WIDE + _GAP if self.is_wide else 0.0
        below = 0.0 if self.is_wide else _PANEL_HIGH + _GAP
        width, height = self.width - 2 * _MARGIN - right, self.height - 2 * _MARGIN - _TITLE - below
        return _MARGIN, _MARGIN + below, width, height

    @property
    def map_size(self) -> tuple[float, float]:
        """Width and height of the map. [mm]"""
        return self.map_box[2], self.map_box[3]

    @property
    def columns(self) -> list[tuple[float, float, float, float]]:
        """Left, top, width and bottom of the columns of the panel. [mm]"""
        left, bottom, width, height = self.map_box
        if self.is_wide:
            return [(left + width + _GAP, bottom + height, _PANEL_WIDE, bottom)]
        count = max(1, int((width + _GAP) // _PANEL_WIDE))
        each = (width - (count - 1) * _GAP) / count
        return [(left + k * (each + _GAP), bottom - _GAP, each, _MARGIN) for k in range(count)]


@dataclass(frozen=True)
class Block:
    """What stands on a sheet."""

    title: str
    layers: Mapping[str, gpd.GeoDataFrame]
    """Tables in the CRS of the map, the lowest first."""
    x: float
    y: float
    """Middle of the map in its CRS."""
    metres: float
    """Length on the ground of a unit of the CRS. [m]"""
    scale: float
    north: float
    """Direction of true north, clockwise from the top. [degree]"""
    is_internal: bool
    notes: Sequence[str]
    """In the language of the sheet."""
    language: Language


def draw_sheet(path: Path, ending: str, sheet: Sheet, block: Block) -> None:
    """Draw a sheet into a file of that kind."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    units = block.layers.get("admin_areas")
    names = [] if units is None else units["name"].dropna().tolist()
    ours = [*words_of(block.language).values(), *block.notes]
    families = families_for([_said(str(text)) for text in (block.title, *names, *ours)])
    settings: Any = {
        "text.parse_math": False, "text.usetex": False, "hatch.linewidth": 0.5,
        "pdf.fonttype": 42, "svg.fonttype": "path", "svg.hashsalt": "landrelease", "path.simplify": False,
    }  # fmt: skip
    with mpl.rc_context(settings):
        figure = Figure(figsize=(sheet.width / 25.4, sheet.height / 25.4), facecolor="white")
        page = figure.add_axes((0, 0, 1, 1), zorder=2)
        page.set_xlim(0, sheet.width)
        page.set_ylim(0, sheet.height)
        page.axis("off")
        page.patch.set_visible(False)
        marked = _draw_map(figure, page, sheet, block, families)
        _draw_panel(page, sheet, block, marked, families)
        metadata = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(ending, {})
        figure.savefig(path, format=ending, dpi=_DPI, metadata={"Title": _said(block.title), **metadata})


def _said(text: str) -> str:
    return " ".join(clean(text).split())[:2_000]


def _font(size_pt: float, *, is_bold: bool = False, families: Sequence[str] = ("DejaVu Sans",)) -> FontProperties:
    """Return a font; other fonts than ours are taken as they are, for few have a bold one."""
    from matplotlib.font_manager import FontProperties

    is_ours = len(families) == 1
    return FontProperties(family=list(families), size=size_pt, weight="bold" if is_bold and is_ours else "normal")


def _text(page: Axes, x: float, y: float, text: str, font: Any, **options: Any) -> None:
    page.text(x, y, text, fontproperties=font, **({"color": _INK, "va": "top"} | options))


def _line(
    page: Axes, block: Block, x: float, y: float, width: float, text: str, font: Any, *, indent: float = 0.0,
    is_last: bool = False, **options: Any,
) -> None:  # fmt: skip
    """Write a line into a box, from the side on which its language begins; `is_last` at the other side."""
    is_turned = direction_of(block.language) == "rtl"
    is_right = is_turned != is_last
    at = x + width - indent if is_right else x + indent
    # a line of Arabic that begins with a name in Latin letters runs from right to left, too
    is_mixed = is_turned and any(bidirectional(letter) in ("R", "AL") for letter in text)
    line = f"\u200f{text}" if is_mixed else text
    _text(page, at, y, line, font, ha="right" if is_right else "left", **options)


def _draw_map(figure: Any, page: Axes, sheet: Sheet, block: Block, families: Sequence[str]) -> int:
    """Draw the map, its neat line and its title; return how many shapes are drawn as squares."""
    from matplotlib.patches import Rectangle

    left, bottom, width, height = sheet.map_box
    mm_per_unit = block.metres * 1000 / block.scale
    axes = figure.add_axes((left / sheet.width, bottom / sheet.height, width / sheet.width, height / sheet.height))
    half = width / mm_per_unit / 2, height / mm_per_unit / 2
    axes.set_xlim(block.x - half[0], block.x + half[0])
    axes.set_ylim(block.y - half[1], block.y + half[1])
    axes.axis("off")
    window = shapely.box(block.x - half[0], block.y - half[1], block.x + half[0], block.y + half[1])
    marked = 0
    for name, layer in block.layers.items():
        seen = layer.loc[drawable(layer.geometry.to_numpy()) & layer.intersects(window).to_numpy()]
        if len(seen):
            marked += draw_layer(axes, seen, mm_per_unit, _HEIGHTS[name])
    if "admin_areas" in block.layers:
        _name_units(axes, block.layers["admin_areas"], window, mm_per_unit, _font(6.5, families=families))
    page.add_patch(Rectangle((left, bottom), width, height, facecolor="none", edgecolor=_INK, linewidth=0.9))
    font = _font(14, is_bold=True, families=families)
    title = fitted(block.title, font, point_of(sheet.width - 2 * _MARGIN))
    _line(page, block, _MARGIN, sheet.height - _MARGIN, sheet.width - 2 * _MARGIN, title, font)
    return marked


def _name_units(axes: Axes, units: gpd.GeoDataFrame, window: Any, mm_per_unit: float, font: Any) -> None:
    """Write the names of units that have room for them, of the level with most of those."""
    from matplotlib.patheffects import withStroke
    from matplotlib.textpath import text_to_path

    parts = units.assign(geometry=units.geometry.intersection(window))
    parts = parts.loc[drawable(parts.geometry.to_numpy()) & parts["name"].notna().to_numpy()]
    level = pd.to_numeric(parts["level"], errors="coerce") if "level" in parts.columns else pd.Series(0, parts.index)
    found: dict[float, list[tuple[Any, str]]] = {}
    for name, shape, depth in zip(parts["name"], parts.geometry, level.fillna(0), strict=True):
        line = _said(str(name))
        wide, high, _ = text_to_path.get_text_width_height_descent(line, font, ismath=False)
        place = shapely.point_on_surface(shape)
        width, height = (float(one) / point_of(mm_per_unit) for one in (wide, high))
        label = shapely.box(place.x - width / 2, place.y - height, place.x + width / 2, place.y + height)
        if shape.contains(label):
            found.setdefault(float(depth), []).append((place, line))
    for place, line in max(found.values(), key=len, default=[]):
        name = axes.text(place.x, place.y, line, fontproperties=font, color=_INK, ha="center", va="center", zorder=15)
        name.set_path_effects([withStroke(linewidth=1.6, foreground="white")])


def _draw_panel(page: Axes, sheet: Sheet, block: Block, marked: int, families: Sequence[str]) -> None:
    """Draw the scale, the arrow, the legend and the notes, column by column."""
    rows = list(_legend(block.layers, block.language))
    notes = [*block.notes]
    if marked:
        many = say("Shapes smaller than {0} mm, drawn as squares of that size: {1}.", f"{SMALLEST_MM:g}", marked)
        notes.append(in_words(many, block.language))
    printed = f"Printed on {sheet.width:g} by {sheet.height:g} mm; at another size only the bar is true."
    notes.append(in_words(printed, block.language))
    small = _font(6, families=families)
    column_width = sheet.columns[0][2]
    lines = [line for note in notes for line in wrapped(note, small, point_of(column_width))]
    bold = _font(7.5, is_bold=True, families=families)
    said = [(INTERNAL, _RED)] if block.is_internal else []
    # a warning in the language of the sheet, and below it in English, for nobody but its readers may have checked it
    texts = [(text, colour) for note, colour in [*said, (CAUTION, _INK)]
             for text in dict.fromkeys((in_words(note, block.language), note))]  # fmt: skip
    stamps = [(line, colour) for text, colour in texts for line in wrapped(text, bold, point_of(column_width))]
    room = sum(top - bottom for _, top, _, bottom in sheet.columns)
    fixed = 22 + 2.9 * len(lines) + 3.6 * len(stamps) + 6 + 8 * (len(sheet.columns) - 1)
    step = float(np.clip((room - fixed) / max(len(rows), 1), 2.6, 4.8))
    pen = _Pen(sheet, fixed + step * len(rows))
    for line, colour in stamps:
        x, y, width = pen.down(3.6)
        _line(page, block, x, y, width, line, bold, color=colour)
    x, y, width = pen.down(22)
    _draw_scale(page, x, y - 1.5, width, block, families)
    for row in rows:
        # a heading stays with its first class
        x, y, width = pen.down(step, keep=step if row.count < 0 else 0.0)
        _draw_row(page, block, row, (x, y, width, step), families)
    pen.down(2)
    for line in lines:
        x, y, width = pen.down(2.9)
        _line(page, block, x, y, width, line, small, color=_FAINT)


class _Pen:
    """Goes down the columns of a panel."""

    def __init__(self, sheet: Sheet, needed: float) -> None:
        each = needed / len(sheet.columns)
        # columns of about the same height; the last takes what is left
        tops = [(left, top, width, max(bottom, top - each)) for left, top, width, bottom in sheet.columns]
        self._columns = [*tops[:-1], sheet.columns[-1]]
        self._column = 0
        self._y = self._columns[0][1]

    def down(self, height: float, *, keep: float = 0.0) -> tuple[float, float, float]:
        """Return left, top and width of the next piece, with room to keep below it, and go below it. [mm]"""
        _, _, _, bottom = self._columns[self._column]
        if self._y - height - keep < bottom - 0.1 and self._column < len(self._columns) - 1:
            self._column += 1
            self._y = self._columns[self._column][1]
        left, _, width, _ = self._columns[self._column]
        top, self._y = self._y, self._y - height
        return left, top, width


@dataclass(frozen=True)
class _Row:
    """A row of the legend: a heading, or a class with its count."""

    text: str
    count: int = -1
    theme: Theme | None = None
    code: str = ""
    marker: str = ""
    is_outlined: bool = False


def _legend(layers: Mapping[str, gpd.GeoDataFrame], language: Language) -> Iterator[_Row]:
    """Yield the rows of the legend, the highest layer first; classes that nothing has are not named."""
    for layer in reversed(list(layers.values())):
        kind = kind_of(layer)
        themes = themes_of(layer)
        if not any(theme.present for theme in themes):
            continue
        has_strokes = any(theme.role == "stroke" for theme in themes)
        for theme in themes:
            counts = theme.classes.value_counts()
            named = [code for code in theme.present if theme.looks[code]["label"]]
            if named:
                yield _Row(_heading(_HEADINGS[kind], theme.title, language))
            marker = symbol_of(kind) if kind == "projects" else ""
            for code in named:
                label = in_words(theme.looks[code]["label"], language)
                yield _Row(label, int(counts[code]), theme, code, marker, not has_strokes)
        yield from _by_shape(layer, language)


def _heading(layer: str, title: str, language: Language) -> str:
    """Say a layer and by what it is divided."""
    if not title:
        return in_words(layer, language)
    by = title.lower() if language == "en" else in_words(title, language)
    return in_words(say("{0}: {1}", in_words(layer, language), by), language)


def _by_shape(layer: gpd.GeoDataFrame, language: Language) -> Iterator[_Row]:
    """Yield what marks and lines of hazards mean, where there are any."""
    if kind_of(layer) in ("areas", "ranking"):
        dimensions = shapely.get_dimensions(layer.geometry.to_numpy())
        for dimension, text in ((0, "Round mark: known to a point only"), (1, "Line: known to a line only")):
            if (dimensions == dimension).any():
                yield _Row(in_words(text, language), int((dimensions == dimension).sum()))


def _fitting(
    text: str, size_pt: float, width: float, families: Sequence[str], *, is_bold: bool = False
) -> tuple[FontProperties, str]:
    """Return the largest font in which a line fits, and the line; in the smallest it is cut where it must be."""
    for size in np.arange(size_pt, 4.4, -0.5):
        font = _font(float(size), is_bold=is_bold, families=families)
        line = fitted(text, font, point_of(width))
        if not line.endswith("…"):
            break
    return font, line


def _draw_row(
    page: Axes, block: Block, row: _Row, box: tuple[float, float, float, float], families: Sequence[str]
) -> None:
    x, y, width, step = box
    if row.count < 0:
        font, line = _fitting(row.text, 8, width, families, is_bold=True)
        _line(page, block, x, y - step, width, line, font, va="baseline")
        return
    size = min(step * 0.62, 3.0)
    if row.theme is not None:
        left = x + width - 6.0 if direction_of(block.language) == "rtl" else x
        draw_swatch(page, row.theme, row.code, (left, y - step, 6.0, size), row.marker, is_outlined=row.is_outlined)
    font, line = _fitting(row.text, 7, width - 18, families)
    height = y - step + size * 0.12
    _line(page, block, x, height, width, line, font, indent=8, va="baseline")
    count = in_words(say("{0}", row.count), block.language)
    _line(page, block, x, height, width, count, _font(7, families=families), is_last=True, va="baseline")


def bar_of(scale: float, room_mm: float) -> tuple[float, float]:
    """Return the round length that a scale bar shows, and its length on paper. [m, mm]

    Examples
    --------
    >>> bar_of(50_000, 50)
    (2000.0, 40.0)
    >>> bar_of(1_500_000, 50)
    (50000.0, 33.333333333333336)
    """
    most = room_mm * scale / 1000
    power = 10.0 ** np.floor(np.log10(most))
    metres = float(power * max(step for step in (1, 2, 5) if step * power <= most * (1 + 1e-12)))
    return metres, metres * 1000 / scale


def _draw_scale(page: Axes, x: float, y: float, width: float, block: Block, families: Sequence[str]) -> None:
    """Draw the scale in numbers, its bar, and the arrow to true north."""
    from matplotlib.patches import Polygon, Rectangle

    _text(page, x, y, in_words(say("1:{0}", f"{block.scale:,.0f}"), block.language), _font(11, is_bold=True))
    metres, mm = bar_of(block.scale, width - 16)
    top, high = y - 9, 1.6
    for part in range(4):
        face = _INK if part % 2 == 0 else "white"
        page.add_patch(
            Rectangle((x + part * mm / 4, top - high), mm / 4, high, facecolor=face, edgecolor=_INK, linewidth=0.5)
        )
    unit, unit_m = ("{0} km", 1000) if metres >= 1000 else ("{0} m", 1)
    for share in (0.0, 0.5, 1.0):
        text = in_words(say(unit if share == 1 else "{0}", f"{metres * share / unit_m:,.10g}"), block.language)
        _text(
            page,
            x + mm * share,
            top - high - 1,
            text,
            _font(6.5, families=families),
            ha="left" if share == 0 else "center",
        )
    turn = np.radians(block.north)
    middle = np.array([x + width - 6, y - 8])
    points = np.array([[0, 7], [2.6, -5], [0, -2.6], [-2.6, -5]])
    turned = points @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    page.add_patch(Polygon(turned + middle, facecolor=_INK, edgecolor=_INK, linewidth=0.5))
    tip = np.array([0, 9.4]) @ np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]) + middle
    north = _font(7.5, is_bold=True, families=families)
    _text(page, float(tip[0]), float(tip[1]), in_words("N", block.language), north, ha="center", va="center")
