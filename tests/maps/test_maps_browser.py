import os
from pathlib import Path
from types import SimpleNamespace

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from folium.plugins import MarkerCluster
from opened import SIZES, Opened

from landrelease.maps import land_release_map, map_layer, priority_map, save_page

REAL = Path(os.environ.get("LANDRELEASE_REAL_DATA", Path(__file__).parents[2].parent / "shared" / "data"))
HOSTILE = [
    "<img src=x onerror=window.pwned=1>", "${window.pwned=1}", "a`b", "</script><b>x", "{{ 7*7 }}", "{% set a=1 %}",
    "{# 12", "back\\slash\\u0041", "\u202eright to left", "\u0642\u0631\u064a\u0629", "&lt;b&gt;",
    "'\"><svg onload=window.pwned=1>",
]  # fmt: skip
pytestmark = pytest.mark.browser


def square(x, y=44.0, size=0.02):
    return shapely.box(x, y, x + size, y + size)


@pytest.fixture(scope="module")
def frames():
    areas = gpd.GeoDataFrame(
        {
            "area_id": ["HA-1", "HA-2", "HA-3", "HA-4"],
            "status": ["open", "open", "suspended", "open"],
            "hazard_class": ["CHA", "SHA", "SHA", "SHA"],
            "area_m2": [3.5e6, 3.5e6, np.nan, 1e6],
        },
        geometry=[
            shapely.MultiPolygon([square(18.0), square(18.0, 44.05)]),
            shapely.Polygon(square(18.05).exterior, [square(18.055, 44.005, 0.01).exterior]),
            square(18.1),
            None,
        ],
        crs=4326,
    )
    releases = gpd.GeoDataFrame(
        {
            "release_id": ["R-1", "R-2"],
            "area_id": ["HA-8", "HA-9"],
            "verdict": ["as_intended", "unused"],
            "area_m2": [1e6, 2e6],
        },
        geometry=[square(18.15), square(18.1)],
        crs=4326,
    )
    projects = gpd.GeoDataFrame(
        {"project_id": ["P-1", "P-2"], "location_id": ["P-1/1", "P-2/1"], "title": ["Village school", "Budget"],
         "is_point": [True, False]},
        geometry=[shapely.Point(18.2, 44.01), None], crs=4326,
    )  # fmt: skip
    admin = gpd.GeoDataFrame(
        {"admin_code": ["A"], "name": ["Middle Province"], "level": [1]},
        geometry=[shapely.box(17.9, 43.9, 18.4, 44.2)], crs=4326,
    )  # fmt: skip
    return SimpleNamespace(areas=areas, releases=releases, projects=projects, admin=admin)


@pytest.fixture(scope="module")
def land_page(frames, tmp_path_factory):
    path = tmp_path_factory.mktemp("maps") / "land.html"
    chart = land_release_map(
        frames.areas, releases=frames.releases, projects=frames.projects, admin_areas=frames.admin, title="Sample"
    )
    chart.save(path)
    return path


def test_page_opens_and_is_painted(browser, land_page):
    opened = Opened(browser, land_page).painted()
    assert opened.colour_at(18.01, 44.01)[0] == [255, 0, 0, 128]
    assert opened.colour_at(18.01, 44.06)[0] == [255, 0, 0, 128]
    red, green, blue, alpha = opened.colour_at(18.052, 44.01)[0]
    assert (abs(red - 0xF4), abs(green - 0xA7), abs(blue - 0x18)) <= (2, 2, 2)
    assert alpha == 128
    # a hole shows the base map, a release its verdict
    assert opened.colour_at(18.06, 44.01) == [[255, 255, 255, 255]]
    red, green, blue, alpha = opened.colour_at(18.16, 44.01)[0]
    assert max(abs(red - 0x00), abs(green - 0x9E), abs(blue - 0x73)) <= 2
    assert opened.colour_at(18.2, 44.01)[0] == [255, 255, 255, 255]
    assert opened.colour_at(18.04, 44.04) == [[255, 255, 255, 255]]
    text = opened.page.inner_text("body")
    assert "No record is not evidence of no contamination." in text
    assert "Internal use: shows exact uncleared land" in text
    assert opened.page.evaluate("document.documentElement.lang") == "en"
    opened.clean()


