"""Access gains against hand-computed figures, a second program, and what must always hold."""

from __future__ import annotations

import itertools
import math
import warnings
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from landrelease import CRSError, DataError, DataWarning, OptionError, read, sample_programme, status_on, usable_rows
from landrelease.priority.access.access import AccessGain, access_gain

UTM = "EPSG:32634"
EAST, NORTH = 500_000.0, 4_900_000.0
few = settings(max_examples=25, deadline=None)


def lines(*ways: list[tuple[float, float]], crs: str = UTM, **columns: Any) -> gpd.GeoDataFrame:
    """Return roads through points in km from a corner, with ids R1, R2, ..."""
    shapes = [shapely.LineString(np.array(way) * 1_000 + [EAST, NORTH]) for way in ways]
    ids = [f"R{i + 1}" for i in range(len(ways))]
    return gpd.GeoDataFrame({"road_id": ids, **columns}, geometry=shapes, crs=UTM).to_crs(crs)


def towns(*points: tuple[float, float], people: list[int], crs: str = UTM) -> gpd.GeoDataFrame:
    shapes = [shapely.Point(np.array(point) * 1_000 + [EAST, NORTH]) for point in points]
    frame = {"settlement_id": [f"S{i + 1}" for i in range(len(points))], "population_count": people}
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=UTM).to_crs(crs)


def disc(x: float, y: float, radius_km: float = 0.1) -> Any:
    return shapely.Point(x * 1_000 + EAST, y * 1_000 + NORTH).buffer(radius_km * 1_000)


def hazards(**shapes: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"area_id": list(shapes)}, geometry=list(shapes.values()), crs=UTM)


