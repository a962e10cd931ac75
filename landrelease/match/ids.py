"""Which column of a frame is its id."""

from __future__ import annotations

import pandas as pd

from landrelease.errors import DataError
from landrelease.tables import TABLES

__all__ = ["id_column"]

_FIRST = ("release_id", "area_id")
_LAST = ("admin_code",)
"""Many tables name the unit that a row lies in: it is an id only where nothing else is."""
KNOWN_IDS = (
    *_FIRST,
    *(table.id for table in TABLES.values() if table.id not in (*_FIRST, *_LAST)),
    *_LAST,
)
"""Columns that can identify a row, in the order in which they are looked for."""


def id_column(frame: pd.DataFrame, what: str = "frame") -> str:
    """Return the name of the column that identifies the rows of a frame.

    Parameters
    ----------
    frame : DataFrame
        Any table of landrelease, or a result that kept its id.
    what : str
        The name of the frame in error messages.

    Returns
    -------
    str
        The first that the frame has of release_id, area_id, the ids of the other tables, admin_code.

    Raises
    ------
    DataError
        The frame has none of them.

    Examples
    --------
    >>> id_column(pd.DataFrame({"area_id": ["A1"], "release_id": ["E7"]}))
    'release_id'
    >>> id_column(pd.DataFrame({"admin_code": [], "need_id": []}))
    'need_id'
    >>> id_column(pd.DataFrame({"name": ["Field"]}), "layer")
    Traceback (most recent call last):
    landrelease.errors.DataError: 'layer' has no id column: it needs one of release_id, area_id, ...
      Fix: name it on reading, read(..., columns={...}, or ids='geometry' where the file has none).
    """
    for name in KNOWN_IDS:
        if name in frame.columns:
            return name
    raise DataError(
        f"'{what}' has no id column: it needs one of {', '.join(KNOWN_IDS)}; "
        f"it has {', '.join(map(str, frame.columns)) or 'no columns'}."
        f"\n  Fix: name it on reading, read(..., columns={{...}}, or ids='geometry' where the file has none)."
    )
