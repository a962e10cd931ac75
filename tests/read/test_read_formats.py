"""Every format that `read` takes, written by other libraries and read back equal; hostile and broken files."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from landrelease import CRSError, DataError, OptionError, find_problems, read
from landrelease.read.files import SUFFIXES

IDS = ["007", "NA", "Mašići 1"]
CODES = ["SHA", "CHA", None]
DAYS = [pd.Timestamp("2015-04-03"), pd.NaT, pd.Timestamp("2020-02-29")]
SIZES = [1.5, np.nan, 12_000.25]
SQUARES = [
    shapely.box(18.0, 44.0, 18.01, 44.01),
    shapely.Polygon(
        [(18.1, 44), (18.2, 44), (18.2, 44.1), (18.1, 44.1)],
        [[(18.14, 44.04), (18.16, 44.04), (18.16, 44.06), (18.14, 44.06)]],
    ),
    shapely.box(18.3, 44.0, 18.31, 44.02),
]
NAMES = ["area_id", "hazard_class", "survey_date", "reported_area_m2"]
SHORT = {"id": "area_id", "class": "hazard_class", "seen": "survey_date", "size": "reported_area_m2"}


@pytest.fixture
def layer() -> gpd.GeoDataFrame:
    columns = dict(zip(NAMES, (IDS, CODES, DAYS, SIZES), strict=True))
    return gpd.GeoDataFrame(columns, geometry=SQUARES, crs=4326)


def assert_read(areas: pd.DataFrame, epsg: int = 4326, shapes: list[object] | None = None, slack: float = 0.0) -> None:
    order = areas.set_index("area_id").loc[IDS].reset_index()
    assert order["hazard_class"].fillna("-").tolist() == ["SHA", "CHA", "-"]
    assert order["survey_date"].dtype == "datetime64[us]"
    assert order["survey_date"].fillna(pd.Timestamp(0)).tolist() == [DAYS[0], pd.Timestamp(0), DAYS[2]]
    np.testing.assert_array_equal(order["reported_area_m2"].to_numpy(), SIZES)
    assert isinstance(areas, gpd.GeoDataFrame)
    assert areas.crs.to_epsg() == epsg
    for found, wanted in zip(order.geometry, shapes or SQUARES, strict=True):
        assert found.symmetric_difference(wanted).area <= slack
    assert sorted(areas["source_row"]) == [1, 2, 3]
    assert areas["read_findings"].isna().all()
    assert find_problems(areas, "areas").query("rule != 'R12'").empty


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".json", ".fgb"])
def test_vector_files(layer, tmp_path, suffix):
    path = tmp_path / f"areas{suffix}"
    layer.to_file(path, driver="GeoJSON" if suffix == ".json" else None)
    assert_read(read(path, "areas"))


@pytest.mark.parametrize("suffix", [".parquet", ".geoparquet"])
def test_geoparquet(layer, tmp_path, suffix):
    path = tmp_path / f"areas{suffix}"
    layer.to_parquet(path)
    assert_read(read(path, "areas"))


def test_file_geodatabase(layer, tmp_path):
    path = tmp_path / "areas.gdb"
    layer.to_file(path, driver="OpenFileGDB", layer="hazards")
    assert_read(read(path, "areas"), slack=1e-9)
    layer.to_file(path, driver="OpenFileGDB", layer="others")
    with pytest.raises(DataError, match="has 2 layers: hazards, others"):
        read(path, "areas")
    assert_read(read(path, "areas", layer="hazards"), slack=1e-9)


def test_a_projected_crs_stays(layer, tmp_path):
    moved = layer.to_crs(32634)
    for suffix in (".gpkg", ".geojson", ".parquet"):
        path = tmp_path / f"areas{suffix}"
        moved.to_parquet(path) if suffix == ".parquet" else moved.to_file(path)
        assert_read(read(path, "areas"), 32634, list(moved.geometry))


def test_geopackage_with_several_layers(layer, tmp_path):
    path = tmp_path / "all.gpkg"
    layer.iloc[:1].to_file(path, layer="suspected")
    layer.to_file(path, layer="confirmed")
    with pytest.raises(DataError, match=r"'all\.gpkg' has 2 layers: suspected, confirmed\. Fix: read\(\.\.\., layer="):
        read(path, "areas")
    assert_read(read(path, "areas", layer="confirmed"))
    with pytest.raises(
        DataError, match=r"no layer 'confirmd'; it has suspected, confirmed; did you mean 'confirmed'\?"
    ):
        read(path, "areas", layer="confirmd")


def shapefile(layer: gpd.GeoDataFrame, path: Path, **options: object) -> Path:
    """Write it with a real date field, which GeoPandas makes text of."""
    fields = [layer[name].to_numpy(dtype=object, na_value=None) for name in NAMES[:2]]
    fields += [layer["survey_date"].to_numpy().astype("datetime64[D]"), layer["reported_area_m2"].to_numpy()]
    pyogrio.raw.write(
        path, layer.geometry.to_wkb().to_numpy(), fields, np.array(list(SHORT)), geometry_type="Polygon",
        crs="EPSG:4326", driver="ESRI Shapefile", **options,
    )  # fmt: skip
    return path


def zipped(path: Path, *files: Path) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in files:
            archive.write(file, file.name)
    return path


def test_shapefile_and_zipped(layer, tmp_path):
    path = shapefile(layer, tmp_path / "areas.shp")
    assert_read(read(path, "areas", columns=SHORT))
    archive = zipped(tmp_path / "areas.zip", *tmp_path.glob("areas.*"))
    assert_read(read(archive, "areas", columns=SHORT))
    shapefile(layer.iloc[:1], tmp_path / "other.shp")
    archive = zipped(tmp_path / "two.zip", *tmp_path.glob("areas.[!z]*"), *tmp_path.glob("other.*"))
    with pytest.raises(DataError, match="has 2 layers"):
        read(archive, "areas", columns=SHORT)
    assert_read(read(archive, "areas", columns=SHORT, layer="areas"))


def test_cp1252_shapefile_without_a_code_page(layer, tmp_path):
    layer = layer.assign(area_id=["007", "NA", "Žuta è"])
    path = shapefile(layer, tmp_path / "areas.shp", encoding="cp1252")
    (tmp_path / "areas.cpg").unlink(missing_ok=True)
    assert read(path, "areas", columns=SHORT, encoding="cp1252")["area_id"].tolist() == ["007", "NA", "Žuta è"]
    archive = zipped(tmp_path / "areas.zip", *tmp_path.glob("areas.*"))
    assert read(archive, "areas", columns=SHORT, encoding="cp1252")["area_id"].tolist() == ["007", "NA", "Žuta è"]


KML = """<?xml version="1.0" encoding="UTF-8"?>
<kml xmlns="http://www.opengis.net/kml/2.2"><Document>
{}
</Document></kml>"""
PLACEMARK = """<Placemark><name>{}</name><Polygon><outerBoundaryIs><LinearRing><coordinates>
{}</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark>"""


def placemark(name: str, west: float) -> str:
    corners = [(west, 44.0), (west, 44.01), (west + 0.01, 44.01), (west + 0.01, 44.0), (west, 44.0)]
    return PLACEMARK.format(name, " ".join(f"{x},{y},120" for x, y in corners))


def test_kml_and_kmz_with_folders(tmp_path):
    folders = "".join(
        f"<Folder><name>{folder}</name>{placemark(name, west)}</Folder>"
        for folder, name, west in (("North", "007", 18.0), ("South", "NA", 18.5))
    )
    path = tmp_path / "areas.kml"
    path.write_text(KML.format(folders), encoding="utf-8")
    packed = tmp_path / "areas.kmz"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(path, "doc.kml")
    for one in (path, packed):
        areas = read(one, "areas", columns={"Name": "area_id"})
        assert areas["area_id"].tolist() == ["007", "NA"]
        assert areas["layer"].tolist() == ["North", "South"]
        assert areas.crs.to_epsg() == 4326
        assert not areas.has_z.any()
        assert areas.geometry[0].equals(shapely.box(18.0, 44.0, 18.01, 44.01))
        assert read(one, "areas", columns={"Name": "area_id"}, layer="South")["area_id"].tolist() == ["NA"]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("suffix", [".csv", ".txt", ".tsv"])
def test_csv_with_wkt(layer, tmp_path, separator, suffix):
    path = tmp_path / f"areas{suffix}"
    layer.to_wkt().rename(columns={"geometry": "shape"}).to_csv(path, sep=separator, index=False)
    assert_read(read(path, "areas", columns={"shape": "wkt"}, crs=4326))


@pytest.mark.parametrize(("lon", "lat"), [("lon", "lat"), ("Longitude", "Latitude"), ("LNG", "LAT")])
def test_csv_with_longitude_and_latitude(tmp_path, lon, lat):
    path = tmp_path / "accidents.csv"
    path.write_text(f"accident_id;{lat};{lon}\n1;44.5;18.25\n2;;18.5\n3;44.25;19\n", encoding="utf-8")
    accidents = read(path, "accidents", crs="EPSG:4326")
    assert [None if one is None else (one.x, one.y) for one in accidents.geometry] == [(18.25, 44.5), None, (19, 44.25)]
    assert find_problems(accidents, "accidents")[["row", "rule"]].values.tolist() == [[1, "R7"]]


def test_decimal_commas_in_coordinates(tmp_path):
    path = tmp_path / "accidents.csv"
    path.write_text("accident_id;x;y\n1;18,25;44,5\n", encoding="utf-8")
    options = {"columns": {"x": "longitude", "y": "latitude"}, "crs": 4326}
    with pytest.raises(DataError, match="can be read in two ways"):
        read(path, "accidents", **options)
    assert read(path, "accidents", **options, decimal=",").geometry[0].equals(shapely.Point(18.25, 44.5))


def test_plain_parquet(layer, tmp_path):
    path = tmp_path / "areas.parquet"
    pd.DataFrame(layer.to_wkt()).rename(columns={"geometry": "wkt"}).to_parquet(path)
    assert_read(read(path, "areas", crs=4326))
    with pytest.raises(CRSError, match="no reference system"):
        read(path, "areas")


def test_workbook(layer, tmp_path):
    path = tmp_path / "areas.xlsx"
    frame = pd.DataFrame(layer.to_wkt()).rename(columns={"geometry": "wkt"})
    frame.to_excel(path, index=False)
    assert_read(read(path, "areas", crs=4326))
    with pd.ExcelWriter(path) as book:
        pd.DataFrame({"note": ["x"]}).to_excel(book, sheet_name="Read me", index=False)
        frame.to_excel(book, sheet_name="Areas", index=False)
    with pytest.raises(DataError, match="2 sheets: Read me, Areas"):
        read(path, "areas", crs=4326)
    assert_read(read(path, "areas", crs=4326, layer="Areas"))
    with pytest.raises(DataError, match=r"no sheet 'Area'.*did you mean 'Areas'\?"):
        read(path, "areas", crs=4326, layer="Area")


def test_a_workbook_may_mix_dates_numbers_and_their_text(tmp_path):
    path = tmp_path / "visits.xlsx"
    pd.DataFrame(
        {
            "follow_up_id": ["007", 12, "1E5"],
            "visit_date": [pd.Timestamp("2015-04-03"), "05/04/2015", None],
            "productive_area_m2": [1.5, "2.000,5", 1.234],
            "women_count": [3, "4", None],
        }
    ).to_excel(path, index=False)
    visits = read(path, "follow_ups", dates="dmy", decimal=",")
    assert visits["follow_up_id"].tolist() == ["007", "12", "1E5"]
    assert visits["visit_date"].tolist()[:2] == [pd.Timestamp("2015-04-03"), pd.Timestamp("2015-04-05")]
    assert pd.isna(visits["visit_date"][2])
    assert visits["productive_area_m2"].tolist() == [1.5, 2000.5, 1.234]
    assert visits["women_count"].fillna(-1).tolist() == [3, 4, -1]
    assert visits["read_findings"].isna().all()


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".fgb", ".shp", ".parquet"])
def test_a_long_number_beside_a_blank_stays_what_it_is(tmp_path, suffix):
    path = tmp_path / f"areas{suffix}"
    squares = [shapely.box(i, 0, i + 0.1, 0.1) for i in range(3)]
    numbers = pd.array([9007199254740993, None, 5], dtype="Int64")
    frame = gpd.GeoDataFrame({"id": numbers}, geometry=squares, crs=4326)
    frame.to_parquet(path) if suffix == ".parquet" else frame.to_file(path)
    areas = read(path, "areas", columns={"id": "area_id"})
    by_place = dict(zip(areas.bounds["minx"], areas["area_id"].fillna("-"), strict=True))
    assert by_place == {0: "9007199254740993", 1: "-", 2: "5"}


@pytest.mark.parametrize(
    ("encoding", "declared"),
    [("utf-8-sig", None), ("utf-8-sig", "utf-8"), ("utf-16", None), ("utf-16", "utf-16"), ("cp1252", "cp1252")],
)
def test_text_encodings(tmp_path, encoding, declared):
    path = tmp_path / "visits.csv"
    path.write_text("follow_up_id,release_id\n007,Žuta è\n", encoding=encoding)
    visits = read(path, "follow_ups", encoding=declared)
    assert visits[["follow_up_id", "release_id"]].values.tolist() == [["007", "Žuta è"]]


@pytest.mark.parametrize("declared", [None, "utf-88"])
def test_a_wrong_encoding_is_told(tmp_path, declared):
    path = tmp_path / "visits.csv"
    path.write_bytes("follow_up_id\nŽuta\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"'visits\.csv' is not .* text .*\n  Fix: read\(\.\.\., encoding='cp1252'\)"):
        read(path, "follow_ups", encoding=declared)


@pytest.mark.parametrize(
    "text",
    ['a,b,c\n1,"x,2\n2,y,3\n3,z,4\n', 'a,b,c\n1,"x,2\n2,y,3\n3,z",4\n', "a,b\n1,2\n3,4,5\n", "a,b\n1,2,3\n4,5,6\n"],
)
def test_a_table_that_swallows_rows_or_cells_is_refused(tmp_path, text):
    path = tmp_path / "visits.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataError, match=r"'visits\.csv'"):
        read(path, "follow_ups", columns={"a": "follow_up_id"})


def test_a_note_of_several_lines_is_kept(tmp_path):
    path = tmp_path / "visits.csv"
    path.write_text('follow_up_id,note,other\n1,"two\nlines",x\n2,"a, b",y\n', encoding="utf-8")
    assert read(path, "follow_ups")["note"].tolist() == ["two\nlines", "a, b"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_empty_or_wrong_file_is_refused_by_name(tmp_path, suffix):
    path = tmp_path / f"areas{suffix}"
    for content in (b"", b"\x00\x01\x02 no such format at all", b"<OGRVRTDataSource/>"):
        path.write_bytes(content)
        with pytest.raises((DataError, CRSError), match=r"areas\."):
            read(path, "areas", columns={"x": "area_id"}, crs=4326)


@pytest.mark.parametrize("suffix", [".gpkg", ".geojson", ".shp", ".fgb", ".parquet", ".xlsx", ".zip", ".kmz"])
def test_half_a_file_is_refused(layer, tmp_path, suffix):
    whole = tmp_path / f"areas{suffix}"
    if suffix == ".xlsx":
        pd.DataFrame(layer.to_wkt()).to_excel(whole)
    elif suffix == ".parquet":
        layer.to_parquet(whole)
    elif suffix in (".zip", ".kmz"):
        (tmp_path / "doc.kml").write_text(KML.format(placemark("1", 18)))
        zipped(whole, tmp_path / "doc.kml")
    else:
        layer.rename(columns={ours: theirs for theirs, ours in SHORT.items()}).drop(columns="seen").to_file(whole)
    content = whole.read_bytes()
    whole.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"'areas\."):
        read(whole, "areas")


def test_no_rows_is_an_error(layer, tmp_path):
    layer.iloc[:0].to_file(tmp_path / "areas.gpkg")
    (tmp_path / "areas.csv").write_text("area_id,wkt\n")
    (tmp_path / "areas.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    for suffix in (".gpkg", ".csv", ".geojson"):
        with pytest.raises(DataError, match="has no rows"):
            read(tmp_path / f"areas{suffix}", "areas", crs=4326)


def test_a_missing_file_names_the_nearest(layer, tmp_path):
    layer.to_file(tmp_path / "suspected.gpkg")
    with pytest.raises(DataError, match=r"There is no file '.*suspekted\.gpkg'; did you mean 'suspected\.gpkg'\?"):
        read(tmp_path / "suspekted.gpkg", "areas")
    with pytest.raises(DataError, match="There is no file"):
        read(tmp_path / "no" / "such.gpkg", "areas")
    (tmp_path / "areas.docx").touch()
    with pytest.raises(DataError, match=r"files ending in '\.docx' are not read\. Known: \.csv"):
        read(tmp_path / "areas.docx", "areas")
    (tmp_path / "folder.shp").mkdir()
    with pytest.raises(DataError, match="is a folder"):
        read(tmp_path / "folder.shp", "areas")


@pytest.mark.parametrize(
    "path",
    [
        "https://example.org/areas.geojson",
        "ftp://example.org/a.csv",
        "/vsicurl/https://example.org/a.geojson",
        "/vsizip/a.zip/a.shp",
        "GPKG:/tmp/a.gpkg",
    ],
)
def test_addresses_and_virtual_paths_are_refused(path):
    with pytest.raises(DataError, match=r"is no local file|There is no file"):
        read(path, "areas")


VRT = '<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'
PIPELINE = {
    "type": "gdal_streamed_alg",
    "command_line": "gdal vector pipeline read {} ! write -f stream streamed_dataset",
}


@pytest.mark.parametrize("suffix", [".geojson", ".json", ".gpkg", ".shp", ".fgb", ".kml"])
def test_a_file_that_names_another_file_is_refused(layer, tmp_path, suffix):
    layer.to_file(tmp_path / "secret.gpkg")
    path = tmp_path / f"areas{suffix}"
    for content in (VRT, json.dumps(PIPELINE)):
        path.write_text(content.replace("{}", str(tmp_path / "secret.gpkg")))
        with pytest.raises(DataError, match=r"'areas\."):
            read(path, "areas")


def test_a_kml_with_a_document_type_is_refused(tmp_path):
    path = tmp_path / "areas.kml"
    declared = '<!DOCTYPE kml [<!ENTITY secret SYSTEM "file:///etc/passwd">]>'
    text = KML.format(placemark("&secret;", 18))
    path.write_text(text.replace("?>", "?>" + declared, 1))
    with pytest.raises(DataError, match="declares a document type"):
        read(path, "areas", columns={"Name": "area_id"})
    packed = zipped(tmp_path / "areas.kmz", path)
    with pytest.raises(DataError, match="declares a document type"):
        read(packed, "areas", columns={"Name": "area_id"})


def hostile_zip(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


@pytest.mark.parametrize("suffix", [".zip", ".kmz"])
def test_hostile_archives_are_refused(tmp_path, suffix):
    path = tmp_path / f"areas{suffix}"
    start = b'{"type": "FeatureCollection", "features": []}'
    for members, message in (
        ({"a.geojson": start + b" " * 40_000_000}, "packed in too few"),
        ({"../a.geojson": start}, "a path out of the archive"),
        ({"/tmp/a.geojson": start}, "a path out of the archive"),
        ({"..\\a.geojson": start}, "a path out of the archive"),
        ({"a.vrt": VRT.encode()}, "holds no"),
        ({"a.geojson": VRT.encode()}, "its content is not"),
        ({}, "holds no"),
    ):
        with pytest.raises(DataError, match=message):
            read(hostile_zip(path, **members), "areas")


def test_the_table_must_be_known(tmp_path):
    with pytest.raises(OptionError, match=r"table must be one of areas, .*; got 'area'; did you mean 'areas'\?"):
        read(tmp_path / "a.csv", "area")
    (tmp_path / "a.xml").touch()
    with pytest.raises(DataError, match="XML is read as IATI activities"):
        read(tmp_path / "a.xml", "areas")
