"""Nothing of ours stays English: each page and the printed map, in a language, in use."""

import re
import tomllib
import warnings
from pathlib import Path

import folium
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely
from matplotlib.axes import Axes
from opened import Opened
from rasterio.transform import from_origin

import landrelease as lr
from landrelease.maps.words import in_words, words_of
from landrelease.priority import Band, Criterion, PriorityClass, Scheme, Threshold
from landrelease.said import Said, say

CATALOGUE = tomllib.loads((Path(lr.__file__).parent / "maps" / "words.toml").read_text(encoding="utf-8"))
WARNINGS = [text for text in CATALOGUE if text.startswith(("Internal use", "No record is not"))]
# what the data are called here; what stays as it is in each language; codes, which are data
DATA = r"[Zz]q[\w./-]*"
SAME = r"A JavaScript library for interactive maps|\b(Leaflet|CSV|CHA|SHA|WGS|A4|OK|UTM|EPSG)\b"
CODES = r"\b(on_site|same_district|none|running|planned|unknown|agriculture|grazing|nearby)\b"


def square(x, y=44.0, size=0.02):
    return shapely.box(x, y, x + size, y + size)


@pytest.fixture(scope="module")
def data():
    """Tables of which every kind of row, class and note comes out."""
    day = pd.to_datetime
    areas = gpd.GeoDataFrame(
        {
            "area_id": [f"zq-{i}" for i in range(9)],
            "status": ["open", "suspended", "in_progress", "released", "superseded", None, "zqs", "open", "open"],
            "hazard_class": ["CHA", "SHA", None, "CHA", "CHA", "zqc", "CHA", "SHA", "CHA"],
            "admin_code": ["zqA", "zqA", "zqB", "zqA", "zqA", "zqA", "zqX", None, "zqC"],
            "survey_date": day(["2020-01-02"] * 9),
            "area_m2": [1_234_567.0, 25_000.0, None, 5.0, 5.0, 300.0, 9e6, None, None],
            "zqop": ["zqo", None, *["zqp"] * 7],
            "zqmark": pd.array([True, False, None, *[True] * 6], dtype="boolean"),
        },
        geometry=[
            square(18),
            square(18.05),
            None,
            square(18.1),
            square(18.1),
            shapely.Point(18.2, 44),
            square(18),
            shapely.LineString([(18.3, 44), (18.3, 44.02)]),
            square(18.35),
        ],
        crs=4326,
    )
    releases = gpd.GeoDataFrame(
        {
            "release_id": [f"zqR{i}" for i in range(6)],
            "release_date": day(["2020-01-31"] * 4 + [None, "2023-01-01"]),
            "verdict": ["as_intended", "unused", "unknown", "other_productive", None, "zqv"],
            "admin_code": ["zqA"] * 5 + ["zqB"],
            "release_type": ["cleared", "reduced", "cancelled", "mixed", None, "zqt"],
            "area_m2": [1e6, 2e6, None, 3.0, 4e4, 5e5],
            "as_intended_m2": [1e6, 0, 0, 0, 0, 0.0],
            "other_productive_m2": 0.0,
            "unused_m2": 0.0,
            "unknown_m2": 5e5,
        },
        geometry=[*(square(18 + i / 20, 44.1) for i in range(5)), None],
        crs=4326,
    )
    units = gpd.GeoDataFrame(
        {
            "admin_code": ["zqA", "zqB", "zqC", "zqD", "zqE"],
            "name": ["zqNorth", "zqSouth", None, "zqWest", "zqLow"],
            "level": [1, 1, 1, 1, 2],
            "population_count": [1200, None, 5, 6, 7],
            "released_m2": [5e6, None, 0.0, 1.0, 2.0],
            "hazardous_m2": [1e6, 0.0, None, 0.0, None],
            "hazard_count": [2, None, 3, 0, None],
        },
        geometry=[square(17.9 + i / 4, 43.9, 0.24) for i in range(5)],
        crs=4326,
    )
    projects = gpd.GeoDataFrame(
        {
            "project_id": ["zqP1", "zqP2", "zqP3"],
            "location_id": ["zqL1", "zqL2", "zqL3"],
            "title": ["zqCanal", None, "zqDam"],
            "is_point": [True, True, False],
            "implementer": ["zqI", None, "zqJ"],
            "admin_code": ["zqA"] * 3,
            "start_date": day(["2021-01-01", None, None]),
            "end_date": day(["2030-01-01", None, None]),
        },
        geometry=[shapely.Point(18.01, 44.01), shapely.Point(18.06, 44.01), None],
        crs=4326,
    )
    return {"areas": areas, "releases": releases, "units": units, "projects": projects}


