// What else is on record of a shape: small tables in its card. All of it is text; links lead only to files beside the page.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const { make, said, t } = landrelease;

  /** The address of a file beside the page; null for a path that could lead elsewhere. */
  function beside(path) {
    const parts = path.split("/");
    const isPlain = !/[\\:?#<>\u0000-\u001f\u007f]/.test(path) && parts.every((part) => part.replace(/[. \t]/g, ""));
    return isPlain ? parts.map(encodeURIComponent).join("/") : null;
  }

  function cell(value, link) {
    const text = Array.isArray(value) ? landrelease.fill(value) : value;
    const box = make("td");
    const address = link === undefined ? null : beside(link);
    if (address) box.append(make("a", { href: address, target: "_blank", rel: "noopener noreferrer", dir: "auto", text: text ?? link }));
    else if (text === null) box.append(make("span", { class: "lr-missing", text: t("not recorded") }));
    else box.append(said(text));
    return box;
  }

  function table(heads, rows, links) {
    const head = make("tr", {}, ...heads.map((text) => make("th", { scope: "col", text: t(text) })));
    const lines = rows.map((row, i) => make("tr", {}, ...row.map((text, k) => cell(text, k ? undefined : links[i]))));
    return make("table", { class: "lr-records" }, make("thead", {}, head), make("tbody", {}, ...lines));
  }

  landrelease.recordsOf = function (layer, row) {
    const column = layer.columns.find((one) => one.isRecords);
    const text = column ? column.value(row) : null;
    if (text === null) return "";
    const parts = JSON.parse(text).map(([title, heads, rows, links]) => {
      const name = make("summary", { text: `${t(title)}: ${rows.length ? landrelease.numbers.whole.format(rows.length) : t("none on record")}` });
      return rows.length ? make("details", { open: "" }, name, table(heads, rows, links)) : make("p", { text: name.textContent });
    });
    return make("div", { class: "lr-record" }, ...parts);
  };
})();
