"""Rasters as small images of a page, and a divider between two layers."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from landrelease.errors import DataError, OptionError

if TYPE_CHECKING:
    import folium
    from folium.map import Layer

__all__ = ["raster_layer", "swipe"]

_MOST_PIXELS = 4_000_000
_STEPS = ("#00224E", "#213D6B", "#434E6C", "#5F646F", "#7D7C78", "#9B9476", "#BCAF6F", "#DDCB5D", "#FEE838")
"""Cividis."""


def raster_layer(
    path: str | Path,
    *,
    colours: Mapping[int, str] | None = None,
    limits: tuple[float, float] | None = None,
    name: str = "",
    max_pixels: int = 1_000_000,
    show: bool = True,
) -> Layer:
    """Make the first band of a raster a layer of a folium map: a compact image inside the page.

    Parameters
    ----------
    path : str or Path
        Any raster that rasterio reads, with a CRS.
    colours : mapping, optional
        Colour (`#RRGGBB`) of each class; other values are transparent. Without it, values are shades of cividis.
    limits : (float, float), optional
        Values of the first and the last shade. The default is the 2nd and the 98th percentile.
    name : str
        What the layer control calls it. The default is the name of the file.
    max_pixels : int
        The image has at most so many pixels, 4,000,000 at most.
    show : bool
        Whether it is drawn when the page opens.

    Returns
    -------
    folium.map.Layer
        `add_to` a `folium.Map` and `save_page` it; give two of them to `swipe`.

    Raises
    ------
    DataError
        The raster has no CRS, or no valid cell.
    OptionError
        `max_pixels` or a colour is none.

    Notes
    -----
    The raster is transformed to web Mercator by nearest neighbour, so that classes stay classes. The page shows the
    colours, not the values.

    Examples
    --------
    >>> import rasterio, tempfile
    >>> from rasterio.transform import from_origin
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "cover.tif"
    >>> with rasterio.open(path, "w", driver="GTiff", width=4, height=4, count=1, dtype="uint8", crs=4326, nodata=0,
    ...                    transform=from_origin(18, 44, 0.01, 0.01)) as file:
    ...     file.write(np.full((1, 4, 4), 10, dtype="uint8"))
    >>> raster_layer(path, colours={10: "#117733"}).layer_name
    'cover'
    >>> raster_layer(path, colours={10: "green"})
    Traceback (most recent call last):
    landrelease.errors.OptionError: colours has 'green' for 10. Fix: give each colour as '#RRGGBB'
    >>> folder.cleanup()
    """
    from landrelease.maps.elements import ImageLayer

    if not 1 <= max_pixels <= _MOST_PIXELS:
        raise OptionError(f"max_pixels is {max_pixels}. Fix: give a number from 1 to {_MOST_PIXELS:,}")
    values, is_known, bounds = _mercator(Path(path), max_pixels)
    if not is_known.any():
        raise DataError(f"'{Path(path).name}' has no valid cell. Fix: check its nodata value")
    painted = _by_class(values, is_known, colours) if colours else _by_value(values, is_known, limits)
    return ImageLayer(_png(painted), bounds, name=name or Path(path).stem, show=show)


def swipe(chart: folium.Map, left: Layer, right: Layer) -> None:
    """Put a divider over a map: left of it one layer is seen, right of it another.

    Parameters
    ----------
    chart : folium.Map
        The map to which both layers were added.
    left, right : Layer
        What `map_layer` or `raster_layer` returned.

    Raises
    ------
    OptionError
        A layer is another one, or is not on the map.

    Examples
    --------
    >>> import folium, geopandas as gpd
    >>> chart = folium.Map(tiles=None)
    >>> none = gpd.GeoDataFrame({"area_id": [], "status": []}, geometry=[], crs=4326)
    >>> from landrelease.maps import map_layer
    >>> one, two = (map_layer(none, "areas", name=name).add_to(chart) for name in ("2015", "2025"))
    >>> swipe(chart, one, two)
    >>> swipe(chart, one, folium.FeatureGroup().add_to(chart))
    Traceback (most recent call last):
    landrelease.errors.OptionError: right is no layer of map_layer or raster_layer. ...
    """
    from landrelease.maps.elements import CanvasLayer, Divider, ImageLayer

    for side, layer in {"left": left, "right": right}.items():
        if not isinstance(layer, (CanvasLayer, ImageLayer)):
            raise OptionError(f"{side} is no layer of map_layer or raster_layer. Fix: pass one of these")
        if layer.get_name() not in chart._children:
            raise OptionError(f"{side} is not on the map. Fix: layer.add_to(chart) first")
    Divider(left, right).add_to(chart)


def _mercator(path: Path, max_pixels: int) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_], list[list[float]]]:
    """Return the first band in web Mercator with at most so many pixels, what of it is valid, and its bounds."""
    import rasterio
    from rasterio.vrt import WarpedVRT
    from rasterio.warp import transform_bounds

    with rasterio.open(path) as file:
        if file.crs is None:
            raise DataError(f"'{path.name}' has no CRS. Fix: assign the one that its coordinates are in")
        with WarpedVRT(file, crs="EPSG:3857", add_alpha=file.nodata is None) as moved:
            shrink = max(1.0, (moved.width * moved.height / max_pixels) ** 0.5)
            shape = (max(1, int(moved.height / shrink)), max(1, int(moved.width / shrink)))
            values = moved.read(1, out_shape=shape)
            is_known = moved.dataset_mask(out_shape=shape) > 0
            west, south, east, north = transform_bounds("EPSG:3857", "EPSG:4326", *moved.bounds)
    is_known &= np.isfinite(values)
    return values, is_known, [[south, west], [north, east]]


def _rgb(colour: str, of: object) -> tuple[int, int, int]:
    digits = str(colour).removeprefix("#")
    if len(digits) != 6 or not set(digits.lower()) <= set("0123456789abcdef"):
        raise OptionError(f"colours has {colour!r} for {of}. Fix: give each colour as '#RRGGBB'")
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def _by_class(
    values: npt.NDArray[Any], is_known: npt.NDArray[np.bool_], colours: Mapping[int, str]
) -> npt.NDArray[np.uint8]:
    painted = np.zeros((4, *values.shape), dtype=np.uint8)
    for code, colour in colours.items():
        here = is_known & (values == code)
        painted[:, here] = np.array([*_rgb(colour, code), 255], dtype=np.uint8)[:, None]
    return painted


def _by_value(
    values: npt.NDArray[Any], is_known: npt.NDArray[np.bool_], limits: tuple[float, float] | None
) -> npt.NDArray[np.uint8]:
    low, high = limits or (float(one) for one in np.percentile(values[is_known], [2, 98]))
    share = np.clip((values.astype("float64") - low) / max(high - low, 1e-12), 0, 1)
    stops = np.array([_rgb(colour, "a shade") for colour in _STEPS], dtype="float64")
    at = np.linspace(0, 1, len(stops))
    bands = [np.interp(np.where(is_known, share, 0), at, stops[:, k]).round().astype(np.uint8) for k in range(3)]
    return np.stack([*bands, np.where(is_known, 255, 0).astype(np.uint8)])


def _png(painted: npt.NDArray[np.uint8]) -> str:
    """Return an image of four bands as base64 of a PNG."""
    import warnings

    from rasterio.errors import NotGeoreferencedWarning
    from rasterio.io import MemoryFile

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        _, height, width = painted.shape
        with MemoryFile() as file:
            with file.open(driver="PNG", width=width, height=height, count=4, dtype="uint8") as image:
                image.write(painted)
            return base64.b64encode(file.read()).decode("ascii")
