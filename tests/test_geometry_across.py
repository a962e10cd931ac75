"""180 degrees: a shape there has the area, the parts and the history of the same shape at any other longitude."""

from __future__ import annotations

import json
import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from shapely import Polygon, affinity, box

from landrelease import find_problems, read, status_on
from landrelease import geometry as ours

SHAPE = Polygon([(-0.3, 0.1), (0.2, 0), (0.35, 0.4), (0.1, 0.5), (-0.2, 0.45)])
ELSEWHERE = affinity.translate(SHAPE, 18, -17)
"""The same land at 18 degrees east: an ellipsoid of revolution has the same area at each longitude."""
BEYOND = affinity.translate(SHAPE, 180, -17)
"""Longitudes 179.7 to 180.35."""


def zone_m2(south: float, north: float, degrees: float) -> float:
    """Area of the ellipsoid between two parallels and two meridians (Bugayevskiy and Snyder 1995, authalic)."""
    major, flattening = 6_378_137.0, 1 / 298.257223563
    squared = flattening * (2 - flattening)
    eccentricity = math.sqrt(squared)

    def up_to(latitude: float) -> float:
        sine = math.sin(math.radians(latitude))
        log = math.log((1 + eccentricity * sine) / (1 - eccentricity * sine)) / (2 * eccentricity)
        return major**2 * (1 - squared) / 2 * (sine / (1 - squared * sine**2) + log)

    return math.radians(degrees) * (up_to(north) - up_to(south))


def leaping(shape: shapely.Geometry) -> shapely.Geometry:
    """The shape as most files write it: longitudes from -180 to 180, edges that leap from one side to the other."""
    return shapely.transform(shape, lambda xy: np.column_stack([(xy[:, 0] + 180) % 360 - 180, xy[:, 1]]))


def area_m2(*shapes: object, crs: object = 4326) -> list[float]:
    return ours.geodesic_area_m2(gpd.GeoSeries(list(shapes), crs=crs)).tolist()


def a_file(path, *shapes: shapely.Geometry):
    rows = [
        {"type": "Feature", "properties": {"area_id": str(i)}, "geometry": shapely.geometry.mapping(one)}
        for i, one in enumerate(shapes)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}), encoding="utf-8")
    return path


def test_an_area_does_not_hang_on_how_180_degrees_is_written():
    cut = ours.cut_at_180(np.array([BEYOND]))[0]
    true = area_m2(ELSEWHERE)[0]
    assert area_m2(BEYOND, leaping(BEYOND), cut) == pytest.approx([true] * 3, rel=1e-9)
    assert sorted(part.bounds[0] for part in cut.geoms) == pytest.approx([-180, 179.7])
    assert cut.is_valid


@settings(max_examples=30, deadline=None)
@given(st.floats(-0.34, 0.29), st.floats(-70, 70))
def test_parts_on_both_sides_sum_to_the_whole(east, north):
    shape = affinity.translate(SHAPE, 180 + east, north)
    cut = ours.cut_at_180(ours.unwrapped(np.array([leaping(shape)], dtype=object)))
    assert shapely.bounds(cut)[0, [0, 2]].tolist() == [-180, 180]
    assert area_m2(cut[0])[0] == pytest.approx(area_m2(affinity.translate(shape, -90))[0], rel=1e-6)
    again = ours.cut_at_180(ours.unwrapped(cut))
    assert shapely.equals(again, cut)[0]


@pytest.mark.parametrize("written", [BEYOND, leaping(BEYOND), affinity.translate(BEYOND, -360)])
def test_a_shape_across_180_degrees_is_cut_on_reading(tmp_path, written):
    areas = read(a_file(tmp_path / "areas.geojson", written), "areas")
    shape = areas.geometry[0]
    assert shape.is_valid
    assert shape.geom_type == "MultiPolygon"
    assert ours.geodesic_area_m2(areas)[0] == pytest.approx(area_m2(ELSEWHERE)[0], rel=1e-9)
    told = find_problems(areas, "areas").query("rule == 'R13' or message.str.contains('half the Earth')")
    assert told["message"].tolist() == ["crosses 180 degrees: cut there"]


def test_a_crossed_shape_across_180_degrees_is_repaired_and_cut(tmp_path):
    tie = Polygon([(179.99, 0), (180.01, 0.02), (180.01, 0), (179.99, 0.02)])
    areas = read(a_file(tmp_path / "areas.geojson", leaping(tie)), "areas")
    true = area_m2(*shapely.get_parts(shapely.make_valid(affinity.translate(tie, -100))))
    assert ours.geodesic_area_m2(areas)[0] == pytest.approx(sum(true), rel=1e-9)
    assert sorted(find_problems(areas, "areas").query("column == 'geometry'")["rule"]) == ["R13", "R8"]


