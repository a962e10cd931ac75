"""Which hazardous area first: criteria, schemes, scores that sum, and their explanation."""

from __future__ import annotations

from landrelease.priority.criteria import Band, Criterion, Measure, Scheme
from landrelease.priority.scheme_file import bundled_schemes, read_scheme
from landrelease.priority.score import Ranking, check_criteria, prioritise
from landrelease.priority.sentences import explain
from landrelease.priority.table import criteria_table

__all__ = [
    "Band",
    "Criterion",
    "Measure",
    "Ranking",
    "Scheme",
    "bundled_schemes",
    "check_criteria",
    "criteria_table",
    "explain",
    "prioritise",
    "read_scheme",
]
