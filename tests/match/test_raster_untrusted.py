"""Rasters that nobody vouches for: fills that are not declared, sparse giants, no place, files beside the file."""

from __future__ import annotations

import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.transform import Affine, from_origin

from landrelease.errors import DataError
from landrelease.match.raster import match_raster

X, Y = 500_000, 4_800_300


def write(path, cells, *, transform=None, driver="GTiff", **options):
    given = {"crs": 32630, "transform": transform or from_origin(X, Y, 100, 100), **options}
    with rasterio.open(
        path, "w", driver=driver, width=cells.shape[1], height=cells.shape[0], count=1, dtype=cells.dtype, **given
    ) as file:
        file.write(cells[np.newaxis])
    return path


def areas_of(*shapes) -> gpd.GeoDataFrame:
    ids = pd.Series([f"A{i}" for i in range(len(shapes))], dtype="str")
    return gpd.GeoDataFrame({"area_id": ids}, geometry=list(shapes), crs=32630)


ALL = areas_of(shapely.box(X, Y - 300, X + 300, Y))
WEST = areas_of(shapely.box(X, Y - 300, X + 100, Y))


@pytest.mark.parametrize("stat", ["sum", "mean", "shares"])
@pytest.mark.parametrize(
    ("kind", "fill"),
    [("int16", -9999), ("int16", -32768), ("int32", -99999), ("int32", -2147483648), ("float32", -9999),
     ("float32", np.finfo("float32").min), ("float64", np.finfo("float64").min)],
)  # fmt: skip
@pytest.mark.parametrize("declared", [None, -1])
def test_a_fill_value_that_is_not_declared_is_refused(tmp_path, stat, kind, fill, declared):
    cells = np.ones((3, 3), dtype=kind)
    cells[1, 2] = fill
    path = write(tmp_path / "a.tif", cells, nodata=declared)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(DataError, match=r"holds cells of -.*, which it does not declare.*\n  Fix: say nodata=-"):
            match_raster(ALL, path, stat=stat)
        assert len(match_raster(WEST, path, stat=stat)) == 1  # the cell is not in the area
        if stat == "sum":
            assert match_raster(ALL, path, stat="sum", nodata=float(fill))["value"].tolist() == pytest.approx([8.0])
            counted = match_raster(ALL, path, stat="sum", nodata="none")["value"][0]
            assert counted == pytest.approx(8.0 + float(fill), rel=1e-6)


def test_a_fill_value_that_is_declared_does_not_count(tmp_path):
    cells = np.ones((3, 3), dtype="int16")
    cells[0, 0] = -9999
    found = match_raster(ALL, write(tmp_path / "a.tif", cells, nodata=-9999), stat="sum")
    assert found["value"].tolist() == [8.0]


def test_a_class_that_the_legend_does_not_know_has_no_use(tmp_path):
    cells = np.full((3, 3), 40, dtype="int16")
    cells[0, 0] = -7
    path = write(tmp_path / "a.tif", cells, nodata=0)
    found = match_raster(ALL, path, stat="shares", legend={40: "agriculture"}).set_index("class_code")
    assert found.loc[40, "use_code"] == "agriculture"
    assert pd.isna(found.loc[-7, "use_code"])
    assert found["class_share"].sum() == pytest.approx(1.0)


def test_a_sparse_giant_is_refused_before_it_is_read(tmp_path):
    path = tmp_path / "giant.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=200_000, height=200_000, count=1, dtype="int16", nodata=-1, crs=32630,
        transform=from_origin(X, Y, 1, 1), SPARSE_OK=True, tiled=True, blockxsize=4096, blockysize=4096, BIGTIFF="YES",
    ):  # fmt: skip
        pass
    assert path.stat().st_size < 1_000_000  # 80 GB of cells
    whole = areas_of(shapely.box(X, Y - 200_000, X + 200_000, Y))
    with pytest.raises(DataError, match=r"bytes that unpack to 80,000,000,000 under the areas.*\n  Fix: cut it"):
        match_raster(whole, path, stat="sum")
    found = match_raster(ALL, path, stat="sum")  # a small area of it has an answer: nothing is there
    assert found["value"].isna().tolist() == [True]
    assert found["covered_share"].tolist() == [0.0]


def test_blocks_that_fill_the_memory_are_refused(tmp_path):
    path = tmp_path / "strip.tif"
    with rasterio.open(
        path, "w", driver="GTiff", width=32_768, height=32_768, count=1, dtype="uint8", nodata=0, crs=32630,
        transform=from_origin(X, Y, 1, 1), SPARSE_OK=True, tiled=True, blockxsize=32_768, blockysize=32_768,
    ):  # fmt: skip
        pass
    with pytest.raises(DataError, match="stores its cells in blocks of 32,768 x 32,768, too large to unpack"):
        match_raster(ALL, path, stat="sum")


def test_a_raster_without_a_place_or_with_a_broken_grid_is_refused(tmp_path):
    cells = np.ones((3, 3), dtype="uint8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        path = write(tmp_path / "a.tif", cells, transform=Affine.identity(), nodata=0)
    with pytest.raises(DataError, match="says nowhere where on the Earth its cells are"):
        match_raster(ALL, path, stat="sum")
    no_size = Affine(100, 0, X, 0, 0, Y)
    with pytest.raises(DataError, match=r"'b\.tif' has a grid that can not be measured"):
        match_raster(ALL, write(tmp_path / "b.tif", cells, transform=no_size, nodata=0), stat="sum")


def test_complex_numbers_are_no_quantity(tmp_path):
    path = write(tmp_path / "a.tif", np.ones((3, 3), dtype="complex64"))
    with pytest.raises(DataError, match="holds complex numbers"):
        match_raster(ALL, path, stat="sum")


VRT = """<VRTDataset rasterXSize="3" rasterYSize="3"><VRTRasterBand dataType="Byte" band="1"><SimpleSource>
<SourceFilename>{}</SourceFilename><SourceBand>1</SourceBand></SimpleSource></VRTRasterBand></VRTDataset>"""


@pytest.mark.parametrize("beside", ["a.tif.ovr", "a.ovr", "a.aux", "a.rrd", "a.tif.aux.xml"])
def test_files_beside_the_file_do_not_change_its_cells(tmp_path, beside):
    other = write(tmp_path / "secret.tif", np.full((3, 3), 99, dtype="uint8"), nodata=0)
    path = write(tmp_path / "a.tif", np.ones((3, 3), dtype="uint8"), nodata=0)
    content = VRT.format(other)
    if beside.endswith(".xml"):
        item = f'<MDI key="OVERVIEW_FILE">{other}</MDI>'
        content = f'<PAMDataset><Metadata domain="OVERVIEWS">{item}</Metadata></PAMDataset>'
    (tmp_path / beside).write_text(content)
    assert match_raster(ALL, path, stat="sum")["value"].tolist() == [9.0]


@pytest.mark.parametrize("first", ["/vsicurl/http://127.0.0.1:9/x", "nan", "1e400"])
def test_a_world_file_holds_numbers_only(tmp_path, first):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        path = write(
            tmp_path / "a.png", np.ones((3, 3), dtype="uint8"), driver="PNG", crs=None, transform=Affine.identity()
        )
    for one in tmp_path.glob("*.aux.xml"):
        one.unlink()
    (tmp_path / "a.pgw").write_text(f"{first}\n0\n0\n-100\n500050\n4800250\n")
    path.with_suffix(".prj").write_text(rasterio.crs.CRS.from_epsg(32630).to_wkt())
    with pytest.raises(ValueError, match=r"'a\.png'"):
        match_raster(ALL, path, stat="sum")
