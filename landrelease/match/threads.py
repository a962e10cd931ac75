"""Compiled loops side by side."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar

__all__ = ["at_most", "in_threads", "thread_count"]

_LEAST = 512
"""Fewer items are not worth a thread."""
_most: ContextVar[int] = ContextVar("most", default=sys.maxsize)


def thread_count() -> int:
    """Return how many cores this process may use, or this task where it was given fewer."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, _most.get())


@contextmanager
def at_most(count: int) -> Iterator[None]:
    """Use no more threads than these within: others work on the same machine."""
    before = _most.set(count)
    try:
        yield
    finally:
        _most.reset(before)


def in_threads(n: int, loop: Callable[[int, int], object]) -> None:
    """Run a loop that lets go of the interpreter over parts of 0 to n; each part writes what no other does.

    What a part runs in this way stays in its thread.
    """
    parts = min(4 * thread_count(), -(-n // _LEAST))
    if parts < 2 or thread_count() < 2:
        if n:
            loop(0, n)
        return
    ends = [n * part // parts for part in range(parts + 1)]
    with ThreadPoolExecutor(thread_count(), initializer=_most.set, initargs=(1,)) as pool:
        list(pool.map(loop, ends[:-1], ends[1:]))
