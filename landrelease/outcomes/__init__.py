"""What became of released land."""

from landrelease.outcomes.attribution import Attribution, attribute
from landrelease.outcomes.hectares import AreaEstimate, adjusted_area, follow_up_sample, mapped_classes, sample_size
from landrelease.outcomes.people import (
    Beneficiaries,
    Equity,
    beneficiaries,
    beneficiaries_seen,
    equity,
    mask_points,
    publishable,
    womens_share,
)
from landrelease.outcomes.times import TimeToUse, time_to_ends, time_to_use
from landrelease.outcomes.use import assess_use, match_follow_ups, use_summary

__all__ = [
    "AreaEstimate",
    "Attribution",
    "Beneficiaries",
    "Equity",
    "TimeToUse",
    "adjusted_area",
    "assess_use",
    "attribute",
    "beneficiaries",
    "beneficiaries_seen",
    "equity",
    "follow_up_sample",
    "mapped_classes",
    "mask_points",
    "match_follow_ups",
    "publishable",
    "sample_size",
    "time_to_ends",
    "time_to_use",
    "use_summary",
    "womens_share",
]
