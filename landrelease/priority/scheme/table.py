"""The table of criteria: a column for each, from the areas or from the layers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.cells import day_of
from landrelease.errors import DataError, OptionError, nearest
from landrelease.priority.scheme.criteria import Measure, Scheme, consulted_columns
from landrelease.priority.scheme.measures import MEASURES, NEED_PLACE, Given, consulted, has_no_place
from landrelease.priority.values import as_ids, as_numbers
from landrelease.tables import TABLES

__all__ = ["criteria_table"]

Floats = npt.NDArray[np.float64]


def criteria_table(
    areas: pd.DataFrame,
    scheme: Scheme,
    *,
    layers: Mapping[str, Any],
    as_of: Any = None,
) -> pd.DataFrame:
    """Return the columns that a scheme scores: taken from the areas, else computed from the layers.

    Parameters
    ----------
    areas : GeoDataFrame
        The areas to rank, with `area_id`. A column of the scheme that stands here is used as it is. Without a
        geometry column, or for a row without a geometry, what needs a place is missing.
    scheme : Scheme
        As `read_scheme` returns it; its `sources` say how a column is computed.
    layers : mapping of str to layer
        By name: a GeoDataFrame or DataFrame of a table (`accidents`, `needs`, `projects`, `admin_areas`,
        ...), `population` (path of a raster of people per cell), `land_cover` (a LandCover, a list of them
        of which the latest year counts, or the path of a raster) or `land_use`. What is not given (or None)
        leaves its columns missing, never 0. A layer without rows was given: no accident is 0 accidents.
    as_of : date, optional
        The last day that counts: accidents, needs and mapped land use of a later day are left out, and of several
        land covers those whose year is not over. A row without a day counts. Measures of recent months need it.

    Returns
    -------
    DataFrame
        On the index of `areas`: `area_id` and one float column a criterion and a threshold (yes is 1, no is 0); for
        a `community_rank`, two more say how many were asked, `..._women_consulted_count` and `..._men_consulted_count`.

    Raises
    ------
    OptionError
        A layer has a name that nothing knows or is of a kind that its measure can not read, or `as_of` is
        needed.
    DataError
        `area_id` is missing or repeated, or a column that should hold numbers holds something else.
    CRSError
        The areas or a layer have no CRS, or one can not be transformed to the other.

    Warns
    -----
    DataWarning
        Accidents without a point, a date or a number of victims: the counts are at least what is said.

    Notes
    -----
    The measures of a scheme (`from = { measure = ... }`) and their arguments:

    - `people_within` (within_m): people in cells within that distance of the area, the land of the area
      included, each cell by the fraction that is covered. Where the raster ends, at least that many.
    - `accidents_within` (within_m, months, count): accidents, or with count = "victims" killed and injured
      people, within that distance; with months, of the last months up to `as_of`.
    - `share_of_class` (use_codes, class_codes, layer): share of the area's land in those uses or raster
      classes, of the part that the layer covers; missing where that is less than half.
    - `distance_to` (layer, only): metres to the nearest feature, 0 where they touch; with `only`, of those
      features whose yes-or-no column of that name says yes.
    - `project_waiting` (within_m, layer): 1 if a project that is planned or running has a place within that distance
      of the area, 0 for on it; else 0. Its `status` decides, else whether it ends before `as_of`; where neither is
      known it is missing. A row that is no place (`is_point`) waits on no area.
    - `column` (name, layer, values): a column of the areas, or of a table by `admin_code`; with `values`,
      the number of each code. Codes without a number are missing.
    - `community_rank` (same_use, unnamed): the best rank among the needs of the area's `admin_code`, or of
      the nearest unit above it that was asked (by `admin_areas`). With same_use, only needs for a use of the
      group that the area blocks, or else is intended for; where the community named none, the rank that
      `unnamed` states. Without it, nearly every community that was asked has a need of rank 1. The women and men
      that were asked are those of the row of the unit with the most of each.
    - `area`: geodesic area. [m2]
    - `blocked_resource` (codes): 1 if `blocked_resource_code` is one of them, else 0.

    Distances are geodesic; surroundings are taken in a plane centred on the areas (`metric_crs`). Layers may have any
    CRS.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> areas = gpd.GeoDataFrame(
    ...     {"area_id": ["A1", "A2"], "blocked_resource_code": ["water", None]},
    ...     geometry=[shapely.box(18, 44, 18.01, 44.01), None], crs=4326,
    ... )
    >>> from landrelease.priority import Criterion
    >>> criteria = Criterion("size_m2", 0, 1e6, 0.5), Criterion("blocks", 0, 1, 0.5)
    >>> sources = {"size_m2": Measure("area"), "blocks": Measure("blocked_resource", {"codes": ["water"]})}
    >>> scheme = Scheme("mine", "Mine", "own", False, "", criteria, sources)
    >>> criteria_table(areas, scheme, layers={}).round()
      area_id   size_m2  blocks
    0      A1  891115.0     1.0
    1      A2       NaN     NaN
    >>> len(criteria_table(areas.iloc[:0], scheme, layers={}))
    0
    """
    given = Given(_given(layers, scheme), None if as_of is None else day_of("as_of", as_of))
    table = pd.DataFrame({"area_id": _ids(areas)}, index=areas.index)
    for column in scheme.columns:
        measure = scheme.sources.get(column)
        if column in areas.columns:
            table[column] = as_numbers(areas[column], f"column '{column}' of 'areas'")
        else:
            table[column] = np.nan if measure is None else _measured(areas, measure, given, column)
        if measure is not None and measure.name == "community_rank":
            for name, counts in zip(consulted_columns(column), _consulted(areas, measure, given, column), strict=True):
                table[name] = counts
    return table


def _consulted(areas: pd.DataFrame, measure: Measure, given: Given, column: str) -> list[Floats]:
    """Return how many women and men were asked: what the areas say of it, if the rank is theirs."""
    if column in areas.columns or measure.layer not in given.layers:
        names = [name for name in consulted_columns(column) if name in areas.columns]
        known = {name: as_numbers(areas[name], f"column '{name}' of 'areas'") for name in names}
        return [known.get(name, np.full(len(areas), np.nan)) for name in consulted_columns(column)]
    return consulted(areas, given, measure.args)


def _ids(areas: pd.DataFrame) -> pd.Series:
    if "area_id" not in areas.columns:
        raise DataError(
            f"'areas' has no column area_id; it has {', '.join(map(str, areas.columns))}.\n"
            "  Fix: name it on reading, read(..., columns={...}, or ids='geometry' where the file has none)."
        )
    ids = as_ids(areas["area_id"])
    if ids.isna().any():
        raise DataError(
            f"{int(ids.isna().sum())} of {len(ids)} rows of 'areas' have no area_id.\n  Fix: usable_rows()."
        )
    if ids.duplicated().any():
        first = ids[ids.duplicated()].iloc[0]
        raise DataError(
            f"{int(ids.duplicated().sum())} of {len(ids)} rows of 'areas' repeat an area_id, "
            f"the first is '{first}'.\n"
            "  Fix: usable_rows(areas, 'areas') keeps repeated ids under a new one."
        )
    return ids


def _given(layers: Mapping[str, Any], scheme: Scheme) -> dict[str, Any]:
    known = [*TABLES, "population", "land_cover", *scheme.layers]
    for name in layers:
        if name not in known:
            raise OptionError(
                f"layers has '{name}', which nothing reads{nearest(name, known)}\n"
                f"  This scheme reads: {', '.join(scheme.layers) or 'none'}."
            )
    return {name: layer for name, layer in layers.items() if layer is not None}


def _measured(areas: pd.DataFrame, measure: Measure, given: Given, column: str) -> Floats:
    """Compute one column; missing throughout where the layer that it reads was not given."""
    needs_place = measure.name in NEED_PLACE
    if (measure.layer != "areas" and measure.layer not in given.layers) or (needs_place and has_no_place(areas)):
        return np.full(len(areas), np.nan)
    return MEASURES[measure.name](areas, given, measure.args, column)
