"""Texts of ours that hold values: in English a text like any other, and for other languages what it is made of."""

from __future__ import annotations

import re

__all__ = ["Given", "Said", "as_ours", "say"]


class Said(str):
    """A text of ours, of which `parts` says what it is made of: its pattern, then the values in it."""

    parts: tuple[str, ...]


class Given(str):
    """A text of the data, such as an id, which stays as it is also where it looks like a number: `3.014`."""


def say(pattern: str, *values: str | int) -> Said:
    """Return a text of ours: a pattern in English with its values filled in.

    Parameters
    ----------
    pattern : str
        The text, `{0}`, `{1}` standing for the values.
    values : str or int
        Numbers; numbers as text, as English writes them; texts of ours; any other text is one of the data, which no
        language changes. An id may look like a number: `Given` says that it is none.

    Examples
    --------
    >>> said = say("{0} of {1}: {2}", 1200, "0.50", say("not known"))
    >>> said, said.parts
    ('1,200 of 0.50: not known', ('{0} of {1}: {2}', '1,200', '0.50', 'not known'))
    >>> say("All"), say("All").parts
    ('All', ('All',))
    """
    texts = [f"{value:,}" if isinstance(value, int) else value for value in values]
    said = Said(re.sub(r"\{(\d+)\}", lambda found: texts[int(found[1])], pattern))
    said.parts = (pattern, *texts)
    return said


def as_ours(text: str) -> Said:
    """Return a text that stands in a file or a table, such as the label of a criterion, as one of ours.

    Examples
    --------
    >>> as_ours("size {0}").parts
    ('size {0}',)
    """
    said = Said(text)
    said.parts = (text,)
    return said
