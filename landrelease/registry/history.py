"""What happened to each area, and how it stood on a day."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.cells import day_of
from landrelease.errors import DataError, nearest
from landrelease.geometry import geodesic_area_m2, repaired, require_crs
from landrelease.registry.fold import (
    HAZARD_EVENTS,
    RELEASE_EVENTS,
    Fold,
    class_after,
    fold,
    folded_to,
    typed_events,
    without_voided,
)
from landrelease.registry.land import plane_m2
from landrelease.rules import require_valid
from landrelease.tables import NO_HAZARD, conform

__all__ = ["CARRIED", "areas_of", "events_from_areas", "history_of", "status_after", "status_on"]

CARRIED = (
    "hazard_class", "contamination_code", "reported_area_m2", "blocked_resource_code", "intended_use_code",
    "parent_id", "admin_code", "operator", "accuracy_m", "source_id",
)  # fmt: skip
"""Columns that areas and events have in common: of each, the last that is filled stands."""


def events_from_areas(areas: gpd.GeoDataFrame, *, as_of: Any) -> gpd.GeoDataFrame:
    """Turn a snapshot of areas into events: one that made each hazardous and, where released, one that released it.

    Parameters
    ----------
    areas : GeoDataFrame
        Table `areas`, in any CRS.
    as_of : date
        The day of the snapshot: an undated release counts from this day on.

    Returns
    -------
    GeoDataFrame
        Table `events` in the CRS of the areas. A missing date stays missing, with `date_precision` "unknown".

    Raises
    ------
    CRSError, DataError
        No CRS; an area without an id, or two with the same.

    Notes
    -----
    An area is hazardous unless its status is released *and* its release type says how. "Closed" says neither, and
    "mixed" does not say which part was released how: both stay hazardous, and `find_problems(areas, "areas")`
    tells of them.

    Examples
    --------
    >>> areas = gpd.GeoDataFrame({"area_id": ["A", "B"], "hazard_class": ["CHA", "SHA"],
    ...     "status": ["released", "open"], "release_type": ["cleared", None]},
    ...     geometry=gpd.GeoSeries.from_wkt(["POLYGON ((0 0, 0 1, 1 1, 1 0, 0 0))", None]), crs=4326)
    >>> events_from_areas(areas, as_of="2024-07-01")[["event_id", "event", "date_precision"]].values.tolist()
    [['A:recorded', 'confirmed', 'unknown'], ['A:released', 'cleared', 'unknown'],
     ['B:recorded', 'suspected', 'unknown']]
    >>> len(events_from_areas(areas.iloc[:0], as_of="2024-07-01"))
    0
    """
    require_crs(areas, "areas")
    require_valid(pd.DataFrame(areas[[name for name in ("area_id",) if name in areas]]), "areas")
    as_of = day_of("as_of", as_of)
    empty = pd.Series(None, index=areas.index, dtype="str")
    status, release_type = (areas.get(name, empty) for name in ("status", "release_type"))
    hazard_class = areas.get("hazard_class", empty)
    shared = pd.DataFrame({name: areas.get(name, empty) for name in ("area_id", *CARRIED)})
    shared["status"] = status
    shared["recorded_at"] = as_of

    def events(kind: pd.Series, date: str, suffix: str) -> pd.DataFrame:
        days = pd.to_datetime(areas[date]) if date in areas else pd.Series(pd.NaT, index=areas.index)
        known = np.where(days.notna(), "day", "unknown")
        return shared.assign(
            event_id=shared["area_id"].astype("str") + suffix,
            event=kind,
            event_date=days,
            date_precision=known,
        )

    recorded = events(hazard_class.map({"CHA": "confirmed"}).fillna("suspected"), "survey_date", ":recorded")
    released = events(release_type, "release_date", ":released")
    is_released = status.eq("released") & release_type.isin(RELEASE_EVENTS)
    paused = events(pd.Series("suspended", index=areas.index), "", ":suspended")
    is_paused = status.eq("suspended")
    parts = [
        recorded.assign(geometry=areas.geometry),
        released[is_released],
        paused[is_paused],
    ]
    result = pd.concat(parts)
    result = result.sort_index(kind="stable").reset_index(drop=True)
    return gpd.GeoDataFrame(conform(result, "events"), geometry="geometry", crs=areas.crs)


def status_on(events: gpd.GeoDataFrame | Fold, date: Any, *, known_on: Any = None) -> gpd.GeoDataFrame:
    """Return the areas as they stood at the end of a day.

    Parameters
    ----------
    events : GeoDataFrame
        Table `events`, in any CRS.
    date : date
        The day; events of that day count.
    known_on : date, optional
        Only what was known at the end of that day counts, by `registered_at`, else `recorded_at`: later voids do not
        undo yet. The default is all that is known now.

    Returns
    -------
    GeoDataFrame
        Table `areas` in the CRS of the events, by area_id: one row for each area that any counted event names, also
        released ones. The geometry is the land still hazardous: what a partial release left, empty where all is
        released. Where no polygon is known it is the point or line that is, or missing. `area_m2` is the geodesic area
        of the polygon. [m2]

    Raises
    ------
    CRSError, DataError
        No CRS; an event without id or area, a repeated id, or an unknown event; with `known_on`, an event of which
        nobody knows when it became known.

    Notes
    -----
    An undated hazard counts on every day, an undated release from `recorded_at` on, or `registered_at` where that is
    missing. Of a year or a month, hazards count from the first day and releases from the last. Within a day hazards
    come before releases, then by event_id; but what a reopening says stands against a release that need not be the
    later one. A release touches only its own area; land is hazardous while any area holds it. A release with a point
    or a line for a geometry releases nothing: nobody can say which land. Neither does one without a geometry that
    states less than 0.8 of its area's hazardous land. A hazard event without a geometry on an area that was released
    makes all of it hazardous again; a reopening also where a part was released. A split gives up what the children
    hold (whose `parent_id` names the area), a merger what the area holds that its `parent_id` names.

    Examples
    --------
    >>> events = gpd.GeoDataFrame({"event_id": ["1", "2"], "area_id": ["A", "A"], "event": ["suspected", "reduced"],
    ...     "event_date": pd.to_datetime(["2020-01-01", "2021-06-01"])},
    ...     geometry=[shapely.box(5e5, 0, 5e5 + 100, 100), shapely.box(5e5, 0, 5e5 + 50, 100)], crs=32630)
    >>> status_on(events, "2020-12-31")[["area_id", "status"]].values.tolist()
    [['A', 'open']]
    >>> after = status_on(events, "2021-12-31").iloc[0]
    >>> after["status"], after["release_type"], float(round(after["area_m2"] / 5000, 2))
    ('in_progress', 'reduced', 1.0)
    >>> len(status_on(events, "2019-12-31"))
    0
    >>> late = events.assign(registered_at=pd.to_datetime(["2020-01-05", "2022-02-01"]))
    >>> status_on(late, "2021-12-31", known_on="2021-12-31")["status"].tolist()
    ['open']
    """
    return areas_of(folded_to(events, day_of("date", date), known_on))


def areas_of(folded: Fold) -> gpd.GeoDataFrame:
    """Return the areas as they stand at the end of a fold."""
    events, area = folded.events, folded.area
    if not len(events):
        return gpd.GeoDataFrame(conform(pd.DataFrame(), "areas"), geometry=[], crs=events.crs)
    by_area = events.groupby(area)
    rows = by_area[list(CARRIED)].last()  # of each column the last that is filled
    rows["area_id"] = folded.area_ids
    makes, releases = events["event"].isin(HAZARD_EVENTS), _released_some(folded)
    bounds = makes | events["event"].eq("corrected")  # what a release reports is the release
    rows["reported_area_m2"] = events["reported_area_m2"].where(bounds).groupby(area).last()
    rows["hazard_class"] = class_after(events, area).groupby(area).last()
    kind = events["event"].where(releases).groupby(area)
    rows["release_type"] = kind.last().mask(kind.nunique() > 1, "mixed")
    dated = events["effective"].where(events["is_dated"])
    rows["release_date"] = dated.where(releases).groupby(area).max()
    rows["survey_date"] = dated.where(makes).groupby(area).min()
    last = folded.last_rows()
    rows["status"] = status_after(folded)[last]
    own = folded.own_row[last]
    shapes = events.geometry.to_numpy()[np.maximum(own, 0)]
    shapes[own < 0] = folded.back(folded.after[last[own < 0]])
    rows["area_m2"] = geodesic_area_m2(gpd.GeoSeries(list(shapes), crs=events.crs))
    shapes = _or_place(folded, shapes, rows["status"].to_numpy())
    was_hazard = (bounds | events["event"].isin(RELEASE_EVENTS)).groupby(area).any()
    result = gpd.GeoDataFrame(conform(rows, "areas"), geometry=list(shapes), crs=events.crs)
    result = result[was_hazard.astype(bool)]
    return result.sort_values("area_id").reset_index(drop=True)


def _or_place(folded: Fold, shapes: np.ndarray[Any, Any], status: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Put the point or line of a hazardous area where it has no polygon: a place without a size is still a place."""
    events = folded.events
    given = events.geometry.where(events["event"].isin([*HAZARD_EVENTS, "corrected"]))
    last = given.groupby(folded.area).last().to_numpy()
    bare = shapely.is_missing(shapes) & ~np.isin(status, NO_HAZARD)
    return np.where(bare, last, shapes)


