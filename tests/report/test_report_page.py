"""The page that write_report makes: right for any frame, escaped, self-contained, and readable."""

from __future__ import annotations

import base64
import csv
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from lxml import html as lxml_html

from landrelease.errors import DataError, OptionError
from landrelease.maps.style import VERDICTS
from landrelease.report import put_csv, write_report
from landrelease.report.pictures import PARTS as PARTS_DRAWN
from landrelease.report.words import whole_percents

PARTS = ["as_intended_m2", "other_productive_m2", "unused_m2", "unknown_m2"]
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</style><script>alert(2)</script>",
    "{{ 7*7 }}",
    "{% raw %}",
    "{# 12",
    "${x}",
    "$\\frac{1}{$ and `tick`",
    "\"><svg onload=alert(3)> ' & &amp;",
    "حقل الألغام القديم",
    "שדה \u202eevil",
    "x\x00\x0by",
    "A" * 3000,
]


def releases(parts: list[list[float]], **columns: Any) -> pd.DataFrame:
    """Make an assessment from the four parts of each release."""
    frame = pd.DataFrame(parts, columns=PARTS, dtype="float64")
    size = len(frame)
    frame.insert(0, "release_id", [f"E{i}" for i in range(size)])
    frame["area_id"] = [f"HA-{i}" for i in range(size)]
    frame["release_type"] = "cleared"
    frame["release_date"] = pd.to_datetime(["2020-05-01"] * size)
    frame["area_m2"] = frame[PARTS].sum(axis=1, min_count=4)
    frame["admin_code"] = "P1"
    frame["verdict"] = "unknown"
    frame["evidence"] = "follow_up"
    frame["evidence_date"] = pd.to_datetime(["2024-02-03"] * size)
    frame["observed_share"] = 1 - frame["unknown_m2"] / frame["area_m2"]
    frame["conflict"] = pd.Series([None] * size, dtype="str")
    frame["reason_unused_code"] = pd.Series([None] * size, dtype="str")
    return frame.assign(**columns)


def summary(assessment: pd.DataFrame, by: str | None = None) -> pd.DataFrame:
    """Sum the parts, as use_summary does."""
    frame = assessment.assign(released_m2=assessment["area_m2"])
    columns = [*PARTS, "released_m2"]
    if by is None:
        return frame[columns].sum(min_count=1).to_frame().T
    return frame.groupby(by)[columns].sum(min_count=1).reset_index()


def account(rows: list[tuple[Any, ...]], by: str = "admin_code") -> pd.DataFrame:
    """Make a balance: group, year, opening, new, cancelled, reduced, cleared, closing, gap, undated."""
    names = [
        "opening",
        "newly_recorded",
        "cancelled",
        "reduced",
        "cleared",
        "closing",
        "unexplained",
        "undated",
    ]
    frame = pd.DataFrame(rows, columns=[by, "year", *(f"{name}_m2" for name in names)])
    return frame.assign(year=frame["year"].astype("Int64"), confirmed_m2=0.0, adjusted_m2=0.0, closing_undated_m2=0.0)


def ranking(ids: list[str]) -> SimpleNamespace:
    """Make a ranking whose first area scores most, by two criteria."""
    score = np.arange(len(ids), 0, -1.0)
    table = pd.DataFrame({"area_id": ids, "score": score, "rank": range(1, len(ids) + 1)})
    table["rank"] = table["rank"].astype("Int64")
    parts = pd.DataFrame({"area_id": ids, "victims": score * 0.75, "people": score * 0.25})
    criteria = [
        SimpleNamespace(
            column="victims",
            label="victims",
            unit="count",
            weight=2.0,
            low=np.nan,
            high=np.nan,
            form="points",
        ),
        SimpleNamespace(column="people", label="", unit="count", weight=0.5, low=0.0, high=900.0, form="value"),
    ]
    return SimpleNamespace(table=table, contributions=parts, criteria=criteria)


def problems(*rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["row", "id", "column", "rule", "value", "message"])


