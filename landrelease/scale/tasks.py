"""One partition: computed here, or on a worker of dask."""

from __future__ import annotations

import threading
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from landrelease.errors import DataError, OptionError
from landrelease.match.threads import at_most, thread_count
from landrelease.put import put
from landrelease.scale.folder import is_whole
from landrelease.scale.partitions import Box, read_at

__all__ = ["Task", "connected", "done", "workers"]

_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Task:
    """All that a worker needs for one partition."""

    function: Callable[..., pd.DataFrame]
    areas: gpd.GeoDataFrame | Path
    ids: pd.Series
    box: Box | None
    layers: dict[str, gpd.GeoDataFrame | Path]
    boxes: dict[str, list[Box] | None]
    options: dict[str, Any]
    file: Path
    version: str


def _compute(task: Task) -> None:
    """Run the function on one partition and write what it returns."""
    from landrelease import __version__

    if task.version != __version__:
        raise DataError(f"A worker has landrelease {__version__}, the caller {task.version}. Fix: the same on all.")
    areas = task.areas
    if isinstance(areas, Path):
        areas = read_at(areas, [] if task.box is None else [task.box], ids=task.ids)
    layers = {
        name: read_at(layer, task.boxes[name]) if isinstance(layer, Path) else layer
        for name, layer in task.layers.items()
    }
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        result = task.function(areas, **layers, **task.options)
    key, name = str(task.ids.name), task.function.__qualname__
    if not isinstance(result, pd.DataFrame) or key not in result:
        raise DataError(f"{name} must return a table with the column {key} of the areas.")
    strange = ~result[key].astype("str").isin(set(task.ids.astype("str")))
    if strange.any():
        raise DataError(f"{name} returned {key} {result[key][strange].iloc[0]!r}, which is none of its partition.")
    told = [str(one.message) for one in caught if issubclass(one.category, UserWarning)]
    types = {str(column): str(kind) for column, kind in result.dtypes.items()}
    result = result.reset_index(drop=True)
    result.attrs = {"landrelease": {"warnings": told, "types": types}}
    try:
        put(task.file, lambda file: result.to_parquet(file, index=False))
    except (ValueError, TypeError) as error:  # pyarrow's errors are of these
        raise DataError(f"The result of {name} can not be kept in a Parquet file: {error}") from None


@contextmanager
def connected(address: str) -> Iterator[Any]:
    """Give a client of the scheduler at an address, such as tcp://10.0.0.5:8786."""
    if find_spec("distributed") is None:
        raise OptionError("A scheduler needs dask. Fix: pip install 'landrelease[scale]'")
    from distributed import Client

    try:
        client = Client(address, set_as_default=False)
    except (OSError, ValueError) as error:
        raise OptionError(f"No scheduler answers at '{address}': {error}. Fix: the address that it prints.") from None
    with client:
        yield client


@contextmanager
def workers(client: Any, count: int) -> Iterator[Any]:
    """Give the caller's client, one of a cluster on this machine, or None where this process does the work."""
    if client is not None or count < 2 or thread_count() < 2 or find_spec("distributed") is None:
        yield client
        return
    from distributed import Client, LocalCluster

    workers = min(count, thread_count())
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster) as own,
    ):
        yield own


def done(tasks: Iterator[tuple[int, Task]], client: Any, count: int) -> None:
    """Run the tasks to their end; few are under way at a time, so that few are held."""
    if client is None:
        for i, task in tasks:
            with _told(i, count):
                _compute(task)
        return
    from distributed import KilledWorker, as_completed

    running: dict[Any, tuple[int, Path]] = {}
    completed = as_completed(loop=client.loop)
    try:
        while True:
            room = max(2, 2 * len(client.nthreads())) - len(running)
            for i, task in islice(tasks, max(0, room)):
                with warnings.catch_warnings():
                    warnings.filterwarnings("ignore", message="Sending large graph")
                    future = client.submit(_on_worker, task, pure=False, key=f"{task.file.stem}-{uuid.uuid4().hex}")
                running[future] = i, task.file
                completed.add(future)
            if not running:
                return
            future = next(completed)
            i, file = running.pop(future)
            with _told(i, count):
                try:
                    future.result()
                except KilledWorker as error:
                    raise DataError(
                        f"Partition {i} ended every worker that tried it: {error}\n"
                        f"  Fix: if it was their memory, a smaller partition_rows, or workers with more."
                    ) from None
            if not file.is_file():
                raise DataError(f"A worker wrote '{file}', and it is not here. Fix: a folder that all can see.")
    finally:
        client.cancel(list(running))


@contextmanager
def _told(i: int, count: int) -> Iterator[None]:
    try:
        yield
    except Exception as error:
        error.add_note(f"in partition {i}, of {count}; what was finished is kept")
        raise


def _on_worker(task: Task) -> None:
    from distributed import get_worker

    # warnings are caught for a whole process, and a worker's memory is for one partition
    with _ONE_AT_A_TIME, at_most(get_worker().state.nthreads):
        if not is_whole(task.file):  # it may have been finished by a worker that was lost before it could say so
            _compute(task)
