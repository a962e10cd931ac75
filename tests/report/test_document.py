"""A document in its three forms: the same figures in each, text that stays text, and what is not known said."""

from __future__ import annotations

import html
import re
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from docx import Document as read_docx
from opened import SIZES, assert_report_is_usable
from openpyxl import load_workbook

from landrelease.errors import OptionError
from landrelease.report.document import Basis, Document, Figure, Part, Section, write_docx, write_html, write_xlsx
from landrelease.report.document.model import CAUTION, SAME, WITHHELD, table_of
from landrelease.report.frames import Column
from landrelease.report.kinds.pictures import amounts_picture

FORMULAS = ["=1+1", '=HYPERLINK("http://x";"y")', "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0"]
HOSTILE = [
    *FORMULAS, "<script>document.title='ran'</script>", "</td></table><img src=x onerror=alert(1)>", "{{ 7*7 }}",
    "a\x00b\x07c", "\u202eevil", "حقل الألغام", "&amp; <b>", "two\nlines", "Longwithoutspace" * 60, "\ufffe",
]  # fmt: skip
BASIS = Basis(12, "releases", "a sum", 0.25, "releases that nobody visited", ("Mind the gap.", "And the tide."))


def figures() -> tuple[Figure, ...]:
    return (
        Figure("Land", 52_000.0, "ha"),
        Figure("Bounds", None, "share", 0.25, 0.5, "bounds"),
        Figure("Point", 0.335, "share", 0.2, 0.5, "95 % interval", n=99, of="at risk"),
        Figure("Nobody knows", None, "usd", note="nobody asked"),
        Figure("Few", WITHHELD, "people"),
        Figure("Share of all", 0.5, "share", missing_share=0.0, missing="nothing"),
    )


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    count = len(HOSTILE)
    return pd.DataFrame({
        "name": HOSTILE, "m2": [12_345.0 * (i + 1) for i in range(count - 1)] + [np.nan],
        "share": np.linspace(0, 1, count), "people": [WITHHELD, 0, 12, *[None] * (count - 3)],
        "day": [pd.Timestamp("2024-02-29")] * (count - 1) + [pd.NaT], "yes": [True, False, *[None] * (count - 2)],
        "note": [None] * count, "degrees": [18.123456789] * count,
    })  # fmt: skip


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, frame: pd.DataFrame) -> dict[str, Path]:
    columns = {
        "name": Column("Name"), "m2": Column("Land, ha", "ha"), "share": Column("Share", "share"),
        "people": Column("People", "people"), "day": Column("Day", "date"), "yes": Column("Yes", "flag"),
        "note": Column("Note", "note"), "degrees": Column("Longitude", "degrees"),
    }  # fmt: skip
    table = table_of(frame, "Hostile", HOSTILE[0], columns, shown=10, note=HOSTILE[6])
    picture = amounts_picture(HOSTILE, [1.0] * len(HOSTILE), HOSTILE, HOSTILE[7])
    parts = (
        Part("", BASIS, (HOSTILE[6],), figures(), (table,), (picture,)),
        Part(HOSTILE[7], BASIS, figures=(Figure(HOSTILE[0], 3, note=HOSTILE[8]),)),
        Part("Gap", gap=f"add {HOSTILE[6]}"),
    )
    document = Document(
        "Monitoring report", HOSTILE[6], date(2025, 12, 31), (Section("First", parts),),
        tuple({"name": one, "path": one, "sha256": "ab"} for one in HOSTILE), {"k": HOSTILE[0]}, tuple(HOSTILE), "0.1",
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("document")
    return {
        "html": write_html(document, folder / "d.html"), "xlsx": write_xlsx(document, folder / "new" / "d.xlsx"),
        "docx": write_docx(document, folder / "d.docx"),
    }  # fmt: skip


def cells(sheet: Any) -> list[list[Any]]:
    return [list(row) for row in sheet.iter_rows(values_only=True)]


def under(sheet: Any, label: str) -> list[list[Any]]:
    """Return the rows below the row of headers."""
    rows = cells(sheet)
    at = next(i for i, row in enumerate(rows) if row[0] == label)
    return rows[at + 1 :]


def test_text_that_looks_like_a_formula_is_text_in_every_cell(written: dict[str, Path]) -> None:
    book = load_workbook(written["xlsx"])
    assert all(cell.data_type != "f" for sheet in book for row in sheet.iter_rows() for cell in row)
    names = [row[0] for row in under(book["Hostile"], "Name")]
    assert names[: len(FORMULAS)] == FORMULAS
    quoted = {cell.value: cell.quotePrefix for row in book["Hostile"].iter_rows() for cell in row if cell.value}
    assert all(quoted[one] for one in FORMULAS)


def test_the_workbook_holds_the_numbers_of_the_frame(written: dict[str, Path], frame: pd.DataFrame) -> None:
    rows = under(load_workbook(written["xlsx"])["Hostile"], "Name")
    assert len(rows) == len(frame)
    assert [row[1] for row in rows[:-1]] == pytest.approx((frame["m2"] / 1e4).tolist()[:-1])
    assert rows[-1][1] is None
    assert [row[2] for row in rows] == pytest.approx(frame["share"].tolist())
    assert [row[3] for row in rows[:4]] == [WITHHELD, 0, 12, None]
    assert rows[0][4].date() == date(2024, 2, 29)
    assert [row[5] for row in rows[:3]] == ["yes", "no", None]
    assert rows[0][7] == pytest.approx(18.123456789)
    units = next(row for row in cells(load_workbook(written["xlsx"])["Hostile"]) if row[1] == "ha")
    assert units[:4] == [None, "ha", "share, 0 to 1", "people"]


def test_every_figure_stands_in_the_workbook_with_what_it_rests_on(written: dict[str, Path]) -> None:
    rows = {row[2]: row for row in under(load_workbook(written["xlsx"])["Figures"], "Section")}
    assert rows["Land"][3:6] == [5.2, None, None]
    assert rows["Bounds"][3:7] == [None, 0.25, 0.5, "bounds"]
    assert rows["Point"][3:6] == [0.335, 0.2, 0.5]
    assert rows["Point"][9:11] == [99, "at risk"]
    assert rows["Nobody knows"][3] is None
    assert rows["Nobody knows"][8] == "Not known"
    assert rows["Few"][3] == WITHHELD
    for name, row in rows.items():
        assert row[9] is not None, name
        assert row[11] == (0.0 if name == "Share of all" else 0.25)
        assert row[12] == ("nothing" if name == "Share of all" else BASIS.missing)
        assert row[13] == BASIS.method
        assert row[14] == "Mind the gap. And the tide."


def texts_of(path: Path) -> str:
    word = read_docx(str(path))
    tables = [cell.text for table in word.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in word.paragraphs), *tables])