@pytest.fixture
def page(tmp_path: Path) -> Callable[..., Any]:
    """Write a report and return it parsed."""

    def write(**options: Any) -> Any:
        options = {"name": "Sample", "as_of": "2025-12-31", **options}
        path = write_report(tmp_path / "out" / "report.html", **options)
        text = path.read_text(encoding="utf-8")
        found = lxml_html.document_fromstring(text.replace("<!DOCTYPE html>", "", 1))
        found.set("data-source", text)
        return found

    return write


def texts(found: Any, xpath: str) -> list[str]:
    return [" ".join(one.text_content().split()) for one in found.xpath(xpath)]


def cells(found: Any, caption: str) -> list[list[str]]:
    """Return the body of the one table whose caption holds this text."""
    (table,) = [one for one in found.xpath("//table") if caption in one.xpath("string(caption)")]
    return [texts(row, "./th|./td") for row in table.xpath(".//tbody/tr")]


def figures(found: Any) -> dict[str, str]:
    labels, values = texts(found, "//dl/div/dt"), texts(found, "//dl/div/dd[@class='value']")
    return dict(zip(labels, values, strict=True))


def pictures(found: Any) -> list[bytes]:
    addresses = found.xpath("//img/@src") + found.xpath("//source/@srcset")
    assert all(address.startswith("data:image/svg+xml;base64,") for address in addresses)
    return [base64.b64decode(address.split(",")[1]) for address in addresses]


def test_headline_and_key_figures_are_the_hand_computed_ones(page: Callable[..., Any]) -> None:
    # In thousand m2: 1,400 as intended, 500 otherwise, 700 not, 1,500 unknown, of 4,100. In percent:
    # 34.15, 12.20, 17.07, 36.59; the last has the largest remainder and is rounded up.
    assessment = releases([[1e6, 5e5, 6e5, 9e5], [4e5, 0, 1e5, 6e5]])
    balance = account([
        ("P1", 2024, 9e6, 1e6, 0, 0, 0, 1e7, 0, 0),
        ("P1", 2025, 1e7, 0, 1e6, 5e5, 2.5e6, 6e6, 0, 0), ("P2", 2025, 3e6, 0, 0, 0, 1e5, 2.9e6, 0, 0),
    ])  # fmt: skip
    found = page(assessment=assessment, summaries={"all": summary(assessment)}, balance=balance)
    assert texts(found, "//p[@class='headline']") == [
        "Of 4.1 km² released up to 31 December 2025, at least 46 % and at most 83 % is in productive use; "
        "nobody has looked at 37 %."
    ]
    assert figures(found) == {
        "Released": "4.1 km²",
        "In productive use": "46 to 83 %",
        "Nobody has looked at": "37 %",
        "Still hazardous": "8.9 km²",
    }
    assert "1.4 km² as intended, 50.0 ha otherwise" in found.text_content()


@given(st.lists(st.integers(0, 10**9), min_size=4, max_size=4).filter(any))
def test_whole_percents_sum_to_100_and_are_within_one(areas: list[int]) -> None:
    shares = [area / sum(areas) for area in areas]
    whole = whole_percents(shares)
    assert sum(whole) == 100
    assert all(abs(percent - share * 100) < 1 + 1e-6 for percent, share in zip(whole, shares, strict=True))


def test_percents_of_the_headline_add_up() -> None:
    assert whole_percents([0.005, 0.005, 0.99]) in ([1, 0, 99], [0, 1, 99])
    assert whole_percents([0.29, 0.71]) == [29, 71]


@pytest.mark.parametrize("source", ["assessment", "summary"])
def test_total_is_the_same_from_the_releases_and_from_the_summary(page: Callable[..., Any], source: str) -> None:
    assessment = releases([[3e4, 1e4, 2e4, 4e4]])
    options = {"assessment": assessment} if source == "assessment" else {"summaries": {"all": summary(assessment)}}
    found = page(**options)
    assert "Of 10.0 ha released" in texts(found, "//p[@class='headline']")[0]
    assert "at least 40 % and at most 80 %" in texts(found, "//p[@class='headline']")[0]
    assert figures(found)["Still hazardous"] == "Not given"


