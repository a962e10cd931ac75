"""The main job on the sample: every product is there, says the same as the public functions, and hides nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

import landrelease as lr
from landrelease.report import put_csv


@pytest.fixture(scope="module")
def sample() -> Path:
    return lr.sample_programme().parent


@pytest.fixture(scope="module")
def products(tmp_path_factory: pytest.TempPathFactory) -> lr.Products:
    return lr.run(lr.sample_programme(), out=tmp_path_factory.mktemp("out"))


def test_every_product_is_there(products: lr.Products) -> None:
    for path in (products.report, products.map, products.priority_map, products.geopackage, products.run):
        assert path is not None
        assert path.stat().st_size > 1_000
    layers = {name for name, _ in pyogrio.list_layers(products.geopackage)}
    assert {"areas", "releases", "conflicts", "projects", "admin_areas", "use", "balance", "ranking"} <= layers
    assert {path.stem for path in products.tables.glob("*.csv")} == layers - {"layer_styles"}
    styled = pyogrio.read_dataframe(products.geopackage, layer="layer_styles")
    assert set(styled["f_table_name"]) == {"areas", "releases", "conflicts", "ranking", "projects", "admin_areas"}


def test_run_json_names_inputs_by_hash_and_counts_every_row(products: lr.Products, sample: Path) -> None:
    record = json.loads(products.run.read_text(encoding="utf-8"))
    assert record["programme"]["sha256"] == hashlib.sha256((sample / "programme.toml").read_bytes()).hexdigest()
    for one in record["inputs"]:
        assert one["sha256"] == hashlib.sha256((sample / one["path"]).read_bytes()).hexdigest()
        if "rows_read" in one:
            assert one["rows_read"] == one["rows_used"] + one["rows_set_aside"]
    events = next(one for one in record["inputs"] if one["name"] == "events")
    assert events["rows_in_file"] == len(gpd.read_file(sample / "events.gpkg", layer="events"))
    for name, count in record["rows_out"].items():
        assert len(pd.read_csv(products.tables / f"{name}.csv")) == count
    assert record["parameters"]["balance"]["by"] == "admin_code"
    assert record["pages"] == [
        "report.html", "map.html", "priority_map.html", "priorities.html", "live_ranking.html",
    ]  # fmt: skip
    assert all((products.run.parent / name).is_file() for name in record["pages"])


def test_run_is_nothing_but_the_public_functions(products: lr.Products, sample: Path) -> None:
    events, _ = lr.usable_rows(lr.read(sample / "events.gpkg", "events"), "events")
    account = lr.land_balance(events, start="2013-01-01", end="2025-12-31", by="admin_code")
    written = pd.read_csv(products.tables / "balance.csv", dtype={"admin_code": "str"})
    pd.testing.assert_frame_equal(written, account.astype({"year": "int64"}), check_dtype=False, atol=0.01)
    releases = lr.releases_from(events, end="2025-12-31")
    assert set(pd.read_csv(products.tables / "releases.csv")["release_id"]) == set(releases["release_id"])


def test_the_headline_is_the_sum_of_the_releases(products: lr.Products) -> None:
    releases = pd.read_csv(products.tables / "releases.csv")
    released = releases["area_m2"].sum()
    low = (releases["as_intended_m2"] + releases["other_productive_m2"]).sum() / released
    high = low + releases["unknown_m2"].sum() / released
    assert f"at least {low:.0%} and at most {high:.0%}" in products.headline
    assert f"{released / 1e6:,.2f} km2" in products.headline


def test_planted_defects_are_told(products: lr.Products) -> None:
    problems = pd.read_csv(products.tables / "problems.csv")
    found = set(zip(problems["input"], problems["rule"], strict=True))
    assert {("events", rule) for rule in ("R2", "R4", "R5", "R6", "R7", "R8", "R12")} <= found
    assert ("follow_ups, matched", "R15") in found
    assert ("land_use", "R4") in found


def test_only_declared_columns_leave(products: lr.Products, sample: Path, tmp_path: Path) -> None:
    copy = tmp_path / "programme"
    shutil.copytree(sample, copy)
    visits = pd.read_csv(copy / "follow_ups.csv", dtype="str")
    visits["respondent"] = "Nobody Canary"
    visits.to_csv(copy / "follow_ups.csv", index=False)
    events = gpd.read_file(copy / "events.gpkg", layer="events")
    events["victim_name"] = "Nobody Canary"
    (copy / "events.gpkg").unlink()
    events.to_file(copy / "events.gpkg", layer="events")
    again = lr.run(copy / "programme.toml", out=tmp_path / "out")
    for path in [again.report, again.map, again.geopackage, again.run, *again.tables.glob("*.csv")]:
        assert b"Canary" not in path.read_bytes(), path.name


def test_inputs_that_are_not_given_are_said_never_zero(sample: Path, tmp_path: Path) -> None:
    path = tmp_path / "programme.toml"
    events = (sample / "events.gpkg").as_posix()
    path.write_text(
        f'[programme]\nname = "A"\nas_of = 2025-12-31\n[inputs.events]\npath = "{events}"\n', encoding="utf-8"
    )
    products = lr.run(path, out=tmp_path / "out")
    assert products.priority_map is None
    assert "at least 0% and at most 100%" in products.headline
    assert "Not given" in products.report.read_text(encoding="utf-8")


def test_a_second_run_leaves_no_table_of_the_first(sample: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    lr.run(lr.sample_programme(), out=out)
    (out / "tables" / "mine.csv").write_text("kept", encoding="utf-8")
    path = tmp_path / "programme.toml"
    events = (sample / "events.gpkg").as_posix()
    path.write_text(
        f'[programme]\nname = "A"\nas_of = 2025-12-31\n[inputs.events]\npath = "{events}"\n', encoding="utf-8"
    )
    lr.run(path, out=out)
    assert not (out / "tables" / "ranking.csv").exists()
    assert (out / "tables" / "mine.csv").exists()
    assert not (out / "priority_map.html").exists()


def test_snapshots_and_their_conflict(tmp_path: Path) -> None:
    """Two layers as most exports are: a suspected square, and a cleared one that covers a quarter of it."""
    suspected = gpd.GeoDataFrame(geometry=[shapely.box(500_000, 0, 500_200, 100)], crs=32630)
    cleared = gpd.GeoDataFrame(geometry=[shapely.box(500_150, 0, 500_300, 100)], crs=32630)
    suspected.to_file(tmp_path / "suspected.gpkg")
    cleared.to_file(tmp_path / "cleared.gpkg")
    (tmp_path / "p.toml").write_text(
        '[programme]\nname = "Two layers"\nas_of = 2024-07-31\n'
        '[[inputs.areas]]\npath = "suspected.gpkg"\nids = "geometry"\n'
        'values = { status = "open", hazard_class = "SHA" }\n'
        '[[inputs.areas]]\npath = "cleared.gpkg"\nids = "geometry"\n'
        'values = { status = "released", release_type = "cleared" }\n',
        encoding="utf-8",
    )
    products = lr.run(tmp_path / "p.toml", out=tmp_path / "out")
    conflicts = pd.read_csv(products.tables / "conflicts.csv")
    releases = pd.read_csv(products.tables / "releases.csv")
    scale = 1 / 0.9996**2  # of UTM on its central meridian
    assert conflicts["overlap_m2"].tolist() == pytest.approx([5_000 * scale], rel=1e-4)
    assert releases["area_m2"].tolist() == pytest.approx([10_000 * scale], rel=1e-4)
    assert releases["gross_m2"].tolist() == pytest.approx([15_000 * scale], rel=1e-4)
    assert any("held hazardous by another" in note for note in json.loads(products.run.read_text())["notes"])


def test_text_that_a_spreadsheet_would_run_is_text(tmp_path: Path) -> None:
    put_csv(tmp_path / "t.csv", pd.DataFrame({"name": ["=1+1", "@x", "plain", None], "m2": [-1.0, 2, 3, 4]}))
    lines = (tmp_path / "t.csv").read_text(encoding="utf-8-sig").splitlines()
    assert lines == ["name,m2", "'=1+1,-1.0", "'@x,2.0", "plain,3.0", ",4.0"]


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        ('path = "events.gpkg"', "There is no file"),
        ('layer = "events"', "has no layer 'evens'; it has events; did you mean 'events'?"),
    ],
)
def test_a_wrong_input_is_named(sample: Path, tmp_path: Path, edit: str, message: str) -> None:
    copy = tmp_path / "programme"
    shutil.copytree(sample, copy)
    text = (copy / "programme.toml").read_text(encoding="utf-8")
    (copy / "programme.toml").write_text(text.replace(edit, edit.replace("events", "evens"), 1), encoding="utf-8")
    with pytest.raises(lr.DataError, match="event") as error:
        lr.run(copy / "programme.toml", out=tmp_path / "out")
    assert message in str(error.value)


def two_sources(tmp_path: Path, status: str) -> lr.Products:
    """An area that the events released in 2016, and a snapshot of 2024 that says what `status` says of the same id."""
    square = shapely.box(500_000, 0, 501_000, 1_000)
    events = gpd.GeoDataFrame(
        {"event_id": ["1", "2"], "area_id": ["A", "A"], "event": ["suspected", "cleared"],
         "event_date": ["2015-01-01", "2016-01-01"]}, geometry=[square, square], crs=32630,
    )  # fmt: skip
    events.to_file(tmp_path / "events.gpkg")
    snapshot = {"area_id": ["A"], "hazard_class": ["CHA"], "status": [status], "survey_date": ["2015-01-01"]}
    gpd.GeoDataFrame(snapshot, geometry=[square], crs=32630).to_file(tmp_path / "areas.gpkg")
    (tmp_path / "p.toml").write_text(
        '[programme]\nname = "Two sources"\nas_of = 2024-07-31\n[inputs.events]\npath = "events.gpkg"\n'
        '[inputs.areas]\npath = "areas.gpkg"\n',
        encoding="utf-8",
    )
    return lr.run(tmp_path / "p.toml", out=tmp_path / "out")


def test_what_a_snapshot_calls_hazardous_stays_so(tmp_path: Path) -> None:
    products = two_sources(tmp_path, "open")
    areas = pd.read_csv(products.tables / "areas.csv").set_index("area_id")
    assert areas.loc["A~2", "status"] == "open"
    assert areas.loc["A~2", "area_m2"] == pytest.approx(1e6, rel=1e-2)
    assert pd.read_csv(products.tables / "releases.csv")["area_m2"].sum() == 0
    assert pd.read_csv(products.tables / "conflicts.csv")["other_area_id"].tolist() == ["A~2"]
    assert any("kept apart" in note for note in products.notes)
    assert any("held hazardous by another" in note for note in products.notes)


def test_several_files_of_one_input(sample: Path, tmp_path: Path) -> None:
    copy = tmp_path / "programme"
    shutil.copytree(sample, copy)
    visits = pd.read_csv(copy / "follow_ups.csv", dtype="str")
    visits.iloc[:100].to_csv(copy / "first.csv", index=False)
    visits.iloc[99:].to_csv(copy / "second.csv", index=False)  # one visit stands in both
    text = (copy / "programme.toml").read_text(encoding="utf-8")
    start, end = text.index("[inputs.follow_ups]"), text.index("[inputs.land_use]")
    one = text[start:end].replace("[inputs.follow_ups]", "[[inputs.follow_ups]]")
    both = one.replace("follow_ups.csv", "first.csv") + one.replace("follow_ups.csv", "second.csv")
    (copy / "programme.toml").write_text(text[:start] + both + text[end:], encoding="utf-8")
    products = lr.run(copy / "programme.toml", out=tmp_path / "out")
    assert any(note.startswith("1 id of follow_ups also in another file") for note in products.notes)
    assert products.headline == lr.run(sample / "programme.toml", out=tmp_path / "again").headline


def test_a_hazard_known_to_a_point_has_its_unit_its_rank_and_no_size(tmp_path: Path) -> None:
    shapes = [shapely.Point(500_050, 50), shapely.Point(700_000, 50)]
    rows = {"event_id": ["1", "2"], "area_id": ["in", "out"], "event": "suspected", "event_date": "2020-01-01"}
    gpd.GeoDataFrame(rows, geometry=shapes, crs=32630).to_file(tmp_path / "events.gpkg")
    unit = gpd.GeoDataFrame(
        {"admin_code": ["U"], "name": ["U"]}, geometry=[shapely.box(500_000, 0, 500_100, 100)], crs=32630
    )
    unit.to_file(tmp_path / "units.gpkg")
    (tmp_path / "p.toml").write_text(
        '[programme]\nname = "Points"\nas_of = 2024-07-31\n[inputs.events]\npath = "events.gpkg"\n'
        '[inputs.admin_areas]\npath = "units.gpkg"\n',
        encoding="utf-8",
    )
    products = lr.run(tmp_path / "p.toml", out=tmp_path / "out")
    areas = pd.read_csv(products.tables / "areas.csv").set_index("area_id")
    assert areas["admin_code"].fillna("none").to_dict() == {"in": "U", "out": "none"}
    assert areas["area_m2"].isna().all()
    assert "1 area lies in no administrative unit: are their coordinates right?" in products.notes