def test_a_file_that_counts_to_360_and_a_slip(tmp_path):
    there = affinity.translate(SHAPE, 285, 4)
    areas = read(a_file(tmp_path / "areas.geojson", there, affinity.translate(there, 2)), "areas")
    assert areas.geometry[0].normalize().equals_exact(affinity.translate(SHAPE, -75, 4).normalize(), 1e-9)
    assert find_problems(areas, "areas").query("rule == 'R13'")["row"].tolist() == [0, 1]
    slip = read(a_file(tmp_path / "slip.geojson", ELSEWHERE, affinity.translate(SHAPE, 181, -17), ELSEWHERE), "areas")
    assert slip.geometry[1].bounds[2] > 180
    assert find_problems(slip, "areas").query("rule == 'R11'")["row"].tolist() == [1]


def test_a_slip_of_a_sign_is_no_shape_across_180_degrees(tmp_path):
    slip = Polygon([(104.9, 11.6), (-104.91, 11.6), (104.91, 11.61), (104.9, 11.61)])
    areas = read(a_file(tmp_path / "areas.geojson", slip), "areas")
    assert "R14" in find_problems(areas, "areas")["rule"].tolist()
    assert np.isnan(ours.geodesic_area_m2(areas)).all()


def test_a_ring_round_the_pole_has_its_area_or_none(tmp_path):
    ring = Polygon([(lon, 80) for lon in (-180, -90, 0, 90, 180)])
    leaps = Polygon([(lon, 85) for lon in (0, 90, 180, -90)])
    assert np.isnan(area_m2(ring, leaps)).all()
    # all round the Earth between two parallels, by the closed formula of an authalic zone
    band, south = area_m2(box(-180, 10, 180, 20), Polygon([(-180, -90), (-180, -80), (180, -80), (180, -90)]))
    assert band == pytest.approx(zone_m2(10, 20, 360), rel=1e-6)
    assert south == pytest.approx(zone_m2(80, 90, 360), rel=1e-6)
    areas = read(a_file(tmp_path / "areas.geojson", ring, leaps), "areas")
    assert set(find_problems(areas, "areas").query("rule in ['R7', 'R14']")["row"]) == {0, 1}


@pytest.mark.parametrize("crs", [4326, 32701], ids=["degrees", "UTM"])
def test_accounts_at_180_degrees_are_those_of_any_other_place(crs):
    """A hazard and the release of its eastern part, across 180 degrees and at 3 degrees east."""
    part = box(0.05, 0, 1, 1).intersection(SHAPE)
    columns = {"area_id": "A", "event": ["suspected", "cleared"], "event_id": ["1", "2"], "date_precision": "day"}
    left = []
    for east, plane in ((180, crs), (3, 4326)):
        shapes = [affinity.translate(one, east, -17) for one in (SHAPE, part)]
        shapes = list(ours.cut_at_180(np.array(shapes)))
        events = gpd.GeoDataFrame(
            {**columns, "event_date": pd.to_datetime(["2020-01-01", "2021-01-01"])}, geometry=shapes, crs=4326
        )
        events = ours.to_crs(events, plane)
        status = status_on(events, "2022-01-01")
        assert status.geometry.is_valid.all()
        left.append(float(ours.geodesic_area_m2(status)[0]))
    whole = abs(Geod(ellps="WGS84").geometry_area_perimeter(shapely.segmentize(ELSEWHERE, 0.005))[0])
    assert left[0] == pytest.approx(left[1], rel=1e-6)
    assert left[0] < whole


def test_a_plane_is_centred_on_both_sides():
    both = gpd.GeoDataFrame(geometry=[box(179, -18, 180, -17), box(-180, -18, -179, -17)], crs=4326)
    plane = ours.to_crs(both, ours.equal_area_crs(both))
    one, other = plane.geometry
    assert one.distance(other) < 1
    assert shapely.union(one, other).area == pytest.approx(sum(area_m2(*both.geometry)), rel=1e-6)
    beyond = both.to_crs(3460)
    assert abs(ours.equal_area_crs(beyond).coordinate_operation.params[1].value) == pytest.approx(180, abs=0.1)


def test_lines_and_points_keep_their_kind():
    shapes = np.array(
        [shapely.LineString([(179, 0), (182, 3)]), shapely.Point(181, 5), shapely.MultiPoint([(179, 1), (181, 1)])]
    )
    line, point, points = ours.cut_at_180(shapes)
    assert line.geom_type == "MultiLineString"
    assert line.length == pytest.approx(shapes[0].length)
    assert point.equals(shapely.Point(-179, 5))
    assert points.equals(shapely.MultiPoint([(179, 1), (-179, 1)]))
