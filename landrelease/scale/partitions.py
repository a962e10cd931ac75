"""Partitions of neighbours, and the rows of frames and GeoParquet files that lie near one."""

from __future__ import annotations

import json
from functools import reduce
from operator import or_
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from landrelease.errors import DataError

__all__ = ["Box", "Source", "around", "bounds_of", "cut", "head_of", "number_of", "read_at"]

Box: TypeAlias = tuple[float, float, float, float]
"""West, south, east and north in the coordinates of a frame."""
Source: TypeAlias = gpd.GeoDataFrame | Path
_SIDES = ("west", "south", "east", "north")
_DEGREE_M = 110_000.0
"""Less than the length of any degree of latitude. [m]"""
_SAMPLES = 180
"""Points on each side of a box that is moved; what bows out between them is less than the margin."""
_MARGIN = 0.01


def head_of(source: Source, what: str) -> gpd.GeoDataFrame:
    """Return the columns and the CRS of a frame or of GeoParquet files, without rows."""
    if not isinstance(source, Path):
        return source.iloc[:0] if isinstance(source, pd.DataFrame) else source
    import pyarrow.compute as pc

    try:
        return gpd.read_parquet(source, filters=pc.scalar(False))
    except (OSError, ValueError) as error:  # pyarrow's errors are of these
        raise DataError(
            f"'{what}' can not be read from '{source}': {error}\n"
            f"  Fix: read(...).to_parquet(..., write_covering_bbox=True)"
        ) from None


def bounds_of(source: Source, columns: list[str], what: str) -> pd.DataFrame:
    """Return of each row the box, whether it has one, and those of the columns that there are."""
    if isinstance(source, Path):
        import pyarrow.compute as pc
        import pyarrow.dataset as ds

        files = ds.dataset(source, format="parquet")
        names = [name for name in dict.fromkeys(columns) if name in files.schema.names]
        box = _box_fields(source, what)
        read = files.to_table(columns={name: pc.field(name) for name in names} | dict(zip(_SIDES, box, strict=True)))
        bounds: pd.DataFrame = read.to_pandas()
    else:
        names = [name for name in dict.fromkeys(columns) if name in source]
        bounds = pd.DataFrame(source[names]).reset_index(drop=True)
        bounds[list(_SIDES)] = shapely.bounds(source.geometry.to_numpy())
    bounds["is_placed"] = np.isfinite(bounds[list(_SIDES)].to_numpy(dtype=float)).all(axis=1)
    return bounds


def number_of(bounds: pd.DataFrame, partition_rows: int) -> npt.NDArray[np.int64]:
    """Return the partition of each row: runs along the Hilbert curve, no place last, rows of an area together.

    Examples
    --------
    >>> bounds = pd.DataFrame({"west": [9.0, 0.0, np.nan, 8.0], "south": 0.0, "area_id": ["A", "B", "C", "B"],
    ...                        "is_placed": [True, True, False, True]})
    >>> number_of(bounds.assign(east=bounds["west"], north=1.0), 1).tolist()
    [1, 0, 2, 0]
    """
    along = np.full(len(bounds), np.iinfo(np.int64).max)
    placed = bounds["is_placed"].to_numpy()
    if placed.any():
        west, south, east, north = bounds.loc[placed, list(_SIDES)].to_numpy(dtype=float).T
        middles = gpd.GeoSeries(shapely.points(west / 2 + east / 2, south / 2 + north / 2))
        along[placed] = middles.hilbert_distance().to_numpy()
    area = np.arange(len(bounds))
    if "area_id" in bounds:
        known = bounds["area_id"].notna().to_numpy()
        area[known] = len(bounds) + pd.factorize(bounds.loc[known, "area_id"])[0]
    along = pd.Series(along).groupby(area).transform("min").to_numpy()
    order = np.lexsort((area, along))
    number = np.empty(len(bounds), np.int64)
    number[order] = np.arange(len(bounds)) // partition_rows
    together: npt.NDArray[np.int64] = pd.Series(number).groupby(area).transform("min").to_numpy()
    # an area that fills partitions of its own leaves none behind without rows
    return np.unique(together, return_inverse=True)[1].astype(np.int64)


