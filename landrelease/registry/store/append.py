"""Candidates and what is on record -> the rows that one batch adds."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from landrelease.checks import one_id_key
from landrelease.errors import RegistryError
from landrelease.registry.store.chain import (
    AGAIN,
    GENESIS,
    Batch,
    LogRow,
    SetAside,
    aside_hash,
    batch_hash,
    content_hash,
    digest,
    event_hash,
    extent_hash,
)
from landrelease.registry.store.intake import Candidate, Intake
from landrelease.registry.store.log import Log

__all__ = [
    "OWN",
    "Plan",
    "append",
    "in_force",
    "natural",
    "now",
    "plan_import",
    "plan_settlement",
    "plan_voids",
    "replaced_by",
    "undone_by",
]

OWN = "registry"
"""The source of voids that the registry adds itself."""


@dataclass(frozen=True)
class Plan:
    """What one batch is to add: events without their numbers and hashes, and rows that were not taken."""

    source: str
    rows: list[LogRow]
    area_ids: str = "own"
    apart: dict[str, str] = field(default_factory=dict)
    not_taken: list[SetAside] = field(default_factory=list)
    new_aside: list[SetAside] = field(default_factory=list)
    row_count: int = 0
    known_count: int = 0
    taken_count: int = 0
    content: str = ""
    crs: str = ""
    crs_operation: str = ""
    crs_accuracy_m: float | None = None
    profile: str = ""
    actor: str = ""
    note: str = ""


def now() -> datetime:
    """Return the time of the record."""
    return datetime.now(UTC).replace(tzinfo=None)


def plan_import(log: Log, intake: Intake, source: str, area_ids: str) -> Plan:
    """Tell what of an intake is new, known or in conflict with what the source said before."""
    last = log.last_batch(source)
    if last is not None and last.area_ids != area_ids:
        raise RegistryError(f"'{source}' was imported with area_ids='{last.area_ids}' before. Fix: use the same again.")
    apart = _kept_apart(log, intake, source) if area_ids == "own" else {}
    voids = [one for one in intake.candidates if one.cells["event"] == "void"]
    others = [one for one in intake.candidates if one.cells["event"] != "void"]
    record = _Record(log, source, intake.candidates)
    plan = _Sorted(source, apart)
    for one in sorted(others, key=lambda one: (natural(one.revision), one.row)):
        _sort_in(one, record, plan)
    while voids:  # a void of a void of this import comes after it
        waiting = []
        for one in voids:
            if record.live(one.cells.get("voids_event_id")) is None:
                waiting.append(one)
            else:
                _sort_in(one, record, plan)
        if len(waiting) == len(voids):
            break
        voids = waiting
    for one in voids:
        plan.refuse(one, "quarantine", "R15 voids_event_id names no event on record")
    aside = [SetAside(0, source, one.row, one.event_id, one.revision, one.area_id, one.event, "quarantine", one.reason,
                      one.payload, content_hash({"id": one.event_id, "revision": one.revision, "why": one.reason},
                                                one.content.encode()), one.geom)
             for one in intake.refused]  # fmt: skip
    not_taken = sorted(plan.aside + aside, key=lambda one: one.row)
    known = log.known_aside(source, [one.content_sha256 for one in not_taken])
    fresh = {one.content_sha256: one for one in not_taken if one.content_sha256 not in known}
    return Plan(
        source, plan.rows, area_ids, apart, not_taken, list(fresh.values()), intake.row_count,
        intake.row_count - len(not_taken) - plan.taken, plan.taken,
        digest([one.content for one in intake.candidates]), intake.crs, intake.crs_operation, intake.crs_accuracy_m,
    )  # fmt: skip


class _Record:
    """What is on record of the events of an import, and what the import adds to it."""

    def __init__(self, log: Log, source: str, candidates: list[Candidate]) -> None:
        self._log, self._source = log, source
        targets = [one.cells["voids_event_id"] for one in candidates if "voids_event_id" in one.cells]
        keys = list({one.key for one in candidates} | {one_id_key(one) for one in targets})
        self.by_key: dict[str, list[tuple[str, str, str, str]]] = {}
        for key, event_id, revision, content, name in log.found(source, keys):
            self.by_key.setdefault(key, []).append((event_id, revision, content, name))
        self._undone = undone_in(log.voids()) if self.by_key else {}
        self._asked = {one.key for one in candidates}
        self._taken = log.taken(list(self._asked))

    def undone(self, event_id: str) -> tuple[str, str]:
        """Return the void that undoes an event, and why: "import" where its whole import was undone, "" by none."""
        return self._undone.get(event_id, ("", ""))

    def bring_back(self, event_id: str) -> None:
        """Take an event as no longer undone."""
        self._undone.pop(event_id, None)

    def add(self, one: Candidate) -> tuple[str, str]:
        """Add an event, and return its id and revision in the log: its own, or made from them where those are taken."""
        known = self.by_key.setdefault(one.key, [])
        event_id = self.free(f"{one.event_id}@{one.revision}" if known and one.revision else one.event_id)
        count = sum(_bare(event[1]) == one.revision for event in known)
        revision = f"{one.revision}{AGAIN}{count + 1}" if count else one.revision
        known.append((one.event_id, revision, one.content, event_id))
        return event_id, revision

    def free(self, name: str) -> str:
        """Take a name for an event, or one made from it where that, or one that looks like it, is taken."""
        made, number = name, 1
        while (key := one_id_key(made)) in self._taken or (key not in self._asked and self._log.taken([key])):
            made = f"{name}~{self._source}" + (f"~{number}" if number > 1 else "")
            number += 1
        self._taken.add(key)
        return made

    def live(self, event_id: str | None) -> str | None:
        """Return the event that a source means by an id: the last revision of its own, never another source's."""
        own = [] if event_id is None else self.by_key.get(one_id_key(event_id), [])
        own = [event for event in own if self.undone(event[3])[1] != "import"]
        return own[-1][3] if own and own[-1][0] == event_id else None


