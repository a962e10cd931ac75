"""Goals and programmes side by side: the official numbers of targets, rates and places worked out by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease import (
    DataError,
    OptionError,
    ProgrammeError,
    capacity_profile,
    compare,
    coordination_gaps,
    funding_profile,
    programme_indicators,
    sdg_table,
)
from landrelease.linkage.files import read_list
from landrelease.linkage.sdg import TARGETS


def test_there_are_169_targets():
    # A/RES/70/1: 17 goals and 169 targets
    assert len(TARGETS) == len(set(TARGETS)) == 169
    assert {one.split(".")[0] for one in TARGETS} == {str(one) for one in range(1, 18)}
    assert {"1.4", "2.3", "4.a", "5.a", "16.1", "17.19", "3.d", "8.10"} <= set(TARGETS)
    assert not {"2.6", "4.d", "17.a", "16.c", "0.1"} & set(TARGETS)


def test_the_bundled_crosswalk():
    rated = read_list("generic", "link")
    assert not rated.verified
    assert set(rated.rows["target"]) <= set(TARGETS)
    assert set(rated.rows["link"]) <= {"direct", "indirect"}
    released = pd.DataFrame(
        {"area_m2": [1.0], "productive_m2": 1.0, "as_intended_m2": 1.0, "unknown_m2": 0.0, "use_code": None}
    )
    ours = set(programme_indicators(releases=released)["indicator_code"]) | {"domestic_disbursement"}
    others = {"tenure_documented", "women_using", "casualties"}
    assert set(rated.rows["indicator"]) <= ours | others


def test_sdg_table_by_hand(tmp_path):
    path = tmp_path / "mine.toml"
    links = [("farm", "2.10"), ("farm", "4.a"), ("farm", "10.2"), ("well", "6.1")]
    text = 'name = "mine"\nsource = "a test"\nverified = true\n'
    for indicator, target in links:
        text += f'[[link]]\nindicator = "{indicator}"\ntarget = "{target}"\ntopic = "t"\nlink = "direct"\nwhy = "w"\n'
    path.write_text(text, encoding="utf-8")
    given_ = pd.DataFrame({"indicator_code": ["farm", "other"], "numerator": [5.0, 7.0]})
    with pytest.raises(ProgrammeError, match="1 links have a target that there is not, the first '2\\.10' of 'farm'"):
        sdg_table(given_, crosswalk=path)
    path.write_text(text.replace("2.10", "2.3"), encoding="utf-8")
    rows = sdg_table(given_, crosswalk=path)
    assert rows[["sdg_target", "indicator_code", "numerator"]].astype(object).fillna(-1).values.tolist() == [
        ["2.3", "farm", 5], ["4.a", "farm", 5], ["6.1", "well", -1], ["10.2", "farm", 5], [-1, "other", 7],
    ]  # fmt: skip
    assert rows["goal"].tolist()[:4] == [2, 4, 6, 10]
    assert set(rows["crosswalk"]) == {"mine, verified"}
    path.write_text(text.replace("2.10", "2.3").replace('"direct"', '"strong"'), encoding="utf-8")
    with pytest.raises(ProgrammeError, match="4 links have a link that there is not, the first 'strong'"):
        sdg_table(given_, crosswalk=path)
    with pytest.raises(DataError, match="each indicator_code must stand once: 1 of 2"):
        sdg_table(given_.assign(indicator_code="farm"))
    with pytest.raises(DataError, match="'indicators' has no column 'numerator'"):
        sdg_table(given_.drop(columns="numerator"))


def used() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "area_m2": [100.0, 200.0, 300.0],
            "productive_m2": [80.0, 50.0, 0.0],
            "as_intended_m2": [80.0, 0.0, 0.0],
            "unknown_m2": [20.0, 0.0, 300.0],
            "use_code": ["agriculture_irrigated", "road", None],
        }
    )


def test_indicators_by_hand():
    rows = programme_indicators(releases=used()).set_index("indicator_code")
    told = rows[["numerator", "denominator", "unknown"]]
    assert told.loc["productive"].tolist() == [130, 600, 320]
    assert told.loc["as_intended"].tolist() == [80, 600, 320]
    assert told.loc["looked_at"].tolist() == [280, 600, 0]
    assert told.loc["use_agriculture"].tolist() == [80, 600, 320]
    assert told.loc["use_road"].tolist() == [50, 600, 320]
    assert told.loc["use_water"].tolist() == [0, 600, 320]
    assert rows.loc["productive", ["rate_low", "rate_high"]].tolist() == pytest.approx([130 / 600, 450 / 600])
    assert programme_indicators(releases=used().iloc[:0])["rate_low"].isna().all()
    lost = used().assign(area_m2=None, productive_m2=None, as_intended_m2=None, unknown_m2=None)
    assert programme_indicators(releases=lost)["numerator"].isna().all()  # of no known land nothing is 0


def test_indicators_of_all_parts_by_hand():
    land = pd.DataFrame({"release_id": list("abcd"), "admin_code": "N", "release_date": pd.Timestamp("2020-01-01")})
    works = pd.DataFrame({"project_id": list("xyz"), "start_date": pd.to_datetime(["2020-06-30", "2021-06-30", None])})
    pairs = pd.DataFrame({"release_id": list("abc"), "project_id": list("xyz"), "weight_share": 1.0})
    pairs["tier"] = ["on_site", "likely", "likely"]
    needs = pd.DataFrame({"need_id": ["1"], "admin_code": ["N"]})
    found = coordination_gaps(land, works, links=pairs, needs=needs, as_of="2022-12-31")
    flows = pd.DataFrame(
        {"flow_id": list("123"), "year": 2020, "donor": ["A", "Home", None], "amount_usd": [60, 30, 10]}
    )
    money = funding_profile(
        flows.assign(flow_type_code="disbursement"), deflators=pd.DataFrame({"year": [2020], "deflator": [1]}),
        base_year=2020, domestic=["Home"],
    )  # fmt: skip
    scores = pd.DataFrame(
        {"institution": ["N"], "indicator_code": ["national_budget"], "score": [3], "assessed_date": ["2020-01-01"]}
    )
    able = capacity_profile(
        scores, as_of="2022-12-31", teams=pd.DataFrame({"admin_code": ["N"], "team_count": [2]}),
        areas=pd.DataFrame({"area_id": list("pqr"), "admin_code": "N"}),
    )  # fmt: skip
    rows = programme_indicators(coordination=found, funding=money, capacity=able).set_index("indicator_code")
    told = rows[["numerator", "denominator", "unknown"]]
    assert told.loc["needs_served"].tolist() == [3, 4, 0]
    assert told.loc["project_in_a_year"].tolist() == [1, 4, 1]
    assert told.loc["domestic_disbursement"].tolist() == [30, 100, 10]
    assert told.loc["largest_donor_disbursement"].tolist() == pytest.approx([60, 100, 10])
    assert told.loc["capacity_level"].tolist() == [0.75, 14, 13]
    assert told.loc["open_areas_per_team"].tolist() == [3, 2, 0]
    assert rows["left_out_count"].sum() == 0
    table = sdg_table(rows.reset_index())
    assert table[table["sdg_target"] == "17.1"]["rate_high"].tolist() == pytest.approx([0.4])


def test_releases_that_are_in_no_rate_are_counted():
    land = pd.DataFrame({"release_id": list("abc"), "admin_code": ["N", "N", "S"]})
    land["release_date"] = pd.to_datetime(["2020-01-01", None, None])
    works = pd.DataFrame({"project_id": ["x"], "start_date": pd.to_datetime(["2020-06-30"])})
    pairs = pd.DataFrame({"release_id": ["a"], "project_id": ["x"], "weight_share": 1.0, "tier": "on_site"})
    needs = pd.DataFrame({"need_id": ["1"], "admin_code": ["N"]})
    found = coordination_gaps(land, works, links=pairs, needs=needs, as_of="2022-12-31")
    lost = used()
    lost.loc[1:, ["area_m2", "productive_m2", "as_intended_m2", "unknown_m2"]] = None
    rows = programme_indicators(coordination=found, releases=lost)
    told = rows.set_index("indicator_code")
    assert told.loc["project_in_a_year", ["numerator", "denominator", "left_out_count"]].tolist() == [1, 1, 2]
    assert told.loc["needs_served", ["denominator", "left_out_count"]].tolist() == [2, 1]
    assert told.loc["productive", ["denominator", "left_out_count"]].tolist() == [100, 2]
    said = " ".join(compare({"A": rows, "B": rows.assign(left_out_count=0)}).caveats)
    assert "project_in_a_year of A (2)" in said
    assert "of B (" not in said
    table = sdg_table(rows).set_index("indicator_code")
    assert table["left_out_count"].max() >= 1


def rates(*rows: tuple[str, float | None, float | None, float | None]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["indicator_code", "numerator", "denominator", "unknown"])


def test_compare_on_rates_and_not_on_sizes():
    small, large = (
        rates(("in_use", 8, 10, 0), ("jobs", 5, None, None)),
        rates(("in_use", 500, 1000, 100), ("jobs", 900, None, None)),
    )
    found = compare({"Large": large, "Small": small})
    assert found.left_out == ("jobs",)
    rows = found.table.set_index("programme")
    assert rows["rate_low"].to_dict() == {"Large": 0.5, "Small": 0.8}
    assert rows["rank_best"].to_dict() == {"Large": 2, "Small": 1}
    assert not {"numerator", "denominator"} & set(found.table.columns)
    # ten times as large with the same rate is the same
    again = compare({"Large": large, "Small": rates(("in_use", 80, 100, 0), ("jobs", 1, None, None))})
    pd.testing.assert_frame_equal(found.table, again.table)


def test_an_unknown_programme_may_stand_anywhere():
    found = compare({"A": rates(("x", 3, 4, 0)), "B": rates(("x", 1, 4, None)), "C": rates(("x", 1, 4, 0))})
    rows = found.table.set_index("programme")
    assert rows["rate_high"].isna().to_dict() == {"A": False, "B": True, "C": False}
    assert rows.loc["A", ["rank_best", "rank_worst"]].tolist() == [1, 2]
    assert rows.loc["C", ["rank_best", "rank_worst"]].tolist() == [2, 3]
    assert rows.loc["B", ["rank_best", "rank_worst"]].isna().all()
    lacking = compare({"A": rates(("x", 3, 4, 0)), "B": rates(("y", 1, 4, 0))}).table
    assert len(lacking) == 4
    assert lacking["rate_low"].isna().sum() == 2


@settings(max_examples=25)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3)), min_size=2, max_size=5), st.randoms())
def test_places_against_every_truth(programmes, random):
    """The best and the worst place are those of some truth within the bounds, none is outside; names do not matter."""
    frames = {f"P{i}": rates(("x", low, 8, more)) for i, (low, more) in enumerate(programmes)}
    found = compare(frames).table.set_index("programme")
    truths = np.array(np.meshgrid(*[range(low, low + more + 1) for low, more in programmes])).reshape(
        len(programmes), -1
    )
    for i, row in enumerate(found.itertuples()):
        above = (truths > truths[i]).sum(axis=0)
        level = (truths >= truths[i]).sum(axis=0) - 1
        assert row.rank_best == 1 + above.min()
        assert row.rank_worst == 1 + level.max()
    names = list(frames)
    random.shuffle(names)
    other = compare({name: frames[name] for name in names}).table.set_index("programme")
    pd.testing.assert_frame_equal(other.loc[found.index], found)


def test_bad_input():
    with pytest.raises(OptionError, match="two programmes or more; got 0"):
        compare({})
    with pytest.raises(DataError, match="'programmes: A' has no column 'unknown'"):
        compare({"A": rates(("x", 1, 2, 0)).drop(columns="unknown"), "B": rates()})
    with pytest.raises(DataError, match="each indicator_code must stand once: 1 rows"):
        compare({"A": rates(("x", 1, 2, 0), ("x", 1, 2, 0)), "B": rates()})
    with pytest.raises(DataError, match="numerator must hold finite numbers of 0 or more"):
        compare({"A": rates(("x", -1, 2, 0)), "B": rates()})
    assert compare({"A": rates(), "B": rates()}).table.empty
