"""What an import, a revision, a void, a copy and a reopening do to a registry; the same on both stores."""

from __future__ import annotations

import sqlite3
import sys
from itertools import pairwise
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from oracle_points import as_frame, event, rect

from landrelease.errors import CRSError, DataError, OptionError, RegistryError
from landrelease.registry import land_balance, status_on
from landrelease.registry.store import Registry
from landrelease.registry.store.append import natural
from landrelease.registry.store.chain import GENESIS
from landrelease.tables import TABLES

SQUARE, LEFT = rect(0, 0, 100, 100), rect(0, 0, 50, 100)
FIRST = [
    event("1", "A", "suspected", "2020-01-01", SQUARE, operator="one", depth_m=0.2, revision="1"),
    event("2", "A", "reduced", "2021-06-01", LEFT, operator="two", revision="1"),
    event("3", "B", "confirmed", "2021-01-01", rect(200, 0, 300, 50), revision="1"),
]


def counts(done) -> tuple[int, int, int, int]:
    assert done.row_count == done.new_count + done.known_count + done.conflict_count + done.quarantined_count
    assert len(done.not_taken) == done.conflict_count + done.quarantined_count
    return done.new_count, done.known_count, done.conflict_count, done.quarantined_count


def take(registry: Registry, *rows: dict, source: str = "S", crs=6933) -> tuple[int, int, int, int]:
    return counts(registry.import_events(as_frame(list(rows), crs), source=source))


def changed(row: dict, **cells) -> dict:
    return {**row, **cells}


def cells_of(frame: gpd.GeoDataFrame) -> pd.DataFrame:
    return pd.DataFrame(frame.drop(columns=frame.geometry.name)).assign(wkb=frame.geometry.to_wkb())


def status(registry: Registry, day: str = "2030-01-01", **more) -> dict[str, str]:
    areas = registry.status_on(day, **more).table
    return dict(zip(areas["area_id"], areas["status"], strict=True))


# what is taken


def test_what_was_imported_comes_back(registry):
    assert take(registry, *FIRST) == (3, 0, 0, 0)
    events = registry.events()
    assert list(events.columns.drop("geometry")) == [one for one in TABLES["events"].names if one != "geometry"]
    assert events.crs == "EPSG:4326"
    assert events["event_id"].tolist() == ["1", "2", "3"]
    assert events["event"].tolist() == ["suspected", "reduced", "confirmed"]
    assert events["event_date"].dt.strftime("%Y-%m-%d").tolist() == ["2020-01-01", "2021-06-01", "2021-01-01"]
    assert events["operator"].tolist()[:2] == ["one", "two"]
    assert pd.isna(events["operator"].iloc[2])
    assert events["depth_m"].tolist()[0] == 0.2
    assert events["revision"].tolist() == ["1"] * 3
    assert events["registered_at"].notna().all()
    back = events.to_crs(6933).geometry.to_numpy()
    assert all(shapely.symmetric_difference(back[i], FIRST[i]["geometry"]).area < 0.05 for i in range(3))


def test_nothing_is_new_the_second_time(registry, another, opened):
    take(registry, *FIRST)
    head, batches = registry.head, len(registry.batches())
    for rows in (FIRST, FIRST[::-1], FIRST[:1]):
        again = registry.import_events(as_frame(rows), source="S")
        assert counts(again) == (0, len(rows), 0, 0)
        assert again.batch_id is None
    twice = registry.import_events(as_frame([*FIRST, *FIRST]), source="S")
    assert counts(twice) == (0, 6, 0, 0)
    assert (registry.head, len(registry.batches())) == (head, batches)


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "fgb", "parquet"])
def test_the_same_records_from_another_file_are_known(registry, tmp_path, suffix):
    frame = as_frame([changed(row, ap_mine_count=i, reported_area_m2=100) for i, row in enumerate(FIRST)], 4326)
    registry.import_events(frame, source="S")
    path = tmp_path / f"export.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(path)
        back = gpd.read_parquet(path)
    else:
        frame.to_file(path)
        back = gpd.read_file(path)
    if suffix != "geojson":  # GeoJSON keeps fewer digits
        back = back.sort_values("event_id")  # FlatGeobuf sorts by place
        assert all(back.geometry.to_wkb().to_numpy() == frame.geometry.to_wkb().to_numpy())
    else:
        back = back.set_geometry(frame.geometry)
    assert counts(registry.import_events(back, source="S")) == (0, 3, 0, 0)


def test_the_type_in_which_a_file_gives_a_cell_is_no_new_content(registry):
    """A column with a gap is read as decimals, a file without types as text: the record says the same."""
    rows = [changed(row, ap_mine_count=3, admin_code="12", reported_area_m2=100, parent_id="7") for row in FIRST]
    take(registry, *rows)
    frame = as_frame(rows)
    for more in (
        {"ap_mine_count": 3.0, "reported_area_m2": 100.0},
        {"ap_mine_count": pd.array([3, 3, 3], dtype="Int64"), "admin_code": 12, "parent_id": 7.0},
        {"event_date": frame["event_date"].dt.strftime("%Y-%m-%d"), "ap_mine_count": "3"},
        {"event_id": [1, 2, 3], "revision": 1, "operator": frame["operator"].astype("category")},
        {"operator": frame["operator"].astype(object).where(frame["operator"].notna(), None)},
    ):
        assert counts(registry.import_events(frame.assign(**more), source="S")) == (0, 3, 0, 0), list(more)


