"""Compilation of the loops: at first use, kept on disk, and told to who waits for it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from numba.core.event import Event, Listener, register, unregister

__all__ = ["compiled"]

F = TypeVar("F", bound=Callable[..., Any])


def compiled(function: F) -> F:
    """Compile a loop over arrays; other threads run while it does."""
    try:
        return cast(F, numba.njit(cache=True, nogil=True)(function))
    except RuntimeError:  # neither beside the package nor in the user's home may a file be written
        return cast(F, numba.njit(nogil=True)(function))


class _Teller(Listener):
    """Says once in a process that loops are compiled; those that are read from disk are no event."""

    def on_start(self, event: Event) -> None:
        loop = event.data["dispatcher"]
        if not loop.py_func.__module__.startswith("landrelease"):
            return
        unregister("numba:compile", self)  # type: ignore[no-untyped-call]
        folder = loop.stats.cache_path
        end = (
            f"once on a machine. Kept in {folder}"
            if folder
            else "at each start, as they can be kept nowhere. Fix: name a folder in NUMBA_CACHE_DIR"
        )
        # a level that is seen: who waits for the first time would think that it hangs
        logging.getLogger("landrelease").warning("Compiling loops of landrelease: some seconds, %s", end)

    def on_end(self, event: Event) -> None:
        pass


register("numba:compile", _Teller())  # type: ignore[no-untyped-call]
