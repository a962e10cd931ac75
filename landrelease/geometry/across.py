"""Shapes across 180 degrees: joined for measuring and repair, cut there for keeping."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import shapely
from shapely import affinity

from landrelease.geometry.shapes import Geometries, polygonal

__all__ = ["cut_at_180", "has_wide_part", "unwrapped"]

_WIDEST = 90.0
"""A shape that would be wider than this is not taken as one across 180 degrees: it may be a slip of a sign."""
_FAR = 1e3


def has_wide_part(geometries: Geometries) -> npt.NDArray[np.bool_]:
    """Tell which geometries in degrees have a part wider than half the Earth: a leap over 180 degrees, or a slip.

    Examples
    --------
    >>> leaps = shapely.Polygon([(179, 0), (-179, 0), (-179, 1), (179, 1)])
    >>> has_wide_part(np.array([leaps, cut_at_180(unwrapped(np.array([leaps])))[0], None])).tolist()
    [True, False, False]
    """
    result: npt.NDArray[np.bool_] = _width(geometries) > 180
    rows = np.flatnonzero(result)
    parts, owner = shapely.get_parts(geometries[rows], return_index=True)
    result[rows] = np.bincount(owner, _width(parts) > 180, minlength=len(rows)) > 0
    return result


def _width(geometries: Geometries) -> Any:
    bounds = shapely.bounds(geometries)
    with np.errstate(invalid="ignore"):
        return bounds[:, 2] - bounds[:, 0]


def unwrapped(geometries: Geometries) -> Geometries:
    """Return geometries in degrees that leap over 180 degrees as one piece, their west counted on beyond 180.

    What would still be a quarter of the Earth wide stays as it is.
    """
    wide = np.flatnonzero(has_wide_part(geometries))
    if not len(wide):
        return geometries

    def eastward(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        return np.column_stack([np.where(xy[:, 0] < 0, xy[:, 0] + 360, xy[:, 0]), xy[:, 1]])

    joined = shapely.transform(geometries[wide], eastward)
    # a shape all round the Earth falls together to nothing
    fits = (_width(joined) > 0) & (_width(joined) < _WIDEST)
    result = geometries.copy()
    result[wide[fits]] = joined[fits]
    return result


def cut_at_180(geometries: Geometries) -> Geometries:
    """Return valid geometries in degrees with what lies beyond 180 degrees counted from the other side.

    Examples
    --------
    >>> across, beyond, missing = cut_at_180(np.array([shapely.box(179, 0, 182, 1), shapely.Point(190, 5), None]))
    >>> sorted(part.bounds for part in across.geoms), beyond.wkt, missing
    ([(-180.0, 0.0, -178.0, 1.0), (179.0, 0.0, 180.0, 1.0)], 'POINT (-170 5)', None)
    """
    bounds = shapely.bounds(geometries)
    with np.errstate(invalid="ignore"):
        beyond = np.flatnonzero((bounds[:, 2] > 180) | (bounds[:, 0] < -180))
    result = geometries.copy() if len(beyond) else geometries
    for row in beyond:
        result[row] = _cut(geometries[row])
    return result


def _cut(shape: Any) -> Any:
    windows = [(turn, shapely.box(-180 - turn, -_FAR, 180 - turn, _FAR)) for turn in (0, -360, 360)]
    pieces = [affinity.translate(shapely.intersection(shape, window), turn) for turn, window in windows]
    # what ends at 180 degrees touches the next window too
    kept = [one for one in pieces if shapely.get_dimensions(one) == shapely.get_dimensions(shape)]
    whole = shapely.union_all(kept)
    return polygonal(np.array([whole], dtype=object))[0] if shapely.get_dimensions(shape) == 2 else whole
