"""What must not give a silent wrong answer, by every method of ranking, its stability, and the plan made of it.

Each is an error that names what is wrong, or a result that is stated: nothing else is let through.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from landrelease.errors import DataError, LandReleaseError, OptionError
from landrelease.priority import Criterion, IntervalWeights, plan_clearance, prioritise, stability
from landrelease.priority.plan import budget_sweep, worker

METHODS = ("value", "topsis", "promethee", "points")


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch):
    """Solve here: a process for each case is slow."""
    monkeypatch.setattr(worker, "_python", lambda: None)


def criteria_of(method, weights=(0.6, 0.4), **more):
    """Two criteria as the method takes them; `points` is the additive value of counts, as the mine impact score."""
    form = {"form": "points"} if method == "points" else {}
    return [Criterion("people", 0 if not form else None, 1000, weights[0], **form, **more),
            Criterion("victims", 0 if not form else None, 10, weights[1], **form, **more)]  # fmt: skip


def ranked(method, table, criteria=None, **options):
    method_name = "value" if method == "points" else method
    return prioritise(table, criteria or criteria_of(method), method=method_name, **options)


def table_of(people, victims):
    ids = [f"A{i}" for i in range(len(people))]
    return pd.DataFrame({"area_id": ids, "people": people, "victims": victims}).astype({"area_id": "str"})


GOOD = table_of([700, 300, 100], [2, 9, 1])


@pytest.mark.parametrize("method", METHODS)
def test_weights(method):
    for wrong in (-0.1, np.nan, np.inf, -np.inf, "much", None):
        with pytest.raises(OptionError, match="weight must be"):
            criteria_of(method, weights=(wrong, 0.4))
    with pytest.raises(OptionError, match="all 2 weights are 0: nothing decides"):
        ranked(method, GOOD, criteria_of(method, weights=(0, 0)))


@pytest.mark.parametrize("method", METHODS)
def test_bounds_of_a_criterion(method):
    form = {"form": "points"} if method == "points" else {}
    for low, high in ((5, 5), (6, 5), (np.nan, 5), (0, np.inf), (0, -1)):
        with pytest.raises(OptionError, match=r"low|high"):
            Criterion("people", low, high, 1, **form)


@pytest.mark.parametrize("method", METHODS)
def test_a_constant_criterion_decides_nothing(method):
    one = ranked(method, GOOD.assign(victims=3)).table
    assert one["area_id"].tolist() == ["A0", "A1", "A2"]
    alike = ranked(method, GOOD.assign(people=5, victims=3)).table
    assert alike["rank"].tolist() == [1, 1, 1]
    assert alike["tie_group"].nunique() == 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cell", [np.nan, None, pd.NA])
def test_a_missing_value(method, cell):
    table = GOOD.astype({"victims": "object"})
    table.loc[1, "victims"] = cell
    with pytest.raises(DataError, match="1 of 2 criteria has missing values, for 1 of 3 areas"):
        ranked(method, table)
    # where it is allowed, it is told how many were filled, never a number in silence
    assert ranked(method, table, missing="worst").n_filled == 1


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("cell", [np.inf, -np.inf])
@pytest.mark.parametrize("missing", ["raise", "worst", "drop"])
def test_an_infinite_value(method, cell, missing):
    with pytest.raises(DataError, match="inf"):
        ranked(method, GOOD.assign(people=[700, cell, 100]), missing=missing)


@pytest.mark.parametrize("method", METHODS)
def test_no_area_and_one_area(method):
    assert len(ranked(method, GOOD.iloc[:0]).table) == 0
    one = ranked(method, GOOD.iloc[:1]).table
    assert one["rank"].tolist() == [1]
    # the ideal solutions of one area are one: there is no score to give
    assert one["score"].isna().tolist() == [method == "topsis"]


def test_stability_of_no_area_of_one_and_of_what_nothing_distinguishes():
    for method in ("value", "points"):
        most = {"draws": 50, "top": 2}
        assert len(stability(ranked(method, GOOD.iloc[:0]), **most).table) == 0
        for table in (GOOD.iloc[:1], GOOD.assign(people=5, victims=3)):
            found = stability(ranked(method, table), **most).table
            assert found[["first_share", "p05_rank", "p95_rank"]].eq(1).all(axis=None)
    for method in ("topsis", "promethee"):
        with pytest.raises(OptionError, match="additive value"):
            stability(ranked(method, GOOD))
    for low, high in ((0.5, 0.4), (-0.1, 0.5), (0.1, np.nan)):
        with pytest.raises(OptionError, match=r"the limits of .people. must be"):
            stability(ranked("value", GOOD), weights=IntervalWeights({"people": (low, high)}))
    with pytest.raises(OptionError, match="no weights"):
        stability(ranked("value", GOOD), weights=IntervalWeights({"people": (0.1, 0.2), "victims": (0.1, 0.2)}))


# -- the plan ----------------------------------------------------------------------------------------------------------

COST = pd.DataFrame({"area_id": ["A0", "A1", "A2"], "cost_usd": [90e3, 40e3, 50e3], "admin_code": ["N", "S", "S"]})


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"must": ["A0"], "budget": 50e3}, DataError, "leave out the must-include area A0, which costs 90,000 USD"),
        ({"floors": {"N": 90e3, "S": 90e3}, "budget": 100e3}, DataError, "raise the budget by 80,000 USD"),
        ({"floors": {"NN": 1}, "budget": 100e3}, DataError, "floors names 'NN', to which no area of cost belongs"),
        ({"budget": np.inf}, OptionError, "budget must be a finite number"),
        ({"budget": np.nan}, OptionError, "budget must be a finite number"),
    ],
)
def test_a_plan_of_each_method(method, options, kind, words):
    if method == "promethee":
        options = options | {"benefit": "people"}
    with pytest.raises(kind, match=words):
        plan_clearance(ranked(method, GOOD), cost=COST, **options)


def test_net_flows_can_not_be_added():
    """They count from the mean of all areas: some are below 0."""
    with pytest.raises(DataError, match=r"have a benefit .* below 0"):
        plan_clearance(ranked("promethee", GOOD), cost=COST, budget=1e5)


@pytest.mark.filterwarnings("ignore:the plan adds up closenesses")
@pytest.mark.parametrize("method", METHODS)
def test_a_plan_of_no_area_and_of_one(method):
    empty = ranked(method, GOOD.iloc[:0])
    assert plan_clearance(empty, cost={}, budget=1e5).benefit == 0
    one = ranked(method, GOOD.iloc[:1])
    with pytest.raises(DataError, match="promise no money to N, 5 USD less than asked"):
        plan_clearance(one, cost=COST.iloc[:1].assign(cost_usd=np.nan), budget=1e5, floors={"N": 5})
    plan = plan_clearance(one, cost=COST.iloc[:1], budget=1e5)
    reason = plan.table["plan_reason_code"].tolist()
    # one area alone has no score of TOPSIS, and a net flow of 0
    assert reason == [{"topsis": "unknown_benefit", "promethee": "no_benefit"}.get(method, "worth")]
    dear = plan_clearance(one, cost=COST.iloc[:1], budget=1e4, benefit="people")
    assert dear.table["plan_reason_code"].tolist() == ["too_dear"]


@pytest.mark.parametrize("cell", [np.inf, -np.inf, -1.0])
def test_a_benefit_that_can_not_be_added(cell):
    frame = pd.DataFrame({"area_id": ["A0", "A1"], "score": [1.0, cell]})
    with pytest.raises(LandReleaseError, match="score"):
        plan_clearance(frame, cost=COST.iloc[:2], budget=1e5)


def test_a_curve_of_budgets_that_can_not_be():
    ranking = ranked("value", GOOD)
    curve = budget_sweep(ranking, cost=COST, budgets=[0, 30e3, 90e3], must=["A0"])
    assert curve["note"].notna().tolist() == [True, True, False]
    with pytest.raises(OptionError, match="budget must be"):
        budget_sweep(ranking, cost=COST, budgets=[1e5, -1])
