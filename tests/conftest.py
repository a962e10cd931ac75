"""What several rooms' tests share: a real browser, and the real data where they are."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("opened")
# speed is measured in benchmarks, never by a clock in a test; what lands is checked on the same cases each time
settings.register_profile("landrelease", deadline=None, derandomize=os.environ.get("CI", "").lower() == "true")
settings.load_profile("landrelease")


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Start Chromium, or skip where there is none; in CI its absence is a failure."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    if not Path(path).exists():
        reason = f"no Chromium at {path}: set CHROMIUM to its path"
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def axe() -> Any:
    """What looks for broken rules of accessibility on a page."""
    return pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