def test_the_same_land_in_another_crs_is_told_and_never_written_over(registry):
    """What a source says includes its coordinates as it wrote them: the same land reprojected is another text."""
    take(registry, *FIRST)
    before = cells_of(registry.events())
    assert take(registry, *FIRST, crs=32631) == (0, 0, 3, 0)
    pd.testing.assert_frame_equal(cells_of(registry.events()), before)


@pytest.mark.parametrize(
    "cells",
    [{"event": "confirmed"}, {"event_date": "2020-01-02"}, {"operator": "three"}, {"operator": None}, {"area_id": "Z"},
     {"geometry": LEFT}, {"geometry": None}, {"date_precision": "month"}, {"depth_m": 0.3}],
)  # fmt: skip
def test_a_conflict_is_told_and_never_written_over(registry, cells):
    take(registry, *FIRST)
    before = cells_of(registry.events())
    done = registry.import_events(as_frame([changed(FIRST[0], **cells), *FIRST[1:]]), source="S")
    assert counts(done) == (0, 2, 1, 0)
    assert done.not_taken["reason"].tolist() == [
        "says something else than event '1' on record: a change of what is on record needs a later revision"
    ]
    pd.testing.assert_frame_equal(cells_of(registry.events()), before)
    conflicts = registry.conflicts()
    assert conflicts[["batch_id", "source", "row", "event_id"]].values.tolist() == [[2, "S", 0, "1"]]
    head = registry.head
    assert counts(registry.import_events(as_frame([changed(FIRST[0], **cells)]), source="S")) == (0, 0, 1, 0)
    assert (registry.head, len(registry.conflicts()), len(registry.batches())) == (head, 1, 2)


def test_two_rows_of_one_import_that_say_different_things_are_both_set_aside(registry):
    assert take(registry, FIRST[0], changed(FIRST[0], operator="three"), FIRST[2]) == (1, 0, 0, 2)
    assert registry.events()["event_id"].tolist() == ["3"]
    assert set(registry.quarantine()["reason"]) == {
        "R2 event_id stands in several rows of this import that say different things"
    }


def test_ids_that_look_alike(registry):
    take(registry, *FIRST, event("HA-1", "C", "suspected", "2020-01-01", SQUARE, revision="1"))
    alike = ["ha-1", "НА-1", "HA-1\u200b", "ＨＡ-1"]
    for i, name in enumerate(alike):  # none of them may stand beside HA-1, or instead of it
        rows = [event(name, "C", "cancelled", f"2021-01-0{i + 1}", None, revision="1")]
        done = registry.import_events(as_frame(rows), source="S")
        assert counts(done) == (0, 0, 0, 1), name
        assert "HA-1' on record in its spelling only" in done.not_taken["reason"].iloc[0]
    assert status(registry)["C"] == "open"
    both = [event(name, "D", "suspected", "2020-01-01", SQUARE) for name in ("x-1", "X-1")]
    assert take(registry, *both) == (0, 0, 0, 2)
    # blanks around an id are no other id
    assert take(registry, event(" HA-1 ", "C", "suspected", "2020-01-01", SQUARE, revision="1")) == (0, 1, 0, 0)


def test_two_sources_may_give_the_same_id(registry):
    other = event("1", "Z", "confirmed", "2022-01-01", rect(900, 0, 950, 50))
    assert take(registry, *FIRST) == (3, 0, 0, 0)
    assert take(registry, other, source="T") == (1, 0, 0, 0)
    assert take(registry, other, source="T") == (0, 1, 0, 0)
    assert take(registry, changed(other, operator="x"), source="T") == (0, 0, 1, 0)
    assert registry.events()["event_id"].tolist() == ["1", "2", "3", "1~T"]
    assert status(registry) == {"A": "in_progress", "B": "open", "Z": "open"}


def test_ids_that_the_registry_would_make_itself_can_be_given_already(registry):
    """A source may well use names such as E@2: whoever comes second gets another one, and nothing is lost."""
    given = ["E", "E~T", "E~T~2", "E@2", "void:E@2", "void:E", "E@2~T"]
    rows = [event(name, f"A{i}", "suspected", "2020-01-01", SQUARE) for i, name in enumerate(given)]
    assert take(registry, *rows) == (7, 0, 0, 0)
    assert take(registry, *rows[::-1], source="T") == (7, 0, 0, 0)
    assert take(registry, changed(rows[0], revision="2"), source="S") == (1, 0, 0, 0)
    assert take(registry, changed(rows[0], revision="2"), source="T") == (1, 0, 0, 0)
    assert registry.void(["E@2"], reason="twice")
    assert take(registry, *rows) == (0, 6, 1, 0)  # what somebody undid is not simply known again
    assert take(registry, *rows, source="T") == (0, 7, 0, 0)
    events = registry.events()
    assert events["event_id"].is_unique
    assert len(events) == 7 + 7 + 2 + 2 + 1
    assert registry.verify().query("is_broken").empty


