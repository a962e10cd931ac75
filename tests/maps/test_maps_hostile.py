"""No text of the data is ever a template or a script: seen at the compiler of the template engine, and in a browser."""

import folium
import jinja2
import numpy as np
import pandas as pd
import pytest
import rasterio
from hostile_texts import ALL, DAY, NAMES, SHOWN, TEXTS, VALUES, as_shown, frames, ranking
from opened import SIZES, Opened
from payload_reader import blocks
from rasterio.transform import from_origin

from landrelease import coordination_gaps, maps
from landrelease.maps import (
    bounds_map,
    coordination_map,
    hillshade_layer,
    land_release_map,
    live_ranking,
    map_layer,
    priority_map,
    raster_layer,
    save_page,
    swipe,
    tile_layer,
    timeline_map,
    verdict_map,
)
from landrelease.priority import Criterion, PriorityClass, Scheme, Threshold, prioritise


def in_a_folium_map(*layers):
    chart = folium.Map([44, 18], tiles=None, zoom_start=9)
    for layer in layers:
        layer.add_to(chart)
    folium.LayerControl(collapsed=False).add_to(chart)
    return chart


def written(folder, number=0):
    """A raster whose name is hostile, too; its cells have the codes 1, 2, 3 ..."""
    path = folder / f"{number} {{{{ 7*7 }}}} ${{window.pwned=1}} <b> `.tif"
    options = {"driver": "GTiff", "width": len(ALL), "height": 3, "count": 1, "dtype": "uint8", "nodata": 0}
    place = from_origin(18, 44.1, 0.025, 0.025)
    with rasterio.open(path, "w", crs=4326, transform=place, **options) as file:
        file.write(np.tile(np.arange(len(ALL), dtype="uint8") + 1, (1, 3, 1)))
    return path


def coloured(folder, text, number=0):
    codes = dict(enumerate(ALL, start=1))
    colours = {code: f"#{code:02X}88FF" for code in codes}
    return raster_layer(written(folder, number), colours=colours, labels=codes, name=text, source=text)


def swiped(folder, text):
    sides = [coloured(folder, text, number) for number in (0, 1)]
    chart = in_a_folium_map(*sides)
    swipe(chart, *sides)
    return chart


def met(one, text):
    """Ids of releases and projects as the page shows them: a column of texts can not hold a lone surrogate."""
    releases = one.releases.assign(release_id=SHOWN, admin_code=SHOWN)
    projects = one.projects.assign(project_id=SHOWN, location_id=SHOWN, admin_code=SHOWN, implementer=SHOWN,
                                   sector_code="31120", start_date=DAY, end_date=DAY)  # fmt: skip
    links = pd.DataFrame({"release_id": SHOWN, "project_id": SHOWN, "weight_share": 1.0, "tier": "on_site"})
    areas = one.areas.assign(area_id=SHOWN, admin_code=SHOWN, status="open", hazard_class="CHA")
    gaps = coordination_gaps(releases, projects, links=links, hazards=areas, as_of="2022-12-31")
    return coordination_map(gaps, releases, projects=projects, areas=areas, admin_areas=one.units, title=text)


def in_time(one, text):
    periods = one.areas.assign(from_date=DAY, to_date=pd.NaT)
    return timeline_map(periods, releases=one.releases, admin_areas=one.units, title=text)


def weighed(one, text):
    n = len(SHOWN)
    table = pd.DataFrame({"area_id": SHOWN, "a": np.arange(n) / n, "b": 0.5, "tier": 0.0})
    long, other = TEXTS["long"][:200], TEXTS["markup"]
    criteria = (Criterion("a", 0, 1, 0.5, label=text, unit=other), Criterion("b", 0, 1, 0.5, label=other, unit=long))
    classes = (PriorityClass(TEXTS["template"], (Threshold("tier", at_least=1, label=other),)),
               PriorityClass(TEXTS["literal"]))  # fmt: skip
    scheme = Scheme(text, text, text, False, text, criteria, {}, (), "given", classes)
    areas = one.areas.assign(area_id=SHOWN, admin_code=SHOWN)
    ranked = prioritise(table, scheme)
    return live_ranking(ranked, areas=areas, scheme=scheme, admin_areas=one.units, columns=NAMES[:3], title=text)


