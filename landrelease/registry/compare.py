"""What two exports of the same register say differently, area by area: real systems overwrite without a trace."""

from __future__ import annotations

from numbers import Real
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from landrelease.cells import as_text
from landrelease.errors import OptionError
from landrelease.geometry import geodesic_area_m2, keep_where, planar_area, polygonal
from landrelease.registry.exports import (
    HAZARD,
    NOTHING,
    TOLERANCE_M,
    UNTYPED,
    Export,
    Exports,
    Mask,
    Metres,
    Rows,
    Shapes,
    are_same,
    lost,
    touching,
    wide,
    without,
)
from landrelease.registry.land import GRID_M
from landrelease.tables import CODES, TABLES, conform

__all__ = ["changes_of", "compare_exports", "has_new_release"]

_NOT_COMPARED = ("area_id", "area_m2", "area_before_m2", "source_id", "source_row", "read_findings", "geometry")
"""Columns that say how a row was read, and those that its id and shape speak for."""


def compare_exports(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, *, tolerance_m: float = TOLERANCE_M
) -> gpd.GeoDataFrame:
    """Compare two exports of areas: what was added, lost, redrawn, released, un-released or changed in between.

    Parameters
    ----------
    old, new : GeoDataFrame
        Table `areas`, in any CRS; the shapes of `new` are transformed. `status_on(events, date)` gives such a frame.
    tolerance_m : float
        Land gained or lost that is nowhere wider than this is a rounding or a reprojection, not a change. For areas
        whose mean width (2 area / perimeter) is below four times that, it is a quarter of that width. [m]

    Returns
    -------
    GeoDataFrame
        area_id, change_code, column, old, new, difference_m2, is_danger, other_area_id, message and the land concerned,
        in the CRS of `old`. One row a change; an area that did not change has none. What vanished first, then the
        largest. `describe("change_code")` explains the codes. [m2]

    Raises
    ------
    CRSError
        No CRS, or none that reaches the other to 10 m.
    DataError
        An area without an id, or two with the same: `usable_rows(frame, "areas")` gives them new ones.
    OptionError
        `tolerance_m` is not a positive number.

    Notes
    -----
    Areas are the same where their ids are (without regard to case and blanks), or where an id is gone and a new one
    has the same land (renamed). Only the columns that the table declares are compared; `area_m2` follows from the
    shape. A split or a merger is told where several areas lie mostly in one and hold most of it.

    **vanished**, the only change with `is_danger`: land that an area held hazardous in `old` and that in `new` no area
    holds hazardous and no release names. A release names the land of its own area, or that of an id that `old` does
    not have; it needs a release type. An area that is still hazardous was released in part where its release type
    changed or its release date is later or was not known. Of an area without a polygon the reported area speaks.
    Rows of overlapping areas may name the same land; what vanished in all is their union.

    IMSMA NG ignores an update whose date of information is not later than the last one: where a date moved backwards
    or other columns changed under an unchanged date, one of the exports may hold what the other never took in.

    Examples
    --------
    >>> old = gpd.GeoDataFrame({"area_id": ["A", "B"], "status": ["open", "open"], "release_type": [None, None]},
    ...     geometry=[shapely.box(5e5, 0, 5e5 + 100, 100), shapely.box(6e5, 0, 6e5 + 100, 100)], crs=32630)
    >>> new = old.iloc[[1]].assign(status="released", release_type="reduced")
    >>> compare_exports(old, new)[["area_id", "change_code", "column", "old", "new", "is_danger"]].values.tolist()
    [['A', 'vanished', 'geometry', 'open', nan, True], ['A', 'gone', 'area_id', 'A', nan, False],
     ['B', 'released', 'status', 'open', 'released', False], ['B', 'filled', 'release_type', nan, 'reduced', False]]
    >>> len(compare_exports(old, old))
    0
    >>> compare_exports(old.iloc[:0], new)["change_code"].tolist()
    ['new']
    """
    if not isinstance(tolerance_m, Real) or not 0 < tolerance_m < np.inf:
        raise OptionError(f"tolerance_m must be a positive number of metres; got {tolerance_m!r}")
    return changes_of(Exports.of(old, new, tolerance_m))


