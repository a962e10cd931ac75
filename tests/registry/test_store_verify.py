"""What another hand, a bad disk or a crash does to a registry is found, and what each invariant says."""

from __future__ import annotations

import sqlite3
from contextlib import closing, nullcontext
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
import shapely
from oracle_points import rect

from landrelease.errors import RegistryError
from landrelease.registry.store import Registry, verify
from landrelease.registry.store.append import Plan, append
from landrelease.registry.store.chain import GENESIS, Batch, LogRow, SetAside, aside_hash, batch_hash, event_hash
from landrelease.registry.store.verify import INVARIANTS, verify_all

SQUARE, LEFT = rect(0, 0, 100, 100), rect(0, 0, 50, 100)
FLOATS = ("reported_area_m2", "accuracy_m", "crs_accuracy_m")
COLUMNS = {"lr_event": LogRow._fields, "lr_batch": Batch.names(), "lr_set_aside": SetAside._fields}


def head_of(address: str) -> str:
    with Registry(address) as registry:
        return registry.head


def found_in(address: str) -> str | None:
    """Say where a change is found: on opening, by verify, or not at all."""
    try:
        with Registry(address) as registry:
            found = registry.verify()
    except RegistryError as error:
        return "opening" if "Fix: " in str(error) else "a message without a way out"
    return "verify" if found["is_broken"].any() else None


