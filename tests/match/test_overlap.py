"""Areas against polygons: rectangles a reader can check, a grid counted cell by cell, and the peer library."""

from __future__ import annotations

from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer
from shapely import affinity, box

from landrelease.errors import CRSError, DataError, OptionError
from landrelease.match.overlap import UNMAPPED, match_overlap
from landrelease.tables import RESULTS

UTM = 32630
X, Y = 500_000, 4_800_000
GEOD = Geod(ellps="WGS84")
TO_LON_LAT = Transformer.from_crs(UTM, 4326, always_xy=True)


def at(shape, unit=10.0):
    """Put a shape given in units of 10 m at the middle meridian of the zone, where UTM is true to 1e-9."""
    return None if shape is None else shapely.transform(shape, lambda xy: xy * unit + (X, Y))


def areas_of(*shapes, crs=UTM, **columns) -> gpd.GeoDataFrame:
    ids = {"area_id": pd.Series([f"A{i}" for i in range(len(shapes))], dtype="str")}
    return gpd.GeoDataFrame({**ids, **columns}, geometry=[at(one) for one in shapes], crs=crs)


def layer_of(*pairs, crs=UTM) -> gpd.GeoDataFrame:
    names = pd.Series([name for name, _ in pairs], dtype="str")
    return gpd.GeoDataFrame({"use_code": names}, geometry=[at(shape) for _, shape in pairs], crs=crs)


def shares(found: pd.DataFrame, column: str = "overlap_share") -> dict[str, dict[str, float]]:
    result: dict[str, dict[str, float]] = {}
    for own, name, value in found[["area_id", "use_code", column]].itertuples(index=False):
        assert name not in result.setdefault(own, {}), "a class has one row an area"
        result[own][name] = value
    return result


def check_shares(found: pd.DataFrame, expected: dict[str, dict[str, float]], tolerance: float = 1e-8) -> None:
    got = shares(found)
    assert list(got) == list(expected)
    for own, parts in expected.items():
        assert got[own] == pytest.approx(parts, abs=tolerance)


def of_note(parts: dict[str, float]) -> dict[str, float]:
    """Leave out what rounding left along a common edge: less than a millionth of the area."""
    return {name: share for name, share in parts.items() if share > 1e-6}


def geodesic_m2(shape) -> float:
    """Area of one polygon by the geodesic library alone; its sums start at the equator, and keep about 1e-4 m2."""
    lon_lat = shapely.transform(shape, lambda xy: np.column_stack(TO_LON_LAT.transform(xy[:, 0], xy[:, 1])))
    return abs(GEOD.geometry_area_perimeter(lon_lat)[0])


def test_columns_are_the_declared_ones_also_when_empty():
    for areas in (areas_of(box(0, 0, 10, 10)), areas_of()):
        for layer in (layer_of(("grazing", box(0, 0, 5, 5))), layer_of(), layer_of(("grazing", None))):
            found = match_overlap(areas, layer, by="use_code")
            assert list(found.columns) == RESULTS["match_overlap"].names
            assert found.dtypes.astype(str).tolist() == ["str", "str", "float64", "float64"]
            assert len(found) >= len(areas)


def test_half_a_quarter_and_the_rest_with_the_m2_on_the_ellipsoid():
    areas = areas_of(box(0, 0, 10, 10), box(20, 0, 30, 10), box(40, 0, 50, 10))
    layer = layer_of(
        ("grazing", box(-5, 0, 5, 10)),  # the western half of the first
        ("road", box(5, 0, 10, 5)),  # a quarter of the first
        ("housing", box(15, -5, 35, 15)),  # all of the second
        ("forest", box(50, 0, 60, 10)),  # touches the third along an edge
    )
    found = match_overlap(areas, layer, by="use_code")
    check_shares(
        found,
        {
            "A0": {"grazing": 0.5, "road": 0.25, UNMAPPED: 0.25},
            "A1": {"housing": 1.0, UNMAPPED: 0.0},
            "A2": {UNMAPPED: 1.0},
        },
    )
    m2 = shares(found, "overlap_m2")
    whole = [geodesic_m2(shape) for shape in areas.geometry]
    assert whole[0] == pytest.approx(10_000 / 0.9996**2, rel=1e-6)  # the scale of the zone's middle meridian
    assert m2["A0"]["grazing"] == pytest.approx(whole[0] / 2, rel=1e-8)
    assert m2["A1"]["housing"] == pytest.approx(whole[1], abs=1e-4)
    assert found.groupby("area_id")["overlap_m2"].sum().to_numpy() == pytest.approx(whole, abs=1e-4)


