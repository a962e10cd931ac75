"""Loops that find which ways become shorter when blocked roads open; compiled at their first use."""

from __future__ import annotations

from typing import Any

import numpy as np

from landrelease.match.kernels.compiled import compiled

__all__ = ["open_ways", "shorter_ways"]

_SHORTER = 1 - 1e-12
"""A way is shorter only if it is so by more than the rounding of its sum."""


@compiled
def _reach(between: Any, rows: Any, ports: Any, hours: Any) -> Any:
    """Return the hours from each row to each port before and after, and whether any of them is shorter."""
    count = len(ports)
    inner = hours.copy()
    for i in range(count):
        for j in range(count):
            inner[i, j] = min(inner[i, j], between[ports[i], ports[j]])
    for k in range(count):
        for i in range(count):
            for j in range(count):
                inner[i, j] = min(inner[i, j], inner[i, k] + inner[k, j])
    before, after = np.empty((len(rows), count)), np.empty((len(rows), count))
    is_nearer = np.zeros(len(rows), np.bool_)
    for row in range(len(rows)):
        for port in range(count):
            before[row, port] = between[rows[row], ports[port]]
        for port in range(count):
            least = before[row, port]
            for other in range(count):
                least = min(least, before[row, other] + inner[other, port])
            after[row, port] = least
            is_nearer[row] |= least < before[row, port] * _SHORTER
    return before, after, is_nearer


@compiled
def _best(least: float, near: Any, far: Any) -> float:
    for port in range(len(near)):
        least = min(least, near[port] + far[port])
    return least


@compiled
def shorter_ways(between: Any, rows: Any, ports: Any, hours: Any) -> Any:
    """Return the pairs of rows, the lower first, between which the way is shorter through the ports, and the hours.

    A way has a last port on it, and is shorter only if that to the port is: rows with no nearer port are left out.
    """
    near, far, is_nearer = _reach(between, rows, ports, hours)
    moved = np.flatnonzero(is_nearer)
    size = len(moved) * (len(moved) - 1) // 2
    origin, target = np.empty(size, np.int64), np.empty(size, np.int64)
    before, after = np.empty(size), np.empty(size)
    count = 0
    for i in range(len(moved)):
        for j in range(i):
            one, other = moved[j], moved[i]
            was = between[rows[one], rows[other]]
            now = _best(was, far[one], near[other])
            if now < was * _SHORTER:
                origin[count], target[count], before[count], after[count] = one, other, was, now
                count += 1
    return origin[:count].copy(), target[:count].copy(), before[:count].copy(), after[:count].copy()


@compiled
def open_ways(between: Any, ports: Any, hours: Any) -> None:
    """Shorten the hours between all rows by what the ports open."""
    near, far, is_nearer = _reach(between, np.arange(len(between)), ports, hours)
    moved = np.flatnonzero(is_nearer)
    for i in range(len(moved)):
        for j in range(i):
            one, other = moved[j], moved[i]
            now = _best(between[one, other], far[one], near[other])
            between[one, other] = now
            between[other, one] = now
