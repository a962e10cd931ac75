"""What is still hazardous, in the order of its priority, with the reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import pandas as pd

from landrelease.report.frames import (
    Column,
    Table,
    pick,
    plain,
    tabulate,
)  # fmt: skip
from landrelease.report.words import is_missing, together
from landrelease.said import as_ours

__all__ = ["RankingLike", "hazard_section"]

_MOST_RANKED = 20
# Okabe and Ito's colours, which people with colour-blindness can tell apart; each with a letter in the bar.
_COLOURS = ("#E69F00", "#56B4E9", "#009E73", "#F0E442", "#D55E00", "#CC79A7", "#999999", "#7FA6D6")


class RankingLike(Protocol):
    """What the report takes of a ranking: the scores, their parts, and the criteria."""

    @property
    def table(self) -> pd.DataFrame:
        """One row an area: area_id, score, rank."""

    @property
    def contributions(self) -> pd.DataFrame:
        """One row an area: area_id and one column a criterion."""

    @property
    def criteria(self) -> Iterable[Any]:
        """Objects with column, label, unit, weight, low, high, form."""


def hazard_section(ranking: RankingLike, explanations: Mapping[str, str]) -> dict[str, Any]:
    """Return the most urgent areas with their scores, what these are made of, and the criteria."""
    table = plain(ranking.table, "ranking.table", ["area_id", "score", "rank"])
    criteria = [
        {"letter": chr(65 + i % 26), "colour": _COLOURS[i % len(_COLOURS)], "column": one.column,
         "label": as_ours(one.label or str(one.column).replace("_", " ")),
         "unit": as_ours("m²" if one.unit == "m2" else one.unit), "weight": one.weight,
         "low": one.low, "high": one.high, "form": one.form}
        for i, one in enumerate(ranking.criteria)
    ]  # fmt: skip
    parts = ranking.contributions
    parts = parts.set_index("area_id") if "area_id" in parts else parts
    parts = parts[~parts.index.duplicated()].apply(pd.to_numeric, errors="coerce")
    has_bounds = "rank_best" in table.columns
    by = ["rank_best", "rank_worst", "area_id"] if has_bounds else ["rank", "area_id"]
    top = table.sort_values(by, na_position="last", kind="stable").iloc[:_MOST_RANKED]
    shown = pick(parts.reindex(top["area_id"]), [one["column"] for one in criteria])
    is_sum = getattr(ranking, "method", "value") == "value"
    if not is_sum:  # gains and losses, or no parts at all: nothing that a bar could be made of
        shown[:] = float("nan")
    longest = shown.clip(lower=0).sum(axis=1).max()
    areas = []
    for (_, row), (_, contributions) in zip(top.iterrows(), shown.iterrows(), strict=True):
        areas.append({
            "area_id": row["area_id"],
            "scores": _ends(row, "score", ("score_low", "score_high")),
            "ranks": _ends(row, "rank", ("rank_best", "rank_worst")),
            "why": explanations.get(row["area_id"]),
            "bar": [
                {**one, "width": round(float(value) / longest * 100, 2), "value": float(value)}
                for one, value in zip(criteria, contributions.tolist(), strict=True)
                if value > 0
            ],
        })  # fmt: skip
    unknown = _unknown_criteria(ranking, criteria) if len(table) else []
    return {
        "areas": areas, "count": len(table), "criteria": criteria, "table": _criteria_table(criteria),
        "unknown": unknown, "not_known": together(unknown) if unknown else "",
        "is_sum": is_sum, "has_bounds": has_bounds,
    }  # fmt: skip


def _ends(row: pd.Series, name: str, ends: tuple[str, str]) -> list[Any]:
    """Return a number, or the two between which it lies."""
    return [row[name]] if ends[0] not in row or not is_missing(row[name]) else [row[end] for end in ends]


def _unknown_criteria(ranking: RankingLike, criteria: list[dict[str, Any]]) -> list[str]:
    """Return the criteria of which the value is known for no area, where the ranking tells the values."""
    values = getattr(ranking, "values", None)
    if values is None:
        return []
    return [one["label"] for one in criteria if one["column"] in values and values[one["column"]].isna().all()]


def _criteria_table(criteria: list[dict[str, Any]]) -> Table:
    columns = {
        "letter": Column("In the bars"), "label": Column("Criterion", "phrase"), "unit": Column("Unit", "phrase"),
        "weight": Column("Weight", "number"), "form": Column("Form", "phrase"), "low": Column("From", "number"),
        "high": Column("To", "number"),
    }  # fmt: skip
    return tabulate(pd.DataFrame(criteria, columns=list(columns)), "The criteria and their weights", columns)