def test_all_unknown_is_from_nought_to_all(page: Callable[..., Any]) -> None:
    found = page(assessment=releases([[0, 0, 0, 5e4]]))
    assert "at least 0 % and at most 100 % is in productive use; nobody has looked at 100 %." in found.text_content()


def test_what_is_not_quite_all_is_not_called_all(page: Callable[..., Any]) -> None:
    found = page(assessment=releases([[10, 0, 30, 99_960]]))
    (headline,) = texts(found, "//p[@class='headline']")
    assert "at least under 0.1 % and at most over 99.9 %" in headline
    assert "; nobody has looked at over 99.9 %." in headline


def test_nothing_unknown_has_no_bounds(page: Callable[..., Any]) -> None:
    found = page(assessment=releases([[6e4, 0, 4e4, 0]]))
    assert "60 % is in productive use; all of it was looked at." in texts(found, "//p[@class='headline']")[0]


def test_parts_that_no_source_gives_count_as_unknown(page: Callable[..., Any]) -> None:
    lost = releases([[2e4, 0, 0, 0], [np.nan] * 4]).assign(area_m2=[2e4, 6e4])
    found = page(assessment=lost)
    assert "at least 25 % and at most 100 %" in texts(found, "//p[@class='headline']")[0]


def test_releases_without_an_area_are_said_and_left_out(page: Callable[..., Any]) -> None:
    found = page(assessment=releases([[1e4, 0, 0, 1e4], [np.nan] * 4, [np.nan] * 4]))
    assert "at least 50 % and at most 100 %" in texts(found, "//p[@class='headline']")[0]
    assert "2 releases have no known area and are in none of these figures." in found.text_content()


def test_parts_that_exceed_the_land_are_refused(tmp_path: Path) -> None:
    wrong = releases([[1e4, 0, 0, 1e4]]).assign(area_m2=1e4)
    with pytest.raises(DataError, match=r"the total.*1 of 1 rows.*row 0 has 20,000 m2 of 10,000 m2"):
        write_report(tmp_path / "x.html", name="x", as_of="2025-12-31", assessment=wrong)


def test_everything_missing_says_so_and_never_nought(page: Callable[..., Any]) -> None:
    found = page()
    gaps = texts(found, "//p[@class='gap']")
    assert len(gaps) == 12
    assert all(gap.startswith("Not given:") for gap in gaps)
    for name in (
        "assessment",
        "summaries",
        "balance",
        "conflicts",
        "ranking",
        "problems",
        "inputs",
        "parameters",
    ):
        assert any(f"({name}" in gap or f" {name})" in gap for gap in gaps), name
    assert set(figures(found).values()) == {"Not given"}
    assert not re.search(r"\b0(\.0)? (%|ha|m²|km²)", found.text_content())


def test_empty_frames(page: Callable[..., Any]) -> None:
    none = releases([])
    empty = ranking([])
    found = page(
        assessment=none,
        summaries={"all": summary(none).iloc[:0], "year": summary(none, "admin_code")},
        balance=account([]),
        conflicts=pd.DataFrame(columns=["area_id", "release_id", "other_area_id", "overlap_m2"]),
        ranking=empty,
        explanations={},
        problems={"areas": problems()},
        inputs=[],
        parameters={},
        notes=[],
    )
    text = " ".join(found.text_content().split())
    assert texts(found, "//p[@class='headline']") == ["No released land is recorded up to 31 December 2025."]
    assert figures(found) == {
        "Released": "None recorded",
        "In productive use": "Not known",
        "Nobody has looked at": "Not known",
        "Still hazardous": "Not known",
    }
    assert "Not given" not in text
    assert "no hazardous land is recorded, which is not evidence that there is none" in text
    assert "No problem was found in 1 input." in text


