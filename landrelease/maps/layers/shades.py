"""Any column as the classes of a legend: codes by their house colours, numbers by fifths, texts by their frequency."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.maps.layers.drawing import classed, facet_of
from landrelease.maps.layers.payload import Facet
from landrelease.maps.style import (
    FILLS_BY_COLUMN,
    NAMES,
    OUTLINE,
    PALETTE,
    RANK_SHADES,
    Look,
    label_of,
    unit_of,
)
from landrelease.said import Said, say

__all__ = ["classes_by", "format_of", "of_column", "shades_by"]

_UNKNOWN: Look = {"label": say("Not recorded"), "hatch": "#6B6B6B", "solid": "#6B6B6B", **OUTLINE}


def shades_by(frame: gpd.GeoDataFrame, column: str, count_title: str, m2: pd.Series | None) -> tuple[Facet, list[Look]]:
    """Return the legend of a column and how its classes look."""
    names, looks = classes_by(frame[column], column)
    facet, fills = facet_of(names, looks, title=label_of(column), role="fill", count_title=count_title, m2=m2)
    return of_column(facet, column), fills


def of_column(facet: Facet, column: str) -> Facet:
    """Return the legend of a column, which says what of it is data: shown as it is, in any language of the page."""
    return Facet(facet.classes, {**facet.spec, "isData": column not in FILLS_BY_COLUMN, "isOurs": column in NAMES})


def classes_by(
    values: pd.Series, column: str, shades: Sequence[str] = RANK_SHADES[::-1]
) -> tuple[pd.Series, dict[str, Look]]:
    """Return the class of each value of a column, and how the classes look.

    Codes of the package's own lists wear their colours there. Numbers and dates are classed by fifths of their values,
    the highest in the last of `shades`, ranks the other way round; where nought is the least it is a class of its own,
    and the others are classed by quarters. Other texts by frequency, the rarer ones together.
    """
    if column in FILLS_BY_COLUMN:
        looks = FILLS_BY_COLUMN[column]
        return classed(values, [code for code in looks if code not in ("other", "missing")]), looks
    if pd.api.types.is_bool_dtype(values.dtype):
        names, looks = _by_frequency(values.map({True: "yes", False: "no"}))
        return names, {code: {**look, "label": say(str(look["label"]))} for code, look in looks.items()}
    if pd.api.types.is_numeric_dtype(values.dtype):
        is_rank = column.endswith("rank")
        return _by_fifths(values.astype("float64"), format_of(column), shades, is_rank=is_rank)
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        years = values.dt.year.astype("float64")
        return _by_fifths(years, lambda year: say("{0}", f"{year:.0f}"), shades, is_rank=False)
    return _by_frequency(values)


def format_of(column: str) -> Callable[[float], Said]:
    """Return how a legend says the numbers of a column, or of a bound of it."""
    column = column.removesuffix("_low")
    if unit_of(column) == "m2":
        return lambda m2: say("under {0} km²", "0.01") if 0 < m2 < 5_000 else say("{0} km²", f"{m2 / 1e6:,.2f}")
    if unit_of(column) == "share":
        return lambda share: say("{0} %", f"{100 * share:.4g}")
    return lambda value: say("{0}", f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}")


def _by_fifths(
    values: pd.Series, said: Callable[[float], Said], shades: Sequence[str], *, is_rank: bool
) -> tuple[pd.Series, dict[str, Look]]:
    finite = values.where(np.isfinite(values))
    known = finite.dropna()
    edges = _edges(known)
    step = pd.Series(np.searchsorted(edges, finite.fillna(0).to_numpy(), side="left"), index=values.index)
    names = step.astype("str").mask(finite.isna(), "missing")
    looks: dict[str, Look] = {}
    steps = np.unique(step[known.index].to_numpy())
    # few classes take shades that are far from one another
    apart = max(2, len(steps))
    spread = np.round(np.linspace(len(shades) - 1, 0, apart)).astype(int)[apart - len(steps) :]
    for place, k in zip(spread, steps if is_rank else reversed(steps), strict=True):
        held = known[step[known.index] == k]
        low, high = said(float(held.min())), said(float(held.max()))
        label = low if low == high else say("{0} to {1}", low, high)
        looks[str(k)] = {"label": label, "colour": shades[place], "solid": shades[place], **OUTLINE}
    return names.astype("str"), {**looks, "missing": _UNKNOWN}


def _edges(known: pd.Series) -> npt.NDArray[np.float64]:
    """Return the upper edges of all classes but the last; nought, where it is the least, is no class with others."""
    more = known[known > 0]
    if len(more) and known.min() == 0:
        return np.unique([0.0, *np.quantile(more, [0.25, 0.5, 0.75])])
    return np.unique(np.quantile(known, [0.2, 0.4, 0.6, 0.8])) if len(known) else np.zeros(0)


def _by_frequency(values: pd.Series) -> tuple[pd.Series, dict[str, Look]]:
    text = values.astype("object").map(str, na_action="ignore")
    common = text.value_counts().index[: len(PALETTE)].tolist()
    # a class is named by its place: a text of the data may be any text
    places = {value: str(place) for place, value in enumerate(common)}
    names = text.map(places).fillna("other").mask(text.isna(), "missing")
    looks: dict[str, Look] = {
        places[value]: {"label": value, "colour": colour, "solid": colour, **OUTLINE}
        for value, colour in zip(common, PALETTE, strict=False)
    }
    looks["other"] = {"label": say("Any other"), "colour": "#DDDDDD", "solid": "#DDDDDD", **OUTLINE}
    return names.astype("str"), {**looks, "missing": _UNKNOWN}
