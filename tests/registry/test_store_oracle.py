"""What a registry says of a day, as known on another, against a third reading of the records at single points."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from oracle_asof import Import, hazardous, read, scattered, story, tell, wrong_points

from landrelease.registry import status_on


def days(rng: np.random.Generator, count: int) -> list[tuple[date, date]]:
    """Pairs of a day and a day on which it was asked; the second is often long after the first, sometimes before."""
    first, after = date(2008, 1, 1), rng.integers([0, 1461], [4500, 4500], (count, 2))
    return [(first + timedelta(int(day)), first + timedelta(int(known_on))) for day, known_on in after]


ON_A_SERVER = [pytest.param("postgis", seed, marks=pytest.mark.postgis) for seed in range(2)]


@pytest.mark.parametrize(
    ("backend", "seed"), [*(("geopackage", seed) for seed in range(12)), *ON_A_SERVER], indirect=["backend"]
)
def test_each_point_is_hazardous_when_the_records_known_then_say_so(seed, another, opened, clock):
    rng = np.random.default_rng(7000 + seed)
    told = story(rng)
    registry = opened(another())
    tell(told, registry, clock)
    points, events = scattered(rng, 2000, told), registry.events()
    asked = {(day, known_on): wrong_points(told, events, status_on, points, day, known_on)
             for day, known_on in [*days(rng, 3), (date(2099, 1, 1), date(2099, 1, 1))]}  # fmt: skip
    assert not any(asked.values()), asked
    day, known_on = days(rng, 1)[0]
    assert not wrong_points(told, registry.events(known_on=known_on.isoformat()), status_on, points, day, known_on)
    assert registry.verify().query("is_broken").empty


def test_the_stories_have_all_that_can_happen():
    told = [one for seed in range(12) for one in story(np.random.default_rng(7000 + seed))]
    rows = [row for one in told for row in one.records]
    assert {row["kind"] for row in rows} == {
        *("suspected", "confirmed", "reopened", "cancelled", "reduced", "cleared", "corrected", "noted", "suspended"),
        "void",
    }
    assert any(one.undoes_event is not None for one in told)
    assert any(one.undoes_import is not None for one in told)
    assert any(row["day"] is None for row in rows)
    assert any(row["revision"] > 1 for row in rows)
    log = [one for seed in range(12) for one in read(story(np.random.default_rng(7000 + seed)))]
    assert sum(one.undoes is not None for one in log) > 100


def without_undoing(told: list[Import]) -> list[Import]:
    """Say nothing of what was undone."""
    return [one for one in told if one.undoes_event is None and one.undoes_import is None]


def without_revisions(told: list[Import]) -> list[Import]:
    """Say nothing of what was revised, or of voids by its own office."""
    return [replace(one, records=[row for row in one.records if row["revision"] == 1 and row["voids"] is None])
            for one in without_undoing(told)]  # fmt: skip


@pytest.mark.parametrize("lie", [without_undoing, without_revisions, lambda told: told[:-4]])
def test_the_reading_can_fail(lie):
    """A reading that can not tell a wrong answer proves nothing: leave something out, and points must differ."""
    found = 0
    for seed in range(8):
        rng = np.random.default_rng(7000 + seed)
        told = story(rng)
        points, day = scattered(rng, 500, told), date(2030, 1, 1)
        one, other = hazardous(told, points, day), hazardous(lie(told), points, day)
        found += any(area not in other or (one[area] != other[area]).any() for area in one)
    assert found >= 2
