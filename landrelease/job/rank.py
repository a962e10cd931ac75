"""Which areas first: the ranking of a programme, how sure it is, where the money ends, and what the money buys."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from landrelease.errors import OptionError, ProgrammeError
from landrelease.job.folding import fold_records
from landrelease.job.inputs import Work, read_inputs, warnings_noted
from landrelease.job.priorities import plan_areas, plan_tables, rank_areas, scheme_of, write_live, write_page
from landrelease.job.programme import Inputs, Priority, Programme, read_programme
from landrelease.maps.words import Language
from landrelease.priority import Plan, Ranking, Stability

__all__ = ["PlanProducts", "RankProducts", "plan_programme", "rank_programme"]


@dataclass(frozen=True)
class RankProducts:
    """What `rank_programme` found, and where it is written; no stability and no line where they mean nothing.

    `live` is the page of `live_ranking`; None where that can not show the ranking, and the notes say why.
    """

    ranking: Ranking
    page: Path
    tables: tuple[Path, ...]
    stability: Stability | None = None
    line: pd.DataFrame | None = None
    live: Path | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlanProducts:
    """What `plan_programme` found, and where it is written."""

    plan: Plan
    ranking: Ranking
    page: Path
    tables: tuple[Path, ...]
    curve: pd.DataFrame | None = None
    notes: tuple[str, ...] = ()


def rank_programme(
    programme: str | Path,
    *,
    out: str | Path,
    scheme: str | Path | None = None,
    method: str | None = None,
    missing: str | None = None,
    draws: int = 10_000,
    top: int | None = None,
    budget: float | None = None,
    progress: Callable[[str], None] | None = None,
    language: Language = "en",
) -> RankProducts:
    """Rank the hazardous areas of a programme, say how sure that is and where the money ends, and write all of it.

    Parameters
    ----------
    programme : str or Path
        A programme file (TOML) with [priority]. Of its inputs, those are read that the ranking needs.
    out : str or Path
        Folder of the products; made if needed. Files of an earlier run are replaced.
    scheme : str or Path, optional
        A scheme file, such as the weights that were saved from the live ranking, or the name of a bundled scheme; else
        as the programme file says.
    method, missing : str, optional
        As in `prioritise`; else as the programme file says.
    draws : int
        How many rankings the stability rests on.
    top : int, optional
        How many areas are funded; else as the programme file says, else 20.
    budget : float, optional
        What there is to spend, instead of `top`; what each area costs is in [inputs.costs] or [costs]. [USD]
    progress : callable, optional
        Called with a few words before each step.
    language : {'en', 'ar', 'es', 'fr', 'km', 'lo', 'pt', 'uk'}
        Language of the pages. Tables, ids and codes stay as they are; the notes say which page has texts that the
        catalogue lacks.

    Returns
    -------
    RankProducts
        priorities.html and live_ranking.html, ranking.csv and contributions.csv; stability.csv and funding_line.csv.

    Raises
    ------
    ProgrammeError, DataError, CRSError
        The programme file or an input can not be used, or has no [priority].
    OptionError
        Both `top` and `budget` are given, or an option means nothing; a line is asked for where there is none, because
        the method gives no additive value.

    Examples
    --------
    >>> import tempfile
    >>> import geopandas as gpd, shapely
    >>> folder = Path(tempfile.mkdtemp())
    >>> squares = [shapely.box(5e5, 4e6, 500_100, 4_000_100), shapely.box(6e5, 4e6, 600_050, 4_000_050)]
    >>> areas = gpd.GeoDataFrame({"area_id": ["HA-1", "HA-2"], "status": "open", "hazard_class": "CHA"},
    ...                          geometry=squares, crs=32630)
    >>> areas.to_file(folder / "areas.gpkg")
    >>> _ = (folder / "ours.toml").write_text('''
    ... name = "ours"
    ... source = "Agreed in a meeting."
    ... verified = true
    ... criterion = [{ column = "size", low = 0, high = 10000, weight = 1, from = { measure = "area" } }]
    ... ''')
    >>> programme = folder / "programme.toml"
    >>> _ = programme.write_text('''
    ... programme = { name = "Two areas", as_of = 2025-12-31 }
    ... inputs.areas = { path = "areas.gpkg" }
    ... priority = { scheme = "ours.toml" }
    ... costs = { usd_per_m2 = 1 }
    ... ''')
    >>> found = rank_programme(programme, out=folder / "out", draws=100, budget=10_500)
    >>> found.ranking.table[["area_id", "score", "rank"]].round(2).values.tolist()
    [['HA-1', 1.0, 1], ['HA-2', 0.25, 2]]
    >>> found.line["line"].tolist(), found.live.name
    (['in', 'out'], 'live_ranking.html')
    >>> areas.assign(status="released", release_type="cleared").to_file(folder / "areas.gpkg")
    >>> len(rank_programme(programme, out=folder / "out", draws=100).ranking.table)
    0
    >>> rank_programme(folder / "programm.toml", out=folder / "out")
    Traceback (most recent call last):
    landrelease.errors.ProgrammeError: There is no programme file '...programm.toml'; did you mean 'programme.toml'?
    """
    if top is not None and budget is not None:
        raise OptionError("give either top (how many areas are funded) or budget")
    say, read = progress or (lambda step: None), read_programme(programme)
    given = {"scheme": _scheme_beside(read, scheme), "method": method, "missing": missing}
    changes: dict[str, Any] = {key: value for key, value in given.items() if value is not None}
    if top is not None or budget is not None:
        changes |= {"top": top, "budget": budget}
    read = _with_priority(read, changes)
    work = Work(read, each=_at_once, language=language)
    with warnings_noted(work):
        read_inputs(work, say)
        work.notes += work.doubts
        fold_records(work)
        rank_areas(work, say, draws=draws, is_line_wanted=True)
    say("Writing tables and pages")
    folder, frames = Path(out), work.frames
    tables = {"ranking": frames["ranking"].table, "contributions": frames["ranking"].contributions}
    tables |= {name: frame for name, frame in _sureness(frames).items() if frame is not None}
    paths = _write_tables(folder, tables, ("ranking", "contributions", "stability", "funding_line"))
    live = write_live(work, folder / "live_ranking.html")
    page = write_page(work, folder / "priorities.html")
    return RankProducts(
        ranking=frames["ranking"],
        page=page,
        tables=paths,
        stability=frames.get("stability"),
        line=frames.get("funding_line"),
        live=live,
        notes=tuple(work.notes),
    )


def plan_programme(
    programme: str | Path,
    *,
    out: str | Path,
    progress: Callable[[str], None] | None = None,
    language: Language = "en",
) -> PlanProducts:
    """Plan what to clear with the money, teams and promises of a programme file, and write all of it.

    Parameters
    ----------
    programme : str or Path
        A programme file (TOML) with [priority], [plan], and [inputs.costs] or [costs].
    out : str or Path
        Folder of the products; made if needed. Files of an earlier run are replaced.
    progress : callable, optional
        Called with a few words before each step.
    language : {'en', 'ar', 'es', 'fr', 'km', 'lo', 'pt', 'uk'}
        Language of the pages. Tables, ids and codes stay as they are; the notes say which page has texts that the
        catalogue lacks.

    Returns
    -------
    PlanProducts
        plan.html, plan.csv, plan_rules.csv; plan_packages.csv, plan_relaxations.csv and benefit_curve.csv where there
        are any.

    Raises
    ------
    ProgrammeError, DataError, CRSError, OptionError
        The programme file or an input can not be used, has no [priority], [plan] or costs; or no plan keeps the rules:
        then the message names the smallest changes that would be enough.

    Examples
    --------
    >>> import tempfile
    >>> import geopandas as gpd, shapely
    >>> folder = Path(tempfile.mkdtemp())
    >>> squares = [shapely.box(5e5, 4e6, 500_100, 4_000_100), shapely.box(6e5, 4e6, 600_050, 4_000_050)]
    >>> areas = gpd.GeoDataFrame({"area_id": ["HA-1", "HA-2"], "status": "open", "hazard_class": "CHA"},
    ...                          geometry=squares, crs=32630)
    >>> areas.to_file(folder / "areas.gpkg")
    >>> _ = (folder / "ours.toml").write_text('''
    ... name = "ours"
    ... source = "Agreed in a meeting."
    ... verified = true
    ... criterion = [{ column = "size", low = 0, high = 10000, weight = 1, from = { measure = "area" } }]
    ... ''')
    >>> programme = folder / "programme.toml"
    >>> _ = programme.write_text('''
    ... programme = { name = "Two areas", as_of = 2025-12-31 }
    ... inputs.areas = { path = "areas.gpkg" }
    ... priority = { scheme = "ours.toml" }
    ... costs = { usd_per_m2 = 1 }
    ... plan = { budget = 10_500, curve_count = 0 }
    ... ''')
    >>> found = plan_programme(programme, out=folder / "out")
    >>> found.plan.selected, round(found.plan.spent_usd, -2), [path.name for path in found.tables]
    (('HA-1',), 10000.0, ['plan.csv', 'plan_rules.csv'])
    >>> _ = programme.write_text(programme.read_text().replace("10_500", "0"))
    >>> plan_programme(programme, out=folder / "out").plan.selected
    ()
    >>> _ = programme.write_text(programme.read_text().replace("plan = ", "# "))
    >>> plan_programme(programme, out=folder / "out")
    Traceback (most recent call last):
    landrelease.errors.ProgrammeError: 'programme.toml' has no [plan]. Fix: add [plan] with budget = ...
    """
    say, read = progress or (lambda step: None), read_programme(programme)
    if read.plan is None:
        raise ProgrammeError(f"'{Path(programme).name}' has no [plan]. Fix: add [plan] with budget = ...")
    work = Work(_with_priority(read, {}), each=_at_once, language=language)
    with warnings_noted(work):
        read_inputs(work, say)
        work.notes += work.doubts
        fold_records(work)
        rank_areas(work, say)
        plan_areas(work, say)
    say("Writing tables and pages")
    folder, frames = Path(out), work.frames
    names = ("plan", "plan_rules", "plan_packages", "plan_relaxations", "benefit_curve")
    paths = _write_tables(folder, plan_tables(frames), names)
    page = write_page(work, folder / "plan.html")
    return PlanProducts(frames["plan"], frames["ranking"], page, paths, frames.get("curve"), tuple(work.notes))


def _at_once(
    name: str, function: Callable[..., Any], areas: Any, layers: dict[str, Any], options: dict[str, Any]
) -> Any:
    return function(areas, **layers, **options)


def _with_priority(programme: Programme, changes: dict[str, Any]) -> Programme:
    """Return the programme with other choices for its ranking, and only the inputs that it needs."""
    from pydantic import ValidationError

    if programme.priority is None:
        raise ProgrammeError(
            'the programme file has no [priority].\n  Fix: add [priority] with scheme = "community-first" or the path '
            "of your own."
        )
    try:
        priority = Priority(**(programme.priority.model_dump(exclude_none=True) | changes))
    except ValidationError as error:
        one = error.errors()[0]
        name = ".".join(str(part) for part in one["loc"]) or "the options"
        raise OptionError(f"{name}: {one['msg']}; got {one['input']!r}") from None
    needed = {"events", "areas", "admin_areas", "costs", *scheme_of(programme, priority).layers}
    kept = {name: getattr(programme.inputs, name) for name in Inputs.model_fields if name in needed}
    changed = {"priority": priority, "inputs": Inputs.model_construct(**kept), "balance": None}
    return programme.model_copy(update=changed)


def _scheme_beside(programme: Programme, scheme: str | Path | None) -> str | None:
    """Return the path of a scheme file as the programme file would give it; a name as it is."""
    if scheme is None or not Path(scheme).is_file():
        return None if scheme is None else str(scheme)
    try:
        return os.path.relpath(scheme, programme.folder)
    except ValueError:  # on another drive
        return str(Path(scheme).resolve())


def _sureness(frames: dict[str, Any]) -> dict[str, pd.DataFrame | None]:
    found = frames.get("stability")
    return {"stability": None if found is None else found.table, "funding_line": frames.get("funding_line")}


def _write_tables(folder: Path, tables: dict[str, pd.DataFrame], names: tuple[str, ...]) -> tuple[Path, ...]:
    """Write tables as CSV; a table of an earlier run that this one lacks goes."""
    from landrelease.report import put_csv

    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        if name in tables:
            put_csv(folder / f"{name}.csv", tables[name])
        else:
            (folder / f"{name}.csv").unlink(missing_ok=True)
    return tuple(folder / f"{name}.csv" for name in names if name in tables)
