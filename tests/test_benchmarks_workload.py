"""The generator of the benchmarks makes what it says: seeded, valid where it should be, wrong where it should be."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
import shapely

ROOT = Path(__file__).resolve().parents[1]
COUNTRY = 0.02


@pytest.fixture(scope="module")
def workload() -> Any:
    spec = importlib.util.spec_from_file_location("workload", ROOT / "benchmarks" / "workload.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["workload"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["workload"]


@pytest.fixture
def made(workload: Any, tmp_path: Path) -> Any:
    return workload.Workload(tmp_path, seed=7, country=COUNTRY)


def test_the_same_seed_makes_the_same_and_another_does_not(workload: Any) -> None:
    one, again, other = (workload.hazards(300, seed=seed, country=COUNTRY).geometry for seed in (1, 1, 2))
    assert shapely.equals_exact(one.to_numpy(), again.to_numpy(), tolerance=0).all()
    assert not shapely.equals_exact(one.to_numpy(), other.to_numpy(), tolerance=0).any()


def test_what_was_made_is_read_again(made: Any) -> None:
    first = made.hazards(100)
    assert len(list(made.folder.iterdir())) == 2  # hazards, and the units that they lie in
    assert shapely.equals_exact(made.hazards(100).geometry.to_numpy(), first.geometry.to_numpy(), tolerance=0).all()


def test_hazards_have_the_shapes_that_were_asked(workload: Any) -> None:
    hazards = workload.hazards(4_000, seed=3)
    shapes = hazards.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert hazards["area_id"].is_unique
    corners = shapely.get_num_coordinates(shapely.get_exterior_ring(shapely.get_geometry(shapes, 0))) - 1
    assert (corners.min(), corners.max()) == (8, 60)
    assert 7_000 < np.median(shapely.area(shapes)) < 9_500
    assert 0.02 < (shapely.get_num_geometries(shapes) == 2).mean() < 0.04
    assert 0.03 < (shapely.get_num_interior_rings(shapes) == 1).mean() < 0.05
    box = shapely.oriented_envelope(shapes)
    sides = shapely.length(box) / 2
    width = (sides - np.sqrt(np.maximum(sides**2 - 4 * shapely.area(box), 0))) / 2
    assert 0.005 < (width < sides / 100).mean() < 0.02  # slivers


def test_a_twelfth_of_the_hazards_touch_another(workload: Any) -> None:
    shapes = workload.hazards(4_000, seed=3).geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert 0.1 < len(np.unique(one[one != other])) / 4_000 < 0.3  # each with its other, and those that happen to


def test_parcels_are_valid_coverages_on_a_quarter_of_the_land(workload: Any) -> None:
    parcels = workload.parcels(5_000, seed=3, country=COUNTRY)
    shapes = parcels.geometry.to_numpy()
    assert len(parcels) == 5_000
    assert shapely.is_valid(shapes).all()
    assert shapely.coverage_is_valid(shapes)
    country_m2 = workload.WIDTH_M * workload.HEIGHT_M * COUNTRY**2
    assert shapely.area(shapes).sum() == pytest.approx(0.25 * country_m2, rel=0.02)
    assert (shapely.get_num_geometries(shapes) == 2).sum() == 5_000 // 100 + 5_000 // 50
    assert (shapely.get_num_interior_rings(shapes) == 1).sum() == 5_000 // 50


def test_claims_overlap_what_is_there(workload: Any) -> None:
    parcels = workload.parcels(2_000, seed=3, country=COUNTRY, claims=0.05)
    shapes = parcels.geometry.to_numpy()
    twice = shapely.area(shapes).sum() - shapely.union_all(shapes).area
    claimed = shapely.area(shapes[-100:]).sum()
    assert len(parcels) == 2_000
    assert 0.8 * claimed < twice < 1.3 * claimed


@pytest.mark.parametrize("what", ["hazards", "parcels"])
def test_invalid_rings_have_their_share_and_one_meaning(workload: Any, what: str) -> None:
    frame = getattr(workload, what)(3_000, seed=5, country=COUNTRY, invalid=0.08)
    shapes = frame.geometry.to_numpy()
    bad = shapes[~shapely.is_valid(shapes)]
    assert 0.06 < len(bad) / 3_000 < 0.1
    assert len({reason.split("[")[0] for reason in shapely.is_valid_reason(bad)}) >= 2
    lines = shapely.area(shapely.make_valid(bad))
    structure = shapely.area(shapely.make_valid(bad, method="structure", keep_collapsed=False))
    assert lines == pytest.approx(structure, rel=1e-9)
    assert (lines > 0).all()


def test_hazards_along_edges_share_them_with_parcels(workload: Any) -> None:
    parcels = workload.parcels(2_000, seed=3, country=COUNTRY).geometry.to_numpy()
    hazards = workload.hazards(1_000, seed=4, country=COUNTRY, along=0.25, parcels=parcels).geometry.to_numpy()
    borders = shapely.boundary(parcels)
    one, other = shapely.STRtree(borders).query(hazards)
    shared = shapely.length(shapely.intersection(shapely.boundary(hazards[one]), borders[other])) > 0
    vertices = {tuple(xy) for xy in shapely.get_coordinates(parcels)}
    has_vertex = [sum(tuple(xy) in vertices for xy in shapely.get_coordinates(shape)) >= 2 for shape in hazards]
    assert 0.1 < len(np.unique(one[shared])) / 1_000 < 0.3
    assert 0.1 < np.mean(has_vertex) < 0.3
    assert shapely.is_valid(hazards).all()


def test_areas_that_touch_lie_in_one_unit(made: Any) -> None:
    hazards = made.hazards(1_000)
    shapes, units = hazards.geometry.to_numpy(), hazards["admin_code"].to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    assert (units[one] == units[other]).all()
    assert len(set(units)) > 10


def test_land_cover_has_its_classes_tiles_and_years(made: Any, workload: Any) -> None:
    with rasterio.open(made.land_cover(2020)) as first, rasterio.open(made.land_cover(2021)) as second:
        assert first.profile["compress"] == "deflate"
        assert first.block_shapes == [(512, 512)]
        assert (first.width, first.height, first.res) == (800, 1_000, (10.0, 10.0))
        cells, later = first.read(1), second.read(1)
    assert set(np.unique(cells)) <= {0, *workload.CLASSES.tolist()}
    assert len(np.unique(cells)) > 5
    assert 0 < (cells != later).mean() < 0.2


def test_people_are_counts_with_unknown_cells(made: Any) -> None:
    with rasterio.open(made.population()) as file:
        assert file.dtypes == ("float32",)
        assert file.res == (100.0, 100.0)
        people = file.read(1, masked=True)
    assert people.min() >= 0


def test_projects_are_as_many_as_asked(workload: Any) -> None:
    projects = workload.projects(500, seed=1, country=COUNTRY)
    assert len(projects) == projects["project_id"].nunique() == 500
    assert (shapely.get_type_id(projects.geometry.to_numpy()) == 0).all()
