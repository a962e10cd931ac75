"""Every page that the package makes, of the same small invented land, and what there is to see and to do on each."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely
from rasterio.transform import from_origin

import landrelease as lr
from landrelease import maps
from landrelease.priority import Criterion, Ranking, Scheme

WHITE, RED, ORANGE, GREEN = (255, 255, 255), (255, 127, 127), (249, 211, 139), (64, 182, 150)
"""The base map; over it half of pure red (CHA), half of orange (SHA), three quarters of green (used as intended)."""
PAPER = (238, 241, 238)
"""Where no layer is."""
SHADED = (204, 188, 110)
"""The colour of fields, 0xDDCC77, in the light that falls on flat land: 0.922 of it."""
COVER = {10: "#117733", 40: "#DDCC77"}


@dataclass(frozen=True)
class Page:
    """How a page is made, and what there is on it."""

    make: Callable[[Path], Any]
    """Makes the page and the files beside it in a folder."""
    seen: dict[tuple[float, float], tuple[int, int, int]]
    """Colours on the screen at places, worked out by hand."""
    at: tuple[float, float] = (18.01, 44.01)
    named: str = "HA-1"
    """What lies at that place: said on hover, on click and when it is searched."""
    legend: str = "CHA: confirmed"
    """The class which, unchecked, leaves the place to what lies below it."""
    below: tuple[int, int, int] = WHITE
    key: tuple[str, ...] = ()
    """What the key of a printed sheet names beside the legend's class."""
    more: tuple[str, ...] = field(default=())
    """What else there is to use on it: "timeline", "swipe"."""
    beside: bool = False
    """Whether it loads files of its own folder."""


def square(x: float, y: float = 44.0, size: float = 0.02) -> shapely.Polygon:
    return shapely.box(x, y, x + size, y + size)


def frame(rows: dict[str, Any], shapes: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=4326)


AREAS = frame(
    {"area_id": ["HA-1", "HA-2"], "status": "open", "hazard_class": ["CHA", "SHA"], "area_m2": [3.5e6, 1e6],
     "admin_code": "W"},
    [square(18.0), square(18.05)],
)  # fmt: skip
RELEASES = frame(
    {"release_id": ["R-1", "R-2"], "verdict": ["as_intended", "unused"], "area_m2": [1e6, 2e6], "admin_code": "E",
     "release_date": pd.to_datetime(["2020-01-31"] * 2)},
    [square(18.1), square(18.15)],
)  # fmt: skip
PROJECTS = frame(
    {"project_id": ["P-1", "P-2"], "location_id": ["P-1/1", "P-2/1"], "title": ["School", "Farm"], "is_point": True,
     "admin_code": "E", "implementer": ["Builders", "Growers"], "sector_code": "31120",
     "start_date": pd.to_datetime(["2020-01-31"] * 2), "end_date": pd.to_datetime(["2030-01-31"] * 2)},
    [shapely.Point(18.2, 44.01), shapely.Point(18.015, 44.015)],
)  # fmt: skip
# their names stand in their middles, south of all that is looked at
UNITS = frame(
    {"admin_code": ["W", "E"], "name": ["West", "East"], "level": 1},
    [shapely.box(17.95, 43.88, 18.085, 44.06), shapely.box(18.085, 43.88, 18.25, 44.06)],
)
ROADS = frame({"road_id": ["1"], "name": ["Main road"]}, [shapely.LineString([(17.96, 44.035), (18.24, 44.035)])])
TOWNS = frame({"settlement_id": ["1"], "name": ["Village"]}, [shapely.Point(18.22, 44.045)])
LAND = {"releases": RELEASES, "projects": PROJECTS.iloc[:1], "admin_areas": UNITS}


def ranking() -> Ranking:
    table = pd.DataFrame({"area_id": ["HA-1", "HA-2"], "people": [1000.0, 400.0], "road_m": [500.0, 0.0]})
    return lr.prioritise(table, scheme())


def scheme() -> Scheme:
    criteria = (
        Criterion("people", low=0, high=1000, weight=0.9, unit="people"),
        Criterion("road_m", low=0, high=500, weight=0.1, more_is_urgent=False, unit="m"),
    )
    return Scheme("s", "Sample scheme", "Nobody", True, "", criteria)


