"""Coordinates as field reports write them -> points, each with what was read, how well it is known, or why not."""

from __future__ import annotations

import re
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS, Geod, Transformer
from pyproj.crs import ProjectedCRS
from pyproj.crs.coordinate_operation import UTMConversion
from pyproj.exceptions import CRSError as UnknownCRSError

from landrelease.errors import CRSError, OptionError, check_option
from landrelease.geometry import WGS84, lon_lat
from landrelease.read.notations import NOTATIONS, ZONE, Options, Place, RefusedError, read_text, verbatim

__all__ = ["read_coordinates"]

Floats = npt.NDArray[np.float64]

_GEOD = Geod(ellps="WGS84")
_FINEST_M = 0.0005
"""Half of a last place below this was computed, not measured, so it says nothing about accuracy. [m]"""
_EDGE_DEGREES = 0.25
"""How far beyond the area that a CRS is meant for a point may lie. [degrees]"""


def read_coordinates(
    texts: pd.Series,
    *,
    longitudes: pd.Series | None = None,
    notation: Literal["auto", "decimal", "dms", "utm", "mgrs", "grid"] = "auto",
    crs: Any = None,
    zone: str | None = None,
    utm_letter: Literal["band", "hemisphere"] | None = None,
) -> gpd.GeoDataFrame:
    """Read coordinates as people write them; what can be read in two ways is refused with its reason.

    Parameters
    ----------
    texts : Series
        One coordinate a row, such as `11°34'30"N 104°55'12"E`, `48P 491250 1279500` or `48P VU 912 795`;
        or the latitudes alone, where `longitudes` are given.
    longitudes : Series, optional
        The longitudes, on the same index.
    notation : {'auto', 'decimal', 'dms', 'utm', 'mgrs', 'grid'}
        How they are written. `auto` tells all apart but `grid`: plain eastings and northings in `crs`.
        Any other word refuses the rows that are written otherwise.
    crs : optional
        For `grid`, the projected CRS of the numbers. Otherwise the geographic CRS (the datum) of latitudes and
        longitudes, and of UTM; WGS 84 unless said.
    zone : str, optional
        Zone and band such as '48P' (or '48 north', for UTM) for texts that give none.
    utm_letter : {'band', 'hemisphere'}, optional
        What the letter after a UTM zone means. Only 48S depends on it: band S is 32 to 40 degrees *north*.

    Returns
    -------
    GeoDataFrame
        On the index of `texts`, points in EPSG:4326. as_written (text, verbatim), notation_code (what it was read
        as; missing where it was not), accuracy_m (how far from the point the place can lie by the digits written;
        missing where they were computed) [m], message (why it was not read; missing where it was). A row that can
        not be read has no geometry.

    Raises
    ------
    OptionError
        An option is none of those allowed, or two do not go together.
    CRSError
        No operation from `crs` to WGS 84 is good to 10 m (rule 5).

    Notes
    -----
    Without letters or labels, latitude stands before longitude and easting before northing; the order is never
    guessed. Digits may be of any script. An MGRS square is read as its centre, with its side as accuracy.
    `accuracy_m` says nothing of the instrument. A column of numbers has lost the zeros at its ends, so its
    accuracy is the worst it can have been. Digits finer than a millimetre were computed, not measured.

    References
    ----------
    NGA.STND.0037 (2014), Universal Grids and the Transverse Mercator; ISO 6709:2022.

    Examples
    --------
    >>> told = pd.Series(["11.575, 104.92", "១១°៣៤′៣០″N ១០៤°៥៥′១២″E", "48S 451000 1230000", None])
    >>> places = read_coordinates(told)
    >>> places.get_coordinates().round(3).to_numpy().tolist()
    [[104.92, 11.575], [104.92, 11.575]]
    >>> places["accuracy_m"].round().tolist()
    [548.0, 22.0, nan, nan]
    >>> places["message"][2]
    "48S is the south or band S (32 to 40 degrees north): declare utm_letter='hemisphere' or 'band'"
    >>> read_coordinates(told.iloc[:0]).shape
    (0, 5)
    """
    options = _checked(notation, crs, zone, utm_letter, longitudes is not None)
    written = [verbatim(one) for one in texts]
    cells: list[tuple[str | None, ...]] = [(one,) for one in written]
    places: list[Place | None] = [None] * len(texts)
    messages: list[str | None] = [None] * len(texts)
    if longitudes is not None:
        if not longitudes.index.equals(texts.index):
            raise OptionError("longitudes must stand on the index of the latitudes")
        cells = list(zip(written, map(verbatim, longitudes), strict=True))
        written = [" ; ".join(one or "" for one in pair) if any(pair) else None for pair in cells]
    for row, cell in enumerate(cells):
        try:
            places[row] = read_text(cell, options)
        except RefusedError as refused:
            messages[row] = str(refused)
    points, accuracy_m = _placed(places, messages, options)
    codes = [one.notation if one and not told else None for one, told in zip(places, messages, strict=True)]
    columns = {
        "as_written": pd.Series(written, index=texts.index, dtype="str"),
        "notation_code": pd.Series(codes, index=texts.index, dtype="str"),
        "accuracy_m": pd.Series(accuracy_m, index=texts.index),
        "message": pd.Series(messages, index=texts.index, dtype="str"),
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(points, index=texts.index, crs=WGS84))


