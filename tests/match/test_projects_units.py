"""Projects known to a unit above that of the release: provinces, districts and communes by hand."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.errors import DataError
from landrelease.match.projects.links import match_projects

WINDOW = {"within_m": 1000, "months_before": 12, "months_after": 24}
TREE = {
    "C": None,
    "P1": "C",
    "P2": "C",
    "D1": "P1",
    "D2": "P1",
    "D3": "P2",
    "K1": "D1",
    "K2": "D1",
    "K3": "D2",
    "K4": "D3",
}


def units_of(tree=TREE) -> pd.DataFrame:
    return pd.DataFrame({"admin_code": list(tree), "parent_code": pd.Series(list(tree.values()), dtype="str")})


def releases_of(*codes) -> gpd.GeoDataFrame:
    squares = [shapely.box(500_000, 4.8e6 + 1e4 * i, 500_100, 4.8e6 + 1e4 * i + 100) for i in range(len(codes))]
    ids = pd.Series([f"R{i}" for i in range(len(codes))], dtype="str")
    frame = {"release_id": ids, "admin_code": pd.Series(codes, dtype="str"), "release_date": pd.Timestamp("2020-01-01")}
    return gpd.GeoDataFrame(frame, geometry=squares, crs=32634)


def projects_of(*codes, **columns) -> pd.DataFrame:
    frame = {
        "project_id": pd.Series([f"P{i}" for i in range(len(codes))], dtype="str"),
        "location_id": pd.Series([f"P{i}/1" for i in range(len(codes))], dtype="str"),
        "admin_code": pd.Series(codes, dtype="str"),
        "start_date": pd.Timestamp("2020-06-01"),
    }
    return pd.DataFrame({**frame, **columns})


def links(found: pd.DataFrame) -> set[tuple[str, str]]:
    assert (found["link_level"] == "area_level").all()
    assert found["distance_m"].isna().all()
    pairs = list(zip(found["release_id"], found["project_id"], strict=True))
    assert len(pairs) == len(set(pairs))
    return set(pairs)


def test_a_project_of_a_unit_above_matches_the_releases_below():
    releases = releases_of("K1", "K3", "K4", "D1", None, "X")
    projects = projects_of("K1", "D1", "P1", "C", "K2", None, "X")
    assert links(match_projects(releases, projects, **WINDOW)) == {("R0", "P0"), ("R3", "P1"), ("R5", "P6")}
    assert links(match_projects(releases, projects, **WINDOW, admin_areas=units_of())) == {
        ("R0", "P0"), ("R0", "P1"), ("R0", "P2"), ("R0", "P3"),  # the commune, its district, its province, the country
        ("R1", "P2"), ("R1", "P3"),  # another district of that province
        ("R2", "P3"),  # another province
        ("R3", "P1"), ("R3", "P2"), ("R3", "P3"),  # known to a district: projects of its communes may be elsewhere
        ("R5", "P6"),  # a unit that the table does not know is still the same unit
    }  # fmt: skip


def test_a_place_is_never_spread_over_its_district():
    projects = gpd.GeoDataFrame(
        projects_of("D1", "D1", is_point=pd.array([True, False], dtype="boolean")),
        geometry=gpd.points_from_xy([600_000] * 2, [4.8e6] * 2), crs=32634,
    )  # fmt: skip
    found = match_projects(releases_of("K1"), projects, **WINDOW, admin_areas=units_of())
    assert links(found) == {("R0", "P1")}


def test_the_window_in_time_holds_for_units_above():
    projects = projects_of("D1", "D1", start_date=pd.to_datetime(["2022-06-01", "2021-06-01"]))
    assert links(match_projects(releases_of("K1"), projects, **WINDOW, admin_areas=units_of())) == {("R0", "P1")}


def test_a_table_with_mistakes_ends_and_finds_what_it_can():
    ring = units_of({"A": "B", "B": "C", "C": "A", "D": "D", "E": " A ", "F": ""})
    found = match_projects(releases_of("A", "D", "E", "F"), projects_of("C", "D", "B", ""), **WINDOW, admin_areas=ring)
    assert links(found) == {("R0", "P0"), ("R0", "P2"), ("R1", "P1"), ("R2", "P0"), ("R2", "P2")}
    twice = pd.concat([units_of(), units_of()], ignore_index=True)
    assert len(match_projects(releases_of("K1"), projects_of("P1"), **WINDOW, admin_areas=twice)) == 1


def test_empty_tables_and_codes_that_are_numbers():
    for units in (units_of({}), units_of().assign(parent_code=None)):
        found = match_projects(releases_of("K1"), projects_of("K1", "D1"), **WINDOW, admin_areas=units)
        assert links(found) == {("R0", "P0")}
    assert match_projects(releases_of(), projects_of("D1"), **WINDOW, admin_areas=units_of()).empty
    assert match_projects(releases_of("K1"), projects_of(), **WINDOW, admin_areas=units_of()).empty
    numbers = pd.DataFrame({"admin_code": [101, 10], "parent_code": pd.array([10, None], dtype="Int64")})
    found = match_projects(releases_of("101"), projects_of("10"), **WINDOW, admin_areas=numbers)
    assert links(found) == {("R0", "P0")}


def test_units_without_their_columns_are_named():
    for name in ("admin_code", "parent_code"):
        with pytest.raises(DataError, match=f"'admin_areas' has no column {name}"):
            match_projects(releases_of("K1"), projects_of("D1"), **WINDOW, admin_areas=units_of().drop(columns=name))


def test_inputs_are_unchanged():
    inputs = {"releases": releases_of("K1", None), "projects": projects_of("D1", None), "admin_areas": units_of()}
    before = {name: frame.copy(deep=True) for name, frame in inputs.items()}
    match_projects(**inputs, **WINDOW)
    for name, frame in inputs.items():
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(before[name]))


@settings(max_examples=30, deadline=None)
@given(
    parents=st.lists(st.integers(-1, 30), min_size=1, max_size=12),
    ours=st.lists(st.integers(0, 12), max_size=4),
    theirs=st.lists(st.integers(0, 12), max_size=4),
)
def test_any_tree_against_a_walk_to_its_root(parents, ours, theirs):
    tree = {f"U{i}": f"U{parent % i}" if parent >= 0 and i else None for i, parent in enumerate(parents)}
    releases, projects = releases_of(*(f"U{i}" for i in ours)), projects_of(*(f"U{i}" for i in theirs))
    expected = set()
    for i, own in enumerate(ours):
        code: str | None = f"U{own}"
        while code is not None:
            expected |= {(f"R{i}", f"P{j}") for j, other in enumerate(theirs) if f"U{other}" == code}
            code = tree.get(code)
    found = match_projects(releases, projects, **WINDOW, admin_areas=units_of(tree).sample(frac=1, random_state=1))
    assert links(found) == expected
