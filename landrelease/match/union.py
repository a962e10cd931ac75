"""Land that areas hold together, each piece counted once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from landrelease.errors import OptionError, nearest
from landrelease.geometry import (
    Rings,
    authalic,
    densified,
    equal_area_crs,
    keep_where,
    plane_polygons,
    require_crs,
    rings_of,
    scale_change,
)
from landrelease.match.edges import area_m2, edges_in, moved, plane_measures, valid_polygons
from landrelease.match.overlap import EVEN, is_near_180
from landrelease.match.shares import Shapes
from landrelease.match.threads import in_threads

__all__ = ["doubled_area", "pairs_in", "union_area_m2"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_LEAST = 1e-13
"""Shapes that share less than this part of the smaller share nothing but rounding."""
_PARTS = 32
"""What is large is spread over so many parts, so that no thread has all of it."""


def union_area_m2(areas: gpd.GeoDataFrame, *, by: str | Sequence[str] | None = None) -> pd.DataFrame:
    """Measure the land that areas hold together, counted once where they overlap.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons, in any CRS.
    by : str or list of str, optional
        Columns that part the areas into groups, such as "admin_code": land that areas of two groups hold counts in
        both. Without them there is one group.

    Returns
    -------
    DataFrame
        One row a group, in their order: the columns `by`, area_count (areas with a polygon), sum_m2 (of all areas,
        land counted as often as it is held), union_m2 (counted once). Both m2 are missing where no area of a group
        has a polygon. An area whose group is not known belongs to a group without a name. [m2]

    Raises
    ------
    CRSError
        The areas have no CRS.
    OptionError
        `by` names a column that they do not have.

    Notes
    -----
    No union is built. The land that is counted more than once is found where areas overlap: for two by sums over
    their edges, for more by strips between all corners and crossings, in which edges stand one above the other. It is
    taken off the sum of the geodesic areas. Planes are those of `match_overlap`; m2 of the doubled land are its plane
    area times the mean scale of the areas that hold it. An invalid polygon is repaired by its structure first.

    Examples
    --------
    >>> squares = [shapely.box(x, 0, x + 100, 100) for x in (5e5, 5e5 + 50, 6e5)]
    >>> areas = gpd.GeoDataFrame({"admin_code": ["P1", "P1", "P2", "P3"]}, geometry=[*squares, None], crs=32630)
    >>> union_area_m2(areas, by="admin_code").round({"sum_m2": -2, "union_m2": -2})
      admin_code  area_count   sum_m2  union_m2
    0         P1           2  20000.0   15000.0
    1         P2           1  10000.0   10000.0
    2         P3           0      NaN       NaN
    >>> union_area_m2(areas.iloc[:0])["union_m2"].tolist()
    [nan]
    """
    crs = require_crs(areas, "areas")
    names = [by] if isinstance(by, str) else list(by or ())
    for name in names:
        if name not in areas:
            raise OptionError(f"by: 'areas' has no column '{name}'{nearest(name, map(str, areas.columns))}")
    group, result = _grouped(areas, names)
    land = areas.geometry.to_numpy()
    shapes, rings = valid_polygons(keep_where(land, (shapely.get_dimensions(land) == 2) & ~shapely.is_empty(land)))
    m2 = area_m2(shapes, shapely.bounds(shapes), plane_measures(rings), crs)
    m2[shapely.is_empty(land)] = 0.0
    known = ~np.isnan(m2)
    count = np.bincount(group[known], minlength=len(result))
    total = np.bincount(group[known], weights=m2[known], minlength=len(result)).astype(float)
    doubled = np.zeros(len(result))
    for rows, left, right, of_here in _in_planes(shapes, rings, crs, *pairs_in(shapes, group)):
        doubled += np.bincount(group[rows], doubled_area(of_here, left, right, m2[rows]), len(result))
    total[count == 0] = np.nan
    return result.assign(area_count=count, sum_m2=total, union_m2=total - doubled)


def doubled_area(rings: Rings, left: Ints, right: Ints, area: Floats) -> Floats:
    """Return how much land of shapes is counted more than once in the sum of their areas, each time at one of them.

    `left` and `right` are the pairs that may share land; `area` is what the area of each shape is taken for.
    """
    from landrelease.match.kernels.overlap import doubled_areas, overlap_areas

    result = np.zeros(len(area))
    rows, place = np.unique(np.concatenate([left, right]), return_inverse=True)
    left, right = np.split(place, 2)
    edges, both = edges_in(rings, rows), np.empty(len(left))
    in_threads(
        len(left),
        lambda low, high: overlap_areas(
            edges.edge, edges.sign, edges.start, edges.end, edges.box, edges.edge, edges.sign, edges.reach, edges.start,
            edges.end, left, right, low, high, both,
        ),
    )  # fmt: skip
    meets = both > _LEAST * np.minimum(edges.area[left], edges.area[right])
    left, right, both = left[meets], right[meets], both[meets]
    weight = area[rows] / np.where(edges.area > 0.0, edges.area, np.inf)
    of_pair, size = _components(left, right, len(rows))
    alone = size[of_pair[left]] == 2
    np.add.at(result, rows[left[alone]], (both * (weight[left] + weight[right]) / 2)[alone])
    member = np.argsort(of_pair, kind="stable")
    last = np.cumsum(size)
    several = np.argsort(-size, kind="stable")[: int((size > 2).sum())]
    several = np.concatenate([several[part::_PARTS] for part in range(_PARTS)])
    first, last, more = (last - size)[several], last[several], np.empty(len(several))
    in_threads(
        len(several),
        lambda low, high: doubled_areas(*edges[:5], edges.box, weight, member, first, last, low, high, more),
    )
    np.add.at(result, rows[member[first]], more)
    return result


def _grouped(areas: gpd.GeoDataFrame, names: list[str]) -> tuple[Ints, pd.DataFrame]:
    """Return the number of the group of each area, and the names of the groups."""
    if not names:
        return np.zeros(len(areas), np.int64), pd.DataFrame(index=range(1))
    groups = pd.DataFrame(areas[names]).groupby(names, dropna=False, observed=True)
    return groups.ngroup().to_numpy().astype(np.int64), groups.size().reset_index()[names]


def pairs_in(shapes: Shapes, group: Ints) -> tuple[Ints, Ints]:
    """Return the pairs of shapes of one group whose boxes meet, each once."""
    left, right = shapely.STRtree(shapes).query(shapes)
    once = (left < right) & (group[left] == group[right])
    return left[once], right[once]


def _components(left: Ints, right: Ints, count: int) -> tuple[Ints, Ints]:
    """Return the number of the component of each thing that pairs join, and how large each component is."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = coo_array((np.ones(len(left), bool), (left, right)), shape=(count, count))
    found = connected_components(pairs)[1].astype(np.int64)
    return found, np.bincount(found)


