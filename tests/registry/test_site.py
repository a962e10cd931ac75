"""Site checks on rectangles measured by hand, and random registries against events replayed at single points."""

from __future__ import annotations

import re
from datetime import date
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from oracle_points import MAKES, X, Y, as_frame, grid_shape, hazardous, registry, released, replay, wild_shape
from pyproj import Geod
from shapely import LineString, Point, box

from landrelease.errors import CRSError, DataError, LandReleaseError, OptionError
from landrelease.registry import status_on
from landrelease.registry.site import check_site
from landrelease.tables import RESULTS

# metres that are true to 1e-8 around the origin
LOCAL = "+proj=tmerc +lat_0=10 +lon_0=20 +k=1 +datum=WGS84 +units=m +no_defs"
DAY = "2025-12-31"
SQUARE = box(0, 0, 100, 100)
ROAD = LineString([(-100, 50), (300, 50)])


def events_of(*rows, crs=LOCAL):
    """Rows of (event_id, area_id, event, date, geometry, more)."""
    names = ["event_id", "area_id", "event", "event_date"]
    table = pd.DataFrame([dict(zip(names, row[:4], strict=True)) | (row[5] if len(row) > 5 else {}) for row in rows])
    for name in ("event_date", "recorded_at", "registered_at"):
        if name in table:
            table[name] = pd.to_datetime(table[name])
    return gpd.GeoDataFrame(table, geometry=[row[4] for row in rows], crs=crs)


def site(*shapes, crs=LOCAL, **options):
    return gpd.GeoSeries(list(shapes), crs=crs, **options)


def check(events, shape, buffer_m=50.0, as_of=DAY, **options):
    return check_site(events, site(shape), buffer_m=buffer_m, as_of=as_of, **options)


def parts(answer, column="site_m"):
    return answer.parts.set_index("state_code")[column].round(2).to_dict()


HAZARD = ("1", "A", "confirmed", "2015-03-04", SQUARE)


def test_a_road_through_a_hazard_that_was_released_in_part():
    answer = check(events_of(HAZARD, ("2", "A", "cleared", "2019-05-06", box(0, 0, 40, 100))), ROAD)
    assert answer.answer_code == "recorded_hazard"
    assert parts(answer) == {"hazardous": 60.0, "released": 40.0, "withdrawn": 0.0, "no_record": 300.0}
    assert answer.parts["site_share"].tolist() == pytest.approx([0.15, 0.1, 0, 0.75])
    hazard, release = answer.hazards.iloc[0], answer.releases.iloc[0]
    assert (hazard["area_id"], hazard["status"], hazard["hazard_class"]) == ("A", "in_progress", "CHA")
    assert (hazard["distance_m"], round(hazard["overlap_m"], 3), round(hazard["area_m2"], 1)) == (0, 60, 6000)
    assert (release["release_id"], round(release["overlap_m"], 3), round(release["area_m2"], 1)) == ("2", 40, 4000)
    assert np.isnan(hazard["overlap_m2"])
    assert answer.sentences[0] == "Hazardous land is recorded on this site, by the records up to 2025-12-31."


@pytest.mark.parametrize(
    ("rows", "code"),
    [
        ([HAZARD], "recorded_hazard"),
        ([HAZARD, ("2", "A", "suspended", "2016-01-01", None)], "recorded_hazard"),
        ([HAZARD, ("2", "A", "cleared", "2016-01-01", None)], "released_with_history"),
        ([HAZARD, ("2", "A", "corrected", "2016-01-01", box(5000, 0, 5100, 100))], "released_with_history"),
        ([HAZARD, ("2", "A", "void", None, None, {"voids_event_id": "1"})], "no_record"),
        ([("1", "N", "noted", "2015-01-01", SQUARE)], "no_record"),
        ([("1", "N", "suspended", "2015-01-01", SQUARE)], "recorded_hazard"),
        ([("1", "N", "accident", "2015-01-01", Point(100, 50))], "recorded_hazard"),
        ([("1", "R", "cleared", "2015-01-01", SQUARE)], "released_with_history"),
        ([("1", "A", "confirmed", "2015-03-04", box(5000, 0, 5100, 100))], "no_record"),
    ],
)
def test_the_three_answers(rows, code):
    answer = check(events_of(*rows), ROAD)
    assert answer.answer_code == code
    assert answer.sentences[-1].startswith("No record is not evidence of no contamination")
    assert answer.parts["site_m"].sum() == pytest.approx(400, abs=1e-4)
    assert not re.search(r"\b(clear|safe)\b", " ".join(answer.sentences), re.IGNORECASE)