def test_a_further_layer_of_units_hides_no_hazard(browser, frames, tmp_path):
    chart = land_release_map(frames.areas, releases=frames.releases, admin_areas=frames.admin)
    map_layer(frames.admin, "admin_areas", colour_by="name").add_to(chart)
    chart.save(tmp_path / "shaded.html")
    opened = Opened(browser, tmp_path / "shaded.html").painted()
    assert opened.colour_at(18.01, 44.01)[0] == [255, 0, 0, 128]
    assert len(opened.colour_at(18.01, 44.01)) == 3  # the units of the page and those of the layer lie below
    opened.clean()


def test_open_has_a_red_outline(browser, land_page):
    opened = Opened(browser, land_page).painted()
    # the west edge of an SHA: red over half of orange
    colours = [opened.colour_at(18.05 + step * 2e-5, 44.004) for step in range(-6, 7)]
    assert any(one and one[0][0] == 255 and one[0][1] < 90 for one in colours)
    opened.clean()


def test_hover_and_click(browser, land_page):
    opened = Opened(browser, land_page).painted()
    page = opened.page
    page.mouse.move(*opened.point(18.01, 44.01))
    assert page.inner_text(".lr-tip") == "HA-1\nCHA: confirmed · Open"
    page.mouse.move(*opened.point(18.04, 44.04))
    assert page.inner_text(".lr-tip").startswith("Middle Province")
    page.mouse.click(*opened.point(18.11, 44.01))
    card = page.inner_text(".lr-popup")
    assert "1 of 3 here" in card
    assert "HA-3" in card
    assert "SHA: suspected · Suspended: work stopped" in card
    assert "not recorded" in card
    page.click("text=›")
    assert "R-2" in page.inner_text(".lr-popup")
    assert "Not in productive use" in page.inner_text(".lr-popup")
    page.mouse.click(*opened.point(18.06, 44.01))
    assert "Middle Province" in page.inner_text(".lr-popup h2")
    opened.clean()


def test_legend_totals_and_filter(browser, land_page):
    opened = Opened(browser, land_page).painted()
    page = opened.page
    rows = page.locator("section:has(h2:has-text('Hazardous areas')) .lr-legend").first.locator("tr").all()
    assert [row.locator("th, td").all_text_contents() for row in rows] == [
        ["Class", "Areas", "km²"],
        ["CHA: confirmed", "1", "3.50"],
        ["SHA: suspected", "3", "4.50"],
        ["All", "4", "8.00"],
    ]
    assert "No geometry: 1 of 4" in page.inner_text("#lr-layers")
    assert "Known only to an area, not drawn: 1." in page.inner_text("#lr-layers")
    page.uncheck("label:has-text('CHA: confirmed') input")
    page.wait_for_timeout(100)
    opened.painted()
    assert opened.colour_at(18.01, 44.01) == [[255, 255, 255, 255]]
    assert len(opened.colour_at(18.052, 44.01)) == 2
    page.uncheck("label:has-text('Suspended') input")
    page.wait_for_timeout(100)
    assert len(opened.painted().colour_at(18.105, 44.005)) == 2
    page.check("label:has-text('CHA: confirmed') input")
    page.wait_for_timeout(100)
    assert opened.painted().colour_at(18.01, 44.01)[0] == [255, 0, 0, 128]
    page.uncheck("h2 label:has-text('Hazardous areas') input")
    assert opened.colour_at(18.01, 44.01) == [[255, 255, 255, 255]]
    opened.clean()


def test_search_by_keyboard(browser, land_page):
    opened = Opened(browser, land_page, SIZES[1]).painted()
    page = opened.page
    page.focus("#lr-toggle")
    page.keyboard.press("Enter")
    assert page.get_attribute("#lr-toggle", "aria-expanded") == "true"
    page.focus("#lr-search")
    page.keyboard.type("VILLAGE")
    assert page.inner_text("#lr-status") == "1 found"
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#lr-results li", "aria-selected") == "true"
    page.keyboard.press("Enter")
    page.wait_for_selector(".lr-popup")
    assert page.inner_text(".lr-popup h2") == "Village school"
    page.keyboard.press("Escape")
    page.evaluate("document.getElementById('lr-search').value = ''")
    page.click("#lr-toggle")
    page.fill("#lr-search", "nowhere")
    assert page.inner_text("#lr-status") == "Nothing on this map has that id or name"
    opened.clean()