def changes_of(both: Exports) -> gpd.GeoDataFrame:
    """Return what `compare_exports` tells of two exports."""
    return _in_order([*_id_changes(both), *_cell_changes(both), *_shape_changes(both), _vanished(both)], both.crs)


def _changes(code: str, column: str, area_id: Any, land: Shapes, message: Any, **others: Any) -> pd.DataFrame:
    """Return changes of one kind; `sign` says that the land was gained (1) or lost (-1)."""
    said = {"old": None, "new": None, "other_area_id": None, "sign": np.nan, "difference_m2": np.nan} | others
    columns = {"area_id": area_id, "change_code": code, "column": column, "message": message, **said}
    return pd.DataFrame({**columns, "geometry": pd.Series(list(land), dtype=object)})


def _id_changes(both: Exports) -> list[pd.DataFrame]:
    """Tell which ids are new, gone or go on under others."""
    before, after = both.before, both.after
    was_over, is_over = (side.cells("status") == "superseded" for side in (before, after))
    ended = np.r_[both.gone, both.old[is_over[both.new] & ~was_over[both.old]]]
    begun = np.r_[both.added, both.new[was_over[both.old] & ~is_over[both.new]]]
    renamed = both.old[both.is_renamed], both.new[both.is_renamed]
    split = _parts_of(before, ended, after, begun)
    merged = _parts_of(after, begun, before, ended)[::-1]
    gone = np.setdiff1d(both.gone, np.r_[split[0], merged[0]])
    added = np.setdiff1d(both.added, np.r_[split[1], merged[1]])

    def goes_on(code: str, rows: tuple[Rows, Rows], land: Shapes, message: str, sign: float) -> pd.DataFrame:
        was, now = before.ids[rows[0]], after.ids[rows[1]]
        return _changes(code, "area_id", was, land, message, old=was, new=now, other_area_id=now, sign=sign)

    def passed(rows: tuple[Rows, Rows]) -> Shapes:
        shared = shapely.intersection(before.shapes[rows[0]], after.shapes[rows[1]], grid_size=GRID_M)
        return both.back(polygonal(shared))

    return [
        goes_on("renamed", renamed, after.given[renamed[1]], "the same land under another id", np.nan),
        goes_on("split", split, passed(split), "goes on as several areas; this is what passed to one of them", -1.0),
        goes_on("merged", merged, passed(merged), "goes on with others in one area; this is what passed to it", -1.0),
        _changes("gone", "area_id", before.ids[gone], before.given[gone], "is not in the new export",
                 old=before.ids[gone], sign=-1.0),
        _changes("new", "area_id", after.ids[added], after.given[added], "was not in the old export",
                 new=after.ids[added], sign=1.0),
    ]  # fmt: skip


def _parts_of(whole: Export, some: Rows, part: Export, others: Rows) -> tuple[Rows, Rows]:
    """Return the pairs of an area and each of the several that lie mostly in it and together hold most of it."""
    one, two = touching(whole, some[whole.is_land[some]], part, others[part.is_land[others]])
    shared_m2 = planar_area(shapely.intersection(whole.shapes[one], part.shapes[two], grid_size=GRID_M))
    inside = shared_m2 > planar_area(part.shapes[two]) * (0.5 + 1e-6)  # a half is not most, wherever the plane lies
    one, two = one[inside], two[inside]
    wholes, left = without(whole, one, part, two)
    is_held = planar_area(left) < planar_area(whole.shapes[wholes]) * (0.5 - 1e-6)
    is_several = np.bincount(one, minlength=len(whole.key))[wholes] > 1
    kept = np.isin(one, wholes[is_held & is_several])
    return one[kept], two[kept]


