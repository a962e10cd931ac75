"""Who benefits from released land, how fairly, and what of it may leave the house."""

from __future__ import annotations

from landrelease.outcomes.people.beneficiaries import Beneficiaries, beneficiaries, beneficiaries_seen
from landrelease.outcomes.people.equity import Equity, equity
from landrelease.outcomes.people.masking import mask_points
from landrelease.outcomes.people.tables import publishable
from landrelease.outcomes.people.women import womens_share

__all__ = [
    "Beneficiaries",
    "Equity",
    "beneficiaries",
    "beneficiaries_seen",
    "equity",
    "mask_points",
    "publishable",
    "womens_share",
]