def raster(path: Path, cells: Any, **more: Any) -> Path:
    """Write a raster over all of the land, 0.01 degrees a cell, that begins at its north-west corner."""
    cells = np.asarray(cells)
    options = {"driver": "GTiff", "count": 1, "crs": 4326, "dtype": "uint8", "nodata": 0} | more
    height, width = cells.shape
    place = from_origin(17.95, 44.06, 0.3 / width, 0.1 / height)
    with rasterio.open(path, "w", height=height, width=width, transform=place, **options) as file:
        file.write(cells.astype(file.dtypes[0]), 1)
    return path


def land(folder: Path) -> Any:
    return maps.land_release_map(AREAS, **LAND, title="Land")


def public(folder: Path) -> Any:
    areas = AREAS.assign(admin_code="W")
    return maps.land_release_map(areas, admin_areas=UNITS, hazards="admin", language="ar", title="Public")


def ground(folder: Path) -> Any:
    chart = maps.land_release_map(AREAS, title="Ground")
    half = raster(folder / "cover.tif", np.repeat(np.where(np.arange(30) < 15, 40, 10)[None], 10, axis=0))
    maps.raster_layer(half, colours=COVER, labels={10: "Trees", 40: "Fields"}, opacity=1).add_to(chart)
    heights = raster(folder / "dem.tif", np.full((30, 90), 300.0), dtype="float32", nodata=-9999)
    maps.hillshade_layer(heights).add_to(chart)
    maps.map_layer(ROADS, "roads").add_to(chart)
    maps.map_layer(TOWNS, "settlements").add_to(chart)
    return chart


