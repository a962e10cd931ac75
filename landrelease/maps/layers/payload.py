"""Polygons and their columns as one compact block of bytes that a page carries as base64.

A block is gzip of: the length of the header (uint32, little endian), the header (JSON), the sections one
after the other. The header names every section's length. Shapes are quantised to 1e-6 degree (at most 0.08 m off on
the ground), in Hilbert order, as differences; whole numbers are zig-zag varints in planes, where 0 stands for missing
in a column. Nothing of it is text that a browser, or a template engine, could take for code.
"""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landrelease.maps.words import parts_of
from landrelease.said import Said

__all__ = ["QUANTUM_DEG", "Facet", "drawable", "encode_layer", "pack", "varints", "whole_text"]

QUANTUM_DEG = 1e-6
"""Step of the coordinates. [degree]"""
_MOST_EXACT = 2**52
"""Whole numbers above this are not exact in a browser: they travel as text."""
_POINT, _LINE, _RING = 0, 1, 2
_RING_OF_TYPE = {0: _POINT, 1: _LINE, 2: _LINE, 3: _RING}

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Facet:
    """One way to divide a layer into classes, shown in the legend: the class of each row, and what it is."""

    classes: npt.NDArray[np.integer[Any]]
    spec: Mapping[str, Any] = field(default_factory=dict)


def varints(values: npt.NDArray[np.uint64]) -> bytes:
    """Return whole numbers, seven bits a byte: first the lowest byte of each, with the high bit where more follow.

    Then come the second bytes of those that have one, and so on. The same bytes as LEB128, a tenth smaller when packed:
    low bytes are noise and high bytes are not.

    Examples
    --------
    >>> varints(np.array([0, 127, 128, 300], dtype=np.uint64)).hex(" ")
    '00 7f 80 ac 01 02'
    >>> varints(np.array([], dtype=np.uint64))
    b''
    """
    values = values.astype(np.uint64)
    planes = []
    while len(values):
        more = values > np.uint64(127)
        planes.append(((values & np.uint64(127)) | np.where(more, np.uint64(128), np.uint64(0))).astype(np.uint8))
        values = values[more] >> np.uint64(7)
    return b"".join(plane.tobytes() for plane in planes)


def whole_text(text: str) -> str:
    """Return a text that is UTF-8: a lone surrogate, as broken files have it, becomes the replacement character.

    Examples
    --------
    >>> whole_text("a\\ud800b") == "a\\ufffdb", whole_text("\\u1781")
    (True, 'ខ')
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _zigzag(values: Ints) -> npt.NDArray[np.uint64]:
    values = values.astype(np.int64)
    return cast("npt.NDArray[np.uint64]", ((values << 1) ^ (values >> 63)).astype(np.uint64))


def drawable(geometries: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Tell which geometries can be drawn: there, not empty, and with finite coordinates.

    Examples
    --------
    >>> drawable(np.array([shapely.Point(18, 44), None, shapely.Polygon()])).tolist()
    [True, False, False]
    """
    return cast("npt.NDArray[np.bool_]", np.isfinite(shapely.bounds(geometries)).all(axis=1))


def _rings(geometries: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Ints, Ints]:
    """Return the rings, lines and points of geometries, the row each is of, and its kind."""
    parts, owner = shapely.get_parts(shapely.orient_polygons(geometries), return_index=True)
    # a collection holds multi-polygons, which hold polygons: as deep as it goes
    while (shapely.get_type_id(parts) > 3).any():
        parts, inner = shapely.get_parts(parts, return_index=True)
        owner = owner[inner]
    kept = ~shapely.is_empty(parts)
    parts, owner = parts[kept], owner[kept]
    types = shapely.get_type_id(parts)
    is_polygon = types == 3
    rings, ring_of = shapely.get_rings(parts[is_polygon], return_index=True)
    everything = np.concatenate([rings, parts[~is_polygon]])
    owners = np.concatenate([owner[is_polygon][ring_of], owner[~is_polygon]]).astype(np.int64)
    kinds = np.concatenate([np.full(len(rings), _RING), [_RING_OF_TYPE[int(t)] for t in types[~is_polygon]]])
    order = np.argsort(owners, kind="stable")
    return everything[order], owners[order], kinds[order].astype(np.int64)


