// Names on the map, of settlements and units: on one canvas above all shapes, none over another, more as one zooms in.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const FACE = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif';
  const STYLES = { place: { font: `12px ${FACE}`, colour: "#1d2733" }, unit: { font: `italic 11.5px ${FACE}`, colour: "#3d4852" } };
  const HEIGHT = 245; // above the shapes of all layers, below what is said on hover and on click
  const APART = [20, 10]; // between two names, in pixels
  const DOT = 3;
  const MOST = 400; // names in one view
  const LONGEST = 40; // signs of a name; a click tells all of it
  const BEYOND = 0.2; // of the view on each side: names that are there when the map is dragged
  const NARROWEST = 20; // of a unit that is named, in pixels
  const LEVELS = [0.5, 0.4, 0.6, 0.3, 0.7]; // of a unit's height, where its name may stand
  const FROM_THE_RIGHT = /^[^\p{L}]*[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

  const columnOf = (layer, name) => layer.columns.find((column) => column.name === name);
  const isMet = (a, b) => a[0] < b[2] + APART[0] && b[0] < a[2] + APART[0] && a[1] < b[3] + APART[1] && b[1] < a[3] + APART[1];

  function shortened(name) {
    const signs = [...String(name).slice(0, 4 * LONGEST).replace(/\s+/g, " ").trim()];
    return signs.length > LONGEST ? signs.slice(0, LONGEST - 1).join("") + "…" : signs.join("");
  }

  /** The widest stretch inside a unit at each of some heights: [west, east, height] in the square of web Mercator. */
  function stretchesOf(layer, row) {
    const [top, bottom] = [layer.boxes[4 * row + 1], layer.boxes[4 * row + 3]];
    return LEVELS.map((level) => {
      const y = top + level * (bottom - top);
      const crossed = [];
      for (let ring = layer.ringStart[row]; ring < layer.ringStart[row + 1]; ring++) {
        const [start, end] = [layer.vertexStart[ring], layer.vertexStart[ring + 1]];
        for (let j = start, k = end - 1; j < end; k = j++) {
          if (layer.y[j] > y === layer.y[k] > y) continue;
          crossed.push(layer.x[j] + ((layer.x[k] - layer.x[j]) * (y - layer.y[j])) / (layer.y[k] - layer.y[j]));
        }
      }
      crossed.sort((a, b) => a - b);
      let best = [0, 0, y];
      for (let i = 0; i + 1 < crossed.length; i += 2) if (crossed[i + 1] - crossed[i] > best[1] - best[0]) best = [crossed[i], crossed[i + 1], y];
      return best;
    });
  }

  const Names = L.Layer.extend({
    initialize() {
      this.entries = [];
      this.placed = [];
      this.sizes = new Map();
    },

    onAdd(map) {
      map.createPane("lr-names").style.zIndex = HEIGHT;
      map.getPane("lr-names").style.pointerEvents = "none";
      this.canvas = landrelease.make("canvas", { class: "lr-names leaflet-zoom-hide", "aria-hidden": "true" });
      map.getPane("lr-names").append(this.canvas);
      map.on("moveend zoomend resize viewreset layeradd layerremove", this.later, this);
    },

    /** Takes the rows of a layer that have a name, the first to be named first. */
    take(layer) {
      const { name, first } = layer.header.names;
      const [nameOf, weightOf] = [columnOf(layer, name).value, first && columnOf(layer, first)?.value];
      const order = new Float64Array(layer.rows);
      const size = (row) => (layer.boxes[4 * row + 2] - layer.boxes[4 * row]) * (layer.boxes[4 * row + 3] - layer.boxes[4 * row + 1]);
      for (let row = 0; row < layer.rows; row++) order[row] = weightOf ? (weightOf(row) ?? -1) : size(row);
      this.entries.push({ layer, nameOf, order, stretches: new Map(), texts: new Map() });
      layer.on("filtered", this.later, this);
      this.later();
    },

    later() {
      this.waiting = this.waiting || requestAnimationFrame(() => this.draw());
    },

    draw() {
      this.waiting = null;
      const [map, size, scale] = [this._map, this._map.getSize(), Math.max(1, Math.round(window.devicePixelRatio || 1))];
      const pad = size.multiplyBy(BEYOND).round();
      const whole = size.add(pad.multiplyBy(2));
      this.canvas.width = whole.x * scale;
      this.canvas.height = whole.y * scale;
      this.canvas.style.width = whole.x + "px";
      this.canvas.style.height = whole.y + "px";
      L.DomUtil.setPosition(this.canvas, map.containerPointToLayerPoint([-pad.x, -pad.y]));
      const brush = this.canvas.getContext("2d");
      brush.scale(scale, scale);
      const corner = map.getPixelBounds().min.subtract(pad);
      const frame = { brush, corner, whole, world: 256 * Math.pow(2, map.getZoom()) };
      [this.placed, this.pad] = [[], pad.x];
      const seen = this.entries.filter(({ layer }) => map.hasLayer(layer));
      const isPlace = ({ layer }) => layer.header.looks.symbol === "circle";
      for (const entry of seen.filter(isPlace)) this.choose(entry, frame, (...one) => this.placeName(...one));
      for (const entry of seen.filter((one) => !isPlace(one))) this.choose(entry, frame, (...one) => this.unitName(...one));
      for (const one of this.placed) this.write(brush, one);
    },

    /** Goes through the rows in view, the most important first, and keeps what `place` finds room for. */
    choose(entry, { brush, corner, whole, world }, place) {
      const { layer, order } = entry;
      const [left, top, right, bottom] = [corner.x, corner.y, corner.x + whole.x, corner.y + whole.y].map((p) => p / world);
      for (const turn of [-1, 0, 1]) {
        const rows = layer.index.search(left - turn, top, right - turn, bottom).filter((row) => layer.isShown[row]);
        rows.sort((a, b) => order[b] - order[a] || a - b);
        for (const row of rows) {
          if (this.placed.length >= MOST) return;
          const found = place(entry, row, (x, y) => [(x + turn) * world - corner.x, y * world - corner.y], brush);
          if (found) this.placed.push({ layer, row, ...found });
        }
      }
    },

    textOf({ nameOf, texts }, row) {
      if (!texts.has(row)) texts.set(row, shortened(nameOf(row) ?? ""));
      return texts.get(row);
    },

    /** Width, height above and below the line of a text, measured once. */
    sizeOf(brush, text, style) {
      const key = style.font + text;
      if (!this.sizes.has(key)) {
        brush.font = style.font;
        const found = brush.measureText(text);
        this.sizes.set(key, [found.width, Math.max(9, found.actualBoundingBoxAscent), Math.max(3, found.actualBoundingBoxDescent)]);
      }
      return this.sizes.get(key);
    },

    /** Whether nothing stands there yet, and no edge of the view would cut it. */
    isFree(box) {
      const isCut = [0, this._map.getSize().x].some((edge) => box[0] < edge + this.pad && edge + this.pad < box[2]);
      return !isCut && !this.placed.some((one) => isMet(one.box, box));
    },

    /** Beside the dot of a settlement, right of it or left. */
    placeName(entry, row, at, brush) {
      const { layer } = entry;
      const [x, y] = at((layer.boxes[4 * row] + layer.boxes[4 * row + 2]) / 2, (layer.boxes[4 * row + 1] + layer.boxes[4 * row + 3]) / 2);
      if (!this.isFree([x - DOT, y - DOT, x + DOT, y + DOT])) return null;
      const text = this.textOf(entry, row);
      if (!text) return null;
      const style = STYLES.place;
      const [width, above, below] = this.sizeOf(brush, text, style);
      const line = y + (above - below) / 2;
      for (const start of [x + DOT + 3, x - DOT - 3 - width]) {
        const box = [Math.min(x - DOT, start), line - above, Math.max(x + DOT, start + width), line + below];
        if (this.isFree(box)) return { text, style, box, start, line, dot: [x, y] };
      }
      return null;
    },

    /** Inside a unit, where it has room; not if a settlement in it says the same. */
    unitName(entry, row, at, brush) {
      const { layer, stretches } = entry;
      const [west, north, east, south] = layer.boxes.subarray(4 * row, 4 * row + 4);
      const [corner, opposite] = [at(west, north), at(east, south)];
      if (opposite[0] - corner[0] < NARROWEST) return null;
      const text = this.textOf(entry, row);
      const isIn = ([x, y]) => x > corner[0] && x < opposite[0] && y > corner[1] && y < opposite[1];
      if (!text || this.placed.some((one) => one.dot && one.text === text && isIn(one.dot))) return null;
      const style = STYLES.unit;
      const [width, above, below] = this.sizeOf(brush, text, style);
      if (!stretches.has(row)) stretches.set(row, stretchesOf(layer, row));
      for (const [from, to, height] of stretches.get(row)) {
        const [[left, y], [right]] = [at(from, height), at(to, height)];
        const [start, line] = [(left + right - width) / 2, y + (above - below) / 2];
        const box = [start, line - above, start + width, line + below];
        if (width <= right - left && this.isFree(box)) return { text, style, box, start, line };
      }
      return null;
    },

    write(brush, { text, style, start, line, dot }) {
      brush.font = style.font;
      brush.textAlign = "left";
      brush.direction = FROM_THE_RIGHT.test(text) ? "rtl" : "ltr";
      brush.lineJoin = "round";
      brush.lineWidth = 3;
      brush.strokeStyle = "rgba(255, 255, 255, 0.9)";
      brush.strokeText(text, start, line);
      brush.fillStyle = style.colour;
      brush.fillText(text, start, line);
      if (!dot) return;
      brush.beginPath();
      brush.arc(...dot, DOT, 0, 2 * Math.PI);
      brush.lineWidth = 1.5;
      brush.stroke();
      brush.fill();
    },
  });

  /** Writes the names of a layer on the map, where the layer says which column holds them. */
  landrelease.named = function (map, layer) {
    if (!layer.header.names) return;
    map.landreleaseNames = map.landreleaseNames || new Names().addTo(map);
    map.landreleaseNames.take(layer);
  };
})();
