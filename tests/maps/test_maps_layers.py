import json
from types import SimpleNamespace

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from payload_reader import blocks, columns_of, decoded_shapes

from landrelease.errors import CRSError, DataError, OptionError
from landrelease.geometry import to_crs
from landrelease.maps import land_release_map, priority_map

SECRET = "SECRET-7319"
SUMMED = "Sum of records: land that two records hold is counted in each."


def squares(n, start=18.0, crs=4326):
    return gpd.GeoSeries([shapely.box(start + i / 50, 44, start + i / 50 + 0.01, 44.01) for i in range(n)], crs=crs)


@pytest.fixture
def areas():
    frame = gpd.GeoDataFrame(
        {
            "area_id": ["HA-1", "HA-2", "HA-3", "HA-4", "HA-5"],
            "status": ["open", "in_progress", "released", None, "Closed"],
            "hazard_class": ["CHA", "SHA", "SHA", None, "DHA"],
            "area_m2": [1e6, 2e6, 4e6, np.nan, 8e6],
            "admin_code": ["A", "A", "A", "B", "Z"],
            "operator": [SECRET] * 5,
        },
        geometry=squares(5),
    )
    frame.loc[1, "geometry"] = None
    return frame


@pytest.fixture
def releases():
    return gpd.GeoDataFrame(
        {
            "release_id": ["R-1", "R-2"],
            "area_id": ["HA-3", "HA-2"],
            "release_type": ["cleared", "reduced"],
            "area_m2": [1e6, 3e6],
            "verdict": ["as_intended", "unknown"],
            "as_intended_m2": [0.75e6, 0.5e6],
            "other_productive_m2": [0.0, 0.0],
            "unused_m2": [0.25e6, 0.0],
            "unknown_m2": [0.0, 2.5e6],
            "women_count": [3, 4],
        },
        geometry=squares(2, 18.5),
    )


@pytest.fixture
def admin_areas():
    return gpd.GeoDataFrame(
        {
            "admin_code": ["A", "B", "C", "T"],
            "name": ["North", "South", "West", "Land"],
            "level": [2, 2, 2, 1],
            "released_m2": [1.0, 2.0, 3.0, 6.0],
        },
        geometry=[*squares(3), shapely.box(18, 43, 19, 45)],
        crs=4326,
    )


def page_of(chart):
    return chart.get_root().render()


def legend(header, place=0):
    return {one["label"]: (one["count"], one["m2"]) for one in header["facets"][place]["entries"]}


def everything(page):
    """All that a page carries, unpacked, as one text."""
    parts = [page]
    for header, sections in blocks(page).values():
        parts += [
            json.dumps(header, ensure_ascii=False),
            json.dumps(columns_of(header, sections), ensure_ascii=False),
        ]
    return "\n".join(parts)


def test_counts_and_sums_are_those_of_the_columns(areas):
    header, sections = blocks(page_of(land_release_map(areas)))["Hazardous areas"]
    assert legend(header) == {
        "CHA: confirmed": (1, 1e6),
        "SHA: suspected": (1, 2e6),
        "Another class": (1, 8e6),
        "Class not recorded": (1, None),
    }
    assert legend(header, 1) == {
        "Open": (1, 1e6),
        "In progress: part released": (1, 2e6),
        "Another status": (1, 8e6),
        "Status not recorded": (1, None),
    }
    assert header["facets"][0]["total"] == {"count": 4, "m2": 11e6}
    assert header["notes"] == [
        "No geometry: 1 of 4, counted here and not drawn.",
        "Area not known: 1 of 4, not in the km².",
        SUMMED,
        "Not counted here: 1 released.",
    ]
    assert sorted(columns_of(header, sections)["area_id"]) == ["HA-1", "HA-4", "HA-5"]


