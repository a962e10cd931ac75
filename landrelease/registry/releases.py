"""What was released, for good, and where one record says released and another hazardous."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.cells import day_of
from landrelease.geometry import geodesic_area_m2
from landrelease.registry.fold import HAZARD_EVENTS, RELEASE_EVENTS, Fold, class_after, folded_to, rows_by_area
from landrelease.registry.land import all_shared, all_unions, all_without, plane_m2
from landrelease.tables import conform

__all__ = ["conflicts_on", "releases_from"]


def releases_from(
    events: gpd.GeoDataFrame | Fold, *, start: Any = None, end: Any = None, known_on: Any = None
) -> gpd.GeoDataFrame:
    """Return the releases: one row a release event, with the land that it released for good.

    Parameters
    ----------
    events : GeoDataFrame
        Table `events`, in any CRS.
    start, end : date, optional
        Releases from the start of the first to the end of the last day. Undated releases count from `recorded_at`
        on and belong to no period: they are there unless `start` is given.
    known_on : date, optional
        Only what was known at the end of that day counts, by `registered_at`, else `recorded_at`: later voids do not
        undo yet. The default is all that is known now.

    Returns
    -------
    GeoDataFrame
        Table `releases` in the CRS of the events, by date and id. `gross_m2` is the release as recorded. The geometry
        and `area_m2` are the land that it released and that no area holds hazardous from then to `end`: no land is
        in two releases. `conflict_m2` is land that another area, other than one that reopened this one, holds
        hazardous at `end`. A release of an area that no record made hazardous has the land that it says itself. [m2]

    Raises
    ------
    CRSError, DataError
        As `status_on`.

    Examples
    --------
    >>> events = gpd.GeoDataFrame({"event_id": ["1", "2"], "area_id": ["A", "A"], "event": ["confirmed", "cleared"],
    ...     "event_date": pd.to_datetime(["2020-01-01", "2021-06-01"])},
    ...     geometry=[shapely.box(5e5, 0, 5e5 + 100, 100), shapely.box(5e5, 0, 5e5 + 50, 100)], crs=32630)
    >>> releases_from(events)[["release_id", "release_type"]].values.tolist()
    [['2', 'cleared']]
    >>> len(releases_from(events, end="2020-12-31"))
    0
    """
    folded = folded_to(events, None if end is None else day_of("end", end), known_on)
    rows, net, conflict = _released_land(folded)
    kept, crs = folded.events.iloc[rows], folded.events.crs
    own = kept.geometry.to_numpy()
    back = folded.back(np.concatenate([folded.touched[rows], net]))
    gross = np.where(shapely.is_missing(own), back[: len(rows)], own)
    frame = pd.DataFrame(kept.drop(columns="geometry"))
    frame["release_id"], frame["release_type"] = kept["event_id"], kept["event"]
    frame["release_date"] = kept["effective"].where(kept["is_dated"])
    known = kept["is_dated"].map({True: "day", False: "unknown"}).astype("str")
    frame["date_precision"] = kept["date_precision"].fillna(known)
    frame["gross_m2"] = geodesic_area_m2(gpd.GeoSeries(list(gross), crs=crs))
    frame["gross_m2"] = frame["gross_m2"].fillna(kept["reported_area_m2"])
    shapes = _with_own_coordinates(folded, rows, net, back[len(rows) :])
    frame["area_m2"] = geodesic_area_m2(gpd.GeoSeries(list(shapes), crs=crs))
    frame["conflict_m2"] = plane_m2(conflict)
    # what the release leaves open is what its area last said before
    frame["hazard_class"] = class_after(folded.events, folded.area).iloc[rows].to_numpy()
    for name in ("intended_use_code", "blocked_resource_code", "admin_code"):
        frame[name] = folded.events.groupby(folded.area)[name].ffill().iloc[rows].to_numpy()
    handed = folded.events["effective"].where(folded.events["event"].eq("handed_over") & folded.events["is_dated"])
    frame["handover_date"] = handed.groupby(folded.area).bfill().iloc[rows].to_numpy()
    result = gpd.GeoDataFrame(conform(frame, "releases"), geometry=list(shapes), crs=crs)
    if start is not None:
        result = result[result["release_date"] >= day_of("start", start)]
    return result.sort_values(["release_date", "release_id"]).reset_index(drop=True)


def _released_land(folded: Fold) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the rows that are releases, the land each released for good, and what others hold at the end."""
    kinds = folded.events["event"].to_numpy(dtype=object)
    rows = np.flatnonzero(np.isin(kinds, RELEASE_EVENTS))
    net, conflict = np.full(len(rows), None, dtype=object), np.full(len(rows), None, dtype=object)
    some = np.flatnonzero(~shapely.is_missing(folded.touched[rows]))
    lands, areas = folded.touched[rows[some]], folded.area[rows[some]]
    final, contradicting = folded.final(), _contradicting(folded)
    blocked = all_unions(_held_later(folded, rows[some]))
    hit = np.flatnonzero(shapely.intersects(lands, blocked))
    net[some] = lands
    net[some[hit]] = all_without(lands[hit], blocked[hit])
    conflict[some] = all_shared(lands, all_unions([final[contradicting[area]] for area in areas]))
    return rows, net, conflict


