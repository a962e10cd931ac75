"""What a GeoPackage may hold beside its tables, asked of SQLite before GDAL opens it.

A GeoPackage is a database: a view shows other rows than its table holds, a trigger changes rows as they are
written, a count in it says how many rows there are. Only what the standard and GDAL write themselves is let through.
"""

from __future__ import annotations

import re
import sqlite3
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from landrelease.errors import DataError, DataWarning

__all__ = ["check_geopackage", "rows_in_layer"]

_SECONDS, _BYTES_PER_SECOND = 2.0, 5_000_000
_STEPS = 10_000
_OGC_VIEWS = ("st_spatial_ref_sys", "spatial_ref_sys", "st_geometry_columns", "geometry_columns")
_TOKEN = re.compile(
    r"""(?P<blank>\s+|--[^\n]*|/\*.*?\*/)|(?P<quoted>'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|\[[^\]]*\])"""
    r"""|(?P<word>[^\W\d]\w*)|(?P<other>\d[\w.]*|.)""",
    re.DOTALL,
)
_BEFORE_BRACKET = frozenset(
    ("and", "or", "not", "in", "values", "when", "where", "select", "then", "case", "from", "exists", "between",
     "glob", "like", "is", "as", "on", "raise", "st_minx", "st_maxx", "st_miny", "st_maxy", "st_isempty", "lower",
     "strftime", "julianday", "typeof", "length", "abs", "coalesce")
)  # fmt: skip
"""Words that may stand before a bracket: SQL's own, and functions that only look at their arguments."""
_RAISE_ONLY = re.compile(r"select (?:case when .* then )?raise \(")
_COUNT_ONLY = re.compile(r"update gpkg_ogr_contents set feature_count = feature_count [+-] 1 where ")
_INDEX_ONLY = re.compile(r"(?:insert (?:or replace )?into|update(?: or replace)?|delete from) (rtree_\S+) ")
_HIDDEN, _SHOWN = str.maketrans(" ;", "\0\1"), str.maketrans("\0\1", " ;")
"""Blanks and semicolons within a name end no word and no statement."""
_EMPTY_FLAG = "substr(hex(substr({column}, 4, 1)), 1, 1) IN ('1', '3')"
"""SQL: the header of a GeoPackage geometry says that it is empty."""


def check_geopackage(path: Path) -> None:
    """Refuse a GeoPackage that is damaged, half written, a registry, or holds views, triggers or tables of its own."""
    if _lacks_wal(path):
        warnings.warn(
            f"'{path.name}' was in use by a program when it was copied or left: its newest rows may stand in "
            f"'{path.name}-wal', which is not there. Close it in that program and copy it again, to be sure.",
            DataWarning,
            stacklevel=2,
        )
    with _opened(path) as base:
        texts = ", ".join(f"coalesce(CAST({one} AS TEXT), '')" for one in ("type", "name", "tbl_name", "sql"))
        schema = base.execute(f"SELECT {texts} FROM sqlite_master WHERE sql NOTNULL").fetchall()
        names = {name.casefold() for kind, name, _, _ in schema if kind == "table"}
        if "lr_meta" in names:
            raise DataError(
                f"'{path.name}' is a registry of landrelease, whose rows only make sense together.\n"
                f"  Fix: open it with landrelease.Registry('{path.name}')."
            )
        served = set()
        if "gpkg_contents" in names:
            served = {str(name).casefold() for (name,) in base.execute("SELECT table_name FROM gpkg_contents")}
        for kind, name, table, sql in schema:
            if not _is_known(kind, name.casefold(), table.casefold(), sql, names, served):
                raise DataError(
                    f"'{path.name}' holds the {_kind(kind)} '{name}', which no GeoPackage needs: it could show or "
                    f"write other rows than those of the table.\n"
                    f"  Fix: export the layer into a new GeoPackage, or drop it: DROP {kind.upper()} {_quoted(name)}."
                )
        state = base.execute("PRAGMA quick_check(1)").fetchone()
        if state[0] != "ok":
            raise DataError(f"'{path.name}' is damaged: {_short(state[0])}. Fix: copy it again from its source.")


