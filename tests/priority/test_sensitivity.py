from __future__ import annotations

from dataclasses import replace
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from landrelease.errors import DataError, OptionError
from landrelease.priority import (
    Criterion,
    PriorityClass,
    Scheme,
    Threshold,
    leave_one_out,
    prioritise,
    swap_weights,
)

NAMES = list("abcdef")


def ranking_of(cells, weights=None, missing="raise"):
    cells = np.asarray(cells, dtype=float)
    names = NAMES[: cells.shape[1]]
    weights = [1 / len(names)] * len(names) if weights is None else weights
    table = pd.DataFrame(cells, columns=names).assign(area_id=[f"A{i:02d}" for i in range(len(cells))])
    criteria = [Criterion(one, 0, 1, float(weight)) for one, weight in zip(names, weights, strict=True)]
    return prioritise(table, criteria, missing=missing)


# Leaving one out ----------------------------------------------------------------------------------------------------


def tau_b(one, other):
    """Count the pairs, as Kendall (1945) does."""
    agree = ties_one = ties_other = pairs = 0
    for i, j in combinations(range(len(one)), 2):
        first, second = np.sign(one[i] - one[j]), np.sign(other[i] - other[j])
        agree += first * second
        ties_one += first == 0
        ties_other += second == 0
        pairs += 1
    return agree / np.sqrt((pairs - ties_one) * (pairs - ties_other))


@pytest.mark.parametrize("seed", range(4))
def test_leaving_one_out_is_ranking_without_it(seed):
    random = np.random.default_rng(seed)
    cells = random.integers(0, 5, (25, 4)) / 4
    weights = [0.4, 0.3, 0.2, 0.1]
    found = leave_one_out(ranking_of(cells, weights), top=(3, 10)).set_index("column")
    whole = ranking_of(cells, weights).table.set_index("area_id")["rank"].sort_index()
    for at, name in enumerate(NAMES[:4]):
        rest = ranking_of(np.delete(cells, at, axis=1), np.delete(weights, at)).table
        rest = rest.set_index("area_id")["rank"].sort_index()
        assert found.loc[name, "weight"] == weights[at]
        assert found.loc[name, "kendall_tau"] == pytest.approx(tau_b(whole.to_numpy(), rest.to_numpy()))
        for line in (3, 10):
            one, other = set(whole.index[whole <= line]), set(rest.index[rest <= line])
            share = len(one & other) / max(len(one), len(other))
            assert found.loc[name, f"top_{line}_overlap_share"] == pytest.approx(share)


def test_a_criterion_without_weight_or_without_differences_decides_nothing():
    cells = np.random.default_rng(1).random((20, 3))
    cells[:, 1] = 0.4
    found = leave_one_out(ranking_of(cells, [0.5, 0.5, 0.0])).set_index("column")
    assert found.loc["b"].tolist() == [0.5, 1, 1, 1, 1]
    assert found.loc["c", "kendall_tau"] == 1
    assert np.isnan(found.loc["a", "kendall_tau"])  # all areas are level without it


def test_one_criterion_one_area_no_area():
    single = leave_one_out(ranking_of([[0.1], [0.5], [0.9]]), top=1)
    assert np.isnan(single["kendall_tau"][0])
    assert single["top_1_overlap_share"].tolist() == pytest.approx([1 / 3])
    one = leave_one_out(ranking_of([[0.1, 0.2]]), top=1)
    assert one["kendall_tau"].isna().all()
    assert one["top_1_overlap_share"].tolist() == [1, 1]
    none = leave_one_out(ranking_of(np.empty((0, 2))), top=1)
    assert none[["kendall_tau", "top_1_overlap_share"]].isna().all(axis=None)


def test_areas_that_are_not_ranked_are_left_out():
    cells = [[0.1, 0.9], [0.9, 0.2], [0.5, np.nan], [0.2, 0.2]]
    dropped = leave_one_out(ranking_of(cells, missing="drop"), top=2)
    without = leave_one_out(ranking_of([cells[0], cells[1], cells[3]]), top=2)
    pd.testing.assert_frame_equal(dropped, without)


def two_tiers(cells):
    criteria = tuple(Criterion(one, 0, 1, 0.5) for one in "ab")
    classes = (PriorityClass("first", (Threshold("victims", at_least=3),)), PriorityClass("then"))
    scheme = Scheme("t", "T", "", False, "", criteria, classes=classes)
    table = pd.DataFrame(cells, columns=["a", "b", "victims"]).assign(area_id=[f"A{i:02d}" for i in range(len(cells))])
    return prioritise(table, scheme, missing="bounds")


