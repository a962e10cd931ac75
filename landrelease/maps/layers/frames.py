"""What of a table may leave for a page: its columns, its texts, its shapes in degrees."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from landrelease.errors import DataError, OptionError, nearest
from landrelease.geometry import cut_at_180, to_crs, unwrapped
from landrelease.maps.layers.payload import drawable, whole_text
from landrelease.maps.style import LABELS, NAMES, PAGE_COLUMNS, label_of, unit_of
from landrelease.tables import NO_HAZARD, is_person_column

__all__ = ["check_columns", "is_hazard", "located", "page_columns", "readable", "require_columns"]


def require_columns(frame: pd.DataFrame, what: str, columns: Iterable[str]) -> None:
    """Raise DataError where a frame lacks a column that the map can not do without."""
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise DataError(
            f"'{what}' lacks {', '.join(repr(column) for column in missing)}, which its map needs.\n"
            f"  Fix: pass the table as landrelease returns it, or rename its columns."
        )


def check_columns(columns: Sequence[str] | None, frames: Mapping[str, pd.DataFrame | None]) -> tuple[str, ...]:
    """Return the further columns that may leave for a page.

    Raises
    ------
    OptionError
        None of the frames has the column, it is a geometry, or it could hold people or counts of victims.
    """
    given = [frame for frame in frames.values() if frame is not None]
    known = {str(column) for frame in given for column in frame.columns}
    shapes = {str(c) for frame in given for c in frame.columns[[str(t) == "geometry" for t in frame.dtypes]]}
    for column in columns or ():
        if is_person_column(column):
            raise OptionError(
                f"columns has {column!r}, which could hold people or counts of victims: never on a map.\n"
                f"  Fix: leave it out, or rename the column if it holds neither."
            )
        if column not in known - shapes:
            names = ", ".join(name for name, frame in frames.items() if frame is not None)
            raise OptionError(f"columns has {column!r}, which none of {names} has{nearest(column, known - shapes)}")
    return tuple(columns or ())


def readable(frame: Any) -> Any:
    """Return a frame whose texts are all UTF-8; columns of strings always are, columns of objects need not be."""
    objects = [name for name in frame.columns if frame[name].dtype == object and name != _geometry_of(frame)]
    clean = {name: frame[name].map(lambda one: whole_text(one) if isinstance(one, str) else one) for name in objects}
    return frame.assign(**clean) if clean else frame


def _geometry_of(frame: Any) -> str | None:
    return frame.active_geometry_name if isinstance(frame, gpd.GeoDataFrame) else "geometry"


def located(frame: gpd.GeoDataFrame | pd.DataFrame, what: str) -> gpd.GeoDataFrame:
    """Return the rows in EPSG:4326, longitude first; what can not be drawn stays, without a geometry."""
    rows: Any = readable(frame).reset_index(drop=True)
    has_shapes = isinstance(rows, gpd.GeoDataFrame) and rows.active_geometry_name is not None
    shapes = rows.geometry.to_numpy() if has_shapes else np.full(len(rows), None)
    can = drawable(shapes)
    if not can.any():
        plain = pd.DataFrame(rows).drop(columns=["geometry"], errors="ignore")
        return gpd.GeoDataFrame(plain, geometry=gpd.GeoSeries([None] * len(rows), crs=4326))
    if not can.all():
        kept = np.full(len(rows), None)
        kept[can] = shapes[can]
        rows = rows.set_geometry(gpd.GeoSeries(kept, crs=rows.crs))
    placed = to_crs(rows, 4326, what)
    # a shape that leaps over 180 degrees would be drawn around the Earth
    return placed.set_geometry(gpd.GeoSeries(cut_at_180(unwrapped(placed.geometry.to_numpy())), crs=4326))


def is_hazard(areas: pd.DataFrame) -> pd.Series:
    """Tell which areas are not released; one without a status is not."""
    return ~areas["status"].isin(NO_HAZARD).astype(bool)


def page_columns(frame: pd.DataFrame, table: str, extra: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Return what the page should know of the columns that leave for it, in the order they are shown."""
    names = dict.fromkeys([*PAGE_COLUMNS[table], *extra])
    specs: list[dict[str, Any]] = []
    for name in names:
        if name in frame.columns:
            specs.append({"name": name, "label": label_of(name), "unit": unit_of(name)})
            if name in NAMES:
                specs[-1]["isOurs"] = True
            if name in LABELS:
                specs[-1]["labels"] = LABELS[name]
    return specs
