"""Sums over edges against GEOS in the same plane: common edges, holes, parts, tiny and huge coordinates."""

from __future__ import annotations

import os

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle_exact import exact_shares
from shapely import box

from landrelease.geometry import polygonal, repaired, rings_of
from landrelease.match import edges
from landrelease.match.overlap import match_overlap
from landrelease.match.pieces import shares_by_pieces

CASES = int(os.environ.get("LANDRELEASE_CASES", "2000"))
"""Cases against GEOS; a nightly run takes 100,000."""
KINDS = ["random", "rectilinear", "coincident", "degenerate", "huge"]


@st.composite
def rectilinear(draw):
    """Unions of boxes on a coarse grid: edges that coincide, shared corners, holes and parts are the normal case."""
    corners = st.integers(0, 6)
    boxes = draw(st.lists(st.tuples(corners, corners, st.integers(1, 4), st.integers(1, 4)), min_size=1, max_size=5))
    whole = shapely.union_all([box(x, y, x + w, y + h) for x, y, w, h in boxes])
    if draw(st.booleans()):
        x, y, w, h = draw(st.tuples(corners, corners, st.integers(1, 3), st.integers(1, 3)))
        whole = whole.difference(box(x, y, x + w, y + h))
    return whole


@st.composite
def stars(draw):
    x, y = draw(st.tuples(st.floats(0, 10), st.floats(0, 10)))
    radii = np.array(draw(st.lists(st.floats(0.05, 8), min_size=3, max_size=9)))
    turns = np.linspace(0, 2 * np.pi, len(radii), endpoint=False) + draw(st.sampled_from([0.0, np.pi / 4, 0.3]))
    return shapely.Polygon(np.column_stack([x + radii * np.cos(turns), y + radii * np.sin(turns)]))


@st.composite
def on_grid(draw):
    """Rings through points of a small grid, mended: many collinear and touching edges."""
    points = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=8, unique=True))
    return shapely.make_valid(shapely.Polygon(points), method="structure", keep_collapsed=False)


@st.composite
def degenerate(draw):
    """Rings that go out and back, stand still, have next to no width or none, and holes that touch their shell."""
    shape = draw(st.one_of(rectilinear(), stars(), on_grid()).filter(lambda shape: shape.area > 1e-6))
    part = shapely.get_parts(shape)[0]
    ring, holes = list(part.exterior.coords)[:-1], [hole.coords for hole in part.interiors]
    at = draw(st.integers(0, len(ring) - 1))
    (xa, ya), (xb, yb) = ring[at - 1], ring[at]
    width = draw(st.sampled_from([0.0, 1e-12, 1e-9, 1e-6, 1e-3]))
    match draw(st.sampled_from(["spike", "still", "midpoint", "sliver", "hole"])):
        case "spike":
            tip = draw(st.tuples(st.integers(-3, 9), st.integers(-3, 9)))
            ring[at:at] = [(xb, yb), tip, (xb + width, yb)]
        case "still":
            ring[at:at] = [(xa, ya)] * draw(st.integers(1, 3))
        case "midpoint":
            ring[at:at] = [(xa + (xb - xa) * part, ya + (yb - ya) * part) for part in (0.25, 1 / 3)]
        case "sliver":
            ring, holes = [(xa, ya), (xb, yb), (xb + width, yb), (xa, ya + width)], []
        case "hole":
            inner = part.representative_point()
            holes = [[(xb, yb), (inner.x, inner.y), (inner.x + width, inner.y + 1e-3)]]
    return shapely.Polygon(ring, holes)


def lands():
    return st.one_of(rectilinear(), stars(), on_grid()).filter(lambda shape: shape.area > 1e-6)


def lands_of(kind):
    return {"random": stars(), "rectilinear": rectilinear(), "degenerate": degenerate()}.get(kind, lands())


def places():
    """Where the plane's origin lies, how large a unit is, and how it is turned."""
    return st.tuples(
        st.sampled_from([0.0, 5e5, -7.3e6]), st.sampled_from([0.0, 4.9e6]), st.sampled_from([1e-2, 1.0, 97.3, 1e4]),
        st.sampled_from([0.0, 90.0, 33.0]),
    )  # fmt: skip


def places_of(kind):
    if kind != "huge":
        return places()
    far = st.sampled_from([0.0, 1e9, -4.2e12])
    return st.tuples(far, far, st.sampled_from([1e-4, 1.0, 1e7, 1e11]), st.sampled_from([0.0, 33.0]))


def placed(shapes, place):
    east, north, unit, turn = place
    c, s = np.cos(np.radians(turn)), np.sin(np.radians(turn))
    turned = np.array([[c, -s], [s, c]])
    return shapely.transform(np.array(shapes, dtype=object), lambda xy: xy @ turned.T * unit + [east, north])


