from __future__ import annotations

import itertools
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.errors import DataError, DataWarning, OptionError
from landrelease.priority import Criterion, prioritise
from landrelease.priority.plan import Plan, budget_sweep, optimise, plan_clearance, worker
from landrelease.tables import CODES, DTYPES, RESULTS


@pytest.fixture(autouse=True)
def _in_this_process(request, monkeypatch):
    """Solve here, as where Python is built into another program: a process for each of hundreds of cases is slow."""
    if "apart" not in request.keywords:
        monkeypatch.setattr(worker, "_python", lambda: None)


def ranking_of(*scores):
    return pd.DataFrame({"area_id": [f"A{i}" for i in range(len(scores))], "score": list(scores)})


# -- a second reading of a plan: from its table and what was asked, nothing of the solver ------------------------------


def check(plan, *, scores, cost, budget, capacity=None, floors=None, must=(), never=(), packages=None, rate=0.0):
    """Recompute everything from the table; `cost` is a frame with one row an area and method."""
    table = plan.table
    assert table["area_id"].is_unique
    assert set(table["area_id"]) == set(scores)
    assert table[["reason", "plan_reason_code"]].notna().all(axis=None)
    chosen = table[table["is_selected"]]
    assert table.loc[~table["is_selected"], ["cost_usd", "benefit", "year", "method_code"]].isna().all(axis=None)
    years = sorted(budget)
    options = {(row.area_id, row.method_code): row for row in cost.itertuples()}
    spent = dict.fromkeys(years, 0.0)
    worked, of_group, gained = {}, {}, 0.0
    first_year = {}
    for row in chosen.itertuples():
        option = options[row.area_id, row.method_code]
        assert row.cost_usd == option.cost_usd
        spent[row.year] += option.cost_usd
        worked[row.method_code, row.year] = worked.get((row.method_code, row.year), 0.0) + option.team_days
        of_group[option.admin_code] = of_group.get(option.admin_code, 0.0) + option.cost_usd
        gained += scores[row.area_id] * option.benefit_share * (1 + rate) ** -years.index(row.year)
        if packages is not None and isinstance(option.package_id, str):
            first_year[option.package_id] = min(first_year.get(option.package_id, 9999), row.year)
    for row in plan.packages[plan.packages["is_selected"]].itertuples():
        assert row.year <= first_year.pop(row.package_id)
        spent[row.year] += packages[row.package_id]
    assert not first_year, "an area is worked without its package"
    for year in years:
        assert spent[year] <= budget[year] * (1 + 1e-9)
    for (method, year), used in worked.items():
        if capacity and method in capacity:
            assert used <= capacity[method][year] * (1 + 1e-9)
    for group, least in (floors or {}).items():
        assert of_group.get(group, 0.0) >= least * (1 - 1e-9)
    assert set(must) <= set(chosen["area_id"])
    assert not set(never) & set(chosen["area_id"])
    assert plan.benefit == pytest.approx(gained)
    assert chosen["benefit"].sum() == pytest.approx(gained)
    assert plan.spent_usd == pytest.approx(sum(spent.values()))
    assert plan.benefit <= plan.bound * (1 + 1e-9)
    assert plan.gap == pytest.approx((plan.bound - plan.benefit) / plan.bound if plan.bound else 0.0)
    if not np.isnan(plan.greedy_benefit):
        assert plan.greedy_benefit <= plan.benefit * (1 + 1e-9)
    rules = plan.rules
    assert (rules["slack"] >= -1e-6).all()
    assert rules.loc[rules["kind"] == "budget", "used"].tolist() == pytest.approx([spent[year] for year in years])


def case(seed, *, most_areas=5, tight=0.5):
    """Return a small random programme in the arguments of `plan_clearance`."""
    rng = np.random.default_rng(seed)
    n, n_years = int(rng.integers(1, most_areas + 1)), int(rng.integers(1, 3))
    years = [2026, 2027][:n_years]
    ids = [f"A{i}" for i in range(n)]
    scores = dict(zip(ids, rng.integers(0, 30, n) / 10, strict=True))
    has_packages = rng.random() < 0.4
    rows = []
    for one in ids:
        group, package = rng.choice(["N", "S"]), rng.choice(["P", "Q"]) if rng.random() < 0.7 else None
        for method in ["manual", "TS"][: int(rng.integers(1, 3))]:
            share = 1.0 if method == "manual" else 0.7
            rows.append(
                (one, method, int(rng.integers(1, 10)) * 10_000.0, share, float(rng.integers(1, 9)), group, package)
            )
    names = ["area_id", "method_code", "cost_usd", "benefit_share", "team_days", "admin_code", "package_id"]
    cost = pd.DataFrame(rows, columns=names)
    total = cost.groupby("area_id")["cost_usd"].min().sum()
    budget = {year: float(np.ceil(tight * total / n_years / 1e4) * 1e4) for year in years}
    capacity = {"manual": {year: float(rng.integers(4, 15)) for year in years}} if rng.random() < 0.6 else None
    capacity = capacity if "manual" in set(cost["method_code"]) else None
    floors = {cost["admin_code"].iloc[0]: 0.3 * sum(budget.values())} if rng.random() < 0.5 else None
    must = [ids[0]] if rng.random() < 0.3 else []
    never = [ids[-1]] if rng.random() < 0.2 and n > 1 else []
    packages = dict.fromkeys(cost["package_id"].dropna().unique(), 10000.0) if has_packages else None
    return {"scores": scores, "cost": cost, "budget": budget, "capacity": capacity, "floors": floors, "must": must,
            "never": never, "packages": packages or None, "rate": float(rng.choice([0.0, 0.1]))}  # fmt: skip


