"""Areas against rasters: nine cells and a square counted by hand, points thrown by force, masks, and real maps."""

from __future__ import annotations

import http.server
import os
import socket
import threading
import warnings
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import rasterio.features
import rasterio.shutil
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer
from rasterio.transform import Affine, from_origin
from shapely import box

from landrelease.errors import CRSError, DataError, DataWarning, OptionError
from landrelease.geometry import to_crs
from landrelease.match.raster import Quantity, match_raster
from landrelease.tables import RESULTS

UTM = 32630
X, Y = 500_000, 4_800_300
"""North-west corner of the grids; a cell is 100 m."""
CLASSES = np.array([[40, 40, 0], [40, 10, 0], [10, 10, 50]], dtype="uint8")
PEOPLE = np.array([[1, 2, 3], [4, 5, 6], [7, 8, 9]], dtype="float32")
ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("LANDRELEASE_REAL_DATA", ROOT.parent / "shared" / "data"))


def at(shape):
    """Put a shape given in cells, x to the east and y to the south, on the grid."""
    return None if shape is None else shapely.transform(shape, lambda xy: xy * [100, -100] + (X, Y))


def areas_of(*shapes, crs=UTM) -> gpd.GeoDataFrame:
    ids = pd.Series([f"A{i}" for i in range(len(shapes))], dtype="str")
    return gpd.GeoDataFrame({"area_id": ids}, geometry=[at(shape) for shape in shapes], crs=crs)


@pytest.fixture
def write(tmp_path):
    def write(cells, *, name="grid.tif", crs=UTM, transform=None, nodata=None, scale=None, offset=None, mask=None):
        cells = np.atleast_3d(cells) if cells.ndim == 3 else cells[np.newaxis]
        path = tmp_path / name
        with rasterio.open(
            path, "w", driver="GTiff", width=cells.shape[2], height=cells.shape[1], count=cells.shape[0],
            dtype=cells.dtype, crs=crs, nodata=nodata, transform=transform or from_origin(X, Y, 100, 100),
        ) as file:  # fmt: skip
            file.write(cells)
            if scale is not None:
                file.scales, file.offsets = [scale], [offset or 0.0]
            if mask is not None:
                file.write_mask(mask)
        return path

    return write


def class_shares(found: pd.DataFrame) -> dict[str, dict[int, float]]:
    result: dict[str, dict[int, float]] = {own: {} for own in found["area_id"]}
    for own, code, share in found[["area_id", "class_code", "class_share"]].dropna().itertuples(index=False):
        assert code not in result[own]
        result[own][int(code)] = share
    return result


# what nine cells say


def test_columns_are_the_declared_ones_also_when_empty(write):
    path = write(CLASSES, nodata=0)
    for areas in (areas_of(box(0, 0, 2, 2)), areas_of(None), areas_of()):
        found = match_raster(areas, path, stat="shares", legend="esa-worldcover")
        assert list(found.columns) == RESULTS["match_raster_shares"].names
        assert found.dtypes.astype(str).tolist() == ["str", "Int64", "str", "float64", "float64", "float64"]
        for stat in ("sum", "mean"):
            found = match_raster(areas, path, stat=stat)
            assert list(found.columns) == RESULTS["match_raster_value"].names
            assert found.dtypes.astype(str).tolist() == ["str", "float64", "float64"]
            assert len(found) == len(areas)


@pytest.mark.parametrize(
    ("shape", "expected", "covered"),
    [
        (box(0, 0, 2, 2), {40: 3 / 4, 10: 1 / 4}, 1.0),  # four whole cells
        (box(0, 0, 3, 3), {40: 3 / 9, 10: 3 / 9, 50: 1 / 9}, 7 / 9),  # all: two are nodata
        (box(0.5, 0.5, 1.5, 1.5), {40: 3 / 4, 10: 1 / 4}, 1.0),  # a quarter of each of four
        (box(0, 0, 2.5, 2), {40: 3 / 5, 10: 1 / 5}, 4 / 5),  # half cells of nodata
        (box(0.2, 0.3, 0.21, 0.31), {40: 1.0}, 1.0),  # 1 m2 inside one cell
        (box(2.9, 2.9, 3.1, 3.1), {50: 1 / 4}, 1 / 4),  # hangs out over the corner
        (box(2, 0, 3, 2), {}, 0.0),  # nodata only
        (box(5, 5, 6, 6), {}, 0.0),  # outside
        (shapely.Polygon([(0, 0), (2, 0), (0, 2)]), {40: 1.0}, 1.0),  # a triangle: half of two cells, all of one
        (shapely.Polygon([(0, 0), (3, 0), (3, 3)]), {40: 1.5 / 4.5, 10: 0.5 / 4.5, 50: 0.5 / 4.5}, 2.5 / 4.5),
        (box(0, 0, 3, 3).difference(box(1, 1, 2, 2)), {40: 3 / 8, 10: 2 / 8, 50: 1 / 8}, 6 / 8),
        (shapely.MultiPolygon([box(0, 0, 1, 1), box(2, 2, 3, 3)]), {40: 1 / 2, 50: 1 / 2}, 1.0),
    ],
)
def test_shares_of_classes(write, shape, expected, covered):
    found = match_raster(areas_of(shape), write(CLASSES, nodata=0), stat="shares", legend={40: "agriculture"})
    assert class_shares(found)["A0"] == pytest.approx(expected, abs=1e-6)
    assert found["covered_share"].to_numpy() == pytest.approx(covered, abs=1e-6)
    assert len(found) == max(1, len(expected))
    uses = dict(zip(found["class_code"], found["use_code"], strict=True)) if expected else {}
    assert uses.get(40, "agriculture") == "agriculture"
    assert all(pd.isna(use) for code, use in uses.items() if code != 40)  # the legend says nothing: missing
    # m2 are on the ellipsoid
    lon_lat = areas_of(shape).to_crs(4326).geometry.iloc[0]
    whole = abs(Geod(ellps="WGS84").geometry_area_perimeter(lon_lat)[0]) if lon_lat.geom_type == "Polygon" else None
    if whole and expected:
        assert found["class_m2"].to_numpy() == pytest.approx(whole * found["class_share"].to_numpy(), rel=1e-6)


