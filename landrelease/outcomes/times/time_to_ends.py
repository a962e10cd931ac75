"""What released land came to, and when, where days are known: Aalen-Johansen with delayed entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.cells import day_of, months_between
from landrelease.errors import DataError
from landrelease.outcomes.times.groups import grouped
from landrelease.outcomes.times.known import check_horizons, clusters_of, group_values, known_releases
from landrelease.outcomes.times.tables import MIN_AT_RISK, TimeToUse, groups_table, stacked, tables_of
from landrelease.outcomes.times.turnbull import BEFORE
from landrelease.tables import CODES, conform

__all__ = ["time_to_ends"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


def time_to_ends(
    releases: pd.DataFrame,
    spells: pd.DataFrame,
    *,
    as_of: Any,
    by: str | None = None,
    reference: Any = None,
    horizons_months: Sequence[float] = (12, 24, 60),
    cluster_by: str = "admin_code",
    draws: int = 200,
    seed: int = 0,
) -> TimeToUse:
    """Estimate what share of releases came into use, was disputed, or was suspected again, where days are known.

    Parameters
    ----------
    releases : DataFrame
        Table `releases`. Those of which only the month or year is known are left out: the day is needed.
    spells : DataFrame
        Table `spells`: one row a release that was watched, with its end. A release without a row was not watched: it is
        counted, and is neither open nor ended.
    as_of : date
        What happened after this day is not used.
    by, reference, horizons_months, cluster_by, draws, seed
        As of `time_to_use`; `by` may be a column of the spells.

    Returns
    -------
    TimeToUse
        As of `time_to_use`, with a row for each end_code: their shares, that of "open" among them, sum to 1. Tables
        `time_to_ends_shares`, `time_to_ends_curve`, `time_to_ends_records`; `groups` and `differences` as there, with
        equal bounds: the days are known.

    Raises
    ------
    DataError
        Releases without an id or with repeated ones; a release in two spells; an end_code that is none.
    OptionError
        As of `time_to_use`.

    Notes
    -----
    With d_k ends of kind k among Y at risk at a time u, S falls by the factor 1 - sum d_k / Y and the share of k rises
    by S(u-) d_k / Y (Aalen-Johansen). With one kind, S is the estimate of Kaplan and Meier. A release is at risk from
    its release, or from the day after `start_date` where that is later (delayed entry), to the day of its end. Ends of
    one day are one step. Where an earlier risk set is small the steps are large: with fewer than 10 at risk at any end
    up to a horizon nothing is printed.

    References
    ----------
    Aalen, O. O. and Johansen, S. (1978), An empirical transition matrix for non-homogeneous Markov chains based on
    censored observations, Scand. J. Stat. 5. Kaplan, E. L. and Meier, P. (1958), Nonparametric estimation from
    incomplete observations, J. Am. Stat. Assoc. 53.

    Examples
    --------
    Twenty releases: five in use after 6 months, five disputed after 9, the others watched for longer.

    >>> ids = [f"E{i}" for i in range(20)]
    >>> releases = pd.DataFrame({"release_id": ids, "release_date": pd.to_datetime(["2020-01-15"] * 20)})
    >>> spells = pd.DataFrame({"release_id": ids, "end_code": ["used"] * 5 + ["dispute"] * 5 + [None] * 10,
    ...     "end_date": pd.to_datetime(["2020-07-15"] * 5 + ["2020-10-15"] * 5 + [None] * 10)})
    >>> found = time_to_ends(releases, spells, as_of="2022-12-31", horizons_months=(12,), draws=0)
    >>> found.shares[["end_code", "end_share", "at_risk_count"]]
      end_code  end_share  at_risk_count
    0     used       0.25             10
    1  dispute       0.25             10
    2     open       0.50             10
    >>> time_to_ends(releases, spells.iloc[:0], as_of="2022-12-31", draws=0).groups["not_seen_count"].tolist()
    [20]
    >>> len(time_to_ends(releases.iloc[:0], spells.iloc[:0], as_of="2022-12-31").records)
    0
    """
    day, horizons = day_of("as_of", as_of), check_horizons(horizons_months)
    clusters = clusters_of(releases, cluster_by, draws, seed)
    known = known_releases(releases, day=day)
    told = _conformed(spells)
    values = group_values(releases, known, by, spells, told["release_id"], "spells")
    records = _records(known, told, day)
    is_known = records["end_months"].notna().to_numpy(dtype=bool)
    ends = [code for code in CODES["end_code"] if code in set(records["end_code"].dropna())]
    ends = [*(code for code in ends if code != "open"), "open"]
    entry, end = records["start_months"].to_numpy(), records["end_months"].to_numpy()
    kind = pd.Index(ends).get_indexer(pd.Index(records["end_code"]))
    groups = grouped(by, values, clusters, is_known, reference)
    rows = [np.flatnonzero((groups.codes == i) & is_known) for i in range(len(groups.keys))]
    risks = [RiskSet(entry[at], end[at], kind[at], len(ends)) for at in rows]

    def estimate(group: int, weights: Floats) -> tuple[Floats, Floats]:
        shares = risks[group].shares(weights[rows[group]], horizons)
        return shares, shares

    at_risk = np.array([risk.fewest(horizons) for risk in risks], dtype=int).reshape(len(rows), len(horizons))
    shares, differences = tables_of(
        groups, estimate, at_risk, horizons, ends=ends, is_known=is_known, draws=draws, seed=seed
    )
    shares = shares.drop(columns="used_share_high").rename(columns={"used_share_low": "end_share"})
    curves = [_curve(risk, ends) for risk in risks]
    has_ended = is_known & records["end_code"].ne("open").to_numpy(dtype=bool)
    counts = groups_table(groups, is_known, has_ended, (records["reason"] != "").to_numpy())
    nothing = _curve(RiskSet(entry[:0], end[:0], kind[:0], len(ends)), ends)
    medians = [_median(curve) for curve in curves]
    counts = counts.assign(median_months_low=np.array(medians), median_months_high=np.array(medians))
    caveats = tuple(_caveats(records, told, clusters))
    if by is not None:
        records.insert(1, by, values)
    return TimeToUse(
        shares=shares, differences=differences, curve=stacked(groups, curves, nothing), groups=counts, records=records,
        n=int(is_known.sum()), missing_share=float(1.0 - is_known.mean()) if len(is_known) else np.nan,
        method="Aalen-Johansen", cluster_by=cluster_by, draws=draws, seed=seed, caveats=caveats,
    )  # fmt: skip


class RiskSet:
    """Releases at risk of several ends, ready to be weighed again and again."""

    def __init__(self, entry: Floats, end: Floats, kind: Ints, count: int) -> None:
        """Take months of entry and end, and the kind of end: the last of `count` is none."""
        self.times = np.unique(end[kind < count - 1])
        self.count = count
        self._entered = np.searchsorted(self.times, entry, side="right")  # first time that comes after the entry
        self._left = np.searchsorted(self.times, end, side="right")  # first time that comes after the end
        has_end = kind < count - 1
        self._ended = np.flatnonzero(has_end)
        self._cell = np.searchsorted(self.times, end[has_end]) * count + kind[has_end]
        self._entry, self._end = np.sort(entry), np.sort(end)

    def at_risk(self, weights: Floats | None = None) -> Floats:
        """Return how many were at risk just before each time: entered before it, and not gone before it."""
        size = len(self.times) + 1
        change = np.bincount(self._entered, weights, size) - np.bincount(self._left, weights, size)
        return np.cumsum(change)[:-1].astype(float)

    def steps(self, weights: Floats | None = None) -> tuple[Floats, Floats]:
        """Return the share of each kind after each time, and of those still open."""
        drawn = None if weights is None else weights[self._ended]
        ends = np.bincount(self._cell, drawn, len(self.times) * self.count).reshape(-1, self.count)[:, :-1]
        at_risk = self.at_risk(weights)
        hazard = np.divide(ends, at_risk[:, None], out=np.zeros(ends.shape), where=at_risk[:, None] > 1e-9)
        still = np.cumprod(1.0 - hazard.sum(axis=1))
        before = np.concatenate([[1.0], still[:-1]])[: len(still)]
        return np.cumsum(before[:, None] * hazard, axis=0), still

    def shares(self, weights: Floats, horizons: Floats) -> Floats:
        """Return the share of each kind, the open last, at each horizon."""
        ended, still = self.steps(weights)
        whole = np.column_stack([ended, still])
        whole = np.concatenate([np.eye(self.count)[-1:], whole])
        return whole[np.searchsorted(self.times, horizons, side="right")].T

    def fewest(self, horizons: Floats) -> Ints:
        """Return the fewest at risk at any end up to each horizon, and at the horizon itself."""
        there = np.searchsorted(self._entry, horizons) - np.searchsorted(self._end, horizons)
        fewest = np.concatenate([[np.inf], np.minimum.accumulate(self.at_risk())])
        found: Ints = np.minimum(there, fewest[np.searchsorted(self.times, horizons, side="right")]).astype(np.intp)
        return found


def _conformed(spells: pd.DataFrame) -> pd.DataFrame:
    """Return the spells in the types of their table; raise where one could mean several things."""
    if "release_id" not in spells:
        raise DataError("'spells' needs release_id.")
    told = conform(spells, "spells").reset_index(drop=True)
    twice = told.loc[told["release_id"].notna() & told["release_id"].duplicated(), "release_id"].unique()
    if len(twice):
        raise DataError(
            f"{len(twice)} releases of 'spells' stand in more than one row, such as {twice[0]!r}.\n"
            f"  Fix: keep the row of the end that came first."
        )
    wrong = told.loc[told["end_code"].notna() & ~told["end_code"].isin(list(CODES["end_code"])), "end_code"]
    if len(wrong):
        raise DataError(
            f"{len(wrong)} of {len(told)} rows of 'spells' have an end_code that is none, such as {wrong.iloc[0]!r}.\n"
            f"  Fix: map them to {', '.join(CODES['end_code'])}."
        )
    return told


def _records(known: pd.DataFrame, told: pd.DataFrame, day: pd.Timestamp) -> pd.DataFrame:
    """Return the table `time_to_ends_records` without the group."""
    spell = told.dropna(subset="release_id").set_index("release_id").reindex(known["release_id"]).reset_index(drop=True)
    is_watched = known["release_id"].isin(told["release_id"])
    code = spell["end_code"].fillna("open")
    is_over = spell["end_date"] <= day
    end = spell["end_date"].where(is_over, day)
    code = code.where(is_over, "open")
    released, started = known["release_date"], spell["start_date"]
    is_late = started > released
    start_months = months_between(released, started).where(is_late, BEFORE)
    end_months = months_between(released, end)
    is_rough = known["date_precision"].isin(["month", "year"])
    is_unknown_end = spell["end_date"].isna() & ~spell["end_code"].fillna("open").eq("open")
    reason = np.select(
        [~is_watched, known["left_out"] != "", is_rough, is_unknown_end, end < released, is_late & (end <= started)],
        ["", known["left_out"].map(CODES["seen_code"]).fillna(""), "the day of its release is not known",
         "the day of its end is not known", "it ended before its release", "it ended before it was watched"], ""
    )  # fmt: skip
    is_known = is_watched & (reason == "")
    return pd.DataFrame(
        {"release_id": known["release_id"], "end_code": code.where(is_known).astype("str"),
         "start_months": start_months.where(is_known), "end_months": end_months.where(is_known),
         "reason": pd.Series(reason, index=known.index, dtype="str")}
    )  # fmt: skip


def _curve(risk: RiskSet, ends: Sequence[str]) -> pd.DataFrame:
    """Return the steps of each end up to the first at which too few are at risk."""
    ended, _ = risk.steps()
    at_risk = risk.at_risk()
    shown = int(np.argmax(np.append(at_risk, 0) < MIN_AT_RISK))
    size = len(ends) - 1
    return pd.DataFrame(
        {
            "end_code": pd.Series(np.repeat(ends[:-1], shown), dtype="str"),
            "at_months": np.tile(risk.times[:shown], size),
            "end_share": ended[:shown].T.ravel(),
            "at_risk_count": pd.Series(np.tile(at_risk[:shown], size)).astype("Int64"),
        }
    )


def _median(curve: pd.DataFrame) -> float:
    """Return the first time at which half are in use; missing where the curve ends before."""
    half = curve[(curve["end_code"] == "used") & (curve["end_share"] >= 0.5 - 1e-9)]
    return float(half["at_months"].iloc[0]) if len(half) else np.nan


def _caveats(records: pd.DataFrame, told: pd.DataFrame, clusters: pd.Series | None) -> list[str]:
    total, said = len(records), []
    left_out = records.loc[records["reason"] != "", "reason"].value_counts()
    unwatched = int((records["end_months"].isna() & (records["reason"] == "")).sum())
    if unwatched:
        said.append(f"{unwatched:,} of {total:,} releases were not watched: they count neither as open nor as ended.")
    if len(left_out):
        listed = "; ".join(f"{reason} ({count:,})" for reason, count in sorted(left_out.items()))
        said.append(f"{left_out.sum():,} of {total:,} releases are left out: {listed}.")
    unmatched = int((~told["release_id"].isin(records["release_id"])).sum())
    if unmatched:
        said.append(f"{unmatched:,} of {len(told):,} spells name no release that is there.")
    if clusters is not None and clusters.isna().any():
        said.append(
            f"{int(clusters.isna().sum()):,} of {total:,} releases name no community: each is drawn on its own, and "
            f"intervals are too narrow."
        )
    said.append(
        "Watching is taken not to stop for reasons that have to do with the end: releases lost because they are in "
        "dispute make disputes look rare."
    )
    return said
