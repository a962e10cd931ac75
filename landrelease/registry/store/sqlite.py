"""The log in one GeoPackage file: SQLite, a file that QGIS and ArcGIS open."""

from __future__ import annotations

import json
import sqlite3
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from pathlib import Path
from typing import Any

from landrelease.errors import RegistryError
from landrelease.geometry import WGS84
from landrelease.registry.store.chain import Batch, LogRow, SetAside
from landrelease.registry.store.log import GUARDED, Log, columns_of

__all__ = ["SqliteLog"]

_HEADER = b"GP\x00\x01" + struct.pack("<i", 4326)
"""GeoPackage binary header: version 1, little endian, no envelope, EPSG:4326."""
_TYPES = {"int": "INTEGER", "str": "TEXT", "float": "REAL", "bytes": "BLOB"}
_WAIT_S = 120.0
"""How long a writer waits for the others. [s]"""


def _schema() -> list[str]:
    event = columns_of(LogRow, _TYPES).replace("seq INTEGER NOT NULL", "seq INTEGER PRIMARY KEY NOT NULL")
    batch = columns_of(Batch, _TYPES).replace("batch_id INTEGER NOT NULL", "batch_id INTEGER PRIMARY KEY NOT NULL")
    aside = columns_of(SetAside, _TYPES)
    return [
        "CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, "
        "organization TEXT NOT NULL, organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, "
        "description TEXT)",
        "CREATE TABLE gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, data_type TEXT NOT NULL, "
        "identifier TEXT UNIQUE, description TEXT DEFAULT '', last_change DATETIME NOT NULL DEFAULT "
        "(strftime('%Y-%m-%dT%H:%M:%fZ','now')), min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, "
        "srs_id INTEGER REFERENCES gpkg_spatial_ref_sys(srs_id))",
        "CREATE TABLE gpkg_geometry_columns (table_name TEXT NOT NULL UNIQUE REFERENCES gpkg_contents(table_name), "
        "column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL REFERENCES "
        "gpkg_spatial_ref_sys(srs_id), z TINYINT NOT NULL, m TINYINT NOT NULL, "
        "PRIMARY KEY (table_name, column_name))",
        "CREATE TABLE lr_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT",
        f"CREATE TABLE lr_batch ({batch}) STRICT",
        f"CREATE TABLE lr_event ({event}, UNIQUE (source, source_event_id, revision), UNIQUE (event_key)) STRICT",
        f"CREATE TABLE lr_set_aside (id INTEGER PRIMARY KEY NOT NULL, {aside}, UNIQUE (source, content_sha256)) STRICT",
        "CREATE INDEX lr_event_key ON lr_event (source, id_key)",
        "CREATE INDEX lr_event_area ON lr_event (area_id)",
        "CREATE INDEX lr_event_voids ON lr_event (voids_event_id)",
        *(_guard(table, action) for table in GUARDED for action in ("UPDATE", "DELETE")),
    ]


def _guard(table: str, action: str) -> str:
    return (
        f"CREATE TRIGGER {table}_no_{action.lower()} BEFORE {action} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, 'landrelease: the log is only added to'); END"
    )


def _filled(connection: sqlite3.Connection) -> None:
    wkt = WGS84.to_wkt("WKT1_GDAL")
    connection.executemany(
        "INSERT INTO gpkg_spatial_ref_sys VALUES (?, ?, ?, ?, ?, ?)",
        [
            ("WGS 84 geodetic", 4326, "EPSG", 4326, wkt, "longitude/latitude"),
            ("Undefined Cartesian SRS", -1, "NONE", -1, "undefined", None),
            ("Undefined geographic SRS", 0, "NONE", 0, "undefined", None),
        ],
    )
    for table in ("lr_event", "lr_set_aside"):
        connection.execute(
            "INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES (?, 'features', ?, 4326)",
            (table, table),
        )
        connection.execute("INSERT INTO gpkg_geometry_columns VALUES (?, 'geom', 'GEOMETRY', 4326, 0, 0)", (table,))


