"""Every page with the network off, on a desk and on a phone: seen, pointed at, used by keys alone, and by axe-core."""

import re
import warnings

import numpy as np
import pytest
import rasterio
from every_page import OF, PAGES, save_pages
from opened import SIZES, Opened, assert_no_rule_is_broken, assert_reached_by_tab, paper

from landrelease import maps

WITHOUT_PAGE = {"save_page", "static_map"}
CANVAS = [name for name in PAGES if name != "live_ranking"]
# a map of the caller's own: its heading and landmarks are those that the caller gave it
NOT_OURS = {"bypass", "landmark-one-main", "page-has-heading-one", "region"}
# what stands beside the map covers it on a phone: the map, which is the main part of the page, is then out of reach
PANEL = {"landmark-one-main"}
IDS = ["desk", "phone"]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return save_pages(tmp_path_factory.mktemp("pages"))


def test_each_builder_of_a_page_is_here():
    assert set(maps.__all__) - WITHOUT_PAGE == (set(PAGES) - {"public"}) | set(OF)


def screen(opened):
    """The picture that is on the screen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", rasterio.errors.NotGeoreferencedWarning)
        with rasterio.MemoryFile(opened.page.screenshot()) as file, file.open() as image:
            return image.read()[:3].astype(int)


def assert_seen(opened, colours):
    shot = screen(opened.shown())
    for place, colour in colours.items():
        x, y = (int(one) for one in opened.point(*place))
        assert np.abs(shot[:, y, x] - colour).max() <= 3, (place, shot[:, y, x].tolist(), colour)


def press(opened, control, key="Enter"):
    """Use a control by a key alone."""
    control.focus()
    opened.page.keyboard.press(key)


def open_panel(opened, isle):
    """On a phone what stands beside the map is opened first."""
    control = opened.page.locator(".lr-box summary" if isle else "#lr-toggle").first
    if control.is_visible() and not opened.page.is_visible("#lr-search"):
        press(opened, control)
        opened.page.wait_for_selector("#lr-search")


def pointed_at(opened, page, size):
    """Hover and click, on a phone a tap."""
    there = opened.point(*page.at)
    if size == SIZES[0]:
        opened.page.mouse.move(*there)
        assert opened.page.inner_text(".lr-tip").startswith(page.named)
        opened.page.mouse.click(*there)
    else:
        opened.page.touchscreen.tap(*there)
    assert opened.page.inner_text(".lr-popup h2") == page.named


def searched(opened, page):
    """Find it, read its card, pick it, and let go of the card: the focus is never lost."""
    keys = opened.page.keyboard
    opened.page.focus("#lr-search")
    keys.type(page.named.upper())
    keys.press("ArrowDown")
    assert opened.page.get_attribute("#lr-results li", "aria-selected") == "true"
    keys.press("Enter")
    assert opened.page.inner_text(".lr-popup h2") == page.named
    for _ in range(12):
        keys.press("Tab")
        if opened.page.evaluate("document.activeElement.textContent") == "Select":
            break
    keys.press("Enter")
    assert opened.page.inner_text(".lr-popup button:focus") == "Take out of the selection"
    for _ in range(2):
        keys.press("Escape")
        opened.page.wait_for_selector(".lr-popup", state="detached")
        assert opened.page.evaluate("document.activeElement.classList.contains('folium-map')")
        keys.press("Enter")  # on the map: what lies in its middle
        assert opened.page.inner_text(".lr-popup h2") == page.named
    keys.press("Escape")


def saved(opened, page):
    """Save what is picked, and pick all."""
    opened.page.locator(".lr-panel section", has_text="1 selected").evaluate("(one) => (one.id = 'picked')")
    section = opened.page.locator("#picked")
    with opened.page.expect_download() as download:
        press(opened, section.get_by_role("button", name="Save as CSV"))
    text = download.value.path().read_text(encoding="utf-8-sig")
    assert page.named in text
    assert text.count("\n") == 2
    press(opened, section.get_by_role("button", name="Clear"))
    press(opened, section.get_by_role("button", name="Select all in view"))
    assert section.locator("output").inner_text().endswith("selected")
    press(opened, section.get_by_role("button", name="Clear"))


def filtered(opened, page, size, isle):
    if not page.legend:
        return
    box = opened.page.locator("label", has_text=page.legend).locator("input").first
    press(opened, box, "Space")
    assert not box.is_checked()
    if size == SIZES[0]:
        opened.page.wait_for_timeout(50)
        assert_seen(opened, {page.at: page.below})
    press(opened, box, "Space")


def measured(opened):
    """The focus goes to the map; Enter marks its middle, the arrows move it, Escape ends."""
    keys = opened.page.keyboard
    press(opened, opened.page.get_by_role("button", name="Measure"))
    keys.press("Enter")
    keys.press("ArrowRight")
    opened.page.wait_for_timeout(400)
    keys.press("Enter")
    assert re.fullmatch(r"[\d.,]+ k?m", opened.page.inner_text(".lr-measured"))
    keys.press("Escape")
    assert not opened.page.is_visible(".lr-measured")


def printed(opened, page, axe, size):
    """A sheet of A4 by keys alone: its key names every layer that is seen, also those that were joined to the page."""
    keys = opened.page.keyboard
    press(opened, opened.page.get_by_role("button", name="Print"))
    assert opened.page.evaluate("document.activeElement.getAttribute('aria-label')") == "Paper"
    keys.press("Tab")
    keys.press("End")
    keys.press("ArrowUp")
    keys.press("ArrowUp")
    assert "1 : 1,000,000" in opened.page.inner_text(".lr-furniture")
    names = opened.page.locator(".lr-key b, .lr-key span").all_inner_texts()
    assert set(page.key) <= set(names)
    assert not page.legend or page.legend in names
    assert opened.page.inner_text(".lr-foot") == "No record is not evidence of no contamination."
    opened.painted()
    assert_no_rule_is_broken(opened, axe)
    assert paper(opened.page) == {(842, 595)}
    opened.page.evaluate("window.print = () => (window.isPrinted = true)")
    press(opened, opened.page.locator(".lr-sheet-bar").get_by_role("button", name="Print"))
    assert opened.page.evaluate("window.isPrinted")
    keys.press("Escape")
    back = "Print" if size == SIZES[0] else "Legend, totals and search"
    assert opened.page.evaluate("document.activeElement.innerText") == back


def linked(opened):
    """The link is copied, or shown to be copied; the full screen comes and goes."""
    asked = []
    opened.page.on("dialog", lambda dialog: (asked.append(dialog.default_value), dialog.dismiss()))
    press(opened, opened.page.get_by_role("button", name="Copy link"))
    opened.page.wait_for_timeout(100)
    assert opened.page.get_by_role("button", name="Copied").count() or asked == [opened.page.url]
    for is_full in (True, False):
        press(opened, opened.page.get_by_role("button", name="Full screen"))
        opened.until(f"Boolean(document.fullscreenElement) === {str(is_full).lower()}")


def timed(opened):
    """The years, two dates side by side and the divider between them, by keys."""
    page, keys = opened.page, opened.page.keyboard
    page.focus("input[aria-label=Year]")
    keys.press("Home")
    assert page.inner_text(".lr-day") == "2015-12-31"
    keys.press("ArrowRight")
    assert page.inner_text(".lr-day") == "2016-12-31"
    press(opened, page.get_by_role("button", name="Play"))
    opened.until("document.querySelector('.lr-day').textContent === '2017-12-31'")
    press(opened, page.get_by_role("button", name="Stop"))
    page.wait_for_timeout(1300)
    assert page.inner_text(".lr-day") == "2017-12-31"
    press(opened, page.get_by_role("button", name="Compare two dates"))
    page.wait_for_selector(".lr-divider")
    slid(opened)
    press(opened, page.get_by_role("button", name="Compare two dates"))
    assert page.locator(".lr-divider").count() == 0


def slid(opened):
    """The divider goes to either end by a key."""
    line = "document.querySelector('.lr-divider-line').offsetLeft"
    opened.page.focus(".lr-divider")
    opened.page.keyboard.press("Home")
    assert abs(opened.page.evaluate(line)) <= 2
    opened.page.keyboard.press("End")
    assert abs(opened.page.evaluate(line) - opened.on_map("MAP.getSize().x")) <= 2


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES, ids=IDS)
@pytest.mark.parametrize("name", CANVAS)
def test_a_map(browser, axe, pages, name, size):
    page, path = PAGES[name], getattr(pages, name)
    opened = Opened(browser, path, size, has_touch=size != SIZES[0]).shown()
    isle = opened.page.query_selector(".lr-box") is not None
    assert "No record is not evidence of no contamination." in opened.page.inner_text("body")
    assert_seen(opened, page.seen)
    if name != "swipe":
        pointed_at(opened, page, size)
    assert opened.page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert_no_rule_is_broken(opened, axe, NOT_OURS if isle else ())
    opened.on_map("MAP.closePopup()")
    opened.page.wait_for_selector(".lr-popup", state="detached")
    assert_reached_by_tab(opened)
    if size != SIZES[0]:  # on a desk the panel is always open, and was looked at
        open_panel(opened, isle)
        assert_reached_by_tab(opened)
        assert_no_rule_is_broken(opened, axe, NOT_OURS if isle else PANEL)
    if name == "public":
        return opened.clean()
    if name == "swipe":
        slid(opened)
        return opened.clean()
    filtered(opened, page, size, isle)
    searched(opened, page)
    open_panel(opened, isle)
    saved(opened, page)
    if not isle:
        measured(opened)
        if "timeline" in page.more:
            timed(opened)
        open_panel(opened, isle)
        printed(opened, page, axe, size)
        if name == "land_release_map":
            open_panel(opened, isle)
            linked(opened)
    opened.clean(path.parent.as_uri() if page.beside else None)
    return None


def on_part(opened, text):
    """On a phone, go to a part of the page by its tab."""
    tab = opened.page.locator(".lr-tabs button", has_text=text)
    if tab.is_visible():
        press(opened, tab)
        assert opened.page.locator(":is(.lr-weights, .lr-order, .lr-map, .lr-why):visible").count() == 1


@pytest.mark.browser
@pytest.mark.parametrize("size", SIZES, ids=IDS)
def test_the_live_ranking(browser, axe, pages, size):
    opened = Opened(browser, pages.live_ranking, size, has_touch=size != SIZES[0]).shown()
    page, keys = opened.page, opened.page.keyboard
    for part in ("What counts", "Order", "Map", "Why"):
        on_part(opened, part)
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        assert_reached_by_tab(opened)
        assert_no_rule_is_broken(opened, axe)
    # a slider: what was 0.9 of people becomes 0.1
    on_part(opened, "What counts")
    press(opened, page.locator("#lr-weight-0"), "Home")
    keys.press("ArrowRight")
    assert page.locator("#lr-weight-0").get_attribute("aria-valuetext") == "9.1 %"
    assert_follows(opened, "HA-2")
    with page.expect_download() as download:
        press(opened, page.get_by_role("button", name="Save the weights"))
    assert download.value.suggested_filename == "weights.toml"
    # the order alone: roads before people, and back
    page.locator("input[type=radio]").first.focus()
    keys.press("ArrowRight")
    press(opened, page.get_by_role("button", name="More important: people"))
    assert_follows(opened, "HA-1")
    press(opened, page.get_by_role("button", name="Back to the start"))
    # how many there is money for, and one that is looked for
    on_part(opened, "Order")
    press(opened, page.locator("#lr-top"), "ArrowUp")
    opened.until("document.querySelector('.lr-summary').textContent.startsWith('2 areas are in.')")
    page.focus("#lr-find")
    keys.type("ha-2")
    opened.until("document.querySelectorAll('.lr-order tbody tr').length === 1")
    press(opened, page.locator(".lr-order tbody button"))
    assert page.inner_text("#lr-why h2") == "HA-2"
    assert_no_rule_is_broken(opened, axe)
    press(opened, page.get_by_role("button", name="Close"))
    assert page.locator("#lr-why h2").count() == 0
    # on the map
    on_part(opened, "Map")
    assert_seen(opened, {(18.01, 44.01): (0x00, 0x22, 0x4E)})
    if size == SIZES[0]:
        page.mouse.move(*opened.point(18.01, 44.01))
        assert page.inner_text(".lr-tip") == "HA-1\nrank 1"
        page.mouse.click(*opened.point(18.01, 44.01))
    else:
        page.touchscreen.tap(*opened.point(18.01, 44.01))
    assert page.inner_text("#lr-why h2") == "HA-1"
    # on paper: all but the map and what is to be moved, whatever part was open
    page.emulate_media(media="print")
    assert [page.locator(one).is_visible() for one in (".lr-weights", ".lr-order", ".lr-why", "#lr-map")] == [
        True
    ] * 3 + [False]
    assert "No record is not evidence of no contamination." in page.inner_text(".lr-foot")
    opened.clean()


def assert_follows(opened, first):
    opened.until(f"document.querySelector('.lr-order tbody td.lr-area').textContent.startsWith('{first}')")


@pytest.mark.browser
def test_a_broken_page_is_seen(browser, axe, tmp_path):
    """Checks that find nothing would pass anything."""
    page = tmp_path / "bad.html"
    bad = "<p style='color:#bbb'>faint</p><button style='outline:0'></button><img src='data:,'>"
    page.write_text(f"<html>{bad}<a href='#' tabindex='-1'>x</a>", encoding="utf-8")
    opened = Opened(browser, page)
    found = {one["id"] for one in axe.run(opened.page).response["violations"]}
    assert {"color-contrast", "button-name", "image-alt", "html-has-lang", "landmark-one-main"} <= found
    with pytest.raises(AssertionError, match="isMarked"):
        assert_reached_by_tab(opened)
    opened.context.close()
