"""The numbers behind a ranking: columns of values go in, arrays come out."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from landrelease.priority.criteria import Criterion

__all__ = ["unit_value"]

Floats = npt.NDArray[np.float64]


def unit_value(one: Criterion, values: Floats) -> Floats:
    """Return the part of a criterion that each value has, 0 to 1; a count without a `high` stays a count."""
    if one.form == "points":
        return values if one.high is None else np.minimum(values, one.high) / one.high
    low, high = cast(float, one.low), cast(float, one.high)
    with np.errstate(over="ignore"):
        share = (values - low) / (high - low)
    share = np.clip(share, 0.0, 1.0)
    return share if one.more_is_urgent else 1.0 - share
