"""Releases in groups and communities, and draws of the communities."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.errors import OptionError

__all__ = ["Groups", "grouped"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Groups:
    """Rows in groups and clusters."""

    by: str | None
    keys: pd.Index
    codes: Ints
    clusters: Ints
    reference: int

    def drawn(self, is_known: npt.NDArray[np.bool_], draws: int, seed: int) -> Iterator[Floats]:
        """Yield the weights of the rows: clusters of known rows drawn with replacement."""
        random = np.random.default_rng(seed)
        found, inverse = np.unique(self.clusters[is_known], return_inverse=True)
        for _ in range(draws if len(found) else 0):
            weights = np.zeros(len(self.codes))
            times = random.multinomial(len(found), np.full(len(found), 1.0 / len(found)))
            weights[is_known] = times[inverse]
            yield weights

    def cluster_counts(self, is_known: npt.NDArray[np.bool_]) -> Ints:
        """Return the number of clusters with known rows in each group."""
        pairs = np.unique(np.column_stack([self.codes[is_known], self.clusters[is_known]]), axis=0)
        return np.bincount(pairs[:, 0], minlength=len(self.keys))

    def labels(self, rows: Sequence[int], name: str | None = None) -> dict[Hashable, Any]:
        """Return the column of group keys for rows of group numbers; none without `by`."""
        if self.by is None:
            return {}
        return {name or self.by: pd.Series(self.keys.take(np.array(rows, dtype=np.intp)))}


def grouped(
    by: str | None, values: pd.Series, clusters: pd.Series | None, is_known: npt.NDArray[np.bool_], reference: Any
) -> Groups:
    """Return the groups of rows; the reference is the one with most known rows where none is named."""
    if by is None:
        keys, codes = pd.Index([0]), np.zeros(len(values), dtype=np.intp)
    else:
        codes, keys = pd.factorize(values, sort=True, use_na_sentinel=True)
        if (codes < 0).any():
            keys, codes = keys.append(pd.Index([None], dtype=keys.dtype)), np.where(codes < 0, len(keys), codes)
    count = np.bincount(codes[is_known], minlength=len(keys))
    at = int(np.where(pd.isna(keys), -1, count).argmax()) if len(keys) else 0
    if reference is not None:
        if by is None or reference not in list(keys.dropna()):
            raise OptionError(
                f"reference must be a group of by={by!r} ({', '.join(map(str, keys.dropna()))}); got {reference!r}"
            )
        at = list(keys).index(reference)
    drawn = np.arange(len(values))
    if clusters is not None:
        drawn, names = pd.factorize(clusters, sort=True, use_na_sentinel=True)
        is_alone = drawn < 0  # nobody says with whom it belongs
        drawn = np.where(is_alone, len(names) + np.cumsum(is_alone), drawn)
    return Groups(by, keys, codes.astype(np.intp), drawn.astype(np.intp), at)
