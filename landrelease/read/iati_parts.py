"""Texts, sectors and relations of an IATI activity."""

from __future__ import annotations

import math
from typing import Any

from landrelease.read.iati_place import number
from landrelease.rules import finding

__all__ = ["code_or_text", "relations_of", "sectors_of", "words"]

Element = Any
Finding = list[str]

_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_FIVE_DIGITS = ("", "1", "DAC", "DAC-5")
_THREE_DIGITS = ("2", "DAC-3")
_RELATED = {"1": "part_of", "2": "has_part", "4": "same", "5": "same"}
"""RelatedActivityType: parent, child, co-funded, third party (another report of the same activity)."""
_OTHER_IDENTIFIER = ("A3", "A9", "")
"""OtherIdentifierType: an earlier identifier of the activity, another one; before 2.01 there was no type."""
_ROUNDING = 0.1
"""Percentages of thirds and sevenths that are written with two digits sum to 100 within this. [%]"""


def words(elements: list[Element | None]) -> str | None:
    """Return the text of the first element, or of the one in English; white space is made one blank."""
    texts: list[tuple[str, str]] = []
    for element in elements:
        if element is not None:
            for one in element.findall("narrative") or [element]:
                language = (one.get(_LANGUAGE) or element.get(_LANGUAGE) or "").casefold()
                texts.append((language[:2], " ".join((one.text or "").split())))
    filled = [(language, text) for language, text in texts if text]
    english = [text for language, text in filled if language == "en"]
    return english[0] if english else filled[0][1] if filled else None


def code_or_text(element: Element | None) -> str | None:
    """Return the code of an element; before 2.01 it could stand as text."""
    if element is None:
        return None
    return (element.get("code") or "").strip() or words([element])


def sectors_of(activity: Element, notes: list[Finding]) -> dict[str, str | None]:
    """Return the DAC sector with the largest percentage, and all of its vocabulary with theirs."""
    said = activity.findall("sector") or activity.findall("transaction/sector")
    is_of_transactions = not activity.findall("sector")
    for vocabularies in (_FIVE_DIGITS, _THREE_DIGITS):
        shares: dict[str, float] = {}
        for one in said:
            vocabulary = (one.get("vocabulary") or one.get("vocab") or "").strip().upper()
            code = code_or_text(one) or ""
            if vocabulary not in vocabularies or not code.isdecimal():
                continue
            share = math.nan if is_of_transactions else _percentage(one, notes)
            known_shares = [part for part in (shares.get(code, math.nan), share) if not math.isnan(part)]
            shares[code] = math.fsum(known_shares) if known_shares else math.nan
        if shares:
            return {"sector_code": _largest(shares, notes), "sectors": _listed(shares, notes)}
    return {}


def _percentage(sector: Element, notes: list[Finding]) -> float:
    text = (sector.get("percentage") or "").strip()
    share = number(text)
    if text and share is None:
        notes.append(finding("R13", "sector_code", text, "the percentage of the sector is no number: not used"))
    return math.nan if share is None else share


def _largest(shares: dict[str, float], notes: list[Finding]) -> str | None:
    if len(shares) == 1:
        return next(iter(shares))
    known = {code: share for code, share in shares.items() if not math.isnan(share)}
    if known:
        return max(known, key=lambda code: known[code])
    message = "several DAC sectors and no percentage: the largest is not known"
    notes.append(finding("R14", "sector_code", ", ".join(shares), message))
    return None


def _listed(shares: dict[str, float], notes: list[Finding]) -> str:
    text = "; ".join(code if math.isnan(share) else f"{code}:{share:.10g}" for code, share in shares.items())
    total = math.fsum(shares.values())
    if abs(total - 100) > _ROUNDING:
        notes.append(finding("R14", "sectors", text, f"the percentages of the sectors sum to {total:.10g}, not 100"))
    return text


def relations_of(activity: Element, own_id: str) -> dict[str, str | None]:
    """Return who publishes the activity, and the other activities that it names."""
    related, others = activity.findall("related-activity"), activity.findall("other-identifier")
    named = [(_RELATED.get((one.get("type") or "").strip(), ""), one.get("ref") or words([one])) for one in related]
    is_own = [(one.get("type") or "").strip().upper() in _OTHER_IDENTIFIER for one in others]
    named += [("same", one.get("ref") or words([one])) for one, own in zip(others, is_own, strict=True) if own]
    for relation, role in (("funded_by", "provider"), ("funds", "receiver")):
        named += [(relation, one.get(f"{role}-activity-id")) for one in activity.findall(f"transaction/{role}-org")]
    kept = [(relation, " ".join((other or "").split())) for relation, other in named if relation]
    texts = [f"{relation}:{other}" for relation, other in kept if other and other.casefold() != own_id.casefold()]
    publisher = activity.find("reporting-org")
    reference = None if publisher is None else (publisher.get("ref") or "").strip()
    return {"publisher": reference or words([publisher]), "related_ids": "; ".join(dict.fromkeys(texts)) or None}
