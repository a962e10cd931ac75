from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.errors import DataError, OptionError
from landrelease.priority import Criterion, explain, prioritise, unit_values

METHODS = ("value", "topsis", "promethee")
PEOPLE = Criterion("people", 0, 1000, 0.5, unit="people", indifference=50, preference=400)
ROAD = Criterion("road_m", 100, 500, 0.3, more_is_urgent=False, label="distance to a road", unit="m")
SHARE = Criterion("share", 0, 1, 0.2, unit="share", indifference=0.1, preference=0.1)
THREE = (PEOPLE, ROAD, SHARE)
# Multiples of 1/8, whose differences are exact: a step is then where a reader says that it is.
cells = st.tuples(
    st.integers(-40, 1600).map(float), st.integers(0, 600).map(float), st.integers(0, 8).map(lambda n: n / 8)
)
tables = st.lists(cells, min_size=1, max_size=25).map(
    lambda rows: pd.DataFrame(rows, columns=["people", "road_m", "share"]).assign(
        area_id=[f"HA-{i:02}" for i in range(len(rows))]
    )
)


def table_of(**columns):
    length = len(next(iter(columns.values())))
    return pd.DataFrame({"area_id": [f"A{i}" for i in range(length)], **columns})


def brute_flow(one: Criterion, values: np.ndarray) -> np.ndarray:
    """Compare every pair, as the method is written down."""
    if len(values) == 1:
        return np.zeros(1)
    difference = (values[:, None] - values[None, :]) * (1 if one.more_is_urgent else -1)
    low, high = one.indifference, one.full_difference
    prefers = (difference > low).astype(float) if low == high else np.clip((difference - low) / (high - low), 0, 1)
    return (prefers - prefers.T).sum(axis=1) / (len(values) - 1)


def test_topsis_of_a_textbook():
    # Tzeng and Huang (2011), Multiple Attribute Decision Making, the TOPSIS example: four alternatives.
    table = table_of(a=[5, 7, 8, 7], b=[8, 6, 8, 4], c=[4, 8, 6, 6])
    weights = {"a": 0.3, "b": 0.4, "c": 0.3}
    ranking = prioritise(table, [Criterion(name, 0, 10, one) for name, one in weights.items()], method="topsis")
    found = ranking.table.set_index("area_id").sort_index()
    assert found["score"].tolist() == pytest.approx([0.5037, 0.6581, 0.7482, 0.3340], abs=5e-5)
    assert found["rank"].tolist() == [3, 2, 1, 4]
    # Weights of ten times as much are the same weights.
    tenfold = prioritise(table, [Criterion(name, 0, 10, 10 * one) for name, one in weights.items()], method="topsis")
    pd.testing.assert_frame_equal(tenfold.table, ranking.table)


def test_promethee_by_hand():
    table = table_of(people=[0, 225, 600], road_m=[500, 500, 100])
    ranking = prioritise(table, [PEOPLE, replace(ROAD, weight=0.5)], method="promethee")
    # People: of 225 over 50 to 400 half counts, of 375 13/14; distance: all 400 m count in full.
    flows = ranking.contributions.set_index("area_id").sort_index()
    assert flows["people"].tolist() == pytest.approx([0.5 * -0.75, 0.5 * (0.5 - 13 / 14) / 2, 0.5 * (1 + 13 / 14) / 2])
    assert flows["road_m"].tolist() == pytest.approx([-0.25, -0.25, 0.5])
    assert ranking.table["area_id"].tolist() == ["A2", "A1", "A0"]
    assert explain(ranking, "A2") == (
        "A2 is rank 1 of 3 with a net flow of 0.98 on a scale from -1 to 1. Compared with the other areas it gains "
        "0.50 by distance to a road (100 m) and 0.48 by people (600 people)."
    )
    assert explain(ranking, "A1") == (
        "A1 is rank 2 of 3 with a net flow of -0.36 on a scale from -1 to 1. Compared with the other areas it loses "
        "0.25 by distance to a road (500 m) and 0.11 by people (225 people)."
    )