def test_unmapped_comes_last_and_the_order_is_that_of_the_areas():
    areas = areas_of(box(20, 0, 30, 10), box(0, 0, 10, 10)).iloc[::-1]
    layer = layer_of(("road", box(0, 0, 40, 5)), ("grazing", box(0, 5, 40, 6)))
    found = match_overlap(areas, layer, by="use_code")
    assert found["area_id"].tolist() == ["A1"] * 3 + ["A0"] * 3
    assert found["use_code"].tolist() == ["road", "grazing", UNMAPPED] * 2
    assert found.index.tolist() == list(range(6))


def test_holes_multipolygons_parcels_in_areas_and_areas_in_parcels():
    ring = shapely.Polygon([(0, 0), (10, 0), (10, 10), (0, 10)], [[(2, 2), (8, 2), (8, 8), (2, 8)]])  # 64 units
    twins = shapely.MultiPolygon([box(20, 0, 30, 10), box(40, 0, 50, 10)])  # 200 units
    inside = box(61, 1, 62, 2)
    areas = areas_of(ring, twins, inside, box(80, 0, 90, 10))
    doughnut = shapely.Polygon([(80, 0), (90, 0), (90, 10), (80, 10)], [[(84, 4), (86, 4), (86, 6), (84, 6)]])
    layer = layer_of(
        ("housing", box(3, 3, 7, 7)),  # in the hole of the first: none of it
        ("grazing", box(0, 0, 10, 5)),  # 10 x 5 less 6 x 3 of the hole
        ("forest", shapely.MultiPolygon([box(25, 0, 30, 10), box(40, 0, 41, 10), box(60, 0, 70, 10)])),
        ("road", doughnut),  # 96 of 100 units of the last
        ("water", box(84, 4, 85, 5)),  # a parcel in the hole of that parcel
    )
    check_shares(
        match_overlap(areas, layer, by="use_code"),
        {
            "A0": {"grazing": 0.5, UNMAPPED: 0.5},
            "A1": {"forest": 60 / 200, UNMAPPED: 140 / 200},
            "A2": {"forest": 1.0, UNMAPPED: 0.0},
            "A3": {"road": 0.96, "water": 0.01, UNMAPPED: 0.03},
        },
    )


def test_a_sliver_counts_for_what_it_is():
    layer = layer_of(("grazing", box(0, 0, 0.0001, 10)), ("road", box(0.0001, 0, 10, 10)))  # 1 mm of 100 m
    found = match_overlap(areas_of(box(0, 0, 10, 10)), layer, by="use_code")
    check_shares(found, {"A0": {"grazing": 1e-5, "road": 1 - 1e-5, UNMAPPED: 0.0}})


