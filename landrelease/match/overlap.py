"""Areas against a layer of polygons: how much of each area each class of the layer covers."""

from __future__ import annotations

from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landrelease.errors import DataError, check_option, nearest
from landrelease.geometry import (
    equal_area_crs,
    geodesic_area_m2,
    planar_area,
    plane_polygons,
    polygonal,
    repaired,
    require_same_crs,
)
from landrelease.match.ids import id_column

__all__ = ["UNMAPPED", "match_overlap"]

UNMAPPED = "unmapped"
_TOLERANCE = 1e-9
Shapes = npt.NDArray[Any]


def match_overlap(
    areas: gpd.GeoDataFrame,
    layer: gpd.GeoDataFrame,
    *,
    by: str,
    on_overlap: Literal["split", "first", "raise"] = "split",
) -> pd.DataFrame:
    """Split each area into the classes of a layer, and what no polygon of the layer covers.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons with an id column (release_id, area_id, ...), in any CRS.
    layer : GeoDataFrame
        Polygons with the column `by`, in the CRS of the areas. Polygons whose class is missing or "unmapped" cover
        nothing: their land stays unmapped.
    by : str
        The column of the layer that holds the class.
    on_overlap : "split", "first" or "raise"
        What to do where polygons of different classes overlap: share the land equally between the classes, give it
        to the class that comes first in the layer, or raise. Polygons of one class are never counted twice.

    Returns
    -------
    DataFrame
        One row an area and class that it meets, and one with the class "unmapped": id, `by`, overlap_m2,
        overlap_share. The shares of an area sum to 1 (rule 3). An area without a polygon has one row, all missing.
        [m2, share]

    Raises
    ------
    CRSError
        A frame has no CRS, or they differ.
    DataError
        The layer lacks the column; the areas have no id column, or `by` is that column; with "raise", how many areas
        meet overlapping classes.

    Notes
    -----
    Shares are taken in an equal-area plane centred on the data; m2 are the share times the geodesic area.

    Examples
    --------
    >>> shapes = [shapely.box(5e5, 0, 5e5 + 100, 100), None]
    >>> areas = gpd.GeoDataFrame({"area_id": ["A", "B"]}, geometry=shapes, crs=32630)
    >>> farm = gpd.GeoDataFrame({"use_code": ["grazing"]}, geometry=[shapely.box(5e5, 0, 5e5 + 25, 200)], crs=32630)
    >>> match_overlap(areas, farm, by="use_code").round(4)[["area_id", "use_code", "overlap_share"]].values.tolist()
    [['A', 'grazing', 0.25], ['A', 'unmapped', 0.75], ['B', nan, nan]]
    >>> match_overlap(areas.iloc[:1], farm.iloc[:0], by="use_code")["use_code"].tolist()
    ['unmapped']
    """
    check_option("on_overlap", on_overlap, ("split", "first", "raise"))
    require_same_crs(areas, layer, "areas", "layer")
    if by not in layer:
        raise DataError(f"'layer' has no column '{by}'{nearest(by, layer.columns)}")
    key = id_column(areas)
    if by == key:
        raise DataError(
            f"'{by}' identifies the areas and names the classes.\n  Fix: layer.rename(columns=...) and by=..."
        )
    usable = layer[layer[by].notna() & layer[by].ne(UNMAPPED) & ~layer.geometry.isna()]
    plane = equal_area_crs(areas)
    own, near = plane_polygons(areas, plane), _near(usable, areas)
    pairs = _pieces(own, plane_polygons(near, plane), near[by].to_numpy(dtype=object))
    shares = _shares(pairs, own, on_overlap, areas[key].to_numpy(dtype=object))
    return _tidy(shares, areas, key, by)


