"""Women's share of those who benefit, against their share of those who live there."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.cells import counted
from landrelease.checks.arguments import column_list, numbers, require_columns
from landrelease.errors import DataError, OptionError
from landrelease.outcomes.people.equity import FEWEST, Equity, bootstrap

__all__ = ["womens_share"]

Floats = npt.NDArray[np.float64]


def womens_share(
    benefits: pd.DataFrame,
    *,
    women: str | Sequence[str] = ("women_count", "girls_count"),
    men: str | Sequence[str] = ("men_count", "boys_count"),
    unknown: str | Sequence[str] | None = None,
    catchment_women: str = "catchment_women_count",
    catchment_people: str = "catchment_people_count",
    draws: int = 1_000,
    confidence: float = 0.95,
    seed: int = 0,
) -> Equity:
    """Compare women's share of those who benefit with their share of those who live there.

    Parameters
    ----------
    benefits : DataFrame
        One row a community, with the people who benefit and the people of its catchment.
    women, men : str or list of str
        Columns whose sum is the women (with girls, if they are named) and the men who benefit.
    unknown : str or list of str, optional
        Columns with people who benefit whose sex is not known: they stay unknown, and widen the bounds.
    catchment_women, catchment_people : str
        Columns with the women (and girls) and all people of the catchment.
    draws, confidence, seed : int, float, int
        Draws of the bootstrap over communities (0 for no interval), level of the intervals, seed of the draws.

    Returns
    -------
    Equity
        benefit_share (of those whose sex is known), catchment_share, parity_ratio (the first over the second; 1 is
        parity). unknown_low and unknown_high hold them with all people of unknown sex men, or women.

    Raises
    ------
    DataError
        A column holds no numbers of 0 or more.
    OptionError
        A column is not there or named twice; an option that can not be meant.

    Notes
    -----
    Sums over communities, so that large ones weigh more. A community that lacks one of the numbers is left out of all
    of them and counted: a missing number is not 0.

    Examples
    --------
    >>> places = pd.DataFrame({"women_count": [10, 20, None], "men_count": [30, 40, 5], "unknown_count": [0, 20, 0],
    ...     "catchment_women_count": [50, 60, 70], "catchment_people_count": [100, 120, 140]})
    >>> found = womens_share(places, women="women_count", men="men_count", unknown="unknown_count")
    >>> found.table[["measure", "value", "unknown_low", "unknown_high"]].round(3).values.tolist()
    [['benefit_share', 0.3, 0.25, 0.417], ['catchment_share', 0.5, 0.5, 0.5], ['parity_ratio', 0.6, 0.5, 0.833]]
    >>> found.n, found.caveats[0]
    (2, '1 of 3 places left out, for want of a number')
    >>> womens_share(places.iloc[:0], women="women_count", men="men_count").table["value"].isna().all()
    np.True_
    """
    sides = [column_list("women", women), column_list("men", men), column_list("unknown", unknown)]
    columns = column_list("women, men, unknown and the catchment", [*chain(*sides), catchment_women, catchment_people])
    require_columns(benefits, "benefits", columns, error=OptionError)
    held = pd.DataFrame({name: numbers(benefits[name], f"benefits: {name}") for name in columns})
    used = held.dropna()
    too_many = used[catchment_women] > used[catchment_people]
    if too_many.any():
        raise DataError(
            f"{int(too_many.sum())} of {len(used)} communities have more '{catchment_women}' than "
            f"'{catchment_people}', the first {used[catchment_women][too_many].iloc[0]:.0f}.\n"
            "  Fix: correct them, or name the right columns."
        )
    counts = np.column_stack(
        [*(used[names].sum(axis=1) for names in sides), used[catchment_women], used[catchment_people]]
    )

    def measured(weights: Floats) -> Floats:
        with np.errstate(divide="ignore", invalid="ignore"):
            w, m, u, local, people = weights @ counts
            share = np.array([w / (w + m), w / (w + m + u), (w + u) / (w + m + u)])
            there = local / people
            return np.array([share, [there] * 3, share / there]).ravel()

    weights, unit = np.ones(len(used)), np.arange(len(used))
    value = measured(weights).reshape(3, 3)
    low, high = (ends.reshape(3, 3)[:, 0] for ends in bootstrap(measured, weights, unit, draws, confidence, seed))
    names = pd.Series(["benefit_share", "catchment_share", "parity_ratio"], dtype="str")
    ends = {"low": low, "high": high, "unknown_low": value[:, 1], "unknown_high": value[:, 2]}
    told = {
        f"{len(held) - len(used)} of {counted(len(held), 'place', 'places')} left out, for want of a number": (
            len(used) < len(held)
        ),
        f"the sex of {counted(int(counts[:, 2].sum()), 'person', 'people')} is not known: in no column but their own": (
            counts[:, 2].sum() > 0
        ),
        f"only {counted(len(used), 'place', 'places')} to draw from: no interval": len(used) < FEWEST,
    }
    return Equity(
        table=pd.DataFrame({"measure": names, "value": value[:, 0], **ends}),
        n=len(used),
        missing_share=(len(held) - len(used)) / len(held) if len(held) else float("nan"),
        rank_variable="",
        method="ratio of sums over places; percentile bootstrap over them",
        draws=draws,
        confidence=confidence,
        seed=seed,
        caveats=tuple(text for text, is_so in told.items() if is_so),
    )
