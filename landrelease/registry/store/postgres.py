"""The log in a PostgreSQL database with PostGIS, where several people share it."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple
from typing import Any

from landrelease.errors import RegistryError
from landrelease.registry.store.chain import Batch, LogRow, SetAside
from landrelease.registry.store.log import GUARDED, Log, columns_of

__all__ = ["PostgresLog"]

_TYPES = {"int": "bigint", "str": 'text COLLATE "C"', "float": "double precision", "bytes": "bytea"}
_HERE = "quote_ident(current_schema())::regnamespace"
_SRID = struct.pack("<I", 4326)
_BODY = "BEGIN RAISE EXCEPTION 'landrelease: the log is only added to'; END"
_REFUSE = f"CREATE OR REPLACE FUNCTION lr_refuse() RETURNS trigger LANGUAGE plpgsql AS $${_BODY}$$"


def _schema() -> list[str]:
    geometry = ("geom bytea", "geom geometry(Geometry, 4326)")
    event = columns_of(LogRow, _TYPES).replace("seq bigint NOT NULL", "seq bigint PRIMARY KEY").replace(*geometry)
    batch = columns_of(Batch, _TYPES).replace("batch_id bigint NOT NULL", "batch_id bigint PRIMARY KEY")
    aside = columns_of(SetAside, _TYPES).replace(*geometry)
    return [
        "CREATE TABLE lr_meta (key text PRIMARY KEY, value text NOT NULL)",
        f"CREATE TABLE lr_batch ({batch})",
        f"CREATE TABLE lr_event ({event}, UNIQUE (source, source_event_id, revision), UNIQUE (event_key))",
        f"CREATE TABLE lr_set_aside (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, {aside}, "
        f"UNIQUE (source, content_sha256))",
        "CREATE INDEX lr_event_key ON lr_event (source, id_key)",
        "CREATE INDEX lr_event_area ON lr_event (area_id)",
        "CREATE INDEX lr_event_voids ON lr_event (voids_event_id)",
        "CREATE INDEX lr_event_geom ON lr_event USING gist (geom)",
        _REFUSE,
        *(
            f"CREATE TRIGGER {table}_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION lr_refuse()"
            for table in GUARDED
        ),
    ]


class PostgresLog(Log):
    """The log in a database."""

    _mark = "%s"

    def __init__(self, url: str) -> None:
        try:
            import psycopg
        except ImportError:
            raise RegistryError(
                "A registry in PostgreSQL needs psycopg. Fix: pip install 'landrelease[postgis]'"
            ) from None
        self._errors = psycopg.Error
        self.name = "PostgreSQL"
        try:
            given = psycopg.conninfo.conninfo_to_dict(url)
            name = str(given.get("dbname", ""))
            self.name = name if name and _shows_nothing(name, url) else self.name
            self._connection = psycopg.connect(url, autocommit=True)
        except (psycopg.Error, UnicodeError) as error:
            # the driver repeats parts of an address that it can not read, and these may be of a password
            why = _first(error) if _shows_nothing(str(error), url) else "the address can not be read, or not reached"
            raise RegistryError(
                f"The registry '{self.name}' can not be opened: {why}.\n"
                f"  Fix: postgresql://user@host:port/name, and the password in ~/.pgpass or PGPASSWORD."
            ) from None
        try:
            self._create()
        except BaseException:
            self._connection.close()
            raise

    def _create(self) -> None:
        if self._is_made():
            return
        with self.writing():
            if self._is_made():
                return
            if not self._all("SELECT 1 FROM pg_extension WHERE extname = 'postgis'"):
                try:
                    self._connection.execute("CREATE EXTENSION postgis")
                except self._errors as error:
                    raise RegistryError(
                        f"The database '{self.name}' has no PostGIS, and this user can not add it: {_first(error)}.\n"
                        f"  Fix: have its owner say CREATE EXTENSION postgis."
                    ) from None
            for statement in _schema():
                self._connection.execute(statement)

    def _is_made(self) -> bool:
        # not to_regclass: within a transaction it does not see what another has made meanwhile
        return bool(self._all("SELECT 1 FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'lr_meta'"))

    @contextmanager
    def _said(self, what: str) -> Iterator[None]:
        try:
            yield
        except self._errors as error:
            raise RegistryError(
                f"The registry '{self.name}' can not be {what}: {_first(error)}. Nothing of this call was written.\n"
                f"  Fix: see that the server runs, and that the user may use and create tables in the schema."
            ) from None

    def _all(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(statement, values).fetchall()

    @contextmanager
    def writing(self) -> Iterator[None]:
        with self._said("written"), self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock(hashtext(current_schema() || '.lr_event'))")
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        with self._said("read"), self._connection.transaction():
            self._connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield

    def set_meta(self, key: str, value: str) -> None:
        self._connection.execute(
            "INSERT INTO lr_meta VALUES (%s, %s) ON CONFLICT (key) DO UPDATE SET value = excluded.value", (key, value)
        )

    def events(self, after: int = -(2**63)) -> list[LogRow]:
        names = ", ".join("ST_AsBinary(geom, 'NDR')" if name == "geom" else name for name in LogRow._fields)
        with self._said("read"):
            rows = self._all(f"SELECT {names} FROM lr_event WHERE seq > %s ORDER BY seq", (after,))
        return [LogRow(*row) for row in rows]

    def found(self, source: str, keys: list[str]) -> list[tuple[str, str, str, str, str]]:
        return self._all(
            "SELECT id_key, source_event_id, revision, content_sha256, event_id FROM lr_event "
            "WHERE source = %s AND id_key = ANY(%s) ORDER BY seq",
            (source, keys),
        )

    def taken(self, keys: list[str]) -> set[str]:
        return {row[0] for row in self._all("SELECT event_key FROM lr_event WHERE event_key = ANY(%s)", (keys,))}

    def first_sources(self, areas: list[str]) -> dict[str, str]:
        rows = self._all(
            "SELECT area_id, source FROM lr_event WHERE seq IN "
            "(SELECT min(seq) FROM lr_event WHERE area_id = ANY(%s) GROUP BY area_id)", (areas,),
        )  # fmt: skip
        return dict(rows)

    def set_aside(self) -> list[SetAside]:
        names = ", ".join("ST_AsBinary(geom, 'NDR')" if name == "geom" else name for name in SetAside._fields)
        with self._said("read"):
            return [SetAside(*row) for row in self._all(f"SELECT {names} FROM lr_set_aside ORDER BY id")]

    def known_aside(self, source: str, hashes: list[str]) -> set[str]:
        rows = self._all(
            "SELECT content_sha256 FROM lr_set_aside WHERE source = %s AND content_sha256 = ANY(%s)", (source, hashes)
        )
        return {row[0] for row in rows}

    def add(self, batch: Batch, events: list[LogRow], set_aside: list[SetAside]) -> None:
        self._copy("lr_event", LogRow._fields, events)
        self._copy("lr_set_aside", SetAside._fields, set_aside)
        self._copy("lr_batch", tuple(Batch.names()), [astuple(batch)])

    def _copy(self, table: str, names: tuple[str, ...], rows: list[Any]) -> None:
        if not rows:
            return
        statement = f"COPY {table} ({', '.join(names)}) FROM STDIN"
        with self._connection.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(_with_srid(row) if hasattr(row, "geom") else row)

    def foreign_parts(self) -> list[str]:
        """Say which triggers and rules are there that the registry did not make, and which of its own lack."""
        with self._said("read"):
            found = self._all(
                "SELECT c.relname, t.tgname, t.tgenabled FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid "
                f"WHERE NOT t.tgisinternal AND c.relname = ANY(%s) AND c.relnamespace = {_HERE}",
                (list(GUARDED),),
            )
            guard = self._all(f"SELECT prosrc FROM pg_proc WHERE proname = 'lr_refuse' AND pronamespace = {_HERE}")
            rules = self._all(
                "SELECT tablename, rulename FROM pg_rules WHERE schemaname = current_schema() AND tablename = ANY(%s)",
                (list(GUARDED),),
            )
        ours = {(table, f"{table}_only_added") for table in GUARDED}
        there = {(table, name) for table, name, enabled in found if enabled in ("O", "A")}
        said = [f"trigger '{name}' is not the registry's own" for table, name in sorted(there - ours)]
        said += [f"a part of the log is gone: {name}" for table, name in sorted(ours - there)]
        if guard != [(_BODY,)]:
            said.append("function 'lr_refuse' is not the registry's own")
        return said + [f"rule '{name}' is not the registry's own" for table, name in rules]

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()


def _with_srid(row: Any) -> Any:
    """Return the row with its shape as PostGIS takes it: EWKB with the SRID, in hexadecimal."""
    if row.geom is None:
        return row
    kind = struct.unpack("<I", row.geom[1:5])[0] | 0x20000000
    return row._replace(geom=(b"\x01" + struct.pack("<I", kind) + _SRID + row.geom[5:]).hex())


def _shows_nothing(text: str, url: str) -> bool:
    """Tell whether a text shows no part of what stands before the host of an address, or after it as a password."""
    secret = url.split("//", 1)[1].rpartition("@")[0].partition(":")[2]
    secret += " ".join(re.findall(r"password=(.*)", url))
    return not any(part in text for part in re.split(r"[^0-9A-Za-z]+", secret) if part)


def _first(error: BaseException) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
