"""How sure a ranking is: what becomes of it where weights and values are known roughly."""

from __future__ import annotations

import numbers
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.checks.arguments import require_whole
from landrelease.errors import OptionError
from landrelease.priority.scheme.weights import (
    FreeWeights,
    IntervalWeights,
    OrdinalWeights,
    WeightSpace,
    draw_weights,
    limits_of,
)
from landrelease.priority.score.ranking import Ranking
from landrelease.priority.stability.simulate import confidences, rank_quantiles, reached_shares
from landrelease.priority.stability.uncertain import Model, model_of, ranked_rows, require_additive

__all__ = ["Stability", "drawn_weights", "stability", "whole_numbers"]

Floats = npt.NDArray[np.float64]
_AROUND = 0.25
_QUANTILES = {"p05_rank": 0.05, "p50_rank": 0.5, "p95_rank": 0.95}


@dataclass(frozen=True)
class Stability:
    """What `stability` found, with everything that it was made with.

    Attributes
    ----------
    table : DataFrame
        In the order of the ranking: area_id; rank, as in the ranking; first_share and top_10_share, ...: in which share
        of the draws the area is first, or among the first 10; p05_rank, p50_rank, p95_rank: ranks that it has or
        betters in 5, 50 and 95 % of the draws; confidence_share: how probable it is that the area is first if its
        own central weights hold (missing where it never is first, and beyond the 200 that are first most often). Areas
        that were dropped have no numbers.
    central : DataFrame
        area_id and a column for each criterion: the mean of the weights that make the area first; missing where none
        does.
    weights : DataFrame
        column, low_weight, high_weight, mean_weight: what was drawn, as parts of 1.
    space : FreeWeights, OrdinalWeights or IntervalWeights
        What was said about the weights.
    said : str
        The same in words, and why where it was not chosen.
    uncertain : DataFrame or None
        The values that were drawn, as they were given.
    uncertain_count, unknown_count : int
        How many values were drawn as `uncertain` says, and how many missing ones from the whole range.
    top : tuple of int
        The numbers of areas of the top columns.
    draws, rank_draws, confidence_draws : int
        How many draws the shares, the ranks and the confidence rest on; 0 where nothing had to be drawn.
    half_width_share : float
        A share is this exact at worst: half of its 95 % interval, 0.98 divided by the root of the draws.
    seed : int
        What the draws began with: the same gives the same.
    """

    table: pd.DataFrame
    central: pd.DataFrame
    weights: pd.DataFrame
    space: WeightSpace
    said: str
    uncertain: pd.DataFrame | None
    uncertain_count: int
    unknown_count: int
    top: tuple[int, ...]
    draws: int
    rank_draws: int
    confidence_draws: int
    half_width_share: float
    seed: int