def _released_some(folded: Fold) -> pd.Series:
    """Tell which events released land; where the area's land is not known, any release did."""
    kinds = folded.events["event"]
    some = kinds.isin(RELEASE_EVENTS).to_numpy() & ~shapely.is_empty(folded.touched)
    return pd.Series(some)


def status_after(folded: Fold) -> np.ndarray[Any, Any]:
    """Return the status of its area after each event."""
    events, area = folded.events, folded.area
    releases = events["event"].isin(RELEASE_EVENTS)
    # where no polygon was ever known, only a release of the whole area releases it
    work = events["event"].isin([*HAZARD_EVENTS, *RELEASE_EVENTS])
    latest = events["event"].where(work | events["event"].eq("suspended")).groupby(area).ffill()
    is_whole = releases & shapely.is_missing(events.geometry.to_numpy()) & ~folded.is_part
    whole_last = is_whole.astype("boolean").where(work).groupby(area).ffill().fillna(False).to_numpy(dtype=bool)
    no_land = shapely.is_missing(folded.after)
    is_released = np.where(no_land, whole_last, shapely.is_empty(folded.after))
    part = _released_some(folded).groupby(area).cummax().to_numpy(dtype=bool)
    paused = latest.eq("suspended").to_numpy(dtype=bool)
    gone = events["event"].isin(["split", "merged"]).to_numpy() & ~no_land & shapely.is_empty(folded.after)
    gone = pd.Series(gone).where(work | events["event"].isin(["split", "merged"])).groupby(area).ffill()
    is_gone = gone.fillna(False).to_numpy(dtype=bool) & is_released
    states = ["superseded", "released", "suspended", "in_progress"]
    return np.select([is_gone, is_released, paused, part], states, "open")


