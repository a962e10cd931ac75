// A Leaflet layer that draws thousands of shapes on canvas tiles, finds them again under the pointer, and hides classes.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  landrelease.GROUND = 210; // the height of the base map
  const LINE = 1;
  const RING = 2;
  const SMALLEST = 3; // features under this many pixels are drawn as a square of that size
  const BOX = 6; // features under this many pixels are drawn as their box
  const PLAIN = 8; // features under this many pixels have no outline: it would hide the fill
  const PICK = 5; // how near the pointer must be to a point, a line or a small feature, in pixels

  const sheet = document.createElement("canvas").getContext("2d"); // carries a picture onto a tile

  function hatch(colour, scale, band = 1.6) {
    const tile = document.createElement("canvas");
    const size = 8 * scale;
    tile.width = tile.height = size;
    const brush = tile.getContext("2d");
    brush.strokeStyle = colour;
    brush.lineWidth = band * scale * (band > 2 ? Math.SQRT1_2 : 1);
    for (const shift of [-size, 0, size]) {
      brush.beginPath();
      brush.moveTo(shift - scale, size + scale);
      brush.lineTo(shift + size + scale, -scale);
      brush.stroke();
    }
    return brush.createPattern(tile, "repeat");
  }

  const symbols = {
    circle(brush, x, y, r) {
      brush.moveTo(x + r, y);
      brush.arc(x, y, r, 0, 2 * Math.PI);
      brush.closePath();
    },
    diamond(brush, x, y, r) {
      brush.moveTo(x, y - r);
      brush.lineTo(x + r, y);
      brush.lineTo(x, y + r);
      brush.lineTo(x - r, y);
      brush.closePath();
    },
  };

  const CanvasLayer = L.GridLayer.extend({
    options: { tileSize: 256, updateWhenZooming: false, keepBuffer: 1, minZoom: 0, maxZoom: 22 },

    /** `unpacked`: a promise of what `landrelease.unpack` gives, so that two layers can share it. */
    initialize(unpacked, options) {
      L.setOptions(this, options);
      this.unpacked = unpacked;
      this.ready = unpacked.then((layer) => this._accept(layer));
    },

    _accept(layer) {
      Object.assign(this, layer);
      this.checked = this.header.facets.map((facet) => facet.entries.map(() => true));
      this.isShown = new Uint8Array(this.rows).fill(1);
      this.isSelected = new Uint8Array(this.rows);
      const role = (name) => this.header.facets.findIndex((facet) => facet.role === name);
      this._fillFacet = role("fill");
      this._strokeFacet = role("stroke");
      this.day = null;
      return this;
    },

    /** Whether a row is of the day that the layer shows; of all days where it shows none. */
    isOfDay(row) {
      return this.day === null || !this.span || (this.span.from(row) <= this.day && this.day < this.span.to(row));
    },

    /** Shows only rows of the day whose class is checked in every facet. */
    filter() {
      for (let i = 0; i < this.rows; i++) {
        this.isShown[i] = this.isOfDay(i) && this.checked.every((on, k) => on[this.classes[k][i]]) ? 1 : 0;
      }
      this.repaint();
      this.fire("filtered");
    },

    /** Draws the tiles that are there again: new ones would flicker. */
    repaint() {
      for (const { el, coords, loaded } of Object.values(this._tiles || {})) {
        if (!loaded) continue; // it is drawn when it is ready, as things are then
        el.getContext("2d").clearRect(0, 0, el.width, el.height);
        this._draw(el, this._wrapCoords(coords), el.width / this.getTileSize().x);
      }
    },

    createTile(coords, done) {
      const tile = document.createElement("canvas");
      const size = this.getTileSize();
      const scale = Math.max(1, Math.round(window.devicePixelRatio || 1));
      tile.width = size.x * scale;
      tile.height = size.y * scale;
      this.ready.then(() => {
        this._draw(tile, coords, scale);
        done(null, tile);
      });
      return tile;
    },

    _class(facet, row) {
      return facet < 0 ? 0 : this.classes[facet][row];
    },

    _draw(tile, coords, scale) {
      const world = 256 * scale * Math.pow(2, coords.z); // of web Mercator, in pixels of the canvas
      // thin lines where shapes are small, or the outline would hide the fill
      const weight = Math.max(0.3, Math.min(1, (coords.z - 6) / 6));
      const [left, top, pad] = [coords.x * tile.width, coords.y * tile.height, 10 * scale];
      // a tile can reach over 180 degrees: what lies beyond is at the other end of the square
      for (const turn of [-1, 0, 1]) {
        const from = left - turn * world;
        const box = [from - pad, top - pad, from + tile.width + pad, top + tile.height + pad].map((p) => p / world);
        const found = this.index.search(...box);
        // a canvas that nobody draws on takes no memory
        if (found.length) this._drawRows({ brush: tile.getContext("2d"), scale, world, weight, left: from, top }, found);
      }
    },

    _drawRows(frame, found) {
      const rows = Uint32Array.from(found).sort(); // the same order in each tile, or shapes would not meet at its edge
      const [shapes, plain, points] = [new Map(), new Map(), new Map()];
      const { fills, isDanger } = this.header.looks;
      // one over the other as they come, so that no class hides the others; only danger is put on top
      const small = fills.map(() => []);
      const selected = [];
      for (const row of rows) {
        if (!this.isShown[row]) continue;
        if (this.isSelected[row]) selected.push(row);
        const pixels = this._pixels(row, frame);
        const fill = this._class(this._fillFacet, row);
        if (pixels < SMALLEST) {
          small[isDanger ? fill : 0].push(row);
          continue;
        }
        const isPlain = pixels < PLAIN && fills[fill].solid && this.ringKind[this.ringStart[row]] === RING;
        const buckets = this.isPoint(this.ringStart[row]) ? points : isPlain ? plain : shapes;
        const key = isPlain ? fill : fill * 256 + this._class(this._strokeFacet, row);
        if (!buckets.has(key)) buckets.set(key, []);
        buckets.get(key).push(row);
      }
      const inOrder = (buckets, draw) => {
        for (const key of [...buckets.keys()].sort((a, b) => b - a)) draw(key, buckets.get(key));
      };
      const drawAll = (buckets) => inOrder(buckets, (key, group) => this._drawBucket(frame, key, group));
      drawAll(shapes);
      inOrder(plain, (fill, group) => this._drawPlain(frame, fill, group));
      this._drawSmall(frame, small.reverse().flat());
      drawAll(points); // last: a point has no size by which it could be seen beside a shape
      if (selected.length) this._drawSelected(frame, selected);
    },

    _drawSelected(frame, rows) {
      const path = new Path2D();
      for (const row of rows) {
        const [x, y] = this._middle(row, frame);
        if (this._pixels(row, frame) < SMALLEST || this.isPoint(this.ringStart[row])) symbols.circle(path, x, y, 7 * frame.scale);
        else for (let ring = this.ringStart[row]; ring < this.ringStart[row + 1]; ring++) this._trace(path, ring, frame);
      }
      const steady = { isSteady: true };
      this._paint(frame, path, {}, { ...steady, line: "#FFFFFF", width: 5 }, false);
      this._paint(frame, path, {}, { ...steady, line: "#0B3D91", width: 2.5 }, false);
    },

    _middle(row, { world, left, top }) {
      return [
        ((this.boxes[4 * row] + this.boxes[4 * row + 2]) / 2) * world - left,
        ((this.boxes[4 * row + 1] + this.boxes[4 * row + 3]) / 2) * world - top,
      ];
    },

    /** The longer side of a row's box, in pixels of the screen; a point is drawn as a symbol at any scale. */
    _pixels(row, { scale, world }) {
      if (this.isPoint(this.ringStart[row])) return Infinity;
      const width = this.boxes[4 * row + 2] - this.boxes[4 * row];
      const height = this.boxes[4 * row + 3] - this.boxes[4 * row + 1];
      return (Math.max(width, height) * world) / scale;
    },

    _drawPlain(frame, fill, rows) {
      const path = new Path2D();
      const { world, left, top } = frame;
      for (const row of rows) {
        if (this._pixels(row, frame) < BOX) {
          const [x, y] = [this.boxes[4 * row], this.boxes[4 * row + 1]];
          path.rect(x * world - left, y * world - top, (this.boxes[4 * row + 2] - x) * world, (this.boxes[4 * row + 3] - y) * world);
        } else for (let ring = this.ringStart[row]; ring < this.ringStart[row + 1]; ring++) this._trace(path, ring, frame, 1.5);
      }
      frame.brush.fillStyle = this.header.looks.fills[fill].solid;
      frame.brush.fill(path, "nonzero");
    },

    /** Blends the squares into a picture that is laid over the tile: a call of the canvas for each takes longer than all the rest. */
    _drawSmall({ brush, scale, world, left, top }, rows) {
      if (!rows.length) return;
      const { width, height } = brush.canvas;
      const picture = new ImageData(width, height);
      const bytes = picture.data;
      const side = SMALLEST * scale;
      const colours = this.header.looks.fills.map(({ solid }) => solid && [1, 3, 5].map((at) => parseInt(solid.slice(at, at + 2), 16)));
      for (const row of rows) {
        const colour = colours[this._class(this._fillFacet, row)];
        if (!colour) continue;
        const x = ((this.boxes[4 * row] + this.boxes[4 * row + 2]) / 2) * world - left - side / 2;
        const y = ((this.boxes[4 * row + 1] + this.boxes[4 * row + 3]) / 2) * world - top - side / 2;
        const [endX, endY] = [Math.min(width, x + side), Math.min(height, y + side)];
        for (let v = Math.max(0, Math.floor(y)); v < endY; v++) {
          const tall = Math.min(v + 1, y + side) - Math.max(v, y);
          for (let u = Math.max(0, Math.floor(x)); u < endX; u++) {
            const share = tall * (Math.min(u + 1, x + side) - Math.max(u, x)); // of the pixel that the square covers
            const at = 4 * (v * width + u);
            const under = (1 - share) * bytes[at + 3];
            const alpha = 255 * share + under;
            for (let k = 0; k < 3; k++) bytes[at + k] = (255 * share * colour[k] + under * bytes[at + k]) / alpha;
            bytes[at + 3] = alpha;
          }
        }
      }
      if (sheet.canvas.width !== width) sheet.canvas.width = sheet.canvas.height = width;
      sheet.putImageData(picture, 0, 0);
      brush.drawImage(sheet.canvas, 0, 0);
    },

    _drawBucket(frame, key, rows) {
      const { fills, strokes, symbol, size } = this.header.looks;
      const fill = fills[Math.min(key >> 8, fills.length - 1)];
      const stroke = strokes[Math.min(key & 255, strokes.length - 1)];
      const areas = new Path2D();
      const lines = new Path2D();
      const marks = new Path2D();
      for (const row of rows) {
        for (let ring = this.ringStart[row]; ring < this.ringStart[row + 1]; ring++) {
          if (this.isPoint(ring)) this._mark(marks, ring, frame, symbol, size);
          else this._trace(this.ringKind[ring] === LINE ? lines : areas, ring, frame);
        }
      }
      this._paint(frame, areas, fill, stroke, true);
      // a line in the colour of its class, edged by that of its outline
      this._paint(frame, lines, fill, { ...stroke, width: 5 }, false);
      if (fill.solid) this._paint(frame, lines, fill, { line: fill.solid, width: 2.5 }, false);
      this._paint(frame, marks, { colour: fill.solid }, { ...stroke, isSteady: true }, true);
    },

    _mark(path, ring, { world, left, top, scale, weight }, symbol, size = 1) {
      const radius = (3.5 + 2.5 * weight) * scale * size;
      for (let j = this.vertexStart[ring]; j < this.vertexStart[ring + 1]; j++) {
        symbols[symbol || "circle"](path, this.x[j] * world - left, this.y[j] * world - top, radius);
      }
    },

    /** Adds a ring or a line to a path, without vertices that can not be told from the one before. */
    _trace(path, ring, { world, left, top, scale }, apart = 1) {
      const [xs, ys, end, step] = [this.x, this.y, this.vertexStart[ring + 1] - 1, (apart * scale) / world];
      let j = this.vertexStart[ring];
      let [lastX, lastY] = [xs[j], ys[j]];
      path.moveTo(lastX * world - left, lastY * world - top);
      for (j++; j <= end; j++) {
        if (Math.abs(xs[j] - lastX) + Math.abs(ys[j] - lastY) < step && j < end) continue;
        lastX = xs[j];
        lastY = ys[j];
        path.lineTo(lastX * world - left, lastY * world - top);
      }
      // closePath would look at all of the path so far, each time
      const start = this.vertexStart[ring];
      if (this.ringKind[ring] === RING) path.lineTo(this.x[start] * world - left, this.y[start] * world - top);
    },

    _paint({ brush, scale, weight }, path, fill, stroke, isFilled) {
      if (isFilled && (fill.colour || fill.hatch)) {
        if (fill.colour) {
          brush.fillStyle = fill.colour;
          brush.fill(path, "nonzero");
        }
        if (fill.hatch) {
          brush.fillStyle = hatch(fill.hatch, scale, fill.band);
          brush.fill(path, "nonzero");
        }
      }
      if (!stroke.line) return;
      brush.strokeStyle = stroke.line;
      brush.lineWidth = stroke.width * scale * (stroke.isSteady ? 1 : weight);
      brush.setLineDash((stroke.dash || []).map((length) => length * scale));
      brush.lineJoin = "round";
      brush.lineCap = stroke.dash?.length ? "butt" : "round";
      brush.stroke(path);
      brush.setLineDash([]);
    },

    /** Rows under a place of the map, the smallest first. */
    rowsAt(latLng) {
      if (!this._map || !this.index) return [];
      const along = landrelease.mercatorX(latLng.lng);
      const x = along - Math.floor(along);
      const y = landrelease.mercatorY(latLng.lat);
      const near = PICK / (256 * Math.pow(2, this._map.getZoom()));
      const size = (row) =>
        (this.boxes[4 * row + 2] - this.boxes[4 * row]) * (this.boxes[4 * row + 3] - this.boxes[4 * row + 1]);
      return this.index
        .search(x - near, y - near, x + near, y + near)
        .filter((row) => this.isShown[row] && this._holds(row, x, y, near))
        .sort((a, b) => size(a) - size(b));
    },

    _holds(row, x, y, near) {
      const width = this.boxes[4 * row + 2] - this.boxes[4 * row];
      const height = this.boxes[4 * row + 3] - this.boxes[4 * row + 1];
      if (Math.max(width, height) < near) return true;
      let isInside = false;
      for (let ring = this.ringStart[row]; ring < this.ringStart[row + 1]; ring++) {
        const start = this.vertexStart[ring];
        const end = this.vertexStart[ring + 1];
        const isRing = this.ringKind[ring] === RING;
        for (let j = start, k = isRing ? end - 1 : start; j < end; k = j++) {
          if (!isRing) {
            if (this._distance(x, y, k, j) < near) return true;
          } else if (
            this.y[j] > y !== this.y[k] > y &&
            x < ((this.x[k] - this.x[j]) * (y - this.y[j])) / (this.y[k] - this.y[j]) + this.x[j]
          ) {
            isInside = !isInside;
          }
        }
      }
      return isInside;
    },

    _distance(x, y, a, b) {
      const dx = this.x[b] - this.x[a];
      const dy = this.y[b] - this.y[a];
      const length = dx * dx + dy * dy;
      const t = length ? Math.max(0, Math.min(1, ((x - this.x[a]) * dx + (y - this.y[a]) * dy) / length)) : 0;
      return Math.hypot(x - this.x[a] - t * dx, y - this.y[a] - t * dy);
    },

    /** Rows that are shown and whose boxes reach into some bounds of the map. */
    rowsIn(bounds) {
      const [west, east] = [landrelease.mercatorX(bounds.getWest()), landrelease.mercatorX(bounds.getEast())];
      const [north, south] = [landrelease.mercatorY(bounds.getNorth()), landrelease.mercatorY(bounds.getSouth())];
      const found = new Set();
      for (const turn of [-1, 0, 1]) {
        for (const row of this.index.search(west - turn, north, east - turn, south)) if (this.isShown[row]) found.add(row);
      }
      return [...found];
    },

    /** The box of a row; beyond 1 where the row is cut at 180 degrees, and so lies at both ends of the square. */
    _boxOf(row) {
      const [west, top, east, bottom] = this.boxes.subarray(4 * row, 4 * row + 4);
      if (east - west <= 0.5) return [west, top, east, bottom];
      const [from, to] = [this.vertexStart[this.ringStart[row]], this.vertexStart[this.ringStart[row + 1]]];
      const along = [...this.x.subarray(from, to)];
      return [Math.min(...along.filter((x) => x > 0.5)), top, 1 + Math.max(...along.filter((x) => x <= 0.5)), bottom];
    },

    boundsOf(row) {
      const [left, top, right, bottom] = this._boxOf(row);
      return L.latLngBounds(landrelease.latLng(left, bottom), landrelease.latLng(right, top));
    },

    /** A place inside the row's shape, or on its edge where its middle lies outside. */
    placeOf(row) {
      const [left, top, right, bottom] = this._boxOf(row);
      const middle = [(left + right) / 2, (top + bottom) / 2];
      if (this._holds(row, middle[0] % 1, middle[1], 0)) return landrelease.latLng(...middle);
      const first = this.vertexStart[this.ringStart[row]];
      const x = this.x[first] < left ? this.x[first] + 1 : this.x[first];
      return landrelease.latLng(x, this.y[first]);
    },
  });

  /** A layer in a pane of its own, `height` being the z-index of the pane. */
  landrelease.canvasLayer = function (map, payloadId, height) {
    const pane = map.createPane(payloadId);
    pane.style.zIndex = height;
    pane.classList.toggle("lr-ground", height <= landrelease.GROUND);
    const unpacked = landrelease.canUnpack() ? landrelease.unpack(payloadId) : new Promise(() => {});
    const layer = new CanvasLayer(unpacked, { pane: payloadId, height });
    layer.ready.then(() => landrelease.named(map, layer), () => {});
    return layer;
  };

  /** The same data once more, with a day of its own, in another pane. */
  landrelease.twin = function (map, layer, pane) {
    map.createPane(pane).style.zIndex = layer.options.height;
    return new CanvasLayer(layer.unpacked, { pane, height: layer.options.height });
  };
  landrelease.hatch = hatch;
})();
