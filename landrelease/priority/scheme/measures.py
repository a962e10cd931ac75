"""One function a measure: a column of a criterion from the areas and a layer, by the matching functions."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from landrelease.cells import as_days, counted
from landrelease.errors import DataError, DataWarning, OptionError, nearest
from landrelease.geometry import geodesic_area_m2, metric_crs, require_crs, to_crs
from landrelease.match.nearby import match_nearby, near_pairs
from landrelease.match.overlap import match_overlap
from landrelease.match.raster import Quantity, match_raster
from landrelease.priority.values import as_numbers
from landrelease.tables import use_group

__all__ = ["MEASURES", "NEED_PLACE", "Given", "consulted", "has_no_place"]

Floats = npt.NDArray[np.float64]
_EARTH_M = 6_371_009.0
"""Mean radius of the Earth. [m]"""
_MIN_COVERED_SHARE = 0.5
"""Below this share of an area with valid cells or mapped land, nothing is said of its classes or people."""
_WELL_COVERED_SHARE = 0.95
"""Below this share of the surroundings of an area with valid cells, a sum of people is told to be low."""


@dataclass(frozen=True)
class Given:
    """What the measures may look at: the layers that were given, and the day up to which they count."""

    layers: dict[str, Any]
    as_of: pd.Timestamp | None


def has_no_place(areas: pd.DataFrame) -> bool:
    """Tell whether no row has a geometry."""
    if not isinstance(areas, gpd.GeoDataFrame):
        return True
    shapes = areas.geometry.to_numpy()
    return bool((shapely.is_missing(shapes) | shapely.is_empty(shapes)).all())


def _placed(areas: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the shapes that there are, with their positions among the areas as area_id."""
    crs = require_crs(cast(gpd.GeoDataFrame, areas), "areas")
    shapes = cast(gpd.GeoDataFrame, areas).geometry.to_numpy()
    places = np.flatnonzero(~shapely.is_missing(shapes) & ~shapely.is_empty(shapes))
    return gpd.GeoDataFrame({"area_id": places.astype(str)}, geometry=shapes[places], crs=crs)


def _in_plane(areas: pd.DataFrame) -> tuple[gpd.GeoDataFrame, Floats]:
    """Return the same in a plane centred on them, and how many of its metres make a true one at each."""
    here = _placed(areas)
    plane = to_crs(here, metric_crs(here), "areas")
    # Scale of the transverse Mercator projection of a sphere: Snyder (1987), USGS Prof. Paper 1395, p. 58.
    return plane, np.cosh(plane.centroid.x.to_numpy() / _EARTH_M)


def _by_place(positions: pd.Series, values: pd.Series, length: int) -> Floats:
    result = np.full(length, np.nan)
    result[positions.astype(int).to_numpy()] = values.to_numpy(dtype="float64", na_value=np.nan)
    return result


def _features(layer: Any, name: str) -> gpd.GeoDataFrame:
    """Return the features of a layer that have a geometry."""
    if not isinstance(layer, gpd.GeoDataFrame):
        raise OptionError(
            f"layer '{name}' must be a GeoDataFrame; got {type(layer).__name__}. Fix: landrelease.read(...)"
        )
    require_crs(layer, name)
    shapes = layer.geometry.to_numpy()
    return layer[~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)]


