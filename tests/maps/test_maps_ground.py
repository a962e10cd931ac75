"""Base maps without internet, evidence, coordination, bounds: what is in the file, and what a browser shows."""

import base64
import gzip
import json
import warnings
from types import SimpleNamespace

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from hostile_texts import SHOWN, TEXTS, VALUES, as_shown
from hypothesis import given
from hypothesis import strategies as st
from opened import Opened
from rasterio.transform import from_origin

from landrelease import coordination_gaps, use_summary
from landrelease.errors import CRSError, DataError, DataWarning, OptionError
from landrelease.geometry import to_crs
from landrelease.maps import (
    bounds_map,
    coordination_map,
    hillshade_layer,
    land_release_map,
    map_layer,
    raster_layer,
    save_page,
    tile_layer,
    verdict_map,
)
from landrelease.maps.html.tiles import is_beside

COVER = {10: "#117733", 40: "#DDCC77"}


def write(path, cells, *, crs=32634, corner=(4e5, 4.9e6), size=100.0, nodata=0, dtype="uint8", **more):
    cells = np.asarray(cells)
    with rasterio.open(
        path, "w", driver="GTiff", height=cells.shape[0], width=cells.shape[1], count=1, dtype=dtype, crs=crs,
        nodata=nodata, transform=from_origin(*corner, size, size), **more,
    ) as file:  # fmt: skip
        file.write(cells.astype(dtype), 1)
    return path


def read_block(layer):
    """The header and the image of a layer, read by the format's own description."""
    raw = gzip.decompress(base64.b64decode(layer._payload))
    size = int.from_bytes(raw[:4], "little")
    header = json.loads(raw[4 : 4 + size])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.MemoryFile(raw[4 + size :]) as file, file.open() as image:
            bands = image.read()
    if len(bands) == 3:  # nothing is transparent
        bands = np.concatenate([bands, np.full_like(bands[:1], 255)])
    return header, np.moveaxis(bands, 0, -1)


def place_of(layer, image, lon, lat):
    """The pixel at a place: rows are even in web Mercator, not in degrees."""
    (south, west), (north, east) = layer.bounds
    y = [np.log(np.tan(np.pi / 4 + np.radians(one) / 2)) for one in (north, lat, south)]
    row = int((y[0] - y[1]) / (y[0] - y[2]) * image.shape[0])
    return image[row, int((lon - west) / (east - west) * image.shape[1])].tolist()


def square(x, y=44.0, size=0.02):
    return shapely.box(x, y, x + size, y + size)


# Rasters


def test_classes_stay_classes_and_lie_where_they_are(tmp_path):
    cells = np.full((60, 80), 10)
    cells[:, 40:], cells[50:] = 40, 0
    layer = raster_layer(write(tmp_path / "cover.tif", cells), colours=COVER, labels={10: "<b>Trees"}, opacity=1)
    header, image = read_block(layer)
    assert {tuple(one) for one in image.reshape(-1, 4) if one[3]} == {(0x11, 0x77, 0x33, 255), (0xDD, 0xCC, 0x77, 255)}
    for column, row, colour in ((3, 3, "117733FF"), (38, 48, "117733FF"), (42, 3, "DDCC77FF"), (20, 55, "00000000")):
        spot = gpd.GeoDataFrame(geometry=gpd.points_from_xy([4e5 + 100 * column], [4.9e6 - 100 * row]), crs=32634)
        (lon, lat), *_ = to_crs(spot, 4326).get_coordinates().to_numpy()
        pixel = place_of(layer, image, lon, lat)
        assert pixel[3] == 0 if colour == "00000000" else bytes(pixel).hex().upper() == colour
    assert [entry["label"] for entry in header["facets"][0]["entries"]] == ["<b>Trees", "Class 40"]
    assert header["type"] == "image/webp"


def test_a_coarser_pixel_is_its_commonest_class_or_its_mean(tmp_path):
    cells = np.tile([[10, 10, 40], [10, 40, 10], [10, 10, 10]], (60, 60))
    path = write(tmp_path / "a.tif", cells, crs=3857, corner=(2e6, 1000), size=10)
    header, image = read_block(raster_layer(path, colours=COVER, opacity=1, max_pixels=60 * 60))
    assert {tuple(one) for one in image.reshape(-1, 4)} == {(0x11, 0x77, 0x33, 255)}
    assert "A pixel is 30 m; the file has 10 m." in header["notes"][0]
    values = np.tile([[0, 8], [8, 8]], (50, 50))
    path = write(tmp_path / "b.tif", values, crs=3857, corner=(2e6, 1000), size=10, nodata=-1, dtype="int16")
    header, image = read_block(raster_layer(path, limits=(0, 12), max_pixels=50 * 50, opacity=1))
    assert len({tuple(one) for one in image.reshape(-1, 4)}) == 1
    labels = [entry["label"] for entry in header["facets"][0]["entries"]]
    assert labels == ["12", "9", "6", "3", "0"]


