"""What a registry is asked: the events on record, what was not taken, and what follows from them on a day."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any, Self

import geopandas as gpd
import pandas as pd

from landrelease.cells import day_of
from landrelease.registry.balance import land_balance
from landrelease.registry.history import status_on
from landrelease.registry.releases import releases_from
from landrelease.registry.store.append import natural
from landrelease.registry.store.chain import GENESIS, Batch, SetAside
from landrelease.registry.store.frames import events_frame, set_aside_frame
from landrelease.registry.store.log import Log
from landrelease.registry.store.results import Answer

__all__ = ["Record", "open_aside"]


class Record:
    """The questions that a registry answers from its log; none of them changes it."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._cache: tuple[int, gpd.GeoDataFrame] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._log.name!r}, head={self.head[:16]!r})"

    def close(self) -> None:
        """Let go of the file or the database."""
        self._log.close()

    @property
    def head(self) -> str:
        """Hash of the whole log; the same head means the same history."""
        last = self._log.last_batch()
        return GENESIS if last is None else last.hash

    def events(self, *, known_on: Any = None) -> gpd.GeoDataFrame:
        """Return the events on record, in the order in which they were added.

        Parameters
        ----------
        known_on : date, optional
            Only what the registry knew at the end of that day (UTC).

        Returns
        -------
        GeoDataFrame
            Table `events` in EPSG:4326, undone events and their voids among them, with `registered_at`.
        """
        last = self._log.last_batch()
        seq = 0 if last is None else last.last_seq
        if self._cache is None or self._cache[0] != seq:
            self._cache = seq, events_frame(self._log.events())
        frame = self._cache[1].copy()
        if known_on is None:
            return frame
        day = day_of("known_on", known_on)
        return frame[frame["registered_at"] < day + pd.Timedelta(days=1)].reset_index(drop=True)

    def quarantine(self) -> gpd.GeoDataFrame:
        """Return the rows in quarantine that no later import has settled by taking the event.

        Returns
        -------
        GeoDataFrame
            batch_id, source, row (in its import, the first is 0), event_id, revision, area_id, event, reason_code,
            reason, geometry (EPSG:4326).
        """
        return self._aside("quarantine")

    def conflicts(self) -> gpd.GeoDataFrame:
        """Return the rows that say something else of an event than the record, and that no later revision settled.

        Returns
        -------
        GeoDataFrame
            As `quarantine`.
        """
        return self._aside("conflict")

    def _aside(self, reason_code: str) -> gpd.GeoDataFrame:
        return set_aside_frame([one for one in open_aside(self._log) if one.reason_code == reason_code])

    def batches(self) -> pd.DataFrame:
        """Return the imports: when, by whom, from what source, and what became of the rows.

        Returns
        -------
        DataFrame
            One row a batch: batch_id, registered_at (UTC), actor, tool_version, source, profile, note, the CRS and
            its operation to EPSG:4326 with its accuracy [m], the counts, and the hashes.
        """
        frame = pd.DataFrame([vars(one) for one in self._log.batches()], columns=Batch.names())
        return frame.assign(registered_at=pd.to_datetime(frame["registered_at"], format="ISO8601"))

    def status_on(self, date: Any, *, known_on: Any = None) -> Answer:
        """Return the areas as they stood on a day, as known on another.

        Parameters
        ----------
        date : date
            The day.
        known_on : date, optional
            Only what the registry knew at the end of that day (UTC).

        Returns
        -------
        Answer
            `table` as of `landrelease.status_on`.
        """
        return self._answer(lambda events: status_on(events, date), known_on)

    def releases_from(self, *, start: Any = None, end: Any = None, known_on: Any = None) -> Answer:
        """Return the releases of a time, as known on a day.

        Parameters
        ----------
        start, end : date, optional
            The first and the last day; all releases where neither is given.
        known_on : date, optional
            As `status_on`.

        Returns
        -------
        Answer
            `table` as of `landrelease.releases_from`.
        """
        return self._answer(lambda events: releases_from(events, start=start, end=end), known_on)

    def land_balance(self, *, start: Any, end: Any, by: Any = None, known_on: Any = None) -> Answer:
        """Return the account of land, as known on a day.

        Parameters
        ----------
        start, end : date
            The first and the last day of the account.
        by : str or list of str, optional
            As `landrelease.land_balance`.
        known_on : date, optional
            As `status_on`.

        Returns
        -------
        Answer
            `table` as of `landrelease.land_balance`. [m2]
        """
        return self._answer(lambda events: land_balance(events, start=start, end=end, by=by), known_on)

    def _answer(self, ask: Callable[[gpd.GeoDataFrame], pd.DataFrame], known_on: Any) -> Answer:
        day = None if known_on is None else day_of("known_on", known_on)
        events = self.events(known_on=day)
        left = Counter(one.reason_code for one in open_aside(self._log))
        return Answer(ask(events), len(events), left["quarantine"], left["conflict"], day, self.head)


def open_aside(log: Log) -> list[SetAside]:
    """Return the rows that were not taken, and that neither a later import nor a person settled."""
    rows = log.set_aside()
    settled = {json.loads(one.payload)["settles"] for one in rows if one.reason_code == "settled"}
    latest = log.latest()

    def is_open(one: SetAside) -> bool:
        batch_id, revision, area_id = latest.get((one.source, one.source_event_id or ""), (0, "", ""))
        is_same = one.area_id is None or area_id.rstrip("~") in (one.area_id, f"{one.area_id}~{one.source}")
        is_taken = batch_id > one.batch_id and is_same and natural(revision) >= natural(one.revision or "")
        return not is_taken and one.content_sha256 not in settled

    return [one for one in rows if one.reason_code != "settled" and is_open(one)]
