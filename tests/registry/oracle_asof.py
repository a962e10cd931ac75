"""A third reading of a registry: what a clerk would answer of single points, from the records and when they came in.

It knows nothing of landrelease. A story is a list of imports: each has a day of registration and records as plain
dicts (with `revision`, `source` and `voids`), or undoes an event or a whole import. For a day D as known on a day K
each sample point is hazardous, or it is not. `tests/registry/test_store_oracle.py` tells the same story to a
`Registry` and compares; `benchmarks/endurance.py` does so with many more.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

CRS = 6933
X, Y, EXTENT = 1_000_000.0, 100_000.0, 1_000.0
MAKES = ("suspected", "confirmed", "reopened")
RELEASES = ("cancelled", "reduced", "cleared")


@dataclass
class Import:
    """One thing that was done to the registry on a day: records of a source, or an undoing of the registry's own."""

    moment: datetime
    source: str
    records: list[dict[str, Any]] = field(default_factory=list)
    undoes_event: int | None = None
    undoes_import: int | None = None


@dataclass
class Known:
    """One record as it stands in the log: who said it, when it came in, and what it undoes."""

    moment: datetime
    number: int
    record: dict[str, Any]
    in_import: int
    undoes: int | None = None
    why: str = ""


def shape(rng: np.random.Generator) -> Any:
    """A random triangle to octagon somewhere in the extent, large enough to overlap others often."""
    corners = int(rng.integers(3, 9))
    turn = np.sort(rng.uniform(0, 2 * np.pi, corners))
    middle, reach = rng.uniform(0.15, 0.85, 2) * EXTENT, rng.uniform(80, 350)
    hull = shapely.MultiPoint(
        np.column_stack([X + middle[0] + reach * np.cos(turn), Y + middle[1] + reach * np.sin(turn)])
    ).convex_hull
    return hull if hull.area > 2_000 else shapely.box(X + 400, Y + 400, X + 600, Y + 600)