@pytest.mark.parametrize(
    ("policy", "order", "expected"),
    [
        # grazing covers 0 to 6, road 4 to 8, forest 5 to 10 of 10 units
        ("split", "gr", {"grazing": 5.0, "road": 3.0, UNMAPPED: 2.0}),
        ("split", "rg", {"grazing": 5.0, "road": 3.0, UNMAPPED: 2.0}),
        ("first", "gr", {"grazing": 6.0, "road": 2.0, UNMAPPED: 2.0}),
        ("first", "rg", {"grazing": 4.0, "road": 4.0, UNMAPPED: 2.0}),
        # 0-4 g, 4-5 g r, 5-6 g r f, 6-8 r f, 8-10 f
        ("split", "grf", {"grazing": 4 + 1 / 2 + 1 / 3, "road": 1 / 2 + 1 / 3 + 1, "forest": 1 / 3 + 1 + 2}),
        ("split", "frg", {"grazing": 4 + 1 / 2 + 1 / 3, "road": 1 / 2 + 1 / 3 + 1, "forest": 1 / 3 + 1 + 2}),
        ("first", "grf", {"grazing": 6, "road": 2, "forest": 2, UNMAPPED: 0}),
        ("first", "fgr", {"grazing": 5, "forest": 5, UNMAPPED: 0}),  # no land is left to the road
    ],
)  # fmt: skip
def test_where_two_and_three_classes_overlap(policy, order, expected):
    parcels = {"g": ("grazing", box(0, 0, 6, 10)), "r": ("road", box(4, 0, 8, 10)), "f": ("forest", box(5, 0, 10, 10))}
    layer = layer_of(*(parcels[one] for one in order))
    found = match_overlap(areas_of(box(0, 0, 10, 10)), layer, by="use_code", on_overlap=policy)
    assert of_note(shares(found)["A0"]) == pytest.approx(
        of_note({name: n / 10 for name, n in expected.items()}), abs=1e-7
    )


@pytest.mark.parametrize("policy", ["split", "first", "raise"])
def test_overlapping_polygons_of_one_class_are_counted_once(policy):
    layer = layer_of(
        ("grazing", box(0, 0, 6, 10)), ("grazing", box(4, 0, 8, 10)), ("grazing", box(0, 0, 6, 10)),
        ("road", box(8, 0, 9, 10)),
    )  # fmt: skip
    found = match_overlap(areas_of(box(0, 0, 10, 10)), layer, by="use_code", on_overlap=policy)
    check_shares(found, {"A0": {"grazing": 0.8, "road": 0.1, UNMAPPED: 0.1}})


@pytest.mark.parametrize("engine", ["auto", "exact"])
def test_first_is_the_polygon_that_comes_first_whatever_its_class_has_elsewhere(engine):
    layer = layer_of(("grazing", box(0, 0, 1, 10)), ("road", box(5, 0, 10, 10)), ("grazing", box(5, 0, 10, 10)))
    found = match_overlap(areas_of(box(0, 0, 10, 10)), layer, by="use_code", on_overlap="first", engine=engine)
    assert of_note(shares(found)["A0"]) == pytest.approx({"grazing": 0.1, "road": 0.5, UNMAPPED: 0.4}, abs=1e-7)


@pytest.mark.parametrize("engine", ["auto", "exact"])
@pytest.mark.parametrize("turn", [0, 7, 31, 45, 61])
def test_a_neighbour_along_the_border_decides_nothing(engine, turn):
    """Turned, it may or may not have a crumb of the area, by rounding."""
    shapes = [box(0, 0, 100, 100), box(100, -30, 200, 130), box(0, 50, 100, 100), box(0, 50, 100, 100)]
    own, *others = [affinity.rotate(shape, turn, origin=(0, 0)) for shape in shapes]
    layer = layer_of(*zip(["grazing", "road", "grazing"], others, strict=True))
    found = match_overlap(areas_of(own), layer, by="use_code", on_overlap="first", engine=engine)
    assert of_note(shares(found)["A0"]) == pytest.approx({"road": 0.5, UNMAPPED: 0.5}, abs=1e-7)


def test_raise_says_how_many_areas_and_names_one():
    layer = layer_of(("grazing", box(0, 0, 6, 10)), ("road", box(4, 0, 8, 10)), ("road", box(20, 0, 30, 10)))
    areas = areas_of(box(20, 0, 30, 10), box(0, 0, 10, 10), box(0, 0, 5, 5))
    with pytest.raises(DataError, match=r"2 of 3 areas .* such as 'A1'"):
        match_overlap(areas, layer, by="use_code", on_overlap="raise")
    # the overlap lies outside of this one: nothing to raise about
    found = match_overlap(areas.iloc[:1], layer, by="use_code", on_overlap="raise")
    check_shares(found, {"A0": {"road": 1.0, UNMAPPED: 0.0}})


