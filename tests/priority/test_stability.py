from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.errors import DataError, OptionError
from landrelease.priority import (
    Criterion,
    FreeWeights,
    IntervalWeights,
    OrdinalWeights,
    PriorityClass,
    Scheme,
    Threshold,
    prioritise,
    stability,
)
from landrelease.priority.scheme.criteria import rank_order_centroid
from landrelease.priority.stability import simulate
from landrelease.priority.stability.simulate import funded_shares, rank_quantiles, reached_shares
from landrelease.priority.stability.smaa import Stability, drawn_weights
from landrelease.priority.stability.uncertain import Model, model_of

TWO = (Criterion("a", 0, 1, 0.6), Criterion("b", 0, 1, 0.4))


def ranking_of(cells, criteria=None, missing="raise"):
    cells = np.asarray(cells, dtype=float)
    names = list("abcdefghijkl")[: cells.shape[1]]
    table = pd.DataFrame(cells, columns=names).assign(area_id=[f"A{i:03d}" for i in range(len(cells))])
    return prioritise(table, criteria or [Criterion(one, 0, 1, 1 / len(names)) for one in names], missing=missing)


def by_id(found, column="first_share"):
    return found.table.set_index("area_id")[column].sort_index().tolist()


def model(values):
    values = np.asarray(values, dtype=float)
    criteria = tuple(Criterion(f"c{i}", 0, 1, 1.0) for i in range(values.shape[1]))
    return Model(np.arange(len(values)), criteria, values, (), np.zeros(len(values)))


# Published cases --------------------------------------------------------------------------------------------------

DRUGS = ("fluoxetine", "paroxetine", "sertraline", "venlafaxine")
EFFICACY = ((0, 0), (0.086, 0.056), (0.095, 0.044), (0.113, 0.048))
HARMS = {
    "diarrhoea": ((11.7, 2.5), (9.2, 1.86), (15.4, 2.65), (5.5, 2.32)),
    "dizziness": ((7.2, 1.45), (10.6, 1.58), (7.5, 1.48), (15.7, 4.44)),
    "headache": ((16.6, 3.27), (21.2, 5.15), (20.2, 3.78), (12.8, 2.45)),
    "insomnia": ((13.7, 1.89), (14.3, 2.93), (15.0, 3.21), (11.2, 3.98)),
    "nausea": ((18.6, 1.79), (18.3, 3.7), (19.5, 2.6), (31.0, 1.68)),
}


def test_four_drugs_as_in_the_unit_test_of_jsmaa():
    """Second-generation antidepressants; values in a straight line over the union of the 95 % ranges."""
    cells, rows = {"area_id": DRUGS, "efficacy": np.exp([mean for mean, _ in EFFICACY])}, []
    low = min(mean - 1.96 * sd for mean, sd in EFFICACY)
    high = max(mean + 1.96 * sd for mean, sd in EFFICACY)
    criteria = [Criterion("efficacy", float(np.exp(low)), float(np.exp(high)), 1)]
    rows += [(drug, "efficacy", np.nan, sd) for drug, (_, sd) in zip(DRUGS, EFFICACY, strict=True)]
    for harm, told in HARMS.items():
        cells[harm] = [mean for mean, _ in told]
        ends = [mean + side * 1.96 * sd for mean, sd in told for side in (-1, 1)]
        criteria.append(Criterion(harm, min(ends), max(ends), 1, more_is_urgent=False))
        rows += [(drug, harm, sd, np.nan) for drug, (_, sd) in zip(DRUGS, told, strict=True)]
    uncertain = pd.DataFrame(rows, columns=["area_id", "column", "sd", "log_sd"])
    found = stability(prioritise(pd.DataFrame(cells), criteria), weights=FreeWeights(), uncertain=uncertain, top=2)
    table = found.table.set_index("area_id").loc[list(DRUGS)]
    assert table["first_share"].tolist() == pytest.approx([0.20, 0.25, 0.17, 0.39], abs=0.02)
    assert table["confidence_share"].tolist() == pytest.approx([0.48, 0.44, 0.34, 0.74], abs=0.03)
    assert table["top_2_share"].sum() == pytest.approx(2)
    assert (found.uncertain_count, found.unknown_count, found.confidence_draws) == (24, 0, 10_000)


