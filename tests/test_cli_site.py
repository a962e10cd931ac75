"""The command `landrelease site`: its exit codes, what it prints, and the document it writes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point, box

from landrelease.cli import main

PLANE = 32631


class Done(NamedTuple):
    """How the command ended."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture
def landrelease(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: str | Path | float) -> Done:
        monkeypatch.setattr(sys, "argv", ["landrelease", "site", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return run


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A road through a hazard, a well far away, and events of which one can not be read."""
    folder = tmp_path_factory.mktemp("site")
    rows = {"event_id": ["1", "2", "3"], "area_id": ["HA-7", "HA-7", "HA-8"],
            "event": ["confirmed", "reduced", "Closed"],
            "event_date": ["2015-01-01", "2018-05-06", "2019-01-01"]}  # fmt: skip
    shapes = [box(500_000, 1_000_000, 500_100, 1_000_100), box(500_000, 1_000_000, 500_040, 1_000_100), None]
    gpd.GeoDataFrame(rows, geometry=shapes, crs=PLANE).to_file(folder / "events.gpkg")
    road = LineString([(499_900, 1_000_050), (500_300, 1_000_050)])
    gpd.GeoDataFrame({"name": ["N7", None]}, geometry=[road, None], crs=PLANE).to_file(folder / "road.geojson")
    gpd.GeoSeries([Point(530_000, 1_000_050)], crs=PLANE).to_frame("geometry").to_file(folder / "well.gpkg")
    return folder


def test_a_recorded_hazard_is_1_with_its_document(landrelease: Command, folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "n7.html"
    done = landrelease(
        folder / "road.geojson",
        "--events",
        folder / "events.gpkg",
        "--buffer",
        50,
        "--as-of",
        "2025-12-31",
        "--out",
        out,
    )
    assert done.returncode == 1, done.stderr
    assert "Not checked: 1 feature of the site without a shape." in done.stdout
    assert "Hazardous land is recorded on this site" in done.stdout
    assert "HA-7: confirmed hazardous area, part of it released, on 60 m of the site" in done.stdout
    assert "Not taken into the registry: 1 record without a place" in done.stdout
    assert "No record is not evidence of no contamination" in done.stdout
    assert "events.gpkg" in out.read_text(encoding="utf-8")
    assert pd.read_csv(out.with_suffix(".csv"), dtype=str)["list"].tolist() == ["hazards", "releases", "other"]


def test_no_record_is_0_and_no_evidence(landrelease: Command, folder: Path) -> None:
    done = landrelease(folder / "well.gpkg", "--events", folder / "events.gpkg", "--buffer", 50)
    assert done.returncode == 0, done.stderr
    assert "hold no hazardous land and no release" in done.stdout
    assert "No record is not evidence of no contamination" in done.stdout


def test_a_registry_is_verified_before_the_document_rests_on_it(
    landrelease: Command, folder: Path, tmp_path: Path
) -> None:
    from landrelease.registry.store import Registry

    path, out = tmp_path / "registry.gpkg", tmp_path / "n7.html"
    with Registry(path) as registry:
        registry.import_events(gpd.read_file(folder / "events.gpkg"), source="IMSMA")
        head = registry.head
    arguments = [folder / "road.geojson", "--registry", path, "--buffer", 50, "--as-of", "2025-12-31"]
    done = landrelease(*arguments, "--out", out, "--title", "N7, section 3")
    assert done.returncode == 1, done.stderr
    page = out.read_text(encoding="utf-8")
    assert head in page
    assert "N7, section 3" in page
    assert "Not taken into the registry: 1 record without a place" in done.stdout
    assert landrelease(*arguments).returncode == 1


def test_what_can_not_be_answered_is_2_without_a_traceback(landrelease: Command, folder: Path, tmp_path: Path) -> None:
    road, events = folder / "road.geojson", folder / "events.gpkg"
    nothing = tmp_path / "nothing.gpkg"
    for arguments, message in (
        ((road, "--buffer", 50), "either --registry or --events"),
        ((road, "--buffer", 50, "--events", events, "--registry", events), "either --registry or --events"),
        ((road, "--buffer", 50, "--registry", nothing), "There is no registry"),
        ((nothing, "--buffer", 50, "--events", events), "There is no file"),
        ((road, "--buffer", -1, "--events", events), "buffer_m must be a distance"),
        ((road, "--buffer", 50, "--events", events, "--as-of", "31/12/2025"), "as_of must be a date"),
    ):
        done = landrelease(*arguments)
        assert done.returncode == 2, arguments
        assert message in done.stderr
        assert "Traceback" not in done.stderr
    assert not nothing.exists()