def released(data, language, **_):
    return lr.land_release_map(
        data["areas"],
        releases=data["releases"],
        projects=data["projects"],
        admin_areas=data["units"],
        columns=["zqop", "zqmark"],
        language=language,
    )


def released_by_type(data, language, **_):
    releases = data["releases"].drop(columns="verdict")
    return lr.land_release_map(
        data["areas"], releases=releases, hazards="none", admin_areas=data["units"], language=language
    )


def public(data, language, **_):
    units = data["units"].drop(columns=["hazardous_m2", "hazard_count"])
    return lr.land_release_map(data["areas"], admin_areas=units, hazards="admin", language=language)


def priorities(data, language, **_):
    criteria = [
        Criterion("people", 0, 1000, 0.6, label="zqpeople", unit="zqu"),
        Criterion("road_m", 0, 500, 0.4, label="zqroad"),
    ]
    table = data["areas"][["area_id"]].iloc[:5].assign(people=[900, 300, None, 10, 0], road_m=[1.0, None, 2, 3, 4])
    ranking = lr.prioritise(table, criteria, missing="bounds")
    return lr.priority_map(data["areas"], ranking, admin_areas=data["units"], language=language)


def verdicts(data, language, **_):
    visits = pd.DataFrame(
        {
            "follow_up_id": ["zq1", "zq2"],
            "release_id": ["zqR0", "zqR99"],
            "use_code": ["grazing", "none"],
            "visit_date": pd.to_datetime(["2021-05-01", "2021-05-01"]),
            "observed_share": [0.5, None],
            "reason_unused_code": [None, "zqwhy"],
        }
    )
    cover = pd.DataFrame(
        {
            "release_id": ["zqR0", "zqR0", "zqR9"],
            "layer": ["2024"] * 3,
            "class_code": [40, 60, 60],
            "use_code": ["agriculture", None, None],
            "class_share": [0.75, 0.25, 1.0],
        }
    )
    links = pd.DataFrame(
        {
            "release_id": ["zqR0"],
            "project_id": ["zqP1"],
            "link_level": ["nearby"],
            "distance_m": [420.0],
            "months_apart": [12.0],
        }
    )
    photos = pd.DataFrame(
        {
            "release_id": ["zqR0", "zqR1"],
            "photo_path": ["zq/1.jpg", "zq/2.jpg"],
            "caption": ["zqp", None],
            "photo_date": pd.to_datetime(["2021-05-01", None]),
        }
    )
    return lr.verdict_map(
        data["releases"],
        as_of="2025-12-31",
        follow_ups=visits,
        land_cover=cover,
        project_links=links,
        projects=data["projects"],
        photos=photos,
        admin_areas=data["units"],
        language=language,
    )


def meeting(data, language, *, hazards="exact", **_):
    releases = data["releases"]
    links = pd.DataFrame(
        {
            "release_id": ["zqR0"],
            "project_id": ["zqP1"],
            "location_id": ["zqL1"],
            "weight_share": [None],
            "tier": ["on_site"],
        }
    ).astype({"weight_share": float})
    needs = pd.DataFrame(
        {
            "need_id": ["zqN1", "zqN2"],
            "admin_code": ["zqA", None],
            "need_date": pd.to_datetime(["2020-01-01"] * 2),
            "use_code": ["agriculture", "grazing"],
            "source": ["zq", "zq"],
        }
    )
    gaps = lr.coordination_gaps(
        releases, data["projects"], links=links, needs=needs, hazards=data["areas"], as_of="2022-12-31"
    )
    return lr.coordination_map(
        gaps,
        releases,
        projects=data["projects"],
        areas=data["areas"],
        admin_areas=data["units"],
        hazards=hazards,
        language=language,
    )


def meeting_public(data, language, **_):
    return meeting(data, language, hazards="none")


def bounds(data, language, *, colour="bounds", **_):
    shares = pd.DataFrame(
        {
            "admin_code": ["zqA", "zqB", "zqC", "zqX"],
            "productive_share_low": [0.41, 0.5, None, 0.1],
            "productive_share_high": [0.78, None, 0.5, 0.2],
            "zqop": ["zqo"] * 4,
        }
    )
    return lr.bounds_map(data["units"], shares, colour=colour, columns=["zqop"], language=language)


def middle(data, language, **_):
    return bounds(data, language, colour="middle")