def named(*pairs: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(pairs, columns=["road_id", "area_id"])


def of_area(gain: AccessGain, area_id: str, theta: float = 1.0) -> pd.Series:
    frame = gain.areas
    return frame[(frame["area_id"] == area_id) & (frame["theta"] == theta)].iloc[0]


def after(gain: AccessGain, theta: float = 1.0) -> list[float]:
    return gain.places.loc[gain.places["theta"] == theta, "access_after"].tolist()


def before(gain: AccessGain, theta: float = 1.0) -> list[float]:
    return gain.places.loc[gain.places["theta"] == theta, "access_before"].tolist()


# By hand


def test_a_line_of_three_by_hand():
    # S1 --1 h-- S2 --3 h-- S3, kappa 0.5: tau is 1.5, 2.5 and 3
    roads = lines([(0, 0), (10, 0)], [(10, 0), (20, 0)], time_h=[1.0, 3.0])
    places = towns((0, 0), (10, 0), (20, 0), people=[100, 200, 300])
    gain = access_gain(roads, places, named(("R2", "A")), theta=(1, 2), cost_per_hour=0.5)
    assert after(gain) == pytest.approx([200 / 1.5 + 300 / 3, 100 / 1.5 + 300 / 2.5, 100 / 3 + 200 / 2.5])
    assert after(gain, 2) == pytest.approx([200 / 2.25 + 300 / 9, 100 / 2.25 + 300 / 6.25, 100 / 9 + 200 / 6.25])
    assert before(gain) == pytest.approx([200 / 1.5, 100 / 1.5, 0])
    by_hand = 100 * math.log((100 + 700 / 3) / (100 + 400 / 3)) + 200 * math.log((200 + 560 / 3) / (200 + 200 / 3))
    by_hand += 300 * math.log((300 + 340 / 3) / 300)
    assert of_area(gain, "A")["alone_gain"] == pytest.approx(by_hand)
    assert of_area(gain, "A")["last_gain"] == pytest.approx(by_hand)
    assert gain.joint["gain"].iloc[0] == pytest.approx(by_hand)
    assert gain.joint["growth"].iloc[0] == pytest.approx(math.exp(by_hand / 600) - 1)
    assert gain.joint["newly_connected_count"].tolist() == [300, 300]
    assert gain.piece_count == 2
    assert gain.part_count == 1


def test_two_bridges_in_series_give_nothing_alone_and_everything_last():
    roads = lines([(0, 0), (10, 0)], [(10, 0), (20, 0)], [(20, 0), (30, 0)], time_h=[1, 1, 1])
    gain = access_gain(roads, towns((0, 0), (30, 0), people=[500, 700]), named(("R1", "A"), ("R3", "B")))
    joint = gain.joint["gain"].tolist()
    assert min(joint) > 0
    assert gain.areas["alone_gain"].tolist() == [0.0] * 6
    assert gain.areas["last_gain"].tolist() == pytest.approx(np.repeat(joint, 2).tolist())
    assert gain.areas["newly_connected_count"].tolist() == [0] * 6
    assert gain.order["marginal_gain"].tolist() == pytest.approx([cell for total in joint for cell in (0.0, total)])
    assert gain.order["newly_connected_count"].tolist() == [0, 1200] * 3


def test_the_missing_bridge_comes_before_what_is_useless():
    """Nothing adds alone: the order asks what would be lost without it, and does not take the first id."""
    roads = lines([(0, 0), (10, 0)], [(10, 0), (20, 0)], [(10, 0), (10, 5)], time_h=[1, 1, 1])
    places = towns((0, 0), (20, 0), people=[500, 700])
    gain = access_gain(roads, places, named(("R3", "A-useless"), ("R1", "Y"), ("R2", "Z")))
    assert gain.order.loc[gain.order["theta"] == 1, "area_id"].tolist() == ["Y", "Z", "A-useless"]


def test_parallel_bridges_give_nearly_all_alone_and_little_last():
    roads = lines([(0, 0), (10, 0)], [(0, 0), (5, 3), (10, 0)], time_h=[1.0, 2.0])
    gain = access_gain(roads, towns((0, 0), (10, 0), people=[500, 700]), named(("R1", "A"), ("R2", "B")))
    for theta in gain.theta:
        fast, slow = of_area(gain, "A", theta), of_area(gain, "B", theta)
        joint = gain.joint.set_index("theta").loc[theta, "gain"]
        assert fast["alone_gain"] == pytest.approx(joint)
        assert slow["alone_gain"] > 0
        assert slow["last_gain"] == 0
        assert fast["last_gain"] == pytest.approx(joint - slow["alone_gain"])
        assert fast["newly_connected_count"] == slow["newly_connected_count"] == 1200
    assert gain.order[gain.order["rank"] == 1]["area_id"].tolist() == ["A"] * 3


def test_a_road_under_two_areas_opens_when_both_are_released():
    roads = lines([(0, 0), (10, 0)], speed_kmh=[10.0])
    gain = access_gain(roads, towns((0, 0), (10, 0), people=[1, 1]), hazards(A=disc(3, 0), B=disc(7, 0)))
    assert gain.areas["alone_gain"].tolist() == [0.0] * 6
    assert (gain.areas["last_gain"] > 0).all()
    assert gain.areas["blocked_count"].tolist() == [1] * 6


def test_hours_are_those_of_the_geodesic_and_of_the_walk():
    roads = lines([(0, 0), (10, 0)])
    places = towns((0, 0.5), (10, 0), people=[0, 1000])
    xy = gpd.GeoSeries(shapely.points([[EAST, NORTH], [EAST + 10_000, NORTH], [EAST, NORTH + 500]]), crs=UTM)
    lon, lat = xy.to_crs(4326).get_coordinates().to_numpy().T
    geod = Geod(ellps="WGS84")
    hours = geod.inv(lon[0], lat[0], lon[1], lat[1])[2] / 40_000 + geod.inv(lon[0], lat[0], lon[2], lat[2])[2] / 4_000
    gain = access_gain(roads, places, hazards(), speed_kmh=40, walk_kmh=4, theta=(1, 3))
    assert after(gain)[0] == pytest.approx(1000 / (1 + hours), rel=1e-6)
    assert after(gain, 3)[0] == pytest.approx(1000 / (1 + hours) ** 3, rel=1e-6)
    assert gain.places["road_distance_m"].tolist()[:2] == pytest.approx([500, 0], rel=1e-3, abs=1e-6)


# How roads meet


def test_roads_that_cross_without_a_vertex_do_not_meet():
    bridge = lines([(0, 5), (10, 5)], [(5, 0), (5, 10)], time_h=[1, 1])
    places = towns((0, 5), (5, 0), people=[10, 10])
    assert after(access_gain(bridge, places, hazards())) == [0, 0]
    crossing = lines([(0, 5), (5, 5), (10, 5)], [(5, 0), (5, 5), (5, 10)], time_h=[1, 1])
    assert after(access_gain(crossing, places, hazards())) == pytest.approx([5, 5])


def test_a_road_that_ends_on_another_meets_it():
    roads = lines([(0, 0), (10, 0)], [(5, 0.0005), (5, 10)], time_h=[1, 1])
    places = towns((0, 0), (5, 10), people=[10, 10])
    assert after(access_gain(roads, places, hazards())) == pytest.approx([10 / 2.5] * 2, rel=1e-3)
    assert after(access_gain(roads, places, hazards(), snap_m=0.1)) == [0, 0]


def test_gaps_up_to_the_tolerance_are_closed():
    roads = lines([(0, 0), (10, 0)], [(10.004, 0), (20, 0)], time_h=[1, 1])
    places = towns((0, 0), (20, 0), people=[10, 10])
    assert after(access_gain(roads, places, hazards())) == [0, 0]
    assert after(access_gain(roads, places, hazards(), snap_m=5)) == pytest.approx([10 / 3] * 2)


def test_of_two_roads_between_the_same_places_the_quicker_counts():
    roads = lines([(0, 0), (10, 0)], [(0, 0), (5, 1), (10, 0)], [(0, 0), (5, 2), (10, 0)], time_h=[3, 1, 2])
    assert after(access_gain(roads, towns((0, 0), (10, 0), people=[10, 10]), hazards())) == pytest.approx([5, 5])


def test_a_village_beside_a_long_road_joins_it_where_it_lies():
    """The hazard lies east of the village: it keeps its way west."""
    roads = lines([(0, 0), (20, 0)], speed_kmh=[20.0])
    places = towns((0, 0), (8, 0), (20, 0), people=[10, 10, 10])
    gain = access_gain(roads, places, hazards(A=disc(12, 0)))
    assert [one > 0 for one in before(gain)] == [True, True, False]
    assert gain.joint["newly_connected_count"].tolist() == [10, 10, 10]
    assert gain.areas["blocked_count"].tolist() == [1, 1, 1]


def test_a_line_of_several_parts_shares_its_time_by_length():
    parts = shapely.MultiLineString([[(EAST, NORTH), (EAST + 10_000, NORTH)],
                                     [(EAST + 10_000, NORTH), (EAST + 40_000, NORTH)]])  # fmt: skip
    roads = gpd.GeoDataFrame({"road_id": ["R"], "time_h": [4.0]}, geometry=[parts], crs=UTM)
    places = towns((0, 0), (10, 0), people=[10, 10])
    assert after(access_gain(roads, places, hazards())) == pytest.approx([5, 5], rel=1e-5)


def test_a_block_is_never_lost_in_the_tolerance():
    roads = lines([(0, 0), (10, 0)], [(10, 0), (10.03, 0)], [(10.03, 0), (20, 0)], time_h=[1, 0.1, 1])
    places = towns((0, 0), (20, 0), people=[10, 10])
    bridge = hazards(A=disc(10.015, 0, 0.005))
    assert before(access_gain(roads, places, bridge)) == [0, 0]
    with pytest.raises(DataError, match=r"(?s)1 blocked pieces .* no longer than snap_m \(50 m\).*smaller snap_m"):
        access_gain(roads, places, bridge, snap_m=50)
    # An end of the bridge is mined too: then the roads that meet there are blocked, and nothing is lost.
    wide = hazards(A=disc(10.03, 0, 0.005))
    assert before(access_gain(roads, places, wide, snap_m=50)) == [0, 0]


# A second program


def hours_between(count: int, edges: list[tuple[int, int, float]]) -> list[list[float]]:
    hours = [[0.0 if i == j else math.inf for j in range(count)] for i in range(count)]
    for i, j, time in edges:
        if i != j:
            hours[i][j] = hours[j][i] = min(hours[i][j], time)
    for k, i, j in itertools.product(range(count), repeat=3):
        hours[i][j] = min(hours[i][j], hours[i][k] + hours[k][j])
    return hours


def markets(count: int, edges: list[tuple[int, int, float]], people: list[int], theta: float) -> list[float]:
    hours = hours_between(count, edges)
    return [
        sum(people[d] * (1 + hours[o][d]) ** -theta for d in range(len(people)) if d != o) for o in range(len(people))
    ]


def gain_of(people: list[int], low: list[float], high: list[float]) -> float:
    return sum(n * (math.log(n + b) - math.log(n + a)) for n, a, b in zip(people, low, high, strict=True) if n)


@st.composite
def countries(draw: st.DrawFn) -> tuple[int, list[tuple[int, int, float]], list[int], list[set[int]]]:
    """Draw nodes, roads between them with hours, people at the first nodes, and the roads that each area blocks."""
    count = draw(st.integers(2, 7))
    node = st.integers(0, count - 1)
    hour = st.sampled_from([0.1, 0.25, 0.5, 1.0, 1.7, 3.1])
    edges = draw(st.lists(st.tuples(node, node, hour), min_size=1, max_size=12))
    edges = [one for one in edges if one[0] != one[1]]
    people = draw(st.lists(st.integers(0, 5000), min_size=1, max_size=count))
    blocked = st.sets(st.integers(0, max(len(edges) - 1, 0)), max_size=4)
    areas = draw(st.lists(blocked, max_size=4)) if edges else []
    return count, edges, people, areas


def built(country: Any, order: Any = None) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, pd.DataFrame]:
    """Return the frames of a country; its nodes lie on a circle, so that no road ends on another by chance."""
    count, edges, people, areas = country
    turn = np.arange(count) / count * 2 * np.pi
    at = [(30 * math.cos(a), 30 * math.sin(a)) for a in turn]
    bent = [[at[i], (k + 1.5, 41.0), at[j]] for k, (i, j, _) in enumerate(edges)]
    roads = lines(*bent, time_h=[time for _, _, time in edges])
    pairs = [(f"R{edge + 1}", f"A{area}") for area, some in enumerate(areas) for edge in sorted(some)]
    places, blocked = towns(*at[: len(people)], people=people), named(*pairs)
    if order is not None:
        roads, places, blocked = (frame.sample(frac=1, random_state=order) for frame in (roads, places, blocked))
    return roads, places, blocked


