"""Files that nobody vouches for: each is read whole, or refused with a reason; none opens another file or runs wild."""

from __future__ import annotations

import importlib
import itertools
import json
import os
import sqlite3
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pyogrio
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.formula import ArrayFormula

from landrelease import CRSError, DataError, DataWarning, OptionError, read
from landrelease.read import apart
from landrelease.read.limits import within_limits

ROOT = Path(__file__).resolve().parents[2]
IDS = list("abcd")


def layer(ids=IDS) -> gpd.GeoDataFrame:
    boxes = [shapely.box(18 + i / 10, 44, 18.05 + i / 10, 44.1) for i in range(len(ids))]
    return gpd.GeoDataFrame({"area_id": ids}, geometry=boxes, crs=4326)


@pytest.fixture
def package(tmp_path):
    path = tmp_path / "areas.gpkg"
    layer().to_file(path, layer="haz ards")
    return path


def sql(path: Path, script: str) -> None:
    """Run SQL as a program that is not GDAL would, with the spatial functions that the triggers call."""
    base = sqlite3.connect(path)
    base.create_function("ST_IsEmpty", 1, lambda _: 0)
    for name in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        base.create_function(name, 1, lambda _: 0.0)
    base.executescript(script)
    base.commit()
    base.close()


# GeoPackage: a database can show other rows than it holds


def test_triggers_that_gdal_writes_are_known(tmp_path):
    path = tmp_path / "all.gpkg"
    for name in ("haz ards", 'a "quoted"; name', "Ñ'x"):
        layer().to_file(path, layer=name, geometry_name="the_geom", dataset_metadata={"TITLE": "x"})
    base = sqlite3.connect(path)
    assert base.execute("SELECT count(*) FROM sqlite_master WHERE type = 'trigger'").fetchone()[0] > 30
    base.close()
    for name in ("haz ards", "Ñ'x"):
        assert read(path, "areas", layer=name)["area_id"].tolist() == IDS


OLD_RTREE = """
CREATE TRIGGER rtree_haz_update1 AFTER UPDATE OF geom ON "haz ards"
  WHEN OLD.fid = NEW.fid AND (NEW.geom NOTNULL AND NOT ST_IsEmpty(NEW.geom))
BEGIN
  INSERT OR REPLACE INTO "rtree_haz ards_geom" VALUES (
    NEW.fid, ST_MinX(NEW.geom), ST_MaxX(NEW.geom), ST_MinY(NEW.geom), ST_MaxY(NEW.geom)); -- a remark; with a semicolon
END;
CREATE TRIGGER rtree_haz_update3 AFTER UPDATE ON `haz ards` WHEN OLD.fid != NEW.fid
BEGIN
  DELETE FROM [rtree_haz ards_geom] WHERE id = OLD.fid;
  INSERT OR REPLACE INTO 'rtree_haz ards_geom' VALUES (NEW.fid, 0, 0, 0, 0);
END;
"""
METADATA = """
CREATE TRIGGER 'gpkg_metadata_md_scope_insert' BEFORE INSERT ON 'gpkg_metadata' FOR EACH ROW BEGIN
SELECT RAISE(ABORT, 'insert on table gpkg_metadata violates constraint: md_scope must be one of undefined | dataset')
WHERE NOT(NEW.md_scope IN ('undefined','fieldSession','collectionSession','series','dataset'));
END;
CREATE TRIGGER 'gpkg_metadata_reference_timestamp_insert' BEFORE INSERT ON 'gpkg_metadata_reference'
FOR EACH ROW BEGIN
SELECT RAISE(ABORT, 'insert on table gpkg_metadata_reference violates constraint: timestamp')
WHERE NOT (NEW.timestamp GLOB '[1-2][0-9][0-9][0-9]-[0-1][0-9]-[0-3][0-9]' AND strftime('%s', NEW.timestamp) NOT NULL);
END;
"""
OGC_VIEWS = """
CREATE VIEW st_spatial_ref_sys AS SELECT srs_name, srs_id, organization, organization_coordsys_id, definition,
  description FROM gpkg_spatial_ref_sys;
CREATE VIEW st_geometry_columns AS SELECT table_name, column_name, "ST_" || geometry_type_name AS geometry_type_name,
  g.srs_id, srs_name FROM gpkg_geometry_columns as g JOIN gpkg_spatial_ref_sys AS s WHERE g.srs_id = s.srs_id;
"""


