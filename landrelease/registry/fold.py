"""Events in their order -> the state of every area after each of them.

The fold works in an equal-area plane, so that parts of land sum to the whole to the last digit; shapes that no
event has cut go back to the caller with the coordinates they came with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from landrelease.cells import day_of, days_between
from landrelease.errors import DataError, OptionError
from landrelease.geometry import (
    equal_area_crs,
    plane_polygons,
    polygonal,
    repaired,
    require_crs,
    transform,
)
from landrelease.registry.land import EMPTY, GRID_M, Shapes, clean, overlap_pairs, shared, union, without
from landrelease.rules import require_valid
from landrelease.tables import HAZARD_EVENTS, PART, READINGS, RELEASE_EVENTS, conform

__all__ = [
    "HAZARD_EVENTS",
    "RELEASE_EVENTS",
    "Fold",
    "as_known",
    "class_after",
    "fold",
    "folded_to",
    "rows_by_area",
    "typed_events",
    "without_voided",
]

_FIRST, _LAST = pd.Timestamp("1677-12-31"), pd.Timestamp("2261-12-31")
_RANK = dict.fromkeys((*HAZARD_EVENTS, "corrected"), 0) | dict.fromkeys(RELEASE_EVENTS, 1) | {"split": 2, "merged": 2}
_MAKES = (*HAZARD_EVENTS, "corrected")


@dataclass(frozen=True)
class Fold:
    """Effective events in order, with the land of their area before and after each.

    `events` has the effective day in `effective`, whether it was dated in `is_dated`, and the first and the last day on
    which it can have happened in `first_day` and `last_day`; `area` is the number of the event's area in `area_ids`;
    `before` and `after` are shapes in `plane`, None where no polygon is known; `own_row` is the event whose own shape
    `after` still is, -1 where it was cut. `is_unheld` tells releases of land that no record of their area made
    hazardous: their land is what they say themselves; `is_part` releases without a polygon that state a part of their
    area, and so release no land that is known. `until` and `known_on` are the days up to which it was folded; None is
    all.
    """

    events: gpd.GeoDataFrame
    area: npt.NDArray[np.int64]
    area_ids: list[str]
    plane: CRS
    touched: Shapes
    before: Shapes
    after: Shapes
    own_row: npt.NDArray[np.int64]
    is_unheld: npt.NDArray[np.bool_]
    is_part: npt.NDArray[np.bool_]
    neighbours: list[list[int]]
    until: pd.Timestamp | None
    known_on: pd.Timestamp | None

    def last_rows(self) -> npt.NDArray[np.int64]:
        """Return the position of the last event of each area."""
        last = np.full(len(self.area_ids), -1)
        last[self.area] = np.arange(len(self.area))
        return last

    def final(self) -> Shapes:
        """Return the land of each area after its last event."""
        return self.after[self.last_rows()]

    def back(self, shapes: Shapes) -> Shapes:
        """Return shapes of the plane in the CRS of the events; one that stands there several times is moved once."""
        _, first, place = np.unique(list(map(id, shapes)), return_index=True, return_inverse=True)
        moved: Shapes = repaired(transform(shapes[first], self.plane, self.events.crs))[place]
        return moved


def typed_events(events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the events in the types of their table; raise where one can not be read as an event."""
    crs = require_crs(events, "events")
    keys = [name for name in ("event_id", "area_id", "event") if name in events]
    require_valid(pd.DataFrame(events[keys]), "events")
    bare = pd.DataFrame(events.drop(columns=events.geometry.name))
    return gpd.GeoDataFrame(conform(bare, "events"), geometry=events.geometry.to_numpy(), crs=crs)


def class_after(events: gpd.GeoDataFrame, area: npt.NDArray[np.int64]) -> pd.Series:
    """Return the hazard class of its area after each event: that of the latest suspicion or confirmation."""
    implied = events["event"].map({"confirmed": "CHA", "suspected": "SHA", "reopened": "SHA"}).astype("str")
    by_evidence = events["hazard_class"].fillna(implied).where(events["event"].isin(HAZARD_EVENTS))
    known = by_evidence.groupby(area).ffill().fillna(events["hazard_class"].groupby(area).ffill())
    return cast(pd.Series, known)


