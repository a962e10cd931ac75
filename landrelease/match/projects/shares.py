"""Which share of where a project may be a release covers: of a disc around a point, or of an administrative unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS, Geod

from landrelease.geometry import WGS84, cut_at_180, geodesic_area_m2, lon_lat, repaired, transform, unwrapped
from landrelease.match.nearby import near_pairs
from landrelease.match.projects.places import codes_of, column_of, units_above

__all__ = ["Pairs", "beside", "is_district", "land_m2", "same_unit"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]
Pairs = tuple[Ints, Ints, Floats, npt.NDArray[np.bool_]]
"""Positions of the releases and of the places, the share of where the place may be, and whether it is on the land."""

_GEOD = Geod(ellps="WGS84")
_CORNERS = 72
_AT_ONCE = 5_000
_MOST = 2_000_000
"""Pairs that are made at once: bounds the memory."""
_DEEPEST = {"3": 2, "4": 1}
"""Level of the unit that a legacy precision knows at best."""


def land_m2(releases: gpd.GeoDataFrame) -> Floats:
    """Return the land of each release: of its polygon, else as `area_m2` says; missing where neither is known. [m2]"""
    drawn = geodesic_area_m2(releases)
    said = column_of(releases, "area_m2").astype("float64").to_numpy()
    return np.where(np.isnan(drawn), said, drawn)


def beside(
    releases: gpd.GeoDataFrame, land: Floats, points: Shapes, radius_m: float, *, exact: bool
) -> Iterator[Pairs]:
    """Yield the pairs of a release and a point within the distance; an exact point on a release is near no other."""
    shapes, crs = releases.geometry.to_numpy(), CRS.from_user_input(releases.crs)
    for at in range(0, len(points), _AT_ONCE):
        here = points[at : at + _AT_ONCE]
        left, right, distance = near_pairs(shapes, here, crs, radius_m)
        on = (distance == 0) & exact
        kept = on | ~np.isin(right, right[on])
        left, right, distance, on = left[kept], right[kept], distance[kept], on[kept]
        share = np.ones(len(left))
        off = np.flatnonzero(~on)
        if radius_m > 0:
            share[off] = _disc_shares(shapes, land, here, crs, left[off], right[off], distance[off], radius_m)
        else:
            share[off] = 0.0
        yield left, right + at, share, on


def _disc_shares(
    shapes: Shapes, land: Floats, points: Shapes, crs: CRS, left: Ints, right: Ints, distance: Floats, radius_m: float
) -> Floats:
    """Return the share of the disc around each point that the release covers; missing where its land is not known."""
    whole_m2 = np.pi * radius_m**2
    covered = land[left].astype("float64")
    rows, at = np.unique(left, return_inverse=True)
    is_rim = distance + _breadth_m(shapes[rows], crs)[at] > radius_m * (1 - 1e-6)
    is_rim &= np.isin(shapely.get_type_id(shapes[left]), (3, 6))
    rim = np.flatnonzero(is_rim)
    if len(rim):
        ones, at_one = np.unique(right[rim], return_inverse=True)
        discs = _discs(points[ones], crs, radius_m)[at_one]
        own = shapes[left[rim]]
        bad = ~shapely.is_valid(own)
        own[bad] = repaired(own[bad], reading="release")
        covered[rim] = geodesic_area_m2(gpd.GeoSeries(shapely.intersection(own, discs), crs=crs))
    return np.minimum(covered / whole_m2, 1.0)


def _breadth_m(shapes: Shapes, crs: CRS) -> Floats:
    """Return a length that no two points of a shape are farther apart than: the diagonal of its box, with slack. [m]"""
    west, south, east, north = shapely.bounds(shapes).T
    corners = [shapely.get_coordinates(lon_lat(shapely.points(x, y), crs)).T for x, y in
               ((west, south), (east, north), (west, north), (east, south))]  # fmt: skip
    diagonals = [_GEOD.inv(*corners[i], *corners[i + 1])[2] for i in (0, 2)]
    longest: Floats = 1.01 * np.maximum(*diagonals)
    return longest


def _discs(points: Shapes, crs: CRS, radius_m: float) -> Shapes:
    """Return polygons of the area of the disc around each point, in the CRS."""
    x, y = shapely.get_coordinates(lon_lat(points, crs)).T
    turn = np.tile(np.linspace(0, 360, _CORNERS, endpoint=False), len(x))
    # a polygon of many corners on a slightly larger circle has the area of the disc
    step = 2 * np.pi / _CORNERS
    reach = np.full(len(turn), radius_m * np.sqrt(step / np.sin(step)))
    lon, lat, _ = _GEOD.fwd(np.repeat(x, _CORNERS), np.repeat(y, _CORNERS), turn, reach)
    rings = np.column_stack([lon, lat]).reshape(len(x), _CORNERS, 2)
    discs = shapely.polygons(np.concatenate([rings, rings[:, :1]], axis=1))
    return cut_at_180(unwrapped(discs)) if crs == WGS84 else transform(discs, WGS84, crs)


def same_unit(
    releases: gpd.GeoDataFrame, land: Floats, places: pd.DataFrame, admin_areas: pd.DataFrame | None
) -> Iterator[Pairs]:
    """Yield the pairs of a release and a place of its unit, or of one above it; `places` has admin_code."""
    own = codes_of(releases, "admin_code")
    reach = units_above(admin_areas, own.dropna())
    # how large a unit above is must be known, or it may be the country
    reach = reach[reach["level"].notna() | reach["unit"].eq(reach["above"])]
    rows = pd.DataFrame({"unit": own.to_numpy(), "release": np.arange(len(own))}).dropna().astype({"unit": "str"})
    inside = rows.merge(reach, on="unit")[["above", "release"]].sort_values(["above", "release"], kind="stable")
    units, start, count = np.unique(inside["above"].to_numpy(dtype=object), return_index=True, return_counts=True)
    unit_m2 = _unit_m2(admin_areas, pd.Index(units))
    unit = pd.Index(units).get_indexer(places["admin_code"].to_numpy(dtype=object))
    known = np.flatnonzero(unit >= 0)
    unit = unit[known]
    member = inside["release"].to_numpy(np.int64)
    end = np.cumsum(count[unit])
    parts = np.searchsorted(end, np.arange(_MOST, (end[-1] if len(end) else 0) + _MOST, _MOST), side="left") + 1
    low = 0
    for high in np.minimum(parts, len(unit)):
        here, many = unit[low:high], count[unit[low:high]]
        place = np.repeat(known[low:high], many)
        within = np.arange(many.sum()) - np.repeat(np.cumsum(many) - many, many)
        release = member[np.repeat(start[here], many) + within]
        share = np.minimum(land[release] / np.repeat(unit_m2[here], many), 1.0)
        yield release, place, share, np.zeros(len(release), bool)
        low = high


def _unit_m2(admin_areas: pd.DataFrame | None, units: pd.Index) -> Floats:
    if not isinstance(admin_areas, gpd.GeoDataFrame) or admin_areas.active_geometry_name is None:
        return np.full(len(units), np.nan)
    codes = codes_of(admin_areas, "admin_code")
    needed = codes.isin(units).to_numpy()
    found = pd.Series(geodesic_area_m2(admin_areas.geometry[needed]), index=codes[needed].to_numpy())
    land = found.groupby(level=0).sum(min_count=1).reindex(units).to_numpy()
    return np.where(land > 0, land, np.nan)


def is_district(places: pd.DataFrame, admin_areas: pd.DataFrame | None, district_level: int) -> npt.NDArray[np.bool_]:
    """Tell which places name a unit that is small enough, and no smaller than their precision can know."""
    code, precision = places["admin_code"], places["precision"].fillna("")
    levels = units_above(admin_areas, code.dropna()).drop_duplicates("unit").set_index("unit")["level"]
    level = code.map(levels).astype("Float64").to_numpy(dtype="float64", na_value=np.nan)
    deepest = precision.map(_DEEPEST).to_numpy(dtype="float64", na_value=np.nan)
    # a unit of which nobody says how large it is may be that of the release, unless the place is known to a province
    fits = np.where(np.isnan(level), precision.ne("4"), (level >= district_level) & ~(level > deepest))
    return code.notna().to_numpy() & fits
