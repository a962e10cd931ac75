"""Files for others: what leaves and what never does, whole or not at all, and read back as it was."""

from __future__ import annotations

import csv
import itertools
import json
import re
import sqlite3
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from landrelease import DataWarning, OptionError, describe, read, write_csv, write_geojson, write_geopackage
from landrelease.maps.style import PAGE_COLUMNS
from landrelease.tables import RESULTS, hxl_tag, is_person_column

PLANE = "EPSG:32633"
PERSONAL = ("victim_name", "phone", "NationalId", "killed_count", "owner_name", "notes", "informant", "women_count")
TEXTS = ("<script>", "{{ 7*7 }}", "${x}", "`", "\\", "</style>", "\u202eabc", "\u200b", "ភូមិ", "a" * 10_000, "=1+1",
         'say "x"', "line\nbreak", "'; DROP TABLE areas; --")  # fmt: skip
SPOILT = ("half \ud800", "null \0 end")
NAMES = ("a b", "ភូមិ", "land-1.2", "ä", "Select", "table", "x" * 200)
BAD_NAMES = ("", " ", "gpkg_contents", "GPKG_x", "layer_styles", "sqlite_master", "rtree_areas_geom", "a\0b", "a\nb",
             'a"b', "a'b", "a|b", "<b>", "{{7*7}}", "a/b", "\ud800", 7)  # fmt: skip

pytestmark = pytest.mark.filterwarnings("ignore:columns that stay behind")


def square(column: float, size: float = 80.0) -> Any:
    return shapely.box(500_000 + column * 100, 4_870_000, 500_000 + column * 100 + size, 4_870_000 + size)


def areas_of(count: int = 3, **columns: Any) -> gpd.GeoDataFrame:
    base = {
        "area_id": [f"HA-{k}" for k in range(count)], "status": ["open"] * count, "hazard_class": ["SHA"] * count,
        "area_m2": [6400.0] * count, "admin_code": ["U1"] * count,
    }  # fmt: skip
    return gpd.GeoDataFrame({**base, **columns}, geometry=[square(k) for k in range(count)], crs=PLANE)


def units() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"admin_code": ["U1"], "name": ["Unit"], "level": [1]}, geometry=[square(-5, 5000)],
                            crs=PLANE)  # fmt: skip


def releases() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"release_id": ["R1"], "verdict": ["unused"]}, geometry=[square(9)], crs=PLANE)


def of_layer(path: Path, layer: str) -> gpd.GeoDataFrame:
    return gpd.read_file(path, layer=layer) if path.suffix == ".gpkg" else gpd.read_file(path)


WRITERS = [
    lambda folder, frame, **options: write_csv(folder / "t.csv", frame, **options),
    lambda folder, frame, **options: write_geojson(folder / "t.geojson", frame, **options),
    lambda folder, frame, **options: write_geopackage(folder / "t.gpkg", {"t": frame}, **options),
]


@pytest.mark.parametrize("write", WRITERS)
def test_no_column_of_persons_leaves_asked_or_not(tmp_path, write):
    token = "zqcanary"
    frame = areas_of(**dict.fromkeys((*PERSONAL, "my_column", "read_findings", "source_id"), token))
    path = write(tmp_path, frame)
    assert token.encode() not in path.read_bytes()
    path.unlink()
    for name in PERSONAL:
        with pytest.raises(OptionError, match="could hold people"):
            write(tmp_path, frame, columns=[name])
    assert list(tmp_path.iterdir()) == []
    assert token.encode() in write(tmp_path, frame, columns=["my_column"]).read_bytes()


def test_nothing_that_leaves_by_itself_is_of_persons(tmp_path):
    """Beside the lists of the pages, results leave with what the package declares, less what could hold people."""
    for name in PAGE_COLUMNS:
        assert not any(map(is_person_column, PAGE_COLUMNS[name]))
    declared = {column for table in RESULTS for column in describe(table)["column"]}
    ids = {"accident_id", "area_id", "release_id", "location_id", "admin_code"}
    frame = pd.DataFrame({name: ["x"] for name in sorted((declared | set(PERSONAL)) - ids)})
    path = write_csv(tmp_path / "a.csv", frame)
    left = path.read_text(encoding="utf-8-sig").splitlines()[0].split(",")
    assert len(left) > 50
    assert not any(map(is_person_column, left))
    assert not {"value", "message", "read_findings"} & set(left)
    text = write_csv(tmp_path / "n.csv", pd.DataFrame({"measure": ["theil"], "value": [0.25]})).read_text("utf-8-sig")
    assert text.split() == ["measure,value", "theil,0.25"]


