"""Effects of release by cohort and year: the changes of released areas less those of their controls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from landrelease.outcomes.attribution.prepare import Bools, Floats, Ints, Prepared

__all__ = ["Cells", "baci_cells", "cohort_cells", "columns", "placebo_cells"]


@dataclass(frozen=True)
class Cells:
    """Effects of cohorts in years: one column a cell, one row a cluster or a group that is left out.

    `influence` is what each cluster adds to the error of a cell; it sums to zero.
    """

    cohort: Floats
    year: Floats
    base: Floats
    effect: Floats
    released_count: Ints
    control_count: Ints
    control_clusters: Ints
    influence: Floats
    without: Floats
    cohorts: Floats
    size: Floats
    size_by_cluster: Floats
    size_by_group: Floats

    @property
    def at(self) -> Ints:
        """The place of the cohort of each cell among the cohorts."""
        return np.searchsorted(self.cohorts, self.cohort)

    @property
    def known(self) -> Bools:
        """Which cells have both released areas and controls."""
        return ~np.isnan(self.effect)


def cohort_cells(found: Prepared, is_released: Bools, *, is_placebo: bool = False) -> Cells:
    """Compare each cohort with its controls in each year, with the last year before the release as the base.

    The controls of a year are not released, nor near released land, up to that year or the base. Areas that end a
    placebo must not be near released land either.
    """
    maker = _Maker(found)
    for cohort in _cohorts(found, is_released):
        base = found.years[found.years < cohort].max()
        rows = np.flatnonzero(is_released & (found.released == cohort) & (found.exposed > base))
        maker.add_cohort(cohort, rows, base)
        for year in found.years[found.years != base]:
            last = max(year, base)
            clean = rows[found.exposed[rows] > last] if is_placebo else rows
            maker.add_years(cohort, year, base, clean, _controls(found, last, cohort))
    return maker.cells()


def placebo_cells(found: Prepared, is_released: Bools, years_before: int) -> Cells:
    """Compare as if each cohort had been released some years before it was, in years when it was not yet."""
    maker = _Maker(found)
    for cohort in _cohorts(found, is_released):
        pretended = cohort - years_before
        before = found.years[found.years < pretended]
        if not len(before):
            continue
        base = before.max()
        rows = np.flatnonzero(is_released & (found.released == cohort) & (found.exposed >= cohort))
        maker.add_cohort(pretended, rows, base)
        for year in found.years[(found.years >= pretended) & (found.years < cohort)]:
            maker.add_years(pretended, year, base, rows, _controls(found, year, cohort))
    return maker.cells()


def baci_cells(found: Prepared, is_released: Bools) -> Cells:
    """Compare the mean after with the mean before, of areas with an outcome in every year, one cell a cohort."""
    maker = _Maker(found)
    controls = _controls(found, found.years[-1], found.years[-1])
    for cohort in _cohorts(found, is_released):
        is_before = found.years < cohort
        rows = np.flatnonzero(is_released & (found.released == cohort) & (found.exposed >= cohort))
        if is_before.all():
            continue
        maker.add_cohort(cohort, rows, found.years[is_before].max())
        changes = [
            found.values[:, one][~is_before].mean(axis=0) - found.values[:, one][is_before].mean(axis=0)
            for one in (rows, controls)
        ]
        maker.add(cohort, found.years[-1], found.years[is_before].max(), changes[0], rows, changes[1], controls)
    return maker.cells()


def _cohorts(found: Prepared, is_released: Bools) -> Floats:
    """Return the years of release that the panel sees from before."""
    years: Floats = np.unique(found.released[is_released])
    return cast(Floats, years[(years > found.years[0]) & (years <= found.years[-1])])


def _controls(found: Prepared, last: float, cohort: float) -> Ints:
    """Return the areas that are still controls in a year; of a year before its release, the cohort is none of its."""
    rows: Ints = np.arange(np.searchsorted(found.until, last, side="right"), len(found.until))
    return rows if last >= cohort else rows[found.released[rows] != cohort]


class _Maker:
    """Collects the cells of a comparison."""

    def __init__(self, found: Prepared) -> None:
        self.found = found
        self.pair, self.group_of, self.stratum_of = found.pair
        self.strata = int(found.stratum.max(initial=0)) + 1
        self.cohorts: list[float] = []
        self.sizes: list[tuple[float, Floats, Floats]] = []
        self.rows: list[tuple[float, float, float, float, int, int, int]] = []
        self.influence: list[Floats] = []
        self.without: list[Floats] = []

    def add_cohort(self, cohort: float, rows: Ints, base: float) -> None:
        seen = rows[~np.isnan(self.found.values[np.searchsorted(self.found.years, base), rows])]
        by_cluster = np.bincount(self.found.cluster[seen], minlength=self.found.cluster_count)
        by_group = np.bincount(self.found.group[seen], minlength=len(self.found.groups))
        self.cohorts.append(cohort)
        self.sizes.append((float(len(seen)), by_cluster.astype(float), by_group.astype(float)))

    def add_years(self, cohort: float, year: float, base: float, rows: Ints, controls: Ints) -> None:
        now, then = (self.found.values[np.searchsorted(self.found.years, one)] for one in (year, base))
        self.add(cohort, year, base, now[rows] - then[rows], rows, now[controls] - then[controls], controls)

    def add(
        self, cohort: float, year: float, base: float, change: Floats, rows: Ints, change_c: Floats, controls: Ints
    ) -> None:  # fmt: skip
        seen, seen_c = ~np.isnan(change), ~np.isnan(change_c)
        change, rows, change_c, controls = change[seen], rows[seen], change_c[seen_c], controls[seen_c]
        pair, pair_c = self.pair[rows], self.pair[controls]
        length = len(self.group_of)
        parts = np.array([
            np.bincount(pair, minlength=length), np.bincount(pair, change, length),
            np.bincount(pair_c, minlength=length), np.bincount(pair_c, change_c, length),
        ])  # fmt: skip
        whole = np.array([np.bincount(self.stratum_of, part, self.strata) for part in parts])
        count, gap = _gaps(whole)
        total = count.sum()
        if not total:
            self._keep(cohort, year, base, np.nan, 0, 0, 0)
            self.influence.append(np.zeros(self.found.cluster_count))
            self.without.append(np.full(len(self.found.groups), np.nan))
            return
        effect = gap.sum() / total
        self.without.append(self._without(parts, whole, count, gap))
        mean_c = whole[3] / np.maximum(whole[2], 1)
        weight_c = count / np.maximum(whole[2], 1) / total
        stratum, stratum_c = self.found.stratum[rows], self.found.stratum[controls]
        clusters, clusters_c = self.found.cluster[rows], self.found.cluster[controls]
        used, used_c = count[stratum] > 0, count[stratum_c] > 0
        length = self.found.cluster_count
        own = np.where(used, change - mean_c[stratum] - effect, 0.0) / total
        theirs = weight_c[stratum_c] * (change_c - mean_c[stratum_c])
        error = np.bincount(clusters, own, length) - np.bincount(clusters_c, theirs, length)
        self.influence.append(error.astype(np.float64))
        control_clusters = np.count_nonzero(np.bincount(clusters_c[used_c], minlength=length))
        self._keep(cohort, year, base, effect, int(total), int(used_c.sum()), control_clusters)

    def _keep(self, *row: Any) -> None:
        self.rows.append(row)

    def _without(self, parts: Floats, whole: Floats, count: Floats, gap: Floats) -> Floats:
        """Return the effect without each group: only the strata that it is in change."""
        count_less, gap_less = _gaps(whole[:, self.stratum_of] - parts)
        groups = len(self.found.groups)
        lost = np.bincount(self.group_of, count[self.stratum_of] - count_less, groups)
        lost_gap = np.bincount(self.group_of, gap[self.stratum_of] - gap_less, groups)
        left = count.sum() - lost
        with np.errstate(invalid="ignore"):
            return np.where(left > 0, (gap.sum() - lost_gap) / np.where(left > 0, left, 1.0), np.nan)

    def cells(self) -> Cells:
        table = np.array(self.rows, dtype=float).reshape(-1, 7).T
        sizes, by_cluster, by_group = zip(*self.sizes, strict=True) if self.sizes else ((), (), ())
        return Cells(
            cohort=table[0], year=table[1], base=table[2], effect=table[3],
            released_count=table[4].astype(np.int64), control_count=table[5].astype(np.int64),
            control_clusters=table[6].astype(np.int64),
            influence=columns(self.influence, self.found.cluster_count),
            without=columns(self.without, len(self.found.groups)),
            cohorts=np.array(self.cohorts), size=np.array(sizes, dtype=float),
            size_by_cluster=columns(by_cluster, self.found.cluster_count),
            size_by_group=columns(by_group, len(self.found.groups)),
        )  # fmt: skip


def columns(parts: Sequence[Floats], length: int) -> Floats:
    """Put vectors of a length side by side, even where there is none."""
    return np.column_stack(parts) if parts else np.zeros((length, 0))


def _gaps(parts: Floats) -> tuple[Floats, Floats]:
    """Return released areas that have a control beside them, and the sum of their changes over those of controls."""
    count, total, count_c, total_c = parts
    is_matched = (count > 0) & (count_c > 0)
    gap = np.where(is_matched, total - count * total_c / np.where(is_matched, count_c, 1.0), 0.0)
    return np.where(is_matched, count, 0.0), gap
