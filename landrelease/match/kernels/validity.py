"""Shapes that are surely valid, seen in one look: no index is built, and of what is doubtful GEOS is asked."""

from __future__ import annotations

from typing import Any

import numpy as np

from landrelease.match.kernels.compiled import compiled

__all__ = ["surely_valid"]


@compiled
def surely_valid(xy: Any, ring_start: Any, is_hole: Any, shape_start: Any, low: int, high: int, most: int,
                 is_valid: Any) -> None:  # fmt: skip
    """Tell the shapes whose rings surely do not touch, and lie as they should; of all others nothing is said."""
    box, ring_of = np.empty((4, most)), np.empty(most, np.int64)
    for shape in range(low, high):
        first, last = shape_start[shape], shape_start[shape + 1]
        if last - first == 1 and _is_star(xy, ring_start[first], ring_start[last]):
            is_valid[shape] = True
            continue
        n_edges = ring_start[last] - ring_start[first] - (last - first)
        is_valid[shape] = last > first and n_edges <= most
        if is_valid[shape]:
            n = _boxed(xy, ring_start, first, last, box, ring_of)
            is_valid[shape] = _are_all_apart(xy, ring_start, box, ring_of, n) and (
                last - first == 1 or _lie_well(xy, ring_start, is_hole, first, last, box, ring_of, n)
            )


@compiled
def _is_star(xy: Any, begin: int, end: int) -> Any:
    """Tell a ring that turns once, and always the same way, round the mean of its corners: its edges do not touch."""
    n = end - begin - 1
    if n < 3:
        return False
    cx, cy = 0.0, 0.0
    for k in range(begin, end - 1):
        cx += xy[k, 0] - xy[begin, 0]
        cy += xy[k, 1] - xy[begin, 1]
    cx, cy = xy[begin, 0] + cx / n, xy[begin, 1] + cy / n
    side, turns = 0.0, 0
    ux, uy = xy[begin, 0] - cx, xy[begin, 1] - cy
    for k in range(begin + 1, end):
        vx, vy = xy[k, 0] - cx, xy[k, 1] - cy
        cross = ux * vy - uy * vx
        if side == 0.0:
            side = 1.0 if cross > 0.0 else -1.0
        if not side * cross > 1e-11 * (abs(ux) + abs(uy) + abs(vx) + abs(vy)) ** 2:
            return False
        turns += int(uy < 0.0 <= vy)
        ux, uy = vx, vy
    return turns == 1


@compiled
def _boxed(xy: Any, ring_start: Any, first: int, last: int, box: Any, ring_of: Any) -> int:
    """Write west, east, south and north of each edge of some rings, and its ring. Return how many edges there are."""
    n = 0
    for ring in range(first, last):
        for k in range(ring_start[ring], ring_start[ring + 1] - 1):
            ax, ay, bx, by = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
            box[0, n], box[1, n], box[2, n], box[3, n] = min(ax, bx), max(ax, bx), min(ay, by), max(ay, by)
            ring_of[n] = ring
            n += 1
    return n


@compiled
def _are_all_apart(xy: Any, ring_start: Any, box: Any, ring_of: Any, n: int) -> Any:
    """Tell rings of which no two edges touch, but for the corner that one has in common with the next."""
    at = ring_start[ring_of[0]] - ring_of[0]  # edge i is that from corner i + at + its ring
    for i in range(n):
        begin, end, one = ring_start[ring_of[i]], ring_start[ring_of[i] + 1], i + at + ring_of[i]
        follows = one + 1 if one + 2 < end else begin
        if end - begin < 4 or not _turns(xy, one, follows):
            return False
        west, east, south, north = box[0, i], box[1, i], box[2, i], box[3, i]
        for j in range(i + 1, n):
            if box[0, j] <= east and box[1, j] >= west and box[2, j] <= north and box[3, j] >= south:
                other = j + at + ring_of[j]
                is_next = ring_of[i] == ring_of[j] and (other == follows or (one == begin and other + 2 == end))
                if not is_next and not _are_apart(xy, one, other):
                    return False
    return True


@compiled
def _lie_well(xy: Any, ring_start: Any, is_hole: Any, first: int, last: int, box: Any, ring_of: Any,
              n: int) -> Any:  # fmt: skip
    """Tell rings that do not touch, of which the holes lie within their shells and all else side by side."""
    side = np.empty((4, last - first))
    side[0], side[1], side[2], side[3] = np.inf, -np.inf, np.inf, -np.inf
    for k in range(n):
        r = ring_of[k] - first
        side[0, r], side[1, r] = min(side[0, r], box[0, k]), max(side[1, r], box[1, k])
        side[2, r], side[3, r] = min(side[2, r], box[2, k]), max(side[3, r], box[3, k])
    shell = first
    for ring in range(first, last):
        if not is_hole[ring]:
            shell = ring
        elif not _is_within(xy, ring_start[ring], ring_start[shell], ring_start[shell + 1]):
            return False
        for other in range(shell + 1 if is_hole[ring] else first, ring):
            a, b = ring - first, other - first
            is_same_kind = is_hole[ring] == is_hole[other]
            near = side[0, a] <= side[1, b] and side[1, a] >= side[0, b] and side[2, a] <= side[3, b]
            if is_same_kind and near and side[3, a] >= side[2, b]:
                return False
    return True


@compiled
def _is_within(xy: Any, point: int, begin: int, end: int) -> Any:
    """Tell whether a corner lies inside a ring that it does not touch."""
    x, y, inside = xy[point, 0], xy[point, 1], False
    for k in range(begin, end - 1):
        if (xy[k, 1] > y) != (xy[k + 1, 1] > y):
            cross = (xy[k + 1, 0] - xy[k, 0]) * (y - xy[k, 1]) - (x - xy[k, 0]) * (xy[k + 1, 1] - xy[k, 1])
            if (cross > 0.0) == (xy[k + 1, 1] > xy[k, 1]):
                inside = not inside
    return inside


@compiled
def _turns(xy: Any, one: int, two: int) -> Any:
    """Tell an edge from which the next one does not fold back."""
    ux, uy = xy[one + 1, 0] - xy[one, 0], xy[one + 1, 1] - xy[one, 1]
    vx, vy = xy[two + 1, 0] - xy[two, 0], xy[two + 1, 1] - xy[two, 1]
    doubt = 1e-11 * (abs(ux) + abs(uy) + abs(vx) + abs(vy)) ** 2
    return abs(ux * vy - uy * vx) > doubt or ux * vx + uy * vy > doubt


@compiled
def _are_apart(xy: Any, one: int, two: int) -> Any:
    """Tell two edges of which one lies clearly on one side of the other."""
    ax, ay, cx, cy = xy[one, 0], xy[one, 1], xy[two, 0], xy[two, 1]
    bx, by, dx, dy = xy[one + 1, 0], xy[one + 1, 1], xy[two + 1, 0], xy[two + 1, 1]
    ux, uy, vx, vy = bx - ax, by - ay, dx - cx, dy - cy
    doubt = 1e-11 * (abs(ux) + abs(uy) + abs(vx) + abs(vy)) ** 2
    c, d = ux * (cy - ay) - uy * (cx - ax), ux * (dy - ay) - uy * (dx - ax)
    a, b = vx * (ay - cy) - vy * (ax - cx), vx * (by - cy) - vy * (bx - cx)
    return min(c, d) > doubt or max(c, d) < -doubt or min(a, b) > doubt or max(a, b) < -doubt
