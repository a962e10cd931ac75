"""Places of people without their houses: moved at random, within their administrative unit."""

from __future__ import annotations

import warnings
from hashlib import blake2b
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landrelease.cells import as_text
from landrelease.checks.arguments import require_columns
from landrelease.errors import DataError, DataWarning, OptionError
from landrelease.geometry import WGS84, lon_lat, require_same_crs, transform
from landrelease.geometry.operations import GEOD
from landrelease.match.admin import finest_level

__all__ = ["mask_points"]

_HAZARD_COLUMNS = ("hazard_class", "contamination_code", "blocked_resource_code", "event", "event_id", "accident_id",
                   "accident_date", "killed_count", "injured_count")  # fmt: skip
_TRIES = 200
_SECRET = 16


def mask_points(
    points: gpd.GeoDataFrame, *, admin_areas: gpd.GeoDataFrame, key: str, low_m: float, high_m: float, secret: str
) -> gpd.GeoDataFrame:
    """Move the places of people or households at random, within their administrative unit; never those of hazards.

    Parameters
    ----------
    points : GeoDataFrame
        Points of people.
    admin_areas : GeoDataFrame
        Table `admin_areas` in the same CRS: a point stays in the unit that it lies in. Of several levels the finest.
    key : str
        Column with an id of the household or person: the same in every record and every edition, else the moved places
        of one household could be averaged.
    low_m, high_m : float
        Smallest and largest distance by which a point is moved. [m]
    secret : str
        At least 16 characters, kept by the publisher: with it and the id a point is moved the same way each time, and
        without it nobody can move it back.

    Returns
    -------
    GeoDataFrame
        The key, admin_code and geometry (moved; missing where a point has no place, lies in no unit, or its unit has no
        room), in the CRS of the points. No other column: each could tell the place.

    Raises
    ------
    CRSError
        No CRS, or two.
    DataError
        Columns of a hazard or an accident; geometries that are no points; a missing id.
    OptionError
        `key` is no column; distances that can not be meant; a secret that is too short.

    Warns
    -----
    DataWarning
        Points that have no moved place.

    Notes
    -----
    The distance is sqrt(u (high^2 - low^2) + low^2), the direction uniform, both from a keyed hash of the id: moved
    places are spread evenly over the ring, as far as it lies in the unit, and the same in every edition, so that
    nothing can be averaged away. About pi (high^2 - low^2) x the density of households could have been meant.

    A moved hazard can kill: hazards and accidents are refused, in what columns tell it. Publish their exact place or
    only their unit. Do not read rasters or measure distances at moved points: compute first, move after.

    References
    ----------
    Hampton, K. H. et al. (2010), American Journal of Epidemiology 172, 1062-1069 (donut masking). Perez-Heydrich, C. et
    al. (2013), DHS Spatial Analysis Reports 8 (rasters at displaced points).

    Examples
    --------
    >>> units = gpd.GeoDataFrame({"admin_code": ["N"]}, geometry=[shapely.box(18, 44, 18.2, 44.2)], crs=4326)
    >>> places = gpd.points_from_xy([18.1] * 2, [44.1] * 2)
    >>> homes = gpd.GeoDataFrame({"household_id": ["H1", "H2"]}, geometry=places, crs=4326)
    >>> options = dict(admin_areas=units, key="household_id", low_m=500, high_m=2000, secret="a long text of ours")
    >>> moved = mask_points(homes, **options)
    >>> apart = moved.to_crs(32634).distance(homes.to_crs(32634))
    >>> bool(apart.between(499, 2001).all()), moved.columns.tolist()
    (True, ['household_id', 'admin_code', 'geometry'])
    >>> moved.geometry.equals(mask_points(homes, **options).geometry)
    True
    >>> len(mask_points(homes.iloc[:0], **options))
    0
    >>> mask_points(homes.assign(hazard_class="CHA"), **options)
    Traceback (most recent call last):
    landrelease.errors.DataError: these are places of hazards or accidents (hazard_class): moving them can kill.
      Fix: publish their exact place, or only their administrative unit.
    """
    crs = require_same_crs(points, admin_areas, "points", "admin_areas")
    require_columns(points, "points", [key], error=OptionError)
    require_columns(admin_areas, "admin_areas", ["admin_code"])
    _refuse_hazards(points)
    if not 0 <= low_m < high_m < 100_000:
        raise OptionError(f"low_m and high_m must be 0 <= low_m < high_m < 100,000 m; got {low_m!r}, {high_m!r}")
    if not isinstance(secret, str) or len(secret) < _SECRET:
        raise OptionError(
            f"secret must be a text of {_SECRET} characters or more: with a short one places can be found"
        )
    ids = as_text(points[key])
    if ids.isna().any():
        raise DataError(f"{int(ids.isna().sum())} of {len(ids)} points have no '{key}'. Fix: give each household one")
    shapes = points.geometry.to_numpy()
    is_place = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if (shapely.get_type_id(shapes[is_place]) != 0).any():
        raise DataError(
            "'points' holds geometries that are no points. Fix: people are at points; lines and areas are not"
        )
    units = finest_level(admin_areas).sort_values("admin_code", kind="stable")
    home = _unit_of(shapes, units.geometry.to_numpy())
    moved = _moved(shapes, ids, home, units.geometry.to_numpy(), crs, (low_m, high_m), secret)
    lost = int(shapely.is_missing(moved).sum())
    if lost:
        warnings.warn(
            f"{lost} of {len(points)} points have no moved place: they have none, lie in no unit, or it has no room.\n"
            "  Fix: publish their unit only, or move by less.",
            DataWarning,
            stacklevel=2,
        )
    codes = [*as_text(units["admin_code"]), None]  # -1 is in none
    frame = {key: ids.array, "admin_code": pd.Series([codes[i] for i in home], index=points.index, dtype="str")}
    return gpd.GeoDataFrame(frame, geometry=list(moved), crs=crs, index=points.index)


