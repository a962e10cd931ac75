"""Every state that an area was ever in, and from which day until which."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landrelease.registry.fold import HAZARD_EVENTS, RELEASE_EVENTS, Fold, folded_to
from landrelease.registry.history import areas_of, status_on
from landrelease.tables import conform

__all__ = ["status_periods"]

Rows = npt.NDArray[np.int64]


def status_periods(events: gpd.GeoDataFrame | Fold, *, known_on: Any = None) -> gpd.GeoDataFrame:
    """Return every state that each area was ever in: `status_on` of all days at once.

    Parameters
    ----------
    events : GeoDataFrame
        Table `events`, in any CRS.
    known_on : date, optional
        Only what was known at the end of that day counts, as in `status_on`.

    Returns
    -------
    GeoDataFrame
        Table `areas` in the CRS of the events, one row for each area and day on which it changed, by area_id and day,
        with `from_date`, the first day of the state (missing: since ever), and `to_date`, the first day on which it is
        so no more (missing: it still is).

    Raises
    ------
    CRSError, DataError
        As `status_on`.

    Notes
    -----
    The rows with from_date <= day < to_date are `status_on(events, day)`, for any day. An undated hazard counts since
    ever, so its `from_date` is missing. A state lasts until the next event of the same area.

    Examples
    --------
    >>> events = gpd.GeoDataFrame({"event_id": ["1", "2"], "area_id": ["A", "A"], "event": ["suspected", "cleared"],
    ...     "event_date": pd.to_datetime(["2020-01-01", "2021-06-01"])},
    ...     geometry=[shapely.box(5e5, 0, 5e5 + 100, 100), None], crs=32630)
    >>> periods = status_periods(events)
    >>> periods[["status", "from_date", "to_date"]].astype("str").values.tolist()
    [['open', '2020-01-01', '2021-06-01'], ['released', '2021-06-01', 'NaT']]
    >>> len(status_periods(events.iloc[:0]))
    0
    >>> status_periods(events.assign(event_date=pd.NaT))["from_date"].isna().tolist()
    [True]
    """
    folded = folded_to(events, None, known_on)
    if not len(folded.events):
        return _with_days(areas_of(folded), pd.Series(dtype="datetime64[ns]"))
    late = _decided_later(folded)
    states = _last_of_day(folded)
    states = states[~np.isin(folded.area[states], late)]
    parts = [_states(folded, states)] if len(states) else []
    parts += _day_by_day(folded, late)
    rows = pd.concat(parts).sort_values(["area_id", "from_date"], na_position="first")
    return _with_days(rows.reset_index(drop=True), rows["from_date"].reset_index(drop=True))


def _last_of_day(folded: Fold) -> Rows:
    """Return the last event of each area on each of its days."""
    day = pd.DataFrame({"area": folded.area, "day": folded.events["effective"].to_numpy()})
    return np.flatnonzero(~day.duplicated(keep="last").to_numpy())


def _states(folded: Fold, states: Rows) -> gpd.GeoDataFrame:
    """Return the areas after each of some events: each with the events up to there, as if it were an area by itself."""
    order = np.argsort(folded.area, kind="stable")
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    first = np.full(len(folded.area_ids), len(order))
    np.minimum.at(first, folded.area, place)
    start = first[folded.area[states]]
    sizes = place[states] - start + 1
    ends = np.cumsum(sizes)
    within = np.arange(ends[-1]) - np.repeat(ends - sizes, sizes)
    rows = order[np.repeat(start, sizes) + within]
    # where in the longer table the event stands whose own shape an area still has
    own = folded.own_row[rows]
    moved = np.repeat(ends - sizes - start, sizes) + place[np.maximum(own, 0)]
    alone = replace(
        folded,
        events=folded.events.iloc[rows].reset_index(drop=True),
        area=np.repeat(np.arange(len(states)), sizes),
        area_ids=[f"{number:09d}" for number in range(len(states))],
        touched=folded.touched[rows],
        before=folded.before[rows],
        after=folded.after[rows],
        own_row=np.where(own >= 0, moved, -1),
        is_unheld=folded.is_unheld[rows],
        is_part=folded.is_part[rows],
        neighbours=[],
    )
    found = areas_of(alone)
    number = found["area_id"].astype("int64").to_numpy()
    ids = np.array(folded.area_ids, dtype=object)[folded.area[states[number]]]
    days = folded.events["effective"].to_numpy()[states[number]]
    return found.assign(area_id=pd.Series(ids, index=found.index, dtype="str"), from_date=days)


def _decided_later(folded: Fold) -> Rows:
    """Return the areas with a release before any land was on record, which was recorded later.

    What that release meant depends on what is known of the area: on its day nothing, now something.
    """
    kinds, known = folded.events["event"], ~shapely.is_missing(folded.events.geometry.to_numpy())
    made = kinds.isin([*HAZARD_EVENTS, "corrected"]).to_numpy() & known & ~shapely.is_missing(folded.after)
    by_area = pd.Series(made).groupby(folded.area)
    early = kinds.isin(RELEASE_EVENTS) & ~by_area.cummax() & by_area.transform("any")
    return np.unique(folded.area[early.to_numpy()])


def _day_by_day(folded: Fold, areas: Rows) -> list[gpd.GeoDataFrame]:
    """Return the states of some areas from the fold of each of their days."""
    if not len(areas):
        return []
    ids = {folded.area_ids[number] for number in areas}
    parents = folded.events["parent_id"]
    kin = folded.events["area_id"].isin(ids) | parents.isin(ids)
    kin |= folded.events["area_id"].isin(set(parents[kin].dropna()))
    some = folded.events[kin].drop(columns=["effective", "is_dated", "first_day", "last_day"])
    own = pd.Series(np.isin(folded.area, areas))
    parts = []
    for day in sorted(folded.events.loc[own, "effective"].unique()):
        changed = folded.events.loc[own & folded.events["effective"].eq(day), "area_id"]
        found = status_on(some, day)
        parts.append(found[found["area_id"].isin(changed)].assign(from_date=day))
    return parts


def _with_days(rows: gpd.GeoDataFrame, start: pd.Series) -> gpd.GeoDataFrame:
    """Return declared columns, with the first day of each state and the first after it; since ever is missing."""
    start = start.astype("datetime64[s]")
    after = start.groupby(rows["area_id"]).shift(-1)
    plain = pd.DataFrame(rows.drop(columns="geometry")).assign(
        from_date=start.mask(start < pd.Timestamp("1700-01-01")), to_date=after
    )
    return gpd.GeoDataFrame(conform(plain, "status_periods"), geometry=rows.geometry.to_numpy(), crs=rows.crs)