# By hand ----------------------------------------------------------------------------------------------------------


def test_two_criteria_by_hand():
    ranking = ranking_of([[0.9, 0.1], [0.3, 0.8], [0.2, 0.2]], TWO)
    # The first scores .1 + .8 w, the second .8 - .5 w: they are equal at w = 7/13. The third is ahead of nothing.
    even = 7 / 13
    for weights, low, high in (
        (FreeWeights(), 0, 1),
        (OrdinalWeights(["a", "b"]), 0.5, 1),
        (OrdinalWeights(["b", "a"], least=0.2), 0.2, 0.5),
        (IntervalWeights({"a": (0.5, 0.6)}), 0.5, 0.6),
        (None, 0.5, 0.7),
        (0.5, 0.4, 0.8),  # the limits of b, .2 and .6, say the same as .4 and .8
    ):
        found = stability(ranking, weights=weights, top=2)
        second = min(1.0, (even - low) / (high - low))
        assert by_id(found) == pytest.approx([1 - second, second, 0], abs=0.015)
        centre = found.central.set_index("area_id")["a"]
        assert centre["A001"] == pytest.approx((low + min(even, high)) / 2, abs=0.01)
        if second < 1:
            assert centre["A000"] == pytest.approx((even + high) / 2, abs=0.01)
        assert np.isnan(centre["A002"])
        limits = found.weights.set_index("column")
        assert limits.loc["a", ["low_weight", "high_weight"]].tolist() == pytest.approx([low, high])
        assert limits["mean_weight"].tolist() == pytest.approx([(low + high) / 2, 1 - (low + high) / 2], abs=0.01)


def test_the_third_is_ahead_where_both_others_are_low():
    # s0 = w, s1 = 1 - w, s2 = .4 for all w: it never leads, and is second only where the lower of the two is below .4.
    found = stability(ranking_of([[1, 0], [0, 1], [0.4, 0.4]]), weights=FreeWeights(), top=2)
    assert by_id(found) == pytest.approx([0.5, 0.5, 0], abs=0.02)
    assert by_id(found, "top_2_share")[2] == pytest.approx(0.8, abs=0.015)
    assert by_id(found, "confidence_share")[:2] == [1, 1]


def test_weights_that_are_sure_leave_the_ranking():
    found = stability(ranking_of([[0.9, 0.1], [0.3, 0.8], [0.2, 0.2]], TWO), weights=0)
    assert by_id(found) == [1, 0, 0]
    assert found.table["p05_rank"].tolist() == found.table["p95_rank"].tolist() == [1, 2, 3]
    assert found.said == "the weights of the ranking"


def test_scores_that_are_equal_in_decimals_are_equal():
    # .3 + .3 is not .6 as a float, and less so in 32 bits.
    cells = [[0.3, 0.3, 0], [0, 0, 0.6], [0.1, 0.2, 0.3], [0.6, 0, 0]]
    found = stability(ranking_of(cells), weights=0)
    assert by_id(found) == [1, 1, 1, 1]
    assert found.table["rank"].tolist() == found.table["p95_rank"].tolist() == [1, 1, 1, 1]


def test_areas_with_the_same_values_have_the_same_numbers():
    random = np.random.default_rng(3)
    cells = np.repeat(random.random((37, 7)), 3, axis=0)
    found = stability(ranking_of(cells), weights=FreeWeights(), draws=2_000, top=(1, 4, 5, 6))
    table = found.table.sort_values("area_id").drop(columns=["area_id"])
    pd.testing.assert_frame_equal(table.iloc[::3].reset_index(drop=True), table.iloc[1::3].reset_index(drop=True))
    pd.testing.assert_frame_equal(table.iloc[::3].reset_index(drop=True), table.iloc[2::3].reset_index(drop=True))
    # Three areas share each rank: 1 1 1 4 4 4 7 ...
    assert found.table["top_1_share"].sum() == pytest.approx(3)
    assert found.table["top_4_share"].sum() == found.table["top_6_share"].sum() == pytest.approx(6)


