"""The map around the layers: one page of them over their base map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from landrelease.maps.html.base import layers_below
from landrelease.maps.layers.drawing import Drawing
from landrelease.maps.layers.units import admin_layer, without_hazards
from landrelease.maps.words import Language, heading_in

if TYPE_CHECKING:
    import folium
    import geopandas as gpd
    import pandas as pd
    from folium.map import Layer

__all__ = ["NOT_SHOWN", "assemble", "bounds_of"]

NOT_SHOWN = "Uncleared land is not shown on this page."
"""What a page says that hides the hazards."""

_MUCH_WIDER = 1.5


def assemble(
    drawings: Sequence[Drawing],
    *,
    title: str,
    is_internal: bool,
    notes: Sequence[str],
    admin_areas: gpd.GeoDataFrame | None = None,
    extra: Sequence[str] = (),
    hazardous: pd.DataFrame | None = None,
    base: Sequence[Layer] = (),
    has_units: bool = False,
    hides_hazards: bool = False,
    time: tuple[str, str] | None = None,
    language: Language = "en",
) -> folium.Map:
    """Return the folium map of some layers, in the order of the legend, over the base map.

    Parameters
    ----------
    admin_areas, extra, hazardous : optional
        The units below, their further columns, and the hazards whose sums they show.
    has_units : bool
        Whether the drawings are of units themselves.
    hides_hazards : bool
        Whether nothing on the page may tell of uncleared land: no sums of units, none of `base`.
    """
    import folium

    from landrelease.maps.html.elements import CanvasLayer, OfflineFigure, Skeleton, Start

    title = heading_in(title, language)
    if hides_hazards and admin_areas is not None:
        admin_areas = without_hazards(admin_areas)
    units = None if admin_areas is None else admin_layer(admin_areas, extra, hazardous)
    below, images = layers_below(base, has_units=has_units or units is not None, hides_hazards=hides_hazards)
    layers = [*map(CanvasLayer, [*drawings, *([units] if units else [])]), *below]
    bounds = bounds_of(drawings, [layer.drawing for layer in layers])
    middle = np.mean(bounds, axis=0).tolist() if bounds else [0.0, 0.0]
    chart = folium.Map(
        location=middle,
        zoom_start=7 if bounds else 2,
        tiles=None,
        zoom_control="topright",
        maxZoom=19,
        fadeAnimation=False,
    )
    OfflineFigure(title=title, language=language).add_child(chart)
    Skeleton(title, is_internal=is_internal, notes=notes, language=language).add_to(chart)
    for layer in layers:
        layer.add_to(chart)
    Start(layers, bounds, time).add_to(chart)
    for image in images:  # they join the legend of the page that is there
        image.add_to(chart)
    return chart


def bounds_of(drawings: Sequence[Drawing], ground: Sequence[Drawing] = ()) -> list[list[float]] | None:
    """Return [[south, west], [north, east]] of all shapes, or None.

    The ground below them is shown whole where it is not much wider than they are.
    """
    found, whole = _bounds_of(drawings), _bounds_of([*drawings, *ground])
    if found is None or whole is None:
        return whole
    is_near = (np.ptp(whole, axis=0) <= _MUCH_WIDER * np.ptp(found, axis=0)).all()
    return whole if is_near else found


def _bounds_of(drawings: Sequence[Drawing]) -> list[list[float]] | None:
    boxes = np.array([one.bounds for one in drawings]).reshape(-1, 6)
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        return None
    west, south, _, _, west_on, _ = (float(value) for value in boxes.min(axis=0))
    _, _, east, north, _, east_on = (float(value) for value in boxes.max(axis=0))
    if east_on - west_on < east - west:  # the land lies around 180 degrees
        west, east = west_on, east_on
    return [[south, west], [north, east]]