def test_cells_missing_everywhere_are_dashes(page: Callable[..., Any]) -> None:
    bare = pd.DataFrame(np.nan, index=range(3), columns=["release_id", "area_m2", "verdict", *PARTS]).astype("object")
    lost = ranking(["a", "b"])
    lost.table[["score", "rank"]] = pd.NA
    lost.contributions[["victims", "people"]] = np.nan
    balance = account([(None, 2025, *[np.nan] * 8), (None, 2024, *[np.nan] * 8)]).assign(adjusted_m2=np.nan)
    unknown = pd.DataFrame({"year": [None], **{name: [np.nan] for name in [*PARTS, "released_m2"]}})
    found = page(
        assessment=bare,
        summaries={"all": summary(bare.astype({"area_m2": float})), "year": unknown},
        balance=balance,
        conflicts=pd.DataFrame({"area_id": [None], "other_area_id": [None], "overlap_m2": [np.nan]}),
        ranking=lost,
        explanations=None,
        problems={"areas": problems((None,) * 6)},
        inputs=[{}],
        parameters={"a": None, "b": {}, "c": [], "d": {"e": float("nan")}},
        notes=[""],
    )
    assert "is not known" in texts(found, "//p[@class='headline']")[0]
    assert figures(found)["Still hazardous"] == "Not known"
    dashes = found.xpath("//td/abbr[@title='not known']|//th/abbr[@title='not known']")
    assert len(dashes) > 30
    numbers = [text for text in texts(found, "//td[@class='n']") if text != "–"]
    assert set(numbers) <= {"1", "3", "2", "0.5", "0", "900"}  # counts of rows, and the criteria


def test_breakdowns_in_hectares_with_the_rest_together(page: Callable[..., Any]) -> None:
    many = releases(
        [[1e4 * (i + 1), 0, 0, 1e4 * (i + 1)] for i in range(45)], admin_code=[f"U{i:02d}" for i in range(45)]
    )
    found = page(summaries={"all": summary(many), "province": summary(many, "admin_code")})
    rows = cells(found, "Released land by province")
    assert rows[0] == ["U44", "90.0", "45.0", "0.0", "45.0", "0.0", "50 %", "100 %"]
    # The five smallest: 2 x (1 + 2 + 3 + 4 + 5) ha.
    assert rows[-1] == ["5 further groups together", "30.0", "15.0", "0.0", "15.0", "0.0", "50 %", "100 %"]
    assert len(rows) == 41
    assert "The largest 15 of 41 groups" in found.xpath("//section[@id='where']//img/@alt")[0]


def test_years_stay_in_order_and_unknown_years_are_said(page: Callable[..., Any]) -> None:
    frame = summary(releases([[1e4, 0, 0, 0]] * 3, admin_code=[1, 2, 3]), "admin_code").drop(columns="admin_code")
    frame.insert(0, "year", pd.array([2021, None, 2019], dtype="Int64"))
    rows = cells(page(summaries={"year": frame}), "Released land by year")
    assert [row[0] for row in rows] == ["2019", "2021", "not known"]


def test_tiny_land_is_not_rounded_to_nothing(page: Callable[..., Any]) -> None:
    tiny = releases([[4.0, 0, 0, 0]])
    (row,) = cells(page(summaries={"unit": summary(tiny, "admin_code")}), "Released land by unit")
    assert row[1:4] == ["<0.1", "<0.1", "0.0"]


def test_unused_and_unseen_land(page: Callable[..., Any]) -> None:
    frame = releases([[0, 0, 5e4, 0], [0, 0, 2e4, 0], [0, 0, 3e4, 0], [0, 0, 0, 8e4], [0, 0, 0, 9e4]])
    frame["reason_unused_code"] = ["dispute", "fear", "dispute", None, None]
    frame["conflict"] = [None, "land_cover: agriculture", None, None, None]
    frame["release_date"] = pd.to_datetime(["2020-01-01"] * 3 + ["2012-01-01", "2019-01-01"])
    found = page(assessment=frame)
    assert cells(found, "Why land is not in use") == [
        ["a dispute over the property", "2", "8.0"],
        ["fear of mines or other ordnance", "1", "2.0"],
    ]
    assert [row[0] for row in cells(found, "with land not in use")] == ["E0", "E2", "E1"]
    assert [(row[0], row[5]) for row in cells(found, "oldest first")] == [("E3", "8.0"), ("E4", "9.0")]
    (row,) = cells(found, "on which sources disagree")
    assert row[0] == "E1"
    assert row[-1] == "land_cover: agriculture"


