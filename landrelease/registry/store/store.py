"""The registry: every event ever recorded, added to and never rewritten, in a file or a database.

How it is opened stands in `opening`, what it is asked in `record`; here stands what changes it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd

from landrelease.cells import day_of
from landrelease.errors import DataError, RegistryError, check_option, nearest
from landrelease.registry.fold import without_voided
from landrelease.registry.history import events_from_areas, status_on
from landrelease.registry.snapshots import events_from_changes
from landrelease.registry.store.append import (
    OWN,
    append,
    plan_import,
    plan_settlement,
    plan_voids,
    replaced_by,
    undone_by,
)
from landrelease.registry.store.chain import GENESIS, aside_by_batch
from landrelease.registry.store.frames import own_events, set_aside_frame
from landrelease.registry.store.intake import Intake, prepare, refused_areas
from landrelease.registry.store.opening import SCHEMA_VERSION, begun, check_open, log_at
from landrelease.registry.store.record import Record, open_aside
from landrelease.registry.store.results import Import
from landrelease.registry.store.sqlite import SqliteLog
from landrelease.registry.store.verify import verify_all
from landrelease.rules import usable_rows

__all__ = ["SCHEMA_VERSION", "Registry"]


class Registry(Record):
    """Every area ever suspected, with its whole history: an append-only log of events in a file or a database.

    Parameters
    ----------
    path_or_url : str or Path
        A GeoPackage file, made where it does not exist, or the address of a PostgreSQL database with PostGIS
        ("postgresql://user@host/name"; needs ``landrelease[postgis]``).
    extent : GeoDataFrame, optional
        Land in which all shapes must lie, such as the country; set once, when the registry is made.

    Raises
    ------
    RegistryError
        The file is no registry, was changed by another program, or was made by a newer version.

    Notes
    -----
    The log is bitemporal: `event_date` says when something happened, `registered_at` when the registry learned of
    it. Each event carries the hash of the one before it; `head` is the hash of all. On opening, the head and all
    that was added since the last `verify` are checked; `verify` checks everything.

    Examples
    --------
    >>> from shapely import box
    >>> from tempfile import mkdtemp
    >>> events = gpd.GeoDataFrame({"event_id": ["1", "2"], "area_id": ["A", "A"], "event": ["suspected", "reduced"],
    ...     "event_date": pd.to_datetime(["2020-01-01", "2021-06-01"])},
    ...     geometry=[box(18, 44, 18.01, 44.01), None], crs=4326)
    >>> registry = Registry(Path(mkdtemp()) / "registry.gpkg")
    >>> print(registry.import_events(events, source="IMSMA"))
    2 rows of 'IMSMA': 2 new events, 0 known, 0 in conflict with the record, 0 in quarantine
    >>> print(registry.import_events(events, source="IMSMA"))
    2 rows of 'IMSMA': 0 new events, 2 known, 0 in conflict with the record, 0 in quarantine
    >>> status_on(registry.events(), "2021-12-31")["status"].tolist()
    ['released']
    >>> len(registry.verify())
    0
    >>> registry.close()
    """

    def __init__(self, path_or_url: str | Path, *, extent: gpd.GeoDataFrame | None = None) -> None:
        super().__init__(log_at(path_or_url))
        try:
            self._extent = begun(self._log, extent)
            check_open(self._log)
        except BaseException:
            self._log.close()
            raise

    def import_events(
        self, frame: gpd.GeoDataFrame, *, source: str, area_ids: Literal["own", "shared"] = "own",
        profile: str | None = None, actor: str | None = None,
    ) -> Import:  # fmt: skip
        """Add the events of a frame that are not on record yet.

        Parameters
        ----------
        frame : GeoDataFrame
            Table `events`, in any CRS with an operation of 10 m or better to EPSG:4326. Only the declared columns
            are kept: what else a file says of persons stays outside.
        source : str
            The system that gives the ids, such as "IMSMA"; the same for each export of that system.
        area_ids : {"own", "shared"}
            Whether the source numbers areas itself, or from one list with the other sources of the registry. An
            "own" id that another source used first is kept apart ("HA-1~SOURCE"): a release of one "HA-1" must not
            end the hazard of another.
        profile : str, optional
            The profile that the file was read with.
        actor : str, optional
            Who imports: an office rather than a person.

        Returns
        -------
        Import
            How many rows were new, known, in conflict or put into quarantine, and which.

        Raises
        ------
        CRSError, DataError, RegistryError
            No CRS or none that is good enough; not a table of events; the registry can not be written. Nothing was
            written then.

        Notes
        -----
        An event is known by `source`, `event_id` and `revision`. The same with other content is a conflict: it is
        reported and kept beside the log, and the event on record stays. A later revision undoes the earlier one and
        is added. Rows that can not be taken go into quarantine. In doubt, what makes land hazardous is taken with
        the doubtful cell missing, and what could end a hazard goes into quarantine. `recorded_at` and what reading
        adds (`source_row`, `read_findings`) are not part of the content.
        """
        self._check_source(source, area_ids)
        return self._import(prepare(frame, self._extent), source.strip(), area_ids, profile, actor)

    def import_areas(
        self, areas: gpd.GeoDataFrame, *, as_of: Any, source: str, area_ids: Literal["own", "shared"] = "own",
        profile: str | None = None, actor: str | None = None,
    ) -> Import:  # fmt: skip
        """Add what an export of areas says that the record does not: real systems keep the state, not the history.

        Parameters
        ----------
        areas : GeoDataFrame
            Table `areas`, in any CRS: the whole export, not a part of it.
        as_of : date
            The day of the export, later than that of the last one.
        source, area_ids, profile, actor
            As `import_events`.

        Returns
        -------
        Import
            As `import_events`, with `changes`: what this export and the record say differently, area by area.

        Raises
        ------
        CRSError, DataError, RegistryError
            As `import_events`; the export is not later than the last one of its source and says something else.

        Notes
        -----
        The record of the source is folded to `as_of`, compared with the export (`compare_exports`), and what an event
        can say is added (`events_from_changes`). What would end a hazard without a release is no event: it stays on
        record as hazardous, and `changes` tells of it, the dangerous first.

        Examples
        --------
        >>> from shapely import box
        >>> from tempfile import mkdtemp
        >>> areas = gpd.GeoDataFrame({"area_id": ["A", "B"], "hazard_class": ["SHA", "CHA"], "status": ["open", "open"],
        ...     "release_type": [None, None]}, geometry=[box(18, 44, 18.01, 44.01)] * 2, crs=4326)
        >>> registry = Registry(Path(mkdtemp()) / "registry.gpkg")
        >>> print(registry.import_areas(areas, as_of="2024-12-31", source="IMSMA"))
        2 rows of 'IMSMA': 2 new events, 0 known, 0 in conflict with the record, 0 in quarantine
        >>> later = areas.iloc[:1].assign(status="released", release_type="cancelled")
        >>> done = registry.import_areas(later, as_of="2025-12-31", source="IMSMA")
        >>> done.new_count, done.changes.loc[done.changes["is_danger"], "area_id"].tolist()
        (1, ['B'])
        >>> registry.status_on("2025-12-31").table["status"].tolist()
        ['released', 'open']
        >>> registry.close()
        """
        self._check_source(source, area_ids)
        day, source = day_of("as_of", as_of), source.strip()
        usable, set_aside = usable_rows(areas, "areas")
        own = without_voided(own_events(self.events(), self._log.events(), source))
        if len(own):
            events, changes = events_from_changes(status_on(own, day), usable, as_of=day, record=own)
            last = own["recorded_at"].max()
            if len(events) and day <= last:
                raise RegistryError(
                    f"The export of {day.date()} says something else than the record, and is not later than the last "
                    f"one of '{source}' ({last.date()}).\n"
                    f"  Fix: if it corrects that one, undo it first: void(batch_id=...)."
                )
        else:
            events, changes = events_from_areas(usable, as_of=day), None
        intake = prepare(events, self._extent)
        intake = replace(intake, refused=[*intake.refused, *refused_areas(areas, set_aside)])
        done = self._import(intake, source, area_ids, profile, actor)
        touched = set(events["area_id"])
        if changes is not None:
            touched |= set(changes["area_id"]) | set(changes["other_area_id"].dropna())
        known_count = int((~usable["area_id"].isin(touched)).sum())
        return replace(done, changes=changes, row_count=len(areas), known_count=known_count)

    def _check_source(self, source: str, area_ids: str) -> None:
        check_option("area_ids", area_ids, ("own", "shared"))
        if not isinstance(source, str) or source.strip() in ("", OWN):
            raise DataError(f"source must name the system that gives the ids, such as 'IMSMA'; got {source!r}")

    def _import(self, intake: Intake, source: str, area_ids: str, profile: str | None, actor: str | None) -> Import:
        with self._log.writing():
            plan = plan_import(self._log, intake, source, area_ids)
            plan = replace(plan, profile=profile or "", actor=actor or "")
            batch_id = append(self._log, plan)
        not_taken = set_aside_frame([one._replace(batch_id=batch_id or 0) for one in plan.not_taken])
        is_conflict = not_taken["reason_code"].eq("conflict")
        return Import(
            batch_id, plan.source, intake.row_count, plan.taken_count, plan.known_count, int(is_conflict.sum()),
            int((~is_conflict).sum()), plan.apart, not_taken, intake.findings,
        )  # fmt: skip

    def void(
        self, event_ids: str | Sequence[str] | None = None, *, batch_id: int | None = None, reason: str,
        actor: str | None = None,
    ) -> list[str]:  # fmt: skip
        """Undo events by adding voids; the events stay on record. A void of a void brings the event back.

        Where a later revision is undone, the one before it stands again. An import that was undone never happened: the
        same rows can be imported again. An event that was undone by its id stays undone: a source that goes on saying
        it is in conflict with the record.

        Parameters
        ----------
        event_ids : str or list of str, optional
            The events.
        batch_id : int, optional
            Undo a whole import instead: all of its events that are not undone yet.
        reason : str
            Why, for the record.
        actor : str, optional
            Who.

        Returns
        -------
        list of str
            The ids of the voids.

        Raises
        ------
        DataError
            An event or batch is not on record, or an event is undone already.
        """
        if (event_ids is None) == (batch_id is None):
            raise DataError("void takes event_ids or batch_id, and one of them. Fix: name the events, or their import.")
        with self._log.writing():
            rows = {row.event_id: row for row in self._log.events()}
            undone, why = undone_by(rows), "event" if batch_id is None else "import"
            if batch_id is not None:  # what a void of the batch itself undoes would come back with it
                wanted = [one for one, row in rows.items() if row.batch_id == batch_id and undone[one] <= {batch_id}]
                if not wanted:
                    raise DataError(
                        f"Batch {batch_id} has no events that are not undone yet. Fix: see batches() for its number."
                    )
            else:
                wanted = list(dict.fromkeys([event_ids] if isinstance(event_ids, str) else event_ids or []))
                for one in wanted:
                    if one not in rows:
                        raise DataError(f"No event '{one}' is on record{nearest(one, rows)}")
                    if undone[one]:
                        raise DataError(f"Event '{one}' is undone already. Fix: leave it out.")
                wanted += [one for one in replaced_by(rows, wanted) if not undone[one] and one not in wanted]
            plan = plan_voids(rows, list(reversed(wanted)), why=why)
            append(self._log, replace(plan, note=reason, actor=actor or ""))
        return [row.event_id for row in plan.rows]

    def settle(self, batch_id: int, rows: int | Sequence[int], *, reason: str, actor: str | None = None) -> int:
        """Settle rows in quarantine or in conflict that somebody looked into; they stay on record, with the reason.

        Parameters
        ----------
        batch_id : int
            The import that brought them.
        rows : int or list of int
            Their `row` in that import.
        reason : str
            Why they need not be taken, for the record.
        actor : str, optional
            Who.

        Returns
        -------
        int
            How many rows were settled.

        Raises
        ------
        DataError
            No open row of that import has that number.
        """
        wanted = {rows} if isinstance(rows, int) else set(rows)
        with self._log.writing():
            found = [one for one in open_aside(self._log) if one.batch_id == batch_id and one.row in wanted]
            missing = wanted - {one.row for one in found}
            if missing or not found:
                raise DataError(
                    f"Batch {batch_id} has no open row {', '.join(map(str, sorted(missing))) or 'at all'}.\n"
                    f"  Fix: see quarantine() and conflicts() for batch_id and row of what is open."
                )
            append(self._log, replace(plan_settlement(found, reason), note=reason, actor=actor or ""))
        return len(found)

    def verify(self) -> pd.DataFrame:
        """Check every invariant of the log and of what follows from it.

        Returns
        -------
        DataFrame
            One row a finding: invariant ("I1" to "I12"), is_broken (the log itself can not be trusted, or it only
            says something odd), event_id, message. Empty where all holds. The docs list the invariants.
        """
        last = self._log.last_batch()
        found = verify_all(self._log, self._extent)
        if last is not None and not found["is_broken"].any():
            with suppress(RegistryError), self._log.writing():  # who may only read verifies all the same
                self._log.set_meta("verified_seq", str(last.last_seq))
        return found

    def backup(self, path_or_url: str | Path) -> None:
        """Copy the whole registry to a new file, or into an empty database; the copy has the same head.

        Raises
        ------
        RegistryError
            Something is there already, or it can not be written.
        """
        target = str(path_or_url)
        if isinstance(self._log, SqliteLog) and "://" not in target:
            self._log.backup(Path(path_or_url))
            return
        if "://" not in target and Path(path_or_url).exists():
            raise RegistryError(f"'{Path(path_or_url).name}' is there already. Fix: name a new file.")
        with Registry(path_or_url) as copy:
            if copy.head != GENESIS:
                raise RegistryError(f"'{copy._log.name}' holds a registry already. Fix: name an empty database.")
            with copy._log.writing():
                with self._log.reading():
                    meta = self._log.meta()
                    rows, aside, batches = self._log.events(), self._log.set_aside(), self._log.batches()
                for key, value in meta.items():
                    copy._log.set_meta(key, value)
                start, by_batch = 0, aside_by_batch(aside)
                for batch in batches:
                    copy._log.add(batch, rows[start : batch.last_seq], by_batch[batch.batch_id])
                    start = batch.last_seq
