"""What the shapes of an export say of recorded land: what a release takes, what was given up, and what is new."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.geometry import transform
from landrelease.registry.compare import has_new_release
from landrelease.registry.exports import TOLERANCE_M, Exports, Mask, Rows, Shapes, lost
from landrelease.tables import HAZARD_EVENTS, RELEASE_EVENTS

__all__ = ["gained", "lost_by_release", "released"]


def _slack_m(both: Exports, pairs: Rows) -> Any:
    return np.fmin(both.before.slack_m[both.old[pairs]], both.after.slack_m[both.new[pairs]])


def _around(places: Shapes) -> Any:
    return shapely.buffer(places, TOLERANCE_M)


def released(both: Exports, pairs: Rows) -> tuple[Mask, Mask]:
    """Tell of which pairs a release takes any recorded land, and of which all."""
    before, after, one, two = both.before, both.after, both.old[pairs], both.new[pairs]
    was, now = before.shapes[one], after.shapes[two]
    is_land = before.is_land[one] & after.is_land[two]
    is_whole = shapely.is_missing(was) | shapely.is_missing(now) | (~is_land & shapely.covers(_around(now), was))
    is_some, slack_m = is_whole.copy(), _slack_m(both, pairs)[is_land]
    left = lost(was[is_land], now[is_land], slack_m)
    is_whole[is_land] = shapely.is_empty(left)
    is_some[is_land] = ~shapely.is_empty(lost(was[is_land], left, slack_m))
    counts, whole = np.zeros(len(both.old), bool), np.zeros(len(both.old), bool)
    counts[pairs], whole[pairs] = is_some, is_whole
    return counts, whole


def _drawn(both: Exports, which: Mask) -> Rows:
    """Return the pairs among some that have a polygon on both sides, and not the same one."""
    return np.flatnonzero(which & both.before.is_land[both.old] & both.after.is_land[both.new] & ~both.is_same)


def lost_by_release(both: Exports, which: Mask) -> Shapes:
    """Return the land that each pair lost to a dated release of a part; None where it did not."""
    now = both.after.rows.iloc[both.new]
    is_dated = now["release_type"].isin(RELEASE_EVENTS) & now["release_date"].notna()
    pairs = _drawn(both, which & has_new_release(both) & is_dated.to_numpy(dtype=bool))
    was, is_now, slack_m = (
        both.before.shapes[both.old[pairs]],
        both.after.shapes[both.new[pairs]],
        _slack_m(both, pairs),
    )
    less, more = lost(was, is_now, slack_m), lost(is_now, was, slack_m)
    result, shrank = np.full(len(both.old), None, dtype=object), ~shapely.is_empty(less) & shapely.is_empty(more)
    result[pairs[shrank]] = both.back(less[shrank])
    return result


def gained(both: Exports, record: gpd.GeoDataFrame, which: Mask) -> Shapes:
    """Return the shape of each pair that holds land or a place that is not on record; None of others."""
    before, after, old, new = both.before, both.after, both.old, both.new
    was, now = before.shapes[old], after.shapes[new]
    is_new = which & ~shapely.is_missing(now) & shapely.is_missing(was)
    drawn = _drawn(both, which)
    is_new[drawn] = ~shapely.is_empty(lost(now[drawn], was[drawn], _slack_m(both, drawn)))
    is_new |= which & ~before.is_land[old] & after.is_land[new]
    places = np.flatnonzero(which & ~after.is_land[new] & ~shapely.is_missing(now) & ~shapely.is_missing(was))
    is_new[places] = ~shapely.covers(_around(was[places]), now[places])
    result = np.full(len(old), None, dtype=object)
    result[is_new] = after.given[new[is_new]]
    # a place that is recorded anew would take the place of the old: both are hazardous
    both_places = is_new & ~before.is_land[old] & ~after.is_land[new] & ~shapely.is_missing(was)
    result[both_places] = shapely.union(before.given[old[both_places]], result[both_places])
    spots = record[record["event"].isin(HAZARD_EVENTS) & (shapely.get_dimensions(record.geometry) < 2)]
    on_record = pd.Series(_around(transform(spots.geometry.to_numpy(), spots.crs, both.plane)), index=spots["area_id"])
    for k in np.flatnonzero(is_new & before.is_land[old] & ~after.is_land[new]):
        here = on_record[on_record.index == before.ids[old[k]]]
        if shapely.covers(here.to_numpy(), now[k]).any():
            result[k] = None
    return result