def test_account_sums_groups_and_names_the_gap(page: Callable[..., Any]) -> None:
    balance = account([
        ("P1", 2024, 9e4, 1e4, 0, 0, 0, 1e5, 0, 0), ("P2", 2024, 1e5, 0, 2e4, 0, 0, 7e4, -1e4, 0),
        ("P1", 2025, 1e5, 0, 0, 0, 4e4, 7e4, 1e4, 3e4), ("P2", 2025, 7e4, 0, 0, 0, 0, 7e4, 0, 0),
    ])  # fmt: skip
    balance.loc[3, "closing_undated_m2"] = 5e4
    found = page(balance=balance)
    header = texts(found, "(//section[@id='account']//table)[1]//thead//th")
    rows = [dict(zip(header, row, strict=True)) for row in cells(found, "hazardous land per year")]
    assert [(row["Year"], row["Opening"], row["Cancelled"], row["Cleared"], row["Closing"]) for row in rows] == [
        ("2024", "19.0", "2.0", "0.0", "17.0"),
        ("2025", "17.0", "0.0", "4.0", "14.0"),
    ]
    text = " ".join(found.text_content().split())
    # Gaps of opposite sign do not hide each other: 1 ha and 1 ha.
    assert "2.0 ha of change is left unexplained (2024, 2025)" in text
    assert "Records without a date changed the stock by 3.0 ha" in text
    assert "5.0 ha of the land that is still hazardous has a record without a date" in text
    assert [row[0] for row in cells(found, "The account of 2025")] == ["P1", "P2"]


def test_conflicts_count_as_hazardous(page: Callable[..., Any]) -> None:
    pairs = pd.DataFrame(
        {
            "area_id": ["a", "b"],
            "release_id": ["E1", None],
            "other_area_id": ["c", "d"],
            "overlap_m2": [2e4, 3e4],
        }
    )
    found = page(conflicts=pairs)
    text = " ".join(found.text_content().split())
    assert "Land that one record releases and another holds hazardous counts as hazardous." in text
    assert "That is so of 5.0 ha, added over 2 pairs of records" in text
    assert cells(found, "records that disagree")[0] == ["b", "–", "d", "3.0"]


def test_ranking_shows_the_first_twenty_with_their_parts(page: Callable[..., Any]) -> None:
    ids = [f"HA-{i}" for i in range(25)]
    found = page(ranking=ranking(ids), explanations={"HA-0": "HA-0 comes first:\nvictims add 18.75."})
    rows = cells(found, "Ranking of hazardous areas")
    assert [row[1] for row in rows] == ids[:20]
    assert rows[0][:3] == ["1", "HA-0", "25.00"]
    assert "HA-0 comes first: victims add 18.75." in rows[0][3]
    first, second = (bar.xpath("./span/@style") for bar in found.xpath("//div[@class='bar']")[:2])
    assert [re.findall(r"width:([\d.]+)%", style)[0] for style in first] == ["75.0", "25.0"]
    assert [re.findall(r"width:([\d.]+)%", style)[0] for style in second] == ["72.0", "24.0"]
    assert found.xpath("//div[@class='bar']/@aria-label")[0] == "victims: 18.75, people: 6.25"


def test_problems_are_counted_by_input_column_and_rule(page: Callable[..., Any]) -> None:
    several = problems(
        (1, "a", "geometry", "R8", "9", "repaired"),
        (4, "b", "geometry", "R8", "8", "repaired too"),
        (2, "c", "status", "R4", "Closed", "is no code"),
    )
    found = page(problems={"areas": several, "follow_ups": several.iloc[:0]})
    assert "3 problems in 2 inputs." in " ".join(found.text_content().split())
    assert cells(found, "Problems by input") == [
        ["areas", "status", "R4", "must be a code of its list", "1", "c", "Closed", "is no code"],
        ["areas", "geometry", "R8", "should be a valid geometry; it was repaired", "2", "a", "9", "repaired"],
    ]