def test_rows_that_can_not_be_taken_are_counted_in_every_answer(registry):
    rows = [
        *FIRST,
        event("4", "A", "cleared", "20-06-01x", None),
        event("5", "A", "blown up", "2022-01-01", None),
        event(None, "A", "suspected", "2022-01-01", SQUARE),
        event("7", None, "suspected", "2022-01-01", SQUARE),
        event("8", "A", "cleared", "2022-01-01", shapely.Polygon()),
        event("9\u0007", "A", "suspected", "2022-01-01", SQUARE),
    ]
    frame = as_frame([changed(row, event_date=None) for row in rows])
    frame["event_date"] = [row["event_date"] for row in rows]
    done = registry.import_events(frame, source="S", profile="p", actor="office")
    assert counts(done) == (3, 0, 0, 6)
    quarantine = registry.quarantine()
    assert quarantine["row"].tolist() == [3, 4, 5, 6, 7, 8]
    assert quarantine["reason"].str[:3].str.strip().tolist() == ["R3", "R4", "R1", "R1", "R7", "R1"]
    assert quarantine.crs == "EPSG:4326"
    assert quarantine["event_id"].tolist()[:2] == ["4", "5"]
    assert str(done) == "9 rows of 'S': 3 new events, 0 known, 0 in conflict with the record, 6 in quarantine"
    for answer in (
        registry.status_on("2021-01-01"),
        registry.releases_from(end="2023-01-01"),
        registry.land_balance(start="2020-01-01", end="2021-12-31"),
    ):
        assert (answer.event_count, answer.quarantined_count, answer.conflict_count) == (3, 6, 0)
        assert "6 rows in quarantine and 0 in conflict" in str(answer)
        assert answer.head == registry.head
    batch = registry.batches().iloc[0]
    assert batch[["actor", "profile", "source", "row_count", "event_count", "quarantined_count"]].tolist() == [
        "office", "p", "S", 9, 3, 6,
    ]  # fmt: skip
    assert counts(registry.import_events(frame, source="S")) == (0, 3, 0, 6)
    assert len(registry.quarantine()) == 6


def test_a_row_that_a_later_import_takes_is_settled(registry):
    bad = event("4", "A", "cleared", "2022-01-01", shapely.Polygon())
    take(registry, *FIRST, bad)
    assert registry.quarantine()["event_id"].tolist() == ["4"]
    assert take(registry, changed(bad, geometry=LEFT)) == (1, 0, 0, 0)
    assert len(registry.quarantine()) == 0
    assert take(registry, changed(bad, geometry=SQUARE)) == (0, 0, 1, 0)
    assert registry.conflicts()["event_id"].tolist() == ["4"]
    assert take(registry, changed(bad, geometry=SQUARE, revision="2")) == (1, 0, 0, 0)
    assert len(registry.conflicts()) == 0
    assert take(registry, event("4", "A", "cleared", "2022-01-01", SQUARE), source="T") == (1, 0, 0, 0)


def test_only_the_same_source_settles(registry):
    bad = event("4", "A", "cleared", "2022-01-01", shapely.Polygon())
    take(registry, *FIRST, bad)
    take(registry, changed(bad, geometry=LEFT), source="T")
    assert len(registry.quarantine()) == 1


def test_an_earlier_revision_does_not_settle_a_later_one(registry):
    bad = event("4", "A", "cleared", "2022-01-01", shapely.Polygon(), revision="5")
    take(registry, *FIRST, bad)
    assert take(registry, changed(bad, geometry=LEFT, revision="4")) == (1, 0, 0, 0)
    assert registry.quarantine()["revision"].tolist() == ["5"]
    assert take(registry, changed(bad, geometry=LEFT, revision="6")) == (1, 0, 0, 0)
    assert len(registry.quarantine()) == 0


def test_a_later_revision_takes_the_place_of_the_earlier_one(registry):
    take(registry, *FIRST)
    assert take(registry, changed(FIRST[1], revision="2", geometry=None)) == (1, 0, 0, 0)
    events = registry.events().set_index("event_id")
    assert list(events.index) == ["1", "2", "3", "void:2@2", "2@2"]
    assert events.loc["void:2@2", "voids_event_id"] == "2"
    assert status(registry) == {"A": "released", "B": "open"}
    assert take(registry, FIRST[1]) == (0, 1, 0, 0)  # the first one is known, and undone
    assert take(registry, changed(FIRST[1], operator="x")) == (0, 0, 1, 0)
    assert take(registry, changed(FIRST[1], revision="0")) == (0, 0, 0, 1)
    assert registry.quarantine()["reason"].tolist() == ["is older than revision '2' on record"]
    assert status(registry) == {"A": "released", "B": "open"}


@pytest.mark.parametrize(
    "revisions",
    [["", "1", "2"], ["9", "10", "11"], ["1.9", "1.10"], ["a", "b"], ["v2", "v10"], ["2023-01-02", "2023-10-01"],
     ["", "²"], ["9" * 5000, "1" + "0" * 5000], ["R 1", "R 2 final"], ["009", "10"]],
)  # fmt: skip
def test_revisions_are_read_as_people_count(revisions):
    for before, later in pairwise(revisions):
        assert natural(before) < natural(later)


def test_revisions_come_in_their_order_in_any_order_of_the_rows(registry):
    rows = [changed(FIRST[0], revision=one, operator=one) for one in ("9", "10", "11")]
    for before, row in pairwise(rows):
        take(registry, before)
        assert take(registry, row) == (1, 0, 0, 0)
        assert take(registry, before) == (0, 1, 0, 0)
    assert take(registry, *[changed(row, event_id="other") for row in rows[::-1]]) == (3, 0, 0, 0)
    events = registry.events()
    live = events[events["event"].eq("suspected") & ~events["event_id"].isin(events["voids_event_id"])]
    assert live["operator"].tolist() == ["11", "11"]


# areas of several sources


