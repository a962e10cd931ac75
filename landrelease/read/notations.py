"""One coordinate as it is written -> a place in the system it was written in, or why it can not be read."""

from __future__ import annotations

import math
import re
import unicodedata
import warnings
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from pyproj import CRS

__all__ = ["NOTATIONS", "ZONE", "Options", "Place", "RefusedError", "read_text", "verbatim"]

NOTATIONS = ("auto", "decimal", "dms", "utm", "mgrs", "grid")
"""How a coordinate may be written; `auto` tells all but `grid` apart."""

_LONGEST = 200

_MARKS = str.maketrans(
    dict.fromkeys("º˚ᵒ⁰∘", "°")
    | dict.fromkeys("′’‘´`ʹʼˊ", "'")
    | dict.fromkeys("″”“ʺ˝〃„", '"')
    | dict.fromkeys("−–—‐‑", "-")
    | dict.fromkeys("،؛/|\n", ";")
    | dict.fromkeys("\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u2066\u2067\u2068\u2069")
    | {"٫": "."}
)
"""Marks that mean the same; an Arabic comma parts, an Arabic decimal mark does not; what shows nothing goes."""

_WORDS = {
    word: sign
    for sign, words in {
        "N": "n north nord norte с сш пн пнш شمال شمالا شمالاً ជើង ខាងជើង",
        "S": "s south sud süd sur sul ю юш пд пдш جنوب جنوبا جنوباً ត្បូង ខាងត្បូង",
        "E": "e east est este leste ost в вд сх схд شرق شرقا شرقاً កើត ខាងកើត",
        "W": "w west ouest oeste з зд зх зхд غرب غربا غرباً លិច ខាងលិច",
        "°": "deg degree degrees degré degrés grado grados grau graus",
        "'": "min minute minutes minuto minutos",
        '"': "sec second seconds seconde secondes segundo segundos",
        "φ": "lat latitude latitud",
        "λ": "lon long lng longitude longitud",
    }.items()
    for word in words.split()
}
_WORD = re.compile(r"[^\d\s.,;:°'\"+\-]+(?:\.[^\d\s.,;:°'\"+\-]+)*(?:\.(?!\d))?")
_NUMBER = r"\d+(?:\.\d+)?"
_ORDINATE = re.compile(
    rf"""\s*(?P<label>[φλ])?\s*:?\s*(?P<before>[NSEW])?\s*:?\s*(?P<sign>[+-])?
    (?P<degrees>{_NUMBER})(?P<degree_mark>\s*°)?
    (?:(?:(?<=°)\s*|\s*:\s*|-|\s+)(?P<minutes>{_NUMBER})(?P<minute_mark>\s*')?
       (?:(?:(?<=')\s*|\s*:\s*|-|\s+)(?P<seconds>{_NUMBER})(?P<second_mark>\s*")?)?
    )?\s*(?P<after>[NSEW])?\s*""",
    re.VERBOSE,
)
_AXIS = {"N": "latitude", "S": "latitude", "φ": "latitude", "E": "longitude", "W": "longitude", "λ": "longitude"}
_DEGREE = re.compile(rf"[+-]?{_NUMBER}\s*°")
_GROUPED = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{3})+,\d+(?![\d.])|(?<![\d.])\d{1,3}(?:,\d{3})+\.\d+|^[+-]?\d+,\d+$")
_RUN_TOGETHER = re.compile(r"\d{6}(?:\.\d+)?\s*[NS][\s;]*\d{7}(?:\.\d+)?\s*[EW]", re.IGNORECASE)

_METRE = (
    r"(?:(?P<before_{0}>E(?:ASTING)?|N(?:ORTHING)?)\s*[:=]?\s*)?(?P<number_{0}>[+-]?\d+(?:\.\d+)?)"
    r"\s*M?(?(before_{0})|\s*(?P<after_{0}>[EN])?)"
)
_METRES = _METRE.format(1) + r"[\s;]+" + _METRE.format(2)
ZONE = r"(?P<zone>0?[1-9]|[1-5]\d|60)\s*(?P<letter>NORTH|SOUTH|[A-Z])"
_UTM = (re.compile(rf"{ZONE}[\s;]*{_METRES}"), re.compile(rf"{_METRES}[\s;]+{ZONE}"))
_GROUPED_METRES = re.compile(r"(?<![\d.,])\d{1,3}[.,]\d{3}(?![\d])")
_MGRS_LIKE = re.compile(r"\d{1,2}[A-Z]{3}[\dOIL]*|[A-Z]{2}\d[\dOIL]+")
_MGRS = re.compile(r"(0?[1-9]|[1-5]\d|60)([C-HJ-NP-X])([A-HJ-NP-Z][A-HJ-NP-V])([\d ]*)")
_BANDS = "CDEFGHJKLMNPQRSTUVWX"


