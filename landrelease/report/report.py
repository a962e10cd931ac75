"""Write the report of a programme as one page that needs nothing else: what is known, and what is not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from landrelease.geometry import geodesic_area_m2
from landrelease.priority import Plan, Stability
from landrelease.report import sections
from landrelease.report.frames import SUMMED, plain
from landrelease.report.language import Language, Words
from landrelease.report.page import page_path, template, write_page
from landrelease.report.pictures import FLOWS, PARTS
from landrelease.report.priority.sections import line_section, plan_section
from landrelease.report.words import as_day, say_day

__all__ = ["write_report"]


def write_report(
    path: str | Path,
    *,
    name: str,
    as_of: str | date,
    assessment: pd.DataFrame | None = None,
    summaries: Mapping[str, pd.DataFrame] | None = None,
    balance: pd.DataFrame | None = None,
    conflicts: pd.DataFrame | None = None,
    ranking: sections.RankingLike | None = None,
    explanations: Mapping[str, str] | None = None,
    stability: Stability | None = None,
    line: pd.DataFrame | None = None,
    top: int | None = None,
    budget_usd: float | None = None,
    plan: Plan | None = None,
    curve: pd.DataFrame | None = None,
    problems: Mapping[str, pd.DataFrame] | None = None,
    inputs: Sequence[Mapping[str, Any]] | None = None,
    parameters: Mapping[str, Any] | None = None,
    notes: Sequence[str] | None = None,
    version: str = "",
    language: Language = "en",
) -> Path:
    """Write the report as one HTML page without scripts that opens offline and prints on A4.

    Parameters
    ----------
    path : str or Path
        The file to write; its folder is made where there is none, an older file is replaced.
    name : str
        Name of the programme.
    as_of : str or date
        The day up to which the records count.
    assessment : DataFrame, optional
        What `assess_use` returns, one row a release. [m2]
    summaries : mapping of str to DataFrame, optional
        Title to what `use_summary` returns; the title `all` is the one-row total. [m2]
    balance : DataFrame, optional
        What `land_balance` returns. [m2]
    conflicts : DataFrame, optional
        What `conflicts_on` returns. With its geometries land that several pairs claim is counted once. [m2]
    ranking : Ranking, optional
        What `prioritise` returns.
    explanations : mapping of str to str, optional
        Area id to the explanation of its score.
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
    problems : mapping of str to DataFrame, optional
        Name of the input to what `find_problems` returns.
    inputs : sequence of mappings, optional
        One an input: name, path, sha256, rows_read, rows_used, rows_set_aside, note.
    parameters : mapping, optional
        Every parameter of the run; may be nested.
    notes : sequence of str, optional
        Sentences to print below the headline.
    version : str
        Version of landrelease that made the frames.
    language : {'en', 'ar', 'es', 'fr', 'km', 'lo', 'pt', 'uk'}
        Language of the page. Ids, codes, names and everything else of the data stay as they are; warnings also stand
        in English. A text that the catalogue lacks stays as it is; the page and a DataWarning say how many do.

    Returns
    -------
    Path
        The file written.

    Raises
    ------
    DataError
        A frame lacks a column that its section needs.
    OptionError
        `as_of` is no date, `path` is a folder, or the language is none of these.

    Notes
    -----
    An input that is None makes its section say "Not given"; a cell that is missing is a dash, never 0. The
    headline's lower bound counts all unobserved land as not in productive use, the upper one all as in use.
    No frame is changed; every text from data is escaped. Any CRS: the
    geometries of `conflicts` alone are read, and only where they have one.

    Examples
    --------
    >>> import re, tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> total = pd.DataFrame({"as_intended_m2": [40_000.0], "other_productive_m2": [10_000.0],
    ...                       "unused_m2": [20_000.0], "unknown_m2": [30_000.0], "released_m2": [100_000.0]})
    >>> page = write_report(folder / "a.html", name="Sample", as_of="2025-12-31", summaries={"all": total})
    >>> text = re.sub("<[^>]*>", "", page.read_text(encoding="utf-8"))
    >>> "up to 31 December 2025, at least 50 % and at most 80 % is in productive use" in text
    True

    Empty and missing inputs are said, not counted:

    >>> none = {"all": total.iloc[:0]}
    >>> page = write_report(folder / "b.html", name="Empty", as_of="2025-12-31", summaries=none)
    >>> text = page.read_text(encoding="utf-8")
    >>> "No released land with a known area is recorded" in text, "Not given" in text
    (True, True)
    """
    target = page_path(path)
    day = say_day(as_day(as_of))
    releases = _given(assessment, "assessment", ["release_id", "area_m2", "verdict", *PARTS])
    account = _given(balance, "balance", ["year", "opening_m2", "closing_m2", *FLOWS])
    doubts = _given(conflicts, "conflicts", ["area_id", "other_area_id", "overlap_m2"])
    groups = {title: plain(frame, f"summaries[{title!r}]", SUMMED) for title, frame in (summaries or {}).items()}
    total = sections.total_land(releases, groups)
    words = Words(language)
    page = template("report.html", words).render(
        name=name,
        day=day,
        version=version,
        notes=list(notes or []),
        headline=sections.headline(total, releases, day),
        figures=sections.key_figures(total, releases, account),
        verdicts=None
        if summaries is None
        else [sections.verdict_section(title, groups[title]) for title in groups if title != "all"],
        evidence=None if releases is None else sections.evidence_table(releases),
        unused=None if releases is None else sections.unused_section(releases),
        unseen=None if releases is None else sections.unseen_section(releases),
        disagreements=None if releases is None else sections.disagreement_section(releases),
        account=None if account is None else sections.account_section(account),
        doubts=None if doubts is None else sections.doubt_section(doubts, _union_m2(conflicts)),
        hazards=None if ranking is None else sections.hazard_section(ranking, explanations or {}),
        line=None
        if ranking is None or stability is None or line is None
        else line_section(ranking, stability, line, top, budget_usd),
        plan=None if plan is None else plan_section(plan, curve),
        problems=None if problems is None else sections.problem_section(problems),
        inputs=None if inputs is None else sections.input_table(inputs),
        parameters=None if parameters is None else sections.parameter_table(parameters),
    )
    return write_page(page, target, words)


def _given(frame: pd.DataFrame | None, name: str, required: list[str]) -> pd.DataFrame | None:
    return None if frame is None else plain(frame, name, required)


def _union_m2(conflicts: pd.DataFrame | None) -> float:
    """Return the area of the land in conflict, each place once; NaN where a geometry or the CRS is missing. [m2]"""
    if not isinstance(conflicts, gpd.GeoDataFrame) or conflicts.active_geometry_name is None or not len(conflicts):
        return float("nan")
    if conflicts.crs is None or conflicts.geometry.isna().any():
        return float("nan")
    union = shapely.union_all(shapely.make_valid(conflicts.geometry.to_numpy()))
    return float(geodesic_area_m2(gpd.GeoSeries([union], crs=conflicts.crs))[0])
