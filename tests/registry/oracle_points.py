"""A second reading of the records: events replayed at single points, without an overlay and without landrelease.

Land is a vector of yes and no, one for each sample point. On a grid of points every count is an exact area, so that
statuses, releases and whole accounts can be worked out by counting.
"""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

CRS = 6933  # equal-area: a rectangle of x by y metres has x times y m2
X, Y = 1_000_000.0, 100_000.0  # close to the equator, where parallels are straight in every plane
MAKES = ("suspected", "confirmed", "reopened")
RELEASES = ("cancelled", "reduced", "cleared")
_ORDER = {**dict.fromkeys((*MAKES, "corrected"), 0), **dict.fromkeys(RELEASES, 1), "split": 2, "merged": 2}


def rect(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    """A rectangle in metres from the origin of the tests."""
    return shapely.box(X + x0, Y + y0, X + x1, Y + y1)


def event(event_id: str, area_id: str, kind: str, day: str | None = None, geometry: Any = None, **more: Any) -> dict:
    """One event as a plain dict."""
    return {"event_id": event_id, "area_id": area_id, "event": kind, "event_date": day, "geometry": geometry, **more}


def as_frame(rows: list[dict], crs: Any = CRS) -> gpd.GeoDataFrame:
    """The dicts as a table of events."""
    table = pd.DataFrame([{name: value for name, value in row.items() if name != "geometry"} for row in rows])
    for name in ("event_date", "recorded_at"):
        if name in table:
            table[name] = pd.to_datetime(table[name], format="ISO8601")
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries([row["geometry"] for row in rows], crs=CRS).to_crs(crs))


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text[:10])


def effective(row: dict) -> tuple[date | None, bool]:
    """The day from which an event counts, and whether it is dated: hazards early, all else late."""
    day, precision, makes = _day(row["event_date"]), row.get("date_precision"), row["event"] in MAKES
    if day is None:
        return (date.min if makes else _day(row.get("recorded_at"))), False
    if precision == "year":
        return (date(day.year, 1, 1) if makes else date(day.year, 12, 31)), True
    if precision == "month":
        last = calendar.monthrange(day.year, day.month)[1]
        return day.replace(day=1 if makes else last), True
    return day, True


def period(row: dict) -> tuple[date, date]:
    """The first and the last day on which an event can have happened."""
    day, precision = _day(row["event_date"]), row.get("date_precision")
    if day is None:
        return date.min, date.max
    if precision == "year":
        return date(day.year, 1, 1), date(day.year, 12, 31)
    if precision == "month":
        return day.replace(day=1), day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return day, day


def heirs_of(rows: list[dict]) -> dict[str, set[str]]:
    """The areas that each area goes on as: children name it, and a split or a merger names the other."""
    heirs: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        parent = row.get("parent_id")
        if parent is not None and row["event"] in ("split", "merged"):
            heirs[row["area_id"]].add(parent)
        elif parent is not None:
            heirs[parent].add(row["area_id"])
    return heirs


def counted(rows: list[dict], until: date | None) -> list[dict]:
    """The events that count, in their order, with `day` and `dated`."""
    voids = [row for row in rows if row["event"] == "void"]

    def is_undone(event_id: str) -> bool:
        return any(row["voids_event_id"] == event_id and not is_undone(row["event_id"]) for row in voids)

    kept = []
    for row in rows:
        day, dated = effective(row)
        counts = row["event"] != "void" and day is not None and (until is None or day <= until)
        if counts and not is_undone(row["event_id"]):
            kept.append({**row, "day": day, "dated": dated})
    return sorted(kept, key=lambda row: (row["day"], _ORDER.get(row["event"], 3), row["event_id"]))


@dataclass
class Step:
    """One event, its area's land before and after, and the land of all areas after it."""

    row: dict
    before: np.ndarray
    after: np.ndarray
    states: dict[str, np.ndarray]


def replay(rows: list[dict], points: np.ndarray, until: date | None = None) -> Iterator[Step]:
    """Apply the events one after the other, at the points only."""
    states: dict[str, np.ndarray] = {}
    whole: dict[str, np.ndarray] = {}
    nothing = np.zeros(len(points), bool)
    reopened: dict[str, list[tuple[date, np.ndarray | None]]] = defaultdict(list)
    all_counted = counted(rows, until)
    heirs = heirs_of(all_counted)
    for row in all_counted:
        one, kind, shape = row["area_id"], row["event"], row["geometry"]
        before = states.get(one, nothing)
        inside = None if shape is None else shapely.covers(shape, points)
        after = before
        if kind == "reopened":
            reopened[one].append((period(row)[1], inside))
        if kind in MAKES:
            again = kind == "reopened" or not before.any()
            after = before | inside if inside is not None else whole.get(one, nothing) if again else before
            whole[one] = after
        elif kind == "corrected" and inside is not None:
            after = whole[one] = inside
        elif kind in RELEASES:
            gone = inside if inside is not None else ~nothing
            for last, again in reopened[one]:  # what may have been reopened afterwards is not released
                if last >= period(row)[0]:
                    gone = gone & ~again if again is not None else nothing
            after = before & ~gone
        elif kind in ("split", "merged"):
            others = [state for other, state in states.items() if other != one and other in heirs[one]]
            held = np.logical_or.reduce(others) if others else nothing
            after, whole[one] = before & ~held, whole.get(one, nothing) & ~held
        states = {**states, one: after}
        yield Step(row, before, after, states)


