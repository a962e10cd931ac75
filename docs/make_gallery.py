"""Take the pictures of the pages from the code that stands above them: `python docs/make_gallery.py [FOLDER]`.

Runs the Python blocks of a page; a picture `x.png` shows the file `x.html`, `x.png` or `x.gpkg` that they wrote.
Needs playwright. CHROMIUM may name the browser, QGIS_PYTHON the Python that has QGIS; without QGIS its picture stays
as it is. FOLDER takes the pictures instead of docs/pictures: to see that all can be made.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from run_pages import run_page

DOCS = Path(__file__).resolve().parent
PAGES = ("gallery.md", "registry.md")
SIZE = (1200, 750)
MOST_BYTES, MOST_BYTES_IN_ALL = 150_000, 1_500_000
PART = "611000,4890500,621000,4897000"
"""The part of the sample that QGIS shows: west, south, east, north in its CRS. [m]"""


def photograph(browser: Any, source: Path, picture: Path) -> None:
    """Open a page without internet and keep what a reader sees first."""
    context = browser.new_context(
        viewport={"width": SIZE[0], "height": SIZE[1]}, offline=True, color_scheme="light", reduced_motion="reduce"
    )
    page = context.new_page()
    page.goto(source.resolve().as_uri())
    if page.query_selector(".folium-map"):
        page.wait_for_selector(".lr-ready")
        page.wait_for_function("document.querySelector('canvas.leaflet-tile-loaded')")
        page.wait_for_function("!document.querySelector('canvas.leaflet-tile:not(.leaflet-tile-loaded)')")
    page.screenshot(path=picture)
    context.close()


def draw_in_qgis(geopackage: Path, picture: Path) -> bool:
    """Let QGIS draw the GeoPackage as it opens it; False where there is no QGIS."""
    python = os.environ.get("QGIS_PYTHON", "/usr/bin/python3")
    if not shutil.which(python) or subprocess.run([python, "-c", "import qgis.core"], capture_output=True).returncode:
        return False
    layers = "areas,releases,admin_areas"
    script = str(DOCS / "qgis_picture.py")
    subprocess.run([python, script, str(geopackage), str(picture), layers, PART], check=True, capture_output=True)
    return True


def make_small(picture: Path) -> None:
    """Make a picture as wide as a page needs, in a palette of 256 colours."""
    with Image.open(picture) as image:
        wide = min(image.width, SIZE[0])
        small = image.convert("RGB").resize((wide, round(image.height * wide / image.width)), Image.Resampling.LANCZOS)
    small.quantize(256, dither=Image.Dither.NONE).save(picture, optimize=True)


def make_pictures(page: str, folder: Path, browser: Any) -> list[Path]:
    """Run the blocks of a page, and take the pictures that it shows and its blocks made."""
    text, made = (DOCS / page).read_text(encoding="utf-8"), []
    with tempfile.TemporaryDirectory() as out, contextlib.chdir(out):
        run_page(text)
        for name in re.findall(r"\]\(pictures/([\w-]+)\.png\)", text):
            picture = folder / f"{name}.png"
            if Path(f"{name}.html").exists():
                photograph(browser, Path(f"{name}.html"), picture)
            elif Path(f"{name}.png").exists():
                shutil.copy(f"{name}.png", picture)
            elif not Path(f"{name}.gpkg").exists():
                raise SystemExit(f"{page} shows {name}.png, and no block of it writes {name}.html, .png or .gpkg.")
            elif not draw_in_qgis(Path(f"{name}.gpkg"), picture):
                print(f"{name}.png: no QGIS here, left as it is")
                continue
            make_small(picture)
            made.append(picture)
    return made


def main(folder: Path) -> None:
    """Make the pictures of all pages, and say how large they are."""
    from playwright.sync_api import sync_playwright

    folder.mkdir(exist_ok=True)
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=os.environ.get("CHROMIUM") or shutil.which("chromium"), args=["--no-sandbox"]
        )
        pictures = {one for page in PAGES for one in make_pictures(page, folder, browser)}
        browser.close()
    sizes = {one.name: one.stat().st_size for one in sorted(pictures)}
    for name, size in sizes.items():
        print(f"{name}: {size:,} bytes")
    if max(sizes.values()) > MOST_BYTES or sum(sizes.values()) > MOST_BYTES_IN_ALL:
        raise SystemExit(f"More than {MOST_BYTES:,} bytes in one picture, or {MOST_BYTES_IN_ALL:,} in all.")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else DOCS / "pictures")
