"""The pictures of the monitoring reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from landrelease.report.language import Words
from landrelease.report.pictures import FAINT, INK, Picture, box, canvas, short, write

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["amounts_picture", "curve_picture"]

_COLOUR = "#0072B2"


def curve_picture(curve: pd.DataFrame, alt: str) -> Picture:
    """Draw the share in use by months since release; where the data can not place a rise, it is a shaded box."""
    steps = curve[["from_months", "to_months", "used_share_low", "used_share_high"]].astype(float).to_numpy()

    def draw(width: float, words: Words) -> Figure:
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator, PercentFormatter

        figure = Figure(figsize=(width, 2.9))
        axes = figure.add_axes((0.55 / width, 0.19, 1 - 0.75 / width, 0.68))
        at = 0.0
        for start, end, low, high in steps:
            axes.plot([at, start], [low, low], color=_COLOUR, linewidth=1.8)
            axes.fill_between([start, end], low, high, color=_COLOUR, alpha=0.35, linewidth=0)
            axes.plot([start, end], [low, high], color=_COLOUR, linewidth=1.2)
            at = end
        axes.set_ylim(0, 1)
        axes.set_xlim(left=0)
        axes.set_title(words.drawn("Share of releases in productive use"), fontsize=9, loc="left", color=INK)
        axes.set_xlabel(words.drawn("months after release"), fontsize=8.5, color=FAINT)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=5 if width < 5 else 10))
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
        axes.tick_params(labelsize=8, colors=FAINT, length=0)
        axes.grid(axis="y", color="#e3e7ea", linewidth=0.7)
        axes.set_axisbelow(True)
        for edge in ("top", "right", "left"):
            axes.spines[edge].set_visible(False)
        return figure

    return Picture(alt, draw)


def amounts_picture(labels: Sequence[str], amounts: Sequence[float], said: Sequence[str], alt: str) -> Picture:
    """Draw one bar a label with its amount in words beside it; what is not known has no bar, and below 0 neither."""
    longest = max([one for one in amounts if one > 0], default=1.0)

    def draw(width: float, words: Words) -> Figure:
        is_narrow = width < 5
        left, step = (0.02, 0.46) if is_narrow else (2.3, 0.29)
        figure, axes = canvas(width, step * len(labels) + 0.06)
        for i, (label, amount, beside) in enumerate(zip(labels, amounts, said, strict=True)):
            y = step * i + (0.2 if is_narrow else 0.03)
            if is_narrow:
                write(axes, left, y - 0.09, short(label, 40), size=8.5)
            else:
                write(axes, left - 0.1, y + 0.1, short(label, 28), size=8.5, side="right")
            length = (width - left - 1.3) * (amount if amount > 0 else 0.0) / longest
            if length > 0:
                box(axes, left, y, length, 0.2, _COLOUR)
            write(axes, left + length + 0.08, y + 0.1, words.of_data(beside), colour=FAINT)
        return figure

    return Picture(alt, draw)
