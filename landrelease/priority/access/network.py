"""Roads as a network: pieces between nodes, the time along each, where places join it, what blocks a piece."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from landrelease.errors import DataError, DataWarning, OptionError, nearest
from landrelease.geometry import lon_lat, metric_crs, plane_polygons, require_crs, to_crs, transform
from landrelease.geometry.operations import GEOD
from landrelease.priority.values import as_ids, as_numbers

__all__ = ["Blocks", "Network", "Spots", "blocks_of", "graph_of", "road_network"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Shapes = npt.NDArray[Any]
_LINES = (1, 2, 5)
_SLACK_M = 1e-6
_TINY_PIECES, _TINY_PARTS, _TINY_SHARE = 2, 10, 0.05
"""From so many parts of so few pieces on, with that share of all pieces, a network is told to fall apart."""


class Network(NamedTuple):
    """Pieces of road between two nodes: shapes in a plane, their nodes, hours, and rows of `roads`."""

    shapes: Shapes
    start: Ints
    end: Ints
    time_h: Floats
    row: Ints
    node_count: int
    part_count: int
    plane: CRS

    @property
    def is_closed(self) -> npt.NDArray[np.bool_]:
        """Tell which pieces lead back to their own node, and so nowhere."""
        return np.asarray(self.start == self.end)


class Spots(NamedTuple):
    """Where places join the network: a node (-1 where no road is within reach), and how far away it is. [m]"""

    node: Ints
    distance_m: Floats


class Blocks(NamedTuple):
    """Which piece is blocked by which area; areas are in the order of their ids, `is_known` where they have a place."""

    piece: Ints
    area: Ints
    area_ids: npt.NDArray[Any]
    is_known: npt.NDArray[np.bool_]


def road_network(
    roads: gpd.GeoDataFrame, places: gpd.GeoDataFrame, *, speed_kmh: float | None, snap_m: float, reach_m: float
) -> tuple[Network, Spots]:
    """Return the network of the roads, cut where roads meet and where places join it, and where each place does."""
    require_crs(roads, "roads")
    plane = metric_crs(roads, places)
    lines, row, shared = _lines(roads, plane)
    points = to_crs(places, plane, "places").geometry.to_numpy()
    joins = _nearest_places_on(lines, points, reach_m)
    xy, piece, line = _cut(lines, shared, [_ends_on(lines, snap_m), joins[1:3]])
    shapes = shapely.linestrings(xy, indices=piece) if len(xy) else np.zeros(0, dtype=object)
    first = np.flatnonzero(np.diff(piece, prepend=-1))
    last = np.r_[first[1:], len(piece)][: len(first)] - 1
    node, nodes = _nodes(np.concatenate([xy[first], xy[last]]), snap_m)
    start, end = np.split(node, 2)
    hours = _hours(roads, row[line[first]], _length_m(shapes, plane), speed_kmh)
    part_count = _count_parts(start, end, snap_m)
    network = Network(shapes, start, end, hours, row[line[first]], len(nodes), part_count, plane)
    return network, _joined(joins, lines, node, np.concatenate([xy[first], xy[last]]), len(places))


def _lines(roads: gpd.GeoDataFrame, plane: CRS) -> tuple[Shapes, Ints, Shapes]:
    """Return the single lines of the roads in the plane, the row of each, and the places of vertices they share.

    Vertices are compared before the change of CRS, which adds some to long edges: these are no crossings.
    """
    crs, shapes = roads.crs, roads.geometry.to_numpy()
    wrong = ~np.isin(shapely.get_type_id(shapes), _LINES) | shapely.is_empty(shapes)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        kind = "no geometry" if shapes[first] is None or shapely.is_empty(shapes[first]) else shapes[first].geom_type
        raise DataError(
            f"{int(wrong.sum())} of {len(roads)} rows of 'roads' are no lines: row {first} has {kind}.\n"
            "  Fix: leave them out: roads[roads.geom_type.isin(['LineString', 'MultiLineString'])]."
        )
    lines, row = shapely.get_parts(shapely.force_2d(shapes), return_index=True)
    has_length = shapely.length(lines) > 0
    lines, row = lines[has_length], row[has_length]
    at, count = np.unique(_as_complex(shapely.get_coordinates(lines)), return_counts=True)
    shared = shapely.points(at[count > 1].real, at[count > 1].imag)
    return transform(lines, crs, plane), row, _as_complex(shapely.get_coordinates(transform(shared, crs, plane)))


def _as_complex(xy: Floats) -> Shapes:
    """Return points as single numbers, which can be sorted and found."""
    return np.asarray(xy[:, 0] + 1j * xy[:, 1])


def _nearest_places_on(lines: Shapes, points: Shapes, reach_m: float) -> tuple[Ints, Ints, Floats, Floats]:
    """Return the places that have a road within reach, its line, how far along it they join, and their distance.

    Of roads at the same distance, the nearest point that lies west and south counts: never the order of the rows.
    """
    if not len(lines) or not len(points):
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
    pairs, distance = shapely.STRtree(lines).query_nearest(points, max_distance=reach_m, return_distance=True)
    place, line = pairs
    along = shapely.line_locate_point(lines[line], points[place])
    x, y = shapely.get_coordinates(shapely.line_interpolate_point(lines[line], along)).T.round(3)
    order = np.lexsort((y, x, place))
    kept = order[np.diff(place[order], prepend=-1) > 0]
    return place[kept], line[kept], along[kept], distance[kept]


def _ends_on(lines: Shapes, snap_m: float) -> tuple[Ints, Floats]:
    """Return the lines on which another ends, and how far along them."""
    if not len(lines):
        return np.zeros(0, np.int64), np.zeros(0)
    ends = np.concatenate([shapely.get_point(lines, 0), shapely.get_point(lines, -1)])
    end, line = shapely.STRtree(lines).query(ends, predicate="dwithin", distance=snap_m)
    start, last = ends[line], ends[line + len(lines)]
    apart = np.minimum(shapely.distance(ends[end], start), shapely.distance(ends[end], last)) > snap_m
    return line[apart], shapely.line_locate_point(lines[line[apart]], ends[end[apart]])


def _cut(lines: Shapes, shared: Shapes, cuts: list[tuple[Ints, Floats]]) -> tuple[Floats, Ints, Ints]:
    """Cut lines where they share a vertex and at the given places: corners, their piece, and their line."""
    xy, line = shapely.get_coordinates(lines, return_index=True)
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T) if len(xy) else np.zeros(0)
    is_first = np.diff(line, prepend=-1) > 0
    along = np.cumsum(np.where(is_first, 0.0, step))
    along -= along[np.flatnonzero(is_first)][line] if len(lines) else 0.0
    at_line, at = (np.concatenate(parts) for parts in zip(*cuts, strict=True))
    inside = (at > 0) & (at < shapely.length(lines[at_line]))
    at_line, at = at_line[inside], at[inside]
    cut_xy = shapely.get_coordinates(shapely.line_interpolate_point(lines[at_line], at))
    is_cut = np.r_[np.isin(_as_complex(xy), shared), np.ones(len(at), bool)]
    xy, line, along = np.vstack([xy, cut_xy]), np.r_[line, at_line], np.r_[along, at]
    order = np.lexsort((along, line))
    xy, line, is_cut = xy[order], line[order], is_cut[order]
    is_first = np.diff(line, prepend=-1) > 0
    is_cut &= ~is_first & ~np.r_[is_first[1:], True][: len(line)]
    twice = np.repeat(np.arange(len(line)), 1 + is_cut)
    begins = is_first[twice] | (np.diff(twice, prepend=-1) == 0)
    return xy[twice], np.cumsum(begins) - 1, line[twice]


def _nodes(ends: Floats, snap_m: float) -> tuple[Ints, Ints]:
    """Return the node of each end, and the nodes: ends within the tolerance of each other are one, and so in a row."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components
    from scipy.spatial import cKDTree

    if not len(ends):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    _, first, same = np.unique(_as_complex(ends), return_index=True, return_inverse=True)
    near = cKDTree(ends[first]).query_pairs(snap_m + _SLACK_M, output_type="ndarray")
    links = coo_array((np.ones(len(near), bool), (near[:, 0], near[:, 1])), shape=(len(first), len(first)))
    count, label = connected_components(links, directed=False)
    return label[same].astype(np.int64), np.arange(count)