def test_what_is_not_known_could_be_anything():
    one = [Criterion("a", 0, 1, 1.0)]
    for missing in ("worst", "best"):
        found = stability(ranking_of([[0.7], [np.nan]], one, missing=missing))
        assert by_id(found) == pytest.approx([0.7, 0.3], abs=0.015)
        assert by_id(found, "confidence_share") == pytest.approx([0.7, 0.3], abs=0.015)
        assert (found.uncertain_count, found.unknown_count) == (0, 1)
    dropped = stability(ranking_of([[0.7], [np.nan]], one, missing="drop"))
    assert by_id(dropped)[0] == 1
    assert dropped.table.iloc[1].isna().tolist() == [False] + [True] * (len(dropped.table.columns) - 1)
    assert dropped.central.iloc[1].isna().tolist() == [False, True]


def test_values_with_a_known_spread_by_hand():
    one = [Criterion("a", 0, 100, 1.0)]
    told = {"area_id": ["A000"], "column": ["a"]}
    for spread, exact in (
        ({"sd": [8.0]}, 1 - NormalDist(50, 8).cdf(55)),
        ({"log_sd": [0.2]}, 1 - NormalDist(0, 0.2).cdf(np.log(55 / 50))),
        ({"low": [40.0], "high": [60.0]}, 0.25),
        ({"sd": [0.0]}, 0.0),
    ):
        found = stability(ranking_of([[50], [55]], one), uncertain=pd.DataFrame({**told, **spread}), top=1)
        assert by_id(found) == pytest.approx([exact, 1 - exact], abs=0.015)
        assert (found.uncertain_count, found.unknown_count) == (1, 0)
    # Less is urgent: the same, turned round. Beyond the limits a value counts as the limit, and both are first.
    less = [Criterion("a", 52, 100, 1.0, more_is_urgent=False)]
    uncertain = pd.DataFrame({**told, "low": [40.0], "high": [60.0]})
    assert by_id(stability(ranking_of([[50], [55]], less), uncertain=uncertain)) == pytest.approx(
        [0.75, 0.25], abs=0.015
    )
    assert by_id(stability(ranking_of([[50], [52]], less), uncertain=uncertain)) == pytest.approx([0.6, 1.0], abs=0.015)


def test_a_range_may_be_told_for_what_is_missing():
    cells = [[0.7], [np.nan]]
    uncertain = pd.DataFrame({"area_id": ["A001"], "column": ["a"], "low": [0.6], "high": [1.0]})
    found = stability(ranking_of(cells, [Criterion("a", 0, 1, 1.0)], missing="worst"), uncertain=uncertain)
    assert by_id(found) == pytest.approx([0.25, 0.75], abs=0.015)
    assert (found.uncertain_count, found.unknown_count) == (1, 0)


def test_points_count_in_full_at_the_highest_number():
    criteria = [Criterion("a", weight=2, form="points"), Criterion("b", None, 4, 1, form="points")]
    ranking = ranking_of([[5, 0], [1, 4]], criteria)
    assert ranking.table["score"].tolist() == [10, 6]
    # In parts of 1: 10/14 and 4/14. s0 = w, s1 = .2 w + (1 - w): equal at w = 5/9.
    found = stability(ranking, weights=0)
    assert found.weights["mean_weight"].tolist() == pytest.approx([10 / 14, 4 / 14])
    assert by_id(stability(ranking, weights=FreeWeights()))[0] == pytest.approx(4 / 9, abs=0.015)
    with pytest.raises(DataError, match=r"'a' is missing for 1 area, the first is 'A001', and has no highest"):
        stability(ranking_of([[5, 0], [np.nan, 4]], criteria, missing="worst"))


