from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from pyproj import Geod
from rasterio.transform import from_origin

from landrelease.errors import CRSError, DataError, DataWarning, OptionError
from landrelease.geometry import geodesic_area_m2
from landrelease.priority import (
    Criterion,
    Measure,
    Scheme,
    criteria_table,
    explain,
    prioritise,
    read_scheme,
)
from landrelease.priority.scheme import measures

UTM = 32630
X, Y = 500_000.0, 1_000.0
GEOD = Geod(ellps="WGS84")


def scheme_of(**measures):
    criteria = tuple(Criterion(name, 0, 1, 1 / len(measures)) for name in measures)
    return Scheme("t", "T", "", False, "", criteria, {name: one for name, one in measures.items() if one})


def measured(areas, measure, layers=None, **options):
    return criteria_table(areas, scheme_of(x=measure), layers=layers or {}, **options)["x"].tolist()


def frame(shapes, crs=UTM, **columns):
    ids = [f"A{i}" for i in range(len(shapes))]
    return gpd.GeoDataFrame({"area_id": ids, **columns}, geometry=list(shapes), crs=crs)


def square(x, y, side=100.0):
    return shapely.box(X + x, Y + y, X + x + side, Y + y + side)


def points(*places, **columns):
    shapes = [shapely.Point(X + x, Y + y) for x, y in places]
    return gpd.GeoDataFrame({"accident_id": [f"P{i}" for i in range(len(shapes))], **columns}, geometry=shapes, crs=UTM)


def raster(path: Path, cells, nodata=0, size=100.0):
    """Write cells whose lower left corner is at X, Y."""
    cells = np.asarray(cells)
    grid = from_origin(X, Y + size * cells.shape[0], size, size)
    options = {"width": cells.shape[1], "height": cells.shape[0], "count": 1, "dtype": cells.dtype}
    with rasterio.open(path, "w", driver="GTiff", crs=UTM, transform=grid, nodata=nodata, **options) as file:
        file.write(cells, 1)
    return path


AREAS = frame([square(1000, 1000), square(5000, 5000), None, shapely.Polygon()])


def test_people_within_by_hand(tmp_path):
    people = raster(tmp_path / "people.tif", np.full((30, 30), 2.0, dtype="float32"), nodata=-1)
    got = measured(AREAS, Measure("people_within", {"within_m": 0}), {"population": people})
    assert got[0] == pytest.approx(2, rel=1e-4)
    assert np.isnan(got[1:]).all()
    got = measured(AREAS, Measure("people_within", {"within_m": 300}), {"population": str(people)})
    # The square, four strips beside it and a circle in four quarters, at 2 people for 10,000 m2.
    assert got[0] == pytest.approx(2 * (1 + 4 * 3 + math.pi * 9), rel=3e-3)


def test_people_where_the_raster_holds_nothing_are_not_known(tmp_path):
    cells = np.full((30, 30), -1.0, dtype="float32")
    people = raster(tmp_path / "people.tif", cells, nodata=-1)
    got = measured(AREAS, Measure("people_within", {"within_m": 300}), {"population": people})
    assert np.isnan(got).all()
    cells[:] = 0
    people = raster(tmp_path / "nobody.tif", cells, nodata=-1)
    assert measured(AREAS, Measure("people_within", {"within_m": 300}), {"population": people})[0] == 0


