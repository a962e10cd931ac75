"""What each source says of the use of each release, as shares of its land with a date.

Every source gives the same long frame, `release_id, use_code, share, evidence_date`: a productive use code, "none"
for land seen unused; what is missing to 1 was not observed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.errors import DataError
from landrelease.geometry import polygonal, repaired
from landrelease.match.legends import LandCover
from landrelease.match.overlap import UNMAPPED, match_overlap
from landrelease.match.raster import match_raster
from landrelease.tables import CODES, conform

__all__ = ["COLUMNS", "from_follow_ups", "from_land_cover", "from_land_use", "match_follow_ups"]

COLUMNS = ["release_id", "use_code", "share", "evidence_date"]
_NOTHING = pd.DataFrame(columns=COLUMNS).astype(
    {"release_id": "str", "use_code": "str", "share": float, "evidence_date": "datetime64[us]"}
)


def match_follow_ups(releases: pd.DataFrame, follow_ups: pd.DataFrame, *, as_of: Any) -> pd.DataFrame:
    """Find the release that each visit speaks of.

    Parameters
    ----------
    releases : DataFrame
        Table `releases`.
    follow_ups : DataFrame
        Table `follow_ups`. A visit names its release, or its area and then means that area's latest release on or
        before the visit.
    as_of : date
        Visits after this day are not used.

    Returns
    -------
    DataFrame
        One row a visit, in their order: follow_up_id, release_id, reason. The release is missing, and the reason
        says why, where the visit can not be used.

    Raises
    ------
    DataError
        A frame lacks its id column.

    Examples
    --------
    >>> releases = pd.DataFrame({"release_id": ["E1", "E2"], "area_id": ["A", "A"],
    ...                          "release_date": pd.to_datetime(["2020-01-31", "2021-01-31"])})
    >>> visits = pd.DataFrame({"follow_up_id": ["1", "2", "3"], "area_id": ["A", "A", "B"],
    ...     "visit_date": pd.to_datetime(["2020-06-01", "2022-06-01", "2022-06-01"]), "use_code": ["none"] * 3})
    >>> match_follow_ups(releases, visits, as_of="2025-12-31").values.tolist()
    [['1', 'E1', ''], ['2', 'E2', ''], ['3', nan, 'no release of that area on or before the visit']]
    >>> len(match_follow_ups(releases, visits.iloc[:0], as_of="2025-12-31"))
    0
    """
    if "release_id" not in releases or "follow_up_id" not in follow_ups:
        raise DataError("'releases' needs release_id, 'follow_ups' needs follow_up_id.")
    known = conform(pd.DataFrame(releases), "releases")
    visits = conform(follow_ups, "follow_ups").reset_index(drop=True)
    by_id = known.drop_duplicates("release_id").set_index("release_id")
    first_day = _first_day(known).groupby(known["release_id"]).first()
    found, reasons = visits["release_id"].copy(), pd.Series("", index=visits.index, dtype="str")
    reasons = reasons.mask(found.notna() & ~found.isin(by_id.index), "no release has that id")
    early = visits["visit_date"].to_numpy() < first_day.reindex(found).to_numpy()
    reasons = reasons.mask(early, "the visit was before the release")
    for row in np.flatnonzero(found.isna()).tolist():
        found.iloc[row], reasons.iloc[row] = _by_area(visits.iloc[row], known)
    reasons = reasons.mask(visits["visit_date"].isna(), "the visit has no date")
    reasons = reasons.mask(visits["visit_date"] > pd.Timestamp(as_of), "the visit is after the day of the assessment")
    is_code = visits["use_code"].isin(list(CODES["use_code"]))
    reasons = reasons.mask((reasons == "") & ~is_code, "the visit says nothing of the use that can be read")
    found = found.where(reasons == "")
    return pd.DataFrame({"follow_up_id": visits["follow_up_id"], "release_id": found.astype("str"), "reason": reasons})


def _first_day(releases: pd.DataFrame) -> pd.Series:
    """Return the first day on which land may have been released: of a year or month, its first day."""
    day, precision = releases["release_date"], releases["date_precision"]
    day = day.mask(precision.eq("year"), day - pd.offsets.YearBegin(1))
    return day.mask(precision.eq("month"), day - pd.offsets.MonthBegin(1))


def _by_area(visit: pd.Series, releases: pd.DataFrame) -> tuple[str | None, str]:
    if pd.isna(visit["area_id"]):
        return None, "the visit names no release and no area"
    own = releases[releases["area_id"] == visit["area_id"]]
    if len(own) > 1 and own["release_date"].isna().any():
        return None, "ambiguous: the area has several releases, not all dated"
    earlier = own[~(own["release_date"] > visit["visit_date"])]
    if earlier.empty:
        return None, "no release of that area on or before the visit"
    latest = earlier[earlier["release_date"].isna() | (earlier["release_date"] == earlier["release_date"].max())]
    if len(latest) > 1:
        return None, "ambiguous: the area has several releases of that day"
    return str(latest["release_id"].iloc[0]), ""


def from_follow_ups(releases: gpd.GeoDataFrame, follow_ups: pd.DataFrame, *, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return what the latest visit to each release saw, with its id and reason in further columns."""
    links = match_follow_ups(releases, follow_ups, as_of=as_of)
    visits = conform(follow_ups, "follow_ups").reset_index(drop=True).assign(release_id=links["release_id"])
    visits = visits[visits["release_id"].notna()].sort_values(["visit_date", "follow_up_id"], kind="stable")
    visits = visits.drop_duplicates("release_id", keep="last")
    if visits.empty:
        return _NOTHING.assign(reason_unused_code="")
    area_m2 = visits["release_id"].map(releases.set_index("release_id")["area_m2"])
    seen = visits["observed_share"].fillna(1.0).clip(0.0, 1.0)
    is_used = visits["use_code"] != "none"
    said = (visits["productive_area_m2"] / area_m2).where(area_m2 > 0)
    productive = said.fillna(seen).clip(upper=seen).where(is_used, 0.0)
    dates, reason = visits["visit_date"], visits["reason_unused_code"]
    used = pd.DataFrame({"release_id": visits["release_id"], "use_code": visits["use_code"], "share": productive})
    unused = pd.DataFrame({"release_id": visits["release_id"], "use_code": "none", "share": seen - productive})
    both = pd.concat([used.assign(evidence_date=dates, reason_unused_code=reason)[is_used],
                      unused.assign(evidence_date=dates, reason_unused_code=reason)])  # fmt: skip
    return both[both["share"] > 0].reset_index(drop=True)


