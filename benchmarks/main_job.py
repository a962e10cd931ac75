"""Time and memory of the main job, of the import, and how the core grows with the number of areas.

    python benchmarks/main_job.py            # the sample, the import, 1,000 to 16,000 synthetic areas
    python benchmarks/main_job.py --real DIR # also the Bosnian records, where DIR holds bih/

Each figure is of its own process; ratios are against a peer in the same run. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def measured(code: str, repeat: int = 3) -> tuple[float, float, dict[str, float]]:
    """Run Python code in a process of its own; return median seconds, peak MiB, and the figures it printed."""
    runs = []
    for _ in range(repeat):
        start = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", PREFIX + code], capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        last = json.loads(done.stdout.strip().splitlines()[-1])
        runs.append((time.perf_counter() - start, last.pop("peak_mib"), last))
    runs.sort(key=lambda run: run[0])
    return runs[len(runs) // 2]


PREFIX = """
import atexit, json, resource, sys
figures = {}
def peak():
    unit = 1 if sys.platform == "darwin" else 1024
    figures["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
    print(json.dumps(figures))
atexit.register(peak)
"""

CORE = """
import time
import geopandas as gpd, numpy as np, pandas as pd, shapely
import landrelease as lr
n = {n}
rng = np.random.default_rng(7)
side = 2_000 * np.sqrt(n)
x, y = rng.uniform(0, side, n) + 3e5, rng.uniform(0, side, n) + 4.5e6
turn = np.sort(rng.uniform(0, 2 * np.pi, (n, 12)), axis=1)
reach = rng.uniform(40, 400, (n, 1)) * rng.uniform(0.6, 1, (n, 12))
xy = np.stack([x[:, None] + reach * np.cos(turn), y[:, None] + reach * np.sin(turn)], axis=-1)
shapes = shapely.make_valid(shapely.polygons(xy))
ids = np.char.add("HA-", np.arange(n).astype(str))
days = pd.to_datetime("2013-01-01") + pd.to_timedelta(rng.integers(0, 4000, n), "D")
made = pd.DataFrame(dict(event_id=np.char.add(ids, ":1"), area_id=ids, event="suspected", event_date=days))
gone = made.assign(event_id=np.char.add(ids, ":2"), event=rng.choice(["cancelled", "reduced", "cleared"], n),
                   event_date=days + pd.to_timedelta(rng.integers(30, 1500, n), "D")).sample(frac=0.6, random_state=1)
events = gpd.GeoDataFrame(pd.concat([made, gone], ignore_index=True), crs=32633,
                          geometry=np.r_[shapes, np.full(len(gone), None)])
grid = [shapely.box(a, b, a + 500, b + 500) for a in np.arange(3e5, 3e5 + side, 500)
        for b in np.arange(4.5e6, 4.5e6 + side, 500)]
uses = rng.choice(["grazing", "agriculture", "none"], len(grid))
parcels = gpd.GeoDataFrame(dict(land_use_id=np.arange(len(grid)).astype(str), use_code=uses,
                                observed_date=pd.Timestamp("2025-06-01")), geometry=grid, crs=32633)
def timed(name, function, *args, **options):
    start = time.perf_counter(); result = function(*args, **options); figures[name] = time.perf_counter() - start
    return result
timed("status_on", lr.status_on, events, "2025-12-31")
releases = timed("releases_from", lr.releases_from, events, end="2025-12-31")
timed("land_balance", lr.land_balance, events, start="2013-01-01", end="2025-12-31", by="hazard_class")
timed("match_overlap", lr.match_overlap, releases, parcels, by="use_code")
timed("geopandas.overlay", gpd.overlay, releases[["release_id", "geometry"]], parcels[["use_code", "geometry"]])
timed("assess_use", lr.assess_use, releases, as_of="2025-12-31", land_use=parcels)
"""


def main() -> None:
    """Print the figures as Markdown."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--real", type=Path, help="folder that holds bih/")
    real = options.parse_args().real
    print("| what | seconds | peak MiB |\n|---|---|---|")
    for name in ("geopandas", "landrelease"):
        seconds, peak, _ = measured(f"import {name}", repeat=7)
        print(f"| `import {name}` (whole process) | {seconds:.2f} | {peak:.0f} |")
    with tempfile.TemporaryDirectory() as out:
        seconds, peak, _ = measured(f"import landrelease as lr; lr.run(lr.sample_programme(), out={out!r})")
        print(f"| the main job on the sample | {seconds:.1f} | {peak:.0f} |")
        if real is not None:
            seconds, peak, _ = measured(f"""
import os, runpy
os.environ["LANDRELEASE_REAL_DATA"] = {str(real)!r}
import contextlib, io
with contextlib.redirect_stdout(io.StringIO()):
    runpy.run_path({str(ROOT / "examples" / "real_bosnia.py")!r})
""")
            print(f"| the main job on the Bosnian records (19,397 areas) | {seconds:.1f} | {peak:.0f} |")
    sizes = (1_000, 4_000, 16_000)
    rows = {n: measured(CORE.format(n=n), repeat=1) for n in sizes}
    print("\n| areas | " + " | ".join(rows[sizes[0]][2]) + " | overlay / match_overlap | peak MiB |")
    print("|---|" + "---|" * (len(rows[sizes[0]][2]) + 2))
    for n, (_, peak, figures) in rows.items():
        ratio = figures["geopandas.overlay"] / figures["match_overlap"]
        print(f"| {n:,} | " + " | ".join(f"{one:.2f}" for one in figures.values()) + f" | {ratio:.1f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