class RefusedError(Exception):
    """One text can not be read; the message says why."""


class Place(NamedTuple):
    """A place in the system it was written in, with half of the last place of each number."""

    notation: str
    x: float
    y: float
    half_x: float
    half_y: float
    zone: str = ""
    south: float = -90.0
    north: float = 90.0


@dataclass(frozen=True)
class Options:
    """What the caller declared; `crs` is None where it is WGS 84."""

    notation: str
    crs: CRS | None
    zone: str | None
    utm_letter: str | None


def verbatim(value: object) -> str | None:
    """Return a cell as text, unchanged; a whole number in a column of fractions has lost its zeros, not kept one."""
    if isinstance(value, str):
        return value if value.strip() else None
    if isinstance(value, float | np.floating):
        number = float(value)
        return None if math.isnan(number) else np.format_float_positional(number, trim="-")
    return None if value is None or value is pd.NA or value is pd.NaT else str(value)


def read_text(cells: tuple[str | None, ...], options: Options) -> Place:
    """Return the place that a text gives, or latitude and longitude in two; raise RefusedError with the reason."""
    plain = [_plain(cell) for cell in cells if cell is not None]
    if not plain:
        raise RefusedError("nothing is written")
    if len(plain) < len(cells):
        raise RefusedError("only one of latitude and longitude is written")
    if len(plain) == 2:
        return _degrees([_degree_text(one) for one in plain], options, in_columns=True)
    text, notation = plain[0], options.notation
    if notation == "auto":
        notation = _shape(text)
    if notation == "mgrs":
        return _mgrs(text.upper(), options)
    if notation == "utm":
        return _utm(text.upper(), options)
    if notation == "grid":
        return _grid(text.upper())
    return _degrees(_pieces(_degree_text(text, is_pair=True)), options)


def _plain(text: str) -> str:
    """Return a text with ASCII digits, one mark for each meaning, and single spaces."""
    if len(text) > _LONGEST:
        raise RefusedError("is too long for a coordinate")
    narrow = "".join(chr(ord(one) - 0xFEE0) if "！" <= one <= "～" else one for one in text)
    one_way = "".join(str(unicodedata.decimal(one, one)) for one in narrow.translate(_MARKS))
    return " ".join(one_way.replace("''", '"').split()).lstrip("([ ").rstrip(" .,;)]")


def _shape(text: str) -> str:
    """Tell how a text is written; degrees are told from each other as they are read."""
    if _MGRS_LIKE.fullmatch(re.sub("[ ,;]", "", text).upper()):
        return "mgrs"
    return "utm" if re.search(r"(?<![\d.,])\d{6}", text) else "auto"


def _with_signs(text: str) -> str:
    """Replace words for directions, units and labels by one sign each."""

    def sign(word: re.Match[str]) -> str:
        key = word.group().replace(".", "").replace("=", "").casefold()
        if key == "o":
            raise RefusedError("'O' is east (Ost) or west (Ouest, Oeste): write E or W")
        if key and key not in _WORDS:
            raise RefusedError(f"{word.group()!r} is not understood")
        return f" {_WORDS.get(key, '')} "

    return " ".join(_WORD.sub(sign, text).split())


def _degree_text(text: str, *, is_pair: bool = False) -> str:
    """Return a text of signs and numbers with decimal points, whose parts are separated by semicolons."""
    text = _with_signs(text)
    if _GROUPED.search(text) and (is_pair or "." in text):
        raise RefusedError("its comma can part two numbers or mark decimals: write decimal points")
    text = re.sub(r",(?!\d)|(?<!\d),", ";", text)
    return text.replace(",", ";" if "." in text else ".")


def _pieces(text: str) -> list[str]:
    """Split one text into its two ordinates: at the separator, else the letters, else the degree marks."""
    if ";" in text:
        return re.split(r"[\s;]*;[\s;]*", text)
    for letters in ("[φλ]", "[NSEW]"):
        at = [one.start() for one in re.finditer(letters, text)]
        if len(at) == 2:
            cut = at[1] if at[0] == 0 else at[0] + 1
            return [text[:cut], text[cut:]]
    degrees = list(_DEGREE.finditer(text))
    return [text[: degrees[1].start()], text[degrees[1].start() :]] if len(degrees) == 2 else text.split()


