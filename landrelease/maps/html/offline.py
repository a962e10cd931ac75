"""Any folium map as one self-contained file: no request, no text of the data taken for a template.

folium names its scripts and styles by their address on the internet; here each is replaced by the copy that
ships with the package, and an address without a copy raises. folium also compiles what it has rendered as a
template a second time: while a page is made, every rendered piece is kept aside under a token, and put in its
place after all templates are done. A Content-Security-Policy then allows the page's own scripts and nothing
else.
"""

from __future__ import annotations

import base64
import html
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from landrelease.errors import LandReleaseError
from landrelease.maps.layers.payload import whole_text
from landrelease.maps.words import Language, direction_of, in_words, packed_words
from landrelease.put import put

if TYPE_CHECKING:
    import folium
    from branca.element import Element, Figure

__all__ = ["page_html", "save_page"]

ASSETS = Path(__file__).parent.parent / "assets"
OWN = "landrelease:"
"""Addresses that begin so are files in `assets`."""

_CLUSTER = r"/leaflet\.markercluster[/@][\d.]+/(?:dist/)?"
VENDORED: tuple[tuple[str, str | None], ...] = (
    (r"/leaflet@1\.9\.\d+/dist/leaflet\.js$", "vendor/leaflet/leaflet.js"),
    (r"/leaflet@1\.9\.\d+/dist/leaflet\.css$", "vendor/leaflet/leaflet.css"),
    (_CLUSTER + r"leaflet\.markercluster\.js$", "vendor/leaflet.markercluster/leaflet.markercluster.js"),
    (_CLUSTER + r"MarkerCluster\.css$", "vendor/leaflet.markercluster/MarkerCluster.css"),
    (_CLUSTER + r"MarkerCluster\.Default\.css$", "vendor/leaflet.markercluster/MarkerCluster.Default.css"),
    (r"/Leaflet\.awesome-markers/.*\.js$", "stand_ins.js"),
    # what folium lists on each page, and its own markers, popups and layers do without
    (r"/jquery-3[\d.]+\.min\.js$", None),
    (r"/bootstrap@5[\d.]+/dist/js/bootstrap\.bundle\.min\.js$", None),
    (r"/bootstrap@5[\d.]+/dist/css/bootstrap\.min\.css$", None),
    (r"/bootstrap-glyphicons\.css$", None),
    (r"/fontawesome-free@6[\d.]+/css/all\.min\.css$", None),
    (r"/leaflet\.awesome-markers\.css$", None),
    (r"/leaflet\.awesome\.rotate\.min\.css$", None),
)
"""Addresses that folium asks for, and the file that answers; None where the page does without."""

_IMAGES = {".png": "image/png", ".svg": "image/svg+xml", ".gif": "image/gif"}


def save_page(folium_map: folium.Map, path: str | Path, *, language: Language | None = None) -> None:
    """Save any folium map as one HTML file that opens without internet.

    Parameters
    ----------
    folium_map : folium.Map
        One that `land_release_map` or `priority_map` returned, or any other.
    path : str or Path
        The file to write; an existing one is replaced.
    language : {"en", "ar", "es", "fr", "km", "lo", "pt", "uk"}, optional
        Of the texts of this package on the page. The default is that of the page, and English for other maps.

    Returns
    -------
    None
        The file is written, whole or not at all.

    Raises
    ------
    OptionError
        The language is none of these.
    LandReleaseError
        The map needs a script, a style or an image from the internet of which the package has no copy. The
        message names it.

    Notes
    -----
    Tiles are images that only the internet has: where the map has a tile layer, the page may ask that layer's
    hosts for images, and no one for anything else. Use `folium.Map(tiles=None)` for a page that asks nobody.
    folium's markers, popups, tooltips, GeoJson, layer control and marker clusters work; icons are pins in the
    marker's colour. Scripts that a caller adds to the body of the page, or in a popup, do not run.

    Examples
    --------
    >>> import folium, tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> page = Path(folder.name) / "map.html"
    >>> save_page(folium.Map([44, 18], tiles=None), page)
    >>> "https://cdn" in page.read_text(encoding="utf-8")
    False
    >>> with_plugin = folium.Map([44, 18], tiles=None)
    >>> with_plugin.default_js = [("chart", "https://example.org/chart.js")]
    >>> save_page(with_plugin, page)
    Traceback (most recent call last):
    landrelease.errors.LandReleaseError: The map asks for 'https://example.org/chart.js', of ...
    >>> folder.cleanup()
    """
    page = page_html(cast("Figure", folium_map.get_root()), language)
    put(Path(path), lambda file: file.write_text(page, encoding="utf-8", newline="\n"))


