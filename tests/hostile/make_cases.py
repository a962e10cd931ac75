"""Files that are not text, or too large to keep: each is made when its case is run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

MADE: dict[str, Callable[[Path], Path]] = {}
