"""Damaged copies of a small file of each format: every one is read, or refused with an error of the package.

    python benchmarks/fuzz_readers.py [--n 100000] [--formats gpkg,kml] [--seed 1] [--keep FOLDER]

They are read in another process. A copy fails if it ends that process, raises anything but
LandReleaseError, takes more than 10 seconds of work, or (on Linux) more than 1 GiB of memory. After 2 minutes the
process is stopped.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import json
import random
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
import zipfile
from collections import Counter
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import rasterio
import shapely

from landrelease import read
from landrelease.errors import LandReleaseError
from landrelease.match.raster import match_raster

MOST_SECONDS, STOP_SECONDS, MOST_BYTES = 10, 120, 1 << 30
SQUARES = [shapely.box(18.0, 44.0, 18.01, 44.01), shapely.box(18.3, 44.0, 18.31, 44.02), None]
TOKENS = [
    b"\x00", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\x00" * 8, b"\x80", b"-1", b"0", b"1e999",
    b"NaN", b'"', b"[[[[", b"]", b"{", b"<a>", b"<!DOCTYPE a>", b"&a;", b"/vsicurl/", b",", b"\n", b";", b"9" * 40,
]  # fmt: skip
KML = """<?xml version="1.0" encoding="UTF-8"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Folder><name>F</name>
<Placemark><name>1</name><Polygon><outerBoundaryIs><LinearRing><coordinates>18,44,0 18.1,44,0 18.1,44.1,0 18,44,0
</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Folder></Document></kml>"""
IATI = """<iati-activities version="2.03"><iati-activity><iati-identifier>XX-1</iati-identifier><title><narrative>T
</narrative></title><location><point><pos>7.5 80.2</pos></point><exactness code="1"/></location><transaction>
<transaction-type code="2"/><value currency="USD">5</value></transaction></iati-activity></iati-activities>"""


warnings.filterwarnings("ignore", "Field .* will be written as a Float64")


def layer() -> gpd.GeoDataFrame:
    columns = {"area_id": ["007", "Mašići", "3"], "no": [1, 2, 3], "size": [1.5, np.nan, 2.0]}
    return gpd.GeoDataFrame(columns, geometry=SQUARES, crs=4326)


def write(ending: str, folder: Path) -> Path:
    """Write a small good file and return its path."""
    path = folder / f"areas.{ending}"
    if ending == "parquet":
        layer().to_parquet(path)
    elif ending in ("csv", "xlsx"):
        plain = pd.DataFrame(layer().to_wkt()).rename(columns={"geometry": "wkt"})
        plain.to_csv(path, index=False) if ending == "csv" else plain.to_excel(path, index=False)
    elif ending in ("kml", "xml"):
        path.write_text(KML if ending == "kml" else IATI, encoding="utf-8")
    elif ending == "zip":
        for file in write("shp", folder).parent.glob("areas.*"):
            with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
                archive.write(file, file.name)
    elif ending == "tif":
        grid = rasterio.transform.from_origin(18, 44.1, 0.01, 0.01)
        with rasterio.open(
            path, "w", driver="GTiff", width=40, height=10, count=1, dtype="uint8", nodata=0, crs=4326, transform=grid,
            compress="deflate",
        ) as file:  # fmt: skip
            file.write(np.arange(400, dtype="uint8").reshape(1, 10, 40))
    else:
        rows = layer().iloc[:2] if ending == "fgb" else layer()  # its index takes no row without a shape
        rows.to_file(path, driver="OpenFileGDB" if ending == "gdb" else None)
    return path


def open_copy(path: Path) -> None:
    """Read a copy as its ending says."""
    if path.suffix == ".tif":
        match_raster(layer(), path, stat="shares", nodata="none")
    elif path.suffix == ".xml":
        read(path, "projects", isolate="never")
    else:
        given = {"kml": {"columns": {"Name": "area_id"}}}.get(path.suffix[1:], {})
        read(path, "areas", crs=4326, isolate="never", **given)


def damaged(content: bytes, dice: random.Random) -> bytes:
    """Return content with one to four damages: bits, bytes, cuts, doubled or lost pieces, hostile words."""
    copy = bytearray(content)
    for _ in range(dice.choice((1, 1, 2, 4))):
        if not copy:
            break
        at, length = dice.randrange(len(copy)), dice.choice((1, 2, 4, 8, 64))
        kind = dice.randrange(7)
        if kind == 0:
            copy[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            copy[at] = dice.randrange(256)
        elif kind == 2:
            del copy[at:]
        elif kind == 3:
            del copy[at : at + length]
        elif kind == 4:
            copy[at:at] = copy[at : at + length] * dice.choice((1, 1, 50))
        elif kind == 5:
            token = dice.choice(TOKENS)
            copy[at : at + len(token)] = token
        else:
            copy[at:at] = dice.choice(TOKENS)
    return bytes(copy)


def damaged_inside(content: bytes, dice: random.Random) -> bytes:
    """Return an archive in which one file is damaged and packed again, as its check sums would tell else."""
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(copy, "w", zipfile.ZIP_DEFLATED) as new:
        hit = dice.choice(old.namelist())
        for name in old.namelist():
            new.writestr(name, damaged(old.read(name), dice) if name == hit else old.read(name))
    return copy.getvalue()


def limit_memory() -> None:
    """Allow this process 1 GiB more than it has now, once."""
    try:
        import resource

        if resource.getrlimit(resource.RLIMIT_AS)[0] != resource.RLIM_INFINITY:
            return
        now = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (now + MOST_BYTES, now + MOST_BYTES))
    except (ImportError, OSError, ValueError):
        pass  # this system keeps no such limit


def fuzz(ending: str, count: int, seed: int, folder: Path) -> dict[str, int]:
    """Read `count` damaged copies in this process; return how many were read, refused or failed."""
    folder.mkdir()
    good = write(ending, folder)
    open_copy(good)
    limit_memory()
    files = sorted(good.iterdir() if good.is_dir() else folder.glob("areas.*") if ending == "shp" else [good])
    whole = {file: file.read_bytes() for file in files}
    tally = Counter({"read": 0, "refused": 0, "failed": 0})
    for number in range(count):
        dice = random.Random(f"{ending} {seed} {number}")
        target = dice.choice(files)
        is_inside = target.suffix in (".zip", ".xlsx") and dice.random() < 0.7
        target.write_bytes((damaged_inside if is_inside else damaged)(whole[target], dice))
        (folder / "number.txt").write_text(str(number))
        faulthandler.dump_traceback_later(STOP_SECONDS, exit=True)
        begin = time.process_time()
        outcome, why = "read", ""
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                open_copy(good)
        except LandReleaseError:
            outcome = "refused"
        except BaseException:
            outcome, why = "failed", traceback.format_exc()
        if (took := time.process_time() - begin) > MOST_SECONDS:
            outcome, why = "failed", f"took {took:.0f} seconds"
        if outcome == "failed":
            print(f"{ending}, seed {seed}, copy {number}, {target.name}:\n{why}", file=sys.stderr)
            keep(good, folder / "failed" / str(number))
        tally[outcome] += 1
        faulthandler.cancel_dump_traceback_later()
        for file in folder.glob("areas*"):
            if file.is_file() and file not in whole:
                file.unlink()
        target.write_bytes(whole[target])
    return dict(tally)


def _last(folder: Path) -> str:
    number = folder / "number.txt"
    return number.read_text() if number.exists() else "none: the good file itself"


def keep(path: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        shutil.copytree(path, folder / path.name, dirs_exist_ok=True)
    else:
        for file in path.parent.glob(f"{path.stem}.*"):
            shutil.copy(file, folder)


FORMATS = ["gpkg", "geojson", "shp", "fgb", "kml", "zip", "gdb", "csv", "xlsx", "parquet", "xml", "tif"]


def in_child(formats: list[str], count: int, seed: int, folder: Path) -> subprocess.CompletedProcess[str]:
    given = ["--n", count, "--formats", ",".join(formats), "--seed", seed, "--in-folder", folder]
    command = [sys.executable, __file__, *map(str, given)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--n", type=int, default=1000, help="damaged copies of each format")
    options.add_argument("--formats", default=",".join(FORMATS))
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--keep", type=Path, help="folder for the copies that fail")
    options.add_argument("--in-folder", type=Path, help=argparse.SUPPRESS)
    given = options.parse_args()
    formats = given.formats.split(",")
    if given.in_folder:
        for ending in formats:
            print(json.dumps([ending, fuzz(ending, given.n, given.seed, given.in_folder / ending)]), flush=True)
        return 0
    failed = 0
    while formats:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            done = in_child(formats, given.n, given.seed, folder)
            tallies = dict(json.loads(line) for line in done.stdout.splitlines())
            if done.returncode:
                ended = formats[len(tallies)]
                tallies[ended] = {"failed": 1, "ended at copy": _last(folder / ended), "exit": done.returncode}
                keep(folder / ended / f"areas.{ended}", folder / ended / "failed" / "ended")
            for ending, tally in tallies.items():
                print(f"{ending}: {', '.join(f'{value} {key}' for key, value in tally.items())}", flush=True)
                failed += tally["failed"]
                if tally["failed"] and given.keep:
                    shutil.copytree(folder / ending / "failed", given.keep / ending, dirs_exist_ok=True)
            if done.stderr:
                print(done.stderr[-6000:])
            formats = formats[len(tallies) :]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
