// The page around the map: legend and filter, search, what is said on hover and on click.
// Text from the data reaches the page as textContent alone.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const MOST_RESULTS = 30;
  const NARROW = 720; // pixels: of a map on which the box would cover what it shows
  const { t, make, said, button, warning } = landrelease;
  const { whole, short, fixed, long } = landrelease.numbers;

  // what Leaflet says itself
  L.Control.Zoom.mergeOptions({ zoomInTitle: t("Zoom in"), zoomOutTitle: t("Zoom out") });
  L.Control.Scale.include({
    _updateMetric(most) {
      const metres = this._getRoundNum(most);
      const label = metres < 1000 ? t("{0} m", [short.format(metres)]) : t("{0} km", [short.format(metres / 1000)]);
      this._updateScale(this._mScale, label, metres / most);
    },
  });

  function area(m2) {
    if (m2 === null || m2 === undefined) return t("not known");
    if (m2 >= 999950) return t("{0} km²", [short.format(m2 / 1e6)]);
    if (m2 >= 9999.5) return t("{0} ha", [short.format(m2 / 1e4)]);
    return t("{0} m²", [m2 > 0 && m2 < 1 ? short.format(m2) : whole.format(m2)]);
  }
  landrelease.area = area;
  const squareKilometres = (m2) =>
    m2 === null ? t("not known") : m2 > 0 && m2 < 5000 ? landrelease.leftToRight("< " + fixed.format(0.01)) : fixed.format(m2 / 1e6);

  function shown(column, row) {
    const value = column.value(row);
    if (value === null) return { text: t("not recorded"), isMissing: true };
    if (column.labels && Object.hasOwn(column.labels, value)) return { text: t(column.labels[value]) };
    if (typeof value === "boolean") return { text: t(value ? "yes" : "no") };
    if (typeof value !== "number") return column.isSaid ? { text: landrelease.saidIn(value) } : { text: value, isData: true };
    if (column.unit === "m2") return { text: area(value) };
    if (column.unit === "share") return { text: t("{0} %", [short.format(100 * value)]) };
    if (column.unit === "usd") return { text: t("US$ {0}", [whole.format(value)]) };
    if (column.unit === "plain") return { text: String(value), isData: true };
    const number = (column.type === "int" ? whole : long).format(value);
    return { text: { m: t("{0} m", [number]), days: t("{0} d", [number]) }[column.unit] || number };
  }

  const columnOf = (layer, name) => layer.columns.find((column) => column.name === name);
  function titleOf(layer, row) {
    for (const name of layer.header.title) {
      const value = columnOf(layer, name)?.value(row);
      if (value !== null && value !== undefined && String(value).trim()) return String(value);
    }
    return t("no name");
  }
  /** What else names a row, where another of its layer has the same title. */
  function apartOf(layer, row) {
    if (!layer.titles) {
      layer.titles = new Map();
      for (let i = 0; i < layer.rows; i++) layer.titles.set(titleOf(layer, i), (layer.titles.get(titleOf(layer, i)) || 0) + 1);
    }
    const title = titleOf(layer, row);
    if (layer.titles.get(title) < 2) return "";
    const others = layer.header.title.map((name) => columnOf(layer, name)?.value(row) ?? "");
    return String(others.find((other) => other !== "" && String(other) !== title) ?? "");
  }
  Object.assign(landrelease, { titleOf, apartOf });
  /** What a legend counts: in the words of the page, where it is not a column of the data. */
  const titleOfFacet = (facet) => (facet.isData && !facet.isOurs ? facet.title : t(facet.title));
  /** What a class is called: in the words of the page, where it is not a text of the data. */
  const labelOf = (facet, entry) => (facet.isData && !entry.isOurs ? entry.label : t(entry.label));
  /** The same as an element: a text of the data has its own direction, one of ours that of the page. */
  const saidLabel = (facet, entry) => (facet.isData && !entry.isOurs ? make("span", {}, said(entry.label)) : make("span", { text: labelOf(facet, entry) }));
  landrelease.labelOf = labelOf;
  const nameOf = (column) => (column.isOurs ? t(column.label) : column.label);
  const headingOf = (layer) => (layer.header.isNamed ? layer.header.heading : t(layer.header.heading));
  landrelease.headingOf = headingOf;
  const classesOf = (layer, row) =>
    layer.header.facets
      .map((facet, k) => [facet, facet.entries[layer.classes[k][row]]])
      .filter(([, entry]) => !entry.isSilent)
      // a number or a text of the data means nothing without its column
      .map(([facet, entry]) => (facet.isData ? `${titleOfFacet(facet)}: ${labelOf(facet, entry)}` : labelOf(facet, entry)));

  Object.assign(landrelease, { saidLabel, titleOfFacet });

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
    for (const colour of [look.colour, look.hatch && landrelease.hatch(look.hatch, scale, look.band)]) {
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

  /** Writes count and area into the cells of a row. */
  function fill(row, { count, m2 }) {
    const [first, second] = row.querySelectorAll("td");
    first.textContent = whole.format(count);
    if (second) second.textContent = squareKilometres(m2);
  }

  function legendRow(layer, k, facet, entry, index, place) {
    const box = make("input", { type: "checkbox", checked: "", "data-place": `${place}.${k}.${index}` });
    box.addEventListener("change", () => {
      layer.checked[k][index] = box.checked;
      layer.filter();
    });
    const label = make("label", {}, box);
    if (entry.look) label.append(swatch(entry.look, entry.look.symbol || layer.header.looks.symbol));
    label.append(saidLabel(facet, entry));
    const row = make("tr", {}, make("th", { scope: "row" }, label), make("td"));
    if (facet.hasArea) row.append(make("td"));
    fill(row, entry);
    layer.on("day", ({ totals }) => fill(row, totals[k][index]));
    return row;
  }

  landrelease.swatch = swatch;

  function legendTable(layer, k, facet, place) {
    const head = make("tr", {}, make("th", { scope: "col", text: titleOfFacet(facet) }), make("th", { scope: "col", text: t(facet.countTitle) }));
    if (facet.hasArea) head.append(make("th", { scope: "col", text: t("km²") }));
    const body = make("tbody", {}, ...facet.entries.map((entry, index) => (entry.isSilent ? "" : legendRow(layer, k, facet, entry, index, place))));
    const table = make("table", { class: "lr-legend" }, make("thead", {}, head), body);
    if (facet.total) {
      const total = make("tr", {}, make("th", { scope: "row", text: t("All") }), make("td"));
      if (facet.hasArea) total.append(make("td"));
      fill(total, facet.total);
      layer.on("day", ({ totals }) => fill(total, sumOf(facet, totals[k])));
      table.append(make("tfoot", {}, total));
    }
    return table;
  }

  function sumOf(facet, totals) {
    const known = totals.map((one) => one.m2).filter((m2) => m2 !== null);
    const named = totals.filter((one, index) => !facet.entries[index].isSilent);
    return { count: named.reduce((sum, one) => sum + one.count, 0), m2: known.length ? known.reduce((sum, m2) => sum + m2, 0) : null };
  }

  function section(map, layer, place) {
    const box = make("input", { type: "checkbox", "data-place": `${place}` });
    box.checked = map.hasLayer(layer);
    box.addEventListener("change", () => (box.checked ? map.addLayer(layer) : map.removeLayer(layer)));
    map.on("layeradd layerremove", (event) => {
      if (event.layer === layer) box.checked = map.hasLayer(layer);
    });
    const heading = make("h2", {}, make("label", {}, box, make("span", { dir: "auto", text: headingOf(layer) })));
    const notes = layer.header.notes.map((note) => make("p", { class: "lr-note", dir: "auto", text: t(note) }));
    if (layer.isImage) return make("section", {}, heading, landrelease.imageLegend(layer), ...notes);
    const tables = layer.header.facets.map((facet, k) => (facet.entries.some((entry) => !entry.isSilent) ? legendTable(layer, k, facet, place) : ""));
    const ofDay = make("div");
    layer.on("day", (event) => ofDay.replaceChildren(...event.notes.map((text) => make("p", { class: "lr-note", dir: "auto", text }))));
    return make("section", {}, heading, ...tables, ofDay, ...notes, landrelease.tableOf(map, layer), landrelease.selectionBar(map, layer));
  }

  // Hover and click

  function factTable(layer, row) {
    const body = make("tbody");
    for (const column of layer.columns) {
      if (column.isHidden) continue;
      const { text, isMissing, isData } = shown(column, row);
      if (isMissing && column.isOptional) continue;
      const cell = make("td", {}, isData ? said(text) : text);
      if (isMissing) cell.className = "lr-missing";
      body.append(make("tr", {}, make("th", { scope: "row" }, column.isOurs ? nameOf(column) : said(column.label)), cell));
    }
    return make("table", { class: "lr-facts" }, body);
  }

  /** What a criterion adds; where its value is not known, that, and what it was counted as unless that is nought. */
  function addedBy(layer, column, row) {
    const value = column.value(row);
    const isUnknown = column.unknown && columnOf(layer, column.unknown).value(row) === 1;
    if (value === null || (isUnknown && value === 0)) return t("not known");
    const added = long.format(value);
    return isUnknown ? t("not known, counted as {value}", { value: added }) : added;
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
      const name = make("th", { scope: "row" }, said(nameOf(column), "span"));
      if (column.detail) name.append(said(t(column.detail), "small"));
      body.append(make("tr", {}, name, number, make("td", {}, bar)));
    }
    const head = make("tr", {}, make("th", { scope: "col", text: t("Criterion") }), make("th", { scope: "col", colspan: "2", text: t("Adds to the score") }));
    return make("table", { class: "lr-parts" }, make("thead", {}, head), body);
  }

  function card(layer, row) {
    return make(
      "div",
      { class: "lr-card" },
      make("p", { class: "lr-kind", text: t(layer.header.noun) }),
      make("h2", {}, said(titleOf(layer, row))),
      make("p", { class: "lr-class", text: classesOf(layer, row).join(" · ") }),
      contributionTable(layer, row),
      landrelease.recordsOf(layer, row),
      factTable(layer, row),
      make("p", { class: "lr-bar-of-buttons" }, landrelease.selectButton(layer, row))
    );
  }

  /** One card at a time of all that lies under the pointer. */
  function cards(found) {
    const box = make("div", { class: "lr-cards" });
    let at = 0;
    const place = make("output");
    const show = () => {
      box.lastChild.replaceWith(card(...found[at]));
      place.textContent = t("{number} of {count} here", { number: at + 1, count: found.length });
    };
    const step = (by, text, label) => {
      const move = () => {
        at = (at + by + found.length) % found.length;
        show();
      };
      return button(text, move, { "aria-label": label });
    };
    if (found.length > 1) box.append(make("nav", {}, step(-1, "‹", t("Previous record here")), place, step(1, "›", t("Next record here"))));
    box.append(make("div"));
    show();
    return box;
  }

  function follow(map, layers) {
    const place = map.getContainer();
    const popup = L.popup({ maxWidth: 320, maxHeight: 360, className: "lr-popup" });
    const tip = L.tooltip({ className: "lr-tip", direction: "top", offset: [0, -6] });
    const fromTheTop = () => [...layers].sort((a, b) => b.options.height - a.options.height);
    // right of a divider between two dates the second date is seen
    const seen = (layer, latLng) => (layer.twin && map.landreleaseSwipe && map.landreleaseSwipe.isRight(latLng) ? layer.twin : layer);
    const rowsOf = (layer, latLng) => seen(layer, latLng).rowsAt(latLng).map((row) => [layer, row]);
    const under = (latLng) => (landrelease.isMeasuring ? [] : fromTheTop().flatMap((layer) => rowsOf(layer, latLng)));
    map.on("popupopen", ({ popup }) => popup._closeButton?.setAttribute("aria-label", t("Close")));
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
    const openAt = (latLng) => {
      const found = under(latLng);
      map.closeTooltip(tip);
      if (found.length) open(latLng, found);
    };
    map.on("click", (event) => openAt(event.latlng));
    // by keyboard: the arrows move the map, Enter asks for what is in its middle, Escape closes a card from within
    place.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target === place) openAt(map.getCenter());
      if (event.key === "Escape") map.closePopup();
    });
    // a card that goes leaves the focus to the map
    map.on("popupclose", (event) => {
      const held = document.activeElement;
      if (held === document.body || event.popup.getElement()?.contains(held)) place.focus({ preventScroll: true });
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
        if (!layer.hasShape(row)) continue;
        if (!layer.isOfDay(row)) continue;
        const texts = columns.map((column) => column.value(row)).filter((value) => value !== null);
        if (texts.length) all.push({ layer, row, text: folded(texts.join("\n")) });
      }
    }
    return all;
  }

  /** The field that finds a record of any layer. */
  function search(layers, go) {
    const id = "lr-search";
    const input = make("input", { id, type: "search", autocomplete: "off", spellcheck: "false", role: "combobox" });
    for (const [name, value] of [["expanded", "false"], ["controls", "lr-results"], ["autocomplete", "list"]]) input.setAttribute("aria-" + name, value);
    const list = make("ul", { id: "lr-results", role: "listbox", "aria-label": t("Found"), hidden: "" });
    const status = make("p", { id: "lr-status", role: "status" });
    const box = make("div", { class: "lr-search" }, make("label", { for: id, text: t("Find by id or name") }), input, list, status);
    let searched = "";
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
      entry.layer._map.getContainer().focus({ preventScroll: true }); // the card is the next stop
    };
    const option = (entry, number) => {
      const apart = apartOf(entry.layer, entry.row);
      const item = make(
        "li",
        { role: "option", id: "lr-result-" + number, "aria-selected": "false" },
        said(titleOf(entry.layer, entry.row), "span"),
        make("small", {}, t(entry.layer.header.noun), ...(apart ? [" · ", said(apart)] : []))
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
      const now = `${layers.length} ${layers.map((layer) => layer.day)}`;
      if (searched !== now) entries = searchable(layers);
      searched = now;
      const found = entries.filter((entry) => entry.text.includes(wanted));
      // an id typed in full comes before those that only begin with it
      found.sort((a, b) => a.text.length - b.text.length || a.text.localeCompare(b.text));
      list.append(...found.slice(0, MOST_RESULTS).map(option));
      list.hidden = !found.length;
      input.setAttribute("aria-expanded", String(found.length > 0));
      const count = whole.format(found.length);
      if (!found.length) status.textContent = t("Nothing on this map has that id or name");
      else if (found.length > MOST_RESULTS) status.textContent = t("{count} found; the first {most} are listed", { count, most: MOST_RESULTS });
      else status.textContent = t("{count} found", { count });
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
    return box;
  }

  // The page

  function panelButton() {
    const button = document.getElementById("lr-toggle");
    const set = (isOpen) => {
      document.body.classList.toggle("lr-open", isOpen);
      button.setAttribute("aria-expanded", String(isOpen));
    };
    const isOpen = () => document.body.classList.contains("lr-open");
    landrelease.closePanel = () => set(false);
    button.addEventListener("click", () => set(!isOpen()));
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !isOpen()) return;
      set(false);
      button.focus();
    });
  }

  /** Waits for the layers; says in `message` why they can not be shown. */
  async function unpacked(layers, message) {
    if (!landrelease.canUnpack()) {
      message.textContent = t(landrelease.TOO_OLD);
      return false;
    }
    try {
      await Promise.all(layers.map((layer) => layer.ready));
    } catch (error) {
      message.textContent = t(landrelease.DAMAGED);
      throw error;
    }
    message.remove();
    return true;
  }

  /** Starts the page. `layers` in the order of the legend; `bounds` [[south, west], [north, east]] or null. */
  landrelease.start = async function (map, layers, bounds, time) {
    panelButton();
    map.getContainer().setAttribute("role", "main");
    map.getContainer().setAttribute("aria-label", document.title);
    map.attributionControl?.setPrefix(false);
    L.control.scale({ imperial: false, maxWidth: 160 }).addTo(map);
    if (bounds) map.fitBounds(bounds, { padding: [10, 10], maxZoom: 15, animate: false });
    const here = (map.landrelease = { layers: [], images: [], list: document.getElementById("lr-layers"), internal: badge() });
    here.go = follow(map, here.layers);
    here.list.before(search(here.layers, here.go));
    if (!(await unpacked(layers, document.getElementById("lr-message")))) return;
    here.layers.push(...layers);
    here.list.prepend(...layers.map((layer, place) => section(map, layer, place)));
    if (time) landrelease.timeline(map, layers, ...time);
    const write = landrelease.permalink(map, layers);
    const tools = [landrelease.measureButton(map), landrelease.printButton(map, here), landrelease.linkButton(write), landrelease.screenButton()];
    here.list.before(make("p", { class: "lr-bar-of-buttons" }, ...tools));
    document.body.classList.add("lr-ready");
  };

  /** Gives a layer on a map of somebody else its legend, search, hover and click: in one box for all such layers. */
  landrelease.join = async function (map, layer) {
    const here = map.landrelease || (map.landrelease = boxOn(map));
    const message = make("p", { role: "status", text: t("Unpacking the data of this page.") });
    const place = make("div", {}, message);
    here.list.append(place);
    if (!(await unpacked([layer], message))) return;
    (layer.isImage ? here.images : here.layers).push(layer);
    if (layer.header.internal) {
      here.internal.textContent = warning(layer.header.internal);
      here.internal.hidden = false;
    }
    place.replaceWith(section(map, layer, `joined ${L.stamp(layer)}`));
    map.getContainer().classList.add("lr-ready");
  };

  /** What says that the page is for internal use; hidden where it is not. */
  function badge() {
    const there = document.querySelector(".lr-head .lr-internal");
    if (there) return there;
    const made = make("p", { class: "lr-internal", hidden: "" });
    document.querySelector(".lr-head").append(made);
    return made;
  }

  function boxOn(map) {
    const layers = [];
    const internal = make("p", { class: "lr-internal", hidden: "" });
    const list = make("div");
    const head = make("summary", { text: t("Legend, totals and search") });
    const details = make("details", {}, head, search(layers, follow(map, layers)), list);
    const sentence = make("p", { class: "lr-note", text: warning("No record is not evidence of no contamination.") });
    const box = make("div", { class: "lr-panel lr-box" }, internal, details, sentence);
    details.open = map.getSize().x > NARROW;
    landrelease.closePanel = () => (details.open = details.open && map.getSize().x > NARROW);
    const control = L.control({ position: "topright" });
    control.onAdd = () => {
      L.DomEvent.disableClickPropagation(box);
      L.DomEvent.disableScrollPropagation(box);
      return box;
    };
    control.addTo(map);
    return { layers, images: [], list, internal };
  }
})();
