"""Base maps through one option: shaded units, settlements and roads below the land, and names on the map."""

from itertools import pairwise
from pathlib import Path

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hostile_texts import ALL
from opened import SIZES, Opened
from payload_reader import blocks, columns_of
from test_maps_ground import COVER, write

import landrelease as lr
from landrelease import coordination_gaps
from landrelease.errors import OptionError
from landrelease.maps import (
    bounds_map,
    coordination_map,
    land_release_map,
    live_ranking,
    map_layer,
    priority_map,
    raster_layer,
    save_page,
    timeline_map,
    verdict_map,
)
from landrelease.maps.style import UNIT_SHADES, label_of
from landrelease.priority import Criterion, prioritise

UNITS = "Administrative units"


def box(x, y=44.0, size=0.5):
    return shapely.box(x, y, x + size, y + size)


@pytest.fixture
def units():
    return gpd.GeoDataFrame(
        {
            "admin_code": list("ABCDEF"),
            "name": ["North", "South", "South", None, "West", "East"],
            "level": 2,
            "accident_count": pd.array([0, 1, 4, 9, 16, None], dtype="Int64"),
        },
        geometry=[box(18 + i / 2) for i in range(6)],
        crs=4326,
    )


@pytest.fixture
def places():
    return gpd.GeoDataFrame(
        {
            "settlement_id": ["1", "2", "3", "4"],
            "name": ["Town", "Village", None, "Hamlet"],
            "population_count": pd.array([9000, 100, 500, None], dtype="Int64"),
        },
        geometry=gpd.points_from_xy([18.2, 18.2005, 18.9, 19.4], [44.3, 44.3, 44.3, 44.45]),
        crs=4326,
    )


@pytest.fixture
def roads():
    return gpd.GeoDataFrame(
        {"road_id": ["M17"], "name": ["Main road"]}, geometry=[shapely.LineString([(18, 44.1), (20, 44.1)])], crs=4326
    )


@pytest.fixture
def areas():
    return gpd.GeoDataFrame(
        {"area_id": ["HA-1"], "status": ["open"], "hazard_class": ["CHA"], "area_m2": [1e6], "admin_code": ["B"]},
        geometry=[shapely.box(18.6, 44.2, 18.65, 44.25)],
        crs=4326,
    )


def page_of(chart):
    return chart.get_root().render()


def lightness(colour):
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


# Shaded units


def test_units_are_shaded_in_one_layer_and_stand_on_the_page_once(areas, units):
    base = [map_layer(units, "admin_areas", colour_by="accident_count")]
    found = blocks(page_of(land_release_map(areas, base=base)))
    assert list(found) == ["Hazardous areas", UNITS]
    header, sections = found[UNITS]
    assert sorted(columns_of(header, sections)["admin_code"]) == list("ABCDEF")
    shades = header["facets"][0]
    assert shades["title"] == "Accident count"
    # nought, and the quarters of 1, 4, 9, 16: one value each; what is missing is a class of its own
    assert [(one["label"], one["count"]) for one in shades["entries"]] == [
        ("16", 1), ("9", 1), ("4", 1), ("1", 1), ("0", 1), ("Not recorded", 1),
    ]  # fmt: skip
    *known, missing = (one["look"] for one in shades["entries"])
    # the more, the darker; and apart by more than colour
    values = [lightness(one["colour"]) for one in known]
    assert values == sorted(values)
    assert all(other / one > 1.1 for one, other in pairwise(values))
    assert missing["hatch"]
    assert not any("hatch" in one for one in known)
    assert "Accident count" in [spec["label"] for spec in header["columns"]]


def test_nought_is_a_class_of_its_own(areas, units):
    """As the quarters of 1, 1, 2, 3, 5 are: up to 1, to 2, to 3 and above."""
    counts = units.assign(accident_count=[0, 1, 1, 2, 3, 5])
    layer = map_layer(counts, "admin_areas", colour_by="accident_count")
    header, _ = blocks(page_of(land_release_map(areas, base=[layer])))[UNITS]
    found = [(one["label"], one["count"]) for one in header["facets"][0]["entries"]]
    assert found == [("5", 1), ("3", 1), ("2", 1), ("1", 2), ("0", 1)]


