"""Write columns.md from the declared tables: `python docs/make_columns.py`."""

from __future__ import annotations

from pathlib import Path

from landrelease.tables import CODES, RESULTS, TABLES, USE_GROUPS, Table, describe

PAGE = Path(__file__).resolve().parent / "columns.md"

INTRODUCTION = """\
# The columns of every table

<!-- Written by docs/make_columns.py from landrelease/tables/. Change the declarations, then run it again. -->

Each table is declared once, in the package. `read` fills its columns, the [rules](reading.md#the-rules) check them,
and this page shows them. On your screen, `landrelease describe TABLE` and `describe("TABLE")` show the same.

The end of a name tells the unit ([convention 2](conventions.md#2-names)). A column with *codes* holds one of the codes
of that list. A column that a file lacks stays, empty: it is unknown, not zero.
"""

READ = """\
## Tables that are read

Required columns are marked **bold**. The last column names the rules that are checked for a single cell;
rules R13, R14 and R15 look at the format, the row and other rows.
"""

RETURNED = """\
## Tables that functions return
"""

CODE_LISTS = """\
## Code lists

The code is what a table holds. Map your own words to these with `codes=...` ([reading](reading.md#codes)).
"""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _anchor(name: str) -> str:
    return name.replace("_", "-")


def _grid(table: Table, *, has_rules: bool) -> list[str]:
    heads = ["column", "unit", "type", "meaning", "codes", *(["rules"] if has_rules else [])]
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    for row, column in zip(describe(table.name).itertuples(), table.columns, strict=True):
        name = f"**`{row.column}`**" if column.is_required else f"`{row.column}`"
        codes = f"[{column.codes}](#codes-{_anchor(column.codes)})" if column.codes else ""
        cells = [name, row.unit, row.dtype, _cell(column.meaning), codes, *([row.rules] if has_rules else [])]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return lines


def _tables(tables: dict[str, Table], *, has_rules: bool) -> list[str]:
    lines = []
    for table in tables.values():
        lines += [f"(table-{_anchor(table.name)})=", f"### {table.name}", ""]
        shape = {"polygon": " Geometry: polygons.", "point": " Geometry: points."}.get(table.shape, "")
        shape = " Geometry: of any kind." if table.shape == "any" else shape
        lines += [f"One row is {table.row}.{shape}", "", *_grid(table, has_rules=has_rules), ""]
    return lines


def _code_lists() -> list[str]:
    groups = {code: group for group, codes in USE_GROUPS.items() for code in codes}
    lines = []
    for name, codes in CODES.items():
        lines += [f"(codes-{_anchor(name)})=", f"### Codes: {name}", ""]
        with_group = name == "use_code"
        lines.append("| code | meaning |" + (" group |" if with_group else ""))
        lines.append("|---|---|" + ("---|" if with_group else ""))
        for code, meaning in codes.items():
            lines.append(f"| `{code}` | {_cell(meaning)} |" + (f" {groups[code]} |" if with_group else ""))
        lines.append("")
    return lines


def make_page() -> str:
    """Return the text of columns.md."""
    lines = [INTRODUCTION, READ, *_tables(TABLES, has_rules=True)]
    lines += [RETURNED, *_tables(RESULTS, has_rules=False), CODE_LISTS, *_code_lists()]
    return "\n".join(lines).rstrip("\n") + "\n"


if __name__ == "__main__":
    PAGE.write_text(make_page(), encoding="utf-8")
    print(f"{PAGE.name}: {len(TABLES)} tables that are read, {len(RESULTS)} that are returned, {len(CODES)} code lists")
