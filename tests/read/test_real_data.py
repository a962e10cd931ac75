"""The numbers that real files must give; each count was made by reading the JSON with nothing but `json`."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import shapely
from pyproj import Geod

from landrelease import find_problems, read, usable_rows
from landrelease.geometry import geodesic_area_m2

ROOT = Path(__file__).resolve().parents[2]
REAL = Path(os.environ.get("LANDRELEASE_REAL_DATA", ROOT.parent / "shared" / "data"))
pytestmark = pytest.mark.real


def real(name: str) -> Path:
    path = REAL / name
    if not path.exists():
        pytest.skip(f"real data not there: {name} (set LANDRELEASE_REAL_DATA)")
    return path


def rows_with(problems: pd.DataFrame, rule: str) -> int:
    return problems.loc[problems["rule"] == rule, "row"].nunique()


def raw_features(path: Path) -> list[Any]:
    return json.loads(path.read_text(encoding="utf-8"))["features"]


def test_bosnia_suspected():
    path = real("bih/suspect_areas.geojson")
    areas = read(path, "areas", ids="geometry", values={"hazard_class": "SHA", "status": "open"})
    problems = find_problems(areas, "areas")
    assert len(areas) == 11_068
    assert areas["area_id"].is_unique
    without = problems[problems["rule"] == "R7"]
    assert len(without) == 3_097
    assert without["message"].value_counts().to_dict() == {"no geometry": 3_094, "empty geometry in the file": 3}
    usable = areas[areas.geometry.notna()]
    assert len(usable) == 7_971
    # every face of a crossed polygon is hazardous: 812.31 where the ring runs round it, 812.64 in all
    assert geodesic_area_m2(usable).sum() / 1e6 == pytest.approx(812.64, abs=0.005)
    assert usable.geometry.is_valid.all()
    dissolved = shapely.union_all(usable.to_crs(3035).geometry.to_numpy()).area / 1e6
    assert dissolved == pytest.approx(807, rel=0.002)
    repaired = problems[problems["rule"] == "R8"]
    assert len(repaired) == 467
    assert areas["area_before_m2"].notna().sum() == 467
    assert repaired["message"].str.contains(r"[\d,]+ m2 before, [\d,]+ m2 after").all()
    assert rows_with(problems, "R9") == 5
    kept, set_aside = usable_rows(areas, "areas")
    assert len(kept) + len(set_aside) == 11_068
    assert kept.geometry.notna().sum() == 7_971


def test_bosnia_areas_agree_with_a_second_method():
    """PROJ's own area of a shapely polygon, its edges cut fine, on the shapes that need no repair."""
    areas = read(real("bih/suspect_areas.geojson"), "areas", ids="geometry").iloc[::40]
    whole = areas[areas["area_before_m2"].isna() & areas.geometry.notna()]
    assert len(whole) > 100
    geod = Geod(ellps="WGS84")
    second = [abs(geod.geometry_area_perimeter(shapely.segmentize(shape, 0.001))[0]) for shape in whole.geometry]
    assert geodesic_area_m2(whole).tolist() == pytest.approx(second, rel=1e-4, abs=0.01)


def test_bosnia_cleared():
    path = real("bih/cleared_areas.geojson")
    areas = read(path, "areas", ids="geometry", values={"status": "released", "release_type": "cleared"})
    problems = find_problems(areas, "areas")
    assert len(areas) == 8_329
    assert areas["area_id"].is_unique
    messages = problems.loc[problems["rule"] == "R7", "message"].value_counts()
    assert messages["no geometry"] == 108
    assert messages["empty geometry in the file"] == 5
    # one polygon folds onto itself and has no area at all
    assert messages.drop(["no geometry", "empty geometry in the file"]).sum() == 1
    assert areas.geometry.notna().sum() == 8_215
    # what every reading of the crossed polygons agrees on; with all their faces it would be 40.25
    assert geodesic_area_m2(areas[areas.geometry.notna()]).sum() / 1e6 == pytest.approx(40.095, abs=0.001)
    assert rows_with(problems, "R8") == 709
    assert rows_with(problems, "R9") == 94


