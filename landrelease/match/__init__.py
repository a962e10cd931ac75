"""Areas against the world: polygons, rasters, places, projects, administrative units."""

from landrelease.match.admin import assign_admin
from landrelease.match.legends import LandCover
from landrelease.match.nearby import match_nearby
from landrelease.match.overlap import match_overlap
from landrelease.match.projects.links import match_projects
from landrelease.match.projects.records import duplicate_projects
from landrelease.match.projects.sectors import sector_shares
from landrelease.match.projects.weights import ProjectWeights, project_weights
from landrelease.match.raster import Quantity, match_raster
from landrelease.match.union import union_area_m2

__all__ = [
    "LandCover", "ProjectWeights", "Quantity", "assign_admin", "duplicate_projects", "match_nearby", "match_overlap",
    "match_projects", "match_raster", "project_weights", "sector_shares", "union_area_m2",
]  # fmt: skip
