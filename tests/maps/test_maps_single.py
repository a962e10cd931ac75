"""One table as a layer of any folium map: classes of any column, 180 degrees, and what may not leave."""

import base64
import gzip
import re

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from payload_reader import blocks, columns_of, decoded_shapes

from landrelease.errors import CRSError, DataError, OptionError
from landrelease.maps import land_release_map, map_layer, save_page


@pytest.fixture
def areas():
    n = 10
    return gpd.GeoDataFrame(
        {
            "area_id": [f"HA-{i}" for i in range(n)],
            "status": ["open"] * 8 + ["released", None],
            "hazard_class": "SHA",
            "operator": ["A", "A", "B", None] + ["{{ 7*7 }}"] * 6,
            "risk": [0.0, 1, 2, 3, 4, 5, 6, 7, 99, np.nan],
            "risk_rank": pd.array([8, 7, 6, 5, 4, 3, 2, 1, 99, None], dtype="Int64"),
            "is_near": pd.array([True, False, None] + [True] * 7, dtype="boolean"),
            "seen_date": pd.to_datetime(["2010-05-05"] * 5 + ["2021-01-01"] * 4 + [None]),
            "area_m2": 1e6,
        },
        geometry=[shapely.box(18 + i / 50, 44, 18.01 + i / 50, 44.01) for i in range(n)],
        crs=4326,
    )


def block_of(layer):
    chart = folium.Map([44, 18], tiles=None)
    layer.add_to(chart)
    page = chart.get_root().render()
    ((header, sections),) = blocks(page).values()
    return header, sections


def legend(header, place=0):
    return {one["label"]: one["count"] for one in header["facets"][place]["entries"]}


@pytest.mark.parametrize(("column", "wanted"), [
    (None, {"SHA: suspected": 9}),
    ("status", {"Open": 8, "Status not recorded": 1}),
    # nought, and 1..7 in quarters: edges 2.5, 4, 5.5; the highest come first
    ("risk", {"6 to 7": 2, "5": 1, "3 to 4": 2, "1 to 2": 2, "0": 1, "Not recorded": 1}),
    # ranks 1..8: the first come first
    ("risk_rank", {"1 to 2": 2, "3": 1, "4 to 5": 2, "6": 1, "7 to 8": 2, "Not recorded": 1}),
    ("operator", {"{{ 7*7 }}": 5, "A": 2, "B": 1, "Not recorded": 1}),
    ("is_near", {"yes": 7, "no": 1, "Not recorded": 1}),
    ("seen_date", {"2021": 3, "2010": 5, "Not recorded": 1}),
])  # fmt: skip
def test_any_column_makes_a_legend(areas, column, wanted):
    header, sections = block_of(map_layer(areas, "areas", colour_by=column))
    assert legend(header) == wanted
    assert "Not counted here: 1 released." in header["notes"]
    assert header["internal"].startswith("Internal use")
    # outline by status, and the colours of the fill are as many as the classes
    assert legend(header, 1) == {"Open": 8, "Status not recorded": 1}
    assert len(header["looks"]["fills"]) == len(wanted)
    if column:
        assert column in columns_of(header, sections)


def test_the_ninth_text_and_the_rest_are_one_class(areas):
    header, _ = block_of(
        map_layer(areas.assign(status="open", operator=list("aabcdefghi")), "areas", colour_by="operator")
    )
    assert legend(header)["Any other"] == 1
    assert len(legend(header)) == 9


def test_all_alike_and_nothing_known(areas):
    header, _ = block_of(map_layer(areas.assign(risk=3.0), "areas", colour_by="risk"))
    assert legend(header) == {"3": 9}
    header, _ = block_of(map_layer(areas.assign(risk=np.nan), "areas", colour_by="risk"))
    assert legend(header) == {"Not recorded": 9}
    header, _ = block_of(map_layer(areas.iloc[:0], "areas", colour_by="risk"))
    assert (legend(header), header["rows"]) == ({}, 0)


@pytest.mark.parametrize("table", ["releases", "projects", "admin_areas"])
def test_other_tables(areas, table):
    frame = areas.rename(columns={"area_id": "release_id"}).assign(
        admin_code="A", name="Unit", location_id="L", is_point=True, verdict="unused"
    )
    header, _ = block_of(map_layer(frame, table, name="<b>Mine</b>"))
    assert header["heading"] == "<b>Mine</b>"
    assert header["internal"] == ""
    header, _ = block_of(map_layer(frame, table, colour_by="operator"))
    assert legend(header)["A"] == 2


