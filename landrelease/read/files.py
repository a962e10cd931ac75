"""Open a file as it is: its columns, its shapes, its CRS, and what could not be taken as written."""

from __future__ import annotations

import io
import re
import warnings
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from landrelease.errors import DataError, DataWarning, nearest
from landrelease.read.geojson import read_geojson
from landrelease.rules import finding

__all__ = ["SUFFIXES", "RawFile", "open_file"]

VECTOR = {".gpkg", ".geojson", ".json", ".shp", ".zip", ".gdb", ".kml", ".kmz", ".fgb"}
TABULAR = {".csv", ".txt", ".tsv", ".xlsx", ".xlsm"}
_IN_ARCHIVE = (".shp", ".gpkg", ".geojson", ".json", ".kml", ".fgb")
_DRIVERS = (
    "ESRI Shapefile", "ESRIJSON", "FlatGeobuf", "GPKG", "GeoJSON", "GeoJSONSeq", "JSONFG", "KML", "LIBKML",
    "OpenFileGDB", "TopoJSON",
)  # fmt: skip
_START = 65_536
_SMALL_BYTES, _MOST_BYTES, _MOST_RATIO = 1 << 24, 1 << 29, 100
"""A member of an archive under 16 MiB may be packed in any ratio; the whole unpacks to 512 MiB at most."""
SUFFIXES = sorted(VECTOR | TABULAR | {".parquet", ".geoparquet"})


@dataclass
class RawFile:
    """A file's own columns and shapes, and findings by row position."""

    columns: pd.DataFrame
    shapes: np.ndarray[Any, Any] | None = None
    crs: CRS | None = None
    findings: list[tuple[int, list[str]]] = field(default_factory=list)


def open_file(path: Path, *, layer: str | None, encoding: str | None) -> RawFile:
    """Open one layer of a local file by its suffix; raise DataError that says what to do."""
    if str(path).startswith("/vsi") or re.match(r"^[A-Za-z][A-Za-z0-9+.-]+:/", str(path)):
        raise DataError(f"'{path}' is no local file: addresses and virtual paths are not read. Fix: download it first.")
    if not path.exists():
        siblings = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
        raise DataError(f"There is no file '{path}'{nearest(path.name, siblings)}")
    suffix = path.suffix.lower()
    if suffix in (".parquet", ".geoparquet"):
        raw = _open_parquet(path)
    elif suffix in (".xlsx", ".xlsm"):
        raw = _open_excel(path, layer)
    elif suffix in TABULAR:
        raw = _open_text(path, encoding)
    elif suffix in VECTOR:
        raw = _open_vector(path, suffix, layer, encoding)
    else:
        raise DataError(f"'{path.name}': files ending in '{suffix}' are not read. Known: {', '.join(SUFFIXES)}, .xml")
    if raw.columns.index.size == 0:
        raise DataError(f"'{path.name}' has no rows. Fix: leave the input out if there are none.")
    return raw


def _open_parquet(path: Path) -> RawFile:
    import pyarrow.parquet

    try:
        has_shapes = b"geo" in (pyarrow.parquet.read_schema(path).metadata or {})
        with np.errstate(invalid="ignore"):  # a coordinate that is NaN is told with its row
            frame = gpd.read_parquet(path) if has_shapes else pd.read_parquet(path)
    except Exception as error:
        raise DataError(f"'{path.name}' can not be read as Parquet: {_first_line(error)}") from None
    if not isinstance(frame, gpd.GeoDataFrame):
        return RawFile(_named(frame))
    return RawFile(_named(pd.DataFrame(frame.drop(columns=frame.geometry.name))), frame.geometry.to_numpy(), frame.crs)


def _open_excel(path: Path, sheet: str | None) -> RawFile:
    try:
        book = pd.ExcelFile(path, engine="openpyxl")
    except Exception as error:
        raise DataError(f"'{path.name}' can not be read as XLSX: {_first_line(error)}") from None
    with book:
        names = [str(name) for name in book.sheet_names]
        if sheet is None and len(names) > 1:
            raise DataError(f"'{path.name}' has {len(names)} sheets: {', '.join(names)}. Fix: read(..., layer='NAME')")
        if sheet is not None and sheet not in names:
            raise DataError(f"'{path.name}' has no sheet '{sheet}'; it has {', '.join(names)}{nearest(sheet, names)}")
        frame = pd.read_excel(book, sheet or names[0], dtype=object, keep_default_na=False, na_values=[""])
    return RawFile(_named(frame.dropna(how="all").reset_index(drop=True)))


