"""Which places of projects may be on which releases: in time, by sector, and how much of a project is there."""

from __future__ import annotations

from typing import NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.cells import as_days
from landrelease.match.projects.places import DAYS_A_MONTH, codes_of, column_of, place_kinds
from landrelease.match.projects.records import check_duplicates
from landrelease.match.projects.sectors import sector_shares
from landrelease.match.projects.shares import Pairs
from landrelease.tables import sector_group, use_group

__all__ = ["Chance", "Fit", "Found", "places_of", "sector_fit"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_KINDS = ("exact", "near", "unit", "none")
_USES = ("agriculture", "natural", "built")
"""Groups of use that a sector can serve; what serves a release of another group, or of none, is not known."""
_CLEARANCE = "15250"
"""DAC: removal of land mines and explosive remnants of war."""
_UNKNOWN_FIT = 0.5
"""How far a sector fits a use where that can not be said. [share]"""


def places_of(projects: pd.DataFrame, duplicates: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the places that count, one row each, and the projects: those that are counted by themselves.

    Of several records of a project the places of that which stands for it count; the budget is the largest of them.
    """
    ids = codes_of(projects, "project_id")
    records = pd.Index(ids.unique())
    counted_as = check_duplicates(duplicates, records)
    stands = records.to_series().mask(records.isin(counted_as.dropna().index), counted_as.reindex(records))
    totals = pd.DataFrame({"project_id": records[(stands == records).to_numpy()].astype("str")})
    number = pd.Series(np.arange(len(totals)), index=totals["project_id"])
    of_rows = ids.map(stands).map(number).to_numpy(np.int64)
    kind = pd.Series(place_kinds(projects)).map({kind: i for i, kind in enumerate(_KINDS)})
    has_shape = ~projects.geometry.isna() if isinstance(projects, gpd.GeoDataFrame) else False
    named = pd.concat([codes_of(projects, name).notna() for name in ("admin_code", "location_name")], axis=1).any(
        axis=1
    )
    frame = pd.DataFrame({
        "row": np.arange(len(projects)), "project": of_rows, "rank": kind.to_numpy(),
        "kind": np.array(_KINDS, dtype=object)[kind], "is_named": (named | has_shape).to_numpy(),
        "admin_code": codes_of(projects, "admin_code").to_numpy(),
        "precision": codes_of(projects, "location_precision_code").to_numpy(),
        "location_id": codes_of(projects, "location_id").to_numpy(),
        "is_cancelled": codes_of(projects, "status").eq("cancelled").to_numpy(),
    })  # fmt: skip
    budget = column_of(projects, "budget_usd").astype("float64")
    totals["budget_usd"] = budget.groupby(of_rows).max().reindex(totals.index)
    totals["record_count"] = stands.map(number).value_counts().reindex(totals.index).to_numpy()
    totals["is_counted_elsewhere"] = totals["project_id"].isin(counted_as.index)
    own = frame[ids.isin(totals["project_id"]).to_numpy()].sort_values(["rank", "row"])
    own = own[~(own.duplicated(["project", "location_id"]) & own["location_id"].notna())].sort_values("row")
    by_project = own.groupby("project")
    own["part"] = 1.0 / by_project["row"].transform("size")
    totals["location_count"] = by_project["is_named"].sum().reindex(totals.index, fill_value=0)
    totals["is_cancelled"] = by_project["is_cancelled"].all().reindex(totals.index, fill_value=False)
    return own.reset_index(drop=True), totals


class Fit(NamedTuple):
    """How far the sectors of each project fit the use of a release; the last column is of a use that is not known."""

    of_use: Floats
    on_site: Floats
    unknown_count: int


def sector_fit(projects: pd.DataFrame, ids: pd.Index) -> Fit:
    """Return the share of the sectors of each project that serves each group of use, half of what is not known."""
    shares = sector_shares(projects).dropna(subset="sector_share")
    project = ids.get_indexer(pd.Index(shares["project_id"]))
    serves = sector_group(shares["sector_code"])
    clears = shares["sector_code"].str.startswith(_CLEARANCE).to_numpy()
    share = shares["sector_share"].to_numpy()

    def part(mask: Flags) -> Floats:
        return np.bincount(project[mask], share[mask], minlength=len(ids)).astype(np.float64)

    known = np.column_stack([part(serves.eq(group).to_numpy() & ~clears) for group in _USES])
    clearance = part(clears)
    rest = np.clip(1.0 - known.sum(axis=1) - clearance, 0.0, 1.0)
    useful = np.clip(1.0 - clearance, 0.0, 1.0)
    useful[useful < 1e-12] = 0.0
    of_use = np.column_stack([known + _UNKNOWN_FIT * rest[:, None], _UNKNOWN_FIT * useful])
    return Fit(np.clip(of_use, 0.0, 1.0), useful, int((rest > 1e-9).sum()))


class Chance:
    """Time and sector of each pair: T and K of the mass P * T * K."""

    def __init__(
        self, releases: gpd.GeoDataFrame, projects: pd.DataFrame, places: pd.DataFrame, fit: Fit,
        months_before: float, months_after: float,
    ) -> None:  # fmt: skip
        row = places["row"].to_numpy()
        self.released = _months(releases, "release_date")
        self.start, self.end = (_months(projects, name)[row] for name in ("start_date", "end_date"))
        self.before, self.after, self.fit = months_before, months_after, fit
        self.project, self.part = places["project"].to_numpy(np.int64), places["part"].to_numpy()
        group = use_group(codes_of(releases, "intended_use_code"))
        self.use = pd.Index(_USES).get_indexer(pd.Index(group))  # -1, the last column of the fit, where there is none

    def in_time(self, release: Ints, place: Ints) -> Flags:
        """Tell which pairs were active in the window, or may have been: a missing date is not outside."""
        released = self.released[release]
        late, early = self.start[place] - released > self.after, self.end[place] - released < -self.before
        return np.asarray(~(late | early))

    def is_undated(self, release: Ints, place: Ints) -> Flags:
        """Tell which pairs lack a date without which nobody knows whether they were active in the window."""
        start, end = (one[place] - self.released[release] for one in (self.start, self.end))
        inside = [(-self.before <= one) & (one <= self.after) for one in (start, end)]
        return np.asarray(~(inside[0] | inside[1] | ((start < -self.before) & (end > self.after))))

    def sectors(self, release: Ints, place: Ints, is_on: Flags) -> Floats:
        """Return how far the sectors fit the intended use; an exact place on the land is there whatever they are."""
        project = self.project[place]
        return np.asarray(np.where(is_on, self.fit.on_site[project], self.fit.of_use[project, self.use[release]]))


def _months(frame: pd.DataFrame, name: str) -> Floats:
    """Return days as months since 1970, missing where there is none."""
    days = as_days(column_of(frame, name), name).to_numpy("datetime64[us]")
    months: Floats = (days - np.datetime64("1970-01-01")) / np.timedelta64(86_400_000_000, "us") / DAYS_A_MONTH
    return months


class Found:
    """The pairs that were found so far, with the part of the project that each has."""

    def __init__(self, chance: Chance) -> None:
        self.chance = chance
        self.parts: list[tuple[npt.NDArray[np.generic], ...]] = []

    def add(self, pairs: Pairs, rows: Ints, *, tier: int) -> None:
        """Add pairs of whole places, `rows` of all places; pairs on the land are of tier 0, the others of `tier`."""
        release, at, share, is_on = pairs
        place = rows[at]
        kept = np.flatnonzero(self.chance.in_time(release, place))
        release, place, is_on = release[kept], place[kept], is_on[kept]
        mass = share[kept] * self.chance.sectors(release, place, is_on)
        kept = np.flatnonzero(mass != 0)
        release, place, mass, is_on = release[kept], place[kept], mass[kept], is_on[kept]
        in_all = np.bincount(place, np.nan_to_num(mass), minlength=len(self.chance.part))
        weight = mass / np.maximum(1.0, in_all)[place] * self.chance.part[place]
        tiers = np.where(is_on, 0, tier).astype(np.int8)
        self.parts.append((release.astype(np.int32), place.astype(np.int32), weight, tiers))

    def summed(self) -> pd.DataFrame:
        """Return one row a release and project, by their positions, with the tier of the closest place."""
        none = (np.zeros(0, np.int32), np.zeros(0, np.int32), np.zeros(0), np.zeros(0, np.int8))
        release, place, weight, tier = (np.concatenate(one) for one in zip(none, *self.parts, strict=True))
        self.parts.clear()
        key = release.astype(np.int64) * (self.chance.project.max(initial=0) + 1) + self.chance.project[place]
        order = np.lexsort((place, tier, key))
        first = np.flatnonzero(np.diff(key[order], prepend=-1))
        closest = order[first]
        release, place_of_first = release[closest].astype(np.int64), place[closest].astype(np.int64)
        return pd.DataFrame({
            "release": release, "project": self.chance.project[place_of_first], "tier": tier[closest],
            "weight_share": np.minimum(np.add.reduceat(weight[order], first), 1.0) if len(first) else weight,
            "location_count": np.diff(first, append=len(order)),
            "months_apart": self.chance.start[place_of_first] - self.chance.released[release],
            "is_undated": self.chance.is_undated(release, place_of_first),
        })  # fmt: skip