def from_land_use(releases: gpd.GeoDataFrame, land_use: gpd.GeoDataFrame, *, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return what land use mapped on or after each release says; where maps overlap, the newest counts."""
    if "use_code" not in land_use:
        raise DataError("'land_use' has no column 'use_code'. Fix: read(path, 'land_use', columns={...})")
    day = (
        pd.to_datetime(land_use["observed_date"]) if "observed_date" in land_use else pd.Series(pd.NaT, land_use.index)
    )
    layer = land_use[[land_use.geometry.name]].assign(use_code=land_use["use_code"], observed_date=day)
    is_read = layer["use_code"].isin(list(CODES["use_code"])) & (layer["observed_date"] <= as_of)
    layer = _newest_on_top(layer[is_read & ~layer.geometry.isna()], releases)
    days = np.sort(layer["observed_date"].unique())
    if not len(days) or not len(releases):
        return _NOTHING
    # the maps that count for a release are those from its first eligible day on
    first = np.searchsorted(days, releases["release_date"].to_numpy(), side="left")
    first = np.where(releases["release_date"].isna(), len(days), first)
    layer["says"] = layer["observed_date"].dt.strftime("%Y-%m-%d ") + layer["use_code"]
    found = []
    for start in np.unique(first[first < len(days)]):
        several = layer[layer["observed_date"] >= days[start]]
        shares = match_overlap(releases[first == start], several, by="says")
        found.append(shares[(shares["says"] != UNMAPPED) & shares["says"].notna()])
    shares = pd.concat(found, ignore_index=True) if found else _NOTHING.assign(says="", overlap_share=0.0)
    said = shares["says"].str.split(" ", n=1)
    return pd.DataFrame(
        {
            "release_id": shares["release_id"],
            "use_code": said.str[1].astype("str"),
            "share": shares["overlap_share"],
            "evidence_date": pd.to_datetime(said.str[0]),
        }
    )


def _newest_on_top(layer: gpd.GeoDataFrame, releases: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the polygons that meet releases, without the land that a newer map shows."""
    shapes = repaired(layer.geometry.to_numpy())
    _, met = shapely.STRtree(shapes).query(repaired(releases.geometry.to_numpy()), predicate="intersects")
    met = np.unique(met)
    layer, shapes = layer.iloc[met].copy(), shapes[met]
    day = layer["observed_date"].to_numpy()
    old, new = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    old, new = old[day[new] > day[old]], new[day[new] > day[old]]
    new = new[np.argsort(old, kind="stable")]
    cut, starts = np.unique(old, return_index=True)
    for i, newer in zip(cut.tolist(), np.split(shapes[new], starts[1:]), strict=True) if len(cut) else ():
        shapes[i] = shapes[i].difference(shapely.union_all(newer))
    layer[layer.geometry.name] = gpd.GeoSeries(polygonal(shapes), index=layer.index, crs=layer.crs)
    return layer


def from_land_cover(releases: gpd.GeoDataFrame, covers: Sequence[LandCover], *, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return what the latest land cover of a year after each release says, by its legend.

    Several rasters of one year are its tiles: a release that lies in two of them is read from both.
    """
    years = releases["release_date"].dt.year.to_numpy(dtype=float)
    usable = [cover for cover in covers if pd.Timestamp(cover.year, 12, 31) <= as_of]
    is_seen = np.zeros(len(releases), dtype=bool)
    found = []
    for year in sorted({cover.year for cover in usable}, reverse=True):
        part = releases[~is_seen & (year > years)]  # an undated release has no year after it
        tiles = [cover for cover in usable if cover.year == year] if len(part) else []
        for cover in tiles:
            shares = match_raster(part, cover.path, stat="shares", legend=cover.legend)
            is_seen |= releases["release_id"].isin(shares.loc[shares["covered_share"] > 0.0, "release_id"]).to_numpy()
            says = shares[shares["use_code"].notna() & (shares["use_code"] != "unknown")]
            use = says["use_code"].replace("unused", "none")
            total = says.assign(use_code=use).groupby(["release_id", "use_code"])["class_share"].sum()
            share = total.rename("share").reset_index()
            found.append(share.assign(evidence_date=pd.Timestamp(year, 12, 31)))
    return pd.concat(found, ignore_index=True)[COLUMNS] if found else _NOTHING
