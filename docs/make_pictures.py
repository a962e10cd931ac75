"""Take the pictures of the tutorial with Chromium: `python docs/make_pictures.py` (needs playwright).

CHROMIUM may name the browser; else `chromium` is looked for on the path. QGIS_PYTHON may name the Python that has
QGIS; without QGIS its picture stays as it is.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import geopandas as gpd
from PIL import Image
from run_pages import run_page

from landrelease import run, sample_programme, static_map

FOLDER = Path(__file__).resolve().parent / "pictures"
WIDTH, HEIGHT = 1200, 750
PRINT_WIDTH = 760
MOST_BYTES = 200_000


PART = "611000,4890500,621000,4897000"
"""The part of the sample that QGIS shows: west, south, east, north in its CRS. [m]"""


def make_print(geopackage: Path, folder: Path) -> Path:
    """Draw the sheet of the sample, and make it as small as a page needs."""
    frames = {name: gpd.read_file(geopackage, layer=name) for name in ("areas", "releases", "admin_areas")}
    sheet = static_map(
        folder / "sheet.png",
        frames["areas"],
        releases=frames["releases"],
        admin_areas=frames["admin_areas"],
        title="Released and hazardous land",
        as_of="2025-12-31",
    )
    path = FOLDER / "print.png"
    with Image.open(sheet) as image:
        small = image.convert("RGB").resize((PRINT_WIDTH, round(PRINT_WIDTH * 210 / 297)), Image.Resampling.LANCZOS)
        small.save(path, optimize=True)
    return path


def make_qgis(geopackage: Path) -> Path | None:
    """Let QGIS draw the GeoPackage as it opens it."""
    python = os.environ.get("QGIS_PYTHON", "/usr/bin/python3")
    if not shutil.which(python) or subprocess.run([python, "-c", "import qgis.core"], capture_output=True).returncode:
        return None
    path, script = FOLDER / "qgis.png", Path(__file__).with_name("qgis_picture.py")
    layers = "conflicts,areas,releases,projects,admin_areas"
    subprocess.run([python, str(script), str(geopackage), str(path), layers, PART], check=True)
    return path


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
        pictures.append(make_print(products.geopackage, Path(out)))
        pictures += [one for one in [make_qgis(products.geopackage)] if one is not None]
    return pictures


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for picture in make_pictures():
        size = picture.stat().st_size
        if size > MOST_BYTES:
            raise SystemExit(f"{picture.name} has {size:,} bytes, more than {MOST_BYTES:,}.")
        print(f"{picture.name}: {size:,} bytes")
