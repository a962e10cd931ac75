"""Two exports of the same register side by side: which rows are one area, and what land one has and the other lacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from landrelease.cells import as_text
from landrelease.checks import id_key
from landrelease.errors import DataError
from landrelease.geometry import (
    equal_area_crs,
    keep_where,
    planar_area,
    plane_polygons,
    polygonal,
    repaired,
    require_crs,
    transform,
)
from landrelease.registry.land import GRID_M, union
from landrelease.rules import require_valid
from landrelease.tables import CODES, NO_HAZARD, conform

__all__ = [
    "HAZARD",
    "NOTHING",
    "TOLERANCE_M",
    "UNTYPED",
    "Export",
    "Exports",
    "are_same",
    "lost",
    "touching",
    "wide",
    "without",
]

Shapes = npt.NDArray[Any]
Rows = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
Metres = npt.NDArray[np.float64]

TOLERANCE_M = 1.0
"""Land that is nowhere wider is a rounding or a reprojection. [m]"""
HAZARD, UNTYPED, NOTHING = 2, 1, 0
"""What is at stake on an area's land: "released" without a release type is not released, but says less than open."""


@dataclass(frozen=True)
class Export:
    """One export, sorted by id: `given` has its shapes in the CRS of the result, `shapes` in the plane.

    Of `shapes`, None is nowhere: no geometry, or an empty one. What is nowhere wider than `slack_m` is no land that
    an area gained or lost.
    """

    rows: pd.DataFrame
    ids: npt.NDArray[Any]
    key: pd.Index[Any]
    given: Shapes
    shapes: Shapes
    is_land: Mask
    stake: Rows
    is_release: Mask
    slack_m: Metres

    def cells(self, name: str) -> npt.NDArray[Any]:
        """Return a column as objects, missing as None."""
        values = self.rows[name]
        return values.astype(object).where(values.notna(), None).to_numpy()


@dataclass(frozen=True)
class Exports:
    """Two exports, and which rows of them are one area.

    `old` and `new` are the pairs of rows; `is_renamed` and `is_same` (the same polygon but for slivers) belong to
    them. `partner` is the new row of each old one, -1 where it is gone; `gone` and `added` are the rows without.
    """

    before: Export
    after: Export
    plane: CRS
    crs: CRS
    tolerance_m: float
    old: Rows
    new: Rows
    is_renamed: Mask
    is_same: Mask
    partner: Rows
    gone: Rows
    added: Rows

    @classmethod
    def of(cls, old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, tolerance_m: float) -> Exports:
        """Pair the rows with the same id; then those whose id is gone with a new one that has the same land."""
        crs, _ = require_crs(old, "old"), require_crs(new, "new")
        plane = equal_area_crs(old, new)
        before, after = (_export(one, what, plane, crs, tolerance_m) for one, what in ((old, "old"), (new, "new")))
        partner = np.asarray(after.key.get_indexer(before.key))
        is_gone = partner < 0
        added = np.setdiff1d(np.arange(len(after.key)), partner)
        one, two = touching(before, np.flatnonzero(is_gone & before.is_land), after, added[after.is_land[added]])
        same = _are_same_rows(before, one, after, two)
        taken: set[int] = set()
        for row, other in zip(one[same].tolist(), two[same].tolist(), strict=True):
            if partner[row] < 0 and other not in taken:
                partner[row] = other
                taken.add(other)
        rows = np.flatnonzero(partner >= 0)
        others = partner[rows]
        is_same = before.is_land[rows] & after.is_land[others]
        is_same[is_same] = _are_same_rows(before, rows[is_same], after, others[is_same])
        gone, added = np.flatnonzero(partner < 0), np.setdiff1d(added, others)
        return cls(before, after, plane, crs, tolerance_m, rows, others, is_gone[rows], is_same, partner, gone, added)

    @property
    def other_ids(self) -> npt.NDArray[Any]:
        """The id under which each pair goes on, None where it is the same."""
        return np.where(self.is_renamed, self.after.ids[self.new], np.array(None))

    def back(self, shapes: Shapes) -> Shapes:
        """Return shapes of the plane in the CRS of the result."""
        return repaired(transform(shapes, self.plane, self.crs))


