"""The invariants of a registry: what must hold of the log, and what is odd in what it says."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.checks import id_key
from landrelease.geometry import has_finite_coordinates, planar_area, plane_polygons
from landrelease.registry.balance import land_balance
from landrelease.registry.fold import Fold, fold
from landrelease.registry.land import EMPTY, GRID_M, union
from landrelease.registry.store.chain import (
    GENESIS,
    Batch,
    LogRow,
    SetAside,
    aside_by_batch,
    aside_hash,
    batch_hash,
    event_hash,
    extent_hash,
)
from landrelease.registry.store.frames import events_frame
from landrelease.registry.store.log import Log
from landrelease.tables import HAZARD_EVENTS, RELEASE_EVENTS

__all__ = ["INVARIANTS", "broken_batches", "broken_links", "verify_all"]

INVARIANTS = {
    "I1": "events are numbered without a gap, and each carries the hash of all before it",
    "I2": "an event of a source and revision stands once",
    "I3": "shapes are finite, flat, valid, and within the extent",
    "I4": "a release lies on land that its area holds hazardous",
    "I6": "all that the account books adds up to the hazardous land of the map",
    "I7": "a void undoes an earlier event",
    "I8": "what is registered later is dated later",
    "I9": "nothing happened in the future, and no release before its hazard",
    "I11": "no accident happened on land after its release",
    "I12": "ids that look the same are the same",
}
"""What `Registry.verify` checks."""
_ACCOUNT_M2 = 0.01
Finding = tuple[str, bool, str, str]


def broken_links(rows: list[LogRow], before: str, *, first: int) -> list[str]:
    """Say where the chain of events is broken: a gap in the numbers, or a hash that does not fit."""
    said = []
    for number, row in enumerate(rows, first):
        if row.seq != number:
            said.append(f"event {number} is missing")
            break
        if row.hash != event_hash(before, row):
            said.append(f"event {number} ('{row.event_id}') is not as it was added")
            break
        before = row.hash
    return said


def broken_batches(batches: list[Batch], extent: str) -> list[str]:
    """Say where the chain of batches is broken."""
    before = GENESIS
    for number, batch in enumerate(batches, 1):
        if batch.batch_id != number or batch.hash != batch_hash(before, batch):
            return [f"batch {number} is not as it was added"]
        before = batch.hash
    if batches and batches[-1].extent_sha256 != extent:
        return ["the extent is not the one that the batches were added with"]
    return []


def verify_all(log: Log, extent: Any) -> pd.DataFrame:
    """Return every finding on the log and on what it says."""
    with log.reading():
        foreign = log.foreign_parts()
        rows, batches, aside = ([], [], []) if foreign else (log.events(), log.batches(), log.set_aside())
        meta = log.meta()
    broken = (
        foreign
        + broken_links(rows, GENESIS, first=1)
        + broken_batches(batches, extent_hash(meta))
        + _batches(batches, rows, aside)
    )
    found: list[Finding] = [("I1", True, "", one) for one in broken] + _rows(rows)
    if not found:
        events = events_frame(rows)
        found += _shapes(events, extent)
    if not any(is_broken for _, is_broken, _, _ in found):
        last = events["event_date"].max()
        end = pd.Timestamp(max(pd.Timestamp.now().year, 0 if pd.isna(last) else last.year), 12, 31)
        folded = fold(events, end)
        for check in (_releases, _account, _accidents):
            found += check(folded)
        found += _times(events) + _alike(events)
    return pd.DataFrame(found, columns=["invariant", "is_broken", "event_id", "message"]).astype({"is_broken": bool})


def _batches(batches: list[Batch], rows: list[LogRow], aside: list[SetAside]) -> list[str]:
    said: list[str] = []
    end, moment = 0, ""
    by_batch = aside_by_batch(aside)
    for batch in batches:
        name = f"batch {batch.batch_id}"
        mine = [row for row in rows[end : batch.last_seq] if row.batch_id == batch.batch_id]
        not_taken = by_batch[batch.batch_id]
        if len(mine) != batch.event_count or batch.last_seq != end + len(mine):
            said.append(f"{name} says {batch.event_count} events, and has {len(mine)}")
        elif mine and mine[-1].hash != batch.last_hash:
            said.append(f"{name} ends with another event than it was added with")
        elif aside_hash(not_taken) != batch.set_aside_sha256:
            said.append(f"rows in quarantine or in conflict of {name} are not as they were added")
        if batch.registered_at < moment:
            said.append(f"{name} is dated before the one that it follows")
        end, moment = batch.last_seq, batch.registered_at
    if len(rows) > end:
        said.append(f"{len(rows) - end} events belong to no batch")
    if len(aside) != sum(batch.conflict_count + batch.quarantined_count for batch in batches):
        said.append("rows in quarantine or in conflict belong to no batch")
    return said


def _rows(rows: list[LogRow]) -> list[Finding]:
    found: list[Finding] = []
    seen: set[str] = set()
    keys: set[str] = set()
    known: set[tuple[str, str, str]] = set()
    moment = ""
    for row in rows:
        key = (row.source, row.source_event_id, row.revision)
        if key in known or row.event_key in keys:
            found.append(("I2", True, row.event_id, "stands twice"))
        if row.event == "void" and row.voids_event_id not in seen:
            found.append(("I7", True, row.event_id, f"voids '{row.voids_event_id}', which is no earlier event"))
        if row.registered_at < moment:
            found.append(("I8", True, row.event_id, "is registered before the event that it follows"))
        seen.add(row.event_id)
        keys.add(row.event_key)
        known.add(key)
        moment = row.registered_at
    return found


def _shapes(events: gpd.GeoDataFrame, extent: Any) -> list[Finding]:
    shapes, ids = events.geometry.to_numpy(), events["event_id"].to_numpy()
    known = ~shapely.is_missing(shapes)
    wrong = known & (~has_finite_coordinates(shapes) | ~shapely.is_valid(shapes) | shapely.has_z(shapes))
    found = [("I3", True, one, "has a shape that is not finite, flat and valid") for one in ids[wrong]]
    if extent is not None:
        shapely.prepare(extent)
        partly = known & ~wrong
        partly[partly] = ~shapely.covers(extent, shapes[partly])
        found += [("I3", False, one, "lies partly outside the extent") for one in ids[partly]]
    return found


def _releases(folded: Fold) -> list[Finding]:
    ids = folded.events["event_id"].to_numpy()
    kinds = folded.events["event"].isin(RELEASE_EVENTS).to_numpy() & ~shapely.is_missing(folded.touched)
    found = [("I4", False, one, "releases land of an area that no record made hazardous")
             for one in ids[kinds & folded.is_unheld]]  # fmt: skip
    rows = np.flatnonzero(kinds & ~folded.is_unheld)
    given = plane_polygons(folded.events.iloc[rows], folded.plane)
    held = np.where(shapely.is_missing(folded.before[rows]), EMPTY, folded.before[rows])
    excess = planar_area(shapely.difference(given, held, grid_size=GRID_M))
    return found + [("I4", False, ids[rows[i]], f"{excess[i]:,.0f} m2 of it were not hazardous land of its area")
                    for i in np.flatnonzero(excess >= 1)]  # fmt: skip


def _account(folded: Fold) -> list[Finding]:
    """Hold what the account says against the land of the map: two ways to the same figure."""
    if folded.until is None or not len(folded.events):
        return []
    account = land_balance(folded, start=folded.until, end=folded.until)
    booked, drawn = account["closing_m2"].sum(), _drawn_m2(folded)
    gap = booked - drawn
    allowed = _ACCOUNT_M2 * max(1.0, len(folded.events) / 100_000)
    return [("I6", True, "", f"the account ends {gap:,.3f} m2 from the map")] if abs(gap) > allowed else []


def _drawn_m2(folded: Fold) -> float:
    """Return the area of the union of all hazardous land, group by group of areas that ever overlap. [m2]"""
    group = _groups_of(folded.neighbours)
    land = folded.final()
    order = np.argsort(group)
    each = np.split(order, np.flatnonzero(np.diff(group[order])) + 1) if len(order) else []
    return float(sum(union(land[several]).area for several in each))


def _groups_of(neighbours: list[list[int]]) -> np.ndarray[Any, Any]:
    """Return for each area the number of its group: areas that ever share land, directly or through others."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    left = np.repeat(np.arange(len(neighbours)), [len(several) for several in neighbours])
    right = np.array([one for several in neighbours for one in several], dtype=int)
    graph = coo_array((np.ones(len(left)), (left, right)), shape=(len(neighbours),) * 2)
    return np.asarray(connected_components(graph)[1])


