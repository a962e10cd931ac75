"""Open a file as it is: its columns, its shapes, its CRS, and what could not be taken as written."""

from __future__ import annotations

import csv
import io
import json
import re
import tempfile
import warnings
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from landrelease.errors import DataError, DataWarning, nearest
from landrelease.read.archive import unpack
from landrelease.read.content import Promise, check_content
from landrelease.read.geojson import read_geojson
from landrelease.read.geopackage import rows_in_layer
from landrelease.read.limits import check_cells, check_nesting
from landrelease.read.workbook import open_workbook
from landrelease.rules import finding

__all__ = ["DRIVERS", "SUFFIXES", "RawFile", "open_file"]

_OF_QGIS = ("layer_styles", "qgis_projects")
"""Tables that QGIS puts beside the layers of a GeoPackage: how they are drawn."""
VECTOR = {".gpkg", ".geojson", ".json", ".shp", ".zip", ".gdb", ".kml", ".kmz", ".fgb"}
TABULAR = {".csv", ".txt", ".tsv", ".xlsx", ".xlsm"}
DRIVERS = (
    "ESRI Shapefile", "ESRIJSON", "FlatGeobuf", "GPKG", "GeoJSON", "GeoJSONSeq", "JSONFG", "KML", "LIBKML",
    "OpenFileGDB", "TopoJSON",
)  # fmt: skip
_CONTROL = re.compile(r"[\x80-\x9f]")
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
    if path.is_dir() != (suffix == ".gdb"):
        raise DataError(f"'{path.name}' is a {'folder' if path.is_dir() else 'file'}: that is no '{suffix}'.")
    if not path.is_file() and not path.is_dir():
        raise DataError(f"'{path.name}' is no plain file but a device or a pipe: it is not read.")
    if suffix in (".parquet", ".geoparquet"):
        raw = _open_parquet(path)
    elif suffix in (".xlsx", ".xlsm"):
        frame, findings = open_workbook(path, layer)
        raw = RawFile(_named(frame, path.name), findings=findings)
    elif suffix in TABULAR:
        raw = _open_text(path, encoding)
    elif suffix in (".zip", ".kmz"):
        raw = _open_archive(path, layer, encoding)
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
        with pyarrow.parquet.ParquetFile(path) as file:
            said, schema = file.metadata, file.schema_arrow
            check_cells(path.name, said.num_rows, said.num_columns, path.stat().st_size)
            has_shapes = b"geo" in (schema.metadata or {})
            if has_shapes:
                _check_wkb(path, file)
        with np.errstate(invalid="ignore"):  # a coordinate that is NaN is told with its row
            frame = gpd.read_parquet(path) if has_shapes else pd.read_parquet(path)
    except DataError:
        raise
    except Exception as error:
        raise DataError(f"'{path.name}' can not be read as Parquet: {_first_line(error)}") from None
    if not isinstance(frame, gpd.GeoDataFrame):
        return RawFile(_named(frame, path.name))
    return RawFile(
        _named(pd.DataFrame(frame.drop(columns=frame.geometry.name)), path.name), frame.geometry.to_numpy(), frame.crs
    )


def _check_wkb(path: Path, file: Any) -> None:
    """Look at the geometries of a GeoParquet file as bytes, before they are parsed."""
    columns = json.loads(file.schema_arrow.metadata[b"geo"]).get("columns", {})
    for name in [name for name, one in columns.items() if one.get("encoding") == "WKB"]:
        for batch in file.iter_batches(columns=[name]):
            check_nesting(path.name, name, batch.column(0).to_pylist())


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
    check_cells(path.name, len(lines), header.count(separator) + 1, len(content))
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        raise DataError(f"'{path.name}' holds zero bytes, the first in line {row:,}: no text. Fix: save it again.")
    _check_rows(path.name, text, separator)
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            dtype="str",
            keep_default_na=False,
            na_values=[""],
            skipinitialspace=True,
        )
    except pd.errors.EmptyDataError:
        raise DataError(
            f"'{path.name}' can not be read: it is empty. Fix: leave the input out if there are no rows."
        ) from None
    except pd.errors.ParserError as error:
        raise DataError(
            f"'{path.name}' can not be read as a table: {_first_line(error)}.\n"
            "  Fix: take out what stands above the header, and put quotes around text that holds the separator."
        ) from None
    if not isinstance(frame.index, pd.RangeIndex):
        raise DataError(f"'{path.name}' has rows with more cells than its header has names. Fix: quote such cells.")
    swallowed = frame.apply(lambda cells: cells.str.contains("\n", regex=False, na=False))
    for row, column in zip(*np.nonzero(swallowed.to_numpy(dtype=bool)), strict=True):
        if str(frame.iat[row, column]).count(separator) >= max(1, frame.shape[1] - 1):
            raise DataError(
                f"'{path.name}': row {row + 1}, column '{frame.columns[column]}' swallows the rows after it: "
                f"a quotation mark is not closed. Fix: close or remove it."
            )
    return RawFile(_named(frame, path.name))


