"""Areas with error bars: the published example, coverage of a known truth, what is too small."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from rasterio.transform import from_origin

from landrelease import adjusted_area, mapped_classes
from landrelease.errors import DataError, OptionError

CLASSES = ["deforestation", "gain", "forest", "other"]
# Olofsson et al. 2014, Table 8: rows are the map, columns the reference; 30 m pixels
TABLE_8 = [[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]]
PIXELS = [200_000, 150_000, 3_200_000, 6_450_000]


def samples_of(matrix, classes=CLASSES, **columns) -> pd.DataFrame:
    rows = [(m, r, matrix[i][j]) for i, m in enumerate(classes) for j, r in enumerate(classes)]
    return pd.DataFrame(rows, columns=["map_class", "reference_class", "sample_count"]).assign(**columns)


def map_of(areas_m2, classes=CLASSES, **columns) -> pd.DataFrame:
    return pd.DataFrame({"map_class": classes, "mapped_m2": np.asarray(areas_m2, float)}).assign(**columns)


def test_the_published_example():
    found = adjusted_area(map_of(np.array(PIXELS) * 900.0), samples_of(TABLE_8))
    table = found.areas.set_index("land_class").loc[CLASSES]
    hectares = table["area_m2"] / 1e4
    assert hectares.round().tolist() == [21_158, 11_686, 285_770, 581_386]
    assert (1.96 * table["se_m2"] / 1e4).round().tolist() == pytest.approx([6_158, 3_756, 15_510, 16_282], abs=1)
    assert table["users_accuracy_share"].round(3).tolist() == [0.88, 0.733, 0.927, 0.963]
    assert table["producers_accuracy_share"].round(3).tolist() == [0.749, 0.847, 0.935, 0.962]
    overall = found.domains.iloc[0]
    assert round(overall["overall_accuracy_share"], 3) == 0.947
    assert round(1.96 * overall["overall_se_share"], 3) == 0.018
    # half-widths of the paper, p. 54
    assert (1.96 * table["users_se_share"]).round(2).tolist() == [0.07, 0.10, 0.04, 0.02]
    assert found.n == 640
    assert found.missing_share == 0
    assert table["low_m2"].to_numpy() == pytest.approx(table["area_m2"] - 1.959964 * table["se_m2"])
    assert hectares.sum() * 1e4 == pytest.approx(9e9)


def test_the_error_of_the_producers_accuracy_is_that_of_a_simulation():
    """The delta method of eq. 7 beside the spread of 20,000 samples from a known population."""
    rng = np.random.default_rng(7)
    share = np.array([[0.85, 0.15], [0.10, 0.90]])
    land, size = np.array([3.0, 7.0]), np.array([300, 400])
    drawn = [rng.multinomial(size[i], share[i], 20_000) / size[i] for i in range(2)]
    right, total = land[0] * drawn[0][:, 0], land[0] * drawn[0][:, 0] + land[1] * drawn[1][:, 0]
    matrix = np.round(share * size[:, None]).astype(int)
    found = adjusted_area(map_of(land, ["a", "b"]), samples_of(matrix, ["a", "b"])).areas.iloc[0]
    assert found["producers_se_share"] == pytest.approx((right / total).std(), rel=0.02)
    assert found["se_m2"] == pytest.approx(total.std(), rel=0.02)


def test_errors_of_polygons_that_share_a_matrix_do_not_cancel():
    """methods.md section 7: 5,000 polygons, 3,680 +- 316 ha; errors added in quadrature would say +- 4.5."""
    n = 5_000
    polygons = pd.DataFrame({"release_id": np.repeat(range(n), 2), "map_class": ["crop", "other"] * n})
    polygons["mapped_m2"] = np.tile([4e7 / n, 6e7 / n], n)
    samples = samples_of([[120, 30], [24, 276]], ["crop", "other"])
    found = adjusted_area(polygons, samples)
    crop = found.areas.iloc[0]
    assert round(crop["area_m2"] / 1e4) == 3_680
    assert round(1.96 * crop["se_m2"] / 1e4) == 316
    apart = adjusted_area(polygons, samples, by="release_id")
    crops = apart.areas[apart.areas["land_class"] == "crop"]
    assert crops["area_m2"].sum() == pytest.approx(crop["area_m2"])
    assert round(1.96 * np.sqrt((crops["se_m2"] ** 2).sum()) / 1e4, 1) == 4.5
    assert crops["se_m2"].sum() == pytest.approx(crop["se_m2"])
    assert any("do not add in quadrature" in one for one in apart.caveats)
    assert not any("do not add in quadrature" in one for one in found.caveats)


def test_domains_with_their_own_samples_add_in_quadrature():
    land = pd.concat([map_of([40, 60], ["a", "b"], province="N"), map_of([10, 90], ["a", "b"], province="S")])
    samples = pd.concat([samples_of([[40, 10], [5, 45]], ["a", "b"], province="N"),
                         samples_of([[20, 30], [1, 49]], ["a", "b"], province="S")])  # fmt: skip
    total = adjusted_area(land, samples, strata="province").areas
    own = adjusted_area(land, samples, by="province", strata="province")
    parts = own.areas.set_index(["province", "land_class"])
    assert parts.loc[("N", "a"), "area_m2"] == pytest.approx(40 * 0.8 + 60 * 0.1)
    assert parts.loc[("S", "a"), "area_m2"] == pytest.approx(10 * 0.4 + 90 * 0.02)
    assert total["area_m2"].iloc[0] == pytest.approx(parts["area_m2"].xs("a", level=1).sum())
    assert total["se_m2"].iloc[0] == pytest.approx(np.sqrt((parts["se_m2"].xs("a", level=1) ** 2).sum()))
    assert not any("quadrature" in one for one in own.caveats)


MATRIX = st.lists(st.lists(st.integers(0, 40), min_size=3, max_size=3), min_size=3, max_size=3)


@settings(max_examples=20, deadline=None)
@given(MATRIX.filter(lambda rows: all(sum(row) >= 2 for row in rows)), st.permutations(range(9)),
       st.lists(st.integers(1, 900), min_size=3, max_size=3))  # fmt: skip
def test_sums_and_order(matrix, order, land):
    names = ["x", "y", "z"]
    samples = samples_of(matrix, names)
    found = adjusted_area(map_of(land, names), samples)
    mixed = adjusted_area(map_of(land, names).iloc[::-1], samples.iloc[list(order)])
    pd.testing.assert_frame_equal(found.areas, mixed.areas)
    assert found.areas["area_m2"].sum() == pytest.approx(sum(land))
    table = np.array(matrix, float)
    share = table / table.sum(axis=1, keepdims=True)
    assert found.areas["area_m2"].to_numpy() == pytest.approx(np.array(land) @ share)
    assert (found.areas["low_m2"] >= 0).all()
    assert (found.areas["high_m2"] <= sum(land) + 1e-9).all()
    # one row a place says the same as counts
    single = samples.loc[samples.index.repeat(samples["sample_count"])].drop(columns="sample_count")
    pd.testing.assert_frame_equal(adjusted_area(map_of(land, names), single).areas, found.areas)


def test_intervals_cover_the_truth():
    """1,000 draws from a known population, each a domain with its own samples: 93 to 97 % of the intervals hold it."""
    rng = np.random.default_rng(20260101)
    draws = 1_000
    share = np.array([[0.80, 0.15, 0.05], [0.08, 0.87, 0.05], [0.10, 0.10, 0.80]])
    names, land, size = ["crop", "grass", "built"], np.array([40.0, 50.0, 10.0]), [150, 300, 100]
    truth = land @ share
    drawn = np.stack([rng.multinomial(size[i], share[i], draws) for i in range(3)], axis=1)
    samples = pd.DataFrame({"draw": np.repeat(np.arange(draws), 9), "map_class": np.tile(np.repeat(names, 3), draws),
                            "reference_class": np.tile(names, 3 * draws), "sample_count": drawn.ravel()})  # fmt: skip
    mapped = pd.DataFrame({"draw": np.repeat(np.arange(draws), 3), "map_class": np.tile(names, draws),
                           "mapped_m2": np.tile(land, draws)})  # fmt: skip
    table = adjusted_area(mapped, samples, by="draw", strata="draw").areas
    for name, area in zip(names, truth, strict=True):
        own = table[table["land_class"] == name]
        assert len(own) == draws
        covered = ((own["low_m2"] <= area) & (area <= own["high_m2"])).mean()
        assert 0.93 <= covered <= 0.97, name
        assert own["area_m2"].mean() == pytest.approx(area, rel=0.01)
        assert own["se_m2"].mean() == pytest.approx(own["area_m2"].std(), rel=0.06)


def test_visits_speak_for_their_place_where_there_are_enough():
    land = pd.concat([map_of([100], ["crop"], province="N"), map_of([100], ["crop"], province="S")])
    samples = samples_of([[80, 20], [0, 0]], ["crop", "other"])
    visits = pd.concat([samples_of([[10, 20], [0, 0]], ["crop", "other"], province="N"),
                        samples_of([[0, 29], [0, 0]], ["crop", "other"], province="S")])  # fmt: skip
    found = adjusted_area(land, samples, by="province", strata="province", visits=visits)
    crop = found.areas[found.areas["land_class"] == "crop"].set_index("province")["area_m2"]
    assert crop["N"] == pytest.approx(100 / 3)
    assert crop["S"] == pytest.approx(80)
    assert found.n == 130
    assert any("1 of 2 sources by field visits" in one for one in found.caveats)
    assert any("a prior" in one for one in found.caveats)
    all_local = adjusted_area(land, samples, by="province", strata="province", visits=visits, min_visits=29)
    assert not any("a prior" in one for one in all_local.caveats)
    assert any("all samples found one class" in one for one in all_local.caveats)
    assert all_local.areas["area_m2"].tolist() == pytest.approx([100 / 3, 200 / 3, 0, 100])


def test_small_unmapped_and_unmeasured_land_is_told_and_never_zero():
    land = pd.DataFrame({
        "release_id": ["1", "1", "2", "3", "4", "5"], "province": ["N", "N", "S", "S", None, "N"],
        "map_class": ["a", None, "a", "b", "a", "a"], "mapped_m2": [50.0, 5.0, 7.0, 3.0, 20.0, None],
        "interior_pixel_count": [25, 25, 24, None, 99, 99],
    })  # fmt: skip
    found = adjusted_area(land, samples_of([[8, 2], [2, 8]], ["a", "b"]), by="province")
    domains = found.domains.set_index(found.domains["province"].fillna("-"))
    assert domains.loc["S", ["assessed_m2", "not_assessable_m2", "not_assessable_count"]].tolist() == [0, 10, 2]
    assert domains.loc["N", ["assessed_m2", "unmapped_m2", "unmeasured_count"]].tolist() == [50, 5, 1]
    assert domains.loc["-", "assessed_m2"] == 20
    south = found.areas[found.areas["province"] == "S"]
    assert south[["area_m2", "se_m2", "low_m2", "high_m2"]].isna().all().all()
    assert found.missing_share == pytest.approx(15 / 85)
    assert {one.split(" ")[1] for one in found.caveats} >= {"polygons", "m2", "row"}
    every = adjusted_area(land, samples_of([[8, 2], [2, 8]], ["a", "b"]), by="province", min_pixels=0)
    assert every.domains["not_assessable_count"].tolist() == [0, 1, 0]  # its whole pixels are not known


def test_samples_without_an_answer_are_counted_apart():
    silent = pd.DataFrame({"map_class": ["a", None], "reference_class": [None, "a"], "sample_count": 3})
    samples = pd.concat([samples_of([[8, 2], [2, 8]], ["a", "b"]), silent])
    found = adjusted_area(map_of([1, 1], ["a", "b"]), samples)
    assert found.n == 20
    assert "6 samples without a map class or a reference class: left out" in found.caveats


def test_a_class_that_no_map_shows_is_found_by_the_samples():
    samples = samples_of([[80, 20], [0, 0]], ["crop", "water"])
    found = adjusted_area(map_of([100], ["crop"]), samples).areas.set_index("land_class")
    assert found.loc["water", "area_m2"] == pytest.approx(20)
    assert found.loc["water", "mapped_m2"] == 0
    assert np.isnan(found.loc["water", "users_accuracy_share"])


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"mapped": map_of([1, -1], ["a", "b"])}, DataError, r"0 or more: 1 of 2 rows do not, row 1 has -1\.0"),
        ({"mapped": map_of([1, 1], ["a", "c"])}, DataError, r"1 of 2 map classes have .*: c \(1 m2\)"),
        ({"mapped": pd.DataFrame({"map_clas": ["a"], "mapped_m2": [1]})}, DataError,
         "no column 'map_class'; did you mean 'map_clas'"),
        ({"samples": samples_of([[8, 2.5], [2, 8]], ["a", "b"])}, DataError, "must be a whole number"),
        ({"samples": samples_of([[1, 0], [2, 8]], ["a", "b"])}, DataError, "fewer than 2 samples: a"),
        ({"samples": samples_of([[8, -2], [2, 8]], ["a", "b"])}, DataError, "0 or more"),
        ({"mapped": pd.DataFrame({"map_class": ["a"], "mapped_m2": ["much"]})}, DataError, "must hold finite numbers"),
        ({"confidence": 95}, OptionError, "confidence must lie between 0 and 1"),
        ({"min_visits": 1}, OptionError, "min_visits must be 2 or more"),
        ({"by": ["map_class", "map_class"]}, OptionError, "names a column twice"),
        ({"strata": "map_class"}, OptionError, "name places and groups"),
    ],
)  # fmt: skip
def test_bad_input(change, error, message):
    given_ = {"mapped": map_of([1, 1], ["a", "b"]), "samples": samples_of([[8, 2], [2, 8]], ["a", "b"]), **change}
    with pytest.raises(error, match=message):
        adjusted_area(given_.pop("mapped"), given_.pop("samples"), **given_)


def test_strata_that_nobody_has():
    with pytest.raises(OptionError, match="neither samples nor visits have province"):
        adjusted_area(map_of([1], ["a"], province="N"), samples_of([[8]], ["a"]), strata="province")


def test_inputs_are_not_changed():
    mapped, samples = map_of([1, 1], ["a", "b"]), samples_of([[8, 2], [2, 8]], ["a", "b"])
    before = mapped.copy(), samples.copy()
    adjusted_area(mapped, samples)
    pd.testing.assert_frame_equal(mapped, before[0])
    pd.testing.assert_frame_equal(samples, before[1])


# what a raster shows


@pytest.fixture(scope="module")
def raster(tmp_path_factory):
    path = tmp_path_factory.mktemp("pixels") / "cover.tif"
    cells = np.full((40, 50), 40, "uint8")
    cells[:, 25:] = 30
    cells[:5] = 0
    with rasterio.open(path, "w", driver="GTiff", width=50, height=40, count=1, dtype="uint8", nodata=0, crs=32630,
                       transform=from_origin(500_000, 400, 10, 10)) as file:  # fmt: skip
        file.write(cells[None])
    return path


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.integers(-20, 520), st.integers(-20, 420)), min_size=3, max_size=6, unique=True))
def test_whole_pixels_are_counted_as_one_by_one(raster, corners):
    shape = shapely.convex_hull(shapely.MultiPoint(corners))
    if shape.geom_type != "Polygon":
        return
    moved = shapely.transform(shape, lambda xy: xy + np.array([500_000, 0]))
    areas = gpd.GeoDataFrame({"release_id": ["A"]}, geometry=[moved], crs=32630)
    found = mapped_classes(areas, raster, classes={40: "crop"})
    columns, rows = np.meshgrid(np.arange(50), np.arange(40))
    pixels = shapely.box(500_000 + columns * 10, 400 - rows * 10 - 10, 500_000 + columns * 10 + 10, 400 - rows * 10)
    inner = shapely.covers(moved, shapely.buffer(pixels.ravel(), -1e-5, join_style="mitre"))
    assert set(found["interior_pixel_count"]) == {int(inner.sum())}
    whole = found["mapped_m2"].sum()
    assert whole == pytest.approx(shapely.area(moved), rel=1e-3)


def test_classes_of_a_raster_become_hectares(raster):
    shapes = [shapely.box(500_100, 0, 500_200, 100), shapely.box(500_240, 0, 500_270, 30), None,
              shapely.box(500_100, 300, 500_200, 400)]  # fmt: skip
    areas = gpd.GeoDataFrame({"release_id": list("ABCD"), "province": ["N", "N", "N", "S"]}, geometry=shapes, crs=32630)
    mapped = mapped_classes(areas, raster, classes={40: "crop"}, keep="province")
    assert mapped.columns.tolist() == ["release_id", "province", "map_class", "mapped_m2", "interior_pixel_count"]
    assert mapped["interior_pixel_count"].fillna(-1).tolist() == [100, 9, 9, -1, 100, 100]
    assert mapped["map_class"].fillna("-").tolist() == ["crop", "crop", "other", "-", "crop", "-"]
    assert mapped["mapped_m2"].iloc[[0, 4, 5]].to_numpy() == pytest.approx([10_000, 5_000, 5_000], rel=1e-3)
    found = adjusted_area(mapped, samples_of([[9, 1], [1, 9]], ["crop", "other"]), by="province")
    north = found.domains.set_index("province").loc["N"]
    assert north["not_assessable_count"] == 1
    assert north["not_assessable_m2"] == pytest.approx(900, rel=1e-3)
    assert north["unmeasured_count"] == 1
    assert found.domains.set_index("province").loc["S", "unmapped_m2"] == pytest.approx(5_000, rel=1e-3)
    with pytest.raises(OptionError, match="no column 'district'"):
        mapped_classes(areas, raster, classes={40: "crop"}, keep="district")
