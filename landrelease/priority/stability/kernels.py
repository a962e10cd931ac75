"""Loops over areas and draws: scores, who is in the first few, and ranks."""

from __future__ import annotations

from typing import Any

import numpy as np

from landrelease.match.kernels.compiled import compiled

__all__ = ["PADDING", "add_funded", "add_levels", "write_keys", "write_ranks", "write_scores"]

GROUP = 16
"""Areas of which only the best is looked at, to find a score that enough areas reach."""
PADDING = -1.0
"""Score of what fills the last group: below that of any area, which is 0 or more."""
_TILE = 1024
"""Areas whose values stay in the nearest cache while all draws of a batch pass over them."""


@compiled
def write_scores(weights: Any, values: Any, start: Any, scores: Any) -> None:
    """Write the scores (draws, n): where they start (n,), and the product of weights (draws, m) and values (m, n).

    Not a library's product: areas with the same values must get the same score to the last bit, wherever they stand.
    """
    m, n = values.shape
    for low in range(0, n, _TILE):
        high = min(low + _TILE, n)
        for draw in range(len(weights)):
            score, first = scores[draw, low:high], start[low:high]
            for i in range(len(score)):
                score[i] = first[i]
            j = 0
            while j + 4 <= m:
                a, b, c, d = weights[draw, j], weights[draw, j + 1], weights[draw, j + 2], weights[draw, j + 3]
                va, vb = values[j, low:high], values[j + 1, low:high]
                vc, vd = values[j + 2, low:high], values[j + 3, low:high]
                for i in range(len(score)):
                    score[i] += a * va[i] + b * vb[i] + c * vc[i] + d * vd[i]
                j += 4
            while j < m:
                a, va = weights[draw, j], values[j, low:high]
                for i in range(len(score)):
                    score[i] += a * va[i]
                j += 1


@compiled
def _reached(scores: Any, n: int, k: int, low: Any, high: Any, slack: int) -> Any:
    """Return the greatest score that at least k of the first n reach; with slack, one that few more than k reach.

    low : a score that k reach.  high : the highest.
    """
    count = 0
    for i in range(n):
        count += scores[i] >= high
    if count >= k:
        return high
    while True:
        middle = np.float32(0.5) * (low + high)
        if middle <= low or middle >= high:
            return low
        count = 0
        for i in range(n):
            count += scores[i] >= middle
        if count >= k:
            low = middle
            if count <= k + slack:
                return low
        else:
            high = middle


@compiled
def add_levels(scores: Any, lines: Any, weights: Any, levels: Any, central: Any) -> None:
    """Count for each area how many of the lines it reaches in each draw, and add up the weights that make it first.

    scores (draws, n) : a multiple of `GROUP` areas; what is no area has the score `PADDING`.
    lines (L,) : numbers of areas, upwards; an area reaches line k where fewer than k areas have a higher score.
    levels (areas, L + 1) : how often an area reached that many of the lines.
    central (areas, m) : the sum of the weights of the draws in which no area has a higher score.

    The best of each of many groups are scores of so many areas: the k-th of them is reached by k areas at least and
    by few more, so that only those have to be looked at.
    """
    draws, n = scores.shape
    groups, most = n // GROUP, lines[len(lines) - 1]
    best = np.empty(groups, np.float32)
    found_score = np.empty(n, np.float32)
    found = np.empty(n, np.int64)
    line_score = np.empty(len(lines), np.float32)
    below = np.float32(PADDING / 2)
    for draw in range(draws):
        score = scores[draw]
        best[:] = score[:groups]
        for first in range(groups, n, groups):
            other = score[first : first + groups]
            for i in range(groups):
                best[i] = other[i] if other[i] > best[i] else best[i]
        top = best.max()
        least = below
        if most <= groups:
            least = _reached(best, groups, most, below, top, most // 4)
        count = 0
        for i in range(groups):
            if best[i] >= least:
                for k in range(i, n, groups):
                    found_score[count], found[count] = score[k], k
                    count += score[k] >= least
        for line in range(len(lines)):
            line_score[line] = _reached(found_score, count, lines[line], least, top, 0)
        for i in range(count):
            level = 0
            for line in range(len(lines)):
                level += found_score[i] >= line_score[line]
            levels[found[i], level] += 1
            if found_score[i] >= top:
                for j in range(weights.shape[1]):
                    central[found[i], j] += weights[draw, j]


@compiled
def write_keys(bits: Any, keys: Any) -> None:
    """Write keys (draws, n) that sort by score downwards, then by area.

    bits (draws, n) : of scores of 0 or more, which sort as the scores do.
    """
    draws, n = keys.shape
    for draw in range(draws):
        key, bit = keys[draw], bits[draw]
        for area in range(n):
            key[area] = (np.uint64(0xFFFFFFFF - bit[area]) << np.uint64(32)) | np.uint64(area)


@compiled
def write_ranks(keys: Any, ranks: Any) -> None:
    """Write the rank of each area in each draw: 1 and the number of areas with a higher score.

    keys (draws, n) : as `write_keys` makes them, sorted.
    """
    draws, n = keys.shape
    for draw in range(draws):
        last, rank = np.uint64(0), 0
        for place in range(n):
            score = keys[draw, place] >> np.uint64(32)
            if place == 0 or score != last:
                last, rank = score, place + 1
            ranks[draw, keys[draw, place] & np.uint64(0xFFFFFFFF)] = rank


@compiled
def add_funded(keys: Any, cost: Any, budget: float, funded: Any) -> None:
    """Count for each area in how many draws the budget pays for it and for all with its score or a higher one.

    What costs more than the whole budget is passed over. Else the first that does not fit ends it.

    keys (draws, n) : as for `write_ranks`.  cost (n,).  funded (n,) : is added to.
    """
    draws, n = keys.shape
    for draw in range(draws):
        spent, place = 0.0, 0
        while place < n:
            end, score = place, keys[draw, place] >> np.uint64(32)
            while end < n and keys[draw, end] >> np.uint64(32) == score:
                area = keys[draw, end] & np.uint64(0xFFFFFFFF)
                if cost[area] <= budget:
                    spent += cost[area]
                end += 1
            if spent > budget:
                break
            for k in range(place, end):
                area = keys[draw, k] & np.uint64(0xFFFFFFFF)
                if cost[area] <= budget:
                    funded[area] += 1
            place = end
