"""How much one file may ask for: its rows and columns, the points and crossings of its shapes, how deep it nests."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import shapely

from landrelease.errors import DataError
from landrelease.rules import finding

__all__ = ["check_cells", "check_nesting", "is_deep_text", "within_limits"]

MOST_COLUMNS = 4_096
"""Columns of a table: twice as many as a database takes."""
_FREE_CELLS, _CELLS_PER_BYTE = 20_000_000, 10
MOST_POINTS = 1_000_000
"""Points of one shape."""
_MOST_CROSSINGS = 300_000
"""Pairs of edges of invalid outlines whose boxes meet, in a whole file: their repair takes some 20 seconds."""
_SAMPLED_EDGES = 500
_MOST_DEEP, _MOST_PARTS = 100, 1_000
_COLLECTIONS = re.compile(
    rb"\x01(?:[\x04-\x11]\x00|[\xec-\xf9]\x03|[\xd4-\xe1]\x07|[\xbc-\xc9]\x0b)\x00[\x00\x20\x40\x60\x80\xa0\xc0\xe0]"
    rb"|\x00[\x00\x20\x40\x60\x80\xa0\xc0\xe0]\x00(?:\x00[\x04-\x11]|\x03[\xec-\xf9]|\x07[\xd4-\xe1]|\x0b[\xbc-\xc9])"
)
"""The head of a WKB geometry that holds geometries, in either byte order, with or without Z, M and an SRID."""


def check_cells(name: str, rows: int, columns: int, size: int) -> None:
    """Raise DataError if a table would fill more memory than a file of its size has reason to.

    Examples
    --------
    >>> check_cells("areas.csv", 1_000_000, 18, 90_000_000)
    >>> check_cells("areas.csv", 0, 0, 0)
    >>> check_cells("areas.csv", 1_000_000, 1_000, 90_000)
    Traceback (most recent call last):
    landrelease.errors.DataError: 'areas.csv' holds 1,000,000 rows of 1,000 columns in 90,000 bytes, more than a table
    of that size can fill.
      Fix: take out the empty columns and rows, and save it again.
    """
    if columns > MOST_COLUMNS:
        raise DataError(
            f"'{name}' has {columns:,} columns; at most {MOST_COLUMNS:,} are read.\n"
            f"  Fix: check its separator, or take out the columns that are not needed."
        )
    if rows * columns > _FREE_CELLS + _CELLS_PER_BYTE * size:
        raise DataError(
            f"'{name}' holds {rows:,} rows of {columns:,} columns in {size:,} bytes, more than a table of that size "
            f"can fill.\n  Fix: take out the empty columns and rows, and save it again."
        )


def is_deep_text(text: str) -> bool:
    """Tell whether brackets in brackets go deeper than any real shape: the parser would run out of stack.

    Examples
    --------
    >>> is_deep_text("GEOMETRYCOLLECTION (POLYGON ((0 0, 1 0, 1 1, 0 0)))"), is_deep_text("")
    (False, False)
    >>> is_deep_text("GEOMETRYCOLLECTION (" * 50_000)
    True
    """
    if text.count("(") <= _MOST_DEEP:
        return False
    letters = np.frombuffer(text.encode("utf-8", "replace"), dtype=np.uint8)
    steps = (letters == ord("(")).astype(np.int64) - (letters == ord(")"))
    return bool(np.cumsum(steps).max() > _MOST_DEEP)


def check_nesting(name: str, column: str, wkb: list[bytes | None]) -> None:
    """Raise DataError if geometries hold geometries so often that the parser could run out of stack.

    Examples
    --------
    >>> check_nesting("areas.parquet", "geometry", [None, shapely.to_wkb(shapely.Point(1, 1))])
    """
    for row, one in enumerate(wkb, start=1):
        if one is not None and len(_COLLECTIONS.findall(one[:9])) and len(_COLLECTIONS.findall(one)) > _MOST_PARTS:
            raise DataError(
                f"'{name}': row {row}, column '{column}' holds more than {_MOST_PARTS:,} collections of geometries in "
                f"one shape.\n  Fix: split it into its parts (multipart to singlepart)."
            )


def within_limits(shapes: np.ndarray[Any, Any], findings: list[tuple[int, list[str]]]) -> np.ndarray[Any, Any]:
    """Return the shapes without those that cross themselves too often to be repaired, each told.

    Notes
    -----
    The repair of an outline takes time with the number of its crossings, which can grow with the square of its
    points. Crossings are counted as pairs of edges whose boxes meet, where there are many edges from 500 of them.
    The shapes with the most crossings go first, until the file keeps at most 300,000.

    Raises
    ------
    DataError
        A shape has more than 1,000,000 points.

    Examples
    --------
    >>> square = shapely.box(0, 0, 1, 1)
    >>> within_limits(np.array([square, None]), []).tolist() == [square, None]
    True
    >>> within_limits(np.array([], dtype=object), []).tolist()
    []
    """
    points = shapely.get_num_coordinates(shapes)
    if (points > MOST_POINTS).any():
        row = int(np.argmax(points))
        raise DataError(
            f"Row {row + 1} has a shape of {points[row]:,} points; at most {MOST_POINTS:,} are read.\n"
            f"  Fix: split it into its parts (multipart to singlepart), or draw it with fewer points."
        )
    with np.errstate(invalid="ignore"):  # a coordinate that is NaN is told later, with its row
        bad = np.flatnonzero(~shapely.is_valid(shapes) & ~shapely.is_missing(shapes))
    crossings = np.array([_crossings(shapes[row]) for row in bad])
    order = np.argsort(crossings, kind="stable")
    lost = order[np.cumsum(crossings[order]) > _MOST_CROSSINGS] if len(bad) else order
    shapes = shapes.copy()
    for place in np.sort(lost):
        value, message = f"about {crossings[place]:,.0f} crossings", "crosses itself too often: no geometry"
        findings.append((int(bad[place]), finding("R7", "geometry", value, message)))
        shapes[bad[place]] = None
    return shapes


def _crossings(shape: Any) -> float:
    """Return about how many pairs of edges of a shape may cross: those whose boxes meet, less the neighbours."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(shape)), return_index=True)
    within = ring[1:] == ring[:-1]
    start, end = xy[:-1][within], xy[1:][within]
    known = np.isfinite(start).all(axis=1) & np.isfinite(end).all(axis=1)
    count = int(known.sum())
    if count == 0:
        return 0.0
    low, high = np.minimum(start, end)[known], np.maximum(start, end)[known]
    boxes = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
    sample = np.unique(np.linspace(0, count - 1, _SAMPLED_EDGES).astype(int))
    met = shapely.STRtree(boxes).query(boxes[sample])
    return max(0.0, (int(met.shape[1]) / len(sample) - 3) * count / 2)
