"""What was undone can come back, what nobody can place in time or space stays hazardous, and rows can be settled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

from landrelease import DataError, find_problems, status_on
from landrelease.registry import Registry

SQUARE = box(500_000, 0, 500_100, 100)
WEST = box(500_000, 0, 500_050, 100)


def events(*rows: tuple[Any, ...], **more: list[Any]) -> gpd.GeoDataFrame:
    """Rows of (event_id, area_id, event, day, geometry)."""
    names = ["event_id", "area_id", "event", "event_date", "geometry"]
    frame = pd.DataFrame(list(rows), columns=names).assign(**more)
    frame["event_date"] = pd.to_datetime(frame["event_date"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=32630)


@pytest.fixture
def registry(tmp_path: Path) -> Any:
    with Registry(tmp_path / "registry.gpkg") as made:
        yield made


def m2(frame: gpd.GeoDataFrame, day: str = "2024-12-31") -> dict[str, float]:
    areas = status_on(frame, day)
    return dict(zip(areas["area_id"], areas["area_m2"].round(-2), strict=True))


def test_undoing_a_revision_brings_back_the_one_before(registry: Registry) -> None:
    registry.import_events(events(("1", "A", "suspected", "2020-01-01", SQUARE), revision=["1"]), source="S")
    registry.import_events(events(("1", "A", "suspected", "2020-01-01", WEST), revision=["2"]), source="S")
    assert m2(registry.events()) == {"A": 5_000}
    assert len(registry.void("1@2", reason="typo")) == 2
    assert m2(registry.events()) == {"A": 10_000}


def test_an_import_that_was_undone_can_be_brought_again(registry: Registry) -> None:
    frame = events(("1", "A", "suspected", "2020-01-01", SQUARE), ("2", "A", "reduced", "2021-01-01", WEST))
    done = registry.import_events(frame, source="S")
    registry.void(batch_id=done.batch_id, reason="draft")
    assert m2(registry.events()) == {}
    again = registry.import_events(frame, source="S")
    assert (again.new_count, again.known_count) == (2, 0)
    assert m2(registry.events()) == {"A": 5_000}
    assert registry.import_events(frame, source="S").new_count == 0
    assert not registry.verify()["is_broken"].any()


def test_an_import_that_was_undone_can_be_brought_in_other_words(registry: Registry) -> None:
    done = registry.import_events(events(("1", "A", "suspected", "2020-01-01", WEST)), source="S")
    registry.void(batch_id=done.batch_id, reason="draft")
    right = events(("1", "A", "suspected", "2020-01-01", SQUARE))
    assert registry.import_events(right, source="S").new_count == 1
    assert m2(registry.events()) == {"A": 10_000}
    assert registry.import_events(right, source="S").known_count == 1
    assert registry.events()["revision"].isna().all()
    other = registry.import_events(events(("1", "A", "suspected", "2020-01-01", WEST)), source="S")
    assert other.conflict_count == 1


def test_what_somebody_undid_by_its_id_stays_undone_and_is_told(registry: Registry) -> None:
    frame = events(("1", "A", "suspected", "2020-01-01", SQUARE), ("2", "A", "cleared", "2021-01-01", None))
    registry.import_events(frame, source="S")
    (void,) = registry.void("2", reason="never happened")
    done = registry.import_events(frame, source="S")
    assert (done.new_count, done.known_count, done.conflict_count) == (0, 1, 1)
    assert m2(registry.events()) == {"A": 10_000}
    registry.void(void, reason="it did")
    assert m2(registry.events()) == {"A": 0}


def test_a_corrected_export_of_the_same_day_follows_the_undone_one(registry: Registry) -> None:
    def export(width: float) -> gpd.GeoDataFrame:
        shape = box(500_000, 0, 500_000 + width, 100)
        return gpd.GeoDataFrame({"area_id": ["A"], "status": ["open"]}, geometry=[shape], crs=32630)

    done = registry.import_areas(export(50), as_of="2023-12-31", source="S")
    registry.void(batch_id=done.batch_id, reason="draft")
    assert registry.import_areas(export(100), as_of="2023-12-31", source="S").new_count == 1
    assert m2(registry.events()) == {"A": 10_000}


def test_a_row_in_quarantine_is_settled_by_its_own_area_only(registry: Registry) -> None:
    both = events(("5", "A", "suspected", "2020-01-01", SQUARE), ("5", "B", "suspected", "2020-01-01", WEST))
    assert registry.import_events(both, source="S").quarantined_count == 2
    registry.import_events(both.iloc[:1], source="S")
    assert registry.quarantine()["area_id"].tolist() == ["B"]


def test_a_person_settles_a_row_with_a_reason(registry: Registry) -> None:
    done = registry.import_events(events((None, "A", "suspected", "2020-01-01", SQUARE)), source="S")
    assert done.batch_id is not None
    with pytest.raises(DataError, match="no open row 7"):
        registry.settle(done.batch_id, 7, reason="?")
    assert registry.settle(done.batch_id, 0, reason="stands under another id") == 1
    assert len(registry.quarantine()) == 0
    with pytest.raises(DataError, match="no open row"):
        registry.settle(done.batch_id, 0, reason="again")
    assert not registry.verify()["is_broken"].any()
    registry.import_events(events((None, "A", "suspected", "2020-01-01", SQUARE)), source="S")
    assert len(registry.quarantine()) == 0
    assert registry.batches()["note"].iloc[-1] == "stands under another id"


@pytest.mark.parametrize(
    ("released", "reopened"),
    [
        (("2021-06-01", "day"), ("2021-06-01", "day")),
        (("2021-06-01", "day"), (None, "unknown")),
        (("2021-06-01", "day"), ("2021-01-01", "year")),
        (("2021-06-01", "day"), ("2021-06-01", "month")),
        (("2021-01-01", "year"), ("2021-07-01", "day")),
        ((None, "unknown"), ("2021-07-01", "day")),
    ],
)
def test_a_reopening_stands_against_a_release_that_need_not_be_later(released: Any, reopened: Any) -> None:
    frame = events(
        ("1", "A", "confirmed", "2010-01-01", SQUARE),
        ("2", "A", "cleared", released[0], None),
        ("3", "A", "reopened", reopened[0], None),
        date_precision=["day", released[1], reopened[1]],
        recorded_at=[pd.Timestamp("2022-01-01")] * 3,
    )
    assert m2(frame) == {"A": 10_000}
    assert m2(frame.iloc[:2]) == {"A": 0}


def test_a_release_that_is_surely_later_ends_a_reopening() -> None:
    frame = events(
        ("1", "A", "confirmed", "2010-01-01", SQUARE), ("2", "A", "cleared", "2012-01-01", None),
        ("3", "A", "reopened", "2015-01-01", WEST), ("4", "A", "cleared", "2016-01-01", None),
    )  # fmt: skip
    assert [m2(frame, day)["A"] for day in ("2011-01-01", "2014-01-01", "2015-12-31", "2024-12-31")] == [
        10_000, 0, 5_000, 0,
    ]  # fmt: skip


def test_a_release_without_a_shape_that_states_a_part_releases_none() -> None:
    rows = ("1", "A", "confirmed", "2010-01-01", SQUARE), ("2", "A", "reduced", "2012-01-01", None)
    assert m2(events(*rows, reported_area_m2=[None, 500.0])) == {"A": 10_000}
    assert m2(events(*rows, reported_area_m2=[10_000.0, 500.0])) == {"A": 10_000}
    assert m2(events(*rows, reported_area_m2=[None, 9_900.0])) == {"A": 0}
    assert m2(events(*rows, reported_area_m2=[1.0, 1.0])) == {"A": 0}  # both in hectares: the whole
    told = find_problems(events(*rows, reported_area_m2=[None, 500.0]), "events")
    assert "which land is not known" in " ".join(told["message"])
    # after a part with a shape, the rest is whole
    rest = ("3", "A", "reduced", "2013-01-01", None)
    partly = rows[0], ("2", "A", "reduced", "2012-01-01", WEST), rest
    assert m2(events(*partly, reported_area_m2=[10_000.0, 5_000.0, 5_000.0])) == {"A": 0}


def test_a_split_gives_up_what_its_children_hold_and_no_neighbour() -> None:
    frame = events(
        ("1", "P", "confirmed", "2010-01-01", SQUARE), ("2", "C", "confirmed", "2012-01-01", WEST),
        ("3", "N", "confirmed", "2011-01-01", SQUARE), ("4", "P", "split", "2012-01-01", None),
        ("5", "N", "cleared", "2013-01-01", None),
        parent_id=[None, "P", None, None, None],
    )  # fmt: skip
    assert m2(frame) == {"P": 5_000, "C": 5_000, "N": 0}


def test_a_point_of_a_part_stays_a_hazard_without_its_release(registry: Registry) -> None:
    point = events(("1", "A", "confirmed", "2010-01-01", Point(500_050, 50)), reported_area_m2=[10_000.0])
    part = events(("2", "A", "reduced", "2012-01-01", None), reported_area_m2=[500.0])
    registry.import_events(pd.concat([point, part], ignore_index=True), source="S")
    assert status_on(registry.events(), "2024-12-31")["status"].tolist() == ["open"]