def page_html(figure: Figure, language: Language | None = None) -> str:
    """Return the self-contained page of a folium figure."""
    from branca.element import CssLink, JavascriptLink

    nonce = secrets.token_urlsafe(18)
    own: Language = getattr(figure, "language", "en")
    spoken: Language = own if language is None else language
    words = packed_words(spoken)
    with _Tokens().over(figure) as tokens:
        for child in list(figure._children.values()):
            child.render()
        head: list[str] = []
        for name, child in figure.header._children.items():
            if isinstance(child, JavascriptLink):
                head.append(_script(_asset(child.url), nonce))
            elif isinstance(child, CssLink):
                head.append(_style(_asset(child.url)))
            elif name != "meta_http":
                head.append(_checked(_own_head(tokens.expand(child.render()), nonce), child))
        body = [_checked(tokens.expand(one.render()), one) for one in figure.html._children.values()]
        script = "\n".join(tokens.expand(one.render()) for one in figure.script._children.values())
    page = "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{spoken}" dir="{direction_of(spoken)}">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_policy(nonce, figure)}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{html.escape(figure.title or in_words('Map', spoken))}</title>",
            *([f'<script type="application/octet-stream" id="lr-words">{words}</script>'] if words else []),
            *[part for part in head if part.strip()],
            _script(_default_icon(), nonce),
            "</head>",
            "<body>",
            *body,
            _script(script, nonce),
            "</body>",
            "</html>",
            "",
        ]
    )
    return whole_text(page)


class _Tokens:
    """Keeps what elements render aside while folium's templates run."""

    def __init__(self) -> None:
        self._prefix = "kept" + secrets.token_hex(16)
        self._kept: list[str] = []

    def keep(self, text: str) -> str:
        """Return the token that stands for a text: letters and digits, which no template changes."""
        self._kept.append(text)
        return f"{self._prefix}x{len(self._kept) - 1}x"

    def expand(self, text: str) -> str:
        """Put the texts in the place of their tokens, also where one holds another."""
        return re.sub(f"{self._prefix}x(\\d+)x", lambda found: self.expand(self._kept[int(found[1])]), text)

    @contextmanager
    def over(self, figure: Figure) -> Iterator[_Tokens]:
        """Let every element under a figure render to tokens, and put it back as it was."""
        with ExitStack() as undo:
            for element in list(_descendants(figure)):
                _put(element, _Aside(element._template, self.keep), undo)
                _soften(element, undo)
            yield self


class _Aside:
    """A template whose results are kept aside; it has what branca asks of a template."""

    def __init__(self, template: Any, keep: Callable[[str], str]) -> None:
        self._template, self._keep = template, keep

    @property
    def module(self) -> SimpleNamespace:
        """The template's macros, each returning a token."""
        macros = {name: getattr(self._template.module, name, None) for name in ("header", "html", "script")}
        return SimpleNamespace(**{name: self._kept(macro) for name, macro in macros.items() if macro})

    def _kept(self, macro: Callable[..., str]) -> Callable[..., str]:
        return lambda *args: self._keep(str(macro(*args)))

    def render(self, **kwargs: Any) -> str:
        """Render the whole template, not one of its macros."""
        return self._keep(self._template.render(**kwargs))


class _Softened:
    """A template whose result is put between backticks by folium."""

    def __init__(self, template: Any) -> None:
        self._template = template

    def render(self, **kwargs: Any) -> str:
        """Render the template, safe between backticks."""
        return _in_backticks(self._template.render(**kwargs))


def _put(element: Element, template: _Aside | _Softened, undo: ExitStack) -> None:
    """Give one element another template until the page is made."""
    own = vars(element)
    if "_template" in own:
        undo.callback(own.__setitem__, "_template", own["_template"])
    else:
        undo.callback(own.pop, "_template", None)
    own["_template"] = template


def _descendants(element: Element) -> Iterator[Element]:
    for child in element._children.values():
        yield child
        yield from _descendants(child)


def _in_backticks(text: str) -> str:
    """Return HTML that means the same and ends no JavaScript template literal, nor runs in one.

    Examples
    --------
    >>> _in_backticks("a `b` ${c}")
    'a &#96;b&#96; &#36;{c}'
    """
    text = text.replace("\\`", "`")  # folium has escaped some of them
    for sign in "\\`$":
        text = text.replace(sign, f"&#{ord(sign)};")
    return text


def _soften(element: Element, undo: ExitStack) -> None:
    """Make the texts safe that folium pastes between backticks: of tooltips, and of HTML in popups."""
    from branca.element import Html
    from folium.map import Popup, Tooltip

    if isinstance(element, Tooltip):
        undo.callback(setattr, element, "text", element.text)
        element.text = _in_backticks(element.text)
    if isinstance(element, Popup):
        for part in element.html._children.values():
            if isinstance(part, Html):
                _put(part, _Softened(part._template), undo)


def _asset(url: str) -> tuple[str, Path] | None:
    """Return the text of the copy of an address and its folder; None where the page does without it."""
    if url.startswith(OWN):
        return _asset_text(url.removeprefix(OWN))
    for pattern, name in VENDORED:
        if re.search(pattern, url):
            return _asset_text(name) if name else None
    raise LandReleaseError(_no_copy(url))


def _no_copy(url: str) -> str:
    return (
        f"The map asks for '{url}', of which landrelease has no copy: its page would need the internet.\n"
        f"  Fix: leave out the plug-in or image that needs it, or save the map with folium's own save()."
    )


