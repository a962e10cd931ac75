"""What counts, from where to where, and how much: criteria, and the schemes that hold them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from landrelease.checks.arguments import is_number
from landrelease.errors import LandReleaseError, OptionError, ProgrammeError, check_option, nearest
from landrelease.tables import CODES

__all__ = [
    "NUMBER",
    "Band",
    "Criterion",
    "Measure",
    "PriorityClass",
    "Scheme",
    "Threshold",
    "check_keys",
    "columns_of",
    "consulted_columns",
    "rank_order_centroid",
]

Form = Literal["value", "points"]
NUMBER = (int, float)


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
    indifference, preference : float, optional
        For PROMETHEE, in the unit of the column: a difference of up to `indifference` counts nothing, one of
        `preference` or more in full, with a straight line between. By default 0 and `high` - `low`.

    Raises
    ------
    OptionError
        The weight is missing, negative or not finite; `value` without `low` and `high`, or not low < high;
        `points` with a `low`, reversed, or with a difference; not 0 <= indifference <= preference.

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
    indifference: float = 0.0
    preference: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.column, str) or not self.column.strip():
            raise OptionError(f"a criterion needs the name of a column; got {self.column!r}")
        what = f"criterion '{self.column}'"
        check_option(f"{what}: form", self.form, ("value", "points"))
        if not is_number(self.weight) or self.weight < 0:
            raise OptionError(f"{what}: weight must be a finite number of 0 or more; got {self.weight!r}")
        numbered = {"low": self.low, "high": self.high, "preference": self.preference}
        for name, bound in {**numbered, "indifference": self.indifference}.items():
            if bound is not None and not is_number(bound):
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
        if math.isinf(self.high - self.low):
            raise OptionError(f"{what}: low and high are too far apart; got {self.low:g}, {self.high:g}")
        if not 0 <= self.indifference <= self.full_difference:
            raise OptionError(
                f"{what}: a difference must count from indifference, 0 or more, up to preference, no less; "
                f"got {self.indifference:g}, {self.full_difference:g}"
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

        if self.indifference or self.preference is not None:
            raise OptionError(f"{what}: indifference and preference compare values, and mean nothing for points")

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

    @property
    def full_difference(self) -> float:
        """The difference that PROMETHEE counts in full. [unit of the column]"""
        if self.preference is not None:
            return self.preference
        return math.inf if self.low is None or self.high is None else self.high - self.low


def rank_order_centroid(count: int) -> tuple[float, ...]:
    """Return the weights of criteria of which only the order is known, the most important first.

    Notes
    -----
    w_i = (1/m) sum of 1/k for k from i to m: the centre of all weights that fall in that order and sum to 1.

    References
    ----------
    Barron, F. H. and Barrett, B. E. (1996), Decision quality using ranked attribute weights, Management Science
    42(11), 1515-1523.

    Examples
    --------
    >>> [round(weight, 4) for weight in rank_order_centroid(3)]
    [0.6111, 0.2778, 0.1111]
    >>> rank_order_centroid(0)
    ()
    """
    return tuple(math.fsum(1 / k for k in range(i, count + 1)) / count for i in range(1, count + 1))


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
        check_keys(self.args, {key: kind for key, (kind, _) in arguments.items()}, what, OptionError)
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
class Threshold:
    """A value from which on (`at_least`), or up to which (`at_most`), an area belongs to a class.

    Examples
    --------
    >>> Threshold("victims", at_least=1).name
    'victims'
    >>> Threshold("victims")
    Traceback (most recent call last):
    landrelease.errors.OptionError: threshold 'victims' needs either at_least or at_most, a finite number; got neither
    """

    column: str
    at_least: float | None = None
    at_most: float | None = None
    label: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        if not isinstance(self.column, str) or not self.column.strip():
            raise OptionError(f"a threshold needs the name of a column; got {self.column!r}")
        given = [one for one in (self.at_least, self.at_most) if one is not None]
        if len(given) != 1 or not is_number(given[0]):
            got = "neither" if not given else "both" if len(given) == 2 else repr(given[0])
            what = f"threshold '{self.column}'"
            raise OptionError(f"{what} needs either at_least or at_most, a finite number; got {got}")

    @property
    def name(self) -> str:
        """What a reader calls it."""
        return self.label or self.column.replace("_", " ")


@dataclass(frozen=True)
class PriorityClass:
    """A class of areas that comes before the next: those that reach one of its thresholds; without any, the rest."""

    name: str
    any: tuple[Threshold, ...] = ()


@dataclass(frozen=True)
class Scheme:
    """Criteria with their source: what it is called, where it comes from, what in it nobody could check.

    `sources` says for a column how `criteria_table` computes it; a column without one must stand in the
    areas. `bands` are names for ranges of the score, the highest first. `weights` is "order" where nothing but the
    order of the criteria is known, and the weights are their rank-order centroids. With `classes` a scheme has two
    tiers: the classes, the most urgent first, put areas before each other, and the criteria order those of a class.

    Raises
    ------
    OptionError
        `weights` is "order", and the weights are not the rank-order centroids; a class without thresholds is not the
        last, or the last has some; two have one name; a column is urgent in two directions.
    """

    name: str
    title: str
    source: str
    verified: bool
    note: str
    criteria: tuple[Criterion, ...]
    sources: dict[str, Measure] = field(default_factory=dict)
    bands: tuple[Band, ...] = ()
    weights: Literal["given", "order"] = "given"
    classes: tuple[PriorityClass, ...] = ()

    def __post_init__(self) -> None:
        check_option("weights", self.weights, ("given", "order"))
        if self.weights == "order":
            centroid = rank_order_centroid(len(self.criteria))
            given = [one.weight if one.form == "value" else math.nan for one in self.criteria]
            if not all(math.isclose(one, two) for one, two in zip(given, centroid, strict=True)):
                raise OptionError("weights='order' is for criteria of form 'value', weighted by rank_order_centroid")
        _check_classes(self.classes, self.criteria)

    @property
    def layers(self) -> tuple[str, ...]:
        """Names of the layers that its measures read, other than the areas.

        A column whose layer is not given to `criteria_table` is missing throughout.
        """
        return tuple(dict.fromkeys(one.layer for one in self.sources.values() if one.layer != "areas"))

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads: those of the criteria, then those of the thresholds."""
        return columns_of(self.criteria, self.classes)


