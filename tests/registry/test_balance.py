"""Accounts over several years, worked out by hand; published figures; undated records; errors."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from oracle_points import CRS, as_frame, event, rect
from pyproj import CRS as ProjCRS

from landrelease.errors import DataError, OptionError
from landrelease.registry import events_from_areas, land_balance
from landrelease.tables import RESULTS

PERIOD = {"start": "2018-01-01", "end": "2022-12-31"}
FLOWS = ("newly_recorded", "confirmed", "adjusted", "cancelled", "reduced", "cleared", "undated")


def account(rows: list[dict], by: str | list[str] | None = None, **period: str) -> dict[tuple, dict[str, float]]:
    """The account as {(group, year): {what: m2}}, zeros left out."""
    found = land_balance(as_frame(rows), by=by, **(period or PERIOD))
    names = [by] if isinstance(by, str) else list(by or [])
    table = {}
    for row in found.to_dict("records"):
        key = tuple(None if pd.isna(row[name]) else row[name] for name in [*names, "year"])
        numbers = {name.removesuffix("_m2"): round(m2, 1) for name, m2 in row.items() if name.endswith("_m2")}
        table[key if names else key[0]] = {name: m2 for name, m2 in numbers.items() if m2}
    return table


# one area of 10,000 m2 and one of 10,000 that overlap by 2,000
TWO = [
    event("1", "A", "suspected", "2018-03-01", rect(0, 0, 100, 100), admin_code="P1", operator="one"),
    event("2", "B", "confirmed", "2019-03-01", rect(80, 0, 180, 100), admin_code="P2", operator="two"),
    event("3", "A", "confirmed", "2020-05-01", None, operator="one"),
    event("4", "A", "reduced", "2020-06-01", rect(0, 0, 30, 100), operator="one"),
    event("5", "A", "cleared", "2021-06-01", None, operator="one"),
    event("6", "B", "cancelled", "2022-06-01", rect(80, 0, 130, 100), operator="two"),
]


def test_one_account_of_two_areas_that_overlap():
    assert account(TWO) == {
        2018: {"newly_recorded": 10000, "closing": 10000},
        2019: {"opening": 10000, "newly_recorded": 8000, "closing": 18000},
        2020: {"opening": 18000, "reduced": 3000, "closing": 15000},
        # A gives up 7,000; B still holds 2,000 of them
        2021: {"opening": 15000, "cleared": 5000, "closing": 10000},
        2022: {"opening": 10000, "cancelled": 5000, "closing": 5000},
    }


@pytest.mark.parametrize(
    ("by", "a", "b"), [("area_id", "A", "B"), ("admin_code", "P1", "P2"), ("operator", "one", "two")]
)
def test_land_passes_to_the_area_that_still_holds_it(by, a, b):
    assert account(TWO, by) == {
        (a, 2018): {"newly_recorded": 10000, "closing": 10000},
        (a, 2019): {"opening": 10000, "closing": 10000},
        (b, 2019): {"newly_recorded": 8000, "closing": 8000},
        (a, 2020): {"opening": 10000, "reduced": 3000, "closing": 7000},
        (b, 2020): {"opening": 8000, "closing": 8000},
        (a, 2021): {"opening": 7000, "cleared": 5000, "adjusted": -2000},
        (b, 2021): {"opening": 8000, "adjusted": 2000, "closing": 10000},
        (b, 2022): {"opening": 10000, "cancelled": 5000, "closing": 5000},
    }


def test_confirming_is_a_transfer_between_classes_and_never_new_land():
    assert account(TWO, "hazard_class") == {
        ("SHA", 2018): {"newly_recorded": 10000, "closing": 10000},
        ("SHA", 2019): {"opening": 10000, "closing": 10000},
        ("CHA", 2019): {"newly_recorded": 8000, "closing": 8000},
        ("SHA", 2020): {"opening": 10000, "confirmed": -10000},
        ("CHA", 2020): {"opening": 8000, "confirmed": 10000, "reduced": 3000, "closing": 15000},
        ("CHA", 2021): {"opening": 15000, "cleared": 5000, "closing": 10000},
        ("CHA", 2022): {"opening": 10000, "cancelled": 5000, "closing": 5000},
    }


def test_several_columns_split_further():
    found = account(TWO, ["admin_code", "hazard_class"])
    assert found["P1", "SHA", 2020] == {"opening": 10000, "confirmed": -10000}
    assert found["P1", "CHA", 2020] == {"confirmed": 10000, "reduced": 3000, "closing": 7000}
    assert found["P2", "CHA", 2021] == {"opening": 8000, "adjusted": 2000, "closing": 10000}
    assert account(TWO, ["area_id"]) == account(TWO, "area_id")
    assert account(TWO, []) == account(TWO, None)


def test_confirming_more_land_than_was_suspected_adds_only_what_is_more():
    rows = [
        event("1", "A", "suspected", "2018-01-01", rect(0, 0, 100, 100)),
        event("2", "A", "confirmed", "2019-01-01", rect(50, 0, 150, 100)),
    ]
    assert account(rows, "hazard_class", start="2019-01-01", end="2019-12-31") == {
        ("SHA", 2019): {"opening": 10000, "confirmed": -10000},
        ("CHA", 2019): {"confirmed": 10000, "newly_recorded": 5000, "closing": 15000},
    }
    assert account(rows)[2019] == {"opening": 10000, "newly_recorded": 5000, "closing": 15000}


def test_the_class_goes_by_suspicion_and_confirmation_whatever_the_columns_of_other_events_say():
    rows = [
        event("1", "A", "suspected", "2018-01-01", rect(0, 0, 100, 100), hazard_class="SHA"),
        event("2", "A", "reduced", "2019-01-01", rect(0, 0, 10, 100), hazard_class="CHA"),
        event("3", "A", "confirmed", "2020-01-01", None),
    ]
    found = account(rows, "hazard_class")
    assert found["SHA", 2019] == {"opening": 10000, "reduced": 1000, "closing": 9000}
    assert found["SHA", 2020] == {"opening": 9000, "confirmed": -9000}
    assert found["CHA", 2020] == {"confirmed": 9000, "closing": 9000}


def test_redrawn_boundaries_are_adjustments_with_their_sign():
    rows = [
        event("1", "A", "suspected", "2018-01-01", rect(0, 0, 100, 100)),
        event("2", "A", "corrected", "2019-01-01", rect(0, 0, 150, 100)),
        event("3", "A", "corrected", "2020-01-01", rect(0, 0, 20, 100)),
        event("4", "A", "corrected", "2021-01-01", rect(500, 0, 520, 100)),
    ]
    assert account(rows) == {
        2018: {"newly_recorded": 10000, "closing": 10000},
        2019: {"opening": 10000, "adjusted": 5000, "closing": 15000},
        2020: {"opening": 15000, "adjusted": -13000, "closing": 2000},
        2021: {"opening": 2000, "closing": 2000},
        2022: {"opening": 2000, "closing": 2000},
    }


@pytest.mark.parametrize("kind", ["split", "merged"])
def test_splits_and_mergers_pass_land_on(kind):
    rows = [
        event("1", "A", "confirmed", "2018-01-01", rect(0, 0, 100, 100)),
        event("2", "B", "confirmed", "2019-01-01", rect(0, 0, 60, 100), parent_id="A"),
        event("3", "C", "confirmed", "2019-01-01", rect(60, 0, 90, 100), parent_id="A"),
        event("4", "A", kind, "2019-01-01"),
        event("5", "B", "cleared", "2020-01-01"),
    ]
    assert account(rows, "area_id", start="2019-01-01", end="2020-12-31") == {
        ("A", 2019): {"opening": 10000, "adjusted": -9000, "closing": 1000},
        ("B", 2019): {"adjusted": 6000, "closing": 6000},
        ("C", 2019): {"adjusted": 3000, "closing": 3000},
        ("A", 2020): {"opening": 1000, "closing": 1000},
        ("B", 2020): {"opening": 6000, "cleared": 6000},
        ("C", 2020): {"opening": 3000, "closing": 3000},
    }
    assert account(rows, start="2019-01-01", end="2020-12-31") == {
        2019: {"opening": 10000, "closing": 10000},
        2020: {"opening": 10000, "cleared": 6000, "closing": 4000},
    }


def test_reopened_land_is_newly_recorded():
    rows = [
        event("1", "A", "confirmed", "2018-01-01", rect(0, 0, 100, 100)),
        event("2", "A", "cleared", "2019-01-01"),
        event("3", "B", "reopened", "2020-01-01", rect(0, 0, 40, 100), parent_id="A"),
    ]
    found = account(rows)
    assert found[2019] == {"opening": 10000, "cleared": 10000}
    assert found[2020] == {"newly_recorded": 4000, "closing": 4000}


def test_work_by_another_operator_takes_the_area_over_first():
    rows = [
        event("1", "A", "confirmed", "2018-01-01", rect(0, 0, 100, 100), operator="one"),
        event("2", "A", "cleared", "2019-01-01", rect(0, 0, 40, 100), operator="two"),
        event("3", "A", "cleared", "2020-01-01", rect(40, 0, 60, 100)),
    ]
    found = account(rows, "operator")
    assert found["one", 2019] == {"opening": 10000, "adjusted": -10000}
    assert found["two", 2019] == {"adjusted": 10000, "cleared": 4000, "closing": 6000}
    assert found["two", 2020] == {"opening": 6000, "cleared": 2000, "closing": 4000}


def test_land_whose_group_is_not_known_has_a_missing_one_and_admin_codes_hold_from_the_start():
    rows = [
        event("1", "A", "confirmed", "2018-01-01", rect(0, 0, 100, 100)),
        event("2", "A", "cleared", "2019-01-01", rect(0, 0, 40, 100), admin_code="P1", operator="one"),
        event("3", "B", "confirmed", "2018-01-01", rect(200, 0, 300, 100)),
    ]
    by_place = account(rows, "admin_code")
    assert by_place["P1", 2018] == {"newly_recorded": 10000, "closing": 10000}
    assert by_place[None, 2018] == {"newly_recorded": 10000, "closing": 10000}
    by_operator = account(rows, "operator")
    assert by_operator[None, 2018] == {"newly_recorded": 20000, "closing": 20000}
    assert by_operator[None, 2019] == {"opening": 20000, "adjusted": -10000, "closing": 10000}
    assert by_operator["one", 2019] == {"adjusted": 10000, "cleared": 4000, "closing": 6000}


# time


def test_part_of_a_year_has_the_flows_of_its_days_only():
    rows = [
        event("1", "A", "confirmed", "2018-03-31", rect(0, 0, 100, 100)),
        event("2", "A", "cleared", "2018-04-01", rect(0, 0, 10, 100)),
        event("3", "A", "cleared", "2019-09-30", rect(10, 0, 30, 100)),
        event("4", "A", "cleared", "2019-10-01", rect(30, 0, 60, 100)),
    ]
    assert account(rows, start="2018-04-01", end="2019-09-30") == {
        2018: {"opening": 10000, "cleared": 1000, "closing": 9000},
        2019: {"opening": 9000, "cleared": 2000, "closing": 7000},
    }
    assert account(rows, start="2019-10-01", end="2019-10-01") == {
        2019: {"opening": 7000, "cleared": 3000, "closing": 4000}
    }


def test_periods_of_dates_fall_into_the_year_in_which_they_count():
    rows = [
        event("1", "A", "confirmed", "2018-07-01", rect(0, 0, 100, 100), date_precision="year"),
        event("2", "A", "cleared", "2019-02-01", rect(0, 0, 10, 100), date_precision="month"),
        event("3", "A", "cleared", "2019-01-01", rect(10, 0, 30, 100), date_precision="year"),
    ]
    assert account(rows, start="2018-01-01", end="2019-12-30") == {
        2018: {"newly_recorded": 10000, "closing": 10000},
        2019: {"opening": 10000, "cleared": 1000, "closing": 9000},
    }
    assert account(rows)[2019] == {"opening": 10000, "cleared": 3000, "closing": 7000}


def test_undated_records_are_in_the_stocks_and_in_no_flow():
    rows = [
        event("1", "A", "suspected", None, rect(0, 0, 100, 100)),
        event("2", "A", "cancelled", None, rect(0, 0, 30, 100), recorded_at="2019-07-01"),
        event("3", "A", "cleared", None, rect(30, 0, 60, 100)),
        event("4", "A", "cleared", "2020-07-01", rect(60, 0, 70, 100)),
        event("5", "B", "suspected", "2019-02-01", rect(200, 0, 300, 100)),
    ]
    assert account(rows, start="2018-01-01", end="2020-12-31") == {
        2018: {"opening": 10000, "closing": 10000, "closing_undated": 10000},
        2019: {"opening": 10000, "newly_recorded": 10000, "undated": -3000, "closing": 17000, "closing_undated": 7000},
        2020: {"opening": 17000, "cleared": 1000, "closing": 16000, "closing_undated": 6000},
    }


def test_an_undated_release_before_the_first_record_does_not_make_the_land_undated():
    rows = [
        event("1", "A", "noted", None, recorded_at="2018-02-01"),
        event("2", "A", "cancelled", None, recorded_at="2018-03-01"),
        event("3", "A", "confirmed", "2018-04-01", rect(0, 0, 100, 100)),
    ]
    assert account(rows, start="2018-01-01", end="2018-12-31") == {2018: {"newly_recorded": 10000, "closing": 10000}}


def test_a_snapshot_without_dates_closes_at_what_is_left():
    areas = gpd.GeoDataFrame(
        {"area_id": ["A", "B"], "status": ["released", "open"], "release_type": ["cleared", None]},
        geometry=[rect(0, 0, 100, 100), rect(50, 0, 150, 100)], crs=CRS,
    )  # fmt: skip
    found = land_balance(events_from_areas(areas, as_of="2021-03-01"), start="2020-01-01", end="2022-12-31")
    table = found.set_index("year")[["opening_m2", "undated_m2", "closing_m2"]].round(1)
    assert table.loc[2020].tolist() == [15000, 0, 15000]
    assert table.loc[2021].tolist() == [15000, -5000, 10000]
    assert table.loc[2022].tolist() == [10000, 0, 10000]
    assert (found[["cleared_m2", "newly_recorded_m2"]] == 0).all(axis=None)


def test_voided_events_are_in_no_account():
    rows = [
        event("1", "A", "confirmed", "2018-01-01", rect(0, 0, 100, 100)),
        event("2", "A", "cleared", "2019-01-01"),
        event("3", "A", "void", "2021-01-01", voids_event_id="2"),
    ]
    assert account(rows)[2019] == {"opening": 10000, "closing": 10000}


def test_areas_that_touch_have_no_land_in_common():
    rows = [event(str(i), f"A{i}", "confirmed", "2018-01-01", rect(100 * i, 0, 100 * i + 100, 100)) for i in range(5)]
    assert account(rows)[2018] == {"newly_recorded": 50000, "closing": 50000}


# published figures


ZIMBABWE_2014 = {
    "Musengezi-Rwenya": (187, 28_025_706),
    "Sango-Crooks Corner": (4, 13_600_000),
    "Rusitu-Muzite": (1, 15_000_000),
    "Sheba-Beacon Hill": (5, 5_000_000),
    "Burma Valley": (1, 806_000),
    "Lusulu": (1, 560_000),
}
"""Confirmed hazardous areas at the end of 2014 and their m2 (Landmine Monitor 2015)."""
# an equal-area plane of the test's own, centred away from every square
PLANE = ProjCRS.from_proj4("+proj=laea +lat_0=-18 +lon_0=29 +datum=WGS84")


def zimbabwe() -> gpd.GeoDataFrame:
    rows, shapes = [], []
    for i, (name, (count, m2)) in enumerate(ZIMBABWE_2014.items()):
        side = (m2 / count) ** 0.5
        for j in range(count):
            x, y = 20_000 + (j % 14) * 1.5 * side, -200_000 + i * 40_000 + (j // 14) * 1.5 * side
            rows.append({"area_id": f"{name}/{j}", "hazard_class": "CHA", "status": "open", "admin_code": name})
            rows[-1]["survey_date"] = pd.Timestamp("2014-06-30")
            shapes.append(as_square(x, y, side))
    return gpd.GeoDataFrame(rows, geometry=gpd.GeoSeries(shapes, crs=PLANE).to_crs(4326), crs=4326)


def as_square(x: float, y: float, side: float):
    from shapely import box, segmentize

    return segmentize(box(x, y, x + side, y + side), 100)  # true edges, also in degrees


@pytest.mark.parametrize("dated", [True, False])
def test_the_published_table_of_zimbabwe_sums(dated):
    areas = zimbabwe()
    assert len(areas) == 199
    if not dated:
        areas = areas.drop(columns="survey_date")
    events = events_from_areas(areas, as_of="2014-12-31")
    found = land_balance(events, by="admin_code", start="2014-01-01", end="2014-12-31").set_index("admin_code")
    for name, (_, m2) in ZIMBABWE_2014.items():
        assert found.loc[name, "closing_m2"] == pytest.approx(m2, rel=1e-6)
    total = land_balance(events, start="2014-01-01", end="2014-12-31").iloc[0]
    assert total["closing_m2"] == pytest.approx(62_991_706, rel=1e-6)
    assert found["closing_m2"].sum() == pytest.approx(total["closing_m2"], abs=0.01)
    assert total["newly_recorded_m2"] == pytest.approx(62_991_706 if dated else 0, rel=1e-6)
    assert total["closing_undated_m2"] == pytest.approx(0 if dated else 62_991_706, rel=1e-6)


# form and errors


def test_the_columns_are_those_declared_and_rows_are_sorted():
    declared = [column.name for column in RESULTS["land_balance"].columns if column.name != "by"]
    assert list(land_balance(as_frame(TWO), **PERIOD).columns) == declared
    found = land_balance(as_frame(TWO), by=["hazard_class", "area_id"], **PERIOD)
    assert list(found.columns) == ["hazard_class", "area_id", *declared]
    assert found[["hazard_class", "area_id", "year"]].equals(
        found[["hazard_class", "area_id", "year"]].sort_values(["hazard_class", "area_id", "year"])
    )
    assert str(found["year"].dtype) == "Int64"
    assert found.drop(columns=["hazard_class", "area_id"]).notna().all(axis=None)


@pytest.mark.parametrize("by", [None, "area_id", ["admin_code", "operator"]])
def test_no_land_is_no_rows(by):
    empty = as_frame(TWO).iloc[:0]
    early = {"start": "2000-01-01", "end": "2001-12-31"}
    for found in (land_balance(empty, by=by, **PERIOD), land_balance(as_frame(TWO), by=by, **early)):
        assert len(found) == 0
        assert "closing_m2" in found
    without_polygons = as_frame([event("1", "A", "confirmed", "2018-01-01"), event("2", "A", "cleared", "2019-01-01")])
    assert len(land_balance(without_polygons, by=by, **PERIOD)) == 0


def test_errors_say_what_and_how():
    events = as_frame(TWO)
    with pytest.raises(OptionError, match=r"by: 'events' has no column 'admin_cod'; did you mean 'admin_code'\?"):
        land_balance(events, by="admin_cod", **PERIOD)
    with pytest.raises(OptionError, match="no column 'geometry'"):
        land_balance(events, by=["area_id", "geometry"], **PERIOD)
    with pytest.raises(DataError, match="ends on 2017-12-31, before it starts on 2018-01-01"):
        land_balance(events, start="2018-01-01", end="2017-12-31")
    for bad in (2018, None, "never"):
        with pytest.raises(OptionError, match="start must be a date such as"):
            land_balance(events, start=bad, end="2020-12-31")
        with pytest.raises(OptionError, match="end must be a date such as"):
            land_balance(events, start="2018-01-01", end=bad)
