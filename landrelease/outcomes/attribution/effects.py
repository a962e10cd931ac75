"""Sums of the effects by cohort and year, and how far they may be off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from landrelease.outcomes.attribution.cells import Cells, columns
from landrelease.outcomes.attribution.prepare import Floats, Ints

__all__ = [
    "Aggregates",
    "Interval",
    "aggregates",
    "cells_table",
    "detectable",
    "intervals",
    "joint_test",
    "overall_without",
]


@dataclass(frozen=True)
class Aggregates:
    """Sums of cells: each with its kind, its cohort or year, and what each cluster adds to its error."""

    labels: list[tuple[str, str, float]]
    effect: Floats
    influence: Floats
    released_count: Ints
    control_count: Ints
    freedom: Floats

    @property
    def error(self) -> Floats:
        """Standard errors, robust to any likeness within a cluster."""
        return _errors(self.influence, self.freedom)


def aggregates(cells: Cells, kinds: Sequence[str]) -> Aggregates:
    """Sum the cells after the release, cohorts weighted by their size; `event` also before it.

    Notes
    -----
    `overall` is the mean over released areas of the mean of their years (Callaway and Sant'Anna 2021, equation 3.11);
    `simple` the mean over cells; `dynamic` the plain mean over the years since release; `event` one of these years;
    `cohort` one cohort. The sizes of the cohorts are estimated too, and their part of the error is in `influence`.
    """
    at, after = cells.at, cells.known & (cells.year >= cells.cohort)
    since = cells.year - cells.cohort
    cohorts = [np.flatnonzero(after & (at == one)) for one in range(len(cells.cohorts))]
    sums = _Sums(cells)
    if "overall" in kinds:
        sums.add(("overall", "", np.nan), *sums.overall(cohorts))
    if "simple" in kinds:
        sums.add(("simple", "", np.nan), *sums.weighted(np.flatnonzero(after)))
    if "dynamic" in kinds and after.any():
        events = [sums.weighted(np.flatnonzero(after & (since == one))) for one in np.unique(since[after])]
        weights, shift = (np.mean([one[part] for one in events], axis=0) for part in (0, 1))
        sums.add(("dynamic", "", np.nan), weights, shift)
    if "event" in kinds:
        for one in np.unique(since[cells.known]):
            chosen = np.flatnonzero(cells.known & (since == one))
            sums.add(("event", "", one), *sums.weighted(chosen))
    if "cohort" in kinds:
        for one, chosen in enumerate(cohorts):
            if len(chosen):
                sums.add(("cohort", f"{cells.cohorts[one]:.0f}", np.nan), *sums.overall([chosen]))
    return sums.found()


def overall_without(cells: Cells) -> Floats:
    """Return the overall effect without each group."""
    at, after = cells.at, cells.year >= cells.cohort
    total, weight = np.zeros(len(cells.without)), np.zeros(len(cells.without))
    for one in range(len(cells.cohorts)):
        part = cells.without[:, after & (at == one)]
        is_known = ~np.isnan(part)
        years = is_known.sum(axis=1)
        size = np.where(years > 0, cells.size[one] - cells.size_by_group[:, one], 0.0)
        total += size * np.where(is_known, part, 0.0).sum(axis=1) / np.maximum(years, 1)
        weight += size
    return np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), np.nan)


class _Sums:
    """Collects sums of cells, each as weights of the cells and what the sizes of the cohorts add."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.labels: list[tuple[str, str, float]] = []
        self.weights: list[Floats] = []
        self.shifts: list[Floats] = []

    def add(self, label: tuple[str, str, float], weights: Floats, shift: Floats) -> None:
        if weights.any():
            self.labels.append(label)
            self.weights.append(weights)
            self.shifts.append(shift)

    def weighted(self, chosen: Ints) -> tuple[Floats, Floats]:
        """Weigh cells by the size of their cohort."""
        cells = self.cells
        weights, shift = np.zeros(len(cells.effect)), np.zeros(len(cells.cohorts))
        total = cells.size[cells.at[chosen]].sum()
        if total:
            weights[chosen] = cells.size[cells.at[chosen]] / total
            mean = weights[chosen] @ cells.effect[chosen]
            np.add.at(shift, cells.at[chosen], (cells.effect[chosen] - mean) / total)
        return weights, shift

    def overall(self, cohorts: list[Ints]) -> tuple[Floats, Floats]:
        """Weigh the means of cohorts by their size."""
        cells = self.cells
        weights, shift = np.zeros(len(cells.effect)), np.zeros(len(cells.cohorts))
        chosen = [one for one in cohorts if len(one)]
        places = np.array([cells.at[one[0]] for one in chosen], dtype=np.int64)
        total = cells.size[places].sum()
        if total:
            means = np.array([cells.effect[one].mean() for one in chosen])
            for one, place in zip(chosen, places, strict=True):
                weights[one] = cells.size[place] / total / len(one)
            shift[places] = (means - means @ cells.size[places] / total) / total
        return weights, shift

    def found(self) -> Aggregates:
        cells = self.cells
        weights, shifts = columns(self.weights, len(cells.effect)), columns(self.shifts, len(cells.cohorts))
        influence = cells.influence @ weights + cells.size_by_cluster @ shifts
        clusters = np.count_nonzero(cells.size_by_cluster, axis=0)
        is_in = np.zeros((len(cells.cohorts), weights.shape[1]), dtype=bool)
        np.logical_or.at(is_in, cells.at, weights > 0)
        own = (is_in * np.maximum(clusters - 1, 0)[:, None]).sum(axis=0)
        big = np.iinfo(np.int64).max
        in_use = weights > 0
        theirs = np.where(in_use, cells.control_clusters[:, None], big).min(axis=0, initial=big) - 1
        return Aggregates(
            labels=self.labels, effect=np.where(cells.known, cells.effect, 0.0) @ weights, influence=influence,
            released_count=(is_in * cells.size[:, None]).sum(axis=0).astype(np.int64),
            control_count=np.where(in_use, cells.control_count[:, None], big).min(axis=0, initial=big),
            freedom=np.minimum(own, theirs).astype(float),
        )  # fmt: skip


@dataclass(frozen=True)
class Interval:
    """How far estimates may be off: 95 % intervals, and a band that holds all years since release at once."""

    error: Floats
    low: Floats
    high: Floats
    band_low: Floats
    band_high: Floats


def intervals(found: Aggregates, *, draws: int, seed: int) -> Interval:
    """Return intervals by a multiplier bootstrap of the clusters, never narrower than those of Student's t.

    Notes
    -----
    Each draw turns the sign of what a cluster adds to the error with probability one half (Rademacher). A quantile of
    the draws is carried from the normal distribution to Student's t, whose degrees of freedom count clusters. The
    clusters stand in the order of what they add: no name and no order of rows changes a draw.
    """
    from scipy.stats import norm, t

    error = found.error
    is_open = error > 0
    is_event = np.array([label[0] == "event" for label in found.labels], dtype=bool)[is_open]
    reach = np.full((2, is_open.sum()), norm.ppf(0.975))
    if draws and is_open.any():
        parts = found.influence[:, is_open] / error[is_open]
        parts = parts[np.abs(parts).sum(axis=1) > 0]
        spread = _draws(parts[np.lexsort(np.round(parts[:, ::-1], 9).T)], draws, seed)
        reach[0] = np.maximum(reach[0], np.quantile(spread, 0.95, axis=0))
        if is_event.any():
            reach[1] = np.quantile(spread[:, is_event].max(axis=1), 0.95)
    reach[1] = np.where(is_event & (draws > 0), np.maximum(reach[0], reach[1]), np.nan)
    half, wide = np.full((2, len(error)), np.nan)
    half[is_open], wide[is_open] = t.ppf(norm.cdf(reach), found.freedom[is_open]) * error[is_open]
    return Interval(error, found.effect - half, found.effect + half, found.effect - wide, found.effect + wide)


def _draws(parts: Floats, draws: int, seed: int) -> Floats:
    generator = np.random.default_rng(seed)
    spread = np.empty((draws, parts.shape[1]))
    step = max(1, 20_000_000 // max(len(parts), 1))
    for at in range(0, draws, step):
        size = min(step, draws - at)
        signs = generator.integers(0, 2, size=(size, len(parts)), dtype=np.int8).astype(np.float64) * 2 - 1
        spread[at : at + size] = np.abs(signs @ parts)
    return spread


PER_CONTRAST = 5
"""Clusters that each contrast of a joint test needs."""
PER_CELL = 40
"""Clusters of either kind that a cell needs to enter a joint test by itself."""


def joint_test(cells: Cells) -> tuple[float, float, int]:
    """Test that all effects before the release are zero: the statistic, its p value, and the number of contrasts.

    Notes
    -----
    Wald's statistic with the covariance of the clusters, as Hotelling's T2. With fewer than forty clusters in a cell or
    five for each cell, the cells are averaged by year before release; of these, the nearest that the clusters allow.
    """
    from scipy.stats import f

    chosen = np.flatnonzero(cells.known & (cells.year < cells.cohort))
    if not len(chosen):
        return np.nan, np.nan, 0
    own = np.count_nonzero(cells.size_by_cluster, axis=0)
    effect, influence = cells.effect[chosen], cells.influence[:, chosen]
    least = np.minimum(own[cells.at[chosen]], cells.control_clusters[chosen]).min()
    freedom = min((own[np.unique(cells.at[chosen])] - 1).sum(), cells.control_clusters[chosen].min() - 1)
    if least < PER_CELL or PER_CONTRAST * len(chosen) > freedom + 1:
        events = aggregates(cells, ["event"])
        before = [one for one, label in enumerate(events.labels) if label[2] < 0 and events.freedom[one] >= 1]
        nearest = before[::-1]
        freedom = min((events.freedom[one] for one in nearest[:1]), default=0)
        nearest = [one for one in nearest if events.freedom[one] >= freedom / 2][: int((freedom + 1) // PER_CONTRAST)]
        effect, influence = events.effect[nearest], events.influence[:, nearest]
        freedom = min((events.freedom[one] for one in nearest), default=0)
    if not len(effect):
        return np.nan, np.nan, 0
    clusters = int((np.abs(influence).sum(axis=1) > 0).sum())
    covariance = influence.T @ influence * (clusters / (clusters - 1 or 1))
    scale = np.sqrt(np.diag(covariance))
    if not (scale > 0).all():
        return (np.inf, 0.0, len(effect)) if effect[scale == 0].any() else (np.nan, np.nan, 0)
    roots, axes = np.linalg.eigh(covariance / np.outer(scale, scale))
    free = roots > 1e-9 * roots.max()
    statistic = float(((axes[:, free].T @ (effect / scale)) ** 2 / roots[free]).sum())
    count = int(free.sum())
    p_value = float(f.sf(statistic * (freedom - count + 1) / (count * freedom), count, freedom - count + 1))
    return statistic, p_value, count


def cells_table(cells: Cells) -> pd.DataFrame:
    """Return the cells as a frame."""
    own = np.count_nonzero(cells.size_by_cluster, axis=0)[cells.at]
    error = _errors(cells.influence, np.minimum(own, cells.control_clusters) - 1.0)
    return pd.DataFrame({
        "release_year": cells.cohort.astype(int), "year": cells.year.astype(int), "base_year": cells.base.astype(int),
        "effect": cells.effect, "effect_se": error, "released_count": cells.released_count,
        "control_count": cells.control_count,
    })  # fmt: skip


def _errors(influence: Floats, freedom: Floats) -> Floats:
    """Return standard errors, missing where one cluster says it all: its own error sums to zero."""
    clusters = np.count_nonzero(influence, axis=0)
    scale = clusters / np.maximum(clusters - 1, 1)
    return np.where(freedom >= 1, np.sqrt(scale * (influence**2).sum(axis=0)), np.nan)


def detectable(error: float, freedom: float) -> float:
    """Return the smallest effect that a two-sided test at 5 % finds in 4 of 5 studies.

    Bloom, H. S. (1995), Minimum detectable effects, Evaluation Review 19, 547-556.
    """
    from scipy.stats import t

    return float((t.ppf(0.975, freedom) + t.ppf(0.8, freedom)) * error) if freedom >= 1 else float("nan")
