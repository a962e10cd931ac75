"""Every table once: its columns with units and meanings, and the code lists.

`docs/columns.md` is made from these declarations, `describe(table)` shows them, `read` and the rules follow
them. A column's name ends in its unit (rule 2).
"""

from landrelease.tables.codes import (
    CODES,
    HAZARD_EVENTS,
    NO_HAZARD,
    PART,
    READINGS,
    RELEASE_EVENTS,
    USE_GROUPS,
    sector_group,
    use_group,
)
from landrelease.tables.columns import DTYPES, Column, Table
from landrelease.tables.declared import TABLES
from landrelease.tables.frames import conform, describe
from landrelease.tables.hxl import hxl_tag
from landrelease.tables.persons import is_person_column
from landrelease.tables.results import RESULTS

__all__ = [
    "CODES",
    "DTYPES",
    "HAZARD_EVENTS",
    "NO_HAZARD",
    "PART",
    "READINGS",
    "RELEASE_EVENTS",
    "RESULTS",
    "TABLES",
    "USE_GROUPS",
    "Column",
    "Table",
    "conform",
    "describe",
    "hxl_tag",
    "is_person_column",
    "sector_group",
    "use_group",
]