def around(box: Box | None, crs: CRS, reach_m: float) -> list[Box] | None:
    """Return boxes that hold all that lies within a distance of a box; None where this can not be said. [m]"""
    if box is None or reach_m == 0.0:
        return [] if box is None else [box]
    if crs.is_geographic and crs.axis_info[0].unit_name == "degree":
        west, south, east, north = _wider(box, reach_m)
        return [(west + turn, south, east + turn, north) for turn in (-360.0, 0.0, 360.0)]
    if not crs.is_projected or crs.geodetic_crs is None:
        return None
    try:
        there = Transformer.from_crs(crs, crs.geodetic_crs.to_2d(), always_xy=True)
        west, south, east, north = there.transform_bounds(*box, densify_pts=_SAMPLES)
        west, south, east, north = _wider((west, south, east + 360.0 * (east < west), north), reach_m)
        if not np.isfinite([west, south, east, north]).all():
            return None
        pieces = [(max(west + turn, -180.0), south, min(east + turn, 180.0), north) for turn in (-360.0, 0.0, 360.0)]
        found = [
            there.transform_bounds(*piece, densify_pts=_SAMPLES, direction="INVERSE")
            for piece in pieces
            if piece[0] < piece[2]
        ]
    except ProjError:
        return None
    boxes = []
    for west, south, east, north in found:
        wide, high = _MARGIN * (east - west), _MARGIN * (north - south)
        boxes.append((west - wide, south - high, east + wide, north + high))
    return [box, *boxes] if np.isfinite(boxes).all() else None


def _wider(box: Box, reach_m: float) -> Box:
    """Return a box in degrees with all that lies within a distance of it."""
    west, south, east, north = box
    rise = (1 + _MARGIN) * reach_m / _DEGREE_M
    south, north = max(south - rise, -90.0), min(north + rise, 90.0)
    furthest = max(abs(south), abs(north))
    turn = 360.0 if furthest > 89.9 else min(rise / np.cos(np.radians(furthest)), 360.0)
    return west - turn, south, east + turn, north


def cut(layer: gpd.GeoDataFrame, boxes: list[Box] | None) -> gpd.GeoDataFrame:
    """Return the rows whose boxes touch one of the boxes, and those that lie nowhere, in their order."""
    if boxes is None:
        return layer
    shapes = layer.geometry.to_numpy()
    kept = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    if "is_point" in layer:
        kept |= ~layer["is_point"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    for box in boxes:
        kept[layer.sindex.query(shapely.box(*box))] = True
    return layer[kept]


def read_at(path: Path, boxes: list[Box] | None, *, ids: pd.Series | None = None) -> gpd.GeoDataFrame:
    """Read the rows of GeoParquet files that `cut` would keep; where ids are given, those of them that have one."""
    import pyarrow.compute as pc

    if boxes is None:
        return gpd.read_parquet(path)
    sides = _box_fields(path, path.name)
    tests = [sides[0].is_null(nan_is_null=True)]
    for west, south, east, north in boxes:
        tests.append((sides[0] <= east) & (sides[2] >= west) & (sides[1] <= north) & (sides[3] >= south))
    head = head_of(path, path.name)
    if "is_point" in head and ids is None:
        tests.append(~pc.coalesce(pc.field("is_point"), False))
    kept = reduce(or_, tests)
    return gpd.read_parquet(path, filters=kept if ids is None else kept & pc.field(ids.name).isin(ids.tolist()))


def _box_fields(path: Path, what: str) -> list[Any]:
    """Return where files of GeoParquet keep the west, south, east and north of each shape."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    about = json.loads((pq.ParquetDataset(path).schema.metadata or {}).get(b"geo", b"{}"))
    covering = about.get("columns", {}).get(about.get("primary_column"), {}).get("covering")
    if not covering:
        raise DataError(
            f"'{what}' can not be read in parts: '{path}' does not keep the boxes of its shapes.\n"
            f"  Fix: geopandas.read_parquet(...).to_parquet(..., write_covering_bbox=True)"
        )
    return [pc.field(tuple(covering["bbox"][side])) for side in ("xmin", "ymin", "xmax", "ymax")]
