"""Shortest distances between chains of corners in space, by a tree of boxes.

Corners are points of the ellipsoid in space, so that 180 degrees and the poles are places like any other. A chain is
cut into blocks of edges, and boxes round the blocks of a layer stand in a tree. Whoever looks for what is near goes
down the tree, the nearer box first, and leaves out every box that is farther away than what it found already. An edge
is a chord of the Earth; a point of it is raised to the surface before anything is measured to it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from landrelease.match.kernels.compiled import compiled

__all__ = ["BRANCHES", "boxes_of", "cut", "evaluated", "in_tree_order", "mark_tiles", "meeting", "nearest_of",
           "pieces_of", "span_of"]  # fmt: skip

BRANCHES = 8
"""Boxes under one box of the tree."""
_EARTH_M = 6.371e6
_RAISED_M = 0.03
"""More than a chord of 1 km lies under the surface. [m]"""
_TIE_M = 1e-5
"""What is farther by less may be as near. [m]"""


@compiled
def span_of(xy: Any) -> Any:
    """Return the least x and y, and the greatest; none of them is finite where a coordinate is not."""
    west, south, east, north, doubt = np.inf, np.inf, -np.inf, -np.inf, 0.0
    for k in range(len(xy)):
        x, y = xy[k, 0], xy[k, 1]
        west, south, east, north = min(west, x), min(south, y), max(east, x), max(north, y)
        doubt += (x - x) + (y - y)
    return np.array([west, south, east, north]) + doubt


@compiled
def _tile(x: float, y: float, grid: Any, columns: int, rows: int) -> int:
    column, row = int((x - grid[0]) / grid[2]), int((y - grid[1]) / grid[2])
    return min(column, columns - 1) * rows + min(row, rows - 1)


@compiled
def mark_tiles(xy: Any, grid: Any, columns: int, rows: int, is_used: Any) -> None:
    """Mark the tiles in which points lie; the grid begins at grid[:2] and has tiles as wide as grid[2]."""
    for k in range(len(xy)):
        is_used[_tile(xy[k, 0], xy[k, 1], grid, columns, rows)] = True


@compiled
def evaluated(xy: Any, low: int, high: int, grid: Any, columns: int, rows: int, number: Any, coefficient: Any,
              xyz: Any) -> None:  # fmt: skip
    """Write x, y, z of points from the polynomials of their tiles; those of a tile without one are not finite.

    Points that follow each other in a tile are taken together, a term at a time.
    """
    u, v, total = np.empty(256), np.empty(256), np.empty(256)
    first = low
    while first < high:
        tile = _tile(xy[first, 0], xy[first, 1], grid, columns, rows)
        west, south, n = tile // rows, tile % rows, 0
        while n < 256 and first + n < high:
            x, y = (xy[first + n, 0] - grid[0]) / grid[2] - west, (xy[first + n, 1] - grid[1]) / grid[2] - south
            if n > 0 and not (0.0 <= x < 1.0 and 0.0 <= y < 1.0):
                break
            u[n], v[n] = 2.0 * x - 1.0, 2.0 * y - 1.0
            n += 1
        for axis in range(3):
            total[:n] = 0.0 if number[tile] >= 0 else np.inf
            for i in range(4, -1, -1):
                c = coefficient[max(number[tile], 0), axis, i]
                c0, c1, c2, c3, c4 = c[0], c[1], c[2], c[3], c[4]
                for k in range(n):
                    total[k] = total[k] * u[k] + ((((c4 * v[k] + c3) * v[k] + c2) * v[k] + c1) * v[k] + c0)
            for k in range(n):
                xyz[first + k, axis] = total[k]
        first += n


@compiled
def _pieces(dx: float, dy: float, longest: float) -> int:
    return int(min(np.ceil(np.hypot(dx, dy) / longest), 50_000.0)) if dx * dx + dy * dy > longest * longest else 1


@compiled
def pieces_of(xy: Any, chain_start: Any, longest: float, count: Any) -> None:
    """Write how many corners chains have when no edge of theirs is longer."""
    for chain in range(len(count)):
        n = 1
        for k in range(chain_start[chain], chain_start[chain + 1] - 1):
            n += _pieces(xy[k + 1, 0] - xy[k, 0], xy[k + 1, 1] - xy[k, 1], longest)
        count[chain] = n


@compiled
def cut(xy: Any, chain_start: Any, longest: float, begin: Any, dense: Any) -> None:
    """Write the corners of chains whose edges are cut so that none is longer; they begin at `begin`."""
    for chain in range(len(chain_start) - 1):
        n = begin[chain]
        for k in range(chain_start[chain], chain_start[chain + 1] - 1):
            dx, dy = xy[k + 1, 0] - xy[k, 0], xy[k + 1, 1] - xy[k, 1]
            pieces = _pieces(dx, dy, longest)
            for piece in range(pieces):
                dense[n, 0], dense[n, 1] = xy[k, 0] + dx * piece / pieces, xy[k, 1] + dy * piece / pieces
                n += 1
        dense[n] = xy[chain_start[chain + 1] - 1]


@compiled
def boxes_of(xyz: Any, first: Any, last: Any, box: Any) -> None:
    """Write the box of each block of corners: the least x, y, z and the greatest."""
    for block in range(len(first)):
        pad = _RAISED_M if last[block] > first[block] else 0.0
        for axis in range(3):
            least, most, doubt = np.inf, -np.inf, 0.0
            for k in range(first[block], last[block] + 1):
                least, most = min(least, xyz[k, axis]), max(most, xyz[k, axis])
                doubt += xyz[k, axis] - xyz[k, axis]  # NaN stays
            box[block, axis], box[block, 3 + axis] = least - pad + doubt, most + pad + doubt


@compiled
def _halve(order: Any, low: int, high: int, at: int, place: Any, axis: int) -> None:
    """Put before a position what lies before the rest along an axis."""
    while high - low > 1:
        pivot = place[order[(low + high) // 2], axis]
        i, j = low, high - 1
        while i <= j:
            while place[order[i], axis] < pivot:
                i += 1
            while place[order[j], axis] > pivot:
                j -= 1
            if i <= j:
                order[i], order[j] = order[j], order[i]
                i, j = i + 1, j - 1
        if at <= j:
            high = j + 1
        elif at >= i:
            low = i
        else:
            break


@compiled
def in_tree_order(box: Any) -> Any:
    """Return the order in which the boxes fill a tree: halved along their greatest extent, whole branches first."""
    n = len(box)
    place, order = np.empty((n, 3)), np.arange(n)
    for k in range(n):
        for axis in range(3):
            middle = (box[k, axis] + box[k, 3 + axis]) / 2.0
            place[k, axis] = middle if np.isfinite(middle) else 0.0
    stack, height = np.empty((128, 2), np.int64), 1
    stack[0, 0], stack[0, 1] = 0, n
    while height > 0:
        height -= 1
        low, high = stack[height, 0], stack[height, 1]
        branch = 1
        while branch * BRANCHES < high - low:
            branch *= BRANCHES
        count = -(-(high - low) // branch)
        if branch == 1 and count <= BRANCHES:
            continue
        at, widest, along = low + count // 2 * branch, -1.0, 0
        for axis in range(3):
            least, most = np.inf, -np.inf
            for k in range(low, high):
                least, most = min(least, place[order[k], axis]), max(most, place[order[k], axis])
            if most - least > widest:
                widest, along = most - least, axis
        _halve(order, low, high, at, place, along)
        stack[height, 0], stack[height, 1], stack[height + 1, 0], stack[height + 1, 1] = low, at, at, high
        height += 2
    return order


@compiled
def _apart(a: Any, i: int, b: Any, j: int) -> Any:
    """Return the squared distance between two boxes."""
    x = max(max(a[i, 0] - b[j, 3], b[j, 0] - a[i, 3]), 0.0)
    y = max(max(a[i, 1] - b[j, 4], b[j, 1] - a[i, 4]), 0.0)
    z = max(max(a[i, 2] - b[j, 5], b[j, 2] - a[i, 5]), 0.0)
    return x * x + y * y + z * z


@compiled
def meeting(box: Any, tree: Any, level_start: Any, within: float, meets: Any) -> None:
    """Mark the boxes that come as close to one of a tree."""
    n_levels = len(level_start) - 1
    stack, stack_level = np.empty(BRANCHES * n_levels + 1, np.int64), np.empty(BRANCHES * n_levels + 1, np.int64)
    for i in range(len(box)):
        stack[0], stack_level[0] = level_start[n_levels] - 1, n_levels - 1
        height = 1
        while height > 0:
            height -= 1
            node, level = stack[height], stack_level[height]
            if _apart(box, i, tree, node) > within * within:
                continue
            if level == 0:
                meets[i] = True
                break
            child = level_start[level - 1] + (node - level_start[level]) * BRANCHES
            for one in range(child, min(child + BRANCHES, level_start[level])):
                stack[height], stack_level[height] = one, level - 1
                height += 1


@compiled
def _to_edges(xyz: Any, at: int, stop: int, other: Any, begin: int, end: int, best: float, found: Any,
              mine: int) -> float:  # fmt: skip
    """Return the least squared distance from corners to the edges of another chain, if below `best`.

    `found` takes the two points, those of the corners from column `mine` on.
    """
    theirs = 3 - mine
    for e in range(begin, max(end, begin + 1)):
        ax, ay, az = other[e, 0], other[e, 1], other[e, 2]
        next_ = min(e + 1, end)
        ux, uy, uz = other[next_, 0] - ax, other[next_, 1] - ay, other[next_, 2] - az
        long = ux * ux + uy * uy + uz * uz
        shrink, rise = 1.0 / max(long, 1e-300), long / (2.0 * _EARTH_M * _EARTH_M)
        for k in range(at, stop + 1):
            wx, wy, wz = xyz[k, 0] - ax, xyz[k, 1] - ay, xyz[k, 2] - az
            t = min(max((wx * ux + wy * uy + wz * uz) * shrink, 0.0), 1.0)
            up = t * (1.0 - t) * rise
            dx, dy, dz = wx - t * ux - up * ax, wy - t * uy - up * ay, wz - t * uz - up * az
            square = dx * dx + dy * dy + dz * dz
            if square < best:
                best = square
                for axis in range(3):
                    found[mine + axis] = xyz[k, axis]
                found[theirs], found[theirs + 1], found[theirs + 2] = (
                    xyz[k, 0] - dx, xyz[k, 1] - dy, xyz[k, 2] - dz
                )  # fmt: skip
    return best


@compiled
def _slack(square: float) -> Any:
    """Return a squared chord that is surely longer than all of the same geodesic length."""
    return (np.sqrt(square) + _TIE_M) ** 2 + 2e-3 * square * square / (_EARTH_M * _EARTH_M)


@compiled
def _kept(top: Any, whose: Any, known: int, k: int, shape: int, square: float) -> int:
    """Keep the squared distances of the k nearest shapes in order; return how many are known."""
    at = known
    for one in range(known):
        if whose[one] == shape:
            at = one
            break
    if at == known:
        if known == k:
            if square >= top[k - 1]:
                return known
            at = k - 1
        else:
            known += 1
    while at > 0 and top[at - 1] > square:
        top[at], whose[at] = top[at - 1], whose[at - 1]
        at -= 1
    top[at], whose[at] = square, shape
    return known


@compiled
def nearest_of(xyz: Any, first: Any, last: Any, box: Any, start: Any, layer: Any,
               layer_first: Any, layer_last: Any, layer_shape: Any, n_shapes: int, tree: Any, level_start: Any,
               k: int, within: float) -> Any:  # fmt: skip
    """Return the shapes of a layer near each shape: its number, theirs, and the two nearest points.

    start : shape i has the blocks from start[i] to start[i + 1].
    tree : boxes of the blocks of the layer, of `BRANCHES` of these, and so on; levels begin at `level_start`.
    k : how many; more where others are as far as the last, or nearly. 0 is all.
    within : no chord longer than this. [m]
    """
    left, right, points = np.empty(1024, np.int64), np.empty(1024, np.int64), np.empty((1024, 6))
    n_found = 0
    seen, slot = np.full(n_shapes, -1, np.int64), np.empty(n_shapes, np.int64)
    # not grown as they fill: that costs a loop half of its speed
    squares, shapes, ends = np.empty(n_shapes), np.empty(n_shapes, np.int64), np.empty((n_shapes, 6))
    top, whose = np.empty(max(k, 1)), np.empty(max(k, 1), np.int64)
    n_levels = len(level_start) - 1
    stack, stack_level = np.empty(BRANCHES * n_levels + 1, np.int64), np.empty(BRANCHES * n_levels + 1, np.int64)
    far = np.empty(BRANCHES * n_levels + 1)
    own, found = np.empty((1, 6)), np.empty(6)
    for i in range(len(start) - 1):
        if start[i] == start[i + 1]:
            continue
        for axis in range(3):
            own[0, axis], own[0, 3 + axis] = np.inf, -np.inf
            for block in range(start[i], start[i + 1]):
                own[0, axis] = min(own[0, axis], box[block, axis])
                own[0, 3 + axis] = max(own[0, 3 + axis], box[block, 3 + axis])
        limit, n_near, known = within * within, 0, 0
        stack[0], stack_level[0], far[0] = level_start[n_levels] - 1, n_levels - 1, 0.0
        height = 1
        while height > 0:
            height -= 1
            node, level = stack[height], stack_level[height]
            if far[height] > limit:
                continue
            if level > 0:
                child = level_start[level - 1] + (node - level_start[level]) * BRANCHES
                bottom = height
                for one in range(child, min(child + BRANCHES, level_start[level])):
                    square = _apart(own, 0, tree, one)
                    if square <= limit:
                        at = height
                        while at > bottom and far[at - 1] < square:  # the nearest on top
                            far[at], stack[at], stack_level[at] = far[at - 1], stack[at - 1], level - 1
                            at -= 1
                        far[at], stack[at], stack_level[at] = square, one, level - 1
                        height += 1
                continue
            shape = layer_shape[node]
            is_new = seen[shape] != i
            best = np.inf if is_new else squares[slot[shape]]
            before = best
            for block in range(start[i], start[i + 1]):
                if _apart(box, block, tree, node) > min(limit, best):
                    continue
                is_point = layer_first[node] == layer_last[node]
                if not is_point or first[block] == last[block]:
                    best = _to_edges(xyz, first[block], last[block], layer, layer_first[node], layer_last[node],
                                     best, found, 0)  # fmt: skip
                if first[block] < last[block]:
                    best = _to_edges(layer, layer_first[node], layer_last[node], xyz, first[block], last[block],
                                     best, found, 3)  # fmt: skip
            if best >= before or best > limit:
                continue
            if is_new:
                seen[shape], slot[shape], shapes[n_near] = i, n_near, shape
                n_near += 1
            squares[slot[shape]] = best
            ends[slot[shape]] = found
            if k > 0:
                known = _kept(top, whose, known, k, shape, best)
                if known == k:
                    limit = min(within * within, _slack(top[k - 1]))
        for one in range(n_near):
            if squares[one] <= limit:
                if n_found == len(left):
                    left, right = _grown(left), _grown(right)
                    points = _grown(points)
                left[n_found], right[n_found], points[n_found] = i, shapes[one], ends[one]
                n_found += 1
    return left[:n_found].copy(), right[:n_found].copy(), points[:n_found].copy()


@compiled
def _grown(values: Any) -> Any:
    return np.concatenate((values, np.empty_like(values)))
