"""What people do with a page: any day, two dates side by side, a link, measuring, a sheet of paper, the keyboard."""

import re
import warnings

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import rasterio.errors
import shapely
from opened import Opened
from payload_reader import blocks
from pyproj import Geod
from rasterio.transform import from_origin

import landrelease
from landrelease import DataError, OptionError
from landrelease.maps import land_release_map, map_layer, raster_layer, save_page, swipe, timeline_map

RED, ORANGE = [255, 0, 0], [244, 167, 24]
GEOD = Geod(ellps="WGS84")


def square(x, y=44.0, size=0.02):
    return shapely.box(x, y, x + size, y + size)


@pytest.fixture(scope="module")
def history():
    """One area suspected in 2015, confirmed in 2018, released in 2020; one of unknown age and no geometry."""
    events = gpd.GeoDataFrame(
        {
            "event_id": ["1", "2", "3", "4", "5"],
            "area_id": ["HA-1", "HA-1", "HA-1", "HA-2", "HA-3"],
            "event": ["suspected", "confirmed", "cleared", "suspected", "suspected"],
            "event_date": pd.to_datetime(["2015-03-01", "2018-05-01", "2020-07-01", None, "2017-01-01"]),
        },
        geometry=[square(18.0), square(18.0), square(18.0), None, square(18.1)],
        crs=4326,
    )
    return landrelease.status_periods(events), landrelease.releases_from(events)


@pytest.fixture(scope="module")
def time_page(history, tmp_path_factory):
    path = tmp_path_factory.mktemp("time") / "time.html"
    periods, releases = history
    timeline_map(periods, releases=releases, title="By day").save(path)
    return path


def set_date(opened, label, day):
    opened.page.fill(f"input[aria-label='{label}']", day)
    opened.page.dispatch_event(f"input[aria-label='{label}']", "change")


def first_row(opened, layer, text):
    row = opened.page.locator(f"section:has(h2:has-text('{layer}')) tr:has-text('{text}')").first
    return row.locator("td").first.text_content()


@pytest.mark.browser
def test_any_day(browser, time_page):
    opened = Opened(browser, time_page).painted()
    page = opened.page
    assert page.input_value("input[aria-label='State of the land on']") == "2020-07-01"
    wanted = {
        # the day before, the day of, and long after each change
        "2015-02-28": None, "2015-03-01": ORANGE, "2018-04-30": ORANGE, "2018-05-01": RED, "2020-06-30": RED,
    }  # fmt: skip
    for day, colour in wanted.items():
        if day < "2015-03-01":
            continue  # the record begins then: the input refuses an earlier day
        set_date(opened, "State of the land on", day)
        found = opened.colour_at(18.01, 44.01)[0]
        assert max(abs(np.array(found[:3]) - colour)) <= 2, day
        assert page.inner_text(".lr-day") == day
    # by keyboard: the slider goes to the end of each year
    page.focus("input[type=range][aria-label='Year']")
    page.keyboard.press("Home")
    assert page.inner_text(".lr-day") == "2015-12-31"
    page.keyboard.press("ArrowRight")
    assert page.inner_text(".lr-day") == "2016-12-31"
    page.keyboard.press("End")
    assert page.inner_text(".lr-day") == "2020-07-01"
    found = opened.colour_at(18.01, 44.01)[0]
    assert found[2] > 100  # blue: released by then
    opened.clean()


@pytest.mark.browser
def test_the_legend_counts_the_day(browser, time_page):
    opened = Opened(browser, time_page).painted()
    counts = {}
    for day in ("2015-06-01", "2017-06-01", "2019-06-01", "2020-07-01"):
        set_date(opened, "State of the land on", day)
        counts[day] = [first_row(opened, "Hazardous areas", text) for text in ("SHA", "CHA", "All")]
    # the area of unknown age is suspected on every day
    assert counts == {
        "2015-06-01": ["2", "0", "2"], "2017-06-01": ["3", "0", "3"], "2019-06-01": ["2", "1", "3"],
        "2020-07-01": ["2", "0", "2"],
    }  # fmt: skip
    assert first_row(opened, "Land released", "Cleared") == "1"
    neither = "Neither geometry nor known area: 1 of 2, counted here, not drawn, not in the km²."
    assert neither in opened.page.inner_text("#lr-layers")
    set_date(opened, "State of the land on", "2019-06-01")
    assert first_row(opened, "Land released", "Cleared") == "0"
    # what is not of the day is not found
    opened.page.fill("#lr-search", "HA-1")
    assert opened.page.inner_text("#lr-status") == "1 found"
    opened.clean()


