"""An export of areas as they stand -> the events that a history lacks to stand there too."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from landrelease.cells import as_text, day_of
from landrelease.geometry import to_crs
from landrelease.registry.compare import compare_exports
from landrelease.registry.history import events_from_areas
from landrelease.tables import RELEASE_EVENTS, conform

__all__ = ["events_from_changes"]

_HAZARD = {"CHA": "confirmed"}
_NOTED = ("contamination_code", "blocked_resource_code", "intended_use_code", "admin_code", "operator", "accuracy_m")
"""Columns of an area that an event without land can change."""
_BEGUN = ("new", "renamed", "split", "merged")


def events_from_changes(
    known: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, *, as_of: Any
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the events by which areas came from one known state to that of an export, and the changes told.

    Parameters
    ----------
    known : GeoDataFrame
        Table `areas` as known before: `status_on(events, as_of)`; without rows, all areas are new.
    areas : GeoDataFrame
        Table `areas`: the export, in any CRS.
    as_of : date
        The day of the export.

    Returns
    -------
    events : GeoDataFrame
        Table `events` in the CRS of `known`.
    changes : GeoDataFrame
        As `compare_exports(known, areas)`.

    Raises
    ------
    CRSError, DataError
        As `compare_exports`.

    Notes
    -----
    An area that was not known is recorded as `events_from_areas` does. Of one that was: a release with its type is a
    release of the whole area; land that it holds hazardous and did not before is suspected or confirmed; another class
    is a suspicion or a confirmation; a released area that is hazardous again is reopened, under its own id. These are
    dated by the export, a release by its own date. Other columns that changed are noted.

    What would end a hazard without a release is no event: an id that is gone, a boundary that gives up land, a release
    without a type. That land stays hazardous, and `changes` tells of it.

    Examples
    --------
    >>> from shapely import box
    >>> known = gpd.GeoDataFrame({"area_id": ["A", "B"], "hazard_class": ["SHA", "SHA"], "status": ["open", "open"]},
    ...     geometry=[box(5e5, 0, 5e5 + 100, 100), box(6e5, 0, 6e5 + 100, 100)], crs=32630)
    >>> areas = known.assign(hazard_class=["CHA", "SHA"], status=["open", "released"], release_type=[None, "cancelled"])
    >>> events_from_changes(known, areas, as_of="2025-06-30")[0][["event_id", "event"]].values.tolist()
    [['A:confirmed:2025-06-30', 'confirmed'], ['B:cancelled:2025-06-30', 'cancelled']]
    >>> [len(frame) for frame in events_from_changes(known, known, as_of="2025-06-30")]
    [0, 0]
    """
    day = day_of("as_of", as_of)
    areas = to_crs(areas, known.crs, "areas")
    changes = compare_exports(known, areas)
    begun = changes.loc[changes["change_code"].isin(_BEGUN), "new"].dropna()
    ids = as_text(areas["area_id"])
    first = events_from_areas(areas[ids.isin(begun).to_numpy()], as_of=day)
    went_on = _went_on(changes, areas.assign(area_id=ids).set_index("area_id", drop=False), day)
    rows = pd.concat([pd.DataFrame(first), went_on], ignore_index=True) if len(went_on) else pd.DataFrame(first)
    return gpd.GeoDataFrame(conform(rows, "events"), geometry=rows["geometry"].to_numpy(), crs=known.crs), changes


def _went_on(changes: gpd.GeoDataFrame, areas: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return the events of areas that were known before."""
    code, column = changes["change_code"], changes["column"]
    now = areas.reindex(changes["area_id"].to_numpy())
    hazard = now["hazard_class"].map(_HAZARD).fillna("suspected") if "hazard_class" in now else "suspected"
    is_new_class = column.eq("hazard_class") & changes["new"].notna()
    is_new_land = code.isin(["grown", "moved"]) | (code.eq("filled") & column.eq("geometry"))
    kinds = np.select(
        [code.eq("released"), code.eq("unreleased"), is_new_class | is_new_land,
         column.isin(_NOTED) & changes["new"].notna()],
        [now.get("release_type", pd.Series(None, index=now.index, dtype="str")), "reopened", hazard, "noted"], "",
    )  # fmt: skip
    rows = changes.assign(event=kinds, released=_days(now, "release_date"))
    is_over = now.get("status", pd.Series(None, index=now.index)).isin(["released", "superseded"]).to_numpy()
    counts = rows["event"].ne("") & ~(rows["event"].isin(["suspected", "confirmed"]) & is_over)
    counts &= ~rows["event"].isin(["cancelled", "reduced", "cleared", "mixed"]) | rows["event"].isin(RELEASE_EVENTS)
    events = []
    for (area_id, event), several in rows[counts].groupby(["area_id", "event"], sort=True):
        one = areas.loc[[area_id]].iloc[0]
        changed = [name for name in several["column"] if name in _NOTED]
        date = several["released"].iloc[0] if event in RELEASE_EVENTS else day
        has_land = not (several["column"].eq("hazard_class").all() or event in (*RELEASE_EVENTS, "noted"))
        events.append(
            {"event_id": f"{area_id}:{event}:{day.date()}", "area_id": area_id, "event": event, "event_date": date,
               "date_precision": "unknown" if pd.isna(date) else "day", "recorded_at": day,
               "hazard_class": one.get("hazard_class"), "parent_id": area_id if event == "reopened" else None,
               "geometry": one["geometry"] if has_land else None}
            | {name: one.get(name) for name in changed}
        )  # fmt: skip
    return pd.DataFrame(events)


def _days(areas: pd.DataFrame, name: str) -> Any:
    return pd.to_datetime(areas[name]).to_numpy() if name in areas else pd.NaT