class _Sorted:
    """The rows of a plan as they come."""

    def __init__(self, source: str, apart: dict[str, str]) -> None:
        self.source, self.apart = source, apart
        self.rows: list[LogRow] = []
        self.aside: list[SetAside] = []
        self.taken = 0

    def refuse(self, one: Candidate, code: str, reason: str) -> None:
        cells = json.dumps({**one.cells, **one.payload}, ensure_ascii=False, sort_keys=True)
        content = content_hash({"id": one.event_id, "revision": one.revision, "why": reason}, one.content.encode())
        self.aside.append(SetAside(0, self.source, one.row, one.event_id, one.revision, one.cells.get("area_id"),
                                   one.cells.get("event"), code, reason, cells, content, one.geom))  # fmt: skip


def _sort_in(one: Candidate, record: _Record, plan: _Sorted) -> None:
    all_known = record.by_key.get(one.key, [])
    spelled = [event[0] for event in all_known if event[0] != one.event_id]
    if spelled:
        plan.refuse(one, "quarantine", f"R2 event_id differs from '{spelled[0]}' on record in its spelling only")
        return
    # an import that was undone never happened: what it brought can be brought again
    earlier = [event for event in all_known if record.undone(event[3])[1] != "import"]
    gone = [event for event in all_known if record.undone(event[3])[1] == "import"]
    again = [event for event in gone if event[2] == one.content and _bare(event[1]) == one.revision]
    same = [event for event in earlier if _bare(event[1]) == one.revision]
    if same and same[-1][2] == one.content:
        if record.undone(same[-1][3])[1] == "event":
            plan.refuse(one, "conflict", f"event '{same[-1][3]}' on record was undone: void its void to bring it back")
    elif same:
        plan.refuse(one, "conflict", f"says something else than event '{same[-1][3]}' on record: "
                                     f"a change of what is on record needs a later revision")  # fmt: skip
    elif earlier and natural(one.revision) < natural(_bare(earlier[-1][1])):
        plan.refuse(one, "quarantine", f"is older than revision '{_bare(earlier[-1][1])}' on record")
    else:
        _take(one, record, plan, earlier, again)


