"""Rasters in web Mercator at the resolution that a page needs, and their cells as compact images."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from landrelease.errors import DataError, OptionError
from landrelease.geometry import to_crs
from landrelease.maps.layers.payload import drawable, pack
from landrelease.match.raster_source import Source, check_amount, open_source
from landrelease.said import Said, say

__all__ = ["Picture", "Warped", "check_pixels", "packed", "palette_of", "rgb", "warped"]

MOST_PIXELS = 4_000_000
_RADIUS_M = 6_378_137.0
_BEYOND = f"+proj=merc +a={_RADIUS_M} +b={_RADIUS_M} +lon_0=180 +units=m +nadgrids=@null +no_defs"
"""Web Mercator around 180 degrees."""
_LAST_LATITUDE = 85.05
_MOST_SIDE = 16_383
"""Of a WebP image. [pixel]"""
_QUALITY = 80

Shades = npt.NDArray[np.uint8]
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Warped:
    """The first band of a raster in web Mercator, north up."""

    name: str
    values: npt.NDArray[Any]
    is_known: npt.NDArray[np.bool_]
    bounds: list[list[float]]
    """[[south, west], [north, east]]; east is beyond 180 where the raster reaches over it. [degree]"""
    pixel_m: float
    """Side of a pixel on the ground, in the middle of the image. [m]"""
    cell_m: float
    """The same of a cell of the file. [m]"""
    colours: dict[int, str]
    """The colour table of the file, where it has one."""
    unit: str
    """Unit of the band, as the file says it."""

    @property
    def note(self) -> Said:
        """Say at which resolution the page shows the raster."""
        is_coarser = self.pixel_m > 1.05 * self.cell_m
        pixel, cell = _metres(self.pixel_m), _metres(self.cell_m)
        return say("A pixel is {0}; the file has {1}.", pixel, cell) if is_coarser else say("A pixel is {0}.", pixel)


@dataclass(frozen=True)
class Picture:
    """What of a raster goes on a page: a shade for each pixel, 0 being transparent, and what the legend says."""

    shades: Shades
    palette: npt.NDArray[np.uint8]
    """Red, green, blue, alpha of 256 shades."""
    entries: list[dict[str, Any]]
    notes: list[str]
    is_exact: bool
    """Whether colours must stay what they are: those of classes."""

    def fainter(self, opacity: float) -> Picture:
        """Return the picture, and its legend, with what lies below shining through."""
        palette = self.palette.copy()
        palette[:, 3] = np.round(palette[:, 3] * opacity)
        tail = f"{round(255 * opacity):02X}"
        entries = [{**one, "look": {key: colour + tail for key, colour in one["look"].items()}} for one in self.entries]
        return replace(self, palette=palette, entries=entries)


def _metres(length: float) -> Said:
    return say("{0} km", f"{length / 1000:,.3g}") if length >= 1000 else say("{0} m", f"{length:,.3g}")


def check_pixels(max_pixels: int, max_bytes: int) -> None:
    """Raise OptionError where the limits of an image are none."""
    if not 1 <= max_pixels <= MOST_PIXELS:
        raise OptionError(f"max_pixels is {max_pixels}. Fix: give a number from 1 to {MOST_PIXELS:,}")
    if max_bytes < 1:
        raise OptionError(f"max_bytes is {max_bytes}. Fix: give how many bytes the image may have")


def warped(
    path: str | Path,
    *,
    how: Literal["classes", "values", "heights"],
    nodata: float | Literal["none"] | None,
    within: gpd.GeoDataFrame | None,
    max_pixels: int,
) -> Warped:
    """Return the first band in web Mercator with at most so many pixels and no more than the file has.

    Classes are the commonest of a pixel, values and heights the mean; heights between cells are interpolated.
    """
    from rasterio.enums import MaskFlags, Resampling
    from rasterio.transform import from_bounds
    from rasterio.vrt import WarpedVRT

    source = open_source(path, 1, nodata)
    full = _box_of(source)
    box = full if within is None else _clipped(full, within, source.name)
    check_amount(source, shapely.bounds(np.array([source.footprint()])))
    size, frame, cell, is_shrunk = _grid(source, full, box, max_pixels)
    ways = {"classes": Resampling.mode, "values": Resampling.average, "heights": Resampling.average}
    closest = Resampling.bilinear if how == "heights" else Resampling.nearest
    options: dict[str, Any] = {"resampling": ways[how] if is_shrunk else closest}
    if how != "classes":
        options |= {"dtype": "float32", "nodata": np.nan}
    with source.open() as file:
        flags = file.mask_flag_enums[0]
        declared = file.nodata
        if nodata is not None and nodata != "none":
            if MaskFlags.all_valid not in flags and declared != nodata:
                raise OptionError(
                    f"'{source.name}' says itself what holds nothing.\n"
                    f"  Fix: leave nodata={nodata:g} out, or write it into the file"
                )
            options["src_nodata"] = declared = float(nodata)
        if declared is None and how == "classes" and MaskFlags.alpha not in flags:
            options["add_alpha"] = True
        if declared is None and source.dtype.kind == "f":
            options["src_nodata"] = np.nan
        _check_fills(source, file)
        shift, crs = (np.pi * _RADIUS_M, _BEYOND) if full[2] > 180 else (0.0, "EPSG:3857")
        if shift and source.crs.is_geographic:
            options |= _from_180(source, file.transform, full)
        transform = from_bounds(frame[0] - shift, frame[1], frame[2] - shift, frame[3], size[1], size[0])
        with WarpedVRT(file, crs=crs, transform=transform, width=size[1], height=size[0], **options) as moved:
            values = moved.read(1)
            is_known = (moved.read_masks(1) > 0) & np.isfinite(values)
        colours, unit = _colours(file), (file.units[0] or "").strip()
    if not is_known.any():
        raise DataError(f"'{source.name}' has no valid cell here. Fix: check its nodata value, and where it lies")
    if how != "classes":
        values = source.scaled(values.astype(np.float64))
    on_ground = float(np.cos(np.radians((box[1] + box[3]) / 2)))
    pixel = (frame[2] - frame[0]) / size[1]
    bounds = [[box[1], box[0]], [box[3], box[2]]]
    return Warped(source.name, values, is_known, bounds, pixel * on_ground, cell * on_ground, colours, unit)


def _from_180(source: Source, transform: Any, box: Box) -> dict[str, Any]:
    """Return CRS and place of a raster in degrees, counted from the meridian of 180: so its cells lie side by side."""
    from rasterio import Affine

    text = re.sub(r',AUTHORITY\["[^]]*\]', "", source.crs.to_wkt("WKT1_GDAL"))
    text = re.sub(r'PRIMEM\["[^"]*",([-\d.]+)', lambda one: f'PRIMEM["opposite",{float(one[1]) + 180:g}', text)
    turns = round((box[0] - transform.c) / 360)
    return {"src_crs": text, "src_transform": Affine.translation(360 * turns - 180, 0) @ transform}


def _box_of(source: Source) -> Box:
    """Return west, south, east, north of a raster, without the poles, which web Mercator has not. [degree]"""
    outline = source.footprint().exterior
    edge = shapely.segmentize(outline, outline.length / 200)
    if source.crs.is_geographic:
        x, y = shapely.get_coordinates(edge).T
        x -= 360 * np.floor((x.min() + 180 + 1e-6) / 360)
        # a grid of the whole Earth often reaches a rounding over its edge
        last = 180 if x.max() <= 180 + 1e-6 else x.min() + 360
        edge = shapely.linestrings(np.column_stack([x.clip(-180, last), y.clip(-90, 90)]))
    points = shapely.points(shapely.get_coordinates(edge))
    placed = to_crs(gpd.GeoDataFrame(geometry=points, crs=source.crs), 4326, source.name)
    x, y = placed.get_coordinates().to_numpy().T
    if (np.abs(np.diff(x)) > 180).any():
        x = x % 360  # it lies on both sides of 180 degrees
    if (np.abs(np.diff(x)) > 180).any():
        raise DataError(
            f"'{source.name}' reaches around a pole, and the page's map has none. Fix: cut it, with gdalwarp -te"
        )
    return float(x.min()), max(float(y.min()), -_LAST_LATITUDE), float(x.max()), min(float(y.max()), _LAST_LATITUDE)


def _clipped(box: Box, within: gpd.GeoDataFrame, name: str) -> Box:
    """Return the part of a box in which the shapes of a frame lie."""
    placed = to_crs(within, 4326, "within")
    shapes = placed.geometry.to_numpy()
    if not drawable(shapes).any():
        raise DataError("'within' has no shape. Fix: pass rows with a geometry, or leave it out")
    x, y = shapely.get_coordinates(shapes[drawable(shapes)]).T
    x = x + 360 * np.round(((box[0] + box[2]) / 2 - x) / 360)  # counted as the box is, which can reach over 180 degrees
    west, south, east, north = (float(one) for one in (x.min(), y.min(), x.max(), y.max()))
    pad = 0.02 * max(east - west, north - south)
    cut = (max(box[0], west - pad), max(box[1], south - pad), min(box[2], east + pad), min(box[3], north + pad))
    if cut[0] >= cut[2] or cut[1] >= cut[3]:
        raise DataError(f"'{name}' and 'within' have no land in common. Fix: check the CRS of both")
    return cut


def _grid(source: Source, full: Box, box: Box, max_pixels: int) -> tuple[tuple[int, int], Box, float, bool]:
    """Return rows and columns of the image, its edges and the side of a cell in web Mercator [m], and if it shrinks."""
    whole, frame = _mercator(full), _mercator(box)
    rows, columns = source.size
    cell = min((whole[2] - whole[0]) / columns, (whole[3] - whole[1]) / rows)
    width, height = frame[2] - frame[0], frame[3] - frame[1]
    pixel = max(cell, float(np.sqrt(width * height / max_pixels)))
    # rounding up both sides could take more than max_pixels
    size = (max(1, int(height / pixel + 1e-6)), max(1, int(width / pixel + 1e-6)))
    return (min(size[0], max_pixels), min(size[1], max_pixels)), frame, cell, pixel > 1.001 * cell


def _mercator(box: Box) -> Box:
    x = np.radians([box[0], box[2]]) * _RADIUS_M
    y = np.arctanh(np.sin(np.radians([box[1], box[3]]))) * _RADIUS_M
    return float(x[0]), float(y[0]), float(x[1]), float(y[1])


def _check_fills(source: Source, file: Any) -> None:
    """Raise where a sample of cells holds what usually says that nothing is known, and is not declared so."""
    if source.fills and source.dtype.kind not in "ub":
        shrink = max(1.0, float(np.sqrt(np.prod(source.size) / 1e6)))
        shape = tuple(max(1, int(side / shrink)) for side in source.size)
        cells = file.read(1, out_shape=shape, masked=True).compressed()
        source.refuse_fills(cells.astype(np.float64))


def _colours(file: Any) -> dict[int, str]:
    try:
        table = file.colormap(1)
    except ValueError:
        return {}
    return {code: f"#{r:02X}{g:02X}{b:02X}" for code, (r, g, b, a) in table.items() if a > 0}


def rgb(colour: str, of: object) -> tuple[int, int, int]:
    """Return red, green and blue of `#RRGGBB`."""
    digits = str(colour).removeprefix("#")
    if len(digits) != 6 or not set(digits.lower()) <= set("0123456789abcdef"):
        raise OptionError(f"colours has {colour!r} for {of}. Fix: give each colour as '#RRGGBB'")
    return int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:], 16)


def palette_of(colours: Mapping[int, tuple[int, int, int]]) -> npt.NDArray[np.uint8]:
    """Return a palette of 256 shades, opaque where there is a colour."""
    palette = np.zeros((256, 4), dtype=np.uint8)
    for shade, colour in colours.items():
        palette[shade] = (*colour, 255)
    return palette


def packed(picture: Picture, warped: Warped, *, name: str, max_bytes: int) -> str:
    """Return an image with its legend as a block; raise DataError where the image is larger than it may be."""
    kind, image = _encoded(picture)
    if len(image) > max_bytes:
        pixels = picture.shades.size
        fewer = max(1, int(0.9 * pixels * max_bytes / len(image)))
        raise DataError(
            f"'{warped.name}' takes {len(image):,} bytes as an image of {pixels:,} pixels of "
            f"{_metres(warped.pixel_m)}; max_bytes is {max_bytes:,}.\n"
            f"  Fix: max_pixels={fewer}, within=... for a part of it, or max_bytes={len(image)}"
        )
    facet = {"title": "", "entries": picture.entries}
    return pack(
        {
            "heading": name,
            "isNamed": not isinstance(name, Said),
            "type": kind,
            "notes": picture.notes,
            "facets": [facet],
        },
        [image],
    )


def _encoded(picture: Picture) -> tuple[str, bytes]:
    """Return an image as WebP where GDAL writes it, else as PNG."""
    import rasterio

    height, width = picture.shades.shape
    with rasterio.Env() as env:
        is_webp = "WEBP" in env.drivers() and max(height, width) <= _MOST_SIDE
    if is_webp:
        how = {"LOSSLESS": True} if picture.is_exact else {"QUALITY": _QUALITY}
        return "image/webp", _written("WEBP", np.moveaxis(picture.palette[picture.shades], -1, 0), None, how)
    table = {shade: tuple(int(part) for part in colour) for shade, colour in enumerate(picture.palette)}
    return "image/png", _written("PNG", picture.shades[None], table, {"ZLEVEL": 9})


def _written(driver: str, bands: Shades, table: dict[int, tuple[int, ...]] | None, how: Mapping[str, Any]) -> bytes:
    from rasterio.errors import NotGeoreferencedWarning
    from rasterio.io import MemoryFile

    count, height, width = bands.shape
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with MemoryFile() as file:
            with file.open(driver=driver, width=width, height=height, count=count, dtype="uint8", **how) as image:
                image.write(bands)
                if table is not None:
                    image.write_colormap(1, table)
            return bytes(file.read())
