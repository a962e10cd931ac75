"""Repair errs towards danger: faces counted by hand, and by how often the ring turns round each."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Polygon, affinity, box

from landrelease import OptionError, find_problems, read, status_on
from landrelease.geometry import repaired

BOW_TIE = Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])
OUTER, INNER, INNERMOST = (box(low, low, 10 - low, 10 - low).exterior for low in (0, 1, 2))


def mended(shape: object, reading: str) -> shapely.Geometry:
    return repaired(np.array([shape], dtype=object), reading=reading)[0]


def with_hole(x: float, y: float, size: float = 2.0, shell: Polygon = BOW_TIE) -> Polygon:
    return Polygon(shell.exterior, [box(x, y, x + size, y + size).exterior])


KEYHOLE = Polygon([(0, 0), (10, 0), (10, 10), (0, 10), (0, 5), (3, 5), (3, 7), (6, 7), (6, 3), (3, 3), (3, 5), (0, 5)])
"""A square of 100 whose ring goes in along a line, round a gap of 3 by 4, and out along the same line."""

BY_HAND = {
    # name: shape, land as a hazard, land as a release
    "bow tie": (BOW_TIE, 50, 50),
    "unequal bow tie": (Polygon([(0, 0), (10, 10), (10, 0), (0, 5)]), 125 / 3, 125 / 3),
    "overlapping parts": (shapely.MultiPolygon([box(0, 0, 10, 10), box(5, 5, 15, 15)]), 175, 150),
    "the same part twice": (shapely.MultiPolygon([box(0, 0, 10, 10), box(0, 0, 10, 10)]), 100, 0),
    "nested holes": (Polygon(OUTER, [INNER, INNERMOST]), 100, 36),
    "overlapping holes": (Polygon(OUTER, [box(1, 1, 5, 5).exterior, box(3, 3, 7, 7).exterior]), 100, 100 - 28),
    "touching holes": (Polygon(OUTER, [box(1, 1, 5, 5).exterior, box(5, 1, 8, 5).exterior]), 100 - 28, 100 - 28),
    "hole outside": (Polygon(OUTER, [box(20, 20, 25, 25).exterior]), 100, 100),
    "hole over the edge": (Polygon(OUTER, [box(8, 4, 12, 6).exterior]), 100, 96),
    "hole over the edge by a rounding": (Polygon(OUTER, [box(8, 4, 10 + 1e-9, 6).exterior]), 96, 96),
    "hole that covers all": (Polygon(OUTER, [OUTER]), 100, 0),
    "holes that cover all": (Polygon(OUTER, [box(0, 0, 5, 10).exterior, box(5, 0, 10, 10).exterior]), 100, 0),
    "crossed hole": (Polygon(OUTER, [[(2, 2), (6, 6), (6, 2), (2, 6)]]), 100, 92),
    "bow tie with a sound hole": (with_hole(8, 4, 1), 49, 49),
    "bow tie with a hole over its middle": (with_hole(4, 4), 50, 50 - 2),
    "spike": (Polygon([(0, 0), (10, 0), (20, 0), (10, 0), (10, 10), (0, 10)]), 100, 100),
    "gap drawn as a keyhole": (KEYHOLE, 100, 88),
    "twice round": (Polygon([(0, 0), (10, 0), (10, 10), (0, 10)] * 2), 100, 0),
    "flat": (Polygon([(0, 0), (10, 0), (20, 0)]), 0, 0),
    "island in the lake of another part": (
        shapely.MultiPolygon([Polygon(OUTER, [INNER]), box(3, 3, 5, 5), affinity.translate(BOW_TIE, 50)]),
        100 - 64 + 4 + 50, 100 - 64 + 4 + 50,
    ),
    "an empty part beside it": (shapely.MultiPolygon([Polygon(), BOW_TIE]), 50, 50),
    "a collection": (shapely.GeometryCollection([BOW_TIE, shapely.Point(50, 50)]), 50, 50),
}  # fmt: skip


@pytest.mark.parametrize("name", BY_HAND)
def test_faces_by_hand(name):
    shape, hazard, release = BY_HAND[name]
    for reading, land in (("hazard", hazard), ("release", release)):
        one = mended(shape, reading)
        assert one.is_valid
        assert one.geom_type in ("Polygon", "MultiPolygon")
        assert one.area == pytest.approx(land, abs=1e-6), reading


def turns(ring: np.ndarray, x: float, y: float) -> int:
    """How often a ring runs round a point, by the angle that it sweeps there."""
    angles = np.arctan2(ring[:, 1] - y, ring[:, 0] - x)
    steps = np.diff(angles)
    return round(float(np.sum((steps + math.pi) % (2 * math.pi) - math.pi)) / (2 * math.pi))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=9), st.integers(0, 2**32 - 1))
def test_points_in_a_scrawl(corners, seed):
    """A release has a point where the ring turns round it an odd number of times; a hazard wherever it ever turns."""
    scrawl = Polygon(corners)
    hazard, release, middle = (mended(scrawl, one) for one in ("hazard", "release", "structure"))
    if scrawl.is_valid:
        assert hazard is release is middle is scrawl
    ring = shapely.get_coordinates(scrawl)
    for x, y in np.random.default_rng(seed).random((60, 2)) * 9:
        point = shapely.Point(x, y)
        if scrawl.exterior.distance(point) < 1e-6:
            continue
        count = turns(ring, x, y)
        assert release.contains(point) == (count % 2 == 1)
        assert middle.contains(point) == (count != 0)
        assert hazard.contains(point) or count == 0
    assert shapely.difference(release, middle).area == pytest.approx(0, abs=1e-9)
    assert shapely.difference(middle, hazard).area == pytest.approx(0, abs=1e-9)
    # each face is bounded: what the hazard fills has no gap left
    assert all(not part.interiors for part in shapely.get_parts(hazard)) or scrawl.is_valid


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(*[st.integers(0, 10**9)] * 2), min_size=4, max_size=30, unique=True),
    st.floats(-170, 170), st.floats(-60, 60),
)  # fmt: skip
def test_a_repair_holds_in_degrees(corners, longitude, latitude):
    scrawl = affinity.translate(affinity.scale(Polygon(corners), 1e-11, 1e-11, origin=(0, 0)), longitude, latitude)
    hazard, release = mended(scrawl, "hazard"), mended(scrawl, "release")
    assert hazard.is_valid
    assert release.is_valid
    assert shapely.difference(release, hazard).area <= 1e-12 * max(hazard.area, 1e-12)


def test_a_scrawl_of_300_corners():
    """Its faces are counted by Euler: noded, each has its edges and the plane has one face more."""
    scrawl = Polygon(np.random.default_rng(7).random((300, 2)))
    faces = shapely.get_parts(shapely.polygonize([shapely.node(scrawl.exterior)]))
    points = shapely.get_coordinates(shapely.point_on_surface(faces))
    ring = shapely.get_coordinates(scrawl)
    odd = np.array([turns(ring, x, y) % 2 == 1 for x, y in points])
    assert mended(scrawl, "hazard").area == pytest.approx(shapely.area(faces).sum())
    assert mended(scrawl, "release").area == pytest.approx(shapely.area(faces[odd]).sum())


def test_a_valid_shape_is_never_touched():
    shapes = np.array([box(0, 0, 1, 1), KEYHOLE, None, Polygon(), shapely.Point(1, 1), Polygon(OUTER, [INNER])])
    for reading in ("hazard", "release", "structure"):
        one = repaired(shapes, reading=reading)
        assert [one[i] is shapes[i] for i in (0, 2, 3, 4, 5)] == [True] * 5
    assert shapes[1] is KEYHOLE


def test_each_row_has_its_own_reading():
    shapes = np.array([KEYHOLE, KEYHOLE, KEYHOLE], dtype=object)
    readings = np.array(["hazard", "release", "structure"], dtype=object)
    assert shapely.area(repaired(shapes, reading=readings)).tolist() == pytest.approx([100, 88, 88])
    with pytest.raises(OptionError, match="reading"):
        repaired(shapes, reading="danger")


def test_what_is_no_number_is_left_for_others_to_tell():
    with np.errstate(invalid="ignore"):
        odd = Polygon([(0, 0), (math.nan, 1), (1, 1)])
    assert mended(odd, "hazard") is odd


SQUARES = shapely.MultiPolygon(
    [box(500_000, 4_870_000, 500_100, 4_870_100), box(500_050, 4_870_050, 500_150, 4_870_150)]
)
"""Two squares of 10,000 m2 that share 2,500 m2: 17,500 m2 of hazard, 15,000 m2 of release."""


def a_file(path, **columns):
    rows = pd.DataFrame(columns).assign(wkt=SQUARES.wkt)
    rows.to_csv(path, index=False)
    return path


def test_a_file_of_events_is_read_by_the_event(tmp_path):
    kinds = ["suspected", "confirmed", "reopened", "corrected", "cancelled", "reduced", "cleared", "accident"]
    path = a_file(tmp_path / "events.csv", event_id=[f"E{i}" for i in range(8)], area_id="A", event=kinds)
    events = read(path, "events", crs=32634)
    assert events.area.tolist() == pytest.approx([17_500] * 4 + [15_000] * 3 + [17_500])
    told = find_problems(events, "events").query("rule == 'R8'")["message"].tolist()
    assert [text.split("; ")[1] for text in told] == (
        ["all that its rings enclose is kept"] * 4
        + ["only what each reading of its rings agrees on is kept"] * 3
        + ["what its rings run round is kept"]
    )


def test_a_file_of_areas_is_read_by_the_status(tmp_path):
    path = a_file(
        tmp_path / "areas.csv", area_id=["A", "B", "C", "D"], status=["open", "released", "released", None],
        release_type=[None, "cleared", None, "cleared"],
    )  # fmt: skip
    areas = read(path, "areas", crs=32634)
    # "released" without saying how still counts as hazardous
    assert areas.area.tolist() == pytest.approx([17_500, 15_000, 17_500, 17_500])
    path = a_file(tmp_path / "releases.csv", release_id=["R"], area_id=["A"], release_type=["cleared"])
    assert read(path, "releases", crs=32634).area.tolist() == pytest.approx([15_000])
    path = a_file(tmp_path / "admin.csv", admin_code=["1"], name=["One"])
    assert read(path, "admin_areas", crs=32634).area.tolist() == pytest.approx([17_500])


def test_an_id_does_not_hang_on_the_reading(tmp_path):
    path = a_file(tmp_path / "areas.csv", status=["open", "released"], release_type=["", "cleared"])
    areas = read(path, "areas", crs=32634, ids="geometry")
    assert areas["area_id"][1] == areas["area_id"][0] + "~2"
    assert areas.area[0] > areas.area[1]


def test_what_a_crossed_release_leaves_in_doubt_stays_hazardous():
    columns = {"area_id": "A", "event": ["suspected", "cleared"], "event_id": ["1", "2"], "date_precision": "day"}
    events = gpd.GeoDataFrame(
        {**columns, "event_date": pd.to_datetime(["2020-01-01", "2021-01-01"])},
        geometry=[SQUARES, SQUARES], crs=32634,
    )  # fmt: skip
    left = status_on(events, "2022-01-01")
    assert left.geometry.iloc[0].area == pytest.approx(2_500, rel=1e-6)
