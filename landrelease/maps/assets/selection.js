// Rows that a person picks, and what becomes of them: a table.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const { t, button, make } = landrelease;
  const whole = landrelease.numbers.whole;

  /** A cell as `write_csv` writes it: text that a spreadsheet would take for a formula gets an apostrophe. */
  function cell(value) {
    if (value === null) return "";
    if (typeof value === "boolean") return value ? "True" : "False";
    if (typeof value === "number") return String(value);
    const text = /^[=+\-@\t\r\n]/.test(value) ? "'" + value : value;
    return /[",\n\r]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text;
  }

  /** The rows of a layer as CSV: its columns under the names of the table, what a criterion adds under its label. */
  landrelease.csvOf = function (layer, rows) {
    const columns = layer.columns.filter((column) => !column.isHidden || column.isContribution || column.isBound);
    const head = columns.map((column) => cell(column.isContribution ? column.label : column.name));
    const lines = rows.map((row) => columns.map((column) => cell(column.value(row))).join(","));
    return "\uFEFF" + [head.join(","), ...lines].join("\n") + "\n";
  };

  /** Selects or lets go of rows; all of them where none are named. */
  landrelease.select = function (layer, rows, isOn) {
    if (rows) for (const row of rows) layer.isSelected[row] = isOn ? 1 : 0;
    else layer.isSelected.fill(isOn ? 1 : 0);
    layer.fire("selected");
    layer.repaint();
  };

  const picked = (layer) => [...layer.isSelected.keys()].filter((row) => layer.isSelected[row]);

  landrelease.selectButton = function (layer, row) {
    const words = () => t(layer.isSelected[row] ? "Take out of the selection" : "Select");
    const one = button(words(), () => {
      landrelease.select(layer, [row], !layer.isSelected[row]);
      one.textContent = words();
    });
    return one;
  };

  /** What stands under a layer's legend: select all in view, how many are selected, save them. */
  landrelease.selectionBar = function (map, layer) {
    const count = make("output", { class: "lr-count" });
    const save = button(t("Save as CSV"), () => {
      const name = layer.header.heading.replace(/[^\p{L}\p{N}]+/gu, "_");
      landrelease.download(`${name}.csv`, landrelease.csvOf(layer, picked(layer)), "text/csv");
    });
    const clear = button(t("Clear"), () => landrelease.select(layer, null, false));
    const all = button(t("Select all in view"), () => map.hasLayer(layer) && landrelease.select(layer, layer.rowsIn(map.getBounds()), true));
    const show = () => {
      const selected = picked(layer).length;
      count.textContent = selected ? t("{count} selected", { count: whole.format(selected) }) : "";
      save.hidden = clear.hidden = !selected;
    };
    layer.on("selected", show);
    show();
    return make("p", { class: "lr-bar-of-buttons" }, all, count, save, clear);
  };
})();