def gain_in(country: Any, order: Any = None, **options: Any) -> AccessGain:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # places that no road was drawn to
        return access_gain(*built(country, order), reach_m=1, **options)


@few
@given(countries())
def test_a_second_program_agrees(country: Any) -> None:
    count, edges, people, areas = country
    ids = [area for area, some in enumerate(areas) if some]
    gain = gain_in(country, theta=(1, 5))

    def state(released: set[int], theta: float) -> list[float]:
        shut = {edge for area in ids if area not in released for edge in areas[area]}
        return markets(count, [one for k, one in enumerate(edges) if k not in shut], people, theta)

    for theta in (1.0, 5.0):
        nothing, everything = state(set(), theta), state(set(ids), theta)
        assert before(gain, theta) == pytest.approx(nothing, rel=1e-9)
        assert after(gain, theta) == pytest.approx(everything, rel=1e-9)
        assert gain.joint.set_index("theta").loc[theta, "gain"] == pytest.approx(
            gain_of(people, nothing, everything), abs=1e-6
        )
        for area in ids:
            row = of_area(gain, f"A{area}", theta)
            assert row["alone_gain"] == pytest.approx(gain_of(people, nothing, state({area}, theta)), abs=1e-6)
            rest = state(set(ids) - {area}, theta)
            assert row["last_gain"] == pytest.approx(gain_of(people, rest, everything), abs=1e-6)
        released: set[int] = set()
        for row in gain.order[gain.order["theta"] == theta].itertuples():
            now = state(released, theta)
            adds = {area: gain_of(people, now, state(released | {area}, theta)) for area in set(ids) - released}
            assert row.marginal_gain == pytest.approx(max(adds.values()), abs=1e-5)
            released.add(int(row.area_id[1:]))
            assert row.gain == pytest.approx(gain_of(people, nothing, state(released, theta)), abs=1e-5)
        assert released == set(ids)


