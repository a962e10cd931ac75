"""A page opened in a real browser with the network off: what it shows, says and asks for."""

import re
from pathlib import Path

import pandas as pd

SIZES = [(1280, 800), (390, 844)]
MAP = "Object.values(window).find((value) => value instanceof L.Map)"

ALL_PAINTED = """[...document.querySelectorAll('.leaflet-tile')].every((one) =>
  one.matches('.leaflet-tile-loaded') && getComputedStyle(one).opacity === '1')"""

STOPS = """() => {
  const all = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex]");
  const isShown = (one) => one.checkVisibility({ visibilityProperty: true }) && one.getClientRects().length;
  const isLeft = (one) => one.type === "radio" && !one.checked;
  window.stops = [...all].filter((one) => one.tabIndex >= 0 && !one.disabled && isShown(one) && !isLeft(one));
  document.activeElement.blur();
  return window.stops.map((one) => one.outerHTML.slice(0, 80));
}"""
STOP = """() => {
  const one = document.activeElement;
  if (one === document.body) return null;
  const style = getComputedStyle(one);
  const box = one.getClientRects()[0];
  const middle = (from, to, most) => (Math.max(from, 0) + Math.min(to, most)) / 2;
  const [x, y] = [middle(box.left, box.right, innerWidth), middle(box.top, box.bottom, innerHeight)];
  const there = document.elementFromPoint(x, y);
  // a marker may lie below the box that is open on a map of somebody else
  const isFree = one.closest(".leaflet-marker-pane") || (there && (one.contains(there) || there.contains(one)));
  const isOver = isFree || there?.closest(".folium-map") === one;
  // the parts of a date are marked within it, by the browser
  const isDrawn = style.outlineStyle === "auto" || parseFloat(style.outlineWidth) >= 2;
  const isMarked = one.type === "date" || (style.outlineStyle !== "none" && isDrawn);
  return { at: window.stops.indexOf(one), html: one.outerHTML.slice(0, 80), isMarked, isOver: Boolean(isOver) };
}"""


class Opened:
    """A page opened from its file with the network off, and all that it said and asked for."""

    def __init__(self, browser, path: Path, size=(1280, 800), after="", **options):
        options = {"device_scale_factor": 1, **options}
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, offline=True, **options)
        self.page = self.context.new_page()
        self.page.set_default_timeout(10_000)
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.url = path.as_uri()
        self.page.goto(self.url + after)

    def on_map(self, script, *arguments):
        """Run a script in which MAP stands for the Leaflet map."""
        return self.page.evaluate(script.replace("MAP", MAP), *arguments)

    def until(self, script):
        """Wait until a script is true; the wait of playwright is refused by the policy of the page."""
        for _ in range(400):
            if self.page.evaluate(script):
                return self
            self.page.wait_for_timeout(25)
        raise AssertionError(script)

    def painted(self):
        self.page.wait_for_selector(".lr-ready")
        self.until("Boolean(document.querySelector('canvas.leaflet-tile-loaded'))")
        return self.until(ALL_PAINTED)

    def shown(self):
        """Wait until the pictures and the layers are there, where there are some."""
        self.page.wait_for_selector(".lr-ready")
        self.until("[...document.images].every((one) => one.complete && !one.src.startsWith('data:image/gif'))")
        return self.until(ALL_PAINTED)

    def clean(self, beside=None):
        """Nothing was said, nothing asked for but the page itself, and files of a folder where there are some."""
        assert self.said == []
        asked = [url for url in self.asked if not url.startswith(("data:", "blob:"))]
        assert [url for url in asked if url == self.url or not beside or not url.startswith(beside)] == [self.url]
        assert self.page.evaluate("window.pwned") is None
        self.context.close()

    def colour_at(self, lon, lat):
        """What the canvases show at a place, the topmost that painted there first: red, green, blue, alpha."""
        return self.on_map(
            """([lon, lat]) => {
              const map = MAP;
              const place = map.latLngToContainerPoint([lat, lon]);
              const box = map.getContainer().getBoundingClientRect();
              const [x, y] = [box.left + place.x, box.top + place.y];
              const found = [];
              const probe = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
              const brush = probe.getContext('2d', { willReadFrequently: true });
              for (const tile of document.querySelectorAll('canvas.leaflet-tile')) {
                const at = tile.getBoundingClientRect();
                if (x < at.left || x >= at.right || y < at.top || y >= at.bottom) continue;
                const scale = tile.width / at.width;
                brush.clearRect(0, 0, 1, 1);
                brush.drawImage(tile, (x - at.left) * scale, (y - at.top) * scale, 1, 1, 0, 0, 1, 1);
                const pixel = brush.getImageData(0, 0, 1, 1).data;
                const height = +getComputedStyle(tile.closest('.leaflet-pane[class*=data]')).zIndex;
                if (pixel[3]) found.push([height, ...pixel]);
              }
              return found.sort((a, b) => b[0] - a[0]).map((one) => one.slice(1));
            }""",
            [lon, lat],
        )

    def centre(self, lon, lat, zoom=12):
        self.on_map("([lon, lat, zoom]) => MAP.setView([lat, lon], zoom, { animate: false })", [lon, lat, zoom])

    def point(self, lon, lat):
        return self.on_map(
            """([lon, lat]) => {
              const map = MAP;
              const place = map.latLngToContainerPoint([lat, lon]);
              const box = map.getContainer().getBoundingClientRect();
              return [box.left + place.x, box.top + place.y];
            }""",
            [lon, lat],
        )

    def saved_csv(self, button):
        """Press a button that saves a table, and read what it saved."""
        with self.page.expect_download() as download:
            button.click()
        return pd.read_csv(download.value.path(), dtype="str", keep_default_na=False)


