"""Equity by hand, by brute force over people, and against known truths; what is unknown stays unknown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease import equity, womens_share
from landrelease.errors import DataError, OptionError

OPTIONS = {"benefit": "got", "rank": "wealth", "poorest": "lowest", "draws": 100}


def units_of(got, wealth=None, **columns) -> pd.DataFrame:
    return pd.DataFrame({"got": got, "wealth": range(len(got)) if wealth is None else wealth, **columns})


def values(units, **options) -> dict[str, float]:
    return equity(units, **{**OPTIONS, **options}).table.set_index("measure")["value"].to_dict()


def test_worked_examples():
    """methods.md section 9: h = rank = (1, 2, 3, 4)."""
    found = values(units_of([1, 2, 3, 4]))
    assert found["concentration_index"] == pytest.approx(0.25)
    assert round(found["theil"], 4) == 0.1064
    assert values(units_of([1, 2, 3, 4]), poorest="highest")["concentration_index"] == pytest.approx(-0.25)
    assert values(units_of([3, 3, 3, 3, 3]))["poorest_quintile_share"] == pytest.approx(0.2)
    assert values(units_of([7, 0, 0, 0, 0]))["poorest_quintile_share"] == pytest.approx(1)
    # all to the poorest of n: (1 - n) / n; all to the richest: (n - 1) / n
    assert values(units_of([7, 0, 0, 0, 0]))["concentration_index"] == pytest.approx(-0.8)
    assert values(units_of([0, 0, 0, 0, 7]))["concentration_index"] == pytest.approx(0.8)
    assert values(units_of([0, 0, 0, 0, 7]))["theil"] == pytest.approx(np.log(5))


def gini(got) -> float:
    """Half the mean absolute difference of all pairs, over the mean."""
    got = np.asarray(got, float)
    return float(np.abs(got[:, None] - got).mean() / got.mean() / 2)


UNIT = st.tuples(st.integers(0, 20), st.integers(0, 4), st.integers(1, 3), st.sampled_from("NSE"))
UNITS = st.lists(UNIT, min_size=2, max_size=9).filter(lambda rows: sum(row[0] for row in rows) > 0)


@settings(max_examples=40, deadline=None)
@given(UNITS)
def test_against_brute_force_over_people(rows):
    units = pd.DataFrame(rows, columns=["got", "wealth", "people", "province"])
    found = values(units, weight="people", province="province")
    # a weight is that many equal people
    each = units.loc[units.index.repeat(units["people"])].reset_index(drop=True)
    assert found == pytest.approx(values(each, province="province"))
    assert found == pytest.approx(values(units.iloc[::-1], weight="people", province="province"))
    assert found == pytest.approx(values(units.assign(got=units["got"] * 7), weight="people", province="province"))
    assert values(each.assign(wealth=each["got"]))["concentration_index"] == pytest.approx(gini(each["got"]))
    # ranks from the definition: half of those of the same wealth stand below
    wealth, got = each["wealth"].to_numpy(), each["got"].to_numpy(float)
    below = np.array([(wealth < one).mean() + (wealth == one).mean() / 2 for one in wealth])
    covariance = np.mean(got * below) - got.mean() * below.mean()
    assert found["concentration_index"] == pytest.approx(2 * covariance / got.mean(), abs=1e-12)
    # Theil from the definition; the split is exact
    ratio = got[got > 0] / got.mean()
    assert found["theil"] == pytest.approx((ratio * np.log(ratio)).sum() / len(got), abs=1e-12)
    assert found["theil"] == pytest.approx(found["theil_between"] + found["theil_within"], abs=1e-12)
    means = each.groupby("province")["got"].transform("mean").to_numpy()
    ratio = means[means > 0] / got.mean()
    assert found["theil_between"] == pytest.approx((ratio * np.log(ratio)).sum() / len(got), abs=1e-12)
    assert found["theil_within"] >= -1e-12


def test_the_poorest_fifth_is_cut_within_a_unit():
    # 3 units: the poorest fifth is 0.6 of the first; of two units of one rank it takes both alike
    assert values(units_of([10, 20, 70]))["poorest_quintile_share"] == pytest.approx(0.06)
    for got in ([10, 20, 70], [20, 10, 70]):
        assert values(units_of(got, [1, 1, 2]))["poorest_quintile_share"] == pytest.approx(0.3 * 0.3)


def test_intervals_hold_the_truth():
    """Lognormal benefits without a tie to wealth: C = 0, T = sigma^2 / 2; 300 surveys of 200 units."""
    rng = np.random.default_rng(11)
    sigma, hits = 0.5, np.zeros(2)
    for seed in range(300):
        units = units_of(rng.lognormal(0, sigma, 200), rng.random(200))
        table = equity(units, **{**OPTIONS, "draws": 200}, seed=seed).table.set_index("measure")
        for i, (name, truth) in enumerate((("concentration_index", 0.0), ("theil", sigma**2 / 2))):
            hits[i] += table.loc[name, "low"] <= truth <= table.loc[name, "high"]
    assert 0.91 <= hits[0] / 300 <= 0.985
    assert 0.85 <= hits[1] / 300 <= 0.985  # percentiles of a skewed measure cover a little less


def test_communities_are_drawn_whole():
    rng = np.random.default_rng(5)
    place = np.repeat(np.arange(20), 30)
    units = units_of(np.exp(rng.normal(size=20))[place], rng.random(20)[place], place=place)
    by_row = equity(units, **OPTIONS).table.iloc[0]
    by_place = equity(units, **OPTIONS, cluster="place").table.iloc[0]
    assert by_place["value"] == by_row["value"]
    assert (by_place["high"] - by_place["low"]) > 3 * (by_row["high"] - by_row["low"])


def test_seeds_and_what_is_told():
    units = units_of(np.arange(1, 13.0), np.arange(12) % 4)
    one, same, other = (equity(units, **OPTIONS, seed=seed) for seed in (1, 1, 2))
    pd.testing.assert_frame_equal(one.table, same.table)
    assert not one.table.equals(other.table)
    assert one.rank_variable == "'wealth', the lowest is the poorest"
    assert (one.n, one.missing_share, one.seed, one.draws) == (12, 0, 1, 100)
    assert "'wealth' has only 4 values for 12 rows" in one.caveats[1]
    none = equity(units, **{**OPTIONS, "draws": 0})
    assert none.table[["low", "high"]].isna().all(axis=None)
    assert none.table["value"].tolist() == one.table["value"].tolist()
    few = equity(units.iloc[:9], **OPTIONS)
    assert few.table[["low", "high"]].isna().all().all()
    assert "only 9 units to draw from: no interval" in few.caveats


def test_missing_rows_are_left_out_and_counted():
    units = units_of([1, 2, 3, 4, None, 9, 9], [0, 1, 2, 3, 4, None, 6], province=["N"] * 6 + [None])
    found = equity(units, **OPTIONS, province="province")
    assert found.table["value"].tolist()[:3] == pytest.approx([0.25, 0.08, 0.10644], abs=1e-5)
    assert (found.n, found.missing_share) == (4, pytest.approx(3 / 7))
    assert any("3 of 7 rows lack" in one for one in found.caveats)


def test_a_benefit_that_nobody_got_is_not_equal():
    found = equity(units_of([0] * 12), **OPTIONS, province=None)
    assert found.table.drop(columns="measure").isna().all().all()
    assert any("nobody got anything" in one for one in found.caveats)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"poorest": "low"}, OptionError, "poorest must be one of lowest, highest"),
        ({"benefit": "gott"}, OptionError, "no column 'gott'; did you mean 'got'"),
        ({"draws": 10}, OptionError, "draws must be 0 .no interval. or a whole number of 100 or more"),
        ({"confidence": 95}, OptionError, "between 0 and 1"),
        ({"rank": "name"}, DataError, "must hold finite numbers"),
        ({"rank": "day"}, DataError, "must hold finite numbers"),
        ({"seed": -1}, OptionError, "seed must be a whole number of 0 or more"),
        ({"benefit": "loss"}, DataError, "0 or more: 1 of 2 rows do not, row 0 has -1"),
        ({"weight": "loss"}, DataError, "0 or more: 1 of 2 rows do not, row 0 has -1"),
    ],
)
def test_bad_input(change, error, message):
    with pytest.raises(error, match=message):
        equity(units_of([1, 2], name=["a", "b"], loss=[-1, 1], day=pd.Timestamp("2020-01-01")), **{**OPTIONS, **change})


# women

PLACES = pd.DataFrame({"women_count": [10, 20], "girls_count": [5, 5], "men_count": [20, 30], "boys_count": [5, 5],
                       "unknown_count": [10, 30], "catchment_women_count": [60, 50],
                       "catchment_people_count": [100, 100]})  # fmt: skip


def test_women_by_hand():
    found = womens_share(PLACES, unknown="unknown_count", draws=100)
    share, there, parity = found.table.itertuples(index=False)
    assert share.value == pytest.approx(40 / 100)
    assert (share.unknown_low, share.unknown_high) == pytest.approx((40 / 140, 80 / 140))
    assert there.value == there.unknown_low == there.unknown_high == pytest.approx(0.55)
    assert parity.value == pytest.approx(0.4 / 0.55)
    assert "the sex of 40 people is not known: in no column but their own" in found.caveats
    without = womens_share(PLACES, draws=100).table
    assert without["value"].tolist() == found.table["value"].tolist()
    assert without["unknown_low"].tolist() == without["value"].tolist()


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 30)] * 3, st.integers(1, 40), st.integers(0, 40)), min_size=1, max_size=6))
def test_every_way_to_share_out_the_unknown_lies_within_the_bounds(rows):
    places = pd.DataFrame([(w, m, u, c, c + o) for w, m, u, c, o in rows], columns=[
        "women_count", "men_count", "unknown_count", "catchment_women_count", "catchment_people_count"])  # fmt: skip
    options = {"women": "women_count", "men": "men_count", "draws": 100}
    table = womens_share(places, **options, unknown="unknown_count").table
    for share in (0.0, 0.25, 0.5, 1.0):
        women = (places["unknown_count"] * share).round()
        told = places.assign(women_count=places["women_count"] + women,
                             men_count=places["men_count"] + places["unknown_count"] - women)  # fmt: skip
        one = womens_share(told, **options).table["value"]
        known = one.notna()
        assert (table["unknown_low"][known] <= one[known] + 1e-12).all()
        assert (one[known] <= table["unknown_high"][known] + 1e-12).all()


def test_women_with_missing_numbers():
    places = pd.concat([PLACES, PLACES.assign(men_count=None)], ignore_index=True)
    found = womens_share(places, draws=100)
    assert found.table["value"].tolist() == womens_share(PLACES, draws=100).table["value"].tolist()
    assert (found.n, found.missing_share) == (2, 0.5)


def test_women_bad_input():
    with pytest.raises(DataError, match="1 of 2 communities have more 'catchment_women_count'"):
        womens_share(PLACES.assign(catchment_women_count=[101, 1]), draws=100)
    with pytest.raises(OptionError, match="names a column twice: "):
        womens_share(PLACES, unknown="women_count", draws=100)
    with pytest.raises(OptionError, match="no column 'other'"):
        womens_share(PLACES, unknown="other", draws=100)