@lru_cache(maxsize=32)
def _asset_text(name: str) -> tuple[str, Path]:
    path = ASSETS / name
    text = path.read_text(encoding="utf-8")
    # a source map would be a request
    text = re.sub(r"(?m)^(//|/\*)[#@] sourceMappingURL=.*$", "", text)
    # each copy of the file carries its licence, also the one within a page
    terms = [licence.read_text(encoding="utf-8").strip() for licence in sorted(path.parent.glob("LICENSE*"))]
    return "".join(f"/*\n{one}\n*/\n" for one in terms) + text, path.parent


def inline_script(url: str) -> str:
    """Return a script of the package as an element of a page that has no policy."""
    return _script(_asset(url), None)


def inline_style(url: str) -> str:
    """Return a style sheet of the package as an element."""
    return _style(_asset(url))


def _script(asset: tuple[str, Path] | str | None, nonce: str | None) -> str:
    if asset is None:
        return ""
    text = asset if isinstance(asset, str) else asset[0]
    # as JavaScript the same, and nothing that ends the element or opens a comment in it
    text = re.sub(r"</(?=script)", r"<\\/", text, flags=re.IGNORECASE).replace("<!--", "\\x3C!--")
    allowed = f' nonce="{nonce}"' if nonce else ""
    return f"<script{allowed}>\n{text}\n</script>"


def _style(asset: tuple[str, Path] | None) -> str:
    if asset is None:
        return ""
    text, folder = asset

    def inlined(found: re.Match[str]) -> str:
        path = folder / found[1].strip("'\" ")
        return f"url({_data_url(path)})" if path.suffix in _IMAGES and path.exists() else "none"

    return f"<style>\n{re.sub(r'url[(]([^)]*)[)]', inlined, text)}\n</style>"


def _data_url(path: Path) -> str:
    return f"data:{_IMAGES[path.suffix]};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _default_icon() -> str:
    """Give Leaflet's own marker its images: it would look for them beside its style sheet."""
    images = ASSETS / "vendor" / "leaflet" / "images"
    names = {"iconUrl": "marker-icon", "iconRetinaUrl": "marker-icon-2x", "shadowUrl": "marker-shadow"}
    urls = ", ".join(f"{key}: '{_data_url(images / (name + '.png'))}'" for key, name in names.items())
    options = f"delete L.Icon.Default.prototype._getIconUrl;\nL.Icon.Default.mergeOptions({{{urls}}});"
    return f"if (window.L) {{\n{options}\n}}"


def _own_head(text: str, nonce: str) -> str:
    """Return a piece of folium's head whose scripts may run; the page has its own viewport."""
    text = re.sub(r'<meta name="viewport"[^>]*>', "", text)
    return re.sub(r"<script(?=[\s>])", f'<script nonce="{nonce}"', text)


def _checked(text: str, element: Element) -> str:
    """Raise where a piece of markup loads something from elsewhere."""
    from landrelease.maps.html.elements import Block

    if not isinstance(element, Block):
        found = re.search(
            r"<(?:script|link|img|iframe|video|audio|source)\b[^>]*?\s(?:src|href)\s*=\s*[\"']?((?:https?:)?//[^\"'\s>]+)",
            text,
            re.I,
        )
        if found:
            raise LandReleaseError(_no_copy(found[1]))
    return text


def _policy(nonce: str, figure: Figure) -> str:
    images = " ".join(["data:", "blob:", *sorted(_tile_hosts(figure))])
    return (
        f"default-src 'none'; script-src 'nonce-{nonce}'; style-src 'unsafe-inline'; img-src {images}; "
        f"connect-src 'none'; base-uri 'none'; form-action 'none'"
    )


def _tile_hosts(figure: Figure) -> set[str]:
    """Return where the tile layers that the caller put on the map come from; raise for other remote images."""
    from folium.raster_layers import ImageOverlay, TileLayer, VideoOverlay, WmsTileLayer

    hosts: set[str] = set()
    for element in _descendants(figure):
        if isinstance(element, (TileLayer, WmsTileLayer)):
            url = str(element.tiles if isinstance(element, TileLayer) else element.url)
            if isinstance(element, TileLayer) and not urlsplit(url).netloc:
                hosts.add("file: 'self'")  # a folder beside the page: on a disk, or where the page is served
            names: Any = element.options.get("subdomains") or "abc"
            for name in names if "{s}" in url else [""]:
                parts = urlsplit(url.replace("{s}", name))
                if parts.scheme in ("http", "https") and re.fullmatch(r"[\w.-]+(:\d+)?", parts.netloc):
                    hosts.add(f"{parts.scheme}://{parts.netloc}")
        elif isinstance(element, (ImageOverlay, VideoOverlay)):
            url = str(getattr(element, "url", None) or getattr(element, "video_url", ""))
            if not url.startswith("data:"):
                raise LandReleaseError(_no_copy(url))
    return hosts
