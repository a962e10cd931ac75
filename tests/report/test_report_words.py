"""Reports in eight languages: the words are ours, the data and the numbers stay as they are."""

import re
import tomllib
import warnings
from datetime import date
from pathlib import Path
from zipfile import ZipFile

import pandas as pd
import pytest
from lxml import html as lxml_html
from openpyxl import load_workbook

import landrelease
from landrelease import DataWarning, OptionError
from landrelease.maps.words import LANGUAGES, words_of
from landrelease.priority import Criterion, funding_line, plan_clearance, prioritise, stability, swap_weights
from landrelease.priority.explain.sentences import explain
from landrelease.priority.explain.story import area_story
from landrelease.report import write_priority_page, write_report
from landrelease.report.document import Basis, Document, Figure, Part, Section, write_docx, write_html, write_xlsx
from landrelease.report.document.model import CAUTION
from landrelease.report.frames import _group_label
from landrelease.report.language import CATALOGUE, Words
from landrelease.rules import PROBLEM_COLUMNS, RULES
from landrelease.said import as_ours, say
from landrelease.tables import CODES

ROOM = Path(landrelease.__file__).parent
TEXTS = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
OTHERS = [language for language in LANGUAGES if language != "en"]
SCRIPTS = {"ar": "\u0600-\u06ff", "km": "\u1780-\u17ff", "lo": "\u0e80-\u0eff", "uk": "\u0400-\u04ff"}
SLOT = re.compile(r"\{\d+\}")
CAUTIONS = (
    "No record is not evidence of no contamination.",
    "Land is never called safe here: released means that all reasonable effort was made, and a risk may remain.",
)


def said_by_the_package() -> str:
    """Return all sources and the texts of declared codes and rules, with adjacent string literals put together."""
    files = [path for room in ("report", "priority", "job", "match", "checks", "read", "outcomes", "registry")
             for path in (ROOM / room).rglob("*") if path.suffix in (".py", ".html")]  # fmt: skip
    files += [ROOM / "rules.py", *(ROOM / "priority").rglob("*.toml")]
    texts = "\n".join(path.read_text(encoding="utf-8") for path in files)
    texts = re.sub(r'"\s*\n\s*f?"', "", texts)
    declared = [text for codes in CODES.values() for text in codes.values()]
    return "\n".join([texts, *declared, *(rule.text for rule in RULES.values())])


def test_every_text_is_there_in_all_languages_with_the_same_values():
    for english, others in TEXTS.items():
        assert list(others) == ["fr", "es", "pt", "uk", "ar", "km", "lo"], english
        for language, text in others.items():
            assert sorted(SLOT.findall(text)) == sorted(SLOT.findall(english)), (english, language)
            assert text.strip() == text != ""


# texts that code puts together of a number, "area is" or "areas are", and what is said of them
ASSEMBLED = (
    "land that several pairs claim is in each of them.", "women", "men", "surely in", "surely out",
    "ha written as m2?", "set aside: {2}.", "only where a point is known.", "how urgent that is.",
    '(missing = "worst").', "rankings.", "it alone is interchangeable.",
    "at a budget of about {2} USD", "at a budget of about {4} USD",
)  # fmt: skip


def test_every_text_is_one_that_the_package_says():
    """A text that nobody says any more is not kept; what stands in slots, and plurals by code, are left out."""
    said = plain(said_by_the_package())
    for english in TEXTS:
        for piece in re.split(r"\{\d\}|\b\d[\d,]*\b|[;:,'()]", english):
            words = plain(piece).strip(" .?%")
            assert words in said or english.endswith(ASSEMBLED), (english, words)


def plain(text: str) -> str:
    """Return a text as names of columns, whose labels are made of them, would have it."""
    return re.sub(r"\s+", " ", text.replace("_", " ").casefold())


