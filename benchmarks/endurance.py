"""What the registry withstands: killed writers, a full disk, flipped bits, many writers, and other engines.

    python benchmarks/endurance.py                    # all of it, in full: about an hour on two cores
    python benchmarks/endurance.py --short            # all of it in the small, in a minute
    python benchmarks/endurance.py flips writers      # some of it; --n sets how many of each
    python benchmarks/endurance.py --url ADDRESS      # in PostgreSQL too; or set LANDRELEASE_POSTGRES

Prints a Markdown table, and ends with 1 where something went wrong that must not. Needs Linux or macOS (fork).
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from synthetic import events as synthetic_events

from landrelease.errors import RegistryError
from landrelease.geometry import WGS84, geodesic_area_m2
from landrelease.geometry.crs import densified
from landrelease.registry import land_balance, status_on
from landrelease.registry.fold import fold
from landrelease.registry.store import Registry, append
from landrelease.registry.store.postgres import PostgresLog
from landrelease.registry.store.sqlite import SqliteLog

BATCH, PAGE, ASKED = 25, 4096, 5
Places = Callable[[], str]
Result = tuple[str, bool]


@contextmanager
def places(store: str, url: str | None) -> Iterator[Places]:
    """Give addresses of registries that are not there yet, and remove them at the end."""
    if store == "file":
        with tempfile.TemporaryDirectory() as folder:
            yield lambda: str(Path(folder) / f"{uuid4().hex}.gpkg")
        return
    import psycopg

    made: list[str] = []
    with psycopg.connect(str(url), autocommit=True) as server:
        server.execute("CREATE EXTENSION IF NOT EXISTS postgis")

        def schema() -> str:
            made.append(f"lr_endurance_{uuid4().hex[:12]}")
            server.execute(f"CREATE SCHEMA {made[-1]}")
            return f"{url}{'&' if '?' in str(url) else '?'}options=-csearch_path%3D{made[-1]},public"

        yield schema
        for name in made:
            server.execute(f"DROP SCHEMA {name} CASCADE")


def named(frame: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Return the frame as events of its own, named after a batch."""
    ids = [f"{name}/{i}" for i in range(len(frame))]
    return frame.assign(event_id=ids, area_id=ids)


def content(registry: Registry) -> tuple[Any, ...]:
    """Return all that the log holds, exactly."""
    return registry._log.events(), registry._log.batches(), registry._log.set_aside()


def forked(work: Callable[[], int]) -> int:
    """Run work in a child that ends with the number that it returns, 99 where it fails; return the child."""
    child = os.fork()
    if child:
        return child
    try:
        os._exit(work())
    except BaseException as error:
        os.write(2, f"{type(error).__name__}: {error}\n".encode())
    os._exit(99)


# a writer is killed


def _import_until_killed(where: str, run: int, frame: gpd.GeoDataFrame, pipe: int) -> int:
    """Import batch after batch; say "w" before each is written and "a" after each is acknowledged."""
    for log in (SqliteLog, PostgresLog):
        add = log.add

        def told(*given: Any, add: Any = add) -> None:
            os.write(pipe, b"w")
            add(*given)

        log.add = told  # type: ignore[method-assign]
    with Registry(where) as registry:
        for number in range(1_000_000):
            registry.import_events(named(frame, f"{run}-{number}"), source="endurance")
            os.write(pipe, b"a")
    return 0