def planned(given, **options):
    ranking = pd.DataFrame({"area_id": list(given["scores"]), "score": list(given["scores"].values())})
    cost = given["cost"] if given["packages"] else given["cost"].drop(columns="package_id")
    names = ("budget", "capacity", "floors", "must", "never", "packages")
    asked = {name: given[name] for name in names} | {"discount_rate": given["rate"], "gap": 0.0, **options}
    return plan_clearance(ranking, cost=cost, **asked)


def every_plan(given):
    """Yield (benefit, what each rule is broken by) of every choice of method and year for each area."""
    years = sorted(given["budget"])
    options = []
    for one in given["scores"]:
        rows = [row for row in given["cost"].itertuples() if row.area_id == one and one not in given["never"]]
        each = [(row, year) for row in rows for year in years]
        options.append(each if one in given["must"] else [None, *each])
    for chosen in itertools.product(*options):
        taken = [one for one in chosen if one is not None]
        needs = {}
        for row, year in taken:
            if given["packages"] and isinstance(row.package_id, str):
                needs[row.package_id] = min(needs.get(row.package_id, 9999), year)
        starts = [[(one, year) for year in years if year <= latest] for one, latest in needs.items()]
        benefit = sum(given["scores"][row.area_id] * row.benefit_share * (1 + given["rate"]) ** -years.index(year)
                      for row, year in taken)  # fmt: skip
        for setups in itertools.product(*starts):
            over = {}
            for year in years:
                spent = sum(row.cost_usd for row, when in taken if when == year)
                spent += sum(given["packages"][one] for one, when in setups if when == year)
                over["budget", year] = max(spent - given["budget"][year], 0.0)
            for method, room in (given["capacity"] or {}).items():
                for year in years:
                    work = sum(row.team_days for row, when in taken if when == year and row.method_code == method)
                    over["capacity", method, year] = max(work - room[year], 0.0)
            for group, least in (given["floors"] or {}).items():
                held = sum(row.cost_usd for row, _ in taken if row.admin_code == group)
                over["floor", group] = max(least - held, 0.0)
            yield benefit, over


@pytest.mark.parametrize("seed", range(60))
def test_a_small_programme_is_the_best_of_all(seed):
    given = case(seed)
    best, least = -1.0, dict.fromkeys(("budget", "capacity", "floor"), np.inf)
    for benefit, over in every_plan(given):
        if not any(over.values()):
            best = max(best, benefit)
        for kind in least:
            if not any(by for name, by in over.items() if name[0] != kind):
                least[kind] = min(least[kind], sum(by for name, by in over.items() if name[0] == kind))
    if best >= 0:
        plan = planned(given)
        check(plan, **given)
        assert plan.benefit == pytest.approx(best, rel=1e-9)
        assert plan.bound >= best - 1e-9
        return
    with pytest.raises(DataError, match="no plan keeps all the rules") as caught:
        planned(given)
    for kind, by in least.items():
        said = [line for line in str(caught.value).splitlines() if _says(line, kind)]
        assert bool(said) == (np.isfinite(by) and by > 0), str(caught.value)
    plan = planned(given, infeasible="relax")
    ways = plan.relaxations
    assert (ways["way"] == 1).all()
    assert ways["is_least"].all()
    kind = ways["kind"].iloc[0]
    if kind in least:
        assert ways["by"].sum() == pytest.approx(least[kind])
    for row in ways.itertuples():
        if row.kind == "budget":
            given["budget"][row.year] = row.new_limit
        elif row.kind == "floor":
            given["floors"][row.name] = row.new_limit
        elif row.kind == "capacity":
            given["capacity"][row.name][row.year] = row.new_limit
        else:
            given["must"] = [one for one in given["must"] if one != row.name]
    check(plan, **given)


def _says(line, kind):
    """Tell whether a line of the message is a way that changes a rule of this kind."""
    return "less than asked" in line if kind == "floor" else f"raise the {kind}" in line


@settings(max_examples=20)
@given(st.integers(0, 10**6), st.floats(1.0, 3.0))
def test_a_larger_budget_never_buys_less(seed, more):
    given = case(seed, most_areas=8)
    given |= {"floors": None, "must": []}
    small = planned(given, gap=1e-3, time_limit_s=5)
    check(small, **given)
    larger = {**given, "budget": {year: more * money for year, money in given["budget"].items()}}
    large = planned(larger, gap=1e-3, time_limit_s=5)
    check(large, **larger)
    assert large.benefit >= small.benefit * (1 - 1e-3) - 1e-9
    assert large.bound >= small.benefit - 1e-9