def test_a_class_comes_first_whatever_the_weights_and_criteria():
    cells = [[0.9, 0.9, 0], [0.9, 0.1, 3], [0.3, 0.8, 5]]
    ranking = two_tiers(cells)
    found = leave_one_out(ranking, top=(1, 2))
    # A01, A02, A00; without a, A02 is first; the third stays the third.
    assert ranking.table["area_id"].tolist() == ["A02", "A01", "A00"]
    assert found["kendall_tau"].tolist() == pytest.approx([1, 1 / 3])
    assert found["top_1_overlap_share"].tolist() == [1, 0]
    assert found["top_2_overlap_share"].tolist() == [1, 1]
    swap = swap_weights(ranking, "A00", "A01")
    assert swap.sentence == "A01 is ahead of A00 whatever the weights: its class comes first."
    assert np.isnan(swap.distance)
    assert swap.table[["nearest_weight", "alone_weight"]].isna().all(axis=None)
    assert "same score if" in swap_weights(ranking, "A01", "A02").sentence
    # One whose class is open is in nobody's way.
    ranking = two_tiers([*cells, [0.1, 0.1, np.nan]])
    assert "its class comes first" in swap_weights(ranking, "A00", "A01").sentence
    for ask in (lambda: swap_weights(ranking, "A03", "A01"), lambda: leave_one_out(ranking)):
        with pytest.raises(DataError, match=r"class of 1 of . areas hangs on a missing value, the first is 'A03'"):
            ask()


def test_what_the_ranking_leaves_open_has_no_order_to_compare():
    ranking = ranking_of([[0.9, np.nan], [0.3, 0.5]], missing="bounds")
    with pytest.raises(DataError, match="the ranking leaves open what they are"):
        leave_one_out(ranking)
    with pytest.raises(DataError, match="'A00' has no value of 'b', and the ranking leaves open"):
        swap_weights(ranking, "A00", "A01")


def test_leaving_out_needs_sums_and_numbers():
    ranking = ranking_of([[0.1, 0.9], [0.9, 0.2]])
    with pytest.raises(OptionError, match="top must be a whole number of 1 or more; got 0"):
        leave_one_out(ranking, top=0)
    with pytest.raises(OptionError, match=r"leaving out a criterion is of the additive value.*\n?.*'topsis'"):
        leave_one_out(replace(ranking, method="topsis"))


# Swapping two areas ---------------------------------------------------------------------------------------------------


def nearest_by_enumeration(weights, apart):
    """Return the nearest weights with apart @ w = 0, the same sum, none below 0: every choice of those that are 0."""
    m, best = len(weights), None
    for kept in product([True, False], repeat=m):
        kept = np.array(kept)
        if not kept.any():
            continue
        rows = np.stack([np.ones(m), apart])[:, kept]
        right = np.array([weights.sum(), 0.0]) - rows @ weights[kept]
        step, *_ = np.linalg.lstsq(rows, right, rcond=None)
        if np.abs(rows @ step - right).max() > 1e-9:
            continue
        point = np.zeros(m)
        point[kept] = weights[kept] + step
        if point.min() >= -1e-12 and (best is None or np.linalg.norm(point - weights) < best):
            best = np.linalg.norm(point - weights)
    return best


