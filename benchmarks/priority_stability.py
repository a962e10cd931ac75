"""Stability of a ranking beside the matrix product that it can not do without.

    python benchmarks/priority_stability.py [--areas 10000] [--draws 10000] [--criteria 8] [--repeats 5]

CPU seconds, the least of some repeats, all in one process. The product runs in one thread: its library would else count
the waiting of the others as work.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

from landrelease.priority import Criterion, OrdinalWeights, Ranking, prioritise, stability
from landrelease.priority.stability.simulate import reached_shares
from landrelease.priority.stability.smaa import drawn_weights
from landrelease.priority.stability.uncertain import model_of

TOP = (10, 20, 50)
_CELLS = 500_000


def ranking_of(areas: int, criteria: int, seed: int = 1) -> Ranking:
    names = [f"c{i}" for i in range(criteria)]
    table = pd.DataFrame(np.random.default_rng(seed).random((areas, criteria)), columns=names)
    table.insert(0, "area_id", [f"A{i}" for i in range(areas)])
    return prioritise(table, [Criterion(name, 0, 1, 1 / criteria) for name in names])


def tasks(areas: int, draws: int, criteria: int) -> dict[str, Callable[[], object]]:
    """Return what is measured: the product in two ways, a plain loop, and ours in part and in whole."""
    ranking = ranking_of(areas, criteria)
    space = OrdinalWeights([one.column for one in ranking.criteria])
    model = model_of(ranking, None)
    weights = drawn_weights(space, model, draws, 1)
    small, turned = weights.astype("float32"), np.ascontiguousarray(model.values.T, dtype="float32")
    size = max(1, _CELLS // areas)
    room = np.empty((size, areas), dtype="float32")

    def product_in_batches() -> None:
        for low in range(0, draws, size):
            part = small[low : low + size]
            np.matmul(part, turned, out=room[: len(part)])

    def plain_loop() -> np.ndarray:
        """Rank by a sort in each of the draws, in batches: first, among the first few."""
        counts = np.zeros((1 + len(TOP), areas))
        for low in range(0, draws, size):
            order = np.argsort(-(small[low : low + size] @ turned), axis=1)
            for at, line in enumerate((1, *TOP)):
                counts[at] += np.bincount(order[:, :line].ravel(), minlength=areas)
        return counts / draws

    return {
        "product, in batches": product_in_batches,
        "product, whole": lambda: small @ turned,
        "plain loop": plain_loop,
        "shares and central weights": lambda: reached_shares(model, weights, [1, *TOP], 1),
        "stability": lambda: stability(ranking, weights=space, draws=draws, top=TOP),
        "stability, intervals": lambda: stability(ranking, draws=draws, top=TOP),
    }


def cpu_seconds(task: Callable[[], object], repeats: int) -> float:
    best = float("inf")
    for _ in range(repeats):
        start = time.process_time()
        task()
        best = min(best, time.process_time() - start)
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default in (("areas", 10_000), ("draws", 10_000), ("criteria", 8), ("repeats", 5)):
        parser.add_argument(f"--{name}", type=int, default=default)
    given = parser.parse_args()
    found = tasks(given.areas, given.draws, given.criteria)
    found["stability"]()  # compiles
    seconds = {name: cpu_seconds(task, 1 if name == "plain loop" else given.repeats) for name, task in found.items()}
    print("| what | CPU seconds | of the product, in batches | of the product, whole |\n|---|---|---|---|")
    for name, cost in seconds.items():
        parts = " | ".join(f"{cost / seconds[f'product, {how}']:.1f}" for how in ("in batches", "whole"))
        print(f"| {name} | {cost:.3f} | {parts} |")


if __name__ == "__main__":
    main()