def test_land_of_a_missing_class_stays_unmapped_and_hides_nothing():
    layer = layer_of((None, box(0, 0, 10, 10)), ("road", box(0, 0, 4, 10)))
    for policy in ("split", "first", "raise"):
        found = match_overlap(areas_of(box(0, 0, 10, 10)), layer, by="use_code", on_overlap=policy)
        check_shares(found, {"A0": {"road": 0.4, UNMAPPED: 0.6}})


def test_a_layer_that_itself_says_unmapped_adds_no_second_row():
    layer = layer_of((UNMAPPED, box(0, 0, 6, 10)), ("road", box(0, 0, 4, 10)))
    found = match_overlap(areas_of(box(0, 0, 10, 10)), layer, by="use_code")
    check_shares(found, {"A0": {"road": 0.4, UNMAPPED: 0.6}})


def test_areas_without_a_polygon_are_missing_and_empty_ones_have_no_land():
    areas = areas_of(None, shapely.Polygon(), shapely.Point(1, 1), box(0, 0, 10, 10))
    layer = layer_of(
        ("road", box(0, 0, 10, 4)), ("road", None), ("road", shapely.Polygon()), ("road", shapely.Point(5, 9))
    )
    found = match_overlap(areas, layer, by="use_code")
    assert found["area_id"].tolist() == ["A0", "A1", "A2", "A3", "A3"]
    for own in ("A0", "A2"):
        row = found[found["area_id"] == own].iloc[0]
        assert row[["use_code", "overlap_m2", "overlap_share"]].isna().all()
    assert found.loc[found["area_id"] == "A1", "overlap_m2"].tolist() == [0.0]
    assert found["overlap_share"].to_numpy()[3:] == pytest.approx([0.4, 0.6], abs=1e-8)


def test_only_areas_without_a_polygon():
    found = match_overlap(areas_of(None, None), layer_of(("road", box(0, 0, 10, 4))), by="use_code")
    assert found["area_id"].tolist() == ["A0", "A1"]
    assert found[["use_code", "overlap_m2", "overlap_share"]].isna().all(axis=None)


def test_a_bow_tie_has_the_land_of_its_two_triangles():
    tie = shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])  # triangles of 25 units west and east
    assert not tie.is_valid
    found = match_overlap(areas_of(tie), layer_of(("road", box(0, 0, 5, 10))), by="use_code")
    check_shares(found, {"A0": {"road": 0.5, UNMAPPED: 0.5}})
    west = geodesic_m2(at(shapely.Polygon([(0, 0), (5, 5), (0, 10)])))
    assert shares(found, "overlap_m2")["A0"]["road"] == pytest.approx(west, rel=1e-6)
    found = match_overlap(areas_of(box(0, 0, 10, 10)), layer_of(("road", tie)), by="use_code")
    check_shares(found, {"A0": {"road": 0.5, UNMAPPED: 0.5}})


def test_the_crs_must_be_there_and_the_same():
    areas, layer = areas_of(box(0, 0, 10, 10)), layer_of(("road", box(0, 0, 5, 10)))
    with pytest.raises(CRSError, match="'areas' is in EPSG:32630, 'layer' is in EPSG:4326"):
        match_overlap(areas, layer.to_crs(4326), by="use_code")
    with pytest.raises(CRSError, match="'layer' has no coordinate reference system"):
        match_overlap(areas, layer_of(("road", box(0, 0, 5, 10)), crs=None), by="use_code")
    with pytest.raises(CRSError, match="'areas' has no coordinate reference system"):
        match_overlap(areas_of(box(0, 0, 10, 10), crs=None), layer, by="use_code")


def test_wrong_arguments_are_named():
    areas, layer = areas_of(box(0, 0, 10, 10)), layer_of(("road", box(0, 0, 5, 10)))
    with pytest.raises(DataError, match="no column 'use_cod'; did you mean 'use_code'"):
        match_overlap(areas, layer, by="use_cod")
    with pytest.raises(OptionError, match="split, first, raise; got 'last'"):
        match_overlap(areas, layer, by="use_code", on_overlap="last")
    with pytest.raises(DataError, match="id column"):
        match_overlap(areas.rename(columns={"area_id": "name"}), layer, by="use_code")


