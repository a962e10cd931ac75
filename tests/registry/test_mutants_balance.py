"""What other tests let pass when one expression of accounts, rules or intake was changed (`benchmarks/mutate.py`)."""

from __future__ import annotations

import json
from hashlib import sha256

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from oracle_points import as_frame, event, rect

from landrelease import CRSError, DataError, find_problems, require_valid, usable_rows
from landrelease.registry import balance, land_balance, restated_since
from landrelease.registry.store import Registry
from landrelease.registry.store.intake import prepare
from landrelease.rules import PROBLEM_COLUMNS, RULES, add_findings, finding
from landrelease.tables import CODES, TABLES

SQUARE = rect(0, 0, 100, 100)
EMPTY = shapely.Polygon()
BOW_TIE = shapely.Polygon([(18, 44), (18.01, 44.01), (18.01, 44), (18, 44.01)])
OFF_EARTH = shapely.box(11, 104, 12, 105)
DAY = pd.Timestamp("2020-05-01")
RELEASES = ("cancelled", "reduced", "cleared")
TAKING = (*RELEASES, "corrected", "split", "merged", "void")


def account(rows: list[dict], by: str | None = None, **period: str) -> pd.DataFrame:
    return land_balance(as_frame(rows), by=by, **({"start": "2018-01-01", "end": "2020-12-31"} | period))


# accounts


def test_half_a_square_metre_is_land():
    found = account([event("1", "A", "suspected", "2018-02-01", rect(0, 0, 0.5, 1))])
    assert found["newly_recorded_m2"].tolist() == pytest.approx([0.5, 0, 0], rel=1e-4)
    assert found["closing_m2"].tolist() == pytest.approx([0.5] * 3, rel=1e-4)


def test_land_that_only_a_dated_boundary_made_is_not_undated():
    rows = [
        event("1", "A", "corrected", "2018-02-01", SQUARE, operator="one"),
        event("2", "A", "noted", "2019-02-01", operator="two"),
    ]
    found = account(rows, "operator")
    assert found[["operator", "year", "closing_m2"]].round().values.tolist() == [
        ["one", 2018, 10000], ["one", 2019, 0], ["two", 2019, 10000], ["two", 2020, 10000],
    ]  # fmt: skip
    assert (found["closing_undated_m2"] == 0).all()


def test_a_release_of_land_that_nobody_recorded_is_in_no_account():
    rows = [
        event("1", "A", "cleared", "2018-02-01", SQUARE),
        event("2", "B", "suspected", "2018-02-01", rect(200, 0, 300, 100)),
    ]
    assert account(rows, "area_id")[["area_id", "year"]].values.tolist() == [["B", 2018], ["B", 2019], ["B", 2020]]
    assert (account(rows)[["cleared_m2", "unexplained_m2"]] == 0).all(axis=None)


@pytest.mark.parametrize(
    ("by", "dtype"), [("operator", "str"), ("method_code", "str"), ("is_battle_area", "boolean"), ("area_id", "str")]
)
def test_a_group_has_the_type_of_its_column_also_where_none_is_known(by, dtype):
    found = account([event("1", "A", "suspected", "2018-02-01", SQUARE)], by)
    assert str(found[by].dtype) == dtype


def test_land_far_away_that_became_known_later_restates_nothing_else():
    rows = [
        event("1", "A", "suspected", "2018-02-01", rect(0, 0, 50_000, 50_000), recorded_at="2018-02-02"),
        event("2", "B", "suspected", "2018-02-01", rect(900_000, 900_000, 900_100, 900_100), recorded_at="2021-01-01"),
    ]
    late = restated_since(as_frame(rows), "2020-01-01", by="area_id", start="2018-01-01", end="2018-12-31")
    assert late[["area_id", "line"]].values.tolist() == [["B", "newly_recorded_m2"], ["B", "closing_m2"]]


