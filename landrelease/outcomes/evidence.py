"""What each source says of the use of each release, as shares of its land with a date.

Every source gives the same long frame, `release_id, use_code, share, evidence_date`: a productive use code, "none"
for land seen unused; what is missing to 1 was not observed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.cells import as_days, as_text, day_of
from landrelease.errors import DataError
from landrelease.geometry import polygonal, repaired
from landrelease.match.legends import LandCover
from landrelease.match.overlap import UNMAPPED, match_overlap
from landrelease.match.raster import match_raster
from landrelease.tables import CODES, conform

__all__ = ["COLUMNS", "from_follow_ups", "from_land_cover", "from_land_use", "match_follow_ups", "visit_shares"]

COLUMNS = ["release_id", "use_code", "share", "evidence_date"]
_ROUNDING = 1e-6
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
        before the visit. A release of which only the month or year is known may have been on any day of it.
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
        A frame lacks its id column, or has a date that is none.
    OptionError
        as_of is no date.

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
    day = day_of("as_of", as_of)
    known = conform(pd.DataFrame(releases), "releases")
    known = known[known["release_id"].notna()]
    visits = conform(follow_ups, "follow_ups").reset_index(drop=True)
    first_day = _edge_day(known, "start").groupby(known["release_id"]).first()
    found, reasons = visits["release_id"].copy(), pd.Series("", index=visits.index, dtype="str")
    reasons = reasons.mask(found.notna() & ~found.isin(known["release_id"]), "no release has that id")
    early = visits["visit_date"].to_numpy() < first_day.reindex(found).to_numpy()
    reasons = reasons.mask(early, "the visit was before the release")
    by_area = _by_area(visits[found.isna()], known)
    found, reasons = found.fillna(by_area["release_id"]), by_area["reason"].reindex(visits.index).fillna(reasons)
    reasons = reasons.mask(visits["visit_date"].isna(), "the visit has no date")
    reasons = reasons.mask(visits["visit_date"] > day, "the visit is after the day of the assessment")
    is_code = visits["use_code"].isin(list(CODES["use_code"]))
    reasons = reasons.mask((reasons == "") & ~is_code, "the visit says nothing of the use that can be read")
    found = found.where(reasons == "")
    return pd.DataFrame({"follow_up_id": visits["follow_up_id"], "release_id": found.astype("str"), "reason": reasons})


def _edge_day(releases: pd.DataFrame, edge: Literal["start", "end"]) -> pd.Series:
    """Return the first or last day on which land may have been released, by what is known of its date."""
    day, precision = releases["release_date"], releases["date_precision"]
    for name, period in (("year", "Y"), ("month", "M")):
        edges = day.dt.to_period(period).dt.to_timestamp(how=edge).dt.normalize().astype(day.dtype)
        day = day.mask(precision.eq(name), edges)
    return day


def _by_area(visits: pd.DataFrame, releases: pd.DataFrame) -> pd.DataFrame:
    """Return the release of its area that each visit means and why none, on the index of the visits."""
    columns = {"first": _edge_day(releases, "start"), "last": _edge_day(releases, "end")}
    own = releases[["release_id", "area_id"]].assign(**columns).dropna(subset="area_id")
    is_undated = own["first"].isna().groupby(own["area_id"]).transform("any")
    own["is_unclear"] = is_undated & own["area_id"].duplicated(keep=False)
    pairs = visits[["area_id", "visit_date"]].rename_axis("visit").reset_index().merge(own, on="area_id")
    unclear = pairs.loc[pairs["is_unclear"], "visit"].unique()
    pairs = pairs[~(pairs["first"] > pairs["visit_date"])]
    # a release is passed over where another was later, whatever their unknown days, and before the visit
    sure = pairs["first"].where(pairs["last"] <= pairs["visit_date"]).groupby(pairs["visit"]).transform("max")
    pairs = pairs[~(pairs["last"] < sure)]
    one = pairs.drop_duplicates("visit").set_index("visit")
    several = pairs.loc[pairs["visit"].duplicated(), "visit"].unique()
    is_day = pairs["first"].eq(pairs["last"]).groupby(pairs["visit"]).all().reindex(visits.index, fill_value=False)
    reason = pd.Series("", index=visits.index, dtype="str")
    reason = reason.mask(~reason.index.isin(one.index), "no release of that area on or before the visit")
    reason = reason.mask(reason.index.isin(several) & is_day, "ambiguous: the area has several releases of that day")
    reason = reason.mask(
        reason.index.isin(several) & ~is_day, "ambiguous: the order of the area's releases and the visit is not known"
    )
    reason = reason.mask(reason.index.isin(unclear), "ambiguous: the area has several releases, not all dated")
    reason = reason.mask(visits["area_id"].isna(), "the visit names no release and no area")
    return pd.DataFrame({"release_id": one["release_id"].reindex(visits.index).where(reason == ""), "reason": reason})


def visit_shares(visits: pd.DataFrame, area_m2: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the share of its release that each visit saw, and the share that it saw in productive use."""
    seen = visits["observed_share"].fillna(1.0).clip(0.0, 1.0)
    said = (visits["productive_area_m2"] / area_m2).where(area_m2 > 0)
    return seen, said.fillna(seen).clip(upper=seen).where(visits["use_code"] != "none", 0.0)