def test_distances_stay_true_far_from_the_centre(monkeypatch):
    seen = {}

    def match_raster(areas, raster, *, stat, **more):
        seen["areas"] = areas
        return pd.DataFrame({"area_id": areas["area_id"], "value": 1.0, "covered_share": 1.0})

    monkeypatch.setattr(measures, "match_raster", match_raster)
    places = [shapely.Point(lon, 45).buffer(1e-8) for lon in (8, 16, 24)]
    assert measured(frame(places, 4326), Measure("people_within", {"within_m": 1000}), {"population": "p"}) == [1] * 3
    # A polygon of 64 edges in place of the circle has 0.16 % less land.
    np.testing.assert_allclose(geodesic_area_m2(seen["areas"]), math.pi * 1e6 * 0.9984, rtol=3e-4)

    roads = gpd.GeoDataFrame({"road_id": ["r"]}, geometry=[shapely.Point(24.01, 45)], crs=4326)
    got = measured(frame(places, 4326), Measure("distance_to", {"layer": "roads"}), {"roads": roads})
    metres = [GEOD.inv(lon, 45, 24.01, 45)[2] for lon in (8, 16, 24)]
    assert got == pytest.approx(metres, rel=1e-2)
    assert got[2] == pytest.approx(metres[2], rel=1e-4)


def test_a_layer_that_is_not_given_leaves_its_column_missing():
    scheme = read_scheme("community-first")
    table = criteria_table(AREAS, scheme, layers={"accidents": None})
    asked = [f"community_rank_{who}_consulted_count" for who in ("women", "men")]
    columns = [one.column for one in scheme.criteria]
    assert table.columns.tolist() == ["area_id", columns[0], *asked, *columns[1:]]
    assert table.drop(columns=["area_id", "hazard_area_m2"]).isna().all(axis=None)
    assert table["hazard_area_m2"].isna().tolist() == [False, False, True, True]
    with pytest.raises(DataError, match="people_within_1km: all areas"):
        prioritise(table, scheme)


def test_accidents_within_by_hand():
    near = points((1050, 1050), (1100, 1050), (1200, 1050), (1301, 1050), (1050, 790))
    assert measured(AREAS, Measure("accidents_within", {"within_m": 200}), {"accidents": near}) == pytest.approx(
        [3, 0, np.nan, np.nan], nan_ok=True
    )
    elsewhere = near.to_crs(4326)
    got = measured(AREAS, Measure("accidents_within", {"within_m": 230}), {"accidents": elsewhere})
    assert got[:2] == [5, 0]


def test_no_accident_is_none_and_a_bare_frame_too():
    none = points((0, 0)).iloc[:0]
    assert measured(AREAS, Measure("accidents_within", {"within_m": 200}), {"accidents": none})[:2] == [0, 0]
    with pytest.raises(OptionError, match="'accidents' must be a GeoDataFrame; got DataFrame"):
        measured(AREAS, Measure("accidents_within", {"within_m": 9}), {"accidents": pd.DataFrame()})


def test_recent_victims_by_hand():
    accidents = points(
        *[(1050, 1050)] * 5,
        accident_date=pd.to_datetime(["2024-01-02", "2025-06-01", "2025-12-31", "2023-12-31", "2026-01-01"]),
        killed_count=pd.array([1, 0, None, 50, 50], dtype="Int64"),
        injured_count=pd.array([2, 1, 4, 50, 50], dtype="Int64"),
    )
    measure = Measure("accidents_within", {"within_m": 1, "months": 24, "count": "victims"})
    assert measured(AREAS, measure, {"accidents": accidents}, as_of="2025-12-31")[:2] == [8, 0]
    with pytest.raises(OptionError, match="criterion 'x' counts the last 24 months: up to which day"):
        measured(AREAS, measure, {"accidents": accidents})


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("accident_date", pd.NaT, "1 row of 'accidents' has no date"),
        ("killed_count", None, "1 row of 'accidents' has no number of victims"),
        ("geometry", None, "1 row of 'accidents' has no point"),
    ],
)
def test_what_accidents_do_not_say_is_told(column, value, message):
    accidents = points(
        (1050, 1050), (1060, 1060), accident_date=pd.to_datetime(["2025-01-01"] * 2), killed_count=[2.0, 3.0]
    )
    accidents.loc[1, column] = value
    measure = Measure("accidents_within", {"within_m": 1, "months": 24, "count": "victims"})
    with pytest.warns(DataWarning, match=message):
        got = measured(AREAS, measure, {"accidents": accidents}, as_of="2025-12-31")
    assert got[0] == 2


