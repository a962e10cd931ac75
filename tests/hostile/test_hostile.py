"""Files as they really come, or as an enemy makes them: each case is refused, set aside, or taken and told.

`manifest.toml` lists the files. A file that is read carries what must become of each row in its own columns: `case`,
`from` (number in the catalogue of failures), `expect`, `rules` (what `find_problems` says of the row), `land` (how its
area stands in the end), `cells` (how much land the event holds, in cells of 0.001 degrees) and `why`. `expect` is

- A: taken, and nothing is said of it;
- W: taken, and told;
- Q: in quarantine (of a table that the registry does not take: set aside);
- K: not taken, because the same is there already.

In doubt, what makes land hazardous is kept and told (W), and what could end a hazard is in quarantine (Q).
"""

from __future__ import annotations

import tomllib
import warnings
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from make_cases import MADE

from landrelease import events_from_areas, find_problems, read, read_coordinates, status_on
from landrelease.errors import DataWarning, LandReleaseError
from landrelease.registry.store import Registry
from landrelease.rules import usable_rows

HERE = Path(__file__).parent
MANIFEST: dict[str, list[dict[str, Any]]] = tomllib.loads((HERE / "manifest.toml").read_text(encoding="utf-8"))
LATER = "2099-12-31"
CELL = 1e-6


def cases(kind: str) -> list[Any]:
    """Return the entries of a kind; one that names a `defect` is expected to fail until that is mended."""
    return [
        pytest.param(
            one,
            id=one.get("id", one.get("file")),
            marks=[pytest.mark.xfail(reason=one["defect"], strict=True)] if "defect" in one else [],
        )
        for one in MANIFEST[kind]
    ]


def path_of(entry: dict[str, Any], folder: Path) -> Any:
    """Return the file of a case, made first where it is not text."""
    if "file" in entry:
        return HERE / "cases" / entry["file"]
    if "path" in entry:
        return entry["path"]
    return MADE[entry["id"]](folder)


def read_case(entry: dict[str, Any], folder: Path) -> pd.DataFrame:
    """Read the file of a case; whatever is odd about it is said as a DataWarning or not at all."""
    path = path_of(entry, folder)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        frame = read(path, entry.get("table", "events"), **entry.get("read", {}))
    assert {one.category for one in said} <= {DataWarning}, [str(one.message) for one in said]
    assert bool(said) == ("warns" in entry)
    assert all(entry["warns"] in str(one.message) for one in said)
    return frame


@pytest.mark.parametrize("entry", cases("refused"))
def test_refused(entry, tmp_path):
    with pytest.raises(LandReleaseError) as caught:
        read_case(entry, tmp_path)
    assert entry["says"] in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


@pytest.mark.parametrize("entry", cases("read"))
def test_each_row_has_its_end(entry, tmp_path):
    frame = read_case(entry, tmp_path)
    assert frame["source_row"].tolist() == list(range(1, frame.attrs["rows_in_file"] + 1))
    table = entry.get("table", "events")
    ends = registered(frame, entry, tmp_path) if table == "events" else used(frame, entry, tmp_path)
    wanted = frame[["expect", "rules"]].reset_index(drop=True).fillna("")
    for name in ("land", "cells"):
        if name in frame:
            wanted[name] = frame[name].reset_index(drop=True)
    wrong = []
    for row in range(len(frame)):
        for name in wanted:
            want, got = wanted[name][row], ends[name][row]
            want = " ".join(sorted(want.split("; "))) if name == "rules" else want
            if name == "cells" and pd.notna(want):
                want, got = round(float(want), 3), round(got, 3)
            if pd.notna(want) and want != got:
                wrong.append(f"row {row + 1} {frame['case'][row]}: {name} {want!r} wanted, {got!r} found")
    assert not wrong, "\n" + "\n".join(wrong)


def told(problems: pd.DataFrame, count: int, entry: dict[str, Any]) -> list[str]:
    """Return what is said of each row; what is said of the whole file must be what the entry wants."""
    whole = problems[problems["row"] < 0]
    assert (whole["rule"] + " " + whole["column"]).tolist() == entry.get("whole", [])
    said = problems[problems["row"] >= 0].groupby("row")
    each = {row: " ".join(sorted(set(one["rule"] + " " + one["column"]))) for row, one in said}
    return [each.get(row, "") for row in range(count)]


