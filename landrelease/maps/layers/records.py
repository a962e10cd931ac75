"""What else is on record of a shape, for its card: visits, land cover, projects, photos, as small tables."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from landrelease.errors import DataError
from landrelease.maps.html.tiles import is_beside
from landrelease.maps.layers.frames import require_columns
from landrelease.maps.layers.payload import whole_text
from landrelease.maps.style import LABELS, label_of, unit_of
from landrelease.maps.words import parts_of
from landrelease.said import Said, say

__all__ = ["RECORDS", "Records", "checked_photos", "heads", "records_of"]

RECORDS = "records of the row"
"""The hidden column in which they travel; it has spaces, as no column of a table has."""


@dataclass(frozen=True)
class Records:
    """One kind of record: a frame with the id of the shape, and the columns of it that are shown."""

    title: str
    frame: pd.DataFrame
    key: str
    columns: Mapping[str, str]
    """Column -> head of the table."""
    link: str = ""
    """The column of paths of files beside the page."""


def records_of(keys: pd.Series, kinds: Sequence[Records]) -> pd.Series:
    """Return all that is on record of each shape, as JSON text in the order of the kinds; texts of ours are lists.

    A kind of which a shape has no record stays, without rows: that nothing is on record is said.

    Examples
    --------
    >>> visits = pd.DataFrame({"release_id": ["R-1"], "visit_date": pd.to_datetime(["2021-05-01"])})
    >>> kind = Records("Visits", visits, "release_id", {"visit_date": "Day"})
    >>> records_of(pd.Series(["R-1", "R-2"]), [kind]).tolist()
    ['[["Visits", ["Day"], [["2021-05-01"]], []]]', '[["Visits", ["Day"], [], []]]']
    """
    said: list[dict[Any, tuple[list[list[Any]], list[str]]]] = []
    for kind in kinds:
        own = kind.frame[kind.frame[kind.key].isin(keys)].reset_index(drop=True)
        cells = pd.DataFrame({name: _texts(own[name], name) for name in kind.columns}, index=own.index, dtype=object)
        links = own[kind.link].astype(object).tolist() if kind.link else []
        rows = [
            [parts_of(one) if isinstance(one, Said) else one for one in row] for row in cells.to_numpy(dtype=object)
        ]
        groups = own.groupby(kind.key, sort=False).indices
        said.append(
            {key: ([rows[i] for i in at], [links[i] for i in at] if links else []) for key, at in groups.items()}
        )
    texts = []
    for key in keys:
        parts = []
        for kind, found in zip(kinds, said, strict=True):
            rows_of, links_of = found.get(key, ([], []))
            parts.append([kind.title, list(kind.columns.values()), rows_of, links_of])
        texts.append(json.dumps(parts, ensure_ascii=False))
    return pd.Series(texts, index=keys.index, dtype="object")


def _texts(values: pd.Series, name: str) -> list[str | None]:
    """Return values as a page says them; None where nothing is known."""
    unit, labels = unit_of(name), LABELS.get(name, {})

    def said(value: Any) -> str | None:
        if pd.isna(value):
            return None
        if isinstance(value, pd.Timestamp):
            return f"{value:%Y-%m-%d}"
        if isinstance(value, bool):
            return say("yes" if value else "no")
        if isinstance(value, (int, float)) or hasattr(value, "dtype"):
            number = float(value)
            if unit == "share":
                return say("{0} %", f"{100 * number:.3g}")
            return say({"m": "{0} m", "days": "{0} d"}.get(unit, "{0}"), f"{number:,.0f}")
        if isinstance(value, Said):
            return value
        return say(labels[str(value)]) if str(value) in labels else whole_text(str(value))

    return [said(value) for value in values]


def checked_photos(photos: pd.DataFrame) -> pd.DataFrame:
    """Return photos whose paths lead to files beside the page, or raise DataError.

    Examples
    --------
    >>> photos = pd.DataFrame({"release_id": ["R-1"], "photo_path": ["photos/1.jpg"]})
    >>> len(checked_photos(photos)), len(checked_photos(photos.iloc[:0]))
    (1, 0)
    >>> checked_photos(photos.assign(photo_path="../1.jpg"))
    Traceback (most recent call last):
    landrelease.errors.DataError: 'photos': 1 of 1 paths lead out of the folder of the page, the first is ...
    """
    require_columns(photos, "photos", ["release_id", "photo_path"])
    kept = photos[photos["photo_path"].notna()]
    wrong = [path for path in kept["photo_path"] if not is_beside(str(path))]
    if wrong:
        raise DataError(
            f"'photos': {len(wrong)} of {len(kept)} paths lead out of the folder of the page, the first is "
            f"{wrong[0]!r}.\n  Fix: put the photos beside the page and give paths such as 'photos/1.jpg'"
        )
    return kept


def heads(*columns: str) -> dict[str, str]:
    """Return columns with what the pages call them."""
    return {column: label_of(column) for column in columns}
