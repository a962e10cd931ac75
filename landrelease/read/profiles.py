"""Profiles: TOML files that say how a known system's export maps to our tables."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

from landrelease.errors import ProgrammeError, nearest
from landrelease.tables import TABLES

__all__ = ["OPTIONS", "bundled_profiles", "read_profile"]

OPTIONS = (
    "columns",
    "codes",
    "values",
    "where",
    "dates",
    "decimal",
    "units",
    "encoding",
    "layer",
    "crs",
    "operation",
    "ids",
)
"""Options of `read` that a profile may set for a table."""


def bundled_profiles() -> list[str]:
    """Return the names of the profiles that come with the package."""
    folder = resources.files("landrelease.read") / "profiles"
    return sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml"))


def read_profile(name_or_path: str | Path, table: str) -> dict[str, Any]:
    """Return the options of `read` that a profile sets for a table.

    Raises
    ------
    ProgrammeError
        No such profile, no such table in it, or a key that is not known.
    """
    text, name = _text(name_or_path)
    try:
        profile = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeError(f"Profile '{name}' is no TOML: {error}") from None
    tables = profile.get("tables", {})
    for key in tables:
        if key not in TABLES:
            raise ProgrammeError(f"Profile '{name}' names a table '{key}' that is not known{nearest(key, TABLES)}")
        for option in tables[key]:
            if option not in OPTIONS:
                raise ProgrammeError(
                    f"Profile '{name}', table '{key}': '{option}' is not known{nearest(option, OPTIONS)} "
                    f"Known: {', '.join(OPTIONS)}"
                )
    if table not in tables:
        raise ProgrammeError(f"Profile '{name}' says nothing of '{table}'; it has {', '.join(tables) or 'no tables'}")
    return dict(tables[table])


def _text(name_or_path: str | Path) -> tuple[str, str]:
    name = str(name_or_path)
    if name in bundled_profiles():
        return (resources.files("landrelease.read") / "profiles" / f"{name}.toml").read_text(encoding="utf-8"), name
    path = Path(name_or_path)
    if path.suffix == ".toml" and path.is_file():
        return path.read_text(encoding="utf-8"), path.name
    known = bundled_profiles()
    raise ProgrammeError(
        f"There is no profile '{name}'{nearest(name, known)} Known: {', '.join(known)}, or the path of a TOML file."
    )
