"""What the page of the live ranking carries, and what it refuses to carry."""

from __future__ import annotations

import gzip
import re
from base64 import b64decode

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from payload_reader import blocks, columns_of, decode, decoded_shapes

from landrelease.errors import DataError, OptionError
from landrelease.maps import live_ranking
from landrelease.priority import Criterion, PriorityClass, Scheme, Threshold, prioritise

SECRET = "SECRET-7319"
CRITERIA = (Criterion("people", 0, 1000, 0.6), Criterion("road_m", 0, 500, 0.4, more_is_urgent=False))


@pytest.fixture
def table() -> pd.DataFrame:
    ids = ["HA-2", "HA-10", "HA-1", "HA-3"]
    return pd.DataFrame({"area_id": ids, "people": [900, 300, None, 10.5], "road_m": [100.0, None, 0.1, 77.0]})


@pytest.fixture
def areas() -> gpd.GeoDataFrame:
    cells = {
        "area_id": ["HA-1", "HA-2", "HA-3", "HA-4", "HA-5"],
        "status": ["open", "open", None, "released", "open"],
        "area_m2": [890_000.0, 12.0, None, 5.0, 6.0],
        "admin_code": ["A", "A", "Z", "A", "B"],
        "operator": [SECRET] * 5,
        "survey_date": pd.to_datetime(["2024-02-29"] * 5),
    }
    shapes = [shapely.box(18.123456 + i / 50, 44, 18.13 + i / 50, 44.01) for i in range(5)]
    return gpd.GeoDataFrame(cells, geometry=[*shapes[:1], None, *shapes[2:]], crs=4326)


@pytest.fixture
def units() -> gpd.GeoDataFrame:
    boxes = [shapely.box(17, 43, 18, 44), shapely.box(18, 43, 19, 44)]
    return gpd.GeoDataFrame({"admin_code": ["A", "B"], "name": ["West", "East"], "level": 1}, geometry=boxes, crs=4326)


def block_of(page: str) -> tuple[dict, list[bytes]]:
    return decode(re.search(r'id="live-block">([^<]*)<', page)[1])


def test_the_block_holds_the_values_as_they_are_in_the_order_of_ids(table: pd.DataFrame) -> None:
    header, sections = block_of(live_ranking(prioritise(table, CRITERIA, missing="worst")).render())
    assert header["ids"] == ["HA-1", "HA-10", "HA-2", "HA-3"]
    np.testing.assert_array_equal(np.frombuffer(sections[0]), [np.nan, 300, 900, 10.5])
    np.testing.assert_array_equal(np.frombuffer(sections[1]), [0.1, np.nan, 100, 77])
    assert [one["weight"] for one in header["criteria"]] == [0.6, 0.4]
    assert header["centroids"] == [0.75, 0.25]


def test_areas_are_joined_by_id_and_only_allowed_columns_leave(table: pd.DataFrame, areas: gpd.GeoDataFrame) -> None:
    ranking = prioritise(table, CRITERIA, missing="worst")
    before = areas.copy()
    page = live_ranking(ranking, areas=areas).render()
    header, _ = block_of(page)
    assert {one["label"]: one["values"] for one in header["facts"]} == {
        "Status": ["open", None, "open", None],
        "Area": ["89.00 ha", None, "12 m²", None],
    }
    layer, sections = blocks(page)["Areas by rank"]
    rows = dict(zip(*(columns_of(layer, sections)[name] for name in ("area_id", "row")), strict=True))
    assert rows == {"HA-1": 0, "HA-3": 3, "HA-5": None}  # HA-2 has no shape, HA-4 is released
    assert len(decoded_shapes(layer, sections)) == 3
    assert layer["notes"] == [
        "No geometry: 1 of 4, counted here and not drawn.",
        "In the ranking, but not among these areas: 1. They are in the order, not on the map.",
    ]
    everything = b"".join(
        gzip.decompress(b64decode(one)) for one in re.findall(r'octet-stream" id="[^"]*">([^<]*)<', page)
    )
    assert SECRET.encode() not in everything
    assert SECRET not in page
    assert "Internal use: shows exact uncleared land" in page
    pd.testing.assert_frame_equal(pd.DataFrame(areas), pd.DataFrame(before))
    named, _ = block_of(live_ranking(ranking, areas=areas, columns=["operator", "survey_date"]).render())
    assert named["facts"][-1] == {"label": "Recorded", "values": ["2024-02-29", None, "2024-02-29", "2024-02-29"]}