def test_share_of_land_cover_by_hand(tmp_path):
    cells = np.array([[40, 40, 0], [10, 10, 0], [40, 10, 0]], dtype="uint8")
    cover = raster(tmp_path / "cover.tif", cells)
    areas = frame([square(0, 0, 200), square(100, 0, 200), square(150, 0, 150), square(9000, 0), None])
    latest = SimpleNamespace(path=cover, year=2024, legend={40: "agriculture", 10: "forest"})
    older = SimpleNamespace(path=tmp_path / "not there.tif", year=2019, legend={})
    measure = Measure("share_of_class", {"use_codes": ["agriculture"]})
    got = measured(areas, measure, {"land_cover": [latest, older]})
    # One of four cells; none of the two that hold something; a third of it is covered: not known; outside.
    assert got[:2] == pytest.approx([0.25, 0.0], abs=1e-6)
    assert np.isnan(got[2:]).all()
    by_class = Measure("share_of_class", {"class_codes": [10]})
    assert measured(areas, by_class, {"land_cover": cover})[:2] == pytest.approx([0.75, 1.0], abs=1e-6)
    with pytest.raises(OptionError, match="reads land cover with a legend"):
        measured(areas, measure, {"land_cover": cover})
    assert np.isnan(measured(areas, measure, {"land_cover": []})).all()
    # Of a year that is not over by the day that counts, nothing is known yet.
    dated = {"land_cover": [latest]}
    assert measured(areas, measure, dated, as_of="2024-12-31")[0] == pytest.approx(0.25, abs=1e-6)
    assert np.isnan(measured(areas, measure, dated, as_of="2024-12-30")).all()


def test_share_of_mapped_land_use_by_hand():
    fields = gpd.GeoDataFrame(
        {"land_use_id": ["f", "g"], "use_code": ["agriculture", "grazing"]},
        geometry=[square(0, 0, 60), square(60, 0, 40)],
        crs=UTM,
    )
    areas = frame([square(0, 0, 60), shapely.box(X + 40, Y, X + 80, Y + 40), square(50, 30, 100), None])
    measure = Measure("share_of_class", {"use_codes": ["agriculture"], "layer": "land_use"})
    got = measured(areas, measure, {"land_use": fields.to_crs(4326)})
    assert got[:2] == pytest.approx([1.0, 0.5], abs=1e-4)
    assert np.isnan(got[2:]).all()


def test_distance_to_by_hand():
    projects = gpd.GeoDataFrame(
        {"location_id": ["a", "b", "c"], "is_point": pd.array([True, False, None], dtype="boolean")},
        geometry=[shapely.Point(X + 1400, Y + 1500), shapely.Point(X + 1050, Y + 1050), None],
        crs=UTM,
    )
    everything = Measure("distance_to", {"layer": "projects"})
    assert measured(AREAS, everything, {"projects": projects})[0] == 0
    usable = Measure("distance_to", {"layer": "projects", "only": "is_point"})
    got = measured(AREAS, usable, {"projects": projects.to_crs(4326)})
    assert got[0] == pytest.approx(500, rel=1e-3)  # 300 east, 400 north
    assert np.isnan(got[2:]).all()
    assert np.isnan(measured(AREAS, usable, {"projects": projects.iloc[1:]})).all()


def test_columns_of_the_areas_and_of_the_unit():
    areas = frame([None] * 4, admin_code=["N", "S", "?", None], contamination_code=["AP", "ERW", "unknown", None])
    values = {"AP": 1, "ERW": 0}
    got = measured(areas, Measure("column", {"name": "contamination_code", "values": values}))
    assert got == pytest.approx([1, 0, np.nan, np.nan], nan_ok=True)
    units = pd.DataFrame({"admin_code": ["N", "S"], "population_count": pd.array([10, None], dtype="Int64")})
    people = Measure("column", {"name": "population_count", "layer": "admin_areas"})
    assert measured(areas, people, {"admin_areas": units}) == pytest.approx([10] + [np.nan] * 3, nan_ok=True)
    assert np.isnan(measured(areas, Measure("column", {"name": "tenure_code"}))).all()
    with pytest.raises(DataError, match="'admin_areas' has no column population_count; did you mean 'population'"):
        measured(areas, people, {"admin_areas": units.rename(columns={"population_count": "population"})})
    with pytest.raises(DataError, match="1 rows repeat an admin_code, the first is 'N'"):
        measured(areas, people, {"admin_areas": pd.concat([units, units.iloc[:1]])})
    with pytest.raises(DataError, match="column 'contamination_code' of 'areas' must hold numbers: 3 of 4"):
        measured(areas, Measure("column", {"name": "contamination_code"}))


