"""Three databases that speak the same spatial SQL: each takes frames as tables, and answers with frames."""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol
from uuid import uuid4

import geopandas as gpd
import pandas as pd
import shapely

from engines import Call, Inputs, engine


class Database(Protocol):
    """What the engines ask of a database."""

    def ask(self, sql: str) -> pd.DataFrame:
        """Return the rows of a query."""

    def keep(self, name: str, sql: str) -> None:
        """Keep the rows of a query as a table."""


class DuckDB:
    """DuckDB in memory, its spatial extension from the package on PyPI: nothing is fetched when it runs."""

    def __init__(self, tables: dict[str, gpd.GeoDataFrame]) -> None:
        import duckdb
        import duckdb_extension_spatial

        folder = Path(duckdb_extension_spatial.__file__).parent
        self._connection = duckdb.connect()
        self._connection.execute(f"LOAD '{next(folder.rglob('spatial.duckdb_extension'))}'")
        for name, frame in tables.items():
            plain = pd.DataFrame(frame.drop(columns="geometry")).assign(wkb=shapely.to_wkb(frame.geometry.to_numpy()))
            self._connection.register("plain", plain)
            self.keep(name, "SELECT * EXCLUDE (wkb), ST_GeomFromWKB(wkb) AS geom FROM plain")
            self._connection.unregister("plain")

    def ask(self, sql: str) -> pd.DataFrame:
        return self._connection.execute(sql).df()

    def keep(self, name: str, sql: str) -> None:
        self._connection.execute(f"CREATE TABLE {name} AS {sql}")


class SedonaDB:
    """SedonaDB with its tables in memory."""

    def __init__(self, tables: dict[str, gpd.GeoDataFrame]) -> None:
        import sedonadb

        self._connection = sedonadb.connect()
        for name, frame in tables.items():
            plain = frame.rename_geometry("geom").set_crs(None, allow_override=True)
            self._connection.create_data_frame(plain).to_memtable().to_view(name, overwrite=True)

    def ask(self, sql: str) -> pd.DataFrame:
        return self._connection.sql(sql).to_pandas()

    def keep(self, name: str, sql: str) -> None:
        self._connection.sql(sql).to_memtable().to_view(name, overwrite=True)


class PostGIS:
    """PostGIS at LANDRELEASE_POSTGRES, in a schema of its own that is removed; tables with an index, analysed."""

    def __init__(self, tables: dict[str, gpd.GeoDataFrame]) -> None:
        import psycopg

        self._connection = psycopg.connect(os.environ["LANDRELEASE_POSTGRES"], autocommit=True)
        schema = f"lr_bench_{uuid4().hex[:12]}"
        self._connection.execute(f"CREATE SCHEMA {schema}")
        atexit.register(self._connection.execute, f"DROP SCHEMA {schema} CASCADE")
        self._connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        self._connection.execute(f"SET search_path TO {schema}, public")
        for name, frame in tables.items():
            columns = [one for one in frame.columns if one != "geometry"]
            declared = ", ".join(f"{one} text" for one in columns)
            self._connection.execute(f"CREATE TABLE {name} ({declared}, geom geometry)")
            rows = zip(*(frame[one].astype(str) for one in columns),
                       shapely.to_wkb(frame.geometry.to_numpy(), hex=True), strict=True)  # fmt: skip
            with self._connection.cursor().copy(f"COPY {name} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            self._index(name)

    def ask(self, sql: str) -> pd.DataFrame:
        cursor = self._connection.execute(sql)
        assert cursor.description is not None
        return pd.DataFrame(cursor.fetchall(), columns=[one.name for one in cursor.description])

    def keep(self, name: str, sql: str) -> None:
        self._connection.execute(f"CREATE TABLE {name} AS {sql}")
        self._index(name)

    def _index(self, name: str) -> None:
        self._connection.execute(f"CREATE INDEX ON {name} USING gist (geom)")
        self._connection.execute(f"ANALYZE {name}")


DATABASES: dict[str, tuple[Callable[..., Database], tuple[str, ...]]] = {
    "DuckDB": (DuckDB, ("duckdb", "duckdb_extension_spatial")),
    "SedonaDB": (SedonaDB, ("sedonadb", "geoarrow.pyarrow")),
    "PostGIS": (PostGIS, ("psycopg", "LANDRELEASE_POSTGRES")),
}


def databases(task: str, tables: dict[str, tuple[str, ...]], call: Callable[[Database, Inputs], Any],
              *names: str) -> None:  # fmt: skip
    """Add an engine to a task for each database: `tables` of the inputs with some of their columns."""
    for name in names or DATABASES:
        make, needs = DATABASES[name]

        def prepare(given: Inputs, make: Callable[..., Database] = make) -> Call:
            database = make({one: given[one][[*columns, "geometry"]] for one, columns in tables.items()})
            return lambda: call(database, given)

        engine(task, name, *needs)(prepare)