@pytest.mark.parametrize("language", list(SCRIPTS))
def test_texts_are_in_the_script_of_their_language(language):
    loans = r"\{\d\}|landrelease|funding_line|admin_code|recorded_at|people_within_1km|missing = \"worst\"|SHA-256|"
    loans += r"R\d+|\((assessment|summaries|balance|conflicts|ranking|problems|inputs|parameters|[, ])+\)|top|budget|"
    loans += r"\bn\b"
    for english, others in TEXTS.items():
        letters = [sign for sign in re.sub(loans, "", others[language]) if sign.isalpha()]
        own = [sign for sign in letters if re.match(f"[{SCRIPTS[language]}]", sign)]
        assert len(own) >= 0.9 * len(letters), english


def test_no_pattern_is_taken_for_another():
    """A text that came out of a table is known again by its own pattern, whatever the numbers in it."""
    for language in OTHERS:
        words = Words(language)
        for english, others in TEXTS.items():
            if sum(map(str.isalpha, SLOT.sub("", english))) >= 6:
                filled = [SLOT.sub(lambda found: f"7{found[0][1:-1]}", one) for one in (english, others[language])]
                assert str(words(filled[0])) == filled[1], (english, language)


def test_values_of_a_text():
    french = Words("fr")
    assert french(say("{0} km²", "1,234.5")) == "1\u202f234,5\u00a0km²"
    assert french(say("{0} ({1})", as_ours("size"), say("{0} %", "7.5"))) == "superficie (7,5\u00a0%)"
    # names of the data stay, also where they are words that we know or look like a pattern
    for name in ("size", "{0}", "1.2", "Not known", "{1} {0}"):
        assert french(say("{0}, rank {1}", name, 2)).endswith(", rang 2")
    assert french(say("{0}, rank {1}", "size", 2)) == "size, rang 2"
    assert french.lacking == {}
    # a number in the name of a place is no number of ours
    assert french("at least 100,000 USD in Zone 1,5") == "au moins 100\u202f000\u00a0USD à Zone 1,5"
    assert french("R4 event must be a code of its list").startswith("R4 event doit être")


@pytest.mark.parametrize("language", OTHERS)
def test_an_id_that_looks_like_a_number_is_no_number(language):
    """Site 3.014 of one registry is no 3,014, and 1,200 no 1.200: an id in a sentence is that of the table."""
    words, ids = Words(language), ["3.014", "1,200", "12.5"]
    criteria = [Criterion("people", 0, 1000, 0.6), Criterion("road_m", 0, 500, 0.4, more_is_urgent=False)]
    table = pd.DataFrame({"area_id": ids, "people": [900, 300, 100], "road_m": [400.0, 20.0, None]})
    for missing in ("worst", "bounds", "drop"):
        ranking = prioritise(table, criteria, missing=missing)
        said = {one: str(words(explain(ranking, one))) for one in ids}
        assert all(one in text for one, text in said.items()), said
    ranking = prioritise(table, criteria, missing="worst")
    story = area_story(ranking, "1,200", top=1)
    assert any("3.014" in str(words(one)) for one in story.changes)
    assert "3.014" in words(swap_weights(ranking, "3.014", "1,200").sentence)


def test_labels_of_groups_that_look_like_numbers_stay():
    assert str(Words("fr").of_data(_group_label(["1.2", "3.4"]))) == "1.2 / 3.4"


def test_a_text_that_the_catalogue_lacks_stays_whole_and_is_counted():
    french = Words("fr")
    text = say("Nobody translates {0} of this.", say("{0} km²", "1.5"))
    assert french(text) == "Nobody translates 1.5 km² of this."
    assert list(french.lacking) == [text]
    assert french.gap.startswith("Textes absents du catalogue, laissés tels qu’ils ont été écrits\u00a0: 1,")
    assert Words("en")(text) == text
    assert Words("en").gap == Words("fr").gap == ""