def test_an_id_and_a_class_of_the_same_name_are_not_mixed_up():
    districts = gpd.GeoDataFrame({"admin_code": ["D1"]}, geometry=[at(box(0, 0, 10, 10))], crs=UTM)
    provinces = gpd.GeoDataFrame({"admin_code": ["P1"]}, geometry=[at(box(0, 0, 20, 10))], crs=UTM)
    with pytest.raises(DataError, match="admin_code"):
        match_overlap(districts, provinces, by="admin_code")


def test_degrees_and_metres_agree():
    areas = areas_of(box(0, 0, 100, 50), shapely.Polygon([(200, 0), (330, 40), (250, 90)]))
    layer = layer_of(
        ("road", shapely.Polygon([(-10, -10), (70, 20), (40, 90)])), ("forest", box(60, 10, 260, 60)),
        ("grazing", box(240, 10, 400, 400)),
    )  # fmt: skip
    plane = match_overlap(areas, layer, by="use_code")
    globe = match_overlap(areas.to_crs(4326), layer.to_crs(4326), by="use_code")
    assert plane[["area_id", "use_code"]].equals(globe[["area_id", "use_code"]])
    # what is straight in one is not quite so in the other: 1 km bends by some 2 cm
    assert plane["overlap_share"].to_numpy() == pytest.approx(globe["overlap_share"].to_numpy(), abs=2e-5)
    assert plane.groupby("area_id")["overlap_m2"].sum().to_numpy() == pytest.approx(
        globe.groupby("area_id")["overlap_m2"].sum().to_numpy(), rel=2e-5
    )


def test_shares_are_of_land_not_of_square_degrees():
    # between 60 and 70 degrees north the southern half of a square in degrees holds more than half of its land
    areas = gpd.GeoDataFrame({"area_id": ["A0"]}, geometry=[box(20, 60, 21, 70)], crs=4326)
    layer = gpd.GeoDataFrame({"use_code": ["forest"]}, geometry=[box(19, 60, 22, 65)], crs=4326)
    south, whole = (np.sin(np.radians(top)) - np.sin(np.radians(60)) for top in (65, 70))
    found = shares(match_overlap(areas, layer, by="use_code"))["A0"]
    assert found["forest"] == pytest.approx(south / whole, abs=1e-3)  # on the sphere, by Archimedes


def test_inputs_are_unchanged():
    areas = areas_of(box(0, 0, 10, 10), None)
    layer = layer_of(("road", shapely.Polygon([(0, 0), (10, 10), (10, 0), (0, 10)])), (None, box(0, 0, 1, 1)))
    before = areas.copy(deep=True), layer.copy(deep=True)
    match_overlap(areas, layer, by="use_code", on_overlap="first")
    pd.testing.assert_frame_equal(pd.DataFrame(areas), pd.DataFrame(before[0]))
    pd.testing.assert_frame_equal(pd.DataFrame(layer), pd.DataFrame(before[1]))


def test_the_peer_library_agrees_on_a_layer_without_overlaps():
    rng = np.random.default_rng(7)
    parcels = [box(i * 30, j * 20, i * 30 + 30, j * 20 + 20) for i in range(8) for j in range(10)]
    names = rng.choice(["road", "forest", "grazing", "housing"], len(parcels))
    kept = rng.random(len(parcels)) < 0.8
    layer = layer_of(*((name, one) for name, one, keep in zip(names, parcels, kept, strict=True) if keep))
    turned = [
        shapely.affinity.rotate(
            shapely.Point(*rng.uniform(0, 200, 2)).buffer(rng.uniform(2, 40), 3), rng.uniform(0, 90)
        )
        for _ in range(40)
    ]
    areas = areas_of(*turned)
    areas, layer = areas.to_crs(3035), layer.to_crs(3035)  # equal-area: its planar m2 are true
    pieces = gpd.overlay(areas, layer, how="intersection")
    pieces["m2"] = pieces.area
    expected = pieces.groupby(["area_id", "use_code"])["m2"].sum()
    found = match_overlap(areas, layer, by="use_code")
    got = found[found["use_code"] != UNMAPPED].set_index(["area_id", "use_code"])["overlap_m2"]
    # the peer takes edges of 300 m as straight in its own plane: a bend of 1 mm, some 0.1 m2
    both = pd.concat([expected, got], axis=1, keys=["theirs", "ours"]).fillna(0.0)
    assert both["ours"].to_numpy() == pytest.approx(both["theirs"].to_numpy(), rel=0, abs=0.1)
    assert len(got) > 60