def test_land_that_was_redrawn_away_was_recorded_and_never_released():
    answer = check(events_of(HAZARD, ("2", "A", "corrected", "2016-01-01", box(5000, 0, 5100, 100))), ROAD)
    assert parts(answer) == {"hazardous": 0.0, "released": 0.0, "withdrawn": 100.0, "no_record": 300.0}
    assert answer.other["event"].tolist() == ["confirmed"]
    assert answer.sentences[0].startswith("Land was once recorded as hazardous and withdrawn without a release on this")
    beside = check(events_of(HAZARD, ("2", "A", "corrected", "2016-01-01", box(0, 0, 50, 100)),
                             ("3", "A", "cleared", "2017-01-01", None)), ROAD)  # fmt: skip
    assert beside.answer_code == "released_with_history"
    assert beside.sentences[0].startswith("Land was released, and other land withdrawn without a release, on this site")


@pytest.mark.parametrize(
    ("hazard", "buffer_m", "is_near"),
    [
        (box(0, 150.5, 100, 200), 100, False),
        (box(0, 149.9, 100, 200), 100, True),
        (box(0, 150, 100, 200), 100, True),  # the edge belongs to it
        (box(300 + 75, 50 + 75, 500, 500), 100, False),  # 106 m from the end of the road: round, not square
        (box(300 + 70, 50 + 70, 500, 500), 100, True),  # 99 m
        (box(0, 50, 100, 90), 0, True),  # touches
        (box(0, 50.5, 100, 90), 0, False),
    ],
)
def test_the_edge_of_the_corridor(hazard, buffer_m, is_near):
    answer = check(events_of(("1", "A", "suspected", "2015-01-01", hazard)), ROAD, buffer_m)
    assert len(answer.hazards) == is_near
    assert answer.answer_code == ("recorded_hazard" if is_near else "no_record")


def test_the_corridor_is_drawn_with_round_ends():
    corridor = check(events_of(HAZARD), ROAD, 100.0).corridor
    area = corridor.to_crs(LOCAL).area.iloc[0]
    assert area == pytest.approx(400 * 200 + np.pi * 100**2, rel=2e-3)


@pytest.mark.parametrize("latitude", [0.0, 48.5, 70.0])
def test_distances_are_true_at_the_end_of_a_long_road(latitude):
    """A plane that is true in the middle of 500 km is stretched at its ends."""
    road = gpd.GeoSeries([LineString([(26, latitude), (33, latitude)])], crs=4326)
    for metres, is_near in ((99.9, True), (100.2, False)):
        x, y, _ = Geod(ellps="WGS84").fwd(33, latitude, 90, metres)
        events = events_of(("1", "A", "suspected", "2015-01-01", Point(x, y)), crs=4326)
        answer = check_site(events, road, buffer_m=100, as_of=DAY)
        assert len(answer.hazards) == is_near


@pytest.mark.parametrize(
    ("accuracy_m", "is_near"), [(100.0, True), (30.0, True), (29.5, False), (None, False), (np.inf, True)]
)
def test_what_is_drawn_badly_may_be_nearer(accuracy_m, is_near):
    row = ("1", "A", "suspected", "2015-01-01", box(0, 130, 100, 200), {"accuracy_m": accuracy_m})
    answer = check(events_of(row), ROAD)  # 80 m away, buffer 50 m
    assert len(answer.hazards) == is_near
    if is_near:
        assert answer.hazards["distance_m"].iloc[0] == pytest.approx(80, abs=0.01)
        assert any("so it may be nearer" in one for one in answer.sentences)


def test_a_boundary_is_as_accurate_as_the_worst_record_since_it_was_redrawn():
    far = box(0, 130, 100, 200)
    rough = ("1", "A", "suspected", "2015-01-01", far, {"accuracy_m": 500.0})
    redrawn = ("2", "A", "corrected", "2016-01-01", far, {"accuracy_m": 5.0})
    part = ("3", "A", "reduced", "2017-01-01", box(0, 180, 100, 200), {"accuracy_m": 40.0})
    assert len(check(events_of(rough), ROAD).hazards) == 1
    assert len(check(events_of(rough, redrawn), ROAD).hazards) == 0
    assert check(events_of(rough, redrawn, part), ROAD).hazards["accuracy_m"].tolist() == [40.0]