NEEDS = pd.DataFrame(
    {
        "need_id": list("abcde"),
        "admin_code": ["V1", "V1", "V1", "D2", None],
        "rank": pd.array([3, 1, 2, 2, 1], dtype="Int64"),
        "wanted_use_code": ["road", "water", "agriculture_irrigated", "grazing", "road"],
    }
)


def test_the_rank_of_a_community_by_hand():
    areas = frame(
        [None] * 6,
        admin_code=["V1", "V1", "V1", "V2", "V3", None],
        blocked_resource_code=["agriculture", "forest", None, "agriculture", "water", "water"],
        intended_use_code=["road", None, "housing", "road", None, None],
    )
    anything = Measure("community_rank")
    assert measured(areas, anything, {"needs": NEEDS}) == pytest.approx([1, 1, 1] + [np.nan] * 3, nan_ok=True)
    # V2 lies in D2, which was asked; V3 in D3, which was not.
    units = pd.DataFrame({"admin_code": ["V1", "V2", "V3", "D2", "D3"], "parent_code": ["D2", "D2", "D3", None, None]})
    layers = {"needs": NEEDS, "admin_areas": units}
    got = measured(areas, anything, layers)
    assert got == pytest.approx([1, 1, 1, 2, np.nan, np.nan], nan_ok=True)
    same = Measure("community_rank", {"same_use": True, "unnamed": 6})
    # Crops are second; water and forest are one group, first; a house stands in the group of the road, third;
    # grazing is agriculture, second in D2.
    assert measured(areas, same, layers) == pytest.approx([2, 1, 3, 2, np.nan, np.nan], nan_ok=True)
    only_road = NEEDS[NEEDS["wanted_use_code"] == "road"]
    assert measured(areas, same, {"needs": only_road})[:3] == [6, 6, 3]
    assert np.isnan(measured(areas, same, {"needs": NEEDS.iloc[:0]})).all()
    bare = NEEDS.drop(columns="wanted_use_code")
    assert measured(areas, same, {"needs": bare})[:2] == [6, 6]


def test_parents_that_go_in_a_circle_end():
    areas = frame([None], admin_code=["A"])
    units = pd.DataFrame({"admin_code": ["A", "B"], "parent_code": ["B", "A"]})
    got = measured(areas, Measure("community_rank"), {"needs": NEEDS, "admin_areas": units})
    assert np.isnan(got).all()


def test_blocked_resources_and_area():
    areas = frame([square(0, 0), shapely.Point(X, Y), None], blocked_resource_code=["water", "none", None])
    got = measured(areas, Measure("blocked_resource", {"codes": ["water", "road"]}))
    assert got == pytest.approx([1, 0, np.nan], nan_ok=True)
    size = measured(areas, Measure("area"))
    assert size[0] == pytest.approx(10_000 / 0.9996**2, rel=1e-5)
    assert np.isnan(size[1:]).all()


def test_columns_that_stand_in_the_areas_are_taken_as_they_are():
    areas = frame([square(0, 0)] * 2, x=pd.array([True, None], dtype="boolean"))
    assert measured(areas, Measure("area")) == pytest.approx([1, np.nan], nan_ok=True)
    table = criteria_table(areas[["area_id", "x"]], scheme_of(x=None, y=None, z=Measure("area")), layers={})
    assert table[["y", "z"]].isna().all(axis=None)
    with pytest.raises(DataError, match="column 'x' of 'areas' must hold numbers: 1 of 2 rows do not, row 1 has 'b'"):
        measured(areas.assign(x=["1", "b"]), Measure("area"))


