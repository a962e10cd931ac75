"""What ever happened on a site and near it: recorded hazard, released with a history, or no record."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Protocol, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Geod

from landrelease.cells import day_of
from landrelease.errors import OptionError
from landrelease.geometry import (
    equal_area_crs,
    geodesic_area_m2,
    has_finite_coordinates,
    keep_where,
    lon_lat,
    metric_crs,
    planar_area,
    polygonal,
    repaired,
    require_crs,
    transform,
)
from landrelease.registry.fold import (
    EMPTY,
    HAZARD_EVENTS,
    RELEASE_EVENTS,
    Fold,
    as_known,
    fold,
    typed_events,
    union,
    without_voided,
)
from landrelease.registry.history import status_on
from landrelease.registry.near import Site, in_reach, site_of, slack_of, surroundings, without_needles
from landrelease.registry.releases import conflicts_on, releases_from
from landrelease.registry.site_words import sentences_of
from landrelease.rules import require_valid
from landrelease.tables import NO_HAZARD, conform

__all__ = ["Records", "SiteCheck", "check_site"]

Shapes = npt.NDArray[Any]
_GEOD = Geod(ellps="WGS84")
_ARC = 16
"""Edges of a quarter of a circle, where a corridor is drawn."""
_BOUNDING = (*HAZARD_EVENTS, *RELEASE_EVENTS, "corrected")
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

    `answer_code` is "recorded_hazard", "released_with_history" or "no_record"; `sentences` say it for a reader. `hazards`, `releases`,
    `accidents`, `other`, `conflicts`, `quarantined` are what was found within reach, the nearest first; `parts`
    splits the site by what is recorded of it. `site` are its features, `corridor` the land within `buffer_m` of
    them. A count that nobody can know is None. `head` names the state of the registry.
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
    record says anything of is a part of its own. A hazard without a polygon covers none of the site, however near.
    Where hazard and release meet, land is hazardous.

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
    lost = as_known(typed_events(events[is_lost]), known_on)
    view = _View(site, float(buffer_m), day, as_known(typed_events(events[is_chosen].reset_index(drop=True)), known_on))
    hazards, history = view.hazards(), view.history()
    accidents = view.alerted(history[history["event"].eq("accident") & history["is_counted"]])
    is_release = history["event"].isin(RELEASE_EVENTS) & history["is_counted"]
    releases = view.releases(history[is_release])
    other = history.drop(index=[*accidents.index, *releases.index])
    ids = {*history["area_id"], *hazards["area_id"]}
    quarantined, counts = _quarantined(set_aside, site, float(buffer_m), ids)
    lost = status_on(lost, day)
    lost = lost[~lost["status"].isin(NO_HAZARD) & ~lost["area_id"].isin(hazards["area_id"])]
    parts = view.parts()
    stray = other["event"].eq("suspended") & other["is_counted"] & ~other["area_id"].isin(view.areas["area_id"])
    is_hazard = len(hazards) or accidents["is_alert"].any() or quarantined["is_alert"].any() or stray.any()
    recorded = other["is_counted"] & other["event"].isin([*_BOUNDING, "split", "merged"])
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


class _View:
    """The events around a site, folded once, and measured against it."""

    def __init__(self, site: Site, buffer_m: float, day: pd.Timestamp, typed: gpd.GeoDataFrame) -> None:
        self.site, self.buffer_m, self.day, self.typed = site, buffer_m, day, typed
        self.folded = fold(typed, day)
        self.areas = status_on(self.folded, day)
        self.left = self._left()
        self.net = releases_from(self.folded, end=day)
        self.accuracy_m = _accuracy_by_area(self.folded)
        own = repaired(shapely.force_2d(self.typed.geometry.to_numpy()))
        self._own = keep_where(own, has_finite_coordinates(own) & ~shapely.is_empty(own))
        self._place_of_area = _union_by_area(self.typed["area_id"], self._own)
        plane = self.folded.plane if len(self.folded.events) else equal_area_crs(site.frame)
        self.plane, (self.land, self.lines, self.points) = plane, site.on_plane(plane)

    def hazards(self) -> gpd.GeoDataFrame:
        """Return the areas within reach that are hazardous on the day."""
        frame = self.areas[~self.areas["status"].isin(NO_HAZARD)].copy()
        ids = frame["area_id"]
        shapes = frame.geometry.to_numpy()
        frame["is_located"] = shapely.get_dimensions(shapes) == 2
        cut = [self.left.get(area_id) for area_id in ids]
        shapes = np.array([one if new is None else new for one, new in zip(shapes, cut, strict=True)], dtype=object)
        shapes = np.where(shapely.is_missing(shapes), self._places_of(ids), shapes)
        frame = self._measured(frame, shapes, ids.map(self.accuracy_m), frame["reported_area_m2"])
        frame.loc[~frame["is_located"], ["overlap_m2", "overlap_m"]] = np.nan
        first = self.folded.events[self.folded.events["event"].isin(HAZARD_EVENTS)].drop_duplicates("area_id")
        first = first.set_index("area_id").reindex(frame["area_id"])
        frame["survey_date"] = first["event_date"].to_numpy()
        frame["date_precision"] = first["date_precision"].to_numpy()
        return frame

    def history(self) -> gpd.GeoDataFrame:
        """Return every record whose place lies within reach, undone and later ones too, with a note."""
        frame = self.typed.copy()
        in_fold = pd.Series(range(len(self.folded.events)), index=self.folded.events["event_id"])
        position = frame["event_id"].map(in_fold)
        touched = self.folded.back(self.folded.touched)
        known = position.notna().to_numpy()
        of_fold = np.full(len(frame), None, dtype=object)
        of_fold[known] = touched[position[known].astype(int)]
        of_fold = keep_where(of_fold, ~shapely.is_empty(of_fold) & ~shapely.is_missing(of_fold))
        places = np.where(shapely.is_missing(self._own), of_fold, self._own)
        is_whole = shapely.is_missing(places)
        places = np.where(is_whole, self._places_of(frame["area_id"]), places)
        is_undone = ~frame["event_id"].isin(without_voided(frame)["event_id"])
        is_early = frame["event"].isin([*HAZARD_EVENTS, "accident", "noted"])
        starts = _first_day(frame["event_date"], frame["date_precision"])
        counts_from = starts.where(is_early, _last_day(frame["event_date"], frame["date_precision"]))
        learned = frame["recorded_at"].fillna(frame["registered_at"])
        frame["is_later"] = (counts_from.fillna(learned) > self.day) & ~known & ~is_undone
        never = frame["event"].isin(_BOUNDING) & ~known & ~is_undone & ~frame["is_later"]
        frame["is_counted"] = ~is_undone & ~frame["is_later"] & ~never
        frame["is_alert"] = False
        frame["note"] = np.select(
            [frame["event"].eq("void"), is_undone, frame["is_later"], never, starts.isna()],
            [("undoes " + frame["voids_event_id"].fillna("nothing")).to_numpy(dtype=object), "was undone",
             "after the day of this answer", "no date is known, and it does not count", "no date is known"],
            "",
        )  # fmt: skip
        own_accuracy = frame["accuracy_m"].where(~is_whole, frame["area_id"].map(self.accuracy_m))
        return self._measured(frame, places, own_accuracy, frame["reported_area_m2"])

    def releases(self, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Add to the releases what is left of them, and who holds their land hazardous again."""
        frame = frame.rename(columns={"event_id": "release_id", "event": "release_type", "event_date": "release_date"})
        frame.insert(0, "release_id", frame.pop("release_id"))
        net = self.net.set_index("release_id").reindex(frame["release_id"])
        for name in ("gross_m2", "area_m2", "conflict_m2", "handover_date"):
            frame[name] = net[name].to_numpy()
        again = self.folded.events[self.folded.events["event"].eq("reopened")]
        by = again.groupby("parent_id")["area_id"].agg(lambda ids: ", ".join(sorted(set(ids))))
        frame["reopened_by_ids"] = frame["area_id"].map(by)
        return frame

    def alerted(self, accidents: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        """Flag the accidents that no later release covers, unless their place is hazardous anyway."""
        accidents = accidents.copy()
        if not len(accidents):
            return accidents
        places = transform(accidents.geometry.to_numpy(), accidents.crs, self.plane)
        net, hazardous, ever = self._land()
        releases = self.typed.set_index("event_id").loc[self.net["release_id"]]
        first_day = _first_day(releases["event_date"], releases["date_precision"])
        last_day = _last_day(accidents["event_date"], accidents["date_precision"])
        alerts, notes = [], []
        for place, last, note in zip(places, last_day, accidents["note"], strict=True):
            covers = ~shapely.is_missing(net) & shapely.covers(net, place)
            later = covers & (first_day > last).to_numpy()
            is_alert = not (later.any() or shapely.intersects(hazardous, place).any())
            ids = ", ".join(self.net["release_id"][covers])
            why = f"in land that was released ({ids})" if ids else "in land that no release covers"
            if not ids and not shapely.intersects(ever, place).any():
                why = "no hazard is recorded around it"
            alerts.append(is_alert)
            notes.append("; ".join(one for one in (why if is_alert else "", note) if one))
        accidents["is_alert"], accidents["note"] = alerts, notes
        return accidents

    def conflicts(self) -> gpd.GeoDataFrame:
        """Return land within reach that one record releases and another holds hazardous."""
        frame = conflicts_on(self.folded, self.day).rename(columns={"overlap_m2": "conflict_m2"})
        accuracy = np.fmax(frame["area_id"].map(self.accuracy_m), frame["other_area_id"].map(self.accuracy_m))
        return self._measured(frame, frame.geometry.to_numpy(), accuracy, np.nan)

    def parts(self) -> pd.DataFrame:
        """Split the site by what is recorded of it; what comes first takes the land."""
        net, hazardous, ever = self._land()
        layers = {"hazardous": hazardous, "released": net, "withdrawn": ever}
        left = [self.land, self.lines, self.points]
        split: dict[str, list[Any]] = {}
        for state, shapes in layers.items():
            here = [shapely.intersects(shapes, one) for one in left]
            layer = union(shapes[np.logical_or.reduce(here)])
            split[state] = [shapely.intersection(one, layer) for one in left]
            left = [shapely.difference(one, layer) for one in left]
        split["no_record"] = left
        land = np.array([planar_area(np.array([one[0]]))[0] for one in split.values()])
        total = np.nansum(geodesic_area_m2(gpd.GeoSeries([self.land], crs=self.plane)))
        frame = pd.DataFrame({"state_code": list(split)})
        frame["site_m2"] = land / land.sum() * total if land.sum() else np.nan
        length = self._length_m(np.array([one[1] for one in split.values()], dtype=object))
        frame["site_m"] = length if length.sum() else np.nan
        count = [len(shapely.get_coordinates(one[2])) for one in split.values()]
        frame["site_count"] = count if sum(count) else None
        sizes = next((frame[name] for name in ("site_m2", "site_m", "site_count") if frame[name].notna().any()), land)
        frame["site_share"] = np.asarray(sizes, dtype=float) / np.sum(np.asarray(sizes, dtype=float))
        return conform(frame, "site_parts")

    def _land(self) -> tuple[Shapes, Shapes, Shapes]:
        """Return in the plane what was released for good, what is hazardous, and what ever was either."""
        net = repaired(transform(self.net.geometry.to_numpy(), self.net.crs, self.plane))
        hazardous = self.folded.final() if len(self.folded.events) else net[:0]
        hazardous = np.where(self._is_cut(), without_needles(hazardous), hazardous)
        ever = {id(one): one for one in (*self.folded.after, *self.folded.touched, *net)}
        everything = np.empty(len(ever), dtype=object)
        everything[:] = list(ever.values())
        return net, hazardous, everything

    def _is_cut(self) -> npt.NDArray[np.bool_]:
        """Tell of which areas a part is left."""
        return self.folded.own_row[self.folded.last_rows()] < 0 if len(self.folded.events) else np.zeros(0, dtype=bool)

    def _left(self) -> dict[str, Any]:
        """Return what is left of the areas that were cut."""
        cut = np.flatnonzero(self._is_cut())
        shapes = self.folded.back(without_needles(self.folded.final()[cut])) if len(cut) else []
        return {self.folded.area_ids[area]: shape for area, shape in zip(cut, shapes, strict=True)}

    def _places_of(self, ids: pd.Series) -> Shapes:
        """Return all that was ever recorded of the place of each area."""
        places = np.empty(len(ids), dtype=object)
        places[:] = [self._place_of_area.get(one) for one in ids]
        return places

    def _measured(self, frame: gpd.GeoDataFrame, shapes: Shapes, accuracy: Any, reported_m2: Any) -> gpd.GeoDataFrame:
        """Keep the rows within reach, with their distance, their accuracy and how much of the site they cover."""
        slack = slack_of(accuracy, reported_m2, shapes)
        distance, feature = self.site.distances(shapes, self.buffer_m + float(slack.max(initial=0.0)))
        frame = frame.set_geometry(gpd.GeoSeries(list(shapes), index=frame.index, crs=self.typed.crs))
        frame["distance_m"], frame["feature_id"] = distance, feature
        frame["accuracy_m"] = np.asarray(accuracy, dtype=float)
        frame = frame[in_reach(distance, self.buffer_m + slack)].copy()
        on_plane = transform(frame.geometry.to_numpy(), frame.crs, self.plane)
        is_land = shapely.get_dimensions(on_plane) == 2
        land = np.where(is_land, repaired(on_plane), EMPTY)
        covered = gpd.GeoSeries(list(polygonal(shapely.intersection(land, self.land))), crs=self.plane)
        has_land, has_lines = not shapely.is_empty(self.land), not shapely.is_empty(self.lines)
        frame["overlap_m2"] = geodesic_area_m2(covered) if has_land else np.nan
        frame["overlap_m"] = self._length_m(shapely.intersection(land, self.lines)) if has_lines else np.nan
        return frame

    def _length_m(self, lines: Shapes) -> npt.NDArray[np.float64]:
        """Return the geodesic length of lines of the plane. [m]"""
        parts, of_line = shapely.get_parts(lines, return_index=True)
        is_line = shapely.get_dimensions(parts) == 1
        parts, of_line = lon_lat(parts[is_line], self.plane), of_line[is_line]
        xy, owner = shapely.get_coordinates(parts, return_index=True)
        same = owner[1:] == owner[:-1]
        start, end = xy[:-1][same], xy[1:][same]
        metres = _GEOD.inv(start[:, 0], start[:, 1], end[:, 0], end[:, 1])[2] if len(start) else np.zeros(0)
        return np.bincount(of_line[owner[1:][same]], weights=metres, minlength=len(lines)).astype(float)


def _accuracy_by_area(folded: Fold) -> pd.Series:
    """Return the worst accuracy of the records that made each area's boundary since it was last redrawn. [m]"""
    events = folded.events
    redrawn = events["event"].eq("corrected") & events.geometry.notna()
    drawing = redrawn.groupby(events["area_id"]).cumsum()
    is_last = drawing.eq(drawing.groupby(events["area_id"]).transform("max"))
    said = events["accuracy_m"].where(is_last & events["event"].isin(_BOUNDING))
    return cast(pd.Series, said.groupby(events["area_id"]).max())


def _union_by_area(ids: pd.Series, shapes: Shapes) -> dict[str, Any]:
    """Return all that was ever recorded of each area's place."""
    known = ~shapely.is_missing(shapes)
    by_area = pd.Series(shapes[known], index=ids[known].to_numpy()).groupby(level=0)
    return {str(area_id): shapely.union_all(several.to_numpy()) for area_id, several in by_area}


def _first_day(dates: pd.Series, precision: pd.Series) -> pd.Series:
    month, year = dates.dt.to_period("M").dt.start_time, dates.dt.to_period("Y").dt.start_time
    return dates.mask(precision.eq("month"), month).mask(precision.eq("year"), year)


def _last_day(dates: pd.Series, precision: pd.Series) -> pd.Series:
    month, year = dates.dt.to_period("M").dt.end_time, dates.dt.to_period("Y").dt.end_time
    return dates.mask(precision.eq("month"), month).mask(precision.eq("year"), year)


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
    distance, _ = site.distances(shapes, buffer_m)
    is_known = rows["area_id"].isin(near_ids).to_numpy(dtype=bool)
    is_near = in_reach(distance, buffer_m) | is_known
    frame = conform(pd.DataFrame(rows), "site_quarantined")
    frame["distance_m"] = np.where(np.isfinite(distance), distance, np.nan)
    frame["is_alert"] = ~(is_known & rows["event"].isin(_HARMLESS).to_numpy())
    found = gpd.GeoDataFrame(frame, geometry=list(shapes), crs=site.frame.crs)[is_near]
    numbers = (is_near.sum(), (~placed & ~is_near).sum(), (placed & ~is_near).sum())
    found = found.sort_values("distance_m", kind="stable").reset_index(drop=True)
    return found, dict(zip(names, map(int, numbers), strict=True))


def _unplaced_accidents(events: gpd.GeoDataFrame) -> int:
    """Return how many accidents have no place, and belong to no area that has one."""
    is_accident = events["event"].eq("accident")
    if not is_accident.any():
        return 0
    placed = events.loc[events.geometry.notna(), "area_id"]
    return int((is_accident & events.geometry.isna() & ~events["area_id"].isin(placed)).sum())


def _corridor(frame: gpd.GeoDataFrame, buffer_m: float) -> gpd.GeoDataFrame:
    """Return the land within the buffer, with round ends: for drawing, distances are measured without it."""
    plane = metric_crs(frame)
    whole = shapely.union_all(repaired(transform(frame.geometry.to_numpy(), frame.crs, plane)))
    around = shapely.buffer(whole, buffer_m, quad_segs=_ARC, cap_style="round", join_style="round")
    return gpd.GeoDataFrame(geometry=list(transform(np.array([around]), plane, frame.crs)), crs=frame.crs)