BUILDERS = {
    "land": lambda one, text, _: land_release_map(
        one.areas, releases=one.releases, projects=one.projects, admin_areas=one.units, columns=NAMES, title=text
    ),
    "by unit": lambda one, text, _: land_release_map(
        one.areas.assign(admin_code=VALUES), admin_areas=one.units, hazards="admin", title=text
    ),
    "priority": lambda one, text, _: priority_map(one.areas, ranking(), admin_areas=one.units, title=text),
    "verdict": lambda one, text, _: verdict_map(
        one.releases,
        as_of="2025-12-31",
        admin_areas=one.units,
        title=text,
        photos=pd.DataFrame({"release_id": VALUES, "photo_path": "a.jpg", "caption": VALUES}),
    ),
    "bounds": lambda one, text, _: bounds_map(
        one.units,
        pd.DataFrame({"admin_code": VALUES, "low": 0.0, "high": 1.0}),
        low="low",
        high="high",
        label=text,
        title=text,
    ),
    "coordination": lambda one, text, _: met(one, text),
    "timeline": lambda one, text, _: in_time(one, text),
    "live": lambda one, text, _: weighed(one, text),
    "areas": lambda one, text, _: in_a_folium_map(
        map_layer(one.areas, "areas", columns=NAMES, name=text, colour_by=TEXTS["literal"])
    ),
    "releases": lambda one, text, _: in_a_folium_map(map_layer(one.releases, "releases", name=text)),
    "projects": lambda one, text, _: in_a_folium_map(map_layer(one.projects, "projects", name=text)),
    "admin_areas": lambda one, text, _: in_a_folium_map(map_layer(one.units, "admin_areas", name=text)),
    "settlements": lambda one, text, _: in_a_folium_map(
        map_layer(one.projects.assign(settlement_id=VALUES, name=VALUES), "settlements", name=text)
    ),
    "roads": lambda one, text, _: in_a_folium_map(
        map_layer(one.areas.assign(road_id=VALUES, name=VALUES, geometry=one.areas.boundary), "roads", name=text)
    ),
    "raster": lambda one, text, folder: in_a_folium_map(coloured(folder, text)),
    "relief": lambda one, text, folder: in_a_folium_map(hillshade_layer(written(folder), name=text)),
    "swipe": lambda one, text, folder: swiped(folder, text),
    "tiles": lambda one, text, _: in_a_folium_map(tile_layer("tiles", attribution=text, name=text)),
}
OF = {
    "land_release_map": "land", "priority_map": "priority", "verdict_map": "verdict", "bounds_map": "bounds",
    "coordination_map": "coordination", "timeline_map": "timeline", "live_ranking": "live", "map_layer": "areas",
    "raster_layer": "raster", "hillshade_layer": "relief", "swipe": "swipe", "tile_layer": "tiles",
}  # fmt: skip
IS_OURS = {"land", "by unit", "priority", "verdict", "bounds", "coordination", "timeline", "live"}
WITHOUT_TABLE = {"raster", "relief", "swipe", "tiles", "live"}
"""Of these the page holds no block of the common format, or only pictures."""
ELSEWHERE = {"save_page", "static_map"}
"""What saves each of them here, and what makes no page: its titles and names are drawn in test_static_map."""


def test_each_builder_of_the_package_is_here():
    assert set(maps.__all__) - ELSEWHERE == set(OF)
    assert set(OF.values()) <= set(BUILDERS)


SAID = """(places) => places.map((at) => {
  const map = MAP;
  const text = (name) => document.querySelector(name).textContent;
  map.fire('mousemove', { latlng: L.latLng(at) });
  const tip = text('.lr-tip strong');
  map.fire('click', { latlng: L.latLng(at) });
  const cells = [...document.querySelectorAll('.lr-facts td')].map((one) => one.textContent);
  const found = [tip, text('.lr-popup .lr-kind'), text('.lr-popup h2'), cells];
  map.closePopup();
  return found;
})"""


@pytest.fixture
def compiled(monkeypatch):
    """All that is given to the template engine to compile."""
    sources = []
    whole = jinja2.Environment.compile

    def compile_(self, source, *arguments, **options):
        sources.append(source if isinstance(source, str) else str(source))
        return whole(self, source, *arguments, **options)

    monkeypatch.setattr(jinja2.Environment, "compile", compile_)
    return sources


@pytest.mark.parametrize("way", BUILDERS)
def test_no_text_reaches_the_template_engine(way, compiled, tmp_path):
    """Neither in our pages nor, where the layer is put on somebody else's map, in what folium itself saves."""
    # words that our own sources hold, too, are left out
    texts = [text for name, text in TEXTS.items() if name not in ("own word", "prototype", "placeholder")]
    for text in (" ".join(texts), *(TEXTS[name] for name in ("template", "statement", "template comment"))):
        chart = BUILDERS[way](frames(), text, tmp_path)
        compiled.clear()
        save_page(chart, tmp_path / "page.html")
        chart.save(tmp_path / "folium.html")
        assert compiled
        for sign in ("{{ 7*7", "{% set", "{# 12", "{{ nobody", "${window", "<img", "<b>", "a`b`"):
            assert [source for source in compiled if sign in source] == [], sign
        for saved in ("page.html", "folium.html"):
            page = (tmp_path / saved).read_text(encoding="utf-8")
            assert way in WITHOUT_TABLE or blocks(page), saved


