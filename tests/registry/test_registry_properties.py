"""Properties of the account and of the releases that hold for any registry of rectangles, drawn by hypothesis."""

from __future__ import annotations

from datetime import date

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import landrelease as lr

X, Y = 1_000_000, 100_000
FLOWS_IN = ["newly_recorded_m2", "confirmed_m2", "adjusted_m2", "undated_m2", "unexplained_m2"]
FLOWS_OUT = ["cancelled_m2", "reduced_m2", "cleared_m2"]

sides = st.integers(0, 8)
boxes = st.tuples(sides, sides, st.integers(1, 6), st.integers(1, 6))
KINDS = ["suspected", "confirmed", "cancelled", "reduced", "cleared", "corrected", "suspended"]
rows = st.tuples(
    st.sampled_from(["A", "B", "C"]), st.sampled_from(KINDS), st.dates(date(2015, 1, 1), date(2019, 12, 31)),
    st.none() | boxes,
)  # fmt: skip
registries = st.lists(rows, min_size=1, max_size=9)


def frame(drawn: list[tuple], shift: tuple[float, float] = (0, 0)) -> gpd.GeoDataFrame:
    shapes = [
        None if box is None
        else shapely.box(X + shift[0] + box[0] * 50, Y + shift[1] + box[1] * 50,
                         X + shift[0] + (box[0] + box[2]) * 50, Y + shift[1] + (box[1] + box[3]) * 50)
        for *_, box in drawn
    ]  # fmt: skip
    table = pd.DataFrame(
        {
            "event_id": [f"E{i:02d}" for i in range(len(drawn))],
            "area_id": [area for area, *_ in drawn],
            "event": [kind for _, kind, *_ in drawn],
            "event_date": pd.to_datetime([day for _, _, day, _ in drawn]),
        }
    )
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(shapes, crs=6933))


quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(registries, st.sampled_from([None, "area_id", "hazard_class"]))
def test_the_account_closes(drawn: list[tuple], by: str | None) -> None:
    events = frame(drawn)
    account = lr.land_balance(events, start="2015-01-01", end="2019-12-31", by=by)
    explained = account["opening_m2"] + account[FLOWS_IN].sum(axis=1) - account[FLOWS_OUT].sum(axis=1)
    np.testing.assert_allclose(explained, account["closing_m2"], atol=0.01)
    for year, rows_of_year in account.groupby("year"):
        land = shapely.union_all(lr.status_on(events, f"{year}-12-31").geometry.dropna().to_numpy())
        assert rows_of_year["closing_m2"].sum() == pytest.approx(land.area, rel=1e-5, abs=1)


@quick
@given(registries)
def test_no_land_is_in_two_releases_or_released_and_hazardous(drawn: list[tuple]) -> None:
    events = frame(drawn)
    releases = lr.releases_from(events, end="2019-12-31")
    land = releases.geometry.dropna().to_numpy()
    assert shapely.area(land).sum() == pytest.approx(shapely.union_all(land).area, abs=1)
    hazard = shapely.union_all(lr.status_on(events, "2019-12-31").geometry.dropna().to_numpy())
    assert shapely.area(shapely.intersection(land, hazard)).sum() == pytest.approx(0, abs=1)


@quick
@given(registries, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(drawn: list[tuple], random) -> None:
    events = frame(drawn)
    order = list(range(len(events)))
    random.shuffle(order)
    shuffled = events.iloc[order]
    columns = ["area_id", "status", "hazard_class", "release_type", "area_m2"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(lr.status_on(events, "2019-12-31")[columns]),
        pd.DataFrame(lr.status_on(shuffled, "2019-12-31")[columns]),
        atol=0.01,
    )
    span = {"start": "2015-01-01", "end": "2019-12-31"}
    pd.testing.assert_frame_equal(lr.land_balance(events, **span), lr.land_balance(shuffled, **span), atol=0.01)


@quick
@given(registries, st.integers(-20_000, 20_000), st.integers(-20_000, 20_000))
def test_moving_everything_changes_no_area(drawn: list[tuple], east: int, north: int) -> None:
    span = {"start": "2015-01-01", "end": "2019-12-31"}
    here, there = (lr.land_balance(frame(drawn, shift), **span) for shift in ((0, 0), (east, north)))
    pd.testing.assert_frame_equal(here, there, rtol=1e-5, atol=1)
