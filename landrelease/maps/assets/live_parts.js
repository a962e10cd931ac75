// What counts: a slider for each criterion, or their order by dragging or by its buttons, and the file that keeps both.
// Text from the data reaches the page as textContent alone.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const { make, said, t } = landrelease;
  // of Okabe and Ito; a ninth criterion begins again, striped
  const COLOURS = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#6B6B6B"];

  function paint(element, j) {
    element.style.backgroundColor = COLOURS[j % COLOURS.length];
    element.classList.toggle("lr-striped", j >= COLOURS.length);
    return element;
  }

  /** A share in percent, with as many decimals as it needs. */
  const percent = (share) => t("{0} %", [landrelease.plainNumber(100 * share, share && share < 0.1 ? 2 : 3)]);

  /** The weights as they are set, and how they may be changed. */
  class Weights {
    constructor(data) {
      this.data = data;
      this.isShare = data.criteria.every((one) => one.form === "value");
      this.whole = landrelease.exactSum(data.criteria.map((one) => one.weight));
      this.reset();
    }

    reset() {
      this.weights = this.data.criteria.map((one) => one.weight);
      this.sequence = this.weights.map((_, j) => j);
      this.isOrder = this.data.isOrder;
      this.isChanged = false;
      this._rate();
    }

    /** What the sliders show: percent where the weights are parts of a whole, else the weights. */
    _rate() {
      const total = landrelease.exactSum(this.weights);
      this.rating = this.weights.map((weight) => (this.isShare && total > 0 ? (100 * weight) / total : weight));
    }

    rate(j, value) {
      this.isChanged = true;
      this.rating[j] = value;
      const total = landrelease.exactSum(this.rating);
      this.weights = this.rating.map((one) => (this.isShare && total > 0 ? this.whole * (one / total) : one));
    }

    /** Puts a criterion to another place of the order. */
    move(j, place) {
      this.isChanged = true;
      const rest = this.sequence.filter((one) => one !== j);
      this.sequence = [...rest.slice(0, place), j, ...rest.slice(place)];
      this._weighByOrder();
    }

    _weighByOrder() {
      this.sequence.forEach((one, place) => (this.weights[one] = this.data.centroids[place]));
      this._rate();
    }

    /** Sets by order, beginning with that of the weights; or by sliders, beginning with the weights of the order. */
    setBy(isOrder) {
      this.isChanged = true;
      this.isOrder = isOrder;
      const all = this.weights.map((_, j) => j);
      this.sequence = isOrder ? all.sort((a, b) => this.weights[b] - this.weights[a] || a - b) : all;
      if (isOrder) this._weighByOrder();
    }

    share(j) {
      const total = landrelease.exactSum(this.weights);
      return total > 0 ? this.weights[j] / total : 0;
    }

    /** The scheme as text, which `read_scheme` reads. */
    text() {
      const { head, changedHead, criteria, tail } = this.data.file;
      const first = this.isChanged ? changedHead : head;
      if (this.isOrder) return `${first}weights = "order"\n\n${[...this.sequence.map((j) => criteria[j]), tail].join("\n")}`;
      return `${first}\n${[...criteria.map((one, j) => `${one}weight = ${this.weights[j]}\n`), tail].join("\n")}`;
    }
  }

  function save(text) {
    const url = URL.createObjectURL(new Blob([text], { type: "application/toml" }));
    make("a", { href: url, download: "weights.toml" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  }

  /** How far a slider goes, and its step: percent, or twice the largest weight of points. */
  function scaleOf(weights) {
    if (weights.isShare) return { max: 100, step: 1 };
    const largest = Math.max(...weights.weights, 1);
    const step = weights.weights.every(Number.isInteger) ? 1 : 10 ** Math.floor(Math.log10(largest / 50));
    return { max: Math.ceil((2 * largest) / step) * step, step };
  }

  function criterion(weights, j, scale, change) {
    const one = weights.data.criteria[j];
    const id = "lr-weight-" + j;
    const move = (by) => () => {
      const place = weights.sequence.indexOf(j) + by;
      if (place < 0 || place >= weights.sequence.length) return;
      weights.move(j, place);
      change();
    };
    const slider = make("input", { type: "range", id, min: 0, max: scale.max, step: scale.step, input: () => {
      weights.rate(j, slider.valueAsNumber);
      change();
    } });
    const label = make("label", { for: id }, paint(make("span", { class: "lr-chip" }), j), said(one.name));
    const amount = make("output", { for: id });
    const range = make("p", { class: "lr-range" });
    const grip = make("span", { class: "lr-grip", "aria-hidden": "true", title: t("Drag to its place"), text: "⠿" });
    const up = make("button", { type: "button", text: "▲", "aria-label": t("More important: {0}", [one.name]), click: move(-1) });
    const down = make("button", { type: "button", text: "▼", "aria-label": t("Less important: {0}", [one.name]), click: move(1) });
    const buttons = make("span", { class: "lr-move" }, up, down);
    const item = make("li", {}, grip, make("div", { class: "lr-row" }, label, amount), slider, range, buttons);
    item.show = () => {
      slider.value = weights.rating[j];
      slider.hidden = weights.isOrder;
      grip.hidden = buttons.hidden = !weights.isOrder;
      const points = t(weights.weights[j] === 1 ? "{0} point" : "{0} points", [landrelease.plainNumber(weights.weights[j], 6)]);
      amount.textContent = weights.isShare || one.form === "value" ? percent(weights.isShare ? weights.share(j) : weights.weights[j]) : points;
      if (!weights.isShare && one.form === "value") amount.textContent = points;
      slider.setAttribute("aria-valuetext", amount.textContent);
      range.textContent = landrelease.range(one, weights.weights[j]) || t("yes counts in full");
      const place = weights.sequence.indexOf(j);
      up.setAttribute("aria-disabled", String(place === 0));
      down.setAttribute("aria-disabled", String(place === weights.sequence.length - 1));
    };
    return item;
  }

  /** Puts rows in order around the one that is dragged or focused: one that is moved itself would lose the pointer. */
  function arrange(list, rows) {
    if (rows.every((row, k) => list.children[k] === row)) return;
    const held = rows.findIndex((row) => row.matches(".lr-dragged, :focus-within"));
    if (held < 0) return void list.replaceChildren(...rows);
    for (const row of rows.slice(0, held)) list.insertBefore(row, rows[held]);
    for (const row of rows.slice(held + 1)) list.append(row);
  }

  /** Lets the rows of a list be dragged by their grips, with a finger, a pen or a mouse. */
  function draggable(list, dropped) {
    list.addEventListener("pointerdown", (event) => {
      const grip = event.target.closest(".lr-grip");
      if (!grip) return;
      const item = grip.closest("li");
      event.preventDefault();
      grip.setPointerCapture(event.pointerId);
      item.classList.add("lr-dragged");
      const follow = (moved) => {
        const others = [...list.children].filter((one) => one !== item);
        const above = others.filter((one) => {
          const box = one.getBoundingClientRect();
          return moved.clientY > box.top + box.height / 2;
        });
        if (above.length !== [...list.children].indexOf(item)) dropped(item, above.length);
      };
      const end = () => {
        item.classList.remove("lr-dragged");
        grip.removeEventListener("pointermove", follow);
      };
      grip.addEventListener("pointermove", follow);
      grip.addEventListener("lostpointercapture", end, { once: true });
    });
  }

  /** Fills `place` with the weights; `change` is told when they have changed. Returns them. */
  landrelease.weightPanel = function (data, place, change) {
    const weights = new Weights(data);
    const scale = scaleOf(weights);
    const list = make("ol", { class: "lr-criteria" });
    const changed = () => {
      weights.show();
      change();
    };
    const items = data.criteria.map((_, j) => criterion(weights, j, scale, changed));
    const radio = (isOrder, text) => {
      const box = make("input", { type: "radio", name: "lr-set-by", change: () => {
        weights.setBy(isOrder);
        changed();
      } });
      box.show = () => (box.checked = weights.isOrder === isOrder);
      return [box, make("label", {}, box, make("span", { text }))];
    };
    const radios = data.centroids.length > 1 ? [radio(false, t("weights")), radio(true, t("only the order"))] : [];
    const choice = make("fieldset", {}, make("legend", { text: t("Set") }), ...radios.map((one) => one[1]));
    const none = make("p", { class: "lr-none", role: "alert" });
    const reset = make("button", { type: "button", text: t("Back to the start"), click: () => {
      weights.reset();
      changed();
    } });
    const keep = make("button", { type: "button", class: "lr-save", text: t("Save the weights"), click: () => save(weights.text()) });
    const help = make("p", { class: "lr-help" });
    draggable(list, (item, at) => {
      weights.move(items.indexOf(item), at);
      changed();
    });
    weights.show = () => {
      for (const [box] of radios) box.show();
      for (const item of items) item.show();
      arrange(list, weights.sequence.map((j) => items[j]));
      list.classList.toggle("lr-by-order", weights.isOrder);
      const isNothing = !weights.weights.some((weight) => weight > 0);
      none.textContent = isNothing ? t("All weights are 0: nothing decides. Raise one.") : "";
      keep.disabled = isNothing;
      help.textContent = weights.isOrder
        ? t("The most important first. The weights follow from the order alone.")
        : weights.isShare
          ? t("Raise what matters more. The others keep their proportions.")
          : t("Points for each count, or for a yes.");
    };
    place.replaceChildren(...(radios.length ? [choice] : []), help, list, none, make("p", { class: "lr-buttons" }, reset, keep));
    weights.show();
    return weights;
  };
  landrelease.paint = paint;
})();
