"""The skeleton of the live ranking. Imported only where a page is made: folium is slow to import."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
from branca.element import Figure, MacroElement
from folium import Map
from folium.elements import JSCSSMixin
from folium.map import Layer
from folium.template import Template

from landrelease.maps.html.assemble import bounds_of
from landrelease.maps.html.base import layers_below
from landrelease.maps.html.elements import NO_RECORD, UNPACKING, Block, CanvasLayer, OfflineFigure
from landrelease.maps.html.offline import OWN
from landrelease.maps.layers.drawing import Drawing
from landrelease.maps.words import Language, heading_in, in_words

__all__ = ["live_page"]

_BLOCK = "live-block"
_PANES = """
<main>
<p id="lr-message" role="status">{loading}</p>
<section class="lr-weights" aria-labelledby="lr-weights-title">
<h2 id="lr-weights-title">{counts}</h2>
<div id="lr-weights"></div>
</section>
<section class="lr-order" aria-labelledby="lr-order-title">
<h2 id="lr-order-title">{order}</h2>
<div id="lr-order"></div>
</section>
{map}
<section class="lr-why" id="lr-why" aria-label="{why}"></section>
</main>
<nav class="lr-tabs" id="lr-tabs" aria-label="{parts}"></nav>
"""
_MAP = """
<section class="lr-map" aria-labelledby="lr-map-title">
<h2 id="lr-map-title">{title}</h2>
<div id="lr-key"></div>
<div id="lr-map"></div>
</section>
"""


class LiveSkeleton(JSCSSMixin, MacroElement):
    """What stands around the order and the map, and the last script of the page."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            landrelease.live({{ this.block|tojson }}, {{ this.map_name or 'null' }}, {{ this.top_layer or 'null' }},
                {{ this.bounds|tojson }});
        {% endmacro %}
        """
    )
    default_js = [  # noqa: RUF012  as folium declares it
        ("landrelease_words.js", OWN + "words.js"),
        ("landrelease_unpack.js", OWN + "unpack.js"),
        ("landrelease_live_rank", OWN + "live_rank.js"),
        ("landrelease_live_say", OWN + "live_say.js"),
        ("landrelease_live_parts", OWN + "live_parts.js"),
        ("landrelease_live_map", OWN + "live_map.js"),
        ("landrelease_live", OWN + "live.js"),
    ]
    default_css = [  # noqa: RUF012
        ("landrelease_page_css", OWN + "page.css"),
        ("landrelease_layer.css", OWN + "layer.css"),
        ("landrelease_live_css", OWN + "live.css"),
    ]

    def __init__(self, block: str, *, title: str, internal: str, notes: Sequence[str], language: Language) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "LiveSkeleton"
        self.block = _BLOCK
        self.map_name = self.top_layer = ""
        self.bounds: list[list[float]] | None = None
        self._packed, self._title, self._internal, self._notes = block, title, internal, notes
        self._language = language

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Add the markup to the page; the title is the only text from a caller and is escaped."""
        body = cast(Figure, self.get_root()).html

        def said(text: str, *, is_warning: bool = False) -> str:
            return html.escape(in_words(text, self._language, is_warning=is_warning))

        badge = f'<p class="lr-internal">{said(self._internal, is_warning=True)}</p>' if self._internal else ""
        notes = "".join(f'<p class="lr-shown">{said(note)}</p>' for note in self._notes)
        head = f'<header class="lr-head"><h1 dir="auto">{html.escape(self._title)}</h1>{badge}{notes}</header>'
        panes = _PANES.format(
            loading=said(UNPACKING), counts=said("What counts"), order=said("The order"),
            why=said("Why an area has its place"), parts=said("Parts of the page"),
            map=_MAP.format(title=said("The map")) if self.map_name else "",
        )  # fmt: skip
        foot = f'<footer class="lr-foot"><p>{said(NO_RECORD, is_warning=True)}</p></footer>'
        data = f'<script type="application/octet-stream" id="{_BLOCK}">{self._packed}</script>'
        body.add_child(Block(head + panes), name="live_before", index=0)
        body.add_child(Block(foot + data), name="live_after")
        super().render(**kwargs)  # type: ignore[no-untyped-call]


def live_page(
    block: str,
    drawings: Sequence[Drawing],
    base: Sequence[Layer],
    *,
    title: str,
    internal: str,
    notes: Sequence[str],
    language: Language,
) -> Figure:
    """Return the page; the first of the drawings is the one that follows the weights."""
    title = heading_in(title, language)
    figure = OfflineFigure(title=title, language=language)
    skeleton = LiveSkeleton(block, title=title, internal=internal, notes=notes, language=language)
    below, _ = layers_below(base, has_units=True, takes_colours=False)
    ground = [*drawings[1:], *(layer.drawing for layer in below)]
    bounds = bounds_of(drawings[:1], ground)
    if drawings:
        middle = np.mean(bounds, axis=0).tolist() if bounds else [0.0, 0.0]
        chart = Map(location=middle, zoom_start=7, tiles=None, zoom_control="topright", maxZoom=19, fadeAnimation=False)
        figure.add_child(chart)
        layers = [CanvasLayer(one) for one in drawings]
        for layer in (*below, *reversed(layers)):
            layer.add_to(chart)
        skeleton.map_name, skeleton.top_layer, skeleton.bounds = chart.get_name(), layers[0].get_name(), bounds
        skeleton.add_to(chart)
    else:
        figure.add_child(skeleton)
    return figure
