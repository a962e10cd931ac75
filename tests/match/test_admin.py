"""Areas against administrative units: halves and quarters at their borders."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from shapely import box

from landrelease.errors import CRSError, DataError
from landrelease.match.admin import assign_admin, finest_level
from landrelease.tables import RESULTS

UTM = 32630
X, Y = 500_000, 4_800_000


def at(shape):
    return None if shape is None else shapely.transform(shape, lambda xy: xy * 10 + (X, Y))


def areas_of(*shapes, crs=UTM) -> gpd.GeoDataFrame:
    ids = pd.Series([f"A{i}" for i in range(len(shapes))], dtype="str")
    return gpd.GeoDataFrame({"area_id": ids}, geometry=[at(one) for one in shapes], crs=crs)


def units_of(**shapes) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"admin_code": list(shapes)}, geometry=[at(one) for one in shapes.values()], crs=UTM)


FOUR = units_of(SW=box(0, 0, 50, 50), SE=box(50, 0, 100, 50), NW=box(0, 50, 50, 100), NE=box(50, 50, 100, 100))


def rows(found: pd.DataFrame) -> list[tuple[str, str | None, float]]:
    codes = found["admin_code"].astype(object).where(found["admin_code"].notna(), None)
    return list(zip(found["area_id"], codes, found["overlap_share"].round(6), strict=True))


def test_an_area_is_split_at_the_borders_the_largest_part_first():
    areas = areas_of(box(45, 40, 55, 60), box(10, 10, 20, 20), box(49, 48, 59, 58))
    found = assign_admin(areas, FOUR)
    assert list(found.columns) == RESULTS["assign_admin"].names
    assert sorted(rows(found)[:4]) == [("A0", "NE", 0.25), ("A0", "NW", 0.25), ("A0", "SE", 0.25), ("A0", "SW", 0.25)]
    assert rows(found)[4:] == [
        ("A1", "SW", 1.0),
        ("A2", "NE", 0.72), ("A2", "SE", 0.18), ("A2", "NW", 0.08), ("A2", "SW", 0.02),
    ]  # fmt: skip
    m2 = found.groupby("area_id")["overlap_m2"].sum()
    # 100 m2 a square, over the square of the scale at the middle meridian
    assert m2.to_dict() == pytest.approx({k: n * 100 / 0.9996**2 for k, n in {"A0": 200, "A1": 100, "A2": 100}.items()})


def test_land_in_no_unit_has_no_code_and_areas_without_a_polygon_nothing():
    found = assign_admin(areas_of(box(90, 0, 130, 10), None, box(200, 200, 210, 210)), FOUR)
    assert rows(found)[:2] == [("A0", None, 0.75), ("A0", "SE", 0.25)]
    assert found.loc[2, ["admin_code", "overlap_m2", "overlap_share"]].isna().all()
    assert rows(found)[3:] == [("A2", None, 1.0)]


def test_of_several_levels_the_finest_counts_and_one_unit_in_two_rows_is_one():
    country = units_of(C=box(0, 0, 100, 100)).assign(level=0)
    north = units_of(N=box(0, 50, 100, 100)).assign(level=1)
    both = pd.concat([country, FOUR.assign(level=2, parent_code="N"), north], ignore_index=True)
    assert finest_level(both)["admin_code"].tolist() == ["SW", "SE", "NW", "NE"]
    assert rows(assign_admin(areas_of(box(0, 40, 10, 60)), both)) == rows(
        assign_admin(areas_of(box(0, 40, 10, 60)), FOUR)
    )
    twice = units_of(A=box(0, 0, 50, 50), B=box(50, 0, 100, 50))
    twice.loc[1, "admin_code"] = "A"
    assert rows(assign_admin(areas_of(box(45, 0, 55, 10)), twice)) == [("A0", "A", 1.0)]
    no_level = FOUR.assign(level=pd.array([None] * 4, dtype="Int64"))
    assert len(finest_level(no_level)) == 4


def test_overlapping_units_share_the_land():
    units = units_of(A=box(0, 0, 10, 10), B=box(0, 0, 5, 10))
    found = assign_admin(areas_of(box(0, 0, 10, 10)), units)
    assert rows(found) == [("A0", "A", 0.75), ("A0", "B", 0.25)]


def test_the_order_of_rows_does_not_matter_and_inputs_stay():
    areas = areas_of(box(45, 41, 55, 60), box(10, 10, 20, 20), box(49, 48, 59, 58), None)
    before = areas.copy(deep=True), FOUR.copy(deep=True)
    found = assign_admin(areas, FOUR)
    turned = assign_admin(areas.iloc[::-1], FOUR.iloc[::-1])
    assert sorted(map(str, rows(found))) == sorted(map(str, rows(turned)))
    assert turned["area_id"].iloc[0] == "A3"
    pd.testing.assert_frame_equal(pd.DataFrame(areas), pd.DataFrame(before[0]))
    pd.testing.assert_frame_equal(pd.DataFrame(FOUR), pd.DataFrame(before[1]))


def test_columns_of_the_areas_are_not_mixed_up_with_those_of_the_units():
    found = assign_admin(areas_of(box(10, 10, 20, 20)).assign(admin_code="old", level=3), FOUR)
    assert rows(found) == [("A0", "SW", 1.0)]


def test_empty_frames():
    assert assign_admin(areas_of(), FOUR).empty
    assert rows(assign_admin(areas_of(box(0, 0, 1, 1)), FOUR.iloc[:0])) == [("A0", None, 1.0)]


def test_wrong_input_is_named():
    with pytest.raises(DataError, match="'admin_areas' has no column 'admin_code'"):
        assign_admin(areas_of(box(0, 0, 1, 1)), FOUR.rename(columns={"admin_code": "pcode"}))
    with pytest.raises(CRSError, match="EPSG:4326"):
        assign_admin(areas_of(box(0, 0, 1, 1)), FOUR.to_crs(4326))
    with pytest.raises(DataError, match="id column"):
        assign_admin(areas_of(box(0, 0, 1, 1)).drop(columns="area_id"), FOUR)