@pytest.mark.parametrize("write", WRITERS)
def test_texts_come_back_as_they_were(tmp_path, write):
    frame = areas_of(len(TEXTS), operator=list(TEXTS))
    path = write(tmp_path, frame, columns=["operator"])
    if path.suffix == ".csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            back = [row["operator"] for row in csv.DictReader(file)]
        assert back == [text if text != "=1+1" else "'=1+1" for text in TEXTS]
    else:
        assert of_layer(path, "t")["operator"].tolist() == list(TEXTS)


@pytest.mark.parametrize("write", WRITERS)
def test_what_no_file_can_hold_is_made_visible(tmp_path, write):
    frame = areas_of(2)
    frame["operator"] = pd.Series(SPOILT, dtype="object")
    path = write(tmp_path, frame, columns=["operator"])
    assert "half \ufffd" in path.read_bytes().decode("utf-8", "replace")
    if path.suffix != ".csv":
        assert of_layer(path, "t")["operator"].tolist() == ["half \ufffd", "null \ufffd end"]


@pytest.mark.parametrize("name", NAMES)
def test_layers_of_any_script_are_styled_and_read_again(tmp_path, name):
    path = write_geopackage(tmp_path / "a.gpkg", {name: areas_of()})
    back = gpd.read_file(path, layer=name)
    assert back["area_id"].tolist() == ["HA-0", "HA-1", "HA-2"]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT f_table_name FROM layer_styles").fetchall() == [(name,)]
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    # the table of styles is no layer that a reader must choose from
    assert len(read(path, "areas")) == 3


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_no_layer_can_have_are_refused(tmp_path, name):
    with pytest.raises(OptionError, match="1 of 2 names"):
        write_geopackage(tmp_path / "a.gpkg", {"areas": areas_of(), name: areas_of()})
    assert list(tmp_path.iterdir()) == []


def test_names_that_sqlite_can_not_tell_apart_are_refused(tmp_path):
    with pytest.raises(OptionError, match="can not tell apart"):
        write_geopackage(tmp_path / "a.gpkg", {"areas": areas_of(), "Areas": areas_of()})
    with pytest.raises(OptionError, match="can not tell apart"):
        write_geopackage(tmp_path / "a.gpkg", {"a": areas_of(Operator="x", operator="y")},
                         columns=["Operator", "operator"])  # fmt: skip
    with pytest.raises(OptionError, match="empty"):
        write_geopackage(tmp_path / "a.gpkg", {})


def test_columns_that_a_geopackage_uses_itself_stay(tmp_path):
    path = write_geopackage(tmp_path / "a.gpkg", {"a": areas_of(fid=["x", "y", "z"], geom=["1", "2", "3"])},
                            columns=["fid", "geom"])  # fmt: skip
    back = of_layer(path, "a")
    assert back["fid"].tolist() == ["x", "y", "z"]
    assert back["geom"].tolist() == ["1", "2", "3"]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT f_geometry_column FROM layer_styles").fetchall() == [("geom_",)]
    connection.close()


def test_a_geopackage_is_of_version_1_2_keeps_the_crs_and_says_what_it_is(tmp_path):
    layers = {"areas": areas_of(), "elsewhere": areas_of().to_crs(4326), "use": pd.DataFrame({"released_m2": [1.0]})}
    path = write_geopackage(tmp_path / "a.gpkg", layers)
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (10200,)
        said = dict(connection.execute("SELECT table_name, description FROM gpkg_contents").fetchall())
    connection.close()
    assert "Internal use" in said["areas"]
    assert "not evidence of no contamination" in said["areas"]
    assert gpd.read_file(path, layer="areas").crs == PLANE
    assert gpd.read_file(path, layer="elsewhere").crs.to_epsg() == 4326
    assert shapely.equals_exact(
        gpd.read_file(path, layer="areas").geometry.to_numpy(), areas_of().geometry.to_numpy()
    ).all()
    assert "layer_styles" not in {
        name for name, _ in pyogrio.list_layers(write_geopackage(tmp_path / "b.gpkg", layers, styles=False))
    }


def test_empty_layers_null_geometries_and_missing_values(tmp_path):
    frame = areas_of(3, area_m2=[1.5, np.nan, np.inf], survey_date=pd.to_datetime(["2020-05-17", None, "1999-01-01"]))
    frame["hazard_class"] = pd.Series(["SHA", None, None], dtype="str")
    frame.loc[1, "geometry"] = None
    frame.loc[2, "geometry"] = shapely.Polygon()
    path = write_geopackage(tmp_path / "a.gpkg", {"areas": frame, "none": frame.iloc[:0], "lost": frame.iloc[[1]]})
    back = gpd.read_file(path, layer="areas")
    assert back.geometry.isna().tolist()[:2] == [False, True]
    assert back["hazard_class"].isna().tolist() == [False, True, True]
    assert back["survey_date"].isna().tolist() == [False, True, False]
    assert len(gpd.read_file(path, layer="none")) == 0
    assert gpd.read_file(path, layer="none").crs == PLANE
    web = json.loads(write_geojson(tmp_path / "a.geojson", frame).read_text(encoding="utf-8"))
    assert [one["geometry"] is None for one in web["features"]] == [False, True, True]
    assert [one["properties"]["area_m2"] for one in web["features"]] == [1.5, None, None]
    assert [one["properties"]["survey_date"] for one in web["features"]] == ["2020-05-17", None, "1999-01-01"]


