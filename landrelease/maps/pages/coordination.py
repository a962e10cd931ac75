"""The coordination map: released land that nobody builds on, and projects in the way of hazards."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

import geopandas as gpd
import pandas as pd

from landrelease.cells import as_text
from landrelease.errors import DataError, OptionError, check_option
from landrelease.maps.html.assemble import assemble
from landrelease.maps.layers.drawing import Drawing
from landrelease.maps.layers.drawings import hazard_layer, project_layer, release_layer
from landrelease.maps.layers.frames import check_columns, is_hazard, located, readable, require_columns
from landrelease.maps.layers.records import RECORDS, Records, heads, records_of
from landrelease.maps.style import OUTLINE, Look
from landrelease.said import say

if TYPE_CHECKING:
    import folium
    from folium.map import Layer

    from landrelease.linkage import CoordinationGaps
    from landrelease.maps.words import Language

__all__ = ["coordination_map"]

_GAPS: dict[str, Look] = {
    "gap": {"label": "A need, and no project", "colour": "#D55E00", "solid": "#D55E00", **OUTLINE},
    "bare": {"label": "No project; no need is known", "hatch": "#D55E00", "solid": "#D55E00", **OUTLINE},
    "district_only": {"label": "A need; projects known to the district only", "colour": "#E8B96B", "solid": "#E8B96B",
                      **OUTLINE},
    "district": {"label": "Projects known to the district only; no need is known", "hatch": "#B07A1E",
                 "solid": "#E8B96B", **OUTLINE},
    "served": {"label": "A need, and a project", "colour": "#0072B2", "solid": "#0072B2", **OUTLINE},
    "project": {"label": "A project; no need is known", "hatch": "#0072B2", "solid": "#0072B2", **OUTLINE},
    "missing": {"label": "Not in the result: after its day", "hatch": "#6B6B6B", "solid": "#6B6B6B", **OUTLINE},
}  # fmt: skip
"""Full where a need is known, hatched where nobody is known to have asked."""
_STATES: dict[str, Look] = {
    code: {"label": label, "colour": colour, "solid": colour, "line": "#000000", "width": 1.6}
    for code, label, colour in (
        ("running", "Running on or beside hazardous land", "#FFFFFF"),
        ("planned", "Planned on or beside hazardous land", "#F0E442"),
        ("unknown", "On or beside hazardous land; dates can not tell", "#9AA4AE"),
    )
}
_HAZARDS_IN = ("area_id", "hazard_class", "distance_m", "rank")
_SAID: dict[str, list[str]] = {"exact": [], "none": ["Uncleared land, and projects on it, are not shown on this page."]}


def coordination_map(
    gaps: CoordinationGaps,
    releases: gpd.GeoDataFrame,
    *,
    projects: gpd.GeoDataFrame | None = None,
    areas: gpd.GeoDataFrame | None = None,
    admin_areas: gpd.GeoDataFrame | None = None,
    base: Sequence[Layer] = (),
    columns: Sequence[str] | None = None,
    hazards: Literal["exact", "none"] = "exact",
    title: str = "",
    language: Language = "en",
) -> folium.Map:
    """Map where release and development miss each other: released land without a project, projects on hazardous land.

    Parameters
    ----------
    gaps : CoordinationGaps
        What `coordination_gaps` returned.
    releases : GeoDataFrame
        The table `releases` that it was given: its shapes.
    projects : GeoDataFrame, optional
        The table `projects` that it was given: the places that are in the way of hazards.
    areas : GeoDataFrame, optional
        The table `areas` that it was given as hazards: those with a project on or beside them are drawn.
    admin_areas : GeoDataFrame, optional
        Table `admin_areas`: the base map; with `hazards="none"` without its sums of hazards.
    base : sequence of Layer, optional
        What else lies below the land: settlements, roads and shaded units of `map_layer`, images of `raster_layer` and
        `hillshade_layer`. Units stand either here or in `admin_areas`.
    columns : sequence of str, optional
        Further columns to show on click, as in `land_release_map`.
    hazards : {"exact", "none"}
        "none" leaves out uncleared land and the projects on it, whose places would tell where it is.
    title : str
        Of the page.
    language : {"en", "ar", "es", "fr", "km", "lo", "pt", "uk"}
        Of the texts of the page; data stay as they are. Texts that a language lacks are English.

    Returns
    -------
    folium.Map
        Its `save` writes one file that opens without internet.

    Raises
    ------
    DataError
        A table lacks its id, or does not hold what `gaps` names.
    OptionError
        `hazards` is neither; gaps names places in the way of hazards and `projects` or `areas` is missing; a column
        that may not be shown; `base` holds what the page has already, or what lies not below.
    CRSError
        A table with geometries has no CRS, or none that reaches EPSG:4326 to 10 m.

    Notes
    -----
    Any CRS. Nothing is counted anew: classes, distances and ranks are those of `gaps`; its caveats stand on the page.
    Where no need is known, released land without a project is hatched: silence is no lack of need.

    Examples
    --------
    >>> import shapely
    >>> from landrelease import coordination_gaps
    >>> releases = gpd.GeoDataFrame({"release_id": ["R1"], "admin_code": ["N"],
    ...     "release_date": pd.to_datetime(["2020-01-01"])}, geometry=[shapely.box(18, 44, 18.01, 44.01)], crs=4326)
    >>> projects = pd.DataFrame({"project_id": ["P1"], "location_id": ["P1/1"], "admin_code": ["N"]})
    >>> links = pd.DataFrame({"release_id": [], "project_id": [], "weight_share": [], "tier": []}, dtype="str")
    >>> gaps = coordination_gaps(releases, projects, links=links.astype({"weight_share": float}), as_of="2022-12-31")
    >>> chart = coordination_map(gaps, releases, hazards="none")
    >>> empty = coordination_map(gaps, releases.assign(release_id="R2"))
    Traceback (most recent call last):
    landrelease.errors.DataError: 'releases' lacks 1 of the 1 releases of gaps, the first is 'R1'. ...
    """
    check_option("hazards", hazards, ("exact", "none"))
    shown = {"releases": releases, "projects": projects, "areas": areas, "admin_areas": admin_areas}
    extra = check_columns(columns, shown)
    drawings: list[Drawing] = []
    if hazards == "exact" and len(gaps.hazards):
        if projects is None or areas is None:
            names = ", ".join(name for name in ("projects", "areas") if shown[name] is None)
            count = gaps.hazards["location_id"].nunique()
            raise OptionError(
                f"gaps names {count} places on or beside hazardous land, and {names} is missing.\n"
                f"  Fix: pass it, or hazards='none'"
            )
        drawings += _in_the_way(gaps.hazards, readable(projects), readable(areas), extra)
    drawings.append(_land(gaps, readable(releases), extra))
    return assemble(
        drawings,
        title=title or say("Who meets whom, {0}", f"{gaps.as_of:%Y-%m-%d}"),
        is_internal=hazards == "exact" and bool(len(gaps.hazards)),
        notes=_SAID[hazards],
        admin_areas=admin_areas,
        extra=extra,
        base=base,
        hides_hazards=hazards == "none",
        language=language,
    )


def _held(frame: pd.DataFrame, what: str, column: str, wanted: pd.Series) -> pd.Series:
    """Return the ids of a frame; raise DataError where it lacks some that are wanted."""
    require_columns(frame, what, [column])
    ids = as_text(frame[column])
    lost = wanted[~wanted.isin(ids)].drop_duplicates()
    if len(lost):
        raise DataError(
            f"'{what}' lacks {len(lost):,} of the {wanted.nunique():,} {what} of gaps, the first is {lost.iloc[0]!r}.\n"
            f"  Fix: pass the table that coordination_gaps was given"
        )
    return ids


def _land(gaps: CoordinationGaps, releases: gpd.GeoDataFrame, extra: Sequence[str]) -> Drawing:
    """Return the layer of released land by need and project."""
    found = gaps.releases.set_index("release_id")
    ids = _held(releases, "releases", "release_id", gaps.releases["release_id"])
    rows = located(releases, "releases").assign(release_id=ids.to_numpy())
    known, tier = (rows["release_id"].map(found[name]) for name in ("gap_code", "project_tier"))
    asked = known.where(known != "unknown")
    silent = tier.map({"on_site": "project", "likely": "project", "same_district": "district"}).fillna("bare")
    classes = asked.fillna(silent.where(known.notna(), "missing")).astype("str")
    shown = ("need_count", "project_tier", "project_count", "lag_days", "first_project_id")
    rows = rows.assign(**{name: rows["release_id"].map(found[name]) for name in shown})
    notes = [f"As of {gaps.as_of:%Y-%m-%d}.", *gaps.caveats]
    return release_layer(
        rows.drop(columns=["verdict"], errors="ignore"), [*shown, *extra],
        name=say("Released land: needs and projects"), notes=notes, classes=(classes, _GAPS, "Needs and projects"),
    )  # fmt: skip


def _in_the_way(
    pairs: pd.DataFrame, projects: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, extra: Sequence[str]
) -> list[Drawing]:
    """Return the layers of projects on or beside hazardous land, and of that land."""
    places = _held(projects, "projects", "location_id", pairs["location_id"])
    ids = _held(areas, "areas", "area_id", pairs["area_id"])
    states = pairs.drop_duplicates("location_id").set_index("location_id")["project_state_code"]
    is_in = places.isin(pairs["location_id"]).to_numpy()
    here = projects.loc[is_in].assign(
        location_id=places[is_in], is_point=True, project_state_code=places[is_in].map(states)
    )
    kind = Records(
        "Hazardous areas on or beside it",
        pairs,
        "location_id",
        heads(*(one for one in _HAZARDS_IN if pairs[one].notna().any())),
    )
    here[RECORDS] = records_of(here["location_id"], [kind])
    is_met = ids.isin(pairs["area_id"]).to_numpy()
    land = areas.loc[is_met].assign(area_id=ids[is_met])
    shown = {"project_id": "Project", **heads("distance_m", "project_state_code", "implementer")}
    land[RECORDS] = records_of(land["area_id"], [Records("Projects on or beside it", pairs, "area_id", shown)])
    others = int((is_hazard(areas) & ~is_met).sum()) if "status" in areas.columns else int((~is_met).sum())
    land = land if "status" in land.columns else land.assign(status=pd.Series(None, index=land.index, dtype="str"))
    note = [f"Other hazardous areas, without a planned or running project on record there: {others:,}, not drawn."]
    nobody = pd.Series(dtype="str")
    return [
        hazard_layer(
            located(land, "areas"),
            extra,
            nobody,
            name=say("Hazardous land with a project"),
            notes=note if others else [],
        ),
        project_layer(
            here, extra, colour_by="project_state_code", looks=_STATES, name=say("Projects on or beside hazardous land")
        ),
    ]
