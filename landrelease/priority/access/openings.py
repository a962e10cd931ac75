"""What opening blocked roads changes: hours between places, worked out on the few nodes where it can begin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from landrelease.priority.access.network import Blocks, Network, graph_of

__all__ = ["Change", "Crossings", "State", "change_of", "crossings_of", "each_without", "first_state", "opened"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
_ORIGINS = 64
"""Nodes whose ways are searched at once: bounds the memory."""


class Group(NamedTuple):
    """Pieces that the same areas block: open when all of these are released. Hours between its ports, through it."""

    areas: frozenset[int]
    ports: Ints
    hours: Floats


class Crossings(NamedTuple):
    """The key nodes (of places, and ports of groups), hours between them on open roads, and the groups by area."""

    between: Floats
    places: Ints
    groups: list[Group]
    of_area: list[list[int]]


class State(NamedTuple):
    """Hours between the key nodes that still count, where each stands (-1: not kept), and what is released."""

    between: Floats
    at: Ints
    released: frozenset[int]


class Change(NamedTuple):
    """Pairs of places, each once, between which the way became shorter, with hours on the road before and after. [h]"""

    one: Ints
    other: Ints
    before_h: Floats
    after_h: Floats


def crossings_of(network: Network, place_node: Ints, blocks: Blocks) -> Crossings:
    """Reduce the network to what a release can change: hours on open roads between places and ports."""
    is_blocked = np.zeros(len(network.start), bool)
    is_blocked[blocks.piece] = True
    groups = _groups(network, place_node, blocks, is_blocked)
    keys = np.unique(np.concatenate([place_node, *(group.ports for group in groups)]).astype(np.int64))
    free = ~is_blocked
    graph = graph_of(network.start[free], network.end[free], network.time_h[free], network.node_count)
    between = _hours_between(graph, keys)
    groups = [group._replace(ports=np.searchsorted(keys, group.ports)) for group in groups]
    of_area: list[list[int]] = [[] for _ in blocks.area_ids]
    for number, group in enumerate(groups):
        for area in group.areas:
            of_area[area].append(number)
    return Crossings(between, np.searchsorted(keys, place_node), groups, of_area)


def _hours_between(graph: Any, keys: Ints) -> Floats:
    from scipy.sparse.csgraph import dijkstra

    parts = (keys[at : at + _ORIGINS] for at in range(0, len(keys), _ORIGINS))
    rows = [dijkstra(graph, directed=True, indices=part)[:, keys] for part in parts]
    between = np.vstack([np.zeros((0, len(keys))), *rows])
    return np.asarray(np.minimum(between, between.T))  # the sum along a way may round differently from its other end


def _groups(network: Network, place_node: Ints, blocks: Blocks, is_blocked: npt.NDArray[np.bool_]) -> list[Group]:
    """Return the blocked pieces by who blocks them, each group as hours between the nodes where one can enter it."""
    from scipy.sparse.csgraph import dijkstra

    blockers: dict[int, list[int]] = {}
    for piece, area in zip(blocks.piece.tolist(), blocks.area.tolist(), strict=True):
        if network.start[piece] != network.end[piece]:
            blockers.setdefault(piece, []).append(area)
    pieces_of: dict[frozenset[int], list[int]] = {}
    for piece, who in blockers.items():
        pieces_of.setdefault(frozenset(who), []).append(piece)
    ends = [np.unique(np.r_[network.start[pieces], network.end[pieces]]) for pieces in pieces_of.values()]
    outside = [np.unique(np.r_[network.start[~is_blocked], network.end[~is_blocked]]), np.unique(place_node)]
    seen = np.bincount(np.concatenate([*ends, *outside]).astype(np.int64), minlength=network.node_count)
    groups = []
    for (areas, pieces), nodes in zip(pieces_of.items(), ends, strict=True):
        start, end = (np.searchsorted(nodes, side[pieces]) for side in (network.start, network.end))
        is_port = np.flatnonzero(seen[nodes] > 1)
        graph = graph_of(start, end, network.time_h[pieces], len(nodes))
        if len(is_port):
            groups.append(Group(areas, nodes[is_port], dijkstra(graph, indices=is_port)[:, is_port]))
    return groups


def first_state(crossings: Crossings) -> State:
    """Return the state in which nothing is released."""
    return State(crossings.between.copy(), np.arange(len(crossings.between)), frozenset())


def _opening(crossings: Crossings, state: State, area: int) -> tuple[Ints, Floats]:
    """Return the ports of what opens when one more area is released, and the hours between them through it."""
    groups = [crossings.groups[number] for number in crossings.of_area[area]]
    groups = [group for group in groups if group.areas - {area} <= state.released]
    if len(groups) == 1:
        return state.at[groups[0].ports], groups[0].hours
    ports = np.unique(np.concatenate([np.zeros(0, np.int64), *(group.ports for group in groups)]))
    hours = np.full((len(ports), len(ports)), np.inf)
    for group in groups:
        cells = np.ix_(*[np.searchsorted(ports, group.ports)] * 2)
        hours[cells] = np.minimum(hours[cells], group.hours)
    return state.at[ports], hours


def opened(crossings: Crossings, state: State, areas: Iterable[int]) -> State:
    """Return the state after these areas are released too."""
    from landrelease.priority.access.ways import open_ways

    between, released = state.between.copy(), state.released
    for area in areas:
        open_ways(between, *_opening(crossings, State(between, state.at, released), area))
        released = released | {area}
    return State(between, state.at, released)


def change_of(crossings: Crossings, state: State, area: int) -> Change:
    """Return between which places the way becomes shorter when one more area is released."""
    from landrelease.priority.access.ways import shorter_ways

    return Change(*shorter_ways(state.between, state.at[crossings.places], *_opening(crossings, state, area)))


def each_without(crossings: Crossings, state: State, areas: list[int]) -> Iterator[tuple[int, State]]:
    """Yield each of the areas with the state in which all of the others are released.

    By halves: the one half is released for all of the other half at once. Nodes that no longer count are dropped.
    """
    if len(areas) == 1:
        yield areas[0], state
    if len(areas) < 2:
        return
    half = len(areas) // 2
    for one, other in ((areas[:half], areas[half:]), (areas[half:], areas[:half])):
        yield from each_without(crossings, _kept(crossings, opened(crossings, state, other), one), one)


def _kept(crossings: Crossings, state: State, areas: list[int]) -> State:
    """Return the state without the nodes that neither places nor these areas need."""
    numbers = {number for area in areas for number in crossings.of_area[area]}
    ports = [crossings.groups[number].ports for number in sorted(numbers)]
    keys = np.unique(np.concatenate([crossings.places, *ports]).astype(np.int64))
    at = np.full(len(state.at), -1)
    at[keys] = np.arange(len(keys))
    return State(state.between[np.ix_(state.at[keys], state.at[keys])], at, state.released)
