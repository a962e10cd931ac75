"""Background tiles, where the caller asks for them by name: of a folder beside the page, or of a server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from landrelease.errors import OptionError

if TYPE_CHECKING:
    from folium import TileLayer

__all__ = ["is_beside", "tile_layer"]

_FIX = "Fix: give a folder beside the page, such as 'tiles', or 'https://HOST/{z}/{x}/{y}.png'"


def is_beside(path: str) -> bool:
    """Tell whether a path can lead only to a file in the folder of the page, or in one within it.

    Examples
    --------
    >>> [is_beside(path) for path in ("photos/a 1.jpg", "../a.jpg", "/etc/a", "C:\\\\a.jpg", "javascript:x", "")]
    [True, False, False, False, False, False]
    """
    parts = path.split("/")
    is_plain = not re.search(r"[\\:?#<>\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]", path)
    return bool(path) and is_plain and all(part.strip(". \t") for part in parts)


def tile_layer(
    tiles: str, *, attribution: str, name: str = "Background", extension: str = "png", max_zoom: int = 18
) -> TileLayer:
    """Make background tiles a layer of a folium map: of a folder beside the page, or of a server that is named.

    Parameters
    ----------
    tiles : str
        A folder beside the page that holds z/x/y files, such as `"tiles"`; or the address of a server, such as
        `"https://tiles.example.org/{z}/{x}/{y}.png"`.
    attribution : str
        Who made the map, as its licence asks. It stands in the corner.
    name : str
        What the layer control calls it.
    extension : str
        Ending of the files of a folder.
    max_zoom : int
        The deepest level that there is; closer views stretch it.

    Returns
    -------
    folium.TileLayer
        `add_to` any folium map, also those of this package, and `save_page` it.

    Raises
    ------
    OptionError
        The folder is not beside the page, or the address is none of a server; no attribution.

    Notes
    -----
    No page of this package has tiles unless this is called: a server learns from each page that is opened where its
    reader looks, and a page with tiles of a server is blank below its shapes where there is no internet. The page may
    then load images from that server, and from nobody else. Send the folder along with the page.

    Examples
    --------
    >>> tile_layer("tiles", attribution="Survey department").tiles
    'tiles/{z}/{x}/{y}.png'
    >>> tile_layer("../tiles", attribution="Survey department")
    Traceback (most recent call last):
    landrelease.errors.OptionError: tiles is '../tiles', which is neither beside the page nor a server. Fix: ...
    >>> tile_layer("tiles", attribution="")
    Traceback (most recent call last):
    landrelease.errors.OptionError: tiles need an attribution. Fix: say who made them, as their licence asks
    """
    from folium import TileLayer

    from landrelease.maps.html.elements import as_markup

    if not attribution:
        raise OptionError("tiles need an attribution. Fix: say who made them, as their licence asks")
    host = urlsplit(tiles)
    if host.scheme in ("http", "https"):
        is_whole = all(part in tiles for part in ("{z}", "{x}", "{y}")) and re.fullmatch(
            r"[\w.{}-]+(:\d+)?", host.netloc
        )
        if not is_whole or re.search(r"[\s\"'<>`\\]", tiles):
            raise OptionError(f"tiles is {tiles!r}, which is no address of tiles. {_FIX}")
        address = tiles
    elif is_beside(tiles) and re.fullmatch(r"\w+", extension):
        address = f"{quote(tiles)}/{{z}}/{{x}}/{{y}}.{extension}"
    else:
        raise OptionError(f"tiles is {tiles!r}, which is neither beside the page nor a server. {_FIX}")
    return TileLayer(
        tiles=address, attr=as_markup(attribution), name=as_markup(name), overlay=True, control=True,
        max_native_zoom=max_zoom, max_zoom=22,
    )  # fmt: skip