def kill(n: int, place: Places, rng: np.random.Generator) -> Result:
    """Kill -9 of a process that imports; every second one within a write."""
    frame = synthetic_events(BATCH).iloc[:BATCH]
    counts: Counter[str] = Counter()
    where, acknowledged, write_s = place(), set[str](), 0.05
    for run in range(n):
        if run % 50 == 0:
            where, acknowledged = place(), set()
        read, write = os.pipe()
        child = forked(lambda where=where, run=run, write=write: _import_until_killed(where, run, frame, write))
        os.close(write)
        said = b""
        if run % 2:
            while said.count(b"w") < rng.integers(1, 4):
                said += os.read(read, 1)
            time.sleep(rng.uniform(0, write_s))
        else:
            time.sleep(rng.uniform(0, 0.4))
        os.kill(child, signal.SIGKILL)
        counts["ended by itself"] += os.WIFEXITED(os.waitpid(child, 0)[1])
        while more := os.read(read, 4096):
            said += more
        os.close(read)
        acknowledged |= {f"{run}-{number}" for number in range(said.count(b"a"))}
        counts["within a write"] += said.endswith(b"w")
        counts["a journal was left"] += Path(f"{where}-journal").exists()
        try:
            with Registry(where) as registry:
                held = registry.events()["event_id"].str.rsplit("/", n=1).str[0].value_counts()
                if run % 50 == 49 or run == n - 1:
                    counts["broken"] += int(registry.verify()["is_broken"].sum())
        except RegistryError as error:
            print(error, file=sys.stderr)
            counts["not opened"] += 1
            continue
        counts["lost"] += len(acknowledged - set(held.index))
        counts["half"] += int((held != BATCH).sum())
        counts["batches"] += len({one for one in acknowledged if one.startswith(f"{run}-")})
    bad = {name: counts[name] for name in ("not opened", "lost", "half", "broken", "ended by itself")}
    text = (
        f"{n:,} kills, {counts['within a write']:,} within a write, {counts['a journal was left']:,} left a journal; "
        f"{counts['batches']:,} batches acknowledged; {_listed(bad)}"
    )
    return text, not any(bad.values())


def _listed(counts: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.items())


# the disk is full


def _import_limited(where: str, frame: gpd.GeoDataFrame, limit: int) -> int:
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    try:
        with Registry(where) as registry:
            registry.import_events(frame, source="endurance")
    except RegistryError:
        return 1
    return 0


def disk(n: int, place: Places, rng: np.random.Generator) -> Result:
    """One import with no room beyond each multiple of 4 KiB, for the file and for its journal."""
    frame = synthetic_events(200)
    where, full = place(), place()
    with Registry(where) as registry:
        registry.import_events(named(frame, "before"), source="endurance")
        before = content(registry)
    shutil.copy(where, full)
    with Registry(full) as registry:
        registry.import_events(named(frame, "more"), source="endurance")
    size = Path(full).stat().st_size
    limits = np.arange(PAGE, size + PAGE, PAGE)
    counts: Counter[str] = Counter()
    for limit in limits[np.unique(np.linspace(0, len(limits) - 1, min(n, len(limits))).astype(int))]:
        used = shutil.copy(where, place())
        child = forked(lambda used=used, limit=limit: _import_limited(used, named(frame, "more"), int(limit)))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        counts[{0: "had room", 1: "refused"}.get(code, "ended otherwise")] += 1
        with Registry(used) as registry:
            after, wanted = content(registry), len(before[0]) * (2 if code == 0 else 1)
            counts["changed or half written"] += len(after[0]) != wanted or (code != 0 and after != before)
            counts["broken"] += len(broken) if len(broken := registry.verify().query("is_broken")) else 0
        Path(used).unlink()
    bad = {name: counts[name] for name in ("ended otherwise", "changed or half written", "broken")}
    tried = counts["refused"] + counts["had room"] + counts["ended otherwise"]
    text = f"{tried:,} thresholds up to {size:,} bytes: {counts['refused']:,} refused, {counts['had room']:,} had room"
    return f"{text}; {_listed(bad)}", not any(bad.values())


# a bit flips


def flips(n: int, place: Places, rng: np.random.Generator) -> Result:
    """One bit of a verified file flips."""
    frame = synthetic_events(60)
    where = place()
    with Registry(where) as registry:
        registry.import_events(named(frame, "x"), source="endurance")
        other = named(frame, "x").iloc[:5].assign(event="accident", event_date=pd.Timestamp("2001-01-01"))
        registry.import_events(other, source="endurance")
        registry.import_events(named(frame, "y").iloc[:5].assign(event="made up"), source="endurance")
        assert len(registry.conflicts()) == len(registry.quarantine()) == 5
        assert not registry.verify()["is_broken"].any()
        before, meta = content(registry), registry._log.meta()
    whole = Path(where).read_bytes()
    counts: Counter[str] = Counter()
    for _ in range(n):
        bit = int(rng.integers(0, len(whole) * 8))
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        Path(where).write_bytes(flipped)
        counts[_after_flip(where, before, meta)] += 1
    bad = {name: counts.pop(name, 0) for name in ("undetected changes", "ended with another error")}
    kinds = dict(sorted(counts.items(), key=lambda one: -one[1]))
    return f"{n:,} flips in {len(whole):,} bytes: {_listed(kinds)}; {_listed(bad)}", not any(bad.values())


