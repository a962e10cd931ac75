"""The sample data, read without landrelease's own readers, is what its README says."""

from __future__ import annotations

import importlib.util
import sys
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from types import ModuleType

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from rasterio.features import geometry_mask

from landrelease.tables import CODES, TABLES

SAMPLE = Path(__file__).resolve().parents[2] / "sample_data"
RELEASES = ["cancelled", "reduced", "cleared"]
HAZARDS = ["suspected", "confirmed", "reopened"]


@pytest.fixture(scope="module")
def events() -> gpd.GeoDataFrame:
    return gpd.read_file(SAMPLE / "events.gpkg", layer="events")


@pytest.fixture(scope="module")
def sound(events: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The events without the rows that the defects made unusable."""
    rows = events.drop_duplicates("event_id")
    return rows[rows["event"].isin(list(CODES["event"])) & ~(rows["event_date"] > "2026")]


@pytest.fixture(scope="module")
def admin() -> gpd.GeoDataFrame:
    return gpd.read_file(SAMPLE / "admin_areas.gpkg")


@pytest.fixture(scope="module")
def visits() -> pd.DataFrame:
    return pd.read_csv(SAMPLE / "follow_ups.csv")


@pytest.fixture(scope="module")
def programme() -> dict:
    return tomllib.loads((SAMPLE / "programme.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_sample", SAMPLE / "make_sample.py")
    module = importlib.util.module_from_spec(spec)
    # dataclasses look their module up
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "make_sample", module)
        spec.loader.exec_module(module)
    return module


def released(sound: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The land of each release: its geometry, else what is left of the area; by its own small account."""
    voided = set(sound["voids_event_id"].dropna())
    rows = []
    left: dict[str, shapely.Geometry] = {}
    for row in sound.sort_values("event_id").itertuples():
        shape = row.geometry
        if row.event_id in voided:
            continue
        if (row.event in HAZARDS and shape is not None) or row.event == "corrected":
            left[row.area_id] = shapely.make_valid(shape)
        elif row.event in RELEASES:
            touched = shape if shape is not None else left[row.area_id]
            left[row.area_id] = left[row.area_id].difference(touched)
            rows.append((row.event_id, row.area_id, touched))
    frame = pd.DataFrame(rows, columns=["event_id", "area_id", "geometry"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=sound.crs)


def test_folder_is_small_and_complete(programme: dict) -> None:
    assert sum(path.stat().st_size for path in SAMPLE.iterdir() if path.is_file()) < 5_000_000
    for given in programme["inputs"].values():
        for one in given if isinstance(given, list) else [given]:
            assert (SAMPLE / one["path"]).is_file()


def test_counts(events: gpd.GeoDataFrame, admin: gpd.GeoDataFrame, visits: pd.DataFrame) -> None:
    assert (len(events), events["area_id"].nunique()) == (1_178, 411)
    children_or_again = events.loc[events["parent_id"].notna() & events["event"].isin(HAZARDS), "area_id"].nunique()
    assert events["area_id"].nunique() - children_or_again == 400
    assert admin["level"].value_counts().to_dict() == {1: 1, 2: 6, 3: 40}
    assert len(visits) == 298
    assert len(gpd.read_file(SAMPLE / "land_use.gpkg")) == 2_797
    assert len(gpd.read_file(SAMPLE / "roads.gpkg")) == 25
    assert len(pd.read_csv(SAMPLE / "accidents.csv")) == 90
    assert len(pd.read_csv(SAMPLE / "settlements.csv")) == 130
    lives = set(events["event"])
    assert lives == {
        *HAZARDS,
        *RELEASES,
        "corrected",
        "split",
        "merged",
        "suspended",
        "handed_over",
        "void",
        "Closed",
    }


def test_the_place_is_open_ocean_and_its_utm_zone_fits(admin: gpd.GeoDataFrame, events: gpd.GeoDataFrame) -> None:
    west, south, east, north = admin.total_bounds
    assert -38.2 < west < east < -37.0
    assert 43.8 < south < north < 44.6
    assert admin.crs.to_epsg() == 4326
    assert events.crs.to_epsg() == 32624
    area = admin.to_crs(32624).loc[lambda frame: frame["level"] == 1].geometry.iloc[0].buffer(20)
    assert events.geometry.dropna().within(area).all()


def test_admin_areas_tile_and_nest(admin: gpd.GeoDataFrame) -> None:
    assert admin.is_valid.all()
    levels = dict(list(admin.groupby("level")))
    assert shapely.coverage_is_valid(levels[3].geometry.to_numpy())
    assert shapely.coverage_is_valid(levels[2].geometry.to_numpy())
    for above, below in ((1, 2), (2, 3)):
        assert set(levels[below]["parent_code"]) == set(levels[above]["admin_code"])
        for unit in levels[above].itertuples():
            children = levels[below][levels[below]["parent_code"] == unit.admin_code]
            union = shapely.union_all(children.geometry.to_numpy())
            assert union.symmetric_difference(unit.geometry).area < 1e-14
            assert children["population_count"].sum() == unit.population_count
    assert admin["admin_code"].is_unique


def test_event_defects_are_those_of_the_readme(events: gpd.GeoDataFrame) -> None:
    twice = events[events["event_id"].duplicated(keep=False)]
    assert sorted(twice["event_id"].unique()) == ["EV-00309", "EV-00526"]
    first, again = (frame for _, frame in twice.groupby("event_id"))
    exact = [frame.drop_duplicates().shape[0] == 1 for frame in (first, again)]
    assert sorted(exact) == [False, True]
    assert events.loc[~events["event"].isin(list(CODES["event"])), "event"].tolist() == ["Closed"]
    bow_tie = events[events.geometry.notna() & ~events.is_valid]
    assert bow_tie["event_id"].tolist() == ["EV-00084"]
    makes = events[events["event"].isin(HAZARDS)].drop_duplicates("area_id")
    assert makes.loc[makes.geometry.isna(), ["event_id", "event"]].values.tolist() == [["EV-00050", "suspected"]]
    assert events.loc[events["reported_area_m2"] < 0, "event_id"].tolist() == ["EV-00171"]
    ratio = events["reported_area_m2"] / events.area
    odd = events[((ratio < 0.85) | (ratio > 1.15)) & events.is_valid & (ratio > 0)]
    assert odd["event_id"].tolist() == ["EV-00253"]
    assert ratio[odd.index[0]] == pytest.approx(1e-4, rel=0.15)
    assert events.loc[events["event_date"] > "2026", "event_id"].tolist() == ["EV-00471"]


def test_other_defects(events: gpd.GeoDataFrame, visits: pd.DataFrame) -> None:
    lost = visits.loc[visits["release"].notna() & ~visits["release"].isin(events["event_id"]), "release"]
    assert lost.tolist() == ["EV-99999"]
    parcels = gpd.read_file(SAMPLE / "land_use.gpkg")
    odd = parcels[~parcels["use_code"].isin(list(CODES["use_code"]))]
    assert odd[["land_use_id", "use_code"]].values.tolist() == [["P00058", "airstrip"]]


def test_codes_and_columns_are_declared(events: gpd.GeoDataFrame, visits: pd.DataFrame, programme: dict) -> None:
    told = programme["inputs"]["follow_ups"]
    renamed = visits.rename(columns=told["columns"])
    for column, codes in told["codes"].items():
        renamed[column] = renamed[column].replace(codes)
    frames = {
        "events": events[events["event"] != "Closed"],
        "follow_ups": renamed,
        "land_use": gpd.read_file(SAMPLE / "land_use.gpkg").query("use_code != 'airstrip'"),
        "admin_areas": gpd.read_file(SAMPLE / "admin_areas.gpkg"),
        "roads": gpd.read_file(SAMPLE / "roads.gpkg"),
        **{
            name: pd.read_csv(SAMPLE / f"{name}.csv", dtype="str")
            for name in ("projects", "accidents", "needs", "funding", "settlements")
        },
    }
    for name, frame in frames.items():
        declared = TABLES[name]
        assert set(frame.columns) <= {*declared.names, "longitude", "latitude", "geometry"}, name
        for column in declared.columns:
            if column.codes and column.name in frame:
                assert set(frame[column.name].dropna()) <= set(CODES[column.codes]), f"{name}.{column.name}"
            if column.is_required:
                assert frame[column.name].notna().all(), f"{name}.{column.name}"


def test_events_of_an_area_are_in_a_legal_order(sound: gpd.GeoDataFrame) -> None:
    reopened_or_void = set(sound.loc[sound["event"] == "void", "area_id"])
    for area_id, own in sound.sort_values("event_id").groupby("area_id"):
        kinds, dates = own["event"].tolist(), own["event_date"].dropna()
        assert kinds[0] in HAZARDS, area_id
        assert dates.is_monotonic_increasing, area_id
        releases = [i for i, kind in enumerate(kinds) if kind in RELEASES]
        if not releases:
            assert "handed_over" not in kinds, area_id
        elif area_id not in reopened_or_void:
            full = own["geometry"].isna() & own["event"].isin(RELEASES)
            after = own.loc[full.cumsum() > 0, "event"].iloc[1:]
            assert set(after) <= {"handed_over"}, area_id
    known = sound[sound["date_precision"] != "unknown"]
    assert known["event_date"].notna().all()
    assert sound.loc[sound["date_precision"] == "unknown", "event_date"].isna().all()
    at_year, at_month = (known[known["date_precision"] == precision]["event_date"] for precision in ("year", "month"))
    assert (at_year.dt.day_of_year == 1).all()
    assert (at_month.dt.day == 1).all()
    assert known.loc[known["event"].isin(RELEASES), "event_date"].between("2013-01-01", "2024-12-31").all()


def test_references_hold(sound: gpd.GeoDataFrame) -> None:
    assert sound.loc[sound["event"] == "void", "voids_event_id"].isin(sound["event_id"]).all()
    assert sound.loc[sound["event"].isin(["reopened", "merged"]), "parent_id"].notna().all()
    assert sound["parent_id"].dropna().isin(sound["area_id"]).all()
    for parent, own in sound[sound["area_id"].str.contains("/")].groupby("parent_id"):
        whole = sound[(sound["area_id"] == parent) & sound.geometry.notna()].geometry.iloc[-1]
        parts = own[own["event"] == "confirmed"].geometry
        assert parts.area.sum() == pytest.approx(whole.area, rel=1e-9)
        assert shapely.covers(whole, parts.to_numpy()).all()


def test_each_partial_release_lies_in_its_area(sound: gpd.GeoDataFrame) -> None:
    held: dict[str, shapely.Geometry] = {}
    partial = 0
    for row in sound.sort_values("event_id").itertuples():
        if row.event in [*HAZARDS, "corrected"] and row.geometry is not None:
            held[row.area_id] = shapely.make_valid(row.geometry)
        elif row.event in RELEASES and row.geometry is not None:
            assert held[row.area_id].covers(row.geometry), row.event_id
            partial += row.geometry.area < 0.99 * held[row.area_id].area
    assert partial > 80


def test_more_than_half_of_the_land_is_released(sound: gpd.GeoDataFrame) -> None:
    first = sound[sound.geometry.notna() & sound["event"].isin(["suspected", "confirmed"])]
    first = first[~first["area_id"].str.contains("/")].drop_duplicates("area_id")
    shapes = shapely.make_valid(first.geometry.to_numpy())
    assert ((shapely.area(shapes) > 4_500) & (shapely.area(shapes) < 405_000)).all()
    ever = shapely.union_all(shapes).area
    land = released(sound)
    assert 0.55 < land.area.sum() / ever < 0.60
    parcels = shapely.union_all(gpd.read_file(SAMPLE / "land_use.gpkg").geometry.to_numpy())
    mapped = shapely.area(shapely.intersection(land.geometry.to_numpy(), parcels)).sum()
    assert 0.55 < mapped / land.area.sum() < 0.66


def test_visits_follow_releases(sound: gpd.GeoDataFrame, visits: pd.DataFrame) -> None:
    day = pd.to_datetime(visits["visited"], format="%d/%m/%Y")
    assert day.between("2013-01-01", "2025-12-31").all()
    assert (visits["release"].isna() ^ visits["area"].isna()).all()
    release = sound.set_index("event_id")
    by_release = visits[visits["release"].isin(release.index)]
    assert release.loc[by_release["release"], "event"].isin(RELEASES).all()
    assert (day[by_release.index].to_numpy() > release.loc[by_release["release"], "event_date"].to_numpy()).all()
    n_released = sound["event"].isin(RELEASES).sum()
    n_visited = by_release["release"].nunique() + visits["area"].nunique()
    assert 0.40 < n_visited / n_released < 0.50
    assert (visits["release"].value_counts() > 1).sum() > 40
    assert visits["seen_pct"].dropna().between(25, 100).all()


@pytest.mark.parametrize("year", [2020, 2024])
def test_land_cover(year: int) -> None:
    with rasterio.open(SAMPLE / f"landcover_{year}.tif") as raster:
        assert raster.crs.to_epsg() == 4326
        assert (raster.nodata, raster.dtypes, raster.profile["tiled"]) == (0, ("uint8",), True)
        assert set(np.unique(raster.read(1))) <= {0, 10, 20, 30, 40, 50, 60, 80, 90}


def test_fields_come_back_on_released_land(sound: gpd.GeoDataFrame) -> None:
    land = released(sound).to_crs(4326)
    shares = []
    for year in (2020, 2024):
        with rasterio.open(SAMPLE / f"landcover_{year}.tif") as raster:
            on_land = geometry_mask(land.geometry, raster.shape, raster.transform, invert=True)
            cells = raster.read(1)[on_land]
        shares.append((cells == 40).sum() / (cells > 0).sum())
    assert shares[1] > shares[0] + 0.1


def test_population_agrees_with_the_units(admin: gpd.GeoDataFrame) -> None:
    with rasterio.open(SAMPLE / "population.tif") as raster:
        assert (raster.nodata, raster.dtypes, raster.crs.to_epsg()) == (-99_999, ("float32",), 4326)
        people = raster.read(1, masked=True)
    said = admin.loc[admin["level"] == 1, "population_count"].iloc[0]
    assert float(people.sum(dtype="float64")) == pytest.approx(said, rel=1e-3)


def test_projects_are_the_same_in_both_files() -> None:
    table = pd.read_csv(SAMPLE / "projects.csv", dtype={"sector_code": "str", "location_class_code": "str"})
    root = ET.parse(SAMPLE / "projects.xml").getroot()
    assert root.attrib["version"] == "2.03"
    activities = root.findall("iati-activity")
    assert [one.findtext("iati-identifier") for one in activities] == table["project_id"].unique().tolist()
    assert len(activities) == 60
    for one in activities:
        rows = table[table["project_id"] == one.findtext("iati-identifier")]
        assert one.findtext("title/narrative") == rows["title"].iloc[0]
        assert one.find("sector").attrib["code"] == rows["sector_code"].iloc[0]
        spent = sum(float(value.text) for value in one.findall("transaction/value"))
        assert spent == rows["budget_usd"].iloc[0]
        dates = {date.attrib["type"]: date.attrib["iso-date"] for date in one.findall("activity-date")}
        assert dates.get("2", dates["1"]) == rows["start_date"].iloc[0]
        assert dates.get("4", dates["3"]) == rows["end_date"].iloc[0]
        found = [
            (
                *map(float, location.findtext("point/pos").split()),
                location.find("location-class").attrib["code"],
            )
            for location in one.findall("location")
        ]
        placed = rows.dropna(subset="longitude")
        said = placed[["latitude", "longitude", "location_class_code"]].itertuples(index=False, name=None)
        assert found == list(said)
    kind = table.drop_duplicates("project_id")["location_class_code"]
    assert (kind.isin(["2", "3"]).sum(), (kind == "1").sum(), kind.isna().sum()) == (36, 19, 5)
    assert (table["is_point"] == table["location_class_code"].isin(["2", "3"])).all()


def test_accidents_add_up(admin: gpd.GeoDataFrame) -> None:
    accidents = pd.read_csv(SAMPLE / "accidents.csv")
    who = accidents[["women_count", "men_count", "girls_count", "boys_count"]]
    known = who.notna().all(axis=1)
    hurt = accidents["killed_count"] + accidents["injured_count"]
    assert (hurt > 0).all()
    assert (who[known].sum(axis=1) == hurt[known]).all()
    assert who[~known].isna().all(axis=None)
    points = gpd.points_from_xy(accidents["longitude"], accidents["latitude"])
    province = admin.loc[admin["level"] == 1].geometry.iloc[0].buffer(1e-3)
    assert shapely.contains(province, np.asarray(points)).all()


def test_admin_codes_are_known(admin: gpd.GeoDataFrame, events: gpd.GeoDataFrame) -> None:
    codes = set(admin["admin_code"])
    for name in ("projects", "needs", "funding"):
        assert set(pd.read_csv(SAMPLE / f"{name}.csv")["admin_code"].dropna()) <= codes
    assert set(events["admin_code"].dropna()) <= codes


def test_script_writes_the_same_twice(maker: ModuleType, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for folder in folders:
        folder.mkdir()
        maker.make_sample(folder)
    names = sorted(path.name for path in folders[0].iterdir())
    assert names == sorted(path.name for path in folders[1].iterdir())
    kept = {"README.md", "programme.toml", "make_sample.py", "__pycache__"}
    kept |= {"make_exports.py", "register_2023.geojson", "register_2024.geojson", "register.toml"}
    assert set(names) == {path.name for path in SAMPLE.iterdir()} - kept
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name
    # another GEOS or numpy may differ in a last digit, so the committed files are compared by their size only
    for name in names:
        committed, made = SAMPLE / name, folders[0] / name
        assert made.stat().st_size == pytest.approx(committed.stat().st_size, rel=0.01), name


def test_cut_gives_two_pieces_of_the_shape(maker: ModuleType) -> None:
    rng = np.random.default_rng(5)
    ell = shapely.Polygon([(0, 0), (50, 0), (100, 0), (100, 40), (40, 40), (40, 100), (0, 100), (0, 50)])
    one, rest = maker.cut(ell, 0.2, 0.6, rng)
    assert one.area + rest.area == pytest.approx(ell.area)
    assert 0.2 <= one.area / ell.area <= 0.6
    assert ell.covers(one)
    assert ell.covers(rest)
    assert one.intersection(rest).area == 0
    assert maker.cut(shapely.box(0, 0, 1, 1), 0.001, 0.002, rng) is None