def moved(shapes, place):
    return edges.valid_polygons(placed(shapes, place))[0]


def shares_by_edges(own, layer, classes, policy):
    return edges.shares_by_edges(own, layer, classes, policy)[2]


def table(shares):
    return {(a, b): s for a, b, s in zip(shares.area.tolist(), shares.by.tolist(), shares.share.tolist(), strict=True)}


def differ(one, two):
    return max((abs(one.get(key, 0.0) - two.get(key, 0.0)) for key in one.keys() | two.keys()), default=0.0)


def rounding(own, reach):
    """A share is as good as its numbers: the rounding of an edge, times its length, over the area."""
    return 2.0**-52 * reach * (shapely.length(own) / shapely.area(own)).max()


def tolerance(own):
    return 1e-9 + 40 * rounding(own, np.abs(shapely.bounds(own)).max())


@pytest.mark.parametrize("kind", KINDS)
def test_any_polygons_as_geos_has_them(kind):
    @settings(max_examples=max(CASES // len(KINDS), 1), deadline=None, suppress_health_check=list(HealthCheck))
    @given(
        own=st.lists(lands_of(kind), min_size=1, max_size=3), layer=st.lists(lands_of(kind), max_size=5),
        more=st.lists(st.integers(0, 7), max_size=2 if kind == "coincident" else 0), place=places_of(kind),
        names=st.lists(st.integers(0, 2), min_size=7, max_size=7), policy=st.sampled_from(["split", "first"]),
    )  # fmt: skip
    def check(own, layer, more, place, names, policy):
        # an area that is a parcel itself, and a parcel that comes twice
        layer = [*layer, *([*own, *layer][at % (len(own) + len(layer))] for at in more)]
        own, layer, classes = placed(own, place), placed(layer, place), np.array(names[: len(layer)], dtype=np.int64)
        ours = by_area(shares_by_edges(own, layer, classes, policy), len(own))
        own, layer = polygonal(repaired(own)), polygonal(repaired(layer))
        theirs = by_area(shares_by_pieces(own, layer, classes, policy), len(own))
        for area, one, two in zip(own, ours, theirs, strict=True):
            if differ(one, two) > 1e-9:
                agree_with_fractions(area, layer, classes, policy, one, two)

    check()


def by_area(shares, count):
    found = table(shares)
    return [{name: share for (row, name), share in found.items() if row == area} for area in range(count)]


def agree_with_fractions(area, layer, classes, policy, ours, theirs):
    """Ours is right to 1e-9 beyond the rounding of its sides; GEOS to the rounding of its coordinates."""
    if area.area == 0.0:
        assert not ours
        return
    true = exact_shares(area, layer, classes, policy)
    extents = shapely.bounds(np.append(layer, area))
    sides = (np.nanmax(extents[:, 2:], axis=0) - np.nanmin(extents[:, :2], axis=0)).max()
    assert differ(ours, true) <= 1e-9 + 2 * rounding(area, sides)
    assert differ(theirs, true) <= 1e-9 + 2000 * rounding(area, np.abs(shapely.bounds(area)).max())


def rolled(shape, start, turn):
    """Return the same polygon with its rings begun elsewhere, run the other way, its parts and holes reordered."""

    def ring(of):
        corners = np.array(of.coords)[:-1]
        return np.roll(corners[::-1] if turn else corners, start, axis=0)

    parts = [
        shapely.Polygon(ring(part.exterior), [ring(hole) for hole in part.interiors][:: -1 if turn else 1])
        for part in shapely.get_parts(shape)
    ]
    return shapely.MultiPolygon(parts[:: -1 if turn else 1])


@settings(max_examples=max(CASES // 10, 1), deadline=None)
@given(
    own=lands(), layer=st.lists(lands(), min_size=1, max_size=4), place=places(), start=st.integers(0, 50),
    turn=st.booleans(),
)  # fmt: skip
def test_the_order_of_corners_changes_nothing(own, layer, place, start, turn):
    own, layer, classes = moved([own], place), moved(layer, place), np.arange(len(layer))
    other = [np.array([rolled(shape, start, turn) for shape in shapes]) for shapes in (own, layer)]
    one, two = (table(shares_by_edges(*shapes, classes, "split")) for shapes in ((own, layer), other))
    assert differ(one, two) <= 1e-12 + 40 * rounding(own, shapely.length(layer).max())


@settings(max_examples=max(CASES // 10, 1), deadline=None)
@given(
    own=lands(), layer=st.lists(lands(), min_size=1, max_size=4), policy=st.sampled_from(["split", "first"]),
    quarters=st.integers(0, 3), mirrored=st.booleans(), by=st.tuples(*[st.integers(-(2**30), 2**30)] * 2),
)  # fmt: skip
def test_quarter_turns_mirrors_and_moves_change_nothing(own, layer, policy, quarters, mirrored, by):
    """Numbers with few digits are the same polygons there, to the last digit."""
    shapes = shapely.transform(np.array([own, *layer]), lambda xy: np.round(xy * 1024) / 1024)
    shapes = shapely.set_precision(polygonal(repaired(shapes)), 1 / 1024)

    def there(xy):
        xy = xy[:, ::-1] if mirrored else xy
        for _ in range(quarters):
            xy = np.column_stack([-xy[:, 1], xy[:, 0]])
        return xy + by

    classes = np.arange(len(layer)) % 3
    one, two = (
        table(shares_by_edges(some[:1], some[1:], classes, policy))
        for some in (shapes, shapely.transform(shapes, there))
    )
    assert differ(one, two) <= 1e-12 + 2 * rounding(shapes[:1], 30.0)


@settings(max_examples=max(CASES // 10, 1), deadline=None)
@given(own=lands(), layer=st.lists(lands(), min_size=1, max_size=4), place=places(), turn=st.floats(0, 360))
def test_any_turn_and_move_change_as_little_as_the_coordinates(own, layer, place, turn):
    classes = np.arange(len(layer)) % 3
    at_0, there = (
        [moved(shapes, where) for shapes in ([own], layer)] for where in ((0.0, 0.0, place[2], 0.0), (*place[:3], turn))
    )
    one, two = (table(shares_by_edges(*shapes, classes, "split")) for shapes in (at_0, there))
    far = np.abs(shapely.bounds(np.concatenate(there))).max()
    assert differ(one, two) <= tolerance(at_0[0]) + 40 * rounding(there[0], far)


def test_a_hazard_drawn_along_a_parcels_edge():
    own = np.array([box(10, 0, 20, 10)], dtype=object)
    layer = np.array([box(0, 0, 10, 10), box(10, -5, 15, 15), box(15, -5, 40, 15)], dtype=object)
    found = shares_by_edges(own, layer, np.arange(3), "split")
    assert table(found) == {(0, 1): 0.5, (0, 2): 0.5}


def test_a_layer_of_one_polygon_with_many_corners():
    turns = np.linspace(0, 2 * np.pi, 50_000, endpoint=False)
    district = shapely.Polygon(
        np.column_stack([np.cos(turns), np.sin(turns)]) * (1e5 + 10 * np.sin(400 * turns))[:, None]
    )
    rng = np.random.default_rng(5)
    corners = rng.uniform(-1e5, 1e5, (300, 2))
    own = shapely.box(*corners.T, *(corners + rng.uniform(50, 3000, (300, 2))).T)
    found = table(shares_by_edges(own, np.array([district]), np.zeros(1, np.int64), "split"))
    expected = shapely.area(shapely.intersection(own, district)) / shapely.area(own)
    assert [found.get((i, 0), 0.0) for i in range(300)] == pytest.approx(expected.tolist(), abs=1e-9)


def test_large_areas_in_a_layer_of_small_parcels():
    x, y = np.meshgrid(np.arange(0, 3000, 100.0), np.arange(0, 3000, 100.0))
    parcels = shapely.box(x.ravel(), y.ravel(), x.ravel() + 100, y.ravel() + 100)
    classes = np.arange(len(parcels)) % 4
    own = np.array([shapely.Point(1500, 1500).buffer(1400, 64), shapely.Point(100, 100).buffer(333, 8)], dtype=object)
    ours = table(shares_by_edges(own, parcels, classes, "split"))
    for row, shape in enumerate(own):
        for name in range(4):
            land = shapely.area(shapely.intersection(parcels[classes == name], shape)).sum() / shape.area
            assert ours[row, name] == pytest.approx(land, abs=1e-12)


@pytest.mark.parametrize("crs", [4326, 32633, 3857, 6933, 3035])
def test_both_engines_agree_in_any_crs_and_the_shares_are_those_of_the_land(crs):
    rng = np.random.default_rng(1)
    corner = rng.uniform((4_300_000, 2_300_000), (4_309_000, 2_309_000), (60, 2))
    own = gpd.GeoSeries(shapely.box(*corner.T, *(corner + rng.uniform(20, 1500, (60, 2))).T), crs=3035).to_crs(crs)
    x, y = np.meshgrid(np.arange(0, 10_000, 500.0) + 4_300_000, np.arange(0, 10_000, 500.0) + 2_300_000)
    cells = gpd.GeoSeries(shapely.box(x.ravel(), y.ravel(), x.ravel() + 500, y.ravel() + 500), crs=3035)
    areas = gpd.GeoDataFrame({"area_id": np.arange(60).astype(str)}, geometry=own.to_numpy(), crs=crs)
    names = pd.Series(np.arange(len(cells)) % 3).map({0: "grazing", 1: "road", 2: "forest"}).astype("str")
    layer = gpd.GeoDataFrame({"use_code": names}, geometry=cells.to_crs(crs).to_numpy(), crs=crs)
    found = match_overlap(areas, layer, by="use_code").set_index(["area_id", "use_code"])["overlap_share"]
    exact = match_overlap(areas, layer, by="use_code", engine="exact").set_index(["area_id", "use_code"])
    pd.testing.assert_series_equal(found, exact["overlap_share"], atol=1e-9, rtol=0)
    true = gpd.overlay(areas.to_crs(3035), layer.to_crs(3035))
    true = true.assign(m2=true.area).groupby(["area_id", "use_code"])["m2"].sum()
    true = true / areas.to_crs(3035).set_index("area_id").area.reindex(true.index, level="area_id").to_numpy()
    assert found.reindex(true.index).to_numpy() == pytest.approx(
        true.to_numpy(), abs=5e-5
    )  # an edge of 500 m is not straight in both


@st.composite
def drawn(draw):
    """Polygons as somebody draws them: rings with parts and holes anywhere, mostly invalid."""
    ring = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=3, max_size=6).filter(
        lambda corners: len(set(corners)) > 2
    )
    whole = st.sampled_from([[(0, 0), (6, 0), (6, 6), (0, 6)], [(0, 0), (6, 1), (5, 6)], [(9, 9), (9, 8), (8, 9)]])
    parts = draw(st.lists(st.tuples(st.one_of(ring, whole), st.lists(ring, max_size=2)), min_size=1, max_size=3))
    return shapely.MultiPolygon([shapely.Polygon(shell, holes) for shell, holes in parts])


@settings(max_examples=max(CASES // 5, 1), deadline=None)
@given(st.lists(drawn(), min_size=1, max_size=20), places())
def test_what_is_surely_valid_is_valid(shapes, place):
    from landrelease.match.kernels.validity import surely_valid

    east, north, unit, _ = place
    there = shapely.transform(np.array(shapes, dtype=object), lambda xy: xy * unit + [east, north])
    said = np.zeros(len(there), bool)
    surely_valid(*rings_of(there), 0, len(there), 200, said)
    assert shapely.is_valid(there[said]).all()


def test_holes_parts_and_stars_are_seen_to_be_valid():
    from landrelease.match.kernels.validity import surely_valid

    turns = np.linspace(0, 2 * np.pi, 60, endpoint=False)
    ring = np.column_stack([np.cos(turns), np.sin(turns)]) * (5 + np.cos(7 * turns))[:, None]
    comb = [(0, 0), (9, 0), (9, 9), (8, 9), (8, 1), (5, 1), (5, 9), (4, 9), (4, 1), (1, 1), (1, 9), (0, 9)]
    valid = [
        shapely.Polygon(ring), shapely.Polygon(ring, [[(0, 0), (1, 0), (0, 1)], [(-2, -2), (-1, -2), (-2, -1)]]),
        shapely.Polygon(comb), shapely.MultiPolygon([box(0, 0, 1, 1), box(2, 0, 3, 1)]),
    ]  # fmt: skip
    wrong = [
        shapely.Polygon(ring, [[(9, 9), (10, 9), (9, 10)]]),
        shapely.Polygon(ring, [[(0, 0), (2, 0), (0, 2)], [(0.2, 0.2), (0.4, 0.2), (0.2, 0.4)]]),
        shapely.Polygon([*comb, (0, 0), (9, 9)]), shapely.MultiPolygon([box(0, 0, 9, 9), box(2, 2, 3, 3)]),
    ]  # fmt: skip
    said = np.zeros(8, bool)
    surely_valid(*rings_of(np.array(valid + wrong, dtype=object)), 0, 8, 200, said)
    assert said.tolist() == [True] * 4 + [False] * 4


def test_a_needle_of_which_nothing_is_left():
    needle = "POLYGON ((500621.990048235 4900629.843013618, 499948.4392481465 4901315.073356651, 499948.4392481422 "
    needle += "4901315.073356646, 500621.99004822806 4900629.843013612, 500621.990048235 4900629.843013618))"
    layer = shapely.polygons([
        [(499838, 4900996), (499820, 4901029), (500419, 4900456)],
        [(500578, 4900631), (500051, 4900444), (500651, 4900611)],
    ])  # fmt: skip
    found = shares_by_edges(np.array([shapely.from_wkt(needle)]), layer, np.arange(2), "split")
    assert not np.isnan(found.share).any()
