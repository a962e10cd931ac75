"""A document as data, and the three forms in which it is written: a page, a workbook, a text document."""

from landrelease.report.document.html import write_html
from landrelease.report.document.model import Basis, Document, Figure, Part, Section, Table
from landrelease.report.document.word import write_docx
from landrelease.report.document.workbook import write_xlsx

__all__ = ["Basis", "Document", "Figure", "Part", "Section", "Table", "write_docx", "write_html", "write_xlsx"]
