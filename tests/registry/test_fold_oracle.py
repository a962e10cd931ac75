"""Every state and every release of random registries, against events replayed at single points."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import shapely
from oracle_points import as_frame, grid, grid_shape, hazardous, registry, released, scattered, wild_shape

from landrelease.registry import releases_from, status_on

SIZE, STEP = 20, 50.0
SHAPES = {"rectangles": grid_shape, "polygons": wild_shape}


def drawn(seed: int, kind: str):
    rng = np.random.default_rng(seed)
    rows = registry(rng, SHAPES[kind], SIZE, STEP)
    points = grid(SIZE, STEP) if kind == "rectangles" else scattered(rng, 800, SIZE * STEP, rows)
    return rng, rows, points


@pytest.mark.parametrize("kind", list(SHAPES))
@pytest.mark.parametrize("seed", range(4))
def test_each_point_is_hazardous_exactly_when_the_records_say_so(seed, kind):
    rng, rows, points = drawn(seed, kind)
    events = as_frame(rows)
    for year in rng.integers(2009, 2019, 3):
        day = date(int(year), int(rng.integers(1, 13)), int(rng.choice([1, 10, 15, 20, 28])))
        stood = status_on(events, day)
        states = dict(zip(stood["area_id"], stood.geometry, strict=True))
        wrong = {}
        for area, expected in hazardous(rows, points, day).items():
            found = shapely.covers(states.get(area), points)
            if (found != expected).any():
                wrong[area] = int((found != expected).sum())
        assert wrong == {}, f"seed {seed}, {day}"


@pytest.mark.parametrize("kind", list(SHAPES))
@pytest.mark.parametrize("seed", range(106, 110))
def test_each_point_is_in_the_release_that_released_it_for_good(seed, kind):
    _, rows, points = drawn(seed, kind)
    events = as_frame(rows)
    for end in (None, date(2014, 12, 31)):
        releases = releases_from(events, end=end)
        expected = released(rows, points, end)
        assert set(releases["release_id"]) == set(expected)
        found = {
            name: shapely.covers(shape, points)
            for name, shape in zip(releases["release_id"], releases.geometry, strict=True)
        }
        wrong = {one: int((found[one] != expected[one]).sum()) for one in expected}
        assert not any(wrong.values()), wrong
        assert np.sum(list(found.values()), axis=0).max(initial=0) <= 1, "land in two releases"
        if found:
            still = hazardous(rows, points, end or date(2099, 1, 1))
            held = np.logical_or.reduce(list(still.values()))
            assert not (held & np.logical_or.reduce(list(found.values()))).any(), "hazardous and released"


def test_the_random_registries_have_events_of_every_kind():
    kinds = {row["event"] for seed in range(15) for row in drawn(seed, "rectangles")[1]}
    assert kinds >= {
        *("suspected", "confirmed", "reopened", "cancelled", "reduced", "cleared", "corrected", "split", "merged"),
        *("suspended", "handed_over", "void", "noted"),
    }


def test_the_oracle_can_fail():
    """An oracle that can not tell a wrong result proves nothing: clear too much, and it must say so."""
    found = 0
    for seed in range(8):
        _, rows, points = drawn(seed, "rectangles")
        cleared = [{**row, "geometry": None} if row["event"] == "cleared" else row for row in rows]
        states = status_on(as_frame(cleared), "2018-01-01")
        states = dict(zip(states["area_id"], states.geometry, strict=True))
        expected = hazardous(rows, points, date(2018, 1, 1))
        found += any((shapely.covers(states.get(area), points) != land).any() for area, land in expected.items())
    assert found >= 3
