"""Pages in eight languages: the words are ours, the data stay as they are."""

import re
import tomllib
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from opened import SIZES, Opened

import landrelease
from landrelease import OptionError
from landrelease.maps import land_release_map, words
from landrelease.maps.words import LANGUAGES, packed_words, words_of

ROOM = Path(landrelease.__file__).parent / "maps"
CATALOGUE = tomllib.loads((ROOM / "words.toml").read_text(encoding="utf-8"))
WARNING = "No record is not evidence of no contamination."


@pytest.fixture
def areas():
    return gpd.GeoDataFrame(
        {
            "area_id": ["Open", "HA-2", "HA-3"],
            "status": ["open", "suspended", "open"],
            "hazard_class": ["CHA", "SHA", "SHA"],
            "contamination_code": ["Status", None, "ភូមិ"],
            "area_m2": [1_234_567.0, 2e6, None],
        },
        geometry=[shapely.box(18, 44, 18.02, 44.02), shapely.box(18.05, 44, 18.07, 44.02), None],
        crs=4326,
    )


def test_every_text_is_one_that_the_package_says_and_is_there_in_all_languages():
    """A text that nobody says any more is not kept; numbers stand as {0}, {1} in every language."""
    others = [ROOM.parent / "priority" / "explain" / "sentences.py", ROOM.parent / "linkage" / "gaps.py"]
    sources = [*ROOM.rglob("*.py"), *(ROOM / "assets").glob("*.js"), *others]
    said = "\n".join(path.read_text(encoding="utf-8") for path in sources).lower()
    for english, others in CATALOGUE.items():
        # values, and the few words that the code puts in as values of an English sentence
        pieces = re.split(r"\{\w+\}(?: km²)?|unknown land| are left out", english)
        pieces = [piece.strip().removesuffix(":") for piece in pieces if len(piece) > 6]
        assert all(piece.lower() in said for piece in pieces), english
        assert set(others) == set(LANGUAGES) - {"en"}, english
        for language, text in others.items():
            assert sorted(re.findall(r"\{\w+\}", text)) == sorted(re.findall(r"\{\w+\}", english)), (english, language)
            assert text.strip() == text != ""


@pytest.mark.parametrize(("language", "script"), [
    ("ar", "\u0600-\u06ff"), ("km", "\u1780-\u17ff"), ("lo", "\u0e80-\u0eff"), ("uk", "\u0400-\u04ff"),
])  # fmt: skip
def test_texts_are_in_the_script_of_their_language(language, script):
    for english, text in words_of(language).items():
        # names of programs, keys and projections stay as they are
        names = "|".join(re.findall("[A-Za-z]{2,}", english))
        letters = [sign for sign in re.sub(rf"\{{\w+\}}|{names}|A4", "", text) if sign.isalpha()]
        own = [sign for sign in letters if re.match(f"[{script}]", sign)]
        assert len(own) >= 0.9 * len(letters), english


def test_an_unknown_language_is_refused(areas):
    with pytest.raises(OptionError, match="language"):
        land_release_map(areas, language="xx").get_root().render()
    assert packed_words("en") == ""
    assert words.direction_of("ar") == "rtl"


@pytest.mark.browser
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_in_each_language(browser, areas, tmp_path, language):
    path = tmp_path / "page.html"
    land_release_map(areas, title="Open", columns=["contamination_code"], language=language).save(path)
    opened = Opened(browser, path, SIZES[1]).painted()
    page = opened.page
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [
        language, "rtl" if language == "ar" else "ltr",
    ]  # fmt: skip
    known = {english: others.get(language, english) for english, others in CATALOGUE.items()}
    # the title is data
    assert page.text_content("h1") == "Open"
    assert page.text_content("h2 span") == known["Hazardous areas"]
    assert page.text_content(".lr-search label") == known["Find by id or name"]
    # a warning also in English, whatever the language
    assert WARNING in page.text_content(".lr-foot")
    assert known[WARNING] in page.text_content(".lr-foot")
    assert "Internal use: shows exact uncleared land" in page.text_content(".lr-head")
    labels = page.locator(".lr-legend label span").all_text_contents()
    assert known["CHA: confirmed"] in labels
    assert known["Suspended: work stopped"] in labels
    notes = page.locator(".lr-note").all_text_contents()
    neither = known["Neither geometry nor known area: {0} of {1}, counted here, not drawn, not in the km²."]
    assert neither.replace("{0}", "1").replace("{1}", "3") in notes
    page.evaluate("document.getElementById('lr-toggle').click()")
    page.fill("#lr-search", "open")
    page.keyboard.press("Enter")
    # ids and codes of the data are not translated, also where they are words that we know
    assert page.text_content(".lr-popup h2") == "Open"
    assert "Status" in page.locator(".lr-facts td").all_text_contents()
    assert known["Hazardous area"] == page.text_content(".lr-kind")
    for width, height in SIZES[::-1]:
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    opened.clean()


@pytest.mark.browser
def test_numbers_of_notes_are_written_as_the_language_does(browser, tmp_path):
    n = 1500
    frame = gpd.GeoDataFrame(
        {"area_id": [f"HA-{i}" for i in range(n)], "status": "open", "area_m2": 1e6},
        geometry=[shapely.Point(18, 44), *[None] * (n - 1)], crs=4326,
    )  # fmt: skip
    for language, wanted in (
        ("es", "1499 de 1500"),
        ("uk", "1499 з 1500"),
        ("fr", "1499 sur 1500"),
        ("pt", "1499 de 1500"),
    ):
        land_release_map(frame, language=language).save(tmp_path / "page.html")
        opened = Opened(browser, tmp_path / "page.html").painted()
        notes = " ".join(opened.page.locator(".lr-note").all_text_contents())
        # whatever separates the thousands, it is not the English comma, which there is the decimal sign
        assert wanted in re.sub(r"(?<=\d)[\s.\u202f\u00a0](?=\d{3})", "", notes), notes
        opened.clean()
