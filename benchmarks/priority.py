"""Rankings against what would be used instead: CPU time, peak memory, and whether the answers are the same.

    python benchmarks/priority.py                      # all tasks, medians of five
    python benchmarks/priority.py value topsis --repeats 3 --scale 0.1

A task is a function in TASKS: given a scale and a seed it returns its engines, by name; ours is first. An engine is a
pair of functions: one makes what is measured, outside of the time, and returns it as a function without arguments; the
other brings the answer into a form that is compared. Each engine runs in a process of its own, one after the other, for
each repeat, so that a slow minute of the machine meets all of them; before the timed call there is one on little. An
answer that is not that of the first engine is printed, and gets no time. pymcdm is of the extra `dev`, scikit-criteria
of none; what is not installed is named and left out. Peak is what the call adds to the memory of the process, less what
it was given.
"""

from __future__ import annotations

import argparse
import json
import pickle
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

Call = Callable[[], Any]


@dataclass(frozen=True)
class Engine:
    """Who answers: `prepare` makes the call that is measured, `answer` what of its result is compared."""

    prepare: Callable[[], Call]
    answer: Callable[[Any], Any]
    needs: str = ""


@dataclass(frozen=True)
class Task:
    """What is asked: the engines, the bytes of the input, and when two answers are the same."""

    engines: dict[str, Engine]
    input_mib: float
    is_same: Callable[[Any, Any], bool]
    wanted: str = ""


def register(areas: int, criteria: int, seed: int) -> tuple[pd.DataFrame, list[Any]]:
    """Return a table of areas in no order, and criteria on fixed scales of which every third is urgent if low."""
    from landrelease import Criterion

    random = np.random.default_rng(seed)
    columns = {f"c{j}": random.gamma(2.0, 10.0 ** (j % 4), areas) for j in range(criteria)}
    table = pd.DataFrame(
        {"area_id": pd.Series([f"HA-{i:07}" for i in random.permutation(areas)], dtype="str"), **columns}
    )
    weights = random.dirichlet(np.ones(criteria))
    return table, [
        Criterion(f"c{j}", 0, 100 * 10.0 ** (j % 4), float(weights[j]), more_is_urgent=j % 3 != 0)
        for j in range(criteria)
    ]


def in_ours(table: pd.DataFrame, criteria: list[Any], **options: Any) -> Engine:
    """Rank with prioritise, from frame to frame."""
    from landrelease import prioritise

    prioritise(table.iloc[:100], criteria, **options)
    return Engine(lambda: lambda: prioritise(table, criteria, **options).table, by_id)


def in_pymcdm(table: pd.DataFrame, criteria: list[Any], make: Callable[..., Any], *, sort: bool = True) -> Engine:
    """Rank with pymcdm, as a script does: the matrix, scores, ranks, and a frame in their order."""

    def prepare() -> Call:
        from pymcdm.helpers import rankdata, rrankdata

        method = make()
        weights = np.array([one.weight for one in criteria])
        types = np.array([1 if one.more_is_urgent else -1 for one in criteria])
        columns = [one.column for one in criteria]

        def rank() -> pd.DataFrame:
            score = method(table[columns].to_numpy(), weights, types)
            rank = rrankdata(score) if sort else rankdata(score)
            return pd.DataFrame({"area_id": table["area_id"], "score": score, "rank": rank}).sort_values("rank")

        return rank

    return Engine(prepare, by_id if sort else lambda found: by_id(found.assign(score=1 - found["score"])), "pymcdm")


def in_skcriteria(table: pd.DataFrame, criteria: list[Any], *, topsis: bool) -> Engine:
    """Rank with scikit-criteria; it has no fixed scales, so that a script brings the values to them itself."""

    def prepare() -> Call:
        from skcriteria import mkdm
        from skcriteria.agg.similarity import TOPSIS
        from skcriteria.agg.simple import WeightedSumModel
        from skcriteria.preprocessing.scalers import VectorScaler

        weights = np.array([one.weight for one in criteria])
        columns = [one.column for one in criteria]
        low, high = (np.array([getattr(one, end) for one in criteria]) for end in ("low", "high"))
        is_up = np.array([one.more_is_urgent for one in criteria])

        def rank() -> pd.DataFrame:
            values = table[columns].to_numpy()
            if not topsis:
                values = np.clip((values - low) / (high - low), 0, 1)
                values = np.where(is_up, values, 1 - values)
            given = mkdm(values, [max] * len(columns), weights=weights, alternatives=table["area_id"].to_numpy())
            if topsis:
                found = TOPSIS().evaluate(VectorScaler("matrix").transform(given))
                score = found.e_.similarity
            else:
                found = WeightedSumModel().evaluate(given)
                score = found.e_.score
            return pd.DataFrame({"area_id": table["area_id"], "score": score, "rank": found.rank_}).sort_values("rank")

        return rank

    return Engine(prepare, by_id, "skcriteria")


