"""Tables as files that other tools open: CSV for spreadsheets, GeoJSON for the web, one GeoPackage for GIS.

What is given is written. What may leave the house is asked in `leaving`, which stands before these.
"""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.errors import OptionError
from landrelease.geometry import cut_at_180
from landrelease.maps.layers.classes import CAUTION, kind_of
from landrelease.maps.layers.frames import located
from landrelease.maps.qgis import STYLES_TABLE, qml_of
from landrelease.maps.style import INTERNAL
from landrelease.put import put
from landrelease.tables import hxl_tag

__all__ = ["put_csv", "put_geojson", "put_geopackage"]

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a text begins with that a spreadsheet takes for a formula."""
_DECIMALS = 7
"""Decimals of a coordinate in GeoJSON, about 1 cm (RFC 7946, 11.2)."""
_LOST = re.compile("[\x00\ud800-\udfff]")
_NO_NAME = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff\"'<>{}|/\\\\:;*?`]")
_TAKEN = ("gpkg", "sqlite_", "rtree_", "layer_styles", "qgis_projects")


def put_csv(path: str | Path, frame: pd.DataFrame, *, hxl: bool = False) -> None:
    """Write a table without its geometry; text that a spreadsheet would take for a formula is marked as text.

    UTF-8 with a byte order mark, so that Excel reads every script; dates as ISO 8601; missing cells empty. With `hxl`
    the second row holds hashtags.
    """
    kept = [name for name, dtype in frame.dtypes.items() if str(dtype) != "geometry"]
    plain = pd.DataFrame(frame[kept])
    for name in kept:
        if _is_text(plain[name]):
            plain[name] = plain[name].astype("object").map(lambda cell: _marked(_kept(cell)), na_action="ignore")
    plain.columns = pd.Index([_marked(_kept(str(name))) for name in kept])
    tags = pd.DataFrame([[hxl_tag(str(name)) for name in kept]] if hxl else [], columns=plain.columns)
    options: dict[str, Any] = {"index": False, "date_format": "%Y-%m-%d", "lineterminator": "\n"}

    def write(beside: Path) -> None:
        with beside.open("w", encoding="utf-8-sig", newline="") as file:
            tags.to_csv(file, **options)
            plain.to_csv(file, header=False, **options)

    put(Path(path), write)


def _is_text(values: pd.Series) -> bool:
    dtype = values.cat.categories.dtype if isinstance(values.dtype, pd.CategoricalDtype) else values.dtype
    return pd.api.types.is_string_dtype(dtype) or pd.api.types.is_object_dtype(dtype)


def _marked(value: Any) -> Any:
    """Mark text that a spreadsheet would take for a formula; all else stays as it is."""
    return "'" + value if isinstance(value, str) and value.startswith(FORMULA) else value


def _kept(value: Any) -> Any:
    """Make visible what no file of text can hold: the null character, and half a character."""
    return _LOST.sub("\ufffd", value) if isinstance(value, str) else value


def put_geojson(path: str | Path, frame: pd.DataFrame, *, hxl: bool = False) -> None:
    """Write a table as GeoJSON (RFC 7946), in EPSG:4326; what can not be drawn has a null geometry.

    With `hxl` the collection has a member `hxl` with the hashtag of each property that has one.
    """
    rows = located(frame, "frame")
    kept = [name for name in rows.columns if name != rows.active_geometry_name]
    names = [_kept(str(name)) for name in kept]
    shapes = shapely.orient_polygons(cut_at_180(rows.geometry.to_numpy()))
    shapes = shapely.transform(shapes, lambda xy: np.round(xy, _DECIMALS))
    columns = [_json_values(rows[name]) for name in kept]
    head: dict[str, Any] = {"type": "FeatureCollection", "note": _said_of(frame)}
    if hxl:
        head["hxl"] = {name: tag for name in names if (tag := hxl_tag(name))}
    start = json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [\n'
    features = [
        f'{{"type": "Feature", "properties": {json.dumps(dict(zip(names, cells, strict=True)), ensure_ascii=False)}, '
        f'"geometry": {"null" if shape is None else shape}}}'
        for shape, cells in zip(
            shapely.to_geojson(shapes), zip(*columns, strict=True) if names else [()] * len(rows), strict=True
        )
    ]
    text = start + ",\n".join(features) + "\n]}\n"
    put(Path(path), lambda beside: beside.write_text(text, encoding="utf-8", newline="\n"))


def _json_values(values: pd.Series) -> list[Any]:
    """Return cells as JSON has them: days as ISO 8601, what is missing or no number as null."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        values = values.dt.strftime("%Y-%m-%d")
    elif pd.api.types.is_float_dtype(values.dtype):
        values = values.astype("float64")
        values = values.where(np.isfinite(values))
    known = values.notna().to_numpy()
    cells = values.astype("object").tolist()
    return [_plain(cell) if is_known else None for cell, is_known in zip(cells, known, strict=True)]


