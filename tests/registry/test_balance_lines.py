"""Methods, battle areas, reports of the same land, SHA to CHA, land that others hold, and restated accounts."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_points import account, as_frame, event, grid, grid_shape, rect, registry

from landrelease.errors import DataError, OptionError
from landrelease.registry import conflicts_on, land_balance, releases_from, status_on
from landrelease.registry.balance import restated_since

SIZE, STEP = 20, 50.0
NUMBERS = (
    "opening",
    "newly_recorded",
    "confirmed",
    "adjusted",
    "cancelled",
    "reduced",
    "cleared",
    "undated",
    "closing",
)
SQUARE = rect(0, 0, 100, 100)
LEFT, RIGHT = rect(0, 0, 50, 100), rect(50, 0, 100, 100)


def table(rows: list[dict], by: str | list[str] | None = None, start="2018-01-01", end="2022-12-31") -> dict:
    """The account as {(*group, year): {line: m2}}, zeros left out."""
    found = land_balance(as_frame(rows), by=by, start=start, end=end)
    names = [by] if isinstance(by, str) else list(by or [])
    result = {}
    for row in found.to_dict("records"):
        numbers = {name.removesuffix("_m2"): round(m2, 1) for name, m2 in row.items() if name.endswith("_m2") and m2}
        result[tuple(None if pd.isna(row[name]) else row[name] for name in [*names, "year"])] = numbers
    return result


# methods: of a flow, not of the land


def test_a_release_counts_by_its_own_method_and_stocks_have_none():
    rows = [
        event("1", "A", "confirmed", "2018-01-01", SQUARE, method_code="NTS"),
        event("2", "A", "cleared", "2019-01-01", rect(0, 0, 30, 100), method_code="manual"),
        event("3", "A", "cleared", "2019-02-01", rect(30, 0, 50, 100), method_code="mechanical"),
        event("4", "A", "reduced", "2020-01-01", rect(50, 0, 60, 100)),
        event("5", "A", "suspended", "2020-02-01", method_code="manual"),
        event("6", "A", "cancelled", None, rect(60, 0, 70, 100), method_code="NTS", recorded_at="2021-01-01"),
    ]
    assert table(rows, "method_code") == {
        (None, 2018): {"newly_recorded": 10000, "closing": 10000},
        (None, 2019): {"opening": 10000, "adjusted": -5000, "closing": 5000},
        ("manual", 2019): {"adjusted": 3000, "cleared": 3000},
        ("mechanical", 2019): {"adjusted": 2000, "cleared": 2000},
        (None, 2020): {"opening": 5000, "reduced": 1000, "closing": 4000},
        (None, 2021): {"opening": 4000, "adjusted": -1000, "closing": 3000},
        ("NTS", 2021): {"adjusted": 1000, "undated": -1000},
        (None, 2022): {"opening": 3000, "closing": 3000},
    }


def test_methods_within_provinces_and_only_of_land_that_nobody_else_holds():
    rows = [
        event("1", "A", "confirmed", "2018-01-01", SQUARE, admin_code="P1"),
        event("2", "B", "suspected", "2018-02-01", RIGHT, admin_code="P2"),
        event("3", "A", "cleared", "2019-01-01", method_code="animal"),
    ]
    assert table(rows, ["admin_code", "method_code"], end="2019-12-31") == {
        ("P1", None, 2018): {"newly_recorded": 10000, "closing": 10000},
        ("P1", None, 2019): {"opening": 10000, "adjusted": -10000},  # 5,000 of them are still B's
        ("P1", "animal", 2019): {"adjusted": 5000, "cleared": 5000},
        ("P2", None, 2019): {"adjusted": 5000, "closing": 5000},
    }


# battle areas apart from minefields


@pytest.mark.parametrize(
    ("contamination", "method", "expected"),
    [
        ("CMR", None, True), ("ERW", None, True), ("AP", None, False), ("AV", None, False), ("IM", None, False),
        ("mixed", None, False), ("unknown", None, None), (None, None, None), (None, "BAC", True),
        ("unknown", "BAC", True), ("AP", "BAC", False), (None, "manual", None),
    ],
)  # fmt: skip
def test_battle_areas_are_told_by_contamination_else_by_method(contamination, method, expected):
    rows = [
        event("1", "A", "confirmed", "2018-01-01", SQUARE),
        event("2", "A", "noted", "2019-01-01", contamination_code=contamination),
        event("3", "A", "cleared", "2020-01-01", method_code=method),
    ]
    assert table(rows, "is_battle_area") == {
        (expected, 2018): {"newly_recorded": 10000, "closing": 10000},
        (expected, 2019): {"opening": 10000, "closing": 10000},
        (expected, 2020): {"opening": 10000, "cleared": 10000},
    }
    found = land_balance(as_frame(rows), by="is_battle_area", start="2018-01-01", end="2020-12-31")
    assert str(found["is_battle_area"].dtype) == "boolean"


def test_a_battle_area_in_which_mines_are_found_passes_over_and_an_unknown_kind_says_nothing():
    rows = [
        event("1", "A", "confirmed", "2018-01-01", SQUARE, contamination_code="CMR"),
        event("2", "A", "noted", "2019-01-01", contamination_code="unknown"),
        event("3", "A", "confirmed", "2020-01-01", None, contamination_code="mixed"),
    ]
    found = table(rows, "is_battle_area")
    assert found[True, 2019] == {"opening": 10000, "closing": 10000}
    assert found[True, 2020] == {"opening": 10000, "adjusted": -10000}
    assert found[False, 2020] == {"adjusted": 10000, "closing": 10000}


def test_by_says_what_it_may_be():
    with pytest.raises(OptionError, match=r"no column 'is_battle'; did you mean 'is_battle_area'\?"):
        table([event("1", "A", "confirmed", "2018-01-01", SQUARE)], "is_battle")


# reports of the same land


REPORTS = [
    event("1", "A", "confirmed", "2018-01-01", SQUARE, contamination_code="AP"),
    event("2 progress", "A", "cleared", "2019-03-01", LEFT),
    event("3 progress", "A", "cleared", "2019-06-01", LEFT),
    event("4 progress", "A", "cleared", "2019-09-01", rect(40, 0, 90, 100)),
    event("5 completion", "A", "cleared", "2020-01-15", SQUARE),
    event("6 handover", "A", "handed_over", "2020-02-01", SQUARE),
    event("7 completion", "A", "cleared", "2020-03-01"),
]


def test_progress_completion_and_handover_reports_of_the_same_land_count_once():
    assert table(REPORTS) == {
        (2018,): {"newly_recorded": 10000, "closing": 10000},
        (2019,): {"opening": 10000, "cleared": 9000, "closing": 1000},
        (2020,): {"opening": 1000, "cleared": 1000},
    }
    releases = releases_from(as_frame(REPORTS)).set_index("release_id")
    assert releases["gross_m2"].sum() == pytest.approx(25_000, rel=1e-5)  # what a sum over the reports would say
    net = releases["area_m2"].round().to_dict()
    assert net == {
        "2 progress": 5000, "3 progress": 0, "4 progress": 4000, "5 completion": 1000, "7 completion": 0
    }  # fmt: skip
    assert (releases["handover_date"].dropna() == pd.Timestamp("2020-02-01")).all()
    assert status_on(as_frame(REPORTS), "2020-12-31")["release_type"].tolist() == ["cleared"]


def test_a_completion_report_of_another_type_takes_nothing_from_the_progress_reports():
    rows = [
        event("1", "A", "confirmed", "2018-01-01", SQUARE),
        event("2", "A", "cleared", "2019-03-01", LEFT),
        event("3", "A", "reduced", "2019-12-01", SQUARE),
    ]
    assert table(rows)[2019,] == {"opening": 10000, "cleared": 5000, "reduced": 5000}


def test_reports_of_land_that_no_record_made_hazardous_count_once_too():
    rows = [
        event("1", "A", "cleared", "2019-03-01", LEFT),
        event("2", "A", "cleared", "2019-09-01", RIGHT),
        event("3", "A", "cleared", "2020-01-15", SQUARE),
    ]
    assert releases_from(as_frame(rows))["area_m2"].sum() == pytest.approx(10_000, rel=1e-5)


# SHA to CHA is never new land


@pytest.mark.parametrize("by", [None, "hazard_class", "area_id"])
@pytest.mark.parametrize("ends", ["cancelled", "merged", None])
def test_a_cha_recorded_as_another_area_over_a_sha_is_no_new_land(by, ends):
    inside = rect(20, 20, 60, 60)
    rows = [
        event("1", "SHA-1", "suspected", "2018-01-01", SQUARE),
        event("2", "CHA-1", "confirmed", "2019-01-01", inside, parent_id="SHA-1"),
    ]
    if ends:
        rows.append(event("3", "SHA-1", ends, "2020-01-01", parent_id="CHA-1"))
    found = land_balance(as_frame(rows), by=by, start="2018-01-01", end="2021-12-31")
    assert found.groupby("year")["newly_recorded_m2"].sum().round().to_dict() == {
        2018: 10000,
        2019: 0,
        2020: 0,
        2021: 0,
    }
    released = found.groupby("year")["cancelled_m2"].sum().round().to_dict()
    assert released[2020] == (10000 - 1600 if ends == "cancelled" else 0)
    assert found.groupby("year")["closing_m2"].sum().round()[2021] == (1600 if ends == "cancelled" else 10000)


def test_only_what_a_cha_adds_to_the_sha_under_it_is_new():
    rows = [
        event("1", "SHA-1", "suspected", "2018-01-01", SQUARE),
        event("2", "CHA-1", "confirmed", "2019-01-01", rect(50, 0, 130, 100)),
    ]
    assert table(rows)[2019,] == {"opening": 10000, "newly_recorded": 3000, "closing": 13000}


# land that somebody still holds is not released


def test_a_release_inside_land_that_another_area_holds_releases_nothing():
    rows = [
        event("1", "A", "suspected", "2018-01-01", rect(-50, -50, 150, 150)),
        event("2", "B", "confirmed", "2018-02-01", SQUARE),
        event("3", "B", "cleared", "2019-01-01", method_code="manual"),
    ]
    events = as_frame(rows)
    release = releases_from(events).iloc[0]
    assert release["gross_m2"] == pytest.approx(10_000, rel=1e-5)
    assert release["area_m2"] == 0
    assert release["conflict_m2"] == pytest.approx(10_000, rel=1e-5)
    assert table(rows)[2019,] == {"opening": 40000, "closing": 40000}
    assert table(rows, "method_code")[None, 2019] == {"opening": 40000, "closing": 40000}
    assert conflicts_on(events, "2019-12-31")[["area_id", "other_area_id"]].values.tolist() == [["B", "A"]]
    later = as_frame([*rows, event("4", "A", "reduced", "2020-01-01")])
    assert releases_from(later).set_index("release_id")["area_m2"].round().to_dict() == {"3": 0, "4": 40000}


# restated


def test_a_late_release_and_a_late_void_restate_old_years():
    rows = [
        event("1", "A", "confirmed", "2018-01-01", SQUARE, recorded_at="2018-01-10", admin_code="P1"),
        event("2", "A", "cleared", "2019-05-01", LEFT, recorded_at="2021-05-01"),
        event("3", "B", "suspected", "2018-06-01", rect(200, 0, 300, 100), recorded_at="2018-06-10", admin_code="P2"),
        event("4", "B", "void", "2021-06-01", voids_event_id="3", recorded_at="2021-06-01"),
    ]
    events, period = as_frame(rows), {"start": "2018-01-01", "end": "2019-12-31"}
    found = restated_since(events, "2020-12-31", by="admin_code", **period)
    assert list(found.columns) == ["admin_code", "year", "line", "then_m2", "now_m2", "difference_m2"]
    assert found.round().values.tolist() == [
        ["P1", 2019, "cleared_m2", 0, 5000, 5000],
        ["P1", 2019, "closing_m2", 10000, 5000, -5000],
        ["P2", 2018, "newly_recorded_m2", 10000, 0, -10000],
        ["P2", 2018, "closing_m2", 10000, 0, -10000],
        ["P2", 2019, "opening_m2", 10000, 0, -10000],
        ["P2", 2019, "closing_m2", 10000, 0, -10000],
    ]
    assert restated_since(events, "2021-05-31", **period)["line"].tolist()[0] == "newly_recorded_m2"
    assert len(restated_since(events, "2021-06-01", by="admin_code", **period)) == 0
    # nothing was known yet: all that is said now is new
    all_new = restated_since(events, "2017-01-01", **period)
    assert (all_new["then_m2"] == 0).all()
    assert set(all_new["line"]) == {"newly_recorded_m2", "cleared_m2", "opening_m2", "closing_m2"}
    assert len(restated_since(events.iloc[:0], "2020-12-31", by=["admin_code", "is_battle_area"], **period)) == 0
    with pytest.raises(DataError, match="2 of 4 events have neither"):
        restated_since(
            events.assign(recorded_at=events["recorded_at"].where([True, False] * 2)), "2020-12-31", **period
        )


@pytest.mark.parametrize("by", [(), ("hazard_class",)])
@pytest.mark.parametrize("seed", [800, 801])
def test_what_was_restated_is_the_difference_of_two_counted_accounts(seed, by):
    rng = np.random.default_rng(seed)
    rows, since = registry(rng, grid_shape, SIZE, STEP), date(2014, 12, 31)
    for row in rows:
        row["recorded_at"] = row.get("recorded_at") or f"{rng.integers(2011, 2019)}-06-10"
    events, points = as_frame(rows), grid(SIZE, STEP)
    start, end = date(2009, 1, 1), date(2018, 12, 31)
    then, now = (account(some, points, start, end, by)
                 for some in ([row for row in rows if row["recorded_at"] <= since.isoformat()], rows))  # fmt: skip
    expected = {}
    for key in then.keys() | now.keys():
        for name in (*NUMBERS, "closing_undated"):
            cells = now.get(key, {}).get(name, 0) - then.get(key, {}).get(name, 0)
            if cells:
                expected[(*key, f"{name}_m2")] = cells * STEP**2
    found = restated_since(events, since, start=start, end=end, by=list(by))
    seen = {
        (*(None if pd.isna(row[name]) else row[name] for name in by), row["year"], row["line"]): row["difference_m2"]
        for row in found.to_dict("records")
    }
    assert expected
    assert seen.keys() == expected.keys()
    for key, m2 in expected.items():
        assert seen[key] == pytest.approx(m2, rel=1e-6, abs=0.05), key


# any registry


BYS = [
    "method_code",
    "is_battle_area",
    ["admin_code", "method_code"],
    ["is_battle_area", "hazard_class", "method_code"],
]


@settings(max_examples=12)
@given(st.integers(0, 10_000), st.sampled_from(BYS), st.sampled_from([None, "2014-06-30"]))
def test_every_group_and_year_closes_and_methods_hold_no_land(seed, by, known_on):
    rng = np.random.default_rng(seed)
    rows = registry(rng, grid_shape, SIZE, STEP, n_areas=3)
    for row in rows:
        row["recorded_at"] = row.get("recorded_at") or f"{rng.integers(2011, 2019)}-06-10"
        row["method_code"] = rng.choice(["manual", "BAC", "NTS", None])
        row["contamination_code"] = rng.choice(["AP", "CMR", "unknown", None, None])
    events, names = as_frame(rows), [by] if isinstance(by, str) else by
    period = {"start": "2010-01-01", "end": "2018-12-31", "known_on": known_on}
    found = land_balance(events, by=by, **period)
    gains = found[["opening_m2", "newly_recorded_m2", "confirmed_m2", "adjusted_m2", "undated_m2"]].sum(axis=1)
    losses = found[["cancelled_m2", "reduced_m2", "cleared_m2"]].sum(axis=1)
    np.testing.assert_allclose(gains - losses, found["closing_m2"], atol=0.01)
    assert (found["unexplained_m2"] == 0).all()
    if "method_code" in names:
        assert (found.loc[found["method_code"].notna(), ["opening_m2", "closing_m2", "newly_recorded_m2"]] == 0).all(
            axis=None
        )
    keys, numbers = [*(name for name in names if name != "method_code"), "year"], [f"{name}_m2" for name in NUMBERS]
    summed = found.groupby(keys, dropna=False)[numbers].sum().reset_index()
    coarse = land_balance(events, by=keys[:-1], **period)[[*keys, *numbers]]
    both = summed.merge(coarse, "outer", keys, suffixes=("", "_coarse"))
    for one in numbers:
        np.testing.assert_allclose(both[one].fillna(0), both[f"{one}_coarse"].fillna(0), atol=0.01)