def test_verdicts_add_the_parts(areas, releases):
    header, _ = blocks(page_of(land_release_map(areas, releases=releases)))["Released land"]
    assert legend(header) == {
        "Productive, as intended": (1, 1.25e6),
        "Not in productive use": (0, 0.25e6),
        "Unknown: too little seen": (1, 2.5e6),
    }
    assert header["facets"][0]["total"] == {"count": 2, "m2": 4e6}


def test_releases_without_a_verdict_are_shown_by_type(areas, releases):
    plain = releases[["release_id", "release_type", "area_m2", "geometry"]]
    header, _ = blocks(page_of(land_release_map(areas, releases=plain)))["Released land"]
    assert legend(header) == {"Cleared": (1, 1e6), "Reduced by technical survey": (1, 3e6)}


def test_only_listed_columns_leave(areas, releases):
    page = page_of(land_release_map(areas, releases=releases))
    assert SECRET not in everything(page)
    assert "women_count" not in everything(page)
    assert SECRET in everything(page_of(land_release_map(areas, columns=["operator"])))
    assert SECRET not in page_of(land_release_map(areas, columns=["operator"]))


@pytest.mark.parametrize("column", ["women_count", "killed_count", "owner_name", "geometry", "operater"])
def test_columns_that_may_not_be_shown(areas, releases, column):
    areas = areas.assign(killed_count=1, owner_name="x")
    with pytest.raises(OptionError, match=column):
        land_release_map(areas, releases=releases, columns=[column])


@pytest.mark.parametrize("hazards", ["admin", "none"])
def test_uncleared_land_does_not_leave(areas, releases, admin_areas, hazards):
    page = page_of(land_release_map(areas, releases=releases.iloc[:1], admin_areas=admin_areas, hazards=hazards))
    found = blocks(page)
    assert "Hazardous areas" not in found
    assert "Internal use" not in page
    assert "No record is not evidence of no contamination." in page
    for hidden in ("HA-1", "HA-2", "HA-4", "HA-5"):
        assert hidden not in everything(page)


def test_sums_by_unit(areas, admin_areas):
    header, sections = blocks(page_of(land_release_map(areas, admin_areas=admin_areas, hazards="admin")))[
        "Administrative units"
    ]
    columns = columns_of(header, sections)
    found = dict(zip(columns["name"], zip(columns["hazardous_m2"], columns["hazard_count"], strict=True), strict=True))
    assert found == {"North": (3e6, 2), "South": (None, 1), "West": (None, None), "Land": (None, None)}
    assert legend(header) == {
        "": (1, None),
        "3.00 km²": (1, 3e6),
        "On record, size not known": (1, None),
        "No hazard on record": (1, None),
    }
    assert dict(zip(columns["name"], columns["hazards_said"], strict=True)) == {
        "North": None,
        "South": "on record, size not known",
        "West": "no hazard on record",
        "Land": "counted in the units of another level",
    }
    assert header["notes"] == [
        SUMMED,
        "Not in the colours: 1 (8.00 km²) in none of these units.",
        "Hazardous areas of unknown size: 1 of 4, not in the km².",
    ]
    assert dict(zip(columns["name"], columns["released_m2"], strict=True))["Land"] == 6.0


def test_codes_held_as_numbers_are_those_held_as_text():
    hazard = gpd.GeoDataFrame(
        {"area_id": ["HA-1", "HA-2"], "status": ["open", "open"], "area_m2": [1e6, 2e6], "admin_code": [7.0, None]},
        geometry=[shapely.box(18, 44, 18.01, 44.01)] * 2,
        crs=4326,
    )
    units = gpd.GeoDataFrame({"admin_code": ["7"], "name": ["North"]}, geometry=[shapely.box(17, 43, 19, 45)], crs=4326)
    page = page_of(land_release_map(hazard, admin_areas=units, hazards="admin"))
    assert columns_of(*blocks(page)["Administrative units"])["hazardous_m2"] == [1e6]
    assert columns_of(*blocks(page)["Administrative units"])["hazard_count"] == [1]


