"""One table as a layer of any folium map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import geopandas as gpd

from landrelease.errors import check_option
from landrelease.maps.layers.drawing import Drawing
from landrelease.maps.layers.drawings import hazard_layer, project_layer, release_layer, road_layer, settlement_layer
from landrelease.maps.layers.frames import check_columns, is_hazard, located, require_columns
from landrelease.maps.layers.units import admin_layer

if TYPE_CHECKING:
    from folium.map import Layer

__all__ = ["map_layer"]

_TABLES = ("areas", "releases", "projects", "admin_areas", "settlements", "roads")


def map_layer(
    frame: gpd.GeoDataFrame,
    table: Literal["areas", "releases", "projects", "admin_areas", "settlements", "roads"],
    *,
    colour_by: str | None = None,
    columns: Sequence[str] | None = None,
    name: str = "",
    show: bool = True,
) -> Layer:
    """Make a table a layer of a folium map: 100,000 polygons open in a second, beside ordinary folium layers.

    Parameters
    ----------
    frame : GeoDataFrame
        Table `areas` (rows whose status is `released` or `superseded` are counted, not drawn), `releases` (with or
        without a verdict), `projects`, `admin_areas`, `settlements` or `roads`.
    table : {"areas", "releases", "projects", "admin_areas", "settlements", "roads"}
        Which table it is: that says which columns leave for the page, and what a row is called.
    colour_by : str, optional
        The column that fills the shapes: a code, a number, a date or a text. The default is the class of areas and the
        verdict of releases. The outline of areas is their status.
    columns : sequence of str, optional
        Further columns to show on click and to save. Besides these only a short list of harmless columns leaves for
        the page; columns that could hold people or victims are refused.
    name : str
        What legend and layer control call it. The default is that of the table.
    show : bool
        Whether it is drawn when the page opens.

    Returns
    -------
    folium.map.Layer
        `add_to` a `folium.Map`, and `save_page` it. All such layers of a map share one box with legend, filter, search
        and selection; hover names a shape, a click tells its columns, and what is selected is saved as CSV.

    Raises
    ------
    OptionError
        The table is none of these; a column may not be shown or is not there.
    DataError
        The table lacks its id or another column that the layer needs.
    CRSError
        No CRS, or none that reaches EPSG:4326 to 10 m.

    Notes
    -----
    Any CRS. Coordinates are kept to 1e-6 degree (0.08 m on the ground at most). The layer of areas says in its box that
    it shows exact uncleared land, for internal use. Numbers are coloured by fifths of their values; where nought is the
    least it has a class of its own, and the others are coloured by quarters. Shades of units are pale: the more, the
    darker. Units and settlements have their names on the map.

    Examples
    --------
    >>> import folium, shapely
    >>> areas = gpd.GeoDataFrame({"area_id": ["HA-1"], "status": ["open"], "operator": ["A"]},
    ...                          geometry=[shapely.box(18, 44, 18.01, 44.01)], crs=4326)
    >>> chart = folium.Map([44, 18], tiles=None)
    >>> layer = map_layer(areas, "areas", colour_by="operator").add_to(chart)
    >>> layer.layer_name
    'Hazardous areas'
    >>> empty = map_layer(areas.iloc[:0], "areas", name="None yet").add_to(chart)
    >>> map_layer(areas, "areas", columns=["owner_name"])
    Traceback (most recent call last):
    landrelease.errors.OptionError: columns has 'owner_name', which could hold people or counts of victims: ...
    """
    from landrelease.maps.html.elements import CanvasLayer

    check_option("table", table, _TABLES)
    extra = check_columns([*(columns or ()), *([colour_by] if colour_by else ())], {table: frame})
    one = _drawing(frame, table, extra, colour_by, name)
    return CanvasLayer(one, show=show, is_alone=True)


def _drawing(frame: gpd.GeoDataFrame, table: str, extra: Sequence[str], colour_by: str | None, name: str) -> Drawing:
    if table == "areas":
        require_columns(frame, table, ["area_id", "status"])
        drawn = is_hazard(frame)
        rows = located(frame.loc[drawn], table)
        return hazard_layer(rows, extra, frame.loc[~drawn, "status"], colour_by=colour_by, name=name)
    if table == "releases":
        return release_layer(located(frame, table), extra, colour_by=colour_by, name=name)
    if table == "roads":
        return road_layer(frame, extra, colour_by=colour_by, name=name)
    if table == "settlements":
        return settlement_layer(frame, extra, colour_by=colour_by, name=name)
    if table == "projects":
        return project_layer(frame, extra, colour_by=colour_by, name=name)
    return admin_layer(frame, extra, None, colour_by=colour_by, name=name)