@pytest.mark.browser
def test_two_dates_side_by_side(browser, time_page):
    opened = Opened(browser, time_page).painted()
    page = opened.page
    set_date(opened, "State of the land on", "2019-06-01")
    page.click("text=Compare two dates")
    set_date(opened, "Compared with", "2016-06-01")
    opened.centre(18.01, 44.01, 13)
    opened.painted()
    box = page.locator(".folium-map").bounding_box()
    middle = box["x"] + box["width"] / 2
    y = opened.point(18.01, 44.004)[1]
    tips = []
    for x in (middle - 40, middle + 40):
        page.mouse.move(x, y)
        tips.append(page.inner_text(".lr-tip"))
    assert [tip.split("\n")[1].split(" ·")[0] for tip in tips] == ["CHA: confirmed", "SHA: suspected"]
    shot = page.screenshot(path=None)
    colours = pixels(shot)
    assert colours[int(y), int(middle - 40)][0] > 230
    left, right = colours[int(y), int(middle - 40)][:3], colours[int(y), int(middle + 40)][:3]
    assert abs(int(left[1]) - int(right[1])) > 40  # red beside orange
    # the divider by keyboard, and the end of it
    page.focus(".lr-divider")
    page.keyboard.press("Home")
    assert np.abs(pixels(page.screenshot())[int(y), int(middle - 40)][:3].astype(int) - right).max() < 12
    page.click("text=Compare two dates")
    assert page.locator(".lr-divider").count() == 0
    opened.clean()


def pixels(png):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.MemoryFile(png) as file, file.open() as image:
            return np.moveaxis(image.read(), 0, -1)


@pytest.mark.browser
def test_two_rasters_side_by_side(browser, tmp_path):
    import folium

    paths = []
    for year, code in (("2015", 10), ("2025", 40)):
        path = tmp_path / f"{year} <b>cover.tif"
        with rasterio.open(
            path, "w", driver="GTiff", width=40, height=40, count=1, dtype="uint8", crs=32634, nodata=0,
            transform=from_origin(4e5, 49e5, 100, 100),
        ) as file:  # fmt: skip
            file.write(np.full((1, 40, 40), code, dtype="uint8"))
        paths.append(path)
    chart = folium.Map([44.23, 19.77], zoom_start=13, tiles=None, maxZoom=18)
    colours = {10: "#117733", 40: "#DDCC77"}
    one, two = (raster_layer(path, colours=colours, opacity=1).add_to(chart) for path in paths)
    folium.LayerControl(collapsed=False).add_to(chart)
    swipe(chart, one, two)
    save_page(chart, tmp_path / "rasters.html")
    opened = Opened(browser, tmp_path / "rasters.html")
    opened.page.wait_for_selector(".lr-divider")
    opened.page.wait_for_timeout(300)
    names = opened.page.locator(".leaflet-control-layers-overlays label").all_inner_texts()
    assert [name.strip() for name in names] == ["2015 <b>cover", "2025 <b>cover"]
    shot = pixels(opened.page.screenshot())
    y = int(opened.point(19.772, 44.235)[1])
    assert shot[y, 640 - 30, :3].tolist() == [0x11, 0x77, 0x33]
    assert shot[y, 640 + 30, :3].tolist() == [0xDD, 0xCC, 0x77]
    opened.clean()


