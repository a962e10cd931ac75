"""What became of released land."""

from landrelease.outcomes.groups import TimeToUse
from landrelease.outcomes.time_to_ends import time_to_ends
from landrelease.outcomes.time_to_use import time_to_use
from landrelease.outcomes.use import assess_use, match_follow_ups, use_summary

__all__ = ["TimeToUse", "assess_use", "match_follow_ups", "time_to_ends", "time_to_use", "use_summary"]