def test_no_page_calls_all_units_without_hazard_because_no_code_fits(areas, admin_areas):
    with pytest.raises(DataError, match="none of 4 hazardous areas"):
        land_release_map(areas.assign(admin_code="elsewhere"), admin_areas=admin_areas, hazards="admin")
    land_release_map(areas.iloc[:0], admin_areas=admin_areas, hazards="admin")


def test_by_unit_needs_the_units(areas):
    with pytest.raises(OptionError, match="admin_areas"):
        land_release_map(areas, hazards="admin")


def test_projects_known_only_to_an_area_are_counted(areas):
    projects = gpd.GeoDataFrame(
        {
            "project_id": ["P1", "P2", "P3", "P4"],
            "location_id": ["P1/1", "P2/1", "P3/1", "P4/1"],
            "title": ["School", "Road", "Budget", None],
            "is_point": pd.array([True, True, False, None], dtype="boolean"),
        },
        geometry=[shapely.Point(18, 44), None, shapely.Point(18, 44), shapely.Point(18, 44)],
        crs=4326,
    )
    header, sections = blocks(page_of(land_release_map(areas, projects=projects)))["Development projects"]
    assert columns_of(header, sections)["title"] == ["School"]
    assert header["notes"] == [
        "No geometry: 1 of 2, counted here and not drawn.",
        "Known only to an area, not drawn: 2.",
    ]
    table = pd.DataFrame(projects.drop(columns="geometry"))
    header, _ = blocks(page_of(land_release_map(areas, projects=table)))["Development projects"]
    assert header["rows"] == 0


def test_any_crs(areas):
    found = []
    for frame in (areas, to_crs(areas, 32634)):
        block = blocks(page_of(land_release_map(frame)))["Hazardous areas"]
        found.append(dict(zip(columns_of(*block)["area_id"], decoded_shapes(*block), strict=True)))
    here, there = found
    assert here.keys() == there.keys()
    for area_id, rings in here.items():
        # edges are densified before they are transformed: the corners are among the points
        for corner in rings[0][1]:
            assert min(np.hypot(*(np.array(there[area_id][0][1]) - corner).T)) < 2e-6
    with pytest.raises(CRSError, match="areas"):
        land_release_map(areas.set_crs(None, allow_override=True))


def test_nothing_to_draw(areas, releases, admin_areas):
    chart = land_release_map(areas.iloc[:0], releases=releases.iloc[:0], admin_areas=admin_areas.iloc[:0])
    assert all(header["rows"] == 0 for header, _ in blocks(page_of(chart)).values())
    empty = areas.assign(geometry=gpd.GeoSeries([None] * len(areas), crs=4326))
    header, _ = blocks(page_of(land_release_map(empty)))["Hazardous areas"]
    assert header["rows"] == 0
    assert header["notes"][0] == "No geometry: 4 of 4, counted here and not drawn."


def test_missing_column_is_named(areas):
    with pytest.raises(DataError, match="'status'"):
        land_release_map(areas.drop(columns="status"))


def test_inputs_are_not_changed(areas, releases, admin_areas):
    before = [frame.copy() for frame in (areas, releases, admin_areas)]
    page_of(land_release_map(areas, releases=releases, admin_areas=admin_areas, hazards="admin"))
    for frame, was in zip((areas, releases, admin_areas), before, strict=True):
        pd.testing.assert_frame_equal(pd.DataFrame(frame), pd.DataFrame(was))


def ranking_of(n):
    ids = [f"HA-{i}" for i in range(n)]
    parts = pd.DataFrame({"area_id": ids, "people": np.linspace(0.9, 0.1, n), "area_m2": np.linspace(0.1, 0, n)})
    table = pd.DataFrame({"area_id": ids, "score": parts["people"] + parts["area_m2"], "rank": range(1, n + 1)})
    criterion = SimpleNamespace(column="people", label="People within 1 km", unit="count", weight=0.9)
    return SimpleNamespace(table=table, contributions=parts, criteria=(criterion,))


