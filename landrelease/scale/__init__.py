"""The same functions over partitions of the areas, on one machine or on a cluster."""

from landrelease.scale.folder import read_parts
from landrelease.scale.mapping import map_areas
from landrelease.scale.tasks import connected

__all__ = ["connected", "map_areas", "read_parts"]