def test_areas_of_two_sources_with_the_same_id_are_kept_apart(registry):
    take(registry, *FIRST)
    hazard = event("8", "A", "suspected", "2020-01-01", rect(900, 0, 950, 50))
    release = event("9", "A", "cleared", "2023-01-01", None, parent_id="B")
    assert take(registry, hazard, release, source="T") == (2, 0, 0, 0)
    assert status(registry) == {"A": "in_progress", "A~T": "released", "B": "open"}
    assert registry.events()["parent_id"].dropna().tolist() == ["B~T"]
    done = registry.import_events(as_frame([event("10", "A", "reopened", "2024-01-01")]), source="T")
    assert done.kept_apart == {"A": "A~T"}
    assert "1 area kept apart from another source's" in str(done)
    assert status(registry) == {"A": "in_progress", "A~T": "in_progress", "B": "open"}
    with pytest.raises(RegistryError, match="'T' was imported with area_ids='own' before"):
        registry.import_events(as_frame([release]), source="T", area_ids="shared")
    assert registry.verify().empty


def test_areas_of_one_list_are_the_same_whoever_names_them(registry):
    take(registry, *FIRST)
    release = event("9", "A", "cleared", "2023-01-01", None)
    registry.import_events(as_frame([release]), source="T", area_ids="shared")
    assert status(registry) == {"A": "released", "B": "open"}
    with pytest.raises(OptionError, match="area_ids must be one of own, shared"):
        registry.import_events(as_frame([release]), source="T", area_ids="mine")


def areas_of(**cells: list) -> gpd.GeoDataFrame:
    """An export of areas: A with 100 by 100 m, B with 100 by 50 m."""
    shapes = gpd.GeoSeries([SQUARE, rect(200, 0, 300, 50)], crs=6933)
    plain = {"area_id": ["A", "B"], "hazard_class": ["SHA", "CHA"], "status": ["open", "open"], "release_type": None}
    return gpd.GeoDataFrame(plain | cells, geometry=shapes)


def test_an_export_of_areas_adds_what_it_says_differently(registry, clock):
    first = areas_of()
    done = registry.import_areas(first, as_of="2024-01-31", source="S")
    assert (done.new_count, done.changes) == (2, None)
    again = registry.import_areas(first, as_of="2024-02-29", source="S")
    assert (again.new_count, again.known_count, again.batch_id, len(again.changes)) == (0, 2, None, 0)
    later = areas_of(status=["released", "open"], release_type=["cancelled", None])
    assert registry.import_areas(later, as_of="2024-03-31", source="S").new_count == 1
    assert status(registry) == {"A": "released", "B": "open"}
    with pytest.raises(RegistryError, match="is not later than the last one of 'S'"):
        registry.import_areas(first, as_of="2024-03-31", source="S")
    bad = areas_of(area_id=["A", None], status=["released", "open"], release_type=["cancelled", None])
    done = registry.import_areas(bad, as_of="2024-04-30", source="S")
    assert done.row_count == 2
    assert done.quarantined_count == 1
    assert registry.quarantine()["reason"].tolist() == ["R1 area_id must be filled"]
    assert status(registry) == {"A": "released", "B": "open"}  # what an export leaves out is not released
    assert registry.verify().empty


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_an_export_of_areas_is_held_against_what_is_not_undone(registry, depth):
    registry.import_areas(areas_of(), as_of="2024-01-31", source="S")
    later = areas_of(status=["released", "open"], release_type=["cancelled", None])
    done = registry.import_areas(later, as_of="2024-03-31", source="S")
    voids = registry.void(batch_id=done.batch_id, reason="wrong")
    for _ in range(depth - 1):
        voids = registry.void(voids, reason="the other way round")
    assert status(registry)["A"] == ("open" if depth % 2 else "released")
    again = registry.import_areas(later, as_of="2024-04-30", source="S")
    assert again.new_count == depth % 2
    assert status(registry)["A"] == "released"


# voids


def test_voids_of_a_source(registry):
    take(registry, *FIRST)
    assert take(registry, event("V1", "A", "void", "2022-01-01", voids_event_id="2")) == (1, 0, 0, 0)
    assert status(registry) == {"A": "open", "B": "open"}
    assert take(registry, event("V1", "A", "void", "2022-01-01", voids_event_id="2")) == (0, 1, 0, 0)
    assert take(registry, event("V2", "A", "void", "2022-01-01", voids_event_id="V1")) == (1, 0, 0, 0)
    assert status(registry) == {"A": "in_progress", "B": "open"}
    nobody = event("V3", "A", "void", "2022-01-01", voids_event_id="99")
    assert take(registry, nobody) == (0, 0, 0, 1)
    assert registry.quarantine()["reason"].tolist() == ["R15 voids_event_id names no event on record"]
    assert take(registry, event("99", "A", "cleared", "2022-01-01", None), nobody) == (2, 0, 0, 0)
    assert len(registry.quarantine()) == 0
    assert status(registry) == {"A": "in_progress", "B": "open"}


def test_voids_in_any_order_within_an_import(registry):
    rows = [event(f"V{i}", "A", "void", "2022-01-01", voids_event_id=f"V{i - 1}" if i else "2") for i in range(6)]
    assert take(registry, *rows[::-1], *FIRST) == (9, 0, 0, 0)
    assert status(registry)["A"] == "in_progress"  # six voids: an even number undoes itself
    assert registry.verify().empty


def test_voids_in_a_circle_and_of_themselves_are_set_aside(registry):
    rows = [event("V1", "A", "void", "2022-01-01", voids_event_id="V2"),
            event("V2", "A", "void", "2022-01-01", voids_event_id="V1"),
            event("V3", "A", "void", "2022-01-01", voids_event_id="V3")]  # fmt: skip
    assert take(registry, *FIRST, *rows) == (3, 0, 0, 3)
    assert status(registry)["A"] == "in_progress"


