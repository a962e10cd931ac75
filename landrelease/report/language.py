"""The language of a document: its texts are said in English, and put into another language where it is written."""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

from landrelease.errors import DataWarning
from landrelease.maps.words import Language, direction_of, number_in, pattern_of, words_of
from landrelease.report.words import SAY
from landrelease.said import Given, Said, say

__all__ = ["CATALOGUE", "ENGLISH", "Language", "Words"]

CATALOGUE = Path(__file__).parent / "words.toml"
"""The texts of reports by their English; those of maps stand beside the maps."""
_SLOT = re.compile(r"\{\d+\}")
_NUMERIC = re.compile(r"[<>]?-?\d[\d,]*(?:\.\d+)?")
_LEAST = 6
"""Letters of its own that a pattern has by which a text is known again."""


class Spoken(str):
    """A text that is in the language of its document."""


class Words:
    """Puts the texts of a document into a language, and notes which of them the catalogue lacks.

    A text of `say` is looked up by its pattern. One that came out of a table or a warning is plain text, and its
    pattern is found again in the catalogue. What is not found stays English, whole.

    Examples
    --------
    >>> french = Words("fr")
    >>> french("Not known"), french(say("{0} km²", "1,200.5")), french("{0} to {1}", "2", "3.5")
    ('Non connu', '1\\u202f200,5\\xa0km²', '2 à 3,5')
    >>> french("Nobody says this."), list(french.lacking)
    ('Nobody says this.', ['Nobody says this.'])
    >>> ENGLISH("Nobody says this."), list(ENGLISH.lacking)
    ('Nobody says this.', [])
    """

    def __init__(self, language: Language = "en") -> None:
        self.language: Language = language
        self.direction = direction_of(language)
        self._words = words_of(language) | words_of(language, CATALOGUE)
        self._slotted = _by_length(self._words)
        self.lacking: dict[str, None] = {}

    def __call__(self, text: str, *values: str | int) -> str:
        """Return a text of ours, or a pattern with its values."""
        if isinstance(text, Spoken):
            return text
        said = say(text, *values) if values else text
        return str(said) if self.language == "en" else Spoken(self._told(said))

    def of_data(self, value: str) -> str:
        """Return a text that may be of the data: only what `say` marks as ours is put into words."""
        return self(value) if isinstance(value, Said) else value

    def cell(self, value: Any, kind: str) -> str:
        """Return a cell: words and phrases are ours, of other texts what `say` marks; a day stays as it is."""
        said = value if isinstance(value, str) else SAY[kind](value)
        is_number = kind not in ("text", "code", "note", "date", "year", "word", "phrase")
        if kind in ("word", "phrase") or (is_number and isinstance(value, str)):
            return self(said)
        return self.numbers(said) if is_number and not isinstance(said, Said) else self.of_data(said)

    def warned(self, text: str) -> str:
        """Return a warning, also in English: nobody but its readers may have checked it."""
        said = self(text)
        if said == text:
            return said
        # kept from the direction of what stands around it, so that its full stop stays at its end
        return f"{said} (\u2066{text}\u2069)" if self.direction == "rtl" else f"{said} ({text})"

    def drawn(self, text: str, *values: str | int) -> str:
        """Return a text for a picture or a title of a map, where nothing else says that it runs from right to left."""
        said = self(text, *values)
        return f"\u2067{said}\u2069" if self.direction == "rtl" else said

    def numbers(self, text: str) -> str:
        """Return a number, or a few, as the language writes them."""
        if self.language == "en":
            return text
        return re.sub(r"[\d][\d,]*(?:\.\d+)?", lambda found: number_in(found[0], self.language), text)

    @property
    def gap(self) -> str:
        """Say how many texts are in English for want of words; blank where none is."""
        if not self.lacking:
            return ""
        first = next(iter(self.lacking))
        shown = first if len(first) <= 80 else f"{first[:79]}…"
        said = "Texts that the catalogue lacks, left as they were written: {0}, such as “{1}”."
        return self(said, len(self.lacking), shown)

    def warn_of_gap(self, name: str) -> None:
        """Warn that a document has texts that the catalogue lacks."""
        if self.lacking:
            warnings.warn(
                f"{name}: texts that are not in the catalogue of '{self.language}' stand as they were written: "
                f"{len(self.lacking):,}, the first {next(iter(self.lacking))[:80]!r}.",
                DataWarning,
                stacklevel=4,
            )

    def _told(self, text: str) -> str:
        marked = text.parts if isinstance(text, Said) else ()
        is_pattern = len(marked) > 1
        parts = marked if is_pattern else self._known_again(text)
        pattern = self._words.get(parts[0])
        if pattern is None:
            if any(sign.isalpha() for sign in text):
                self.lacking[str(text)] = None
            return str(text)
        values = [self._value(one, is_ours=not is_pattern) for one in parts[1:]]
        return _SLOT.sub(lambda found: values[int(found[0][1:-1])], pattern)

    def _value(self, value: str, *, is_ours: bool) -> str:
        """Return a value: a text of ours in words, a number as the language writes it, one of the data as it is."""
        if _NUMERIC.fullmatch(value) and not isinstance(value, Given):
            return self.numbers(value)
        if isinstance(value, Said):
            return self._told(value)
        if isinstance(value, Spoken):
            return value
        # in a text that is known again, sentences of ours are not marked; words alone may be names
        if is_ours and " " in value and self._known_again(value)[0] in self._words:
            return self._told(value)
        # a name of the data does not turn the text around it
        return f"\u2068{value}\u2069" if self.direction == "rtl" else value

    def _known_again(self, text: str) -> tuple[str, ...]:
        """Return the pattern and the values of a plain text; the text alone where no pattern fits."""
        if text in self._words:
            return (text,)
        pattern, numbers = pattern_of(text)
        if pattern in self._words:
            return (pattern, *numbers)
        for slotted, pieces in self._slotted:
            values = _values_between(pieces, text)
            if values is not None:
                order = [int(one[1:-1]) for one in _SLOT.findall(slotted)]
                by_slot = dict(zip(order, values, strict=True))
                return (slotted, *(by_slot.get(i, "") for i in range(max(by_slot) + 1)))
        return (text,)


def _by_length(words: dict[str, str]) -> list[tuple[str, list[str]]]:
    """Return the patterns with their own pieces, those that say most first."""
    split = [(pattern, _SLOT.split(pattern)) for pattern in words if _SLOT.search(pattern)]
    able = [one for one in split if sum(map(str.isalpha, "".join(one[1]))) >= _LEAST]  # "{0}: {1} to {2}" fits anything
    return sorted(able, key=lambda one: -sum(map(len, one[1])))


def _values_between(pieces: list[str], text: str) -> list[str] | None:
    """Return what stands between the pieces of a pattern, in one pass; None where it is another text."""
    first, *middle, last = pieces
    if not (text.startswith(first) and text.endswith(last)):
        return None
    values, at, end = [], len(first), len(text) - len(last)
    for piece in middle:
        found = text.find(piece, at + 1, end)
        if found < 0:
            return None
        values.append(text[at:found])
        at = found + len(piece)
    return [*values, text[at:end]] if at < end else None


ENGLISH = Words()
