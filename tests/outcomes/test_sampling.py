"""Where to look next: the published number of samples, and lists of visits that no other list beats."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease import assess_use, follow_up_sample, sample_size, use_summary
from landrelease.errors import CRSError, DataError, DataWarning, OptionError

EXPECTED = {"deforestation": 0.7, "gain": 0.6, "forest": 0.9, "other": 0.95}
MAPPED = pd.DataFrame({"map_class": list(EXPECTED), "mapped_m2": [200_000.0, 150_000, 3_200_000, 6_450_000]})


def test_the_published_sample_size():
    """Olofsson et al. 2014, section 5.1.1: 641 places for a standard error of 0.01 of the overall accuracy."""
    found = sample_size(MAPPED, expected=EXPECTED, se_share=0.01, at_least=2)
    # each of the four classes is rounded up
    assert 641 <= found["sample_count"].sum() <= 644
    assert found["mapped_share"].sum() == pytest.approx(1)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 1000), st.floats(0, 1)), min_size=1, max_size=5), st.floats(0.005, 0.2))
def test_the_error_is_reached(classes, se):
    mapped = pd.DataFrame({"map_class": [str(i) for i in range(len(classes))], "mapped_m2": [m2 for m2, _ in classes]})
    expected = {str(i): share for i, (_, share) in enumerate(classes)}
    found = sample_size(mapped, expected=expected, se_share=se, at_least=2)
    q = found["expected_share"]
    variance = (found["mapped_share"] ** 2 * q * (1 - q) / found["sample_count"].astype(float)).sum()
    assert np.sqrt(variance) <= se * (1 + 1e-6)
    assert (sample_size(mapped, expected=expected, se_share=se, at_least=75)["sample_count"] >= 75).all()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"expected": {**EXPECTED, "gain": 60}}, "'gain' has 60"),
        ({"expected": {"gain": 0.6}}, "says nothing of the map class 'deforestation'"),
        ({"se_share": 0}, "se_share must lie between 0 and 1"),
        ({"at_least": 1}, "at_least must be a whole number of 2 or more"),
    ],
)
def test_bad_options(change, message):
    with pytest.raises(OptionError, match=message):
        sample_size(MAPPED, **{"expected": EXPECTED, "se_share": 0.01, **change})


# which release to visit next


def found_of(*rows, crs=4326) -> gpd.GeoDataFrame:
    """Releases R0, R1, ...: area and unknown land."""
    frame = pd.DataFrame(rows, columns=["area_m2", "unknown_m2"], dtype=float)
    ids = [f"R{i}" for i in range(len(rows))]
    points = gpd.points_from_xy(range(len(rows)), [44] * len(rows))
    return gpd.GeoDataFrame(frame.assign(release_id=ids), geometry=points, crs=crs)


LAND = st.lists(st.tuples(st.integers(1, 50), st.integers(0, 50), st.sampled_from("NS")), min_size=1, max_size=6)


@settings(max_examples=25, deadline=None)
@given(LAND, st.booleans())
def test_no_other_list_of_that_length_narrows_more(rows, is_grouped):
    """Every set of releases, tried."""
    land = found_of(*[(max(area, unknown), unknown) for area, unknown, _ in rows]).assign(province=[r[2] for r in rows])
    groups = land["province"].to_numpy() if is_grouped else np.zeros(len(land))

    def width(visited) -> float:
        left = np.where(np.isin(np.arange(len(land)), visited), 0.0, land["unknown_m2"])
        return float(np.mean([left[groups == g].sum() / land["area_m2"][groups == g].sum() for g in np.unique(groups)]))

    listed = follow_up_sample(land, by="province" if is_grouped else None)
    assert set(listed["release_id"]) == set(land.loc[land["unknown_m2"] > 0, "release_id"])
    for n in range(1, len(listed) + 1):
        best = min(width(one) for one in itertools.combinations(range(len(land)), n))
        visited = [int(name[1:]) for name in listed["release_id"].head(n)]
        assert width(visited) == pytest.approx(best, abs=1e-12)
        assert listed["width_share"].iloc[n - 1] == pytest.approx(best, abs=1e-12)
    assert listed["rank"].tolist() == list(range(1, len(listed) + 1))
    shuffled = follow_up_sample(land.sample(frac=1, random_state=1), by="province" if is_grouped else None)
    pd.testing.assert_frame_equal(listed, shuffled, check_exact=False)
    # other names: the same bounds after each visit, in whatever order equal ones come
    renamed = follow_up_sample(land.assign(release_id=[f"X{9 - i}" for i in range(len(land))]),
                               by="province" if is_grouped else None)  # fmt: skip
    assert renamed["width_share"].tolist() == pytest.approx(listed["width_share"].tolist(), abs=1e-12)


def test_the_bounds_are_those_of_the_summary():
    shapes = [shapely.box(5e5 + i * 1000, 0, 5e5 + i * 1000 + size, 100) for i, size in enumerate((100, 300, 200))]
    shapes.append(shapely.MultiPolygon([shapely.box(4e5, 0, 4e5 + 9, 9), shapely.box(4e5 + 90, 0, 4e5 + 190, 100)]))
    columns = {"release_id": list("ABCD"), "area_id": list("abcd"), "release_date": pd.Timestamp("2020-01-01")}
    releases = gpd.GeoDataFrame(columns, geometry=shapes, crs=32630)
    seen = {"release_id": ["A", "B"], "use_code": ["grazing", "none"], "observed_share": [1.0, 0.25]}
    visits = pd.DataFrame({"follow_up_id": ["1", "2"], "visit_date": pd.Timestamp("2021-01-01"), **seen})
    found = assess_use(releases, as_of="2025-12-31", follow_ups=visits)
    total = use_summary(found).iloc[0]
    width = total["productive_share_high"] - total["productive_share_low"]
    listed = follow_up_sample(found)
    assert listed["release_id"].tolist() == ["B", "C", "D"]
    assert listed["width_share"].iloc[0] + listed["narrows_share"].iloc[0] == pytest.approx(width)
    assert listed["width_share"].iloc[-1] == 0
    places = gpd.GeoSeries(gpd.points_from_xy(listed["longitude"], listed["latitude"]), crs=4326).to_crs(32630)
    own = found.set_index("release_id").geometry.loc[listed["release_id"]]
    assert shapely.contains(own.to_numpy(), places.to_numpy()).all()
    assert len(follow_up_sample(found, visits_count=2)) == 2


def test_without_an_area_or_a_place():
    land = found_of((10, 5), (np.nan, np.nan), (10, 8))
    land.loc[2, "geometry"] = None
    with pytest.warns(DataWarning, match="1 of 3 releases have no known area"):
        listed = follow_up_sample(land)
    assert listed["release_id"].tolist() == ["R2", "R0"]
    assert listed["longitude"].isna().tolist() == [True, False]


@pytest.mark.parametrize("count", [0, 1.5, True])
def test_bad_numbers_of_visits(count):
    with pytest.raises(OptionError, match="visits_count must be a whole number of 1 or more"):
        follow_up_sample(found_of((1, 1)), visits_count=count)


def test_bad_releases():
    with pytest.raises(DataError, match="each only once"):
        follow_up_sample(found_of((1, 1), (1, 1)).assign(release_id="R"))
    with pytest.raises(DataError, match="no column 'unknown_m2'"):
        follow_up_sample(found_of((1, 1)).drop(columns="unknown_m2"))
    with pytest.raises(CRSError):
        follow_up_sample(found_of((1, 1), crs=None))
