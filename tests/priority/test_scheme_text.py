"""A scheme as text is the scheme: what is written is read back, whatever stands in its texts and numbers."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landrelease.priority import (
    Band,
    Criterion,
    Measure,
    PriorityClass,
    Scheme,
    Threshold,
    bundled_schemes,
    read_scheme,
)
from landrelease.priority.scheme.text import scheme_text

texts = st.text(max_size=20) | st.sampled_from(
    ['a "b"', "c\\d", "'''", '"""', "\x7f\x00", "{{ 7*7 }}", "]]\n[[criterion]]"]
)
columns = texts.filter(lambda text: bool(text.strip()))
weights = st.floats(0, 1e300, allow_subnormal=True)
bounds = st.tuples(st.floats(-1e12, 1e12) | st.integers(-50, 50), st.floats(1e-6, 1e12) | st.integers(1, 50))
measures = st.builds(
    Measure, st.just("people_within"), st.fixed_dictionaries({"within_m": st.floats(1, 1e6)})
) | st.builds(
    Measure,
    st.just("column"),
    st.fixed_dictionaries({"name": columns, "values": st.dictionaries(columns, st.floats(-1e9, 1e9), min_size=1)}),
)


@st.composite
def criteria(draw: st.DrawFn, column: str) -> Criterion:
    kept = {"label": draw(texts), "unit": draw(texts), "weight": draw(weights)}
    if draw(st.booleans()):
        return Criterion(column, high=draw(st.none() | st.floats(1e-6, 1e9)), form="points", **kept)
    low, width = draw(bounds)
    if not low + width > low:
        width = abs(low) + 1
    high = low + width
    more: dict[str, Any] = {"more_is_urgent": draw(st.booleans())}
    if draw(st.booleans()):
        more |= {"indifference": draw(st.floats(0, 5)), "preference": draw(st.floats(6, 1e9))}
    return Criterion(column, low, high, **kept, **more)


@st.composite
def schemes(draw: st.DrawFn) -> Scheme:
    names = draw(st.lists(columns, min_size=1, max_size=4, unique=True))
    chosen = tuple(draw(criteria(name)) for name in names)
    own = draw(st.lists(columns.filter(lambda name: name not in names), max_size=2, unique=True))
    classes: tuple[PriorityClass, ...] = ()
    if own:
        reached = tuple(Threshold(name, at_least=draw(st.floats(-1e9, 1e9)), label=draw(texts)) for name in own)
        classes = (PriorityClass(draw(columns) + "1", reached), PriorityClass(draw(columns) + "2"))
    sources = {name: draw(measures) for name in [*names, *own] if draw(st.booleans())}
    at_least = sorted(draw(st.lists(st.floats(-1e9, 1e9), max_size=3, unique=True)), reverse=True)
    bands = tuple(Band(draw(texts), one) for one in at_least)
    note = draw(texts).strip()
    return Scheme(
        draw(texts), draw(texts), draw(texts), draw(st.booleans()), note, chosen, sources, bands, "given", classes
    )


def whole(scheme: Scheme) -> str:
    """Put the parts of a scheme together, as the page of the live ranking does."""
    text = scheme_text(scheme)
    if scheme.weights == "order":
        return f'{text.head}weights = "order"\n\n' + "\n".join([*text.criteria, text.tail])
    pairs = zip(text.criteria, scheme.criteria, strict=True)
    return f"{text.head}\n" + "\n".join(
        [*(f"{part}weight = {float(one.weight)!r}\n" for part, one in pairs), text.tail]
    )


def read_back(text: str) -> Scheme:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scheme.toml"
        path.write_bytes(text.encode("utf-8"))
        return read_scheme(path)


@given(schemes())
def test_what_is_written_is_read_back(scheme: Scheme) -> None:
    assert read_back(whole(scheme)) == scheme


@pytest.mark.parametrize("name", bundled_schemes())
def test_bundled_schemes_are_read_back(name: str) -> None:
    assert read_back(whole(read_scheme(name))) == read_scheme(name)


def test_half_of_a_surrogate_pair_is_shown_as_broken() -> None:
    scheme = Scheme("a\ud800", "t", "s", False, "", (Criterion("people", 0, 1, 1.0),))
    assert read_back(whole(scheme)).name == "a?"