def _checked(notation: str, crs: Any, zone: str | None, utm_letter: str | None, two_columns: bool) -> Options:
    check_option("notation", notation, NOTATIONS)
    if utm_letter is not None:
        check_option("utm_letter", utm_letter, ("band", "hemisphere"))
    if two_columns and notation not in ("auto", "decimal", "dms"):
        raise OptionError(
            f"longitudes= is for latitudes in degrees; notation={notation!r} takes one text a row.\n"
            f"  Fix: frame['zone'] + ' ' + frame['easting'] + ' ' + frame['northing']"
        )
    if zone is not None:
        if not re.fullmatch(ZONE, zone.strip().upper()) or zone.strip()[-1].upper() in "ABIOYZ":
            raise OptionError(f"zone must be a zone and its band such as '48P', or '48 north'; got {zone!r}")
        zone = zone.strip().upper()
    return Options(notation, _checked_crs(notation, crs), zone, utm_letter)


def _checked_crs(notation: str, crs: Any) -> CRS | None:
    if crs is None:
        if notation == "grid":
            raise OptionError("notation='grid' needs crs=, the projected CRS of its numbers, such as 'EPSG:3148'")
        return None
    try:
        known = CRS.from_user_input(crs)
    except UnknownCRSError as error:
        raise OptionError(f"crs={crs!r} is no CRS that is known: {error}") from None
    if notation == "grid" and not known.is_projected:
        raise OptionError(f"notation='grid' needs a projected CRS; {known.name!r} is none")
    if notation == "grid" and {axis.direction for axis in known.axis_info[:2]} != {"east", "north"}:
        raise OptionError(f"{known.name!r} does not count eastings and northings: transform it before")
    if notation == "mgrs" and known != WGS84:
        raise OptionError("MGRS is read on WGS 84 alone: its letters differ on other datums")
    in_degrees = known.is_geographic and known.axis_info[0].unit_name == "degree"
    if notation != "grid" and not in_degrees:
        raise OptionError(
            f"crs={known.name!r} is no geographic CRS in degrees. Fix: notation='grid' for its eastings and northings"
        )
    return None if known == WGS84 else known


def _placed(places: list[Place | None], messages: list[str | None], options: Options) -> tuple[Any, Floats]:
    """Return points in WGS 84 and their accuracy; tell what lies where its system is not meant for."""
    points: Any = np.full(len(places), None, dtype=object)
    accuracy_m = np.full(len(places), np.nan)
    for zone in sorted({one.zone for one in places if one}):
        rows = np.array([row for row, one in enumerate(places) if one and one.zone == zone])
        group = [one for one in places if one and one.zone == zone]
        source, area = _source(zone, options)
        xy = np.array([(one.x, one.y) for one in group])
        inside = _within(xy, group, source, area)
        for row in rows[~inside]:
            where = f"zone {zone} and its band" if zone else f"the area that {source.name!r} is meant for"
            messages[row] = f"lies outside {where}"
        points[rows[inside]] = _moved(shapely.points(xy[inside]), source)
        halves = np.array([(one.half_x, one.half_y) for one in group])[inside]
        accuracy_m[rows[inside]] = _reach_m(points[rows[inside]], halves, source)
    return points, np.where(accuracy_m < _FINEST_M, np.nan, accuracy_m)


def _source(zone: str, options: Options) -> tuple[CRS, Any]:
    """Return the CRS that a group was written in and the area that it is meant for."""
    datum = options.crs or WGS84
    if not zone:
        return datum, datum.area_of_use
    return ProjectedCRS(UTMConversion(zone[:-1], zone[-1]), name=f"UTM {zone}", geodetic_crs=datum), datum.area_of_use


def _within(xy: Floats, group: list[Place], source: CRS, area: Any) -> npt.NDArray[np.bool_]:
    # good enough to ask roughly where; the place itself comes from lon_lat
    lon, lat = Transformer.from_crs(source, WGS84, always_xy=True).transform(xy[:, 0], xy[:, 1])
    over = 0.02  # northings at the edge of a band are often given in the next one
    south, north = (np.array([getattr(one, name) for one in group]) for name in ("south", "north"))
    inside = np.isfinite(lon) & np.isfinite(lat) & (south - over <= lat) & (lat <= north + over)
    if area is not None:
        inside &= (area.south - _EDGE_DEGREES <= lat) & (lat <= area.north + _EDGE_DEGREES)
        width = (area.east - area.west) % 360 or 360
        inside &= (lon - area.west + _EDGE_DEGREES) % 360 <= width + 2 * _EDGE_DEGREES
    return np.asarray(inside, dtype=bool)


def _moved(points: Any, source: CRS) -> Any:
    try:
        return lon_lat(points, source)
    except CRSError as error:
        raise CRSError(f"crs={source.name!r}: {error}") from None


def _reach_m(points: Any, halves: Floats, source: CRS) -> Floats:
    """Return the distance from each point to the corner of what would be written alike. [m]"""
    if source.is_projected:
        return np.hypot(halves[:, 0], halves[:, 1]) * source.axis_info[0].unit_conversion_factor
    lon, lat = shapely.get_x(points), shapely.get_y(points)
    corner = lat - np.copysign(halves[:, 1], lat)  # towards the equator, where a degree is widest
    return np.asarray(_GEOD.inv(lon, lat, lon + halves[:, 0], corner)[2], dtype=float)
