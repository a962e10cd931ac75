"""Loops are compiled once and kept; who waits for it is told, and where nothing can be kept they work all the same."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

LOOP = """
from landrelease.match.kernels.compiled import compiled

@compiled
def doubled(number):
    return number + number

@compiled
def quadrupled(number):
    return doubled(doubled(number))
"""
CALL = "import landrelease_loops as one; print(one.quadrupled(3), one.quadrupled(0.5))"


@pytest.fixture
def call(tmp_path):
    """Call the loops in a process of its own, and return what it prints and what it tells."""
    (tmp_path / "landrelease_loops.py").write_text(LOOP)

    def run(code: str = CALL, **environment: str) -> tuple[str, str]:
        left_out = {"NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "HOME"}
        given = {key: value for key, value in os.environ.items() if key not in left_out}
        given |= {"PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path]), "PYTHONWARNINGS": "error", **environment}
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=given)
        return done.stdout.strip(), done.stderr.strip()

    return run


def test_the_first_time_is_told_once_and_the_second_is_quick(call, tmp_path):
    answer, told = call()
    assert answer == "12 2.0"
    assert told.splitlines() == [
        "Compiling loops of landrelease: some seconds, once on a machine. Kept in " + str(tmp_path / "__pycache__")
    ]
    assert call() == ("12 2.0", "")


def test_where_the_package_may_not_be_written_the_home_keeps_them(call, tmp_path):
    (tmp_path / "__pycache__").write_text("a file, so that no folder can be made")
    home = {"HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "home" / "cache")}
    assert "Kept in " + str(tmp_path / "home") in call(**home)[1]
    assert call(**home) == ("12 2.0", "")


@pytest.mark.skipif(sys.platform != "linux", reason="where the home is, each system says in its own way")
def test_where_nothing_can_be_kept_they_are_compiled_at_each_start(call, tmp_path):
    (tmp_path / "__pycache__").write_text("a file")
    nowhere = {"HOME": "/dev/null", "XDG_CACHE_HOME": "/dev/null/cache"}
    for _ in range(2):
        answer, told = call(**nowhere)
        assert answer == "12 2.0"
        assert told.endswith("at each start, as they can be kept nowhere. Fix: name a folder in NUMBA_CACHE_DIR")
    assert call(NUMBA_CACHE_DIR=str(tmp_path / "named"), **nowhere)[1].count(str(tmp_path / "named")) == 1
    assert call(NUMBA_CACHE_DIR=str(tmp_path / "named"), **nowhere) == ("12 2.0", "")


def test_who_does_not_want_to_hear_of_it_says_so_to_the_log(call):
    code = "import logging; logging.getLogger('landrelease').setLevel('ERROR'); " + CALL
    assert call(code) == ("12 2.0", "")


def test_the_loops_of_others_are_not_told(call):
    code = "import numba; import landrelease.match.kernels.compiled; print(numba.njit(lambda x: x)(1))"
    assert call(code) == ("1", "")
