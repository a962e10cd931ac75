"""What can be wrong with a column of a table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from landrelease.checks.found import (
    as_dates,
    as_numbers,
    as_written,
    id_key,
    is_truth,
    problems_of,
)
from landrelease.tables import CODES, Column, Table

__all__ = ["column_problems"]


def column_problems(frame: pd.DataFrame, column: Column, table: Table) -> list[pd.DataFrame]:
    """Return the cells of a column that are missing, repeated, no code, no number, no date or out of range."""
    values = frame[column.name]
    missing = values.isna().to_numpy(copy=True)
    if column.kind in ("text", "code"):
        text = as_written(values)
        seen = id_key(text) if column.is_required else text.str.strip()
        missing |= seen.eq("").to_numpy(dtype=bool)

    def broken(rule: str, mask: np.ndarray[Any, Any], message: str) -> pd.DataFrame:
        positions = np.flatnonzero(mask)
        texts = as_written(values.iloc[positions]).fillna("").str.slice(0, 200).tolist()
        return problems_of(frame, table, positions, column.name, rule, texts, message)

    found = []
    if column.is_required:
        found.append(broken("R1", missing, "is missing"))
    if column.name == table.id:
        key = id_key(as_written(values))
        found.append(broken("R2", key.duplicated().to_numpy() & ~missing, "the same id stands in an earlier row"))
    if column.codes:
        codes = CODES[column.codes]
        if values.dtype == "str":
            known = values.isin(list(codes)).to_numpy(dtype=bool)
        else:  # a cell may hold a list
            known = np.array([isinstance(one, str) and one in codes for one in values.astype("object")], dtype=bool)
        found.append(broken("R4", ~known & ~missing, f"is no code of '{column.codes}'"))
    if column.kind in ("number", "count"):
        numbers = as_numbers(values)
        found.append(broken("R3", np.isnan(numbers) & ~missing, "is no number"))
        if column.kind == "count":
            found.append(broken("R3", np.isfinite(numbers) & (numbers != np.round(numbers)), "is no whole number"))
        low = -np.inf if column.low is None else column.low
        high = np.inf if column.high is None else column.high
        span = f"must be {low:g} or more" if high == np.inf else f"must be from {low:g} to {high:g}"
        found.append(broken("R5", (numbers < low) | (numbers > high) | np.isinf(numbers), span))
    if column.kind == "date":
        dates = as_dates(values)
        found.append(broken("R3", dates.isna().to_numpy() & ~missing, "is no date"))
        outside = (dates < pd.Timestamp("1900-01-01")) | (dates > pd.Timestamp.now() + pd.Timedelta(days=1))
        if table.name != "projects":
            found.append(broken("R6", outside.to_numpy(), "lies before 1900 or in the future"))
    if column.kind == "bool":
        truth = np.array([is_truth(one) for one in values.astype("object")], dtype=bool)
        found.append(broken("R3", ~truth & ~missing, "is neither true nor false"))
    return found