def _take(one: Candidate, record: _Record, plan: _Sorted, earlier: list[Any], again: list[Any]) -> None:
    """Add an event, undo the revision before it, or bring back what an undone import had brought."""
    area_id = plan.apart.get(one.cells["area_id"], one.cells["area_id"])
    target = record.live(one.cells.get("voids_event_id"))
    if earlier:
        name = again[-1][3] if again else f"{one.event_id}@{one.revision}"
        plan.rows.append(_void(earlier[-1][3], area_id, record.free(f"void:{name}"), why="revision"))
    if again:
        event_id = again[-1][3]
        plan.rows.append(_void(record.undone(event_id)[0], area_id, record.free(f"void:void:{event_id}"), why="import"))
        record.bring_back(event_id)
    else:
        event_id, revision = record.add(one)
        plan.rows.append(_log_row(one, event_id, target, plan)._replace(revision=revision))
    plan.taken += 1


def _bare(revision: str) -> str:
    """Return the revision of the source, without the mark of an event that was brought again after an undone import."""
    return revision.partition(AGAIN)[0]


def natural(text: str) -> list[tuple[int, int, str]]:
    """Return a key that sorts revision 10 after 9."""
    parts = enumerate(re.split(r"([0-9]+)", text))  # each second one is a number
    return [(1, len(part.lstrip("0")), part.lstrip("0")) if i % 2 else (0, 0, part) for i, part in parts if part]


def _kept_apart(log: Log, intake: Intake, source: str) -> dict[str, str]:
    """Return new names for areas that another source recorded first under the same id: they may be other land."""
    cells = [one.cells for one in intake.candidates]
    named = sorted({one[name] for one in cells for name in ("area_id", "parent_id") if name in one})
    first = log.first_sources(named)
    made = re.compile(rf".*~{re.escape(source)}~*", re.DOTALL)  # an own id like a new name gets one, too
    wanted = {area: f"{area}~{source}" for area in named if first.get(area, source) != source or made.fullmatch(area)}
    apart: dict[str, str] = {}
    while wanted:  # the new name may itself be another source's
        apart |= wanted
        first = log.first_sources(sorted(wanted.values()))
        wanted = {area: f"{name}~" for area, name in wanted.items() if first.get(name, source) != source}
    return apart