@settings(max_examples=80, deadline=None)
@given(table=tables)
def test_promethee_is_the_comparison_of_all_pairs(table):
    ranking = prioritise(table, THREE, method="promethee")
    by_id = ranking.contributions.set_index("area_id").loc[table["area_id"]]
    for one in THREE:
        expected = one.weight * brute_flow(one, table[one.column].to_numpy())
        np.testing.assert_allclose(by_id[one.column], expected, rtol=0, atol=1e-14)
    np.testing.assert_allclose(
        ranking.contributions.drop(columns="area_id").sum(axis=1), ranking.table["score"], atol=1e-14
    )
    assert abs(ranking.table["score"].sum()) < 1e-12


def test_promethee_of_large_numbers_and_narrow_bounds():
    random = np.random.default_rng(4)
    table = table_of(x=1e9 + random.random(2000) * 1e8)
    one = Criterion("x", 0, 2e9, 1.0, indifference=10, preference=1e4)
    found = prioritise(table, [one], method="promethee").table.set_index("area_id").loc[table["area_id"], "score"]
    np.testing.assert_allclose(found, brute_flow(one, table["x"].to_numpy()), rtol=0, atol=1e-11)


def test_a_step_is_decided_by_the_difference_itself():
    # 0.3 - 0.1 is less than 0.2 in floats, and 0.3 - 0.2 is not more than 0.1: what a pair says, not what a sum says.
    values = np.array([0.1, 0.2, 0.3, 0.4, 0.7, 1e16, 1e16 + 4])
    for step in (0.0, 0.1, 0.2, 0.3, 1e16):
        one = Criterion("x", 0, 1, 1.0, indifference=step, preference=step)
        found = prioritise(table_of(x=values), [one], method="promethee").table.set_index("area_id").sort_index()
        assert found["score"].tolist() == brute_flow(one, values).tolist(), step


@pytest.mark.parametrize("seed", range(20))
def test_peers_agree(seed):
    methods = pytest.importorskip("pymcdm.methods")
    normalizations = pytest.importorskip("pymcdm.normalizations")
    random = np.random.default_rng(seed)
    rows = random.random((30, 3)) * [1000, 400, 1] + [0, 100, 0]
    table = pd.DataFrame(rows, columns=["people", "road_m", "share"]).assign(area_id=[f"A{i:02}" for i in range(30)])
    criteria = [
        replace(one, weight=float(weight)) for one, weight in zip(THREE, random.dirichlet(np.ones(3)), strict=True)
    ]
    weights = np.array([one.weight for one in criteria])

    def score(method, criteria=criteria):
        return prioritise(table, criteria, method=method).table.set_index("area_id")["score"].sort_index()

    spotis = methods.SPOTIS(np.array([(one.low, one.high) for one in criteria]))
    np.testing.assert_allclose(score("value"), 1 - spotis(rows, weights, np.array([1, -1, 1])), rtol=0, atol=1e-12)
    # Its vector norm turns a column of costs round (1 - r), which the book does not: compared where all are benefits.
    up = [replace(one, more_is_urgent=True) for one in criteria]
    topsis = methods.TOPSIS(normalizations.vector_normalization)
    np.testing.assert_allclose(score("topsis", up), topsis(rows, weights, np.ones(3)), rtol=0, atol=1e-12)
    linear = [replace(one, indifference=0.05 * one.high, preference=0.5 * one.high) for one in criteria]
    promethee = methods.PROMETHEE_II(
        "vshape_2", p=[one.preference for one in linear], q=[one.indifference for one in linear]
    )
    expected = promethee(rows, weights, np.array([1, -1, 1]))
    np.testing.assert_allclose(score("promethee", linear), expected, rtol=0, atol=1e-12)