def test_hostile_text_in_a_plain_map_runs_nothing(browser, tmp_path):
    chart = folium.Map([44, 18], tiles=None, zoom_start=5)
    for k, text in enumerate(HOSTILE):
        frame = gpd.GeoDataFrame({"name": [text]}, geometry=[square(18.2 + k)], crs=4326)
        folium.GeoJson(frame, name=text, tooltip=folium.GeoJsonTooltip(["name"])).add_to(chart)
        popup = folium.Popup(text, parse_html=True, show=True, sticky=True)
        folium.Marker([44, 18 + k], popup=popup, tooltip=text).add_to(chart)
        folium.CircleMarker([43, 18 + k], popup=text).add_to(chart)
    folium.LayerControl(collapsed=False).add_to(chart)
    save_page(chart, tmp_path / "plain.html")
    opened = Opened(browser, tmp_path / "plain.html")
    opened.page.wait_for_selector(".leaflet-marker-icon")
    shown = [text.strip() for text in opened.page.locator(".leaflet-popup-content").all_text_contents()]
    assert sorted(shown) == sorted(HOSTILE)
    assert opened.page.evaluate("window.pwned") is None
    # folium's own labels are markup: the browser says that it refuses to run what is in them
    assert [said for said in opened.said if "Content Security Policy" not in said and "ERR_" not in said] == []
    opened.context.close()


def test_plain_map(browser, tmp_path):
    chart = folium.Map([44, 18], tiles=None, zoom_start=9, maxZoom=18)
    frame = gpd.GeoDataFrame({"name": ["box"]}, geometry=[square(18.2, size=0.1)], crs=4326)
    folium.GeoJson(frame, name="Boxes", tooltip=folium.GeoJsonTooltip(["name"])).add_to(chart)
    folium.Marker([44, 18], popup="said", tooltip="tip").add_to(chart)
    folium.Marker([44.2, 18], icon=folium.Icon(color="green", icon="home")).add_to(chart)
    folium.CircleMarker([44.1, 17.9], radius=8).add_to(chart)
    MarkerCluster([[43.8, 18], [43.8, 18.001], [43.8, 18.002]]).add_to(chart)
    folium.LayerControl(collapsed=False).add_to(chart)
    save_page(chart, tmp_path / "plain.html")
    opened = Opened(browser, tmp_path / "plain.html")
    page = opened.page
    page.wait_for_selector(".marker-cluster")
    assert page.inner_text(".marker-cluster") == "3"
    icon = page.locator("img.leaflet-marker-icon")
    assert icon.count() == 1
    assert icon.evaluate("image => image.complete && image.naturalWidth") == 25
    assert page.locator(".leaflet-marker-icon svg path").get_attribute("fill") == "#72b026"
    assert "Boxes" in page.inner_text(".leaflet-control-layers")
    icon.click()
    page.wait_for_selector(".leaflet-popup-content")
    assert page.inner_text(".leaflet-popup-content").strip() == "said"
    opened.clean()


def test_priorities(browser, frames, tmp_path):
    parts = pd.DataFrame({"area_id": ["HA-1", "HA-2"], "people": [0.6, 0.1], "roads": [0.05, 0.2]})
    criteria = [SimpleNamespace(column="people", label="<b>People</b> within 1 km", unit="count", weight=0.7)]
    table = pd.DataFrame({"area_id": ["HA-1", "HA-2"], "score": [0.65, 0.3], "rank": [1, 2]})
    ranking = SimpleNamespace(table=table, contributions=parts, criteria=criteria)
    priority_map(frames.areas, ranking, admin_areas=frames.admin).save(tmp_path / "rank.html")
    opened = Opened(browser, tmp_path / "rank.html").painted()
    assert opened.colour_at(18.01, 44.01)[0] == [0x00, 0x22, 0x4E, 255]
    opened.page.mouse.click(*opened.point(18.01, 44.01))
    rows = opened.page.locator(".lr-parts tbody tr").all_inner_texts()
    assert [row.split() for row in rows] == [
        ["<b>People</b>", "within", "1", "km", "weight", "0.7", "0.6"],
        ["Roads", "0.05"],
    ]
    facts = opened.page.inner_text(".lr-facts")
    assert "Rank\t1" in facts
    assert "Score\t0.65" in facts
    opened.clean()