class SqliteLog(Log):
    """The log in a GeoPackage file."""

    _mark = "?"

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        if not path.parent.is_dir():
            raise RegistryError(f"There is no folder '{path.parent}'. Fix: make it first.")
        if path.is_file():
            _wait_while_empty(path)
            with path.open("rb") as file:
                if file.read(16) != b"SQLite format 3\0":
                    raise RegistryError(f"'{path.name}' is no GeoPackage: no registry can be opened in it.")
        is_new = not path.exists()
        with self._said("opened"):
            self._connection = sqlite3.connect(path, isolation_level=None, timeout=_WAIT_S)
        try:
            with self._said("opened"):
                for pragma in ("trusted_schema=OFF", "secure_delete=ON", "synchronous=FULL", "cell_size_check=ON"):
                    self._connection.execute(f"PRAGMA {pragma}")
                self._create()
                self._connection.execute("PRAGMA journal_mode=DELETE")
        except BaseException:
            self._connection.close()
            if is_new and path.is_file() and not path.stat().st_size:  # it was never begun
                path.unlink()
            raise

    def _create(self) -> None:
        """Make the tables where there are none; leave another GeoPackage alone."""
        if self._is_made():
            return
        with self.writing():
            if self._is_made():  # another writer was first
                return
            others = self._all("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            if others:
                raise RegistryError(
                    f"'{self.name}' is a GeoPackage with tables of its own ({others[0][0]}, ...), and no registry.\n"
                    f"  Fix: name a new file, and import the layer with read() and import_events()."
                )
            for statement in _schema():
                self._connection.execute(statement)
            _filled(self._connection)
            # PRAGMA in a transaction is undone with it
            self._connection.execute("PRAGMA application_id=0x47504B47")
            self._connection.execute("PRAGMA user_version=10300")

    def _is_made(self) -> bool:
        return bool(self._all("SELECT 1 FROM sqlite_master WHERE name = 'lr_meta'"))

    @contextmanager
    def _said(self, what: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise RegistryError(
                f"The registry '{self.name}' can not be {what}: {error}. Nothing of this call was written.\n"
                f"  Fix: see that its disk has room, that it is not on a network share that can not lock files, and "
                f"that the file is whole (Registry.verify, or a copy made by Registry.backup)."
            ) from None

    def _all(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._said("written"):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._said("read"):
            self._connection.execute("BEGIN")
            try:
                yield
            finally:
                self._connection.execute("COMMIT")

    def set_meta(self, key: str, value: str) -> None:
        statement = "INSERT INTO lr_meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
        self._connection.execute(statement, (key, value))

    def events(self, after: int = -(2**63)) -> list[LogRow]:
        with self._said("read"):
            rows = self._all("SELECT * FROM lr_event WHERE seq > ? ORDER BY seq", (after,))
        return [_from_file(LogRow(*row)) for row in rows]

    def found(self, source: str, keys: list[str]) -> list[tuple[str, str, str, str, str]]:
        return self._all(
            "SELECT id_key, source_event_id, revision, content_sha256, event_id FROM lr_event "
            "WHERE source = ? AND id_key IN (SELECT value FROM json_each(?)) ORDER BY seq",
            (source, json.dumps(keys)),
        )

    def taken(self, keys: list[str]) -> set[str]:
        rows = self._all(
            "SELECT event_key FROM lr_event WHERE event_key IN (SELECT value FROM json_each(?))", (json.dumps(keys),)
        )
        return {row[0] for row in rows}

    def first_sources(self, areas: list[str]) -> dict[str, str]:
        statement = (
            "SELECT area_id, source FROM lr_event WHERE seq IN (SELECT min(seq) FROM lr_event "
            "WHERE area_id IN (SELECT value FROM json_each(?)) GROUP BY area_id)"
        )
        rows = self._all(statement, (json.dumps(areas),))
        return dict(rows)

    def set_aside(self) -> list[SetAside]:
        with self._said("read"):
            return [_from_file(SetAside(*row[1:])) for row in self._all("SELECT * FROM lr_set_aside ORDER BY id")]

    def known_aside(self, source: str, hashes: list[str]) -> set[str]:
        rows = self._all(
            "SELECT content_sha256 FROM lr_set_aside WHERE source = ? AND content_sha256 IN "
            "(SELECT value FROM json_each(?))", (source, json.dumps(hashes)),
        )  # fmt: skip
        return {row[0] for row in rows}

    def add(self, batch: Batch, events: list[LogRow], set_aside: list[SetAside]) -> None:
        marks = ("?, " * len(LogRow._fields)).rstrip(", ")
        self._connection.executemany(f"INSERT INTO lr_event VALUES ({marks})", [_to_file(row) for row in events])
        marks = ("?, " * len(SetAside._fields)).rstrip(", ")
        self._connection.executemany(
            f"INSERT INTO lr_set_aside VALUES (NULL, {marks})", [_to_file(row) for row in set_aside]
        )
        marks = ("?, " * len(Batch.names())).rstrip(", ")
        self._connection.execute(f"INSERT INTO lr_batch VALUES ({marks})", astuple(batch))

    def foreign_parts(self) -> list[str]:
        """Say which triggers, views and tables of a log are not as the registry makes them, and which are gone."""
        ours = {_flat(one) for one in _schema() if one.startswith(("CREATE TRIGGER", "CREATE TABLE lr_"))}
        with self._said("read"):
            found = self._all(
                "SELECT type, name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') OR "
                "(type = 'table' AND name LIKE 'lr~_%' ESCAPE '~')"
            )
            damage = [row[0] for row in self._all("PRAGMA integrity_check(20)") if row[0] != "ok"]
        there = {_flat(sql or "") for _, _, sql in found}
        said = [
            f"{kind} '{name}' is not the registry's own" for kind, name, sql in found if _flat(sql or "") not in ours
        ]
        said += [f"a part of the log is gone: {one.split()[2]}" for one in sorted(ours - there)]
        return said + damage

    def backup(self, path: Path) -> None:
        """Copy the whole registry into a new file, at one moment."""
        if path.exists():
            raise RegistryError(f"'{path}' is there already. Fix: name a new file.")
        with self._said("copied"):
            self._connection.execute("VACUUM INTO ?", (str(path),))

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()


def _wait_while_empty(path: Path) -> None:
    """Wait for another writer that is making the registry; refuse an empty file: it could have been one."""
    for _ in range(100):
        if path.stat().st_size:
            return
        time.sleep(0.05)
    raise RegistryError(
        f"'{path.name}' is empty: a registry that was cut off, or one that was never begun.\n"
        f"  Fix: go back to a copy made by Registry.backup; where there never was one, delete the file first."
    )


def _flat(statement: str) -> str:
    return " ".join(statement.split())


def _to_file(row: Any) -> Any:
    return row if row.geom is None else row._replace(geom=_HEADER + row.geom)


def _from_file(row: Any) -> Any:
    if row.geom is None:
        return row
    # another header is kept with the shape, so that its hash differs
    return row._replace(geom=row.geom.removeprefix(_HEADER))
