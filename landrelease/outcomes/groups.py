"""Groups of releases followed over time: which can be placed in time, shares at horizons, and the cluster bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.cells import days_between
from landrelease.errors import DataError, OptionError, nearest
from landrelease.geometry import geodesic_area_m2
from landrelease.tables import RESULTS, conform, use_group

__all__ = ["MIN_AT_RISK", "Groups", "TimeToUse", "check_horizons", "clusters_of", "group_values", "grouped",
           "groups_table", "known_releases", "stacked", "tables_of"]  # fmt: skip

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Estimate = Callable[[int, Floats], tuple[Floats, Floats]]
"""The least and the greatest share of a group by end and horizon, with the weights of all rows."""

MIN_AT_RISK = 10
"""With fewer releases at risk than this nothing is printed."""
_MIN_CLUSTERS = 10
"""With fewer communities than this the bootstrap has too little to draw from, and there is no interval."""
_LEVEL = 0.95
_OWN = {name for table in RESULTS if table.startswith("time_to_") for name in RESULTS[table].names} - {"by"}


@dataclass(frozen=True)
class TimeToUse:
    """How soon released land came into use, or ended otherwise, with how that was found.

    Attributes
    ----------
    shares : DataFrame
        The share in use (ended) at each horizon, by group: table `time_to_use_shares`.
    differences : DataFrame
        Each group against the reference at each horizon: table `time_to_use_differences`.
    curve : DataFrame
        The steps of the curve of each group, as far as enough releases are at risk: table `time_to_use_curve`.
    groups : DataFrame
        How many releases there are, how many are known, and the median time: table `time_to_use_groups`.
    records : DataFrame
        What each release gives to this: table `time_to_use_records` or `time_to_ends_records`.
    method : str
        How the shares were estimated.
    cluster_by : str
        Column of the communities that the bootstrap draws.
    replicates : int
        How many times it draws; 0 for none.
    seed : int
        Where its random numbers start.
    caveats : tuple of str
        What a reader of the figures has to know.
    """

    shares: pd.DataFrame
    differences: pd.DataFrame
    curve: pd.DataFrame
    groups: pd.DataFrame
    records: pd.DataFrame
    method: str
    cluster_by: str
    replicates: int
    seed: int
    caveats: tuple[str, ...]


def known_releases(releases: pd.DataFrame, *, day: pd.Timestamp) -> pd.DataFrame:
    """Return the releases with the first_day and last_day of their release, and why they are `left_out`, if so."""
    frame = pd.DataFrame(releases).reset_index(drop=True)
    if "release_id" not in frame or frame["release_id"].isna().any() or frame["release_id"].duplicated().any():
        raise DataError("'releases' needs a release_id in each row, and each only once. Fix: releases_from(events)")
    known = conform(frame, "releases")
    if "area_m2" not in frame and isinstance(releases, gpd.GeoDataFrame):
        known["area_m2"] = np.asarray(geodesic_area_m2(releases))
    known["first_day"], known["last_day"] = days_between(known["release_date"], known["date_precision"])
    is_undated = known["release_date"].isna() | known["date_precision"].eq("unknown")
    left_out = np.select(
        [is_undated, known["first_day"] > day, known["area_m2"].eq(0.0)], ["undated", "later", "no_land"], ""
    )
    known["left_out"] = pd.Series(left_out, index=known.index, dtype="str")
    return known


def group_values(
    releases: pd.DataFrame, known: pd.DataFrame, by: str | None, given: pd.DataFrame, linked: pd.Series, what: str
) -> pd.Series:
    """Return the group of each release: a column of the releases, made of them, or what its rows in `given` agree on.

    `linked` is the release of each row of `given`. Where its rows disagree the group of a release is missing.
    """
    if by is None:
        return pd.Series(0, index=known.index)
    if by in _OWN:
        raise OptionError(f"by: '{by}' is a column of the result. Fix: give it another name, such as 'my_{by}'")
    if by in releases:
        return pd.Series(releases[by].to_numpy(), index=known.index, dtype=releases[by].dtype)
    if by == "sector":
        return use_group(known["intended_use_code"])
    if by == "release_year":
        year: pd.Series = known["release_date"].dt.year.astype("Int64")
        return year
    if by not in given:
        columns = [*releases.columns, *given.columns, "sector", "release_year"]
        raise OptionError(f"by: neither 'releases' nor '{what}' has a column '{by}'{nearest(by, columns)}")
    rows = pd.DataFrame({"release_id": linked.to_numpy(), "told": given[by].to_numpy()}).dropna().drop_duplicates()
    told = rows.drop_duplicates("release_id", keep=False).set_index("release_id")["told"]
    return told.reindex(known["release_id"]).set_axis(known.index)


def clusters_of(releases: pd.DataFrame, cluster_by: str, replicates: int, seed: int) -> pd.Series | None:
    """Return the community of each release, none without a bootstrap; check what the bootstrap is given."""
    for name, value in (("replicates", replicates), ("seed", seed)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
            raise OptionError(f"{name} must be a whole number from 0 on; got {value!r}")
    if cluster_by in releases:
        return pd.Series(releases[cluster_by].to_numpy())
    if replicates and len(releases):
        raise OptionError(
            f"cluster_by: 'releases' has no column '{cluster_by}'{nearest(cluster_by, releases.columns)}.\n"
            f"  Fix: name the column that holds the community of a release, or replicates=0 for no intervals."
        )
    return None


def check_horizons(horizons_months: Sequence[float]) -> Floats:
    """Return the horizons as an array; raise OptionError where one is no positive number."""
    try:
        horizons = np.asarray(list(horizons_months), dtype=float)
    except (TypeError, ValueError):
        horizons = np.array([np.nan])
    if not len(horizons) or not (np.isfinite(horizons) & (horizons > 0)).all():
        raise OptionError(f"horizons_months must be numbers above 0, such as (12, 24, 60); got {horizons_months!r}")
    return np.unique(horizons)


@dataclass(frozen=True)
class Groups:
    """Rows in groups and clusters."""

    by: str | None
    keys: pd.Index
    codes: Ints
    clusters: Ints
    reference: int

    def draws(self, is_known: npt.NDArray[np.bool_], replicates: int, seed: int) -> Iterator[Floats]:
        """Yield the weights of the rows: clusters of known rows drawn with replacement."""
        random = np.random.default_rng(seed)
        found, inverse = np.unique(self.clusters[is_known], return_inverse=True)
        for _ in range(replicates if len(found) else 0):
            weights = np.zeros(len(self.codes))
            times = random.multinomial(len(found), np.full(len(found), 1.0 / len(found)))
            weights[is_known] = times[inverse]
            yield weights

    def cluster_counts(self, is_known: npt.NDArray[np.bool_]) -> Ints:
        """Return the number of clusters with known rows in each group."""
        pairs = np.unique(np.column_stack([self.codes[is_known], self.clusters[is_known]]), axis=0)
        return np.bincount(pairs[:, 0], minlength=len(self.keys))

    def labels(self, rows: Sequence[int], name: str | None = None) -> dict[Hashable, Any]:
        """Return the column of group keys for rows of group numbers; none without `by`."""
        if self.by is None:
            return {}
        return {name or self.by: pd.Series(self.keys.take(np.array(rows, dtype=np.intp)))}


def grouped(
    by: str | None, values: pd.Series, clusters: pd.Series | None, is_known: npt.NDArray[np.bool_], reference: Any
) -> Groups:
    """Return the groups of rows; the reference is the one with most known rows where none is named."""
    if by is None:
        keys, codes = pd.Index([0]), np.zeros(len(values), dtype=np.intp)
    else:
        codes, keys = pd.factorize(values, sort=True, use_na_sentinel=True)
        if (codes < 0).any():
            keys, codes = keys.append(pd.Index([None], dtype=keys.dtype)), np.where(codes < 0, len(keys), codes)
    count = np.bincount(codes[is_known], minlength=len(keys))
    at = int(np.where(pd.isna(keys), -1, count).argmax()) if len(keys) else 0
    if reference is not None:
        if by is None or reference not in list(keys.dropna()):
            raise OptionError(
                f"reference must be a group of by={by!r} ({', '.join(map(str, keys.dropna()))}); got {reference!r}"
            )
        at = list(keys).index(reference)
    drawn = np.arange(len(values))
    if clusters is not None:
        drawn, names = pd.factorize(clusters, sort=True, use_na_sentinel=True)
        is_alone = drawn < 0  # nobody says with whom it belongs
        drawn = np.where(is_alone, len(names) + np.cumsum(is_alone), drawn)
    return Groups(by, keys, codes.astype(np.intp), drawn.astype(np.intp), at)


def tables_of(
    groups: Groups, estimate: Estimate, at_risk: Ints, horizons: Floats, *,
    ends: Sequence[str] | None, is_known: npt.NDArray[np.bool_], replicates: int, seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Return the tables of shares and of differences, with their bootstrap intervals."""
    number = range(len(groups.keys))
    shape = (len(groups.keys), len(ends or [""]), len(horizons))
    once = [estimate(i, np.ones(len(groups.codes))) for i in number]
    low, high = (np.array([pair[side] for pair in once]).reshape(shape) for side in (0, 1))
    drawn: list[tuple[Floats, Floats]] = []
    for weights in groups.draws(is_known, replicates, seed):
        pairs = [estimate(i, weights) for i in number]
        drawn.append((np.array([one for one, _ in pairs]), np.array([one for _, one in pairs])))
    lows, highs = (np.array([pair[side] for pair in drawn]).reshape(len(drawn), *shape) for side in (0, 1))
    few = groups.cluster_counts(is_known) < _MIN_CLUSTERS
    is_shown = np.broadcast_to((at_risk >= MIN_AT_RISK)[:, None, :], shape)
    rows = list(np.ndindex(*shape))
    shares = pd.DataFrame({**groups.labels([i for i, _, _ in rows]), **_ends(ends, rows),
                           "horizon_months": horizons[[k for _, _, k in rows]]})  # fmt: skip
    _put(shares, "used_share_", low, high, is_shown)
    _put(shares, "interval_share_", *_interval(lows, highs, shape), is_shown & ~few[:, None, None])
    shares["at_risk_count"] = pd.Series([at_risk[i, k] for i, _, k in rows], dtype="Int64")
    shares["note"] = _notes(is_shown, np.broadcast_to(few[:, None, None], shape), replicates)
    return shares, _differences(groups, (low, high), (lows, highs), is_shown, few, horizons, ends, replicates)


