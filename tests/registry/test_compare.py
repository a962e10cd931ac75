"""Two exports side by side: rectangles whose areas anybody can compute, and cells counted one by one."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import given, settings
from hypothesis import strategies as st

import landrelease as lr
from landrelease.errors import CRSError, DataError, OptionError
from landrelease.geometry import geodesic_area_m2, to_crs
from landrelease.registry.compare import compare_exports
from landrelease.tables import CODES, DTYPES, RESULTS

# an equal-area plane, at the parallel where its metres are true both ways
CRS, X, Y = 6933, 1_000_000, 3_660_000


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(X + west, Y + south, X + east, Y + north)


def area(area_id: str, shape: Any, status: str | None = "open", **cells: Any) -> dict[str, Any]:
    return {"area_id": area_id, "status": status, "geometry": shape, **cells}


def export(*areas: dict[str, Any]) -> gpd.GeoDataFrame:
    rows = pd.DataFrame(list(areas), columns=None if areas else ["area_id", "status", "geometry"])
    for name in ("release_date", "survey_date"):
        if name in rows:
            rows[name] = pd.to_datetime(rows[name])
    return gpd.GeoDataFrame(rows.drop(columns="geometry"), geometry=gpd.GeoSeries(rows["geometry"].to_list(), crs=CRS))


def said(changes: gpd.GeoDataFrame) -> list[tuple[Any, ...]]:
    """Return the changes as (area, code, column, m2), in alphabetic order."""
    m2 = [None if np.isnan(value) else round(value) for value in changes["difference_m2"]]
    return sorted(
        zip(changes["area_id"], changes["change_code"], changes["column"], m2, strict=True), key=lambda row: row[:3]
    )


SQUARE = box(0, 0, 100, 100)
OPEN = area("A", SQUARE)
CLEARED = {"status": "released", "release_type": "cleared"}


# what changed, area by area


def test_nothing_changed_nothing_said() -> None:
    old = export(OPEN, area("B", None), area("C", SQUARE, None), area("D", SQUARE, "released"))
    changes = compare_exports(old, old.iloc[::-1])
    assert len(changes) == 0
    assert changes.crs == old.crs
    assert [*changes.columns] == RESULTS["compare_exports"].names
    for column in RESULTS["compare_exports"].columns:
        assert str(changes[column.name].dtype) == DTYPES[column.kind]


def test_empty_exports() -> None:
    assert len(compare_exports(export(), export())) == 0
    assert said(compare_exports(export(), export(OPEN))) == [("A", "new", "area_id", 10_000)]
    gone = [("A", "gone", "area_id", -10_000), ("A", "vanished", "geometry", -10_000)]
    assert said(compare_exports(export(OPEN), export())) == gone


@pytest.mark.parametrize(
    ("column", "old", "new", "code", "difference"),
    [
        ("status", "open", "in_progress", "status_changed", None),
        ("status", "open", None, "emptied", None),
        ("status", None, "suspended", "filled", None),
        ("status", "open", "Closed", "status_changed", None),
        ("hazard_class", "SHA", "CHA", "class_changed", None),
        ("hazard_class", "CHA", "SHA", "class_lowered", None),
        ("hazard_class", None, "SHA", "filled", None),
        ("survey_date", "2020-05-02", "2020-05-01", "date_back", None),
        ("survey_date", "2020-05-01", "2020-05-02", "date_forward", None),
        ("survey_date", "2020-05-01", None, "emptied", None),
        ("release_date", None, "2020-05-01", "filled", None),
        ("reported_area_m2", 560_000.0, 56_000.0, "changed", -504_000),
        ("reported_area_m2", None, 5.0, "filled", None),
        ("operator", "Delta", "Echo", "changed", None),
    ],
)
def test_a_cell_changed(column: str, old: Any, new: Any, code: str, difference: float | None) -> None:
    before, after = export(OPEN | {column: old}), export(OPEN | {column: new})
    changes = compare_exports(before, after)
    assert said(changes) == [("A", code, column, difference)]
    row = changes.iloc[0]
    texts = [None if pd.isna(row[name]) else row[name] for name in ("old", "new")]
    assert texts == [str(int(cell)) if isinstance(cell, float) else cell for cell in (old, new)]
    assert not row["is_danger"]
    assert row["geometry"].equals(SQUARE)


def test_columns_that_the_table_does_not_declare_are_not_shown() -> None:
    assert len(compare_exports(export(OPEN | {"owner": "a"}), export(OPEN | {"owner": "b"}))) == 0


def test_a_number_that_a_file_rounded_is_the_same() -> None:
    old, new = export(OPEN | {"reported_area_m2": 0.1 + 0.2}), export(OPEN | {"reported_area_m2": 0.3})
    assert len(compare_exports(old, new)) == 0


def test_redrawn() -> None:
    changes = compare_exports(export(OPEN), export(area("A", box(20, 0, 130, 100))))
    assert said(changes) == [
        ("A", "grown", "geometry", 3_000),
        ("A", "shrunk", "geometry", -2_000),
        ("A", "vanished", "geometry", -2_000),
    ]
    assert changes["change_code"].tolist() == ["vanished", "grown", "shrunk"]
    assert changes["old"].tolist() == ["open", "10000 m2", "10000 m2"]
    assert changes["new"].tolist() == ["open", "11000 m2", "11000 m2"]
    land = changes.set_index("change_code").geometry
    assert land["grown"].symmetric_difference(box(100, 0, 130, 100)).area < 1
    assert land["vanished"].symmetric_difference(box(0, 0, 20, 100)).area < 1


def test_moved() -> None:
    corner = shapely.union(box(0, 0, 100, 20), box(0, 0, 20, 60))
    moved = shapely.transform(corner, lambda xy: xy + np.array([30, 40]))
    # a strip 30 m wide in the west and 20 m high in the south; the shapes share 10 m x 20 m
    left_m2 = corner.area - corner.intersection(moved).area
    changes = compare_exports(export(area("A", corner, **CLEARED)), export(area("A", moved, **CLEARED)))
    assert said(changes) == [("A", "moved", "geometry", -round(left_m2))]
    assert "50 m away" in changes["message"][0]
    hazard = compare_exports(export(area("A", corner)), export(area("A", moved)))
    assert said(hazard)[1] == ("A", "vanished", "geometry", -round(left_m2))


def test_renamed_keeps_comparing_the_rest() -> None:
    old, new = export(OPEN), export(area("A-new", SQUARE, "in_progress"))
    changes = compare_exports(old, new)
    assert said(changes) == [("A", "renamed", "area_id", None), ("A", "status_changed", "status", None)]
    assert changes["other_area_id"].tolist() == ["A-new", "A-new"]


def test_one_of_two_new_areas_with_the_same_land_is_the_renamed_one() -> None:
    changes = compare_exports(export(OPEN), export(area("B", SQUARE), area("C", SQUARE)))
    assert said(changes) == [("A", "renamed", "area_id", None), ("C", "new", "area_id", 10_000)]


def test_ids_that_a_reader_takes_for_the_same_are_the_same() -> None:
    changes = compare_exports(export(area("HA-1", SQUARE)), export(area(" ha-1 ", SQUARE)))
    assert changes[["area_id", "change_code", "old", "new"]].values.tolist() == [["HA-1", "changed", "HA-1", "ha-1"]]


WEST, EAST = box(0, 0, 40, 100), box(40, 0, 100, 100)


def test_split_and_merged() -> None:
    one, two = export(OPEN), export(area("B", WEST), area("C", EAST))
    split, merged = compare_exports(one, two), compare_exports(two, one)
    assert said(split) == [("A", "split", "area_id", -6_000), ("A", "split", "area_id", -4_000)]
    assert split["other_area_id"].tolist() == ["C", "B"]
    assert said(merged) == [("B", "merged", "area_id", -4_000), ("C", "merged", "area_id", -6_000)]
    assert merged["other_area_id"].tolist() == ["A", "A"]


def test_a_split_that_forgets_land() -> None:
    new = export(area("B", WEST), area("C", box(40, 0, 70, 100)), area("D", box(500, 0, 600, 100)))
    assert said(compare_exports(export(OPEN), new)) == [
        ("A", "split", "area_id", -4_000),
        ("A", "split", "area_id", -3_000),
        ("A", "vanished", "geometry", -3_000),
        ("D", "new", "area_id", 10_000),
    ]


def test_two_small_areas_in_a_large_one_are_no_split() -> None:
    new = export(area("B", box(0, 0, 20, 100)), area("C", box(20, 0, 40, 100)))
    codes = compare_exports(export(OPEN), new)["change_code"].tolist()
    assert codes == ["vanished", "gone", "new", "new"]


def test_exactly_half_is_not_most() -> None:
    for shift in range(0, 5_000, 500):  # a rounding of the plane must not tip it
        half_in = export(*(area(name, box(shift + x, 0, shift + x + 100, 50)) for name, x in (("B", -50), ("C", 50))))
        half_of = export(*(area(name, box(shift, y, shift + 100, y + 25)) for name, y in (("B", 0), ("C", 25))))
        for height, new in ((50, half_in), (100, half_of)):
            changes = compare_exports(export(area("A", box(shift, 0, shift + 100, height))), new)
            assert set(changes["change_code"]) <= {"gone", "new", "vanished"}


def test_a_superseded_area_goes_on_in_its_parts() -> None:
    new = export(area("A", shapely.Polygon(), "superseded"), area("B", WEST), area("C", EAST))
    changes = compare_exports(export(OPEN), new)
    assert said(changes) == [
        ("A", "split", "area_id", -6_000),
        ("A", "split", "area_id", -4_000),
        ("A", "status_changed", "status", None),
    ]
    assert said(compare_exports(export(OPEN), new.iloc[:2]))[1] == ("A", "vanished", "geometry", -6_000)


# what is dangerous


def vanished_m2(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> dict[str, float]:
    changes = compare_exports(old, new)
    assert changes["is_danger"].eq(changes["change_code"].eq("vanished")).all()
    assert changes["is_danger"].is_monotonic_decreasing
    danger = changes[changes["is_danger"]]
    return dict(zip(danger["area_id"], -danger["difference_m2"].round(), strict=True))


HALF = box(0, 0, 50, 100)


@pytest.mark.parametrize(
    ("new", "vanished"),
    [
        pytest.param([], 10_000, id="the id is gone"),
        pytest.param([area("B", SQUARE)], 0, id="renamed"),
        pytest.param([area("B", HALF)], 5_000, id="a new area holds half"),
        pytest.param([area("A", SQUARE, **CLEARED)], 0, id="released"),
        pytest.param([area("A", shapely.Polygon(), **CLEARED)], 0, id="released, drawn empty"),
        pytest.param([area("A", None, **CLEARED)], 0, id="released, not drawn"),
        pytest.param([area("A", HALF, **CLEARED)], 5_000, id="released, the polygon covers half"),
        pytest.param([area("A", SQUARE, "released")], 10_000, id="released without a release type"),
        pytest.param([area("A", SQUARE, "released", release_type="sold")], 10_000, id="no release type"),
        pytest.param([area("B", SQUARE, "released")], 10_000, id="renamed and released without a release type"),
        pytest.param([area("A", SQUARE, "superseded")], 10_000, id="superseded by nothing"),
        pytest.param([area("A", HALF)], 5_000, id="shrunk"),
        pytest.param([area("A", HALF, "in_progress")], 5_000, id="shrunk in progress, no release type"),
        pytest.param([area("A", HALF, "in_progress", release_type="reduced")], 0, id="released in part"),
        pytest.param([area("A", HALF), area("A-1", EAST, **CLEARED)], 0, id="the rest released under a new id"),
        pytest.param([area("A", None)], 10_000, id="the polygon is gone"),
        pytest.param([area("A", shapely.Point(X, Y))], 10_000, id="only a point is left"),
        pytest.param([area("A", SQUARE, None)], 0, id="no status is hazardous"),
        pytest.param([area("A", SQUARE, "Closed")], 0, id="no known status is hazardous"),
    ],
)
def test_hazardous_land_vanishes(new: list[dict[str, Any]], vanished: float) -> None:
    assert vanished_m2(export(OPEN), export(*new)) == ({"A": vanished} if vanished else {})


def test_land_that_another_area_holds_did_not_vanish() -> None:
    other = area("B", box(30, 0, 200, 100))
    assert vanished_m2(export(OPEN, other), export(other)) == {"A": 3_000}


def test_a_release_of_another_area_releases_only_that_area() -> None:
    old = export(OPEN, area("B", SQUARE))
    assert vanished_m2(old, export(area("B", SQUARE, **CLEARED))) == {"A": 10_000}


def test_an_old_release_explains_no_new_loss() -> None:
    cells = {"status": "in_progress", "release_type": "reduced"}
    for before, after, vanished in (
        ("2020-01-01", "2020-01-01", {"A": 5_000}),
        ("2020-01-01", "2020-02-01", {}),
        ("2020-01-01", "2019-12-01", {"A": 5_000}),
        (None, "2020-01-01", {}),
        (None, None, {"A": 5_000}),
    ):
        old = export(area("A", SQUARE, **cells, release_date=before))
        new = export(area("A", HALF, **cells, release_date=after))
        assert vanished_m2(old, new) == vanished


def test_released_without_a_type_was_not_released() -> None:
    untyped = export(area("A", SQUARE, "released"))
    assert vanished_m2(untyped, export()) == {"A": 10_000}
    assert vanished_m2(untyped, untyped) == {}
    assert said(compare_exports(untyped, export(OPEN))) == [("A", "unreleased", "status", 10_000)]
    assert ("A", "untyped_release", "status", -10_000) in said(compare_exports(export(OPEN), untyped))


def test_unreleased() -> None:
    changes = compare_exports(export(area("A", SQUARE, **CLEARED)), export(OPEN))
    assert said(changes) == [("A", "emptied", "release_type", None), ("A", "unreleased", "status", 10_000)]
    assert vanished_m2(export(area("A", SQUARE, **CLEARED)), export()) == {}


def test_places_without_an_extent() -> None:
    here, there = shapely.Point(X, Y), shapely.Point(X + 50, Y)
    point = area("A", here, reported_area_m2=400.0)
    assert said(compare_exports(export(point), export(point | {"geometry": shapely.Point(X + 0.5, Y)}))) == []
    assert said(compare_exports(export(point), export(point | {"geometry": there}))) == [
        ("A", "moved", "geometry", None),
        ("A", "vanished", "geometry", -400),
    ]
    assert vanished_m2(export(point), export()) == {"A": 400}
    assert vanished_m2(export(point), export(area("B", here))) == {}
    assert vanished_m2(export(point, area("B", here)), export(area("B", here))) == {"A": 400}
    assert vanished_m2(export(point), export(area("A", SQUARE))) == {}
    assert vanished_m2(export(point), export(point | {"geometry": None})) == {"A": 400}
    assert vanished_m2(export(point), export(point | {"reported_area_m2": 40.0})) == {"A": 360}
    assert vanished_m2(export(point), export(point | CLEARED)) == {}
    line = area("A", shapely.LineString([here, there]))
    assert vanished_m2(export(line), export(line)) == {}
    unknown = compare_exports(export(line), export(area("A", here)))
    assert unknown.loc[unknown["is_danger"], "difference_m2"].isna().all()


def test_areas_that_nobody_can_place() -> None:
    nowhere = area("A", None, reported_area_m2=400.0)
    assert vanished_m2(export(nowhere), export(nowhere)) == {}
    assert vanished_m2(export(nowhere), export()) == {"A": 400}
    assert vanished_m2(export(nowhere), export(nowhere | CLEARED)) == {}
    assert vanished_m2(export(nowhere), export(nowhere | {"status": "released"})) == {"A": 400}
    assert vanished_m2(export(nowhere), export(nowhere | {"reported_area_m2": 100.0})) == {"A": 300}
    assert said(compare_exports(export(nowhere), export(nowhere | {"geometry": SQUARE}))) == [
        ("A", "filled", "geometry", 10_000)
    ]


def test_an_invalid_polygon_is_land() -> None:
    bow_tie = shapely.Polygon([(X, Y), (X + 100, Y + 100), (X + 100, Y), (X, Y + 100)])
    assert vanished_m2(export(area("A", bow_tie)), export()) == {"A": 5_000}


# roundings are no changes


def test_rounded_or_reprojected_is_not_redrawn() -> None:
    angles = np.linspace(0, 2 * np.pi, 30, endpoint=False)
    round_ = shapely.Polygon(np.c_[X + 150 * np.cos(angles), Y + 90 * np.sin(angles)])
    old = export(area("A", round_), area("B", box(300, 0, 900, 8)), area("C", box(0, 200, 3_000, 900)))
    degrees = to_crs(old, 4326)
    five_digits = degrees.set_geometry(shapely.transform(degrees.geometry.to_numpy(), lambda xy: np.round(xy, 5)))
    turned = five_digits.set_geometry(shapely.reverse(five_digits.geometry.to_numpy()))
    corners = old.set_geometry(shapely.segmentize(old.geometry.to_numpy(), 7.0))
    for new in (degrees, five_digits, turned, corners, to_crs(old, 32633)):
        assert said(compare_exports(old, new)) == []
        assert said(compare_exports(new, old)) == []
    assert len(compare_exports(old, five_digits, tolerance_m=0.01)) > 0


@pytest.mark.parametrize(("step", "is_told"), [(0.8, False), (1.2, True)])
def test_the_tolerance_is_a_width(step: float, is_told: bool) -> None:
    changes = compare_exports(export(OPEN), export(area("A", box(0, 0, 100 - step, 100))))
    assert changes["change_code"].tolist() == (["vanished", "shrunk"] if is_told else [])


def test_slivers_beside_a_real_change_are_not_counted() -> None:
    # 20 m less in the east; 0.5 m less in the north
    changes = compare_exports(export(OPEN), export(area("A", box(0, 0, 80, 99.5))))
    # half the tolerance is kept around what is wide
    assert changes["difference_m2"].to_numpy() == pytest.approx(-2_000, abs=0.5)


def test_an_area_narrower_than_the_tolerance_can_vanish() -> None:
    old = export(area("A", box(0, 0, 1_000, 0.5)))
    assert vanished_m2(old, export()) == {"A": 500}
    assert vanished_m2(old, export(area("A", box(0, 0, 400, 0.5)))) == {"A": 300}
    assert vanished_m2(old, export(area("B", box(0, 0, 400, 0.5)))) == {"A": 300}


def test_the_result_is_in_the_crs_of_the_old_export() -> None:
    old, new = export(OPEN), to_crs(export(area("A", box(0, 0, 100, 130)), area("B", HALF)), 4326)
    changes = compare_exports(old, new)
    assert changes.crs == old.crs
    np.testing.assert_allclose(np.abs(changes["difference_m2"]), changes.area, rtol=1e-6)
    assert said(changes) == [("A", "grown", "geometry", 3_000), ("B", "new", "area_id", 5_000)]


# what is refused


def test_repeated_ids_are_refused_with_the_way_out() -> None:
    twice = export(OPEN, area("a ", HALF))
    with pytest.raises(DataError, match=r"'new': 1 of 2 rows (?s:.*) R2 area_id (?s:.*)usable_rows\(new, 'areas'\)"):
        compare_exports(export(OPEN), twice)
    usable, _ = lr.usable_rows(twice, "areas")
    assert len(compare_exports(export(OPEN), usable)) == 1
    with pytest.raises(DataError, match="'old': "):
        compare_exports(export(OPEN).drop(columns="area_id"), twice)


@pytest.mark.parametrize("tolerance", [0, -1, np.nan, np.inf, "1", None])
def test_a_tolerance_is_a_positive_number(tolerance: Any) -> None:
    with pytest.raises(OptionError, match="tolerance_m must be a positive number of metres"):
        compare_exports(export(OPEN), export(OPEN), tolerance_m=tolerance)


def test_no_crs() -> None:
    bare = export(OPEN).set_crs(None, allow_override=True)
    for old, new, name in ((bare, export(OPEN), "old"), (export(OPEN), bare, "new")):
        with pytest.raises(CRSError, match=f"'{name}' has no coordinate reference system"):
            compare_exports(old, new)


def test_every_code_can_be_told() -> None:
    told = set(CODES["change_code"])
    assert told == {
        "vanished", "new", "gone", "renamed", "split", "merged", "grown", "shrunk", "moved", "released",
        "untyped_release", "unreleased", "status_changed", "class_changed", "class_lowered", "date_back",
        "date_forward", "filled", "emptied", "changed",
    }  # fmt: skip


# properties, and the same answer from cells counted one by one

CELL = 50
STATES = {
    "open": ("open", None), "untyped": ("released", None), "cleared": ("released", "cleared"),
    "superseded": ("superseded", None),
}  # fmt: skip
corners = st.integers(0, 5)
boxes = st.tuples(corners, corners, st.integers(1, 4), st.integers(1, 4))
exports = st.dictionaries(st.sampled_from("ABCDE"), st.tuples(boxes, st.sampled_from([*STATES])), max_size=5)
few = settings(max_examples=12)


def drawn(areas: dict[str, Any], shift: float = 0) -> gpd.GeoDataFrame:
    return export(
        *(
            area(name, box(CELL * x + shift, CELL * y, CELL * (x + w) + shift, CELL * (y + h)),
                 STATES[state][0], release_type=STATES[state][1])
            for name, ((x, y, w, h), state) in areas.items()
        )
    )  # fmt: skip


def cells(one: tuple[int, int, int, int]) -> set[tuple[int, int]]:
    x, y, w, h = one
    return {(i, j) for i in range(x, x + w) for j in range(y, y + h)}


def vanished_cells(old: dict[str, Any], new: dict[str, Any]) -> dict[str, int]:
    """Count cell by cell; an id that is gone goes on under a new one with the same box."""
    partner = {name: name for name in old if name in new}
    for name in sorted(set(old) - set(new)):
        free = [other for other in sorted(set(new) - set(old)) if other not in partner.values()]
        match = [other for other in free if new[other][0] == old[name][0]]
        partner |= {name: match[0]} if match else {}
    weight = {"open": 2, "untyped": 1, "cleared": 0, "superseded": 0}
    lost = {}
    for name, (land, state) in old.items():
        if not weight[state]:
            continue
        left = cells(land)
        for other, (there, now) in new.items():
            is_own_release = now == "cleared" and (partner.get(name) == other or other not in partner.values())
            if weight[now] >= weight[state] or is_own_release:
                left -= cells(there)
        if left:
            lost[name] = len(left) * CELL**2
    return lost


@settings(max_examples=40)
@given(exports, exports)
def test_what_vanished_agrees_with_counted_cells(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert vanished_m2(drawn(old), drawn(new)) == pytest.approx(vanished_cells(old, new))


@few
@given(exports, exports)
def test_the_way_back_mirrors_the_way_there(old: dict[str, Any], new: dict[str, Any]) -> None:
    mirror = {"new": "gone", "gone": "new", "grown": "shrunk", "shrunk": "grown"}
    there, back = (compare_exports(drawn(one), drawn(two)) for one, two in ((old, new), (new, old)))
    ids = {row.other_area_id: row.area_id for row in there.itertuples() if row.change_code == "renamed"}

    def kept(changes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        return changes[changes["change_code"].isin([*mirror])]

    turned = kept(back).assign(
        change_code=kept(back)["change_code"].map(mirror), difference_m2=-kept(back)["difference_m2"]
    )
    turned["area_id"] = turned["area_id"].replace(ids)
    assert said(kept(there)) == said(turned)
    count, count_back = there["change_code"].value_counts(), back["change_code"].value_counts()
    for code, other in (("renamed", "renamed"), ("split", "merged"), ("merged", "split"), ("moved", "moved")):
        assert count.get(code, 0) == count_back.get(other, 0)


@few
@given(exports, exports, st.randoms(use_true_random=False), st.integers(-9, 9))
def test_neither_order_nor_place_matters(old: dict[str, Any], new: dict[str, Any], random: Any, steps: int) -> None:
    expected = said(compare_exports(drawn(old), drawn(new)))
    mixed = [dict(random.sample(list(one.items()), len(one))) for one in (old, new)]
    assert said(compare_exports(drawn(mixed[0]), drawn(mixed[1]))) == expected
    shift = 1_000.0 * steps
    assert said(compare_exports(drawn(old, shift), drawn(new, shift))) == expected


@few
@given(exports, exports)
def test_inputs_stay_and_m2_are_those_of_the_land(old: dict[str, Any], new: dict[str, Any]) -> None:
    before, after = drawn(old), drawn(new)
    kept = before.copy(), after.copy()
    changes = compare_exports(before, after)
    for one, two in zip(kept, (before, after), strict=True):
        assert_geodataframe_equal(one, two)
    known = changes[changes["difference_m2"].notna()]
    np.testing.assert_allclose(known["difference_m2"].abs(), geodesic_area_m2(known), rtol=1e-6)
    size = known["difference_m2"].abs()
    assert size[known["is_danger"]].is_monotonic_decreasing
    assert size[~known["is_danger"]].is_monotonic_decreasing
    assert len(compare_exports(before, before)) == 0


KINDS = ["suspected", "confirmed", "cancelled", "reduced", "cleared", "suspended"]
days = st.integers(0, 900)
registries = st.lists(
    st.tuples(st.sampled_from("ABC"), st.sampled_from(KINDS), days, st.none() | boxes), min_size=1, max_size=8
)


@settings(max_examples=20)
@given(registries, days, days)
def test_a_registry_in_which_land_is_only_released_loses_none(rows: list[Any], one: int, two: int) -> None:
    start = pd.Timestamp("2020-01-01")
    shapes = [None if b is None else box(*(CELL * n for n in (b[0], b[1], b[0] + b[2], b[1] + b[3]))) for *_, b in rows]
    events = gpd.GeoDataFrame(
        {
            "event_id": [f"E{i}" for i in range(len(rows))],
            "area_id": [row[0] for row in rows],
            "event": [row[1] for row in rows],
            "event_date": [start + pd.Timedelta(days=row[2]) for row in rows],
        },
        geometry=gpd.GeoSeries(shapes, crs=CRS),
    )
    old, new = (lr.status_on(events, start + pd.Timedelta(days=day)) for day in sorted((one, two)))
    assert vanished_m2(old, new) == {}
