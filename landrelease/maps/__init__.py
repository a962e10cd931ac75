"""Maps as single files that open without internet, and show no more than they are asked to."""

from __future__ import annotations

from landrelease.maps.layers import land_release_map, priority_map
from landrelease.maps.live import live_ranking
from landrelease.maps.offline import save_page

__all__ = ["land_release_map", "live_ranking", "priority_map", "save_page"]
