"""What can go wrong, and how it is said: what, where, how many, and how to fix it (rule 11)."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = [
    "CRSError",
    "DataError",
    "DataWarning",
    "LandReleaseError",
    "OptionError",
    "ProgrammeError",
    "RegistryError",
    "check_option",
    "nearest",
]


class LandReleaseError(Exception):
    """Base of every error that landrelease raises on purpose."""


class DataError(LandReleaseError, ValueError):
    """The records break rules, or a file can not be read as what it is said to be."""


class CRSError(LandReleaseError, ValueError):
    """A coordinate reference system is missing, differs, or can not be transformed well enough."""


class OptionError(LandReleaseError, ValueError):
    """An argument is not one of those that a function takes."""


class ProgrammeError(LandReleaseError, ValueError):
    """A programme, profile or scheme file says something that it can not mean."""


class RegistryError(LandReleaseError):
    """A registry can not be opened, written, or trusted."""


class DataWarning(UserWarning):
    """The result is right as far as it goes, but the data leave something open."""


def nearest(word: str, known: Iterable[str]) -> str:
    """Say the known word that is nearest to a wrong one, as the end of a message.

    Examples
    --------
    >>> nearest("as_off", ["as_of", "name"])
    "; did you mean 'as_of'?"
    >>> nearest("zebra", ["as_of", "name"])
    ''
    """
    close = get_close_matches(word, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def check_option(name: str, value: str, allowed: Iterable[str]) -> str:
    """Return `value` if it is allowed, else raise OptionError that lists what is.

    Examples
    --------
    >>> check_option("missing", "raise", ("raise", "worst"))
    'raise'
    >>> check_option("missing", "rise", ("raise", "worst"))
    Traceback (most recent call last):
    landrelease.errors.OptionError: missing must be one of raise, worst; got 'rise'; did you mean 'raise'?
    """
    allowed = list(allowed)
    if value not in allowed:
        raise OptionError(f"{name} must be one of {', '.join(allowed)}; got {value!r}{nearest(str(value), allowed)}")
    return value
