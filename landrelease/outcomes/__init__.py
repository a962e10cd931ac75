"""What became of released land."""

from landrelease.outcomes.use import assess_use, match_follow_ups, use_summary

__all__ = ["assess_use", "match_follow_ups", "use_summary"]
