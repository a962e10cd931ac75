"""Areas too small to be drawn as they are: squares of 3 pixels, put together here from their places alone."""

import base64
import io
import re
from types import SimpleNamespace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.image import imread
from opened import Opened

from landrelease.maps import land_release_map, priority_map, style

pytestmark = pytest.mark.browser
SIZE, ZOOM, SIDE = (800, 600), 10, 3
OFF = 6  # of 255: a colour is rounded with each square that is laid over it
TINY = 0.0004  # a third of a pixel at that zoom [degree]
RED, ORANGE = (255, 0, 0), (0xF4, 0xA7, 0x18)
PICTURE = """(pane) => {
  const map = MAP;
  const box = map.getContainer().getBoundingClientRect();
  const scale = devicePixelRatio;
  const size = { width: box.width * scale, height: box.height * scale };
  const whole = Object.assign(document.createElement('canvas'), size);
  const brush = whole.getContext('2d', { willReadFrequently: true });
  const layer = Object.values(map._layers).find((one) => one.options.pane === pane);
  for (const tile of layer.getContainer().querySelectorAll('canvas')) {
    const at = tile.getBoundingClientRect();
    brush.drawImage(tile, (at.left - box.left) * scale, (at.top - box.top) * scale);
  }
  const bytes = brush.getImageData(0, 0, whole.width, whole.height).data;
  let text = '';
  for (let i = 0; i < bytes.length; i += 32768) text += String.fromCharCode(...bytes.subarray(i, i + 32768));
  return [whole.width, btoa(text)];
}"""
PLACES = """(places) => {
  const map = MAP;
  const corner = map.getPixelOrigin().subtract(map._getMapPanePos());
  return places.map(([lon, lat]) => map.project([lat, lon]).subtract(corner)).map(({ x, y }) => [x, y]);
}"""
ROWS = """() => {
  const layer = Object.values(MAP._layers).filter((one) => one.index && one.rows > 1)[0];
  const id = layer.columns.find((one) => one.name === 'area_id').value;
  const colour = (i) => layer.header.looks.fills[layer.classes[0][i]].solid;
  return [layer.options.pane, Array.from({ length: layer.rows }, (_, i) => [id(i), colour(i)])];
}"""


def boxes(x, y, size=TINY):
    return shapely.box(np.subtract(x, size / 2), np.subtract(y, size / 2), np.add(x, size / 2), np.add(y, size / 2))


def drawn(opened, pane):
    """The layer's tiles side by side; colours times alpha, and alpha."""
    width, text = opened.on_map(PICTURE, pane)
    found = np.frombuffer(base64.b64decode(text), dtype="uint8").reshape(-1, width, 4).astype(float)
    found[..., :3] *= found[..., 3:] / 255
    return found


def lay(picture, place, colour, side):
    """Lay an opaque square over a picture: each pixel by the share that the square covers of it."""
    x, y = (at - side / 2 for at in place)
    height, width, _ = picture.shape
    columns = np.arange(max(0, int(np.floor(x))), min(width, int(np.ceil(x + side))))
    rows = np.arange(max(0, int(np.floor(y))), min(height, int(np.ceil(y + side))))
    along = np.minimum(columns + 1, x + side) - np.maximum(columns, x)
    down = np.minimum(rows + 1, y + side) - np.maximum(rows, y)
    here = np.ix_(rows, columns)
    picture[here] += np.outer(down, along)[..., None] * (np.array([*colour, 255.0]) - picture[here])


def hazards(x, y, classes, over=None):
    """Areas at places, and one that lies under all of them."""
    areas = gpd.GeoDataFrame({"hazard_class": classes}, geometry=boxes(x, y), crs=4326)
    if over is not None:
        under = gpd.GeoDataFrame({"hazard_class": ["SHA"]}, geometry=[over], crs=4326)
        areas = pd.concat([areas, under], ignore_index=True)
    return areas.assign(area_id=[f"HA-{i}" for i in range(len(areas))], status="open")


def most_off(opened, pane, squares, ground=(0, 0, 0, 0), scale=1):
    """How far what is drawn is from squares in their order, in the pixel that is farthest."""
    found = drawn(opened, pane)
    expected = np.tile(np.array(ground, dtype=float), (*found.shape[:2], 1))
    places = np.array(opened.on_map(PLACES, [place for place, _ in squares])) * scale
    for place, (_, colour) in zip(places, squares, strict=True):
        lay(expected, place, colour, SIDE * scale)
    return np.abs(found - expected).max()


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("is_over_land", [False, True])
def test_small_areas_are_squares_danger_on_top_whatever_the_tile(browser, tmp_path, scale, is_over_land):
    random = np.random.default_rng(5)
    count = 500
    x, y = 18 + random.normal(0, 0.08, count), 44 + random.normal(0, 0.06, count)
    classes = random.choice(["CHA", "SHA"], count)
    land_release_map(hazards(x, y, classes, shapely.box(15, 42, 21, 46) if is_over_land else None)).save(
        tmp_path / "a.html"
    )
    opened = Opened(browser, tmp_path / "a.html", SIZE, device_scale_factor=scale)
    opened.painted().centre(18, 44, ZOOM)
    pane, _ = opened.painted().on_map(ROWS)
    squares = [([lon, lat], {"CHA": RED, "SHA": ORANGE}[one]) for lon, lat, one in zip(x, y, classes, strict=True)]
    squares.sort(key=lambda one: one[1] == RED)
    ground = (*(np.array(ORANGE) * 128 / 255), 128) if is_over_land else (0, 0, 0, 0)
    assert most_off(opened, pane, squares, ground, scale) <= OFF
    assert most_off(opened, pane, squares[::-1], ground, scale) > 100  # the order is seen
    if not is_over_land:
        opened.centre(18.1, 44.1, ZOOM - 3)
        assert most_off(opened.painted(), pane, squares, ground, scale) <= OFF
    opened.clean()


