"""Values between 0 and 1 for each area and criterion, and draws of those that are not known exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.cells import counted
from landrelease.errors import DataError, OptionError, nearest
from landrelease.priority.scheme.criteria import Criterion
from landrelease.priority.score.methods import unit_value
from landrelease.priority.score.ranking import Ranking
from landrelease.priority.values import as_ids, as_numbers

__all__ = ["Drawn", "Model", "bounded_criteria", "class_place", "model_of", "ranked_rows", "require_additive"]

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.intp]
_KINDS = ("sd", "log_sd", "low", "high")


@dataclass(frozen=True)
class Drawn:
    """Cells of one criterion that are drawn in one way: their rows, and the two numbers that say how."""

    at: int
    criterion: Criterion
    kind: str
    rows: Rows
    first: Floats
    second: Floats

    def draw(self, draws: int, random: np.random.Generator) -> Floats:
        """Return values between 0 and 1 (draws, rows)."""
        size = (draws, len(self.rows))
        of = self.criterion
        if self.kind == "unknown":
            return random.random(size)
        if self.kind == "range":
            return unit_value(of, self.first + (self.second - self.first) * random.random(size))
        noise = self.second * random.standard_normal(size)
        # A number of points is never negative.
        return np.maximum(
            unit_value(of, self.first * np.exp(noise) if self.kind == "log_sd" else self.first + noise), 0.0
        )


@dataclass(frozen=True)
class Model:
    """The ranked areas as numbers: `values` (areas, criteria) between 0 and 1, 0 where `drawn` gives them.

    `start` is what a score begins with: 0 in the last class, 2 more in each before it, so that no score crosses.
    """

    ids: npt.NDArray[Any]
    criteria: tuple[Criterion, ...]
    values: Floats
    drawn: tuple[Drawn, ...]
    start: Floats

    @property
    def columns(self) -> list[str]:
        """The columns of the criteria."""
        return [one.column for one in self.criteria]

    @property
    def unknown_count(self) -> int:
        """How many missing values are drawn from the whole range of their criterion."""
        return sum(len(one.rows) for one in self.drawn if one.kind == "unknown")

    @property
    def uncertain_count(self) -> int:
        """How many values are drawn about what is known of them."""
        return sum(len(one.rows) for one in self.drawn) - self.unknown_count

    @property
    def weights(self) -> Floats:
        """The weights of the criteria as parts of 1."""
        given = np.array([one.most for one in self.criteria])
        return cast(Floats, given / given.sum())


def require_additive(ranking: Ranking, what: str) -> None:
    """Stop where the score is not the sum of what each criterion gives."""
    if ranking.method != "value":
        raise OptionError(
            f"{what} is of the additive value, the sum of weight times value; this ranking was made by "
            f"method='{ranking.method}'.\n  Fix: prioritise(table, criteria, method='value')."
        )


def ranked_rows(ranking: Ranking) -> npt.NDArray[np.bool_]:
    """Return which rows of the ranking's tables are ranked: all that were not dropped."""
    if ranking.missing != "drop":
        return np.ones(len(ranking.table), dtype=bool)
    return cast(npt.NDArray[np.bool_], ranking.table["rank"].notna().to_numpy(dtype=bool))


def class_place(ranking: Ranking, rows: npt.NDArray[Any]) -> Rows:
    """Return the place of the class of areas, 0 the first; DataError where the ranking leaves it open."""
    table = ranking.table[rows] if rows.dtype == bool else ranking.table.iloc[rows]
    if not ranking.classes:
        return np.zeros(len(table), dtype=np.intp)
    place = pd.Index([one.name for one in ranking.classes]).get_indexer(pd.Index(table["priority_class"]))
    if (place < 0).any():
        first = table["area_id"].iloc[int(np.flatnonzero(place < 0)[0])]
        raise DataError(
            f"the class of {int((place < 0).sum())} of {len(table)} areas hangs on a missing value, the first is "
            f"'{first}': who comes first is open.\n  Fix: rank with missing='worst' or missing='best'."
        )
    return cast(Rows, place)


def bounded_criteria(ranking: Ranking) -> tuple[Criterion, ...]:
    """Return the criteria, points without a high with the highest number of a ranked area as their high.

    A weight between 0 and 1 says how much of the range of a criterion counts, so that each needs a range.
    """
    rows, bounded = ranked_rows(ranking), []
    for one in ranking.criteria:
        if one.form == "points" and one.high is None:
            values = ranking.values[one.column].to_numpy(dtype="float64")[rows]
            highest = float(np.nanmax(values, initial=0.0))
            bounded.append(replace(one, high=highest if highest > 0 else 1.0))
        else:
            bounded.append(one)
    return tuple(bounded)


def model_of(ranking: Ranking, uncertain: pd.DataFrame | None) -> Model:
    """Return the values of the ranked areas, and how those that are uncertain or missing are drawn."""
    rows, criteria = ranked_rows(ranking), bounded_criteria(ranking)
    ids = ranking.table["area_id"].to_numpy(dtype="object")[rows]
    given = np.column_stack([ranking.values[one.column].to_numpy(dtype="float64")[rows] for one in criteria])
    drawn = []
    if uncertain is not None:
        _require_no_class(uncertain, ranking)
        drawn = list(_drawn_as_told(uncertain, ids, criteria, given))
    told = np.zeros(given.shape, dtype=bool)
    for one in drawn:
        told[one.rows, one.at] = True
    for at, criterion in enumerate(criteria):
        unknown = np.flatnonzero(np.isnan(given[:, at]) & ~told[:, at])
        if len(unknown):
            if ranking.criteria[at].form == "points" and ranking.criteria[at].high is None:
                raise DataError(_say_rangeless(criterion, ids[unknown]))
            nothing = np.empty(0)
            drawn.append(Drawn(at, criterion, "unknown", unknown, nothing, nothing))
    values = np.column_stack([unit_value(one, given[:, at]) for at, one in enumerate(criteria)])
    for one in drawn:
        values[one.rows, one.at] = 0.0
    behind = max(len(ranking.classes) - 1, 0) - class_place(ranking, rows)
    return Model(ids, criteria, values, tuple(drawn), 2 * behind.astype("float64"))


