"""What a log must be able to do, in a file or in a database; what is asked of both alike stands here.

A log reads and adds rows, and knows nothing of what they mean.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, get_args, get_type_hints

from landrelease.registry.store.chain import Batch, LogRow, SetAside

__all__ = ["GUARDED", "Log", "columns_of"]

GUARDED = ("lr_event", "lr_batch", "lr_set_aside")
"""The tables of a log that are only added to."""
_BATCH = ", ".join(Batch.names())


def columns_of(row: type[Any], types: dict[str, str]) -> str:
    """Return the column definitions of a table from the fields of its rows."""
    parts = []
    for name, hint in get_type_hints(row).items():
        kinds = [one.__name__ for one in get_args(hint) or (hint,)]
        parts.append(f"{name} {types[kinds[0]]}{'' if 'NoneType' in kinds else ' NOT NULL'}")
    return ", ".join(parts)


class Log(ABC):
    """Events, batches and rows that were not taken, in the order in which they were added."""

    name: str
    _mark: str
    """What stands for a value in a statement."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[None]:
        """Hold the only right to write until the end; undo all of it where something fails."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[None]:
        """Read all as it is at one moment, whoever writes."""

    @abstractmethod
    def set_meta(self, key: str, value: str) -> None:
        """Set one thing that the registry knows of itself."""

    @abstractmethod
    def events(self, after: int = -(2**63)) -> list[LogRow]:
        """Return the events after a number, in their order; all of them, also those that no registry numbers so."""

    @abstractmethod
    def found(self, source: str, keys: list[str]) -> list[tuple[str, str, str, str, str]]:
        """Return (id_key, source_event_id, revision, content_sha256, event_id) of a source's events by key."""

    @abstractmethod
    def taken(self, keys: list[str]) -> set[str]:
        """Return which of some keys of event ids are taken."""

    @abstractmethod
    def first_sources(self, areas: list[str]) -> dict[str, str]:
        """Return the source that recorded each of some areas first."""

    @abstractmethod
    def set_aside(self) -> list[SetAside]:
        """Return all rows that were not taken, in their order."""

    @abstractmethod
    def known_aside(self, source: str, hashes: list[str]) -> set[str]:
        """Return which of some rows that were not taken are on record already."""

    @abstractmethod
    def add(self, batch: Batch, events: list[LogRow], set_aside: list[SetAside]) -> None:
        """Add a batch with its events and the rows that were not taken."""

    @abstractmethod
    def foreign_parts(self) -> list[str]:
        """Say what of the log is not as the registry makes it, and which of its own parts are gone."""

    @abstractmethod
    def close(self) -> None:
        """Let go of the file or the database."""

    @abstractmethod
    def _said(self, what: str) -> AbstractContextManager[None]:
        """Say in words of the registry why it can not be opened, read or written."""

    @abstractmethod
    def _all(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""

    def meta(self) -> dict[str, str]:
        """Return what the registry knows of itself."""
        with self._said("read"):
            return dict(self._all("SELECT key, value FROM lr_meta"))

    def voids(self) -> list[tuple[str, str, str]]:
        """Return the id, the target and the payload of each void, in their order."""
        with self._said("read"):
            rows = self._all("SELECT event_id, voids_event_id, payload FROM lr_event WHERE event = 'void' ORDER BY seq")
        return [(event_id, target, payload) for event_id, target, payload in rows]

    def latest(self) -> dict[tuple[str, str], tuple[int, str, str]]:
        """Return the last batch that took an event of which a row was not taken, with its revision and area."""
        with self._said("read"):
            rows = self._all(
                "SELECT source, source_event_id, batch_id, revision, area_id FROM lr_event "
                "WHERE (source, source_event_id) IN "
                "(SELECT source, source_event_id FROM lr_set_aside) ORDER BY seq"
            )
        return {(source, event_id): (batch_id, *more) for source, event_id, batch_id, *more in rows}

    def batches(self) -> list[Batch]:
        """Return all batches in their order."""
        return self._batches("ORDER BY batch_id")

    def last_batch(self, source: str | None = None) -> Batch | None:
        """Return the last batch, or the last one of a source."""
        of_source = "" if source is None else f"WHERE source = {self._mark} "
        batches = self._batches(f"{of_source}ORDER BY batch_id DESC LIMIT 1", () if source is None else (source,))
        return batches[0] if batches else None

    def _batches(self, which: str, values: Sequence[Any] = ()) -> list[Batch]:
        with self._said("read"):
            return [Batch(*row) for row in self._all(f"SELECT {_BATCH} FROM lr_batch {which}", values)]
