"""Registries that earlier versions made open with the same head and give the same answers, worked out by hand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from landrelease.registry.store import Registry
from landrelease.registry.store.store import SCHEMA_VERSION

GOLDEN = sorted((Path(__file__).parent / "golden").glob("registry_v*.gpkg"))


@pytest.fixture(params=GOLDEN, ids=lambda path: path.stem)
def golden(request, tmp_path, another, backend, opened) -> Registry:
    """A copy of a golden registry, on both stores; the golden one itself is never opened."""
    path = Path(shutil.copy(request.param, tmp_path))
    if backend == "geopackage":
        return opened(path)
    address = another()
    opened(path).backup(address)
    return opened(address)


def test_there_is_one_for_each_form():
    assert [path.stem for path in GOLDEN] == [f"registry_v{form}" for form in range(1, SCHEMA_VERSION + 1)]
    assert all(path.stat().st_size < 200_000 for path in GOLDEN)


def test_the_head_is_that_of_its_day_and_all_holds(golden, request):
    path = request.node.callspec.params["golden"]
    assert golden.head == path.with_suffix(".head").read_text(encoding="ascii").strip()
    assert golden.verify().empty


def test_the_log(golden):
    events = golden.events()
    assert events["event_id"].tolist() == ["1", "2", "3", "void:2@2", "2@2", "1~OPERATOR", "void:1~OPERATOR"]
    assert events["registered_at"].dt.month.tolist() == [1, 1, 1, 2, 2, 3, 4]
    assert golden.quarantine()[["event_id", "row"]].values.tolist() == [["4", 3]]
    assert golden.conflicts()["event_id"].tolist() == ["3"]
    assert golden.batches()["source"].tolist() == ["IMSMA", "IMSMA", "OPERATOR", "registry", "IMSMA"]
    assert events.set_index("event_id").loc["1~OPERATOR", ["operator", "depth_m"]].tolist() == ["Deux é", 0.2]


@pytest.mark.parametrize(
    ("known_on", "expected"),
    [
        ("2024-01-09", {}),
        ("2024-01-10", {"A": ("in_progress", 5000), "B": ("open", 5000)}),
        ("2024-02-10", {"A": ("released", 0), "B": ("open", 5000)}),
        ("2024-03-10", {"A": ("released", 0), "B": ("in_progress", 3000)}),
        ("2024-04-10", {"A": ("released", 0), "B": ("open", 5000)}),
        (None, {"A": ("released", 0), "B": ("open", 5000)}),
    ],
)
def test_the_states(golden, known_on, expected):
    areas = golden.status_on("2022-12-31", known_on=known_on).table
    found = {row.area_id: (row.status, round(row.area_m2, -1)) for row in areas.itertuples()}
    assert found == expected


def test_the_account(golden):
    answer = golden.land_balance(start="2020-01-01", end="2022-12-31", by="admin_code", known_on="2024-03-31")
    account = answer.table.set_index(["admin_code", "year"]).drop(columns="unexplained_m2").round(1)
    lines = ["opening_m2", "newly_recorded_m2", "reduced_m2", "cleared_m2", "closing_m2"]
    assert account.loc[("P1", 2020), lines].tolist() == [0, 10000, 0, 0, 10000]
    assert account.loc[("P1", 2021), lines].tolist() == [10000, 0, 10000, 0, 0]
    assert account.loc[("P2", 2021), lines].tolist() == [0, 5000, 0, 0, 5000]
    assert account.loc[("P2", 2022), lines].tolist() == [5000, 0, 0, 2000, 3000]
    assert (answer.quarantined_count, answer.conflict_count) == (1, 1)


def test_it_can_be_added_to(golden):
    head = golden.head
    voided = golden.void(batch_id=2, reason="wrong")
    assert len(voided) == 2
    assert golden.head != head
    areas = golden.status_on("2022-12-31").table.set_index("area_id")
    assert areas.loc["A", "area_m2"] == pytest.approx(5000, rel=1e-4)
    assert golden.verify().empty
