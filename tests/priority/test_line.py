from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from landrelease.errors import DataError, OptionError
from landrelease.priority import Criterion, FreeWeights, funding_line, prioritise, stability

TWO = [Criterion("a", 0, 1, 0.5), Criterion("b", 0, 1, 0.5)]
# Under any weights w, 1 - w: .9, 1 - w, .1 + .8 w, and nothing.
CELLS = {"area_id": ["A", "B", "C", "D"], "a": [0.9, 0, 0.9, 0], "b": [0.9, 1, 0.1, 0]}


@pytest.fixture(scope="module")
def ranking():
    return prioritise(pd.DataFrame(CELLS), TWO)


@pytest.fixture(scope="module")
def found(ranking):
    return stability(ranking, weights=FreeWeights(), draws=20_000, top=2)


def shares(frame):
    return frame.set_index("area_id")["in_share"].reindex(list("ABCD")).tolist()


def lines(frame):
    return frame.set_index("area_id")["line"].reindex(list("ABCD")).tolist()


def test_a_number_of_areas_by_hand(ranking, found):
    # B is first below w = .1; B and C are equal at w = 1/2.
    one = funding_line(ranking, found, top=1)
    assert shares(one) == pytest.approx([0.9, 0.1, 0, 0], abs=0.01)
    assert lines(one) == ["interchangeable", "interchangeable", "out", "out"]
    two = funding_line(ranking, found, top=2)
    assert shares(two) == pytest.approx([1, 0.5, 0.5, 0], abs=0.015)
    assert lines(two) == ["in", "interchangeable", "interchangeable", "out"]
    # The line is that of the table, and a line that the table has not is drawn from the same draws.
    assert two["in_share"].tolist() == found.table["top_2_share"].tolist()
    assert lines(funding_line(ranking, found, top=3)) == ["in", "in", "in", "out"]
    assert lines(funding_line(ranking, found, top=9)) == ["in"] * 4
    assert lines(funding_line(ranking, found, top=1, sure=0.85)) == ["in", "out", "out", "out"]
    assert one["rank"].tolist() == ranking.table["rank"].tolist()


def test_a_budget_by_hand(ranking, found):
    cost = pd.DataFrame({"area_id": list("ZDCBA"), "cost_usd": [0, 1, 30, 20, 50]})
    # A before B before C, or A before C before B, or (w < .1) B before A before C; D is last.
    for budget, exact in (
        (101, [1, 1, 1, 1]),
        (100, [1, 1, 1, 0]),
        (99, [1, 0.5, 0.5, 0]),
        (80, [1, 0.5, 0.5, 0]),
        (79, [1, 0.5, 0, 0]),  # C ends the money, B behind it gets none
        (69, [0.9, 0.1, 0, 0]),
        (49, [0, 0.5, 0.5, 0]),  # A costs more than there is, and is passed over: then B and C do not fit together
        (51, [0.9, 0.1, 0, 0]),
        (0, [0, 0, 0, 0]),
    ):
        got = funding_line(ranking, found, budget=budget, cost=cost)
        assert shares(got) == pytest.approx(exact, abs=0.015), budget
    reasons = funding_line(ranking, found, budget=49, cost=cost).set_index("area_id")["reason"]
    assert reasons["A"] == "costs more than the whole budget"
    assert reasons["D"] == "reached by the budget in none of 20,000 rankings"
    free = cost.assign(cost_usd=0.0)
    assert shares(funding_line(ranking, found, budget=0, cost=free)) == [1, 1, 1, 1]


def test_ids_that_a_table_holds_as_decimals():
    cells = pd.DataFrame({"area_id": [1.0, 2.0], "a": [0.9, 0.1]})
    ranking = prioritise(cells, [Criterion("a", 0, 1, 1.0)])
    cost = pd.DataFrame({"area_id": [1, 2], "cost_usd": 10.0})
    uncertain = pd.DataFrame({"area_id": [1.0], "column": ["a"], "sd": [0.01]})
    line = funding_line(ranking, stability(ranking, uncertain=uncertain, draws=50), budget=10, cost=cost)
    assert (line["area_id"].tolist(), line["line"].tolist()) == (["1", "2"], ["in", "out"])


def test_costs_of_one_are_a_number_of_areas():
    random = np.random.default_rng(4)
    table = pd.DataFrame(random.random((40, 3)), columns=list("abc")).assign(area_id=[f"A{i}" for i in range(40)])
    ranking = prioritise(table, [Criterion(one, 0, 1, 1 / 3) for one in "abc"])
    uncertain = pd.DataFrame({"area_id": ["A3", "A7"], "column": ["a", "b"], "sd": [0.2, 0.2]})
    found = stability(ranking, uncertain=uncertain, draws=2_000)
    cost = table[["area_id"]].assign(cost_usd=0.1)
    for top in (1, 3, 12):
        by_number = funding_line(ranking, found, top=top)
        by_budget = funding_line(ranking, found, budget=0.1 * top, cost=cost)
        assert by_number["in_share"].tolist() == by_budget["in_share"].tolist()
        assert by_number["line"].tolist() == by_budget["line"].tolist()
        assert by_number["in_share"].sum() == pytest.approx(top)


