"""Each bundled profile names only what there is, and small files of its system go through it."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from landrelease.read import profiles, table
from landrelease.rules import find_problems
from landrelease.tables import CODES, TABLES

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("LANDRELEASE_REAL_DATA", ROOT.parent / "shared" / "data"))
FOLDER = ROOT / "landrelease" / "read" / "profiles"
NAMES = ["afghanistan-shp", "colombia-events", "imsma-core-somalia", "imsma-ng", "vietnam-hue"]
SHAPE_NAMES = {"longitude", "latitude", "wkt"}


def sections() -> list[tuple[str, str]]:
    return [
        (name, section)
        for name in NAMES
        for section in tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))["tables"]
    ]


def test_the_bundled_profiles():
    assert profiles.bundled_profiles() == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_profile_says_where_it_is_from_and_whether_that_was_verified(name):
    profile = tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
    assert set(profile) == {"name", "source", "verified", "note", "tables"}
    assert profile["name"] == name
    assert isinstance(profile["verified"], bool)
    assert profile["source"].strip()
    assert profile["note"].strip()


@pytest.mark.parametrize(("name", "section"), sections())
def test_a_profile_names_only_what_there_is(name, section):
    options = profiles.read_profile(name, section)
    declared = TABLES[section]
    ours = [one for many in options["columns"].values() for one in ([many] if isinstance(many, str) else many)]
    assert set(ours) <= set(declared.names) | SHAPE_NAMES
    assert len(ours) == len(set(ours))
    assert set(options.get("units", {})) <= set(ours)
    assert set(options.get("codes", {})) <= set(ours)
    for column_name, codes in options.get("codes", {}).items():
        column = declared.column(column_name)
        assert column is not None
        assert set(codes.values()) <= {*CODES[column.codes], ""}
    for column_name, value in options.get("values", {}).items():
        column = declared.column(column_name)
        assert column is not None
        assert not column.codes or value in CODES[column.codes]


@pytest.mark.parametrize(("name", "section"), sections())
def test_no_profile_releases_land_that_was_only_closed(name, section):
    codes = profiles.read_profile(name, section).get("codes", {})
    closed = {theirs: ours for theirs, ours in codes.get("status", {}).items() if "clos" in theirs.casefold()}
    assert not closed


def write_layer(path: Path, **columns: list[object]) -> Path:
    count = len(next(iter(columns.values())))
    squares = [shapely.box(10 + i, 10, 10.001 + i, 10.001) for i in range(count)]
    gpd.GeoDataFrame(columns, geometry=squares, crs=4326).to_file(path)
    return path


def test_somalia_closed_is_reported_and_cancelled_is_a_release(tmp_path):
    path = write_layer(
        tmp_path / "hazards.geojson",
        imsma_id=["h1", "h2", "h3", "h4"],
        area_type=["cha", "sha", "cha", "sha"],
        status=["open", "cancelled", "closed", "suspended"],
        area_size=["12000", "12100", "12100", None],
    )
    areas = table.read(path, "areas", profile="imsma-core-somalia")
    assert areas["hazard_class"].tolist() == ["CHA", "SHA", "CHA", "SHA"]
    assert areas["status"].tolist() == ["open", "released", "closed", "suspended"]
    assert areas["release_type"].fillna("").tolist() == ["", "cancelled", "", ""]
    assert areas["reported_area_m2"].tolist()[:3] == [12000, 12100, 12100]
    assert pd.isna(areas["reported_area_m2"][3])
    problems = find_problems(areas, "areas")
    assert problems[["id", "column", "rule", "value"]].values.tolist() == [["h3", "status", "R4", "closed"]]


def test_afghanistan_expired_is_done_but_how_is_not_known(tmp_path):
    path = write_layer(
        tmp_path / "hazards.shp",
        Hazard_Cla=["CHA", "SHA"],
        Status_1=["Expired", "Open"],
        Status_C_1=[2014, 2010],
    )
    areas = table.read(path, "areas", profile="afghanistan-shp")
    assert areas["status"].tolist() == ["released", "open"]
    assert areas["release_date"].dt.year.tolist() == [2014, 2010]
    assert areas["area_id"].is_unique
    assert find_problems(areas, "areas")[["column", "rule"]].values.tolist() == [["release_type", "R14"]]


def test_imsma_ng_keeps_closed_as_it_is(tmp_path):
    path = tmp_path / "hazard.csv"
    path.write_text(
        "hazard_localid,status,latitude,longitude\nH1,Open,8.5,80.2\nH2,Worked On,8.6,80.3\nH3,Closed,8.7,80.4\n"
    )
    areas = table.read(path, "areas", profile="imsma-ng", crs=4326)
    assert areas["status"].tolist() == ["open", "in_progress", "Closed"]
    assert (areas.geometry.x[0], areas.geometry.y[0]) == (80.2, 8.5)
    problems = find_problems(areas, "areas")
    assert problems.loc[problems["rule"] == "R4", "value"].tolist() == ["Closed"]


def test_hue_takes_the_end_of_the_work_as_the_day_of_release(tmp_path):
    path = write_layer(
        tmp_path / "hue.geojson", lr_id=["1"], reporting_org_name=["A"], status=["Hoan thanh"],
        startdate=["2019-01-01"], enddate=["2019-03-02"], areasize=["12100"],
    )  # fmt: skip
    areas = table.read(path, "areas", profile="vietnam-hue")
    assert areas["operator"].tolist() == ["A"]
    assert areas["release_date"].tolist() == [pd.Timestamp("2019-03-02")]
    assert areas["survey_date"].isna().all()
    assert areas["reported_area_m2"].tolist() == [12100]


def test_colombia_spot_tasks_release_no_land(tmp_path):
    path = tmp_path / "events.csv"
    rows = "\n".join(f"2001,{code},-74.{code},5.{code}" for code in range(1, 9))
    path.write_text(f"year,tipo_evento_code,lon,lat\n{rows}\n")
    events = table.read(path, "events", profile="colombia-events")
    assert events["event"].tolist() == ["accident", "accident", *["noted"] * 5, "suspected"]
    assert events["date_precision"].tolist() == ["year"] * 8
    assert len(table.read(path, "accidents", profile="colombia-events")) == 2


@pytest.mark.real
def test_colombia_counts():
    path = REAL / "colombia" / "events_1990_2019.csv"
    if not path.exists():
        pytest.skip("real data not there: colombia/events_1990_2019.csv (set LANDRELEASE_REAL_DATA)")
    events = table.read(path, "events", profile="colombia-events")
    assert events["event"].value_counts().to_dict() == {
        "noted": 27_710,
        "accident": 6_909,
        "suspected": 1_908,
    }
    assert len(events) == 36_527
    assert len(table.read(path, "accidents", profile="colombia-events")) == 6_909
