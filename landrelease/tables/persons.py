"""Which columns can hold people: those never leave for a page."""

from __future__ import annotations

import re

__all__ = ["is_person_column"]

_PERSON = re.compile(
    r"killed|injur|victim|casualt|survivor|fatalit|wounded|amput|disabilit|medical|women|(^|_)men(_|$)|girls|boys|male|"
    r"person(?!nel)|people_name|owner|contact|phone|mobile|whatsapp|(^|_)tel(_|$)|telefono|e[-_ ]?mail|address|birth|"
    r"gender|^sex|^age$|_age$|(^|_)dob(_|$)|national_?id|passport|cedula|recipient|signator|beneficiar|household|respondent|"
    r"farmer|villager|reporter|propri[eé]ta|propietari|due[nñ]o|pr[eé]nom|apellido|sobrenome|surname|"
    r"informant|interview|surveyor|deminer|team_?leader|gps_?operator|user_?name|full_?name|father|mother|nombre|^nom$|"
    r"(reported|recorded|created|edited|entered|last_edited)_?(by|user)|photo|ethnic|religio|tribe|occupation|"
    r"^notes?$|remarks?|comments?|description|narrative",
    re.IGNORECASE,
)


def is_person_column(name: str) -> bool:
    """Tell whether a column could hold people, counts of victims or free text: those never leave for a page.

    Examples
    --------
    >>> [is_person_column(name) for name in ("killed_count", "e-mail", "operator", "population_count")]
    [True, True, False, False]
    """
    return _PERSON.search(name) is not None