@pytest.mark.parametrize(
    "text",
    [
        "events.gpkg: 1 row: event_id must be unique, without regard to case (R2): kept under a new one.",
        "roads.gpkg: it has points, lines, polygons, and curves.",
        "3 of its layers for towns (unknown)",
    ],
)
def test_a_text_of_others_is_not_taken_for_a_pattern_of_few_letters(text):
    french = Words("fr")
    assert french(text) == text
    assert list(french.lacking) == [text]


@pytest.mark.parametrize("text", ["a" * 200_000, "at least " + " in " * 60_000, "{0}" * 50_000, "It gets " * 20_000])
def test_hostile_texts_are_looked_up_in_one_pass(text):
    assert len(Words("ar")(text)) > len(text) // 2


def test_an_unknown_language_is_refused(tmp_path):
    with pytest.raises(OptionError, match="language must be one of en, ar"):
        write_report(tmp_path / "a.html", name="A", as_of="2025-12-31", language="xx")  # type: ignore[arg-type]
    assert not list(tmp_path.iterdir())


# --- pages


def inputs_of_a_report() -> dict:
    """Return a small programme in which every section of the report has something to say."""
    parts = [[4e4, 1e4, 2e4, 3e4], [0.0, 5e3, 8e4, 1.5e5], [1.25e6, 0.0, 0.0, 0.0]]
    released = pd.DataFrame(parts, columns=["as_intended_m2", "other_productive_m2", "unused_m2", "unknown_m2"])
    released["area_m2"] = released.sum(axis=1)
    rows = released.assign(
        release_id=["E1", "Status", "E3"], area_id=["HA-1", "size", "HA-3"], release_type="cleared",
        release_date=pd.to_datetime(["2020-05-01", "2021-06-02", None]), admin_code="P1", verdict="unused",
        evidence=["follow_up", "land_use", None], evidence_date=pd.to_datetime(["2024-02-03", None, None]),
        observed_share=[0.7, 0.36, 1.0], conflict=[None, "land_use of 2024-08-20 says unused", None],
        reason_unused_code=["fear", None, None],
    )  # fmt: skip
    groups = released.rename(columns={"area_m2": "released_m2"})
    account = pd.DataFrame({
        "admin_code": "P1", "year": [2024, 2025], "opening_m2": [3e6, 2.5e6], "newly_recorded_m2": [1e5, 0.0],
        "confirmed_m2": 0.0, "adjusted_m2": 0.0, "cancelled_m2": [3e5, 0.0], "reduced_m2": [2e5, 1e5],
        "cleared_m2": [1e5, 2e5], "undated_m2": [0.0, 3e4], "unexplained_m2": [0.0, 1e4],
        "closing_m2": [2.5e6, 2.2e6], "closing_undated_m2": [0.0, 4e4],
    })  # fmt: skip
    criteria = [Criterion("people", 0, 1000, 0.6, label="people within 1 km", unit="people"),
                Criterion("size", 0, 1e5, 0.4, label="size", unit="m2")]  # fmt: skip
    table = pd.DataFrame({"area_id": ["HA-7", "size", "HA-9"], "people": [1250, 300, None], "size": [2e4, 9e4, 1e3]})
    ranking = prioritise(table, criteria, missing="worst")
    sure = stability(ranking, draws=200, top=[1, 2])
    plan = plan_clearance(ranking, cost={"HA-7": 40e3, "size": 50e3, "HA-9": 9e3}, budget={2026: 60e3})
    problems = pd.DataFrame([[3, "E1", "event_date", "R6", "2042-05-17", "lies before 1900 or in the future"]],
                            columns=PROBLEM_COLUMNS)  # fmt: skip
    return {
        "name": "Status", "as_of": "2025-12-31", "assessment": rows,
        "summaries": {
            "all": groups.sum().to_frame().T,
            "unit": groups.assign(unit=["Northern", "size", None]).groupby("unit", dropna=False).sum().reset_index(),
            "release_type": groups.assign(release_type="cleared").groupby("release_type").sum().reset_index(),
        },
        "balance": account, "conflicts": pd.DataFrame({"area_id": ["HA-1"], "release_id": ["E1"],
                                                       "other_area_id": ["HA-2"], "overlap_m2": [1_234.0]}),
        "ranking": ranking, "explanations": {one: explain(ranking, one) for one in table["area_id"]},
        "stability": sure, "line": funding_line(ranking, sure, top=1), "top": 1, "plan": plan,
        "problems": {"events": problems, "needs": problems.iloc[:0]},
        "inputs": [{"name": "events", "path": "events.csv", "rows_read": 12_345, "sha256": "ab" * 32}],
        "parameters": {"priority": {"top": 1}},
        "notes": ["events: 2 rows were set aside: R2 event_id repeats a whole row."], "version": "0.1.0",
    }  # fmt: skip


