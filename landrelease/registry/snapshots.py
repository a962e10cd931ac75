"""An export of areas as they stand -> the events that a history lacks to stand there too."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.cells import as_text, day_of
from landrelease.geometry import to_crs
from landrelease.registry.compare import changes_of
from landrelease.registry.exports import HAZARD, NOTHING, TOLERANCE_M, Exports, Mask
from landrelease.registry.fold import typed_events, without_voided
from landrelease.registry.history import CARRIED, events_from_areas
from landrelease.registry.redrawn import gained, lost_by_release, released
from landrelease.tables import HAZARD_EVENTS, RELEASE_EVENTS, TABLES, conform

__all__ = ["events_from_changes"]

_NOTED = ("contamination_code", "blocked_resource_code", "intended_use_code", "admin_code", "operator", "accuracy_m")
"""Columns of an area that an event without land can change."""
_COLUMNS = [column.name for column in TABLES["events"].columns]


def events_from_changes(
    known: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, *, as_of: Any, record: gpd.GeoDataFrame | None = None
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
    record : GeoDataFrame, optional
        Table `events`: those that `known` was folded from. They tell when an area was last found hazardous and what
        is on record already; without them, the survey date of `known` does.

    Returns
    -------
    events : GeoDataFrame
        Table `events` in the CRS of `known`.
    changes : GeoDataFrame
        As `compare_exports(known, areas)`; the message says where a release is not taken because it is "mixed".

    Raises
    ------
    CRSError, DataError
        As `compare_exports`.

    Notes
    -----
    An area that was not known is recorded as `events_from_areas` does. Of one that was, under its recorded id:

    - A release with its type releases what the export draws of the area: all of it where the export covers the
      recorded land or draws nothing, nothing where it draws other land or only a point of it. An area that is still
      hazardous, draws less than before and names a new release with its date and type was released where it shrank.
    - Land or a place that it holds hazardous and did not before is suspected or confirmed, beside what is on record;
      another class is a suspicion or a confirmation. Land said to be released without a type, or "mixed", is hazardous.
    - A released or superseded area that is hazardous again is reopened, under its own id; suspended work is suspended.
    - A renamed or divided area is split, its new ids naming it as `parent_id`; one that went into another is merged.
      It gives up the land that these hold. One renamed and released at once is released under both ids.
    - Other columns that changed are noted. Each event carries what the export says of its area.

    Events are dated by the export, a release by its own date. A release that the record learns late counts from its
    own date, but not before what made the area hazardous on record: it gets that day instead (after a reopening, the
    day after; where it has no date then, that of the export), with `date_precision` "unknown".

    What would end a hazard without a release is no event: an id that is gone, a boundary that gives up land, a release
    without a type or "mixed". That land stays hazardous, and `changes` tells of it.

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
    both = Exports.of(known, areas, TOLERANCE_M)
    changes = changes_of(both)
    given = conform(pd.DataFrame(areas.drop(columns=areas.geometry.name)), "areas")
    given = given.assign(area_id=as_text(given["area_id"]), geometry=np.asarray(areas.geometry))
    given = given.set_index("area_id", drop=False)
    mixed = both.before.ids[both.old[both.after.cells("release_type")[both.new] == "mixed"]]
    is_mixed = changes["change_code"].eq("released") & changes["area_id"].isin(mixed)
    changes.loc[is_mixed, "message"] += "; not taken: mixed does not say which part, and it stays hazardous"
    lineage = changes[changes["change_code"].isin(["renamed", "split", "merged"])].drop_duplicates("area_id")
    record = without_voided(typed_events(_no_events(known) if record is None else record))
    rows = pd.DataFrame([*_went_on(both, given, record, day), *_ended(both, lineage, day)], columns=_COLUMNS)
    # a release on record that left land hazardous is not said twice; anything else that differs is for the caller
    rows = rows[~(rows["event"].isin(RELEASE_EVENTS) & rows["event_id"].isin(record["event_id"]))]
    found = pd.concat([part for part in (_begun(both, given, changes, day), rows) if len(part)] or [rows])
    found = conform(found.reset_index(drop=True), "events")
    return gpd.GeoDataFrame(found.drop(columns="geometry"), geometry=list(found["geometry"]), crs=known.crs), changes


def _no_events(known: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"event_id": [], "area_id": [], "event": []}, geometry=[], crs=known.crs)


def _begun(both: Exports, given: pd.DataFrame, changes: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return the events of areas that were not known, with what they go back to."""
    renamed = zip(both.old[both.is_renamed], both.new[both.is_renamed], strict=True)
    begun = given.loc[both.after.ids[np.sort(np.r_[both.added, both.new[both.is_renamed]])]]
    parents = changes[changes["change_code"].isin(["renamed", "split"])].drop_duplicates("new").set_index("new")
    begun = begun.assign(parent_id=begun["area_id"].map(parents["area_id"]).astype("str").fillna(begun["parent_id"]))
    for i, j in renamed:  # the same land but for slivers: what of the old is in these goes on too
        begun.at[both.after.ids[j], "geometry"] = shapely.union(both.before.given[i], both.after.given[j])
    frame = gpd.GeoDataFrame(begun.drop(columns="geometry"), geometry=list(begun["geometry"]), crs=both.crs)
    return pd.DataFrame(events_from_areas(frame, as_of=day))