def test_geojson_is_that_of_the_standard(tmp_path):
    """RFC 7946: longitude and latitude in WGS 84, no member crs, outer rings counter-clockwise, holes clockwise."""
    ring = shapely.Polygon(square(0).exterior.coords[::-1], [square(0, 40).exterior.coords])
    frame = areas_of(2)
    frame.loc[0, "geometry"] = ring
    collection = json.loads(write_geojson(tmp_path / "a.geojson", frame).read_text(encoding="utf-8"))
    assert "crs" not in collection
    assert collection["type"] == "FeatureCollection"
    rings = collection["features"][0]["geometry"]["coordinates"]

    def turn(points: list[list[float]]) -> float:
        return sum((x2 - x1) * (y2 + y1) for (x1, y1), (x2, y2) in itertools.pairwise(points))

    assert turn(rings[0]) < 0 < turn(rings[1])
    assert rings[0][0][0] == pytest.approx(15, abs=0.01)
    assert rings[0][0][1] == pytest.approx(43.98, abs=0.02)
    back = gpd.read_file(tmp_path / "a.geojson").to_crs(PLANE)
    assert shapely.hausdorff_distance(back.geometry.to_numpy(), frame.geometry.to_numpy()).max() < 0.02
    across = gpd.GeoDataFrame({"release_id": ["R"], "verdict": ["unused"]},
                              geometry=[shapely.box(170, -10, -170 + 360, -9)], crs=4326)  # fmt: skip
    shape = json.loads(write_geojson(tmp_path / "b.geojson", across).read_text(encoding="utf-8"))["features"][0]
    assert all(abs(x) <= 180 for part in shape["geometry"]["coordinates"] for ring in part for x, _ in ring)


def test_a_table_without_shapes_is_geojson_with_null_geometries(tmp_path):
    table = pd.DataFrame({"released_m2": [1.0], "release_count": pd.Series([3], dtype="Int64")})
    (one,) = json.loads(write_geojson(tmp_path / "a.geojson", table).read_text(encoding="utf-8"))["features"]
    assert one == {"type": "Feature", "properties": {"released_m2": 1.0, "release_count": 3}, "geometry": None}


def test_hashtags_are_of_the_form_of_the_standard():
    """HXL 1.1, 2: a hashtag is letters, digits and underscores, the first a letter; attributes follow with a plus."""
    form = re.compile(r"#[a-z][a-z0-9_]*(\+[a-z][a-z0-9_]*)*")
    core = {"#loc", "#activity", "#status", "#meta", "#sector", "#org", "#date", "#population", "#indicator"}
    columns = {column for table in RESULTS for column in describe(table)["column"]}
    columns |= {column for names in PAGE_COLUMNS.values() for column in names}
    tags = {column: hxl_tag(column) for column in columns}
    for column, tag in tags.items():
        assert tag == "" or form.fullmatch(tag), column
        assert tag == "" or tag.split("+")[0] in core, column
    for table, names in PAGE_COLUMNS.items():
        used = [tags[name] for name in names if tags[name]]
        assert len(used) == len(set(used)), table
    assert hxl_tag("x y_m2") == hxl_tag("{{_m2") == hxl_tag("_m2") == ""


def test_hashtags_stand_in_the_second_row_and_beside_the_features(tmp_path):
    frame = areas_of(1, mine=["x"])
    lines = (
        write_csv(tmp_path / "a.csv", frame, columns=["mine"], hxl=True).read_text(encoding="utf-8-sig").splitlines()
    )
    assert lines[0].split(",") == ["area_id", "status", "hazard_class", "area_m2", "admin_code", "mine"]
    assert lines[1].split(",")[0] == "#loc+hazard+code"
    assert lines[1].split(",")[-1] == ""
    assert lines[2].split(",")[0] == "HA-0"
    web = json.loads(write_geojson(tmp_path / "a.geojson", frame, hxl=True).read_text(encoding="utf-8"))
    assert web["hxl"]["area_m2"] == "#indicator+area+m2+num"
    assert set(web["hxl"]) <= set(web["features"][0]["properties"])


def hazard_places(path: Path, frame: gpd.GeoDataFrame) -> bool:
    """Tell whether a file has the corner of a hazard, as text or as the bytes of a number."""
    content = path.read_bytes()
    for crs in (PLANE, 4326):
        for x in shapely.get_coordinates(frame.to_crs(crs).geometry.to_numpy())[:, 0]:
            if np.float64(x).tobytes() in content or f"{x:.5f}"[:8].encode() in content:
                return True
    return False