@settings(max_examples=8)
@given(st.integers(0, 10**6))
def test_the_order_of_rows_and_the_currency_change_nothing(seed):
    given = case(seed, most_areas=6, tight=0.8)
    given |= {"floors": None, "must": []}
    plan = planned(given)
    shuffled = given | {"cost": given["cost"].sample(frac=1, random_state=1)}
    assert planned(shuffled).benefit == pytest.approx(plan.benefit)
    cents = given["cost"].assign(cost_usd=given["cost"]["cost_usd"] * 100)
    dear = given | {"cost": cents, "budget": {year: 100 * money for year, money in given["budget"].items()}}
    dear["packages"] = {one: 100 * by for one, by in given["packages"].items()} if given["packages"] else None
    assert planned(dear).benefit == pytest.approx(plan.benefit)


def test_many_areas_with_floors_reach_the_gap():
    rng = np.random.default_rng(5)
    n = 1_000
    ids = [f"A{i}" for i in range(n)]
    scores = dict(zip(ids, rng.random(n), strict=True))
    cost = pd.DataFrame({
        "area_id": ids, "method_code": "manual", "cost_usd": np.round(rng.lognormal(10, 1.3, n), 2),
        "benefit_share": 1.0, "team_days": rng.integers(5, 90, n), "admin_code": rng.integers(1, 13, n).astype(str),
        "package_id": None,
    })  # fmt: skip
    total = 0.2 * cost["cost_usd"].sum()
    given = {"scores": scores, "cost": cost, "budget": {2026: total}, "capacity": {"manual": {2026: 9_000.0}},
             "floors": {str(one): 0.06 * total for one in range(1, 13)}, "must": ids[:3], "never": ids[3:6],
             "packages": None, "rate": 0.0}  # fmt: skip
    plan = planned(given, gap=1e-3)
    check(plan, **given)
    assert plan.gap <= 1e-3
    assert set(plan.table.loc[plan.table["area_id"].isin(ids[3:6]), "plan_reason_code"]) == {"never"}
    assert "floor" in set(plan.table["plan_reason_code"])


def many(seed, n=600, years=3):
    """Return a programme with all kinds of rules, of more areas than are solved at once in the test."""
    rng = np.random.default_rng(seed)
    ids = [f"A{i}" for i in range(n)]
    size = rng.lognormal(9, 1.2, n)
    parts = [pd.DataFrame({
        "area_id": ids, "method_code": method, "cost_usd": np.round(2e3 + size * rate, 2), "benefit_share": share,
        "team_days": np.ceil(size / 2e3), "admin_code": np.arange(n) % 4, "package_id": None,
    }) for method, rate, share in (("manual", 1.0, 1.0), ("TS", 0.4, 0.5))]  # fmt: skip
    cost = pd.concat(parts, ignore_index=True).astype({"admin_code": "str"})
    packages = {f"D{i}": 5_000.0 for i in range(20)} if seed % 2 else None
    if packages:
        number = np.arange(n)
        cost["package_id"] = np.tile(np.where(number % 3 == 0, [f"D{i}" for i in number % 20], None), 2)
        packages = {one: packages[one] for one in cost["package_id"].dropna().unique()}
    yearly = 0.08 * cost["cost_usd"].sum() / years
    labels = range(2026, 2026 + years)
    return {"scores": dict(zip(ids, rng.beta(2, 5, n) * size**0.5, strict=True)), "cost": cost,
            "budget": dict.fromkeys(labels, yearly), "must": ids[:3], "never": ids[3:5], "packages": packages,
            "capacity": {"manual": dict.fromkeys(labels, yearly / 5_000)}, "rate": 0.03 * (seed % 3),
            "floors": {str(one): 0.2 * yearly * years for one in range(4)}}  # fmt: skip


@pytest.mark.parametrize("seed", range(6))
def test_many_areas_are_solved_in_parts(seed, monkeypatch):
    """Prices of a sample, made better by the columns they leave unclear: near the bound, and near the whole program."""
    given = many(seed)
    whole = planned(given, gap=1e-2)
    monkeypatch.setattr(optimise, "_WHOLE", 600)
    parts = planned(given, gap=1e-2)
    for plan in (whole, parts):
        check(plan, **given)
        assert plan.gap <= 1e-2, plan.how
    assert whole.benefit <= parts.bound * (1 + 1e-9)
    assert parts.benefit <= whole.bound * (1 + 1e-9)


def test_years_that_count_alike_are_bounded_by_one_year():
    """Large areas in few years: one year with all the money shows at once what no search among the years does."""
    rng = np.random.default_rng(3)
    n = 60
    ids = [f"A{i}" for i in range(n)]
    cost = pd.DataFrame({"area_id": ids, "method_code": "manual", "cost_usd": rng.integers(20, 90, n) * 1e3,
                         "benefit_share": 1.0, "team_days": 1.0, "admin_code": (np.arange(n) % 5).astype(str),
                         "package_id": None})  # fmt: skip
    given = {"scores": dict(zip(ids, rng.random(n), strict=True)), "cost": cost, "rate": 0.0, "capacity": None,
             "budget": {2026: 300e3, 2027: 300e3, 2028: 200e3}, "must": [], "never": [], "packages": None,
             "floors": {"0": 160e3, "1": 150e3, "2": 150e3, "3": 90e3}}  # fmt: skip
    plan = planned(given, gap=1e-3, time_limit_s=30)
    check(plan, **given)
    assert plan.gap <= 1e-3
    # one year with the money of all of them is the same program with fewer rules
    one = planned(given | {"budget": {2026: 800e3}}, gap=0.0)
    assert plan.benefit <= one.benefit * (1 + 1e-9)
    assert plan.bound >= plan.benefit


