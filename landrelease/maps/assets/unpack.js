// Unpacks the blocks that landrelease/maps/payload.py writes. Nothing here is ever evaluated: blocks hold numbers and text.
(function () {
  "use strict";
  const landrelease = (window.landrelease = window.landrelease || {});
  const POINT = 0;
  const NOWHERE = 9;

  /** A day counted from 1970 as 2024-02-29. */
  landrelease.isoDay = (day) => new Date(day * 864e5).toISOString().slice(0, 10);
  landrelease.canUnpack = () => typeof DecompressionStream === "function";

  async function inflate(base64) {
    const binary = atob(base64.trim());
    const packed = new Uint8Array(binary.length);
    for (let i = 0; i < binary.length; i++) packed[i] = binary.charCodeAt(i);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  /** Reads `count` varints, a plane of bytes at a time; returns the numbers and how many bytes they took. */
  function varints(bytes, count) {
    const numbers = new Float64Array(count);
    const waiting = new Uint32Array(count);
    let more = 0;
    for (let i = 0; i < count; i++) {
      numbers[i] = bytes[i] & 127;
      if (bytes[i] & 128) waiting[more++] = i;
    }
    let at = count;
    for (let scale = 128; more; scale *= 128) {
      const here = more;
      more = 0;
      for (let k = 0; k < here; k++) {
        const byte = bytes[at++];
        numbers[waiting[k]] += (byte & 127) * scale;
        if (byte & 128) waiting[more++] = waiting[k];
      }
    }
    return { numbers, size: at };
  }

  const unzigzag = (value) => (value % 2 ? -(value + 1) / 2 : value / 2);

  function ends(counts) {
    const starts = new Uint32Array(counts.length + 1);
    for (let i = 0; i < counts.length; i++) starts[i + 1] = starts[i] + counts[i];
    return starts;
  }

  /** Running sums of zig-zag steps, put through `project` into the square 0..1 of web Mercator. */
  function positions(bytes, count, project) {
    const steps = varints(bytes, count).numbers;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      sum += unzigzag(steps[i]);
      steps[i] = project(sum);
    }
    return steps;
  }

  landrelease.mercatorX = (longitude) => longitude / 360 + 0.5;
  landrelease.mercatorY = (latitude) => {
    const sine = Math.sin((Math.max(-85.06, Math.min(85.06, latitude)) * Math.PI) / 180);
    return 0.5 - (0.25 * Math.log((1 + sine) / (1 - sine))) / Math.PI;
  };
  landrelease.latLng = (x, y) =>
    L.latLng((Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI, (x - 0.5) * 360);

  /** Returns a function from row to value; null where it is missing. Text is decoded at first use. */
  function column(spec, bytes, rows) {
    if (spec.type === "float") {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return (i) => {
        const value = view.getFloat64(8 * i, true);
        return Number.isNaN(value) ? null : value;
      };
    }
    const { numbers, size } = varints(bytes, rows);
    if (spec.type === "code") return (i) => (numbers[i] ? spec.values[numbers[i] - 1] : null);
    if (spec.type === "text") return texts(numbers, bytes.subarray(size));
    const whole = (i) => (numbers[i] ? unzigzag(numbers[i] - 1) : null);
    if (spec.type === "bool") return (i) => (numbers[i] ? whole(i) === 1 : null);
    if (spec.type === "date") return Object.assign((i) => (numbers[i] ? landrelease.isoDay(whole(i)) : null), { day: whole });
    return whole;
  }

  function texts(lengths, bytes) {
    const decoder = new TextDecoder();
    let starts = null;
    return (i) => {
      starts = starts || ends(lengths.map((length) => Math.max(0, length - 1)));
      return lengths[i] ? decoder.decode(bytes.subarray(starts[i], starts[i + 1])) : null;
    };
  }

  function boxes(layer) {
    const found = new Float64Array(layer.rows * 4);
    for (let i = 0; i < layer.rows; i++) {
      let left = Infinity, top = Infinity, right = -Infinity, bottom = -Infinity;
      for (let j = layer.vertexStart[layer.ringStart[i]]; j < layer.vertexStart[layer.ringStart[i + 1]]; j++) {
        left = Math.min(left, layer.x[j]);
        right = Math.max(right, layer.x[j]);
        top = Math.min(top, layer.y[j]);
        bottom = Math.max(bottom, layer.y[j]);
      }
      // what has no shape is out of reach of any search
      found.set(left <= right ? [left, top, right, bottom] : [NOWHERE, NOWHERE, NOWHERE, NOWHERE], 4 * i);
    }
    return found;
  }

  function spatialIndex(layer) {
    if (!layer.rows) return { search: () => [] };
    const index = new Flatbush(layer.rows);
    for (let i = 0; i < layer.rows; i++) index.add(...layer.boxes.subarray(4 * i, 4 * i + 4));
    index.finish();
    return index;
  }

  /** From which day on, and to before which, a row is so; null where the layer knows no time. */
  function spanOf(layer) {
    const { from, to } = layer.header.span || {};
    const column = (name) => layer.columns.find((one) => one.name === name)?.value.day;
    const [start, end] = [column(from), column(to)];
    if (!start) return null;
    return { from: (row) => start(row) ?? -Infinity, to: (row) => (end ? end(row) : null) ?? Infinity };
  }

  /** Unpacks the block in the element of that id; returns its header and a function that gives one section after the other. */
  landrelease.sections = async function (id) {
    const raw = await inflate(document.getElementById(id).textContent);
    const headerSize = new DataView(raw.buffer).getUint32(0, true);
    const header = JSON.parse(new TextDecoder().decode(raw.subarray(4, 4 + headerSize)));
    landrelease.learn(header.made);
    let at = 4 + headerSize;
    let section = 0;
    return { header, next: () => raw.subarray(at, (at += header.lengths[section++])) };
  };

  /** Unpacks the block in the element of that id into rows, shapes, an index of boxes, columns and classes. */
  landrelease.unpack = async function (id) {
    const { header, next } = await landrelease.sections(id);
    const layer = { header, rows: header.rows };
    layer.ringStart = ends(varints(next(), header.rows).numbers);
    layer.ringKind = varints(next(), header.rings).numbers;
    layer.vertexStart = ends(varints(next(), header.rings).numbers);
    layer.x = positions(next(), header.vertices, (x) => landrelease.mercatorX(x * header.quantum));
    layer.y = positions(next(), header.vertices, (y) => landrelease.mercatorY(y * header.quantum));
    layer.columns = header.columns.map((spec) => ({ ...spec, value: column(spec, next(), header.rows) }));
    layer.classes = header.facets.map(() => Uint8Array.from(varints(next(), header.rows).numbers));
    layer.boxes = boxes(layer);
    layer.index = spatialIndex(layer);
    layer.isPoint = (ring) => layer.ringKind[ring] === POINT;
    layer.hasShape = (row) => layer.ringStart[row] < layer.ringStart[row + 1];
    layer.span = spanOf(layer);
    return layer;
  };
})();
