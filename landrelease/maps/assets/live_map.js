// The map that follows the order: areas in fifths of their ranks, or units by how many of the first areas lie in them.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const { make, said, t } = landrelease;
  const UNITS_FROM = [0, 1, 2, 5, 10]; // as the labels in live.py: none, 1, 2 to 4, 5 to 9, 10 or more
  const MOST_RINGS = 500;
  const RINGED_UNDER = 18; // an outline is seen on what is larger [px]
  const UNIT_LABELS = ["", "1", "2 to 4", "5 to 9", "10 or more"];

  function key(entries) {
    const items = entries.map(({ look, text, isRing }) => {
      const chip = make("span", { class: "lr-key-chip" + (look.hatch ? " lr-hatched" : "") + (isRing ? " lr-ring" : "") });
      if (look.colour) chip.style.backgroundColor = look.colour;
      return make("li", {}, chip, make("span", { text }));
    });
    document.getElementById("lr-key").replaceChildren(make("ul", {}, ...items));
  }

  /** Areas: coloured by rank, outlined where they are among the first. */
  function areas(data, layer) {
    const rowOf = [...new Array(layer.rows).keys()].map((i) => layer.columns.find((one) => one.name === "row").value(i));
    const hasShape = (i) => layer.ringStart[i] < layer.ringStart[i + 1];
    const shapeOf = new Map(rowOf.map((row, i) => [row, i]).filter(([, i]) => hasShape(i)));
    const fills = layer.header.looks.fills;
    return {
      shapeOf: (row) => shapeOf.get(row),
      rowAt: (shape) => rowOf[shape],
      color(found, line, top) {
        const ranked = data.isRanked.reduce((a, b) => a + b, 0);
        const [first, last] = [new Array(5).fill(Infinity), new Array(5).fill(0)];
        const fifth = (row) => (row === null || !data.isRanked[row] || !found ? 5 : Math.min(4, Math.floor(((found.best[row] - 1) / ranked) * 5)));
        for (let row = 0; row < data.rows; row++) {
          const k = fifth(row);
          if (k > 4) continue;
          first[k] = Math.min(first[k], found.best[row]);
          last[k] = Math.max(last[k], found.best[row]);
        }
        rowOf.forEach((row, i) => {
          layer.classes[0][i] = fifth(row);
          layer.classes[1][i] = row === null || !found ? 0 : line[row];
        });
        const number = (rank) => landrelease.fixedNumber(rank, 0);
        const entries = fills.slice(0, 5).map((look, k) => ({ look, text: first[k] === last[k] ? number(first[k]) : `${number(first[k])}–${number(last[k])}`, k }));
        const shown = entries.filter(({ k }) => last[k]);
        if (shown.length) shown[0].text = t(data.missing === "bounds" ? "Best rank {0}" : "Rank {0}", [shown[0].text]);
        if (rowOf.some((row) => fifth(row) === 5)) shown.push({ look: fills[5], text: t("not ranked") });
        key([...shown, { look: {}, isRing: true, text: t("among the first {0}", [number(top)]) }]);
      },
      tip(shape, found) {
        const row = rowOf[shape];
        const name = row === null ? layer.columns.find((one) => one.name === "area_id").value(shape) : data.ids[row];
        return [name, row === null ? t("not in this ranking") : landrelease.placeText(data, found, row)];
      },
    };
  }

  /** Units: shaded by how many of the first areas lie in them. */
  function units(data, layer) {
    const column = (name) => layer.columns.find((one) => one.name === name);
    const rowsOf = [...new Array(layer.rows).keys()].map((i) => (column("rows").value(i) || "").split(" ").filter(Boolean).map(Number));
    const fills = layer.header.looks.fills;
    let counts = [];
    return {
      shapeOf: (row) => rowsOf.findIndex((rows) => rows.includes(row)),
      rowAt: () => null,
      unitAt: (shape) => column("name").value(shape),
      color(found, line, top) {
        counts = rowsOf.map((rows) => rows.filter((row) => found && line[row]).length);
        counts.forEach((count, i) => {
          layer.classes[0][i] = rowsOf[i].length ? UNITS_FROM.findLastIndex((from) => count >= from) : 5;
        });
        const entries = UNIT_LABELS.map((text, k) => ({ look: fills[k], text: t(text) }));
        entries[0].text = t("Of the first {0}: none", [landrelease.fixedNumber(top, 0)]);
        key(rowsOf.every((rows) => rows.length) ? entries : [...entries, { look: { colour: "#eef1ee" }, text: t("no ranked area") }]);
      },
      tip: (shape, found, top) => [column("name").value(shape) || t("no name"), t("{0} of the first {1}; {2} in the ranking", [counts[shape], top, rowsOf[shape].length])],
    };
  }

  /** Puts the map into its pane. `select(row)` is told of an area that is clicked, `filter(name)` of a unit. */
  landrelease.liveMap = function (data, map, layer, bounds, { select, filter }) {
    const kind = layer.columns.some((one) => one.name === "row") ? areas(data, layer) : units(data, layer);
    document.getElementById("lr-map").append(map.getContainer());
    map.attributionControl?.setPrefix(false);
    L.control.scale({ imperial: false, maxWidth: 120 }).addTo(map);
    let now = { found: null, top: 0, selected: null };
    const fit = () => bounds && map.fitBounds(bounds, { padding: [14, 14], maxZoom: 15, animate: false });
    let isFitted = false;
    new ResizeObserver(() => {
      if (!map.getContainer().clientWidth) return;
      map.invalidateSize({ animate: false });
      if (!isFitted) fit();
      else if (now.selected !== null && now.selected !== undefined) reach(now.selected);
      isFitted = true;
    }).observe(map.getContainer());
    document.getElementById("lr-key").after(...layer.header.notes.map((text) => make("p", { class: "lr-help", text: t(text) })));
    /** Brings an area that lies outside the view into it. */
    const reach = (row) => {
      const shape = kind.shapeOf(row);
      if (shape === undefined || shape < 0 || !map.getContainer().clientWidth) return;
      map.panInside(layer.boundsOf(shape).getCenter(), { padding: [24, 24], animate: false });
    };
    const tip = L.tooltip({ className: "lr-tip", direction: "top", offset: [0, -6] });
    const ring = (options) => L.circleMarker([0, 0], { radius: 15, fill: false, interactive: false, ...options });
    const marks = L.layerGroup([ring({ color: "#fff", weight: 7 }), ring({ color: "#000", weight: 3 })]);
    const rings = L.layerGroup().addTo(map);
    const renderer = L.canvas();
    /** Rings the first areas that are too small for their outline to be seen. */
    const ringFirst = () => {
      rings.clearLayers();
      if (kind.unitAt || !now.found) return;
      const first = now.found.order.slice(0, MOST_RINGS).filter((row) => now.line[row]);
      for (const row of first) {
        const shape = kind.shapeOf(row);
        if (shape === undefined) continue;
        const bounds = layer.boundsOf(shape);
        const size = map.latLngToLayerPoint(bounds.getSouthEast()).distanceTo(map.latLngToLayerPoint(bounds.getNorthWest()));
        const dashArray = now.line[row] === 1 ? "3 3" : null;
        const ring = { renderer, radius: 6, color: "#000", weight: 2, dashArray, fill: false, interactive: false };
        if (size < RINGED_UNDER) rings.addLayer(L.circleMarker(bounds.getCenter(), ring));
      }
    };
    map.on("zoomend", ringFirst);
    map.on("mousemove", (event) => {
      const shape = layer.rowsAt(event.latlng)[0];
      map.getContainer().classList.toggle("lr-over", shape !== undefined);
      if (shape === undefined) return map.closeTooltip(tip);
      const [name, text] = kind.tip(shape, now.found, now.top);
      return tip.setContent(make("div", {}, said(name, "strong"), make("span", { text }))).setLatLng(event.latlng).openOn(map);
    });
    map.on("mouseout", () => map.closeTooltip(tip));
    map.on("click", (event) => {
      const shapes = layer.rowsAt(event.latlng);
      if (!shapes.length) return;
      map.closeTooltip(tip);
      if (kind.unitAt) filter(kind.unitAt(shapes[0]));
      else {
        // one below the other: each click goes on to the next
        const rows = shapes.map(kind.rowAt).filter((row) => row !== null);
        const at = rows.indexOf(now.selected);
        if (rows.length) select(rows[(at + 1) % rows.length]);
      }
    });
    return {
      show(found, line, top, selected) {
        now = { found, line, top, selected };
        kind.color(found, line, top);
        layer.repaint();
        ringFirst();
        const shape = selected === null ? undefined : kind.shapeOf(selected);
        if (kind.unitAt || shape === undefined || shape < 0) return marks.remove();
        const place = layer.boundsOf(shape).getCenter();
        marks.eachLayer((mark) => mark.setLatLng(place));
        return marks.addTo(map);
      },
      reach,
    };
  };
})();
