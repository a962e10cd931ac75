"""Land cover, NDVI and relief as small images of a page, and a divider between two layers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np

from landrelease.errors import DataError, OptionError
from landrelease.maps.layers.images import Picture, Warped, check_pixels, packed, palette_of, rgb, warped
from landrelease.maps.style import PALETTE
from landrelease.said import Said, say

if TYPE_CHECKING:
    import folium
    from folium.map import Layer

__all__ = ["hillshade_layer", "raster_layer", "swipe"]

_STEPS = ("#00224E", "#213D6B", "#434E6C", "#5F646F", "#7D7C78", "#9B9476", "#BCAF6F", "#DDCB5D", "#FEE838")
"""Cividis."""
_MOST_CLASSES = 255
_UNITS_M = {"": 1.0, "m": 1.0, "metre": 1.0, "meter": 1.0, "metres": 1.0, "meters": 1.0,
            "ft": 0.3048, "foot": 0.3048, "feet": 0.3048, "us survey foot": 1200 / 3937}  # fmt: skip
_LEVEL_TONE = 0.88
"""How bright level land is, so that slopes that face the light are brighter."""
_DARKEST = 0.35
"""No shade hides what lies below it."""
_RELIEF = say("Relief")


def raster_layer(
    path: str | Path,
    *,
    colours: Mapping[int, str] | None = None,
    labels: Mapping[int, str] | None = None,
    limits: tuple[float, float] | None = None,
    unit: str = "",
    nodata: float | Literal["none"] | None = None,
    within: gpd.GeoDataFrame | None = None,
    name: str = "",
    source: str = "",
    opacity: float = 0.7,
    max_pixels: int = 1_000_000,
    max_bytes: int = 1_000_000,
    show: bool = True,
) -> Layer:
    """Make the first band of a raster a layer of a folium map: a compact image inside the page, with its legend.

    Parameters
    ----------
    path : str or Path
        A local raster with a CRS, of a format that `match_raster` reads.
    colours : mapping, optional
        Colour (`#RRGGBB`) of each class. The default is the colour table of the file; without one, and without labels,
        the raster holds no classes but values, which are shades of cividis.
    labels : mapping, optional
        Name of each class; classes without one are called by their number.
    limits : (float, float), optional
        Values of the first and the last shade. The default is the 2nd and the 98th percentile.
    unit : str
        Of the values, said in the legend.
    nodata : number or "none", optional
        The value that holds nothing, where the file does not declare one; "none" if every cell counts.
    within : GeoDataFrame, optional
        Only the land around these shapes goes on the page, and is so much finer.
    name : str
        What legend and layer control call it. The default is the name of the file.
    source : str
        Who made it, and under which licence: said below the legend.
    opacity : float
        Of the image and of its legend, above 0 and at most 1: full colours would outdo those of hazards.
    max_pixels : int
        The image has at most so many pixels, 4,000,000 at most, and never more than the file.
    max_bytes : int
        The image takes at most so many bytes; in the page a third more.
    show : bool
        Whether it is drawn when the page opens.

    Returns
    -------
    folium.map.Layer
        `add_to` any folium map, also those of this package, and `save_page` it; give two of them to `swipe`.

    Raises
    ------
    CRSError
        The raster has no CRS, or none that reaches EPSG:4326 to 10 m.
    DataError
        No valid cell; more bytes than `max_bytes` (the message says how many pixels fit); a file that is not fit to be
        read; cells that look like nodata and are not declared so.
    OptionError
        A limit or a colour is none; more than 8 labels without colours.

    Notes
    -----
    The raster is reprojected to web Mercator. A pixel shows the commonest class under it, or the mean of the values;
    where nothing is known it is transparent. Classes that have neither colour nor label are transparent too, and the
    legend says how much of the image they are. The page holds colours, not values. Below all shapes but boundaries.

    Examples
    --------
    >>> import rasterio, tempfile
    >>> from rasterio.transform import from_origin
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "cover.tif"
    >>> with rasterio.open(path, "w", driver="GTiff", width=4, height=4, count=1, dtype="uint8", crs=4326, nodata=0,
    ...                    transform=from_origin(18, 44, 0.01, 0.01)) as file:
    ...     file.write(np.full((1, 4, 4), 10, dtype="uint8"))
    >>> raster_layer(path, colours={10: "#117733"}, labels={10: "Trees"}).layer_name
    'cover'
    >>> raster_layer(path, colours={10: "green"})
    Traceback (most recent call last):
    landrelease.errors.OptionError: colours has 'green' for 10. Fix: give each colour as '#RRGGBB'
    >>> raster_layer(path, colours={10: "#117733"}, max_bytes=10)
    Traceback (most recent call last):
    landrelease.errors.DataError: 'cover.tif' takes ... bytes as an image of ...
    >>> folder.cleanup()
    """
    check_pixels(max_pixels, max_bytes)
    if not 0 < opacity <= 1:
        raise OptionError(f"opacity must be above 0 and at most 1; got {opacity:g}")
    is_classes = bool(colours or labels) or _has_colours(path)
    moved = warped(path, how="classes" if is_classes else "values", nodata=nodata, within=within, max_pixels=max_pixels)
    picture = _by_class(moved, colours, labels or {}) if is_classes else _by_value(moved, limits, unit or moved.unit)
    picture = picture.fainter(opacity)
    return _layer(picture, moved, name=name, source=source, max_bytes=max_bytes, show=show, height=205)


def hillshade_layer(
    path: str | Path,
    *,
    azimuth_deg: float = 315.0,
    altitude_deg: float = 45.0,
    exaggeration: float = 1.0,
    nodata: float | Literal["none"] | None = None,
    within: gpd.GeoDataFrame | None = None,
    name: str = _RELIEF,
    source: str = "",
    max_pixels: int = 1_000_000,
    max_bytes: int = 500_000,
    show: bool = True,
) -> Layer:
    """Make the relief of an elevation raster a layer of a folium map: slopes shaded as by the sun.

    Parameters
    ----------
    path : str or Path
        A local raster of heights in metres, or in feet where the file says so; with a CRS.
    azimuth_deg, altitude_deg : float
        Where the light comes from, clockwise from north, and how high it stands. [degree]
    exaggeration : float
        Heights are multiplied by it: in flat country 3 shows more.
    nodata, within, name, source, max_pixels, max_bytes, show
        As in `raster_layer`.

    Returns
    -------
    folium.map.Layer
        `add_to` any folium map, also those of this package, and `save_page` it. It darkens what lies below it.

    Raises
    ------
    CRSError, DataError
        As in `raster_layer`; heights in a unit that is not known.
    OptionError
        A limit is none, or the light stands below the horizon.

    Notes
    -----
    Slopes by Horn's differences in the 3 x 3 cells around each, in web Mercator with the true size of its cells at
    their latitude; brightness is the cosine of the angle between the light and the slope, over that of level land.
    Beside nodata there is no slope, so no shade.

    References
    ----------
    Horn, B. K. P. (1981). Hill shading and the reflectance map. Proceedings of the IEEE 69 (1), 14-47.

    Examples
    --------
    >>> import rasterio, tempfile
    >>> from rasterio.transform import from_origin
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "heights.tif"
    >>> with rasterio.open(path, "w", driver="GTiff", width=9, height=9, count=1, dtype="float32", crs=4326,
    ...                    nodata=-9999, transform=from_origin(18, 44, 0.01, 0.01)) as file:
    ...     file.write(np.full((1, 9, 9), 500, dtype="float32"))
    >>> hillshade_layer(path).layer_name
    'Relief'
    >>> hillshade_layer(path, altitude_deg=0)
    Traceback (most recent call last):
    landrelease.errors.OptionError: altitude_deg must be above 0 and at most 90; got 0
    >>> folder.cleanup()
    """
    check_pixels(max_pixels, max_bytes)
    if not 0 < altitude_deg <= 90:
        raise OptionError(f"altitude_deg must be above 0 and at most 90; got {altitude_deg:g}")
    if not exaggeration > 0:
        raise OptionError(f"exaggeration must be above 0; got {exaggeration:g}")
    moved = warped(path, how="heights", nodata=nodata, within=within, max_pixels=max_pixels)
    if moved.unit.lower() not in _UNITS_M:
        raise DataError(f"'{moved.name}' says that its heights are in '{moved.unit}'. Fix: convert them to metres")
    tone = _tone(moved, azimuth_deg, altitude_deg, exaggeration * _UNITS_M[moved.unit.lower()])
    is_known = np.isfinite(tone) & moved.is_known
    shades = np.where(is_known, 1 + np.round(254 * np.where(is_known, tone, 0)), 0).astype(np.uint8)
    greys = {shade: (shade, shade, shade) for shade in range(1, 256)}
    notes: list[str] = [
        say("Light from {0}° (0 is north), {1}° high. {2}", f"{azimuth_deg:g}", f"{altitude_deg:g}", moved.note)
    ]
    picture = Picture(shades, palette_of(greys), [], notes, is_exact=False)
    return _layer(picture, moved, name=name, source=source, max_bytes=max_bytes, show=show, height=211)


def _tone(moved: Warped, azimuth_deg: float, altitude_deg: float, factor: float) -> Any:
    """Return the brightness of each cell, 0 to 1; NaN where no slope is known."""
    z = np.where(moved.is_known, moved.values, np.nan) * factor
    padded = np.pad(z, 1, mode="edge")
    rows, columns = z.shape
    part = {(i, j): padded[1 + i : 1 + i + rows, 1 + j : 1 + j + columns] for i in (-1, 0, 1) for j in (-1, 0, 1)}
    # the same number of metres of web Mercator is fewer on the ground towards the poles
    (south, _), (north, _) = moved.bounds
    y = np.arctanh(np.sin(np.radians([north, south])))
    centres = y[0] + (np.arange(rows) + 0.5) * (y[1] - y[0]) / rows
    middle = np.cos(np.radians((south + north) / 2))
    cell = (moved.pixel_m / middle / np.cosh(centres))[:, None]
    east = (part[-1, 1] + 2 * part[0, 1] + part[1, 1] - part[-1, -1] - 2 * part[0, -1] - part[1, -1]) / (8 * cell)
    north_up = (part[-1, -1] + 2 * part[-1, 0] + part[-1, 1] - part[1, -1] - 2 * part[1, 0] - part[1, 1]) / (8 * cell)
    azimuth, altitude = np.radians(azimuth_deg), np.radians(altitude_deg)
    towards = np.cos(altitude) * (np.sin(azimuth) * east + np.cos(azimuth) * north_up)
    light = (np.sin(altitude) - towards) / np.sqrt(1 + east**2 + north_up**2)
    return _DARKEST + (1 - _DARKEST) * np.clip(_LEVEL_TONE * light / np.sin(altitude), 0, 1)


def swipe(chart: folium.Map, left: Layer, right: Layer) -> None:
    """Put a divider over a map: left of it one layer is seen, right of it another.

    Parameters
    ----------
    chart : folium.Map
        The map to which both layers were added.
    left, right : Layer
        What `map_layer`, `raster_layer` or `hillshade_layer` returned.

    Returns
    -------
    None
        The divider is on the map.

    Raises
    ------
    OptionError
        A layer is another one, or is not on the map.

    Examples
    --------
    >>> import folium
    >>> chart = folium.Map(tiles=None)
    >>> none = gpd.GeoDataFrame({"area_id": [], "status": []}, geometry=[], crs=4326)
    >>> from landrelease.maps import map_layer
    >>> one, two = (map_layer(none, "areas", name=name).add_to(chart) for name in ("2015", "2025"))
    >>> swipe(chart, one, two)
    >>> swipe(chart, one, folium.FeatureGroup().add_to(chart))
    Traceback (most recent call last):
    landrelease.errors.OptionError: right is no layer of map_layer or raster_layer. ...
    """
    from landrelease.maps.html.elements import CanvasLayer, Divider, ImageLayer

    for side, layer in {"left": left, "right": right}.items():
        if not isinstance(layer, (CanvasLayer, ImageLayer)):
            raise OptionError(f"{side} is no layer of map_layer or raster_layer. Fix: pass one of these")
        if layer.get_name() not in chart._children:
            raise OptionError(f"{side} is not on the map. Fix: layer.add_to(chart) first")
    Divider(left, right).add_to(chart)


def _layer(
    picture: Picture, moved: Warped, *, name: str, source: str, max_bytes: int, show: bool, height: int
) -> Layer:
    from landrelease.maps.html.elements import ImageLayer

    called = name or Path(moved.name).stem
    if source:
        picture.notes.append(source)
    block = packed(picture, moved, name=called, max_bytes=max_bytes)
    return ImageLayer(block, moved.bounds, name=called, show=show, height=height, is_exact=picture.is_exact)


def _has_colours(path: str | Path) -> bool:
    """Tell whether a raster has a colour table: its cells are then classes."""
    from landrelease.match.raster_source import open_source

    with open_source(path, 1, "none").open() as file:
        return "palette" in {one.name for one in file.colorinterp}


def _by_class(moved: Warped, colours: Mapping[int, str] | None, labels: Mapping[int, str]) -> Picture:
    """Paint classes in their colours; the legend names those that occur."""
    given = dict(colours or moved.colours)
    bare = [code for code in labels if code not in given]
    if bare and colours is None and not moved.colours:
        if len(bare) > len(PALETTE):
            raise OptionError(
                f"labels names {len(bare)} classes and there are {len(PALETTE)} colours. Fix: pass colours="
            )
        given |= dict(zip(bare, PALETTE, strict=False))
        bare = []
    if bare:
        raise OptionError(f"labels has {bare[0]!r}, which has no colour. Fix: give it one in colours=")
    painted = {code: rgb(colour, code) for code, colour in given.items()}
    counts = dict(
        zip(*(part.tolist() for part in np.unique(moved.values[moved.is_known], return_counts=True)), strict=True)
    )
    present = [code for code in given if code in counts]
    if len(present) > _MOST_CLASSES:
        raise OptionError(f"'{moved.name}' shows {len(present)} classes; an image has {_MOST_CLASSES} colours at most")
    shades = np.zeros(moved.values.shape, dtype=np.uint8)
    for shade, code in enumerate(present, start=1):
        shades[moved.is_known & (moved.values == code)] = shade
    notes: list[str] = [say("The commonest class of each pixel. {0}", moved.note)]
    others = sum(counts.values()) - sum(counts[code] for code in present)
    if others:
        part = 100 * others / sum(counts.values())
        notes.append(f"Other classes, not shown: {len(counts) - len(present)} ({part:.2g} % of the pixels with data).")
    said = {code: str(labels[code]) if code in labels else say("Class {0}", f"{code:g}") for code in present}
    entries = [_entry(said[code], given[code]) for code in present]
    palette = palette_of({shade: painted[code] for shade, code in enumerate(present, start=1)})
    return Picture(shades, palette, entries, notes, is_exact=True)


def _entry(label: str, colour: str) -> dict[str, Any]:
    look = {"colour": colour, "solid": colour}
    return {"label": label, "isOurs": isinstance(label, Said), "look": look}


def _by_value(moved: Warped, limits: tuple[float, float] | None, unit: str) -> Picture:
    """Paint values in shades of cividis, those beyond the limits as the ends."""
    known = moved.values[moved.is_known]
    low, high = limits or (float(one) for one in np.percentile(known, [2, 98]))
    if not (np.isfinite([low, high]).all() and low <= high):
        raise OptionError(f"limits must be two numbers, the smaller first; got {limits!r}")
    share = np.clip((np.where(moved.is_known, moved.values, low) - low) / max(high - low, 1e-300), 0, 1)
    shades = np.where(moved.is_known, 1 + np.round(254 * share), 0).astype(np.uint8)
    stops = np.array([rgb(colour, "a shade") for colour in _STEPS], dtype="float64")
    at = np.linspace(0, 1, 255)
    ramp = np.column_stack([np.interp(at, np.linspace(0, 1, len(stops)), stops[:, k]) for k in range(3)]).round()
    palette = palette_of({k + 1: (int(r), int(g), int(b)) for k, (r, g, b) in enumerate(ramp)})
    entries = []
    for part in (1, 0.75, 0.5, 0.25, 0) if high > low else (0,):
        red, green, blue, _ = palette[1 + round(254 * part)]
        value = f"{low + part * (high - low):.3g}"
        label = say("{0} {1}", value, unit) if unit else say("{0}", value)
        entries.append(_entry(label, f"#{red:02X}{green:02X}{blue:02X}"))
    notes: list[str] = [say("The mean of each pixel. {0}", moved.note)]
    beyond = float(((known < low) | (known > high)).mean())
    if beyond:
        notes.append(f"Beyond, and shown as the ends: {100 * beyond:.2g} % of the pixels.")
    return Picture(shades, palette, entries, notes, is_exact=False)
