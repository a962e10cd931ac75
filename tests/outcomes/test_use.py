"""The verdict: one hand-computed case for each sentence of how evidence becomes one, and sums that close."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin
from shapely import box

from landrelease.errors import CRSError, DataError, OptionError
from landrelease.match.legends import LandCover
from landrelease.outcomes.use import assess_use, use_summary
from landrelease.tables import RESULTS

UTM = 32630
X, Y = 500_000, 4_800_000
DAY = "2025-12-31"
SQUARE = box(0, 0, 10, 10)
PARTS = ["as_intended_m2", "other_productive_m2", "unused_m2", "unknown_m2"]


def at(shape):
    return None if shape is None else shapely.transform(shape, lambda xy: xy * 10 + (X, Y))


def releases_of(*shapes, intended="agriculture", dates="2020-06-30", area_m2=10_000.0, **columns) -> gpd.GeoDataFrame:
    """Releases E0, E1, ... of areas A0, A1, ...; 100 units are 10,000 m2."""
    shapes = shapes or (SQUARE,)
    count = len(shapes)
    days = [dates] * count if isinstance(dates, str) or dates is None else dates
    frame = {
        "release_id": [f"E{i}" for i in range(count)], "area_id": [f"A{i}" for i in range(count)],
        "release_type": "cleared", "release_date": pd.to_datetime(pd.Series(days, dtype="object")),
        "area_m2": area_m2, "intended_use_code": intended, "admin_code": "P1",
    }  # fmt: skip
    return gpd.GeoDataFrame({**frame, **columns}, geometry=[at(shape) for shape in shapes], crs=UTM)


def visit(use="grazing", day="2021-01-01", seen=None, productive_m2=None, release="E0", reason=None) -> dict:
    return {
        "release_id": release, "visit_date": pd.Timestamp(day), "use_code": use, "observed_share": seen,
        "productive_area_m2": productive_m2, "reason_unused_code": reason,
    }  # fmt: skip


def visits_of(*visits) -> pd.DataFrame:
    columns = [*visit(), "follow_up_id"]
    return pd.DataFrame([{**one, "follow_up_id": f"V{i}"} for i, one in enumerate(visits)], columns=columns)


def map_of(*rows, day="2022-01-01") -> gpd.GeoDataFrame:
    """Polygons of use: code, width of the strip from the west; day."""
    shapes = [one if not isinstance(one, int | float) else box(0, 0, one, 10) for _, one in rows]
    return gpd.GeoDataFrame(
        {"use_code": pd.Series([code for code, _ in rows], dtype="str"), "observed_date": pd.Timestamp(day)},
        geometry=[at(shape) for shape in shapes], crs=UTM,
    )  # fmt: skip


CODE = {"agriculture": 1, "housing": 2, "unused": 3, "unknown": 4}


@pytest.fixture
def cover(tmp_path):
    numbers = itertools.count()

    def cover(*strips, year=2023):
        """Five strips of 20 m from the west: a word of the legend, or None for nodata."""
        row = [CODE.get(one, 0) for one in (*strips, *[None] * 5)[:5]]
        path = tmp_path / f"cover{next(numbers)}.tif"
        with rasterio.open(path, "w", driver="GTiff", width=5, height=5, count=1, dtype="uint8", crs=UTM, nodata=0,
                           transform=from_origin(X, Y + 100, 20, 20)) as file:  # fmt: skip
            file.write(np.array([[row] * 5], dtype="uint8"))
        return [LandCover(path, year, {code: use for use, code in CODE.items()})]

    return cover


def assess(releases=None, **evidence) -> gpd.GeoDataFrame:
    return assess_use(releases_of() if releases is None else releases, **{"as_of": DAY, **evidence})


def one(**evidence) -> pd.Series:
    found = assess(**evidence)
    assert len(found) == 1
    return found.iloc[0]


def parts(row: pd.Series) -> list[float]:
    """Parts in percent of 10,000 m2."""
    return [round(float(row[name]) / 100, 3) for name in PARTS]


# what a release gets


def test_columns_are_the_declared_ones_after_those_of_the_releases():
    releases = releases_of(SQUARE, SQUARE, note=["x", "y"], date_precision="day").set_index(pd.Index([7, 7]))
    for frame in (releases, releases.iloc[:0]):
        found = assess(frame, follow_ups=visits_of(visit()), land_use=map_of(("road", 1)), land_cover=[])
        names = RESULTS["assess_use"].names
        assert [name for name in found.columns if name in names] == [
            name for name in found.columns if name not in releases.columns
        ]
        assert set(names) <= set(found.columns)
        assert list(found.columns)[: len(releases.columns)] == list(releases.columns)
        assert found.crs == releases.crs
        assert found.index.tolist() == list(range(len(frame)))
        assert found["evidence_date"].dtype.kind == "M"
        assert found[[*PARTS, "productive_m2", "observed_share", "months_to_project"]].dtypes.eq("float64").all()


def test_nobody_looked():
    row = one()
    assert row["verdict"] == "unknown"
    assert parts(row) == [0, 0, 0, 100]
    assert row["observed_share"] == 0
    assert row[["use_code", "evidence", "evidence_date", "conflict", "project_level", "project_id"]].isna().all()


@pytest.mark.parametrize(
    ("seen", "expected", "verdict"),
    [
        # intention: agriculture; grazing is of that group
        (visit("grazing"), [100, 0, 0, 0], "as_intended"),
        (visit("agriculture_irrigated"), [100, 0, 0, 0], "as_intended"),
        (visit("housing"), [0, 100, 0, 0], "other_productive"),
        (visit("none"), [0, 0, 100, 0], "unused"),
        (visit("grazing", seen=0.5), [50, 0, 0, 50], "as_intended"),
        (visit("grazing", seen=0.49), [49, 0, 0, 51], "unknown"),
        (visit("none", seen=0.6), [0, 0, 60, 40], "unused"),
        (visit("grazing", productive_m2=6_000), [60, 0, 40, 0], "as_intended"),
        (visit("grazing", productive_m2=5_000), [50, 0, 50, 0], "as_intended"),  # as much as is unused
        (visit("grazing", productive_m2=4_999), [49.99, 0, 50.01, 0], "unused"),
        (visit("grazing", productive_m2=50_000), [100, 0, 0, 0], "as_intended"),
        (visit("grazing", seen=0.6, productive_m2=2_000), [20, 0, 40, 40], "unused"),
        (visit("grazing", seen=0.6, productive_m2=8_000), [60, 0, 0, 40], "as_intended"),
    ],
)
def test_what_a_visit_makes_of_a_release(seen, expected, verdict):
    row = one(follow_ups=visits_of(seen))
    assert parts(row) == expected
    assert row["verdict"] == verdict
    assert row["evidence"] == "follow_up"
    assert row["evidence_date"] == pd.Timestamp("2021-01-01")
    assert row["observed_share"] == pytest.approx(1 - expected[3] / 100)
    assert row["productive_m2"] == pytest.approx(100 * (expected[0] + expected[1]))
    use = {"unknown": None, "unused": "none"}.get(verdict, seen["use_code"])
    assert (use is None and pd.isna(row["use_code"])) or row["use_code"] == use


@pytest.mark.parametrize(
    ("intended", "use", "expected"),
    [
        ("agriculture", "agriculture_rainfed", "as_intended"),
        ("agriculture_irrigated", "grazing", "as_intended"),
        ("forest", "water", "as_intended"),
        ("road", "tourism", "as_intended"),
        ("other", "other", "as_intended"),
        ("other", "road", "other_productive"),
        ("forest", "grazing", "other_productive"),
        ("housing", "agriculture", "other_productive"),
        (None, "agriculture", "other_productive"),
        ("none", "agriculture", "other_productive"),
        ("none", "none", "unused"),
        (None, "none", "unused"),
    ],
)
def test_intention_is_kept_by_any_use_of_its_group(intended, use, expected):
    row = one(releases=releases_of(intended=intended), follow_ups=visits_of(visit(use)))
    assert row["verdict"] == expected
    assert row["intended_known"] == (intended not in (None, "none"))


def test_a_table_without_an_intention_is_judged_all_the_same():
    releases = releases_of()[["release_id", "release_date", "geometry"]]
    row = one(releases=releases, follow_ups=visits_of(visit()), land_use=map_of(("road", 10)))
    assert row["verdict"] == "other_productive"
    assert not row["intended_known"]
    assert row["area_m2"] == pytest.approx(10_000 / 0.9996**2, rel=1e-6)  # measured where it is not given


def test_the_reason_is_that_of_the_deciding_visit_where_the_land_is_unused():
    early, late = visit("none", "2021-01-01", reason="fear"), visit("none", "2023-01-01", reason="dispute")
    assert one(follow_ups=visits_of(late, early))["reason_unused_code"] == "dispute"
    assert pd.isna(one(follow_ups=visits_of(visit("grazing", reason="fear")))["reason_unused_code"])
    partly = visits_of(visit("grazing", productive_m2=1_000, reason="no_means"))
    assert one(follow_ups=partly)["reason_unused_code"] == "no_means"


def test_the_latest_visit_up_to_the_day_speaks():
    seen = visits_of(visit("grazing", "2022-01-01"), visit("none", "2024-01-01"), visit("housing", "2020-06-29"))
    assert one(follow_ups=seen)["verdict"] == "unused"
    assert one(follow_ups=seen, as_of="2023-12-31")["verdict"] == "as_intended"
    assert one(follow_ups=seen, as_of="2021-12-31")["verdict"] == "unknown"  # the other visit was before the release


# which source decides


def test_of_sources_that_saw_enough_the_highest_decides_and_the_others_are_named(cover):
    evidence = {
        "follow_ups": visits_of(visit("none")),
        "land_use": map_of(("housing", 6)),
        "land_cover": cover(*["agriculture"] * 5),
    }
    row = one(**evidence)
    assert (row["verdict"], row["evidence"], parts(row)) == ("unused", "follow_up", [0, 0, 100, 0])
    assert row["conflict"] == (
        "land_use of 2022-01-01 says other_productive; land_cover of 2023-12-31 says as_intended"
    )
    row = one(**{**evidence, "follow_ups": visits_of()})
    assert (row["verdict"], row["evidence"]) == ("other_productive", "land_use")
    assert parts(row) == pytest.approx([0, 60, 0, 40], abs=0.001)
    assert row["conflict"] == "land_cover of 2023-12-31 says as_intended"
    row = one(land_cover=evidence["land_cover"])
    assert (row["verdict"], row["evidence"], row["use_code"]) == ("as_intended", "land_cover", "agriculture")
    assert row["evidence_date"] == pd.Timestamp("2023-12-31")
    assert pd.isna(row["conflict"])


def test_sources_that_agree_are_in_no_conflict(cover):
    row = one(
        follow_ups=visits_of(visit("grazing")), land_use=map_of(("agriculture", 10)),
        land_cover=cover("agriculture", "agriculture", "agriculture"),
    )  # fmt: skip
    assert row["evidence"] == "follow_up"
    assert pd.isna(row["conflict"])


def test_a_source_that_saw_too_little_neither_decides_nor_contradicts(cover):
    row = one(follow_ups=visits_of(visit("none", seen=0.3)), land_use=map_of(("grazing", 7)))
    assert (row["verdict"], row["evidence"]) == ("as_intended", "land_use")
    assert pd.isna(row["conflict"])
    row = one(follow_ups=visits_of(visit("grazing")), land_use=map_of(("none", 3)))
    assert row["evidence"] == "follow_up"
    assert pd.isna(row["conflict"])


@pytest.mark.parametrize(
    ("by_visit", "by_map", "by_cover", "chosen", "unknown"),
    [
        (0.2, 4, 1, "land_use", 60),  # none saw half: the one that saw most
        (0.2, 1, 2, "land_cover", 60),
        (0.45, 4, 2, "follow_up", 55),
        (0.4, 4, 2, "follow_up", 60),  # as much: the higher
        (0.2, 4, 3, "land_cover", 40),  # the only one that saw enough
        (0.5, 9, 5, "follow_up", 50),  # enough is enough
        (0.2, 5, 5, "land_use", 50),  # half of a field is half
    ],
)
def test_where_none_saw_enough_the_one_that_observed_most(cover, by_visit, by_map, by_cover, chosen, unknown):
    row = one(
        follow_ups=visits_of(visit("grazing", seen=by_visit)),
        land_use=map_of(("grazing", by_map)),
        land_cover=cover(*["agriculture"] * by_cover),
    )
    assert row["evidence"] == chosen
    assert parts(row) == pytest.approx([100 - unknown, 0, 0, unknown], abs=0.001)
    assert row["verdict"] == ("as_intended" if unknown <= 50 else "unknown")
    assert row["observed_share"] == pytest.approx(1 - unknown / 100, abs=1e-6)


@pytest.mark.parametrize(
    ("least", "verdict", "chosen"),
    [(0.0, "as_intended", "follow_up"), (0.3, "as_intended", "follow_up"), (0.31, "unused", "land_use"),
     (0.6, "unused", "land_use"), (0.61, "unknown", "land_use"), (1.0, "unknown", "land_use")],
)  # fmt: skip
def test_how_much_is_enough_is_the_callers_to_say(least, verdict, chosen):
    evidence = {"follow_ups": visits_of(visit("grazing", seen=0.3)), "land_use": map_of(("none", 6))}
    row = one(**evidence, min_observed_share=least)
    assert (row["verdict"], row["evidence"]) == (verdict, chosen)


def test_at_nothing_required_nothing_seen_is_still_unknown():
    assert one(min_observed_share=0.0)["verdict"] == "unknown"
    assert one(min_observed_share=0.0, land_use=map_of(("grazing", box(50, 0, 60, 10))))["verdict"] == "unknown"


# mapped land use


@pytest.mark.parametrize(
    ("rows", "expected", "verdict", "use"),
    [
        ([("agriculture", 10)], [100, 0, 0, 0], "as_intended", "agriculture"),
        ([("housing", 10)], [0, 100, 0, 0], "other_productive", "housing"),
        ([("agriculture", box(0, 0, 3, 10)), ("housing", box(3, 0, 5, 10)), ("none", box(5, 0, 9, 10))],
         [30, 20, 40, 10], "as_intended", "agriculture"),
        ([("agriculture", box(0, 0, 2, 10)), ("housing", box(2, 0, 5, 10)), ("none", box(5, 0, 9, 10))],
         [20, 30, 40, 10], "other_productive", "housing"),
        ([("agriculture", box(0, 0, 2, 10)), ("none", box(2, 0, 9, 10))], [20, 0, 70, 10], "unused", "none"),
        ([("agriculture", box(0, 0, 5, 10)), ("none", box(5, 0, 10, 10))], [50, 0, 50, 0], "as_intended",
         "agriculture"),
        # as much as intended as otherwise: as intended
        ([("agriculture", box(0, 0, 5, 10)), ("road", box(5, 0, 10, 10))], [50, 50, 0, 0], "as_intended",
         "agriculture"),
        # the use is the largest of the part that decides, not the largest of all
        ([("agriculture", box(0, 0, 3, 10)), ("grazing", box(3, 0, 6, 10)), ("housing", box(6, 0, 10, 10))],
         [60, 40, 0, 0], "as_intended", None),
        ([("grazing", box(0, 0, 3, 10)), ("agriculture", box(3, 0, 5.5, 10)), ("housing", box(6, 0, 10, 10))],
         [55, 40, 0, 5], "as_intended", "grazing"),
    ],
)  # fmt: skip
def test_a_map_is_added_up_by_parts(rows, expected, verdict, use):
    row = one(land_use=map_of(*rows))
    assert parts(row) == pytest.approx(expected, abs=0.001)
    assert row["verdict"] == verdict
    assert row["evidence"] == "land_use"
    assert row["use_code"] in ({use} if use else {"agriculture", "grazing"})
    assert row["evidence_date"] == pd.Timestamp("2022-01-01")


def test_only_maps_since_the_release_and_until_the_day_count():
    assert one(land_use=map_of(("agriculture", 10), day="2020-06-29"))["verdict"] == "unknown"
    assert one(land_use=map_of(("agriculture", 10), day="2020-06-30"))["verdict"] == "as_intended"
    assert one(land_use=map_of(("agriculture", 10), day="2026-01-01"))["verdict"] == "unknown"
    undated = map_of(("agriculture", 10)).assign(observed_date=pd.NaT)
    assert one(land_use=undated)["verdict"] == "unknown"
    assert one(land_use=undated.drop(columns="observed_date"))["verdict"] == "unknown"


def test_of_several_maps_the_newest_counts_where_it_says_something():
    old = map_of(("agriculture", 10), day="2021-01-01")
    new = map_of(("none", 6), day="2024-01-01")
    both = pd.concat([old, new], ignore_index=True)
    for layer in (both, both.iloc[::-1]):
        row = one(land_use=layer)
        assert parts(row) == pytest.approx([40, 0, 60, 0], abs=0.001)
        assert row["verdict"] == "unused"
        assert row["evidence_date"] == pd.Timestamp("2024-01-01")
    row = one(land_use=both, as_of="2023-12-31")
    assert (row["verdict"], row["evidence_date"]) == ("as_intended", pd.Timestamp("2021-01-01"))


def test_a_map_in_another_crs_is_moved():
    layer = map_of(("agriculture", box(0, 0, 6, 10)))
    assert parts(one(land_use=layer.to_crs(4326))) == pytest.approx([60, 0, 0, 40], abs=0.001)
    with pytest.raises(CRSError, match="'land_use' has no coordinate reference system"):
        one(land_use=layer.set_crs(None, allow_override=True))


# land cover


@pytest.mark.parametrize(
    ("strips", "expected", "verdict"),
    [
        (["agriculture"] * 5, [100, 0, 0, 0], "as_intended"),
        (["housing"] * 5, [0, 100, 0, 0], "other_productive"),
        (["unused"] * 5, [0, 0, 100, 0], "unused"),
        (["unknown"] * 5, [0, 0, 0, 100], "unknown"),
        ([None] * 5, [0, 0, 0, 100], "unknown"),
        (["agriculture", "housing", "unused", "unknown", None], [20, 20, 20, 40], "as_intended"),
        (["agriculture", "unused", "unused", "unused"], [20, 0, 60, 20], "unused"),
        (["agriculture", "agriculture", "unknown", "unknown", "unknown"], [40, 0, 0, 60], "unknown"),
    ],
)
def test_land_cover_says_what_its_legend_says(cover, strips, expected, verdict):
    row = one(land_cover=cover(*strips))
    assert parts(row) == pytest.approx(expected, abs=0.01)
    assert row["verdict"] == verdict


@pytest.mark.parametrize(("year", "is_used"), [(2019, False), (2020, False), (2021, True), (2025, True), (2026, False)])
def test_land_cover_of_a_year_after_the_release(cover, year, is_used):
    row = one(land_cover=cover(*["agriculture"] * 5, year=year))
    assert row["verdict"] == ("as_intended" if is_used else "unknown")


def test_bundled_legends_leave_what_a_map_can_not_tell_unknown(cover):
    (raster,) = cover(*["agriculture"] * 5)
    with rasterio.open(raster.path, "r+") as file:
        file.write(np.array([[[10, 30, 40, 50, 60]] * 5], dtype="uint8"))  # trees, grass, crops, buildings, bare
    row = one(land_cover=[LandCover(raster.path, 2023, "esa-worldcover")])
    assert parts(row) == pytest.approx([20, 20, 0, 60], abs=0.01)
    assert row["verdict"] == "unknown"


# land that is not there, days that are not known


def test_a_release_without_land_is_unknown_whoever_visited():
    releases = releases_of(shapely.Polygon(), area_m2=0.0)
    row = one(releases=releases, follow_ups=visits_of(visit()), land_use=map_of(("grazing", 10)))
    assert row["verdict"] == "unknown"
    assert parts(row) == [0, 0, 0, 0]
    assert row["observed_share"] == 0


def test_a_release_without_a_shape_has_a_verdict_by_visit_and_no_m2():
    releases = releases_of(None, area_m2=np.nan)
    row = one(releases=releases, follow_ups=visits_of(visit("none", reason="fear")), land_use=map_of(("grazing", 10)))
    assert (row["verdict"], row["evidence"], row["reason_unused_code"]) == ("unused", "follow_up", "fear")
    assert row[[*PARTS, "productive_m2"]].isna().all()
    row = one(releases=releases, land_use=map_of(("grazing", 10)))
    assert row["verdict"] == "unknown"
    assert row[PARTS].isna().all()


def test_an_undated_release_is_known_by_its_visits_only(cover):
    releases = releases_of(dates=None)
    evidence = {"land_use": map_of(("grazing", 10)), "land_cover": cover(*["agriculture"] * 5)}
    assert one(releases=releases, **evidence)["verdict"] == "unknown"
    row = one(releases=releases, **evidence, follow_ups=visits_of(visit("none")))
    assert (row["verdict"], row["conflict"]) == ("unused", row["conflict"])
    assert pd.isna(row["conflict"])


def test_a_visit_to_an_area_with_several_releases_speaks_of_the_latest_before_it():
    releases = releases_of(SQUARE, SQUARE, dates=["2019-01-01", "2022-01-01"]).assign(area_id="A")
    seen = visits_of(visit(release=None, day="2021-01-01"), visit("none", release=None, day="2023-01-01"))
    found = assess(releases, follow_ups=seen.assign(area_id="A"))
    assert found["verdict"].tolist() == ["as_intended", "unused"]
    same = releases.assign(release_date=pd.Timestamp("2019-01-01"))
    assert assess(same, follow_ups=seen.assign(area_id="A"))["verdict"].tolist() == ["unknown", "unknown"]


# projects


def projects_of(*offsets, **columns) -> gpd.GeoDataFrame:
    count, is_point = len(offsets), [x is not None for x in offsets]
    frame = {
        "project_id": [f"P{i}" for i in range(count)], "location_id": [f"P{i}/1" for i in range(count)],
        "status": "implementation", "sector_code": "31120", "admin_code": "P1",
        "start_date": pd.Timestamp("2021-01-01"), "is_point": pd.array(is_point, dtype="boolean"),
    }  # fmt: skip
    points = [None if x is None else shapely.Point(X + x, Y + 50) for x in offsets]
    return gpd.GeoDataFrame({**frame, **columns}, geometry=points, crs=UTM)


def test_a_project_stands_beside_the_verdict_and_never_sets_it(cover):
    row = one(projects=projects_of(50))
    assert (row["verdict"], row["project_level"], row["project_id"]) == ("unknown", "on_site", "P0")
    assert row["project_status"] == "implementation"
    assert row["months_to_project"] == pytest.approx(185 / 30.4375)  # 30 June 2020 to 1 January 2021
    assert row[["use_code", "evidence"]].isna().all()
    with_visit = one(projects=projects_of(50), follow_ups=visits_of(visit("none")))
    assert (with_visit["verdict"], with_visit["project_level"]) == ("unused", "on_site")
    assert pd.isna(with_visit["conflict"])


def test_the_closest_project_by_level_then_distance():
    assert one(projects=projects_of(None, 600, 400))["project_id"] == "P2"
    assert one(projects=projects_of(None, 600, 20))["project_level"] == "on_site"
    row = one(projects=projects_of(None, 1_500))
    assert (row["project_level"], row["project_id"]) == ("area_level", "P0")
    row = one(projects=projects_of(5_000))
    assert row[["project_level", "project_id", "project_status", "months_to_project"]].isna().all()


def test_projects_in_another_crs_without_a_status_without_a_shape_and_given_links():
    assert one(projects=projects_of(50).to_crs(4326))["project_level"] == "on_site"
    row = one(projects=projects_of(50).drop(columns="status"))
    assert row["project_level"] == "on_site"
    assert pd.isna(row["project_status"])
    row = one(projects=pd.DataFrame(projects_of(50).drop(columns="geometry")))
    assert row["project_level"] == "area_level"
    links = pd.DataFrame(
        {"release_id": ["E0"], "project_id": ["Z"], "location_id": ["Z/1"], "link_level": ["nearby"],
         "distance_m": [700.0], "months_apart": [3.0], "is_sector_match": pd.array([True], dtype="boolean")}
    )  # fmt: skip
    row = one(project_links=links)
    assert (row["project_level"], row["project_id"], row["months_to_project"]) == ("nearby", "Z", 3.0)
    assert pd.isna(row["project_status"])
    assert one(project_links=links.iloc[:0], projects=projects_of(50))[["project_level"]].isna().all()


# properties

FIVE = [box(20 * i, 0, 20 * i + 10, 10) for i in range(5)]
strip = st.tuples(
    st.sampled_from(["agriculture", "grazing", "housing", "none", "forest"]),
    st.integers(0, 90), st.integers(1, 40), st.integers(2019, 2026),
)  # fmt: skip
seen = st.builds(
    visit,
    use=st.sampled_from(["grazing", "housing", "none", "fallow"]),
    day=st.dates(pd.Timestamp("2019-01-01").date(), pd.Timestamp("2026-12-31").date()),
    seen=st.none() | st.floats(0, 1),
    productive_m2=st.none() | st.floats(0, 20_000),
    release=st.sampled_from([*(f"E{i}" for i in range(5)), "E9"]),
)


@settings(max_examples=30, deadline=None)
@given(
    strips=st.lists(strip, max_size=6),
    visits=st.lists(seen, max_size=6),
    sizes=st.lists(st.none() | st.just(0.0) | st.floats(1, 1e7), min_size=5, max_size=5),
    least=st.floats(0, 1),
    shuffle=st.randoms(use_true_random=False),
)
def test_parts_close_and_the_order_of_rows_does_not_matter(strips, visits, sizes, least, shuffle):
    releases = releases_of(*FIVE, area_m2=pd.Series(sizes, dtype="float64"))
    layer = pd.concat(
        [map_of(), *(map_of((code, box(x, 0, x + wide, 10)), day=f"{year}-01-01") for code, x, wide, year in strips)],
        ignore_index=True,
    )
    follow_ups = visits_of(*visits)
    options = {"as_of": DAY, "min_observed_share": least}
    found = assess_use(releases, follow_ups=follow_ups, land_use=layer, **options)
    whole = found["area_m2"].to_numpy()
    assert found[PARTS].sum(axis=1, skipna=False).to_numpy() == pytest.approx(whole, rel=1e-9, nan_ok=True)
    assert (found[PARTS].fillna(0.0) >= -1e-9).all(axis=None)
    assert found["observed_share"].between(0, 1).all()
    assert found["productive_m2"].to_numpy() == pytest.approx(
        (found["as_intended_m2"] + found["other_productive_m2"]).to_numpy(), nan_ok=True
    )
    measured = whole > 0
    assert found["observed_share"][measured].to_numpy() == pytest.approx(
        1 - found["unknown_m2"][measured].to_numpy() / whole[measured], abs=1e-8
    )
    assert (found["observed_share"][found["verdict"] != "unknown"] >= least - 1e-5).all()
    order = list(range(5))
    shuffle.shuffle(order)
    again = assess_use(
        releases.iloc[order], follow_ups=follow_ups.sample(frac=1, random_state=1), land_use=layer.iloc[::-1], **options
    )
    again = again.set_index("release_id").loc[found["release_id"]].reset_index()
    for name in ("verdict", "evidence", "evidence_date"):
        assert again[name].equals(found[name])
    assert again[PARTS].to_numpy() == pytest.approx(found[PARTS].to_numpy(), abs=1e-3, rel=1e-9, nan_ok=True)


def test_inputs_are_unchanged(cover):
    inputs = {
        "releases": releases_of(SQUARE, None), "follow_ups": visits_of(visit(), visit("none", release="E1")),
        "land_use": map_of(("road", 5), ("none", 7)), "projects": projects_of(50, None),
    }  # fmt: skip
    before = {name: frame.copy(deep=True) for name, frame in inputs.items()}
    found = assess_use(**inputs, as_of=DAY, land_cover=cover("agriculture"))
    summary = found.copy(deep=True)
    use_summary(found, by=["release_type", "release_year"])
    pd.testing.assert_frame_equal(pd.DataFrame(found), pd.DataFrame(summary))
    for name, frame in inputs.items():
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before[name]))


def test_ids_that_are_numbers_are_read_as_text():
    releases = releases_of(SQUARE, SQUARE).assign(release_id=[1, 2])
    seen = visits_of(visit(release="2"))
    found = assess(releases, follow_ups=seen)
    assert found["verdict"].tolist() == ["unknown", "as_intended"]


def test_wrong_input_is_named():
    with pytest.raises(CRSError, match="'releases' has no coordinate reference system"):
        assess(releases_of().set_crs(None, allow_override=True))
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(OptionError, match="min_observed_share must be from 0 to 1"):
            assess(min_observed_share=share)
    for wrong in (
        releases_of().drop(columns="release_id"),
        releases_of(SQUARE, SQUARE).assign(release_id="E0"),
        releases_of(SQUARE, SQUARE).assign(release_id=["E0", None]),
    ):
        with pytest.raises(DataError, match="'releases' needs a release_id in each row, and each only once"):
            assess(wrong)
    with pytest.raises(DataError, match="follow_up_id"):
        assess(follow_ups=visits_of(visit()).drop(columns="follow_up_id"))
    with pytest.raises(DataError, match="There is no raster"):
        assess(land_cover=[LandCover("absent.tif", 2023, "corine")])


# sums


def assessment_of(**columns) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "release_type": ["cleared", "cleared", "reduced", "cancelled", None],
            "admin_code": ["P1", "P2", "P1", "P1", "P2"],
            "release_date": pd.to_datetime(["2019-05-01", "2020-01-01", "2020-12-31", None, "2019-12-31"]),
            "as_intended_m2": [60.0, 0.0, 10.0, np.nan, 5.0],
            "other_productive_m2": [0.0, 20.0, 10.0, np.nan, 0.0],
            "unused_m2": [10.0, 0.0, 80.0, np.nan, 0.0],
            "unknown_m2": [30.0, 80.0, 0.0, np.nan, 5.0],
        }
    )
    return frame.assign(**columns)


def test_the_sum_of_all_has_bounds():
    found = use_summary(assessment_of())
    assert list(found.columns) == [name for name in RESULTS["use_summary"].names if name != "by"]
    row = found.iloc[0]
    assert [row[name] for name in PARTS] == [75, 30, 90, 115]
    assert (row["released_m2"], row["release_count"], row["unmeasured_count"]) == (310, 5, 1)
    assert row["productive_share_low"] == pytest.approx(105 / 310)
    assert row["productive_share_high"] == pytest.approx(220 / 310)
    assert found.dtypes[["release_count", "unmeasured_count"]].astype(str).tolist() == ["Int64", "Int64"]


def test_sums_by_a_column_keep_the_missing_group_and_the_unmeasured():
    found = use_summary(assessment_of(), by="release_type")
    assert found["release_type"].astype(object).where(found["release_type"].notna(), None).tolist() == [
        "cancelled", "cleared", "reduced", None,
    ]  # fmt: skip
    assert found["released_m2"].tolist() == pytest.approx([np.nan, 200, 100, 10], nan_ok=True)
    assert found["release_count"].tolist() == [1, 2, 1, 1]
    assert found["unmeasured_count"].tolist() == [1, 0, 0, 0]
    low, high = found["productive_share_low"].tolist(), found["productive_share_high"].tolist()
    assert low == pytest.approx([np.nan, 0.4, 0.2, 0.5], nan_ok=True)
    assert high == pytest.approx([np.nan, 0.95, 0.2, 1.0], nan_ok=True)


def test_sums_by_a_list_and_by_the_year_of_release():
    found = use_summary(assessment_of(), by=["admin_code", "release_year"])
    years = found["release_year"].astype("float64").tolist()
    assert found["admin_code"].tolist() == ["P1", "P1", "P1", "P2", "P2"]
    assert years == pytest.approx([2019, 2020, np.nan, 2019, 2020], nan_ok=True)
    assert found["released_m2"].tolist() == pytest.approx([100, 100, np.nan, 10, 100], nan_ok=True)
    named = use_summary(assessment_of(release_year=["a"] * 5), by="release_year")
    assert named["release_year"].tolist() == ["a"]  # a column of that name is the caller's


def test_sums_of_nothing_and_of_no_land():
    empty = use_summary(assessment_of().iloc[:0])
    assert len(empty) == 1
    assert empty[[*PARTS, "released_m2", "productive_share_low", "productive_share_high"]].isna().all(axis=None)
    assert empty[["release_count", "unmeasured_count"]].eq(0).all(axis=None)
    assert use_summary(assessment_of().iloc[:0], by="admin_code").empty
    no_land = use_summary(assessment_of(**dict.fromkeys(PARTS, 0.0))).iloc[0]
    assert no_land["released_m2"] == 0
    assert no_land[["productive_share_low", "productive_share_high"]].isna().all()


def test_sums_of_an_assessment_add_up_in_any_order_and_by_any_column():
    releases = releases_of(*FIVE, dates=["2018-01-01", "2019-01-01", None, "2019-05-05", "2020-01-01"])
    releases = releases.assign(admin_code=["P1", "P2", None, "P1", "P2"])
    found = assess(releases, follow_ups=visits_of(visit(), visit("none", release="E3", seen=0.7)))
    whole = use_summary(found).iloc[0]
    assert whole["released_m2"] == 50_000
    assert [whole[name] for name in PARTS] == pytest.approx([10_000, 0, 7_000, 33_000])
    for by in ("admin_code", "release_year", "verdict", ["admin_code", "verdict"]):
        split = use_summary(found, by=by)
        assert split[PARTS].sum().to_numpy() == pytest.approx(whole[PARTS].to_numpy(dtype=float))
        assert split["release_count"].sum() == 5
        pd.testing.assert_frame_equal(use_summary(found.iloc[::-1], by=by), split)
        assert (split["productive_share_low"] <= split["productive_share_high"]).all()


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(OptionError, match="by: the assessment has no column 'admin_cod'; did you mean 'admin_code'"):
        use_summary(assessment_of(), by="admin_cod")
    with pytest.raises(OptionError, match="no column 'donor'"):
        use_summary(assessment_of(), by=["admin_code", "donor"])
    with pytest.raises(OptionError, match=r"no column 'release_year' \(made from release_date\)"):
        use_summary(assessment_of().drop(columns="release_date"), by="release_year")
