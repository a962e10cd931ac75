"""What counts, from where to where, and how much: criteria, and the schemes that hold them."""

from __future__ import annotations

import math
import numbers
import tomllib
from dataclasses import dataclass, field
from importlib import resources
from os import PathLike
from pathlib import Path
from typing import Any, Literal

from landrelease.errors import LandReleaseError, OptionError, ProgrammeError, check_option, nearest
from landrelease.tables import CODES

__all__ = ["Band", "Criterion", "Measure", "Scheme", "bundled_schemes", "read_scheme"]

Form = Literal["value", "points"]


@dataclass(frozen=True)
class Criterion:
    """One thing that makes an area more or less urgent, and how much of the score it gives.

    Parameters
    ----------
    column : str
        The column of the criteria table that it reads.
    low, high : float, optional
        `form="value"`: the values at which it counts nothing and in full, in the unit of the column; both are
        needed. They are part of the scheme, not taken from the data: an area that leaves the register then
        never changes the order of the others. `form="points"`: `low` is not used; `high`, if given, is the
        count above which no more points are given (1 for a yes or no).
    weight : float
        The most it can give (`value`), or the points for each count or for a yes (`points`). 0 or more.
    more_is_urgent : bool
        Whether a high value is urgent; if not, `low` counts in full and `high` nothing.
    form : {"value", "points"}
        `value` scales in a straight line between `low` and `high`, and no further; `points` multiplies.
    label : str
        How a reader calls it; by default the column's name in words.
    unit : str
        Unit of the column: text that follows the number, `share` (shown in percent) or `yes/no`.

    Raises
    ------
    OptionError
        The weight is missing, negative or not finite; `value` without `low` and `high`, or not low < high;
        `points` with a `low`, or reversed.

    Examples
    --------
    >>> Criterion("people_within_1km", 0, 1500, 0.35, unit="people").name
    'people within 1km'
    >>> Criterion("has_mines", weight=2, form="points").most
    inf
    >>> Criterion("people_within_1km", 1500, 0, 0.35)
    Traceback (most recent call last):
    landrelease.errors.OptionError: criterion 'people_within_1km': high must be greater than low; got 1500, 0.
      Fix: swap them; where less is more urgent, say so with more_is_urgent=False.
    """

    column: str
    low: float | None = None
    high: float | None = None
    weight: float = math.nan
    more_is_urgent: bool = True
    form: Form = "value"
    label: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.column, str) or not self.column.strip():
            raise OptionError(f"a criterion needs the name of a column; got {self.column!r}")
        what = f"criterion '{self.column}'"
        check_option(f"{what}: form", self.form, ("value", "points"))
        if not _is_number(self.weight) or self.weight < 0:
            raise OptionError(f"{what}: weight must be a finite number of 0 or more; got {self.weight!r}")
        for name, bound in (("low", self.low), ("high", self.high)):
            if bound is not None and not _is_number(bound):
                raise OptionError(f"{what}: {name} must be a finite number; got {bound!r}")
        (self._check_value if self.form == "value" else self._check_points)(what)

    def _check_value(self, what: str) -> None:
        if self.low is None or self.high is None:
            raise OptionError(
                f"{what}: form 'value' needs low and high; got low {self.low}, high {self.high}.\n"
                "  Fix: give the values at which it counts nothing and in full; form='points' is for counts."
            )
        if self.high <= self.low:
            raise OptionError(
                f"{what}: high must be greater than low; got {self.low:g}, {self.high:g}.\n"
                "  Fix: swap them; where less is more urgent, say so with more_is_urgent=False."
            )

    def _check_points(self, what: str) -> None:
        if self.low is not None or (self.high is not None and self.high <= 0):
            raise OptionError(
                f"{what}: form 'points' counts from 0, has no low and a high above 0 or none; "
                f"got low {self.low}, high {self.high}"
            )
        if not self.more_is_urgent:
            raise OptionError(
                f"{what}: form 'points' can not be reversed.\n  Fix: count the opposite, or use form='value'."
            )

    @property
    def name(self) -> str:
        """What a reader calls it."""
        return self.label or self.column.replace("_", " ")

    @property
    def most(self) -> float:
        """The most that it can give; infinite for points of a count without a `high`."""
        if self.form == "value" or self.weight == 0:
            return self.weight
        return math.inf if self.high is None else self.weight * self.high