@pytest.mark.parametrize(("values", "labels"), [([3, 3, 3, 3, 3, 3], ["3"]), ([None] * 6, ["Not recorded"]),
                                                ([0, 0, 0, 0, 0, 7], ["7", "0"])])  # fmt: skip
def test_few_values_have_few_shades(areas, units, values, labels):
    counts = units.assign(accident_count=pd.array(values, dtype="Int64"))
    header, _ = blocks(
        page_of(land_release_map(areas, base=[map_layer(counts, "admin_areas", colour_by="accident_count")]))
    )[UNITS]
    assert [one["label"] for one in header["facets"][0]["entries"]] == labels
    if len(labels) == 2:  # few is light and many is dark, also where there are but two classes
        assert [one["look"]["colour"] for one in header["facets"][0]["entries"]] == [UNIT_SHADES[-1], UNIT_SHADES[0]]


def test_units_that_lie_above_others_hide_nothing(areas, units):
    whole = gpd.GeoDataFrame({"admin_code": ["T"], "name": ["Land"], "level": [1], "accident_count": [30]},
                             geometry=[units.union_all()], crs=4326)  # fmt: skip
    both = pd.concat([units, whole], ignore_index=True)
    layer = map_layer(both, "admin_areas", colour_by="accident_count")
    header, sections = blocks(page_of(land_release_map(areas, base=[layer])))[UNITS]
    fills = header["looks"]["fills"]
    code = columns_of(header, sections)["admin_code"]
    classes = sections[5 + len(header["columns"])]
    assert fills[classes[code.index("T")]] == {"colour": None, "solid": None}
    assert "30" not in [one["label"] for one in header["facets"][0]["entries"]]


def test_texts_of_units_are_pale(areas, units):
    layer = map_layer(units.assign(entity=list("xxyyzz")), "admin_areas", colour_by="entity")
    header, _ = blocks(page_of(land_release_map(areas, base=[layer])))[UNITS]
    looks = [one["look"]["colour"] for one in header["facets"][0]["entries"]]
    assert len(set(looks)) == 3
    assert all(lightness(colour) > 0.4 for colour in looks)


@pytest.mark.parametrize(("column", "said"), [
    ("accident_count", "Accident count"), ("road_m", "Road (m)"), ("idp_share", "Idp"), ("cost_usd", "Cost (US$)"),
    ("operator", "Operator"), ("Nesreće", "Nesreće"), ("Count_x", "Count_x"), ("{{ 7*7 }}", "{{ 7*7 }}"),
    ("population_count", "Population"), ("_m2", "_m2"),
])  # fmt: skip
def test_a_plain_name_is_said_in_words_and_any_other_as_it_is(column, said):
    assert label_of(column) == said


# One option for all pages


def pages(areas, units, base):
    """Every page that has a base map, with that one."""
    dated = pd.to_datetime(["2020-01-01"])
    shape = areas.geometry.to_numpy()
    cells = {"release_id": ["R-1"], "release_date": dated, "admin_code": ["A"], "verdict": ["unused"]}
    releases = gpd.GeoDataFrame(cells, geometry=shape, crs=4326)
    periods = areas.assign(from_date=dated, to_date=pd.to_datetime([None]))
    ranking = prioritise(pd.DataFrame({"area_id": ["HA-1"], "people": [4]}), [Criterion("people", 0, 10, 1.0)])
    projects = pd.DataFrame({"project_id": ["P1"], "location_id": ["P1/1"], "admin_code": ["A"]})
    links = pd.DataFrame({"release_id": [], "project_id": [], "weight_share": [], "tier": []}, dtype="str")
    gaps = coordination_gaps(releases, projects, links=links.astype({"weight_share": float}), as_of="2022-12-31")
    shares = pd.DataFrame({"admin_code": ["A"], "productive_share_low": [0.1], "productive_share_high": [0.2]})
    yield land_release_map(areas, base=base)
    yield priority_map(areas, ranking, base=base)
    yield timeline_map(periods, base=base)
    yield verdict_map(releases, as_of="2021-01-01", base=base)
    yield coordination_map(gaps, releases, hazards="none", base=base)
    yield bounds_map(units, shares, base=base)
    yield live_ranking(ranking, areas=areas, base=base)