NAMES = ("road", "forest", "grazing")
corner = st.integers(0, 7)


@st.composite
def grid_shapes(draw):
    """A rectangle of whole cells, at times with a hole or of two parts: its shape and its cells."""

    def rectangle():
        left, low = draw(corner), draw(corner)
        return left, low, draw(st.integers(left + 1, 8)), draw(st.integers(low + 1, 8))

    def cells_of(left, low, right, top):
        return {(x, y) for x in range(left, right) for y in range(low, top)}

    left, low, right, top = rectangle()
    shape, cells = box(left, low, right, top), cells_of(left, low, right, top)
    kind = draw(st.sampled_from(["plain", "plain", "hole", "parts"]))
    if kind == "hole" and right - left > 2 and top - low > 2:
        hole = (left + 1, low + 1, right - 1, top - 1)
        shape, cells = shape.difference(box(*hole)), cells - cells_of(*hole)
    if kind == "parts":
        other = rectangle()
        shape, cells = shape.union(box(*other)), cells | cells_of(*other)
    return shape, frozenset(cells)


def expected_shares(cells, parcels, policy):
    """Give each cell to its classes, whole or in equal parts."""
    parts: dict[str, Fraction] = {}
    for cell in cells:
        names = list(dict.fromkeys(name for name, (_, held) in parcels if name and cell in held)) or [UNMAPPED]
        for name in names[:1] if policy == "first" else names:
            parts[name] = parts.get(name, Fraction(0)) + Fraction(1, 1 if policy == "first" else len(names))
    return {name: float(count / len(cells)) for name, count in parts.items()}


@settings(max_examples=60, deadline=None)
@given(
    owners=st.lists(grid_shapes(), min_size=1, max_size=3),
    parcels=st.lists(st.tuples(st.sampled_from([*NAMES, None]), grid_shapes()), max_size=5),
    policy=st.sampled_from(["split", "first"]),
)
def test_any_cells_against_a_count(owners, parcels, policy):
    areas = areas_of(*(shape for shape, _ in owners))
    layer = layer_of(*((name, shape) for name, (shape, _) in parcels))
    found = match_overlap(areas, layer, by="use_code", on_overlap=policy)
    for i, (shape, cells) in enumerate(owners):
        own = found[found["area_id"] == f"A{i}"].set_index("use_code")
        assert own["overlap_share"].sum() == pytest.approx(1.0, abs=1e-9)
        assert own["overlap_m2"].sum() == pytest.approx(geodesic_m2(at(shape)), abs=1e-4)
        assert (own["overlap_share"] >= 0).all()
        expected = expected_shares(cells, parcels, policy)
        assert of_note(own["overlap_share"].to_dict()) == pytest.approx(expected, abs=1e-6)


def polygons():
    """Stars around a point: simple polygons with corners anywhere."""

    def star(values):
        x, y, radii = values
        turns = np.linspace(0, 2 * np.pi, len(radii), endpoint=False)
        return shapely.Polygon(np.column_stack([x + radii * np.cos(turns), y + radii * np.sin(turns)]))

    number = st.floats(0, 20, allow_nan=False)
    radii = st.lists(st.floats(0.1, 12), min_size=3, max_size=7).map(np.array)
    return st.tuples(number, number, radii).map(star)


