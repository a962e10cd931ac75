"""Cells as people write them: what is taken, what is refused until it is declared, what is told and left missing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease import CRSError, DataError, OptionError, ProgrammeError, find_problems, read
from landrelease.read.values import UNITS, as_text, parse
from landrelease.tables import TABLES


def table(tmp_path: Path, text: str, name: str = "visits.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def column_of(tmp_path: Path, name: str, cells: list[str], **options: object) -> pd.DataFrame:
    """Read one column of visits, one cell a row."""
    lines = [f"{number}\t{cell}" for number, cell in enumerate(cells)]
    path = table(tmp_path, "\n".join([f"follow_up_id\t{name}", *lines]), "visits.tsv")
    return read(path, "follow_ups", **options)


def days(frame: pd.DataFrame, name: str = "visit_date") -> list[str | None]:
    return [None if pd.isna(day) else day.strftime("%Y-%m-%d") for day in frame[name]]


@pytest.mark.parametrize(
    "cells",
    [
        ["03/04/2015"],
        ["25/12/2015"],
        ["3.4.2015", ""],
        ["03-04-2015"],
        ["2015/04/03"],
        ["03/04/15"],
        ["42097"],
        ["42097.5"],
        ["1428019200000"],
        ["20150403"],
        ["2015-04-03", "03/04/2015"],
    ],
)
def test_dates_that_leave_something_open_are_refused(tmp_path, cells):
    with pytest.raises(DataError, match="can be read in more than one way") as caught:
        column_of(tmp_path, "visit_date", cells)
    assert str(caught.value).startswith(f"'visits.tsv': Column 'visit_date': 1 dates such as '{cells[-1] or cells[0]}'")
    assert "Fix: read(..., dates='dmy')" in str(caught.value)


@pytest.mark.parametrize(
    ("order", "cells", "wanted"),
    [
        (
            "dmy",
            ["03/04/2015", "3.4.2015", "03-04-2015 12:30", "31/04/2015", "03/04/15"],
            ["2015-04-03"] * 3 + [None] * 2,
        ),
        ("mdy", ["03/04/2015", "3.4.2015", "13/04/2015"], ["2015-03-04"] * 2 + [None]),
        ("ymd", ["2015/03/04", "2015.3.4", "15/03/04"], ["2015-03-04"] * 2 + [None]),
        ("iso", ["2015-04-03", "2015-04-03T10:00:00Z", "03/04/2015"], ["2015-04-03"] * 2 + [None]),
        ("year", ["2015", "2015.0", "15"], ["2015-01-01"] * 2 + [None]),
        ("excel", ["42097", "42097.75", "x"], ["2015-04-03"] * 2 + [None]),
        ("epoch_ms", ["1428019200000", "1428105599999"], ["2015-04-03"] * 2),
        ("epoch_s", ["1428019200", "-86400"], ["2015-04-03", "1969-12-31"]),
        ("%d.%m.%y", ["03.04.15", "2015-04-03"], ["2015-04-03", None]),
        ("%d %b %Y", ["3 Apr 2015"], ["2015-04-03"]),
    ],
)
def test_declared_dates(tmp_path, order, cells, wanted):
    visits = column_of(tmp_path, "visit_date", cells, dates=order)
    assert days(visits) == wanted
    problems = find_problems(visits, "follow_ups").query("column == 'visit_date' and rule == 'R3'")
    assert problems["row"].tolist() == [row for row, day in enumerate(wanted) if day is None]
    assert problems["value"].tolist() == [cells[row] for row in problems["row"]]
    assert set(problems["message"]) <= {"is no date: left missing"}


def test_excel_counts_days_from_the_end_of_1899(tmp_path):
    """Serial 61 is 1 March 1900, because Excel has a 29 February 1900."""
    assert days(column_of(tmp_path, "visit_date", ["61", "36526"], dates="excel")) == ["1900-03-01", "2000-01-01"]


@settings(max_examples=40, deadline=None)
@given(st.dates(min_value=datetime(1900, 3, 1).date(), max_value=datetime(2100, 1, 1).date()))
def test_each_way_to_write_a_day_gives_that_day(day):
    column = TABLES["follow_ups"].column("visit_date")
    since_1970 = (datetime(day.year, day.month, day.day, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(1)
    ways = {
        None: day.isoformat(),
        "dmy": f"{day.day}/{day.month:02}/{day.year}",
        "mdy": f"{day.month:02}-{day.day}-{day.year}",
        "ymd": f"{day.year}.{day.month}.{day.day}",
        "excel": str(since_1970 + 25_569),
        "epoch_s": str(since_1970 * 86_400),
        "epoch_ms": str(since_1970 * 86_400_000),
        "%d %b %Y": day.strftime("%d %b %Y"),
    }
    for way, text in ways.items():
        values, found, precision = parse(pd.Series([text, None]), column, dates=way)
        assert values[0] == pd.Timestamp(day)
        assert pd.isna(values[1])
        assert not found
        assert precision.tolist() == ["day", "unknown"]


def test_words_that_are_no_date_are_told(tmp_path):
    visits = column_of(tmp_path, "visit_date", ["2015-04-03", "spring 2015", "2015-02-30", ""])
    assert days(visits) == ["2015-04-03", None, None, None]
    problems = find_problems(visits, "follow_ups").query("rule == 'R3'")
    assert problems[["row", "value"]].values.tolist() == [[1, "spring 2015"], [2, "2015-02-30"]]


def test_a_year_of_the_buddhist_era_and_the_end_of_time_are_told(tmp_path):
    visits = column_of(tmp_path, "visit_date", ["03/04/2558", "31/12/9999", "30/12/1899", "01/01/1900"], dates="dmy")
    problems = find_problems(visits, "follow_ups").query("rule == 'R6'")
    assert problems["row"].tolist() == [0, 1, 2]


def test_precision_of_event_dates(tmp_path):
    rows = "1,A,cleared,2015\n2,A,cleared,2015-04\n3,A,cleared,2015-04-03\n4,A,cleared,\n"
    text = f"event_id,area_id,event,event_date\n{rows}"
    events = read(table(tmp_path, text), "events")
    assert days(events, "event_date") == ["2015-01-01", "2015-04-01", "2015-04-03", None]
    assert events["date_precision"].tolist() == ["year", "month", "day", "unknown"]
    said = read(table(tmp_path, text), "events", values={"date_precision": "year"})
    assert said["date_precision"].tolist() == ["year", "year", "year", "unknown"]


def test_a_release_of_a_known_year_or_month_is_never_early(tmp_path):
    text = "area_id,release_date,survey_date\n1,2015,2015\n2,2016-02,2016-02\n3,2015-04-03,2015-04-03\n"
    areas = read(table(tmp_path, text), "areas", crs=4326)
    assert days(areas, "release_date") == ["2015-12-31", "2016-02-29", "2015-04-03"]
    assert days(areas, "survey_date") == ["2015-01-01", "2016-02-01", "2015-04-03"]


def test_a_zone_of_time_does_not_move_the_day(tmp_path):
    path = tmp_path / "visits.parquet"
    late = pd.to_datetime(["2015-04-03 23:30", None]).tz_localize("Asia/Phnom_Penh")
    pd.DataFrame({"follow_up_id": ["1", "2"], "visit_date": late}).to_parquet(path)
    assert days(read(path, "follow_ups")) == ["2015-04-03", None]


@pytest.mark.parametrize(
    "cells", [["1,234"], ["1.234"], ["1.234.567"], ["1,5", "2"], ["1.234", "12.345", "3"], ["1,234.5"]]
)
def test_numbers_that_leave_something_open_are_refused(tmp_path, cells):
    with pytest.raises(DataError, match="can be read in two ways") as caught:
        column_of(tmp_path, "productive_area_m2", cells)
    assert "'visits.tsv': Column 'productive_area_m2'" in str(caught.value)
    assert "Fix: read(..., decimal=',')" in str(caught.value)


@pytest.mark.parametrize(
    ("decimal", "cells", "wanted"),
    [
        (",", ["1.234", "1.234,5", "1,5", "1 234,5"], [1234, 1234.5, 1.5, 1234.5]),
        (".", ["1.234", "1,234.5", "1.5", "1'234.5"], [1.234, 1234.5, 1.5, 1234.5]),
        (None, ["1234", "0.125", "12.3456", "1 234", "1\u00a0234", "-5", ".5", "1E5", "1e-2"],
         [1234, 0.125, 12.3456, 1234, 1234, -5, 0.5, 100_000, 0.01]),
        (None, ["1.234", "0.5"], [1.234, 0.5]),
    ],
)  # fmt: skip
def test_declared_and_plain_numbers(tmp_path, decimal, cells, wanted):
    visits = column_of(tmp_path, "productive_area_m2", cells, decimal=decimal)
    assert visits["productive_area_m2"].tolist() == wanted
    assert visits["read_findings"].isna().all()


def test_text_that_is_no_number_is_told_and_missing(tmp_path):
    visits = column_of(tmp_path, "productive_area_m2", ["12 ha", "n/a", "-", "", "nan", "inf", "0x10", "5"])
    assert visits["productive_area_m2"].fillna(-1).tolist() == [-1] * 7 + [5]
    problems = find_problems(visits, "follow_ups").query("column == 'productive_area_m2'")
    assert problems[["row", "rule"]].values.tolist() == [[row, "R3"] for row in (0, 1, 2, 4, 5, 6)]


def test_counts_are_whole(tmp_path):
    visits = column_of(tmp_path, "women_count", ["3", "2.5", "", "12.0", "many"])
    assert visits["women_count"].dtype == "Int64"
    assert visits["women_count"].fillna(-1).tolist() == [3, -1, -1, 12, -1]
    problems = find_problems(visits, "follow_ups").query("column == 'women_count'")
    assert problems[["row", "value"]].values.tolist() == [[1, "2.5"], [4, "many"]]


def test_truth_in_several_tongues(tmp_path):
    visits = column_of(tmp_path, "is_intended_user", ["yes", "NO", "1", "oui", "não", "", "maybe"])
    assert visits["is_intended_user"].dtype == "boolean"
    assert visits["is_intended_user"].tolist() == [True, False, True, True, False, pd.NA, pd.NA]
    assert find_problems(visits, "follow_ups").query("column == 'is_intended_user'")["value"].tolist() == ["maybe"]


def test_ids_and_codes_stay_text(tmp_path):
    ids = ["007", "NA", "9007199254740993", "", "1E5", "null", "TRUE", " x "]
    path = table(tmp_path, "\n".join(["follow_up_id\trelease_id", *(f"{one}\tR" for one in ids)]), "visits.tsv")
    visits = read(path, "follow_ups")
    assert visits["follow_up_id"].fillna("-").tolist() == [
        "007",
        "NA",
        "9007199254740993",
        "-",
        "1E5",
        "null",
        "TRUE",
        "x",
    ]
    assert visits["source_id"].tolist()[:4] == ["007", "NA", "9007199254740993", "visits.tsv#4"]
    assert find_problems(visits, "follow_ups").query("column == 'follow_up_id'")["row"].tolist() == [3]


def test_a_code_that_is_unknown_keeps_its_text_and_is_a_problem(tmp_path):
    text = "area_id,hazard_class,status\nA,sha,OPEN\nB,DHA,Closed\nC,,worked on\n"
    options = {"codes": {"status": {"worked on": "in_progress"}}, "crs": 4326}
    areas = read(table(tmp_path, text, "areas.csv"), "areas", **options)
    assert areas["hazard_class"].fillna("-").tolist() == ["SHA", "CHA", "-"]
    assert areas["status"].tolist() == ["open", "Closed", "in_progress"]
    problems = find_problems(areas, "areas").query("rule in ('R4', 'R13')")
    assert problems[["id", "column", "rule", "value"]].values.tolist() == [
        ["B", "hazard_class", "R13", "DHA"],
        ["B", "status", "R4", "Closed"],
    ]
    assert "read as CHA" in problems["message"].iloc[0]


def test_a_code_may_be_mapped_to_nothing(tmp_path):
    path = table(tmp_path, "area_id,status\nA,0\nB,1\n", "areas.csv")
    areas = read(path, "areas", codes={"status": {"0": "", "1": "open"}}, crs=4326)
    assert areas["status"].fillna("-").tolist() == ["-", "open"]


def test_values_and_where(tmp_path):
    path = table(tmp_path, "no,kind,state\n1,hazard,x\n2,task,x\n3,hazard,y\n4,,x\n", "areas.csv")
    constant = {"status": "released", "release_type": "cleared", "release_date": "2020-05-01", "reported_area_m2": 12.5}
    areas = read(path, "areas", columns={"no": "area_id"}, values=constant, where={"kind": "hazard"}, crs=4326)
    assert areas[["area_id", "status", "release_type", "source_row"]].values.tolist() == [
        ["1", "released", "cleared", 1],
        ["3", "released", "cleared", 3],
    ]
    assert areas["reported_area_m2"].tolist() == [12.5, 12.5]
    assert days(areas, "release_date") == ["2020-05-01"] * 2
    assert areas.attrs["rows_in_file"] == 4
    several = read(path, "areas", columns={"no": "area_id"}, where={"no": ["1", 4], "state": "x"}, crs=4326)
    assert several["area_id"].tolist() == ["1", "4"]
    with pytest.raises(DataError, match=r"No row has where kind='Hazard'\. The column holds: .*'hazard': 2"):
        read(path, "areas", columns={"no": "area_id"}, where={"kind": "Hazard"}, crs=4326)


def test_dates_that_are_declared_do_not_touch_constants(tmp_path):
    path = table(tmp_path, "area_id,survey_date\n1,03/04/2015\n", "areas.csv")
    areas = read(path, "areas", dates="dmy", values={"release_date": "2020-05-01"}, crs=4326)
    assert (days(areas, "survey_date"), days(areas, "release_date")) == (["2015-04-03"], ["2020-05-01"])


@pytest.mark.parametrize(
    ("unit", "factor"),
    [("m2", 1), ("ha", 10_000), ("km2", 1_000_000), ("dunam", 1_000), ("rai", 1_600), ("acre", 4046.8564224)],
)
def test_units_of_area(tmp_path, unit, factor):
    visits = column_of(tmp_path, "productive_area_m2", ["2.5", ""], units={"productive_area_m2": unit})
    assert visits["productive_area_m2"].tolist()[0] == pytest.approx(2.5 * factor, rel=1e-12)
    assert np.isnan(visits["productive_area_m2"][1])


def test_percent_and_feet(tmp_path):
    visits = column_of(tmp_path, "observed_share", ["60", "105"], units={"observed_share": "percent"})
    assert visits["observed_share"].tolist() == pytest.approx([0.6, 1.05])
    assert find_problems(visits, "follow_ups").query("rule == 'R5'")["row"].tolist() == [1]
    assert UNITS["ft"] == 0.3048


def test_one_column_may_feed_several_and_the_rest_stays(tmp_path):
    path = table(tmp_path, "no,who,note,Status\n1,Red,x,open\n", "areas.csv")
    areas = read(path, "areas", columns={"no": ["area_id", "source_id"], "who": "operator"}, crs=4326)
    assert areas[["area_id", "source_id", "operator", "note"]].values.tolist() == [["1", "1", "Red", "x"]]
    assert areas["status"].tolist() == ["open"]  # our names are known in any case
    declared = [name for name in TABLES["areas"].names if name != "geometry"]
    assert areas.columns.tolist() == [*declared, "note", "geometry"]


AREAS = "area_id,status,kind\n1,open,x\n"


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"columns": {"stats": "status"}}, DataError, r"columns names a column 'stats' .*did you mean 'status'\?"),
        ({"columns": {"kind": "hazard_clas"}}, OptionError, r"no column 'hazard_clas'; did you mean 'hazard_class'\?"),
        ({"codes": {"staus": {}}}, OptionError, r"codes names 'staus', no column of 'areas'; did you mean 'status'\?"),
        ({"values": {"staus": "open"}}, OptionError, r"values names 'staus'.*did you mean 'status'\?"),
        ({"units": {"area_m": "ha"}}, OptionError, r"units names 'area_m'.*did you mean 'area_m2'\?"),
        (
            {"units": {"area_m2": "hectar"}, "values": {"area_m2": 1}},
            OptionError,
            r"units\['area_m2'\] must be one of m2, ",
        ),
        ({"where": {"knd": "x"}}, DataError, r"where names a column 'knd' .*did you mean 'kind'\?"),
        ({"dates": "dym", "values": {"survey_date": "2020"}}, None, ""),
        (
            {"dates": "dym", "columns": {"kind": "survey_date"}},
            OptionError,
            r"dates must be one of iso, dmy, .*did you mean 'ymd'\?",
        ),
        ({"decimal": ";", "columns": {"kind": "area_m2"}}, OptionError, r"decimal must be one of \., ,; got ';'"),
        ({"ids": "geometri"}, OptionError, r"ids must be one of column, geometry, row; .*did you mean 'geometry'\?"),
        ({"profile": "imsma"}, ProgrammeError, r"no profile 'imsma'; did you mean 'imsma-ng'\?"),
    ],
)
def test_unknown_names_are_errors_with_the_nearest(tmp_path, options, error, message):
    path = table(tmp_path, AREAS, "areas.csv")
    if error is None:
        read(path, "areas", crs=4326, **options)
        return
    with pytest.raises(error, match=message):
        read(path, "areas", crs=4326, **options)


def test_no_id_says_what_to_do(tmp_path):
    path = table(tmp_path, "no,status\n1,open\n", "areas.csv")
    with pytest.raises(
        DataError,
        match=r"no column holds 'area_id'; the file has: .*\.\n  Fix: .*'THEIR_NAME': 'area_id'.*ids='geometry'",
    ):
        read(path, "areas", crs=4326)
    with pytest.raises(DataError, match="ids='row'"):
        read(path, "funding")


PROFILE = """
name = "ours"
[tables.areas]
columns = { no = "area_id", who = "operator", gone = "parent_id" }
codes = { status = { O = "open", C = "released" } }
values = { hazard_class = "SHA", release_type = "cleared" }
units = { reported_area_m2 = "ha" }
dates = "dmy"
crs = "EPSG:4326"
"""


def test_a_profile_and_explicit_options_are_merged(tmp_path):
    profile = table(tmp_path, PROFILE, "ours.toml")
    text = "no,who,owner,status,reported_area_m2,survey_date\n1,Red,Blue,O,2,03/04/2015\n2,Red,Blue,C,3,04/05/2015\n"
    path = table(tmp_path, text, "areas.csv")
    areas = read(path, "areas", profile=profile)
    assert areas[["area_id", "operator", "status", "hazard_class", "release_type"]].values.tolist() == [
        ["1", "Red", "open", "SHA", "cleared"],
        ["2", "Red", "released", "SHA", "cleared"],
    ]
    assert areas["reported_area_m2"].tolist() == [20_000, 30_000]
    assert days(areas, "survey_date") == ["2015-04-03", "2015-05-04"]
    ours = read(
        path, "areas", profile=profile, columns={"owner": "operator"}, values={"hazard_class": "CHA"},
        units={"reported_area_m2": "m2"}, dates="mdy", codes={"status": {"O": "suspended"}},
    )  # fmt: skip
    assert ours["operator"].tolist() == ["Blue", "Blue"]
    assert ours["hazard_class"].tolist() == ["CHA", "CHA"]
    assert ours["release_type"].tolist() == ["cleared", "cleared"]
    assert ours["reported_area_m2"].tolist() == [2, 3]
    assert days(ours, "survey_date") == ["2015-03-04", "2015-04-05"]
    assert ours["status"].tolist() == ["suspended", "released"]
    swapped = read(path, "areas", profile=profile, columns={"no": "operator", "who": "area_id"})
    assert swapped[["area_id", "operator"]].values.tolist() == [["Red", "1"], ["Red", "2"]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tables.area]\n", r"names a table 'area' .*did you mean 'areas'\?"),
        ("[tables.areas]\ncolums = {}\n", r"'colums' is not known; did you mean 'columns'\?"),
        ("[tables.events]\n", r"says nothing of 'areas'; it has events"),
        ("[tables.areas\n", "is no TOML"),
    ],
)
def test_a_wrong_profile_is_refused(tmp_path, text, message):
    with pytest.raises(ProgrammeError, match=message):
        read(table(tmp_path, AREAS, "areas.csv"), "areas", profile=table(tmp_path, text, "ours.toml"))


def test_what_a_table_held_before_is_read_again(tmp_path):
    """The products of a run can be read: findings of the first reading stay, those of other hands are told."""
    first = read(table(tmp_path, "area_id,hazard_class\n1,DHA\n", "areas.csv"), "areas", crs=4326)
    frame = first.assign(geometry=[shapely.box(0, 0, 0.01, 0.01)])
    frame.to_file(tmp_path / "again.gpkg")
    again = read(tmp_path / "again.gpkg", "areas")
    assert json.loads(again["read_findings"][0]) == json.loads(first["read_findings"][0])
    assert find_problems(again, "areas").query("rule == 'R13'")["value"].tolist() == ["DHA"]
    columns = {"area_id": ["1"], "hazard_class": ["DHA"], "read_findings": ["see the file"]}
    other = gpd.GeoDataFrame(columns, geometry=frame.geometry.to_list(), crs=4326)
    other.to_file(tmp_path / "other.gpkg")
    told = find_problems(read(tmp_path / "other.gpkg", "areas"), "areas")
    assert sorted(told["rule"]) == ["R13", "R3"]


def test_as_text_keeps_what_is_written():
    values = pd.Series([1.0, 2.5, "007", " x ", "", None, 12, True], dtype="object")
    assert as_text(values).fillna("-").tolist() == ["1", "2.5", "007", "x", "-", "-", "12", "True"]
    assert as_text(pd.Series([1.0, np.nan, 1e15])).fillna("-").tolist() == ["1", "-", "1000000000000000"]
    assert as_text(pd.Series([], dtype="str")).tolist() == []


def test_names_cut_by_a_shapefile_and_in_other_cases_are_known(tmp_path):
    path = table(tmp_path, "AREA_ID,Hazard_Cla,reported_a,contaminat\n1,CHA,5,AP\n", "areas.csv")
    areas = read(path, "areas", crs=4326)
    names = ["area_id", "hazard_class", "reported_area_m2", "contamination_code"]
    assert areas[names].values.tolist() == [["1", "CHA", 5.0, "AP"]]


def test_a_code_list_names_only_our_codes(tmp_path):
    path = table(tmp_path, "area_id,status\n1,Done\n", "areas.csv")
    with pytest.raises(OptionError, match="'done' is no code of 'status'"):
        read(path, "areas", crs=4326, codes={"status": {"Done": "done"}})


def test_two_columns_can_not_be_one(tmp_path):
    path = table(tmp_path, "x,y\n1,2\n", "areas.csv")
    with pytest.raises(OptionError, match="'x' and 'y' both say that they are 'area_id'"):
        read(path, "areas", crs=4326, columns={"x": "area_id", "y": "area_id"})


def test_an_area_is_not_given_in_kilometres(tmp_path):
    path = table(tmp_path, "area_id,reported_area_m2\n1,2\n", "areas.csv")
    with pytest.raises(OptionError, match="must be one of m2, ha, km2"):
        read(path, "areas", crs=4326, units={"reported_area_m2": "km"})


def test_iso_years_are_read_beside_other_orders(tmp_path):
    path = table(tmp_path, "follow_up_id,visit_date\n1,03/04/2015\n2,2019\n3,2018-05\n", "visits.csv")
    dates = read(path, "follow_ups", dates="dmy")["visit_date"]
    assert [str(one.date()) for one in dates] == ["2015-04-03", "2019-01-01", "2018-05-01"]


def test_degrees_called_metres_and_metres_called_degrees_are_refused(tmp_path):
    path = table(tmp_path, 'area_id,wkt\n1,"POLYGON ((18 44, 18.1 44, 18.1 44.1, 18 44))"\n', "areas.csv")
    with pytest.raises(CRSError, match="look like degrees"):
        read(path, "areas", crs=32633)
    path = table(
        tmp_path,
        'area_id,wkt\n1,"POLYGON ((500000 4000000, 500100 4000000, 500000 4000100, 500000 4000000))"\n',
        "b.csv",
    )
    with pytest.raises(CRSError, match="no coordinate lies within"):
        read(path, "areas", crs=4326)