def two_tiers(cells, missing="raise"):
    """Two classes: from three victims on, an area comes before all others."""
    classes = (PriorityClass("first", (Threshold("victims", at_least=3),)), PriorityClass("then"))
    scheme = Scheme("t", "T", "", False, "", TWO, classes=classes)
    table = pd.DataFrame(cells, columns=["a", "b", "victims"]).assign(area_id=[f"A{i:03d}" for i in range(len(cells))])
    return prioritise(table, scheme, missing=missing)


def test_classes_come_before_each_other_in_every_draw():
    cells = [[0.9, 0.9, 0], [0.9, 0.1, 3], [0.3, 0.8, 5], [1, 1, 2]]
    ranking = two_tiers(cells)
    found = stability(ranking, weights=FreeWeights(), top=(2, 3))
    assert by_id(found) == pytest.approx([0, 6 / 13, 7 / 13, 0], abs=0.015)
    assert by_id(found, "top_2_share") == [0, 1, 1, 0]
    assert by_id(found, "top_3_share") == [0, 1, 1, 1]
    uncertain = pd.DataFrame({"area_id": ["A000", "A002"], "column": ["a", "a"], "low": [0, 0], "high": [1, 1]})
    drawn = stability(ranking, weights=FreeWeights(), uncertain=uncertain, top=2)
    assert by_id(drawn, "top_2_share") == [0, 1, 1, 0]
    shares = by_id(drawn, "confidence_share")
    assert np.isnan([shares[0], shares[3]]).all()
    assert min(shares[1:3]) > 0
    lost = pd.DataFrame({"area_id": ["A000"], "column": ["victims"], "sd": [1]})
    with pytest.raises(DataError, match="names victims, which decides the class of an area"):
        stability(ranking, uncertain=lost)


def test_a_class_that_is_open_is_not_drawn():
    cells = [[0.9, 0.9, np.nan], [0.9, 0.1, 3], [np.nan, 0.8, 5]]
    with pytest.raises(DataError, match=r"class of 1 of 3 areas hangs on a missing value, the first is 'A000'"):
        stability(two_tiers(cells, missing="bounds"))
    # As the ranking has it, where it says so.
    assert by_id(stability(two_tiers(cells, missing="worst"), top=2), "top_2_share") == [0, 1, 1]
    assert by_id(stability(two_tiers(cells, missing="best"), top=2, weights=0))[0] > 0
    assert stability(two_tiers(cells, missing="drop")).table["first_share"].notna().sum() == 1


def test_a_scheme_that_gives_an_order_is_drawn_from_its_order():
    criteria = tuple(Criterion(one, 0, 1, weight) for one, weight in zip("ab", rank_order_centroid(2), strict=True))
    scheme = Scheme("t", "T", "", False, "", criteria, weights="order")
    cells = pd.DataFrame({"area_id": ["A000", "A001"], "a": [0.9, 0.3], "b": [0.1, 0.8]})
    found = stability(prioritise(cells, scheme))
    assert found.space == OrdinalWeights(["a", "b"])
    assert found.said == "weights in the order a, b (the default where a scheme gives no more)"
    assert by_id(found)[0] == pytest.approx((1 - 7 / 13) / 0.5, abs=0.015)


# Another way to the same numbers -------------------------------------------------------------------------------------


def brute(values, weights):
    """Return the rank of each area in each draw (draws, areas), 1 and the number of areas with more."""
    scores = np.asarray(weights) @ np.asarray(values).T
    return 1 + (scores[:, None, :] > scores[:, :, None]).sum(axis=2)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 70), st.integers(1, 9), st.integers(1, 12), st.sets(st.integers(1, 90), min_size=1), st.data())
