"""The records around a site, folded once and measured against it."""

from __future__ import annotations

from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import Geod

from landrelease.cells import days_between
from landrelease.geometry import (
    equal_area_crs,
    geodesic_area_m2,
    has_finite_coordinates,
    keep_where,
    lon_lat,
    planar_area,
    polygonal,
    repaired,
    transform,
)
from landrelease.registry.fold import HAZARD_EVENTS, RELEASE_EVENTS, Fold, fold, rows_by_area, without_voided
from landrelease.registry.history import status_on
from landrelease.registry.land import EMPTY, union
from landrelease.registry.near import Site, in_reach, slack_of, without_needles
from landrelease.registry.releases import conflicts_on, releases_from
from landrelease.tables import NO_HAZARD, conform

__all__ = ["BOUNDING", "View"]

Shapes = npt.NDArray[Any]
_GEOD = Geod(ellps="WGS84")
_PLACING = (*HAZARD_EVENTS, "corrected")
BOUNDING = (*_PLACING, *RELEASE_EVENTS)
"""Kinds of event that change which land of an area is hazardous."""


class View:
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
        self._homes = _homes(self.folded, set(self._place_of_area))
        for area_id, homes in self._homes.items():
            self._place_of_area[area_id] = shapely.union_all([self._place_of_area[one] for one in homes])
            self.accuracy_m[area_id] = self.accuracy_m.reindex([area_id, *homes]).max()
        plane = self.folded.plane if len(self.folded.events) else equal_area_crs(site.frame)
        self.plane, (self.land, self.lines, self.points) = plane, site.on_plane(plane)

    def hazards(self) -> gpd.GeoDataFrame:
        """Return the areas within reach that are hazardous on the day."""
        loose = _loose_places(self.folded, self.typed)
        ids, is_loose = self.areas["area_id"], self.areas["area_id"].isin(loose.index)
        is_located = shapely.get_dimensions(self.areas.geometry.to_numpy()) == 2
        is_hazard = ~self.areas["status"].isin(NO_HAZARD)
        # an area has a row for its land, and one for the places that lie elsewhere
        rows = [np.flatnonzero(is_hazard & (is_located | ~is_loose)), np.flatnonzero(is_loose)]
        frame = self.areas.iloc[np.concatenate(rows)].reset_index(drop=True)
        is_loose, ids = frame.index >= len(rows[0]), frame["area_id"]
        frame["is_located"] = is_located[np.concatenate(rows)] & ~is_loose
        frame["area_m2"] = frame["area_m2"].where(frame["is_located"])
        frame["status"] = frame["status"].where(~frame["status"].isin(NO_HAZARD), "in_progress")
        places = loose.reindex(ids)
        cut = [self.left.get(area_id) for area_id in ids]
        land = _array([one if new is None else new for one, new in zip(frame.geometry, cut, strict=True)])
        shapes = np.where(is_loose, places["geometry"].to_numpy(), land)
        shapes = np.where(shapely.is_missing(shapes), self._places_of(ids), shapes)
        reported = self.areas.set_index("area_id")["reported_area_m2"]
        for area_id, homes in self._homes.items():
            reported[area_id] = reported.reindex([area_id, *homes]).max()
        accuracy = np.fmax(ids.map(self.accuracy_m), places["accuracy_m"].where(is_loose).to_numpy())
        size = np.fmax(ids.map(reported), places["reported_area_m2"].where(is_loose).to_numpy())
        frame = self._measured(frame, shapes, accuracy, size)
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
        starts, ends = days_between(frame["event_date"], frame["date_precision"])
        counts_from = starts.where(is_early, ends)
        learned = frame["recorded_at"].fillna(frame["registered_at"])
        frame["is_later"] = (counts_from.fillna(learned) > self.day) & ~known & ~is_undone
        never = frame["event"].isin(BOUNDING) & ~known & ~is_undone & ~frame["is_later"]
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
        first_day, _ = days_between(releases["event_date"], releases["date_precision"])
        _, last_day = days_between(accidents["event_date"], accidents["date_precision"])
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
            here = np.logical_or.reduce([shapely.intersects(shapes, one) for one in left])
            layer = union(shapes[here])
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
        homeless = self.areas.loc[~self.areas["status"].isin(NO_HAZARD), "area_id"]
        homes = transform(self._places_of(homeless[homeless.isin(self._homes)]), self.site.frame.crs, self.plane)
        hazardous = np.concatenate([hazardous, polygonal(repaired(homes))])
        ever = {id(one): one for one in (*self.folded.after, *self.folded.touched, *net)}
        return net, hazardous, _array(list(ever.values()))

    def _is_cut(self) -> npt.NDArray[np.bool_]:
        """Tell of which areas a part is left."""
        return self.folded.own_row[self.folded.last_rows()] < 0 if len(self.folded.events) else np.zeros(0, dtype=bool)

    def _left(self) -> dict[str, Any]:
        """Return what is left of the areas that were cut."""
        cut = np.flatnonzero(self._is_cut())
        shapes = self.folded.back(without_needles(self.folded.final()[cut])) if len(cut) else cut
        return dict(zip([self.folded.area_ids[area] for area in cut], shapes, strict=True))

    def _places_of(self, ids: pd.Series) -> Shapes:
        """Return all that was ever recorded of the place of each area."""
        return _array([self._place_of_area.get(one) for one in ids])

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
        land = polygonal(np.where(is_land, repaired(on_plane), EMPTY))
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
    redrawn = events["event"].eq("corrected") & ~shapely.is_missing(events.geometry.to_numpy())
    drawing = redrawn.groupby(events["area_id"]).cumsum()
    is_last = drawing.eq(drawing.groupby(events["area_id"]).transform("max"))
    said = events["accuracy_m"].where(is_last & events["event"].isin(BOUNDING))
    return cast(pd.Series, said.groupby(events["area_id"]).max())