def test_the_reasons_say_the_numbers_of_the_table(ranking, found):
    frame = funding_line(ranking, found, top=2).set_index("area_id")
    assert frame.loc["A", "reason"] == "among the first 2 in all of 20,000 rankings"
    share = f"{100 * frame.loc['B', 'in_share']:.1f} %"
    assert frame.loc["B", "reason"] == (
        f"among the first 2 in {share} of 20,000 rankings: which weights and values are true decides; "
        "2 areas are interchangeable"
    )
    rare = {"area_id": ["A", "B", "C"], "a": [1, 0.9998, 0], "b": [0.5, 0.9, 0]}
    close = prioritise(pd.DataFrame(rare), TWO)
    said = funding_line(close, stability(close, weights=FreeWeights(), seed=3), top=1).set_index("area_id")
    assert 0 < said.loc["A", "in_share"] < 0.002
    less = said.loc["A", "reason"]
    assert less.startswith("first in less than 0.1 % of") or f"{100 * said.loc['A', 'in_share']:.1f} %" in less


def test_one_that_is_not_ranked_and_none_at_all():
    cells = {"area_id": ["A", "B"], "a": [0.3, None], "b": [0.2, 0.4]}
    ranking = prioritise(pd.DataFrame(cells), TWO, missing="drop")
    frame = funding_line(ranking, stability(ranking), budget=5, cost=pd.DataFrame({"area_id": ["A"], "cost_usd": [5]}))
    assert frame["line"].isna().tolist() == [False, True]
    assert frame["in_share"].isna().tolist() == [False, True]
    assert frame["reason"].tolist() == ["reached by the budget in all of 10,000 rankings", "not ranked"]
    empty = prioritise(pd.DataFrame(cells).iloc[:0], TWO)
    none = funding_line(empty, stability(empty), top=5)
    assert len(none) == 0
    assert list(none.columns) == ["area_id", "rank", "in_share", "line", "reason"]
    assert none.dtypes.astype(str).tolist() == frame.dtypes.astype(str).tolist()


COST = pd.DataFrame({"area_id": list("ABCD"), "cost_usd": [1.0, 2, 3, 4]})


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({}, OptionError, "give either top"),
        ({"top": 1, "budget": 5, "cost": COST}, OptionError, "give either top"),
        ({"budget": 5}, OptionError, "budget and cost belong together"),
        ({"top": 5, "cost": COST}, OptionError, "budget and cost belong together"),
        ({"top": 0}, OptionError, "top must be a whole number of 1 or more; got 0"),
        ({"top": [1, 2]}, OptionError, r"top must be a whole number of 1 or more; got \[1, 2\]"),
        ({"top": 1, "sure": 0.5}, OptionError, "sure must be a share above 0.5, up to 1; got 0.5"),
        ({"top": 1, "sure": 1.5}, OptionError, "sure must be"),
        ({"budget": -1, "cost": COST}, OptionError, "budget must be a finite number of 0 or more; got -1"),
        ({"budget": float("nan"), "cost": COST}, OptionError, "budget must be a finite number"),
        ({"budget": 5, "cost": COST.iloc[:3]}, DataError, "1 of 4 ranked areas have no cost of 0 or more, .* 'D'"),
        ({"budget": 5, "cost": COST.assign(cost_usd=[1, 2, -3, 4])}, DataError, "the first is 'C'"),
        ({"budget": 5, "cost": COST.assign(cost_usd=[1, None, 3, 4])}, DataError, "the first is 'B'"),
        (
            {"budget": 5, "cost": COST.iloc[[0, 1, 2, 3, 3]]},
            DataError,
            r"1 of 5 rows .* repeat[\s\S]*Fix: keep",
        ),
        ({"budget": 5, "cost": COST.rename(columns={"cost_usd": "usd"})}, DataError, "'cost' lacks cost_usd"),
        ({"budget": 5, "cost": COST.assign(cost_usd=list("abcd"))}, DataError, "must hold numbers"),
    ],
)
def test_lines_that_mean_nothing(ranking, found, options, kind, message):
    with pytest.raises(kind, match=message):
        funding_line(ranking, found, **options)


def test_the_stability_of_another_ranking(found):
    other = prioritise(pd.DataFrame(CELLS).iloc[:3], TWO)
    with pytest.raises(DataError, match="of another ranking"):
        funding_line(other, found, top=1)
