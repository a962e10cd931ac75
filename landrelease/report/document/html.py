"""A document as one HTML page, in the look of the other reports."""

from __future__ import annotations

from pathlib import Path

from landrelease.report import frames
from landrelease.report.document.model import (
    CAUTION,
    NOT_KNOWN,
    SAME,
    WITHHELD,
    Basis,
    Document,
    Figure,
    Table,
    say_missing,
)
from landrelease.report.page import page_path, template, write_page
from landrelease.report.sections import input_table, parameter_table
from landrelease.report.words import say_day

__all__ = ["figure_lines", "shortened", "write_html"]


def write_html(document: Document, path: str | Path) -> Path:
    """Write a document as one HTML page without scripts that opens offline and prints on A4."""
    target = page_path(path)
    page = template("document.html").render(
        document=document,
        day=say_day(document.day),
        inputs=input_table(document.inputs),
        parameters=parameter_table(document.parameters or {}),
        figure_lines=figure_lines,
        shortened=shortened,
        not_known=NOT_KNOWN,
        same=SAME,
        withheld=WITHHELD,
        caution=CAUTION,
    )
    return write_page(page, target)


def figure_lines(figure: Figure, basis: Basis | None) -> list[str]:
    """Return what stands below a figure: its ends, its n and missing share, and why it is not known."""
    n, of, share = figure.n, figure.of, figure.missing_share
    if basis is not None:
        n, of = (basis.n, basis.of) if n is None else (n, of)
        share = basis.missing_share if share is None else share
    lines = [figure.said_ends, "" if n is None else f"n = {n:,} {of}".rstrip()]
    return [line for line in (*lines, say_missing(share, "").rstrip("."), figure.note) if line]


def shortened(table: Table) -> frames.Table:
    """Return as many rows of a table as a page shows."""
    return frames.Table(table.caption, list(table.columns), [list(row) for row in table.rows[: table.shown]])
