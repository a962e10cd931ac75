"""Areas against administrative units."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from landrelease.errors import DataError
from landrelease.match.ids import id_column
from landrelease.match.overlap import UNMAPPED, match_overlap

__all__ = ["assign_admin", "finest_level"]


def finest_level(admin_areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the units of the finest level, that of the highest number, or all where no level is given."""
    if "level" not in admin_areas or admin_areas["level"].isna().all():
        return admin_areas
    return admin_areas[admin_areas["level"] == admin_areas["level"].max()]


def assign_admin(areas: gpd.GeoDataFrame, admin_areas: gpd.GeoDataFrame) -> pd.DataFrame:
    """Split each area at the borders of administrative units.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons with an id column, in any CRS.
    admin_areas : GeoDataFrame
        Table `admin_areas` in the same CRS. Where it holds several levels, the finest counts. Where units overlap,
        the land is shared equally.

    Returns
    -------
    DataFrame
        id, admin_code, overlap_m2, overlap_share, largest part first; the code is missing for land in no unit. An
        area without a polygon has one row, all missing. [m2, share]

    Raises
    ------
    CRSError, DataError
        As `match_overlap`.

    Examples
    --------
    >>> from shapely import box
    >>> units = gpd.GeoDataFrame({"admin_code": ["N", "S"]}, geometry=[box(0, 1, 9, 2), box(0, 0, 9, 1)], crs=4326)
    >>> areas = gpd.GeoDataFrame({"area_id": ["A"]}, geometry=[box(1, 0.75, 2, 1.75)], crs=4326)
    >>> assign_admin(areas, units).round(2)[["admin_code", "overlap_share"]].values.tolist()
    [['N', 0.75], ['S', 0.25]]
    >>> assign_admin(areas, units.iloc[:0])["admin_code"].tolist()
    [nan]
    """
    if "admin_code" not in admin_areas:
        raise DataError("'admin_areas' has no column 'admin_code'. Fix: read(path, 'admin_areas', columns={...})")
    key = id_column(areas)
    units = finest_level(admin_areas)
    parts = match_overlap(areas[[key, areas.geometry.name]], units, by="admin_code")
    parts = parts[~((parts["admin_code"] == UNMAPPED) & (parts["overlap_share"] <= 1e-9))]
    parts["admin_code"] = parts["admin_code"].mask(parts["admin_code"] == UNMAPPED)
    order = pd.Series(range(len(areas)), index=areas[key].astype("str").to_numpy())
    place = parts[key].astype("str").map(order[~order.index.duplicated()])
    parts = parts.assign(place=place).sort_values(["place", "overlap_m2"], ascending=[True, False], kind="stable")
    return parts.drop(columns="place").reset_index(drop=True)