def _check_rows(name: str, text: str, separator: str) -> None:
    """Refuse rows with fewer cells than the header has names: what they lack is not known to be at their end."""
    try:
        rows = csv.reader(io.StringIO(text), delimiter=separator, skipinitialspace=True)
        header = next(rows, [])
        _check_names(name, header)
        short = next(((number, len(row)) for number, row in enumerate(rows, 1) if row and len(row) < len(header)), None)
    except csv.Error:  # told by the reader that follows
        return
    if short is not None:
        raise DataError(
            f"'{name}': row {short[0]:,} has {short[1]} cells, and the header {len(header)} names. "
            f"Fix: a line break in a cell needs quotation marks around it; leave no cell out."
        )


def _check_names(name: str, columns: Iterable[object]) -> None:
    keys = pd.Series([str(one).strip() for one in columns], dtype="str")
    twice = keys[keys.str.casefold().duplicated() & keys.ne("")]
    if len(twice):
        raise DataError(
            f"'{name}' has two columns '{twice.iloc[0]}': which one counts is not known. Fix: rename one of them."
        )


def _named(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    frame.columns = frame.columns.astype(str).str.strip()
    _check_names(name, frame.columns)
    return frame


def _open_archive(path: Path, layer: str | None, encoding: str | None) -> RawFile:
    """Open the one set of layers of an archive, or the one whose file is called `layer`."""
    with tempfile.TemporaryDirectory(prefix="landrelease-", ignore_cleanup_errors=True) as folder:
        found = unpack(path, Path(folder))
        names = [one.stem for one in found]
        if not found:
            raise DataError(f"'{path.name}' holds no layer that is read (.shp, .gpkg, .geojson, .kml, .fgb or .gdb).")
        if len(found) > 1:
            if layer is None:
                raise DataError(
                    f"'{path.name}' has {len(found)} layers: {', '.join(names)}. Fix: read(..., layer='NAME')"
                )
            if names.count(layer) != 1:
                what = f"{names.count(layer)} layers" if layer in names else "no layer"
                said = ", ".join(names) + nearest(layer, names)
                raise DataError(f"'{path.name}' has {what} '{layer}'; it has {said}. Fix: unpack it.")
            found, layer = [found[names.index(layer)]], None
        try:
            return _open_vector(found[0], found[0].suffix.lower(), layer, encoding)
        except DataError as error:
            raise DataError(f"'{path.name}': {error}") from None


def _open_vector(path: Path, suffix: str, layer: str | None, encoding: str | None) -> RawFile:
    import pyogrio

    said = check_content(path, suffix)
    try:
        names = [str(name) for name in pyogrio.list_layers(path)[:, 0] if name not in _OF_QGIS]
    except Exception as error:
        if suffix in (".geojson", ".json"):
            return _with_crs(RawFile(*read_geojson(path)), said)
        raise DataError(f"'{path.name}' can not be opened: {_first_line(error)}") from None
    if not names:
        raise DataError(f"'{path.name}' has no layers.")
    if layer is None and len(names) > 1 and suffix != ".kml":
        raise DataError(f"'{path.name}' has {len(names)} layers: {', '.join(names)}. Fix: read(..., layer='NAME')")
    if layer is not None and layer not in names:
        raise DataError(f"'{path.name}' has no layer '{layer}'; it has {', '.join(names)}{nearest(layer, names)}")
    wanted = [layer] if layer is not None else names
    rows = rows_in_layer(path, wanted[0]) if suffix == ".gpkg" else said.rows if wanted == names else None
    parts = [_open_layer(path, name, suffix, encoding) for name in wanted]
    raw = parts[0] if len(parts) == 1 else _joined(parts, wanted)
    if rows is not None and len(raw.columns) < rows:
        raise DataError(
            f"'{path.name}' holds {rows:,} rows, but only {len(raw.columns):,} can be read.\n"
            f"  Fix: export it again, as GeoPackage; a row that is left out could be a hazard."
        )
    return _with_crs(raw, said)


def _with_crs(raw: RawFile, said: Promise) -> RawFile:
    return raw if said.has_crs else replace(raw, crs=None)


def _open_layer(path: Path, layer: str, suffix: str, encoding: str | None) -> RawFile:
    import pyogrio

    options = {"encoding": encoding} if encoding and suffix == ".shp" else {}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            info = pyogrio.read_info(path, layer=layer)
            if info["driver"] not in DRIVERS:
                raise DataError(f"'{path.name}' is a file of {info['driver']}, which is not read")
            check_cells(path.name, info["features"], len(info["fields"]), path.stat().st_size)
            frame = pyogrio.read_dataframe(path, layer=layer, on_invalid="ignore", **options)
            frame = _with_long_numbers(frame, info, path, layer)
        except DataError:
            raise
        except Exception as error:
            if suffix in (".geojson", ".json"):
                return RawFile(*read_geojson(path))
            fix = ". Fix: read(..., encoding='cp1252') or the one it has" if isinstance(error, UnicodeError) else ""
            raise DataError(f"'{path.name}', layer '{layer}': {_first_line(error)}{fix}") from None
    if not isinstance(frame, gpd.GeoDataFrame):
        return RawFile(_named(frame, path.name))
    shapes = frame.geometry.to_numpy()
    if suffix in (".geojson", ".json") and (caught or shapely.is_missing(shapes).any()):
        # the driver gives None for what it can not take: look at what is really written
        return RawFile(*read_geojson(path))
    said = {_first_line(one.message) for one in caught if "GeoSeries.notna" not in str(one.message)}
    if said:
        warnings.warn(f"'{path.name}': {'; '.join(sorted(said))[:500]}", DataWarning, stacklevel=4)
    raw = RawFile(_named(pd.DataFrame(frame.drop(columns=frame.geometry.name)), path.name), shapes, frame.crs)
    if suffix == ".shp" and encoding is None:
        _tell_wrong_letters(path, raw.columns)
    if shapely.is_missing(shapes).any():
        _unreadable(raw, path, layer)
    return raw


def _tell_wrong_letters(path: Path, columns: pd.DataFrame) -> None:
    """Warn of text that was decoded by another code page than it was written in, which a Shapefile may declare."""
    for name in columns.columns[columns.dtypes == "str"]:
        for text in columns[name].dropna().unique():
            if text.isascii():
                continue
            fix = "the encoding that it was saved in, such as 'cp1252'" if _CONTROL.search(text) else None
            for page in ("latin-1", "cp1252"):
                with suppress(UnicodeError):
                    text.encode(page).decode("utf-8")
                    fix = "'utf-8'"
            if fix is not None:
                warnings.warn(
                    f"'{path.name}', column '{name}': '{text[:40]}' looks like text in wrong letters, so that ids may "
                    f"not match. Fix: read(..., encoding=...) with {fix}.",
                    DataWarning,
                    stacklevel=5,
                )
                return


def _with_long_numbers(frame: pd.DataFrame, info: dict[str, Any], path: Path, layer: str) -> pd.DataFrame:
    """Read whole numbers again that a blank row turned into floats which can not hold them: they are ids."""
    import pyogrio

    whole = {name for name, kind in zip(info["fields"], info["dtypes"], strict=True) if kind == "int64"}
    floats = [name for name in frame if name in whole and frame[name].dtype == float]
    long = [name for name in floats if frame[name].abs().max() >= 2**53]
    if long:
        exact = pyogrio.read_arrow(path, layer=layer, columns=long, read_geometry=False)[1]
        for name in long:
            frame[name] = pd.array(exact[name].to_pylist(), dtype="Int64")
    return frame


def _unreadable(raw: RawFile, path: Path, layer: str) -> None:
    """Tell rows whose shape is null in the file from those whose shape can not be read; mend what can be."""
    import pyogrio

    assert raw.shapes is not None
    wkb = pyogrio.raw.read(path, layer=layer, columns=[])[2]
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
