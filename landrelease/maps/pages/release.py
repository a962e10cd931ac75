"""The two maps: released and hazardous land, and what comes first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import pandas as pd

from landrelease.errors import OptionError, check_option
from landrelease.maps.html.assemble import NOT_SHOWN, assemble
from landrelease.maps.layers.drawing import Drawing
from landrelease.maps.layers.drawings import hazard_layer, project_layer, rank_layer, release_layer
from landrelease.maps.layers.frames import check_columns, is_hazard, located, readable, require_columns
from landrelease.maps.words import Language
from landrelease.said import say

if TYPE_CHECKING:
    import folium
    from folium.map import Layer

    from landrelease.priority.score.ranking import Ranking

__all__ = ["land_release_map", "priority_map"]

_SAID: dict[str, list[str]] = {
    "exact": [],
    "admin": ["Uncleared land is shown by administrative unit only."],
    "none": [NOT_SHOWN],
}


def land_release_map(
    areas: gpd.GeoDataFrame,
    *,
    releases: gpd.GeoDataFrame | None = None,
    projects: pd.DataFrame | None = None,
    admin_areas: gpd.GeoDataFrame | None = None,
    base: Sequence[Layer] = (),
    columns: Sequence[str] | None = None,
    hazards: Literal["exact", "admin", "none"] = "exact",
    title: str = "",
    language: Language = "en",
) -> folium.Map:
    """Map hazardous land, released land by verdict, and projects, over the administrative units.

    Parameters
    ----------
    areas : GeoDataFrame
        Table `areas`, as `status_on` returns it. Rows whose status is `released` are drawn only through
        `releases`, those `superseded` not at all; any other status, also none, is drawn as hazardous.
    releases : GeoDataFrame, optional
        What `assess_use` or `releases_from` returned. Without a verdict it is shown by release type.
    projects : DataFrame or GeoDataFrame, optional
        Table `projects`. Only rows with `is_point` are drawn; the others are counted.
    admin_areas : GeoDataFrame, optional
        Table `admin_areas`: the base map. Its columns that end in `_m2` are shown too, but not `area_before_m2`; with
        `hazards="none"` its `hazardous_m2` and `hazard_count` neither.
    base : sequence of Layer, optional
        What else lies below the land: settlements, roads and shaded units of `map_layer`, images of `raster_layer` and
        `hillshade_layer`. Units stand either here or in `admin_areas`.
    columns : sequence of str, optional
        Further columns, of any of the tables, to show on click. Besides these only a short list of harmless
        columns leaves for the page; columns that could hold people or victims are refused.
    hazards : {"exact", "admin", "none"}
        Uncleared land as its shapes (the page says that it is for internal use), as sums by `admin_code`, or
        not at all.
    title : str
        Of the page.
    language : {"en", "ar", "es", "fr", "km", "lo", "pt", "uk"}
        Of the texts of the page; data stay as they are. Warnings stand in English, too.

    Returns
    -------
    folium.Map
        Its `save` writes one file that opens without internet, as `save_page` does.

    Raises
    ------
    OptionError
        `hazards` is none of the three; "admin" without `admin_areas`; a column that may not be shown;
        `base` holds what the page has already, or what lies not below.
    DataError
        A table lacks its id or another column that the map needs; with "admin", no hazard names one of the units.
    CRSError
        A table with geometries has no CRS, or none that reaches EPSG:4326 to 10 m.

    Notes
    -----
    Any CRS: layers are transformed to EPSG:4326. Counts and km² in the legend are sums of the columns given
    (`area_m2`; by verdict the four parts of `assess_use`, which split a release by what was observed) and
    leave out rows whose area is not known; the legend says how many, and how many rows have no geometry. A
    hazard known to a point or a line only is drawn as that, where hazards are exact. A released area's polygon
    never leaves for the page through `areas`.

    Examples
    --------
    >>> import shapely
    >>> areas = gpd.GeoDataFrame({"area_id": ["HA-1", "HA-2"], "status": ["open", "open"],
    ...                           "hazard_class": ["SHA", "CHA"], "area_m2": [891115.0, None]},
    ...                          geometry=[shapely.box(18, 44, 18.01, 44.01), None], crs=4326)
    >>> chart = land_release_map(areas, title="Sample")
    >>> page = chart.get_root().render()
    >>> "Internal use" in page, "HA-1" in page
    (True, False)
    >>> empty = land_release_map(areas.iloc[:0], hazards="none")
    >>> land_release_map(areas, hazards="exakt")
    Traceback (most recent call last):
    landrelease.errors.OptionError: hazards must be one of exact, admin, none; got 'exakt'; ...
    """
    check_option("hazards", hazards, ("exact", "admin", "none"))
    if hazards == "admin" and admin_areas is None:
        raise OptionError("hazards='admin' needs the units. Fix: pass admin_areas=..., or hazards='none'")
    require_columns(areas, "areas", ["area_id", "status"])
    areas = readable(areas)
    shown = {"areas": areas, "releases": releases, "projects": projects, "admin_areas": admin_areas}
    extra = check_columns(columns, shown)
    drawn = is_hazard(areas)
    hazardous = areas.loc[drawn]
    drawings: list[Drawing] = []
    if hazards == "exact":
        drawings.append(hazard_layer(located(hazardous, "areas"), extra, areas.loc[~drawn, "status"]))
    if releases is not None:
        drawings.append(release_layer(located(releases, "releases"), extra))
    if projects is not None:
        drawings.append(project_layer(projects, extra))
    return assemble(
        drawings,
        title=title or say("Land release"),
        is_internal=hazards == "exact",
        notes=_SAID[hazards],
        admin_areas=admin_areas,
        extra=extra,
        hazardous=hazardous if hazards == "admin" else None,
        base=base,
        hides_hazards=hazards == "none",
        language=language,
    )


def priority_map(
    areas: gpd.GeoDataFrame,
    ranking: Ranking,
    *,
    admin_areas: gpd.GeoDataFrame | None = None,
    base: Sequence[Layer] = (),
    columns: Sequence[str] | None = None,
    title: str = "",
    language: Language = "en",
) -> folium.Map:
    """Map hazardous areas by their rank; a click shows the score and what each criterion adds to it.

    Parameters
    ----------
    areas : GeoDataFrame
        Table `areas`. Rows whose status is `released` or `superseded` are left out.
    ranking : Ranking
        What `prioritise` returned. Areas that it does not rank are shown as not ranked. With missing="bounds" the
        colour is that of the best rank that an area may have.
    admin_areas : GeoDataFrame, optional
        Table `admin_areas`: the base map.
    base : sequence of Layer, optional
        What else lies below the land: settlements, roads and shaded units of `map_layer`, images of `raster_layer` and
        `hillshade_layer`. Units stand either here or in `admin_areas`.
    columns : sequence of str, optional
        Further columns to show on click, as in `land_release_map`.
    title : str
        Of the page.
    language : {"en", "ar", "es", "fr", "km", "lo", "pt", "uk"}
        Of the texts of the page; data stay as they are. Warnings stand in English, too.

    Returns
    -------
    folium.Map
        Its `save` writes one file that opens without internet. The page is for internal use.

    Raises
    ------
    OptionError
        A column that may not be shown; `base` holds what the page has already, or what lies not below.
    DataError
        A table lacks its id, or the ranking names an area twice.
    CRSError
        A table with geometries has no CRS, or none that reaches EPSG:4326 to 10 m.

    Notes
    -----
    Any CRS. Colours are fifths of the ranks (cividis), not of the scores: one extreme score does not wash out
    the rest.

    Examples
    --------
    >>> import shapely
    >>> from types import SimpleNamespace
    >>> areas = gpd.GeoDataFrame({"area_id": ["HA-1", "HA-2"], "status": ["open", "open"]},
    ...                          geometry=[shapely.box(18, 44, 18.01, 44.01), None], crs=4326)
    >>> ranking = SimpleNamespace(
    ...     table=pd.DataFrame({"area_id": ["HA-1"], "score": [0.7], "rank": [1]}),
    ...     contributions=pd.DataFrame({"area_id": ["HA-1"], "people": [0.7]}), criteria=())
    >>> page = priority_map(areas, ranking).get_root().render()
    >>> "Internal use" in page, "<h1 dir=\\"auto\\">Priorities</h1>" in page
    (True, True)
    >>> none = priority_map(areas.iloc[:0], ranking)
    """
    require_columns(areas, "areas", ["area_id", "status"])
    require_columns(ranking.table, "ranking.table", ["area_id", "score", "rank"])
    extra = check_columns(columns, {"areas": areas, "admin_areas": admin_areas})
    layer = rank_layer(located(areas.loc[is_hazard(areas)], "areas"), ranking, extra)
    return assemble(
        [layer],
        title=title or say("Priorities"),
        is_internal=True,
        notes=[],
        admin_areas=admin_areas,
        extra=extra,
        base=base,
        language=language,
    )
