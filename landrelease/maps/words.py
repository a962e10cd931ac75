"""Texts of pages in eight languages."""

from __future__ import annotations

import base64
import json
import re
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from landrelease.errors import check_option
from landrelease.said import Given, Said

__all__ = ["LANGUAGES", "Language", "direction_of", "heading_in", "in_words", "number_in", "packed_words", "parts_of",
           "pattern_of", "words_of"]  # fmt: skip

Language = Literal["en", "ar", "es", "fr", "km", "lo", "pt", "uk"]
LANGUAGES = ("en", "ar", "es", "fr", "km", "lo", "pt", "uk")
_RIGHT_TO_LEFT = ("ar",)
_SIGNS = {"en": (",", "."), "ar": (",", "."), "es": (".", ","), "fr": ("\u202f", ","), "km": (".", ","),
          "lo": (".", ","), "pt": (".", ","), "uk": ("\u00a0", ",")}  # fmt: skip
"""What stands between the thousands, and before the decimals, as in the CLDR."""
_NUMBER = r"\d+(?:,\d{3})*(?:\.\d+)?"
_TOKENS = re.compile(rf"[A-Za-z_]\w*|(\d{{4}}-\d\d-\d\d|-?{_NUMBER}(?:e[+-]\d+)?)")
"""Words, so that a number within one is not taken for one; and numbers."""


_OWN = Path(__file__).parent / "words.toml"


@lru_cache(maxsize=2)
def _catalogue(path: Path) -> dict[str, dict[str, str]]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


@lru_cache(maxsize=2 * len(LANGUAGES))
def _words(language: Language, path: Path = _OWN) -> dict[str, str]:
    return {english: said[language] for english, said in _catalogue(path).items() if language in said}


def words_of(language: Language, path: Path = _OWN) -> dict[str, str]:
    """Return the texts of a language by their English, from a catalogue; those that it lacks are not there.

    Examples
    --------
    >>> words_of("fr")["Status"], words_of("en")
    ('État', {})
    >>> words_of("xx")
    Traceback (most recent call last):
    landrelease.errors.OptionError: language must be one of en, ar, es, fr, km, lo, pt, uk; got 'xx'...
    """
    check_option("language", language, LANGUAGES)
    return dict(_words(language, path))


def in_words(text: str, language: Language, *, is_warning: bool = False) -> str:
    """Return a text of ours in a language; a warning also in English, for nobody but its readers may have checked it.

    A text with numbers is looked up with `{0}`, `{1}` in their place, one of `say` by its pattern.

    Examples
    --------
    >>> in_words("Status", "es"), in_words("no such text", "es")
    ('Estado', 'no such text')
    >>> in_words("Area not known: 1,200 of 3,000, not in the km².", "uk")
    'Площа невідома: 1\\xa0200 з 3\\xa0000; не входить у км².'
    """
    check_option("language", language, LANGUAGES)
    said = _in_words(text, language)
    if not is_warning or said == text:
        return said
    # kept from the direction of what stands around it, so that its full stop stays at its end
    return f"{said} (\u2066{text}\u2069)" if language in _RIGHT_TO_LEFT else f"{said} ({text})"


def _in_words(text: str, language: Language) -> str:
    words = _words(language)
    if isinstance(text, Said) and len(text.parts) > 1:
        values = [_value(one, language) for one in text.parts[1:]]
        return _filled(words.get(text.parts[0], text.parts[0]), values)
    if text in words:
        return words[text]
    pattern, numbers = pattern_of(text)
    return _filled(words[pattern], [number_in(one, language) for one in numbers]) if pattern in words else text


def pattern_of(text: str) -> tuple[str, list[str]]:
    """Return a text with `{0}`, `{1}` in the place of its numbers, and the numbers."""
    numbers = [one for one in _TOKENS.findall(text) if one]
    places = iter(range(len(numbers)))
    return _TOKENS.sub(lambda found: f"{{{next(places)}}}" if found[1] else found[0], text), numbers


def _filled(pattern: str, values: list[str]) -> str:
    return re.sub(r"\{(\d+)\}", lambda found: values[int(found[1])], pattern)


def _value(value: str, language: Language) -> str:
    """Return a value of a text: a text of ours in words, a number as the language writes it, another text as it is."""
    if isinstance(value, Said):
        return _in_words(value, language)
    if isinstance(value, Given):
        return f"\u2068{value}\u2069" if language in _RIGHT_TO_LEFT else value
    return number_in(value, language)


def number_in(said: str, language: Language) -> str:
    """Return a number as a language writes it, with the same digits; a day, or one with an exponent, as it is."""
    if not re.fullmatch(f"-?{_NUMBER}", said):
        return f"\u2068{said}\u2069" if language in _RIGHT_TO_LEFT else said
    thousands, decimal = _SIGNS[language]
    return re.sub("[,.]", lambda sign: thousands if sign[0] == "," else decimal, said)


def heading_in(text: str, language: Language) -> str:
    """Return a heading: one of ours in words, one of the caller's as it is."""
    return in_words(text, language) if isinstance(text, Said) else text


def direction_of(language: Language) -> str:
    """Return `rtl` for a language that is written from right to left, else `ltr`."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def parts_of(text: Said) -> list[Any]:
    """Return what a text is made of, for a page: its pattern, then its values, a text of ours as its own parts."""
    return [text.parts[0], *(parts_of(one) if isinstance(one, Said) else one for one in text.parts[1:])]


def packed_words(language: Language) -> str:
    """Return the texts as base64, the tag of the language under the empty text; nothing for English."""
    words = words_of(language)
    if not words:
        return ""
    return base64.b64encode(json.dumps({"": language, **words}, ensure_ascii=False).encode("utf-8")).decode("ascii")