@pytest.mark.parametrize(
    ("shape", "total", "mean", "covered"),
    [
        (box(0, 0, 3, 3), 45.0, 5.0, 1.0),
        (box(1, 1, 2, 2), 5.0, 5.0, 1.0),
        (box(0.5, 0.5, 1.5, 1.5), (1 + 2 + 4 + 5) / 4, 3.0, 1.0),
        (box(0, 0, 1.5, 1), 1 + 2 / 2, (1 + 1) / 1.5, 1.0),
        (box(0.2, 0.3, 0.21, 0.31), 1e-4, 1.0, 1.0),
        (box(2, 2, 4, 4), 9.0, 9.0, 1 / 4),
        (box(7, 7, 8, 8), np.nan, np.nan, 0.0),
        (None, np.nan, np.nan, np.nan),
        (shapely.Polygon(), np.nan, np.nan, np.nan),
        (shapely.Point(1, 1), np.nan, np.nan, np.nan),
    ],
)
def test_sums_and_means(write, shape, total, mean, covered):
    path = write(PEOPLE, nodata=-1)
    for stat, value in (("sum", total), ("mean", mean)):
        found = match_raster(areas_of(shape), path, stat=stat)
        assert found["value"].to_numpy() == pytest.approx(value, rel=1e-4, nan_ok=True)
        assert found["covered_share"].to_numpy() == pytest.approx(covered, abs=1e-6, nan_ok=True)


def test_rows_keep_the_order_of_the_areas_and_the_classes_theirs(write):
    shapes = [box(2, 2, 3, 3), None, box(0, 0, 3, 3), box(9, 9, 10, 10), shapely.Polygon(), box(1, 1, 2, 2)]
    areas = areas_of(*shapes).set_index(pd.Index([9, 3, 3, 1, 0, 7]))
    found = match_raster(areas, write(CLASSES, nodata=0), stat="shares", legend="esa-worldcover")
    assert found["area_id"].tolist() == ["A0", "A1", "A2", "A2", "A2", "A3", "A4", "A5"]
    assert found["class_code"].tolist()[2:5] == [10, 40, 50]
    assert found["use_code"].tolist()[2:5] == ["unknown", "agriculture", "housing"]
    assert found.loc[found["class_code"].isna(), "area_id"].tolist() == ["A1", "A3", "A4"]
    assert found["covered_share"].isna().tolist() == [False, True, False, False, False, False, True, False]
    assert match_raster(areas, write(PEOPLE, nodata=-1), stat="sum")["area_id"].tolist() == areas["area_id"].tolist()


def test_inputs_are_unchanged_and_repeated_ids_stay_apart(write):
    areas = areas_of(box(0, 0, 1, 1), box(2, 2, 3, 3)).assign(area_id="A")
    before = areas.copy(deep=True)
    found = match_raster(areas, write(CLASSES, nodata=0), stat="shares")
    pd.testing.assert_frame_equal(pd.DataFrame(areas), pd.DataFrame(before))
    assert found["class_code"].tolist() == [40, 50]
    assert found["class_share"].to_numpy() == pytest.approx(1.0)


def test_a_bow_tie_has_the_cells_of_its_two_triangles(write):
    tie = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])  # half of the west, half of the east
    west_east = np.array([[1, 2], [1, 2]], dtype="uint8")
    found = match_raster(areas_of(tie), write(west_east, nodata=0), stat="shares")
    assert class_shares(found)["A0"] == pytest.approx({1: 0.5, 2: 0.5}, abs=1e-6)
    assert found["class_m2"].sum() == pytest.approx(20_000 / 0.9996**2, rel=1e-5)
    assert match_raster(areas_of(tie), write(west_east, nodata=0), stat="sum")["value"][0] == pytest.approx(3.0)


# nodata


@pytest.mark.parametrize("kind", ["uint8", "int16", "uint16", "int32", "float32", "float64"])
def test_nodata_is_no_class_whatever_the_type(write, kind):
    found = match_raster(areas_of(box(0, 0, 3, 3)), write(CLASSES.astype(kind), nodata=0), stat="shares")
    assert class_shares(found)["A0"] == pytest.approx({40: 3 / 9, 10: 3 / 9, 50: 1 / 9}, abs=1e-6)


@pytest.mark.parametrize(("kind", "nodata"), [("int16", -9999), ("int32", -2147483648), ("uint16", 65535),
                                              ("float32", -3.4028234663852886e38), ("float64", -99999.0)])  # fmt: skip
def test_nodata_is_in_no_sum(write, kind, nodata):
    cells = PEOPLE.astype(kind)
    cells[0, 0] = nodata
    found = match_raster(areas_of(box(0, 0, 3, 3)), write(cells, nodata=nodata), stat="sum")
    assert found["value"][0] == pytest.approx(44)
    assert found["covered_share"][0] == pytest.approx(8 / 9)


@pytest.mark.parametrize("nodata", [np.nan, -1.0])
def test_nan_cells_are_nodata_whatever_the_file_declares(write, nodata):
    cells = PEOPLE.copy()
    cells[1, 1] = np.nan
    path = write(cells, nodata=nodata)
    assert match_raster(areas_of(box(0, 0, 3, 3)), path, stat="sum")["value"][0] == pytest.approx(40)
    assert match_raster(areas_of(box(0, 0, 3, 3)), path, stat="mean")["value"][0] == pytest.approx(5)
    assert match_raster(areas_of(box(0, 0, 3, 3)), path, stat="sum")["covered_share"][0] == pytest.approx(8 / 9)
    found = match_raster(areas_of(box(1, 1, 2, 2)), path, stat="mean")
    assert found["value"].isna().all()
    assert found["covered_share"][0] == 0.0
    shares = match_raster(areas_of(box(1, 1, 3, 2)), path, stat="shares")
    assert class_shares(shares)["A0"] == pytest.approx({6: 0.5})


