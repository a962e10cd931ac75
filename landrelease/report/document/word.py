"""A document as DOCX: headings, sentences, tables whose header repeats, pictures with their words."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.put import put
from landrelease.report import frames
from landrelease.report.document.html import figure_lines, shortened
from landrelease.report.document.model import CAUTION, SAME, WITHHELD, Document, Part, Table
from landrelease.report.page import page_path
from landrelease.report.pictures import Picture, as_png
from landrelease.report.sections import input_table, parameter_table
from landrelease.report.words import SAY, clean, is_missing, say_day

if TYPE_CHECKING:
    from docx.document import Document as Word

__all__ = ["write_docx"]

_WORDS = ("text", "code", "word", "note", "flag")
_LARGE = 8
"""From so many columns on a table is set smaller."""


def write_docx(document: Document, path: str | Path) -> Path:
    """Write a document as DOCX, on A4."""
    import docx

    target = page_path(path)
    word = docx.Document()
    _lay_out(word, document)
    word.add_heading(clean(document.name), 0)
    word.add_paragraph(f"{document.title}. Records up to {say_day(document.day)}.", style="Subtitle")
    for number, section in enumerate(document.sections, 1):
        word.add_heading(f"{number} {section.title}", 1)
        for part in section.parts:
            _part(word, part, document.is_repeated(part))
    word.add_heading(f"{len(document.sections) + 1} Sources and parameters", 1)
    for note in document.notes:
        word.add_paragraph(clean(note), style="List Bullet")
    for one in (input_table(document.inputs), parameter_table(document.parameters or {})):
        _table(word, one)
    word.add_paragraph(
        f"Made with landrelease {document.version}. A dash (–) stands for what is not known; it is never counted as "
        f"nought. “{WITHHELD.capitalize()}” stands for a number of people that is too small to publish, or that would "
        "tell such a number. 1 ha is 10,000 m²."
    )
    word.add_paragraph(CAUTION, style="Intense Quote")
    target.parent.mkdir(parents=True, exist_ok=True)
    put(target, lambda file: word.save(str(file)))
    return target


def _lay_out(word: Word, document: Document) -> None:
    """Set the page, what stands above and below it, and the properties of the file."""
    from docx.shared import Mm, Pt

    page = word.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(17)
    page.top_margin = page.bottom_margin = Mm(18)
    word.styles["Normal"].font.name = "Calibri"
    word.styles["Normal"].font.size = Pt(10)
    page.header.paragraphs[0].text = clean(f"{document.title}: {document.name}")
    page.footer.paragraphs[0].text = CAUTION.split(". ")[0] + "."
    about = word.core_properties
    about.title, about.author = clean(f"{document.title}: {document.name}")[:255], f"landrelease {document.version}"
    about.comments, about.language = "", "en-GB"
    about.created = about.modified = datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def _part(word: Word, part: Part, is_repeated: bool) -> None:
    if part.title:
        word.add_heading(clean(part.title), 2)
    if part.gap:
        word.add_paragraph().add_run(clean(f"Not known: {part.gap}")).bold = True
    for sentence in part.sentences:
        word.add_paragraph(clean(sentence))
    if part.figures:
        rows = [[one.label, one.said, "; ".join(figure_lines(one, part.basis))] for one in part.figures]
        columns = [frames.Column(label) for label in ("Figure", "Value", "Rests on")]
        _table(word, frames.Table(f"{part.title or 'The figures'}: in numbers", columns, rows))
    for picture in part.pictures:
        _picture(word, picture)
    for table in part.tables:
        _table(word, shortened(table))
        for line in _below(table):
            word.add_paragraph(clean(line))
    if part.basis is not None and is_repeated:
        word.add_paragraph(SAME)
    elif part.basis is not None:
        word.add_paragraph(clean(f"Rests on: {part.basis.said} Method: {part.basis.method}"))
        for caveat in part.basis.caveats:
            word.add_paragraph(clean(caveat), style="List Bullet")


def _below(table: Table) -> list[str]:
    count = len(table.rows)
    more = f"The first {table.shown} of {count:,} rows; all are in the workbook, sheet “{table.name}”."
    return [*([more] if count > table.shown else []), *([table.note] if table.note else [])]


def _picture(word: Word, picture: Picture) -> None:
    """Add a picture with its words as alternative text, and as a line below it."""
    from docx.shared import Mm

    shape = word.add_picture(io.BytesIO(as_png(picture)), width=Mm(170))
    shape._inline.docPr.set("descr", clean(picture.alt))


def _table(word: Word, one: frames.Table) -> None:
    """Add a table with its caption; its header repeats on each page, and no row breaks across two."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    caption = word.add_paragraph(style="Caption")
    caption.add_run(clean(one.caption))
    caption.paragraph_format.keep_with_next = True
    labels = [column.label for column in one.columns]
    grid = word.add_table(rows=1, cols=len(labels), style="Light Grid Accent 1")
    texts = [labels, *([_said(value, column.kind) for value, column in zip(row, one.columns, strict=True)]
                       for row in one.rows)]  # fmt: skip
    size = Pt(7 if len(labels) >= _LARGE else 8.5)
    for i, row in enumerate(texts):
        cells = (grid.rows[0] if i == 0 else grid.add_row()).cells
        for cell, text, column in zip(cells, row, one.columns, strict=True):
            paragraph = cell.paragraphs[0]
            run = paragraph.add_run(clean(text))
            run.font.size = size
            run.bold = i == 0
            if column.kind not in _WORDS:
                paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    _keep_rows(grid.rows)
    word.add_paragraph()


def _said(value: Any, kind: str) -> str:
    if is_missing(value):
        return "" if kind == "note" else "–"
    return SAY[kind](value)


def _keep_rows(rows: Sequence[Any]) -> None:
    from docx.oxml import OxmlElement

    for i, row in enumerate(rows):
        properties = row._tr.get_or_add_trPr()
        for name in ("w:cantSplit", *(["w:tblHeader"] if i == 0 else [])):
            properties.append(OxmlElement(name))
