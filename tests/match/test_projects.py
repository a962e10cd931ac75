"""Releases against projects: rectangles and dates whose answers a reader can check."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.errors import CRSError, DataError, DataWarning, OptionError
from landrelease.match.projects.links import match_projects
from landrelease.tables import RESULTS

CRS = 32634
WINDOW = {"within_m": 1000, "months_before": 12, "months_after": 24}


def releases_of(**columns: object) -> gpd.GeoDataFrame:
    """Squares of 100 m, 10 km apart, at the middle meridian of the zone."""
    count = max(len(value) for value in columns.values())
    squares = [shapely.box(500_000, 4_800_000 + 10_000 * i, 500_100, 4_800_100 + 10_000 * i) for i in range(count)]
    defaults = {
        "release_id": [f"R{i}" for i in range(count)],
        "release_date": [pd.Timestamp("2020-01-01")] * count,
        "admin_code": ["P1"] * count,
        "intended_use_code": ["agriculture"] * count,
    }
    return gpd.GeoDataFrame({**defaults, **columns}, geometry=squares, crs=CRS)


def projects_of(*places: tuple[float, float] | None, **columns: object) -> gpd.GeoDataFrame:
    """Places by their distance east and north of the first release's south-west corner."""
    count = len(places)
    points = [None if one is None else shapely.Point(500_000 + one[0], 4_800_000 + one[1]) for one in places]
    defaults = {
        "project_id": [f"P{i}" for i in range(count)],
        "location_id": [f"P{i}/1" for i in range(count)],
        "sector_code": ["31120"] * count,
        "start_date": [pd.Timestamp("2020-01-01")] * count,
        "end_date": [pd.Timestamp("2021-01-01")] * count,
        "admin_code": ["P1"] * count,
        "is_point": pd.array([one is not None for one in places], dtype="boolean"),
    }
    return gpd.GeoDataFrame({**defaults, **columns}, geometry=points, crs=CRS)


def links(found: pd.DataFrame) -> list[list[str]]:
    return found[["release_id", "project_id", "link_level"]].values.tolist()


def test_columns_are_the_declared_ones_also_when_empty():
    for projects in (projects_of((50, 50)), projects_of(), projects_of((9_000, 9_000))):
        found = match_projects(releases_of(release_id=["R0"]), projects, **WINDOW)
        assert list(found.columns) == RESULTS["match_projects"].names
        assert found.dtypes.astype(str).tolist() == ["str"] * 4 + ["float64", "float64", "boolean"]


def test_the_three_levels():
    projects = projects_of((50, 50), (100, 100), (100, 1_000), (100, 1_200), None)
    found = match_projects(releases_of(release_id=["R0"]), projects, **WINDOW)
    assert links(found) == [
        ["R0", "P0", "on_site"],  # inside
        ["R0", "P1", "on_site"],  # on the corner
        ["R0", "P2", "nearby"],  # 900 m north of the square
        ["R0", "P4", "area_level"],  # no place, the same unit; P3 is 1,100 m away and a place: no link
    ]
    # the scale at the middle meridian is 0.9996
    assert found["distance_m"].to_numpy()[:3] == pytest.approx([0, 0, 900 / 0.9996], rel=1e-4)
    assert np.isnan(found["distance_m"][3])


def test_a_centroid_is_never_placed_even_inside_the_release():
    projects = projects_of((50, 50), (50, 50), is_point=[False, False], admin_code=["P1", "P2"])
    found = match_projects(releases_of(release_id=["R0"]), projects, **WINDOW)
    assert links(found) == [["R0", "P0", "area_level"]]


def test_an_unknown_unit_is_in_none():
    projects = projects_of(None, None, admin_code=[None, " "])
    releases = releases_of(release_id=["R0", "R1"], admin_code=[None, ""])
    assert match_projects(releases, projects, **WINDOW).empty


@pytest.mark.parametrize(
    ("start", "end", "is_linked"),
    [
        ("2018-01-01", "2018-12-01", False),  # over 13 months before
        ("2018-01-01", "2019-02-01", True),  # ran into the window
        ("2018-01-01", "2030-01-01", True),  # ran through it
        ("2021-12-30", "2023-01-01", True),  # 729 of 730.5 days after
        ("2022-01-01", "2023-01-01", False),  # 731 of 730.5 days after
        (None, "2018-12-01", False),  # over before the window, whenever it began
        ("2022-02-01", None, False),  # began after it, whenever it ends
        (None, "2020-06-01", True),
        ("2018-01-01", None, True),
        (None, None, True),
    ],
)
def test_the_window_in_time(start, end, is_linked):
    projects = projects_of((50, 50), start_date=pd.to_datetime([start]), end_date=pd.to_datetime([end]))
    found = match_projects(releases_of(release_id=["R0"]), projects, **WINDOW)
    assert len(found) == is_linked
    if is_linked:
        assert found["months_apart"].isna()[0] == (start is None)


def test_months_apart_is_negative_before_and_unknown_without_a_date():
    projects = projects_of((50, 50), start_date=pd.to_datetime(["2019-01-01"]))
    releases = releases_of(release_id=["R0"])
    assert match_projects(releases, projects, **WINDOW)["months_apart"][0] == pytest.approx(-365 / 30.4375)
    undated = releases_of(release_id=["R0"], release_date=[pd.NaT])
    found = match_projects(undated, projects, **WINDOW)
    assert len(found) == 1
    assert found["months_apart"].isna()[0]


