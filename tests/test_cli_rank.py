"""`landrelease rank` and `landrelease plan` as a user meets them: what is printed, what is written, what is refused."""

from __future__ import annotations

import hashlib
import html
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import landrelease as lr
from landrelease import cli
from landrelease.priority.plan import worker

SIDES_M = {"A1": 100, "A2": 140, "A3": 150, "A4": 160, "A5": 40, "A6": 30}
BLOCKED = {"A1": "road", "A2": "none", "A3": "water", "A4": "road", "A5": "road", "A6": "none"}
SCHEME = """
name = "small"
source = "The test."
verified = false
[[criterion]]
column = "hazard_area_m2"
label = "size"
unit = "m2"
low = 0
high = 20000
weight = 0.5
from = { measure = "area" }
[[criterion]]
column = "is_resource_blocked"
label = "a blocked resource"
unit = "yes/no"
low = 0
high = 1
weight = 0.5
from = { measure = "blocked_resource", codes = ["road", "water"] }
"""
BASE = """
[programme]
name = "Six areas"
as_of = 2025-12-31
[inputs.areas]
path = "areas.gpkg"
[priority]
scheme = "scheme.toml"
missing = "worst"
"""
COSTS = "[costs]\nusd_per_area = 1000\nusd_per_m2 = 1\n"


@pytest.fixture
def programme(tmp_path: Path) -> Path:
    """Six squares; A3 and A4 have the same score, as both are larger than what counts in full."""
    shapes = [shapely.box(5e5 + 1000 * i, 4e6, 5e5 + 1000 * i + side, 4e6 + side)
              for i, side in enumerate(SIDES_M.values())]  # fmt: skip
    areas = gpd.GeoDataFrame(
        {"area_id": list(SIDES_M), "hazard_class": "CHA", "status": "open", "survey_date": pd.Timestamp("2020-01-01"),
         "blocked_resource_code": list(BLOCKED.values()), "admin_code": ["P1", "P1", "P1", "P2", "P2", "P2"]},
        geometry=shapes, crs=32630,
    )  # fmt: skip
    areas.to_file(tmp_path / "areas.gpkg")
    (tmp_path / "scheme.toml").write_text(SCHEME, encoding="utf-8")
    (tmp_path / "programme.toml").write_text(BASE, encoding="utf-8")
    return tmp_path / "programme.toml"


def add(programme: Path, text: str) -> Path:
    programme.write_text(programme.read_text(encoding="utf-8") + text, encoding="utf-8")
    return programme


