"""Time and memory of the registry: import, opening, account, verification, and the check of a corridor.

    python benchmarks/registry.py                  # 25,000 and 100,000 areas with three events each, in a file
    python benchmarks/registry.py --url ADDRESS    # the same in PostgreSQL; ADDRESS names an empty database

Each size is a process of its own. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import shapely
from synthetic import events as synthetic_events

import landrelease as lr

figures: dict[str, float] = {}


@contextmanager
def timed(name: str) -> Iterator[None]:
    start = time.perf_counter()
    yield
    figures[name] = time.perf_counter() - start


def measure(count: int, where: str) -> None:
    events = synthetic_events(count)
    with lr.Registry(where) as registry:
        with timed("import"):
            done = registry.import_events(events, source="benchmark")
        with timed("again"):
            again = registry.import_events(events, source="benchmark")
        assert (done.new_count, again.new_count) == (len(events), 0)
    del events
    with timed("open"):
        registry = lr.Registry(where)
    with timed("read"):
        registry.events()
    west, south, east, _ = registry.events().total_bounds
    middle = south + 0.02 * (count**0.5 / 2)
    line = shapely.LineString([(west, middle), (min(east, west + 0.456), middle)])
    road = gpd.GeoDataFrame(geometry=[line], crs=4326)
    for name in ("site_first", "site"):
        with timed(name):
            lr.check_site(registry, road, buffer_m=100)
    with timed("balance"):
        registry.land_balance(start="2009-01-01", end="2020-12-31", by="admin_code")
    with timed("verify"):
        found = registry.verify()
    assert not found["is_broken"].any()
    registry.close()
    unit = 1 if sys.platform == "darwin" else 1024
    figures["peak_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20
    print(json.dumps(figures))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--areas", type=int, nargs="+", default=[25_000, 100_000])
    parser.add_argument("--url")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        measure(int(given.one[0]), given.one[1])
        return
    print("| areas | events | import s | import again s | open s | read s | 50 km corridor, first s | then s | "
          "balance of 12 years s | verify s | peak MiB |")  # fmt: skip
    print("|---" * 11 + "|")
    for count in given.areas:
        with tempfile.TemporaryDirectory() as folder:
            where = given.url or str(Path(folder) / "registry.gpkg")
            command = [sys.executable, __file__, "--one", str(count), where]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(done.stderr)
        of = json.loads(done.stdout.splitlines()[-1])
        peak = of.pop("peak_mib")
        print(f"| {count:,} | {3 * count:,} | " + " | ".join(f"{one:.2f}" for one in of.values()) + f" | {peak:,.0f} |")


if __name__ == "__main__":
    main()