def test_a_void_of_a_source_means_the_last_revision_of_its_own_event(registry):
    take(registry, *FIRST, changed(FIRST[1], revision="2", operator="x"))
    take(registry, event("V1", "A", "void", "2022-01-01", voids_event_id="2"))
    assert registry.events()["voids_event_id"].tolist()[-1] == "2@2"
    assert status(registry)["A"] == "open"


def test_a_source_can_not_undo_the_events_of_another(registry):
    """Local ids repeat between offices: a void of "1" by one of them must not take a hazard of another away."""
    take(registry, *FIRST)
    assert take(registry, event("V1", "A", "void", "2022-01-01", voids_event_id="1"), source="T") == (0, 0, 0, 1)
    assert status(registry)["A"] == "in_progress"


def test_a_revised_void_lets_go_of_its_first_target(registry):
    take(registry, *FIRST, event("V1", "A", "void", "2022-01-01", voids_event_id="2", revision="1"))
    take(registry, event("V1", "A", "void", "2022-01-01", voids_event_id="3", revision="2"))
    assert status(registry) == {"A": "in_progress"}


def picture(registry: Registry) -> list[object]:
    """What the registry says: the states on a day before and after the events in question, and an account."""
    events = registry.events()
    account = land_balance(events, start="2021-01-01", end="2022-12-31", by="area_id")
    return [
        (row.area_id, row.status, row.geometry.wkt)
        for day in ("2021-12-31", "2022-12-31")
        for row in status_on(events, day).itertuples()
    ] + account.round(6).to_dict("records")


def test_void_after_do_is_identity(registry):
    take(registry, *FIRST)
    before = picture(registry)
    for rows in (
        [event("4", "A", "cleared", "2022-01-01", None)],
        [changed(FIRST[1], revision="2", geometry=rect(0, 0, 100, 20)), event("5", "C", "suspected", None, LEFT)],
        [event("6", "A", "cleared", "2022-01-01", None), event("V6", "A", "void", None, voids_event_id="6")],
        [event("V2", "A", "void", None, voids_event_id="2"), event("7", "B", "cancelled", "2022-02-02", None)],
    ):
        done = registry.import_events(as_frame(rows), source="S")
        assert done.quarantined_count == 0
        voids = registry.void(batch_id=done.batch_id, reason="wrong file", actor="office")
        assert picture(registry) == before
        with pytest.raises(DataError, match=f"Batch {done.batch_id} has no events that are not undone yet"):
            registry.void(batch_id=done.batch_id, reason="again")
        again = registry.void(voids, reason="was right after all")
        if len(rows) == 1:
            assert picture(registry) != before
            registry.void(again, reason="was wrong after all")
            assert picture(registry) == before
        else:
            registry.void(again, reason="was wrong after all")
    assert picture(registry) == before
    batch = registry.batches().iloc[-1]
    assert batch[["source", "note"]].tolist() == ["registry", "was wrong after all"]
    registry.void(batch_id=1, reason="all of it")
    assert len(status_on(registry.events(), "2030-01-01")) == 0
    assert registry.verify().empty


def test_an_event_that_came_back_can_be_undone_with_its_batch(registry):
    take(registry, *FIRST)
    void = registry.void("1", reason="wrong")
    registry.void(void, reason="right")
    registry.void(batch_id=1, reason="all wrong")
    assert len(status_on(registry.events(), "2030-01-01")) == 0


def test_void_says_what_it_can_not_undo(registry):
    take(registry, *FIRST)
    assert registry.void("2", reason="wrong") == ["void:2"]
    assert status(registry)["A"] == "open"
    head = registry.head
    with pytest.raises(DataError, match=r"2' is undone already"):
        registry.void(["1", "2"], reason="wrong")
    with pytest.raises(DataError, match=r"No event '33' is on record; did you mean '3'\?"):
        registry.void(["1", "33"], reason="wrong")
    with pytest.raises(DataError, match="Batch 7"):
        registry.void(batch_id=7, reason="wrong")
    for call in ({}, {"event_ids": "1", "batch_id": 1}):
        with pytest.raises(DataError, match="void takes event_ids or batch_id"):
            registry.void(**call, reason="wrong")
    assert registry.head == head
    assert len(registry.void(["1", "1", "3"], reason="wrong")) == 2
    assert len(status(registry)) == 0
    registry.void("void:2", reason="right")
    assert registry.void("2", reason="wrong again") == ["void:2+"]


def test_undoing_nothing_adds_nothing(registry):
    take(registry, *FIRST)
    head = registry.head
    assert registry.void([], reason="nothing") == []
    assert registry.head == head


# when it became known


