"""All states of all areas at once are those that `status_on` gives day by day."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import landrelease
from landrelease import read, status_on, status_periods, usable_rows

KINDS = ["suspected", "confirmed", "reduced", "cleared", "cancelled", "corrected", "reopened", "suspended", "split"]


def as_on(periods, day):
    day = pd.Timestamp(day)
    begun = periods["from_date"].isna() | (periods["from_date"] <= day)
    lasts = periods["to_date"].isna() | (day < periods["to_date"])
    return periods[begun & lasts].reset_index(drop=True)


def assert_same(periods, events, day):
    got, wanted = as_on(periods, day), status_on(events, day)
    assert got["area_id"].tolist() == wanted["area_id"].tolist(), day
    for column in wanted.columns.drop("geometry"):
        one, two = got[column], wanted[column]
        if one.dtype == "float64":
            np.testing.assert_allclose(one, two, rtol=1e-9, err_msg=f"{day} {column}")
        else:
            assert [None if pd.isna(v) else v for v in one] == [None if pd.isna(v) else v for v in two], (day, column)
    one, two = got.geometry.to_numpy(), wanted.geometry.to_numpy()
    apart = shapely.area(shapely.symmetric_difference(one, two))
    assert np.nanmax(apart, initial=0) <= 1e-9 * max(1.0, np.nanmax(shapely.area(two), initial=0))
    assert (shapely.is_missing(one) == shapely.is_missing(two)).all()


def test_the_sample_on_many_days():
    folder = landrelease.sample_programme().parent
    events, _ = usable_rows(read(folder / "events.gpkg", "events"), "events")
    periods = status_periods(events)
    assert len(periods) > periods["area_id"].nunique()
    days = [*pd.date_range("2012-06-30", "2026-06-30", freq="3YS"), events["event_date"].median(), "1900-01-01"]
    for day in days:
        assert_same(periods, events, pd.Timestamp(day).normalize())


@settings(max_examples=15)
@given(st.lists(
    st.tuples(st.sampled_from("ABC"), st.sampled_from(KINDS), st.integers(0, 6) | st.none(),
              st.sampled_from([(0, 2), (1, 3), (0, 4), None, "point"]), st.sampled_from([None, "A", "B"])),
    min_size=1, max_size=9,
))  # fmt: skip
def test_any_events_on_any_day(rows):
    """Also undated ones, releases before anything is on record, splits, points, and several a day."""
    shapes = [
        None
        if shape is None
        else shapely.Point(5e5, 10)
        if shape == "point"
        else shapely.box(5e5 + shape[0] * 100, 0, 5e5 + shape[1] * 100, 100)
        for *_, shape, _ in rows
    ]
    events = gpd.GeoDataFrame(
        {
            "event_id": [f"E{i}" for i in range(len(rows))],
            "area_id": [row[0] for row in rows],
            "event": [row[1] for row in rows],
            "event_date": [pd.NaT if row[2] is None else pd.Timestamp(f"202{row[2]}-03-01") for row in rows],
            "recorded_at": pd.Timestamp("2023-06-01"),
            "parent_id": pd.Series([row[4] if row[4] != row[0] else None for row in rows], dtype="str"),
        },
        geometry=shapes, crs=32630,
    )  # fmt: skip
    periods = status_periods(events)
    for day in ["1900-01-01", *(f"202{year}-04-01" for year in range(7))]:
        assert_same(periods, events, day)


def test_a_release_before_any_land_is_on_record():
    """What it meant on its day and what it means now differ; each day is told as of that day."""
    events = gpd.GeoDataFrame(
        {"event_id": ["1", "2"], "area_id": "A", "event": ["cleared", "suspected"],
         "event_date": pd.to_datetime(["2020-01-01", "2021-01-01"])},
        geometry=[None, shapely.box(5e5, 0, 5e5 + 100, 100)], crs=32630,
    )  # fmt: skip
    periods = status_periods(events)
    for day in ("2020-06-01", "2021-06-01"):
        assert_same(periods, events, day)
    assert periods["to_date"].iloc[0] == pd.Timestamp("2021-01-01")
    assert periods["to_date"].isna().tolist() == [False, True]


@pytest.mark.parametrize("known_on", ["2020-01-10", "2030-01-01"])
def test_as_known_on_a_day(known_on):
    events = gpd.GeoDataFrame(
        {"event_id": ["1", "2"], "area_id": "A", "event": ["suspected", "cleared"],
         "event_date": pd.to_datetime(["2020-01-01", "2020-02-01"]),
         "registered_at": pd.to_datetime(["2020-01-05", "2022-02-01"])},
        geometry=[shapely.box(5e5, 0, 5e5 + 100, 100), None], crs=32630,
    )  # fmt: skip
    last = as_on(status_periods(events, known_on=known_on), "2020-06-01")["status"].tolist()
    assert last == status_on(events, "2020-06-01", known_on=known_on)["status"].tolist()