def assert_no_rule_is_broken(opened, axe, but=()):
    # the tiles of a map reach out of it, cut off by it: axe takes them for a cover of the texts beside it
    tiles = "document.querySelectorAll('.leaflet-pane :is(canvas, img)').forEach((one) => (one.style.opacity = '{}'))"
    opened.page.evaluate(tiles.format(0))
    opened.page.evaluate("() => Promise.all(document.getAnimations().map((one) => one.finished))")
    found = axe.run(opened.page, options={"resultTypes": ["violations", "incomplete"]}).response
    # what axe leaves to a person are texts that something covers: a list above them, the edge of a box that scrolls
    asked = [one for one in found["incomplete"] if one["id"] != "color-contrast"]
    broken = [one for one in [*found["violations"], *asked] if one["id"] not in but]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in broken] == []
    assert {"color-contrast", "document-title", "html-has-lang"} <= {one["id"] for one in found["passes"]}
    opened.page.evaluate(tiles.format(1))


def assert_reached_by_tab(opened):
    """Each control that is shown is reached by the tab key, with a mark around it, and nothing over it."""
    keys = opened.page.keyboard
    stops = opened.page.evaluate(STOPS)
    reached = {-1}
    for _ in range(2 * len(stops) + 9):
        keys.press("Tab")
        stop = opened.page.evaluate(STOP)
        if stop is None:  # past the last: the next is the first
            continue
        if stop["at"] in reached and len(reached) > len(stops):
            break
        assert stop["isMarked"], stop
        assert stop["isOver"], stop
        reached.add(stop["at"])
    assert [html for at, html in enumerate(stops) if at not in reached] == []
    opened.page.evaluate("document.activeElement.blur()")
    opened.until("!document.querySelector('.leaflet-tooltip')")


def paper(page):
    """The sizes of the sheets that the page prints, in points."""
    boxes = re.findall(rb"/MediaBox\s*\[([^\]]*)\]", page.pdf(prefer_css_page_size=True))
    return {tuple(round(float(one)) for one in box.split()[2:4]) for box in boxes}


def assert_report_is_usable(browser, axe, path, size):
    """A page without a script that asks for nothing: links are reached by keys, paper is A4. Returns its text."""
    opened = Opened(browser, path, size)
    page = opened.page
    opened.until("[...document.images].every((one) => one.complete)")
    text = page.inner_text("body")
    assert page.evaluate("document.scripts.length") == 0
    assert "o record is not evidence of no contamination" in text
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    assert_reached_by_tab(opened)
    assert_no_rule_is_broken(opened, axe)
    assert paper(page) <= {(595, 842), (842, 595)}
    opened.clean()
    return text
