from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from landrelease.errors import DataError, OptionError
from landrelease.priority import Criterion, Scheme, check_criteria, prioritise, read_scheme

PEOPLE = Criterion("people", 0, 1000, 0.5)
ROAD = Criterion("road_m", 100, 500, 0.3, more_is_urgent=False)
SHARE = Criterion("share", 0, 1, 0.2)
THREE = (PEOPLE, ROAD, SHARE)


def table_of(**columns):
    length = len(next(iter(columns.values())))
    return pd.DataFrame({"area_id": [f"A{i}" for i in range(length)], **columns})


def test_scores_by_hand():
    table = table_of(people=[500, 2000, 0, -5], road_m=[100.0, 300.0, 500.0, 50.0], share=[0.5, 0, 1, 0.25])
    ranking = prioritise(table, THREE)
    # A0: .5 x .5 + .3 x 1 + .2 x .5; A1 is cut to 1: .5 + .3 x .5;
    # A2: only the share; A3 is cut to 0 and to 1.
    assert ranking.table["area_id"].tolist() == ["A0", "A1", "A3", "A2"]
    assert ranking.table["score"].tolist() == pytest.approx([0.65, 0.65, 0.35, 0.2])
    assert ranking.table["rank"].tolist() == [1, 1, 3, 4]
    by_id = ranking.contributions.set_index("area_id")
    assert by_id.loc["A1"].tolist() == pytest.approx([0.5, 0.15, 0.0])
    assert ranking.values.set_index("area_id").loc["A1", "people"] == 2000
    assert (ranking.method, ranking.missing, ranking.n_filled) == ("value", "raise", 0)
    assert str(ranking.table["rank"].dtype) == "Int64"


def test_a_published_example():
    # Dezert et al. (2020), the SPOTIS method, example of four cars. On fixed bounds with weights that sum
    # to 1, SPOTIS is the weighted distance from the best values: 1 less the additive value.
    cars = pd.DataFrame(
        [
            (15000, 4.3, 99, 42, 737),
            (15290, 5, 116, 42, 892),
            (15350, 5, 114, 45, 952),
            (15490, 5.3, 123, 45, 1120),
        ],
        columns=["price", "fuel", "co2", "boot", "range"],
    ).assign(area_id=list("abcd"))
    criteria = [
        Criterion("price", 14000, 16000, 0.2941, more_is_urgent=False),
        Criterion("fuel", 3, 8, 0.2353, more_is_urgent=False),
        Criterion("co2", 80, 140, 0.2353, more_is_urgent=False),
        Criterion("boot", 35, 60, 0.0588),
        Criterion("range", 650, 1300, 0.1765),
    ]
    ranking = prioritise(cars, criteria)
    assert ranking.table["area_id"].tolist() == ["a", "c", "b", "d"]
    assert (1 - ranking.table["score"]).tolist() == pytest.approx([0.478, 0.556, 0.578, 0.580], abs=6e-4)


def test_the_mine_impact_score_by_hand():
    scheme = read_scheme("landmine-impact-survey")
    none = {one.column: [0, 0, 0] for one in scheme.criteria}
    table = table_of(
        **{
            **none,
            "recent_victims": [3, 1, 0],
            "has_mines": [True, True, False],
            "has_uxo": [1, 0, 0],
            "blocks_housing": [5, 1, 0],
            "blocks_roads": [1, 1, 0],
        }
    )
    ranking = prioritise(table, scheme)
    # 3 x 2 + 2 + 1 + two blockages (5 houses are still one yes); 2 + 2 + two; nothing.
    assert ranking.table["score"].tolist() == [11, 6, 0]
    assert [band.name for band in ranking.bands] == ["high", "medium", "low"]


def test_points_multiply_counts_and_stop_at_high():
    criteria = [
        Criterion("victims", weight=2, form="points"),
        Criterion("visits", None, 3, 0.5, form="points"),
    ]
    ranking = prioritise(table_of(victims=[0, 4], visits=[7, 2]), criteria)
    assert ranking.contributions.set_index("area_id").loc["A0"].tolist() == [0, 1.5]
    assert ranking.contributions.set_index("area_id").loc["A1"].tolist() == [8, 1]
    with pytest.raises(DataError, match=r"'victims' counts points .* 1 of 2 areas are not, 'A1' has -99"):
        prioritise(table_of(victims=[0, -99], visits=[1, 1]), criteria)