def tiles(folder: Path) -> Any:
    (folder / "tiles" / "1" / "1").mkdir(parents=True)
    picture = np.full((3, 256, 256), 200, dtype="uint8") - np.array([0, 150, 0], dtype="uint8")[:, None, None]
    options = {"driver": "PNG", "width": 256, "height": 256, "count": 3, "dtype": "uint8"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(folder / "tiles" / "1" / "1" / "0.png", "w", **options) as file:
            file.write(picture)
    chart = maps.land_release_map(AREAS, title="Tiles")
    maps.tile_layer("tiles", attribution="Survey department", max_zoom=1).add_to(chart)
    return chart


def verdicts(folder: Path) -> Any:
    visits = pd.DataFrame({"follow_up_id": ["1"], "release_id": ["R-1"], "use_code": ["grazing"],
                           "visit_date": pd.to_datetime(["2023-05-01"])})  # fmt: skip
    photos = pd.DataFrame({"release_id": ["R-1"], "photo_path": ["photos/1.jpg"], "caption": ["The field"]})
    return maps.verdict_map(RELEASES, as_of="2025-12-31", follow_ups=visits, photos=photos, admin_areas=UNITS)


def coordination(folder: Path) -> Any:
    links = pd.DataFrame({"release_id": ["R-1"], "project_id": ["P-1"], "weight_share": [1.0], "tier": ["on_site"]})
    needs = pd.DataFrame({"need_id": ["1"], "admin_code": ["E"], "wanted_use_code": ["agriculture"]})
    gaps = lr.coordination_gaps(RELEASES, PROJECTS, links=links, needs=needs, hazards=AREAS, as_of="2022-12-31")
    return maps.coordination_map(gaps, RELEASES, projects=PROJECTS, areas=AREAS, admin_areas=UNITS)


def bounds(folder: Path) -> Any:
    shares = pd.DataFrame({"admin_code": ["W", "E"], "productive_share_low": [0.05, 0.9],
                           "productive_share_high": [0.15, 0.95]})  # fmt: skip
    return maps.bounds_map(UNITS, shares)


def timeline(folder: Path) -> Any:
    events = frame(
        {"event_id": ["1", "2", "3", "4"], "area_id": ["HA-1", "HA-1", "HA-2", "HA-2"],
         "event": ["suspected", "confirmed", "confirmed", "cleared"],
         "event_date": pd.to_datetime(["2016-03-01", "2018-05-01", "2015-01-01", "2020-07-01"])},
        [square(18.0), square(18.0), square(18.05), square(18.05)],
    )  # fmt: skip
    releases = lr.releases_from(events)
    return maps.timeline_map(lr.status_periods(events), releases=releases, admin_areas=UNITS, title="By day")


def swiped(folder: Path) -> Any:
    chart = folium.Map([44.01, 18.1], zoom_start=10, tiles=None, maxZoom=18)
    sides = [raster(folder / f"{year}.tif", np.full((10, 30), code)) for year, code in (("2015", 10), ("2025", 40))]
    one, two = (maps.raster_layer(path, colours=COVER, opacity=1).add_to(chart) for path in sides)
    maps.swipe(chart, one, two)
    return chart


def own(folder: Path) -> Any:
    """A map of the caller's own, with what our pages bring and ordinary folium layers beside it."""
    chart = folium.Map([44.01, 18.1], tiles=None, zoom_start=10, maxZoom=18)
    maps.map_layer(AREAS, "areas").add_to(chart)
    maps.map_layer(RELEASES, "releases", colour_by="verdict").add_to(chart)
    folium.Marker([44.02, 18.03]).add_to(chart)
    folium.LayerControl(position="bottomleft").add_to(chart)
    return chart


def live(folder: Path) -> Any:
    return maps.live_ranking(ranking(), areas=AREAS, scheme=scheme(), admin_areas=UNITS, top=1, title="Workshop")


HAZARDS = {(18.01, 44.01): RED, (18.052, 44.01): ORANGE, (18.03, 44.01): WHITE}
PAGES = {
    "land_release_map": Page(
        land, {**HAZARDS, (18.11, 44.01): GREEN}, key=("SHA: suspected", "Productive, as intended"),
    ),
    "priority_map": Page(
        lambda folder: maps.priority_map(AREAS, ranking(), admin_areas=UNITS),
        {(18.01, 44.01): (0x00, 0x22, 0x4E), (18.03, 44.01): WHITE}, legend="",
    ),
    "verdict_map": Page(
        verdicts, {(18.11, 44.01): GREEN, (18.13, 44.01): WHITE}, (18.11, 44.01), "R-1", "Productive, as intended",
    ),
    "coordination_map": Page(
        coordination, {(18.005, 44.005): RED, (18.11, 44.01): (0x00, 0x72, 0xB2), (18.16, 44.01): (0xD5, 0x5E, 0x00)},
        (18.11, 44.01), "R-1", "A need, and a project",
    ),
    "bounds_map": Page(
        bounds, {(18.0, 44.01): (0xFF, 0xFF, 0xCC), (18.2, 44.01): (0x25, 0x34, 0x94)}, (18.2, 44.01), "East",
        "80 to 100 %", PAPER,
    ),
    "timeline_map": Page(timeline, {(18.01, 44.01): RED, (18.03, 44.01): WHITE}, more=("timeline",)),
    "raster_layer": Page(
        ground, {(18.03, 44.01): SHADED},
        key=("cover", "Trees", "Fields", "Relief", "Roads", "Settlements"), below=SHADED,
    ),
    "tile_layer": Page(tiles, {(18.03, 44.01): (200, 50, 200)}, below=(200, 50, 200), beside=True),
    "map_layer": Page(own, {(18.01, 44.01): (238, 110, 110)}, below=(221, 221, 221)),
    "swipe": Page(swiped, {(18.06, 44.01): (0x11, 0x77, 0x33), (18.14, 44.01): (0xDD, 0xCC, 0x77)}, more=("swipe",)),
    "live_ranking": Page(live, {}),
}  # fmt: skip
PAGES |= {"public": Page(public, {}, (18.0, 44.01), "West")}
OF = {"hillshade_layer": "raster_layer"}
"""Builders whose part stands on the page of another."""


def save_pages(folder: Path) -> SimpleNamespace:
    """Make every page in a folder of its own."""
    paths = {}
    for name, page in PAGES.items():
        (folder / name).mkdir()
        maps.save_page(page.make(folder / name), folder / name / "page.html")
        paths[name] = folder / name / "page.html"
    return SimpleNamespace(**paths)
