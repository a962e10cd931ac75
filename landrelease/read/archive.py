"""Archives: what may be in them and how much, and the parts that are read, unpacked into a folder of their own."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from landrelease.errors import DataError

__all__ = ["check_members", "opened", "unpack"]

_LAYERS = (".shp", ".gpkg", ".geojson", ".json", ".kml", ".fgb")
_BESIDE = (".shx", ".dbf", ".prj", ".cpg", ".gpkg-wal")
_SMALL_BYTES, _MOST_BYTES, _MOST_RATIO = 1 << 24, 1 << 29, 100
"""A member under 16 MiB may be packed in any ratio; the whole unpacks to 512 MiB at most."""
_MOST_MEMBERS = 10_000


@contextmanager
def opened(path: Path, kind: str) -> Iterator[zipfile.ZipFile]:
    """Open an archive; whatever it breaks with while it is read is told as DataError."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except DataError:
        raise
    except Exception as error:  # zipfile raises much: BadZipFile, RuntimeError, EOFError, zlib.error, OSError ...
        said = str(error).splitlines()[:1] or [type(error).__name__]
        raise DataError(f"'{path.name}' can not be read as {kind}: {said[0]}. Fix: copy or save it again.") from None


def check_members(name: str, archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """Return the files of an archive; refuse one that unpacks to very much, or leads out of its folder."""
    members = [one for one in archive.infolist() if not one.is_dir()]
    if len(members) > _MOST_MEMBERS:
        raise DataError(f"'{name}' holds {len(members):,} files; at most {_MOST_MEMBERS:,} are read. Fix: unpack it.")
    seen = set()
    for one in members:
        parts = one.filename.replace("\\", "/").split("/")
        if parts[0] == "" or ".." in parts or ":" in parts[0]:
            raise DataError(f"'{name}' holds '{one.filename}', a path out of the archive: it is not read.")
        if one.filename.casefold() in seen:
            raise DataError(
                f"'{name}' holds '{one.filename}' twice: which one counts is not known. Fix: pack it again."
            )
        seen.add(one.filename.casefold())
        if one.file_size > max(_SMALL_BYTES, _MOST_RATIO * one.compress_size):
            raise DataError(f"'{name}' holds '{one.filename}', {one.file_size:,} bytes packed in too few.")
    if sum(one.file_size for one in members) > _MOST_BYTES:
        raise DataError(f"'{name}' unpacks to more than {_MOST_BYTES:,} bytes. Fix: unpack it first.")
    return members


def unpack(path: Path, folder: Path) -> list[Path]:
    """Unpack what is read of an archive, each of its folders apart; return its layers' files in their order.

    Nothing else is unpacked, so that nothing else can be opened in its place. Names are made plain.
    """
    layers: list[Path] = []
    homes: dict[str, Path] = {}
    with opened(path, "an archive") as archive:
        for one in check_members(path.name, archive):
            inside = PurePosixPath(one.filename.replace("\\", "/"))
            geodatabase = next((part for part in inside.parts[:-1] if part.lower().endswith(".gdb")), None)
            if geodatabase is None and inside.suffix.lower() not in (*_LAYERS, *_BESIDE):
                continue
            home = homes.setdefault(str(inside.parent), folder / str(len(homes)))
            target = home / _plain(geodatabase or "") / _plain(inside.name)
            layer = target.parent if geodatabase else target
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(one) as packed, target.open("xb") as file:
                shutil.copyfileobj(packed, file)  # the archive's reader stops at the size it declares
            if layer not in layers and (geodatabase or inside.suffix.lower() in _LAYERS):
                layers.append(layer)
    return layers


def _plain(name: str) -> str:
    return re.sub(r"[^\w .()+~-]", "_", name)
