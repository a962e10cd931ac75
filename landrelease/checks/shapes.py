"""What can be wrong with the shapes of a table."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.checks.found import (
    as_numbers,
    as_written,
    cells_of,
    problems_of,
    whole_problem,
)
from landrelease.errors import CRSError
from landrelease.geometry import check_crs, geodesic_area_m2, has_finite_coordinates, has_wide_part, operation_to_wgs84
from landrelease.tables import Table

__all__ = ["shape_problems"]


def shape_problems(frame: gpd.GeoDataFrame, table: Table) -> list[pd.DataFrame]:
    """Return shapes that are missing, of the wrong kind, off the Earth, repeated or invalid; areas that disagree."""
    shapes = frame.geometry.to_numpy()
    name = "geometry"
    kinds = shapely.get_type_id(shapes)
    none = shapely.is_missing(shapes) | shapely.is_empty(shapes)

    def broken(rule: str, mask: np.ndarray[Any, Any], values: Any, message: Any) -> pd.DataFrame:
        return problems_of(frame, table, np.flatnonzero(mask), name, rule, values, message)

    told = "no geometry"
    if table.name in ("needs", "projects"):  # they may be known to a unit only
        none, told = none & cells_of(frame, "admin_code").isna().to_numpy(), "neither a geometry nor an admin_code"
    found = [broken("R7", none, "", told)]
    wanted = {"polygon": (3, 6), "point": (0, 4)}.get(table.shape)
    if table.name == "events":
        wanted = (3, 6)
        none_needed = (
            as_written(cells_of(frame, "event"))
            .isin(["accident", "noted", "void", "handed_over", "suspended"])
            .to_numpy()
        )
        found = [broken("R7", none & _first_of_area(frame), "", "no geometry: the area's place and size are unknown")]
    else:
        none_needed = np.zeros(len(frame), bool)
    if wanted:
        odd = ~none & ~np.isin(kinds, wanted) & ~none_needed
        texts = [shapes[i].geom_type for i in np.flatnonzero(odd)]
        found.append(broken("R10", odd, texts, f"no {'polygon' if 3 in wanted else 'point'}: its area is unknown"))
    found.append(broken("R11", ~has_finite_coordinates(shapes), "", "a coordinate is no finite number"))
    try:
        check_crs(frame, table.name)
    except CRSError as error:
        found.append(whole_problem("geometry", str(error).splitlines()[0], "R11"))
    else:
        if frame.crs.is_bound and len(frame):
            by = operation_to_wgs84(frame)
            stated = "accuracy unknown" if np.isnan(by.accuracy_m) else f"{by.accuracy_m:g} m"
            message = f"put on EPSG:4326 as declared, by {by.code or 'no registered operation,'} '{by.name}' ({stated})"
            found.append(whole_problem(name, f"{message}: keep its source with the data", "R13"))
    if frame.crs is not None and frame.crs.is_geographic:
        west, south, east, north = shapely.bounds(shapes).T
        with np.errstate(invalid="ignore"):
            outside = (west < -180) | (east > 180) | (south < -90) | (north > 90)
        wide = has_wide_part(shapes) & ~none
        found.append(broken("R11", outside & ~none, "", "longitude or latitude outside -180..180, -90..90"))
        found.append(broken("R14", wide, "", "wider than half the Earth: split shapes that cross 180 degrees there"))
        found.append(broken("R14", _reaches_zero(shapes), "", "reaches to 0 0: perhaps coordinates that were empty"))
    if table.shape == "polygon" or table.name == "events":
        found.append(_repeated_shapes(frame, table, shapes, none))
        invalid = ~none & ~shapely.is_valid(shapes)
        found.append(broken("R8", invalid, "", "invalid and not repaired: read() repairs and keeps the area before"))
    if "reported_area_m2" in frame:
        found.append(_wrong_areas(frame, table))
    return found


def _reaches_zero(shapes: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Tell points at 0 0, and shapes that one vertex at 0 0 makes wider than a degree."""
    xy, owner = shapely.get_coordinates(shapes, return_index=True)
    touches = np.bincount(owner[(xy == 0).all(axis=1)], minlength=len(shapes)) > 0
    west, south, east, north = shapely.bounds(shapes).T
    with np.errstate(invalid="ignore"):
        far = (east - west > 1) | (north - south > 1) | (shapely.get_dimensions(shapes) == 0)
    return np.asarray(touches & far, dtype=bool)


