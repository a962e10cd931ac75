"""What the registry answers with: what became of an import, and a table with what a reader must know beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from landrelease.cells import counted
from landrelease.rules import RULES

__all__ = ["Answer", "Import"]


@dataclass(frozen=True)
class Import:
    """What became of the rows of one import: each is new, known, in conflict, or in quarantine.

    `not_taken` has the rows in conflict and in quarantine with the reason, `findings` what `find_problems` says of
    the frame, also of rows that were taken. `changes` is what an export of areas says differently from the record,
    with what no event could take; `kept_apart` has the new names of areas whose ids another source uses.
    `batch_id` is None where nothing was new: nothing was written then.
    """

    batch_id: int | None
    source: str
    row_count: int
    new_count: int
    known_count: int
    conflict_count: int
    quarantined_count: int
    kept_apart: dict[str, str]
    not_taken: gpd.GeoDataFrame
    findings: pd.DataFrame
    changes: gpd.GeoDataFrame | None = None

    @property
    def doubtful_count(self) -> int:
        """Rows that were taken although a cell of theirs broke a rule: it is missing now."""
        is_must = self.findings["rule"].isin([number for number, rule in RULES.items() if rule.is_must])
        rows = set(self.findings.loc[is_must & (self.findings["row"] >= 0), "row"])
        return len(rows - set(self.not_taken["row"]))

    @property
    def danger_count(self) -> int:
        """Changes by which hazardous land would vanish without a release: it stays on record."""
        return 0 if self.changes is None else int(self.changes["is_danger"].sum())

    def __str__(self) -> str:
        apart = counted(len(self.kept_apart), "area", "areas")
        return (
            f"{self.row_count:,} rows of '{self.source}': {self.new_count:,} new events, {self.known_count:,} known, "
            f"{self.conflict_count:,} in conflict with the record, {self.quarantined_count:,} in quarantine"
            + (f"; {apart} kept apart from another source's" if self.kept_apart else "")
            + (f"; {self.doubtful_count:,} taken with a cell missing: see findings" if self.doubtful_count else "")
            + (f"; {self.danger_count:,} DANGEROUS changes: see changes" if self.danger_count else "")
        )


@dataclass(frozen=True)
class Answer:
    """A table, and what a reader must know beside it: how many rows on record are not in it, and as known when."""

    table: Any
    event_count: int
    quarantined_count: int
    conflict_count: int
    known_on: pd.Timestamp | None
    head: str

    def __str__(self) -> str:
        when = "all that is known" if self.known_on is None else f"what was known on {self.known_on.date()}"
        return (
            f"From {self.event_count:,} events, {when}; {self.quarantined_count:,} rows in quarantine and "
            f"{self.conflict_count:,} in conflict are not in it (log {self.head[:16]})\n{self.table}"
        )
