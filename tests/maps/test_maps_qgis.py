"""What QGIS sees: styles that are whole XML, say each class that occurs once, and are drawn by a real QGIS."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from landrelease import write_geopackage
from landrelease.maps.qgis import qml_of
from landrelease.tables import CODES, NO_HAZARD

PLANE = "EPSG:32633"
HOSTILE = ("'; DROP TABLE areas; --", '"', "<b>&", "{{ 7*7 }}", "]]>", "\\", "ភូមិ", "")

pytestmark = pytest.mark.filterwarnings("ignore:columns that stay behind")


def square(column: int, row: int = 0, size: float = 80.0) -> Any:
    return shapely.box(column * 100, row * 100, column * 100 + size, row * 100 + size)


def frame(shapes: list[Any], **columns: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({name: pd.Series(values) for name, values in columns.items()}, geometry=shapes, crs=PLANE)


def styles_in(path: Path) -> dict[str, str]:
    with sqlite3.connect(path) as connection:
        rows = connection.execute(
            "SELECT f_table_name, styleQML FROM layer_styles WHERE useAsDefault = 1 AND f_geometry_column = 'geom'"
        ).fetchall()
    connection.close()
    return dict(rows)


def rules_of(qml: str) -> list[tuple[str, str]]:
    """Return label and whole condition of each rule that draws, those above it included."""
    found: list[tuple[str, str]] = []

    def walk(rule: Any, above: list[str]) -> None:
        here = above + ([f"({rule.get('filter')})"] if rule.get("filter") else [])
        if rule.get("symbol") is not None:
            found.append((rule.get("label"), " AND ".join(here) or "1"))
        for child in rule.findall("rule"):
            walk(child, here)

    walk(ElementTree.fromstring(qml.split("\n", 1)[1]).find(".//rules"), [])
    return found


def rows_of_rules(connection: sqlite3.Connection, layer: str, qml: str) -> dict[str, int]:
    """Count the rows of each rule by asking SQLite: the conditions are plain SQL."""
    return {
        label: connection.execute(f'SELECT COUNT(*) FROM "{layer}" WHERE {where}').fetchone()[0]
        for label, where in rules_of(qml)
    }


def counts_by_rule(path: Path, layer: str) -> dict[str, int]:
    with sqlite3.connect(path) as connection:
        counts = rows_of_rules(connection, layer, styles_in(path)[layer])
    connection.close()
    return counts


def test_each_class_that_occurs_has_its_rule_and_no_other(tmp_path):
    status = ["open", "in_progress", None, "odd", "released", "superseded", "open"]
    kinds = ["CHA", "SHA", None, "CHA", "CHA", "SHA", "Closed'"]
    areas = frame([square(k) for k in range(7)], area_id=list("abcdefg"), status=status, hazard_class=kinds)
    path = write_geopackage(tmp_path / "a.gpkg", {"areas": areas})
    assert counts_by_rule(path, "areas") == {
        "CHA: confirmed": 2, "SHA: suspected": 1, "Another class": 1, "Class not recorded": 1,
        "Open": 2, "In progress: part released": 1, "Another status": 1, "Status not recorded": 1,
    }  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from([*CODES["hazard_class"], None, *HOSTILE]),
                          st.sampled_from([*CODES["status"], None, *HOSTILE])), min_size=1, max_size=12))  # fmt: skip
def test_every_hazard_is_of_one_class_and_one_status(rows):
    """Whatever the values are; what is released is drawn by no rule."""
    areas = frame(
        [square(k) for k in range(len(rows))], area_id=[str(k) for k in range(len(rows))],
        hazard_class=pd.Series([one for one, _ in rows], dtype="str"),
        status=pd.Series([two for _, two in rows], dtype="str"),
    )  # fmt: skip
    hazardous = sum(two not in NO_HAZARD for _, two in rows)
    with contextlib.closing(sqlite3.connect(":memory:")) as connection:
        pd.DataFrame(areas.drop(columns="geometry")).to_sql("areas", connection)
        counts = rows_of_rules(connection, "areas", qml_of(areas))
    # each hazard is filled by one rule and outlined by one
    assert sum(counts.values()) == 2 * hazardous
    assert all(counts.values())


def test_verdicts_types_ranks_projects_units(tmp_path):
    five = [square(k) for k in range(5)]
    verdicts = frame(five, release_id=list("abcde"), verdict=["as_intended", "unused", "unknown", "odd", None])
    types = frame(five, release_id=list("abcde"), release_type=["cleared", "reduced", "cancelled", "mixed", None])
    ranking = frame(five, area_id=list("abcde"), rank=pd.Series([1, 2, 2, 5, None], dtype="Int64"))
    projects = frame([one.centroid for one in five], location_id=list("abcde"), title=list("abcde"))
    units = frame(
        five, admin_code=list("abcde"), name=list("abcde"), level=pd.Series([0, 1, 1, 2, None], dtype="Int64")
    )
    layers = {"verdicts": verdicts, "types": types, "ranks": ranking, "projects": projects, "units": units}
    path = write_geopackage(tmp_path / "a.gpkg", layers)
    assert counts_by_rule(path, "verdicts") == {
        "Productive, as intended": 1, "Not in productive use": 1, "Unknown: too little seen": 1, "Another verdict": 1,
        "No verdict": 1,
    }  # fmt: skip
    assert sum(counts_by_rule(path, "types").values()) == 5
    # of four ranked, the first is of the first fifth, the two equal ones of the second, the last of the fourth
    assert counts_by_rule(path, "ranks") == {"Rank 1": 1, "Rank 2": 2, "Rank 5": 1, "Not ranked": 1}
    assert counts_by_rule(path, "projects") == {"Place of a project": 5}
    assert counts_by_rule(path, "units") == {"Level 0": 1, "Level 1": 2, "Level 2": 1, "Level not recorded": 1}


def test_sums_by_unit_are_shaded_and_no_hazard_is_in_the_file(tmp_path):
    m2 = [1e6, 2e6, 3e6, 4e6, None, 5e6]
    areas = frame([square(k) for k in range(6)], area_id=list("abcdef"), status=["open"] * 5 + ["released"],
                  area_m2=m2, admin_code=["1", "2", "3", "3", "4", "5"])  # fmt: skip
    units = frame([square(k, 3) for k in range(6)], admin_code=list("123456"), name=list("uvwxyz"))
    path = write_geopackage(tmp_path / "a.gpkg", {"areas": areas, "units": units}, hazards="admin")
    back = gpd.read_file(path, layer="units").set_index("admin_code")
    assert back["hazardous_m2"].fillna(-1).to_dict() == {"1": 1e6, "2": 2e6, "3": 7e6, "4": -1, "5": -1, "6": -1}
    assert back.loc[["4", "5"], "hazards_said"].tolist() == ["on record, size not known", "no hazard on record"]
    counts = counts_by_rule(path, "units")
    assert counts == {"1.00 km²": 1, "2.00 km²": 1, "7.00 km²": 1, "On record, size not known": 1,
                      "No hazard on record": 2, "Level not recorded": 6}  # fmt: skip


def test_styles_are_xml_with_a_symbol_for_each_rule():
    areas = frame([square(0), square(1).centroid, shapely.LineString([(0, 0), (9, 9)])], area_id=list("abc"),
                  status=["open"] * 3, hazard_class=["CHA"] * 3)  # fmt: skip
    document = ElementTree.fromstring(qml_of(areas).split("\n", 1)[1])
    names = [one.get("name") for one in document.find(".//symbols").findall("symbol")]
    used = [rule.get("symbol") for rule in document.iter("rule") if rule.get("symbol") is not None]
    assert names == used == [str(k) for k in range(len(names))]
    assert [one.get("type") for one in document.find(".//symbols").findall("symbol")] == [
        "fill", "line", "marker", "fill"]  # fmt: skip
    assert "geometry_type($geometry) = 'Point'" in [rule.get("filter") for rule in document.iter("rule")]


def test_no_text_of_the_data_is_in_a_style(tmp_path):
    token = "zqtoken"
    areas = frame([square(0)], area_id=[token], status=[token], hazard_class=[token])
    units = frame([square(0)], admin_code=[token], name=[token], level=[1])
    path = write_geopackage(tmp_path / "a.gpkg", {"areas": areas, "units": units})
    assert len(styles_in(path)) == 2
    assert not any(token in style for style in styles_in(path).values())


def python_of_qgis() -> str | None:
    for name in (os.environ.get("QGIS_PYTHON"), "/usr/bin/python3"):
        if name and shutil.which(name):
            done = subprocess.run([name, "-c", "import qgis.core"], capture_output=True, timeout=120)
            if done.returncode == 0:
                return name
    return None


@functools.cache
def qgis() -> str:
    found = python_of_qgis()
    if found is None:
        pytest.skip("no QGIS: install qgis and python3-qgis, or set QGIS_PYTHON to the Python that has it")
    return found


def seen_by_qgis(path: Path, layers: str, extent: str, folder: Path) -> tuple[dict[str, Any], Any]:
    """Return what QGIS says of the layers, and a function from a place to the colour that it drew there."""
    from matplotlib.image import imread

    script = Path(__file__).resolve().parents[2] / "docs" / "qgis_picture.py"
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(runtime), "HOME": str(folder)}
    environment.pop("PYTHONPATH", None)
    done = subprocess.run(
        [qgis(), str(script), str(path), str(folder / "seen.png"), layers, extent],
        capture_output=True, text=True, timeout=240, env=environment, check=True,
    )  # fmt: skip
    said = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    pixels = np.round(imread(folder / "seen.png")[:, :, :3] * 255).astype(int)
    west, south, east, north = said["extent"]

    def at(x: float, y: float) -> tuple[int, ...]:
        row = int((north - y) / (north - south) * pixels.shape[0])
        column = int((x - west) / (east - west) * pixels.shape[1])
        return tuple(int(one) for one in pixels[row, column])

    return said, at


def near(seen: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return max(abs(one - two) for one, two in zip(seen, wanted, strict=True)) <= 3


def test_qgis_opens_each_layer_in_its_colours(tmp_path):
    """The colours are those of TN 07.11/01 (CHA #FF0000, SHA #F4A718, both half transparent) and of Okabe and Ito."""
    areas = frame(
        [square(0), square(1), square(2), square(3), None], area_id=list("abcde"),
        hazard_class=["CHA", "SHA", "CHA", None, None],
        status=["open", "suspended", "released", "open", "open"],
    )  # fmt: skip
    releases = frame([square(0, 1), square(1, 1), square(2, 1)], release_id=list("abc"),
                     verdict=["as_intended", "unused", "unknown"])  # fmt: skip
    ranking = frame([square(0, 2), square(1, 2)], area_id=list("ab"), rank=[1, 2])
    path = write_geopackage(tmp_path / "a.gpkg", {"areas": areas, "released land": releases, "ranking": ranking})
    said, at = seen_by_qgis(path, "areas,released land,ranking", "-50,-50,450,350", tmp_path)
    assert said["errors"] == []
    assert [one["renderer"] for one in said["layers"]] == ["RuleRenderer"] * 3
    assert {"CHA: confirmed", "SHA: suspected", "Class not recorded", "Open", "Suspended: work stopped"} <= set(
        said["layers"][0]["legend"])  # fmt: skip
    assert near(at(40, 40), (255, 127, 127))
    assert near(at(140, 40), (249, 211, 139))
    # a released area is not drawn, and no shape is no square of the first colour
    assert at(240, 40) == (255, 255, 255)
    assert near(at(40, 140), tuple(round(255 - 0.75 * (255 - one)) for one in (0, 158, 115)))
    assert near(at(140, 140), tuple(round(255 - 0.85 * (255 - one)) for one in (204, 121, 167)))
    assert near(at(40, 240), (0, 34, 78))
    assert near(at(140, 240), (125, 124, 120))
    # the outline of an open area is red and continuous
    edge = [at(x, 80) for x in range(5, 76)]
    assert all(near(one, (255, 0, 0)) for one in edge)
    assert not all(near(at(x, 80), (255, 0, 0)) for x in range(105, 176))


def test_qgis_draws_hazards_of_which_only_a_place_is_known(tmp_path):
    areas = frame([square(0), shapely.Point(140, 40), shapely.LineString([(200, 40), (280, 40)])], area_id=list("abc"),
                  hazard_class=["SHA"] * 3, status=["open"] * 3)  # fmt: skip
    path = write_geopackage(tmp_path / "a.gpkg", {"areas": areas})
    _, at = seen_by_qgis(path, "areas", "-50,-50,350,150", tmp_path)
    assert near(at(40, 40), (249, 211, 139))
    assert near(at(140, 40), (244, 167, 24))
    assert near(at(240, 40), (244, 167, 24))
