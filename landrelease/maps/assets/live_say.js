// What a ranking says of one area, word for word as landrelease/priority/explain/sentences.py says it.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});

  /** A text from the data, which neither turns nor is turned by what stands around it. */
  const isolated = (text) => "\u2068" + text + "\u2069";

  const grouped = (digits) => digits.replace(/^(-?\d+)/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, ","));

  /** A number with so many decimals; one that is itself a half of the last goes to the even digit, as in Python. */
  function rounded(value, digits) {
    const scaled = Math.abs(value) * 10 ** digits;
    const isHalf = scaled % 1 === 0.5 && (value * 2 ** (digits + 1)) % 1 === 0;
    if (!isHalf || Math.floor(scaled) % 2) return value.toFixed(digits);
    return ((Math.sign(value) * Math.floor(scaled)) / 10 ** digits).toFixed(digits);
  }
  /** The same with its thousands apart. */
  const fixed = (value, digits) => grouped(rounded(value, digits));

  /** So many figures, without noughts at the end: the format `g` of Python. */
  function general(value, figures) {
    const [mantissa, power] = value.toExponential(figures - 1).split("e");
    const plain = (text) => (text.includes(".") ? text.replace(/\.?0+$/, "") : text);
    if (power >= -4 && power < figures) return plain(rounded(value, figures - 1 - power));
    return `${plain(mantissa)}e${power < 0 ? "-" : "+"}${String(Math.abs(power)).padStart(2, "0")}`;
  }

  function amount(value, unit) {
    if (unit === "yes/no" && (value === 0 || value === 1)) return value ? "yes" : "no";
    if (unit === "share") return fixed(100 * value, 0) + " %";
    const text = Number.isInteger(value) || Math.abs(value) >= 100 ? fixed(value, 0) : general(value, 3);
    if (!unit || unit === "yes/no") return text;
    return `${text} ${isolated(value === 1 && unit.endsWith("s") ? unit.slice(0, -1) : unit)}`;
  }

  function listed(texts) {
    if (texts.length < 3) return texts.join(" and ");
    return `${texts.slice(0, -1).join(", ")}, and ${texts.at(-1)}`;
  }

  /** Where a criterion counts nothing, and where in full. */
  function range(one, weight) {
    if (one.unit === "yes/no") return "";
    if (one.form === "points") {
      const each = `${general(weight, 6)} point${weight === 1 ? "" : "s"} each`;
      return each + (one.high === null ? "" : `, up to ${amount(one.high, "")}`);
    }
    const plain = one.unit === "share" ? "share" : "";
    const [low, high] = [amount(one.low, plain), amount(one.high, plain)];
    const least = one.low === 0 ? low : `${low} or less`;
    const most = one.unit === "share" && one.high === 1 ? high : `${high} or more`;
    const [nothing, full] = one.isMoreUrgent ? [least, most] : [most, least];
    return `${nothing} counts nothing, ${full} counts in full`;
  }

  const people = (count, one, several) =>
    Number.isNaN(count) ? `an unknown number of ${several}` : `${count === 0 ? "no" : fixed(count, 0)} ${count === 1 ? one : several}`;

  function why(data, weights, j, row) {
    const one = data.criteria[j];
    const value = data.values[j][row];
    if (Number.isNaN(value)) return `not known, counted ${data.missing === "best" ? "in full" : "as nothing"}`;
    const said = [amount(value, one.unit), range(one, weights[j])].filter(Boolean).join("; ");
    if (!data.asked[j]) return said;
    const [women, men] = data.asked[j].map((counts) => counts[row]);
    if (Number.isNaN(women) && Number.isNaN(men)) return `${said}; how many women and men were asked is not known`;
    return `${said}; asked were ${people(women, "woman", "women")} and ${people(men, "man", "men")}`;
  }

  const amountOf = (given, digits) => (given >= 10 ** -digits / 2 ? fixed(given, digits) : `less than ${general(10 ** -digits, 6)}`);

  function sayParts(data, weights, sequence, row, digits) {
    const parts = [];
    const nothing = [];
    const unknown = [];
    for (const j of sequence) {
      const one = data.criteria[j];
      const name = isolated(one.name);
      const given = landrelease.countedFor(one, weights[j], data.values[j][row], data.missing);
      const most = landrelease.mostOf(one, weights[j]);
      const of = most === Infinity ? "" : ` of ${fixed(most, digits)}`;
      if (Number.isNaN(given)) unknown.push(`up to ${fixed(most, digits)} for ${name}`);
      else if (given === 0) nothing.push(`${name} (${why(data, weights, j, row)})`);
      else parts.push([given, `${amountOf(given, digits)}${of} for ${name} (${why(data, weights, j, row)})`]);
    }
    parts.sort((a, b) => b[0] - a[0]);
    const said = [];
    if (parts.length) said.push(`It gets ${listed(parts.map((part) => part[1]))}.`);
    if (nothing.length) said.push(`It gets nothing for ${listed(nothing)}.`);
    if (unknown.length) said.push(`Not known, and not in the lower score: ${listed(unknown)}.`);
    return said.join(" ");
  }

  function sayScore(data, weights, found, row, digits) {
    const most = landrelease.exactSum(data.criteria.map((one, j) => landrelease.mostOf(one, weights[j])));
    const of = Number.isFinite(most) ? ` of ${fixed(most, digits)}` : "";
    if (!Number.isNaN(found.score[row])) return `a score of ${fixed(found.score[row], digits)}${of}`;
    return `a score between ${fixed(found.low[row], digits)} and ${fixed(found.high[row], digits)}${of}`;
  }

  /** Its rank, or between which it lies, and who shares it. */
  function sayRank(data, found, row) {
    const rank = found.rank[row];
    if (Number.isNaN(rank)) return `between rank ${fixed(found.best[row], 0)} and ${fixed(found.worst[row], 0)} of ${fixed(data.rows, 0)}`;
    const others = found.rank.reduce((count, other) => count + (other === rank), -1);
    const shared = others ? `, shared with ${fixed(others, 0)} other area${others > 1 ? "s" : ""},` : "";
    return `rank ${fixed(rank, 0)} of ${fixed(data.isRanked.reduce((a, b) => a + b, 0), 0)}${shared}`;
  }

  function sayBand(data, found, row) {
    const score = found.score[row];
    if (!data.bands.length || Number.isNaN(score)) return "";
    const band = data.bands.find((one) => score >= one.atLeast);
    if (band) return `That is ${isolated(band.name)} (${general(band.atLeast, 6)} or more).`;
    return `That is below ${isolated(data.bands.at(-1).name)}.`;
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
    if (!data.isRanked[row]) return data.said[row];
    const digits = digitsOf(data, weights);
    const place = `${isolated(data.ids[row])} is ${sayRank(data, found, row)} with ${sayScore(data, weights, found, row, digits)}.`;
    const said = [place, data.said[row], sayBand(data, found, row), sayParts(data, weights, sequence, row, digits)];
    return said.filter(Boolean).join(" ");
  };
  Object.assign(landrelease, { isolated, fixedNumber: fixed, amount, range, digitsOf, plainNumber: general });
})();
