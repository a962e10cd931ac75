"""A registry as it is opened: where its log is, what it says of itself, and whether it still holds together."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

from landrelease.errors import RegistryError
from landrelease.geometry import lon_lat, require_crs
from landrelease.registry.store.chain import GENESIS, extent_hash
from landrelease.registry.store.log import Log
from landrelease.registry.store.postgres import PostgresLog
from landrelease.registry.store.sqlite import SqliteLog
from landrelease.registry.store.verify import broken_batches, broken_links

__all__ = ["SCHEMA_VERSION", "begun", "check_open", "log_at"]

SCHEMA_VERSION = 1


def log_at(path_or_url: str | Path) -> Log:
    """Return the log in a file, or in a database."""
    text = str(path_or_url)
    if re.match(r"^postgres(ql)?://", text):
        return PostgresLog(text)
    if re.match(r"^[A-Za-z][A-Za-z0-9+.-]+://", text):
        raise RegistryError(f"'{text.split('://')[0]}://' is not known. Fix: a file, or postgresql://user@host/name")
    return SqliteLog(Path(path_or_url))


def begun(log: Log, extent: gpd.GeoDataFrame | None) -> Any:
    """Write what a new log says of itself, or check it; return the land in which all shapes must lie, None for any."""
    meta = log.meta()
    given = None
    if extent is not None:
        crs = require_crs(extent, "extent")
        given = shapely.to_wkb(shapely.union_all(lon_lat(extent.geometry.to_numpy(), crs)), hex=True)
    if "schema_version" not in meta:
        with log.writing():
            if "schema_version" not in log.meta():
                log.set_meta("schema_version", str(SCHEMA_VERSION))
                if given is not None:
                    log.set_meta("extent", given)
        meta = log.meta()
    try:
        version = int(meta["schema_version"])
        found = shapely.from_wkb(meta["extent"]) if "extent" in meta else None
    except (ValueError, shapely.errors.GEOSException):
        raise _damaged(log, ["what it says of itself can not be read"]) from None
    if version > SCHEMA_VERSION:
        raise RegistryError(
            f"'{log.name}' was made by a newer landrelease (form {version}; this one reads "
            f"{SCHEMA_VERSION}).\n  Fix: install the newer version."
        )
    if given is not None and meta.get("extent") != given:
        raise RegistryError(
            f"'{log.name}' was made {'with another' if 'extent' in meta else 'without an'} extent.\n"
            f"  Fix: open it without `extent`; a new extent needs a new registry."
        )
    return found


def check_open(log: Log) -> None:
    """Check the guards of the log, its batches, and the chain of what was added since the last verification."""
    with log.reading():
        broken = log.foreign_parts()
        if broken:
            raise _damaged(log, broken)
        meta = log.meta()
        text = meta.get("verified_seq", "0")
        verified = int(text) if text.isdecimal() else 0
        tail = log.events(verified - 1) if verified else log.events()
        batches = log.batches()
    before = tail[0].hash if verified and tail else GENESIS
    broken += broken_links(tail[1:] if verified else tail, before, first=verified + 1) + broken_batches(
        batches, extent_hash(meta)
    )
    stated = (batches[-1].last_seq, batches[-1].last_hash) if batches else (0, GENESIS)
    if stated != ((tail[-1].seq, tail[-1].hash) if tail else (0, GENESIS)):
        broken.append("the last batch and the last event do not belong together")
    if broken:
        raise _damaged(log, broken)


def _damaged(log: Log, said: list[str]) -> RegistryError:
    return RegistryError(
        f"'{log.name}' was changed by another hand or is damaged: {'; '.join(said[:5])}.\n"
        f"  Fix: go back to a copy made by Registry.backup and import again what came after it."
    )