def test_what_no_flow_explains_is_told():
    """100 + 10 + 5 - 3 - 2 - 4 - 1 - 6 = 99 m2, and 120 are there: no records lead to it, so the flows are made up."""
    first, day, last = pd.to_datetime(["2018-01-01", "2018-02-01", "2018-12-31"])
    m2 = {"newly_recorded": 10.0, "confirmed": 5, "adjusted": -3, "undated": -2, "cancelled": -4, "reduced": -1,
          "cleared": -6}  # fmt: skip
    flows = pd.DataFrame(
        [(day, 0, f"{flow}_m2", one) for flow, one in m2.items()], columns=["day", "group", "flow", "m2"]
    )
    levels = pd.DataFrame({"day": [first - pd.Timedelta(days=1), day], "area": 0, "group": 0, "m2": [100.0, 120.0],
                           "is_undated": False})  # fmt: skip
    (row,) = balance._one_year(flows, levels, 2018, first, last).to_dict("records")
    assert (row["opening_m2"], row["closing_m2"], row["cleared_m2"], row["unexplained_m2"]) == (100, 120, 6, 21)


# rules


def areas(index: list[int] | None = None, **columns: object) -> gpd.GeoDataFrame:
    """Areas without a fault, but for the columns given."""
    count = len(next(iter(columns.values()))) if columns else 2
    shapes = [shapely.box(18 + i, 44, 18.01 + i, 44.01) for i in range(count)]
    frame = {"area_id": [f"HA-{i}" for i in range(count)], "status": ["open"] * count, "geometry": shapes, **columns}
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=4326, index=index)


def releases(**columns: object) -> gpd.GeoDataFrame:
    """A hazard and its release, but for the columns given."""
    shapes = [shapely.box(18, 44, 18.01, 44.01), shapely.box(18, 44, 18.01, 44.005)]
    frame = {"event_id": ["1", "2"], "area_id": ["A", "A"], "event": ["suspected", "cleared"], "event_date": [DAY] * 2,
             "geometry": shapes, **columns}  # fmt: skip
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=4326)


def told(frame: gpd.GeoDataFrame, rule: str, column: str, row: int = 1) -> gpd.GeoDataFrame:
    frame = frame.copy()
    add_findings(frame, [(row, finding(rule, column, "x", "as read"))])
    return frame


MUSTS = ("R1", "R2", "R3", "R4", "R5", "R6", "R11")


@pytest.mark.parametrize("rule", RULES)
def test_what_must_be_so_is_refused_and_what_should_be_is_told(rule):
    frame = told(areas(), rule, "status")
    problems = find_problems(frame, "areas")
    assert problems.columns.tolist() == PROBLEM_COLUMNS
    assert problems.to_numpy().tolist() == [[1, "HA-1", "status", rule, "x", "as read"]]
    if rule in MUSTS:
        with pytest.raises(DataError, match=rf"1 of 2 rows of 'areas' break 1 rule\.\n  {rule} status"):
            require_valid(frame, "areas")
    else:
        assert require_valid(frame, "areas") is frame


def test_the_message_counts_rows_once_and_all_where_the_whole_frame_is_at_fault():
    frame = areas(status=["Closed", "open", "open"], hazard_class=["DHA", None, None])
    with pytest.raises(DataError, match="1 of 3 rows of 'areas' break 1 rule"):
        require_valid(frame, "areas")
    with pytest.raises(DataError, match=r"2 of 2 rows .*\n  R1 area_id must be filled: 1 row, column 'area_id' is mis"):
        require_valid(areas().drop(columns="area_id"), "areas")


@pytest.mark.parametrize(("length", "kept"), [(199, 199), (200, 200), (201, 197)])
def test_a_finding_keeps_200_characters_and_says_where_it_was_cut(length, kept):
    assert finding("R3", "status", "x" * length, "y") == ["R3", "status", "x" * kept + "..." * (length > 200), "y"]


def test_findings_are_readable_text_on_their_own_rows():
    frame = areas(index=[7, 3])
    add_findings(frame, [])
    assert str(frame["read_findings"].dtype) == "str"
    assert frame["read_findings"].isna().all()
    add_findings(frame, [(1, finding("R13", "operator", "Šta", "cut"))])
    assert frame["read_findings"].isna().tolist() == [True, False]
    assert frame.loc[3, "read_findings"] == '[["R13", "operator", "Šta", "cut"]]'
    assert str(frame["read_findings"].dtype) == "str"


def test_findings_are_added_also_where_another_hand_wrote_numbers():
    frame = areas(read_findings=[7, 8])
    add_findings(frame, [(0, finding("R13", "operator", "x", "cut"))])
    assert frame["read_findings"].tolist() == ['[["R13", "operator", "x", "cut"]]', "8"]


