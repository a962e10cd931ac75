// The page around the map: legend and filter, search, what is said on hover and on click.
// Text from the data reaches the page as textContent alone.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const MOST_RESULTS = 30;
  const whole = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 0 });
  const short = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 2 });
  const long = new Intl.NumberFormat("en-GB", { maximumSignificantDigits: 4 });

  function make(tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "text") element.textContent = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  }
  /** Text from the data: its own direction, kept from its surroundings. */
  const said = (text, tag) => make(tag || "bdi", { dir: "auto", text: String(text) });

  function area(m2) {
    if (m2 === null || m2 === undefined) return "not known";
    if (m2 >= 999950) return short.format(m2 / 1e6) + " km²";
    if (m2 >= 9999.5) return short.format(m2 / 1e4) + " ha";
    return (m2 > 0 && m2 < 1 ? short.format(m2) : whole.format(m2)) + " m²";
  }
  const squareKilometres = (m2) =>
    m2 === null ? "not known" : m2 > 0 && m2 < 5000 ? "< 0.01" : (m2 / 1e6).toLocaleString("en-GB", { minimumFractionDigits: 2, maximumFractionDigits: 2 });

  function shown(column, row) {
    const value = column.value(row);
    if (value === null) return { text: "not recorded", isMissing: true };
    if (column.labels && Object.hasOwn(column.labels, value)) return { text: column.labels[value] };
    if (typeof value === "boolean") return { text: value ? "yes" : "no" };
    if (typeof value !== "number") return { text: value };
    if (column.unit === "m2") return { text: area(value) };
    if (column.unit === "share") return { text: short.format(100 * value) + " %" };
    if (column.unit === "usd") return { text: "US$ " + whole.format(value) };
    if (column.unit === "plain") return { text: String(value) };
    return { text: column.type === "int" ? whole.format(value) : long.format(value) + (column.unit ? " " + column.unit : "") };
  }

  const columnOf = (layer, name) => layer.columns.find((column) => column.name === name);
  function titleOf(layer, row) {
    for (const name of layer.header.title) {
      const value = columnOf(layer, name)?.value(row);
      if (value !== null && value !== undefined) return String(value);
    }
    return "no name";
  }
  const classesOf = (layer, row) =>
    layer.header.facets
      .map((facet, k) => facet.entries[layer.classes[k][row]])
      .filter((entry) => !entry.isSilent)
      .map((entry) => entry.label);

  // Legend

  function swatch(look, symbol) {
    const scale = 2;
    const canvas = make("canvas", { width: 26 * scale, height: 16 * scale, class: "lr-swatch", "aria-hidden": "true" });
    const brush = canvas.getContext("2d");
    const path = new Path2D();
    if (symbol === "diamond") {
      [[13, 2], [19, 8], [13, 14], [7, 8]].forEach(([x, y], i) => path[i ? "lineTo" : "moveTo"](x * scale, y * scale));
      path.closePath();
    } else if (symbol === "circle") path.arc(13 * scale, 8 * scale, 5.5 * scale, 0, 2 * Math.PI);
    else if (symbol === "line") {
      path.moveTo(3 * scale, 11 * scale);
      path.lineTo(23 * scale, 5 * scale);
    } else path.rect(2 * scale, 2 * scale, 22 * scale, 12 * scale);
    for (const colour of [look.colour, look.hatch && landrelease.hatch(look.hatch, scale)]) {
      if (!colour) continue;
      brush.fillStyle = colour;
      brush.fill(path);
    }
    if (look.line) {
      brush.strokeStyle = look.line;
      brush.lineWidth = (look.width || 1) * scale;
      brush.setLineDash((look.dash || []).map((length) => length * scale));
      brush.stroke(path);
    }
    return canvas;
  }

  function legendRow(layer, k, facet, entry, index) {
    const box = make("input", { type: "checkbox", checked: "" });
    box.addEventListener("change", () => {
      layer.checked[k][index] = box.checked;
      layer.filter();
    });
    const label = make("label", {}, box);
    if (entry.look) label.append(swatch(entry.look, entry.look.symbol || layer.header.looks.symbol));
    label.append(said(entry.label, "span"));
    const row = make("tr", {}, make("th", { scope: "row" }, label), make("td", { text: whole.format(entry.count) }));
    if (facet.hasArea) row.append(make("td", { text: squareKilometres(entry.m2) }));
    return row;
  }

  function legendTable(layer, k, facet) {
    const head = make("tr", {}, make("th", { scope: "col", text: facet.title }), make("th", { scope: "col", text: facet.countTitle }));
    if (facet.hasArea) head.append(make("th", { scope: "col", text: "km²" }));
    const body = make("tbody", {}, ...facet.entries.map((entry, index) => (entry.isSilent ? "" : legendRow(layer, k, facet, entry, index))));
    const table = make("table", { class: "lr-legend" }, make("thead", {}, head), body);
    if (facet.total) {
      const total = make("tr", {}, make("th", { scope: "row", text: "All" }), make("td", { text: whole.format(facet.total.count) }));
      if (facet.hasArea) total.append(make("td", { text: squareKilometres(facet.total.m2) }));
      table.append(make("tfoot", {}, total));
    }
    return table;
  }

  function section(map, layer) {
    const box = make("input", { type: "checkbox" });
    box.checked = map.hasLayer(layer);
    box.addEventListener("change", () => (box.checked ? map.addLayer(layer) : map.removeLayer(layer)));
    map.on("layeradd layerremove", (event) => {
      if (event.layer === layer) box.checked = map.hasLayer(layer);
    });
    const heading = make("h2", {}, make("label", {}, box, make("span", { text: layer.header.heading })));
    const tables = layer.header.facets.map((facet, k) => (facet.entries.some((entry) => !entry.isSilent) ? legendTable(layer, k, facet) : ""));
    const notes = layer.header.notes.map((note) => make("p", { class: "lr-note", text: note }));
    return make("section", {}, heading, ...tables, ...notes);
  }

  // Hover and click

  function factTable(layer, row) {
    const body = make("tbody");
    for (const column of layer.columns) {
      if (column.isHidden) continue;
      const { text, isMissing } = shown(column, row);
      if (isMissing && column.isOptional) continue;
      const cell = said(text, "td");
      if (isMissing) cell.className = "lr-missing";
      body.append(make("tr", {}, make("th", { scope: "row", dir: "auto", text: column.label }), cell));
    }
    return make("table", { class: "lr-facts" }, body);
  }

  /** What a criterion adds; where its value is not known, that, and what it was counted as unless that is nought. */
  function addedBy(layer, column, row) {
    const value = column.value(row);
    const isUnknown = column.unknown && columnOf(layer, column.unknown).value(row) === 1;
    if (value === null || (isUnknown && value === 0)) return "not known";
    return (isUnknown ? "not known, counted as " : "") + long.format(value);
  }

  function contributionTable(layer, row) {
    const parts = layer.columns.filter((column) => column.isContribution);
    if (!parts.length) return "";
    const most = Math.max(...parts.map((column) => Math.abs(column.value(row) || 0)), 1e-12);
    const body = make("tbody");
    for (const column of [...parts].sort((a, b) => (b.value(row) || 0) - (a.value(row) || 0))) {
      const value = column.value(row);
      const bar = make("span", { class: "lr-bar" });
      bar.style.width = (60 * Math.abs(value || 0)) / most + "px";
      const number = make("td", { text: addedBy(layer, column, row) });
      const name = make("th", { scope: "row" }, said(column.label, "span"));
      if (column.detail) name.append(said(column.detail, "small"));
      body.append(make("tr", {}, name, number, make("td", {}, bar)));
    }
    const head = make("tr", {}, make("th", { scope: "col", text: "Criterion" }), make("th", { scope: "col", colspan: "2", text: "Adds to the score" }));
    return make("table", { class: "lr-parts" }, make("thead", {}, head), body);
  }

  function card(layer, row) {
    return make(
      "div",
      { class: "lr-card" },
      make("p", { class: "lr-kind", text: layer.header.noun }),
      said(titleOf(layer, row), "h3"),
      make("p", { class: "lr-class", dir: "auto", text: classesOf(layer, row).join(" · ") }),
      contributionTable(layer, row),
      factTable(layer, row)
    );
  }

  /** One card at a time of all that lies under the pointer. */
  function cards(found) {
    const box = make("div", { class: "lr-cards" });
    let at = 0;
    const place = make("output");
    const show = () => {
      box.lastChild.replaceWith(card(...found[at]));
      place.textContent = `${at + 1} of ${found.length} here`;
    };
    const step = (by, text, label) => {
      const button = make("button", { type: "button", "aria-label": label, text });
      button.addEventListener("click", () => {
        at = (at + by + found.length) % found.length;
        show();
      });
      return button;
    };
    if (found.length > 1) box.append(make("nav", {}, step(-1, "‹", "Previous record here"), place, step(1, "›", "Next record here")));
    box.append(make("div"));
    show();
    return box;
  }

  function follow(map, layers) {
    const popup = L.popup({ maxWidth: 320, maxHeight: 360, className: "lr-popup" });
    const tip = L.tooltip({ className: "lr-tip", direction: "top", offset: [0, -6] });
    const fromTheTop = [...layers].sort((a, b) => b.options.height - a.options.height);
    const under = (latLng) => fromTheTop.flatMap((layer) => layer.rowsAt(latLng).map((row) => [layer, row]));
    const open = (latLng, found) => popup.setLatLng(latLng).setContent(cards(found)).openOn(map);
    map.on("mousemove", (event) => {
      const first = under(event.latlng)[0];
      map.getContainer().classList.toggle("lr-over", Boolean(first));
      if (!first) return map.closeTooltip(tip);
      const [layer, row] = first;
      const content = make("div", {}, said(titleOf(layer, row), "strong"), said(classesOf(layer, row).join(" · "), "span"));
      return tip.setContent(content).setLatLng(event.latlng).openOn(map);
    });
    map.on("mouseout", () => map.closeTooltip(tip));
    map.on("click", (event) => {
      const found = under(event.latlng);
      map.closeTooltip(tip);
      if (found.length) open(event.latlng, found);
    });
    return (layer, row) => {
      if (!map.hasLayer(layer)) map.addLayer(layer);
      map.fitBounds(layer.boundsOf(row), { maxZoom: 15, padding: [60, 60], animate: false });
      open(layer.placeOf(row), [[layer, row]]);
    };
  }

  // Search

  const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  /** What can be searched, folded once, at the first search. */
  function searchable(layers) {
    const all = [];
    for (const layer of layers) {
      const columns = layer.header.search.map((name) => columnOf(layer, name)).filter(Boolean);
      for (let row = 0; row < layer.rows; row++) {
        const texts = columns.map((column) => column.value(row)).filter((value) => value !== null);
        if (texts.length) all.push({ layer, row, text: folded(texts.join("\n")) });
      }
    }
    return all;
  }

  function search(layers, go) {
    const input = document.getElementById("lr-search");
    const list = document.getElementById("lr-results");
    const status = document.getElementById("lr-status");
    let entries = null;
    let active = -1;
    const close = () => {
      list.replaceChildren();
      list.hidden = true;
      active = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const choose = (entry) => {
      close();
      landrelease.closePanel();
      go(entry.layer, entry.row);
    };
    const option = (entry, number) => {
      const item = make(
        "li",
        { role: "option", id: "lr-result-" + number, "aria-selected": "false" },
        said(titleOf(entry.layer, entry.row), "span"),
        make("small", { text: entry.layer.header.noun })
      );
      item.addEventListener("mousedown", (event) => event.preventDefault());
      item.addEventListener("click", () => choose(entry));
      item.choose = () => choose(entry);
      return item;
    };
    const activate = (step) => {
      const items = [...list.children];
      if (!items.length) return;
      active = (active + step + items.length) % items.length;
      items.forEach((item, i) => item.setAttribute("aria-selected", String(i === active)));
      items[active].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", items[active].id);
    };
    input.addEventListener("input", () => {
      close();
      const wanted = folded(input.value.trim());
      status.textContent = "";
      if (!wanted) return;
      entries = entries || searchable(layers);
      const found = entries.filter((entry) => entry.text.includes(wanted));
      // an id typed in full comes before those that only begin with it
      found.sort((a, b) => a.text.length - b.text.length || a.text.localeCompare(b.text));
      list.append(...found.slice(0, MOST_RESULTS).map(option));
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(found.length > 0));
      const more = found.length > MOST_RESULTS ? `; the first ${MOST_RESULTS} are listed` : "";
      status.textContent = found.length ? `${whole.format(found.length)} found${more}` : "Nothing on this map has that id or name";
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "ArrowDown" || event.key === "ArrowUp") {
        activate(event.key === "ArrowDown" ? 1 : -1);
        event.preventDefault();
      } else if (event.key === "Enter" && list.children.length) {
        list.children[Math.max(0, active)].choose();
        event.preventDefault();
      } else if (event.key === "Escape") close();
    });
    input.addEventListener("blur", close);
  }

  // The page

  function panelButton() {
    const button = document.getElementById("lr-toggle");
    const set = (isOpen) => {
      document.body.classList.toggle("lr-open", isOpen);
      button.setAttribute("aria-expanded", String(isOpen));
    };
    landrelease.closePanel = () => set(false);
    button.addEventListener("click", () => set(!document.body.classList.contains("lr-open")));
    document.addEventListener("keydown", (event) => event.key === "Escape" && set(false));
  }

  /** Starts the page. `layers` in the order of the legend; `bounds` [[south, west], [north, east]] or null. */
  landrelease.start = async function (map, layers, bounds) {
    const message = document.getElementById("lr-message");
    panelButton();
    map.attributionControl?.setPrefix(false);
    L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);
    if (bounds) map.fitBounds(bounds, { padding: [20, 20], maxZoom: 15, animate: false });
    if (!landrelease.canUnpack()) {
      message.textContent =
        "This browser can not unpack the data of this page. Open it in a browser of 2023 or later (Firefox 113, Chrome or Edge 80, Safari 16.4).";
      return;
    }
    try {
      await Promise.all(layers.map((layer) => layer.ready));
    } catch (error) {
      message.textContent = "The data of this page are damaged: make the page again, or copy it again.";
      throw error;
    }
    message.remove();
    document.getElementById("lr-layers").append(...layers.map((layer) => section(map, layer)));
    search(layers, follow(map, layers));
    document.body.classList.add("lr-ready");
  };
})();