def test_counts_are_those_of_ranks_one_by_one(n, m, draws, top, data):
    """Values and weights of few bits, so that scores are exact and many are equal."""
    random = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    values = random.integers(0, 5, (n, m)) / 4
    weights = random.integers(0, 9, (draws, m)) / 8
    ranks = brute(values, weights)
    lines = sorted({1, *top})
    shares, central = reached_shares(model(values), weights, lines, 1)
    assert shares == pytest.approx(np.stack([(ranks <= line).mean(axis=0) for line in lines], axis=1))
    first = ranks == 1
    for area in range(n):
        if first[:, area].any():
            assert central[area] == pytest.approx(weights[first[:, area]].mean(axis=0))
        else:
            assert np.isnan(central[area]).all()
    quantiles, used = rank_quantiles(model(values), weights, (0.05, 0.5, 0.95), draws, 1)
    assert used == draws
    assert (quantiles == np.quantile(ranks, (0.05, 0.5, 0.95), axis=0, method="inverted_cdf").T).all()
    cost = random.integers(0, 6, n).astype(float)
    budget = float(random.integers(0, 3 * n))
    fits = np.empty((draws, n), dtype=bool)
    payable = np.where(cost <= budget, cost, 0)
    for draw in range(draws):
        for area in range(n):
            fits[draw, area] = payable[ranks[draw] <= ranks[draw, area]].sum() <= budget and cost[area] <= budget
    assert funded_shares(model(values), weights, cost, budget, 1) == pytest.approx(fits.mean(axis=0))