@pytest.mark.parametrize("cell", ["x" * 99, 7, {"x": 1}])
def test_what_reading_did_not_write_is_told_by_its_beginning(cell):
    frame = areas(read_findings=pd.Series([cell, None], dtype=object))
    problems = find_problems(frame, "areas")
    assert problems[["row", "column", "rule", "value"]].values.tolist() == [[0, "read_findings", "R3", str(cell)[:80]]]


def test_findings_of_rules_that_there_are_not_are_left_out():
    assert find_problems(told(areas(), "R99", "status"), "areas").empty


def test_the_index_of_a_frame_is_no_column_of_it():
    frame = areas().set_index("area_id", drop=False)
    assert find_problems(frame, "areas").empty
    assert find_problems(areas().set_index("area_id"), "areas")["rule"].tolist() == ["R1"]


@pytest.mark.parametrize("table", [name for name, one in TABLES.items() if one.shape in ("polygon", "point")])
def test_a_table_of_places_without_places_is_told(table):
    names = [column.name for column in TABLES[table].columns if column.is_required]
    bare = pd.DataFrame({name: ["x"] for name in names})
    for frame in (bare, gpd.GeoDataFrame(bare)):
        assert (-1, "geometry", "R7") in find_problems(frame, table)[["row", "column", "rule"]].itertuples(
            index=False, name=None
        )
        assert sum(map(len, usable_rows(frame, table))) == 1
    assert "R7" not in find_problems(bare.iloc[:0], table)["rule"].tolist()


def test_of_two_columns_with_one_name_the_first_is_taken():
    frame = areas(operator=["x", "y"], status=["open", "Closed"])
    frame = pd.concat([frame, pd.DataFrame({"status": ["open", "open"]})], axis=1)
    assert find_problems(frame, "areas")[["row", "column", "rule"]].values.tolist() == [
        [-1, "status", "R13"],
        [1, "status", "R4"],
    ]
    assert usable_rows(frame, "areas")[0]["status"].isna().tolist() == [False, True]


def test_what_is_only_told_changes_no_cell():
    frame = areas(reported_area_m2=[5.0, -5.0], release_date=[DAY, DAY], survey_date=[DAY, DAY + pd.Timedelta(days=1)])
    assert set(find_problems(frame, "areas")["rule"]) == {"R5", "R12", "R14"}
    usable, aside = usable_rows(frame, "areas")
    assert aside.empty
    assert usable["reported_area_m2"].fillna(-1).tolist() == [5, -1]
    assert usable["release_date"].notna().all()


def test_the_first_row_is_read_like_any_other():
    usable, aside = usable_rows(areas(survey_date=["03/04/2015", "2015-04-03"]), "areas")
    assert (usable["survey_date"].isna().tolist(), len(aside)) == ([True, False], 0)
    _, aside = usable_rows(areas(area_id=[None, "b"]), "areas")
    assert aside["reason"].tolist() == ["R1 area_id must be filled"]
    frame = releases(event=["cleared", "suspected"], event_date=["03/04/2015", "2015-04-03"])
    assert usable_rows(frame, "events")[1]["event_id"].tolist() == ["1"]


def test_a_shape_off_the_earth_goes_and_the_others_stay_where_they_are():
    frame = areas(index=[20, 10, 30], geometry=[shapely.box(18, 44, 19, 45), OFF_EARTH, shapely.box(20, 44, 21, 45)])
    usable, _ = usable_rows(frame, "areas")
    assert usable.index.tolist() == [20, 10, 30]
    assert usable.geometry[10] is None
    assert usable.geometry[[20, 30]].geom_equals(frame.geometry[[20, 30]]).all()
    assert usable.crs == frame.crs


def test_the_reason_of_a_row_is_the_same_in_any_order():
    rows = [("1", "A", "gone"), ("2", None, "gone"), ("3", None, "suspected")]
    for some in (rows, rows[::-1], [rows[1]]):
        frame = pd.DataFrame(some, columns=["event_id", "area_id", "event"])
        reasons = usable_rows(frame, "events")[1].set_index("event_id")["reason"]
        assert reasons["2"] == "R4 event must be a code of its list"


def test_a_finding_on_a_column_that_the_table_has_not_takes_no_row():
    for rule in ("R3", "R11"):
        usable, aside = usable_rows(told(areas(), rule, "longitude"), "areas")
        assert (len(usable), len(aside)) == (2, 0)


