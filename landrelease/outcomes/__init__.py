"""What became of released land."""

from landrelease.outcomes.area_estimate import AreaEstimate, adjusted_area
from landrelease.outcomes.attribution import Attribution, attribute
from landrelease.outcomes.beneficiaries import Beneficiaries, beneficiaries, beneficiaries_seen
from landrelease.outcomes.disclosure import mask_points, publishable
from landrelease.outcomes.equity import Equity, equity, womens_share
from landrelease.outcomes.groups import TimeToUse
from landrelease.outcomes.pixels import mapped_classes
from landrelease.outcomes.sampling import follow_up_sample, sample_size
from landrelease.outcomes.time_to_ends import time_to_ends
from landrelease.outcomes.time_to_use import time_to_use
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
