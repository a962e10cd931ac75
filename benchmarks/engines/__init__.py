"""What each benchmark runs: by task, the engines; by engine, how it is prepared and what is timed.

An engine is a function that takes the inputs of its task and returns the call that is timed. What it does before that
call is reading (tables of a database, an index that stands beside a table). The call returns a plain frame with the
columns of its task, so that the answers can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

Inputs = dict[str, Any]
Call = Callable[[], pd.DataFrame | None]
OURS = "landrelease"


@dataclass(frozen=True)
class Engine:
    """An engine: what is prepared, the modules that it needs, and whether it counts whole cells by their centres."""

    prepare: Callable[[Inputs], Call]
    needs: tuple[str, ...] = ()
    by_centres: bool = False


ENGINES: dict[str, dict[str, Engine]] = {}


def engine(
    task: str, name: str, *needs: str, by_centres: bool = False
) -> Callable[[Callable[[Inputs], Call]], Callable[[Inputs], Call]]:
    """Add an engine to a task."""

    def add(prepare: Callable[[Inputs], Call]) -> Callable[[Inputs], Call]:
        ENGINES.setdefault(task, {})[name] = Engine(prepare, needs, by_centres)
        return prepare

    return add


def every() -> dict[str, dict[str, Engine]]:
    """Return all engines of all tasks; ours comes first, the one that the others are compared with second."""
    from engines import nearby, ours, overlap, rasters, union  # noqa: F401

    return ENGINES