@pytest.mark.parametrize("kind", CODES["event"])
@pytest.mark.parametrize(
    ("rule", "column"),
    [("R11", "geometry"), ("R7", "geometry"), ("R3", "event_date"), ("R6", "event_date"), ("R4", "date_precision"),
     ("R3", "recorded_at"), ("R3", "voids_event_id"), ("R3", "parent_id")],
)  # fmt: skip
def test_only_what_can_end_a_hazard_needs_its_shape_date_and_references(kind, rule, column):
    usable, aside = usable_rows(told(releases(event=["suspected", kind]), rule, column), "events")
    assert usable["event_id"].tolist() == (["1"] if kind in TAKING else ["1", "2"])
    assert aside["reason"].str.startswith(f"{rule} {column} ").tolist() == [True] * (kind in TAKING)


@pytest.mark.parametrize(
    ("rule", "column"), [("R8", "geometry"), ("R13", "event_date"), ("R14", "parent_id"), ("R5", "depth_m"),
                         ("R13", "operator"), ("R3", "cost_usd"), ("R11", "longitude")],
)  # fmt: skip
def test_a_release_whose_doubt_is_about_something_else_counts(rule, column):
    usable, aside = usable_rows(told(releases(depth_m=0.2, cost_usd=5.0), rule, column), "events")
    assert (usable["event_id"].tolist(), len(aside)) == (["1", "2"], 0)


@pytest.mark.parametrize("kind", CODES["event"])
def test_an_empty_shape_ends_no_hazard_and_makes_one(kind):
    frame = releases(event=["suspected", kind], geometry=[shapely.box(18, 44, 18.01, 44.01), EMPTY])
    _, aside = usable_rows(frame, "events")
    assert aside["reason"].tolist() == ["R7 geometry is empty: what it ends is not known"] * (kind in TAKING)


def test_a_frame_without_shapes_may_have_lost_one():
    frame = told(areas(), "R11", "geometry").drop(columns="geometry")
    usable, aside = usable_rows(pd.DataFrame(frame), "areas")
    assert (len(usable), len(aside)) == (2, 0)


def test_a_code_that_reading_could_not_take_is_refused_also_where_the_column_has_no_list():
    with pytest.raises(DataError, match=r"R4 operator must be a code of its list: 1 row, row 1 has 'x'"):
        require_valid(told(areas(), "R4", "operator"), "areas")


def test_no_events_are_no_error_whatever_reading_said_of_others():
    assert [len(part) for part in usable_rows(told(releases(), "R7", "geometry").iloc[:0], "events")] == [0, 0]


def test_events_without_their_kind_column_are_no_error():
    usable, aside = usable_rows(releases().drop(columns="event"), "events")
    assert (len(usable), len(aside)) == (2, 0)


def test_repeated_ids_are_counted_on_past_those_that_are_there():
    ids = ["a", "a", "A", "a~3", "b", "a", "b"]
    frame = areas(index=[9, 8, 7, 6, 5, 4, 3], area_id=ids)
    usable, _ = usable_rows(frame, "areas")
    assert usable["area_id"].to_dict() == {9: "a", 8: "a~2", 7: "A~4", 6: "a~3", 5: "b", 4: "a~5", 3: "b~2"}


def test_a_row_that_was_read_from_another_place_is_a_repeat_of_the_same_row():
    frame = areas(area_id=["a", "a"], geometry=[shapely.box(18, 44, 19, 45)] * 2)
    for name, value in {"source_id": ["x", "y"], "source_row": [1, 2], "read_findings": [None, "[]"]}.items():
        assert len(usable_rows(frame.assign(**{name: value}), "areas")[1]) == 1, name
    assert usable_rows(frame.assign(operator=["x", "y"]), "areas")[0]["area_id"].tolist() == ["a", "a~2"]
    again = frame.assign(geometry=[shapely.box(18, 44, 19, 45), shapely.box(18, 44, 19, 46)])
    assert usable_rows(again, "areas")[0]["area_id"].tolist() == ["a", "a~2"]


