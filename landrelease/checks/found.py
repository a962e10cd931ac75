"""Cells as they stand in any frame, ids as a reader takes them, and the frame of problems that is made of them."""

from __future__ import annotations

import re
import unicodedata
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from landrelease.tables import Table

__all__ = ["PROBLEM_COLUMNS", "as_dates", "as_numbers", "as_written", "cells_of", "id_key", "is_truth", "one_id_key",
           "problems_of", "whole_problem"]  # fmt: skip

_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\U000e0000-\U000e0fff]"
)
"""What Unicode has for software to ignore when it draws a text."""
_ALIKE = str.maketrans(
    "\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425\u0406\u0408\u0430\u0435\u043e\u0440\u0441\u0445\u0456\u0458"
    "\u0391\u0392\u0395\u0396\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7\u03bf"
    "\u0130\u0131\u2010\u2011\u2012\u2013\u2014\u2015\u2212",
    "ABEKMHOPCTXIJaeopcxijABEZHIKMNOPTYXoIi-------",
)
"""Letters of Cyrillic and Greek that look like Latin ones, the dotted and the dotless i, and dashes."""
PROBLEM_COLUMNS = ["row", "id", "column", "rule", "value", "message"]


def as_written(values: pd.Series) -> pd.Series:
    """Return any values as text that can be written; missing stays missing."""
    if values.dtype == "str":
        return values
    missing = values.isna().to_numpy()
    texts = [
        None if one else str(value).encode(errors="replace").decode()
        for value, one in zip(values.astype("object"), missing, strict=True)
    ]
    return pd.Series(texts, index=values.index, dtype="str")


def id_key(ids: pd.Series) -> pd.Series:
    """Return what two ids that a reader takes for the same have in common."""
    text = ids.astype("str")
    is_odd = ~text.str.fullmatch("[!-~]+").to_numpy(dtype=bool, na_value=True)
    key = text.str.lower()
    key[is_odd] = text[is_odd].map(one_id_key, na_action="ignore").astype("str")
    return key


def one_id_key(text: str) -> str:
    """Return an id without what no reader sees: width, case, marks without width, look-alikes, how many blanks.

    Examples
    --------
    >>> one_id_key(" HA\u200b-1"), one_id_key("\u041d\u0410\u20131"), one_id_key("HA  1"), one_id_key("\u200b")
    ('ha-1', 'ha-1', 'ha 1', '')
    """
    plain = unicodedata.normalize("NFKC", text)
    if not plain.isascii():
        plain = _UNSEEN.sub("", plain.translate(_ALIKE))
    return " ".join(plain.split()).casefold()


def as_numbers(values: pd.Series) -> np.ndarray[Any, Any]:
    """Return numbers, and text that is one; all else is missing."""
    if pd.api.types.is_numeric_dtype(values.dtype) and values.dtype.kind in "iuf":
        return values.to_numpy(dtype=float, na_value=np.nan)
    return pd.to_numeric(as_written(values), errors="coerce").to_numpy(dtype=float, na_value=np.nan)


def as_dates(values: pd.Series) -> pd.Series:
    """Return real dates and ISO 8601 text as days; all else, numbers too, is no date."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return (values if values.dt.tz is None else values.dt.tz_localize(None)).astype("datetime64[us]")
    days = as_written(values).str.extract(r"^(\d{4}-\d{2}-\d{2})(?:[T ].*)?$")[0]
    return pd.to_datetime(days, format="%Y-%m-%d", errors="coerce").astype("datetime64[us]")


def is_truth(value: object) -> bool:
    """Tell yes and no, also as 1 and 0."""
    return isinstance(value, bool | np.bool_) or (isinstance(value, Real) and value in (0, 1))


def problems_of(
    frame: pd.DataFrame,
    table: Table,
    positions: np.ndarray[Any, Any],
    column: str,
    rule: str,
    values: Any,
    message: Any,
) -> pd.DataFrame:
    """Return one problem for each position; value and message are one for all, or one each."""
    ids = as_written(frame[table.id].iloc[positions]).fillna("").to_numpy() if table.id in frame else ""
    return pd.DataFrame(
        {"row": positions, "id": ids, "column": column, "rule": rule, "value": values, "message": message},
        columns=PROBLEM_COLUMNS,
    )


def whole_problem(column: str, message: str, rule: str = "R1") -> pd.DataFrame:
    """Return a problem of the whole frame: its row is -1."""
    return pd.DataFrame([(-1, "", column, rule, "", message)], columns=PROBLEM_COLUMNS)


def cells_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column; one that the frame lacks is missing throughout."""
    return frame[name] if name in frame else pd.Series(None, index=frame.index, dtype="object")