def test_a_point_reaches_as_far_as_a_circle_of_its_reported_size():
    """31,416 m2 is a circle of 100 m."""
    for y, is_near in ((199, True), (202, False)):
        row = ("1", "A", "suspected", "2015-01-01", Point(50, y), {"reported_area_m2": np.pi * 100**2})
        answer = check(events_of(row), ROAD)
        assert len(answer.hazards) == is_near
    assert len(check(events_of((*row[:5], {})), ROAD, 160.0).hazards) == 1
    assert not check(events_of((*row[:5], {})), ROAD, 160.0).hazards["is_located"].iloc[0]


def test_a_hazard_without_a_place_is_counted_and_not_when_it_was_released():
    rows = [("1", "A", "suspected", "2015-01-01", None), ("2", "B", "confirmed", None, None),
            ("3", "B", "cleared", "2016-01-01", None), ("4", "C", "accident", "2016-01-01", None)]  # fmt: skip
    answer = check(events_of(*rows), ROAD)
    assert answer.answer_code == "no_record"
    assert answer.counts["unplaced_hazard_count"] == 1
    assert answer.counts["unplaced_accident_count"] == 1
    assert any("perhaps here: 1 hazardous area of the whole registry" in one for one in answer.sentences)


def test_a_hazard_of_which_only_the_releases_have_a_place_lies_there():
    rows = [("1", "A", "suspected", "2015-01-01", None), ("2", "A", "cleared", "2016-01-01", SQUARE)]
    answer = check(events_of(*rows), ROAD)
    assert answer.answer_code == "recorded_hazard"
    assert answer.counts["unplaced_hazard_count"] == 0


def test_an_undated_release_counts_from_the_day_of_its_record_and_else_never():
    recorded = {"recorded_at": "2020-01-01"}
    rows = [("1", "A", "confirmed", None, SQUARE, recorded), ("2", "A", "cleared", None, None, recorded)]
    assert check(events_of(*rows), ROAD, as_of="2019-12-31").answer_code == "recorded_hazard"
    answer = check(events_of(*rows), ROAD, as_of="2020-01-01")
    assert answer.answer_code == "released_with_history"
    assert answer.releases["note"].tolist() == ["no date is known"]
    never = check(events_of(*(row[:5] for row in rows)), ROAD)
    assert never.answer_code == "recorded_hazard"
    assert never.other.loc[never.other["event"].eq("cleared"), "note"].tolist() == [
        "no date is known, and it does not count"
    ]


def test_later_records_are_told_and_do_not_count():
    rows = [HAZARD, ("2", "A", "cleared", "2018-01-01", None, {"date_precision": "year"})]
    early = check(events_of(*rows), ROAD, as_of="2015-03-03")
    assert (early.answer_code, early.counts["later_count"]) == ("no_record", 2)
    assert any(one.startswith("Later than 2015-03-03") for one in early.sentences)
    assert check(events_of(*rows), ROAD, as_of="2018-06-30").answer_code == "recorded_hazard"
    assert check(events_of(*rows), ROAD, as_of="2018-12-31").answer_code == "released_with_history"


def test_as_known_on_a_day():
    rows = [(*HAZARD, {"registered_at": "2016-01-01"}),
            ("2", "A", "cleared", "2016-02-01", None, {"registered_at": "2019-01-01"})]  # fmt: skip
    assert check(events_of(*rows), ROAD, known_on="2018-12-31").answer_code == "recorded_hazard"
    assert check(events_of(*rows), ROAD, known_on="2019-01-01").answer_code == "released_with_history"
    assert check(events_of(*rows), ROAD, known_on="2015-12-31").answer_code == "no_record"


