from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from landrelease.errors import OptionError
from landrelease.priority import FreeWeights, IntervalWeights, OrdinalWeights
from landrelease.priority.scheme.weights import draw_weights, limits_of

DRAWS = 40_000


def names(m):
    return [f"c{i}" for i in range(m)]


def drawn(space, m, draws=DRAWS, seed=7):
    weights = draw_weights(space, names(m), draws, np.random.default_rng(seed))
    assert weights.shape == (draws, m)
    assert weights.sum(axis=1) == pytest.approx(1)
    assert weights.min() >= -1e-12
    return weights


def off(weights, mean):
    """Return how many standard errors the mean of the draws is off, at most."""
    return (np.abs(weights.mean(axis=0) - mean) / (weights.std(axis=0) / np.sqrt(len(weights)) + 1e-12)).max()


@pytest.mark.parametrize("m", [1, 2, 3, 8])
def test_free_weights_have_the_centre_and_the_spread_of_the_simplex(m):
    weights = drawn(FreeWeights(), m)
    assert off(weights, 1 / m) < 4.5
    # A coordinate of the uniform simplex is Beta(1, m - 1).
    assert weights.var(axis=0) == pytest.approx((m - 1) / (m * m * (m + 1)), rel=0.05, abs=1e-12)


@pytest.mark.parametrize("least", [0.0, 0.05, 1 / 6])
def test_ordinal_weights_have_the_mean_of_the_rank_order_centroids(least):
    m = 6
    exact = [float(sum(Fraction(1, k) for k in range(i, m + 1)) / m) for i in range(1, m + 1)]
    order = ["c3", "c0", "c5", "c1", "c4", "c2"]
    weights = drawn(OrdinalWeights(order, least=least), m)[:, [int(one[1]) for one in order]]
    assert (np.diff(weights, axis=1) <= 1e-12).all()
    assert weights.min() >= least - 1e-12
    assert off(weights, least + (1 - m * least) * np.array(exact)) < 4.5


def test_interval_weights_by_hand():
    # Of two weights, one says all: uniform from 0.5 to 0.7.
    first = drawn(IntervalWeights({"c0": (0.5, 0.7)}), 2)[:, 0]
    assert (first.min(), first.max()) == pytest.approx((0.5, 0.7), abs=1e-4)
    assert off(first[:, None], 0.6) < 4.5
    assert first.var() == pytest.approx(0.04 / 12, rel=0.03)
    # Of three, the density of the first is proportional to 1 - w on 0 to 0.2.
    weights = drawn(IntervalWeights({"c0": (0, 0.2)}), 3)
    mean = (0.2**2 / 2 - 0.2**3 / 3) / (0.2 - 0.2**2 / 2)
    assert off(weights, [mean, (1 - mean) / 2, (1 - mean) / 2]) < 4.5


@pytest.mark.parametrize(
    "limits",
    [
        [(0, 1)] * 4,
        [(0.6 / 5, 1.4 / 5)] * 5,
        [(0, 1), (0, 0.2), (0, 0.05), (0.1, 0.6)],
        [(0.3, 0.9), (0, 0.9), (0, 0.02), (0, 0.5), (0, 0.3)],
        [(0, 0.5), (0, 0.3), (0, 0.25)],
    ],
)
def test_interval_weights_are_uniform(limits):
    """Against points of the box that are kept where the last weight fits: slow, and exact."""
    m = len(limits)
    low, high = np.array(limits, dtype=float).T
    random, kept = np.random.default_rng(11), []
    while sum(map(len, kept)) < DRAWS:
        points = low + (high - low) * random.random((200_000, m))
        points[:, 0] = 1 - points[:, 1:].sum(axis=1)
        kept.append(points[(points[:, 0] >= low[0]) & (points[:, 0] <= high[0])])
    exact = np.concatenate(kept)[:DRAWS]
    weights = drawn(IntervalWeights(dict(zip(names(m), limits, strict=True))), m)
    assert (weights >= low - 1e-9).all()
    assert (weights <= high + 1e-9).all()
    assert off(weights, exact.mean(axis=0)) < 6.5  # both means are of draws
    assert np.cov(weights.T) == pytest.approx(np.cov(exact.T), abs=0.05 * np.cov(exact.T).max())


def test_weights_that_are_fixed_stay():
    weights = drawn(IntervalWeights({"c0": (0.5, 0.5), "c1": (0, 0), "c2": (0.2, 0.2)}), 4, 100)
    assert weights == pytest.approx(np.tile([0.5, 0, 0.2, 0.3], (100, 1)))
    third = 1 / 3
    assert drawn(IntervalWeights(dict.fromkeys(names(3), (third, third))), 3, 5) == pytest.approx(third)


