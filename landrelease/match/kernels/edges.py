"""Shapes as edges with the side that they bound, and their areas, boxes and centroids."""

from __future__ import annotations

from typing import Any

import numpy as np

from landrelease.match.kernels.compiled import compiled

__all__ = ["BLOCK", "edges_of", "middles"]

BLOCK = 32
"""Edges of which it is known together how far they reach. It is compiled into the loops of `overlap` too, whose cache
looks at their own file only: who changes it here has to touch that file."""


@compiled
def edges_of(xy: Any, ring_start: Any, is_hole: Any, shape_start: Any, rows: Any, room: Any, is_sorted: bool,
             low: int, high: int, edge: Any, sign: Any, reach: Any, start: Any, end: Any, area: Any,
             box: Any) -> None:  # fmt: skip
    """Write the edges of the shapes in `rows`, if asked sorted by where they begin, with the side that they bound.

    rows, room (k,) : the shapes, and where there is room for the edges of each; those from `low` to `high` are written.

    edge (n, 4) : x and y of the left end, x and y of the right end. Vertical edges bound nothing, and are left out.
    sign (n,) : 1 where the land is below, -1 where it is above.
    reach (n,) : at each `BLOCK`th edge of a shape, how far to the right the edges of the block reach.
    start, end (k,) : where the edges of each shape stand.
    area (k,) and box (k, 4) : its area; west, south, east, north.
    """
    for row in range(low, high):
        shape = rows[row]
        first = n = room[row]
        total = 0.0
        west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
        for ring in range(shape_start[shape], shape_start[shape + 1]):
            begin, last = ring_start[ring], ring_start[ring + 1] - 1
            ox, oy = xy[begin, 0], xy[begin, 1]
            twice = 0.0
            for k in range(begin, last):
                twice += (xy[k, 0] - ox) * (xy[k + 1, 1] - oy) - (xy[k + 1, 0] - ox) * (xy[k, 1] - oy)
            above = 1 if (twice < 0.0) != is_hole[ring] else -1  # a shell that runs anticlockwise, a hole clockwise
            total += -abs(twice) if is_hole[ring] else abs(twice)
            for k in range(begin, last):
                xa, ya, xb, yb = xy[k, 0], xy[k, 1], xy[k + 1, 0], xy[k + 1, 1]
                west, east, south, north = min(west, xa), max(east, xa), min(south, ya), max(north, ya)
                if xa < xb:
                    edge[n, 0], edge[n, 1], edge[n, 2], edge[n, 3], sign[n] = xa, ya, xb, yb, above
                    n += 1
                elif xb < xa:
                    edge[n, 0], edge[n, 1], edge[n, 2], edge[n, 3], sign[n] = xb, yb, xa, ya, -above
                    n += 1
        if is_sorted and n - first > 48:
            order = np.argsort(edge[first:n, 0]) + first
            edge[first:n], sign[first:n] = edge[order], sign[order]
        elif is_sorted:
            for k in range(first + 1, n):
                a, b, c, d, s = edge[k, 0], edge[k, 1], edge[k, 2], edge[k, 3], sign[k]
                m = k - 1
                while m >= first and edge[m, 0] > a:
                    for q in range(4):
                        edge[m + 1, q] = edge[m, q]
                    sign[m + 1] = sign[m]
                    m -= 1
                edge[m + 1, 0], edge[m + 1, 1], edge[m + 1, 2], edge[m + 1, 3], sign[m + 1] = a, b, c, d, s
        for k in range(first, n, BLOCK):
            reach[k] = edge[k : min(k + BLOCK, n), 2].max()
        start[row], end[row], area[row] = first, n, total / 2
        box[row, 0], box[row, 1], box[row, 2], box[row, 3] = west, south, east, north


@compiled
def middles(xy: Any, ring_start: Any, is_hole: Any, shape_start: Any, low: int, high: int, found: Any) -> None:
    """Write the area and the centroid, x and y, of the shapes from `low` to `high`."""
    for shape in range(low, high):
        if shape_start[shape] == shape_start[shape + 1]:
            found[shape, 0], found[shape, 1], found[shape, 2] = 0.0, np.nan, np.nan
            continue
        ox, oy = xy[ring_start[shape_start[shape]], 0], xy[ring_start[shape_start[shape]], 1]
        total, east, north = 0.0, 0.0, 0.0
        for ring in range(shape_start[shape], shape_start[shape + 1]):
            twice, x, y = 0.0, 0.0, 0.0
            for k in range(ring_start[ring], ring_start[ring + 1] - 1):
                xa, ya, xb, yb = xy[k, 0] - ox, xy[k, 1] - oy, xy[k + 1, 0] - ox, xy[k + 1, 1] - oy
                cross = xa * yb - xb * ya
                twice += cross
                x += cross * (xa + xb)
                y += cross * (ya + yb)
            side = -1.0 if (twice < 0.0) != is_hole[ring] else 1.0
            total, east, north = total + side * twice, east + side * x, north + side * y
        found[shape, 0] = total / 2.0
        found[shape, 1] = ox + (east / (3.0 * total) if total else 0.0)
        found[shape, 2] = oy + (north / (3.0 * total) if total else 0.0)
