"""The state of projects on a day, and the hazardous areas in their way."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.checks.arguments import number_column, require_columns, text_column, typed, unique_ids
from landrelease.errors import DataError
from landrelease.geometry import require_same_crs
from landrelease.linkage.provinces import provinces_of
from landrelease.match.nearby import check_distance, near_pairs
from landrelease.tables import NO_HAZARD

__all__ = ["hazards_of", "projects_in_the_way", "state_of", "unplaced"]


def state_of(projects: pd.DataFrame, day: pd.Timestamp) -> pd.Series:
    """Return the state of each project on a day: dates decide, then the status; what neither tells is unknown.

    Examples
    --------
    >>> projects = pd.DataFrame({"start_date": pd.to_datetime(["2020-01-01", "2030-01-01", None, None]),
    ...     "end_date": pd.to_datetime(["2021-01-01", None, None, None]),
    ...     "status": [None, None, "implementation", None]})
    >>> state_of(projects, pd.Timestamp("2020-06-30")).tolist()
    ['running', 'planned', 'running', 'unknown']
    """
    start, end, status = projects["start_date"], projects["end_date"], projects["status"]
    is_over = (end < day) | (end.isna() & status.eq("closed"))
    is_later = (start > day) | (status.eq("pipeline") & ~is_over)
    runs = ((start <= day) & (end >= day)) | status.isin(["implementation", "finalisation"])
    states = np.select([is_over, is_later, runs], ["ended", "planned", "running"], "unknown")
    return pd.Series(states, index=projects.index, dtype="str")


def hazards_of(hazards: pd.DataFrame | None, admin_areas: pd.DataFrame | None, level: int | None) -> pd.DataFrame:
    """Return the areas that are still hazardous: all but those released or superseded."""
    given = hazards if hazards is not None else pd.DataFrame({"area_id": []})
    found = given.copy()
    found["area_id"] = unique_ids(given, "area_id", "hazards")
    found["hazard_class"] = text_column(given, "hazard_class")
    found = found[~text_column(given, "status").isin(NO_HAZARD).to_numpy(dtype=bool)].reset_index(drop=True)
    found["province_code"] = provinces_of(text_column(found, "admin_code"), admin_areas, level)
    return found


def unplaced(hazards: pd.DataFrame) -> tuple[int, int]:
    """Return how many hazardous areas have no place on record, and how many a point alone.

    Examples
    --------
    >>> shapes = [shapely.Point(18, 44), None, shapely.box(18, 44, 18.1, 44.1)]
    >>> unplaced(gpd.GeoDataFrame({"area_id": ["A", "B", "C"]}, geometry=shapes, crs=4326))
    (1, 1)
    >>> unplaced(pd.DataFrame({"area_id": ["A"]}))
    (1, 0)
    """
    if not isinstance(hazards, gpd.GeoDataFrame) or hazards.active_geometry_name is None:
        return len(hazards), 0
    shapes = hazards.geometry.to_numpy()
    is_nowhere = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    return int(is_nowhere.sum()), int((~is_nowhere & (shapely.get_dimensions(shapes) == 0)).sum())


def projects_in_the_way(
    places: pd.DataFrame, hazards: pd.DataFrame, ranking: pd.DataFrame | None, within_m: float
) -> pd.DataFrame:
    """Return the places of projects that have not ended with the hazardous areas within a distance of them."""
    check_distance(within_m)
    pairs = pd.DataFrame({"area": np.zeros(0, int), "place": np.zeros(0, int), "distance_m": np.zeros(0)})
    here = places[_is_place(places) & ~places["project_state_code"].eq("ended").to_numpy(dtype=bool)]
    if len(here) and len(hazards):
        if not isinstance(hazards, gpd.GeoDataFrame):
            raise DataError("'hazards' has no geometry: nobody can say what stands on it. Fix: read(..., 'areas')")
        crs = require_same_crs(hazards, places, "hazards", "projects")
        shapes = hazards.geometry.to_numpy(), here.geometry.to_numpy()
        area, place, distance = near_pairs(*shapes, crs, within_m)
        pairs = pd.DataFrame({"area": area, "place": place, "distance_m": distance})
    ranks = _ranks(ranking)
    rows = here.iloc[pairs["place"].to_numpy()].reset_index(drop=True)
    rows["distance_m"] = pairs["distance_m"].to_numpy()
    for name in ("area_id", "hazard_class"):
        rows[name] = hazards[name].iloc[pairs["area"].to_numpy()].to_numpy()
    rows["rank"] = rows["area_id"].map(ranks)
    order = rows.assign(place=pairs["place"].to_numpy()).sort_values(["rank", "distance_m", "place"], kind="stable")
    return typed(
        pd.DataFrame(order.drop(columns=[one for one in ("geometry",) if one in order])), "coordination_hazards"
    )


def _is_place(places: pd.DataFrame) -> Any:
    """Tell which rows are places: they have a geometry and say that it is one."""
    if not isinstance(places, gpd.GeoDataFrame) or places.active_geometry_name is None or "is_point" not in places:
        return np.zeros(len(places), bool)
    shapes = places.geometry.to_numpy()
    is_said = places["is_point"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    return is_said & ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)


def _ranks(ranking: pd.DataFrame | None) -> pd.Series:
    if ranking is None:
        return pd.Series(dtype="float64")
    require_columns(ranking, "ranking", ["rank"])
    return pd.Series(
        number_column(ranking, "rank", "ranking", low=1).to_numpy(), index=unique_ids(ranking, "area_id", "ranking")
    )
