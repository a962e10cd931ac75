"""What became of released land."""

from landrelease.outcomes.attribution import Attribution, attribute
from landrelease.outcomes.use import assess_use, match_follow_ups, use_summary

__all__ = ["Attribution", "assess_use", "attribute", "match_follow_ups", "use_summary"]
