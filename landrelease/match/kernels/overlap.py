"""Areas that polygons share, as sums over pairs of edges.

The land of a polygon is the signed sum of what lies below each of its edges. So the land that two polygons share is the
signed sum, over all pairs of an edge of the one and an edge of the other, of what lies below both: the integral of the
lower of two straight lines where they stand over the same ground. Nothing is built and no point is located, so that
edges that coincide, shared corners and slivers are no special case.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from landrelease.match.kernels.compiled import compiled
from landrelease.match.kernels.edges import BLOCK

__all__ = ["doubled_areas", "overlap_areas", "overlap_each_other", "shared_areas"]


@compiled
def _below_both(xa: float, ya: float, xb: float, yb: float, ua: float, va: float, ub: float, vb: float, left: float,
                right: float) -> float:  # fmt: skip
    """Return the integral over [left, right] of the lower of two lines, above 0; the first is never below it."""
    m, k = (yb - ya) / (xb - xa), (vb - va) / (ub - ua)
    a0 = ya + (left - xa) * m
    a1 = ya + (right - xa) * m if right < xb else yb
    b0 = va + (left - ua) * k
    b1 = va + (right - ua) * k if right < ub else vb
    width = right - left
    if b0 <= 0.0 or b1 <= 0.0:
        if b0 <= 0.0 and b1 <= 0.0:
            return 0.0
        t = b0 / (b0 - b1)
        if b0 < 0.0:
            a0, b0, width = a0 + t * (a1 - a0), 0.0, width * (1.0 - t)
        elif b1 < 0.0:
            a1, b1, width = a0 + t * (a1 - a0), 0.0, width * t
    d0, d1 = a0 - b0, a1 - b1
    if d0 <= 0.0 and d1 <= 0.0:
        return 0.5 * width * (a0 + a1)
    if d0 >= 0.0 and d1 >= 0.0:
        return 0.5 * width * (b0 + b1)
    t = d0 / (d0 - d1)
    c = a0 + t * (a1 - a0)
    if d0 < 0.0:
        return 0.5 * width * (t * (a0 + c) + (1.0 - t) * (c + b1))
    return 0.5 * width * (t * (b0 + c) + (1.0 - t) * (c + a1))


@compiled
def _grown(values: Any) -> Any:
    return np.concatenate((values, np.empty_like(values)))


@compiled
def _gathered(edge: Any, sign: Any, reach: Any, begin: int, end: int, ox: float, oy: float, wide: float, owner: int,
              e: Any, s: Any, of: Any, n: int) -> Any:  # fmt: skip
    """Add the edges of a shape that stand over [0, wide], and are not below 0, as seen from an origin.

    They are sorted, unless the owner is -1: the shape from which all is seen.
    """
    while len(e) < n + end - begin:
        e, s, of = _grown(e), _grown(s), _grown(of)
    k = begin
    while k < end:
        if (k - begin) % BLOCK == 0 and reach[k] <= ox:
            k += BLOCK
            continue
        xa = edge[k, 0] - ox
        if xa >= wide and owner >= 0:
            break
        xb, ya, yb = edge[k, 2] - ox, edge[k, 1] - oy, edge[k, 3] - oy
        if (
            xb > max(xa, 0.0) and xa < wide and (ya >= 0.0 or yb >= 0.0)
        ):  # seen from there, an edge may have become vertical
            e[n, 0], e[n, 1], e[n, 2], e[n, 3], s[n], of[n] = xa, ya, xb, yb, sign[k], owner
            n += 1
        k += 1
    return e, s, of, n


@compiled
def overlap_areas(edge: Any, sign: Any, start: Any, end: Any, box: Any, other: Any, other_sign: Any, other_reach: Any,
                  other_start: Any, other_end: Any, left: Any, right: Any, low: int, high: int,
                  area: Any) -> None:  # fmt: skip
    """Write the area that each pair of shapes shares, from `low` to `high`."""
    q, s, of, far = np.empty((256, 4)), np.empty(256, np.int8), np.empty(256, np.int64), np.empty(256)
    for pair in range(low, high):
        i, j = left[pair], right[pair]
        ox, oy, wide = box[i, 0], box[i, 1], box[i, 2] - box[i, 0]
        q, s, of, n = _gathered(
            other, other_sign, other_reach, other_start[j], other_end[j], ox, oy, wide, 0, q, s, of, 0
        )
        far = _far(q, n, far)
        area[pair] = _below_all(edge, sign, start[i], end[i], ox, oy, q, s, far, n)


@compiled
def overlap_each_other(edge: Any, sign: Any, reach: Any, start: Any, end: Any, box: Any, first: Any, last: Any,
                       low: int, high: int, right: Any, least: Any, is_over: Any) -> None:  # fmt: skip
    """Tell the runs of shapes, from `first` to `last` in `right`, of which two share more than `least`."""
    q, s, of, far = np.empty((256, 4)), np.empty(256, np.int8), np.empty(256, np.int64), np.empty(256)
    for run in range(low, high):
        is_over[run] = False
        for one in range(first[run], last[run]):
            i = right[one]
            ox, oy, wide = box[i, 0], box[i, 1], box[i, 2] - box[i, 0]
            for two in range(one + 1, last[run]):
                j = right[two]
                if box[j, 0] >= box[i, 2] or box[j, 2] <= ox or box[j, 1] >= box[i, 3] or box[j, 3] <= oy:
                    continue
                q, s, of, n = _gathered(edge, sign, reach, start[j], end[j], ox, oy, wide, 0, q, s, of, 0)
                far = _far(q, n, far)
                if _below_all(edge, sign, start[i], end[i], ox, oy, q, s, far, n) > least[run]:
                    is_over[run] = True
                    break
            if is_over[run]:
                break


@compiled
def _far(q: Any, n: int, far: Any) -> Any:
    """Return how far to the right each block of edges reaches."""
    if n > len(far):
        far = np.empty(len(q))
    for block in range(0, n, BLOCK):
        far[block] = q[block : min(block + BLOCK, n), 2].max()
    return far


@compiled
def _below_all(edge: Any, sign: Any, begin: int, end: int, ox: float, oy: float, q: Any, s: Any, far: Any,
               n: int) -> Any:  # fmt: skip
    """Return the land below both the edges of a shape and the gathered ones of another, with their signs."""
    total = 0.0
    for e in range(begin, end):
        xa, ya, xb, yb = edge[e, 0] - ox, edge[e, 1] - oy, edge[e, 2] - ox, edge[e, 3] - oy
        part = 0.0
        f = 0 if xa < xb else n
        while f < n and q[f, 0] < xb:
            if f % BLOCK == 0 and far[f] <= xa:
                f += BLOCK
                continue
            if q[f, 2] > xa:
                part += s[f] * _below_both(xa, ya, xb, yb, q[f, 0], q[f, 1], q[f, 2], q[f, 3],
                                           max(xa, q[f, 0]), min(xb, q[f, 2]))  # fmt: skip
            f += 1
        total += sign[e] * part
    return total


@compiled
def _crossings(e: Any, n: int, wide: float, k: int, x: Any, m: int) -> Any:
    """Write after position m where an edge crosses those that begin later; as many as there is room for. Return m."""
    xa, ya, xb = e[k, 0], e[k, 1], e[k, 2]
    slope = (e[k, 3] - ya) / (xb - xa)
    low, high = min(ya, e[k, 3]), max(ya, e[k, 3])
    for q in range(k + 1, n):
        if e[q, 0] >= min(xb, wide):
            break
        left, right = max(xa, e[q, 0], 0.0), min(xb, e[q, 2], wide)
        if right <= left or min(e[q, 1], e[q, 3]) > high or max(e[q, 1], e[q, 3]) < low:
            continue
        other = (e[q, 3] - e[q, 1]) / (e[q, 2] - e[q, 0])
        d0 = ya + (left - xa) * slope - (e[q, 1] + (left - e[q, 0]) * other)
        d1 = ya + (right - xa) * slope - (e[q, 1] + (right - e[q, 0]) * other)
        if (d0 < 0.0 < d1) or (d1 < 0.0 < d0):
            if m < len(x):
                x[m] = left + d0 / (d0 - d1) * (right - left)
            m += 1
    return m


@compiled
def _corners(e: Any, n: int, wide: float, x: Any) -> Any:
    """Return in order where edges, sorted by where they begin, begin, end or cross between 0 and a width."""
    x[0], x[1] = 0.0, wide
    m = 2
    for k in range(n):
        while True:  # an array that may change within a loop costs it half of its speed
            after = m
            for c in (e[k, 0], e[k, 2]):
                if 0.0 < c < wide and after < len(x):
                    x[after] = c
                after += int(0.0 < c < wide)
            after = _crossings(e, n, wide, k, x, after)
            if after <= len(x):
                break
            x = _grown(x)
        m = after
    x[:m].sort()
    return x, m


@compiled
def _stacked(e: Any, n: int, middle: float, active: Any, y: Any, n_active: int, ahead: int) -> Any:
    """Bring the edges that stand over a place, the highest first, and their heights up to date from the last place."""
    kept = 0
    for a in range(n_active):
        if e[active[a], 2] > middle:
            active[kept] = active[a]
            kept += 1
    while ahead < n and e[ahead, 0] < middle:
        if e[ahead, 2] > middle:
            active[kept] = ahead
            kept += 1
        ahead += 1
    for a in range(kept):  # hardly anything moves from strip to strip
        k = active[a]
        at = e[k, 1] + (middle - e[k, 0]) / (e[k, 2] - e[k, 0]) * (e[k, 3] - e[k, 1])
        b = a - 1
        while b >= 0 and y[b] < at:
            y[b + 1], active[b + 1] = y[b], active[b]
            b -= 1
        y[b + 1], active[b + 1] = at, k
    return kept, ahead


@compiled
def shared_areas(edge: Any, sign: Any, reach: Any, start: Any, end: Any, box: Any, other: Any, other_sign: Any,
                 other_reach: Any, other_start: Any, other_end: Any, mine: Any, first: Any, last: Any, low: int,
                 high: int, right: Any, group: Any, is_first: bool, area: Any, doubled: Any) -> None:  # fmt: skip
    """Write how the land of shapes that meet several others falls to the groups of these.

    The land is cut into strips between all corners and crossings, in which edges stand one above the other: a
    trapezoid between two of them is covered by the same groups throughout.

    mine, first, last : the shapes, and where their pairs begin and end in `right` and `group`; groups are numbered in
    the order of the pairs. area (pairs,): the first pair of each group takes what falls to it: what it alone covers,
    and of what several cover an equal part, or with `is_first` all, where it comes first. doubled (shapes,)
    takes the land that several groups cover.
    """
    e, s, of, x = np.empty((256, 4)), np.empty(256, np.int8), np.empty(256, np.int64), np.empty(512)
    for run in range(low, high):
        doubled[run] = 0.0
        i = mine[run]
        ox, oy, wide = box[i, 0], box[i, 1], box[i, 2] - box[i, 0]
        e, s, of, n = _gathered(edge, sign, reach, start[i], end[i], ox, oy, wide, -1, e, s, of, 0)
        for pair in range(first[run], last[run]):
            j = right[pair]
            e, s, of, n = _gathered(
                other, other_sign, other_reach, other_start[j], other_end[j], ox, oy, wide, group[pair], e, s, of, n
            )
        order = np.argsort(e[:n, 0])
        e[:n], s[:n], of[:n] = e[:n][order], s[:n][order], of[:n][order]
        x, m = _corners(e, n, wide, x)
        n_groups = 0
        for pair in range(first[run], last[run]):
            n_groups = max(n_groups, group[pair] + 1)
        total, covers = np.zeros(n_groups), np.zeros(n_groups, np.int64)
        active, y = np.empty(n, np.int64), np.empty(n)
        n_active, ahead = 0, 0
        for c in range(m - 1):
            width = x[c + 1] - x[c]
            if width <= 0.0:
                continue
            n_active, ahead = _stacked(e, n, x[c] + 0.5 * width, active, y, n_active, ahead)
            inside, n_covering = 0, 0
            covers[:] = 0
            for a in range(n_active):
                if inside > 0 and n_covering > 0:
                    land = width * (y[a - 1] - y[a])
                    if n_covering > 1:
                        doubled[run] += land
                    for g in range(n_groups):
                        if covers[g] > 0:
                            total[g] += land if is_first else land / n_covering
                            if is_first:
                                break
                k = active[a]
                if of[k] < 0:
                    inside += s[k]
                else:
                    was = covers[of[k]] > 0
                    covers[of[k]] += s[k]
                    n_covering += int(covers[of[k]] > 0) - int(was)
        seen = 0
        for pair in range(first[run], last[run]):
            area[pair] = 0.0
            if group[pair] == seen:
                area[pair] = total[seen]
                seen += 1


@compiled
def doubled_areas(edge: Any, sign: Any, reach: Any, start: Any, end: Any, box: Any, weight: Any, member: Any,
                  first: Any, last: Any, low: int, high: int, area: Any) -> None:  # fmt: skip
    """Write how much land of each group of shapes is counted more than once in the sum of their areas.

    Group i has the shapes from first[i] to last[i] of `member`. A unit of land weighs the mean of the weights of the
    shapes that cover it.
    """
    e, s, of, x = np.empty((256, 4)), np.empty(256, np.int8), np.empty(256, np.int64), np.empty(512)
    for run in range(low, high):
        ox, oy, east = np.inf, np.inf, -np.inf
        for one in range(first[run], last[run]):
            i = member[one]
            ox, oy, east = min(ox, box[i, 0]), min(oy, box[i, 1]), max(east, box[i, 2])
        n, wide = 0, east - ox
        for one in range(first[run], last[run]):
            i = member[one]
            e, s, of, n = _gathered(edge, sign, reach, start[i], end[i], ox, oy, wide, one - first[run], e, s, of, n)
        order = np.argsort(e[:n, 0])
        e[:n], s[:n], of[:n] = e[:n][order], s[:n][order], of[:n][order]
        x, m = _corners(e, n, wide, x)
        covers, active, y = np.zeros(last[run] - first[run], np.int64), np.empty(n, np.int64), np.empty(n)
        n_active, ahead, total = 0, 0, 0.0
        for c in range(m - 1):
            width = x[c + 1] - x[c]
            if width <= 0.0:
                continue
            n_active, ahead = _stacked(e, n, x[c] + 0.5 * width, active, y, n_active, ahead)
            n_covering, heavy = 0, 0.0
            for a in range(n_active):
                covers[of[active[a]]] = 0
            for a in range(n_active):
                if n_covering > 1:
                    total += width * (y[a - 1] - y[a]) * heavy / n_covering * (n_covering - 1)
                k = active[a]
                was = covers[of[k]] > 0
                covers[of[k]] += s[k]
                step = int(covers[of[k]] > 0) - int(was)
                n_covering += step
                heavy += step * weight[member[first[run] + of[k]]]
        area[run] = total