@settings(max_examples=40, deadline=None)
@given(
    owners=st.lists(polygons(), min_size=1, max_size=3),
    parcels=st.lists(st.tuples(st.sampled_from([*NAMES, None]), polygons()), max_size=5),
    policy=st.sampled_from(["split", "first"]),
)
def test_any_polygons_close(owners, parcels, policy):
    areas, layer = areas_of(*owners), layer_of(*parcels)
    found = match_overlap(areas, layer, by="use_code", on_overlap=policy)
    whole = {f"A{i}": geodesic_m2(shapely.make_valid(shape)) for i, shape in enumerate(areas.geometry)}
    total = found.groupby("area_id")[["overlap_m2", "overlap_share"]].sum()
    assert total["overlap_share"].to_numpy() == pytest.approx(1.0, abs=1e-9)
    assert total["overlap_m2"].to_dict() == pytest.approx(whole, abs=1e-4)
    # however the classes share it, what is covered is the union of the layer
    union = shapely.union_all(
        [shape for shape, name in zip(layer.geometry, layer["use_code"], strict=True) if name == name]
    )
    for i, shape in enumerate(areas.geometry):
        free = found[(found["area_id"] == f"A{i}") & (found["use_code"] == UNMAPPED)]["overlap_share"].iloc[0]
        assert free == pytest.approx(shape.difference(union).area / shape.area, abs=1e-7)


@settings(max_examples=25, deadline=None)
@given(
    owners=st.lists(polygons(), min_size=2, max_size=4),
    parcels=st.lists(st.tuples(st.sampled_from(NAMES), polygons()), min_size=1, max_size=5),
    seed=st.integers(0, 9),
    east=st.integers(-20, 20),
    north=st.integers(-20, 20),
)
def test_row_order_and_place_do_not_matter(owners, parcels, seed, east, north):
    areas, layer = areas_of(*owners), layer_of(*parcels)
    found = shares(match_overlap(areas, layer, by="use_code"))
    shuffled = shares(
        match_overlap(areas.sample(frac=1, random_state=seed), layer.sample(frac=1, random_state=seed), by="use_code")
    )
    moved = [frame.set_geometry(frame.translate(east * 100, north * 100)) for frame in (areas, layer)]
    elsewhere = shares(match_overlap(*moved, by="use_code"))
    for own, parts in found.items():
        for other in (shuffled[own], elsewhere[own]):
            for name in {*parts, *other}:
                assert parts.get(name, 0.0) == pytest.approx(other.get(name, 0.0), abs=1e-6)


@pytest.mark.parametrize("on_overlap", ["split", "first"])
def test_areas_with_and_without_overlaps_do_not_disturb_each_other(on_overlap):
    # of a row of parcels the third lies half under the fourth; each area meets two neighbours
    parcels = [("grazing", 0, 1), ("road", 1, 2), ("grazing", 2, 3), ("housing", 2.5, 4), ("housing", 4, 5)]
    layer = layer_of(*[(name, box(left, 0, right, 1)) for name, left, right in parcels])
    owners = [box(left + 0.5, 0, left + 1.5, 1) for left in range(4)]
    found = shares(match_overlap(areas_of(*owners), layer, by="use_code", on_overlap=on_overlap))
    expected = {
        "A0": {"grazing": 0.5, "road": 0.5},
        "A1": {"road": 0.5, "grazing": 0.5},
        "A2": {"grazing": 0.25, "housing": 0.75} if on_overlap == "split" else {"grazing": 0.5, "housing": 0.5},
        "A3": {"housing": 1.0},
    }
    for own, parts in expected.items():
        assert {name: share for name, share in found[own].items() if share > 1e-6} == pytest.approx(parts, abs=1e-6)


def test_a_categorical_class_is_read_like_text():
    layer = layer_of(("grazing", box(0, 0, 1, 1)), (None, box(1, 0, 2, 1)), ("grazing", box(0.5, 0, 1.5, 1)))
    areas = areas_of(box(0, 0, 2, 1))
    by_text = match_overlap(areas, layer, by="use_code")
    by_category = match_overlap(areas, layer.astype({"use_code": "category"}), by="use_code")
    pd.testing.assert_frame_equal(by_category, by_text)
    assert shares(by_category)["A0"]["grazing"] == pytest.approx(0.75)
