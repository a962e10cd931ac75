"""Exports of areas become events; what would end a hazard without a release does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
from shapely import box

from landrelease import DataError, RegistryError, status_on
from landrelease.registry import Registry, events_from_changes

UTM = 32630
WEST = 500_000.0


def export(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    """Return an export; areas are 100 m squares, one a kilometre from the next."""
    names = ["area_id", "hazard_class", "status", "release_type", "release_date", "operator", "geometry"]
    frame = pd.DataFrame(list(rows)).reindex(columns=names)
    frame["release_date"] = pd.to_datetime(frame["release_date"])
    return gpd.GeoDataFrame(frame, geometry="geometry", crs=UTM)


def area(name: str, km: int, *, width: float = 100, **cells: Any) -> dict[str, Any]:
    west = WEST + 1000 * km
    return {"area_id": name, "hazard_class": "SHA", "status": "open", "geometry": box(west, 0, west + width, 100)} | cells


@pytest.fixture
def registry(tmp_path: Path) -> Any:
    with Registry(tmp_path / "registry.gpkg") as made:
        yield made


def hazardous_m2(registry: Registry, day: str) -> dict[str, float]:
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
        # nothing below says how the land was released: it stays hazardous
        ({"status": "released"}, None, 10_000),
        ({"status": "released", "release_type": "mixed"}, None, 10_000),
        ({"width": 50}, None, 10_000),
        ({"geometry": None}, None, 10_000),
        ({"status": "suspended"}, None, 10_000),
        ({"hazard_class": None}, None, 10_000),
    ],
)
def test_a_change_is_an_event_where_an_event_can_say_it(
    registry: Registry, then: dict[str, Any], kind: str | None, m2: float
) -> None:
    registry.import_areas(export(area("A", 0, operator="One")), as_of="2023-12-31", source="R")
    later = export(area("A", 0, **({"operator": "One"} | then)))
    done = registry.import_areas(later, as_of="2024-12-31", source="R")
    assert [one for one in registry.events()["event"][1:]] == ([] if kind is None else [kind])
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


def test_a_source_needs_a_name(registry: Registry) -> None:
    for name in ("", "  ", "registry", None):
        with pytest.raises(DataError, match="source must name"):
            registry.import_areas(export(area("A", 0)), as_of="2023-12-31", source=name)  # type: ignore[arg-type]


def test_the_function_alone_takes_another_crs() -> None:
    known = export(area("A", 0))
    events, changes = events_from_changes(known, known.to_crs(4326), as_of="2024-12-31")
    assert (len(events), len(changes)) == (0, 0)
