"""What a log keeps, and what `verify` tells, that other tests let pass changed (`benchmarks/mutate.py`)."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from golden.make_golden import IMSMA, make
from oracle_points import X, Y, as_frame, event, rect
from test_store_verify import EAST, Made, one
from test_store_verify import HAZARD as MADE_HAZARD
from test_store_verify import RELEASE as MADE_RELEASE

from landrelease.registry.store import Registry, verify
from landrelease.registry.store.append import natural
from landrelease.registry.store.chain import GENESIS, LogRow, batch_hash
from landrelease.registry.store.frames import events_frame

GOLDEN = Path(__file__).parent / "golden" / "registry_v1.gpkg"
SQUARE, LEFT = rect(0, 0, 100, 100), rect(0, 0, 50, 100)
HAZARD = event("1", "A", "confirmed", "2020-01-01", SQUARE)
MADE = (MADE_HAZARD, MADE_RELEASE, one("3", "B", "suspected", None, EAST))
RELEASE = event("2", "A", "cleared", "2021-01-01", LEFT)


def take(registry: Registry, *rows: dict[str, Any]) -> tuple[int, int, int, int]:
    """Take some events; return how many are new, known, in conflict and in quarantine."""
    done = registry.import_events(as_frame(list(rows)), source="S")
    return done.new_count, done.known_count, done.conflict_count, done.quarantined_count


def said(registry: Registry, *rows: dict[str, Any]) -> list[tuple[str, str]]:
    """Take some events, and return what `verify` says: which invariant, of which event."""
    if rows:
        take(registry, *rows)
    found = registry.verify()
    return list(found[["invariant", "event_id"]].itertuples(index=False, name=None))


def status(registry: Registry) -> dict[str, str]:
    areas = registry.status_on("2030-01-01").table
    return dict(zip(areas["area_id"], areas["status"], strict=True))


# verify


@pytest.mark.parametrize(("side_m", "is_told"), [(0.8, False), (1.2, True)])
def test_a_release_of_a_square_metre_of_other_land_is_told(registry: Registry, side_m: float, is_told: bool):
    shape = shapely.MultiPolygon([LEFT, rect(200, 0, 200 + side_m, side_m)])
    rows = [HAZARD, event("2", "A", "cleared", "2021-01-01", shape)]
    assert said(registry, *rows) == ([("I4", "2")] if is_told else [])


@pytest.mark.parametrize(
    ("day", "x", "y", "is_told"),
    [
        ("2021-06-02", 20, 20, True),
        ("2021-06-02", 80, 80, False),  # within the bounds of the release, outside its land
        ("2021-06-01", 20, 20, False),  # on the day of the release nobody knows which came first
        (None, 20, 20, False),
    ],
)
def test_an_accident_is_told_of_where_and_when_land_was_released(registry: Registry, day, x, y, is_told):
    corner = shapely.Polygon([(X, Y), (X + 100, Y), (X, Y + 100)])
    rows = [HAZARD, event("2", "A", "cleared", "2021-06-01", corner),
            event("3", "B", "accident", day, shapely.Point(X + x, Y + y))]  # fmt: skip
    assert said(registry, *rows) == ([("I11", "3")] if is_told else [])


def test_land_that_is_hazardous_again_is_no_accident(registry: Registry):
    rows = [
        HAZARD,
        event("2", "A", "cleared", "2021-01-01", LEFT),
        event("3", "A", "reopened", "2022-01-01", LEFT),
        event("4", "B", "suspected", "2022-01-01", LEFT),
    ]
    assert said(registry, *rows) == []


@pytest.mark.parametrize(("precision", "is_told"), [("day", True), ("month", False), ("year", False)])
def test_a_release_before_its_hazard_is_told_where_its_day_is_known(registry: Registry, precision, is_told):
    rows = [HAZARD, event("2", "A", "cleared", "2019-06-01", LEFT, date_precision=precision)]
    assert (("I9", "2") in said(registry, *rows)) is is_told


def test_the_account_is_that_of_the_map_whichever_areas_share_land(registry: Registry):
    """Three groups of areas that share land, and one area that shares none: 1, 2, 3 and 1 of them."""
    lefts = {"A": 0, "B": 1000, "C": 1050, "D": 2000, "E": 2050, "F": 2100, "G": 3000}
    rows = [event(name, name, "suspected", "2020-01-01", rect(x, 0, x + 100, 100)) for name, x in lefts.items()]
    order = ["E", "A", "C", "F", "B", "D", "G"]
    assert said(registry, *[row for name in order for row in rows if row["event_id"] == name]) == []
    account = registry.land_balance(start="2020-01-01", end="2020-12-31").table
    # by hand: 100 m times 100 + 150 + 200 + 100 m
    assert account["closing_m2"].tolist() == [pytest.approx(55_000, rel=1e-6)]


def test_what_is_dated_years_ahead_is_checked_as_well():
    log = Made(MADE_HAZARD, MADE_RELEASE, one("3", "A", "cleared", "2199-01-01", EAST))
    found = verify.verify_all(log, None)
    assert found[["invariant", "event_id"]].to_numpy().tolist() == [["I4", "3"], ["I9", "3"]]


@pytest.mark.parametrize(
    ("gap_m2", "event_count", "is_told"),
    [(0.009, 1, False), (0.015, 1, True), (0.09, 1_000_000, False), (0.11, 1_000_000, True)],
)
def test_a_hundredth_of_a_square_metre_is_a_rounding_more_with_many_events(monkeypatch, gap_m2, event_count, is_told):
    monkeypatch.setattr(verify, "land_balance", lambda *_, **__: pd.DataFrame({"closing_m2": [100.0]}))
    monkeypatch.setattr(verify, "_drawn_m2", lambda _: 100 - gap_m2)
    folded: Any = SimpleNamespace(until=pd.Timestamp("2024-12-31"), events=range(event_count))
    assert bool(verify._account(folded)) is is_told


def test_the_first_break_of_a_chain_is_told_and_not_all_that_follows_from_it():
    log = Made(*MADE)
    whole = list(log.rows)
    assert verify.broken_links(whole, GENESIS, first=1) == []
    assert verify.broken_links([whole[0], *whole[2:]], GENESIS, first=1) == ["event 2 is missing"]
    changed = [whole[0], whole[1]._replace(hash="0" * 64), *whole[2:]]
    assert verify.broken_links(changed, GENESIS, first=1) == ["event 2 ('2') is not as it was added"]


def test_an_event_that_is_chained_anew_into_another_batch_is_told():
    log = Made(*MADE).with_cells(1, batch_id=1)
    assert "batch 2 says 1 events, and has 0" in verify.verify_all(log, None)["message"].tolist()


def test_a_batch_that_is_chained_anew_with_another_end_is_told():
    log = Made(*MADE)
    last = replace(log.made[-1], last_seq=9)
    log.made[-1] = replace(last, hash=batch_hash(log.made[-2].hash, last))
    assert "batch 3 says 1 events, and has 1" in verify.verify_all(log, None)["message"].tolist()


# what is on record


def test_what_an_earlier_version_recorded_is_known_again(tmp_path: Path):
    with Registry(shutil.copy(GOLDEN, tmp_path)) as registry:
        head = registry.head
        for rows, counts in ((IMSMA, (0, 3, 0, 1)), ([IMSMA[2] | {"operator": "x"}], (0, 0, 1, 0))):
            done = registry.import_events(as_frame(rows), source="IMSMA", area_ids="shared")
            assert (done.new_count, done.known_count, done.conflict_count, done.quarantined_count) == counts
        assert registry.head == head


def test_the_same_imports_write_what_an_earlier_version_wrote(tmp_path: Path):
    """But for what hangs on the version of PROJ and of the package."""
    make(tmp_path / "registry.gpkg")
    with Registry(shutil.copy(GOLDEN, tmp_path / "golden.gpkg")) as golden, Registry(tmp_path / "registry.gpkg") as new:
        for name, of_version in (
            ("events", {"geom", "given", "hash"}),
            ("set_aside", {"geom"}),
            ("batches", {"tool_version", "crs_operation", "crs_accuracy_m", "last_hash", "set_aside_sha256", "hash"}),
        ):
            one, two = (pd.DataFrame(getattr(each._log, name)()).drop(columns=of_version) for each in (golden, new))
            pd.testing.assert_frame_equal(one, two)


def test_the_mark_of_a_revision_that_was_brought_again_is_not_of_the_source():
    row = LogRow(1, "1", 1, "A", "noted", None, None, None, "2024-01-01T00:00:00.000000", "S", "1", "1", "1",
                 "2\x1eagain2", None, None, None, None, "{}", "", None, None)  # fmt: skip
    assert events_frame([row])["revision"].tolist() == ["2"]


def test_moments_are_written_alike_whatever_the_clock_says(registry: Registry, clock):
    take(registry, HAZARD)
    clock("2024-01-01 00:00:00.5")
    take(registry, RELEASE)
    at = ["2024-01-01T00:00:00.000000", "2024-01-01T00:00:00.500000"]
    assert [row.registered_at for row in registry._log.events()] == at
    assert [one.registered_at for one in registry._log.batches()] == at


def test_the_clock_of_the_registry_is_that_of_greenwich(registry: Registry):
    before = datetime.now(UTC).replace(tzinfo=None)
    take(registry, HAZARD)
    assert before <= registry.events()["registered_at"].iloc[0] <= datetime.now(UTC).replace(tzinfo=None)


def test_a_settlement_names_what_it_settles_and_is_counted(registry: Registry):
    take(registry, {**HAZARD, "event_id": None})
    registry.settle(1, 0, reason="known as 7", actor="office")
    refused, settled = registry._log.set_aside()
    assert (settled.batch_id, settled.reason_code, settled.reason) == (2, "settled", "known as 7")
    assert json.loads(settled.payload) == {"settles": refused.content_sha256}
    assert settled.geom is None
    assert settled.content_sha256 != refused.content_sha256
    batch = registry.batches().iloc[-1]
    counts = ["row_count", "event_count", "known_count", "conflict_count", "quarantined_count"]
    assert batch[["source", "area_ids", "note", *counts]].tolist() == ["registry", "own", "known as 7", 1, 0, 0, 0, 1]


def test_rows_that_were_not_taken_come_in_their_order_whatever_the_reason(registry: Registry):
    take(registry, HAZARD)
    rows = [{**HAZARD, "event_id": None}, {**HAZARD, "event": "suspected"}, {**HAZARD, "event_id": "3", "event": "?"}]
    done = registry.import_events(as_frame(rows), source="S")
    assert done.not_taken["row"].tolist() == [0, 1, 2]
    assert done.not_taken["reason_code"].tolist() == ["quarantine", "conflict", "quarantine"]


def test_a_row_whose_id_is_on_record_in_another_spelling_is_in_quarantine(registry: Registry):
    take(registry, {**HAZARD, "event_id": "HA-1"})
    take(registry, {**HAZARD, "event_id": "ha-1"})
    assert registry.quarantine()["event_id"].tolist() == ["ha-1"]
    assert len(registry.conflicts()) == 0


# names


def test_an_event_of_another_source_gets_the_first_name_that_is_free(registry: Registry):
    take(registry, *[{**HAZARD, "event_id": name} for name in ("1", "1~T", "1~T~2")])
    registry.import_events(as_frame([HAZARD]), source="T")
    assert registry.events()["event_id"].tolist()[-1] == "1~T~3"


def test_voids_of_one_undoing_have_different_names(registry: Registry):
    take(registry, *[{**HAZARD, "event_id": name} for name in ("1", "1+")])
    registry.void(registry.void("1", reason="wrong"), reason="right")
    assert registry.void(["1", "1+"], reason="wrong") == ["void:1+", "void:1++"]
    assert status(registry) == {}


def test_an_area_that_is_kept_apart_gets_no_name_that_its_source_uses(registry: Registry):
    take(registry, HAZARD)
    rows = [HAZARD, {**HAZARD, "event_id": "2", "area_id": "A~T"}, event("3", "A", "cleared", "2021-01-01")]
    done = registry.import_events(as_frame(rows), source="T")
    assert done.kept_apart == {"A": "A~T", "A~T": "A~T~T"}
    assert status(registry) == {"A": "open", "A~T": "released", "A~T~T": "open"}


def test_an_area_keeps_its_name_in_later_imports_of_its_source(registry: Registry):
    take(registry, HAZARD)
    done = registry.import_events(as_frame([RELEASE, event("3", "B", "suspected", None, SQUARE)]), source="S")
    assert done.kept_apart == {}
    assert status(registry) == {"A": "in_progress", "B": "open"}


def test_what_undoes_the_event_of_an_area_that_is_kept_apart_is_of_that_area(registry: Registry):
    take(registry, HAZARD)
    for revision in ("1", "2"):
        registry.import_events(as_frame([{**HAZARD, "revision": revision}]), source="T")
    registry.void("1@2", reason="wrong")
    assert registry.events()["area_id"].tolist() == ["A", *["A~T"] * 5]


@pytest.mark.parametrize(("before", "later"), [("draft", "0"), ("draft", "1"), ("1aa", "1b"), ("0", "1")])
def test_a_draft_comes_before_a_number_and_letters_are_read_as_in_a_dictionary(before, later):
    assert natural(before) < natural(later)


# what is undone, and comes back


def test_an_event_of_an_undone_import_comes_back_itself(registry: Registry):
    take(registry, HAZARD)
    registry.void(batch_id=1, reason="draft")
    assert take(registry, HAZARD) == (1, 0, 0, 0)
    events = registry.events()
    assert events["event_id"].tolist() == ["1", "void:1", "void:void:1"]
    assert events["voids_event_id"].tolist()[1:] == ["1", "void:1"]
    assert take(registry, HAZARD) == (0, 1, 0, 0)
    registry.void(batch_id=3, reason="draft again")
    assert status(registry) == {}
    assert take(registry, HAZARD) == (1, 0, 0, 0)
    assert status(registry) == {"A": "open"}
    assert said(registry) == []


def test_an_undone_event_that_comes_in_other_words_is_another_event(registry: Registry):
    for batch_id, width_m in ((1, 50), (3, 60), (5, 100)):
        assert take(registry, {**HAZARD, "geometry": rect(0, 0, width_m, 100)}) == (1, 0, 0, 0)
        if width_m < 100:
            registry.void(batch_id=batch_id, reason="draft")
    areas = registry.status_on("2024-12-31").table
    assert areas["area_m2"].tolist() == [pytest.approx(10_000, rel=1e-4)]
    assert registry.events().query("event == 'confirmed'")["event_id"].tolist() == ["1", "1~S", "1~S~2"]
    marks = [row.revision for row in registry._log.events() if row.event == "confirmed"]
    assert marks == ["", "\x1eagain2", "\x1eagain3"]  # as registries of earlier versions have them
    assert said(registry) == []


def test_what_an_undone_import_said_is_a_later_revision_where_the_source_says_so(registry: Registry):
    take(registry, {**HAZARD, "revision": "1"})
    registry.void(batch_id=1, reason="draft")
    assert take(registry, {**HAZARD, "revision": "2"}) == (1, 0, 0, 0)
    assert registry.events().query("event == 'confirmed'")["revision"].tolist() == ["1", "2"]
    assert take(registry, {**HAZARD, "revision": "2"}) == (0, 1, 0, 0)
    assert take(registry, {**HAZARD, "revision": "1"}) == (0, 0, 0, 1)


def test_a_revision_of_an_undone_import_that_comes_back_replaces_the_one_before_again(registry: Registry):
    take(registry, {**HAZARD, "revision": "1"})
    second = {**HAZARD, "revision": "2", "geometry": LEFT}
    take(registry, second)
    registry.void(batch_id=2, reason="draft")
    assert take(registry, second) == (1, 0, 0, 0)
    assert registry.status_on("2024-12-31").table["area_m2"].tolist() == [pytest.approx(5_000, rel=1e-4)]
    assert registry.events()["voids_event_id"].tolist()[-2:] == ["1", "void:1@2+"]


def test_a_void_of_an_event_whose_import_was_undone_names_no_event(registry: Registry):
    take(registry, HAZARD)
    registry.void(batch_id=1, reason="draft")
    void = event("V", "A", "void", "2022-01-01", voids_event_id="1")
    assert take(registry, void) == (0, 0, 0, 1)
    take(registry, {**HAZARD, "geometry": LEFT})
    assert take(registry, void) == (1, 0, 0, 0)
    assert registry.events()["voids_event_id"].tolist()[-1] == "1~S"


def test_a_void_that_spells_its_event_otherwise_names_no_event(registry: Registry):
    take(registry, {**HAZARD, "event_id": "HA-1"})
    assert take(registry, event("V", "A", "void", "2022-01-01", voids_event_id="ha-1")) == (0, 0, 0, 1)
    assert status(registry) == {"A": "open"}


def test_undoing_an_event_undoes_no_void_that_stands_before_it_by_chance(registry: Registry):
    take(registry, HAZARD, RELEASE)
    registry.void("2", reason="wrong")
    take(registry, event("3", "A", "noted", "2022-01-01"))
    assert registry.void("3", reason="wrong") == ["void:3"]
    take(registry, event("4", "A", "reduced", "2022-01-01", LEFT), event("V", "A", "void", None, voids_event_id="4"))
    take(registry, event("5", "A", "noted", "2022-01-01"))
    assert registry.void("5", reason="wrong") == ["void:5"]
    assert status(registry) == {"A": "open"}


def test_undoing_a_revised_void_brings_back_the_void_before(registry: Registry):
    void = event("V", "A", "void", None, voids_event_id="2", revision="1")
    take(registry, HAZARD, RELEASE, event("3", "B", "suspected", None, LEFT), void)
    take(registry, {**void, "voids_event_id": "3", "revision": "2"})
    assert status(registry) == {"A": "in_progress"}
    assert len(registry.void("V@2", reason="wrong")) == 2
    assert status(registry) == {"A": "open", "B": "open"}


def test_voids_of_others_are_nothing_on_record_of_a_source(registry: Registry):
    take(registry, HAZARD)
    registry.void("1", reason="wrong")
    areas = gpd.GeoDataFrame({"area_id": ["B"], "status": ["open"]}, geometry=[LEFT], crs=6933)
    assert registry.import_areas(areas, as_of="2024-12-31", source="T").changes is None


@pytest.mark.parametrize("what", ["1@2", "void:void:1@2~S"])
def test_undoing_a_revision_that_came_back_brings_back_the_one_before(registry: Registry, what: str):
    """Where neither of the two stood, the hazard would be gone without a release."""
    take(registry, {**HAZARD, "revision": "1"})
    second = {**HAZARD, "revision": "2", "geometry": LEFT}
    take(registry, second)
    registry.void(batch_id=2, reason="draft")
    take(registry, second)
    assert len(registry.void(what, reason="wrong")) == 2
    assert registry.status_on("2024-12-31").table["area_m2"].tolist() == [pytest.approx(10_000, rel=1e-4)]


def test_an_area_that_is_kept_apart_has_one_name_in_all_imports(registry: Registry):
    """A release of the one area of a source must not end the hazard of another."""
    take(registry, HAZARD)
    rows = [HAZARD, {**HAZARD, "event_id": "2", "area_id": "A~T"}]
    registry.import_events(as_frame(rows), source="T")
    registry.import_events(as_frame([event("3", "A", "cleared", "2021-01-01")]), source="T")
    areas = registry.status_on("2024-12-31").table
    assert areas.loc[areas["status"].eq("released"), "area_id"].tolist() == ["A~T"]
    assert registry.events()["area_id"].tolist() == ["A", "A~T", "A~T~T", "A~T"]


# what comes back from the log


def test_days_and_moments_come_back_from_one_column(registry: Registry):
    days = ["2020-01-01", "2021-06-01 10:30", "2022-02-03 04:05:06.789", None]
    take(registry, *[{**HAZARD, "event_id": str(i), "event_date": day} for i, day in enumerate(days)])
    assert registry.events()["event_date"].tolist()[:3] == [pd.Timestamp(day) for day in days[:3]]
    assert registry.events()["event_date"].isna().tolist() == [False, False, False, True]


def test_a_row_in_quarantine_keeps_the_numbers_that_it_states(registry: Registry):
    said_m2 = ["40", "many", None]
    rows = [{**HAZARD, "event_id": None, "reported_area_m2": m2, "accuracy_m": 5} for m2 in said_m2]
    take(registry, *rows)
    quarantine = registry.quarantine()
    assert quarantine["reported_area_m2"].fillna(-1).tolist() == [40, -1, -1]
    assert quarantine["accuracy_m"].tolist() == [5, 5, 5]


def test_exports_of_a_source_whose_areas_are_kept_apart_follow_each_other(registry: Registry):
    take(registry, HAZARD)
    cells = {"area_id": ["A", "B"], "hazard_class": ["CHA", "SHA"], "status": ["open", "open"]}
    areas = gpd.GeoDataFrame(cells, geometry=[SQUARE, LEFT], crs=6933)
    first = registry.import_areas(areas, as_of="2024-12-31", source="T")
    assert (first.new_count, first.kept_apart) == (2, {"A": "A~T"})
    again = registry.import_areas(areas, as_of="2025-12-31", source="T")
    assert (again.new_count, again.known_count, len(again.changes)) == (0, 2, 0)
    registry.void(batch_id=first.batch_id, reason="wrong")
    assert registry.import_areas(areas, as_of="2025-12-31", source="T").changes is None