def _log_row(one: Candidate, event_id: str, target: str | None, plan: _Sorted) -> LogRow:
    apart = {name: plan.apart[area] for name in ("area_id", "parent_id") if (area := one.cells.get(name)) in plan.apart}
    cells = one.cells | apart
    payload = json.dumps(one.payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return LogRow(
        0, event_id, 0, cells["area_id"], cells["event"], cells.get("event_date"), cells.get("date_precision"),
        cells.get("recorded_at"), "", plan.source, one.event_id, one.key, one_id_key(event_id), one.revision, target,
        cells.get("parent_id"), cells.get("reported_area_m2"), cells.get("accuracy_m"), payload, one.content,
        one.geom, one.given,
    )  # fmt: skip


def _void(target: str, area_id: str, event_id: str, *, why: str) -> LogRow:
    """Return a void of the registry's own, which undoes an event, a whole import, or the revision before another."""
    content, key = content_hash({"voids": target}, None), one_id_key(event_id)
    return LogRow(
        0, event_id, 0, area_id, "void", None, None, None, "", OWN, event_id, key, key, "", target,
        None, None, None, json.dumps({"why": why}), content, None, None,
    )  # fmt: skip


def in_force(voids: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Return for each undone event the voids (id, target) that undo it, the first of them first.

    A void that is itself undone undoes nothing; a void stands after what it undoes.
    """
    undone: dict[str, list[str]] = {}
    for event_id, target in reversed(voids):
        if event_id not in undone:
            undone.setdefault(target, []).insert(0, event_id)
    return undone


def undone_in(voids: list[tuple[str, str, str]]) -> dict[str, tuple[str, str]]:
    """Return for each undone event the void that undoes it and why, from all voids (id, target, payload) in order."""
    why = {event_id: str(json.loads(payload).get("why", "source")) for event_id, _, payload in voids}
    undone = in_force([void[:2] for void in voids])
    return {target: (first, why[first]) for target, (first, *_) in undone.items()}


def undone_by(rows: dict[str, LogRow]) -> dict[str, set[int]]:
    """Return for each event the batches of the voids that undo it."""
    undone = in_force([(row.event_id, str(row.voids_event_id)) for row in rows.values() if row.event == "void"])
    return {one: {rows[void].batch_id for void in undone.get(one, ())} for one in rows}


def replaced_by(rows: dict[str, LogRow], wanted: list[str]) -> list[str]:
    """Return the voids by which some revisions undid the ones before them.

    Each stands right before its revision, or before the void of a void by which the registry brought that back.
    """
    again = {row.event_id: rows[str(row.voids_event_id)].voids_event_id for row in rows.values() if row.source == OWN}
    asked = set(wanted)
    numbers = {row.seq - 1 for row in rows.values() if asked & {row.event_id, again.get(row.event_id)}}
    before = [row for row in rows.values() if row.seq in numbers and row.event == "void" and row.source == OWN]
    return [row.event_id for row in before if json.loads(row.payload).get("why") == "revision"]


def plan_voids(rows: dict[str, LogRow], targets: list[str], *, why: str) -> Plan:
    """Return the voids of some events, the last first, each under an id of its own."""
    voids, taken = [], {row.event_key for row in rows.values()}
    for target in targets:
        name = f"void:{target}"
        while one_id_key(name) in taken:
            name += "+"
        taken.add(one_id_key(name))
        voids.append(_void(target, rows[target].area_id, name, why=why))
    return Plan(OWN, voids, row_count=len(voids), content=digest(targets))


def plan_settlement(rows: list[SetAside], reason: str) -> Plan:
    """Return what settles rows that were not taken: each is named by its hash."""
    settled = []
    for one in rows:
        what = {"settles": one.content_sha256}
        settled.append(one._replace(reason_code="settled", reason=reason, payload=json.dumps(what), geom=None,
                                    content_sha256=content_hash(what, None)))  # fmt: skip
    return Plan(OWN, [], not_taken=settled, new_aside=settled, row_count=len(settled))


def append(log: Log, plan: Plan) -> int | None:
    """Number, date and chain the rows of a plan and add them as one batch; None where there is nothing to add."""
    from landrelease import __version__

    if not plan.rows and not plan.new_aside:
        return None
    last = log.last_batch()
    batch_id, seq, before = (1, 0, GENESIS) if last is None else (last.batch_id + 1, last.last_seq, last.last_hash)
    moment = now().isoformat(timespec="microseconds")
    if last is not None:
        moment = max(moment, last.registered_at)
    chained = []
    for row in plan.rows:
        seq += 1
        row = row._replace(seq=seq, batch_id=batch_id, registered_at=moment)
        before = event_hash(before, row)
        chained.append(row._replace(hash=before))
    aside = [one._replace(batch_id=batch_id) for one in plan.new_aside]
    n_conflicts = sum(one.reason_code == "conflict" for one in aside)
    batch = Batch(
        batch_id, moment, plan.actor, __version__, plan.source, plan.area_ids, plan.profile, plan.note,
        extent_hash(log.meta()), plan.content,
        plan.crs, plan.crs_operation, plan.crs_accuracy_m, plan.row_count, len(chained), plan.known_count, n_conflicts,
        len(aside) - n_conflicts, seq, before, aside_hash(aside),
    )  # fmt: skip
    batch = replace(batch, hash=batch_hash(GENESIS if last is None else last.hash, batch))
    log.add(batch, chained, aside)
    return batch_id
