"""The frames that functions return, column by column: a module for each room."""

from __future__ import annotations

from landrelease.tables.columns import Table
from landrelease.tables.results.linkage import LINKAGE_RESULTS
from landrelease.tables.results.match import MATCH_RESULTS
from landrelease.tables.results.outcomes import OUTCOMES_RESULTS
from landrelease.tables.results.priority import PRIORITY_RESULTS
from landrelease.tables.results.registry import REGISTRY_RESULTS

__all__ = ["RESULTS"]

_ROOMS = (MATCH_RESULTS, OUTCOMES_RESULTS, REGISTRY_RESULTS, PRIORITY_RESULTS, LINKAGE_RESULTS)
RESULTS: dict[str, Table] = {table.name: table for room in _ROOMS for table in room}
"""The frames that functions return."""
