"""Where a project is known to be: a point, the neighbourhood of one, an administrative unit, or nowhere."""

from __future__ import annotations

import warnings
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.cells import as_days
from landrelease.checks.arguments import is_number
from landrelease.errors import DataError, DataWarning, OptionError
from landrelease.match.nearby import check_distance

__all__ = ["DAYS_A_MONTH", "check_tables", "codes_of", "column_of", "dates_at", "place_kinds", "units_above"]

DAYS_A_MONTH = 30.4375
"""Mean length of a month: 365.25 / 12. [days]"""


def check_tables(releases: pd.DataFrame, projects: pd.DataFrame, within_m: float, months: dict[str, float]) -> None:
    """Raise OptionError for what is no distance or no month, DataError for a table without its ids."""
    check_distance(within_m)
    for name, value in months.items():
        if not is_number(value) or value < 0:
            raise OptionError(f"{name} must be a number of months, 0 or more; got {value!r}")
    for what, frame, needed in (
        ("releases", releases, ("release_id",)),
        ("projects", projects, ("project_id", "location_id")),
    ):
        lacking = [name for name in needed if name not in frame.columns]
        if lacking:
            raise DataError(
                f"'{what}' has no column {', '.join(lacking)}; it has {', '.join(map(str, frame.columns))}.\n"
                f"  Fix: read(..., '{what}', columns={{'THEIR_NAME': '{lacking[0]}'}})."
            )


def place_kinds(projects: pd.DataFrame, *, tell: bool = True) -> np.ndarray[Any, Any]:
    """Tell how well each row is placed: exact (a point), near (approximate), unit (by admin_code), none (too coarse).

    The legacy precision decides where there is one: 1 exact, 2 near, 3 and 4 a unit, 5 to 9 nothing. Else the location
    class with the exactness: class 1 is a region, whose point is a centroid.
    """
    has_shape = np.zeros(len(projects), bool)
    if isinstance(projects, gpd.GeoDataFrame) and projects.active_geometry_name is not None:
        shapes = projects.geometry.to_numpy()
        has_shape = ~shapely.is_missing(shapes) & ~shapely.is_empty(shapes)
    said = column_of(projects, "is_point").astype("boolean")
    silent = int((has_shape & said.isna().to_numpy()).sum())
    if silent and tell:
        warnings.warn(
            f"{silent} rows of 'projects' have a geometry and do not say whether it is a "
            "place (is_point): they match by admin_code only.\n"
            "  Fix: read(..., values={'is_point': True}) if all of them are.",
            DataWarning,
            stacklevel=3,
        )
    of_class, exactness, precision = (
        codes_of(projects, f"location_{name}_code").fillna("").to_numpy(dtype=object)
        for name in ("class", "exactness", "precision")
    )
    is_region = (of_class == "1") | (has_shape & np.isin(precision, ("3", "4")))
    is_exact = has_shape & ~is_region & said.fillna(False).to_numpy(dtype=bool)
    is_exact &= (exactness != "2") & np.isin(precision, ("", "1"))
    is_near = has_shape & ~is_region & (exactness == "2") & np.isin(of_class, ("2", "3", "4")) & (precision == "")
    is_near |= has_shape & ~is_region & (precision == "2")
    is_none = np.isin(precision, ("5", "6", "7", "8", "9"))
    return np.select([is_none, is_exact, is_near], ["none", "exact", "near"], "unit")


def column_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return a column, all missing where the frame has none."""
    return frame[name] if name in frame.columns else pd.Series(None, index=frame.index, dtype="object")


def codes_of(frame: pd.DataFrame, name: str) -> pd.Series:
    """Return the codes of units without blanks around them; an empty one is missing."""
    codes = column_of(frame, name).astype("str").str.strip()
    return codes.mask(codes.eq(""))


def units_above(admin_areas: pd.DataFrame | None, units: pd.Series) -> pd.DataFrame:
    """Return each unit with itself and every unit above it, and the level of that: unit, above, level."""
    own = pd.DataFrame({"unit": units.to_numpy(), "above": units.to_numpy()}).drop_duplicates().astype("str")
    if admin_areas is None:
        return own.assign(level=pd.Series(pd.NA, index=own.index, dtype="Int64"))
    lacking = [name for name in ("admin_code", "parent_code") if name not in admin_areas.columns]
    if lacking:
        raise DataError(
            f"'admin_areas' has no column {', '.join(lacking)}; it has {', '.join(map(str, admin_areas.columns))}.\n"
            f"  Fix: read(..., 'admin_areas', columns={{'THEIR_NAME': '{lacking[0]}'}})."
        )
    table = pd.DataFrame({"above": codes_of(admin_areas, "admin_code"), "next": codes_of(admin_areas, "parent_code")})
    level = pd.to_numeric(column_of(admin_areas, "level"), errors="coerce").groupby(table["above"]).first()
    steps = table.dropna().drop_duplicates()
    every, count = own, -1
    # one level a turn, until no pair is new: a unit that is above itself by mistake ends it too
    while len(every) > count:
        count = len(every)
        higher = every.merge(steps, on="above")[["unit", "next"]].rename(columns={"next": "above"})
        every = pd.concat([every, higher], ignore_index=True).drop_duplicates(ignore_index=True)
    return every.assign(level=every["above"].map(level).astype("Float64").astype("Int64"))


def dates_at(frame: pd.DataFrame, name: str, positions: pd.Series) -> pd.Series:
    """Return the days in the rows at some positions."""
    dates = as_days(column_of(frame, name), name)
    return dates.iloc[positions.to_numpy()].reset_index(drop=True)
