"""The report in a real browser, offline: no request, no error, no sideways scrolling, and an A4 print."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from opened import SIZES, Opened, assert_report_is_usable

from landrelease.report import write_report

pytestmark = pytest.mark.browser
PARTS = ["as_intended_m2", "other_productive_m2", "unused_m2", "unknown_m2"]
NAMES = [
    "Northern Hills",
    "<img src=x onerror=document.title='ran'>",
    "</style><script>document.title='ran'</script>",
    "{{ 7*7 }} ${x} `tick`",
    "حقل الألغام القديم في الشمال",
    "Averylongnamewithoutanyspace" * 40,
    "a name of many words " * 40,
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a full report of awkward names."""
    size = len(NAMES) * 6
    random = np.random.default_rng(1)
    frame = pd.DataFrame(random.random((size, 4)) * 1e5, columns=PARTS)
    frame["area_m2"] = frame.sum(axis=1)
    names = np.resize(np.array(NAMES, dtype=object), size)
    for name in ("release_id", "area_id", "admin_code", "conflict", "reason_unused_code", "evidence"):
        frame[name] = names
    frame = frame.assign(verdict="unknown", release_type="cleared", observed_share=0.5)
    frame["release_date"] = frame["evidence_date"] = pd.Timestamp("2020-02-01")
    frame["released_m2"] = frame["area_m2"]
    by = frame.groupby("admin_code")[[*PARTS, "released_m2"]].sum().reset_index()
    names_of_flows = ["opening", "newly_recorded", "confirmed", "adjusted", "cancelled", "reduced", "cleared",
                      "closing", "unexplained", "undated", "closing_undated"]  # fmt: skip
    balance = pd.DataFrame(random.random((size, 11)) * 1e6, columns=[f"{name}_m2" for name in names_of_flows])
    balance.insert(0, "year", np.repeat(np.arange(2014, 2020), len(NAMES)))
    balance.insert(0, "admin_code", names)
    ranks = pd.DataFrame({"area_id": NAMES, "score": 2.0, "rank": range(1, len(NAMES) + 1)})
    parts = pd.DataFrame({"area_id": NAMES, "people": 1.5, "area": 0.5})
    criteria = [
        SimpleNamespace(column=name, label=NAMES[i], unit="", weight=1.0, low=0.0, high=1.0, form="value")
        for i, name in enumerate(["people", "area"])
    ]
    problem = pd.DataFrame(dict.fromkeys(("row", "id", "column", "rule", "value", "message"), NAMES))
    return write_report(
        tmp_path_factory.mktemp("report") / "report.html",
        name="Sample province",
        as_of="2025-12-31",
        assessment=frame,
        summaries={"province": by},
        balance=balance,
        conflicts=pd.DataFrame({"area_id": NAMES, "release_id": NAMES, "other_area_id": NAMES, "overlap_m2": 9e3}),
        ranking=SimpleNamespace(table=ranks, contributions=parts, criteria=criteria),
        explanations={name: name for name in NAMES},
        problems={NAMES[5]: problem},
        inputs=[{"name": name, "path": name, "sha256": "ab" * 32, "note": name, "rows_read": 5} for name in NAMES],
        parameters={name: name for name in NAMES},
        notes=NAMES,
    )


@pytest.mark.parametrize("size", SIZES)
def test_it_is_read_used_by_keys_and_printed(browser: Any, axe: Any, report: Path, size: tuple[int, int]) -> None:
    text = assert_report_is_usable(browser, axe, report, size)
    for name in NAMES[:5]:
        assert name in text


def test_each_width_has_its_own_pictures(browser: Any, report: Path) -> None:
    opened = Opened(browser, report)
    assert opened.page.title() == "Released land and its use: Sample province"
    drawn = "[...document.images].map(image => image.complete && image.naturalWidth)"
    # 3.5 inches on a phone, 6.9 on a desk
    assert [size > 600 for size in opened.page.evaluate(drawn)] == [True] * 4
    opened.page.set_viewport_size({"width": 390, "height": 844})
    opened.until("[...document.images].every((one) => one.complete && one.naturalWidth < 400)")
    assert [300 < size < 400 for size in opened.page.evaluate(drawn)] == [True] * 4
    opened.clean()


def test_prints_on_a4_with_page_numbers(browser: Any, report: Path, tmp_path: Path) -> None:
    page = browser.new_page()
    page.goto(report.as_uri())
    pdf = page.pdf(path=tmp_path / "report.pdf", prefer_css_page_size=True, tagged=False)
    page.close()
    boxes = {tuple(map(float, box.split())) for box in re.findall(rb"/MediaBox \[([^\]]+)\]", pdf)}
    assert len(boxes) == 1
    left, bottom, right, top = boxes.pop()
    # A4 is 210 x 297 mm.
    assert (right - left, top - bottom) == pytest.approx((595.3, 841.9), abs=1.0)
    assert len(re.findall(rb"/Type /Page\b", pdf)) >= 4
