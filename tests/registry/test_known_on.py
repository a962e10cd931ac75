"""What was known on a day: later records and later voids are not there yet; against a second reading of the records."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
import shapely
from oracle_points import as_frame, event, grid, grid_shape, hazardous, rect, registry, released

from landrelease.errors import DataError, OptionError
from landrelease.registry import conflicts_on, history_of, land_balance, releases_from, status_on
from landrelease.registry.fold import fold

SIZE, STEP = 20, 50.0
SQUARE = rect(0, 0, 100, 100)


def learned(day: str | None, *row, **more) -> dict:
    """An event with the time at which the registry learned of it."""
    return {**event(*row, **more), "registered_at": pd.Timestamp(day) if day else pd.NaT}


CLEARED = [
    learned("2020-01-05", "1", "A", "confirmed", "2020-01-01", SQUARE),
    learned("2021-02-01 23:59:59", "2", "A", "cleared", "2020-06-01"),
    learned("2023-05-01", "3", "A", "void", "2020-06-01", voids_event_id="2"),
]


@pytest.mark.parametrize(
    ("known_on", "status"),
    [("2021-01-31", "open"), ("2021-02-01", "released"), ("2023-04-30", "released"), ("2023-05-01", "open")],
)
def test_releases_and_voids_count_from_the_day_on_which_they_became_known(known_on, status):
    assert status_on(as_frame(CLEARED), "2020-12-31", known_on=known_on)["status"].tolist() == [status]


def test_without_known_on_all_that_is_known_counts():
    assert status_on(as_frame(CLEARED), "2020-12-31")["status"].tolist() == ["open"]


def test_an_area_that_nobody_knew_of_is_not_there():
    assert len(status_on(as_frame(CLEARED), "2020-12-31", known_on="2020-01-04")) == 0
    assert len(status_on(as_frame(CLEARED).iloc[:0], "2020-12-31", known_on="2020-01-04")) == 0


def test_recorded_at_stands_in_for_registered_at_and_registered_at_comes_first():
    rows = [
        learned(None, "1", "A", "confirmed", "2020-01-01", SQUARE, recorded_at="2020-02-01"),
        learned("2022-01-01", "2", "A", "cleared", "2020-06-01", recorded_at="2020-06-02"),
    ]
    events = as_frame(rows)
    assert len(status_on(events, "2020-12-31", known_on="2020-01-31")) == 0
    assert status_on(events, "2020-12-31", known_on="2021-12-31")["status"].tolist() == ["open"]
    assert status_on(events, "2020-12-31", known_on="2022-01-01")["status"].tolist() == ["released"]


def test_an_event_of_which_nobody_knows_when_it_became_known_is_counted_and_refused():
    rows = [*CLEARED[:2], event("3", "B", "suspected", "2020-01-01", SQUARE)]
    events = as_frame(rows)
    message = (
        r"1 of 3 events have neither registered_at nor recorded_at: .* known on 2021-01-01(.|\n)*Fix: fill recorded_at"
    )
    for call in (
        lambda: status_on(events, "2020-12-31", known_on="2021-01-01"),
        lambda: releases_from(events, known_on="2021-01-01"),
        lambda: conflicts_on(events, "2020-12-31", known_on="2021-01-01"),
        lambda: land_balance(events, start="2020-01-01", end="2020-12-31", known_on="2021-01-01"),
    ):
        with pytest.raises(DataError, match=message):
            call()
    assert len(status_on(events, "2020-12-31")) == 2
    with pytest.raises(OptionError, match="known_on must be a date"):
        status_on(events, "2020-12-31", known_on="lately")


def test_releases_conflicts_and_accounts_follow():
    rows = [*CLEARED, learned("2022-01-01", "4", "B", "suspected", "2019-01-01", SQUARE)]
    events = as_frame(rows)
    period = {"start": "2020-01-01", "end": "2020-12-31"}

    def lines(known_on: str) -> dict[str, float]:
        row = land_balance(events, known_on=known_on, **period).iloc[0]
        return {name: round(row[name]) for name in ("opening_m2", "newly_recorded_m2", "cleared_m2", "closing_m2")}

    assert lines("2020-12-31") == {"opening_m2": 0, "newly_recorded_m2": 10000, "cleared_m2": 0, "closing_m2": 10000}
    assert lines("2021-12-31") == {"opening_m2": 0, "newly_recorded_m2": 10000, "cleared_m2": 10000, "closing_m2": 0}
    assert lines("2022-12-31") == {"opening_m2": 10000, "newly_recorded_m2": 0, "cleared_m2": 0, "closing_m2": 10000}
    assert len(releases_from(events, known_on="2021-01-31")) == 0
    assert releases_from(events, known_on="2021-12-31")["area_m2"].round().tolist() == [10000]
    assert releases_from(events, known_on="2022-12-31")["area_m2"].round().tolist() == [0]
    assert len(releases_from(events, known_on="2023-12-31")) == 0
    found = [len(conflicts_on(events, "2020-12-31", known_on=f"{year}-12-31")) for year in (2020, 2021, 2022, 2023)]
    assert found == [0, 0, 1, 0]


def test_an_undated_release_counts_from_recorded_at_else_from_the_day_of_registered_at():
    hazard = event("1", "A", "suspected", "2018-01-01", SQUARE)
    late = learned("2020-03-01 15:30", "2", "A", "cancelled", None)
    both = {**late, "recorded_at": "2019-06-01"}
    for row, last_open, first_released in ((late, "2020-02-29", "2020-03-01"), (both, "2019-05-31", "2019-06-01")):
        events = as_frame([hazard, row])
        assert status_on(events, last_open)["status"].tolist() == ["open"]
        assert status_on(events, first_released)["status"].tolist() == ["released"]
    never = as_frame([hazard, event("2", "A", "cancelled", None)])
    assert status_on(never, "2099-01-01")["status"].tolist() == ["open"]
    assert "counts never" in history_of(never, "A")["note"].iloc[-1]


def drawn(seed: int) -> tuple[list[dict], np.random.Generator]:
    """A random registry that learns of most events after months, and of some through recorded_at alone."""
    rng = np.random.default_rng(seed)
    rows = registry(rng, grid_shape, SIZE, STEP)
    for row in rows:
        told = date.fromisoformat(row["event_date"] or "2012-01-01") + timedelta(days=int(rng.integers(0, 1500)))
        row.setdefault("recorded_at", None)
        row["registered_at"] = pd.Timestamp(told) + pd.Timedelta(hours=int(rng.integers(0, 24)))
        if row["recorded_at"] is None and rng.random() < 0.5:
            row["registered_at"], row["recorded_at"] = pd.NaT, told.isoformat()
    return rows, rng


def as_known(rows: list[dict], day: date) -> list[dict]:
    """The records that a clerk could have read that day, for the second reading: undated ones count from then."""
    kept = []
    for row in rows:
        registered = None if pd.isna(row["registered_at"]) else row["registered_at"].date()
        recorded = None if row["recorded_at"] is None else date.fromisoformat(row["recorded_at"])
        if (registered or recorded) <= day:
            kept.append({**row, "recorded_at": (recorded or registered).isoformat()})
    return kept


@pytest.mark.parametrize("seed", range(600, 606))
def test_states_and_releases_are_those_of_the_records_known_then(seed):
    rows, rng = drawn(seed)
    events, points = as_frame(rows), grid(SIZE, STEP)
    for _ in range(2):
        known_on = date(int(rng.integers(2011, 2021)), int(rng.integers(1, 13)), int(rng.integers(1, 29)))
        day = date(int(rng.integers(2010, 2019)), int(rng.integers(1, 13)), 15)
        stood = status_on(events, day, known_on=known_on)
        states = dict(zip(stood["area_id"], stood.geometry, strict=True))
        expected = hazardous(as_known(rows, known_on), points, day)
        for area, inside in expected.items():
            assert (shapely.covers(states.get(area), points) == inside).all(), (seed, area)
        assert not {area for area, shape in states.items() if shape and not shape.is_empty} - expected.keys()
        found = releases_from(events, end=day, known_on=known_on)
        net = released(as_known(rows, known_on), points, day)
        assert set(found["release_id"]) == set(net)
        for release_id, shape in zip(found["release_id"], found.geometry, strict=True):
            assert (shapely.covers(shape, points) == net[release_id]).all(), (seed, release_id)


def test_several_functions_can_share_one_fold_to_the_same_day():
    rows, _ = drawn(700)
    events, day = as_frame(rows), pd.Timestamp("2016-12-31")
    for known_on in (None, "2015-06-30"):
        once = fold(events, day, known_on)
        period = {"start": "2010-01-01", "end": day, "known_on": known_on}
        for one, other in (
            (status_on(once, day, known_on=known_on), status_on(events, day, known_on=known_on)),
            (releases_from(once, end=day, known_on=known_on), releases_from(events, end=day, known_on=known_on)),
            (conflicts_on(once, day, known_on=known_on), conflicts_on(events, day, known_on=known_on)),
            (land_balance(once, by="operator", **period), land_balance(events, by="operator", **period)),
        ):
            pd.testing.assert_frame_equal(pd.DataFrame(one), pd.DataFrame(other))
    with pytest.raises(OptionError, match="folded to 2016-12-31 as known on 2015-06-30, and 2016-12-30 is asked for"):
        status_on(once, "2016-12-30")
    with pytest.raises(OptionError, match="and the last event is asked for"):
        releases_from(once)