def _cell_changes(both: Exports) -> list[pd.DataFrame]:
    """Tell which cells say something else, column by column."""
    was, now, others = both.before.ids[both.old], both.after.ids[both.new], both.other_ids
    is_respelled = ~both.is_renamed & (was != now)
    was, now, land = (values[is_respelled] for values in (was, now, both.after.given[both.new]))
    parts = [_changes("changed", "area_id", was, land, "area_id: spelled in another way", old=was, new=now)]
    for column in TABLES["areas"].columns:
        if column.name in _NOT_COMPARED:
            continue
        old = both.before.rows[column.name].iloc[both.old].reset_index(drop=True)
        new = both.after.rows[column.name].iloc[both.new].reset_index(drop=True)
        is_equal = np.isclose(old, new, rtol=1e-9, atol=0) if column.kind == "number" else old.eq(new)
        differs = ~np.asarray(is_equal | (old.isna() & new.isna()), dtype=bool)
        old, new, before, after = old[differs], new[differs], both.old[differs], both.new[differs]
        codes = _codes_of(column.name, column.kind, old, new, both.after.is_release[after])
        is_end = np.isin(codes, ["released", "untyped_release"]) & (both.before.stake[before] > NOTHING)
        found = _changes(
            "", column.name, both.before.ids[before],
            np.where(is_end, both.before.given[before], both.after.given[after]),
            [f"{column.name}: {CODES['change_code'][code]}" for code in codes],
            old=_written(old), new=_written(new), other_area_id=others[differs],
            sign=np.select([is_end, codes == "unreleased"], [-1.0, 1.0], np.nan),
        )  # fmt: skip
        found["change_code"] = codes
        if column.name == "reported_area_m2":
            found["difference_m2"] = (new - old).to_numpy()
        parts.append(found)
    return parts


def _codes_of(name: str, kind: str, old: pd.Series, new: pd.Series, is_release: Mask) -> npt.NDArray[Any]:
    """Return what kind of change it is from one value of a column to another."""
    cases: list[tuple[Any, str]] = []
    if name == "status":
        ended, reopened = new.eq("released"), old.eq("released") & ~new.eq("superseded")
        cases = [(ended & is_release, "released"), (ended, "untyped_release"), (reopened, "unreleased")]
    cases += [(old.isna(), "filled"), (new.isna(), "emptied")]
    if kind == "date":
        cases += [(old > new, "date_back"), (old < new, "date_forward")]
    if name == "hazard_class":
        cases.append((old.eq("CHA") & new.eq("SHA"), "class_lowered"))
    otherwise = {"status": "status_changed", "hazard_class": "class_changed"}.get(name, "changed")
    return np.select([np.asarray(case, dtype=bool) for case, _ in cases], [code for _, code in cases], otherwise)


def _written(values: pd.Series) -> npt.NDArray[Any]:
    """Return values as text, missing as None."""
    is_date = pd.api.types.is_datetime64_any_dtype(values.dtype)
    text = values.dt.strftime("%Y-%m-%d") if is_date else as_text(values)
    return text.astype(object).where(text.notna(), None).to_numpy()


