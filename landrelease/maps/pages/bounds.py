"""Units coloured by a number of which only two bounds are known."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from landrelease.cells import as_text
from landrelease.errors import DataError, OptionError, check_option
from landrelease.maps.html.assemble import assemble
from landrelease.maps.layers.drawing import Drawing, drawing, facet_of, row_notes
from landrelease.maps.layers.frames import check_columns, located, page_columns, readable, require_columns
from landrelease.maps.layers.payload import Facet
from landrelease.maps.layers.shades import format_of
from landrelease.maps.layers.units import GROUND, level_classes
from landrelease.maps.style import Look, label_of, unit_of
from landrelease.said import Said, say

if TYPE_CHECKING:
    import folium
    from folium.map import Layer

    from landrelease.maps.words import Language

__all__ = ["bounds_map"]

_SHADES = ("#FFFFCC", "#C7E9B4", "#7FCDBB", "#2C7FB8", "#253494")
"""Five steps from little to much."""
_LINE: Look = {"line": "#8A949E"}
_BAND = 4
"""Stripes as wide as the ground between them: both bounds weigh alike."""
_FIFTHS = np.array([0.2, 0.4, 0.6, 0.8])


def bounds_map(
    admin_areas: gpd.GeoDataFrame,
    values: pd.DataFrame,
    *,
    low: str = "productive_share_low",
    high: str = "productive_share_high",
    label: str = "",
    colour: Literal["bounds", "middle"] = "bounds",
    base: Sequence[Layer] = (),
    columns: Sequence[str] | None = None,
    title: str = "",
    language: Language = "en",
) -> folium.Map:
    """Map a number of each administrative unit of which only two bounds are known, as these bounds.

    Parameters
    ----------
    admin_areas : GeoDataFrame
        Table `admin_areas`.
    values : DataFrame
        One row a unit: admin_code and the two bounds, such as `use_summary(assessment, by="admin_code")`.
    low, high : str
        Its columns of the lower and the upper bound.
    label : str
        What the number is. The default is "In productive use" for the columns of `use_summary`.
    colour : {"bounds", "middle"}
        "bounds": stripes in the colours of both, or one colour where both are of one class. "middle": the colour of
        their middle, which nobody measured; the page says so.
    base : sequence of Layer, optional
        What else lies on the map: settlements and roads of `map_layer`, images of `raster_layer` and `hillshade_layer`.
    columns : sequence of str, optional
        Further columns of values or units to show on click, as in `land_release_map`.
    title : str
        Of the page.
    language : {"en", "ar", "es", "fr", "km", "lo", "pt", "uk"}
        Of the texts of the page; data stay as they are. Texts that a language lacks are English.

    Returns
    -------
    folium.Map
        Its `save` writes one file that opens without internet, with a table of all units beside the map.

    Raises
    ------
    DataError
        A table lacks a column; a unit stands twice in `values`; a lower bound lies above its upper one; a bound that is
        infinite.
    OptionError
        `colour` is neither; a column that may not be shown;
        `base` holds what the page has already, or what lies not below.
    CRSError
        `admin_areas` has no CRS, or none that reaches EPSG:4326 to 10 m.

    Notes
    -----
    Any CRS. Shares are classed by fifths of the scale (0 to 20 %, ...), other numbers by fifths of all bounds that are
    known; a number on an edge belongs to the class below it. A unit of which one bound or both are missing is hatched
    as not known, and its card says what is. A unit that `values` does not name has no record, which is no nought; where
    `values` names units of one level, those of others are outlined only.

    Examples
    --------
    >>> import shapely
    >>> units = gpd.GeoDataFrame({"admin_code": ["A"], "name": ["North"], "level": [1]},
    ...                          geometry=[shapely.box(18, 44, 19, 45)], crs=4326)
    >>> shares = pd.DataFrame({"admin_code": ["A"], "productive_share_low": [0.41], "productive_share_high": [0.78]})
    >>> page = bounds_map(units, shares, title="Sample").get_root().render()
    >>> "<h1 dir=\\"auto\\">Sample</h1>" in page
    True
    >>> empty = bounds_map(units, shares.iloc[:0])
    >>> bounds_map(units, shares.assign(productive_share_low=0.9))
    Traceback (most recent call last):
    landrelease.errors.DataError: 'values': productive_share_low is above productive_share_high in 1 of 1 rows, ...
    """
    check_option("colour", colour, ("bounds", "middle"))
    extra = check_columns(columns, {"values": values, "admin_areas": admin_areas})
    require_columns(admin_areas, "admin_areas", ["admin_code", "name"])
    table = _checked(readable(values), low, high)
    said = label or (say("In productive use") if low == "productive_share_low" else label_of(low))
    units = located(admin_areas, "admin_areas")
    code = as_text(units["admin_code"])
    shown = [low, high, *(name for name in extra if name in table.columns and name not in units.columns)]
    units = units.drop(columns=[low, high], errors="ignore")
    named = table.dropna(subset="admin_code").set_index("admin_code")
    units = units.assign(**{name: code.map(named[name]) for name in dict.fromkeys(shown)})
    units["has_record"] = code.isin(named.index).to_numpy()
    layer = _layer(units, table, low, high, said, colour, [name for name in extra if name not in (low, high)])
    notes = ["Colour: the middle between the two bounds, which nobody measured."] if colour == "middle" else []
    return assemble(
        [layer],
        title=title or said,
        is_internal=False,
        notes=notes,
        base=base,
        has_units=True,
        language=language,
    )


def _checked(values: pd.DataFrame, low: str, high: str) -> pd.DataFrame:
    """Return the values with ids as text and bounds as numbers; raise where they can not be meant."""
    require_columns(values, "values", ["admin_code", low, high])
    table = values.assign(admin_code=as_text(values["admin_code"]), **{
        name: pd.to_numeric(values[name], errors="raise").astype("float64") for name in (low, high)
    }).reset_index(drop=True)  # fmt: skip
    twice = table["admin_code"].dropna().duplicated()
    if twice.any():
        raise DataError(f"'values' has {int(twice.sum())} units twice. Fix: one row a unit, such as by='admin_code'")
    for name in (low, high):
        if np.isinf(table[name]).any():
            raise DataError(
                f"'values': {name} is infinite in {int(np.isinf(table[name]).sum())} rows. Fix: leave it empty"
            )
    above = table[low] > table[high]
    if above.any():
        first = table.loc[above].iloc[0]
        raise DataError(
            f"'values': {low} is above {high} in {int(above.sum())} of {len(table)} rows, the first for unit "
            f"{first['admin_code']!r}: {first[low]:g} and {first[high]:g}.\n  Fix: exchange the columns, or mend them"
        )
    return table


def _layer(
    units: gpd.GeoDataFrame, table: pd.DataFrame, low: str, high: str, said: str, colour: str, extra: Sequence[str]
) -> Drawing:
    how = format_of(low)
    classes, looks = _by_bounds(units, low, high, how) if colour == "bounds" else _by_middle(units, low, high, how)
    facet, fills = facet_of(classes, looks, title=said, role="fill", count_title="Units", m2=None)
    facet = Facet(facet.classes, {**facet.spec, "isData": True, "isOurs": isinstance(said, Said)})
    levels, lines = level_classes(units)
    outlines, strokes = facet_of(levels, lines, title="Boundary", role="stroke", count_title="Units", m2=None)
    words = _words(units, low, high, how)
    units = units.assign(**{_WORDS: words})
    notes = row_notes(units, None)
    lost = table.loc[~table["admin_code"].isin(as_text(units["admin_code"])), "admin_code"]
    if len(lost):
        notes.append(f"Not on the map, for their unit is none of these, or not known: {len(lost):,}.")
    notes.append("Stripes: the number lies between the two colours." if colour == "bounds" else _MIDDLE)
    specs: list[dict[str, Any]] = [
        {"name": _WORDS, "label": said, "unit": "", "isSaid": True, "isOurs": isinstance(said, Said)},
        {"name": low, "label": f"{said}: at least", "isHidden": True, "isBound": True},
        {"name": high, "label": f"{said}: at most", "isHidden": True, "isBound": True},
    ]
    beside = {"name": "name", "words": _WORDS, "low": low, "high": high, "isShare": _is_share(low)}
    return drawing(
        units,
        [*specs, *page_columns(units, "admin_areas", extra)],
        name=said,
        is_named=True,
        noun="Administrative unit",
        height=GROUND,
        facets=[facet, outlines],
        looks={"fills": fills, "strokes": strokes},
        title=["name", "admin_code"],
        notes=notes,
        table=beside,
        names={"name": "name"},
    )


_WORDS = "bounds in words"
_MIDDLE = "Coloured by the middle between the two bounds, which nobody measured."


def _words(units: pd.DataFrame, low: str, high: str, how: Callable[[float], Said]) -> pd.Series:
    """Say the bounds of each unit in words."""

    def said(one: float, other: float, has_record: bool) -> Said:
        if not has_record:
            return say("no record")
        if np.isnan(one) and np.isnan(other):
            return say("not known")
        if np.isnan(other):
            return say("at least {0}, at most not known", how(one))
        if np.isnan(one):
            return say("at most {0}, at least not known", how(other))
        return how(one) if how(one) == how(other) else say("between {0} and {1}", how(one), how(other))

    triples = zip(units[low], units[high], units["has_record"], strict=True)
    return pd.Series([said(*triple) for triple in triples], index=units.index, dtype="object")


def _is_share(low: str) -> bool:
    return unit_of(low.removesuffix("_low")) == "share"


def _edges(units: pd.DataFrame, low: str, high: str) -> Any:
    if _is_share(low):
        return _FIFTHS
    known = pd.concat([units[low], units[high]]).dropna()
    return np.unique(np.quantile(known, _FIFTHS)) if len(known) else np.zeros(0)


def _spans(edges: Any, units: pd.DataFrame, low: str, high: str, how: Callable[[float], Said]) -> list[Said]:
    """Return what the legend calls each class of numbers."""
    known = pd.concat([units[low], units[high]]).dropna()
    is_share = _is_share(low)
    ends = [0.0 if is_share else known.min(), *edges, 1.0 if is_share else known.max()] if len(known) else [0.0, 0.0]
    return [_span(how(one), how(other)) for one, other in pairwise(ends)]


def _span(one: Said, other: Said) -> Said:
    """Say a span with its unit once.

    Examples
    --------
    >>> _span(say("{0} %", 20), say("{0} %", 40)), _span(say("{0}", 3), say("{0}", 5))
    ('20 to 40 %', '3 to 5')
    >>> _span(say("{0}", 3), say("{0}", 3))
    '3'
    """
    if one == other:
        return other
    if one.parts[0] == other.parts[0]:
        return say(one.parts[0].replace("{0}", "{0} to {1}"), one.parts[1], other.parts[1])
    return say("{0} to {1}", one, other)


def _silent(units: pd.DataFrame, low: str, high: str) -> tuple[pd.Series, dict[str, Look]]:
    """Return the class of each unit whose number is not known, missing for the others."""
    names = pd.Series(None, index=units.index, dtype="str")
    names = names.mask(units[low].isna() | units[high].isna(), "unknown").mask(~units["has_record"], "none")
    if "level" in units.columns and units["has_record"].any():
        level = pd.to_numeric(units["level"], errors="coerce")
        is_elsewhere = ~units["has_record"] & level.notna() & ~level.isin(level[units["has_record"]].dropna())
        names = names.mask(is_elsewhere, "outlined")
    looks: dict[str, Look] = {
        "unknown": {"label": say("Not known"), "colour": "#DDE1E5", "hatch": "#6B6B6B", "solid": "#C9CED3", **_LINE},
        "none": {"label": say("No record"), "colour": "#FFFFFF", "solid": "#FFFFFF", **_LINE},
        "outlined": {"label": "", "isSilent": True, "colour": None, "solid": None},
    }
    return names, looks


def _by_bounds(
    units: pd.DataFrame, low: str, high: str, how: Callable[[float], Said]
) -> tuple[pd.Series, dict[str, Look]]:
    """Colour units by the classes of both bounds."""
    edges = _edges(units, low, high)
    silent, looks = _silent(units, low, high)
    first, last = (np.searchsorted(edges, units[name].fillna(0).to_numpy(), side="left") for name in (low, high))
    names = pd.Series([f"{a} {b}" for a, b in zip(first, last, strict=True)], index=units.index, dtype="str")
    spans, shades = _spans(edges, units, low, high, how), _shades(len(edges) + 1)
    full: dict[str, Look] = {"outlined": looks.pop("outlined")}
    for a, b in sorted({*zip(first[silent.isna()].tolist(), last[silent.isna()].tolist(), strict=True)}, reverse=True):
        solid = shades[(a + b) // 2]
        if a == b:
            full[f"{a} {b}"] = {"label": spans[a], "colour": shades[a], "solid": solid, **_LINE}
        else:
            words = say("At least {0}, at most {1}", spans[a], spans[b])
            stripes = {"colour": shades[a], "hatch": shades[b], "band": _BAND}
            full[f"{a} {b}"] = {"label": words, **stripes, "solid": solid, **_LINE}
    return silent.fillna(names).astype("str"), {**full, **looks}


def _by_middle(
    units: pd.DataFrame, low: str, high: str, how: Callable[[float], Said]
) -> tuple[pd.Series, dict[str, Look]]:
    """Colour units by the middle between the bounds."""
    edges = _edges(units, low, high)
    silent, looks = _silent(units, low, high)
    middle = (units[low] + units[high]) / 2
    step = pd.Series(np.searchsorted(edges, middle.fillna(0).to_numpy(), side="left"), index=units.index).astype("str")
    spans, shades = _spans(edges, units, low, high, how), _shades(len(edges) + 1)
    full: dict[str, Look] = {"outlined": looks.pop("outlined")}
    for k in reversed(range(len(edges) + 1)):
        full[str(k)] = {"label": say("Middle {0}", spans[k]), "colour": shades[k], "solid": shades[k], **_LINE}
    return silent.fillna(step).astype("str"), {**full, **looks}


def _shades(count: int) -> Sequence[str]:
    if count > len(_SHADES):
        raise OptionError(f"{count} classes; there are {len(_SHADES)} colours")
    start = (len(_SHADES) - count + 1) // 2
    return _SHADES[start : start + count]