def test_what_is_not_coloured_is_said(tmp_path):
    cells = np.repeat([[10, 40, 50, 60]], 4, axis=0)
    header, image = read_block(raster_layer(write(tmp_path / "a.tif", cells), colours=COVER))
    assert "Other classes, not shown: 2 (50 % of the pixels with data)." in header["notes"]
    assert (image[..., 3] == 0).any()


def test_scale_and_unit_of_the_file_are_read(tmp_path):
    path = write(tmp_path / "ndvi.tif", [[-2000, 8000], [-2000, 8000]], dtype="int16", nodata=-32768)
    with rasterio.open(path, "r+") as file:
        file.scales, file.units = (1e-4,), ("NDVI",)
    header, _ = read_block(raster_layer(path, limits=(-0.2, 0.8)))
    labels = [entry["label"] for entry in header["facets"][0]["entries"]]
    assert labels == ["0.8 NDVI", "0.55 NDVI", "0.3 NDVI", "0.05 NDVI", "-0.2 NDVI"]


def test_a_table_of_colours_in_the_file_is_used(tmp_path):
    path = write(tmp_path / "a.tif", [[1, 2], [2, 1]], nodata=None, photometric="palette")
    with rasterio.open(path, "r+") as file:
        file.write_colormap(1, {1: (10, 20, 30, 255), 2: (200, 0, 0, 255)})
    header, _ = read_block(raster_layer(path, nodata="none", labels={1: "One"}, opacity=1))
    entries = header["facets"][0]["entries"]
    assert [(one["label"], one["look"]["solid"]) for one in entries] == [("One", "#0A141EFF"), ("Class 2", "#C80000FF")]


def test_only_what_the_page_needs_and_no_more_than_it_may_hold(tmp_path):
    noise = np.random.default_rng(1).integers(1, 200, (400, 400))
    path = write(tmp_path / "a.tif", noise, crs=3857, corner=(2e6, 1000), size=10)
    with pytest.raises(DataError, match="max_bytes is 10,000") as told:
        raster_layer(path, max_bytes=10_000)
    fewer = int(str(told.value).split("max_pixels=")[1].split(",")[0])
    assert len(base64.b64decode(raster_layer(path, max_bytes=10_000, max_pixels=fewer)._payload)) < 12_000
    part = gpd.GeoDataFrame(geometry=[shapely.box(2e6 + 1000, -1000, 2e6 + 1500, -500)], crs=3857)
    _, image = read_block(raster_layer(path, within=part, max_pixels=10_000))
    assert image.shape[0] <= 53
    with pytest.raises(DataError, match="no land in common"):
        raster_layer(path, within=part.translate(1e6).to_frame("geometry"))


@pytest.mark.parametrize("corner", [(178.0, 5.0), (-182.0, 5.0), (538.0, 5.0)])
def test_a_raster_in_degrees_reaches_over_180(tmp_path, corner):
    cells = np.full((10, 40), 10)
    cells[:, 20:] = 40
    path = write(tmp_path / "a.tif", cells, crs=4326, corner=corner, size=0.1)
    layer = raster_layer(path, colours=COVER, opacity=1)
    _, image = read_block(layer)
    assert np.allclose(layer.bounds, [[4, 178], [5, 182]])
    # each half has its own class, to the last column: no gap at 180
    assert (image[:, :20, :3] == (0x11, 0x77, 0x33)).all()
    assert (image[:, 20:, :3] == (0xDD, 0xCC, 0x77)).all()
    part = gpd.GeoDataFrame(geometry=[shapely.box(179.5, 4, 180, 4.5), shapely.box(-180, 4, -179.5, 4.5)], crs=4326)
    (_, west), (_, east) = raster_layer(path, colours=COVER, within=part).bounds
    assert (round(west, 2), round(east, 2)) == (179.48, 180.52)


def test_a_grid_that_begins_at_greenwich_is_whole(tmp_path):
    cells = np.full((36, 72), 10)
    cells[:, 36:] = 40
    layer = raster_layer(write(tmp_path / "a.tif", cells, crs=4326, corner=(0, 90), size=5), colours=COVER, opacity=1)
    _, image = read_block(layer)
    assert np.allclose([layer.bounds[0][1], layer.bounds[1][1]], [0, 360])
    assert place_of(layer, image, 179, 4) == [0x11, 0x77, 0x33, 255]
    assert place_of(layer, image, 181, 4) == [0xDD, 0xCC, 0x77, 255]


