"""What a file really is and how many rows it has, told from its bytes before a library opens it.

The library below follows the content of a file, not its name: it would open other files and addresses that the
content names, and leave out rows that do not fit, without a word.
"""

from __future__ import annotations

import json
import mmap
import re
import struct
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

import numpy as np

from landrelease.errors import CRSError, DataError, DataWarning
from landrelease.geometry import crs_of
from landrelease.read.geopackage import check_geopackage
from landrelease.read.limits import MOST_COLUMNS

__all__ = ["Promise", "check_content", "scan_xml"]

_START = 65_536
_MAGIC = {".gpkg": b"SQLite format 3\0", ".fgb": b"fgb\x03fgb", ".shp": b"\x00\x00\x27\x0a"}
_FOREIGN = re.compile(rb"gdal_streamed_alg|<(?:ogr|vrt|gdal|wms|wmts|wcs|wfs|csw|tms|mapml|oapif)", re.IGNORECASE)
"""Words by which GDAL takes a text for a recipe that opens other files or addresses."""
_MOST_DEEP, _MOST_FOLDERS = 100, 250
_CHUNK = 65_536


@dataclass(frozen=True)
class Promise:
    """What a file says of itself: how many rows it has, where that can be told, and that it knows its CRS."""

    rows: int | None = None
    has_crs: bool = True


def check_content(path: Path, suffix: str) -> Promise:
    """Refuse a file that is not what its name says, is cut off, or that names others; return what it says it holds."""
    if suffix == ".gdb":
        if not (path / "a00000001.gdbtable").is_file():
            raise DataError(f"'{path.name}' can not be read: the folder is no File Geodatabase.")
        return Promise()
    start = _first(path, _START)
    if not start.startswith(_MAGIC.get(suffix, b"")):
        raise _not_what_it_says(path, suffix)
    if suffix in (".geojson", ".json", ".kml") and _FOREIGN.search(start):
        raise DataError(
            f"'{path.name}' can not be read: its content is not what '{suffix}' stands for, but may name other files "
            f"('{_FOREIGN.search(start)[0].decode()}').\n  Fix: save the layer itself as GeoPackage or GeoJSON."  # type: ignore[index]
        )
    check = _CHECKS.get(suffix)
    return check(path) if check is not None else Promise()


def _first(path: Path, count: int) -> bytes:
    with path.open("rb") as file:
        return file.read(count)


def _not_what_it_says(path: Path, suffix: str) -> DataError:
    return DataError(f"'{path.name}' can not be read: its content is not what '{suffix}' stands for.")


def _check_geopackage(path: Path) -> Promise:
    check_geopackage(path)
    return Promise()


def _check_json(path: Path) -> Promise:
    """Read the JSON for nothing but its form: names that come twice, depth, and how many features there are."""
    if not _first(path, _START).removeprefix(b"\xef\xbb\xbf").lstrip().startswith((b"{", b"\x1e")):
        raise _not_what_it_says(path, path.suffix)
    decoder = json.JSONDecoder(object_pairs_hook=_once, parse_float=bool, parse_int=bool)
    documents, place = [], 0
    try:
        text = path.read_text(encoding="utf-8-sig")
        while (begin := re.compile(r"[\s\x1e]*").match(text, place).end()) < len(text):  # type: ignore[union-attr]
            document, place = decoder.raw_decode(text, begin)
            documents.append(document)
    except (ValueError, RecursionError) as error:
        why = "it nests too deep" if isinstance(error, RecursionError) else str(error)
        raise DataError(
            f"'{path.name}' can not be read as JSON: {why}.\n  Fix: save it again from its source."
        ) from None
    found = [one.get("features", [one]) if isinstance(one, dict) else [] for one in documents]
    is_geojson = all(isinstance(one, dict) and one.get("type") in ("FeatureCollection", "Feature") for one in documents)
    rows = sum(len(one) for one in found if isinstance(one, list))
    return Promise(rows if is_geojson else None, all(_names_crs(one) for one in documents))


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"an object has '{twice[:80]}' twice, and which one counts is not known")
    if len(found) > MOST_COLUMNS:
        raise ValueError(f"an object has {len(found):,} names; at most {MOST_COLUMNS:,} are read")
    return found


