"""What of a registry lies within reach of a site: found quickly, measured truly, and with all that its state hangs on.

Only the events that could matter are folded; the rest of a registry is looked at by its envelopes alone.
"""

from __future__ import annotations

from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from landrelease.cells import as_text
from landrelease.errors import CRSError, DataError
from landrelease.geometry import check_crs, has_finite_coordinates, lon_lat, polygonal, repaired, to_crs, transform
from landrelease.match.nearby import near_pairs
from landrelease.registry.fold import HAZARD_EVENTS, without_voided
from landrelease.registry.land import STRIP_M
from landrelease.tables import CODES

__all__ = ["Site", "in_reach", "is_standing", "site_of", "slack_of", "surroundings", "without_needles"]

Shapes = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_DEGREE_M = 110_000.0
"""Less than the length of any degree of latitude, or of longitude at the equator. [m]"""
_NEEDLE_M = 1.0
"""What is thinner than a rounding and longer than this is no corner. [m]"""
_FURTHEST_M = 2e7
"""Half around the Earth. [m]"""
_STEP_M, _STEPS = 1_000.0, 16
"""Lines are cut into pieces of this many edges of this length at most. [m]"""


def in_reach(distance_m: Floats, reach_m: Floats | float) -> Flags:
    """Tell which distances lie within a reach; what the measurement itself may miss counts as within."""
    return np.asarray(distance_m <= np.asarray(reach_m) * (1 + 1e-4) + 0.01)


class Site:
    """A site in the CRS of the records: its features, and the pieces that distances are measured from."""

    def __init__(self, frame: gpd.GeoDataFrame, lost_count: int) -> None:
        self.frame = frame
        self.lost_count = lost_count
        self.pieces, self._owner = _pieces(frame)

    def distances(self, shapes: Shapes, within_m: float) -> tuple[Floats, npt.NDArray[Any]]:
        """Return for each shape the true distance to the site and the nearest feature's id; infinite if farther. [m]"""
        distance, feature = np.full(len(shapes), np.inf), np.full(len(shapes), None, dtype=object)
        if len(shapes):
            within_m = min(within_m * (1 + 1e-4) + 0.01, _FURTHEST_M)
            left, right, metres = near_pairs(self.pieces, shapes, self.frame.crs, within_m)
            order = np.argsort(-metres, kind="stable")  # the nearest is written last
            distance[right[order]] = metres[order]
            feature[right[order]] = self.frame["feature_id"].to_numpy()[self._owner[left[order]]]
        return distance, feature

    def on_plane(self, plane: CRS) -> tuple[Any, Any, Any]:
        """Return the polygons, the lines and the points of the site in a plane, each place once."""
        shapes = repaired(transform(self.frame.geometry.to_numpy(), self.frame.crs, plane))
        parts = shapely.get_parts(shapes)
        by_size = shapely.get_dimensions(parts)
        land, lines, points = (shapely.union_all(parts[by_size == size]) for size in (2, 1, 0))
        return land, lines, points


def site_of(geometry: gpd.GeoDataFrame | gpd.GeoSeries, crs: CRS) -> Site:
    """Return the site in the CRS of the records, without features that have no shape; raise where none has one."""
    if not isinstance(geometry, gpd.GeoDataFrame | gpd.GeoSeries):
        raise CRSError(
            f"A site must be a GeoDataFrame or a GeoSeries with a CRS; got {type(geometry).__name__}.\n"
            f"  Fix: geopandas.GeoSeries([shape], crs='EPSG:4326')"
        )
    given = geometry.geometry
    shapes = shapely.force_2d(given.to_numpy())
    known = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    wrong = int((known & ~has_finite_coordinates(shapes)).sum())
    if wrong or not known.any():
        what = f"{wrong} of its {len(shapes)} features have a coordinate that is no number" if wrong else "has no shape"
        raise DataError(f"The site can not be checked: {what}. Fix: give it the geometry of the plot or the road.")
    names = pd.Series([str(one) for one in given.index[known]], dtype="str")
    frame = gpd.GeoDataFrame({"feature_id": names}, geometry=list(repaired(shapes[known])), crs=geometry.crs)
    check_crs(frame, "site")
    return Site(to_crs(frame, crs, "site"), int((~known).sum()))