def _refuse_hazards(points: pd.DataFrame) -> None:
    found = [name for name in _HAZARD_COLUMNS if name in points.columns]
    if found:
        raise DataError(
            f"these are places of hazards or accidents ({', '.join(found)}): moving them can kill.\n"
            "  Fix: publish their exact place, or only their administrative unit."
        )


def _unit_of(shapes: npt.NDArray[Any], units: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Return the position of the unit of each point, the first where several touch it; -1 in none."""
    home = np.full(len(shapes), -1, np.int64)
    point, unit = shapely.STRtree(units).query(shapes, predicate="intersects")
    order = np.lexsort((-unit, point))
    home[point[order]] = unit[order]
    return home


def _moved(
    shapes: npt.NDArray[Any], ids: pd.Series, home: npt.NDArray[np.int64], units: npt.NDArray[Any], crs: Any,
    ring_m: tuple[float, float], secret: str,
) -> npt.NDArray[Any]:  # fmt: skip
    """Return the first place of each point's own series that lies in its unit; None where none does."""
    result = np.full(len(shapes), None, dtype=object)
    left = np.flatnonzero(home >= 0)
    lon, lat = shapely.get_coordinates(lon_lat(shapes[left], crs)).reshape(-1, 2).T
    locked = blake2b(secret.encode(), digest_size=32).digest()
    texts = ids.to_numpy(dtype=object)
    low, high = ring_m
    shapely.prepare(units)
    for attempt in range(_TRIES):
        if not len(left):
            break
        part = np.array([_uniforms(locked, texts[i], attempt) for i in left])
        distance = np.sqrt(part[:, 0] * (high**2 - low**2) + low**2)
        there = GEOD.fwd(lon, lat, part[:, 1] * 360.0, distance)
        spots = transform(shapely.points(there[0], there[1]), WGS84, crs)
        is_home = shapely.covers(units[home[left]], spots)
        result[left[is_home]] = spots[is_home]
        left, lon, lat = left[~is_home], lon[~is_home], lat[~is_home]
    return result


def _uniforms(locked: bytes, text: str, attempt: int) -> tuple[float, float]:
    """Return two numbers from 0 to 1 that hang on the secret, the id and the attempt alone."""
    digest = blake2b(f"{attempt}/{text}".encode(), key=locked, digest_size=16).digest()
    return int.from_bytes(digest[:8], "big") / 2.0**64, int.from_bytes(digest[8:], "big") / 2.0**64
