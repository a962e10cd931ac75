"""Every area ever suspect: what happened to it, how it stood on any day, and accounts that close."""

from landrelease.registry.balance import land_balance
from landrelease.registry.history import conflicts_on, events_from_areas, history_of, releases_from, status_on

__all__ = ["conflicts_on", "events_from_areas", "history_of", "land_balance", "releases_from", "status_on"]
