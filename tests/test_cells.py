from datetime import date, datetime

import pandas as pd
import pytest

import landrelease as lr
from landrelease.cells import as_days, as_text, day_of
from landrelease.errors import DataError, OptionError


def test_numbers_and_unsaid_orders_are_no_dates():
    for cells in ([2020, 2021], ["03/04/2021", None], [1.5e12]):
        with pytest.raises(DataError, match="event_date: "):
            as_days(pd.Series(cells), "event_date")
    for value in (2025, None, "03/04/2021", "2025", 1.7e9):
        with pytest.raises(OptionError, match="as_of must be a date"):
            day_of("as_of", value)


def test_days_of_any_kind():
    for value in (
        "2024-05-06",
        "2024-05-06T23:00",
        date(2024, 5, 6),
        datetime(2024, 5, 6, 7),
        pd.Timestamp("2024-05-06", tz="Asia/Tokyo"),
    ):
        assert day_of("as_of", value) == pd.Timestamp("2024-05-06")
    zoned = pd.Series(pd.to_datetime(["2024-05-06"]).tz_localize("Asia/Tokyo"))
    assert as_days(zoned, "x").tolist() == [pd.Timestamp("2024-05-06")]


def test_categories_and_numbers_as_ids():
    assert as_text(pd.Series(["a", None], dtype="category")).tolist()[0] == "a"
    assert as_text(pd.Series([12.0, 13.0])).tolist() == ["12", "13"]


def test_a_void_by_a_number_undoes(tmp_path):
    import geopandas as gpd
    import shapely

    square = shapely.box(5e5, 0, 5e5 + 100, 100)
    events = gpd.GeoDataFrame(
        {"event_id": [1, 2, 3], "area_id": [7, 7, 7], "event": ["suspected", "cleared", "void"],
         "event_date": pd.to_datetime(["2020-01-01", "2021-01-01", "2021-02-01"]),
         "voids_event_id": [float("nan"), float("nan"), 2.0]},
        geometry=[square, None, None], crs=32630,
    )  # fmt: skip
    assert lr.status_on(events, "2022-01-01")["status"].tolist() == ["open"]
    with pytest.raises(DataError, match="no dates"):
        lr.status_on(events.assign(event_date=[2020, 2021, 2021]), "2022-01-01")
