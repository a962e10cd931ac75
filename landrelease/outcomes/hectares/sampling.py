"""Where to look next: how many places a map needs, and which released land to visit first."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.cells import as_text
from landrelease.checks.arguments import column_list, numbers, require_columns, require_share, require_whole
from landrelease.errors import DataError, DataWarning, OptionError
from landrelease.geometry import keep_where, lon_lat, require_crs

__all__ = ["follow_up_sample", "sample_size"]


def sample_size(
    mapped: pd.DataFrame, *, expected: Mapping[str, float], se_share: float, at_least: int = 50
) -> pd.DataFrame:
    """Tell how many places to look at in each map class to reach a standard error.

    Parameters
    ----------
    mapped : DataFrame
        map_class and mapped_m2, as for `adjusted_area`. Rows without a map_class are left out. [m2]
    expected : mapping of str to float
        For each map class the share that is expected to be right (for the overall accuracy), or to be the class whose
        area is wanted (for that area). [share]
    se_share : float
        Standard error to reach, of the overall accuracy, or of the area as a share of all mapped land. [share]
    at_least : int
        Fewest places in a map class, so that rare classes are looked at too.

    Returns
    -------
    DataFrame
        One row a map class: map_class, mapped_m2, mapped_share, expected_share, sample_count. [m2, share, count]

    Raises
    ------
    DataError
        No land is mapped; a column is missing or holds no numbers.
    OptionError
        `expected` lacks a map class or holds no share; se_share is not between 0 and 1; at_least is below 2.

    Notes
    -----
    n = (sum_i W_i S_i / SE)^2 with W_i the share of the map and S_i = sqrt(q_i (1 - q_i)) of the expected share q_i.
    The places are shared out in proportion to W_i S_i, which reaches the error with the fewest, rounded up, and raised
    to `at_least`: the sum can only be more than n.

    References
    ----------
    Olofsson et al. (2014), eq. 13; Cochran, W. G. (1977), Sampling techniques, eq. 5.25.

    Examples
    --------
    >>> mapped = pd.DataFrame({"map_class": ["crop", "other"], "mapped_m2": [4e7, 6e7]})
    >>> sample_size(mapped, expected={"crop": 0.8, "other": 0.08}, se_share=0.02)["sample_count"].tolist()
    [130, 132]
    >>> sample_size(mapped, expected={"crop": 0.8}, se_share=0.02)
    Traceback (most recent call last):
    landrelease.errors.OptionError: expected says nothing of the map class 'other'. Fix: expected={'other': 0.5, ...}
    >>> sample_size(mapped.iloc[:0], expected={}, se_share=0.02)
    Traceback (most recent call last):
    landrelease.errors.DataError: 'mapped' holds no land with a map_class. Fix: mapped_classes(areas, raster)
    """
    require_columns(mapped, "mapped", ["map_class", "mapped_m2"])
    require_share("se_share", se_share)
    require_whole("at_least", at_least, 2)  # one place has no spread
    land = numbers(mapped["mapped_m2"], "mapped: mapped_m2").groupby(as_text(mapped["map_class"])).sum()
    land = land[land > 0]
    if land.empty:
        raise DataError("'mapped' holds no land with a map_class. Fix: mapped_classes(areas, raster)")
    for name in land.index:
        if name not in expected:
            raise OptionError(f"expected says nothing of the map class '{name}'. Fix: expected={{'{name}': 0.5, ...}}")
        if not 0 <= expected[name] <= 1:
            raise OptionError(f"expected must be shares from 0 to 1; '{name}' has {expected[name]!r}")
    result = pd.DataFrame({"map_class": pd.Series(land.index, dtype="str"), "mapped_m2": land.to_numpy()})
    result["mapped_share"] = result["mapped_m2"] / result["mapped_m2"].sum()
    result["expected_share"] = [float(expected[name]) for name in land.index]
    spread = result["mapped_share"] * np.sqrt(result["expected_share"] * (1 - result["expected_share"]))
    # n_i = n W_i S_i / sum W S = sum(W S) W_i S_i / SE^2
    wanted = np.ceil(spread.sum() * spread / se_share**2 - 1e-9)
    result["sample_count"] = wanted.clip(lower=at_least).astype("Int64")
    return result


def follow_up_sample(
    releases: gpd.GeoDataFrame, *, visits_count: int | None = None, by: str | Sequence[str] | None = None
) -> pd.DataFrame:
    """List the releases whose visit would narrow the bounds on productive land most, with coordinates for the teams.

    Parameters
    ----------
    releases : GeoDataFrame
        What `assess_use` found: release_id, area_m2 and unknown_m2, in any CRS. [m2]
    visits_count : int, optional
        How many visits can be made; without it every release with unknown land is listed.
    by : str or list of str, optional
        Groups whose bounds count alike, such as provinces: the mean of their widths is narrowed. Without it the bounds
        of all released land.

    Returns
    -------
    DataFrame
        One row a visit, the first one first: rank, release_id, the `by` columns, unknown_m2, narrows_share (by
        how much this visit narrows the bounds), width_share (of the bounds after it and those before), longitude,
        latitude (a place inside the release, EPSG:4326; missing where it has no geometry). [m2, share, degrees]

    Raises
    ------
    CRSError, DataError
        No CRS; releases without an id or with repeated ones; a column is missing or holds no numbers.
    OptionError
        visits_count is no whole number of 1 or more.

    Warns
    -----
    DataWarning
        Releases whose area is not known: they are in no bound, and not listed.

    Notes
    -----
    At least productive_m2 / released_m2 is productive, at most that with all unknown land (`use_summary`): the bounds
    are unknown_m2 / released_m2 apart. A visit that sees the whole release takes its unknown_m2 out of that. The gains
    of visits add up, so that for every number of visits no other list of that length leaves narrower bounds.

    The list is no random sample. Visits from it narrow the bounds; they must not be used as `visits` of
    `adjusted_area`, which wants places drawn at random.

    Examples
    --------
    >>> found = gpd.GeoDataFrame({"release_id": ["E1", "E2", "E3"], "area_m2": [100.0, 300.0, 100.0],
    ...     "unknown_m2": [100.0, 150.0, 0.0]}, geometry=gpd.points_from_xy([18, 18.5, 19], [44] * 3), crs=4326)
    >>> follow_up_sample(found).drop(columns="latitude").values.tolist()
    [[1, 'E2', 150.0, 0.3, 0.2, 18.5], [2, 'E1', 100.0, 0.2, 0.0, 18.0]]
    >>> len(follow_up_sample(found.iloc[:0]))
    0
    >>> follow_up_sample(found.drop(columns="unknown_m2"))
    Traceback (most recent call last):
    landrelease.errors.DataError: 'releases' has no column 'unknown_m2'. It has release_id, area_m2, geometry.
      Fix: name a column that it has, or rename(columns=...)
    """
    crs, names = require_crs(releases, "releases"), column_list("by", by)
    require_columns(releases, "releases", ["release_id", "area_m2", "unknown_m2"])
    require_columns(releases, "releases", names, error=OptionError)
    if visits_count is not None:
        require_whole("visits_count", visits_count, 1)
    frame = pd.DataFrame({name: releases[name] for name in names}).assign(release_id=as_text(releases["release_id"]))
    if frame["release_id"].isna().any() or frame["release_id"].duplicated().any():
        raise DataError("'releases' needs a release_id in each row, and each only once. Fix: releases_from(events)")
    for name in ("area_m2", "unknown_m2"):
        frame[name] = numbers(releases[name], f"releases: {name}")
    is_measured = frame[["area_m2", "unknown_m2"]].notna().all(axis=1)
    if not is_measured.all():
        warnings.warn(
            f"{int((~is_measured).sum())} of {len(frame)} releases have no known area: they are in no bound and "
            "are not listed.\n  Fix: visit them all the same, or give them a polygon.",
            DataWarning,
            stacklevel=2,
        )
    group = frame.groupby(names, dropna=False).ngroup() if names else pd.Series(0, index=frame.index)
    released = frame["area_m2"].where(is_measured).groupby(group).transform("sum")
    count = int(group[released > 0].nunique())
    frame["narrows_share"] = frame["unknown_m2"] / released / max(count, 1)
    frame["place"] = np.arange(len(frame))
    width = frame["narrows_share"].sum()
    frame = frame[frame["narrows_share"] > 0]
    frame = frame.sort_values(["narrows_share", "release_id"], ascending=[False, True], kind="stable")
    # what is left is summed from the end, so that it is 0 after the last and not a rounding below
    left = frame["narrows_share"].iloc[::-1].cumsum().iloc[::-1].shift(-1, fill_value=0.0)
    frame = frame.assign(width_share=left.clip(upper=width)).head(visits_count or len(frame))
    shapes = releases.geometry.to_numpy()[frame["place"].to_numpy()]
    has_place = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    spots = shapely.point_on_surface(lon_lat(keep_where(shapes, has_place), crs))
    frame = frame.assign(longitude=shapely.get_x(spots), latitude=shapely.get_y(spots))
    frame["rank"] = pd.Series(np.arange(1, len(frame) + 1), index=frame.index, dtype="Int64")
    columns = [
        "rank",
        "release_id",
        *names,
        "unknown_m2",
        "narrows_share",
        "width_share",
        "longitude",
        "latitude",
    ]
    return frame[columns].reset_index(drop=True)
