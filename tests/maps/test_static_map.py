"""Printed maps are measured as a reader would: with a ruler on the sheet, by the colours at known places."""

from __future__ import annotations

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from matplotlib.image import imread
from pyproj import Geod
from shapely import affinity

from landrelease import DataError, OptionError, static_map
from landrelease.maps.paper import static
from landrelease.maps.paper.letters import families_for, fitted, wrapped
from landrelease.maps.paper.sheet import bar_of

DPI = 150
PX_PER_MM = DPI / 25.4
UTM = "EPSG:32633"
GEOD = Geod(ellps="WGS84")
RED, AMBER = (255, 0, 0), (244, 167, 24)
CHA, SHA = (255, 127, 127), (249, 211, 139)
HOSTILE = ("$\\frac{", "$x^2$", "<script>alert(1)</script>", "{{ 7*7 }}", "\u202eabc", "a" * 10_000, "null \0",
           "half \ud800", "two\nlines", "]]>", "&amp;", "", "  ")  # fmt: skip


@pytest.fixture(autouse=True)
def _coarse(monkeypatch):
    """A coarser picture is made and read faster."""
    monkeypatch.setattr("landrelease.maps.paper.sheet._DPI", DPI)


def areas_of(shapes: list[Any], crs: Any = UTM, **columns: Any) -> gpd.GeoDataFrame:
    base = {"area_id": [f"HA-{k}" for k in range(len(shapes))], "status": "open", "hazard_class": "CHA"}
    return gpd.GeoDataFrame({**base, **columns}, geometry=shapes, crs=crs)


def pixels_of(path: Path) -> np.ndarray:
    return np.round(imread(path)[:, :, :3] * 255).astype(np.int16)


def where(pixels: np.ndarray, colour: tuple[int, ...], off: int = 3) -> np.ndarray:
    """Return rows and columns of the pixels of a colour."""
    return np.argwhere((np.abs(pixels - colour) <= off).all(axis=2))


