"""Which mistakes in the core of the registry the tests find: one expression is changed at a time.

    python benchmarks/mutate.py                     # 100 changes of each module of the core
    python benchmarks/mutate.py fold --n 400        # of some; --n 0 makes every change
    python benchmarks/mutate.py --jobs 2 --seed 7
    python benchmarks/mutate.py fold --again found.md   # only what an earlier run, whose output that is, did not find

Changed are comparisons, arithmetic, logic, numbers, words of code lists, conditions, options of calls, returned values
and statements; not messages, types, decorators, and what only guards or speeds up. Each change runs in a forked process
with the tests that reach its line, the quick ones first, up to 60 s of them. Changes that somebody read and found to
change no answer are in `benchmarks/alike.txt`, each with the reason, and are not counted. Prints a Markdown table and
every change that no test found.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib
import importlib.machinery
import os
import pickle
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
CORE = {
    Path(name).stem: f"landrelease/{name}.py"
    for name in (
        "registry/fold", "registry/land", "registry/history", "registry/balance", "registry/ownership",
        "registry/releases", "registry/store/chain", "registry/store/append", "registry/store/intake",
        "registry/store/frames", "registry/store/verify", "rules",
    )
}  # fmt: skip
TESTS = ("tests/registry", "tests/test_rules.py", "landrelease/registry", "landrelease/rules.py")
LEFT_OUT = ("store_crash", "store_oracle", "balance_growth", "site", "site_places", "compare", "reconcile")
"""Tests that work in other processes, are slow, or are of what uses the core."""
MOST_S, LONGEST_S = 60.0, 180
_FLIPS: dict[type, tuple[type, ...]] = {
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Lt: (ast.LtE, ast.Gt), ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt), ast.GtE: (ast.Gt, ast.LtE), ast.In: (ast.NotIn,), ast.NotIn: (ast.In,),
    ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,), ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,),
    ast.Div: (ast.Mult,), ast.FloorDiv: (ast.Mult,), ast.Mod: (ast.Mult,), ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr,), ast.BitOr: (ast.BitAnd,), ast.And: (ast.Or,), ast.Or: (ast.And,),
}  # fmt: skip


@dataclass(frozen=True)
class Change:
    """One change of a module: which, where, and how it reads."""

    number: int
    line: int
    lines: range | None
    where: str
    was: str
    now: str

    def __str__(self) -> str:
        return " ".join(f"{self.where} | {self.was} | {self.now}".split())


def alternatives(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what can stand for a node."""
    match node:
        case ast.Compare(left, [op], right):
            yield from (ast.Compare(left, [other()], right) for other in _FLIPS[type(op)])
        case ast.BinOp(left, op, right):
            yield from (ast.BinOp(left, other(), right) for other in _FLIPS.get(type(op), ()))
        case ast.BoolOp(op, values):
            yield from (ast.BoolOp(other(), values) for other in _FLIPS[type(op)])
        case ast.UnaryOp(_, operand):
            yield operand
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(test, orelse, body)
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield ast.Constant(value + 1)
        case ast.Constant(str() as value) if value and " " not in value:
            yield ast.Constant(f"{value}XX")
        case ast.Call(func, args, keywords):
            yield from (
                ast.Call(func, args, keywords[:i] + keywords[i + 1 :])
                for i, keyword in enumerate(keywords)
                if keyword.arg != "strict"
            )
        case ast.comprehension(target, source, [_, *_] as ifs, is_async):
            yield from (ast.comprehension(target, source, ifs[:i] + ifs[i + 1 :], is_async) for i in range(len(ifs)))
        case ast.If(ast.Name() | ast.Attribute() | ast.Call() as test, body, orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Return(value) if value is not None and not isinstance(value, ast.Constant):
            yield ast.Return(ast.Constant(None))
        case ast.Expr(ast.Call()) | ast.Assign([ast.Subscript() | ast.Attribute()]) | ast.AugAssign():
            yield ast.Pass()
        case ast.Raise() | ast.Continue() | ast.Break():
            yield ast.Pass()


class _Walk(ast.NodeTransformer):
    """Goes through a module; lists every change of it, and makes the wanted one."""

    def __init__(self, wanted: int = -1) -> None:
        self.wanted, self.changes = wanted, list[Change]()
        self._in_function, self._lines, self._names = False, range(0), list[str]()

    def visit(self, node: Any) -> Any:
        if isinstance(node, ast.JoinedStr | ast.Import | ast.ImportFrom) or _is_message(node):
            return node
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            last = body[0].lineno - 1 if isinstance(body, list) else node.end_lineno
            self._lines = range(node.lineno, max(node.lineno, last or 0) + 1)
        for other in alternatives(node):
            number = len(self.changes)
            line = getattr(node, "lineno", self._lines.start)
            lines = self._lines if self._in_function else None
            self.changes.append(
                Change(
                    number,
                    line,
                    lines,
                    ".".join(self._names),
                    ast.unparse(node),
                    ast.unparse(ast.fix_missing_locations(other)),
                )
            )
            if number == self.wanted:
                return ast.fix_missing_locations(ast.copy_location(other, node))
        return node if isinstance(node, ast.Raise) else super().visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        before, self._in_function = self._in_function, True
        self._names.append(node.name)
        self._lines = range(node.lineno, (node.end_lineno or node.lineno) + 1)  # a default is used where the body runs
        for names in (node.args.defaults, node.args.kw_defaults):
            names[:] = [None if one is None else self.visit(one) for one in names]  # type: ignore[index]
        node.body = [self.visit(one) for one in node.body]
        self._in_function = before
        self._names.pop()
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        self._names.append(node.name)
        node.body = [self.visit(one) for one in node.body]
        self._names.pop()
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AnnAssign:
        node.value = node.value and self.visit(node.value)
        return node


def _is_message(node: ast.AST) -> bool:
    match node:
        case ast.Expr(ast.Constant(str())) | ast.Call(ast.Name("cast")) | ast.Assign([ast.Name("__all__")]):
            return True
        case ast.keyword("strict") | ast.Expr(ast.Call(ast.Attribute(attr="prepare"))):  # a guard, and speed alone
            return True
    return False


def changes_of(path: str, wanted: int = -1) -> tuple[ast.Module, list[Change]]:
    """Return a module with the wanted change made, and all changes that there are."""
    tree, walk = ast.parse((ROOT / path).read_text()), _Walk(wanted)
    walk.visit(tree)
    return tree, walk.changes


def alike() -> set[tuple[str, str]]:
    """Return the changes, by module, that are known to change no answer: blocks of lines after a line with the why."""
    lines = (ROOT / "benchmarks" / "alike.txt").read_text().splitlines()
    parts = [line.strip().split(" | ", 1) for line in lines if line.startswith("    ")]
    return {(module, change) for module, change in parts}


def reach() -> tuple[dict[str, dict[int, set[str]]], dict[str, float]]:
    """Run all tests once; return for each module the tests that reach each line, and the seconds of each test."""
    from coverage import CoverageData

    with tempfile.TemporaryDirectory() as folder:
        file, times = Path(folder) / "coverage", Path(folder) / "times.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={times}", *TESTS,
                   *(f"--ignore=tests/registry/test_{name}.py" for name in LEFT_OUT),
                   "--cov=landrelease", "--cov-context=test", "--cov-report="]  # fmt: skip
        alone = {**_alone(), "COVERAGE_FILE": str(file)}
        done = subprocess.run(command, cwd=ROOT, env=alone, capture_output=True, text=True, check=False)
        if done.returncode not in (0, 1):
            raise SystemExit(f"The tests can not be run:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
        cases = {
            case.get("classname", "") + case.get("name", ""): case for case in ElementTree.parse(times).iter("testcase")
        }
        found = CoverageData(str(file))
        found.read()
        lines = {
            path: {line: {one.rpartition("|")[0] for one in several if "|" in one}
                   for line, several in found.contexts_by_lineno(str(ROOT / path)).items()}
            for path in CORE.values()
        }  # fmt: skip
    tests = {one for each in lines.values() for several in each.values() for one in several}
    seconds = {}
    for one in tests:
        path, _, name = one.partition("::")
        case = cases.get(path.removesuffix(".py").replace("/", ".") + name)
        if case is not None and case.find("failure") is None and case.find("error") is None:
            seconds[one] = float(case.get("time", 0))
        else:
            print(f"left out, since it fails by itself: {one}", file=sys.stderr)
    return lines, seconds


def _alone() -> dict[str, str]:
    """Return the environment without a server: the file store runs the same tests, and quicker."""
    left_out = ("LANDRELEASE_POSTGRES", "CI", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if name not in left_out} | {"PYTHONPATH": str(ROOT)}


def preload() -> None:
    """Import all that the package and its tests import of others, so that each fork has it."""
    code = "import sys, pytest, hypothesis, landrelease, landrelease.registry.store, landrelease.registry.site; "
    command = [sys.executable, "-c", code + "print(*sys.modules)"]
    done = subprocess.run(command, cwd=ROOT, env=_alone(), capture_output=True, text=True, check=True)
    for name in done.stdout.split():
        if not name.startswith(("landrelease", "_", "antigravity")):
            with contextlib.suppress(Exception):
                importlib.import_module(name)


def start(path: str, change: Change, tests: list[str]) -> int:
    """Start a process with one change and its tests; it ends with 0 where none of them fails."""
    child = os.fork()
    if child:
        return child
    try:
        quiet = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(quiet, stream)
        signal.alarm(20 * LONGEST_S)
        resource.setrlimit(resource.RLIMIT_CPU, (LONGEST_S, LONGEST_S))  # an endless loop; not a slow machine
        resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
        tree, _ = changes_of(path, change.number)
        target, get_code = str(ROOT / path), importlib.machinery.SourceFileLoader.get_code

        def changed(self: Any, name: str) -> Any:
            return compile(tree, target, "exec") if self.path == target else get_code(self, name)

        importlib.machinery.SourceFileLoader.get_code = changed  # type: ignore[method-assign]
        import pytest

        quick = [
            "-x",
            "-q",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:cov",
            "-W",
            "ignore::pytest.PytestAssertRewriteWarning",
        ]
        os._exit(pytest.main([*quick, *tests]))
    finally:
        os._exit(1)


def tests_for(change: Change, lines: dict[int, set[str]], seconds: dict[str, float]) -> list[str]:
    """Return the tests that reach a change, the quick ones first."""
    at = lines if change.lines is None else [*change.lines, change.line]
    tests = sorted(
        {one for line in at for one in lines.get(line, ()) if one in seconds}, key=lambda one: (seconds[one], one)
    )
    total, some = 0.0, []
    for one in tests:
        total += seconds[one]
        if total > MOST_S and some:
            break
        some.append(one)
    return some


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="MODULE", help=f"any of {', '.join(CORE)}")
    parser.add_argument("--n", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", type=Path, metavar="FILE")
    parser.add_argument("--reach", type=Path, metavar="FILE", help="keep there which tests reach what, and use it")
    parser.add_argument("--tests", nargs="*", default=[], metavar="TEST", help="newer tests, run first for each change")
    parser.add_argument("--jobs", type=int, default=1)
    given = parser.parse_args()
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    os.environ.pop("LANDRELEASE_POSTGRES", None)
    os.environ.pop("CI", None)
    ignored = alike()
    again = given.again and {line.strip() for line in given.again.read_text().splitlines()}
    if given.reach and given.reach.exists():
        lines, seconds = pickle.loads(given.reach.read_bytes())
    else:
        lines, seconds = reach()
        if given.reach:
            given.reach.write_bytes(pickle.dumps((lines, seconds)))
    preload()
    survived: list[str] = []
    print("| module | changes | tried | found | not found | found % | s |\n|---|---|---|---|---|---|---|", flush=True)
    for name in given.names or CORE:
        path, begun = CORE[name], time.perf_counter()
        every = [one for one in changes_of(path)[1] if (name, str(one)) not in ignored]
        if again is not None:
            every = [one for one in every if f"{name} | {one}" in again]
        some = random.Random(given.seed).sample(every, min(given.n or len(every), len(every)))
        as_it_is = Change(-1, 0, None, "", "", "")
        if os.waitpid(start(path, as_it_is, tests_for(as_it_is, lines[path], seconds)), 0)[1]:
            raise SystemExit(f"The tests of {name} fail without a change.")
        codes: dict[int, int] = defaultdict(int)
        running: dict[int, Change] = {}
        for change in [*some, *[None] * given.jobs]:
            if running and (change is None or len(running) == given.jobs):
                child, code = os.wait()
                codes[running.pop(child).number] = code
            if change is not None:
                tests = given.tests + tests_for(change, lines[path], seconds)
                if tests:
                    running[start(path, change, tests)] = change
        alive = sorted((one for one in some if not codes[one.number]), key=lambda one: one.line)
        survived += [f"{path}:{one.line}\n    {name} | {one}" for one in alive]
        found = len(some) - len(alive)
        counts = f"{len(every):,} | {len(some):,} | {found:,} | {len(alive):,} | {100 * found / max(len(some), 1):.1f}"
        print(f"| {name} | {counts} | {time.perf_counter() - begun:,.0f} |", flush=True)
    print("\n" + "\n".join(survived))


if __name__ == "__main__":
    main()