def columns_of(criteria: Sequence[Criterion], classes: Sequence[PriorityClass]) -> tuple[str, ...]:
    """Return the columns that criteria and thresholds read, each once."""
    thresholds = [one.column for priority_class in classes for one in priority_class.any]
    return tuple(dict.fromkeys([one.column for one in criteria] + thresholds))


def _check_classes(classes: tuple[PriorityClass, ...], criteria: tuple[Criterion, ...]) -> None:
    names = [one.name for one in classes]
    if len(set(names)) < len(names):
        raise OptionError(f"two classes have one name; there are {', '.join(names)}")
    for number, one in enumerate(classes, start=1):
        if bool(one.any) == (number == len(classes)):
            raise OptionError(
                f"class '{one.name}' {'has thresholds' if one.any else 'has no threshold'}: the last class takes what "
                "is left, and each before it needs 'any'.\n  Fix: end with a class that has only a name."
            )
    more = {one.column: one.more_is_urgent for one in criteria}
    for threshold in (one for priority_class in classes for one in priority_class.any):
        is_more = threshold.at_least is not None
        if more.setdefault(threshold.column, is_more) != is_more:
            raise OptionError(
                f"threshold '{threshold.column}': here {'more' if is_more else 'less'} of it is urgent, elsewhere in "
                "the scheme the opposite.\n  Fix: use at_least or at_most as its other uses do."
            )


def consulted_columns(column: str) -> tuple[str, str]:
    """Return the columns that say how many women and men were asked for a rank."""
    return f"{column}_women_consulted_count", f"{column}_men_consulted_count"


def check_keys(
    given: dict[str, Any], known: dict[str, Any], what: str, error: type[LandReleaseError] = ProgrammeError
) -> None:
    """Raise where a key of a file is not known, or its value is of another kind."""
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
    "people_within": {"within_m": (NUMBER, None), "layer": (str, "population")},
    "accidents_within": {
        "within_m": (NUMBER, None),
        "layer": (str, "accidents"),
        "months": (int, 0),
        "count": (str, "accidents"),
    },
    "share_of_class": {"layer": (str, "land_cover"), "use_codes": (list, []), "class_codes": (list, [])},
    "distance_to": {"layer": (str, None), "only": (str, "")},
    "column": {"name": (str, None), "layer": (str, "areas"), "values": (dict, {})},
    "project_waiting": {"within_m": (NUMBER, None), "layer": (str, "projects")},
    "community_rank": {"layer": (str, "needs"), "same_use": (bool, False), "unnamed": (NUMBER, 0)},
    "area": {},
    "blocked_resource": {"codes": (list, None)},
}
"""Measure to its arguments: type, and default; None must be given."""


def _check_args(name: str, args: dict[str, Any], what: str) -> None:
    """Raise where the arguments have the right type, but mean nothing."""
    for key in ("within_m", "months"):
        if not is_number(args.get(key, 0)) or args.get(key, 0) < 0:
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
        if not is_number(value):
            raise OptionError(f"{what}: values must be numbers; '{code}' is {value!r}")
