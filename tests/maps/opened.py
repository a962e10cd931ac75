"""A page opened in a real browser with the network off: what it shows, says and asks for."""

from pathlib import Path

import pandas as pd

SIZES = [(1280, 800), (390, 844)]
MAP = "Object.values(window).find((value) => value instanceof L.Map)"


class Opened:
    """A page opened from its file with the network off, and all that it said and asked for."""

    def __init__(self, browser, path: Path, size=(1280, 800), after="", **options):
        options = {"device_scale_factor": 1, **options}
        self.context = browser.new_context(viewport={"width": size[0], "height": size[1]}, offline=True, **options)
        self.page = self.context.new_page()
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

    def painted(self):
        self.page.wait_for_selector(".lr-ready")
        self.page.wait_for_function("document.querySelector('canvas.leaflet-tile-loaded')")
        self.page.wait_for_function("!document.querySelector('canvas.leaflet-tile:not(.leaflet-tile-loaded)')")
        return self

    def clean(self):
        assert self.said == []
        assert [url for url in self.asked if not url.startswith(("data:", "blob:"))] == [self.url]
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
