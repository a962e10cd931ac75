"""Every public function says what it takes, what it gives, when it stops, and shows it."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

import landrelease as lr

numpydoc = pytest.importorskip("numpydoc.docscrape")
FUNCTIONS = [name for name in sorted(lr.__all__) if inspect.isfunction(inspect.unwrap(getattr(lr, name)))]
_REFUSES = ("check_", "require_", "read_", "criteria_of", "usable_", "find_problems", "day_of", "numbers")
"""Beginnings of helpers that refuse what they are given."""


def can_stop(function: Callable[..., Any]) -> bool:
    """Tell whether the body of a function raises, or calls a helper that is there to refuse."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    called = [getattr(one.func, "id", getattr(one.func, "attr", "")) for one in ast.walk(tree)
              if isinstance(one, ast.Call)]  # fmt: skip
    return any(isinstance(one, ast.Raise) for one in ast.walk(tree)) or any(
        name.startswith(_REFUSES) for name in called
    )


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_public_function_says_all_of_it(name: str) -> None:
    function = inspect.unwrap(getattr(lr, name))
    said = numpydoc.FunctionDoc(function)
    named = [part.strip().lstrip("*") for one in said["Parameters"] for part in one.name.split(",")]
    assert named == list(inspect.signature(function).parameters)
    lacking = [part for part in ("Returns", "Examples") if not said[part]]
    assert lacking == []
    assert bool(said["Raises"]) or not can_stop(function)