def test_triggers_and_views_of_the_standard_are_known(package):
    # GeoPackage 1.2.1, annexes C (SQL/MM views), D (metadata triggers) and F.3 (rtree triggers)
    tables = "CREATE TABLE gpkg_metadata (md_scope); CREATE TABLE gpkg_metadata_reference (timestamp);"
    sql(package, tables + METADATA + OLD_RTREE + OGC_VIEWS)
    assert read(package, "areas", layer="haz ards")["area_id"].tolist() == IDS


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("CREATE TRIGGER t AFTER INSERT ON \"haz ards\" BEGIN UPDATE \"haz ards\" SET area_id='x'; END;", "trigger"),
        # in the name of an index, or behind a harmless statement, or by a function
        ('CREATE TRIGGER "rtree_haz ards_geom_x" AFTER DELETE ON "haz ards" BEGIN DELETE FROM "haz ards"; END;',
         "trigger"),
        (
            'CREATE TRIGGER t AFTER INSERT ON "haz ards" BEGIN '
            "UPDATE gpkg_ogr_contents SET feature_count = feature_count + 1 WHERE 1; DELETE FROM \"haz ards\"; END;",
            "trigger",
        ),
        (
            'CREATE TRIGGER t AFTER INSERT ON "haz ards" BEGIN '
            "DELETE FROM \"rtree_haz ards_geom\" WHERE id = load_extension('x'); END;",
            "trigger",
        ),
        ("CREATE TRIGGER t BEFORE INSERT ON \"haz ards\" BEGIN SELECT RAISE(IGNORE); END;", "trigger"),
        ("CREATE TRIGGER t AFTER INSERT ON gpkg_contents BEGIN UPDATE gpkg_ogr_contents SET feature_count = 0; END;",
         "trigger"),
        ('CREATE TABLE rtree_x(id); CREATE TRIGGER t AFTER INSERT ON gpkg_contents BEGIN DELETE FROM rtree_x; END;',
         "trigger"),
        ('CREATE VIEW v AS SELECT * FROM "haz ards"', "view"),
        ('CREATE VIEW st_geometry_columns AS SELECT * FROM "haz ards"', "view"),
        ("CREATE VIEW geometry_columns AS SELECT randomblob(1000000000) FROM gpkg_contents", "view"),
        ("CREATE VIEW v AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT x FROM c", "view"),
        ("CREATE VIRTUAL TABLE words USING fts4(x)", "virtual table"),
    ],
)  # fmt: skip
def test_other_triggers_views_and_virtual_tables_are_refused(package, script, said):
    sql(package, script)
    with pytest.raises(DataError, match=rf"'areas\.gpkg' holds the {said} '.*', which no GeoPackage needs"):
        read(package, "areas", layer="haz ards")


def test_a_view_in_the_place_of_a_layer_is_refused(package):
    sql(
        package,
        'CREATE TABLE kept AS SELECT * FROM "haz ards"; DROP TABLE "haz ards"; '
        "CREATE VIEW \"haz ards\" AS SELECT * FROM kept WHERE area_id <> 'b';",
    )
    with pytest.raises(DataError, match="the view 'haz ards'"):
        read(package, "areas", layer="haz ards")


@pytest.mark.parametrize("count", [1, 0, 3])
def test_a_row_count_that_is_too_low_loses_no_row_in_silence(package, count):
    sql(package, f"UPDATE gpkg_ogr_contents SET feature_count = {count}")
    with pytest.raises(DataError, match=rf"holds 4 rows, but only {count} can be read"):
        read(package, "areas")


@pytest.mark.parametrize("count", [9, "NULL"])
def test_a_row_count_that_is_too_high_or_missing_does_no_harm(package, count):
    sql(package, f"UPDATE gpkg_ogr_contents SET feature_count = {count}")
    assert read(package, "areas")["area_id"].tolist() == IDS


def test_a_spatial_index_that_lacks_a_row_is_told_and_the_row_is_read(package):
    sql(package, 'DELETE FROM "rtree_haz ards_geom" WHERE id = 2')
    assert len(pyogrio.read_dataframe(package, bbox=(18.11, 44, 18.12, 44.1))) == 0  # what another program sees
    with pytest.warns(DataWarning, match="the spatial index lacks 1 of 4 rows"):
        assert read(package, "areas")["area_id"].tolist() == IDS


def test_rows_without_a_shape_lack_in_no_index(tmp_path):
    path = tmp_path / "areas.gpkg"
    frame = layer()
    frame.geometry = [frame.geometry[0], None, shapely.Polygon(), frame.geometry[3]]
    frame.to_file(path)
    assert read(path, "areas").geometry.notna().tolist() == [True, False, False, True]


def test_a_database_without_its_newest_rows_is_told(package, tmp_path):
    copy = tmp_path / "copies" / "areas.gpkg"
    copy.parent.mkdir()
    base = sqlite3.connect(package)
    base.execute("PRAGMA journal_mode=WAL")
    base.execute("PRAGMA wal_autocheckpoint=0")
    base.execute('DROP TRIGGER "rtree_haz ards_geom_delete"')
    base.execute("DELETE FROM \"haz ards\" WHERE area_id = 'b'")
    base.commit()
    for ending in ("", "-wal"):
        Path(f"{copy}{ending}").write_bytes(Path(f"{package}{ending}").read_bytes())
    base.close()
    assert read(copy, "areas")["area_id"].tolist() == ["a", "c", "d"]
    Path(f"{copy}-wal").unlink(missing_ok=True)
    copy.write_bytes(package.read_bytes()[:18] + b"\x02\x02" + package.read_bytes()[20:])
    with pytest.warns(DataWarning, match=r"newest rows may stand in 'areas\.gpkg-wal', which is not there"):
        read(copy, "areas")
    assert [one.name for one in copy.parent.iterdir()] == ["areas.gpkg"]  # nothing was left beside it


def test_a_database_that_a_writer_left_half_done_is_refused(package):
    base = sqlite3.connect(package, isolation_level=None)
    base.execute("PRAGMA cache_size=1")
    for (name,) in base.execute(
        "SELECT name FROM sqlite_master WHERE tbl_name = 'haz ards' AND type = 'trigger'"
    ).fetchall():
        base.execute(f'DROP TRIGGER "{name}"')
    base.execute("BEGIN IMMEDIATE")
    base.execute("UPDATE \"haz ards\" SET area_id = 'x'")
    base.executemany('INSERT INTO "haz ards"(area_id) VALUES (?)', [("q" * 1000,)] * 500)
    half = package.with_name("half.gpkg")
    half.write_bytes(package.read_bytes())
    Path(f"{half}-journal").write_bytes(Path(f"{package}-journal").read_bytes())
    base.execute("ROLLBACK")
    base.close()
    with pytest.raises(DataError, match=r"a writer stopped before it was done \('half\.gpkg-journal'\)"):
        read(half, "areas")
    Path(f"{half}-journal").unlink()
    with pytest.raises(DataError, match=r"'half\.gpkg' is damaged"):
        read(half, "areas")


