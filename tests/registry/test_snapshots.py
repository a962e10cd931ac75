"""Exports of areas become events; what would end a hazard without a release does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point, box

from landrelease import DataError, RegistryError, check_site, status_on
from landrelease.registry import Registry, events_from_changes

UTM = 32630
WEST = 500_000.0


def export(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    """Return an export; areas are 100 m squares, one a kilometre from the next."""
    names = ["area_id", "hazard_class", "status", "release_type", "release_date", "survey_date", "operator", "geometry"]
    frame = pd.DataFrame(list(rows)).reindex(columns=names)
    for name in ("release_date", "survey_date"):
        frame[name] = pd.to_datetime(frame[name])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=UTM)


def area(name: str, km: int, *, width: float = 100, **cells: Any) -> dict[str, Any]:
    west = WEST + 1000 * km
    return {
        "area_id": name,
        "hazard_class": "SHA",
        "status": "open",
        "geometry": box(west, 0, west + width, 100),
    } | cells


class Record:
    """A record without a store: what the function alone makes of one export after the other."""

    def __init__(self) -> None:
        self.frame = gpd.GeoDataFrame({"event_id": [], "area_id": [], "event": []}, geometry=[], crs=UTM)

    def events(self) -> gpd.GeoDataFrame:
        return self.frame

    def changes(self, year: int, *rows: dict[str, Any]) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
        day = f"{year}-12-31"
        return events_from_changes(status_on(self.frame, day), export(*rows), as_of=day, record=self.frame)

    def take(self, year: int, *rows: dict[str, Any]) -> gpd.GeoDataFrame:
        """Take in the export of the last day of a year; the same export again adds nothing."""
        events, changes = self.changes(year, *rows)
        if len(events):
            self.frame = pd.concat([self.frame, events], ignore_index=True) if len(self.frame) else events
        assert len(self.changes(year, *rows)[0]) == 0
        return changes


@pytest.fixture
def record() -> Record:
    return Record()


@pytest.fixture
def registry(tmp_path: Path) -> Any:
    with Registry(tmp_path / "registry.gpkg") as made:
        yield made


def hazardous_m2(registry: Registry | Record, day: str) -> dict[str, float]:
    areas = status_on(registry.events(), day)
    return dict(zip(areas["area_id"], areas["area_m2"].fillna(0).round(-1), strict=True))


def test_what_is_new_open_and_released_becomes_the_state_of_the_export(registry: Registry) -> None:
    first = export(area("A", 0), area("B", 1, status="released", release_type="cleared", release_date="2020-05-01"))
    done = registry.import_areas(first, as_of="2024-12-31", source="R")
    assert (done.row_count, done.new_count, done.changes) == (2, 3, None)
    assert hazardous_m2(registry, "2024-12-31") == pytest.approx({"A": 10_000, "B": 0}, abs=20)


@pytest.mark.parametrize(
    ("then", "kind", "m2"),
    [
        ({"status": "released", "release_type": "cancelled"}, "cancelled", 0),
        ({"hazard_class": "CHA"}, "confirmed", 10_000),
        ({"width": 200}, "suspected", 20_000),
        ({"operator": "Other"}, "noted", 10_000),
        ({"status": "suspended"}, "suspended", 10_000),
        # nothing below says how the land was released: it stays hazardous
        ({"status": "released"}, None, 10_000),
        ({"status": "released", "release_type": "mixed"}, None, 10_000),
        ({"width": 50}, None, 10_000),
        ({"width": 50, "status": "in_progress", "release_type": "reduced"}, None, 10_000),
        # new land is hazardous, whatever is said of it without a type
        ({"status": "released", "width": 200}, "suspected", 20_000),
        ({"geometry": None}, None, 10_000),
        ({"hazard_class": None}, None, 10_000),
    ],
)
def test_a_change_is_an_event_where_an_event_can_say_it(
    registry: Registry, then: dict[str, Any], kind: str | None, m2: float
) -> None:
    registry.import_areas(export(area("A", 0, operator="One")), as_of="2023-12-31", source="R")
    later = export(area("A", 0, **({"operator": "One"} | then)))
    done = registry.import_areas(later, as_of="2024-12-31", source="R")
    assert list(registry.events()["event"][1:]) == ([] if kind is None else [kind])
    assert hazardous_m2(registry, "2024-12-31")["A"] == pytest.approx(m2, abs=30)
    assert hazardous_m2(registry, "2023-12-31")["A"] == pytest.approx(10_000, abs=20)
    assert done.changes is not None
    assert len(done.changes) > 0
    again = registry.import_areas(later, as_of="2024-12-31", source="R")
    assert (again.new_count, again.batch_id) == (0, None)


def test_an_id_that_is_gone_stays_hazardous_and_is_told_first(registry: Registry) -> None:
    registry.import_areas(export(area("A", 0), area("B", 1)), as_of="2023-12-31", source="R")
    done = registry.import_areas(export(area("B", 1)), as_of="2024-12-31", source="R")
    assert done.changes is not None
    first = done.changes.iloc[0]
    assert (first["area_id"], first["change_code"], first["is_danger"]) == ("A", "vanished", True)
    assert hazardous_m2(registry, "2025-12-31")["A"] == pytest.approx(10_000, abs=20)


def test_released_land_that_is_open_again_is_hazardous_from_then_on(registry: Registry) -> None:
    released = area("A", 0, status="released", release_type="reduced", release_date="2022-02-02")
    registry.import_areas(export(released), as_of="2022-12-31", source="R")
    registry.import_areas(export(area("A", 0)), as_of="2023-12-31", source="R")
    states = [status_on(registry.events(), day)["status"].item() for day in ("2023-12-30", "2023-12-31")]
    assert states == ["released", "in_progress"] or states == ["released", "open"]
    assert hazardous_m2(registry, "2023-12-31")["A"] == pytest.approx(10_000, abs=20)
    assert registry.events()["event"].iloc[-1] == "reopened"


def test_renamed_split_and_new_areas_are_recorded_and_the_old_stay(registry: Registry) -> None:
    registry.import_areas(export(area("A", 0), area("B", 1, width=200)), as_of="2023-12-31", source="R")
    later = export(area("A2", 0), area("B1", 1), area("B2", 1) | {"geometry": box(WEST + 1100, 0, WEST + 1200, 100)})
    registry.import_areas(later, as_of="2024-12-31", source="R")
    assert set(hazardous_m2(registry, "2024-12-31")) == {"A", "A2", "B", "B1", "B2"}


def test_an_export_that_is_not_later_and_says_something_else_is_refused(registry: Registry) -> None:
    done = registry.import_areas(export(area("A", 0)), as_of="2023-12-31", source="R")
    other = export(area("A", 0, status="released", release_type="cleared"))
    with pytest.raises(RegistryError, match="not later than the last"):
        registry.import_areas(other, as_of="2023-12-31", source="R")
    registry.void(batch_id=done.batch_id, reason="wrong file")
    registry.import_areas(other, as_of="2024-01-31", source="R")
    assert hazardous_m2(registry, "2024-12-31")["A"] == 0


def test_sources_keep_their_areas_apart_and_each_knows_its_own(registry: Registry) -> None:
    registry.import_areas(export(area("A", 0)), as_of="2023-12-31", source="One")
    released = export(area("A", 0, status="released", release_type="cleared"))
    done = registry.import_areas(released, as_of="2023-12-31", source="Two")
    assert done.kept_apart == {"A": "A~Two"}
    assert hazardous_m2(registry, "2023-12-31") == pytest.approx({"A": 10_000, "A~Two": 0}, abs=20)
    for source, frame in (("One", export(area("A", 0))), ("Two", released)):
        assert registry.import_areas(frame, as_of="2024-12-31", source=source).new_count == 0


def test_rows_without_an_id_go_into_quarantine_once(registry: Registry) -> None:
    frame = export(area("A", 0), area("B", 1))
    frame.loc[1, "area_id"] = None
    for _ in range(2):
        done = registry.import_areas(frame, as_of="2023-12-31", source="R")
        assert done.quarantined_count == 1
    assert registry.quarantine()["reason"].tolist() == ["R1 area_id must be filled"]
    assert len(registry.events()) == 1


def test_an_empty_export_tells_that_all_is_gone(registry: Registry) -> None:
    registry.import_areas(export(area("A", 0)), as_of="2023-12-31", source="R")
    done = registry.import_areas(export(area("A", 0)).iloc[:0], as_of="2024-12-31", source="R")
    assert done.changes is not None
    assert done.changes["change_code"].tolist() == ["vanished", "gone"]
    assert hazardous_m2(registry, "2024-12-31")["A"] == pytest.approx(10_000, abs=20)


def kinds(record: Record) -> list[tuple[str, str]]:
    events = record.events()
    return list(zip(events["area_id"], events["event"], strict=True))


CLEARED: dict[str, Any] = {"status": "released", "release_type": "cleared", "release_date": "2024-05-01"}


def test_a_release_of_a_part_leaves_the_rest_hazardous(record: Record) -> None:
    record.take(2023, area("A", 0))
    changes = record.take(2024, area("A", 0, width=50, **CLEARED))
    # 100 m x 100 m recorded, the western 50 m released
    assert hazardous_m2(record, "2024-12-31")["A"] == pytest.approx(5_000, abs=20)
    assert changes.iloc[0]["change_code"] == "vanished"
    left = status_on(record.events(), "2024-12-31").to_crs(UTM).geometry.item()
    assert left.intersects(box(WEST + 60, 40, WEST + 70, 50))
    assert not left.intersects(box(WEST + 30, 40, WEST + 40, 50))


def test_a_release_of_other_land_releases_nothing(record: Record) -> None:
    record.take(2023, area("A", 0))
    for year, land in ((2024, box(WEST + 500, 0, WEST + 600, 100)), (2025, Point(WEST + 50, 50))):
        record.take(year, area("A", 0, **CLEARED) | {"geometry": land})
        assert kinds(record) == [("A", "suspected")]
    assert hazardous_m2(record, "2025-12-31")["A"] == pytest.approx(10_000, abs=20)


@pytest.mark.parametrize("land", [None, box(WEST - 10, -10, WEST + 110, 110), box(WEST + 0.3, 0, WEST + 100, 100)])
def test_a_release_that_covers_the_land_or_draws_none_is_whole(record: Record, land: Any) -> None:
    record.take(2023, area("A", 0))
    record.take(2024, area("A", 0, **CLEARED) | {"geometry": land})
    assert hazardous_m2(record, "2024-12-31")["A"] == 0


def test_superseded_land_that_is_open_again_is_hazardous(record: Record) -> None:
    record.take(2021, area("P", 0))
    record.take(2022, area("P2", 0))
    record.take(2024, area("P2", 0, **CLEARED))
    assert hazardous_m2(record, "2024-12-31") == pytest.approx({"P": 0, "P2": 0}, abs=1)
    record.take(2025, area("P2", 0, **CLEARED), area("P", 0))
    assert kinds(record)[-1] == ("P", "reopened")
    assert hazardous_m2(record, "2025-12-31") == pytest.approx({"P": 10_000, "P2": 0}, abs=20)


def test_a_place_elsewhere_is_recorded_beside_the_land(record: Record) -> None:
    record.take(2022, area("A", 0), area("B", 1) | {"geometry": Point(WEST + 1000, 0)})
    moved = area("A", 0) | {"geometry": Point(WEST + 20_000, 0)}, area("B", 1) | {"geometry": Point(WEST + 9000, 0)}
    record.take(2023, *moved)
    record.take(2024, *moved)
    assert kinds(record)[2:] == [("A", "suspected"), ("B", "suspected")]
    assert hazardous_m2(record, "2024-12-31")["A"] == pytest.approx(10_000, abs=20)
    for x in (20_000, 1000, 9000):
        site = gpd.GeoSeries([Point(WEST + x, 0)], crs=UTM)
        assert check_site(record.events(), site, buffer_m=10).answer_code == "recorded_hazard", x


def test_a_renamed_area_lives_on_under_its_new_id(record: Record) -> None:
    record.take(2022, area("A", 0))
    changes = record.take(2023, area("B", 0, hazard_class="CHA", operator="Other"))
    assert kinds(record)[1:] == [("B", "confirmed"), ("A", "split")]
    assert not changes["is_danger"].any()
    states = status_on(record.events(), "2023-12-31").set_index("area_id")
    assert states["status"].to_dict() == {"A": "superseded", "B": "open"}
    assert states["parent_id"]["B"] == "A"
    changes = record.take(2024, area("B", 0, hazard_class="CHA", operator="Other", **CLEARED))
    assert not changes["is_danger"].any()
    assert status_on(record.events(), "2024-12-31")["status"].tolist() == ["superseded", "released"]


def test_an_area_renamed_and_released_at_once_is_released(record: Record) -> None:
    record.take(2023, area("A", 0))
    record.take(2024, area("B", 0, **CLEARED))
    assert status_on(record.events(), "2024-12-31")["status"].tolist() == ["released", "released"]
    assert hazardous_m2(record, "2024-04-30") == pytest.approx({"A": 10_000, "B": 10_000}, abs=20)


def test_split_and_merged_areas_give_their_land_to_the_new_ids(record: Record) -> None:
    halves = area("W", 0), area("E", 0) | {"geometry": box(WEST + 100, 0, WEST + 200, 100)}
    record.take(2021, area("A", 0, width=200))
    record.take(2022, *halves)
    assert hazardous_m2(record, "2022-12-31") == pytest.approx({"A": 0, "W": 10_000, "E": 10_000}, abs=20)
    changes = record.take(2023, area("C", 0, width=200))
    assert not changes["is_danger"].any()
    expected = {"A": 0, "W": 0, "E": 0, "C": 20_000}
    assert hazardous_m2(record, "2023-12-31") == pytest.approx(expected, abs=30)
    record.take(2024, area("C", 0, width=200, **CLEARED))
    assert hazardous_m2(record, "2024-12-31") == pytest.approx(dict.fromkeys(expected, 0), abs=1)


def test_a_split_that_leaves_land_out_keeps_it_hazardous(record: Record) -> None:
    record.take(2021, area("A", 0, width=200))
    record.take(2022, area("W", 0, width=80), area("E", 0) | {"geometry": box(WEST + 120, 0, WEST + 200, 100)})
    # 80 m and 80 m of 200 m are held by the children
    expected = {"A": 4000, "W": 8000, "E": 8000}
    assert hazardous_m2(record, "2022-12-31") == pytest.approx(expected, abs=20)


def test_a_respelled_id_is_recorded_under_the_id_on_record(record: Record) -> None:
    record.take(2023, area("HA-1", 0))
    record.take(2024, area("ha-1", 0, width=200))
    record.take(2025, area(" Ha-1 ", 0, width=200, **CLEARED | {"release_date": "2025-05-01"}))
    assert kinds(record) == [("HA-1", "suspected"), ("HA-1", "suspected"), ("HA-1", "cleared")]
    assert hazardous_m2(record, "2024-12-31")["HA-1"] == pytest.approx(20_000, abs=30)
    assert hazardous_m2(record, "2025-12-31")["HA-1"] == 0


def test_land_given_up_with_a_dated_release_of_a_part_is_released(record: Record) -> None:
    record.take(2023, area("A", 0))
    part: dict[str, Any] = {
        "status": "in_progress",
        "release_type": "reduced",
        "release_date": "2024-05-01",
        "width": 40,
    }
    record.take(2024, area("A", 0, **part))
    record.take(2025, area("A", 0, **part))
    assert kinds(record)[1:] == [("A", "reduced")]
    days = ("2024-04-30", "2024-05-01")
    assert [hazardous_m2(record, day)["A"] for day in days] == pytest.approx([10_000, 4000], abs=20)


def test_a_mixed_release_is_told_and_not_taken(record: Record) -> None:
    record.take(2023, area("A", 0))
    changes = record.take(2024, area("A", 0, status="released", release_type="mixed"))
    assert "not taken" in changes.loc[changes["change_code"].eq("released"), "message"].item()
    assert kinds(record) == [("A", "suspected")]


def test_a_release_learned_late_lasts(record: Record) -> None:
    record.take(2022, area("A", 0, survey_date="2010-01-01"))
    record.take(2023, area("A", 0, survey_date="2010-01-01", hazard_class="CHA"))
    late = CLEARED | {"release_date": "2023-11-15", "survey_date": "2010-01-01", "hazard_class": "CHA"}
    record.take(2024, area("A", 0, **late))
    record.take(2025, area("A", 0, **late))
    release = record.events().iloc[-1]
    assert (release["event_date"], release["date_precision"]) == (pd.Timestamp("2023-12-31"), "unknown")
    assert [hazardous_m2(record, day)["A"] for day in ("2023-12-30", "2024-01-01", "2025-12-31")] == pytest.approx(
        [10_000, 0, 0], abs=20
    )


def test_a_release_that_a_reopening_precedes_lasts(record: Record) -> None:
    record.take(2022, area("A", 0, status="released", release_type="reduced", release_date="2022-02-02"))
    record.take(2023, area("A", 0))
    record.take(2024, area("A", 0, status="released", release_type="cleared"))
    assert [hazardous_m2(record, f"{year}-12-31")["A"] for year in (2022, 2023, 2024)] == pytest.approx(
        [0, 10_000, 0], abs=20
    )


def test_an_event_carries_what_the_export_says(record: Record) -> None:
    record.take(2023, area("A", 0, operator="One"))
    record.take(2024, area("A", 0, operator="Two", **CLEARED))
    assert kinds(record) == [("A", "suspected"), ("A", "cleared"), ("A", "noted")]
    assert record.events()["operator"].tolist() == ["One", "Two", "Two"]
    assert record.events()["status"].tolist() == ["open", "released", "released"]


def test_another_boundary_of_the_same_day_is_not_passed_over(record: Record) -> None:
    record.take(2023, area("A", 0))
    record.take(2024, area("A", 0, width=200))
    events, _ = record.changes(2024, area("A", 0, width=300))
    assert events["event"].tolist() == ["suspected"]


def test_a_source_needs_a_name(registry: Registry) -> None:
    for name in ("", "  ", "registry", None):
        with pytest.raises(DataError, match="source must name"):
            registry.import_areas(export(area("A", 0)), as_of="2023-12-31", source=name)  # type: ignore[arg-type]


def test_the_function_alone_takes_another_crs() -> None:
    known = export(area("A", 0))
    events, changes = events_from_changes(known, known.to_crs(4326), as_of="2024-12-31")
    assert (len(events), len(changes)) == (0, 0)
