"""Schemes as files: the TOML that says what counts, from which source, and how far it was checked."""

from __future__ import annotations

import tomllib
from importlib import resources
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from landrelease.errors import OptionError, ProgrammeError, nearest
from landrelease.priority.scheme.criteria import (
    NUMBER,
    Band,
    Criterion,
    Measure,
    PriorityClass,
    Scheme,
    Threshold,
    check_keys,
    rank_order_centroid,
)

__all__ = ["bundled_schemes", "read_scheme"]

T = TypeVar("T")


def bundled_schemes() -> tuple[str, ...]:
    """Return the names of the schemes that come with the package.

    Examples
    --------
    >>> bundled_schemes()
    ('community-first', 'gichd-development', 'landmine-impact-survey')
    """
    folder = resources.files("landrelease.priority.scheme") / "bundled"
    return tuple(sorted(one.name.removesuffix(".toml") for one in folder.iterdir() if one.name.endswith(".toml")))


def read_scheme(name_or_path: str | PathLike[str]) -> Scheme:
    """Read a scheme: criteria with weights, where their columns come from, and the scheme's source.

    Parameters
    ----------
    name_or_path : str or path
        The name of a bundled scheme, or the path of a TOML file (ending in `.toml`).

    Returns
    -------
    Scheme
        `criteria` for `prioritise`, `sources` for `criteria_table`.

    Raises
    ------
    ProgrammeError
        No such scheme or file, no TOML, an unknown key, measure, argument or code, or a criterion that can
        not mean what it says. The message names the file, the place and the nearest known word.

    Notes
    -----
    A file has `name`, `title`, `source`, `verified`, `note`; one `[[criterion]]` for each criterion, with the
    arguments of `Criterion` and optionally `from = { measure = "...", ... }`; and optionally `[[band]]` with
    `name` and `at_least`. The measures and their arguments are described in `criteria_table`.

    With `weights = "order"` no criterion has a weight: they stand in the order of their importance, and weigh by its
    rank-order centroid. A scheme of two tiers has one `[[class]]` for each class, the most urgent first, with `name`
    and `any`, a list of thresholds of which one is enough: `{ column = "...", at_least = 1 }`, or `at_most`, and
    optionally `label`, `unit` and `from`. The last class has only a name, and takes the rest.

    Examples
    --------
    >>> scheme = read_scheme("community-first")
    >>> round(sum(criterion.weight for criterion in scheme.criteria), 9), scheme.verified
    (1.0, False)
    >>> read_scheme("comunity-first")
    Traceback (most recent call last):
    landrelease.errors.ProgrammeError: no bundled scheme is 'comunity-first'; did you mean 'community-first'?
      There are: community-first, gichd-development, landmine-impact-survey; or give the path of a .toml file.
    """
    what, text = _scheme_text(name_or_path)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ProgrammeError(f"{what} is no TOML: {error}") from None
    return _scheme(content, what)


def _scheme_text(name_or_path: str | PathLike[str]) -> tuple[str, str]:
    """Return what to call a scheme in messages, and the text of its file."""
    path = Path(name_or_path)
    if path.suffix == ".toml" or len(path.parts) > 1:
        try:
            return f"scheme file '{path.name}'", path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise ProgrammeError(f"scheme file '{path}' is not UTF-8 text.\n  Fix: save it as UTF-8.") from None
        except OSError as error:
            raise ProgrammeError(f"scheme file '{path}' can not be read: {error.strerror}") from None
    known = bundled_schemes()
    if str(path) not in known:
        raise ProgrammeError(
            f"no bundled scheme is '{path}'{nearest(str(path), known)}\n"
            f"  There are: {', '.join(known)}; or give the path of a .toml file."
        )
    file = resources.files("landrelease.priority.scheme") / "bundled" / f"{path}.toml"
    return f"scheme '{path}'", file.read_text(encoding="utf-8")


_SCHEME_KEYS = {"name": str, "title": str, "source": str, "verified": bool, "note": str, "weights": str}
_CRITERION_KEYS: dict[str, type | tuple[type, ...]] = {
    "column": str, "low": NUMBER, "high": NUMBER, "weight": NUMBER, "more_is_urgent": bool,
    "form": str, "label": str, "unit": str, "indifference": NUMBER, "preference": NUMBER, "from": dict,
}  # fmt: skip
_CLASS_KEYS: dict[str, type | tuple[type, ...]] = {"name": str, "any": list}
_THRESHOLD_KEYS: dict[str, type | tuple[type, ...]] = {
    "column": str, "at_least": NUMBER, "at_most": NUMBER, "label": str, "unit": str, "from": dict,
}  # fmt: skip
_BAND_KEYS: dict[str, type | tuple[type, ...]] = {"name": str, "at_least": NUMBER}


