"""Many rankings at once: scores under draws of weights and values, and what is counted in them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from landrelease.priority.stability.uncertain import Model

__all__ = ["confidences", "funded_shares", "rank_quantiles", "reached_shares", "scores_of"]

Floats = npt.NDArray[np.float64]
_CELLS = 1_000_000
"""Scores that are held at once."""
_RANKS = 20_000_000
"""Ranks that are held at once: of more areas, fewer draws are ranked in full."""
_SHORTLIST = 200
"""Areas, those that are first most often, whose confidence factor is computed."""
_SAME = 1e-6
"""Scores are floats of 32 bits: what differs by less than this is the same."""


def scores_of(model: Model, weights: Floats, seed: int) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
    """Yield batches of weights (draws, criteria) with the scores (draws, areas), padded to whole groups.

    The same seed gives the same values, however many of the batches are taken. All scores are written to one place.
    """
    from landrelease.priority.stability import kernels

    random = np.random.default_rng([seed, 1])
    fixed, counted = _one_column(model, weights)
    n = len(model.ids)
    size = -(-n // kernels.GROUP) * kernels.GROUP
    values = np.zeros((fixed.shape[1], size), dtype="float32")
    values[:, :n] = fixed.T
    start = np.full(size, kernels.PADDING, dtype="float32")
    start[:n] = model.start
    batch = max(1, min(32, _CELLS // max(size, 1)))
    room = np.empty((min(batch, len(weights)), size), dtype="float32")
    for low in range(0, len(weights), batch):
        part = counted[low : low + batch].astype("float32")
        scores = room[: len(part)]
        kernels.write_scores(part, values, start, scores)
        for one in model.drawn:
            scores[:, one.rows] += weights[low : low + batch, [one.at]] * one.draw(len(part), random)
        yield weights[low : low + batch], scores


def _one_column(model: Model, weights: Floats) -> tuple[Floats, Floats]:
    """Return values and weights; where all draws have the same weights, the score as the only value.

    Sums of other parts that are equal in decimals would differ by their rounding, and in all draws alike.
    """
    if len(weights) and not np.ptp(weights, axis=0).any():
        return np.round(model.values @ weights[0], 11)[:, None], np.ones((len(weights), 1))
    return model.values, weights


def reached_shares(model: Model, weights: Floats, lines: list[int], seed: int) -> tuple[Floats, Floats]:
    """Return in which share of the draws each area is among the first k, for each line k, and its central weights.

    lines : upwards, the first of them 1.  Central weights are NaN for an area that is never first.
    """
    from landrelease.priority.stability import kernels

    n, m = model.values.shape
    levels = np.zeros((n, len(lines) + 1), dtype="int32")
    central = np.zeros((n, m))
    for part, scores in scores_of(model, weights, seed) if n else ():
        kernels.add_levels(scores, np.array(lines), part, levels, central)
    # An area that is within a line is within all wider ones.
    counts = levels[:, ::-1].cumsum(axis=1)[:, :-1]
    with np.errstate(invalid="ignore"):
        return counts / len(weights), central / counts[:, :1]


def _sorted_keys(model: Model, weights: Floats, seed: int) -> Iterator[tuple[int, npt.NDArray[np.uint64]]]:
    """Yield the first draw of each batch, and keys that name the areas in the order of their scores.

    One integer for score and area sorts much faster than an index of the scores.
    """
    from landrelease.priority.stability import kernels

    low = 0
    for part, scores in scores_of(model, weights, seed):
        keys = np.empty((len(part), len(model.ids)), dtype="uint64")
        kernels.write_keys(scores.view("uint32"), keys)
        keys.sort(axis=1)
        yield low, keys
        low += len(part)


def rank_quantiles(
    model: Model, weights: Floats, quantiles: tuple[float, ...], draws: int, seed: int
) -> tuple[npt.NDArray[np.int64], int]:
    """Return for each area ranks that it has in at least those shares of the draws, and of how many draws.

    The first draws alone are ranked in full, at most as many as fit into memory.
    """
    from landrelease.priority.stability import kernels

    n = len(model.ids)
    draws = min(draws, len(weights), max(100, _RANKS // max(n, 1)))
    table = np.empty((n, draws), dtype="uint16" if n < 2**16 else "uint32")
    for low, keys in _sorted_keys(model, weights[:draws], seed) if n else ():
        ranks = np.empty((len(keys), n), dtype=table.dtype)
        kernels.write_ranks(keys, ranks)
        table[:, low : low + len(keys)] = ranks.T
    table.sort(axis=1)
    places = [max(0, int(np.ceil(one * draws - 1e-9)) - 1) for one in quantiles]
    return table[:, places].astype("int64"), draws


def funded_shares(model: Model, weights: Floats, cost: Floats, budget: float, seed: int) -> Floats:
    """Return in which share of the draws the budget reaches each area, in the order of the scores."""
    from landrelease.priority.stability import kernels

    funded = np.zeros(len(model.ids), dtype="int64")
    for _, keys in _sorted_keys(model, weights, seed) if len(funded) else ():
        kernels.add_funded(keys, cost, budget * (1 + 1e-12), funded)
    return funded / len(weights)


def confidences(model: Model, first: Floats, central: Floats, draws: int, seed: int) -> tuple[Floats, int]:
    """Return how probable it is that an area is first if its own central weights hold, and of how many draws.

    Missing for an area that is never first, and beyond the shortlist of those that are first most often. Where no value
    is uncertain, an area that is first at all is first under its central weights: the weights under which it is first
    are convex.
    """
    found = np.where(first > 0, 1.0, np.nan)
    if not model.drawn or not len(first):
        return found, 0
    ahead = np.argsort(-first, kind="stable")[:_SHORTLIST]
    ahead = ahead[first[ahead] > 0]
    found[:] = np.nan
    rows = np.unique(np.concatenate([one.rows for one in model.drawn]))
    draws = int(min(draws, max(100, 500_000_000 // (len(rows) * len(ahead)))))
    found[ahead] = _wins(model, ahead, central[ahead], rows, draws, np.random.default_rng([seed, 2])) / draws
    return found, draws


def _wins(
    model: Model, ahead: npt.NDArray[Any], central: Floats, rows: npt.NDArray[Any], draws: int, random: Any
) -> Floats:
    """Count in how many draws each area of the shortlist is first under its own weights; `rows` are uncertain."""
    own = np.arange(len(ahead))
    certain = np.setdiff1d(np.arange(len(model.ids)), rows)
    to_beat = np.full(len(ahead), -np.inf)
    for low in range(0, len(certain), 5_000):
        part = certain[low : low + 5_000]
        to_beat = np.maximum(to_beat, (model.values[part] @ central.T + model.start[part, None]).max(axis=0))
    always = (model.values[ahead] * central).sum(axis=1) + model.start[ahead]
    place = np.searchsorted(rows, ahead)
    is_drawn = np.isin(ahead, rows)
    wins = np.zeros(len(ahead))
    batch = max(1, 2 * _CELLS // (len(rows) * len(ahead)))
    for low in range(0, draws, batch):
        values = np.repeat(model.values[None, rows], min(batch, draws - low), axis=0)
        for one in model.drawn:
            values[:, np.searchsorted(rows, one.rows), one.at] = one.draw(len(values), random)
        scores = values @ central.T + model.start[rows][:, None]
        mine = np.where(is_drawn, scores[:, np.where(is_drawn, place, 0), own], always)
        wins += (mine >= np.maximum(scores.max(axis=1), to_beat) - _SAME).sum(axis=0)
    return wins
