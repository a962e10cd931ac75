"""Covered fractions of cells by signed area, as rasterisers of fonts find them: exact, at the cost of the perimeter.

Coordinates are in cells: x counts columns and y rows, downwards. An edge that goes down by dy covers dy of all that
lies to its right in the row; one that goes up takes as much away. Summed along the row, over the edges of a closed
ring, that is the covered fraction of each cell.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from landrelease.match.kernels.compiled import compiled

__all__ = ["classes", "edges_by_window", "on_grid", "values"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

_SNAP = 1e-9
"""What is nearer to a border between cells lies on it: coordinates hold no more digits."""
_NONE = 1e-12
"""A smaller fraction is the rounding of nothing."""


@compiled
def on_grid(
    xy: Floats, ring_start: Integers, is_hole: npt.NDArray[np.bool_], shape_start: Integers, grid: Floats
) -> tuple[Floats, Floats, Floats]:
    """Return coordinates in cells, the sense in which each ring covers, and the box of each shape.

    The grid is the place of its corner and the steps of x and y along a row and along a column.
    """
    x0, y0, ax, ay, bx, by = grid
    is_upright = ay == 0.0 and bx == 0.0
    det = ax * by - bx * ay
    cells = np.empty_like(xy)
    for i in range(len(xy)):
        dx, dy = xy[i, 0] - x0, xy[i, 1] - y0
        column, row = (dx / ax, dy / by) if is_upright else ((by * dx - bx * dy) / det, (ax * dy - ay * dx) / det)
        near = np.rint(column)
        cells[i, 0] = near if abs(column - near) < _SNAP else column
        near = np.rint(row)
        cells[i, 1] = near if abs(row - near) < _SNAP else row
    sense = np.empty(len(is_hole))
    box = np.empty((len(shape_start) - 1, 4))
    for shape in range(len(box)):
        west, north, east, south = np.inf, np.inf, -np.inf, -np.inf
        for ring in range(shape_start[shape], shape_start[shape + 1]):
            first = ring_start[ring]
            twice = across = down = 0.0
            for i in range(first, ring_start[ring + 1]):
                x, y = cells[i, 0], cells[i, 1]
                west, east, north, south = min(west, x), max(east, x), min(north, y), max(south, y)
                x, y = x - cells[first, 0], y - cells[first, 1]
                twice += across * y - down * x
                across, down = x, y
            sense[ring] = 1.0 if (twice < 0.0) != is_hole[ring] else -1.0
        box[shape, 0], box[shape, 1], box[shape, 2], box[shape, 3] = west, north, east, south
    return cells, sense, box


@compiled
def _cut(x0: float, y0: float, x1: float, y1: float, y: float) -> float:
    """Return x where an edge passes y, within the edge whatever is rounded."""
    x = x0 + (x1 - x0) * ((y - y0) / (y1 - y0))
    return min(max(x, min(x0, x1)), max(x0, x1))


@compiled
def _edges_in_band(
    xy: Floats, ring_start: Integers, sense: Floats, first: int, last: int, top: float, bottom: float, found: Floats
) -> int:
    """Write the edges of the rings from first up to last, cut at the top and bottom of a band; return their number.

    All run so that they cover: where one ends, the next one of its ring begins, or one of the same height.
    """
    n = 0
    for ring in range(first, last):
        begin, end = ring_start[ring], ring_start[ring + 1] - 1
        for k in range(end - begin):
            i, j = (begin + k, begin + k + 1) if sense[ring] > 0.0 else (end - k, end - k - 1)
            x0, y0, x1, y1 = xy[i, 0], xy[i, 1], xy[j, 0], xy[j, 1]
            if y0 == y1 or max(y0, y1) <= top or min(y0, y1) >= bottom:
                continue
            found[n, 0], found[n, 1], found[n, 2], found[n, 3] = x0, y0, x1, y1
            for at, y in ((0, y0), (2, y1)):
                if y < top or y > bottom:
                    border = top if y < top else bottom
                    found[n, at], found[n, at + 1] = _cut(x0, y0, x1, y1, border), border
            n += 1
    return n


@compiled
def _edges_in_window(band: Floats, n: int, top: float, left: float, right: float, found: Floats) -> int:
    """Write the edges of a band that cover cells of a window, from its corner; return their number.

    What lies left of the window covers as if it lay on its side: a chain there is one edge from its first to its
    last row. What lies right of it covers nothing.
    """
    m = 0
    begun = ended = top
    for k in range(n):
        x0, y0, x1, y1 = band[k, 0], band[k, 1], band[k, 2], band[k, 3]
        if x0 >= right and x1 >= right:
            continue
        is_left0, is_left1 = x0 < left, x1 < left
        if is_left0 or is_left1:
            cut = _cut(y0, x0, y1, x1, left) if is_left0 != is_left1 else y1
            first, last = (y0, cut) if is_left0 else (cut, y1)
            if first != ended:
                if begun != ended:
                    found[m, 0], found[m, 1], found[m, 2], found[m, 3] = 0.0, begun - top, 0.0, ended - top
                    m += 1
                begun = first
            ended = last
            if is_left0 and is_left1:
                continue
            if is_left0:
                x0, y0 = left, cut
            else:
                x1, y1 = left, cut
        if x0 > right or x1 > right:
            cut = _cut(y0, x0, y1, x1, right)
            if x0 > right:
                x0, y0 = right, cut
            else:
                x1, y1 = right, cut
        if y0 != y1:
            found[m, 0], found[m, 1], found[m, 2], found[m, 3] = x0 - left, y0 - top, x1 - left, y1 - top
            m += 1
    if begun != ended:
        found[m, 0], found[m, 1], found[m, 2], found[m, 3] = 0.0, begun - top, 0.0, ended - top
        m += 1
    return m


@compiled
def edges_by_window(
    xy: Floats,
    ring_start: Integers,
    sense: Floats,
    shape_start: Integers,
    box: Floats,
    shapes: Integers,
    top: int,
    bottom: int,
    width: int,
    columns: int,
) -> tuple[Integers, Integers, Integers, Integers, Floats]:
    """Return the edges of shapes in one band of windows: of each window and shape that meet, the edges that cover.

    Pairs are given as windows, shapes, the column behind the shape, and where their edges begin.
    """
    pairs = longest = 0
    for shape in shapes:
        pairs += int(min(box[shape, 2], columns) // width - max(box[shape, 0], 0.0) // width) + 1
        longest = max(longest, ring_start[shape_start[shape + 1]] - ring_start[shape_start[shape]])
    window, of, behind = np.empty(pairs, np.int64), np.empty(pairs, np.int64), np.empty(pairs, np.int64)
    start = np.zeros(pairs + 1, np.int64)
    band, edges = np.empty((longest, 4)), np.empty((4 * longest + 64, 4))
    p = m = 0
    for shape in shapes:
        n = _edges_in_band(
            xy, ring_start, sense, shape_start[shape], shape_start[shape + 1], float(top), float(bottom), band
        )
        place = int(max(box[shape, 0], 0.0) // width)
        while n and place * width < min(box[shape, 2], columns):
            left = place * width
            right = min(left + width, columns)
            if m + 2 * n + 1 > len(edges):
                longer = np.empty((2 * (m + 2 * n + 1), 4))
                longer[:m] = edges[:m]
                edges = longer
            more = _edges_in_window(band, n, float(top), float(left), float(right), edges[m:])
            if more:
                m += more
                window[p], of[p] = place, shape
                behind[p] = int(np.ceil(min(box[shape, 2], right))) - left
                p += 1
                start[p] = m
            place += 1
    return window[:p], of[:p], behind[:p], start[: p + 1], edges[:m]


@compiled
def _cover(edges: Floats, behind: int, buffer: Floats) -> tuple[int, int, int, Floats]:
    """Write what changes in covered fraction from cell to cell; return the first row, row behind and first column."""
    north, south, west = np.inf, -np.inf, np.inf
    for i in range(len(edges)):
        x0, y0, x1, y1 = edges[i, 0], edges[i, 1], edges[i, 2], edges[i, 3]
        north, south, west = min(north, y0, y1), max(south, y0, y1), min(west, x0, x1)
    first, last, left = int(north), int(np.ceil(south)), int(west)
    stride = behind - left + 2
    if len(buffer) < (last - first) * stride:
        buffer = np.empty(2 * (last - first) * stride)
    buffer[: (last - first) * stride] = 0.0
    for i in range(len(edges)):
        x0, y0, x1, y1 = edges[i, 0], edges[i, 1], edges[i, 2], edges[i, 3]
        down = 1.0
        if y0 > y1:
            x0, y0, x1, y1, down = x1, y1, x0, y0, -1.0
        x = x0
        for row in range(int(y0), int(np.ceil(y1))):
            y_next = min(y1, row + 1.0)
            x_next = x1 if y_next == y1 else _cut(x0, y0, x1, y1, y_next)
            rest = down * (y_next - max(y0, float(row)))
            low, high = min(x, x_next), max(x, x_next)
            x = x_next
            at = (row - first) * stride - left
            column = int(low)
            if high > column + 1.0:
                steep = rest / (high - low)
                while high > column + 1.0:
                    part = steep * (column + 1.0 - low)
                    beyond = part * (0.5 * (low - column + 1.0))
                    buffer[at + column] += part - beyond
                    buffer[at + column + 1] += beyond
                    rest -= part
                    column += 1
                    low = float(column)
            beyond = rest * (0.5 * (low + high) - column)
            buffer[at + column] += rest - beyond
            buffer[at + column + 1] += beyond
    return first, last, left, buffer


@compiled
def classes(
    cells: npt.NDArray[np.integer],
    count: int,
    pairs: Integers,
    shape: Integers,
    behind: Integers,
    start: Integers,
    edges: Floats,
) -> tuple[Integers, Integers, Floats]:
    """Return how many cells of each class the shapes of some pairs cover in a window: shape, class and cells.

    A class is a number from 0 up to count; less than 0 is no class. The pairs are of `edges_by_window`.
    """
    held = np.zeros(count)
    met = np.empty(count, np.int64)
    of, code, covered = np.empty(256, np.int64), np.empty(256, np.int64), np.empty(256)
    found = 0
    buffer = np.empty(4096)
    for pair in pairs:
        first, last, left, buffer = _cover(edges[start[pair] : start[pair + 1]], behind[pair], buffer)
        wide, stride = behind[pair] - left, behind[pair] - left + 2
        n, current, sum_current = 0, np.int64(-1), 0.0
        for row in range(first, last):
            at, fraction = (row - first) * stride, 0.0
            for k in range(wide):
                fraction += buffer[at + k]
                if fraction > _NONE:
                    new = np.int64(cells[row, left + k])
                    if new != current:  # land lies in patches: the sum of one stays in a register
                        if current >= 0:
                            if held[current] == 0.0:
                                met[n] = current
                                n += 1
                            held[current] += sum_current
                        current, sum_current = new, 0.0
                    sum_current += fraction
        if current >= 0:
            if held[current] == 0.0:
                met[n] = current
                n += 1
            held[current] += sum_current
        if found + n > len(of):
            size = 2 * (found + n)
            of, code = np.append(of, np.empty(size, np.int64)), np.append(code, np.empty(size, np.int64))
            covered = np.append(covered, np.empty(size))
        for one in met[:n]:
            of[found], code[found], covered[found] = shape[pair], one, held[one]
            held[one] = 0.0
            found += 1
    return of[:found], code[:found], covered[:found]


@compiled
def values(
    cells: Floats, pairs: Integers, shape: Integers, behind: Integers, start: Integers, edges: Floats
) -> tuple[Integers, Floats, Floats]:
    """Return shape, sum of fraction x value and sum of fractions of some pairs in a window; NaN is no cell."""
    total, covered = np.zeros(len(pairs)), np.zeros(len(pairs))
    buffer = np.empty(4096)
    for i in range(len(pairs)):
        pair = pairs[i]
        first, last, left, buffer = _cover(edges[start[pair] : start[pair + 1]], behind[pair], buffer)
        wide, stride = behind[pair] - left, behind[pair] - left + 2
        for row in range(first, last):
            at, fraction = (row - first) * stride, 0.0
            for k in range(wide):
                fraction += buffer[at + k]
                if fraction > _NONE:
                    value = cells[row, left + k]
                    if not np.isnan(value):
                        total[i] += fraction * value
                        covered[i] += fraction
    return shape[pairs], total, covered
