"""Take the pictures of the tutorial with Chromium: `python docs/make_pictures.py` (needs playwright).

CHROMIUM may name the browser; else `chromium` is looked for on the path.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from run_pages import run_page

from landrelease import run, sample_programme

FOLDER = Path(__file__).resolve().parent / "pictures"
WIDTH, HEIGHT = 1200, 750
MOST_BYTES = 200_000


def make_pictures() -> list[Path]:
    """Run the sample, open its map and its report without internet, and keep what a reader sees first."""
    from playwright.sync_api import sync_playwright

    pictures = []
    with tempfile.TemporaryDirectory() as out, sync_playwright() as play:
        products = run(sample_programme(), out=out)
        with contextlib.chdir(out):
            run_page((FOLDER.parent / "registry.md").read_text(encoding="utf-8"))
        shown = {
            "map": products.map,
            "report": products.report,
            "registry_map": Path(out) / "registry_map.html",
            "site": Path(out) / "site.html",
        }
        browser = play.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"), args=["--no-sandbox"]
        )
        context = browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, offline=True, color_scheme="light")
        for name, source in shown.items():
            page = context.new_page()
            page.goto(source.resolve().as_uri())
            page.wait_for_timeout(2_000)
            path = FOLDER / f"{name}.png"
            page.screenshot(path=path)
            pictures.append(path)
        browser.close()
    return pictures


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for picture in make_pictures():
        size = picture.stat().st_size
        if size > MOST_BYTES:
            raise SystemExit(f"{picture.name} has {size:,} bytes, more than {MOST_BYTES:,}.")
        print(f"{picture.name}: {size:,} bytes")
