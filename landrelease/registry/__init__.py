"""Every area ever suspect: what happened to it, how it stood on any day, and accounts that close."""

from landrelease.registry.balance import land_balance
from landrelease.registry.history import events_from_areas, history_of, status_on
from landrelease.registry.releases import conflicts_on, releases_from

__all__ = ["conflicts_on", "events_from_areas", "history_of", "land_balance", "releases_from", "status_on"]
