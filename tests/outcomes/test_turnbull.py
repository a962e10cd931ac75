"""Turnbull's estimate: a case by hand, a published one, and the certificate that nothing is likelier."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landrelease.outcomes.times.turnbull import BEFORE, turnbull

INF = np.inf
# Finkelstein and Wolfe (1985), Biometrics 41, 933-945: months to retraction, radiotherapy alone
COSMESIS = (
    "45- 25-37 37- 6-10 46- 0-5 0-7 26-40 18- 46- 46- 24- 46- 27-34 36- 7-16 36-44 5-11 17- 46- 19-35 7-14 36-48 "
    "17-25 37-44 37- 24- 0-8 40- 32- 4-11 17-25 33- 15- 46- 19-26 11-15 11-18 37- 22- 38- 34- 46- 5-12 36- 46-"
)


def fit_of(*intervals: tuple[float, float]):
    left, right = np.array(intervals, dtype=float).reshape(-1, 2).T
    return turnbull(left, right)


def test_visits_back_to_back():
    """Half-open intervals: what ends at 12 and what begins at 12 do not share it."""
    fit = fit_of((0, 12), (0, 12), (12, 24), (12, 24))
    low, high = fit.bounds(np.array([0.0, 6.0, 12.0, 18.0, 24.0]))
    assert low.tolist() == [0.0, 0.0, 0.5, 0.5, 1.0]
    assert high.tolist() == [0.0, 0.5, 0.5, 1.0, 1.0]


def test_published_case():
    pairs = [one.split("-") for one in COSMESIS.split()]
    fit = fit_of(*[(float(left), float(right) if right else INF) for left, right in pairs])
    assert list(zip(fit.low, fit.high, strict=True)) == [
        (4, 5), (6, 7), (7, 8), (11, 12), (24, 25), (33, 34), (38, 40), (46, 48),
    ]  # fmt: skip
    # the table of the textbooks (Klein and Moeschberger, Survival Analysis, on Turnbull's algorithm)
    assert (1 - np.cumsum(fit.mass)).round(3).tolist() == [0.954, 0.920, 0.832, 0.761, 0.668, 0.586, 0.466, 0.0]


def test_exact_right_censored_times_are_kaplan_meier():
    """Events at 1 and 3 of four, one lost at 2: S = 3/4, then 3/4 * 1/2."""
    fit = fit_of((0, 1), (2, INF), (2, 3), (3, INF))
    assert fit.bounds(np.array([1.0, 3.0]))[0] == pytest.approx([0.25, 0.25 + 0.75 / 2])


def test_nothing_known_says_nothing():
    nothing = fit_of((BEFORE, INF), (BEFORE, INF))
    assert [one.tolist() for one in nothing.bounds(np.array([12.0]))] == [[0.0], [1.0]]
    with_it = fit_of((0, 12), (12, 24), (BEFORE, INF))
    without = fit_of((0, 12), (12, 24))
    assert with_it.mass.tolist() == without.mass.tolist()


def test_all_censored():
    low, high = fit_of((6, INF), (12, INF)).bounds(np.array([6.0, 12.0, 13.0]))
    assert low.tolist() == [0.0, 0.0, 0.0]
    assert high.tolist() == [0.0, 0.0, 1.0]


def test_use_on_the_day_of_the_release():
    low, _ = fit_of((BEFORE, 0), (0, 12)).bounds(np.array([0.0, 12.0]))
    assert low.tolist() == [0.5, 1.0]


ENDS = st.tuples(st.integers(-1, 8), st.integers(1, 5), st.booleans(), st.integers(1, 3))


@given(st.lists(ENDS, min_size=1, max_size=12))
def test_no_other_distribution_is_likelier(rows):
    """The certificate of a maximum: mass moved to any cell of the finest grid, not only to innermost intervals, gains
    nothing to the first order; the likelihood is concave."""
    left = np.array([row[0] for row in rows], dtype=float)
    right = np.array([INF if is_open else start + length for start, length, is_open, _ in rows], dtype=float)
    weights = np.array([row[3] for row in rows], dtype=float)
    fit = turnbull(left, right, weights, close=1e-9)
    assert fit.mass.sum() == pytest.approx(1.0)
    assert (fit.mass > 0).all()
    told = (left > BEFORE) | np.isfinite(right)
    left, right, weights = left[told], right[told], weights[told]
    inside = ((fit.low >= left[:, None]) & (fit.high <= right[:, None])) @ fit.mass
    grid = np.array([*range(-1, 15), INF])
    is_in = (grid[:-1] >= left[:, None]) & (grid[1:] <= right[:, None])
    assert (weights / inside @ is_in).max(initial=0.0) <= weights.sum() + 1e-5


@given(st.lists(ENDS, min_size=1, max_size=12), st.randoms())
def test_order_and_weights_change_nothing(rows, random):
    def fit(rows, weights):
        left = np.array([row[0] for row in rows], dtype=float)
        right = np.array([INF if row[2] else row[0] + row[1] for row in rows], dtype=float)
        return turnbull(left, right, weights).bounds(np.arange(0.0, 15.0))

    times = [row[3] for row in rows]
    repeated = [row for row, count in zip(rows, times, strict=True) for _ in range(count)]
    random.shuffle(repeated)
    for one, other in zip(fit(rows, np.array(times, dtype=float)), fit(repeated, None), strict=True):
        assert one == pytest.approx(other, abs=1e-3)