def test_bosnia_ids_do_not_hang_on_the_order_of_the_file(tmp_path):
    path = real("bih/suspect_areas.geojson")
    document = json.loads(path.read_text(encoding="utf-8"))
    document["features"] = document["features"][::-7]
    (tmp_path / "part.geojson").write_text(json.dumps(document), encoding="utf-8")
    whole = read(path, "areas", ids="geometry")
    part = read(tmp_path / "part.geojson", "areas", ids="geometry")
    with_shape = part.geometry.notna()
    assert with_shape.sum() > 1_000
    assert part.loc[with_shape, "area_id"].str.removesuffix("~2").isin(set(whole["area_id"])).all()


def test_bosnia_accidents():
    accidents = read(real("bih/incidents.geojson"), "accidents", ids="geometry")
    assert len(accidents) == 1_442
    assert accidents.geometry.notna().all()


def test_colombia():
    path = real("colombia/events_1990_2019.csv")
    events = read(path, "events", profile="colombia-events")
    assert len(events) == 36_527
    counts = events["event"].value_counts().to_dict()
    assert counts == {"suspected": 1_908, "accident": 6_909, "noted": 36_527 - 1_908 - 6_909}
    assert events["event_id"].is_unique
    assert set(events["date_precision"]) == {"year"}
    problems = find_problems(events, "events")
    suspected = events["event"].eq("suspected").to_numpy()
    no_polygon = problems[problems["rule"].isin(["R7", "R10"]) & problems["row"].map(lambda row: suspected[row])]
    assert no_polygon["row"].nunique() == 1_908
    accidents = read(path, "accidents", profile="colombia-events")
    assert len(accidents) == 6_909
    assert accidents["accident_id"].is_unique


@pytest.mark.parametrize(
    ("name", "count", "short", "flat"),
    [("malformed/sheet_2384-I.geojson", 393, 128, 0), ("malformed/sheet_2783-IV.geojson", 311, 65, 1)],
)
def test_the_two_malformed_sheets(name, count, short, flat):
    """All rings are open: those of one or two points are lost, the others are closed, one of them has no area."""
    path = real(name)
    places = [{tuple(point) for point in one["geometry"]["coordinates"][0]} for one in raw_features(path)]
    assert (len(places), sum(len(one) < 3 for one in places)) == (count, short)
    areas = read(path, "areas", ids="geometry")
    problems = find_problems(areas, "areas")
    assert len(areas) == count
    assert areas.geometry.isna().sum() == short + flat
    assert rows_with(problems, "R7") == short + flat
    assert rows_with(problems, "R13") == count - short
    assert problems.loc[problems["rule"] == "R13", "message"].str.contains("closed").all()
    mended = areas[areas.geometry.notna()]
    assert mended.geometry.is_valid.all()
    assert (geodesic_area_m2(mended) > 0).all()
    assert set(problems.loc[problems["rule"] == "R8", "row"]) == set(areas.index[areas["area_before_m2"].notna()])


def test_angola():
    path = real("malformed/AGO_adm1.geojson")
    labels = [one["geometry"]["type"] for one in raw_features(path)]
    assert (labels.count("Polygon"), labels.count("MultiPolygon")) == (14, 4)
    provinces = read(path, "admin_areas", columns={"ADM1_EN": "name", "ADM1_PCODE": "admin_code"})
    assert len(provinces) == 18
    assert provinces.geometry.notna().all()
    problems = find_problems(provinces, "admin_areas")
    assert rows_with(problems, "R13") == 14
    assert rows_with(problems, "R7") == 0
    # Angola has 1,246,700 km2
    assert geodesic_area_m2(provinces).sum() / 1e6 == pytest.approx(1_246_700, rel=0.01)
    assert {shape.geom_type for shape in provinces.geometry} <= {"Polygon", "MultiPolygon"}