def from_follow_ups(releases: gpd.GeoDataFrame, follow_ups: pd.DataFrame, *, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return what the latest visit to each release saw, with its id and reason in further columns."""
    links = match_follow_ups(releases, follow_ups, as_of=as_of)
    visits = conform(follow_ups, "follow_ups").reset_index(drop=True).assign(release_id=links["release_id"])
    visits = visits[visits["release_id"].notna()].sort_values(["visit_date", "follow_up_id"], kind="stable")
    visits = visits.drop_duplicates("release_id", keep="last")
    if visits.empty:
        return _NOTHING.assign(reason_unused_code="")
    area_m2 = visits["release_id"].map(releases.set_index("release_id")["area_m2"])
    seen, productive = visit_shares(visits, area_m2)
    is_used = visits["use_code"] != "none"
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
    days = land_use["observed_date"] if "observed_date" in land_use else pd.Series(pd.NaT, land_use.index)
    layer = land_use[[land_use.geometry.name]].assign(
        use_code=as_text(land_use["use_code"]), observed_date=as_days(days, "observed_date")
    )
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


def from_land_cover(
    releases: gpd.GeoDataFrame, covers: Sequence[LandCover], *, as_of: pd.Timestamp, enough: float = 0.5
) -> pd.DataFrame:
    """Return what land cover of a year after each release says, by its legend.

    The latest year that shows the share `enough` of the release decides, else the year that shows most of it. Several
    rasters of one year are its tiles: a release that lies in two of them is read from both, and counts once.
    """
    years = releases["release_date"].dt.year.to_numpy(dtype=float)
    usable = [cover for cover in covers if pd.Timestamp(cover.year, 12, 31) <= as_of]
    best = pd.Series(0.0, index=pd.Index(releases["release_id"]))
    found = _NOTHING
    for year in sorted({cover.year for cover in usable}, reverse=True):
        is_seen = (best.to_numpy() > 0.0) & (best.to_numpy() >= enough - _ROUNDING)
        part = releases[~is_seen & (year > years)]  # an undated release has no year after it
        if part.empty:
            continue
        said, covered = _one_year(part, [cover for cover in usable if cover.year == year])
        better = covered[covered > best.reindex(covered.index) + _ROUNDING]
        best[better.index] = better
        said = said[said["release_id"].isin(better.index)].assign(evidence_date=pd.Timestamp(year, 12, 31))
        found = pd.concat([found[~found["release_id"].isin(better.index)], said[COLUMNS]], ignore_index=True)
    return found


def _one_year(releases: gpd.GeoDataFrame, tiles: Sequence[LandCover]) -> tuple[pd.DataFrame, pd.Series]:
    """Return the shares of use that the tiles of one year show, and the share of each release that they cover."""
    seen = pd.concat(
        [match_raster(releases, tile.path, stat="shares", legend=tile.legend).assign(tile=i)
         for i, tile in enumerate(tiles)]
    )  # fmt: skip
    covered = seen.drop_duplicates(["release_id", "tile"]).groupby("release_id")["covered_share"].sum()
    says = seen[seen["use_code"].notna() & (seen["use_code"] != "unknown")]
    use = says["use_code"].replace("unused", "none")
    share = says.assign(use_code=use).groupby(["release_id", "use_code"])["class_share"].sum().rename("share")
    said = share.reset_index()
    # where tiles lie over each other, land was seen more than once
    said["share"] /= covered.clip(lower=1.0).reindex(said["release_id"]).to_numpy()
    return said, covered.clip(upper=1.0)