def amounts(data, language, **_):
    land = pd.DataFrame({"admin_code": ["zqA", "zqB", "zqD"], "low_m2": [1e6, 1.0, 5e6], "high_m2": [2e6, 2.0, 5e6]})
    return lr.bounds_map(data["units"], land, low="low_m2", high="high_m2", label="zqland", language=language)


def timeline(data, language, **_):
    areas = data["areas"].iloc[[0, 0, 1, 2]]
    periods = areas.assign(
        status=["open", "released", "open", "suspended"],
        from_date=pd.to_datetime(["2019-01-01", "2021-06-01", "2020-01-01", "2020-01-01"]),
        to_date=pd.to_datetime(["2021-06-01", None, None, None]),
    )
    return lr.timeline_map(periods, releases=data["releases"], admin_areas=data["units"], language=language)


def own(data, language, *, folder):
    folder.mkdir(exist_ok=True)
    where = {"driver": "GTiff", "width": 40, "height": 40, "count": 1, "crs": 4326}
    with rasterio.open(
        folder / "zqcover.tif", "w", dtype="uint8", nodata=0, transform=from_origin(18, 44.2, 0.01, 0.01), **where
    ) as file:
        file.write(np.random.default_rng(1).integers(1, 5, (1, 40, 40)).astype("uint8"))
    with rasterio.open(
        folder / "zqdem.tif", "w", dtype="float32", nodata=-9, transform=from_origin(18, 44.2, 0.01, 0.01), **where
    ) as file:
        file.write(np.random.default_rng(1).random((1, 40, 40)).astype("float32"))
    chart = folium.Map([44, 18.2], tiles=None, zoom_start=10)
    rasters = [
        lr.raster_layer(
            folder / "zqcover.tif", colours={1: "#117733", 2: "#DDCC77"}, labels={1: "zqTrees"}, max_pixels=100
        ),
        lr.raster_layer(folder / "zqdem.tif", unit="zqm", source="zqsource"),
        lr.hillshade_layer(folder / "zqdem.tif"),
    ]
    roads = gpd.GeoDataFrame(
        {"road_id": ["zqr"], "name": [None], "speed_kmh": [50.0]},
        geometry=[shapely.LineString([(18, 44), (18.1, 44)])],
        crs=4326,
    )
    towns = gpd.GeoDataFrame(
        {"settlement_id": ["zqs"], "name": ["zqtown"], "population_count": [5]},
        geometry=[shapely.Point(18, 44)],
        crs=4326,
    )
    layers = [
        lr.map_layer(data["areas"], "areas", colour_by="zqop"),
        lr.map_layer(data["areas"], "areas", colour_by="zqmark", name="zqmarked"),
        lr.map_layer(data["areas"], "areas", colour_by="area_m2", name="zqsized"),
        lr.map_layer(data["areas"], "areas", colour_by="status", name="zqstate"),
        lr.map_layer(data["releases"], "releases", colour_by="release_date"),
        lr.map_layer(data["projects"], "projects", colour_by="title"),
        lr.map_layer(data["units"], "admin_areas", colour_by="population_count"),
        lr.map_layer(roads, "roads"),
        lr.map_layer(towns, "settlements"),
    ]
    for layer in [*rasters, *layers]:
        layer.add_to(chart)
    lr.swipe(chart, rasters[0], rasters[1])
    return chart


def live(data, language, *, missing="worst", hazards="exact", points=False, **_):
    areas = data["areas"]
    criteria = [
        Criterion("people", 0, 1000, 0.6, label="zqpeople", unit="zqu"),
        Criterion("school", 0, 1, 0.3, label="zqschool", unit="yes/no"),
        Criterion("farm_share", 0, 1, 0.1, label="zqfarm", unit="share", more_is_urgent=False),
    ]
    if points:
        criteria = [
            Criterion("people", None, 5, 2, label="zqpeople", form="points"),
            Criterion("school", None, None, 1, label="zqschool", form="points"),
        ]
    classes = (
        PriorityClass("zqA", (Threshold("school", at_least=1),)),
        PriorityClass("zqB", (Threshold("people", at_least=5),)),
        PriorityClass("zqC"),
    )
    bands = (Band("zqhigh", 0.8), Band("zqlow", 0.4))
    scheme = Scheme(
        "zq",
        "zqtitle",
        "zqsource",
        False,
        "",
        tuple(criteria),
        bands=() if points else bands,
        classes=() if missing == "drop" else classes,
    )
    table = areas[["area_id"]].assign(
        people=[900, 300, None, 10, 0, 10, 4, 5, 900],
        school=[1, 0, 0, None, 0, 0, 0, 0, 1.0],
        farm_share=[0, 1, 0.5, 0.5, 0.2, 0.5, 0.1, None, 0],
    )
    ranking = lr.prioritise(table, scheme, missing=missing)
    return lr.live_ranking(
        ranking,
        areas=areas,
        scheme=scheme,
        admin_areas=data["units"],
        hazards=hazards,
        top=2,
        columns=["zqmark"],
        language=language,
    )


