"""The page of a ranking, and its sections in the report: the tables' numbers, escaped, and one page an area."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lxml import etree
from lxml import html as lxml_html
from opened import SIZES, assert_report_is_usable

from landrelease.errors import OptionError
from landrelease.priority import Criterion, Ranking, funding_line, prioritise, stability
from landrelease.priority.plan import budget_sweep, plan_clearance
from landrelease.report import write_priority_page, write_report
from landrelease.report.priority.pictures import say_drawn

CRITERIA = [
    Criterion("people", 0, 1000, 0.6, label="people within 1 km", unit="people"),
    Criterion("victims", 0, 10, 0.4),
]
HOSTILE = ["<img src=x onerror=alert(1)>", "</style><script>alert(2)</script>", "{{ 7*7 }}", "$\\frac{1}{$", "حقل"]


def ranking(count: int = 40, ids: list[str] | None = None) -> Ranking:
    random = np.random.default_rng(7)
    table = pd.DataFrame({
        "area_id": ids or [f"HA-{i:02d}" for i in range(count)],
        "people": random.integers(0, 1000, len(ids or range(count))).astype(float),
        "victims": random.integers(0, 11, len(ids or range(count))).astype(float),
    })  # fmt: skip
    return prioritise(table, CRITERIA, missing="worst")


@pytest.fixture
def page(tmp_path: Path) -> Callable[..., Any]:
    def write(ranked: Ranking, **options: Any) -> Any:
        path = write_priority_page(tmp_path / "out" / "page.html", ranked, name="Sample", as_of="2025-12-31", **options)
        text = path.read_text(encoding="utf-8")
        found = lxml_html.document_fromstring(text.replace("<!DOCTYPE html>", "", 1))
        found.set("data-source", text)
        return found

    return write


def texts(found: Any, xpath: str) -> list[str]:
    return [" ".join(one.text_content().split()) for one in found.xpath(xpath)]


def test_each_of_the_first_areas_has_a_page_with_the_numbers_of_the_tables(page: Callable[..., Any]) -> None:
    ranked = ranking()
    found = stability(ranked, draws=300)
    line = funding_line(ranked, found, top=5)
    shown = page(ranked, stability=found, line=line, top=5, pages=5, places={"HA-00": "A place"})
    articles = shown.xpath("//article")
    assert len(articles) == 5
    for i, article in enumerate(articles):
        text = " ".join(article.text_content().split())
        assert f"This area is rank {ranked.table['rank'][i]} of 40" in text
        assert line["reason"][i][1:].split(":")[0] in text
        assert str(found.table["p95_rank"][i]) in text
        cells = {row[0]: row[1:4] for row in (texts(one, "./th|./td") for one in article.xpath(".//tbody/tr"))}
        parts = ranked.contributions.iloc[i]
        for one in CRITERIA:
            given = float(parts[one.column])
            told = cells[one.name][1]
            assert told == (f"{given:.2f}" if given >= 0.005 or given == 0 else "<0.01")
    style = re.sub(r"\s+", "", shown.xpath("string(//style)"))
    assert ".area{break-before:page" in style


def test_the_counts_of_the_line_are_those_of_its_table(page: Callable[..., Any]) -> None:
    ranked = ranking()
    found = stability(ranked, draws=300)
    line = funding_line(ranked, found, top=5)
    shown = page(ranked, stability=found, line=line, top=5)
    told = dict(zip(texts(shown, "//dl/div/dt"), texts(shown, "//dl/div/dd"), strict=True))
    count = line["line"].value_counts()
    assert told == {
        "surely in": str(count.get("in", 0)), "interchangeable": str(count["interchangeable"]),
        "surely out": str(count["out"]),
    }  # fmt: skip
    (table,) = [one for one in shown.xpath("//table") if "around the line" in one.xpath("string(caption)")]
    rows = [texts(row, "./th|./td") for row in table.xpath(".//tbody/tr")]
    by_id, ranks = line.set_index("area_id"), found.table.set_index("area_id")
    assert rows
    for area_id, rank, share, _, low, high in rows:
        assert [int(rank), int(low), int(high)] == [
            by_id["rank"][area_id], ranks["p05_rank"][area_id], ranks["p95_rank"][area_id]
        ]  # fmt: skip
        assert share == say_drawn(by_id["in_share"][area_id])
    open_ones = set(line.loc[line["line"] == "interchangeable", "area_id"])
    assert open_ones <= {row[0] for row in rows} or len(rows) == 16


def test_the_picture_shows_the_areas_around_the_line(page: Callable[..., Any]) -> None:
    ranked = ranking()
    found = stability(ranked, draws=300)
    shown = page(ranked, stability=found, line=funding_line(ranked, found, top=5), top=5, pages=0)
    (picture,) = shown.xpath("//picture")
    for address in (*picture.xpath("./img/@src"), *picture.xpath("./source/@srcset")):
        svg = base64.b64decode(address.split(",")[1])
        words = " ".join(etree.fromstring(svg).itertext())
        assert ranked.table["area_id"][4] in words
        assert ranked.table["area_id"][5] in words
        assert b"http" not in re.sub(rb'(xmlns(:\w+)?|rdf:\w+)="[^"]*"', b"", svg)


def test_hostile_text_is_shown_as_it_is(page: Callable[..., Any]) -> None:
    ranked = ranking(ids=HOSTILE)
    found = stability(ranked, draws=100)
    shown = page(
        ranked, stability=found, line=funding_line(ranked, found, top=2), top=2, notes=HOSTILE,
        places=dict(zip(HOSTILE, HOSTILE[::-1], strict=True)),
        plan=plan_clearance(ranked, cost=dict.fromkeys(HOSTILE, 10.0), budget=20.0),
    )  # fmt: skip
    assert not shown.xpath("//script|//iframe|//object|//link|//img[not(starts-with(@src, 'data:'))]")
    assert not [name for one in shown.iter() for name in one.attrib if str(name).startswith("on")]
    assert all(any(text in one for one in texts(shown, "//article//h2")) for text in HOSTILE[:4])
    assert "49" not in "".join(texts(shown, "//article//h2"))


def test_what_is_not_there_is_said(page: Callable[..., Any]) -> None:
    empty = prioritise(ranking().values.iloc[:0], CRITERIA)
    text = page(empty).text_content()
    assert "The ranking holds no area" in text
    assert "Not given: a funding line" in text
    text = page(ranking()).text_content()
    assert "How sure that is was not computed" in text


@pytest.mark.parametrize(("method", "missing"), [("topsis", "worst"), ("promethee", "worst"), ("value", "bounds")])
def test_every_kind_of_ranking_has_a_page(page: Callable[..., Any], method: Any, missing: Any) -> None:
    table = ranking().values.copy()
    table.loc[3, "victims"] = np.nan
    ranked = prioritise(table, CRITERIA, method=method, missing=missing)
    shown = page(ranked, pages=40)
    assert len(shown.xpath("//article")) == 40
    assert "nan" not in shown.text_content().lower().replace("nance", "")


def test_no_more_than_a_hundred_areas_have_a_page(page: Callable[..., Any]) -> None:
    assert len(page(ranking(130), pages=1000).xpath("//article")) == 100


def test_a_plan_is_told_with_its_curve(page: Callable[..., Any], tmp_path: Path) -> None:
    ranked = ranking()
    cost = dict.fromkeys(ranked.table["area_id"], 10.0)
    plan = plan_clearance(ranked, cost=cost, budget={2026: 50.0, 2027: 30.0})
    curve = budget_sweep(ranked, cost=cost, budgets=[40.0, 80.0, 160.0])
    shown = page(ranked, plan=plan, curve=curve, pages=9)
    for row, article in zip(plan.table.itertuples(), shown.xpath("//article"), strict=False):
        said = " ".join(article.text_content().split())
        side, why = row.reason.split(": ", 1)
        assert f"The plan has it {side}{f', for {row.year}' if side == 'in' else ''}. Why: {why}." in said
    assert plan.table["is_selected"].iloc[[0, 8]].tolist() == [True, False]
    text = " ".join(shown.text_content().split())
    assert f"8 of 40 areas are in, for 80 USD: a benefit of {plan.benefit:,.4g}" in text
    (table,) = [one for one in shown.xpath("//table") if "each budget would buy" in one.xpath("string(caption)")]
    rows = [texts(row, "./th|./td") for row in table.xpath(".//tbody/tr")]
    assert [row[1] for row in rows] == ["4", "8", "16"]
    assert plan.table["reason"][0] in text
    report = write_report(
        tmp_path / "report.html", name="Sample", as_of="2025-12-31", ranking=ranked, plan=plan, curve=curve
    )
    assert "What other budgets would buy" in report.read_text(encoding="utf-8")


def test_the_same_ranking_makes_the_same_page_and_stays_as_it_is(page: Callable[..., Any]) -> None:
    ranked = ranking()
    found = stability(ranked, draws=100)
    line = funding_line(ranked, found, top=5)
    before = line.copy()
    first, second = (page(ranked, stability=found, line=line, top=5).get("data-source") for _ in range(2))
    assert first == second
    pd.testing.assert_frame_equal(line, before)


def test_wrong_arguments_are_named(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="as_of"):
        write_priority_page(tmp_path / "a.html", ranking(), name="A", as_of="soon")
    with pytest.raises(OptionError, match="folder"):
        write_priority_page(tmp_path, ranking(), name="A", as_of="2025-12-31")


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
def test_it_is_read_used_by_keys_and_printed(browser: Any, axe: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    """With a plan and its curve, of areas with hostile names."""
    ranked = ranking(ids=HOSTILE)
    cost = dict.fromkeys(HOSTILE, 10.0)
    options: dict[str, Any] = {
        "stability": stability(ranked, draws=50),
        "plan": plan_clearance(ranked, cost=cost, budget=20.0),
        "curve": budget_sweep(ranked, cost=cost, budgets=[0.0, 10.0, 20.0]),
    }
    path = write_priority_page(tmp_path / "page.html", ranked, name=HOSTILE[0], as_of="2025-12-31", **options)
    text = assert_report_is_usable(browser, axe, path, size)
    assert all(name in text for name in HOSTILE)
