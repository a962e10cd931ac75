"""Reading in a process of its own, with a limit on time and memory: a library that runs wild ends alone."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import warnings
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from landrelease.errors import DataError, OptionError

__all__ = ["is_read_apart", "read_apart"]

MOST_SECONDS, MOST_BYTES = 600, 4 << 30
_LARGE_BYTES, _SHARED = 1 << 24, 64
"""16 MiB; and 1 GiB where every row may repeat one value, which few files do."""
_CHILD = """
import pickle, sys
path, request = pickle.load(sys.stdin.buffer)
sys.path[:] = path
from landrelease.read.apart import serve
serve(request)
"""


def is_read_apart(path: Path, isolate: str) -> bool:
    """Tell whether a file is read in a process of its own: always, never, or because of what it unpacks to."""
    if isolate == "never" or (isolate == "large" and (not path.exists() or _weight(path) < _LARGE_BYTES)):
        return False
    if _interpreter() is None:
        if isolate == "large":
            return False
        raise OptionError(f"isolate='always' needs a Python interpreter to start; here runs {sys.executable!r}")
    return True


def _interpreter() -> str | None:
    """Return the running Python; None where it is built into another program, which would start in its place."""
    return sys.executable if Path(sys.executable or "").name.lower().startswith("python") else None


def _weight(path: Path) -> int:
    """Return the bytes that a file can become in memory, as far as it says so itself; never more than it must tell."""
    with suppress(Exception):  # what can not be opened is refused where it is read
        if path.is_dir():
            return sum(one.stat().st_size for one in path.iterdir())
        if path.suffix.lower() in (".zip", ".kmz", ".xlsx", ".xlsm"):
            with zipfile.ZipFile(path) as archive:
                return sum(one.file_size for one in archive.infolist())
        if path.suffix.lower() in (".parquet", ".geoparquet"):
            return _weight_of_parquet(path)
    return path.stat().st_size


def _weight_of_parquet(path: Path) -> int:
    """Return about the bytes of a Parquet file's columns, more where a value written once may stand in every row."""
    import pyarrow.parquet

    said, weight = pyarrow.parquet.read_metadata(path), 0
    for group in range(said.num_row_groups):
        for number in range(said.num_columns):
            column = said.row_group(group).column(number)
            weight += column.total_uncompressed_size + 8 * column.num_values
            if column.has_dictionary_page:
                weight += column.total_uncompressed_size * column.num_values // _SHARED
    return weight


def read_apart(path: Path, table: str, options: Mapping[str, Any]) -> pd.DataFrame:
    """Return what `read` returns, from a process with limits; its warnings and errors are given on.

    Raises
    ------
    DataError
        The process ran out of time or memory, or broke down.
    """
    from landrelease.read.files import DRIVERS

    others = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "GDAL_SKIP": _skipped(DRIVERS)}
    request = pickle.dumps((sys.path, (path, table, dict(options), MOST_BYTES)))
    try:
        done = subprocess.run(
            [str(_interpreter()), "-P", "-c", _CHILD],
            input=request, capture_output=True, timeout=MOST_SECONDS, check=False, env={**os.environ, **others},
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise _too_much(path, f"was not through after {MOST_SECONDS:,} seconds") from None
    if done.returncode != 0 or not done.stdout:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no word"]
        raise _too_much(path, f"broke down the process that read it (exit {done.returncode}, {said[0][:200]})")
    result, said = pickle.loads(done.stdout)
    for category, message in said:
        warnings.warn(message, category, stacklevel=3)
    if isinstance(result, MemoryError):
        raise _too_much(path, f"needs more than {MOST_BYTES / 2**30:.3g} GiB of memory") from None
    if isinstance(result, Exception):
        raise result
    frame: pd.DataFrame = result
    return frame


def _too_much(path: Path, what: str) -> DataError:
    return DataError(
        f"'{path.name}' {what}. Nothing of it was read.\n"
        f"  Fix: export it again as GeoPackage, in parts if it is large; or read(..., isolate='never') if you trust it."
    )


def _skipped(drivers: tuple[str, ...]) -> str:
    """Return the names of the drivers that the process does without, as GDAL takes them."""
    import pyogrio

    return ",".join(name for name in pyogrio.list_drivers() if name not in drivers)


def serve(request: tuple[Path, str, dict[str, Any], int]) -> None:
    """Read in this process, under its limit, and write the result or the error to the standard output."""
    answer = os.dup(1)
    os.dup2(2, 1)  # what a library prints is no part of the answer
    result: Any
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            import pyogrio  # noqa: F401  (loaded before the limit)

            from landrelease.read.table import read

            path, table, options, most_bytes = request
            _limit_memory(most_bytes)
            result = read(path, table, isolate="never", **options)
        except Exception as error:
            result = error
    said = [(one.category, str(one.message)) for one in caught]
    with os.fdopen(answer, "wb") as file:
        pickle.dump((result, said), file, protocol=5)


def _limit_memory(most_bytes: int) -> None:
    """Allow the process so many bytes more than it has; only Linux keeps such a limit."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + most_bytes, now + most_bytes))