def in_a_loop(table: pd.DataFrame, criteria: list[Any]) -> Engine:
    """Rank with a plain loop over the rows."""

    def prepare() -> Call:
        scales = [(one.low, one.high - one.low, one.weight, one.more_is_urgent) for one in criteria]
        columns = [one.column for one in criteria]

        def rank() -> pd.DataFrame:
            scores = []
            for row in zip(*(table[name] for name in columns), strict=True):
                score = 0.0
                for cell, (low, width, weight, is_up) in zip(row, scales, strict=True):
                    share = min(max((cell - low) / width, 0.0), 1.0)
                    score += weight * (share if is_up else 1 - share)
                scores.append(score)
            found = pd.DataFrame({"area_id": table["area_id"], "score": scores})
            return found.sort_values("score", ascending=False)

        return rank

    return Engine(prepare, by_id)


def by_id(found: pd.DataFrame) -> pd.DataFrame:
    """Return scores by area."""
    return found[["area_id", "score"]].sort_values("area_id", ignore_index=True)


def same_scores(one: pd.DataFrame, two: pd.DataFrame) -> bool:
    """Tell whether all scores agree to twelve digits of their scale, and the areas are the same."""
    return one["area_id"].equals(two["area_id"]) and bool(np.allclose(one["score"], two["score"], rtol=0, atol=1e-12))


def _mib(table: pd.DataFrame) -> float:
    return float(table.memory_usage(deep=True, index=False).sum()) / 2**20


def value(scale: float, seed: int) -> Task:
    """Rank a million areas by 12 criteria on fixed scales; SPOTIS is 1 less that score."""

    def spotis() -> Any:
        from pymcdm.methods import SPOTIS

        return SPOTIS(np.array([(one.low, one.high) for one in criteria]))

    table, criteria = register(int(1e6 * scale), 12, seed)
    for one in criteria:  # SPOTIS takes nothing beyond its bounds
        table[one.column] = table[one.column].clip(one.low, one.high)
    engines = {
        "landrelease": in_ours(table, criteria),
        "pymcdm SPOTIS": in_pymcdm(table, criteria, spotis, sort=False),
        "scikit-criteria": in_skcriteria(table, criteria, topsis=False),
        "plain loop": in_a_loop(table, criteria),
    }
    return Task(engines, _mib(table), same_scores, "5 x, memory at most 2 x the input")


def topsis(scale: float, seed: int) -> Task:
    """Rank a million areas by 12 criteria with TOPSIS on vector norms."""

    def make() -> Any:
        from pymcdm.methods import TOPSIS
        from pymcdm.normalizations import vector_normalization

        # The published method turns no column round: what is low and urgent has its best at the least.
        return TOPSIS(vector_normalization)

    table, criteria = register(int(1e6 * scale), 12, seed)
    criteria = [one.__class__(one.column, one.low, one.high, one.weight) for one in criteria]
    engines = {
        "landrelease": in_ours(table, criteria, method="topsis"),
        "pymcdm": in_pymcdm(table, criteria, make),
        "scikit-criteria": in_skcriteria(table, criteria, topsis=True),
    }
    return Task(engines, _mib(table), same_scores, "5 x, memory at most 2 x the input")


def _promethee(areas: int, seed: int, *, peers: bool) -> Task:
    from dataclasses import replace

    def make() -> Any:
        from pymcdm.methods import PROMETHEE_II

        return PROMETHEE_II(
            "vshape_2", p=[one.preference for one in criteria], q=[one.indifference for one in criteria]
        )

    table, criteria = register(areas, 8, seed)
    criteria = [replace(one, indifference=one.high / 100, preference=one.high / 5) for one in criteria]
    engines = {"landrelease": in_ours(table, criteria, method="promethee")}
    if peers:
        engines["pymcdm"] = in_pymcdm(table, criteria, make)
    return Task(engines, _mib(table), same_scores, "" if peers else "under 3 s of CPU")


def promethee(scale: float, seed: int) -> Task:
    """Rank 100,000 areas by 8 criteria with PROMETHEE II, which compares all pairs."""
    return _promethee(int(1e5 * scale), seed, peers=False)


def promethee_small(scale: float, seed: int) -> Task:
    """Rank the 2,000 areas that pymcdm can compare in pairs."""
    return _promethee(int(2e3 * scale), seed, peers=True)