def _degrees(pieces: list[str], options: Options, *, in_columns: bool = False) -> Place:
    if len(pieces) != 2 or not all(re.search(r"\d", one) for one in pieces):
        raise RefusedError("is no pair of latitude and longitude that is understood")
    read = [_ordinate(one, options) for one in pieces]
    axes = [axis for axis, *_ in read]
    if None in axes and axes != [None, None]:
        raise RefusedError("only one of its two numbers has a letter or label")
    if axes[0] is not None and axes[0] == axes[1]:
        raise RefusedError(f"gives the {axes[0]} twice")
    if in_columns and axes[0] == "longitude":
        raise RefusedError("its letters contradict the columns")
    if axes[0] == "longitude":
        read.reverse()
    (_, y, half_y, parts_y), (_, x, half_x, parts_x) = read
    notation = "decimal" if parts_x == parts_y == 1 else "dms"
    if options.notation not in ("auto", notation):
        raise RefusedError(f"is written as {notation}, not as {options.notation}")
    if abs(y) > 90 or abs(x) > 180:
        swapped = " (swapped?)" if abs(x) <= 90 and abs(y) <= 180 else ""
        raise RefusedError(f"latitude {y:g}, longitude {x:g} is not on the Earth{swapped}")
    if x == y == 0:
        raise RefusedError("0, 0 stands for a missing coordinate")
    return Place(notation, x, y, half_x, half_y)


def _ordinate(text: str, options: Options) -> tuple[str | None, float, float, int]:
    """Return the axis that a letter or label names, the degrees, half of their last place, and how many parts."""
    match = _ORDINATE.fullmatch(text)
    if match is None:
        raise RefusedError(f"{text.strip()!r} is no latitude or longitude")
    found = match.groupdict()
    letters = [found[name] for name in ("before", "after") if found[name]]
    axes = {_AXIS[one] for one in (*letters, found["label"]) if one}
    if len(letters) > 1 or len(axes) > 1:
        raise RefusedError(f"{text.strip()!r} has two directions")
    sign, letter = found["sign"], letters[0] if letters else ""
    if letter and (sign == "-" or (sign == "+" and letter in "SW")):
        raise RefusedError(f"{text.strip()!r} has a sign beside its letter: one of them is too many")
    parts = [found[name] for name in ("degrees", "minutes", "seconds") if found[name]]
    marked = letter or ":" in text or any(found[f"{name}_mark"] for name in ("degree", "minute", "second"))
    if len(parts) > 1 and not marked and options.notation != "dms":
        raise RefusedError("has several numbers without marks: declare notation='dms' if they are minutes and seconds")
    if any("." in one for one in parts[:-1]):
        raise RefusedError(f"{text.strip()!r} has decimals before its last part")
    for name, one in zip(("minutes", "seconds"), parts[1:], strict=False):
        if float(one) >= 60:
            raise RefusedError(f"{one} {name}: there are less than 60")
    degrees = sum(float(one) / 60**power for power, one in enumerate(parts))
    half = _half_place(parts[-1]) / 60 ** (len(parts) - 1)
    negative = sign == "-" or letter in tuple("SW")
    return axes.pop() if axes else None, -degrees if negative else degrees, half, len(parts)


def _half_place(number: str) -> float:
    return 0.5 * 10.0 ** -len(number.partition(".")[2])


def _metres(match: re.Match[str]) -> tuple[str, str]:
    """Return easting and northing, by their letters where they have them."""
    numbers = [match["number_1"], match["number_2"]]
    letters = [(match[f"before_{i}"] or match[f"after_{i}"] or "")[:1] for i in (1, 2)]
    if letters == ["N", "E"]:
        numbers.reverse()
    elif letters not in (["", ""], ["E", "N"]):
        raise RefusedError("its letters do not tell one easting and one northing")
    return numbers[0], numbers[1]


def _metre_point(text: str) -> str:
    """Return a text in metres with decimal points; digits in groups of three are refused."""
    if _GROUPED_METRES.search(text):
        raise RefusedError("has digits in groups of three, which can be decimals: write them without groups")
    text = re.sub(r",(?!\d)|(?<!\d),|(?<=\d{6}),(?=\d{6})", ";", text)
    return text.replace(",", ";" if "." in text else ".")