def test_unknown_values_add_nothing_that_is_known(browser, frames, tmp_path):
    ids = ["HA-1", "HA-2"]
    parts = pd.DataFrame({"area_id": ids, "people": [0.0, 0.0], "roads": [0.5, 0.2]})
    values = pd.DataFrame({"area_id": ids, "people": [np.nan, 0.0], "roads": [np.nan, 3.0]})
    table = pd.DataFrame({"area_id": ids, "score": [0.5, 0.2], "rank": [1, 2]})
    ranking = SimpleNamespace(table=table, contributions=parts, criteria=[], values=values)
    priority_map(frames.areas, ranking).save(tmp_path / "rank.html")
    opened = Opened(browser, tmp_path / "rank.html").painted()
    opened.page.mouse.click(*opened.point(18.01, 44.01))
    rows = opened.page.locator(".lr-parts tbody tr").all_inner_texts()
    assert [" ".join(row.split()) for row in rows] == ["Roads not known, counted as 0.5", "People not known"]
    opened.page.mouse.click(*opened.point(18.052, 44.01))
    rows = opened.page.locator(".lr-parts tbody tr").all_inner_texts()
    assert [" ".join(row.split()) for row in rows] == ["Roads 0.2", "People 0"]
    opened.clean()


@pytest.mark.parametrize("kind", ["land", "priority"])
def test_points_and_lines_are_seen_and_clicked(browser, frames, tmp_path, kind):
    areas = frames.areas.copy()
    # the point lies within another area, and is seen none the less
    areas.loc[3, "geometry"] = shapely.Point(18.01, 44.01)
    line = gpd.GeoDataFrame(
        {"area_id": ["HA-5"], "status": ["open"], "hazard_class": ["CHA"], "area_m2": [np.nan]},
        geometry=[shapely.LineString([(18.2, 44.02), (18.3, 44.02)])], crs=4326,
    )  # fmt: skip
    areas.loc[3, "area_m2"] = np.nan
    areas = pd.concat([areas, line], ignore_index=True)
    if kind == "land":
        chart = land_release_map(areas)
    else:
        ids = areas["area_id"].tolist()
        table = pd.DataFrame({"area_id": ids, "score": [5.0, 4, 3, 2, 1], "rank": [1, 2, 3, 4, 5]})
        parts = pd.DataFrame({"area_id": ids, "people": table["score"]})
        chart = priority_map(areas, SimpleNamespace(table=table, contributions=parts, criteria=[]))
    chart.save(tmp_path / "points.html")
    opened = Opened(browser, tmp_path / "points.html").painted()
    inside, on_line = (0xF4, 0xA7, 0x18), (0xFF, 0, 0)
    if kind == "priority":
        inside, on_line = (0xBC, 0xAF, 0x6F), (0xFE, 0xE8, 0x38)
    assert opened.colour_at(18.01, 44.01)[0][:3] == list(inside)
    assert opened.colour_at(18.25, 44.02)[0][:3] == list(on_line)
    x, y = opened.point(18.01, 44.01)
    opened.page.mouse.click(x, y)
    card = opened.page.inner_text(".lr-popup")
    assert "1 of 2 here" in card
    assert "HA-4" in card
    assert "Known to a point only, size not known" in card
    rows = opened.page.locator(".lr-legend tr:has-text('Known to a')").all()
    assert [row.locator("th, td").all_text_contents() for row in rows] == [
        ["Known to a point only, size not known", "1"],
        ["Known to a line only, size not known", "1"],
    ]
    opened.page.uncheck("label:has-text('Known to a point only') input")
    opened.page.wait_for_timeout(100)
    assert opened.painted().colour_at(18.01, 44.01)[0][:3] != list(inside)
    opened.clean()


def test_units_say_their_totals(browser, frames, tmp_path):
    admin = frames.admin.assign(area_before_m2=7e9, hazardous_m2=3.45e6, released_m2=52_000.0, population_count=1200)
    land_release_map(frames.areas, admin_areas=admin).save(tmp_path / "units.html")
    opened = Opened(browser, tmp_path / "units.html").painted()
    opened.page.mouse.click(*opened.point(18.04, 44.04))
    rows = opened.page.locator(".lr-facts tr").all_inner_texts()
    assert [tuple(row.split("\t")) for row in rows] == [
        ("Name", "Middle Province"),
        ("Code", "A"),
        ("Level", "1"),
        ("Population", "1,200"),
        ("Hazardous land", "3.45 km²"),
        ("Released land", "5.2 ha"),
    ]
    opened.clean()


