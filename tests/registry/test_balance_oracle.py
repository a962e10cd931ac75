"""Whole accounts of random registries, against accounts made by counting cells of a grid."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest
import shapely
from oracle_points import account, as_frame, grid, grid_shape, registry, wild_shape

from landrelease.registry import land_balance, status_on

SIZE, STEP = 20, 50.0
FLOWS = ("newly_recorded", "confirmed", "adjusted", "cancelled", "reduced", "cleared", "undated")
NUMBERS = ("opening", *FLOWS, "closing", "closing_undated")
BYS = (None, "area_id", "admin_code", "operator", "hazard_class", ["admin_code", "hazard_class"])
WIDE = {"start": date(2009, 1, 1), "end": date(2018, 12, 31)}


def table(seed: int, shape=grid_shape):
    return registry(np.random.default_rng(seed), shape, SIZE, STEP)


def keyed(account: pd.DataFrame, names: list[str]) -> dict[tuple, dict[str, float]]:
    return {
        tuple(None if pd.isna(row[name]) else row[name] for name in [*names, "year"]): {
            name: row[f"{name}_m2"] for name in NUMBERS
        }
        for row in account.to_dict("records")
    }


@pytest.mark.parametrize("by", BYS, ids=str)
@pytest.mark.parametrize("seed", range(200, 202))
def test_every_number_of_the_account_is_the_number_of_cells(seed, by):
    rows, points = table(seed), grid(SIZE, STEP)
    names = [by] if isinstance(by, str) else list(by or [])
    for period in (WIDE, {"start": date(2012, 3, 15), "end": date(2016, 10, 5)}):
        found = keyed(land_balance(as_frame(rows), by=by, **period), names)
        expected = account(rows, points, period["start"], period["end"], tuple(names))
        for key in found.keys() | expected.keys():
            for name in NUMBERS:
                cells = expected.get(key, {}).get(name, 0)
                m2 = found.get(key, {}).get(name, 0.0)
                assert m2 == pytest.approx(cells * STEP**2, rel=1e-6, abs=0.05), (key, name)


@pytest.mark.parametrize("seed", [300, 301, 1057])
def test_the_closing_is_the_union_of_what_stands_at_the_end_of_the_year(seed):
    # 1057: borders that almost coincide, where a union without a grid lost 338 m2
    events = as_frame(table(seed, wild_shape))
    closing = land_balance(events, **WIDE).set_index("year")["closing_m2"]
    for year in range(2009, 2019):
        standing = status_on(events, f"{year}-12-31").geometry.dropna()
        union = shapely.union_all(list(standing)).area if len(standing) else 0.0
        assert closing.get(year, 0.0) == pytest.approx(union, rel=1e-6, abs=0.05)


@pytest.mark.parametrize("seed", [400])
@pytest.mark.parametrize("by", BYS, ids=str)
def test_accounts_close_follow_each_other_and_sum_to_the_whole(seed, by):
    events = as_frame(table(seed, wild_shape))
    names = [by] if isinstance(by, str) else list(by or [])
    found = land_balance(events, by=by, **WIDE)
    explained = found["opening_m2"] + found["newly_recorded_m2"] + found["confirmed_m2"] + found["adjusted_m2"]
    explained = explained - found["cancelled_m2"] - found["reduced_m2"] - found["cleared_m2"]
    explained = explained + found["undated_m2"] + found["unexplained_m2"]
    assert explained.to_numpy() == pytest.approx(found["closing_m2"].to_numpy(), abs=0.01)
    assert (found["unexplained_m2"] == 0).all()
    assert (found["closing_undated_m2"] <= found["closing_m2"] + 0.01).all()
    by_key = keyed(found, names)
    for key, numbers in by_key.items():
        after = by_key.get((*key[:-1], key[-1] + 1), {"opening": 0.0})
        if key[-1] < 2018:
            assert after["opening"] == pytest.approx(numbers["closing"], abs=0.01), key
    whole = keyed(land_balance(events, **WIDE), [])
    sums = found.groupby("year")[[f"{name}_m2" for name in NUMBERS]].sum()
    for year in range(2009, 2019):
        for name in NUMBERS:
            total = sums.loc[year, f"{name}_m2"] if year in sums.index else 0.0
            assert total == pytest.approx(whole.get((year,), {}).get(name, 0.0), abs=0.05), (year, name)
    if by == "hazard_class":
        assert sums["confirmed_m2"].to_numpy() == pytest.approx(np.zeros(len(sums)), abs=0.01)
    elif "hazard_class" not in names:
        assert (found["confirmed_m2"] == 0).all()


def test_the_order_of_the_rows_does_not_matter():
    rows = table(500)
    events = as_frame(rows)
    for by in (None, "operator", "hazard_class"):
        turned = land_balance(as_frame(rows[::-1]), by=by, **WIDE)
        pd.testing.assert_frame_equal(turned, land_balance(events, by=by, **WIDE))