def test_a_raster_is_where_it_is_and_small(tmp_path):
    path = tmp_path / "ndvi.tif"
    values = np.linspace(-1, 1, 300 * 300, dtype="float32").reshape(1, 300, 300)
    values[0, :, :10] = np.nan
    with rasterio.open(path, "w", driver="GTiff", width=300, height=300, count=1, dtype="float32", crs=4326,
                       transform=from_origin(18, 44, 0.001, 0.001)) as file:  # fmt: skip
        file.write(values)
    layer = raster_layer(path, max_pixels=10_000, nodata="none")
    np.testing.assert_allclose(layer.bounds, [[43.7, 18], [44, 18.3]], atol=0.004)
    assert len(layer._payload) < 40_000
    with pytest.raises(OptionError, match="max_pixels"):
        raster_layer(path, max_pixels=0)
    with rasterio.open(tmp_path / "none.tif", "w", driver="GTiff", width=2, height=2, count=1, dtype="uint8", crs=4326,
                       nodata=0, transform=from_origin(18, 44, 1, 1)) as file:  # fmt: skip
        file.write(np.zeros((1, 2, 2), dtype="uint8"))
    with pytest.raises(DataError, match="no valid cell"):
        raster_layer(tmp_path / "none.tif")


@pytest.mark.browser
def test_a_link_brings_the_view_the_day_and_what_was_hidden(browser, time_page):
    opened = Opened(browser, time_page).painted()
    opened.centre(18.05, 44.02, 11)
    set_date(opened, "State of the land on", "2018-06-01")
    opened.page.uncheck("label:has-text('SHA: suspected') input")
    address = opened.page.evaluate("location.href")
    assert "at=11/44.02000/18.05000&day=2018-06-01&off=" in address
    opened.context.close()
    again = Opened(browser, time_page, after="#" + address.split("#")[1]).painted()
    assert again.on_map("(() => [MAP.getZoom(), MAP.getCenter().lat.toFixed(4)])()") == [11, "44.0200"]
    assert again.page.inner_text(".lr-day") == "2018-06-01"
    assert not again.page.is_checked("label:has-text('SHA: suspected') input")
    assert again.colour_at(18.11, 44.01) == []
    again.clean()


@pytest.mark.browser
@pytest.mark.parametrize("after", [
    "#at=x/y/z", "#at=99/1000/1e9", "#at=", "#day=2018-99-99&off=0.0.0.0,\"],[x", "#<img src=x onerror=window.pwned=1>",
    "#off=__proto__&at=5/44/18/../..", "#day=1066-01-01",
])  # fmt: skip
def test_a_hostile_link_does_nothing(browser, time_page, after):
    opened = Opened(browser, time_page, after=after).painted()
    assert opened.page.inner_text(".lr-day") == "2020-07-01"
    assert opened.said == []
    assert opened.page.evaluate("window.pwned") is None
    opened.context.close()


@pytest.mark.browser
def test_measures_are_those_of_the_ellipsoid(browser, time_page):
    opened = Opened(browser, time_page).painted()
    rng = np.random.default_rng(5)
    for _ in range(40):
        lat, lon, size = rng.uniform(-70, 70), rng.uniform(-170, 170), rng.uniform(0.001, 0.3)
        ring = [(lon, lat), (lon + size, lat + size / 3), (lon + size / 2, lat + size)]
        places = [{"lat": y, "lng": x} for x, y in ring]
        metres = opened.page.evaluate("(p) => landrelease.metres(p[0], p[1])", places)
        assert metres == pytest.approx(GEOD.inv(*ring[0], *ring[1])[2], rel=1e-5)
        m2 = opened.page.evaluate("(p) => landrelease.squareMetres(p)", places)
        assert m2 == pytest.approx(abs(GEOD.geometry_area_perimeter(shapely.Polygon(ring))[0]), rel=5e-3)
    opened.clean()


@pytest.mark.browser
def test_measuring_by_mouse_and_by_keyboard(browser, time_page):
    opened = Opened(browser, time_page).painted()
    page = opened.page
    page.click("text=Measure")
    page.mouse.click(*opened.point(18.0, 44.0))
    page.mouse.click(*opened.point(18.1, 44.0))
    said = page.inner_text(".lr-measured")
    wanted = GEOD.inv(18.0, 44.0, 18.1, 44.0)[2] / 1000
    assert float(said.removesuffix(" km")) == pytest.approx(wanted, rel=0.02)  # to the pixel
    page.focus(".folium-map")
    page.keyboard.press("Enter")
    assert "·" in page.inner_text(".lr-measured")
    assert page.locator(".lr-popup").count() == 0
    page.keyboard.press("Escape")
    assert not page.is_visible(".lr-measured")
    opened.clean()


