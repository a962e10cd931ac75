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
from landrelease.report.document.model import CAUTION, SAME, WITHHELD_NOTE, Document, Part, Table
from landrelease.report.document.spoken import spoken
from landrelease.report.language import ENGLISH, Language, Words
from landrelease.report.page import page_path
from landrelease.report.pictures import Picture, as_png
from landrelease.report.sections import input_table, parameter_table
from landrelease.report.words import clean, is_missing, say_day

if TYPE_CHECKING:
    from docx.document import Document as Word

__all__ = ["write_docx"]

_WORDS = ("text", "code", "word", "phrase", "note", "flag")
_LARGE = 8
"""From so many columns on a table is set smaller."""


def write_docx(document: Document, path: str | Path, *, language: Language = "en") -> Path:
    """Write a document as DOCX, on A4."""
    import docx

    target, words = page_path(path), Words(language)
    document = spoken(document, words)
    word = docx.Document()
    _lay_out(word, document, words)
    word.add_heading(clean(document.name), 0)
    day = words("Records up to {0}", say_day(document.day))
    word.add_paragraph(f"{document.title}. {day}.", style="Subtitle")
    gap = word.add_paragraph()
    for number, section in enumerate(document.sections, 1):
        word.add_heading(f"{number} {section.title}", 1)
        for part in section.parts:
            _part(word, part, document.is_repeated(part), words)
    word.add_heading(f"{len(document.sections) + 1} {words('Sources and parameters')}", 1)
    for note in document.notes:
        word.add_paragraph(clean(note), style="List Bullet")
    for one in (input_table(document.inputs), parameter_table(document.parameters or {})):
        _table(word, one, words)
    word.add_paragraph(" ".join([
        words("Made with landrelease {0}.", document.version),
        words("A dash (–) stands for what is not known; it is never counted as nought."),
        words(WITHHELD_NOTE),
        words("1 ha is 10,000 m²."),
        *([words("The words in the pictures are in English.")] if _drawn_in(words) is not words else []),
    ]))  # fmt: skip
    word.add_paragraph(words.warned(CAUTION), style="Intense Quote")
    if words.gap:
        gap.add_run(clean(words.gap)).bold = True
    if words.direction == "rtl":
        _turn(word)
    target.parent.mkdir(parents=True, exist_ok=True)
    put(target, lambda file: word.save(str(file)))
    words.warn_of_gap(target.name)
    return target


def _lay_out(word: Word, document: Document, words: Words) -> None:
    """Set the page, what stands above and below it, and the properties of the file."""
    from docx.shared import Mm, Pt

    page = word.sections[0]
    page.page_width, page.page_height = Mm(210), Mm(297)
    page.left_margin = page.right_margin = Mm(17)
    page.top_margin = page.bottom_margin = Mm(18)
    word.styles["Normal"].font.name = "Calibri"
    word.styles["Normal"].font.size = Pt(10)
    page.header.paragraphs[0].text = clean(f"{document.title}: {document.name}")
    page.footer.paragraphs[0].text = words.warned(CAUTION.split(". ")[0] + ".")
    about = word.core_properties
    about.title, about.author = clean(f"{document.title}: {document.name}")[:255], f"landrelease {document.version}"
    about.comments, about.language = "", "en-GB" if words.language == "en" else words.language
    about.created = about.modified = datetime.now(UTC).replace(tzinfo=None, microsecond=0)


def _part(word: Word, part: Part, is_repeated: bool, words: Words) -> None:
    if part.title:
        word.add_heading(clean(part.title), 2)
    if part.gap:
        word.add_paragraph().add_run(clean(f"{words('Not known:')} {part.gap}")).bold = True
    for sentence in part.sentences:
        word.add_paragraph(clean(sentence))
    if part.figures:
        rows = [
            [one.label, words.of_data(one.said), "; ".join(map(words.of_data, figure_lines(one, part.basis)))]
            for one in part.figures
        ]
        columns = [frames.Column(label) for label in ("Figure", "Value", "Rests on")]
        caption = words("{0}: in numbers", part.title or words("The figures"))
        _table(word, frames.Table(caption, columns, rows), words)
    for picture in part.pictures:
        _picture(word, picture, words)
    for table in part.tables:
        _table(word, shortened(table), words)
        for line in _below(table, words):
            word.add_paragraph(clean(line))
    if part.basis is not None and is_repeated:
        word.add_paragraph(words(SAME))
    elif part.basis is not None:
        rests = f"{words('Rests on:')} {words.of_data(part.basis.said)}"
        word.add_paragraph(clean(f"{rests} {words('Method:')} {part.basis.method}"))
        for caveat in part.basis.caveats:
            word.add_paragraph(clean(caveat), style="List Bullet")


def _below(table: Table, words: Words) -> list[str]:
    count = len(table.rows)
    said = "The first {0} of {1} rows; all are in the workbook, sheet “{2}”."
    more = words(said, table.shown, count, table.name)
    return [*([more] if count > table.shown else []), *([table.note] if table.note else [])]


def _drawn_in(words: Words) -> Words:
    """Return the words of pictures, which are drawn with a font that has no Arabic joins, no Khmer and no Lao."""
    return ENGLISH if words.language in ("ar", "km", "lo") else words


def _picture(word: Word, picture: Picture, words: Words) -> None:
    """Add a picture with its words as alternative text, and as a line below it."""
    from docx.shared import Mm

    shape = word.add_picture(io.BytesIO(as_png(picture, _drawn_in(words))), width=Mm(170))
    shape._inline.docPr.set("descr", clean(words(picture.alt)))


def _table(word: Word, one: frames.Table, words: Words) -> None:
    """Add a table with its caption; its header repeats on each page, and no row breaks across two."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt

    caption = word.add_paragraph(style="Caption")
    caption.add_run(clean(words(one.caption)))
    caption.paragraph_format.keep_with_next = True
    labels = [words(column.label) for column in one.columns]
    grid = word.add_table(rows=1, cols=len(labels), style="Light Grid Accent 1")
    texts = [labels, *([_said(value, column.kind, words) for value, column in zip(row, one.columns, strict=True)]
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


def _said(value: Any, kind: str, words: Words) -> str:
    if is_missing(value):
        return "" if kind == "note" else "–"
    return words.cell(value, kind)


def _keep_rows(rows: Sequence[Any]) -> None:
    from docx.oxml import OxmlElement

    for i, row in enumerate(rows):
        properties = row._tr.get_or_add_trPr()
        for name in ("w:cantSplit", *(["w:tblHeader"] if i == 0 else [])):
            properties.append(OxmlElement(name))


def _turn(word: Word) -> None:
    """Let paragraphs, runs and tables run from right to left."""
    from docx.enum.table import WD_TABLE_DIRECTION
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    after = ("w:adjustRightInd", "w:snapToGrid", "w:spacing", "w:ind", "w:contextualSpacing", "w:mirrorIndents",
             "w:suppressOverlap", "w:jc", "w:textDirection", "w:textAlignment", "w:outlineLvl", "w:rPr")  # fmt: skip
    for paragraph in word.element.body.iter(qn("w:p")):
        paragraph.get_or_add_pPr().insert_element_before(OxmlElement("w:bidi"), *after)
    for run in word.element.body.iter(qn("w:r")):
        run.get_or_add_rPr().append(OxmlElement("w:rtl"))
    for table in word.tables:
        table.table_direction = WD_TABLE_DIRECTION.RTL
