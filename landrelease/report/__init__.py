"""The report and the tables: they show what the frames say, and compute nothing but sums and one union."""

from __future__ import annotations

from landrelease.report.files import put_csv, put_geopackage
from landrelease.report.leaving import write_csv, write_geojson, write_geopackage
from landrelease.report.priority.page import write_priority_page
from landrelease.report.report import write_report
from landrelease.report.site.page import write_site_report

__all__ = [
    "put_csv",
    "put_geopackage",
    "write_csv",
    "write_geojson",
    "write_geopackage",
    "write_priority_page",
    "write_report",
    "write_site_report",
]
