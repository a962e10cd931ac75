"""A score in sentences."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from landrelease.errors import DataError, nearest
from landrelease.priority.criteria import Criterion
from landrelease.priority.score import Ranking

__all__ = ["explain"]


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
        Two or three sentences: rank and score, what each criterion gives by its size with the value it was
        given for, and what is not known. Plain text: a page that shows it must escape it.

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
    >>> ranking = prioritise(table, [people, road], missing="lowest")
    >>> print(explain(ranking, "HA-1"))
    HA-1 is rank 1 of 2 with a score of 0.42 of 1.00. It gets 0.29 of 0.35 for people within 1 km
    (1,240 people; 0 counts nothing, 1,500 or more counts in full) and 0.13 of 0.65 for distance to a road
    (400 m; 500 or more counts nothing, 0 counts in full).
    >>> print(explain(ranking, "HA-2"))
    HA-2 is rank 2 of 2 with a score of 0.02 of 1.00. It gets 0.02 of 0.35 for people within 1 km
    (80 people; 0 counts nothing, 1,500 or more counts in full). It gets nothing for distance to a road
    (not known, counted as nothing).
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
    if pd.isna(table["rank"].iloc[row]):
        return _say_dropped(ranking, row)
    digits = _digits(ranking)
    return f"{_say_rank(ranking, row, digits)}{_say_band(ranking, row)} {_say_parts(ranking, row, digits)}"


def _say_dropped(ranking: Ranking, row: int) -> str:
    unknown = [one.name for one in ranking.criteria if math.isnan(ranking.values[one.column].iloc[row])]
    verb = "is" if len(unknown) == 1 else "are"
    return f"{ranking.table['area_id'].iloc[row]} is not ranked: {_listed(unknown)} {verb} not known."


def _say_rank(ranking: Ranking, row: int, digits: int) -> str:
    table = ranking.table
    rank = int(table["rank"].iloc[row])
    total = int(table["rank"].notna().sum())
    others = int((table["rank"] == rank).sum()) - 1
    what = f"{table['area_id'].iloc[row]} is rank {rank:,} of {total:,}"
    if others:
        what += f", shared with {others:,} other area{'s' if others > 1 else ''},"
    most = math.fsum(one.most for one in ranking.criteria)
    score = f"{table['score'].iloc[row]:,.{digits}f}"
    return f"{what} with a score of {score}" + ("." if math.isinf(most) else f" of {most:,.{digits}f}.")


def _say_band(ranking: Ranking, row: int) -> str:
    if not ranking.bands:
        return ""
    score = float(ranking.table["score"].iloc[row])
    for band in sorted(ranking.bands, key=lambda one: -one.at_least):
        if score >= band.at_least:
            return f" That is {band.name} ({band.at_least:g} or more)."
    return f" That is below {ranking.bands[-1].name}."


def _say_parts(ranking: Ranking, row: int, digits: int) -> str:
    parts, nothing = [], []
    for one in ranking.criteria:
        given = float(ranking.contributions[one.column].iloc[row])
        value = float(ranking.values[one.column].iloc[row])
        counted = "in full" if ranking.missing == "highest" else "as nothing"
        why = f"not known, counted {counted}" if math.isnan(value) else _say_value(one, value)
        if given == 0:
            nothing.append(f"{one.name} ({why})")
            continue
        of = "" if math.isinf(one.most) else f" of {one.most:,.{digits}f}"
        # A little is not nothing.
        least = 10.0**-digits
        amount = f"{given:,.{digits}f}" if given >= least / 2 else f"less than {least:g}"
        parts.append((given, f"{amount}{of} for {one.name} ({why})"))
    parts.sort(key=lambda part: -part[0])
    sentences = [f"It gets {_listed([text for _, text in parts])}."] if parts else []
    return " ".join(sentences + ([f"It gets nothing for {_listed(nothing)}."] if nothing else []))


def _say_value(one: Criterion, value: float) -> str:
    said = _amount(value, one.unit)
    if one.unit == "yes/no":
        return said
    if one.form == "points":
        each = f"{one.weight:g} point{'' if one.weight == 1 else 's'} each"
        return f"{said}; {each}" + ("" if one.high is None else f", up to {_amount(one.high, '')}")
    assert one.low is not None
    assert one.high is not None
    plain = one.unit if one.unit == "share" else ""
    low, high = _amount(one.low, plain), _amount(one.high, plain)
    # Nothing is less than 0 people or more than the whole of the land: there the limit is the limit.
    low = low if one.low == 0 else f"{low} or less"
    high = high if one.unit == "share" and one.high == 1 else f"{high} or more"
    if one.more_is_urgent:
        return f"{said}; {low} counts nothing, {high} counts in full"
    return f"{said}; {high} counts nothing, {low} counts in full"


def _amount(value: float, unit: str) -> str:
    if unit == "yes/no" and value in (0, 1):
        return "yes" if value else "no"
    if unit == "share":
        return f"{100 * value:,.0f} %"
    text = f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:,.3g}"
    if not unit or unit == "yes/no":
        return text
    return f"{text} {unit.removesuffix('s') if value == 1 else unit}"


def _digits(ranking: Ranking) -> int:
    """Decimals that tell the contributions apart: none for whole points, two for weights that sum to 1."""
    cells = ranking.contributions.drop(columns="area_id").to_numpy(dtype="float64")
    cells = np.r_[cells[~np.isnan(cells)], [one.weight for one in ranking.criteria]]
    if np.array_equal(cells, np.round(cells)):
        return 0
    return 2 if sum(one.weight for one in ranking.criteria) < 10 else 1


def _listed(texts: list[str]) -> str:
    if len(texts) < 3:
        return " and ".join(texts)
    return f"{', '.join(texts[:-1])}, and {texts[-1]}"
