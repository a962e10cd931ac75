"""The folium elements of our pages. Imported only where a map is made: folium is slow to import."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import Any, cast

from branca.element import CssLink, Element, Figure, JavascriptLink, MacroElement
from folium.map import Layer
from folium.template import Template

from landrelease.maps.html.offline import OWN, inline_script, inline_style, page_html
from landrelease.maps.layers.drawing import Drawing
from landrelease.maps.layers.payload import whole_text
from landrelease.maps.style import INTERNAL
from landrelease.maps.words import Language, in_words

__all__ = ["Block", "CanvasLayer", "OfflineFigure", "Skeleton", "Start", "as_markup"]

NO_RECORD = "No record is not evidence of no contamination."
_PANEL = """
<button id="lr-toggle" type="button" aria-expanded="false" aria-controls="lr-panel">
{legend}
</button>
<aside class="lr-panel" id="lr-panel" aria-label="{legend}">
<p id="lr-message" role="status">{unpacking}</p>
<div id="lr-layers"></div>
</aside>
"""
_LEGEND = "Legend, totals and search"
UNPACKING = "Unpacking the data of this page. If this stays, scripts are switched off."
FLATBUSH = "vendor/flatbush/flatbush.js"
_SCRIPTS = [
    "words.js",
    "unpack.js",
    "canvas_layer.js",
    "names.js",
    "image.js",
    "records.js",
    "selection.js",
    "swipe.js",
    "table.js",
    "page.js",
]
_PAGE_SCRIPTS = ["timeline.js", "tools.js", "print.js"]


class OfflineFigure(Figure):
    """A figure that renders to the self-contained page, in `save` and in a notebook alike."""

    def __init__(self, *, title: str, language: Language = "en") -> None:
        super().__init__(title=title)
        self.language: Language = language

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


class OwnScript(JavascriptLink):
    """A script that ships with the package: any figure, also one of plain folium, carries its text."""

    def render(self, **kwargs: Any) -> str:
        """Return the script's text as an element."""
        return inline_script(self.url)


class OwnStyle(CssLink):
    """A style sheet that ships with the package."""

    def render(self, **kwargs: Any) -> str:
        """Return the style sheet's text as an element."""
        return inline_style(self.url)


class CanvasLayer(Layer):
    """A layer drawn on canvas tiles from a block of `encode_layer`; works in any folium map.

    Parameters
    ----------
    drawing : Drawing
        Its block, its name (markup in it is shown, not followed) and its height, the z-index of its pane.
    show : bool
        Whether it is drawn when the page opens.
    is_alone : bool
        Whether it brings its legend, search, hover and click to a map that is not one of our pages.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = landrelease.canvasLayer(
                {{ this._parent.get_name() }}, {{ this.payload_id|tojson }}, {{ this.height }}
            );
            {% if this.is_alone %}
            landrelease.join({{ this._parent.get_name() }}, {{ this.get_name() }});
            {% endif %}
        {% endmacro %}
        """
    )

    def __init__(self, drawing: Drawing, *, show: bool = True, is_alone: bool = False) -> None:
        super().__init__(name=as_markup(drawing.name), overlay=True, control=True, show=show)
        self._name = "CanvasLayer"
        self.drawing, self.is_alone = drawing, is_alone
        self.height, self._payload = drawing.height, drawing.payload

    @property
    def payload_id(self) -> str:
        """The id of the element that holds the block."""
        return f"data_{self.get_name()}"

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Add the block and the script of the layer to the page."""
        figure = cast(Figure, self.get_root())
        figure.html.add_child(data_block(self.payload_id, self._payload), name=self.payload_id)
        _add_scripts(figure)
        super().render(**kwargs)  # type: ignore[no-untyped-call]


class ImageLayer(Layer):
    """An image in web Mercator, in a pane of its own."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            var {{ this.get_name() }} = landrelease.imageLayer(
                {{ this._parent.get_name() }}, {{ this.payload_id|tojson }}, {{ this.bounds|tojson }},
                {{ this.height }}, {{ this.is_exact|tojson }}
            );
            landrelease.join({{ this._parent.get_name() }}, {{ this.get_name() }});
        {% endmacro %}
        """
    )

    def __init__(
        self, payload: str, bounds: list[list[float]], *, name: str, show: bool, height: int, is_exact: bool
    ) -> None:
        super().__init__(name=as_markup(name), overlay=True, control=True, show=show)
        self._name = "ImageLayer"
        self.called = name
        self.bounds, self.height, self.is_exact, self._payload = bounds, height, is_exact, payload

    def again(self) -> ImageLayer:
        """Return the same layer for another map."""
        return ImageLayer(
            self._payload, self.bounds, name=self.called, show=self.show, height=self.height, is_exact=self.is_exact
        )

    @property
    def payload_id(self) -> str:
        """The id of the element that holds the image, and of its pane."""
        return f"data_{self.get_name()}"

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Add the image and the script of the layer to the page."""
        figure = cast(Figure, self.get_root())
        figure.html.add_child(data_block(self.payload_id, self._payload), name=self.payload_id)
        _add_scripts(figure)
        super().render(**kwargs)  # type: ignore[no-untyped-call]


