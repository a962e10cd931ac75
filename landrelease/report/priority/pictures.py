"""The pictures of a ranking and of a plan: how sure the places around the line are, and what each budget would buy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from landrelease.report.language import Words
from landrelease.report.pictures import FAINT, INK, Picture, box, canvas, short, ticks, write
from landrelease.said import say

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["LINES", "curve_picture", "say_drawn", "stability_picture"]

LINES: dict[str, tuple[str, str]] = {
    "in": ("surely in", "#0072B2"),
    "interchangeable": ("interchangeable", "#E69F00"),
    "out": ("surely out", "#8a949c"),
}
"""The sides of the funding line in words, each with its colour."""


def say_drawn(share: float) -> str:
    """Say a share of the draws with the decimal that its line hangs on.

    Examples
    --------
    >>> [say_drawn(share) for share in (1.0, 0.946, 0.99999, 0.0001, 0.0)]
    ['100 %', '94.6 %', 'over 99.9 %', 'under 0.1 %', '0 %']
    """
    if share in (0, 1):
        return say("{0} %", f"{100 * share:.0f}")
    if 0.0005 <= share < 0.9995:
        return say("{0} %", f"{100 * share:.1f}")
    return say("under {0} %", "0.1") if share < 0.5 else say("over {0} %", "99.9")


def stability_picture(areas: pd.DataFrame, top: int | None, alt: str) -> Picture:
    """Draw for each area between which ranks it lies in nine of ten draws, and in which share of them it is funded.

    `areas` has one row an area: area_id, rank, p05_rank, p95_rank, in_share and line.
    """
    ranks = areas[["p05_rank", "p95_rank"]].to_numpy(dtype="float64")
    low, high = float(ranks.min()), max(float(ranks.max()), float(ranks.min()) + 1)

    def draw(width: float, words: Words) -> Figure:
        is_narrow = width < 5
        left, right = (0.02, 0.02) if is_narrow else (1.5, 1.85)
        step, head = (0.42, 0.62) if is_narrow else (0.25, 0.5)
        span = width - left - right - 0.1
        figure, axes = canvas(width, head + step * len(areas) + 0.05)

        def at(rank: float) -> float:
            return left + 0.05 + (rank - low) / (high - low) * span

        write(axes, left, 0.1, words.drawn("Rank in nine of ten draws, ● as ranked"), size=8.5, weight="bold")
        if is_narrow:
            write(axes, left, 0.29, words.drawn("and the share of draws in which it is funded"), size=8.5)
        else:
            write(axes, width - right + 0.15, 0.1, words.drawn("Funded in"), size=8.5, weight="bold")
        for rank, side in ((low, "left"), (high, "right")):
            write(axes, at(rank), head - 0.12, words.numbers(f"{rank:,.0f}"), size=8, side=side, colour=FAINT)
        if top is not None and low <= top <= high:
            line = at(min(top + 0.5, high))
            for i in range(len(areas)):  # in the narrow form, not through the names
                y = head + step * i + (0.2 if is_narrow else 0)
                axes.plot([line, line], [y, head + step * (i + 1)], color=INK, linewidth=1, linestyle="--")
            is_free = line - at(low) > 0.45 and at(high) - line > 0.45
            if is_free:
                write(axes, line, head - 0.12, words.drawn("line {0}", top), size=8, side="center", colour=INK)
        for i, row in enumerate(areas.itertuples()):
            y = head + step * i
            word, colour = LINES[str(row.line)]
            said = words.drawn("{0}, {1}", say_drawn(float(str(row.in_share))), say(word))
            middle = y + (0.28 if is_narrow else 0.12)
            if is_narrow:
                write(axes, left, y + 0.1, short(str(row.area_id), 18), size=8.5)
                write(axes, width - 0.02, y + 0.1, said, size=8, side="right", colour=FAINT)
            else:
                write(axes, left - 0.08, middle, short(str(row.area_id), 18), size=8.5, side="right")
                write(axes, width - right + 0.15, middle, said, size=8.5)
            first, last = at(float(str(row.p05_rank))), at(float(str(row.p95_rank)))
            box(axes, first - 0.03, middle - 0.06, last - first + 0.06, 0.12, colour, edge="none")
            ranked = str(row.rank)
            if ranked != str(pd.NA):
                shown = min(max(float(ranked), low), high)
                axes.plot([at(shown)], [middle], "o", color=INK, markersize=4.5, markeredgecolor="white")
        return figure

    return Picture(alt, draw)


def curve_picture(curve: pd.DataFrame, budget_usd: float | None, alt: str) -> Picture:
    """Draw the benefit that each budget buys, with what plain greedy reaches, and mark the budget of the plan.

    `curve` is what `budget_sweep` returns, of at least one budget with a plan.
    """
    known = curve.dropna(subset=["benefit"])
    unit, factor = ("million USD", 1e6) if known["budget_usd"].max() >= 1e6 else ("USD", 1.0)
    money = (known["budget_usd"] / factor).to_numpy(dtype="float64")

    def draw(width: float, words: Words) -> Figure:
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator

        figure = Figure(figsize=(width, 2.9))
        axes = figure.add_axes((0.55 / width, 0.3, 1 - 0.75 / width, 0.57))
        axes.plot(money, known["benefit"], color="#0072B2", marker="o", markersize=4, linewidth=1.8,
                  label=words.drawn("the plan"))  # fmt: skip
        greedy = known["greedy_benefit"].to_numpy(dtype="float64")
        axes.plot(money, greedy, color="#8a949c", marker="x", markersize=5, linewidth=1.2, linestyle="--",
                  label=words.drawn("most benefit per dollar first"))  # fmt: skip
        if budget_usd is not None:
            axes.axvline(budget_usd / factor, color=INK, linewidth=1, linestyle=":", label=words.drawn("the budget"))
        axes.set_ylim(bottom=0)
        axes.set_xlim(left=0)
        axes.set_title(words.drawn(f"Benefit by budget of all years ({unit})"), fontsize=9, loc="left", color=INK)
        for one in (axes.xaxis, axes.yaxis):
            one.set_major_locator(MaxNLocator(nbins=4 if width < 5 else 6))
            one.set_major_formatter(ticks(words, "{x:,.4g}"))
        axes.tick_params(labelsize=8, colors=FAINT, length=0)
        axes.grid(axis="y", color="#e3e7ea", linewidth=0.7)
        axes.set_axisbelow(True)
        for edge in ("top", "right", "left"):
            axes.spines[edge].set_visible(False)
        columns = 2 if width < 5 else 3
        figure.legend(*axes.get_legend_handles_labels(), loc="lower left", ncols=columns, fontsize=8.5, frameon=False)
        return figure

    return Picture(alt, draw)