def test_the_same_base_lies_on_every_page(areas, units, places, roads):
    base = [map_layer(places, "settlements"), map_layer(roads, "roads", show=False)]
    made = [one.get_root() if hasattr(one, "get_root") else one for one in pages(areas, units, base)]
    for chart in made:  # all are made before the first is written: none takes a layer from another
        found = blocks(chart.render())
        assert {"Settlements", "Roads"} <= set(found), list(found)
    assert all(layer._parent is None for layer in base)


def test_what_does_not_lie_below_is_refused(areas, units, places, tmp_path):
    shaded = map_layer(units, "admin_areas", colour_by="accident_count")
    cover = raster_layer(write(tmp_path / "a.tif", [[10, 40]]), colours=COVER)
    for layer in (map_layer(areas, "areas"), folium.FeatureGroup(), units):
        with pytest.raises(OptionError, match=r"base\[1\] is nothing that lies below"):
            land_release_map(areas, base=[map_layer(places, "settlements"), layer])
    for options in ({"admin_areas": units, "base": [shaded]}, {"base": [shaded, shaded]}):
        with pytest.raises(OptionError, match="would find each of them twice"):
            land_release_map(areas, **options)
    ranking = prioritise(pd.DataFrame({"area_id": ["HA-1"], "people": [4]}), [Criterion("people", 0, 10, 1.0)])
    for layer in (shaded, cover):
        with pytest.raises(OptionError, match="needs a legend"):
            live_ranking(ranking, areas=areas, base=[layer])
    shares = pd.DataFrame({"admin_code": ["A"], "productive_share_low": [0.1], "productive_share_high": [0.2]})
    with pytest.raises(OptionError, match="twice"):
        bounds_map(units, shares, base=[shaded])


def test_a_page_without_hazards_has_none_in_its_base(areas, units):
    told = units.assign(hazardous_m2=1234.0, hazard_count=1)
    with pytest.raises(OptionError, match="'hazard_count', 'hazardous_m2', 'hazards_said'"):
        land_release_map(areas, hazards="none", base=[map_layer(told, "admin_areas")])
    periods = areas.assign(from_date=pd.to_datetime(["2020-01-01"]), to_date=pd.to_datetime([None]))
    releases = areas[["geometry"]].assign(release_id="R-1", verdict="unknown", area_m2=1e6)
    with pytest.raises(OptionError, match="'hazard_count', 'hazardous_m2', 'hazards_said'"):
        verdict_map(releases, as_of="2025-12-31", base=[map_layer(told, "admin_areas")])
    for page in (land_release_map(areas, hazards="none", admin_areas=told),
                 timeline_map(periods, hazards="none", admin_areas=told),
                 verdict_map(releases, as_of="2025-12-31", admin_areas=told)):  # fmt: skip
        header, _ = blocks(page_of(page))[UNITS]
        assert not {spec["name"] for spec in header["columns"]} & {"hazardous_m2", "hazard_count", "hazards_said"}


def test_images_of_the_base_join_the_legend(areas, tmp_path):
    cover = raster_layer(write(tmp_path / "cover.tif", [[10, 40]]), colours=COVER)
    charts = [land_release_map(areas, base=[cover]) for _ in range(2)]
    assert all("landrelease.imageLayer" in page_of(chart) for chart in charts)
    assert page_of(charts[0]).index("landrelease.start(") < page_of(charts[0]).index("landrelease.imageLayer(\n")


def test_the_first_view_shows_the_whole_ground_where_that_is_not_much_wider(units):
    def first_view(shape):
        one = gpd.GeoDataFrame({"area_id": ["HA-1"], "status": ["open"]}, geometry=[shape], crs=4326)
        (start,) = [
            child for child in land_release_map(one, admin_areas=units)._children.values() if child._name == "Start"
        ]
        return start.bounds

    assert first_view(shapely.box(18.1, 44.0, 20.8, 44.45)) == [[44.0, 18.0], [44.5, 21.0]]
    # the land of one unit is not lost in a country
    assert first_view(shapely.box(18.1, 44.1, 18.4, 44.4)) == [[44.1, 18.1], [44.4, 18.4]]