@pytest.mark.parametrize("crs", [32660, "+proj=longlat +ellps=intl +towgs84=-300,200,400,0,0,0,0 +no_defs"])
def test_over_180_in_another_crs_cells_lie_where_their_crs_says(tmp_path, crs):
    """Beside pyproj: the edge between two classes, in zone 60 of UTM and on another datum."""
    is_utm = crs == 32660
    corner, size = ((8e5, 2e6), 200.0) if is_utm else ((179.9, 52.05), 0.0005)
    cells = np.full((100, 400), 10)
    cells[:, 200:] = 40
    layer = raster_layer(write(tmp_path / "a.tif", cells, crs=crs, corner=corner, size=size), colours=COVER, opacity=1)
    _, image = read_block(layer)
    (_, west), (_, east) = layer.bounds
    assert west < 180 < east
    for step, colour in ((190, [0x11, 0x77, 0x33, 255]), (210, [0xDD, 0xCC, 0x77, 255])):
        place = gpd.points_from_xy([corner[0] + step * size], [corner[1] - 50 * size])
        spot = gpd.GeoDataFrame(geometry=place, crs=crs)
        ((lon, lat),) = to_crs(spot, 4326).get_coordinates().to_numpy()
        assert place_of(layer, image, lon % 360, lat) == colour


def test_relief_reaches_over_180(tmp_path):
    heights = np.tile(np.linspace(0, 3000, 40), (20, 1))
    path = write(tmp_path / "a.tif", heights, crs=4326, corner=(178, 5), size=0.1, dtype="float32", nodata=-9999)
    _, image = read_block(hillshade_layer(path))
    inside = image[2:-2, 2:-2, 0].astype(int)
    assert np.ptp(inside) <= 8  # one even slope: no edge of shade at 180


@pytest.mark.parametrize(
    ("cells", "options", "error", "says"),
    [
        ([[1, 2]], {"crs": None}, CRSError, "no CRS"),
        ([[0, 0]], {}, DataError, "no valid cell"),
        ([[1.0, -9999.0]], {"dtype": "float32", "nodata": -1}, DataError, "does not declare as nodata"),
        ([[1, 2], [3, 4]], {"crs": 3413, "corner": (-1e6, 1e6), "size": 1e6}, DataError, "around a pole"),
        ([[1, 2]], {"nodata": None}, DataWarning, "declares no nodata"),
    ],
)
def test_a_raster_that_can_not_be_meant_is_refused(tmp_path, cells, options, error, says):
    with pytest.raises(error, match=says):
        raster_layer(write(tmp_path / "a.tif", cells, **options))


@pytest.mark.parametrize(
    "options",
    [{"opacity": 0}, {"max_bytes": 0}, {"max_pixels": 5_000_000}, {"limits": (2, 1)}, {"nodata": 7},
     {"labels": {k: str(k) for k in range(9)}}, {"colours": {1: "#111111"}, "labels": {2: "two"}}],
)  # fmt: skip
def test_an_option_that_can_not_be_meant_is_refused(tmp_path, options):
    with pytest.raises(OptionError, match=r"Fix|must be"):
        raster_layer(write(tmp_path / "a.tif", [[1, 2]]), **options)


def shade(tmp_path, heights, **options):
    """The image of a relief at the equator, where a metre of web Mercator is one on the ground."""
    path = write(tmp_path / "dem.tif", heights, crs=3857, corner=(0, 1000), size=50, nodata=-9999, dtype="float32")
    return read_block(hillshade_layer(path, **options))[1].astype(int)


def test_relief_is_that_of_a_plane(tmp_path):
    """A tilted plane has one slope: its brightness by hand, from the angle between its normal and the light."""
    rows, columns = np.mgrid[:40, :40]
    for east, north in ((0.3, 0.0), (-0.3, 0.0), (0.0, 0.4), (0.2, -0.2)):
        image = shade(tmp_path, 50 * (east * columns - north * rows))
        light = np.array([np.sin(np.radians(315)), np.cos(np.radians(315)), 1]) * np.sqrt(0.5)
        normal = np.array([-east, -north, 1]) / np.sqrt(1 + east**2 + north**2)
        tone = 0.35 + 0.65 * min(1, 0.88 * float(light @ normal) / np.sqrt(0.5))
        assert abs(image[20, 20, 0] - (1 + 254 * tone)) <= 3


def test_relief_has_no_shade_beside_nothing_and_knows_feet(tmp_path):
    heights = np.add.outer(np.zeros(20), 10.0 * np.arange(20))
    heights[10, 10] = -9999
    image = shade(tmp_path, heights)
    assert (image[9:12, 9:12, 3] == 0).all()
    assert (image[:8, :8, 3] == 255).all()
    feet = write(tmp_path / "feet.tif", heights / 0.3048, crs=3857, corner=(0, 1000), nodata=-9999 / 0.3048, size=50,
                 dtype="float32")  # fmt: skip
    with rasterio.open(feet, "r+") as file:
        file.units = ("ft",)
    assert np.abs(read_block(hillshade_layer(feet))[1].astype(int) - image)[2:8, 2:8].max() <= 2
    with rasterio.open(feet, "r+") as file:
        file.units = ("fathom",)
    with pytest.raises(DataError, match="fathom"):
        hillshade_layer(feet)


