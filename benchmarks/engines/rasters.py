"""Shares of classes, and sums of people, by the peers: area_id, class_code, share; area_id, value."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from engines import Call, Inputs, engine

CELL_M2 = 100.0
_SHARES = ["unique", "frac", "count"]


def _exact(given: Inputs, i: int, strategy: str) -> pd.DataFrame:
    from exactextract import exact_extract

    found = exact_extract(
        str(given["rasters"][i]), given["areas"], _SHARES, include_cols=["area_id"], output="pandas", strategy=strategy
    )
    return _long(found, found["unique"], found["frac"], found["count"], given)


def _long(found: pd.DataFrame, unique: Any, frac: Any, count: Any, given: Inputs) -> pd.DataFrame:
    at = np.repeat(np.arange(len(found)), [len(one) for one in unique])
    whole = given["areas"].area.to_numpy()[at]
    share = np.concatenate(list(frac)) * count.to_numpy()[at] * CELL_M2 / whole
    codes = np.concatenate(list(unique)).astype(int)
    return pd.DataFrame({"area_id": found["area_id"].to_numpy()[at], "class_code": codes, "share": share})


@engine("classes", "exactextract", "exactextract")
def exactextract(given: Inputs) -> Call:
    return lambda: _exact(given, 0, "feature-sequential")


@engine("classes", "exactextract, raster-sequential", "exactextract")
def raster_sequential(given: Inputs) -> Call:
    return lambda: _exact(given, 0, "raster-sequential")


@engine("five years", "exactextract, five calls", "exactextract")
def five_calls(given: Inputs) -> Call:
    years = range(len(given["rasters"]))
    return lambda: pd.concat([_exact(given, i, "feature-sequential").assign(year=i) for i in years])


@engine("five years", "exactextract, one call", "exactextract")
def one_call(given: Inputs) -> Call:
    from exactextract import exact_extract
    from exactextract.raster import RasterioRasterSource

    def call() -> pd.DataFrame:
        import rasterio

        sources = [RasterioRasterSource(rasterio.open(path), name=f"y{i}") for i, path in enumerate(given["rasters"])]
        found = exact_extract(sources, given["areas"], _SHARES, include_cols=["area_id"], output="pandas")
        return pd.concat(
            [
                _long(found, *(found[f"y{i}_{one}"] for one in _SHARES), given).assign(year=i)
                for i in range(len(sources))
            ]
        )

    return call


@engine("classes", "rasterstats", "rasterstats", by_centres=True)
def rasterstats(given: Inputs) -> Call:
    return lambda: _zonal(given, 0)


def _zonal(given: Inputs, i: int) -> pd.DataFrame:
    from rasterstats import zonal_stats

    areas = given["areas"]
    counts = zonal_stats(areas, str(given["rasters"][i]), categorical=True)
    whole = areas.area.to_numpy()
    rows = [
        (area_id, int(code), count * CELL_M2 / m2)
        for area_id, m2, found in zip(areas["area_id"], whole, counts, strict=True)
        for code, count in found.items()
    ]
    return pd.DataFrame(rows, columns=["area_id", "class_code", "share"])


@engine("classes", "rasterio, a window and a mask an area", by_centres=True)
def windows(given: Inputs) -> Call:
    def call() -> pd.DataFrame:
        import rasterio
        from rasterio.features import geometry_window, rasterize

        rows = []
        with rasterio.open(given["rasters"][0]) as file:
            for area_id, shape in zip(given["areas"]["area_id"], given["areas"].geometry, strict=True):
                window = geometry_window(file, [shape])
                cells = file.read(1, window=window)
                inside = rasterize([shape], cells.shape, transform=file.window_transform(window), dtype="uint8")
                count = np.bincount(cells[inside == 1], minlength=256)
                rows += [(area_id, code, count[code] * CELL_M2 / shape.area) for code in np.flatnonzero(count)]
        found = pd.DataFrame(rows, columns=["area_id", "class_code", "share"])
        return found[found["class_code"] != 0]

    return call


@engine("classes", "(floor) decoding the touched blocks, two threads")
def decoding(given: Inputs) -> Call:
    """Read each block that the box of an area touches, once, and do nothing with it."""

    def call() -> None:
        import rasterio

        path = given["rasters"][0]
        with rasterio.open(path) as file:
            (rows, columns), grid = file.block_shapes[0], file.transform
        west, south, east, north = given["areas"].bounds.to_numpy().T
        left, right = ((x - grid.c) / grid.a // columns for x in (west, east))
        top, bottom = ((y - grid.f) / grid.e // rows for y in (north, south))
        boxes = np.column_stack([left, right, top, bottom]).astype(int)
        blocks = sorted({(y, x) for a, b, c, d in boxes for y in range(c, d + 1) for x in range(a, b + 1)})
        workers = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

        def read(some: list[tuple[int, int]]) -> None:
            with rasterio.open(path) as file:
                for y, x in some:
                    file.read(1, window=((y * rows, (y + 1) * rows), (x * columns, (x + 1) * columns)))

        with ThreadPoolExecutor(workers) as threads:
            list(threads.map(read, [blocks[i::workers] for i in range(workers)]))

    return call


@engine("people", "exactextract", "exactextract")
def exact_sum(given: Inputs) -> Call:
    from exactextract import exact_extract

    def call() -> pd.DataFrame:
        path = str(Path(given["raster"]))
        found = exact_extract(path, given["areas"], ["sum"], include_cols=["area_id"], output="pandas")
        return found.rename(columns={"sum": "value"})

    return call


@engine("people", "rasterstats", "rasterstats", by_centres=True)
def zonal_sum(given: Inputs) -> Call:
    from rasterstats import zonal_stats

    def call() -> pd.DataFrame:
        found = zonal_stats(given["areas"], str(given["raster"]), stats=["sum"])
        values = pd.array([one["sum"] for one in found], dtype="Float64").to_numpy(float, na_value=np.nan)
        return pd.DataFrame({"area_id": given["areas"]["area_id"].to_numpy(), "value": values})

    return call