def test_ranks_are_classed_by_fifths():
    areas = gpd.GeoDataFrame(
        {"area_id": [f"HA-{i}" for i in range(1, 13)], "status": "open", "area_m2": 1e6}, geometry=squares(12)
    )
    chart = priority_map(areas, ranking_of(11))
    assert isinstance(chart, folium.Map)
    header, sections = blocks(page_of(chart))["Areas by priority"]
    assert legend(header) == {
        "Rank 2 to 3": (2, 2e6),
        "Rank 4 to 5": (2, 2e6),
        "Rank 6 to 7": (2, 2e6),
        "Rank 8 to 9": (2, 2e6),
        "Rank 10 to 11": (2, 2e6),
        "Not ranked": (2, 2e6),
    }
    assert header["notes"] == [SUMMED, "Not counted here: 1 in the ranking, but not among these areas."]
    columns = columns_of(header, sections)
    place = columns["area_id"].index("HA-10")
    assert columns["contribution 0"][place] == pytest.approx(0.1)
    assert columns["score"][place] == pytest.approx(0.1)
    specs = {spec["name"]: spec for spec in header["columns"]}
    assert (specs["contribution 0"]["label"], specs["contribution 0"]["detail"]) == (
        "People within 1 km",
        "weight 0.9",
    )
    # a criterion may be a column of the areas: its contribution is not its value
    assert columns["area_m2"][place] == 1e6
    assert columns["contribution 1"][place] == pytest.approx(0.0)


def test_ranks_that_are_not_certain_are_classed_by_the_best():
    ranking = ranking_of(3)
    ranking.table = ranking.table.assign(rank=pd.array([None, None, 3], dtype="Int64"), score=[np.nan, 0.5, 0.1])
    ends = {
        "rank_best": [1, 1, 3],
        "rank_worst": [2, 2, 3],
        "score_low": [0.4, 0.5, 0.1],
        "score_high": [0.9, 0.5, 0.1],
    }
    ranking.table = ranking.table.assign(**ends)
    areas = gpd.GeoDataFrame({"area_id": ["HA-0", "HA-1", "HA-2"], "status": "open"}, geometry=squares(3))
    header, sections = blocks(page_of(priority_map(areas, ranking)))["Areas by priority"]
    assert {name: count for name, (count, _) in legend(header).items()} == {"Rank 1": 2, "Rank 3": 1}
    assert "By the best rank that each may have. Ranks not certain: 2." in header["notes"]
    assert columns_of(header, sections)["rank_worst"] == [2, 2, 3]


def test_an_area_ranked_twice_raises():
    ranking = ranking_of(2)
    ranking.table = pd.concat([ranking.table, ranking.table])
    areas = gpd.GeoDataFrame({"area_id": ["HA-0"], "status": ["open"]}, geometry=squares(1))
    with pytest.raises(DataError, match="twice"):
        priority_map(areas, ranking)


@pytest.fixture
def places(areas):
    """Areas of which two are known to a point or a line only, and one that goes on as others."""
    areas = areas.assign(status=["open", "open", "superseded", "open", "released"])
    areas.loc[1, "geometry"] = shapely.Point(18.3, 44.2)
    areas.loc[3, "geometry"] = shapely.LineString([(18.4, 44.2), (18.45, 44.2)])
    areas.loc[[1, 3], "area_m2"] = np.nan
    return areas


def test_points_and_lines_are_drawn_and_counted(places):
    block = blocks(page_of(land_release_map(places)))["Hazardous areas"]
    header = block[0]
    shapes = dict(zip(columns_of(*block)["area_id"], decoded_shapes(*block), strict=True))
    assert shapes.keys() == {"HA-1", "HA-2", "HA-4"}
    (kind, points), *rest = shapes["HA-2"]
    assert (kind, rest) == (0, [])
    assert points == [pytest.approx((18.3, 44.2))]
    assert shapes["HA-4"][0][0] == 1
    assert {label: count for label, (count, _) in legend(header, 2).items() if label} == {
        "Known to a point only, size not known": 1,
        "Known to a line only, size not known": 1,
    }
    # the one area of known size is a sum by itself, which no overlap can spoil
    assert header["notes"] == [
        "Area not known: 2 of 3, not in the km².",
        "Not counted here: 1 superseded.",
        "Not counted here: 1 released.",
    ]