def test_a_file_without_nodata_says_so_and_counts_every_cell(write):
    path, areas = write(CLASSES), areas_of(box(0, 0, 3, 3))
    with pytest.warns(
        DataWarning, match=r"grid\.tif.*declares no nodata value: every cell counts.*nodata='none'"
    ) as told:
        found = match_raster(areas, path, stat="shares")
    assert told[0].filename == __file__
    assert class_shares(found)["A0"] == pytest.approx({0: 2 / 9, 40: 3 / 9, 10: 3 / 9, 50: 1 / 9})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        agreed = match_raster(areas, path, stat="shares", nodata="none")
        given = match_raster(areas, path, stat="shares", nodata=0)
    pd.testing.assert_frame_equal(found, agreed)
    assert class_shares(given)["A0"] == pytest.approx({40: 3 / 9, 10: 3 / 9, 50: 1 / 9})
    assert given["covered_share"].to_numpy() == pytest.approx(7 / 9)


def test_a_given_nodata_stands_beside_the_declared_one(write):
    # the file hides 50, the caller 0: neither is a class
    found = match_raster(areas_of(box(0, 0, 3, 3)), write(CLASSES, nodata=50), stat="shares", nodata=0)
    assert class_shares(found)["A0"] == pytest.approx({40: 3 / 9, 10: 3 / 9})
    assert found["covered_share"].to_numpy() == pytest.approx(6 / 9)


def test_a_mask_band_is_nodata(write):
    mask = np.full((3, 3), 255, dtype="uint8")
    mask[0, 0] = 0
    found = match_raster(areas_of(box(0, 0, 3, 3)), write(PEOPLE, mask=mask), stat="sum")
    assert found["value"][0] == pytest.approx(44)
    assert found["covered_share"][0] == pytest.approx(8 / 9)


def test_hidden_cells_stay_hidden_under_a_tiny_area(write):
    # four neighbouring cells are read at once, all or some of them hidden
    tiny = areas_of(box(0.1, 0.1, 0.11, 0.11), box(0.95, 0.1, 1.05, 0.11))
    mask = np.full((3, 3), 255, dtype="uint8")
    mask[:, 0] = 0
    scaled = PEOPLE.copy()
    scaled[:, 0] = -9
    for path, second in (
        (write(PEOPLE, mask=mask, name="masked.tif"), 2.0),
        (write(scaled, nodata=-9, scale=10.0, name="scaled.tif"), 20.0),
        (write(scaled, nodata=-9, name="plain.tif"), 2.0),
    ):
        found = match_raster(tiny, path, stat="mean")
        assert found["value"].to_numpy() == pytest.approx([np.nan, second], nan_ok=True)
        assert found["covered_share"].to_numpy() == pytest.approx([0.0, 0.5], abs=1e-4)
        assert class_shares(match_raster(tiny, path, stat="shares"))["A0"] == {}


@pytest.mark.parametrize("nodata", [250, 12.5, -7])
def test_a_nodata_value_that_the_cells_can_not_hold_hides_nothing(write, nodata):
    found = match_raster(areas_of(box(0, 0, 3, 3)), write(CLASSES), stat="sum", nodata=nodata)
    assert found["value"][0] == pytest.approx(40 * 3 + 10 * 3 + 50)
    assert found["covered_share"][0] == pytest.approx(1.0)


@pytest.mark.parametrize("nodata", ["nothing", "0", True])
def test_nodata_must_be_a_number_or_none(write, nodata):
    with pytest.raises(OptionError, match="nodata must be a number or 'none'"):
        match_raster(areas_of(box(0, 0, 3, 3)), write(CLASSES), stat="shares", nodata=nodata)


# scaled cells


@pytest.mark.parametrize("by_caller", [False, True])
def test_scaled_cells(write, by_caller):
    cells = np.array([[10, 20, -999], [10, 20, 30], [10, 20, 30]], dtype="int16")
    path = write(cells, nodata=None if by_caller else -999, scale=0.1, offset=100.0)
    given = {"nodata": -999} if by_caller else {}
    found = match_raster(areas_of(box(0, 0, 3, 3)), path, stat="mean", **given)
    assert found["value"][0] == pytest.approx(100 + 0.1 * (30 + 60 + 60) / 8)
    assert found["covered_share"][0] == pytest.approx(8 / 9)


# bands


def test_each_band_has_its_own_cells(write):
    path = write(np.stack([PEOPLE, PEOPLE * 10]), nodata=-1)
    areas = areas_of(box(0, 0, 3, 3))
    assert match_raster(areas, path, stat="sum")["value"][0] == pytest.approx(45)
    assert match_raster(areas, path, stat="sum", band=2)["value"][0] == pytest.approx(450)
    for band in (0, 3, -1):
        with pytest.raises(DataError, match=rf"has 2 bands; band {band} is not one"):
            match_raster(areas, path, stat="sum", band=band)


# another CRS


def points_say(cells, transform, crs, shape, shape_crs, count=1500) -> tuple[dict[int, float], float]:
    """Throw points over the raster's plane, ask PROJ where they are, and count those inside of the shape."""
    height, width = cells.shape
    column = (np.arange(count) + 0.5) / count * 3 * width - width
    row = (np.arange(count) + 0.5) / count * 3 * height - height
    columns, rows = (grid.ravel() for grid in np.meshgrid(column, row))
    x, y = transform * (columns, rows)
    there = Transformer.from_crs(crs, shape_crs, always_xy=True).transform(x, y)
    inside = shapely.contains_xy(shape, *there)
    on_grid = inside & (columns >= 0) & (columns < width) & (rows >= 0) & (rows < height)
    values, counts = np.unique(cells[rows[on_grid].astype(int), columns[on_grid].astype(int)], return_counts=True)
    return dict(zip(values.tolist(), (counts / inside.sum()).tolist(), strict=True)), on_grid.sum() / inside.sum()


