"""columns.md is what the declarations say, and every declared thing stands in it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

from landrelease.tables import CODES, RESULTS, TABLES

DOCS = Path(__file__).resolve().parents[2] / "docs"


def make_columns() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_columns", DOCS / "make_columns.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_committed_page_is_current() -> None:
    page = (DOCS / "columns.md").read_text(encoding="utf-8")
    assert page == make_columns().make_page(), "docs/columns.md is out of date. Fix: python docs/make_columns.py"


def test_every_table_column_and_code_stands_in_the_page() -> None:
    page = (DOCS / "columns.md").read_text(encoding="utf-8")
    sections = {part.split("\n", 1)[0]: part for part in page.split("\n### ")}
    for table in (*TABLES.values(), *RESULTS.values()):
        section = sections[table.name]
        assert table.row in section
        for column in table.columns:
            assert f"`{column.name}`" in section, f"{table.name}.{column.name}"
            assert column.meaning in section, f"{table.name}.{column.name}"
    for name, codes in CODES.items():
        for code, meaning in codes.items():
            assert f"| `{code}` | {meaning} |" in sections[f"Codes: {name}"]