def page_of(path: Path):
    return lxml_html.document_fromstring(path.read_text(encoding="utf-8").replace("<!DOCTYPE html>", "", 1))


def texts_of(page) -> list[str]:
    """Return every text that a reader sees or hears, in order."""
    (body,) = page.xpath("//body")
    nodes = body.xpath(".//text()[not(ancestor::style)] | .//@alt | .//@aria-label | .//@title")
    found = [re.sub(r"[\s\u2066-\u2069]+", " ", str(one)).strip() for one in nodes]
    return [one for one in found if one]


def numbers_of(page) -> list[str]:
    """Return the numbers of the tables, however a language writes them."""
    cells = ["".join(one.itertext()) for one in page.xpath("//td[@class='n']")]
    return [re.sub(r"[^\d<]", "", cell) for cell in cells]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Write the report and the priority page in each language; a text that is lacking would be a warning."""
    folder, given = tmp_path_factory.mktemp("words"), inputs_of_a_report()
    shared = ("name", "as_of", "stability", "line", "top", "plan", "inputs", "parameters", "notes", "version")
    for language in LANGUAGES:
        with warnings.catch_warnings():
            warnings.simplefilter("error", DataWarning)
            write_report(folder / f"report_{language}.html", **given, language=language)
            some = {name: given[name] for name in shared}
            write_priority_page(
                folder / f"first_{language}.html", given["ranking"], **some, places={"HA-7": "Open"}, language=language
            )
    return {path.stem: page_of(path) for path in folder.iterdir()}


DATA = re.compile(
    r"[\d\W]*|HA-\d|E\d|P1|size|Status|Open|Northern|events(\.csv)?|event_date|needs|R\d+|cleared|value|(ab)+|"
    r"priority\.top|SHA-256|[\d,.]+ ?(%|km²|ha|m²)?|HA-7 1|landrelease.*|[A-F]|usd|Notes?|Score|Sources?|points|n"
)


@pytest.mark.parametrize("kind", ["report", "first"])
@pytest.mark.parametrize("language", OTHERS)
def test_nothing_of_ours_is_left_in_english(pages, kind, language):
    """Texts that are the same as in English are data; the warnings stand in English beside."""
    english, page = (set(texts_of(pages[f"{kind}_{one}"])) for one in ("en", language))
    left = {one for one in english & page if not DATA.fullmatch(one)}
    # words that French, Spanish or Portuguese have too
    allowed = {"m²", "1 km", "Sections"} if language in ("fr", "es", "pt") else set()
    assert left <= allowed, left
    root = pages[f"{kind}_{language}"]
    assert (root.get("lang"), root.get("dir")) == (language, "rtl" if language == "ar" else "ltr")


@pytest.mark.parametrize("kind", ["report", "first"])
@pytest.mark.parametrize("language", OTHERS)
def test_numbers_and_data_are_the_same_in_all_languages(pages, kind, language):
    assert numbers_of(pages[f"{kind}_{language}"]) == numbers_of(pages[f"{kind}_en"])
    # ids, names and codes that are words we know stay as they are
    first = [one.text_content() for one in pages[f"{kind}_{language}"].xpath("//tbody/tr/th[@scope='row']")]
    names = [one.strip("\u2068\u2069 \n") for one in first]
    assert "size" in names
    assert pages[f"{kind}_{language}"].xpath("string(//h1)").strip() == "Status"


@pytest.mark.parametrize("language", OTHERS)
def test_a_warning_stands_in_english_too(pages, language):
    words = words_of(language) | words_of(language, CATALOGUE)
    foot = pages[f"report_{language}"].xpath("string(//footer)")
    for caution in CAUTIONS:
        assert caution in foot
        assert words[caution] in foot


def test_english_is_as_it_was(pages):
    text = " ".join(texts_of(pages["report_en"]))
    assert "Of 1.6 km² released up to 31 December 2025, at least 83 % and at most" in text
    assert "HA-7 is rank 1 of 3 with a score of 0.68 of 1.00." in text


# --- the three forms of a document


@pytest.fixture
def document():
    basis = Basis(1_234, "releases", "a sum", 0.25, "releases that nobody visited", ("Mind the gap.",))
    figures = (Figure("Released", 52_000.0, "ha"), Figure("Bounds", None, "share", 0.255, 0.5, "bounds"))
    part = Part("Cleared", basis, ("No release is recorded.", "Nobody translates this."), figures)
    return Document("Monitoring report: coordination", "Status", date(2025, 12, 31), (Section("Areas", (part,)),),
                    ({"name": "events", "path": "e.csv"},), {"a": 1}, ("A note.",), "0.1.0")  # fmt: skip


@pytest.mark.parametrize("language", ["fr", "ar", "km"])
def test_the_three_forms_say_the_same_words_and_what_is_left_in_english(tmp_path, document, language):
    write = {"html": write_html, "xlsx": write_xlsx, "docx": write_docx}
    for form, function in write.items():
        with pytest.warns(DataWarning, match=rf"a\.{form}: texts that are not in the catalogue of '{language}'"):
            function(document, tmp_path / f"a.{form}", language=language)
    book = load_workbook(tmp_path / "a.xlsx")
    cells = [str(cell.value) for sheet in book for row in sheet for cell in row if cell.value is not None]
    with ZipFile(tmp_path / "a.docx") as archive:
        xml = archive.read("word/document.xml").decode("utf-8")
    texts = {
        "html": " ".join(texts_of(page_of(tmp_path / "a.html"))),
        "xlsx": " ".join(cells),
        "docx": re.sub(r"<[^>]+>", " ", xml),
    }
    words = words_of(language) | words_of(language, CATALOGUE)
    for text in texts.values():
        for english in ("Monitoring report: coordination", "No release is recorded.", "Areas", "Cleared", "Released"):
            assert re.sub(r"\s+", " ", words[english]) in re.sub(r"\s+", " ", text)
        assert "Nobody translates this." in text
        assert words["Texts that the catalogue lacks, left as they were written: {0}, such as “{1}”."][:12] in text
        assert "Status" in text
    assert {sheet.sheet_view.rightToLeft for sheet in book} == {language == "ar"}
    assert ("<w:bidi/>" in xml, "<w:rtl/>" in xml) == (language == "ar", language == "ar")
    values = [cell.value for row in book["Figures"] for cell in row]
    assert 5.2 in values  # a number of a workbook is a number
    assert CAUTION in " ".join(cells)


def test_an_english_document_lacks_nothing(tmp_path, document):
    for form, function in {"html": write_html, "xlsx": write_xlsx, "docx": write_docx}.items():
        function(document, tmp_path / f"a.{form}")
    assert "catalogue" not in (tmp_path / "a.html").read_text(encoding="utf-8")


def test_a_title_that_begins_with_a_name_runs_as_its_language():
    """`dir="auto"` takes the direction of the name, and would tear the date apart."""
    title = Words("ar").drawn("{0}, {1}", "Province", say("{0} December {1}", 31, 2025))
    assert (title[0], title[-1]) == ("\u2067", "\u2069")
    assert Words("fr").drawn("{0}, {1}", "Province", "Est") == "Province, Est"