@pytest.mark.parametrize(
    ("day", "precision", "is_alert"),
    [
        ("2015-01-01", "day", False),
        ("2016-12-31", "day", False),
        ("2017-01-01", "day", True),  # the day of the release: nobody can say what came first
        ("2018-01-01", "day", True),
        ("2016-01-01", "year", False),
        ("2017-01-01", "year", True),
        (None, "unknown", True),
    ],
)
def test_an_accident_that_no_later_release_covers_is_an_alert(day, precision, is_alert):
    accident = ("3", "A", "accident", day, Point(20, 50), {"date_precision": precision})
    answer = check(events_of(HAZARD, ("2", "A", "cleared", "2017-01-01", None), accident), ROAD)
    assert answer.accidents["is_alert"].tolist() == [is_alert]
    assert answer.answer_code == ("recorded_hazard" if is_alert else "released_with_history")
    assert any(one.startswith("Alert: accident 3") for one in answer.sentences) == is_alert
    if is_alert:
        assert answer.accidents["note"].iloc[0].startswith("in land that was released (2)")
        assert answer.sentences[0].startswith("Treat this site as hazardous")


def test_an_accident_without_a_hazard_around_it_is_an_alert():
    rows = [HAZARD, ("2", "A", "cleared", "2017-01-01", None), ("3", "X", "accident", "2010-01-01", Point(200, 50))]
    answer = check(events_of(*rows), ROAD)
    assert answer.accidents[["is_alert", "note"]].values.tolist() == [[True, "no hazard is recorded around it"]]


def test_an_accident_in_land_that_is_hazardous_anyway_is_no_news():
    answer = check(events_of(HAZARD, ("3", "X", "accident", "2016-01-01", Point(20, 50))), ROAD)
    assert not answer.accidents["is_alert"].any()


def test_land_that_was_opened_again_names_its_sequel():
    more = {"operator": "Op <1>", "depth_m": 0.2, "ap_mine_count": 3}
    rows = [HAZARD, ("2", "A", "cleared", "2017-01-01", None, more),
            ("3", "B", "reopened", "2018-01-01", box(0, 0, 50, 100), {"parent_id": "A"})]  # fmt: skip
    answer = check(events_of(*rows), ROAD)
    assert answer.releases["reopened_by_ids"].tolist() == ["B"]
    assert len(answer.conflicts) == 0
    assert parts(answer) == {"hazardous": 50.0, "released": 50.0, "withdrawn": 0.0, "no_record": 300.0}
    said = next(one for one in answer.sentences if one.startswith("2 (area A)"))
    assert said == (
        "2 (area A): cleared to a depth of 0.2 m by Op <1>, 2017-01-01, on 100 m of the site; 3 anti-personnel mines; "
        "opened again as B."
    )


def test_where_records_disagree_land_is_hazardous():
    rows = [HAZARD, ("2", "A", "cleared", "2017-01-01", None), ("3", "B", "suspected", "2016-01-01", SQUARE)]
    answer = check(events_of(*rows), ROAD)
    assert answer.answer_code == "recorded_hazard"
    assert answer.conflicts[["area_id", "other_area_id", "distance_m"]].values.tolist() == [["A", "B", 0.0]]
    assert answer.conflicts["conflict_m2"].iloc[0] == pytest.approx(10_000, rel=1e-5)
    assert parts(answer)["released"] == 0


def test_a_road_across_the_released_half_does_not_meet_a_rounding_of_its_edge():
    """An edge of 900 m that two polygons share bends by some centimetres in another plane."""
    crs = "+proj=tmerc +lat_0=48 +lon_0=20 +k=1 +datum=WGS84 +units=m +no_defs"
    whole, half = box(200, 200, 1100, 1100), box(200, 200, 650, 1100)
    rows = [("1", "A", "suspected", "2015-01-01", whole), ("2", "A", "cleared", "2016-01-01", half)]
    for y in (200, 1100):
        road = gpd.GeoSeries([LineString([(600, y - 20), (600, y + 20)])], crs=crs)
        answer = check_site(events_of(*rows, crs=crs), road, buffer_m=60, as_of=DAY)
        assert answer.hazards["distance_m"].tolist() == pytest.approx([50], abs=0.2)
        assert parts(answer)["hazardous"] == 0


def test_a_split_far_away_decides_what_is_left_here():
    """A gives up only what its child holds, and the child only what its own child holds."""
    whole, child, grandchild = box(0, 0, 3000, 100), box(1000, 0, 3000, 100), box(2000, 0, 3000, 100)
    of_a, of_b = {"parent_id": "A"}, {"parent_id": "B"}
    rows = [("1", "A", "suspected", "2015-01-01", whole), ("2", "B", "suspected", "2016-01-01", child, of_a),
            ("3", "A", "split", "2016-01-01", None), ("4", "C", "suspected", "2016-02-01", grandchild, of_b),
            ("5", "B", "split", "2016-03-01", None)]  # fmt: skip
    answer = check(events_of(*rows), LineString([(-100, 50), (1500, 50)]), 0.0)
    assert parts(answer) == {"hazardous": 1500.0, "released": 0.0, "withdrawn": 0.0, "no_record": 100.0}
    assert answer.hazards.set_index("area_id")["area_m2"].round(-1).to_dict() == {"A": 100_000, "B": 100_000}