def test_the_table_keeps_the_index_and_the_areas():
    areas = AREAS.set_index(pd.Index([7, 3, 9, 1]))
    before = areas.copy()
    table = criteria_table(areas, scheme_of(x=Measure("area")), layers={})
    assert table.index.tolist() == [7, 3, 9, 1]
    pd.testing.assert_frame_equal(pd.DataFrame(areas), pd.DataFrame(before))


def test_no_areas_and_areas_without_any_place(tmp_path):
    people = raster(tmp_path / "people.tif", np.ones((3, 3), dtype="float32"), nodata=-1)
    layers = {"population": people, "accidents": points((0, 0)), "needs": NEEDS, "land_cover": people}
    scheme = read_scheme("community-first")
    assert criteria_table(AREAS.iloc[:0], scheme, layers=layers).shape == (0, 9)
    assert criteria_table(AREAS.iloc[2:], scheme, layers=layers).drop(columns="area_id").isna().all(axis=None)


@pytest.mark.parametrize(
    ("areas", "layers", "error", "message"),
    [
        (
            AREAS,
            {"populaton": "x.tif"},
            OptionError,
            "'populaton', which nothing reads; did you mean 'population'",
        ),
        (AREAS, {"population": 3}, OptionError, "reads a raster of people or a layer of settlements; got int"),
        (AREAS.drop(columns="area_id"), {}, DataError, "no column area_id; it has geometry"),
        (
            AREAS.assign(area_id=["a", "b", "b", None]),
            {},
            DataError,
            "1 of 4 rows of 'areas' have no area_id",
        ),
        (
            AREAS.assign(area_id=["a", "b", "b", "b"]),
            {},
            DataError,
            "2 of 4 rows of 'areas' repeat an area_id",
        ),
        (
            AREAS.set_crs(None, allow_override=True),
            {"population": "x.tif"},
            CRSError,
            "no coordinate reference",
        ),
    ],
)
def test_what_can_not_be_computed_is_said(areas, layers, error, message):
    with pytest.raises(error, match=message):
        measured(areas, Measure("people_within", {"within_m": 10}), layers)


def test_the_default_scheme_from_layers_to_sentence(tmp_path):
    people = raster(tmp_path / "people.tif", np.full((80, 80), 1.0, dtype="float32"), nodata=-1)
    cover = raster(tmp_path / "cover.tif", np.full((80, 80), 40, dtype="uint8"))
    areas = frame(
        [square(2000, 2000), square(5000, 5000, 300)],
        admin_code=["V1", "V1"],
        blocked_resource_code=["water", "none"],
    )
    layers = {
        "population": people,
        "accidents": points((2200, 2050)),
        "needs": NEEDS,
        "land_cover": SimpleNamespace(path=cover, year=2024, legend="esa-worldcover"),
    }
    scheme = read_scheme("community-first")
    table = criteria_table(areas, scheme, layers=layers).set_index("area_id")
    assert table["community_rank"].tolist() == [1, 6]
    assert table["accidents_within_500m"].tolist() == [1, 0]
    assert table["is_resource_blocked"].tolist() == [1, 0]
    assert table["cropland_share"].tolist() == pytest.approx([1, 1])
    circle = math.pi * 100
    assert table["people_within_1km"].tolist() == pytest.approx([1 + 40 + circle, 9 + 120 + circle], rel=3e-3)
    ranking = prioritise(table.reset_index(), scheme)
    assert ranking.table["area_id"].tolist() == ["A0", "A1"]
    by_hand = 0.4083 + 0.2417 * (41 + circle) / 1500 + 0.1583 / 3 + 0.1028 + 0.0611 + 0.0278 * 0.05
    assert ranking.table["score"].iloc[0] == pytest.approx(by_hand, abs=1e-3)
    assert explain(ranking, "A0").startswith("A0 is rank 1 of 2 with a score of 0.68 of 1.00. It gets 0.41 of 0.41")


