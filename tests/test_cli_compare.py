"""`landrelease compare` as a user meets it: what it prints first, what it writes, and its exit codes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from landrelease.cli import main

# an equal-area plane, at the parallel where its metres are true both ways
X, Y = 1_000_000, 3_660_000


def write(path: Path, **areas: tuple[float, str | None, str | None]) -> Path:
    """Write squares 100 m high, side by side 1 km apart: width, status and release type of each."""
    rows = [(area_id, status, release) for area_id, (_, status, release) in areas.items()]
    shapes = [
        shapely.box(X + 1_000 * place, Y, X + 1_000 * place + width, Y + 100)
        for place, (width, _, _) in ((ord(area_id[0]), cells) for area_id, cells in areas.items())
    ]
    frame = pd.DataFrame(rows, columns=["area_id", "status", "release_type"])
    gpd.GeoDataFrame(frame, geometry=shapes, crs=6933).to_file(path)
    return path


class Done(NamedTuple):
    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture
def compare(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    def run(*arguments: str | Path) -> Done:
        monkeypatch.setattr("sys.argv", ["landrelease", "compare", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        return Done(int(end.value.code or 0), *capsys.readouterr())

    return run


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return write(tmp_path / "old.gpkg", A=(100, "open", None), B=(200, "open", None), C=(50, "open", None))


def test_what_vanished_is_told_first_and_is_1(compare: Command, old: Path, tmp_path: Path) -> None:
    new = write(tmp_path / "new.gpkg", B=(200, "released", "cleared"), C=(30, "open", None))
    done = compare(old, new, "--csv", tmp_path / "changes.csv")
    assert done.returncode == 1, done.stderr
    assert "3 areas in 'old.gpkg', 2 in 'new.gpkg': 6 changes in 3 areas." in done.stdout
    # A, and 20 m x 100 m of C
    assert "12,000 m2 of mapped hazardous land vanished without a release (2 of 2 rows)" in done.stdout
    assert done.stdout.index("the id is gone") < done.stdout.index("All changes")
    changes = pd.read_csv(tmp_path / "changes.csv")
    assert changes[["area_id", "change_code"]].to_numpy().tolist() == [
        ["A", "vanished"],
        ["C", "vanished"],
        ["B", "released"],
        ["A", "gone"],
        ["C", "shrunk"],
        ["B", "filled"],
    ]
    assert compare(old, new, "--tolerance", "25", "--rows", "1").stdout.count("the id is gone") == 1


def test_without_danger_it_is_0(compare: Command, old: Path, tmp_path: Path) -> None:
    new = write(tmp_path / "new.gpkg", A=(100, "open", None), B=(200, "released", "cleared"), C=(50, "suspended", None))
    done = compare(old, new)
    assert done.returncode == 0, done.stderr
    assert "Ask first" not in done.stdout
    assert "status_changed" in done.stdout
    same = compare(old, old)
    assert same.returncode == 0
    assert "0 changes in 0 areas" in same.stdout


def test_the_words_of_the_file_and_places_without_an_extent(compare: Command, old: Path, tmp_path: Path) -> None:
    areas = gpd.read_file(old)
    places = areas.set_geometry([shapely.Point(X, Y), areas.geometry[1], None])
    places.to_file(tmp_path / "places.gpkg")
    areas.iloc[1:].assign(status=["Closed", "open"]).to_file(tmp_path / "new.gpkg")
    done = compare(tmp_path / "places.gpkg", tmp_path / "new.gpkg")
    assert done.returncode == 1, done.stderr
    assert "0 m2 of mapped hazardous land vanished without a release (1 of 1 rows)" in done.stdout
    assert "not known" in done.stdout
    assert "status_changed" in done.stdout
    assert compare(old, old, "--programme", tmp_path / "none.toml").returncode == 2


def test_repeated_ids_and_rows_without_one_are_told(compare: Command, old: Path, tmp_path: Path) -> None:
    twice = pd.concat([gpd.read_file(old), gpd.read_file(old).assign(area_id=["A", "B ", None], status="suspended")])
    twice.to_file(tmp_path / "twice.gpkg")
    done = compare(old, tmp_path / "twice.gpkg")
    assert done.returncode == 0, done.stderr
    assert "twice.gpkg: 2 rows with an id that stands before" in done.stdout
    assert "twice.gpkg: 1 row set aside" in done.stdout
    assert "new" in done.stdout


def test_an_unusable_file_is_2(compare: Command, old: Path, tmp_path: Path) -> None:
    for arguments in ([old, tmp_path / "none.gpkg"], [old, old, "--tolerance", "0"], [old, old, "--layer", "none"]):
        done = compare(*arguments)
        assert done.returncode == 2
        assert "Traceback" not in done.stderr
        assert "Error: " in done.stderr