@pytest.mark.parametrize(("missing", "scores"), [("worst", [0.5, 0.3]), ("best", [0.8, 0.8])])
def test_missing_values_count_as_said(missing, scores):
    table = table_of(people=[1000, None], road_m=[np.nan, 100.0])
    ranking = prioritise(table, (PEOPLE, ROAD), missing=missing)
    assert ranking.table["score"].tolist() == pytest.approx(scores)
    assert ranking.n_filled == 2
    assert ranking.values.set_index("area_id")["people"].isna().tolist() == [False, True]


def test_areas_with_missing_values_can_be_dropped():
    table = table_of(people=[None, 400, 900], share=[1, 0, 0])
    ranking = prioritise(table, (PEOPLE, SHARE), missing="drop")
    assert ranking.table["area_id"].tolist() == ["A2", "A1", "A0"]
    assert ranking.table["rank"].tolist()[:2] == [1, 2]
    assert ranking.table["rank"].isna().tolist() == ranking.table["score"].isna().tolist() == [False, False, True]
    assert ranking.n_filled == 0
    assert ranking.contributions["share"].tolist() == [0, 0, 0.2]
    everything = prioritise(table_of(people=[None, None]), [PEOPLE], missing="drop")
    assert everything.table["rank"].isna().all()


def test_missing_values_raise_by_default_and_are_counted_by_criterion():
    table = table_of(people=[None, None, 3], road_m=[1, 2, 3], share=[np.nan] * 3)
    with pytest.raises(DataError) as raised:
        prioritise(table, THREE)
    lines = str(raised.value).splitlines()
    assert lines[0] == "2 of 3 criteria have missing values, for 3 of 3 areas."
    assert lines[1] == "  people: 2 areas, the first is 'A0'"
    assert lines[2] == "  share: all areas (was its layer given to criteria_table?)"
    assert "missing='bounds' (anything), 'worst' (nothing)," in lines[3]


def test_points_without_a_most_can_not_be_filled_in_full():
    victims = Criterion("victims", weight=2, form="points")
    with pytest.raises(OptionError, match="no meaning for 'victims'"):
        prioritise(table_of(victims=[1, None]), [victims], missing="best")
    assert prioritise(table_of(victims=[1, 2]), [victims], missing="best").table["score"].tolist() == [
        4,
        2,
    ]
    yes = Criterion("mines", None, 1, 2, form="points")
    assert prioritise(table_of(mines=[None]), [yes], missing="best").table["score"].tolist() == [2]


@pytest.mark.parametrize(
    ("table", "criteria", "error", "message"),
    [
        (table_of(people=[1]), [], OptionError, "at least one criterion"),
        (table_of(people=[1]), ["people"], OptionError, "must be Criterion; got str"),
        (table_of(people=[1]), [PEOPLE, PEOPLE], OptionError, "people: the column stands in two criteria"),
        (
            table_of(peopel=[1]),
            [PEOPLE],
            DataError,
            "lacks 1 of 1 columns .*\n  people; did you mean 'peopel'",
        ),
        (pd.DataFrame({"people": [1]}), [PEOPLE], DataError, "no column area_id"),
        (pd.DataFrame({"area_id": ["a", "a"], "people": 1}), [PEOPLE], DataError, "2 of 2 rows .* 'a'"),
        (
            pd.DataFrame({"area_id": ["a", None], "people": 1}),
            [PEOPLE],
            DataError,
            "1 of 2 rows .* 'missing'",
        ),
        (table_of(people=["many", "3"]), [PEOPLE], DataError, "1 of 2 rows do not, row 0 has 'many'"),
        (table_of(people=[np.inf]), [PEOPLE], DataError, "row 0 has .*inf"),
        (table_of(people=[pd.Timestamp("2020-01-01")]), [PEOPLE], DataError, "must hold numbers"),
    ],
)
def test_what_can_not_be_ranked_is_said(table, criteria, error, message):
    with pytest.raises(error, match=message):
        prioritise(table, criteria)