def test_a_registry_is_no_layer(package):
    sql(package, "CREATE TABLE lr_meta (key TEXT PRIMARY KEY, value TEXT)")
    with pytest.raises(DataError, match=r"is a registry of landrelease.*\n  Fix: open it with landrelease\.Registry"):
        read(package, "areas")


def test_a_schema_in_bytes_is_read_as_the_text_that_it_is(package):
    sql(
        package,
        "CREATE VIEW v AS SELECT 1; PRAGMA writable_schema=ON; "
        "UPDATE sqlite_master SET sql = CAST(sql AS BLOB), name = CAST(name AS BLOB) WHERE name = 'v';",
    )
    with pytest.raises(DataError, match=r"'areas\.gpkg'.*(the view 'v'|malformed)"):
        read(package, "areas")


def test_a_geopackage_in_an_archive_is_checked_too(package, tmp_path):
    path = tmp_path / "packed.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(package, "folder/areas.gpkg")
    assert read(path, "areas")["area_id"].tolist() == IDS
    sql(package, 'CREATE VIEW v AS SELECT * FROM "haz ards"')
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(package, "folder/areas.gpkg")
    with pytest.raises(DataError, match=r"'packed\.zip'.*the view 'v'"):
        read(path, "areas")


# archives


def packed(path: Path, **members: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, file in members.items():
            archive.write(file, name)
    return path


def test_an_archive_of_several_kinds_needs_the_name_of_one(tmp_path):
    layer().to_file(tmp_path / "a.shp")
    layer(["z"]).to_file(tmp_path / "b.geojson")
    members = {one.name: one for one in [*tmp_path.glob("a.*"), tmp_path / "b.geojson"]}
    path = packed(tmp_path / "both.zip", **members)
    with pytest.raises(DataError, match=r"'both\.zip' has 2 layers: a, b\. Fix: read\(\.\.\., layer='NAME'\)"):
        read(path, "areas")
    assert read(path, "areas", layer="b")["area_id"].tolist() == ["z"]
    assert read(path, "areas", layer="a")["area_id"].tolist() == IDS
    with pytest.raises(DataError, match="has no layer 'c'; it has a, b"):
        read(path, "areas", layer="c")


def test_folders_in_archives_are_found_and_nothing_else_is_opened(tmp_path):
    layer().to_file(tmp_path / "a.shp")
    (tmp_path / "evil.vrt").write_text("<OGRVRTDataSource/>")
    layer().to_file(tmp_path / "g.gdb", driver="OpenFileGDB")
    path = packed(
        tmp_path / "deep.zip",
        **{f"data/2024/{one.name}": one for one in tmp_path.glob("a.*")}, **{"data/2024/a.vrt": tmp_path / "evil.vrt"},
    )  # fmt: skip
    assert read(path, "areas")["area_id"].tolist() == IDS
    path = packed(tmp_path / "gdb.zip", **{f"x/g.gdb/{one.name}": one for one in (tmp_path / "g.gdb").iterdir()})
    assert read(path, "areas")["area_id"].tolist() == IDS


def test_an_archive_with_a_name_twice_or_without_end_is_refused(tmp_path):
    path = tmp_path / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("a.geojson", "A.geojson"):
            archive.writestr(name, layer().to_json())
    with pytest.raises(DataError, match=r"holds 'A\.geojson' twice"):
        read(path, "areas")
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(10_001):
            archive.writestr(f"{number}.txt", "")
    with pytest.raises(DataError, match="holds 10,001 files"):
        read(path, "areas")


def test_a_kmz_of_two_documents_needs_the_name_of_one(tmp_path):
    path = tmp_path / "areas.kmz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("doc.kml", kml(placemark("1")))
        archive.writestr("files/other.kml", kml(placemark("2")))
    with pytest.raises(DataError, match="has 2 layers: doc, other"):
        read(path, "accidents", columns={"Name": "accident_id"})
    assert read(path, "accidents", columns={"Name": "accident_id"}, layer="other")["accident_id"].tolist() == ["2"]


# KML


def kml(text: str) -> str:
    return f'<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2">{text}</kml>'


def placemark(name: str) -> str:
    return f"<Placemark><name>{name}</name><Point><coordinates>18,44</coordinates></Point></Placemark>"


def read_kml(path: Path, text: str) -> pd.DataFrame:
    path.write_text(text, encoding="utf-8")
    return read(path, "accidents", columns={"Name": "accident_id"})


def test_every_placemark_is_read_or_the_file_is_refused(tmp_path):
    path = tmp_path / "a.kml"
    inner = f"<Folder><name>F</name>{placemark('2')}<Folder>{placemark('3')}</Folder></Folder>"
    assert sorted(read_kml(path, kml(f"<Document>{placemark('1')}{inner}</Document>"))["accident_id"]) == [
        "1",
        "2",
        "3",
    ]
    # the driver keeps only the last of several placemarks without a document
    with pytest.raises(DataError, match="holds 2 rows, but only 1 can be read"):
        read_kml(path, kml(placemark("1") + placemark("2")))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (kml("<!-- <OGRVRTDataSource> --><Document/>"), "may name other files"),
        ("<OGRWFSDataSource><!-- <kml> --></OGRWFSDataSource>", "may name other files"),
        ("<gml><kml/></gml>", "its content is not what"),
        (kml("<Document>")[:-6], "can not be read as XML: mismatched tag|can not be read as XML"),
        (kml("<Folder>" * 5000 + "</Folder>" * 5000), "more than 100 deep"),
        (kml("<Document>" + "<Folder></Folder>" * 300 + "</Document>"), "has more than 250 folders"),
        ("<!DOCTYPE kml [<!ENTITY a 'aa'>]>" + kml("<Document>&a;</Document>")[21:], "declares a document type"),
        (kml("<Document>&a;</Document>"), "undefined entity"),
    ],
)
def test_hostile_kml_is_refused(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        read_kml(tmp_path / "a.kml", text)


def test_a_document_type_behind_a_long_remark_or_in_utf_16_is_found(tmp_path):
    path = tmp_path / "a.kml"
    declared = kml("<Document/>").replace(
        "?>", "?><!--" + "x" * 200_000 + '--><!DOCTYPE kml SYSTEM "http://x/y.dtd">', 1
    )
    for encoding in ("utf-8", "utf-16"):
        path.write_text(declared.replace('<?xml version="1.0"?>', ""), encoding=encoding)
        with pytest.raises(DataError, match="declares a document type"):
            read(path, "accidents", columns={"Name": "accident_id"})


def test_documents_that_a_kml_only_names_are_told(tmp_path):
    link = "<NetworkLink><Link><href>http://127.0.0.1:9/x.kml</href></Link></NetworkLink>"
    with pytest.warns(DataWarning, match=r"names 1 other documents \(NetworkLink\), which are not read"):
        found = read_kml(tmp_path / "a.kml", kml(f"<Document>{placemark('1')}{link}</Document>"))
    assert found["accident_id"].tolist() == ["1"]


# GeoJSON


def feature(properties: str = '{"accident_id": "1"}', place: str = "18, 44", more: str = "") -> str:
    return (
        f'{{"type": "FeatureCollection", {more} "features": [{{"type": "Feature", "properties": {properties}, '
        f'"geometry": {{"type": "Point", "coordinates": [{place}]}}}}]}}'
    )


def read_json(path: Path, text: str, **options: object) -> pd.DataFrame:
    path.write_text(text, encoding="utf-8")
    return read(path, "accidents", **options)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (feature('{"accident_id": "1", "status": "open", "status": "released"}'), "an object has 'status' twice"),
        (feature(more='"features": [],'), "an object has 'features' twice"),
        (feature(more='"x": "<OGRVRTDataSource><a/></OGRVRTDataSource>",'), "may name other files"),
        (feature(more='"type": "gdal_streamed_alg",'), "may name other files"),
        (feature(more='"x": ' + "[" * 100_000 + "]" * 100_000 + ","), "nests too deep"),
        (feature(more='"x": ' + '{"a":' * 100_000 + "1" + "}" * 100_000 + ","), "nests too deep"),
        (feature(json.dumps({f"c{i}": 1 for i in range(5000)})), "an object has 5,000 names; at most 4,096"),
        (feature()[:-3], "can not be read as JSON"),
        (feature() + "x", "can not be read as JSON"),
        (feature() + feature(), "holds 2 rows, but only 1 can be read|can not be read as JSON"),
    ],
)
def test_hostile_geojson_is_refused(tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        read_json(tmp_path / "a.geojson", text)


@pytest.mark.parametrize("depth", [30, 300])
def test_coordinates_nested_too_deep_are_no_shape(tmp_path, depth):
    found = read_json(tmp_path / "a.geojson", feature(place="[" * depth + "]" * depth))
    assert found.geometry.isna().all()
    assert "no geometry" in found["read_findings"][0] or "empty" in found["read_findings"][0]


@pytest.mark.parametrize("depth", [10, 400, 800])
def test_a_deep_part_behind_a_plain_one_is_no_shape(tmp_path, depth):
    geometry = '{"type": "LineString", "coordinates": [[18, 44], ' + "[" * depth + "]" * depth + "]}"
    collection = '{"type": "GeometryCollection", "geometries": [' * depth + "]}" * depth
    for one in (geometry, collection):
        text = feature().replace('{"type": "Point", "coordinates": [18, 44]}', one)
        assert one in text
        try:
            found = read_json(tmp_path / "a.geojson", text)
        except DataError as error:
            assert "nests too deep" in str(error)  # noqa: PT017 (how deep JSON may nest hangs on the Python)
        else:
            assert found.geometry.isna().all()


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_are_none_are_missing_and_told(tmp_path, number):
    found = read_json(tmp_path / "a.geojson", feature(place=f"{number}, 44"))
    assert found.geometry.isna().all()
    assert "R11" in found["read_findings"][0]
    found = read_json(tmp_path / "a.geojson", feature(f'{{"accident_id": "1", "injured_count": {number}}}'))
    assert found["injured_count"].isna().all()


def test_the_older_member_crs(tmp_path):
    path = tmp_path / "a.geojson"
    named = '"crs": {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32634"}},'
    found = read_json(path, feature(place="500000, 4900000", more=named))
    assert found.crs.to_epsg() == 32634
    for unknown in ("null", '{"type": "link", "properties": {"href": "http://127.0.0.1:9/crs"}}'):
        text = feature(more=f'"crs": {unknown},')
        with pytest.raises(CRSError, match="no reference system"):
            read_json(path, text)
        assert read_json(path, text, crs=4326).crs.to_epsg() == 4326


def test_a_long_line_and_features_one_a_line_are_read(tmp_path):
    path = tmp_path / "a.geojson"
    long = "x" * 7_000_000
    assert read_json(path, feature(f'{{"accident_id": "1", "note": "{long}"}}'))["note"].tolist() == [long]
    place = {"type": "Point", "coordinates": [18, 44]}
    lines = [{"type": "Feature", "properties": {"accident_id": str(i)}, "geometry": place} for i in range(3)]
    found = read_json(path, "\n".join(json.dumps(line) for line in lines))
    assert found["accident_id"].tolist() == ["0", "1", "2"]


# Shapefile: a set of files


@pytest.fixture
def shapefile(tmp_path):
    layer().to_file(tmp_path / "areas.shp")
    return {ending: tmp_path / f"areas.{ending}" for ending in ("shp", "shx", "dbf", "prj", "cpg")}


def patch(path: Path, at: int, content: bytes) -> None:
    old = path.read_bytes()
    path.write_bytes(old[:at] + content + old[at + len(content) :])


@pytest.mark.parametrize("count", [0, 1, 3, 5, 2**31])
def test_a_dbf_with_another_number_of_rows_is_refused(shapefile, count):
    patch(shapefile["dbf"], 4, struct.pack("<I", count))
    with pytest.raises(DataError, match=rf"files do not belong together: 4 shapes \(\.shx\), {count:,} rows \(\.dbf\)"):
        read(shapefile["shp"], "areas")


def test_an_index_that_was_cut_or_is_of_another_file_is_refused(shapefile):
    index = shapefile["shx"].read_bytes()
    shorter = index[:24] + struct.pack(">I", (len(index) - 8) // 2) + index[28:-8]
    swapped = index[:100] + index[108:116] + index[100:108] + index[116:]  # the second row would get the first shape
    moved = index[:100] + struct.pack(">I", 51) + index[104:]
    beyond = index[:100] + struct.pack(">I", 2**30) + index[104:]
    for content, said in (
        (index[:-8], "too short"),
        (index[:50], "too short"),
        (shorter, "3 shapes"),
        (swapped, "do not belong together"),
        (moved, "do not belong together"),
        (beyond, "do not belong together"),
    ):
        shapefile["shx"].write_bytes(content)
        with pytest.raises(DataError, match=said):
            read(shapefile["shp"], "areas")


@pytest.mark.parametrize(("ending", "what"), [("shx", "the index of its shapes"), ("dbf", "its columns")])
def test_a_set_that_lacks_a_file_is_refused(shapefile, ending, what):
    shapefile[ending].unlink()
    with pytest.raises(DataError, match=rf"lacks its \.{ending}, {what}\. Fix: copy all files of the set"):
        read(shapefile["shp"], "areas")


def test_two_columns_of_one_name_are_refused(tmp_path):
    path = tmp_path / "areas.shp"
    layer().assign(area_ix="other").to_file(path)
    table = path.with_suffix(".dbf")
    table.write_bytes(table.read_bytes().replace(b"area_ix", b"area_id"))
    with pytest.raises(DataError, match=r"'areas\.shp' has two columns 'area_id': which one counts is not known"):
        read(path, "areas")


def test_rows_marked_as_deleted_are_told(shapefile):
    head, width = struct.unpack_from("<HH", shapefile["dbf"].read_bytes(), 8)
    patch(shapefile["dbf"], head + width, b"*")
    with pytest.warns(DataWarning, match="1 of 4 rows are marked as deleted"):
        assert read(shapefile["shp"], "areas")["area_id"].tolist() == ["a", "c", "d"]


def test_a_dbf_that_is_cut_off_is_refused(shapefile):
    content = shapefile["dbf"].read_bytes()
    for length in (0, 20, len(content) - 100):
        shapefile["dbf"].write_bytes(content[:length])
        with pytest.raises(DataError, match="too short"):
            read(shapefile["shp"], "areas")


@pytest.mark.parametrize(
    ("text", "written", "declared", "fix"),
    [
        ("Žuta è", "utf-8", "1252", "'utf-8'"),
        ("Žuta è", "utf-8", None, "'utf-8'"),
        ("Žuta", "cp1252", None, "'cp1252'"),
    ],
)
def test_a_code_page_that_lies_is_told(tmp_path, text, written, declared, fix):
    path = tmp_path / "areas.shp"
    layer([text]).to_file(path, encoding=written)
    (tmp_path / "areas.cpg").write_text(declared) if declared else (tmp_path / "areas.cpg").unlink(missing_ok=True)
    with pytest.warns(DataWarning, match=f"looks like text in wrong letters.*{fix}"):
        read(path, "areas")
    assert read(path, "areas", encoding=written)["area_id"].tolist() == [text]


def test_a_code_page_that_can_not_hold_the_bytes_is_refused(tmp_path):
    path = tmp_path / "areas.shp"
    layer(["Žuta"]).to_file(path, encoding="cp1252")
    (tmp_path / "areas.cpg").write_text("UTF-8")
    with pytest.raises(DataError, match=r"Fix: read\(\.\.\., encoding='cp1252'\)"):
        read(path, "areas")


# FlatGeobuf


@pytest.mark.parametrize("has_index", ["YES", "NO"])
@pytest.mark.parametrize("rows", [1, 2, 16, 17, 257])
def test_whole_flatgeobuf_files_are_read(tmp_path, has_index, rows):
    path = tmp_path / "areas.fgb"
    layer([str(i) for i in range(rows)]).to_file(path, SPATIAL_INDEX=has_index)
    assert sorted(read(path, "areas")["area_id"], key=int) == [str(i) for i in range(rows)]


@pytest.mark.parametrize("has_index", ["YES", "NO"])
def test_a_flatgeobuf_cut_at_any_byte_is_refused(tmp_path, has_index):
    path = tmp_path / "areas.fgb"
    layer().to_file(path, SPATIAL_INDEX=has_index)
    content = path.read_bytes()
    for length in {*range(0, len(content), 11), *range(len(content) - 300, len(content))}:
        path.write_bytes(content[:length])
        with pytest.raises(DataError, match=r"'areas\.fgb'"):
            read(path, "areas")


@pytest.mark.parametrize("count", [1, 3, 5, 10**9, 2**63])
def test_a_flatgeobuf_that_counts_its_rows_wrongly_is_refused(tmp_path, count):
    path = tmp_path / "areas.fgb"
    layer().to_file(path, SPATIAL_INDEX="NO")
    patch(path, path.read_bytes().find(struct.pack("<Q", 4)), struct.pack("<Q", count))
    with pytest.raises(DataError, match="its features do not fill it"):
        read(path, "areas")


# text tables


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"follow_up_id,a\n1\x00,2\n", "holds zero bytes, the first in line 2"),
        (b"follow_up_id\x00,a\n1,2\n", "holds zero bytes, the first in line 1"),
        (b"follow_up_id" + b"," * 1_000_000 + b"\n1\n", "has 1,000,001 columns; at most 4,096"),
    ],
)
def test_hostile_text_tables_are_refused(tmp_path, content, said):
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said):
        read(path, "follow_ups")


