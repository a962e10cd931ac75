"""Each rule about events on rectangles whose areas anyone can work out: statuses, releases, conflicts, histories."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from oracle_points import CRS, as_frame, event, grid_shape, rect, registry

from landrelease.errors import CRSError, DataError, OptionError
from landrelease.registry import conflicts_on, events_from_areas, history_of, land_balance, releases_from, status_on

SQUARE = rect(0, 0, 100, 100)
LEFT, RIGHT = rect(0, 0, 50, 100), rect(50, 0, 100, 100)
MIDDLE = rect(40, 0, 60, 100)
LATE = "2025-01-01"


def area_on(rows: list[dict], day: str = LATE, area_id: str = "A") -> pd.Series:
    return status_on(as_frame(rows), day).set_index("area_id").loc[area_id]


def same(found: shapely.Geometry, expected: shapely.Geometry) -> bool:
    """Tell whether two shapes are the same but for a fraction of a millimetre along their borders."""
    return shapely.symmetric_difference(found, expected).area < 0.1


def release(rows: list[dict], release_id: str, **period: str) -> pd.Series:
    return releases_from(as_frame(rows), **period).set_index("release_id").loc[release_id]


# what an event does to land


def test_a_partial_release_keeps_the_id_and_leaves_two_parts():
    rows = [event("1", "A", "confirmed", "2020-01-01", SQUARE), event("2", "A", "cleared", "2021-01-01", MIDDLE)]
    area = area_on(rows)
    assert area["status"] == "in_progress"
    assert area.geometry.geom_type == "MultiPolygon"
    assert same(area.geometry, rect(0, 0, 40, 100) | rect(60, 0, 100, 100))
    assert area["area_m2"] == pytest.approx(8000, rel=1e-5)
    assert area_on(rows, "2020-12-31").geometry.equals_exact(SQUARE, 0)


def test_a_release_touches_only_its_own_area():
    rows = [
        event("1", "A", "suspected", "2020-01-01", SQUARE),
        event("2", "B", "suspected", "2020-01-01", rect(50, 0, 150, 100)),
        event("3", "A", "cancelled", "2021-01-01", rect(0, 0, 200, 100)),
    ]
    assert area_on(rows)["status"] == "released"
    assert area_on(rows).geometry.is_empty
    assert area_on(rows, area_id="B").geometry.equals_exact(rect(50, 0, 150, 100), 0)
    assert area_on(rows, area_id="B")["status"] == "open"


def test_land_of_several_areas_is_hazardous_until_the_last_of_them_releases_it():
    rows = [event(f"{one}1", one, "suspected", "2020-01-01", SQUARE) for one in "ABC"]
    rows += [event(f"{one}2", one, "cleared", f"202{n}-01-01") for n, one in enumerate("ABC", start=1)]
    for day, m2 in (("2020-06-01", 10000), ("2021-06-01", 10000), ("2022-06-01", 10000), ("2023-06-01", 0)):
        standing = status_on(as_frame(rows), day)
        assert standing.geometry.union_all().area == pytest.approx(m2)
        assert releases_from(as_frame(rows), end=day)["area_m2"].sum() == pytest.approx(10000 - m2, rel=1e-5)
    releases = releases_from(as_frame(rows)).set_index("release_id")
    assert releases["area_m2"].round(-1).to_dict() == {"A2": 0, "B2": 0, "C2": 10000}
    assert releases["gross_m2"].round(-1).to_dict() == {"A2": 10000, "B2": 10000, "C2": 10000}


def test_suspected_then_confirmed_changes_the_class_and_not_the_land():
    rows = [
        event("1", "A", "suspected", "2020-01-01", SQUARE, hazard_class="SHA"),
        event("2", "A", "confirmed", "2021-01-01"),
    ]
    assert [area_on(rows, day)["hazard_class"] for day in ("2020-06-01", "2021-01-01")] == ["SHA", "CHA"]
    assert area_on(rows)["status"] == "open"
    assert area_on(rows).geometry.equals_exact(SQUARE, 0)


def test_confirming_a_part_leaves_the_rest_hazardous_and_more_land_is_added():
    rows = [event("1", "A", "suspected", "2020-01-01", SQUARE), event("2", "A", "confirmed", "2021-01-01", LEFT)]
    assert same(area_on(rows).geometry, SQUARE)
    rows[1]["geometry"] = rect(50, 0, 150, 100)
    assert same(area_on(rows).geometry, rect(0, 0, 150, 100))


@pytest.mark.parametrize("boundary", [rect(0, 0, 300, 100), rect(20, 20, 30, 30), rect(500, 500, 600, 600)])
def test_a_correction_replaces_the_boundary(boundary):
    rows = [event("1", "A", "suspected", "2020-01-01", SQUARE), event("2", "A", "corrected", "2021-01-01", boundary)]
    assert area_on(rows).geometry.equals_exact(boundary, 0)
    assert area_on(rows)["status"] == "open"
    assert area_on([rows[0], event("2", "A", "corrected", "2021-01-01")]).geometry.equals_exact(SQUARE, 0)


@pytest.mark.parametrize("kind", ["split", "merged"])
def test_split_and_merged_give_up_only_what_others_hold(kind):
    rows = [
        event("1", "A", "confirmed", "2020-01-01", SQUARE),
        event("2", "A/1", "confirmed", "2021-01-01", rect(0, 0, 30, 100), parent_id="A"),
        event("3", "A/2", "confirmed", "2021-01-01", rect(30, 0, 70, 100), parent_id="A"),
        event("4", "A", kind, "2021-01-01"),
    ]
    parent = area_on(rows)
    assert same(parent.geometry, rect(70, 0, 100, 100)), "nobody else holds this: it stays hazardous"
    assert status_on(as_frame(rows), LATE).geometry.union_all().area == pytest.approx(10000)
    assert len(releases_from(as_frame(rows))) == 0
    lonely = [rows[0], rows[3]]
    assert same(area_on(lonely).geometry, SQUARE)


def test_a_child_that_was_released_before_the_split_takes_no_land():
    rows = [
        event("1", "A", "confirmed", "2020-01-01", SQUARE),
        event("2", "B", "confirmed", "2020-01-01", LEFT),
        event("3", "B", "cleared", "2020-06-01"),
        event("4", "A", "split", "2021-01-01"),
    ]
    assert same(area_on(rows).geometry, SQUARE)


def test_reopened_land_is_a_new_area_and_leaves_the_old_release():
    rows = [
        event("1", "A", "confirmed", "2020-01-01", SQUARE),
        event("2", "A", "cleared", "2021-01-01"),
        event("3", "B", "reopened", "2022-01-01", rect(0, 0, 30, 100), parent_id="A"),
    ]
    assert area_on(rows)["status"] == "released"
    again = area_on(rows, area_id="B")
    assert (again["status"], again["hazard_class"], again["parent_id"]) == ("open", "SHA", "A")
    assert again["survey_date"] == pd.Timestamp("2022-01-01")
    assert release(rows, "2")["area_m2"] == pytest.approx(7000, rel=1e-5)
    assert release(rows, "2", end="2021-12-31")["area_m2"] == pytest.approx(10000, rel=1e-5)


def test_a_new_suspicion_without_a_shape_makes_all_of_a_released_area_hazardous_again():
    rows = [
        event("1", "A", "confirmed", "2020-01-01", SQUARE),
        event("2", "A", "cleared", "2021-01-01", LEFT),
        event("3", "A", "cleared", "2021-02-01"),
        event("4", "A", "suspected", "2022-01-01"),
    ]
    assert area_on(rows, "2021-12-31")["status"] == "released"
    assert same(area_on(rows).geometry, SQUARE)
    assert area_on(rows)["status"] != "released"
    assert releases_from(as_frame(rows))["area_m2"].sum() == 0
    corrected = [*rows[:3], event("4", "A", "corrected", "2022-01-01")]
    assert area_on(corrected)["status"] == "released", "a correction without a boundary corrects no land"


def test_suspended_is_still_hazardous_until_work_goes_on():
    rows = [event("1", "A", "confirmed", "2020-01-01", SQUARE), event("2", "A", "suspended", "2021-01-01")]
    assert area_on(rows, "2020-12-31")["status"] == "open"
    assert area_on(rows)["status"] == "suspended"
    assert area_on(rows).geometry.equals_exact(SQUARE, 0)
    redrawn = event("2b", "A", "corrected", "2021-06-01", rect(0, 0, 100, 90))
    assert area_on([*rows, redrawn])["status"] == "suspended", "a boundary that is redrawn is no work"
    rows.append(event("3", "A", "cleared", "2022-01-01", LEFT))
    assert area_on(rows)["status"] == "in_progress"
    rows.append(event("4", "A", "cleared", "2023-01-01"))
    assert area_on(rows)["status"] == "released"


def test_accidents_notes_and_handovers_change_no_land():
    rows = [event("1", "A", "confirmed", "2020-01-01", SQUARE)]
    rows += [event(f"{i + 2}", "A", kind, "2021-01-01", rect(0, 0, 900, 900)) for i, kind in
             enumerate(("accident", "noted", "handed_over"))]  # fmt: skip
    assert area_on(rows).geometry.equals_exact(SQUARE, 0)
    assert area_on(rows)["status"] == "open"
    alone = as_frame([event("1", "X", "noted", "2020-01-01", SQUARE), event("2", "Y", "accident", "2020-01-01", None)])
    assert len(status_on(alone, LATE)) == 0, "only a note: not an area"


# void


def test_a_void_undoes_its_event_and_a_void_of_a_void_restores_it():
    rows = [event("1", "A", "confirmed", "2020-01-01", SQUARE), event("2", "A", "cleared", "2021-01-01")]
    assert area_on(rows)["status"] == "released"
    rows.append(event("3", "A", "void", "2021-02-01", voids_event_id="2"))
    assert area_on(rows)["status"] == "open"
    assert len(releases_from(as_frame(rows))) == 0
    rows.append(event("4", "A", "void", "2021-03-01", voids_event_id="3"))
    assert area_on(rows)["status"] == "released"
    rows.append(event("5", "A", "void", "2021-04-01", voids_event_id="4"))
    assert area_on(rows)["status"] == "open"
    rows.append(event("6", "A", "void", "2021-05-01", voids_event_id="2"))
    assert area_on(rows)["status"] == "open"


def test_a_void_of_nothing_undoes_nothing_and_a_voided_hazard_was_never_there():
    rows = [
        event("1", "A", "confirmed", "2020-01-01", SQUARE),
        event("2", "A", "void", "2021-01-01", voids_event_id="no such event"),
        event("3", "A", "void", "2021-01-01"),
    ]
    assert area_on(rows)["status"] == "open"
    rows.append(event("4", "A", "void", "2021-01-01", voids_event_id="1"))
    assert len(status_on(as_frame(rows), LATE)) == 0


@pytest.mark.parametrize("circle", [{"8": "9", "9": "8"}, {"7": "8", "8": "9", "9": "7"}, {"9": "9"}])
def test_voids_in_a_circle_are_an_error_that_names_them(circle):
    rows = [event("1", "A", "confirmed", "2020-01-01", SQUARE)]
    rows += [event(one, "A", "void", "2021-01-01", voids_event_id=what) for one, what in circle.items()]
    with pytest.raises(DataError, match=r"circle: .*Fix: correct voids_event_id") as raised:
        status_on(as_frame(rows), LATE)
    assert all(one in str(raised.value) for one in circle)


# dates


def test_an_undated_hazard_counts_always_and_an_undated_release_from_its_recording():
    rows = [
        event("1", "A", "suspected", None, SQUARE),
        event("2", "A", "cleared", None, LEFT, recorded_at="2021-05-05"),
        event("3", "A", "cleared", None, RIGHT),
    ]
    assert same(area_on(rows, "1950-01-01").geometry, SQUARE)
    assert same(area_on(rows, "2021-05-04").geometry, SQUARE)
    assert same(area_on(rows, "2021-05-05").geometry, RIGHT)
    assert same(area_on(rows, "2024-12-31").geometry, RIGHT), "nobody knows when 3 was: it counts never"
    assert pd.isna(area_on(rows)["survey_date"])
    assert pd.isna(area_on(rows)["release_date"])
    assert area_on(rows)["release_type"] == "cleared"


@pytest.mark.parametrize(
    ("precision", "first", "last"),
    [("month", "2020-06-01", "2020-06-30"), ("year", "2020-01-01", "2020-12-31"), ("day", "2020-06-01", "2020-06-01")],
)
@pytest.mark.parametrize("mid", [False, True])
def test_hazards_of_a_period_count_early_and_releases_late(precision, first, last, mid):
    written = ("2020-06-17" if precision != "day" else first) if mid else first
    hazard = [event("1", "A", "suspected", written, SQUARE, date_precision=precision)]
    eve = str((pd.Timestamp(first) - pd.Timedelta(days=1)).date())
    assert len(status_on(as_frame(hazard), eve)) == 0
    assert len(status_on(as_frame(hazard), first)) == 1
    released = [
        event("1", "A", "suspected", "2019-01-01", SQUARE),
        event("2", "A", "cleared", written, date_precision=precision),
    ]
    eve = str((pd.Timestamp(last) - pd.Timedelta(days=1)).date())
    assert area_on(released, eve)["status"] == "open"
    assert area_on(released, last)["status"] == "released"
    assert release(released, "2")["release_date"] == pd.Timestamp(last)


def test_february_of_a_leap_year_ends_on_the_29th():
    rows = [
        event("1", "A", "suspected", "2019-01-01", SQUARE),
        event("2", "A", "cleared", "2020-02-01", date_precision="month"),
    ]
    assert [area_on(rows, day)["status"] for day in ("2020-02-28", "2020-02-29")] == ["open", "released"]


def test_hazards_come_before_releases_within_a_day_and_then_by_id():
    rows = [
        event("9", "A", "suspected", "2020-01-01", SQUARE),
        event("1", "A", "cancelled", "2020-01-01"),
    ]
    assert area_on(rows)["status"] == "released"
    rows = [
        event("9", "A", "suspected", "2020-01-01", SQUARE),
        event("2", "A", "cleared", "2020-01-01", rect(0, 0, 60, 100)),
        event("1", "A", "reduced", "2020-01-01", rect(40, 0, 100, 100)),
    ]
    releases = releases_from(as_frame(rows)).set_index("release_id")["area_m2"]
    assert releases.round(-1).to_dict() == {"1": 6000, "2": 4000}, "1 is first, and the land is counted once"
    assert area_on(rows)["release_type"] == "mixed"


def test_hours_do_not_matter():
    rows = [
        event("1", "A", "suspected", "2020-01-01T18:00", SQUARE),
        event("2", "A", "cleared", "2020-01-01T08:00", LEFT),
    ]
    assert same(area_on(rows, "2020-01-01").geometry, RIGHT)
    assert same(area_on(rows, "2020-01-01T23:30").geometry, RIGHT)
    assert len(status_on(as_frame(rows), "2019-12-31T23:59")) == 0
    assert release(rows, "2", start="2020-01-01", end="2020-01-01")["release_date"] == pd.Timestamp("2020-01-01")


# shapes


def test_areas_without_a_polygon_are_kept_and_have_no_m2():
    rows = [
        event("1", "A", "suspected", "2020-01-01"),
        event("2", "B", "confirmed", "2020-01-01", shapely.Point(1_000_000, 100_000)),
        event("3", "B", "cleared", "2021-01-01"),
    ]
    standing = status_on(as_frame(rows), LATE).set_index("area_id")
    assert standing["status"].to_dict() == {"A": "open", "B": "released"}
    assert standing.geometry.isna().all()
    assert standing["area_m2"].isna().all(), "not known is not 0"
    found = release(rows, "3")
    assert pd.isna(found["area_m2"])
    assert pd.isna(found["gross_m2"])
    rows[2]["reported_area_m2"] = 1234.0
    assert release(rows, "3")["gross_m2"] == 1234.0
    assert pd.isna(release(rows, "3")["area_m2"])


def test_a_release_without_a_geometry_releases_the_whole_area():
    rows = [
        event("1", "A", "suspected", "2020-01-01", SQUARE),
        event("2", "A", "reduced", "2021-01-01", LEFT),
        event("3", "A", "cleared", "2022-01-01"),
    ]
    assert same(release(rows, "3").geometry, RIGHT)
    assert release(rows, "3")["gross_m2"] == pytest.approx(5000, rel=1e-5)
    assert area_on(rows)["area_m2"] == 0


DOT, LINE = shapely.Point(1_000_050, 100_050), shapely.LineString([(1_000_000, 100_000), (1_000_090, 100_090)])


@pytest.mark.parametrize("vague", [DOT, LINE])
def test_a_release_with_a_point_or_line_does_not_release_the_area(vague):
    rows = [event("1", "A", "suspected", "2020-01-01", SQUARE), event("2", "A", "cleared", "2021-01-01", vague)]
    assert same(area_on(rows).geometry, SQUARE)
    assert area_on(rows)["status"] == "open"


@pytest.mark.parametrize(("crs", "x", "y", "side"), [
    (4326, 18.0, 44.0, 0.005), (4326, 18.0, 44.0, 0.02), (6933, 1.7e6, 5e6, 900.0), (32634, 3e5, 4.9e6, 1000.0),
])  # fmt: skip
def test_halves_that_share_borders_with_their_area_release_all_of_it(crs, x, y, side):
    whole, half = shapely.box(x, y, x + side, y + side), x + side / 2
    halves = [shapely.box(x, y, half, y + side), shapely.box(half, y, x + side, y + side)]
    rows = [event("1", "A", "confirmed", "2020-01-01", None), event("2", "A", "cleared", "2021-01-01", None),
            event("3", "A", "cleared", "2022-01-01", None)]  # fmt: skip
    events = as_frame(rows).set_geometry(gpd.GeoSeries([whole, *halves], crs=crs))
    assert status_on(events, "2021-06-01")["status"].tolist() == ["in_progress"]
    assert status_on(events, LATE)["status"].tolist() == ["released"], "no strip of a few millimetres is left"
    releases = releases_from(events)
    assert releases["area_m2"].sum() == pytest.approx(status_on(events, "2020-06-01")["area_m2"].sum(), rel=1e-4)


@pytest.mark.parametrize("kind", ["suspected", "confirmed"])
def test_a_hazard_whose_polygon_has_no_land_is_not_released(kind):
    flat = shapely.Polygon([(1_000_000, 100_000), (1_000_050, 100_000), (1_000_100, 100_000)])
    assert area_on([event("1", "A", kind, "2020-01-01", flat)])["status"] == "open"
    rows = [event("1", "A", kind, "2020-01-01", SQUARE), event("2", "A", "cleared", "2021-01-01", flat)]
    assert same(area_on(rows).geometry, SQUARE)


def test_a_release_that_misses_its_area_releases_nothing():
    rows = [
        event("1", "A", "suspected", "2020-01-01", SQUARE),
        event("2", "A", "cleared", "2021-01-01", rect(100, 0, 200, 100)),
    ]
    area = area_on(rows)
    assert area["status"] == "open"
    assert pd.isna(area["release_type"])
    assert release(rows, "2")["area_m2"] == 0
    assert release(rows, "2")["gross_m2"] == pytest.approx(10000, rel=1e-5)


def test_an_invalid_polygon_counts_with_all_its_faces():
    bow_tie = shapely.Polygon([(x + 1_000_000, y + 100_000) for x, y in ((0, 0), (100, 100), (100, 0), (0, 100))])
    rows = [event("1", "A", "suspected", "2020-01-01", bow_tie), event("2", "A", "cleared", "2021-01-01", LEFT)]
    assert area_on(rows, "2020-06-01")["area_m2"] == pytest.approx(5000, rel=1e-5)
    assert area_on(rows)["area_m2"] == pytest.approx(2500, rel=1e-5)
    history = history_of(as_frame(rows), "A")
    assert history["hazardous_m2"].tolist() == pytest.approx([5000, 2500])


@pytest.mark.parametrize("crs", [4326, 3857, 32632, 6933])
def test_results_are_in_the_crs_of_the_events(crs):
    rows = [
        event("1", "A", "confirmed", "2020-01-01", SQUARE),
        event("2", "A", "cleared", "2021-01-01", LEFT),
        event("3", "B", "suspected", "2020-01-01", MIDDLE),
    ]
    events = as_frame(rows, crs)
    for found in (status_on(events, LATE), releases_from(events), conflicts_on(events, LATE)):
        assert found.crs == events.crs
    assert area_on_in(events, "A") == pytest.approx(5000, rel=1e-5)
    assert releases_from(events)["area_m2"].tolist() == pytest.approx([4000], rel=1e-5)
    assert conflicts_on(events, LATE)["overlap_m2"].tolist() == pytest.approx([1000], rel=1e-5)


def area_on_in(events: gpd.GeoDataFrame, area_id: str) -> float:
    return status_on(events, LATE).set_index("area_id").loc[area_id, "area_m2"]


# columns


def test_the_columns_of_an_area_are_what_its_events_last_said():
    rows = [
        event("1", "A", "suspected", "2020-03-01", SQUARE, reported_area_m2=9900.0, operator="one", admin_code="P1",
              contamination_code="AP", intended_use_code="grazing", source_id="s1"),
        event("2", "A", "confirmed", "2021-03-01", None, operator="two", contamination_code="AV"),
        event("3", "A", "reduced", "2022-03-01", LEFT, reported_area_m2=4800.0, operator="three"),
        event("4", "A", "cleared", "2023-03-01", rect(50, 0, 75, 100)),
    ]  # fmt: skip
    area = area_on(rows)
    assert area["hazard_class"] == "CHA"
    assert (area["operator"], area["admin_code"], area["contamination_code"]) == ("three", "P1", "AV")
    assert (area["intended_use_code"], area["source_id"]) == ("grazing", "s1")
    assert area["reported_area_m2"] == 9900, "what a release reports is the release, not the area"
    assert area["survey_date"] == pd.Timestamp("2020-03-01")
    assert area["release_date"] == pd.Timestamp("2023-03-01")
    assert (area["status"], area["release_type"]) == ("in_progress", "mixed")
    before = area_on(rows, "2022-12-31")
    assert (before["release_type"], before["release_date"]) == ("reduced", pd.Timestamp("2022-03-01"))
    assert pd.isna(area_on(rows, "2021-12-31")["release_type"])


def test_the_class_is_that_of_the_latest_suspicion_or_confirmation():
    rows = [
        event("1", "A", "confirmed", "2020-01-01", SQUARE, hazard_class="CHA"),
        event("2", "A", "reduced", "2021-01-01", LEFT, hazard_class="CHA"),
        event("3", "A", "suspected", "2022-01-01"),
        event("4", "A", "cancelled", "2023-01-01", None, hazard_class="CHA"),
    ]
    assert area_on(rows)["hazard_class"] == "SHA"
    classes = releases_from(as_frame(rows)).set_index("release_id")["hazard_class"]
    assert classes.to_dict() == {"2": "CHA", "4": "SHA"}
    bare = [{name: value for name, value in row.items() if name != "hazard_class"} for row in rows]
    assert releases_from(as_frame(bare))["hazard_class"].tolist() == ["CHA", "SHA"]


# conflicts


def test_conflicts_are_land_that_one_area_released_and_another_holds():
    rows = [
        event("1", "A", "suspected", "2020-01-01", SQUARE),
        event("2", "B", "suspected", "2020-01-01", rect(70, 0, 170, 100)),
        event("3", "C", "suspected", "2020-01-01", rect(0, 90, 50, 100)),
        event("4", "A", "cleared", "2021-01-01"),
    ]
    assert len(conflicts_on(as_frame(rows), "2020-12-31")) == 0
    found = conflicts_on(as_frame(rows), "2021-01-01")
    assert found[["area_id", "release_id", "other_area_id"]].to_numpy().tolist() == [["A", "4", "B"], ["A", "4", "C"]]
    assert found["overlap_m2"].tolist() == pytest.approx([3000, 500], rel=1e-4)
    assert same(found.geometry.iloc[0], rect(70, 0, 100, 100))
    assert release(rows, "4")["conflict_m2"] == pytest.approx(3500, rel=1e-5)
    assert release(rows, "4")["area_m2"] == pytest.approx(6500, rel=1e-5)
    rows.append(event("5", "B", "cancelled", "2022-01-01"))
    assert conflicts_on(as_frame(rows), LATE)["other_area_id"].tolist() == ["C"]


def test_neighbours_that_only_share_a_border_do_not_contradict():
    rows = [
        event("1", "A", "suspected", "2020-01-01", LEFT),
        event("2", "B", "suspected", "2020-01-01", RIGHT),
        event("3", "A", "cleared", "2021-01-01"),
    ]
    assert len(conflicts_on(as_frame(rows), LATE)) == 0
    assert release(rows, "3")["conflict_m2"] == 0


# releases


def test_no_land_is_in_two_releases_and_start_and_end_choose_a_period():
    rows = [
        event("1", "A", "confirmed", "2019-01-01", SQUARE),
        event("2", "A", "reduced", "2020-06-01", rect(0, 0, 30, 100)),
        event("3", "A", "cleared", "2021-06-01", rect(20, 0, 60, 100)),
        event("4", "A", "cancelled", None, rect(90, 0, 100, 100), recorded_at="2021-09-01"),
        event("5", "A", "cleared", "2022-06-01"),
    ]
    releases = releases_from(as_frame(rows)).set_index("release_id")
    assert list(releases.index) == ["2", "3", "5", "4"], "by date, undated last"
    assert releases["area_m2"].tolist() == pytest.approx([3000, 3000, 3000, 1000], rel=1e-4)
    assert releases["gross_m2"].tolist() == pytest.approx([3000, 4000, 3000, 1000], rel=1e-4)
    assert releases["date_precision"].to_dict() == {"2": "day", "3": "day", "5": "day", "4": "unknown"}
    events = as_frame(rows)
    assert releases_from(events, start="2020-06-02")["release_id"].tolist() == ["3", "5"]
    assert releases_from(events, end="2021-06-01")["release_id"].tolist() == ["2", "3"]
    assert releases_from(events, end="2021-09-01")["release_id"].tolist() == ["2", "3", "4"]
    assert releases_from(events, start="2021-06-01", end="2021-06-01")["release_id"].tolist() == ["3"]


def test_land_that_is_suspected_again_leaves_its_release_for_good():
    rows = [
        event("1", "A", "suspected", "2019-01-01", SQUARE),
        event("2", "A", "cancelled", "2020-01-01"),
        event("3", "B", "suspected", "2021-01-01", LEFT),
        event("4", "B", "cleared", "2022-01-01"),
    ]
    assert same(release(rows, "2", end="2020-12-31").geometry, SQUARE)
    assert same(release(rows, "2").geometry, RIGHT)
    assert same(release(rows, "4").geometry, LEFT)
    assert release(rows, "2", end="2021-12-31")["conflict_m2"] == pytest.approx(5000, rel=1e-5)
    assert release(rows, "2")["conflict_m2"] == 0


def test_each_release_has_the_next_handover_of_its_area():
    rows = [
        event("1", "A", "confirmed", "2019-01-01", SQUARE, intended_use_code="housing", admin_code="P1"),
        event("2", "A", "cleared", "2020-01-01", LEFT, operator="one"),
        event("3", "A", "handed_over", "2020-03-01"),
        event("4", "A", "cleared", "2021-01-01", None, intended_use_code="road"),
        event("5", "A", "handed_over", "2021-01-01"),
        event("6", "B", "confirmed", "2019-01-01", rect(200, 0, 300, 100)),
        event("7", "B", "cleared", "2020-01-01"),
    ]
    releases = releases_from(as_frame(rows)).set_index("release_id")
    assert releases["handover_date"].dt.strftime("%F").to_dict() == {"2": "2020-03-01", "4": "2021-01-01", "7": np.nan}
    assert releases.loc["2", ["intended_use_code", "admin_code", "operator"]].tolist() == ["housing", "P1", "one"]
    assert releases.loc["4", "intended_use_code"] == "road"
    assert pd.isna(release(rows, "2", end="2020-02-29")["handover_date"])


# history


def test_the_history_goes_back_to_the_parents_and_shows_what_was_undone():
    rows = [
        event("1", "A", "confirmed", "2019-01-01", SQUARE),
        event("2", "A", "cleared", "2020-01-01", LEFT),
        event("3", "A", "cleared", "2020-06-01", None),
        event("4", "B", "reopened", "2021-01-01", MIDDLE, parent_id="A"),
        event("5", "B", "cancelled", "2021-06-01", None),
        event("6", "B", "void", "2021-07-01", None, voids_event_id="5"),
        event("7", "B", "cleared", None, None),
        event("8", "Z", "suspected", "2019-01-01", rect(0, 0, 10, 10)),
    ]
    history = history_of(as_frame(rows), "B").set_index("event_id")
    assert set(history.index) == {"1", "2", "3", "4", "5", "6", "7"}, "Z only overlaps: it is not of this line"
    assert list(history.index[:4]) == ["1", "2", "3", "4"]
    assert history.loc[["1", "2", "3", "4"], "hazardous_m2"].tolist() == pytest.approx([10000, 5000, 0, 2000])
    assert history.loc[["1", "2", "3", "4"], "touched_m2"].tolist() == pytest.approx([10000, 5000, 5000, 2000])
    assert history.loc[["1", "2", "3", "4"], "status"].tolist() == ["open", "in_progress", "released", "open"]
    assert history.loc["5", "note"] == "undone"
    assert "undoes" in history.loc["6", "note"]
    assert "counts never" in history.loc["7", "note"]
    assert history.loc[["5", "6", "7"], "hazardous_m2"].isna().all()
    assert history_of(as_frame(rows), "A")["area_id"].unique().tolist() == ["A"]


def test_a_history_knows_of_the_land_that_others_hold():
    rows = [
        event("1", "A", "confirmed", "2020-01-01", SQUARE),
        event("2", "A/1", "confirmed", "2021-01-01", LEFT, parent_id="A"),
        event("3", "A", "split", "2021-01-01"),
    ]
    assert history_of(as_frame(rows), "A")["hazardous_m2"].tolist() == pytest.approx([10000, 5000])


def test_a_circle_of_parents_ends():
    rows = [
        event("1", "A", "confirmed", "2020-01-01", SQUARE, parent_id="B"),
        event("2", "B", "confirmed", "2020-01-01", SQUARE, parent_id="A"),
    ]
    assert len(history_of(as_frame(rows), "A")) == 2


def test_an_unknown_area_is_an_error_with_the_nearest_id():
    events = as_frame([event("1", "HA-0012", "confirmed", "2020-01-01", SQUARE)])
    with pytest.raises(DataError, match=r"'HA-0021'; did you mean 'HA-0012'"):
        history_of(events, "HA-0021")


# snapshots


def snapshot(**columns: list) -> gpd.GeoDataFrame:
    n = len(columns["area_id"])
    shapes = [rect(200 * i, 0, 200 * i + 100, 100) for i in range(n)]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


def test_only_a_release_with_a_type_is_a_release():
    areas = snapshot(
        area_id=["open", "none", "closed", "mixed", "untyped", "cleared", "typed but open"],
        status=["open", None, "closed", "released", "released", "released", "open"],
        release_type=[None, None, "cleared", "mixed", None, "cleared", "cleared"],
    )
    events = events_from_areas(areas, as_of="2024-07-01")
    standing = status_on(events, "2024-07-01").set_index("area_id")
    assert standing.index[standing["status"] == "released"].tolist() == ["cleared"]
    assert standing["area_m2"].sum() == pytest.approx(60000, rel=1e-5)


def test_a_snapshot_becomes_dated_and_undated_events():
    areas = snapshot(
        area_id=["A", "B", "C", "D"],
        hazard_class=["CHA", "SHA", None, "SHA"],
        status=["released", "released", "suspended", "open"],
        release_type=["cleared", "cancelled", None, None],
        survey_date=pd.to_datetime(["2010-01-01", None, "2012-01-01", None]),
        release_date=pd.to_datetime(["2015-01-01", None, None, None]),
        operator=["one", None, None, None],
    )
    events = events_from_areas(areas, as_of="2020-01-01")
    assert events.crs == areas.crs
    by_area = events.groupby("area_id")["event"].agg(list).to_dict()
    assert by_area == {"A": ["confirmed", "cleared"], "B": ["suspected", "cancelled"], "C": ["suspected", "suspended"],
                       "D": ["suspected"]}  # fmt: skip
    undated = events["event_date"].isna()
    assert (events.loc[undated, "date_precision"] == "unknown").all()
    assert (events.loc[~undated, "date_precision"] == "day").all()
    stood = {
        day: dict(status_on(events, day)[["area_id", "status"]].itertuples(index=False))
        for day in ("2009-12-31", "2014-12-31", "2015-01-01", "2019-12-31", "2020-01-01")
    }
    assert stood["2009-12-31"] == {"B": "open", "D": "open"}
    assert stood["2014-12-31"] == {"A": "open", "B": "open", "C": "open", "D": "open"}
    assert stood["2015-01-01"]["A"] == "released"
    assert stood["2019-12-31"] == {"A": "released", "B": "open", "C": "open", "D": "open"}
    assert stood["2020-01-01"] == {"A": "released", "B": "released", "C": "suspended", "D": "open"}
    releases = releases_from(events).set_index("area_id")
    assert releases.loc["A", "release_date"] == pd.Timestamp("2015-01-01")
    assert pd.isna(releases.loc["B", "release_date"])
    assert releases.loc["A", "operator"] == "one"


def test_a_snapshot_without_columns_or_rows():
    bare = snapshot(area_id=["A"])
    assert events_from_areas(bare, as_of="2020-01-01")["event"].tolist() == ["suspected"]
    assert len(events_from_areas(bare.iloc[:0], as_of="2020-01-01")) == 0
    with pytest.raises(DataError, match="R1 area_id must be filled"):
        events_from_areas(bare.drop(columns="area_id"), as_of="2020-01-01")
    with pytest.raises(DataError, match="R2 area_id must be unique"):
        events_from_areas(snapshot(area_id=["A", "a "]), as_of="2020-01-01")
    with pytest.raises(CRSError, match="areas"):
        events_from_areas(bare.set_crs(None, allow_override=True), as_of="2020-01-01")
    with pytest.raises(OptionError, match="as_of must be a date"):
        events_from_areas(bare, as_of=None)


# inputs and errors


CALLS = {
    "status_on": lambda events: status_on(events, LATE),
    "releases_from": lambda events: releases_from(events),
    "conflicts_on": lambda events: conflicts_on(events, LATE),
    "land_balance": lambda events: land_balance(events, start="2010-01-01", end=LATE, by="hazard_class"),
    "history_of": lambda events: history_of(events, "A0"),
}


@pytest.fixture(scope="module")
def busy() -> list[dict]:
    return registry(np.random.default_rng(77), grid_shape, 20, 50.0)


@pytest.mark.parametrize("name", list(CALLS))
def test_inputs_are_not_changed_and_the_order_of_rows_does_not_matter(name, busy):
    events = as_frame(busy)
    kept = events.copy(deep=True)
    found = CALLS[name](events)
    pd.testing.assert_frame_equal(events, kept)
    shuffled = events.sample(frac=1, random_state=1)  # the index is in disorder too
    other = CALLS[name](shuffled)
    if name == "history_of":
        found, other = found.sort_values("event_id"), other.sort_values("event_id")
        found, other = found.reset_index(drop=True), other.reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.DataFrame(other), pd.DataFrame(found))


@pytest.mark.parametrize("name", list(CALLS))
def test_events_that_can_not_be_read_are_refused(name):
    good = as_frame([event("1", "A0", "confirmed", "2020-01-01", SQUARE), event("2", "A0", "cleared", "2021-01-01")])
    call = CALLS[name]
    with pytest.raises(CRSError, match="'events' has no coordinate reference system"):
        call(good.set_crs(None, allow_override=True))
    with pytest.raises(CRSError, match="must be a GeoDataFrame"):
        call(pd.DataFrame(good.drop(columns="geometry")))
    with pytest.raises(DataError, match=r"1 of 2 rows of 'events'.*\n.*R4 event must be a code.*row 1 has 'Closed'"):
        call(good.assign(event=["confirmed", "Closed"]))
    with pytest.raises(DataError, match="R2 event_id must be unique"):
        call(good.assign(event_id=["1", " 1"]))
    with pytest.raises(DataError, match="R1 area_id must be filled"):
        call(good.assign(area_id=["A0", None]))
    with pytest.raises(DataError, match="column 'event' is missing"):
        call(good.drop(columns="event"))


@pytest.mark.parametrize("bad", [None, 2021, 2021.0, "sometime", pd.NaT, float("nan")])
def test_a_day_that_is_none_is_refused(bad):
    events = as_frame([event("1", "A", "confirmed", "2020-01-01", SQUARE)])
    for call in (lambda: status_on(events, bad), lambda: conflicts_on(events, bad)):
        with pytest.raises(OptionError, match="date must be a date such as"):
            call()
    if bad is not None:  # None is: no limit
        with pytest.raises(OptionError, match="end must be a date"):
            releases_from(events, end=bad)
        with pytest.raises(OptionError, match="start must be a date"):
            releases_from(events, start=bad)


def test_no_events_give_empty_tables_with_their_columns():
    empty = as_frame([event("1", "A", "confirmed", "2020-01-01", SQUARE)]).iloc[:0]
    for name in ("status_on", "releases_from", "conflicts_on"):
        found = CALLS[name](empty)
        full = CALLS[name](as_frame([event("1", "A", "confirmed", "2020-01-01", SQUARE)]))
        assert len(found) == 0
        assert list(found.columns) == list(full.columns)
        assert found.crs == empty.crs
