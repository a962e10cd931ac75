"""The pages run as written: every Python block, every printed output; in the tutorial every command and figure too."""

from __future__ import annotations

import contextlib
import doctest
import io
import os
import re
import shutil
import subprocess
import sys
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from landrelease import DataWarning
from landrelease.rules import RULES

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "tutorial.md"
WITH_BLOCKS = ["accounts", "conventions", "coordinates", "index", "maps", "reading", "registry", "scale", "verdicts"]
WITH_BLOCKS += ["access", "attribution", "hectares", "linkage", "monitoring", "people", "priorities", "projects"]
WITH_BLOCKS += ["gallery", "time_to_use"]
_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


@dataclass
class Block:
    """A fenced block, and the output that the page shows below it."""

    line: int
    language: str
    text: str
    shown: str = ""


def blocks_of(page: str) -> list[Block]:
    found: list[Block] = []
    for match in _FENCE.finditer(page):
        block = Block(page.count("\n", 0, match.start()) + 1, match[1], match[2])
        if block.language == "text":
            found[-1].shown = block.text
        else:
            found.append(block)
    return found


def is_same(shown: str, got: str) -> bool:
    return doctest.OutputChecker().check_output(shown, got, _FLAGS)


def run_page(page: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Run the Python blocks of a page one after the other in a folder; return where its outputs differ."""
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {"__name__": "page"}
    wrong = []
    for block in blocks_of(page.read_text(encoding="utf-8")):
        if block.language == "python":
            out = io.StringIO()
            with contextlib.redirect_stdout(out), warnings.catch_warnings():
                warnings.simplefilter("ignore", DataWarning)  # a user reads them on standard error
                exec(compile(block.text, f"{page.name}:{block.line}", "exec"), names)
            if not is_same(block.shown, out.getvalue()):
                wrong.append(f"line {block.line}: shown\n{block.shown}\ngot\n{out.getvalue()}")
    return wrong


def test_python_blocks_print_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = run_page(PAGE, tmp_path, monkeypatch)
    assert not wrong, "\n".join(wrong)
    assert {one.name for one in tmp_path.iterdir()} == {"map.html", "priority_map.html", "public.html", "report.html"}


@pytest.mark.parametrize("name", WITH_BLOCKS)
def test_other_pages_print_what_they_show(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = run_page(ROOT / "docs" / f"{name}.md", tmp_path, monkeypatch)
    assert not wrong, "\n".join(wrong)


def test_no_page_with_python_blocks_is_left_out() -> None:
    pages = {page.stem for page in (ROOT / "docs").glob("*.md") if "```python" in page.read_text(encoding="utf-8")}
    assert pages == {*WITH_BLOCKS, "tutorial"}


def test_commands_print_what_the_page_shows(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "sample_data", tmp_path / "sample_data")
    commands = [block for block in blocks_of(PAGE.read_text(encoding="utf-8")) if block.language == "console"]
    assert len(commands) == 2
    for block in commands:
        first, shown = block.text.split("\n", 1)
        program, *arguments = first.removeprefix("$ ").split()
        assert program == "landrelease"
        done = subprocess.run(
            [sys.executable, "-m", "landrelease.cli", *arguments],
            cwd=tmp_path, capture_output=True, text=True, encoding="utf-8", check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        )  # fmt: skip
        assert is_same(shown, done.stdout.replace("\\", "/")), f"line {block.line}\n{done.stdout}\n{done.stderr}"


def test_every_number_in_the_text_stands_in_a_block() -> None:
    page = PAGE.read_text(encoding="utf-8")
    in_blocks = set(_NUMBER.findall(" ".join(match[2] for match in _FENCE.finditer(page))))
    in_blocks |= {"3.11", str(len(RULES))}  # the version of Python that is needed, the last rule
    prose = re.sub(r"\]\([^)]*\)|`[^`\n]*`|^\d+\. ", " ", _FENCE.sub(" ", page), flags=re.MULTILINE)
    lost = [number for number in _NUMBER.findall(prose) if number.rstrip(",") not in in_blocks]
    assert not lost, f"numbers that no block prints: {lost}"
