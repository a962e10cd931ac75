"""The solver in a process of its own: it is stopped at the limit, and what it told until then is not lost.

The time limit of HiGHS does not hold in its presolve, and it prints; so it gets no part of the caller's process.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from landrelease.priority.plan.optimise import Found, optimise
from landrelease.priority.plan.problem import Choice, Prices, Problem
from landrelease.priority.plan.relax import Elastic, elastic

__all__ = ["optimised", "relaxed_rules"]

Arrays = dict[str, npt.NDArray[Any]]
_CHILD = "from landrelease.priority.plan.worker import main; main()"


def optimised(problem: Problem, choice: Choice, *, gap: float, seconds: float) -> tuple[Arrays, bool]:
    """Improve a choice for some seconds; return what was told last, and whether the solver came to its end."""
    told, has_ended = _asked("optimise", {**problem.arrays(), **_of_choice(choice), "gap": np.array(gap)}, seconds)
    return told, has_ended and bool(told.get("is_done", False))


def relaxed_rules(
    problem: Problem, *, kinds: tuple[int, ...], may_drop: npt.NDArray[np.bool_], seconds: float
) -> Elastic | None:
    """Find the smallest change of the rules that works, within some seconds; None where none was found."""
    told, _ = _asked("relax", {**problem.arrays(), "kinds": np.array(kinds, int), "may_drop": may_drop}, seconds)
    if "excess" not in told:
        return None
    return Elastic(choice_of(told), told["excess"], told["dropped"], bool(told["is_least"]))


def _asked(what: str, given: Arrays, seconds: float) -> tuple[Arrays, bool]:
    """Run a process on arrays until it ends or the seconds have passed; return what it told last."""
    if seconds <= 0:
        return {}, False
    deadline = monotonic() + seconds
    with tempfile.TemporaryDirectory(prefix="landrelease-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        _save(folder / "given.npz", {"what": np.array(what), **given})
        python = _python()
        if python is None:
            _work(folder, seconds)  # Python is built into another program, which would start in its place
            return _told(folder), True
        path = os.pathsep.join(one or os.getcwd() for one in sys.path)
        with open(folder / "said.txt", "wb") as said:
            process = subprocess.Popen(
                [python, "-P", "-c", _CHILD, name, str(seconds)],
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said,
                env={**os.environ, "PYTHONPATH": path},
            )  # fmt: skip
            with process:
                try:
                    process.wait(max(deadline - monotonic(), 0.0))
                except subprocess.TimeoutExpired:
                    pass
                finally:
                    has_ended = process.poll() is not None
                    process.kill()
        if has_ended and process.returncode != 0:
            words = (folder / "said.txt").read_text("utf-8", "replace").strip()[-500:]
            raise RuntimeError(f"the solver broke down (exit {process.returncode}): {words}")
        return _told(folder), has_ended


def _python() -> str | None:
    return sys.executable if Path(sys.executable or "").name.lower().startswith("python") else None


def _told(folder: Path) -> Arrays:
    if not (folder / "told.npz").exists():
        return {}
    with np.load(folder / "told.npz", allow_pickle=False) as found:
        return dict(found)


def _of_choice(choice: Choice) -> Arrays:
    return {"option": choice.option, "year": choice.year, "start": choice.start}


def choice_of(told: Arrays) -> Choice:
    """Return the choice that was told."""
    return Choice(told["option"], told["year"], told["start"])


def prices_of(told: Arrays) -> Prices:
    """Return the prices that were told."""
    return Prices(told["price_budget"], told["price_capacity"], told["price_floor"])


def _work(folder: Path, seconds: float) -> None:
    """Do in this process what the folder asks, and tell it there."""
    # What is left for the process is its caller's to stop; a solver that keeps its own limit ends before.
    deadline = monotonic() + 0.98 * seconds - 0.5
    with np.load(folder / "given.npz", allow_pickle=False) as given:
        arrays = dict(given)
    problem = Problem(**{name: arrays[name] for name in Problem.__dataclass_fields__})
    if str(arrays["what"]) == "optimise":
        found = Found(problem, choice_of(arrays), lambda one: _tell(folder, _of_found(one)))
        optimise(problem, found, gap=float(arrays["gap"]), deadline=deadline)
        _tell(folder, _of_found(found))
        return
    answer = elastic(problem, kinds=tuple(arrays["kinds"].tolist()), may_drop=arrays["may_drop"], deadline=deadline)
    if answer is not None:
        _tell(folder, {**_of_choice(answer.choice), "excess": answer.excess, "dropped": answer.dropped,
                       "is_least": np.array(answer.is_least)})  # fmt: skip


def _of_found(found: Found) -> Arrays:
    told = {**_of_choice(found.choice), "solver_bound": np.array(found.solver_bound),
            "is_done": np.array(found.is_done)}  # fmt: skip
    if found.prices is not None:
        one = found.prices
        told |= {"price_budget": one.budget, "price_capacity": one.capacity, "price_floor": one.floor}
    return told


def _save(path: Path, arrays: Arrays) -> None:
    np.savez(path, **cast(Any, arrays))


def _tell(folder: Path, arrays: Arrays) -> None:
    """Write what was found; a process that is stopped while it writes leaves what it told before."""
    _save(folder / "telling.npz", arrays)
    os.replace(folder / "telling.npz", folder / "told.npz")


def _end_with_caller() -> None:
    os.read(0, 1)  # its end is that of the caller
    os._exit(1)


def main() -> None:
    """Work in the folder and for the seconds that the command line names, as long as the caller lives."""
    Thread(target=_end_with_caller, daemon=True).start()
    _work(Path(sys.argv[1]), float(sys.argv[2]))