@pytest.mark.browser
@pytest.mark.parametrize(("paper", "pages"), [("landscape", (842, 595)), ("portrait", (595, 842))])
def test_a_sheet_of_a4_at_its_scale(browser, time_page, tmp_path, paper, pages):
    opened = Opened(browser, time_page).painted()
    page = opened.page
    before = opened.on_map("(() => [MAP.getZoom(), MAP.getCenter().lat])()")
    page.click("text=Print")
    page.select_option("select[aria-label=Paper]", paper)
    for scale in (10_000, 250_000):
        page.select_option("select[aria-label=Scale]", str(scale))
        centre = opened.on_map("(() => [MAP.getCenter().lng, MAP.getCenter().lat])()")
        east = GEOD.fwd(*centre, 90, scale * 0.04)[:2]  # 40 mm on paper
        pixel = opened.point(*east)[0] - opened.point(*centre)[0]
        assert pixel / 96 * 25.4 == pytest.approx(40, abs=0.4)  # to the pixel
        bar = page.locator(".lr-scale-bar").bounding_box()["width"] / 96 * 25.4
        said = page.inner_text(".lr-scale")
        metres = float(said.split()[0].replace(",", "")) * (1000 if "km" in said else 1)
        assert bar == pytest.approx(metres / scale * 1000, abs=0.3)
        assert f"1 : {scale:,}" in page.inner_text(".lr-furniture")
    assert page.is_visible(".lr-north")
    assert "CHA: confirmed" in page.inner_text(".lr-key")
    # nothing of the furniture hides the map, and the sentence and the warning are on the sheet
    one, two = (page.locator(name).bounding_box() for name in (".lr-furniture", ".folium-map"))
    assert one["x"] >= two["x"] + two["width"] - 1 or one["y"] >= two["y"] + two["height"] - 1
    pdf = page.pdf(path=tmp_path / "sheet.pdf", prefer_css_page_size=True)
    boxes = {tuple(round(float(one)) for one in found.split()[2:4]) for found in media_boxes(pdf)}
    assert boxes == {pages}
    text = page.inner_text("body")
    assert "Internal use" in text
    assert "No record is not evidence of no contamination." in text
    page.keyboard.press("Escape")
    assert opened.on_map("(() => [MAP.getZoom(), MAP.getCenter().lat])()") == pytest.approx(before, abs=1e-6)
    opened.clean()


def media_boxes(pdf):
    return [found.decode() for found in re.findall(rb"/MediaBox\s*\[([^\]]*)\]", pdf)]


def test_refusals(history):
    periods, _ = history
    with pytest.raises(OptionError, match="hazards"):
        timeline_map(periods, hazards="admin")
    with pytest.raises(OptionError, match="owner_name"):
        timeline_map(periods.assign(owner_name="x"), columns=["owner_name"])
    with pytest.raises(DataError, match="from_date"):
        timeline_map(periods.drop(columns="from_date"))
    chart = land_release_map(periods)
    layer = map_layer(periods, "areas").add_to(chart)
    with pytest.raises(OptionError, match="right"):
        swipe(chart, layer, map_layer(periods, "areas"))


def test_a_page_for_the_public_has_no_hazard(history):
    periods, releases = history
    page = timeline_map(periods, releases=releases, hazards="none").get_root().render()
    assert list(blocks(page)) == ["Land released by then"]
    assert "Internal use" not in page
    assert "Uncleared land is not shown on this page." in page


def test_undated_releases_are_counted_not_shown(history):
    periods, releases = history
    undated = pd.concat([releases, releases.assign(release_id="R-9", release_date=pd.NaT)], ignore_index=True)
    page = timeline_map(periods, releases=undated).get_root().render()
    header, _ = blocks(page)["Land released by then"]
    assert header["rows"] == len(releases)
    assert "Releases without a date, not shown: 1." in header["notes"]