def test_sources_and_parameters(page: Callable[..., Any]) -> None:
    found = page(
        inputs=[
            {
                "name": "events",
                "path": "e.gpkg",
                "sha256": "ab" * 32,
                "rows_read": 1234,
                "rows_used": 1200,
                "rows_set_aside": 34,
            }
        ],
        parameters={"match": {"projects_within_m": 1000}, "land_cover": [{"year": 2024}], "by": ["a", "b"]},
        version="1.2.3",
    )
    assert cells(found, "Files that") == [["events", "e.gpkg", "1,234", "1,200", "34", "–", "ab" * 32]]
    assert cells(found, "Every parameter") == [
        ["match.projects_within_m", "1000"],
        ["land_cover.1.year", "2024"],
        ["by", "a, b"],
    ]
    assert "Made with landrelease 1.2.3" in " ".join(found.text_content().split())


def everything(word: Callable[[int], str]) -> dict[str, Any]:
    """Return options whose every text is a given word."""
    frame = releases([[1e4, 2e4, 3e4, 4e4]] * 3)
    for i, name in enumerate(
        ["release_id", "area_id", "release_type", "admin_code", "evidence", "conflict", "reason_unused_code"]
    ):
        frame[name] = [word(i), word(i + 1), word(i + 2)]
    by = summary(frame, "admin_code").rename(columns={"admin_code": word(3)})
    ids = [word(i) + str(i) for i in range(4)]
    ranked = ranking(ids)
    ranked.criteria[0].label = word(5)
    pairs = pd.DataFrame(
        {"area_id": [word(1)], "release_id": [word(2)], "other_area_id": [word(3)], "overlap_m2": [1.0]}
    )
    balance = account([(word(i), 2024 + i % 2, 9e4, 1e4, 0, 0, 0, 1e5, 0, 0) for i in range(6)])
    return {
        "name": word(0),
        "assessment": frame,
        "summaries": {"all": summary(frame), word(4): by},
        "balance": balance,
        "conflicts": pairs,
        "ranking": ranked,
        "explanations": {one: word(i) for i, one in enumerate(ids)},
        "problems": {word(2): problems((1, word(1), word(3), word(4), word(5), word(6)))},
        "inputs": [{"name": word(1), "path": word(2), "sha256": word(3), "note": word(4), "rows_read": 1}],
        "parameters": {word(1): {word(2): word(3)}, word(4): [word(5)]},
        "notes": [word(6)],
        "version": word(7),
    }


@pytest.mark.parametrize("shift", range(len(HOSTILE)))
def test_hostile_text_is_shown_as_it_is(page: Callable[..., Any], shift: int) -> None:
    found = page(**everything(lambda i: HOSTILE[(i + shift) % len(HOSTILE)]))
    assert_self_contained(found)
    shown = found.xpath("string(//h1)")
    assert shown == re.sub("[\x00\x0b\u202e]", "\ufffd", HOSTILE[shift])
    assert "49" not in found.xpath("string(//title)")
    for svg in pictures(found):
        etree.fromstring(svg)


def assert_self_contained(found: Any) -> None:
    """Nothing is loaded, nothing runs."""
    assert not found.xpath(
        "//script|//link|//iframe|//object|//embed|//form|//base|//svg|//*[@onerror or @onload or @onclick]"
    )
    assert all(address.startswith("#") for address in found.xpath("//a/@href"))
    assert len(found.xpath("//style")) == 1
    assert "url(" not in found.xpath("string(//style)")
    policy = found.xpath("string(//meta[@http-equiv='Content-Security-Policy']/@content)")
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    for svg in pictures(found):
        assert b"DOCTYPE" not in svg
        assert not re.search(rb"(href|src)=\"(?!#)", svg)
        assert b"<script" not in svg