@pytest.mark.parametrize(
    ("sector", "intended", "expected"),
    [
        ("31120", "agriculture_irrigated", True),
        ("311", "grazing", True),
        ("21020", "agriculture", False),
        ("21020", "road", True),
        ("15110", "road", None),  # governance serves no kind of land use
        (None, "road", None),
        ("21020", None, None),
    ],
)
def test_sector(sector, intended, expected):
    found = match_projects(
        releases_of(release_id=["R0"], intended_use_code=[intended]),
        projects_of((50, 50), sector_code=[sector]),
        **WINDOW,
    )
    if expected is None:
        assert found["is_sector_match"].isna()[0]
    else:
        assert found["is_sector_match"][0] == expected


def test_a_table_without_geometry_matches_by_unit():
    projects = pd.DataFrame(projects_of(None, None, admin_code=["P1", "P2"]).drop(columns="geometry"))
    found = match_projects(releases_of(release_id=["R0"]), projects, **WINDOW)
    assert links(found) == [["R0", "P0", "area_level"]]


def test_tables_with_nothing_but_ids_link_nothing_and_break_nothing():
    projects = pd.DataFrame({"project_id": ["P"], "location_id": ["P/1"]})
    releases = releases_of(release_id=["R0"])[["release_id", "geometry"]]
    assert match_projects(releases, projects, **WINDOW).empty


def test_a_place_given_twice_keeps_its_closest_link():
    projects = projects_of((50, 50), None, project_id=["P0", "P0"], location_id=["L", "L"])
    assert links(match_projects(releases_of(release_id=["R0"]), projects, **WINDOW)) == [["R0", "P0", "on_site"]]


def test_a_release_without_a_shape_still_matches_by_unit():
    releases = releases_of(release_id=["R0"])
    releases.geometry = [None]
    found = match_projects(releases, projects_of((50, 50), None), **WINDOW)
    assert links(found) == [["R0", "P1", "area_level"]]


def test_a_shape_that_does_not_say_what_it_is_is_not_placed_and_told():
    projects = projects_of((50, 50), is_point=pd.array([None], dtype="boolean"))
    with pytest.warns(DataWarning, match="1 rows of 'projects'"):
        found = match_projects(releases_of(release_id=["R0"]), projects, **WINDOW)
    assert links(found) == [["R0", "P0", "area_level"]]


def test_order_is_that_of_the_releases_then_the_closest():
    releases = releases_of(release_id=["Z", "A"])
    projects = projects_of(None, (100, 600), (50, 50), (50, 10_050), (100, 400))
    found = match_projects(releases, projects, **WINDOW)
    assert found[["release_id", "project_id"]].values.tolist() == [
        ["Z", "P2"], ["Z", "P4"], ["Z", "P1"], ["Z", "P0"], ["A", "P3"], ["A", "P0"],
    ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_links_agree_with_a_plain_loop_in_any_order(data):
    number = st.integers(0, 12)
    places = data.draw(
        st.lists(st.tuples(number, number, st.booleans(), st.sampled_from(["P1", "P2", None])), max_size=8)
    )
    starts = data.draw(st.lists(st.integers(-60, 60), min_size=len(places), max_size=len(places)))
    dates = [pd.Timestamp("2020-01-01") + pd.Timedelta(days=30 * one) for one in starts]
    projects = projects_of(
        *[(200.0 * east, 200.0 * north) for east, north, _, _ in places],
        is_point=pd.array([one[2] for one in places], dtype="boolean"),
        admin_code=pd.Series([one[3] for one in places], dtype="str").to_numpy(),
        start_date=pd.to_datetime(dates),
        end_date=pd.to_datetime(dates),
    )
    expected = set()
    for i, (east, north, is_place, unit) in enumerate(places):
        away = np.hypot(max(200.0 * east - 100, 0), max(200.0 * north - 100, 0)) / 0.9996
        level = ("on_site" if away == 0 else "nearby" if away <= 1000 else None) if is_place else None
        level = "area_level" if not is_place and unit == "P1" else level
        if level and -12 <= 30 * starts[i] / 30.4375 <= 24:
            expected.add((f"P{i}", level))
    order = data.draw(st.permutations(range(len(places))))
    found = match_projects(releases_of(release_id=["R0"]), projects.iloc[list(order)], **WINDOW)
    assert set(zip(found["project_id"], found["link_level"], strict=True)) == expected
    assert len(found) == len(expected)


def test_bad_input_says_what_is_wrong():
    releases, projects = releases_of(release_id=["R0"]), projects_of((50, 50))
    with pytest.raises(DataError, match="'projects' has no column location_id"):
        match_projects(releases, projects.drop(columns="location_id"), **WINDOW)
    with pytest.raises(DataError, match="'releases' has no column release_id"):
        match_projects(releases.drop(columns="release_id"), projects, **WINDOW)
    with pytest.raises(CRSError, match="'projects' is in EPSG:4326"):
        match_projects(releases, projects.to_crs(4326), **WINDOW)
    for name in ("months_before", "months_after", "within_m"):
        for value in (-1, float("nan"), "12", None):
            with pytest.raises(OptionError, match=name):
                match_projects(releases, projects, **{**WINDOW, name: value})