@pytest.fixture
def ground(tmp_path):
    """A map of ours over land cover and relief, with roads, settlements and units of the user."""
    cells = np.full((100, 200), 40)
    cells[:, 100:] = 10
    cover = write(tmp_path / "cover.tif", cells, crs=4326, corner=(18, 44.1), size=0.001)
    heights = 300.0 * np.sin(np.arange(200) / 6)[None, :].repeat(100, axis=0)
    dem = write(tmp_path / "dem.tif", heights, crs=4326, corner=(18, 44.1), size=0.001, nodata=-9999, dtype="float32")
    units = gpd.GeoDataFrame({"admin_code": ["A"], "name": ["North"], "level": [1]},
                             geometry=[shapely.box(17.95, 43.95, 18.25, 44.15)], crs=4326)  # fmt: skip
    areas = gpd.GeoDataFrame({"area_id": ["HA-1"], "status": "open", "hazard_class": "CHA"}, geometry=[square(18.05)],
                             crs=4326)  # fmt: skip
    roads = gpd.GeoDataFrame({"road_id": ["1"], "name": ["Main road"]}, crs=4326,
                             geometry=[shapely.LineString([(17.97, 44.04), (18.23, 44.04)])])  # fmt: skip
    towns = gpd.GeoDataFrame({"settlement_id": ["1"], "name": ["Village"], "owner_name": ["Somebody"]},
                             geometry=[shapely.Point(18.15, 44.08)], crs=4326)  # fmt: skip
    chart = land_release_map(areas, admin_areas=units)
    raster_layer(cover, colours=COVER, labels={10: "Trees", 40: "Fields"}, source="Invented").add_to(chart)
    hillshade_layer(dem).add_to(chart)
    map_layer(roads, "roads").add_to(chart)
    map_layer(towns, "settlements").add_to(chart)
    path = tmp_path / "ground.html"
    chart.save(path)
    return path


def seen(opened, lon, lat):
    """The colour on the screen at a place of the map."""
    x, y = (int(part) for part in opened.point(lon, lat))
    png = opened.page.screenshot()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.MemoryFile(png) as file, file.open() as image:
            return image.read()[:3, y, x].astype(int)


@pytest.mark.browser
def test_base_map_without_internet(browser, ground):
    opened = Opened(browser, ground).painted()
    page = opened.page
    page.wait_for_function("document.querySelectorAll('img.leaflet-image-layer').length === 2")
    page.wait_for_function("document.querySelectorAll('#lr-layers section').length === 6")
    page.wait_for_timeout(300)
    text = page.evaluate("document.getElementById('lr-layers').textContent")
    for said in ("Trees", "Fields", "Invented", "Light from 315°", "Main road", "The commonest class of each pixel."):
        assert (said in text) == (said != "Main road")
    opened.centre(18.1, 44.05, 12)
    opened.painted().page.wait_for_timeout(200)
    field, trees, bare = (seen(opened, *place) for place in ((18.01, 44.085), (18.19, 44.085), (18.22, 44.13)))
    assert field[0] > field[2] + 30
    assert trees[1] > trees[0] + 30
    assert np.ptp(bare) < 12  # outside of the raster: no colour of its own
    # relief shades the land cover: light and dark along a row of one class
    row = [seen(opened, lon, 44.085)[1] for lon in (18.012, 18.024, 18.036)]
    assert max(row) - min(row) > 10
    assert opened.colour_at(18.06, 44.01)[0] == [255, 0, 0, 128]
    assert opened.colour_at(18.15, 44.08)[0] == [0x1D, 0x27, 0x33, 255]
    assert opened.colour_at(18.2, 44.04)[0][:3] == [255, 255, 255]
    page.mouse.move(*opened.point(18.15, 44.08))
    assert page.inner_text(".lr-tip").startswith("Village")
    page.uncheck("h2 label:has-text('cover') input")
    assert page.locator("img.leaflet-image-layer").count() == 1
    assert "Somebody" not in ground.read_text(encoding="utf-8")
    opened.clean()