def test_a_cell_of_five_million_letters_is_read(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("follow_up_id,note\n1," + "x" * 5_000_000 + "\n")
    assert len(read(path, "follow_ups")["note"][0]) == 5_000_000


def test_a_folder_that_is_no_geodatabase_is_refused(tmp_path):
    (tmp_path / "a.gdb").mkdir()
    (tmp_path / "a.gdb" / "evil.vrt").write_text("<OGRVRTDataSource/>")
    with pytest.raises(DataError, match="the folder is no File Geodatabase"):
        read(tmp_path / "a.gdb", "areas")


@pytest.mark.parametrize("suffix", [".csv", ".gpkg", ".parquet", ".xlsx", ".zip", ".xml", ".kml"])
def test_a_folder_is_no_file(tmp_path, suffix):
    (tmp_path / f"a{suffix}").mkdir()
    with pytest.raises(DataError, match=r"'.*a\.\w+' (is a folder|can not be opened)"):
        read(tmp_path / f"a{suffix}", "projects")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_no_file(tmp_path):
    os.mkfifo(tmp_path / "a.csv")
    with pytest.raises(DataError, match="is no plain file but a device or a pipe"):
        read(tmp_path / "a.csv", "follow_ups")


# workbooks


def book_of(path: Path, *rows: list[object]) -> openpyxl.Workbook:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return book


def rewritten(path: Path, member: str, change) -> None:
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content[member] = change(content.get(member, b""))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, one in content.items():
            archive.writestr(name, one)


SHEET = "xl/worksheets/sheet1.xml"
DECLARED = b'<!DOCTYPE a [<!ENTITY b "bomb"><!ENTITY c SYSTEM "file:///etc/hostname">]>'


def test_formulas_and_errors_without_a_value_are_told_and_their_rows_kept(tmp_path):
    path = tmp_path / "a.xlsx"
    book_of(
        path, ["follow_up_id", "women_count"], ["1", 5], [None, None], ["2", "=1+1"], ["3", "#REF!"], ["=A2", "=B2"]
    )
    found = read(path, "follow_ups")
    assert found["follow_up_id"].fillna("-").tolist() == ["1", "2", "3", "-"]
    assert found["women_count"].fillna(-1).tolist() == [5, -1, -1, -1]
    told = [[] if pd.isna(one) else json.loads(one) for one in found["read_findings"]]
    assert [[(rule, column, value) for rule, column, value, _ in row] for row in told] == [
        [],
        [("R3", "women_count", "=1+1")],
        [("R3", "women_count", "#REF!")],
        [("R3", "follow_up_id", "=A2"), ("R3", "women_count", "=B2")],
    ]


def test_formulas_with_a_stored_value_are_that_value(tmp_path):
    path = tmp_path / "a.xlsx"
    book = book_of(path, ["follow_up_id", "women_count"], ["1", None])
    book.active["B2"] = ArrayFormula("B2:B2", "=2+3")
    book.save(path)
    rewritten(path, SHEET, lambda xml: xml.replace(b"<v></v>", b"<v>5</v>").replace(b"<v />", b"<v>5</v>"))
    found = read(path, "follow_ups")
    assert found["women_count"].tolist() == [5]
    assert found["read_findings"].isna().all()


def test_dates_count_from_the_day_that_the_workbook_says(tmp_path):
    path = tmp_path / "a.xlsx"
    book = book_of(path, ["follow_up_id", "visit_date"], ["1", pd.Timestamp("2015-04-03").to_pydatetime()])
    assert read(path, "follow_ups")["visit_date"].tolist() == [pd.Timestamp("2015-04-03")]
    before = zipfile.ZipFile(path).read(SHEET)
    book.epoch = CALENDAR_MAC_1904
    book.save(path)
    assert zipfile.ZipFile(path).read(SHEET) != before  # the same day is another number
    assert read(path, "follow_ups")["visit_date"].tolist() == [pd.Timestamp("2015-04-03")]


@pytest.mark.parametrize("member", [SHEET, "xl/workbook.xml", "[Content_Types].xml", "xl/_rels/workbook.xml.rels"])
def test_a_document_type_anywhere_in_a_workbook_is_refused(tmp_path, member):
    path = tmp_path / "a.xlsx"
    book_of(path, ["follow_up_id"], ["1"])
    rewritten(path, member, lambda xml: DECLARED + xml[xml.find(b"?>") + 2 if xml.startswith(b"<?xml") else 0 :])
    with pytest.raises(DataError, match="declares a document type"):
        read(path, "follow_ups")


def test_links_to_other_workbooks_are_not_followed(tmp_path):
    path = tmp_path / "a.xlsx"
    book_of(path, ["follow_up_id", "women_count"], ["1", "='[http://127.0.0.1:9/b.xlsx]Sheet1'!A1"])
    assert read(path, "follow_ups")["women_count"].isna().all()


@pytest.mark.parametrize("cells", [["XFD1", "A20000"], ["A1048576", "ZZ1"]])
def test_a_cell_far_out_does_not_fill_the_memory(tmp_path, cells):
    path = tmp_path / "a.xlsx"
    book = book_of(path, ["follow_up_id"], ["1"])
    for cell in cells:
        book.active[cell] = "x"
    book.save(path)
    with pytest.raises(DataError, match=r"more than a table of that size can fill|at most 4,096 are read"):
        read(path, "follow_ups")


def test_a_workbook_that_unpacks_to_very_much_is_refused(tmp_path):
    path = tmp_path / "a.xlsx"
    book_of(path, ["follow_up_id"], ["1"])
    rewritten(path, SHEET, lambda xml: xml.replace(b"</sheetData>", b" " * 20_000_000 + b"</sheetData>"))
    with pytest.raises(DataError, match="bytes packed in too few"):
        read(path, "follow_ups")


# IATI


IATI = "<iati-activities><iati-activity><iati-identifier>{}</iati-identifier></iati-activity></iati-activities>"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (IATI.format("<a>" * 100_000 + "</a>" * 100_000).encode(), "is no well-formed XML"),
        (IATI.format("x" * 11_000_000).encode(), "is no well-formed XML"),
        (IATI.format("a\0b").encode(), "is no well-formed XML"),
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a [<!ENTITY b "c">]>' + IATI.format("&b;").encode(),
         "DOCTYPE|is no well-formed XML"),
    ],
    ids=["deep", "long", "zero byte", "utf-7"],
)  # fmt: skip
def test_hostile_iati_is_refused(tmp_path, content, said):
    path = tmp_path / "a.xml"
    path.write_bytes(content)
    with pytest.raises(DataError, match=said):
        read(path, "projects")


