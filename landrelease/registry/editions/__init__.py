"""Editions of the treaty reports: which figures, in which order and unit, under which headings, as data."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from landrelease.errors import OptionError, ProgrammeError, nearest
from landrelease.tables import CODES, RESULTS

__all__ = ["UNITS", "Edition", "bundled_editions", "read_edition"]

UNITS = {"m2": 1.0, "hectares": 1e4, "km2": 1e6}
_DECLARED = {"areas": "treaty_areas", "releases": "treaty_releases", "items": "treaty_items", "years": "land_balance"}
"""The tables of a report, and where their columns are declared."""
_TEXTS = ("name", "source", "group", "year", "total", "unknown")


@dataclass(frozen=True)
class Edition:
    """What a report asks for: the areas that count, and of each table the columns with their headings, in order."""

    name: str
    source: str
    is_verified: bool
    contamination: tuple[str, ...]
    unit: str
    decimals: int
    group: str
    year: str
    total: str
    unknown: str
    tables: dict[str, dict[str, str]]


def bundled_editions() -> list[str]:
    """Return the names of the editions that come with the package."""
    folder = resources.files(__name__)
    return sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml"))


def read_edition(name_or_path: str | Path) -> Edition:
    """Return an edition by its bundled name, or from a TOML file.

    Raises
    ------
    OptionError
        No bundled edition or file of that name.
    ProgrammeError
        A file that is no TOML, lacks a key, or names what there is not.

    Examples
    --------
    >>> read_edition("generic").is_verified
    False
    >>> read_edition("generik")
    Traceback (most recent call last):
    landrelease.errors.OptionError: There is no edition 'generik'; did you mean 'generic'?
      Fix: one of generic, or a TOML file.
    """
    name, known = str(name_or_path), bundled_editions()
    if name in known:
        text = (resources.files(__name__) / f"{name}.toml").read_text(encoding="utf-8")
    elif Path(name_or_path).suffix == ".toml" and Path(name_or_path).is_file():
        text = Path(name_or_path).read_text(encoding="utf-8")
    else:
        raise OptionError(
            f"There is no edition '{name}'{nearest(name, known)}\n  Fix: one of {', '.join(known)}, or a TOML file."
        )
    try:
        return _edition_of(tomllib.loads(text), name)
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeError(f"Edition '{name}' is no TOML: {error}") from None


def _edition_of(document: dict[str, Any], name: str) -> Edition:
    keys = {*_TEXTS, "verified", "note", "contamination", "unit", "decimals", *_DECLARED}
    for key in document:
        if key not in keys:
            raise ProgrammeError(f"Edition '{name}' has a key '{key}' that means nothing{nearest(key, keys)}")
    lacking = [key for key in (*_TEXTS, "verified", "contamination", "unit") if key not in document]
    if lacking:
        raise ProgrammeError(f"Edition '{name}' lacks {', '.join(lacking)}. Fix: copy landrelease's 'generic' edition.")
    codes = [code for code in CODES["contamination_code"] if code != "unknown"]  # areas not known are always in
    for what, value, allowed in (
        *(("contamination", one, codes) for one in document["contamination"]),
        ("unit", document["unit"], list(UNITS)),
        *((table, one, _columns(table)) for table in _DECLARED for one in document.get(table, {})),
    ):
        if value not in allowed:
            raise ProgrammeError(
                f"Edition '{name}', {what}: there is no '{value}'{nearest(str(value), allowed)} "
                f"Fix: one of {', '.join(allowed)}."
            )
    tables = {
        table: {key: str(text) for key, text in document[table].items()} for table in _DECLARED if table in document
    }
    for table, headings in tables.items():
        if len({*headings.values(), document["group"]}) <= len(headings):
            raise ProgrammeError(f"Edition '{name}', {table}: two columns have one heading. Fix: tell them apart.")
    return Edition(
        **{key: str(document[key]) for key in _TEXTS}, is_verified=document["verified"] is True,
        contamination=tuple(document["contamination"]), unit=document["unit"],
        decimals=int(document.get("decimals", 0)), tables=tables,
    )  # fmt: skip


def _columns(table: str) -> list[str]:
    return [name for name in RESULTS[_DECLARED[table]].names if name not in ("by", "year")]
