// The weighted sum of landrelease/priority/score, step by step in the same arithmetic: the same weights give the same
// scores to the last bit, and the same order with the same ties.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const SAME_SCORE = 1e-12; // as in score/ranking.py

  /** The sum that is rounded once, whatever the order of the numbers: Python's math.fsum (Shewchuk 1997). */
  function exactSum(numbers) {
    const parts = [];
    for (let x of numbers) {
      let used = 0;
      for (let k = 0; k < parts.length; k++) {
        let y = parts[k];
        if (Math.abs(x) < Math.abs(y)) [x, y] = [y, x];
        const high = x + y;
        const low = y - (high - x);
        if (low) parts[used++] = low;
        x = high;
      }
      parts.length = used;
      parts.push(x);
    }
    let at = parts.length - 1;
    let sum = at < 0 ? 0 : parts[at];
    let rest = 0;
    while (at > 0 && !rest) {
      const before = sum;
      sum = before + parts[--at];
      rest = parts[at] - (sum - before);
    }
    // half way between two numbers: what is still smaller decides
    if (rest && at > 0 && rest < 0 === parts[at - 1] < 0) {
      const twice = 2 * rest;
      if (sum + twice - sum === twice) sum += twice;
    }
    return sum;
  }

  /** Rounds to a whole number, halves to the even one, as numpy does. */
  function toEven(x) {
    const floor = Math.floor(x);
    const rest = x - floor;
    return rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : rest >= 0.5 ? floor + 1 : x;
  }

  /** The most that a criterion can give; infinite for points of a count without a `high`. */
  const mostOf = (one, weight) =>
    one.form === "value" || weight === 0 ? weight : one.high === null ? Infinity : weight * one.high;

  /** What a criterion gives for a value; NaN where it is missing. */
  function givenFor(one, weight, value) {
    if (one.form === "points") return weight * (one.high === null ? value : Math.min(value, one.high));
    const share = Math.min(Math.max((value - one.low) / (one.high - one.low), 0), 1);
    return weight * (one.isMoreUrgent ? share : 1 - share);
  }

  /** What it gives where a missing value counts as `missing` says. */
  function countedFor(one, weight, value, missing) {
    const part = givenFor(one, weight, value);
    if (part === part || (missing !== "worst" && missing !== "best")) return part;
    return missing === "worst" ? 0 : mostOf(one, weight);
  }

  /** The sums of what the criteria give, added up in the order of `sequence`. */
  function sums(data, weights, sequence, missing) {
    const total = new Float64Array(data.rows);
    for (const j of sequence) {
      const one = data.criteria[j];
      const values = data.values[j];
      for (let i = 0; i < total.length; i++) total[i] += countedFor(one, weights[j], values[i], missing);
    }
    return total;
  }

  /** Scores on the grid on which they are compared. */
  function levels(scores, whole) {
    const step = SAME_SCORE * whole;
    return scores.map((score) => toEven(score / step));
  }

  /** Sorts rows, starting from an order that may be nearly right; rows stand by id, so that their number settles ties. */
  function sorted(rows, ...keys) {
    return rows.sort((a, b) => {
      for (const key of keys) if (key[a] !== key[b]) return key[a] - key[b];
      return a - b;
    });
  }

  function byScore(data, weights, sequence, whole, before) {
    const score = sums(data, weights, sequence, data.missing);
    for (let i = 0; i < data.rows; i++) if (!data.isRanked[i]) score[i] = NaN;
    const key = levels(score, whole).map((level) => (level === level ? -level : Infinity));
    const keys = data.classAtBest ? [data.classAtBest.map((place, i) => (data.isRanked[i] ? place : Infinity)), key] : [key];
    const order = sorted(before, ...keys);
    const isSame = (at) => at > 0 && keys.every((one) => one[order[at]] === one[order[at - 1]]);
    const best = new Float64Array(data.rows);
    const worst = new Float64Array(data.rows);
    for (let start = 0, end; start < order.length; start = end) {
      for (end = start + 1; end < order.length && isSame(end); ) end++;
      for (let at = start; at < end; at++) {
        const isRanked = data.isRanked[order[at]];
        best[order[at]] = isRanked ? start + 1 : NaN;
        worst[order[at]] = isRanked ? end : NaN;
      }
    }
    return { order, score, low: score, high: score, best, worst, rank: best };
  }

  /** How many numbers of a rising list are no greater. */
  function countUpTo(rising, value) {
    let [from, to] = [0, rising.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if (rising[middle] <= value) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** Places among all lows and highs, by class and then by level. */
  function joined(data, low, high) {
    const n = data.rows;
    const group = [...data.classAtWorst, ...data.classAtBest].map((place) => -place);
    const level = [...low, ...high];
    const order = sorted([...level.keys()], group, level);
    const place = new Float64Array(2 * n);
    let at = 0;
    order.forEach((one, k) => {
      const last = order[k - 1];
      if (k && (group[one] !== group[last] || level[one] !== level[last])) at++;
      place[one] = at;
    });
    return [place.subarray(0, n), place.subarray(n)];
  }

  function byBounds(data, weights, sequence, whole, before) {
    const low = sums(data, weights, sequence, "worst");
    const high = sums(data, weights, sequence, "best");
    let [least, most] = [levels(low, whole), levels(high, whole)];
    if (data.classAtBest) [least, most] = joined(data, least, most);
    const [lows, highs] = [least.slice().sort(), most.slice().sort()];
    const best = most.map((value) => 1 + data.rows - countUpTo(lows, value));
    const worst = least.map((value, i) => 1 + data.rows - countUpTo(highs, value) - (most[i] > value ? 1 : 0));
    const order = sorted(before, best, worst);
    const score = low.map((value, i) => (value === high[i] ? value : NaN));
    return { order, score, low, high, best, worst, rank: best.map((value, i) => (value === worst[i] ? value : NaN)) };
  }

  /**
   * Ranks the rows of `data`, which stand by id. Returns by row: score, low, high, rank (NaN where there is none), best
   * and worst place; and `order`, the rows from the first to the last. Null where all weights are 0.
   */
  landrelease.rank = function (data, weights, sequence, before) {
    const whole = exactSum(weights);
    if (!(whole > 0)) return null;
    const rows = before ? [...before] : [...new Array(data.rows).keys()];
    return (data.missing === "bounds" ? byBounds : byScore)(data, weights, sequence, whole, rows);
  };
  Object.assign(landrelease, { exactSum, mostOf, givenFor, countedFor });
})();