def test_what_was_known_on_a_day(registry, clock):
    clock("2024-01-05 10:00")
    take(registry, FIRST[0])
    clock("2024-02-01 23:59:59.999999")
    take(registry, FIRST[1])
    clock("2024-03-01 00:00")
    registry.void("2", reason="wrong")
    assert registry.events()["registered_at"].astype(str).tolist() == [
        "2024-01-05 10:00:00.000000", "2024-02-01 23:59:59.999999", "2024-03-01 00:00:00.000000",
    ]  # fmt: skip
    known = {"2024-01-04": 0, "2024-01-05": 1, "2024-01-31": 1, "2024-02-01": 2, "2024-02-29": 2, "2024-03-01": 3}
    assert {day: len(registry.events(known_on=day)) for day in known} == known
    states = {"2024-01-05": "open", "2024-02-01": "in_progress", "2024-02-29": "in_progress", "2024-03-01": "open"}
    assert {day: status(registry, known_on=day)["A"] for day in states} == states
    assert status(registry, known_on="2024-01-04") == {}
    answer = registry.land_balance(start="2020-01-01", end="2021-12-31", known_on="2024-02-15")
    assert answer.table["closing_m2"].iloc[-1] == pytest.approx(5000, rel=1e-5)
    assert "what was known on 2024-02-15" in str(answer)
    assert answer.event_count == 2
    assert len(registry.releases_from(known_on="2024-01-31").table) == 0
    assert len(registry.releases_from(known_on="2024-02-15").table) == 1
    with pytest.raises(OptionError, match="known_on must be a date"):
        registry.events(known_on="lately")


def test_a_clock_that_goes_back_does_not_change_the_order(registry, clock):
    clock("2024-05-01")
    take(registry, FIRST[0])
    clock("2023-01-01")
    take(registry, FIRST[1])
    clock("2024-06-01")
    take(registry, FIRST[2])
    assert registry.events()["registered_at"].dt.strftime("%Y-%m-%d").tolist() == [
        "2024-05-01", "2024-05-01", "2024-06-01",
    ]  # fmt: skip
    assert registry.batches()["registered_at"].is_monotonic_increasing
    assert registry.verify().empty


def test_a_registration_time_that_a_file_gives_is_not_believed(registry, clock):
    frame = as_frame(FIRST).assign(registered_at=pd.Timestamp("1999-01-01"))
    registry.import_events(frame, source="S")
    assert registry.events()["registered_at"].dt.year.unique().tolist() == [2024]
    assert counts(registry.import_events(as_frame(FIRST), source="S")) == (0, 3, 0, 0)


# what is refused


@pytest.mark.parametrize(
    ("frame", "error", "said"),
    [
        (as_frame(FIRST).set_crs(None, allow_override=True), CRSError, "no coordinate reference system"),
        (pd.DataFrame({"event_id": ["1"]}), CRSError, "must be a GeoDataFrame"),
        (as_frame(FIRST).drop(columns=["area_id", "event"]), DataError, "lacks the column area_id and event"),
    ],
)
def test_a_refused_frame_leaves_no_trace(registry, frame, error, said):
    with pytest.raises(error, match=said):
        registry.import_events(frame, source="S")
    assert (registry.head, len(registry.batches()), len(registry.quarantine())) == (GENESIS, 0, 0)


def test_a_datum_that_is_not_known_well_is_refused(registry):
    point = gpd.GeoDataFrame({"event_id": ["1"], "area_id": ["A"], "event": ["suspected"]},
                             geometry=[shapely.box(104.9, 11.6, 104.91, 11.61)], crs=4131)  # fmt: skip
    with pytest.raises(CRSError, match="Fix:"):
        registry.import_events(point, source="S")
    assert registry.head == GENESIS


@pytest.mark.parametrize("source", ["", "  ", "registry", " registry "])
def test_a_source_has_a_name_of_its_own(registry, source):
    with pytest.raises(DataError, match="source must name the system"):
        registry.import_events(as_frame(FIRST), source=source)


def test_the_frame_is_not_changed(registry):
    frame = as_frame([*FIRST, event("8", "A", "cleared", "2022-01-01", shapely.Polygon())])
    before = frame.copy()
    registry.import_events(frame, source="S")
    registry.import_events(frame.rename_geometry("shape").set_index("event_id", drop=False), source="S")
    pd.testing.assert_frame_equal(cells_of(frame), cells_of(before))
    assert len(registry.events()) == 3
    events = registry.events()
    events["event"] = "noted"
    assert registry.events()["event"].tolist() == ["suspected", "reduced", "confirmed"]


def test_an_import_of_nothing(registry):
    for _ in range(2):
        done = registry.import_events(as_frame(FIRST).iloc[:0], source="S")
        assert (counts(done), done.batch_id, registry.head) == ((0, 0, 0, 0), None, GENESIS)
    assert len(registry.events()) == len(registry.quarantine()) == len(registry.batches()) == 0
    assert registry.events().crs == registry.quarantine().crs == "EPSG:4326"
    assert registry.verify().empty
    assert len(registry.status_on("2024-01-01").table) == 0
    assert status_on(registry.events(known_on="2024-01-01"), "2024-01-01").empty


CANARY = "Canary Person-Name"


def test_columns_that_are_not_declared_stay_outside(registry, registry_at, backend):
    frame = as_frame([*FIRST, changed(FIRST[0], event_id="9", event="no such thing")])
    frame = frame.assign(victim_name=CANARY, phone=CANARY, read_findings=f'[["R3","x","{CANARY}","{CANARY}"]]')
    done = registry.import_events(frame, source="S")
    assert counts(done) == (3, 0, 0, 1)
    registry.import_events(frame.assign(operator="other"), source="S")
    said = [str(registry.events().to_dict()), str(registry.quarantine().to_dict()), str(registry.conflicts().to_dict()),
            str(registry.batches().to_dict()), str(registry.verify().to_dict())]  # fmt: skip
    if backend == "geopackage":
        registry.close()
        said.append(Path(registry_at).read_bytes().decode("latin-1"))
    else:
        tables = ("lr_event", "lr_set_aside", "lr_batch", "lr_meta")
        said += [str(registry._log._all(f"SELECT t::text FROM {table} t")) for table in tables]
    assert not [text for text in said if CANARY in text]