def extremes(rows, right, bounds):
    """Return the lowest and highest of each coordinate by linear programming; None where there is no point."""
    m, found = len(bounds), []
    for sign in (1, -1):
        side = []
        for at in range(m):
            goal = np.zeros(m)
            goal[at] = sign
            done = linprog(goal, A_ub=rows, b_ub=right, A_eq=np.ones((1, m)), b_eq=[1], bounds=bounds)
            if done.status == 2:
                return None
            side.append(sign * done.fun)
        found.append(np.array(side))
    return found


share = st.integers(0, 10).map(lambda x: x / 10)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(share, share).map(sorted), min_size=1, max_size=5))
def test_limits_against_linear_programming(limits):
    columns = names(len(limits))
    exact = extremes(None, None, [tuple(pair) for pair in limits])
    if exact is None:
        with pytest.raises(OptionError, match="no weights agree with these limits"):
            limits_of(IntervalWeights(dict(zip(columns, limits, strict=True))), columns)
        return
    space = IntervalWeights(dict(zip(columns, limits, strict=True)))
    assert np.array(limits_of(space, columns)) == pytest.approx(np.array(exact), abs=1e-9)
    weights = draw_weights(space, columns, 50, np.random.default_rng(1))
    assert (weights >= exact[0] - 1e-9).all()
    assert (weights <= exact[1] + 1e-9).all()


@pytest.mark.parametrize(("m", "least"), [(1, 0), (2, 0.1), (4, 0), (4, 0.2), (5, 0.2)])
def test_limits_of_an_order_against_linear_programming(m, least):
    falls = np.eye(m, k=1)[:-1] - np.eye(m)[:-1]
    exact = extremes(falls if m > 1 else None, np.zeros(m - 1) if m > 1 else None, [(least, 1)] * m)
    assert np.array(limits_of(OrdinalWeights(names(m), least=least), names(m))) == pytest.approx(np.array(exact))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: OrdinalWeights([]), "the order names no criterion"),
        (lambda: OrdinalWeights(["a", "b", "a"]), "the order names a twice"),
        (lambda: OrdinalWeights(["a", "b"], least=0.51), r"least must be 0 to 0\.5"),
        (lambda: OrdinalWeights(["a", "b"], least=-0.1), "least must be 0 to"),
        (lambda: OrdinalWeights(["a"], least=float("nan")), "least must be 0 to"),
        (lambda: IntervalWeights({"a": (0.5, 0.4)}), "limits of 'a' must be 0 <= low <= high <= 1; got 0.5 and 0.4"),
        (lambda: IntervalWeights({"a": (-0.1, 0.4)}), "got -0.1 and 0.4"),
        (lambda: IntervalWeights({"a": (0.1, 1.4)}), "got 0.1 and 1.4"),
        (lambda: IntervalWeights({"a": 0.4}), "must be two numbers, low and high; got 0.4"),
        (lambda: IntervalWeights({"a": (0.1, float("nan"))}), "must be two numbers"),
        (lambda: IntervalWeights({"a": (0.6, 0.7), "b": (0.5, 1)}), r"lowest already sum to 1\.1.*\n.*a 0\.6, b 0\.5"),
    ],
)
def test_words_about_weights_that_contradict_themselves(make, message):
    with pytest.raises(OptionError, match=message):
        make()


@pytest.mark.parametrize(
    ("space", "message"),
    [
        (OrdinalWeights(["people", "road"]), "the order of the weights lacks size"),
        (OrdinalWeights(["people", "road", "sise"]), "name 'sise', which is no criterion; did you mean 'size'"),
        (IntervalWeights({"peple": (0, 1)}), "did you mean 'people'"),
        (
            IntervalWeights({"people": (0, 0.3), "road": (0, 0.2), "size": (0.1, 0.4)}),
            r"highest only sum to 0\.9, less than 1\n  \(people 0\.3, road 0\.2, size 0\.4\)",
        ),
    ],
)
def test_words_about_weights_that_do_not_fit_the_criteria(space, message):
    with pytest.raises(OptionError, match=message):
        limits_of(space, ["people", "road", "size"])


def test_what_is_said_of_them():
    assert FreeWeights().said() == "any weights"
    assert IntervalWeights({"a": (0, 0.25), "b": (0.5, 1)}).said() == "weights within a 0 to 0.25, b 0.5 to 1"
    assert OrdinalWeights("a").order == ("a",)