@pytest.mark.browser
def test_hostile_texts_of_a_raster(browser, tmp_path):
    chart = folium.Map([44.05, 18.05], tiles=None, zoom_start=11, maxZoom=18)
    codes = dict(enumerate(TEXTS.values(), start=1))
    path = write(tmp_path / "a.tif", [list(codes)] * 3, crs=4326, corner=(18, 44.1), size=0.01)
    colours = {code: f"#{code:02X}88FF" for code in codes}
    raster_layer(path, colours=colours, labels=codes, name=TEXTS["literal"], source=TEXTS["markup"]).add_to(chart)
    folium.LayerControl(collapsed=False).add_to(chart)
    save_page(chart, tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html")
    opened.page.wait_for_selector(".lr-shades li", state="attached")
    assert opened.page.locator(".lr-shades li span").all_text_contents() == [as_shown(text) for text in codes.values()]
    assert opened.page.locator(".lr-box h2").all_text_contents() == [TEXTS["literal"]]
    assert TEXTS["markup"] in opened.page.locator(".lr-note").all_text_contents()
    opened.clean()


# Tiles


@given(st.text())
def test_no_path_leads_out_of_the_folder(path):
    """The browser's own rules, as the URL standard has them, in the words of the library that Python has for it."""
    from urllib.parse import quote, urljoin

    base = "file:///maps/page.html"
    if is_beside(path):
        assert urljoin(base, quote(path)).startswith("file:///maps/")
        assert ".." not in path.split("/")


@pytest.mark.parametrize(
    "path",
    ["..", "../a", "a/../../b", "/a", "//host/a", "\\\\host\\a", "C:/a", "http:a", "a?b", "a#b", "a\nb", " ", ".",
     "./a", "a//b", "a/. ./b", ".. /a", "javascript:a", "data:,a", "file:///a", "a\ud800"],
)  # fmt: skip
def test_paths_that_are_refused(path):
    assert not is_beside(path)


@pytest.mark.parametrize(
    "tiles", ["../tiles", "ftp://a/{z}/{x}/{y}.png", "https://a/tiles", "https://a b/{z}/{x}/{y}", "{z}:"]
)
def test_tiles_that_are_refused(tiles):
    with pytest.raises(OptionError, match="tiles is"):
        tile_layer(tiles, attribution="Somebody")


def test_no_page_asks_for_tiles_unless_told(tmp_path, ground):
    assert "https://" not in ground.read_text(encoding="utf-8").split("<title>")[0]
    chart = folium.Map([44, 18], tiles=None)
    tile_layer("https://tiles.example.org/{z}/{x}/{y}.png", attribution=TEXTS["markup"]).add_to(chart)
    save_page(chart, tmp_path / "net.html")
    text = (tmp_path / "net.html").read_text(encoding="utf-8")
    assert "img-src data: blob: https://tiles.example.org;" in text
    assert TEXTS["markup"] not in text


@pytest.mark.browser
def test_tiles_of_a_folder_beside_the_page(browser, tmp_path):
    folder = tmp_path / "our tiles" / "1" / "1"
    folder.mkdir(parents=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.open(folder / "0.png", "w", driver="PNG", width=256, height=256, count=3, dtype="uint8") as file:
            file.write(np.full((3, 256, 256), 200, dtype="uint8") - np.array([0, 150, 0], dtype="uint8")[:, None, None])
    chart = folium.Map([44, 18], tiles=None, zoom_start=3, maxZoom=18)
    text = " ".join(TEXTS.values())
    tile_layer("our tiles", attribution=text, name=text, max_zoom=1).add_to(chart)
    folium.LayerControl(collapsed=False).add_to(chart)
    save_page(chart, tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html")
    opened.page.wait_for_selector("img.leaflet-tile-loaded")
    assert as_shown(text) in opened.page.text_content(".leaflet-control-attribution")
    assert opened.page.text_content(".leaflet-control-layers-overlays label").strip() == as_shown(text).strip()
    # beside the labels, which now cover the map
    opened.page.evaluate("document.querySelector('.leaflet-control-container').remove()")
    opened.until("getComputedStyle(document.querySelector('img.leaflet-tile-loaded')).opacity === '1'")
    assert seen(opened, 20, 42).tolist() == [200, 50, 200]
    assert all(url.startswith((tmp_path.as_uri(), "data:")) for url in opened.asked)
    assert opened.page.evaluate("window.pwned") is None
    opened.context.close()


# Verdicts with evidence


@pytest.fixture
def evidence():
    releases = gpd.GeoDataFrame(
        {"release_id": ["R-1", "R-2"], "verdict": ["as_intended", "unknown"], "area_m2": [1e6, 2e6],
         "release_date": pd.to_datetime(["2020-01-31"] * 2)},
        geometry=[square(18.0), square(18.05)], crs=4326,
    )  # fmt: skip
    visits = pd.DataFrame(
        {"follow_up_id": ["1", "2", "3"], "release_id": ["R-1", "R-1", "R-9"], "use_code": ["none", "grazing", "none"],
         "visit_date": pd.to_datetime(["2021-05-01", "2023-05-01", "2021-05-01"]), "women_count": [3, 123456, 5],
         "observed_share": [0.5, None, None]}
    )  # fmt: skip
    cover = pd.DataFrame({"release_id": ["R-1", "R-1"], "layer": [2024, 2024], "class_code": [40, 60],
                          "use_code": ["agriculture", None], "class_share": [0.75, 0.25]})  # fmt: skip
    links = pd.DataFrame(
        {"release_id": ["R-2"], "project_id": ["P-1"], "link_level": ["nearby"], "distance_m": [420.0]}
    )
    projects = pd.DataFrame({"project_id": ["P-1"], "title": ["<b>Canal</b>"]})
    photos = pd.DataFrame({"release_id": ["R-1", "R-1"], "photo_path": ["photos/a b%231.jpg", "x.jpg"],
                           "caption": ["The field", None]})  # fmt: skip
    return SimpleNamespace(releases=releases, follow_ups=visits, land_cover=cover, project_links=links,
                           projects=projects, photos=photos)  # fmt: skip


@pytest.mark.browser
def test_evidence_on_click(browser, evidence, tmp_path):
    given_ = {name: value for name, value in vars(evidence).items() if name != "releases"}
    verdict_map(evidence.releases, as_of="2025-12-31", **given_).save(tmp_path / "verdict.html")
    assert "123456" not in (tmp_path / "verdict.html").read_text(encoding="utf-8")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "a b%23.jpg").write_bytes(b"")
    opened = Opened(browser, tmp_path / "verdict.html").painted()
    page = opened.page
    assert max(abs(a - b) for a, b in zip(opened.colour_at(18.01, 44.01)[0], (0, 0x9E, 0x73, 191), strict=True)) <= 2
    page.mouse.click(*opened.point(18.01, 44.01))
    assert page.locator(".lr-record summary").all_text_contents() == ["Visits: 2", "Land cover: 2", "Photos: 2"]
    assert page.locator(".lr-record > p").all_text_contents() == ["Projects: none on record"]
    tables = page.locator(".lr-records").all()
    rows = [[row.locator("td").all_text_contents() for row in one.locator("tbody tr").all()] for one in tables]
    assert rows[0] == [["2023-05-01", "grazing", "not recorded"], ["2021-05-01", "none", "50 %"]]
    assert rows[1] == [["2024", "Class 40: agriculture", "75 %"], ["2024", "Class 60", "25 %"]]
    links = [link.evaluate("link => link.href") for link in page.locator(".lr-records a").all()]
    assert links == [f"{tmp_path.as_uri()}/photos/a%20b%25231.jpg", f"{tmp_path.as_uri()}/x.jpg"]
    assert page.locator(".lr-records a").all_text_contents() == ["The field", "x.jpg"]
    page.keyboard.press("Escape")
    page.mouse.click(*opened.point(18.06, 44.01))
    assert page.locator(".lr-records td").all_text_contents()[:2] == ["<b>Canal</b>", "nearby"]
    assert "Visits of no release, or not usable: 1 of 3, not shown." in page.evaluate(
        "document.getElementById('lr-layers').textContent"
    )
    opened.clean()


@pytest.mark.browser
def test_hostile_texts_in_evidence(browser, evidence, tmp_path):
    photos = pd.DataFrame({"release_id": "R-1", "photo_path": "a.jpg", "caption": VALUES})
    links = pd.DataFrame({"release_id": "R-1", "project_id": range(len(VALUES)), "link_level": "nearby"})
    projects = pd.DataFrame({"project_id": range(len(VALUES)), "title": VALUES})
    chart = verdict_map(evidence.releases, as_of="2025-12-31", photos=photos, project_links=links, projects=projects)
    chart.save(tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html").painted()
    opened.page.mouse.click(*opened.point(18.01, 44.01))
    assert opened.page.locator(".lr-records a").all_text_contents() == SHOWN
    first = opened.page.locator(".lr-records").first.locator("tbody tr")
    assert [row.locator("td").first.text_content() for row in first.all()] == SHOWN
    opened.clean()


@pytest.mark.parametrize(
    "path", ["https://example.org/1.jpg", "../1.jpg", "/1.jpg", "javascript:window.pwned=1", "a\\b.jpg"]
)
def test_photos_elsewhere_are_refused(evidence, path):
    photos = evidence.photos.assign(photo_path=["x.jpg", path])
    with pytest.raises(DataError, match="1 of 2 paths lead out"):
        verdict_map(evidence.releases, as_of="2025-12-31", photos=photos)


@pytest.mark.browser
def test_the_browser_too_follows_no_other_path(browser, evidence, tmp_path):
    """A page whose block was written by somebody else."""
    verdict_map(evidence.releases, as_of="2025-12-31").save(tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html").painted()
    found = opened.page.evaluate(
        """(paths) => paths.map((path) => {
          const text = JSON.stringify([["Photos", ["File"], [["x"]], [path]]]);
          const layer = { columns: [{ isRecords: true, value: () => text }] };
          return landrelease.recordsOf(layer, 0).querySelectorAll('a').length;
        })""",
        ["a/b.jpg", "../a", "a/../b", "/a", "//host/a", "https://a", "javascript:a", "a\\b", "a?b", "./a", "a/ /b", ""],
    )
    assert found == [1] + [0] * 11
    opened.clean()


def test_a_verdict_map_says_that_it_shows_no_uncleared_land(evidence):
    page = verdict_map(evidence.releases, as_of="2025-12-31").get_root().render()
    assert "Uncleared land is not shown on this page." in page


def test_a_verdict_map_of_what_can_not_be_meant(evidence):
    with pytest.raises(DataError, match="verdict"):
        verdict_map(evidence.releases.drop(columns="verdict"), as_of="2025-12-31")
    with pytest.raises(DataError, match="twice"):
        verdict_map(evidence.releases.iloc[[0, 0]], as_of="2025-12-31")


# Coordination


@pytest.fixture
def meeting():
    releases = gpd.GeoDataFrame(
        {"release_id": ["R1", "R2", "R3", "R4"], "admin_code": ["N", "N", "S", "S"],
         "release_date": pd.to_datetime(["2020-01-01"] * 3 + ["2024-01-01"])},
        geometry=[square(18.0), square(18.05), square(18.1), square(18.15)], crs=4326,
    )  # fmt: skip
    projects = gpd.GeoDataFrame(
        {"project_id": ["P1", "P2"], "location_id": ["P1/1", "P2/1"], "title": ["<i>Farm</i>", "School"],
         "admin_code": ["N", "S"], "is_point": True, "implementer": ["Farm aid", "Builders"], "sector_code": "31120",
         "start_date": pd.to_datetime(["2020-01-31"] * 2), "end_date": pd.to_datetime(["2030-01-31"] * 2)},
        geometry=[shapely.Point(18.01, 44.01), shapely.Point(18.21, 44.01)], crs=4326,
    )  # fmt: skip
    areas = gpd.GeoDataFrame(
        {"area_id": ["HA-1", "HA-2"], "status": "open", "hazard_class": ["CHA", "SHA"], "admin_code": "S"},
        geometry=[square(18.2), square(18.25)], crs=4326,
    )  # fmt: skip
    links = pd.DataFrame({"release_id": ["R1"], "project_id": ["P1"], "weight_share": [1.0], "tier": ["on_site"]})
    needs = pd.DataFrame({"need_id": ["1"], "admin_code": ["N"], "wanted_use_code": ["agriculture"]})
    gaps = coordination_gaps(releases, projects, links=links, needs=needs, hazards=areas, as_of="2022-12-31")
    return SimpleNamespace(gaps=gaps, releases=releases, projects=projects, areas=areas)


@pytest.mark.browser
def test_who_meets_whom(browser, meeting, tmp_path):
    page_of = coordination_map(meeting.gaps, meeting.releases, projects=meeting.projects, areas=meeting.areas)
    page_of.save(tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html").painted()
    page = opened.page
    legend = page.locator("section:has(h2:has-text('Released land')) .lr-legend tbody tr").all()
    counts = {row.locator("th").text_content(): row.locator("td").first.text_content() for row in legend}
    assert counts == {
        "A need, and no project": "1", "No project; no need is known": "1", "A need, and a project": "1",
        "Not in the result: after its day": "1",
    }  # fmt: skip
    text = page.evaluate("document.body.textContent")
    assert all(caveat in text for caveat in meeting.gaps.caveats)
    assert "Other hazardous areas, without a planned or running project on record there: 1" in text
    assert "Internal use: shows exact uncleared land" in text
    # served, gap: full colours; the hazard with its project, and not the one without
    assert opened.colour_at(18.005, 44.005)[0] == [0x00, 0x72, 0xB2, 255]
    assert opened.colour_at(18.06, 44.01)[0] == [0xD5, 0x5E, 0x00, 255]
    assert opened.colour_at(18.205, 44.015)[0] == [255, 0, 0, 128]
    assert opened.colour_at(18.26, 44.01) == []
    page.mouse.click(*opened.point(18.21, 44.01))
    assert page.inner_text(".lr-popup h2") == "School"
    assert page.locator(".lr-records td").all_text_contents() == ["HA-1", "CHA: confirmed", "0 m"]
    opened.clean()


def test_a_coordination_map_for_the_public_holds_no_hazard(meeting):
    public = coordination_map(
        meeting.gaps, meeting.releases, hazards="none", projects=meeting.projects, areas=meeting.areas
    )
    blocks = [one._payload for one in public._children.values() if hasattr(one, "_payload")]
    held = b"".join(gzip.decompress(base64.b64decode(block)) for block in blocks)
    assert b"R1" in held
    assert not any(word in held for word in (b"HA-1", b"HA-2", b"School"))
    text = public.get_root().render()
    assert "Internal use: shows" not in text.split("lr-panel")[0]
    assert "are not shown on this page" in text


def test_a_coordination_map_of_other_tables_is_refused(meeting):
    with pytest.raises(OptionError, match="projects, areas is missing"):
        coordination_map(meeting.gaps, meeting.releases)
    with pytest.raises(DataError, match="lacks 1 of the 3 releases"):
        coordination_map(meeting.gaps, meeting.releases.iloc[1:], hazards="none")
    with pytest.raises(DataError, match="lacks 1 of the 1 areas"):
        coordination_map(meeting.gaps, meeting.releases, projects=meeting.projects, areas=meeting.areas.iloc[1:])


# Bounds


UNITS = gpd.GeoDataFrame(
    {"admin_code": list("ABCDEF"), "name": ["Low", "Wide", "Half", "None", "Silent", "<b>High</b>"], "level": 1},
    geometry=[square(18 + 0.05 * k, size=0.04) for k in range(6)], crs=4326,
)  # fmt: skip
SHARES = pd.DataFrame(
    {"admin_code": list("ABCDFX"), "productive_share_low": [0.05, 0.41, 0.3, None, 0.9, 0.1],
     "productive_share_high": [0.15, 0.78, None, None, 0.95, 0.2]}
)  # fmt: skip


@pytest.mark.browser
def test_bounds_are_shown_as_bounds(browser, tmp_path):
    bounds_map(UNITS, SHARES).save(tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html").painted()
    page = opened.page
    entries = page.locator(".lr-legend").first.locator("tbody th").all_text_contents()
    assert entries == ["80 to 100 %", "At least 40 to 60 %, at most 60 to 80 %", "0 to 20 %", "Not known", "No record"]
    assert opened.colour_at(18.02, 44.02)[0] == [0xFF, 0xFF, 0xCC, 255]
    assert opened.colour_at(18.27, 44.02)[0] == [0x25, 0x34, 0x94, 255]
    assert opened.colour_at(18.22, 44.02)[0] == [255, 255, 255, 255]
    # two colours side by side where the bounds are of two classes, each of about half of the land
    opened.centre(18.07, 44.02, 14)
    opened.painted()
    found = [opened.colour_at(18.06 + 0.0001 * k, 44.02)[0] for k in range(120)]
    of_low, of_high = (
        [one for one in found if one[:3] == colour] for colour in ([0x7F, 0xCD, 0xBB], [0x2C, 0x7F, 0xB8])
    )
    assert min(len(of_low), len(of_high)) > 25
    page.mouse.click(*opened.point(18.07, 44.02))
    assert "between 41\u00a0% and 78\u00a0%" in page.locator(".lr-facts").text_content()
    table = [
        row.locator("th, td > span:first-child").all_text_contents() for row in page.locator(".lr-units tbody tr").all()
    ]
    assert table == [
        ["<b>High</b>", "between 90\u00a0% and 95\u00a0%"], ["Wide", "between 41\u00a0% and 78\u00a0%"],
        ["Half", "at least 30\u00a0%, at most not known"], ["Low", "between 5\u00a0% and 15\u00a0%"],
        ["None", "not known"], ["Silent", "no record"],
    ]  # fmt: skip
    assert "Not on the map, for their unit is none of these, or not known: 1." in page.evaluate(
        "document.body.textContent"
    )
    page.get_by_role("button", name="<b>High</b>").focus()
    page.keyboard.press("Enter")
    assert page.inner_text(".lr-popup h2") == "<b>High</b>"
    opened.clean()


@pytest.mark.browser
def test_the_middle_only_where_it_is_said(browser, tmp_path):
    bounds_map(UNITS, SHARES, colour="middle").save(tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html").painted()
    assert opened.colour_at(18.07, 44.02)[0] == [0x7F, 0xCD, 0xBB, 255]  # 59.5 %
    assert "which nobody measured" in opened.page.inner_text(".lr-head")
    section = opened.page.locator("section").first
    section.get_by_text("Select all in view").click()
    table = opened.saved_csv(section.get_by_text("Save as CSV")).set_index("admin_code")
    assert float(table.loc["B", "productive_share_low"]) == 0.41
    assert table.loc["C", "productive_share_high"] == ""
    opened.clean()


def test_bounds_of_other_numbers_and_of_nothing(tmp_path):
    summary = use_summary(
        pd.DataFrame({"admin_code": ["A", "B", None], "as_intended_m2": [1.0, 2, 3], "other_productive_m2": 0.0,
                      "unused_m2": [0.0, 1, 1], "unknown_m2": [1.0, 0, 0]}),
        by="admin_code",
    )  # fmt: skip
    bounds_map(UNITS, summary).save(tmp_path / "page.html")
    money = pd.DataFrame({"admin_code": ["A", "B"], "gap_usd_low": [-5.0, 10], "gap_usd_high": [1e6, 10.0]})
    bounds_map(UNITS, money, low="gap_usd_low", high="gap_usd_high", label="Gap").save(tmp_path / "page.html")
    bounds_map(UNITS.iloc[:0], SHARES.iloc[:0]).save(tmp_path / "page.html")


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (SHARES.assign(productive_share_low=0.99), "is above"),
        (SHARES.assign(admin_code="A"), "5 units twice"),
        (SHARES.assign(productive_share_high=np.inf), "infinite"),
        (SHARES.drop(columns="productive_share_low"), "lacks"),
    ],
)
def test_bounds_that_can_not_be_meant(values, says):
    with pytest.raises(DataError, match=says):
        bounds_map(UNITS, values)
