"""The pictures of the report, as SVG in data: addresses.

Text stays text in the SVG, so that the reader's machine shapes scripts that matplotlib's own font lacks; each
picture comes in two widths, because a wide one shrunk to a phone can not be read. Text from data is never
parsed as mathematics.
"""

from __future__ import annotations

import base64
import io
import math
import re
import warnings
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from landrelease.maps.style import RELEASE_TYPES, VERDICTS
from landrelease.report.language import Words
from landrelease.report.words import clean, say_land, say_share, whole_percents
from landrelease.said import say

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.ticker import Formatter

__all__ = [
    "FAINT",
    "FLOWS",
    "INK",
    "PARTS",
    "Picture",
    "account_picture",
    "as_png",
    "bars_picture",
    "box",
    "canvas",
    "groups_picture",
    "headline_picture",
    "short",
    "ticks",
    "write",
]

PARTS: dict[str, tuple[str, str]] = {
    "as_intended_m2": ("used as intended", VERDICTS["as_intended"]["solid"]),
    "other_productive_m2": ("other productive use", VERDICTS["other_productive"]["solid"]),
    "unknown_m2": ("not looked at", VERDICTS["unknown"]["solid"]),
    "unused_m2": ("not in use", VERDICTS["unused"]["solid"]),
}
"""The four parts in the order of the bars: what is left of unknown is the lower bound, with it the upper.

Each has the colour of its verdict on the map; that of the unknown hatches white, there and here.
"""

FLOWS: dict[str, tuple[str, str]] = {
    "newly_recorded_m2": ("newly recorded", "#E69F00"),
    "cancelled_m2": ("cancelled", RELEASE_TYPES["cancelled"]["solid"]),
    "reduced_m2": ("reduced", RELEASE_TYPES["reduced"]["solid"]),
    "cleared_m2": ("cleared", RELEASE_TYPES["cleared"]["solid"]),
}
INK, FAINT = "#1a2733", "#5b6770"
_ON_COLOUR = "#111111"  # of labels on a part: at least 4.5 to 1 on each of the map's colours
_LETTER = 0.077  # inches: a letter of nine points, in the widest of the scripts
_WIDE, _NARROW = 6.9, 3.5  # inches: the text width of A4, and of a phone


class Picture(NamedTuple):
    """One picture: the sentence that says what it shows, and how to draw it in a width [inches] and in a language."""

    alt: str
    draw: Callable[[float, Words], Figure]

    def address(self, words: Words, *, is_wide: bool) -> str:
        """Return the picture as a data: address."""
        width = _WIDE if is_wide else _NARROW
        content = _drawn(self.draw, width, words, "svg", transparent=True, metadata={"Date": None, "Creator": None})
        # The document type names an address on the web; nothing in the page may.
        svg = re.sub(rb"<!DOCTYPE[^>]*>\s*", b"", content)
        return "data:image/svg+xml;base64," + base64.b64encode(svg).decode("ascii")


