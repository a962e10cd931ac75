"""A document as an XLSX workbook: the figures with all that they rest on, and one sheet a table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from landrelease.put import put
from landrelease.report.document.model import CAUTION, Basis, Document, Table, unit_of
from landrelease.report.document.spoken import spoken
from landrelease.report.files import FORMULA
from landrelease.report.language import Language, Words
from landrelease.report.page import page_path
from landrelease.report.sections import input_table, parameter_table
from landrelease.report.words import clean, is_missing, say_day

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

__all__ = ["write_xlsx"]

_FORMATS = {
    "ha": "#,##0.0", "share": "0.0%", "count": "#,##0", "people": "#,##0", "year": "0", "number": "General",
    "score": "0.00", "usd": "#,##0", "date": "yyyy-mm-dd", "months": "0.0", "days": "#,##0", "degrees": "0.00000",
    "exact": "#,##0.######",
}  # fmt: skip
_LONGEST = 32_767
"""Letters that a cell can hold."""
_FIGURES = ("Section", "Part", "Figure", "Value", "From", "To", "What from and to are", "Unit", "In words", "n", "n of",
            "Missing share", "What is missing", "Method", "Caveats", "Note")  # fmt: skip


def write_xlsx(document: Document, path: str | Path, *, language: Language = "en") -> Path:
    """Write a document as a workbook; text that looks like a formula stays text, and unknown cells are empty."""
    from openpyxl import Workbook

    target, words = page_path(path), Words(language)
    document = spoken(document, words)
    book = Workbook()
    first = book.active
    assert first is not None
    _figures(book.create_sheet("Figures"), document, words)
    for section, part in document.parts:
        for table in part.tables:
            _table(book.create_sheet(table.name), table, part.basis, f"{section.title}: {part.title}".rstrip(": "),
                   words)  # fmt: skip
    for name, one in (
        ("Sources", input_table(document.inputs)),
        ("Parameters", parameter_table(document.parameters or {})),
    ):
        _table(
            book.create_sheet(name), Table(name, one.caption, tuple(one.columns), tuple(map(tuple, one.rows))), None,
            "", words,
        )  # fmt: skip
    _about(first, document, words)
    for sheet in book:
        sheet.sheet_view.rightToLeft = words.direction == "rtl"
    book.properties.title = clean(f"{document.title}: {document.name}")
    book.properties.creator = f"landrelease {document.version}".rstrip()
    target.parent.mkdir(parents=True, exist_ok=True)
    put(target, book.save)
    words.warn_of_gap(target.name)
    return target


def _about(sheet: Worksheet, document: Document, words: Words) -> None:
    """Write what the workbook is, what it does not know, and what every reader must know."""
    sheet.title = "About"
    _bold(_put(sheet, 1, 1, document.title), 14)
    _put(sheet, 2, 1, document.name)
    _put(sheet, 3, 1, words("Records up to {0}", say_day(document.day)))
    _put(sheet, 4, 1, words.warned(CAUTION))
    at = 6
    for section in document.sections:
        _bold(_put(sheet, at, 1, section.title), 11)
        for part in section.parts:
            told = [*([f"{words('Not known:')} {part.gap}"] if part.gap else []), *part.sentences]
            for sentence in told:
                at += 1
                _put(sheet, at, 1, f"{part.title}: {sentence}" if part.title else sentence, is_wrapped=True)
        at += 2
    _bold(_put(sheet, at, 1, words("To bear in mind")), 11)
    empty = words("An empty cell is not known; it is never nought.")
    for note in (*document.notes, empty, *([words.gap] if words.gap else [])):
        at += 1
        _put(sheet, at, 1, note, is_wrapped=True)
    sheet.column_dimensions["A"].width = 110


def _figures(sheet: Worksheet, document: Document, words: Words) -> None:
    """Write one row a figure."""
    _header(sheet, 1, [words(one) for one in _FIGURES])
    at = 1
    for section, part in document.parts:
        basis = part.basis
        for one in part.figures:
            at += 1
            n, of = (one.n, one.of) if one.n is not None or basis is None else (basis.n, basis.of)
            share = one.missing_share if one.missing_share is not None or basis is None else basis.missing_share
            ends = [_shown(value, one.kind, words) for value in (one.value, one.low, one.high)]
            told = (one.missing or basis.missing, basis.method, " ".join(basis.caveats)) if basis else ("", "", "")
            cells = [
                section.title,
                part.title,
                one.label,
                *ends,
                one.ends,
                words(unit_of(one.kind)) if unit_of(one.kind) else "",
                words.of_data(one.said),
                n,
                of,
                share,
                *told,
                one.note,
            ]
            for column, value in enumerate(cells, 1):
                cell = _put(sheet, at, column, value)
                if column in (4, 5, 6):
                    cell.number_format = _FORMATS.get(one.kind, "General")
                elif column == 12:
                    cell.number_format = _FORMATS["share"]
    _fit(sheet, 1)


def _table(sheet: Worksheet, table: Table, basis: Basis | None, where: str, words: Words) -> None:
    """Write a table below what it rests on; its units stand above its columns."""
    _bold(_put(sheet, 1, 1, words(table.caption)), 12)
    at = 2
    for line in (where, *_told(basis, words), table.note):
        if line:
            _put(sheet, at, 1, line)
            at += 1
    at += 1
    for column, unit in enumerate(table.units, 1):
        _put(sheet, at, column, words(unit) if unit else None)
    _header(sheet, at + 1, [words(column.label) for column in table.columns])
    for i, row in enumerate(table.rows, at + 2):
        for j, (value, one) in enumerate(zip(row, table.columns, strict=True), 1):
            cell = _put(sheet, i, j, _shown(value, one.kind, words))
            cell.number_format = _FORMATS.get(one.kind, "General")
    _fit(sheet, at + 1)


def _told(basis: Basis | None, words: Words) -> Iterable[str]:
    if basis is None:
        return ()
    caveat = words("Caveat:")
    told = words.of_data(basis.said)
    return (told, f"{words('Method:')} {basis.method}", *(f"{caveat} {one}" for one in basis.caveats))


def _shown(value: Any, kind: str, words: Words) -> Any:
    """Return the value of a cell in the unit of its column: land in hectares, all else as it is."""
    if is_missing(value) or isinstance(value, str):
        return None if is_missing(value) else words.cell(value, kind)
    if kind == "ha":
        return float(value) / 1e4
    if kind == "date":
        return pd.Timestamp(value).to_pydatetime()
    return words("yes" if value else "no") if kind == "flag" else value


def _put(sheet: Worksheet, row: int, column: int, value: Any, *, is_wrapped: bool = False) -> Any:
    """Write a cell; all text is text, whatever it begins with."""
    from openpyxl.styles import Alignment

    cell = sheet.cell(row, column)
    if value is None or value is pd.NA:
        return cell
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (int, float)) or hasattr(value, "year"):
        cell.value = None if value != value else value
        return cell
    cell.value = clean(value)[:_LONGEST]
    cell.data_type = "s"  # text that begins with = is taken for a formula otherwise
    cell.quotePrefix = str(value).startswith(FORMULA)
    if is_wrapped:
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _header(sheet: Worksheet, row: int, labels: Sequence[str]) -> None:
    from openpyxl.styles import Alignment, PatternFill

    for column, label in enumerate(labels, 1):
        cell = _bold(_put(sheet, row, column, label), 11)
        cell.fill = PatternFill("solid", fgColor="E3E7EA")
        cell.alignment = Alignment(wrap_text=True, vertical="top")


def _bold(cell: Any, size: int) -> Any:
    from openpyxl.styles import Font

    cell.font = Font(bold=True, size=size)
    return cell


def _fit(sheet: Worksheet, header: int) -> None:
    """Set widths by what the columns hold, and keep the header in sight."""
    from openpyxl.utils import get_column_letter

    for column in sheet.iter_cols(min_row=header):
        longest = max((len(str(cell.value)) for cell in column[:200] if cell.value is not None), default=8)
        sheet.column_dimensions[get_column_letter(column[0].column)].width = min(max(longest * 0.9 + 2, 10), 45)
    sheet.freeze_panes = sheet.cell(header + 1, 1)
