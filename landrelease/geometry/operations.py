"""Which operation leads from one datum to another: one that is good to 10 m, meant for the place, and undisputed."""

from __future__ import annotations

import warnings
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from pyproj import CRS, Geod, Transformer
from pyproj.aoi import AreaOfInterest
from pyproj.crs import BoundCRS
from pyproj.transformer import TransformerGroup

from landrelease.errors import CRSError

__all__ = [
    "GEOD",
    "WGS84",
    "WORST_ACCURACY_M",
    "Box",
    "Operation",
    "crs_name",
    "declared_crs",
    "find_operation",
    "said",
]

WGS84 = CRS.from_epsg(4326)
GEOD = Geod(ellps="WGS84")
WORST_ACCURACY_M = 10.0
_OVER = 0.25
"""How far the data may lie outside the area that an operation is meant for. [degrees]"""
Box = tuple[float, float, float, float]


class Operation(NamedTuple):
    """An operation between two CRS: its name, its code, how true it is, and how PROJ computes it.

    `accuracy_m` is NaN where nobody states it; `code` is None where no register has the operation.
    """

    name: str
    code: str | None
    accuracy_m: float
    pipeline: str


def crs_name(crs: CRS) -> str:
    """Return how a person would name a CRS."""
    if crs.is_bound and crs.source_crs is not None and crs.coordinate_operation is not None:
        return f"{crs_name(crs.source_crs)} by '{crs.coordinate_operation.name}'"
    authority = crs.to_authority()
    return ":".join(authority) if authority else crs.name


def said(operation: Transformer) -> Operation:
    """Return what is known of an operation."""
    shifts, known = _shifts(operation), _registered(operation)
    code = None if known is None else ":".join(map(str, known.to_json_dict()["id"].values()))
    accuracy = operation.accuracy if known is None else known.accuracy
    name = " + ".join(one.name for one in shifts) or "no change of datum"
    return Operation(name, code, accuracy if 0 <= accuracy < 999 else float("nan"), operation.definition)


def _shifts(operation: Transformer) -> list[Any]:
    """Return the steps of an operation that change the datum."""
    return [one for one in operation.operations or () if one.type_name != "Conversion" and "Null" not in one.name]


def _registered(operation: Transformer) -> Any:
    """Return the one step that changes the datum as its register has it; None where there is no such step."""
    shifts = _shifts(operation)
    told = shifts[0].to_json_dict().get("id") if len(shifts) == 1 else None
    if told is None or "(" in told["authority"]:  # the inverse of one
        return None
    return type(shifts[0]).from_authority(told["authority"], str(told["code"]))


@lru_cache(maxsize=64)
def find_operation(source: CRS, target: CRS, place: Box | None) -> Transformer:
    """Return the one operation between two CRS that can be trusted at a place (degrees of the source's datum).

    Raises CRSError where none is stated good to 10 m there, and where several are that disagree by more.
    """
    if source == target:
        return Transformer.from_crs(source, target, always_xy=True)
    if source.is_bound or target.is_bound:
        return _declared(_group(source, target, None).transformers[0], place)
    group = _group(source, target, place)
    exact = [one for one in group.transformers if one.accuracy == 0]
    if exact:
        return exact[0]
    here = [one for one in group.transformers if place is not None and _serves(one, place)]
    good = sorted((one for one in here if 0 <= one.accuracy <= WORST_ACCURACY_M), key=lambda one: one.accuracy)
    images = [_image(one, source, target, place) for one in good]
    works = [np.isfinite(image).all() for image in images]  # a grid that can not be fetched gives infinity
    good = [one for one, does in zip(good, works, strict=True) if does]
    images = [image for image, does in zip(images, works, strict=True) if does]
    if not good:
        raise CRSError(_none_is_good(source, target, place, group, here))
    apart = np.array([max(_metres(one, other) for other in images) for one in images])
    if apart.max() > WORST_ACCURACY_M:
        raise CRSError(_disputed(source, target, good, images, float(apart.max())))
    return good[0]


def declared_crs(crs: CRS, operation: str) -> CRS:
    """Return a CRS that reaches EPSG:4326 by one named operation, whatever else is known.

    Parameters
    ----------
    crs : CRS
        Of the coordinates.
    operation : str
        The code or the name of an operation that leads from the datum of the CRS to EPSG:4326.

    Raises
    ------
    CRSError
        No operation of that datum has that name; the message lists those that there are.

    Examples
    --------
    >>> declared_crs(CRS.from_epsg(4240), "EPSG:1812").coordinate_operation.name
    'Indian 1975 to WGS 84 (4)'
    >>> declared_crs(CRS.from_epsg(4178), "EPSG:1812")
    Traceback (most recent call last):
    landrelease.errors.CRSError: 'EPSG:1812' is no operation from EPSG:4178 to EPSG:4326. There ...
    """
    known = _group(crs, WGS84, None).transformers
    for one in known:
        told = said(one)
        if told.code is not None and operation in (told.code, told.name):
            return BoundCRS(crs, WGS84, _registered(one))
    lines = [f"\n  {_line(one)}" for one in known if said(one).code]
    raise CRSError(
        f"'{operation}' is no operation from {crs_name(crs)} to EPSG:4326. "
        f"There {'are:' + ''.join(lines) if lines else 'is none.'}"
    )