def _require_no_class(uncertain: pd.DataFrame, ranking: Ranking) -> None:
    deciding = {threshold.column for one in ranking.classes for threshold in one.any}
    named = sorted(deciding & set(uncertain.get("column", pd.Series(dtype="str")).dropna()))
    if named:
        raise DataError(
            f"'uncertain' names {', '.join(named)}, which decides the class of an area: classes are not drawn.\n"
            "  Fix: leave these rows out, and rank with missing='worst' and 'best' side by side."
        )


def _say_rangeless(one: Criterion, ids: npt.NDArray[Any]) -> str:
    return (
        f"'{one.column}' is missing for {counted(len(ids), 'area', 'areas')}, the first is '{ids[0]}', and has no "
        "highest number of points:\n  what is not known could be anything.\n"
        "  Fix: give the criterion a high, or a low and a high for each of these areas in `uncertain`."
    )


def _drawn_as_told(
    uncertain: pd.DataFrame, ids: npt.NDArray[Any], criteria: tuple[Criterion, ...], given: Floats
) -> Iterator[Drawn]:
    """Yield the cells of a frame of uncertain values, by criterion and kind."""
    cells, rows, ats = _read(uncertain, ids, [one.column for one in criteria])
    known = given[rows, ats]
    kinds = _kinds(cells, uncertain, known)
    for at, criterion in enumerate(criteria):
        for kind in ("sd", "log_sd", "range"):
            here = (ats == at) & (kinds == kind)
            if here.any():
                first, second = (
                    (cells["low"], cells["high"]) if kind == "range" else (known, cells[kind])
                )  # fmt: skip
                yield Drawn(at, criterion, kind, rows[here], first[here], second[here])


def _read(uncertain: pd.DataFrame, ids: npt.NDArray[Any], columns: list[str]) -> tuple[dict[str, Floats], Rows, Rows]:
    """Return the numbers of the frame, and the row and the criterion that each of its rows is about."""
    lacking = [one for one in ("area_id", "column") if one not in uncertain.columns]
    known = ("area_id", "column", *_KINDS)
    unread = [str(one) for one in uncertain.columns if one not in known]
    if lacking or unread:
        wrong = f"lacks {' and '.join(lacking)}" if lacking else f"has '{unread[0]}'{nearest(unread[0], known)}"
        raise DataError(
            f"'uncertain' {wrong}.\n  Fix: its columns are area_id, column, and sd, log_sd, or low and high."
        )
    rows = _positions(as_ids(uncertain["area_id"]), ids, "a ranked area")
    ats = _positions(uncertain["column"].astype("str"), np.array(columns, dtype="object"), "a criterion")
    twice = pd.DataFrame({"row": rows, "at": ats}).duplicated().to_numpy()
    if twice.any():
        first = uncertain.iloc[int(np.flatnonzero(twice)[0])]
        raise DataError(
            f"{int(twice.sum())} of {len(uncertain)} rows of 'uncertain' repeat an area and a criterion, "
            f"the first is '{first['area_id']}', '{first['column']}'. Fix: say it once."
        )
    nothing = np.full(len(uncertain), np.nan)
    cells = {
        kind: as_numbers(uncertain[kind], f"column '{kind}' of 'uncertain'") if kind in uncertain.columns else nothing
        for kind in _KINDS
    }
    return cells, rows, ats


def _positions(names: pd.Series, known: npt.NDArray[Any], what: str) -> Rows:
    at = pd.Index(known).get_indexer(names)
    if (at < 0).any():
        first = names.iloc[int(np.flatnonzero(at < 0)[0])]
        said = "without a name" if pd.isna(first) else f"'{first}'{nearest(first, known)}"
        raise DataError(
            f"{int((at < 0).sum())} of {len(names)} rows of 'uncertain' are not of {what}; the first: {said}"
        )
    return cast(Rows, at)


def _kinds(cells: dict[str, Floats], uncertain: pd.DataFrame, known: Floats) -> npt.NDArray[Any]:
    """Return how each row is to be drawn; stop at the first that can not be."""
    told = {kind: ~np.isnan(cells[kind]) for kind in _KINDS}
    both = told["low"] & told["high"]
    one_kind = (told["sd"].astype(int) + told["log_sd"] + both == 1) & (told["low"] == told["high"])
    is_missing = np.isnan(known)
    spread = np.where(told["sd"], cells["sd"], np.where(told["log_sd"], cells["log_sd"], 0.0))
    for wrong, why in (
        (~one_kind, "must give either sd, or log_sd, or low and high"),
        (spread < 0, "have a negative standard deviation"),
        (both & (cells["low"] > cells["high"]), "have a low above the high"),
        (is_missing & ~both, "have a standard deviation about a value that is missing: give low and high"),
        (told["log_sd"] & (known < 0), "have a log_sd for a negative value: a lognormal value is positive"),
    ):
        if wrong.any():
            first = uncertain.iloc[int(np.flatnonzero(wrong)[0])]
            raise DataError(
                f"{int(wrong.sum())} of {len(wrong)} rows of 'uncertain' {why}; "
                f"the first: '{first['area_id']}', '{first['column']}'"
            )
    return np.where(both, "range", np.where(told["sd"], "sd", "log_sd"))
