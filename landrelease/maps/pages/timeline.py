"""The state of the land on any day, on one page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import pandas as pd

from landrelease.errors import DataError, OptionError, check_option
from landrelease.maps.html.assemble import NOT_SHOWN, assemble
from landrelease.maps.layers.drawing import Drawing
from landrelease.maps.layers.drawings import hazard_layer, release_layer
from landrelease.maps.layers.frames import check_columns, is_hazard, located, readable, require_columns
from landrelease.maps.words import Language
from landrelease.said import say

if TYPE_CHECKING:
    import folium
    from folium.map import Layer

__all__ = ["timeline_map"]

_SPAN = ("from_date", "to_date")
_BY_UNIT = (
    "hazards='admin' would tell places here: on the day of a release, the sum of its unit falls by its area, and the "
    "count tells whether land beside it is left.\n"
    "  Fix: land_release_map(..., hazards='admin') for a single day, or hazards='none'"
)


def timeline_map(
    periods: gpd.GeoDataFrame,
    *,
    releases: gpd.GeoDataFrame | None = None,
    admin_areas: gpd.GeoDataFrame | None = None,
    base: Sequence[Layer] = (),
    columns: Sequence[str] | None = None,
    hazards: Literal["exact", "none"] = "exact",
    title: str = "",
    language: Language = "en",
) -> folium.Map:
    """Map how the land stood on any day: a slider over the years, any date, two dates side by side.

    Parameters
    ----------
    periods : GeoDataFrame
        What `status_periods` returned.
    releases : GeoDataFrame, optional
        What `releases_from` or `assess_use` returned: each is shown by its type from its `release_date` on. Undated
        ones are counted, not shown: nobody knows from when on they are true.
    admin_areas : GeoDataFrame, optional
        Table `admin_areas`: the base map; with `hazards="none"` without its sums of hazards.
    base : sequence of Layer, optional
        What else lies below the land: settlements, roads and shaded units of `map_layer`, images of `raster_layer` and
        `hillshade_layer`. Units stand either here or in `admin_areas`.
    columns : sequence of str, optional
        Further columns to show on click, as in `land_release_map`.
    hazards : {"exact", "none"}
        Uncleared land as its shapes (the page says that it is for internal use), or not at all. There are no sums by
        unit here: from one day to the next they would tell beside which released land some is left.
    title : str
        Of the page.
    language : {"en", "ar", "es", "fr", "km", "lo", "pt", "uk"}
        Of the texts of the page; data stay as they are. Warnings stand in English, too.

    Returns
    -------
    folium.Map
        Its `save` writes one file that opens without internet, on the last day on which anything changed.

    Raises
    ------
    OptionError
        `hazards` is neither; a column that may not be shown;
        `base` holds what the page has already, or what lies not below.
    DataError
        A table lacks its id or its dates, or nothing of it is dated.
    CRSError
        A table with geometries has no CRS, or none that reaches EPSG:4326 to 10 m.

    Notes
    -----
    Any CRS. The legend counts the rows of the day. Land whose record has no date is hazardous on every day.

    Examples
    --------
    >>> import shapely
    >>> periods = gpd.GeoDataFrame(
    ...     {"area_id": ["A", "A"], "status": ["open", "released"], "area_m2": [10.0, 0.0],
    ...      "from_date": pd.to_datetime(["2020-01-01", "2021-06-01"]),
    ...      "to_date": pd.to_datetime(["2021-06-01", None])},
    ...     geometry=[shapely.box(18, 44, 18.01, 44.01), shapely.Polygon()], crs=4326)
    >>> page = timeline_map(periods, title="Sample").get_root().render()
    >>> "Internal use" in page
    True
    >>> timeline_map(periods.iloc[:0])
    Traceback (most recent call last):
    landrelease.errors.DataError: 'periods' has no date: a timeline needs one. ...
    """
    if str(hazards) == "admin":
        raise OptionError(_BY_UNIT)
    check_option("hazards", hazards, ("exact", "none"))
    require_columns(periods, "periods", ["area_id", "status", *_SPAN])
    extra = check_columns(columns, {"periods": periods, "releases": releases, "admin_areas": admin_areas})
    drawings: list[Drawing] = []
    if hazards == "exact":
        rows = located(periods.loc[is_hazard(periods)], "periods")
        nobody = pd.Series(dtype="str")
        drawings.append(
            hazard_layer(rows, [*_SPAN, *extra], nobody, name=say("Hazardous areas on the day"), span=_SPAN)
        )
    if releases is not None:
        drawings.append(_released(readable(releases), extra))
    return assemble(
        drawings,
        title=title or say("Land release, day by day"),
        is_internal=hazards == "exact",
        notes=[] if hazards == "exact" else [NOT_SHOWN],
        admin_areas=admin_areas,
        extra=extra,
        base=base,
        hides_hazards=hazards == "none",
        language=language,
        time=_first_and_last(periods, releases),
    )


def _released(releases: gpd.GeoDataFrame, extra: Sequence[str]) -> Drawing:
    """Return the layer of released land from the day of its release on."""
    require_columns(releases, "releases", ["release_id", "release_date"])
    dated = releases["release_date"].notna()
    # a verdict is of the day of its evidence, not of the day that the page shows
    kept = releases.loc[dated].drop(columns=["verdict"], errors="ignore")
    return release_layer(
        located(kept, "releases"), extra, name=say("Land released by then"), span=("release_date", ""),
        notes=[f"Releases without a date, not shown: {int((~dated).sum()):,}."] if not dated.all() else [],
    )  # fmt: skip


def _first_and_last(periods: pd.DataFrame, releases: pd.DataFrame | None) -> tuple[str, str]:
    days = [periods["from_date"], periods["to_date"]]
    if releases is not None:
        days.append(releases["release_date"])
    dated = pd.concat([pd.to_datetime(one) for one in days]).dropna()
    if dated.empty:
        raise DataError(
            "'periods' has no date: a timeline needs one.\n  Fix: use land_release_map for undated records."
        )
    return f"{dated.min():%Y-%m-%d}", f"{dated.max():%Y-%m-%d}"
