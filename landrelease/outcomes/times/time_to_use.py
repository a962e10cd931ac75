"""How soon released land comes into productive use, from visits that only bracket the day."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.cells import counted, day_of, months_between
from landrelease.errors import OptionError
from landrelease.outcomes.evidence import match_follow_ups, visit_shares
from landrelease.outcomes.times.groups import Groups, grouped
from landrelease.outcomes.times.known import check_horizons, clusters_of, group_values, known_releases
from landrelease.outcomes.times.tables import MIN_AT_RISK, TimeToUse, groups_table, stacked, tables_of
from landrelease.outcomes.times.turnbull import BEFORE, Turnbull, turnbull
from landrelease.tables import conform

__all__ = ["time_to_use"]

Floats = npt.NDArray[np.float64]

_NONE = np.array([])
_ROUNDING = 1e-6
_CLOSE_DRAW = 0.01
"""How far the log-likelihood of a bootstrap fit may be below its maximum: a hundredth of what chance moves it by."""


def time_to_use(
    releases: pd.DataFrame,
    follow_ups: pd.DataFrame,
    *,
    as_of: Any,
    by: str | None = None,
    reference: Any = None,
    horizons_months: Sequence[float] = (12, 24, 60),
    cluster_by: str = "admin_code",
    min_observed_share: float = 0.5,
    draws: int = 200,
    seed: int = 0,
) -> TimeToUse:
    """Estimate the share of releases in productive use 12, 24 and 60 months after their release.

    Parameters
    ----------
    releases : DataFrame
        Table `releases`.
    follow_ups : DataFrame
        Table `follow_ups`. Visits find their release as in `match_follow_ups`.
    as_of : date
        Visits after this day are not used.
    by : str, optional
        Column to group by, of the releases ("admin_code", "release_type", one of your own) or of the visits
        ("owner_sex_code"); "sector" (the group of the intended use) and "release_year" are made. A missing group is a
        group of its own.
    reference : optional
        The group that the others are compared with; the one with most followed releases where none is named.
    horizons_months : sequence of float
        Times after the release. [months]
    cluster_by : str
        Column of the releases that names their community. Releases without one stand alone.
    min_observed_share : float
        A visit that saw less of the release tells nothing. [share]
    draws : int
        How often the bootstrap draws the communities anew; 0 for no intervals.
    seed : int
        Where its random numbers start: the same seed, the same intervals.

    Returns
    -------
    TimeToUse
        Tables `shares`, `differences`, `curve`, `groups` and `records`, the method, and the caveats.

    Raises
    ------
    DataError
        Releases without an id or with repeated ones; what `match_follow_ups` raises.
    OptionError
        `by`, `cluster_by` or `reference` is not there; a horizon, share, number or seed that can not be.

    Notes
    -----
    A visit sees a release in use where its verdict would be productive, as in `assess_use`. The first use lies in
    (left, right]: after the last visit before it that saw no use, and not after the first that saw use. A release
    never seen in use has no right end. One never visited has neither: it is counted, and changes nothing. A release of
    which only the month or year is known widens both ends by what is not known. Months are calendar months.

    The share is Turnbull's estimate (see `landrelease.outcomes.times.turnbull`). Where a horizon falls within an
    interval in which the data can not place the use, the share has a lower and an upper bound. The visits of one day
    that say both, used and unused, are left out. The first use counts, whatever a later visit saw.

    With fewer than 10 releases at risk nothing is printed: those whose last telling visit (of a release in use, the
    first that saw use) was at the horizon or later. Intervals hold 95 % of the bootstrap; they need 10 communities.

    References
    ----------
    Turnbull, B. W. (1976), J. R. Stat. Soc. B 38, 290-295. Sen, B. and Xu, G. (2015), Model based bootstrap methods for
    interval censored data, Comput. Stat. Data Anal. 81: why the interval is a rough one.

    Examples
    --------
    Ten releases seen in use at 12 months, ten seen unused at 12 and in use at 24, one never visited:

    >>> ids = [f"E{i}" for i in range(21)]
    >>> releases = pd.DataFrame({"release_id": ids, "release_date": pd.to_datetime(["2020-01-31"] * 21),
    ...                          "admin_code": [f"C{i}" for i in range(21)]})
    >>> visits = pd.DataFrame({"release_id": ids[:20] + ids[10:20], "use_code": ["grazing"] * 10 + ["none"] * 10 +
    ...     ["grazing"] * 10, "visit_date": pd.to_datetime(["2021-01-31"] * 20 + ["2022-01-31"] * 10)})
    >>> visits["follow_up_id"] = visits.index.astype("str")
    >>> found = time_to_use(releases, visits, as_of="2025-12-31", horizons_months=(6, 12, 36), draws=0)
    >>> found.shares[["horizon_months", "used_share_low", "used_share_high", "at_risk_count"]]
       horizon_months  used_share_low  used_share_high  at_risk_count
    0             6.0             0.0              0.5             20
    1            12.0             0.5              0.5             20
    2            36.0             NaN              NaN              0
    >>> found.groups[["followed_count", "not_seen_count"]].values.tolist()
    [[20, 1]]
    >>> time_to_use(releases.iloc[:0], visits.iloc[:0], as_of="2025-12-31").shares["note"].tolist()
    ['fewer than 10 at risk', 'fewer than 10 at risk', 'fewer than 10 at risk']
    """
    day, horizons = day_of("as_of", as_of), check_horizons(horizons_months)
    if not 0.0 <= min_observed_share <= 1.0:
        raise OptionError(f"min_observed_share must be from 0 to 1; got {min_observed_share!r}")
    clusters = clusters_of(releases, cluster_by, draws, seed)
    known = known_releases(releases, day=day)
    links = match_follow_ups(releases, follow_ups, as_of=day)
    seen = _seen(known, follow_ups, links["release_id"], min_observed_share)
    records = _records(known, seen)
    values = group_values(releases, known, by, follow_ups, links["release_id"], "follow_ups")
    left = records["unused_until_months"].fillna(BEFORE).to_numpy()
    right = records["used_by_months"].fillna(np.inf).to_numpy()
    tells = records["seen_code"].isin(["in_use", "not_in_use"]).to_numpy()
    groups = grouped(by, values, clusters, tells, reference)
    rows = [np.flatnonzero((groups.codes == i) & tells) for i in range(len(groups.keys))]

    pairs = [np.unique(np.column_stack([left[at], right[at]]), axis=0, return_inverse=True) for at in rows]

    def estimate(group: int, weights: Floats) -> tuple[Floats, Floats]:
        ends, inverse = pairs[group]
        held = np.bincount(inverse, weights[rows[group]], len(ends)).astype(float)
        close = {} if weights.all() else {"close": _CLOSE_DRAW}
        low, high = turnbull(ends[:, 0], ends[:, 1], held, **close).bounds(horizons)
        return low[None], high[None]

    last = np.where(np.isfinite(right), right, left)
    at_risk = np.array([[(last[at] >= time).sum() for time in horizons] for at in rows], dtype=int)
    at_risk = at_risk.reshape(len(rows), len(horizons))
    shares, differences = tables_of(
        groups, estimate, at_risk, horizons, ends=None, is_known=tells, draws=draws, seed=seed
    )
    fits = [turnbull(left[at], right[at]) for at in rows]
    curves = [_curve(fit, last[at]) for fit, at in zip(fits, rows, strict=True)]
    told = _groups_table(groups, records, tells, curves)
    if by is not None:
        records.insert(1, by, values)
    curve = stacked(groups, curves, _curve(turnbull(_NONE, _NONE), _NONE))
    caveats = tuple(_caveats(known, records, links, seen, clusters))
    return TimeToUse(
        shares=shares, differences=differences, curve=curve, groups=told, records=records, n=int(tells.sum()),
        missing_share=float(1.0 - tells.mean()) if len(tells) else np.nan,
        method="Turnbull's estimate on (left, right]", cluster_by=cluster_by, draws=draws, seed=seed, caveats=caveats,
    )  # fmt: skip


def _seen(known: pd.DataFrame, follow_ups: pd.DataFrame, release_ids: pd.Series, enough: float) -> pd.DataFrame:
    """Return one row a release and day on which visits tell its use: is_used, is_unclear, and the months since."""
    visits = conform(follow_ups, "follow_ups").reset_index(drop=True).assign(release_id=release_ids.to_numpy())
    visits = visits[visits["release_id"].notna()].merge(
        known.loc[known["left_out"] == "", ["release_id", "area_m2", "first_day", "last_day"]], on="release_id"
    )
    share, productive = visit_shares(visits, visits["area_m2"])
    is_used = (productive > 0.0) & (productive >= share - productive - _ROUNDING)
    is_told = (share > 0.0) & (share >= enough - _ROUNDING)
    kept = visits[is_told].assign(visit_date=visits["visit_date"].dt.normalize(), is_used=is_used)
    days = kept.groupby(["release_id", "visit_date"], as_index=False).agg(
        first_day=("first_day", "first"), last_day=("last_day", "first"),
        is_used=("is_used", "any"), is_all=("is_used", "all"), visit_count=("is_used", "size"),
    )  # fmt: skip
    days["is_unclear"] = days["is_used"] & ~days["is_all"]
    # the release was no later than the visit to it, whatever else is known of its day
    days["least_months"] = months_between(days[["last_day", "visit_date"]].min(axis=1), days["visit_date"])
    days["most_months"] = months_between(days["first_day"], days["visit_date"])
    return days.drop(columns=["is_all", "first_day", "last_day"])


def _records(known: pd.DataFrame, seen: pd.DataFrame) -> pd.DataFrame:
    """Return the table `time_to_use_records` without the group."""
    clear = seen[~seen["is_unclear"]]
    used = clear[clear["is_used"]].drop_duplicates("release_id").set_index("release_id")  # days are in order
    unused = clear[~clear["is_used"]]
    first_use = used["visit_date"].reindex(unused["release_id"]).set_axis(unused.index)
    before = unused[~(unused["visit_date"] > first_use)].drop_duplicates("release_id", keep="last")
    before = before.set_index("release_id")
    ids = known["release_id"]
    records = pd.DataFrame({"release_id": ids})
    records["unused_until_months"] = before["least_months"].reindex(ids).to_numpy()
    records["used_by_months"] = used["most_months"].reindex(ids).to_numpy()
    is_used, is_unused = records["used_by_months"].notna(), records["unused_until_months"].notna()
    code = np.select([known["left_out"] != "", is_used, is_unused], [known["left_out"], "in_use", "not_in_use"],
                     "not_seen")  # fmt: skip
    records.insert(1, "seen_code", pd.Series(code, index=records.index, dtype="str"))
    counts = seen.assign(visit_count=seen["visit_count"].where(~seen["is_unclear"], 0)).groupby("release_id")
    for name, column in (("visit_count", "visit_count"), ("unclear_day_count", "is_unclear")):
        records[name] = counts[column].sum().reindex(ids, fill_value=0).astype("Int64").to_numpy()
    back = unused.loc[unused["visit_date"] > first_use, "release_id"]
    records["has_gone_back"] = ids.isin(back).astype("boolean").where(is_used)
    return records


def _curve(fit: Turnbull, last: Floats) -> pd.DataFrame:
    """Return the steps of a fit as far as enough releases are at risk."""
    after = np.minimum(np.cumsum(fit.mass), 1.0)
    at_risk = len(last) - np.searchsorted(np.sort(last), fit.high)
    curve = pd.DataFrame(
        {"from_months": np.maximum(fit.low, 0.0), "to_months": fit.high,
         "used_share_low": np.concatenate([[0.0], after[:-1]]), "used_share_high": after,
         "at_risk_count": pd.Series(at_risk, dtype="Int64")}
    )  # fmt: skip
    return curve[at_risk >= MIN_AT_RISK].reset_index(drop=True)


def _groups_table(
    groups: Groups, records: pd.DataFrame, tells: npt.NDArray[np.bool_], curves: Sequence[pd.DataFrame]
) -> pd.DataFrame:
    """Return table `time_to_use_groups`; half are in use within the step that crosses one half."""
    has_ended = (records["seen_code"] == "in_use").to_numpy()
    told = groups_table(groups, tells, has_ended, records["seen_code"].isin(["undated", "no_land", "later"]).to_numpy())
    crossing = [curve[curve["used_share_high"] >= 0.5 - 1e-9].head(1) for curve in curves]
    for name, column in (("median_months_low", "from_months"), ("median_months_high", "to_months")):
        told[name] = [step[column].iloc[0] if len(step) else np.nan for step in crossing]
    return told.astype({"median_months_low": float, "median_months_high": float})


def _caveats(
    known: pd.DataFrame, records: pd.DataFrame, links: pd.DataFrame, seen: pd.DataFrame, clusters: pd.Series | None
) -> list[str]:
    """Say what a reader of the figures has to know: what is not known first, then what the method takes for granted."""
    total, said = len(known), []

    def say(count: int, text: str) -> None:
        if count:
            said.append(f"{count:,} of {total:,} releases {text}")

    codes = records["seen_code"]
    say(int((codes == "not_seen").sum()), "were not seen by any visit that tells their use: they count neither as in "
        "use nor as unused, and change no share.")  # fmt: skip
    say(int(codes.isin(["undated", "no_land", "later"]).sum()), "are left out: no day of release, no land, or released "
        "after the day of the assessment.")  # fmt: skip
    say(int(known["date_precision"].isin(["month", "year"]).sum()), "are dated to a month or a year only: their first "
        "use is known less closely.")  # fmt: skip
    say(int(records["has_gone_back"].eq(True).sum()), "were in use and later seen unused: their first use counts.")
    say(int((records["unclear_day_count"] > 0).sum()), "were seen in use and unused on one day: those days are left "
        "out.")  # fmt: skip
    reasons = links.loc[links["reason"] != "", "reason"].value_counts()
    if len(reasons):
        listed = "; ".join(f"{reason} ({count:,})" for reason, count in sorted(reasons.items()))
        said.append(f"{reasons.sum():,} of {len(links):,} visits are not used: {listed}.")
    too_little = int((links["reason"] == "").sum() - seen["visit_count"].sum())
    if too_little:
        tell = counted(too_little, "visit tells", "visits tell")
        said.append(f"{tell} nothing: too little of the release was seen, or it is left out.")
    if clusters is not None and clusters.isna().any():
        say(int(clusters.isna().sum()), "name no community: each is drawn on its own, and intervals are too narrow.")
    said.append("Visits are taken not to be timed by the use itself: teams that go first where use is reported make "
                "use look sooner.")  # fmt: skip
    said.append("A dispute or a new suspicion is not told from other reasons of no use: time_to_ends does, where days "
                "are known.")  # fmt: skip
    said.append("Intervals are of a bootstrap that is rough for such data, above all where visits are spread over many "
                "days: differences near zero need caution.")  # fmt: skip
    return said
