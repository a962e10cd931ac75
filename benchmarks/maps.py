"""Pages of many polygons: how large, how soon made and painted, how much memory, how long a zoom step.

    python benchmarks/maps.py                        # 100,000 polygons of 25 vertices with eight columns
    python benchmarks/maps.py --count 10000 --ways ours folium

Each way makes one file of the same synthetic hazards, in a process of its own; the file is opened in headless Chromium
with the network off. Painted is from the call that opens the file until its shapes are on the screen and the browser is
idle; memory is the proportional set then, of all processes of the browser and of that of the page alone; the first row
is a browser with an empty page. A zoom step is one level at the middle of the map until everything is drawn again, from
the whole country to the closest level and back, twice. The first table has the median of the slowest level and the
slowest step of all. Prints Markdown tables. Ways whose packages are not installed are named and left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

VERTICES = 25
COLUMNS = ["area_id", "name", "hazard_class", "status", "area_m2", "contamination_code", "survey_date", "admin_code"]
WEST, SOUTH, WIDTH, HEIGHT = 16.0, 43.0, 4.0, 2.0
"""Where the invented country lies. [degree]"""


def hazards(count: int, seed: int = 7) -> gpd.GeoDataFrame:
    """Return polygons on a jittered grid, with eight columns."""
    rng = np.random.default_rng(seed)
    side = int(np.ceil(np.sqrt(count)))
    number = np.arange(count)
    x = WEST + (number % side + rng.uniform(0.2, 0.8, count)) * WIDTH / side
    y = SOUTH + (number // side + rng.uniform(0.2, 0.8, count)) * HEIGHT / side
    turn = np.sort(rng.uniform(0, 2 * np.pi, (count, VERTICES)), axis=1)
    reach = rng.uniform(0.1, 0.45, (count, 1)) * rng.uniform(0.6, 1, turn.shape) / side
    ring = np.stack([x[:, None] + WIDTH * reach * np.cos(turn), y[:, None] + HEIGHT * reach * np.sin(turn)], axis=-1)
    shapes = shapely.make_valid(shapely.polygons(np.concatenate([ring, ring[:, :1]], axis=1)))
    days = pd.to_datetime("2008-01-01") + pd.to_timedelta(rng.integers(0, 6000, count), "D")
    frame = pd.DataFrame(
        {
            "area_id": [f"HA-{i:06d}" for i in number],
            "name": [f"Village {a} {b}" for a, b in rng.integers(0, [3000, 9], (count, 2))],
            "hazard_class": rng.choice(["CHA", "SHA"], count),
            "status": rng.choice(["open", "in_progress", "suspended"], count, p=[0.8, 0.15, 0.05]),
            "area_m2": np.round(rng.lognormal(10, 1, count)),
            "contamination_code": rng.choice(["AP", "AT", "ERW", "CM"], count),
            "survey_date": days,
            "admin_code": [f"P{i:03d}" for i in rng.integers(0, 400, count)],
        }
    )
    frame.loc[rng.random(count) < 0.1, "area_m2"] = np.nan
    return gpd.GeoDataFrame(frame, geometry=shapes, crs=4326)


def ours(frame: gpd.GeoDataFrame, path: Path) -> None:
    """`land_release_map`: columns in one block, one canvas layer."""
    from landrelease import land_release_map

    land_release_map(frame, columns=["name"], title="Benchmark").save(path)


def ours_alone(frame: gpd.GeoDataFrame, path: Path) -> None:
    """`map_layer` on a map of plain folium."""
    import folium

    from landrelease import map_layer, save_page

    chart = folium.Map([SOUTH + HEIGHT / 2, WEST + WIDTH / 2], zoom_start=8, tiles=None)
    map_layer(frame, "areas", columns=["name"]).add_to(chart)
    save_page(chart, path)


def plain_folium(frame: gpd.GeoDataFrame, path: Path) -> None:
    """`folium.GeoJson` with hover and click, on canvas; saved without a network, or it would stay blank."""
    import folium

    from landrelease import save_page

    chart = folium.Map([SOUTH + HEIGHT / 2, WEST + WIDTH / 2], zoom_start=8, tiles=None, prefer_canvas=True)
    frame = frame.assign(survey_date=frame["survey_date"].dt.strftime("%Y-%m-%d"))
    tooltip, popup = folium.GeoJsonTooltip(["area_id"]), folium.GeoJsonPopup(COLUMNS)
    folium.GeoJson(frame, name="Hazards", tooltip=tooltip, popup=popup).add_to(chart)
    save_page(chart, path)


def slim_folium(frame: gpd.GeoDataFrame, path: Path) -> None:
    """The same with coordinates of six decimals, only hover, and one style for all."""
    import folium

    from landrelease import save_page

    chart = folium.Map([SOUTH + HEIGHT / 2, WEST + WIDTH / 2], zoom_start=8, tiles=None, prefer_canvas=True)
    frame = frame.assign(survey_date=frame["survey_date"].dt.strftime("%Y-%m-%d"))
    text = frame.set_geometry(shapely.set_precision(frame.geometry.to_numpy(), 1e-6)).to_json(drop_id=True)
    layer = folium.GeoJson(text, name="Hazards", tooltip=folium.GeoJsonTooltip(["area_id"]), smooth_factor=2)
    layer.add_to(chart)
    save_page(chart, path)


def bokeh(frame: gpd.GeoDataFrame, path: Path) -> None:
    """Bokeh's multi-polygons on canvas with its scripts inline; no map, but polygons with hover."""
    from bokeh.embed import file_html
    from bokeh.models import GeoJSONDataSource, HoverTool
    from bokeh.plotting import figure
    from bokeh.resources import INLINE

    frame = frame.assign(survey_date=frame["survey_date"].dt.strftime("%Y-%m-%d"))
    chart = figure(width=1200, height=760, tools="pan,wheel_zoom", active_scroll="wheel_zoom", output_backend="canvas")
    chart.patches("xs", "ys", source=GeoJSONDataSource(geojson=frame.to_json()), fill_alpha=0.5)
    chart.add_tools(HoverTool(tooltips=[(name, f"@{name}") for name in COLUMNS]))
    path.write_text(file_html(chart, INLINE, "Benchmark"), encoding="utf-8")