part = st.integers(0, 20).map(lambda x: x / 20)


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 5).flatmap(lambda m: st.tuples(*[st.lists(part, min_size=m, max_size=m)] * 3)))
def test_the_nearest_weights_against_every_choice_of_those_that_are_zero(three):
    one, other, weights = map(np.array, three)
    assume(weights.sum() > 0)
    found = swap_weights(ranking_of([one, other], weights), "A00", "A01")
    apart = one - other
    if found.first_id == "A01":
        apart = -apart
    ahead = apart @ weights
    assert ahead >= -1e-12
    table = found.table
    if ahead <= 1e-12:
        assert found.distance == 0
        assert "the same score as it is" in found.sentence
    elif apart.min() >= 0:
        assert np.isnan(found.distance)
        assert table["nearest_weight"].isna().all()
        assert table["alone_weight"].isna().all()
        assert "whatever the weights" in found.sentence
    else:
        nearest = table["nearest_weight"].to_numpy()
        assert nearest.sum() == pytest.approx(weights.sum())
        assert nearest.min() >= 0
        assert apart @ nearest == pytest.approx(0, abs=1e-9)
        assert found.distance == pytest.approx(np.linalg.norm(nearest - weights))
        assert found.distance == pytest.approx(nearest_by_enumeration(weights, apart), abs=1e-7)
        assert f"beyond that, {found.second_id} is ahead" in found.sentence


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 5).flatmap(lambda m: st.tuples(*[st.lists(part, min_size=m, max_size=m)] * 3)))
def test_one_alone_weight_makes_them_equal_and_a_little_more_swaps_them(three):
    one, other, weights = map(np.array, three)
    assume(weights.sum() > 0)
    found = swap_weights(ranking_of([one, other], weights), "A00", "A01")
    apart = (one - other) * (-1 if found.first_id == "A01" else 1)
    assume(apart @ weights > 1e-9)
    for at, alone in enumerate(found.table["alone_weight"]):
        rest = weights.sum() - weights[at]

        def ahead(weight, at=at, rest=rest):
            changed = weights * (weights.sum() - weight) / rest
            changed[at] = weight
            return apart @ changed

        if rest == 0:
            assert np.isnan(alone)
        elif np.isnan(alone):
            assert min(ahead(0.0), ahead(weights.sum())) >= -1e-9
        else:
            assert ahead(alone) == pytest.approx(0, abs=1e-9)
            assert min(ahead(0.0), ahead(weights.sum())) < 0


def test_a_swap_by_hand():
    # .9 w + .1 v = .3 w + .7 v at w = v.
    found = swap_weights(ranking_of([[0.9, 0.1], [0.3, 0.7]], [60, 40]), "A01", "A00")
    assert (found.first_id, found.second_id) == ("A00", "A01")
    assert found.table["nearest_weight"].tolist() == pytest.approx([50, 50])
    assert found.table["alone_weight"].tolist() == pytest.approx([50, 50])
    assert found.distance == pytest.approx(np.sqrt(200))


def test_the_scores_at_the_swap_are_those_of_a_ranking():
    random = np.random.default_rng(6)
    cells = random.random((6, 4))
    ranking = ranking_of(cells, [0.4, 0.3, 0.2, 0.1])
    for one, other in combinations(ranking.table["area_id"], 2):
        found = swap_weights(ranking, one, other)
        if not np.isnan(found.distance):
            again = ranking_of(cells, found.table["nearest_weight"]).table.set_index("area_id")["score"]
            assert again[one] == pytest.approx(again[other])


def test_points_are_changed_in_points():
    criteria = [Criterion("a", weight=2, form="points"), Criterion("b", None, 4, 3, form="points")]
    table = pd.DataFrame({"area_id": ["A", "B"], "a": [6, 1], "b": [0, 9]})
    found = swap_weights(prioritise(table, criteria), "A", "B")
    # 6 x 2 = 12 against 2 + 4 x 3 = 14; equal where 6 a = a + 4 b and a + b = 5, so at a = 20/9.
    assert found.first_id == "B"
    assert found.table["nearest_weight"].tolist() == pytest.approx([20 / 9, 25 / 9])


def test_what_is_missing_counts_as_in_the_ranking():
    cells = [[0.9, np.nan], [0.3, 0.5]]
    low = swap_weights(ranking_of(cells, missing="worst"), "A00", "A01")
    assert low.table["nearest_weight"].tolist() == pytest.approx([5 / 11, 6 / 11])
    assert "whatever the weights" in swap_weights(ranking_of(cells, missing="best"), "A00", "A01").sentence
    with pytest.raises(DataError, match="'A00' is not ranked"):
        swap_weights(ranking_of(cells, missing="drop"), "A00", "A01")
    with pytest.raises(DataError, match="'A00' has no value of 'b'"):
        swap_weights(replace(ranking_of(cells, missing="worst"), missing="raise"), "A00", "A01")


def test_swaps_that_mean_nothing():
    ranking = ranking_of([[0.9, 0.1], [0.3, 0.7]])
    with pytest.raises(DataError, match=r"no area 'A0' among the 2 areas .* did you mean 'A0"):
        swap_weights(ranking, "A00", "A0")
    with pytest.raises(OptionError, match="can not swap with itself"):
        swap_weights(ranking, "A00", "A00")
    with pytest.raises(OptionError, match="swapping two areas is of the additive value"):
        swap_weights(replace(ranking, method="promethee"), "A00", "A01")
