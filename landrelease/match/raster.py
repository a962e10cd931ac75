"""Areas against rasters: shares of their classes, or the sum or mean of a quantity, by exact covered fractions."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from os import PathLike
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from landrelease.errors import OptionError, check_option
from landrelease.geometry import geodesic_area_m2, keep_where, planar_area, polygonal, repaired, require_crs, transform
from landrelease.geometry.rings import Rings, rings_of
from landrelease.geometry.shapes import Floats, Geometries
from landrelease.match.edges import area_m2, plane_measures, valid_polygons
from landrelease.match.ids import id_column
from landrelease.match.legends import Legend, read_legend
from landrelease.match.raster_engine import grid_of, measure
from landrelease.match.raster_exact import measure_exact
from landrelease.match.raster_source import (
    ALLOWED,
    Measured,
    Quantity,
    Source,
    add_up,
    check_amount,
    check_tiles,
    open_source,
)

__all__ = ["Quantity", "match_raster"]

OneRaster = str | PathLike[str] | Quantity
Raster = OneRaster | Sequence[OneRaster]


def match_raster(
    areas: gpd.GeoDataFrame,
    raster: Raster | Mapping[Any, Raster],
    *,
    stat: Literal["shares", "sum", "mean"],
    legend: Legend | None = None,
    band: int = 1,
    nodata: float | Literal["none"] | None = None,
    allow: Collection[Literal["vrt", "remote"]] = (),
    engine: Literal["auto", "exact"] = "auto",
) -> pd.DataFrame:
    """Measure a raster inside each area, each cell by the fraction of it that the area covers.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons with an id column, in any CRS: they are moved to that of the raster, with true edges.
    raster : str, Path or Quantity, list of them, or mapping of labels to them
        A local raster with a CRS: GeoTIFF (also cloud-optimised), ASCII grid, Erdas Imagine, ESRI BIL or FLT,
        JPEG 2000 or PNG; its grid may be turned. A list holds the tiles of one raster, which may not lie over each
        other. A mapping holds layers, such as years: {2015: "2015.tif", 2020: ["north.tif", "south.tif"]}; rasters of
        one grid are then read side by side. A Quantity says band and nodata of its own.
    stat : "shares", "sum" or "mean"
        Shares of the classes of a classified raster; or the sum (people) or mean (elevation) of a quantity.
    legend : mapping of int to str, name or path, optional
        For "shares": class -> use code, "unused" or "unknown"; bundled are "esa-worldcover", "cgls-lc100", "corine".
    band : int
        Band of the raster, the first is 1.
    nodata : number or "none", optional
        Value of cells that hold nothing, as they are stored, where the file does not declare it; "none" says that
        every cell counts. What the file itself declares or masks never counts, whatever is given here.
    allow : collection of "vrt" and "remote"
        "vrt" reads VRT files, which name other files; "remote" reads what starts with https://, /vsicurl/, /vsis3/ and
        the like, and lets a VRT name it.
    engine : "auto" or "exact"
        "auto" decodes each block of the file once for all areas; "exact" asks exactextract, area by area, and so does
        "auto" where numba is not installed.

    Returns
    -------
    DataFrame
        "shares": one row an area and class: id, class_code, use_code, class_m2, class_share (of the whole area),
        covered_share; an area that no valid cell covers has one row with a missing class and covered_share 0.
        "sum", "mean": one row an area: id, value, covered_share; the value is missing where no valid cell is. Areas
        without a polygon have missing values. Of a mapping, these rows for each label, with the label in the column
        layer behind the id. [m2, share]

    Raises
    ------
    CRSError
        The areas or a raster have no CRS, or none good enough to the other's; or tiles differ in theirs.
    DataError
        A raster is no local file, can not be opened or read, is of another format (a VRT names other files), has no
        place, lacks the band, or is not of whole classes. It holds a usual fill value such as -9999 that it does not
        declare. More would be unpacked than a file of its size has reason to. Tiles lie over each other. With
        engine="exact", its rows do not run to the east or its columns not to the south.
    OptionError
        Another stat, engine or permission, no raster at all, a nodata that is no number, or a legend that says
        something else than a use code.

    Warns
    -----
    DataWarning
        The raster declares no nodata value and none was given: every cell counts.

    Notes
    -----
    value = sum of fraction x cell (sum), over the sum of fractions (mean; cells of tiles count by their size).
    covered_share is the sum of fractions of valid cells over the area in cells; class_m2 is class_share times the
    geodesic area.

    The fraction of each cell is found by signed area, as rasterisers of fonts do: each edge adds what it covers of the
    cells to its right. It is exact but for rounding, and agrees with exactextract to a millionth of a cell.

    References
    ----------
    The second engine is exactextract (Baston), https://github.com/isciences/exactextract.

    Examples
    --------
    >>> import rasterio, shapely, tempfile
    >>> from pathlib import Path
    >>> path = Path(tempfile.mkdtemp()) / "cover.tif"
    >>> grid = rasterio.transform.from_origin(500000, 300, 100, 100)
    >>> with rasterio.open(path, "w", driver="GTiff", width=3, height=3, count=1, dtype="uint8", nodata=0, crs=32630,
    ...                    transform=grid) as file:
    ...     file.write(np.array([[[40, 40, 0], [40, 10, 0], [10, 10, 0]]], dtype="uint8"))
    >>> square = shapely.box(500000, 100, 500250, 300)
    >>> areas = gpd.GeoDataFrame({"area_id": ["A", "B"]}, geometry=[square, None], crs=32630)
    >>> shares = match_raster(areas, path, stat="shares", legend={40: "agriculture"}).round(2)
    >>> shares[["area_id", "class_code", "use_code", "class_share", "covered_share"]].values.tolist()
    [['A', 10, nan, 0.2, 0.8], ['A', 40, 'agriculture', 0.6, 0.8], ['B', <NA>, nan, nan, nan]]
    >>> match_raster(areas, path, stat="mean")["value"].round(1).tolist()
    [32.5, nan]
    >>> years = match_raster(areas, {2015: path, 2020: path}, stat="mean")
    >>> years[["area_id", "layer", "covered_share"]].values.tolist()
    [['A', 2015, 0.8], ['B', 2015, nan], ['A', 2020, 0.8], ['B', 2020, nan]]
    """
    check_option("stat", stat, ("shares", "sum", "mean"))
    check_option("engine", engine, ("auto", "exact"))
    for permission in [allow] if isinstance(allow, str) else allow:
        check_option("allow", permission, ALLOWED)
    key = id_column(areas)
    require_crs(areas, "areas")
    uses = read_legend(legend) if legend is not None else {}
    given = dict(raster) if isinstance(raster, Mapping) else {None: raster}
    layers: dict[Any, list[Source]] = {}
    for label, one in given.items():
        layers[label] = _tiles(label, one, band, nodata, allow)
    if not layers:
        raise OptionError("No raster was given. Fix: match_raster(areas, 'cover.tif', ...).")
    is_compiled = engine == "auto" and _can_compile()
    shapes = areas.geometry.to_numpy()
    shapes, rings = _valid(keep_where(shapes, shapely.get_dimensions(shapes) == 2), is_compiled=is_compiled)
    found = _measure(shapes, rings, areas.crs, layers, stat, is_compiled=is_compiled)
    whole_m2 = _whole_m2(shapes, rings, areas.crs, is_compiled=is_compiled) if stat == "shares" else np.zeros(0)
    tables = []
    for label, (measured, area) in found.items():
        held = np.bincount(measured.shape, measured.cells, minlength=len(areas))
        covered = np.where(area > 0, np.minimum(1.0, held / np.where(area > 0, area, 1.0)), np.nan)
        if stat == "shares":
            share = measured.cells / held[measured.shape] * covered[measured.shape]
            table = _shares(areas[key], measured._replace(cells=share), covered, whole_m2, uses)
        else:
            value = np.bincount(measured.shape, measured.value, minlength=len(areas))
            with np.errstate(invalid="ignore"):
                value = np.where(held > 0, value / (held if stat == "mean" else 1.0), np.nan)
            table = pd.DataFrame({key: areas[key].reset_index(drop=True), "value": value, "covered_share": covered})
        if isinstance(raster, Mapping):
            table.insert(1, "layer", label)
        tables.append(table)
    return tables[0] if len(tables) == 1 else pd.concat(tables, ignore_index=True)


def _tiles(label: Any, raster: Raster, band: int, nodata: Any, allow: Collection[str]) -> list[Source]:
    """Open the tiles of one raster."""
    ones = [raster] if isinstance(raster, str | PathLike | Quantity) else list(raster)
    if not ones:
        raise OptionError(f"No raster was given{'' if label is None else f' for {label!r}'}. Fix: give its path.")
    tiles = []
    for one in ones:
        given = one if isinstance(one, Quantity) else Quantity(one, band, nodata)
        tiles.append(open_source(given.path, given.band, given.nodata, allow))
    check_tiles(tiles)
    return tiles


def _valid(shapes: Geometries, *, is_compiled: bool) -> tuple[Geometries, Rings]:
    """Return polygons, repaired where they are invalid, with their rings."""
    if is_compiled:
        return valid_polygons(shapes)
    shapes = polygonal(repaired(shapes))
    return shapes, rings_of(shapes)


def _whole_m2(shapes: Geometries, rings: Rings, crs: CRS, *, is_compiled: bool) -> Floats:
    if is_compiled:
        return area_m2(shapes, shapely.bounds(shapes), plane_measures(rings), crs)
    return geodesic_area_m2(gpd.GeoSeries(shapes, crs=crs))


def _measure(
    polygons: Geometries,
    their_rings: Rings,
    crs: CRS,
    layers: Mapping[Any, Sequence[Source]],
    stat: str,
    *,
    is_compiled: bool,
) -> dict[Any, tuple[Measured, Floats]]:
    """Return what areas hold of each layer and their own area, both in the plane of the layer.

    Polygons are moved once for each CRS, and rasters of one grid are read in one pass.
    """
    is_classes = stat == "shares"
    by_crs: dict[str, list[Source]] = {}
    for source in (source for tiles in layers.values() for source in tiles):
        by_crs.setdefault(source.crs.to_wkt(), []).append(source)
    found: dict[int, Measured] = {}
    area: dict[str, Floats] = {}
    for wkt, sources in by_crs.items():
        shapes, rings = transform(polygons, crs, sources[0].crs), their_rings
        if shapes is not polygons:
            shapes, rings = _valid(shapes, is_compiled=is_compiled)
        area[wkt] = planar_area(shapes)
        if (area[wkt] == 0.0).any():
            shapes = keep_where(shapes, area[wkt] > 0.0)
            rings = rings_of(shapes)
        bounds = shapely.bounds(shapes)
        by_grid: dict[tuple[Any, ...], list[Source]] = {}
        for source in sources:
            check_amount(source, bounds)
            by_grid.setdefault(grid_of(source), []).append(source)
        for group in by_grid.values():
            if is_compiled:
                results = measure(group, rings, is_classes=is_classes)
            else:
                results = [measure_exact(source, shapes, is_classes=is_classes) for source in group]
            found.update(zip(map(id, group), results, strict=True))
    return {
        label: (_add_tiles(tiles, [found[id(one)] for one in tiles], stat), area[tiles[0].crs.to_wkt()])
        for label, tiles in layers.items()
    }


def _can_compile() -> bool:
    try:
        import landrelease.match.kernels.raster
    except ImportError:
        return False
    return bool(landrelease.match.kernels.raster)


def _add_tiles(tiles: Sequence[Source], parts: Sequence[Measured], stat: str) -> Measured:
    """Return what the tiles of a raster hold together, cells by their area; a sum counts cells of any size alike."""
    sized = [
        part._replace(
            value=part.value * tile.cell_area if stat == "mean" else part.value, cells=part.cells * tile.cell_area
        )
        for tile, part in zip(tiles, parts, strict=True)
    ]
    return sized[0] if len(sized) == 1 else add_up(sized, is_classes=stat == "shares")


def _shares(ids: pd.Series, found: Measured, covered: Floats, area_m2: Floats, uses: Mapping[int, str]) -> pd.DataFrame:
    """Return one row an area and class, or one without a class."""
    empty = np.setdiff1d(np.arange(len(ids)), found.shape)
    unknown = np.full(len(empty), np.nan)
    at, code = np.concatenate([found.shape, empty]), np.concatenate([found.value, unknown])
    order = np.lexsort((code, at))
    at, code, share = at[order], code[order], np.concatenate([found.cells, unknown])[order]
    classes, place = np.unique(code, return_inverse=True)
    use = pd.Series([uses.get(one) for one in classes.tolist()], dtype="str").to_numpy()
    return pd.DataFrame(
        {
            ids.name: ids.iloc[at].reset_index(drop=True),
            "class_code": pd.array(code, dtype="Float64").astype("Int64"),
            "use_code": use[place],
            "class_m2": share * area_m2[at],
            "class_share": share,
            "covered_share": covered[at],
        }
    ).astype({"use_code": "str"})
