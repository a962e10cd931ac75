"""Parts of the report of outcomes: land under crops where it is known, and counts that look like years."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from landrelease import treaty_tables, use_summary
from landrelease.report.document.model import Figure, Part, Section
from landrelease.report.kinds.outcomes import treaty_section, use_section


def assessed(use: str | None, productive_m2: float, unknown_m2: float) -> pd.DataFrame:
    """One release of 1,000 m2 with one use."""
    cells = {
        "release_id": "R1", "area_m2": 1000.0, "as_intended_m2": productive_m2, "other_productive_m2": 0.0,
        "productive_m2": productive_m2, "unused_m2": 1000 - productive_m2 - unknown_m2, "unknown_m2": unknown_m2,
        "use_code": use, "verdict": "used_as_intended", "release_type": "cleared", "release_year": 2020,
    }  # fmt: skip
    return pd.DataFrame([cells]).astype({"use_code": "str"})


def part_of(section: Section, title: str) -> Part:
    return next(part for part in section.parts if part.title == title)


def cultivated(assessment: pd.DataFrame) -> Figure:
    section = use_section(assessment, {"all": use_summary(assessment)}, date(2025, 12, 31))
    return part_of(section, "By main use").figures[0]


@pytest.mark.parametrize(
    ("use", "productive_m2", "unknown_m2", "value", "said"),
    [
        ("agriculture_rainfed", 400, 100, 400, "100 m² more nobody has looked at"),
        ("road", 400, 100, 0, "100 m² more nobody has looked at"),  # known, and none of it is crops
        (None, 400, 0, None, "400 m² more is in productive use, for what is not known"),
        (None, 0, 0, 0, ""),  # all of it was looked at, and none is in use
        (None, 0, 1000, None, "1,000 m² more nobody has looked at"),
    ],
)
def test_land_under_crops_is_0_at_least_where_uses_are_known(
    use: str | None, productive_m2: float, unknown_m2: float, value: float | None, said: str
) -> None:
    figure = cultivated(assessed(use, productive_m2, unknown_m2))
    assert figure.value == value
    assert figure.note == "; ".join(["productive land whose main use is crops", *([said] if said else [])])


@pytest.mark.parametrize("count", [1974, 1975, 2024, 2100])
def test_a_count_is_no_year_however_large(count: int) -> None:
    events = gpd.GeoDataFrame(
        {"event_id": ["1", "2"], "area_id": ["A", "A"], "admin_code": ["N", "N"], "event": ["confirmed", "cleared"],
         "event_date": pd.to_datetime(["2020-03-01", "2024-06-01"]), "ap_mine_count": [None, count]},
        geometry=[shapely.box(0, 0, 100, 100), shapely.box(0, 0, 40, 100)], crs=6933,
    )  # fmt: skip
    section = treaty_section(treaty_tables(events, start="2023-01-01", end="2024-12-31"))
    kinds = {column.label: column.kind for part in section.parts for table in part.tables for column in table.columns}
    assert [label for label, kind in kinds.items() if kind == "year"] == ["Year"]
    destroyed = part_of(section, "What was destroyed").tables[0]
    assert count in destroyed.rows[0]
    assert {column.kind for column in destroyed.columns} == {"text", "count"}
