"""One band of a raster file: what may be opened, where its cells lie, and which of them hold nothing."""

from __future__ import annotations

import os
import warnings
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import Any, Literal, NamedTuple
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from landrelease.errors import CRSError, DataError, DataWarning, OptionError
from landrelease.geometry.shapes import Floats, Geometries

__all__ = ["ALLOWED", "Measured", "Quantity", "Source", "add_up", "check_amount", "check_tiles", "open_source"]

_FORMATS = ("GTiff", "AAIGrid", "HFA", "EHdr", "JP2OpenJPEG", "PNG")
"""GDAL's names of the formats that are read: cells in a file, none that names other files or servers as VRT does."""
_FILLS = (-9999.0, -99999.0, -32768.0, -2147483648.0, float(np.finfo("float32").min), float(np.finfo("float64").min))
"""What writers put where nothing is known; no class, count of people or height is one of them."""
_FREE_BYTES, _MOST_RATIO, _MOST_BLOCK_BYTES = 1 << 32, 1000, 1 << 29
"""Cells of 4 GiB are read from any file, more only up to 1000 times its size; a block has 512 MiB at most."""
ALLOWED = ("vrt", "remote")
"""What is opened only where the caller says so."""
_REMOTE = ("http://", "https://", "/vsicurl/", "/vsis3/", "/vsigs/", "/vsiaz/", "/vsiadls/", "/vsioss/", "/vsiswift/")
_REMOTE_OPTIONS = {"GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR", "GDAL_HTTP_MAX_RETRY": "4"}
_NAMING_TAGS = ("sourcefilename", "sourcedataset")
_NAMING_KEYS = ("X_DATASET", "Y_DATASET", "OVERVIEW_FILE", "MASK_OVERVIEW_FILE")

Window = tuple[tuple[int, int], tuple[int, int]]
"""First row and row behind, first column and column behind."""


@dataclass(frozen=True)
class Quantity:
    """A band of a raster, such as people, with what its file does not say.

    Parameters
    ----------
    path : str or Path
        A raster.
    band : int
        Band of the raster, the first is 1.
    nodata : number or "none", optional
        As in `match_raster`.

    Examples
    --------
    >>> Quantity("population.tif", nodata=-99999).band
    1
    """

    path: str | os.PathLike[str]
    band: int = 1
    nodata: float | Literal["none"] | None = None


class Measured(NamedTuple):
    """What shapes hold: position of the shape, a class or a sum, and the sum of fractions of cells."""

    shape: npt.NDArray[np.int64]
    value: Floats
    cells: Floats


