"""Perimeters by bearing and distance: corners by plane arithmetic, misclosures by hand, and what is refused."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer

from landrelease import DataError, OptionError
from landrelease.read.traverse import traverse

LON, LAT = 104.9, 11.5
GEOD = Geod(ellps="WGS84")
PLANE = CRS.from_dict({"proj": "aeqd", "lat_0": LAT, "lon_0": LON, "datum": "WGS84", "units": "m"})
"""A plane in which distances and bearings from the start are true; within a kilometre all are, to a millimetre."""
SQUARE = [(0, 100), (90, 100), (180, 100), (270, 100)]


def legs(*measured: tuple[float, float], area_id: str = "HA-1", decimals: int = 6) -> pd.DataFrame:
    """Return a start with coordinates and one row a leg."""
    n = len(measured)
    return pd.DataFrame(
        {
            "area_id": area_id,
            "point_no": range(1, n + 2),
            "latitude": [f"{LAT:.{decimals}f}", *[None] * n],
            "longitude": [f"{LON:.{decimals}f}", *[None] * n],
            "bearing_deg": [None, *[bearing for bearing, _ in measured]],
            "distance_m": [None, *[distance for _, distance in measured]],
        }
    )


def corners_m(area: pd.Series) -> np.ndarray:
    """Return the corners of a polygon in metres from the start."""
    move = Transformer.from_crs(4326, PLANE, always_xy=True).transform
    return np.column_stack(move(*shapely.get_coordinates(area.geometry).T))[:-1]


def one(points: pd.DataFrame, **options: object) -> pd.Series:
    result = traverse(points, **options)  # type: ignore[arg-type]
    assert len(result) == 1
    return result.iloc[0]


def at(east_m: float, north_m: float) -> dict[str, str]:
    lon, lat = Transformer.from_crs(PLANE, 4326, always_xy=True).transform(east_m, north_m)
    return {"latitude": f"{lat:.8f}", "longitude": f"{lon:.8f}"}


def test_a_square_that_closes():
    area = one(legs(*SQUARE), north="true")
    assert corners_m(area) == pytest.approx(np.array([[0, 0], [0, 100], [100, 100], [100, 0]]), abs=0.005)
    assert area["misclosure_m"] < 0.005
    assert area["perimeter_m"] == pytest.approx(400, abs=0.01)
    assert area["point_count"] == 4
    assert pd.isna(area["message"])
    digits_m = math.hypot(0.0000005 * 110_600, 0.0000005 * 109_100)
    assert area["accuracy_m"] == pytest.approx(digits_m + area["misclosure_m"], rel=0.01)


def test_the_compass_rule_on_a_worked_example():
    """A course example (80.40 N76E, 46.30 S36E, 72.80 S61W, 68.00 N38W) with its table of adjusted sides."""
    measured = [(76, 80.40), (144, 46.30), (241, 72.80), (322, 68.00)]
    departures = [78.1055, 27.2678, -63.5874, -41.7859]
    latitudes = [19.3653, -37.5063, -35.3716, 53.5126]
    area = one(legs(*measured), north="true")
    expected = np.column_stack([np.cumsum([0, *departures[:3]]), np.cumsum([0, *latitudes[:3]])])
    assert corners_m(area) == pytest.approx(expected, abs=0.002)
    assert area["misclosure_m"] == pytest.approx(math.hypot(0.285, 0.311), abs=0.002)
    assert area["perimeter_m"] == pytest.approx(np.hypot(departures, latitudes).sum(), abs=0.005)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(20, 80), st.floats(20, 300)), min_size=4, max_size=9),
    st.floats(-0.9, 0.9), st.floats(-0.9, 0.9),
)  # fmt: skip
def test_a_known_polygon_comes_back_and_its_error_is_spread_by_length(shape, east_m, north_m):
    """Walk a star-shaped polygon whose last leg ends a little off; expected: complex numbers in the plane."""
    turn = np.cumsum([step for step, _ in shape])
    turn = turn / (turn[-1] + 20) * 360
    true = np.array([radius * np.exp(1j * np.radians(angle)) for angle, (_, radius) in zip(turn, shape, strict=True)])
    true = true - true[0]
    sides = np.diff([*true, true[0] + complex(east_m, north_m)])
    measured = [(math.degrees(math.atan2(side.real, side.imag)) % 360, abs(side)) for side in sides]
    area = one(legs(*measured), north="true", max_misclosure_m=5)
    shares = np.cumsum(np.abs(sides)) / np.abs(sides).sum()
    expected = true[1:] - shares[:-1] * complex(east_m, north_m)
    found = corners_m(area)
    assert found[1:, 0] + 1j * found[1:, 1] == pytest.approx(expected, abs=0.01)
    assert area["misclosure_m"] == pytest.approx(abs(complex(east_m, north_m)), abs=0.01)


def test_a_bearing_that_is_wrong_is_refused():
    """207 written for 270: the last leg ends 2 * 100 m * sin(31.5 degrees) from the start."""
    area = one(legs(*SQUARE[:3], (207, 100)), north="true")
    assert area.geometry is None
    assert area["misclosure_m"] == pytest.approx(200 * math.sin(math.radians(31.5)), abs=0.01)
    assert "misses its start by 104.5 m (more than 4.0 m)" in area["message"]
    assert area["point_count"] == 4
    assert pd.isna(area["accuracy_m"])


@pytest.mark.parametrize(
    ("last_m", "side_m", "limit_m", "is_built"),
    [
        (96.1, 100, None, True),  # 1 % of 400 m
        (95.9, 100, None, False),
        (18.1, 20, None, True),  # 2 m
        (17.9, 20, None, False),
        (96.1, 100, 3.0, False),
        (90.0, 100, 11.0, True),
    ],
)
def test_the_limit_of_a_misclosure(last_m, side_m, limit_m, is_built):
    measured = [(bearing, side_m) for bearing in (0, 90, 180)] + [(270, last_m)]
    area = one(legs(*measured), north="true", max_misclosure_m=limit_m)
    assert (area.geometry is not None) == is_built


def test_without_a_leg_back_no_misclosure_is_known():
    points = legs(*SQUARE[:3])
    assert "returns_to_start=False" in one(points, north="true")["message"]
    area = one(points, north="true", returns_to_start=False)
    assert area["point_count"] == 4
    assert pd.isna(area["misclosure_m"])
    assert pd.isna(area["accuracy_m"])
    assert "legs that nothing checks" in area["message"]


# north


def test_magnetic_bearings_turn_by_the_declination():
    """Six degrees are 52 m after 500 m."""
    sides = [(0, 500), (90, 500), (180, 500), (270, 500)]
    true = corners_m(one(legs(*sides), north="true"))
    turned = corners_m(one(legs(*sides), north="magnetic", declination_deg=6))
    assert turned[1] == pytest.approx([500 * math.sin(math.radians(6)), 500 * math.cos(math.radians(6))], abs=0.01)
    assert math.dist(true[1], turned[1]) == pytest.approx(2 * 500 * math.sin(math.radians(3)), abs=0.01)
    assert turned[1, 0] > 0


def test_grid_bearings_turn_by_the_convergence():
    """A square of the UTM grid, far from its central meridian: ground distances are grid distances by the scale."""
    to_plane = Transformer.from_crs(4326, 32648, always_xy=True)
    x, y = to_plane.transform(LON + 2, LAT)
    plane = [(x, y), (x, y + 400), (x + 400, y + 400), (x + 400, y), (x, y)]
    lon, lat = to_plane.transform(*np.array(plane).T, direction="INVERSE")
    _, _, distances = GEOD.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
    points = legs(*zip((0, 90, 180, 270), distances, strict=True))
    points.loc[0, ["latitude", "longitude"]] = [f"{LAT:.8f}", f"{LON + 2:.8f}"]
    area = one(points, north="grid", grid_crs="EPSG:32648")
    found = np.column_stack(to_plane.transform(*shapely.get_coordinates(area.geometry).T))
    assert found == pytest.approx(np.array(plane), abs=0.01)
    assert area["misclosure_m"] < 0.01
    plain = one(points, north="true")  # without the convergence it is 2.8 m off after 400 m
    assert math.dist(to_plane.transform(*plain.geometry.exterior.coords[1]), plane[1]) > 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "north must be one of true, magnetic, grid"),
        ({"north": "map"}, "north must be one of true, magnetic, grid"),
        ({"north": "magnetic"}, "declination_deg= goes with"),
        ({"north": "true", "declination_deg": 1.0}, "declination_deg= goes with"),
        ({"north": "magnetic", "declination_deg": 181}, "-180 to 180"),
        ({"north": "magnetic", "declination_deg": math.nan}, "-180 to 180"),
        ({"north": "grid"}, "grid_crs= goes with"),
        ({"north": "true", "grid_crs": 32648}, "grid_crs= goes with"),
        ({"north": "grid", "grid_crs": "EPSG:4326"}, "must be a projected CRS"),
        ({"north": "grid", "grid_crs": "EPSG:99999"}, "no CRS that is known"),
        ({"north": "true", "max_misclosure_m": 0}, "more than 0"),
        ({"north": "true", "max_misclosure_m": math.nan}, "more than 0"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options, message):
    with pytest.raises(OptionError, match=message):
        traverse(legs(*SQUARE), **options)


# order and kinds


def test_points_are_ordered_as_numbers():
    """Twelve points around 100 x 300 m, sorted as text by the file."""
    edge = [(0, y) for y in range(0, 300, 60)] + [(100, y) for y in range(300, 0, -60)] + [(100, 0), (50, 0)]
    points = pd.DataFrame([{"area_id": "A", "point_no": f"TP{i + 1}", **at(*edge[i])} for i in range(12)])
    area = one(points.sort_values("point_no", ignore_index=True))
    expected = shapely.Polygon(edge)
    assert shapely.Polygon(corners_m(area)).symmetric_difference(expected).area < 1
    assert area["message"].startswith("its points stood in the order TP1, TP10, TP11, TP12, TP2")
    assert pd.isna(one(points)["message"])


def test_an_order_that_the_numbers_do_not_tell_is_the_order_of_the_rows_or_none():
    """Legs sum to the same in any order, so that no misclosure would show it."""
    points = legs(*SQUARE).assign(point_no=["SP", "TP1", "TP2", "TP3", "TP4"])
    assert pd.isna(one(points, north="true")["message"])
    back = points.assign(point_no=["SP", "TP1", "TP2", "TP3", "SP"])
    assert "point SP stands twice" in one(back, north="true")["message"]
    kinds = ["start", *["turning"] * 4]
    assert "point SP stands twice" in one(back.assign(kind=kinds), north="true")["message"]
    mixed = points.assign(point_no=["SP", "TP1", "IP1", "TP2", "TP3"])
    assert "do not tell their order" in one(mixed, north="true")["message"]


def test_benchmark_and_reference_lie_off_the_perimeter():
    points = legs(*SQUARE)
    tie = pd.DataFrame(
        {
            "area_id": "HA-1",
            "point_no": ["RP", "BM", "SP"],
            "kind": ["Reference Point", "Bench mark", "start"],
            "bearing_deg": ["", "90", "0"],
            "distance_m": ["", "30.5", "40"],
            **{name: [value, None, None] for name, value in at(0, 0).items()},
        }
    )
    turning = points.iloc[1:].assign(point_no=["TP1", "TP2", "TP3", "TP4"], kind="turning point")
    area = one(pd.concat([tie, turning.drop(columns=["latitude", "longitude"])]), north="true")
    assert corners_m(area) == pytest.approx(np.array([[30.5, 40], [30.5, 140], [130.5, 140], [130.5, 40]]), abs=0.005)
    assert area["point_count"] == 4
    assert "legs that nothing checks" in area["message"]  # the two from the reference to the start
    assert area["misclosure_m"] < 0.01


def test_points_measured_from_one_benchmark():
    points = pd.DataFrame(
        {
            "area_id": "A",
            "point_no": ["BM", 1, 2, 3],
            "kind": ["benchmark", "turning", "turning", "turning"],
            "from_point": [None, "BM", "BM", "BM"],
            "bearing_deg": [None, 0, 90, 180],
            "distance_m": [None, 50, 60, 70],
            **{name: [value, None, None, None] for name, value in at(0, 0).items()},
        }
    )
    area = one(points, north="true")
    assert corners_m(area) == pytest.approx(np.array([[0, 50], [60, 0], [0, -70]]), abs=0.005)
    assert pd.isna(area["misclosure_m"])
    assert pd.isna(area["accuracy_m"])


def test_a_landmark_without_a_place_is_not_needed():
    landmark = pd.DataFrame({"area_id": ["HA-1"], "point_no": ["0"], "kind": ["landmark"]})
    points = pd.concat([landmark, legs(*SQUARE).assign(kind="turning", from_point=[None, *"1234"])])
    area = one(points, north="true")
    assert area["point_count"] == 4
    assert (
        "before it has no place"
        in one(points.assign(from_point=[None, None, "0", "2", "3", "4"]), north="true")["message"]
    )


# coordinates only, and both


def corners(*edge: tuple[float, float], area_id: str = "A") -> pd.DataFrame:
    return pd.DataFrame([{"area_id": area_id, "point_no": i + 1, **at(*xy)} for i, xy in enumerate(edge)])


def test_points_with_coordinates_alone():
    square = [(0, 0), (0, 100), (100, 100), (100, 0)]
    for points in (corners(*square), corners(*square, (0, 0))):
        area = one(points)
        assert area["point_count"] == 4
        assert area["perimeter_m"] == pytest.approx(400, abs=0.02)
        assert pd.isna(area["misclosure_m"])
        assert pd.isna(area["message"])
        assert area["accuracy_m"] < 0.01


def test_points_with_coordinates_and_legs_must_agree():
    points = corners((0, 0), (0, 100), (100, 100), (100, 0)).assign(
        bearing_deg=[None, 0, 90, 180], distance_m=[None, 100, 99, 100]
    )
    area = one(points, north="true")
    assert corners_m(area)[2] == pytest.approx([100, 100], abs=0.005)  # the coordinates
    assert area["accuracy_m"] == pytest.approx(1, abs=0.02)
    points.loc[2, "distance_m"] = 90
    assert "point 3: its coordinates and its leg are 10.0 m apart" in one(points, north="true")["message"]


def test_a_start_may_have_a_leg_from_nowhere():
    points = legs(*SQUARE)
    points.loc[0, ["bearing_deg", "distance_m"]] = [45, 30]
    assert one(points, north="true")["point_count"] == 4


def test_what_is_odd_is_told_and_built():
    assert (
        "has a leg of 6,000 m"
        in one(legs((0, 6000), (120, 6000), (240, 6000)), north="true", max_misclosure_m=20)["message"]
    )
    assert "same place twice" in one(corners((0, 0), (0, 100), (0, 100), (100, 0)))["message"]
    crossed = one(corners((0, 0), (100, 100), (100, 0), (0, 100)))
    assert "crosses itself" in crossed["message"]
    assert not crossed.geometry.is_valid


# refusals


def changed(row: int, **cells: object) -> pd.DataFrame:
    points = legs(*SQUARE).astype("object").assign(kind="turning", from_point=None)
    for name, cell in cells.items():
        points.loc[row, name] = cell
    return points


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (changed(2, point_no=None), "a point has no point_no"),
        (changed(2, point_no="2"), "point 2 stands twice"),
        (changed(2, kind=None), "point 3: its kind is missing"),
        (changed(2, kind="tree"), "point 3: its kind 'tree' is none of"),
        (changed(2, bearing_deg="361"), "point 3: bearing_deg '361' is no number within 0 to 360"),
        (changed(2, bearing_deg="east"), "point 3: bearing_deg 'east' is no number"),
        (changed(2, bearing_deg=math.inf), "point 3: bearing_deg 'inf' is no number"),
        (changed(2, distance_m="-5"), "point 3: distance_m '-5' is no number"),
        (changed(2, distance_m=0), "point 3: distance_m '0' is no number"),
        (changed(2, distance_m="1e2"), "point 3: distance_m '1e2' is no number"),
        (changed(2, distance_m=None), "point 3 has only one of bearing and distance"),
        (changed(2, bearing_deg=None), "point 3 has only one of bearing and distance"),
        (changed(2, bearing_deg=None, distance_m=None), "point 3 has neither coordinates nor"),
        (changed(0, latitude=None, longitude=None), "point 1 has neither coordinates nor"),
        (changed(0, latitude="11°60'N"), "60 minutes"),
        (changed(0, longitude=None), "only one of latitude and longitude"),
        (changed(2, from_point="9"), "point 3: its leg starts at no point"),
        (changed(0, latitude=None, longitude=None, bearing_deg=1, distance_m=1), "point 1: its leg starts at no point"),
        (changed(0, kind="start").assign(kind="start"), "more than one start"),
        (legs(*SQUARE[:2]), "has 2 corners: a polygon needs 3"),
        (legs((0, 1)).iloc[:1], "has 1 corners"),
        (legs(*SQUARE).assign(kind="benchmark"), "has 0 corners"),
        (legs(*SQUARE).assign(area_id=None), "5 points have no area_id"),
        (corners((0, 0), (0, 50), (0, 100)), "lie on one line"),
        (corners((0, 0), (9, 9), (9, 9), (0, 0), (0, 0)), "lie on one line"),
        (
            pd.DataFrame(
                {"area_id": "A", "point_no": [1, 2, 3], "latitude": [1.0, 2, 2.5], "longitude": [179.9, -179.9, 179.8]}
            ),
            "crosses 180 degrees",
        ),
    ],
)
def test_what_makes_no_polygon_has_a_reason(points, message):
    area = one(points, north="true")
    assert area.geometry is None
    assert message in area["message"]


@pytest.mark.parametrize(
    ("points", "missing"),
    [
        (legs(*SQUARE).drop(columns="area_id"), "no column area_id"),
        (legs(*SQUARE).rename(columns={"point_no": "pointno"}), "no column point_no"),
        (legs(*SQUARE).drop(columns="distance_m"), "no column distance_m"),
        (legs(*SQUARE).drop(columns="longitude"), "no column longitude"),
        (legs(*SQUARE)[["area_id", "point_no"]], "no column latitude and longitude, nor bearing_deg"),
    ],
)
def test_a_column_that_is_missing_is_named(points, missing):
    with pytest.raises(DataError, match=missing):
        traverse(points, north="true")


def test_areas_keep_their_order_and_do_not_touch_each_other():
    wrong = legs(*SQUARE[:3], (207, 100), area_id="B")
    points = pd.concat([legs(*SQUARE, area_id="C"), wrong, legs(*SQUARE, area_id="A")])
    before = points.copy()
    result = traverse(points.sample(frac=1, random_state=7).sort_values("area_id", ascending=False), north="true")
    assert result["area_id"].tolist() == ["C", "B", "A"]
    assert result.geometry.isna().tolist() == [False, True, False]
    assert result.crs == "EPSG:4326"
    assert shapely.equals(result.geometry[0], result.geometry[2])
    pd.testing.assert_frame_equal(points, before)


def test_an_empty_frame_gives_no_areas():
    empty = traverse(legs(*SQUARE).iloc[:0], north="true")
    assert isinstance(empty, gpd.GeoDataFrame)
    assert empty.columns.tolist() == [
        "area_id", "point_count", "misclosure_m", "perimeter_m", "accuracy_m", "message", "geometry",
    ]  # fmt: skip


CELL = st.one_of(
    st.none(), st.text(max_size=4), st.floats(), st.sampled_from(["1", "10", "11.5", "104.9", "90", "start"])
)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(CELL, CELL, CELL, CELL, CELL, CELL, CELL), max_size=6))
def test_garbage_never_raises(rows):
    names = ["point_no", "kind", "latitude", "longitude", "bearing_deg", "distance_m", "from_point"]
    points = pd.DataFrame(rows, columns=names, dtype="object").assign(area_id="A")
    result = traverse(points, north="true")
    assert len(result) == bool(rows)
    assert (result.geometry.notna() | result["message"].notna()).all()
