// What the other scripts share: elements made from text, and words and numbers in the language of the page.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});

  /** The words of the page's language by their English; in English there are none. */
  const block = document.getElementById("lr-words");
  const known = block ? JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(block.textContent), (sign) => sign.charCodeAt(0)))) : {};
  const language = known[""] || "en-GB"; // its tag stands under the empty text
  // digits as in the records, so that a number can be compared with them
  const number = (options) => new Intl.NumberFormat(`${language}-u-nu-latn`, options);
  landrelease.numbers = {
    whole: number({ maximumFractionDigits: 0 }),
    short: number({ maximumFractionDigits: 2 }),
    fixed: number({ minimumFractionDigits: 2, maximumFractionDigits: 2 }),
    long: number({ maximumSignificantDigits: 4 }),
  };

  /** A text of ours in the language of the page, `{name}` filled in. */
  landrelease.t = (text, values) =>
    (Object.hasOwn(known, text) ? known[text] : text).replace(/\{(\w+)\}/g, (found, name) => (values && name in values ? values[name] : found));

  /** A text of ours that holds numbers: its words in the language of the page, its numbers as that writes them. */
  landrelease.tn = function (text) {
    const numbers = [];
    const key = text.replace(/\d[\d,]*(\.\d+)?/g, (found) => `{${numbers.push(found) - 1}}`);
    if (!Object.hasOwn(known, key)) return landrelease.t(text);
    return known[key].replace(/\{(\d+)\}/g, (found, place) => {
      const said = numbers[place];
      const digits = (said.split(".")[1] || "").length;
      return number({ useGrouping: said.includes(","), minimumFractionDigits: digits, maximumFractionDigits: digits }).format(Number(said.replaceAll(",", "")));
    });
  };

  /** An element; `text` is shown as it is. */
  landrelease.make = function (tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "text") element.textContent = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };
  /** Text from the data: its own direction, kept from its surroundings. */
  landrelease.said = (text, tag) => landrelease.make(tag || "bdi", { dir: "auto", text: String(text) });
  landrelease.button = function (text, run, attributes) {
    const button = landrelease.make("button", { type: "button", text, ...attributes });
    button.addEventListener("click", run);
    return button;
  };
  /** Hands a text to the person at the page as a file. */
  landrelease.download = function (name, text, kind) {
    const link = landrelease.make("a", { download: name, href: URL.createObjectURL(new Blob([text], { type: kind })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };
})();
