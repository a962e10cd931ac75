"""Any column as the classes of a legend: codes by their house colours, numbers by fifths, texts by their frequency."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
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

__all__ = ["format_of", "shades_by"]

_UNKNOWN: Look = {"label": say("Not recorded"), "hatch": "#6B6B6B", "solid": "#6B6B6B", **OUTLINE}


def shades_by(frame: gpd.GeoDataFrame, column: str, count_title: str, m2: pd.Series | None) -> tuple[Facet, list[Look]]:
    """Return the legend of a column and how its classes look.

    Codes of the package's own lists wear their colours there. Numbers and dates are classed by fifths of their values,
    the highest darkest, ranks the other way round; other texts by frequency, the rarer ones together.
    """
    values = frame[column]
    if column in FILLS_BY_COLUMN:
        looks = FILLS_BY_COLUMN[column]
        names = classed(values, [code for code in looks if code not in ("other", "missing")])
    elif pd.api.types.is_bool_dtype(values.dtype):
        names, looks = _by_frequency(values.map({True: "yes", False: "no"}))
        looks = {code: {**look, "label": say(str(look["label"]))} for code, look in looks.items()}
    elif pd.api.types.is_numeric_dtype(values.dtype):
        names, looks = _by_fifths(values.astype("float64"), format_of(column), is_rank=column.endswith("rank"))
    elif pd.api.types.is_datetime64_any_dtype(values.dtype):
        names, looks = _by_fifths(
            values.dt.year.astype("float64"), lambda year: say("{0}", f"{year:.0f}"), is_rank=False
        )
    else:
        names, looks = _by_frequency(values)
    facet, fills = facet_of(names, looks, title=label_of(column), role="fill", count_title=count_title, m2=m2)
    # what is a text of the data is shown as it is, in any language of the page
    told = {"isData": column not in FILLS_BY_COLUMN, "isOurs": column in NAMES}
    return Facet(facet.classes, {**facet.spec, **told}), fills


def format_of(column: str) -> Callable[[float], Said]:
    """Return how a legend says the numbers of a column, or of a bound of it."""
    column = column.removesuffix("_low")
    if unit_of(column) == "m2":
        return lambda m2: say("under {0} km²", "0.01") if 0 < m2 < 5_000 else say("{0} km²", f"{m2 / 1e6:,.2f}")
    if unit_of(column) == "share":
        return lambda share: say("{0} %", f"{100 * share:.4g}")
    return lambda value: say("{0}", f"{value:,.0f}" if abs(value) >= 1_000 else f"{value:.4g}")


def _by_fifths(values: pd.Series, said: Callable[[float], Said], *, is_rank: bool) -> tuple[pd.Series, dict[str, Look]]:
    finite = values.where(np.isfinite(values))
    known = finite.dropna()
    edges = np.unique(np.quantile(known, [0.2, 0.4, 0.6, 0.8])) if len(known) else np.zeros(0)
    step = pd.Series(np.searchsorted(edges, finite.fillna(0).to_numpy(), side="left"), index=values.index)
    names = step.astype("str").mask(finite.isna(), "missing")
    looks: dict[str, Look] = {}
    steps = range(len(edges) + 1)
    for place, k in enumerate(steps if is_rank else reversed(steps)):
        held = known[step[known.index] == k]
        if len(held):
            low, high = said(float(held.min())), said(float(held.max()))
            shade = RANK_SHADES[place]
            label = low if low == high else say("{0} to {1}", low, high)
            looks[str(k)] = {"label": label, "colour": shade, "solid": shade, **OUTLINE}
    return names.astype("str"), {**looks, "missing": _UNKNOWN}


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
