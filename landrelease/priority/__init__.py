"""Which hazardous area first: criteria, schemes, scores that sum, and their explanation."""

from __future__ import annotations

from landrelease.priority.access import AccessGain, access_gain
from landrelease.priority.benefit_cost import BenefitCost, benefit_cost
from landrelease.priority.criteria import Band, Criterion, Measure, Scheme, bundled_schemes, read_scheme
from landrelease.priority.score import Ranking, check_criteria, prioritise
from landrelease.priority.sentences import explain
from landrelease.priority.table import criteria_table

__all__ = [
    "AccessGain",
    "Band",
    "BenefitCost",
    "Criterion",
    "Measure",
    "Ranking",
    "Scheme",
    "access_gain",
    "benefit_cost",
    "bundled_schemes",
    "check_criteria",
    "criteria_table",
    "explain",
    "prioritise",
    "read_scheme",
]
