"""A district with hundreds of areas: the work of the account grows with the areas, and not with their square."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from oracle_points import as_frame, event, rect

from landrelease.registry import land_balance

PERIOD = {"start": "2018-01-01", "end": "2021-12-31"}
ROW, SIDE, PITCH = 10, 80, 100
SMALL_M2 = SIDE * SIDE
OVERLAYS = ("union_all", "difference", "intersection", "symmetric_difference", "intersects", "covers")


def small_areas(count: int, recorded: str) -> list[dict]:
    """Squares in rows of ten, one beside the other, never touching; every second one is cleared in 2020."""
    rows = []
    for i in range(count):
        x, y = i % ROW * PITCH + 10, i // ROW * PITCH + 10
        rows.append(event(f"s{i}", f"S{i}", "confirmed", recorded, rect(x, y, x + SIDE, y + SIDE)))
        if i % 2:
            rows.append(event(f"c{i}", f"S{i}", "cleared", "2020-05-01"))
    return rows


def large_m2(count: int) -> int:
    return ROW * PITCH * (count // ROW) * PITCH


def recorded_last(count: int) -> gpd.GeoDataFrame:
    large = rect(0, 0, ROW * PITCH, count // ROW * PITCH)
    return as_frame([*small_areas(count, "2018-03-01"), event("l", "L", "suspected", "2019-04-01", large)])


def released_in_strips(count: int) -> gpd.GeoDataFrame:
    """The large area comes first and is reduced row by row, so that its rows pass to the small areas in them."""
    rows = [event("l", "L", "suspected", "2018-01-01", rect(0, 0, ROW * PITCH, count // ROW * PITCH))]
    for j in range(count // ROW):
        strip = rect(0, j * PITCH, ROW * PITCH, (j + 1) * PITCH)
        rows.append(event(f"r{j:03}", "L", "reduced", "2019-04-01", strip))
    return as_frame([*rows, *small_areas(count, "2018-03-01")])


def test_small_areas_inside_a_large_one_recorded_last():
    count = 100
    found = land_balance(recorded_last(count), by="area_id", **PERIOD).set_index(["area_id", "year"])
    small, rest = count * SMALL_M2, large_m2(count) - count * SMALL_M2
    assert found.loc[("L", 2019), "newly_recorded_m2"] == pytest.approx(rest, rel=1e-6)
    assert found.loc[("L", 2020), "adjusted_m2"] == pytest.approx(small / 2, rel=1e-6)
    assert found.loc[("L", 2021), "closing_m2"] == pytest.approx(rest + small / 2, rel=1e-6)
    assert found.loc[("S1", 2020), "adjusted_m2"] == pytest.approx(-SMALL_M2, rel=1e-6)
    assert ("S1", 2021) not in found.index
    assert found.loc[("S0", 2021), "closing_m2"] == pytest.approx(SMALL_M2, rel=1e-6)
    assert (found["cleared_m2"] == 0).all()
    assert (found["unexplained_m2"] == 0).all()
    whole = land_balance(recorded_last(count), **PERIOD).set_index("year")["closing_m2"]
    assert whole.to_numpy() == pytest.approx(np.array([small, *[large_m2(count)] * 3]), rel=1e-6)


def test_small_areas_inside_a_large_one_that_is_reduced_in_strips():
    count = 100
    found = land_balance(released_in_strips(count), **PERIOD).set_index("year")
    small, rest = count * SMALL_M2, large_m2(count) - count * SMALL_M2
    assert found.loc[2018, "newly_recorded_m2"] == pytest.approx(large_m2(count), rel=1e-6)
    assert found.loc[2019, "reduced_m2"] == pytest.approx(rest, rel=1e-6)
    assert found.loc[2020, "cleared_m2"] == pytest.approx(small / 2, rel=1e-6)
    assert found["closing_m2"].to_numpy() == pytest.approx(
        np.array([large_m2(count), small, small / 2, small / 2]), rel=1e-6
    )
    assert (found["unexplained_m2"] == 0).all()


@pytest.mark.parametrize("events", [recorded_last, released_in_strips])
def test_four_times_the_areas_are_about_four_times_the_work(events, monkeypatch):
    """Work is counted in coordinates given to overlays."""
    given = []

    def counted(overlay: Callable[..., Any]) -> Callable[..., Any]:
        def call(*shapes: Any, **options: Any) -> Any:
            several = np.broadcast_arrays(*(np.asarray(shape, dtype=object) for shape in shapes))
            given.extend(int(shapely.get_num_coordinates(each).sum()) for each in several)
            return overlay(*shapes, **options)

        return call

    for name in OVERLAYS:
        monkeypatch.setattr(shapely, name, counted(getattr(shapely, name)))
    work = []
    for count in (100, 400):
        table = events(count)
        given.clear()
        land_balance(table, **PERIOD)
        work.append(sum(given))
    assert work[0] > 0
    assert work[1] / work[0] < 6