def _plain(cell: Any) -> Any:
    return _kept(cell if isinstance(cell, str | int | float) else str(cell))


def put_geopackage(path: str | Path, layers: Mapping[str, pd.DataFrame], *, styles: bool = True) -> None:
    """Write frames as the layers of one GeoPackage 1.2, plain tables where they have no geometry.

    With `styles` it has a table `layer_styles`, from which QGIS takes how it draws each layer.
    """
    _check_names(layers)
    put(Path(path), lambda beside: _write_layers(beside, layers, styles))


def _check_names(layers: Mapping[str, pd.DataFrame]) -> None:
    if not layers:
        raise OptionError("layers is empty. Fix: pass at least one, as {'areas': areas}")
    bad = [name for name in layers if not isinstance(name, str) or not name.strip() or _NO_NAME.search(name)]
    bad += [name for name in layers if name not in bad and name.casefold().startswith(_TAKEN)]
    if bad:
        raise OptionError(
            f"layers has {len(bad)} of {len(layers)} names that no layer can have, such as {bad[0]!r}.\n"
            "  Fix: letters, digits, blanks and _ - . only; none that begins with "
            f"{', '.join(_TAKEN)}."
        )
    _check_twice("layers", layers)
    for name, frame in layers.items():
        _check_twice(f"layer {name!r}", map(str, frame.columns))


def _check_twice(what: str, names: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.casefold(), name)
        if other is not name:
            raise OptionError(
                f"{what} has {other!r} and {name!r}, which a GeoPackage can not tell apart. Fix: rename one"
            )


def _write_layers(path: Path, layers: Mapping[str, pd.DataFrame], styles: bool) -> None:
    import pyogrio

    for name, frame in layers.items():
        plain = _storable(frame)
        taken = {str(column).casefold() for column in plain.columns}
        options: dict[str, Any] = {"FID": _free("fid", taken)}
        if isinstance(plain, gpd.GeoDataFrame):
            options |= {"GEOMETRY_NAME": _free("geom", taken), "DESCRIPTION": _said_of(frame)}
        first = {} if path.exists() else {"dataset_options": {"VERSION": "1.2"}}
        pyogrio.write_dataframe(
            plain, path, layer=name, driver="GPKG", append=path.exists(), layer_options=options, **first
        )
    if styles:
        _write_styles(path, layers)


def _free(name: str, taken: set[str]) -> str:
    return name if name not in taken else _free(name + "_", taken)


def _storable(frame: pd.DataFrame) -> pd.DataFrame:
    """Return columns in types that a GeoPackage has."""
    is_spatial = isinstance(frame, gpd.GeoDataFrame) and frame.active_geometry_name is not None
    plain = frame.copy() if is_spatial else pd.DataFrame(frame)
    changed: dict[str, Any] = {}
    for name in plain.columns:
        if str(plain[name].dtype) in ("Int64", "boolean"):
            changed[name] = plain[name].astype("Int64")
        elif _is_text(plain[name]) and str(plain[name].dtype) != "geometry":
            changed[name] = plain[name].astype("object").map(_kept, na_action="ignore")
    return plain.assign(**changed)


def _said_of(frame: pd.DataFrame) -> str:
    """Say what a reader of a layer must know."""
    is_hazard = kind_of(frame) in ("areas", "ranking", "conflicts")
    return f"{INTERNAL}. {CAUTION}" if is_hazard and isinstance(frame, gpd.GeoDataFrame) else CAUTION


def _write_styles(path: Path, layers: Mapping[str, pd.DataFrame]) -> None:
    found = {name: qml_of(frame) for name, frame in layers.items() if isinstance(frame, gpd.GeoDataFrame)}
    rows = {name: qml for name, qml in found.items() if qml is not None}
    if not rows:
        return
    with sqlite3.connect(path) as connection:
        columns = dict(connection.execute("SELECT table_name, column_name FROM gpkg_geometry_columns").fetchall())
        connection.execute(STYLES_TABLE)
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier) VALUES ('layer_styles', 'attributes', ?)",
            ("layer_styles",),
        )
        for name, qml in rows.items():
            connection.execute(
                "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, "
                "styleName, styleQML, styleSLD, useAsDefault, description, owner) "
                "VALUES ('', '', ?, ?, 'landrelease', ?, '', 1, '', '')",
                (name, columns[name], qml),
            )
    connection.close()
