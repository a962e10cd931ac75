"""Who else should be there: coordination, money, capacity, goals, and comparison between programmes."""

from landrelease.linkage.gaps import CoordinationGaps, coordination_gaps

__all__ = ["CoordinationGaps", "coordination_gaps"]