# -- reasons -----------------------------------------------------------------------------------------------------------


def test_the_numbers_of_a_reason_are_those_of_the_table():
    rng = np.random.default_rng(1)
    ranking = ranking_of(*rng.random(60))
    cost = pd.DataFrame({"area_id": ranking["area_id"], "cost_usd": rng.integers(10, 99, 60) * 1e3,
                         "admin_code": rng.choice(["N", "S"], 60)})  # fmt: skip
    plan = plan_clearance(ranking, cost=cost, budget=1e6, floors={"N": 700e3}, must=["A7"], never=["A8"])
    for row in plan.table.itertuples():
        assert row.reason.startswith("in: " if row.is_selected else "out: ")
        if "for each 1,000 USD" in row.reason:
            assert f"gives {row.benefit_rate:.3g} for" in row.reason
        if "the line" in row.reason:
            assert f"{row.line_rate:.3g}" in row.reason
        if "enter at" in row.reason:
            assert f"{row.enters_at_usd:,.0f} USD" in row.reason
            assert row.enters_at_usd > 1e6
        if row.plan_reason_code == "worth":
            assert row.benefit_rate >= row.line_rate * (1 - 1e-9)
        if row.plan_reason_code == "below_line":
            assert row.benefit_rate <= row.line_rate * (1 + 1e-9)
    assert plan.table.set_index("area_id").loc["A7", "reason"] == "in: must-include"
    assert plan.table.set_index("area_id").loc["A8", "reason"] == "out: never: left out on request"


@pytest.mark.parametrize(
    ("floors_by", "names", "place"),
    [("admin_code", None, "N"), ("admin_code", {"N": "Low Hill"}, "Low Hill"), ("province_code", None, "province N")],
)
def test_a_floor_is_said_in_the_words_of_its_readers(floors_by, names, place):
    cost = COST.rename(columns={"admin_code": floors_by})
    given = {"cost": cost, "floors_by": floors_by, "place_names": names, "floors": {"N": 80e3}}
    plan = plan_clearance(RANKING, budget=100e3, **given)
    assert plan.rules["rule"].tolist() == ["the budget", f"at least 80,000 USD in {place}"]
    assert plan.table["reason"][0].startswith(f"in: so that at least 80,000 USD go to {place}; it gives 0.01 for each")
    given["floors"] = {"N": 210e3}
    with pytest.raises(DataError, match=f"spend at least 90,000 USD in {place}, 120,000 USD less than asked"):
        plan_clearance(RANKING, budget=300e3, **given)
    least = plan_clearance(RANKING, budget=300e3, infeasible="relax", **given)
    assert least.rules["rule"].tolist()[1] == f"at least 90,000 USD in {place}"
    assert (least.relaxations["by"].item(), least.relaxations["name"].item()) == (120e3, "N")


def test_the_budget_at_which_an_area_enters_is_near_the_one_that_lets_it_in():
    # Without other rules and with small areas the order of entry is that of benefit per dollar.
    ranking = ranking_of(*np.linspace(1, 0.1, 40))
    cost = dict.fromkeys(ranking["area_id"], 1000.0)
    plan = plan_clearance(ranking, cost=cost, budget=10_500.0)
    out = plan.table[~plan.table["is_selected"]]
    assert out["area_id"].tolist() == [f"A{i}" for i in range(10, 40)]
    assert out["enters_at_usd"].tolist() == pytest.approx([1000.0 * i for i in range(11, 41)])
    for area in ("A10", "A25"):
        at = out.set_index("area_id").loc[area, "enters_at_usd"]
        assert area in plan_clearance(ranking, cost=cost, budget=at).selected
        assert area not in plan_clearance(ranking, cost=cost, budget=at - 1).selected


def test_each_way_of_being_out_is_told():
    ranking = pd.DataFrame({"area_id": list("abcdefgh"), "score": [1, 1, 0.2, 1, 0, None, 1, 1]})
    cost = pd.DataFrame({
        "area_id": ["a", "b", "c", "d", "d", "e", "f", "g"], "method_code": ["manual", "manual", "manual", "manual",
        "TS", "manual", "manual", "manual"], "cost_usd": [10.0, 500, 90, 20, None, 5, 5, 5],
        "team_days": [1, 1, 1, 1, 1, 1, 1, 99],
    }).assign(benefit_share=1.0)  # fmt: skip
    plan = plan_clearance(ranking, cost=cost, budget=100, capacity={"manual": 10})
    code = plan.table.set_index("area_id")["plan_reason_code"].to_dict()
    assert code == {"a": "worth", "b": "too_dear", "c": "no_room", "d": "worth", "e": "no_benefit",
                    "f": "unknown_benefit", "g": "too_much_work", "h": "unknown_cost"}  # fmt: skip
    reason = plan.table.set_index("area_id")["reason"]
    assert reason["h"] == "out: no cost is known"
    assert reason["d"].endswith("not looked at: TS, for which a number is missing")
    assert reason["b"].startswith("out: it costs 500 USD, more than the budget of 100 USD; it would enter at a budget")


