"""The gain of access of each area: alone, last, all together, and in greedy order."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.priority.access.network import Blocks
from landrelease.priority.access.openings import (
    Change,
    Crossings,
    State,
    change_of,
    each_without,
    first_state,
    opened,
)

__all__ = ["Market", "gains_of"]

Floats = npt.NDArray[np.float64]
_SAME_GAIN = 1e-9
"""Gains that differ by less than this part of the joint gain are equal."""


class Market(NamedTuple):
    """Who lives where on the network, and what their access is weighed with."""

    crossings: Crossings
    people: Floats
    walk_h: Floats
    cost_per_hour: float
    theta: tuple[float, ...]
    total: float

    def weight(self, theta: float, hours: Floats) -> Floats:
        """Return tau to the power of -theta; 0 where there is no way."""
        tau: Floats = 1.0 + self.cost_per_hour * hours
        return tau**-theta

    def access(self, state: State, theta: float) -> Floats:
        """Return MA of each place in a state. [people]"""
        rows = state.at[self.crossings.places]
        weight = self.weight(theta, state.between[np.ix_(rows, rows)] + self.walk_h[:, None] + self.walk_h)
        np.fill_diagonal(weight, 0.0)
        return weight @ self.people

    def is_cut_off(self, state: State) -> npt.NDArray[np.bool_]:
        """Tell which places have no way to anybody."""
        rows = state.at[self.crossings.places]
        has_way = np.isfinite(state.between[np.ix_(rows, rows)])
        np.fill_diagonal(has_way, False)
        return np.asarray(~has_way[:, self.people > 0].any(axis=1))

    def growth(self, change: Change, theta: float) -> Floats:
        """Return by how much a change raises the access of each place. [people]"""
        walk_h = self.walk_h[change.one] + self.walk_h[change.other]
        more = self.weight(theta, change.after_h + walk_h) - self.weight(theta, change.before_h + walk_h)
        return self._to_both(change, more)

    def _to_both(self, change: Change, more: Floats) -> Floats:
        """Return for each place the sum over the places at the other end of `more` times their people."""
        there, here = self.people[change.other] * more, self.people[change.one] * more
        count = len(self.people)
        return np.asarray(np.bincount(change.one, there, count) + np.bincount(change.other, here, count))

    def gain(self, access: Floats, growth: Floats) -> float:
        """Return the sum of N_o times what ln(N_o + MA_o) grows by; a place without people counts nothing."""
        has = self.people > 0
        return float(self.people[has] @ np.log1p(growth[has] / (self.people + access)[has]))

    def reaches(self, change: Change) -> npt.NDArray[np.bool_]:
        """Tell which places have a new or quicker way to people."""
        return self._to_both(change, np.ones(len(change.one))) > 0

    def per_person(self, gain: float) -> float:
        """Return the growth of what a person reaches, the geometric mean over all people."""
        return math.expm1(gain / self.total) if self.total > 0 else math.nan


def gains_of(
    market: Market, blocks: Blocks
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, list[tuple[Floats, Floats]]]:
    """Return the frames of areas, joint gain and order, and access before and after by theta."""
    ways, count = market.crossings, len(blocks.area_ids)
    nothing = first_state(ways)
    everything = opened(ways, nothing, range(count))
    alone = [change_of(ways, nothing, area) for area in range(count)]
    last = {area: change_of(ways, state, area) for area, state in each_without(ways, nothing, list(range(count)))}
    cut_off, still_cut_off = market.is_cut_off(nothing), market.is_cut_off(everything)
    pieces = np.bincount(blocks.area, minlength=count)
    areas: list[tuple[Any, ...]] = []
    joint: list[tuple[Any, ...]] = []
    order: list[tuple[Any, ...]] = []
    access = []
    for theta in market.theta:
        before, after = market.access(nothing, theta), market.access(everything, theta)
        access.append((before, after))
        whole = market.gain(before, after - before)
        rest = np.array([-market.gain(after, -market.growth(last[area], theta)) for area in range(count)])
        joined = float(market.people[cut_off & ~still_cut_off].sum())
        joint.append((theta, whole, market.per_person(whole), joined))
        for area, change in enumerate(alone):
            first = market.gain(before, market.growth(change, theta))
            people = float(market.people[cut_off & market.reaches(change)].sum())
            told = (first, market.per_person(first), rest[area], market.per_person(rest[area]), people, pieces[area])
            areas.append((theta, blocks.area_ids[area], *(told if blocks.is_known[area] else [np.nan] * 6)))
        order.extend(_greedy(market, blocks, theta, _SAME_GAIN * whole, rest))
    return (
        _frame(areas, ["theta", "area_id", "alone_gain", "alone_growth", "last_gain", "last_growth",
                       "newly_connected_count", "blocked_count"]),
        _frame(joint, ["theta", "gain", "growth", "newly_connected_count"]),
        _frame(order, ["theta", "rank", "area_id", "marginal_gain", "gain", "growth", "newly_connected_count"]),
        access,
    )  # fmt: skip


def _greedy(market: Market, blocks: Blocks, theta: float, same: float, last: Floats) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the greedy order: the area that adds most to those before it."""
    ways, state = market.crossings, first_state(market.crossings)
    access, cut_off = market.access(state, theta), market.is_cut_off(state)
    left, total = np.flatnonzero(blocks.is_known).tolist(), 0.0
    for rank in range(1, len(left) + 1):
        changes = {area: change_of(ways, state, area) for area in left}
        growth = {area: market.growth(change, theta) for area, change in changes.items()}
        gain = {area: market.gain(access, growth[area]) for area in left}
        level = {area: (_level(gain[area], same), _level(float(last[area]), same), -area) for area in left}
        best = max(left, key=lambda area: level[area])
        joined = cut_off & market.reaches(changes[best])
        total += gain[best]
        yield (
            theta,
            rank,
            blocks.area_ids[best],
            gain[best],
            total,
            market.per_person(total),
            market.people[joined].sum(),
        )
        state, access, cut_off = opened(ways, state, [best]), access + growth[best], cut_off & ~joined
        left.remove(best)


def _level(gain: float, same: float) -> float:
    return round(gain / same) if same > 0 else 0.0


def _frame(rows: list[tuple[Any, ...]], columns: list[str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=columns)
    counts = [name for name in columns if name.endswith("_count")]
    frame[counts] = frame[counts].astype("float64").round()
    kinds = {"area_id": "str", "rank": "Int64"} | dict.fromkeys(counts, "Int64")
    return frame.astype({name: kinds.get(name, "float64") for name in columns})
