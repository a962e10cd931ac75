"""The pages of a ranking: the order, where the money ends, what it buys, and one page an area for those beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd

from landrelease.priority import Plan, Ranking, Stability
from landrelease.priority.explain.story import area_story
from landrelease.report.frames import Column, Table, tabulate
from landrelease.report.language import Language, Words
from landrelease.report.page import page_path, template, write_page
from landrelease.report.priority.pictures import LINES
from landrelease.report.priority.sections import line_section, plan_section, plan_words
from landrelease.report.sections import input_table, parameter_table
from landrelease.report.words import as_day, say_day
from landrelease.said import say

__all__ = ["write_priority_page"]

_MOST_PAGES = 100


def write_priority_page(
    path: str | Path,
    ranking: Ranking,
    *,
    name: str,
    as_of: str | date,
    stability: Stability | None = None,
    line: pd.DataFrame | None = None,
    top: int | None = None,
    budget_usd: float | None = None,
    plan: Plan | None = None,
    curve: pd.DataFrame | None = None,
    places: Mapping[str, str] | None = None,
    pages: int = 20,
    inputs: Sequence[Mapping[str, Any]] | None = None,
    parameters: Mapping[str, Any] | None = None,
    notes: Sequence[str] | None = None,
    version: str = "",
    language: Language = "en",
) -> Path:
    """Write a ranking as one HTML file: its order, how sure that is, and one printed page for each of the first areas.

    Parameters
    ----------
    path : str or Path
        The file to write; its folder is made where there is none, an older file is replaced.
    ranking : Ranking
        What `prioritise` returns.
    name : str
        Name of the programme.
    as_of : str or date
        The day up to which the records count.
    stability : Stability, optional
        What `stability` returns for the ranking.
    line : DataFrame, optional
        What `funding_line` returns for it; shown where `stability` is given too.
    top, budget_usd : int, float, optional
        What the line was drawn for.
    plan : Plan, optional
        What `plan_clearance` returns.
    curve : DataFrame, optional
        What `budget_sweep` returns: shown with the plan.
    places : mapping of str to str, optional
        Area id to where that is, in words.
    pages : int
        How many of the first areas get a page of their own, at most 100.
    inputs : sequence of mappings, optional
        One an input: name, path, sha256, rows_read, rows_used, rows_set_aside, note.
    parameters : mapping, optional
        Every parameter of the run; may be nested.
    notes : sequence of str, optional
        Sentences to print below the order.
    version : str
        Version of landrelease that made the ranking.
    language : {'en', 'ar', 'es', 'fr', 'km', 'lo', 'pt', 'uk'}
        Language of the page. Ids, codes, names and everything else of the data stay as they are; warnings also stand
        in English. A text that the catalogue lacks stays as it is; the page and a DataWarning say how many do.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    OptionError
        `as_of` is no date, `path` is a folder, or the language is none of these.

    Notes
    -----
    The page of an area says its rank, how sure that is, what counts for it, who was asked, and what would change its
    place. Every number is one of the tables. It has no map and no coordinate.

    Examples
    --------
    >>> import re, tempfile
    >>> from landrelease.priority import Criterion, prioritise
    >>> criteria = [Criterion("people", 0, 1000, 0.6), Criterion("victims", 0, 10, 0.4)]
    >>> table = pd.DataFrame({"area_id": ["A1", "A2"], "people": [900, 300], "victims": [1, None]})
    >>> ranking = prioritise(table, criteria, missing="worst")
    >>> path = Path(tempfile.mkdtemp()) / "first.html"
    >>> page = write_priority_page(path, ranking, name="Sample", as_of="2025-12-31")
    >>> text = " ".join(re.sub("<[^>]*>", "", page.read_text(encoding="utf-8")).split())
    >>> "This area is rank 1 of 2." in text, "Not known for this area: victims." in text
    (True, True)

    What is not given, or empty, is said:

    >>> page = write_priority_page(path, prioritise(table.iloc[:0], criteria), name="Empty", as_of="2025-12-31")
    >>> text = page.read_text(encoding="utf-8")
    >>> "The ranking holds no area" in text, "Not given" in text
    (True, True)
    """
    target = page_path(path)
    shown = min(max(pages, 0), _MOST_PAGES)
    ids = ranking.table["area_id"].head(shown)
    words = Words(language)
    page = template("priorities.html", words).render(
        name=name,
        day=say_day(as_day(as_of)),
        scheme=ranking.scheme,
        order=_order(ranking, line, shown),
        line=None if line is None or stability is None else line_section(ranking, stability, line, top, budget_usd),
        plan=None if plan is None else plan_section(plan, curve),
        stories=[area_story(ranking, area_id, stability=stability, line=line, top=top) for area_id in ids],
        lines={code: words for code, (words, _) in LINES.items()},
        is_sum=ranking.method == "value",
        places=dict(places or {}),
        planned={} if plan is None else plan_words(plan, list(ids)),
        inputs=None if inputs is None else input_table(inputs),
        parameters=None if parameters is None else parameter_table(parameters),
        notes=list(notes or []),
        version=version,
    )
    return write_page(page, target, words)


def _order(ranking: Ranking, line: pd.DataFrame | None, shown: int) -> Table:
    """Return the first areas with what is known of their scores."""
    table = ranking.table
    columns = {"area_id": Column("Area"), "rank": Column("Rank", "count"), "score": Column("Score", "score")}
    if ranking.missing == "bounds":
        columns |= {"rank_best": Column("Rank at best", "count"), "rank_worst": Column("At worst", "count")}
    if ranking.classes:
        columns["priority_class"] = Column("Class", "phrase")
    if line is not None:
        words = {code: words for code, (words, _) in LINES.items()}
        table = table.assign(line=line["line"].map(words).to_numpy())
        columns["line"] = Column("At the line", "word")
    count = min(shown, len(table))
    return tabulate(table.head(shown), say("The first {0} of {1} areas", count, len(table)), columns)
