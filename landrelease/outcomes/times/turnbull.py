"""The distribution of a time that is only known to lie between two visits: Turnbull's estimate on (left, right]."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["BEFORE", "Turnbull", "turnbull"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]

BEFORE = -1.0
"""Left end of a time of which no lower bound is known: before zero, so that zero itself is within."""
_CLOSE = 1e-6
"""How far the log-likelihood of a fit may be below the highest. A thousandth moves no third digit."""
_STEPS = 5_000


@dataclass(frozen=True)
class Turnbull:
    """A fit: the intervals (low, high] that hold mass, in order, and their mass."""

    low: Floats
    high: Floats
    mass: Floats

    def bounds(self, times: Floats) -> tuple[Floats, Floats]:
        """Return the least and the greatest share at or before each time; they differ within an interval."""
        total = np.concatenate([[0.0], np.minimum(np.cumsum(self.mass), 1.0)])
        return total[np.searchsorted(self.high, times, side="right")], total[np.searchsorted(self.low, times)]


def turnbull(left: Floats, right: Floats, weights: Floats | None = None, *, close: float = _CLOSE) -> Turnbull:
    """Return the non-parametric maximum likelihood estimate of times known to lie in (left, right].

    Parameters
    ----------
    left, right : array of float
        Ends of the intervals, left < right. `right` is infinite where the time is not yet over, `left` is `BEFORE`
        where nothing bounds it from below. An interval without either bound says nothing, and changes nothing.
    weights : array of float, optional
        How often each interval counts; zero leaves it out.
    close : float
        How far the log-likelihood may be below the highest.

    Returns
    -------
    Turnbull
        The innermost intervals with mass. Where within them the mass lies is not known. Of nothing known, all of it
        lies somewhere.

    Raises
    ------
    ArithmeticError
        The fit does not close: a fault of this package.

    Notes
    -----
    Mass can only lie in innermost intervals: from a left end to the right end that follows it with no other end
    between; of equal ends the right one comes first, since it is within its interval and the left one is not. The mass
    maximises the sum of w log(F(right) - F(left)). Steps of expectation and maximisation alternate with steps of the
    iterative convex minorant; they end when the greatest slope shows that the log-likelihood is within `close` of its
    maximum.

    References
    ----------
    Turnbull, B. W. (1976), The empirical distribution function with arbitrarily grouped, censored and truncated data,
    J. R. Stat. Soc. B 38. Wellner, J. A. and Zhan, Y. (1997), A hybrid algorithm for computation of the nonparametric
    maximum likelihood estimator from censored data, J. Am. Stat. Assoc. 92.

    Examples
    --------
    >>> fit = turnbull(np.array([0.0, 0.0, 12.0, 12.0]), np.array([12.0, 12.0, 24.0, 24.0]))
    >>> fit.low.tolist(), fit.high.tolist(), fit.mass.tolist()
    ([0.0, 12.0], [12.0, 24.0], [0.5, 0.5])
    >>> [bound.tolist() for bound in fit.bounds(np.array([6.0, 12.0]))]
    [[0.0, 0.5], [0.5, 0.5]]
    >>> [bound.tolist() for bound in turnbull(np.array([]), np.array([])).bounds(np.array([12.0]))]
    [[0.0], [1.0]]
    """
    count = np.ones(len(left)) if weights is None else weights
    says = (count > 0) & ((left > BEFORE) | np.isfinite(right))
    left, right, count = left[says], right[says], count[says]
    if not len(left):
        return Turnbull(np.array([BEFORE]), np.array([np.inf]), np.ones(1))
    low, high = _innermost(left, right)
    first, last = np.searchsorted(low, left), np.searchsorted(high, right, side="right")
    pairs, inverse = np.unique(first * (len(low) + 1) + last, return_inverse=True)
    held = np.bincount(inverse, count).astype(float)
    mass = _masses(pairs // (len(low) + 1), pairs % (len(low) + 1), held, len(low), close)
    has_mass = mass > 1e-9
    return Turnbull(low[has_mass], high[has_mass], mass[has_mass] / mass[has_mass].sum())


def _innermost(left: Floats, right: Floats) -> tuple[Floats, Floats]:
    """Return the innermost intervals in order."""
    ends = np.concatenate([np.unique(right), np.unique(left)])
    is_left = np.arange(len(ends)) >= len(np.unique(right))
    order = np.lexsort((is_left, ends))
    ends, is_left = ends[order], is_left[order]
    at = np.flatnonzero(is_left[:-1] & ~is_left[1:])
    return ends[at], ends[at + 1]


def _masses(first: Ints, last: Ints, held: Floats, size: int, close: float) -> Floats:
    """Return the mass of each innermost interval; the times lie in those from `first` to before `last`."""
    mass, total = np.full(size, 1.0 / size), held.sum()
    share = np.zeros(size + 1)
    for _ in range(_STEPS):
        np.cumsum(mass, out=share[1:])
        ratio = held / (share[last] - share[first])
        slope = np.cumsum(np.bincount(first, ratio, size + 1) - np.bincount(last, ratio, size + 1))[:-1]
        if slope.max() - total <= close + 1e-11 * total:  # sums of many are exact no further
            return mass
        mass = _minorant(first, last, held, mass * slope / total)
    raise ArithmeticError(f"Turnbull's estimate did not close in {_STEPS} steps.")


def _minorant(first: Ints, last: Ints, held: Floats, mass: Floats) -> Floats:
    """Return the mass after a step of the iterative convex minorant, halved until the likelihood rises."""
    from scipy.optimize import isotonic_regression

    size = len(mass)
    share = np.concatenate([[0.0], np.cumsum(mass)])
    share /= share[-1]
    inside = share[last] - share[first]
    ratio = held / inside
    slope = (np.bincount(last, ratio, size + 1) - np.bincount(first, ratio, size + 1))[1:size]
    ratio /= inside
    curve = (np.bincount(last, ratio, size + 1) + np.bincount(first, ratio, size + 1))[1:size]
    if not len(curve):
        return np.diff(share)
    before = np.sum(held * np.log(inside))  # not a dot product: threads of BLAS wait for each other
    step = np.clip(isotonic_regression(share[1:size] + slope / curve, weights=curve).x, 0.0, 1.0) - share[1:size]
    for _ in range(10):
        moved = share.copy()
        moved[1:size] += step
        inside = moved[last] - moved[first]
        if inside.min() > 0.0 and np.sum(held * np.log(inside)) > before:
            return np.diff(moved)
        step /= 2.0
    return np.diff(share)
