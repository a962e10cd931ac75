"""What other tests let pass when one expression of the core was changed (`benchmarks/mutate.py`)."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from oracle_points import as_frame, event, rect

from landrelease.registry import status_on
from landrelease.registry.store import Registry

SQUARE = rect(0, 0, 100, 100)


@pytest.mark.parametrize(("width_m", "status"), [(0.5, "in_progress"), (0.12, "in_progress"), (0.08, "released")])
def test_a_strip_of_more_than_ten_centimetres_is_land(width_m, status):
    rows = [
        event("1", "A", "confirmed", "2020-01-01", SQUARE),
        event("2", "A", "cleared", "2021-01-01", rect(0, 0, 100 - width_m, 100)),
    ]
    assert status_on(as_frame(rows), "2022-01-01")["status"].tolist() == [status]


@pytest.mark.parametrize("crs", [6933, 32631, 4326])
@pytest.mark.parametrize(("side_m", "corner_m"), [(1000, 5), (1000, 9), (3000, 10), (5000, 20)])
def test_a_corner_that_was_not_released_stays_hazardous_however_long_the_border_is(side_m, corner_m, crs):
    """What edges leave that almost coincide can hang on the corner: long and thin, it must not take it along."""
    area = rect(0, 0, side_m, side_m)
    corner = rect(side_m - corner_m, side_m - corner_m, side_m, side_m)
    rows = [
        event("1", "A", "confirmed", "2020-01-01", area),
        event("2", "A", "cleared", "2021-01-01", area.difference(corner)),
    ]
    after = status_on(as_frame(rows, crs), "2022-01-01").iloc[0]
    assert after["status"] == "in_progress"
    assert after["area_m2"] == pytest.approx(corner_m**2, rel=0.01)


@pytest.mark.parametrize("day", ["2020-03-01", "2020-03-02", "2020-03-31"])
def test_a_hazard_of_a_month_counts_from_its_first_day_whatever_day_stands_for_the_month(day):
    events = as_frame([event("1", "A", "suspected", day, SQUARE, date_precision="month")])
    assert len(status_on(events, "2020-02-29")) == 0
    assert status_on(events, "2020-03-01")["status"].tolist() == ["open"]


@pytest.mark.parametrize("day", ["2020-01-01", "2020-01-02", "2020-12-31"])
def test_a_hazard_of_a_year_counts_from_its_first_day_whatever_day_stands_for_the_year(day):
    events = as_frame([event("1", "A", "suspected", day, SQUARE, date_precision="year")])
    assert len(status_on(events, "2019-12-31")) == 0
    assert status_on(events, "2020-01-01")["status"].tolist() == ["open"]


def test_only_the_land_of_a_mixed_shape_is_an_area():
    mixed = shapely.GeometryCollection([SQUARE, shapely.Point(SQUARE.exterior.coords[0])])
    area = status_on(as_frame([event("1", "A", "suspected", "2020-01-01", mixed)]), "2021-01-01").iloc[0]
    assert area.geometry.geom_type == "Polygon"
    assert shapely.symmetric_difference(area.geometry, SQUARE).area < 0.01


def test_the_batch_of_an_undoing_is_the_registrys_own_and_counts_its_voids(registry: Registry):
    rows = [event(name, name, "suspected", "2020-01-01", SQUARE) for name in "ab"]
    registry.import_events(as_frame(rows), source="S")
    registry.void(["a", "b"], reason="a mistake", actor="office")
    batch = registry.batches().iloc[-1]
    assert batch[["source", "note", "actor"]].tolist() == ["registry", "a mistake", "office"]
    counts = ["row_count", "event_count", "known_count", "conflict_count", "quarantined_count"]
    assert batch[counts].tolist() == [2, 2, 0, 0, 0]
    assert pd.isna(batch["crs_accuracy_m"])


def test_a_conflict_says_which_area_and_event_it_is_of(registry: Registry):
    row = event("1", "A", "suspected", "2020-01-01", SQUARE)
    registry.import_events(as_frame([row]), source="S")
    registry.import_events(as_frame([{**row, "event": "confirmed"}]), source="S")
    names = ["source", "row", "event_id", "area_id", "event", "reason_code"]
    assert registry.conflicts()[names].to_numpy().tolist() == [["S", 0, "1", "A", "confirmed", "conflict"]]


def test_where_a_row_was_read_and_when_it_was_typed_in_is_no_new_content(registry: Registry):
    frame = as_frame([event("1", "A", "suspected", "2020-01-01", SQUARE)])
    said = {"source_id": "a", "source_row": 1, "read_findings": "R8 repaired", "area_before_m2": 1.0}
    times = {"recorded_at": pd.Timestamp("2020-02-01"), "registered_at": pd.Timestamp("2020-03-01")}
    registry.import_events(frame.assign(**said, **times), source="S")
    other = {"source_id": "b", "source_row": 2, "read_findings": "R8 otherwise", "area_before_m2": 2.0}
    for name, value in {**other, **dict.fromkeys(times, pd.Timestamp("2021-01-01"))}.items():
        again = registry.import_events(frame.assign(**{**said, **times, name: value}), source="S")
        assert (again.new_count, again.known_count, again.conflict_count) == (0, 1, 0), name


@pytest.mark.parametrize(
    ("kind", "is_taken"),
    [("suspected", True), ("confirmed", True), ("reopened", True), ("suspended", True), ("noted", True),
     ("handed_over", True), ("accident", True), ("cleared", False), ("reduced", False), ("cancelled", False),
     ("corrected", False)],
)  # fmt: skip
def test_what_lies_outside_the_country_can_not_end_a_hazard(kind, is_taken, registry_at, opened):
    country = gpd.GeoDataFrame(geometry=[rect(-1000, -1000, 1000, 1000)], crs=6933)
    registry = opened(registry_at, extent=country)
    far = rect(5000, 0, 5100, 100)
    shape = far.centroid if kind == "accident" else far
    registry.import_events(as_frame([event("1", "A", kind, "2020-01-01", shape)]), source="S")
    assert registry.events()["event_id"].tolist() == (["1"] if is_taken else [])
    assert registry.events().geometry.isna().all()
    assert registry.quarantine()["event_id"].tolist() == ([] if is_taken else ["1"])


def test_the_log_keeps_the_coordinates_that_it_was_given(registry: Registry):
    rows = [event("1", "A", "suspected", "2020-01-01", SQUARE), event("2", "B", "suspected", "2020-01-01", None)]
    registry.import_events(as_frame(rows), source="S")
    lon_lat = gpd.GeoSeries([SQUARE], crs=6933).to_crs(4326).iloc[0]
    third = as_frame([event("3", "C", "suspected", "2020-01-01", SQUARE)], 4326)
    registry.import_events(third, source="S")
    log = registry._log.events()
    assert [row.given for row in log] == [shapely.to_wkb(SQUARE, byte_order=1), None, None]
    assert log[2].geom == shapely.to_wkb(lon_lat, byte_order=1)
