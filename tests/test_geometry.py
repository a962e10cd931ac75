"""Areas against closed formulas and PROJ, repairs against faces counted by hand, CRS rules."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import CRS, Geod, Transformer
from shapely import affinity

from landrelease import CRSError
from landrelease import geometry as ours

# WGS 84 as EPSG:7030 defines it
MAJOR = 6_378_137.0
FLATTENING = 1 / 298.257223563


def zone_m2(south: float, north: float, degrees: float) -> float:
    """Area of the ellipsoid between two parallels and two meridians (Bugayevskiy and Snyder 1995, authalic)."""
    squared = FLATTENING * (2 - FLATTENING)
    eccentricity = math.sqrt(squared)

    def up_to(latitude: float) -> float:
        sine = math.sin(math.radians(latitude))
        log = math.log((1 + eccentricity * sine) / (1 - eccentricity * sine)) / (2 * eccentricity)
        return MAJOR**2 * (1 - squared) / 2 * (sine / (1 - squared * sine**2) + log)

    return math.radians(degrees) * (up_to(north) - up_to(south))


def areas_of(*shapes: object, crs: object = 4326) -> list[float]:
    return ours.geodesic_area_m2(gpd.GeoSeries(list(shapes), crs=crs)).tolist()


@pytest.mark.parametrize("corner", [(0, 0), (18, 44), (104, 11), (37, 48), (-75, -5), (0, 79)])
def test_a_cell_of_one_degree_by_the_closed_formula(corner):
    west, south = corner
    cell = shapely.box(west, south, west + 1, south + 1)
    assert areas_of(cell)[0] == pytest.approx(zone_m2(south, south + 1, 1), rel=1e-6)


def test_the_whole_ellipsoid_by_the_closed_formula():
    """So the formula itself is right: the surface of WGS 84 is 510,065,621.7 km2."""
    assert zone_m2(-90, 90, 360) / 1e6 == pytest.approx(510_065_621.7, abs=0.1)


@settings(max_examples=40, deadline=None)
@given(west=st.floats(-170, 170), south=st.floats(-70, 70), width=st.floats(1e-4, 0.02), height=st.floats(1e-4, 0.02))
def test_small_boxes_by_the_closed_formula(west, south, width, height):
    box = shapely.box(west, south, west + width, south + height)
    assert areas_of(box)[0] == pytest.approx(zone_m2(south, south + height, width), rel=1e-4)


def test_orientation_holes_and_parts():
    outer = [(18, 44), (18.004, 44), (18.004, 44.004), (18, 44.004)]
    hole = [(18.001, 44.001), (18.002, 44.001), (18.002, 44.002), (18.001, 44.002)]
    geod = Geod(ellps="WGS84")
    area = abs(geod.polygon_area_perimeter(*zip(*outer, strict=True))[0])
    gap = abs(geod.polygon_area_perimeter(*zip(*hole, strict=True))[0])
    whole, turned = shapely.Polygon(outer), shapely.Polygon(outer[::-1])
    pierced, other = shapely.Polygon(outer, [hole]), shapely.Polygon(outer[::-1], [hole])
    both = shapely.MultiPolygon([pierced, affinity.translate(whole, 0.01)])
    found = areas_of(whole, turned, pierced, other, both)
    assert found == pytest.approx([area, area, area - gap, area - gap, 2 * area - gap], rel=1e-9)


def test_what_has_no_area_is_unknown_and_what_is_empty_has_none():
    found = areas_of(None, shapely.Point(18, 44), shapely.LineString([(18, 44), (19, 45)]), shapely.Polygon(),
                     shapely.MultiPolygon(), shapely.GeometryCollection([shapely.box(0, 0, 1, 1)]))  # fmt: skip
    assert np.isnan(found).tolist() == [True, True, True, False, False, True]
    assert found[3:5] == [0, 0]
    assert areas_of() == []


def test_an_area_is_the_same_in_each_crs():
    square = gpd.GeoSeries([shapely.box(500_000, 4_870_000, 501_000, 4_871_000)], crs=32634)
    # on the central meridian a length in UTM is 0.9996 of the true one
    true = 1_000_000 / 0.9996**2
    for crs in (32634, 4326, 3857, 3035):
        assert ours.geodesic_area_m2(square.to_crs(crs))[0] == pytest.approx(true, rel=2e-5)


def test_an_area_needs_a_crs():
    with pytest.raises(CRSError, match=r"needs a coordinate reference system\. Fix: frame\.set_crs"):
        ours.geodesic_area_m2(gpd.GeoSeries([shapely.box(0, 0, 1, 1)]))


def test_a_densified_bow_tie_keeps_both_lobes():
    """GEOS buffers a polygon by 0 as it densifies it, which drops a lobe: half of the hazard would be gone."""
    edge = 40_000
    tie = shapely.Polygon([(0, 0), (edge, edge), (edge, 0), (0, edge)])
    plane = CRS.from_dict({"proj": "laea", "lat_0": 44, "lon_0": 18, "datum": "WGS84", "units": "m"})
    frame = gpd.GeoDataFrame(geometry=[tie], crs=plane)
    there = ours.to_crs(frame, 4326)
    back = ours.repaired(ours.transform(there.geometry.to_numpy(), CRS.from_epsg(4326), plane))
    assert shapely.area(back)[0] == pytest.approx(edge**2 / 2, rel=1e-4)
    assert shapely.get_num_coordinates(there.geometry.to_numpy())[0] > 150


def turns(ring: np.ndarray, x: float, y: float) -> int:
    """How often a ring runs round a point, by the angle that it sweeps there."""
    angles = np.arctan2(ring[:, 1] - y, ring[:, 0] - x)
    steps = np.diff(angles)
    return round(float(np.sum((steps + math.pi) % (2 * math.pi) - math.pi)) / (2 * math.pi))


def enclosed_area(shape: shapely.Polygon) -> float:
    """Land that the ring runs round at least once in all: the faces of its noded line, each asked by itself."""
    ring = shapely.get_coordinates(shape)
    faces = shapely.get_parts(shapely.polygonize([shapely.node(shapely.LineString(ring))]))
    points = shapely.get_coordinates(shapely.point_on_surface(faces))
    return sum(face.area for face, (x, y) in zip(faces, points, strict=True) if turns(ring, x, y) != 0)


def test_repairs_by_hand():
    bow_tie = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
    overlap = shapely.MultiPolygon([shapely.box(0, 0, 10, 10), shapely.box(5, 5, 15, 15)])
    spike = shapely.Polygon([(0, 0), (10, 0), (20, 0), (10, 0), (10, 10), (0, 10)])
    flat = shapely.Polygon([(0, 0), (10, 0), (20, 0)])
    outside = shapely.Polygon(shapely.box(0, 0, 10, 10).exterior, [shapely.box(20, 20, 25, 25).exterior])
    good = shapely.box(0, 0, 1, 1)
    given_shapes = np.array([bow_tie, overlap, spike, flat, outside, good, None, shapely.Polygon()], dtype=object)
    mended = ours.repaired(given_shapes)
    areas = shapely.area(mended)
    assert areas[:4].tolist() == pytest.approx([50, 175, 100, 0])
    assert areas[4] >= 100
    assert mended[5] is good
    assert mended[6] is None
    assert mended[7].is_empty
    assert all(one is None or one.is_valid for one in mended)
    assert {one.geom_type for one in mended if one is not None} <= {"Polygon", "MultiPolygon"}
    assert given_shapes[0] is bow_tie


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), min_size=3, max_size=8, unique=True))
def test_a_repaired_scrawl_keeps_every_face(points):
    scrawl = shapely.Polygon(points)
    mended = ours.repaired(np.array([scrawl], dtype=object))
    assert shapely.is_valid(mended)[0]
    assert shapely.area(mended)[0] >= enclosed_area(scrawl) - 1e-9


def test_a_repair_that_comes_out_invalid_is_repaired_again():
    """GEOS 3.14 makes two polygons that share an edge of this ring."""
    shape = shapely.Polygon([(2, 1), (0, 2), (1, 1), (3, 1), (0, 0), (0, 1)])
    mended = ours.repaired(np.array([shape], dtype=object))
    assert shapely.is_valid(mended)[0]
    assert shapely.area(mended)[0] == pytest.approx(enclosed_area(shape)) == pytest.approx(2)


def test_polygonal_keeps_polygons_only():
    box, line = shapely.box(0, 0, 1, 1), shapely.LineString([(0, 0), (5, 5)])
    inner = shapely.GeometryCollection([box, shapely.MultiPolygon([shapely.box(3, 3, 4, 4)])])
    nested = shapely.GeometryCollection([line, inner])
    shapes = np.array([box, line, nested, None, shapely.GeometryCollection(), shapely.Polygon()], dtype=object)
    kept = ours.polygonal(shapes)
    assert shapely.area(kept[[0, 1, 2, 4, 5]]).tolist() == [1, 0, 2, 0, 0]
    assert kept[3] is None
    assert {one.geom_type for one in kept if one is not None} <= {"Polygon", "MultiPolygon"}
    assert shapes[1] is line


def test_finite_coordinates():
    with np.errstate(invalid="ignore"):
        odd = shapely.LineString([(0, 0), (math.nan, 1), (2, 2)])
    shapes = np.array([odd, shapely.Point(math.inf, 0), shapely.Point(0, 0), None, shapely.Point()], dtype=object)
    assert ours.has_finite_coordinates(shapes).tolist() == [False, False, True, True, True]


def test_a_crs_is_required_and_must_agree():
    bare = gpd.GeoDataFrame(geometry=[shapely.Point(18, 44)])
    one, two = bare.set_crs(4326), bare.set_crs(4326).to_crs(32634)
    with pytest.raises(CRSError, match=r"'areas' has no coordinate reference system.*\n  Fix: read\(\.\.\., crs="):
        ours.require_crs(bare, "areas")
    with pytest.raises(CRSError, match="'areas' must be a GeoDataFrame; got DataFrame"):
        ours.require_crs(bare.drop(columns="geometry"), "areas")
    message = r"'areas' is in EPSG:4326, 'layer' is in EPSG:32634\.\n  Fix: layer = .*to_crs\(layer, areas\.crs\)"
    with pytest.raises(CRSError, match=message):
        ours.require_same_crs(one, two, "areas", "layer")
    assert ours.require_same_crs(one, one, "areas", "layer").to_epsg() == 4326


@pytest.mark.parametrize(("epsg", "x", "y"), [(4131, 104.9, 11.6), (4230, 44.3, 33.3), (4220, 15, -9)])
def test_a_guess_is_no_transformation(epsg, x, y):
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(x, y)], crs=epsg)
    # this is what the error keeps from happening: the point would not move at all
    for call in (lambda: ours.check_crs(frame, "areas"), lambda: ours.to_crs(frame, 4326)):
        with pytest.raises(CRSError, match=rf"No operation from EPSG:{epsg} to EPSG:4326 is good to 10 m"):
            call()
    assert ours.check_crs(frame.iloc[:0], "areas").to_epsg() == epsg


def test_a_coordinate_without_an_image_is_an_error():
    shapes = np.array([shapely.Point(500_000, 4_870_000), shapely.Point(1e30, 1e30)], dtype=object)
    with pytest.raises(CRSError, match=r"1 of 2 geometries have coordinates .* \(the first is at position 1\)"):
        ours.transform(shapes, CRS.from_epsg(32634), CRS.from_epsg(4326))


def test_a_long_edge_stays_true():
    """The middle of a straight edge of 28 km in UTM, against PROJ's own point."""
    south, north = (300_000.0, 5_370_000.0), (320_000.0, 5_390_000.0)
    line = gpd.GeoDataFrame(geometry=[shapely.LineString([south, north])], crs=32637)
    moved = ours.to_crs(line, 4326).geometry[0]
    middle = shapely.Point(Transformer.from_crs(32637, 4326, always_xy=True).transform(310_000.0, 5_380_000.0))
    assert moved.distance(middle) < 3e-7  # 3 cm
    assert line.to_crs(4326).geometry[0].distance(middle) > 1e-5  # 1 m