@pytest.mark.parametrize(
    ("crs", "transform", "shape", "shape_crs"),
    [
        # a field in degrees on cells of a plane
        (UTM, from_origin(500_000, 4_800_600, 100, 100),
         shapely.Polygon([(-2.9988, 43.3572), (-2.9953, 43.3579), (-2.9936, 43.3548), (-2.9974, 43.3538)]), 4326),
        # a field in a plane on cells in degrees, hanging out in the west
        (4326, from_origin(-3.0, 43.36, 0.002, 0.002),
         shapely.Polygon([(499_700, 4.7999e6), (500_700, 4.8001e6), (500_600, 4.8008e6), (499_900, 4.8007e6)]), UTM),
        # 300 km along a parallel at 65 degrees north: straight in degrees, bent by 2.7 km in the plane
        (3035, from_origin(4_700_000, 4_700_000, 60_000, 4_000), box(17, 65.0, 23, 65.2), 4326),
    ],
)  # fmt: skip
def test_areas_in_another_crs_against_points(write, crs, transform, shape, shape_crs):
    cells = np.arange(1, 37, dtype="uint8").reshape(6, 6)
    if crs == 3035:
        corner = Transformer.from_crs(4326, 3035, always_xy=True).transform(17, 65.2)
        transform = from_origin(corner[0] - 20_000, corner[1] + 12_000, 60_000, 12_000)
    path = write(cells, crs=crs, transform=transform, nodata=0)
    areas = gpd.GeoDataFrame({"area_id": ["A0"]}, geometry=[shape], crs=shape_crs)
    expected, covered = points_say(cells, transform, crs, shape, shape_crs)
    assert covered > 0.3
    assert len(expected) > 5
    found = match_raster(areas, path, stat="shares")
    got = class_shares(found)["A0"]
    assert {code for code, share in got.items() if share > 0.004} <= set(expected)
    assert got == pytest.approx({code: expected.get(code, 0.0) for code in got}, abs=0.004)
    assert found["covered_share"][0] == pytest.approx(covered, abs=0.004)
    mean = sum(code * share for code, share in expected.items()) / covered
    assert match_raster(areas, path, stat="mean")["value"][0] == pytest.approx(mean, abs=0.1)


# properties


@settings(max_examples=25, deadline=None)
@given(
    cells=st.lists(st.sampled_from([0, 1, 2, 3]), min_size=20, max_size=20),
    corners=st.tuples(*[st.floats(-1, 6, allow_nan=False, width=32)] * 4),
)
def test_any_rectangle_against_arithmetic(tmp_path_factory, cells, corners):
    grid = np.array(cells, dtype="uint8").reshape(4, 5)
    x0, x1 = sorted(corners[:2])
    y0, y1 = sorted(corners[2:])
    x1, y1 = max(x1, x0 + 0.01), max(y1, y0 + 0.01)
    path = tmp_path_factory.mktemp("grid") / "grid.tif"
    with rasterio.open(path, "w", driver="GTiff", width=5, height=4, count=1, dtype="uint8", crs=UTM, nodata=0,
                       transform=from_origin(X, Y, 100, 100)) as file:  # fmt: skip
        file.write(grid[np.newaxis])
    wide = np.clip(np.minimum(x1, np.arange(5) + 1) - np.maximum(x0, np.arange(5)), 0, None)
    high = np.clip(np.minimum(y1, np.arange(4) + 1) - np.maximum(y0, np.arange(4)), 0, None)
    part = np.outer(high, wide)
    area = (x1 - x0) * (y1 - y0)
    expected = {code: part[grid == code].sum() / area for code in (1, 2, 3)}
    found = match_raster(areas_of(box(x0, y0, x1, y1)), path, stat="shares")
    got = class_shares(found)["A0"]
    assert {**dict.fromkeys((1, 2, 3), 0.0), **got} == pytest.approx(expected, abs=1e-4)
    assert found["covered_share"][0] == pytest.approx(sum(expected.values()), abs=1e-4)
    assert sum(got.values()) == pytest.approx(found["covered_share"][0], abs=1e-9)
    assert 0 <= found["covered_share"][0] <= 1
    total = match_raster(areas_of(box(x0, y0, x1, y1)), path, stat="sum")["value"][0]
    assert total == pytest.approx(
        sum(part[grid == code].sum() * code for code in (1, 2, 3)), abs=1e-3, nan_ok=True
    ) or (np.isnan(total) and sum(expected.values()) < 1e-6)


def test_parts_of_an_area_sum_to_the_whole_in_any_order(write):
    rng = np.random.default_rng(3)
    path = write(rng.integers(0, 50, (40, 40)).astype("float32"), nodata=-1)
    pieces = [box(x, y, x + 5.3, y + 3.7) for x in np.arange(2, 30, 5.3) for y in np.arange(1, 30, 3.7)]
    areas = areas_of(*pieces)
    found = match_raster(areas, path, stat="sum")
    whole = match_raster(areas_of(shapely.union_all(pieces)), path, stat="sum")["value"][0]
    assert found["value"].sum() == pytest.approx(whole, rel=1e-5)
    order = rng.permutation(len(areas))
    again = match_raster(areas.iloc[order], path, stat="sum")
    assert again["area_id"].tolist() == areas["area_id"].iloc[order].tolist()
    assert again["value"].to_numpy() == pytest.approx(found["value"].to_numpy()[order], rel=1e-12)


# what is refused


