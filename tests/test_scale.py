"""Functions over partitions: the same rows as at once, and nothing that was finished is lost or done again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from pandas.testing import assert_frame_equal
from pyproj import CRS, Geod, Transformer
from typer.testing import CliRunner

import landrelease as lr
from landrelease.cli import app
from landrelease.errors import CRSError, DataError, DataWarning, OptionError
from landrelease.match.threads import at_most, thread_count
from landrelease.scale import tasks
from landrelease.scale.partitions import around, cut, read_at

AS_OF = "2025-12-31"
N, M = 60, 300


@pytest.fixture(autouse=True)
def _no_cluster_unless_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "find_spec", lambda name: None)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed", reason="dask is not installed: pip install 'landrelease[scale]'")
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as made,
        distributed.Client(made, set_as_default=False) as client,
    ):
        yield client


def blobs(rng: np.random.Generator, count: int, corner: tuple[float, float], side: float, reach: float) -> Any:
    x, y = (start + rng.uniform(0, side, count) for start in corner)
    turn = np.sort(rng.uniform(0, 2 * np.pi, (count, 9)), axis=1)
    far = rng.uniform(0.4, 1, turn.shape) * reach
    ring = np.stack([x[:, None] + far * np.cos(turn), y[:, None] + far * np.sin(turn)], axis=-1)
    return shapely.polygons(ring)


class World:
    """Releases of areas that have several, some of no place, and what lies around them; overlaps and bad rings too."""

    def __init__(self, crs: int, corner: tuple[float, float], side: float, reach: float) -> None:
        rng = np.random.default_rng(4)

        def days(count: int) -> Any:
            return pd.to_datetime("2018-01-01") + pd.to_timedelta(rng.integers(0, 2_000, count), "D")

        shapes = blobs(rng, N, corner, side, reach).astype(object)
        shapes[::17] = None
        self.areas = gpd.GeoDataFrame(
            {
                "release_id": [f"E{i}" for i in range(N)],
                "area_id": [f"A{i}" for i in rng.integers(0, N // 2, N)],
                "release_date": days(N).astype("datetime64[s]"),
                "intended_use_code": rng.choice(["agriculture", "grazing", None], N),
                "admin_code": rng.choice(["P1", "P2", None], N),
                "tags": [[i] for i in range(N)],
            },
            geometry=list(shapes),
            crs=crs,
        )
        self.land = gpd.GeoDataFrame(
            {
                "land_use_id": [f"L{i}" for i in range(M)],
                "use_code": rng.choice(["agriculture", "grazing", "none", None], M),
                "observed_date": days(M) + pd.Timedelta(days=700),
            },
            geometry=list(blobs(rng, M, corner, side, 2 * reach)),
            crs=crs,
        )
        points = shapely.points(*(start + rng.uniform(0, side, M) for start in corner)).astype(object)
        points[::29], points[::31] = None, shapely.Point()
        self.projects = gpd.GeoDataFrame(
            {
                "project_id": [f"P{i}" for i in range(M)],
                "location_id": [f"P{i}/1" for i in range(M)],
                "is_point": pd.array(rng.choice([True, True, True, False], M), dtype="boolean"),
                "start_date": days(M),
                "sector_code": "31120",
                "admin_code": rng.choice(["P1", "P2", "P", None], M),
            },
            geometry=list(points),
            crs=crs,
        )
        self.visits = pd.DataFrame(
            {
                "follow_up_id": [str(i) for i in range(60)],
                "area_id": [f"A{i}" for i in rng.integers(0, N // 2, 60)],
                "use_code": rng.choice(["agriculture", "none"], 60),
                "visit_date": days(60) + pd.Timedelta(days=700),
            }
        )
        west, south = corner
        halves = [shapely.box(west + i * side / 2, south, west + (i + 1) * side / 2, south + side) for i in range(2)]
        self.units = gpd.GeoDataFrame(
            {"admin_code": ["P1", "P2", "P"], "parent_code": ["P", "P", None], "level": [2, 2, 1]},
            geometry=[*halves, shapely.union_all(halves)],
            crs=crs,
        )

    def calls(self) -> dict[str, tuple[Any, dict[str, Any], dict[str, Any]]]:
        window = {"months_before": 12, "months_after": 60, "admin_areas": self.units}
        evidence = {"as_of": AS_OF, "follow_ups": self.visits, "projects": self.projects}
        return {
            "split": (lr.match_overlap, {"layer": self.land}, {"by": "use_code"}),
            "first": (lr.match_overlap, {"layer": self.land}, {"by": "use_code", "on_overlap": "first"}),
            "exact": (lr.match_overlap, {"layer": self.land}, {"by": "use_code", "engine": "exact"}),
            "near": (lr.match_nearby, {"layer": self.land}, {"within_m": 900.0}),
            "touching": (lr.match_nearby, {"layer": self.land}, {"within_m": 0}),
            "projects": (lr.match_projects, {"projects": self.projects}, {"within_m": 900.0, **window}),
            "units": (lr.assign_admin, {}, {"admin_areas": self.units}),
            "use": (lr.assess_use, {"land_use": self.land}, evidence),
        }


UTM = World(32633, (4e5, 5e6), 8e3, 250)
PLACES = {"utm": UTM, "fiji": World(4326, (179.95, -17), 0.1, 0.003), "mercator": World(3857, (2e6, 8e6), 2e4, 500)}


def files(frame: gpd.GeoDataFrame, folder: Path) -> Path:
    """Write a frame as a folder of two files with boxes."""
    folder.mkdir()
    half = len(frame) // 2
    for i, part in enumerate((frame.iloc[:half], frame.iloc[half:])):
        part.to_parquet(folder / f"{i}.parquet", write_covering_bbox=True, row_group_size=64)
    return folder


def mapped(function: Any, areas: Any, out: Path, **given: Any) -> Any:
    return lr.read_parts(lr.map_areas(function, areas, out=out, **{"partition_rows": 20, **given}))


def parts(out: Path) -> dict[str, tuple[int, int]]:
    """Return each file of a partition with what changes when it is written."""
    return {file.name: (file.stat().st_ino, file.stat().st_mtime_ns) for file in sorted(out.glob("part-*.parquet"))}


def marked(areas: gpd.GeoDataFrame, *, where: str) -> pd.DataFrame:
    """Leave a mark of each call; the partition of A0 waits, where it is told to, until it may go on."""
    here = Path(where).parent
    (here / f"call-{areas['area_id'].min()}-{uuid.uuid4().hex}").touch()
    if "A0" in set(areas["area_id"]) and (here / "hold").exists():
        (here / "waiting").write_text(str(os.getpid()))
        while not (here / "go").exists():
            time.sleep(0.01)
    return areas[["area_id"]].reset_index(drop=True)


def marked_overlap(areas: gpd.GeoDataFrame, layer: gpd.GeoDataFrame, *, where: str) -> pd.DataFrame:
    marked(areas, where=where)
    return lr.match_overlap(areas, layer, by="use_code")


def calls_of(folder: Path) -> list[str]:
    """Return the first area of each partition that was begun, as often as it was begun."""
    return sorted(file.name.split("-")[1] for file in folder.glob("call-*"))


def row_of_squares(count: int) -> gpd.GeoDataFrame:
    shapes = [shapely.box(500_000 + 1_000 * i, 0, 500_100 + 1_000 * i, 100) for i in range(count)]
    return gpd.GeoDataFrame({"area_id": [f"A{i}" for i in range(count)]}, geometry=shapes, crs=32630)


def as_true_as(name: str) -> dict[str, Any]:
    """Distances are true to 0.1 mm, by polynomials only where many corners lie; a newer map cuts an older one anew."""
    if name in ("near", "projects"):
        return {"rtol": 0, "atol": 2e-4}
    return {"check_exact": name != "use", "rtol": 1e-9, "atol": 1e-6}


@pytest.mark.parametrize("kind", ["frames", "files"])
@pytest.mark.parametrize("name", list(UTM.calls()))
def test_partitions_give_the_rows_of_one_call(name: str, kind: str, tmp_path: Path) -> None:
    function, layers, options = UTM.calls()[name]
    areas: Any = UTM.areas
    whole = function(areas, **layers, **options)
    if kind == "files":
        areas = files(areas, tmp_path / "areas")
        layers = {key: files(layer, tmp_path / key) for key, layer in layers.items()}
    found = mapped(function, areas, tmp_path / "out", layers=layers, options=options)
    assert_frame_equal(found, whole, **as_true_as(name))
    assert len(parts(tmp_path / "out")) >= 3


@pytest.mark.parametrize("place", ["fiji", "mercator"])
@pytest.mark.parametrize("name", ["split", "near", "projects", "units"])
def test_the_plane_and_the_antimeridian_make_no_difference(name: str, place: str, tmp_path: Path) -> None:
    function, layers, options = PLACES[place].calls()[name]
    areas = PLACES[place].areas
    found = mapped(function, areas, tmp_path / "out", layers=layers, options=options)
    assert_frame_equal(
        found, function(areas, **layers, **options), rtol=1e-12, atol=2e-4 if name in ("near", "projects") else 1e-9
    )


def test_a_raster_is_measured_alike(tmp_path: Path) -> None:
    path = tmp_path / "cover.tif"
    grid = rasterio.transform.from_origin(4e5, 5e6 + 8e3, 50, 50)
    cells = np.random.default_rng(1).integers(1, 4, (160, 160)).astype("uint8")
    with rasterio.open(
        path, "w", driver="GTiff", width=160, height=160, count=1, dtype="uint8", nodata=0, crs=32633, transform=grid
    ) as file:
        file.write(cells, 1)
    for stat, raster in (("shares", path), ("mean", [path]), ("shares", {2020: path, 2015: path})):
        options = {"raster": raster, "stat": stat, "allow": {"vrt"}}
        found = mapped(lr.match_raster, UTM.areas, tmp_path / "out", options=options)
        assert_frame_equal(found, lr.match_raster(UTM.areas, **options), rtol=1e-12)


@pytest.mark.parametrize(
    ("code", "middle"),
    [(4326, (18.0, 44.0)), (4326, (179.99, -17.0)), (4326, (20.0, 89.0)), (32633, (18.9, 44.0)), (3857, (20.0, 70.0)),
     (3413, (170.0, 89.9)), (3413, (-45.0, 72.0)), (3832, (179.9, -17.0)), (3857, (179.999, 0.0)),
     (2225, (-122.0, 40.0))],
)  # fmt: skip
@pytest.mark.parametrize("reach_m", [50.0, 40_000.0])
def test_nothing_within_the_distance_is_cut_away(code: int, middle: tuple[float, float], reach_m: float) -> None:
    """Points at the distance in all directions, by the geodesic, lie in the boxes around where they were seen from."""
    rng, crs, count = np.random.default_rng(2), CRS(code), 400
    here = gpd.GeoSeries(gpd.points_from_xy(*(np.array(middle)[:, None] + rng.uniform(-1e-3, 1e-3, (2, 30)))), crs=4326)
    seen = here.to_crs(crs)
    start = rng.integers(0, 30, count)
    lon, lat, _ = Geod(ellps="WGS84").fwd(
        here.x.to_numpy()[start], here.y.to_numpy()[start], rng.uniform(0, 360, count), np.full(count, reach_m)
    )
    x, y = Transformer.from_crs(4326, crs, always_xy=True).transform(lon, lat)
    places = gpd.GeoDataFrame(geometry=gpd.points_from_xy(x, y), crs=crs)
    boxes = around(tuple(seen.total_bounds), crs, reach_m)
    assert boxes is not None
    assert len(cut(places, boxes)) == count


def test_a_system_that_tells_no_distances_is_not_cut() -> None:
    assert around((0.0, 0.0, 1.0, 1.0), CRS(4978), 10.0) is None
    assert around((0.0, 0.0, 1.0, 1.0), CRS(4807), 10.0) is None  # grads
    assert around(None, CRS(4326), 10.0) == []


def test_what_has_no_place_goes_to_every_partition(tmp_path: Path) -> None:
    folder = files(UTM.projects, tmp_path / "projects")
    shapes = UTM.projects.geometry
    everywhere = UTM.projects[shapes.isna() | shapes.is_empty | ~UTM.projects["is_point"]]
    for found in (cut(UTM.projects, []), read_at(folder, [])):
        assert found["location_id"].tolist() == everywhere["location_id"].tolist()
    assert len(read_at(folder, None)) == M


def test_visits_find_the_latest_release_of_an_area_whose_releases_lie_apart(tmp_path: Path) -> None:
    releases = row_of_squares(40).rename(columns={"area_id": "release_id"})
    releases["area_id"] = [f"H{i % 20}" for i in range(40)]
    releases["release_date"] = pd.to_datetime(["2018-01-01"] * 20 + ["2020-01-01"] * 20)
    visits = pd.DataFrame({"follow_up_id": ["1"], "area_id": ["H3"], "use_code": ["grazing"],
                           "visit_date": pd.to_datetime(["2021-01-01"])})  # fmt: skip
    options = {"as_of": AS_OF, "follow_ups": visits}
    found = mapped(lr.assess_use, releases, tmp_path / "out", options=options, partition_rows=5)
    assert found.loc[found["verdict"] != "unknown", "release_id"].tolist() == ["A23"]
    assert_frame_equal(found, lr.assess_use(releases, **options))


def test_a_partition_that_is_gone_is_made_again_alone(tmp_path: Path) -> None:
    squares, out, options = row_of_squares(10), tmp_path / "out", {"where": str(tmp_path / "none")}
    mapped(marked, squares, out, options=options, partition_rows=2)
    before = parts(out)
    assert (len(before), len(list(tmp_path.glob("call-*")))) == (5, 5)
    gone, cut_short = list(before)[1], list(before)[3]
    (out / gone).unlink()
    with pytest.raises(DataError, match=r"1 of 5 partitions are missing, the first is part-00001"):
        lr.read_parts(out)
    (out / cut_short).write_bytes((out / cut_short).read_bytes()[:-9])
    (out / ".part-left.tmp").touch()
    found = mapped(marked, squares, out, options=options, partition_rows=2)
    after = parts(out)
    assert [name for name in before if after[name] != before[name]] == [gone, cut_short]
    assert len(list(tmp_path.glob("call-*"))) == 7
    assert found["area_id"].tolist() == squares["area_id"].tolist()
    assert not (out / ".part-left.tmp").exists()


def test_other_options_or_inputs_make_all_anew(tmp_path: Path) -> None:
    out, layer, options = tmp_path / "out", tmp_path / "land.parquet", {"by": "use_code"}
    UTM.land.to_parquet(layer, write_covering_bbox=True)
    mapped(lr.match_overlap, UTM.areas, out, layers={"layer": layer}, options=options)
    before = parts(out)
    mapped(lr.match_overlap, UTM.areas, out, layers={"layer": layer}, options=options)
    assert parts(out) == before
    moved = UTM.areas.assign(geometry=UTM.areas.translate(1.0))
    for areas, other in ((UTM.areas, {**options, "on_overlap": "first"}), (moved, options)):
        found = mapped(lr.match_overlap, areas, out, layers={"layer": layer}, options=other)
        assert_frame_equal(found, lr.match_overlap(areas, UTM.land, **other), check_exact=True)
        assert not set(parts(out)) & set(before)
        assert len(parts(out)) == len(before)
        before = parts(out)
    UTM.land.iloc[:9].to_parquet(layer, write_covering_bbox=True)
    found = mapped(lr.match_overlap, moved, out, layers={"layer": layer}, options=options)
    assert_frame_equal(found, lr.match_overlap(moved, UTM.land.iloc[:9], **options), check_exact=True)


def test_a_warning_is_told_once_and_again_by_a_call_that_goes_on(tmp_path: Path) -> None:
    silent = UTM.projects.assign(is_point=pd.array([None] * M, dtype="boolean"))
    given = {"layers": {"projects": silent}, "options": UTM.calls()["projects"][2]}
    for _ in range(2):
        with pytest.warns(DataWarning, match="rows of 'projects' have a geometry and do not say") as told:
            mapped(lr.match_projects, UTM.areas, tmp_path / "out", **given)
        assert len(told) == 1


def fails_at_a7(areas: gpd.GeoDataFrame) -> pd.DataFrame:
    if "A7" in set(areas["area_id"]):
        raise DataError("A7 is odd.")
    return areas[["area_id"]]


def test_an_error_says_where_and_keeps_what_was_finished(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="A7 is odd") as raised:
        lr.map_areas(fails_at_a7, row_of_squares(10), out=tmp_path / "out", partition_rows=2)
    assert raised.value.__notes__ == ["in partition 3, of 5; what was finished is kept"]
    assert len(parts(tmp_path / "out")) == 3


def odd_types(areas: gpd.GeoDataFrame) -> pd.DataFrame:
    some = areas["area_id"].eq("A0")
    return pd.DataFrame(
        {
            "area_id": areas["area_id"],
            "day": pd.Series(pd.Timestamp("2020-01-01"), index=areas.index).astype("datetime64[s]"),
            "note": "x" if some.any() else None,
            "number": pd.array([1] * len(areas), dtype="Int64"),
        }
    )


def test_types_are_those_of_one_call(tmp_path: Path) -> None:
    found = mapped(odd_types, row_of_squares(6), tmp_path / "out", partition_rows=2)
    assert found.dtypes.astype(str).to_dict() == {
        "area_id": "str", "day": "datetime64[s]", "note": "str", "number": "Int64"
    }  # fmt: skip


@pytest.mark.parametrize("rows", [slice(0, 0), slice(0, 1), slice(0, N, 17)], ids=["none", "one", "nowhere"])
@pytest.mark.parametrize("name", ["split", "near", "projects", "units", "use"])
def test_few_areas_and_areas_of_no_place(name: str, rows: slice, tmp_path: Path) -> None:
    function, layers, options = UTM.calls()[name]
    areas = UTM.areas.iloc[rows]
    found = mapped(function, areas, tmp_path / "out", layers=layers, options=options, partition_rows=3)
    assert_frame_equal(found, function(areas, **layers, **options))


def one_closed_over() -> Any:
    limit = 3
    return lambda areas: areas.head(limit)


def nothing_of_the_areas(areas: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame({"area_id": ["Z"]})


def near_me(areas: gpd.GeoDataFrame, wells: gpd.GeoDataFrame, *, size: Any = 1) -> pd.DataFrame:
    return areas[["area_id"]].assign(well_count=len(wells))


SQUARES = row_of_squares(4)
WELLS = gpd.GeoDataFrame({"well_id": ["1"]}, geometry=gpd.points_from_xy([500_050], [50]), crs=32630)


@pytest.mark.parametrize(
    ("function", "areas", "given", "error", "words"),
    [
        (near_me, SQUARES.set_crs(None, allow_override=True), {}, CRSError, "no coordinate reference system"),
        (near_me, pd.DataFrame({"area_id": ["A"]}), {}, CRSError, "must be a GeoDataFrame"),
        (near_me, SQUARES.to_crs(4326), {}, CRSError, "'areas' is in EPSG:4326, 'wells' is in"),
        (near_me, SQUARES.drop(columns="area_id"), {}, DataError, "has no id column"),
        (near_me, SQUARES.assign(area_id=["A", "B", "A", "C"]), {}, DataError, "1 of 4 rows .* repeat their area_id"),
        (near_me, SQUARES.assign(area_id=["A", None, None, "C"]), {}, DataError, "2 of 4 rows .* have no area_id"),
        (near_me, SQUARES, {"reach_m": None}, OptionError, "how far near_me looks"),
        (near_me, SQUARES, {"reach_m": -1.0}, OptionError, "must be a distance"),
        (near_me, SQUARES, {"options": {"sise": 2}}, OptionError, "can not be called so: .*sise"),
        (near_me, SQUARES, {"options": {"wells": WELLS}}, OptionError, "in layers and in options"),
        (near_me, SQUARES, {"options": {"size": object()}}, OptionError, "type object can not be told"),
        (near_me, SQUARES, {"partition_rows": 0}, OptionError, "partition_rows must be"),
        (nothing_of_the_areas, SQUARES, {"layers": None}, DataError, "returned area_id 'Z', which is none of"),
        (lambda areas: areas, SQUARES, {"layers": None}, OptionError, "must be one that has a name"),
        (one_closed_over(), SQUARES, {"layers": None}, OptionError, "takes all it needs as arguments"),
        (lr.land_balance, SQUARES, {"layers": None, "options": {"start": "2020-01-01", "end": AS_OF}}, OptionError,
         "needs all areas at once.* These do: assess_use, assign_admin"),
        (lr.assign_admin, SQUARES, {"layers": {"admin_areas": UTM.units}, "reach_m": None}, OptionError,
         "needs the whole of"),
        (lr.match_nearby, SQUARES, {"layers": {"layer": WELLS}, "options": {"within_m": 5}}, OptionError,
         "match_nearby looks is known"),
    ],
)  # fmt: skip
def test_what_would_be_wrong_is_refused(
    function: Any, areas: Any, given: dict[str, Any], error: type[Exception], words: str, tmp_path: Path
) -> None:
    given = {"layers": {"wells": WELLS}, "reach_m": 10.0, **given}
    with pytest.raises(error, match=words):
        lr.map_areas(function, areas, out=tmp_path / "out", **given)
    assert not parts(tmp_path / "out")


def test_a_function_of_ones_own_gets_what_is_near(tmp_path: Path) -> None:
    for reach_m, counts in ((0.0, [1, 0, 0, 0]), (800.0, [1, 0, 0, 0]), (1_000.0, [1, 1, 0, 0])):
        given = {"layers": {"wells": WELLS}, "reach_m": reach_m, "partition_rows": 1}
        found = mapped(near_me, SQUARES, tmp_path / "out", **given)
        assert found["well_count"].tolist() == counts


def test_files_that_can_not_be_read_in_parts_are_refused(tmp_path: Path) -> None:
    WELLS.to_parquet(tmp_path / "plain.parquet")
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "table.parquet")
    for name, words in (
        ("plain", "does not keep the boxes of its shapes"), ("table", "can not be read"), ("no", "can not be read")
    ):  # fmt: skip
        with pytest.raises(DataError, match=words):
            lr.map_areas(
                near_me, SQUARES, layers={"wells": tmp_path / f"{name}.parquet"}, reach_m=1.0, out=tmp_path / "out"
            )


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "part-0.parquet").write_text("mine")
    with pytest.raises(DataError, match="is not of map_areas"):
        lr.map_areas(marked, SQUARES, out=tmp_path, options={"where": "none"})
    with pytest.raises(DataError, match="is not of map_areas"):
        lr.map_areas(marked, SQUARES, out=tmp_path / "part-0.parquet", options={"where": "none"})
    assert (tmp_path / "part-0.parquet").read_text() == "mine"
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "_manifest.json").write_text("{")
    with pytest.raises(DataError, match="is damaged"):
        lr.map_areas(marked, SQUARES, out=tmp_path / "out", options={"where": "none"})


def test_threads_are_no_more_than_a_task_was_given() -> None:
    before = thread_count()
    with at_most(1):
        assert thread_count() == 1
    assert thread_count() == before


def test_workers_give_the_rows_of_one_call(cluster: Any, tmp_path: Path) -> None:
    for name in ("split", "projects", "use"):
        function, layers, options = UTM.calls()[name]
        found = mapped(function, UTM.areas, tmp_path / name, layers=layers, options=options, client=cluster)
        whole = function(UTM.areas, **layers, **options)
        assert_frame_equal(found, whole, **as_true_as(name))


def test_a_cluster_of_ones_own_is_started_and_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("distributed", reason="dask is not installed: pip install 'landrelease[scale]'")
    monkeypatch.undo()
    monkeypatch.setattr(tasks, "thread_count", lambda: 2)
    found = mapped(marked, SQUARES, tmp_path / "out", options={"where": str(tmp_path / "none")}, partition_rows=2)
    assert found["area_id"].tolist() == SQUARES["area_id"].tolist()


def wait_for(path: Path) -> str:
    for _ in range(3_000):
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.01)
    raise AssertionError(f"{path.name} did not come")


@pytest.fixture
def to_kill(tmp_path: Path) -> tuple[Any, pd.DataFrame]:
    """What is asked while something is killed, and what one call answers: six partitions, the first of which waits."""
    squares = row_of_squares(12)
    strips = squares.assign(use_code=["grazing", "road", "forest"] * 4, geometry=squares.translate(30.0, 20.0))
    for name, frame in (("squares", squares), ("strips", strips)):
        frame.to_parquet(tmp_path / f"{name}.parquet", write_covering_bbox=True)
    (tmp_path / "hold").touch()
    given = {"layers": {"layer": tmp_path / "strips.parquet"}, "options": {"where": str(tmp_path / "none")},
             "reach_m": 0.0, "partition_rows": 2}  # fmt: skip
    return given, lr.match_overlap(squares, strips, by="use_code")


OTHERS = ["A10", "A2", "A4", "A6", "A8"]


def test_a_killed_worker_loses_nothing_that_was_finished(cluster: Any, to_kill: Any, tmp_path: Path) -> None:
    given, whole = to_kill
    with ThreadPoolExecutor(1) as pool:
        squares, out = tmp_path / "squares.parquet", tmp_path / "out"
        running = pool.submit(mapped, marked_overlap, squares, out, **given, client=cluster)
        pid = wait_for(tmp_path / "waiting")
        (tmp_path / "waiting").unlink()
        while len(parts(out)) < 5:
            time.sleep(0.01)
        before = parts(out)
        os.kill(int(pid), signal.SIGKILL)
        wait_for(tmp_path / "waiting")  # another worker does it
        (tmp_path / "go").touch()
        found = running.result(timeout=60)
    assert_frame_equal(found, whole, check_exact=True)
    assert calls_of(tmp_path) == ["A0", "A0", *OTHERS]
    assert {name: parts(out)[name] for name in before} == before


@pytest.mark.parametrize("what", ["the client", "the client and its workers"])
def test_a_killed_client_loses_nothing_that_was_finished(what: str, cluster: Any, to_kill: Any, tmp_path: Path) -> None:
    given, whole = to_kill
    code = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})
from pathlib import PosixPath, WindowsPath
from distributed import Client, LocalCluster
from test_scale import lr, marked_overlap
if {what == "the client"}:
    client = Client({cluster.scheduler.address!r})
else:
    client = Client(LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0"))
lr.map_areas(marked_overlap, {tmp_path / "squares.parquet"!r}, out={tmp_path / "out"!r}, **{given!r}, client=client)
"""
    out = tmp_path / "out"
    with subprocess.Popen([sys.executable, "-c", code], start_new_session=True) as client:
        wait_for(tmp_path / "waiting")
        while len(parts(out)) < 5:
            time.sleep(0.01)
        (os.kill if what == "the client" else os.killpg)(client.pid, signal.SIGKILL)
    before = parts(out)
    assert len(before) == 5
    (tmp_path / "go").touch()
    found = mapped(marked_overlap, tmp_path / "squares.parquet", out, **given, client=cluster)
    assert_frame_equal(found, whole, check_exact=True)
    assert {name: parts(out)[name] for name in before} == before
    assert [name for name in calls_of(tmp_path) if name != "A0"] == OTHERS


