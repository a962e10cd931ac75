"""Areas against a raster: shares of its classes, or the sum or mean of a quantity, by exact covered fractions."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Real
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from landrelease.errors import CRSError, DataError, DataWarning, OptionError, check_option
from landrelease.geometry import geodesic_area_m2, planar_area, plane_polygons, repaired, require_crs
from landrelease.match.ids import id_column
from landrelease.match.legends import Legend, read_legend

__all__ = ["Quantity", "match_raster"]

_FORMATS = ("GTiff", "AAIGrid", "HFA", "EHdr", "JP2OpenJPEG", "PNG")
"""GDAL's names of the formats that are read: cells in a file, none that names other files or servers as VRT does."""
_FILLS = (-9999.0, -99999.0, -32768.0, -2147483648.0, float(np.finfo("float32").min), float(np.finfo("float64").min))
"""What writers put where nothing is known; no class, count of people or height is one of them."""
_FREE_BYTES, _MOST_RATIO, _MOST_BLOCK_BYTES = 1 << 32, 1000, 1 << 29
"""Cells of 4 GiB are read from any file, more only up to 1000 times its size; a block has 512 MiB at most."""


@dataclass(frozen=True)
class Quantity:
    """A raster of a quantity, such as people, with what its file does not say.

    Parameters
    ----------
    path : str or Path
        A local raster.
    band : int
        Band of the raster, the first is 1.
    nodata : number or "none", optional
        As in `match_raster`.

    Examples
    --------
    >>> Quantity("population.tif", nodata=-99999).band
    1
    """

    path: str | PathLike[str]
    band: int = 1
    nodata: float | Literal["none"] | None = None


def match_raster(
    areas: gpd.GeoDataFrame,
    raster: str | Path,
    *,
    stat: Literal["shares", "sum", "mean"],
    legend: Legend | None = None,
    band: int = 1,
    nodata: float | Literal["none"] | None = None,
) -> pd.DataFrame:
    """Measure a raster inside each area, each cell by the fraction of it that the area covers.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons with an id column, in any CRS: they are moved to that of the raster, with true edges.
    raster : str or Path
        A local raster, north up, with a CRS: GeoTIFF (also cloud-optimised), ASCII grid, Erdas Imagine, ESRI BIL or
        FLT, JPEG 2000 or PNG.
    stat : "shares", "sum" or "mean"
        Shares of the classes of a classified raster; or the sum (people) or mean (elevation) of a quantity.
    legend : mapping of int to str, name or path, optional
        For "shares": class -> use code, "unused" or "unknown"; bundled are "esa-worldcover", "cgls-lc100", "corine".
    band : int
        Band of the raster, the first is 1.
    nodata : number or "none", optional
        Value of cells that hold nothing, as they are stored, where the file does not declare it; "none" says that
        every cell counts. What the file itself declares or masks never counts, whatever is given here.

    Returns
    -------
    DataFrame
        "shares": one row an area and class: id, class_code, use_code, class_m2, class_share (of the whole area),
        covered_share; an area that no valid cell covers has one row with a missing class and covered_share 0.
        "sum", "mean": one row an area: id, value, covered_share; the value is missing where no valid cell is. Areas
        without a polygon have missing values. [m2, share]

    Raises
    ------
    CRSError
        The areas or the raster have no CRS, or none good enough to the other's.
    DataError
        The raster is no local file, can not be opened or read, is of another format (a VRT names other files), has
        no place, is rotated or south up, lacks the band, or is not of whole classes. It holds a usual fill value such
        as -9999 that it does not declare. More would be unpacked than a file of its size has reason to.
    OptionError
        Another stat, a nodata that is no number, or a legend that says something else than a use code.

    Warns
    -----
    DataWarning
        The raster declares no nodata value and none was given: every cell counts.

    Notes
    -----
    value = sum of fraction x cell (sum), over the sum of fractions (mean). covered_share is the sum of fractions of
    valid cells over the area in cells; class_m2 is class_share times the geodesic area.

    References
    ----------
    Fractions by exactextract (Baston), https://github.com/isciences/exactextract.

    Examples
    --------
    >>> import rasterio, shapely, tempfile
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
    """
    check_option("stat", stat, ("shares", "sum", "mean"))
    key = id_column(areas)
    require_crs(areas, "areas")
    uses = read_legend(legend) if legend is not None else {}
    source, crs = _open(Path(raster), band, nodata)
    with source.ds:
        shapes = plane_polygons(areas, crs)
        known = np.flatnonzero(planar_area(shapes) > 0.0)
        shapes = shapes[known]
        source.wkt = crs.to_wkt()
        _check_amount(source.ds, Path(raster), band, shapes)
        found = _extract(source, shapes, crs, ["unique", "frac", "count"] if stat == "shares" else [stat, "count"])
        cell = abs(source.res()[0] * source.res()[1])
    covered = np.full(len(areas), np.nan)
    if len(known):
        covered[known] = np.minimum(1.0, found["count"].to_numpy(dtype=float) * cell / planar_area(shapes))
    if stat == "shares":
        return _shares(areas, key, known, found, covered, uses, Path(raster))
    value = np.full(len(areas), np.nan)
    value[known] = np.where(covered[known] > 0, found[stat].to_numpy(dtype=float), np.nan) if len(known) else []
    return pd.DataFrame({key: areas[key].reset_index(drop=True), "value": value, "covered_share": covered})