def test_a_package_is_set_up_or_its_areas_are_out():
    ranking = ranking_of(5, 5, 9, 1)
    cost = pd.DataFrame({"area_id": [f"A{i}" for i in range(4)], "cost_usd": [10.0, 10, 10, 10],
                         "package_id": ["P", "P", "Q", None]})  # fmt: skip
    plan = plan_clearance(ranking, cost=cost, budget=40, packages={"P": 20, "Q": 25})
    # P: 20 + 20 for 10; Q: 25 + 10 for 9, and nothing else but A3 would not fit: 9 against 10.
    assert plan.selected == ("A0", "A1")
    assert plan.packages.drop(columns="year").to_dict("list") == {
        "package_id": ["P", "Q"], "is_selected": [True, False], "setup_usd": [20.0, 25.0], "area_count": [2, 0],
    }  # fmt: skip
    assert plan.packages["year"].isna().tolist() == [False, True]
    assert plan.table.set_index("area_id").loc["A2", "reason"].startswith("out: package Q is not set up")
    assert plan.spent_usd == 40
    # With no money for any area, no package is set up for nothing.
    none = plan_clearance(ranking, cost=cost, budget=25, packages={"P": 20, "Q": 25}, never=["A3"])
    assert (none.spent_usd, none.benefit) == (0, 0)


def test_years_alike_put_what_gives_most_per_dollar_first():
    rng = np.random.default_rng(3)
    ranking = ranking_of(*rng.random(150))
    cost = dict(zip(ranking["area_id"], rng.integers(10, 30, 150) * 1e3, strict=True))
    plan = plan_clearance(ranking, cost=cost, budget=500e3, years=3, gap=0.01)
    each = plan.table[plan.table["is_selected"]].groupby("year")["benefit_rate"].mean()
    assert each.is_monotonic_decreasing
    assert plan.table.loc[plan.table["is_selected"], "benefit"].sum() == pytest.approx(plan.benefit)


def test_the_frames_have_the_columns_that_are_declared():
    plan = plan_clearance(RANKING, cost=COST, budget=60e3, must=["A0"], infeasible="relax")
    for name in ("table", "rules", "packages", "relaxations"):
        declared = RESULTS[f"plan_{name}"]
        frame = getattr(plan, name)
        assert list(frame.columns) == declared.names
        for column in declared.columns:
            assert str(frame[column.name].dtype) == DTYPES[column.kind], column.name
    assert set(plan.table["plan_reason_code"]) <= set(CODES["plan_reason_code"])
    assert list(budget_sweep(RANKING, cost=COST, budgets=[]).columns) == RESULTS["budget_sweep"].names


# -- what a previous plan and a sweep say ------------------------------------------------------------------------------


def test_keeping_has_a_price():
    ranking = ranking_of(0.9, 0.6, 0.5, 0.1)
    cost = {"A0": 60.0, "A1": 40.0, "A2": 50.0, "A3": 60.0}
    last = plan_clearance(ranking_of(0.1, 0.1, 0.1, 0.9), cost=cost, budget=100)
    assert set(last.selected) == {"A1", "A3"}
    plan = plan_clearance(ranking, cost=cost, budget=100, keep=last)
    assert plan.benefit == pytest.approx(0.7)
    assert plan.free_benefit == pytest.approx(1.5)
    assert plan.price_of_keeping == pytest.approx(0.8)
    assert plan.table["is_kept"].tolist() == [False, True, False, True]
    assert plan.table.loc[3, "reason"] == "in: kept from the previous plan"
    # What was released since is no longer ranked, and is not asked for.
    with pytest.warns(DataWarning, match="1 of 2 areas of keep are not in the ranking any more: A3"):
        again = plan_clearance(ranking[:3], cost=pd.Series(cost)[:3], budget=100, keep=last)
    assert again.price_of_keeping == pytest.approx(0.0)
    assert np.isnan(plan_clearance(ranking, cost=cost, budget=100).price_of_keeping)
    # A plan that does not fit any more names the kept area that is in the way.
    with pytest.raises(DataError, match="leave out the area kept from the previous plan A3, which costs 60 USD"):
        plan_clearance(ranking, cost=cost, budget=70, keep=last)
    with pytest.warns(DataWarning, match="1 of 1 areas of keep are not kept: 'A3': never: left out on request"):
        plan_clearance(ranking, cost=cost, budget=100, keep=["A3"], never=["A3"])


def test_the_curve_does_not_fall():
    rng = np.random.default_rng(2)
    ranking = ranking_of(*rng.random(30))
    cost = dict(zip(ranking["area_id"], rng.integers(1, 9, 30) * 1e3, strict=True))
    curve = budget_sweep(ranking, cost=cost, budgets=[40e3, 10e3, 20e3, 500e3], gap=0.01)
    assert curve["budget_usd"].tolist() == [10e3, 20e3, 40e3, 500e3]
    assert curve["benefit"].is_monotonic_increasing
    assert (curve["bound"] >= curve["benefit"]).all()
    assert curve["benefit"].iloc[-1] == pytest.approx(ranking["score"].sum())
    assert curve["note"].isna().all()
    with pytest.raises(OptionError, match="budget_sweep takes no floor; did you mean 'floors'"):
        budget_sweep(ranking, cost=cost, budgets=[1e3], floor=3)
    with pytest.raises(DataError, match="must names 1 of 1 areas"):
        budget_sweep(ranking, cost=cost, budgets=[1e3], must=["B"])