def test_other_files_are_not_included_in_iati(tmp_path):
    (tmp_path / "secret.txt").write_text("secret")
    (tmp_path / "a.xml").write_text(
        '<iati-activities xmlns:xi="http://www.w3.org/2001/XInclude"><iati-activity><iati-identifier>1</iati-identifier>'
        '<title><narrative>T<xi:include href="secret.txt" parse="text"/></narrative></title></iati-activity>'
        "</iati-activities>"
    )
    assert read(tmp_path / "a.xml", "projects")["title"].tolist() == ["T"]


# geometries that break their parser


def geoparquet(path: Path, wkb: bytes) -> Path:
    geo = {
        "version": "1.0.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": []}},
    }
    table = pa.table({"area_id": ["1"], "geometry": pa.array([wkb], pa.binary())})
    pa.parquet.write_table(table.replace_schema_metadata({"geo": json.dumps(geo)}), path)
    return path


@pytest.mark.parametrize(
    ("collection", "point"),
    [
        (struct.pack("<BII", 1, 7, 1), struct.pack("<BIdd", 1, 1, 18, 44)),
        (struct.pack(">BII", 0, 7, 1), struct.pack(">BIdd", 0, 1, 18, 44)),
        (struct.pack("<BII", 1, 6, 1), struct.pack("<BIdd", 1, 1, 18, 44)),
        (struct.pack("<BII", 1, 1007, 1), struct.pack("<BIddd", 1, 1001, 18, 44, 1)),
        (struct.pack("<BII", 1, 0x80000007, 1), struct.pack("<BIddd", 1, 0x80000001, 18, 44, 1)),
    ],
)
def test_collections_in_collections_do_not_break_the_process(tmp_path, collection, point):
    path = geoparquet(tmp_path / "a.parquet", collection * 100_000 + point)
    with pytest.raises(DataError, match="row 1, column 'geometry' holds more than 1,000 collections"):
        read(path, "areas")


