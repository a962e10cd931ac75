"""Which hazardous area first: criteria, schemes, scores that sum, and their explanation."""

from __future__ import annotations

from landrelease.priority.check import check_criteria
from landrelease.priority.criteria import Band, Criterion, Measure, PriorityClass, Scheme, Threshold
from landrelease.priority.scheme_file import bundled_schemes, read_scheme
from landrelease.priority.score import Ranking, prioritise, unit_values
from landrelease.priority.sentences import explain
from landrelease.priority.table import criteria_table

__all__ = [
    "Band",
    "Criterion",
    "Measure",
    "PriorityClass",
    "Ranking",
    "Scheme",
    "Threshold",
    "bundled_schemes",
    "check_criteria",
    "criteria_table",
    "explain",
    "prioritise",
    "read_scheme",
    "unit_values",
]
