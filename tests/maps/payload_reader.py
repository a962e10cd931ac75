"""An independent reader of the blocks in a page: byte by byte, as the format is described."""

import base64
import gzip
import json
import re
import struct

import numpy as np


def read_varints(stream, count):
    """One byte at a time: the lowest seven bits of each number, then the next of those whose high bit said so."""
    numbers, waiting, shift = [0] * count, range(count), 0
    while waiting:
        more = []
        for place in waiting:
            byte = next(stream)
            numbers[place] |= (byte & 127) << shift
            if byte > 127:
                more.append(place)
        waiting, shift = more, shift + 7
    return numbers


def unzigzag(value):
    return (value >> 1) if value % 2 == 0 else -((value + 1) >> 1)


def decode(text):
    raw = gzip.decompress(base64.b64decode(text))
    (size,) = struct.unpack("<I", raw[:4])
    header = json.loads(raw[4 : 4 + size])
    sections, at = [], 4 + size
    for length in header["lengths"]:
        sections.append(raw[at : at + length])
        at += length
    assert at == len(raw)
    return header, sections


def decoded_shapes(header, sections):
    per_row = read_varints(iter(sections[0]), header["rows"])
    kinds = read_varints(iter(sections[1]), header["rings"])
    sizes = read_varints(iter(sections[2]), header["rings"])
    axes = []
    for section in sections[3:5]:
        steps = [unzigzag(v) for v in read_varints(iter(section), header["vertices"])]
        axes.append(np.cumsum(steps) * header["quantum"])
    points = list(zip(*axes, strict=True))
    rings, at = [], 0
    for kind, size in zip(kinds, sizes, strict=True):
        rings.append((kind, points[at : at + size]))
        at += size
    rows, at = [], 0
    for count in per_row:
        rows.append(rings[at : at + count])
        at += count
    return rows


def decoded_column(spec, section, rows):
    if spec["type"] == "float":
        return [None if np.isnan(v) else v for v in struct.unpack(f"<{rows}d", section)]
    stream = iter(section)
    numbers = read_varints(stream, rows)
    if spec["type"] == "code":
        return [spec["values"][v - 1] if v else None for v in numbers]
    if spec["type"] == "text":
        return [bytes(next(stream) for _ in range(v - 1)).decode() if v else None for v in numbers]
    return [unzigzag(v - 1) if v else None for v in numbers]


def blocks(page):
    """The blocks of a page by the heading of their layer."""
    texts = re.findall(r'<script type="application/octet-stream" id="\w+">([^<]*)</script>', page)
    return {header["heading"]: (header, sections) for header, sections in map(decode, texts)}


def columns_of(header, sections):
    """The columns of a block by name."""
    return {
        spec["name"]: decoded_column(spec, section, header["rows"])
        for spec, section in zip(header["columns"], sections[5:], strict=False)
    }
