"""Shapes as files hold them: no row is dropped, each mend and loss is told, a shape has one id."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import affinity

import landrelease as lr
from landrelease import CRSError, DataError, find_problems, read

SQUARE = [[18.0, 44.0], [18.01, 44.0], [18.01, 44.01], [18.0, 44.01], [18.0, 44.0]]


def collection(path: Path, *geometries: Any) -> Path:
    features = [
        {"type": "Feature", "properties": {"area_id": str(number)}, "geometry": one}
        for number, one in enumerate(geometries)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def told(frame: pd.DataFrame) -> list[tuple[int, str]]:
    problems = find_problems(frame, "areas")
    return [(row, rule) for row, rule in problems[["row", "rule"]].values.tolist()]


LOST = {
    "null": None,
    "empty polygon": polygon(),
    "empty ring": polygon([]),
    "empty multipolygon": {"type": "MultiPolygon", "coordinates": []},
    "one point": polygon([[18.0, 44.0]]),
    "two points": polygon([[18.0, 44.0], [18.1, 44.0]]),
    "three points, two places": polygon([[18.0, 44.0], [18.1, 44.0], [18.0, 44.0]]),
    "collapsed": polygon([[18.0, 44.0], [18.1, 44.0], [18.2, 44.0], [18.0, 44.0]]),
    "unknown type": {"type": "Curve", "coordinates": [[18, 44]]},
    "no coordinates": {"type": "Polygon"},
    "flat coordinates": {"type": "Polygon", "coordinates": [18, 44]},
    "text": polygon([["18", "44"], ["18.1", "44"], ["18.1", "44.1"], ["18", "44"]]),
    "empty collection": {"type": "GeometryCollection", "geometries": []},
}


@pytest.mark.parametrize("name", LOST)
def test_a_row_without_a_usable_shape_stays_and_is_told(tmp_path, name):
    path = collection(tmp_path / "areas.geojson", polygon(SQUARE), LOST[name], polygon(SQUARE))
    areas = read(path, "areas")
    assert areas["area_id"].tolist() == ["0", "1", "2"]
    assert areas.geometry.isna().tolist() == [False, True, False]
    assert [rule for row, rule in told(areas) if row == 1 and rule == "R7"] == ["R7"]
    assert (2, "R9") in told(areas)
    assert areas.crs.to_epsg() == 4326


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
@pytest.mark.parametrize("place", [1, 0])
def test_a_coordinate_that_is_no_finite_number(tmp_path, value, place):
    ring = [[18.0, 44.0], [18.1, 44.0], [18.1, 44.1], [18.0, 44.1], [18.0, 44.0]]
    text = json.dumps(ring).replace("18.1" if place == 0 else "44.1", value, 1)
    path = tmp_path / "areas.geojson"
    collection(path, polygon(ring))
    path.write_text(path.read_text().replace(json.dumps(ring), text))
    areas = read(path, "areas")
    assert areas.geometry.isna().tolist() == [True]
    assert (0, "R11") in told(areas)


def test_a_nan_vertex_in_other_formats(tmp_path):
    """The bounds of such a shape are finite; the vertex is not."""
    with pytest.warns(RuntimeWarning):
        odd = shapely.Polygon([(18, 44), (float("nan"), 45), (19, 45), (18, 44)])
    text = "area_id;wkt\n1;POLYGON ((18 44, NaN 45, 19 45, 18 44))\n2;POLYGON ((18 44, 19 44, 19 45, 18 44))\n"
    (tmp_path / "areas.csv").write_text(text)
    gpd.GeoDataFrame({"area_id": ["1", "2"]}, geometry=[odd, shapely.box(18, 44, 19, 45)], crs=4326).to_parquet(
        tmp_path / "areas.parquet"
    )
    for path in (tmp_path / "areas.csv", tmp_path / "areas.parquet"):
        areas = read(path, "areas", crs=4326)
        assert areas.geometry.isna().tolist() == [True, False]
        assert next(row for row, rule in told(areas) if rule in ("R7", "R11")) == 0


def test_an_open_ring_is_closed_and_told(tmp_path):
    areas = read(collection(tmp_path / "areas.geojson", polygon(SQUARE[:-1])), "areas")
    assert areas.geometry[0].equals(shapely.box(18.0, 44.0, 18.01, 44.01))
    assert told(areas) == [(0, "R13")]


def test_a_polygon_labelled_as_another_kind(tmp_path):
    as_multi = {"type": "Polygon", "coordinates": [[SQUARE]]}
    as_single = {"type": "MultiPolygon", "coordinates": [SQUARE]}
    areas = read(collection(tmp_path / "areas.geojson", as_multi, as_single, polygon(SQUARE)), "areas")
    square = shapely.box(18.0, 44.0, 18.01, 44.01)
    assert [shape.equals(square) for shape in areas.geometry] == [True] * 3
    assert [one for one in told(areas) if one[1] == "R13"] == [(0, "R13"), (1, "R13")]


def test_a_hole_stays_and_a_hole_without_an_area_is_left_out_and_told(tmp_path):
    hole = [[18.002, 44.002], [18.004, 44.002], [18.004, 44.004], [18.002, 44.004], [18.002, 44.002]]
    speck = [[18.006, 44.006], [18.007, 44.006], [18.006, 44.006]]
    areas = read(collection(tmp_path / "areas.geojson", polygon(SQUARE, hole), polygon(SQUARE, speck)), "areas")
    assert shapely.area(areas.geometry.to_numpy()).tolist() == pytest.approx([1e-4 - 4e-6, 1e-4], rel=1e-9)
    assert {row for row, _ in told(areas)} == {1}


def test_a_bow_tie_is_repaired_with_both_areas_told(tmp_path):
    """Two triangles of 50 m by 100 m: the ring runs round one of them backwards, so its own area is 0."""
    path = tmp_path / "areas.csv"
    west, south = 400_000, 4_870_000
    ring = [(0, 0), (100, 100), (100, 0), (0, 100), (0, 0)]
    text = ", ".join(f"{west + x} {south + y}" for x, y in ring)
    path.write_text(f"area_id;wkt\n1;POLYGON (({text}))\n2;POLYGON (({text.replace('400100', '400060')}))\n")
    areas = read(path, "areas", crs=32634)
    assert areas.area.tolist() == pytest.approx([5_000, 3_000])
    assert areas["area_before_m2"].tolist() == pytest.approx([0, 0], abs=0.01)
    problems = find_problems(areas, "areas").query("rule == 'R8'")
    before, after = (float(one.replace(",", "")) for one in re.findall(r"([\d,]+) m2", problems["message"].iloc[0]))
    assert before == 0
    assert after == pytest.approx(5_000, rel=0.002)
    assert "invalid geometry was repaired" in problems["message"].iloc[0]


def test_no_face_of_an_overlap_is_lost(tmp_path):
    """Two parts of 100 m2 that share 25 m2 cover 175 m2; an even-odd repair would keep 150."""
    corner = 400_000
    parts = [
        shapely.box(corner, 4_870_000, corner + 10, 4_870_010),
        shapely.box(corner + 5, 4_870_005, corner + 15, 4_870_015),
    ]
    path = tmp_path / "areas.csv"
    path.write_text(f"area_id;wkt\n1;{shapely.MultiPolygon(parts).wkt}\n")
    areas = read(path, "areas", crs=32634)
    assert areas.area[0] == pytest.approx(175)
    assert areas["area_before_m2"][0] == pytest.approx(200, rel=0.001)


def test_a_collection_keeps_its_polygons_and_a_line_is_told(tmp_path):
    line = {"type": "LineString", "coordinates": [[18, 44], [18.1, 44]]}
    mixed = {"type": "GeometryCollection", "geometries": [line, polygon(SQUARE)]}
    areas = read(collection(tmp_path / "areas.geojson", mixed, line), "areas")
    assert areas.geometry[0].equals(shapely.box(18.0, 44.0, 18.01, 44.01))
    assert told(areas) == [(0, "R13"), (1, "R10")]


def test_half_a_character_in_a_property(tmp_path):
    path = collection(tmp_path / "areas.geojson", None, polygon(SQUARE[:-1]))
    path.write_text(path.read_text().replace('"area_id": "1"', '"area_id": "1\\ud800"'))
    assert read(path, "areas")["area_id"].tolist() == ["0", "1?"]


def test_heights_are_left_out(tmp_path):
    high = [[x, y, 250.0] for x, y in SQUARE]
    areas = read(collection(tmp_path / "areas.geojson", polygon(high)), "areas")
    assert not areas.has_z.any()
    assert areas.geometry[0].equals(shapely.box(18.0, 44.0, 18.01, 44.01))


def test_text_that_is_no_wkt_is_told(tmp_path):
    path = tmp_path / "areas.csv"
    path.write_text("area_id;wkt\n1;POLYGON ((18 44\n2;\n3;POLYGON EMPTY\n4;POINT (18 44)\n")
    areas = read(path, "areas", crs=4326)
    assert len(areas) == 4
    problems = find_problems(areas, "areas")
    assert problems[["row", "rule", "message"]].values.tolist()[:3] == [
        [0, "R7", "unreadable WKT: no geometry"],
        [1, "R7", "no geometry"],
        [2, "R7", "empty geometry in the file"],
    ]
    assert (3, "R10") in told(areas)


def test_points_with_half_a_coordinate(tmp_path):
    path = tmp_path / "accidents.csv"
    path.write_text("accident_id,lon,lat\n1,18,\n2,18,north\n3,,\n4,18,44\n")
    accidents = read(path, "accidents", crs=4326)
    assert accidents.geometry.isna().tolist() == [True, True, True, False]
    problems = find_problems(accidents, "accidents")
    assert problems.loc[problems["rule"] == "R7", "row"].tolist() == [0, 1, 2]
    assert problems.loc[problems["rule"] == "R3", ["row", "value"]].values.tolist() == [[1, "north"]]


@pytest.mark.parametrize(("x", "y"), [(11.6, 104.9), (650_000.0, 1_280_000.0), (181.0, 10.0), (-190.0, 0.0)])
def test_coordinates_off_the_earth_are_found(tmp_path, x, y):
    path = tmp_path / "accidents.csv"
    path.write_text(f"accident_id,lon,lat\n1,{x},{y}\n2,104.9,11.6\n")
    problems = find_problems(read(path, "accidents", crs=4326), "accidents")
    assert problems[["row", "rule"]].values.tolist() == [[0, "R11"]]


@pytest.mark.parametrize(
    ("epsg", "x", "y"),
    [
        (4131, 104.9, 11.6),
        (3148, 490_000, 1_282_000),
        (4230, 44.3, 33.3),
        (4220, 15.0, -9.0),
        (4270, 47.0, 30.0),
        (4147, 105.8, 21.0),
    ],
    ids=["Indian 1960 Cambodia", "the same, UTM", "ED50 Iraq", "Camacupa", "Nahrwan", "Hanoi 1972"],
)
def test_a_datum_that_reaches_wgs84_only_by_a_guess_is_refused(tmp_path, epsg, x, y):
    path = tmp_path / "accidents.csv"
    path.write_text(f"accident_id,lon,lat\n1,{x},{y}\n")
    with pytest.raises(
        CRSError, match=rf"'accidents\.csv': No operation from EPSG:{epsg} to EPSG:4326 is good to 10 m"
    ):
        read(path, "accidents", crs=epsg)


def test_no_crs_is_refused_and_a_declared_one_goes_first(tmp_path):
    frame = gpd.GeoDataFrame({"ID": ["1"]}, geometry=[shapely.box(650_000, 1_280_000, 650_100, 1_280_100)])
    path = tmp_path / "areas.shp"
    frame.set_crs(32648).to_file(path)
    path.with_suffix(".prj").unlink()
    with pytest.raises(CRSError, match=r"'areas\.shp': The coordinates have no reference system\. Fix: read\(.*crs="):
        read(path, "areas", columns={"ID": "area_id"})
    assert read(path, "areas", columns={"ID": "area_id"}, crs=32648).crs.to_epsg() == 32648
    wrong = frame.set_crs(4326)
    wrong.to_file(tmp_path / "wrong.gpkg")
    areas = read(tmp_path / "wrong.gpkg", "areas", columns={"ID": "area_id"}, crs="EPSG:32648")
    assert areas.crs.to_epsg() == 32648
    assert areas.geometry[0].equals(frame.geometry[0])


def test_geojson_with_an_unknown_crs_is_refused(tmp_path):
    path = collection(tmp_path / "areas.geojson", polygon(SQUARE[:-1]))
    document = json.loads(path.read_text())
    document["crs"] = {"type": "name", "properties": {"name": "EPSG:999999"}}
    path.write_text(json.dumps(document))
    with pytest.raises((CRSError, DataError), match=r"areas\.geojson"):
        read(path, "areas")


def ids_of(folder: Path, shapes: list[Any], suffix: str = ".parquet") -> list[str]:
    path = folder / f"shapes{suffix}"
    frame = gpd.GeoDataFrame({"n": range(len(shapes))}, geometry=shapes, crs=4326)
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_file(path)
    return read(path, "areas", ids="geometry")["area_id"].tolist()


def turned(shape: shapely.Polygon, start: int, is_reversed: bool) -> shapely.Polygon:
    ring = list(shape.exterior.coords)[:-1]
    ring = ring[start:] + ring[:start]
    return shapely.Polygon(ring[::-1] if is_reversed else ring)


SHAPE = shapely.Polygon([(18, 44), (18.02, 44.001), (18.03, 44.02), (18.01, 44.03), (18.001, 44.015)])


@settings(max_examples=20, deadline=None)
@given(start=st.integers(0, 4), is_reversed=st.booleans(), order=st.permutations(range(3)))
def test_the_same_shape_has_the_same_id(tmp_path_factory, start, is_reversed, order):
    folder = tmp_path_factory.mktemp("ids")
    shapes = [SHAPE, affinity.translate(SHAPE, 0.1), affinity.scale(SHAPE, 1, 0.5)]
    first = ids_of(folder, shapes)
    assert len(set(first)) == 3
    again = ids_of(folder, [turned(shapes[i], start, is_reversed) for i in order])
    assert again == [first[i] for i in order]


def test_one_part_or_a_list_of_one_part_is_the_same_shape(tmp_path):
    assert ids_of(tmp_path, [SHAPE]) == ids_of(tmp_path, [shapely.MultiPolygon([SHAPE])])
    assert ids_of(tmp_path, [SHAPE], ".gpkg") == ids_of(tmp_path, [SHAPE], ".geojson") == ids_of(tmp_path, [SHAPE])


def test_exact_repeats_get_a_suffix_and_shapeless_rows_their_row(tmp_path):
    shapes = [SHAPE, None, turned(SHAPE, 2, True), None, SHAPE]
    ids = ids_of(tmp_path, shapes)
    assert ids[2] == ids[0] + "~2"
    assert ids[4] == ids[0] + "~3"
    assert (ids[1], ids[3]) == ("HA-none-row2", "HA-none-row4")
    areas = read(tmp_path / "shapes.parquet", "areas", ids="geometry")
    problems = find_problems(areas, "areas")
    assert problems.loc[problems["rule"] == "R9", ["row", "value"]].values.tolist() == [[2, ids[0]], [4, ids[0]]]
    assert problems.loc[problems["rule"] == "R7", "row"].tolist() == [1, 3]
    assert ids[0] == ids_of(tmp_path, [affinity.translate(SHAPE, 1), SHAPE])[1]


def test_ids_by_row(tmp_path):
    path = tmp_path / "funding.csv"
    path.write_text("year,amount_usd,donor\n2020,5,A\n2021,6,B\n2020,5,A\n")
    funding = read(path, "funding", ids="row")
    assert funding["flow_id"].is_unique
    taken = read(path, "funding", ids="row", where={"donor": "B"})
    assert taken["flow_id"].tolist() == [funding["flow_id"][1]]


def test_events_get_an_area_from_their_shape(tmp_path):
    path = tmp_path / "events.parquet"
    gpd.GeoDataFrame({"event": ["suspected", "suspected"]}, geometry=[SHAPE, None], crs=4326).to_parquet(path)
    events = read(path, "events", ids="geometry")
    assert events["event_id"].is_unique
    assert events["area_id"].is_unique
    assert [area[2:] == event[2:] for area, event in zip(events["area_id"], events["event_id"], strict=True)] == [
        True
    ] * 2


def test_one_coordinate_off_the_earth_costs_its_own_row_only(tmp_path):
    shapes = [shapely.box(500_000, 4_000_000, 500_100, 4_000_100), shapely.box(1e30, 0, 1e30 + 1e29, 1e29)]
    gpd.GeoDataFrame({"area_id": ["A", "B"]}, geometry=shapes, crs=32633).to_file(tmp_path / "areas.gpkg")
    areas = read(tmp_path / "areas.gpkg", "areas")
    assert areas.geometry.isna().tolist() == [False, True]
    assert (1, "R11") in told(areas)
    events = lr.events_from_areas(areas, as_of="2024-01-01")
    assert lr.status_on(events, "2024-12-31")["area_id"].tolist() == ["A", "B"]
