"""The places of an IATI activity: where a point is, and whether it is a place or the centroid of a region."""

from __future__ import annotations

import math
import re
from typing import Any

import shapely

from landrelease.rules import finding

__all__ = ["number", "place_of"]

Element = Any
Finding = list[str]

_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_PLACE_CLASSES = ("2", "3", "4")
_PRECISION: dict[str, tuple[str | None, str | None]] = {
    "1": (None, "1"),
    "2": (None, "2"),
    "3": ("1", None),
    "4": ("1", None),
    "5": (None, "2"),
    "6": ("1", None),
    "7": ("1", None),
    "8": ("1", None),
    "9": ("1", None),
}
"""GeographicalPrecision of versions before 1.04 as location class and exactness: 1 exact, 2 near, 3 and 4
units, 5 estimated, 6 and 9 a country, 7 a capital for want of better, 8 the seat of an office."""
_REGION_DESIGNATION = re.compile(r"ADM[1-5D]H?|PCL\w*|TERR|RGN", re.IGNORECASE)
"""GeoNames designations of a unit, a country, a territory, a region."""


def place_of(place: Element, notes: list[Finding]) -> dict[str, Any]:
    """Return the columns of `projects` that one `location` element gives; findings are added to `notes`."""
    point = _point(place, notes)
    location_class = _code(place, "location-class")
    exactness = _code(place, "exactness")
    coordinates = place.find("coordinates")
    precision = None if coordinates is None else (coordinates.get("precision") or "").strip() or None
    if precision is not None and precision not in _PRECISION:
        notes.append(finding("R14", "is_point", precision, "is no GeographicalPrecision: not used as a place"))
    of_precision = _PRECISION.get(precision or "", (None, None))
    is_place = location_class in _PLACE_CLASSES if location_class else precision == "1"
    location_class, exactness = location_class or of_precision[0], exactness or of_precision[1]
    designation = _code(place, "feature-designation") or _code(place, "location-type") or ""
    if is_place and _REGION_DESIGNATION.fullmatch(designation):
        message = "the designation is of a region, the class or precision of a place: not used as a place"
        notes.append(finding("R14", "is_point", designation, message))
        is_place = False
    return {
        "geometry": point,
        "admin_code": _admin_code(place),
        "location_class_code": location_class,
        "location_exactness_code": exactness,
        "location_precision_code": precision if precision in _PRECISION else None,
        "is_point": is_place and exactness == "1" and precision in (None, "1") and point is not None,
    }


def number(text: str | None) -> float | None:
    """Return a number written as XML writes it, or None.

    Examples
    --------
    >>> [number(text) for text in (" 5.50 ", "-1e3", "", None)]
    [5.5, -1000.0, None, None]
    >>> [number(text) for text in ("nan", "1_000", "1,000", "1e999")]
    [None, None, None, None]
    """
    if text is None or not _NUMBER.fullmatch(text.strip()):
        return None
    value = float(text)
    return value if math.isfinite(value) else None


def _code(place: Element, name: str) -> str | None:
    element = place.find(name)
    return None if element is None else (element.get("code") or "").strip() or None


def _admin_code(place: Element) -> str | None:
    """Return the code of the administrative unit of the deepest level that is named."""
    best: tuple[float, str] | None = None
    for one in place.findall("administrative"):
        code = (one.get("code") or one.get("adm2") or one.get("adm1") or "").strip()
        level = number(one.get("level"))
        depth = -1.0 if level is None else level
        if code and (best is None or depth > best[0]):
            best = (depth, code)
    return best[1] if best else None


def _point(place: Element, notes: list[Finding]) -> shapely.Point | None:
    """Return the point of a place, longitude first; None where it can not be one, which is noted."""
    position = place.find("point/pos")
    coordinates = place.find("coordinates")
    if position is not None and (position.text or "").strip():
        system = place.find("point").get("srsName") or ""
        if system and not re.search(r"(?<!\d)4326$", system.strip()):
            notes.append(finding("R7", "geometry", system, "the point is not in EPSG:4326: not used"))
            return None
        texts = position.text.split()
        said = position.text.strip()
        if (len(texts) == 1 and texts[0].count(",") == 1) or (len(texts) > 1 and texts[0].endswith(",")):
            texts = [part for part in re.split(r"[\s,]+", said) if part]
            notes.append(finding("R13", "geometry", said, "latitude and longitude are parted by a comma: mended"))
    elif coordinates is not None and (coordinates.get("latitude") or coordinates.get("longitude")):
        texts = [coordinates.get("latitude") or "", coordinates.get("longitude") or ""]
        said = " ".join(texts)
    else:
        return None
    return _point_at(texts, said, notes)


def _point_at(texts: list[str], said: str, notes: list[Finding]) -> shapely.Point | None:
    """Return the point at a latitude and a longitude (a third number is a height)."""
    numbers = [number(text) for text in texts]
    latitude, longitude = numbers[:2] if len(numbers) in (2, 3) else (None, None)
    if latitude is None or longitude is None:
        notes.append(finding("R3", "geometry", said, "is no latitude and longitude: no geometry"))
        return None
    if abs(latitude) > 90 or abs(longitude) > 180:
        swapped = " (swapped?)" if abs(longitude) <= 90 and abs(latitude) <= 180 else ""
        message = f"latitude {latitude:g}, longitude {longitude:g} is not on the Earth{swapped}: no geometry"
        notes.append(finding("R11", "geometry", said, message))
        return None
    if latitude == 0 and longitude == 0:
        notes.append(finding("R7", "geometry", said, "0, 0 stands for a missing coordinate: no geometry"))
        return None
    return shapely.Point(longitude, latitude)
