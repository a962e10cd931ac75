"""Text on paper: fonts that have the letters, lines that fit, nothing taken for mathematics."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from typing import Any
from unicodedata import category

from landrelease.cells import clean
from landrelease.errors import OptionError

__all__ = ["families_for", "fitted", "wrapped"]

_FIRST = "DejaVu Sans"
"""The font that comes with matplotlib: Latin, Greek, Cyrillic, Arabic, Lao and more."""


def families_for(texts: Iterable[str]) -> list[str]:
    """Return the fonts that have all letters of some texts, the first for what it has.

    Raises
    ------
    OptionError
        No font of this machine has a letter: it would be printed as an empty box.
    """
    from matplotlib import font_manager
    from matplotlib.ft2font import FT2Font

    def letters(path: str) -> set[int]:
        return set(FT2Font(path).get_charmap())

    text = "".join(texts)
    # what only steers the direction of a text is never printed
    missing = {ord(letter) for letter in text if not letter.isspace() and category(letter) != "Cf"}
    missing -= letters(font_manager.findfont(_FIRST))
    families = [_FIRST]
    for font in _others() if missing else ():
        found = missing & letters(font.fname)
        if found:
            missing -= found
            families.append(font.name)
        if not missing:
            break
    if missing:
        shown = ", ".join(f"U+{code:04X}" for code in sorted(missing)[:5])
        raise OptionError(
            f"{len(missing)} letters of the title, of units or of the language are in no font here, such as {shown}.\n"
            "  Fix: install a font of the script, such as Noto Sans Khmer, where fonts are for all or for you."
        )
    return families


def _others() -> list[Any]:
    """Return the plain fonts of this machine, Noto first: it is made to stand beside others."""
    from matplotlib import font_manager

    known = {font.fname for font in font_manager.fontManager.ttflist}
    for path in font_manager.findSystemFonts():
        if path not in known:  # installed since matplotlib made its list
            with contextlib.suppress(OSError, RuntimeError):
                font_manager.fontManager.addfont(path)
    plain = [
        font
        for font in font_manager.fontManager.ttflist
        # the last resort has every letter, as a box
        if font.style == "normal" and font.weight in (400, "normal", "regular") and "Last Resort" not in font.name
    ]
    return sorted(plain, key=lambda font: (not font.name.startswith("Noto"), font.name))


def _width(text: str, font: Any) -> float:
    """Return the width of a line in points."""
    from matplotlib.textpath import text_to_path

    return float(text_to_path.get_text_width_height_descent(text, font, ismath=False)[0])


def fitted(text: str, font: Any, width: float) -> str:
    """Return as much of a line as fits into a width, with an ellipsis where it is cut. [pt]"""
    line = " ".join(clean(text).split())
    if len(line) < 2_000 and _width(line, font) <= width:
        return line
    low, high = 0, min(len(line), 2_000)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if _width(line[:middle] + "…", font) <= width else (low, middle - 1)
    return line[:low] + "…"


def wrapped(text: str, font: Any, width: float) -> list[str]:
    """Return a text in lines that fit into a width. [pt]

    Khmer and Lao have no spaces between words: where a piece is wider than a line, it is cut between two syllables.
    """
    lines = [""]
    for word in clean(text).split():
        longer = f"{lines[-1]} {word}".strip()
        if _width(longer, font) <= width:
            lines[-1] = longer
            continue
        *full, rest = _cut(word, font, width)
        lines += [*full, rest] if lines[-1] else []
        lines = lines if lines[-1] else [*full, rest]
    return [fitted(line, font, width) for line in lines]


_SYLLABLE = re.compile("[\u0ec0-\u0ec4]*.(?:[\u17d2].|[\u17b6-\u17d1\u17d3\u17dd\u0eb0-\u0ebd\u0ec6-\u0ecd])*")
"""A letter of Khmer or Lao, the vowels before it, and what belongs to it."""


def _cut(word: str, font: Any, width: float) -> list[str]:
    """Return a word in pieces that fit into a width, where its script lets it be cut."""
    if not re.search("[\u0e80-\u0eff\u1780-\u17ff]", word):
        return [word]
    pieces = [""]
    for syllable in _SYLLABLE.findall(word):
        if _width(pieces[-1] + syllable, font) <= width:
            pieces[-1] += syllable
        else:
            pieces.append(syllable)
    return pieces
