"""Who gets what the release of land brings: the poor, the provinces, each with an interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.cells import as_text, counted
from landrelease.checks.arguments import column_list, numbers, require_columns, require_draws, require_share
from landrelease.errors import OptionError, check_option

__all__ = ["FEWEST", "Equity", "bootstrap", "equity"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
FEWEST = 10
"""Fewer units than this carry no interval."""
_QUINTILE = 0.2


@dataclass(frozen=True)
class Equity:
    """How a benefit is shared out, with how that was found.

    Attributes
    ----------
    table : DataFrame
        One row a measure: measure, value, low, high (the bootstrap interval; missing where fewer than 10 units can be
        drawn). Of `womens_share` also unknown_low and unknown_high: what people of unknown sex leave open.
    n : int
        Rows that count.
    missing_share : float
        Share of the rows that do not count, because a number, the rank or the group is missing. [share]
    rank_variable : str
        What poverty is ranked by, and which end is the poorest; empty where nothing is ranked.
    method : str
        How the values and intervals are made.
    draws : int
        Draws of the bootstrap.
    confidence : float
        Level of the intervals. [share]
    seed : int
        Seed of the draws.
    caveats : tuple of str
        What a reader must know.
    """

    table: pd.DataFrame
    n: int
    missing_share: float
    rank_variable: str
    method: str
    draws: int
    confidence: float
    seed: int
    caveats: tuple[str, ...]


def equity(
    benefits: pd.DataFrame,
    *,
    benefit: str,
    rank: str,
    poorest: Literal["lowest", "highest"],
    weight: str | None = None,
    province: str | None = None,
    cluster: str | None = None,
    draws: int = 1_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Equity:
    """Measure whether a benefit reaches the poor, and how unequal it is between and within provinces.

    Parameters
    ----------
    benefits : DataFrame
        One row a unit: a household, a community.
    benefit : str
        Column with what each unit got, 0 or more.
    rank : str
        Column that ranks units by poverty: wealth, income, a poverty rate.
    poorest : {"lowest", "highest"}
        Which end of `rank` is the poorest: of wealth the lowest, of a poverty rate the highest.
    weight : str, optional
        Column with how many units or people a row stands for; then `benefit` is per one of them.
    province : str, optional
        Column with the group for the split of the Theil index.
    cluster : str, optional
        Column with the unit that is drawn again, where rows of one place go together; without it the row.
    draws, confidence, seed : int, float, int
        Draws of the bootstrap (0 for no interval), level of the intervals, seed of the draws.

    Returns
    -------
    Equity
        concentration_index, poorest_quintile_share, theil and, with `province`, theil_between and theil_within.

    Raises
    ------
    DataError
        A column holds no numbers; a benefit or a weight is negative.
    OptionError
        A column is not there; an option that can not be meant.

    Notes
    -----
    Concentration index C = 2/mu cov_w(h, r), with r the fractional rank from the poorest, in the middle of each unit
    and the same for units of one rank; below 0 the poor get more. The share of the poorest quintile is the
    concentration curve at 0.2 of the weight; units of one rank share what they got. Theil T = mean of
    (x/mu) ln(x/mu), with 0 ln 0 = 0; between = sum_g s_g ln(mu_g/mu) and within = sum_g s_g T_g, s_g the share of
    group g in the benefit: they sum to T. Rows that lack a number, the rank or the group are left out and counted.
    Where nobody got anything, all is missing. Intervals are percentiles over draws of units (or clusters) with
    replacement; of a skewed benefit they cover somewhat less than they say.

    References
    ----------
    Kakwani, N., Wagstaff, A. and van Doorslaer, E. (1997), Journal of Econometrics 77, 87-103 (concentration index).
    Theil, H. (1967), Economics and information theory.

    Examples
    --------
    >>> units = pd.DataFrame({"jobs": [1, 2, 3, 4, None], "wealth": [1, 2, 3, 4, 5], "province": list("NNSSS")})
    >>> found = equity(units, benefit="jobs", rank="wealth", poorest="lowest", province="province")
    >>> found.table.set_index("measure")["value"].round(4).to_dict()
    {'concentration_index': 0.25, 'poorest_quintile_share': 0.08, 'theil': 0.1064, 'theil_between': 0.0823, \
'theil_within': 0.0242}
    >>> found.n, found.missing_share, found.rank_variable
    (4, 0.2, "'wealth', the lowest is the poorest")
    >>> equity(units.iloc[:0], benefit="jobs", rank="wealth", poorest="lowest").table["value"].isna().all()
    np.True_
    """
    check_option("poorest", poorest, ("lowest", "highest"))
    texts = column_list("province, cluster", [one for one in (province, cluster) if one is not None])
    require_columns(benefits, "benefits", [benefit, rank, *([weight] if weight else []), *texts], error=OptionError)
    frame = pd.DataFrame({"benefit": numbers(benefits[benefit], f"benefits: {benefit}")})
    frame["rank"] = numbers(benefits[rank], f"benefits: {rank}", low=-np.inf)
    frame["weight"] = numbers(benefits[weight], f"benefits: {weight}") if weight else 1.0
    for name, column in (("province", province), ("cluster", cluster)):
        frame[name] = as_text(benefits[column]) if column else ""
    used = frame.dropna()
    used = used[used["weight"] > 0]
    tie = _codes(used["rank"] if poorest == "lowest" else -used["rank"])
    value, group = used["benefit"].to_numpy(dtype=float), _codes(used["province"])
    names = ["concentration_index", "poorest_quintile_share", "theil"]
    names += ["theil_between", "theil_within"] if province else []

    def measured(weights: Floats) -> Floats:
        return np.array([*_by_rank(value, weights, tie), *_theil(value, weights, group)])[: len(names)]

    weights = used["weight"].to_numpy(dtype=float)
    unit = _codes(used["cluster"]) if cluster else np.arange(len(used))
    low, high = bootstrap(measured, weights, unit, draws, confidence, seed)
    table = pd.DataFrame(
        {"measure": pd.Series(names, dtype="str"), "value": measured(weights), "low": low, "high": high}
    )
    return Equity(
        table=table,
        n=len(used),
        missing_share=(len(frame) - len(used)) / len(frame) if len(frame) else float("nan"),
        rank_variable=f"'{rank}', the {poorest} is the poorest",
        method="concentration index, concentration curve and Theil index; percentile bootstrap",
        draws=draws,
        confidence=confidence,
        seed=seed,
        caveats=_caveats(frame, used, rank, unit, value),
    )


def _codes(values: pd.Series) -> Ints:
    """Return whole numbers in the order of the values."""
    _, codes = np.unique(values.to_numpy(), return_inverse=True)
    return codes.astype(np.int64)


def _by_rank(value: Floats, weights: Floats, tie: Ints) -> tuple[float, float]:
    """Return the concentration index and the share of the poorest quintile; `tie` counts from the poorest."""
    each, got = np.bincount(tie, weights), np.bincount(tie, weights * value)
    people, total = each.sum(), got.sum()
    if not total > 0:
        return np.nan, np.nan
    end = np.cumsum(each)
    middle = (end - each / 2) / people
    curve = np.interp(_QUINTILE, np.r_[0.0, end / people], np.r_[0.0, np.cumsum(got) / total])
    return float(2 * (got * middle).sum() / total - 1), float(curve)


def _theil(value: Floats, weights: Floats, group: Ints) -> tuple[float, float, float]:
    """Return the Theil index, and its parts between and within groups."""
    total, people = (weights * value).sum(), weights.sum()
    if not total > 0:
        return np.nan, np.nan, np.nan
    got, each = np.bincount(group, weights * value), np.bincount(group, weights)
    share = got / total
    is_there = got > 0
    mean = got[is_there] / each[is_there]
    between = float((share[is_there] * np.log(mean * people / total)).sum())
    rows = (value > 0) & (weights > 0)
    ratio = value[rows] * (each / np.where(got > 0, got, 1.0))[group[rows]]
    within = float((weights[rows] * value[rows] * np.log(ratio)).sum() / total)
    return between + within, between, within


def bootstrap(
    measured: Callable[[Floats], Floats], weights: Floats, unit: Ints, draws: int, confidence: float, seed: int
) -> tuple[Floats, Floats]:
    """Return the percentile interval of measures over draws of units with replacement; missing without draws."""
    require_draws(draws, seed)
    require_share("confidence", confidence)
    count = int(unit.max()) + 1 if len(unit) else 0
    if count < FEWEST or not draws:
        nothing = np.full(len(measured(weights)), np.nan)
        return nothing, nothing
    rng = np.random.default_rng(seed)
    found = np.stack([measured(weights * _drawn(rng, count)[unit]) for _ in range(draws)])
    low, high = np.full(found.shape[1], np.nan), np.full(found.shape[1], np.nan)
    for i, column in enumerate(found.T):
        known = column[~np.isnan(column)]
        if len(known):
            low[i], high[i] = np.quantile(known, [(1 - confidence) / 2, (1 + confidence) / 2])
    return low, high


def _drawn(rng: np.random.Generator, count: int) -> Ints:
    """Return how often each of `count` units is drawn in `count` draws."""
    return np.bincount(rng.integers(0, count, count), minlength=count)


def _caveats(frame: pd.DataFrame, used: pd.DataFrame, rank: str, unit: Ints, value: Floats) -> tuple[str, ...]:
    levels, units = used["rank"].nunique(), len(np.unique(unit))
    told = {
        f"poverty is ranked by '{rank}'; another variable may say something else": True,
        f"'{rank}' has only {counted(levels, 'value', 'values')} for {counted(len(used), 'row', 'rows')}: if it is "
        "a rate of places it says nothing of the people within them": levels <= len(used) / 2 and len(used) > 0,
        f"{len(frame) - len(used)} of {len(frame)} rows lack a number, the rank or the group, or weigh nothing, and "
        "are left out": len(used) < len(frame),
        f"only {counted(units, 'unit', 'units')} to draw from: no interval": units < FEWEST,
        "nobody got anything: shares of nothing are not known": len(used) > 0 and not value.sum() > 0,
    }
    return tuple(text for text, is_so in told.items() if is_so)