def _shape_changes(both: Exports) -> list[pd.DataFrame]:
    """Tell which areas were redrawn or moved, and which gained or lost their shape."""
    before, after, old, new = both.before, both.after, both.old, both.new
    was, now = before.shapes[old], after.shapes[new]
    was_land, is_land = before.is_land[old], after.is_land[new]
    drawn = np.flatnonzero(was_land & is_land & ~both.is_same)
    slack_m = np.fmin(before.slack_m[old[drawn]], after.slack_m[new[drawn]])
    less, more = lost(was[drawn], now[drawn], slack_m), lost(now[drawn], was[drawn], slack_m)
    away_m, is_moved = _moved(was[drawn], now[drawn], slack_m)
    is_less, is_more = ~shapely.is_empty(less), ~shapely.is_empty(more)
    is_moved &= is_less & is_more
    is_less, is_more = is_less & ~is_moved, is_more & ~is_moved
    placed = np.flatnonzero(~was_land & ~is_land & ~shapely.is_missing(was) & ~shapely.is_missing(now))
    placed = placed[shapely.hausdorff_distance(was[placed], now[placed]) > both.tolerance_m]
    # where nothing is hazardous any more, an empty shape says so: that is no change of its own
    was_over = shapely.is_empty(before.given[old]) & (before.stake[old] < HAZARD)
    is_over = shapely.is_empty(after.given[new]) & (after.stake[new] < HAZARD)
    has_less = ~shapely.is_missing(was) & (shapely.is_missing(now) | (was_land & ~is_land))
    has_more = ~shapely.is_missing(now) & (shapely.is_missing(was) | (is_land & ~was_land))
    emptied, filled = np.flatnonzero(has_less & ~is_over), np.flatnonzero(has_more & ~was_over)
    meaning = CODES["change_code"]
    far = [f"the same shape, {metres:,.0f} m away; this is the land it left" for metres in away_m[is_moved]]
    return [
        _redrawn(both, "shrunk", drawn[is_less], both.back(less[is_less]), meaning["shrunk"], -1.0),
        _redrawn(both, "grown", drawn[is_more], both.back(more[is_more]), meaning["grown"], 1.0),
        _redrawn(both, "moved", drawn[is_moved], both.back(less[is_moved]), far, -1.0),
        _redrawn(both, "moved", placed, after.given[new[placed]], "the place moved", np.nan),
        _redrawn(both, "emptied", emptied, before.given[old[emptied]], f"geometry: {meaning['emptied']}", -1.0),
        _redrawn(both, "filled", filled, after.given[new[filled]], f"geometry: {meaning['filled']}", 1.0),
    ]


def _redrawn(both: Exports, code: str, pairs: Rows, land: Shapes, message: Any, sign: float) -> pd.DataFrame:
    """Return changes of the shape of pairs, with the m2 of the whole area before and now."""
    rows, others = both.old[pairs], both.new[pairs]
    was, now = (
        [None if np.isnan(m2) else f"{m2:.0f} m2" for m2 in geodesic_area_m2(gpd.GeoSeries(list(shapes), crs=both.crs))]
        for shapes in (both.before.given[rows], both.after.given[others])
    )
    return _changes(
        code, "geometry", both.before.ids[rows], land, message,
        old=was, new=now, sign=sign, other_area_id=both.other_ids[pairs],
    )  # fmt: skip


def _moved(one: Shapes, two: Shapes, slack_m: Metres) -> tuple[Metres, Mask]:
    """Return how far the centres of polygons lie apart, and whether they have the same shape. [m]"""
    step = shapely.get_coordinates(shapely.centroid(one)) - shapely.get_coordinates(shapely.centroid(two))
    coordinates, owner = shapely.get_coordinates(two, return_index=True)
    shifted = shapely.set_coordinates(two.copy(), coordinates + step[owner])
    return np.hypot(*step.T), are_same(one, shifted, slack_m)


def _vanished(both: Exports) -> pd.DataFrame:
    """Tell what was hazardous, and is neither held by an area now nor named by a release."""
    before, after, own = both.before, both.after, both.partner

    def now(values: npt.NDArray[Any], otherwise: Any) -> npt.NDArray[Any]:
        result = np.full(len(own), otherwise, dtype=values.dtype)
        result[both.old] = values[both.new]
        return result

    stake, is_release, is_land = now(after.stake, -1), now(after.is_release, False), now(after.is_land, False)
    is_partly, is_same = np.zeros(len(own), bool), np.zeros(len(own), bool)
    is_partly[both.old], is_same[both.old] = has_new_release(both), both.is_same
    is_kept = stake >= before.stake
    is_open = (before.stake > NOTHING) & ~is_partly & ~(is_release & ~is_land) & ~(is_same & (is_kept | is_release))
    left = _left(both, is_open)
    has_left = ~shapely.is_missing(left) & ~shapely.is_empty(left)
    is_nowhere = shapely.is_missing(before.shapes) & ~is_kept & ~is_release
    reported_m2 = before.rows["reported_area_m2"].to_numpy()
    fell_m2 = now(after.rows["reported_area_m2"].to_numpy(), np.nan) - reported_m2
    has_fallen = ~has_left & is_kept & ~before.is_land & ~is_land & (fell_m2 < 0)
    rows = np.flatnonzero(is_open & (has_left | is_nowhere | has_fallen))
    reason = np.select(
        [own < 0, has_fallen, is_release, stake == UNTYPED, ~is_kept, ~is_land],
        ["the id is gone", "the reported area fell", "its release covers other land",
         "it is said to be released without a release type", "it is superseded", "its polygon is gone"],
        "its boundary leaves it out",
    )[rows]  # fmt: skip
    others = np.full(len(own), None, dtype=object)
    others[both.old] = both.other_ids
    return _changes(
        "vanished", "geometry", before.ids[rows], both.back(left[rows]),
        [f"hazardous before; no area holds it now and no release names it: {why}" for why in reason],
        old=before.cells("status")[rows], new=now(after.cells("status"), None)[rows], other_area_id=others[rows],
        sign=np.where(before.is_land[rows], -1.0, np.nan),
        difference_m2=np.where(has_fallen, fell_m2, -reported_m2)[rows],
    )  # fmt: skip


