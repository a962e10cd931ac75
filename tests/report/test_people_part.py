"""People in a report: no small number leaves, in no form and in no figure, and none can be worked out."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease import beneficiaries
from landrelease.report.document.model import WITHHELD, Part
from landrelease.report.kinds.people import WHO, people_section

SMALLEST = 10


def section(rows: list[tuple[str | None, int | None, int | None, int | None]]) -> tuple[Part, ...]:
    """Rows of unit, women, men and people with a disability, all of them confirmed users."""
    records = pd.DataFrame(rows, columns=["unit_above", "women_count", "men_count", "with_disability_count"])
    records = records.assign(
        record_id=records.index.astype("str"), release_id=records.index.astype("str"), stage_code="confirmed",
        beneficiary_code="direct",
    )  # fmt: skip
    return people_section(beneficiaries(records, by="unit_above"), smallest=SMALLEST).parts


def test_figures_are_the_totals_of_the_table_and_the_table_sums() -> None:
    part = next(one for one in section([("N", 20, 30, None), ("S", 40, 50, 12), (None, 11, 0, None)]) if one.figures)
    rows = {row[0]: row[1:] for row in part.tables[0].rows}
    assert set(rows) == {"N", "S", "not known", "total"}
    names = [column.label for column in part.tables[0].columns][1:]
    assert names == [*(who.capitalize() for who in WHO.values()), "All"]
    assert rows["N"][0] == 20
    assert rows["total"][-1] == 151
    figures = {one.label: one.value for one in part.figures}
    assert figures["People"] == 151
    assert figures["Women"] == 71
    assert figures["Girls"] is None
    assert figures["With a disability"] == 12
    assert part.basis is not None
    assert (part.basis.n, part.basis.missing_share) == (3, 1.0)  # nobody told of girls and boys


@pytest.mark.parametrize(("disabled", "shown"), [(3, WITHHELD), (45, WITHHELD), (50, 50), (0, 0), (20, 20)])
def test_disability_is_withheld_where_it_or_what_it_leaves_is_small(disabled: int, shown: object) -> None:
    part = next(one for one in section([("N", 25, 25, disabled)]) if one.figures)
    assert {one.label: one.value for one in part.figures}["With a disability"] == shown
    assert part.figures[-1].note.startswith("at least")


def test_a_unit_that_is_called_as_the_total_is_none() -> None:
    part = next(one for one in section([("total", 20, 30, None), ("S", 40, 50, None)]) if one.figures)
    assert [row[0] for row in part.tables[0].rows] == ["S", "total (a unit)", "total"]


def test_nothing_small_is_in_the_figures_of_a_small_programme() -> None:
    part = next(one for one in section([("N", 3, 4, 1)]) if one.figures)
    assert {one.value for one in part.figures} == {WITHHELD, None}


counts = st.one_of(st.integers(0, 40), st.just(0))


@settings(max_examples=25)
@given(st.lists(st.tuples(counts, counts), min_size=1, max_size=4))
def test_no_small_number_is_printed_and_none_follows_from_one_line(pairs: list[tuple[int, int]]) -> None:
    rows = [(f"U{i}", women, men, None) for i, (women, men) in enumerate(pairs)]
    parts = [one for one in section(rows) if one.figures]
    for part in parts:
        grid = [row[1:] for row in part.tables[0].rows]
        printed = [cell for row in grid for cell in row if isinstance(cell, int)]
        printed += [one.value for one in part.figures if isinstance(one.value, int)]
        assert all(cell == 0 or cell >= SMALLEST for cell in printed)
        lines = [*grid, *map(list, itertools.zip_longest(*grid))]
        for line in lines:  # a line with one cell withheld would tell it
            if any(cell is not None for cell in line):
                assert sum(cell == WITHHELD for cell in line) != 1