@pytest.mark.parametrize("hazards", ["admin", "none"])
def test_uncleared_land_is_not_in_a_file_for_the_public(tmp_path, hazards):
    areas = areas_of()
    layers = {"areas": areas, "conflicts": areas.assign(other_area_id="x"), "ranking": areas.assign(rank=1),
              "releases": releases(), "units": units()}  # fmt: skip
    exact = write_geopackage(tmp_path / "exact.gpkg", layers)
    assert hazard_places(exact, areas)
    path = write_geopackage(tmp_path / "a.gpkg", layers, hazards=hazards)
    assert {name for name, _ in pyogrio.list_layers(path)} == {"releases", "units", "layer_styles"}
    assert not hazard_places(path, areas)
    assert b"HA-0" not in path.read_bytes()
    found = gpd.read_file(path, layer="units")
    if hazards == "admin":
        assert found["hazardous_m2"].tolist() == [3 * 6400]
    else:
        assert not {"hazardous_m2", "hazard_count", "hazards_said"} & set(found)
        told = units().assign(hazardous_m2=1.0, hazard_count=1)
        back = of_layer(write_geopackage(path, {"units": told}, hazards="none"), "units")
        assert not {"hazardous_m2", "hazard_count"} & set(back)


def test_areas_by_unit_are_the_units(tmp_path):
    web = write_geojson(tmp_path / "a.geojson", areas_of(), hazards="admin", admin_areas=units())
    (one,) = json.loads(web.read_text(encoding="utf-8"))["features"]
    assert one["properties"]["admin_code"] == "U1"
    assert one["properties"]["hazardous_m2"] == 3 * 6400
    table = write_csv(tmp_path / "a.csv", areas_of(), hazards="admin", admin_areas=units())
    assert pd.read_csv(table)["hazard_count"].tolist() == [3]


@pytest.mark.parametrize("write", WRITERS)
def test_what_could_hold_uncleared_land_is_refused(tmp_path, write):
    events = gpd.GeoDataFrame({"event_id": ["E"]}, geometry=[square(0)], crs=PLANE)
    listed = pd.DataFrame({"area_id": ["HA-1"], "score": [1.0]})
    for frame in (events, listed):
        with pytest.raises(OptionError, match="could hold uncleared land"):
            write(tmp_path, frame, hazards="none")
        write(tmp_path, frame)
    with pytest.raises(OptionError, match="needs the units"):
        write(tmp_path, areas_of(), hazards="admin")
    for table in (releases(), units(), pd.DataFrame({"released_m2": [1.0]})):
        write(tmp_path, table, hazards="none")


@pytest.mark.parametrize("write", WRITERS)
def test_the_place_of_an_accident_never_leaves(tmp_path, write):
    accidents = gpd.GeoDataFrame({"accident_id": ["AC-1"], "killed_count": [1]}, geometry=[square(0).centroid],
                                 crs=PLANE)  # fmt: skip
    with pytest.raises(OptionError, match="never in a file"):
        write(tmp_path, accidents)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("write", WRITERS)
def test_a_file_is_there_whole_or_as_it_was(tmp_path, write, monkeypatch):
    path = write(tmp_path, areas_of())
    before = path.read_bytes()
    fine = areas_of(5)

    def broken(*_: Any, **__: Any) -> Any:
        raise OSError("No space left on device")

    for target in ("pandas.DataFrame.to_csv", "pathlib.Path.write_text", "landrelease.report.files._write_styles"):
        monkeypatch.setattr(target, broken)
    with pytest.raises(OSError, match="No space"):
        write(tmp_path, fine)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("write", WRITERS)
def test_frames_are_not_changed_and_folders_are_made(tmp_path, write):
    frame = areas_of(
        note_count=pd.Series([1, None, 2], dtype="Int64"), ok=pd.Series([True, None, False], dtype="boolean")
    )
    kept = frame.copy(deep=True)
    path = write(tmp_path / "new" / "folder", frame, columns=["note_count", "ok"])
    assert path.exists()
    pd.testing.assert_frame_equal(frame, kept)


def test_columns_that_stay_behind_are_told(tmp_path):
    frame = areas_of(owner_name="zq", my_column="zq")
    with pytest.warns(DataWarning, match=r"columns that stay behind: owner_name, my_column\.\n  Fix: name in columns="):
        write_csv(tmp_path / "a.csv", frame)
    with pytest.warns(DataWarning, match=r"columns that stay behind: of 'areas' owner_name\."):
        write_geopackage(tmp_path / "a.gpkg", {"areas": frame}, columns=["my_column"])