class Hand:
    """Another hand: SQL on the tables, around their guards, which are there again afterwards."""

    def __init__(self, address: str) -> None:
        self.is_file = not address.startswith("postgres")
        if self.is_file:
            self.connection: Any = sqlite3.connect(address, isolation_level=None)
            self.run("PRAGMA synchronous = OFF")
            self.guards = self.all("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            for name, _ in self.guards:
                self.run(f"DROP TRIGGER {name}")
        else:
            import psycopg

            self.connection = psycopg.connect(address, autocommit=True)
            self.run("SET session_replication_role = replica")

    def __enter__(self) -> Hand:
        return self

    def __exit__(self, *error: object) -> None:
        self.guard_again()
        self.connection.close()

    def guard_again(self) -> None:
        while self.is_file and self.guards:
            self.run(self.guards.pop()[1])

    def run(self, statement: str, *values: Any) -> None:
        self.connection.execute(statement if self.is_file else statement.replace("?", "%s"), values)

    def all(self, statement: str, *values: Any) -> list[tuple]:
        return self.connection.execute(statement if self.is_file else statement.replace("?", "%s"), values).fetchall()

    def change(self, table: str, column: str, where: str) -> None:
        """Put another value of its type into a cell."""
        [(value,)] = self.all(f"SELECT {column} FROM {table} WHERE {where}")
        if column == "geom" and not self.is_file:
            other = "ST_Translate(geom, 1e-9, 0)" if value else "ST_SetSRID(ST_MakePoint(1, 2), 4326)"
            self.run(f"UPDATE {table} SET geom = {other} WHERE {where}")
            return
        if value is None:
            other = b"x" if column in ("geom", "given") else 1.5 if column in FLOATS else "x"
        elif isinstance(value, bytes):
            other = value[:-1] + bytes([value[-1] ^ 1])
        else:
            other = value + "x" if isinstance(value, str) else value + 100
        self.run(f"UPDATE {table} SET {column} = ? WHERE {where}", other)


def test_the_copies_are_whole(copy):
    assert found_in(copy) is None
    with Hand(copy):
        pass
    assert found_in(copy) is None


ROWS = {"lr_event": "seq = 2", "lr_batch": "batch_id = 2", "lr_set_aside": "source_event_id = '8'"}


@pytest.mark.parametrize("is_verified", [False, True])
@pytest.mark.parametrize("table", list(COLUMNS))
def test_a_change_in_any_cell_is_found(copy, table, is_verified):
    """Before it was verified the events and batches are checked on opening, afterwards by verify at the latest."""
    if is_verified:
        with Registry(copy) as registry:
            assert registry.verify().empty
    names = ", ".join(COLUMNS[table])
    found = {}
    for column in COLUMNS[table]:
        with Hand(copy) as hand:
            before = hand.all(f"SELECT {names} FROM {table} WHERE {ROWS[table]}")[0]
            hand.change(table, column, ROWS[table])
        found[column] = found_in(copy)
        with Hand(copy) as hand:  # and back again
            where = ROWS[table]
            for key in ("seq", "batch_id", "source_event_id"):
                if column == key and where.startswith(key):
                    old = before[COLUMNS[table].index(key)]
                    where = f"{key} = '{old}x'" if isinstance(old, str) else f"{key} = {old + 100}"
            hand.run(f"UPDATE {table} SET {column} = ? WHERE {where}", before[COLUMNS[table].index(column)])
    assert found_in(copy) is None
    expected = "opening" if table == "lr_batch" or (table == "lr_event" and not is_verified) else "verify"
    assert found == dict.fromkeys(COLUMNS[table], expected) | ({"seq": "opening"} if table == "lr_event" else {})


@pytest.mark.parametrize("seq", [1, 2, 3, 4, 5, 6])
def test_a_deleted_event_is_found(copy, seq):
    with Hand(copy) as hand:
        assert hand.all("SELECT max(seq) FROM lr_event") == [(6,)]
        hand.run("DELETE FROM lr_event WHERE seq = ?", seq)
    assert found_in(copy) == "opening"


STATEMENTS = {
    "two events swapped": ["UPDATE lr_event SET seq = 99 WHERE seq = 2", "UPDATE lr_event SET seq = 2 WHERE seq = 3",
                           "UPDATE lr_event SET seq = 3 WHERE seq = 99"],
    "no event": ["DELETE FROM lr_event"],
    "no batch": ["DELETE FROM lr_batch"],
    "the first batch is gone": ["DELETE FROM lr_batch WHERE batch_id = 1"],
    "the last batch is gone": ["DELETE FROM lr_batch WHERE batch_id = 3"],
    "an event of another batch": ["UPDATE lr_event SET batch_id = 1 WHERE seq = 6"],
    "an empty registry but for its batches": ["DELETE FROM lr_event", "DELETE FROM lr_set_aside"],
}  # fmt: skip
ASIDE = {
    "a row in quarantine is gone": ["DELETE FROM lr_set_aside WHERE source_event_id = '8'"],
    "a row in conflict is gone": ["DELETE FROM lr_set_aside WHERE reason_code = 'conflict'"],
    "all are gone": ["DELETE FROM lr_set_aside"],
    "a row in quarantine is in another batch": ["UPDATE lr_set_aside SET batch_id = 2 WHERE source_event_id = '8'"],
    "a row in quarantine is in no batch": ["UPDATE lr_set_aside SET batch_id = 9 WHERE source_event_id = '8'"],
}


@pytest.mark.parametrize("case", list(STATEMENTS))
def test_events_and_batches_that_do_not_fit_are_found_on_opening(copy, case):
    with Hand(copy) as hand:
        for statement in STATEMENTS[case]:
            hand.run(statement)
    assert found_in(copy) == "opening"


@pytest.mark.parametrize("case", list(ASIDE))
def test_rows_in_quarantine_that_were_changed_are_found_by_verify(copy, case):
    with Hand(copy) as hand:
        for statement in ASIDE[case]:
            hand.run(statement)
    assert found_in(copy) == "verify"
    with Registry(copy) as registry:
        found = registry.verify()
    assert found["invariant"].unique().tolist() == ["I1"]
    assert found["message"].str.contains("quarantine or in conflict").all()


def test_a_row_in_quarantine_that_another_hand_put_in_is_found(copy):
    names = ", ".join(SetAside._fields)
    selected = names.replace("content_sha256", "'x'")
    with Hand(copy) as hand:
        hand.run(f"INSERT INTO lr_set_aside ({names}) SELECT {selected} FROM lr_set_aside WHERE source_event_id = '8'")
    assert found_in(copy) == "verify"


def put_in(hand: Hand, seq: int, **cells: Any) -> None:
    """Insert an event like the second as another program would."""
    names = ", ".join(LogRow._fields)
    values = dict.fromkeys(("event_id", "event_key", "source_event_id"), "'own'") | {"seq": str(seq)} | cells
    selected = ", ".join(values.get(name, name) for name in LogRow._fields)
    hand.run(f"INSERT INTO lr_event ({names}) SELECT {selected} FROM lr_event WHERE seq = 2")


@pytest.mark.parametrize("seq", [0, 7, 1000, -1])
@pytest.mark.parametrize("is_verified", [False, True])
def test_an_event_that_another_hand_put_in_is_found(copy, seq, is_verified):
    if is_verified:
        with Registry(copy) as registry:
            registry.verify()
    with Hand(copy) as hand:
        put_in(hand, seq)
    assert found_in(copy) == ("verify" if seq <= 0 and is_verified else "opening")


def test_an_event_chained_by_another_hand_belongs_to_no_batch(copy):
    with Registry(copy) as registry:
        last = registry._log.events()[-1]
    row = last._replace(seq=7, event_id="own", event_key="own", source_event_id="own")
    row = row._replace(hash=event_hash(last.hash, row))
    with Registry(copy) as registry, Hand(copy) as hand:
        hand.guard_again()
        hand.run(f"INSERT INTO lr_event ({', '.join(row._fields)}) VALUES ({', '.join('?' * len(row))})", *row)
        assert "1 events belong to no batch" in registry.verify()["message"].tolist()
    assert found_in(copy) == "opening"


def rewritten(rows: list[LogRow], batches: list[Batch], aside: list[SetAside]) -> tuple[list[LogRow], list[Batch]]:
    """Chain rows and batches anew, as the owner of the file could."""
    before, chained = GENESIS, []
    for row in rows:
        before = event_hash(before, row)
        chained.append(row._replace(hash=before))
    before, stated = GENESIS, []
    for batch in batches:
        last = chained[batch.last_seq - 1].hash if batch.last_seq else GENESIS
        mine = aside_hash([one for one in aside if one.batch_id == batch.batch_id])
        batch = replace(batch, last_hash=last, set_aside_sha256=mine)
        batch = replace(batch, hash=batch_hash(before, batch))
        before = batch.hash
        stated.append(batch)
    return chained, stated


def test_what_is_chained_again_is_found_until_all_of_it_is(copy):
    """By design a chain can not stop the owner from writing all anew: then the head, which reports print, differs."""
    with Registry(copy) as registry:
        rows, batches, aside = registry._log.events(), registry._log.batches(), registry._log.set_aside()
        head = registry.head
    rows[1] = rows[1]._replace(event="cleared")
    new, stated = rewritten(rows, batches, aside)
    with Hand(copy) as hand:
        hand.run("UPDATE lr_event SET event = 'cleared', hash = ? WHERE seq = 2", new[1].hash)
    assert found_in(copy) == "opening"
    with Hand(copy) as hand:
        for row in new:
            hand.run("UPDATE lr_event SET hash = ? WHERE seq = ?", row.hash, row.seq)
    assert found_in(copy) == "opening"
    with Hand(copy) as hand:
        for batch in stated[:-1]:
            hand.run("UPDATE lr_batch SET last_hash = ?, hash = ? WHERE batch_id = ?", batch.last_hash, batch.hash,
                     batch.batch_id)  # fmt: skip
    assert found_in(copy) == "opening"
    with Hand(copy) as hand:
        last = stated[-1]
        hand.run("UPDATE lr_batch SET last_hash = ?, hash = ? WHERE batch_id = 3", last.last_hash, last.hash)
    assert found_in(copy) is None
    assert head_of(copy) != head


def test_the_end_of_the_log_that_is_cut_off_whole_is_found_once_it_was_verified(copy):
    """By design a shorter log is a log: only the head that was printed, or the note of verify, tells."""
    cut = [f"DELETE FROM {table} WHERE batch_id = 3" for table in COLUMNS]
    head = head_of(copy)
    with Hand(copy) as hand:
        for statement in cut:
            hand.run(statement)
    assert found_in(copy) is None
    assert head_of(copy) != head


def test_the_end_of_the_log_that_is_cut_off_whole_after_verify(copy):
    with Registry(copy) as registry:
        registry.verify()
    with Hand(copy) as hand:
        for table in COLUMNS:
            hand.run(f"DELETE FROM {table} WHERE batch_id = 3")
    assert found_in(copy) == "opening"


@pytest.mark.parametrize("value", ["1000", "-5", "x", "", "5", "6", "²", "1e3"])
def test_the_note_of_verify_can_not_hide_a_change(copy, value):
    with Registry(copy) as registry, registry._log.writing():
        registry._log.set_meta("verified_seq", value)
    if value in ("5", "6", "-5", "x", "", "²", "1e3"):
        assert found_in(copy) is None
    else:
        assert found_in(copy) == "opening"
        return
    with Registry(copy) as registry, registry._log.writing():
        registry._log.set_meta("verified_seq", value)
    with Hand(copy) as hand:
        hand.run("UPDATE lr_event SET event = 'cleared' WHERE seq = 2")
    assert found_in(copy) == ("verify" if value in ("5", "6") else "opening")


SCHEMA = {
    "a trigger is gone": ["DROP TRIGGER lr_event_no_update"],
    "a trigger does nothing": ["DROP TRIGGER lr_event_no_update", "CREATE TRIGGER lr_event_no_update BEFORE UPDATE ON "
                               "lr_event BEGIN SELECT 1; END"],
    "a trigger more": ["CREATE TRIGGER more AFTER INSERT ON lr_event BEGIN SELECT 1; END"],
    "a trigger on another table": ["CREATE TABLE t (x)", "CREATE TRIGGER more AFTER INSERT ON t BEGIN SELECT 1; END"],
    "a view": ["CREATE VIEW hazards AS SELECT * FROM lr_event WHERE event != 'confirmed'"],
    "a view in the place of the log": ["ALTER TABLE lr_event RENAME TO lr_old",
                                       "CREATE VIEW lr_event AS SELECT * FROM lr_old"],
    "a column more": ["ALTER TABLE lr_event ADD COLUMN note TEXT"],
    "a column of batches more": ["ALTER TABLE lr_batch ADD COLUMN remark TEXT"],
    "a column renamed": ["ALTER TABLE lr_event RENAME COLUMN area_id TO area"],
    "a table is gone": ["DROP TABLE lr_set_aside"],
    "the log is gone": ["DROP TABLE lr_event"],
    "the batches are gone": ["DROP TABLE lr_batch"],
    "the table again without its rules": ["CREATE TABLE c AS SELECT * FROM lr_event", "DROP TABLE lr_event",
                                          "ALTER TABLE c RENAME TO lr_event"],
}  # fmt: skip


@pytest.mark.parametrize("case", list(SCHEMA))
def test_a_changed_form_of_the_file_is_refused(template, tmp_path, case):
    path = tmp_path / "registry.gpkg"
    path.write_bytes(template.read_bytes())
    connection = sqlite3.connect(path)
    for statement in SCHEMA[case]:
        connection.execute(statement)
    connection.commit()
    connection.close()
    with pytest.raises(RegistryError, match=r"changed by another hand or is damaged: .*(own|gone)"):
        Registry(path)


def test_a_form_that_is_changed_while_it_is_open_is_found_by_verify(template, tmp_path):
    path = tmp_path / "registry.gpkg"
    path.write_bytes(template.read_bytes())
    with Registry(path) as registry:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute(SCHEMA["a trigger more"][0])
        found = registry.verify()
        assert found[["invariant", "is_broken"]].values.tolist() == [["I1", True]]
        assert "trigger 'more' is not the registry's own" in found["message"].iloc[0]


SERVER = {
    "a trigger is gone": ["DROP TRIGGER lr_event_only_added ON lr_event"],
    "a trigger is off": ["ALTER TABLE lr_event DISABLE TRIGGER lr_event_only_added"],
    "a trigger is off but for copies": ["ALTER TABLE lr_event ENABLE REPLICA TRIGGER lr_event_only_added"],
    "a trigger more": ["CREATE TRIGGER more BEFORE INSERT ON lr_event FOR EACH ROW EXECUTE FUNCTION lr_refuse()"],
    "a rule": ["CREATE RULE quiet AS ON INSERT TO lr_event DO INSTEAD NOTHING"],
    "a guard that lets all pass": ["CREATE OR REPLACE FUNCTION lr_refuse() RETURNS trigger LANGUAGE plpgsql AS "
                                   "'BEGIN RETURN NULL; END'"],
    "a batch table with a column more": ["ALTER TABLE lr_batch ADD COLUMN remark text", None],
}  # fmt: skip


@pytest.mark.postgis
@pytest.mark.parametrize("case", list(SERVER))
def test_a_changed_form_of_the_database_is_refused(template, postgis, case):
    address = postgis()
    with Registry(template) as registry:
        registry.backup(address)
    with Hand(address) as hand:
        for statement in SERVER[case]:
            if statement:
                hand.run(statement)
    if None in SERVER[case]:
        assert found_in(address) is None
        return
    with pytest.raises(RegistryError, match=r"changed by another hand or is damaged: .*(own|gone)"):
        Registry(address)


def test_the_log_refuses_to_be_changed(copy):
    with Registry(copy) as registry:
        for table in COLUMNS:
            for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET batch_id = 1"):
                with pytest.raises(Exception, match="the log is only added to"):
                    registry._log._connection.execute(statement)
    assert found_in(copy) is None


# each invariant


class Made:
    """A log in memory that takes what no import would."""

    def __init__(self, *rows: dict[str, Any], batch_size: int = 1) -> None:
        self.rows: list[LogRow] = []
        self.made: list[Batch] = []
        for row in rows:
            append(self, Plan("S", [log_row(**row)]))

    def reading(self) -> Any:
        return nullcontext()

    def foreign_parts(self) -> list[str]:
        return []

    def meta(self) -> dict[str, str]:
        return {}

    def voids(self) -> list[tuple[str, str, str]]:
        return []

    def events(self) -> list[LogRow]:
        return self.rows

    def batches(self) -> list[Batch]:
        return self.made

    def set_aside(self) -> list[SetAside]:
        return []

    def last_batch(self) -> Batch | None:
        return self.made[-1] if self.made else None

    def add(self, batch: Batch, events: list[LogRow], set_aside: list[SetAside]) -> None:
        self.made.append(batch)
        self.rows += events

    def with_cells(self, row: int, **cells: Any) -> Made:
        """Change an event and chain all of it anew."""
        self.rows[row] = self.rows[row]._replace(**cells)
        self.rows, self.made = rewritten(self.rows, self.made, [])
        return self


def log_row(event_id: str, area_id: str, kind: str, day: str | None, shape: Any = None, **cells: Any) -> LogRow:
    geom = None if shape is None else shapely.to_wkb(shape, byte_order=1)
    key = event_id.lower()
    plain = LogRow(0, event_id, 0, area_id, kind, day, "day", None, "", "S", event_id, key, key, "", None, None, None,
                   None, "{}", "", geom, None)  # fmt: skip
    return plain._replace(**cells)


def said_of(log: Made, extent: Any = None) -> list[tuple[str, bool, str]]:
    found = verify_all(log, extent)
    assert found["invariant"].isin(INVARIANTS).all()
    return list(found[["invariant", "is_broken", "event_id"]].itertuples(index=False, name=None))


def one(event_id: str, area_id: str, kind: str, day: str | None, shape: Any = None, **cells: Any) -> dict[str, Any]:
    return {"event_id": event_id, "area_id": area_id, "kind": kind, "day": day, "shape": shape, **cells}


BOX, WEST = shapely.box(18, 44, 18.01, 44.01), shapely.box(18, 44, 18.005, 44.01)
EAST = shapely.box(18.02, 44, 18.03, 44.01)
HAZARD, RELEASE = one("1", "A", "confirmed", "2020-01-01", BOX), one("2", "A", "cleared", "2021-01-01", WEST)


def test_all_holds_of_a_whole_registry():
    rows = [HAZARD, RELEASE, one("3", "A", "void", None, voids_event_id="2"), one("4", "B", "suspected", None, EAST),
            one("5", "B", "cancelled", "2022-01-01"), one("6", "C", "accident", "2020-06-01", EAST)]  # fmt: skip
    assert said_of(Made(*rows)) == []
    assert said_of(Made(*rows), extent=shapely.box(0, 0, 90, 90)) == []
    assert said_of(Made()) == []


def test_i1_a_chain_that_is_broken():
    for cells in ({"event": "reduced"}, {"hash": "0" * 64}):
        log = Made(HAZARD, RELEASE)
        log.rows[1] = log.rows[1]._replace(**cells)
        assert ("I1", True, "") in said_of(log)
    log = Made(HAZARD, RELEASE, one("3", "B", "suspected", None, EAST))
    del log.rows[1]
    found = verify_all(log, None)
    assert "event 2 is missing" in found["message"].tolist()
    for cells in ({"batch_id": 7}, {"event_count": 2}, {"note": "x"}, {"last_seq": 1}, {"set_aside_sha256": ""}):
        log = Made(HAZARD, RELEASE)
        log.made[1] = replace(log.made[1], **cells)
        assert ("I1", True, "") in said_of(log)
    # batches that are chained anew and still do not fit their events
    for cells, said in (
        ({"event_count": 2}, "batch 2 says 2 events, and has 1"),
        ({"last_hash": "0"}, "batch 2 ends with another event than it was added with"),
        ({"set_aside_sha256": "0"}, "rows in quarantine or in conflict of batch 2 are not as they were added"),
        ({"quarantined_count": 1}, "rows in quarantine or in conflict belong to no batch"),
        ({"registered_at": "1999"}, "batch 2 is dated before the one that it follows"),
    ):
        log = Made(HAZARD, RELEASE)
        batch = replace(log.made[1], **cells)
        log.made[1] = replace(batch, hash=batch_hash(log.made[0].hash, batch))
        assert said in verify_all(log, None)["message"].tolist()


def test_i2_an_event_that_stands_twice():
    twice = [HAZARD, RELEASE | {"source_event_id": "1"}]
    assert said_of(Made(*twice)) == [("I2", True, "2")]
    assert said_of(Made(HAZARD, HAZARD | {"source": "T"})) == [("I2", True, "1")]
    assert said_of(Made(HAZARD, RELEASE | {"source_event_id": "1", "revision": "2"})) == []
    assert said_of(Made(HAZARD, RELEASE | {"source_event_id": "1", "source": "T"})) == []


@pytest.mark.parametrize(
    "shape",
    ["POLYGON ((18 44, 18.01 44.01, 18.01 44, 18 44.01, 18 44))", "POINT Z (18 44 1)", "POINT (Inf 44)",
     "LINESTRING (18 44, NaN 45)"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
def test_i3_a_shape_that_is_not_whole(shape):
    rows = [HAZARD, one("2", "A", "noted", "2021-01-01", shapely.from_wkt(shape))]
    assert said_of(Made(*rows)) == [("I3", True, "2")]


def test_i3_a_shape_partly_outside_the_extent():
    country = shapely.box(17, 43, 18.025, 45)
    rows = [HAZARD, one("2", "B", "suspected", None, EAST), one("3", "C", "suspected", None, shapely.Point(19, 44))]
    assert said_of(Made(*rows), extent=country) == [("I3", False, "2"), ("I3", False, "3")]


def test_i4_a_release_of_more_than_is_hazardous():
    more = one("2", "A", "cleared", "2021-01-01", shapely.box(18.005, 44, 18.02, 44.01))
    found = verify_all(Made(HAZARD, more), None)
    assert found[["invariant", "is_broken", "event_id"]].values.tolist() == [["I4", False, "2"]]
    # 0.01 degrees by 0.01 degrees at 44 degrees north, by hand: 0.01 x 111,111 m by 0.01 x 80,130 m
    excess = float(found["message"].iloc[0].split(" m2")[0].replace(",", ""))
    assert excess == pytest.approx(1111.1 * 801.3, rel=0.01)
    assert said_of(Made(one("2", "X", "cleared", "2021-01-01", WEST))) == [("I4", False, "2")]
    assert said_of(Made(HAZARD, RELEASE, RELEASE | {"event_id": "3", "day": "2022-01-01"})) == [("I4", False, "3")]


@pytest.mark.parametrize("by_m2", [0.02, -0.02, 1e6])
def test_i6_an_account_that_does_not_end_where_the_map_does(monkeypatch, by_m2):
    rows = [HAZARD, RELEASE, one("4", "B", "suspected", "2020-01-01", EAST)]
    assert said_of(Made(*rows)) == []
    drawn = verify._drawn_m2
    monkeypatch.setattr(verify, "_drawn_m2", lambda folded: drawn(folded) + by_m2)
    assert said_of(Made(*rows)) == [("I6", True, "")]


def test_i7_a_void_of_nothing_earlier():
    void = one("3", "A", "void", None, voids_event_id="2")
    assert said_of(Made(HAZARD, void, RELEASE)) == [("I7", True, "3")]
    assert said_of(Made(HAZARD, void | {"voids_event_id": "9"})) == [("I7", True, "3")]
    assert said_of(Made(HAZARD, void | {"voids_event_id": None})) == [("I7", True, "3")]
    assert said_of(Made(HAZARD, void | {"voids_event_id": "3"})) == [("I7", True, "3")]


def test_i8_an_event_registered_before_the_one_before_it():
    log = Made(HAZARD, RELEASE).with_cells(1, registered_at="1999-01-01T00:00:00.000000")
    assert ("I8", True, "2") in said_of(log)


def test_i9_the_future_and_a_release_before_its_hazard():
    today = pd.Timestamp.now("UTC").tz_localize(None).normalize()
    days = [str((today + pd.Timedelta(days=n)).date()) for n in (1, 2, 9000)]
    rows = [one(str(i), f"A{i}", "suspected", day, shapely.box(i, 0, i + 0.01, 0.01)) for i, day in enumerate(days)]
    # it may be tomorrow already where the events happened
    assert said_of(Made(*rows)) == [("I9", False, "1"), ("I9", False, "2")]
    assert said_of(Made(HAZARD, RELEASE | {"day": "2019-12-31"}))[-1] == ("I9", False, "2")
    assert ("I9", False, "2") not in said_of(Made(HAZARD, RELEASE | {"day": "2020-01-01"}))
    # of a year nobody knows which came first
    assert ("I9", False, "2") not in said_of(Made(HAZARD, RELEASE | {"day": "2019-01-01", "date_precision": "year"}))


def test_i11_an_accident_on_released_land():
    def accident(day: str, x: float) -> dict[str, Any]:
        return one("3", "X", "accident", day, shapely.Point(x, 44.005))

    assert said_of(Made(HAZARD, RELEASE, accident("2021-01-02", 18.002))) == [("I11", False, "3")]
    assert said_of(Made(HAZARD, RELEASE, accident("2020-12-31", 18.002))) == []
    assert said_of(Made(HAZARD, RELEASE, accident("2021-01-02", 18.007))) == []
    assert said_of(Made(HAZARD, RELEASE | {"shape": None}, accident("2021-01-02", 18.007))) == [("I11", False, "3")]


def test_i12_areas_that_look_the_same():
    rows = [one(str(i), name, "suspected", None, shapely.box(i, 0, i + 0.01, 0.01))
            for i, name in enumerate(["HA-1", "ha-1", "НА-1", "HA-1", "HA-2"])]  # fmt: skip
    assert said_of(Made(*rows)) == [("I12", False, "0"), ("I12", False, "1"), ("I12", False, "2")]


def test_every_invariant_has_a_test():
    tests = {name.split("_")[1].upper() for name in globals() if name.startswith("test_i")}
    assert tests == set(INVARIANTS)