def live_bounds(data, language, **_):
    return live(data, language, missing="bounds", hazards="admin")


def live_points(data, language, **_):
    return live(data, language, missing="drop", hazards="none", points=True)


PAGES = [
    released,
    released_by_type,
    public,
    priorities,
    verdicts,
    meeting,
    meeting_public,
    bounds,
    middle,
    amounts,
    timeline,
    own,
    live,
    live_bounds,
    live_points,
]

COLLECT = """() => {
  const found = new Set([document.title]);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode())
    if (!walker.currentNode.parentElement.closest('script, style')) found.add(walker.currentNode.data);
  for (const one of document.querySelectorAll('body *'))
    for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'aria-valuetext'])
      found.add(one.getAttribute(name) || '');
  return [...found];
}"""


def in_use(page):
    """Use a page of a map as people do; yield after each step."""
    yield
    buttons = page.locator(".lr-panel section > .lr-bar-of-buttons button:visible")
    for one in buttons.all()[:1]:
        one.click()
    for wanted in ("zq", "nothing like it"):
        page.fill("#lr-search", wanted)
        yield
    for wanted in ("zqR0", "zq-1", "zqNorth", "zqLow", "zqCanal", "zqtown"):
        page.fill("#lr-search", wanted)
        page.keyboard.press("Enter")
        yield
        if page.locator(".lr-card .lr-bar-of-buttons button").count():
            page.locator(".lr-card .lr-bar-of-buttons button").last.evaluate("(one) => one.click()")
    if page.locator(".lr-timeline button").count():
        page.locator(".lr-timeline button").nth(1).click()
        page.wait_for_selector(".lr-divider")
        page.locator(".lr-timeline button").first.click()
        yield
    tools = page.locator("#lr-panel > .lr-bar-of-buttons button")
    if tools.count():
        tools.nth(0).click()
        yield
        tools.nth(0).click()
        tools.nth(1).click()
        yield


def in_workshop(page):
    """Use the live ranking; yield after each step."""
    yield
    for _ in range(page.locator(".lr-area button").count()):
        page.locator(".lr-area button").nth(_).click()
        yield
    for box in page.locator(".lr-criteria input[type=range]").all():
        box.fill("0")
        page.wait_for_timeout(60)
        yield
    if page.locator("input[type=radio]").count():
        page.locator("input[type=radio]").last.check()
        page.wait_for_timeout(60)
        yield
    page.fill("#lr-top", "3")
    page.fill("#lr-find", "nothing like it")
    page.wait_for_timeout(60)
    yield
    if page.locator("#lr-map .folium-map").count():
        box = page.locator("#lr-map").bounding_box()
        for x in range(20, int(box["width"]), 20):
            page.mouse.move(box["x"] + x, box["y"] + box["height"] / 2)
            yield


def english_in(text, language):
    """Return what of a text is English that the language does not have, data and the English of warnings left out."""
    for warning in WARNINGS:
        text = text.replace(f"({warning})", "").replace(f"(\u2066{warning}\u2069)", "")
    bare = re.sub(f"{DATA}|{SAME}|{CODES}", "", text)
    if language == "ar":
        return [word for word in re.findall(r"[A-Za-z]{2,}", bare) if word not in _IN_ARABIC]
    known = words_of(language)
    pattern = re.sub(r"\d+(?:,\d{3})*(?:\.\d+)?", "{0}", text.strip())
    return [text for one in {text.strip(), pattern} if one in known and known[one] != one and one not in known.values()]


# the names of browsers, of a projection and of a unit of the scheme stand in Latin letters in Arabic, too
_IN_ARABIC = {word for text in words_of("ar").values() for word in re.findall(r"[A-Za-z]{2,}", text)}


# in Arabic any Latin letter is seen; French shows that it is not the letters alone
OPENED = [*((builder, "ar") for builder in PAGES), (released, "fr"), (bounds, "fr"), (live, "fr")]


