// A table beside the map: what each unit has, its two bounds drawn as a bar.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const { make, said, button, t } = landrelease;
  const MOST_ROWS = 1000;

  /** A bar from the lower to the upper bound; at least as wide as can be seen. */
  function bar(low, high, least, most) {
    const box = make("span", { class: "lr-span" });
    if (low === null || high === null) return box;
    const part = (value) => (most > least ? (100 * (value - least)) / (most - least) : 0);
    const inner = make("span");
    inner.style.insetInlineStart = `min(${part(low)}%, calc(100% - 3px))`;
    inner.style.width = `max(3px, ${part(high) - part(low)}%)`;
    box.append(inner);
    return box;
  }

  landrelease.tableOf = function (map, layer) {
    const spec = layer.header.table;
    if (!spec) return "";
    const value = (name) => layer.columns.find((column) => column.name === name).value;
    const [name, words, low, high] = [spec.name, spec.words, spec.low, spec.high].map(value);
    const rows = [...Array(layer.rows).keys()];
    const known = rows.flatMap((row) => [low(row), high(row)]).filter((one) => one !== null);
    const [least, most] = spec.isShare ? [0, 1] : [known.reduce((a, b) => Math.min(a, b), 0), known.reduce((a, b) => Math.max(a, b), 0)];
    // the surest first: by what there is at least, then by what there is at most; what is not known last
    const place = (one) => (one === null ? -Infinity : one);
    rows.sort((a, b) => place(low(b)) - place(low(a)) || place(high(b)) - place(high(a)) || String(name(a)).localeCompare(String(name(b))));
    const line = (row) => {
      const label = [landrelease.titleOf(layer, row), landrelease.apartOf(layer, row)].filter(Boolean).join(" · ");
      const go = layer.hasShape(row) && map.landrelease.go;
      const first = go ? button(label, () => { landrelease.closePanel(); go(layer, row); }, { class: "lr-go", dir: "auto" }) : said(label, "span");
      return make("tr", {}, make("th", { scope: "row" }, first), make("td", {}, said(landrelease.saidIn(words(row)), "span"), bar(low(row), high(row), least, most)));
    };
    const head = make("tr", {}, make("th", { scope: "col", text: t("Unit") }), make("th", { scope: "col", dir: "auto", text: landrelease.headingOf(layer) }));
    const table = make("table", { class: "lr-units" }, make("thead", {}, head), make("tbody", {}, ...rows.slice(0, MOST_ROWS).map(line)));
    const more = rows.length > MOST_ROWS ? make("p", { class: "lr-note", text: t("The first {count} of them.", { count: landrelease.numbers.whole.format(MOST_ROWS) }) }) : "";
    return make("details", { open: "" }, make("summary", { text: t("Table") }), table, more);
  };
})();
