"""What the log hashes: one canonical text of an event or a batch, chained to the one before.

SHA-256 over the row as JSON and the shapes as little-endian WKB. A chain finds what was changed, left out or put in
by another hand; it can not stop the owner of the file from writing all of it anew, so products print the head.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass, fields
from hashlib import sha256
from typing import Any, NamedTuple

__all__ = ["AGAIN", "GENESIS", "Batch", "LogRow", "SetAside", "aside_by_batch", "aside_hash", "batch_hash",
           "content_hash", "digest", "event_hash", "extent_hash"]  # fmt: skip

AGAIN = "\x1eagain"
"""Parts a revision from the number by which it was brought again after its import was undone."""
GENESIS = "0" * 64
"""What stands before the first event and the first batch."""


class LogRow(NamedTuple):
    """One event as the log keeps it; `payload` holds the other columns of the table `events` as JSON."""

    seq: int
    event_id: str
    batch_id: int
    area_id: str
    event: str
    event_date: str | None
    date_precision: str | None
    recorded_at: str | None
    registered_at: str
    source: str
    source_event_id: str
    id_key: str
    event_key: str
    revision: str
    voids_event_id: str | None
    parent_id: str | None
    reported_area_m2: float | None
    accuracy_m: float | None
    payload: str
    content_sha256: str
    geom: bytes | None
    given: bytes | None
    hash: str = ""


class SetAside(NamedTuple):
    """One row that was not taken: in quarantine, or in conflict with an event on record."""

    batch_id: int
    source: str
    row: int
    source_event_id: str | None
    revision: str | None
    area_id: str | None
    event: str | None
    reason_code: str
    reason: str
    payload: str
    content_sha256: str
    geom: bytes | None


@dataclass(frozen=True)
class Batch:
    """One import: whose, from where, and what became of its rows."""

    batch_id: int
    registered_at: str
    actor: str
    tool_version: str
    source: str
    area_ids: str
    profile: str
    note: str
    extent_sha256: str
    content_sha256: str
    crs: str
    crs_operation: str
    crs_accuracy_m: float | None
    row_count: int
    event_count: int
    known_count: int
    conflict_count: int
    quarantined_count: int
    last_seq: int
    last_hash: str
    set_aside_sha256: str
    hash: str = ""

    @classmethod
    def names(cls) -> list[str]:
        """Names of the columns in their order."""
        return [field.name for field in fields(cls)]


def _canonical(values: Sequence[Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()


def event_hash(before: str, row: LogRow) -> str:
    """Return the hash of an event, chained to that of the event before it."""
    digest = sha256(before.encode())
    digest.update(_canonical(row[:-3]))
    for shape in (row.geom, row.given):
        digest.update(b"\0" if shape is None else len(shape).to_bytes(8, "little") + shape)
    return digest.hexdigest()


def batch_hash(before: str, batch: Batch) -> str:
    """Return the hash of a batch, chained to that of the batch before it."""
    return sha256(before.encode() + _canonical(astuple(batch)[:-1])).hexdigest()


def content_hash(content: dict[str, Any], shape: bytes | None) -> str:
    """Return the hash of what a source says of an event: two rows that say the same have the same."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode() + b"\0" + (shape or b"")).hexdigest()


def digest(parts: Iterable[str | bytes]) -> str:
    """Return one hash of several texts, in their order."""
    total = sha256()
    for part in parts:
        text = part.encode() if isinstance(part, str) else part
        total.update(len(text).to_bytes(8, "little") + text)
    return total.hexdigest()


def extent_hash(meta: dict[str, str]) -> str:
    """Return the hash of the extent that a registry was made with; empty where it has none."""
    return digest([meta["extent"]]) if "extent" in meta else ""


def aside_hash(rows: list[SetAside]) -> str:
    """Return the hash of the rows of a batch that were not taken."""
    texts = [json.dumps(row[:-1], ensure_ascii=False).encode() + b"\0" + (row.geom or b"") for row in rows]
    return digest(texts)


def aside_by_batch(rows: Iterable[SetAside]) -> dict[int, list[SetAside]]:
    """Return the rows that were not taken by the batch that brought them; none for any other."""
    by_batch: dict[int, list[SetAside]] = defaultdict(list)
    for row in rows:
        by_batch[row.batch_id].append(row)
    return by_batch
