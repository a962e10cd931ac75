// The live ranking: the order, the reasons of one area, and what ties them to the weights and the map.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const { make, said, paint, fixedNumber, t } = landrelease;
  const ROWS = 50;
  const NAMED = 5; // how many areas a sentence names
  const WAIT = 700; // of what is read aloud, after the last step of a slider [ms]
  const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

  async function read(id) {
    const { header, next } = await landrelease.sections(id);
    const numbers = () => new Float64Array(next().slice().buffer);
    const data = { ...header, rows: header.ids.length };
    data.values = header.criteria.map(numbers);
    data.asked = header.criteria.map((one) => (one.isAsked ? [numbers(), numbers()] : null));
    data.isRanked = numbers();
    data.classAtBest = header.hasClasses ? numbers() : null;
    data.classAtWorst = header.hasClasses ? numbers() : null;
    return data;
  }

  /** A rank, or between which it lies. */
  function rankText(data, found, row) {
    if (!found || !data.isRanked[row]) return "–";
    const [best, worst] = [found.best[row], found.worst[row]].map((rank) => fixedNumber(rank, 0));
    return Number.isNaN(found.rank[row]) ? `${best}–${worst}` : best;
  }
  landrelease.placeText = (data, found, row) => (found && data.isRanked[row] ? t("rank {0}", [rankText(data, found, row)]) : t("not ranked"));

  /** By row: 2 among the first `top` whatever settles a tie, 1 where that is open, else 0. */
  function lineOf(data, found, top) {
    return found ? found.best.map((best, row) => (found.worst[row] <= top ? 2 : best <= top ? 1 : 0)) : new Float64Array(data.rows);
  }

  /** Names a few areas in a sentence, the rest by their number. */
  function named(data, rows) {
    const texts = rows.slice(0, NAMED).map((row) => landrelease.isolated(data.ids[row]));
    const more = rows.length - texts.length;
    const first = texts.join(", ");
    return more ? t("{0} and {1} more", [first, fixedNumber(more, 0)]) : first;
  }

  /** What the line says, and what has changed at it since the start. */
  function summary(data, now, start, top) {
    if (!now.found) return [t("Nothing decides.")];
    const [held, open] = [2, 1].map((code) => now.line.reduce((count, one) => count + (one === code), 0));
    const places = fixedNumber(Math.max(0, top - held), 0);
    const surely = held ? t(held === 1 ? "{0} area is in." : "{0} areas are in.", [fixedNumber(held, 0)]) : "";
    const undecided = open ? t("For the other {0}, nothing here decides between {1} areas.", [places, fixedNumber(open, 0)]) : "";
    const line = [surely, undecided].filter(Boolean).join(" ");
    const rows = now.found.order;
    const into = rows.filter((row) => now.line[row] && !start.line[row]);
    const out = rows.filter((row) => !now.line[row] && start.line[row]);
    const isOpen = now.line.includes(1) || start.line.includes(1);
    const [came, went] = isOpen ? ["Now in, or open: {0}.", "Now out: {0}."] : ["In come {0}.", "Out go {0}."];
    const moves = [[came, into], [went, out]].filter(([, some]) => some.length).map(([text, some]) => t(text, [named(data, some)]));
    const change = moves.length ? moves.join(" ") : t("The same areas as at the start.");
    return [line || t("No area is ranked."), change];
  }

  // The order

  function orderRow(select) {
    const cells = Object.fromEntries(["rank", "change", "area", "made", "score"].map((name) => [name, make("td", { class: "lr-" + name })]));
    const button = make("button", { type: "button", click: () => select(element.row) });
    const unit = make("small", { dir: "auto" });
    const bar = make("span", { class: "lr-stack", "aria-hidden": "true" });
    cells.area.append(button, unit);
    cells.made.append(bar);
    const element = make("tr", {}, ...Object.values(cells));
    return Object.assign(element, { places: cells, button, unit, bar });
  }

  function stack(element, data, weights, found, row, most) {
    const parts = weights.sequence.map((j) => [j, landrelease.countedFor(data.criteria[j], weights.weights[j], data.values[j][row], data.missing)]);
    const segments = parts.filter(([, given]) => given > 0);
    while (element.children.length > segments.length + 1) element.lastChild.remove();
    while (element.children.length < segments.length + 1) element.append(make("i"));
    segments.forEach(([j, given], k) => {
      const segment = element.children[k];
      segment.className = "";
      paint(segment, j).style.width = `${(100 * given) / most}%`;
    });
    const open = element.lastChild;
    open.className = "lr-hatched";
    open.style.backgroundColor = "";
    open.style.width = `${(100 * (found.high[row] - found.low[row])) / most || 0}%`;
  }

  function changeOf(now, start, row) {
    const by = start.best[row] - now.best[row];
    if (Number.isNaN(by)) return ["", ""];
    if (!by) return ["=", t("as at the start")];
    return by > 0 ? [`▲ ${fixedNumber(by, 0)}`, t("up {0} since the start", [fixedNumber(by, 0)])] : [`▼ ${fixedNumber(-by, 0)}`, t("down {0} since the start", [fixedNumber(-by, 0)])];
  }

  function orderList(data, place, page) {
    const body = make("tbody");
    const heads = [["rank", "Rank"], ["change", "Moved"], ["area", "Areas"], ["made", "Made of"], ["score", "Score"]];
    const head = make("tr", {}, ...heads.map(([name, text]) => make("th", { scope: "col", class: "lr-" + name, text: t(text) })));
    const isWide = data.missing === "bounds";
    const table = make("table", { class: isWide ? "lr-wide" : "" }, make("thead", {}, head), body);
    const top = make("input", { type: "number", id: "lr-top", min: 1, max: Math.max(1, data.rows), value: Math.min(data.top, Math.max(1, data.rows)), input: () => page.later() });
    const find = make("input", { type: "search", id: "lr-find", autocomplete: "off", spellcheck: "false", input: () => {
      from = 0;
      page.later();
    } });
    const lines = [make("p"), make("p")];
    const [before, after] = t("Money for {count} areas").split("{count}");
    const where = make("span");
    const turn = (by, text) => make("button", { type: "button", text, click: () => {
      from += by;
      page.later();
    } });
    const [back, on] = [turn(-ROWS, `‹ ${t("Before")}`), turn(ROWS, `${t("Next")} ›`)];
    let from = 0;
    const texts = data.ids.map((id, row) => folded(`${id}\n${data.unit[row] || ""}`));
    place.replaceChildren(
      make("p", { class: "lr-fields" }, make("label", {}, before, top, after), make("label", {}, t("Find") + " ", find)),
      make("div", { class: "lr-summary" }, ...lines),
      table,
      make("p", { class: "lr-turn" }, back, where, on)
    );
    return {
      top: () => Math.max(1, Math.floor(top.valueAsNumber) || 1),
      find(text) {
        find.value = text || "";
        from = 0;
      },
      show(now, start, weights, selected) {
        summary(data, now, start, this.top()).forEach((text, k) => (lines[k].textContent = text));
        const wanted = folded(find.value.trim());
        const all = now.found ? now.found.order : [];
        const rows = wanted ? all.filter((row) => texts[row].includes(wanted)) : all;
        from = Math.max(0, Math.min(from, Math.floor((rows.length - 1) / ROWS) * ROWS));
        const shown = rows.slice(from, from + ROWS);
        const most = now.found ? now.found.high.reduce((a, b) => (b > a ? b : a), 0) || 1 : 1;
        const digits = now.found ? landrelease.digitsOf(data, weights.weights) : 0;
        while (body.children.length > shown.length) body.lastChild.remove();
        while (body.children.length < shown.length) body.append(orderRow(page.select));
        shown.forEach((row, k) => fill(body.children[k], data, now, start, weights, { row, most, digits, selected, next: shown[k + 1] }));
        const last = fixedNumber(from + shown.length, 0);
        where.textContent = shown.length ? t("{0} to {1} of {2}", [fixedNumber(from + 1, 0), last, fixedNumber(rows.length, 0)]) : t(wanted ? "No area has that id or place" : "No area");
        back.disabled = from === 0;
        on.disabled = from + ROWS >= rows.length;
      },
    };
  }

  function fill(element, data, now, start, weights, { row, most, digits, selected, next }) {
    const { found, line } = now;
    element.row = row;
    element.places.rank.textContent = rankText(data, found, row);
    const [sign, words] = changeOf(found, start.found, row);
    element.places.change.textContent = sign;
    element.places.change.title = words;
    element.places.change.className = `lr-change ${sign[0] === "▲" ? "lr-up" : sign[0] === "▼" ? "lr-down" : ""}`;
    element.button.replaceChildren(said(data.ids[row]));
    element.button.setAttribute("aria-pressed", String(row === selected));
    const open = line[row] === 1 ? t("not decided") : "";
    element.unit.textContent = [data.unit[row], open].filter(Boolean).join(" · ");
    stack(element.bar, data, weights, found, row, most);
    const points = digits ? digits + 1 : 0;
    const score = Number.isNaN(found.score[row]) ? `${fixedNumber(found.low[row], points)}–${fixedNumber(found.high[row], points)}` : fixedNumber(found.score[row], points);
    element.places.score.textContent = data.isRanked[row] ? score : t("not ranked");
    element.className = [line[row] ? "lr-first" : "", line[row] && !(next !== undefined && line[next]) ? "lr-last" : "", row === selected ? "lr-chosen" : ""].join(" ").trim();
  }

  // The reasons of one area

  function part(data, weights, row, j, digits) {
    const one = data.criteria[j];
    const value = data.values[j][row];
    const given = landrelease.countedFor(one, weights.weights[j], value, data.missing);
    const most = landrelease.mostOf(one, weights.weights[j]);
    const isUnknown = Number.isNaN(value);
    const bar = make("span", { class: "lr-part", "aria-hidden": "true" });
    const filled = paint(make("i"), j);
    filled.style.width = `${Math.min(100, most === Infinity ? (given > 0 ? 100 : 0) : (100 * given) / most || 0)}%`;
    bar.append(Number.isNaN(given) ? make("i", { class: "lr-hatched lr-whole" }) : filled);
    const [added, all] = [given, most].map((one) => fixedNumber(one, digits));
    const number = Number.isNaN(given) ? t("up to {0}", [all]) : most === Infinity ? added : t("{0} of {1}", [added, all]);
    const name = make("th", { scope: "row" }, said(one.name), make("small", { text: isUnknown ? t("not known") : landrelease.amount(value, one.unit) }));
    return make("tr", {}, name, make("td", {}, bar), make("td", { class: "lr-score", text: number }));
  }

  /** Whether what is told of an area is a text of ours, not one of the data. */
  const isOurs = (fact, value) => value !== null && (fact.ours === true || Boolean(fact.ours?.includes(value)));

  function reasons(data, page) {
    const place = document.getElementById("lr-why");
    const hint = make("p", { class: "lr-help", text: t("Choose an area in the order or on the map: why has it its place?") });
    return {
      show({ found }, weights, row) {
        if (row === null || !found) return place.replaceChildren(hint);
        const close = make("button", { type: "button", class: "lr-close", "aria-label": t("Close"), text: "×", click: () => page.select(null) });
        const digits = landrelease.digitsOf(data, weights.weights);
        const sequence = [...weights.sequence].sort((a, b) => landrelease.countedFor(data.criteria[b], weights.weights[b], data.values[b][row], "worst") - landrelease.countedFor(data.criteria[a], weights.weights[a], data.values[a][row], "worst"));
        const facts = [["", data.unit[row] && said(data.unit[row])], ...data.facts.map((one) => [one.isData ? said(one.label) : t(one.label), isOurs(one, one.values[row]) ? t(one.values[row]) : one.values[row] && said(one.values[row])])].filter(([, value]) => value !== null && value !== undefined);
        const list = make("p", { class: "lr-facts-line" });
        const colon = t("{0}: {1}").slice(3, -3);
        for (const [label, value] of facts) list.append(make("span", {}, label, label ? colon : "", value));
        const head = make("div", { class: "lr-why-head" }, said(data.ids[row], "h2"), close);
        const sentence = make("p", { class: "lr-sentence", text: landrelease.explain(data, weights.weights, weights.sequence, found, row) });
        const body = make("tbody", {}, ...sequence.map((j) => part(data, weights, row, j, digits)));
        const table = data.isRanked[row] ? make("table", { "aria-label": t("What each criterion gives") }, body) : "";
        return place.replaceChildren(head, list, table, sentence);
      },
    };
  }

  // The page

  /** On a narrow screen one part at a time; `open` shows a part. */
  function tabs(parts) {
    const bar = document.getElementById("lr-tabs");
    const line = make("p", { id: "lr-now" });
    const buttons = parts.map(([name, text]) => make("button", { type: "button", text, click: () => open(name) }));
    const open = (name) => {
      document.body.dataset.part = name;
      parts.forEach(([one], k) => buttons[k].setAttribute("aria-pressed", String(one === name)));
    };
    bar.append(line, make("div", {}, ...buttons));
    open(parts[0][0]);
    return { open, say: (text) => (line.textContent = text) };
  }

  landrelease.live = async function (id, map, layer, bounds) {
    const message = document.getElementById("lr-message");
    if (!landrelease.canUnpack()) return void (message.textContent = t(landrelease.TOO_OLD));
    let data;
    try {
      data = await read(id);
      if (layer) await layer.ready;
    } catch (error) {
      message.textContent = t(landrelease.DAMAGED);
      throw error;
    }
    message.remove();
    start(data, map, layer, bounds);
    return document.body.classList.add("lr-ready");
  };

  function start(data, map, layer, bounds) {
    const spoken = make("p", { class: "lr-spoken", role: "status" });
    document.body.append(spoken);
    const bar = tabs([["weights", t("What counts")], ["order", t("Order")], ...(layer ? [["map", t("Map")]] : []), ["why", t("Why")]]);
    let [waiting, speaking, selected, isOpened] = [0, 0, null, false];
    const page = {
      later() {
        waiting = waiting || requestAnimationFrame(() => {
          waiting = 0;
          page.update();
        });
      },
      select(row) {
        selected = row;
        page.update();
        if (row === null) return;
        bar.open("why");
        chart?.reach(row);
      },
      update() {
        const found = landrelease.rank(data, weights.weights, weights.sequence, page.now?.found?.order);
        const top = list.top();
        page.now = { found, line: lineOf(data, found, top) };
        first.line = lineOf(data, first.found, top);
        list.show(page.now, first, weights, selected);
        why.show(page.now, weights, selected);
        chart?.show(found, page.now.line, top, selected);
        const text = found && data.rows ? `${t("First: {0}.", [named(data, found.order.slice(0, 3))])} ` : "";
        bar.say(text + (summary(data, page.now, first, top)[1] || ""));
        clearTimeout(speaking);
        if (isOpened) speaking = setTimeout(() => (spoken.textContent = text + summary(data, page.now, first, top).join(" ")), WAIT);
        isOpened = true;
      },
    };
    const weights = landrelease.weightPanel(data, document.getElementById("lr-weights"), page.later);
    const first = { found: landrelease.rank(data, weights.weights, weights.sequence) };
    const list = orderList(data, document.getElementById("lr-order"), page);
    const why = reasons(data, page);
    const filter = (name) => {
      list.find(name);
      page.update();
      bar.open("order");
    };
    const chart = layer ? landrelease.liveMap(data, map, layer, bounds, { select: page.select, filter }) : null;
    page.update();
    Object.assign(landrelease, { livePage: page, liveData: data, liveWeights: weights });
  }
})();
