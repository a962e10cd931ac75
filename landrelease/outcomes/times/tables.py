"""The tables of how soon land came into use or ended: shares at horizons, differences, and their bootstrap."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.outcomes.times.groups import Groups

__all__ = ["MIN_AT_RISK", "TimeToUse", "groups_table", "stacked", "tables_of"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]
Estimate = Callable[[int, Floats], tuple[Floats, Floats]]
"""The least and the greatest share of a group by end and horizon, with the weights of all rows."""

MIN_AT_RISK = 10
"""With fewer releases at risk than this nothing is printed."""
_MIN_CLUSTERS = 10
"""With fewer communities than this the bootstrap has too little to draw from, and there is no interval."""
_LEVEL = 0.95


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
    n : int
        Releases of which a visit or a spell tells something: the estimates are of these.
    missing_share : float
        Share of all releases that are not among them. [share]
    method : str
        How the shares were estimated.
    cluster_by : str
        Column of the communities that the bootstrap draws.
    draws : int
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
    n: int
    missing_share: float
    method: str
    cluster_by: str
    draws: int
    seed: int
    caveats: tuple[str, ...]


def tables_of(
    groups: Groups, estimate: Estimate, at_risk: Ints, horizons: Floats, *,
    ends: Sequence[str] | None, is_known: npt.NDArray[np.bool_], draws: int, seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Return the tables of shares and of differences, with their bootstrap intervals."""
    number = range(len(groups.keys))
    shape = (len(groups.keys), len(ends or [""]), len(horizons))
    once = [estimate(i, np.ones(len(groups.codes))) for i in number]
    low, high = (np.array([pair[side] for pair in once]).reshape(shape) for side in (0, 1))
    drawn: list[tuple[Floats, Floats]] = []
    for weights in groups.drawn(is_known, draws, seed):
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
    shares["note"] = _notes(is_shown, np.broadcast_to(few[:, None, None], shape), draws)
    return shares, _differences(groups, (low, high), (lows, highs), is_shown, few, horizons, ends, draws)


def _differences(
    groups: Groups, point: tuple[Floats, Floats], drawn: tuple[Floats, Floats], is_shown: npt.NDArray[np.bool_],
    few: npt.NDArray[np.bool_], horizons: Floats, ends: Sequence[str] | None, draws: int,
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
    frame["note"] = _notes(both, few_of_two, draws)
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


def _notes(is_shown: npt.NDArray[np.bool_], is_few: npt.NDArray[np.bool_], draws: int) -> pd.Series:
    hidden = f"fewer than {MIN_AT_RISK} at risk"
    few = f"no interval: fewer than {_MIN_CLUSTERS} communities" if draws else "no interval: draws=0"
    told = np.select([~is_shown.ravel(), is_few.ravel() | (draws == 0)], [hidden, few], "")
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
