"""Real IATI files, read a second time with nothing but the XML parser of the standard library."""

from __future__ import annotations

import os
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from landrelease import match_projects, project_weights, read
from landrelease.errors import DataWarning

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("LANDRELEASE_REAL_DATA", ROOT.parent / "shared" / "data"))
pytestmark = pytest.mark.real
SHARES = ["on_site_share", "likely_share", "same_district_share", "elsewhere_share"]


def real(name: str) -> Path:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"real data not there: {name} (set LANDRELEASE_REAL_DATA)")
    return path


def places_by_hand(path: Path) -> dict[str, list[tuple[str | None, str | None, str | None, shapely.Point | None]]]:
    """Return class, exactness, precision and point of each place of each activity."""
    found = {}
    for activity in ET.parse(path).getroot().iter("iati-activity"):
        rows = found.setdefault(" ".join((activity.findtext("iati-identifier") or "").split()), [])
        for place in activity.findall("location"):
            codes = [
                None if one is None else one.get("code") for one in map(place.find, ("location-class", "exactness"))
            ]
            old, position = place.find("coordinates"), place.findtext("point/pos")
            texts = (
                position.split() if position else [old.get("latitude"), old.get("longitude")] if old is not None else []
            )
            point = shapely.Point(float(texts[1]), float(texts[0])) if len(texts) > 1 else None
            rows.append((*codes, None if old is None else old.get("precision"), point))
    return found


def grid(west: float, south: float, columns: int, rows: int, step: float) -> gpd.GeoDataFrame:
    """Land that is all released: what lies in no cell is nowhere."""
    corners = [(west + step * i, south + step * j) for i in range(columns) for j in range(rows)]
    cells = [shapely.box(x, y, x + step, y + step) for x, y in corners]
    return gpd.GeoDataFrame({"release_id": [f"G{i}" for i in range(len(cells))]}, geometry=cells, crs=4326)


@pytest.mark.parametrize(
    ("name", "land", "place_count"),
    [("colombia/iati_2.03_aiddata.xml", (-82.0, -5.0, 66, 76, 0.25), (2981, 139)),
     ("iati/iati_1.04_timor_leste.xml", (123.5, -10.0, 45, 25, 0.1), (171, 81))],
)  # fmt: skip
def test_weights_of_a_published_file(name, land, place_count):
    path = real(name)
    by_hand = places_by_hand(path)
    every = [(project, *one) for project, rows in by_hand.items() for one in rows]
    exact = [one for one in every if one[1] in ("2", "3", "4") and one[2] == "1"]
    about = [one for one in every if one[1] in ("2", "3", "4") and one[2] == "2"]
    assert (len(every), len(exact)) == place_count
    releases, projects = grid(*land), read(path, "projects")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", DataWarning)
        found = project_weights(releases, projects, within_m=1000, months_before=0, months_after=60)
    lost = [project for project, rows in by_hand.items() if not rows]
    assert f"({len(lost)} name no place" in str(told[-1].message)
    assert found.projects.loc[found.projects["reason"] == "no_location", "project_id"].tolist() == lost
    sums = found.weights.groupby("project_id")["weight_share"].sum()
    assert len(sums)
    assert sums.max() <= 1 + 1e-12
    assert np.allclose(found.projects[SHARES].sum(axis=1), 1, atol=1e-12)
    # not one match from a centroid: only projects with a place have a weight, and on site only where that lies
    assert set(found.weights["project_id"]) == {one[0] for one in exact + about}
    assert found.projects["same_district_share"].eq(0).all()
    tree = shapely.STRtree(releases.geometry.to_numpy())
    points = np.array([one[4] for one in exact], dtype=object)
    at, cell = tree.query(points, predicate="intersects")
    expected = {(f"G{j}", exact[i][0]) for i, j in zip(at, cell, strict=True)}
    on_site = found.weights[found.weights["tier"] == "on_site"]
    assert set(zip(on_site["release_id"], on_site["project_id"], strict=True)) == expected
    # all land is released: an exact place gives all of its part, an approximate one at most half, without a sector
    parts = {project: 1 / max(1, len(rows)) for project, rows in by_hand.items()}
    given = {project: sum(parts[one[0]] for one in exact if one[0] == project) for project in by_hand}
    got = found.projects.set_index("project_id")["on_site_share"]
    only_exact = [project for project in by_hand if project not in {one[0] for one in about}]
    assert got[only_exact].to_numpy() == pytest.approx([given[project] for project in only_exact])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        links = match_projects(releases, projects, within_m=0, months_before=0, months_after=60)
    assert set(zip(links["release_id"], links["project_id"], strict=True)) == expected
