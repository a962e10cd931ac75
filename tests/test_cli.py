"""The command as a user meets it: what it prints, and the exit codes 0, 1 and 2."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd

import landrelease as lr

SAMPLE = lr.sample_programme().parent


def landrelease(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "landrelease.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)


def test_check_finds_problems_and_writes_them(tmp_path: Path) -> None:
    done = landrelease("check", SAMPLE / "events.gpkg", "events", "--csv", tmp_path / "problems.csv")
    assert done.returncode == 1
    assert "Closed" in done.stdout
    assert "R4" in done.stdout
    problems = pd.read_csv(tmp_path / "problems.csv")
    events = lr.read(SAMPLE / "events.gpkg", "events")
    assert len(problems) == len(lr.find_problems(events, "events"))


def test_check_of_a_good_file_is_0() -> None:
    done = landrelease("check", SAMPLE / "roads.gpkg", "roads")
    assert done.returncode == 0, done.stderr
    assert "follow every rule" in done.stdout


def test_check_takes_the_options_of_a_programme() -> None:
    done = landrelease("check", SAMPLE / "follow_ups.csv", "follow_ups", "--programme", SAMPLE / "programme.toml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_unusable_input_is_2_without_a_traceback(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.gpkg"
    nothing.write_bytes(b"not a GeoPackage")
    for arguments in (
        ["check", nothing, "events"],
        ["check", SAMPLE / "follow_ups.csv", "follow_ups"],
        ["check", SAMPLE / "events.gpkg", "event"],
        ["run", tmp_path / "nothing.toml"],
    ):
        done = landrelease(*arguments)
        assert done.returncode == 2, arguments
        assert "Traceback" not in done.stderr
        assert "Error: " in done.stderr


def test_describe() -> None:
    done = landrelease("describe", "follow_ups")
    assert done.returncode == 0
    assert "observed_share" in done.stdout
    assert "events" in landrelease("describe").stdout


def test_run_says_the_headline_and_where_the_products_are(tmp_path: Path) -> None:
    done = landrelease("run", SAMPLE / "programme.toml", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert "productive use" in done.stdout
    assert str(tmp_path / "out" / "report.html") in done.stdout


def test_version() -> None:
    assert landrelease("--version").stdout.strip() == f"landrelease {lr.__version__}"


def test_help_names_what_a_programme_file_must_have() -> None:
    """Square brackets are markup to what prints the help, and would vanish."""
    rank, plan = (" ".join(landrelease(one, "--help").stdout.replace("│", " ").split()) for one in ("rank", "plan"))
    assert "that has a priority table" in rank
    assert "that has a priority and a plan table" in plan
    assert "promises that the programme file gives" in plan


def test_a_file_in_the_place_of_the_folder_is_said_before_the_work(tmp_path: Path) -> None:
    (tmp_path / "taken").touch()
    done = landrelease("run", tmp_path / "not_looked_at.toml", "--out", tmp_path / "taken")
    assert done.returncode == 2
    assert "'--out'" in done.stderr
    assert "is a file" in " ".join(done.stderr.replace("│", " ").split())
