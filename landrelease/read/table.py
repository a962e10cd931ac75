"""`read`: any file of the field as one of our tables."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.cells import as_text
from landrelease.errors import CRSError, DataError, OptionError, check_option, nearest
from landrelease.geometry import check_crs, has_place, keep_where
from landrelease.read.apart import is_read_apart, read_apart
from landrelease.read.files import RawFile, open_file
from landrelease.read.profiles import read_profile
from landrelease.read.shapes import Found, shapes_in, usable_shapes
from landrelease.read.values import parse
from landrelease.rules import add_findings, finding
from landrelease.tables import CODES, DTYPES, TABLES, Table, is_person_column

__all__ = ["read"]

_POINT_COLUMNS = {"longitude": ("longitude", "lon", "long", "lng"), "latitude": ("latitude", "lat")}
_SHAPE_NAMES = ("longitude", "latitude", "wkt")
_PREFIX = {
    "areas": "HA",
    "events": "EV",
    "releases": "RE",
    "land_use": "LU",
    "accidents": "AC",
    "admin_areas": "AD",
}


def read(
    path: str | Path,
    table: str,
    *,
    columns: Mapping[str, str | Sequence[str]] | None = None,
    codes: Mapping[str, Mapping[str, str]] | None = None,
    values: Mapping[str, Any] | None = None,
    where: Mapping[str, Any] | None = None,
    dates: str | None = None,
    decimal: str | None = None,
    units: Mapping[str, str] | None = None,
    encoding: str | None = None,
    profile: str | Path | None = None,
    layer: str | None = None,
    crs: Any = None,
    operation: str | None = None,
    ids: str | None = None,
    isolate: str = "large",
) -> pd.DataFrame:
    """Read a file as one of the tables; every row of the file becomes a row, every doubt is kept with it.

    Parameters
    ----------
    path : str or Path
        A local GeoPackage, GeoJSON, Shapefile (also zipped), File Geodatabase, KML, KMZ, FlatGeobuf, GeoParquet,
        CSV or XLSX; for "projects" also IATI activity XML (1.0x, 2.0x).
    table : str
        What the rows are: "areas", "events", "follow_ups", ... (`describe(table)` shows the columns).
    columns : mapping, optional
        The file's column -> ours; a list of ours where one column feeds several. "longitude", "latitude" and
        "wkt" name the columns that make the geometry. Columns that already have our name need no entry; all
        other columns stay as they are.
    codes : mapping, optional
        Our column -> {the file's code -> ours}. A code that is unknown keeps its text and is a problem.
    values : mapping, optional
        Our column -> a constant for all rows, such as the status of a whole layer.
    where : mapping, optional
        The file's column -> the value or values whose rows are taken.
    dates : str, optional
        How dates are written: "iso", "dmy", "mdy", "ymd", "year", "epoch_ms", "epoch_s", "excel" or a format
        such as "%d.%m.%y". Without it only real dates and ISO 8601 are taken; anything else is refused.
    decimal : "." or ",", optional
        The decimal mark of numbers written as text, where it can not be told.
    units : mapping, optional
        Our column -> the file's unit ("ha", "km2", "percent", ...).
    encoding : str, optional
        Of a CSV (default UTF-8) or a Shapefile.
    profile : str or Path, optional
        A bundled profile ("imsma-ng", ...) or a TOML file that sets these options; those given here go first.
    layer : str, optional
        Layer or sheet, where a file has several.
    crs : anything that pyproj takes, optional
        The CRS of the coordinates, where the file does not say or says it wrongly.
    operation : str, optional
        The code or the name of the operation that leads from the datum of the coordinates to EPSG:4326
        ("EPSG:1812"), where several disagree or none is stated good to 10 m. The CRS of the table says so.
    ids : "column", "geometry" or "row"
        Where the id comes from: a column (default); the geometry (the same shape gives the same id in any file and
        order; exact repeats get a suffix); or the row number, for tables that have neither.
    isolate : "large", "always" or "never"
        Whether the file is read in a process of its own, which is stopped after 10 minutes or (on Linux) at 4 GiB of
        memory: files that unpack to 16 MiB or more (default), all, or none. It takes about half a second more.

    Returns
    -------
    DataFrame or GeoDataFrame
        The table's columns first, typed; then the file's other columns. `source_id` (file and row where the file
        has none), `source_row`, `read_findings` and `area_before_m2` say what reading did; `find_problems` tells
        them. A row without a usable shape keeps its place with no geometry. The CRS is that of the file.

    Raises
    ------
    DataError
        The file can not be opened, has no rows, lacks a column that was named, or writes dates or numbers in a
        way that must be declared first; it is not what its name says, is cut off, names other files, or asks for more
        than its limits.
    CRSError
        No CRS is known; no operation to EPSG:4326 is good to 10 m (rule 5), or several are and disagree.
    OptionError, ProgrammeError
        An option or a profile says something unknown.

    Notes
    -----
    A file is checked before a library opens it: that its content is what its name says, names no other file or
    address, is whole, and holds as many rows as it says; what an archive unpacks to; the views and triggers of a
    GeoPackage. A file under 16 MiB that passes has no known way to take long or much memory. A process of its own
    limits what a file can cost, also where a library breaks down; it is no wall against code that attacks the library.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "visits.csv"
    >>> _ = path.write_text("no,seen,use\\n1,03/04/2015,Grazing\\n2,,golf\\n", encoding="utf-8")
    >>> visits = read(path, "follow_ups", dates="dmy",
    ...               columns={"no": "follow_up_id", "seen": "visit_date", "use": "use_code"})
    >>> visits[["follow_up_id", "use_code"]].values.tolist(), str(visits["visit_date"][0].date())
    ([['1', 'grazing'], ['2', 'golf']], '2015-04-03')
    >>> read(path, "follow_ups", columns={"no": "follow_up_id", "seen": "visit_date"})
    Traceback (most recent call last):
    landrelease.errors.DataError: 'visits.csv': Column 'visit_date': 1 dates such as '03/04/2015' can be read in more
    than one way.
      Fix: read(..., dates='dmy') or one of iso, dmy, mdy, ymd, year, epoch_ms, epoch_s, excel, or a format such as
      '%d.%m.%y'.
    """
    check_option("table", table, TABLES)
    check_option("isolate", isolate, ("large", "always", "never"))
    declared, path = TABLES[table], Path(path)
    given: dict[str, Any] = {
        "columns": columns, "codes": codes, "values": values, "where": where, "dates": dates, "decimal": decimal,
        "units": units, "encoding": encoding, "layer": layer, "crs": crs, "operation": operation, "ids": ids,
    }  # fmt: skip
    if is_read_apart(path, isolate):
        return read_apart(path, table, {**given, "profile": profile})
    if path.suffix.lower() == ".xml":
        if table != "projects":
            raise DataError(f"'{path.name}': XML is read as IATI activities, for the table 'projects' only.")
        from landrelease.read.iati import read_iati

        projects: pd.DataFrame = read_iati(path)
        return projects
    base = read_profile(profile, table) if profile is not None else {}
    options = {**base, **{key: value for key, value in given.items() if value is not None}}
    for key in ("columns", "codes", "values", "units"):
        options[key] = {**base.get(key, {}), **(given[key] or {})}
    options["codes"] = {
        name: {**base.get("codes", {}).get(name, {}), **ours} for name, ours in options["codes"].items()
    }
    raw = open_file(path, layer=options.get("layer"), encoding=options.get("encoding"))
    try:
        return _build(raw, declared, options, path, explicit=set(columns or {}))
    except (DataError, CRSError) as error:
        message = str(error)
        raise type(error)(message if path.name in message else f"'{path.name}': {message}") from None


def _build(raw: RawFile, table: Table, options: Mapping[str, Any], path: Path, explicit: set[str]) -> pd.DataFrame:
    rows_in_file = len(raw.columns)
    source_row = np.arange(1, rows_in_file + 1)
    keep = _where(raw.columns, options.get("where") or {})
    raw, source_row = _taken(raw, keep), source_row[keep]
    named, rest = _named(raw.columns, options["columns"], table, explicit)
    frame, findings = _typed(named, raw.columns.index, table, options)
    findings += raw.findings
    shapes, crs = shapes_in(raw, named, options, table, findings)
    shapes, before, keys = usable_shapes(shapes, crs, frame, table, findings)
    frame = _provenance(frame, table, path, source_row)
    theirs = [str(name) for name in raw.columns]
    frame = _identified(frame, table, options.get("ids") or "column", keys, source_row, theirs)
    if table.shape == "none":
        result: pd.DataFrame = _ordered(frame, rest, table)
    else:
        frame["area_before_m2"] = before
        placed = gpd.GeoDataFrame(_ordered(frame, rest, table), geometry=list(shapes), crs=crs)
        check_crs(placed, path.name)
        off = ~has_place(shapes, placed.crs)
        message = "coordinates that the CRS has no place for: no geometry"
        findings += [(int(row), finding("R11", "geometry", "", message)) for row in np.flatnonzero(off)]
        result = placed.set_geometry(gpd.GeoSeries(list(keep_where(shapes, ~off)), index=placed.index, crs=placed.crs))
    add_findings(result, findings)
    result.attrs["rows_in_file"] = rows_in_file
    return result


def _where(columns: pd.DataFrame, where: Mapping[str, Any]) -> np.ndarray[Any, Any]:
    keep = np.ones(len(columns), bool)
    for name, wanted in where.items():
        _require_column(columns, name, "where")
        several = [wanted] if isinstance(wanted, str) or not isinstance(wanted, Sequence) else wanted
        keep &= as_text(columns[name]).isin([str(one) for one in several]).to_numpy()
    if where and not keep.any():
        told = ", ".join(f"{name}={wanted!r}" for name, wanted in where.items())
        shown = [name for name in where if not is_person_column(name)]
        seen = {name: as_text(columns[name]).value_counts().head(8).to_dict() for name in shown}
        raise DataError(f"No row has where {told}." + (f" The column holds: {seen}" if seen else ""))
    return keep


def _require_column(columns: pd.DataFrame, name: str, option: str) -> None:
    if name not in columns:
        raise DataError(
            f"{option} names a column '{name}' that the file does not have{nearest(name, columns.columns)} "
            f"It has: {', '.join(map(str, columns.columns))}"
        )


def _taken(raw: RawFile, keep: np.ndarray[Any, Any]) -> RawFile:
    if keep.all():
        return raw
    place = np.cumsum(keep) - 1
    return RawFile(
        raw.columns[keep].reset_index(drop=True),
        None if raw.shapes is None else raw.shapes[keep],
        raw.crs,
        [(int(place[row]), one) for row, one in raw.findings if keep[row]],
    )


def _named(
    columns: pd.DataFrame, mapping: Mapping[str, str | Sequence[str]], table: Table, explicit: set[str]
) -> tuple[dict[str, pd.Series], pd.DataFrame]:
    """Return our columns by name as the file writes them, and the file's other columns."""
    named: dict[str, pd.Series] = {}
    used: set[str] = set()
    given: dict[str, str] = {}
    for theirs, ours in sorted(mapping.items(), key=lambda one: one[0] in explicit):  # what was given here goes last
        targets = [ours] if isinstance(ours, str) else list(ours)
        for target in targets:
            if table.column(target) is None and target not in _SHAPE_NAMES:
                known = [*table.names, *_SHAPE_NAMES]
                raise OptionError(f"'{table.name}' has no column '{target}'{nearest(target, known)}")
        if theirs not in columns:
            if theirs in explicit:
                _require_column(columns, theirs, "columns")
            continue  # a profile names what exports may have
        used.add(theirs)
        for target in targets:
            if target in named and theirs in explicit and given.get(target) in explicit:
                raise OptionError(f"columns: '{given[target]}' and '{theirs}' both say that they are '{target}'")
            named[target], given[target] = columns[theirs], theirs
    for name in columns.columns:
        same = _ours(str(name), table)
        if same is not None and name not in used and same not in named:
            named[same] = columns[name]
            used.add(name)
    if not {"longitude", "latitude", "wkt"} & set(named):
        for target, spellings in {**_POINT_COLUMNS, "wkt": ("wkt",)}.items():
            hit = next((name for name in columns.columns if str(name).casefold() in spellings), None)
            if hit is not None:
                named[target] = columns[hit]
                used.add(hit)
    rest = columns.drop(columns=[name for name in used if name in columns])
    return named, rest.drop(columns=[name for name in rest if table.column(str(name)) is not None])


def _ours(theirs: str, table: Table) -> str | None:
    """Return our column that a name surely means: the same in any case, or cut to the 10 letters of a Shapefile."""
    folded = theirs.casefold()
    same = [name for name in table.names if name == folded and name != "geometry"]
    cut = [name for name in table.names if len(folded) == 10 and name.startswith(folded)]
    return same[0] if same else cut[0] if len(cut) == 1 else None


def _typed(
    named: Mapping[str, pd.Series], index: pd.Index, table: Table, options: Mapping[str, Any]
) -> tuple[pd.DataFrame, Found]:
    values, codes, units = options["values"], options["codes"], options["units"]
    for name, mapping in codes.items():
        column = table.column(name)
        for ours in mapping.values() if column is not None and column.codes else ():
            if ours not in CODES[column.codes] and ours != "":  # type: ignore[union-attr]
                raise OptionError(f"codes: '{ours}' is no code of '{name}'{nearest(str(ours), CODES[column.codes])}")  # type: ignore[union-attr]
    for option, keys in (("values", values), ("codes", codes), ("units", units)):
        for key in keys:
            if table.column(key) is None:
                raise OptionError(f"{option} names '{key}', no column of '{table.name}'{nearest(key, table.names)}")
    frame, findings = pd.DataFrame(index=index), []
    precision: pd.Series | None = None
    for column in table.columns:
        if column.kind == "geometry":
            continue
        if column.name in values:
            raw = pd.Series([values[column.name]] * len(index), index=index)
        elif column.name in named:
            raw = named[column.name]
        else:
            continue
        frame[column.name], found, known = parse(
            raw, column, codes=codes.get(column.name), unit=units.get(column.name),
            dates=options.get("dates") if column.name not in values else None, decimal=options.get("decimal"),
        )  # fmt: skip
        findings += found
        if column.name == "event_date":
            precision = known
    if precision is not None:
        said = frame["date_precision"] if "date_precision" in frame else pd.Series(None, index=index, dtype="str")
        frame["date_precision"] = said.where(frame["event_date"].notna(), "unknown").fillna(precision)
    return frame, findings


def _provenance(frame: pd.DataFrame, table: Table, path: Path, source_row: np.ndarray[Any, Any]) -> pd.DataFrame:
    given = frame.get("source_id", frame.get(table.id))
    said = pd.Series(None, index=frame.index, dtype="str") if given is None else given
    lacking, name = np.flatnonzero(said.isna().to_numpy()), path.name
    own = pd.Series([f"{name}#{row}" for row in source_row[lacking]], index=frame.index[lacking], dtype="str")
    frame["source_id"] = said.fillna(own)
    frame["source_row"] = pd.Series(source_row, index=frame.index, dtype="Int64")
    return frame


def _identified(
    frame: pd.DataFrame,
    table: Table,
    ids: str,
    shapes: np.ndarray[Any, Any],
    source_row: np.ndarray[Any, Any],
    theirs: list[str],
) -> pd.DataFrame:
    """Give every row its id, from a column, its shape or its row."""
    check_option("ids", ids, ("column", "geometry", "row"))
    if ids == "column":
        if table.id not in frame:
            way = "geometry" if table.shape != "none" else "row"
            raise DataError(
                f"no column holds '{table.id}'; the file has: {', '.join(theirs)}.\n"
                f"  Fix: read(..., columns={{'THEIR_NAME': '{table.id}'}}), or ids='{way}' where the file has none."
            )
        return frame
    prefix = _PREFIX.get(table.name, table.name[:2].upper())
    keys = pd.Series([f"row{row}" for row in source_row], index=frame.index, dtype="str")
    if ids == "geometry":
        # one format calls a shape of one part a MultiPolygon, another a Polygon
        alone = (shapely.get_type_id(shapes) >= 4) & (shapely.get_num_geometries(shapes) == 1)
        plain = np.where(alone, shapely.get_geometry(shapes, 0), shapes)
        wkb = shapely.to_wkb(shapely.normalize(shapely.set_precision(plain, 0)), byte_order=1, output_dimension=2)
        digests = [None if one is None else hashlib.sha256(one).hexdigest()[:10] for one in wkb]
        keys = pd.Series(digests, index=frame.index, dtype="str").fillna("none-" + keys)
    count = keys.groupby(keys).cumcount()
    derived = prefix + "-" + keys.where(count == 0, keys + "~" + (count + 1).astype(str))
    frame[table.id] = derived
    if table.name == "events" and "area_id" not in frame:
        frame["area_id"] = "HA" + derived.str[len(prefix) :]
    return frame


def _ordered(frame: pd.DataFrame, rest: pd.DataFrame, table: Table) -> pd.DataFrame:
    """Declared columns in their order, all there and typed, then the file's own."""
    for column in table.columns:
        if column.kind != "geometry" and column.name not in frame:
            frame[column.name] = pd.Series(None, index=frame.index, dtype=DTYPES[column.kind])
    names = [name for name in table.names if name != "geometry"]
    clash = [name for name in rest if name in (*names, "geometry")]
    return pd.concat([frame[names], rest.drop(columns=clash)], axis=1)
