"""Legends of land-cover rasters: what each class says of the use of land, as data that a caller may change."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from landrelease.errors import OptionError, ProgrammeError, nearest
from landrelease.tables import CODES

__all__ = ["LandCover", "Legend", "bundled_legends", "read_legend"]

Legend = Mapping[int, str] | str | Path
"""Class -> use code, "unused" or "unknown"; or the name of a bundled legend, or the path of a TOML file."""


@dataclass(frozen=True)
class LandCover:
    """A land-cover raster of a year, with the legend that says what its classes mean for use.

    Parameters
    ----------
    path : str or Path
        A local raster of classes.
    year : int
        The year that it shows.
    legend : mapping, str or Path
        Class -> use code, "unused" or "unknown"; or a bundled name ("esa-worldcover"), or a path.

    Examples
    --------
    >>> LandCover("landcover_2024.tif", 2024, "esa-worldcover").year
    2024
    """

    path: str | Path
    year: int
    legend: Legend


def bundled_legends() -> list[str]:
    """Return the names of the legends that come with the package."""
    folder = resources.files(__name__)
    return sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml"))


def read_legend(legend: Legend) -> dict[int, str]:
    """Return a legend as class -> use code, "unused" or "unknown".

    Raises
    ------
    OptionError
        No bundled legend or file of that name, or a class that says something else.
    ProgrammeError
        A legend file that is no TOML, or has no table `classes`.

    Examples
    --------
    >>> read_legend("esa-worldcover")[40], read_legend({40: "grazing"})
    ('agriculture', {40: 'grazing'})
    >>> read_legend({40: "crops"})
    Traceback (most recent call last):
    landrelease.errors.OptionError: legend: class 40 says 'crops'; it must be a use code, unused or unknown
    """
    classes = dict(legend) if isinstance(legend, Mapping) else _from_file(legend)
    allowed = [*CODES["use_code"], "unused", "unknown"]
    for code, use in classes.items():
        if use not in allowed:
            message = f"legend: class {code} says {use!r}; it must be a use code, unused or unknown"
            raise OptionError(message + nearest(str(use), allowed))
    wrong = [code for code in classes if not _is_whole(code)]
    if wrong:
        raise OptionError(f"legend: class {wrong[0]!r} is not the whole number of a cell")
    return {int(code): "unused" if use == "none" else str(use) for code, use in classes.items()}


def _is_whole(code: object) -> bool:
    try:
        return bool(float(code) == int(code))  # type: ignore[arg-type, call-overload]
    except (TypeError, ValueError, OverflowError):
        return False


def _from_file(name_or_path: str | Path) -> dict[int, str]:
    known = bundled_legends()
    name = str(name_or_path)
    if name in known:
        text = (resources.files(__name__) / f"{name}.toml").read_text(encoding="utf-8")
    elif Path(name_or_path).suffix == ".toml" and Path(name_or_path).is_file():
        text = Path(name_or_path).read_text(encoding="utf-8")
    else:
        raise OptionError(
            f"There is no legend '{name}'{nearest(name, known)}\n  Fix: one of {', '.join(known)}, or a TOML file."
        )
    try:
        document = tomllib.loads(text)
        return {int(code): str(one["use"]) for code, one in document["classes"].items()}
    except (tomllib.TOMLDecodeError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise ProgrammeError(
            f"Legend '{name}' needs [classes] with 40 = {{ name = ..., use = ... }}: {error!r}"
        ) from None