def test_a_repeat_is_one_also_where_cells_hold_lists():
    frame = areas(index=[5, 5, 6], area_id=["a", "a", "a"], geometry=[shapely.box(18, 44, 19, 45)] * 3)
    frame["note"] = [[1], [1], [2]]
    usable, aside = usable_rows(frame, "areas")
    assert (usable["area_id"].tolist(), aside["reason"].tolist()) == (["a", "a~2"], ["R2 area_id repeats a whole row"])


def test_ids_stay_text_where_all_are_missing():
    _, aside = usable_rows(areas(area_id=pd.Series([None, None], dtype="str")), "areas")
    assert str(aside["area_id"].dtype) == "str"


# intake


def given(*rows: dict, crs: object = 6933, **columns: object) -> gpd.GeoDataFrame:
    return as_frame(list(rows), crs).assign(**columns)


SUSPECTED = event("1", "A", "suspected", "2020-01-01", SQUARE)


def brought(registry: Registry, frame: gpd.GeoDataFrame) -> tuple[int, int, int, int]:
    done = registry.import_events(frame, source="S")
    return done.new_count, done.known_count, done.conflict_count, done.quarantined_count


def test_the_content_of_a_row_is_the_hash_of_its_cells_as_json_and_its_shape():
    """Worked out here a second time: a registry that an earlier version made must know the same rows again."""
    frame = given(
        SUSPECTED, crs=32631, operator=" Šta\0 ", ap_mine_count=3, cost_usd=-0.0, status=None, event_id=[" 1"],
        revision="3", registered_at=DAY, recorded_at=DAY,
    )  # fmt: skip
    cells = {"area_id": "A", "event": "suspected", "event_date": "2020-01-01", "operator": "Šta\ufffd",
             "ap_mine_count": 3.0, "cost_usd": 0.0, "crs": "EPSG:32631"}  # fmt: skip
    text = json.dumps(cells, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    shape = shapely.to_wkb(frame.geometry.iloc[0], byte_order=1)
    (one,) = prepare(frame).candidates
    assert one.content == sha256(text + b"\0" + shape).hexdigest()
    assert (one.key, one.event_id, one.revision, one.given) == ("1", "1", "3", shape)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"cost_usd": 0.0}, {"cost_usd": "-0"}),
        ({"cost_usd": 0.0}, {"cost_usd": -0.0}),
        ({"cost_usd": 5}, {"cost_usd": "+5.00"}),
        ({"cost_usd": None}, {"cost_usd": pd.array([None], dtype="Float64")}),
        ({"depth_m": "0.5"}, {"depth_m": pd.array([0.5], dtype="Float64")}),
        ({"ap_mine_count": 4}, {"ap_mine_count": "4.0"}),
        ({"event_date": "2020-01-01 00:00:00"}, {"event_date": pd.Timestamp("2020-01-01")}),
        ({"event_date": "2020-01-01T00:00"}, {"event_date": "2020-01-01"}),
        ({"operator": " x "}, {"operator": "x"}),
        ({"operator": "  "}, {"operator": None}),
        ({"operator": "a\0b"}, {"operator": "a\ufffdb"}),
    ],
)  # fmt: skip
def test_the_same_said_in_another_way_is_known(one, other, registry: Registry):
    assert brought(registry, given(SUSPECTED, **one)) == (1, 0, 0, 0)
    assert brought(registry, given(SUSPECTED, **other)) == (0, 1, 0, 0)


@pytest.mark.parametrize(
    ("one", "other"),
    [({"admin_code": "7"}, {"admin_code": "07"}), ({"operator": "7"}, {"operator": "7.0"}),
     ({"cost_usd": 5}, {"cost_usd": 5.5}), ({"event_date": "2020-01-01 00:00"}, {"event_date": "2020-01-01 00:01"})],
)  # fmt: skip
def test_what_is_said_otherwise_is_a_conflict(one, other, registry: Registry):
    brought(registry, given(SUSPECTED, **one))
    assert brought(registry, given(SUSPECTED, **other)) == (0, 0, 1, 0)


def test_a_conflict_keeps_no_registration_time_of_another_hand(registry: Registry):
    brought(registry, given(SUSPECTED))
    brought(registry, given(SUSPECTED, operator="x", registered_at=pd.Timestamp("2001-01-01")))
    (aside,) = registry._log.set_aside()
    assert json.loads(aside.payload) == {
        "event_id": "1", "area_id": "A", "event": "suspected", "event_date": "2020-01-01", "operator": "x",
    }  # fmt: skip


