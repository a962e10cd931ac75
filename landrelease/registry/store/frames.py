"""Rows of the log -> frames."""

from __future__ import annotations

import json
import re
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.registry.store.chain import AGAIN, LogRow, SetAside
from landrelease.tables import RESULTS, conform

__all__ = ["events_frame", "own_events", "set_aside_frame"]


def events_frame(rows: list[LogRow]) -> gpd.GeoDataFrame:
    """Return the table `events` of some rows, in EPSG:4326."""
    cells = pd.DataFrame(rows, columns=list(LogRow._fields))
    frame = cells.drop(columns=["payload", "geom", "given", "hash"])
    more = pd.DataFrame([json.loads(text) for text in cells["payload"]])
    frame = pd.concat([frame, more[[name for name in more if name not in frame]]], axis=1)
    for name in ("event_date", "recorded_at", "registered_at"):
        frame[name] = pd.to_datetime(frame[name], format="ISO8601").astype("datetime64[us]")
    frame["revision"] = frame["revision"].str.replace(rf"{AGAIN}.*$", "", regex=True)
    frame["revision"] = frame["revision"].where(frame["revision"].ne(""))
    return gpd.GeoDataFrame(conform(frame, "events"), geometry=_shapes(cells["geom"]), crs=4326)


def own_events(events: gpd.GeoDataFrame, rows: list[LogRow], source: str) -> gpd.GeoDataFrame:
    """Return the events of one source under its own area ids, and all voids: of other events they undo nothing."""
    mine = {row.event_id for row in rows if row.source == source or row.event == "void"}
    own = events[events["event_id"].isin(mine)]
    area_id = own["area_id"].str.replace(rf"~{re.escape(source)}~*$", "", regex=True)
    return own.assign(area_id=area_id)


def set_aside_frame(rows: list[SetAside]) -> gpd.GeoDataFrame:
    """Return rows that were not taken as a frame, in EPSG:4326."""
    cells = pd.DataFrame(rows, columns=list(SetAside._fields)).rename(columns={"source_event_id": "event_id"})
    said = [json.loads(row.payload) for row in rows]
    for name in ("reported_area_m2", "accuracy_m"):
        cells[name] = pd.to_numeric(pd.Series([one.get(name) for one in said], dtype=object), errors="coerce")
    names = [column.name for column in RESULTS["quarantine"].columns if column.name != "geometry"]
    return gpd.GeoDataFrame(conform(cells[names], "quarantine"), geometry=_shapes(cells["geom"]), crs=4326)


def _shapes(wkb: pd.Series) -> Any:
    return shapely.from_wkb(np.array([one if isinstance(one, bytes) else None for one in wkb], dtype=object))