def test_a_unit_without_a_record_says_so(browser, frames, tmp_path):
    beside = frames.admin.assign(admin_code="B", name="East Province", geometry=[shapely.box(18.4, 43.9, 18.6, 44.2)])
    units = pd.concat([frames.admin, beside], ignore_index=True)
    land_release_map(frames.areas.assign(admin_code="B"), admin_areas=units, hazards="admin").save(
        tmp_path / "none.html"
    )
    opened = Opened(browser, tmp_path / "none.html").painted()
    opened.page.mouse.click(*opened.point(18.04, 44.04))
    assert "Hazardous land\tno hazard on record" in opened.page.inner_text(".lr-facts")
    assert "not recorded" not in opened.page.inner_text(".lr-facts")
    assert "No record is not evidence of no contamination." in opened.page.inner_text("body")
    opened.clean()


def test_further_layers_of_the_caller(browser, frames, tmp_path):
    chart = land_release_map(frames.areas)
    folium.Marker([44.03, 18.03], tooltip="camp").add_to(chart)
    folium.LayerControl(collapsed=False).add_to(chart)
    chart.save(tmp_path / "more.html")
    opened = Opened(browser, tmp_path / "more.html").painted()
    page = opened.page
    assert page.locator("img.leaflet-marker-icon").count() == 1
    page.uncheck(".leaflet-control-layers label:has-text('Hazardous areas') input")
    assert opened.colour_at(18.01, 44.01) == []
    assert not page.is_checked("h2 label:has-text('Hazardous areas') input")
    opened.clean()


@pytest.mark.parametrize("hazards", ["admin", "none"])
def test_public_pages(browser, frames, tmp_path, hazards):
    areas = frames.areas.assign(admin_code="A")
    chart = land_release_map(areas, releases=frames.releases, admin_areas=frames.admin, hazards=hazards)
    chart.save(tmp_path / "public.html")
    opened = Opened(browser, tmp_path / "public.html").painted()
    # nothing of the hazards' shapes: inside one and beside it the page is the same
    inside, beside = (opened.colour_at(*place) for place in ((18.112, 44.022), (18.13, 44.022)))
    assert inside == beside
    assert inside[0] == ([255, 255, 255, 255] if hazards == "none" else [0xFE, 0xCC, 0x5C, 255])
    text = opened.page.inner_text("body")
    assert "Internal use" not in text
    assert "Uncleared land is" in text
    opened.clean()


@pytest.mark.parametrize("size", SIZES)
def test_a_layer_on_a_map_of_somebody_else(browser, frames, tmp_path, size):
    """Beside ordinary folium layers: legend, filter, search, hover, click, and a table of what was selected."""
    chart = folium.Map([44.02, 18.06], tiles=None, zoom_start=12, maxZoom=18)
    areas = frames.areas.assign(operator=["=1+1", 'a "b", c', None, "x"])
    map_layer(areas, "areas", columns=["operator"], name="<i>Hazards</i> ${1}").add_to(chart)
    map_layer(frames.releases, "releases", colour_by="verdict").add_to(chart)
    folium.Marker([44.06, 18.06], tooltip="camp").add_to(chart)
    folium.GeoJson(square(18.0, 43.97, 0.01), name="ordinary").add_to(chart)
    folium.LayerControl(collapsed=False, position="bottomleft").add_to(chart)
    save_page(chart, tmp_path / "mine.html")
    opened = Opened(browser, tmp_path / "mine.html", size).painted()
    page = opened.page
    page.wait_for_function("document.querySelectorAll('.lr-box section').length === 2")
    box = page.locator(".lr-box")
    if size[0] < 720:
        page.locator(".lr-box summary").focus()
        page.keyboard.press("Enter")
    text = box.inner_text()
    assert "Internal use: shows exact uncleared land" in text
    assert "No record is not evidence of no contamination." in text
    assert page.locator(".lr-box h2").all_text_contents() == ["<i>Hazards</i> ${1}", "Released land"]
    names = [name.strip() for name in page.locator(".leaflet-control-layers-overlays label").all_inner_texts()]
    assert names == ["<i>Hazards</i> ${1}", "Released land", "ordinary"]
    section = box.locator("section").first
    assert section.locator("button:visible").all_text_contents() == ["Select all in view"]
    section.get_by_text("Select all in view").click()
    assert section.locator("output").text_content() == "3 selected"
    table = opened.saved_csv(section.get_by_text("Save as CSV")).set_index("area_id")
    assert set(table.index) == {"HA-1", "HA-2", "HA-3"}
    # as write_csv has it: formulas as text, nothing for what is missing
    assert table.loc["HA-1", "operator"] == "'=1+1"
    assert table.loc["HA-2", "operator"] == 'a "b", c'
    assert table.loc["HA-3", ["operator", "area_m2"]].tolist() == ["", ""]
    assert float(table.loc["HA-1", "area_m2"]) == 3.5e6
    section.get_by_text("Clear").click()
    page.fill("#lr-search", "ha-2")
    page.keyboard.press("Enter")
    assert page.inner_text(".lr-popup h2") == "HA-2"
    page.click(".lr-popup >> text=Select")
    assert section.locator("output").text_content() == "1 selected"
    assert page.locator(".lr-popup >> text=Take out of the selection").count() == 1
    if size[0] < 720:
        box.locator("summary").click()
    assert opened.saved_csv(section.get_by_text("Save as CSV"))["area_id"].tolist() == ["HA-2"]
    page.keyboard.press("Escape")
    section.locator("label:has-text('SHA: suspected') input").uncheck()
    page.wait_for_timeout(100)
    assert opened.painted().colour_at(18.052, 44.01) == []
    opened.clean()


