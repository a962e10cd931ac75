"""A score in sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

import numpy as np
import pandas as pd

from landrelease.errors import DataError, nearest
from landrelease.priority.scheme.criteria import Criterion, PriorityClass, Threshold, consulted_columns
from landrelease.priority.score.methods import is_reached
from landrelease.priority.score.ranking import Ranking
from landrelease.said import Given, as_ours, say

__all__ = ["PERSONS", "digits_of", "explain", "listed", "say_amount", "say_class", "say_dropped", "say_people"]


def explain(ranking: Ranking, area_id: str) -> str:
    """Say in plain words why an area has its rank.

    Parameters
    ----------
    ranking : Ranking
        As `prioritise` returns it.
    area_id : str
        The area.

    Returns
    -------
    str
        Some sentences: rank and score, or between what they lie; of a scheme with classes, the class and why; what
        each criterion gives, by its size, with the value it was given for and who was asked for it; what is not
        known. For PROMETHEE, what each criterion gains or loses; for TOPSIS, the distances, which have no parts.
        Plain text: a page that shows it must escape it.

    Raises
    ------
    DataError
        The ranking has no such area; the message names the nearest id.

    Examples
    --------
    >>> from landrelease.priority import prioritise
    >>> people = Criterion("people", 0, 1500, 0.35, label="people within 1 km", unit="people")
    >>> road = Criterion("road_m", 0, 500, 0.65, more_is_urgent=False, label="distance to a road", unit="m")
    >>> table = pd.DataFrame({"area_id": ["HA-1", "HA-2"], "people": [1240, 80], "road_m": [400.0, None]})
    >>> ranking = prioritise(table, [people, road], missing="worst")
    >>> print(explain(ranking, "HA-1"))
    HA-1 is rank 1 of 2 with a score of 0.42 of 1.00. It gets 0.29 of 0.35 for people within 1 km
    (1,240 people; 0 counts nothing, 1,500 or more counts in full) and 0.13 of 0.65 for distance to a road
    (400 m; 500 or more counts nothing, 0 counts in full).
    >>> print(explain(ranking, "HA-2"))
    HA-2 is rank 2 of 2 with a score of 0.02 of 1.00. It gets 0.02 of 0.35 for people within 1 km
    (80 people; 0 counts nothing, 1,500 or more counts in full). It gets nothing for distance to a road
    (not known, counted as nothing).
    >>> print(explain(prioritise(table, [people, road], missing="bounds"), "HA-2"))
    HA-2 is between rank 1 and 2 of 2 with a score between 0.02 and 0.67 of 1.00. It gets 0.02 of 0.35 for
    people within 1 km (80 people; 0 counts nothing, 1,500 or more counts in full). Not known, and not in the
    lower score: up to 0.65 for distance to a road.
    >>> explain(ranking, "HA-3")
    Traceback (most recent call last):
    landrelease.errors.DataError: no area 'HA-3' among the 2 areas of the ranking; did you mean 'HA-2'?
    """
    table = ranking.table
    rows = np.flatnonzero((table["area_id"] == str(area_id)).to_numpy())
    if not len(rows):
        raise DataError(
            f"no area '{area_id}' among the {len(table):,} areas of the ranking"
            f"{nearest(str(area_id), table['area_id'])}"
        )
    row = int(rows[0])
    if ranking.missing == "drop" and pd.isna(table["rank"].iloc[row]):
        return say_dropped(ranking, row)
    digits = digits_of(ranking)
    said = [_say_rank(ranking, row, digits), say_class(ranking, row), _say_band(ranking, row)]
    say_parts = {"value": _say_parts, "topsis": _say_distances, "promethee": _say_flows}[ranking.method]
    return _joined([*said, say_parts(ranking, row, digits)])


def say_dropped(ranking: Ranking, row: int) -> str:
    """Say why an area is not ranked."""
    names = {one.column: one.name for one in _thresholds(ranking, ranking.classes)}
    names |= {one.column: one.name for one in ranking.criteria}
    unknown = _unknown(ranking, names, row)
    one, several = "{0} is not ranked: {1} is not known.", "{0} is not ranked: {1} are not known."
    return say(one if len(unknown) == 1 else several, Given(ranking.table["area_id"].iloc[row]), listed(unknown))


def _say_rank(ranking: Ranking, row: int, digits: int) -> str:
    cells = ranking.table.iloc[row]
    if pd.isna(cells["rank"]):
        return say(
            "{0} is between rank {1} and {2} of {3} with {4}.", Given(cells["area_id"]), int(cells["rank_best"]),
            int(cells["rank_worst"]), len(ranking.table), _say_score(ranking, row, digits),
        )  # fmt: skip
    rank = int(cells["rank"])
    total = int(ranking.table["rank"].notna().sum()) if ranking.missing == "drop" else len(ranking.table)
    others = int((ranking.table["rank"] == rank).sum()) - 1
    told = (Given(cells["area_id"]), rank, total, _say_score(ranking, row, digits))
    if others > 1:
        return say("{0} is rank {1} of {2}, shared with {4} other areas, with {3}.", *told, others)
    return say(f"{{0}} is rank {{1}} of {{2}}{', shared with 1 other area,' if others else ''} with {{3}}.", *told)


def _say_score(ranking: Ranking, row: int, digits: int) -> str:
    cells = ranking.table.iloc[row]
    score = cells["score"]
    if ranking.method == "promethee":
        return say("a net flow of {0} on a scale from -1 to 1", _signed(score, digits))
    if ranking.method == "topsis":
        if math.isnan(score):
            return say("no score, because all areas are alike")
        return say("a closeness of {0} on a scale from 0 to 1", f"{score:.{digits}f}")
    most = math.fsum(one.most for one in ranking.criteria)
    of = [] if math.isinf(most) else [f"{most:,.{digits}f}"]
    if math.isnan(score):
        ends = [f"{cells[name]:,.{digits}f}" for name in ("score_low", "score_high")]
        return say(f"a score between {{0}} and {{1}}{' of {2}' if of else ''}", *ends, *of)
    return say(f"a score of {{0}}{' of {1}' if of else ''}", f"{score:,.{digits}f}", *of)


def _signed(value: float, digits: int) -> str:
    """Return a number without the sign of a nothing."""
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text


def _thresholds(ranking: Ranking, classes: Sequence[PriorityClass]) -> list[Threshold]:
    """Return the thresholds of classes, called as the criteria of their columns where they have no name."""
    named = {one.column: one for one in ranking.criteria}
    return [
        replace(one, label=one.label or named[one.column].label, unit=one.unit or named[one.column].unit)
        if one.column in named
        else one
        for priority_class in classes
        for one in priority_class.any
    ]


def say_class(ranking: Ranking, row: int) -> str:
    """Say the class, and which thresholds put the area there."""
    if not ranking.classes:
        return ""
    name = ranking.table["priority_class"].iloc[row]
    if pd.isna(name):
        names = {one.column: one.name for one in _thresholds(ranking, ranking.classes)}
        unknown = _unknown(ranking, names, row)
        one, several = "Its class is open: {0} is not known.", "Its class is open: {0} are not known."
        return say(one if len(unknown) == 1 else several, listed(unknown))
    place = [one.name for one in ranking.classes].index(name)
    reached = [one for one in _thresholds(ranking, [ranking.classes[place]]) if _reaches(ranking, one, row)]
    reason = listed([_say_threshold(ranking, one, row) for one in reached])
    reason = reason or say("it reaches no threshold of another class")
    if place == 0:
        return say("It is in class {0}, which comes before all others: {1}.", str(name), reason)
    before = ranking.classes[place - 1].name
    return say("It is in class {0}, which comes after class {1}: {2}.", str(name), before, reason)


def _unknown(ranking: Ranking, names: Mapping[str, str], row: int) -> list[str]:
    return [as_ours(name) for column, name in names.items() if math.isnan(ranking.values[column].iloc[row])]


def _reaches(ranking: Ranking, one: Threshold, row: int) -> bool:
    value = ranking.values[one.column].to_numpy()[row : row + 1]
    return bool(is_reached(one, value, unknown_is_reached=ranking.missing == "best")[0])


def _say_threshold(ranking: Ranking, one: Threshold, row: int) -> str:
    value = float(ranking.values[one.column].iloc[row])
    bound = cast(float, one.at_most if one.at_least is None else one.at_least)
    if math.isnan(value):
        return say("{0} (not known, counted as reached)", as_ours(one.name))
    amount = say_amount(value, one.unit)
    if one.unit == "yes/no":
        return say("{0} ({1})", as_ours(one.name), amount)
    enough = say_amount(bound, one.unit if one.unit == "share" else "")
    least, most = "{0} ({1}; {2} or more is enough)", "{0} ({1}; {2} or less is enough)"
    return say(most if one.at_least is None else least, as_ours(one.name), amount, enough)


def _say_band(ranking: Ranking, row: int) -> str:
    score = float(ranking.table["score"].iloc[row])
    if not ranking.bands or math.isnan(score) or ranking.method != "value":
        return ""
    for band in sorted(ranking.bands, key=lambda one: -one.at_least):
        if score >= band.at_least:
            return say("That is {0} ({1} or more).", as_ours(band.name), f"{band.at_least:g}")
    return say("That is below {0}.", as_ours(ranking.bands[-1].name))


def _say_parts(ranking: Ranking, row: int, digits: int) -> str:
    parts, nothing, not_known = [], [], []
    for one in ranking.criteria:
        given = float(ranking.contributions[one.column].iloc[row])
        why = _why(ranking, one, row)
        label, most = as_ours(one.name), f"{one.most:,.{digits}f}"
        if math.isnan(given):
            not_known.append(say("up to {0} for {1}", most, label))
        elif given == 0:
            nothing.append(say("{0} ({1})", label, why))
        elif math.isinf(one.most):
            parts.append((given, say("{0} for {1} ({2})", _amount_of(given, digits), label, why)))
        else:
            parts.append((given, say("{0} of {1} for {2} ({3})", _amount_of(given, digits), most, label, why)))
    parts.sort(key=lambda part: -part[0])
    return _joined([
        say("It gets {0}.", listed([text for _, text in parts])) if parts else "",
        say("It gets nothing for {0}.", listed(nothing)) if nothing else "",
        say("Not known, and not in the lower score: {0}.", listed(not_known)) if not_known else "",
    ])  # fmt: skip


def _joined(sentences: list[str]) -> str:
    """Return sentences as one text, without those that say nothing."""
    kept = [one for one in sentences if one]
    text = kept[0] if kept else ""
    for one in kept[1:]:
        text = say("{0} {1}", text, one)
    return text


def _amount_of(given: float, digits: int) -> str:
    # A little is not nothing.
    least = 10.0**-digits
    return f"{given:,.{digits}f}" if given >= least / 2 else say("less than {0}", f"{least:g}")


def _say_flows(ranking: Ranking, row: int, digits: int) -> str:
    """Say on which criteria the area is preferred to the others, and on which they are to it."""
    flows = [(float(ranking.contributions[one.column].iloc[row]), one) for one in ranking.criteria]
    flows.sort(key=lambda flow: -abs(flow[0]))
    said = {
        verb: [say("{0} by {1} ({2})", _amount_of(abs(flow), digits), as_ours(one.name), _why(ranking, one, row))
               for flow, one in flows if flow * sign > 0]
        for verb, sign in (
            ("Compared with the other areas it gains {0}.", 1), ("Compared with the other areas it loses {0}.", -1),
        )
    }  # fmt: skip
    even = [say("{0} ({1})", as_ours(one.name), _why(ranking, one, row)) for flow, one in flows if flow == 0]
    return _joined([
        *(say(verb, listed(texts)) for verb, texts in said.items() if texts),
        say("It neither gains nor loses by {0}.", listed(even)) if even else "",
    ])  # fmt: skip


def _say_distances(ranking: Ranking, row: int, _: int) -> str:
    cells = ranking.table.iloc[row]
    best, worst = (f"{cells[name]:.3g}" for name in ("distance_to_best", "distance_to_worst"))
    looked = listed([
        say("{0} ({1}; weight {2})", as_ours(one.name), _why(ranking, one, row), f"{one.weight:g}")
        for one in ranking.criteria
    ])  # fmt: skip
    return say(
        "Its distance is {0} to the most urgent and {1} to the least urgent values of all areas. What counts is {2}. A "
        "closeness is no sum: no part of it belongs to one of them.",
        best, worst, looked,
    )  # fmt: skip


def _why(ranking: Ranking, one: Criterion, row: int) -> str:
    """Say the value that a criterion had, how it counts, and who was asked for it."""
    value = float(ranking.values[one.column].iloc[row])
    if math.isnan(value):
        if ranking.method == "value":
            return say(f"not known, counted {'in full' if ranking.missing == 'best' else 'as nothing'}")
        return say(f"not known, counted as {'most' if ranking.missing == 'best' else 'least'} urgent")
    said = _say_value(one, value) if ranking.method == "value" else say_amount(value, one.unit)
    columns = consulted_columns(one.column)
    if not set(columns) <= set(ranking.values.columns):
        return said
    asked = [float(ranking.values[name].iloc[row]) for name in columns]
    if all(math.isnan(count) for count in asked):
        return say("{0}; how many women and men were asked is not known", said)
    women, men = (say_people(count, *words) for count, words in zip(asked, PERSONS, strict=True))
    return say("{0}; asked were {1} and {2}", said, women, men)


PERSONS = (("woman", "women"), ("man", "men"))


def say_people(count: float, one: str, several: str) -> str:
    """Say how many people; what is not known is said so."""
    if math.isnan(count):
        return say(f"an unknown number of {several}")
    if count == 1:
        return say(f"1 {one}")
    return say(f"no {several}") if count == 0 else say(f"{{0}} {several}", f"{count:,.0f}")


def _say_value(one: Criterion, value: float) -> str:
    said = say_amount(value, one.unit)
    if one.unit == "yes/no":
        return said
    if one.form == "points":
        each = say("{0}; 1 point each", said)
        if one.weight != 1:
            each = say("{0}; {1} points each", said, f"{one.weight:g}")
        return each if one.high is None else say("{0}, up to {1}", each, say_amount(one.high, ""))
    assert one.low is not None
    assert one.high is not None
    plain = one.unit if one.unit == "share" else ""
    low, high = say_amount(one.low, plain), say_amount(one.high, plain)
    # Nothing is less than 0 people or more than the whole of the land: there the limit is the limit.
    low = low if one.low == 0 else say("{0} or less", low)
    high = high if one.unit == "share" and one.high == 1 else say("{0} or more", high)
    nothing, full = (low, high) if one.more_is_urgent else (high, low)
    return say("{0}; {1} counts nothing, {2} counts in full", said, nothing, full)


def say_amount(value: float, unit: str) -> str:
    """Say a value with its unit."""
    if unit == "yes/no" and value in (0, 1):
        return say("yes" if value else "no")
    if unit == "share":
        return say("{0} %", f"{100 * value:,.0f}")
    text = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:,.3g}"
    if not unit or unit == "yes/no":
        return text
    return say("{0} {1}", text, as_ours(unit.removesuffix("s") if value == 1 else unit))


def digits_of(ranking: Ranking) -> int:
    """Decimals that tell the contributions apart: none for whole points, two for weights that sum to 1."""
    if ranking.method != "value":
        return 2
    cells = ranking.contributions.drop(columns="area_id").to_numpy(dtype="float64")
    cells = np.r_[cells[~np.isnan(cells)], [one.weight for one in ranking.criteria]]
    if np.array_equal(cells, np.round(cells)):
        return 0
    return 2 if sum(one.weight for one in ranking.criteria) < 10 else 1


def listed(texts: Sequence[str]) -> str:
    """Return texts as one: a, b, and c."""
    if len(texts) < 2:
        return texts[0] if texts else ""
    first = texts[0]
    for text in texts[1:-1]:
        first = say("{0}, {1}", first, text)
    return say("{0} and {1}" if len(texts) == 2 else "{0}, and {1}", first, texts[-1])
