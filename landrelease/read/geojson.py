"""Read GeoJSON that breaks its standard: rings that are not closed, or of too few points, and wrong labels.

The usual readers refuse such a file whole, or give nothing where a shape was. Here each feature becomes a row,
mended where its meaning is certain, without a shape where it is not, and both are told.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from landrelease.errors import CRSError, DataError
from landrelease.rules import finding

__all__ = ["read_geojson"]

_DEPTHS = {
    "Point": 1,
    "MultiPoint": 2,
    "LineString": 2,
    "Polygon": 3,
    "MultiLineString": 3,
    "MultiPolygon": 4,
}
Found = list[tuple[int, list[str]]]


def read_geojson(path: Path) -> tuple[pd.DataFrame, np.ndarray[Any, Any], CRS, Found]:
    """Return the properties, shapes, CRS and findings of a GeoJSON file, feature by feature."""
    try:
        document = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"'{path.name}' can not be read as JSON: {error}") from None
    features = document.get("features") if isinstance(document, dict) else None
    if isinstance(document, dict) and document.get("type") == "Feature":
        features = [document]
    if not isinstance(features, list):
        raise DataError(f"'{path.name}' is no GeoJSON FeatureCollection: it has no list of 'features'.")
    findings: Found = []
    shapes = np.full(len(features), None, dtype=object)
    properties: list[dict[str, Any]] = []
    for row, feature in enumerate(features):
        is_feature = isinstance(feature, dict)
        held = feature.get("properties") if is_feature else None
        properties.append({_text(name): _text(one) for name, one in held.items()} if isinstance(held, dict) else {})
        try:
            shapes[row], told = _shape(feature.get("geometry") if is_feature else None)
        except RecursionError:
            told = [finding("R7", "geometry", "", "nested too deep: no geometry")]
        findings.extend((row, one) for one in told)
    return pd.DataFrame(properties, index=range(len(features))), shapes, _crs(document, path), findings


def _text(value: Any) -> Any:
    """Return text without half characters, which JSON can write and no table can hold."""
    return value.encode(errors="replace").decode() if isinstance(value, str) else value


def _crs(document: dict[str, Any], path: Path) -> CRS:
    """CRS84 by the standard; the member `crs` of the older standard where it is there."""
    member = document.get("crs")
    if not isinstance(member, dict):
        return CRS.from_epsg(4326)
    name = str(member.get("properties", {}).get("name", ""))
    if name.upper().endswith("CRS84"):
        return CRS.from_epsg(4326)
    try:
        return CRS.from_user_input(name)
    except Exception:
        raise CRSError(
            f"'{path.name}' names a CRS that is not known: {name!r}. Fix: read(..., crs='EPSG:...')"
        ) from None


def _shape(geometry: Any) -> tuple[Any, list[list[str]]]:
    """Return the shape of a GeoJSON geometry, or None, with what had to be said about it."""
    if geometry is None:
        return None, []
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    coordinates = geometry.get("coordinates") if isinstance(geometry, dict) else None
    if kind == "GeometryCollection":
        parts = [_shape(part) for part in geometry.get("geometries", [])]
        shapes = [shape for shape, _ in parts if shape is not None]
        told = [one for _, several in parts for one in several]
        return (shapely.GeometryCollection(shapes) if shapes else None), told
    if kind not in _DEPTHS:
        return None, [finding("R7", "geometry", kind, "is no GeoJSON geometry: no geometry")]
    if not coordinates:
        return None, [finding("R7", "geometry", kind, "empty geometry in the file")]
    depth = _depth(coordinates)
    told = []
    if depth != _DEPTHS[kind]:
        meant = {3: "Polygon", 4: "MultiPolygon"}.get(depth) if _DEPTHS[kind] >= 3 else None
        if meant is None:
            return None, [finding("R7", "geometry", kind, f"coordinates nested {depth} deep: no geometry")]
        told.append(finding("R13", "geometry", kind, f"labelled {kind} but written as {meant}: read as {meant}"))
        kind = meant
    if not _finite(coordinates):
        return None, [finding("R11", "geometry", kind, "a coordinate is no finite number: no geometry")]
    try:
        if kind == "Polygon":
            return _polygon(coordinates, told), told
        if kind == "MultiPolygon":
            polygons = [one for one in (_polygon(part, told) for part in coordinates) if one is not None]
            return (shapely.MultiPolygon(polygons) if polygons else None), told
        return shapely.geometry.shape({"type": kind, "coordinates": coordinates}), told
    except (shapely.errors.ShapelyError, ValueError, TypeError) as error:
        return None, [*told, finding("R7", "geometry", kind, f"unreadable geometry: {error}")]


def _polygon(rings: list[Any], told: list[list[str]]) -> Any:
    """Close open rings; leave out holes without an area; None where the outer ring has none."""
    usable = []
    for number, ring in enumerate(rings):
        points = [tuple(point[:2]) for point in ring]
        if len(set(points)) < 3:
            what = f"{len(points)} point{'s' if len(points) != 1 else ''}"
            if number == 0:
                told.append(finding("R7", "geometry", what, "a ring needs three points: no geometry"))
                return None
            told.append(finding("R13", "geometry", what, "a hole without an area was left out"))
            continue
        if points[0] != points[-1]:
            told.append(finding("R13", "geometry", f"{len(points)} points", "a ring that was not closed was closed"))
            points.append(points[0])
        usable.append(points)
    return shapely.Polygon(usable[0], usable[1:]) if usable else None


def _depth(coordinates: Any) -> int:
    depth = 0
    while isinstance(coordinates, list) and coordinates:
        coordinates = coordinates[0]
        depth += 1
    return depth


def _finite(coordinates: Any) -> bool:
    if isinstance(coordinates, list):
        return all(_finite(one) for one in coordinates)
    return isinstance(coordinates, int | float) and math.isfinite(coordinates)