TASKS: dict[str, Callable[[float, int], Task]] = {
    "value": value,
    "topsis": topsis,
    "promethee": promethee,
    "promethee, 2,000 areas": promethee_small,
}


def measured(task: Task, engine: Engine, answer: Path | None) -> dict[str, float]:
    """Run an engine once in this process; return its figures, and keep its answer."""
    call = engine.prepare()
    before = _memory("VmRSS", reset=True)
    wall, cpu = time.perf_counter(), time.process_time()
    found = call()
    figures = {"cpu_s": time.process_time() - cpu, "wall_s": time.perf_counter() - wall}
    figures["peak_mib"] = _memory("VmHWM") - before
    if answer is not None:
        answer.write_bytes(pickle.dumps(engine.answer(found)))
    return figures


def _memory(name: str, *, reset: bool = False) -> float:
    """Return what the process holds, or its peak since the last reset; not known but on Linux. [MiB]"""
    if not Path("/proc/self/clear_refs").exists():
        return float("nan")
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    lines = Path("/proc/self/status").read_text().splitlines()
    return float(next(line.split()[1] for line in lines if line.startswith(name))) / 1024


def _is_installed(module: str) -> bool:
    from importlib.util import find_spec

    return not module or find_spec(module) is not None


def compared(name: str, given: argparse.Namespace) -> tuple[Task, dict[str, dict[str, Any]]]:
    """Run all engines of a task, each in its own process, repeat after repeat."""
    task = TASKS[name](min(given.scale, 0.01), given.seed)
    result: dict[str, dict[str, Any]] = {one: {"runs": []} for one in task.engines}
    with tempfile.TemporaryDirectory() as folder:
        first: Any = None
        for repeat in range(given.repeats):
            for place, (one, engine) in enumerate(task.engines.items()):
                found = result[one]
                if not _is_installed(engine.needs):
                    found["error"] = f"{engine.needs} is not installed"
                if "error" in found:
                    continue
                path = Path(folder) / f"{place}.pickle"
                options = json.dumps([name, one, given.scale, given.seed, str(path) if repeat == 0 else None])
                done = subprocess.run([sys.executable, __file__, "--one", options], capture_output=True, text=True)
                if done.returncode:
                    found["error"] = (done.stderr.strip().splitlines() or ["killed"])[-1]
                    continue
                figures = json.loads(done.stdout.splitlines()[-1])
                if repeat == 0:
                    answer = pickle.loads(path.read_bytes())
                    first = answer if place == 0 else first
                    if place and not task.is_same(first, answer):
                        found["error"] = "another answer"
                        continue
                found["runs"].append(figures)
    return task, result


def told(name: str, task: Task, result: dict[str, dict[str, Any]], input_mib: float) -> None:
    """Print a row for each engine of a task, with its CPU time as a multiple of ours."""
    ours = 0.0
    for place, (one, found) in enumerate(result.items()):
        runs = found["runs"]
        if "error" in found or not runs:
            print(f"| {name} | {one} | {found.get('error', 'no run')} | | | | | |")
            continue
        cpu = statistics.median(run["cpu_s"] for run in runs)
        ours = cpu if place == 0 else ours
        wall = statistics.median(run["wall_s"] for run in runs)
        peak = statistics.median(run["peak_mib"] for run in runs)
        ratio = f"{cpu / ours:.1f}" if place and ours else "1"
        wanted = task.wanted if place == 0 else ""
        times = f"{peak / input_mib:.2f}" if input_mib else ""
        print(f"| {name} | {one} | {cpu:.2f} | {wall:.2f} | {ratio} | {peak:.0f} | {times} | {wanted} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", nargs="*", help=f"of {', '.join(TASKS)}; all by default")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--scale", type=float, default=1.0, help="part of the areas")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--one", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        name, one, scale, seed, answer = json.loads(given.one)
        task = TASKS[name](scale, seed)
        figures = measured(task, task.engines[one], Path(answer) if answer else None)
        print(json.dumps(figures | {"input_mib": task.input_mib}))
        return
    unknown = set(given.tasks) - set(TASKS)
    if unknown:
        parser.error(f"no task {', '.join(sorted(unknown))}; there are: {', '.join(TASKS)}")
    print("| task | engine | CPU s | wall s | CPU, as a multiple of ours | peak MiB | peak / input | wanted |")
    print("|---|---|---|---|---|---|---|---|")
    for name in given.tasks or TASKS:
        task, result = compared(name, given)
        runs = [run for found in result.values() for run in found["runs"]]
        told(name, task, result, runs[0]["input_mib"] if runs else 0.0)


if __name__ == "__main__":
    main()