@pytest.mark.parametrize("hazards", ["admin", "none"])
def test_points_do_not_leave_for_a_public_page(places, admin_areas, hazards):
    admin_areas = admin_areas.assign(hazardous_m2=[5.0, np.nan, 0.0, 5.0], hazard_count=[1, 1, 0, 2])
    found = blocks(page_of(land_release_map(places, admin_areas=admin_areas, hazards=hazards)))
    assert list(found) == ["Administrative units"]
    names = {spec["name"] for spec in found["Administrative units"][0]["columns"]}
    # sums of hazardous land are of no page that shows none
    assert ("hazardous_m2" in names) is (hazards == "admin")
    assert ("hazard_count" in names) is (hazards == "admin")


def test_points_are_ranked_too(places):
    ranking = ranking_of(3)
    block = blocks(page_of(priority_map(places, ranking)))["Areas by priority"]
    assert columns_of(*block)["area_id"].count("HA-2") == 1
    assert legend(block[0], 1)["Known to a point only, size not known"] == (1, None)
    # outlines stand in the order of the classes of the facet
    strokes = block[0]["looks"]["strokes"]
    assert [look["line"] for look in strokes] == ["#2F3A45", "#FF0000", "#FF0000"]


def test_totals_of_units_in_exact_mode(areas, admin_areas):
    admin_areas = admin_areas.assign(
        area_before_m2=9.0, hazardous_m2=[5.0, np.nan, 0.0, 6.0], productive_m2=1.0, unknown_m2=2.0, scrub_land_m2=3.0
    )
    block = blocks(page_of(land_release_map(areas, admin_areas=admin_areas)))["Administrative units"]
    specs = {spec["name"]: spec for spec in block[0]["columns"]}
    assert [spec["label"] for spec in specs.values()] == [
        "Name", "Code", "Level", "Hazardous land", "Hazardous land", "Released land",
        "In productive use", "Use not known", "Scrub land",
    ]  # fmt: skip
    columns = columns_of(*block)
    found = dict(zip(columns["name"], zip(columns["hazardous_m2"], columns["hazards_said"], strict=True), strict=True))
    assert found == {
        "North": (5.0, None),
        "South": (None, "not known"),
        "West": (None, "none of known size on record"),
        "Land": (6.0, None),
    }
    counted = admin_areas.assign(hazard_count=[1, 1, 0, 2])
    block = blocks(page_of(land_release_map(areas, admin_areas=counted)))["Administrative units"]
    columns = columns_of(*block)
    assert dict(zip(columns["name"], columns["hazards_said"], strict=True)) == {
        "North": None,
        "South": "on record, size not known",
        "West": "no hazard on record",
        "Land": None,
    }


def test_a_criterion_without_a_value_is_told_from_one_that_adds_nothing():
    ranking = ranking_of(3)
    ranking.contributions["people"] = [0.4, 0.0, 0.0]
    ranking.values = pd.DataFrame({"area_id": ["HA-2", "HA-1", "HA-0"], "people": [0.0, np.nan, 7.0], "area_m2": 1.0})
    areas = gpd.GeoDataFrame({"area_id": ["HA-0", "HA-1", "HA-2"], "status": "open"}, geometry=squares(3))
    block = blocks(page_of(priority_map(areas, ranking)))["Areas by priority"]
    columns = columns_of(*block)
    found = dict(zip(columns["area_id"], columns["unknown 0"], strict=True))
    assert found == {"HA-0": 0.0, "HA-1": 1.0, "HA-2": 0.0}
    assert "unknown 1" not in columns