def _open_text(path: Path, encoding: str | None) -> RawFile:
    content = path.read_bytes()
    is_utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        text = content.decode(encoding or ("utf-16" if is_utf16 else "utf-8")).removeprefix("\ufeff")
    except (UnicodeDecodeError, LookupError) as error:
        raise DataError(
            f"'{path.name}' is not {encoding or 'UTF-8'} text ({_first_line(error)}).\n"
            f"  Fix: read(..., encoding='cp1252') or the encoding that it was saved in."
        ) from None
    lines = text.splitlines()
    header = lines[0] if lines else ""
    separator = max([",", ";", "\t"], key=header.count)
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            dtype="str",
            keep_default_na=False,
            na_values=[""],
            skipinitialspace=True,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError) as error:
        raise DataError(f"'{path.name}' can not be read as a table: {_first_line(error)}") from None
    if not isinstance(frame.index, pd.RangeIndex):
        raise DataError(f"'{path.name}' has rows with more cells than its header has names. Fix: quote such cells.")
    swallowed = frame.apply(lambda cells: cells.str.contains("\n", regex=False, na=False))
    for row, column in zip(*np.nonzero(swallowed.to_numpy(dtype=bool)), strict=True):
        if str(frame.iat[row, column]).count(separator) >= max(1, frame.shape[1] - 1):
            raise DataError(
                f"'{path.name}': row {row + 1}, column '{frame.columns[column]}' swallows the rows after it: "
                f"a quotation mark is not closed. Fix: close or remove it."
            )
    return RawFile(_named(frame))


def _named(frame: pd.DataFrame) -> pd.DataFrame:
    frame.columns = frame.columns.astype(str).str.strip()
    return frame


def _open_vector(path: Path, suffix: str, layer: str | None, encoding: str | None) -> RawFile:
    import pyogrio

    _check_content(path, suffix)
    source: Any = path
    if suffix == ".kmz":
        source = _inside_kmz(path)
    try:
        names = [str(name) for name in pyogrio.list_layers(source)[:, 0]]
    except Exception as error:
        if suffix in (".geojson", ".json"):
            return RawFile(*read_geojson(path))
        raise DataError(f"'{path.name}' can not be opened: {_first_line(error)}") from None
    if not names:
        raise DataError(f"'{path.name}' has no layers.")
    if layer is None and len(names) > 1 and suffix not in (".kml", ".kmz"):
        raise DataError(f"'{path.name}' has {len(names)} layers: {', '.join(names)}. Fix: read(..., layer='NAME')")
    if layer is not None and layer not in names:
        raise DataError(f"'{path.name}' has no layer '{layer}'; it has {', '.join(names)}{nearest(layer, names)}")
    wanted = [layer] if layer is not None else names
    parts = [_open_layer(path, source, name, suffix, encoding) for name in wanted]
    return parts[0] if len(parts) == 1 else _joined(parts, wanted)


def _check_content(path: Path, suffix: str) -> None:
    """Refuse a file that is not what its name says: the library below would follow its content elsewhere."""
    if path.is_dir() != (suffix == ".gdb"):
        raise DataError(f"'{path.name}' is a {'folder' if path.is_dir() else 'file'}: that is no '{suffix}'.")
    if path.is_dir():
        return
    if suffix in (".zip", ".kmz"):
        _check_archive(path)
    else:
        with path.open("rb") as file:
            _check_start(path.name, suffix, file.read(_START))
    if suffix == ".shp":
        said, found = 2 * int.from_bytes(path.read_bytes()[24:28], "big"), path.stat().st_size
        if found < said:
            raise DataError(f"'{path.name}' is cut off: it has {found:,} of {said:,} bytes. Fix: copy it again.")


def _check_start(name: str, suffix: str, start: bytes) -> None:
    """Raise DataError unless the first bytes are those of the format that the suffix names."""
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    fits = {
        ".gpkg": start.startswith(b"SQLite format 3\0"),
        ".fgb": start.startswith(b"fgb"),
        ".shp": start.startswith(b"\x00\x00\x27\x0a"),
        ".geojson": text.startswith(b"{") and b"gdal_streamed_alg" not in text,
        ".json": text.startswith(b"{") and b"gdal_streamed_alg" not in text,
        ".kml": text.startswith(b"<") and b"<kml" in text,
    }
    if not fits.get(suffix, True):
        raise DataError(f"'{name}' can not be read: its content is not what '{suffix}' stands for.")
    if suffix == ".kml" and (b"<!DOCTYPE" in start or b"<!ENTITY" in start):
        raise DataError(f"'{name}' declares a document type, which could name other files: it is not read.")


def _check_archive(path: Path) -> None:
    """Refuse an archive that unpacks to very much, leads out of its folder, or holds what is not read."""
    try:
        with zipfile.ZipFile(path) as archive:
            members = [one for one in archive.infolist() if not one.is_dir()]
            for one in members:
                if one.filename.startswith(("/", "\\")) or ".." in one.filename.replace("\\", "/").split("/"):
                    raise DataError(f"'{path.name}' holds '{one.filename}', a path out of the archive: it is not read.")
                if one.file_size > max(_SMALL_BYTES, _MOST_RATIO * one.compress_size):
                    raise DataError(f"'{path.name}' holds '{one.filename}', {one.file_size:,} bytes packed in too few.")
            if sum(one.file_size for one in members) > _MOST_BYTES:
                raise DataError(f"'{path.name}' unpacks to more than {_MOST_BYTES:,} bytes. Fix: unpack it first.")
            layers = [one for one in members if Path(one.filename).suffix.lower() in _IN_ARCHIVE]
            if not layers and not any(".gdb/" in one.filename.lower() for one in members):
                raise DataError(f"'{path.name}' holds no {', '.join(_IN_ARCHIVE)} or .gdb.")
            for one in layers:
                with archive.open(one) as file:
                    _check_start(one.filename, Path(one.filename).suffix.lower(), file.read(_START))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError) as error:
        raise DataError(f"'{path.name}' can not be read as an archive: {_first_line(error)}") from None


