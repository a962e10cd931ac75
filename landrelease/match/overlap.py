"""Areas against a layer of polygons: how much of each area each class of the layer covers."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from landrelease.errors import DataError, check_option, nearest
from landrelease.geometry import (
    WGS84,
    authalic,
    densified,
    equal_area_crs,
    geodesic_area_m2,
    keep_where,
    lon_lat,
    plane_polygons,
    polygonal,
    repaired,
    require_same_crs,
    rings_of,
    scale_change,
    unwrapped,
)
from landrelease.match.edges import Plane, area_m2, as_given, moved, plane_measures, shares_by_edges, valid_polygons
from landrelease.match.ids import id_column
from landrelease.match.pieces import shares_by_pieces
from landrelease.match.shares import NOTHING, Classes, Shapes, Shares
from landrelease.match.threads import in_threads

__all__ = ["EVEN", "UNMAPPED", "is_near_180", "match_overlap"]

UNMAPPED = "unmapped"
EVEN = 4e-5
"""A plane whose areal scale changes by less over an area leaves its shares true to a quarter of this."""
_CHUNK = 100_000
"""Areas that are matched at once: bounds the memory."""
_CELLS = 512
"""Cells along each side of the grid that tells which polygons of a layer may touch an area."""
_TILE = 10.0
"""Width and height of the land that one plane serves. [degrees]"""
Rows = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def match_overlap(
    areas: gpd.GeoDataFrame,
    layer: gpd.GeoDataFrame,
    *,
    by: str,
    on_overlap: Literal["split", "first", "raise"] = "split",
    engine: Literal["auto", "exact"] = "auto",
) -> pd.DataFrame:
    """Split each area into the classes of a layer, and what no polygon of the layer covers.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons with an id column (release_id, area_id, ...), in any CRS.
    layer : GeoDataFrame
        Polygons with the column `by`, in the CRS of the areas. Polygons whose class is missing or "unmapped" cover
        nothing: their land stays unmapped.
    by : str
        The column of the layer that holds the class.
    on_overlap : "split", "first" or "raise"
        What to do where polygons of different classes overlap: share the land equally between the classes, give it
        to the polygon that comes first in the layer, or raise. Polygons of one class are never counted twice.
    engine : "auto" or "exact"
        Sum over edges, which builds no shapes and is compiled at its first use; or intersect shapes with GEOS, which
        is the reference. "auto" falls back to it where numba is not installed.

    Returns
    -------
    DataFrame
        One row an area and class that it meets, and one with the class "unmapped": id, `by`, overlap_m2,
        overlap_share. The shares of an area sum to 1 (rule 3). An area without a polygon has one row, all missing.
        [m2, share]

    Raises
    ------
    CRSError
        A frame has no CRS, or they differ.
    DataError
        The layer lacks the column; the areas have no id column, or `by` is that column; with "raise", how many areas
        meet overlapping classes.

    Notes
    -----
    Shares are taken in an equal-area plane (in degrees: longitude and the authalic sine of the latitude), or in the
    plane of a projected CRS where its scale changes by less than 4e-5 over the area, which leaves shares true to 1e-5;
    m2 are the share times the geodesic area. The two engines differ by less than 1e-9 of an area. An invalid polygon
    is repaired by its structure first.

    Examples
    --------
    >>> shapes = [shapely.box(5e5, 0, 5e5 + 100, 100), None]
    >>> areas = gpd.GeoDataFrame({"area_id": ["A", "B"]}, geometry=shapes, crs=32630)
    >>> farm = gpd.GeoDataFrame({"use_code": ["grazing"]}, geometry=[shapely.box(5e5, 0, 5e5 + 25, 200)], crs=32630)
    >>> match_overlap(areas, farm, by="use_code").round(4)[["area_id", "use_code", "overlap_share"]].values.tolist()
    [['A', 'grazing', 0.25], ['A', 'unmapped', 0.75], ['B', nan, nan]]
    >>> match_overlap(areas.iloc[:1], farm.iloc[:0], by="use_code")["use_code"].tolist()
    ['unmapped']
    """
    check_option("on_overlap", on_overlap, ("split", "first", "raise"))
    check_option("engine", engine, ("auto", "exact"))
    require_same_crs(areas, layer, "areas", "layer")
    if by not in layer:
        raise DataError(f"'layer' has no column '{by}'{nearest(by, layer.columns)}")
    key = id_column(areas)
    if by == key:
        raise DataError(
            f"'{by}' identifies the areas and names the classes.\n  Fix: layer.rename(columns=...) and by=..."
        )
    (shapes, bounds), (near_shapes, near_bounds) = (_land(frame.geometry.to_numpy()) for frame in (areas, layer))
    is_near = _is_near(near_bounds, bounds) & (layer[by].notna() & layer[by].ne(UNMAPPED)).to_numpy()
    near_shapes = near_shapes[is_near]
    number, names = pd.factorize(layer[by].array[is_near])
    match_in = _by_edges if engine == "auto" and find_spec("numba") is not None else _by_pieces
    whole_m2, found = match_in(shapes, bounds, near_shapes, areas.crs, number.astype(np.int64), on_overlap)
    area, class_, share, overlapping = (np.concatenate(parts) for parts in zip(*found, strict=True))
    if on_overlap == "raise" and len(overlapping):
        raise DataError(
            f"{len(overlapping)} of {len(areas)} areas meet polygons of different classes that overlap, such as "
            f"{str(areas[key].iloc[overlapping.min()])!r}.\n"
            f"  Fix: mend the layer, or choose on_overlap='split' or 'first'."
        )
    # shares are of the repaired shapes, and so are the m2: the two lobes of a bow tie cancel each other otherwise
    whole_m2[shapely.is_empty(areas.geometry.to_numpy())] = 0.0
    parts = pd.DataFrame({"area": area, "by": np.asarray(names, dtype=object)[class_], "share": share})
    return _tidy(parts, areas, whole_m2, key, by)


def _land(shapes: Shapes) -> tuple[Shapes, Floats]:
    """Return the polygons, and the bounds of each shape; those of an empty one are NaN."""
    bounds, is_land = np.empty((len(shapes), 4)), np.empty(len(shapes), bool)

    def look(low: int, high: int) -> None:
        bounds[low:high] = shapely.bounds(shapes[low:high])
        is_land[low:high] = (shapely.get_dimensions(shapes[low:high]) == 2) & ~np.isnan(bounds[low:high, 0])

    in_threads(len(shapes), look)
    return keep_where(shapes, is_land), bounds


def _by_edges(
    shapes: Shapes, bounds: Floats, layer: Shapes, crs: CRS, classes: Classes, on_overlap: str
) -> tuple[Floats, list[Shares]]:
    """Return the areas in m2, and shares by sums over edges; polygons of the layer are repaired as they are met."""
    own, measures, is_even = shapes.copy(), np.full((len(shapes), 3), np.nan), _is_even(shapes, bounds, crs)
    plane, tree, found = _plane(crs), shapely.STRtree(layer), []
    for rows in _near_together(shapes, np.flatnonzero(is_even)):
        own[rows], measures[rows], shares = shares_by_edges(shapes[rows], layer, classes, on_overlap, plane, tree)
        found.append(_at(rows, shares))
    rest = np.flatnonzero(~is_even)
    own[rest], rings = valid_polygons(shapes[rest])
    measures[rest] = plane_measures(rings)
    for rows, here, near, there in _in_tiles(own, rest, layer, tree, crs):
        found.append(_at(rows, shares_by_edges(here, there, classes[near], on_overlap)[2]))
    return area_m2(own, bounds, measures, crs), [NOTHING, *found]


def _by_pieces(
    shapes: Shapes, bounds: Floats, layer: Shapes, crs: CRS, classes: Classes, on_overlap: str
) -> tuple[Floats, list[Shares]]:
    """Return the areas in m2, and shares by the shapes of intersections."""
    own, layer, is_even = polygonal(repaired(shapes)), polygonal(repaired(layer)), _is_even(shapes, bounds, crs)
    rows, here, there = np.flatnonzero(is_even), own[is_even], layer
    if crs.is_geographic:
        plane = authalic(crs)
        here, there = (polygonal(repaired(shapely.transform(densified(one, crs), plane))) for one in (here, there))
    found = [_at(rows, shares_by_pieces(here, there, classes, on_overlap))]
    for rows, here, near, there in _in_tiles(own, np.flatnonzero(~is_even), layer, shapely.STRtree(layer), crs):
        found.append(_at(rows, shares_by_pieces(here, there, classes[near], on_overlap)))
    return geodesic_area_m2(gpd.GeoSeries(list(own), crs=crs)), found


def _at(rows: Rows, shares: Shares) -> Shares:
    return shares._replace(area=rows[shares.area], overlapping=rows[shares.overlapping])


def _is_even(shapes: Shapes, bounds: Floats, crs: CRS) -> npt.NDArray[np.bool_]:
    """Tell the areas whose shares are true in the one plane that serves most, and those without a place.

    The plane of an area does not depend on the other areas, so neither does its share.
    """
    if crs.is_geographic:
        is_even = ~is_near_180(bounds)
    else:
        is_even = scale_change(bounds, crs) < EVEN if crs.is_projected else np.zeros(len(shapes), bool)
    return np.asarray(is_even | shapely.is_missing(shapes))


def _plane(crs: CRS) -> Plane:
    """Return what leads from shapes to their edges in that plane."""
    if not crs.is_geographic:
        return as_given
    return lambda shapes, rings: moved(rings if (dense := densified(shapes, crs)) is shapes else rings_of(dense),
                                       authalic(crs))  # fmt: skip


def _near_together(shapes: Shapes, rows: Rows) -> Iterator[Rows]:
    """Yield the rows a chunk at a time, each with its own part of the layer: along a curve that fills the plane."""
    if len(rows) > _CHUNK:
        rows = rows[np.argsort(gpd.GeoSeries(shapes[rows]).hilbert_distance().to_numpy(), kind="stable")]
    for at in range(0, len(rows), _CHUNK):
        yield np.sort(rows[at : at + _CHUNK])


def _in_tiles(
    own: Shapes, rows: Rows, layer: Shapes, tree: Any, crs: CRS
) -> Iterator[tuple[Rows, Shapes, Rows, Shapes]]:
    """Yield the other areas by the tile of 10 degrees that they lie in: rows and shapes of both sides in its plane."""
    if not len(rows):
        return
    west, south, east, north = shapely.bounds(unwrapped(own[rows]) if crs.is_geographic else own[rows]).T
    middle = shapely.get_coordinates(lon_lat(shapely.points((west + east) / 2, (south + north) / 2), crs))
    tiles, of_tile = np.unique(np.floor(middle / _TILE), axis=0, return_inverse=True)
    for i, centre in enumerate((tiles + 0.5) * _TILE):
        plane = equal_area_crs(gpd.GeoDataFrame(geometry=[shapely.Point(centre)], crs=WGS84))
        few = rows[of_tile == i]
        near = np.unique(tree.query(own[few])[1])
        yield few, _moved(own[few], crs, plane), near, _moved(layer[near], crs, plane)


def _moved(shapes: Shapes, crs: CRS, plane: CRS) -> Shapes:
    return plane_polygons(gpd.GeoSeries(list(shapes), crs=crs).to_frame("geometry"), plane)


def is_near_180(bounds: Floats) -> npt.NDArray[np.bool_]:
    """Tell which shapes, by their bounds in degrees, may go on beyond 180."""
    return np.asarray((bounds[:, 0] < -179) | (bounds[:, 2] > 179))


def _is_near(layer: Floats, areas: Floats) -> npt.NDArray[np.bool_]:
    """Tell what of the layer may touch an area, by boxes; a large layer also by a grid of the land with areas."""
    result, known = np.zeros(len(layer), bool), areas[~np.isnan(areas[:, 0])]
    if not len(known):
        return result
    corner, far = known[:, :2].min(axis=0), known[:, 2:].max(axis=0)
    has_grid = len(layer) > 2 * len(areas)
    cells = _Cells(corner, far, known) if has_grid else None

    def tell(low: int, high: int) -> None:
        left, bottom, right, top = layer[low:high].T
        touches = (right >= corner[0]) & (left <= far[0]) & (top >= corner[1]) & (bottom <= far[1])
        if cells is not None:
            touches[touches] = cells.meet(layer[low:high][touches])
        result[low:high] = touches

    in_threads(len(layer), tell)
    return result


class _Cells:
    """A grid over boxes that knows in which of its cells there is one."""

    def __init__(self, corner: Floats, far: Floats, boxes: Floats) -> None:
        self.origin = np.tile(corner, 2)
        self.size = np.tile(np.maximum((far - corner) / _CELLS, np.finfo(float).tiny), 2)
        west, south, east, north = self._place(boxes)
        count = np.zeros((_CELLS + 1, _CELLS + 1))
        for x, y, sign in ((west, south, 1), (east + 1, south, -1), (west, north + 1, -1), (east + 1, north + 1, 1)):
            count += sign * np.bincount(x * (_CELLS + 1) + y, minlength=count.size).reshape(count.shape)
        is_used = count.cumsum(axis=0).cumsum(axis=1)[:-1, :-1] > 0
        self.below = np.zeros((_CELLS + 1, _CELLS + 1), np.int32)  # used cells before each, of the columns and the rows
        self.below[1:, 1:] = is_used.cumsum(axis=0).cumsum(axis=1)

    def meet(self, boxes: Floats) -> npt.NDArray[np.bool_]:
        """Tell the boxes that share a cell with one of the first."""
        west, south, east, north = self._place(boxes)
        below = self.below
        used = below[east + 1, north + 1] - below[west, north + 1] - below[east + 1, south] + below[west, south]
        return np.asarray(used > 0)

    def _place(self, boxes: Floats) -> tuple[Rows, ...]:
        place = np.clip((boxes - self.origin) / self.size, 0, _CELLS - 1)
        return tuple(place.astype(np.int32).T)


def _tidy(
    parts: pd.DataFrame, areas: gpd.GeoDataFrame, area_m2: npt.NDArray[np.float64], key: str, by: str
) -> pd.DataFrame:
    """Add what is unmapped and the m2; order as the areas, unmapped last."""
    known = np.flatnonzero(~np.isnan(area_m2))
    covered = parts.groupby("area")["share"].sum().reindex(known, fill_value=0.0)
    free = pd.DataFrame({"area": known, "by": UNMAPPED, "share": np.maximum(0.0, 1.0 - covered.to_numpy())})
    nothing = np.flatnonzero(np.isnan(area_m2))
    missing = pd.DataFrame({"area": nothing, "by": None, "share": np.nan})
    frames = [part for part in (parts[["area", "by", "share"]], free, missing) if len(part)]
    result = pd.concat(frames, ignore_index=True) if frames else free
    result["is_last"] = result["by"].eq(UNMAPPED)
    result = result.sort_values(["area", "is_last"], kind="stable").reset_index(drop=True)
    place = result["area"].to_numpy(dtype=int)
    return pd.DataFrame(
        {
            key: areas[key].iloc[place].reset_index(drop=True),
            by: result["by"].astype("str"),
            "overlap_m2": result["share"].to_numpy(dtype=float) * area_m2[place],
            "overlap_share": result["share"].to_numpy(dtype=float),
        }
    )