def stability(
    ranking: Ranking,
    *,
    weights: WeightSpace | float | None = None,
    uncertain: pd.DataFrame | None = None,
    draws: int = 10_000,
    top: int | Sequence[int] = (10, 20, 50),
    rank_draws: int = 500,
    seed: int = 1,
) -> Stability:
    """Say how often each area is first, or among the first few, when weights and values are known roughly.

    Parameters
    ----------
    ranking : Ranking
        As `prioritise` returns it, of the additive value.
    weights : FreeWeights, OrdinalWeights, IntervalWeights or float, optional
        What is sure about the weights. A number is a share: each weight lies within that share of its own, above and
        below; 0 takes the weights as they are. By default 0.25, or the order alone where the scheme gives no more.
    uncertain : DataFrame, optional
        Values that are not exact, one row each: `area_id`, `column`, and either `sd` (normal about the value), `log_sd`
        (lognormal: the standard deviation of the logarithm), or `low` and `high` (all between are as likely).
    draws : int
        How many rankings are made.
    top : int or sequence of int
        Among how many first areas. Equal scores share a rank, so that more areas can be among them.
    rank_draws : int
        How many of the draws are ranked in full, for the quantiles of the rank; fewer for more than 40,000 areas.
    seed : int
        What the draws begin with, 0 or more.

    Returns
    -------
    Stability
        `table` by area, `central` weights, the `weights` that were drawn, and how all of it was made.

    Raises
    ------
    OptionError
        The ranking is of another method than the additive value, an option means nothing, or no weights agree with
        what is said about them.
    DataError
        `uncertain` names an area or a criterion that is not there, one that decides a class, or can not be drawn
        from; a value is missing whose criterion has no range, or on which a class hangs.

    Notes
    -----
    SMAA-2: in each draw, weights that are uniform on what is allowed, and values, give a score to each area and with it
    a rank. first_share is the rank acceptability b(1), top_10_share the sum of b(1) to b(10).

    A value that is missing is drawn from the whole range of its criterion, each part of it as likely, whatever the
    ranking counted it as. The class of an area, in a scheme with classes, stays as the ranking has it. Draws of one
    value are independent of those of another. A value beyond `low` or `high` of its criterion counts as that limit, as
    in the ranking.

    A weight is a part of 1 and belongs to the range of its criterion, from counting nothing to counting in full. Points
    without a `high` count in full at the highest number of a ranked area.

    Scores are floats of 32 bits: two that differ by less than about a millionth are in an order by chance. Areas with
    the same values have the same rank in each draw.

    What is sure here is sure only if the weights lie where it is said, and the values too.

    References
    ----------
    Lahdelma, R. and Salminen, P. (2001), SMAA-2: Stochastic multicriteria acceptability analysis for group decision
    making, Operations Research 49(3).

    Examples
    --------
    >>> from landrelease.priority import Criterion, OrdinalWeights, prioritise
    >>> criteria = [Criterion("people", 0, 1000, 0.6), Criterion("victims", 0, 10, 0.4)]
    >>> cells = {"area_id": ["A1", "A2", "A3"], "people": [900, 300, 200], "victims": [1, 8, 2]}
    >>> ranking = prioritise(pd.DataFrame(cells), criteria)
    >>> found = stability(ranking, weights=OrdinalWeights(["people", "victims"]), top=2)
    >>> found.table[["area_id", "rank", "first_share", "top_2_share", "p95_rank"]].round(1)
      area_id  rank  first_share  top_2_share  p95_rank
    0      A1     1          0.9          1.0         2
    1      A2     2          0.1          1.0         2
    2      A3     3          0.0          0.0         3
    >>> found.said, round(found.half_width_share, 4)
    ('weights in the order people, victims', 0.0098)
    >>> len(stability(prioritise(pd.DataFrame(cells).iloc[:0], criteria)).table)
    0
    >>> stability(ranking, draws=0)
    Traceback (most recent call last):
    landrelease.errors.OptionError: draws must be a whole number of 1 or more; got 0
    """
    require_additive(ranking, "stability")
    for name, number, least in (("draws", draws, 1), ("rank_draws", rank_draws, 1), ("seed", seed, 0)):
        require_whole(name, number, least)
    lines = whole_numbers("top", top)
    reached = sorted({1, *lines})
    model = model_of(ranking, uncertain)
    space, said = _space(weights, model, ranking)
    drawn = drawn_weights(space, model, draws, seed)
    shares, central = reached_shares(model, drawn, reached, seed)
    quantiles, rank_draws = rank_quantiles(model, drawn, tuple(_QUANTILES.values()), rank_draws, seed)
    confidence, confidence_draws = confidences(model, shares[:, 0], central, draws, seed)
    columns = {"first_share": shares[:, 0]}
    columns |= {f"top_{line}_share": shares[:, reached.index(line)] for line in lines}
    columns |= {**dict(zip(_QUANTILES, quantiles.T, strict=True)), "confidence_share": confidence}
    low, high = limits_of(space, model.columns)
    return Stability(
        table=_on_ranking(ranking, columns),
        central=_on_ranking(ranking, dict(zip(model.columns, central.T, strict=True))).drop(columns="rank"),
        weights=pd.DataFrame(
            {"column": model.columns, "low_weight": low, "high_weight": high, "mean_weight": drawn.mean(axis=0)}
        ).astype({"column": "str"}),
        space=space,
        said=said,
        uncertain=None if uncertain is None else uncertain.copy(),
        uncertain_count=model.uncertain_count,
        unknown_count=model.unknown_count,
        top=tuple(lines),
        draws=draws,
        rank_draws=rank_draws,
        confidence_draws=confidence_draws,
        half_width_share=float(0.98 / np.sqrt(draws)),
        seed=seed,
    )


def drawn_weights(space: WeightSpace, model: Model, draws: int, seed: int) -> Floats:
    """Return the weights of all draws; the same seed gives the same."""
    return draw_weights(space, model.columns, draws, np.random.default_rng([seed, 0]))


def whole_numbers(name: str, given: int | Sequence[int]) -> list[int]:
    """Return one or several whole numbers of 1 or more, upwards and each once."""
    several = list(given) if isinstance(given, Sequence | np.ndarray) else [given]
    for one in several:
        require_whole(name, one, 1)
    return sorted({int(one) for one in several})


def _space(weights: WeightSpace | float | None, model: Model, ranking: Ranking) -> tuple[WeightSpace, str]:
    """Return what is said about the weights, and the same in words."""
    if isinstance(weights, FreeWeights | OrdinalWeights | IntervalWeights):
        limits_of(weights, model.columns)
        return weights, weights.said()
    if weights is None and ranking.weights == "order":
        order = OrdinalWeights(model.columns)
        return order, f"{order.said()} (the default where a scheme gives no more)"
    share = _AROUND if weights is None else weights
    if not isinstance(share, numbers.Real) or isinstance(share, bool) or not 0 <= share <= 1:
        raise OptionError(
            f"weights must be FreeWeights(), OrdinalWeights(...), IntervalWeights(...) or a share from 0 to 1; "
            f"got {weights!r}"
        )
    limits = {
        column: (float(weight * (1 - share)), float(min(1.0, weight * (1 + share))))
        for column, weight in zip(model.columns, model.weights, strict=True)
    }
    said = f"each weight within {100 * share:g} % of that of the ranking" if share else "the weights of the ranking"
    return IntervalWeights(limits), said + (" (the default)" if weights is None else "")


def _on_ranking(ranking: Ranking, columns: dict[str, npt.NDArray[Any]]) -> pd.DataFrame:
    """Return columns of the ranked areas as a frame of all areas of the ranking; whole numbers stay whole."""
    frame = ranking.table[["area_id", "rank"]].reset_index(drop=True)
    where = np.flatnonzero(ranked_rows(ranking))
    found = pd.DataFrame(columns, index=where)
    whole = {name: "Int64" for name, values in columns.items() if values.dtype.kind == "i"}
    return frame.join(found.astype(whole))