def test_codes_that_a_gap_made_decimals_are_whole(registry: Registry):
    rows = [SUSPECTED, event("2", "B", "suspected", "2020-01-01", SQUARE)]
    registry.import_events(given(*rows, admin_code=[12.0, np.nan], operator=["x", 12.5]), source="S")
    events = registry.events()
    assert events["admin_code"].fillna("-").tolist() == ["12", "-"]
    assert events["operator"].tolist() == ["x", "12.5"]


def test_cells_come_back_as_they_were_written(registry: Registry):
    said = {
        "operator": "a\0b", "cost_usd": -0.0, "reported_area_m2": "10000", "accuracy_m": "2.5", "ap_mine_count": "3",
        "recorded_at": pd.Timestamp("2020-02-01 10:30"), "hazard_class": "SHA",
    }  # fmt: skip
    registry.import_events(given(SUSPECTED, **said), source="S")
    one = registry.events().iloc[0]
    assert one[["operator", "reported_area_m2", "accuracy_m", "ap_mine_count", "hazard_class"]].tolist() == [
        "a\ufffdb", 10000, 2.5, 3, "SHA",
    ]  # fmt: skip
    assert one["recorded_at"] == pd.Timestamp("2020-02-01 10:30")
    assert (one["cost_usd"], np.signbit(one["cost_usd"])) == (0, False)


def test_the_accuracy_of_the_operation_is_kept_where_one_is_stated(registry: Registry):
    prague = gpd.GeoDataFrame({"event_id": ["1"], "area_id": ["A"], "event": ["suspected"]},
                              geometry=[shapely.box(15, 50, 15.01, 50.01)], crs=4178)  # fmt: skip
    registry.import_events(prague, source="S")
    assert registry.batches()["crs_accuracy_m"].tolist() == [5]


def test_the_index_of_an_import_is_no_column_of_it(registry: Registry):
    assert brought(registry, given(SUSPECTED).set_index("area_id", drop=False)) == (1, 0, 0, 0)


def test_of_two_columns_with_one_name_the_first_is_taken_in(registry: Registry):
    frame = pd.concat([given(SUSPECTED, operator="one"), pd.DataFrame({"operator": ["two"]})], axis=1)
    registry.import_events(frame, source="S")
    assert registry.events()["operator"].tolist() == ["one"]


def test_findings_are_those_of_their_own_rows_after_repeats_were_left_out(registry: Registry):
    rows = [
        SUSPECTED, SUSPECTED, event("2", "A", "cleared", "2020-06-01"), event("3", "A", "reduced", "2020-06-01", EMPTY),
        event("4", "A", "cleared", "2020-07-01"), event("5", "B", "suspected", "2020-07-01", SQUARE),
    ]  # fmt: skip
    dates = ["x", "x", "x", "2020-06-01", "2020-07-01", "y"]
    done = registry.import_events(given(*rows, event_date=dates), source="S")
    assert done.not_taken[["row", "event_id"]].values.tolist() == [[2, "2"], [3, "3"]]
    events = registry.events().set_index("event_id")
    assert events["event_date"].notna().to_dict() == {"1": False, "4": True, "5": False}


def test_what_lies_outside_is_told_beside_all_other_findings(registry_at, opened):
    registry = opened(registry_at, extent=gpd.GeoDataFrame(geometry=[rect(0, 0, 1000, 1000)], crs=6933))
    rows = [event("1", "A", "suspected", "2020-01-01", rect(5000, 0, 5100, 100)),
            event("2", "B", "suspected", "2020-01-01", SQUARE, hazard_class="DHA")]  # fmt: skip
    found = registry.import_events(as_frame(rows), source="S").findings
    assert found[["row", "column", "rule"]].values.tolist() == [[1, "hazard_class", "R4"], [0, "geometry", "R11"]]
    assert found.index.tolist() == [0, 1]


@pytest.mark.parametrize("crossed", [EMPTY, shapely.MultiPolygon(), shapely.Point()])
def test_a_hazard_with_an_empty_shape_is_one_without_a_place(crossed, registry: Registry):
    registry.import_events(gpd.GeoDataFrame([SUSPECTED | {"geometry": crossed}], crs=6933), source="S")
    assert registry.events().geometry.tolist() == [None]