def has_new_release(both: Exports) -> Mask:
    """Tell which pairs name a release of a part that the old export did not."""
    old, new = (
        side.rows.iloc[rows].reset_index(drop=True)
        for side, rows in ((both.before, both.old), (both.after, both.new))
    )  # fmt: skip
    is_later = (new["release_date"] > old["release_date"]) | (old["release_date"].isna() & new["release_date"].notna())
    is_other = new["release_type"].ne(old["release_type"])
    is_partial = ~new["status"].eq("released") & new["release_type"].isin(list(CODES["release_type"]))
    return np.asarray(is_partial & (is_later | is_other), dtype=bool)


def _left(both: Exports, is_open: Mask) -> Shapes:
    """Return what of the open shapes nothing explains; a point or a line is explained within the tolerance."""
    before, after = both.before, both.after
    is_added = np.isin(np.arange(len(after.key)), both.added)
    left = keep_where(before.shapes, is_open)
    known = np.flatnonzero(~shapely.is_missing(after.shapes))

    def explains(one: Rows, two: Rows) -> Mask:
        is_own = (both.partner[one] == two) | is_added[two]
        holds = (after.stake[two] >= before.stake[one]) & (after.is_land[two] | is_own)
        return np.asarray(holds | (after.is_release[two] & is_own), dtype=bool)

    one, two = touching(before, np.flatnonzero(is_open & before.is_land), after, known[after.is_land[known]])
    counts = explains(one, two)
    rows, rest = without(before, one[counts], after, two[counts])
    left[rows] = wide(rest, before.slack_m[rows])
    places = np.flatnonzero(is_open & ~before.is_land & ~shapely.is_missing(before.shapes))
    tree = shapely.STRtree(after.shapes[known])
    one, two = tree.query(before.shapes[places], predicate="dwithin", distance=both.tolerance_m)
    one, two = places[one], known[two]
    around = shapely.buffer(after.shapes[two], both.tolerance_m)
    left[one[explains(one, two) & shapely.covers(around, before.shapes[one])]] = None
    return left


def _in_order(parts: list[pd.DataFrame], crs: CRS) -> gpd.GeoDataFrame:
    """Put the changes together: what vanished first, then by m2."""
    rows = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    shapes = gpd.GeoSeries(rows["geometry"].to_numpy(dtype=object), crs=crs)
    signed = rows["sign"].notna().to_numpy(dtype=bool)
    rows.loc[signed, "difference_m2"] = geodesic_area_m2(shapes[signed]) * rows.loc[signed, "sign"]
    rows["is_danger"], rows["size_m2"] = rows["change_code"].eq("vanished"), rows["difference_m2"].abs()
    order = rows.sort_values(
        ["is_danger", "size_m2", "area_id", "change_code", "column", "other_area_id"],
        ascending=[False, False, True, True, True, True], kind="stable",
    ).index  # fmt: skip
    result = conform(pd.DataFrame(rows.drop(columns="geometry").loc[order]), "compare_exports")
    shapes = shapes.loc[order].reset_index(drop=True)
    return gpd.GeoDataFrame(result.reset_index(drop=True), geometry=shapes, crs=crs)