@few
@given(countries(), st.integers(0, 99))
def test_the_order_of_rows_changes_nothing(country: Any, order: int) -> None:
    one, other = gain_in(country), gain_in(country, order)
    pd.testing.assert_frame_equal(one.areas, other.areas)
    pd.testing.assert_frame_equal(one.order, other.order)
    pd.testing.assert_frame_equal(one.joint, other.joint)
    sort = ["theta", "settlement_id"]
    pd.testing.assert_frame_equal(
        one.places.sort_values(sort, ignore_index=True), other.places.sort_values(sort, ignore_index=True)
    )


@few
@given(countries())
def test_a_release_never_takes_access_away(country: Any) -> None:
    gain = gain_in(country)
    assert (gain.places["access_after"] >= gain.places["access_before"]).all()
    for frame, columns in ((gain.areas, ["alone_gain", "last_gain"]), (gain.order, ["marginal_gain"])):
        assert (frame[columns].to_numpy() >= 0).all()
    totals = gain.order.groupby("theta")["marginal_gain"].sum()
    joint = gain.joint.set_index("theta")["gain"]
    for theta, total in totals.items():
        assert total == pytest.approx(joint[theta], abs=1e-6)
    growth = ["alone_growth", "last_growth"]  # of nobody's market there is none to be told
    assert not gain.areas.drop(columns=growth).isna().any(axis=None)
    assert (gain.areas[growth].isna() == (sum(country[2]) == 0)).all(axis=None)