def _export(frame: gpd.GeoDataFrame, what: str, plane: CRS, crs: CRS, tolerance_m: float) -> Export:
    try:
        require_valid(pd.DataFrame(frame[[name for name in ("area_id",) if name in frame]]), "areas")
    except DataError as error:
        raise DataError(f"'{what}': {error}\n  Or: {what}, set_aside = usable_rows({what}, 'areas')") from None
    given = gpd.GeoSeries(frame.geometry.to_numpy(), crs=frame.crs)
    rows = conform(pd.DataFrame(frame.drop(columns=frame.geometry.name)).reset_index(drop=True), "areas")
    rows["area_id"] = as_text(rows["area_id"])
    key = id_key(rows["area_id"])
    order = np.argsort(key.to_numpy(dtype=object), kind="stable")
    rows, given = rows.iloc[order].reset_index(drop=True), given.iloc[order].reset_index(drop=True)
    shapes = plane_polygons(gpd.GeoDataFrame(geometry=given), plane)
    is_land = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    is_place = ~is_land & ~shapely.is_missing(given) & ~shapely.is_empty(given.to_numpy())
    shapes = keep_where(shapes, is_land)
    shapes[is_place] = transform(given.to_numpy()[is_place], frame.crs, plane)
    is_said = rows["status"].eq("released").to_numpy(dtype=bool)
    is_typed = rows["release_type"].isin(list(CODES["release_type"])).to_numpy(dtype=bool)
    is_over = rows["status"].isin(NO_HAZARD).to_numpy(dtype=bool)
    stake = np.select([is_said & ~is_typed, is_over], [UNTYPED, NOTHING], HAZARD)
    with np.errstate(divide="ignore", invalid="ignore"):
        slack_m = np.fmin(tolerance_m, planar_area(shapes) / (2 * shapely.length(shapes)))
    slack_m = np.where(is_land, slack_m, tolerance_m)
    shown = repaired(transform(given.to_numpy(), frame.crs, crs))
    ids = rows["area_id"].to_numpy(dtype=object)
    return Export(rows, ids, pd.Index(key.iloc[order]), shown, shapes, is_land, stake, is_said & is_typed, slack_m)


def touching(first: Export, some: Rows, second: Export, others: Rows) -> tuple[Rows, Rows]:
    """Return the pairs of rows whose shapes touch, in order."""
    one, two = shapely.STRtree(second.shapes[others]).query(first.shapes[some], predicate="intersects")
    order = np.lexsort((two, one))
    return some[one[order]], others[two[order]]


def _are_same_rows(first: Export, one: Rows, second: Export, two: Rows) -> Mask:
    return are_same(first.shapes[one], second.shapes[two], np.fmin(first.slack_m[one], second.slack_m[two]))


def are_same(one: Shapes, two: Shapes, slack_m: Metres) -> Mask:
    """Tell which polygons differ by no more than slivers."""
    # where no corner moved by more than the slack, no sliver is wider: most shapes need no overlay
    same = shapely.equals_exact(shapely.normalize(one), shapely.normalize(two), slack_m)
    grown_m2 = np.abs(planar_area(one) - planar_area(two))
    rest = np.flatnonzero(~same & (grown_m2 <= slack_m * (shapely.length(one) + shapely.length(two))))
    one, two, slack_m = one[rest], two[rest], slack_m[rest]
    same[rest] = shapely.is_empty(lost(one, two, slack_m)) & shapely.is_empty(lost(two, one, slack_m))
    return np.asarray(same, dtype=bool)


def lost(one: Shapes, two: Shapes, slack_m: Metres) -> Shapes:
    """Return the land of the first polygons that the second lack, without slivers."""
    result = one.copy()
    cut = np.flatnonzero(shapely.intersects(one, two))
    left = polygonal(shapely.difference(one[cut], two[cut], grid_size=GRID_M))
    result[cut] = wide(left, slack_m[cut])
    return result


def wide(land: Shapes, slack_m: Metres) -> Shapes:
    """Return land without its slivers: around what an erosion by half the slack leaves, to the last corner."""
    core = shapely.buffer(land, -slack_m / 2, join_style="mitre")
    around = shapely.buffer(core, slack_m, join_style="mitre")
    result, cut = land.copy(), np.flatnonzero(~shapely.covers(around, land))
    result[cut] = polygonal(shapely.intersection(land[cut], around[cut]))
    return result


def without(whole: Export, one: Rows, part: Export, two: Rows) -> tuple[Rows, Shapes]:
    """Return the rows of `one`, each once, and what the shapes that `two` has for them leave of their land."""
    rows, starts = np.unique(one, return_index=True)
    held = np.array([union(part.shapes[several]) for several in np.split(two, starts[1:])] if len(rows) else [], object)
    return rows, polygonal(shapely.difference(whole.shapes[rows], held, grid_size=GRID_M))