def _in_planes(
    shapes: Shapes, rings: Rings, crs: CRS, left: Ints, right: Ints
) -> Iterator[tuple[Ints, Ints, Ints, Rings]]:
    """Yield the areas by the plane in which shares are true, with their pairs: rows, left, right, rings."""
    rows = np.arange(len(shapes))
    if crs.is_geographic and not is_near_180(shapely.bounds(shapes)).any():
        dense = densified(shapes, crs)
        yield rows, left, right, moved(rings if dense is shapes else rings_of(dense), authalic(crs))
        return
    is_bent = ~(scale_change(shapely.bounds(shapes), crs) < EVEN) if crs.is_projected else np.ones(len(shapes), bool)
    is_bent &= ~shapely.is_missing(shapes)
    if not is_bent.any():
        yield rows, left, right, rings
        return
    of_pair, _ = _components(left, right, len(shapes))
    is_bent = np.isin(of_pair, of_pair[is_bent])
    yield rows, left[~is_bent[left]], right[~is_bent[left]], rings
    bent = gpd.GeoSeries(list(shapes[is_bent]), crs=crs).to_frame("geometry")
    place = np.cumsum(is_bent) - 1
    there = rings_of(plane_polygons(bent, equal_area_crs(bent)))
    yield rows[is_bent], place[left[is_bent[left]]], place[right[is_bent[left]]], there