def headline_picture(parts: dict[str, float], shares: dict[str, float], whole: dict[str, int], alt: str) -> Picture:
    """Draw the four parts of the released land as one bar, with the two bounds marked above it."""
    low = shares["as_intended_m2"] + shares["other_productive_m2"]
    high = low + shares["unknown_m2"]
    bottom = whole["as_intended_m2"] + whole["other_productive_m2"]
    least, most = say_share(low, bottom), say_share(high, bottom + whole["unknown_m2"])

    def draw(width: float, words: Words) -> Figure:
        is_narrow = width < 5
        named = [
            words.drawn("{0}: {1} ({2})", say(label), say_land(parts[part]), say_share(shares[part], whole[part]))
            for part, (label, _) in PARTS.items()
        ]
        per_row = 1 if is_narrow else _per_row(named, width, 2, 9)
        figure, axes = canvas(width, 1.3 + 0.24 * (4 // per_row))
        bar_width = width - 0.04
        _stacked(axes, 0.02, 0.58, bar_width, 0.5, shares, whole, words)
        use = "" if is_narrow else " in use"
        bounds = (words.drawn(f"at least {{0}}{use}", least), words.drawn(f"at most {{0}}{use}", most))
        _bounds(axes, bar_width, (low, bounds[0]), (high, bounds[1]))
        for i, (part, (_, colour)) in enumerate(PARTS.items()):
            x, y = 0.02 + (i % per_row) * width / 2, 1.38 + 0.24 * (i // per_row)
            _swatch(axes, x, y, part, colour)
            room = (width / per_row - 0.26) / (_LETTER * len(named[i]))
            write(axes, x + 0.24, y, named[i], size=9 * min(1, room))
        return figure

    return Picture(alt, draw)


def _per_row(texts: Sequence[str], width: float, most: int, size: float) -> int:
    """Return how many names of parts stand in a row of a width [inches] without running into each other."""
    room = _LETTER * size / 9 * max(len(text) for text in texts) + 0.22
    return next((count for count in (4, 2) if count <= most and room <= width / count), 1)


def _bounds(axes: Axes, width: float, low: tuple[float, str], high: tuple[float, str]) -> None:
    """Mark the two bounds above the bar, so that neither's line crosses the other's words."""
    room = 0.08 * max(len(low[1]), len(high[1])) + 0.1  # inches, of nine point type
    top, below = 0.13, 0.38
    if low[0] * width < room < (1 - high[0]) * width:
        rows = ((*low, top, "left"), (*high, below, "left"))
    else:
        rows = (
            (*high, top, "left" if (1 - high[0]) * width > room else "right"),
            (*low, below, "right" if low[0] * width > room else "left"),
        )
    for share, text, y, side in rows:
        x = 0.02 + share * width
        axes.plot([x, x], [y - 0.08, 1.16], color=INK, linewidth=1.4, solid_capstyle="butt", clip_on=False)
        write(axes, x + (0.06 if side == "left" else -0.06), y, text, side=side, weight="bold")


def groups_picture(labels: Sequence[str], parts: pd.DataFrame, alt: str) -> Picture:
    """Draw the four parts of each group as a bar of equal length, with its released land beside it.

    `parts` has the columns of PARTS and `released_m2`, one row a label; groups without a known area say so.
    """

    def draw(width: float, words: Words) -> Figure:
        is_narrow = width < 5
        most, step = (2, 0.46) if is_narrow else (4, 0.29)
        size = 8 if is_narrow else 8.5
        per_row = _per_row([words.drawn(label) for label, _ in PARTS.values()], width, most, size)
        top = 0.24 * (4 // per_row) + 0.16
        figure, axes = canvas(width, top + step * len(labels) + 0.04)
        for i, (part, (label, colour)) in enumerate(PARTS.items()):
            x, y = 0.02 + (i % per_row) * width / per_row, 0.13 + 0.24 * (i // per_row)
            _swatch(axes, x, y, part, colour)
            write(axes, x + 0.22, y, words.drawn(label), size=size)
        left, right = (0.02, 0.02) if is_narrow else (1.95, 0.85)
        for i, (label, (_, row)) in enumerate(zip(labels, parts.iterrows(), strict=True)):
            y = top + step * i
            land = words.drawn(say_land(float(row["released_m2"])))
            if is_narrow:
                write(axes, left, y + 0.1, short(words.of_data(label), 26), size=8.5)
                write(axes, width - 0.02, y + 0.1, land, size=8.5, side="right", colour=FAINT)
            else:
                write(axes, left - 0.1, y + 0.13, short(words.of_data(label), 24), size=8.5, side="right")
                write(axes, width - 0.02, y + 0.13, land, side="right", colour=FAINT)
            released = float(row["released_m2"])
            at, height = (y + 0.19, 0.2) if is_narrow else (y + 0.03, 0.21)
            if released > 0:
                shares = {part: _or_zero(row[part]) / released for part in PARTS}
                whole = dict(zip(PARTS, whole_percents(list(shares.values())), strict=True))
                _stacked(axes, left, at, width - left - right, height, shares, whole, words)
            else:
                write(axes, left + 0.05, at + height / 2, words.drawn("no known area"), colour=FAINT)
        return figure

    return Picture(alt, draw)


def bars_picture(labels: Sequence[str], values_m2: Sequence[float], alt: str) -> Picture:
    """Draw one bar a label, in the colour of unused land, with its area beside it."""
    longest = max([value for value in values_m2 if value > 0], default=1.0)

    def draw(width: float, words: Words) -> Figure:
        left = 0.02 if width < 5 else 2.6
        step = 0.46 if width < 5 else 0.29
        figure, axes = canvas(width, step * len(labels) + 0.06)
        for i, (label, value) in enumerate(zip(labels, values_m2, strict=True)):
            y = step * i + (0.2 if width < 5 else 0.03)
            if width < 5:
                write(axes, left, y - 0.09, short(words.of_data(label), 40), size=8.5)
            else:
                write(axes, left - 0.1, y + 0.1, short(words.of_data(label), 32), size=8.5, side="right")
            length = (width - left - 0.9) * _or_zero(value) / longest
            box(axes, left, y, length, 0.2, PARTS["unused_m2"][1])
            write(axes, left + length + 0.08, y + 0.1, words.drawn(say_land(value)), colour=FAINT)
        return figure

    return Picture(alt, draw)


def account_picture(years: pd.DataFrame, alt: str) -> Picture:
    """Draw the hazardous land at each year's end as a line, and what came and went as bars below it.

    `years` has one row a year: year, closing_m2 and the columns of FLOWS. A year with a flow that is not
    known bears a question mark.
    """
    numbers = years["year"].astype(int).tolist()
    flows = years[list(FLOWS)].astype(float)
    unit, factor = ("km²", 1e6) if years["closing_m2"].max() >= 1e7 else ("ha", 1e4)
    closing = (years["closing_m2"].astype(float) / factor).tolist()

    def draw(width: float, words: Words) -> Figure:
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator, StrMethodFormatter

        figure = Figure(figsize=(width, 4.3 if width < 5 else 3.9))
        left, legend = (0.62 / width, 0.22) if width < 5 else (0.62 / width, 0.15)
        stock = figure.add_axes((left, 0.61, 1 - left - 0.02, 0.31))
        flow = figure.add_axes((left, legend, 1 - left - 0.02, 0.49 - legend), sharex=stock)
        stock.plot(numbers, closing, color=INK, marker="o", markersize=4, linewidth=1.8)
        top = max((value for value in closing if not math.isnan(value)), default=1.0)
        stock.set_ylim(0, top * 1.25 or 1.0)
        for i in sorted({0, len(closing) - 1}):
            side = "center" if len(closing) == 1 else "left" if i == 0 else "right"
            if not math.isnan(closing[i]):
                text = words.drawn(f"{{0}} {unit}", f"{closing[i]:,.1f}")
                near = closing[:2] if i == 0 else closing[-3:]
                above = max(value for value in near if not math.isnan(value)) + top * 0.08
                stock.text(numbers[i], above, text, fontsize=8.5, ha=side, color=INK)
        _flow_bars(flow, numbers, flows / factor, words)
        titles = (f"Hazardous land at the end of the year ({unit})", f"What came (up) and went (down) ({unit})")
        for axes, title in zip((stock, flow), titles, strict=True):
            axes.set_title(words.drawn(title), fontsize=9, loc="left", color=INK)
        stock.set_xlim(min(numbers) - 0.6, max(numbers) + 0.6)
        for axes in (stock, flow):
            axes.xaxis.set_major_locator(MaxNLocator(nbins=6 if width < 5 else 12, integer=True, min_n_ticks=1))
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
            axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
            axes.yaxis.set_major_formatter(ticks(words, "{x:,.4g}" if top < 1000 else "{x:,.0f}"))
            axes.tick_params(labelsize=8, colors=FAINT, length=0)
            axes.grid(axis="y", color="#e3e7ea", linewidth=0.7)
            axes.set_axisbelow(True)
            for edge in ("top", "right", "left"):
                axes.spines[edge].set_visible(False)
        columns = 2 if width < 5 else 4
        figure.legend(*flow.get_legend_handles_labels(), loc="lower left", ncols=columns, fontsize=8.5, frameon=False)
        return figure

    return Picture(alt, draw)


def ticks(words: Words, form: str) -> Formatter:
    """Return how the numbers of an axis are written."""
    from matplotlib.ticker import FuncFormatter, StrMethodFormatter

    english = StrMethodFormatter(form)
    return FuncFormatter(lambda value, at: words.numbers(english(value, at)))


def _flow_bars(axes: Axes, years: list[int], flows: pd.DataFrame, words: Words) -> None:
    """Stack what came above the line and what went below it."""
    known = flows.fillna(0.0)
    below = pd.Series(0.0, index=known.index)
    hatches = {"reduced_m2": "////", "cancelled_m2": "\\\\\\\\"}
    for name, (label, colour) in FLOWS.items():
        sign = 1.0 if name == "newly_recorded_m2" else -1.0
        start = 0.0 if sign > 0 else below.to_numpy()
        axes.bar(
            years, sign * known[name].to_numpy(), bottom=start, color=colour, label=words.drawn(label), width=0.7,
            edgecolor="white", linewidth=0.6, hatch=hatches.get(name),
        )  # fmt: skip
        below = below if sign > 0 else below - known[name]
    axes.axhline(0, color=INK, linewidth=0.8)
    for year, is_missing in zip(years, flows.isna().any(axis=1), strict=True):
        if is_missing:
            axes.text(year, 0, "?", ha="center", va="bottom", fontsize=10, color=INK)


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """Return a figure with axes in inches from its top left corner."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, width)
    axes.set_ylim(height, 0)
    axes.axis("off")
    return figure, axes


def write(
    axes: Axes, x: float, y: float, text: str, *, size: float = 9, side: str = "left", weight: str = "normal",
    colour: str = INK,
) -> None:  # fmt: skip
    """Write a text, in inches from the top left corner; none of it is mathematics."""
    looks: dict[str, Any] = {"fontsize": size, "weight": weight, "color": colour}
    axes.text(x, y, text, ha=side, va="center_baseline", parse_math=False, **looks)


def box(
    axes: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    colour: str,
    hatch: str = "",
    edge: str = "white",
) -> None:
    """Draw a rectangle, in inches from the top left corner."""
    import matplotlib
    from matplotlib.patches import Rectangle

    # a hatch takes its colour from the settings at the time, in some versions of matplotlib from the edge
    with matplotlib.rc_context({"hatch.color": edge} if hatch else {}):
        patch = Rectangle((x, y), width, height, facecolor=colour, edgecolor=edge, linewidth=0.8, hatch=hatch or None)
    axes.add_patch(patch)


def _swatch(axes: Axes, x: float, y: float, part: str, colour: str) -> None:
    _part(axes, x, y - 0.07, 0.17, 0.14, part, colour)


def _part(axes: Axes, x: float, y: float, width: float, height: float, part: str, colour: str) -> None:
    """Draw a part as the map does: unknown land is hatched, told from the rest by more than its colour."""
    if part == "unknown_m2":
        box(axes, x, y, width, height, "white", "////", edge=colour)
    else:
        box(axes, x, y, width, height, colour)


def _stacked(
    axes: Axes,
    x: float,
    y: float,
    width: float,
    height: float,
    shares: dict[str, float],
    whole: dict[str, int],
    words: Words,
) -> None:
    """Draw the four parts side by side, with the percent in those that have room for it."""
    for part, (_, colour) in PARTS.items():
        length = width * shares[part]
        if length > 0:
            _part(axes, x, y, length, height, part, colour)
        if length > 0.5:
            size = 10 if height > 0.3 else 8
            text = words.drawn(say_share(shares[part], whole[part]))
            if part == "unknown_m2":
                box(axes, x + length / 2 - 0.24, y + height * 0.15, 0.48, height * 0.7, "white", edge="none")
            write(axes, x + length / 2, y + height / 2, text, size=size, side="center", colour=_ON_COLOUR)
        x += length


def short(text: str, most: int) -> str:
    """Return a text that is no longer than so many letters."""
    text = " ".join(clean(text).split())
    return text if len(text) <= most else text[: most - 1] + "…"


def _or_zero(value: Any) -> float:
    """Return the length to draw: what is not known is not drawn; the words say that it is not known."""
    return 0.0 if pd.isna(value) else float(value)


def as_png(picture: Picture, words: Words) -> bytes:
    """Return the wide form of a picture as PNG, for a document that takes no SVG."""
    return _drawn(picture.draw, _WIDE, words, "png", dpi=200, metadata={"Software": None})


def _drawn(draw: Callable[[float, Words], Figure], width: float, words: Words, form: str, **options: Any) -> bytes:
    import matplotlib

    settings: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "landrelease",
        "font.family": ["DejaVu Sans", "sans-serif"],
        "hatch.color": "white",
        "hatch.linewidth": 0.7,
        "text.usetex": False,
        "axes.unicode_minus": True,
    }
    page = io.BytesIO()
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        # The reader's browser has the glyphs that matplotlib's own font lacks.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        warnings.filterwarnings("ignore", message="Matplotlib currently does not support .*", category=UserWarning)
        draw(width, words).savefig(page, format=form, **options)
    return page.getvalue()