def _open(path: Path, band: int, nodata: float | str | None) -> tuple[Any, CRS]:
    """Open one band with the caller's nodata; refuse what would be measured wrongly."""
    from exactextract.raster import RasterioRasterSource

    if nodata is not None and nodata != "none" and (isinstance(nodata, str | bool) or not isinstance(nodata, Real)):
        raise OptionError(f"nodata must be a number or 'none'; got {nodata!r}")
    dataset = _dataset(path)
    if not 1 <= band <= dataset.count:
        raise DataError(f"'{path.name}' has {dataset.count} bands; band {band} is not one of them.")
    if dataset.crs is None:
        raise CRSError(f"'{path.name}' has no CRS. Fix: assign the one it is in, for example with gdal_edit.py -a_srs.")
    grid = dataset.transform
    if grid.is_identity:
        raise DataError(
            f"'{path.name}' says nowhere where on the Earth its cells are. Fix: get it with its world file, or set the "
            f"corners with gdal_edit.py -a_ullr."
        )
    if dataset.dtypes[band - 1].startswith("complex"):
        raise DataError(f"'{path.name}', band {band} holds complex numbers, which are no classes and no quantity.")
    if grid.b or grid.d or not grid.a > 0 or not grid.e < 0:
        raise DataError(f"'{path.name}' is rotated or south up. Fix: gdalwarp {path.name} north_up.tif")
    declared = dataset.nodatavals[band - 1]
    if nodata is None and declared is None and not _has_mask(dataset, band):
        warnings.warn(
            f"'{path.name}' declares no nodata value: every cell counts. Say nodata=VALUE, or nodata='none' to agree.",
            DataWarning,
            stacklevel=3,
        )
    hidden = None if nodata is None or nodata == "none" else float(nodata)

    class Source(RasterioRasterSource):  # type: ignore[misc]
        """The band, without the cells that hold nothing, and with the CRS as the areas write it."""

        wkt = ""

        def nodata_value(self) -> float:
            return float("nan")

        def read_window(self, x0: int, y0: int, nx: int, ny: int) -> Any:
            cells = _cells(self.ds, band, ((y0, y0 + ny), (x0, x0 + nx)))
            # exactextract overlooks the mask of some windows, so that nothing has to be NaN
            values = cells.data.astype(np.float32 if cells.dtype.itemsize < 4 and not self.scaled else np.float64)
            values[_is_nothing(cells, hidden)] = np.nan
            if nodata != "none":
                _refuse_fills(path, values)
            return values * self.scale + self.offset if self.scaled else values

        def srs_wkt(self) -> str:
            return self.wkt

    return Source(dataset, band), CRS.from_user_input(dataset.crs.to_wkt())


def _refuse_fills(path: Path, values: npt.NDArray[Any]) -> None:
    """Raise DataError if cells that count hold a value that usually says that nothing is known."""
    low = values[values <= max(_FILLS)].astype(np.float64)
    fills = low[np.isin(low, _FILLS)]
    if len(fills):
        raise DataError(
            f"'{path.name}' holds cells of {fills[0]:.17g}, which it does not declare as nodata.\n"
            f"  Fix: say nodata={fills[0]:.17g}, or nodata='none' if every cell counts."
        )


def _check_amount(dataset: Any, path: Path, band: int, shapes: npt.NDArray[Any]) -> None:
    """Raise DataError if the cells under the shapes are many more than the file can hold, before any is read."""
    cell_bytes = np.dtype(dataset.dtypes[band - 1]).itemsize
    rows, columns = dataset.block_shapes[band - 1]
    if rows * columns * cell_bytes > _MOST_BLOCK_BYTES:
        raise DataError(
            f"'{path.name}' stores its cells in blocks of {rows:,} x {columns:,}, too large to unpack.\n"
            f"  Fix: gdal_translate -co TILED=YES -co COMPRESS=DEFLATE {path.name} tiled.tif"
        )
    west, south, east, north = dataset.bounds
    low, high = np.split(shapely.bounds(shapes), 2, axis=1)
    sides = np.minimum(high, [east, north]) - np.maximum(low, [west, south])
    cells = np.ceil(np.clip(sides, 0, None) / np.abs(dataset.res)).prod(axis=1).sum()
    wanted = min(cells, dataset.width * dataset.height) * cell_bytes
    size = sum(Path(one).stat().st_size for one in dataset.files if Path(one).is_file())
    if wanted > _FREE_BYTES + _MOST_RATIO * size:
        raise DataError(
            f"'{path.name}' is {size:,} bytes that unpack to {wanted:,.0f} under the areas: it is empty, or made to "
            f"fill the memory.\n  Fix: cut it to the land that has data, with gdalwarp -te."
        )