def fake(events, quarantine=None, conflicts=None):
    """What `check_site` asks of a registry."""
    names = [column.name for column in RESULTS["quarantine"].columns]
    empty = gpd.GeoDataFrame({name: [] for name in names}, geometry="geometry", crs=4326)
    return SimpleNamespace(
        head="ab" * 32,
        events=lambda: events,
        quarantine=lambda: empty if quarantine is None else quarantine,
        conflicts=lambda: empty if conflicts is None else conflicts,
    )


def aside(*rows):
    """Rows of (event_id, area_id, event, geometry) that were not taken."""
    frame = pd.DataFrame([row[:3] for row in rows], columns=["event_id", "area_id", "event"])
    frame = frame.assign(batch_id=1, source="IMSMA", row=0, reason_code="quarantine", reason="R5 out of range")
    shapes = gpd.GeoSeries([row[3] for row in rows], crs=LOCAL).to_crs(4326)
    return gpd.GeoDataFrame(frame, geometry=shapes)


def test_what_was_not_taken_is_in_every_answer():
    events = events_of(HAZARD, ("2", "A", "cleared", "2017-01-01", None)).to_crs(4326)
    rows = [("7", "Z", "confirmed", box(0, 60, 10, 70)), ("8", "Y", "confirmed", None), ("9", "X", "confirmed",
            box(9000, 0, 9100, 100))]  # fmt: skip
    answer = check(fake(events, aside(*rows)), ROAD)
    assert answer.answer_code == "recorded_hazard"
    assert answer.quarantined[["event_id", "is_alert"]].values.tolist() == [["7", True]]
    assert answer.quarantined["distance_m"].iloc[0] == pytest.approx(10, abs=1e-3)
    assert [answer.counts[f"quarantined_{name}_count"] for name in ("near", "without_place", "elsewhere")] == [1, 1, 1]
    assert any(one.startswith("Not taken into the registry: 7 (confirmed), because: R5") for one in answer.sentences)
    assert answer.head == "ab" * 32
    unknown = check(events, ROAD)
    assert unknown.answer_code == "released_with_history"
    assert unknown.counts["quarantined_near_count"] is None
    assert "What was refused when the records were read is not known here." in unknown.sentences


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (("7", "A", "cleared", None), "released_with_history"),  # of an area here, and sure to make no hazard
        (("7", "A", "confirmed", None), "recorded_hazard"),
        (("7", "A", None, None), "recorded_hazard"),  # nobody knows what it says
        (("7", "Z", "cleared", SQUARE), "recorded_hazard"),  # land that no accepted record knows was hazardous
    ],
)
def test_a_row_that_was_not_taken_is_a_hazard_unless_it_is_sure_to_make_none(row, code):
    events = events_of(HAZARD, ("2", "A", "cleared", "2017-01-01", None)).to_crs(4326)
    for registry_like in (fake(events, aside(row)), fake(events, None, aside(row))):
        answer = check(registry_like, ROAD)
        assert answer.answer_code == code
        assert len(answer.quarantined) == 1


def test_the_parts_of_a_plot_of_points_and_of_several_features():
    rows = [HAZARD, ("2", "A", "cleared", "2017-01-01", box(0, 0, 40, 100))]
    plot = check(events_of(*rows), box(0, 0, 200, 50))
    assert parts(plot, "site_m2") == pytest.approx(
        {"hazardous": 3000, "released": 2000, "withdrawn": 0, "no_record": 5000}, rel=1e-4
    )
    assert plot.hazards["overlap_m2"].iloc[0] == pytest.approx(3000, rel=1e-4)
    features = site(Point(50, 50), Point(10, 50), Point(500, 500), None, index=["well", "tap", "far", "lost"])
    points = check_site(events_of(*rows), features, buffer_m=5, as_of=DAY)
    assert parts(points, "site_count") == {"hazardous": 1, "released": 1, "withdrawn": 0, "no_record": 1}
    assert points.hazards["feature_id"].tolist() == ["well"]
    assert points.releases["feature_id"].tolist() == ["tap"]
    assert points.counts["feature_without_shape_count"] == 1
    assert "Not checked: 1 feature of the site without a shape." in points.sentences
    both = check_site(events_of(*rows), site(ROAD, shapely.GeometryCollection([SQUARE])), buffer_m=5, as_of=DAY)
    assert parts(both)["hazardous"] == 60
    assert parts(both, "site_m2")["hazardous"] == pytest.approx(6000, rel=1e-4)
    twice = check_site(events_of(*rows), site(ROAD, ROAD), buffer_m=5, as_of=DAY)
    assert parts(twice)["hazardous"] == 60


