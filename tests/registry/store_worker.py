"""What other processes do to a registry in the tests: import until they are killed, side by side, or out of room."""

from __future__ import annotations

import json
import os
import resource
from pathlib import Path

from oracle_points import as_frame, event, rect

from landrelease.errors import RegistryError
from landrelease.registry.store import Registry

SIZE = 3
"""Events in each batch."""


def rows_of(name: str, size: int = SIZE) -> list[dict]:
    """The events of one batch: each made of its own areas."""
    return [
        event(f"{name}-{i}", f"A{name}-{i}", "suspected", "2020-01-01", rect(100 * i, 0, 100 * i + 90, 90))
        for i in range(size)
    ]


def add_batches(address: str, name: str, count: int, told: str) -> None:
    """Import batches one after the other, and write the number of each to a file once the registry has said yes."""
    notes = os.open(told, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    with Registry(address) as registry:
        for i in range(count):
            done = registry.import_events(as_frame(rows_of(f"{name}.{i}")), source="S")
            os.write(notes, f"{done.batch_id}\n".encode())
    os.close(notes)


def add_until_full(address: str, name: str, limit: int, told: str) -> None:
    """Import until no file may grow any more, and write down what was said then."""
    notes = os.open(told, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    said, batches = "", []
    try:
        with Registry(address) as registry:
            while len(batches) < 1000:
                rows = rows_of(f"{name}.{len(batches)}", 40)
                batches.append(registry.import_events(as_frame(rows), source="S").batch_id)
    except RegistryError as error:
        said = str(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    os.write(notes, json.dumps({"said": said, "batches": batches}).encode())
    os.close(notes)


def told_batches(told: Path) -> list[int]:
    """The batches that were acknowledged."""
    return [int(line) for line in told.read_text().split("\n")[:-1]] if told.exists() else []