def _joined(
    joins: tuple[Ints, Ints, Floats, Floats], lines: Shapes, node: Ints, ends: Floats, place_count: int
) -> Spots:
    """Return the node at which each place joins: the cut that was made for it."""
    from scipy.spatial import cKDTree

    place, line, along, distance = joins
    spots = Spots(np.full(place_count, -1, np.int64), np.full(place_count, np.nan))
    if len(place):
        at = shapely.get_coordinates(shapely.line_interpolate_point(lines[line], along))
        spots.node[place] = node[cKDTree(ends).query(at)[1]]
        spots.distance_m[place] = distance
    return spots


def _length_m(shapes: Shapes, plane: CRS) -> Floats:
    """Return the geodesic length of each line. [m]"""
    corners, owner = shapely.get_coordinates(lon_lat(shapes, plane), return_index=True)
    within = np.flatnonzero(owner[1:] == owner[:-1])
    length = GEOD.inv(*corners[within].T, *corners[within + 1].T)[2]
    return cast(Floats, np.bincount(owner[within], weights=length, minlength=len(shapes)))


def _hours(roads: gpd.GeoDataFrame, row: Ints, length_m: Floats, speed_kmh: float | None) -> Floats:
    """Return the hours along each piece: by a speed, or its part of the time of its road. [h]"""
    if not len(roads):
        return np.zeros(0)
    has = [name for name in ("time_h", "speed_kmh") if name in roads.columns and roads[name].notna().any()]
    given = has + (["the argument speed_kmh"] if speed_kmh is not None else [])
    if len(given) != 1:
        raise OptionError(
            f"how long a road takes must be said once; got {' and '.join(given) or 'nothing'}.\n"
            "  Fix: a column time_h or speed_kmh of 'roads', or access_gain(..., speed_kmh=40) for all of them."
        )
    if not has:
        return length_m / 1000 / cast(float, speed_kmh)
    numbers = as_numbers(roads[has[0]], f"column '{has[0]}' of 'roads'")
    wrong = ~(numbers > 0)
    if wrong.any():
        first = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"column '{has[0]}' of 'roads' must be greater than 0: {int(wrong.sum())} of {len(roads)} rows are not, "
            f"row {first} has {numbers[first]}.\n  Fix: give each road a value, or leave it out."
        )
    if has[0] == "speed_kmh":
        return length_m / 1000 / numbers[row]
    return numbers[row] * length_m / np.bincount(row, weights=length_m, minlength=len(roads))[row]


