"""What each section of the report shows: tables, sentences and pictures; nothing but sums and order."""

from __future__ import annotations

from landrelease.report.sections.account import account_section, doubt_section
from landrelease.report.sections.hazards import RankingLike, hazard_section
from landrelease.report.sections.headline import headline, key_figures, total_land
from landrelease.report.sections.inputs import input_table, parameter_table, problem_section
from landrelease.report.sections.use import (
    disagreement_section,
    evidence_table,
    unseen_section,
    unused_section,
    verdict_section,
)

__all__ = [
    "RankingLike",
    "account_section",
    "disagreement_section",
    "doubt_section",
    "evidence_table",
    "hazard_section",
    "headline",
    "input_table",
    "key_figures",
    "parameter_table",
    "problem_section",
    "total_land",
    "unseen_section",
    "unused_section",
    "verdict_section",
]
