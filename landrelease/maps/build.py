"""The parts that our maps share: what may leave for a page, classes with totals, the map around them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landrelease.errors import DataError, OptionError, nearest
from landrelease.geometry import cut_at_180, to_crs, unwrapped
from landrelease.maps.payload import Facet, drawable, encode_layer, whole_text
from landrelease.maps.style import LABELS, NAMES, PAGE_COLUMNS, Look, label_of, unit_of
from landrelease.maps.words import Language
from landrelease.tables import NO_HAZARD, is_person_column

if TYPE_CHECKING:
    import folium

__all__ = [
    "Drawing",
    "assemble",
    "bounds_of",
    "check_columns",
    "classed",
    "facet_of",
    "is_hazard",
    "located",
    "page_columns",
    "readable",
    "require_columns",
    "row_notes",
    "total_m2",
]


@dataclass(frozen=True)
class Drawing:
    """One layer of a page, ready to be written: its block, its name, its height and where its shapes lie."""

    name: str
    payload: str
    height: int
    bounds: npt.NDArray[np.float64]
    """West, south, east, north; then west and east as counted from Greenwich eastwards alone, 0 to 360. [degree]"""


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


def total_m2(values: pd.Series) -> float | None:
    """Return the sum of what is known; None where nothing is. [m2]"""
    total = values.sum(min_count=1)
    return None if pd.isna(total) else float(total)


def classed(values: pd.Series, known: Iterable[str]) -> pd.Series:
    """Return each value if it is known, else `other`, or `missing` where there is none.

    Examples
    --------
    >>> classed(pd.Series(["CHA", "Closed", None]), ["SHA", "CHA"]).tolist()
    ['CHA', 'other', 'missing']
    """
    text = values.astype("object")
    return text.where(text.isin(list(known)), "other").mask(values.isna(), "missing").astype("str")


def facet_of(
    classes: pd.Series,
    looks: Mapping[str, Look],
    *,
    title: str,
    role: str,
    count_title: str,
    m2: pd.Series | Mapping[str, float | None] | None,
) -> tuple[Facet, list[Look]]:
    """Return the legend of a column of classes, with counts and sums, and how its classes look.

    Parameters
    ----------
    classes : Series of str
        The class of each row: a key of `looks`.
    looks : mapping
        How each class looks, in the order of the legend. Classes without a row are left out.
    title, count_title : str
        Heads of the legend's first two columns.
    role : str
        `fill` or `stroke`: what of a shape shows the class.
    m2 : Series, mapping or None
        The area of each row, or the sum of each class; None where no area is known of. [m2]
    """
    sums: dict[str, float | None] = {}
    if isinstance(m2, pd.Series):
        sums = {code: total_m2(part) for code, part in m2.groupby(classes)}
    elif m2 is not None:
        sums = dict(m2)
    counts = classes.value_counts()
    present = [code for code in looks if counts.get(code, 0) or sums.get(code)]
    entries = [
        {
            "label": looks[code]["label"],
            "count": int(counts.get(code, 0)),
            "m2": sums.get(code),
            "isSilent": bool(looks[code].get("isSilent")),
            "look": {key: value for key, value in looks[code].items() if key not in ("label", "isSilent")},
        }
        for code in present
    ]
    is_summed = m2 is not None and len(present) > 1
    named = sum(int(entry["count"]) for entry in entries if not entry["isSilent"])
    known = [value for value in (sums.get(code) for code in present) if value is not None]
    spec = {
        "title": title,
        "role": role,
        "countTitle": count_title,
        "hasArea": m2 is not None,
        "entries": entries,
        "total": {"count": named, "m2": sum(known) if known else None} if is_summed else None,
    }
    index = classes.map({code: place for place, code in enumerate(present)}).to_numpy(dtype=np.int64)
    return Facet(index, spec), [entry["look"] for entry in entries]


class DayNote(str):
    """A note that counts rows: a page with a timeline counts those of its day itself."""

    __slots__ = ()


def row_notes(frame: gpd.GeoDataFrame, m2: pd.Series | None) -> list[str]:
    """Say what of a frame is counted but not drawn, and what its sums leave out."""
    notes: list[str] = []
    undrawn = len(frame) - int(drawable(frame.geometry.to_numpy()).sum())
    if undrawn:
        notes.append(DayNote(f"{undrawn:,} of {len(frame):,} have no geometry: counted here, not drawn."))
    unknown = int(m2.isna().sum()) if m2 is not None else 0
    if unknown:
        notes.append(DayNote(f"{unknown:,} of {len(frame):,} have no known area: not in the km²."))
    return notes


def sum_notes(m2: pd.Series | None) -> list[str]:
    """Say how the areas of hazards are summed, where there is more than one: unlike in the account, overlaps stay."""
    if m2 is None or m2.notna().sum() < 2:
        return []
    return ["Sum of records: land that two records hold is counted in each."]


def drawing(
    frame: gpd.GeoDataFrame,
    columns: Sequence[Mapping[str, Any]],
    *,
    name: str,
    noun: str,
    height: int,
    facets: Sequence[Facet],
    looks: Mapping[str, Any],
    title: Sequence[str],
    notes: Sequence[str],
    internal: str = "",
    span: tuple[str, str] | None = None,
    table: Mapping[str, Any] | None = None,
    is_named: bool = False,
) -> Drawing:
    """Return a layer ready to be written.

    `title` names the columns that name a row, which are searched; `internal` says who may see it, where not all may;
    `span` names the columns with the first day of a row's state and the first after it, where the page has a timeline;
    `table` says what of the rows stands in a table beside the map.
    """
    present = [column for column in title if any(one["name"] == column for one in columns)]
    header = {
        "heading": name,
        "noun": noun,
        "looks": looks,
        "title": present,
        "search": present,
        "notes": list(notes),
        "internal": internal,
        "isNamed": is_named,
    }
    if span:
        header["span"] = {"from": span[0], "to": span[1]}
        header["notes"] = [note for note in notes if not isinstance(note, DayNote)]
    if table:
        header["table"] = dict(table)
    return Drawing(
        name,
        encode_layer(frame, columns, facets=facets, header=header, keep_all=bool(span or table)),
        height,
        _extent(frame),
    )


def _extent(frame: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    points = shapely.get_coordinates(frame.geometry.to_numpy()[drawable(frame.geometry.to_numpy())])
    if not len(points):
        return np.full(6, np.nan)
    eastwards = points[:, 0] % 360
    return np.array([*points.min(axis=0), *points.max(axis=0), eastwards.min(), eastwards.max()])


def assemble(
    drawings: Sequence[Drawing],
    *,
    title: str,
    is_internal: bool,
    notes: Sequence[str],
    base: Drawing | None,
    time: tuple[str, str] | None = None,
    language: Language = "en",
) -> folium.Map:
    """Return the folium map of some layers, in the order of the legend, over the base map."""
    import folium

    from landrelease.maps.elements import CanvasLayer, OfflineFigure, Skeleton, Start

    every = [*drawings, *([base] if base else [])]
    bounds = bounds_of(drawings) or bounds_of(every)
    middle = np.mean(bounds, axis=0).tolist() if bounds else [0.0, 0.0]
    chart = folium.Map(
        location=middle,
        zoom_start=7 if bounds else 2,
        tiles=None,
        zoom_control="topright",
        maxZoom=19,
        fadeAnimation=False,
    )
    OfflineFigure(title=title, language=language).add_child(chart)
    Skeleton(title, is_internal=is_internal, notes=notes, language=language).add_to(chart)
    layers = [CanvasLayer(one.payload, name=one.name, height=one.height) for one in every]
    for layer in layers:
        layer.add_to(chart)
    Start(layers, bounds, time).add_to(chart)
    return chart


def bounds_of(drawings: Sequence[Drawing]) -> list[list[float]] | None:
    """Return [[south, west], [north, east]] of all shapes, or None."""
    boxes = np.array([one.bounds for one in drawings]).reshape(-1, 6)
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        return None
    west, south, _, _, west_on, _ = (float(value) for value in boxes.min(axis=0))
    _, _, east, north, _, east_on = (float(value) for value in boxes.max(axis=0))
    if east_on - west_on < east - west:  # the land lies around 180 degrees
        west, east = west_on, east_on
    return [[south, west], [north, east]]
