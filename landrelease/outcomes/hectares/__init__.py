"""Hectares with error bars.

`pixels` tells what a map shows, `area_estimate` what that means, `sampling` where to look next.
"""

from __future__ import annotations

from landrelease.outcomes.hectares.area_estimate import AreaEstimate, adjusted_area
from landrelease.outcomes.hectares.pixels import mapped_classes
from landrelease.outcomes.hectares.sampling import follow_up_sample, sample_size

__all__ = ["AreaEstimate", "adjusted_area", "follow_up_sample", "mapped_classes", "sample_size"]