def _shape_sections(geometries: npt.NDArray[Any]) -> tuple[list[bytes], dict[str, int]]:
    rings, owners, kinds = _rings(geometries)
    coordinates, ring_of = shapely.get_coordinates(rings, return_index=True)
    is_last = np.r_[ring_of[1:] != ring_of[:-1], True] if len(ring_of) else np.zeros(0, bool)
    # the page closes rings itself
    kept = ~(is_last & (kinds[ring_of] == _RING)) if len(ring_of) else np.zeros(0, bool)
    quantised = np.round(coordinates[kept] / QUANTUM_DEG).astype(np.int64)
    steps = np.diff(quantised, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    ring_counts = np.bincount(owners, minlength=len(geometries))
    vertex_counts = np.bincount(ring_of[kept], minlength=len(rings))
    sections = [
        varints(ring_counts.astype(np.uint64)),
        varints(kinds.astype(np.uint64)),
        varints(vertex_counts.astype(np.uint64)),
        varints(_zigzag(steps[:, 0])),
        varints(_zigzag(steps[:, 1])),
    ]
    return sections, {"rows": len(geometries), "rings": len(rings), "vertices": len(quantised)}


def _numbers(values: Ints, is_missing: npt.NDArray[np.bool_]) -> bytes:
    return varints(np.where(is_missing, np.uint64(0), _zigzag(values) + np.uint64(1)))


def _column(values: pd.Series) -> tuple[dict[str, Any], bytes]:
    """Return how a column travels, and its bytes."""
    is_missing = values.isna().to_numpy(dtype=bool)
    filled = values.mask(is_missing)
    if pd.api.types.is_bool_dtype(values.dtype):
        return {"type": "bool"}, _numbers(filled.fillna(False).to_numpy(dtype=np.int64), is_missing)
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        plain = values.dt.tz_localize(None) if isinstance(values.dtype, pd.DatetimeTZDtype) else values
        days = plain.to_numpy(dtype="datetime64[D]").astype(np.int64)
        return {"type": "date"}, _numbers(np.where(is_missing, 0, days), is_missing)
    if pd.api.types.is_integer_dtype(values.dtype):
        whole = filled.fillna(0).to_numpy(dtype=np.int64)
        if np.abs(whole).max(initial=0) < _MOST_EXACT:
            return {"type": "int"}, _numbers(whole, is_missing)
    elif pd.api.types.is_float_dtype(values.dtype):
        reals = values.to_numpy(dtype="<f8", na_value=np.nan)
        known = np.where(is_missing, 0.0, reals)
        if (np.abs(known) < _MOST_EXACT).all() and (known == np.round(known)).all():
            return {"type": "whole"}, _numbers(known.astype(np.int64), is_missing)
        return {"type": "float"}, reals.tobytes()
    return _text_column(values, is_missing)


def _text_column(values: pd.Series, is_missing: npt.NDArray[np.bool_]) -> tuple[dict[str, Any], bytes]:
    texts = [whole_text(str(value)).encode("utf-8") for value in values[~is_missing]]
    known, place = np.unique(np.array(texts, dtype=object), return_inverse=True)
    if len(known) <= max(256, len(values) // 10):
        index = np.zeros(len(values), dtype=np.uint64)
        index[~is_missing] = place.astype(np.uint64) + np.uint64(1)
        return {"type": "code", "values": [text.decode("utf-8") for text in known]}, varints(index)
    lengths = np.zeros(len(values), dtype=np.uint64)
    lengths[~is_missing] = np.array([len(text) for text in texts], dtype=np.uint64) + np.uint64(1)
    return {"type": "text"}, varints(lengths) + b"".join(texts)


def pack(header: Mapping[str, Any], sections: Sequence[bytes], texts: Sequence[str] = ()) -> str:
    """Return header and sections as base64 of a gzip block; equal input gives equal text.

    The block says what texts of ours are made of: those in the header, and `texts`, which are in the sections.

    Examples
    --------
    >>> pack({"rows": 0}, [])[:8]
    'H4sIAAAA'
    """
    full = {**header, "made": _made([header, texts]), "lengths": [len(section) for section in sections]}
    head = whole_text(json.dumps(full, ensure_ascii=False, allow_nan=False)).encode("utf-8")
    raw = len(head).to_bytes(4, "little") + head + b"".join(sections)
    return base64.b64encode(gzip.compress(raw, 6, mtime=0)).decode("ascii")


def _made(header: Any) -> dict[str, Any]:
    """Return what the texts of ours in a header are made of, by their English, where they hold values."""
    if isinstance(header, Said):
        return {header: parts_of(header)} if len(header.parts) > 1 else {}
    inner = header.values() if isinstance(header, Mapping) else header if isinstance(header, (list, tuple)) else ()
    found: dict[str, Any] = {}
    for one in inner:
        found |= _made(one)
    return found


def encode_layer(
    frame: gpd.GeoDataFrame,
    columns: Sequence[Mapping[str, Any]],
    *,
    facets: Sequence[Facet] = (),
    header: Mapping[str, Any] | None = None,
    keep_all: bool = False,
) -> str:
    """Encode the rows that can be drawn, with the named columns and nothing else.

    Parameters
    ----------
    frame : GeoDataFrame
        In EPSG:4326, longitude first; any kind of geometry. Rows that can not be drawn are left out.
    columns : sequence of mappings
        Each has `name`, and what the page should know of the column (`label`, `labels` of codes).
    facets : sequence of Facet
        The class of each row of `frame`, by position, and what the legend says of the classes.
    header : mapping, optional
        More that the page should know: JSON values only.
    keep_all : bool
        Whether rows that can not be drawn are kept too, without a shape, so that the page can count them.

    Returns
    -------
    str
        Base64 text.

    Examples
    --------
    >>> shape = shapely.box(18, 44, 18.01, 44.01)
    >>> square = gpd.GeoDataFrame({"name": ["{{ 7*7 }}"]}, geometry=[shape], crs=4326)
    >>> text = encode_layer(square, [{"name": "name", "label": "Name"}])
    >>> "7*7" in text, gzip.decompress(base64.b64decode(text))[4:14]
    (False, b'{"rows": 1')
    >>> len(encode_layer(square.iloc[:0], [])) > 0
    True
    """
    geometries = frame.geometry.to_numpy() if len(frame) else np.zeros(0, dtype=object)
    shown = np.flatnonzero(drawable(geometries)) if len(frame) else np.zeros(0, dtype=np.int64)
    order = shown[_hilbert_order(frame, shown)]
    if keep_all:
        undrawn = np.setdiff1d(np.arange(len(frame)), shown)
        order = np.concatenate([order, undrawn])
        geometries = geometries.copy()
        geometries[undrawn] = None
    sections, counts = _shape_sections(geometries[order])
    specs = []
    for column in columns:
        how, section = _column(frame[column["name"]].iloc[order].reset_index(drop=True))
        specs.append({**column, **how})
        sections.append(section)
    sections.extend(varints(facet.classes[order].astype(np.uint64)) for facet in facets)
    more = {"columns": specs, "facets": [dict(facet.spec) for facet in facets], "quantum": QUANTUM_DEG}
    ours = [text for column in columns if column.get("isSaid") for text in frame[column["name"]]]
    return pack({**counts, **more, **(header or {})}, sections, ours)


def _hilbert_order(frame: gpd.GeoDataFrame, shown: Ints) -> Ints:
    """Return the order in which neighbours stand together, so that differences are small."""
    if not len(shown):
        return np.zeros(0, dtype=np.int64)
    distance = frame.geometry.iloc[shown].hilbert_distance().to_numpy()
    return np.argsort(distance, kind="stable")
