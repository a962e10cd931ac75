"""People by hand: households once, the latest count, nothing split, and unknown that stays in its column."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease import beneficiaries, beneficiaries_seen, find_problems, publishable
from landrelease.errors import DataError

SPLIT = ["women_count", "girls_count", "men_count", "boys_count"]


def records_of(*rows, columns=("release_id", "household_id", *SPLIT), **more) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns))
    return frame.assign(**{"stage_code": "confirmed", "beneficiary_code": "direct", **more})


def line(found, stage="confirmed", kind="direct", **group) -> pd.Series:
    table = found.table
    for name, value in {"stage_code": stage, "beneficiary_code": kind, **group}.items():
        table = table[table[name] == value]
    assert len(table) == 1
    return table.iloc[0]


def test_a_household_counts_once():
    records = records_of(
        ("E1", "H1", 1, 2, 1, 0), ("E2", "H1", 1, 2, 1, 0), ("E1", "H2", 1, 0, 0, 3),
        admin_code=["N", "S", "N"],
    )  # fmt: skip
    whole = line(beneficiaries(records))
    assert whole[[*SPLIT, "people_count"]].tolist() == [2, 2, 1, 3, 8]
    assert whole[["household_count", "release_count", "record_count", "incomplete_count"]].tolist() == [2, 2, 2, 0]
    parts = beneficiaries(records, by="admin_code")
    assert line(parts, admin_code="N")["people_count"] == 8
    assert line(parts, admin_code="S")["people_count"] == 4
    assert len(parts.table) == 2 * 4
    assert pd.isna(line(parts, "expected", admin_code="S")["people_count"])


def test_the_latest_count_of_a_household_counts():
    records = records_of(("E1", "H1", 1, 0, 1, 0), ("E1", "H1", 2, 0, 1, 0), ("E1", "H1", 9, 0, 9, 0),
                         counted_date=["2021-01-01", "2022-01-01", None])  # fmt: skip
    assert line(beneficiaries(records))[SPLIT].tolist() == [2, 0, 1, 0]
    # expected and confirmed are two things, never one sum
    records["stage_code"] = ["confirmed", "expected", "confirmed"]
    found = beneficiaries(records)
    assert (line(found)["women_count"], line(found, "expected")["women_count"]) == (1, 2)


def test_direct_before_indirect():
    records = records_of(("E1", "H1", 1, 0, 1, 0), ("E2", "H1", 1, 0, 1, 0), ("E2", "H2", 3, 0, 0, 0),
                         beneficiary_code=["direct", "indirect", "indirect"])  # fmt: skip
    found = beneficiaries(records)
    assert line(found)["people_count"] == 2
    assert line(found, kind="indirect")["people_count"] == 3
    assert "1 household benefits directly and indirectly: counted as direct" in found.caveats
    # the wider community of a release is not those who use it
    all_users = records_of(("E1", None, 1, 0, 1, 0), ("E1", None, 90, 0, 80, 0))
    all_users["beneficiary_code"] = ["direct", "indirect"]
    assert line(beneficiaries(all_users), kind="indirect")["people_count"] == 170


def test_what_was_not_split_is_not_split():
    columns = ("release_id", "women_count", "men_count", "unknown_count", "people_count")
    records = records_of(("E1", None, None, None, 30), ("E2", 4, 3, None, 12), ("E3", 1, None, None, None),
                         ("E4", 2, 2, 6, None), columns=columns)  # fmt: skip
    found = beneficiaries(records)
    row = line(found)
    assert row["women_count"] == 7
    assert row["men_count"] == 5
    assert row["unknown_count"] == 30 + 5 + 6
    assert row["people_count"] == 30 + 12 + 1 + 10
    assert pd.isna(row["girls_count"])
    assert pd.isna(row["household_count"])
    assert row["incomplete_count"] == 4
    assert found.missing_share == 1
    assert any("4 of 4 records name no household" in one for one in found.caveats)


COUNT = st.one_of(st.none(), st.integers(0, 9))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(COUNT, COUNT, COUNT, COUNT, COUNT, st.integers(0, 9), st.booleans()), min_size=1, max_size=8))
def test_unknown_never_moves_between_columns(rows):
    records = pd.DataFrame([row[:5] for row in rows], columns=[*SPLIT, "unknown_count"], dtype="Int64")
    records["release_id"] = [f"E{i}" for i in range(len(rows))]
    extra = [row[5] if row[6] else None for row in rows]
    stated = records[[*SPLIT, "unknown_count"]].sum(axis=1)
    records["people_count"] = [None if one is None else stated[i] + one for i, one in enumerate(extra)]
    records = records.assign(stage_code="expected", beneficiary_code="direct")
    row = line(beneficiaries(records), "expected")
    for name in SPLIT:
        stated = records[name].sum(min_count=1)
        assert (pd.isna(row[name]) and pd.isna(stated)) or row[name] == stated
    parts = row[[*SPLIT, "unknown_count"]].dropna().sum()
    if pd.isna(row["people_count"]):
        assert records[[*SPLIT, "unknown_count", "people_count"]].isna().all(axis=None)
    else:
        assert row["people_count"] == parts
    shuffled = records.sample(frac=1, random_state=0)
    pd.testing.assert_series_equal(row, line(beneficiaries(shuffled), "expected"))


def test_visits_confirm_direct_users():
    releases = pd.DataFrame({"release_id": ["E1", "E2"], "area_id": ["A", "B"], "release_date": ["2020-01-01"] * 2})
    visits = pd.DataFrame({
        "follow_up_id": list("12345"), "release_id": ["E1", "E1", None, "E2", "E2"],
        "area_id": [None, None, "B", None, None],
        "visit_date": ["2021-01-01", "2022-01-01", "2021-01-01", "2026-06-01", "2022-01-01"],
        "use_code": ["grazing"] * 5, "women_count": [5, 7, 2, 50, None],
        "with_disability_count": [1, None, None, 1, None],
    })  # fmt: skip
    seen = beneficiaries_seen(releases, visits, as_of="2025-12-31")
    assert seen["record_id"].tolist() == ["1", "2", "3"]
    assert find_problems(seen, "beneficiaries").empty
    row = line(beneficiaries(seen))
    assert row["women_count"] == 9
    assert pd.isna(row["with_disability_count"])  # the latest visit to E1 does not say
    assert row["release_count"] == 2


def test_the_counts_can_be_published():
    records = records_of(("E1", "H1", 3, 20, 30, 40), ("E2", "H2", 15, 20, 25, 60), admin_code=["N", "S"])
    table = beneficiaries(records, by="admin_code").table
    table = table[(table["stage_code"] == "confirmed") & (table["beneficiary_code"] == "direct")]
    cells = table.melt(id_vars="admin_code", value_vars=SPLIT, var_name="person", value_name="counted")
    told = publishable(cells, count="counted", by=["admin_code", "person"]).set_index(["admin_code", "person"])
    assert told.loc[("N", "women_count"), "status"] == "suppressed"
    assert (told["status"] == "suppressed").sum() == 4


@pytest.mark.parametrize(
    ("records", "message"),
    [
        (records_of(("E1", "H1", 1, 0, 0, 0), ("E2", "H1", 2, 0, 0, 0)), "1 units have two counts of one day"),
        (records_of(("E1", "H1", 1, 0, 0, 0), ("E1", None, 9, 0, 0, 0)), "households and a count of all their users"),
        (records_of((None, None, 1, 0, 0, 0)), "1 of 1 records name neither release nor household"),
        (records_of(("E1", "H1", -1, 0, 0, 0)), "0 or more"),
        (records_of(("E1", "H1", 1.5, 0, 0, 0)), "whole numbers of people"),
        (records_of(("E1", "H1", 3, 0, 0, 0), people_count=2), "more people by part .* the first 3 of 2"),
        (records_of(("E1", "H1", 1, 0, 0, 0), people_count=2, with_disability_count=3), r"\(disability\)"),
        (records_of(("E1", "H1", 1, 0, 0, 0), stage_code="hoped"), "stage_code must be one of expected, confirmed"),
        (records_of(("E1", "H1", 1, 0, 0, 0), beneficiary_code=None), "beneficiary_code must be one of"),
        (records_of(("E1", "H1", 1, 0, 0, 0), counted_date=2021), "are no dates"),
        (pd.DataFrame({"release_id": ["E1"]}), "no column 'stage_code'"),
    ],
)
def test_bad_records(records, message):
    with pytest.raises(DataError, match=message):
        beneficiaries(records)


def test_inputs_are_not_changed():
    records = records_of(("E1", "H1", 3, 0, 0, 0), people_count=4)
    before = records.copy()
    beneficiaries(records)
    pd.testing.assert_frame_equal(records, before)
