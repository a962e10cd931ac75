"""The engine against two others: exactextract, and the intersection of each cell with each shape by GEOS."""

from __future__ import annotations

import os
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import rasterio.windows
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rasterio.transform import Affine, from_origin

from landrelease.errors import DataError, DataWarning
from landrelease.geometry import polygonal, repaired
from landrelease.geometry.rings import rings_of
from landrelease.match import raster_engine
from landrelease.match.raster import match_raster
from landrelease.match.raster_engine import measure
from landrelease.match.raster_exact import measure_exact
from landrelease.match.raster_source import Source, open_source

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("LANDRELEASE_REAL_DATA", ROOT.parent / "shared" / "data"))
EXAMPLES = int(os.environ.get("LANDRELEASE_CASES", "2000")) // 10
"""Each example holds ten shapes; a longer run asks for more cases."""
ROWS, COLUMNS = 53, 70
X, Y, CELL = 500_000.0, 4_800_000.0, 10.0
NORTH_UP = from_origin(X, Y, CELL, CELL)


def write(path, cells, *, transform=NORTH_UP, nodata=None, **options) -> Path:
    with rasterio.open(
        path, "w", driver="GTiff", width=cells.shape[1], height=cells.shape[0], count=1, dtype=cells.dtype, crs=32630,
        transform=transform, nodata=nodata, **options,
    ) as file:  # fmt: skip
        file.write(cells[np.newaxis])
    return path


def source_of(path, nodata="none") -> Source:
    return open_source(path, 1, nodata)