def _utm(text: str, options: Options) -> Place:
    text = " ".join(re.sub(r"\b(?:UTM|ZONE|WGS ?84)\b", " ", _metre_point(text)).split())
    match = next((one for one in (pattern.fullmatch(text) for pattern in _UTM) if one), None)
    if match is None and _RUN_TOGETHER.fullmatch(text):
        raise RefusedError("its digits can be metres, or degrees, minutes and seconds run together")
    if match is None and options.zone:
        match = _UTM[0].fullmatch(f"{options.zone} {text}")
    if match is None:
        if re.fullmatch(_METRES, text):
            raise RefusedError("gives metres without a zone: declare zone='48P', or notation='grid' and crs=")
        raise RefusedError("is no UTM coordinate: write zone and band, easting, northing, such as 48P 451000 1230000")
    zone, letter = match["zone"], match["letter"]
    southern, south, north = _hemisphere(zone, letter, options.utm_letter)
    easting, northing = _metres(match)
    if not 100_000 <= float(easting) <= 900_000:
        raise RefusedError(f"easting {easting} is not within 100000 to 900000 m")
    if not 0 <= float(northing) <= 10_000_000:
        raise RefusedError(f"northing {northing} is not within 0 to 10000000 m")
    key = f"{int(zone)}{'S' if southern else 'N'}"
    halves = _half_place(easting), _half_place(northing)
    return Place("utm", float(easting), float(northing), *halves, key, south, north)


def _hemisphere(zone: str, letter: str, meaning: str | None) -> tuple[bool, float, float]:
    """Return whether a zone letter says the south, and between which latitudes the place must lie."""
    if letter == "S" and meaning is None:
        raise RefusedError(
            f"{zone}S is the south or band S (32 to 40 degrees north): declare utm_letter='hemisphere' or 'band'"
        )
    if letter in ("NORTH", "SOUTH") or (letter in "NS" and meaning != "band"):
        return (True, -80.0, 0.0) if letter[0] == "S" else (False, 0.0, 84.0)
    if letter not in _BANDS:
        raise RefusedError(f"{zone}{letter}: {letter!r} is no UTM band")
    south = -80.0 + 8.0 * _BANDS.index(letter)
    return letter < "N", south, 84.0 if letter == "X" else south + 8.0


def _grid(text: str) -> Place:
    match = re.fullmatch(_METRES, _metre_point(text))
    if match is None:
        raise RefusedError("is no easting and northing")
    easting, northing = _metres(match)
    return Place("grid", float(easting), float(northing), _half_place(easting), _half_place(northing))


def _mgrs(text: str, options: Options) -> Place:
    if options.crs is not None:
        raise RefusedError("is MGRS, which is read on WGS 84 alone")
    text = re.sub(r"[;,]", " ", text)
    if re.match(r"[A-Z]{2}\s*\d", text) and options.zone:
        text = f"{options.zone}{text}"
    if re.match(r"[A-Z]{2}\s*\d", text):
        raise RefusedError("is MGRS without its zone: declare zone='48P' or such")
    square = re.match(r"(\d{1,2})\s*([A-Z])\s*([A-Z])\s*([A-Z])\s*(.*)", text)
    if square is not None and re.search(r"[OIL]", square[5]):
        raise RefusedError("has a letter O, I or L among its digits: is it 0 or 1?")
    match = _MGRS.fullmatch(f"{square[1]}{square[2]}{square[3]}{square[4]}{square[5]}") if square else None
    if match is None:
        raise RefusedError("is no MGRS reference: write zone, band, square and digits, such as 48P VT 510 300")
    zone, band, letters, digits = match.groups()
    groups = digits.split()
    together = "".join(groups)
    size, odd = divmod(len(together), 2)
    if odd or (len(groups) == 2 and len(groups[0]) != len(groups[1])):
        raise RefusedError("has unequal digits for easting and northing")
    if not 1 <= size <= 5 or len(groups) > 2:
        raise RefusedError("needs 1 to 5 digits each for easting and northing")
    return _square(f"{int(zone):02d}", band, letters, together[:size], together[size:])


def _square(zone: str, band: str, letters: str, east: str, north: str) -> Place:
    """Return the centre of an MGRS square: releases of the library differ in whether they return its corner."""
    from mgrs import MGRS
    from mgrs.core import MGRSError

    size = len(east)
    middle = "50000"[: 5 - size]
    reference = f"{zone}{band}{letters}{east}{middle}{north}{middle}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", RuntimeWarning)
            _, half, easting, northing = MGRS().MGRSToUTM(reference)
    except (MGRSError, RuntimeWarning):
        raise RefusedError(f"square {letters} is not in {int(zone)}{band}") from None
    side = 10.0 ** (5 - size)
    inside = 0.5 if size == 5 else 0.0
    x, y = math.floor(easting + 1e-6) + inside, math.floor(northing + 1e-6) + inside
    _, low, high = _hemisphere(zone, band, "band")
    reach = side / 110_000.0  # a square may lie across the edge of its band
    across = side / math.sqrt(2.0)  # so that the accuracy is the side of the square
    return Place("mgrs", x, y, across, across, f"{int(zone)}{half}", low - reach, high + reach)
