"""Nothing left out can be worked out: every table is tried, and another linear programme; places stay hidden."""

from __future__ import annotations

import itertools

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from landrelease import mask_points, publishable
from landrelease.errors import CRSError, DataError, DataWarning, OptionError

TOTAL = "total"


def table_of(values) -> pd.DataFrame:
    """Counts in a grid as rows of cells; None is an unknown count."""
    rows = [(f"P{i}", f"S{j}", one) for i, row in enumerate(values) for j, one in enumerate(row)]
    return pd.DataFrame(rows, columns=["place", "sex", "people"])


def published(values, k=10) -> pd.DataFrame:
    return publishable(table_of(values), count="people", by=["place", "sex"], smallest=k).set_index(["place", "sex"])


def true_value(told: pd.DataFrame, values) -> dict[tuple[str, str], int]:
    grid = np.array(values)
    truth = {}
    for place, sex in told.index:
        rows = slice(None) if place == TOTAL else int(place[1:])
        columns = slice(None) if sex == TOTAL else int(sex[1:])
        truth[place, sex] = int(grid[rows, columns].sum())
    return truth


def consistent(told: pd.DataFrame, shape: tuple[int, int], most: int) -> list[np.ndarray]:
    """Every table of whole numbers up to `most` that agrees with what is published; what is left out is at least 1."""
    hidden = told["status"] == "suppressed"
    choices = []
    for i, j in itertools.product(range(shape[0]), range(shape[1])):
        key = (f"P{i}", f"S{j}")
        choices.append(range(1, most + 1) if hidden[key] else [int(told.loc[key, "people"])])
    tables = np.array(list(itertools.product(*choices))).reshape(-1, *shape)
    keep = np.ones(len(tables), bool)
    for i in range(shape[0]):
        key = (f"P{i}", TOTAL)
        keep &= True if hidden[key] else tables[:, i].sum(axis=1) == told.loc[key, "people"]
    for j in range(shape[1]):
        key = (TOTAL, f"S{j}")
        keep &= True if hidden[key] else tables[:, :, j].sum(axis=1) == told.loc[key, "people"]
    key = (TOTAL, TOTAL)
    keep &= True if hidden[key] else tables.sum(axis=(1, 2)) == told.loc[key, "people"]
    return list(tables[keep])


SMALL = st.lists(st.lists(st.integers(0, 7), min_size=2, max_size=2), min_size=2, max_size=2)


@settings(max_examples=30, deadline=None)
@given(SMALL, st.integers(3, 6))
def test_every_table_that_a_reader_could_think_of(values, k):
    told = published(values, k)
    truth = true_value(told, values)
    tables = consistent(told, (2, 2), 14)
    assert any((one == np.array(values)).all() for one in tables)
    for (place, sex), row in told.iterrows():
        if row["status"] == "published":
            assert row["people"] == truth[place, sex]
            assert not 0 < truth[place, sex] < k
            continue
        rows = slice(None) if place == TOTAL else int(place[1:])
        columns = slice(None) if sex == TOTAL else int(sex[1:])
        could_be = {int(one[rows, columns].sum()) for one in tables}
        assert len(could_be) > 1
        if 0 < truth[place, sex] < k:
            assert max(could_be) >= k - 1
            if TOTAL not in (place, sex):
                assert set(range(1, k)) <= could_be


GRID = st.integers(2, 4).flatmap(
    lambda n: st.lists(
        st.lists(st.one_of(st.integers(0, 12), st.integers(0, 60)), min_size=n, max_size=n), min_size=1, max_size=5
    )
)


@settings(max_examples=20, deadline=None)
@given(GRID)
def test_a_linear_programme_recovers_nothing(values):
    """The range of each cell by the definition: cells of 0 or more, every published number an equation."""
    told = published(values)
    n, m = len(values), len(values[0])
    equations, known = [], []
    for (place, sex), row in told.iterrows():
        mask = np.zeros((n, m))
        mask[slice(None) if place == TOTAL else int(place[1:]), slice(None) if sex == TOTAL else int(sex[1:])] = 1
        if row["status"] == "published":
            equations.append(mask.ravel())
            known.append(row["people"])
    for (place, sex), row in told.iterrows():
        if row["status"] != "suppressed":
            continue
        wanted = np.zeros((n, m))
        wanted[slice(None) if place == TOTAL else int(place[1:]), slice(None) if sex == TOTAL else int(sex[1:])] = 1
        ends = []
        for sign in (1, -1):
            found = linprog(sign * wanted.ravel(), A_eq=equations or None, b_eq=known or None, bounds=(0, 1000))
            assert found.status == 0
            ends.append(sign * found.fun)
        assert ends[1] - ends[0] >= 1 - 1e-6