def _near(layer: gpd.GeoDataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the part of the layer whose boxes touch those of the areas: the rest need not be moved."""
    west, south, east, north = shapely.total_bounds(areas.geometry.to_numpy()) if len(areas) else [np.nan] * 4
    if not np.isfinite(west):
        return layer.iloc[:0]
    left, bottom, right, top = shapely.bounds(layer.geometry.to_numpy()).T
    return layer[(right >= west) & (left <= east) & (top >= south) & (bottom <= north)]


def _pieces(own: Shapes, layer: Shapes, classes: npt.NDArray[Any]) -> pd.DataFrame:
    """Return each area's intersections with the polygons of the layer, in the layer's order."""
    tree = shapely.STRtree(layer)
    left, right = tree.query(own, predicate="intersects")
    order = np.lexsort((right, left))
    left, right = left[order], right[order]
    shapely.prepare(own)
    inside = shapely.contains_properly(own[left], layer[right])
    shapes = layer[right].copy()
    shapes[~inside] = polygonal(shapely.intersection(own[left[~inside]], layer[right[~inside]]))
    pairs = pd.DataFrame({"area": left, "by": classes[right], "m2": planar_area(shapes)})
    pairs["shape"] = shapes
    return pairs[pairs["m2"] > 0.0].reset_index(drop=True)


def _shares(pairs: pd.DataFrame, own: Shapes, on_overlap: str, ids: npt.NDArray[Any]) -> pd.DataFrame:
    """Return area, class and share; land that several polygons cover is given out once."""
    whole = planar_area(own)
    is_shared = _is_shared(pairs)
    shared = pairs[is_shared]
    pieces, names = shared["shape"].to_numpy(), shared["by"].to_numpy()
    areas, starts, counts = np.unique(shared["area"].to_numpy(), return_index=True, return_counts=True)
    overlapping: list[str] = []
    given: list[tuple[int, Any, float]] = []
    for area, start, count in zip(areas.tolist(), starts.tolist(), counts.tolist(), strict=True):
        classes = _by_class(pieces[start : start + count], names[start : start + count])
        if on_overlap == "raise" and _overlap(list(classes.values())):
            overlapping.append(str(ids[area]))
        m2 = _first(classes) if on_overlap == "first" else _split(classes)
        given += [(area, name, part) for name, part in m2.items()]
    if overlapping:
        raise DataError(
            f"{len(overlapping)} of {len(own)} areas meet polygons of different classes that overlap, such as "
            f"{overlapping[0]!r}.\n  Fix: mend the layer, or choose on_overlap='split' or 'first'."
        )
    rows = [pairs.loc[~is_shared, ["area", "by", "m2"]]]
    rows += [pd.DataFrame(given, columns=["area", "by", "m2"])] if given else []
    parts = pd.concat(rows, ignore_index=True).groupby(["area", "by"], sort=False)["m2"].sum().reset_index()
    with np.errstate(invalid="ignore", divide="ignore"):
        parts["share"] = parts["m2"].to_numpy() / whole[parts["area"].to_numpy(dtype=int)]
    total = parts.groupby("area")["share"].transform("sum")
    parts["share"] = parts["share"].where(total <= 1.0, parts["share"] / total)  # rounding beyond the whole
    return parts


def _is_shared(pairs: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Tell the pieces of the areas in which pieces overlap: these add up to more than their union."""
    several = pairs["area"].duplicated(keep=False).to_numpy()
    group = np.unique(pairs["area"].to_numpy()[several], return_inverse=True)[1]
    # one collection an area, so that one call makes all the unions: a layer without overlaps needs no loop
    together = shapely.geometrycollections(pairs["shape"].to_numpy()[several], indices=group)
    covered = shapely.area(shapely.union_all(together[:, np.newaxis], axis=1))
    m2 = np.bincount(group, weights=pairs["m2"].to_numpy()[several], minlength=len(covered))
    is_shared = np.zeros(len(pairs), dtype=bool)
    is_shared[several] = (m2 > covered * (1 + _TOLERANCE))[group]
    return is_shared


def _overlap(shapes: list[Any]) -> bool:
    return bool(sum(shape.area for shape in shapes) > shapely.union_all(shapes).area * (1 + _TOLERANCE))


def _by_class(pieces: Shapes, names: npt.NDArray[Any]) -> dict[Any, Any]:
    """Return the land of each class, in the order in which they come first."""
    by_class: dict[Any, list[Any]] = {}
    for name, piece in zip(names.tolist(), pieces, strict=True):
        by_class.setdefault(name, []).append(piece)
    return {name: shapely.union_all(several) for name, several in by_class.items()}


def _first(classes: dict[Any, Any]) -> dict[Any, float]:
    """Give land to the class that comes first."""
    m2, taken = {}, shapely.Polygon()
    for name, shape in classes.items():
        m2[name] = shape.difference(taken).area
        taken = taken.union(shape)
    return m2


def _split(classes: dict[Any, Any]) -> dict[Any, float]:
    """Share land equally between the classes that claim it."""
    cells: list[tuple[Any, tuple[Any, ...]]] = []
    for name, shape in classes.items():
        left, cut = shape, []
        for cell, names in cells:
            shared = cell.intersection(left)
            if shared.area > 0.0:
                cut += [(shared, (*names, name)), (cell.difference(shared), names)]
                left = left.difference(shared)
            else:
                cut.append((cell, names))
        cells = [(cell, names) for cell, names in [*cut, (left, (name,))] if cell.area > 0.0]
    m2 = dict.fromkeys(classes, 0.0)
    for cell, names in cells:
        for name in names:
            m2[name] += cell.area / len(names)
    return m2


def _tidy(parts: pd.DataFrame, areas: gpd.GeoDataFrame, key: str, by: str) -> pd.DataFrame:
    """Add what is unmapped and the m2; order as the areas, unmapped last."""
    # shares are of the repaired shapes, so are the m2: the two lobes of a bow tie cancel each other otherwise
    area_m2 = geodesic_area_m2(gpd.GeoSeries(repaired(areas.geometry.to_numpy()), crs=areas.crs))
    known = np.flatnonzero(~np.isnan(area_m2))
    covered = parts.groupby("area")["share"].sum().reindex(known, fill_value=0.0)
    free = pd.DataFrame({"area": known, "by": UNMAPPED, "share": np.maximum(0.0, 1.0 - covered.to_numpy())})
    nothing = np.flatnonzero(np.isnan(area_m2))
    missing = pd.DataFrame({"area": nothing, "by": None, "share": np.nan})
    frames = [part for part in (parts[["area", "by", "share"]], free, missing) if len(part)]
    result = pd.concat(frames, ignore_index=True) if frames else free
    result["is_last"] = result["by"].eq(UNMAPPED)
    result = result.sort_values(["area", "is_last"], kind="stable").reset_index(drop=True)
    place = result["area"].to_numpy(dtype=int)
    return pd.DataFrame(
        {
            key: areas[key].iloc[place].reset_index(drop=True),
            by: result["by"].astype("str"),
            "overlap_m2": result["share"].to_numpy(dtype=float) * area_m2[place],
            "overlap_share": result["share"].to_numpy(dtype=float),
        }
    )
