"""Files that are not text, or too large to keep: each is made when its case is run."""

from __future__ import annotations

import copy
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

MADE: dict[str, Callable[[Path], Path]] = {}
WEST, SOUTH = -37.7, 44.1
KML = (
    '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark><name>A</name>'
    "<Point><coordinates>-37.7,44.1</coordinates></Point></Placemark></Document></kml>"
)
DTD = '<!DOCTYPE kml [<!ENTITY x SYSTEM "file:///etc/hostname">]>'


def made(name: str) -> Callable[[Callable[[Path], Path]], Callable[[Path], Path]]:
    """Keep a function that makes the file of a case in a folder."""

    def keep(make: Callable[[Path], Path]) -> Callable[[Path], Path]:
        MADE[name] = make
        return make

    return keep


def square(number: int, size: float = 0.001) -> Any:
    """Return a square of its own place for each number."""
    west, south = WEST + 0.01 * (number % 40), SOUTH + 0.01 * (number // 40)
    return shapely.box(west, south, west + size, south + size)


def hazards(count: int = 2, **columns: Any) -> gpd.GeoDataFrame:
    """Return hazards that must all be taken, with what is expected of each beside it."""
    ids = [str(number) for number in range(1, count + 1)]
    frame = pd.DataFrame({"case": ids, "expect": "A", "rules": "", "land": "open", "cells": 1.0})
    frame = frame.assign(event_id=ids, area_id=ids, event="confirmed", event_date="2015-04-03", **columns)
    return gpd.GeoDataFrame(frame, geometry=[square(number) for number in range(count)], crs=4326)


def table_of(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(frame.drop(columns="geometry")).assign(wkt=frame.geometry.to_wkt(rounding_precision=9))


def csv_of(frame: gpd.GeoDataFrame) -> str:
    return table_of(frame).to_csv(index=False, lineterminator="\n")


def gpkg_of(frame: gpd.GeoDataFrame, path: Path, layer: str = "events") -> Path:
    pyogrio.write_dataframe(frame, path, layer=layer, driver="GPKG", append=path.exists())
    return path


def geojson_of(frame: gpd.GeoDataFrame) -> str:
    return str(frame.to_json())


def shp_of(folder: Path, count: int = 1000) -> Path:
    frame = hazards(count)[["event_id", "area_id", "event", "geometry"]]
    pyogrio.write_dataframe(frame, folder / "events.shp", driver="ESRI Shapefile")
    return folder / "events.shp"


def zip_of(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def run_sql(path: Path, *statements: str) -> Path:
    """Change a GeoPackage behind the back of GDAL: its own triggers call functions that are not here."""
    connection = sqlite3.connect(path)
    for name in ("ST_IsEmpty", "ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
        connection.create_function(name, 1, lambda shape: 0)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    return path


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# ------------------------------------------------------------------ text


@made("csv-nul")
def csv_nul(folder: Path) -> Path:
    return written(folder / "nul.csv", csv_of(hazards(operator=["one\0two", "three"])))


@made("csv-nul-in-event")
def csv_nul_in_event(folder: Path) -> Path:
    frame = hazards(1)
    frame["event"] = "cleared\0?"
    return written(folder / "nul_event.csv", csv_of(frame))


@made("csv-utf-16")
def csv_utf_16(folder: Path) -> Path:
    return written(folder / "utf16.csv", csv_of(hazards(operator="ដោះមីន")).encode("utf-16"))


@made("csv-byte-order-mark")
def csv_byte_order_mark(folder: Path) -> Path:
    return written(folder / "bom.csv", csv_of(hazards()).encode("utf-8-sig"))


@made("csv-returns")
def csv_returns(folder: Path) -> Path:
    return written(folder / "returns.csv", csv_of(hazards()).replace("\n", "\r"))


@made("csv-windows-lines")
def csv_windows_lines(folder: Path) -> Path:
    return written(folder / "windows.csv", csv_of(hazards()).replace("\n", "\r\n"))


@made("csv-no-last-line-end")
def csv_no_last_line_end(folder: Path) -> Path:
    return written(folder / "no_end.csv", csv_of(hazards()).rstrip("\n"))


@made("csv-large-cell")
def csv_large_cell(folder: Path) -> Path:
    return written(folder / "large.csv", csv_of(hazards(operator=["x" * 10_000_000, "y"])))


@made("csv-scrawl")
def csv_scrawl(folder: Path) -> Path:
    """A ring of 300 vertices in no order, which the usual repair needs minutes for."""
    frame = hazards(1)
    xy = np.random.default_rng(7).random((300, 2)) / 1000 + [WEST, SOUTH]
    frame["geometry"] = [shapely.Polygon(xy)]
    frame["expect"], frame["rules"], frame["cells"] = "W", "R8 geometry", None
    return written(folder / "scrawl.csv", csv_of(frame))


@made("csv-is-a-folder")
def csv_is_a_folder(folder: Path) -> Path:
    (folder / "events.csv").mkdir()
    return folder / "events.csv"


@made("json-deep")
def json_deep(folder: Path) -> Path:
    """Lists in lists, deeper than a parser's stack."""
    text = '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Polygon",'
    return written(folder / "deep.geojson", text + '"coordinates":' + "[" * 100_000 + "]" * 100_000 + "}}]}")


@made("json-long-number")
def json_long_number(folder: Path) -> Path:
    """A number of ten thousand digits."""
    text = geojson_of(hazards(1)).replace("-37.7,", "-37.7" + "0" * 10_000 + ",")
    return written(folder / "digits.geojson", text)


@made("json-same-key-twice")
def json_same_key_twice(folder: Path) -> Path:
    """One feature that says confirmed and cleared under one name."""
    return written(
        folder / "keys.geojson",
        geojson_of(hazards(1)).replace('"event": "confirmed"', '"event": "confirmed", "event": "cleared"'),
    )


@made("kml-dtd-late")
def kml_dtd_late(folder: Path) -> Path:
    """A document type behind a comment of 70,000 letters."""
    return written(folder / "late.kml", f'<?xml version="1.0"?><!-- <kml {" " * 70_000}-->{DTD}{KML}')


@made("kml-utf-16-dtd")
def kml_utf_16_dtd(folder: Path) -> Path:
    """A document type in another encoding than the one that is looked for."""
    return written(folder / "wide.kml", f'<?xml version="1.0" encoding="UTF-16"?>{DTD}{KML}'.encode("utf-16"))


@made("kmz-dtd")
def kmz_dtd(folder: Path) -> Path:
    return zip_of(folder / "dtd.kmz", {"doc.kml": f'<?xml version="1.0"?>{DTD}{KML}'.encode()})


# ------------------------------------------------------------------ archives


@made("zip-bomb")
def zip_bomb(folder: Path) -> Path:
    """40 MB of blanks in 40 kB."""
    return zip_of(folder / "bomb.zip", {"events.geojson": b" " * 40_000_000})


@made("zip-overlapping")
def zip_overlapping(folder: Path) -> Path:
    """600 names for one member of 10 MB."""
    path = folder / "overlapping.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.geojson", b" " * 10_000_000)
        for number in range(1, 600):
            other = copy.copy(archive.filelist[0])
            other.filename = f"{number}.geojson"
            archive.filelist.append(other)
    return path


@made("zip-two-layers")
def zip_two_layers(folder: Path) -> Path:
    text = geojson_of(hazards()).encode()
    return zip_of(folder / "two.zip", {"a.geojson": text, "b.geojson": text})


@made("zip-slip")
def zip_slip(folder: Path) -> Path:
    return zip_of(folder / "slip.zip", {"../../events.geojson": geojson_of(hazards()).encode()})


@made("zip-slip-windows")
def zip_slip_windows(folder: Path) -> Path:
    return zip_of(folder / "slip.zip", {"..\\..\\events.geojson": geojson_of(hazards()).encode()})


@made("zip-absolute")
def zip_absolute(folder: Path) -> Path:
    return zip_of(folder / "absolute.zip", {"/tmp/events.geojson": geojson_of(hazards()).encode()})


@made("zip-locked")
def zip_locked(folder: Path) -> Path:
    """A member that is said to be encrypted."""
    path = zip_of(folder / "locked.zip", {"events.geojson": geojson_of(hazards()).encode()})
    data = bytearray(path.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    return written(path, bytes(data))


@made("zip-half")
def zip_half(folder: Path) -> Path:
    path = zip_of(folder / "half.zip", {"events.geojson": geojson_of(hazards(50)).encode()})
    return written(path, path.read_bytes()[:300])


@made("zip-in-zip")
def zip_in_zip(folder: Path) -> Path:
    inner = zip_of(folder / "inner.zip", {"events.geojson": geojson_of(hazards()).encode()})
    return zip_of(folder / "outer.zip", {"inner.zip": inner.read_bytes()})


@made("zip-name-twice")
def zip_name_twice(folder: Path) -> Path:
    """Two members of one name: one program reads the first, another the second."""
    path = folder / "twice.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("events.geojson", geojson_of(hazards(1)))
        archive.fp.seek(archive.start_dir)  # type: ignore[union-attr]
        archive.NameToInfo.clear()
        archive.writestr("events.geojson", geojson_of(hazards(2)))
    return path


@made("zip-vrt")
def zip_vrt(folder: Path) -> Path:
    layer = b'<OGRVRTLayer name="x"><SrcDataSource>/etc/hostname</SrcDataSource></OGRVRTLayer>'
    return zip_of(folder / "vrt.zip", {"events.geojson": b"<OGRVRTDataSource>" + layer + b"</OGRVRTDataSource>"})


@made("zip-empty")
def zip_empty(folder: Path) -> Path:
    return zip_of(folder / "empty.zip", {})


# ------------------------------------------------------------------ shapefiles


@made("shp-half")
def shp_half(folder: Path) -> Path:
    """Half of a Shapefile, of which a reader makes 501 features without a shape."""
    path = shp_of(folder)
    return written(path, path.read_bytes()[: path.stat().st_size // 2])


@made("shp-half-zipped")
def shp_half_zipped(folder: Path) -> Path:
    path = shp_half(folder)
    parts = {f"events{end}": path.with_suffix(end).read_bytes() for end in (".shp", ".shx", ".dbf", ".prj")}
    return zip_of(folder / "half.zip", parts)


@made("shp-half-index")
def shp_half_index(folder: Path) -> Path:
    """Half of the index that says where the shapes are."""
    path = shp_of(folder)
    index = path.with_suffix(".shx")
    written(index, index.read_bytes()[: index.stat().st_size // 2])
    return path


@made("shp-half-table")
def shp_half_table(folder: Path) -> Path:
    """A table of 500 rows for 1,000 shapes."""
    path = shp_of(folder)
    table = path.with_suffix(".dbf")
    written(table, table.read_bytes()[: table.stat().st_size // 2])
    return path


@made("shp-no-table")
def shp_no_table(folder: Path) -> Path:
    path = shp_of(folder, 3)
    path.with_suffix(".dbf").unlink()
    return path


@made("shp-no-crs")
def shp_no_crs(folder: Path) -> Path:
    path = shp_of(folder, 3)
    path.with_suffix(".prj").unlink()
    return path


@made("shp-own-datum")
def shp_own_datum(folder: Path) -> Path:
    """A datum by a name of its own: nobody knows where it lies."""
    path = shp_of(folder, 3)
    wkt = path.with_suffix(".prj").read_text()
    written(path.with_suffix(".prj"), wkt.replace("D_WGS_1984", "D_Own").replace("GCS_WGS_1984", "GCS_Own").replace(
        "6378137.0,298.257223563", "6377276.345,300.8017"))  # fmt: skip
    return path


# ------------------------------------------------------------------ GeoPackages and other databases


@made("gpkg-good")
def gpkg_good(folder: Path) -> Path:
    return gpkg_of(hazards(), folder / "good.gpkg")


@made("gpkg-half")
def gpkg_half(folder: Path) -> Path:
    path = gpkg_of(hazards(500), folder / "half.gpkg")
    return written(path, path.read_bytes()[: path.stat().st_size // 2])


@made("gpkg-two-layers")
def gpkg_two_layers(folder: Path) -> Path:
    gpkg_of(hazards(), folder / "two.gpkg", "open")
    return gpkg_of(hazards(), folder / "two.gpkg", "closed")


@made("gpkg-trigger")
def gpkg_trigger(folder: Path) -> Path:
    """A trigger that releases each hazard as it is added."""
    path = gpkg_of(hazards(), folder / "trigger.gpkg")
    return run_sql(path, "CREATE TRIGGER free AFTER INSERT ON events BEGIN UPDATE events SET event = 'cleared'; END")


@made("gpkg-trigger-in-disguise")
def gpkg_trigger_in_disguise(folder: Path) -> Path:
    """The same under the name of one of GDAL's own."""
    path = gpkg_of(hazards(), folder / "disguise.gpkg")
    return run_sql(
        path, "DROP TRIGGER trigger_insert_feature_count_events",
        "CREATE TRIGGER trigger_insert_feature_count_events AFTER INSERT ON events BEGIN "
        "UPDATE events SET event = 'cleared'; END",
    )  # fmt: skip


@made("gpkg-view")
def gpkg_view(folder: Path) -> Path:
    """A view that hides a hazard, served as a layer."""
    path = gpkg_of(hazards(), folder / "view.gpkg")
    return run_sql(
        path, "ALTER TABLE events RENAME TO hidden", "CREATE VIEW events AS SELECT * FROM hidden WHERE event_id <> '2'"
    )


@made("gpkg-index-desynchronised")
def gpkg_index(folder: Path) -> Path:
    """A row that the spatial index has lost: a search by place would not find the hazard; reading all does."""
    path = gpkg_of(hazards(), folder / "index.gpkg")
    return run_sql(path, "DELETE FROM rtree_events_geom WHERE id = 1")


@made("gpkg-log-left-behind")
def gpkg_log_left_behind(folder: Path) -> Path:
    """The file without the log beside it, in which what was committed last still stands."""
    path = gpkg_of(hazards(), folder / "events.gpkg")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("CREATE TABLE newer (event_id TEXT)")
    connection.commit()
    alone = written(folder / "alone.gpkg", path.read_bytes())
    connection.close()
    return alone


@made("gpkg-no-crs")
def gpkg_no_crs(folder: Path) -> Path:
    path = gpkg_of(hazards(), folder / "no_crs.gpkg")
    return run_sql(path, "UPDATE gpkg_geometry_columns SET srs_id = -1", "UPDATE gpkg_contents SET srs_id = -1")


@made("gpkg-broken-shape")
def gpkg_broken_shape(folder: Path) -> Path:
    """A shape whose bytes break off: the hazard stays without a place, and that is told."""
    frame = hazards()
    frame["expect"], frame["rules"], frame["cells"] = ["W", "A"], ["R7 geometry", ""], [-1.0, 1.0]
    path = gpkg_of(frame, folder / "broken.gpkg")
    return run_sql(path, "UPDATE events SET geom = substr(geom, 1, 60) WHERE event_id = '1'")


@made("gpkg-long-ids")
def gpkg_long_ids(folder: Path) -> Path:
    """Ids beyond 2 ** 53 and a blank one, which together become fractions."""
    frame = hazards(3, case=["1", "2", "3"])
    frame["event_id"] = pd.array([2**53 + 1, 2**53, None], dtype="Int64")
    frame["area_id"] = ["9007199254740993", "9007199254740992", "x"]
    frame["expect"], frame["rules"] = ["A", "A", "Q"], ["", "", "R1 event_id"]
    frame["land"], frame["cells"] = ["open", "open", "none"], [1.0, 1.0, -1.0]
    return gpkg_of(frame, folder / "long.gpkg")


@made("gpkg-not-spatial")
def gpkg_not_spatial(folder: Path) -> Path:
    """A database that is no GeoPackage."""
    return run_sql(folder / "plain.gpkg", "CREATE TABLE events (event_id TEXT)")


@made("fgb-half")
def fgb_half(folder: Path) -> Path:
    path = folder / "half.fgb"
    pyogrio.write_dataframe(hazards(500), path, driver="FlatGeobuf")
    return written(path, path.read_bytes()[: path.stat().st_size // 2])


@made("fgb-text")
def fgb_text(folder: Path) -> Path:
    return written(folder / "text.fgb", b"fgb\x03fgb\x00 and no more")


@made("gdb-is-a-file")
def gdb_is_a_file(folder: Path) -> Path:
    return written(folder / "file.gdb", b"no folder")


@made("gdb-empty")
def gdb_empty(folder: Path) -> Path:
    (folder / "empty.gdb").mkdir()
    return folder / "empty.gdb"


@made("parquet-no-crs")
def parquet_no_crs(folder: Path) -> Path:
    hazards().set_crs(None, allow_override=True).to_parquet(folder / "no_crs.parquet")
    return folder / "no_crs.parquet"


@made("parquet-nan")
def parquet_nan(folder: Path) -> Path:
    frame = hazards()
    with np.errstate(invalid="ignore"):
        frame.loc[0, "geometry"] = shapely.Polygon([(WEST, SOUTH), (WEST, np.nan), (WEST + 1, 44.2), (WEST, SOUTH)])
    frame["expect"], frame["rules"], frame["cells"] = ["W", "A"], ["R11 geometry; R7 geometry", ""], [-1.0, 1.0]
    frame.to_parquet(folder / "nan.parquet")
    return folder / "nan.parquet"


@made("parquet-half")
def parquet_half(folder: Path) -> Path:
    hazards(500).to_parquet(folder / "half.parquet")
    return written(folder / "half.parquet", (folder / "half.parquet").read_bytes()[:3000])


# ------------------------------------------------------------------ workbooks


def xlsx_of(path: Path, rows: list[list[Any]], more: str | None = None) -> Path:
    import openpyxl

    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if more:
        book.create_sheet(more).append(rows[0])
    book.save(path)
    return path


HEAD = ["case", "expect", "rules", "land", "event_id", "area_id", "event", "event_date", "wkt"]


@made("xlsx-cells")
def xlsx_cells(folder: Path) -> Path:
    """Cells that a workbook types by itself: numbers for ids, days for dates, errors, formulas."""
    wkt = [square(number).wkt for number in range(9)]
    day = pd.Timestamp("2015-04-03").to_pydatetime()
    rows: list[list[Any]] = [
        HEAD,
        ["number for an id", "A", "", "open", 12, "a", "confirmed", day, wkt[0]],
        ["fraction for an id", "A", "", "open", 12.5, "b", "confirmed", day, wkt[1]],
        ["text of a day", "A", "", "open", "13", "c", "confirmed", "2015-04-03", wkt[2]],
        ["error for a day", "W", "R3 event_date", "open", "14", "d", "confirmed", "#VALUE!", wkt[3]],
        ["formula never computed", "Q", "R1 event; R3 event", "none", "15", "e", '="clea"&"red"', day, wkt[4]],
        ["yes for an id", "A", "", "open", True, "f", "confirmed", day, wkt[5]],
    ]
    return xlsx_of(folder / "cells.xlsx", rows)


@made("xlsx-two-sheets")
def xlsx_two_sheets(folder: Path) -> Path:
    return xlsx_of(folder / "two.xlsx", [HEAD], more="Sheet2")


@made("xlsx-locked")
def xlsx_locked(folder: Path) -> Path:
    """A workbook with a password is no workbook from outside."""
    return written(folder / "locked.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000))


@made("xlsx-entity")
def xlsx_entity(folder: Path) -> Path:
    """A sheet that declares an entity of another file."""
    path = xlsx_of(folder / "plain.xlsx", [["event_id", "area_id", "event"], ["1", "a", "confirmed"]])
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = "xl/worksheets/sheet1.xml"
    bare = parts[name].split(b"?>", 1)[-1]
    parts[name] = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/hostname">]>' + bare
    return zip_of(folder / "entity.xlsx", parts)


@made("xlsx-bomb")
def xlsx_bomb(folder: Path) -> Path:
    """A sheet of 40 MB in 40 kB."""
    path = xlsx_of(folder / "plain.xlsx", [["event_id", "area_id", "event"], ["1", "a", "confirmed"]])
    with zipfile.ZipFile(path) as book:
        parts = {name: book.read(name) for name in book.namelist()}
    name = "xl/worksheets/sheet1.xml"
    parts[name] = parts[name].replace(b"<sheetData>", b"<sheetData>" + b" " * 40_000_000)
    return zip_of(folder / "bomb.xlsx", parts)