def _scheme(content: dict[str, Any], what: str) -> Scheme:
    check_keys(content, {**_SCHEME_KEYS, "class": list, "criterion": list, "band": list}, what)
    for key in ("name", "source", "verified"):
        if key not in content:
            raise ProgrammeError(f"{what} has no '{key}': every scheme says what it is and how far it was checked")
    if not content.get("criterion"):
        raise ProgrammeError(f"{what} has no [[criterion]]")
    sources: dict[str, Measure] = {}
    criteria = _criteria(content, what, sources)
    classes = _classes(content, what, sources)
    try:
        return Scheme(
            name=content["name"],
            title=content.get("title", content["name"]),
            source=content["source"],
            verified=content["verified"],
            note=content.get("note", "").strip(),
            criteria=criteria,
            sources=sources,
            bands=_bands(content, what),
            weights=content.get("weights", "given"),
            classes=classes,
        )
    except OptionError as error:
        raise ProgrammeError(f"{what}: {error}") from None


def _criteria(content: dict[str, Any], what: str, sources: dict[str, Measure]) -> tuple[Criterion, ...]:
    """Return the criteria, and put the sources of their columns to the others."""
    tables = _tables(content, "criterion", what)
    by_order = content.get("weights") == "order"
    criteria: list[Criterion] = []
    for number, one in enumerate(tables, start=1):
        place = f"{what}, criterion {number} ({one.get('column', 'no column')})"
        check_keys(one, _CRITERION_KEYS, place)
        if by_order and "weight" in one:
            raise ProgrammeError(f'{place}: weights = "order" and a weight.\n  Fix: take one of them away.')
        if by_order and one.get("form") == "points":
            raise ProgrammeError(f'{place}: points have a number each; weights = "order" can not give it')
        given = {"column": "", **one} | ({"weight": rank_order_centroid(len(tables))[number - 1]} if by_order else {})
        criterion = _made(Criterion, given, place, sources)
        if any(criterion.column == other.column for other in criteria):
            raise ProgrammeError(f"{place}: the column stands in an earlier criterion too, and would count twice")
        criteria.append(criterion)
    return tuple(criteria)


def _classes(content: dict[str, Any], what: str, sources: dict[str, Measure]) -> tuple[PriorityClass, ...]:
    """Return the classes, and put the sources of their columns to the others."""
    classes: list[PriorityClass] = []
    for number, one in enumerate(_tables(content, "class", what), start=1):
        place = f"{what}, class {number} ({one.get('name', 'no name')})"
        check_keys(one, _CLASS_KEYS, place)
        if not one.get("name"):
            raise ProgrammeError(f"{place} needs a name")
        thresholds: list[Threshold] = []
        for given in _tables(one, "any", place):
            check_keys(given, _THRESHOLD_KEYS, place)
            thresholds.append(_made(Threshold, {"column": "", **given}, place, sources))
        classes.append(PriorityClass(one["name"], tuple(thresholds)))
    return tuple(classes)


def _made(kind: type[T], given: dict[str, Any], place: str, sources: dict[str, Measure]) -> T:
    """Make a criterion or a threshold; its `from` is the source of its column, which has one."""
    measure = given.pop("from", None)
    try:
        made = kind(**given)
        if measure is not None:
            measure = dict(measure)
            source = Measure(str(measure.pop("measure", "")), measure)
            if sources.setdefault(given["column"], source) != source:
                raise OptionError(f"column '{given['column']}' has another 'from' in the same scheme")
    except OptionError as error:
        raise ProgrammeError(f"{place}: {error}") from None
    return made


def _bands(content: dict[str, Any], what: str) -> tuple[Band, ...]:
    bands = []
    for number, one in enumerate(_tables(content, "band", what), start=1):
        place = f"{what}, band {number}"
        check_keys(one, _BAND_KEYS, place)
        if set(one) != set(_BAND_KEYS):
            raise ProgrammeError(f"{place} needs name and at_least; it has {', '.join(one) or 'nothing'}")
        bands.append(Band(one["name"], float(one["at_least"])))
    return tuple(sorted(bands, key=lambda band: -band.at_least))


def _tables(content: dict[str, Any], key: str, what: str) -> list[dict[str, Any]]:
    tables: list[dict[str, Any]] = content.get(key, [])
    if not all(isinstance(one, dict) for one in tables):
        raise ProgrammeError(f"{what}: '{key}' must be tables: [[{key}]]")
    return tables