# land outside


COUNTRY = gpd.GeoDataFrame(geometry=[rect(-1000, -1000, 1000, 1000)], crs=6933)


def test_land_outside_the_extent(registry_at, opened):
    registry = opened(registry_at, extent=COUNTRY)
    far = rect(5000, 0, 5100, 100)
    rows = [
        *FIRST,
        event("4", "C", "suspected", "2020-01-01", far),
        event("5", "C", "cleared", "2021-01-01", far),
        event("6", "D", "suspected", "2020-01-01", rect(900, 0, 1100, 100)),
    ]
    assert take(registry, *rows) == (5, 0, 0, 1)
    assert registry.quarantine()[["event_id", "reason"]].values.tolist() == [
        ["5", "R11 geometry lies outside the extent of the registry"]
    ]
    assert status(registry) == {"A": "in_progress", "B": "open", "C": "open", "D": "open"}
    events = registry.events().set_index("event_id")
    assert events.loc["4"].geometry is None  # a hazard at a wrong place is a hazard whose place is not known
    found = registry.verify()
    assert found[["invariant", "is_broken", "event_id"]].values.tolist() == [["I3", False, "6"]]


def test_the_extent_is_set_once(registry_at, another, opened):
    opened(registry_at, extent=COUNTRY).close()
    opened(registry_at).close()
    opened(registry_at, extent=COUNTRY).close()
    with pytest.raises(RegistryError, match="was made with another extent"):
        Registry(registry_at, extent=COUNTRY.buffer(10).to_frame("geometry"))
    plain = another()
    opened(plain).close()
    with pytest.raises(RegistryError, match="was made without an extent"):
        Registry(plain, extent=COUNTRY)
    with pytest.raises(CRSError):
        Registry(another(), extent=COUNTRY.set_crs(None, allow_override=True))


# reopening, copies


def test_a_registry_is_the_same_when_it_is_opened_again(registry_at, opened):
    with Registry(registry_at) as registry:
        take(registry, *FIRST, event("8", "A", "cleared", "2022-01-01", shapely.Polygon()))
        take(registry, changed(FIRST[0], operator="x"))
        head, events, aside = registry.head, cells_of(registry.events()), cells_of(registry.quarantine())
    for _ in range(2):
        registry = opened(registry_at)
        assert registry.head == head
        assert head[:16] in repr(registry)
        pd.testing.assert_frame_equal(cells_of(registry.events()), events)
        pd.testing.assert_frame_equal(cells_of(registry.quarantine()), aside)
        assert len(registry.conflicts()) == 1
        assert registry.verify().empty
        assert take(registry, *FIRST) == (0, 3, 0, 0)


def test_two_who_have_it_open_see_what_the_other_adds(registry_at, opened):
    one, two = opened(registry_at), opened(registry_at)
    take(one, *FIRST)
    assert (two.head, len(two.events())) == (one.head, 3)
    take(two, event("4", "A", "cleared", "2022-01-01", None))
    assert (one.head, len(one.events())) == (two.head, 4)
    assert one.verify().empty


def filled(registry: Registry) -> Registry:
    take(registry, *FIRST, event("8", "A", "cleared", "2022-01-01", shapely.Polygon()))
    take(registry, changed(FIRST[0], operator="x"), changed(FIRST[1], revision="2"))
    registry.void("3", reason="wrong")
    return registry


def same_registry(one: Registry, two: Registry) -> None:
    assert one.head == two.head
    for table in ("events", "quarantine", "conflicts"):
        pd.testing.assert_frame_equal(cells_of(getattr(one, table)()), cells_of(getattr(two, table)()))
    pd.testing.assert_frame_equal(one.batches(), two.batches())
    pd.testing.assert_frame_equal(one.verify(), two.verify())


def test_a_copy_is_the_same_registry(registry_at, opened, tmp_path):
    registry = filled(opened(registry_at, extent=COUNTRY))
    registry.verify()
    path = tmp_path / "copy.gpkg"
    registry.backup(path)
    copy = opened(path)
    same_registry(registry, copy)
    with pytest.raises(RegistryError, match="there already"):
        registry.backup(path)
    take(registry, event("77", "A", "noted", "2022-01-01"))
    assert copy.head != registry.head
    take(copy, event("77", "A", "noted", "2022-01-01"))
    assert len(copy.events()) == len(registry.events())
    with pytest.raises(RegistryError, match="extent"):
        Registry(path, extent=COUNTRY.buffer(10).to_frame("geometry"))
    with pytest.raises(RegistryError, match=r"can not be copied|no folder"):
        registry.backup(tmp_path / "nowhere" / "copy.gpkg")


@pytest.mark.postgis
def test_copies_go_between_the_stores(registry_at, opened, postgis):
    registry = filled(opened(registry_at))
    address = postgis()
    registry.backup(address)
    copy = opened(address)
    same_registry(registry, copy)
    assert copy.head == registry.head
    with pytest.raises(RegistryError, match="holds a registry already"):
        registry.backup(address)


def test_an_empty_registry_can_be_copied(registry, opened, tmp_path):
    registry.backup(tmp_path / "copy.gpkg")
    assert opened(tmp_path / "copy.gpkg").head == GENESIS


# what can not be opened


def text_file(path: Path) -> None:
    path.write_text("event_id,area_id\n1,A\n", encoding="utf-8")


def short_file(path: Path) -> None:
    path.write_text("1", encoding="utf-8")


def other_geopackage(path: Path) -> None:
    as_frame(FIRST).to_file(path, layer="areas", driver="GPKG")