PROJECTS = {  # at the first area of AREAS, 200 m from the second, and a region
    "planned": ("pipeline", None), "running": ("implementation", "2020-01-01"), "done": ("finalisation", None),
    "stopped": ("suspended", None), "until 2030": (None, "2030-01-01"), "until 2020": (None, "2020-01-01"),
    "who knows": (None, None),
}  # fmt: skip


def waiting(*rows, within_m=0, **options):
    """Return what the first two areas say of projects: a name of PROJECTS, where it is, and whether it is a place."""
    shapes = [{"on": square(1010, 1010, 10), "near": square(5300, 5000, 1), None: None}[where] for _, where, _ in rows]
    projects = gpd.GeoDataFrame(
        {"location_id": [str(i) for i in range(len(rows))], "is_point": [place for *_, place in rows]},
        geometry=[shape and shape.centroid for shape in shapes], crs=UTM,
    )  # fmt: skip
    projects["status"] = pd.Series([PROJECTS[name][0] for name, *_ in rows], dtype="str")
    projects["end_date"] = pd.to_datetime(pd.Series([PROJECTS[name][1] for name, *_ in rows]))
    options.setdefault("as_of", "2025-12-31")
    found = measured(AREAS, Measure("project_waiting", {"within_m": within_m}), {"projects": projects}, **options)
    assert np.isnan(found[2:]).all()  # no geometry
    return [None if np.isnan(one) else one for one in found[:2]]


@pytest.mark.parametrize(("rows", "within_m", "expected"), [
    ([], 0, [0, 0]),
    ([("planned", "on", True)], 0, [1, 0]),
    ([("running", "on", True), ("planned", "near", True)], 100, [1, 0]),
    ([("running", "on", True), ("planned", "near", True)], 250, [1, 1]),
    ([("done", "on", True), ("stopped", "near", True)], 250, [0, 0]),
    ([("until 2030", "on", True), ("until 2020", "near", True)], 250, [1, 0]),
    ([("who knows", "on", True)], 250, [None, 0]),
    ([("who knows", "on", True), ("planned", "on", True)], 250, [1, 0]),
    ([("done", "on", False), ("done", None, True)], 250, [0, 0]),
])  # fmt: skip
def test_projects_that_wait_by_hand(rows, within_m, expected):
    assert waiting(*rows, within_m=within_m) == expected


@pytest.mark.parametrize("row", [("planned", "on", False), ("planned", "on", None), ("planned", None, True)])
def test_a_project_without_a_usable_place_waits_nowhere(row):
    with pytest.warns(DataWarning, match="1 row of 'projects' has no usable place: no area is known on which they"):
        assert waiting(row) == [0, 0]
    table = pd.DataFrame({"location_id": ["1"], "status": ["pipeline"], "is_point": [True]})
    with pytest.warns(DataWarning, match="no usable place"):
        found = measured(AREAS, Measure("project_waiting", {"within_m": 0}), {"projects": table})
    assert found[:2] == [0, 0]


def test_a_project_without_a_status_needs_a_day():
    with pytest.raises(OptionError, match="criterion 'x': 1 rows of 'projects' have no status but an end"):
        waiting(("until 2030", "on", True), as_of=None)
    assert waiting(("planned", "on", True), as_of=None) == [1, 0]
    with pytest.raises(OptionError, match="measure project_waiting needs within_m"):
        Measure("project_waiting")


