"""A table described, and a frame in the types of its table."""

from __future__ import annotations

from typing import Any

import pandas as pd

from landrelease.cells import as_days, as_text
from landrelease.errors import check_option
from landrelease.tables.codes import CODES
from landrelease.tables.columns import DTYPES, Column, Table
from landrelease.tables.declared import TABLES
from landrelease.tables.results import RESULTS

__all__ = ["conform", "describe"]


def describe(table: str) -> pd.DataFrame:
    """Describe the columns of a table, or the codes of a list.

    Parameters
    ----------
    table : str
        The name of a table that is read ('events'), of a result ('assess_use'), or of a code list ('use_code').

    Returns
    -------
    DataFrame
        One row a column: column, unit, dtype, codes, meaning, rules. Of a code list: code, meaning.

    Raises
    ------
    OptionError
        No table has that name.

    Examples
    --------
    >>> describe("follow_ups").set_index("column").loc["observed_share", ["unit", "dtype", "rules"]].tolist()
    ['share', 'float64', 'R3 R5']
    >>> describe("land_uses")
    Traceback (most recent call last):
    landrelease.errors.OptionError: table must be one of areas, ...; got 'land_uses'; did you mean 'land_use'?
    """
    check_option("table", table, [*TABLES, *RESULTS, *CODES])
    if table in CODES:
        return pd.DataFrame(list(CODES[table].items()), columns=["code", "meaning"])
    declared = TABLES.get(table) or RESULTS[table]
    rows = [
        (
            column.name,
            column.unit,
            DTYPES[column.kind],
            ", ".join(CODES[column.codes]) if column.codes else "",
            column.meaning,
            _rules_of(column, declared) if table in TABLES else "",
        )
        for column in declared.columns
    ]
    return pd.DataFrame(rows, columns=["column", "unit", "dtype", "codes", "meaning", "rules"])


def conform(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return the declared columns of a table in their order and type; those that the frame lacks are empty.

    The geometry column stays if the frame has one. Other columns are left out.

    Examples
    --------
    >>> conform(pd.DataFrame({"flow_id": ["1"], "note": ["x"]}), "funding").dtypes.astype(str).to_dict()
    {'flow_id': 'str', 'year': 'Int64', 'donor': 'str', ..., 'amount_usd': 'float64', ...}
    """
    declared = TABLES.get(table) or RESULTS[table]
    columns = {}
    for column in declared.columns:
        if column.kind == "geometry":
            continue
        dtype: Any = DTYPES[column.kind]
        if column.name in frame:
            values = frame[column.name]
            if column.kind == "date":
                values = as_days(values, column.name)
            elif column.kind in ("text", "code") and values.dtype != "str":
                values = as_text(values)
            columns[column.name] = values.astype(dtype)
        else:
            columns[column.name] = pd.Series(None, index=frame.index, dtype=dtype)
    if "geometry" in frame:
        columns["geometry"] = frame["geometry"]
    return pd.DataFrame(columns, index=frame.index)


def _rules_of(column: Column, table: Table) -> str:
    rules = []
    if column.is_required:
        rules.append("R1")
    if column.name == table.id:
        rules.append("R2")
    if column.kind in ("number", "count", "date", "bool"):
        rules.append("R3")
    if column.codes:
        rules.append("R4")
    if column.low is not None or column.high is not None:
        rules.append("R5")
    if column.kind == "date":
        rules.append("R6")
    if column.kind == "geometry":
        rules.append("R7 R8 R9 R10 R11")
    if column.name == "reported_area_m2":
        rules.append("R12")
    return " ".join(rules)