def neat_line(pixels: np.ndarray) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of the frame: the longest lines of ink, across and down."""
    ink = pixels.sum(axis=2) < 300
    rows, columns = ink.sum(axis=1), ink.sum(axis=0)
    lines, posts = np.flatnonzero(rows > 0.9 * rows.max()), np.flatnonzero(columns > 0.9 * columns.max())
    return int(posts.min()), int(lines.min()), int(posts.max()), int(lines.max())


def bar_px(pixels: np.ndarray) -> int:
    """Return the length of the longest line of ink outside the frame: the edge of the scale bar."""
    left, top, right, bottom = neat_line(pixels)
    ink = pixels.sum(axis=2) < 300
    ink[top - 5 : bottom + 6, left - 5 : right + 6] = False
    longest = 0
    for row in ink:
        edges = np.flatnonzero(np.diff(np.concatenate([[0], row.view(np.int8), [0]])))
        longest = max(longest, int(np.diff(edges)[::2].max(initial=0)))
    return longest


@pytest.mark.parametrize(("name", "orientation", "size"), [
    ("A4", "landscape", (297, 210)), ("A4", "portrait", (210, 297)), ("A3", "landscape", (420, 297)),
    ("A3", "portrait", (297, 420)),
])  # fmt: skip
def test_the_sheet_has_the_size_of_its_paper(tmp_path, name, orientation, size):
    options = {"paper": name, "orientation": orientation, "title": "Title"}
    areas = areas_of([shapely.box(500_000, 4_870_000, 510_000, 4_880_000)])
    points = [one * 72 / 25.4 for one in size]
    pdf = static_map(tmp_path / "a.pdf", areas, **options).read_bytes()
    box = re.search(rb"/MediaBox \[([^\]]+)\]", pdf)[1].split()
    assert [float(one) for one in box] == pytest.approx([0, 0, *points], abs=0.01)
    svg = ElementTree.parse(static_map(tmp_path / "a.svg", areas, **options)).getroot()
    assert [float(svg.get(side).removesuffix("pt")) for side in ("width", "height")] == pytest.approx(points, abs=0.01)


def test_a_picture_has_300_dots_an_inch_and_a_margin(tmp_path, monkeypatch):
    monkeypatch.undo()
    areas = areas_of([shapely.box(500_000, 4_870_000, 510_000, 4_880_000)])
    path = static_map(tmp_path / "a.png", areas, orientation="portrait", title="Title")
    pixels = pixels_of(path)
    assert pixels.shape[:2] == (3507, 2480)
    head = path.read_bytes()[:400]
    dots = int.from_bytes(head[head.index(b"pHYs") + 4 :][:4], "big")
    assert dots * 0.0254 == pytest.approx(300, abs=0.1)
    # all ink lies on the sheet, with a margin that every printer leaves
    ink = np.argwhere(pixels.sum(axis=2) < 700)
    margin = 5 * 300 / 25.4
    assert ink.min() > margin
    assert (ink.max(axis=0) < np.array(pixels.shape[:2]) - margin).all()


@pytest.mark.parametrize(("lon", "lat", "crs", "scale"), [
    (15.0, 44.0, None, 100_000), (105.0, 12.0, None, 50_000), (31.0, 49.0, "EPSG:32636", 250_000),
    (12.0, 44.0, UTM, 100_000), (17.0, 44.0, "EPSG:3857", 100_000), (-60.0, -51.7, None, 75_000),
])  # fmt: skip
def test_a_ruler_on_the_sheet_measures_the_ground(tmp_path, lon, lat, crs, scale):
    """Also where the units of the CRS are no metres on the ground, as in EPSG:3857."""
    metres = scale * 0.12
    east_lon, east_lat, _ = GEOD.fwd(lon, lat, 90, metres)
    north_lon, north_lat, _ = GEOD.fwd(lon, lat, 0, metres)
    areas = areas_of([shapely.Point(lon, lat), shapely.Point(east_lon, east_lat), shapely.Point(north_lon, north_lat)],
                     crs=4326, hazard_class=["CHA", "SHA", None])  # fmt: skip
    pixels = pixels_of(static_map(tmp_path / "a.png", areas, scale=scale, crs=crs))
    left, top, right, bottom = neat_line(pixels)
    inside = pixels[top + 20 : bottom - 20, left + 20 : right - 20]
    here, east = (where(inside, colour).mean(axis=0) for colour in (RED, AMBER))
    measured = np.hypot(*(here - east)) / PX_PER_MM / 1000 * scale
    assert measured == pytest.approx(metres, rel=3e-3)
    # the bar is of a round length
    # half a line of 0.5 pt stands out at either end
    bar = (bar_px(pixels) - 0.5 / 72 * DPI) / np.hypot(*(here - east)) * metres
    digits = bar / 10 ** np.floor(np.log10(bar) + 0.01)
    assert min(abs(digits / step - 1) for step in (1, 2, 5)) < 6e-3


def test_the_arrow_points_to_true_north(tmp_path):
    """Convergence of transverse Mercator: tan(c) = tan(lon - lon0) sin(lat), here on the sphere and small."""
    west = areas_of([shapely.box(11.9, 43.9, 12.1, 44.1)], crs=4326).to_crs(UTM)
    plane = static._plane(west.crs, tuple(west.total_bounds))
    assert plane.north == pytest.approx(np.degrees(np.arctan(np.tan(np.radians(3)) * np.sin(np.radians(44)))), abs=0.02)
    line = areas_of([shapely.Point(12, 43.9), shapely.Point(12, 44.1)], crs=4326, hazard_class=["CHA", "SHA"])
    pixels = pixels_of(static_map(tmp_path / "a.png", line, crs=UTM))
    left, top, right, bottom = neat_line(pixels)
    inside = pixels[top + 20 : bottom - 20, left + 20 : right - 20]
    south, north = (where(inside, colour).mean(axis=0) for colour in (RED, AMBER))
    assert np.degrees(np.arctan2(north[1] - south[1], south[0] - north[0])) == pytest.approx(plane.north, abs=0.1)


def finder(pixels: np.ndarray, areas: gpd.GeoDataFrame, scale: float) -> Any:
    """Return a function from a place to its colour: the middle of the data is that of the map."""
    left, top, right, bottom = neat_line(pixels)
    west, south, east, north = areas.total_bounds
    per_m = 1000 / scale * PX_PER_MM

    def at(x: float, y: float) -> tuple[int, ...]:
        column = (left + right) / 2 + (x - (west + east) / 2) * per_m
        row = (top + bottom) / 2 - (y - (south + north) / 2) * per_m
        return tuple(int(one) for one in pixels[round(row), round(column)])

    return at


def near(seen: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return max(abs(one - two) for one, two in zip(seen, wanted, strict=True)) <= 3


def test_colours_at_known_places(tmp_path):
    """Polygons of several parts, holes, points, lines, what is released: TN 07.11/01, half transparent on white."""
    left = shapely.box(0, 0, 1000, 1000).difference(shapely.box(400, 400, 600, 600))
    shapes = [
        left, shapely.MultiPolygon([shapely.box(2000, 0, 2500, 1000), shapely.box(2800, 0, 3000, 1000)]),
        shapely.box(4000, 0, 5000, 1000), shapely.box(0, 2000, 1000, 3000),
        shapely.LineString([(2000, 2500), (3000, 2500)]), shapely.Point(4500, 2500), None,
    ]  # fmt: skip
    moved = [one and affinity.translate(one, 500_000, 4_870_000) for one in shapes]
    areas = areas_of(moved, status=["open", "suspended", "released", "open", "open", "open", "open"],
                     hazard_class=["CHA", "SHA", "CHA", None, "CHA", "SHA", "CHA"])  # fmt: skip
    pixels = pixels_of(static_map(tmp_path / "a.png", areas, crs=UTM, scale=50_000))
    at = finder(pixels, areas[areas["status"] != "released"], 50_000)

    def seen(x: float, y: float) -> tuple[int, ...]:
        return at(500_000 + x, 4_870_000 + y)

    assert near(seen(200, 500), CHA)
    assert seen(500, 500) == (255, 255, 255)
    assert near(seen(2250, 500), SHA)
    assert near(seen(2900, 500), SHA)
    assert seen(2650, 500) == (255, 255, 255)
    assert seen(4500, 500) == (255, 255, 255)
    assert near(seen(2500, 2500), RED)
    assert near(seen(4500, 2500), AMBER)
    hatched = {seen(300 + 10 * k, 2500) for k in range(40)}
    assert len(hatched) > 1
    assert all(near(seen(0, y), RED) for y in range(50, 950, 50))


def test_what_is_too_small_to_be_seen_is_a_square_of_a_millimetre(tmp_path):
    small = [shapely.box(500_000, 4_870_000, 500_020, 4_870_020), shapely.box(600_000, 4_970_000, 600_001, 4_970_001)]
    areas = areas_of(small, hazard_class=["CHA", "SHA"])
    pixels = pixels_of(static_map(tmp_path / "a.png", areas))
    left, top, right, bottom = neat_line(pixels)
    inside = pixels[top + 20 : bottom - 20, left + 20 : right - 20]
    for colour in (RED, AMBER):
        places = where(inside, colour, off=40)
        assert np.ptp(places, axis=0) / PX_PER_MM == pytest.approx(1.0, abs=0.3)


def test_verdicts_and_ranks_have_the_colours_of_the_pages(tmp_path):
    shapes = [shapely.box(500_000 + 2000 * k, 4_870_000, 501_000 + 2000 * k, 4_871_000) for k in range(4)]
    verdicts = ["as_intended", "other_productive", "unused", None]
    releases = gpd.GeoDataFrame({"release_id": list("abcd"), "verdict": verdicts}, geometry=shapes, crs=UTM)
    none = areas_of([None])
    pixels = pixels_of(static_map(tmp_path / "a.png", none, releases=releases, crs=UTM, scale=50_000))
    at = finder(pixels, releases, 50_000)
    for k, (colour, opacity) in enumerate([((0, 158, 115), 0.75), ((86, 180, 233), 0.75), ((204, 121, 167), 0.85)]):
        wanted = tuple(round(255 - opacity * (255 - one)) for one in colour)
        assert near(at(500_500 + 2000 * k, 4_870_500), wanted)
    areas = areas_of(shapes)
    ranking = SimpleNamespace(table=pd.DataFrame({"area_id": ["HA-1", "HA-0"], "rank": [1, 2], "score": [0.9, 0.1]}))
    pixels = pixels_of(static_map(tmp_path / "b.png", areas, ranking=ranking, crs=UTM, scale=50_000))
    at = finder(pixels, areas, 50_000)
    assert near(at(502_500, 4_870_500), (0, 34, 78))
    assert near(at(500_500, 4_870_500), (125, 124, 120))


def units_of() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"admin_code": ["U1", "U2"], "name": ["One", "Two"], "level": [1, 1]},
                            geometry=[shapely.box(490_000, 4_860_000, 505_000, 4_890_000),
                                      shapely.box(505_000, 4_860_000, 520_000, 4_890_000)], crs=UTM)  # fmt: skip


def test_a_sheet_for_the_public_has_no_uncleared_land(tmp_path):
    """In an SVG each shape would stand as its coordinates: the sheets with and without the hazard are the same."""
    areas = areas_of([shapely.box(500_000, 4_870_000, 504_000, 4_874_000)], area_m2=[16e6], admin_code=["U1"])
    other = areas_of([shapely.box(510_000, 4_880_000, 510_500, 4_880_400)], area_m2=[16e6], admin_code=["U1"])
    for hazards in ("none", "admin"):
        one = static_map(tmp_path / "a.svg", areas, admin_areas=units_of(), hazards=hazards).read_bytes()
        two = static_map(tmp_path / "b.svg", other, admin_areas=units_of(), hazards=hazards).read_bytes()
        assert one == two
        pixels = pixels_of(static_map(tmp_path / "a.png", areas, admin_areas=units_of(), hazards=hazards))
        assert not len(where(pixels, RED))
        assert not len(where(pixels, (176, 0, 0)))
    shade = finder(pixels, units_of(), 250_000)(500_000, 4_876_000)
    assert shade not in ((255, 255, 255), (0, 0, 0))
    exact = pixels_of(static_map(tmp_path / "a.png", areas, admin_areas=units_of()))
    # the words for internal use are red, and stand on no other sheet
    assert len(where(exact, (176, 0, 0)))


def test_the_round_scale_is_the_first_at_which_all_fits(tmp_path):
    areas = areas_of([shapely.box(500_000, 4_870_000, 560_000, 4_880_000)])
    with pytest.raises(OptionError, match=r"at 1:100,000 the map has room") as caught:
        static_map(tmp_path / "a.png", areas, scale=100_000)
    least = float(re.search(r"scale=(\d+)", str(caught.value))[1])
    static_map(tmp_path / "a.png", areas, scale=least)
    with pytest.raises(OptionError):
        static_map(tmp_path / "a.png", areas, scale=least - 200)
    assert len(list(tmp_path.iterdir())) == 1
    # nothing of the data is cut off by the frame
    pixels = pixels_of(tmp_path / "a.png")
    left, top, right, bottom = neat_line(pixels)
    columns = where(pixels[top + 5 : bottom - 5, left + 5 : right - 5], CHA)[:, 1]
    assert columns.min() > 10
    assert columns.max() < right - left - 20


@pytest.mark.parametrize("title", HOSTILE)
def test_titles_are_drawn_as_they_are(tmp_path, title):
    areas = areas_of([shapely.box(500_000, 4_870_000, 501_000, 4_871_000)])
    path = static_map(
        tmp_path / "a.svg",
        areas,
        title=title,
        admin_areas=units_of().assign(name=pd.Series([title] * 2, dtype="object")),
    )
    root = ElementTree.parse(path).getroot()
    assert not [one for one in root.iter() if one.tag.rpartition("}")[2] in ("script", "a", "image", "foreignObject")]


def test_titles_are_drawn_into_a_pdf(tmp_path):
    areas = areas_of([shapely.box(500_000, 4_870_000, 501_000, 4_871_000)])
    assert static_map(tmp_path / "a.pdf", areas, title=" ".join(HOSTILE)).stat().st_size > 1000


def test_letters_that_no_font_has_are_refused(tmp_path):
    areas = areas_of([shapely.box(500_000, 4_870_000, 501_000, 4_871_000)])
    with pytest.raises(OptionError, match=r"U\+10FFFD"):
        static_map(tmp_path / "a.png", areas, title="x \U0010fffd")
    assert list(tmp_path.iterdir()) == []
    assert families_for(["Ж ü ع"]) == ["DejaVu Sans"]


def test_lines_fit_their_width():
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    font = FontProperties(family="DejaVu Sans", size=8)
    text = "No record is not evidence of no contamination: ask for a survey where there is doubt."
    lines = wrapped(text, font, 100)
    assert " ".join(lines) == text
    for line in [*lines, fitted(text, font, 90), fitted("x" * 9_999, font, 90)]:
        assert TextPath((0, 0), line, prop=font, usetex=False).get_extents().width <= 101
    assert fitted("short", font, 90) == "short"
    assert fitted(text, font, 90).endswith("…")


def test_what_can_not_be_a_map_is_refused(tmp_path):
    areas = areas_of([shapely.box(500_000, 4_870_000, 501_000, 4_871_000)])
    wrong: list[dict[str, Any]] = [
        {"paper": "A5"}, {"orientation": "upright"}, {"hazards": "some"}, {"hazards": "admin"}, {"crs": "EPSG:4326"},
        {"crs": "EPSG:6933"}, {"scale": 0}, {"scale": float("nan")}, {"as_of": "03/04/2024"},
        {"hazards": "none", "ranking": SimpleNamespace(table=pd.DataFrame())},
    ]  # fmt: skip
    for options in wrong:
        with pytest.raises(OptionError):
            static_map(tmp_path / "a.png", areas, **options)
    with pytest.raises(OptionError, match="must end in"):
        static_map(tmp_path / "a.gif", areas)
    for empty in (areas.iloc[:0], areas_of([None]), areas_of([shapely.Polygon()]), areas.assign(status="released")):
        with pytest.raises(DataError, match="nothing of these tables"):
            static_map(tmp_path / "a.png", empty)
    with pytest.raises(DataError, match="'status'"):
        static_map(tmp_path / "a.png", areas.drop(columns="status"))
    assert list(tmp_path.iterdir()) == []


def test_data_on_both_sides_of_180_degrees(tmp_path):
    areas = areas_of([shapely.box(179.8, -17, 179.9, -16.9), shapely.box(-179.9, -17, -179.8, -16.9)], crs=4326)
    pixels = pixels_of(static_map(tmp_path / "a.png", areas))
    columns = np.unique(where(pixels, CHA)[:, 1])
    # two squares of 10.6 km, 21 km apart, and no band round the Earth
    groups = np.split(columns, np.flatnonzero(np.diff(columns) > 50) + 1)
    assert len([one for one in groups if len(one) > 100]) >= 2


def test_a_file_is_there_whole_or_as_it_was_and_frames_stay(tmp_path, monkeypatch):
    areas = areas_of([shapely.box(500_000, 4_870_000, 501_000, 4_871_000)])
    kept = areas.copy(deep=True)
    path = static_map(tmp_path / "new" / "a.pdf", areas, admin_areas=units_of(), as_of="2025-12-31")
    before = path.read_bytes()
    pd.testing.assert_frame_equal(areas, kept)
    assert static_map(path, areas, admin_areas=units_of(), as_of="2025-12-31").read_bytes() == before

    def broken(*_: Any, **__: Any) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr("matplotlib.figure.Figure.savefig", broken)
    with pytest.raises(OSError, match="No space"):
        static_map(path, areas)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_no_setting_of_the_callers_matplotlib_changes(tmp_path):
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    static_map(tmp_path / "a.png", areas_of([shapely.box(500_000, 4_870_000, 501_000, 4_871_000)]))
    assert dict(mpl.rcParams) == before


def test_bars_are_round_and_fit():
    for scale in np.geomspace(500, 5e7, 60):
        metres, length = bar_of(scale, 46.0)
        assert length <= 46.0 + 1e-9
        assert length > 46.0 / 2.5 - 1e-9
        assert metres * 1000 / scale == pytest.approx(length)