WAYS: dict[str, tuple[Callable[[gpd.GeoDataFrame, Path], None], str]] = {
    "ours": (ours, "folium"),
    "ours in a folium map": (ours_alone, "folium"),
    "folium": (plain_folium, "folium"),
    "folium, slim": (slim_folium, "folium"),
    "bokeh": (bokeh, "bokeh"),
}
IDLE = """() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(
  () => requestIdleCallback(() => done(performance.now())))))"""
DRAWN = {
    "ours": "document.querySelector('.lr-ready') && document.querySelector('canvas.leaflet-tile-loaded') && "
    "!document.querySelector('canvas.leaflet-tile:not(.leaflet-tile-loaded)')",
    "folium": "document.querySelector('.leaflet-overlay-pane canvas')",
    "bokeh": "window.Bokeh && Bokeh.documents.length && Bokeh.documents[0].is_idle",
}
ZOOM = """async ([closest, rounds]) => {
  const map = Object.values(window).find((value) => value instanceof L.Map);
  const settled = () => !document.querySelector('canvas.leaflet-tile:not(.leaflet-tile-loaded)');
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const whole = map.getZoom();
  const inwards = Array.from({ length: closest - whole }, (_, k) => whole + 1 + k);
  const back = inwards.map((zoom) => zoom - 1).reverse();
  const steps = [];
  for (let round = 0; round < rounds; round++) for (const zoom of [...inwards, ...back]) {
    const start = performance.now();
    map.setZoom(zoom, { animate: false });
    do await frame(); while (!settled());
    await frame();
    steps.push([zoom, performance.now() - start]);
  }
  return steps;
}"""
CLOSEST, ROUNDS = 18, 2


