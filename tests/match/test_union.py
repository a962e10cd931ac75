"""Land counted once, against the unions that GEOS builds."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import box
from test_overlap_engines import CASES, lands, moved, places

from landrelease.errors import CRSError, OptionError
from landrelease.geometry import equal_area_crs, geodesic_area_m2, rings_of, to_crs
from landrelease.match.union import doubled_area, pairs_in, union_area_m2
from landrelease.tables import RESULTS

GROUPS = [0, 0, 1, 0, 1, 0, 0, 1]


def union_in_plane(shapes, group):
    area = shapely.area(shapes)
    doubled = doubled_area(rings_of(shapes), *pairs_in(shapes, group), area)
    return np.bincount(group, area) - np.bincount(group, doubled)


@settings(max_examples=max(CASES // 5, 1), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(shapes=st.lists(lands(), min_size=1, max_size=8), place=places())
def test_any_polygons_as_geos_unites_them(shapes, place):
    shapes = np.asarray(moved(shapes, place))
    group = np.array(GROUPS[: len(shapes)])
    found = union_in_plane(shapes, group)
    scale = np.abs(shapely.bounds(shapes)).max() * 2.0**-52
    for number in np.unique(group):
        mine = shapes[group == number]
        # an area is as good as its coordinates: their rounding times the length of its edges
        rounding = 100 * scale * shapely.length(mine).sum()
        if found[number] != pytest.approx(shapely.union_all(mine).area, rel=1e-9, abs=rounding):
            # where edges nearly coincide GEOS can lose a face, unless it rounds all to a grid
            grid = max(1e-8 * place[2], 64 * scale)
            rounding += 4 * grid * shapely.length(mine).sum()
            assert found[number] == pytest.approx(shapely.union_all(mine, grid_size=grid).area, abs=rounding)


@settings(max_examples=max(CASES // 20, 1), deadline=None)
@given(shapes=st.lists(lands(), min_size=2, max_size=6), place=places(), seed=st.integers(0, 2**31))
def test_repeats_and_order_change_nothing(shapes, place, seed):
    shapes = np.asarray(moved(shapes, place))
    generator = np.random.default_rng(seed)
    more = shapes[generator.permutation(np.repeat(np.arange(len(shapes)), generator.integers(1, 4, len(shapes))))]
    one, many = (union_in_plane(several, np.zeros(len(several), np.int64))[0] for several in (shapes, more))
    scale = np.abs(shapely.bounds(shapes)).max() * 2.0**-52
    assert many == pytest.approx(one, rel=1e-9, abs=100 * scale * shapely.length(more).sum())


def frame_of(shapes, codes, crs=32633):
    return gpd.GeoDataFrame({"admin_code": codes}, geometry=list(shapes), crs=crs)


def stars(count, seed, spread, size):
    generator = np.random.default_rng(seed)
    turn = np.sort(generator.uniform(0, 2 * np.pi, (count, 24)), axis=1)
    reach = size * generator.lognormal(0, 0.5, (count, 1)) * generator.uniform(0.5, 1, (count, 24))
    rings = np.stack([reach * np.cos(turn), reach * np.sin(turn)], axis=-1)
    return shapely.polygons(rings + generator.uniform(0, spread, (count, 1, 2)) + [4e5, 4.8e6])


def test_rectangles_by_hand():
    squares = [box(x, y, x + 100, y + 100) for x, y in ((0, 0), (50, 0), (50, 50), (500, 0), (600, 0), (0, 0))]
    codes = ["P1", "P1", "P1", "P1", "P1", "P2"]
    on_map = shapely.transform(np.array(squares), lambda xy: xy + np.array([5e5, 4.8e6]))
    found = union_area_m2(frame_of(on_map, codes), by="admin_code")
    assert list(found.columns) == ["admin_code", *RESULTS["union_area_m2"].names]
    scale = geodesic_area_m2(frame_of(on_map[:1], ["P1"]))[0] / 1e4  # of the middle meridian, all over
    # 1.75 squares that overlap, and two that share a border; nothing is taken off from another unit
    assert (found["union_m2"] / scale).to_numpy() == pytest.approx([1e4 + 5e3 + 5e3 + 2e4, 1e4], rel=1e-6)
    assert (found["sum_m2"] / scale).to_numpy() == pytest.approx([5e4, 1e4], rel=1e-6)
    assert found["area_count"].tolist() == [5, 1]
    whole = union_area_m2(frame_of(on_map, codes))
    assert whole["union_m2"].tolist() == pytest.approx([found["union_m2"][0]])


def test_many_areas_as_dissolve_has_them():
    shapes = stars(3_000, 1, 20_000, 200)
    areas = frame_of(shapes, np.random.default_rng(2).choice(["A", "B", "C"], 3_000))
    plane = equal_area_crs(areas)
    expected = to_crs(areas, plane).dissolve("admin_code").area
    found = union_area_m2(areas, by="admin_code").set_index("admin_code")["union_m2"]
    assert found.to_numpy() == pytest.approx(expected.to_numpy(), rel=2e-6)  # the plane is true to about 1e-6
    same = shapely.set_precision(shapes, 0)
    assert union_in_plane(same, np.zeros(3_000, np.int64))[0] == pytest.approx(shapely.union_all(same).area, rel=1e-11)


@pytest.mark.parametrize("crs", [4326, 3857, 3035, 32631])
def test_the_crs_does_not_matter(crs):
    areas = frame_of(stars(200, 3, 3_000, 300), ["A"] * 200)
    expected = union_area_m2(areas)["union_m2"][0]
    assert union_area_m2(to_crs(areas, crs))["union_m2"][0] == pytest.approx(expected, rel=2e-6)


def test_large_areas_are_measured_where_areas_are_true():
    """Two of 300 km that overlap by a half, and two small ones far from them, in a plane that bends."""
    wide = [box(10, 50, 14, 53), box(12, 50, 16, 53)]
    small = [box(20, 50, 20.01, 50.01), box(20.005, 50, 20.015, 50.01)]
    degrees = frame_of([*wide, *small], ["A", "A", "B", "B"], crs=4326)
    whole = frame_of([box(10, 50, 16, 53), box(20, 50, 20.015, 50.01)], ["A", "B"], crs=4326)
    expected = geodesic_area_m2(whole)
    assert union_area_m2(degrees, by="admin_code")["union_m2"].to_numpy() == pytest.approx(expected, rel=1e-6)
    in_mercator = union_area_m2(to_crs(degrees, 3857), by="admin_code")["union_m2"]
    assert in_mercator.to_numpy() == pytest.approx(expected, rel=1e-6)
    at_180 = frame_of([box(179.5, 0, 180, 1), box(179.7, 0, 180, 1), box(-180, 0, -179.5, 1)], ["A"] * 3, crs=4326)
    assert union_area_m2(at_180)["union_m2"][0] == pytest.approx(geodesic_area_m2(at_180)[[0, 2]].sum(), rel=1e-6)


def test_what_is_no_polygon_is_unknown_and_what_is_invalid_is_repaired():
    bow_tie = shapely.Polygon([(5e5, 0), (5e5 + 200, 200), (5e5 + 200, 0), (5e5, 200)])
    square = box(5e5, 0, 5e5 + 200, 200)
    codes = pd.Series(["A", "A", None, "C", "D", "D", "E"], dtype="str")
    shapes = [bow_tie, square, square, None, shapely.Point(5e5, 0), square, shapely.Polygon()]
    found = union_area_m2(frame_of(shapes, codes), by=["admin_code"])
    area = geodesic_area_m2(frame_of([square], ["A"]))[0]
    assert found["admin_code"].tolist()[:4] == ["A", "C", "D", "E"]
    assert found["admin_code"].isna().tolist() == [False] * 4 + [True]
    assert found["area_count"].tolist() == [2, 0, 1, 1, 1]
    assert found["union_m2"].tolist() == pytest.approx([area, np.nan, area, 0.0, area], nan_ok=True)
    assert found["sum_m2"][0] == pytest.approx(1.5 * area)


def test_inputs_are_checked_and_not_changed():
    areas = frame_of(stars(5, 1, 100, 50), list("AABBC"))
    before = areas.copy()
    union_area_m2(areas, by="admin_code")
    assert areas.equals(before)
    with pytest.raises(OptionError, match="'areas' has no column 'admin_cod'; did you mean"):
        union_area_m2(areas, by="admin_cod")
    with pytest.raises(CRSError, match="'areas' has no coordinate reference system"):
        union_area_m2(areas.set_crs(None, allow_override=True))
    assert union_area_m2(areas.iloc[:0], by="admin_code").empty