def test_shapes_of_many_parts_are_no_collections_in_collections(tmp_path):
    many = shapely.MultiPolygon([shapely.box(i / 100, 0, i / 100 + 0.005, 0.005) for i in range(3000)])
    assert read(geoparquet(tmp_path / "a.parquet", shapely.to_wkb(many)), "areas").geometry[0].equals(many)


def test_well_known_text_in_brackets_in_brackets_is_no_shape(tmp_path):
    path = tmp_path / "a.csv"
    bomb = "GEOMETRYCOLLECTION(" * 100_000 + "POINT(1 1)" + ")" * 100_000
    path.write_text(f'area_id,wkt\n1,"{bomb}"\n2,"POLYGON((18 44,19 44,19 45,18 44))"\n')
    found = read(path, "areas", crs=4326)
    assert found.geometry.isna().tolist() == [True, False]
    assert "unreadable WKT" in found["read_findings"][0]


def test_a_parquet_of_very_many_rows_in_few_bytes_is_refused(tmp_path):
    path = tmp_path / "a.parquet"
    nothing = pa.table({"follow_up_id": pa.nulls(30_000_000, pa.int8())})
    pa.parquet.write_table(nothing, path)
    assert path.stat().st_size < 100_000
    with pytest.raises(DataError, match="more than a table of that size can fill"):
        read(path, "follow_ups")


