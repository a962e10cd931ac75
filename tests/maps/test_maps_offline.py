import io
import re

import folium
import geopandas as gpd
import pytest
import shapely
from branca.element import Element
from folium.plugins import HeatMap, MarkerCluster

from landrelease.errors import LandReleaseError
from landrelease.maps import save_page

HOSTILE = (
    "<img src=x onerror=window.pwned=1>", "${window.pwned=1}", "`", "</script>", "{{ 7*7 }}", "{% set a=1 %}", "{# 12",
    "\\", "\u202ename",
)  # fmt: skip


def saved(chart, tmp_path):
    path = tmp_path / "map.html"
    save_page(chart, path)
    return path.read_text(encoding="utf-8")


def loads(page):
    """Addresses that a browser would load for the markup of the page."""
    markup = re.sub(r"<script.*?</script>|<style.*?</style>", "", page, flags=re.S)
    return re.findall(r"""(?:src|href)=["']?([^"'\s>]+)""", markup) + re.findall(r"<script[^>]*src", page)


def test_plain_map_needs_nothing(tmp_path):
    chart = folium.Map([44, 18], tiles=None)
    folium.GeoJson(shapely.box(18, 44, 19, 45).__geo_interface__, name="box").add_to(chart)
    folium.Marker([44, 18], popup="a", tooltip="b", icon=folium.Icon(color="red")).add_to(chart)
    MarkerCluster([[44, 18], [44, 18.1]]).add_to(chart)
    folium.LayerControl().add_to(chart)
    page = saved(chart, tmp_path)
    assert loads(page) == []
    assert "img-src data: blob:;" in page
    assert "default-src 'none'" in page
    assert 'lang="en"' in page
    assert "user-scalable=no" not in page
    assert "sourceMappingURL" not in page


@pytest.mark.parametrize("url", ["https://example.org/a.js", "//example.org/a.js", "vendored/a.js"])
def test_unknown_script_raises_and_is_named(url, tmp_path):
    chart = folium.Map(tiles=None)
    chart.default_js = [*folium.Map.default_js, ("other", url)]
    with pytest.raises(LandReleaseError, match=re.escape(url)):
        save_page(chart, tmp_path / "map.html")
    assert not (tmp_path / "map.html").exists()


def test_unknown_plugin_raises(tmp_path):
    chart = folium.Map(tiles=None)
    HeatMap([[44, 18]]).add_to(chart)
    with pytest.raises(LandReleaseError, match="heat"):
        save_page(chart, tmp_path / "map.html")


@pytest.mark.parametrize(
    "markup",
    ['<img src="https://example.org/a.png">', "<script src=//example.org/a.js></script>",
     '<link rel="stylesheet" href="http://example.org/a.css">'],
)  # fmt: skip
def test_markup_that_loads_raises(markup, tmp_path):
    chart = folium.Map(tiles=None)
    chart.get_root().html.add_child(Element(markup))
    with pytest.raises(LandReleaseError, match=r"example\.org/a"):
        save_page(chart, tmp_path / "map.html")


def test_remote_image_raises(tmp_path):
    chart = folium.Map(tiles=None)
    folium.raster_layers.ImageOverlay("https://example.org/a.png", [[44, 18], [45, 19]]).add_to(chart)
    with pytest.raises(LandReleaseError, match=r"example\.org/a\.png"):
        save_page(chart, tmp_path / "map.html")


def test_tiles_allow_their_hosts_and_no_others(tmp_path):
    chart = folium.Map(tiles=None)
    folium.TileLayer("https://{s}.tiles.example/{z}/{x}/{y}.png", attr="x", subdomains="pq").add_to(chart)
    page = saved(chart, tmp_path)
    assert "img-src data: blob: https://p.tiles.example https://q.tiles.example;" in page


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_in_a_plain_map_is_no_template(text, tmp_path):
    chart = folium.Map([44, 18], tiles=None)
    frame = gpd.GeoDataFrame({"name": [text]}, geometry=[shapely.box(18, 44, 19, 45)], crs=4326)
    folium.GeoJson(frame, name=text, tooltip=folium.GeoJsonTooltip(["name"])).add_to(chart)
    folium.Marker([44, 18], popup=text, tooltip=text).add_to(chart)
    folium.CircleMarker([44, 18], popup=folium.Popup(text, parse_html=True)).add_to(chart)
    folium.LayerControl().add_to(chart)
    page = saved(chart, tmp_path)
    if "7*7" in text:
        # the data, three labels of layers and controls, a popup, a tooltip, a popup of text
        assert page.count(text) >= 5
    script = page.split("<body>")[1].split("<script nonce=")[1]
    assert script.count("</script>") == 1


def test_map_is_left_as_it_was(tmp_path):
    chart = folium.Map([44, 18], tiles=None)
    tip = folium.Tooltip("a `b`")
    folium.Marker([44, 18], popup="c `d`", tooltip=tip).add_to(chart)
    first = saved(chart, tmp_path)
    assert tip.text == "a `b`"
    assert "_template" not in vars(tip)
    plain = re.sub(r"\s+", "", chart.get_root().render())
    assert "a`b`" in plain
    nonce = r'nonce[-=]"?[\w-]+'
    assert re.sub(nonce, "", saved(chart, tmp_path)) == re.sub(nonce, "", first)


def test_licences_are_in_the_page(tmp_path):
    page = saved(folium.Map(tiles=None), tmp_path)
    assert "BSD 2-Clause License" in page


def test_nonce_is_new_each_time(tmp_path):
    chart = folium.Map(tiles=None)
    nonces = {re.search(r"nonce-([\w-]+)", saved(chart, tmp_path))[1] for _ in range(3)}
    assert len(nonces) == 3


def test_own_map_saves_to_a_stream_too():
    from landrelease.maps import land_release_map

    areas = gpd.GeoDataFrame({"area_id": ["a"], "status": ["open"]}, geometry=[shapely.box(18, 44, 19, 45)], crs=4326)
    stream = io.BytesIO()
    land_release_map(areas).save(stream, close_file=False)
    assert b"Content-Security-Policy" in stream.getvalue()
    assert "srcdoc" in land_release_map(areas)._repr_html_()