def _ended(both: Exports, lineage: pd.DataFrame, day: pd.Timestamp) -> list[dict[str, Any]]:
    """Return the event by which each area goes on under other ids; a renamed one that is released does not."""
    over = both.after.ids[both.new[both.is_renamed & _is_released(both)]]
    going = lineage[~(lineage["change_code"].eq("renamed") & lineage["new"].isin(over))]
    return [
        _event(old, "merged", day, parent_id=new) if code == "merged" else _event(old, "split", day)
        for old, code, new in zip(going["area_id"], going["change_code"], going["new"], strict=True)
    ]


def _event(area_id: str, event: str, day: pd.Timestamp, **cells: Any) -> dict[str, Any]:
    said = {"event_date": day, "date_precision": "day", "geometry": None} | cells
    return said | {
        "event_id": f"{area_id}:{event}:{day.date()}", "area_id": area_id, "event": event, "recorded_at": day,
    }  # fmt: skip


def _is_released(both: Exports) -> Mask:
    """Tell which pairs are released now by a type that says how."""
    now = both.after.rows.iloc[both.new]
    return np.asarray(now["status"].eq("released") & now["release_type"].isin(RELEASE_EVENTS), dtype=bool)


def _went_on(both: Exports, given: pd.DataFrame, record: gpd.GeoDataFrame, day: pd.Timestamp) -> list[dict[str, Any]]:
    """Return the events of areas that were known before."""
    before, after, old, new = both.before, both.after, both.old, both.new
    is_open, is_over, is_own = before.stake[old] > NOTHING, _is_released(both), ~both.is_renamed
    was, now = (side.rows.iloc[rows].reset_index(drop=True) for side, rows in ((before, old), (after, new)))
    is_released, is_whole = released(both, np.flatnonzero(is_open & is_over))
    lost_land = lost_by_release(both, is_open & is_own)
    more = gained(both, record, is_open & is_own & ~is_over)
    is_part, is_more = ~shapely.is_missing(lost_land), ~shapely.is_missing(more)
    is_again = is_own & ~is_open & (after.stake[new] == HAZARD)
    is_class = is_own & is_open & ~is_over & now["hazard_class"].notna() & now["hazard_class"].ne(was["hazard_class"])
    is_hazard = np.asarray(is_more | is_class, dtype=bool)
    is_paused = is_own & now["status"].eq("suspended") & (was["status"].ne("suspended") | is_hazard | is_part)
    changed = now[list(_NOTED)].notna() & now[list(_NOTED)].ne(was[list(_NOTED)])
    is_noted = is_own & changed.any(axis=1) & ~is_hazard & ~is_again
    hazard_class = now["hazard_class"].fillna(was["hazard_class"])
    hazard = hazard_class.map({"CHA": "confirmed"}).fillna("suspected")
    date, precision = _release_days(was, now, record, day)
    events = []
    for k in np.flatnonzero(is_released | is_part | is_again | is_hazard | is_paused | is_noted):
        area_id, row = str(was["area_id"][k]), given.loc[now["area_id"][k]]
        cells = row[[*CARRIED, "status"]].to_dict() | {"hazard_class": hazard_class[k]}
        said = cells | {"event_date": date[k], "date_precision": precision[k]}
        if is_again[k]:
            events.append(_event(area_id, "reopened", day, **cells | {"parent_id": area_id}, geometry=row["geometry"]))
        if is_hazard[k]:
            events.append(_event(area_id, hazard[k], day, **cells, geometry=more[k]))
        if is_released[k]:
            land = None if is_whole[k] else row["geometry"]
            # what such a row reports may be what is left; the whole is released all the same
            whole = said | {"reported_area_m2": np.nan}
            events.append(_event(area_id, row["release_type"], day, **whole, geometry=land))
        if is_part[k]:
            events.append(_event(area_id, row["release_type"], day, **said, geometry=lost_land[k]))
        if is_paused[k]:
            events.append(_event(area_id, "suspended", day, **cells))
        if is_noted[k]:
            events.append(_event(area_id, "noted", day, **cells))
    return events


def _release_days(was: pd.DataFrame, now: pd.DataFrame, record: gpd.GeoDataFrame, day: pd.Timestamp) -> Any:
    """Return the day from which a release of each pair counts, and how well it is known."""
    hazards = record[record["event"].isin(HAZARD_EVENTS)]
    again = hazards["event"].eq("reopened")
    first = hazards["event_date"].dt.normalize() + pd.to_timedelta(again.astype("int64"), unit="D")
    last = first.groupby(hazards["area_id"]).max().reindex(was["area_id"]).reset_index(drop=True)
    first = last.fillna(was["survey_date"])
    own = now["release_date"].mask(now["release_date"] < first, first)
    own = own.mask(own.isna() & was["area_id"].isin(hazards.loc[again, "area_id"]), day)
    return own, np.where(now["release_date"].eq(own), "day", "unknown")
