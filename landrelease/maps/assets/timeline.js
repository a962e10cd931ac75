// The state of the land on any day: a slider over the years, any date, and two dates side by side.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const { make, button, t } = landrelease;
  const STEP = 1200; // milliseconds a year when it plays
  const dayOf = (text) => Math.floor(Date.parse(text + "T00:00:00Z") / 864e5);

  function totals(layer, k) {
    const facet = layer.header.facets[k];
    const found = facet.entries.map(() => ({ count: 0, m2: null }));
    const area = layer.columns.find((column) => column.name === "area_m2");
    for (let row = 0; row < layer.rows; row++) {
      if (!layer.isOfDay(row)) continue;
      const one = found[layer.classes[k][row]];
      one.count += 1;
      const m2 = area ? area.value(row) : null;
      if (m2 !== null) one.m2 = (one.m2 || 0) + m2;
    }
    return found;
  }

  /** What of the rows of the day is not drawn, or not summed. */
  function notesOf(layer) {
    const area = layer.columns.find((column) => column.name === "area_m2");
    const covered = new Set(layer.header.covered || []);
    let [all, bare, unknown, both, held] = [0, 0, 0, 0, 0];
    for (let row = 0; row < layer.rows; row++) {
      if (!layer.isOfDay(row)) continue;
      all += 1;
      const [isHeld, isUnknown] = [covered.has(row), Boolean(area) && area.value(row) === null];
      const isBare = !layer.hasShape(row) && !isHeld;
      held += isHeld;
      bare += isBare;
      unknown += isUnknown;
      both += isBare && isUnknown;
    }
    const notes = [];
    const note = (count, text) => count && notes.push(t(text, [count, all].map((one) => landrelease.numbers.whole.format(one))));
    if (bare === both && unknown === both) note(both, "Neither geometry nor known area: {0} of {1}, counted here, not drawn, not in the km².");
    else {
      note(bare, "No geometry: {0} of {1}, counted here and not drawn.");
      note(unknown, "Area not known: {0} of {1}, not in the km².");
    }
    note(held, "All their land is in other records: {0} of {1}, counted here and not drawn.");
    return notes;
  }

  function show(layer, day) {
    layer.day = day;
    layer.filter();
    layer.fire("day", { totals: layer.header.facets.map((facet, k) => totals(layer, k)), notes: notesOf(layer) });
  }

  /** Adds the control to a map. `first` and `last` are days as text; the page opens on the last. */
  landrelease.timeline = function (map, layers, first, last) {
    const timed = layers.filter((layer) => layer.span);
    const [from, to] = [dayOf(first), dayOf(last)];
    const yearOf = (day) => Number(landrelease.isoDay(day).slice(0, 4));
    const endOf = (year) => Math.min(to, dayOf(`${year}-12-31`));
    const years = make("input", { type: "range", min: yearOf(from), max: yearOf(to), step: 1, "aria-label": t("Year") });
    const date = make("input", { type: "date", min: first, max: last, "aria-label": t("State of the land on") });
    const other = make("input", { type: "date", min: first, max: last, "aria-label": t("Compared with") });
    const said = make("output", { class: "lr-day" });
    let [timer, twins, divided] = [null, [], null];

    const set = (day) => {
      date.value = landrelease.isoDay(day);
      years.value = yearOf(day);
      said.textContent = date.value;
      years.setAttribute("aria-valuetext", date.value);
      for (const layer of timed) show(layer, day);
      map.landreleaseDay = date.value;
      map.fire("lr-change");
    };
    const stop = () => {
      clearInterval(timer);
      timer = null;
      play.textContent = t("Play");
    };
    const play = button(t("Play"), () => {
      if (timer) return stop();
      if (Number(years.value) >= yearOf(to)) set(endOf(yearOf(from)));
      play.textContent = t("Stop");
      timer = setInterval(() => {
        if (Number(years.value) >= yearOf(to)) return stop();
        return set(endOf(Number(years.value) + 1));
      }, STEP);
      return timer;
    });
    years.addEventListener("input", () => set(endOf(Number(years.value))));
    const valid = (input) => input.value && dayOf(input.value) >= from && dayOf(input.value) <= to;
    date.addEventListener("change", () => valid(date) && set(dayOf(date.value)));

    const second = () => valid(other) && twins.forEach((twin) => show(twin, dayOf(other.value)));
    other.addEventListener("change", second);
    other.hidden = true;
    const compare = button(
      t("Compare two dates"),
      async () => {
        compare.setAttribute("aria-pressed", String(!divided));
        if (divided) {
          divided.end();
          twins.forEach((twin) => twin.remove());
          timed.forEach((layer) => delete layer.twin);
          [twins, divided, map.landreleaseSwipe] = [[], null, null];
          other.hidden = true;
          return;
        }
        twins = timed.map((layer) => landrelease.twin(map, layer, layer.options.pane + "-second"));
        other.value = other.value || landrelease.isoDay(endOf(yearOf(from)));
        other.hidden = false;
        divided = map.landreleaseSwipe = landrelease.swipe(map, timed.map((one) => one.options.pane), twins.map((one) => one.options.pane));
        await Promise.all(twins.map((twin) => twin.ready));
        timed.forEach((layer, k) => {
          layer.twin = twins[k];
          twins[k].checked = layer.checked;
          layer.on("filtered", () => twins[k]._map && twins[k].filter());
          if (map.hasLayer(layer)) twins[k].addTo(map);
        });
        second();
      },
      { "aria-pressed": "false" }
    );
    const bar = make("div", { class: "lr-timeline lr-tools", role: "group", "aria-label": t("Timeline") }, play, years, said, make("label", { text: t("State of the land on") + " " }), date, compare, other);
    bar.querySelector("label").append(date);
    L.DomEvent.disableClickPropagation(bar);
    L.DomEvent.disableScrollPropagation(bar);
    bar.addEventListener("keydown", (event) => event.stopPropagation());
    map.getContainer().append(bar);
    map.getContainer().classList.add("lr-has-timeline");
    set(to);
    landrelease.setDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text) && dayOf(text) >= from && dayOf(text) <= to && set(dayOf(text));
  };
})();