def rows_in_layer(path: Path, layer: str) -> int:
    """Return how many rows a layer's table holds; warn if its spatial index lacks some of them."""
    with _opened(path) as base:
        count = int(base.execute(f"SELECT count(*) FROM {_quoted(layer)}").fetchone()[0])
        if not base.execute("SELECT 1 FROM sqlite_master WHERE name = 'gpkg_geometry_columns'").fetchone():
            return count
        found = base.execute(
            "SELECT g.column_name, m.name FROM gpkg_geometry_columns g JOIN sqlite_master m "
            "ON lower(m.name) = lower('rtree_' || g.table_name || '_' || g.column_name || '_rowid') "
            "WHERE lower(g.table_name) = lower(?)",
            (layer,),
        ).fetchone()
        if found is None:
            return count
        column, index = _quoted(found[0]), _quoted(found[1])
        lacking = base.execute(
            f"SELECT count(*) FROM {_quoted(layer)} WHERE {column} NOTNULL "
            f"AND NOT {_EMPTY_FLAG.format(column=column)} AND rowid NOT IN (SELECT rowid FROM {index})"
        ).fetchone()[0]
    if lacking:
        warnings.warn(
            f"'{path.name}', layer '{layer}': the spatial index lacks {lacking:,} of {count:,} rows. All were read "
            f"here, but a program that asks by place does not see them. Fix: rebuild the index.",
            DataWarning,
            stacklevel=2,
        )
    return count


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """Open a database that is only read, trusts nothing in it, and stops where it takes too long."""
    alone = "&immutable=1" if _lacks_wal(path) else ""  # else SQLite makes files beside it
    seconds = _SECONDS + path.stat().st_size / _BYTES_PER_SECOND
    end = time.thread_time() + seconds  # of work: a file is not bad because the machine is busy
    base = None
    try:
        base = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro{alone}", uri=True)
        base.text_factory = lambda raw: raw.decode("utf-8", "replace")
        base.set_progress_handler(lambda: time.thread_time() > end, _STEPS)
        base.execute("PRAGMA trusted_schema=OFF")
        yield base
    except (sqlite3.Error, UnicodeError) as error:  # the message of an error may quote bytes that are no text
        said = str(error)
        if "interrupted" in said:
            said = f"its database is not through after {seconds:.0f} seconds of work"
        fix = "copy it again from its source"
        if "readonly" in said or _beside(path, "-journal").exists():
            fix = f"a writer stopped before it was done ('{path.name}-journal'): open and close it in that program"
        raise DataError(f"'{path.name}' can not be read as a GeoPackage: {_short(said)}.\n  Fix: {fix}.") from None
    finally:
        if base is not None:
            base.close()


def _is_known(kind: str, name: str, table: str, sql: str, tables: set[str], served: set[str]) -> bool:
    """Tell whether an entry of the schema is a table, an index, or what the standard and GDAL write beside them."""
    if kind == "index":
        return True
    words = _words(sql)
    if kind == "table":
        is_virtual = words[:2] == ["create", "virtual"]
        return not is_virtual or (name.startswith("rtree_") and "using rtree (" in " ".join(words))
    if any(
        after == "(" and word not in _BEFORE_BRACKET and not word.startswith("rtree_") and word.isidentifier()
        for word, after in pairwise(words)
    ):
        return False
    if kind == "view":
        sources = {after for word, after in pairwise(words) if word in ("from", "join")}
        others = {word for word in words if word in tables} | sources
        return name in _OGC_VIEWS and name not in served and all(one.startswith("gpkg_") for one in others)
    body = " ".join(words[words.index("begin") + 1 :]) if "begin" in words else ""
    statements = [one.strip() for one in body.removesuffix("end").split(" ;") if one.strip()]
    return bool(statements) and all(_is_harmless(one, table, tables) for one in statements)


def _is_harmless(statement: str, table: str, tables: set[str]) -> bool:
    """Tell whether a statement of a trigger only checks GeoPackage's own tables, or keeps an index or a count."""
    if _RAISE_ONLY.match(statement):
        return table.startswith("gpkg_")
    index = _INDEX_ONLY.match(statement)
    if index is not None:
        name = index[1].translate(_SHOWN)
        return name in tables and name.startswith(f"rtree_{table}_")
    return _COUNT_ONLY.match(statement) is not None


def _words(sql: str) -> list[str]:
    """Return the words and marks of a statement in small letters, names without their quotation marks."""
    words = []
    for token in _TOKEN.finditer(sql):
        if token["quoted"]:
            mark, name = token[0][-1], token[0][1:-1].casefold()
            words.append(name.replace(2 * mark, mark).translate(_HIDDEN))
        elif not token["blank"]:
            words.append(token[0].casefold())
    return words


def _kind(kind: str) -> str:
    return "virtual table" if kind == "table" else kind


def _lacks_wal(path: Path) -> bool:
    """Tell whether a database says that its newest rows may stand in a file beside it, which is not there."""
    with path.open("rb") as file:
        return file.read(20)[18:20] == b"\x02\x02" and not _beside(path, "-wal").exists()


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _short(text: str) -> str:
    return " ".join(text.split())[:200].rstrip(".")