class Divider(MacroElement):
    """A divider between two layers of a map."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            landrelease.swipeLayers(
                {{ this._parent.get_name() }}, {{ this.left.get_name() }}, {{ this.right.get_name() }}
            );
        {% endmacro %}
        """
    )

    def __init__(self, left: Layer, right: Layer) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Divider"
        self.left, self.right = left, right


def _add_scripts(figure: Figure) -> None:
    """Add the scripts and the style that every layer of ours needs, once."""
    figure.header.add_child(OwnScript(OWN + FLATBUSH), name="landrelease_flatbush")
    for script in _SCRIPTS:
        figure.header.add_child(OwnScript(OWN + script), name=f"landrelease_{script}")
    figure.header.add_child(OwnStyle(OWN + "layer.css"), name="landrelease_layer.css")


def data_block(element_id: str, packed: str) -> Block:
    """Return the element in which a page carries data: nothing of it is run, or seen by a template engine."""
    return Block(f'<script type="application/octet-stream" id="{element_id}">{packed}</script>')


def as_markup(text: str) -> str:
    """Return markup that shows a text as it is, wherever folium puts it: in HTML, between backticks, in a template.

    Examples
    --------
    >>> as_markup("{{ 7*7 }} <b>")
    '&#123;&#123; 7*7 &#125;&#125; &lt;b&gt;'
    """
    return re.sub(
        r"[`$%{}\\]", lambda found: f"&#{ord(found[0])};", html.escape(whole_text(text)).replace("&#x27;", "&apos;")
    )


class Skeleton(MacroElement):
    """What stands around the map: title, what the page is for, search, legend, the sentence on records."""

    def __init__(self, title: str, *, is_internal: bool, notes: Sequence[str], language: Language) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Skeleton"
        self._title, self._is_internal, self._notes, self._language = title, is_internal, notes, language

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Add the markup to the page; the title is the only text from a caller and is escaped."""
        figure = cast(Figure, self.get_root())
        figure.header.add_child(OwnStyle(OWN + "page.css"), name="landrelease_page.css")
        body = figure.html
        before, after = self._markup()
        body.add_child(Block(before), name="skeleton_before", index=0)
        body.add_child(Block(after), name="skeleton_after")
        super().render(**kwargs)  # type: ignore[no-untyped-call]

    def _markup(self) -> tuple[str, str]:
        language = self._language

        def said(text: str, *, is_warning: bool = False) -> str:
            return html.escape(in_words(text, language, is_warning=is_warning))

        internal = f'<p class="lr-internal">{said(INTERNAL, is_warning=True)}</p>' if self._is_internal else ""
        notes = "".join(f'<p class="lr-shown">{said(note)}</p>' for note in self._notes)
        title = f'<h1 dir="auto">{html.escape(self._title)}</h1>'
        panel = _PANEL.format(legend=said(_LEGEND), unpacking=said(UNPACKING))
        before = f'<header class="lr-head">{title}{internal}{notes}</header>\n{panel}'
        return before, f'<footer class="lr-foot"><p>{said(NO_RECORD, is_warning=True)}</p></footer>'


class Start(MacroElement):
    """The last script of the page: makes the legend in the order of the layers, hover and click."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            landrelease.start(
                {{ this._parent.get_name() }},
                [{% for layer in this.layers %}{{ layer.get_name() }}, {% endfor %}],
                {{ this.bounds|tojson }}, {{ this.time|tojson }}
            );
        {% endmacro %}
        """
    )

    def __init__(
        self, layers: Sequence[CanvasLayer], bounds: list[list[float]] | None, time: tuple[str, str] | None = None
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Start"
        self.layers, self.bounds, self.time = layers, bounds, time

    def render(self, **kwargs: Any) -> None:  # type: ignore[override]
        """Add the scripts of the page's tools."""
        header = cast(Figure, self.get_root()).header
        for script in _PAGE_SCRIPTS:
            header.add_child(OwnScript(OWN + script), name=f"landrelease_{script}")
        super().render(**kwargs)  # type: ignore[no-untyped-call]
