"""The README's Python runs as written, and its two commands are those that the checks run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def test_the_first_two_blocks_are_one_line_each() -> None:
    (_, first), (_, second) = BLOCKS[:2]
    for block in (first, second):
        assert len(block.strip().splitlines()) == 1
        assert block.startswith("python3 -m venv .venv && ")
    assert "landrelease run sample_data/programme.toml --out out" in first
    assert "pytest" in second


def test_the_windows_forms_say_the_same() -> None:
    for _, block in BLOCKS[:2]:
        windows = block.strip().replace("python3 -m", "py -m").replace(".venv/bin/", ".venv\\Scripts\\")
        assert windows.replace("sample_data/programme", "sample_data\\programme") in README


def test_the_scripts_run_as_written(tmp_path: Path) -> None:
    scripts = [block for language, block in BLOCKS if language == "python"]
    assert all(len([line for line in code.splitlines() if line.strip()]) <= 15 for code in scripts)
    code = "\n".join(scripts)
    paths = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": paths},
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "productive_share_high" in done.stdout
    assert "No record is not evidence of no contamination" in done.stdout
    assert (tmp_path / "map.html").stat().st_size > 10_000
