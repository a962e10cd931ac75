"""One layer ready to be written: its classes with counts and sums, its notes, its block of data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landrelease.maps.layers.payload import Facet, drawable, encode_layer
from landrelease.maps.style import Look
from landrelease.said import Said, say

__all__ = ["DayNote", "Drawing", "classed", "drawing", "facet_of", "is_covered", "row_notes", "sum_notes", "total_m2"]


@dataclass(frozen=True)
class Drawing:
    """One layer of a page, ready to be written: its block, its name, its height and where its shapes lie."""

    name: str
    payload: str
    height: int
    bounds: npt.NDArray[np.float64]
    """West, south, east, north; then west and east as counted from Greenwich eastwards alone, 0 to 360. [degree]"""
    columns: frozenset[str] = frozenset()
    """The columns that leave for the page."""


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
            **({"isOurs": True} if isinstance(looks[code]["label"], Said) else {}),
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
    covered = is_covered(frame)
    undrawn = ~drawable(frame.geometry.to_numpy()) & ~covered
    unknown = m2.isna().to_numpy() if m2 is not None else np.zeros(len(frame), dtype=bool)

    def note(pattern: str, rows: npt.NDArray[np.bool_]) -> None:
        if rows.any():
            notes.append(DayNote(say(pattern, int(rows.sum()), len(frame))))

    if (undrawn == unknown).all():
        note("Neither geometry nor known area: {0} of {1}, counted here, not drawn, not in the km².", undrawn)
    else:
        note("No geometry: {0} of {1}, counted here and not drawn.", undrawn)
        note("Area not known: {0} of {1}, not in the km².", unknown)
    note("All their land is in other records: {0} of {1}, counted here and not drawn.", covered)
    return notes


def is_covered(frame: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Tell which releases are recorded with land of which none is theirs alone: it lies in others, or is hazardous."""
    if not {"gross_m2", "area_m2"} <= set(frame.columns):
        return np.zeros(len(frame), dtype=bool)
    is_undrawn = ~drawable(frame.geometry.to_numpy())
    found = frame["gross_m2"].gt(0) & frame["area_m2"].eq(0) & is_undrawn
    return cast("npt.NDArray[np.bool_]", found.fillna(False).to_numpy(dtype=bool))


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
    names: Mapping[str, Any] | None = None,
) -> Drawing:
    """Return a layer ready to be written.

    `title` names the columns that name a row, which are searched; `internal` says who may see it, where not all may;
    `span` names the columns with the first day of a row's state and the first after it, where the page has a timeline;
    `table` says what of the rows stands in a table beside the map; `names` which column is written on the map.
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
        "isNamed": is_named and not isinstance(name, Said),
    }
    if span:
        header["span"] = {"from": span[0], "to": span[1]}
        header["notes"] = [note for note in notes if not isinstance(note, DayNote)]
        # the rows that are not drawn come after the others
        undrawn = np.flatnonzero(~drawable(frame.geometry.to_numpy()))
        header["covered"] = (len(frame) - len(undrawn) + np.flatnonzero(is_covered(frame)[undrawn])).tolist()
    if names and names["name"] in present:
        header["names"] = dict(names)
    if table:
        header["table"] = dict(table)
    return Drawing(
        name,
        encode_layer(frame, columns, facets=facets, header=header, keep_all=bool(span or table)),
        height,
        _extent(frame),
        frozenset(str(column["name"]) for column in columns),
    )


def _extent(frame: gpd.GeoDataFrame) -> npt.NDArray[np.float64]:
    points = shapely.get_coordinates(frame.geometry.to_numpy()[drawable(frame.geometry.to_numpy())])
    if not len(points):
        return np.full(6, np.nan)
    eastwards = points[:, 0] % 360
    return np.array([*points.min(axis=0), *points.max(axis=0), eastwards.min(), eastwards.max()])