def hazardous(rows: list[dict], points: np.ndarray, until: date) -> dict[str, np.ndarray]:
    """Which points each area holds hazardous at the end of a day."""
    states: dict[str, np.ndarray] = {}
    for step in replay(rows, points, until):
        states = step.states
    return states


def released(rows: list[dict], points: np.ndarray, until: date | None = None) -> dict[str, np.ndarray]:
    """Which points each release released for good: nobody holds them from then on.

    An area that no record made hazardous released what its releases say, each point by the last that covers it.
    """
    steps = list(replay(rows, points, until))
    held_ever = {
        step.row["area_id"]
        for step in steps
        if step.row["event"] in (*MAKES, "corrected") and step.row["geometry"] is not None
    }
    net = {}
    for i, step in enumerate(steps):
        if step.row["event"] in RELEASES:
            held = np.logical_or.reduce([state for later in steps[i:] for state in later.states.values()])
            shape = step.row["geometry"]
            if step.row["area_id"] not in held_ever and shape is not None:
                net[step.row["event_id"]] = shapely.covers(shape, points) & ~held
            else:
                net[step.row["event_id"]] = step.before & ~step.after & ~held
    bare = [step.row for step in steps if step.row["event"] in RELEASES and step.row["area_id"] not in held_ever]
    order = [step.row["event_id"] for step in steps]
    for later in bare:
        for earlier in net:
            if later["geometry"] is not None and order.index(earlier) < order.index(later["event_id"]):
                net[earlier] = net[earlier] & ~shapely.covers(later["geometry"], points)
    return net


FLOWS = ("newly_recorded", "confirmed", "adjusted", "cancelled", "reduced", "cleared", "undated")


def _labels(row: dict, said: dict, by: tuple[str, ...]) -> tuple:
    for name in by:
        value = row.get(name)
        if name == "hazard_class" and row["event"] in MAKES and value is None:
            value = "CHA" if row["event"] == "confirmed" else "SHA"
        if value is not None and (name != "hazard_class" or row["event"] in MAKES):
            said[name] = value
    return tuple(said.get(name) for name in by)


