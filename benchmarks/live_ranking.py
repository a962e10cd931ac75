"""A step of a slider on the page of the live ranking, in headless Chromium with the network off.

    python benchmarks/live_ranking.py [--areas 10000] [--criteria 8] [--steps 60] [--page FILE]

A step is all that follows a slider before the next picture: new scores, the order, the rows of the list, the reasons of
the area that is chosen, and the map drawn again. The layout and the pixels of the map, which the browser would make
later, are asked for within it. The areas have 25 corners each and are all on the screen: the map can have no more to
draw.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import tempfile
import time
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease import Criterion, live_ranking, prioritise

_STEPS = """(count) => {
  const m = landrelease.liveData.criteria.length;
  const [ranked, whole] = [[], []];
  for (let step = 0; step < count; step++) {
    landrelease.liveWeights.rate(step % m, (step * 37) % 101);
    const { weights, sequence } = landrelease.liveWeights;
    const before = performance.now();
    landrelease.rank(landrelease.liveData, weights, sequence, landrelease.livePage.now.found.order);
    const middle = performance.now();
    landrelease.liveWeights.show();
    landrelease.livePage.update();
    document.body.getBoundingClientRect();
    for (const tile of document.querySelectorAll("canvas")) tile.getContext("2d").getImageData(0, 0, 1, 1);
    whole.push(performance.now() - middle);
    ranked.push(middle - before);
  }
  return [ranked, whole];
}"""


def page_of(areas: int, criteria: int, path: Path) -> float:
    """Write the page of a random ranking; return how long that took. [s]"""
    random = np.random.default_rng(1)
    names = [f"c{j}" for j in range(criteria)]
    table = pd.DataFrame(random.random((areas, criteria)).round(3), columns=names)
    table.insert(0, "area_id", [f"HA-{i:05d}" for i in range(areas)])
    side = int(np.ceil(np.sqrt(areas)))
    x, y = 20 + 0.02 * (np.arange(areas) % side), 44 + 0.015 * (np.arange(areas) // side)
    angles = np.linspace(0, 2 * np.pi, 25, endpoint=False)
    corners = np.stack([x[:, None] + 0.008 * np.cos(angles), y[:, None] + 0.006 * np.sin(angles)], axis=-1)
    frame = pd.DataFrame({"area_id": table["area_id"], "status": "open"})
    shapes = gpd.GeoDataFrame(frame, geometry=shapely.polygons(corners), crs=4326)
    ranking = prioritise(table, [Criterion(name, 0, 1, 1 / criteria) for name in names])
    start = time.perf_counter()
    live_ranking(ranking, areas=shapes, title="Benchmark").save(path)
    return time.perf_counter() - start


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--areas", type=int, default=10_000)
    parser.add_argument("--criteria", type=int, default=8)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    path = (options.page or Path(tempfile.mkdtemp()) / "live.html").resolve()
    seconds = page_of(options.areas, options.criteria, path)
    browser_path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1200, "height": 800}, offline=True).new_page()
        start = time.perf_counter()
        page.goto(path.as_uri())
        page.wait_for_selector("body.lr-ready")
        opened = time.perf_counter() - start
        page.wait_for_timeout(500)
        page.click(".lr-order tbody button")
        page.evaluate(_STEPS, 5)
        ranked, whole = page.evaluate(_STEPS, options.steps)
        browser.close()
    print(f"{options.areas:,} areas, {options.criteria} criteria")
    print(f"page: {path.stat().st_size / 1e6:.1f} MB, made in {seconds:.1f} s, open after {opened:.2f} s")
    for name, times in (("new order alone", ranked), ("whole step", whole)):
        print(f"{name}: median {statistics.median(times):.1f} ms, worst of {len(times)} {max(times):.1f} ms")


if __name__ == "__main__":
    main()