def test_frames_are_as_declared_and_in_the_crs_of_the_records():
    events = events_of(HAZARD, ("2", "A", "cleared", "2017-01-01", None))
    before, road = events.copy(deep=True), site(ROAD).to_crs(4326)
    for records in (events, events.iloc[:0]):
        answer = check_site(records, road, buffer_m=50, as_of=DAY)
        tables = {"hazards": "site_hazards", "releases": "site_releases", "accidents": "site_records",
                  "other": "site_records", "conflicts": "site_conflicts", "quarantined": "site_quarantined",
                  "parts": "site_parts"}  # fmt: skip
        for name, table in tables.items():
            frame = getattr(answer, name)
            assert list(frame.columns) == RESULTS[table].names
            if name != "parts":
                assert frame.crs == events.crs
    assert answer.answer_code == "no_record"
    pd.testing.assert_frame_equal(events, before)
    again = check_site(events.set_axis([7, 7]), road, buffer_m=50, as_of=DAY)
    assert (len(again.releases), len(again.other)) == (1, 1)


def test_both_sides_of_180_degrees():
    events = events_of(("1", "A", "suspected", "2015-01-01", Point(-179.9998, 65)), crs=4326)
    well = gpd.GeoSeries([Point(179.9998, 65)], crs=4326)
    metres = Geod(ellps="WGS84").inv(179.9998, 65, -179.9998, 65)[2]
    answer = check_site(events, well, buffer_m=metres + 1, as_of=DAY)
    assert answer.hazards["distance_m"].iloc[0] == pytest.approx(metres, abs=0.01)
    assert check_site(events, well, buffer_m=metres - 1, as_of=DAY).answer_code == "no_record"


@pytest.mark.parametrize(
    ("geometry", "error", "message"),
    [
        (ROAD, CRSError, "with a CRS; got LineString"),
        (gpd.GeoSeries([ROAD]), CRSError, "has no coordinate reference system"),
        (site(None), DataError, "has no shape"),
        (site(LineString([(0, 0), (np.inf, 1)])), DataError, "1 of its 1 features"),
        (gpd.GeoSeries([Point(5e6, 5e6)], crs=4326), CRSError, "within -180..180"),
    ],
)
def test_a_site_that_can_not_be_checked_says_why(geometry, error, message):
    with pytest.raises(error, match=message):
        check_site(events_of(HAZARD), geometry, buffer_m=50, as_of=DAY)


def test_wrong_options_and_records():
    for buffer_m in (-1, np.nan, "50", None, True):
        with pytest.raises(OptionError, match="buffer_m must be a distance"):
            check(events_of(HAZARD), ROAD, buffer_m)
    with pytest.raises(OptionError, match="as_of must be a date"):
        check(events_of(HAZARD), ROAD, as_of="31/12/2025")
    for broken in ({"event": "Closed"}, {"area_id": None}):
        for shape in (SQUARE, None):
            rows = events_of(("1", "A", "confirmed", "2015-01-01", shape)).assign(**broken)
            with pytest.raises(LandReleaseError, match="break 1 rule"):
                check(rows, ROAD)
    with pytest.raises(LandReleaseError, match="area_id"):
        check(events_of(HAZARD).drop(columns="area_id"), ROAD)


SIZE, STEP, APART = 20, 50.0, 5_000.0


