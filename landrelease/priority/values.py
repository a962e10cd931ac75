"""Numbers out of the cells of a table: counts, amounts, yes and no; what is missing stays missing."""

from __future__ import annotations

from numbers import Real
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.cells import as_text
from landrelease.errors import DataError

Floats = npt.NDArray[np.float64]

__all__ = ["Floats", "as_ids", "as_numbers"]


def as_ids(values: pd.Series) -> pd.Series:
    """Return ids as text; whole numbers that a table holds as decimals have no point, as where files are read.

    Examples
    --------
    >>> as_ids(pd.Series([7.0, None])).tolist(), as_ids(pd.Series(["HA-7", None])).tolist()
    (['7', nan], ['HA-7', nan])
    >>> as_ids(pd.Series([], dtype="float64")).tolist()
    []
    """
    return as_text(values) if pd.api.types.is_float_dtype(values.dtype) else values.astype("str")


def as_numbers(values: pd.Series, what: str) -> Floats:
    """Return numbers, counts or yes and no as floats; missing is NaN.

    Raises DataError where a cell holds something else.

    Examples
    --------
    >>> as_numbers(pd.Series([True, None], dtype="boolean"), "column 'x'")
    array([ 1., nan])
    >>> as_numbers(pd.Series([], dtype="float64"), "column 'x'")
    array([], dtype=float64)
    >>> as_numbers(pd.Series(["12", "many"]), "column 'x'")
    Traceback (most recent call last):
    landrelease.errors.DataError: column 'x' must hold numbers: 1 of 2 rows do not, row 1 has 'many'.
      Fix: give each code a number with a 'values' table in the scheme, or correct the column.
    """
    if values.dtype == np.float64:
        numbers = values.to_numpy()  # not a copy
    elif pd.api.types.is_any_real_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        numbers = values.to_numpy(dtype="float64", na_value=np.nan)
    else:
        cells = values.astype("object").map(lambda cell: cell if isinstance(cell, str | Real) else None)
        numbers = pd.to_numeric(cells, errors="coerce").to_numpy(dtype="float64", na_value=np.nan)
    wrong = np.isinf(numbers) | (np.isnan(numbers) & values.notna().to_numpy())
    if wrong.any():
        position = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"{what} must hold numbers: {int(wrong.sum())} of {len(values)} rows do not, "
            f"row {position} has {values.iloc[position]!r}.\n"
            "  Fix: give each code a number with a 'values' table in the scheme, or correct the column."
        )
    return cast(Floats, numbers)
