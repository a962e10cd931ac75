"""Everything about shapes: CRS checks, transformation, geodesic area, visible repair.

No other module computes an area in m2 or changes a CRS.
"""

from landrelease.geometry.across import cut_at_180, has_wide_part, unwrapped
from landrelease.geometry.crs import (
    check_crs,
    crs_of,
    densified,
    equal_area_crs,
    has_place,
    lon_lat,
    metric_crs,
    operation_to_wgs84,
    require_crs,
    require_same_crs,
    to_crs,
    transform,
)
from landrelease.geometry.measure import (
    authalic,
    geodesic_area_m2,
    planar_area,
    plane_polygons,
    scale_change,
    scaled_area_m2,
)
from landrelease.geometry.operations import WGS84, WORST_ACCURACY_M, Operation, crs_name, declared_crs
from landrelease.geometry.rings import Rings, rings_of
from landrelease.geometry.shapes import has_finite_coordinates, keep_where, polygonal, repaired
from landrelease.geometry.surface import from_space, into_space, polynomials

__all__ = [
    "WGS84",
    "WORST_ACCURACY_M",
    "Operation",
    "Rings",
    "authalic",
    "check_crs",
    "crs_name",
    "crs_of",
    "cut_at_180",
    "declared_crs",
    "densified",
    "equal_area_crs",
    "from_space",
    "geodesic_area_m2",
    "has_finite_coordinates",
    "has_place",
    "has_wide_part",
    "into_space",
    "keep_where",
    "lon_lat",
    "metric_crs",
    "operation_to_wgs84",
    "planar_area",
    "plane_polygons",
    "polygonal",
    "polynomials",
    "repaired",
    "require_crs",
    "require_same_crs",
    "rings_of",
    "scale_change",
    "scaled_area_m2",
    "to_crs",
    "transform",
    "unwrapped",
]