def _differences(
    groups: Groups, point: tuple[Floats, Floats], drawn: tuple[Floats, Floats], is_shown: npt.NDArray[np.bool_],
    few: npt.NDArray[np.bool_], horizons: Floats, ends: Sequence[str] | None, replicates: int,
) -> pd.DataFrame:  # fmt: skip
    """Return the table of each group less the reference: bounds of one from the far bounds of the two."""
    at = groups.reference
    others = np.array([i for i in range(len(groups.keys)) if i != at], dtype=int)
    shape = (len(others), *point[0].shape[1:])
    rows = list(np.ndindex(*shape))
    numbers = [int(others[i]) for i, _, _ in rows]
    frame = pd.DataFrame({**groups.labels(numbers), **groups.labels([at] * len(rows), "reference"),
                          **_ends(ends, rows), "horizon_months": horizons[[k for _, _, k in rows]]})  # fmt: skip
    (low, high), (lows, highs) = point, drawn
    both = is_shown[others] & is_shown[[at] * len(others)]
    few_of_two = np.broadcast_to((few[others] | few[[at] * len(others)])[:, None, None], shape)
    base = [at] * len(others)
    _put(frame, "difference_", low[others] - high[base], high[others] - low[base], both)
    interval = _interval(lows[:, others] - highs[:, base], highs[:, others] - lows[:, base], shape)
    _put(frame, "interval_", *interval, both & ~few_of_two)
    frame["note"] = _notes(both, few_of_two, replicates)
    return frame


