"""A scheme as the text of a file: what `read_scheme` reads back, with the places of its weights left open."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from landrelease.priority.scheme.criteria import Criterion, Measure, PriorityClass, Scheme, Threshold

__all__ = ["SchemeText", "scheme_text"]

_CRITERION_DEFAULTS = {"more_is_urgent": True, "form": "value", "label": "", "unit": "", "indifference": 0.0}


@dataclass(frozen=True)
class SchemeText:
    """The text of a scheme in parts, which whoever sets the weights puts together with empty lines between.

    Attributes
    ----------
    head : str
        What the scheme is and where it comes from. The line `weights = "order"` may follow.
    criteria : tuple of str
        One `[[criterion]]` each. The line of its weight follows, unless the weights are an order.
    tail : str
        Classes and bands.
    """

    head: str
    criteria: tuple[str, ...]
    tail: str


def scheme_text(scheme: Scheme) -> SchemeText:
    """Return the text of a scheme, which `read_scheme` reads back.

    Examples
    --------
    >>> from landrelease.priority import read_scheme
    >>> text = scheme_text(read_scheme("community-first"))
    >>> print(text.head.splitlines()[0])
    name = "community-first"
    >>> print(text.criteria[1])
    [[criterion]]
    column = "people_within_1km"
    label = "people within 1 km"
    unit = "people"
    low = 0
    high = 1500
    from = { measure = "people_within", within_m = 1000, layer = "population" }
    <BLANKLINE>
    """
    told = {name: getattr(scheme, name) for name in ("name", "title", "source", "verified", "note")}
    named = dict(scheme.sources)
    criteria = tuple("[[criterion]]\n" + _lines(_of_criterion(one, named)) for one in scheme.criteria)
    classes = [_of_class(one, named) for one in scheme.classes]
    bands = ["[[band]]\n" + _lines({"name": one.name, "at_least": one.at_least}) for one in scheme.bands]
    return SchemeText(_lines(told), criteria, "\n".join([*classes, *bands]))


def _of_criterion(one: Criterion, sources: dict[str, Measure]) -> dict[str, Any]:
    """Return what a file says of a criterion but its weight; a column is explained once."""
    names = ("column", "label", "unit", "form", "low", "high", "more_is_urgent", "indifference", "preference")
    said = {name: getattr(one, name) for name in names}
    said = {name: value for name, value in said.items() if value is not None and value != _CRITERION_DEFAULTS.get(name)}
    return said | _source(one.column, sources)


def _source(column: str, sources: dict[str, Measure]) -> dict[str, Any]:
    measure = sources.pop(column, None)
    return {} if measure is None else {"from": {"measure": measure.name, **measure.args}}


def _of_class(one: PriorityClass, sources: dict[str, Measure]) -> str:
    thresholds = [_toml(_of_threshold(threshold, sources)) for threshold in one.any]
    reached = "any = [\n" + "".join(f"  {text},\n" for text in thresholds) + "]\n" if thresholds else ""
    return f"[[class]]\nname = {_toml(one.name)}\n{reached}"


def _of_threshold(one: Threshold, sources: dict[str, Measure]) -> dict[str, Any]:
    said = {name: getattr(one, name) for name in ("column", "at_least", "at_most", "label", "unit")}
    return {name: value for name, value in said.items() if value is not None and value != ""} | _source(
        one.column, sources
    )


def _lines(values: dict[str, Any]) -> str:
    return "".join(f"{_key(name)} = {_toml(value)}\n" for name, value in values.items())


def _key(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else _toml(name)


def _toml(value: Any) -> str:
    """Return a value as TOML; text on one line, with what a line can not hold escaped."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # what has no place in UTF-8, half of a surrogate pair, is shown as what it is: broken
        plain = value.encode("utf-8", "replace").decode("utf-8")
        return json.dumps(plain, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_key(str(name))} = {_toml(one)}" for name, one in value.items()) + " }"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return repr(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))