def _after_flip(where: str, before: tuple[Any, ...], meta: dict[str, str]) -> str:
    try:
        registry = Registry(where)
    except RegistryError:
        return "refused at opening"
    except Exception as error:
        print(repr(error), file=sys.stderr)
        return "ended with another error"
    with registry:
        try:
            if registry.verify()["is_broken"].any():
                return "found by verify"
            after = content(registry)
        except RegistryError:
            return "refused by verify"
        except Exception as error:
            print(repr(error), file=sys.stderr)
            return "ended with another error"
        if after != before:
            return "undetected changes"
        return "without effect" if registry._log.meta() == meta else "without effect on events, but on lr_meta"


# many writers


def _write(where: str, name: int, n: int) -> int:
    frame = synthetic_events(16 * n).iloc[2 * n * name :]  # land of its own for each event
    with Registry(where) as registry:
        return sum(
            registry.import_events(named(frame.iloc[2 * i : 2 * i + 2], f"{name}-{i}"), source="endurance").new_count
            for i in range(n)
        )


def writers(n: int, place: Places, rng: np.random.Generator) -> Result:
    """Eight processes import batches at the same time."""
    where = place()
    Registry(where).close()
    with multiprocessing.get_context("spawn").Pool(8) as pool:
        taken = pool.starmap(_write, [(where, name, n) for name in range(8)])
    with Registry(where) as registry:
        rows, batches, _ = content(registry)
        broken = int(registry.verify()["is_broken"].sum())
    gaps = sum(row.seq != number for number, row in enumerate(rows, 1))
    wanted = {f"{name}-{i}/{k}" for name in range(8) for i in range(n) for k in range(2)}
    lost = len(wanted - {row.event_id for row in rows})
    bad = {"lost": lost, "gaps": gaps, "broken": broken}
    right = not any(bad.values()) and sum(taken) == len(rows) == 16 * n and len(batches) == 8 * n
    return f"8 x {n:,}: {len(batches):,} batches, {len(rows):,} events; {_listed(bad)}", right


# answers


def asof(n: int, place: Places, rng: np.random.Generator) -> Result:
    """Registries with a life of their own, asked for random days as known on other days, against points."""
    path = Path(__file__).parents[1] / "tests" / "registry" / "oracle_asof.py"
    spec = importlib.util.spec_from_file_location("oracle_asof", path)
    assert spec is not None
    assert spec.loader is not None
    oracle = importlib.util.module_from_spec(spec)
    sys.modules["oracle_asof"] = oracle
    spec.loader.exec_module(oracle)
    wrong = events = points = 0
    for _ in range(n):
        told, moment = oracle.story(rng), [datetime(2012, 1, 1)]

        def set_to(text: str, moment: list[datetime] = moment) -> None:
            moment[0] = datetime.fromisoformat(text)

        with Registry(place()) as registry, clock(lambda moment=moment: moment[0]):
            oracle.tell(told, registry, set_to)
            record = registry.events()
        events += len(record)
        at = oracle.scattered(rng, 10_000, told)
        points += ASKED * len(at)
        for _ in range(ASKED):
            day, known = (date(2008, 1, 1) + timedelta(days=int(one)) for one in rng.integers(0, [3_700, 3_000]))
            wrong += oracle.wrong_points(told, record, status_on, at, day, known + timedelta(days=1_500))
    text = f"{n:,} registries, {events:,} events, {ASKED} days as known on another each, {points:,} points"
    return f"{text}: {wrong:,} wrong", wrong == 0