def _count_parts(start: Ints, end: Ints, snap_m: float) -> int:
    """Return into how many parts the network falls; warn where it looks as if roads do not meet that should."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(start):
        return 0
    size = int(max(start.max(), end.max())) + 1
    count, part = connected_components(coo_array((np.ones(len(start)), (start, end)), (size, size)), directed=False)
    pieces = np.bincount(part[start], minlength=count)
    tiny = pieces <= _TINY_PIECES
    if tiny.sum() >= _TINY_PARTS and pieces[tiny].sum() >= _TINY_SHARE * len(start):
        warnings.warn(
            f"'roads' falls into {count:,} parts that no road joins, {int(tiny.sum()):,} of them of no more than "
            f"{_TINY_PIECES} pieces: access may be too low, and gains wrong.\n"
            f"  Fix: a larger snap_m (now {snap_m:g} m) where ends do not meet; cut roads at their crossings where "
            "they share no vertex.",
            DataWarning,
            stacklevel=4,
        )
    return int(count)


def blocks_of(blocked_by: pd.DataFrame, roads: gpd.GeoDataFrame, network: Network, snap_m: float) -> Blocks:
    """Return which pieces are blocked by which area: those that an area touches, or those of the roads it names."""
    for name in ("area_id",) if isinstance(blocked_by, gpd.GeoDataFrame) else ("area_id", "road_id"):
        if name not in blocked_by.columns or blocked_by[name].isna().any():
            lacks = "has no column" if name not in blocked_by.columns else "has rows without"
            raise DataError(
                f"'blocked_by' {lacks} {name}.\n"
                "  Fix: a GeoDataFrame of areas with area_id, or a frame of road_id and area_id."
            )
    ids = as_ids(blocked_by["area_id"]).to_numpy(dtype=object)
    area_ids, area = np.unique(ids, return_inverse=True)
    is_known = np.ones(len(area_ids), bool)
    if isinstance(blocked_by, gpd.GeoDataFrame):
        require_crs(blocked_by, "blocked_by")
        shapes = plane_polygons(blocked_by, network.plane)
        is_known[area[shapely.is_missing(shapes)]] = False
        row, piece = shapely.STRtree(network.shapes).query(shapes, predicate="intersects")
    else:
        row, piece = _named(blocked_by, roads, network)
    pairs = np.unique(np.column_stack([piece, area[row]]), axis=0)
    blocks = Blocks(pairs[:, 0], pairs[:, 1], area_ids, is_known)
    _require_kept(blocks, network, snap_m)
    return blocks


def _named(blocked_by: pd.DataFrame, roads: gpd.GeoDataFrame, network: Network) -> tuple[Ints, Ints]:
    """Return the rows of a frame of road_id and area_id, and the pieces of the road that each names."""
    if "road_id" not in roads.columns:
        raise DataError("'blocked_by' names roads, and 'roads' has no column road_id. Fix: read(..., columns={...})")
    known = as_ids(roads["road_id"])
    named = as_ids(blocked_by["road_id"])
    unknown = named[~named.isin(known)]
    if len(unknown):
        raise DataError(
            f"{len(unknown)} of {len(named)} rows of 'blocked_by' name a road that 'roads' has not, the first is "
            f"'{unknown.iloc[0]}'{nearest(unknown.iloc[0], known)}"
        )
    left = pd.DataFrame({"road": named.to_numpy(), "row": np.arange(len(named))})
    right = pd.DataFrame({"road": known.iloc[network.row].to_numpy(), "piece": np.arange(len(network.row))})
    found = left.merge(right, on="road")
    return found["row"].to_numpy(), found["piece"].to_numpy()


def _require_kept(blocks: Blocks, network: Network, snap_m: float) -> None:
    """Raise DataError where a blocked piece is so short that its ends became one node: one would drive through it."""
    is_closed = network.is_closed[blocks.piece]
    ends = np.column_stack([np.r_[network.start[blocks.piece], network.end[blocks.piece]], np.tile(blocks.area, 2)])
    kept = {tuple(pair) for pair in ends[np.tile(~is_closed, 2)].tolist()}
    first, last = shapely.get_point(network.shapes, 0), shapely.get_point(network.shapes, -1)
    lost = [
        i
        for i in np.flatnonzero(is_closed).tolist()
        if shapely.distance(first[blocks.piece[i]], last[blocks.piece[i]]) > 0 and tuple(ends[i].tolist()) not in kept
    ]
    if lost:
        ids = sorted({str(blocks.area_ids[blocks.area[i]]) for i in lost})
        more = f" and {len(ids) - 1} more" if len(ids) > 1 else ""
        raise DataError(
            f"{len(lost)} blocked pieces of road are no longer than snap_m ({snap_m:g} m), so that both ends are one "
            f"node and the block would be lost; of area '{ids[0]}'{more}.\n"
            "  Fix: a smaller snap_m."
        )


def graph_of(start: Ints, end: Ints, time_h: Floats, node_count: int) -> Any:
    """Return the pieces as a matrix of hours, both ways; of two pieces between the same nodes the quicker one."""
    from scipy.sparse import csr_array

    open_ = start != end
    low, high = np.minimum(start, end)[open_], np.maximum(start, end)[open_]
    order = np.lexsort((time_h[open_], high, low))
    low, high, hours = low[order], high[order], time_h[open_][order]
    kept = np.r_[True, (np.diff(low) > 0) | (np.diff(high) > 0)][: len(low)]
    low, high, hours = low[kept], high[kept], hours[kept]
    return csr_array((np.r_[hours, hours], (np.r_[low, high], np.r_[high, low])), shape=(node_count, node_count))
