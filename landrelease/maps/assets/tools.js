// Tools of the page: a link to what is seen, measuring, the full screen.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const { make, button, t } = landrelease;

  // A link to what is seen

  /** Writes view, day and what is unchecked into the address, and takes them from it. */
  landrelease.permalink = function (map, layers) {
    const hidden = () => {
      const off = [];
      layers.forEach((layer, i) => {
        if (!map.hasLayer(layer)) off.push(`${i}`);
        layer.checked.forEach((on, k) => on.forEach((isOn, j) => isOn || off.push(`${i}.${k}.${j}`)));
      });
      return off.join(",");
    };
    const write = () => {
      const { lat, lng } = map.getCenter();
      const said = [`at=${+map.getZoom().toFixed(2)}/${lat.toFixed(5)}/${lng.toFixed(5)}`];
      if (map.landreleaseDay) said.push(`day=${map.landreleaseDay}`);
      if (hidden()) said.push(`off=${hidden()}`);
      try {
        history.replaceState(null, "", "#" + said.join("&"));
      } catch {
        // a page within another, as in a notebook, has no address of its own
      }
    };
    const asked = new Map(location.hash.slice(1).split("&").map((part) => part.split("=", 2)));
    const [zoom, lat, lng] = (asked.get("at") || "").split("/").map(Number);
    if (asked.has("at") && [zoom, lat, lng].every(Number.isFinite) && Math.abs(lat) <= 90) map.setView([lat, lng], Math.max(0, Math.min(19, zoom)), { animate: false });
    const off = (asked.get("off") || "").split(",");
    layers.forEach((layer, i) => asked.has("at") && !off.includes(`${i}`) && !map.hasLayer(layer) && map.addLayer(layer));
    for (const name of off) {
      const box = document.querySelector(`[data-place="${CSS.escape(name)}"]`);
      if (name && box && box.checked) box.click();
    }
    if (asked.has("day") && landrelease.setDay) landrelease.setDay(asked.get("day"));
    map.on("moveend lr-change layeradd layerremove", write);
    layers.forEach((layer) => layer.on("filtered", write));
    return write;
  };

  landrelease.linkButton = function (write) {
    const one = button(t("Copy link"), async () => {
      write();
      try {
        await navigator.clipboard.writeText(location.href);
        one.textContent = t("Copied");
      } catch {
        window.prompt(t("Copy this link"), location.href);
      }
      setTimeout(() => (one.textContent = t("Copy link")), 2000);
    });
    return one;
  };

  // Measuring, on the ellipsoid of WGS 84

  const A = 6378137;
  const E2 = 0.0066943799901413165;
  const RAD = Math.PI / 180;

  /** Metres between two places by the radii of curvature at their middle latitude: right to 1e-5 up to 100 km. */
  landrelease.metres = function (one, two) {
    const middle = ((one.lat + two.lat) / 2) * RAD;
    const w = 1 - E2 * Math.sin(middle) ** 2;
    const north = ((two.lat - one.lat) * RAD * A * (1 - E2)) / w ** 1.5;
    const east = ((two.lng - one.lng) * RAD * A * Math.cos(middle)) / Math.sqrt(w);
    return Math.hypot(north, east);
  };

  /** Square metres of a polygon, in the equal-area cylinder of the ellipsoid. */
  landrelease.squareMetres = function (places) {
    const e = Math.sqrt(E2);
    const height = (lat) => {
      const s = Math.sin(lat * RAD);
      return ((A * (1 - E2)) / 2) * (s / (1 - E2 * s * s) - Math.log((1 - e * s) / (1 + e * s)) / (2 * e));
    };
    let twice = 0;
    places.forEach((one, i) => {
      const two = places[(i + 1) % places.length];
      twice += (two.lng - one.lng) * RAD * A * (height(one.lat) + height(two.lat));
    });
    return Math.abs(twice / 2);
  };

  landrelease.measureButton = function (map) {
    let [places, drawn] = [[], null];
    const said = make("output", { class: "lr-measured", hidden: "" });
    const { short, whole } = landrelease.numbers;
    const length = (m) => (m >= 1000 ? t("{0} km", [short.format(m / 1000)]) : t("{0} m", [whole.format(m)]));
    const show = () => {
      if (drawn) drawn.remove();
      drawn = L.polygon(places, { color: "#0B3D91", weight: 2.5, fill: places.length > 2, fillOpacity: 0.12, interactive: false, dashArray: "6 4" }).addTo(map);
      const sum = places.slice(1).reduce((all, place, i) => all + landrelease.metres(places[i], place), 0);
      said.textContent = places.length < 2 ? t("Click on the map, or press Enter for its middle") : length(sum);
      if (places.length > 2) said.textContent += ` · ${landrelease.area(landrelease.squareMetres(places))}`;
    };
    const add = (event) => {
      places.push(event.latlng || map.getCenter());
      show();
    };
    const key = (event) => {
      if (event.key === "Enter" && event.target === map.getContainer()) add({});
      if (event.key === "Escape") one.click();
    };
    const one = button(
      t("Measure"),
      () => {
        landrelease.isMeasuring = !landrelease.isMeasuring;
        one.setAttribute("aria-pressed", String(landrelease.isMeasuring));
        said.hidden = !landrelease.isMeasuring;
        places = [];
        if (drawn) drawn.remove();
        const turn = landrelease.isMeasuring ? "on" : "off";
        map[turn]("click", add);
        map.getContainer()[landrelease.isMeasuring ? "addEventListener" : "removeEventListener"]("keydown", key);
        map.getContainer().classList.toggle("lr-measuring", landrelease.isMeasuring);
        if (!landrelease.isMeasuring) return;
        landrelease.closePanel();
        show();
        map.getContainer().focus();
      },
      { "aria-pressed": "false" }
    );
    said.setAttribute("role", "status");
    map.getContainer().append(said);
    return one;
  };

  landrelease.screenButton = function () {
    const one = button(t("Full screen"), () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen()));
    one.hidden = !document.fullscreenEnabled;
    return one;
  };
})();
