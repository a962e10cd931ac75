"""What an attribution starts from: outcomes by year and area, when each was released, and from when it was exposed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landrelease.cells import as_text
from landrelease.checks.arguments import numbers, require_columns
from landrelease.errors import DataError, OptionError
from landrelease.geometry import require_crs
from landrelease.match.ids import id_column
from landrelease.match.nearby import check_distance, near_pairs

__all__ = ["Prepared", "prepare", "without_guard"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
NEVER = np.inf
ALWAYS = -np.inf


@dataclass(frozen=True)
class Prepared:
    """The areas in the order of `until`, the outcome a row a year.

    An area is a control of a year that is before `until`: before its own release and, with the guard, before the
    release of land near it. It is a released area of a base year that is before `exposed`.
    """

    years: Floats
    values: Floats
    released: Floats
    exposed: Floats
    until: Floats
    is_cancelled: Bools
    kind: npt.NDArray[np.object_]
    cluster: Ints
    cluster_count: int
    stratum: Ints
    group: Ints
    groups: list[str]
    only_never: bool
    excluded: dict[str, int]
    missing_share: float
    unplaced_count: int

    @property
    def is_released(self) -> Bools:
        """Which areas are released on a known date; cancelled ones never held what could be released."""
        return np.isfinite(self.released) & ~self.is_cancelled

    @property
    def pair(self) -> tuple[Ints, Ints, Ints]:
        """The pairs of group and stratum that there are: that of each area, the group and the stratum of each pair."""
        width = int(self.stratum.max(initial=0)) + 1
        found, pair = np.unique(self.group * width + self.stratum, return_inverse=True)
        return pair.astype(np.int64), found // width, found % width


def prepare(
    panel: pd.DataFrame,
    areas: pd.DataFrame,
    *,
    outcome: str,
    released: str,
    cluster: str,
    leave_out: str,
    match_by: Sequence[str],
    only_never: bool,
    buffer_m: float | None,
) -> Prepared:
    """Join the outcomes with the areas, and set aside what can not be compared, each with its reason."""
    owner = id_column(areas, "areas")
    named = list(dict.fromkeys((released, cluster, leave_out, *match_by)))
    require_columns(areas, "areas", named, error=OptionError)
    ids = as_text(areas[owner])
    _require_unique(ids, owner)
    year, is_dated = _release_years(areas, released)
    kind = as_text(areas["release_type"]) if "release_type" in areas else pd.Series("released", index=areas.index)
    is_cancelled = (kind == "cancelled").to_numpy(dtype=bool)
    years, values = _outcomes(panel, owner, ids, outcome)
    exposed, unplaced = np.full(len(areas), NEVER), np.zeros(len(areas), dtype=bool)
    if buffer_m is not None:
        exposed, unplaced = _exposed_from(areas, np.where(is_cancelled, NEVER, year), buffer_m)
    reasons = _set_aside(areas, year, is_dated, kind, [cluster, leave_out, *match_by], unplaced, values)
    kept = np.ones(len(areas), dtype=bool)
    excluded: dict[str, int] = {}
    for reason, wrong in reasons:
        excluded[reason] = int((wrong & kept).sum())
        kept &= ~wrong
    here = areas[kept]
    cluster_code, clusters = pd.factorize(as_text(here[cluster]), sort=True)
    group_code, groups = pd.factorize(as_text(here[leave_out]), sort=True)
    stratum = here.groupby(list(match_by), sort=True).ngroup().to_numpy() if match_by else np.zeros(len(here))
    found = Prepared(
        years=years, values=values[:, kept], released=year[kept], exposed=exposed[kept], until=year[kept],
        is_cancelled=is_cancelled[kept], kind=kind[kept].to_numpy(dtype=object),
        cluster=cluster_code.astype(np.int64), cluster_count=len(clusters), stratum=stratum.astype(np.int64),
        group=group_code.astype(np.int64), groups=[str(one) for one in groups], only_never=only_never,
        excluded={reason: count for reason, count in excluded.items() if count},
        missing_share=float(np.isnan(values).mean()) if values.size else np.nan,
        unplaced_count=int((unplaced & np.isfinite(year) & ~is_cancelled).sum()),
    )  # fmt: skip
    return _ordered(found)


def without_guard(found: Prepared) -> Prepared:
    """Return the same where land released nearby exposes nothing."""
    return _ordered(replace(found, exposed=np.full(len(found.exposed), NEVER)))


def _ordered(found: Prepared) -> Prepared:
    """Put the areas in the order of the year until which they are controls: those of a year are then a slice."""
    until = np.minimum(found.released, found.exposed)
    if found.only_never:
        until = np.where(np.isfinite(found.released), ALWAYS, until)
    until = np.where(found.is_cancelled, ALWAYS, until)
    order = np.argsort(until, kind="stable")
    names = ("released", "exposed", "is_cancelled", "kind", "cluster", "stratum", "group")
    moved: dict[str, Any] = {name: getattr(found, name)[order] for name in names}
    return replace(found, until=until[order], values=np.ascontiguousarray(found.values[:, order]), **moved)


def _require_unique(ids: pd.Series, owner: str) -> None:
    wrong = ids.isna() | ids.duplicated(keep=False)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"'areas' must have one row an area: {int(wrong.sum())} of {len(ids)} rows have no {owner} or one that "
            f"another row has, row {at} has {ids.iloc[at]!r}.\n  Fix: keep one row of each area."
        )


def _whole_years(values: pd.Series, what: str) -> Floats:
    years = numbers(values, what, low=-np.inf).to_numpy()
    wrong = ~np.isnan(years) & (years != np.round(years))
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"{what} must hold whole years: {int(wrong.sum())} of {len(values)} rows do not, row {at} has "
            f"{values.iloc[at]!r}.\n  Fix: give the calendar year."
        )
    return years


def _release_years(areas: pd.DataFrame, released: str) -> tuple[Floats, Bools]:
    """Return the year of release of each area, never where there is none, and which have one."""
    column = areas[released]
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        year = column.dt.year.to_numpy(dtype="float64", na_value=np.nan)
    else:
        year = _whole_years(column, f"column {released!r} of 'areas'")
    is_dated = ~np.isnan(year)
    if "status" in areas:
        # land released at an unknown time is near everything, always
        year = np.where(~is_dated & (as_text(areas["status"]) == "released").to_numpy(dtype=bool), ALWAYS, year)
    return np.where(np.isnan(year), NEVER, year), is_dated


def _outcomes(panel: pd.DataFrame, owner: str, ids: pd.Series, outcome: str) -> tuple[Floats, Floats]:
    """Return the years of the panel, and the outcome by year and area, NaN where there is none."""
    require_columns(panel, "panel", [owner, "year"])
    require_columns(panel, "panel", [outcome], error=OptionError)
    year = _whole_years(panel["year"], "column 'year' of 'panel'")
    area = pd.Index(ids).get_indexer(pd.Index(as_text(panel[owner])))
    told = panel[outcome]
    told = told.astype("Float64") if pd.api.types.is_bool_dtype(told.dtype) else told  # yes is 1, no 0
    told = numbers(told, f"column {outcome!r} of 'panel'", low=-np.inf)
    wrong = (area < 0) | np.isnan(year)
    if wrong.any():
        at = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"{int(wrong.sum())} of {len(panel)} rows of 'panel' have no year or no area of 'areas', row {at} has "
            f"{panel[owner].iloc[at]!r} in {panel['year'].iloc[at]}: whether it was released is not known.\n"
            "  Fix: add the areas, or leave these rows out."
        )
    years, at_year = np.unique(year, return_inverse=True)
    if len(years) < 2:
        raise DataError(
            f"'panel' must hold two years or more; it has {len(years)}.\n  Fix: add a year from before the releases."
        )
    place = at_year * len(ids) + area
    again = pd.Series(place).duplicated(keep=False).to_numpy()
    if again.any():
        at = int(np.flatnonzero(again)[0])
        raise DataError(
            f"'panel' must have one row an area and year: {int(again.sum())} of {len(panel)} rows share theirs, such "
            f"as {panel[owner].iloc[at]!r} in {year[at]:.0f}.\n  Fix: keep one of them, or their mean."
        )
    values = np.full(len(years) * len(ids), np.nan)
    values[place] = told.to_numpy()
    return years, values.reshape(len(years), len(ids))


def _set_aside(
    areas: pd.DataFrame, year: Floats, is_dated: Bools, kind: pd.Series, named: list[str], unplaced: Bools,
    values: Floats,
) -> list[tuple[str, Bools]]:  # fmt: skip
    """Return why areas can not be compared, the first reason first: nothing of them is guessed."""
    none = np.zeros(len(areas), dtype=bool)
    status = as_text(areas["status"]) if "status" in areas else None
    is_released = none if status is None else (status == "released").to_numpy(dtype=bool)
    is_superseded = none if status is None else (status == "superseded").to_numpy(dtype=bool)
    part = none if status is None else is_dated & ~is_released & ~status.isna().to_numpy()
    lacks = np.logical_or.reduce([as_text(areas[name]).isna().to_numpy() for name in dict.fromkeys(named)])
    return [
        ("superseded: its land goes on in other areas", is_superseded),
        ("released on an unknown date", is_released & ~is_dated),
        ("released in part", part),
        ("released without a release type: it may be cancelled", is_dated & kind.isna().to_numpy()),
        (f"no {' or '.join(dict.fromkeys(named))}", lacks),
        ("no geometry: what is near is not known", unplaced),
        ("no outcome in any year", np.isnan(values).all(axis=0)),
    ]


def _exposed_from(areas: pd.DataFrame, released: Floats, buffer_m: float) -> tuple[Floats, Bools]:
    """Return the first year in which other land within the distance is released, and which have no place."""
    check_distance(buffer_m, "buffer_m")
    if not isinstance(areas, gpd.GeoDataFrame):
        raise OptionError("buffer_m needs the places of the areas: 'areas' must be a GeoDataFrame. Fix: buffer_m=None")
    crs = require_crs(areas, "areas")
    shapes = areas.geometry.to_numpy()
    unplaced = cast(Bools, shapely.is_missing(shapes) | shapely.is_empty(shapes))
    exposed = np.full(len(areas), NEVER)
    for year in np.unique(released[released < NEVER]):
        layer = np.flatnonzero((released == year) & ~unplaced)
        rest = np.flatnonzero((exposed == NEVER) & ~unplaced)
        left, right, _ = near_pairs(shapes[rest], shapes[layer], crs, float(buffer_m), 2)
        is_other = rest[left] != layer[right]
        exposed[rest[left[is_other]]] = year
    return exposed, unplaced