@few
@given(countries())
def test_access_is_the_same_there_and_back(country: Any) -> None:
    """With one person in each of two places, what the one reaches is what the other does."""
    count, edges, _, areas = country
    if count < 2:
        return
    gain = gain_in((count, edges, [1, 1], areas))
    for cells in (before(gain), after(gain), before(gain, 8), after(gain, 8)):
        assert cells[0] == cells[1]


@few
@given(countries(), st.integers(1, 9))
def test_the_unit_of_people_does_not_matter(country: Any, factor: int) -> None:
    count, edges, people, areas = country
    one = gain_in(country)
    many = gain_in((count, edges, [factor * n for n in people], areas))
    assert many.areas["alone_gain"].tolist() == pytest.approx((factor * one.areas["alone_gain"]).tolist())
    if sum(people):
        assert many.joint["growth"].tolist() == pytest.approx(one.joint["growth"].tolist())


def test_networkx_finds_the_same_ways():
    networkx = pytest.importorskip("networkx")
    draw = np.random.default_rng(7)
    side, graph = 8, networkx.Graph()
    ways, hours = [], []
    for x, y in itertools.product(range(side), repeat=2):
        for to in ((x + 1, y), (x, y + 1)):
            if max(to) < side:
                ways.append([(x, y), to])
                hours.append(float(draw.uniform(0.1, 1)))
                graph.add_edge((x, y), to, weight=hours[-1])
    at = [(0, 0), (7, 7), (3, 4), (7, 0)]
    people = [100, 200, 300, 400]
    gain = access_gain(lines(*ways, time_h=hours), towns(*at, people=people), hazards(), theta=(1, 2))
    for o, here in enumerate(at):
        found = networkx.single_source_dijkstra_path_length(graph, here)
        told = sum(n / (1 + found[there]) for n, there in zip(people, at, strict=True) if there != here)
        assert after(gain)[o] == pytest.approx(told)