def story(rng: np.random.Generator, n_areas: int = 6, n_imports: int = 9) -> list[Import]:
    """A random life of a registry: records of two offices that come late, in revisions, and are undone again."""
    moment, told = datetime(2012, 1, 1), []
    open_records: list[dict[str, Any]] = []
    known: list[dict[str, Any]] = []
    for area in range(n_areas):
        open_records += _life(rng, f"A{area}")
    open_records = [open_records[i] for i in rng.permutation(len(open_records))]
    share = max(1, len(open_records) // n_imports)
    while open_records or len(told) < n_imports:
        moment += timedelta(days=int(rng.integers(1, 250)), hours=int(rng.integers(0, 24)))
        if told and rng.random() < 0.3:
            told.append(_undoing(rng, moment, told))
            continue
        source = str(rng.choice(["one", "two"]))
        batch = [row for row in open_records[: 2 * share] if row["source"] == source]
        open_records = [row for row in open_records if not any(row is one for one in batch)]
        mine = [row for row in known if row["source"] == source]
        batch += [_revised(rng, mine[rng.integers(len(mine))]) for _ in range(rng.integers(0, 3)) if mine]
        if mine and rng.random() < 0.4:
            batch.append(_void(rng, mine[rng.integers(len(mine))]))
        batch = list({(row["id"], row["revision"]): row for row in batch}.values())
        known += batch
        told.append(Import(moment, source, [batch[i] for i in rng.permutation(len(batch))]))
    return told


def _life(rng: np.random.Generator, area: str) -> list[dict[str, Any]]:
    both = ["one", "two"]
    rows = [_record(rng, area, str(rng.choice(both)), str(rng.choice(["suspected", "confirmed"])), shape(rng))]
    for _ in range(rng.integers(1, 7)):
        kind = str(rng.choice([*MAKES, *RELEASES, *RELEASES, "corrected", "noted", "suspended"]))
        has_shape = rng.random() < {"corrected": 1.0, "noted": 0.5, "suspended": 0.0}.get(kind, 0.65)
        rows.append(_record(rng, area, str(rng.choice(both)), kind, shape(rng) if has_shape else None))
    return rows


def _record(rng: np.random.Generator, area: str, source: str, kind: str, land: Any) -> dict[str, Any]:
    day = date(2008, 1, 1) + timedelta(days=int(rng.integers(0, 3600)))
    precision = str(rng.choice(["day", "day", "day", "month", "year", "unknown"]))
    if kind not in MAKES and kind not in RELEASES:
        precision = "day"
    # nobody can say how a correction stands to what else happened that day: it has a day of its own
    day = day.replace(day=15 if kind == "corrected" else int(rng.choice([3, 9, 27])))
    recorded = day + timedelta(days=int(rng.integers(0, 900))) if rng.random() < 0.5 else None
    return {
        "id": f"{source}-{rng.integers(1_000_000_000):09d}", "source": source, "area": area, "kind": kind,
        "day": None if precision == "unknown" else day, "precision": precision, "recorded": recorded,
        "land": land, "revision": 1, "voids": None,
    }  # fmt: skip


def _revised(rng: np.random.Generator, row: dict[str, Any]) -> dict[str, Any]:
    """The same record said again: with another boundary or day, or withdrawn by its office's own void."""
    new = {**row, "revision": row["revision"] + int(rng.integers(1, 12))}
    if row["kind"] == "void":
        return new
    if row["land"] is not None and rng.random() < 0.7:
        new["land"] = shape(rng)
    if row["day"] is not None and rng.random() < 0.5:
        new["day"] = row["day"].replace(year=row["day"].year + int(rng.integers(-1, 2)))
    return new


def _void(rng: np.random.Generator, row: dict[str, Any]) -> dict[str, Any]:
    made = _record(rng, row["area"], row["source"], "void", None)
    return {**made, "voids": row["id"]}


def _undoing(rng: np.random.Generator, moment: datetime, told: list[Import]) -> Import:
    if rng.random() < 0.5:
        return Import(moment, "registry", undoes_import=int(rng.integers(len(told))))
    return Import(moment, "registry", undoes_event=int(rng.integers(1_000)))


# the reading


def read(told: list[Import]) -> list[Known]:
    """Take in a story as a clerk would: the log of what was said, with the numbers of what each void undoes.

    A record that is known, or older than one that is known, adds nothing. A later revision undoes the one before it.
    An undoing of what is undone already, or of an import that added nothing, does nothing.
    """
    log: list[Known] = []
    for place, one in enumerate(told):
        if one.undoes_import is not None:
            for event in undone_with_import(log, one.undoes_import):
                _undo(log, one.moment, place, event, "import")
            continue
        if one.undoes_event is not None:
            event = undone_event(log, one.undoes_event)
            if event is not None:
                before = log[event - 1] if event and "id" in log[event].record else None
                if before is not None and before.why == "revision" and is_live(log, before):
                    _undo(log, one.moment, place, before.number, "event")  # the revision before stands again
                _undo(log, one.moment, place, event, "event")
            continue
        voids = [row for row in one.records if row["kind"] == "void"]
        others = [row for row in one.records if row["kind"] != "void"]
        for row in sorted(others, key=lambda row: row["revision"]):
            _take(log, one.moment, place, row)
        while voids:
            ready = [row for row in voids if latest(log, row["source"], row["voids"]) is not None]
            if not ready:
                break
            _take(log, one.moment, place, ready[0])
            voids = [row for row in voids if row is not ready[0]]
    return log


def latest(log: list[Known], source: str, record_id: str) -> int | None:
    """The last revision of a record that the log has; an import that was undone brought nothing."""
    found = [one.number for one in said_of(log, source, record_id) if cause(log, one) != "import"]
    return found[-1] if found else None


def said_of(log: list[Known], source: str, record_id: str) -> list[Known]:
    """All that a source said of a record."""
    return [one for one in log if one.record.get("id") == record_id and one.record.get("source") == source]


def cause(log: list[Known], one: Known) -> str:
    """Why a record is undone: with its import, by its own number, by a later revision, or by its source; else ""."""
    return next((void.why for void in log[one.number + 1 :] if void.undoes == one.number and is_live(log, void)), "")


def undone_with_import(log: list[Known], place: int) -> list[int]:
    """What is undone with an import, the last first: all of it that nothing else undid before."""
    theirs = {void.undoes for void in log if void.in_import != place and is_live(log, void)}
    return [one.number for one in reversed(log) if one.in_import == place and one.number not in theirs]


def undone_event(log: list[Known], draw: int) -> int | None:
    """The event that a draw undoes: one that is not undone."""
    live = [one.number for one in log if is_live(log, one)]
    return live[draw % len(live)] if live else None


def is_live(log: list[Known], one: Known) -> bool:
    """Whether nothing that is itself in force undoes it."""
    return not any(is_live(log, void) for void in log[one.number + 1 :] if void.undoes == one.number)


def _add(log: list[Known], moment: datetime, place: int, record: dict[str, Any], undoes: int | None, why: str) -> None:
    log.append(Known(moment, len(log), record, place, undoes, why))


def _undo(log: list[Known], moment: datetime, place: int, event: int, why: str) -> None:
    _add(log, moment, place, {"kind": "void", "area": log[event].record["area"]}, event, why)


def _take(log: list[Known], moment: datetime, place: int, row: dict[str, Any]) -> None:
    said = said_of(log, row["source"], row["id"])
    before = latest(log, row["source"], row["id"])
    if before is not None and log[before].record["revision"] >= row["revision"]:
        return
    target = None if row["voids"] is None else latest(log, row["source"], row["voids"])
    if before is not None:
        _undo(log, moment, place, before, "revision")
    again = [one for one in said if one.record == row and cause(log, one) == "import"]
    if again:  # an import that was undone brought it: undo that
        number = again[-1].number
        void = next(one for one in log[number + 1 :] if one.undoes == number and is_live(log, one))
        _undo(log, moment, place, void.number, "import")
    else:
        _add(log, moment, place, row, target, "source")


def hazardous(told: list[Import], points: Any, day: date, known_on: date | None = None) -> dict[str, Any]:
    """For each area that was ever hazardous: which points it holds hazardous at the end of a day, as known on another.

    A release takes what it covers from its own area, all of it where it has no boundary; a hazard adds what it
    covers; a correction says what there is; a hazard without a boundary on an area that was released brings back
    what the area was last, a reopening also where a part was. What a reopening says stands against a release that can
    have been the earlier one.
    """
    log = read(told)
    if known_on is not None:
        log = [one for one in log if one.moment.date() <= known_on]  # numbers still count from 0 without a gap
    acts = []
    for one in log:
        if one.record["kind"] != "void" and is_live(log, one):
            since = effective(one)
            if since is not None and since <= day:
                acts.append((since, one))
    rank = {**dict.fromkeys((*MAKES, "corrected"), 0), **dict.fromkeys(RELEASES, 1)}
    acts.sort(key=lambda act: (act[0], rank.get(act[1].record["kind"], 3), act[1].record["id"]))
    held: dict[str, Any] = {}
    last: dict[str, Any] = {}
    ever = {one.record["area"] for _, one in acts
            if one.record["kind"] in (*MAKES, "corrected") and one.record["land"] is not None}  # fmt: skip
    nothing = np.zeros(len(points), bool)
    reopened: dict[str, list[tuple[date, Any]]] = {}
    for _, one in acts:
        area, kind, land = one.record["area"], one.record["kind"], one.record["land"]
        inside = None if land is None else shapely.covers(land, points)
        now = held.get(area, nothing)
        if kind == "reopened":
            reopened.setdefault(area, []).append((period(one)[1], inside))
        if kind in MAKES:
            is_back = kind == "reopened" or not now.any()
            now = now | inside if inside is not None else last.get(area, nothing) if is_back else now
        elif kind == "corrected" and inside is not None:
            now = inside
        elif kind in RELEASES:
            gone = ~nothing if inside is None else inside
            for until, again in reopened.get(area, []):
                if until >= period(one)[0]:
                    gone = nothing if again is None else gone & ~again
            now = now & ~gone
        if kind in (*MAKES, "corrected") and now.any():
            last[area] = now
        held[area] = now
    return {area: points_of for area, points_of in held.items() if area in ever}


def period(one: Known) -> tuple[date, date]:
    """The first and the last day on which something can have happened."""
    day, precision = one.record["day"], one.record["precision"]
    if day is None:
        return date.min, date.max
    if precision == "year":
        return date(day.year, 1, 1), date(day.year, 12, 31)
    if precision == "month":
        return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return day, day


def effective(one: Known) -> date | None:
    """The day from which a record counts: hazards from the first day they can mean, all else from the last."""
    row, makes = one.record, one.record["kind"] in MAKES
    if row["day"] is None:
        return date.min if makes else (row["recorded"] or one.moment.date())
    if row["precision"] == "year":
        return date(row["day"].year, 1, 1) if makes else date(row["day"].year, 12, 31)
    if row["precision"] == "month":
        last = calendar.monthrange(row["day"].year, row["day"].month)[1]
        return row["day"].replace(day=1 if makes else last)
    return row["day"]


# telling it


def frame(records: list[dict[str, Any]], crs: Any = CRS) -> gpd.GeoDataFrame:
    """The records of an import as the table of events that a registry reads."""
    table = pd.DataFrame(
        {
            "event_id": [row["id"] for row in records], "area_id": [row["area"] for row in records],
            "event": [row["kind"] for row in records], "event_date": pd.to_datetime([row["day"] for row in records]),
            "date_precision": [row["precision"] for row in records],
            "recorded_at": pd.to_datetime([row["recorded"] for row in records]),
            "revision": [str(row["revision"]) for row in records],
            "voids_event_id": pd.Series([row["voids"] for row in records], dtype="str"),
        }
    )  # fmt: skip
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries([row["land"] for row in records], crs=CRS).to_crs(crs))