def _accidents(folded: Fold) -> list[Finding]:
    events = folded.events
    placed = ~shapely.is_missing(events.geometry.to_numpy())
    points = events[events["event"].eq("accident") & placed & events["is_dated"]]
    kinds = events["event"].isin(RELEASE_EVENTS).to_numpy()
    released = np.flatnonzero(kinds & ~shapely.is_missing(folded.touched) & ~shapely.is_empty(folded.touched))
    tree = shapely.STRtree(folded.back(folded.touched[released]))
    at, over = tree.query(points.geometry.to_numpy(), predicate="intersects")
    after = points["effective"].to_numpy()[at] > events["effective"].to_numpy()[released[over]]
    names = points["event_id"].to_numpy()[at[after]], events["event_id"].to_numpy()[released[over[after]]]
    return [
        ("I11", False, one, f"an accident on land released before by '{two}'") for one, two in zip(*names, strict=True)
    ]


def _times(events: gpd.GeoDataFrame) -> list[Finding]:
    day, known = events["event_date"], events["registered_at"]
    ids = events["event_id"]
    found = [("I9", False, one, "is dated after the day on which it was registered")
             for one in ids[day.dt.normalize() > known.dt.normalize() + pd.Timedelta(days=1)]]  # fmt: skip
    first = day.where(events["event"].isin(HAZARD_EVENTS)).groupby(events["area_id"]).transform("min")
    early = events["event"].isin(RELEASE_EVENTS) & (day < first) & ~events["date_precision"].isin(["year", "month"])
    return found + [("I9", False, one, "releases land before its area was recorded") for one in ids[early]]


def _alike(events: gpd.GeoDataFrame) -> list[Finding]:
    areas = events["area_id"].drop_duplicates()
    same = areas[id_key(areas).duplicated(keep=False)]
    rows = events[events["area_id"].isin(same)].drop_duplicates("area_id")
    return [("I12", False, one, f"area '{area}' has an id that looks like another's")
            for one, area in zip(rows["event_id"], rows["area_id"], strict=True)]  # fmt: skip