def test_rasters_that_would_be_measured_wrongly_are_refused(write, tmp_path):
    areas = areas_of(box(0, 0, 3, 3))
    for grid in (Affine(70, 70, X, 70, -70, Y), Affine(100, 0, X, 0, 100, Y - 300)):
        with pytest.raises(DataError, match=r"rotated or south up\. Fix: engine='auto'"):
            match_raster(areas, write(CLASSES, transform=grid, nodata=0), stat="shares", engine="exact")
    with pytest.raises(DataError, match=r"grid\.tif' has a grid that can not be measured"):
        match_raster(areas, write(CLASSES, transform=Affine(100, 100, X, 50, 50, Y), nodata=0), stat="shares")
    with pytest.raises(CRSError, match=r"grid\.tif' has no CRS"):
        match_raster(areas, write(CLASSES, crs=None, nodata=0), stat="shares")
    with pytest.raises(DataError, match="There is no raster"):
        match_raster(areas, tmp_path / "absent.tif", stat="shares")
    text = tmp_path / "text.tif"
    text.write_text("no raster")
    with pytest.raises(DataError, match=r"'text\.tif' can not be opened as a raster"):
        match_raster(areas, text, stat="shares")
    with pytest.raises(DataError, match=r"holds 0\.5: not a raster of classes"):
        match_raster(areas, write(np.full((3, 3), 0.5, "float32"), nodata=-1), stat="shares")


def vrt_of(path: Path | str) -> str:
    return f"""<VRTDataset rasterXSize="3" rasterYSize="3"><SRS>EPSG:{UTM}</SRS>
        <GeoTransform>{X}, 100, 0, {Y}, 0, -100</GeoTransform><VRTRasterBand dataType="Byte" band="1">
        <SimpleSource><SourceFilename relativeToVRT="0">{path}</SourceFilename><SourceBand>1</SourceBand>
        </SimpleSource></VRTRasterBand></VRTDataset>"""


def test_a_file_that_names_other_files_or_servers_is_refused(write, tmp_path):
    areas, other = areas_of(box(0, 0, 3, 3)), write(CLASSES, nodata=0, name="other.tif")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    server = f"http://127.0.0.1:{listener.getsockname()[1]}/other.tif"
    for source in (other, f"/vsicurl/{server}"):
        disguised = tmp_path / "cover.tif"
        disguised.write_text(vrt_of(source))
        with pytest.raises(DataError, match=r"'cover\.tif' can not be opened as a raster of GTiff"):
            match_raster(areas, disguised, stat="shares")
        masked = write(CLASSES, nodata=None, name="masked.tif")
        masked.with_name("masked.tif.msk").write_text(vrt_of(source))
        with pytest.raises(DataError, match=r"'masked\.tif\.msk' can not be opened"):
            match_raster(areas, masked, stat="shares")
    for path in (server, f"/vsicurl/{server}", f"/vsizip/{other}"):
        with pytest.raises(DataError, match=r"There is no raster .*URLs are not read"):
            match_raster(areas, path, stat="shares")
    with listener, pytest.raises(TimeoutError):
        listener.accept()  # nobody called


