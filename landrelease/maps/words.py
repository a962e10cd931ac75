"""Texts of pages in eight languages."""

from __future__ import annotations

import base64
import json
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Literal

from landrelease.errors import check_option

__all__ = ["LANGUAGES", "Language", "direction_of", "in_words", "packed_words", "words_of"]

Language = Literal["en", "ar", "es", "fr", "km", "lo", "pt", "uk"]
LANGUAGES = ("en", "ar", "es", "fr", "km", "lo", "pt", "uk")
_RIGHT_TO_LEFT = ("ar",)


@lru_cache(maxsize=1)
def _catalogue() -> dict[str, dict[str, str]]:
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


def words_of(language: Language) -> dict[str, str]:
    """Return the texts of a language by their English; those that it lacks are not there.

    Examples
    --------
    >>> words_of("fr")["Status"], words_of("en")
    ('État', {})
    >>> words_of("xx")
    Traceback (most recent call last):
    landrelease.errors.OptionError: language must be one of en, ar, es, fr, km, lo, pt, uk; got 'xx'...
    """
    check_option("language", language, LANGUAGES)
    return {english: said[language] for english, said in _catalogue().items() if language in said}


def in_words(text: str, language: Language, *, is_warning: bool = False) -> str:
    """Return a text in a language; a warning also in English, for nobody but its readers may have checked it.

    Examples
    --------
    >>> in_words("Status", "es"), in_words("no such text", "es")
    ('Estado', 'no such text')
    """
    said = words_of(language).get(text, text)
    return f"{said} ({text})" if is_warning and said != text else said


def direction_of(language: Language) -> str:
    """Return `rtl` for a language that is written from right to left, else `ltr`."""
    return "rtl" if language in _RIGHT_TO_LEFT else "ltr"


def packed_words(language: Language) -> str:
    """Return the texts as base64, the tag of the language under the empty text; nothing for English."""
    words = words_of(language)
    if not words:
        return ""
    return base64.b64encode(json.dumps({"": language, **words}).encode("ascii")).decode("ascii")
