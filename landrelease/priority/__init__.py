"""Which hazardous area first: criteria, schemes, scores that sum, their explanation, and how sure the order is."""

from __future__ import annotations

from landrelease.priority.access.access import AccessGain, access_gain
from landrelease.priority.benefit_cost import BenefitCost, benefit_cost
from landrelease.priority.explain.sentences import explain
from landrelease.priority.plan import Plan, budget_sweep, plan_clearance
from landrelease.priority.scheme.criteria import Band, Criterion, Measure, PriorityClass, Scheme, Threshold
from landrelease.priority.scheme.file import bundled_schemes, read_scheme
from landrelease.priority.scheme.table import criteria_table
from landrelease.priority.scheme.weights import FreeWeights, IntervalWeights, OrdinalWeights
from landrelease.priority.score.check import check_criteria
from landrelease.priority.score.ranking import Ranking, prioritise, unit_values
from landrelease.priority.stability.line import funding_line
from landrelease.priority.stability.sensitivity import Swap, leave_one_out, swap_weights
from landrelease.priority.stability.smaa import Stability, stability

__all__ = [
    "AccessGain",
    "Band",
    "BenefitCost",
    "Criterion",
    "FreeWeights",
    "IntervalWeights",
    "Measure",
    "OrdinalWeights",
    "Plan",
    "PriorityClass",
    "Ranking",
    "Scheme",
    "Stability",
    "Swap",
    "Threshold",
    "access_gain",
    "benefit_cost",
    "budget_sweep",
    "bundled_schemes",
    "check_criteria",
    "criteria_table",
    "explain",
    "funding_line",
    "leave_one_out",
    "plan_clearance",
    "prioritise",
    "read_scheme",
    "stability",
    "swap_weights",
    "unit_values",
]
