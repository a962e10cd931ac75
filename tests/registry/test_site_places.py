"""Site checks where an area has more than one place, or none of its own: hazards that its polygon does not hold."""

from __future__ import annotations

from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import GeometryCollection, LineString, Point, Polygon, box
from shapely.affinity import translate

from landrelease.registry.site import check_site
from landrelease.tables import RESULTS

# metres that are true to 1e-8 around the origin
LOCAL = "+proj=tmerc +lat_0=10 +lon_0=20 +k=1 +datum=WGS84 +units=m +no_defs"
MOVED = LOCAL.replace("+k=1", "+k=1 +x_0=1000000")  # coordinates that can not be taken for degrees
SQUARE, WEST = box(0, 0, 100, 100), box(0, 0, 50, 100)
HAZARD, REDUCED = ("confirmed", "2015-01-01", SQUARE), ("reduced", "2017-01-01", WEST)
FAR, IN_WEST = Point(5000, 50), Point(25, 50)
HAZARDOUS, RELEASED, NOTHING = "recorded_hazard", "released_with_history", "no_record"


def events_of(*rows):
    """Rows of (event, date, geometry, more), of area A unless they say otherwise."""
    table = [
        {"event_id": str(i), "area_id": "A", "event": row[0], "event_date": pd.Timestamp(row[1])}
        | (row[3] if len(row) > 3 else {})
        for i, row in enumerate(rows, 1)
    ]
    return gpd.GeoDataFrame(table, geometry=[row[2] for row in rows], crs=LOCAL)


def check(events, shape, buffer_m=10.0):
    site = gpd.GeoSeries([translate(shape, 1_000_000)], crs=MOVED)
    return check_site(events, site, buffer_m=buffer_m, as_of="2025-12-31")


def answer_at(rows, shape, buffer_m=10.0):
    return check(events_of(*rows), shape, buffer_m).answer_code


@pytest.mark.parametrize("kind", ["suspected", "confirmed", "reopened", "corrected"])
def test_a_later_point_in_released_land_is_a_hazard(kind):
    rows = [HAZARD, REDUCED, (kind, "2023-01-01", IN_WEST)]
    assert answer_at(rows, Point(25, 55)) == HAZARDOUS
    # 11 m from the point and 25 m from the land that is left; to reopen takes all of it back
    assert answer_at(rows, Point(25, 61)) == (HAZARDOUS if kind == "reopened" else RELEASED)
    assert answer_at(rows, Point(75, 50)) == HAZARDOUS  # the eastern half, as before


@pytest.mark.parametrize("kind", ["suspected", "corrected"])
@pytest.mark.parametrize("place", [FAR, LineString([(5000, 50), (5000, 90)]), Polygon([(5000, 50), (5009, 50)] * 2)])
def test_a_place_far_from_the_polygon_is_a_hazard_too(kind, place):
    rows = [HAZARD, (kind, "2016-01-01", place)]
    answer = check(events_of(*rows), Point(4992, 50))
    assert answer.answer_code == HAZARDOUS
    assert answer.hazards[["area_id", "is_located"]].values.tolist() == [["A", False]]
    assert answer.hazards["distance_m"].iloc[0] == pytest.approx(8, abs=1e-3)
    assert np.isnan(answer.hazards["area_m2"].iloc[0])
    assert answer_at(rows, Point(50, 50)) == HAZARDOUS
    assert answer_at(rows, Point(2500, 50)) == NOTHING


@pytest.mark.parametrize(
    ("release", "here", "there"),
    [
        (("cleared", "2017-01-01", None), RELEASED, RELEASED),  # the whole area
        (("cleared", "2017-01-01", SQUARE), RELEASED, HAZARDOUS),
        (("cleared", "2017-01-01", box(4900, 0, 5100, 100)), HAZARDOUS, RELEASED),
        (("cleared", "2017-01-01", FAR), HAZARDOUS, HAZARDOUS),  # a point releases nothing
        (("cleared", "2015-06-01", None), HAZARDOUS, HAZARDOUS),  # before the point was recorded
    ],
)
def test_only_a_later_release_that_covers_the_place_ends_it(release, here, there):
    rows = [HAZARD, release, ("suspected", "2016-01-01", FAR)]
    assert answer_at(rows, Point(50, 50)) == here
    assert answer_at(rows, FAR) == there


def test_a_line_is_released_as_far_as_the_polygon_goes():
    rows = [("suspected", "2015-01-01", LineString([(0, 50), (400, 50)])), ("cleared", "2016-01-01", SQUARE),
            ("cleared", "2017-01-01", box(300, 0, 400, 100))]  # fmt: skip
    answers = {x: answer_at(rows, Point(x, 50)) for x in (50, 89, 91, 200, 309, 311)}
    assert answers == {50: RELEASED, 89: RELEASED, 91: HAZARDOUS, 200: HAZARDOUS, 309: HAZARDOUS, 311: RELEASED}


