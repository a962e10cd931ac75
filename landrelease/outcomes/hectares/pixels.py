"""Released land as a classified raster shows it, and whether its polygons are large enough for the pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landrelease.cells import as_text
from landrelease.checks.arguments import column_list, require_columns
from landrelease.errors import OptionError
from landrelease.geometry import geodesic_area_m2, keep_where, polygonal, repaired, require_crs, transform
from landrelease.geometry.shapes import Floats, Geometries
from landrelease.match.ids import id_column
from landrelease.match.raster import match_raster
from landrelease.match.raster_source import Source, open_source

__all__ = ["mapped_classes"]

_ROUNDING = 1e-7
"""A pixel whose edge lies on that of the polygon is inside. [pixels]"""


def mapped_classes(
    areas: gpd.GeoDataFrame,
    raster: str | PathLike[str],
    *,
    classes: Mapping[int, str],
    keep: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    """Tell what a classified raster shows of each area, in the form that `adjusted_area` takes.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons with an id column, in any CRS.
    raster : str or Path
        A classified raster, as `match_raster` takes it.
    classes : mapping of int to str
        Class of the raster -> name of the map class; several classes may have one name. All others are "other".
    keep : str or list of str, optional
        Columns of the areas that the rows carry along: what `adjusted_area` reports by.

    Returns
    -------
    DataFrame
        One row an area and map class: id, the kept columns, map_class, mapped_m2, interior_pixel_count (whole pixels
        inside the area). Land that no valid pixel covers has a row without a map_class; an area without a polygon has
        one, all missing. [m2, count]

    Raises
    ------
    CRSError, DataError, OptionError
        What `match_raster` raises; a column of `keep` that is not there.

    Notes
    -----
    A pixel at the edge of a polygon shows two kinds of land. Only pixels that lie wholly inside tell what the polygon
    is; where these are few, a class fraction says more of the neighbours than of the land.

    Examples
    --------
    >>> import rasterio, tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp()) / "cover.tif"
    >>> with rasterio.open(path, "w", driver="GTiff", width=4, height=4, count=1, dtype="uint8", nodata=0, crs=32630,
    ...                    transform=rasterio.transform.from_origin(500000, 40, 10, 10)) as file:
    ...     file.write(np.array([[[40, 40, 30, 0]] * 4], dtype="uint8"))
    >>> squares = [shapely.box(500000, 0, 500040, 40), shapely.box(500005, 5, 500015, 15), None]
    >>> areas = gpd.GeoDataFrame({"release_id": ["A", "B", "C"]}, geometry=squares, crs=32630)
    >>> mapped_classes(areas, path, classes={40: "crop"}).round({"mapped_m2": -1}).values.tolist()
    [['A', 'crop', 800.0, 16], ['A', 'other', 400.0, 16], ['A', nan, 400.0, 16], ['B', 'crop', 100.0, 0],
     ['C', nan, nan, <NA>]]
    >>> len(mapped_classes(areas.iloc[:0], path, classes={40: "crop"}))
    0
    """
    key, kept = id_column(areas), column_list("keep", keep)
    require_columns(areas, "areas", kept, error=OptionError)
    numbered = gpd.GeoDataFrame({"area_id": np.arange(len(areas))}, geometry=areas.geometry.array, crs=areas.crs)
    shares = match_raster(numbered, raster, stat="shares").rename(columns={"area_id": "place"})
    known = shares[shares["class_code"].notna()]
    name = known["class_code"].astype("int64").map(dict(classes)).fillna("other").astype("str")
    m2 = known.assign(map_class=name).groupby(["place", "map_class"])["class_m2"].sum().reset_index()
    whole = geodesic_area_m2(numbered)
    covered = shares.drop_duplicates("place")["covered_share"].to_numpy(dtype=float)
    left = pd.DataFrame({"place": np.arange(len(areas)), "map_class": None, "class_m2": whole * (1.0 - covered)})
    left = left[~(covered > 1.0 - 1e-9)]
    rows = pd.concat([m2, left], ignore_index=True)
    rows = rows.sort_values(["place", "map_class"], kind="stable", na_position="last").reset_index(drop=True)
    at = rows["place"].to_numpy(dtype=np.int64)
    result = pd.DataFrame({key: as_text(areas[key]).to_numpy()[at]})
    for column in kept:
        result[column] = areas[column].array[at]
    pixels = _whole_pixels(areas, open_source(raster, 1, "none"))
    return result.assign(
        map_class=rows["map_class"].astype("str").to_numpy(),
        mapped_m2=rows["class_m2"].astype(float).to_numpy(),
        interior_pixel_count=pd.array(pixels[at], dtype="Float64").astype("Int64"),
    )


def _whole_pixels(areas: gpd.GeoDataFrame, source: Source) -> Floats:
    """Return how many pixels lie wholly inside each area; NaN where it has no polygon."""
    shapes = areas.geometry.to_numpy()
    has_polygon = (shapely.get_dimensions(shapes) == 2) & ~shapely.is_empty(shapes)
    shapes = polygonal(repaired(transform(keep_where(shapes, has_polygon), require_crs(areas, "areas"), source.crs)))
    count = np.where(has_polygon, 0.0, np.nan)
    shapes = _in_pixels(shapes, source)
    rows = np.flatnonzero(has_polygon)
    bounds = shapely.bounds(shapes[rows])
    low = np.maximum(np.floor(bounds[:, :2]), 0).astype(np.int64)
    high = np.minimum(np.ceil(bounds[:, 2:]), source.size[::-1]).astype(np.int64)
    shapely.prepare(shapes)
    # a block of pixels is counted if inside, left if outside, and else cut in four, down to single pixels
    while len(rows):
        is_there = (high > low).all(axis=1)
        rows, low, high = rows[is_there], low[is_there], high[is_there]
        blocks = shapely.box(*(low + _ROUNDING).T, *(high - _ROUNDING).T)
        is_inside = shapely.covers(shapes[rows], blocks)
        np.add.at(count, rows[is_inside], np.prod(high - low, axis=1)[is_inside])
        is_cut = ~is_inside & (np.prod(high - low, axis=1) > 1)
        is_cut[is_cut] = shapely.intersects(shapes[rows[is_cut]], blocks[is_cut])
        rows, low, high = np.repeat(rows[is_cut], 4), low[is_cut], high[is_cut]
        low, high = _quarters(low, high)
    return count


def _in_pixels(shapes: Geometries, source: Source) -> Geometries:
    """Return shapes in columns and rows of a raster, counted from its corner."""
    (x, y), (ax, ay, bx, by) = source.corner, source.steps
    inverse = np.linalg.inv(np.array([[ax, bx], [ay, by]]))
    moved: Geometries = shapely.transform(shapes, lambda xy: (xy - (x, y)) @ inverse.T)
    return moved


def _quarters(low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], ...]:
    """Return the four parts of each block; some are empty where a block is one pixel wide."""
    middle = (low + high + 1) // 2
    lows, highs = np.stack([low] * 4, axis=1), np.stack([high] * 4, axis=1)
    for part, (east, south) in enumerate(((0, 0), (1, 0), (0, 1), (1, 1))):
        for axis, is_later in ((0, east), (1, south)):
            (lows if is_later else highs)[:, part, axis] = middle[:, axis]
    return lows.reshape(-1, 2), highs.reshape(-1, 2)
