"""What both ways of measuring an overlap take and give."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["LEAST", "NOTHING", "TOLERANCE", "Classes", "Shapes", "Shares"]

LEAST = 1e-13
"""A share below this is rounding."""
TOLERANCE = 1e-9
"""What is less than this share of an area, and several claim it, is rounding."""
Shapes = npt.NDArray[Any]
Classes = npt.NDArray[np.int64]


class Shares(NamedTuple):
    """The share of an area that falls to a class, one row a pair; and the areas in which classes overlap."""

    area: npt.NDArray[np.int64]
    by: Classes
    share: npt.NDArray[np.float64]
    overlapping: npt.NDArray[np.int64]


NOTHING = Shares(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))