@pytest.mark.parametrize("n", [1_000, 3_001])
def test_counts_of_many_areas(n):
    """More areas than one tile and one batch, and lines beyond the number of groups."""
    random = np.random.default_rng(n)
    values, draws = random.integers(0, 2**10, (n, 5)) / 2**10, 70
    weights = random.integers(0, 2**8, (draws, 5)) / 2**8
    scores = weights @ values.T
    ranks = np.stack([1 + n - np.searchsorted(np.sort(row), row, side="right") for row in scores])
    lines = [1, 10, n // 16, n // 4, n - 1, n]
    shares, _ = reached_shares(model(values), weights, lines, 1)
    assert shares == pytest.approx(np.stack([(ranks <= line).mean(axis=0) for line in lines], axis=1))
    quantiles, _ = rank_quantiles(model(values), weights, (0.5,), draws, 1)
    assert (quantiles[:, 0] == np.quantile(ranks, 0.5, axis=0, method="inverted_cdf")).all()


@pytest.mark.parametrize(
    "weights", [FreeWeights(), OrdinalWeights(["c", "a", "b"], least=0.1), IntervalWeights({"b": (0.2, 0.5)}), None]
)
def test_the_whole_against_a_plain_loop(weights):
    """Uncertain, missing and certain values together; weights of its own, values of its own, ranks one by one."""
    random = np.random.default_rng(5)
    cells = random.random((9, 3))
    cells[4, 1] = np.nan
    uncertain = pd.DataFrame(
        [("A000", "a", 0.2, np.nan, np.nan), ("A002", "c", np.nan, 0.1, 0.9), ("A002", "a", 0.1, np.nan, np.nan)],
        columns=["area_id", "column", "sd", "low", "high"],
    )
    ranking = ranking_of(cells, missing="worst")
    found = stability(ranking, weights=weights, uncertain=uncertain, top=(2, 4), rank_draws=10_000)
    draws = 20_000
    w = random.dirichlet(np.ones(3), 400_000)
    if isinstance(weights, OrdinalWeights):
        w = w[(w[:, 2] >= w[:, 0]) & (w[:, 0] >= w[:, 1]) & (w.min(axis=1) >= 0.1)]
    elif weights is None:
        w = w[(np.abs(w - 1 / 3) <= 1 / 12).all(axis=1)]
    elif isinstance(weights, IntervalWeights):
        w = w[(w[:, 1] >= 0.2) & (w[:, 1] <= 0.5)]
    w = w[:draws]
    values = np.repeat(cells[None], len(w), axis=0)
    values[:, 4, 1] = random.random(len(w))
    values[:, 0, 0] = np.clip(random.normal(cells[0, 0], 0.2, len(w)), 0, 1)
    values[:, 2, 0] = np.clip(random.normal(cells[2, 0], 0.1, len(w)), 0, 1)
    values[:, 2, 2] = random.uniform(0.1, 0.9, len(w))
    scores = np.einsum("kij,kj->ki", values, w)
    ranks = 1 + (scores[:, None, :] > scores[:, :, None]).sum(axis=2)
    table = found.table.sort_values("area_id")
    for column, line in (("first_share", 1), ("top_2_share", 2), ("top_4_share", 4)):
        assert table[column].tolist() == pytest.approx((ranks <= line).mean(axis=0), abs=0.025)
    assert table["p50_rank"].tolist() == pytest.approx(np.median(ranks, axis=0), abs=1)
    for area in np.flatnonzero((ranks == 1).mean(axis=0) > 0.05):
        centre = w[ranks[:, area] == 1].mean(axis=0)
        mine = found.central.sort_values("area_id")[["a", "b", "c"]].to_numpy()[area]
        assert mine == pytest.approx(centre, abs=0.03)
        wins = (values @ mine).argmax(axis=1) == area
        assert table["confidence_share"].tolist()[area] == pytest.approx(wins.mean(), abs=0.02)


def test_more_than_the_shortlist_and_memory_have_room_for(monkeypatch):
    monkeypatch.setattr(simulate, "_SHORTLIST", 2)
    monkeypatch.setattr(simulate, "_RANKS", 3 * 150)
    cells = [[0.5, 0.6], [0.6, 0.5], [0.55, 0.56]]
    uncertain = pd.DataFrame({"area_id": ["A000"], "column": ["a"], "sd": [0.3]})
    found = stability(ranking_of(cells), weights=FreeWeights(), uncertain=uncertain)
    assert found.rank_draws == 150
    assert found.table["confidence_share"].notna().sum() == 2
    shown = found.table.sort_values("first_share", ascending=False)["confidence_share"].notna().tolist()
    assert shown == [True, True, False]


# What it is made with ------------------------------------------------------------------------------------------------


def test_the_same_seed_gives_the_same_and_another_does_not():
    ranking = ranking_of(np.random.default_rng(1).random((40, 4)))
    uncertain = pd.DataFrame({"area_id": ["A001", "A002"], "column": ["a", "b"], "sd": [0.1, 0.2]})
    before = uncertain.copy()
    one, two = (stability(ranking, uncertain=uncertain, draws=500, seed=4) for _ in range(2))
    pd.testing.assert_frame_equal(one.table, two.table)
    pd.testing.assert_frame_equal(one.central, two.central)
    pd.testing.assert_frame_equal(uncertain, before)
    assert not one.table.equals(stability(ranking, uncertain=uncertain, draws=500, seed=5).table)
    assert (one.seed, one.draws, one.half_width_share) == (4, 500, pytest.approx(0.98 / np.sqrt(500)))
    assert one.uncertain is not uncertain


def test_the_error_of_sampling_is_the_stated_one():
    """Of a hundred seeds, about five are further off than the half width where the share is one half."""
    ranking = ranking_of([[1, 0], [0, 1]])
    off = [abs(by_id(stability(ranking, weights=FreeWeights(), draws=400, seed=i))[0] - 0.5) for i in range(100)]
    beyond = sum(one > stability(ranking, draws=400).half_width_share for one in off)
    assert 0 < beyond < 15


def test_the_default_is_named():
    found = stability(ranking_of([[0.9, 0.1], [0.3, 0.8]], TWO), draws=10)
    assert found.said == "each weight within 25 % of that of the ranking (the default)"
    assert isinstance(found.space, IntervalWeights)
    assert isinstance(found, Stability)
    assert found.top == (10, 20, 50)
    assert list(found.table.columns) == [
        "area_id", "rank", "first_share", "top_10_share", "top_20_share", "top_50_share", "p05_rank", "p50_rank",
        "p95_rank", "confidence_share",
    ]  # fmt: skip
    assert found.table.dtypes.astype(str).tolist() == ["str", "Int64"] + ["float64"] * 4 + ["Int64"] * 3 + ["float64"]


def test_a_weight_of_zero_stays_zero_unless_weights_are_free():
    criteria = [Criterion("a", 0, 1, 1.0), Criterion("b", 0, 1, 0.0)]
    ranking = ranking_of([[0.9, 0.1], [0.3, 0.8]], criteria)
    assert by_id(stability(ranking)) == [1, 0]
    assert by_id(stability(ranking, weights=FreeWeights()))[1] > 0.4


def test_no_area_one_area_one_criterion_and_areas_all_alike():
    none = stability(ranking_of(np.empty((0, 2))))
    assert (len(none.table), len(none.central), len(none.weights)) == (0, 0, 2)
    assert none.table.dtypes.equals(stability(ranking_of([[0.5, 0.5]])).table.dtypes)
    one = stability(ranking_of([[0.2, 0.5]]), top=3)
    assert one.table.iloc[0].tolist() == ["A000", 1, 1, 1, 1, 1, 1, 1]
    single = stability(ranking_of([[0.2], [0.5]]), weights=FreeWeights())
    assert by_id(single) == [0, 1]
    alike = stability(ranking_of([[0.2, 0.5, 0.1]] * 50), weights=FreeWeights())
    assert set(by_id(alike)) == {1.0}
    assert set(alike.table["p95_rank"]) == {1}
    unknown = stability(ranking_of([[np.nan, np.nan]] * 4, missing="worst"))
    assert by_id(unknown) == pytest.approx([0.25] * 4, abs=0.02)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"draws": 0}, "draws must be a whole number of 1 or more; got 0"),
        ({"draws": 2.5}, "draws must be a whole number"),
        ({"rank_draws": 0}, "rank_draws must be a whole number"),
        ({"seed": -1}, "seed must be a whole number of 0 or more; got -1"),
        ({"seed": None}, "seed must be a whole number"),
        ({"top": 0}, "top must be a whole number of 1 or more; got 0"),
        ({"top": (5, True)}, "top must be a whole number of 1 or more; got True"),
        ({"weights": 1.5}, "or a share from 0 to 1; got 1.5"),
        ({"weights": "ordinal"}, r"weights must be FreeWeights\(\)"),
        ({"weights": True}, "got True"),
        ({"weights": {"a": (0, 1)}}, "weights must be"),
        ({"weights": OrdinalWeights(["a"])}, "lacks b"),
        ({"weights": IntervalWeights({"a": (0, 0.3), "b": (0.1, 0.4)})}, "highest only sum to 0.7"),
    ],
)
def test_options_that_mean_nothing(options, message):
    with pytest.raises(OptionError, match=message):
        stability(ranking_of([[0.9, 0.1], [0.3, 0.8]]), **options)


