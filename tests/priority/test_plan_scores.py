"""What a plan makes of the ranking: whose benefit is added up, by which id, and what a sum of scores leaves out."""

from __future__ import annotations

import pandas as pd
import pytest

from landrelease.errors import DataError, DataWarning
from landrelease.priority import Criterion, PriorityClass, Scheme, Threshold, plan_clearance, prioritise

PEOPLE = (Criterion("people", 0, 100, 1.0),)


def test_areas_without_any_cost_are_a_plan_of_nothing():
    ranking = prioritise(pd.DataFrame({"area_id": ["a", "b"], "people": [10, 90]}), PEOPLE)
    for cost in ({}, pd.DataFrame({"area_id": ["a"], "cost_usd": [1.0]}).iloc[:0]):
        plan = plan_clearance(ranking, cost=cost, budget=10)
        assert plan.table["reason"].tolist() == ["out: no cost is known"] * 2
    with pytest.warns(DataWarning, match="1 area of cost is not in the ranking"):
        assert plan_clearance(ranking, cost={"z": 1.0}, budget=10).selected == ()


def test_ids_that_a_table_holds_as_decimals_are_those_of_the_costs():
    table = pd.DataFrame({"area_id": [1.0, 2.0, 30.0], "people": [10, 90, 80]})
    ranking = prioritise(table, PEOPLE)
    assert ranking.table["area_id"].tolist() == ["2", "30", "1"]
    assert plan_clearance(ranking, cost={1: 10.0, 2: 10.0, 30: 10.0}, budget=20).selected == ("2", "30")
    with pytest.raises(DataError, match="1 of 3 rows of the table have a missing or repeated area_id"):
        prioritise(table.assign(area_id=[1.0, None, 30.0]), PEOPLE)


def test_a_sum_of_scores_that_is_not_what_the_ranking_means_is_told():
    classes = (PriorityClass("A", (Threshold("victims", at_least=1),)), PriorityClass("B", ()))
    table = pd.DataFrame({"area_id": list("abc"), "people": [10, 90, 80], "victims": [2, 0, 0]})
    cost = dict.fromkeys("abc", 10.0)
    ranking = prioritise(table, Scheme("t", "T", "", True, "", PEOPLE, classes=classes))
    assert ranking.table["area_id"].tolist() == ["a", "b", "c"]
    with pytest.warns(DataWarning, match="1 area is out, the first is 'a' of class A, while some of class B are in"):
        assert plan_clearance(ranking, cost=cost, budget=20).selected == ("b", "c")
    assert plan_clearance(ranking, cost=cost, budget=20, must=["a"]).selected == ("a", "b")
    assert plan_clearance(ranking, cost=cost, budget=20, benefit="people").benefit == 170
    with pytest.warns(DataWarning, match="closenesses of TOPSIS, which are no amounts"):
        plan_clearance(prioritise(table, PEOPLE, method="topsis"), cost=cost, budget=20)