def test_around_180_degrees_it_is_drawn_and_found(browser, tmp_path):
    across = shapely.box(179.95, -17, 180.05, -16.9)
    areas = gpd.GeoDataFrame(
        {"area_id": ["across"], "status": "open", "hazard_class": "CHA"}, geometry=[across], crs=4326
    )
    land_release_map(areas).save(tmp_path / "fiji.html")
    opened = Opened(browser, tmp_path / "fiji.html").painted()
    for longitude in (179.97, 180.03):
        assert opened.colour_at(longitude, -16.95)[0] == [255, 0, 0, 128]
        opened.page.mouse.move(*opened.point(longitude, -16.95))
        assert opened.page.inner_text(".lr-tip").startswith("across")
    assert opened.colour_at(180.06, -16.95) == []
    opened.page.fill("#lr-search", "across")
    opened.page.keyboard.press("Enter")
    bounds = opened.on_map("(() => { const b = MAP.getBounds(); return [b.getWest(), b.getEast()]; })()")
    assert 179 < bounds[0] < 179.95
    assert 180.05 < bounds[1] < 181
    opened.painted().clean()


def test_nothing_to_draw(browser, frames, tmp_path):
    land_release_map(frames.areas.iloc[:0], releases=frames.releases.iloc[:0]).save(tmp_path / "empty.html")
    opened = Opened(browser, tmp_path / "empty.html")
    opened.page.wait_for_selector("body.lr-ready")
    opened.clean()


def test_browser_without_decompression_says_so(browser, land_page):
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.add_init_script("delete window.DecompressionStream")
    page.goto(land_page.as_uri())
    assert "can not unpack the data of this page" in page.inner_text("#lr-message")
    context.close()


def test_notebook(browser, frames, tmp_path):
    path = tmp_path / "notebook.html"
    chart = land_release_map(frames.areas)
    path.write_text(f"<!DOCTYPE html><title>x</title>{chart._repr_html_()}", encoding="utf-8")
    opened = Opened(browser, path)
    frame = opened.page.frame_locator("iframe")
    frame.locator("canvas.leaflet-tile-loaded").first.wait_for()
    assert opened.said == []
    opened.context.close()


@pytest.mark.real
def test_bosnia(browser, tmp_path):
    folder = REAL / "bih"
    if not folder.exists():
        pytest.skip(f"no real data at {REAL}: set LANDRELEASE_REAL_DATA")
    shapes = {name: gpd.read_file(folder / f"{name}_areas.geojson") for name in ("suspect", "cleared")}
    areas = shapes["suspect"].assign(status="open", hazard_class="SHA")
    areas["area_id"] = [f"HA-{i}" for i in range(len(areas))]
    releases = shapes["cleared"].assign(release_type="cleared")
    releases["release_id"] = [f"R-{i}" for i in range(len(releases))]
    path = tmp_path / "bih.html"
    land_release_map(areas, releases=releases, title="Bosnia and Herzegovina").save(path)
    assert path.stat().st_size < 3e6
    opened = Opened(browser, path).painted()
    assert "No geometry: 3,097 of 11,068" in opened.page.inner_text("#lr-layers")
    opened.page.fill("#lr-search", "HA-9876")
    opened.page.keyboard.press("Enter")
    assert opened.page.inner_text(".lr-popup h2") == "HA-9876"
    opened.clean()
