"""Maps as single files that open without internet, and show no more than they are asked to."""

from __future__ import annotations

from landrelease.maps.bounds import bounds_map
from landrelease.maps.coordination import coordination_map
from landrelease.maps.layers import land_release_map, priority_map
from landrelease.maps.live import live_ranking
from landrelease.maps.offline import save_page
from landrelease.maps.paper import static_map
from landrelease.maps.rasters import hillshade_layer, raster_layer, swipe
from landrelease.maps.single import map_layer
from landrelease.maps.tiles import tile_layer
from landrelease.maps.timeline import timeline_map
from landrelease.maps.verdicts import verdict_map

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
