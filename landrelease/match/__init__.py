"""Areas against the world: polygons, rasters, places, projects, administrative units."""

from landrelease.match.admin import assign_admin
from landrelease.match.legends import LandCover
from landrelease.match.nearby import match_nearby
from landrelease.match.overlap import match_overlap
from landrelease.match.projects import match_projects
from landrelease.match.raster import Quantity, match_raster
from landrelease.match.union import union_area_m2

__all__ = [
    "LandCover", "Quantity", "assign_admin", "match_nearby", "match_overlap", "match_projects", "match_raster",
    "union_area_m2",
]  # fmt: skip
