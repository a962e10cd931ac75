"""The main job: a programme file in, every product out, by nothing but public functions."""

from __future__ import annotations

from landrelease.job.main import Products, run, sample_programme
from landrelease.job.rank import PlanProducts, RankProducts, plan_programme, rank_programme
from landrelease.job.report import ReportProducts, report_programme

__all__ = [
    "PlanProducts",
    "Products",
    "RankProducts",
    "ReportProducts",
    "plan_programme",
    "rank_programme",
    "report_programme",
    "run",
    "sample_programme",
]
