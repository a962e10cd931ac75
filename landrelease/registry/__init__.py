"""Every area ever suspect: what happened to it, how it stood on any day, and accounts that close."""

from landrelease.registry.balance import land_balance, restated_since
from landrelease.registry.compare import compare_exports
from landrelease.registry.history import events_from_areas, history_of, status_on
from landrelease.registry.periods import status_periods
from landrelease.registry.published import check_published
from landrelease.registry.reconcile import reconcile
from landrelease.registry.releases import conflicts_on, releases_from
from landrelease.registry.site import SiteCheck, check_site
from landrelease.registry.snapshots import events_from_changes
from landrelease.registry.store import Answer, Import, Registry
from landrelease.registry.treaty import TreatyTables, treaty_tables

__all__ = [
    "Answer",
    "Import",
    "Registry",
    "SiteCheck",
    "TreatyTables",
    "check_published",
    "check_site",
    "compare_exports",
    "conflicts_on",
    "events_from_areas",
    "events_from_changes",
    "history_of",
    "land_balance",
    "reconcile",
    "releases_from",
    "restated_since",
    "status_on",
    "status_periods",
    "treaty_tables",
]
