"""The report: one page that shows what the frames say, and computes nothing but sums."""

from __future__ import annotations

from landrelease.report.report import write_report

__all__ = ["write_report"]
