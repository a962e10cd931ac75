"""What ever happened on a site and near it: recorded hazard, released with a history, or no record."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.cells import day_of
from landrelease.errors import OptionError
from landrelease.geometry import has_finite_coordinates, keep_where, metric_crs, repaired, require_crs, transform
from landrelease.registry.fold import RELEASE_EVENTS, as_known, typed_events
from landrelease.registry.history import status_on
from landrelease.registry.near import Site, in_reach, is_standing, site_of, slack_of, surroundings
from landrelease.registry.site_view import BOUNDING, View
from landrelease.registry.site_words import sentences_of
from landrelease.rules import require_valid
from landrelease.tables import NO_HAZARD, conform

__all__ = ["Records", "SiteCheck", "check_site"]

_ARC = 16
"""Edges of a quarter of a circle, where a corridor is drawn."""
_HARMLESS = (*RELEASE_EVENTS, "handed_over", "noted", "split", "merged", "void")
"""Kinds of event that make no land hazardous, whatever else they say."""


class Records(Protocol):
    """What a site is checked against: a registry, or anything that has its records, its quarantine and its head."""

    @property
    def head(self) -> str:
        """The hash that names its state."""

    def events(self) -> gpd.GeoDataFrame:
        """Table `events`."""

    def quarantine(self) -> gpd.GeoDataFrame:
        """Table `quarantine`: rows that could not be taken."""

    def conflicts(self) -> gpd.GeoDataFrame:
        """Table `quarantine`: rows that say something else of an event than its record."""


@dataclass(frozen=True)
class SiteCheck:
    """The answer for a site, with all that it rests on.

    `answer_code` is "recorded_hazard", "released_with_history" or "no_record"; `sentences` say it for a reader.
    `hazards`, `releases`, `accidents`, `other`, `conflicts`, `quarantined` are what was found within reach, the nearest
    first; `parts` splits the site by what is recorded of it. `site` are its features, `corridor` the land within
    `buffer_m` of them. A count that nobody can know is None. `head` names the state of the registry.
    """

    answer_code: str
    sentences: list[str]
    hazards: gpd.GeoDataFrame
    releases: gpd.GeoDataFrame
    accidents: gpd.GeoDataFrame
    other: gpd.GeoDataFrame
    conflicts: gpd.GeoDataFrame
    quarantined: pd.DataFrame
    parts: pd.DataFrame
    site: gpd.GeoDataFrame
    corridor: gpd.GeoDataFrame
    buffer_m: float
    as_of: pd.Timestamp
    head: str
    counts: dict[str, int | None] = field(default_factory=dict)


def check_site(
    records: Records | gpd.GeoDataFrame,
    geometry: gpd.GeoDataFrame | gpd.GeoSeries,
    *,
    buffer_m: float,
    as_of: Any = None,
    known_on: Any = None,
) -> SiteCheck:
    """Tell all that is recorded of a plot, a road or a project's sites, and of the land around them.

    Parameters
    ----------
    records : Registry or GeoDataFrame
        A registry, or table `events` in any CRS: then what was refused and set aside is not known.
    geometry : GeoDataFrame or GeoSeries
        Any shapes in any CRS; several are one site, and `feature_id` (the index) keeps which of them was hit.
    buffer_m : float
        How far around the site the answer reaches. Records count whose shape lies within that distance and their
        own accuracy together. [m]
    as_of : date, optional
        The day of the answer, today unless it is given. Later records are told of, and do not count.
    known_on : date, optional
        Only what was known at the end of that day counts; rows set aside count whenever they came.

    Returns
    -------
    SiteCheck
        answer_code is "recorded_hazard" where any land within reach is hazardous, an accident lies there that no
        later release covers, or a record in quarantine; else "released_with_history" where land within reach was
        ever recorded as hazardous or released; else "no_record". No answer is evidence of no contamination.
        Frames in the CRS of the records; distances are true, 0 on the site. [m, m2]

    Raises
    ------
    CRSError
        A CRS is missing, or can not be transformed to 10 m or better.
    DataError
        The site has no shape, or an event within reach can not be read as one.
    OptionError
        `buffer_m` is no distance, or a date no date.

    Notes
    -----
    Invariants I11 and I12 of the registry. The parts of the site sum to its m2, its metres and its points: what no
    record says anything of is a part of its own. Where hazard and release meet, land is hazardous. A hazard without a
    polygon covers none of the site, however near. Its point or line is hazardous until a later release of its own area
    covers it, whatever polygons the area has: `hazards` has a row for the land of an area, and one for its places
    elsewhere. A hazard without any place that names a parent, as a reopening does, lies on all the land that was ever
    recorded of that parent.

    Examples
    --------
    >>> events = gpd.GeoDataFrame({"event_id": ["1", "2"], "area_id": ["A", "A"], "event": ["confirmed", "cleared"],
    ...     "event_date": pd.to_datetime(["2020-01-01", "2021-06-01"])},
    ...     geometry=[shapely.box(5e5, 0, 5e5 + 100, 100), shapely.box(5e5, 0, 5e5 + 50, 100)], crs=32630)
    >>> road = gpd.GeoSeries([shapely.LineString([(5e5 + 20, 50), (5e5 + 220, 50)])], crs=32630)
    >>> check = check_site(events, road, buffer_m=100, as_of="2025-12-31")
    >>> check.answer_code, check.parts.set_index("state_code")["site_m"].round().to_dict()
    ('recorded_hazard', {'hazardous': 50.0, 'released': 30.0, 'withdrawn': 0.0, 'no_record': 120.0})

    Nothing on record is no evidence:

    >>> far = gpd.GeoSeries([shapely.Point(6e5, 50)], crs=32630)
    >>> check = check_site(events, far, buffer_m=100, as_of="2025-12-31")
    >>> check.answer_code, check.sentences[-1]
    ('no_record', 'No record is not evidence of no contamination: ask for a survey where there is doubt.')
    >>> check_site(events, gpd.GeoSeries([None], crs=32630), buffer_m=100)
    Traceback (most recent call last):
    landrelease.errors.DataError: The site can not be checked: has no shape. Fix: give it the geometry of the plot or
    the road.
    """
    if not isinstance(buffer_m, int | float | np.number) or isinstance(buffer_m, bool) or not 0 <= buffer_m <= 1e6:
        raise OptionError(f"buffer_m must be a distance in metres from 0 to 1,000,000; got {buffer_m!r}")
    day = pd.Timestamp.now().normalize() if as_of is None else day_of("as_of", as_of)
    known_on = None if known_on is None else day_of("known_on", known_on)
    events, set_aside, head = _given(records)
    site = site_of(geometry, require_crs(events, "events"))
    require_valid(pd.DataFrame(events.iloc[:0]), "events")
    is_chosen, is_lost = surroundings(events, site, float(buffer_m))
    view = View(site, float(buffer_m), day, as_known(typed_events(events[is_chosen].reset_index(drop=True)), known_on))
    hazards, history = view.hazards(), view.history()
    accidents = view.alerted(history[history["event"].eq("accident") & history["is_counted"]])
    is_release = history["event"].isin(RELEASE_EVENTS) & history["is_counted"]
    releases = view.releases(history[is_release])
    other = history.drop(index=[*accidents.index, *releases.index])
    ids = {*history["area_id"], *hazards["area_id"]}
    quarantined, counts = _quarantined(set_aside, site, float(buffer_m), ids)
    lost = (
        view.areas.iloc[:0] if not is_lost.any() else status_on(as_known(typed_events(events[is_lost]), known_on), day)
    )
    has_place = np.isfinite(shapely.bounds(lost.geometry.to_numpy())).all(axis=1)
    lost = lost[~lost["status"].isin(NO_HAZARD) & ~lost["area_id"].isin(hazards["area_id"]) & ~has_place]
    parts = view.parts()
    stray = other["event"].eq("suspended") & other["is_counted"] & ~other["area_id"].isin(view.areas["area_id"])
    is_hazard = len(hazards) or accidents["is_alert"].any() or quarantined["is_alert"].any() or stray.any()
    recorded = other["is_counted"] & other["event"].isin([*BOUNDING, "split", "merged"])
    has_history = len(releases) or recorded.any()
    check = SiteCheck(
        answer_code="recorded_hazard" if is_hazard else "released_with_history" if has_history else "no_record",
        sentences=[],
        hazards=_declared(hazards, "site_hazards"),
        releases=_declared(releases, "site_releases"),
        accidents=_declared(accidents, "site_records"),
        other=_declared(other, "site_records"),
        conflicts=_declared(view.conflicts(), "site_conflicts"),
        quarantined=quarantined,
        parts=parts,
        site=site.frame,
        corridor=_corridor(site.frame, float(buffer_m)),
        buffer_m=float(buffer_m),
        as_of=day,
        head=head,
        counts={
            "feature_count": len(site.frame),
            "feature_without_shape_count": site.lost_count,
            "unplaced_hazard_count": len(lost),
            "unplaced_accident_count": _unplaced_accidents(events),
            "later_count": int(other["is_later"].sum()),
            **counts,
        },
    )
    return replace(check, sentences=sentences_of(check))


def _given(records: Any) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame | None, str]:
    """Return the events, the rows set aside (None where nobody knows them) and the head of what the caller gave."""
    if isinstance(records, pd.DataFrame) or not hasattr(records, "quarantine"):
        return records, None, ""
    set_aside = pd.concat([records.quarantine(), records.conflicts()], ignore_index=True)
    return records.events(), set_aside, str(records.head)


def _declared(frame: gpd.GeoDataFrame, table: str) -> gpd.GeoDataFrame:
    """Return the columns of a table, the nearest record first, and of those on the site the one that covers most."""
    covered = frame[["overlap_m2", "overlap_m"]].sum(axis=1)
    order = pd.DataFrame({"distance": frame["distance_m"], "covered": -covered, "id": frame.iloc[:, 0]})
    frame = frame.loc[order.sort_values(["distance", "covered", "id"], kind="stable").index]
    shapes = list(frame.geometry)
    return gpd.GeoDataFrame(conform(pd.DataFrame(frame), table), geometry=shapes, crs=frame.crs).reset_index(drop=True)


def _quarantined(
    rows: gpd.GeoDataFrame | None, site: Site, buffer_m: float, near_ids: set[str]
) -> tuple[gpd.GeoDataFrame, dict[str, int | None]]:
    """Return the rows set aside of a place or an area within reach, and count those that could lie anywhere.

    Such a row counts as a hazard unless it is sure to make none.
    """
    names = ("quarantined_near_count", "quarantined_without_place_count", "quarantined_elsewhere_count")
    if rows is None or not len(rows):
        empty = gpd.GeoDataFrame(conform(pd.DataFrame(), "site_quarantined"), geometry=[], crs=site.frame.crs)
        return empty, dict.fromkeys(names, None if rows is None else 0)
    given = repaired(shapely.force_2d(rows.geometry.to_numpy()))
    placed = has_finite_coordinates(given) & ~shapely.is_missing(given) & ~shapely.is_empty(given)
    shapes = transform(keep_where(given, placed), require_crs(rows, "quarantine"), site.frame.crs)
    said = pd.DataFrame(rows).reindex(columns=["accuracy_m", "reported_area_m2"]).apply(pd.to_numeric, errors="coerce")
    reach_m = buffer_m + slack_of(said["accuracy_m"], said["reported_area_m2"], shapes)
    distance, _ = site.distances(shapes, float(reach_m.max()))
    is_known = rows["area_id"].isin(near_ids).to_numpy(dtype=bool)
    is_near = in_reach(distance, reach_m) | is_known
    frame = conform(pd.DataFrame(rows), "site_quarantined")
    frame["distance_m"] = np.where(np.isfinite(distance), distance, np.nan)
    frame["is_alert"] = ~(is_known & rows["event"].isin(_HARMLESS).to_numpy())
    found = gpd.GeoDataFrame(frame, geometry=list(shapes), crs=site.frame.crs)[is_near]
    numbers = (is_near.sum(), (~placed & ~is_near).sum(), (placed & ~is_near).sum())
    found = found.sort_values("distance_m", kind="stable").reset_index(drop=True)
    return found, dict(zip(names, map(int, numbers), strict=True))


def _unplaced_accidents(events: gpd.GeoDataFrame) -> int:
    """Return how many accidents have no place, and belong to no area that has one."""
    if not events["event"].eq("accident").any():
        return 0
    events = events[is_standing(events)]
    is_accident = events["event"].eq("accident")
    shapes = events.geometry.to_numpy()
    placed = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    return int((is_accident & ~placed & ~events["area_id"].isin(events.loc[placed, "area_id"])).sum())


def _corridor(frame: gpd.GeoDataFrame, buffer_m: float) -> gpd.GeoDataFrame:
    """Return the land within the buffer, with round ends: for drawing, distances are measured without it."""
    plane = metric_crs(frame)
    whole = shapely.union_all(repaired(transform(frame.geometry.to_numpy(), frame.crs, plane)))
    around = shapely.buffer(whole, buffer_m, quad_segs=_ARC, cap_style="round", join_style="round")
    return gpd.GeoDataFrame(geometry=list(transform(np.array([around]), plane, frame.crs)), crs=frame.crs)