def _names_crs(document: Any) -> bool:
    """Tell whether the older member `crs` is absent, or names one: null and links say that it is not known here."""
    if not isinstance(document, dict) or "crs" not in document:
        return True
    member = document["crs"]
    kind = str(member.get("type")).casefold() if isinstance(member, dict) else ""
    if kind != "name":
        return kind in ("epsg", "ogc")
    try:
        crs_of(str(member["properties"]["name"]))
    except (CRSError, KeyError, TypeError):
        return False
    return True


def scan_xml(file: IO[bytes], name: str, start: Callable[[str, dict[str, str]], None]) -> None:
    """Call `start` for each element of an XML file; refuse a DOCTYPE, wrong XML and elements that nest too deep."""
    depth = 0

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > _MOST_DEEP:
            raise DataError(f"'{name}' nests its XML elements more than {_MOST_DEEP} deep. Fix: save it again.")
        start(tag.rpartition(":")[2], attributes)

    def finish(_: str) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        raise DataError(
            f"'{name}' declares a document type, which could name other files: it is not read.\n"
            f"  Fix: remove the declaration (<!DOCTYPE ...>), if you trust the file."
        )

    scan = expat.ParserCreate()
    scan.StartDoctypeDeclHandler, scan.StartElementHandler, scan.EndElementHandler = refuse, begin, finish
    try:
        while chunk := file.read(_CHUNK):
            scan.Parse(chunk, False)
        scan.Parse(b"", True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"'{name}' can not be read as XML: {error}. Fix: save it again from its source.") from None


def _check_kml(path: Path) -> Promise:
    seen: dict[str, int] = {}

    def start(tag: str, _: dict[str, str]) -> None:
        if not seen and tag != "kml":
            raise _not_what_it_says(path, ".kml")
        seen[tag] = seen.get(tag, 0) + 1

    with path.open("rb") as file:
        scan_xml(file, path.name, start)
    if seen.get("Folder", 0) + seen.get("Document", 0) > _MOST_FOLDERS:
        raise DataError(
            f"'{path.name}' has more than {_MOST_FOLDERS} folders, which takes very long to read.\n"
            f"  Fix: save it as GeoPackage or GeoJSON in one layer."
        )
    if seen.get("NetworkLink"):
        message = f"'{path.name}' names {seen['NetworkLink']:,} other documents (NetworkLink), which are not read."
        warnings.warn(message, DataWarning, stacklevel=2)
    return Promise(seen.get("Placemark", 0))


def _check_shapefile(path: Path) -> Promise:
    """Refuse files of a set that do not belong together, or are cut off; tell rows that are marked as deleted."""
    parts = {one.suffix.lower(): one for one in path.parent.iterdir() if one.stem == path.stem and one.is_file()}
    for ending, what in ((".shx", "the index of its shapes"), (".dbf", "its columns")):
        if ending not in parts:
            raise DataError(
                f"'{path.name}' lacks its {ending}, {what}. Fix: copy all files of the set ({path.stem}.*)."
            )
    said, found = 2 * int.from_bytes(_first(path, 28)[24:], "big"), path.stat().st_size
    if found < said:
        raise DataError(f"'{path.name}' is cut off: it has {found:,} of {said:,} bytes. Fix: copy it again.")
    index, head_of_table = parts[".shx"].read_bytes(), _first(parts[".dbf"], 32)
    rows = (2 * int.from_bytes(index[24:28], "big") - 100) // 8
    if rows < 0 or len(index) < 100 + 8 * rows or len(head_of_table) < 32:
        raise DataError(
            f"'{path.name}' is cut off: its .shx or .dbf is too short. Fix: copy all files of the set again."
        )
    count, head, width = struct.unpack_from("<IHH", head_of_table, 4)
    if count != rows:
        raise DataError(
            f"'{path.name}' is a set whose files do not belong together: {rows:,} shapes (.shx), {count:,} rows (.dbf)."
            f"\n  Fix: copy all files of the set ({path.stem}.*) again from one export."
        )
    table = np.memmap(parts[".dbf"], mode="r")
    if width == 0 or len(table) < head + width * count:
        raise DataError(f"'{path.name}' is cut off: its .dbf is too short. Fix: copy all files of the set again.")
    _check_offsets(path, np.frombuffer(index, dtype=">i4", offset=100, count=2 * rows).reshape(-1, 2))
    deleted = int((table[head : head + width * count : width] == ord("*")).sum())
    if deleted:
        message = f"'{path.name}': {deleted:,} of {count:,} rows are marked as deleted in its .dbf and are not read."
        warnings.warn(message, DataWarning, stacklevel=2)
    return Promise(rows - deleted)