def tell(told: list[Import], registry: Any, set_clock: Any) -> None:
    """Do to a registry what the story says; `set_clock` is given each moment as text."""
    log: list[Known] = []
    ids: dict[int, str] = {}
    batch_of: dict[int, int] = {}
    for place, one in enumerate(told):
        set_clock(one.moment.isoformat())
        before, log = len(log), read(told[: place + 1])
        if one.undoes_import is not None:
            if len(log) > before:
                registry.void(batch_id=batch_of[one.undoes_import], reason="story")
        elif one.undoes_event is not None:
            if len(log) > before:
                registry.void(ids[log[-1].undoes or 0], reason="story")
        else:
            registry.import_events(frame(one.records), source=one.source, area_ids="shared")
        events = registry.events()["event_id"].tolist()
        if len(events) != len(log):
            raise AssertionError(f"import {place}: {len(events)} events, and {len(log)} are due")
        ids.update(enumerate(events))
        if len(events) > before:
            batch_of[place] = int(registry.batches()["batch_id"].iloc[-1])


def scattered(rng: np.random.Generator, count: int, told: list[Import]) -> Any:
    """Random points that are not within 0.2 m of any border."""
    points = shapely.points(X + rng.uniform(-50, EXTENT + 50, count), Y + rng.uniform(-50, EXTENT + 50, count))
    lands = [row["land"] for one in told for row in one.records if row["land"] is not None]
    tree = shapely.STRtree(shapely.boundary(lands))
    near = np.unique(tree.query(points, predicate="dwithin", distance=0.2)[0])
    return np.delete(points, near)


def wrong_points(told: list[Import], events: Any, status_on: Any, points: Any, day: date, known_on: date) -> int:
    """Count the points on which a registry's answer and the third reading differ, over all areas."""
    found = status_on(events, day.isoformat(), known_on=known_on.isoformat())
    at = gpd.GeoSeries(points, crs=CRS).to_crs(found.crs).to_numpy()
    states = dict(zip(found["area_id"], found.geometry, strict=True))
    expected = hazardous(told, points, day, known_on)
    wrong = 0
    for area in set(states) | set(expected):
        land = states.get(area)
        answer = np.zeros(len(points), bool) if land is None else shapely.covers(land, at)
        wrong += int((answer != expected.get(area, np.zeros(len(points), bool))).sum())
    return wrong