def test_a_budget_that_can_not_be_is_a_row_of_the_curve_whatever_the_time():
    """The budgets below what is promised get a note; the others are not lost, with time and without."""
    given = {"cost": COST, "floors": {"S": 80e3}, "must": ["A1"]}
    for seconds in (10.0, 0.0):
        curve = budget_sweep(RANKING, budgets=[0, 30e3, 200e3, 85e3], time_limit_s=seconds, **given)
        assert curve["budget_usd"].tolist() == [0, 30e3, 85e3, 200e3]
        assert curve["note"].str.startswith("no plan keeps all the rules").tolist()[:2] == [True, True]
        assert curve["benefit"].isna().tolist()[:2] == [True, True]
        assert curve["area_count"].tolist()[3] == 3
        assert curve["benefit"].tolist()[3] == pytest.approx(2.0)
        # 40,000 and 50,000 USD in S: with 85,000 USD one of them alone is below the floor
        assert curve["benefit"].isna()[2]
        assert "Fix" not in "".join(curve["note"].dropna())
    assert curve["note"][0] == "no plan keeps all the rules: the floors take 80,000 USD, and there are 0 USD."
    assert curve["note"][2] == "no plan that keeps the rules was found in the time."
    with pytest.raises(DataError, match="there are 30,000 USD"):
        plan_clearance(RANKING, budget=30e3, time_limit_s=0, **given)


# -- bad input ---------------------------------------------------------------------------------------------------------

RANKING = ranking_of(0.9, 0.6, 0.5)
COST = pd.DataFrame({"area_id": ["A0", "A1", "A2"], "cost_usd": [90e3, 40e3, 50e3], "admin_code": ["N", "S", "S"]})


@pytest.mark.parametrize(
    ("options", "kind", "words"),
    [
        ({"years": 0}, OptionError, "years must be a whole number of 1 or more; got 0"),
        ({"years": 1.5}, OptionError, "years must be a whole number"),
        ({"budget": -1}, OptionError, "budget must be a finite number of 0 or more; got -1"),
        ({"budget": float("nan")}, OptionError, "budget must be a finite number"),
        ({"budget": {}}, OptionError, "budget must be a number, or {year: number}"),
        ({"budget": {"first": 3}}, OptionError, "got the year 'first'"),
        ({"budget": {2026: None}}, OptionError, "budget of 2026 must be a finite number"),
        ({"budget": {2026: 1, 2027: 1}, "years": 3}, OptionError, "budget names 2 years, and years is 3"),
        ({"floors": {"NN": 1}}, DataError, "floors names 'NN', to which no area of cost belongs; 'admin_code' has N"),
        ({"floors": {"N": 1}, "floors_by": "province"}, OptionError, "floors need the column 'province' in cost"),
        ({"floors": {"N": -1}}, OptionError, "floors: 'N' must be a finite number of 0 or more"),
        ({"must": ["A1", "A11"]}, DataError, "1 of 2 areas that are not in the ranking: A11; did you mean 'A1'"),
        ({"must": "A1"}, OptionError, "ids are given as a list; got the text 'A1'"),
        ({"must": ["A1"], "never": ["A1"]}, OptionError, "must and never both name A1"),
        ({"capacity": {"manual": 3}}, OptionError, "capacity is counted in 'team_days', which is no column of cost"),
        ({"packages": {"P": 3}}, OptionError, "packages need the column 'package_id' in cost"),
        ({"benefit": "people"}, OptionError, "benefit 'people' is no column of the ranking; it has score"),
        ({"gap": -0.1}, OptionError, "gap must be"),
        ({"time_limit_s": float("nan")}, OptionError, "time_limit_s must be"),
        ({"discount_rate": -0.1}, OptionError, "discount_rate must be"),
        ({"infeasible": "ignore"}, OptionError, "infeasible must be one of raise, relax"),
        ({"cost": {"A0": 0.0, "A1": 1.0}}, DataError, "cost_usd must be above 0: 1 of 2 rows of cost do not"),
        ({"cost": {"A0": -5.0}}, DataError, "'A0' has -5"),
        ({"cost": {"A0": float("inf")}}, DataError, "cost_usd must hold numbers"),
        ({"cost": {"A0": "much"}}, DataError, "cost_usd must hold numbers"),
        ({"cost": COST.drop(columns="cost_usd")}, DataError, "a frame with area_id and cost_usd"),
        ({"cost": 5}, DataError, "a frame with area_id and cost_usd; got int"),
        ({"cost": pd.concat([COST, COST])}, DataError, "6 of 6 rows of cost give the same area and method"),
        ({"cost": COST.assign(benefit_share=1.5)}, DataError, "benefit_share must lie from 0 to 1"),
    ],
)  # fmt: skip
def test_bad_input_is_named(options, kind, words):
    with pytest.raises(kind) as caught:
        plan_clearance(RANKING, **{"cost": COST, "budget": 100e3, **options})
    assert words in str(caught.value)