@contextmanager
def clock(now: Callable[[], datetime]) -> Iterator[None]:
    """Set the clock of the registry."""
    real, append.now = append.now, now
    try:
        yield
    finally:
        append.now = real


def account(n: int, place: Places, rng: np.random.Generator) -> Result:
    """Whether the account of synthetic events closes in each province and year, and ends at the land of the map."""
    events = synthetic_events(n // 3 + 1)
    first, last = events["event_date"].dt.year.min(), events["event_date"].dt.year.max()
    whole = fold(events, pd.Timestamp(last, 12, 31))
    table = land_balance(whole, start=f"{first}-01-01", end=whole.until, by="admin_code")
    m2 = table.drop(columns=["admin_code", "year"])
    flows = m2[["newly_recorded_m2", "confirmed_m2", "adjusted_m2", "undated_m2"]].sum(axis=1)
    released = m2[["cancelled_m2", "reduced_m2", "cleared_m2"]].sum(axis=1)
    open_gap = (m2["opening_m2"] + flows - released - m2["closing_m2"]).abs().max()
    stock = table.pivot(index="year", columns="admin_code", values=["opening_m2", "closing_m2"]).fillna(0.0)
    carried = (stock["opening_m2"].shift(-1) - stock["closing_m2"]).iloc[:-1].abs().max(axis=None)
    drawn_gap = 0.0
    for year, closing in stock["closing_m2"].sum(axis=1).items():
        land = fold(events, pd.Timestamp(int(year), 12, 31), plane=whole.plane).final()
        drawn = shapely.union_all(land[~shapely.is_missing(land)]).area
        drawn_gap = max(drawn_gap, abs(closing - drawn))
    text = (
        f"{len(events):,} events, {len(table):,} province-years: opening + flows - closing at most {open_gap:.1e} m2, "
        f"opening - last closing {carried:.1e} m2, sum of closings - union of the land {drawn_gap:.1e} m2"
    )
    return text, bool(max(open_gap, carried, drawn_gap) <= 0.01)


def _pairs(n: int, rng: np.random.Generator) -> tuple[Any, Any]:
    """Return pairs of polygons as records have them: apart, crossing, inside, touching, with holes, in parts."""

    def stars(x: Any, y: Any, reach: Any) -> Any:
        turn = np.sort(rng.uniform(0, 2 * np.pi, (n, 12)), axis=1)
        far = reach[:, None] * rng.uniform(0.5, 1, turn.shape)
        ring = np.stack([x[:, None] + far * np.cos(turn), y[:, None] + far * np.sin(turn)], axis=-1)
        return shapely.make_valid(shapely.polygons(np.concatenate([ring, ring[:, :1]], axis=1)))

    x, y, reach = rng.uniform(-170, 170, n), rng.uniform(-60, 70, n), 10 ** rng.uniform(-4, -1, n)
    away = rng.uniform(0, 2, n) * reach
    left, right = stars(x, y, reach), stars(x + away, y, reach * rng.uniform(0.1, 1.5, n))
    box = shapely.box(x, y, x + reach, y + reach)
    kinds = np.arange(n) % 8
    left = np.where(kinds == 1, shapely.difference(left, stars(x, y, reach / 4)), left)
    left = np.where(kinds == 2, shapely.union(left, stars(x + 3 * reach, y, reach)), left)
    right = np.where(kinds == 3, left, right)
    right = np.where(kinds == 4, shapely.difference(right, left), right)  # touches it
    right = np.where(kinds == 5, shapely.intersection(right, left), right)  # inside it
    left = np.where(kinds == 6, box, left)
    right = np.where(kinds == 6, shapely.box(x + reach, y, x + 2 * reach, y + reach), right)  # shares an edge
    areal = np.array([shapely.union_all([p for p in shapely.get_parts(one) if p.area]) for one in [*left, *right]])
    return areal[:n], areal[n:]


_ASKED = {
    "intersects": "ST_Intersects(a, b)",
    "covers": "ST_Covers(a, b)",
    "intersection": "ST_Area(ST_Intersection(a, b))",
    "difference": "ST_Area(ST_Difference(b, a))",
    "union": "ST_Area(ST_Union(a, b))",
    "geodesic_m2": "ST_Area(dense::geography)",
}


def postgis(n: int, place: Places, rng: np.random.Generator) -> Result:
    """Pairs of polygons, asked of shapely and of PostGIS."""
    import psycopg

    left, right = _pairs(n, rng)
    dense = densified(left, WGS84)  # an edge is straight on the map of a file, and a geodesic to PostGIS
    with psycopg.connect(place()) as server:
        server.execute("CREATE TEMP TABLE pair (id int, a geometry, b geometry, dense geometry)")
        with server.cursor().copy("COPY pair FROM STDIN") as copy:
            for row in zip(range(n), *(shapely.to_wkb(shapely.set_srid(one, 4326), hex=True, include_srid=True)
                                       for one in (left, right, dense)), strict=True):  # fmt: skip
                copy.write_row(row)
        rows = server.execute(f"SELECT {', '.join(_ASKED.values())} FROM pair ORDER BY id").fetchall()
        version = server.execute("SELECT postgis_lib_version() || ', GEOS ' || postgis_geos_version()").fetchone()
    theirs = pd.DataFrame(rows, columns=list(_ASKED))
    ours = pd.DataFrame({
        "intersects": shapely.intersects(left, right), "covers": shapely.covers(left, right),
        "intersection": shapely.intersection(left, right).astype(object), "difference": shapely.difference(right, left),
        "union": shapely.union(left, right), "geodesic_m2": geodesic_area_m2(gpd.GeoSeries(left, crs=4326)),
    })  # fmt: skip
    sizes = shapely.area(left) + shapely.area(right)
    differ = {name: ours[name].to_numpy(bool) != theirs[name].to_numpy(bool) for name in ("intersects", "covers")}
    rest = {"intersects": "intersection", "covers": "difference"}
    at_stake = sum(int((differ[name] & (theirs[rest[name]] / sizes > 1e-9)).sum()) for name in differ)
    worst = max(
        float((np.abs(shapely.area(ours[name].to_numpy()) - theirs[name].to_numpy(float)) / sizes).max())
        for name in ("intersection", "difference", "union")
    )
    m2 = theirs["geodesic_m2"].to_numpy(float)
    geodesic_m2 = float(np.abs(ours["geodesic_m2"].to_numpy() - m2).max())
    text = (
        f"{n:,} pairs with PostGIS {version[0] if version else ''} against GEOS {shapely.geos_version_string}: "
        f"{sum(int(one.sum()) for one in differ.values()):,} predicates differ, {at_stake:,} of them on land; "
        f"areas of overlays differ by {worst:.1e} of theirs, geodesic areas by {geodesic_m2:.1e} m2"
    )
    return text, at_stake == 0 and worst <= 1e-9 and geodesic_m2 <= 1e-3


def backends(n: int, place: Places, rng: np.random.Generator) -> Result:
    """The same imports, conflicts, revisions and voids on both stores."""
    differ: Counter[str] = Counter()
    total = 0
    for seed in rng.integers(0, 2**31, n):
        with places("file", None) as file:
            one, two = (_scripted(where, int(seed)) for where in (file(), place()))
        total += one.pop("count")
        two.pop("count")
        for name, said in one.items():
            differ[name] += said != two[name]
    bad = {f"{name} differ": count for name, count in differ.items() if count}
    text = f"{n:,} scripts, {total:,} events: head, log, and {len(differ) - 2} answers of each"
    return f"{text}; {_listed(bad) or '0 differ'}", not bad


def _scripted(where: str, seed: int) -> dict[str, Any]:
    """Write a registry by a script that a number decides; return its head and its answers."""
    rng = np.random.default_rng(seed)
    moment = [datetime(2024, 1, 1)]

    def later() -> datetime:
        moment[0] += timedelta(hours=7)
        return moment[0]

    with clock(later), Registry(where) as registry:
        events = synthetic_events(40, seed).sample(frac=1, random_state=seed)
        for part in np.array_split(np.arange(len(events)), 3):
            registry.import_events(events.iloc[part], source="one")
        again = events.sample(20, random_state=seed + 1)
        for change in (
            {"event": "made up"}, {"operator": "another", "revision": "2"}, {"geometry": shapely.Point(20, -10)},
            {"event_date": pd.Timestamp("2031-05-05")}, {"area_id": "HA-000001", "revision": "10"},
        ):  # fmt: skip
            registry.import_events(again.iloc[: rng.integers(1, 20)].assign(**change), source="one")
        registry.import_events(again, source="two")
        live = registry.events().query("event != 'void'")["event_id"]
        undone = set(registry.events()["voids_event_id"].dropna())
        registry.void([one for one in live if one not in undone][:5], reason="test")
        registry.void(batch_id=2, reason="test")
        balance = {"start": "2009-01-01", "end": "2020-12-31", "by": ["admin_code", "operator"]}
        return {
            "count": len(registry.events()), "head": registry.head, "log": content(registry),
            "events": _text(registry.events()), "status": _text(registry.status_on("2018-06-30").table),
            "known": _text(registry.status_on("2018-06-30", known_on="2024-01-01").table),
            "releases": _text(registry.releases_from(start="2009-01-01").table),
            "balance": _text(registry.land_balance(**balance).table),
            "quarantine": _text(registry.quarantine()), "conflicts": _text(registry.conflicts()),
            "verify": _text(registry.verify()),
        }  # fmt: skip


def _text(frame: Any) -> str:
    shapes = frame.geometry.to_wkb(hex=True) if isinstance(frame, gpd.GeoDataFrame) else ""
    return str(pd.DataFrame(frame).assign(geometry=shapes).to_json(double_precision=15, date_format="iso"))


def fuzz(n: int, place: Places, rng: np.random.Generator) -> Result:
    """Damaged files of each format; see fuzz_readers.py."""
    path = Path(__file__).with_name("fuzz_readers.py")
    if not path.exists():
        return "fuzz_readers.py is not there", False
    done = subprocess.run([sys.executable, str(path), "--n", str(n)], capture_output=True, text=True, check=False)
    return " ".join(done.stdout.split()), done.returncode == 0


CHECKS: dict[str, tuple[Callable[[int, Places, np.random.Generator], Result], tuple[str, ...], int, int]] = {
    "kill": (kill, ("file", "postgis"), 1_000, 6),
    "disk": (disk, ("file",), 1_000_000, 8),
    "flips": (flips, ("file",), 1_000, 12),
    "writers": (writers, ("file", "postgis"), 500, 3),
    "asof": (asof, ("file",), 200, 2),
    "account": (account, ("file",), 100_000, 600),
    "postgis": (postgis, ("postgis",), 10_000, 200),
    "backends": (backends, ("postgis",), 50, 1),
    "fuzz": (fuzz, ("file",), 10_000, 20),
}
"""What is tried, on which stores, and how often: in full and in short."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"any of {', '.join(CHECKS)}; all where none is named")
    parser.add_argument("--n", type=int)
    parser.add_argument("--short", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", default=os.environ.get("LANDRELEASE_POSTGRES"))
    given = parser.parse_args()
    if unknown := set(given.names) - set(CHECKS):
        parser.error(f"{', '.join(unknown)}: choose from {', '.join(CHECKS)}")
    right = True
    print("| what | store | measured | s |\n|---|---|---|---|", flush=True)
    for name in given.names or CHECKS:
        check, stores, full, short = CHECKS[name]
        for store in stores:
            if store == "postgis" and not given.url:
                print(f"| {name} | {store} | not run: no --url, no LANDRELEASE_POSTGRES | |", flush=True)
                continue
            start = time.perf_counter()
            with places(store, given.url) as place:
                text, is_right = check(
                    given.n or (short if given.short else full), place, np.random.default_rng(given.seed)
                )
            text += "" if is_right else " **NOT REACHED**"
            print(f"| {name} | {store} | {text} | {time.perf_counter() - start:,.0f} |", flush=True)
            right &= is_right
    sys.exit(not right)


if __name__ == "__main__":
    main()
