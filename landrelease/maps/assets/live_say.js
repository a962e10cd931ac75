// What a ranking says of one area: in English word for word as landrelease/priority/explain/sentences.py says it.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const { t, isolated, listed, numberIn } = landrelease;

  const grouped = (digits) => digits.replace(/^(-?\d+)/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));

  /** A number with so many decimals; one that is itself a half of the last goes to the even digit, as in Python. */
  function rounded(value, digits) {
    const scaled = Math.abs(value) * 10 ** digits;
    const isHalf = scaled % 1 === 0.5 && (value * 2 ** (digits + 1)) % 1 === 0;
    if (!isHalf || Math.floor(scaled) % 2) return value.toFixed(digits);
    return ((Math.sign(value) * Math.floor(scaled)) / 10 ** digits).toFixed(digits);
  }
  /** The same with its thousands apart, as the language of the page writes it. */
  const fixed = (value, digits) => numberIn(grouped(rounded(value, digits)));

  /** So many figures, without noughts at the end: the format `g` of Python. */
  function general(value, figures) {
    const [mantissa, power] = value.toExponential(figures - 1).split("e");
    const plain = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
    if (power >= -4 && power < figures) return numberIn(plain(rounded(value, figures - 1 - power)));
    return `${plain(mantissa)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }

  function amount(value, unit) {
    if (unit === "yes/no" && (value === 0 || value === 1)) return t(value ? "yes" : "no");
    if (unit === "share") return t("{0} %", [fixed(100 * value, 0)]);
    const text = Number.isInteger(value) || Math.abs(value) >= 100 ? fixed(value, 0) : general(value, 3);
    if (!unit || unit === "yes/no") return text;
    return t("{0} {1}", [text, isolated(value === 1 && unit.endsWith("s") ? unit.slice(0, -1) : unit)]);
  }

  /** Where a criterion counts nothing, and where in full. */
  function range(one, weight) {
    if (one.unit === "yes/no") return "";
    if (one.form === "points") {
      const values = [general(weight, 6), one.high === null ? "" : amount(one.high, "")];
      if (one.high === null) return t(weight === 1 ? "{0} point each" : "{0} points each", values);
      return t(weight === 1 ? "{0} point each, up to {1}" : "{0} points each, up to {1}", values);
    }
    const plain = one.unit === "share" ? "share" : "";
    const [low, high] = [amount(one.low, plain), amount(one.high, plain)];
    const least = one.low === 0 ? low : t("{0} or less", [low]);
    const most = one.unit === "share" && one.high === 1 ? high : t("{0} or more", [high]);
    const [nothing, full] = one.isMoreUrgent ? [least, most] : [most, least];
    return t("{0} counts nothing, {1} counts in full", [nothing, full]);
  }

  /** How many were asked: said as unknown, none, one, or several. */
  const people = (count, [unknown, none, one, several]) =>
    t(Number.isNaN(count) ? unknown : count === 0 ? none : count === 1 ? one : several, { count: fixed(count, 0) });
  const WOMEN = ["an unknown number of women", "no women", "{count} woman", "{count} women"];
  const MEN = ["an unknown number of men", "no men", "{count} man", "{count} men"];

  function why(data, weights, j, row) {
    const one = data.criteria[j];
    const value = data.values[j][row];
    if (Number.isNaN(value)) return t(data.missing === "best" ? "not known, counted in full" : "not known, counted as nothing");
    const [size, counts] = [amount(value, one.unit), range(one, weights[j])];
    const said = counts ? t("{0}; {1}", [size, counts]) : size;
    if (!data.asked[j]) return said;
    const [women, men] = data.asked[j].map((counts) => counts[row]);
    if (Number.isNaN(women) && Number.isNaN(men)) return t("{said}; how many women and men were asked is not known", { said });
    return t("{said}; asked were {women} and {men}", { said, women: people(women, WOMEN), men: people(men, MEN) });
  }

  const amountOf = (given, digits) => (given >= 10 ** -digits / 2 ? fixed(given, digits) : t("less than {0}", [general(10 ** -digits, 6)]));

  function sayParts(data, weights, sequence, row, digits) {
    const parts = [];
    const nothing = [];
    const unknown = [];
    for (const j of sequence) {
      const one = data.criteria[j];
      const name = isolated(one.name);
      const given = landrelease.countedFor(one, weights[j], data.values[j][row], data.missing);
      const most = landrelease.mostOf(one, weights[j]);
      const values = { given: amountOf(given, digits), most: fixed(most, digits), name, why: why(data, weights, j, row) };
      if (Number.isNaN(given)) unknown.push(t("up to {most} for {name}", values));
      else if (given === 0) nothing.push(`${name} (${values.why})`);
      else parts.push([given, t(most === Infinity ? "{given} for {name} ({why})" : "{given} of {most} for {name} ({why})", values)]);
    }
    parts.sort((a, b) => b[0] - a[0]);
    const said = [];
    if (parts.length) said.push(t("It gets {parts}.", { parts: listed(parts.map((part) => part[1])) }));
    if (nothing.length) said.push(t("It gets nothing for {parts}.", { parts: listed(nothing) }));
    if (unknown.length) said.push(t("Not known, and not in the lower score: {parts}.", { parts: listed(unknown) }));
    return said.join(" ");
  }

  function sayScore(data, weights, found, row, digits) {
    const most = landrelease.exactSum(data.criteria.map((one, j) => landrelease.mostOf(one, weights[j])));
    const values = [found.score[row], found.low[row], found.high[row], most].map((one) => fixed(one, digits));
    const [score, low, high, all] = values;
    if (Number.isNaN(found.score[row])) {
      return t(Number.isFinite(most) ? "a score between {low} and {high} of {all}" : "a score between {low} and {high}", { low, high, all });
    }
    return t(Number.isFinite(most) ? "a score of {score} of {all}" : "a score of {score}", { score, all });
  }

  /** Its rank, or between which it lies, and who shares it. */
  function sayRank(data, found, row) {
    const rank = found.rank[row];
    if (Number.isNaN(rank)) return t("between rank {0} and {1} of {2}", [found.best[row], found.worst[row], data.rows].map((one) => fixed(one, 0)));
    const others = found.rank.reduce((count, other) => count + (other === rank), -1);
    const values = [rank, data.isRanked.reduce((a, b) => a + b, 0), others].map((one) => fixed(one, 0));
    if (!others) return t("rank {0} of {1}", values);
    return t(others > 1 ? "rank {0} of {1}, shared with {2} other areas," : "rank {0} of {1}, shared with {2} other area,", values);
  }

  function sayBand(data, found, row) {
    const score = found.score[row];
    if (!data.bands.length || Number.isNaN(score)) return "";
    const band = data.bands.find((one) => score >= one.atLeast);
    if (band) return t("That is {band} ({least} or more).", { band: isolated(band.name), least: general(band.atLeast, 6) });
    return t("That is below {band}.", { band: isolated(data.bands.at(-1).name) });
  }

  /** Decimals that tell the contributions apart: none for whole points, two for weights that sum to 1. */
  function digitsOf(data, weights) {
    const isWhole = (j) =>
      Number.isInteger(weights[j]) &&
      data.values[j].every((value) => {
        const given = landrelease.countedFor(data.criteria[j], weights[j], value, data.missing);
        return Number.isNaN(given) || Number.isInteger(given);
      });
    if (data.criteria.every((one, j) => isWhole(j))) return 0;
    return landrelease.exactSum(weights) < 10 ? 2 : 1;
  }

  /** Says in plain words why an area has its place. */
  landrelease.explain = function (data, weights, sequence, found, row) {
    if (!data.isRanked[row]) return t(data.said[row]);
    const digits = digitsOf(data, weights);
    const values = { area: isolated(data.ids[row]), place: sayRank(data, found, row), score: sayScore(data, weights, found, row, digits) };
    const said = [t("{area} is {place} with {score}.", values), t(data.said[row]), sayBand(data, found, row), sayParts(data, weights, sequence, row, digits)];
    return said.filter(Boolean).join(" ");
  };
  Object.assign(landrelease, { fixedNumber: fixed, amount, range, digitsOf, plainNumber: general });
})();