def lines(rng, count):
    """Lines between the middles of cells, with those middles and what each stands for (an end for a half)."""
    for _ in range(count):
        first, last = sorted(rng.choice(np.arange(SIZE), 2, replace=False))
        across = rng.integers(0, SIZE)
        middles = [((i + 0.5) * STEP, (across + 0.5) * STEP) for i in range(first, last + 1)]
        if rng.random() < 0.5:
            middles = [(y, x) for x, y in middles]
        xy = np.array(middles) + np.array([X, Y])
        weight = np.ones(len(xy))
        weight[[0, -1]] = 0.5
        yield LineString(xy[[0, -1]]), shapely.points(xy), weight / weight.sum()


def beside(rows, number):
    """The same registry elsewhere, under other ids: nothing of it may matter."""

    def moved(row):
        shape = row["geometry"]
        names = {name: f"{number}-{row[name]}" for name in ("event_id", "area_id", "voids_event_id", "parent_id")
                 if row.get(name) is not None}  # fmt: skip
        return row | names | {"geometry": shape and shapely.affinity.translate(shape, number * APART, 0)}

    return [moved(row) for row in rows]


@pytest.mark.parametrize("seed", range(4))
def test_the_parts_of_a_line_are_what_its_points_say(seed):
    rng = np.random.default_rng(seed)
    rows = registry(rng, grid_shape, SIZE, STEP)
    others = [registry(rng, grid_shape, SIZE, STEP) for _ in range(2)]
    events = as_frame(rows + [row for i, other in enumerate(others, 1) for row in beside(other, i)])
    day = date(int(rng.integers(2011, 2019)), 6, 30)
    for line, points, weight in lines(rng, 2):
        held = np.logical_or.reduce([np.zeros(len(points), bool), *hazardous(rows, points, day).values()])
        free = np.logical_or.reduce([np.zeros(len(points), bool), *released(rows, points, day).values()])
        ever = np.zeros(len(points), bool)
        for step in replay(rows, points, day):
            ever |= step.before | step.after
        answer = check_site(events, gpd.GeoSeries([line], crs=events.crs), buffer_m=0, as_of=day)
        share = answer.parts.set_index("state_code")["site_share"]
        expected = {"hazardous": held, "released": free & ~held, "withdrawn": ever & ~held & ~free}
        for state, land in expected.items():
            assert share[state] == pytest.approx(weight[land].sum(), abs=1e-4), state
        assert share.sum() == pytest.approx(1, abs=1e-9)
        if held.any():
            assert answer.answer_code == "recorded_hazard"
            assert answer.hazards["distance_m"].min() == 0
        elif answer.answer_code == "recorded_hazard":  # no land is, but a record without a polygon speaks of hazard
            assert not answer.hazards["is_located"].any()
            assert len(answer.hazards) or answer.other["event"].eq("suspended").any()
        else:
            recorded = answer.other["event"][answer.other["is_counted"]]
            has_history = len(answer.releases) or recorded.isin([*MAKES, "corrected", "split", "merged"]).any()
            assert answer.answer_code == ("released_with_history" if has_history else "no_record")
            assert has_history or not ever.any()


@pytest.mark.parametrize("seed", range(20, 23))
def test_what_is_near_is_what_the_whole_registry_holds_near(seed):
    """The fold of the surroundings against the fold of everything, by another library's distance."""
    rng = np.random.default_rng(seed)
    rows = registry(rng, wild_shape, SIZE, STEP, n_areas=12)
    events = as_frame(rows, crs=4326)
    day = date(int(rng.integers(2011, 2019)), 6, 30)
    stood = status_on(events, day)
    shapes = stood.geometry.to_numpy()
    known = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    stood = stood[~stood["status"].isin(["released", "superseded"]) & known]
    for line, *_ in lines(rng, 2):
        road = gpd.GeoSeries([line], crs=6933).to_crs(LOCAL.replace("lat_0=10 +lon_0=20", "lat_0=0.8 +lon_0=10.4"))
        apart = stood.to_crs(road.crs).distance(road[0])
        buffer_m = float(rng.choice([10, 100, 400]))
        buffer_m += 1 if (np.abs(apart - buffer_m) < 0.5).any() else 0  # no edge within the rounding of the planes
        answer = check_site(events, road, buffer_m=buffer_m, as_of=day)
        found = answer.hazards[answer.hazards["is_located"]].set_index("area_id")["distance_m"]
        assert set(found.index) == set(stood["area_id"][apart <= buffer_m])
        expected = pd.Series(apart.to_numpy(), index=stood["area_id"]).reindex(found.index)
        assert np.allclose(found, expected, atol=0.2)