def folded_to(events: gpd.GeoDataFrame | Fold, until: pd.Timestamp | None, known_on: Any = None) -> Fold:
    """Fold the events up to a day; a Fold to that day, which several functions can share, is what it is."""
    if not isinstance(events, Fold):
        return fold(events, until, known_on)
    known_on = None if known_on is None else day_of("known_on", known_on)
    if (events.until, events.known_on) != (until, known_on):
        raise OptionError(
            f"These events were folded to {_said(events.until, events.known_on)}, and {_said(until, known_on)} is "
            f"asked for. Fix: fold them to that day, or pass the events themselves."
        )
    return events


def _said(until: pd.Timestamp | None, known_on: pd.Timestamp | None) -> str:
    day = "the last event" if until is None else str(until.date())
    return day if known_on is None else f"{day} as known on {known_on.date()}"


def fold(
    events: gpd.GeoDataFrame, until: pd.Timestamp | None = None, known_on: Any = None, plane: CRS | None = None
) -> Fold:
    """Fold the events that count up to a day; raise DataError where one can not be read as an event."""
    known_on = None if known_on is None else day_of("known_on", known_on)
    typed = as_known(typed_events(events), known_on)
    counting = _in_order(_effective(without_voided(typed)), until)
    given = counting.geometry.to_numpy()
    whole = repaired(given, reading=counting["event"].map(READINGS).fillna("structure").to_numpy(dtype=object))
    mixed = (shapely.get_type_id(whole) == 7) & (shapely.get_dimensions(whole) == 2)
    whole[mixed] = polygonal(whole[mixed])
    counting = counting.set_geometry(whole)
    plane = plane or equal_area_crs(counting)
    exact = plane_polygons(counting, plane)
    shapes = shapely.set_precision(exact, GRID_M)
    shapes = np.where(shapely.is_empty(shapes) & ~shapely.is_empty(exact), exact, shapes)
    shapes[shapely.is_empty(shapes)] = None
    # nobody can say which land a point, a line or an empty shape released: none, not the whole area
    vague = shapely.is_missing(shapes) & ~shapely.is_missing(given)
    shapes[vague & counting["event"].isin(RELEASE_EVENTS).to_numpy()] = EMPTY
    area, area_ids = pd.factorize(counting["area_id"].astype("str"))
    neighbours = _neighbours(shapes, area, len(area_ids))
    kinds = counting["event"].to_numpy(dtype=object)
    makes = counting["event"].isin(_MAKES) & ~shapely.is_missing(shapes)
    is_unheld = np.isin(kinds, RELEASE_EVENTS) & ~makes.groupby(area).transform("any").to_numpy(dtype=bool)
    touched, before, after, own_row, is_part = _walk(
        counting, shapes, area, _heirs(counting, area, area_ids), is_unheld
    )
    states = (touched, before, after, own_row, is_unheld, is_part, neighbours)
    return Fold(counting, area, list(area_ids), plane, *states, until, known_on)


def _heirs(events: gpd.GeoDataFrame, area: npt.NDArray[np.int64], area_ids: Any) -> dict[int, list[int]]:
    """Return for each area those that it goes on as: its children, and the one that it merged into."""
    number = {name: i for i, name in enumerate(area_ids)}
    heirs: dict[int, list[int]] = {}
    named = events["parent_id"].notna().to_numpy()
    for one, parent, kind in zip(area[named], events["parent_id"][named], events["event"][named], strict=True):
        other = number.get(parent)
        if other is not None and other != one:
            old, new = (int(one), other) if kind in ("split", "merged") else (other, int(one))
            heirs.setdefault(old, []).append(new)
    return {old: sorted(set(several)) for old, several in heirs.items()}


