import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from payload_reader import decode, decoded_column, decoded_shapes, read_varints
from pyproj import Geod

from landrelease.maps.layers.payload import Facet, encode_layer, varints


@given(st.lists(st.integers(0, 2**63 - 1)))
def test_varints_round_trip(numbers):
    assert read_varints(iter(varints(np.array(numbers, dtype=np.uint64))), len(numbers)) == numbers


def shapes_of(kind):
    hole = shapely.Polygon(
        [(18, 44), (18.1, 44), (18.1, 44.1), (18, 44.1)], [[(18.02, 44.02), (18.04, 44.02), (18.04, 44.04)]]
    )
    many = shapely.MultiPolygon([shapely.box(18, 43, 18.01, 43.01), shapely.box(18.2, 43, 18.21, 43.01)])
    return {
        "hole": hole,
        "many": many,
        "point": shapely.Point(-17.123456, -44.7654321),
        "line": shapely.LineString([(1, 2), (1.5, 2.5), (3, -4)]),
        "nested": shapely.GeometryCollection([many, shapely.Point(5, 5), shapely.GeometryCollection([hole])]),
    }[kind]


@pytest.mark.parametrize(("kind", "rings"), [("hole", 2), ("many", 2), ("point", 1), ("line", 1), ("nested", 5)])
def test_shapes_of_each_kind(kind, rings):
    frame = gpd.GeoDataFrame(geometry=[shapes_of(kind)], crs=4326)
    (row,) = decoded_shapes(*decode(encode_layer(frame, [])))
    assert len(row) == rings
    decoded = [point for _, ring in row for point in ring]
    bounds = shapely.bounds(shapes_of(kind))
    np.testing.assert_allclose([*np.min(decoded, axis=0), *np.max(decoded, axis=0)], bounds, atol=5.1e-7)


def test_holes_turn_the_other_way():
    (row,) = decoded_shapes(*decode(encode_layer(gpd.GeoDataFrame(geometry=[shapes_of("hole")], crs=4326), [])))
    outer, inner = (shapely.is_ccw(shapely.LinearRing(points)) for _, points in row)
    assert outer != inner


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.floats(-179, 179), st.floats(-84, 84), st.floats(1e-4, 0.5)), min_size=1, max_size=12))
def test_coordinates_are_off_by_8_cm_at_most(places):
    boxes = [shapely.box(x, y, x + size, y + size) for x, y, size in places]
    frame = gpd.GeoDataFrame({"n": range(len(boxes))}, geometry=boxes, crs=4326)
    header, sections = decode(encode_layer(frame, [{"name": "n"}]))
    rows = decoded_shapes(header, sections)
    order = decoded_column(header["columns"][0], sections[5], header["rows"])
    geod = Geod(ellps="WGS84")
    for row, number in zip(rows, order, strict=True):
        ((_, points),) = row
        wanted = shapely.get_coordinates(shapely.orient_polygons(boxes[number]))[:-1]
        got = np.array(points)
        metres = geod.inv(wanted[:, 0], wanted[:, 1], got[:, 0], got[:, 1])[2]
        assert max(metres) <= 0.08


def test_columns_of_each_dtype_keep_what_is_missing():
    n = 600
    frame = gpd.GeoDataFrame(
        {
            "position": range(n),
            "code": ["CHA", None, "{{ 7*7 }}"] * 200,
            "text": [None if i % 7 == 0 else f"name {i} \u202e \x00 `${{x}}` \u1781" for i in range(n)],
            "whole": pd.array([None if i % 5 == 0 else (i - 300) * 10**9 for i in range(n)], dtype="Int64"),
            "real": [np.nan if i % 4 == 0 else i / 3 for i in range(n)],
            "yes": pd.array([None, True, False] * 200, dtype="boolean"),
            "day": pd.to_datetime([None, "1969-12-31", "2024-02-29"] * 200),
            "mixed": [1, None, "a"] * 200,
        },
        geometry=[shapely.Point(i % 25, i // 25) for i in range(n)],
        crs=4326,
    )
    names = [name for name in frame.columns if name != "geometry"]
    header, sections = decode(encode_layer(frame, [{"name": name} for name in names]))
    got = {
        spec["name"]: decoded_column(spec, section, n)
        for spec, section in zip(header["columns"], sections[5:], strict=True)
    }
    kinds = {spec["name"]: spec["type"] for spec in header["columns"]}
    assert kinds == {
        "position": "int", "code": "code", "text": "text", "whole": "int", "real": "float", "yes": "bool",
        "day": "date", "mixed": "code",
    }  # fmt: skip
    days = [None if pd.isna(day) else (day - pd.Timestamp("1970-01-01")).days for day in frame["day"]]
    for row, i in enumerate(got["position"]):
        for name in ("code", "text", "whole", "real", "yes"):
            value = frame[name].iloc[i]
            assert got[name][row] == (None if pd.isna(value) else value), (name, i)
        assert got["day"][row] == days[i]
        assert got["mixed"][row] == (None, "1", "a")[(1, 0, 2)[i % 3]]


def test_numbers_too_long_for_a_browser_travel_as_text():
    frame = gpd.GeoDataFrame({"id": [2**60 + 1]}, geometry=[shapely.Point(1, 1)], crs=4326)
    header, sections = decode(encode_layer(frame, [{"name": "id"}]))
    assert decoded_column(header["columns"][0], sections[5], 1) == [str(2**60 + 1)]


def test_rows_that_cannot_be_drawn_are_left_out_with_their_classes():
    shapes = [None, shapely.Point(2, 2), shapely.Polygon(), shapely.Point(1, 1)]
    frame = gpd.GeoDataFrame({"n": [0, 1, 2, 3]}, geometry=shapes, crs=4326)
    header, sections = decode(encode_layer(frame, [{"name": "n"}], facets=[Facet(np.array([9, 5, 9, 7]), {})]))
    numbers = decoded_column(header["columns"][0], sections[5], 2)
    classes = read_varints(iter(sections[6]), 2)
    assert sorted(zip(numbers, classes, strict=True)) == [(1, 5), (3, 7)]


@pytest.mark.parametrize("shapes", [[], [None, None], [shapely.Polygon()]])
def test_nothing_to_draw(shapes):
    frame = gpd.GeoDataFrame({"n": range(len(shapes))}, geometry=gpd.GeoSeries(shapes, crs=4326))
    header, _ = decode(encode_layer(frame, [{"name": "n"}]))
    assert (header["rows"], header["rings"], header["vertices"]) == (0, 0, 0)


def test_equal_input_gives_equal_text():
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(1, 1)], crs=4326)
    assert encode_layer(frame, [{"name": "n"}]) == encode_layer(frame.copy(), [{"name": "n"}])
