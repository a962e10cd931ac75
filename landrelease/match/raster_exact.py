"""Rasters measured by exactextract: the reference, and what is used where nothing can be compiled."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from landrelease.errors import DataError
from landrelease.geometry.shapes import Geometries, polygonal
from landrelease.match.raster_source import Measured, Source

__all__ = ["measure_exact"]


def measure_exact(source: Source, shapes: Geometries, *, is_classes: bool) -> Measured:
    """Return what shapes hold of a raster, near ones after each other so that blocks are decoded once."""
    from exactextract import exact_extract
    from exactextract.raster import RasterioRasterSource

    if not source.is_north_up:
        raise DataError(f"'{source.name}' is rotated or south up. Fix: engine='auto', or gdalwarp it to north up.")

    class Cells(RasterioRasterSource):  # type: ignore[misc]
        """The band, without the cells that hold nothing, and with the CRS as the areas write it."""

        def nodata_value(self) -> float:
            return float("nan")

        def read_window(self, x0: int, y0: int, nx: int, ny: int) -> Any:
            # exactextract overlooks the mask of some windows, so that nothing has to be NaN
            values = source.values(self.ds, ((y0, y0 + ny), (x0, x0 + nx)))
            source.refuse_fills(values)
            return source.scaled(values)

        def srs_wkt(self) -> str:
            return source.crs.to_wkt()

    # parts that only touch the raster from outside crash exactextract 0.3
    shapes, extent = shapes.copy(), source.footprint()
    beyond = ~(shapely.covered_by(shapes, extent) | shapely.is_missing(shapes))
    shapes[beyond] = polygonal(shapely.intersection(shapes[beyond], extent))
    rows = np.flatnonzero(shapely.area(shapes) > 0)
    if not len(rows):
        return Measured(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    frame = gpd.GeoDataFrame({"row": rows}, geometry=list(shapes[rows]), crs=source.crs)
    frame = frame.iloc[np.argsort(frame.geometry.hilbert_distance().to_numpy(), kind="stable")]
    operations = ["unique", "frac", "count"] if is_classes else ["sum", "count"]
    with source.open() as file:
        try:
            found = exact_extract(Cells(file, source.band), frame, operations, include_cols=["row"], output="pandas")
        except RuntimeError as error:
            raise DataError(
                f"'{source.name}' has a grid that can not be measured: {error}. Fix: get the file again."
            ) from None
    found = found.set_index("row").sort_index()
    row, cells = found.index.to_numpy(), found["count"].to_numpy(dtype=float)
    if not is_classes:
        return Measured(row, np.where(cells > 0, found["sum"].to_numpy(dtype=float), 0.0), cells)
    counts = found["unique"].map(len).to_numpy(dtype=int)
    value = np.concatenate([np.zeros(0), *(np.asarray(one, dtype=float) for one in found["unique"])])
    part = np.concatenate([np.zeros(0), *(np.asarray(one, dtype=float) for one in found["frac"])])
    source.refuse_broken(value)
    return Measured(np.repeat(row, counts), value, part * np.repeat(cells, counts))