def test_an_unknown_option_lists_those_that_are_known():
    with pytest.raises(OptionError, match="missing must be one of raise, bounds, worst, best, drop; got 'lowest'"):
        prioritise(table_of(people=[1]), [PEOPLE], missing="lowest")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="method must be one of value, topsis, promethee; got 'ahp'"):
        prioritise(table_of(people=[1]), [PEOPLE], method="ahp")  # type: ignore[arg-type]


def test_an_empty_table_gives_an_empty_ranking():
    ranking = prioritise(table_of(people=[1.0]).iloc[:0], [PEOPLE])
    assert ranking.table.columns.tolist() == ["area_id", "score", "rank", "tie_group"]
    assert ranking.table.dtypes.astype(str).tolist() == ["str", "float64", "Int64", "int64"]
    assert ranking.contributions.columns.tolist() == ["area_id", "people"]


def test_sums_of_decimals_that_are_equal_share_a_rank():
    # .1 + .2 and .3 differ in the last bit.
    criteria = [Criterion("a", 0, 1, 0.1), Criterion("b", 0, 1, 0.2), Criterion("c", 0, 1, 0.3)]
    ranking = prioritise(table_of(a=[0, 1, 0], b=[0, 1, 0], c=[1, 0, 0]), criteria)
    assert ranking.table["rank"].tolist() == [1, 1, 3]
    assert ranking.table["area_id"].tolist() == ["A0", "A1", "A2"]


def test_a_scheme_ranks_like_its_criteria():
    table = table_of(people=[1, 700], road_m=[0, 0], share=[0, 0])
    scheme = Scheme("x", "The title", "", False, "", THREE)
    assert prioritise(table, scheme).scheme == "The title"
    pd.testing.assert_frame_equal(prioritise(table, scheme).table, prioritise(table, THREE).table)


def test_the_table_is_not_changed():
    table = table_of(people=pd.array([1, None], dtype="Int64"))
    before = table.copy()
    prioritise(table, [PEOPLE], missing="worst")
    pd.testing.assert_frame_equal(table, before)


cells = st.one_of(st.none(), st.floats(-2000, 2000), st.sampled_from([0.0, 1.0, 500.0]))
tables = st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=12).map(
    lambda rows: pd.DataFrame(rows, columns=["people", "road_m", "share"], dtype="float64").assign(
        area_id=[f"HA-{i}" for i in range(len(rows))]
    )
)
policies = st.sampled_from(["worst", "best", "drop"])


@settings(max_examples=60, deadline=None)
@given(table=tables, missing=policies)
def test_contributions_sum_to_the_score_and_ranks_follow_it(table, missing):
    ranking = prioritise(table, THREE, missing=missing)
    parts = ranking.contributions.drop(columns="area_id")
    total = parts.sum(axis=1, skipna=False)
    np.testing.assert_allclose(total, ranking.table["score"], rtol=0, atol=1e-12)
    assert (ranking.contributions["area_id"] == ranking.table["area_id"]).all()
    known = ranking.table.dropna()
    assert known["score"].between(-1e-12, 1 + 1e-12).all()
    for _, row in known.iterrows():
        assert row["rank"] >= 1 + (known["score"] > row["score"] + 2e-12).sum()
        assert row["rank"] <= 1 + (known["score"] > row["score"]).sum()


