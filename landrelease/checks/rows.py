"""What can be wrong with a row, by what its cells say together: one function for each table that has such rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.cells import days_between
from landrelease.checks.found import (
    as_dates,
    as_numbers,
    as_written,
    cells_of,
    problems_of,
)
from landrelease.errors import CRSError
from landrelease.geometry import geodesic_area_m2, has_finite_coordinates
from landrelease.tables import HAZARD_EVENTS, PART, RELEASE_EVENTS, Table

__all__ = ["row_problems"]


def row_problems(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    """Columns of one row that do not fit each other, and references to rows that are not there."""
    check = _ROW_CHECKS.get(table.name)
    return check(frame, table) if check is not None and len(frame) else []


def _area_rows(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    status, release_type = as_written(cells_of(frame, "status")), cells_of(frame, "release_type")
    bare = (status.eq("released") & release_type.isna()).to_numpy()
    message = "released without a release type: it counts as hazardous until the type is known"
    survey, release = (as_dates(cells_of(frame, name)) for name in ("survey_date", "release_date"))
    early = (release < survey).to_numpy()
    partly = status.eq("in_progress").to_numpy()
    return [
        problems_of(frame, table, np.flatnonzero(bare), "release_type", "R14", "", message),
        problems_of(frame, table, np.flatnonzero(partly), "status", "R14", "in_progress",
                    "a snapshot says not which part was released: all of it counts as hazardous"),
        problems_of(
            frame, table, np.flatnonzero(early), "release_date", "R14",
            release[early].dt.date.astype("str").tolist(), "released before it was recorded as hazardous",
        ),
    ]  # fmt: skip


def _event_rows(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    voids = as_written(cells_of(frame, "voids_event_id"))
    known = set(as_written(cells_of(frame, "event_id")).dropna())
    event = as_written(cells_of(frame, "event"))
    is_void = event.eq("void").to_numpy()
    lost = is_void & ~voids.isin(list(known)).to_numpy()
    parent = as_written(cells_of(frame, "parent_id"))
    areas = set(as_written(cells_of(frame, "area_id")).dropna())
    orphan = (parent.notna() & ~parent.isin(list(areas))).to_numpy()
    bare = (event.eq("reopened") & parent.isna()).to_numpy()
    area_id = as_written(cells_of(frame, "area_id"))
    own = (parent.notna() & parent.eq(area_id)).to_numpy()
    is_release = event.isin(RELEASE_EVENTS)
    recorded = set(area_id[event.isin([*HAZARD_EVENTS, "corrected"])].dropna())
    unheld = (is_release & area_id.notna() & ~area_id.isin(list(recorded))).to_numpy()
    unknown = (
        event.isin(["suspended", "split", "merged"]) & area_id.notna() & ~area_id.isin(list(recorded))
    ).to_numpy()
    when = pd.concat([cells_of(frame, name).notna() for name in ("event_date", "recorded_at")], axis=1).any(axis=1)
    never = (is_release & ~when).to_numpy()
    day = as_dates(cells_of(frame, "event_date"))
    first = day.where(event.isin(HAZARD_EVENTS)).groupby(area_id).transform("min")
    _, last = days_between(day, as_written(cells_of(frame, "date_precision")))
    early = (is_release & (last < first)).to_numpy()
    return [
        problems_of(frame, table, np.flatnonzero(unheld), "area_id", "R15", area_id[unheld].tolist(),
                  "released, but no record made the area hazardous: its land is in no account"),
        problems_of(frame, table, np.flatnonzero(unknown), "area_id", "R15", area_id[unknown].tolist(),
                  "no record made the area hazardous: it is on no list of areas"),
        problems_of(frame, table, np.flatnonzero(early), "event_date", "R14", day[early].dt.date.astype("str").tolist(),
                    "released before it was recorded as hazardous: releases nothing of what was recorded later"),
        *_outside_their_area(frame, table, event, area_id),
        *_parts_without_a_shape(frame, table, event, area_id),
        problems_of(frame, table, np.flatnonzero(never), "event_date", "R14", "",
                  "neither its date nor the day of its record (recorded_at) is known: the land stays hazardous"),
        problems_of(frame, table, np.flatnonzero(lost), "voids_event_id", "R15",
                  voids[lost].fillna("").tolist(), "no event has that id: nothing is undone"),
        problems_of(frame, table, np.flatnonzero(orphan), "parent_id", "R15",
                  parent[orphan].tolist(), "no event belongs to that area"),
        problems_of(frame, table, np.flatnonzero(own), "parent_id", "R14", parent[own].tolist(),
                  "the area names itself: it goes back to no other, and on in none"),
        problems_of(frame, table, np.flatnonzero(bare), "parent_id", "R14", "",
                  "reopened land should name the area that was released"),
    ]  # fmt: skip


def _parts_without_a_shape(
    frame: pd.DataFrame, table: Table, event: pd.Series, area_id: pd.Series
) -> list[pd.DataFrame]:
    """Tell releases without a shape that state less land than their area has: nobody knows which land they mean."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None or frame.crs is None:
        return []
    said = pd.Series(as_numbers(cells_of(frame, "reported_area_m2")), index=frame.index)
    bare = event.isin(RELEASE_EVENTS) & shapely.is_missing(frame.geometry.to_numpy()) & said.notna()
    makes = event.isin([*HAZARD_EVENTS, "corrected"])
    drawn = makes & area_id.isin(area_id[bare])
    # after a release with a shape, the rest is less than the area, and may be all of it
    drawn_parts = event.isin(RELEASE_EVENTS) & ~shapely.is_missing(frame.geometry.to_numpy())
    bare &= ~area_id.isin(area_id[drawn_parts])
    if not bare.any():
        return []
    shapes = frame.geometry.to_numpy()
    drawn &= np.isin(shapely.get_type_id(shapes), (3, 6)) & has_finite_coordinates(shapes)
    try:
        found = geodesic_area_m2(frame.geometry[drawn])
    except CRSError:  # told once, as R11
        found = np.full(int(drawn.sum()), np.nan)
    m2 = pd.Series(found, index=area_id[drawn].to_numpy()).groupby(level=0).min()
    of_area = said.where(makes).groupby(area_id).min().fillna(m2.reindex(area_id.dropna().unique()))
    whole = area_id.map(of_area).astype(float)
    rows = np.flatnonzero((bare & (said < PART * whole)).to_numpy())
    texts = [
        f"states {said.iloc[row]:,.0f} m2 of the {whole.iloc[row]:,.0f} m2 of its area and has no shape: which land is "
        f"not known, and it releases none"
        for row in rows
    ]
    return [problems_of(frame, table, rows, "geometry", "R14", "", texts)]