@dataclass(frozen=True)
class Measure:
    """How a column is computed where the table lacks it: the name of a measure and its arguments.

    Parameters
    ----------
    name : str
        One of the measures that `criteria_table` describes.
    args : dict
        Its arguments; those that are not given get their defaults.

    Raises
    ------
    OptionError
        No such measure, or an argument that is unknown, lacking or means nothing.

    Examples
    --------
    >>> Measure("people_within", {"within_m": 1000}).args
    {'within_m': 1000, 'layer': 'population'}
    >>> Measure("people_within")
    Traceback (most recent call last):
    landrelease.errors.OptionError: measure people_within needs within_m
    """

    name: str
    args: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_option("measure", self.name, _MEASURES)
        arguments = _MEASURES[self.name]
        what = f"measure {self.name}"
        _check_keys(self.args, {key: kind for key, (kind, _) in arguments.items()}, what, OptionError)
        args = {key: self.args.get(key, default) for key, (_, default) in arguments.items()}
        lacking = [key for key, value in args.items() if value is None]
        if lacking:
            raise OptionError(f"{what} needs {', '.join(lacking)}")
        _check_args(self.name, args, what)
        object.__setattr__(self, "args", args)

    @property
    def layer(self) -> str:
        """Name of the layer that it reads; `areas` where it needs none but the areas."""
        return str(self.args.get("layer", "areas"))


@dataclass(frozen=True)
class Band:
    """A name for scores of `at_least` or more, up to the next band."""

    name: str
    at_least: float


