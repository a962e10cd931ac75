"""Treaty tables: a register by hand, sums that must agree with the account, editions that can not be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle_points import as_frame, event, rect

from landrelease import land_balance, status_on, treaty_tables
from landrelease.errors import DataError, OptionError, ProgrammeError
from landrelease.registry.editions import bundled_editions, read_edition
from landrelease.tables import RESULTS

YEAR = {"start": "2024-01-01", "end": "2024-12-31"}
GENERIC = Path(__file__).resolve().parents[2] / "landrelease" / "registry" / "editions" / "generic.toml"

# North: A, confirmed, 10,000 m2, of which 4,000 are cleared and 1,000 reduced in 2024; B, suspected, 10,000 m2, all
# cancelled in 2024; C, suspected, 5,000 m2, since 2024. South: D, confirmed, cleared in 2023 and reported again in
# 2024; E, suspected, no polygon. The group of F is not known.
REGISTER = [
    event("1", "A", "confirmed", "2020-03-01", rect(0, 0, 100, 100), admin_code="N", contamination_code="AP"),
    event("2", "A", "cleared", "2024-02-01", rect(0, 0, 40, 100), ap_mine_count=7, erw_count=2),
    event("3", "A", "reduced", "2024-03-01", rect(40, 0, 50, 100)),
    event("4", "B", "suspected", "2021-03-01", rect(200, 0, 300, 100), admin_code="N", contamination_code="mixed"),
    event("5", "B", "cancelled", "2024-04-01", None),
    event("6", "C", "suspected", "2024-05-01", rect(400, 0, 450, 100), admin_code="N", contamination_code="AP"),
    event("7", "D", "confirmed", "2020-03-01", rect(0, 500, 100, 600), admin_code="S", contamination_code="IM"),
    event("8", "D", "cleared", "2023-06-01", None, ap_mine_count=11),
    event("9", "D", "cleared", "2024-06-01", rect(0, 500, 100, 600), ap_mine_count=11),
    event("10", "E", "suspected", "2020-01-01", None, admin_code="S", contamination_code="AP"),
    event("11", "F", "confirmed", "2020-01-01", rect(0, 900, 10, 1000), contamination_code="AP"),
]


def tables(rows: list[dict], **options: Any) -> Any:
    return treaty_tables(as_frame(rows), **{**YEAR, **options})


def by_group(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    keyed = table.set_index(table.iloc[:, 0].fillna("-")).iloc[:, 1:]
    return {
        group: {name: round(float(value), 1) for name, value in row.items() if not pd.isna(value) and value != 0}
        for group, row in keyed.iterrows()
    }


def test_what_is_left_by_hand():
    found = tables(REGISTER)
    assert by_group(found.areas) == {
        "N": {"cha_count": 1, "cha_m2": 5000, "sha_count": 1, "sha_m2": 5000, "area_count": 2, "area_m2": 10000},
        "S": {"sha_count": 1, "area_count": 1, "unmeasured_count": 1},
        "-": {"cha_count": 1, "cha_m2": 1000, "area_count": 1, "area_m2": 1000},
    }
    # nothing is known of the land of E: missing, not 0
    south = found.areas.set_index("admin_code").loc["S"]
    assert south[["sha_m2", "area_m2"]].isna().all()
    assert south["cha_m2"] == 0
    # what is left is of the last day, however long the period
    pd.testing.assert_frame_equal(tables(REGISTER, start="2020-01-01").areas, found.areas)
    assert found.missing_share == pytest.approx(1 / 4)
    assert found.n == 6
    assert "1 of 4 hazardous areas have no polygon: they are in no m2." in found.caveats


def test_what_was_released_by_hand():
    found = by_group(tables(REGISTER).releases)
    north = {"cleared_m2": 4000, "reduced_m2": 1000, "cancelled_m2": 10000, "released_m2": 15000, "cleared_count": 1,
             "reduced_count": 1, "cancelled_count": 1, "closed_count": 1}  # fmt: skip
    # D was cleared, and closed, the year before
    assert found == {"N": north, "S": {}, "-": {}}
    before = tables(REGISTER, start="2023-01-01", end="2023-12-31").releases
    assert by_group(before)["S"] == {"cleared_m2": 10000, "released_m2": 10000, "cleared_count": 1, "closed_count": 1}


def test_areas_are_counted_each_once():
    """Two areas of one province, one of them cleared in two steps."""
    rows = [event(str(i), area, "confirmed", "2020-01-01", rect(200 * i, 0, 200 * i + 100, 100), admin_code="N",
                  contamination_code="AP") for i, area in enumerate("AB")]  # fmt: skip
    rows += [event("2", "A", "cleared", "2024-02-01", rect(0, 0, 40, 100)), event("3", "A", "cleared", "2024-03-01"),
             event("4", "B", "cleared", "2024-04-01")]  # fmt: skip
    found = tables(rows).releases
    assert found[["cleared_m2", "cleared_count", "closed_count"]].round().values.tolist() == [[20000, 2, 2]]


def test_what_was_destroyed_by_hand():
    found = tables(REGISTER)
    assert by_group(found.items) == {
        "N": {"ap_mine_count": 7, "erw_count": 2, "clearance_count": 1},
        "S": {"ap_mine_count": 11, "clearance_count": 1},
        "-": {},
    }
    # nobody said anything of anti-vehicle mines: missing, not 0
    assert found.items[["av_mine_count", "cmr_count"]].isna().all(axis=None)
    assert (
        "1 report took no land that was not released before: what is stated there (11 items) is in the sums, and may "
        "be there twice."
    ) in found.caveats
    survey = tables([{**row, "ap_mine_count": 1} if row["event_id"] == "6" else row for row in REGISTER])
    assert by_group(survey.items)["N"]["ap_mine_count"] == 8  # found while C was surveyed
    silent = tables([{**row, "ap_mine_count": None, "erw_count": None} for row in REGISTER])
    assert silent.items["silent_count"].tolist() == [1, 1, 0]
    assert any(text.startswith("2 of 2 clearances say nothing of items") for text in silent.caveats)


def test_the_tables_to_paste():
    pasted = tables(REGISTER, names={"N": "North"}).pasted
    assert list(pasted) == ["areas", "releases", "items", "years"]
    assert pasted["areas"]["Province"].tolist() == ["North", "S", "not known", "Total"]
    assert pasted["areas"]["All areas, size (m2)"].fillna(-1).tolist() == [10000, -1, 1000, 11000]
    assert pasted["releases"]["Released (m2)"].tolist() == [15000, 0, 0, 15000]
    assert pasted["items"]["Anti-personnel mines destroyed"].fillna(-1).tolist() == [7, 11, -1, 18]
    assert pasted["items"]["Anti-vehicle mines destroyed"].isna().all()
    assert pasted["years"][["Year", "At the start (m2)", "At the end (m2)"]].values.tolist() == [[2024, 21000, 11000]]


def test_other_contamination_is_left_out_and_unknown_counts():
    rows = [
        *REGISTER,
        event("20", "V", "confirmed", "2020-01-01", rect(0, 2000, 100, 2100), contamination_code="AV"),
        event("21", "W", "confirmed", "2020-01-01", rect(0, 3000, 100, 3100), contamination_code="unknown"),
        event("22", "X", "confirmed", "2020-01-01", rect(0, 4000, 100, 4100)),
        # AP at first, then found to hold submunitions alone
        event("23", "Y", "suspected", "2020-01-01", rect(0, 5000, 100, 5100), contamination_code="AP"),
        event("24", "Y", "confirmed", "2021-01-01", None, contamination_code="CMR"),
    ]
    found = tables(rows)
    assert by_group(found.areas)["-"] == {"cha_count": 3, "cha_m2": 21000, "area_count": 3, "area_m2": 21000}
    assert found.caveats[:2] == (
        "2 of 10 areas have no known contamination: they count.",
        "2 of 10 areas are left out: their contamination is none of AP, IM, mixed.",
    )


def test_land_that_another_contamination_still_holds():
    """Cleared of mines, and a strike area over half of it is open: released here, and said to be dangerous."""
    rows = [
        event("1", "Z", "confirmed", "2019-01-01", rect(50, 0, 150, 100), contamination_code="CMR"),
        event("2", "A", "confirmed", "2020-01-01", rect(0, 0, 100, 100), contamination_code="AP"),
        event("3", "A", "cleared", "2024-02-01", None),
    ]
    found = tables(rows)
    assert found.years[["opening_m2", "cleared_m2", "closing_m2"]].round().values.tolist() == [[10000, 10000, 0]]
    assert any("1 release took land that areas of another contamination still hold hazardous (5,000 m2)" in text
               for text in found.caveats)  # fmt: skip


def test_a_split_into_other_contamination_stays_a_split():
    rows = [
        event("1", "A", "confirmed", "2020-01-01", rect(0, 0, 100, 100), contamination_code="AP"),
        event("2", "A1", "confirmed", "2024-02-01", rect(0, 0, 50, 100), contamination_code="AP", parent_id="A"),
        event("3", "A2", "confirmed", "2024-02-01", rect(50, 0, 100, 100), contamination_code="CMR", parent_id="A"),
        event("4", "A", "split", "2024-02-01", None),
    ]
    found = tables(rows)
    assert found.areas[["cha_count", "area_count"]].values.tolist() == [[1, 1]]
    assert found.areas["area_m2"].round().tolist() == [5000]


def test_undated_records_are_told():
    rows = [
        event("1", "A", "confirmed", None, rect(0, 0, 100, 100), contamination_code="AP", recorded_at="2020-01-01"),
        event("2", "A", "cleared", None, rect(0, 0, 50, 100), recorded_at="2024-05-01", ap_mine_count=3),
    ]
    found = tables(rows)
    assert found.releases[["released_m2", "cleared_count"]].values.tolist() == [[0, 0]]
    assert found.items["ap_mine_count"].isna().all()
    assert "3 items of 1 record without a date: in no sum." in found.caveats
    assert found.areas["area_m2"].round().tolist() == [5000]
    assert "5,000 m2 changed by records without a date: they are in no release." in found.caveats
    assert "5,000 m2 of what is left rest on records without a date." in found.caveats


def test_only_what_was_known():
    rows = [{**row, "recorded_at": "2024-01-01" if int(row["event_id"]) < 5 else "2025-02-01"} for row in REGISTER[:5]]
    assert tables(rows).releases["cancelled_m2"].round().tolist() == [10000]
    assert tables(rows, known_on="2024-12-31").releases["cancelled_m2"].tolist() == [0]


KINDS = ["suspected", "confirmed", "cancelled", "reduced", "cleared", "corrected", "suspended"]
BOXES = st.tuples(st.integers(0, 8), st.integers(0, 8), st.integers(1, 6), st.integers(1, 6))
ROWS = st.tuples(
    st.sampled_from("ABC"), st.sampled_from(KINDS), st.integers(0, 59), st.none() | BOXES,
    st.sampled_from(["AP", "AV", None]), st.sampled_from(["N", "S", None]), st.none() | st.integers(0, 9),
)  # fmt: skip


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROWS, min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_sums_agree_with_the_account(drawn: list[tuple], random: Any) -> None:
    rows = [
        event(f"E{i:02d}", area, kind, f"{2015 + month // 12}-{month % 12 + 1:02d}-15",
              None if box is None else rect(box[0] * 50, box[1] * 50, (box[0] + box[2]) * 50, (box[1] + box[3]) * 50),
              contamination_code=contamination, admin_code=group, ap_mine_count=mines)
        for i, (area, kind, month, box, contamination, group, mines) in enumerate(drawn)
    ]  # fmt: skip
    period = {"start": "2017-01-01", "end": "2019-12-31"}
    found = tables(rows, **period)
    last: dict[str, str | None] = {}
    for row in sorted(rows, key=lambda one: (one["event_date"], one["event"] in KINDS[2:5], one["event_id"])):
        last[row["area_id"]] = row["contamination_code"] or last.get(row["area_id"])
    kept = [row for row in rows if last[row["area_id"]] != "AV"]
    if not kept:
        assert found.n == 0
        return
    # as if the areas that are left out had never been recorded
    account = land_balance(as_frame(kept), **period)
    pd.testing.assert_frame_equal(found.years, account, atol=0.01)
    closing = account.loc[account["year"] == 2019, "closing_m2"].sum()
    assert found.areas["area_m2"].sum() == pytest.approx(closing, abs=0.01)
    assert found.areas[["sha_m2", "cha_m2", "unclassed_m2"]].sum(axis=None) == pytest.approx(closing, abs=0.01)
    for kind in ("cancelled_m2", "reduced_m2", "cleared_m2"):
        assert found.releases[kind].sum() == pytest.approx(account[kind].sum(), abs=0.01)
    status = status_on(as_frame(kept), "2019-12-31")["status"]
    assert found.areas["area_count"].sum() == status.isin(["open", "in_progress", "suspended"]).sum()
    assert found.releases["closed_count"].sum() <= (status == "released").sum()
    counted = [row for row in kept if row["event"] in KINDS[:5] and row["event_date"] >= "2017"]
    assert found.items["ap_mine_count"].sum() == sum(row["ap_mine_count"] or 0 for row in counted)
    assert len(found.areas) == len(found.releases) == len(found.items)
    again = tables(random.sample(rows, len(rows)), **period)
    for name in ("areas", "releases", "items", "years"):
        pd.testing.assert_frame_equal(getattr(found, name), getattr(again, name), atol=0.01)


def test_by_operator_and_nothing():
    rows = [{**row, "operator": "one" if row["area_id"] < "C" else "two"} for row in REGISTER]
    assert tables(rows, by="operator").areas["operator"].tolist() == ["one", "two"]
    empty = treaty_tables(as_frame(REGISTER).iloc[:0], **YEAR)
    assert empty.areas.empty
    assert empty.pasted["areas"]["Province"].tolist() == ["Total"]
    assert np.isnan(empty.missing_share)


def test_districts_become_a_province():
    found = tables(REGISTER, names={"N": "P", "S": "P"})
    assert by_group(found.areas)["P"] == {"cha_count": 1, "cha_m2": 5000, "sha_count": 2, "sha_m2": 5000,
                                          "area_count": 3, "area_m2": 10000, "unmeasured_count": 1}  # fmt: skip
    assert by_group(found.releases)["P"]["released_m2"] == 15000
    assert found.items["ap_mine_count"].fillna(-1).tolist() == [18, -1]
    assert found.pasted["areas"]["Province"].tolist() == ["P", "not known", "Total"]


def test_columns_are_as_declared_and_inputs_stay():
    events = as_frame(REGISTER)
    before = events.copy()
    found = treaty_tables(events, **YEAR)
    pd.testing.assert_frame_equal(pd.DataFrame(events), pd.DataFrame(before))
    for name in ("areas", "releases", "items"):
        declared = RESULTS[f"treaty_{name}"].names
        assert getattr(found, name).columns.tolist() == ["admin_code", *declared[1:]]


def test_an_edition_of_ones_own(tmp_path):
    text = (
        GENERIC.read_text(encoding="utf-8")
        .replace('unit = "m2"', 'unit = "km2"')
        .replace("decimals = 0", "decimals = 3")
    )
    text = text.replace("verified = false", "verified = true").replace('"generic"', '"format of 2030"')
    text = text[: text.index("[areas]")] + '[releases]\ncleared_m2 = "Déminé"\ncancelled_m2 = "Annulé"\n'
    path = tmp_path / "own.toml"
    path.write_text(text, encoding="utf-8")
    found = tables(REGISTER, edition=path)
    assert list(found.pasted) == ["releases"]
    assert found.pasted["releases"].columns.tolist() == ["Province", "Déminé (km2)", "Annulé (km2)"]
    assert found.pasted["releases"]["Déminé (km2)"].tolist() == [0.004, 0, 0, 0.004]
    assert (found.edition, found.is_verified) == ("format of 2030", True)
    assert not any("not checked against a form" in text for text in found.caveats)
    assert any("not checked against a form" in text for text in tables(REGISTER).caveats)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('unit = "m2"', 'unit = "acres"', "unit: there is no 'acres'"),
        ('"AP", "IM"', '"APM", "IM"', "contamination: there is no 'APM'; did you mean 'AP'"),
        ('"AP", "IM"', '"unknown", "IM"', "contamination: there is no 'unknown'"),
        ("sha_count =", "sha_counts =", "areas: there is no 'sha_counts'; did you mean 'sha_count'"),
        ("decimals = 0", "decimal = 0", "has a key 'decimal' that means nothing; did you mean 'decimals'"),
        ('group = "Province"', "", "lacks group. Fix: copy"),
        ('"Reduced"', '"Cleared"', "two columns have one heading"),
        ('name = "generic"', "name = ", "is no TOML"),
    ],
)
def test_editions_that_can_not_be_read(tmp_path, old, new, message):
    path = tmp_path / "own.toml"
    path.write_text(GENERIC.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ProgrammeError, match=message):
        read_edition(path)


def test_bad_options():
    assert bundled_editions() == ["generic"]
    with pytest.raises(OptionError, match=r"There is no edition 'generic\.tom'; did you mean 'generic'"):
        tables(REGISTER, edition="generic.tom")
    with pytest.raises(OptionError, match="by must be one of admin_code, operator"):
        tables(REGISTER, by="hazard_class")
    with pytest.raises(DataError, match="before it starts"):
        tables(REGISTER, start="2025-01-01")