def test_a_polygon_without_land_is_a_line_and_still_a_place(registry: Registry):
    x, y, *_ = SQUARE.bounds
    flat = shapely.Polygon([(x, y), (x + 100, y), (x + 50, y)])
    registry.import_events(given(event("1", "A", "suspected", "2020-01-01", flat)), source="S")
    (shape,) = registry.events().to_crs(6933).geometry
    assert (shape.geom_type, round(shape.length, 2)) == ("LineString", 100)


@pytest.mark.parametrize(("kind", "m2"), [("suspected", 30_000), ("cleared", 20_000), ("noted", 30_000)])
def test_what_a_crossed_shape_means_goes_by_the_event(kind, m2, registry: Registry):
    """Two squares of 20,000 m2 that share 10,000: a release is not what both claim, and all else is all of it."""
    twice = shapely.MultiPolygon([rect(0, 0, 200, 100), rect(100, 0, 300, 100)])
    registry.import_events(given(event("1", "A", kind, "2020-01-01", twice)), source="S")
    assert registry.events().to_crs(6933).area.tolist() == pytest.approx([m2], rel=1e-5)


def test_a_row_without_an_id_says_so(registry: Registry):
    rows = [event(None, "A", "suspected", "2020-01-01", SQUARE), event(" ", "A", "suspected", "2020-01-01", SQUARE)]
    registry.import_events(given(*rows, revision=["1", "2"]), source="S")
    assert registry.quarantine()["reason"].tolist() == ["R1 event_id must be filled"] * 2


def test_a_row_in_quarantine_keeps_what_it_says_as_readable_text(registry: Registry):
    row = event("9", "A", "no such thing", "2020-01-01", EMPTY, operator="Šta", revision="2", depth_m=0.5)
    registry.import_events(as_frame([row]), source="S")
    said = registry.quarantine()[["event_id", "area_id", "event", "revision"]]
    assert said.to_numpy().tolist() == [["9", "A", "no such thing", "2"]]
    (aside,) = registry._log.set_aside()
    assert aside.payload == (
        '{"area_id": "A", "depth_m": 0.5, "event": "no such thing", "event_date": "2020-01-01", "event_id": "9", '
        '"operator": "Šta", "revision": "2"}'
    )
    assert aside.geom is None


def test_a_row_of_an_export_in_quarantine_keeps_what_it_says(registry: Registry):
    frame = gpd.GeoDataFrame(
        {"operator": ["Šta"] * 3, "area_id": [None, "b", "b"], "status": ["open"] * 3, "source_row": [4, 5, 6]},
        geometry=[SQUARE, rect(200, 0, 300, 100), rect(200, 0, 300, 100)], crs=6933, index=[7, 8, 9],
    )  # fmt: skip
    registry.import_areas(frame, as_of="2023-12-31", source="R")
    (aside,) = registry._log.set_aside()  # a row that repeats another says nothing of its own
    assert (aside.row, aside.area_id, aside.payload) == (0, None, '{"operator": "Šta", "status": "open"}')
    back = gpd.GeoSeries([shapely.from_wkb(aside.geom)], crs=4326).to_crs(6933)
    assert back.area.tolist() == pytest.approx([10_000], rel=1e-5)


@pytest.mark.parametrize("lacks", [["event_id"], ["area_id"], ["event"], ["event_id", "event"]])
def test_a_frame_that_is_no_table_of_events_is_refused(lacks, registry: Registry):
    with pytest.raises(DataError, match=f"lacks the column {' and '.join(lacks)}. Fix"):
        registry.import_events(given(SUSPECTED).drop(columns=lacks), source="S")


def test_a_frame_without_a_crs_is_refused_by_the_name_of_its_table(registry: Registry):
    with pytest.raises(CRSError, match="'events'"):
        registry.import_events(given(SUSPECTED).set_crs(None, allow_override=True), source="S")


def test_a_column_that_stands_twice_is_told_at_the_import():
    frame = as_frame([event("1", "A", "suspected", "2020-01-01", SQUARE, operator="one")])
    twice = pd.concat([frame, pd.DataFrame({"operator": ["two"]})], axis=1)
    intake = prepare(gpd.GeoDataFrame(twice, geometry="geometry", crs=frame.crs))
    assert intake.findings[["row", "column", "rule"]].values.tolist() == [[-1, "operator", "R13"]]
    assert intake.candidates[0].payload["operator"] == "one"
