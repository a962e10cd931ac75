"""Files that are there whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

__all__ = ["put"]


def put(file: Path, write: Callable[[Path], Any]) -> None:
    """Write a file beside its place, and move it there when it is whole; one that was there stays until then.

    Examples
    --------
    >>> import tempfile
    >>> file = Path(tempfile.mkdtemp()) / "table.csv"
    >>> put(file, lambda beside: beside.write_text("whole", encoding="utf-8"))
    >>> put(file, lambda beside: beside.write_text("ha") / 0)
    Traceback (most recent call last):
    ZeroDivisionError: division by zero
    >>> file.read_text(encoding="utf-8"), len(list(file.parent.iterdir()))
    ('whole', 1)
    """
    # the ending stays: some writers go by it
    beside = file.with_name(f".{file.stem}.{uuid.uuid4().hex}.tmp{file.suffix}")
    try:
        write(beside)
        with beside.open("rb+") as written:
            os.fsync(written.fileno())
        beside.replace(file)
    finally:
        beside.unlink(missing_ok=True)
