"""Coordinates as points of the ellipsoid in space, where 180 degrees and the poles are places like any other."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from landrelease.geometry.crs import place_of
from landrelease.geometry.operations import GEOD, WGS84, find_operation
from landrelease.geometry.shapes import Floats

__all__ = ["from_space", "into_space", "polynomials"]

_DEGREE = 5
_NODES = np.cos(np.pi * (np.arange(_DEGREE) + 0.5) / _DEGREE)
_PROBES = np.array([[-0.97, 0.6], [0.15, -0.35], [0.6, 0.97], [-0.45, -0.8]])
_TRUE_M = 1e-4
"""A polynomial that misses a probe by more is none. [m]"""


def into_space(crs: CRS, xy: Floats) -> Callable[[Floats], Floats]:
    """Return what leads from coordinates of a CRS, at the place of some data, to x, y, z on the ellipsoid. [m]

    Coordinates without an image have none: NaN.

    Examples
    --------
    >>> move = into_space(WGS84, np.array([[0.0, 0.0]]))
    >>> move(np.array([[0.0, 0.0], [90.0, 0.0], [7.0, 90.0]])).round(3).tolist()
    [[6378137.0, 0.0, 0.0], [0.0, 6378137.0, 0.0], [0.0, 0.0, 6356752.314]]
    """
    operation = find_operation(crs, WGS84, place_of(xy, crs))

    def move(coordinates: Floats) -> Floats:
        lon, lat = coordinates.T if crs == WGS84 else operation.transform(*coordinates.T)
        known = np.isfinite(lon) & np.isfinite(lat)
        east, north = np.radians(np.where(known, lon, 0.0)), np.radians(np.where(known, lat, 0.0))
        radius = GEOD.a / np.sqrt(1 - GEOD.es * np.sin(north) ** 2)
        across = radius * np.cos(north)
        xyz = np.column_stack([across * np.cos(east), across * np.sin(east), radius * (1 - GEOD.es) * np.sin(north)])
        xyz[~known] = np.nan
        return xyz

    return move


def from_space(xyz: Floats) -> tuple[Floats, Floats]:
    """Return the longitude and latitude of points of the ellipsoid. [degrees]"""
    x, y, z = xyz.T
    return np.degrees(np.arctan2(y, x)), np.degrees(np.arctan2(z, (1 - GEOD.es) * np.hypot(x, y)))


def polynomials(middle: Floats, size: float, move: Callable[[Floats], Floats]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Return the polynomials that stand for a move into space in squares of a plane, and which are true to 0.1 mm.

    coefficient[i, axis, j, k] is that of u^j v^k, where u and v run from -1 to 1 across square i.
    """

    def at(places: Floats) -> Floats:
        return move((middle[:, None] + places * size / 2).reshape(-1, 2)).reshape(len(middle), len(places), 3)

    grid = np.stack(np.meshgrid(_NODES, _NODES, indexing="ij"), axis=-1).reshape(-1, 2)
    value, probe = np.moveaxis(at(grid).reshape(-1, _DEGREE, _DEGREE, 3), 3, 1), at(_PROBES)
    inverse = np.linalg.inv(np.vander(_NODES, increasing=True))
    coefficient = np.ascontiguousarray(inverse @ np.where(np.isfinite(value), value, 0.0) @ inverse.T)
    u, v = (np.vander(_PROBES[:, axis], _DEGREE, increasing=True) for axis in (0, 1))
    error = np.abs(((u @ coefficient) * v).sum(axis=-1) - np.moveaxis(probe, 2, 1))
    return coefficient, (error <= _TRUE_M).all(axis=(1, 2))