def _people_within(areas: pd.DataFrame, given: Given, args: dict[str, Any], column: str) -> Floats:
    raster = given.layers[args["layer"]]
    if isinstance(raster, gpd.GeoDataFrame):
        return _people_of_places(areas, raster, args)
    if isinstance(raster, str | PathLike):
        raster = Quantity(raster)
    if not isinstance(raster, Quantity):
        what = f"got {type(raster).__name__}"
        raise OptionError(f"criterion '{column}' reads a raster of people or a layer of settlements; {what}")
    around, scale = _in_plane(areas)
    around["geometry"] = around.buffer(args["within_m"] * scale)
    found = match_raster(around, Path(raster.path), stat="sum", band=raster.band, nodata=raster.nodata)
    if (found["value"] < 0).any():
        lowest = found["value"].min()
        raise DataError(
            f"criterion '{column}': '{Path(raster.path).name}' gives {lowest:,.0f} people around an area.\n"
            f"  Fix: say which value means nothing: nodata = ... under [inputs.population], or Quantity(nodata=...)."
        )
    seen = found["covered_share"] >= _MIN_COVERED_SHARE
    few = int((seen & (found["covered_share"] < _WELL_COVERED_SHARE)).sum())
    if few:
        warnings.warn(
            f"{column}: the raster covers less than {_WELL_COVERED_SHARE:.0%} of the surroundings of "
            f"{few} area{'s' if few > 1 else ''}: "
            f"more people may live there.",
            DataWarning,
            stacklevel=2,
        )
    return _by_place(found["area_id"], found["value"].where(seen), len(areas))


def _people_of_places(areas: pd.DataFrame, settlements: gpd.GeoDataFrame, args: dict[str, Any]) -> Floats:
    """Sum the people of the settlements whose point is near; missing where one of them has no known number."""
    places = _features(settlements, args["layer"])
    here = _placed(areas)
    points = gpd.GeoDataFrame(
        {"settlement_id": np.arange(len(places)).astype(str)}, geometry=places.geometry.to_numpy(), crs=places.crs
    )
    near = match_nearby(here, to_crs(points, here.crs, args["layer"]), within_m=args["within_m"])
    people = _cells(places, "population_count").astype("Float64").to_numpy(dtype=float, na_value=np.nan)
    result = np.full(len(areas), np.nan)
    result[here["area_id"].astype(int).to_numpy()] = 0.0
    np.add.at(result, near["area_id"].astype(int).to_numpy(), people[near["feature_id"].astype(int).to_numpy()])
    return result


def _until(table: Any, given: Given, column: str) -> Any:
    """Return the rows up to the day that counts; one without a day may be of any, and counts."""
    if given.as_of is None or not isinstance(table, pd.DataFrame) or column not in table.columns:
        return table
    return table[~(as_days(table[column], column) > given.as_of).to_numpy(dtype=bool)]


def _accidents_within(areas: pd.DataFrame, given: Given, args: dict[str, Any], column: str) -> Floats:
    name = args["layer"]
    known = _until(given.layers[name], given, "accident_date")
    accidents = _features(known, name)
    _warn_of(len(known) - len(accidents), name, "no point, near no area")
    if args["months"]:
        accidents = _recent(accidents, args["months"], given.as_of, name, column)
    numbers = np.ones(len(accidents))
    if args["count"] == "victims":
        numbers = _victims(accidents, name)
    here = _placed(areas)
    places = gpd.GeoDataFrame(
        {"accident_id": np.arange(len(accidents)).astype(str)},
        geometry=accidents.geometry.to_numpy(),
        crs=accidents.crs,
    )
    near = match_nearby(here, to_crs(places, here.crs, name), within_m=args["within_m"])
    result = np.full(len(areas), np.nan)
    result[here["area_id"].astype(int).to_numpy()] = 0.0
    np.add.at(result, near["area_id"].astype(int).to_numpy(), numbers[near["feature_id"].astype(int).to_numpy()])
    return result


def _recent(
    accidents: gpd.GeoDataFrame, months: int, as_of: pd.Timestamp | None, name: str, column: str
) -> gpd.GeoDataFrame:
    if as_of is None:
        raise OptionError(
            f"criterion '{column}' counts the last {months} months: up to which day?\n"
            "  Fix: criteria_table(..., as_of='2025-12-31')."
        )
    dates = as_days(_cells(accidents, "accident_date"), "accident_date")
    _warn_of(int(dates.isna().sum()), name, f"no date, not counted among the last {months} months")
    is_recent = dates > as_of - pd.DateOffset(months=months)
    return accidents[is_recent.to_numpy(dtype=bool)]


