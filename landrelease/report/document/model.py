"""A document as data: sections of figures, tables and pictures, each with what it rests on; it knows no file format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

import pandas as pd

from landrelease.report.frames import Column, pick
from landrelease.report.pictures import Picture
from landrelease.report.words import SAY, is_missing, say_share
from landrelease.said import say

__all__ = ["CAUTION", "NOT_KNOWN", "SAME", "WITHHELD", "WITHHELD_NOTE", "Basis", "Document", "Figure", "Part",
           "Section", "Table", "say_missing", "table_of", "unit_of"]  # fmt: skip

CAUTION = (
    "No record is not evidence of no contamination. Land is never called safe here: released means that all reasonable "
    "effort was made, and a risk may remain."
)
"""What every document ends with."""
SAME = "Rests on the same, by the same method and with the same caveats, as the part before it."
NOT_KNOWN = "Not known"
WITHHELD = "withheld"
"""What stands for a number of people that is too small to publish, or would give such a number away."""
WITHHELD_NOTE = (
    "“Withheld” stands for a number of people that is too small to publish, or that would tell such a number."
)
_UNITS = {
    "ha": "ha", "share": "share, 0 to 1", "usd": "USD", "months": "months", "days": "days",
    "degrees": "degrees", "exact": "as the heading says",
    "count": "count", "people": "people", "score": "number", "number": "number",
}  # fmt: skip


def unit_of(kind: str) -> str:
    """Return the unit of cells and figures of a kind, blank where they are words."""
    return _UNITS.get(kind, "")


@dataclass(frozen=True)
class Basis:
    """What figures rest on: how many of what, the share that is missing, the method, and what a reader must know."""

    n: int
    of: str
    method: str
    missing_share: float | None = None
    missing: str = ""
    caveats: tuple[str, ...] = ()

    @property
    def said(self) -> str:
        """Say n and what is missing, in one sentence."""
        return say("n = {0} {1}. {2}", self.n, self.of, say_missing(self.missing_share, self.missing))


def say_missing(share: float | None, what: str) -> str:
    """Say the share that is missing, and of what.

    Examples
    --------
    >>> say_missing(0.25, "releases that nobody visited"), say_missing(0.0, ""), say_missing(None, "")
    ('Missing: 25 % (releases that nobody visited).', 'Missing: 0 %.', 'Missing: an unknown share.')
    """
    said = say("an unknown share") if is_missing(share) else say_share(float(share or 0.0))
    return say("Missing: {0} ({1}).", said, what) if what else say("Missing: {0}.", said)


@dataclass(frozen=True)
class Figure:
    """One figure: its value in the unit of its kind (a key of SAY), its two ends, and n and missing share if its own.

    The value is missing where it is not known, and `note` says why; it is text where it is withheld.
    """

    label: str
    value: float | str | None
    kind: str = "count"
    low: float | None = None
    high: float | None = None
    ends: str = ""
    n: int | None = None
    of: str = ""
    missing_share: float | None = None
    missing: str = ""
    note: str = ""

    @property
    def said(self) -> str:
        """Say the value with its unit; two ends where there is no one value."""
        if isinstance(self.value, str):
            return self.value
        if not is_missing(self.value):
            return _with_unit(self.value, self.kind)
        if self.is_range:
            return say("{0} to {1}", _bare(self.low, self.kind), _with_unit(self.high, self.kind))
        return say(NOT_KNOWN)

    @property
    def is_range(self) -> bool:
        """Whether two bounds are known and no one value between them."""
        return is_missing(self.value) and not is_missing(self.low) and not is_missing(self.high)

    @property
    def said_ends(self) -> str:
        """Say the ends of a value: an interval or bounds."""
        if is_missing(self.low) or is_missing(self.high):
            return ""
        if self.is_range or is_missing(self.value):
            return self.ends
        ends = (_bare(self.low, self.kind), _with_unit(self.high, self.kind))
        return say("{0}: {1} to {2}", self.ends, *ends)


def _bare(value: Any, kind: str) -> str:
    said = SAY[kind](value)
    # an end of a share without its sign, unless words stand before it
    return said.removesuffix(" %") if kind == "share" and said[0].isdigit() else said


def _with_unit(value: Any, kind: str) -> str:
    unit = {"ha": "{0} ha", "usd": "{0} USD", "months": "{0} months", "days": "{0} days"}.get(kind)
    return SAY[kind](value) if unit is None else say(unit, SAY[kind](value))


@dataclass(frozen=True)
class Table:
    """One table: a name for its sheet, its columns with how cells are said, all its rows, how many a page shows."""

    name: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Any, ...], ...]
    shown: int = 40
    note: str = ""

    @property
    def units(self) -> list[str]:
        """Units of the columns, blank where they hold words."""
        return [unit_of(column.kind) for column in self.columns]


@dataclass(frozen=True)
class Part:
    """What one method found; every figure and table in it rests on its basis. With `gap`, what would make it known."""

    title: str
    basis: Basis | None = None
    sentences: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    pictures: tuple[Picture, ...] = ()
    gap: str = ""


@dataclass(frozen=True)
class Section:
    """One topic of a document."""

    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Document:
    """A report of one kind, ready to be written in any form."""

    title: str
    name: str
    day: date
    sections: tuple[Section, ...]
    inputs: tuple[Mapping[str, Any], ...] = ()
    parameters: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    version: str = ""

    def is_repeated(self, part: Part) -> bool:
        """Whether the part before it in its section rests on the same."""
        for section in self.sections:
            for before, one in pairwise(section.parts):
                if one is part:
                    return before.basis is not None and before.basis == one.basis
        return False

    @property
    def parts(self) -> Iterator[tuple[Section, Part]]:
        """Every part with its section."""
        for section in self.sections:
            for part in section.parts:
                yield section, part


def table_of(
    frame: pd.DataFrame, name: str, caption: str, columns: Mapping[str, Column], *, shown: int = 40, note: str = ""
) -> Table:
    """Return these columns of a frame as a table of a document; land is in m2 in both."""
    rows = pick(frame, columns).astype("object").to_numpy().tolist()
    return Table(name, caption, tuple(columns.values()), tuple(map(tuple, rows)), shown, note)
