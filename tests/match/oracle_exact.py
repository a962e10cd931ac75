"""Shares of classes in whole numbers and fractions: slow, and without any rounding."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from typing import Any

import shapely

__all__ = ["exact_shares"]

Edge = tuple[Fraction, Fraction, Fraction, Fraction, int]


def exact_shares(own: Any, layer: Any, classes: Any, on_overlap: str) -> dict[int, float]:
    """Return the share of each class in a polygon, by strips in which no edge begins, ends or crosses another."""
    shapes = [own, *layer]
    edges = sorted(edge for owner, shape in enumerate(shapes) for edge in _edges(shape, owner))
    west, _, east, _ = map(Fraction, shapely.bounds(own).tolist())
    cuts = {west, east} | {x for edge in edges for x in (edge[0], edge[2]) if west < x < east}
    for i, one in enumerate(edges):
        for two in edges[i + 1 :]:
            if two[0] >= one[2]:
                break
            x = _crossing(one, two)
            if x is not None and west < x < east:
                cuts.add(x)
    pieces: list[tuple[Fraction, tuple[int, ...]]] = []
    for left, right in pairwise(sorted(cuts)):
        middle = (left + right) / 2
        stack = sorted((_height(edge, middle), edge[4]) for edge in edges if edge[0] < middle < edge[2])
        within: set[int] = set()
        for (low, owner), (high, _) in pairwise(stack):
            within ^= {owner}
            if 0 in within and len(within) > 1 and high > low:
                pieces.append(((right - left) * (high - low), tuple(sorted(within - {0}))))
    return _given(pieces, classes, on_overlap, _area(own))


def _given(pieces: list[tuple[Fraction, tuple[int, ...]]], classes: Any, on_overlap: str, whole: Fraction) -> Any:
    """Give out the land: to the class of the first polygon, or in equal parts to all classes."""
    result: dict[int, Fraction] = {}
    for land, within in pieces:
        names = {int(classes[one - 1]) for one in (within[:1] if on_overlap == "first" else within)}
        for name in names:
            result[name] = result.get(name, Fraction(0)) + land / len(names)
    return {name: float(land / whole) for name, land in result.items()}


def _rings(shape: Any) -> list[list[tuple[Fraction, Fraction]]]:
    rings = shapely.get_rings(shapely.get_parts(shape))
    return [[(Fraction(x), Fraction(y)) for x, y in shapely.get_coordinates(ring).tolist()] for ring in rings]


def _area(shape: Any) -> Fraction:
    """Return the area by the trapezoids below the edges; the rings of holes count off."""
    total = Fraction(0)
    for part in shapely.get_parts(shape):
        rings = [abs(sum((xb - xa) * (ya + yb) for (xa, ya), (xb, yb) in pairwise(ring))) for ring in _rings(part)]
        total += rings[0] - sum(rings[1:])
    return total / 2


def _edges(shape: Any, owner: int) -> list[Edge]:
    """Return the edges from left to right; those of a valid polygon part its inside from its outside."""
    found = []
    for ring in _rings(shape):
        for one, two in pairwise(ring):
            if one[0] != two[0]:
                found.append((*min(one, two), *max(one, two), owner))
    return found


def _height(edge: Edge, x: Fraction) -> Fraction:
    xa, ya, xb, yb, _ = edge
    return ya + (x - xa) * (yb - ya) / (xb - xa)


def _crossing(one: Edge, two: Edge) -> Fraction | None:
    """Return where two edges cross within both."""
    left, right = max(one[0], two[0]), min(one[2], two[2])
    if left >= right or max(one[1], one[3]) < min(two[1], two[3]) or max(two[1], two[3]) < min(one[1], one[3]):
        return None
    before, after = (_height(one, x) - _height(two, x) for x in (left, right))
    return left + (right - left) * before / (before - after) if before * after < 0 else None
