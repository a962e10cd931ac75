"""Who else should be there: coordination, money, capacity, goals, and comparison between programmes."""

from landrelease.linkage.capacity import CapacityProfile, capacity_profile
from landrelease.linkage.exchange import Comparison, compare, programme_indicators
from landrelease.linkage.funding import FundingProfile, funding_profile
from landrelease.linkage.gaps import CoordinationGaps, coordination_gaps
from landrelease.linkage.sdg import sdg_table

__all__ = [
    "CapacityProfile", "Comparison", "CoordinationGaps", "FundingProfile", "capacity_profile", "compare",
    "coordination_gaps", "funding_profile", "programme_indicators", "sdg_table",
]  # fmt: skip