def test_missing_and_empty_shapes_pass_through_a_transformation():
    shapes = np.array([None, shapely.Polygon(), shapely.Point(18, 44)], dtype=object)
    moved = ours.transform(shapes, CRS.from_epsg(4326), CRS.from_epsg(32634))
    assert moved[0] is None
    assert moved[1].is_empty
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(18, 44)], crs=4326)
    assert ours.to_crs(frame, 4326) is frame
    assert frame.geometry[0].equals(shapely.Point(18, 44))
    assert len(ours.to_crs(frame.iloc[:0], 3857)) == 0


@settings(max_examples=25, deadline=None)
@given(st.floats(0.1, 0.9), st.floats(-60, 60), st.floats(-170, 170))
def test_parts_in_the_equal_area_plane_sum_to_the_whole(share, latitude, longitude):
    box = shapely.box(longitude, latitude, longitude + 0.1, latitude + 0.1)
    knife = shapely.box(longitude, latitude, longitude + 0.1 * share, latitude + 0.1)
    frame = gpd.GeoDataFrame(geometry=[box, knife, box.difference(knife)], crs=4326)
    plane = ours.to_crs(frame, ours.equal_area_crs(frame))
    whole, left, right = ours.planar_area(plane.geometry.to_numpy())
    assert left + right == pytest.approx(whole, rel=1e-6)
    assert whole == pytest.approx(zone_m2(latitude, latitude + 0.1, 0.1), rel=1e-5)


def test_planes_are_centred_and_true():
    frame = gpd.GeoDataFrame(geometry=[shapely.Point(18.0, 44.0), None, shapely.Point(18.1, 44.1)], crs=4326)
    plane = ours.to_crs(frame, ours.metric_crs(frame))
    first, _, last = plane.geometry
    true = Geod(ellps="WGS84").inv(18.0, 44.0, 18.1, 44.1)[2]
    assert first.distance(last) == pytest.approx(true, rel=1e-5)
    nothing = gpd.GeoDataFrame(geometry=[None], crs=4326)
    assert ours.equal_area_crs(nothing).is_projected
    assert ours.equal_area_crs(frame.iloc[:0], nothing).is_projected
