"""What a table and a column are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ACCURACY", "ADMIN", "BEFORE", "BLOCKED", "DTYPES", "GEOMETRY", "INTENDED", "PARENT", "REPORTED", "SOURCE",
           "Column", "Table", "code", "count", "date", "flag", "m2", "number", "result", "share", "text"]  # fmt: skip

Kind = Literal["text", "number", "count", "date", "bool", "code", "geometry"]


@dataclass(frozen=True)
class Column:
    """One column of a table: what it holds, in which unit, and what it may hold."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    codes: str = ""
    is_required: bool = False
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Table:
    """One table: what a row is, the column that identifies it, and its columns in order."""

    name: str
    row: str
    id: str
    columns: tuple[Column, ...]
    shape: Literal["polygon", "point", "any", "none"] = "none"

    def column(self, name: str) -> Column | None:
        """Return the column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def names(self) -> list[str]:
        """Names of the columns in the order of the declaration."""
        return [column.name for column in self.columns]


def result(name: str, row: str, *columns: Column, id: str = "area_id") -> Table:
    """Return the table of what a function returns: what a row is, and its columns in order."""
    return Table(name, row, id, columns)


DTYPES: dict[str, str] = {
    "text": "str",
    "code": "str",
    "number": "float64",
    "count": "Int64",
    "date": "datetime64[us]",
    "bool": "boolean",
    "geometry": "geometry",
}
"""The dtype of a column by its kind."""


def text(name: str, meaning: str, *, is_required: bool = False) -> Column:
    """Return a column of text."""
    return Column(name, "text", meaning, is_required=is_required)


def code(name: str, meaning: str, codes: str = "", *, is_required: bool = False) -> Column:
    """Return a column of codes, of the list of its own name where no other is named."""
    return Column(name, "code", meaning, codes=codes or name, is_required=is_required)


def date(name: str, meaning: str, *, is_required: bool = False) -> Column:
    """Return a column of days."""
    return Column(name, "date", meaning, is_required=is_required)


def m2(name: str, meaning: str, low: float | None = 0) -> Column:
    """Return a column of areas. [m2]"""
    return Column(name, "number", meaning, unit="m2", low=low)


def number(name: str, meaning: str, unit: str = "", low: float | None = 0, high: float | None = None) -> Column:
    """Return a column of numbers."""
    return Column(name, "number", meaning, unit=unit, low=low, high=high)


def share(name: str, meaning: str) -> Column:
    """Return a column of shares, from 0 to 1."""
    return Column(name, "number", meaning, unit="share", low=0, high=1)


def count(name: str, meaning: str) -> Column:
    """Return a column of whole numbers."""
    return Column(name, "count", meaning, unit="count", low=0)


def flag(name: str, meaning: str) -> Column:
    """Return a column of yes and no."""
    return Column(name, "bool", meaning)


SOURCE = (
    text("source_id", "identifier of the row in its source; the file's name and row where it has none"),
    Column("source_row", "count", "row in the source file, the first is 1", low=0),
    text("read_findings", "what reading changed or could not use, as JSON: rule, column, value, message"),
)
GEOMETRY = Column("geometry", "geometry", "shape in the CRS of the frame")
BEFORE = m2("area_before_m2", "geodesic area before an invalid geometry was repaired; missing if it was valid")
ADMIN = text("admin_code", "administrative unit that holds most of it")
PARENT = text("parent_id", "area that this one goes back to (split, reopened) or goes on in (merged)")
INTENDED = code("intended_use_code", "use that the land was released for", "use_code")
BLOCKED = code("blocked_resource_code", "resource that the hazard blocks")
REPORTED = m2("reported_area_m2", "area as the source states it")
ACCURACY = number("accuracy_m", "accuracy of the boundary or place", "m")
