"""The verdict map: what became of released land, and by what evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from landrelease.cells import as_text
from landrelease.errors import DataError
from landrelease.maps.html.assemble import NOT_SHOWN, assemble
from landrelease.maps.layers.drawings import release_layer
from landrelease.maps.layers.frames import check_columns, located, readable, require_columns
from landrelease.maps.layers.records import RECORDS, Records, checked_photos, heads, records_of
from landrelease.outcomes import match_follow_ups
from landrelease.said import say

if TYPE_CHECKING:
    import folium
    from folium.map import Layer

    from landrelease.maps.words import Language

__all__ = ["verdict_map"]


def verdict_map(
    releases: gpd.GeoDataFrame,
    *,
    as_of: Any,
    follow_ups: pd.DataFrame | None = None,
    land_cover: pd.DataFrame | None = None,
    project_links: pd.DataFrame | None = None,
    projects: pd.DataFrame | None = None,
    photos: pd.DataFrame | None = None,
    admin_areas: gpd.GeoDataFrame | None = None,
    base: Sequence[Layer] = (),
    columns: Sequence[str] | None = None,
    title: str = "",
    language: Language = "en",
) -> folium.Map:
    """Map released land by verdict; a click shows the evidence: visits, land cover, projects, photos.

    Parameters
    ----------
    releases : GeoDataFrame
        What `assess_use` returned.
    as_of : date
        The day of the assessment: later visits are not shown.
    follow_ups : DataFrame, optional
        Table `follow_ups`. Each visit is shown at the release that `match_follow_ups` finds; those that speak of none
        are counted.
    land_cover : DataFrame, optional
        What `match_raster(releases, ..., stat="shares")` returned, for one raster or for a mapping of several.
    project_links : DataFrame, optional
        What `match_projects` returned.
    projects : DataFrame, optional
        Table `projects`: the titles of linked projects.
    photos : DataFrame, optional
        release_id and photo_path, a path from the folder of the page, such as `photos/1.jpg`; photo_date and caption if
        they are known. Photos are not put into the page: send their folder along.
    admin_areas : GeoDataFrame, optional
        Table `admin_areas`: the base map, without its sums of hazards.
    base : sequence of Layer, optional
        What else lies below the land: settlements, roads and shaded units of `map_layer`, images of `raster_layer` and
        `hillshade_layer`. Units stand either here or in `admin_areas`.
    columns : sequence of str, optional
        Further columns of releases or units to show on click, as in `land_release_map`.
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
        A table lacks its id or another column; a photo's path leads out of the folder of the page (a scheme, `..`, a
        path from the root); a release stands twice.
    OptionError
        A column that may not be shown; `as_of` is no day;
        `base` holds what the page has already, or what lies not below.
    CRSError
        A table with geometries has no CRS, or none that reaches EPSG:4326 to 10 m.

    Notes
    -----
    Any CRS. Evidence is shown as it is on record, also what did not decide the verdict: the columns `evidence` and
    `conflict` say what did. Of visits only day, use, what was seen and why land is unused leave for the page.
    Photos can show people, and can hold the place where they were taken.

    Examples
    --------
    >>> import shapely
    >>> releases = gpd.GeoDataFrame({"release_id": ["R-1"], "verdict": ["as_intended"], "area_m2": [1e6],
    ...                              "release_date": pd.to_datetime(["2020-01-31"])},
    ...                             geometry=[shapely.box(18, 44, 18.01, 44.01)], crs=4326)
    >>> photos = pd.DataFrame({"release_id": ["R-1"], "photo_path": ["photos/1.jpg"]})
    >>> page = verdict_map(releases, as_of="2025-12-31", photos=photos, title="Sample").get_root().render()
    >>> "photos/1.jpg" in page, "Sample" in page
    (False, True)
    >>> empty = verdict_map(releases.iloc[:0], as_of="2025-12-31")
    >>> verdict_map(releases, as_of="2025-12-31", photos=photos.assign(photo_path="https://example.org/1.jpg"))
    Traceback (most recent call last):
    landrelease.errors.DataError: 'photos': 1 of 1 paths lead out of the folder of the page, ...
    """
    require_columns(releases, "releases", ["release_id", "verdict"])
    releases = readable(releases)
    if releases["release_id"].duplicated().any():
        raise DataError("'releases' has a release_id twice. Fix: one row a release, as assess_use returns them")
    extra = check_columns(columns, {"releases": releases, "admin_areas": admin_areas})
    rows = located(releases, "releases").assign(release_id=as_text(releases["release_id"]).to_numpy())
    kinds, notes = _kinds(releases, as_of, follow_ups, land_cover, project_links, projects, photos)
    if kinds:
        rows[RECORDS] = records_of(rows["release_id"], kinds).to_numpy()
        notes.append("A click on released land shows the evidence.")
    return assemble(
        [release_layer(rows, extra, name=say("Released land by verdict"), notes=notes)],
        title=title or say("What became of released land"), is_internal=False,
        notes=[NOT_SHOWN], admin_areas=admin_areas, extra=extra, base=base, hides_hazards=True,
        language=language,
    )  # fmt: skip


def _kinds(
    releases: pd.DataFrame,
    as_of: Any,
    follow_ups: pd.DataFrame | None,
    land_cover: pd.DataFrame | None,
    links: pd.DataFrame | None,
    projects: pd.DataFrame | None,
    photos: pd.DataFrame | None,
) -> tuple[list[Records], list[str]]:
    """Return the kinds of evidence that were given, and what of them is at no release."""
    found = []
    lost: list[str] = []
    if follow_ups is not None:
        found.append(_visits(releases, readable(follow_ups.reset_index(drop=True)), as_of, lost))
    if land_cover is not None:
        found.append(_cover(land_cover))
    if links is not None:
        found.append(_projects(links, projects))
    if photos is not None:
        shown = {name: head for name, head in _PHOTOS.items() if name in photos.columns}
        found.append(Records("Photos", _keyed(checked_photos(readable(photos))), "release_id", shown, "photo_path"))
    keys = as_text(releases["release_id"])
    for kind in found:
        absent = int((~kind.frame["release_id"].isin(keys)).sum())
        if absent:
            lost.append(
                say("{0}: {1} of {2} at none of these releases, not shown.", say(kind.title), absent, len(kind.frame))
            )
    return found, lost


_PHOTOS = {"caption": "Photo", "photo_path": "File", "photo_date": "Day"}


def _keyed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(release_id=as_text(frame["release_id"]))


def _visits(releases: pd.DataFrame, follow_ups: pd.DataFrame, as_of: Any, lost: list[str]) -> Records:
    matched = match_follow_ups(releases, follow_ups, as_of=as_of)
    is_used = matched["release_id"].notna().to_numpy()
    if not is_used.all():
        lost.append(f"Visits of no release, or not usable: {int((~is_used).sum()):,} of {len(is_used):,}, not shown.")
    visits = follow_ups.loc[is_used].assign(release_id=matched.loc[is_used, "release_id"])
    visits = visits.sort_values("visit_date", ascending=False, kind="stable")
    said = [name for name in ("observed_share", "reason_unused_code") if name in visits and visits[name].notna().any()]
    return Records("Visits", visits, "release_id", heads("visit_date", "use_code", *said))


def _cover(land_cover: pd.DataFrame) -> Records:
    require_columns(land_cover, "land_cover", ["release_id", "class_code", "class_share"])
    frame = _keyed(readable(land_cover))
    uses = as_text(frame["use_code"]) if "use_code" in frame.columns else pd.Series(None, frame.index, dtype="str")
    says = [
        None
        if pd.isna(code)
        else say("Class {0}", f"{code:g}")
        if pd.isna(use)
        else say("Class {0}: {1}", f"{code:g}", use)
        for code, use in zip(frame["class_code"], uses, strict=True)
    ]
    by = [name for name in ("layer",) if name in frame.columns]
    frame = frame.assign(says=pd.Series(says, frame.index, dtype="object")).sort_values(
        [*by, "class_share"], ascending=False, kind="stable"
    )
    frame = frame[frame["class_share"].gt(0)].assign(**{name: frame[name].astype("str") for name in by})
    shown = {**dict.fromkeys(by, "Raster"), "says": "What it says", "class_share": "Of the land"}
    return Records("Land cover", frame, "release_id", shown)


def _projects(links: pd.DataFrame, projects: pd.DataFrame | None) -> Records:
    require_columns(links, "project_links", ["release_id", "project_id", "link_level"])
    frame = _keyed(readable(links)).assign(title=as_text(links["project_id"]).to_numpy())
    if projects is not None and "title" in projects.columns:
        titles = readable(projects).assign(project_id=as_text(projects["project_id"])).dropna(subset="title")
        named = titles.drop_duplicates("project_id").set_index("project_id")["title"]
        frame["title"] = frame["title"].map(named).fillna(frame["title"])
    shown = {"title": "Project", "link_level": "Where", "distance_m": "Distance", "months_apart": "Months"}
    return Records(
        "Projects", frame, "release_id", {name: head for name, head in shown.items() if name in frame.columns}
    )