def ends_its_worker(areas: gpd.GeoDataFrame) -> pd.DataFrame:
    os._exit(1)


def test_what_workers_can_not_do_is_said(cluster: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="A7 is odd") as raised:
        lr.map_areas(fails_at_a7, row_of_squares(10), out=tmp_path / "odd", partition_rows=2, client=cluster)
    assert raised.value.__notes__ == ["in partition 3, of 5; what was finished is kept"]
    with pytest.raises(DataError, match=r"(?s)Partition 0 ended every worker.*partition_rows"):
        lr.map_areas(ends_its_worker, SQUARES, out=tmp_path / "ends", client=cluster)
    monkeypatch.setattr(lr, "__version__", "0.0.1")
    with pytest.raises(DataError, match=r"A worker has landrelease .*, the caller 0\.0\.1"):
        lr.map_areas(fails_at_a7, SQUARES, out=tmp_path / "version", client=cluster)


def test_a_run_on_a_scheduler_makes_the_same_files(
    cluster: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.undo()
    monkeypatch.setattr("landrelease.job.main._PARTITION_ROWS", 40)
    # the pages are drawn from the tables
    monkeypatch.setattr("landrelease.job.main._draw", lambda work, out: (out / "map.html", None))
    monkeypatch.setattr("landrelease.report.write_report", lambda path, **_: path)
    here = lr.run(lr.sample_programme(), out=tmp_path / "here")
    arguments = ["run", str(lr.sample_programme()), "--out", str(tmp_path / "there")]
    done = CliRunner().invoke(app, [*arguments, "--scheduler", cluster.scheduler.address])
    assert done.exit_code == 0, done.output
    for file in sorted(here.tables.glob("*.csv")):
        found, whole = pd.read_csv(tmp_path / "there" / "tables" / file.name), pd.read_csv(file)
        assert_frame_equal(found, whole, **as_true_as("projects" if file.stem == "project_links" else "split"))
    assert json.loads((tmp_path / "there" / "run.json").read_text())["notes"] == list(here.notes)
    assert not (tmp_path / "there" / ".parts").exists()


def test_a_scheduler_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(OptionError, match=r"landrelease\[scale\]"):
        lr.run(lr.sample_programme(), out=tmp_path, scheduler="tcp://127.0.0.1:1")
    distributed = pytest.importorskip("distributed", reason="dask is not installed: pip install 'landrelease[scale]'")
    monkeypatch.undo()

    def silent(*_: Any, **__: Any) -> None:
        raise OSError("Timed out")

    monkeypatch.setattr(distributed, "Client", silent)
    with pytest.raises(OptionError, match="No scheduler answers at 'tcp://127"):
        lr.run(lr.sample_programme(), out=tmp_path, scheduler="tcp://127.0.0.1:1")