def test_every_point_of_an_area_counts():
    rows = [("suspected", "2015-01-01", Point(0, 0)), ("suspected", "2016-01-01", Point(3000, 0))]
    for x in (0, 3000):
        answer = check(events_of(*rows), Point(x, 0))
        assert (answer.answer_code, len(answer.hazards)) == (HAZARDOUS, 1)
    moved = [rows[0], ("corrected", "2016-01-01", Point(20_000, 0))]
    assert [answer_at(moved, Point(x, 0)) for x in (0, 20_000, 10_000)] == [HAZARDOUS, HAZARDOUS, NOTHING]
    cleared = [*rows, ("cleared", "2017-01-01", None)]
    assert [answer_at(cleared, Point(x, 0)) for x in (0, 3000)] == [RELEASED, RELEASED]
    again = [*cleared, ("reopened", "2018-01-01", None)]  # nobody says which: all of it
    assert [answer_at(again, Point(x, 0)) for x in (0, 3000)] == [HAZARDOUS, HAZARDOUS]


def test_the_point_of_a_collection_is_a_place_too():
    rows = [("confirmed", "2015-01-01", GeometryCollection([SQUARE, GeometryCollection([Point(300, 300)])]))]
    assert answer_at(rows, Point(300, 305)) == HAZARDOUS
    assert answer_at([*rows, ("cleared", "2016-01-01", SQUARE)], Point(300, 305)) == HAZARDOUS
    assert answer_at([*rows, ("cleared", "2016-01-01", None)], Point(300, 305)) == RELEASED


def test_a_point_in_land_that_is_hazardous_anyway_is_no_second_row():
    answer = check(events_of(HAZARD, ("confirmed", "2016-01-01", Point(60, 50))), Point(60, 55))
    assert answer.hazards[["area_id", "is_located"]].values.tolist() == [["A", True]]


def test_a_split_hands_its_points_on_with_the_land():
    child = {"area_id": "B", "parent_id": "A"}
    rows = [("suspected", "2014-01-01", IN_WEST), HAZARD, ("suspected", "2016-01-01", SQUARE, child),
            ("split", "2016-01-01", None), ("cleared", "2017-01-01", None, child)]  # fmt: skip
    assert answer_at(rows, IN_WEST) == RELEASED
    assert answer_at([("suspected", "2014-01-01", FAR), *rows[1:]], FAR) == HAZARDOUS


def test_a_point_reaches_as_far_as_its_own_accuracy_and_size():
    """100 m of accuracy, and 31,416 m2 for a circle of 100 m: a later, better record of the area changes neither."""
    more = {"accuracy_m": 100.0, "reported_area_m2": np.pi * 100**2}
    rows = [("suspected", "2015-01-01", FAR, more), ("corrected", "2016-01-01", SQUARE, {"accuracy_m": 1.0})]
    assert answer_at(rows, Point(5209, 50)) == HAZARDOUS
    assert answer_at(rows, Point(5212, 50)) == NOTHING


@pytest.mark.parametrize(
    ("undoing", "here", "there"), [([], HAZARDOUS, 0), (["1"], HAZARDOUS, 1), (["1", "2"], NOTHING, 0)]
)
def test_a_place_that_was_undone_is_none(undoing, here, there):
    """Revision 1 has a polygon and revision 2 has none: the hazard may lie anywhere, and lies where it was said to."""
    rows = [("confirmed", "2015-01-01", SQUARE), ("confirmed", "2015-01-01", None)]
    rows += [("void", None, None, {"voids_event_id": one}) for one in undoing]
    assert answer_at(rows, Point(50, 50)) == here
    answer = check(events_of(*rows), Point(50_000, 50))
    assert (answer.answer_code, answer.counts["unplaced_hazard_count"]) == (NOTHING, there)


def test_an_empty_shape_says_no_place():
    answer = check(events_of(("suspected", "2015-01-01", Polygon())), Point(50, 50))
    assert (answer.answer_code, answer.counts["unplaced_hazard_count"]) == (NOTHING, 1)


def test_a_reopening_that_may_be_later_than_the_release_stands():
    """Of a point that was reopened in 2020, nobody can say whether the release of June came before or after."""
    rows = [HAZARD, ("cleared", "2016-01-01", None), ("reopened", "2020-01-01", FAR, {"date_precision": "year"})]
    assert answer_at([*rows, ("cleared", "2020-06-01", None)], FAR) == HAZARDOUS
    assert answer_at([*rows, ("cleared", "2021-01-01", None)], FAR) == RELEASED


def test_a_release_of_a_stated_part_covers_no_place():
    rows = [("suspected", "2015-01-01", FAR, {"reported_area_m2": 1e6}),
            ("cleared", "2016-01-01", None, {"reported_area_m2": 500.0})]  # fmt: skip
    assert answer_at(rows, FAR) == HAZARDOUS


