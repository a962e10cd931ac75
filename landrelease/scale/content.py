"""What a call works on, as a hash: a call with the same one has the same result."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.errors import OptionError

__all__ = ["content_key"]

_TAIL = 1 << 16
"""Bytes at the end of a file that are read: there is the index of a Parquet file. [bytes]"""


def content_key(function: Callable[..., Any], *parts: Any) -> str:
    """Return the hash of a function with all that it is given: frames by content, files by name, size, time and end.

    Examples
    --------
    >>> content_key(content_key, {"by": "use_code"}) == content_key(content_key, {"by": "use_code"})
    True
    >>> content_key(content_key, 1) == content_key(content_key, "1")
    False
    >>> content_key(content_key, object())
    Traceback (most recent call last):
    landrelease.errors.OptionError: A value of type object can not be told from another one. ...
    """
    digest = hashlib.sha256(f"{function.__module__}.{function.__qualname__}".encode())
    try:
        digest.update(inspect.getsource(function).encode())
    except (OSError, TypeError):
        digest.update(function.__code__.co_code + repr(function.__code__.co_consts).encode())
    for part in parts:
        _add(digest, part)
    return digest.hexdigest()


def _add(digest: Any, value: Any) -> None:
    digest.update(f"\0{type(value).__name__}\0".encode())
    if isinstance(value, pd.DataFrame | pd.Series):
        _add_frame(digest, value)
    elif isinstance(value, np.ndarray):
        _add_frame(digest, pd.Series(value))
    elif isinstance(value, Mapping):
        for name in sorted(value, key=repr):
            digest.update(repr(name).encode())
            _add(digest, value[name])
    elif isinstance(value, list | tuple | set | frozenset):
        for one in sorted(value, key=repr) if isinstance(value, set | frozenset) else value:
            _add(digest, one)
    elif is_dataclass(value) and not isinstance(value, type):
        _add(digest, {field.name: getattr(value, field.name) for field in fields(value)})
    elif isinstance(value, str | int | float | bool | date | Path | np.generic | None):
        digest.update(repr(value).encode())
        if isinstance(value, str | Path):
            _add_file(digest, value)
    else:
        raise OptionError(
            f"A value of type {type(value).__name__} can not be told from another one. "
            f"Fix: give numbers, texts, dates, frames or paths."
        )


def _add_frame(digest: Any, frame: Any) -> None:
    if isinstance(frame, pd.DataFrame):
        digest.update(repr([(name, str(kind)) for name, kind in frame.dtypes.items()]).encode())
        for name in frame.columns:
            _add_frame(digest, frame[name])
    elif isinstance(frame, gpd.GeoSeries):
        digest.update(f"{len(frame)} {frame.crs}".encode())
        for shape in shapely.to_wkb(frame.to_numpy(), include_srid=False):
            digest.update(b"\1" if shape is None else shape)
    else:
        try:
            hashes = pd.util.hash_pandas_object(frame, index=False)
        except TypeError:  # lists in cells
            hashes = pd.util.hash_pandas_object(frame.map(repr), index=False)
        digest.update(hashes.to_numpy().tobytes())


def _add_file(digest: Any, value: str | Path) -> None:
    try:
        path = Path(value)
        files = sorted(path.rglob("*")) if path.is_dir() else [path] if path.is_file() else []
    except (OSError, ValueError):  # a text that no path can be
        return
    for file in files:
        if file.is_file():
            about = file.stat()
            digest.update(f"{file.resolve()} {about.st_size} {about.st_mtime_ns}".encode())
            with file.open("rb") as opened:
                opened.seek(max(0, about.st_size - _TAIL))
                digest.update(opened.read())
