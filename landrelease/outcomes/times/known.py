"""Which releases can be placed in time, in which group and community they are, and at which times it is asked."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.cells import days_between
from landrelease.checks.arguments import require_draws
from landrelease.errors import DataError, OptionError, nearest
from landrelease.geometry import geodesic_area_m2
from landrelease.tables import RESULTS, conform, use_group

__all__ = ["check_horizons", "clusters_of", "group_values", "known_releases"]

Floats = npt.NDArray[np.float64]
_OWN = {name for table in RESULTS if table.startswith("time_to_") for name in RESULTS[table].names} - {"by"}


def known_releases(releases: pd.DataFrame, *, day: pd.Timestamp) -> pd.DataFrame:
    """Return the releases with the first_day and last_day of their release, and why they are `left_out`, if so."""
    frame = pd.DataFrame(releases).reset_index(drop=True)
    if "release_id" not in frame or frame["release_id"].isna().any() or frame["release_id"].duplicated().any():
        raise DataError("'releases' needs a release_id in each row, and each only once. Fix: releases_from(events)")
    known = conform(frame, "releases")
    if "area_m2" not in frame and isinstance(releases, gpd.GeoDataFrame):
        known["area_m2"] = np.asarray(geodesic_area_m2(releases))
    known["first_day"], known["last_day"] = days_between(known["release_date"], known["date_precision"])
    is_undated = known["release_date"].isna() | known["date_precision"].eq("unknown")
    left_out = np.select(
        [is_undated, known["first_day"] > day, known["area_m2"].eq(0.0)], ["undated", "later", "no_land"], ""
    )
    known["left_out"] = pd.Series(left_out, index=known.index, dtype="str")
    return known


def group_values(
    releases: pd.DataFrame, known: pd.DataFrame, by: str | None, given: pd.DataFrame, linked: pd.Series, what: str
) -> pd.Series:
    """Return the group of each release: a column of the releases, made of them, or what its rows in `given` agree on.

    `linked` is the release of each row of `given`. Where its rows disagree the group of a release is missing.
    """
    if by is None:
        return pd.Series(0, index=known.index)
    if by in _OWN:
        raise OptionError(f"by: '{by}' is a column of the result. Fix: give it another name, such as 'my_{by}'")
    if by in releases:
        return pd.Series(releases[by].to_numpy(), index=known.index, dtype=releases[by].dtype)
    if by == "sector":
        return use_group(known["intended_use_code"])
    if by == "release_year":
        year: pd.Series = known["release_date"].dt.year.astype("Int64")
        return year
    if by not in given:
        columns = [*releases.columns, *given.columns, "sector", "release_year"]
        raise OptionError(f"by: neither 'releases' nor '{what}' has a column '{by}'{nearest(by, columns)}")
    rows = pd.DataFrame({"release_id": linked.to_numpy(), "told": given[by].to_numpy()}).dropna().drop_duplicates()
    told = rows.drop_duplicates("release_id", keep=False).set_index("release_id")["told"]
    return told.reindex(known["release_id"]).set_axis(known.index)


def clusters_of(releases: pd.DataFrame, cluster_by: str, draws: int, seed: int) -> pd.Series | None:
    """Return the community of each release, none without a bootstrap; check what the bootstrap is given."""
    require_draws(draws, seed)
    if cluster_by in releases:
        return pd.Series(releases[cluster_by].to_numpy())
    if draws and len(releases):
        raise OptionError(
            f"cluster_by: 'releases' has no column '{cluster_by}'{nearest(cluster_by, releases.columns)}.\n"
            f"  Fix: name the column that holds the community of a release, or draws=0 for no intervals."
        )
    return None


def check_horizons(horizons_months: Sequence[float]) -> Floats:
    """Return the horizons as an array; raise OptionError where one is no positive number."""
    try:
        horizons = np.asarray(list(horizons_months), dtype=float)
    except (TypeError, ValueError):
        horizons = np.array([np.nan])
    if not len(horizons) or not (np.isfinite(horizons) & (horizons > 0)).all():
        raise OptionError(f"horizons_months must be numbers above 0, such as (12, 24, 60); got {horizons_months!r}")
    return np.unique(horizons)