def test_an_accident_whose_place_was_undone_has_none():
    rows = [("accident", "2015-01-01", IN_WEST), ("accident", "2015-01-01", None)]
    rows += [("void", None, None, {"voids_event_id": "1"})]
    assert check(events_of(*rows), Point(50_000, 50)).counts["unplaced_accident_count"] == 1


def test_a_reopening_without_a_shape_lies_on_the_land_of_its_parent():
    reopened = {"area_id": "A2", "parent_id": "A"}
    rows = [HAZARD, ("cleared", "2016-01-01", None), ("reopened", "2020-01-01", None, reopened)]
    answer = check(events_of(*rows), LineString([(-100, 50), (300, 50)]))
    assert answer.answer_code == HAZARDOUS
    assert answer.hazards[["area_id", "distance_m", "is_located"]].values.tolist() == [["A2", 0.0, False]]
    assert answer.releases["reopened_by_ids"].tolist() == ["A2"]
    share = answer.parts.set_index("state_code")["site_m"].round(2).to_dict()
    assert share == {"hazardous": 100.0, "released": 0.0, "withdrawn": 0.0, "no_record": 300.0}
    assert answer_at(rows, Point(115, 50)) == NOTHING
    cleared = ("cleared", "2021-01-01", None, reopened)
    assert answer_at([*rows, cleared], Point(50, 50)) == RELEASED
    again = ("reopened", "2022-01-01", None, {"area_id": "A3", "parent_id": "A2"})
    assert answer_at([*rows, cleared, again], Point(50, 50)) == HAZARDOUS


@pytest.mark.parametrize("whose", [0, 2])
def test_a_reopening_without_a_shape_is_as_vague_as_it_and_its_parent_are(whose):
    rows = [("suspected", "2015-01-01", Point(0, 0), {}), ("cleared", "2016-01-01", None, {}),
            ("reopened", "2020-01-01", None, {"area_id": "A2", "parent_id": "A"})]  # fmt: skip
    rows[whose][3].update(accuracy_m=500.0, reported_area_m2=np.pi * 100**2)
    assert answer_at(rows, Point(609, 0)) == HAZARDOUS
    assert answer_at(rows, Point(612, 0)) == NOTHING


@pytest.mark.parametrize(
    ("accuracy_m", "reported_m2", "is_near"),
    [(None, None, False), (500.0, None, True), (None, np.pi * 100**2, True), (95.0, None, True), (85.0, None, False)],
)
def test_a_row_that_was_not_taken_is_as_vague_as_it_says(accuracy_m, reported_m2, is_near):
    """A point 200 m away, and a buffer of 110 m."""
    names = [column.name for column in RESULTS["quarantine"].columns if column.name != "geometry"]
    row = {"batch_id": 1, "source": "S", "row": 0, "event_id": "7", "area_id": "Z", "event": "suspectedX",
           "reason_code": "quarantine", "reason": "R5", "accuracy_m": accuracy_m,
           "reported_area_m2": reported_m2}  # fmt: skip
    frame = pd.DataFrame([row]).reindex(columns=dict.fromkeys([*names, "accuracy_m", "reported_area_m2"]))
    aside = gpd.GeoDataFrame(frame, geometry=[Point(200, 0)], crs=LOCAL)
    events = events_of(("confirmed", "2015-01-01", box(9000, 0, 9100, 100)))
    records = SimpleNamespace(
        head="", events=lambda: events, quarantine=lambda: aside, conflicts=lambda: aside.iloc[:0]
    )
    answer = check(records, Point(0, 0), 110.0)
    assert answer.answer_code == (HAZARDOUS if is_near else NOTHING)
    assert answer.counts["quarantined_near_count"] == is_near
    if is_near:
        assert answer.quarantined["distance_m"].iloc[0] == pytest.approx(200, abs=0.01)


@pytest.mark.parametrize("seed", range(3))
def test_no_point_is_forgotten_whatever_else_its_area_records(seed):
    """Ten random events a day apart; a point is free only where a later release covers it, or is of everything."""
    rng = np.random.default_rng(seed)
    rows = []
    for day in range(1, 11):
        kind = str(rng.choice(["suspected", "confirmed", "corrected", "cleared", "reduced"]))
        x, y = rng.integers(0, 8, 2) * 100
        land = box(x, y, x + rng.integers(1, 5) * 100, y + rng.integers(1, 5) * 100)
        if kind in ("cleared", "reduced"):
            shape = land if rng.random() < 0.8 else None
        else:
            shape = land if rng.random() < 0.4 else Point(x + 50, y + 50)
        rows.append((kind, f"2015-01-{day:02}", shape))
    for i, (_, _, place) in enumerate(rows):
        if isinstance(place, Point):
            releases = [row[2] for row in rows[i + 1 :] if row[0] in ("cleared", "reduced")]
            is_free = any(one is None or one.covers(place) for one in releases)
            assert is_free or answer_at(rows, place) == HAZARDOUS
            assert answer_at([*rows, ("cleared", "2016-01-01", None)], place) == RELEASED