def test_capacity_and_packages_are_checked():
    cost = COST.assign(method_code="manual", team_days=[1, 2, 3], package_id=["P", None, None])
    with pytest.raises(DataError, match=r"capacity names the method 'manuel', .* did you mean 'manual'"):
        plan_clearance(RANKING, cost=cost, budget=1e5, capacity={"manuel": 3})
    with pytest.raises(OptionError, match="capacity of manual must name the years of the budget, 2026, 2027"):
        plan_clearance(RANKING, cost=cost, budget={2026: 1e5, 2027: 1}, capacity={"manual": {2026: 3}})
    with pytest.raises(DataError, match="packages names 'R', to which no area of cost belongs"):
        plan_clearance(RANKING, cost=cost, budget=1e5, packages={"P": 1, "R": 1})
    with pytest.raises(DataError, match="packages says nothing of 1 packages of cost: P"):
        plan_clearance(RANKING, cost=cost, budget=1e5, packages={})
    both = pd.concat([cost, cost.iloc[:1].assign(method_code="TS", admin_code="S")]).assign(benefit_share=1.0)
    with pytest.raises(DataError, match="1 areas have more than one admin_code, such as 'A0'"):
        plan_clearance(RANKING, cost=both, budget=1e5, floors={"S": 1})
    unknown = plan_clearance(RANKING, cost=cost.assign(team_days=[1, None, 3]), budget=1e6, capacity={"manual": 9})
    assert unknown.table["plan_reason_code"].tolist() == ["worth", "unknown_cost", "worth"]
    assert unknown.table["reason"][1] == "out: no team_days are known"
    # One pool of teams for all methods.
    pooled = plan_clearance(RANKING, cost=cost, budget=1e6, capacity=3)
    assert pooled.benefit == pytest.approx(1.5)


def test_a_floor_that_nothing_can_fill_is_named():
    with pytest.raises(DataError) as caught:
        plan_clearance(RANKING, cost=COST, budget=300e3, floors={"N": 210e3})
    assert str(caught.value) == (
        "no plan keeps all the rules. This is enough:\n"
        "  spend at least 90,000 USD in N, 120,000 USD less than asked: all its areas that can be planned cost "
        "no more\n"
        "  Fix: make the change; infeasible='relax' does the first."
    )


def test_floors_above_the_budget_are_named():
    with pytest.raises(DataError) as caught:
        plan_clearance(RANKING, cost=COST, budget={2026: 100e3}, floors={"N": 90e3, "S": 40e3})
    assert "raise the budget of 2026 by 30,000 USD, to 130,000 USD" in str(caught.value)
    assert "promise no money to S, 40,000 USD less than asked" in str(caught.value)


def test_a_must_include_area_that_is_too_dear():
    relaxed = plan_clearance(RANKING, cost=COST, budget=60e3, must=["A0"], infeasible="relax")
    assert relaxed.relaxations["text"].tolist() == ["raise the budget by 30,000 USD, to 90,000 USD"]
    assert relaxed.selected == ("A0",)
    with pytest.raises(DataError, match="leave out the must-include area A0, which costs 90,000 USD"):
        plan_clearance(RANKING, cost=COST, budget=60e3, must=["A0"])
    with pytest.raises(DataError, match="1 of 1 areas of must can not be planned: 'A2': no cost is known"):
        plan_clearance(RANKING, cost=COST.iloc[:2], budget=60e3, must=["A2"])


def test_nothing_to_plan_is_a_plan():
    for cost in ({}, COST.iloc[:0]):
        plan = plan_clearance(RANKING.iloc[:0], cost=cost, budget=1e5)
        assert (len(plan.table), plan.benefit, plan.bound, plan.gap, plan.spent_usd) == (0, 0.0, 0.0, 0.0, 0.0)
    one = plan_clearance(RANKING.iloc[:1], cost={"A0": 5.0}, budget=10)
    assert (one.selected, one.benefit, one.gap) == (("A0",), 0.9, 0.0)
    none = plan_clearance(RANKING, cost={"A0": None}, budget=10)
    assert none.table["plan_reason_code"].tolist() == ["unknown_cost"] * 3
    broke = plan_clearance(RANKING, cost=COST, budget=0)
    assert (broke.benefit, broke.gap, broke.selected) == (0.0, 0.0, ())
    with pytest.raises(DataError, match="promise no money to N, 5 USD less than asked"):
        plan_clearance(RANKING, cost=COST, budget=10, floors={"N": 5}, never=["A0", "A1", "A2"])


def test_scores_of_a_ranking_and_its_columns():
    table = pd.DataFrame({"area_id": ["b", "a", "c"], "people": [10, 900, None], "road_m": [5.0, 1.0, 2.0]})
    ranking = prioritise(table, [Criterion("people", 0, 1000, 1.0)], missing="drop")
    plan = plan_clearance(ranking, cost=dict.fromkeys("abc", 10.0), budget=10)
    assert plan.table["area_id"].tolist() == ranking.table["area_id"].tolist()
    assert plan.table["rank"].tolist() == [1, 2, pd.NA]
    assert plan.table["reason"][2] == "out: no benefit is known: the ranking has none for it"
    people = plan_clearance(ranking, cost=dict.fromkeys("abc", 10.0), budget=10, benefit="people")
    assert people.benefit == 900
    with pytest.raises(DataError, match=r"1 of 3 areas have a benefit \('score'\) below 0, 'A1' has -0.2"):
        plan_clearance(ranking_of(1, -0.2, 0), cost={}, budget=1)
    with pytest.raises(DataError, match="2 of 2 rows of the ranking have a missing or repeated area_id"):
        plan_clearance(pd.DataFrame({"area_id": ["a", "a"], "score": [1, 2]}), cost={}, budget=1)