def _dataset(path: Path) -> Any:
    """Open a local file of a format that holds its cells itself."""

    place = path.absolute()  # a relative path may look like a URL
    if place.as_posix().startswith("/vsi") or not place.is_file():
        raise DataError(f"There is no raster '{path}'. Fix: give the path of a local file; URLs are not read.")
    mask = place.with_name(f"{place.name}.msk")  # GDAL opens it beside the file, in any format
    if mask.is_file():
        _in_known_format(mask).close()
    return _in_known_format(place)


def _in_known_format(path: Path) -> Any:
    import rasterio

    said = []
    for driver in _FORMATS:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)  # an error where it matters
                return rasterio.open(path, driver=driver)
        except rasterio.errors.RasterioIOError as error:
            said.append(str(error))
    raise DataError(
        f"'{path.name}' can not be opened as a raster of {', '.join(_FORMATS)}: {said[0]}\n"
        f"  Fix: if it is a raster of another format, gdal_translate {path.name} copy.tif"
    )


def _cells(dataset: Any, band: int, window: tuple[tuple[int, int], tuple[int, int]]) -> Any:
    import rasterio

    try:
        return dataset.read(band, window=window, masked=True)
    except rasterio.errors.RasterioIOError as error:
        raise DataError(
            f"'{Path(dataset.name).name}' can not be read at rows {window[0][0]} to {window[0][1]}, columns "
            f"{window[1][0]} to {window[1][1]}: {error}\n  Fix: get the file again; it is damaged or cut short."
        ) from error


def _is_nothing(cells: Any, hidden: float | None) -> npt.NDArray[np.bool_]:
    """Tell the cells that the file masks, that hold no number, or the value that the caller calls nothing."""
    nothing = np.ma.getmaskarray(cells).copy()
    is_float = np.issubdtype(cells.dtype, np.floating)
    if is_float:
        nothing |= np.isnan(cells.data)
    if hidden is not None:
        with np.errstate(over="ignore"):  # a value beyond the type is in no cell
            nothing |= cells.data == (cells.dtype.type(hidden) if is_float else hidden)
    return nothing


def _has_mask(dataset: Any, band: int) -> bool:
    from rasterio.enums import MaskFlags

    return MaskFlags.all_valid not in dataset.mask_flag_enums[band - 1]


def _extract(source: Any, shapes: npt.NDArray[Any], crs: CRS, operations: list[str]) -> pd.DataFrame:
    """Run exactextract over the shapes, near ones after each other so that blocks are decoded once."""
    from exactextract import exact_extract

    if not len(shapes):
        return pd.DataFrame(columns=operations)
    frame = gpd.GeoDataFrame({"row": np.arange(len(shapes))}, geometry=list(shapes), crs=crs)
    frame = frame.iloc[np.argsort(frame.geometry.hilbert_distance().to_numpy(), kind="stable")]
    try:
        found = exact_extract(source, frame, operations, include_cols=["row"], output="pandas")
    except RuntimeError as error:
        name = Path(source.ds.name).name
        raise DataError(f"'{name}' has a grid that can not be measured: {error}. Fix: get the file again.") from None
    by_row: pd.DataFrame = found.set_index("row").sort_index()
    return by_row


def _shares(
    areas: gpd.GeoDataFrame,
    key: str,
    known: npt.NDArray[np.int64],
    found: pd.DataFrame,
    covered: npt.NDArray[np.float64],
    uses: Mapping[int, str],
    path: Path,
) -> pd.DataFrame:
    """Return one row an area and class."""
    area_m2 = geodesic_area_m2(gpd.GeoSeries(repaired(areas.geometry.to_numpy()), crs=areas.crs))
    counts = [len(one) for one in found["unique"]] if len(known) else []
    place = np.repeat(known, counts)
    codes = np.concatenate([np.asarray(one, dtype=float) for one in found["unique"]]) if place.size else np.zeros(0)
    share = np.concatenate([np.asarray(one, dtype=float) for one in found["frac"]]) if place.size else np.zeros(0)
    if (codes != np.round(codes)).any():
        raise DataError(
            f"'{path.name}' holds {codes[codes != np.round(codes)][0]:g}: not a raster of classes. Use stat='mean'."
        )
    empty = np.setdiff1d(np.arange(len(areas)), place)
    rows = pd.DataFrame(
        {
            "place": np.concatenate([place, empty]),
            "class_code": np.concatenate([codes, np.full(len(empty), np.nan)]),
            "class_share": np.concatenate([share * covered[place], np.full(len(empty), np.nan)]),
        }
    ).sort_values(["place", "class_code"], kind="stable")
    at = rows["place"].to_numpy(dtype=int)
    return pd.DataFrame(
        {
            key: areas[key].iloc[at].reset_index(drop=True),
            "class_code": rows["class_code"].astype("Int64").to_numpy(),
            "use_code": rows["class_code"].map(dict(uses)).astype("str").to_numpy(),
            "class_m2": (rows["class_share"].to_numpy() * area_m2[at]),
            "class_share": rows["class_share"].to_numpy(),
            "covered_share": covered[at],
        }
    ).astype({"class_code": "Int64", "use_code": "str"})