# Notes


def test_notes_say_each_thing_once(areas):
    three = pd.concat([areas] * 3, ignore_index=True).assign(area_id=["1", "2", "3"])
    bare = three.assign(area_m2=[1e6, np.nan, np.nan], geometry=[areas.geometry[0], None, None])
    header, _ = blocks(page_of(land_release_map(bare)))["Hazardous areas"]
    assert header["notes"] == [
        "Neither geometry nor known area: 2 of 3, counted here, not drawn, not in the km².",
    ]
    header, _ = blocks(page_of(land_release_map(bare.assign(area_m2=[1e6, 1e6, np.nan]))))["Hazardous areas"]
    assert header["notes"][:2] == [
        "No geometry: 2 of 3, counted here and not drawn.", "Area not known: 1 of 3, not in the km².",
    ]  # fmt: skip


def test_a_release_whose_land_others_hold_is_not_said_to_have_no_geometry(areas):
    """Two records of one clearance, and one on land that is hazardous again: by `releases_from` itself."""
    shape = areas.geometry[0]
    events = gpd.GeoDataFrame(
        {"event_id": list("123456"), "area_id": ["A", "B", "C", "A", "B", "C"],
         "event": ["suspected", "suspected", "suspected", "cleared", "cleared", "confirmed"],
         "event_date": pd.to_datetime(["2015-01-01"] * 3 + ["2016-01-01", "2017-01-01", "2018-01-01"])},
        geometry=[shape, shape, shapely.box(18.7, 44.2, 18.75, 44.25)] * 2, crs=4326,
    )  # fmt: skip
    releases = lr.releases_from(events)
    assert releases["area_m2"].eq(0).sum() == 1
    said = "All their land is in other records: 1 of 2, counted here and not drawn."
    header, _ = blocks(page_of(land_release_map(areas, releases=releases)))["Released land"]
    assert header["notes"] == [said]
    on_hazard = releases.assign(conflict_m2=[5.0, 5.0])
    header, _ = blocks(page_of(land_release_map(areas, releases=on_hazard)))["Released land"]
    assert header["notes"] == [said, "Of these, on land that another record holds hazardous: 1."]
    header, _ = blocks(page_of(timeline_map(lr.status_periods(events), releases=releases)))["Land released by then"]
    assert header["covered"] == [1]


# A timeline by unit


def test_a_timeline_by_unit_is_refused_for_a_reason_that_holds_in_the_sample(areas):
    periods = areas.assign(from_date=pd.to_datetime(["2020-01-01"]), to_date=pd.to_datetime([None]))
    with pytest.raises(OptionError, match="would tell places"):
        timeline_map(periods, hazards="admin")
    events, _ = lr.usable_rows(lr.read(lr.sample_programme().parent / "events.gpkg", "events"), "events")
    periods = lr.status_periods(events)
    hazards = periods[~periods["status"].isin(["released", "superseded"])]
    unit, area, m2 = (hazards[name].to_numpy(dtype=object) for name in ("admin_code", "area_id", "area_m2"))
    start = hazards["from_date"].fillna(pd.Timestamp.min.ceil("D")).to_numpy()
    end = hazards["to_date"].fillna(pd.Timestamp.max.floor("D")).to_numpy()
    releases = lr.releases_from(events, end="2025-12-31").dropna(subset=["release_date"])
    alone = ~releases.duplicated(["release_date", "admin_code"], keep=False)
    partial, told = 0, 0
    for one, is_alone in zip(releases.itertuples(), alone, strict=True):
        now, before = (
            (start <= day) & (day < end) for day in (one.release_date, one.release_date - pd.Timedelta(days=1))
        )
        if one.area_id not in area[now]:
            continue
        partial += 1
        kept, was = m2[now & (unit == one.admin_code)], m2[before & (unit == one.admin_code)]
        fall = pd.Series(was).sum() - pd.Series(kept).sum()
        told += is_alone and len(kept) == len(was) and abs(fall - one.area_m2) < max(1, 0.001 * one.area_m2)
    docs = Path(__file__).parents[2] / "docs" / "maps.md"
    assert f"{told} of the {partial} releases" in " ".join(docs.read_text(encoding="utf-8").split())


