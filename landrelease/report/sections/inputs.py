"""What a report rests on: problems in the data, inputs and parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from landrelease.report.frames import (
    Column,
    Table,
    pick,
)  # fmt: skip
from landrelease.rules import RULES

__all__ = ["input_table", "parameter_table", "problem_section"]


def problem_section(problems: Mapping[str, pd.DataFrame]) -> dict[str, Any]:
    """Return the problems counted by input, column and rule."""
    rows: list[list[Any]] = []
    for name, frame in problems.items():
        found = pick(frame, ["row", "id", "column", "rule", "value", "message"]).astype("object")
        for (rule, column), several in found.groupby(["rule", "column"], sort=True, dropna=False):
            first = several.iloc[0]
            what = RULES[str(rule)].text if str(rule) in RULES else None
            rows.append([name, column, rule, what, len(several), first["id"], first["value"], first["message"]])
    labels = [
        Column("Input"), Column("Column"), Column("Rule", "code"), Column("A row", "phrase"), Column("Rows", "count"),
        Column("Example"), Column("It has"), Column("What is wrong, and what was done", "phrase"),
    ]  # fmt: skip
    count = sum(len(frame) for frame in problems.values())
    clean_inputs = [name for name, frame in problems.items() if not len(frame)]
    return {
        "count": count,
        "inputs": len(problems),
        "without": clean_inputs,
        "table": Table("Problems by input, column and rule, with the first row of each", labels, rows),
    }


def input_table(inputs: Sequence[Mapping[str, Any]]) -> Table:
    """Return the files read."""
    columns = {
        "name": Column("Input"), "path": Column("File"), "rows_read": Column("Rows read", "count"),
        "rows_used": Column("Used", "count"), "rows_set_aside": Column("Set aside", "count"),
        "note": Column("Note", "phrase"), "sha256": Column("SHA-256", "code"),
    }  # fmt: skip
    rows = [[one.get(name) for name in columns] for one in inputs]
    return Table("Files that this report rests on", list(columns.values()), rows)


def parameter_table(parameters: Mapping[str, Any]) -> Table:
    """Return every parameter, nested ones under their full name."""

    def flat(values: Mapping[str, Any], above: str) -> Iterable[list[Any]]:
        for key, value in values.items():
            name = f"{above}{key}"
            if isinstance(value, Mapping) and value:
                yield from flat(value, f"{name}.")
            elif isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value):
                yield from flat({str(i + 1): one for i, one in enumerate(value)}, f"{name}.")
            else:
                yield [name, ", ".join(map(str, value)) if isinstance(value, list | tuple) else value]

    return Table(
        "Every parameter of the run",
        [Column("Parameter", "code"), Column("Value")],
        [*flat(parameters, "")],
    )