@pytest.fixture(autouse=True)
def _in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Solve here: a process for each plan is slow."""
    monkeypatch.setattr(worker, "_python", lambda: None)


@dataclass
class Done:
    """What a command left: its exit code, and what it said."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def landrelease(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Done]:
    """Run a command as a shell would, but here: to start Python for each is slow."""

    def run(*arguments: str | Path) -> Done:
        monkeypatch.setattr(sys, "argv", ["landrelease", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        return Done(int(ended.value.code or 0), said.out, said.err)

    return run


def written(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, encoding="utf-8-sig")


def test_rank_prints_and_writes_the_same(programme: Path, tmp_path: Path) -> None:
    given = ["rank", str(programme), "--out", str(tmp_path / "out"), "--top", "3", "--draws", "500"]
    command = [sys.executable, "-m", "landrelease.cli", *given]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    found = written(tmp_path / "out" / "ranking.csv")
    # 1 for both that are full and blocked; A1 half its size and blocked; A2 98 % of its size alone
    assert found["area_id"].tolist() == ["A3", "A4", "A1", "A5", "A2", "A6"]
    assert found["rank"].tolist() == [1, 1, 3, 4, 5, 6]
    assert found["score"].to_numpy() == pytest.approx([1, 1, 0.75, 0.54, 0.49, 0.0225], abs=1e-3)
    parts = written(tmp_path / "out" / "contributions.csv").set_index("area_id")
    assert parts.sum(axis=1).to_numpy() == pytest.approx(found["score"].to_numpy(), abs=1e-12)
    line = written(tmp_path / "out" / "funding_line.csv")
    assert line["line"].tolist() == ["in", "in", "in", "out", "out", "out"]
    assert (written(tmp_path / "out" / "stability.csv")["top_3_share"] == line["in_share"]).all()
    assert "The first 6 of 6 areas" in done.stdout
    assert "with 1 other, by equal scores" in done.stdout
    assert "3 surely in, 0 interchangeable, 3 surely out" in done.stdout
    assert str(tmp_path / "out" / "priorities.html") in done.stdout
    assert f"Open {tmp_path / 'out' / 'live_ranking.html'} to move the weights" in done.stdout


def test_pages_take_a_language_and_tables_do_not(
    landrelease: Callable[..., Done], programme: Path, tmp_path: Path
) -> None:
    said = {}
    for language in ("en", "ar"):
        given = ("--out", tmp_path / language, "--top", "3", "--draws", "200", "--language", language)
        done = landrelease("rank", programme, *given)
        assert done.returncode == 0, done.stderr
        said[language] = done.stdout
    page = (tmp_path / "ar" / "priorities.html").read_text(encoding="utf-8")
    assert '<html lang="ar" dir="rtl">' in page
    for name in ("ranking.csv", "contributions.csv", "funding_line.csv", "stability.csv"):
        assert (tmp_path / "ar" / name).read_bytes() == (tmp_path / "en" / name).read_bytes()
    # a label of the user's own scheme is in no catalogue: the page and the command say that it stands as it was written
    assert "not in the catalogue" not in said["en"]
    assert "Note: priorities.html: texts that are not in the catalogue of 'ar' stand" in said["ar"]
    assert "a blocked resource" in page
    refused = landrelease("rank", programme, "--out", tmp_path / "xx", "--language", "xx")
    assert refused.returncode == 2
    assert "language must be one of en, ar" in refused.stderr


def test_a_line_by_budget_needs_costs(landrelease: Callable[..., Done], programme: Path, tmp_path: Path) -> None:
    done = landrelease("rank", programme, "--out", tmp_path / "out", "--budget", "60000")
    assert done.returncode == 2
    assert "[inputs.costs]" in done.stderr
    products = lr.rank_programme(add(programme, COSTS), out=tmp_path / "out", budget=60_000, draws=200)
    # 23,500 and 26,600 USD for the two that tie, then 11,000 USD for A1 do not fit into 60,000 USD
    assert products.line is not None
    assert products.line.set_index("area_id")["line"].to_dict() == {
        "A3": "in", "A4": "in", "A1": "out", "A5": "out", "A2": "out", "A6": "out",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "arguments", "said"),
    [
        ("", ["--top", "3", "--budget", "5"], "either top"),
        ("", ["--top", "0"], "top"),
        ("", ["--method", "magic"], "topsis"),
        ("", ["--missing", "guess"], "bounds"),
        ("", ["--draws", "0"], "draws"),
        ("", ["--method", "topsis", "--top", "3"], "additive value"),
        ("top = 3\nbudget = 5\n", [], "either top"),
        ("weights = { hazard_area = [0.1, 0.2] }\n", ["--top", "3"], "hazard_area"),
    ],
)
def test_what_means_nothing_is_refused(
    landrelease: Callable[..., Done], programme: Path, tmp_path: Path, more: str, arguments: list[str], said: str
) -> None:
    done = landrelease("rank", add(programme, more), "--out", tmp_path / "out", *arguments)
    assert done.returncode == 2, done.stdout
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_programme_without_priority_or_plan_says_what_to_add(programme: Path, tmp_path: Path) -> None:
    with pytest.raises(lr.ProgrammeError, match=r"no \[plan\]"):
        lr.plan_programme(programme, out=tmp_path / "out")
    programme.write_text(BASE[: BASE.index("[priority]")], encoding="utf-8")
    with pytest.raises(lr.ProgrammeError, match=r"no \[priority\]"):
        lr.rank_programme(programme, out=tmp_path / "out")


def test_another_method_has_no_line_and_leaves_no_older_one(programme: Path, tmp_path: Path) -> None:
    first = lr.rank_programme(programme, out=tmp_path / "out", draws=50)
    assert any("drawn after 20" in note for note in first.notes)
    assert (tmp_path / "out" / "funding_line.csv").exists()
    second = lr.rank_programme(programme, out=tmp_path / "out", method="promethee")
    assert second.ranking.method == "promethee"
    assert any("'value' alone" in note for note in second.notes)
    assert second.line is None
    assert second.live is None
    assert any(note.startswith("No live ranking is written:") and "'promethee'" in note for note in second.notes)
    assert not (tmp_path / "out" / "live_ranking.html").exists()
    assert not (tmp_path / "out" / "funding_line.csv").exists()


def test_a_scheme_given_to_the_command_goes_before_that_of_the_programme_file(programme: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere" / "size.toml"
    other.parent.mkdir()
    other.write_text(SCHEME[: SCHEME.rindex("[[criterion]]")], encoding="utf-8")
    products = lr.rank_programme(programme, out=tmp_path / "out", scheme=other, draws=20)
    assert [one.column for one in products.ranking.criteria] == ["hazard_area_m2"]
    page = products.page.read_text(encoding="utf-8")
    assert hashlib.sha256(other.read_bytes()).hexdigest() in page
    assert str(tmp_path) not in page
    for wrong in ("nothing.toml", "community-frist"):
        with pytest.raises(lr.LandReleaseError, match=wrong):
            lr.rank_programme(programme, out=tmp_path / "out", scheme=wrong)


VICTIMS = """
[[criterion]]
column = "victim_count"
low = 0
high = 5
weight = 0.5
from = { measure = "accidents_within", within_m = 500, count = "victims" }
"""


def test_the_live_page_shows_what_the_map_may_show(units: Path, tmp_path: Path) -> None:
    add(units, '[map]\nhazards = "admin"\n')
    products = lr.rank_programme(units, out=tmp_path / "out", draws=20)
    assert products.live is not None
    page = products.live.read_text(encoding="utf-8")
    assert "by administrative unit only" in page
    assert "Internal use" not in page
    accidents = gpd.GeoDataFrame(
        {"accident_id": ["X1"], "accident_date": [pd.Timestamp("2024-05-01")], "killed_count": [2]},
        geometry=[shapely.Point(5e5, 4e6)], crs=32630,
    )  # fmt: skip
    accidents.to_file(tmp_path / "accidents.gpkg")
    (tmp_path / "scheme.toml").write_text(SCHEME + VICTIMS, encoding="utf-8")
    products = lr.rank_programme(
        add(units, '[inputs.accidents]\npath = "accidents.gpkg"\n'), out=tmp_path / "out", draws=20
    )
    assert products.live is None
    assert any("could count victims or persons" in note for note in products.notes)
    assert not (tmp_path / "out" / "live_ranking.html").exists()


def test_the_live_page_starts_with_as_many_areas_as_there_is_money_for(
    programme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []
    made = lr.live_ranking

    def noted(ranking: lr.Ranking, **options: Any) -> Any:
        given.append(options["top"])
        return made(ranking, **options)

    monkeypatch.setattr("landrelease.maps.live_ranking", noted)
    lr.rank_programme(add(programme, COSTS), out=tmp_path / "out", budget=60_000, draws=20)
    lr.rank_programme(programme, out=tmp_path / "out", top=3, draws=20)
    assert given == [2, 3]  # 23,500 and 26,600 USD for the two that tie, then 11,000 USD do not fit into 60,000 USD


def test_weights_of_the_programme_file_are_those_that_are_drawn(programme: Path, tmp_path: Path) -> None:
    for more, said in (
        ("weights = 0\n", "the weights of the ranking"),
        ('weights = "free"\n', "any weights"),
        ('weights = ["is_resource_blocked", "hazard_area_m2"]\n', "weights in the order is_resource_blocked"),
        ("weights = { hazard_area_m2 = [0.2, 0.4] }\n", "hazard_area_m2 0.2 to 0.4"),
    ):
        programme.write_text(BASE + more, encoding="utf-8")
        found = lr.rank_programme(programme, out=tmp_path / "out", draws=20).stability
        assert found is not None
        assert said in found.said


def test_only_what_the_ranking_needs_is_read(programme: Path, tmp_path: Path) -> None:
    add(programme, '[inputs.follow_ups]\npath = "not_there.csv"\n')
    products = lr.rank_programme(programme, out=tmp_path / "out", draws=20)
    assert len(products.ranking.table) == 6


PLAN = "[plan]\nbudget = { 2026 = 30_000, 2027 = 15_000 }\nfloors = { P2 = 20_000 }\ncurve_count = 2\n"


def test_plan_keeps_its_rules(landrelease: Callable[..., Done], programme: Path, tmp_path: Path) -> None:
    done = landrelease("plan", add(programme, COSTS + PLAN), "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    found = written(tmp_path / "out" / "plan.csv")
    inside = found[found["is_selected"]]
    size = pd.Series(SIDES_M) ** 2.0
    assert inside["cost_usd"].to_numpy() == pytest.approx(1000 + size[inside["area_id"]].to_numpy(), rel=1e-3)
    assert (inside.groupby("year")["cost_usd"].sum() <= pd.Series({2026: 30_000, 2027: 15_000})).all()
    assert inside.loc[inside["area_id"].isin(["A4", "A5", "A6"]), "cost_usd"].sum() >= 20_000
    curve = written(tmp_path / "out" / "benefit_curve.csv")
    assert curve["budget_usd"].tolist() == [45_000, 90_000]
    assert curve["benefit"][0] == pytest.approx(inside["benefit"].sum(), rel=1e-6)
    assert "areas for" in done.stdout
    page = (tmp_path / "out" / "plan.html").read_text(encoding="utf-8")
    assert "What the money buys" in page
    assert "What other budgets would buy" in page


def test_a_plan_that_can_not_be_names_what_would_do(
    landrelease: Callable[..., Done], programme: Path, tmp_path: Path
) -> None:
    add(programme, COSTS + PLAN.replace("20_000", "50_000").replace("curve_count = 2", "curve_count = 0"))
    done = landrelease("plan", programme, "--out", tmp_path / "out")
    assert done.returncode == 2
    assert "P2" in done.stderr
    assert "Traceback" not in done.stderr
    relaxed = add(programme, 'infeasible = "relax"\n')
    products = lr.plan_programme(relaxed, out=tmp_path / "out")
    assert any("P2" in note for note in products.notes)


def test_floors_are_of_units_that_hold_ranked_areas(programme: Path, tmp_path: Path) -> None:
    add(programme, COSTS + PLAN.replace("P2", "P22"))
    with pytest.raises(lr.DataError, match=r"P22.*did you mean 'P2'"):
        lr.plan_programme(programme, out=tmp_path / "out")


@pytest.fixture
def units(programme: Path, tmp_path: Path) -> Path:
    """Two communes, of three areas each, in one district."""
    frame = gpd.GeoDataFrame(
        {"admin_code": ["P", "P1", "P2"], "name": ["Whole", "West", "East"], "level": [1, 2, 2],
         "parent_code": [None, "P", "P"]},
        geometry=[shapely.box(4.99e5, 3.99e6, 5.1e5, 4.01e6), shapely.box(4.99e5, 3.99e6, 5.025e5, 4.01e6),
                  shapely.box(5.025e5, 3.99e6, 5.1e5, 4.01e6)], crs=32630,
    )  # fmt: skip
    frame.to_file(tmp_path / "units.gpkg")
    return add(programme, '[inputs.admin_areas]\npath = "units.gpkg"\n')


def test_floors_are_of_units_of_any_size_and_pages_name_the_place(units: Path, tmp_path: Path) -> None:
    add(units, COSTS + "[plan]\nbudget = 30_000\ncurve_count = 0\nfloors = { P = 25_000 }\n")
    products = lr.plan_programme(units, out=tmp_path / "out")
    (floor,) = products.plan.rules.query("kind == 'floor'").itertuples()
    assert floor.used == pytest.approx(products.plan.spent_usd)
    assert floor.rule == "at least 25,000 USD in Whole"
    assert "East, Whole" in products.page.read_text(encoding="utf-8")
    add(units, "[plan.floors_of]\n")
    with pytest.raises(lr.ProgrammeError, match=r"floors_of.*did you mean"):
        lr.plan_programme(units, out=tmp_path / "out")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (COSTS + "[plan]\nbudget = 5\nfloors = { P = 5, P1 = 5 }\n", "which holds it"),
        ("[plan]\nbudget = 5\n", r"\[inputs.costs\]"),
        (COSTS + '[plan]\nbudget = 5\nkeep = "nothing.csv"\n', "nothing.csv"),
        (COSTS + '[plan]\nbudget = 5\nkeep = "scheme.toml"\n', "scheme.toml"),
        (COSTS + '[plan]\nbudget = 5\nmust = ["A9"]\n', "A9"),
        (COSTS + "[plan]\nbudget = nan\n", r"\n  plan\.budget: Input should be a finite number; got nan"),
        (COSTS + "[plan]\nbudget = { first = 3 }\n", r"\n  plan\.budget\.first: Input should be a valid integer"),
    ],
)
def test_a_plan_that_means_nothing_is_refused(units: Path, tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(lr.LandReleaseError, match=said):
        lr.plan_programme(add(units, more), out=tmp_path / "out")


def test_a_plan_needs_a_ranking(programme: Path, tmp_path: Path) -> None:
    programme.write_text(BASE[: BASE.index("[priority]")] + COSTS + PLAN, encoding="utf-8")
    with pytest.raises(lr.ProgrammeError, match=r"\[plan\] needs \[priority\]"):
        lr.run(programme, out=tmp_path / "out")


def test_costs_from_a_table_and_an_earlier_plan(programme: Path, tmp_path: Path) -> None:
    costs = pd.DataFrame({"area_id": ["A1", "A3", "A5"], "cost_usd": [10_000, 12_000, 5_000]})
    costs.to_csv(tmp_path / "costs.csv", index=False)
    add(programme, '[inputs.costs]\npath = "costs.csv"\nids = "row"\n[plan]\ncurve_count = 0\n')
    base = programme.read_text(encoding="utf-8")
    programme.write_text(base + "budget = 10_000\n", encoding="utf-8")
    first = lr.plan_programme(programme, out=tmp_path / "out").plan
    assert first.selected == ("A1",)
    assert first.table.set_index("area_id")["plan_reason_code"]["A2"] == "unknown_cost"
    (tmp_path / "out" / "plan.csv").rename(tmp_path / "before.csv")
    # without the earlier plan A3 and A5 would be in: 1.54 instead of 0.75 + 0.54
    programme.write_text(base + 'budget = 17_000\nkeep = "before.csv"\n', encoding="utf-8")
    second = lr.plan_programme(programme, out=tmp_path / "out").plan
    assert set(second.selected) == {"A1", "A5"}
    assert second.price_of_keeping == pytest.approx(0.25, abs=1e-3)
    assert not (tmp_path / "out" / "benefit_curve.csv").exists()
    # a spreadsheet writes TRUE, and in another language another word
    before = (tmp_path / "before.csv").read_text(encoding="utf-8-sig")
    (tmp_path / "before.csv").write_text(before.replace("True", "TRUE").replace("False", "FALSE"), encoding="utf-8")
    assert set(lr.plan_programme(programme, out=tmp_path / "out").plan.selected) == {"A1", "A5"}
    (tmp_path / "before.csv").write_text(before.replace("True", "WAHR"), encoding="utf-8")
    with pytest.raises(lr.DataError, match=r"is_selected must be True or False: 1 of 6 rows .* 'WAHR'"):
        lr.plan_programme(programme, out=tmp_path / "out")
    add(programme, COSTS)
    with pytest.raises(lr.ProgrammeError, match="twice"):
        lr.plan_programme(programme, out=tmp_path / "out")


def test_what_is_not_known_or_not_ranked_is_noted(programme: Path, tmp_path: Path) -> None:
    areas = gpd.read_file(tmp_path / "areas.gpkg")
    areas.loc[0, "blocked_resource_code"] = None
    areas.loc[[1, 5], "geometry"] = None
    areas.to_file(tmp_path / "areas.gpkg")
    products = lr.rank_programme(programme, out=tmp_path / "out", draws=50)
    assert len(products.ranking.table) == 4
    notes = (
        "2 hazardous areas have no place on record: not ranked, which says nothing of how urgent that is.",
        '1 value of 1 area is not known: it counts as nothing (missing = "worst").',
    )
    assert set(notes) <= set(products.notes)
    page = html.unescape(products.page.read_text(encoding="utf-8"))
    assert all(note in page.replace('<span class="u">', "").replace("</span>", "") for note in notes)


def test_a_method_that_was_not_read_is_told(programme: Path, tmp_path: Path) -> None:
    costs = pd.DataFrame({"area_id": ["A1", "A3", "A5"], "method_code": ["by hand", "manual", "TS"], "cost_usd": 9_000})
    costs.to_csv(tmp_path / "costs.csv", index=False)
    add(programme, '[inputs.costs]\npath = "costs.csv"\nids = "row"\n[plan]\nbudget = 10_000\n')
    with pytest.raises(lr.DataError, match=r"1 of 3 rows .* no method_code, the first is row 0\.\n.* of method_code"):
        lr.plan_programme(programme, out=tmp_path / "out")


def test_the_report_of_a_run_has_the_line_and_the_plan(programme: Path, tmp_path: Path) -> None:
    text = BASE + "top = 3\n" + COSTS + PLAN
    programme.write_text(text, encoding="utf-8")
    products = lr.run(programme, out=tmp_path / "out")
    report = products.report.read_text(encoding="utf-8")
    assert "If 3 areas are funded, 3 areas are surely in, 0 areas are interchangeable, and 3 areas are surely out." in (
        report.replace('<span class="u">', "").replace("</span>", "")
    )
    assert "What the money buys" in report
    names = {path.stem for path in products.tables.glob("*.csv")}
    assert {"stability", "funding_line", "plan", "plan_rules", "benefit_curve"} <= names
    assert products.priorities is not None
    assert products.priorities.exists()
