"""Shapes on paper: what each class looks like, and a mark where a shape is too small to be seen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from landrelease.maps.layers.classes import Theme, kind_of, symbol_of, themes_of
from landrelease.maps.layers.payload import drawable
from landrelease.maps.style import Look

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.path import Path as MplPath

__all__ = ["SMALLEST_MM", "draw_layer", "draw_swatch", "point_of"]

SMALLEST_MM = 1.0
"""A shape that is smaller than this both ways is drawn as a square of this size. [mm]"""
_POINT = 72 / 25.4
"""Points of a millimetre."""
_PIXEL = 0.6
"""Points of a pixel of our pages."""
_OUTLINE: Look = {"line": "#2F3A45", "width": 0.8}
_MARKERS = {"circle": "o", "diamond": "D"}


def point_of(mm: float) -> float:
    """Return a length in points. [mm to pt]"""
    return mm * _POINT


def draw_layer(axes: Axes, layer: gpd.GeoDataFrame, mm_per_unit: float, height: int) -> int:
    """Draw the rows of a layer that have classes; return how many are drawn as a mark.

    Parameters
    ----------
    axes : Axes
        Axes in units of the CRS of the layer.
    layer : GeoDataFrame
        A table with its shapes.
    mm_per_unit : float
        Length of a unit of the CRS on the paper. [mm]
    height : int
        Place above other layers.
    """
    themes = themes_of(layer)
    has_strokes = any(theme.role == "stroke" for theme in themes)
    marked = 0
    for theme in themes:
        place = height + (theme.role == "stroke")
        marked += _draw_theme(axes, layer, theme, mm_per_unit, place, is_outlined=not has_strokes)
    return marked


def _draw_theme(
    axes: Axes, layer: gpd.GeoDataFrame, theme: Theme, mm_per_unit: float, height: int, *, is_outlined: bool
) -> int:
    """Draw the classes of a theme, the first of the legend above the others."""
    rows = layer.loc[theme.classes.index]
    shapes = rows.geometry.to_numpy()
    can = drawable(shapes)
    bounds = shapely.bounds(shapes)
    sizes = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]) * mm_per_unit
    dimensions = shapely.get_dimensions(shapes)
    is_small = can & (dimensions == 2) & (sizes < SMALLEST_MM)
    marker = _MARKERS[symbol_of(kind_of(layer))]
    for code in reversed(theme.present):
        look = _OUTLINE | theme.looks[code] if is_outlined else theme.looks[code]
        of_class = can & (theme.classes == code).to_numpy()
        _areas(axes, shapes[of_class & (dimensions == 2) & ~is_small], look, theme.role, height)
        if theme.role == "fill":
            _lines(axes, shapes[of_class & (dimensions == 1)], look, height)
            _marks(axes, shapes[of_class & (dimensions == 0)], look, height, marker, 2.2)
            _marks(axes, shapes[is_small & of_class], look, height, "s", SMALLEST_MM)
    return int(is_small.sum()) if theme.role == "fill" else 0


def _areas(axes: Axes, shapes: npt.NDArray[Any], look: Look, role: str, height: int) -> None:
    from matplotlib.collections import PathCollection

    if len(shapes):
        axes.add_collection(
            PathCollection([_path(one) for one in shapes], zorder=height, **_inks(look, role)), autolim=False
        )


def _inks(look: Look, role: str) -> dict[str, Any]:
    """Return how matplotlib fills and outlines a class."""
    line = {"edgecolor": look["line"], "linewidth": float(look.get("width", 0.8)) * _PIXEL} if look.get("line") else {}
    if look.get("dash") and line:
        line["linestyle"] = (0, [one * _PIXEL / line["linewidth"] for one in look["dash"]])
    if role == "stroke":
        return {"facecolor": "none", **line}
    if look.get("hatch"):
        return {"facecolor": "white", "hatch": "/" * 6, "edgecolor": look["hatch"], "linewidth": 0.4}
    if not look.get("colour"):
        return {"facecolor": "none", "linewidth": 0, **line}
    return {"facecolor": _colour(str(look["colour"])), **({"linewidth": 0} | line)}


def _colour(said: str) -> tuple[float, ...]:
    """Return a colour of our pages as matplotlib takes it, on white paper."""
    if said.startswith("#"):
        return tuple(int(said[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue, opacity = (float(part) for part in said[5:-1].split(","))
    return (red / 255, green / 255, blue / 255, opacity)


def _path(shape: Any) -> MplPath:
    """Return a polygon with its holes as one path; outer rings run one way, holes the other."""
    from matplotlib.path import Path as MplPath

    rings = shapely.get_rings(shapely.get_parts(shapely.orient_polygons(shape)))
    xy = shapely.get_coordinates(rings)
    codes = np.full(len(xy), MplPath.LINETO, dtype=np.uint8)
    counts = shapely.get_num_coordinates(rings)
    codes[np.cumsum(counts) - counts] = MplPath.MOVETO
    codes[np.cumsum(counts) - 1] = MplPath.CLOSEPOLY
    return MplPath(xy, codes)


def _lines(axes: Axes, shapes: npt.NDArray[Any], look: Look, height: int) -> None:
    from matplotlib.collections import LineCollection

    if len(shapes):
        parts = [shapely.get_coordinates(one) for one in shapely.get_parts(shapes)]
        axes.add_collection(LineCollection(parts, colors=look["solid"], linewidths=1.2, zorder=height), autolim=False)


def _marks(axes: Axes, shapes: npt.NDArray[Any], look: Look, height: int, marker: str, mm: float) -> None:
    if not len(shapes):
        return
    xy = shapely.get_coordinates(shapely.point_on_surface(shapes))
    # a place of a project is hollow: it must not hide a hazard
    face = "none" if marker == "D" else "white" if look.get("hatch") else look["solid"]
    edge = look.get("hatch") or (look["solid"] if marker == "s" else look.get("line") or "#000000")
    axes.scatter(
        xy[:, 0], xy[:, 1], s=point_of(mm) ** 2, marker=marker, facecolor=face, edgecolor=edge, linewidth=0.4,
        zorder=height + 2,
    )  # fmt: skip


def draw_swatch(axes: Axes, theme: Theme, code: str, box: Sequence[float], marker: str, *, is_outlined: bool) -> None:
    """Draw a class in the legend, in a box of left, bottom, width and height."""
    look = theme.looks[code] if not is_outlined else _OUTLINE | theme.looks[code]
    left, bottom, width, height = box
    if marker:
        middle = np.array([shapely.Point(left + width / 2, bottom + height / 2)])
        _marks(axes, middle, look, 5, _MARKERS[marker], 2.2)
    else:
        _areas(axes, np.array([shapely.box(left, bottom, left + width, bottom + height)]), look, theme.role, 5)