def test_small_areas_of_a_ranking_lie_in_the_order_of_the_rows(browser, tmp_path):
    random = np.random.default_rng(6)
    x, y = 18 + random.normal(0, 0.02, 200), 44 + random.normal(0, 0.015, 200)
    areas = hazards(x, y, ["CHA"] * 200)
    table = areas[["area_id"]].assign(score=1.0, rank=random.permutation(200) + 1)
    parts = table[["area_id"]].assign(people=1.0)
    priority_map(areas, SimpleNamespace(table=table, contributions=parts, criteria=[])).save(tmp_path / "a.html")
    opened = Opened(browser, tmp_path / "a.html", SIZE).painted()
    opened.centre(18, 44, ZOOM)
    pane, rows = opened.painted().on_map(ROWS)
    assert len({colour for _, colour in rows}) == 5
    places = dict(zip(areas["area_id"], zip(x, y, strict=True), strict=True))
    squares = [(places[area], [int(colour[at : at + 2], 16) for at in (1, 3, 5)]) for area, colour in rows]
    assert most_off(opened, pane, squares) <= OFF
    assert most_off(opened, pane, squares[::-1]) > 100
    opened.clean()


def test_small_areas_at_180_degrees_are_whole(browser, tmp_path):
    x, y = np.array([179.9995, -179.9995, 179.97, -179.97]), np.array([-17.0, -16.99, -16.98, -16.97])
    land_release_map(hazards(x, y, ["CHA", "SHA", "CHA", "SHA"])).save(tmp_path / "a.html")
    opened = Opened(browser, tmp_path / "a.html", SIZE).painted()
    opened.centre(180, -17, ZOOM)
    pane, _ = opened.painted().on_map(ROWS)
    squares = [([lon % 360, lat], RED if lon > 0 else ORANGE) for lon, lat in zip(x, y, strict=True)]
    assert most_off(opened, pane, squares) <= OFF
    assert drawn(opened, pane)[..., 3].sum() == pytest.approx(4 * SIDE**2 * 255, rel=0.02)
    opened.clean()


def test_a_class_that_is_unchecked_is_not_drawn_nor_what_lies_on_no_tile(browser, tmp_path):
    areas = hazards([18.0, 18.003], [44.0, 44.0], ["CHA", "SHA"])
    land_release_map(areas).save(tmp_path / "a.html")
    opened = Opened(browser, tmp_path / "a.html", SIZE).painted()
    opened.centre(18, 44, ZOOM)
    pane, _ = opened.painted().on_map(ROWS)
    assert most_off(opened, pane, [([18.003, 44.0], ORANGE), ([18.0, 44.0], RED)]) <= OFF
    opened.page.uncheck("label:has-text('CHA: confirmed') input")
    opened.page.wait_for_timeout(100)
    assert most_off(opened.painted(), pane, [([18.003, 44.0], ORANGE)]) <= OFF
    opened.centre(30, 10, ZOOM)
    assert most_off(opened.painted(), pane, []) <= OFF
    opened.clean()


def test_no_line_is_seen_where_tiles_meet_between_pixels(browser, tmp_path):
    land_release_map(hazards([18.0], [44.0], ["CHA"], shapely.box(15, 42, 21, 46))).save(tmp_path / "a.html")
    opened = Opened(browser, tmp_path / "a.html", SIZE, device_scale_factor=1.25).painted()
    for pixels in range(4):
        opened.centre(18.6 + pixels * 360 / (256 * 2**ZOOM), 44.5, ZOOM)
        shot = np.round(imread(io.BytesIO(opened.painted().page.screenshot()))[..., :3] * 255)
        land = shot[200:600, 550:950]
        assert np.ptp(land[0, 0]) > 50  # it is orange
        assert np.abs(land - land[0, 0]).max() <= 5
    opened.clean()


def test_colours_of_squares_are_three_bytes():
    looks = [look for table in vars(style).values() if isinstance(table, dict) for look in table.values()]
    solids = [look["solid"] for look in looks if isinstance(look, dict) and look.get("solid")]
    assert len(solids) > 10
    assert all(re.fullmatch("#[0-9A-Fa-f]{6}", solid) for solid in solids)
