"""The drawing of a site and what lies around it, as SVG: no map of the world behind it, nothing asked of the net."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from landrelease.geometry import metric_crs, repaired, to_crs
from landrelease.maps.style import HAZARD_CLASSES, HAZARD_STATUSES, RELEASE_TYPES
from landrelease.report.language import Words

if TYPE_CHECKING:
    from landrelease.registry.site import SiteCheck

__all__ = ["NUMBERED", "site_legend", "site_picture"]

NUMBERED = 12
"""Hazards that bear their number of the table. [count]"""
_INK, _FAINT, _RED = "#1a2733", "#5b6770", "#C00000"
_MARGIN = 0.06
_DETAIL = 0.4
"""Edges are drawn to this. [pixels]"""


class SitePicture(NamedTuple):
    """The drawing in two widths, as data: addresses, with the sentence that says what it shows."""

    wide: str
    narrow: str
    alt: str

    def address(self, words: Words, *, is_wide: bool) -> str:
        """Return the drawing in a width; it has no words."""
        return self.wide if is_wide else self.narrow


class _Frame(NamedTuple):
    """The window of the drawing: its lower left corner in metres, the pixels of a metre, and its size in pixels."""

    left: float
    bottom: float
    scale: float
    width: int
    height: int


def site_picture(check: SiteCheck, alt: str) -> SitePicture:
    """Draw the site, its corridor, and the hazards, releases and accidents in reach, for a page and for a phone."""
    plane = metric_crs(check.site)
    layers = {
        name: to_crs(getattr(check, name), plane, name)
        for name in ("site", "corridor", "hazards", "releases", "accidents")
    }
    return SitePicture(_drawn(layers, 900, 0.28, 0.42), _drawn(layers, 380, 0.6, 1.0), alt)


def site_legend(check: SiteCheck) -> list[dict[str, str]]:
    """Return what the drawing shows, each with its colour."""
    legend = [{"label": "The site", "colour": _INK}, {"label": f"Within {check.buffer_m:,.0f} m", "colour": "#dfe6ea"}]
    for frame, column, looks in (
        (check.hazards, "hazard_class", HAZARD_CLASSES), (check.releases, "release_type", RELEASE_TYPES),
    ):  # fmt: skip
        shown = dict.fromkeys(_look(looks, value)["label"] for value in frame[column])
        legend += [
            {"label": look["label"], "colour": look["solid"]} for look in looks.values() if look["label"] in shown
        ]
    if len(check.accidents):
        legend.append({"label": "Accident (triangle)", "colour": "#000000"})
    return legend


def _look(looks: dict[str, dict[str, Any]], value: Any) -> dict[str, Any]:
    return looks["missing"] if not isinstance(value, str) else looks.get(value, looks["other"])


def _drawn(layers: dict[str, gpd.GeoDataFrame], width: int, least: float, most: float) -> str:
    """Return the drawing as a data: address."""
    around = shapely.total_bounds([*layers["corridor"].geometry, *layers["site"].geometry])
    frame = _window(around, width, least, most)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {frame.width} {frame.height}" '
        f'width="{frame.width}" height="{frame.height}" font-family="DejaVu Sans, sans-serif">',
        f'<rect width="{frame.width}" height="{frame.height}" fill="#fbfcfd" stroke="#d9dfe4"/>',
        *_shapes(layers["corridor"], frame, "#dfe6ea", 'stroke="#8a97a0" stroke-dasharray="4 3"'),
        *_releases(layers["releases"], frame),
        *_hazards(layers["hazards"], frame),
        *_shapes(layers["site"], frame, _INK, 'fill-opacity="0.15" stroke="white" stroke-width="6"'),
        *_shapes(layers["site"], frame, "none", f'stroke="{_INK}" stroke-width="2.5"'),
        *_numbers(layers["hazards"], frame),
        *_accidents(layers["accidents"], frame),
        *_scale_bar(frame),
        "</svg>",
    ]
    return "data:image/svg+xml;base64," + base64.b64encode("".join(parts).encode()).decode("ascii")


def _window(bounds: Any, width: int, least: float, most: float) -> _Frame:
    """Return a window around the bounds, no flatter and no taller than these shares of its width."""
    left, bottom, right, top = bounds
    span_x, span_y = max(right - left, 1.0) * (1 + 2 * _MARGIN), max(top - bottom, 1.0) * (1 + 2 * _MARGIN)
    height = int(width * min(max(span_y / span_x, least), most))
    scale = min(width / span_x, height / span_y)
    middle_x, middle_y = (left + right) / 2, (bottom + top) / 2
    return _Frame(middle_x - width / scale / 2, middle_y - height / scale / 2, scale, width, height)


def _in_window(frame: gpd.GeoDataFrame, window: _Frame) -> Iterator[tuple[Any, Any]]:
    """Yield each row with its shape in pixels, cut to the window."""
    edge = 20 / window.scale
    box = shapely.box(
        window.left - edge, window.bottom - edge,
        window.left + window.width / window.scale + edge, window.bottom + window.height / window.scale + edge,
    )  # fmt: skip
    shapes = shapely.intersection(repaired(frame.geometry.to_numpy()), box)
    corner = np.array([window.left, window.bottom])
    for row, shape in zip(frame.itertuples(), shapes, strict=True):
        if shape is None or shape.is_empty:
            continue
        drawn = shapely.transform(shape, lambda xy: (xy - corner) * [window.scale, -window.scale] + [0, window.height])
        simple = shapely.simplify(drawn, _DETAIL)
        yield row, drawn if simple.is_empty else simple


def _path(shape: Any) -> str:
    """Return the lines and rings of a shape as the data of an SVG path; a point is a dot without length."""
    said = []
    for part in shapely.get_parts(shapely.get_parts(shape)):
        lines = [part.exterior, *part.interiors] if part.geom_type == "Polygon" else [part]
        for line in lines:
            xy = [f"{x:.1f} {y:.1f}" for x, y in shapely.get_coordinates(line)]
            said.append("M" + "L".join(xy if len(xy) > 1 else xy * 2) + ("Z" if part.geom_type == "Polygon" else ""))
    return "".join(said)


def _shapes(frame: gpd.GeoDataFrame, window: _Frame, fill: str, look: str) -> Iterator[str]:
    for _, shape in _in_window(frame, window):
        fill = fill if shapely.get_dimensions(shape) == 2 else "none"
        yield (f'<path d="{_path(shape)}" fill="{fill}" fill-rule="evenodd" stroke-linecap="round" '
               f'stroke-linejoin="round" {look}/>')  # fmt: skip


def _releases(frame: gpd.GeoDataFrame, window: _Frame) -> Iterator[str]:
    for row, shape in _in_window(frame, window):
        colour = _look(RELEASE_TYPES, row.release_type)["solid"]
        yield f'<path d="{_path(shape)}" fill-rule="evenodd" fill="{colour}" fill-opacity="0.55" stroke="{colour}"/>'


def _hazards(frame: gpd.GeoDataFrame, window: _Frame) -> Iterator[str]:
    """Draw hazards, and a dot where one is too small to be seen."""
    for row, shape in _in_window(frame, window):
        colour = _look(HAZARD_CLASSES, row.hazard_class)["solid"]
        look = _look(HAZARD_STATUSES, row.status)
        dash = f' stroke-dasharray="{" ".join(map(str, look["dash"]))}"' if look["dash"] else ""
        fill = f'fill="{colour}" fill-opacity="0.5"' if row.is_located else 'fill="none"'
        yield f'<path d="{_path(shape)}" fill-rule="evenodd" {fill} stroke="{look["line"]}" stroke-width="1.6"{dash}/>'
        west, north, east, south = shape.bounds
        if max(east - west, south - north) < 6:
            x, y = (west + east) / 2, (north + south) / 2
            yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}" stroke="{_RED}"/>'


def _numbers(frame: gpd.GeoDataFrame, window: _Frame) -> Iterator[str]:
    """Write the numbers of the table beside the first hazards; one that would cover another moves up."""
    taken: list[tuple[float, float]] = []
    for row, shape in _in_window(frame.iloc[:NUMBERED], window):
        place = shapely.point_on_surface(shape)
        x = min(max(place.x, 11.0), window.width - 11.0)
        y = min(max(place.y - 14, 11.0), window.height - 11.0)
        while any(abs(x - left) < 19 and abs(y - top) < 19 for left, top in taken) and y > 11:
            y -= 4
        taken.append((x, y))
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="9" fill="white" stroke="{_RED}" stroke-width="1.4"/>'
        look = f'font-size="11" text-anchor="middle" fill="{_INK}"'
        yield f'<text x="{x:.1f}" y="{y + 4:.1f}" {look}>{row.Index + 1}</text>'


def _accidents(frame: gpd.GeoDataFrame, window: _Frame) -> Iterator[str]:
    for _, shape in _in_window(frame, window):
        x, y = shapely.get_coordinates(shapely.point_on_surface(shape))[0]
        yield f'<path d="M{x:.1f} {y - 8:.1f}l8 14h-16Z" fill="black" stroke="white" stroke-width="1.2"/>'


def _scale_bar(window: _Frame) -> Iterator[str]:
    most = 0.25 * window.width / window.scale
    power = 10.0 ** np.floor(np.log10(most))
    metres = power * max(step for step in (1, 2, 5) if step * power <= most)
    label = f"{metres / 1000:,.10g} km" if metres >= 1000 else f"{metres:,.10g} m"
    length, y = metres * window.scale, window.height - 12
    yield f'<rect x="6" y="{y - 20}" width="{length + 16:.1f}" height="28" fill="white" fill-opacity="0.8"/>'
    yield f'<path d="M12 {y - 5}v5h{length:.1f}v-5" fill="none" stroke="{_INK}" stroke-width="1.5"/>'
    yield f'<text x="14" y="{y - 6}" font-size="11" fill="{_INK}">{label}</text>'
    x = window.width - 18
    yield f'<path d="M{x} 10l6 16l-6 -4l-6 4Z" fill="{_FAINT}"/>'
    yield f'<text x="{x}" y="40" font-size="11" text-anchor="middle" fill="{_FAINT}">N</text>'
