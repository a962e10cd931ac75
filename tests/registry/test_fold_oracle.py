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
@pytest.mark.parametrize("seed", range(15))
def test_each_point_is_hazardous_exactly_when_the_records_say_so(seed, kind):
    rng, rows, points = drawn(seed, kind)
    events = as_frame(rows)
    for year in rng.integers(2009, 2019, 4):
        day = date(int(year), int(rng.integers(1, 13)), int(rng.choice([1, 10, 15, 20, 28])))
        states = status_on(events, day).set_index("area_id").geometry
        wrong = {}
        for area, expected in hazardous(rows, points, day).items():
            found = shapely.covers(states[area], points) if area in states else np.zeros(len(points), bool)
            if (found != expected).any():
                wrong[area] = int((found != expected).sum())
        assert wrong == {}, f"seed {seed}, {day}"


@pytest.mark.parametrize("kind", list(SHAPES))
@pytest.mark.parametrize("seed", range(100, 115))
def test_each_point_is_in_the_release_that_released_it_for_good(seed, kind):
    _, rows, points = drawn(seed, kind)
    events = as_frame(rows)
    for end in (None, date(2014, 12, 31)):
        releases = releases_from(events, end=end)
        expected = released(rows, points, end)
        assert set(releases["release_id"]) == set(expected)
        found = {
            row.release_id: np.zeros(len(points), bool)
            if row.geometry is None
            else shapely.covers(row.geometry, points)
            for row in releases.itertuples()
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


def test_the_oracle_sees_a_release_that_is_too_large():
    """An oracle that can not fail proves nothing."""
    rng, rows, points = drawn(3, "rectangles")
    releases = [row for row in rows if row["event"] in ("cancelled", "reduced", "cleared")]
    releases[0]["geometry"] = None
    loose = [row for row in rows if row is not releases[0]]
    day = date(2018, 1, 1)
    with_it, without = hazardous(rows, points, day), hazardous(loose, points, day)
    assert any((with_it[area] != without.get(area)).any() for area in with_it)