def test_by_hand():
    told = published([[3, 40], [20, 30], [50, 60]])
    hidden = told.index[told["status"] == "suppressed"].tolist()
    # the small cell, one beside it, one below it, and the corner of the two
    assert sorted(hidden) == [("P0", "S0"), ("P0", "S1"), ("P1", "S0"), ("P1", "S1")]
    assert told["people"].sum() == 50 + 60 + 43 + 50 + 110 + 73 + 130 + 203
    assert published([[30, 40], [0, 0]])["status"].eq("published").all()
    # one column: the small one and the next
    row = publishable(pd.DataFrame({"place": list("abc"), "people": [4, 90, 20]}), count="people", by="place")
    assert row["status"].tolist() == ["suppressed", "published", "suppressed", "published"]
    # two of 9 that sum to 18 are fine; two of 1 that sum to 2 are not
    row = publishable(pd.DataFrame({"place": list("abc"), "people": [1, 1, 20]}), count="people", by="place")
    assert row["status"].tolist() == ["suppressed", "suppressed", "suppressed", "published"]


def test_a_small_total_is_left_out_too():
    row = publishable(pd.DataFrame({"place": ["a", "b"], "people": [4, 3]}), count="people", by="place")
    assert row["status"].eq("suppressed").all()
    assert row["people"].isna().all()


def test_unknown_counts_stay_unknown():
    told = published([[None, 40], [20, 30]])
    assert told.loc[("P0", "S0"), "status"] == "unknown"
    assert told.loc[("P0", TOTAL), "people"] == 40
    told = published([[None, None], [20, 30]])
    assert told.loc[("P0", TOTAL), "status"] == "unknown"
    assert told.loc[(TOTAL, TOTAL), "people"] == 50


def test_a_missing_group_is_one_of_its_own():
    frame = pd.DataFrame({"place": ["a", None, "b"], "people": [3, 40, 20]})
    told = publishable(frame, count="people", by="place")
    assert told["place"].isna().tolist() == [False, True, False, False]
    assert told["status"].tolist() == ["suppressed", "published", "suppressed", "published"]


def test_order_of_rows_changes_nothing():
    frame = table_of([[3, 40, 7], [20, 30, 11], [50, 2, 60]])
    one = publishable(frame, count="people", by=["place", "sex"])
    other = publishable(frame.sample(frac=1, random_state=3), count="people", by=["place", "sex"])
    keys = ["place", "sex"]
    pd.testing.assert_frame_equal(one.set_index(keys), other.set_index(keys), check_like=True)
    kept = one[one["status"] == "published"].set_index(keys)["people"]
    truth = true_value(one.set_index(keys), [[3, 40, 7], [20, 30, 11], [50, 2, 60]])
    assert all(kept[key] == truth[key] for key in kept.index)


@settings(max_examples=25, deadline=None)
@given(GRID, st.randoms())
def test_two_editions_in_another_order_leave_out_the_same(values, random):
    """Two tables of the same people that left out other cells would tell together what neither tells alone."""
    rows = table_of(values).sample(frac=1, random_state=random.randint(0, 9999))
    one = publishable(table_of(values), count="people", by=["place", "sex"]).set_index(["place", "sex"])
    other = publishable(rows, count="people", by=["place", "sex"]).set_index(["place", "sex"])
    pd.testing.assert_frame_equal(one, other, check_like=True)


@pytest.mark.parametrize(
    ("frame", "options", "error", "message"),
    [
        (table_of([[1.5, 2]]), {}, DataError, "whole numbers of people"),
        (table_of([[-1, 2]]), {}, DataError, "0 or more"),
        (pd.concat([table_of([[1, 2]])] * 2), {}, DataError, "repeat a cell, such as"),
        (table_of([[1, 2]]).assign(place=TOTAL), {}, DataError, "a group called 'total'"),
        (table_of([[1, 2]]), {"smallest": 2}, OptionError, "smallest must be a whole number of 3 or more"),
        (table_of([[1, 2]]), {"by": []}, OptionError, "by must name one or two columns"),
        (table_of([[1, 2]]), {"by": "district"}, OptionError, "no column 'district'"),
    ],
)
def test_bad_tables(frame, options, error, message):
    with pytest.raises(error, match=message):
        publishable(frame, **{"count": "people", "by": ["place", "sex"], **options})


# places

UNITS = gpd.GeoDataFrame(
    {"admin_code": ["E", "W"], "level": [2, 2]},
    geometry=[shapely.box(505_000, 0, 510_000, 10_000), shapely.box(500_000, 0, 505_000, 10_000)], crs=32630,
)  # fmt: skip
OPTIONS = {"admin_areas": UNITS, "key": "household_id", "low_m": 300, "high_m": 1_500, "secret": "known to us alone"}


