"""The folium elements of our pages. Imported only where a map is made: folium is slow to import."""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import Any, cast

from branca.element import Element, Figure, MacroElement
from folium.elements import JSCSSMixin
from folium.map import Layer
from folium.template import Template

from landrelease.maps.offline import OWN, page_html

__all__ = ["Block", "CanvasLayer", "OfflineFigure", "Skeleton", "Start"]

NO_RECORD = "No record is not evidence of no contamination."
_PANEL = """
<aside class="lr-panel" id="lr-panel" aria-label="Legend, totals and search">
<div class="lr-search">
<label for="lr-search">Find by id or name</label>
<input id="lr-search" type="search" autocomplete="off" spellcheck="false"
 role="combobox" aria-expanded="false" aria-controls="lr-results" aria-autocomplete="list">
<ul id="lr-results" role="listbox" aria-label="Found" hidden></ul>
<p id="lr-status" role="status"></p>
</div>
<p id="lr-message" role="status">Unpacking the data of this page. If this stays, scripts are switched off.</p>
<div id="lr-layers"></div>
</aside>
<button id="lr-toggle" type="button" aria-expanded="false" aria-controls="lr-panel">
Legend, totals and search
</button>
"""


class OfflineFigure(Figure):
    """A figure that renders to the self-contained page, in `save` and in a notebook alike."""

    def render(self, **kwargs: Any) -> str:
        """Return the self-contained page."""
        return page_html(self)


class Block(Element):
    """Markup that is ready: no template engine sees it."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self._name = "Block"
        self._markup = markup

    def render(self, **kwargs: Any) -> str:
        """Return the markup."""
        return self._markup


class CanvasLayer(JSCSSMixin, Layer):
    """A layer drawn on canvas tiles from a block of `encode_layer`; works in any folium map.

    Parameters
    ----------
    payload : str
        What `encode_layer` returned.
    name : str
        A name that we chose, never one from data: folium writes it into the layer control.
    height : int
        What it is drawn above: the z-index of its pane.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = landrelease.canvasLayer(
                {{ this._parent.get_name() }}, {{ this.payload_id|tojson }}, {{ this.height }}
            );
        {% endmacro %}
        """
    )
    default_js = [  # noqa: RUF012  as folium declares it
        ("flatbush", OWN + "vendor/flatbush/flatbush.js"),
        ("landrelease_unpack", OWN + "unpack.js"),
        ("landrelease_canvas_layer", OWN + "canvas_layer.js"),
    ]

    def __init__(self, payload: str, *, name: str, height: int, show: bool = True) -> None:
        super().__init__(name=name, overlay=True, control=True, show=show)
        self._name = "CanvasLayer"
        self.height = height
        self._payload = payload

    @property
    def payload_id(self) -> str:
        """The id of the element that holds the block."""
        return f"data_{self.get_name()}"

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Add the block and the script of the layer to the page."""
        markup = f'<script type="application/octet-stream" id="{self.payload_id}">{self._payload}</script>'
        cast(Figure, self.get_root()).html.add_child(Block(markup), name=self.payload_id)
        super().render(**kwargs)  # type: ignore[no-untyped-call]


class Skeleton(JSCSSMixin, MacroElement):
    """What stands around the map: title, what the page is for, search, legend, the sentence on records."""

    default_js = [("landrelease_page", OWN + "page.js")]  # noqa: RUF012
    default_css = [("landrelease_page_css", OWN + "page.css")]  # noqa: RUF012

    def __init__(self, title: str, *, is_internal: bool, notes: Sequence[str]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Skeleton"
        self._title, self._is_internal, self._notes = title, is_internal, notes

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Add the markup to the page; the title is the only text from a caller and is escaped."""
        body = cast(Figure, self.get_root()).html
        before, after = self._markup()
        body.add_child(Block(before), name="skeleton_before", index=0)
        body.add_child(Block(after), name="skeleton_after")
        super().render(**kwargs)  # type: ignore[no-untyped-call]

    def _markup(self) -> tuple[str, str]:
        internal = '<p class="lr-internal">Internal use: shows exact uncleared land</p>' if self._is_internal else ""
        notes = "".join(f'<p class="lr-shown">{html.escape(note)}</p>' for note in self._notes)
        title = f'<h1 dir="auto">{html.escape(self._title)}</h1>'
        before = f'<header class="lr-head">{title}{internal}{notes}</header>\n{_PANEL}'
        return before, f'<footer class="lr-foot"><p>{NO_RECORD}</p></footer>'


class Start(MacroElement):
    """The last script of the page: makes the legend in the order of the layers, hover and click."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            landrelease.start(
                {{ this._parent.get_name() }},
                [{% for layer in this.layers %}{{ layer.get_name() }}, {% endfor %}],
                {{ this.bounds|tojson }}
            );
        {% endmacro %}
        """
    )

    def __init__(self, layers: Sequence[CanvasLayer], bounds: list[list[float]] | None) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Start"
        self.layers, self.bounds = layers, bounds