def _pieces(frame: gpd.GeoDataFrame) -> tuple[Shapes, npt.NDArray[np.int64]]:
    """Return the parts of all features, lines cut short: a long road is not near to all that its envelope holds."""
    parts, owner = shapely.get_parts(frame.geometry.to_numpy(), return_index=True)
    while (shapely.get_type_id(parts) > 3).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    unit = frame.crs.axis_info[0].unit_conversion_factor if frame.crs.axis_info else 1.0
    step = _STEP_M / _DEGREE_M if frame.crs.is_geographic else _STEP_M / unit
    pieces: list[Any] = []
    of_feature: list[int] = []
    for part, feature in zip(parts, owner.tolist(), strict=True):
        if shapely.get_dimensions(part) == 1:
            dense = shapely.get_coordinates(shapely.segmentize(part, step))
            cut = [shapely.LineString(dense[at : at + _STEPS + 1]) for at in range(0, len(dense) - 1, _STEPS)]
        else:
            cut = [part]
        pieces += cut
        of_feature += [feature] * len(cut)
    shapes = np.empty(len(pieces), dtype=object)
    shapes[:] = pieces
    return shapes, np.array(of_feature, dtype=np.int64)


def slack_of(accuracy_m: Any, reported_m2: Any, shapes: Shapes) -> Floats:
    """Return how much nearer than its shape a record may lie: its accuracy, and what a point says of its size. [m]"""
    accuracy = np.nan_to_num(np.asarray(accuracy_m, dtype=float), nan=0.0, posinf=_FURTHEST_M).clip(0, _FURTHEST_M)
    size = np.nan_to_num(np.asarray(reported_m2, dtype=float), nan=0.0, posinf=0.0).clip(0)
    return np.asarray(accuracy + np.where(shapely.get_dimensions(shapes) == 2, 0.0, np.sqrt(size / np.pi)))


def without_needles(shapes: Shapes) -> Shapes:
    """Return the polygons that are left of areas without the needles along edges that were cut.

    Where two edges coincide in the CRS of the records and not quite in the plane, an overlay leaves a needle, as thin
    as a hair and as long as the edge: a road across released land would meet it. What is wider than a rounding stays
    as it is, and so do sharp corners; a polygon that is nothing but a needle stays whole.

    Examples
    --------
    >>> needle = shapely.Polygon([(0, 0), (200, 0), (200, 100), (100, 100), (100, 0.001), (0, 0.001)])
    >>> without_needles(np.array([needle, None, shapely.box(0, 0, 100, 0.01)])).tolist()[0].bounds[0] > 99
    True
    """
    core = shapely.buffer(shapes, -STRIP_M / 2, join_style="mitre")
    thin, owner = shapely.get_parts(shapely.difference(shapes, shapely.buffer(core, 1.5 * STRIP_M)), return_index=True)
    is_needle = (shapely.length(thin) > 2 * _NEEDLE_M) & ~shapely.is_empty(core)[owner]
    result = np.array(shapes, dtype=object, copy=True)
    for one in np.unique(owner[is_needle]):
        result[one] = shapely.difference(shapes[one], shapely.union_all(thin[is_needle & (owner == one)]))
    return polygonal(result)


def is_standing(events: gpd.GeoDataFrame) -> Flags:
    """Tell which events nothing undoes."""
    names = ("event_id", "event", "voids_event_id")
    bare = pd.DataFrame({name: as_text(events[name]).to_numpy() if name in events else None for name in names})
    return np.isin(np.arange(len(bare)), without_voided(cast(gpd.GeoDataFrame, bare)).index)


