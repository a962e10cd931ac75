"""Each rule by a frame made by hand, the message of an error, and what stays usable: nothing is lost in silence."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landrelease import DataError, OptionError, find_problems, require_valid, usable_rows
from landrelease.rules import PROBLEM_COLUMNS, RULES, add_findings, finding
from landrelease.tables import CODES, TABLES, conform

DAY = pd.Timestamp("2020-05-01")
BOX = shapely.box(18.0, 44.0, 18.01, 44.01)
BOW_TIE = shapely.Polygon([(18, 44), (18.01, 44.01), (18.01, 44), (18, 44.01)])


def areas(crs: object = 4326, **columns: object) -> gpd.GeoDataFrame:
    """Areas without a fault, but for the columns given."""
    count = len(next(iter(columns.values()))) if columns else 2
    shapes = [shapely.box(18 + i, 44, 18.01 + i, 44.01) for i in range(count)]
    frame = {"area_id": [f"HA-{i}" for i in range(count)], "status": ["open"] * count, "geometry": shapes, **columns}
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=crs)


def events(**columns: object) -> gpd.GeoDataFrame:
    count = len(next(iter(columns.values())))
    shapes = [shapely.box(18 + i, 44, 18.01 + i, 44.01) for i in range(count)]
    frame = {
        "event_id": [f"E{i}" for i in range(count)],
        "area_id": [f"HA-{i}" for i in range(count)],
        "event": ["suspected"] * count,
        "event_date": [DAY] * count,
        "geometry": shapes,
        **columns,
    }
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=4326)


def visits(**columns: object) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    return pd.DataFrame(
        {
            "follow_up_id": [f"V{i}" for i in range(count)],
            "release_id": ["R"] * count,
            "visit_date": [DAY] * count,
            "use_code": ["grazing"] * count,
            **columns,
        }
    )


def broken(frame: pd.DataFrame, table: str) -> list[tuple[int, str, str]]:
    return list(find_problems(frame, table)[["row", "column", "rule"]].itertuples(index=False, name=None))


def test_a_frame_without_a_fault():
    for frame, table in (
        (areas(), "areas"),
        (events(event_id=["1", "2"]), "events"),
        (visits(use_code=["none"]), "follow_ups"),
    ):
        problems = find_problems(frame, table)
        assert problems.empty
        assert problems.columns.tolist() == PROBLEM_COLUMNS
        assert require_valid(frame, table) is frame


@pytest.mark.parametrize("table", TABLES)
def test_an_empty_table_has_no_problems(table):
    frame = conform(pd.DataFrame(), table)
    if TABLES[table].shape != "none":
        frame = gpd.GeoDataFrame(frame, geometry=[], crs=4326)
    assert find_problems(frame, table).empty


def test_r1_required_cells():
    frame = events(event_id=["1", "  ", None], area_id=[None, "a", "b"], event=["suspected", "suspected", ""])
    assert broken(frame, "events") == [
        (0, "area_id", "R1"),
        (1, "event_id", "R1"),
        (2, "event_id", "R1"),
        (2, "event", "R1"),
    ]
    assert broken(areas().drop(columns="area_id"), "areas") == [(-1, "area_id", "R1")]


def test_r2_ids_that_a_reader_takes_for_the_same():
    nfc, nfd = "Maši", "Mas\u030ci"
    frame = areas(area_id=["ha-1", " HA-1", "HA-2", "HA-\u200b2", nfc, nfd, None])
    assert [(row, rule) for row, _, rule in broken(frame, "areas")] == [(1, "R2"), (3, "R2"), (5, "R2"), (6, "R1")]


def test_r3_cells_that_are_not_of_their_type():
    frame = areas(reported_area_m2=["12 ha", None, "890000"], survey_date=["03/04/2015", 2015, "2015-04-03"])
    found = [one for one in broken(frame, "areas") if one[2] == "R3"]
    assert found == [(0, "reported_area_m2", "R3"), (0, "survey_date", "R3"), (1, "survey_date", "R3")]
    frame = visits(women_count=[1.5, 2, None], is_intended_user=["maybe", True, None])
    assert broken(frame, "follow_ups") == [(0, "women_count", "R3"), (0, "is_intended_user", "R3")]


def test_r4_codes():
    frame = areas(hazard_class=["SHA", "sha", None, 1], status=["open", "Closed", None, ""])
    assert broken(frame, "areas") == [(1, "hazard_class", "R4"), (1, "status", "R4"), (3, "hazard_class", "R4")]


def test_r5_ranges():
    frame = visits(observed_share=[0, 1, 1.01, -0.1, math.inf, None], women_count=[0, 1, -1, 2, 3, None])
    assert broken(frame, "follow_ups") == [
        (2, "observed_share", "R5"),
        (2, "women_count", "R5"),
        (3, "observed_share", "R5"),
        (4, "observed_share", "R5"),
    ]
    funding = pd.DataFrame({"flow_id": ["1", "2"], "year": [1974, 2020], "amount_usd": [-5.0, 1.0]})
    assert broken(funding, "funding") == [(0, "year", "R5")]


def test_r6_dates():
    tomorrow, later = pd.Timestamp.now() + pd.Timedelta(hours=12), pd.Timestamp.now() + pd.Timedelta(days=3)
    frame = visits(visit_date=[tomorrow, later, pd.Timestamp("1899-12-31"), pd.Timestamp("1900-01-01")])
    assert broken(frame, "follow_ups") == [(1, "visit_date", "R6"), (2, "visit_date", "R6")]
    in_zone = visits(visit_date=pd.to_datetime(["2020-05-01", "2999-01-01"]).tz_localize("Asia/Baghdad"))
    assert broken(in_zone, "follow_ups") == [(1, "visit_date", "R6")]
    plans = pd.DataFrame({"project_id": ["p"], "location_id": ["l"], "end_date": [pd.Timestamp("2999-01-01")]})
    assert "R6" not in [rule for _, _, rule in broken(plans, "projects")]


def test_r7_no_geometry():
    frame = areas(geometry=[None, shapely.Polygon(), BOX])
    assert broken(frame, "areas") == [(0, "geometry", "R7"), (1, "geometry", "R7")]
    assert broken(pd.DataFrame(areas().drop(columns="geometry")), "areas") == [(-1, "geometry", "R7")]
    frame = events(
        area_id=["a", "a", "a", "b"], event=["suspected", "confirmed", "cleared", "confirmed"], geometry=[None] * 4
    )  # fmt: skip
    assert broken(frame, "events") == [(0, "geometry", "R7"), (3, "geometry", "R7")]


def test_r8_invalid():
    assert broken(areas(geometry=[BOW_TIE, BOX]), "areas") == [(0, "geometry", "R8")]


def test_r9_repeats_name_the_first():
    turned = shapely.Polygon(list(BOX.exterior.coords)[2:] + list(BOX.exterior.coords)[1:3])
    frame = areas(geometry=[BOX, shapely.box(0, 0, 1, 1), turned, shapely.reverse(BOX)])
    problems = find_problems(frame, "areas")
    assert problems[["row", "rule", "value"]].values.tolist() == [[2, "R9", "HA-0"], [3, "R9", "HA-0"]]
    on_one_area = events(area_id=["a", "a"], event=["suspected", "cleared"], geometry=[BOX, BOX])
    assert broken(on_one_area, "events") == []


def test_r10_other_kinds_of_shape():
    point, line = shapely.Point(18, 44), shapely.LineString([(18, 44), (19, 44)])
    problems = find_problems(areas(geometry=[point, line, BOX]), "areas")
    assert problems[["row", "rule", "value"]].values.tolist() == [[0, "R10", "Point"], [1, "R10", "LineString"]]
    accidents = gpd.GeoDataFrame({"accident_id": ["1", "2"]}, geometry=[BOX, point], crs=4326)
    assert broken(accidents, "accidents") == [(0, "geometry", "R10")]
    assert broken(events(event=["accident", "suspected"], geometry=[point, point]), "events") == [
        (1, "geometry", "R10")
    ]


def test_r11_coordinates_on_the_earth():
    with np.errstate(invalid="ignore"):
        odd = shapely.Polygon([(18, 44), (math.nan, 44.5), (18.5, 44.5)])
    frame = areas(geometry=[shapely.box(11, 104, 11.1, 104.1), odd, BOX])
    assert [one for one in broken(frame, "areas") if one[2] == "R11"] == [
        (0, "geometry", "R11"),
        (1, "geometry", "R11"),
    ]


@pytest.mark.parametrize("crs", [None, 4131])
def test_r11_a_frame_without_a_usable_crs_is_a_problem_not_an_error(crs):
    frame = areas(crs=crs, reported_area_m2=[5.0, 6.0], geometry=[shapely.box(104, 11, 104.1, 11.1), BOX])
    assert (-1, "geometry", "R11") in broken(frame, "areas")
    with pytest.raises(DataError, match="R11 geometry must have coordinates on the Earth"):
        require_valid(frame, "areas")


def test_r12_units_that_slipped():
    true = 891_115.0  # m2, of a box of 0.01 by 0.01 degrees at 44 degrees north, by the doctest of geodesic_area_m2
    said = [true, true * 1.2, true * 1.3, true / 10_000, true * 10_000, true / 1e6, None, 0]
    frame = areas(reported_area_m2=said)
    problems = find_problems(frame, "areas").query("rule == 'R12'")
    assert problems["row"].tolist() == [2, 3, 4, 5]
    messages = dict(zip(problems["row"], problems["message"], strict=True))
    assert "1.3 times less" in messages[2]
    assert messages[3].endswith("ha written as m2?")
    assert messages[4].endswith("m2 written as ha?")
    assert messages[5].endswith("km2 written as m2?")


def test_r13_and_r8_come_from_what_reading_kept():
    frame = areas()
    add_findings(frame, [(1, finding("R13", "hazard_class", "DHA", "older term, read as CHA"))])
    add_findings(frame, [(1, finding("R8", "geometry", "Self-intersection", "repaired: 0 m2 before, 5 m2 after"))])
    problems = find_problems(frame, "areas")
    assert problems[["row", "id", "rule", "value"]].values.tolist() == [
        [1, "HA-1", "R13", "DHA"],
        [1, "HA-1", "R8", "Self-intersection"],
    ]
    assert len(json.loads(frame["read_findings"][1])) == 2
    assert len(finding("R3", "x", "y" * 500, "")[2]) == 200


@pytest.mark.parametrize("text", ["see the file", "[1]", "{}", "[[1, 2, 3, 4, 5]]", "null", "7"])
def test_findings_of_other_hands_are_told(text):
    assert broken(areas(read_findings=[text, None]), "areas") in ([(0, "read_findings", "R3")], [])
    frame = areas(read_findings=[text, None])
    add_findings(frame, [(0, finding("R13", "status", "x", "y"))])
    assert (0, "status", "R13") in broken(frame, "areas")


def test_r14_columns_that_do_not_fit():
    frame = areas(
        status=["released", "open", "released"], release_type=[None, None, "cleared"],
        survey_date=[None, None, DAY], release_date=[None, None, DAY - pd.Timedelta(days=1)],
    )  # fmt: skip
    assert broken(frame, "areas") == [(0, "release_type", "R14"), (2, "release_date", "R14")]
    assert broken(events(event=["reopened"]), "events") == [(0, "parent_id", "R14")]
    frame = visits(release_id=[None, "R"], use_code=["road", None])
    assert broken(frame, "follow_ups") == [(0, "release_id", "R14"), (1, "use_code", "R14")]
    plans = pd.DataFrame({"project_id": ["p"], "location_id": ["l"], "start_date": [DAY]})
    plans["end_date"] = DAY - pd.Timedelta(days=1)
    assert (0, "end_date", "R14") in broken(plans, "projects")


def test_r15_references():
    frame = events(
        event=["suspected", "void", "void"], voids_event_id=[None, "E0", "E9"], parent_id=["HA-9", None, "HA-0"]
    )
    assert broken(frame, "events") == [(0, "parent_id", "R15"), (2, "voids_event_id", "R15")]


def test_every_rule_is_tested_here():
    text = Path(__file__).read_text(encoding="utf-8")
    assert all(f"test_{rule.lower()}_" in text or f"_{rule.lower()}_" in text for rule in RULES)


def test_the_message_says_what_where_how_many_and_how_to_fix():
    frame = areas(status=["open", "Closed", "Closed"], area_id=["a", "b", None], reported_area_m2=[-1.0, None, None])
    with pytest.raises(DataError) as caught:
        require_valid(frame, "areas")
    assert str(caught.value).splitlines() == [
        "3 of 3 rows of 'areas' break 3 rules.",
        "  R1 area_id must be filled: 1 row, row 2 has ''",
        "  R4 status must be a code of its list (open, in_progress, suspended, released, superseded): "
        "2 rows, row 1 has 'Closed'",
        "  R5 reported_area_m2 must lie in its range: 1 row, row 0 has '-1.0'",
        "  Fix: correct the file, map its codes with read(..., codes=...), or list every row with",
        "  find_problems(frame, 'areas').",
    ]


def test_what_is_only_told_does_not_refuse():
    frame = areas(geometry=[None, BOW_TIE, BOX], status=["released", "open", "open"])
    assert {rule for _, _, rule in broken(frame, "areas")} == {"R7", "R8", "R14"}
    assert require_valid(frame, "areas") is frame


def test_an_unknown_table():
    for function in (find_problems, require_valid, usable_rows):
        with pytest.raises(OptionError, match=r"table must be one of areas, .*did you mean 'areas'\?"):
            function(areas(), "area")


def test_usable_rows_lose_no_hazard():
    frame = areas(
        area_id=["a", "A ", None, "b", "c", "d"],
        status=["open", "open", "open", "Closed", "open", "open"],
        survey_date=[DAY, DAY, DAY, pd.Timestamp("2999-01-01"), DAY, DAY],
        geometry=[BOX, BOW_TIE, BOX, None, shapely.box(11, 104, 12, 105), BOX],
    )
    usable, aside = usable_rows(frame, "areas")
    assert usable["area_id"].tolist() == ["a", "A~2", "b", "c", "d"]
    assert aside["reason"].tolist() == ["R1 area_id must be filled"]
    assert usable.geometry.isna().tolist() == [False, False, True, True, False]  # c stays, its place is not known
    assert usable["status"].fillna("-").tolist() == ["open", "open", "-", "open", "open"]
    assert usable["survey_date"].isna().tolist() == [False, False, True, False, False]
    assert sorted([*usable.index, *aside.index]) == [0, 1, 2, 3, 4, 5]
    assert find_problems(usable, "areas").query("rule in ('R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R11')").empty


def test_a_new_name_is_never_one_that_is_there():
    usable, aside = usable_rows(areas(area_id=["a", "a", "a~2", "A~3", "a"]), "areas")
    assert usable["area_id"].str.casefold().is_unique
    assert usable["area_id"].tolist()[0] == "a"
    assert usable["area_id"].tolist()[2:4] == ["a~2", "A~3"]
    assert aside.empty


def test_exact_repeats_are_set_aside_and_one_stays():
    frame = areas(area_id=["a", "b", "a", "a"], geometry=[BOX, BOX, BOX, BOW_TIE], source_row=[1, 2, 3, 4])
    usable, aside = usable_rows(frame, "areas")
    assert usable["area_id"].tolist() == ["a", "b", "a~2"]
    assert aside[["source_row", "reason"]].values.tolist() == [[3, "R2 area_id repeats a whole row"]]


def test_a_cell_of_the_wrong_type_becomes_missing():
    frame = areas(reported_area_m2=["12 ha", "5", None], survey_date=["03/04/2015", "2015-04-03", None])
    usable, _ = usable_rows(frame, "areas")
    conformed = conform(usable, "areas")
    assert conformed["reported_area_m2"].fillna(-1).tolist() == [-1, 5, -1]
    assert conformed["survey_date"].isna().tolist() == [True, False, True]


@pytest.mark.parametrize("dtype", ["int64", "float64", "Int64", "object"])
def test_a_broken_number_becomes_missing_in_each_type(dtype):
    usable, _ = usable_rows(visits(women_count=pd.Series([-1, 2], dtype=dtype)), "follow_ups")
    assert usable["women_count"].isna().tolist() == [True, False]
    assert usable["women_count"].tolist()[1] == 2


def test_an_event_of_no_known_kind_is_set_aside():
    usable, aside = usable_rows(events(event=["suspected", "Closed"]), "events")
    assert usable["event_id"].tolist() == ["E0"]
    assert aside["reason"].tolist() == ["R4 event must be a code of its list"]


ODD = st.one_of(
    st.none(), st.text(max_size=8), st.integers(), st.floats(), st.booleans(), st.binary(max_size=4), st.dates(),
    st.datetimes(), st.complex_numbers(max_magnitude=10), st.lists(st.integers(), max_size=2),
    st.dictionaries(st.text(max_size=2), st.integers(), max_size=1), st.tuples(st.integers()),
    st.sampled_from([pd.NaT, pd.NA, np.nan, np.int64(3), np.datetime64("2020-01-01"), "2020-13-45", "1e999", "DHA",
                     "2020-01-01", b"\xff", pd.Timestamp("2020-01-01", tz="UTC"), pd.Timedelta(1), "[]", "released",
                     "suspected", "void", "9" * 400]),
)  # fmt: skip
SHAPES = st.one_of(
    st.sampled_from([None, shapely.Polygon(), BOX, BOW_TIE, shapely.Point(200, 95), shapely.Point(math.inf, 0),
                     shapely.MultiPolygon([BOX, BOX]), shapely.GeometryCollection([BOX, shapely.Point(0, 0)]),
                     shapely.LineString([(18, 44), (19, 45)]), shapely.box(1e6, 5e6, 1e7, 6e7)]),
)  # fmt: skip


@st.composite
def odd_frames(draw):
    table = draw(st.sampled_from(sorted(TABLES)))
    names = draw(st.lists(st.sampled_from([*TABLES[table].names, "note", "reason"]), max_size=8))
    names = [name for name in names if name != "geometry"]
    count = draw(st.integers(0, 4))
    columns = [draw(st.lists(ODD, min_size=count, max_size=count)) for _ in names]
    kind = draw(st.sampled_from(["object", "as it is", "category"]))
    frame = pd.DataFrame(index=draw(st.sampled_from([pd.RangeIndex(count), pd.Index([7] * count, dtype="int64")])))
    parts = [
        pd.Series(cells, index=frame.index, dtype="object", name=name)
        for name, cells in zip(names, columns, strict=True)
    ]
    if parts:
        frame = pd.concat(parts, axis=1)
    if kind == "as it is":
        frame = frame.infer_objects()
    if kind == "category":
        for position in range(frame.shape[1]):
            cells = frame.iloc[:, position]
            if names.count(names[position]) == 1 and all(isinstance(one, str | float | None) for one in cells):
                frame[names[position]] = cells.astype("category")
    if draw(st.booleans()):
        shapes = draw(st.lists(SHAPES, min_size=count, max_size=count))
        crs = draw(st.sampled_from([None, 4326, 32634, 4131, 3857]))
        frame = gpd.GeoDataFrame(frame, geometry=gpd.GeoSeries(shapes, index=frame.index), crs=crs)
    return frame, table


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(odd_frames())
def test_odd_data_is_told_never_raised(case):
    frame, table = case
    before = frame.copy(deep=True)
    problems = find_problems(frame, table)
    assert problems.columns.tolist() == PROBLEM_COLUMNS
    assert set(problems["rule"]) <= set(RULES)
    assert problems["row"].between(-1, len(frame) - 1).all()
    usable, aside = usable_rows(frame, table)
    assert len(usable) + len(aside) == len(frame)
    assert aside["reason"].str.match(r"R\d+ \w+").all()
    names = usable.get(TABLES[table].id)
    if names is not None:
        assert names.is_unique
    assert repr(frame.values.tolist()) == repr(before.values.tolist())
    assert frame.columns.tolist() == before.columns.tolist()
    assert frame.dtypes.tolist() == before.dtypes.tolist()


def test_half_a_character_is_no_error():
    frame = areas(
        area_id=pd.Series(["a\ud800", "b"], dtype="object"), operator=pd.Series(["\udfff", None], dtype="object")
    )
    assert broken(frame, "areas") == []
    assert usable_rows(frame, "areas")[0]["area_id"].tolist() == ["a?", "b"]


def test_real_dates_of_several_kinds_are_dates():
    kinds = [
        date(2020, 5, 1),
        DAY,
        np.datetime64("2020-05-01"),
        "2020-05-01",
        "2020-05-01T10:00:00Z",
        DAY.to_pydatetime(),
    ]
    assert broken(visits(visit_date=pd.Series(kinds, dtype="object")), "follow_ups") == []


def test_codes_of_a_category_are_codes():
    frame = visits(use_code=pd.Categorical(["grazing", "golf", None]))
    assert [one for one in broken(frame, "follow_ups") if one[2] == "R4"] == [(1, "use_code", "R4")]
    usable, _ = usable_rows(frame, "follow_ups")
    assert usable["use_code"].isna().tolist() == [False, True, True]
    assert set(usable["use_code"].dropna()) <= set(CODES["use_code"])