def _ends(ends: Sequence[str] | None, rows: list[tuple[int, ...]]) -> dict[Hashable, Any]:
    return {} if ends is None else {"end_code": pd.Series([ends[j] for _, j, _ in rows], dtype="str")}


def _interval(lows: Floats, highs: Floats, shape: tuple[int, ...]) -> tuple[Floats, Floats]:
    """Return the percentile interval of what is known: the low end of the least, the high end of the greatest."""
    if not len(lows):
        return np.full(shape, np.nan), np.full(shape, np.nan)
    tail = (1.0 - _LEVEL) / 2.0
    return np.quantile(lows, tail, axis=0), np.quantile(highs, 1.0 - tail, axis=0)


def _put(frame: pd.DataFrame, name: str, low: Floats, high: Floats, is_shown: npt.NDArray[np.bool_]) -> None:
    """Add the two columns of a range, missing where it is not shown."""
    for side, values in (("low", low), ("high", high)):
        frame[f"{name}{side}"] = np.where(is_shown, values, np.nan).ravel()


def _notes(is_shown: npt.NDArray[np.bool_], is_few: npt.NDArray[np.bool_], replicates: int) -> pd.Series:
    hidden = f"fewer than {MIN_AT_RISK} at risk"
    few = f"no interval: fewer than {_MIN_CLUSTERS} communities" if replicates else "no interval: replicates=0"
    told = np.select([~is_shown.ravel(), is_few.ravel() | (replicates == 0)], [hidden, few], "")
    return pd.Series(told, dtype="str")


def groups_table(
    groups: Groups, is_known: npt.NDArray[np.bool_], has_ended: npt.NDArray[np.bool_],
    is_left_out: npt.NDArray[np.bool_],
) -> pd.DataFrame:  # fmt: skip
    """Return the counts of table `time_to_use_groups`."""
    size = len(groups.keys)

    def count(is_in: npt.NDArray[np.bool_]) -> pd.Series:
        return pd.Series(np.bincount(groups.codes[is_in], minlength=size), dtype="Int64")

    everything = np.ones(len(groups.codes), dtype=bool)
    told = pd.DataFrame({"release_count": count(everything), "followed_count": count(is_known),
                         "ended_count": count(has_ended), "not_seen_count": count(~is_known & ~is_left_out),
                         "left_out_count": count(is_left_out)})  # fmt: skip
    told["not_known_share"] = 1.0 - told["followed_count"] / told["release_count"].where(told["release_count"] > 0)
    told["not_known_share"] = told["not_known_share"].astype("float64")
    told["cluster_count"] = pd.Series(groups.cluster_counts(is_known), dtype="Int64")
    return pd.DataFrame({**groups.labels(range(size)), **dict(told.items())})


def stacked(groups: Groups, parts: Sequence[pd.DataFrame], nothing: pd.DataFrame) -> pd.DataFrame:
    """Return the tables of all groups below each other, with the group before them; `nothing` where there are none."""
    rows = [i for i in range(len(groups.keys)) for _ in range(len(parts[i]))]
    frame = pd.concat(parts, ignore_index=True) if parts else nothing
    return pd.DataFrame({**groups.labels(rows), **dict(frame.items())})