# Coordinates


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32633", "EPSG:3035"])
def test_the_reference_system_does_not_matter(crs: str) -> None:
    ways = [[(0, 0), (4, 1), (9, 0)], [(9, 0), (18, 5)], [(9, 0), (9, 12)], [(9, 12), (18, 5)]]
    at, people = [(0, 0.3), (18, 5), (9.2, 12)], [1000, 20_000, 300]
    blocked = hazards(A=disc(4, 1), B=disc(9, 6))
    roads = lines(*ways)
    roads["geometry"] = roads.geometry.segmentize(100)  # a long edge is straight in its own plane only
    one = access_gain(roads, towns(*at, people=people), blocked, speed_kmh=30)
    moved = roads.to_crs(crs), towns(*at, people=people, crs=crs), blocked.to_crs(crs)
    other = access_gain(*moved, speed_kmh=30)
    assert one.joint["gain"].min() > 0
    for name in ("areas", "joint", "order", "places"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name), rtol=1e-5)


def test_inputs_are_not_changed():
    roads, places = lines([(0, 0), (10, 0)], time_h=[1]), towns((0, 0), (10, 0), people=[1, 2])
    blocked = hazards(A=disc(5, 0))
    copies = [frame.copy() for frame in (roads, places, blocked)]
    access_gain(roads, places, blocked)
    for frame, copy in zip((roads, places, blocked), copies, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


# What is not there, and what is wrong

ROADS = lines([(0, 0), (10, 0)], time_h=[1.0])
PLACES = towns((0, 0), (10, 0), people=[10, 10])
AREAS = hazards(A=disc(5, 0))


def test_nothing_to_look_at():
    none = access_gain(ROADS, PLACES, AREAS.iloc[:0])
    assert len(none.areas) == len(none.order) == 0
    assert none.joint["gain"].tolist() == [0, 0, 0]
    assert str(none) == "No area blocks a road to people: there is no access to gain."
    with pytest.warns(DataWarning, match="2 of 2 places \\(20 people\\) have no road within 5,000 m"):
        empty = access_gain(ROADS.iloc[:0], PLACES, AREAS)
    assert after(empty) == [0, 0]
    assert empty.areas["alone_gain"].tolist() == [0, 0, 0]
    nobody = access_gain(ROADS, PLACES.iloc[:0], AREAS)
    assert len(nobody.places) == 0
    assert nobody.joint["growth"].isna().all()
    assert "no access to gain" in str(nobody)
    assert len(access_gain(ROADS, PLACES, named()).areas) == 0


def test_places_far_from_a_road_have_no_access():
    places = towns((0, 0), (10, 0), (5, 9), people=[10, 10, 7])
    with pytest.warns(DataWarning, match="1 of 3 places \\(7 people\\)"):
        gain = access_gain(ROADS, places, AREAS)
    assert after(gain) == pytest.approx([5, 5, 0])
    assert gain.places["road_distance_m"].isna().tolist() == [False, False, True] * 3


def test_an_area_without_a_polygon_has_an_unknown_gain():
    blocked = hazards(A=disc(5, 0), B=None)
    with pytest.warns(DataWarning, match="1 of 2 areas have no polygon, the first is 'B'.*at most"):
        gain = access_gain(ROADS, PLACES, blocked)
    assert of_area(gain, "B").drop(["theta", "area_id"]).isna().all()
    assert of_area(gain, "A")["alone_gain"] > 0
    assert gain.order["area_id"].tolist() == ["A"] * 3


def test_a_network_of_crumbs_is_told():
    ways = [[(0.0, i), (1.0, i)] for i in range(10)]
    with pytest.warns(DataWarning, match="falls into 10 parts .* 10 of them of no more than 2 pieces"):
        access_gain(lines(*ways), PLACES.iloc[:1], AREAS, speed_kmh=30)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"theta": (4,)}, "range of two or more; got \\(4,\\)"),
        ({"theta": 4}, "range of two or more; got 4"),
        ({"theta": (1, 1.0)}, "range of two"),
        ({"theta": (1, -4)}, "theta must be a finite number greater than 0; got -4"),
        ({"theta": ("1", 2)}, "got '1'"),
        ({"theta": (1, math.inf)}, "got inf"),
        ({"cost_per_hour": 0}, "cost_per_hour must be .* got 0"),
        ({"snap_m": 0}, "snap_m"),
        ({"reach_m": math.nan}, "reach_m"),
        ({"walk_kmh": True}, "walk_kmh"),
        ({"speed_kmh": -40}, "speed_kmh must"),
        ({"speed_kmh": 40}, "said once; got time_h and the argument speed_kmh"),
    ],
)
def test_wrong_options(options: Any, message: str) -> None:
    with pytest.raises(OptionError, match=message):
        access_gain(ROADS, PLACES, AREAS, **options)