def registered(frame: gpd.GeoDataFrame, entry: dict[str, Any], folder: Path) -> pd.DataFrame:
    """Import the events; the same again, in any order, must change nothing."""
    extent = None
    if "extent" in entry:
        extent = gpd.GeoDataFrame(geometry=[shapely.box(*entry["extent"])], crs=4326)
    with Registry(folder / "registry.gpkg", extent=extent) as registry:
        result = registry.import_events(frame, source="system")
        assert len(result.not_taken) + result.new_count + result.known_count == len(frame) == result.row_count
        head, events = registry.head, registry.events()
        if "file" in entry:
            assert not (broken := registry.verify().query("is_broken")).size, broken
            again = registry.import_events(frame[::-1].reset_index(drop=True), source="system")
            assert (registry.head, again.new_count) == (head, 0), "the same rows again changed the registry"
    areas = status_on(events, LATER).set_index("area_id")["status"]
    taken = events.drop_duplicates("event_id", keep="last").set_index("event_id").geometry
    aside = dict(zip(result.not_taken["row"], result.not_taken["reason_code"], strict=True))
    rules = told(result.findings, len(frame), entry)
    ids = frame["event_id"].tolist()
    ends = [
        {"quarantine": "Q", "conflict": "C"}[aside[row]] if row in aside
        else "K" if ids[row] in ids[:row] else "W" if rules[row] else "A"
        for row in range(len(frame))
    ]  # fmt: skip
    land = [areas.get(one, "none") for one in frame["area_id"]]
    cells = [shapely.area(taken[one]) / CELL if one in taken.index and taken[one] is not None else -1.0 for one in ids]
    return pd.DataFrame({"expect": ends, "rules": rules, "land": land, "cells": cells})


def used(frame: pd.DataFrame, entry: dict[str, Any], folder: Path) -> pd.DataFrame:
    """Take what can be used of another table; a snapshot of areas then goes into the registry too."""
    table = entry["table"]
    problems = find_problems(frame, table)
    usable, set_aside = usable_rows(frame, table, problems=problems)
    assert len(usable) + len(set_aside) == len(frame)
    rules = told(problems, len(frame), entry)
    ends = ["Q" if row in set_aside.index else "W" if rules[row] else "A" for row in frame.index]
    land = pd.Series(None, index=frame.index, dtype="str")
    if table == "areas":
        with Registry(folder / "registry.gpkg") as registry:
            result = registry.import_events(events_from_areas(usable, as_of="2024-12-31"), source="snapshot")
            assert not len(result.not_taken)
            areas = status_on(registry.events(), LATER).set_index("area_id")["status"]
        land = usable["area_id"].map(areas).reindex(frame.index, fill_value="none")
    return pd.DataFrame({"expect": ends, "rules": rules, "land": land, "cells": -1.0})


@pytest.mark.parametrize("entry", cases("imports"))
def test_one_import_after_another(entry, tmp_path):
    with Registry(tmp_path / "registry.gpkg") as registry:
        for file, source, *wanted in entry["steps"]:
            frame = read(HERE / "cases" / file, "events", crs="EPSG:4326")
            result = registry.import_events(frame, source=source)
            counts = [result.new_count, result.known_count, result.conflict_count, result.quarantined_count]
            assert counts == wanted, (file, str(result))
        assert not registry.verify()["is_broken"].any()
        areas = status_on(registry.events(), LATER).set_index("area_id")["status"]
    assert {area: areas.get(area, "none") for area in entry["land"]} == entry["land"]


def test_coordinates_as_text():
    """Each is read as the place that it means, or refused with its reason."""
    table = pd.read_csv(HERE / "cases" / "coordinates.csv", dtype="str", keep_default_na=False)
    places = read_coordinates(table["text"])
    wanted = table[table["says"] == ""]
    for row, text in enumerate(table["says"]):
        assert text in (places["message"].fillna("")[row] or ""), table["text"][row]
        assert (places.geometry[row] is None) == (text != ""), table["text"][row]
    xy = places.geometry[wanted.index].get_coordinates().to_numpy()
    assert xy == pytest.approx(wanted[["longitude", "latitude"]].astype(float).to_numpy(), abs=1e-4)


def test_every_file_is_a_case():
    entries = [one for several in MANIFEST.values() for one in several]
    files = {one["file"] for one in entries if "file" in one} | {
        step[0] for one in entries for step in one.get("steps", [])
    }
    there = {str(path.relative_to(HERE / "cases")) for path in (HERE / "cases").rglob("*") if path.is_file()}
    assert there == files | {"coordinates.csv"}
    assert set(MADE) == {one["id"] for one in entries if not {"file", "path", "steps"} & set(one)}