def test_rankings_that_it_is_not_about():
    from dataclasses import replace

    ranking = ranking_of([[0.9, 0.1], [0.3, 0.8]])
    for method in ("topsis", "promethee"):
        with pytest.raises(OptionError, match=f"additive value.*\n?.*'{method}'"):
            stability(replace(ranking, method=method))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"area_id": ["A000"], "sd": [1]}, "'uncertain' lacks column"),
        ({"area_id": ["A000"], "column": ["a"], "std": [1]}, "'uncertain' has 'std'; did you mean 'sd'"),
        (
            {"area_id": ["A00"], "column": ["a"], "sd": [1]},
            "1 of 1 rows .* not of a ranked area; the first: 'A00'; did",
        ),
        ({"area_id": [None], "column": ["a"], "sd": [1]}, "without a name"),
        ({"area_id": ["A000"], "column": ["z"], "sd": [1]}, "not of a criterion; the first: 'z'"),
        ({"area_id": ["A000"] * 2, "column": ["a"] * 2, "sd": [1, 2]}, "1 of 2 rows .* repeat an area and a criterion"),
        ({"area_id": ["A000"], "column": ["a"], "sd": ["x"]}, "column 'sd' of 'uncertain' must hold numbers"),
        ({"area_id": ["A000"], "column": ["a"], "sd": [np.inf]}, "must hold numbers"),
        ({"area_id": ["A000"], "column": ["a"], "sd": [-0.1]}, "a negative standard deviation; the first: 'A000', 'a'"),
        ({"area_id": ["A000"], "column": ["a"]}, "must give either sd, or log_sd, or low and high"),
        ({"area_id": ["A000"], "column": ["a"], "sd": [np.nan]}, "must give either"),
        ({"area_id": ["A000"], "column": ["a"], "sd": [1], "log_sd": [1]}, "must give either"),
        ({"area_id": ["A000"], "column": ["a"], "sd": [1], "low": [0]}, "must give either"),
        ({"area_id": ["A000"], "column": ["a"], "low": [0]}, "must give either"),
        ({"area_id": ["A000"], "column": ["a"], "low": [0.6], "high": [0.2]}, "a low above the high"),
        ({"area_id": ["A001"], "column": ["b"], "sd": [0.1]}, "about a value that is missing: give low and high"),
        ({"area_id": ["A001"], "column": ["a"], "log_sd": [0.1]}, "a lognormal value is positive"),
    ],
)
def test_uncertain_values_that_can_not_be_drawn(rows, message):
    ranking = ranking_of([[0.9, 0.1], [-0.3, np.nan]], TWO, missing="worst")
    with pytest.raises(DataError, match=message):
        stability(ranking, uncertain=pd.DataFrame(rows))