def other_database(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE t (x)")


def newer(path: Path) -> None:
    with Registry(path) as registry, registry._log.writing():
        registry._log.set_meta("schema_version", "99")


def odd_version(path: Path) -> None:
    with Registry(path) as registry, registry._log.writing():
        registry._log.set_meta("schema_version", "one")


def odd_extent(path: Path) -> None:
    with Registry(path) as registry, registry._log.writing():
        registry._log.set_meta("extent", "no shape")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (text_file, "is no GeoPackage"), (short_file, "is no GeoPackage"), (Path.mkdir, "Fix:"),
        (other_geopackage, "tables of its own"), (other_database, "tables of its own"),
        (newer, "by a newer landrelease"), (odd_version, "damaged"), (odd_extent, "damaged"),
    ],
)  # fmt: skip
def test_what_is_no_registry_is_refused_and_left_as_it_was(tmp_path, make, said):
    path = tmp_path / "thing.gpkg"
    make(path)
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(RegistryError, match=said):
        Registry(path)
    assert before is None or path.read_bytes() == before


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(RegistryError, match="There is no folder"):
        Registry(tmp_path / "no" / "registry.gpkg")


SECRET = "Secret-4711"


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://user:{SECRET}@host/name",
        f"postgresql://user:{SECRET}@localhost:1/name",
        f"postgresql://localhost:1/name?user=u&password={SECRET}",
        f"postgresql://localhost:1/name?user=u&password=x@{SECRET}",
        f"postgresql://user:%{SECRET}@localhost:1/name",
        f"postgresql://user:a/{SECRET}@localhost:1/name",
        f"postgresql://user:{SECRET}/a@localhost:1/name",
        f"postgres://user:{SECRET}@[localhost:1/name",
        f"postgresql://user:a?{SECRET}@localhost:1/name",
    ],
)
def test_messages_show_no_password(url):
    pytest.importorskip("psycopg")
    with pytest.raises(RegistryError, match="Fix:") as error:
        Registry(url)
    assert SECRET not in str(error.value)
    assert SECRET not in repr(error.value.__cause__)


def test_postgresql_without_its_driver(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(RegistryError, match=r"pip install 'landrelease\[postgis\]'"):
        Registry("postgresql://localhost/name")


@pytest.mark.postgis
def test_a_database_without_postgis_where_it_can_not_be_added(postgres, postgis):
    """A user who may not add it is told who can."""
    url = postgis()
    with Registry(url) as registry:
        registry._log._connection.execute("CREATE TABLE other (x int)")
    schema = url.rsplit("=", 1)[1]
    postgres.execute(f"DROP TABLE {schema}.lr_meta")

    class NoExtension:
        """A connection that has no PostGIS and may not add it."""

        def __init__(self, connection):
            self._connection = connection

        def __getattr__(self, name):
            return getattr(self._connection, name)

        def execute(self, statement, *values):
            import psycopg

            if "pg_extension" in statement:
                return self._connection.execute("SELECT 1 WHERE false")
            if "CREATE EXTENSION" in statement:
                raise psycopg.errors.InsufficientPrivilege("permission denied to create extension")
            return self._connection.execute(statement, *values)

    import psycopg

    connect = psycopg.connect
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg, "connect", lambda *args, **kwargs: NoExtension(connect(*args, **kwargs)))
        with pytest.raises(RegistryError, match="has no PostGIS, and this user can not add it: permission denied"):
            Registry(url)


@pytest.mark.postgis
def test_a_schema_of_ones_own_is_not_mistaken_for_another_on_the_path(postgis, opened):
    one = postgis()
    filled(opened(one))
    schema = one.rsplit("=", 1)[1]
    assert opened(postgis().replace(",public", f",{schema},public")).head == GENESIS


@pytest.mark.postgis
def test_a_schema_with_capitals(postgres, postgis, opened):
    address = postgis()
    schema = address.rsplit("=", 1)[1]
    postgres.execute(f'CREATE SCHEMA "{schema}.Of Ours"')
    try:
        with Registry(address.replace(f"3D{schema},", f"3D%22{schema}.Of%5C%20Ours%22,")) as registry:
            assert filled(registry).verify().empty
    finally:
        postgres.execute(f'DROP SCHEMA "{schema}.Of Ours" CASCADE')


@pytest.mark.postgis
def test_a_server_that_goes_away(postgres, postgis, opened):
    address = postgis()
    registry = filled(opened(address))
    name = address.rsplit("=", 1)[1]
    postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", (name,))
    for call in (registry.batches, registry.quarantine, registry.verify, lambda: registry.head,
                 lambda: take(registry, *FIRST)):  # fmt: skip
        with pytest.raises(RegistryError, match=r"can not be (read|written)(.|\n)*Fix: "):
            call()


def test_a_failure_in_the_middle_of_an_import_leaves_nothing(registry, monkeypatch):
    take(registry, *FIRST)
    head, before = registry.head, cells_of(registry.events())
    add = registry._log.add

    def half(batch, events, set_aside):
        add(batch, events, set_aside)
        raise KeyboardInterrupt

    monkeypatch.setattr(registry._log, "add", half)
    with pytest.raises(KeyboardInterrupt):
        take(registry, event("4", "A", "cleared", "2022-01-01", None))
    monkeypatch.undo()
    assert registry.head == head
    pd.testing.assert_frame_equal(cells_of(registry.events()), before)
    assert take(registry, event("4", "A", "cleared", "2022-01-01", None)) == (1, 0, 0, 0)