def test_a_page_for_the_public_has_no_shape_of_an_area(
    table: pd.DataFrame, areas: gpd.GeoDataFrame, units: gpd.GeoDataFrame
) -> None:
    ranking = prioritise(table, CRITERIA, missing="worst")
    page = live_ranking(ranking, areas=areas, admin_areas=units, hazards="admin").render()
    found = blocks(page)
    assert list(found) == ["Units"]
    rows = columns_of(*found["Units"])
    assert dict(zip(rows["name"], rows["rows"], strict=True)) == {"West": "0 2", "East": None}
    assert found["Units"][0]["notes"] == ["In none of these units: 1. They are in the order, not on the map."]
    assert "Internal use" not in page
    assert "by administrative unit only" in page
    numbers = areas.assign(admin_code=areas["admin_code"].map({"A": 1.0, "B": 2.0, "Z": 9.0}))
    texts = units.assign(admin_code=["1", "2"])
    again = columns_of(
        *blocks(live_ranking(ranking, areas=numbers, admin_areas=texts, hazards="admin").render())["Units"]
    )
    assert again["rows"] == rows["rows"]
    page = live_ranking(ranking, areas=areas, admin_areas=units, hazards="none").render()
    assert blocks(page) == {}
    assert block_of(page)[0]["unit"] == ["West", None, "West", None]
    assert "No shape of uncleared land is on this page; the list names the areas." in page
    for word in ("18.12", "44.01"):
        assert word not in re.sub(r"<script.*?</script>", "", page, flags=re.S)


def test_what_the_page_can_not_be_made_of_is_refused(
    table: pd.DataFrame, areas: gpd.GeoDataFrame, units: gpd.GeoDataFrame
) -> None:
    ranking = prioritise(table, CRITERIA, missing="worst")
    with pytest.raises(OptionError, match="moves the weights of a sum; this ranking is by method='promethee'"):
        live_ranking(prioritise(table, CRITERIA, method="promethee", missing="worst"))
    with pytest.raises(OptionError, match="hazards must be one of"):
        live_ranking(ranking, areas=areas, hazards="exakt")  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="hazards='admin' needs the units"):
        live_ranking(ranking, areas=areas, hazards="admin")
    with pytest.raises(OptionError, match="hazards='admin' needs the areas and the units"):
        live_ranking(ranking, admin_areas=units, hazards="admin")
    with pytest.raises(DataError, match="lacks 'admin_code'"):
        live_ranking(ranking, areas=areas.drop(columns="admin_code"), admin_areas=units, hazards="admin")
    for top in (0, 2.5, True):
        with pytest.raises(OptionError, match="top must be a whole number of 1 or more"):
            live_ranking(ranking, top=top)  # type: ignore[arg-type]
    with pytest.raises(OptionError, match="never on a map"):
        live_ranking(ranking, areas=areas.assign(owner_name="x"), columns=["owner_name"])
    other = Scheme("a", "a", "a", False, "", CRITERIA[:1])
    with pytest.raises(OptionError, match="other criteria or classes"):
        live_ranking(ranking, scheme=other)


def test_counts_of_victims_are_for_internal_use(table: pd.DataFrame, areas: gpd.GeoDataFrame) -> None:
    criteria = (Criterion("victims", 0, 10, 1.0),)
    ranking = prioritise(table.rename(columns={"people": "victims"}), criteria, missing="worst")
    with pytest.raises(OptionError, match="criterion 'victims' could count victims or persons"):
        live_ranking(ranking, areas=areas, hazards="none")
    assert "Internal use: shows what could count victims or persons" in live_ranking(ranking).render()


def test_a_class_by_victims_is_for_internal_use(table: pd.DataFrame, areas: gpd.GeoDataFrame) -> None:
    """The sentence of a class says the count that its threshold was held against."""
    first = PriorityClass("first", (Threshold("killed_count", at_least=1),))
    scheme = Scheme("a", "a", "a", False, "", CRITERIA, classes=(first, PriorityClass("rest")))
    ranking = prioritise(table.assign(killed_count=[17, 0, 0, 0]), scheme, missing="worst")
    for hazards in ("none", "admin"):
        with pytest.raises(OptionError, match="threshold 'killed_count' could count victims or persons"):
            live_ranking(ranking, areas=areas, hazards=hazards)  # type: ignore[arg-type]
    page = live_ranking(ranking).render()
    assert "killed count (17;" in block_of(page)[0]["said"][2]
    assert "Internal use: shows what could count victims or persons" in page


def test_how_many_were_asked_is_for_internal_use(table: pd.DataFrame, areas: gpd.GeoDataFrame) -> None:
    asked = table.assign(people_women_consulted_count=[2, 7, 2, 7], people_men_consulted_count=[1, 5, 1, 5])
    ranking = prioritise(asked, CRITERIA, missing="worst")
    page = live_ranking(ranking, areas=areas, hazards="none").render()
    header, public = block_of(page)
    assert [one["isAsked"] for one in header["criteria"]] == [False, False]
    page = live_ranking(ranking).render()
    assert "Internal use: shows what could count victims or persons" in page
    header, internal = block_of(page)
    assert [one["isAsked"] for one in header["criteria"]] == [True, False]
    assert len(internal) > len(public)  # the counts are not only hidden