def _held_later(folded: Fold, rows: np.ndarray[Any, Any]) -> list[list[Any]]:
    """Return for each release the land that its area makes hazardous later, or another holds then or later."""
    grows = folded.events["event"].isin([*HAZARD_EVENTS, "corrected"]).to_numpy()
    by_area = [positions.tolist() for positions in rows_by_area(folded.area, len(folded.area_ids))]
    held: list[list[Any]] = []
    for row in rows.tolist():
        area, shapes = int(folded.area[row]), []
        for other in [area, *folded.neighbours[area]]:
            positions = by_area[other]
            at = bisect_left(positions, row)
            later = positions[bisect_right(positions, row) :]
            if other != area and at:
                shapes.append(folded.after[positions[at - 1]])
            shapes += [folded.after[one] for one in later if grows[one]]
            shapes += [folded.touched[one] for one in later if folded.is_unheld[one]]  # once more: the last one counts
        held.append(shapes)
    return held


def _contradicting(folded: Fold) -> list[list[int]]:
    """Return for each area the areas that share its land, without those that reopened it: they are its sequel."""
    number = {area_id: i for i, area_id in enumerate(folded.area_ids)}
    reopens: dict[int, set[int]] = {}
    is_sequel = folded.events["event"].eq("reopened") & folded.events["parent_id"].notna()
    for area_id, parent in folded.events.loc[is_sequel, ["area_id", "parent_id"]].itertuples(index=False):
        reopens.setdefault(number[area_id], set()).add(number.get(parent, -1))

    def goes_back(later: int, area: int, seen: frozenset[int] = frozenset()) -> bool:
        above = reopens.get(later, set()) - seen
        return area in above or any(goes_back(one, area, seen | above) for one in above)

    return [[other for other in several if not goes_back(other, i)] for i, several in enumerate(folded.neighbours)]


def _with_own_coordinates(folded: Fold, rows: np.ndarray[Any, Any], net: Any, back: Any) -> np.ndarray[Any, Any]:
    """Return released land in the CRS of the events, as moved back; whole areas that nothing cut as they came."""
    shapes = np.array(back, dtype=object)
    own = folded.events.geometry.to_numpy()
    before = pd.Series(folded.own_row).groupby(folded.area).shift(1, fill_value=-1).to_numpy()
    for i, row in enumerate(rows):
        if net[i] is not None and net[i] is folded.before[row] and before[row] >= 0:
            shapes[i] = own[before[row]]
    return shapes


def conflicts_on(events: gpd.GeoDataFrame | Fold, date: Any, *, known_on: Any = None) -> gpd.GeoDataFrame:
    """Return land that one area says is released and another still holds hazardous on a day: it is hazardous.

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
        area_id, release_id, other_area_id, overlap_m2 and the land itself, one row a release and an area that
        contradicts it, largest first. Rows may overlap; the land in conflict is the union. An area that reopened the
        released one is its sequel and no conflict. [m2]

    Raises
    ------
    CRSError, DataError
        As `status_on`.

    Examples
    --------
    >>> square = shapely.box(5e5, 0, 5e5 + 100, 100)
    >>> events = gpd.GeoDataFrame({"event_id": ["1", "2", "3"], "area_id": ["A", "A", "B"],
    ...     "event": ["suspected", "cleared", "suspected"], "event_date": pd.to_datetime(["2020-01-01"] * 3)},
    ...     geometry=[square, None, square], crs=32630)
    >>> conflicts_on(events, "2020-12-31")[["area_id", "other_area_id"]].values.tolist()
    [['A', 'B']]
    >>> len(conflicts_on(events.iloc[:2], "2020-12-31"))
    0
    """
    folded = folded_to(events, day_of("date", date), known_on)
    kinds = folded.events["event"].to_numpy(dtype=object)
    final = folded.final()
    contradicting = _contradicting(folded)
    pairs = [
        (row, other)
        for row in np.flatnonzero(np.isin(kinds, RELEASE_EVENTS) & ~shapely.is_missing(folded.touched)).tolist()
        for other in contradicting[folded.area[row]]
        if final[other] is not None
    ]
    row, other = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    both = all_shared(folded.touched[row], final[other])
    row, other, both = (of[~shapely.is_empty(both)] for of in (row, other, both))
    ids = np.array(folded.area_ids, dtype=object)
    shapes = folded.back(both)
    frame = pd.DataFrame(
        {
            "area_id": ids[folded.area[row]],
            "release_id": folded.events["event_id"].to_numpy()[row],
            "other_area_id": ids[other],
        }
    )
    crs = folded.events.crs
    frame["overlap_m2"] = geodesic_area_m2(gpd.GeoSeries(list(shapes), crs=crs))
    result = gpd.GeoDataFrame(frame, geometry=list(shapes), crs=crs)
    order = ["overlap_m2", "release_id", "other_area_id"]
    return result.sort_values(order, ascending=[False, True, True]).reset_index(drop=True)