# shapes that take very long


def scrawl(points: int, seed: int = 0) -> shapely.Polygon:
    return shapely.Polygon(np.random.default_rng(seed).uniform((18, 44), (18.01, 44.01), (points, 2)))


def test_an_outline_that_crosses_itself_a_million_times_is_told_and_not_repaired(tmp_path):
    path = tmp_path / "areas.gpkg"
    frame = layer(["a", "b"])
    frame.geometry = [scrawl(4000), frame.geometry[1]]
    frame.to_file(path)
    found = read(path, "areas")
    assert found.geometry.isna().tolist() == [True, False]
    assert "crosses itself too often: no geometry" in found["read_findings"][0]


def test_the_worst_outlines_go_first_until_the_rest_can_be_repaired():
    findings = []
    shapes = np.array([scrawl(2500), scrawl(60), shapely.box(0, 0, 1, 1), None, scrawl(3000)], dtype=object)
    kept = within_limits(shapes, findings)
    assert [one is None for one in kept] == [True, False, False, True, True]
    assert [row for row, _ in findings] == [0, 4]
    assert not shapely.is_missing(shapes[[0, 4]]).any()  # the input is as it was


@given(st.integers(5, 120), st.integers(0, 1000))
def test_crossings_are_estimated_from_above(points, seed):
    from landrelease.read.limits import _crossings

    shape = scrawl(points, seed)
    xy = shapely.get_coordinates(shape)
    edges = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1))
    left, right = np.triu_indices(len(edges), 2)
    met = int(shapely.crosses(edges[left], edges[right]).sum())
    assert met - 1e-6 <= _crossings(shape) <= len(edges) ** 2 / 2


