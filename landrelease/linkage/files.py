"""Checklists and crosswalks: TOML files that say what they are and how far they were checked."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from os import PathLike
from pathlib import Path
from typing import Any

import pandas as pd

from landrelease.errors import ProgrammeError, nearest

__all__ = ["RatedList", "bundled", "read_list"]

_FOLDERS = {"indicator": "checklists", "link": "crosswalks"}
_KEYS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "indicator": {"code": str, "dimension": str, "label": str, "low": (int, float), "high": (int, float)},
    "link": {"indicator": str, "target": str, "topic": str, "link": str, "why": str},
}
_HEAD = {"name": str, "source": str, "verified": bool}


@dataclass(frozen=True)
class RatedList:
    """A checklist or crosswalk: its rows, its source, and whether they were checked against it."""

    name: str
    source: str
    verified: bool
    rows: pd.DataFrame


def bundled(kind: str) -> list[str]:
    """Return the names of the lists of a kind (`indicator`, `link`) that come with the package.

    Examples
    --------
    >>> bundled("indicator"), bundled("link")
    (['generic'], ['generic'])
    """
    folder = resources.files("landrelease.linkage") / _FOLDERS[kind]
    return sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml"))


def read_list(name_or_path: str | PathLike[str], kind: str) -> RatedList:
    """Read a list by its bundled name, or from a TOML file (ending in `.toml`).

    Raises
    ------
    ProgrammeError
        No such list or file, no TOML, or a row without a key, with one too many, or of another type.

    Examples
    --------
    >>> len(read_list("generic", "indicator").rows), read_list("generic", "link").verified
    (14, False)
    >>> read_list("genric", "link")
    Traceback (most recent call last):
    landrelease.errors.ProgrammeError: no bundled list of crosswalks is 'genric'; did you mean 'generic'?
      There are: generic; or give the path of a .toml file.
    """
    what, text = _text(name_or_path, kind)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeError(f"{what} is no TOML: {error}") from None
    for key, type_ in _HEAD.items():
        if not isinstance(content.get(key), type_):
            raise ProgrammeError(f"{what} needs {key} ({type_.__name__}): every list says what it is")
    rows = content.get(kind, [])
    if not isinstance(rows, list) or not rows:
        raise ProgrammeError(f"{what} has no [[{kind}]]")
    for position, row in enumerate(rows, start=1):
        _check_row(row, _KEYS[kind], f"{what}, {kind} {position}")
    frame = pd.DataFrame(rows)
    repeats = frame.duplicated(["code"] if kind == "indicator" else ["indicator", "target"])
    if repeats.any():
        raise ProgrammeError(f"{what}: {kind} {int(repeats.argmax()) + 1} stands twice")
    return RatedList(content["name"], content["source"], content["verified"], frame)


def _text(name_or_path: str | PathLike[str], kind: str) -> tuple[str, str]:
    path, folder = Path(name_or_path), _FOLDERS[kind]
    if path.suffix == ".toml":
        try:
            return f"'{path}'", path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ProgrammeError(f"'{path}' can not be read: {error}") from None
    known = bundled(kind)
    if str(path) not in known:
        raise ProgrammeError(
            f"no bundled list of {folder} is '{path}'{nearest(str(path), known)}\n"
            f"  There are: {', '.join(known)}; or give the path of a .toml file."
        )
    file = resources.files("landrelease.linkage") / folder / f"{path}.toml"
    return f"{folder} '{path}'", file.read_text(encoding="utf-8")


def _check_row(row: Any, keys: dict[str, type | tuple[type, ...]], place: str) -> None:
    if not isinstance(row, dict):
        raise ProgrammeError(f"{place} must be a table")
    for name in row:
        if name not in keys:
            raise ProgrammeError(f"{place} has an unknown key '{name}'{nearest(name, keys)}")
    for name, type_ in keys.items():
        value = row.get(name)
        if not isinstance(value, type_) or isinstance(value, bool) or value == "":
            raise ProgrammeError(f"{place} needs {name}; it has {value!r}")
    if "low" in keys and not row["low"] < row["high"]:
        raise ProgrammeError(f"{place}: low must be below high; got {row['low']} and {row['high']}")