def _victims(accidents: gpd.GeoDataFrame, name: str) -> Floats:
    """People killed and injured in each accident; a count that is missing adds none, and is told."""
    counts = [
        as_numbers(_cells(accidents, one), f"column '{one}' of '{name}'") for one in ("killed_count", "injured_count")
    ]
    unknown = np.isnan(counts).all(axis=0)
    _warn_of(int(unknown.sum()), name, "no number of victims")
    return cast(Floats, np.nansum(counts, axis=0))


def _warn_of(count: int, name: str, what: str, least: str = "the counts are at least what is said") -> None:
    if count:
        rows = counted(count, f"row of '{name}' has", f"rows of '{name}' have")
        warnings.warn(f"{rows} {what}: {least}", DataWarning, 4)


def _cells(frame: pd.DataFrame, name: str) -> pd.Series:
    return frame[name] if name in frame.columns else pd.Series(None, index=frame.index, dtype="object")


def _share_of_class(areas: pd.DataFrame, given: Given, args: dict[str, Any], column: str) -> Floats:
    layer = _until(given.layers[args["layer"]], given, "observed_date")
    if isinstance(layer, list | tuple):
        layer = [one for one in layer if given.as_of is None or pd.Timestamp(one.year, 12, 31) <= given.as_of]
        if not layer:
            return np.full(len(areas), np.nan)
        layer = max(layer, key=lambda cover: cover.year)
    shares, covered = (_mapped_shares if isinstance(layer, pd.DataFrame) else _raster_shares)(
        areas, layer, args, column
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(covered >= _MIN_COVERED_SHARE, np.minimum(shares / covered, 1.0), np.nan)


def _raster_shares(areas: pd.DataFrame, layer: Any, args: dict[str, Any], column: str) -> tuple[Floats, Floats]:
    path = layer if isinstance(layer, str | PathLike) else getattr(layer, "path", None)
    legend = getattr(layer, "legend", None)
    if path is None or (legend is None and not args["class_codes"]):
        raise OptionError(
            f"criterion '{column}' reads land cover with a legend; got {type(layer).__name__}.\n"
            "  Fix: layers={'land_cover': LandCover(path, year, legend)}, or name class_codes in the scheme."
        )
    found = match_raster(_placed(areas), Path(path), stat="shares", legend=legend)
    wanted = found["class_code"].isin(args["class_codes"]) | found["use_code"].isin(args["use_codes"])
    covered = found.groupby("area_id")["covered_share"].first()
    shares = found["class_share"].where(wanted.to_numpy(dtype=bool), 0.0).groupby(found["area_id"]).sum()
    places = covered.index.to_series()
    return _by_place(places, shares, len(areas)), _by_place(places, covered, len(areas))


def _mapped_shares(areas: pd.DataFrame, layer: Any, args: dict[str, Any], column: str) -> tuple[Floats, Floats]:
    here = _placed(areas)
    mapped = to_crs(_features(layer, args["layer"]), here.crs, args["layer"])
    found = match_overlap(here, mapped, by="use_code")
    is_mapped = found["use_code"].notna() & (found["use_code"] != "unmapped")
    wanted = found["use_code"].isin(args["use_codes"])

    def total(rows: pd.Series) -> Floats:
        shares = found["overlap_share"].where(rows.to_numpy(dtype=bool), 0.0).groupby(found["area_id"]).sum()
        return _by_place(shares.index.to_series(), shares, len(areas))

    return total(wanted), total(is_mapped)


def _distance_to(areas: pd.DataFrame, given: Given, args: dict[str, Any], column: str) -> Floats:
    name = args["layer"]
    features = _features(given.layers[name], name)
    if args["only"]:
        said = as_numbers(_cells(features, args["only"]), f"column '{args['only']}' of '{name}'")
        features = features[said == 1]
    if features.empty:
        return np.full(len(areas), np.nan)
    here = _placed(areas)
    places = to_crs(features, here.crs, name).geometry.to_numpy()
    rows, _, metres = near_pairs(here.geometry.to_numpy(), places, here.crs, None, nearest=1)
    return _by_place(here["area_id"].iloc[rows], pd.Series(metres), len(areas))


def _project_waiting(areas: pd.DataFrame, given: Given, args: dict[str, Any], column: str) -> Floats:
    """Tell whether a planned or running project has a place at the area; missing where one may, or may be over."""
    name = args["layer"]
    layer = given.layers[name]
    waits = _is_waiting(layer, given.as_of, name, column)
    is_placed = as_numbers(_cells(layer, "is_point"), f"column 'is_point' of '{name}'") == 1
    here = _placed(areas)
    result = np.full(len(areas), np.nan)
    result[here["area_id"].astype(int).to_numpy()] = 0.0
    if isinstance(layer, gpd.GeoDataFrame):
        require_crs(layer, name)
        shapes = layer.geometry.to_numpy()
        is_placed &= ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    else:
        is_placed[:] = False
    _warn_of(int(((waits > 0) & ~is_placed).sum()), name, "no usable place", "no area is known on which they wait")
    used = np.flatnonzero(is_placed & (waits != 0))
    if len(used):
        places = gpd.GeoDataFrame({"location_id": used.astype(str)}, geometry=shapes[used], crs=layer.crs)
        near = match_nearby(here, to_crs(places, here.crs, name), within_m=args["within_m"])
        rows, found = near["area_id"].astype(int).to_numpy(), waits[near["feature_id"].astype(int).to_numpy()]
        result[rows[np.isnan(found)]] = np.nan
        result[rows[found == 1]] = 1.0
    return result


def _is_waiting(projects: pd.DataFrame, as_of: pd.Timestamp | None, name: str, column: str) -> Floats:
    """Return 1 for what is planned or running, by its status, else by its end; NaN where neither is known."""
    status = _cells(projects, "status").astype("object")
    by_status = np.where(status.isna(), np.nan, status.isin(["pipeline", "implementation"]))
    ends = as_days(_cells(projects, "end_date"), "end_date")
    undecided = np.isnan(by_status) & ends.notna().to_numpy()
    if undecided.any() and as_of is None:
        raise OptionError(
            f"criterion '{column}': {int(undecided.sum())} rows of '{name}' have no status but an end: over by which "
            "day?\n  Fix: criteria_table(..., as_of='2025-12-31')."
        )
    if undecided.any():
        by_status[undecided] = ends[undecided] >= as_of
    return cast(Floats, by_status)


def _column(areas: pd.DataFrame, given: Given, args: dict[str, Any], column: str) -> Floats:
    name, layer = args["name"], args["layer"]
    what = f"criterion '{column}', column '{name}' of '{layer}'"
    cells = _cells(areas, name)
    if layer != "areas":
        table = given.layers[layer]
        _require_columns(table, layer, ["admin_code", name])
        by_unit = pd.DataFrame(table)[["admin_code", name]].dropna(subset="admin_code").set_index("admin_code")[name]
        if by_unit.index.has_duplicates:
            twice = by_unit.index[by_unit.index.duplicated()]
            raise DataError(f"{what}: {len(twice)} rows repeat an admin_code, the first is '{twice[0]}'")
        cells = _cells(areas, "admin_code").map(by_unit)
    if args["values"]:
        cells = cells.astype("str").map(args["values"])
    return as_numbers(cells, what)


def _require_columns(table: Any, layer: str, columns: list[str]) -> None:
    if not isinstance(table, pd.DataFrame):
        raise OptionError(
            f"layer '{layer}' must be a DataFrame; got {type(table).__name__}. Fix: landrelease.read(...)"
        )
    lacking = [name for name in columns if name not in table.columns]
    if lacking:
        raise DataError(
            f"'{layer}' has no column {', '.join(lacking)}{nearest(lacking[0], map(str, table.columns))}\n"
            f"  Fix: name it on reading, read(..., '{layer}', columns={{'{lacking[0]}': ...}})."
        )


def _community_rank(areas: pd.DataFrame, given: Given, args: dict[str, Any], column: str) -> Floats:
    name = args["layer"]
    needs, rank, units = _asked(areas, given, name)
    if not args["same_use"]:
        asked = rank.groupby(needs["admin_code"]).min()
        return cast(Floats, units.map(asked).to_numpy(dtype="float64"))
    blocked = _cells(areas, "blocked_resource_code")
    group = use_group(blocked.where(blocked.notna(), _cells(areas, "intended_use_code")))
    best = rank.groupby([needs["admin_code"], use_group(_cells(needs, "wanted_use_code"))]).min()
    keys = pd.MultiIndex.from_arrays([units.astype("object"), group.astype("object")])
    named = best.reindex(keys).to_numpy(dtype="float64") if len(best) else np.full(len(areas), np.nan)
    ranks = np.where(np.isnan(named), float(args["unnamed"]), named)
    return np.where(group.notna().to_numpy() & units.notna().to_numpy(), ranks, np.nan)


def consulted(areas: pd.DataFrame, given: Given, args: dict[str, Any]) -> list[Floats]:
    """Return how many women and men were asked for `community_rank`; missing where nobody wrote it down.

    A meeting that names several needs stands in several rows: the largest number of a unit counts, not the sum.
    """
    name = args["layer"]
    needs, _, units = _asked(areas, given, name)
    found = []
    for who in ("women_consulted_count", "men_consulted_count"):
        counts = pd.Series(as_numbers(_cells(needs, who), f"column '{who}' of '{name}'"), index=needs.index)
        found.append(cast(Floats, units.map(counts.groupby(needs["admin_code"]).max()).to_numpy(dtype="float64")))
    return found


def _asked(areas: pd.DataFrame, given: Given, name: str) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """Return the needs, their ranks, and for each area the unit that was asked."""
    _require_columns(given.layers[name], name, ["admin_code", "rank"])
    needs = pd.DataFrame(_until(given.layers[name], given, "asked_date"))
    rank = pd.Series(as_numbers(needs["rank"], f"column 'rank' of '{name}'"), index=needs.index)
    codes = _cells(areas, "admin_code").astype("str")
    asked = pd.Index(needs["admin_code"][rank.notna()].dropna().unique())
    return needs, rank, _asked_unit(codes, asked, given.layers.get("admin_areas"))


def _asked_unit(codes: pd.Series, asked: pd.Index, admin_areas: Any) -> pd.Series:
    """Return the unit of each area, or the nearest above it, that was asked; missing where none was."""
    is_asked = codes.isin(asked)
    if admin_areas is None or "parent_code" not in admin_areas.columns:
        return codes.where(is_asked)
    parents = pd.DataFrame(admin_areas).dropna(subset="admin_code").drop_duplicates("admin_code")
    parent = parents.set_index("admin_code")["parent_code"]
    found = codes.where(is_asked)
    # Units have few levels above them; the bound stops where parents go round in a circle.
    for _ in range(10):
        codes = codes.map(parent).where(found.isna())
        if codes.isna().all():
            break
        found = found.where(found.notna(), codes.where(codes.isin(asked)))
    return found


def _area(areas: pd.DataFrame, given: Given, args: dict[str, Any], column: str) -> Floats:
    size = geodesic_area_m2(cast(gpd.GeoDataFrame, areas))
    return np.where(shapely.is_empty(cast(gpd.GeoDataFrame, areas).geometry.to_numpy()), np.nan, size)


def _blocked_resource(areas: pd.DataFrame, given: Given, args: dict[str, Any], column: str) -> Floats:
    codes = _cells(areas, "blocked_resource_code")
    return np.where(codes.isna(), np.nan, codes.isin(args["codes"]).to_numpy(dtype="float64"))


MEASURES: dict[str, Callable[[pd.DataFrame, Given, dict[str, Any], str], Floats]] = {
    "people_within": _people_within,
    "accidents_within": _accidents_within,
    "share_of_class": _share_of_class,
    "distance_to": _distance_to,
    "column": _column,
    "project_waiting": _project_waiting,
    "community_rank": _community_rank,
    "area": _area,
    "blocked_resource": _blocked_resource,
}
"""Measure to its function; criteria.py declares their arguments."""
NEED_PLACE = ("people_within", "accidents_within", "share_of_class", "distance_to", "project_waiting", "area")