def opened(path: Path, way: str) -> dict[str, Any]:
    """Open a page without a network; return what it took, and the times of the steps to each zoom level."""
    from playwright.sync_api import sync_playwright

    drawn = DRAWN[way.split(",")[0].split()[0]]
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = chromium.new_context(offline=True, viewport={"width": 1280, "height": 800}).new_page()
        page.set_default_timeout(300_000)
        start = time.perf_counter()
        page.goto(path.as_uri())
        page.wait_for_function(f"() => {drawn}")
        page.evaluate(IDLE)
        painted = time.perf_counter() - start
        figures: dict[str, Any] = {"painted_s": painted} | _memory(chromium)
        if way != "bokeh":
            steps: dict[int, list[float]] = {}
            for zoom, took in page.evaluate(ZOOM, [CLOSEST, ROUNDS]):
                steps.setdefault(zoom, []).append(took)
            medians = {zoom: float(np.median(steps[zoom])) for zoom in sorted(steps)}
            slowest = max(max(times) for times in steps.values())
            figures |= {"levels": medians, "zoom_ms": max(medians.values()), "slowest_zoom_ms": slowest}
        chromium.close()
    return figures


def empty() -> dict[str, float]:
    """Return the memory of a browser with an empty page. [MiB]"""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        chromium.new_context(offline=True, viewport={"width": 1280, "height": 800}).new_page().evaluate(IDLE)
        memory = _memory(chromium)
        chromium.close()
    return memory


def _memory(chromium: Any) -> dict[str, float]:
    """Return the memory of all processes and of the page's, what they share divided among those who share it. [MiB]"""
    memory = []
    for process in chromium.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]:
        lines = Path(f"/proc/{process['id']}/smaps_rollup").read_text(encoding="ascii").splitlines()
        kib = sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        memory.append((process["type"] == "renderer", kib / 1024))
    return {"memory_mib": sum(mib for _, mib in memory), "page_mib": max(mib for is_page, mib in memory if is_page)}


def made(way: str, source: Path, path: Path) -> dict[str, float]:
    """Make a page in this process; reading and imports are not counted."""
    frame = gpd.read_parquet(source)
    WAYS[way][0](frame.head(3), path)
    start, cpu = time.perf_counter(), time.process_time()
    WAYS[way][0](frame, path)
    return {"made_s": time.perf_counter() - start, "made_cpu_s": time.process_time() - cpu}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--ways", nargs="*", default=list(WAYS), choices=list(WAYS))
    parser.add_argument("--make", nargs=3, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.make:
        print(json.dumps(made(asked.make[0], Path(asked.make[1]), Path(asked.make[2]))))
        return
    head = ["way", "made s", "of it CPU s", "file MB", "painted s", "browser MiB", "page MiB", "zoom ms", "slowest ms"]
    names = ["made_s", "made_cpu_s", "mb", "painted_s", "memory_mib", "page_mib", "zoom_ms", "slowest_zoom_ms"]
    levels: dict[str, dict[int, float]] = {}
    print(f"{asked.count:,} polygons of {VERTICES} vertices, {len(COLUMNS)} columns\n")
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    print(_line("no page", empty(), names))
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "hazards.parquet"
        hazards(asked.count).to_parquet(source)
        for way in asked.ways:
            if importlib.util.find_spec(WAYS[way][1]) is None:
                print(f"| {way} | not installed |{' |' * (len(head) - 2)}")
                continue
            path = Path(folder) / "page.html"
            command = [sys.executable, __file__, "--make", way, str(source), str(path)]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(done.stderr)
            figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
            figures |= {"mb": path.stat().st_size / 1e6} | opened(path, way)
            print(_line(way, figures, names), flush=True)
            levels[way] = figures.get("levels", {})
    zooms = sorted({zoom for medians in levels.values() for zoom in medians})
    print(f"\n| zoom step to level, ms | {' | '.join(map(str, zooms))} |\n|{'---|' * (len(zooms) + 1)}")
    for way, medians in levels.items():
        print(_line(way, medians, zooms))


def _line(way: str, figures: Mapping[Any, float], names: Iterable[Any]) -> str:
    cells = [f"{figures[name]:,.{0 if figures[name] >= 100 else 1}f}" if name in figures else "" for name in names]
    return f"| {way} | {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
