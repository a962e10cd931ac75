"""The records of a programme, folded: areas, releases, conflicts and the balance, and what of them counts nowhere."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely

from landrelease.cells import counted
from landrelease.geometry import geodesic_area_m2
from landrelease.job.inputs import Work, kept_apart
from landrelease.match.admin import assign_admin, finest_level
from landrelease.registry import conflicts_on, events_from_areas, land_balance, releases_from, status_on
from landrelease.registry.fold import fold
from landrelease.tables import NO_HAZARD, conform

__all__ = ["fold_records"]


def fold_records(work: Work) -> None:
    """Fold the events and snapshots into areas, releases, conflicts and the balance, as of the day of the programme."""
    frames, programme = work.frames, work.programme
    as_of = pd.Timestamp(programme.programme.as_of)
    parts = [conform(frames["events"], "events")] if "events" in frames else []
    crs = frames["events" if "events" in frames else "areas"].crs
    if "areas" in frames:
        areas = frames["areas"]
        if parts:  # what a snapshot calls hazardous is not released by another record's events
            areas = kept_apart(work, areas, "areas", parts[0]["area_id"], "the events")
        parts.append(conform(events_from_areas(areas, as_of=as_of), "events"))
    events = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=crs)
    if "admin_areas" in frames:
        events["admin_code"] = events["admin_code"].fillna(_unit_of(work, events))
        nowhere = events.loc[events["admin_code"].isna() & events.geometry.notna(), "area_id"].nunique()
        if nowhere:
            work.notes.append(
                f"{counted(nowhere, 'area lies', 'areas lie')} in no administrative unit: are their coordinates right?"
            )
    frames["events"] = events
    _say_what_seems_swapped(work)
    once = fold(events, as_of)
    frames["areas"] = status_on(once, as_of)
    frames["releases"] = releases_from(once, end=as_of)
    frames["conflicts"] = conflicts_on(once, as_of)
    _say_what_is_not_counted(work)
    if programme.balance is not None:
        end = pd.Timestamp(programme.balance.end)
        folded = once if end == as_of else events
        frames["balance"] = land_balance(folded, start=programme.balance.start, end=end, by=programme.balance.by)


_POINTS = ("projects", "accidents", "settlements", "samples")
_NEAR_DEGREES = 1.0
"""How far from the records a place may lie before it is asked whether its coordinates are swapped."""


def _say_what_seems_swapped(work: Work) -> None:
    """Ask of places that lie nowhere near the records, and would if longitude and latitude were exchanged."""
    records = work.frames["events"].geometry.dropna().to_crs("EPSG:4326").total_bounds
    low, high = records[:2] - _NEAR_DEGREES, records[2:] + _NEAR_DEGREES
    for name in _POINTS:
        layer = work.frames.get(name)
        if not isinstance(layer, gpd.GeoDataFrame) or layer.active_geometry_name is None or layer.crs is None:
            continue
        shapes = layer.geometry.to_crs("EPSG:4326").bounds
        place = (shapes[["minx", "miny"]].to_numpy() + shapes[["maxx", "maxy"]].to_numpy()) / 2
        is_near, is_near_swapped = (((one >= low) & (one <= high)).all(axis=1) for one in (place, place[:, ::-1]))
        count = int((~is_near & is_near_swapped).sum())
        if count:
            places = counted(count, "place lies", "places lie")
            work.notes.append(
                f"{name}: {places} far from the records, and among them if longitude and latitude are exchanged: are "
                "they swapped in the file?"
            )


def _unit_of(work: Work, events: gpd.GeoDataFrame) -> pd.Series:
    """Return for each event the unit that holds most of its area's land, or the point that is known of it."""
    admin_areas = work.frames["admin_areas"]
    placed = events[events.geometry.notna()].drop_duplicates("area_id")[["area_id", "geometry"]]
    parts = work.each("units", assign_admin, placed, {}, {"admin_areas": admin_areas}).dropna(subset="admin_code")
    bare = placed[placed.geometry.geom_type.isin(["Point", "MultiPoint", "LineString", "MultiLineString"])]
    within = bare.sjoin(finest_level(admin_areas)[["admin_code", "geometry"]], predicate="intersects")
    both = pd.concat([parts[["area_id", "admin_code"]], pd.DataFrame(within[["area_id", "admin_code"]])])
    units: pd.Series = (
        events["area_id"].map(both.drop_duplicates("area_id").set_index("area_id")["admin_code"]).astype("str")
    )
    return units


def _say_what_is_not_counted(work: Work) -> None:
    areas, conflicts, releases = work.frames["areas"], work.frames["conflicts"], work.frames["releases"]
    no_polygon = int(areas.loc[~areas["status"].isin(NO_HAZARD), "area_m2"].isna().sum())
    if no_polygon:
        have = counted(no_polygon, "hazardous area has", "hazardous areas have")
        work.notes.append(f"{have} no polygon: in no area figure, on the map only where a point is known.")
    if len(conflicts):
        # conflicts lie far from each other: what touches is joined, and no more
        union = gpd.GeoSeries([shapely.disjoint_subset_union_all(conflicts.geometry.to_numpy())], crs=conflicts.crs)
        m2 = float(geodesic_area_m2(union)[0])
        work.notes.append(
            f"{m2 / 1e6:.2f} km2 ({m2:,.0f} m2) are released by one record and held hazardous by another: "
            f"this land counts as hazardous."
        )
    undated = releases["release_date"].isna()
    if undated.any():
        have = counted(int(undated.sum()), "release has", "releases have")
        km2 = releases.loc[undated, "area_m2"].sum() / 1e6
        work.notes.append(
            f"{have} no date ({km2:,.2f} km2): the land is released, but it is in no year of the account."
        )