def _check_offsets(path: Path, index: np.ndarray[Any, Any]) -> None:
    """Refuse a Shapefile whose index does not point to the starts of its shapes, in their order."""
    written = np.flatnonzero(index.any(axis=1))  # some writers leave out the shapes that are empty
    begins, lengths = 2 * index[written].astype(np.int64).T
    shapes = np.memmap(path, mode="r")
    fits = len(written) == 0 or bool(begins.min() >= 100 and lengths.min() >= 4)
    if fits and len(written):
        fits = bool((begins + 8 + lengths).max() <= len(shapes))
    if fits and len(written):
        heads = shapes[begins[:, None] + np.arange(8)].reshape(-1, 8).copy().view(">i4").astype(np.int64)
        fits = bool((2 * heads[:, 1] == lengths).all() and len(np.unique(heads[:, 0] - written)) == 1)
    if not fits:
        raise DataError(
            f"'{path.name}' and its .shx do not belong together, or are damaged: shapes are not where the index says.\n"
            f"  Fix: copy all files of the set ({path.stem}.*) again from one export."
        )


def _check_flatgeobuf(path: Path) -> Promise:
    """Step from feature to feature: the format's reader takes the end of the file for the end of the features."""
    wrong = DataError(f"'{path.name}' is cut off or damaged: its features do not fill it. Fix: copy it again.")
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        try:
            (size,) = struct.unpack_from("<I", content, 8)
            (offset,) = struct.unpack_from("<I", content, 12)
            root = 12 + offset
            fields = root - struct.unpack_from("<i", content, root)[0]
            said = _field(content, root, fields, 8, "<Q", 0)
            place = 12 + size + _index_size(said, _field(content, root, fields, 9, "<H", 16))
            rows = 0
            while place < len(content):
                place += 4 + struct.unpack_from("<I", content, place)[0]
                rows += 1
        except struct.error:
            raise wrong from None
        end = len(content)
    if place != end or said not in (0, rows):
        raise wrong
    return Promise(rows)


def _field(content: mmap.mmap, root: int, fields: int, number: int, kind: str, default: int) -> int:
    """Return a number of a FlatBuffers table, whose fields of default value are not written."""
    place = 4 + 2 * number
    if place >= struct.unpack_from("<H", content, fields)[0]:
        return default
    (offset,) = struct.unpack_from("<H", content, fields + place)
    return int(struct.unpack_from(kind, content, root + offset)[0]) if offset else default


def _index_size(rows: int, width: int) -> int:
    """Return the bytes of FlatGeobuf's packed tree: 40 for each feature and each node above."""
    if rows == 0 or width < 2:
        return 0
    nodes, level = rows, -(-rows // width)
    while level > 1:
        nodes, level = nodes + level, -(-level // width)
    return 40 * (nodes + 1)


_CHECKS: dict[str, Callable[[Path], Promise]] = {
    ".gpkg": _check_geopackage,
    ".geojson": _check_json,
    ".json": _check_json,
    ".kml": _check_kml,
    ".shp": _check_shapefile,
    ".fgb": _check_flatgeobuf,
}