def _inside_kmz(path: Path) -> bytes:
    with zipfile.ZipFile(path) as archive:
        inside = [name for name in archive.namelist() if name.lower().endswith(".kml")]
        if not inside:
            raise DataError(f"'{path.name}' holds no KML document.")
        return archive.read("doc.kml" if "doc.kml" in inside else inside[0])


def _open_layer(path: Path, source: Any, layer: str, suffix: str, encoding: str | None) -> RawFile:
    import pyogrio

    options = {"encoding": encoding} if encoding and suffix in (".shp", ".zip") else {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            info = pyogrio.read_info(source, layer=layer)
            if info["driver"] not in _DRIVERS:
                raise DataError(f"'{path.name}' is a file of {info['driver']}, which is not read")
            frame = pyogrio.read_dataframe(source, layer=layer, on_invalid="ignore", **options)
            frame = _with_long_numbers(frame, info, source, layer)
        except DataError:
            raise
        except Exception as error:
            if suffix in (".geojson", ".json"):
                return RawFile(*read_geojson(path))
            raise DataError(f"'{path.name}', layer '{layer}': {_first_line(error)}") from None
    if not isinstance(frame, gpd.GeoDataFrame):
        return RawFile(_named(frame))
    shapes = frame.geometry.to_numpy()
    if suffix in (".geojson", ".json") and (caught or shapely.is_missing(shapes).any()):
        # the driver gives None for what it can not take: look at what is really written
        return RawFile(*read_geojson(path))
    said = {_first_line(one.message) for one in caught if "GeoSeries.notna" not in str(one.message)}
    if said:
        warnings.warn(f"'{path.name}': {'; '.join(sorted(said))[:500]}", DataWarning, stacklevel=4)
    raw = RawFile(_named(pd.DataFrame(frame.drop(columns=frame.geometry.name))), shapes, frame.crs)
    if shapely.is_missing(shapes).any():
        _unreadable(raw, source, layer)
    return raw


def _with_long_numbers(frame: pd.DataFrame, info: dict[str, Any], source: Any, layer: str) -> pd.DataFrame:
    """Read whole numbers again that a blank row turned into floats which can not hold them: they are ids."""
    import pyogrio

    whole = {name for name, kind in zip(info["fields"], info["dtypes"], strict=True) if kind == "int64"}
    floats = [name for name in frame if name in whole and frame[name].dtype == float]
    long = [name for name in floats if frame[name].abs().max() >= 2**53]
    if long:
        exact = pyogrio.read_arrow(source, layer=layer, columns=long, read_geometry=False)[1]
        for name in long:
            frame[name] = pd.array(exact[name].to_pylist(), dtype="Int64")
    return frame


def _unreadable(raw: RawFile, source: Any, layer: str) -> None:
    """Tell rows whose shape is null in the file from those whose shape can not be read; mend what can be."""
    import pyogrio

    assert raw.shapes is not None
    wkb = pyogrio.raw.read(source, layer=layer, columns=[])[2]
    lost = np.flatnonzero(shapely.is_missing(raw.shapes) & np.array([one is not None for one in wkb]))
    if not len(lost):
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mended = shapely.from_wkb(wkb[lost], on_invalid="fix")
    raw.shapes = raw.shapes.copy()
    raw.shapes[lost] = mended
    for row, shape in zip(lost, mended, strict=True):
        rule, message = ("R7", "unreadable geometry") if shape is None else ("R13", "malformed geometry was mended")
        raw.findings.append((int(row), finding(rule, "geometry", "", message)))


def _joined(parts: list[RawFile], layers: list[str]) -> RawFile:
    """Put the layers of one KML document together: its folders are one list of features."""
    columns = pd.concat([part.columns.assign(layer=name) for part, name in zip(parts, layers, strict=True)])
    shapes = [np.full(len(part.columns), None) if part.shapes is None else part.shapes for part in parts]
    starts = np.cumsum([0, *(len(part.columns) for part in parts)])
    findings = [
        (row + int(start), one) for part, start in zip(parts, starts, strict=False) for row, one in part.findings
    ]
    crs = next((part.crs for part in parts if part.crs is not None), None)
    return RawFile(columns.reset_index(drop=True), np.concatenate(shapes), crs, findings)


def _first_line(error: object) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:300] if lines else type(error).__name__
