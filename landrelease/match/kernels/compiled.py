"""Compilation of the loops, at first use and kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

__all__ = ["compiled"]

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Return the function compiled by numba, free of the interpreter's lock, kept on disk for the next run."""
    return cast(F, numba.njit(cache=True, nogil=True)(function))
