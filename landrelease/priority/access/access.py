"""Access to people by road: what the release of an area gives back, alone, last, together and in turn."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landrelease.checks.arguments import is_number
from landrelease.errors import DataError, DataWarning, OptionError
from landrelease.geometry import require_crs
from landrelease.match.ids import id_column
from landrelease.priority.access.gains import Market, gains_of
from landrelease.priority.access.network import Blocks, Spots, blocks_of, road_network
from landrelease.priority.access.openings import crossings_of
from landrelease.priority.values import as_numbers

__all__ = ["AccessGain", "access_gain"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class AccessGain:
    """What `access_gain` found, for each theta, and how it was made.

    A gain is in people times log points: the sum over places of N_o times the growth of ln(N_o + MA_o). Its growth says
    the same of one person: by which part that sum grows in the geometric mean over all people.

    Attributes
    ----------
    areas : DataFrame
        By theta and area_id: alone_gain, alone_growth (this area is released and no other), last_gain,
        last_growth (all others were released before), newly_connected_count (people of places that reach nobody
        before and somebody after, released alone) and blocked_count (pieces of road that it blocks). The gains are
        missing where an area has no polygon.
    joint : DataFrame
        By theta, all areas are released: gain, growth, newly_connected_count.
    order : DataFrame
        By theta, the greedy order: rank, area_id, marginal_gain (what it adds to those before it), gain and
        growth (of it and all before it), newly_connected_count (by it).
    places : DataFrame
        By theta, in the order of `places`: its id column, population_count, road_distance_m (to the road; missing
        where none is within reach), access_before, access_after (MA_o, all areas blocked and none). [people]
    theta : tuple of float
        Trade elasticities.
    cost_per_hour : float
        Part of the value of goods that an hour on the road costs (kappa).
    piece_count, part_count : int
        Pieces of road between nodes; parts of the network that no road joins.

    Notes
    -----
    `print` of it gives the range over theta, never one number.
    """

    areas: pd.DataFrame
    joint: pd.DataFrame
    order: pd.DataFrame
    places: pd.DataFrame
    theta: tuple[float, ...]
    cost_per_hour: float
    piece_count: int
    part_count: int

    def __str__(self) -> str:
        """Say what all and the first areas of the order give, as a range over theta."""
        count = self.areas["area_id"].nunique()
        blocking = int((self.areas["blocked_count"] > 0).sum()) // len(self.theta)
        if not blocking or not self.places["population_count"].sum():
            return "No area blocks a road to people: there is no access to gain."
        grown = dict(zip(self.joint["theta"].tolist(), self.joint["growth"].tolist(), strict=True))
        low, high = min(grown, key=grown.__getitem__), max(grown, key=grown.__getitem__)
        people = int(self.joint["newly_connected_count"].iloc[0])
        text = (
            f"{blocking:,} of {count:,} areas block a road. Released together, they let the market that a person "
            f"reaches grow by {grown[low]:.2%} (theta {low:g}) to {grown[high]:.2%} (theta {high:g}).\n"
            f"{people:,} people then reach somebody for the first time."
        )
        first = self.order[self.order["rank"] == 1].groupby("area_id", sort=False)["theta"]
        named = [f"{area} (theta {', '.join(f'{one:g}' for one in of)})" for area, of in first]
        return f"{text}\nFirst in the greedy order: {'; '.join(named)}."


def access_gain(
    roads: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    blocked_by: pd.DataFrame,
    *,
    theta: Sequence[float] = (1, 4, 8),
    cost_per_hour: float = 1.0,
    speed_kmh: float | None = None,
    snap_m: float = 1.0,
    reach_m: float = 5_000.0,
    walk_kmh: float = 5.0,
) -> AccessGain:
    """Say how much access to people by road each blocked area would give back, alone, last, together and in turn.

    Parameters
    ----------
    roads : GeoDataFrame
        Lines, open for use in both directions. A column `time_h` (along the whole row) or `speed_kmh`, or the argument;
        a column without any value is not there.
    places : GeoDataFrame
        Points with an id column (`settlement_id`) and `population_count`.
    blocked_by : GeoDataFrame or DataFrame
        Areas that are hazardous now, with `area_id`: each blocks the pieces of road that its polygon touches. Or a
        frame of `road_id` and `area_id`: each blocks the whole of the roads it names.
    theta : sequence of float
        Trade elasticities, two or more: how fast a market that is farther away counts less.
    cost_per_hour : float
        Part of the value of goods that an hour on the way costs (kappa). 1 is a round number and no finding.
    speed_kmh : float, optional
        One speed for all roads. [km/h]
    snap_m : float
        Ends of roads within this distance are one node. [m]
    reach_m : float
        A place farther from every road is on no road, and its access is 0. [m]
    walk_kmh : float
        Speed between a place and its road. [km/h]

    Returns
    -------
    AccessGain
        Frames `areas`, `joint`, `order`, `places`, each with a row for each theta.

    Raises
    ------
    OptionError
        An option is no positive number, fewer than two theta, or the time on a road is said twice or not at all.
    DataError
        A row of roads is no line, a place has no point or no population, an id is missing, a road that is named does
        not exist, a time is not positive, or a blocked piece is shorter than `snap_m`.
    CRSError
        A frame has no CRS, or can not be transformed.

    Warns
    -----
    DataWarning
        Areas without a polygon; places with no road within reach; a network of many tiny parts.

    Notes
    -----
    MA_o = sum over d != o of N_d tau_od^(-theta), tau = 1 + kappa t, where t are the hours of the quickest open way,
    with the walk from a place to its road. Where there is no way the term is 0. The gain is the sum over o of
    N_o [ln(N_o + MA_o after) - ln(N_o + MA_o before)]. The place's own people stand in the logarithm as a market at no
    cost: ln MA_o alone is infinite for a place that is cut off, and 1 + MA_o would depend on the unit of N. How many
    people reach somebody for the first time is told beside it.

    Gains do not add. Of two blocked bridges in series each gives nothing alone and everything last; of two side by
    side each gives nearly everything alone and nearly nothing last. The greedy order takes the area that adds most; of
    equals the one with the largest last gain, then by id. It need not be the best order.

    Roads meet where they share a vertex, or where one ends on the other within `snap_m`. Two roads that cross without a
    shared vertex do not meet: one is a bridge. A piece that an area touches at one point is blocked from node to node.
    A road has no breadth here: buffer the areas by half of it. The walk from a place to its road is never blocked.
    Lengths are geodesic; any CRS will do.

    References
    ----------
    Donaldson, D. and Hornbeck, R. (2016), Railroads and American economic growth: a "market access" approach,
    Quarterly Journal of Economics 131(2), 799-858.

    Examples
    --------
    >>> import shapely
    >>> west, middle, east = shapely.points([[0, 0], [20_000, 0], [40_000, 0]])
    >>> roads = gpd.GeoDataFrame({"road_id": ["R1", "R2"], "time_h": [1.0, 1.0]},
    ...     geometry=[shapely.LineString([west, middle]), shapely.LineString([middle, east])], crs=32634)
    >>> places = gpd.GeoDataFrame({"settlement_id": ["W", "E"], "population_count": [1000, 3000]},
    ...     geometry=[west, east], crs=32634)
    >>> blocked = pd.DataFrame({"road_id": ["R1", "R2"], "area_id": ["A1", "A2"]})
    >>> gain = access_gain(roads, places, blocked, theta=(1, 4))
    >>> gain.areas[["theta", "area_id", "alone_gain", "last_gain"]].round(1)
       theta area_id  alone_gain  last_gain
    0    1.0      A1         0.0     1009.2
    1    1.0      A2         0.0     1009.2
    2    4.0      A1         0.0       48.7
    3    4.0      A2         0.0       48.7
    >>> print(gain)
    2 of 2 areas block a road. Released together, they let the market that a person reaches grow by 1.22% (theta 4) to
    28.70% (theta 1).
    4,000 people then reach somebody for the first time.
    First in the greedy order: A1 (theta 1, 4).
    >>> print(access_gain(roads, places, blocked.iloc[:0]))
    No area blocks a road to people: there is no access to gain.
    >>> access_gain(roads, places.assign(population_count=[1000, None]), blocked)
    Traceback (most recent call last):
    landrelease.errors.DataError: 1 of 2 rows of 'places' have no population_count of 0 or more, the first is 'E'.
      Fix: give each place its number of people, or leave it out: access of all others depends on it.
    """
    thetas = _thetas(theta)
    _require_positive(cost_per_hour=cost_per_hour, snap_m=snap_m, reach_m=reach_m, walk_kmh=walk_kmh)
    if speed_kmh is not None:
        _require_positive(speed_kmh=speed_kmh)
    people, place_id = _people(places)
    network, spots = road_network(roads, places, speed_kmh=speed_kmh, snap_m=snap_m, reach_m=reach_m)
    blocks = blocks_of(blocked_by, roads, network, snap_m)
    on_road = np.flatnonzero(spots.node >= 0)
    _warn(spots.node < 0, people, blocks, reach_m)
    crossings = crossings_of(network, spots.node[on_road], blocks)
    walk_h = spots.distance_m[on_road] / 1000 / walk_kmh
    market = Market(crossings, people[on_road], walk_h, float(cost_per_hour), thetas, float(people.sum()))
    areas, joint, order, access = gains_of(market, blocks)
    return AccessGain(
        areas=areas,
        joint=joint,
        order=order,
        places=_places_frame(places[place_id].astype("str"), people, spots, on_road, thetas, access),
        theta=thetas,
        cost_per_hour=float(cost_per_hour),
        piece_count=len(network.shapes),
        part_count=network.part_count,
    )


def _require_positive(**options: Any) -> None:
    for name, value in options.items():
        if not is_number(value) or value <= 0:
            raise OptionError(f"{name} must be a finite number greater than 0; got {value!r}")


def _thetas(theta: Sequence[float]) -> tuple[float, ...]:
    given = tuple(theta) if isinstance(theta, Sequence | np.ndarray) and not isinstance(theta, str) else (theta,)
    for one in given:
        _require_positive(theta=one)
    found = tuple(sorted({float(one) for one in given}))
    if len(found) < 2:
        raise OptionError(
            f"theta must be a range of two or more; got {theta!r}: gains turn on it, and one number hides that.\n"
            "  Fix: theta=(1, 4, 8)."
        )
    return found


def _people(places: gpd.GeoDataFrame) -> tuple[Floats, str]:
    """Return how many people live in each place, and the name of the id column."""
    require_crs(places, "places")
    name = id_column(places, "places")
    is_point = shapely.get_type_id(places.geometry.to_numpy()) == 0
    _require_rows(places, name, is_point & ~places.geometry.is_empty.to_numpy(), "point", "leave out what has no place")
    is_own = ~places[name].duplicated() & places[name].notna()
    _require_rows(places, name, is_own, "id of its own", "usable_rows(places, 'settlements')")
    if "population_count" not in places.columns:
        raise DataError("'places' has no column population_count. Fix: read(..., columns={'population_count': ...})")
    people = as_numbers(places["population_count"], "column 'population_count' of 'places'")
    _require_rows(
        places, name, people >= 0, "population_count of 0 or more",
        "give each place its number of people, or leave it out: access of all others depends on it",
    )  # fmt: skip
    return people, name


def _require_rows(places: gpd.GeoDataFrame, name: str, is_good: Any, what: str, fix: str) -> None:
    wrong = np.flatnonzero(~np.asarray(is_good, dtype=bool))
    if len(wrong):
        raise DataError(
            f"{len(wrong)} of {len(places)} rows of 'places' have no {what}, the first is "
            f"'{places[name].iloc[wrong[0]]}'.\n  Fix: {fix}."
        )


def _warn(off_road: npt.NDArray[np.bool_], people: Floats, blocks: Blocks, reach_m: float) -> None:
    told = []
    if off_road.any():
        told.append(
            f"{int(off_road.sum())} of {len(people)} places ({people[off_road].sum():,.0f} people) have no road within "
            f"{reach_m:,.0f} m (reach_m): their access is 0, before and after."
        )
    unknown = blocks.area_ids[~blocks.is_known]
    if len(unknown):
        told.append(
            f"{len(unknown)} of {len(blocks.area_ids)} areas have no polygon, the first is '{unknown[0]}': what they "
            "block is not known. Their gain is missing, and all access is at most what is said."
        )
    for text in told:
        warnings.warn(text, DataWarning, stacklevel=3)


def _places_frame(
    ids: pd.Series, people: Floats, spots: Spots, on_road: Ints, theta: tuple[float, ...],
    access: list[tuple[Floats, Floats]],
) -> pd.DataFrame:  # fmt: skip
    parts = []
    for one, (before, after) in zip(theta, access, strict=True):
        part = pd.DataFrame({"theta": one, str(ids.name): ids.array, "population_count": people})
        part["road_distance_m"] = spots.distance_m
        for name, values in (("access_before", before), ("access_after", after)):
            part[name] = np.zeros(len(people))
            part.loc[on_road, name] = values
        parts.append(part)
    return pd.concat(parts, ignore_index=True)
