"""What lies below the land on a page: layers that the caller made, put on a page of ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from landrelease.errors import OptionError
from landrelease.maps.layers.drawing import Drawing
from landrelease.maps.layers.drawings import SETTLEMENTS
from landrelease.maps.layers.units import GROUND, SUMS_OF_HAZARDS

if TYPE_CHECKING:
    from folium.map import Layer

    from landrelease.maps.html.elements import CanvasLayer, ImageLayer

__all__ = ["layers_below"]


def layers_below(
    base: Sequence[Layer], *, has_units: bool, hides_hazards: bool = False, takes_colours: bool = True
) -> tuple[list[CanvasLayer], list[ImageLayer]]:
    """Return the layers of `base` for a page, each made anew so that it can lie on several pages.

    Parameters
    ----------
    base : sequence of Layer
        What `map_layer`, `raster_layer` and `hillshade_layer` returned.
    has_units : bool
        Whether the page has units already.
    hides_hazards : bool
        Whether the page says that it does not show uncleared land: then nothing of `base` does either.
    takes_colours : bool
        Whether the page has a legend for shaded units and for rasters.
    """
    from landrelease.maps.html.elements import CanvasLayer, ImageLayer

    shapes: list[CanvasLayer] = []
    images: list[ImageLayer] = []
    for place, layer in enumerate(base):
        what = f"base[{place}]"
        if isinstance(layer, ImageLayer) and takes_colours:
            images.append(layer.again())
        elif isinstance(layer, CanvasLayer) and layer.height <= SETTLEMENTS:
            is_units = layer.height == GROUND
            _check(layer.drawing, what, is_units and has_units, hides_hazards, is_units and not takes_colours)
            has_units = has_units or is_units
            shapes.append(CanvasLayer(layer.drawing, show=layer.show))
        elif isinstance(layer, ImageLayer):
            raise OptionError(_NO_LEGEND.format(what))
        else:
            raise OptionError(
                f"{what} is nothing that lies below the land. Fix: pass what raster_layer and hillshade_layer return, "
                f"or map_layer of 'admin_areas', 'settlements' or 'roads'"
            )
    return shapes, images


_NO_LEGEND = "{} needs a legend, and this page has none for it. Fix: pass settlements and roads, units as admin_areas="


def _check(layer: Drawing, what: str, is_second: bool, hides_hazards: bool, lacks_legend: bool) -> None:
    if lacks_legend:
        raise OptionError(_NO_LEGEND.format(what))
    if is_second:
        raise OptionError(
            f"{what} holds units, and the page has some already: a search would find each of them twice.\n"
            f"  Fix: leave out one of them"
        )
    told = sorted(layer.columns & {*SUMS_OF_HAZARDS})
    if hides_hazards and told:
        raise OptionError(
            f"{what} holds {', '.join(map(repr, told))}, and hazards='none' shows nothing of uncleared land.\n"
            f"  Fix: drop the columns before map_layer, or choose another hazards="
        )
