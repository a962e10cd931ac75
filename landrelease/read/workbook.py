"""A sheet of an XLSX workbook, after its parts were checked; cells that hold an error or no stored value are told."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd

from landrelease.errors import DataError, nearest
from landrelease.read.archive import check_members, opened
from landrelease.read.content import scan_xml
from landrelease.read.limits import check_cells
from landrelease.rules import finding

__all__ = ["open_workbook"]

_CELL = re.compile(r"([A-Z]{1,3})\d+")
Found = list[tuple[int, list[str]]]


def open_workbook(path: Path, sheet: str | None) -> tuple[pd.DataFrame, Found]:
    """Return the rows of one sheet as it stores them, and the cells whose value it does not hold."""
    has_formulas = _check_parts(path)
    try:
        book = pd.ExcelFile(path, engine="openpyxl")
    except Exception as error:
        raise _unreadable(path, error) from None
    with book:
        names = [str(name) for name in book.sheet_names]
        if sheet is None and len(names) > 1:
            raise DataError(f"'{path.name}' has {len(names)} sheets: {', '.join(names)}. Fix: read(..., layer='NAME')")
        if sheet is not None and sheet not in names:
            raise DataError(f"'{path.name}' has no sheet '{sheet}'; it has {', '.join(names)}{nearest(sheet, names)}")
        try:
            frame = pd.read_excel(book, sheet or names[0], dtype=object, keep_default_na=False, na_values=[""])
        except Exception as error:
            raise _unreadable(path, error) from None
    hollow = _hollow_cells(path, sheet or names[0], frame) if has_formulas else []
    frame = frame.reindex(range(max([len(frame), *(row + 1 for row, *_ in hollow)])))
    kept = frame.notna().any(axis=1).to_numpy(copy=True)
    kept[[row for row, *_ in hollow]] = True
    place = kept.cumsum() - 1
    message = "a formula or an error without a stored value: missing. Open and save the workbook in a spreadsheet"
    found = [(int(place[row]), finding("R3", name, text, message)) for row, name, text in hollow]
    return frame[kept].reset_index(drop=True), found


def _check_parts(path: Path) -> bool:
    """Refuse a workbook that unpacks to too much or is no plain XML; tell whether a sheet has formulas or errors."""
    has_formulas = False
    with opened(path, "XLSX") as archive:
        for one in check_members(path.name, archive):
            if not one.filename.lower().endswith((".xml", ".rels")):
                continue
            counter = _Cells()
            with archive.open(one) as file:
                scan_xml(file, f"{path.name}/{one.filename}", counter.start)
            has_formulas |= counter.has_formulas
            if "worksheets/" in one.filename.lower():
                check_cells(path.name, counter.rows, counter.columns, one.file_size)
    return has_formulas


class _Cells:
    """How far the cells of a sheet reach, counted as its XML is scanned: one cell far out makes all before it."""

    rows = columns = at = 0
    has_formulas = False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag == "row":
            number = attributes.get("r", "")
            self.rows = max(self.rows + 1, int(number)) if number.isdecimal() else self.rows + 1
            self.at = 0
        elif tag == "c":
            said = _CELL.fullmatch(attributes.get("r", ""))
            self.at = _number(said[1]) if said else self.at + 1
            self.columns = max(self.columns, self.at)
            self.has_formulas |= attributes.get("t") == "e"
        elif tag == "f":
            self.has_formulas = True


def _number(letters: str) -> int:
    number = 0
    for one in letters:
        number = 26 * number + ord(one) - ord("A") + 1
    return number


def _hollow_cells(path: Path, sheet: str, frame: pd.DataFrame) -> list[tuple[int, str, str]]:
    """Return row, column and text of the cells below the header that hold a formula or an error, but no value."""
    import openpyxl

    if frame.shape[1] == 0:
        return []
    book = openpyxl.load_workbook(path, read_only=True)
    hollow = []
    try:
        for cells in book[sheet].iter_rows(min_row=2, max_col=frame.shape[1]):
            for cell in cells:
                if cell.data_type not in ("f", "e"):
                    continue
                row, column = cell.row - 2, cell.column - 1
                if row >= len(frame) or frame.iloc[row : row + 1, column].isna().all():
                    hollow.append((row, str(frame.columns[column]), str(cell.value)))
    finally:
        book.close()
    return hollow


def _unreadable(path: Path, error: Exception) -> DataError:
    said: Any = str(error).strip().splitlines()[:1] or [type(error).__name__]
    return DataError(f"'{path.name}' can not be read as XLSX: {said[0][:300]}. Fix: open and save it in a spreadsheet.")
