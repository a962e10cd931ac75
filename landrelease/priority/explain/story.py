"""What a ranking says of one area, in words for those who live beside it: the numbers are those of the tables."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from landrelease.errors import DataError
from landrelease.priority.explain.sentences import PERSONS, digits_of, explain, listed, say_amount, say_people
from landrelease.priority.scheme.criteria import Criterion, consulted_columns
from landrelease.priority.score.ranking import Ranking
from landrelease.priority.stability.sensitivity import swap_weights
from landrelease.priority.stability.smaa import Stability
from landrelease.priority.stability.uncertain import ranked_rows
from landrelease.said import Given, as_ours, say

__all__ = ["AreaStory", "area_story", "place_of_line"]


@dataclass(frozen=True)
class AreaStory:
    """One area of a ranking in words.

    Attributes
    ----------
    area_id : str
        The area.
    rank : str
        Its rank, or between which it lies.
    line : str
        in, interchangeable or out; empty where no line was drawn.
    sure : tuple of str
        How sure the rank is.
    parts : DataFrame
        One row a criterion, the largest part first: label, found, gives, most, share (of the most; 0 to 1). Empty where
        the score is no sum.
    digits : int
        Decimals that tell the parts apart.
    text : str
        What `explain` says.
    asked : tuple of str
        Who was asked.
    changes : tuple of str
        What would change its place.
    """

    area_id: str
    rank: str
    line: str
    sure: tuple[str, ...]
    parts: pd.DataFrame
    digits: int
    text: str
    asked: tuple[str, ...]
    changes: tuple[str, ...]


def area_story(
    ranking: Ranking,
    area_id: str,
    *,
    stability: Stability | None = None,
    line: pd.DataFrame | None = None,
    top: int | None = None,
) -> AreaStory:
    """Return what a ranking, its stability and its funding line, after `top` areas if given, say of an area.

    Raises
    ------
    DataError
        The ranking has no such area.

    Examples
    --------
    >>> from landrelease.priority import funding_line, prioritise, stability
    >>> criteria = [Criterion("people", 0, 1000, 0.6), Criterion("victims", 0, 10, 0.4)]
    >>> cells = {"area_id": ["A1", "A2", "A3"], "people": [900, 300, 200], "victims": [1, 7, None]}
    >>> ranking = prioritise(pd.DataFrame(cells), criteria, missing="worst")
    >>> found = stability(ranking)
    >>> story = area_story(ranking, "A2", stability=found, line=funding_line(ranking, found, top=1), top=1)
    >>> story.rank, story.line
    ('rank 2 of 3', 'out')
    >>> story.parts[["label", "found", "gives"]]
         label found  gives
    0  victims     7   0.28
    1   people   300   0.18
    >>> print(story.changes[0])
    It would change places with A1, rank 1, if 'people' counted for 50.0 % of the score instead of 60.0 %.
    >>> print(area_story(ranking, "A3").changes[1])
    Not known for this area: victims. What a visit finds can change its place.
    """
    text = explain(ranking, area_id)
    row = int(np.flatnonzero((ranking.table["area_id"] == str(area_id)).to_numpy())[0])
    is_ranked = bool(ranked_rows(ranking)[row])
    return AreaStory(
        area_id=str(area_id),
        rank=_rank(ranking, row),
        line="" if line is None or pd.isna(line["line"].iloc[row]) else str(line["line"].iloc[row]),
        sure=_sure(row, stability, line) if is_ranked else (),
        parts=_parts(ranking, row),
        digits=digits_of(ranking),
        text=text,
        asked=_asked(ranking, row),
        changes=(*(_swaps(ranking, row, line, top) if is_ranked else ()), *_unknown(ranking, row)),
    )


def place_of_line(line: pd.DataFrame) -> int:
    """Return after how many areas of the ranking the line lies: those that are funded in half of the draws or more."""
    return int((line["in_share"] >= 0.5).sum())


def _rank(ranking: Ranking, row: int) -> str:
    table = ranking.table
    rank, total = table["rank"].iloc[row], int(ranked_rows(ranking).sum())
    if not pd.isna(rank):
        others = int((table["rank"] == rank).sum()) - 1
        if others > 1:
            return say("rank {0} of {1}, shared with {2} other areas", int(rank), total, others)
        return say(f"rank {{0}} of {{1}}{', shared with 1 other area' if others else ''}", int(rank), total)
    if ranking.missing == "bounds":
        best, worst = (int(table[name].iloc[row]) for name in ("rank_best", "rank_worst"))
        return say("between rank {0} and {1} of {2}", best, worst, total)
    return say("not ranked")


def _sure(row: int, stability: Stability | None, line: pd.DataFrame | None) -> tuple[str, ...]:
    said = []
    if line is not None:
        reason = str(line["reason"].iloc[row])
        said.append(as_ours(f"{reason[0].upper()}{reason[1:]}."))
    if stability is not None:
        least, most = (int(stability.table[name].iloc[row]) for name in ("p05_rank", "p95_rank"))
        between = "In at least nine of ten rankings its rank lies between {0} and {1}."
        alone = "In at least nine of ten rankings its rank is {0}."
        said.append(say(alone, least) if least == most else say(between, least, most))
    return tuple(said)


def _parts(ranking: Ranking, row: int) -> pd.DataFrame:
    """Return what each criterion gives, the largest first."""
    rows = []
    for one in ranking.criteria:
        if one.column in ranking.contributions:
            gives = float(ranking.contributions[one.column].iloc[row])
            share = gives / one.most if 0 < one.most < math.inf and ranking.method == "value" else math.nan
            rows.append((one.name, _found(ranking, one, row), gives, one.most, share))
    parts = pd.DataFrame(rows, columns=["label", "found", "gives", "most", "share"])
    return parts.sort_values("gives", ascending=False, na_position="last", kind="stable", ignore_index=True)


def _found(ranking: Ranking, one: Criterion, row: int) -> str:
    value = float(ranking.values[one.column].iloc[row])
    if not math.isnan(value):
        return say_amount(value, one.unit)
    counted = {"worst": ", counted as nothing", "best": ", counted in full"} if ranking.method == "value" else {}
    return say(f"not known{counted.get(ranking.missing, '')}")


def _asked(ranking: Ranking, row: int) -> tuple[str, ...]:
    said = []
    for one in ranking.criteria:
        columns = consulted_columns(one.column)
        if not set(columns) <= set(ranking.values.columns):
            continue
        counts = [float(ranking.values[name].iloc[row]) for name in columns]
        if all(math.isnan(count) for count in counts):
            said.append(say("For '{0}', how many women and men were asked is not known.", as_ours(one.name)))
        else:
            women, men = (say_people(count, *words) for count, words in zip(counts, PERSONS, strict=True))
            said.append(say("For '{0}', {1} and {2} were asked.", as_ours(one.name), women, men))
    return tuple(said) or (say("No criterion rests on what people were asked."),)


def _swaps(ranking: Ranking, row: int, line: pd.DataFrame | None, top: int | None) -> tuple[str, ...]:
    """Say what would make the area change places with the one across the line, or without a line with its neighbour."""
    count = int(ranked_rows(ranking).sum())
    if count < 2 or ranking.method != "value":
        return ()
    if line is None:
        other = row - 1 if row else 1
    else:
        place = min(max(top or place_of_line(line), 1), count - 1)
        other = place if row < place else place - 1
    area_id, other_id = (str(ranking.table["area_id"].iloc[one]) for one in (row, other))
    try:
        swap = swap_weights(ranking, area_id, other_id)
    except DataError:
        return (
            say("Whether other weights make it change places with {0} hangs on what is not known.", Given(other_id)),
        )
    table, total = swap.table, float(swap.table["weight"].sum())
    if table["nearest_weight"].isna().all() or swap.distance == 0:
        return (swap.sentence,)
    label = _place(ranking, other)
    alone = (table["alone_weight"] - table["weight"]).abs()
    if alone.isna().all():
        return (say("No single weight makes it change places with {0}; several weights at once can.", label),)
    at = int(np.nanargmin(alone.to_numpy()))
    before, after = (float(table[name].iloc[at]) for name in ("weight", "alone_weight"))
    name = next(one.name for one in ranking.criteria if one.column == table["column"].iloc[at])
    if all(one.form == "value" for one in ranking.criteria):
        words = [say("{0} %", text) for text in _told_apart(100 * before / total, 100 * after / total)]
        told = "It would change places with {0}, if '{1}' counted for {2} of the score instead of {3}."
        return (say(told, label, as_ours(name), words[1], words[0]),)
    ends = _told_apart(before, after)
    told = "It would change places with {0}, if '{1}' weighed {2} instead of {3}."
    return (say(told, label, as_ours(name), ends[1], ends[0]),)


def _place(ranking: Ranking, row: int) -> str:
    """Return an area with its rank, or between which it lies."""
    cells = ranking.table.iloc[row]
    if pd.isna(cells["rank"]):
        return say(
            "{0}, between rank {1} and {2}", Given(cells["area_id"]), int(cells["rank_best"]), int(cells["rank_worst"])
        )
    return say("{0}, rank {1}", Given(cells["area_id"]), int(cells["rank"]))


def _told_apart(one: float, other: float) -> list[str]:
    """Return two numbers with as many decimals as it takes to tell them apart."""
    texts: list[str] = []
    for digits in range(1, 9):
        texts = [f"{number:.{digits}f}" for number in (one, other)]
        if texts[0] != texts[1]:
            break
    return texts


def _unknown(ranking: Ranking, row: int) -> tuple[str, ...]:
    unknown = [one for one in ranking.criteria if math.isnan(float(ranking.values[one.column].iloc[row]))]
    names = [as_ours(one.name) for one in unknown]
    told = "Not known for this area: {0}. What a visit finds can change its place."
    return (say(told, listed(names)),) if names else ()
