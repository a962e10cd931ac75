"""Overlays of many shapes at once say what those of one say, and the account does not hang on how many are taken."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landrelease import land_balance
from landrelease.registry import ownership
from landrelease.registry.land import (
    EMPTY,
    all_rests,
    all_shared,
    all_unions,
    all_without,
    plane_m2,
    shared,
    union,
    without,
)


def blobs(rng: np.random.Generator, count: int) -> np.ndarray:
    """Return stars that overlap, some of them twice there, strips, crumbs, squares that touch, and nothing."""
    middle = rng.uniform(0, 200, (count, 1, 2))
    turn = np.sort(rng.uniform(0, 2 * np.pi, (count, 9)))
    ring = middle + rng.uniform(10, 60, (count, 9, 1)) * np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    shapes = shapely.make_valid(shapely.polygons(ring), method="structure", keep_collapsed=False)
    places = rng.uniform(0, 200, (count // 4, 2))
    strips = shapely.box(*places.T, *(places + np.array([120, 0.05])).T)
    crumbs = shapely.box(*places.T, *(places + 0.05).T)
    corners = 40.0 * rng.integers(0, 5, (count // 2, 2))
    squares = shapely.box(*corners.T, *(corners + 40).T)
    return shapely.set_precision(np.concatenate([shapes, shapes[::3], strips, crumbs, squares, [EMPTY]]), 1e-8)


def same(one: np.ndarray, other: list) -> None:
    assert shapely.to_wkb(one).tolist() == shapely.to_wkb(np.array(other, dtype=object)).tolist()


@pytest.mark.parametrize("seed", range(3))
def test_many_at_once_are_what_each_is_by_itself(seed):
    rng = np.random.default_rng(seed)
    shapes = blobs(rng, 60)
    left, right = (shapes[rng.integers(0, len(shapes), 600)] for _ in range(2))
    right[:20] = left[:20]
    assert (shapely.area(shapely.intersection(left, right)) > 0).sum() > 100
    same(all_without(left, right), [without(*pair) for pair in zip(left, right, strict=True)])
    both = [shared(*pair) for pair in zip(left, right, strict=True)]
    same(all_shared(left, right), both)
    assert 0 < sum(one.is_empty for one in both) < len(both)


def test_unions_of_groups_are_what_each_is_by_itself():
    rng = np.random.default_rng(3)
    shapes = np.append(blobs(rng, 40), None)
    groups = [list(shapes[rng.integers(0, len(shapes), size)]) for size in rng.integers(0, 5, 300)]
    same(all_unions([*groups, [None, EMPTY], []]), [*map(union, groups), EMPTY, EMPTY])
    assert len(all_unions([])) == 0


def test_what_nothing_is_taken_of_is_the_very_same():
    square, half = shapely.box(0, 0, 2, 2), shapely.box(1, 0, 2, 2)
    lands = np.array([square, square, square, None, EMPTY], dtype=object)
    left = all_rests(lands, np.array([None, EMPTY, half, half, half], dtype=object))
    assert left[0] is square
    assert left[1] is square
    assert plane_m2(left).tolist()[2:] == [2.0, pytest.approx(np.nan, nan_ok=True), 0.0]


def test_an_account_does_not_hang_on_how_many_pairs_are_looked_at_together(monkeypatch):
    rng = np.random.default_rng(5)
    count = 60
    x, y = rng.uniform(0, 3000, (2, count))
    first = shapely.box(5e5 + x, y, 5e5 + x + 600, y + 500)
    days = pd.Timestamp("2015-01-01") + pd.to_timedelta(rng.integers(0, 2000, 2 * count), "D")
    part = shapely.box(5e5 + x + 200, y - 100, 5e5 + x + 900, y + 300)
    part[::3] = None
    ids = [f"A{i}" for i in range(count)]
    events = gpd.GeoDataFrame(
        {"event_id": [str(i) for i in range(2 * count)], "area_id": ids * 2, "event_date": days,
         "event": ["confirmed"] * count + ["cleared"] * count},
        geometry=np.concatenate([first, part]), crs=32630,
    )  # fmt: skip
    years = {"start": "2015-01-01", "end": "2021-12-31"}
    whole = land_balance(events, **years)
    monkeypatch.setattr(ownership, "_AT_ONCE", 3)
    pd.testing.assert_frame_equal(land_balance(events, **years), whole, check_exact=True)
    assert whole["unexplained_m2"].eq(0).all()
    assert whole["cleared_m2"].sum() > 0