def test_refusals(areas):
    with pytest.raises(OptionError, match="owner_name"):
        map_layer(areas.assign(owner_name="x"), "areas", colour_by="owner_name")
    with pytest.raises(OptionError, match="operater"):
        map_layer(areas, "areas", colour_by="operater")
    with pytest.raises(OptionError, match="table"):
        map_layer(areas, "hazards")
    with pytest.raises(DataError, match="status"):
        map_layer(areas.drop(columns="status"), "areas")
    with pytest.raises(CRSError):
        map_layer(areas.set_crs(None, allow_override=True), "areas")


def test_only_listed_columns_leave(areas):
    header, _ = block_of(map_layer(areas, "areas", columns=["risk"]))
    names = [spec["name"] for spec in header["columns"]]
    assert "risk" in names
    assert "operator" not in names


def test_folium_saves_it_too_and_takes_no_text_for_a_template(areas, tmp_path):
    """folium's own save compiles what it has rendered once more: nothing of ours is seen by it."""
    chart = folium.Map([44, 18], tiles=None)
    map_layer(areas, "areas", colour_by="operator", name="{{ 7*7 }} {# 12 ${x} `").add_to(chart)
    folium.LayerControl().add_to(chart)
    chart.save(tmp_path / "plain.html")
    page = (tmp_path / "plain.html").read_text(encoding="utf-8")
    assert "landrelease:" not in re.sub(r"<script>.*?</script>", "", page, flags=re.S)
    assert "landrelease.canvasLayer = function" in page
    (header, _) = blocks(page)["{{ 7*7 }} {# 12 ${x} `"]
    assert "{{ 7*7 }}" in legend(header)
    assert "&#123;&#123; 7*7 &#125;&#125; &#123;# 12 &#36;&#123;x&#125; &#96;".replace("&", "\\u0026") in page
    # and a page of ours has it too
    save_page(chart, tmp_path / "ours.html")
    assert "default-src 'none'" in (tmp_path / "ours.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("crs", [4326, 3832])
def test_land_around_180_degrees(crs):
    """Fiji: one area across the line, one on each side. The page opens on them, not on the whole Earth."""
    beyond = shapely.box(179.9, -17, 180.1, -16.9)
    frame = gpd.GeoDataFrame(
        {"area_id": ["across", "west", "east"], "status": "open"},
        geometry=[beyond, shapely.box(179.5, -17, 179.6, -16.9), shapely.box(-179.6, -17, -179.5, -16.9)],
        crs=4326,
    )
    if crs == 3832:
        frame = frame.to_crs(crs)
    page = land_release_map(frame).get_root().render()
    header, sections = blocks(page)["Hazardous areas"]
    shapes = dict(zip(columns_of(header, sections)["area_id"], decoded_shapes(header, sections), strict=True))
    for ring in shapes["across"]:
        assert np.ptp([x for x, _ in ring[1]]) < 0.11
    assert len(shapes["across"]) == 2
    (bounds,) = re.findall(r"landrelease\.start\(\s*\w+,\s*\[[^\]]*\],\s*(\[\[.*?\]\])", page)
    (south, west), (north, east) = (map(float, pair.split(",")) for pair in re.findall(r"\[([-\d., ]+)\]", bounds))
    assert (round(west, 3), round(east, 3)) == (179.5, 180.5)
    assert (round(south, 3), round(north, 3)) == (-17, -16.9)


def test_a_whole_real_number_is_the_same_number_and_smaller():
    n = 1000
    whole = np.round(np.random.default_rng(1).uniform(0, 1e6, n))
    frame = gpd.GeoDataFrame(
        {"admin_code": "a", "name": "n", "some_m2": whole, "other_m2": np.where(np.arange(n) % 3, whole, np.nan)},
        geometry=shapely.points(np.arange(n) / 100, 1), crs=4326,
    )  # fmt: skip
    header, sections = block_of(map_layer(frame, "admin_areas"))
    assert {spec["name"]: spec["type"] for spec in header["columns"]}["some_m2"] == "whole"
    columns = columns_of(header, sections)
    assert sorted(columns["some_m2"]) == sorted(whole)
    assert columns["other_m2"].count(None) == int(frame["other_m2"].isna().sum())


def test_the_packed_block_holds_no_column_that_was_not_asked_for(areas):
    chart = folium.Map([44, 18], tiles=None)
    map_layer(areas.assign(source_url="qqsecretqq"), "areas").add_to(chart)
    page = chart.get_root().render()
    packed = re.search(r'octet-stream" id="\w+">([^<]*)<', page)[1]
    assert b"qqsecretqq" not in gzip.decompress(base64.b64decode(packed))