def test_who_was_asked_is_carried_to_the_sentence():
    areas = pd.DataFrame(
        {"area_id": ["A0", "A1", "A2", "A3"], "admin_code": ["P1", "P2", "P3", "P4"], "blocked_resource_code": "water"}
    )
    needs = pd.DataFrame({
        "admin_code": ["P1", "P1", "P2", "P3"], "rank": [1, 2, 3, 1],
        "wanted_use_code": ["water", "road", "road", "water"],
        "women_consulted_count": [12, 12, 0, None], "men_consulted_count": [33, 30, 1, None],
    })  # fmt: skip
    scheme = scheme_of(rank=Measure("community_rank", {"same_use": True, "unnamed": 6}))
    scheme = replace(scheme, criteria=(Criterion("rank", 1, 6, 1, more_is_urgent=False),))
    table = criteria_table(areas, scheme, layers={"needs": needs})
    assert table["rank"].tolist()[:3] == [1, 6, 1]
    ranking = prioritise(table, scheme, missing="worst")
    # Two needs of one meeting: the women of both are the same women.
    assert "(1; 6 or more counts nothing, 1 or less counts in full; asked were 12 women and 33 men)" in (
        explain(ranking, "A0")
    )
    assert "counts in full; asked were no women and 1 man)" in explain(ranking, "A1")
    assert "how many women and men were asked is not known)" in explain(ranking, "A2")
    assert explain(ranking, "A3").endswith("It gets nothing for rank (not known, counted as nothing).")
    # A rank that the areas bring along brings those who gave it along, or says that they are not known.
    own = criteria_table(areas.assign(rank=2), scheme, layers={"needs": needs})
    assert own.drop(columns=["area_id", "rank"]).isna().all(axis=None)
    own = criteria_table(areas.assign(rank=2, rank_women_consulted_count=7), scheme, layers={"needs": needs})
    assert "asked were 7 women and an unknown number of men" in explain(prioritise(own, scheme), "A3")


def test_people_of_settlements_within_a_distance() -> None:
    """Points at 400 m (100 people), 900 m (50) and 1,100 m (7) of a square; one of unknown number near another."""
    areas = gpd.GeoDataFrame(
        {"area_id": ["A", "B", "C"]},
        geometry=[shapely.box(x, 0, x + 100, 100) for x in (500_000, 600_000, 700_000)],
        crs=32630,
    )
    places = gpd.GeoDataFrame(
        {"settlement_id": list("1234"), "population_count": pd.array([100, 50, 7, None], dtype="Int64")},
        geometry=gpd.points_from_xy([500_500, 501_000, 501_200, 600_300], [50, 50, 50, 50]),
        crs=32630,
    )
    measure = Measure("people_within", {"within_m": 1000, "layer": "settlements"})
    found = measured(areas, measure, {"settlements": places})
    assert found[0] == 150
    assert np.isnan(found[1])  # a place whose people are not known is near: the sum is not known
    assert found[2] == 0


def test_what_is_later_than_the_day_does_not_count(tmp_path):
    days = pd.to_datetime(["2023-05-01", "2023-12-31", "2024-01-01", None])
    accidents = points(*[(1050, 1050)] * 4, accident_date=days)
    within = Measure("accidents_within", {"within_m": 1})
    assert measured(AREAS, within, {"accidents": accidents}, as_of="2023-12-31")[0] == 3
    assert measured(AREAS, within, {"accidents": accidents})[0] == 4
    areas = frame([None], admin_code=["V1"])
    needs = NEEDS[NEEDS["admin_code"] == "V1"].assign(asked_date=pd.to_datetime(["2023-05-01", "2024-01-01", None]))
    needs = needs.assign(women_consulted_count=[5, 50, 6])
    assert measured(areas, Measure("community_rank"), {"needs": needs}, as_of="2023-12-31") == [2]
    assert measured(areas, Measure("community_rank"), {"needs": needs}) == [1]
    scheme = scheme_of(x=Measure("community_rank"))
    table = criteria_table(areas, scheme, layers={"needs": needs}, as_of="2023-12-31")
    assert table["x_women_consulted_count"].tolist() == [6]
    assert np.isnan(measured(areas, Measure("community_rank"), {"needs": needs[1:2]}, as_of="2023-12-31")).all()