def _first_of_area(frame: pd.DataFrame) -> np.ndarray[Any, Any]:
    """Events that make land hazardous need a shape the first time; later ones touch the whole area."""
    makes = as_written(cells_of(frame, "event")).isin(["suspected", "confirmed", "reopened"])
    first = ~as_written(cells_of(frame, "area_id"))[makes].duplicated()
    return first.reindex(frame.index, fill_value=False).to_numpy(dtype=bool)


def _repeated_shapes(
    frame: gpd.GeoDataFrame, table: Table, shapes: np.ndarray[Any, Any], none: np.ndarray[Any, Any]
) -> pd.DataFrame:
    """Rows whose shape an earlier row has too, after normalising start point and direction."""
    reach = pd.DataFrame(shapely.bounds(shapes)).assign(n=shapely.get_num_coordinates(shapes))
    areal = ~none & (shapely.get_dimensions(shapes) == 2)
    alike = np.flatnonzero(areal)[reach[areal].duplicated(keep=False).to_numpy()]  # only these can be the same
    with np.errstate(invalid="ignore"):  # a coordinate that is NaN breaks R11
        key = pd.DataFrame({"shape": shapely.to_wkb(shapely.normalize(shapes[alike]))})
    if table.name == "events":  # an event on its own area may well repeat the area's shape
        key["event"] = as_written(cells_of(frame, "event")).fillna("").to_numpy()[alike]
    repeats = key.duplicated().to_numpy()
    ids = as_written(frame[table.id]).fillna("") if table.id in frame else frame.index.astype(str).to_series()
    of_alike = pd.Series(ids.to_numpy()[alike], dtype="str")
    texts = of_alike.groupby(list(map(key.get, key))).transform("first").to_numpy()[repeats] if repeats.any() else []
    message = "repeats the geometry of the row with that id"
    return problems_of(frame, table, alike[repeats], "geometry", "R9", texts, message)


def _wrong_areas(frame: gpd.GeoDataFrame, table: Table) -> pd.DataFrame:
    said = as_numbers(frame["reported_area_m2"])
    known = np.flatnonzero((said > 0) & np.isfinite(said) & has_finite_coordinates(frame.geometry.to_numpy()))
    try:
        found = geodesic_area_m2(frame.geometry.iloc[known])
    except CRSError:  # told once, as R11
        found = np.full(len(known), np.nan)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        ratio = said[known] / found
    odd = np.flatnonzero((ratio < 0.8) | (ratio > 1.25) & np.isfinite(ratio))
    messages = [
        f"the geometry has {found[i]:,.0f} m2, {_times(ratio[i])} less{_slip(ratio[i])}" if ratio[i] > 1
        else f"the geometry has {found[i]:,.0f} m2, {_times(1 / ratio[i])} more{_slip(ratio[i])}"
        for i in odd
    ]  # fmt: skip
    texts = [f"{said[known[i]]:g}" for i in odd]
    return problems_of(frame, table, known[odd], "reported_area_m2", "R12", texts, messages)


def _times(ratio: float) -> str:
    return f"{ratio:,.0f} times" if ratio >= 100 else f"{ratio:.3g} times"


def _slip(ratio: float) -> str:
    for factor, name in ((1e-4, "ha written as m2"), (1e-6, "km2 written as m2"), (1e4, "m2 written as ha")):
        if 0.8 <= ratio / factor <= 1.25:
            return f": {name}?"
    return ""
