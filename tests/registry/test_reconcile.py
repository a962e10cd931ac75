"""Published tables: in themselves, and beside an account. Figures are those printed, with their source."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracle_points import as_frame, event, rect

from landrelease.errors import DataError, OptionError
from landrelease.registry import land_balance
from landrelease.registry.published import check_published
from landrelease.registry.reconcile import reconcile
from landrelease.tables import CODES, RESULTS

# confirmed hazardous areas at the end of 2014 and their m2 (Landmine Monitor 2015)
ZIMBABWE = pd.DataFrame(
    [
        ("Musengezi-Rwenya", 187, 28_025_706), ("Sango-Crooks Corner", 4, 13_600_000),
        ("Rusitu-Muzite", 1, 15_000_000), ("Sheba-Beacon Hill", 5, 5_000_000), ("Burma Valley", 1, 806_000),
        ("Lusulu", 1, 560_000), ("Total", 199, 62_991_706),
    ],
    columns=["admin_code", "area_count", "closing_m2"],
).assign(year=2014)  # fmt: skip
# 68.4 km2 in mid-2015, flows of 2015 to 2016, and the 26.3 km2 stated for February 2017
SRI_LANKA = pd.DataFrame(
    {"year": [2016], "opening_m2": [68.4e6], "confirmed_m2": [22e6], "cancelled_m2": [32e6], "reduced_m2": [4.2e6],
     "cleared_m2": [2.3e6], "closing_m2": [26.3e6]}
)  # fmt: skip
LINES = ["opening_m2", "newly_recorded_m2", "confirmed_m2", "adjusted_m2", "cancelled_m2", "reduced_m2", "cleared_m2",
         "closing_m2"]  # fmt: skip


def table(rows: dict[str, dict[str, float]], year: int = 2014, by: str = "admin_code") -> pd.DataFrame:
    return pd.DataFrame([{by: name, "year": year, **lines} for name, lines in rows.items()])


def closings(year: int = 2014, **m2: float) -> pd.DataFrame:
    return table({name: {"closing_m2": amount} for name, amount in m2.items()}, year)


def kinds(found: pd.DataFrame, by: str = "admin_code") -> dict:
    """{(group, line): (difference, kind)}, what agrees left out."""
    differing = found[found["kind_code"] != "agrees"]
    return {
        (row[by], row["line"].removesuffix("_m2")): (row["difference_m2"], row["kind_code"])
        for row in differing.to_dict("records")
    }


# the published table in itself


def test_the_table_of_zimbabwe_sums_exactly():
    found = check_published(ZIMBABWE, by="admin_code", total="Total")
    assert found[["admin_code", "line", "check_code", "published", "expected", "kind_code"]].values.tolist() == [
        ["Total", "closing_m2", "total", 62_991_706, 62_991_706, "agrees"],
        ["Total", "area_count", "total", 199, 199, "agrees"],
    ]
    assert (found["difference"] == 0).all()


def test_a_row_that_was_misprinted_breaks_the_total():
    wrong = ZIMBABWE.assign(closing_m2=ZIMBABWE["closing_m2"].replace(560_000, 56_000))
    wrong["area_count"] = wrong["area_count"].replace(187, 186)
    found = check_published(wrong, by="admin_code", total="Total").set_index("line")
    assert found["difference"].to_dict() == {"closing_m2": 504_000, "area_count": 1}
    assert (found["kind_code"] == "unexplained").all()
    assert "504,000 m2 more" in found.loc["closing_m2", "message"]
    assert "+1 areas" in found.loc["area_count", "message"]


def test_a_total_in_another_unit_is_a_slip_and_the_difference_stays():
    wrong = ZIMBABWE.assign(closing_m2=ZIMBABWE["closing_m2"].replace(62_991_706, 62.99))
    found = check_published(wrong, by="admin_code", total="Total").iloc[0]
    assert found["kind_code"] == "unit_slip"
    assert "1,000,000 times less than" in found["message"]
    assert "km2" in found["message"]
    assert found["difference"] == pytest.approx(62.99 - 62_991_706)


def test_the_gap_of_sri_lanka_is_unexplained_and_never_absorbed():
    found = check_published(SRI_LANKA)
    assert found[["year", "line", "check_code", "kind_code"]].values.tolist() == [
        [2016, "closing_m2", "roll", "unexplained"]
    ]
    assert found.loc[0, "expected"] == pytest.approx(51.9e6)
    assert found.loc[0, "difference"] == pytest.approx(-25.6e6)
    assert found.loc[0, "message"] == "25,600,000 m2 less than the rest of the table makes it"
    closed = check_published(SRI_LANKA.assign(closing_m2=51.9e6))
    assert closed["kind_code"].tolist() == ["agrees"]


def test_the_angolan_total_as_large_as_the_country_is_a_slip_of_units():
    stated = pd.DataFrame({"year": [2013], "closing_m2": [1_246_700e6]})
    found = check_published(stated, land_m2=1_246_700e6)
    assert found[["check_code", "kind_code"]].values.tolist() == [["land", "unit_slip"]]
    assert "as large as the country's land" in found.loc[0, "message"]
    assert "it would be 1,246,700 m2" in found.loc[0, "message"]
    assert np.isnan(found.loc[0, "expected"])
    assert "larger than" in check_published(stated, land_m2=1_000_000e6).loc[0, "message"]
    assert len(check_published(stated)) == 0
    assert len(check_published(stated.assign(closing_m2=129e6), land_m2=1_246_700e6)) == 0


def test_the_opening_is_the_closing_of_the_year_before():
    rows = pd.DataFrame({"year": [2013, 2014, 2016], "opening_m2": [5.0, 100, 7], "closing_m2": [90.0, 100, 7]})
    found = check_published(rows)
    assert found[["year", "check_code", "difference", "kind_code"]].values.tolist() == [
        [2014, "carry", 10, "unexplained"]
    ]


def test_what_is_missing_is_unknown_and_never_zero():
    rows = SRI_LANKA.assign(cleared_m2=np.nan)
    assert check_published(rows)[["kind_code"]].values.tolist() == [["unknown"]]
    gap = ZIMBABWE.assign(closing_m2=ZIMBABWE["closing_m2"].astype(float).where(ZIMBABWE["admin_code"] != "Lusulu"))
    found = check_published(gap, by="admin_code", total="Total").set_index("line")
    assert found["kind_code"].to_dict() == {"closing_m2": "unknown", "area_count": "agrees"}
    alone = check_published(ZIMBABWE.iloc[-1:], by="admin_code", total="Total")
    assert (alone["kind_code"] == "unknown").all()


def test_totals_of_rows_and_of_columns():
    rows = [
        ("P1", "SHA", 3),
        ("P1", "CHA", 4),
        ("P2", "SHA", 5),
        ("P1", "All", 7),
        ("All", "SHA", 8),
        ("All", None, 12),
    ]
    stated = pd.DataFrame(rows, columns=["admin_code", "hazard_class", "closing_m2"]).assign(year=2020)
    found = check_published(stated, by=["admin_code", "hazard_class"], total="All")
    assert found["expected"].tolist() == [7, 8, 12]
    assert (found["kind_code"] == "agrees").all()


# an account beside it


def test_an_account_of_zimbabwe_agrees_with_its_table_and_with_the_total():
    side = {name: m2**0.5 for name, m2 in zip(ZIMBABWE["admin_code"][:-1], ZIMBABWE["closing_m2"], strict=False)}
    rows = [
        event(str(i), name, "confirmed", "2014-06-30", rect(i * 10_000, 0, i * 10_000 + m, m), admin_code=name)
        for i, (name, m) in enumerate(side.items())
    ]
    balance = land_balance(as_frame(rows), by=["admin_code", "hazard_class"], start="2013-01-01", end="2015-12-31")
    found = reconcile(balance, ZIMBABWE, by="admin_code", total="Total")
    assert (found["kind_code"] == "agrees").all()
    assert sorted(found["admin_code"]) == sorted(ZIMBABWE["admin_code"])
    assert found["published_m2"].sum() == 2 * 62_991_706
    assert (found["difference_m2"].abs() < 1e-5 * found["published_m2"]).all()
    assert set(found["line"]) == {"closing_m2"}


def test_lusulu_is_a_slip_of_a_factor_ten():
    found = reconcile(closings(Lusulu=560_000.0), closings(Lusulu=56_000.0), by="admin_code")
    assert kinds(found) == {("Lusulu", "closing"): (-504_000, "unit_slip")}
    assert "10 times less than the account's" in found.loc[0, "message"]


@pytest.mark.parametrize("factor", [10, 100, 1e3, 1e4, 1e6, 1e-1, 1e-2, 1e-3, 1e-4, 1e-6])
def test_units_slip_by_powers_of_ten(factor):
    found = reconcile(closings(P=1_234_567.0), closings(P=1_234_000 * factor), by="admin_code", tolerance_m2=0.001)
    assert found["kind_code"].tolist() == ["unit_slip"]
    assert found["difference_m2"].tolist() == [pytest.approx(1_234_000 * factor - 1_234_567)]


@pytest.mark.parametrize("factor", [2, 9, 11, 1e5, 1e7, -10])
def test_other_factors_are_no_slip(factor):
    found = reconcile(closings(P=1_234_567.0), closings(P=1_234_567 * factor), by="admin_code")
    assert found["kind_code"].tolist() == ["unexplained"]


def test_an_area_of_another_name_is_found_by_its_figure_and_by_its_name():
    found = reconcile(
        closings(**{"Sheba-Beacon Hill": 5e6, "Rusitu": 1.5e7}),
        closings(**{"Sheba-Leacon Hill": 5e6, "Muzite": 1.5e7}),
        by="admin_code",
    )
    assert set(found["kind_code"]) == {"renamed"}
    says = found.set_index("admin_code")["message"]
    assert "'Sheba-Leacon Hill': 5,000,000 m2" in says["Sheba-Beacon Hill"]
    assert "'Rusitu': 15,000,000 m2" in says["Muzite"]
    assert found["difference_m2"].sum() == 0
    near = reconcile(closings(Beacon=5e6), closings(Leacon=4e6), by="admin_code")
    assert kinds(near) == {("Beacon", "closing"): (-5e6, "renamed"), ("Leacon", "closing"): (4e6, "renamed")}
    assert "Leacon': 4,000,000 m2" in near.set_index("admin_code").loc["Beacon", "message"]


def test_codes_that_differ_in_a_digit_are_other_names():
    found = reconcile(closings(**{"AO-01": 5e6}), closings(**{"AO-02": 4e6}), by="admin_code")
    assert kinds(found) == {("AO-01", "closing"): (-5e6, "only_here"), ("AO-02", "closing"): (4e6, "only_published")}


def test_names_count_only_once():
    found = reconcile(closings(Beacon=1e6, Deacon=2e6), closings(Leacon=3e6), by="admin_code")
    # the sum is exact, and goes before a name that is only near
    assert {kind for _, kind in kinds(found).values()} == {"split"}
    found = reconcile(closings(Beacon=1e6, Deacon=2e6), closings(Leacon=3.5e6), by="admin_code")
    assert sorted(kind for _, kind in kinds(found).values()) == ["only_here", "renamed", "renamed"]


def test_an_area_that_was_split_is_found_on_either_side():
    whole, parts = closings(Sheba=5e6, Other=7e6), closings(**{"North 1": 2e6, "South 2": 3e6, "Other": 7e6})
    for ours, published in ((whole, parts), (parts, whole)):
        found = reconcile(ours, published, by="admin_code")
        assert {key: kind for key, (_, kind) in kinds(found).items()} == {
            ("Sheba", "closing"): "split", ("North 1", "closing"): "split", ("South 2", "closing"): "split"
        }  # fmt: skip
        assert found["difference_m2"].sum() == 0
        assert "'North 1', 'South 2' together" in found.set_index("admin_code").loc["Sheba", "message"]


def test_a_part_may_keep_the_name():
    ours, published = closings(Sheba=5e6), closings(Sheba=2e6, Beacon=3e6)
    for left, right in ((ours, published), (published, ours)):
        found = reconcile(left, right, by="admin_code")
        assert {kind for _, kind in kinds(found).values()} == {"split"}
        assert "'Beacon', 'Sheba' together" in found.loc[0, "message"]


def test_parts_must_sum_in_every_line():
    ours = table({"A": {"closing_m2": 2.0e6, "cleared_m2": 1e5}, "B": {"closing_m2": 3.0e6, "cleared_m2": 1e5}})
    published = table({"Z": {"closing_m2": 5.0e6, "cleared_m2": 3e5}})
    assert {kind for _, kind in kinds(reconcile(ours, published, by="admin_code")).values()} == {
        "only_here", "only_published"
    }  # fmt: skip


def test_sha_to_cha_is_a_transfer_between_classes():
    ours = pd.DataFrame({"hazard_class": ["SHA", "CHA"], "year": 2014, "closing_m2": [8e6, 2e6]})
    published = ours.assign(closing_m2=[5e6, 5e6])
    found = reconcile(ours, published, by="hazard_class")
    assert kinds(found, "hazard_class") == {
        ("SHA", "closing"): (-3e6, "transfer"),
        ("CHA", "closing"): (3e6, "transfer"),
    }
    one_class = reconcile(ours, published.iloc[1:].assign(closing_m2=1e7), by="hazard_class")
    assert kinds(one_class, "hazard_class") == {
        ("SHA", "closing"): (-8e6, "transfer"), ("CHA", "closing"): (8e6, "transfer")
    }  # fmt: skip
    assert "unexplained" in set(reconcile(ours, ours.assign(closing_m2=[5e6, 6e6]), by="hazard_class")["kind_code"])


def test_confirmed_land_that_is_published_as_new_is_a_transfer_between_lines():
    ours = pd.DataFrame({"hazard_class": ["CHA"], "year": 2014, "newly_recorded_m2": [1e6], "confirmed_m2": [4e6]})
    published = pd.DataFrame({"hazard_class": ["CHA"], "year": 2014, "newly_recorded_m2": [5e6]})
    found = reconcile(ours, published, by="hazard_class")
    assert kinds(found, "hazard_class") == {("CHA", "newly_recorded"): (4e6, "transfer")}
    moved = table({"P": {"cancelled_m2": 1e6, "reduced_m2": 7e6}})
    other = table({"P": {"cancelled_m2": 6e6, "reduced_m2": 2e6}})
    found = reconcile(moved, other, by="admin_code")
    assert kinds(found) == {("P", "cancelled"): (5e6, "transfer"), ("P", "reduced"): (-5e6, "transfer")}


def test_a_stock_of_another_day_is_named_with_its_day():
    ours = pd.DataFrame({"year": [2012, 2013, 2014], "opening_m2": [9e6, 8e6, 5e6], "closing_m2": [8e6, 5e6, 3e6]})
    found = reconcile(ours, pd.DataFrame({"year": [2014], "opening_m2": [8e6], "closing_m2": [5e6]}))
    assert found["kind_code"].tolist() == ["stock_date", "stock_date"]
    assert found["message"].tolist() == ["it is our stock at the start of 2013", "it is our stock at the start of 2014"]
    assert found["difference_m2"].tolist() == [3e6, 2e6]


def test_a_year_that_the_account_does_not_cover_and_a_missing_figure_are_unknown():
    ours = closings(P=1e6, Q=2e6)
    published = pd.concat([closings(2019, P=1e6), closings(P=np.nan, Q=2e6)])
    found = reconcile(ours, published, by="admin_code")
    assert found[["admin_code", "year", "kind_code"]].values.tolist() == [
        ["P", 2014, "unknown"], ["P", 2019, "unknown"], ["Q", 2014, "agrees"]
    ]  # fmt: skip
    assert found["difference_m2"].isna().tolist() == [True, True, False]
    assert "does not cover" in found.loc[1, "message"]
    assert set(reconcile(ours.iloc[:0], published, by="admin_code")["kind_code"]) == {"unknown"}


def test_a_group_that_held_nothing_in_a_year_is_zero_and_an_unknown_group_is_not():
    ours = pd.concat([closings(2013, P=1e6), closings(2014, Q=1e6)])
    found = reconcile(ours, closings(2014, P=3e6, Q=1e6, R=0.0), by="admin_code").set_index("admin_code")
    assert found.loc["P", "ours_m2"] == 0
    assert found.loc["P", "kind_code"] == "unexplained"
    assert found.loc["R", "kind_code"] == "agrees"
    assert np.isnan(found.loc["R", "ours_m2"])


def test_rounded_figures_agree_within_the_tolerance():
    ours, published = closings(P=62_991_706.0), closings(P=63.0e6)
    assert reconcile(ours, published, by="admin_code")["kind_code"].tolist() == ["unexplained"]
    found = reconcile(ours, published, by="admin_code", tolerance_m2=50_000)
    assert found["kind_code"].tolist() == ["agrees"]
    assert found["difference_m2"].tolist() == [8294]


def test_groups_that_are_not_known_meet_each_other_and_come_last():
    ours = table({"P": {"closing_m2": 1e6}}).replace("P", None)
    found = reconcile(pd.concat([ours, closings(Q=2e6)]), pd.concat([ours, closings(Q=2e6)]), by="admin_code")
    assert found["admin_code"].fillna("-").tolist() == ["Q", "-"]
    assert (found["kind_code"] == "agrees").all()


@settings(max_examples=50)
@given(st.data())
def test_nothing_is_absorbed(data):
    names = st.sampled_from(["Beacon", "Leacon", "P1", "P2", "Sheba", "Total"])
    amounts = st.sampled_from([np.nan, 0.0, 1e5, 1e6, 2e6, 3e6, 1e7]) | st.floats(0, 1e8)
    chosen = data.draw(st.lists(st.sampled_from(LINES), min_size=1, max_size=3, unique=True))
    sides = []
    for whole in (amounts.filter(lambda m2: not np.isnan(m2)), amounts):
        rows = st.dictionaries(names, st.fixed_dictionaries(dict.fromkeys(chosen, whole)), min_size=1, max_size=5)
        sides.append(table(data.draw(rows)))
    ours, published = sides
    found = reconcile(ours, published, by="admin_code")
    assert list(found.columns) == ["admin_code", *RESULTS["reconcile"].names[1:]]
    assert len(found) == len({*ours["admin_code"], *published["admin_code"]}) * len(chosen)
    assert set(found["kind_code"]) <= set(CODES["difference_code"])
    assert (found["difference_m2"].isna() == (found["kind_code"] == "unknown")).all()
    plain = found["published_m2"].fillna(0) - found["ours_m2"].fillna(0)
    known = found["kind_code"] != "unknown"
    np.testing.assert_allclose(found["difference_m2"][known], plain[known])
    allowed = np.maximum(1, 1e-5 * np.maximum(found["published_m2"].fillna(0), found["ours_m2"].fillna(0)))
    assert (plain.abs() <= allowed)[found["kind_code"] == "agrees"].all()
    assert (found["message"].fillna("").ne("") == (found["kind_code"] != "agrees")).all()


# form and errors


def test_no_rows_have_the_declared_columns_and_types():
    for found, name in (
        (reconcile(closings(P=1e6), closings(P=1e6).iloc[:0], by="admin_code"), "reconcile"),
        (check_published(closings(P=1e6).iloc[:0], by="admin_code"), "check_published"),
    ):
        assert len(found) == 0
        assert list(found.columns) == ["admin_code", *RESULTS[name].names[1:]]
        assert str(found["year"].dtype) == "Int64"


def test_errors_say_what_and_how():
    good = closings(P=1e6)
    with pytest.raises(DataError, match=r"'published' has no column 'admin_code'; did you mean 'admin_cod'\?"):
        reconcile(good, good.rename(columns={"admin_code": "admin_cod"}), by="admin_code")
    with pytest.raises(DataError, match="'published' has no column 'year'"):
        check_published(good.drop(columns="year"), by="admin_code")
    with pytest.raises(DataError, match=r"'clearedd_m2', which is no line of an account; did you mean 'cleared_m2'\?"):
        reconcile(good, good.assign(clearedd_m2=1.0), by="admin_code")
    with pytest.raises(DataError, match="closing_m2 must hold finite numbers"):
        reconcile(good, good.assign(closing_m2="1,000"), by="admin_code")
    with pytest.raises(DataError, match="closing_m2 must hold finite numbers"):
        reconcile(good, good.assign(closing_m2=np.inf), by="admin_code")
    with pytest.raises(DataError, match="1 of 1 rows have no whole year"):
        check_published(good.assign(year=2014.5), by="admin_code")
    with pytest.raises(DataError, match=r"two rows of P in 2014. Fix: name all groups in by="):
        reconcile(good, pd.concat([good, good]), by="admin_code")
    with pytest.raises(DataError, match="has no line of an account"):
        check_published(good.drop(columns="closing_m2"), by="admin_code")
    with pytest.raises(DataError, match="no line that 'balance' has"):
        reconcile(good, good.rename(columns={"closing_m2": "cleared_m2"}), by="admin_code")
    with pytest.raises(OptionError, match=r"No row of 'published' has 'Totl' .*did you mean 'Total'\?"):
        check_published(ZIMBABWE, by="admin_code", total="Totl")