def test_a_folder_that_looks_like_a_url_is_a_folder(write, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "http:" / "example.org"
    folder.mkdir(parents=True)
    write(CLASSES, nodata=0).rename(folder / "grid.tif")
    found = match_raster(areas_of(box(0, 0, 2, 2)), "http:/example.org/grid.tif", stat="shares")
    assert class_shares(found)["A0"] == pytest.approx({40: 3 / 4, 10: 1 / 4})


@pytest.mark.parametrize(("driver", "ending"), [("AAIGrid", "asc"), ("HFA", "img"), ("EHdr", "bil"), ("COG", "tif"),
                                                ("PNG", "png")])  # fmt: skip
def test_formats_that_hold_their_cells_are_read(write, tmp_path, driver, ending):
    path = tmp_path / f"copy.{ending}"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of what a format can not keep
        rasterio.shutil.copy(write(CLASSES, nodata=0), path, driver=driver)
    found = match_raster(areas_of(box(0, 0, 3, 3)), path, stat="shares", nodata=0)
    assert class_shares(found)["A0"] == pytest.approx({40: 3 / 9, 10: 3 / 9, 50: 1 / 9}, abs=1e-6)


def test_a_file_that_was_cut_short_is_named(write):
    cells = np.random.default_rng(1).integers(1, 200, (400, 400)).astype("uint8")
    path = write(cells, nodata=0)
    path.write_bytes(path.read_bytes()[:80_000])  # the header and the northern half
    assert match_raster(areas_of(box(0, 0, 1, 1)), path, stat="sum")["value"][0] == cells[0, 0]
    with pytest.raises(DataError, match=r"'grid\.tif' can not be read at rows \d+ to \d+, .*\n  Fix: get the file"):
        match_raster(areas_of(box(0, 350, 10, 360)), path, stat="sum")


def test_wrong_arguments_are_named(write):
    path, areas = write(CLASSES, nodata=0), areas_of(box(0, 0, 3, 3))
    with pytest.raises(OptionError, match="shares, sum, mean; got 'median'"):
        match_raster(areas, path, stat="median")
    with pytest.raises(CRSError, match="'areas' has no coordinate reference system"):
        match_raster(areas_of(box(0, 0, 3, 3), crs=None), path, stat="sum")
    with pytest.raises(DataError, match="id column"):
        match_raster(areas.drop(columns="area_id"), path, stat="sum")
    with pytest.raises(OptionError, match="class 40 says 'crops'"):
        match_raster(areas, path, stat="shares", legend={40: "crops"})
    with pytest.raises(OptionError, match="did you mean 'esa-worldcover'"):
        match_raster(areas, path, stat="shares", legend="esa-worldcove")


def test_no_polygon_at_all(write):
    for areas in (areas_of(), areas_of(None, shapely.Point(0, 0))):
        assert match_raster(areas, write(CLASSES, nodata=0), stat="shares")["class_m2"].isna().all()
        assert match_raster(areas, write(CLASSES, nodata=0), stat="mean")["value"].isna().all()


# turned grids


@pytest.mark.parametrize("stat", ["sum", "mean", "shares"])
def test_a_south_up_grid_has_the_cells_of_the_north_up_one(write, stat):
    areas = areas_of(box(0, 0, 2, 2), shapely.Polygon([(0.3, 0.1), (2.9, 0.4), (1.2, 2.7)]), box(2, 2, 4, 4), None)
    north_up = write(PEOPLE, nodata=-1)
    for name, cells, grid in (
        ("south.tif", PEOPLE[::-1], Affine(100, 0, X, 0, 100, Y - 300)),
        ("west.tif", PEOPLE[:, ::-1], Affine(-100, 0, X + 300, 0, -100, Y)),
        ("aside.tif", PEOPLE.T, Affine(0, 100, X, -100, 0, Y)),
    ):
        turned = match_raster(areas, write(cells, name=name, transform=grid, nodata=-1), stat=stat)
        expected = match_raster(areas, north_up, stat=stat)
        pd.testing.assert_frame_equal(turned, expected, rtol=1e-9)


# several rasters


def test_layers_stand_below_each_other_with_their_labels(write):
    areas = areas_of(box(0, 0, 2, 2), None)
    one, two = write(CLASSES, nodata=0), write(PEOPLE, nodata=-1, name="people.tif")
    found = match_raster(areas, {2015: one, 2020: two}, stat="mean")
    assert found.columns.tolist() == ["area_id", "layer", "value", "covered_share"]
    assert found["layer"].tolist() == [2015, 2015, 2020, 2020]
    assert found["area_id"].tolist() == ["A0", "A1", "A0", "A1"]
    assert found["value"].tolist() == pytest.approx([32.5, np.nan, 3.0, np.nan], nan_ok=True)
    shares = match_raster(areas, {"old": one, "new": [two]}, stat="shares", legend={40: "agriculture"})
    for label, path in (("old", one), ("new", two)):
        alone = match_raster(areas, path, stat="shares", legend={40: "agriculture"})
        part = shares[shares["layer"] == label].drop(columns="layer").reset_index(drop=True)
        pd.testing.assert_frame_equal(part, alone)
    assert match_raster(areas, {2015: one}, stat="sum")["layer"].tolist() == [2015, 2015]


def test_bands_of_one_file_are_layers(write):
    path = write(np.stack([PEOPLE, PEOPLE * 10]), nodata=None)
    layers = {"all": Quantity(path, nodata="none"), "some": Quantity(path, band=2, nodata=10)}
    found = match_raster(areas_of(box(0, 0, 3, 3)), layers, stat="sum")
    assert found["value"].tolist() == [45.0, 440.0]
    assert match_raster(areas_of(box(0, 0, 3, 3)), layers["some"], stat="sum")["value"].tolist() == [440.0]


@pytest.mark.parametrize("engine", ["auto", "exact"])
def test_tiles_are_one_raster(write, engine):
    areas = areas_of(box(0.5, 0.5, 2.5, 2.5), box(0, 0, 1, 1), box(2, 0, 3, 3), box(7, 7, 8, 8))
    west = write(CLASSES[:, :2], nodata=0, name="west.tif")
    east = write(CLASSES[:, 2:], nodata=0, name="east.tif", transform=from_origin(X + 200, Y, 100, 100))
    whole = write(CLASSES, nodata=0)
    for stat in ("shares", "sum", "mean"):
        found = match_raster(areas, [west, east], stat=stat, engine=engine)
        pd.testing.assert_frame_equal(found, match_raster(areas, whole, stat=stat, engine=engine), rtol=1e-6)


def test_cells_of_tiles_count_by_their_size_in_a_mean_and_each_in_a_sum(write):
    coarse = write(np.array([[8.0]]), nodata=-1, name="coarse.tif", transform=from_origin(X, Y, 200, 200))
    fine = write(np.array([[1.0, 1.0]]), nodata=-1, name="fine.tif", transform=from_origin(X, Y - 200, 100, 100))
    areas = areas_of(box(0, 0, 2, 3))
    assert match_raster(areas, [coarse, fine], stat="mean")["value"].tolist() == pytest.approx([(8 * 4 + 2) / 6])
    assert match_raster(areas, [coarse, fine], stat="sum")["value"].tolist() == pytest.approx([10.0])


def test_tiles_that_would_count_land_twice_are_refused(write):
    areas, one = areas_of(box(0, 0, 1, 1)), write(CLASSES, nodata=0, name="one.tif")
    shifted = write(CLASSES, nodata=0, name="two.tif", transform=from_origin(X + 200, Y, 100, 100))
    with pytest.raises(DataError, match=r"'one\.tif' and 'two\.tif' lie over each other.*\n  Fix: .*gdalbuildvrt"):
        match_raster(areas, [one, shifted], stat="sum")
    elsewhere = write(CLASSES, nodata=0, name="two.tif", crs=32631)
    with pytest.raises(CRSError, match="tiles of one raster in different CRS"):
        match_raster(areas, [one, elsewhere], stat="sum")
    abutting = write(CLASSES, nodata=0, name="two.tif", transform=from_origin(X + 300 - 1e-7, Y, 100, 100))
    assert match_raster(areas, [one, abutting], stat="sum")["value"].tolist() == [40.0]


def test_layers_of_any_grid_and_crs(write):
    areas = areas_of(box(0, 0, 3, 3))
    in_degrees = write(
        np.full((9, 9), 7.0), nodata=-1, name="b.tif", crs=4326, transform=from_origin(-3.01, 43.36, 0.005, 0.005)
    )
    finer = write(np.kron(PEOPLE, np.ones((2, 2))), nodata=-1, name="c.tif", transform=from_origin(X, Y, 50, 50))
    found = match_raster(areas, {"a": write(PEOPLE, nodata=-1), "b": in_degrees, "c": finer}, stat="mean")
    assert found["value"].tolist() == pytest.approx([5.0, 7.0, 5.0])


@pytest.mark.parametrize("nothing", [[], {}, {2015: []}])
def test_no_raster_at_all(nothing):
    with pytest.raises(OptionError, match="No raster was given"):
        match_raster(areas_of(box(0, 0, 1, 1)), nothing, stat="sum")


# what is read only where the caller says so


def test_a_vrt_is_read_where_it_is_allowed(write, tmp_path):
    areas, other = areas_of(box(0, 0, 2, 2)), write(CLASSES, nodata=0, name="other.tif")
    mosaic = tmp_path / "cover.vrt"
    mosaic.write_text(vrt_of(other))
    with pytest.raises(DataError, match="can not be opened as a raster of GTiff"):
        match_raster(areas, mosaic, stat="shares", nodata=0)
    for engine in ("auto", "exact"):
        found = match_raster(areas, mosaic, stat="shares", nodata=0, allow=("vrt",), engine=engine)
        assert class_shares(found)["A0"] == pytest.approx({40: 3 / 4, 10: 1 / 4})
    nested = tmp_path / "nested.vrt"
    nested.write_text(vrt_of(mosaic))
    assert match_raster(areas, nested, stat="sum", nodata=0, allow="vrt")["value"].tolist() == [130.0]
    with pytest.raises(OptionError, match="allow must be one of vrt, remote; got 'url'"):
        match_raster(areas, mosaic, stat="sum", allow=("url",))


def test_a_vrt_names_no_server_and_not_itself_unless_that_is_allowed_too(write, tmp_path):
    areas, mosaic = areas_of(box(0, 0, 2, 2)), tmp_path / "cover.vrt"
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    server = f"http://127.0.0.1:{listener.getsockname()[1]}/other.tif"
    nested = tmp_path / "nested.vrt"
    nested.write_text(vrt_of(f"/vsicurl/{server}"))
    for source in (server, f"/vsicurl/{server}", f"/vsi<!-- -->curl/{server}", nested, "absent.tif"):
        mosaic.write_text(vrt_of(source))
        with pytest.raises(DataError, match="There is no raster"):
            match_raster(areas, mosaic, stat="shares", nodata=0, allow=("vrt",))
    mosaic.write_text("<VRTDataset><SourceFilename>/vsicurl/")
    with pytest.raises(DataError, match=r"'cover\.vrt' can not be opened as a raster, nor as a VRT"):
        match_raster(areas, mosaic, stat="shares", nodata=0, allow=("vrt",))
    mosaic.write_text(vrt_of(mosaic))
    with pytest.raises(DataError, match="names itself"):
        match_raster(areas, mosaic, stat="shares", nodata=0, allow=("vrt",))
    with listener, pytest.raises(TimeoutError):
        listener.accept()  # nobody called


@pytest.fixture
def server(tmp_path):
    """Serve a folder of this machine, in parts as GDAL asks for them."""

    class Handler(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            path = tmp_path / self.path.lstrip("/")
            if not path.is_file():
                self.send_error(404)
                return
            content, span = path.read_bytes(), self.headers.get("Range")
            first, last = (int(end) for end in span.removeprefix("bytes=").split("-")) if span else (0, len(content))
            part = content[first : last + 1]
            self.send_response(206 if span else 200)
            self.send_header("Content-Length", str(len(part)))
            self.send_header("Content-Range", f"bytes {first}-{first + len(part) - 1}/{len(content)}")
            self.end_headers()
            self.wfile.write(part)

        def do_HEAD(self):
            path = tmp_path / self.path.lstrip("/")
            self.send_response(200 if path.is_file() else 404)
            self.send_header("Content-Length", str(path.stat().st_size if path.is_file() else 0))
            self.send_header("Accept-Ranges", "bytes")
            self.end_headers()

        def log_message(self, *args):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_remote_file_is_read_where_it_is_allowed(write, tmp_path, server):
    cells = np.random.default_rng(4).integers(1, 9, (1500, 1500)).astype("uint8")
    rasterio.shutil.copy(write(cells, nodata=0), tmp_path / "cloud.tif", driver="COG", BLOCKSIZE=256)
    areas = areas_of(box(700.5, 700, 702.5, 701))
    with pytest.raises(DataError, match="URLs are not read unless"):
        match_raster(areas, f"{server}/cloud.tif", stat="sum")
    expected = cells[700, 700:703] @ [0.5, 1.0, 0.5]
    for url in (f"{server}/cloud.tif", f"/vsicurl/{server}/cloud.tif"):
        for engine in ("auto", "exact"):
            found = match_raster(areas, url, stat="sum", allow=("remote",), engine=engine)
            assert found["value"].tolist() == pytest.approx([expected])
    mosaic = tmp_path / "cloud.vrt"
    mosaic.write_text(vrt_of(f"/vsicurl/{server}/cloud.tif"))
    near = areas_of(box(0, 0, 2, 1))
    with pytest.raises(DataError, match="There is no raster"):
        match_raster(near, mosaic, stat="sum", nodata=0, allow=("vrt",))
    found = match_raster(near, mosaic, stat="sum", nodata=0, allow=("vrt", "remote"))
    assert found["value"].tolist() == [cells[0, :2].sum()]
    with pytest.raises(DataError, match=r"'absent\.tif' can not be opened"):
        match_raster(areas, f"{server}/absent.tif", stat="sum", allow=("remote",))


# real maps against a second opinion

needs_real = pytest.mark.skipif(not REAL.exists(), reason="the real data are not here (LANDRELEASE_REAL_DATA)")


def whole_of(path: Path) -> tuple[np.ma.MaskedArray, tuple[float, float, float, float], str]:
    with rasterio.open(path) as file:
        return file.read(1, masked=True), tuple(file.bounds), file.crs.to_string()


@needs_real
@pytest.mark.real
@pytest.mark.parametrize(
    "name",
    ["population/burundi_worldpop.tif", "landcover/sao_miguel/gpw_v411_2020_count_2020.tif",
     "landcover/cgls_lc100_series/Hansen_lossyear.tif"],
)  # fmt: skip
def test_the_sum_over_a_covering_polygon_is_the_sum_of_the_raster(name):
    cells, (west, south, east, north), crs = whole_of(REAL / name)
    middle = (2 * west + east) / 3
    halves = [box(west - 0.1, south - 0.1, middle, north + 0.1), box(middle, south - 0.1, east + 0.1, north + 0.1)]
    areas = gpd.GeoDataFrame({"area_id": ["W", "E"]}, geometry=halves, crs=crs)
    found = match_raster(areas, REAL / name, stat="sum")
    assert found["value"].sum() == pytest.approx(float(cells.astype("float64").sum()), rel=1e-6)
    inside = box(west, south, east, north)
    one = gpd.GeoDataFrame({"area_id": ["A"]}, geometry=[inside], crs=crs)
    mean = match_raster(one, REAL / name, stat="mean")
    assert mean["value"][0] == pytest.approx(float(cells.astype("float64").mean()), rel=1e-6)
    assert mean["covered_share"][0] == pytest.approx(1 - np.ma.getmaskarray(cells).mean(), rel=1e-6)


@needs_real
@pytest.mark.real
@pytest.mark.parametrize(
    "name",
    ["landcover/LAO_soil_terrain_lulc.tif",
     *(f"landcover/cgls_lc100_series/W080N20_LC100_v3.0.1_{year}.tif" for year in (2015, 2019))],
)  # fmt: skip
def test_the_shares_of_a_whole_map_are_its_histogram(name):
    cells, bounds, crs = whole_of(REAL / name)
    values, counts = np.unique(cells.compressed(), return_counts=True)
    areas = gpd.GeoDataFrame({"area_id": ["A0"]}, geometry=[box(*bounds)], crs=crs)
    found = match_raster(areas, REAL / name, stat="shares", legend="cgls-lc100" if "LC100" in name else None)
    assert found["class_code"].tolist() == values.tolist()
    assert found["class_share"].to_numpy() == pytest.approx(counts / cells.size, abs=1e-7)
    if "LC100" in name:
        assert found["use_code"].notna().all()  # the legend knows every class of the map


@needs_real
@pytest.mark.real
def test_municipalities_of_the_azores_lie_between_the_cells_inside_and_the_cells_touched():
    folder = REAL / "landcover" / "sao_miguel"
    units = gpd.read_file(folder / "concelhos.gpkg").rename(columns={"name": "admin_code"})
    path = folder / "clc2018_v2020_20u1.tif"
    with pytest.warns(DataWarning, match="declares no nodata"):
        found = match_raster(units, path, stat="shares", legend="corine")
    with rasterio.open(path) as file:
        cells, grid, size = file.read(1), file.transform, abs(file.res[0] * file.res[1])
    for _, unit in units.iterrows():
        own = found[found["admin_code"] == unit["admin_code"]].set_index("class_code")
        assert own["class_share"].sum() == pytest.approx(1.0, abs=1e-6)
        touched = rasterio.features.geometry_mask([unit.geometry], cells.shape, grid, all_touched=True, invert=True)
        edge = rasterio.features.geometry_mask(
            [unit.geometry.boundary], cells.shape, grid, all_touched=True, invert=True
        )
        area_cells = unit.geometry.area / size
        assert set(own.index) <= set(np.unique(cells[touched | edge]).tolist())
        for code, share in own["class_share"].items():
            least = (touched & ~edge & (cells == code)).sum()
            most = ((touched | edge) & (cells == code)).sum()
            assert least - 1e-3 <= share * area_cells <= most + 1e-3


@needs_real
@pytest.mark.real
def test_elevation_of_the_azores_against_the_centres_of_the_cells():
    folder = REAL / "landcover" / "sao_miguel"
    units = gpd.read_file(folder / "concelhos.gpkg").rename(columns={"name": "admin_code"})
    with rasterio.open(folder / "eu_dem_v11.tif") as file:
        heights, grid = file.read(1, masked=True), file.transform
    found = match_raster(to_crs(units, 32626), folder / "eu_dem_v11.tif", stat="mean").set_index("admin_code")
    for _, unit in units.iterrows():
        inside = rasterio.features.geometry_mask([unit.geometry], heights.shape, grid, invert=True)
        assert found.loc[unit["admin_code"], "value"] == pytest.approx(float(heights[inside].mean()), rel=0.02)


@needs_real
@pytest.mark.real
def test_a_field_in_the_full_worldcover_tile_is_read_without_the_rest():
    path = REAL / "landcover" / "ESA_WorldCover_10m_2021_v200_N00E006_Map.tif"
    field = box(6.60, 0.30, 6.61, 0.31)  # on the island
    areas = gpd.GeoDataFrame({"area_id": ["A0"]}, geometry=[field], crs=4326)
    with rasterio.open(path) as file:
        window = file.window(*field.bounds).round_offsets().round_lengths()
        cells = file.read(1, window=window)
    values, counts = np.unique(cells[cells > 0], return_counts=True)
    found = match_raster(areas, path, stat="shares", legend="esa-worldcover")
    assert set(found["class_code"].dropna()) == set(values.tolist())
    expected = dict(zip(values.tolist(), (counts / cells.size).tolist(), strict=True))
    assert class_shares(found)["A0"] == pytest.approx(expected, abs=0.01)
    assert found["use_code"].notna().all()