def account(
    rows: list[dict], points: np.ndarray, start: date, end: date, by: tuple[str, ...] = ()
) -> dict[tuple, dict[str, int]]:
    """The account as counts of points, by group and year; land of several areas is that of the first recorded."""
    owner = np.full(len(points), "", dtype=object)
    order: list[str] = []
    said: dict[str, dict] = defaultdict(dict)
    group: dict[str, tuple] = {}
    undated: set[str] = set()
    books: dict[tuple, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    years = {year: (max(start, date(year, 1, 1)), min(end, date(year, 12, 31)))
             for year in range(start.year, end.year + 1)}  # fmt: skip

    def stock(name: str, year: int) -> None:
        for one in order:
            n = int((owner == one).sum())
            if n:
                books[(*group[one], year)][name] += n
                if name == "closing" and one in undated:
                    books[(*group[one], year)]["closing_undated"] += n

    def book(day: date, label: tuple, flow: str, n: int) -> None:
        if n and start <= day <= end:
            books[(*label, day.year)][flow] += n

    steps = list(replay(rows, points, end))
    for year, (first, _) in years.items():
        # everything up to the eve of the year is the opening
        if year == start.year:
            before_first = [step for step in steps if step.row["day"] < first]
            _roll(before_first, owner, order, said, group, undated, by, lambda *_: None)
        stock("opening", year)
        during = [step for step in steps if years[year][0] <= step.row["day"] <= years[year][1]]
        _roll(during, owner, order, said, group, undated, by, book)
        stock("closing", year)
    return {key: dict(values) for key, values in books.items()}


def _roll(steps, owner, order, said, group, undated, by, book) -> None:
    for step in steps:
        row, one, day = step.row, step.row["area_id"], step.row["day"]
        if one not in order:
            order.append(one)
        if row["event"] in MAKES and not row["dated"]:
            undated.add(one)
        was, now = group.get(one), _labels(row, said[one], by)
        group[one] = now
        if was is not None and was != now:
            held = int((owner == one).sum())
            changed = "hazard_class" in by and was[by.index("hazard_class")] != now[by.index("hazard_class")]
            flow = "confirmed" if changed else "adjusted"
            book(day, was, flow, -held)
            book(day, now, flow, held)
        old = owner.copy()
        owner[:] = ""
        for area in reversed([area for area in order if area in step.states]):
            owner[step.states[area]] = area
        kind = row["event"]
        flow = kind if kind in RELEASES else "newly_recorded" if kind in MAKES else "adjusted"
        flow = flow if row["dated"] else "undated"
        sign = -1 if flow in RELEASES else 1
        book(day, now, flow, sign * int(((old == "") & (owner != "")).sum()))
        book(day, now, flow, -sign * int(((old != "") & (owner == "")).sum()))
        passed = (old != "") & (owner != "") & (old != owner)
        for giver, taker in set(zip(old[passed], owner[passed], strict=True)):
            n = int((passed & (old == giver) & (owner == taker)).sum())
            book(day, group[giver], "adjusted", -n)
            book(day, group[taker], "adjusted", n)


def grid(size: int, step: float) -> np.ndarray:
    """The centres of the cells of a square grid."""
    at = (np.arange(size) + 0.5) * step
    x, y = np.meshgrid(X + at, Y + at)
    return shapely.points(x.ravel(), y.ravel())


def scattered(rng: np.random.Generator, n: int, extent: float, rows: list[dict]) -> np.ndarray:
    """Random points that are not within 0.2 m of any border."""
    points = shapely.points(X + rng.uniform(0, extent, n), Y + rng.uniform(0, extent, n))
    borders = shapely.union_all([shapely.boundary(row["geometry"]) for row in rows if row["geometry"] is not None])
    return points[shapely.distance(points, borders) > 0.2]


def grid_shape(rng: np.random.Generator, size: int, step: float) -> shapely.Polygon:
    """A random rectangle on the lines of the grid."""
    x0, y0 = rng.integers(0, size - 3, 2)
    width, height = rng.integers(2, size // 2 + 1, 2)
    return rect(x0 * step, y0 * step, min(x0 + width, size) * step, min(y0 + height, size) * step)


def wild_shape(rng: np.random.Generator, size: int, step: float) -> shapely.Geometry:
    """A random star, sometimes with a hole or a second part."""

    def star(middle: np.ndarray, reach: float, corners: int) -> shapely.Polygon:
        turn = np.sort(rng.uniform(0, 2 * np.pi, corners))
        far = reach * rng.uniform(0.4, 1, corners)
        return shapely.make_valid(
            shapely.Polygon(np.column_stack([X + middle[0] + far * np.cos(turn), Y + middle[1] + far * np.sin(turn)]))
        )

    extent = size * step
    middle = rng.uniform(0.2 * extent, 0.8 * extent, 2)
    shape = star(middle, 0.3 * extent, int(rng.integers(5, 14)))
    if rng.random() < 0.3:
        shape = shape.difference(star(middle, 0.08 * extent, 5))
    if rng.random() < 0.3:
        shape = shape.union(star(rng.uniform(0.1 * extent, 0.9 * extent, 2), 0.1 * extent, 6))
    return shape


def registry(rng: np.random.Generator, shape: Any, size: int, step: float, n_areas: int = 5) -> list[dict]:
    """A random registry with events of every kind, all of them within 2010 to 2017, in random order.

    Corrections are on the 15th of a month and splits and mergers on the 20th: days that no other event has, since
    the records do not say how those stand to others within a day.
    """
    rows: list[dict] = []

    def day() -> str:
        return f"{rng.integers(2010, 2018)}-{rng.integers(1, 13):02d}-{rng.choice([1, 10, 28]):02d}"

    def add(area: str, kind: str, geometry: Any = None, **more: Any) -> None:
        row = event(f"E{rng.integers(1_000_000_000):09d}", area, kind, day(), geometry, **more)
        row["admin_code"] = f"P{int(area[1:]) % 2}"
        row["operator"] = str(rng.choice(["one", "two"])) if rng.random() < 0.6 else None
        precision = rng.choice(["day", "day", "day", "month", "year", "unknown"])
        if kind in MAKES or kind in RELEASES:
            row["date_precision"] = str(precision)
            if precision == "unknown":
                row["event_date"] = None
                row["recorded_at"] = f"{rng.integers(2011, 2018)}-06-10" if rng.random() < 0.8 else None
        else:
            if kind in ("corrected", "split", "merged"):
                row["event_date"] = row["event_date"][:8] + ("15" if kind == "corrected" else "20")
        rows.append(row)

    def maybe(share: float) -> Any:
        return shape(rng, size, step) if rng.random() < share else None

    for i in range(n_areas):
        area = f"A{i}"
        add(area, str(rng.choice(["suspected", "confirmed"])), shape(rng, size, step))
        for _ in range(rng.integers(1, 6)):
            kind = str(
                rng.choice(
                    [*MAKES, *RELEASES, *RELEASES, "corrected", "split", "merged", "suspended", "handed_over", "noted"]
                )
            )
            share = {"corrected": 0.9, "noted": 0.5}.get(kind, 0.6 if kind in (*MAKES, *RELEASES) else 0)
            parent = f"A{rng.integers(n_areas)}" if kind in ("reopened", "merged") else None
            add(area, kind, maybe(share), parent_id=parent)
    for _ in range(rng.integers(0, 4)):  # voids, and voids of voids
        target = rows[rng.integers(len(rows))]
        add(target["area_id"], "void", voids_event_id=target["event_id"])
    return [rows[i] for i in rng.permutation(len(rows))]
