"""Files for others: what may leave the house, and the files of it.

The rules are those of the pages: a short list of columns, none of persons, uncleared land as the caller says.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd
from pandas.api.types import is_numeric_dtype

from landrelease.errors import DataWarning, OptionError, check_option
from landrelease.maps.layers.classes import hazards_among, kind_of
from landrelease.maps.layers.frames import check_columns
from landrelease.maps.layers.units import with_hazards, with_hazards_said
from landrelease.maps.style import PAGE_COLUMNS
from landrelease.report.files import put_csv, put_geojson, put_geopackage
from landrelease.tables import RESULTS, is_person_column

__all__ = ["write_csv", "write_geojson", "write_geopackage"]

Hazards = Literal["exact", "admin", "none"]

_FREE_TEXT = ("message", "read_findings", "reason", "value")
"""Words that may hold what was read, names of people too; a number of such a name may leave."""
_OF_RESULTS = {name for table in RESULTS.values() for name in table.names if not is_person_column(name)}
_OF_RESULTS -= set(_FREE_TEXT)
_OF_RANKS = ("rank", "score", "priority_class", "rank_best", "rank_worst", "score_low", "score_high")
_OF_UNITS = ("hazards_said", "hazard_count")
_OPEN = ("admin_areas", "projects", "releases")
"""What is no hazard, and may be shown to all."""


def write_geopackage(
    path: str | Path,
    layers: Mapping[str, pd.DataFrame],
    *,
    styles: bool = True,
    columns: Sequence[str] | None = None,
    hazards: Hazards = "exact",
) -> Path:
    """Write tables as the layers of one GeoPackage that opens in QGIS in the colours of our maps.

    Parameters
    ----------
    path : str or Path
        The file. One that is there is replaced when the new one is whole.
    layers : mapping of str to DataFrame or GeoDataFrame
        Tables by the names of their layers, in any CRS, which is kept. What a table is, is told by its columns:
        areas, releases with or without a verdict, the table of a ranking with shapes, conflicts, projects,
        administrative units, or any other.
    styles : bool
        Write the table `layer_styles`, so that QGIS draws each layer in the colours of its status, verdict or rank.
    columns : sequence of str, optional
        Further columns, of any of the tables. Besides these only those leave that go on a page, and of other results
        those that the package declares; columns that could hold people or victims are refused.
    hazards : {"exact", "admin", "none"}
        Uncleared land as its shapes (for internal use: the description of the layer says so), as sums by `admin_code`
        in the layer of the units, or not at all.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OptionError
        A word that `hazards` does not have, "admin" without units, a column that may not leave, a name that a layer
        can not have; accidents with their places; with "admin" or "none" a layer that could hold uncleared land.

    Notes
    -----
    GeoPackage 1.2, which QGIS 3.22 opens without a warning. Styles list the classes that occur; areas that are
    released or superseded are in the layer and not drawn. A hazard known to a point or a line only stays that.

    Examples
    --------
    >>> import shapely, tempfile
    >>> areas = gpd.GeoDataFrame({"area_id": ["HA-1", "HA-2"], "status": ["open", None]},
    ...                          geometry=[shapely.box(18, 44, 18.01, 44.01), None], crs=4326)
    >>> file = write_geopackage(Path(tempfile.mkdtemp()) / "areas.gpkg", {"areas": areas})
    >>> sorted(gpd.read_file(file, layer="areas").columns)
    ['area_id', 'geometry', 'status']
    >>> file = write_geopackage(file, {"areas": areas.iloc[:0]})
    >>> len(gpd.read_file(file))
    0
    >>> write_geopackage(file, {"areas": areas.assign(owner_name="A")}, columns=["owner_name"])
    Traceback (most recent call last):
    landrelease.errors.OptionError: columns has 'owner_name', which could hold people ...
    """
    put_geopackage(_place(path), _leaving(layers, columns, hazards), styles=styles)
    return Path(path)


def write_geojson(
    path: str | Path,
    frame: pd.DataFrame,
    *,
    columns: Sequence[str] | None = None,
    hazards: Hazards = "exact",
    admin_areas: gpd.GeoDataFrame | None = None,
    hxl: bool = False,
) -> Path:
    """Write a table as GeoJSON for the web.

    Parameters
    ----------
    path : str or Path
        The file. One that is there is replaced when the new one is whole.
    frame : DataFrame or GeoDataFrame
        Any table, in any CRS.
    columns : sequence of str, optional
        Further columns, as in `write_geopackage`.
    hazards : {"exact", "admin", "none"}
        As in `write_geopackage`; of areas "admin" writes the units with the sums of their hazardous land.
    admin_areas : GeoDataFrame, optional
        The units, for "admin".
    hxl : bool
        Give the collection a member `hxl` with the HXL hashtag of each property that has one.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OptionError
        As `write_geopackage`; a table of which nothing may be written.
    CRSError
        No CRS, or none that reaches EPSG:4326 to 10 m.

    Notes
    -----
    RFC 7946: EPSG:4326, longitude first, seven decimals (about 1 cm), rings counter-clockwise. Days are ISO 8601;
    missing values, and geometries that can not be drawn, are null.

    Examples
    --------
    >>> import json, shapely, tempfile
    >>> releases = gpd.GeoDataFrame({"release_id": ["R-1", "R-2"], "release_type": ["cleared", None]},
    ...                             geometry=[shapely.box(18, 44, 18.01, 44.01), None], crs=4326)
    >>> file = write_geojson(Path(tempfile.mkdtemp()) / "releases.geojson", releases, hxl=True)
    >>> collection = json.loads(file.read_text(encoding="utf-8"))
    >>> collection["hxl"]["release_type"], collection["features"][1]
    ('#activity+release+type', {'type': 'Feature', 'properties': {'release_id': 'R-2', 'release_type': None},
     'geometry': None})
    >>> json.loads(write_geojson(file, releases.iloc[:0]).read_text(encoding="utf-8"))["features"]
    []
    >>> write_geojson(file, releases, hazards="some")
    Traceback (most recent call last):
    landrelease.errors.OptionError: hazards must be one of exact, admin, none; got 'some'
    """
    put_geojson(_place(path), _one(frame, columns, hazards, admin_areas), hxl=hxl)
    return Path(path)


def write_csv(
    path: str | Path,
    frame: pd.DataFrame,
    *,
    columns: Sequence[str] | None = None,
    hazards: Hazards = "exact",
    admin_areas: gpd.GeoDataFrame | None = None,
    hxl: bool = False,
) -> Path:
    """Write a table without its geometry as CSV for spreadsheets and the web.

    Parameters
    ----------
    path : str or Path
        The file. One that is there is replaced when the new one is whole.
    frame : DataFrame or GeoDataFrame
        Any table.
    columns : sequence of str, optional
        Further columns, as in `write_geopackage`.
    hazards : {"exact", "admin", "none"}
        As in `write_geojson`.
    admin_areas : GeoDataFrame, optional
        The units, for "admin".
    hxl : bool
        Write the HXL hashtags of the columns as the second row.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OptionError
        As `write_geojson`.

    Notes
    -----
    UTF-8 with a byte order mark, so that Excel reads every script; days as ISO 8601; missing cells empty. A text that a
    spreadsheet would take for a formula gets an apostrophe in front.

    Examples
    --------
    >>> import tempfile
    >>> areas = pd.DataFrame({"area_id": ["HA-1"], "status": ["open"], "area_m2": [None]})
    >>> file = write_csv(Path(tempfile.mkdtemp()) / "areas.csv", areas, hxl=True)
    >>> file.read_text(encoding="utf-8-sig").splitlines()
    ['area_id,status,area_m2', '#loc+hazard+code,#status+code,#indicator+area+m2+num', 'HA-1,open,']
    >>> write_csv(file, areas.iloc[:0]).read_text(encoding="utf-8-sig")
    'area_id,status,area_m2\\n'
    >>> write_csv(file, areas, hazards="none")
    Traceback (most recent call last):
    landrelease.errors.OptionError: nothing of this table leaves with hazards='none': its rows are uncleared land...
    """
    put_csv(_place(path), _one(frame, columns, hazards, admin_areas), hxl=hxl)
    return Path(path)


def _place(path: str | Path) -> Path:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    return Path(path)


def _one(
    frame: pd.DataFrame, columns: Sequence[str] | None, hazards: Hazards, admin_areas: gpd.GeoDataFrame | None
) -> pd.DataFrame:
    """Return what leaves of one table: of areas by unit, the units."""
    layers = {"table": frame} if admin_areas is None else {"table": frame, "units": admin_areas}
    left = _leaving(layers, columns, hazards)
    if "table" not in left and (hazards != "admin" or kind_of(frame) != "areas"):
        raise OptionError(
            f"nothing of this table leaves with hazards={hazards!r}: its rows are uncleared land.\n"
            "  Fix: hazards='exact' for internal use, or 'admin' with areas and admin_areas=..."
        )
    return left["table" if "table" in left else "units"]


def _leaving(
    layers: Mapping[str, pd.DataFrame], columns: Sequence[str] | None, hazards: Hazards
) -> dict[str, pd.DataFrame]:
    """Return the tables that may leave, with the columns that may."""
    check_option("hazards", hazards, ("exact", "admin", "none"))
    kinds = {name: kind_of(frame) for name, frame in layers.items()}
    for name, frame in layers.items():
        _refuse(name, frame, kinds[name], hazards)
    if hazards == "admin" and "admin_areas" not in kinds.values():
        raise OptionError("hazards='admin' needs the units. Fix: pass them (admin_areas), or hazards='none'")
    areas = [frame.loc[hazards_among(frame)] for name, frame in layers.items() if kinds[name] == "areas"]
    shown = {}
    for name, frame in layers.items():
        if hazards != "exact" and kinds[name] in ("areas", "ranking", "conflicts"):
            continue
        if kinds[name] == "admin_areas":
            frame = _units(frame, areas, hazards)
        shown[name] = frame
    extra = check_columns(columns, dict(layers))
    left = {name: _columns_of(frame, kinds[name], extra) for name, frame in shown.items()}
    _tell_what_stays({name: layers[name] for name in left}, left)
    return left


def _tell_what_stays(given: Mapping[str, pd.DataFrame], left: Mapping[str, pd.DataFrame]) -> None:
    """Warn of columns that are in no file."""
    behind = {name: [str(one) for one in frame.columns if one not in left[name]] for name, frame in given.items()}
    told = [
        ("" if name == "table" else f"of {name!r} ") + ", ".join(several) for name, several in behind.items() if several
    ]
    if told:
        warnings.warn(
            f"columns that stay behind: {'; '.join(told)}.\n"
            "  Fix: name in columns= those that may leave; what could hold people never does.",
            DataWarning,
            stacklevel=3,
        )


def _refuse(name: str, frame: pd.DataFrame, kind: str, hazards: Hazards) -> None:
    """Refuse the places of accidents, and where the shapes of hazards may not leave, all that could hold them."""
    has_shapes = any(str(dtype) == "geometry" for dtype in frame.dtypes)
    if kind == "accidents" and has_shapes:
        raise OptionError(
            f"{name!r} holds the places of accidents, which tell who was hurt: never in a file for others.\n"
            "  Fix: count them by unit, with landrelease.assign_admin."
        )
    if hazards != "exact" and kind in ("other", "accidents") and (has_shapes or "area_id" in frame.columns):
        raise OptionError(
            f"{name!r} could hold uncleared land, which hazards={hazards!r} keeps back.\n"
            "  Fix: leave it out; releases, projects, units and sums may leave."
        )


def _units(units: gpd.GeoDataFrame, areas: list[pd.DataFrame], hazards: Hazards) -> gpd.GeoDataFrame:
    """Return the units with the hazardous land in them, as it is to be told."""
    if hazards == "none":
        return units.drop(columns=[name for name in ("hazardous_m2", *_OF_UNITS) if name in units.columns])
    if hazards == "exact" or not areas:
        return units
    told = [pd.DataFrame(one[["admin_code", "area_m2"]]) for one in areas]
    return with_hazards_said(with_hazards(units, pd.concat(told, ignore_index=True))[0])


def _columns_of(frame: pd.DataFrame, kind: str, extra: Sequence[str]) -> Any:
    """Return the columns that leave, in the order of the table; the shapes stay."""
    allowed = set(PAGE_COLUMNS.get("areas" if kind == "ranking" else kind, ())) | set(extra)
    if kind == "ranking":
        allowed |= set(_OF_RANKS)
    elif kind == "admin_areas":
        sums = {str(name) for name in frame.columns if str(name).endswith("_m2") and name != "area_before_m2"}
        allowed |= {*sums, *_OF_UNITS}
    elif kind not in PAGE_COLUMNS:
        allowed |= _OF_RESULTS
        allowed |= {name for name in _FREE_TEXT if name in frame and is_numeric_dtype(frame[name])}
    active = frame.active_geometry_name if isinstance(frame, gpd.GeoDataFrame) else None
    return frame[[name for name in frame.columns if str(name) in allowed or name == active]]