def test_a_shape_of_a_million_points_is_read_and_more_are_refused(tmp_path):
    path = tmp_path / "a.fgb"
    angle = np.linspace(0, 2 * np.pi, 1_000_002)
    ring = np.column_stack([18 + np.cos(angle) / 100, 44 + np.sin(angle) / 100])
    frame = layer(["a"])
    frame.geometry = [shapely.Polygon(ring[:-3])]
    frame.to_file(path)
    assert shapely.get_num_coordinates(read(path, "areas").geometry[0]) == 1_000_000
    frame.geometry = [shapely.Polygon(ring[:-1])]
    frame.to_file(path)
    with pytest.raises(DataError, match="Row 1 has a shape of 1,000,002 points; at most 1,000,000"):
        read(path, "areas")


# a process of its own


def test_a_process_of_its_own_gives_the_same(package, tmp_path):
    (tmp_path / "a.csv").write_text("a,b\n1,2\n")
    here = read(package, "areas", values={"status": "open"}, isolate="never")
    there = read(package, "areas", values={"status": "open"}, isolate="always")
    pd.testing.assert_frame_equal(pd.DataFrame(here), pd.DataFrame(there))
    assert (there.crs, there.attrs) == (here.crs, here.attrs)
    sql(package, 'DELETE FROM "rtree_haz ards_geom" WHERE id = 2')
    with pytest.warns(DataWarning, match="the spatial index lacks 1 of 4 rows"):
        read(package, "areas", isolate="always")
    with pytest.raises(DataError, match=r"'a\.csv': no column holds 'event_id'"):
        read(tmp_path / "a.csv", "events", isolate="always")
    with pytest.raises(OptionError, match="isolate must be one of large, always, never"):
        read(package, "areas", isolate="yes")


def test_large_files_and_those_that_unpack_to_much_are_read_apart(tmp_path):
    small, large = tmp_path / "a.csv", tmp_path / "b.csv"
    small.write_text("x")
    large.write_bytes(b"x" * (1 << 24))
    bomb, shared = tmp_path / "c.zip", tmp_path / "d.parquet"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a", b" " * (1 << 24))
    once = pa.DictionaryArray.from_arrays(np.zeros(10_000, "int32"), ["x" * 1_000_000])
    pa.parquet.write_table(pa.table({"a": once}), shared)  # 10 GB once it is unpacked
    assert shared.stat().st_size < 1_000_000
    found = [apart.is_read_apart(one, "large") for one in (small, large, bomb, shared, tmp_path / "none.csv")]
    assert found == [False, True, True, True, False]
    assert apart.is_read_apart(small, "always")
    assert not apart.is_read_apart(large, "never")


def test_without_an_interpreter_only_always_is_refused(package, monkeypatch):
    monkeypatch.setattr(sys, "executable", "/usr/bin/another-program")
    with pytest.raises(OptionError, match="needs a Python interpreter"):
        read(package, "areas", isolate="always")
    assert not apart.is_read_apart(package, "large")


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import os; os.abort()", "broke down the process that read it"),
        ("import sys; sys.exit('no such thing')", r"exit 1, no such thing"),
        ("import time; time.sleep(600)", "was not through after 0.5 seconds"),
    ],
)
def test_a_process_that_breaks_down_or_does_not_end_is_told(package, monkeypatch, code, said):
    monkeypatch.setattr(apart, "_CHILD", code)
    if "sleep" in code:
        monkeypatch.setattr(apart, "MOST_SECONDS", 0.5)
    with pytest.raises(DataError, match=rf"'areas\.gpkg' {said}|{said}"):
        read(package, "areas", isolate="always")


@pytest.mark.parametrize(("clock", "is_read"), [("monotonic", True), ("thread_time", False)])
def test_a_database_is_given_time_to_work_and_none_is_bad_because_the_machine_is_busy(
    package, monkeypatch, clock, is_read
):
    ticks = itertools.count(step=1_000_000)
    module = importlib.import_module("landrelease.read.geopackage")
    monkeypatch.setattr(module, "_STEPS", 1)
    monkeypatch.setattr(module.time, clock, lambda: float(next(ticks)))
    if is_read:
        assert len(read(package, "areas", isolate="never"))
    else:
        with pytest.raises(DataError, match="not through after 2 seconds of work"):
            read(package, "areas", isolate="never")


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux keeps a limit on memory")
def test_a_file_that_needs_too_much_memory_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "a.csv"
    path.write_text("follow_up_id,a\n" + "1,2\n" * 1_000_000)
    monkeypatch.setattr(apart, "MOST_BYTES", 1 << 25)
    with pytest.raises(DataError, match=r"'a\.csv' (needs more than 0\.0312 GiB of memory|broke down)"):
        read(path, "follow_ups", isolate="always")


def test_damaged_copies_of_every_format_are_read_or_refused():
    script = ROOT / "benchmarks" / "fuzz_readers.py"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, sys.path)])}
    done = subprocess.run(
        [sys.executable, script, "--n", "200"], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("0 failed") == 12