def test_the_probe_sees_what_folium_compiles(compiled):
    """A probe that sees nothing would find nothing: folium's own popup goes through the engine."""
    chart = folium.Map([44, 18], tiles=None)
    folium.Marker([44, 18], popup="marked text").add_to(chart)
    chart.get_root().render()
    assert any("marked text" in source for source in compiled)


@pytest.mark.browser
@pytest.mark.parametrize("way", [way for way in BUILDERS if way != "tiles"])  # of which test_maps_ground has files
def test_titles_and_names_are_shown_as_they_are(browser, way, tmp_path):
    number = list(BUILDERS).index(way) % 2
    text = " ".join(ALL[:: -1 if number else 1])
    save_page(BUILDERS[way](frames(), text, tmp_path), tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html", SIZES[number])
    opened.page.wait_for_selector(".lr-ready")
    if way in IS_OURS:
        assert opened.page.text_content("h1") == as_shown(text)
        # the browser folds white space in titles
        assert opened.page.title().split() == as_shown(text).split()
    else:
        assert opened.page.text_content("h2 span") == as_shown(text)
        names = opened.page.locator(".leaflet-control-layers-overlays label").all_text_contents()
        assert {name.strip() for name in names} == {as_shown(text).strip()}
    opened.clean()


@pytest.mark.browser
def test_values_columns_and_classes_are_shown_as_they_are(browser, tmp_path):
    one = frames()
    chart = land_release_map(one.areas, releases=one.releases, projects=one.projects, admin_areas=one.units)
    save_page(chart, tmp_path / "land.html")
    opened = Opened(browser, tmp_path / "land.html").painted()
    opened.on_map("MAP.setView([44.06, 18.3], 11, { animate: false })")
    rows = {"Hazardous area": 44.01, "Release": 44.06, "Project": 44.11, "Administrative unit": 44.17}
    places = [[lat, 18.01 + i / 40] for lat in rows.values() for i in range(len(ALL))]
    found = opened.on_map(SAID, places)
    wanted = [(heading, as_shown(text)) for heading in rows for text in ALL]
    for (heading, text), (tip, kind, title, cells) in zip(wanted, found, strict=True):
        assert (tip, kind, title) == (text, heading, text)
        assert text in cells
    opened.clean()


@pytest.mark.browser
def test_names_of_columns_are_shown_as_they_are(browser, tmp_path):
    save_page(BUILDERS["land"](frames(), "x", tmp_path), tmp_path / "columns.html")
    opened = Opened(browser, tmp_path / "columns.html").painted()
    opened.on_map("() => MAP.fire('click', { latlng: L.latLng(44.01, 18.01) })")
    assert set(NAMES) <= set(opened.page.locator(".lr-facts th").all_text_contents())
    opened.clean()


@pytest.mark.browser
def test_criteria_and_classes_of_a_scheme_are_shown_as_they_are(browser, tmp_path):
    save_page(BUILDERS["priority"](frames(), "x", tmp_path), tmp_path / "rank.html")
    opened = Opened(browser, tmp_path / "rank.html").painted()
    opened.centre(18.01, 44.01)
    opened.page.mouse.click(*opened.point(18.01, 44.01))
    names = opened.page.locator(".lr-parts tbody th > span").all_text_contents()
    assert set(names) == set(NAMES)
    save_page(BUILDERS["areas"](frames(), "x", tmp_path), tmp_path / "classes.html")
    opened.clean()
    opened = Opened(browser, tmp_path / "classes.html").painted()
    labels = opened.page.locator(".lr-legend label span").all_text_contents()
    # the eight most frequent of them; all are as frequent
    assert len(set(labels) & set(map(as_shown, ALL))) == 8
    opened.clean()


@pytest.mark.browser
def test_a_saved_table_holds_the_texts(browser, tmp_path):
    save_page(BUILDERS["areas"](frames(), "x", tmp_path), tmp_path / "areas.html")
    opened = Opened(browser, tmp_path / "areas.html").painted()
    opened.on_map("MAP.setView([44.01, 18.3], 9, { animate: false })")
    opened.page.click("text=Select all in view")
    table = opened.saved_csv(opened.page.get_by_text("Save as CSV"))
    guarded = {"'" + text if text[0] in "=+-@\t\r\n" else text for text in map(as_shown, ALL)}
    assert set(table["area_id"]) == guarded
    assert guarded - {as_shown(TEXTS["surrogate"])} <= set(table.columns)
    opened.clean()