def test_topsis_of_a_criterion_where_less_is_urgent_has_its_best_at_the_least():
    table = table_of(road_m=[100, 200, 500])
    found = prioritise(table, [ROAD], method="topsis").table
    assert found["area_id"].tolist() == ["A0", "A1", "A2"]
    assert found["score"].tolist() == pytest.approx([1, 0.75, 0])
    size = np.sqrt(100**2 + 200**2 + 500**2)
    assert found["distance_to_best"].tolist() == pytest.approx([0, 100 / size, 400 / size])


def test_topsis_claims_no_contributions():
    ranking = prioritise(table_of(people=[1240, 80], road_m=[400, 200]), [PEOPLE, ROAD], method="topsis")
    assert ranking.contributions.columns.tolist() == ["area_id"]
    best, worst = (ranking.table[name].iloc[0] for name in ("distance_to_best", "distance_to_worst"))
    assert ranking.table["score"].iloc[0] == pytest.approx(worst / (best + worst))
    assert explain(ranking, "A0") == (
        f"A0 is rank 1 of 2 with a closeness of {ranking.table['score'].iloc[0]:.2f} on a scale from 0 to 1. "
        f"Its distance is {best:.3g} to the most urgent and {worst:.3g} to the least urgent values of all areas. "
        "What counts is people (1,240 people; weight 0.5) and distance to a road (400 m; weight 0.3). A closeness is "
        "no sum: no part of it belongs to one of them."
    )


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=40, deadline=None)
@given(table=tables, seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(method, table, seed):
    one = prioritise(table, THREE, method=method).table
    two = prioritise(table.sample(frac=1, random_state=seed), THREE, method=method).table
    pd.testing.assert_frame_equal(one.drop(columns="tie_group"), two.drop(columns="tie_group"), rtol=0, atol=1e-12)
    pd.testing.assert_series_equal(one["tie_group"], two["tie_group"])


@pytest.mark.parametrize("method", METHODS)
@settings(max_examples=40, deadline=None)
@given(table=tables)
def test_areas_that_nothing_distinguishes_share_a_group_and_a_rank(method, table):
    found = prioritise(table, THREE, method=method).table.merge(table, on="area_id")
    columns = ["people", "road_m", "share"]
    assert (found.groupby(columns)["tie_group"].nunique() == 1).all()
    assert (found.groupby("tie_group")[columns].nunique() == 1).all(axis=None)
    assert (found.groupby("tie_group")["rank"].nunique() == 1).all()
    assert found["tie_group"].drop_duplicates().tolist() == list(range(1, found["tie_group"].max() + 1))


def test_what_is_equally_missing_is_in_one_group():
    table = table_of(people=[None, 5, None, 0], road_m=[100, 100, 100, 100])
    found = prioritise(table, [PEOPLE, ROAD], missing="worst").table.set_index("area_id")
    assert found.loc["A0", "tie_group"] == found.loc["A2", "tie_group"]
    assert found.loc["A3", "rank"] == found.loc["A0", "rank"]  # one score, but one of them is known
    assert found.loc["A3", "tie_group"] != found.loc["A0", "tie_group"]


@pytest.mark.parametrize("method", ["value", "promethee"])
@settings(max_examples=60, deadline=None)
@given(table=tables, more=st.floats(0, 5), which=st.integers(0, 2))
def test_a_greater_weight_never_lowers_the_area_that_is_best_on_it(method, table, more, which):
    column = THREE[which].column
    best = table.loc[table[column].idxmin() if not THREE[which].more_is_urgent else table[column].idxmax(), "area_id"]
    heavy = [replace(one, weight=one.weight + more) if one.column == column else one for one in THREE]
    before, after = (prioritise(table, one, method=method).table.set_index("area_id")["rank"] for one in (THREE, heavy))
    assert after[best] <= before[best]


def test_the_default_order_within_the_first_twenty_outlives_the_areas_behind_it():
    random = np.random.default_rng(7)
    table = pd.DataFrame(random.gamma(2.0, 1.0, (200, 6)), columns=list("abcdef")).assign(
        area_id=[f"A{i:03}" for i in range(200)]
    )
    criteria = [
        Criterion(name, 0, 5, float(weight))
        for name, weight in zip("abcdef", random.dirichlet(np.ones(6)), strict=True)
    ]
    order = {method: prioritise(table, criteria, method=method).table["area_id"] for method in ("value", "topsis")}
    changed = dict.fromkeys(order, 0)
    for method, _ in itertools.product(order, range(200)):
        behind = order[method].iloc[20:]
        gone = random.choice(behind, len(behind) // 10, replace=False)
        left = prioritise(table[~table["area_id"].isin(gone)], criteria, method=method).table["area_id"]
        changed[method] += left.head(20).tolist() != order[method].head(20).tolist()
    assert changed["value"] == 0
    assert changed["topsis"] > 0  # the same trial finds what it looks for


@settings(max_examples=40, deadline=None)
@given(table=tables, cell=cells)
def test_one_more_area_changes_no_default_score(table, cell):
    more = pd.concat([table, table_of(people=[cell[0]], road_m=[cell[1]], share=[cell[2]])], ignore_index=True)
    before = prioritise(table, THREE).table.set_index("area_id")["score"]
    assert prioritise(more, THREE).table.set_index("area_id")["score"].loc[before.index].equals(before)


@pytest.mark.parametrize("method", METHODS)
def test_no_area_and_one_area(method):
    table = table_of(people=[700.0], road_m=[300.0])
    criteria = [PEOPLE, replace(ROAD, weight=0.5)]
    none = prioritise(table.iloc[:0], criteria, method=method)
    assert (len(none.table), len(none.contributions), len(none.values)) == (0, 0, 0)
    one = prioritise(table, criteria, method=method)
    assert one.table["rank"].tolist() == [1]
    said = explain(one, "A0")
    if method == "topsis":
        assert one.table["score"].isna().all()
        assert said.startswith("A0 is rank 1 of 1 with no score, because all areas are alike.")
    else:
        assert one.table["score"].tolist() == pytest.approx([0.6 if method == "value" else 0])


@pytest.mark.parametrize("method", METHODS)
def test_a_criterion_that_is_the_same_for_all_decides_nothing(method):
    table = table_of(people=[700, 100, 400], road_m=[300, 300, 300], share=[0, 0, 0])
    found = prioritise(table, THREE, method=method).table
    without = prioritise(table, [PEOPLE], method=method).table
    assert found["area_id"].tolist() == without["area_id"].tolist() == ["A0", "A2", "A1"]
    assert found["score"].notna().all()
    alike = prioritise(table.assign(people=1), THREE, method=method).table
    assert alike["rank"].tolist() == [1, 1, 1]
    assert alike["tie_group"].tolist() == [1, 1, 1]
    assert alike["score"].isna().all() == (method == "topsis")


@pytest.mark.parametrize("method", METHODS)
def test_numbers_that_squares_or_differences_can_not_hold(method):
    criteria = [Criterion("x", -1e300, 1e300, 0.5), Criterion("y", 0, 1e-300, 0.5, more_is_urgent=False)]
    table = table_of(x=[1e300, 0, -1e300], y=[0, 5e-301, 1e-300])
    found = prioritise(table, criteria, method=method).table
    assert found["area_id"].tolist() == ["A0", "A1", "A2"]
    assert np.isfinite(found["score"]).all()
    with pytest.raises(OptionError, match="low and high are too far apart"):
        Criterion("x", -1e308, 1e308, 1)


@pytest.mark.parametrize("method", METHODS)
def test_what_can_not_be_ranked_is_an_error_of_each_method(method):
    table = table_of(people=[700, 100], road_m=[300, 200])
    with pytest.raises(OptionError, match="all 2 weights are 0: nothing decides"):
        prioritise(table, [replace(PEOPLE, weight=0), replace(ROAD, weight=0)], method=method)
    for wrong in (-0.1, np.nan, np.inf):
        with pytest.raises(OptionError, match="weight must be a finite number of 0 or more"):
            replace(PEOPLE, weight=wrong)
    for low, high in ((5, 5), (6, 5)):
        with pytest.raises(OptionError, match="high must be greater than low"):
            Criterion("people", low, high, 1)
    with pytest.raises(DataError, match="1 of 2 criteria has missing values, for 1 of 2 areas"):
        prioritise(table.assign(people=[np.nan, 1]), [PEOPLE, ROAD], method=method)
    with pytest.raises(DataError, match=r"row 0 has .*inf"):
        prioritise(table.assign(people=[np.inf, 1]), [PEOPLE, ROAD], method=method)


@pytest.mark.parametrize(("given", "message"), [
    ({"indifference": -1}, "a difference must count from indifference"),
    ({"indifference": 5, "preference": 4}, "got 5, 4"),
    ({"indifference": 1001}, "got 1001, 1000"),
    ({"preference": np.nan}, "preference must be a finite number; got nan"),
    ({"indifference": np.inf}, "indifference must be a finite number; got inf"),
])  # fmt: skip
def test_differences_that_mean_nothing(given, message):
    with pytest.raises(OptionError, match=message):
        Criterion("people", 0, 1000, 1, **given)


def test_points_are_summed_and_not_compared():
    points = [Criterion("mines", None, 1, 2, form="points")]
    for method in ("topsis", "promethee"):
        with pytest.raises(OptionError, match=f"method='{method}' compares values, and mines counts points"):
            prioritise(table_of(mines=[1, 0]), points, method=method)
    with pytest.raises(OptionError, match="mean nothing for points"):
        Criterion("mines", None, 1, 2, form="points", preference=1)


@pytest.mark.parametrize("method", ["topsis", "promethee"])
def test_missing_values_of_a_method_that_compares(method):
    table = table_of(people=[700, None, 5000, 100], road_m=[300, 200, 100, 50])
    criteria = [PEOPLE, ROAD]
    with pytest.raises(OptionError, match=f"method='{method}' has no bounds"):
        prioritise(table, criteria, method=method, missing="bounds")
    for missing, stands in (("worst", 0), ("best", 5000)):  # beyond the scale: as much as the most
        found = prioritise(table, criteria, method=method, missing=missing)
        expected = prioritise(table.fillna({"people": stands}), criteria, method=method)
        pd.testing.assert_frame_equal(found.table, expected.table)
        assert found.n_filled == 1
        word = "least" if missing == "worst" else "most"
        assert f"(not known, counted as {word} urgent" in explain(found, "A1")
    dropped = prioritise(table, criteria, method=method, missing="drop")
    rest = prioritise(table.dropna(), criteria, method=method)
    pd.testing.assert_frame_equal(dropped.table.iloc[:3], rest.table, check_dtype=False)
    assert dropped.table["rank"].isna().tolist() == [False, False, False, True]
    nothing = prioritise(table.assign(people=None), criteria, method=method, missing="worst")
    assert nothing.table["rank"].tolist() == [1, 2, 3, 4]


def test_marginal_values_make_the_score():
    criteria = [*THREE, Criterion("mines", None, 2, 3, form="points"), Criterion("victims", weight=2, form="points")]
    table = table_of(people=[500, 2000], road_m=[100, 300], share=[0.5, 0], mines=[1, 7], victims=[0, 4])
    found = unit_values(criteria, table)
    assert found.tolist() == [[0.5, 1, 0.5, 0.5, 0], [1, 0.5, 0, 1, 4]]
    weights = [one.weight if np.isinf(one.most) else one.most for one in criteria]
    score = prioritise(table, criteria).table.set_index("area_id")["score"].sort_index()
    np.testing.assert_allclose(found @ weights, score, atol=1e-12)
    with pytest.raises(DataError, match="no column 'people'; did you mean 'peopel'"):
        unit_values([PEOPLE], pd.DataFrame({"peopel": [1]}))