# Names on the map, in a browser


def named(opened):
    names = "Object.values(window).find((one) => one instanceof L.Map)?.landreleaseNames"
    opened.page.wait_for_function(f"{names} && !{names}.waiting")
    return opened.on_map("() => MAP.landreleaseNames.placed.map(({ text, box }) => ({ text, box }))")


def apart(names):
    boxes = [one["box"] for one in names]
    return not any(
        a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3] for i, a in enumerate(boxes) for b in boxes[:i]
    )


def ink(opened, names):
    """How many pixels of the canvas of names are painted in each box."""
    return opened.on_map(
        """(boxes) => {
          const canvas = document.querySelector('canvas.lr-names');
          const probe = Object.assign(document.createElement('canvas'), { width: canvas.width, height: canvas.height });
          const brush = probe.getContext('2d', { willReadFrequently: true });
          brush.drawImage(canvas, 0, 0);
          return boxes.map(([left, top, right, bottom]) => {
            const data = brush.getImageData(left, top, right - left, bottom - top).data;
            return data.filter((value, i) => i % 4 === 3 && value > 128).length;
          });
        }""",
        [one["box"] for one in names],
    )


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES)
def test_names_of_settlements_and_units(browser, areas, units, places, roads, tmp_path, size):
    base = [map_layer(units, "admin_areas", colour_by="accident_count"), map_layer(places, "settlements"),
            map_layer(roads, "roads")]  # fmt: skip
    land_release_map(areas, base=base).save(tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html", size).painted()
    opened.centre(18.75, 44.25, 8)
    names = named(opened)
    texts = [one["text"] for one in names]
    assert apart(names)
    # the larger of two settlements at one place, and no name where none is recorded; two units of one name are two
    assert "Town" in texts
    assert "Village" not in texts
    assert texts.count("South") == 2
    assert min(ink(opened, names)) > 20
    opened.centre(18.2, 44.3, 18)
    assert {"Town", "Village"} <= {one["text"] for one in named(opened)}
    # the shade of the unit, the dot of a place without a name
    opened.centre(18.9, 44.3, 11)
    opened.painted()
    value = [int(UNIT_SHADES[1][i : i + 2], 16) for i in (1, 3, 5)]
    assert opened.colour_at(18.8, 44.4)[0] == [*value, 255]
    assert opened.colour_at(18.9, 44.3)[0][:3] == [0x1D, 0x27, 0x33]
    # names go with their layer
    opened.page.evaluate("document.getElementById('lr-toggle').click()")
    opened.page.locator("section:has(h2:has-text('Settlements')) h2 input").uncheck()
    opened.centre(18.2, 44.3, 12)
    opened.page.wait_for_timeout(100)
    assert {one["text"] for one in named(opened)} <= {"North", "South", "West", "East"}
    opened.clean()


@pytest.mark.browser
def test_names_are_data(browser, areas, tmp_path):
    texts = pd.Series([*ALL, " ", "\n\t"], dtype="object")
    places = gpd.GeoDataFrame(
        {"settlement_id": range(len(texts)), "name": texts},
        geometry=gpd.points_from_xy(18 + np.arange(len(texts)) % 3, 40 + np.arange(len(texts)) / 3), crs=4326,
    )  # fmt: skip
    cells = {"admin_code": range(len(ALL)), "name": pd.Series(ALL, dtype="object")}
    units = gpd.GeoDataFrame(cells, geometry=[box(10 + i % 5, 40 + i // 5, 0.9) for i in range(len(ALL))], crs=4326)
    chart = land_release_map(areas, base=[map_layer(places, "settlements"), map_layer(units, "admin_areas")])
    chart.save(tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html").painted()
    opened.centre(15, 44, 6)
    names = named(opened)
    assert len(names) > 10
    assert apart(names)
    assert all(len(one["text"]) <= 40 and one["text"].strip() for one in names)
    opened.clean()


@pytest.mark.browser
def test_ten_thousand_settlements(browser, areas, tmp_path):
    rng = np.random.default_rng(7)
    n = 10_000
    people = pd.Series(rng.lognormal(5, 1.5, n).astype("int64"))
    places = gpd.GeoDataFrame(
        {"settlement_id": range(n), "name": [f"Село {i}" if i % 10 else None for i in range(n)],
         "population_count": people},
        geometry=gpd.points_from_xy(rng.uniform(17, 20, n), rng.uniform(43, 45, n)), crs=4326,
    )  # fmt: skip
    land_release_map(areas, base=[map_layer(places, "settlements")]).save(tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html").painted()
    opened.centre(18.5, 44, 8)
    names = named(opened)
    assert 30 < len(names) <= 400
    assert apart(names)
    largest = people.where(places["name"].notna(), 0).idxmax()
    assert places["name"][largest] in [one["text"] for one in names]
    few = {one["text"] for one in names}
    opened.centre(18.5, 44, 11)
    assert len(few - {one["text"] for one in named(opened)}) < len(few)
    assert opened.page.locator("canvas.lr-names").count() == 1  # one canvas, no element for each name
    opened.clean()


@pytest.mark.browser
def test_names_on_a_map_of_somebody_else(browser, places, tmp_path):
    chart = folium.Map([44.3, 18.5], zoom_start=10, tiles=None)
    map_layer(places, "settlements").add_to(chart)
    save_page(chart, tmp_path / "own.html")
    opened = Opened(browser, tmp_path / "own.html").painted()
    assert "Town" in [one["text"] for one in named(opened)]
    opened.clean()


@pytest.mark.browser
def test_a_link_brings_back_a_layer_that_is_off_at_first(browser, areas, roads, tmp_path):
    land_release_map(areas, base=[map_layer(roads, "roads", show=False)]).save(tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html").painted()
    box_of = "section:has(h2:has-text('Roads')) h2 input"
    assert not opened.page.locator(box_of).is_checked()
    opened.page.locator(box_of).check()
    after = opened.page.evaluate("location.hash")
    opened.clean()
    again = Opened(browser, tmp_path / "page.html", after=after).painted()
    assert again.page.locator(box_of).is_checked()
    again.context.close()


@pytest.mark.browser
@pytest.mark.parametrize("lon", [179.5, -179.5])
def test_an_image_over_180_is_seen_from_both_sides(browser, tmp_path, lon):
    path = write(tmp_path / "a.tif", np.full((10, 40), 10), crs=4326, corner=(178, 5), size=0.1)
    chart = folium.Map([4.5, lon], zoom_start=8, tiles=None)
    raster_layer(path, colours=COVER).add_to(chart)
    save_page(chart, tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html")
    opened.page.wait_for_selector(".lr-ready")
    opened.centre(lon, 4.5, 8)
    at = opened.page.locator(".leaflet-image-layer").bounding_box()
    x, y = opened.point(lon, 4.5)
    assert at["x"] < x < at["x"] + at["width"]
    assert at["y"] < y < at["y"] + at["height"]
    opened.clean()


@pytest.mark.browser
def test_units_of_one_name_and_of_none_are_told_apart(browser, areas, units, tmp_path):
    again = units.assign(name=["North", "South", "South", None, " ", "East"])
    shares = pd.DataFrame({"admin_code": list("ABCDEF"), "productive_share_low": 0.1, "productive_share_high": 0.2})
    bounds_map(again, shares).save(tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html").painted()
    said = opened.page.locator(".lr-units tbody th").all_inner_texts()
    assert sorted(said) == ["D", "E", "East", "North", "South · B", "South · C"]
    opened.page.fill("#lr-search", "south")
    found = opened.page.locator("#lr-results li small").all_inner_texts()
    assert sorted(found) == ["Administrative unit · B", "Administrative unit · C"]
    opened.clean()


@pytest.mark.browser
def test_the_printed_key_says_what_the_shades_count(browser, areas, units, tmp_path):
    layer = map_layer(units, "admin_areas", colour_by="accident_count", name="Municipalities")
    land_release_map(areas, base=[layer]).save(tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html").painted()
    opened.page.get_by_role("button", name="Print").first.click()
    key = opened.page.inner_text(".lr-key").split("\n")
    assert key[key.index("Municipalities") + 1] == "Accident count"
    opened.clean()