def _union_by_area(ids: pd.Series, shapes: Shapes) -> dict[str, Any]:
    """Return all that was ever recorded of each area's place."""
    known = ~shapely.is_missing(shapes)
    by_area = pd.Series(shapes[known], index=ids[known].to_numpy()).groupby(level=0)
    return {str(area_id): shapely.union_all(several.to_numpy()) for area_id, several in by_area}


def _array(shapes: list[Any]) -> Shapes:
    result = np.empty(len(shapes), dtype=object)
    result[:] = shapes
    return result


def _homes(folded: Fold, placed: set[str]) -> dict[str, list[str]]:
    """Return the areas on whose land a hazard lies that has no place of its own: the nearest that it goes back to."""
    events = folded.events
    makes = events["event"].isin(_PLACING)
    own = set(events["area_id"][makes & ~shapely.is_missing(events.geometry.to_numpy())])
    links = events.loc[makes & events["parent_id"].notna(), ["area_id", "parent_id"]]
    parents = links.groupby("area_id")["parent_id"].agg(list).to_dict()
    result = {}
    for area_id in set(parents) - own:
        homes, queue, seen = [], list(parents[area_id]), {area_id}
        while queue:
            one = queue.pop()
            if one not in seen:
                seen.add(one)
                homes += [one] if one in placed else []
                queue += [] if one in placed else parents.get(one, [])
        if homes:
            result[area_id] = [*sorted(homes), *([area_id] if area_id in placed else [])]
    return result


def _loose_places(folded: Fold, typed: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return by area the points and lines of hazards that no later release of the area covers, nor land it still holds.

    A release covers what lies in its polygon, a split or a merger what lies in the land that it gives away, and a
    release of the whole area all. A reopening that may be the later of the two stands.
    """
    events = folded.events
    raw = dict(zip(typed["event_id"], typed.geometry, strict=True))
    given = _array([raw[event_id] for event_id in events["event_id"]])
    is_plain = np.isin(shapely.get_type_id(given), (-1, 3, 6)) & ~(shapely.area(given) == 0)
    is_asked = events["event"].isin(_PLACING).to_numpy() & ~is_plain
    bare = [_without_land(shape) if asked else given[:0] for shape, asked in zip(given, is_asked, strict=True)]
    has_place = np.array([len(parts) > 0 for parts in bare], dtype=bool)
    places: dict[str, Any] = {}
    for rows in rows_by_area(folded.area, len(folded.area_ids)) if has_place.any() else ():
        if has_place[rows].any():
            left = _walked(folded, rows, bare)
            land = folded.back(folded.after[rows[-1:]])[0]
            left = left if land is None else shapely.difference(left, land)
            left = left[~shapely.is_empty(left)]
            if len(left):
                places[folded.area_ids[int(folded.area[rows[0]])]] = shapely.union_all(left)
    said = events.loc[has_place].groupby("area_id")[["accuracy_m", "reported_area_m2"]].max()
    return gpd.GeoDataFrame(said.reindex(list(places)), geometry=list(places.values()), crs=events.crs)


def _walked(folded: Fold, rows: npt.NDArray[np.int64], bare: list[Shapes]) -> Shapes:
    """Return the places of an area that its events leave, applied one after the other."""
    given_away = folded.back(folded.touched[rows])
    left: list[tuple[Any, pd.Timestamp]] = []  # a place, and until when its reopening can have been
    ever: list[Any] = []
    for row, event, away in zip(rows, folded.events.iloc[rows].itertuples(), given_away, strict=True):
        kind, shape = event.event, event.geometry
        if kind in _PLACING:
            ever += list(bare[row])
            had_land = folded.before[row] is not None and not folded.before[row].is_empty
            is_back = shape is None and (kind == "reopened" or (kind != "corrected" and not left and not had_land))
            until = event.last_day if kind == "reopened" else pd.Timestamp.min
            left += [(place, until) for place in (ever if is_back else bare[row])]
        elif kind in (*RELEASE_EVENTS, "split", "merged"):
            is_whole = kind in RELEASE_EVENTS and shape is None and not folded.is_part[row]
            land = polygonal(_array([shape if kind in RELEASE_EVENTS else away]))[0]
            rest = [
                (place if until >= event.first_day else EMPTY if is_whole else _without(place, land), until)
                for place, until in left
            ]
            left = [(place, until) for place, until in rest if not place.is_empty]
    return _array([place for place, _ in left])


def _without(place: Any, land: Any) -> Any:
    return place if land is None or land.is_empty else shapely.difference(place, land)


def _without_land(shape: Any) -> Shapes:
    """Return the points and lines of a shape; a ring that is no polygon is a line."""
    parts: Shapes = _array([shape])
    while (shapely.get_type_id(parts) > 3).any():
        parts = shapely.get_parts(parts)
    flat = (shapely.get_dimensions(parts) == 2) & ~(shapely.area(parts) > 0)
    parts = np.where(flat, shapely.boundary(parts), parts)
    is_place = (shapely.get_dimensions(parts) < 2) & ~shapely.is_empty(parts) & has_finite_coordinates(parts)
    return np.asarray(parts[is_place])