def history_of(events: gpd.GeoDataFrame, area_id: str) -> pd.DataFrame:
    """Return everything that was recorded of an area and of the areas that it goes back to, in order.

    Parameters
    ----------
    events : GeoDataFrame
        Table `events`, in any CRS.
    area_id : str
        The area.

    Returns
    -------
    DataFrame
        event_id, area_id, event, event_date, date_precision, touched_m2, hazardous_m2 (of the area after the
        event), status, note. Undone events and those that never count are there too, with a note. [m2]

    Raises
    ------
    DataError
        No event belongs to that area; the message names the nearest id.

    Examples
    --------
    >>> events = gpd.GeoDataFrame({"event_id": ["1", "2"], "area_id": ["A", "A"], "event": ["suspected", "cancelled"],
    ...     "event_date": pd.to_datetime(["2020-01-01", "2021-06-01"])},
    ...     geometry=[shapely.box(5e5, 0, 5e5 + 100, 100), None], crs=32630)
    >>> history_of(events, "A")[["event", "status"]].values.tolist()
    [['suspected', 'open'], ['cancelled', 'released']]
    """
    events = typed_events(events)
    ids = events["area_id"]
    if area_id not in set(ids):
        raise DataError(f"No event belongs to area '{area_id}'{nearest(area_id, ids.dropna().unique())}")
    line, queue = set(), [area_id]
    while queue:
        one = queue.pop()
        line.add(one)
        parents = events.loc[ids.eq(one), "parent_id"].dropna()
        queue += [parent for parent in parents if parent not in line]
    related = _and_neighbours(events, ids, line)
    folded = fold(related)
    status, mine = status_after(folded), folded.events["area_id"].isin(line).to_numpy()
    result = pd.DataFrame(folded.events[mine]).assign(
        status=status[mine],
        touched_m2=plane_m2(folded.touched[mine]),
        hazardous_m2=plane_m2(folded.after[mine]),
        note=np.where(folded.events["is_dated"][mine], "", "no date is known"),
    )
    other = related[~related["event_id"].isin(folded.events["event_id"]) & related["area_id"].isin(line)]
    never = "a release without a date, recorded_at and registered_at counts never"
    kept = other["event_id"].isin(without_voided(related)["event_id"])
    other = other.assign(
        note=np.where(other["event"].eq("void"), "undoes another event", np.where(kept, never, "undone"))
    )
    parts = [conform(part, "history_of") for part in (result, pd.DataFrame(other)) if len(part)]
    return pd.concat(parts).drop(columns="geometry").reset_index(drop=True)


def _and_neighbours(events: gpd.GeoDataFrame, ids: pd.Series, line: set[str]) -> gpd.GeoDataFrame:
    """Return the events of some areas and of those that overlap them: a split gives up only what others hold."""
    mine = events[ids.isin(line)]
    shapes = shapely.union_all(repaired(mine.geometry.to_numpy()))
    near = ids[shapely.intersects(repaired(events.geometry.to_numpy()), shapes)]
    undoing = events["event"].eq("void")
    return events[ids.isin(line | set(near)) | undoing]