def test_page_can_be_read_by_all(page: Callable[..., Any]) -> None:
    found = page(**everything(lambda i: f"word {i}"))
    assert_self_contained(found)
    assert found.get("lang") == "en"
    levels = [int(one.tag[1]) for one in found.xpath("//h1|//h2|//h3|//h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert len(found.xpath("//h2")) == 7
    tables = found.xpath("//table")
    assert len(tables) >= 12
    assert all(table.xpath("./caption") and table.xpath("./thead//th[@scope='col']") for table in tables)
    assert all(table.xpath("./tbody//th[@scope='row']") for table in tables)
    assert all(len(alt) > 20 for alt in found.xpath("//img/@alt"))
    assert len(found.xpath("//img")) == len(found.xpath("//img/@alt")) == 4
    assert not [one for one in found.xpath("//*/@id") if found.xpath("count(//*[@id=$one])", one=one) != 1]
    assert "No record is not evidence of no contamination" in found.xpath("string(//footer)")
    source = found.get("data-source")
    assert source.startswith("<!DOCTYPE html>")
    assert "\u2009" not in source


def test_the_same_frames_make_the_same_page_and_stay_as_they_are(tmp_path: Path) -> None:
    options = everything(lambda i: f"word {i}")
    before = options["assessment"].copy()
    pages = [write_report(tmp_path / f"{i}.html", as_of=pd.Timestamp("2025-12-31"), **options) for i in (1, 2)]
    assert pages[0].read_bytes() == pages[1].read_bytes()
    pd.testing.assert_frame_equal(options["assessment"], before)


def test_wrong_arguments_are_named(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="as_of must be a date such as '2025-12-31'; got 'soon'"):
        write_report(tmp_path / "a.html", name="x", as_of="soon")
    with pytest.raises(OptionError, match="is a folder"):
        write_report(tmp_path, name="x", as_of="2025-12-31")
    with pytest.raises(DataError, match=r"'assessment' lacks 1 of the columns.*unknown_m2"):
        write_report(
            tmp_path / "a.html",
            name="x",
            as_of="2025-12-31",
            assessment=releases([]).drop(columns="unknown_m2"),
        )
    with pytest.raises(DataError, match=r"summaries\['year'\]"):
        write_report(tmp_path / "a.html", name="x", as_of="2025-12-31", summaries={"year": pd.DataFrame({"year": [1]})})
    assert not list(tmp_path.iterdir())


def test_parts_wear_the_colours_of_the_map_and_their_labels_can_be_read(page: Callable[..., Any]) -> None:
    svg = pictures(page(assessment=releases([[4e4, 3e4, 2e4, 3e4]])))[0]
    labels = re.findall(rb"<text[^>]*fill: (#\w+)[^>]*>\d+ %</text>", svg)
    assert labels == [b"#111111"] * 4
    (hatch,) = set(re.findall(rb"<pattern.*?stroke: (#\w+)", svg, re.DOTALL))
    assert hatch.decode().upper() == VERDICTS["unknown"]["solid"]
    solid = {f"{code}_m2": look["solid"] for code, look in VERDICTS.items()}
    assert {part: colour for part, (_, colour) in PARTS_DRAWN.items()} == {part: solid[part] for part in PARTS}
    for part, (_, colour) in PARTS_DRAWN.items():
        # the label of the hatched part stands on white
        ground = "#FFFFFF" if part == "unknown_m2" else colour
        light, dark = sorted((luminance(ground), luminance("#111111")), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, part


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_land_that_several_pairs_claim_is_counted_once(page: Callable[..., Any]) -> None:
    # Three pairs over the same kilometre of UTM 34N, whose scale is 0.9996: 1 km² / 0.9996² = 1.0008 km².
    square = shapely.box(5e5, 48e5, 5.01e5, 48.01e5)
    pairs = gpd.GeoDataFrame(
        {"area_id": ["a", "b", "c"], "release_id": ["E1", "E2", "E3"], "other_area_id": "d", "overlap_m2": 1e6},
        geometry=[square, square, square.buffer(-100)], crs=32634,
    )  # fmt: skip
    text = " ".join(page(conflicts=pairs).text_content().split())
    assert "That is so of 1.0 km², in 3 pairs of records; land that several pairs claim is counted once." in text
    for lacking in (pairs.assign(geometry=[square, None, square]), pairs.set_crs(None, allow_override=True)):
        text = " ".join(page(conflicts=lacking).text_content().split())
        assert "That is so of 3.0 km², added over 3 pairs of records" in text
    assert "No such land is recorded." in page(conflicts=pairs.iloc[:0]).text_content()


def test_criteria_that_nobody_knows_are_said(page: Callable[..., Any]) -> None:
    ranked = ranking(["a", "b"])
    ranked.values = pd.DataFrame({"area_id": ["a", "b"], "victims": np.nan, "people": [3.0, np.nan]})
    text = " ".join(page(ranking=ranked).text_content().split())
    assert "Ranked on 1 of 2 criteria; not known for any area: victims." in text
    assert "The longest bar is the highest score" in text
    ranked.values["victims"] = [np.nan, 0.0]
    assert "Ranked on" not in page(ranking=ranked).text_content()


def test_scores_and_ranks_that_are_not_certain_have_two_ends(page: Callable[..., Any]) -> None:
    ranked = ranking(["a", "b"])
    ranked.table = pd.DataFrame({
        "area_id": ["a", "b"], "score": [np.nan, 0.5], "rank": pd.array([None, 2], dtype="Int64"),
        "score_low": [0.25, 0.5], "score_high": [0.75, 0.5], "rank_best": [1, 2], "rank_worst": [3, 2],
    })  # fmt: skip
    found = page(ranking=ranked)
    rows = cells(found, "Ranking of hazardous areas")
    assert [row[:3] for row in rows] == [["1 to 3", "a", "0.25 to 0.75"], ["2", "b", "0.50"]]
    assert "What is not known is in no bar" in " ".join(found.text_content().split())


def test_scores_that_are_no_sums_have_no_bars(page: Callable[..., Any]) -> None:
    ranked = ranking(["a", "b"])
    ranked.method = "promethee"
    found = page(ranking=ranked)
    assert not texts(found, "//section[@id='hazards']//div[@class='bar']")
    assert "The longest bar" not in found.text_content()


def test_the_account_says_why_it_may_differ_from_the_headline(page: Callable[..., Any]) -> None:
    found = page(balance=account([("P1", 2025, 1e5, 0, 0, 0, 4e4, 6e4, 0, 0)]))
    assert "so the two may differ" in " ".join(found.text_content().split())


def test_a_name_that_two_columns_share_is_said_once(page: Callable[..., Any]) -> None:
    frame = summary(releases([[1e4, 0, 0, 0], [2e4, 0, 0, 0]], admin_code=["South", "B7"]), "admin_code")
    frame.insert(0, "unit", ["North", "South"])
    found = page(summaries={"unit_above": frame, "unit": frame})
    assert [row[0] for row in cells(found, "Released land by larger unit")] == ["North / B7", "South"]
    assert "By larger unit" in texts(found, "//h3")


def test_way_of_release_is_called_so(page: Callable[..., Any]) -> None:
    found = page(assessment=releases([[0, 0, 1e4, 1e4]]))
    headers = texts(found, "//section[@id='open']//thead//th")
    assert headers.count("Way of release") == 2
    assert "Released by" not in headers


def test_formulas_are_text_in_any_column_and_in_headers(tmp_path: Path) -> None:
    frame = pd.DataFrame({
        "=cmd": pd.Categorical(["=1+1", "plain", None]),
        "mixed": pd.Series(["@x", -2, None], dtype="object"),
        "-m2": [-1.5, np.nan, 2.0],
        "year": pd.Categorical([2020, 2021, 2020]),
        "text": ["+1", "a=b", "-"],
    })  # fmt: skip
    put_csv(tmp_path / "t.csv", frame)
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["'=cmd", "mixed", "'-m2", "year", "text"],
        ["'=1+1", "'@x", "-1.5", "2020", "'+1"],
        ["plain", "-2", "", "2021", "a=b"],
        ["", "", "2.0", "2020", "'-"],
    ]
    assert "=cmd" in frame.columns