@dataclass(frozen=True)
class Scheme:
    """Criteria with their source: what it is called, where it comes from, what in it nobody could check.

    `sources` says for a column how `criteria_table` computes it; a column without one must stand in the
    areas. `bands` are names for ranges of the score, the highest first.
    """

    name: str
    title: str
    source: str
    verified: bool
    note: str
    criteria: tuple[Criterion, ...]
    sources: dict[str, Measure] = field(default_factory=dict)
    bands: tuple[Band, ...] = ()

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that its measures read, other than the areas.

        A column whose layer is not given to `criteria_table` is missing throughout.
        """
        return tuple(dict.fromkeys(one.layer for one in self.sources.values() if one.layer != "areas"))


def _is_number(value: object) -> bool:
    return isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)


def bundled_schemes() -> tuple[str, ...]:
    """Return the names of the schemes that come with the package.

    Examples
    --------
    >>> bundled_schemes()
    ('community-first', 'gichd-development', 'landmine-impact-survey')
    """
    folder = resources.files("landrelease.priority") / "schemes"
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
    file = resources.files("landrelease.priority") / "schemes" / f"{path}.toml"
    return f"scheme '{path}'", file.read_text(encoding="utf-8")


_SCHEME_KEYS = {"name": str, "title": str, "source": str, "verified": bool, "note": str}
_NUMBER = (int, float)
_CRITERION_KEYS: dict[str, type | tuple[type, ...]] = {
    "column": str, "low": _NUMBER, "high": _NUMBER, "weight": _NUMBER, "more_is_urgent": bool,
    "form": str, "label": str, "unit": str, "from": dict,
}  # fmt: skip
_BAND_KEYS: dict[str, type | tuple[type, ...]] = {"name": str, "at_least": _NUMBER}


def _scheme(content: dict[str, Any], what: str) -> Scheme:
    _check_keys(content, {**_SCHEME_KEYS, "criterion": list, "band": list}, what)
    for key in ("name", "source", "verified"):
        if key not in content:
            raise ProgrammeError(f"{what} has no '{key}': every scheme says what it is and how far it was checked")
    if not content.get("criterion"):
        raise ProgrammeError(f"{what} has no [[criterion]]")
    criteria: list[Criterion] = []
    sources: dict[str, Measure] = {}
    for number, one in enumerate(_tables(content, "criterion", what), start=1):
        place = f"{what}, criterion {number} ({one.get('column', 'no column')})"
        _check_keys(one, _CRITERION_KEYS, place)
        try:
            criterion = Criterion(**{"column": "", **{key: value for key, value in one.items() if key != "from"}})
            if "from" in one:
                given = dict(one["from"])
                sources[criterion.column] = Measure(str(given.pop("measure", "")), given)
        except OptionError as error:
            raise ProgrammeError(f"{place}: {error}") from None
        if any(criterion.column == other.column for other in criteria):
            raise ProgrammeError(f"{place}: the column stands in an earlier criterion too, and would count twice")
        criteria.append(criterion)
    return Scheme(
        name=content["name"],
        title=content.get("title", content["name"]),
        source=content["source"],
        verified=content["verified"],
        note=content.get("note", "").strip(),
        criteria=tuple(criteria),
        sources=sources,
        bands=_bands(content, what),
    )


def _bands(content: dict[str, Any], what: str) -> tuple[Band, ...]:
    bands = []
    for number, one in enumerate(_tables(content, "band", what), start=1):
        place = f"{what}, band {number}"
        _check_keys(one, _BAND_KEYS, place)
        if set(one) != set(_BAND_KEYS):
            raise ProgrammeError(f"{place} needs name and at_least; it has {', '.join(one) or 'nothing'}")
        bands.append(Band(one["name"], float(one["at_least"])))
    return tuple(sorted(bands, key=lambda band: -band.at_least))


def _tables(content: dict[str, Any], key: str, what: str) -> list[dict[str, Any]]:
    tables: list[dict[str, Any]] = content.get(key, [])
    if not all(isinstance(one, dict) for one in tables):
        raise ProgrammeError(f"{what}: '{key}' must be tables: [[{key}]]")
    return tables


def _check_keys(
    given: dict[str, Any], known: dict[str, Any], what: str, error: type[LandReleaseError] = ProgrammeError
) -> None:
    for key, value in given.items():
        if key not in known:
            raise error(f"{what}: unknown key '{key}'{nearest(key, known)}\n  Known: {', '.join(known)}.")
        # A TOML boolean is an int to Python, and never meant as a number.
        if not isinstance(value, known[key]) or (isinstance(value, bool) and known[key] is not bool):
            raise error(f"{what}: '{key}' must be {_kind(known[key])}; got {value!r}")


def _kind(types: type | tuple[type, ...]) -> str:
    names = {str: "a text", bool: "true or false", dict: "a table", list: "a list", int: "a whole number"}
    return "a number" if isinstance(types, tuple) else names[types]


_MEASURES: dict[str, dict[str, tuple[type | tuple[type, ...], Any]]] = {
    "people_within": {"within_m": (_NUMBER, None), "layer": (str, "population")},
    "accidents_within": {
        "within_m": (_NUMBER, None),
        "layer": (str, "accidents"),
        "months": (int, 0),
        "count": (str, "accidents"),
    },
    "share_of_class": {"layer": (str, "land_cover"), "use_codes": (list, []), "class_codes": (list, [])},
    "distance_to": {"layer": (str, None), "only": (str, "")},
    "column": {"name": (str, None), "layer": (str, "areas"), "values": (dict, {})},
    "community_rank": {"layer": (str, "needs"), "same_use": (bool, False), "unnamed": (_NUMBER, 0)},
    "area": {},
    "blocked_resource": {"codes": (list, None)},
}
"""Measure to its arguments: type, and default; None must be given."""


def _check_args(name: str, args: dict[str, Any], what: str) -> None:
    """Raise where the arguments have the right type, but mean nothing."""
    for key in ("within_m", "months"):
        if not _is_number(args.get(key, 0)) or args.get(key, 0) < 0:
            raise OptionError(f"{what}: {key} must be a finite number of 0 or more; got {args[key]}")
    if args.get("count", "accidents") not in ("accidents", "victims"):
        raise OptionError(f"{what}: count must be accidents or victims; got {args['count']!r}")
    if args.get("same_use") and args["unnamed"] < 1:
        raise OptionError(f"{what}: same_use needs unnamed: the rank where a community named no such use")
    if name == "share_of_class" and not args["use_codes"] and not args["class_codes"]:
        raise OptionError(f"{what}: needs use_codes or class_codes")
    for key, known in (("use_codes", CODES["use_code"]), ("codes", CODES["blocked_resource_code"])):
        for code in args.get(key, []):
            if code not in known:
                raise OptionError(f"{what}: {key} has the unknown code {code!r}{nearest(str(code), known)}")
    for code in args.get("class_codes", []):
        if not isinstance(code, int) or isinstance(code, bool):
            raise OptionError(f"{what}: class_codes must be whole numbers; got {code!r}")
    for code, value in args.get("values", {}).items():
        if not _is_number(value):
            raise OptionError(f"{what}: values must be numbers; '{code}' is {value!r}")
