"""Shares of classes from the shapes of intersections: the reference, and what is left where nothing can be compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landrelease.geometry import planar_area, polygonal
from landrelease.match.shares import LEAST, TOLERANCE, Classes, Shapes, Shares

__all__ = ["shares_by_pieces"]

_GRID = 64 * 2.0**-52
"""Grid on which GEOS loses no face, in the largest coordinate."""


def _pieces(own: Shapes, layer: Shapes, classes: Classes) -> pd.DataFrame:
    """Return each area's intersections with the polygons of the layer, in the layer's order."""
    tree = shapely.STRtree(layer)
    left, right = tree.query(own, predicate="intersects")
    order = np.lexsort((right, left))
    left, right = left[order], right[order]
    shapely.prepare(own)
    inside = shapely.contains_properly(own[left], layer[right])
    shapes = layer[right].copy()
    shapes[~inside] = _made(shapely.intersection, own[left[~inside]], layer[right[~inside]])
    m2 = planar_area(shapes)
    meets = m2 > LEAST * planar_area(own)[left]
    pairs = pd.DataFrame({"area": left[meets], "by": classes[right[meets]], "m2": m2[meets]})
    pairs["shape"] = shapes[meets]
    return pairs


def _made(operation: Callable[..., Any], *shapes: Any) -> Any:
    """Return the polygons of what GEOS makes of shapes.

    Where edges nearly coincide it may lose a face, or fill one. This shows beside what it makes on a grid.
    """
    grid = _GRID * np.nan_to_num(np.abs(shapely.bounds(np.concatenate(shapes)))).max(initial=0.0)
    with np.errstate(all="ignore"):  # within GEOS: of edges that stand nearly upright
        plain, rounded = (polygonal(np.atleast_1d(operation(*shapes, grid_size=size))) for size in (None, grid))
    apart = np.abs(shapely.area(plain) - shapely.area(rounded))
    return np.where(apart > 4 * grid * (shapely.length(plain) + shapely.length(rounded)), rounded, plain)


def shares_by_pieces(own: Shapes, layer: Shapes, classes: Classes, on_overlap: str) -> Shares:
    """Return the share of each class in each area, from the shapes of their intersections."""
    pairs, whole = _pieces(own, layer, classes), planar_area(own)
    is_shared = _is_shared(pairs)
    shared = pairs[is_shared]
    pieces, names = shared["shape"].to_numpy(), shared["by"].to_numpy()
    several, starts, counts = np.unique(shared["area"].to_numpy(), return_index=True, return_counts=True)
    overlapping: list[int] = []
    given: list[tuple[int, Any, float]] = []
    for area, start, count in zip(several.tolist(), starts.tolist(), counts.tolist(), strict=True):
        own, by = pieces[start : start + count], names[start : start + count]
        if on_overlap == "first":
            given += [(area, *part) for part in _first(own, by)]
            continue
        land = _by_class(own, by)
        if on_overlap == "raise" and _overlap(list(land.values())):
            overlapping.append(area)
        given += [(area, *part) for part in _split(land).items()]
    rows = [pairs.loc[~is_shared, ["area", "by", "m2"]]]
    rows += [pd.DataFrame(given, columns=["area", "by", "m2"])] if given else []
    parts = pd.concat(rows, ignore_index=True).groupby(["area", "by"], sort=False)["m2"].sum().reset_index()
    area = parts["area"].to_numpy(dtype=np.int64)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = parts["m2"].to_numpy() / whole[area]
    return Shares(area, parts["by"].to_numpy(dtype=np.int64), share, np.array(overlapping, dtype=np.int64))


def _is_shared(pairs: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell the pieces of the areas in which pieces overlap: these add up to more than their union."""
    several = pairs["area"].duplicated(keep=False).to_numpy()
    group = np.unique(pairs["area"].to_numpy()[several], return_inverse=True)[1]
    # one collection an area, so that one call makes all the unions: a layer without overlaps needs no loop
    together = shapely.geometrycollections(pairs["shape"].to_numpy()[several], indices=group)
    covered = shapely.area(shapely.union_all(together[:, np.newaxis], axis=1))
    m2 = np.bincount(group, weights=pairs["m2"].to_numpy()[several], minlength=len(covered))
    is_shared = np.zeros(len(pairs), dtype=bool)
    is_shared[several] = (m2 > covered * (1 + TOLERANCE))[group]
    return is_shared


def _overlap(shapes: list[Any]) -> bool:
    return bool(sum(shape.area for shape in shapes) > _made(shapely.union_all, shapes)[0].area * (1 + TOLERANCE))


def _by_class(pieces: Shapes, names: npt.NDArray[Any]) -> dict[Any, Any]:
    """Return the land of each class, in the order in which they come first."""
    by_class: dict[Any, list[Any]] = {}
    for name, piece in zip(names.tolist(), pieces, strict=True):
        by_class.setdefault(name, []).append(piece)
    return {name: _made(shapely.union_all, several)[0] for name, several in by_class.items()}


def _first(pieces: Shapes, names: npt.NDArray[Any]) -> Iterator[tuple[Any, float]]:
    """Give land to the polygon that comes first."""
    taken = shapely.Polygon()
    for name, shape in zip(names.tolist(), pieces, strict=True):
        yield name, _made(shapely.difference, [shape], [taken])[0].area
        taken = _made(shapely.union, [taken], [shape])[0]


def _split(classes: dict[Any, Any]) -> dict[Any, float]:
    """Share land equally between the classes that claim it."""
    cells: list[tuple[Any, tuple[Any, ...]]] = []
    for name, shape in classes.items():
        left, cut = shape, []
        for cell, names in cells:
            shared = _made(shapely.intersection, [cell], [left])[0]
            if shared.area > 0.0:
                cut += [(shared, (*names, name)), (_made(shapely.difference, [cell], [shared])[0], names)]
                left = _made(shapely.difference, [left], [shared])[0]
            else:
                cut.append((cell, names))
        cells = [(cell, names) for cell, names in [*cut, (left, (name,))] if cell.area > 0.0]
    m2 = dict.fromkeys(classes, 0.0)
    for cell, names in cells:
        for name in names:
            m2[name] += cell.area / len(names)
    return m2