def _outside_their_area(frame: pd.DataFrame, table: Table, event: pd.Series, area_id: pd.Series) -> list[pd.DataFrame]:
    """Tell releases that lie for more than a hundredth outside their area, and new boundaries that lie elsewhere."""
    if not isinstance(frame, gpd.GeoDataFrame) or frame.active_geometry_name is None or frame.crs is None:
        return []
    shapes = frame.geometry.to_numpy()
    usable = np.isin(shapely.get_type_id(shapes), (3, 6)) & shapely.is_valid(shapes) & area_id.notna().to_numpy()
    hazards = np.flatnonzero(event.isin(HAZARD_EVENTS).to_numpy() & usable)
    redrawn = np.flatnonzero(event.eq("corrected").to_numpy() & usable)
    released = np.flatnonzero(event.isin(RELEASE_EVENTS).to_numpy() & usable)
    released, share = _share_outside(shapes, area_id, released, np.r_[hazards, redrawn])
    far = released[share > 0.01]
    m2 = share[share > 0.01] * geodesic_area_m2(frame.geometry.iloc[far])
    texts = [f"{one:,.0f} m2 of it lie outside the land on record for its area: they release nothing" for one in m2]
    redrawn, share = _share_outside(shapes, area_id, redrawn, hazards)
    away = redrawn[share == 1]
    message = "the new boundary lies wholly outside the land on record for its area: all of that ends with it"
    return [
        problems_of(frame, table, far, "geometry", "R14", "", texts),
        problems_of(frame, table, away, "geometry", "R14", "", message),
    ]


def _share_outside(
    shapes: np.ndarray[Any, Any], area_id: pd.Series, rows: np.ndarray[Any, Any], on_record: np.ndarray[Any, Any]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Return the rows whose area has land on record, and the share of each that lies outside it."""
    ids = area_id.to_numpy(dtype=object)
    asked = set(ids[rows])
    land: dict[Any, list[Any]] = {}
    for place in on_record:
        if ids[place] in asked:
            land.setdefault(ids[place], []).append(shapes[place])
    rows = np.array([place for place in rows if ids[place] in land], dtype=int)
    held = np.array([shapely.union_all(land[ids[place]]) for place in rows], dtype=object)
    with np.errstate(over="ignore", invalid="ignore"):  # what lies off the Earth is told as R11
        outside = shapely.area(shapely.difference(shapes[rows], held))
        return rows, outside / np.maximum(shapely.area(shapes[rows]), 1e-300)


def _follow_up_rows(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    neither = (cells_of(frame, "release_id").isna() & cells_of(frame, "area_id").isna()).to_numpy()
    use, reason = as_written(cells_of(frame, "use_code")), cells_of(frame, "reason_unused_code")
    productive = pd.Series(as_numbers(cells_of(frame, "productive_area_m2")), index=frame.index)
    idle = (use.eq("none") & (productive > 0)).to_numpy()
    odd = (use.notna() & use.ne("none") & reason.notna()).to_numpy()

    def told(mask: np.ndarray[Any, Any], column: str, message: str) -> pd.DataFrame:
        return problems_of(frame, table, np.flatnonzero(mask), column, "R14", "", message)

    return [
        told(neither, "release_id", "names no release and no area"),
        told(use.isna().to_numpy(), "use_code", "says nothing of the use: not counted"),
        told(idle, "productive_area_m2", "land in productive use, although the use is none: counts as unused"),
        told(odd, "reason_unused_code", "a reason why it is not used, although it is: counts as used"),
    ]


def _land_use_rows(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    undated = cells_of(frame, "observed_date").isna().to_numpy()
    message = "no date: can not count as evidence of use after a release"
    return [problems_of(frame, table, np.flatnonzero(undated), "observed_date", "R14", "", message)]


def _project_rows(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    start, end = (as_dates(cells_of(frame, name)) for name in ("start_date", "end_date"))
    back = (end < start).to_numpy()
    texts = end[back].dt.date.astype("str").tolist()
    return [problems_of(frame, table, np.flatnonzero(back), "end_date", "R14", texts, "ends before it starts")]


_ROW_CHECKS: dict[str, Callable[[pd.DataFrame, Table], list[pd.DataFrame]]] = {
    "areas": _area_rows,
    "events": _event_rows,
    "follow_ups": _follow_up_rows,
    "land_use": _land_use_rows,
    "projects": _project_rows,
}
