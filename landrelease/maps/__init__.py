"""Maps as single files that open without internet, and show no more than they are asked to."""

from __future__ import annotations

from landrelease.maps.html.offline import save_page
from landrelease.maps.html.tiles import tile_layer
from landrelease.maps.layers.rasters import hillshade_layer, raster_layer, swipe
from landrelease.maps.layers.single import map_layer
from landrelease.maps.pages.bounds import bounds_map
from landrelease.maps.pages.coordination import coordination_map
from landrelease.maps.pages.live.page import live_ranking
from landrelease.maps.pages.release import land_release_map, priority_map
from landrelease.maps.pages.timeline import timeline_map
from landrelease.maps.pages.verdicts import verdict_map
from landrelease.maps.paper.static import static_map

__all__ = [
    "bounds_map",
    "coordination_map",
    "hillshade_layer",
    "land_release_map",
    "live_ranking",
    "map_layer",
    "priority_map",
    "raster_layer",
    "save_page",
    "static_map",
    "swipe",
    "tile_layer",
    "timeline_map",
    "verdict_map",
]
