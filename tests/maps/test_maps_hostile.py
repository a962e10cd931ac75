"""No text of the data is ever a template or a script: seen at the compiler of the template engine, and in a browser."""

import folium
import jinja2
import pandas as pd
import pytest
from hostile_texts import ALL, NAMES, TEXTS, VALUES, as_shown, frames, ranking
from opened import SIZES, Opened
from payload_reader import blocks

from landrelease.maps import bounds_map, land_release_map, map_layer, priority_map, save_page, verdict_map


def in_a_folium_map(table, frame, text):
    chart = folium.Map([44, 18], tiles=None, zoom_start=9)
    map_layer(frame, table, columns=NAMES if table == "areas" else None, name=text, **BY[table]).add_to(chart)
    folium.LayerControl(collapsed=False).add_to(chart)
    return chart


BY = {"areas": {"colour_by": TEXTS["literal"]}, "releases": {}, "projects": {}, "admin_areas": {}}
BUILDERS = {
    "land": lambda one, text: land_release_map(
        one.areas, releases=one.releases, projects=one.projects, admin_areas=one.units, columns=NAMES, title=text
    ),
    "by unit": lambda one, text: land_release_map(
        one.areas.assign(admin_code=VALUES), admin_areas=one.units, hazards="admin", title=text
    ),
    "priority": lambda one, text: priority_map(one.areas, ranking(), admin_areas=one.units, title=text),
    "verdict": lambda one, text: verdict_map(
        one.releases,
        as_of="2025-12-31",
        admin_areas=one.units,
        title=text,
        photos=pd.DataFrame({"release_id": VALUES, "photo_path": "a.jpg", "caption": VALUES}),
    ),
    "bounds": lambda one, text: bounds_map(
        one.units,
        pd.DataFrame({"admin_code": VALUES, "low": 0.0, "high": 1.0}),
        low="low",
        high="high",
        label=text,
        title=text,
    ),
    "areas": lambda one, text: in_a_folium_map("areas", one.areas, text),
    "releases": lambda one, text: in_a_folium_map("releases", one.releases, text),
    "projects": lambda one, text: in_a_folium_map("projects", one.projects, text),
    "admin_areas": lambda one, text: in_a_folium_map("admin_areas", one.units, text),
}
IS_OURS = {"land", "by unit", "priority", "verdict", "bounds"}


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
    for name, text in TEXTS.items():
        if name in ("own word", "prototype", "placeholder"):  # words that our own sources hold, too
            continue
        chart = BUILDERS[way](frames(), text)
        compiled.clear()
        save_page(chart, tmp_path / "page.html")
        chart.save(tmp_path / "folium.html")
        for source in compiled:
            for signs in ("{{ 7*7", "{% set", "{# 12", "{{ nobody", "${window", "<img", "<b>", "a`b`"):
                assert signs not in source, (name, signs)
        for saved in ("page.html", "folium.html"):
            page = (tmp_path / saved).read_text(encoding="utf-8")
            assert blocks(page), saved


def test_the_probe_sees_what_folium_compiles(compiled):
    """A probe that sees nothing would find nothing: folium's own popup goes through the engine."""
    chart = folium.Map([44, 18], tiles=None)
    folium.Marker([44, 18], popup="marked text").add_to(chart)
    chart.get_root().render()
    assert any("marked text" in source for source in compiled)


@pytest.mark.browser
@pytest.mark.parametrize("way", BUILDERS)
def test_titles_and_names_are_shown_as_they_are(browser, way, tmp_path):
    for number, text in enumerate((" ".join(ALL), " ".join(reversed(ALL)))):
        path = tmp_path / f"{number}.html"
        save_page(BUILDERS[way](frames(), text), path)
        opened = Opened(browser, path, SIZES[number])
        opened.page.wait_for_selector(".lr-ready")
        if way in IS_OURS:
            assert opened.page.text_content("h1") == as_shown(text)
            # the browser folds white space in titles
            assert opened.page.title().split() == as_shown(text).split()
        else:
            assert opened.page.text_content("h2 span") == as_shown(text)
            assert opened.page.text_content(".leaflet-control-layers-overlays").strip() == as_shown(text).strip()
        opened.clean()


@pytest.mark.browser
def test_values_columns_and_classes_are_shown_as_they_are(browser, tmp_path):
    one = frames()
    chart = land_release_map(one.areas, releases=one.releases, projects=one.projects, admin_areas=one.units)
    save_page(chart, tmp_path / "land.html")
    opened = Opened(browser, tmp_path / "land.html").painted()
    page = opened.page
    opened.on_map("MAP.setView([44.06, 18.3], 11, { animate: false })")
    rows = {"Hazardous area": 44.01, "Release": 44.06, "Project": 44.11, "Administrative unit": 44.17}
    for heading, lat in rows.items():
        for i, text in enumerate(ALL):
            at = [lat, 18.01 + i / 40]
            opened.on_map("(at) => MAP.fire('mousemove', { latlng: L.latLng(at) })", at)
            assert page.text_content(".lr-tip strong") == as_shown(text)
            opened.on_map("(at) => MAP.fire('click', { latlng: L.latLng(at) })", at)
            assert page.text_content(".lr-popup .lr-kind") == heading
            assert page.text_content(".lr-popup h2") == as_shown(text)
            assert as_shown(text) in page.locator(".lr-facts td").all_text_contents()
            opened.on_map("MAP.closePopup()")
    opened.clean()


@pytest.mark.browser
def test_names_of_columns_are_shown_as_they_are(browser, tmp_path):
    save_page(BUILDERS["land"](frames(), "x"), tmp_path / "columns.html")
    opened = Opened(browser, tmp_path / "columns.html").painted()
    opened.on_map("() => MAP.fire('click', { latlng: L.latLng(44.01, 18.01) })")
    assert set(NAMES) <= set(opened.page.locator(".lr-facts th").all_text_contents())
    opened.clean()


@pytest.mark.browser
def test_criteria_and_classes_of_a_scheme_are_shown_as_they_are(browser, tmp_path):
    save_page(BUILDERS["priority"](frames(), "x"), tmp_path / "rank.html")
    opened = Opened(browser, tmp_path / "rank.html").painted()
    opened.centre(18.01, 44.01)
    opened.page.mouse.click(*opened.point(18.01, 44.01))
    names = opened.page.locator(".lr-parts tbody th > span").all_text_contents()
    assert set(names) == set(NAMES)
    save_page(BUILDERS["areas"](frames(), "x"), tmp_path / "classes.html")
    opened.clean()
    opened = Opened(browser, tmp_path / "classes.html").painted()
    labels = opened.page.locator(".lr-legend label span").all_text_contents()
    # the eight most frequent of them; all are as frequent
    assert len(set(labels) & set(map(as_shown, ALL))) == 8
    opened.clean()


@pytest.mark.browser
def test_a_saved_table_holds_the_texts(browser, tmp_path):
    save_page(BUILDERS["areas"](frames(), "x"), tmp_path / "areas.html")
    opened = Opened(browser, tmp_path / "areas.html").painted()
    opened.on_map("MAP.setView([44.01, 18.3], 9, { animate: false })")
    opened.page.click("text=Select all in view")
    table = opened.saved_csv(opened.page.get_by_text("Save as CSV"))
    guarded = {"'" + text if text[0] in "=+-@\t\r\n" else text for text in map(as_shown, ALL)}
    assert set(table["area_id"]) == guarded
    assert guarded - {as_shown(TEXTS["surrogate"])} <= set(table.columns)
    opened.clean()