@pytest.mark.parametrize("form", ["html", "docx"])
def test_page_and_text_say_the_same(written: dict[str, Path], form: str) -> None:
    if form == "html":
        raw = written["html"].read_text(encoding="utf-8")
        said = html.unescape(re.sub(r"<[^>]*>", "", raw))
    else:
        said = texts_of(written["docx"])
    for words in (
        "5.2 ha", "25 to 50 %", "bounds", "34 %", "95 % interval: 20 to 50 %", "n = 99 at risk", "Not known",
        "nobody asked", WITHHELD, "Missing: 25 %", BASIS.method, "Mind the gap.", SAME, CAUTION.split(". ")[0],
        "The first 10 of 16 rows", "sheet “Hostile”", "18.12346", "2024-02-29", "Not known:",
    ):  # fmt: skip
        assert words in said, words
    assert said.count("Mind the gap.") == 1
    assert "=1+1" in said
    assert "Longwithoutspace" in said
    assert "\x00" not in said
    assert "\u202e" not in said


def test_the_page_runs_nothing(written: dict[str, Path]) -> None:
    raw = written["html"].read_text(encoding="utf-8")
    assert "<script" not in raw
    assert "<img src=x" not in raw
    assert "{{ 7*7 }}" in raw
    assert re.findall(r'(?:src|href)="(?!#|data:)', raw) == []


def test_the_text_document_is_made_for_readers(written: dict[str, Path]) -> None:
    word = read_docx(str(written["docx"]))
    assert [one.text for one in word.paragraphs if one.style.name == "Heading 1"] == [
        "1 First", "2 Sources and parameters",
    ]  # fmt: skip
    for table in word.tables:
        assert "tblHeader" in table.rows[0]._tr.xml
        assert all("cantSplit" in row._tr.xml for row in table.rows)
    (picture,) = word.inline_shapes
    assert "onerror" in picture._inline.docPr.get("descr")
    assert word.core_properties.comments == ""
    assert "python-docx" not in word.core_properties.author


def test_an_empty_document_has_its_caution_and_no_figure(tmp_path: Path) -> None:
    empty = table_of(pd.DataFrame({"a": []}), "Empty", "Nothing", {"a": Column("A")})
    document = Document("Report", "None", date(2025, 1, 1), (Section("Nothing", (Part("", tables=(empty,)),)),))
    assert CAUTION in write_html(document, tmp_path / "d.html").read_text(encoding="utf-8")
    assert CAUTION in texts_of(write_docx(document, tmp_path / "d.docx"))
    book = load_workbook(write_xlsx(document, tmp_path / "d.xlsx"))
    assert CAUTION in [row[0] for row in cells(book["About"])]
    assert under(book["Figures"], "Section") == []
    with pytest.raises(OptionError, match="folder"):
        write_xlsx(document, tmp_path)


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
def test_it_is_read_used_by_keys_and_printed(
    browser: Any, axe: Any, written: dict[str, Path], size: tuple[int, int]
) -> None:
    assert_report_is_usable(browser, axe, written["html"], size)