@contextmanager
def small_windows():
    """Read block by block, however small the blocks are: so that small rasters have many windows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(raster_engine, "_LEAST_ROWS", 1)
        patch.setattr(raster_engine, "_LEAST_COLUMNS", 1)
        yield


def in_windows(source, shapes, *, is_classes):
    with small_windows():
        return measure([source], rings_of(shapes), is_classes=is_classes)[0]


# shapes, in cells: x to the east, y to the south


def star(rng, radius, vertices):
    turn = np.sort(rng.uniform(0, 2 * np.pi, vertices))
    reach = radius * rng.uniform(0.2, 1.0, vertices)
    shape = shapely.Polygon(np.column_stack([np.cos(turn), np.sin(turn)]) * reach[:, None])
    return repaired(np.array([shape]))[0]  # a star may miss its centre


def any_shape(rng, kind, rows=ROWS, columns=COLUMNS):
    centre = rng.uniform([-3, -3], [columns + 3, rows + 3])
    if kind == "rectilinear":  # most edges lie on the borders of cells and blocks
        step = rng.choice([0.5, 1.0, 8.0, 16.0])
        low = rng.integers(-1, [columns // step, rows // step], (4, 2)) * step
        high = low + rng.integers(1, 5, (4, 2)) * step
        land = shapely.union_all(shapely.box(*low[:3].T, *high[:3].T))
        return land.difference(shapely.box(*low[3], *high[3]))
    if kind == "tiny":
        return shapely.transform(star(rng, 10.0 ** rng.uniform(-4, 0), rng.integers(3, 9)), lambda xy: xy + centre)
    if kind == "huge":
        return shapely.transform(star(rng, 10.0 ** rng.uniform(2, 5), rng.integers(3, 40)), lambda xy: xy + centre)
    if kind == "parts":
        parts = [shapely.transform(star(rng, 9, 7), lambda xy, at=at: xy + at) for at in rng.uniform(0, rows, (4, 2))]
        return shapely.union_all(parts)
    if kind == "beside":
        return shapely.transform(
            star(rng, 5, 9), lambda xy: xy + rng.choice([[-9, 9], [columns + 9, 9], [9, rows + 9]])
        )
    shape = shapely.transform(star(rng, rng.uniform(1, rows), rng.integers(3, 60)), lambda xy: xy + centre)
    if kind == "holed":
        holes = [
            shapely.transform(star(rng, 6, 8), lambda xy, at=at: xy + at) for at in centre + rng.normal(0, 6, (5, 2))
        ]
        return shape.difference(shapely.union_all(holes))
    return shape


KINDS = ("plain", "plain", "holed", "holed", "rectilinear", "rectilinear", "parts", "tiny", "huge", "beside")


def ten_shapes(seed, rows=ROWS, columns=COLUMNS):
    rng = np.random.default_rng(seed)
    shapes = polygonal(repaired(np.array([any_shape(rng, kind, rows, columns) for kind in KINDS], dtype=object)))
    return shapes[shapely.area(shapes) > 0]


def on_ground(shapes, grid):
    def place(xy):
        x, y = grid * (xy[:, 0], xy[:, 1])
        return np.column_stack([x, y])

    return shapely.transform(shapes, place)


def fractions_of(measured, count, cells) -> np.ndarray:
    """Return the covered fraction of each cell by each shape, where each cell is a class of its own."""
    result = np.zeros((count, cells))
    result[measured.shape, measured.value.astype(int)] = measured.cells
    return result


# every cell by itself

GRIDS = {
    "north up": NORTH_UP,
    "south up": Affine(CELL, 0, X, 0, CELL, Y),
    "turned": Affine.translation(X, Y) * Affine.rotation(33) * Affine.scale(CELL, -CELL),
    "sheared": Affine(9, 4, X, -2, 7, Y),
    "oblong": from_origin(X, Y, 3.7, 11.3),
}
SMALL = (9, 12)


@pytest.fixture(scope="module")
def cell_by_cell(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cells")
    codes = np.arange(SMALL[0] * SMALL[1], dtype="uint8").reshape(SMALL)
    return {
        name: source_of(write(folder / f"{name}.tif", codes, transform=grid, blockysize=2))
        for name, grid in GRIDS.items()
    }


@settings(max_examples=EXAMPLES)
@given(seed=st.integers(0, 2**32 - 1), name=st.sampled_from(list(GRIDS)))
def test_each_cell_against_its_intersection_with_the_shape(cell_by_cell, seed, name):
    rows, columns = SMALL
    shapes = ten_shapes(seed, rows, columns)
    grid = GRIDS[name]
    found = in_windows(cell_by_cell[name], on_ground(shapes, grid), is_classes=True)
    row, column = np.divmod(np.arange(rows * columns), columns)
    cells = shapely.box(column, row, column + 1, row + 1)
    expected = shapely.area(shapely.intersection(shapes[:, None], cells[None, :]))
    # the ground's coordinates have nine digits before and seven behind the point
    assert fractions_of(found, len(shapes), rows * columns) == pytest.approx(expected, abs=2e-7)


@settings(max_examples=max(1, EXAMPLES // 4))
@given(seed=st.integers(0, 2**32 - 1), pixels=st.sampled_from(["tiles", "strips"]))
def test_classes_and_sums_against_exactextract(layouts, seed, pixels):
    shapes = on_ground(ten_shapes(seed), NORTH_UP)
    for is_classes in (True, False):
        source = layouts[pixels, is_classes]
        ours, theirs = (
            in_windows(source, shapes, is_classes=is_classes),
            measure_exact(source, shapes, is_classes=is_classes),
        )
        frames = [
            pd.DataFrame(
                {"shape": one.shape, "code": one.value if is_classes else 0, "sum": one.value, "cells": one.cells}
            )
            for one in (ours, theirs)
        ]
        both = frames[0].merge(frames[1], on=["shape", "code"], how="outer").fillna(0.0)
        within = 1e-6 * np.maximum(1.0, both["cells_y"])
        assert ((both["cells_x"] - both["cells_y"]).abs() <= within).all()
        if not is_classes:
            assert ((both["sum_x"] - both["sum_y"]).abs() <= 9 * within).all()


@pytest.fixture(scope="module")
def layouts(tmp_path_factory):
    folder, rng = tmp_path_factory.mktemp("layouts"), np.random.default_rng(8)
    codes = rng.choice(np.array([0, 10, 20, 200], "uint8"), (ROWS, COLUMNS))
    people = rng.gamma(1.0, 2.0, (ROWS, COLUMNS)).clip(0, 9).astype("float32")
    people[rng.random(people.shape) < 0.2] = -99999
    shapes = {"tiles": {"tiled": True, "blockxsize": 16, "blockysize": 16}, "strips": {"blockysize": 1}}
    return {
        (name, is_classes): source_of(write(folder / f"{name}{is_classes}.tif", cells, nodata=nodata, **options), None)
        for name, options in shapes.items()
        for is_classes, cells, nodata in ((True, codes, 0), (False, people, -99999))
    }


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32 - 1))
def test_parts_of_the_whole_sum_to_all_cells(layouts, seed):
    rng = np.random.default_rng(seed)
    points = shapely.MultiPoint(rng.uniform([0, 0], [COLUMNS, ROWS], (60, 2)))
    extent = shapely.box(0, 0, COLUMNS, ROWS)
    parts = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(points, extend_to=extent)), extent)
    parts = on_ground(parts, NORTH_UP)
    for pixels in ("tiles", "strips"):
        source = layouts[pixels, False]
        with rasterio.open(source.place) as file:
            cells = file.read(1, masked=True).astype("float64")
        found = in_windows(source, parts, is_classes=False)
        assert found.value.sum() == pytest.approx(cells.sum(), rel=1e-9)
        assert found.cells.sum() == pytest.approx(cells.count(), rel=1e-9)
        found = in_windows(layouts[pixels, True], parts, is_classes=True)
        with rasterio.open(layouts[pixels, True].place) as file:
            classes, count = np.unique(file.read(1, masked=True).compressed(), return_counts=True)
        held = pd.Series(found.cells).groupby(found.value).sum()
        assert held.index.tolist() == classes.tolist()
        assert held.tolist() == pytest.approx(count.tolist(), rel=1e-9)


def test_a_coast_of_many_bends_over_many_blocks(tmp_path):
    rng = np.random.default_rng(2)
    cells = rng.integers(0, 1000, (300, 400)).astype("int32")
    source = source_of(write(tmp_path / "a.tif", cells, tiled=True, blockxsize=16, blockysize=16))
    turn = np.linspace(0, 2 * np.pi, 20_000, endpoint=False)
    reach = 120 + 40 * np.sin(9 * turn) + 15 * np.sin(311 * turn) + rng.uniform(0, 0.02, len(turn))
    coast = shapely.Polygon(np.column_stack([200 + 1.3 * reach * np.cos(turn), 150 + reach * np.sin(turn)]))
    shapes = on_ground(repaired(np.array([coast, coast.buffer(-30), shapely.box(-9, -9, 500, 500)])), NORTH_UP)
    ours, theirs = (
        in_windows(source, shapes, is_classes=False),
        measure_exact(source, shapes, is_classes=False),
    )
    assert ours.cells == pytest.approx(theirs.cells, rel=1e-7)
    assert ours.value == pytest.approx(theirs.value, rel=1e-7)
    assert ours.cells[2] == cells.size
    assert ours.value[2] == cells.sum()


def test_the_order_of_shapes_and_vertices_changes_nothing(layouts):
    shapes = on_ground(ten_shapes(11), NORTH_UP)
    source = layouts["tiles", False]
    found = in_windows(source, shapes, is_classes=False)
    turned = shapely.reverse(shapes)
    again = in_windows(source, turned[::-1], is_classes=False)
    assert again.cells[::-1] == pytest.approx(found.cells, rel=1e-12)
    assert again.value[::-1] == pytest.approx(found.value, rel=1e-12)


# what is read


def test_threads_change_no_digit(layouts, monkeypatch):
    shapes = on_ground(np.concatenate([ten_shapes(seed) for seed in range(9)]), NORTH_UP)
    answers = []
    for threads in (1, 2, 7):
        monkeypatch.setattr(raster_engine, "thread_count", lambda threads=threads: threads)
        for is_classes in (True, False):
            source = layouts["tiles", is_classes]
            answers.append([*in_windows(source, shapes, is_classes=is_classes)])
    for one, other in ((0, 2), (0, 4), (1, 3), (1, 5)):
        for left, right in zip(answers[one], answers[other], strict=True):
            np.testing.assert_array_equal(left, right)


def windows_read(monkeypatch, source, shapes):
    read, seen = Source._read, []

    def noted(self, file, window):
        seen.append(window)
        return read(self, file, window)

    monkeypatch.setattr(Source, "_read", noted)
    measure([source], rings_of(on_ground(shapes, NORTH_UP)), is_classes=False)
    return sorted(seen)


def test_a_block_is_read_once_and_only_where_a_shape_reaches_it(tmp_path, monkeypatch):
    cells = np.ones((1024, 1024), "uint8")
    source = source_of(write(tmp_path / "a.tif", cells, tiled=True, blockxsize=256, blockysize=256))
    frame = shapely.box(10, 10, 1010, 1010).difference(shapely.box(200, 200, 900, 900))
    aslant = shapely.Polygon([(0, 0), (1024, 1024), (1024, 1023.5), (0.5, 0)])  # its box holds all blocks
    seen = windows_read(monkeypatch, source, np.array([aslant, aslant]))
    assert len(seen) == len(set(seen)) == 7  # four of the diagonal, three above it
    inner = {(row, column) for row in (256, 512) for column in (256, 512)}
    assert not inner & {(rows[0], columns[0]) for rows, columns in windows_read(monkeypatch, source, np.array([frame]))}


def test_thin_strips_are_read_many_at_once(tmp_path, monkeypatch):
    source = source_of(write(tmp_path / "a.tif", np.ones((500, 300), "uint8"), blockysize=1))
    assert source.block == (1, 300)
    seen = windows_read(monkeypatch, source, np.array([shapely.box(0, 0, 300, 500)]))
    assert seen == [((top, min(top + 64, 500)), (0, 300)) for top in range(0, 500, 64)]


def test_giant_blocks_are_read_in_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(raster_engine, "_MOST_CELLS", 1 << 14)
    source = source_of(
        write(tmp_path / "a.tif", np.ones((300, 256), "uint8"), tiled=True, blockxsize=256, blockysize=256)
    )
    seen = windows_read(monkeypatch, source, np.array([shapely.box(0, 0, 256, 300)]))
    assert seen == [((top, min(top + 64, 300)), (0, 256)) for top in range(0, 300, 64)]


def test_rasters_of_one_grid_are_read_side_by_side(tmp_path):
    rng = np.random.default_rng(3)
    one = write(tmp_path / "a.tif", rng.integers(0, 9, (40, 50)).astype("uint8"))
    two = write(tmp_path / "b.tif", rng.random((40, 50)).astype("float32"))
    rings = rings_of(on_ground(ten_shapes(5), NORTH_UP))
    both = [source_of(one), source_of(two)]
    for source, found in zip(both, measure(both, rings, is_classes=False), strict=True):
        alone = measure([source], rings, is_classes=False)[0]
        np.testing.assert_array_equal(found.value, alone.value)


# all that a file can say, the same by both engines


@pytest.mark.parametrize("kind", ["uint8", "int8", "int16", "uint16", "int32", "uint32", "int64", "float32", "float64"])
@pytest.mark.parametrize("stat", ["shares", "sum", "mean"])
@pytest.mark.parametrize("nodata", [None, 7, "none"])
def test_both_engines_read_cells_alike(tmp_path, kind, stat, nodata):
    rng = np.random.default_rng(6)
    cells = rng.integers(0, 9, (20, 30)).astype(kind)
    if kind.startswith("float"):
        cells[3:6, 3:6] = np.nan
    path = write(tmp_path / "a.tif", cells, nodata=3)
    areas = gpd.GeoDataFrame(geometry=on_ground(ten_shapes(1, 20, 30), NORTH_UP), crs=32630)
    areas["area_id"] = [f"A{i}" for i in range(len(areas))]
    ours, theirs = (match_raster(areas, path, stat=stat, nodata=nodata, engine=one) for one in ("auto", "exact"))
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-5, atol=1e-7)


@pytest.mark.parametrize("stat", ["shares", "sum"])
@pytest.mark.parametrize("mask", ["band", "alpha", "file"])
def test_both_engines_see_masks_alike(tmp_path, stat, mask):
    rng = np.random.default_rng(9)
    cells, seen = rng.integers(0, 9, (20, 30)).astype("uint8"), rng.integers(0, 2, (20, 30)).astype("uint8") * 255
    path = tmp_path / "a.tif"
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=mask == "band"), rasterio.open(
        path, "w", driver="GTiff", width=30, height=20, count=2 if mask == "alpha" else 1, dtype="uint8", crs=32630,
        transform=NORTH_UP, **({"alpha": "yes"} if mask == "alpha" else {}),
    ) as file:  # fmt: skip
        file.write(cells, 1)
        if mask == "alpha":
            file.write(seen, 2)
        else:
            file.write_mask(seen)
    areas = gpd.GeoDataFrame({"area_id": ["A"]}, geometry=[shapely.box(X, Y - 200, X + 300, Y)], crs=32630)
    ours, theirs = (match_raster(areas, path, stat=stat, engine=one) for one in ("auto", "exact"))
    pd.testing.assert_frame_equal(ours, theirs, rtol=1e-6)
    if stat == "sum":
        assert ours["value"].tolist() == [cells[seen > 0].sum()]


def test_without_numba_exactextract_answers(tmp_path, monkeypatch):
    path = write(tmp_path / "a.tif", np.ones((5, 5), "uint8"), nodata=0)
    areas = gpd.GeoDataFrame({"area_id": ["A"]}, geometry=[shapely.box(X, Y - 30, X + 25, Y)], crs=32630)
    monkeypatch.setitem(sys.modules, "landrelease.match.kernels.raster", None)
    assert match_raster(areas, path, stat="sum")["value"].tolist() == pytest.approx([7.5])
    south_up = write(tmp_path / "b.tif", np.ones((5, 5), "uint8"), transform=GRIDS["south up"], nodata=0)
    with pytest.raises(DataError, match="rotated or south up"):
        match_raster(areas, south_up, stat="sum")


# real maps

FILES = sorted(REAL.glob("landcover/**/*.tif")) + sorted(REAL.glob("population/*.tif"))


def part_with_land(file):
    """Return the middle of a raster, or the island in the sea of a large one."""
    rows, columns = min(file.height, 600), min(file.width, 600)
    middle = file.index(6.62, 0.2) if "N00E006" in file.name else (file.height // 2, file.width // 2)
    return rasterio.windows.Window(middle[1] - columns // 2, middle[0] - rows // 2, columns, rows)


@pytest.mark.real
@pytest.mark.skipif(not FILES, reason="the real data are not here (LANDRELEASE_REAL_DATA)")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_both_engines_agree_on_real_maps(path):
    rng = np.random.default_rng(12)
    with rasterio.open(path) as file:
        part = part_with_land(file)
        columns, rows = part.width, part.height
        grid, crs, kind = file.window_transform(part), file.crs, file.dtypes[0]
    shapes = [shapely.transform(star(rng, 10.0 ** rng.uniform(-1, 2), rng.integers(3, 40)), lambda xy, at=at: xy + at)
              for at in rng.uniform([0, 0], [columns, rows], (60, 2))]  # fmt: skip
    areas = gpd.GeoDataFrame(geometry=on_ground(np.array(shapes), grid), crs=crs)
    areas["area_id"] = [f"A{i}" for i in range(len(areas))]
    stats = ("sum", "mean") if kind.startswith("float") else ("sum", "mean", "shares")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        for stat in stats:
            ours, theirs = (match_raster(areas, path, stat=stat, engine=one) for one in ("auto", "exact"))
            if stat == "shares":
                on = ["area_id", "class_code"]
                both = ours.merge(theirs, on=on, how="outer")
                held = pd.Series(shapely.area(np.array(shapes)), index=areas["area_id"]).reindex(both["area_id"])
                apart = (both["class_share_x"].fillna(0) - both["class_share_y"].fillna(0)).abs() * held.to_numpy()
                assert (apart <= 1e-6 * np.maximum(1.0, held.to_numpy())).all()
            else:
                pd.testing.assert_frame_equal(ours, theirs, rtol=1e-6)


@pytest.mark.real
@pytest.mark.skipif(not FILES, reason="the real data are not here (LANDRELEASE_REAL_DATA)")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_whole_cells_of_real_maps_are_those_that_rasterio_reads(path):
    rng = np.random.default_rng(13)
    with rasterio.open(path) as file:
        part = part_with_land(file)
        cells, grid, crs = file.read(1, masked=True, window=part), file.window_transform(part), file.crs
        nodata, kind = file.nodata, file.dtypes[0]
    # a strip of the edge of the file, too: there is nothing beyond it
    corners = np.sort(rng.integers(0, [[[part.width], [part.height]]], (40, 2, 2)), axis=2)
    corners = np.concatenate(
        [np.add(corners, [0, 1]), [[[0, part.width], [0, 2]], [[0, part.width], [0, part.height]]]]
    )
    held = [cells[low:high, west:east] for (west, east), (low, high) in corners]
    boxes = shapely.box(corners[:, 0, 0], corners[:, 1, 0], corners[:, 0, 1], corners[:, 1, 1])
    areas = gpd.GeoDataFrame({"area_id": np.arange(len(held)).astype(str)}, geometry=on_ground(boxes, grid), crs=crs)
    count, seen = np.array([part.size for part in held]), np.array([part.count() for part in held])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        total = match_raster(areas, path, stat="sum")
        assert (np.abs(total["covered_share"] * count - seen) <= 1e-6).all()
        most = np.array([abs(part.astype(float)).max() if part.count() else 0.0 for part in held])
        expected = np.array([part.astype(float).sum() if part.count() else np.nan for part in held])
        np.testing.assert_allclose(total["value"], expected, rtol=1e-12, atol=1e-6 * most.max())
        if kind.startswith("float"):
            return
        found = match_raster(areas, path, stat="shares").dropna(subset="class_code")
    assert nodata is None or nodata not in set(found["class_code"])
    counted = {(str(i), code): n for i, part in enumerate(held)
               for code, n in zip(*np.unique(part.compressed(), return_counts=True), strict=True)}  # fmt: skip
    places = found["area_id"].astype(int).to_numpy()
    shares = dict(zip(zip(found["area_id"], found["class_code"], strict=True), found["class_share"] * count[places],
                      strict=True))  # fmt: skip
    assert max(abs(shares.get(key, 0.0) - counted.get(key, 0)) for key in shares.keys() | counted.keys()) <= 1e-6


# rings


@example([shapely.Polygon(), None, shapely.Point(0, 0), shapely.box(0, 0, 1, 1)])
@given(
    st.lists(st.sampled_from([*ten_shapes(1), None, shapely.Polygon(), shapely.MultiPolygon(), shapely.Point(1, 2)]))
)
@settings(max_examples=50)
def test_rings_are_those_of_the_shapes(shapes):
    found = rings_of(np.array(shapes, dtype=object))
    expected, holes, starts = [], [], [0]
    for shape in shapes:
        for part in getattr(shape, "geoms", [shape]) if shape is not None and shape.geom_type != "Point" else []:
            if not part.is_empty:
                expected += [part.exterior, *part.interiors]
                holes += [False, *(True for _ in part.interiors)]
        starts.append(len(expected))
    assert found.shape_start.tolist() == starts
    assert found.is_hole.tolist() == holes
    for i, ring in enumerate(expected):
        np.testing.assert_array_equal(found.xy[found.ring_start[i] : found.ring_start[i + 1]], ring.coords)
    assert len(found.xy) == found.ring_start[-1]
