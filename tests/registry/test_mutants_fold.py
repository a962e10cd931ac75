"""Behaviours of the fold, of states and histories, and of releases that a change of one expression would take away."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from oracle_points import CRS, X, Y, as_frame, event, rect

from landrelease.errors import CRSError, OptionError
from landrelease.registry import conflicts_on, events_from_areas, history_of, releases_from, status_on
from landrelease.registry.fold import fold, rows_by_area
from landrelease.registry.land import GRID_M, land_of, overlap_pairs, union

SQUARE = rect(0, 0, 100, 100)
LEFT, RIGHT = rect(0, 0, 50, 100), rect(50, 0, 100, 100)
LATE = "2025-01-01"
CONFIRMED = event("1", "A", "confirmed", "2020-01-01", SQUARE)


def area_on(rows: list[dict], day: str = LATE, area_id: str = "A") -> pd.Series:
    return status_on(as_frame(rows), day).set_index("area_id").loc[area_id]


def releases(rows: list[dict], **period: str) -> pd.DataFrame:
    return releases_from(as_frame(rows), **period).set_index("release_id")


def same(found: shapely.Geometry, expected: shapely.Geometry) -> bool:
    """Tell whether two shapes are the same but for a fraction of a millimetre along their borders."""
    return shapely.symmetric_difference(found, expected).area < 0.1


def lies_on_grid(shape: shapely.Geometry) -> bool:
    steps = shapely.get_coordinates(shape) / GRID_M
    return bool(np.abs(steps - np.round(steps)).max() < 0.01)


# what is land


@pytest.mark.parametrize(
    ("left", "status"),
    [
        (rect(99.5, 99.5, 100, 100), "in_progress"),  # small, not thin
        (rect(0, 0, 100, 0.0005), "released"),  # half a millimetre wide
        (rect(0, 0, 100, 0.07), "released"),
        (rect(0, 0, 100, 0.06).union(rect(0, 0, 0.3, 0.3)), "in_progress"),  # thin, but for one place
        (shapely.Point(X + 50, Y + 50).buffer(0.055), "released"),  # round, and below a hundredth of a m2
    ],
)
def test_land_is_what_is_neither_below_a_hundredth_of_a_m2_nor_narrower_than_ten_centimetres(left, status):
    rows = [CONFIRMED, event("2", "A", "cleared", "2021-01-01", SQUARE.difference(left))]
    assert area_on(rows)["status"] == status


def test_half_a_m2_that_two_areas_share_is_a_conflict():
    rows = [
        CONFIRMED,
        event("2", "B", "suspected", "2020-01-01", rect(99.5, 99, 200, 200)),
        event("3", "A", "cleared", "2021-01-01"),
    ]
    assert conflicts_on(as_frame(rows), LATE)["overlap_m2"].tolist() == pytest.approx([0.5], rel=1e-3)


def test_an_area_thinner_than_the_grid_is_a_polygon_still():
    hair = rect(0, 0, 4e-9, 100)
    assert area_on([event("1", "A", "suspected", "2020-01-01", hair)])["area_m2"] == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    "rows",
    [
        [CONFIRMED, event("2", "A", "cleared", "2021-01-01", rect(20, -1, 40, 33))],
        [CONFIRMED, event("2", "A", "confirmed", "2021-01-01", rect(50, 50, 150, 133))],
    ],
)
def test_what_an_overlay_leaves_lies_on_the_grid(rows):
    turned = [{**row, "geometry": shapely.affinity.rotate(row["geometry"], 20, origin=(X, Y))} for row in rows]
    assert lies_on_grid(fold(as_frame(turned)).final()[0])


def test_a_union_lies_on_the_grid_and_is_empty_of_nothing():
    both = union([shapely.box(0, 0, 1 / 3, 1), None, shapely.box(1 / 7, 0, 2 / 3, 1), shapely.Polygon()])
    assert lies_on_grid(both)
    assert both.area == pytest.approx(2 / 3)
    assert union([None, shapely.Polygon()]).is_empty


@pytest.mark.parametrize(
    ("found", "m2"),
    [
        (shapely.GeometryCollection([shapely.box(0, 0, 2, 1), shapely.LineString([(5, 5), (6, 6)])]), 2),
        (shapely.MultiPoint([(0, 0), (1, 1)]), 0),
        (shapely.LineString([(0, 0), (1, 1)]), 0),
    ],
)
def test_lines_and_points_that_an_overlay_leaves_are_no_land(found, m2):
    land = land_of(found)
    assert land.geom_type == "Polygon"
    assert land.area == m2


def test_pairs_of_shapes_that_share_land_are_named_once_and_the_first_of_them_first():
    shapes = np.array([SQUARE, None, rect(100, 0, 200, 100), LEFT, SQUARE], dtype=object)
    left, right = overlap_pairs(shapes)
    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == [(0, 3), (0, 4), (3, 4)]


def test_the_events_of_an_area_keep_their_order_however_many_there_are():
    area = np.random.default_rng(5).permutation(np.arange(600) % 3)
    for one, rows in enumerate(rows_by_area(area, 3)):
        assert rows.tolist() == [i for i in range(600) if area[i] == one]


@pytest.mark.parametrize("kind", ["noted", "accident", "handed_over"])
def test_an_invalid_polygon_of_what_changes_no_land_is_no_obstacle(kind):
    bow_tie = shapely.Polygon([(X, Y), (X + 9, Y + 9), (X + 9, Y), (X, Y + 9)])
    assert area_on([CONFIRMED, event("2", "A", kind, "2021-01-01", bow_tie)]).geometry.equals_exact(SQUARE, 0)


def test_a_release_that_covers_land_twice_releases_what_it_covers_once():
    twice = shapely.MultiPolygon([rect(0, 0, 60, 100), rect(40, 0, 100, 100)])
    assert same(area_on([CONFIRMED, event("2", "A", "cleared", "2021-01-01", twice)]).geometry, rect(40, 0, 60, 100))


def test_a_collection_of_points_is_a_place():
    points = shapely.GeometryCollection([shapely.Point(X, Y), shapely.Point(X + 9, Y)])
    area = area_on([event("1", "A", "suspected", "2020-01-01", points)])
    assert area.geometry.equals(points)
    assert area["status"] == "open"


def test_a_hazard_without_a_shape_that_is_corrected_to_a_point_lies_there():
    rows = [event("1", "A", "suspected", "2020-01-01"), event("2", "A", "corrected", "2021-01-01", shapely.Point(X, Y))]
    assert area_on(rows).geometry.equals(shapely.Point(X, Y))


# coordinates stay as they came


@pytest.mark.parametrize("crs", [4326, 32631])
def test_a_shape_that_nothing_cut_keeps_its_coordinates(crs):
    missed = rect(300, 0, 400, 100)
    rows = [
        CONFIRMED,
        event("2", "A", "cleared", "2021-01-01", missed),
        event("3", "A", "confirmed", "2022-01-01", SQUARE),
        event("4", "A", "noted", "2023-01-01", LEFT),
    ]
    events = as_frame(rows, crs)
    assert status_on(events, LATE).geometry.iloc[0].equals_exact(events.geometry.iloc[0], 0)
    assert fold(events).own_row.tolist() == [0, 0, 2, 2]
    whole = as_frame([CONFIRMED, event("2", "A", "cleared", "2021-01-01")], crs)
    assert releases_from(whole).geometry.iloc[0].equals_exact(whole.geometry.iloc[0], 0)


def test_the_event_whose_shape_the_land_still_is_is_named_only_until_it_is_cut():
    rows = [
        event("00", "B", "noted", "2019-01-01", SQUARE),
        CONFIRMED,
        event("2", "A", "confirmed", "2020-02-01", rect(50, 0, 150, 100)),
        event("3", "A", "corrected", "2020-03-01", SQUARE),
        event("4", "A", "cleared", "2020-04-01", LEFT),
        event("5", "A", "corrected", "2020-05-01", SQUARE),
        event("6", "A/1", "confirmed", "2020-06-01", LEFT, parent_id="A"),
        event("7", "A", "split", "2020-07-01"),
        event("8", "A", "cleared", "2020-08-01"),
        event("9", "A", "reopened", "2020-09-01"),
    ]
    folded = fold(as_frame(rows))
    assert folded.own_row.tolist() == [-1, 1, -1, 3, -1, 5, 6, -1, -1, -1]
    assert folded.last_rows().tolist() == [0, 9, 6]
    assert same(area_on(rows).geometry, RIGHT), "what the child holds did not come back"


def test_the_events_of_a_fold_are_those_of_the_table_with_their_days():
    added = {"effective", "is_dated", "first_day", "last_day"}
    table = list(events_from_areas(gpd.GeoDataFrame({"area_id": []}, geometry=[], crs=CRS), as_of=LATE).columns)
    assert set(fold(as_frame([CONFIRMED])).events.columns) == set(table) | added


# what an event does


def test_a_correction_comes_before_a_release_of_the_same_day():
    rows = [CONFIRMED, event("3", "A", "corrected", "2021-01-01", LEFT), event("2", "A", "cleared", "2021-01-01")]
    assert area_on(rows)["status"] == "released"
    assert releases(rows).loc["2", "gross_m2"] == pytest.approx(5000, rel=1e-5)


@pytest.mark.parametrize("kind", ["split", "merged"])
def test_a_release_comes_before_a_split_of_the_same_day(kind):
    rows = [
        CONFIRMED,
        event("2", "A/1", "confirmed", "2021-01-01", LEFT, parent_id="A"),
        event("3", "A", kind, "2021-01-01"),
        event("4", "A", "cleared", "2021-01-01"),
    ]
    assert releases(rows).loc["4", "gross_m2"] == pytest.approx(10000, rel=1e-5)


def test_an_area_that_names_itself_as_what_it_was_split_into_keeps_its_land():
    rows = [CONFIRMED, event("2", "A", "split", "2021-01-01", None, parent_id="A")]
    assert same(area_on(rows).geometry, SQUARE)
    assert area_on(rows)["status"] == "open"


def test_a_merger_gives_up_what_the_other_area_holds_and_not_the_other_way_round():
    rows = [
        CONFIRMED,
        event("2", "B", "confirmed", "2020-01-01", rect(50, 0, 150, 100)),
        event("3", "B", "merged", "2021-01-01", None, parent_id="A"),
        event("4", "A", "merged", "2021-02-01", None, parent_id="gone"),
    ]
    assert same(area_on(rows, area_id="B").geometry, rect(100, 0, 150, 100))
    assert same(area_on(rows).geometry, SQUARE)


@pytest.mark.parametrize("kind", ["split", "merged"])
def test_a_point_that_was_split_or_merged_stays_a_hazard_where_it_is(kind):
    rows = [event("1", "A", "suspected", "2020-01-01", shapely.Point(X, Y)), event("2", "A", kind, "2021-01-01")]
    area = area_on(rows)
    assert (area["status"], area.geometry.geom_type) == ("open", "Point")
    assert pd.isna(area["area_m2"])


@pytest.mark.parametrize("kind", ["noted", "handed_over", "suspended", "accident"])
def test_only_a_split_or_a_merger_gives_land_to_the_children(kind):
    rows = [
        CONFIRMED,
        event("2", "A/1", "confirmed", "2021-01-01", LEFT, parent_id="A"),
        event("3", "A", kind, "2021-01-01"),
    ]
    assert same(area_on(rows).geometry, SQUARE)


@pytest.mark.parametrize(
    ("kind", "land"), [("suspected", RIGHT), ("confirmed", RIGHT), ("corrected", RIGHT), ("reopened", SQUARE)]
)
def test_without_a_shape_only_a_reopening_brings_back_a_part_that_was_released(kind, land):
    rows = [CONFIRMED, event("2", "A", "cleared", "2021-01-01", LEFT), event("3", "A", kind, "2022-01-01")]
    assert same(area_on(rows).geometry, land)


def test_a_correction_without_a_shape_of_what_was_released_forgets_no_land():
    rows = [CONFIRMED, event("2", "A", "cleared", "2021-01-01"), event("3", "A", "corrected", "2022-01-01")]
    assert area_on(rows)["status"] == "released"
    assert same(area_on([*rows, event("4", "A", "reopened", "2023-01-01")]).geometry, SQUARE)


def test_a_release_without_a_shape_of_exactly_four_fifths_is_of_the_whole_area():
    hazard = {**CONFIRMED, "reported_area_m2": 9000.0}
    for said, status in ((7200.0, "released"), (7199.0, "open")):
        rows = [hazard, event("2", "A", "cleared", "2021-01-01", None, reported_area_m2=said)]
        assert area_on(rows)["status"] == status


def test_a_release_of_a_part_that_nobody_can_place_has_no_land():
    rows = [CONFIRMED, event("2", "A", "reduced", "2021-01-01", None, reported_area_m2=500.0)]
    assert releases(rows).loc["2", "area_m2"] == 0
    assert releases(rows).loc["2"].geometry.is_empty


def test_a_release_against_which_a_reopening_stands_has_no_land():
    rows = [CONFIRMED, event("2", "A", "cleared", "2021-01-01"), event("3", "A", "reopened", "2021-01-01")]
    assert area_on(rows)["area_m2"] == pytest.approx(10000, rel=1e-5)
    assert releases(rows).loc["2", "area_m2"] == 0


def test_a_release_before_the_first_record_of_a_hazard_releases_what_it_says_until_then():
    rows = [CONFIRMED, event("0", "A", "cleared", "2019-01-01", LEFT)]
    assert area_on(rows, "2019-06-01")["status"] == "released"
    assert same(area_on(rows).geometry, SQUARE)
    history = history_of(as_frame(rows), "A")
    assert np.isnan(history["hazardous_m2"].iloc[0]), "nobody knows what was hazardous then"


def test_a_release_with_a_shape_does_not_end_a_hazard_of_unknown_extent():
    rows = [event("1", "A", "suspected", "2020-01-01"), event("2", "A", "cleared", "2021-01-01", LEFT)]
    area = area_on(rows)
    assert area["status"] == "in_progress"
    assert pd.isna(area["area_m2"])
    assert len(conflicts_on(as_frame([*rows, event("3", "B", "cleared", "2021-01-01", LEFT)]), LATE)) == 0


# days


def test_what_was_registered_at_midnight_was_not_known_the_day_before():
    rows = [CONFIRMED, event("2", "B", "suspected", "2020-01-01", SQUARE)]
    registered = pd.to_datetime(["2020-01-31 23:59:59", "2020-02-01 00:00:00"])
    events = as_frame(rows).assign(registered_at=registered)
    assert status_on(events, LATE, known_on="2020-01-31")["area_id"].tolist() == ["A"]
    assert status_on(events, LATE, known_on="2020-02-01")["area_id"].tolist() == ["A", "B"]


def test_a_fold_says_to_which_days_it_was_folded():
    folded = fold(as_frame([CONFIRMED]))
    with pytest.raises(OptionError, match=r"folded to the last event, and 2025-01-01 is asked for"):
        status_on(folded, LATE)
    known = as_frame([{**CONFIRMED, "recorded_at": "2020-01-02"}])
    folded = fold(known, pd.Timestamp(LATE), "2024-01-01")
    with pytest.raises(OptionError, match=r"folded to 2025-01-01 as known on 2024-01-01, and 2025-01-01 is asked for"):
        status_on(folded, LATE)
    assert len(status_on(folded, LATE, known_on="2024-01-01")) == 1


@pytest.mark.parametrize("is_folded", [False, True])
def test_a_known_on_that_is_no_day_is_refused_by_its_name(is_folded):
    events = as_frame([CONFIRMED])
    with pytest.raises(OptionError, match=r"^known_on must be a date"):
        status_on(fold(events, pd.Timestamp(LATE)) if is_folded else events, LATE, known_on="soon")


# states


@pytest.mark.parametrize("kind", ["split", "merged"])
def test_land_that_was_handed_on_stays_superseded_when_its_old_area_is_suspended(kind):
    """Not released: others hold it."""
    rows = [
        CONFIRMED,
        event("2", "B", "confirmed", "2021-01-01", SQUARE, parent_id="A"),
        event("3", "A", kind, "2021-01-01"),
        event("4", "A", "suspended", "2022-01-01"),
    ]
    for several in (rows[:3], rows, [*rows[:3], event("4", "A", "corrected", "2022-01-01")]):
        assert area_on(several)["status"] == "superseded"
    found_again = [event("4", "A", "suspected", "2022-01-01", SQUARE), event("5", "A", "cleared", "2023-01-01")]
    assert area_on([*rows[:3], *found_again])["status"] == "released"


def test_a_correction_of_a_place_that_has_no_polygon_releases_nothing():
    assert area_on([event("1", "A", "corrected", "2020-01-01")])["status"] == "open"
    rows = [event("1", "A", "noted", "2020-01-01"), event("2", "A", "corrected", "2021-01-01", shapely.Point(X, Y))]
    assert area_on(rows)["status"] == "open"


def test_the_size_that_a_correction_reports_is_that_of_the_area():
    rows = [{**CONFIRMED, "reported_area_m2": 9000.0}]
    rows.append(event("2", "A", "corrected", "2021-01-01", LEFT, reported_area_m2=5100.0))
    assert area_on(rows)["reported_area_m2"] == 5100


def test_a_history_tells_what_a_split_handed_on():
    rows = [
        CONFIRMED,
        event("2", "A/1", "confirmed", "2021-01-01", LEFT, parent_id="A"),
        event("3", "A", "split", "2021-01-01"),
    ]
    history = history_of(as_frame(rows), "A")
    assert history["touched_m2"].tolist() == pytest.approx([10000, 5000])
    assert history["hazardous_m2"].tolist() == pytest.approx([10000, 5000])


# what the tables hold


def test_no_table_has_a_column_that_is_not_its_own():
    rows = [CONFIRMED, event("2", "B", "confirmed", "2020-01-01", LEFT), event("3", "A", "cleared", "2021-01-01")]
    events = as_frame(rows)
    tables = [status_on(events, LATE), releases_from(events), conflicts_on(events, LATE), history_of(events, "A")]
    for table in tables:
        assert "index" not in table
        assert table.index.tolist() == list(range(len(table)))
    assert list(tables[2].columns) == ["area_id", "release_id", "other_area_id", "overlap_m2", "geometry"]
    assert "geometry" not in tables[3]


def test_conflicts_as_large_come_by_release_and_by_the_other_area():
    rows = [event(f"{one}1", one, "suspected", "2020-01-01", SQUARE) for one in "DCBA"]
    rows += [event("4", "A", "cleared", "2021-01-01", LEFT), event("3", "B", "cleared", "2021-01-01", LEFT)]
    found = conflicts_on(as_frame(rows), LATE)[["release_id", "other_area_id"]].to_numpy().tolist()
    assert found == [["3", "C"], ["3", "D"], ["4", "C"], ["4", "D"]]


# releases


def test_a_later_correction_takes_back_land_from_a_release():
    rows = [CONFIRMED, event("2", "A", "cleared", "2021-01-01", LEFT)]
    rows.append(event("3", "A", "corrected", "2022-01-01", SQUARE))
    assert releases(rows).loc["2", "area_m2"] == 0
    assert releases(rows, end="2021-12-31").loc["2", "area_m2"] == pytest.approx(5000, rel=1e-5)


def test_a_release_loses_what_another_area_last_held_and_not_what_it_held_before():
    rows = [
        CONFIRMED,
        event("2", "B", "suspected", "2020-01-01", SQUARE),
        event("3", "B", "cancelled", "2020-06-01", LEFT),
        event("4", "B", "cancelled", "2020-09-01", rect(50, 0, 70, 100)),
        event("5", "B", "noted", "2020-10-01"),
        event("6", "A", "cleared", "2021-01-01"),
    ]
    assert same(releases(rows).loc["6"].geometry, rect(0, 0, 70, 100))


def test_a_child_that_holds_released_land_contradicts_unless_it_reopened_it():
    for kind, m2 in (("confirmed", 5000), ("suspected", 5000), ("reopened", 0)):
        rows = [
            CONFIRMED,
            event("2", "A", "cleared", "2021-01-01"),
            event("3", "B", kind, "2022-01-01", LEFT, parent_id="A"),
        ]
        assert releases(rows).loc["2", "conflict_m2"] == pytest.approx(m2, rel=1e-5), kind
        assert len(conflicts_on(as_frame(rows), LATE)) == (m2 > 0)


@pytest.mark.parametrize("parent", [None, "unknown"])
def test_a_reopening_of_who_knows_which_area_contradicts_a_release(parent):
    rows = [
        event("0", "Z", "suspected", "2019-01-01", rect(500, 0, 600, 100)),
        CONFIRMED,
        event("2", "A", "cleared", "2021-01-01"),
        event("3", "B", "reopened", "2022-01-01", LEFT, parent_id=parent),
    ]
    assert releases(rows).loc["2", "conflict_m2"] == pytest.approx(5000, rel=1e-5)


def test_the_sequel_of_a_sequel_is_no_conflict_and_a_circle_of_them_ends():
    rows = [
        CONFIRMED,
        event("2", "A", "cleared", "2021-01-01"),
        event("3", "B", "reopened", "2022-01-01", LEFT, parent_id="A"),
        event("4", "C", "reopened", "2023-01-01", LEFT, parent_id="B"),
    ]
    assert releases(rows).loc["2", "conflict_m2"] == 0
    rows = [
        event("1", "A", "reopened", "2020-01-01", SQUARE, parent_id="B"),
        event("2", "B", "reopened", "2020-01-01", SQUARE, parent_id="A"),
        event("3", "C", "suspected", "2020-01-01", SQUARE),
        event("4", "C", "cleared", "2021-01-01"),
    ]
    assert conflicts_on(as_frame(rows), LATE)["other_area_id"].tolist() == ["A", "B"]


def test_a_handover_without_a_date_is_nobodys_day():
    rows = [CONFIRMED, event("2", "A", "cleared", "2021-01-01")]
    rows.append(event("3", "A", "handed_over", None, None, recorded_at="2022-01-01"))
    assert pd.isna(releases(rows).loc["2", "handover_date"])


def test_what_was_said_of_an_area_before_its_release_is_said_of_the_release():
    said = {"intended_use_code": "housing", "blocked_resource_code": "agriculture", "admin_code": "P1"}
    rows = [{**CONFIRMED, **said}, event("2", "A", "cleared", "2021-01-01")]
    assert releases(rows).loc["2", list(said)].to_dict() == said


# snapshots and histories


def test_the_events_of_many_areas_stand_in_the_order_of_the_snapshot_and_say_what_they_are_from():
    n = 60
    ids = [f"{i:02d}" for i in range(n)]
    states = ["released" if i % 2 else "suspended" for i in range(n)]
    types = ["cleared" if i % 2 else None for i in range(n)]
    frame = gpd.GeoDataFrame(
        {"area_id": ids, "status": states, "release_type": types},
        geometry=[rect(200 * i, 0, 200 * i + 100, 100) for i in range(n)],
        crs=CRS,
    )
    events = events_from_areas(frame, as_of=LATE)
    assert events["event_id"].tolist() == [
        f"{one}:{what}" for one, state in zip(ids, states, strict=True) for what in ("recorded", state)
    ]
    assert events["status"].tolist() == [state for state in states for _ in range(2)]
    assert events.geometry.isna().tolist() == [False, True] * n


def test_a_snapshot_without_a_crs_is_refused_by_its_name():
    with pytest.raises(CRSError, match="'areas'"):
        events_from_areas(gpd.GeoDataFrame({"area_id": ["A"]}, geometry=[SQUARE]), as_of=LATE)


def test_a_void_that_stands_under_another_area_undoes_in_a_history_too():
    rows = [
        CONFIRMED,
        event("2", "A", "cleared", "2021-01-01"),
        event("3", "B", "void", "2022-01-01", None, voids_event_id="2"),
    ]
    history = history_of(as_frame(rows), "A").set_index("event_id")
    assert history.loc["2", "note"] == "undone"


def test_a_history_tells_which_events_have_no_date():
    rows = [event("1", "A", "suspected", None, SQUARE), event("2", "A", "cleared", "2021-01-01", LEFT)]
    notes = history_of(as_frame(rows), "A").set_index("event_id")["note"].fillna("")
    assert notes.to_dict() == {"1": "no date is known", "2": ""}