def surroundings(events: gpd.GeoDataFrame, site: Site, buffer_m: float) -> tuple[Flags, Flags]:
    """Return the events that the answer hangs on, and those of hazards that could lie anywhere.

    The first are all events of areas that may lie within reach, of areas that share land with them, that they go
    back to or that lie somewhere on them, and all that undo events. The second are those of areas that no shape that
    stands says the place of.
    """
    ids = as_text(events["area_id"])
    shapes = events.geometry.to_numpy()
    degrees = lon_lat(shapes, events.crs)
    boxes = shapely.bounds(degrees)
    placed = np.isfinite(boxes).all(axis=1)
    kinds = as_text(events["event"])
    parents = as_text(events["parent_id"]) if "parent_id" in events else pd.Series(None, index=ids.index, dtype="str")
    # a hazard without a place lies on the land that it goes back to
    homes = parents.where(kinds.isin(HAZARD_EVENTS) & ~placed)
    near = _box_in_reach(boxes, _slack_by_area(events, homes.fillna(ids), shapes), site, buffer_m)
    is_void = kinds.eq("void").to_numpy()
    line = _with_company(ids, parents, homes, set(ids[kinds.isin(["split", "merged"])]), boxes, near)
    makes = kinds.isin([*HAZARD_EVENTS, "corrected"]).to_numpy()
    harmless = kinds.isin(set(CODES["event"]) - set(HAZARD_EVENTS)).to_numpy()
    lost = ids[~harmless & ~ids.isin(ids[makes & placed & is_standing(events)]).to_numpy()]
    is_lost = ids.isin(lost).to_numpy() | (is_void & bool(len(lost)))
    return ids.isin(line).to_numpy() | near | is_void, is_lost


def _slack_by_area(events: gpd.GeoDataFrame, ids: pd.Series, shapes: Shapes) -> Floats:
    """Return the most by which any record of each event's area may lie nearer than its shape. [m]"""
    said = []
    for name in ("accuracy_m", "reported_area_m2"):
        values = events[name] if name in events else pd.Series(np.nan, index=events.index)
        numbers = pd.to_numeric(values, errors="coerce").astype(float)
        said.append(numbers.groupby(ids.to_numpy()).transform("max").fillna(numbers))
    return slack_of(said[0], said[1], shapes)


def _box_in_reach(boxes: Floats, slack_m: Floats, site: Site, buffer_m: float) -> Flags:
    """Tell which envelopes, enlarged by more than the reach, meet the envelope of a piece of the site."""
    result = np.zeros(len(boxes), dtype=bool)
    known = np.flatnonzero(np.isfinite(boxes).all(axis=1))
    west, south, east, north = boxes[known].T
    reach = np.minimum((slack_m[known] + buffer_m) * 1.01 + 1, _FURTHEST_M)
    rise = reach / _DEGREE_M
    highest = np.minimum(np.maximum(np.abs(south), np.abs(north)) + rise, 89.9)
    wide = np.minimum(reach / (_DEGREE_M * np.cos(np.radians(highest))), 180.0)
    tree = shapely.STRtree(shapely.envelope(lon_lat(site.pieces, site.frame.crs)))
    for turn in (-360, 0, 360):  # the two sides of the antimeridian are neighbours
        some = np.flatnonzero((west - wide < -180) | (east + wide > 180)) if turn else np.arange(len(known))
        enlarged = shapely.box(
            (west - wide)[some] + turn, (south - rise)[some], (east + wide)[some] + turn, (north + rise)[some]
        )
        result[known[some[np.unique(tree.query(enlarged)[0])]]] = True
    return result


def _with_company(
    ids: pd.Series, parents: pd.Series, homes: pd.Series, passes_on: set[str], boxes: Floats, near: Flags
) -> set[str]:
    """Return the areas of the events near, those that ever share their land, and all that these go back to.

    What a split or a merger leaves hangs on what its neighbours hold, and so on; a release only on its own.
    """
    placed = np.flatnonzero(np.isfinite(boxes).all(axis=1))
    envelopes = shapely.box(*boxes[placed].T)
    line: set[str] = set()
    fresh = set(ids[near].dropna())
    asking = fresh
    while fresh:
        line |= fresh
        mine = ids.isin(fresh)
        found = set(parents[mine].dropna()) | set(ids[homes.isin(fresh)].dropna())
        asked = np.flatnonzero(ids.iloc[placed].isin(asking).to_numpy())
        if len(asked):
            tree = shapely.STRtree(envelopes[asked])
            touching = np.unique(tree.query(envelopes, predicate="intersects")[0])
            found |= set(ids.iloc[placed[touching]].dropna())
        fresh = found - line
        asking = fresh & passes_on
    return line
