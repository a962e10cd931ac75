// A sheet of A4 at a scale: the map, north arrow, scale bar, legend, date and the sentence on records.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const { make, button, t } = landrelease;
  const SCALES = [1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000];
  const MM = 96 / 25.4; // pixels of CSS to a millimetre
  const BAR = 50; // the scale bar is at most so long, in millimetres
  const whole = landrelease.numbers.whole;

  /** Metres on the ground that one pixel of the map is, at its middle and a zoom of 0. */
  const metresAtZero = (latitude) => landrelease.metres({ lat: latitude, lng: -0.005 }, { lat: latitude, lng: 0.005 }) / 0.01 * (360 / 256);

  function scaleBar(scale) {
    const most = (BAR / 1000) * scale;
    const unit = 10 ** Math.floor(Math.log10(most));
    const metres = [5, 2, 1].map((n) => n * unit).find((n) => n <= most);
    const bar = make("div", { class: "lr-scale-bar" });
    bar.style.width = (metres / scale) * 1000 + "mm";
    const text = metres >= 1000 ? t("{0} km", [whole.format(metres / 1000)]) : t("{0} m", [whole.format(metres)]);
    return make("div", { class: "lr-scale" }, bar, make("span", { text }));
  }

  const arrow = () => {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 36");
    svg.setAttribute("class", "lr-north");
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", t("North is up"));
    for (const [d, fill] of [["M12 0 22 34 12 27Z", "#fff"], ["M12 0 2 34 12 27Z", "#1d2733"]]) {
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", d);
      path.setAttribute("fill", fill);
      path.setAttribute("stroke", "#1d2733");
      svg.append(path);
    }
    return svg;
  };

  /** What the colours mean, of the layers that are seen: names without figures. */
  function keyOf(map, layers) {
    const rows = [];
    for (const layer of layers.filter((one) => map.hasLayer(one))) {
      rows.push(make("b", { text: landrelease.headingOf(layer) }));
      layer.header.facets.forEach((facet, k) => {
        // a number means nothing without what it counts
        if (facet.isData) rows.push(make("span", {}, landrelease.said(landrelease.titleOfFacet(facet))));
        facet.entries.forEach((entry, j) => {
          if (!entry.isSilent && layer.checked[k][j]) rows.push(make("span", {}, landrelease.swatch(entry.look, entry.look.symbol || layer.header.looks.symbol), landrelease.saidLabel(facet, entry)));
        });
      });
    }
    return make("div", { class: "lr-key" }, ...rows);
  }

  /** `here`: the layers and the images of the map. */
  landrelease.printButton = function (map, here) {
    const choices = SCALES.map((scale) => make("option", { value: scale, text: "1 : " + whole.format(scale) }));
    const scales = make("select", { "aria-label": t("Scale") }, ...choices);
    const turn = make("select", { "aria-label": t("Paper") }, make("option", { value: "landscape", text: t("A4, landscape") }), make("option", { value: "portrait", text: t("A4, portrait") }));
    const page = make("style");
    const furniture = make("aside", { class: "lr-furniture" });
    const [toggle, panel] = [document.getElementById("lr-toggle"), document.getElementById("lr-panel")];
    let before = null;

    const lay = () => {
      const scale = Number(scales.value);
      document.body.classList.toggle("lr-portrait", turn.value === "portrait");
      page.textContent = `@page { size: A4 ${turn.value}; margin: 10mm; }`;
      map.invalidateSize({ animate: false });
      const zoom = Math.log2(metresAtZero(before.centre.lat) / (scale / 1000 / MM));
      map.options.zoomSnap = 0;
      map.setView(before.centre, zoom, { animate: false });
      const note = make("p", { text: t("1 : {scale} in the middle of the map, on A4. WGS 84, web Mercator.", { scale: whole.format(scale) }) });
      furniture.replaceChildren(make("div", {}, arrow(), scaleBar(scale), note), keyOf(map, [...here.layers, ...here.images]));
    };
    const end = () => {
      document.body.classList.remove("lr-sheet", "lr-portrait");
      for (const part of [page, furniture, bar]) part.remove();
      toggle.after(panel);
      map.invalidateSize({ animate: false });
      map.options.zoomSnap = before.snap;
      map.setView(before.centre, before.zoom, { animate: false });
      (start.checkVisibility() ? start : toggle).focus();
    };
    const bar = make("div", { class: "lr-tools lr-sheet-bar", role: "dialog", "aria-label": t("Print") }, turn, scales, button(t("Print"), () => window.print()), button(t("Back"), end));
    bar.addEventListener("keydown", (event) => event.key === "Escape" && end());
    for (const one of [scales, turn]) one.addEventListener("change", lay);
    const start = button(t("Print"), () => {
      landrelease.closePanel();
      before = { centre: map.getCenter(), zoom: map.getZoom(), snap: map.options.zoomSnap };
      // the largest scale that shows about what the screen does
      const [size, metres] = [map.getSize(), metresAtZero(before.centre.lat) / 2 ** before.zoom];
      const [width, height] = turn.value === "portrait" ? [0.19, 0.205] : [0.205, 0.164];
      const shown = 0.85 * metres * Math.max(size.x / width, size.y / height);
      scales.value = SCALES.find((scale) => scale >= shown) || SCALES.at(-1);
      document.body.append(panel); // its figures go on a page of their own
      document.head.append(page);
      document.body.append(bar);
      map.getContainer().after(furniture); // beside the map: it must hide none of it
      document.body.classList.add("lr-sheet");
      lay();
      turn.focus();
    });
    return start;
  };
})();
