"""What each event changes of the land that areas own, on the changed land alone.

An area owns the hazardous land that it holds and that no area recorded before it holds. What the others hold at the
time of an event is known from the fold, so that all events are looked at together: GEOS is asked of arrays. A change
costs what touches it, not what touches its area: a district of a thousand areas clears them one by one.
"""

from __future__ import annotations

from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landrelease.geometry import planar_area, polygonal
from landrelease.registry.fold import Fold
from landrelease.registry.land import GRID_M, Shapes, all_rests, all_unions, is_known

__all__ = ["changes_of_ownership"]

Rows = npt.NDArray[np.int64]

_AT_ONCE = 1_000_000
"""About how many pairs of a part and a neighbour are looked at together."""


class _Parts(NamedTuple):
    """Land that areas gain or lose: the event, whether it is gained (1) or lost (-1), and the land."""

    row: Rows
    sign: Rows
    land: Shapes


def changes_of_ownership(folded: Fold) -> dict[int, dict[int, float]]:
    """Return what each event that changes land adds to what areas own: its own area first. [m2]

    Areas are numbered in the order in which they were recorded. What an area gains, those recorded after it lose.
    """
    rows = np.flatnonzero([after is not before for after, before in zip(folded.after, folded.before, strict=True)])
    parts = _parts(folded, rows)
    changes: dict[int, dict[int, float]] = {int(row): {int(folded.area[row]): 0.0} for row in rows}
    for part, other, m2 in zip(*_shares(folded, rows, parts), strict=True):
        row, sign = int(parts.row[part]), int(parts.sign[part])
        of = changes[row]
        of[other] = of.get(other, 0.0) + (sign if other == folded.area[row] else -sign) * m2
    return changes


def _parts(folded: Fold, rows: Rows) -> _Parts:
    """Return what each change adds to the land of its area, and what it takes."""
    before, after = folded.before[rows], folded.after[rows]
    land = np.column_stack([all_rests(after, before), all_rests(before, after)]).ravel()
    known = is_known(land)
    sign = np.tile([1, -1], len(rows))
    return _Parts(np.repeat(rows, 2)[known], sign[known], land[known])


def _shares(folded: Fold, rows: Rows, parts: _Parts) -> tuple[list[int], list[int], list[float]]:
    """Return who owns each part: the area where it holds it, the others where it does not. Part, area, m2.

    Of each part the own area comes first, then those recorded after it that hold some of it.
    """
    part, other, held = _within(folded, rows, parts)
    area = folded.area[parts.row]
    known_to = [set(several) for several in folded.neighbours]
    begin = np.searchsorted(part, np.arange(len(parts.row) + 1))
    number: list[int] = []
    owner: list[int] = []
    land: list[Any] = []
    first: list[list[Any]] = []
    for one, mine in enumerate(area.tolist()):
        pairs = slice(begin[one], begin[one + 1])
        near = list(zip(other[pairs].tolist(), held[pairs], strict=True))
        number.append(one)
        owner.append(mine)
        land.append(parts.land[one])
        first.append([shape for name, shape in near if name < mine])
        for name, shape in near:
            if name > mine:
                number.append(one)
                owner.append(name)
                land.append(shape)
                first.append([again for early, again in near if early < name and early in known_to[name]])
    return number, owner, _left_m2(land, first)


def _left_m2(land: list[Any], taken: list[list[Any]]) -> list[float]:
    """Return how much of each land is left by several shapes; what is asked twice is found once. [m2]"""
    place: dict[tuple[int, ...], int] = {}
    asked = [
        place.setdefault((id(one), *map(id, several)), i)
        for i, (one, several) in enumerate(zip(land, taken, strict=True))
    ]
    distinct = list(place.values())
    shapes = np.empty(len(distinct), dtype=object)
    shapes[:] = [land[one] for one in distinct]
    left = np.zeros(len(land))
    left[distinct] = planar_area(all_rests(shapes, all_unions([taken[one] for one in distinct])))
    found: list[float] = left[asked].tolist()
    return found


def _within(folded: Fold, rows: Rows, parts: _Parts) -> tuple[Rows, Rows, Shapes]:
    """Return what neighbours hold of each part when its event comes: part, neighbour, land; by part and neighbour."""
    part, other, land = _near(folded, rows, parts)
    whole = parts.land[part]
    # the same land is asked of the same neighbour when it is recorded and when it is released
    key = pd.DataFrame({"one": list(map(id, whole)), "two": list(map(id, land))})
    same = key.groupby(["one", "two"], sort=False)
    pair, asked = same.ngroup().to_numpy(), np.flatnonzero(~key.duplicated().to_numpy())
    shapely.prepare(whole[asked])
    touches = shapely.intersects(whole[asked], land[asked])
    is_cut = touches & ~shapely.covers(whole[asked], land[asked])
    shapely.destroy_prepared(whole[asked])
    held = land[asked]
    held[is_cut] = polygonal(shapely.intersection(held[is_cut], whole[asked][is_cut], grid_size=GRID_M))
    kept = touches[pair]
    return part[kept], other[kept], held[pair[kept]]


def _near(folded: Fold, rows: Rows, parts: _Parts) -> tuple[Rows, Rows, Shapes]:
    """Return the neighbours whose land at the time of an event lies where its part does."""
    count = np.array([len(several) for several in folded.neighbours], dtype=np.int64)
    start = np.cumsum(count) - count
    neighbour = np.fromiter(chain.from_iterable(folded.neighbours), np.int64)
    area, n = folded.area[parts.row], len(folded.area)
    changes = np.sort(folded.area[rows] * n + rows)
    box, own = shapely.bounds(folded.after), shapely.bounds(parts.land)
    of_part = count[area]
    ends = np.cumsum(of_part)
    found = [np.zeros((3, 0), np.int64)]
    for some in np.split(np.arange(len(area)), np.flatnonzero(np.diff(ends // _AT_ONCE)) + 1):
        part = np.repeat(some, of_part[some])
        within = np.arange(len(part)) - np.repeat(np.cumsum(of_part[some]) - of_part[some], of_part[some])
        other = neighbour[start[area[part]] + within]
        # the last change of the neighbour before the event: nothing where it has none yet
        last = np.searchsorted(changes, other * n + parts.row[part]) - 1
        is_there = (last >= 0) & (changes[last] // n == other)
        part, other, at = part[is_there], other[is_there], changes[last[is_there]] % n
        near = (box[at, :2] < own[part, 2:]).all(axis=1) & (box[at, 2:] > own[part, :2]).all(axis=1)
        found.append(np.stack([part, other, at])[:, near])
    part, other, at = np.concatenate(found, axis=1)
    return part, other, folded.after[at]
