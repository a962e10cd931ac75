"""Weights that are not known exactly: what is said about them, and draws of all weights that agree with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from landrelease.checks.arguments import is_number
from landrelease.errors import OptionError, nearest

__all__ = ["FreeWeights", "IntervalWeights", "OrdinalWeights", "WeightSpace", "draw_weights", "limits_of"]

Floats = npt.NDArray[np.float64]
_ROUNDING = 1e-9
_SWEEPS = 8


@dataclass(frozen=True)
class FreeWeights:
    """Nothing is said about the weights: all of 0 or more that sum to 1 are as likely as each other.

    Examples
    --------
    >>> FreeWeights().said()
    'any weights'
    """

    def said(self) -> str:
        """Say in words which weights are meant."""
        return "any weights"


@dataclass(frozen=True)
class OrdinalWeights:
    """Only an order is said: the first criterion weighs at least as much as the second, and so on.

    Parameters
    ----------
    order : sequence of str
        The columns of all criteria, the most important first.
    least : float
        What each weighs at least, as a part of 1.

    Raises
    ------
    OptionError
        No criterion, one twice, or a `least` that is negative or more than 1 divided by their number.

    Examples
    --------
    >>> OrdinalWeights(["people", "road_m"], least=0.1).said()
    'weights in the order people, road_m, each at least 0.1'
    >>> OrdinalWeights(["people", "road_m"], least=0.6)
    Traceback (most recent call last):
    landrelease.errors.OptionError: least must be 0 to 0.5: 2 weights that sum to 1 can not all be 0.6 or more
    """

    order: Sequence[str]
    least: float = 0.0

    def __post_init__(self) -> None:
        order = (self.order,) if isinstance(self.order, str) else tuple(self.order)
        object.__setattr__(self, "order", order)
        twice = sorted({one for one in order if order.count(one) > 1})
        if not order or twice:
            raise OptionError(f"the order names {', '.join(twice)} twice" if twice else "the order names no criterion")
        if not is_number(self.least) or not 0 <= self.least <= 1 / len(order) + _ROUNDING:
            raise OptionError(
                f"least must be 0 to {1 / len(order):.4g}: {len(order)} weights that sum to 1 "
                f"can not all be {self.least} or more"
            )

    def said(self) -> str:
        """Say in words which weights are meant."""
        least = f", each at least {self.least:g}" if self.least else ""
        return f"weights in the order {', '.join(self.order)}{least}"


@dataclass(frozen=True)
class IntervalWeights:
    """Each weight lies between two limits; all such weights that sum to 1 are as likely as each other.

    Parameters
    ----------
    limits : mapping of str to (low, high)
        By the column of the criterion, as parts of 1; one that is not named lies anywhere from 0 to 1.

    Raises
    ------
    OptionError
        A limit is no number from 0 to 1, or a low is above its high, or the lows sum to more than 1.

    Examples
    --------
    >>> IntervalWeights({"people": (0.3, 0.5)}).said()
    'weights within people 0.3 to 0.5'
    >>> IntervalWeights({"people": (0.7, 0.9), "road_m": (0.4, 0.5)})
    Traceback (most recent call last):
    landrelease.errors.OptionError: no weights agree with these limits: the lowest already sum to 1.1, more than 1
      (people 0.7, road_m 0.4).
      Fix: lower one of them.
    """

    limits: Mapping[str, tuple[float, float]]
    name: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        limits = {}
        for column, pair in self.limits.items():
            if not isinstance(pair, Sequence) or len(pair) != 2 or not all(is_number(one) for one in pair):
                raise OptionError(f"the limits of '{column}' must be two numbers, low and high; got {pair!r}")
            low, high = float(pair[0]), float(pair[1])
            if not 0 <= low <= high <= 1 + _ROUNDING:
                raise OptionError(f"the limits of '{column}' must be 0 <= low <= high <= 1; got {low:g} and {high:g}")
            limits[column] = (low, high)
        object.__setattr__(self, "limits", limits)
        _require_some(list(limits), np.array([low for low, _ in limits.values()]), None)

    def said(self) -> str:
        """Say in words which weights are meant."""
        pairs = (f"{column} {low:.4g} to {high:.4g}" for column, (low, high) in self.limits.items())
        return self.name or f"weights within {', '.join(pairs)}"


WeightSpace = FreeWeights | OrdinalWeights | IntervalWeights


def limits_of(space: WeightSpace, columns: Sequence[str]) -> tuple[Floats, Floats]:
    """Return the lowest and the highest weight that each criterion can have.

    Raises OptionError where the columns are not those of the criteria, or no weights agree.
    """
    m = len(columns)
    if isinstance(space, OrdinalWeights):
        _require_columns(space.order, columns, every=True)
        place = np.array([list(space.order).index(one) for one in columns])
        # The i-th is highest where it equals all before it, and what follows is least.
        return np.where(place == 0, 1 / m, space.least), (1 - (m - 1 - place) * space.least) / (place + 1)
    low, high = np.zeros(m), np.ones(m)
    if isinstance(space, IntervalWeights):
        _require_columns(space.limits, columns, every=False)
        for column, (least, most) in space.limits.items():
            at = list(columns).index(column)
            low[at], high[at] = least, most
        _require_some(columns, low, high)
    # What the others can not reach or can not leave narrows a limit.
    return np.maximum(low, 1 - (high.sum() - high)), np.minimum(high, 1 - (low.sum() - low))


def draw_weights(space: WeightSpace, columns: Sequence[str], draws: int, random: np.random.Generator) -> Floats:
    """Return draws of weights (draws, criteria), each independent of the others and uniform on what is allowed.

    Free weights are exponentials over their sum. Ordinal ones are such weights in order, shrunk towards the least:
    w = e + (1 - m e) w', whose mean is e + (1 - m e) ROC. Interval ones are made by `_walk`.
    """
    low, high = limits_of(space, columns)
    if isinstance(space, IntervalWeights):
        return _walk(low, high, draws, random)
    weights = random.standard_exponential((draws, len(columns)))
    weights /= weights.sum(axis=1, keepdims=True)
    if isinstance(space, OrdinalWeights):
        weights = -np.sort(-weights, axis=1)
        weights = space.least + (1 - len(columns) * space.least) * weights
        weights = weights[:, [list(space.order).index(one) for one in columns]]
    return weights


def _walk(low: Floats, high: Floats, draws: int, random: np.random.Generator) -> Floats:
    """Walk from the middle of what is allowed, each draw its own way, and return where each ends.

    Hit-and-run (Tervonen et al. 2013) along the edges of the simplex: weight is moved from one criterion to another, to
    a place that is uniform on all that the limits allow. Each draw is the end of its own walk, so that draws are
    independent and the error of sampling is that of independent draws.
    """
    room = high.sum() - low.sum()
    share = (1 - low.sum()) / room if room > _ROUNDING else 0.0
    weights = np.repeat((low + share * (high - low))[:, None], draws, axis=1)
    free = np.flatnonzero(high - low > _ROUNDING)
    pairs = [(int(i), int(j)) for i in free for j in free if i < j]
    for _ in range(_SWEEPS if len(pairs) > 1 else 1):
        for at in random.permutation(len(pairs)):
            i, j = pairs[at]
            down = np.minimum(weights[i] - low[i], high[j] - weights[j])
            up = np.minimum(high[i] - weights[i], weights[j] - low[j])
            move = random.random(draws) * (down + up) - down
            weights[i] += move
            weights[j] -= move
    return np.ascontiguousarray(weights.T)


def _require_columns(named: Sequence[str] | Mapping[str, object], columns: Sequence[str], *, every: bool) -> None:
    for one in named:
        if one not in columns:
            raise OptionError(f"the weights name '{one}', which is no criterion{nearest(str(one), columns)}")
    lacking = [one for one in columns if one not in named]
    if every and lacking:
        raise OptionError(f"the order of the weights lacks {', '.join(lacking)}. Fix: name every criterion once.")


def _require_some(columns: Sequence[str], low: Floats, high: Floats | None) -> None:
    """Stop where no weights sum to 1: with limits alone, that is where the lows are too high or the highs too low."""
    for limit, word, wrong, more in ((low, "lowest", 1, "lower"), (high, "highest", -1, "raise")):
        if limit is not None and wrong * (limit.sum() - 1) > _ROUNDING:
            named = ", ".join(f"{one} {x:.4g}" for one, x in zip(columns, limit, strict=True) if x > 0)
            raise OptionError(
                f"no weights agree with these limits: the {word} {'already' if wrong > 0 else 'only'} sum to "
                f"{limit.sum():.4g}, {'more' if wrong > 0 else 'less'} than 1\n  ({named}).\n  Fix: {more} one of them."
            )
