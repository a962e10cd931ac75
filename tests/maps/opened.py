"""A page opened in a real browser with the network off: what it shows, says and asks for."""

from pathlib import Path

import pandas as pd

SIZES = [(1280, 800), (390, 844)]
MAP = "Object.values(window).find((value) => value instanceof L.Map)"

ALL_PAINTED = """[...document.querySelectorAll('.leaflet-tile')].every((one) =>
  one.matches('.leaflet-tile-loaded') && getComputedStyle(one).opacity === '1')"""


class Opened:
    """A page opened from its file with the network off, and all that it said and asked for."""

    def __init__(self, browser, path: Path, size=(1280, 800), after="", **options):
        self.context = browser.new_context(
            device_scale_factor=1, viewport={"width": size[0], "height": size[1]}, offline=True, **options
        )
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
