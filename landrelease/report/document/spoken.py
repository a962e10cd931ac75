"""A document in a language: every text of it in words, its data as they are."""

from __future__ import annotations

from dataclasses import replace

from landrelease.report.document.model import Basis, Document, Figure, Part, Table
from landrelease.report.language import Words

__all__ = ["spoken"]


def spoken(document: Document, words: Words) -> Document:
    """Return a document whose titles, sentences, headings and captions are in a language; names of sheets stay."""
    if words.language == "en":
        return document
    sections = tuple(
        replace(section, title=_told(section.title, words), parts=tuple(_part(part, words) for part in section.parts))
        for section in document.sections
    )
    notes = tuple(words(note) for note in document.notes)
    return replace(document, title=words(document.title), sections=sections, notes=notes)


def _told(text: str, words: Words) -> str:
    return words(text) if text else text


def _part(part: Part, words: Words) -> Part:
    return replace(
        part,
        title=_told(part.title, words),
        basis=None if part.basis is None else _basis(part.basis, words),
        sentences=tuple(words(one) for one in part.sentences),
        figures=tuple(_figure(one, words) for one in part.figures),
        tables=tuple(_table(one, words) for one in part.tables),
        gap=_told(part.gap, words),
    )


def _basis(basis: Basis, words: Words) -> Basis:
    return replace(
        basis,
        of=_told(basis.of, words),
        method=_told(basis.method, words),
        missing=_told(basis.missing, words),
        caveats=tuple(words(one) for one in basis.caveats),
    )


def _figure(figure: Figure, words: Words) -> Figure:
    return replace(
        figure,
        label=words(figure.label),
        value=words(figure.value) if isinstance(figure.value, str) else figure.value,
        ends=_told(figure.ends, words),
        of=_told(figure.of, words),
        missing=_told(figure.missing, words),
        note=_told(figure.note, words),
    )


def _table(table: Table, words: Words) -> Table:
    columns = tuple(column._replace(label=words(column.label)) for column in table.columns)
    return replace(table, caption=words(table.caption), columns=columns, note=_told(table.note, words))