@settings(max_examples=60, deadline=None)
@given(table=tables, missing=policies, seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(table, missing, seed):
    shuffled = table.sample(frac=1, random_state=seed)
    one, two = prioritise(table, THREE, missing=missing), prioritise(shuffled, THREE, missing=missing)
    pd.testing.assert_frame_equal(one.table, two.table)
    pd.testing.assert_frame_equal(one.contributions, two.contributions)


@settings(max_examples=60, deadline=None)
@given(table=tables, more=st.floats(0, 5))
def test_a_greater_weight_adds_in_proportion_to_the_value(table, more):
    light = prioritise(table, THREE, missing="worst").table.set_index("area_id")["score"]
    heavy = Criterion("people", 0, 1000, 0.5 + more)
    heavier = prioritise(table, (heavy, ROAD, SHARE), missing="worst").table.set_index("area_id")["score"]
    value = (table.set_index("area_id")["people"].fillna(0) / 1000).clip(0, 1)
    np.testing.assert_allclose((heavier - light)[value.index], more * value, atol=1e-12)


@settings(max_examples=60, deadline=None)
@given(table=tables, gone=st.integers(0, 11))
def test_an_area_that_leaves_never_changes_the_order_of_the_others(table, gone):
    assume(gone < len(table))
    before = prioritise(table, THREE, missing="worst").table
    after = prioritise(table.drop(index=gone), THREE, missing="worst").table
    rest = before[before["area_id"] != f"HA-{gone}"]
    assert rest["area_id"].tolist() == after["area_id"].tolist()


def test_nothing_odd_is_an_empty_frame():
    table = table_of(people=[10, 900, 400, 0], road_m=[200, 150, 400, 110], share=[0.2, 0.1, 0.7, 0.9])
    found = check_criteria(table, THREE)
    assert found.empty
    assert found.columns.tolist() == ["column", "check", "count", "message"]
    assert str(found["count"].dtype) == "Int64"


def test_what_is_probably_a_mistake_is_named():
    table = table_of(
        people=[10, 5000, 40, -3, None],
        same=[20, 10000, 80, -6, 5],
        flat=[2, 2, 2, 2, None],
        text=["a", "b", "c", "d", "e"],
    )
    criteria = [
        PEOPLE,
        Criterion("same", 0, 20000, 0.5),
        Criterion("flat", 0, 9, 0.25),
        Criterion("text", 0, 1, 0),
        Criterion("gone", 0, 1, 0.25),
        PEOPLE,
    ]
    found = check_criteria(table, criteria).set_index(["check", "column"])
    assert found.loc[("weights", ""), "message"].startswith("the weights sum to 2, not 1")
    assert found.loc[("duplicate", "people"), "message"].startswith("stands in 2 criteria")
    assert pd.isna(found.loc[("zero_weight", "text"), "count"])
    assert found.loc[("missing", "people"), "count"] == 1
    assert found.loc[("clipped", "people"), "count"] == 2
    assert "1 below 0 and 1 above 1000" in found.loc[("clipped", "people"), "message"]
    assert found.loc[("clipped", "same"), "count"] == 1
    assert found.loc[("constant", "flat"), "count"] == 4
    assert "must hold numbers" in found.loc[("not_numbers", "text"), "message"]
    assert ("no_column", "gone") in found.index
    assert "same (r = 1.00)" in found.loc[("correlated", "people"), "message"]
    assert len(found) == 11


def test_opposite_columns_count_twice_as_well():
    table = table_of(a=[1, 2, 3, 4], b=[8, 6, 4, 2])
    found = check_criteria(table, [Criterion("a", 0, 5, 0.5), Criterion("b", 0, 9, 0.5, more_is_urgent=False)])
    assert found["check"].tolist() == ["correlated"]
    assert "r = -1.00" in found["message"].iloc[0]


def test_two_areas_and_points_are_not_suspected():
    points = [Criterion("a", weight=2, form="points"), Criterion("b", None, 1, 1, form="points")]
    assert check_criteria(table_of(a=[1, 2], b=[0, 1]), points).empty
    found = check_criteria(table_of(a=[1, 2], b=[0, 4]), points)
    assert found["message"].tolist() == ["outside its range: 1 above 1, and no longer told apart"]


@settings(max_examples=30, deadline=None)
@given(table=tables)
def test_checks_never_raise_on_data(table):
    check_criteria(table, THREE)
    check_criteria(table.astype("object"), THREE)
    check_criteria(table.drop(columns="area_id"), THREE)


def test_checks_of_cells_of_any_kind():
    odd = table_of(people=[b"x", [1], {"a": 1}, pd.NaT])
    assert check_criteria(odd, [Criterion("people", 0, 1, 1)])["check"].tolist() == ["not_numbers"]
    dates = table_of(people=pd.to_datetime(["2020-01-01", None]))
    assert check_criteria(dates, [Criterion("people", 0, 1, 1)])["check"].tolist() == ["not_numbers"]