def test_what_is_odd_is_told():
    with pytest.warns(DataWarning, match="1 area of cost is not in the ranking, and not planned: Z"):
        plan_clearance(RANKING, cost={"A0": 1.0, "Z": 1.0}, budget=1)
    cost = pd.DataFrame({"area_id": ["A0", "A0"], "method_code": ["TS", "manual"], "cost_usd": [1.0, 2.0]})
    with pytest.warns(DataWarning, match="1 area can be surveyed or cleared for the same benefit"):
        plan_clearance(RANKING, cost=cost, budget=1)


def test_inputs_are_not_changed():
    ranking, cost = RANKING.copy(), COST.assign(method_code="manual", team_days=1)
    before = cost.copy()
    plan_clearance(ranking, cost=cost, budget=1e5, capacity={"manual": 2}, floors={"N": 1})
    pd.testing.assert_frame_equal(ranking, RANKING)
    pd.testing.assert_frame_equal(cost, before)


# -- the process of its own --------------------------------------------------------------------------------------------


def hard(n=300, years=4):
    rng = np.random.default_rng(8)
    ids = [f"A{i}" for i in range(n)]
    scores = dict(zip(ids, rng.random(n) + 1, strict=True))
    cost = pd.DataFrame({"area_id": ids, "method_code": "manual", "cost_usd": rng.integers(40_000, 60_000, n) * 1.0,
                         "benefit_share": 1.0, "team_days": 1.0, "admin_code": "N", "package_id": None})  # fmt: skip
    return {"scores": scores, "cost": cost, "budget": dict.fromkeys(range(2026, 2026 + years), 333_333.0),
            "capacity": None, "floors": None, "must": [], "never": [], "packages": None, "rate": 0.0}  # fmt: skip


@pytest.mark.apart
def test_the_process_is_stopped_and_the_best_plan_stays(monkeypatch):
    given = hard()
    sleeper = "import time; time.sleep(600)"
    monkeypatch.setattr(worker, "_CHILD", sleeper)  # as a presolve that does not come back
    plan = planned(given, time_limit_s=1.0)
    assert plan.how.startswith("stopped at the time limit")
    assert plan.seconds < 30
    check(plan, **given)
    assert plan.benefit == pytest.approx(plan.greedy_benefit)
    assert plan.gap > 0


@pytest.mark.apart
def test_what_was_told_before_the_stop_is_not_lost(monkeypatch, tmp_path):
    given = hard()
    monkeypatch.setattr(worker, "_python", lambda: None)
    seen = []
    tell = worker._tell
    monkeypatch.setattr(worker, "_tell", lambda folder, arrays: (seen.append(arrays), tell(folder, arrays)))
    better = planned(given, gap=0.05, time_limit_s=20)
    worker._save(tmp_path / "told.npz", seen[-1])
    monkeypatch.undo()
    child = f"import shutil, sys, time; shutil.copy({str(tmp_path / 'told.npz')!r}, sys.argv[1]); time.sleep(600)"
    monkeypatch.setattr(worker, "_CHILD", child)
    plan = planned(given, time_limit_s=3.0)
    assert plan.how.startswith("stopped at the time limit")
    check(plan, **given)
    assert plan.benefit == pytest.approx(better.benefit)
    assert better.benefit > better.greedy_benefit
    assert plan.bound == pytest.approx(better.bound)


@pytest.mark.apart
def test_a_worker_that_breaks_down_is_told(monkeypatch):
    monkeypatch.setattr(worker, "_CHILD", "raise SystemExit('no memory')")
    with pytest.raises(RuntimeError, match="the solver broke down \\(exit 1\\): no memory"):
        planned(hard(), time_limit_s=20)


@pytest.mark.apart
def test_a_plain_script_without_a_guard(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "import pandas as pd\n"
        "from landrelease.priority.plan import plan_clearance\n"
        "print('once')\n"
        "ranking = pd.DataFrame({'area_id': ['a', 'b', 'c'], 'score': [9.0, 6.0, 5.0]})\n"
        "print(plan_clearance(ranking, cost={'a': 60.0, 'b': 50.0, 'c': 50.0}, budget=100).selected)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["once", "('b', 'c')"]
    assert done.stderr == ""


def test_no_time_at_all_is_greedy():
    given = hard(30, 2)
    began = time.monotonic()
    plan = planned(given, time_limit_s=0)
    assert plan.benefit == plan.greedy_benefit
    check(plan, **given)
    assert isinstance(plan, Plan)
    assert plan.seconds <= time.monotonic() - began
    # A floor that greedy does not fill needs a search, and there is no time for one.
    cost = pd.DataFrame({"area_id": ["A0", "A1", "A2"], "cost_usd": [60.0, 50.0, 40.0], "admin_code": "N"})
    with pytest.raises(DataError, match="no plan that keeps the rules was found in the time"):
        plan_clearance(RANKING, cost=cost, budget=90, floors={"N": 90}, time_limit_s=0)
    assert plan_clearance(RANKING, cost=cost, budget=90, floors={"N": 90}).selected == ("A1", "A2")