def test_a_frame_without_rows_draws_nothing():
    ranking = ranking_of([[0.9, 0.1], [0.3, 0.8]])
    empty = pd.DataFrame({"area_id": pd.Series(dtype="str"), "column": pd.Series(dtype="str"), "sd": []})
    pd.testing.assert_frame_equal(stability(ranking, uncertain=empty).table, stability(ranking).table)


def test_draws_do_not_depend_on_the_order_of_the_rows():
    cells = np.random.default_rng(2).random((30, 3))
    table = pd.DataFrame(cells, columns=list("abc")).assign(area_id=[f"A{i}" for i in range(30)])
    criteria = [Criterion(one, 0, 1, 1 / 3) for one in "abc"]
    one, two = (prioritise(frame, criteria) for frame in (table, table.sample(frac=1, random_state=1)))
    pd.testing.assert_frame_equal(stability(one, draws=300).table, stability(two, draws=300).table)


def test_an_area_that_leaves_changes_nothing_for_those_that_it_is_behind():
    random = np.random.default_rng(8)
    cells = random.random((30, 3))
    cells[20:] = 0.9 * cells[:10].min(axis=1)[:, None]  # each is behind one of the others on every criterion
    whole = stability(ranking_of(cells), weights=FreeWeights()).table.set_index("area_id")
    less = stability(ranking_of(cells[:20]), weights=FreeWeights()).table.set_index("area_id")
    assert whole["first_share"].loc[less.index].tolist() == less["first_share"].tolist()


def test_the_model_says_how_many_values_are_drawn():
    ranking = ranking_of([[0.9, np.nan], [np.nan, 0.2]], missing="best")
    found = model_of(ranking, pd.DataFrame({"area_id": ["A000"], "column": ["a"], "sd": [0.1]}))
    assert (found.uncertain_count, found.unknown_count) == (1, 2)
    weights = drawn_weights(FreeWeights(), found, 3, 9)
    assert weights.shape == (3, 2)
    assert (weights == drawn_weights(FreeWeights(), found, 5, 9)[:3]).all()
