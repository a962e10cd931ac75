// What the other scripts share: elements made from text, and words and numbers in the language of the page.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});

  /** The words of the page's language by their English; in English there are none. */
  const block = document.getElementById("lr-words");
  const known = block ? JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(block.textContent), (sign) => sign.charCodeAt(0)))) : {};
  const language = known[""] || "en-GB"; // its tag stands under the empty text
  landrelease.isEnglish = !block;
  // digits as in the records, so that a number can be compared with them
  const number = (options) => new Intl.NumberFormat(`${language}-u-nu-latn`, options);
  landrelease.numbers = {
    whole: number({ maximumFractionDigits: 0 }),
    short: number({ maximumFractionDigits: 2 }),
    fixed: number({ minimumFractionDigits: 2, maximumFractionDigits: 2 }),
    long: number({ maximumSignificantDigits: 4 }),
  };

  const NUMBER = "-?\\d+(?:,\\d{3})*(?:\\.\\d+)?";
  const IS_NUMBER = new RegExp(`^${NUMBER}$`);
  /** Words, so that a number within one is not taken for one; and numbers. */
  const TOKENS = new RegExp(`[A-Za-z_]\\w*|(\\d{4}-\\d\\d-\\d\\d|${NUMBER}(?:e[+-]\\d+)?)`, "g");
  /** A number that English writes so, as the language of the page writes it; a day, or one with an exponent, as it is. */
  landrelease.numberIn = function (said) {
    if (landrelease.isEnglish) return said;
    if (!IS_NUMBER.test(said)) return leftToRight(said); // a day would be turned
    const digits = (said.split(".")[1] || "").length;
    return number({ useGrouping: said.includes(","), minimumFractionDigits: digits, maximumFractionDigits: digits }).format(Number(said.replaceAll(",", "")));
  };

  /** A text that runs from left to right whatever stands around it: English, or a number with its sign. */
  const leftToRight = (text) => (document.documentElement.dir === "rtl" ? `\u2066${text}\u2069` : text);
  landrelease.leftToRight = leftToRight;

  const filled = (pattern, values) => pattern.replace(/\{(\w+)\}/g, (found, name) => (values && Object.hasOwn(values, name) ? values[name] : found));
  /** A text from the data, which neither turns nor is turned by what stands around it. */
  landrelease.isolated = (text) => "\u2068" + text + "\u2069";
  /** Texts of ours that hold others, by their English: [pattern, value ...], where a value may be such a list. */
  const made = new Map();
  const fill = ([pattern, ...values]) => landrelease.t(pattern, values.map((value) => (Array.isArray(value) ? fill(value) : landrelease.isEnglish || IS_NUMBER.test(value) ? landrelease.numberIn(value) : landrelease.isolated(value))));
  landrelease.fill = fill;
  landrelease.learn = (texts) => Object.entries(texts || {}).forEach(([english, parts]) => made.set(english, parts));

  /** A text of ours in the language of the page, `{name}` filled in. */
  landrelease.t = function (text, values) {
    if (!text) return text; // under it stands the tag of the language
    if (landrelease.isEnglish || values || Object.hasOwn(known, text)) return filled(Object.hasOwn(known, text) ? known[text] : text, values);
    if (made.has(text)) return fill(made.get(text));
    // one that holds numbers is known by `{0}`, `{1}` in their place
    const numbers = [];
    const key = text.replace(TOKENS, (found, one) => (one ? `{${numbers.push(one) - 1}}` : found));
    return Object.hasOwn(known, key) ? filled(known[key], numbers.map(landrelease.numberIn)) : text;
  };
  /** Numbers in words, each with its sign on one line. */
  landrelease.saidIn = (text) => landrelease.t(text).replaceAll(" %", "\u00A0%");
  /** A warning in the words of the page, and in English. */
  landrelease.warning = (text) => (landrelease.t(text) === text ? text : `${landrelease.t(text)} (${leftToRight(text)})`);

  const together = new Intl.ListFormat(landrelease.isEnglish ? "en-US" : language, { type: "conjunction" });
  /** Several texts as one: a, b, and c. */
  landrelease.listed = (texts) => together.format(texts);

  landrelease.DAMAGED = "The data of this page are damaged: make the page again, or copy it again.";
  landrelease.TOO_OLD =
    "This browser can not unpack the data of this page. Open it in a browser of 2023 or later (Firefox 113, Chrome or Edge 110, Safari 16.4).";

  /** An element; `text` is shown as it is, a function hears of what its name says. */
  landrelease.make = function (tag, attributes, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "text") element.textContent = value;
      else if (typeof value === "function") element.addEventListener(name, value);
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