def as_known(events: gpd.GeoDataFrame, known_on: pd.Timestamp | None) -> gpd.GeoDataFrame:
    """Leave out typed events that the registry learned of after a day, voids among them; None leaves out nothing."""
    if known_on is None:
        return events
    learned = events["registered_at"].fillna(events["recorded_at"])
    if learned.isna().any():
        raise DataError(
            f"{int(learned.isna().sum())} of {len(events)} events have neither registered_at nor recorded_at: nobody "
            f"can say whether they were known on {known_on.date()}.\n"
            f"  Fix: fill recorded_at with the day on which each was entered or exported, or leave known_on out."
        )
    return events[learned < known_on + pd.Timedelta(days=1)]


def without_voided(events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Leave out events that a void undoes; a void that is itself undone undoes nothing."""
    is_void = events["event"].eq("void")
    target = dict(zip(events.loc[is_void, "event_id"], events.loc[is_void, "voids_event_id"], strict=True))
    for event_id in sorted(target):
        seen: list[str] = []
        while event_id in target and event_id not in seen:
            seen.append(event_id)
            event_id = target[event_id]
        if event_id in seen:
            raise DataError(f"Voids undo each other in a circle: {', '.join(seen)}. Fix: correct voids_event_id.")
    voided_by: dict[str, list[str]] = {}
    for void, what in target.items():
        voided_by.setdefault(what, []).append(void)

    def is_undone(event_id: str) -> bool:
        return any(not is_undone(void) for void in voided_by.get(event_id, []))

    undone = {event_id for event_id in voided_by if is_undone(event_id)}
    return events[~is_void & ~events["event_id"].isin(undone)]


def _effective(events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Add the day from which an event counts: early for hazards, late for releases, so that it errs towards danger."""
    makes_hazard = events["event"].isin(HAZARD_EVENTS)
    early, late = days_between(events["event_date"], events["date_precision"])
    day = early.where(makes_hazard, late)
    is_dated = day.notna()
    first_day, last_day = early.fillna(_FIRST), late.fillna(_LAST)
    learned = events["recorded_at"].fillna(events["registered_at"]).dt.normalize()
    day = day.fillna(learned.where(~makes_hazard, _FIRST))
    return events.assign(effective=day, is_dated=is_dated, first_day=first_day, last_day=last_day)


def _in_order(events: gpd.GeoDataFrame, until: pd.Timestamp | None) -> gpd.GeoDataFrame:
    """Leave out what does not count yet (an undated release that nobody dated counts never), and sort."""
    counts = events["effective"].notna()
    if until is not None:
        counts &= events["effective"] <= until
    counting = events[counts]
    counting = counting.assign(rank=counting["event"].map(_RANK).fillna(3))
    counting = counting.sort_values(["effective", "rank", "event_id"])
    return counting.drop(columns="rank").reset_index(drop=True)


def _neighbours(shapes: Shapes, area: npt.NDArray[np.int64], n_areas: int) -> list[list[int]]:
    """Return for each area the areas that ever share land with it."""
    neighbours: list[set[int]] = [set() for _ in range(n_areas)]
    # an area's events mostly repeat its shape: ask once for each different one
    key = pd.Series(shapely.to_wkb(shapes))
    distinct = np.flatnonzero(~pd.DataFrame({"area": area, "key": key}).duplicated().to_numpy())
    left, right = overlap_pairs(shapes[distinct])
    for one, two in zip(area[distinct[left]], area[distinct[right]], strict=True):
        if one != two:
            neighbours[one].add(int(two))
            neighbours[two].add(int(one))
    return [sorted(several) for several in neighbours]


@dataclass(slots=True)
class _Held:
    """The hazardous land of one area, as its events make and end it; each method returns the land that it touched."""

    land: Any = None
    row: int = -1
    """The event whose own shape the land still is, -1 where it was cut."""
    whole: tuple[Any, int] | None = None
    """The land and its row when it was last made; None where it was never known."""
    reopened: list[tuple[Any, Any]] = field(default_factory=list)
    """The last day on which each reopening can have been, and its shape."""
    is_on_record: bool = False

    def make(self, kind: str, shape: Any, row: int, last_day: Any) -> Any:
        """Take what an event makes hazardous, or redraws."""
        if kind == "reopened":
            self.reopened.append((last_day, shape))
        nothing = self.land is None or self.land.is_empty
        if shape is None:
            is_back = kind == "reopened" or (kind != "corrected" and nothing)
            if is_back and self.whole is not None:  # hazardous again, all of it
                self.land, self.row = self.whole
            touched = self.land
        elif kind == "corrected" or nothing or self.land.equals(shape):
            self.land, self.row, touched = shape, row, shape
        else:
            self.land, self.row, touched = clean(shapely.union(self.land, shape, grid_size=GRID_M)), -1, shape
        if self.land is not None and not self.land.is_empty:
            self.whole = self.land, self.row
        return touched

    def is_part(self, shape: Any, said_m2: float, area_m2: float) -> bool:
        """Tell a release without a polygon that states a part of the area: nobody knows which land it means."""
        held_m2 = np.nan if self.land is None or self.land.is_empty else self.land.area
        return shape is None and bool(said_m2 < PART * np.fmin(held_m2, area_m2))

    def release(self, shape: Any, is_unheld: bool, first_day: Any) -> Any:
        """End the hazard of a shape, None is all of it; a reopening that may be the later of the two stands."""
        stays = [again for last, again in self.reopened if last >= first_day]
        if None in stays:
            shape = EMPTY
        elif stays:
            shape = without(self.land if shape is None else shape, union(stays))
        if is_unheld or shape is None or self.land is None:
            touched = shape if is_unheld else self.land
        else:
            touched = shared(self.land, shape)
        if shape is None:
            self.land, self.row = (None if self.land is None else EMPTY), -1
        elif is_unheld and not self.is_on_record:
            self.land = EMPTY
        elif self.land is not None and not self.land.is_empty:
            left = without(self.land, shape)
            self.land, self.row = left, (self.row if left.equals(self.land) else -1)
        return touched

    def hand_on(self, held: Any) -> Any:
        """Give up the land that the areas hold which this one goes on as."""
        touched = shared(self.land, held)
        self.land, self.row = without(self.land, held), -1
        if self.whole is not None:
            self.whole = without(self.whole[0], held), -1
        return touched


def _walk(
    events: gpd.GeoDataFrame,
    shapes: Shapes,
    area: npt.NDArray[np.int64],
    heirs: dict[int, list[int]],
    is_unheld: npt.NDArray[np.bool_],
) -> tuple[Shapes, Shapes, Shapes, npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Apply the events one after the other."""
    kinds = events["event"].to_numpy(dtype=object)
    first_day, last_day = events["first_day"].to_numpy(), events["last_day"].to_numpy()
    said, makes = events["reported_area_m2"], events["event"].isin(_MAKES)
    said_m2, area_m2 = (values.to_numpy(dtype=float) for values in (said, said.where(makes).groupby(area).ffill()))
    n = len(kinds)
    is_part, own_row = np.zeros(n, bool), np.full(n, -1)
    touched, before, after = (np.full(n, None, dtype=object) for _ in range(3))
    state: dict[int, _Held] = defaultdict(_Held)
    for row in range(n):
        one, kind, shape = state[int(area[row])], kinds[row], shapes[row]
        before[row] = one.land
        if kind in _MAKES:
            touched[row] = one.make(kind, shape, row, last_day[row])
        elif kind in RELEASE_EVENTS:
            is_part[row] = one.is_part(shape, said_m2[row], area_m2[row])
            touched[row] = one.release(EMPTY if is_part[row] else shape, bool(is_unheld[row]), first_day[row])
        elif kind in ("split", "merged") and one.land is not None:
            touched[row] = one.hand_on(union(state[other].land for other in heirs.get(int(area[row]), ())))
        one.is_on_record = True
        after[row], own_row[row] = one.land, one.row
    return touched, before, after, own_row, is_part


def rows_by_area(area: npt.NDArray[np.int64], n_areas: int) -> Iterator[npt.NDArray[np.int64]]:
    """Yield the positions of each area's events, in order."""
    order = np.argsort(area, kind="stable")
    yield from np.split(order, np.searchsorted(area[order], np.arange(1, n_areas)))
