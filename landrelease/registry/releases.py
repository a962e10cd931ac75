"""What was released, for good, and where one record says released and another hazardous."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.cells import day_of
from landrelease.geometry import geodesic_area_m2
from landrelease.registry.fold import (
    EMPTY,
    HAZARD_EVENTS,
    RELEASE_EVENTS,
    Fold,
    class_after,
    folded_to,
    plane_m2,
    rows_by_area,
    shared,
    union,
    without,
)
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
    gross = np.where(shapely.is_missing(own), folded.back(folded.touched[rows]), own)
    frame = pd.DataFrame(kept.drop(columns="geometry"))
    frame["release_id"], frame["release_type"] = kept["event_id"], kept["event"]
    frame["release_date"] = kept["effective"].where(kept["is_dated"])
    known = kept["is_dated"].map({True: "day", False: "unknown"}).astype("str")
    frame["date_precision"] = kept["date_precision"].fillna(known)
    frame["gross_m2"] = geodesic_area_m2(gpd.GeoSeries(list(gross), crs=crs))
    frame["gross_m2"] = frame["gross_m2"].fillna(kept["reported_area_m2"])
    shapes = _with_own_coordinates(folded, rows, net)
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
    if not len(rows):
        return rows, net, conflict
    by_area = list(rows_by_area(folded.area, len(folded.area_ids)))
    final, contradicting = folded.final(), _contradicting(folded)
    grows = np.isin(kinds, [*HAZARD_EVENTS, "corrected"])
    for i, row in enumerate(rows.tolist()):
        land, area = folded.touched[row], int(folded.area[row])
        if land is None:
            continue
        held: list[Any] = []
        for other in [area, *folded.neighbours[area]]:
            positions = by_area[other]
            past, later = positions[positions < row], positions[positions > row]
            if other != area and len(past):
                held.append(folded.after[past[-1]])
            held += list(folded.after[later[grows[later]]])
            held += list(folded.touched[later[folded.is_unheld[later]]])  # released once more: the last one counts
        blocked = union(held)
        net[i] = without(land, blocked) if land.intersects(blocked) else land
        conflict[i] = shared(land, union(final[contradicting[area]]))
    return rows, net, conflict


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


def _with_own_coordinates(folded: Fold, rows: np.ndarray[Any, Any], net: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return released land in the CRS of the events; whole areas that nothing cut as they came."""
    shapes = folded.back(net)
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
    rows = []
    for row in np.flatnonzero(np.isin(kinds, RELEASE_EVENTS)).tolist():
        land, area = folded.touched[row], int(folded.area[row])
        for other in contradicting[area] if land is not None else ():
            both = EMPTY if final[other] is None else shared(land, final[other])
            if not both.is_empty:
                release_id = folded.events["event_id"].iloc[row]
                rows.append((folded.area_ids[area], release_id, folded.area_ids[other], both))
    shapes = folded.back(np.array([one[3] for one in rows], dtype=object))
    frame = pd.DataFrame([one[:3] for one in rows], columns=["area_id", "release_id", "other_area_id"])
    crs = folded.events.crs
    frame["overlap_m2"] = geodesic_area_m2(gpd.GeoSeries(list(shapes), crs=crs))
    result = gpd.GeoDataFrame(frame, geometry=list(shapes), crs=crs)
    order = ["overlap_m2", "release_id", "other_area_id"]
    return result.sort_values(order, ascending=[False, True, True]).reset_index(drop=True)