def _group(source: CRS, target: CRS, place: Box | None) -> TransformerGroup:
    area: Any = AreaOfInterest(*place) if place else None
    with warnings.catch_warnings():  # that a better operation lacks its grid is told where it matters
        warnings.simplefilter("ignore", UserWarning)
        return TransformerGroup(source, target, always_xy=True, allow_ballpark=False, area_of_interest=area)


def _declared(operation: Transformer, place: Box | None) -> Transformer:
    """Take the operation that the user declared; a registered one only where it is meant to be used."""
    known = _registered(operation)
    if known is not None and place is not None and not _serves(known, place):
        raise CRSError(
            f"'{known.name}' is meant for {_area(known)}. The data lie at {_where(place)}.\n"
            f"  Fix: declare an operation for their place, or the CRS they are really in: read(..., crs=...)."
        )
    return operation


def _serves(operation: Any, place: Box) -> bool:
    """Tell whether an operation is meant for the place of the data, give or take a quarter of a degree."""
    area = operation.area_of_use
    if area is None:
        return True
    west, south, east, north = place
    width = (area.east - area.west) % 360 or 360
    from_west = (west + _OVER - area.west) % 360
    along = width == 360 or from_west + (east - west) % 360 <= width + 2 * _OVER
    return bool(along and area.south <= south + _OVER and north - _OVER <= area.north)


def _image(operation: Transformer, source: CRS, target: CRS, place: Box | None) -> Any:
    """Return where an operation puts the corners and the middle of a place. [degrees of the target's datum]"""
    west, south, east, north = place or (0.0, 0.0, 0.0, 0.0)
    east += 360 if east < west else 0
    lon = np.array([west, east, west, east, (west + east) / 2])
    lat = np.array([south, south, north, north, (south + north) / 2])
    if not source.is_geographic:
        lon, lat = Transformer.from_crs(source.geodetic_crs, source, always_xy=True).transform(lon, lat)
    x, y = operation.transform(lon, lat)
    if not target.is_geographic:
        x, y = Transformer.from_crs(target, target.geodetic_crs, always_xy=True).transform(x, y)
    return np.array([x, y])


def _metres(one: Any, other: Any) -> float:
    return float(np.max(GEOD.inv(*one, *other)[2]))


def _line(operation: Transformer) -> str:
    told = said(operation)
    stated = "accuracy unknown" if np.isnan(told.accuracy_m) else f"{told.accuracy_m:g} m"
    return f"{told.code or 'no code,'} '{told.name}': {stated}, for {_area(operation)}"


def _area(operation: Any) -> str:
    area = operation.area_of_use
    name = str(area.name).rstrip(".") if area is not None else "any place"
    return name if len(name) <= 80 else name[:77] + "..."


def _where(place: Box) -> str:
    west, south, east, north = place
    return f"{west:g} to {east:g} degrees east, {south:g} to {north:g} degrees north"


_HOW = (
    "ask the mapping agency of the country which operation is right, and declare it: "
    "read(..., operation='EPSG:...'),\n  or its parameters: read(..., crs='+proj=... +ellps=... +towgs84=...')."
)


def _none_is_good(source: CRS, target: CRS, place: Box | None, group: TransformerGroup, here: list[Transformer]) -> str:
    known = [one for one in group.transformers if 0 <= one.accuracy <= WORST_ACCURACY_M]
    why = "none is known here"
    if place is None:
        why = "the place of the data can not be told"
    elif any(one not in here for one in known):
        why = "the operations of that accuracy are meant for other countries"
    lines = [f"\n  {_line(one)}" for one in here]
    lines += [f"\n  '{one.name}': needs a grid file that is not installed" for one in group.unavailable_operations[:3]]
    newer = source.get_non_deprecated() if source.is_deprecated else []
    hint = f"\n  {crs_name(source)} is deprecated; its successor is {crs_name(newer[0])}." if newer else ""
    return (
        f"No operation from {crs_name(source)} to {crs_name(target)} is good to {WORST_ACCURACY_M:g} m: {why}."
        f"{''.join(lines)}{hint}\n  Fix: {_HOW}\n"
        f"  Or declare the CRS that the coordinates are really in: read(..., crs=...)."
    )


def _disputed(source: CRS, target: CRS, good: list[Transformer], images: list[Any], apart_m: float) -> str:
    shifts = ["", *(f"; {_metres(images[0], image):,.0f} m from the first" for image in images[1:])]
    lines = [f"\n  {_line(one)}{shift}" for one, shift in zip(good, shifts, strict=True)]
    return (
        f"{len(good)} operations from {crs_name(source)} to {crs_name(target)} are stated good to "
        f"{WORST_ACCURACY_M:g} m here, but they disagree by {apart_m:,.0f} m:{''.join(lines)}\n  Fix: {_HOW}"
    )