def homes_of(places, crs=32630) -> gpd.GeoDataFrame:
    ids = [f"H{i}" for i in range(len(places))]
    return gpd.GeoDataFrame({"household_id": ids, "name": "x"}, geometry=list(places), crs=crs)


def test_places_are_moved_within_their_unit():
    rng = np.random.default_rng(1)
    homes = homes_of(shapely.points(rng.uniform(500_001, 509_999, 400), rng.uniform(1, 9_999, 400)))
    moved = mask_points(homes, **OPTIONS)
    assert moved.columns.tolist() == ["household_id", "admin_code", "geometry"]
    apart = homes.distance(moved)
    # metres of the plane and of the ellipsoid differ by 4 in 10,000
    assert apart.between(300 * 0.999, 1_500 * 1.001).all()
    unit = np.where(homes.geometry.x < 505_000, "W", "E")
    assert moved["admin_code"].tolist() == unit.tolist()
    own = UNITS.set_index("admin_code").geometry.loc[unit].to_numpy()
    assert shapely.covers(own, moved.geometry.to_numpy()).all()


def test_places_are_spread_evenly_over_the_ring():
    homes = homes_of([shapely.Point(505_000, 5_000)] * 3_000)
    whole = UNITS.dissolve().assign(admin_code="A")
    moved = mask_points(homes, **{**OPTIONS, "admin_areas": whole})
    x, y = (moved.geometry.x - 505_000) / 1_500, (moved.geometry.y - 5_000) / 1_500
    # the square of the distance is uniform from low^2 to high^2, the direction too
    part = ((x**2 + y**2) - 0.04) / 0.96
    turn = np.arctan2(y, x) / (2 * np.pi) + 0.5
    for values in (part, turn):
        ordered = np.sort(values)
        assert np.abs(ordered - (np.arange(3_000) + 0.5) / 3_000).max() < 1.63 / np.sqrt(3_000)  # Kolmogorov, 1 %


def test_a_place_moves_the_same_way_each_time_and_by_the_secret_alone():
    homes = homes_of(shapely.points([502_000, 507_000, 503_000], [5_000, 4_000, 3_000]))
    once, again = mask_points(homes, **OPTIONS), mask_points(homes.iloc[::-1], **OPTIONS)
    assert shapely.equals_exact(once.geometry.to_numpy(), again.geometry.to_numpy()[::-1], 1e-6).all()
    other = mask_points(homes, **{**OPTIONS, "secret": "known to others too"})
    assert (once.distance(other) > 1).all()


def test_places_that_can_not_be_moved_are_left_out():
    small = gpd.GeoDataFrame({"admin_code": ["s"]}, geometry=[shapely.box(0, 0, 100, 100)], crs=32630)
    homes = homes_of([shapely.Point(50, 50), None, shapely.Point(900, 900)])
    with pytest.warns(DataWarning, match="3 of 3 points have no moved place"):
        moved = mask_points(homes, **{**OPTIONS, "admin_areas": small})
    assert moved.geometry.isna().all()
    assert moved["admin_code"].fillna("-").tolist() == ["s", "-", "-"]


@pytest.mark.parametrize("column", ["hazard_class", "contamination_code", "event", "accident_id", "killed_count"])
def test_hazards_are_refused(column):
    with pytest.raises(DataError, match=rf"places of hazards or accidents \({column}\): moving them can kill"):
        mask_points(homes_of([shapely.Point(502_000, 5_000)]).assign(**{column: "1"}), **OPTIONS)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"low_m": 1_500}, OptionError, "0 <= low_m < high_m"),
        ({"low_m": -1}, OptionError, "0 <= low_m < high_m"),
        ({"high_m": float("nan")}, OptionError, "0 <= low_m < high_m"),
        ({"secret": "short"}, OptionError, "secret must be a text of 16 characters or more"),
        ({"key": "person_id"}, OptionError, "no column 'person_id'"),
        ({"admin_areas": UNITS.to_crs(4326)}, CRSError, None),
    ],
)
def test_bad_options(change, error, message):
    with pytest.raises(error, match=message):
        mask_points(homes_of([shapely.Point(502_000, 5_000)]), **{**OPTIONS, **change})


def test_bad_points():
    with pytest.raises(DataError, match="no points"):
        mask_points(homes_of([shapely.box(502_000, 5_000, 502_100, 5_100)]), **OPTIONS)
    with pytest.raises(DataError, match="1 of 1 points have no 'household_id'"):
        mask_points(homes_of([shapely.Point(502_000, 5_000)]).assign(household_id=None), **OPTIONS)
