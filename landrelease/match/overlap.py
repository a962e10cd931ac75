"""Areas against a layer of polygons: how much of each area each class of the layer covers."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Literal

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
from landrelease.match.edges import Corners, area_m2, shares_by_edges, valid_polygons
from landrelease.match.ids import id_column
from landrelease.match.pieces import shares_by_pieces
from landrelease.match.shares import Classes, Shapes, Shares

__all__ = ["EVEN", "UNMAPPED", "is_near_180", "match_overlap"]

UNMAPPED = "unmapped"
EVEN = 4e-5
"""A plane whose areal scale changes by less over an area leaves its shares true to a quarter of this."""
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
        to the class that comes first in the layer, or raise. Polygons of one class are never counted twice.
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
    usable = layer[layer[by].notna() & layer[by].ne(UNMAPPED) & ~layer.geometry.isna()]
    near = _near(usable, areas)
    number, names = pd.factorize(near[by].astype(object))
    shapes, near_shapes = (_land(frame.geometry.to_numpy()) for frame in (areas, near))
    match_in = _by_edges if engine == "auto" and find_spec("numba") is not None else _by_pieces
    whole_m2, found = match_in(shapes, near_shapes, areas.crs, number.astype(np.int64), on_overlap)
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


def _land(shapes: Shapes) -> Shapes:
    return keep_where(shapes, (shapely.get_dimensions(shapes) == 2) & ~shapely.is_empty(shapes))


def _by_edges(
    shapes: Shapes, layer: Shapes, crs: CRS, classes: Classes, on_overlap: str
) -> tuple[Floats, list[Shares]]:
    """Return the areas in m2, and shares by sums over edges; polygons of the layer are repaired as they are met."""
    own, rings = valid_polygons(shapes)
    parts = []
    for rows, here, there, corners in _in_planes(own, layer, crs):
        of_here = rings if here is own else rings_of(here)
        parts.append(shares_by_edges(here, of_here, rows, there, classes, on_overlap, corners))
    return area_m2(own, rings, crs), parts


def _by_pieces(
    shapes: Shapes, layer: Shapes, crs: CRS, classes: Classes, on_overlap: str
) -> tuple[Floats, list[Shares]]:
    """Return the areas in m2, and shares by the shapes of intersections."""
    own, layer = polygonal(repaired(shapes)), polygonal(repaired(layer))
    parts = []
    for rows, here, there, corners in _in_planes(own, layer, crs):
        here = here[rows]
        if corners is not None:
            here, there = (polygonal(repaired(shapely.transform(one, corners))) for one in (here, there))
        shares = shares_by_pieces(here, there, classes, on_overlap)
        parts.append(shares._replace(area=rows[shares.area], overlapping=rows[shares.overlapping]))
    return geodesic_area_m2(gpd.GeoSeries(list(own), crs=crs)), parts


def _in_planes(own: Shapes, layer: Shapes, crs: CRS) -> Iterator[tuple[Rows, Shapes, Shapes, Corners | None]]:
    """Yield the rows whose shares are true in a plane, the areas and the layer, and what leads to that plane.

    The plane of an area does not depend on the other areas, so neither does its share.
    """
    rows = np.arange(len(own))
    if crs.is_geographic:
        is_even = ~is_near_180(own)
    else:
        is_even = scale_change(own, crs) < EVEN if crs.is_projected else np.zeros(len(own), bool)
    is_even |= shapely.is_missing(own)
    if crs.is_geographic:
        yield rows[is_even], densified(own, crs), densified(layer, crs), authalic(crs)
    else:
        yield rows[is_even], own, layer, None
    if not is_even.all():
        tree = shapely.STRtree(layer)
        for plane, few in _tiles(own, rows[~is_even], crs):
            near = np.unique(tree.query(own[few])[1])
            yield few, _moved(own, few, crs, plane), _moved(layer, near, crs, plane), None


def _moved(shapes: Shapes, rows: Rows, crs: CRS, plane: CRS) -> Shapes:
    """Return some of the shapes in a plane, None for the others."""
    moved = np.full(len(shapes), None, dtype=object)
    moved[rows] = plane_polygons(gpd.GeoSeries(list(shapes[rows]), crs=crs).to_frame("geometry"), plane)
    return moved


def is_near_180(own: Shapes) -> npt.NDArray[np.bool_]:
    """Tell which shapes, in degrees, may go on beyond 180."""
    bounds = shapely.bounds(own)
    return np.asarray((bounds[:, 0] < -179) | (bounds[:, 2] > 179))


def _tiles(own: Shapes, rows: Rows, crs: CRS) -> Iterator[tuple[CRS, Rows]]:
    """Yield the areas with the equal-area plane of the tile of 10 degrees that they lie in."""
    west, south, east, north = shapely.bounds(unwrapped(own[rows]) if crs.is_geographic else own[rows]).T
    middle = shapely.get_coordinates(lon_lat(shapely.points((west + east) / 2, (south + north) / 2), crs))
    tiles, of_tile = np.unique(np.floor(middle / _TILE), axis=0, return_inverse=True)
    for i, centre in enumerate((tiles + 0.5) * _TILE):
        yield equal_area_crs(gpd.GeoDataFrame(geometry=[shapely.Point(centre)], crs=WGS84)), rows[of_tile == i]


def _near(layer: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the part of the layer whose boxes touch those of the areas: the rest need not be moved."""
    west, south, east, north = shapely.total_bounds(areas.geometry.to_numpy()) if len(areas) else [np.nan] * 4
    if not np.isfinite(west):
        return layer.iloc[:0]
    left, bottom, right, top = shapely.bounds(layer.geometry.to_numpy()).T
    return layer[(right >= west) & (left <= east) & (top >= south) & (bottom <= north)]


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
