"""One pass over rasters of one grid: each touched block is decoded once, in threads, for all areas that reach it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Lock
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from landrelease.geometry.rings import Rings
from landrelease.geometry.shapes import Floats
from landrelease.match.raster_source import Measured, Source, Window, add_up
from landrelease.match.threads import thread_count

__all__ = ["grid_of", "measure"]

_LEAST_ROWS, _LEAST_COLUMNS, _MOST_CELLS = 64, 256, 1 << 24
"""Smaller blocks are read several at once, larger ones in parts."""
_REMOTE_THREADS = 8
_CACHE_BYTES = 1 << 25, 1 << 30


class _Job(NamedTuple):
    """A window, which pairs of its band are in it, and of all pairs of the band: shape, where it ends, its edges."""

    number: int
    window: Window
    pairs: npt.NDArray[np.int64]
    shape: npt.NDArray[np.int64]
    behind: npt.NDArray[np.int64]
    start: npt.NDArray[np.int64]
    edges: Floats


def grid_of(source: Source) -> tuple[Any, ...]:
    """Return what rasters must share to be measured in one pass."""
    return source.crs.to_wkt(), source.corner, source.steps, source.size, source.block


def measure(sources: Sequence[Source], rings: Rings, *, is_classes: bool) -> list[Measured]:
    """Return what shapes hold of each raster: cells by class, or the sum and the number of cells.

    Parameters
    ----------
    sources : sequence of Source
        Of one grid.
    rings : Rings
        Of valid shapes in the CRS of the rasters.
    is_classes : bool
        Whether cells are classes to be counted, or a quantity to be summed.
    """
    todo, lock = _jobs(sources[0], rings), Lock()
    found: list[list[tuple[int, Measured]]] = [[] for _ in sources]

    def work(_: int) -> None:
        with ExitStack() as stack:
            files = {one.place: one for one in sources}
            opened = {place: stack.enter_context(one.open()) for place, one in files.items()}
            while True:
                with lock:
                    job = next(todo, None)
                if job is None:
                    return
                for source, results in zip(sources, found, strict=True):
                    one = _measure(job, source, opened[source.place], is_classes=is_classes)
                    results.append((job.number, one))

    threads = thread_count()
    if any(source.is_remote for source in sources):
        threads = max(threads, _REMOTE_THREADS)
    with _small_cache(sources, threads), ThreadPoolExecutor(threads) as pool:
        try:
            for done in [pool.submit(work, i) for i in range(threads)]:
                done.result()
        finally:
            with lock:  # after an error the others stop at their next window
                todo.close()
    # in the order of the windows, so that threads change no digit
    whole = [add_up([one for _, one in sorted(results)], is_classes=is_classes) for results in found]
    return [_finished(source, one, is_classes=is_classes) for source, one in zip(sources, whole, strict=True)]


def _small_cache(sources: Sequence[Source], threads: int) -> Any:
    """Let GDAL keep few blocks: none is read twice, and memory that is used again is quicker than new memory."""
    import rasterio

    wanted = 4 * threads * sum(source.block_bytes for source in sources)
    return rasterio.Env(GDAL_CACHEMAX=min(max(wanted, _CACHE_BYTES[0]), _CACHE_BYTES[1]))


def _jobs(source: Source, rings: Rings) -> Generator[_Job, None, None]:
    """Yield the windows that a shape reaches, band by band: edges are cut for one band at a time."""
    from landrelease.match.kernels import raster as kernels

    (rows, columns), (height, width) = source.size, _window_size(source)
    grid = np.array([*source.corner, *source.steps], dtype=np.float64)
    cells, sense, box = kernels.on_grid(*rings, grid)
    reach = np.flatnonzero((box[:, 0] < columns) & (box[:, 2] > 0) & (box[:, 1] < rows) & (box[:, 3] > 0))
    first = (np.maximum(box[reach, 1], 0) // height).astype(np.int64)
    behind = np.ceil(np.minimum(box[reach, 3], rows) / height).astype(np.int64)
    shape = np.repeat(reach, behind - first)
    band = np.arange(len(shape)) - np.repeat(np.cumsum(behind - first) - behind, behind - first)
    order = np.argsort(band, kind="stable")
    shape, band = shape[order], band[order]
    number = 0
    for at in np.split(np.arange(len(band)), np.flatnonzero(np.diff(band)) + 1) if len(band) else ():
        top = int(band[at[0]]) * height
        bottom = min(top + height, rows)
        place, of, right, start, edges = kernels.edges_by_window(
            cells, rings.ring_start, sense, rings.shape_start, box, shape[at], top, bottom, width, columns
        )
        turn = np.argsort(place, kind="stable")
        for pairs in np.split(turn, np.flatnonzero(np.diff(place[turn])) + 1) if len(turn) else ():
            left = int(place[pairs[0]]) * width
            window = ((top, bottom), (left, min(left + width, columns)))
            yield _Job(number, window, pairs, of, right, start, edges)
            number += 1


def _window_size(source: Source) -> tuple[int, int]:
    """Return rows and columns of the windows: whole blocks, several of tiny ones, parts of giant ones."""
    (rows, columns), (block_rows, block_columns) = source.size, source.block
    width = min(columns, -(-_LEAST_COLUMNS // block_columns) * block_columns)
    most = max(1, _MOST_CELLS // width)
    height = -(-_LEAST_ROWS // block_rows) * block_rows
    return min(rows, height, most), width


def _measure(job: _Job, source: Source, file: Any, *, is_classes: bool) -> Measured:
    """Measure the shapes of one window."""
    from landrelease.match.kernels import raster as kernels

    if is_classes:
        codes, classes = source.codes(file, job.window)
        pair, code, cells = kernels.classes(codes, len(classes), *job[2:])
        if source.dtype.kind == "f":  # a quantity has as many values as cells: it is refused before they pile up
            source.refuse_broken(source.scaled(classes[code]))
        return Measured(pair, classes[code], cells)
    values = source.values(file, job.window)
    fills = source.fill_codes(values)
    if fills is not None:
        _, code, _ = kernels.classes(fills, len(source.fills), *job[2:])
        source.refuse_fills(np.array(source.fills)[code])
    return Measured(*kernels.values(values, *job[2:]))


def _finished(source: Source, found: Measured, *, is_classes: bool) -> Measured:
    """Return what counts, as what it stands for."""
    if not is_classes:
        scale, offset = source.scaling
        return found._replace(value=found.value * scale + offset * found.cells)
    counts = ~np.isin(found.value, source.hidden)
    found = Measured(found.shape[counts], found.value[counts], found.cells[counts])
    source.refuse_fills(found.value)
    found = found._replace(value=source.scaled(found.value))
    source.refuse_broken(found.value)
    return found