@pytest.mark.browser
@pytest.mark.parametrize(("builder", "language"), OPENED, ids=lambda one: getattr(one, "__name__", one))
def test_no_english_is_left_on_a_page(browser, data, tmp_path, builder, language):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", lr.DataWarning)
        page_of = builder(data, language, folder=tmp_path / "rasters")
    path = tmp_path / "page.html"
    if builder is own:
        lr.save_page(page_of, path, language=language)
    else:
        page_of.save(path)
    opened = Opened(browser, path)
    opened.page.wait_for_selector(".lr-ready")
    texts = set()
    for _ in (in_workshop if builder.__name__.startswith("live") else in_use)(opened.page):
        texts.update(opened.page.evaluate(COLLECT))
    assert sum(bool(text.strip()) for text in texts) > 20
    left = {text: found for text in texts if (found := english_in(text, language))}
    assert not left
    assert opened.said == []
    opened.context.close()


@pytest.mark.browser
def test_english_that_is_left_is_seen(browser, data, tmp_path):
    released(data, "en").save(tmp_path / "page.html")
    opened = Opened(browser, tmp_path / "page.html")
    opened.page.wait_for_selector(".lr-ready")
    texts = opened.page.evaluate(COLLECT)
    opened.context.close()
    for language in ("ar", "fr"):
        left = {text for text in texts if english_in(text, language)}
        assert {"Hazardous areas", "Find by id or name", "Boundary", "Level 1"} <= left


# On paper


@pytest.mark.parametrize("language", ["ar", "fr"])
@pytest.mark.parametrize("hazards", ["exact", "admin", "none"])
def test_no_english_is_left_on_paper(data, tmp_path, monkeypatch, language, hazards):
    texts = []
    draw = Axes.text
    monkeypatch.setattr(
        Axes, "text", lambda self, x, y, text, **how: texts.append(text) or draw(self, x, y, text, **how)
    )
    units = data["units"].drop(columns=["hazardous_m2", "hazard_count"])
    for n, more in enumerate(({}, {"as_of": "2025-12-31", "paper": "A3", "scale": 1_000_000})):
        lr.static_map(
            tmp_path / f"{n}.svg",
            data["areas"],
            releases=data["releases"],
            projects=data["projects"],
            admin_areas=units,
            hazards=hazards,
            title="zqtitle",
            language=language,
            **more,
        )
    said = " ".join(texts)
    assert "zqtitle" in said
    for warning in WARNINGS:
        # a warning is broken into lines, and stands in English, too
        said = said.replace(warning, "")
    assert not english_in(said, "ar") or language != "ar"
    if language == "fr":
        assert not [text for text in texts if text not in WARNINGS and english_in(text, "fr")]
        assert in_words("No record is not evidence of no contamination.", "fr") in said


@pytest.mark.parametrize("language", ["km", "lo", "ar"])
def test_a_printed_line_is_never_cut_short(data, tmp_path, monkeypatch, language):
    texts = []
    draw = Axes.text
    monkeypatch.setattr(
        Axes, "text", lambda self, x, y, text, **how: texts.append(text) or draw(self, x, y, text, **how)
    )
    try:
        lr.static_map(tmp_path / "one.png", data["areas"], title="zq", language=language)
    except lr.OptionError as error:
        pytest.skip(f"no font: {error}")
    assert not [text for text in texts if "…" in text]
    # nothing but the breaks between lines is lost of a warning
    warning = words_of(language)["No record is not evidence of no contamination."]
    assert re.sub(r"\s", "", warning) in re.sub(r"[\s\u200f]", "", "".join(texts))


# Texts with values


def test_a_text_knows_what_it_is_made_of():
    said = say("between {0} and {1}", say("{0} %", "41"), say("{0} km²", 1200))
    assert said == "between 41 % and 1,200 km²"
    assert in_words(said, "es") == "entre 41 % y 1.200 km²"
    assert in_words(say("Class {0}: {1}", "40", "1 {0} zq"), "fr") == "Classe 40\xa0: 1 {0} zq"
    assert in_words("Level 3", "uk") == "Рівень 3"
    # a number within a word is no number
    assert in_words("Level A3", "uk") == "Level A3"
    assert isinstance(say("Open"), Said)


@pytest.mark.parametrize(
    ("language", "wanted"),
    [
        ("en", "1,234.5"),
        ("fr", "1\u202f234,5"),
        ("es", "1.234,5"),
        ("uk", "1\xa0234,5"),
        ("ar", "1,234.5"),
    ],
)
def test_numbers_are_written_as_the_language_does(language, wanted):
    assert wanted in in_words(say("{0}", "1,234.5"), language)