def add_up(parts: Sequence[Measured], *, is_classes: bool) -> Measured:
    """Return what several parts of a raster hold together, by shape and class."""
    if not parts:
        return Measured(np.zeros(0, np.int64), np.zeros(0), np.zeros(0))
    shape, value, cells = (np.concatenate(column) for column in zip(*parts, strict=True))
    if not is_classes:
        own, at = np.unique(shape, return_inverse=True)
        return Measured(own, _sums(at, value), _sums(at, cells))
    classes, code = np.unique(value, return_inverse=True)
    own, at = np.unique(shape * len(classes) + code, return_inverse=True)
    return Measured(own // len(classes), classes[own % len(classes)], _sums(at, cells))


def _sums(at: npt.NDArray[np.int64], amount: Floats) -> Floats:
    return np.bincount(at, amount).astype(np.float64)


@dataclass(frozen=True)
class Source:
    """One band of a file that was found fit to be measured."""

    place: str
    name: str
    driver: str
    band: int
    crs: CRS
    corner: tuple[float, float]
    steps: tuple[float, float, float, float]
    """Of x and y along a row, then along a column."""
    size: tuple[int, int]
    block: tuple[int, int]
    block_bytes: int
    """Of all bands: some files hold them side by side."""
    dtype: np.dtype[Any]
    scaling: tuple[float, float]
    has_mask: bool
    hidden: tuple[float, ...]
    """Cells of these values hold nothing, beside those that the file masks."""
    fills: tuple[float, ...]
    """Cells of these values may not count."""
    file_bytes: float

    @property
    def cell_area(self) -> float:
        """Area of a cell in the plane of its CRS."""
        ax, ay, bx, by = self.steps
        return abs(ax * by - ay * bx)

    @property
    def is_north_up(self) -> bool:
        """Whether rows run to the east and columns to the south."""
        ax, ay, bx, by = self.steps
        return ax > 0 > by and ay == bx == 0

    @property
    def is_remote(self) -> bool:
        """Whether the cells come over a network."""
        return self.place.startswith("/vsi")

    def footprint(self) -> Any:
        """Return the polygon of all cells."""
        (x, y), (ax, ay, bx, by), (rows, columns) = self.corner, self.steps, self.size
        corners = [(x + ax * i + bx * j, y + ay * i + by * j) for i, j in ((0, 0), (columns, 0), (columns, rows),
                                                                          (0, rows))]  # fmt: skip
        return shapely.Polygon(corners)

    @contextmanager
    def open(self) -> Iterator[Any]:
        """Open the file; each thread needs its own."""
        import rasterio

        with rasterio.Env(**_REMOTE_OPTIONS if self.is_remote else {}), rasterio.open(
            self.place, driver=self.driver
        ) as file:  # fmt: skip
            yield file

    def _read(self, file: Any, window: Window) -> tuple[npt.NDArray[Any], npt.NDArray[np.bool_] | None]:
        """Return cells as they are stored, and where the file masks them or they hold no number."""
        import rasterio

        try:
            cells = file.read(self.band, window=window)
            nothing = file.read_masks(self.band, window=window) == 0 if self.has_mask else None
        except rasterio.errors.RasterioIOError as error:
            raise DataError(
                f"'{self.name}' can not be read at rows {window[0][0]} to {window[0][1]}, columns "
                f"{window[1][0]} to {window[1][1]}: {error}\n  Fix: get the file again; it is damaged or cut short."
            ) from error
        return cells, nothing

    def values(self, file: Any, window: Window) -> Floats:
        """Return cells as they are stored, NaN where nothing is."""
        cells, nothing = self._read(file, window)
        values = cells.astype(np.float64)
        if nothing is not None:
            values[nothing] = np.nan
        for one in self.hidden:
            values[cells == one] = np.nan
        return values

    def codes(self, file: Any, window: Window) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Return the number of each cell's class, negative where the file masks it, and the values of the classes."""
        cells, nothing = self._read(file, window)
        if self.dtype.kind in "iu" and self.dtype.itemsize <= 2:
            span = np.iinfo(self.dtype)
            classes = np.arange(span.min, span.max + 1)
            codes = cells if self.dtype == np.uint8 and nothing is None else cells.astype(np.int32) - span.min
        else:
            numbers, classes = pd.factorize(cells.ravel())
            codes = numbers.reshape(cells.shape).astype(np.int32)
        if nothing is not None:
            codes[nothing] = -1
        return codes, classes

    def fill_codes(self, values: Floats) -> npt.NDArray[np.int32] | None:
        """Return which of the fills each cell holds, negative where none; None where no cell holds any."""
        if not self.fills or self.dtype.kind in "ub" or not (values <= max(_FILLS)).any():
            return None
        codes = np.full(values.shape, -1, np.int32)
        for i, fill in enumerate(self.fills):
            codes[values == fill] = i
        return codes

    def refuse_fills(self, counted: Floats) -> None:
        """Raise DataError if cells that count hold a value that usually says that nothing is known."""
        low = counted[counted <= max(_FILLS)]
        fills = low[np.isin(low, self.fills)]
        if len(fills):
            raise DataError(
                f"'{self.name}' holds cells of {fills[0]:.17g}, which it does not declare as nodata.\n"
                f"  Fix: say nodata={fills[0]:.17g}, or nodata='none' if every cell counts."
            )

    def refuse_broken(self, classes: Floats) -> None:
        """Raise DataError if a class is no whole number."""
        broken = classes[classes != np.round(classes)]
        if len(broken):
            raise DataError(f"'{self.name}' holds {broken[0]:g}: not a raster of classes. Use stat='mean'.")

    def scaled(self, stored: Floats) -> Floats:
        """Return what the stored values stand for."""
        scale, offset = self.scaling
        return stored if self.scaling == (1.0, 0.0) else stored * scale + offset


def open_source(
    path: str | os.PathLike[str], band: int, nodata: float | str | None, allow: Collection[str] = ()
) -> Source:
    """Look at one band with the caller's nodata; refuse what would be measured wrongly."""
    if nodata is not None and nodata != "none" and (isinstance(nodata, str | bool) or not isinstance(nodata, Real)):
        raise OptionError(f"nodata must be a number or 'none'; got {nodata!r}")
    with _dataset(path, allow) as dataset:
        name = Path(path).name
        if not 1 <= band <= dataset.count:
            raise DataError(f"'{name}' has {dataset.count} bands; band {band} is not one of them.")
        if dataset.crs is None:
            raise CRSError(f"'{name}' has no CRS. Fix: assign the one it is in, for example with gdal_edit.py -a_srs.")
        grid = dataset.transform
        if grid.is_identity:
            raise DataError(
                f"'{name}' says nowhere where on the Earth its cells are. Fix: get it with its world file, or set the "
                f"corners with gdal_edit.py -a_ullr."
            )
        if not np.isfinite(grid).all() or not abs(grid.a * grid.e - grid.b * grid.d) > 0:
            raise DataError(f"'{name}' has a grid that can not be measured: its cells have no size. Fix: get it again.")
        if dataset.dtypes[band - 1].startswith("complex"):
            raise DataError(f"'{name}', band {band} holds complex numbers, which are no classes and no quantity.")
        dtype, declared = np.dtype(dataset.dtypes[band - 1]), dataset.nodatavals[band - 1]
        has_mask, hidden = _what_is_nothing(dataset, band, dtype, declared)
        if nodata is None and declared is None and not has_mask:
            warnings.warn(
                f"'{name}' declares no nodata value: every cell counts. Say nodata=VALUE, or nodata='none' to agree.",
                DataWarning,
                stacklevel=4,
            )
        if nodata is not None and nodata != "none":
            with np.errstate(over="ignore"):  # a value beyond the type is in no cell
                hidden = (*hidden, float(dtype.type(nodata)) if dtype.kind == "f" else float(nodata))
        place = dataset.name
        return Source(
            place=place,
            name=name,
            driver=dataset.driver,
            band=band,
            crs=CRS.from_user_input(dataset.crs.to_wkt()),
            corner=(grid.c, grid.f),
            steps=(grid.a, grid.d, grid.b, grid.e),
            size=dataset.shape,
            block=dataset.block_shapes[band - 1],
            block_bytes=int(np.prod(dataset.block_shapes[band - 1])) * dtype.itemsize * dataset.count,
            dtype=dtype,
            scaling=(dataset.scales[band - 1], dataset.offsets[band - 1]),
            has_mask=has_mask,
            hidden=hidden,
            fills=() if nodata == "none" else tuple(one for one in _FILLS if one not in hidden),
            file_bytes=np.inf
            if place.startswith("/vsi")
            else sum(Path(one).stat().st_size for one in dataset.files if Path(one).is_file()),
        )


def _what_is_nothing(
    dataset: Any, band: int, dtype: np.dtype[Any], declared: float | None
) -> tuple[bool, tuple[float, ...]]:
    """Tell whether GDAL must be asked for a mask, and which values hide cells without asking it."""
    from rasterio.enums import MaskFlags

    flags = dataset.mask_flag_enums[band - 1]
    if MaskFlags.all_valid in flags:
        return False, ()
    if flags == [MaskFlags.nodata] and dtype.kind in "iu" and declared is not None and float(declared).is_integer():
        return False, (float(declared),)
    return True, ()


def check_amount(source: Source, bounds: Floats) -> None:
    """Raise DataError if the cells in the bounds are many more than the file can hold, before any is read."""
    cell_bytes = source.dtype.itemsize
    if source.block[0] * source.block[1] * cell_bytes > _MOST_BLOCK_BYTES:
        raise DataError(
            f"'{source.name}' stores its cells in blocks of {source.block[0]:,} x {source.block[1]:,}, too large to "
            f"unpack.\n  Fix: gdal_translate -co TILED=YES -co COMPRESS=DEFLATE {source.name} tiled.tif"
        )
    rows, columns = source.size
    corner_x, corner_y = bounds[:, [0, 0, 2, 2]] - source.corner[0], bounds[:, [1, 3, 1, 3]] - source.corner[1]
    ax, ay, bx, by = source.steps
    det = ax * by - ay * bx
    cells = np.ones(len(bounds))
    for place, most in (
        ((by * corner_x - bx * corner_y) / det, columns),
        ((ax * corner_y - ay * corner_x) / det, rows),
    ):
        side = np.minimum(place.max(axis=1), most) - np.maximum(place.min(axis=1), 0.0)
        cells *= np.ceil(np.clip(np.nan_to_num(side), 0, None))
    wanted = min(cells.sum(), rows * columns) * cell_bytes
    if wanted > _FREE_BYTES + _MOST_RATIO * source.file_bytes:
        raise DataError(
            f"'{source.name}' is {source.file_bytes:,} bytes that unpack to {wanted:,.0f} under the areas: it is "
            f"empty, or made to fill the memory.\n  Fix: cut it to the land that has data, with gdalwarp -te."
        )


def check_tiles(sources: Sequence[Source]) -> None:
    """Raise if tiles of one raster are in several CRS, or lie over each other: their cells would count twice."""
    first = sources[0]
    for source in sources[1:]:
        if source.crs != first.crs:
            raise CRSError(
                f"'{first.name}' and '{source.name}' are tiles of one raster in different CRS.\n"
                f"  Fix: gdalwarp -t_srs, or give each as a layer of its own: {{'west': ..., 'east': ...}}."
            )
    shapes: Geometries = np.array([source.footprint() for source in sources], dtype=object)
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    # tiles that abut may differ in the last digits of their corners
    slack = [0.01 * np.sqrt(source.cell_area) * shapely.length(source.footprint()) for source in sources]
    for i, j in zip(one, other, strict=True):
        if shapely.area(shapely.intersection(shapes[i], shapes[j])) > min(slack[i], slack[j]):
            raise DataError(
                f"'{sources[i].name}' and '{sources[j].name}' lie over each other: their land would count twice.\n"
                f"  Fix: say which is on top, with gdalbuildvrt all.vrt ..., then match_raster(..., 'all.vrt', "
                f"allow=('vrt',)); or give each as a layer of its own."
            )


def _dataset(path: str | os.PathLike[str], allow: Collection[str], within: tuple[Path, ...] = ()) -> Any:
    """Open a file of a format that holds its cells itself; a VRT or a remote one only if it is allowed."""
    if "remote" in allow and str(path).startswith(_REMOTE):
        import rasterio

        with rasterio.Env(**_REMOTE_OPTIONS):
            place = f"/vsicurl/{path}" if str(path).startswith("http") else str(path)
            return _in_known_format(place, (*_FORMATS, "VRT") if "vrt" in allow else _FORMATS)
    file = Path(path).absolute()  # a relative path may look like a URL
    if file.as_posix().startswith("/vsi") or not file.is_file():
        raise DataError(
            f"There is no raster '{path}'. Fix: give the path of a local file; URLs are not read unless "
            f"allow=('remote',) says so."
        )
    mask = file.with_name(f"{file.name}.msk")  # GDAL opens it beside the file, in any format
    if mask.is_file():
        _in_known_format(mask, _FORMATS).close()
    try:
        return _in_known_format(file, _FORMATS)
    except DataError:
        if "vrt" not in allow:
            raise
    if file in within:
        raise DataError(f"'{file.name}' names itself.")
    for named in _named_by(file) if "remote" not in allow else ():
        _dataset(named, allow, (*within, file)).close()
    return _in_known_format(file, ("VRT",))


def _named_by(vrt: Path) -> list[str | Path]:
    """Return the files that a VRT names, before GDAL sees it."""
    names: list[str | Path] = []
    try:
        nodes = list(ElementTree.parse(vrt).iter())
    except ElementTree.ParseError as error:
        raise DataError(f"'{vrt.name}' can not be opened as a raster, nor as a VRT: {error}.") from None
    for node in nodes:
        if node.tag.lower() in _NAMING_TAGS or node.get("key", "").upper() in _NAMING_KEYS:
            name = "".join(node.itertext())
            is_relative = any(key.lower() == "relativetovrt" and value == "1" for key, value in node.items())
            names.append(vrt.parent / name if is_relative else name)
    return names


def _in_known_format(path: str | Path, formats: Collection[str]) -> Any:
    import rasterio

    name = Path(path).name
    said = []
    for driver in formats:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)  # an error where it matters
                return rasterio.open(path, driver=driver)
        except rasterio.errors.RasterioIOError as error:
            said.append(str(error))
    raise DataError(
        f"'{name}' can not be opened as a raster of {', '.join(formats)}: {said[0]}\n"
        f"  Fix: if it is a raster of another format, gdal_translate {name} copy.tif"
    )
