"""Maps for print: a sheet of paper at a stated scale, with all that a printed map must say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Geod

from landrelease.cells import day_of
from landrelease.errors import DataError, OptionError, check_option
from landrelease.geometry import crs_name, crs_of, lon_lat, metric_crs, to_crs
from landrelease.maps.layers.classes import hazards_among
from landrelease.maps.layers.drawing import row_notes
from landrelease.maps.layers.frames import located, require_columns
from landrelease.maps.layers.units import with_hazards, with_hazards_said
from landrelease.maps.paper.sheet import Block, Sheet, draw_sheet
from landrelease.maps.words import LANGUAGES, Language, in_words
from landrelease.put import put
from landrelease.said import say

if TYPE_CHECKING:
    from landrelease.priority.score.ranking import Ranking

__all__ = ["static_map"]

_PAPERS = {"A4": (210.0, 297.0), "A3": (297.0, 420.0)}
_ROUND = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5)
_LARGEST = 1_000
"""No map is drawn at a larger scale than 1 to this."""
_EDGE = 0.03
"""Share of the map that stays free around the data."""
_GEOD = Geod(ellps="WGS84")


@dataclass(frozen=True)
class _Plane:
    """The plane of a map: its CRS, its middle, the length of a unit and the direction of north there."""

    crs: CRS
    x: float
    y: float
    metres: float
    """Length on the ground of a unit of the CRS, in the middle. [m]"""
    north: float
    """Direction of true north in the middle, clockwise from the top of the sheet. [degree]"""


def static_map(
    path: str | Path,
    areas: gpd.GeoDataFrame,
    *,
    releases: gpd.GeoDataFrame | None = None,
    projects: pd.DataFrame | None = None,
    admin_areas: gpd.GeoDataFrame | None = None,
    ranking: Ranking | None = None,
    hazards: Literal["exact", "admin", "none"] = "exact",
    title: str = "",
    as_of: str | date | None = None,
    paper: Literal["A4", "A3"] = "A4",
    orientation: Literal["landscape", "portrait"] = "landscape",
    scale: float | None = None,
    crs: Any = None,
    language: Language = "en",
) -> Path:
    """Draw a map for print on one sheet of paper, at a stated scale.

    Parameters
    ----------
    path : str or Path
        The file; its ending says what it is: .pdf, .svg or .png (300 dots per inch).
    areas : GeoDataFrame
        Table `areas`, as `status_on` returns it. Rows whose status is `released` or `superseded` are not drawn.
    releases : GeoDataFrame, optional
        What `assess_use` or `releases_from` returned, drawn by verdict or by release type.
    projects : DataFrame or GeoDataFrame, optional
        Table `projects`. Only rows with `is_point` are drawn.
    admin_areas : GeoDataFrame, optional
        Table `admin_areas`: the base map, with the names of the units that have room for them.
    ranking : Ranking, optional
        What `prioritise` returned: the areas are drawn by their rank instead of their class and status.
    hazards : {"exact", "admin", "none"}
        Uncleared land as its shapes (the sheet says that it is for internal use), as sums by `admin_code`, or not at
        all.
    title : str
        Of the map.
    as_of : str or date, optional
        Day of which the records are.
    paper : {"A4", "A3"}
        Size of the sheet: 210 by 297 mm, 297 by 420 mm.
    orientation : {"landscape", "portrait"}
        How the sheet lies.
    scale : float, optional
        Denominator of the scale: 50000 for 1:50,000. Without it the largest round scale at which all fits.
    crs : any, optional
        A projected CRS, such as 'EPSG:32633'. Without it a transverse Mercator centred on the data.
    language : {"en", "ar", "es", "fr", "km", "lo", "pt", "uk"}
        Of the texts of the sheet; data stay as they are. Warnings stand in English, too.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    OptionError
        A word that an option does not have; a scale at which the data do not fit; a CRS that is not projected or
        stretches shapes; "admin" without units; a ranking where hazards are not exact; letters that no font has.
    DataError
        Nothing can be drawn, or a table lacks a column that its map needs.
    CRSError
        A table with geometries has no CRS, or none that reaches the CRS of the map to 10 m.

    Notes
    -----
    The scale is true in the middle of the map, measured on the ellipsoid; the sheet says how far off it is at the
    corners. Shapes smaller than 1 mm both ways are drawn as squares of 1 mm, and counted. The arrow points to true
    north in the middle. Texts are drawn as they are.

    Examples
    --------
    >>> import shapely, tempfile
    >>> areas = gpd.GeoDataFrame({"area_id": ["HA-1", "HA-2"], "status": ["open", "open"],
    ...                           "hazard_class": ["SHA", "CHA"]},
    ...                          geometry=[shapely.box(18, 44, 18.01, 44.01), None], crs=4326)
    >>> sheet = static_map(Path(tempfile.mkdtemp()) / "map.svg", areas, title="Sample", as_of="2025-12-31")
    >>> 'width="841.889764pt"' in sheet.read_text(encoding="utf-8")
    True
    >>> static_map(sheet, areas.iloc[:0])
    Traceback (most recent call last):
    landrelease.errors.DataError: nothing of these tables can be drawn. Fix: ...
    >>> static_map(sheet, areas, scale=1_000)
    Traceback (most recent call last):
    landrelease.errors.OptionError: the data need 0.8 by 1.1 km, and at 1:1,000 ... Fix: scale=..., ...
    """
    _check(path, hazards, paper, orientation, admin_areas, ranking, scale)
    check_option("language", language, LANGUAGES)
    layers = _layers(areas, releases, projects, admin_areas, ranking, hazards)
    placed = {name: located(frame, name) for name, frame in layers.items()}
    centred = _without_units(placed) if _bounds(_without_units(placed)) else list(placed.values())
    if _bounds(centred) is None:
        raise DataError("nothing of these tables can be drawn. Fix: pass at least one row with a geometry.")
    chosen = crs_of(crs) if crs is not None else metric_crs(*centred)
    if not chosen.is_projected:
        raise OptionError(f"crs must be projected; {crs_name(chosen)} is not. Fix: leave crs out, or 'EPSG:32633'")
    drawn = {name: to_crs(one, chosen, name) for name, one in placed.items()}
    bounds = _bounds(_without_units(drawn)) or _bounds(list(drawn.values()))
    if bounds is None:
        raise DataError(f"nothing of these tables has a place in {crs_name(chosen)}. Fix: leave crs out.")
    width, height = sorted(_PAPERS[paper], reverse=orientation == "landscape")
    sheet = Sheet(width, height)
    plane = _plane(chosen, bounds)
    denominator = _scale(bounds, plane, sheet, scale)
    notes = [*_notes(layers, hazards, as_of, language), *_said_of(plane, sheet, denominator, language)]
    ending = Path(path).suffix.lower()[1:]
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    block = Block(
        title=title, layers=drawn, x=plane.x, y=plane.y, metres=plane.metres, scale=denominator, north=plane.north,
        is_internal=hazards == "exact", notes=notes, language=language,
    )  # fmt: skip
    put(Path(path), lambda beside: draw_sheet(beside, ending, sheet, block))
    return Path(path)


def _check(
    path: str | Path, hazards: str, paper: str, orientation: str, admin_areas: Any, ranking: Any, scale: float | None
) -> None:
    check_option("hazards", hazards, ("exact", "admin", "none"))
    check_option("paper", paper, _PAPERS)
    check_option("orientation", orientation, ("landscape", "portrait"))
    if Path(path).suffix.lower() not in (".pdf", ".svg", ".png"):
        raise OptionError(f"path must end in .pdf, .svg or .png; got {Path(path).name!r}")
    if hazards == "admin" and admin_areas is None:
        raise OptionError("hazards='admin' needs the units. Fix: pass admin_areas=..., or hazards='none'")
    if hazards != "exact" and ranking is not None:
        raise OptionError("ranking shows uncleared land as its shapes. Fix: hazards='exact', or leave ranking out")
    if scale is not None and not (np.isfinite(scale) and scale > 0):
        raise OptionError(f"scale must be above 0, such as 50000 for 1:50,000; got {scale!r}")


def _layers(
    areas: gpd.GeoDataFrame, releases: Any, projects: Any, admin_areas: Any, ranking: Ranking | None, hazards: str
) -> dict[str, pd.DataFrame]:
    """Return what is drawn, the lowest first."""
    require_columns(areas, "areas", ["area_id", "status"])
    hazardous = areas.loc[hazards_among(areas)]
    layers: dict[str, pd.DataFrame] = {}
    if admin_areas is not None:
        require_columns(admin_areas, "admin_areas", ["admin_code", "name"])
        units = admin_areas.drop(columns=["hazards_said", "hazardous_m2", "hazard_count"], errors="ignore")
        layers["admin_areas"] = with_hazards_said(with_hazards(units, hazardous)[0]) if hazards == "admin" else units
    if releases is not None:
        require_columns(releases, "releases", ["release_id"])
        layers["releases"] = releases
    if hazards == "exact":
        layers["areas"] = hazardous if ranking is None else _ranked(hazardous, ranking.table)
    if projects is not None:
        require_columns(projects, "projects", ["location_id", "title", "is_point"])
        layers["projects"] = projects.loc[projects["is_point"].fillna(False).astype(bool)]
    return layers


def _ranked(areas: gpd.GeoDataFrame, table: pd.DataFrame) -> gpd.GeoDataFrame:
    require_columns(table, "ranking.table", ["area_id", "rank"])
    ranks = [name for name in ("rank", "rank_best") if name in table.columns]
    place = table.drop_duplicates("area_id").set_index("area_id")[ranks]
    kept = areas.drop(columns=["rank", "rank_best"], errors="ignore")
    return kept.assign(**{name: kept["area_id"].map(place[name]).astype("Int64") for name in ranks})


def _without_units(layers: dict[str, gpd.GeoDataFrame]) -> list[gpd.GeoDataFrame]:
    """Return the layers that the sheet must hold: units are only what lies below."""
    return [layer for name, layer in layers.items() if name != "admin_areas"]


def _bounds(frames: Sequence[gpd.GeoDataFrame]) -> tuple[float, float, float, float] | None:
    boxes = np.array([shapely.total_bounds(one.geometry.to_numpy()) for one in frames if len(one)]).reshape(-1, 4)
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        return None
    low, high = boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)
    return float(low[0]), float(low[1]), float(high[0]), float(high[1])


def _plane(crs: CRS, bounds: tuple[float, float, float, float]) -> _Plane:
    """Measure the plane in the middle of the data; raise OptionError where it stretches shapes."""
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    across, up = _metres(crs, x, y, 1, 0), _metres(crs, x, y, 0, 1)
    if abs(across / up - 1) > 0.01:
        raise OptionError(
            f"{crs_name(crs)} stretches shapes by {abs(across / up - 1):.0%} here, so that it has no one scale.\n"
            "  Fix: leave crs out, or name a conformal one, such as the UTM zone."
        )
    (lon, lat), *_ = shapely.get_coordinates(lon_lat(np.array([shapely.Point(x, y)]), crs))
    ahead = gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat + 0.01)], crs=4326)
    to_x, to_y = shapely.get_coordinates(to_crs(ahead, crs).geometry.to_numpy())[0]
    return _Plane(crs, x, y, across, float(np.degrees(np.arctan2(to_x - x, to_y - y))))


def _metres(crs: CRS, x: float, y: float, right: int, up: int) -> float:
    """Return the length on the ground of a unit of a CRS at a place, in a direction. [m]"""
    step = 500 / crs.axis_info[0].unit_conversion_factor
    ends = np.array([shapely.Point(x + sign * step * right, y + sign * step * up) for sign in (-1, 1)])
    (lon, lat), (other_lon, other_lat) = shapely.get_coordinates(lon_lat(ends, crs))
    return float(_GEOD.inv(lon, lat, other_lon, other_lat)[2]) / (2 * step)


def _scale(bounds: tuple[float, float, float, float], plane: _Plane, sheet: Sheet, scale: float | None) -> float:
    """Return the denominator of the scale: the one that is asked for, or the smallest round one at which all fits."""
    need = np.array([bounds[2] - bounds[0], bounds[3] - bounds[1]]) * plane.metres
    room_mm = np.array(sheet.map_size) * (1 - 2 * _EDGE)
    least = max(float((need / room_mm).max()) * 1000, 1.0)
    if scale is None:
        power = 10.0 ** np.floor(np.log10(max(least, _LARGEST)))
        return next(float(step * power) for step in (*_ROUND, 10) if step * power >= max(least, _LARGEST) * (1 - 1e-9))
    if scale < least:
        room = room_mm * scale / 1e6
        raise OptionError(
            f"the data need {need[0] / 1000:,.1f} by {need[1] / 1000:,.1f} km, and at 1:{scale:,.0f} the map has room "
            f"for {room[0]:,.1f} by {room[1]:,.1f} km.\n"
            f"  Fix: scale={np.ceil(least / 100) * 100:.0f} or more, a larger paper, or fewer areas."
        )
    return float(scale)


def _notes(layers: dict[str, pd.DataFrame], hazards: str, as_of: str | date | None, language: Language) -> list[str]:
    """Say of when the records are, and what of them the sheet leaves out, in the language of the sheet."""
    day = None if as_of is None else day_of("as_of", as_of)
    notes = ["The day of the records is not said."]
    if day is not None:
        said_day = f"{day.day} {day:%B %Y}" if language == "en" else f"{day:%Y-%m-%d}"
        notes = [say("Records as of {0}.", said_day)]
    said = {"admin": "Uncleared land is shown by administrative unit only.", "none": "Uncleared land is not shown."}
    notes += [said[hazards]] if hazards in said else []
    notes = [in_words(note, language) for note in notes]
    names = {"areas": "Hazardous areas", "releases": "Released land"}
    for name, frame in layers.items():
        if name in names and isinstance(frame, gpd.GeoDataFrame):
            undrawn = [in_words(note, language) for note in row_notes(frame, None)]
            notes += [in_words(say("{0}: {1}", in_words(names[name], language), note), language) for note in undrawn]
    return notes


def _said_of(plane: _Plane, sheet: Sheet, scale: float, language: Language) -> list[str]:
    """Say the CRS, and how far the scale is off at the corners."""
    half = np.array(sheet.map_size) * scale / 1000 / plane.metres / 2
    off = 0.0
    for right, up in ((-1, -1), (-1, 1), (1, -1), (1, 1)):
        here = (plane.x + right * half[0], plane.y + up * half[1])
        found = np.array([_metres(plane.crs, *here, 1, 0), _metres(plane.crs, *here, 0, 1)]) / plane.metres - 1
        off = max(off, float(np.abs(found).max()))
    true = say("The scale is true everywhere.")
    if off >= 5e-5:
        true = say("The scale is true in the middle of the map, at the corners off by {0}%.", f"{100 * off:.2f}")
    return [f"{in_words(_name(plane.crs), language)}. {in_words(true, language)}"]


def _name(crs: CRS) -> str:
    """Return the name of a CRS; that of one of ours says where it is centred."""
    if crs.to_authority() is not None or crs.coordinate_operation is None:
        return crs_name(crs) if crs.to_authority() is None else f"{crs.name} ({crs_name(crs)})"
    values = {one.name: one.value for one in crs.coordinate_operation.params}
    lat, lon = values.get("Latitude of natural origin", 0.0), values.get("Longitude of natural origin", 0.0)
    return say("Transverse Mercator centred on {0}°, {1}°, WGS 84", f"{lat:g}", f"{lon:g}")
