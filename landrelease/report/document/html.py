"""A document as one HTML page, in the look of the other reports."""

from __future__ import annotations

from pathlib import Path

from landrelease.report import frames
from landrelease.report.document.model import (
    CAUTION,
    NOT_KNOWN,
    SAME,
    WITHHELD,
    WITHHELD_NOTE,
    Basis,
    Document,
    Figure,
    Table,
)
from landrelease.report.document.spoken import spoken
from landrelease.report.language import Language, Words
from landrelease.report.page import page_path, template, write_page
from landrelease.report.sections import input_table, parameter_table
from landrelease.report.words import is_missing, say_day, say_share
from landrelease.said import say

__all__ = ["figure_lines", "shortened", "write_html"]


def write_html(document: Document, path: str | Path, *, language: Language = "en") -> Path:
    """Write a document as one HTML page without scripts that opens offline and prints on A4."""
    target, words = page_path(path), Words(language)
    document = spoken(document, words)
    page = template("document.html", words).render(
        document=document,
        day=say_day(document.day),
        inputs=input_table(document.inputs),
        parameters=parameter_table(document.parameters or {}),
        figure_lines=figure_lines,
        shortened=shortened,
        not_known=NOT_KNOWN,
        same=SAME,
        withheld=words(WITHHELD),
        withheld_note=WITHHELD_NOTE,
        caution=CAUTION,
    )
    return write_page(page, target, words)


def figure_lines(figure: Figure, basis: Basis | None) -> list[str]:
    """Return what stands below a figure: its ends, its n and missing share, and why it is not known."""
    n, of, share = figure.n, figure.of, figure.missing_share
    if basis is not None:
        n, of = (basis.n, basis.of) if n is None else (n, of)
        share = basis.missing_share if share is None else share
    count = "" if n is None else say("n = {0} {1}", n, of) if of else say("n = {0}", n)
    missing = say("Missing: {0}", say("an unknown share") if is_missing(share) else say_share(float(share or 0.0)))
    return [line for line in (figure.said_ends, count, missing, figure.note) if line]


def shortened(table: Table) -> frames.Table:
    """Return as many rows of a table as a page shows."""
    return frames.Table(table.caption, list(table.columns), [list(row) for row in table.rows[: table.shown]])