def test_a_time_is_never_guessed():
    with pytest.raises(OptionError, match="said once; got nothing"):
        access_gain(ROADS.drop(columns="time_h"), PLACES, AREAS)
    with pytest.raises(OptionError, match="said once; got nothing"):
        access_gain(ROADS.assign(time_h=np.nan), PLACES, AREAS)
    for wrong in (0.0, -1.0, None):
        roads = lines([(0, 0), (10, 0)], [(10, 0), (10, 5)], time_h=[1.0, wrong])
        with pytest.raises(DataError, match="column 'time_h' of 'roads' must be greater than 0: 1 of 2"):
            access_gain(roads, PLACES, AREAS)


@pytest.mark.parametrize(
    ("roads", "places", "blocked", "error", "message"),
    [
        (ROADS.set_geometry([None], crs=UTM), PLACES, AREAS, DataError, "1 of 1 rows of 'roads' are no lines.*no geom"),
        (ROADS.set_geometry([disc(0, 0)], crs=UTM), PLACES, AREAS, DataError, "row 0 has Polygon"),
        (ROADS.set_crs(None, allow_override=True), PLACES, AREAS, CRSError, "'roads' has no coordinate"),
        (ROADS, PLACES.set_crs(None, allow_override=True), AREAS, CRSError, "'places' has no coordinate"),
        (ROADS, PLACES, AREAS.set_crs(None, allow_override=True), CRSError, "'blocked_by' has no coordinate"),
        (ROADS, PLACES.drop(columns="population_count"), AREAS, DataError, "no column population_count"),
        (ROADS, PLACES.assign(population_count=[-1, 2]), AREAS, DataError, "1 of 2 .* population_count.*'S1'"),
        (ROADS, PLACES.assign(settlement_id="S"), AREAS, DataError, "1 of 2 rows .* no id of its own"),
        (ROADS, PLACES.set_geometry([None, None], crs=UTM), AREAS, DataError, "2 of 2 rows .* no point.*'S1'"),
        (ROADS, PLACES, AREAS.drop(columns="area_id"), DataError, "'blocked_by' has no column area_id"),
        (ROADS, PLACES, named(("R11", "A")), DataError, "1 of 1 .* 'R11'; did you mean 'R1'"),
        (ROADS, PLACES, named(("R1", None)), DataError, "rows without area_id"),
        (ROADS, PLACES, named((None, "A")), DataError, "rows without road_id"),
        (ROADS.drop(columns="road_id"), PLACES, named(("R1", "A")), DataError, "'roads' has no column road_id"),
    ],
)  # fmt: skip
def test_wrong_data(roads: Any, places: Any, blocked: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=f"(?s){message}"):
        access_gain(roads, places, blocked)


def test_the_sample_says_a_range():
    folder = sample_programme().parent
    events, _ = usable_rows(read(folder / "events.gpkg", "events"), "events")
    areas = status_on(events, "2025-12-31")
    roads = read(folder / "roads.gpkg", "roads")
    places = read(folder / "settlements.csv", "settlements", crs="EPSG:4326")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        gain = access_gain(roads, places, areas[areas["area_m2"] > 0], speed_kmh=40)
    blocking = gain.areas[(gain.areas["blocked_count"] > 0) & (gain.areas["theta"] == 1)]
    assert set(blocking["area_id"]) == {"HA-0379", "HA-0317", "HA-0035", "HA-0332", "HA-0300"}
    assert str(gain).count("theta") >= 3
