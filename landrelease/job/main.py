"""The main job: a programme file in, every product out, by nothing but public functions."""

from __future__ import annotations

import json
import platform
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from landrelease.cells import counted
from landrelease.errors import DataError
from landrelease.job.folding import fold_records
from landrelease.job.inputs import Each, Work, read_inputs, sha256_of, warnings_noted
from landrelease.job.priorities import plan_areas, plan_tables, rank_areas, write_live, write_page
from landrelease.job.programme import read_programme
from landrelease.maps.words import Language
from landrelease.match.projects.links import match_projects
from landrelease.outcomes import assess_use, match_follow_ups, use_summary
from landrelease.put import put
from landrelease.rules import PROBLEM_COLUMNS
from landrelease.tables import NO_HAZARD, conform

__all__ = ["Products", "judge_use", "run", "sample_programme"]

_PARTS, _PARTITION_ROWS = ".parts", 2_000
"""Folder of what a cluster has finished of a run, and the areas that it gets at a time."""


@dataclass(frozen=True)
class Products:
    """Where the products of a run are, and the figures that a script goes on with."""

    report: Path
    map: Path
    geopackage: Path
    tables: Path
    run: Path
    priority_map: Path | None = None
    priorities: Path | None = None
    live: Path | None = None
    headline: str = ""
    notes: tuple[str, ...] = ()
    problem_count: int = 0


def sample_programme() -> Path:
    """Return the path of the sample programme, which comes with the package; all its data are synthetic.

    Returns
    -------
    Path
        The programme file; the inputs that it names stand beside it.

    Raises
    ------
    DataError
        The sample is not there: the package was not installed whole.

    Examples
    --------
    >>> sample_programme().name
    'programme.toml'
    """
    here = Path(__file__).parents[1]
    for folder in (here / "sample_data", here.parent / "sample_data"):
        if (folder / "programme.toml").is_file():
            return folder / "programme.toml"
    raise DataError("The sample is not here. Fix: install landrelease again; its wheel carries sample_data.")


def run(
    programme: str | Path,
    *,
    out: str | Path,
    progress: Callable[[str], None] | None = None,
    scheduler: str | None = None,
    language: Language = "en",
) -> Products:
    """Do the main job: read all inputs, judge, rank, and write the report, the maps and the tables.

    Parameters
    ----------
    programme : str or Path
        A programme file (TOML).
    out : str or Path
        Folder of the products; made if needed. Files of an earlier run are replaced.
    progress : callable, optional
        Called with a few words before each step.
    scheduler : str, optional
        Address of the scheduler of a dask cluster, such as ``tcp://10.0.0.5:8786``: areas are matched on its workers,
        which see all files and the folder of the products. A run that was ended goes on where it stopped.
    language : {'en', 'ar', 'es', 'fr', 'km', 'lo', 'pt', 'uk'}
        Language of the pages. Tables, ids and codes stay as they are; the notes say which page has texts that the
        catalogue lacks.

    Returns
    -------
    Products
        report.html, map.html, priority_map.html, priorities.html, live_ranking.html, landrelease.gpkg,
        ``tables/*.csv`` and run.json.

    Raises
    ------
    ProgrammeError, DataError, CRSError
        The programme file or an input can not be used; rows that can not be are set aside and counted instead.
    OptionError
        No scheduler answers, dask is not installed, or the language is none of these.

    Examples
    --------
    >>> import tempfile
    >>> import shapely
    >>> folder = Path(tempfile.mkdtemp())
    >>> cells = {"event_id": ["1", "2"], "area_id": "HA-1", "event": ["confirmed", "cleared"],
    ...          "event_date": pd.to_datetime(["2020-03-01", "2024-06-01"])}
    >>> squares = [shapely.box(5e5, 4e6, 500_100, 4_000_100), shapely.box(5e5, 4e6, 500_040, 4_000_100)]
    >>> events = gpd.GeoDataFrame(cells, geometry=squares, crs=32630)
    >>> events.to_file(folder / "events.gpkg")
    >>> programme = folder / "programme.toml"
    >>> _ = programme.write_text('''
    ... programme = { name = "One area", as_of = 2025-12-31 }
    ... inputs.events = { path = "events.gpkg" }
    ... ''')
    >>> run(programme, out=folder / "out").headline
    'Of 0.00 km2 released, at least 0% and at most 100% is in productive use; nobody has looked at 100%.'
    >>> events.head(1).to_file(folder / "events.gpkg")
    >>> run(programme, out=folder / "out").headline
    'No released land has a known area.'
    >>> run(folder / "programm.toml", out=folder / "out")
    Traceback (most recent call last):
    landrelease.errors.ProgrammeError: There is no programme file '...programm.toml'; did you mean 'programme.toml'?
    """
    say = progress or (lambda step: None)
    parts = Path(out).resolve() / _PARTS
    # workers have a working folder of their own
    programme = Path(programme).resolve() if scheduler is not None else Path(programme)
    with _matching(scheduler, parts) as each:
        work = _matched(Work(read_programme(programme), each=each, language=language), say)
        products = _write(work, Path(out), programme, say)
    shutil.rmtree(parts, ignore_errors=True)
    return products


def _matched(work: Work, say: Callable[[str], None]) -> Work:
    """Read, fold, judge and rank, with what was warned of in the notes."""
    with warnings_noted(work):
        read_inputs(work, say)
        say("Folding events into areas, releases and the balance")
        fold_records(work)
        say("Judging the use of released land")
        judge_use(work)
        rank_areas(work, say)
        plan_areas(work, say)
    return work


@contextmanager
def _matching(scheduler: str | None, parts: Path) -> Iterator[Each]:
    """Give what runs a function on areas: at once, or in parts on the workers of a scheduler."""
    if scheduler is None:
        yield lambda name, function, areas, layers, options: function(areas, **layers, **options)
        return
    from landrelease.scale import connected, map_areas, read_parts

    with connected(scheduler) as client:

        def in_parts(
            name: str, function: Callable[..., Any], areas: Any, layers: dict[str, Any], options: dict[str, Any]
        ) -> Any:
            given = {"layers": layers, "options": options, "partition_rows": _PARTITION_ROWS, "client": client}
            return read_parts(map_areas(function, areas, out=parts / name, **given))

        yield in_parts


def _say_what_evidence_is_not_used(work: Work) -> None:
    """Tell of mapped land use that says nothing of any release."""
    land_use, releases = work.frames["land_use"], work.frames["releases"]
    met = land_use.sindex.query(releases.geometry.dropna().to_numpy(), predicate="intersects")[1]
    if not len(met):
        work.notes.append(f"land use: none of {counted(len(land_use), 'polygon', 'polygons')} meets released land.")
    undated = int(land_use["observed_date"].isna().sum())
    if undated:
        have = counted(undated, "polygon has", "polygons have")
        work.notes.append(f"land use: {have} no date and can not count as evidence.")


def judge_use(work: Work) -> None:
    """Judge the use of released land by visits, maps and projects, and sum the verdicts up."""
    frames, programme = work.frames, work.programme
    as_of, match = pd.Timestamp(programme.programme.as_of), programme.match
    releases = frames["releases"]
    if "projects" in frames:
        frames["project_links"] = work.each("projects", match_projects, releases, {"projects": frames["projects"]}, {
            "within_m": match.projects_within_m, "months_before": match.months_before,
            "months_after": match.months_after, "admin_areas": frames.get("admin_areas"),
        })  # fmt: skip
    if "follow_ups" in frames:
        links = match_follow_ups(releases, frames["follow_ups"], as_of=as_of)
        lost = links[links["reason"] != ""]
        told = pd.DataFrame(
            {
                "row": lost.index, "id": lost["follow_up_id"], "column": "release_id", "rule": "R15", "value": "",
                "message": "not used: " + lost["reason"],
            },
            columns=PROBLEM_COLUMNS,
        )  # fmt: skip
        work.problems["follow_ups, matched"] = pd.concat([told, _too_much_use(frames, links)], ignore_index=True)
    if "land_use" in frames:
        _say_what_evidence_is_not_used(work)
    evidence = {name: frames.get(name) for name in ("follow_ups", "land_cover", "projects", "project_links")}
    frames["assessment"] = work.each(
        "assessment", assess_use, releases, {"land_use": frames.get("land_use")},
        evidence | {"as_of": as_of, "min_observed_share": match.min_observed_share},
    )  # fmt: skip
    frames["summaries"] = _summaries(frames["assessment"], frames.get("admin_areas"))


def _too_much_use(frames: dict[str, Any], links: pd.DataFrame) -> pd.DataFrame:
    """Tell visits that found more land in use than was released."""
    area_m2 = links["release_id"].map(frames["releases"].set_index("release_id")["area_m2"])
    said = frames["follow_ups"]["productive_area_m2"].reset_index(drop=True)
    rows = np.flatnonzero((said > 1.25 * area_m2).to_numpy())
    told = [f"{said[i]:,.0f} m2 in use on a release of {area_m2[i]:,.0f} m2: counts as all that was seen" for i in rows]
    found = {"row": rows, "id": links["follow_up_id"].iloc[rows], "column": "productive_area_m2", "message": told}
    return pd.DataFrame({**found, "rule": "R14", "value": ""}, columns=PROBLEM_COLUMNS)


def _summaries(assessment: pd.DataFrame, admin_areas: pd.DataFrame | None) -> dict[str, pd.DataFrame]:
    """Return the verdict over all, by unit and the unit above it, by way and by year of release."""
    summaries = {"all": use_summary(assessment)}
    if admin_areas is not None:
        units = admin_areas.drop_duplicates("admin_code").set_index("admin_code")
        above = assessment["admin_code"].map(units["parent_code"]).astype("str")
        if above.notna().any():
            named = assessment.assign(unit_above=above.map(units["name"]), parent_code=above)
            summaries["unit_above"] = use_summary(named, by=["unit_above", "parent_code"])
        named = assessment.assign(unit=assessment["admin_code"].map(units["name"]))
        summaries["unit"] = use_summary(named, by=["unit", "admin_code"])
    elif assessment["admin_code"].notna().any():
        summaries["unit"] = use_summary(assessment, by="admin_code")
    for by in ("release_type", "release_year"):
        summaries[by] = use_summary(assessment, by=by)
    return summaries


def _write(work: Work, out: Path, source: Path, say: Callable[[str], None]) -> Products:
    from landrelease import __version__
    from landrelease.report import put_csv, put_geopackage, write_report

    frames, about, priority = work.frames, work.programme.programme, work.programme.priority
    tables = _tables(work)
    say("Writing tables")
    _clear_earlier(out)
    (out / "tables").mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        put_csv(out / "tables" / f"{name}.csv", frame)
    put_geopackage(out / "landrelease.gpkg", tables)
    say("Drawing the maps")
    maps = _draw(work, out)
    live = write_live(work, out / "live_ranking.html")
    say("Writing the report")
    parameters = work.programme.model_dump(mode="json", exclude={"inputs", "folder"}, exclude_none=True)
    with warnings_noted(work):
        report = write_report(
            out / "report.html",
            name=about.name,
            as_of=about.as_of,
            assessment=frames["assessment"],
            summaries=frames["summaries"],
            balance=frames.get("balance"),
            conflicts=frames["conflicts"],
            ranking=frames.get("ranking"),
            explanations=frames.get("explanations"),
            stability=frames.get("stability"),
            line=frames.get("funding_line"),
            top=priority.top if priority else None,
            budget_usd=priority.budget if priority else None,
            plan=frames.get("plan"),
            curve=frames.get("curve"),
            problems=work.problems,
            inputs=work.inputs,
            parameters=parameters,
            notes=work.notes,
            version=__version__,
            language=work.language,
        )
    priorities = _write_priorities(work, out / "priorities.html")
    pages = [path.name for path in (report, *maps, priorities, live) if path is not None]
    rows_out = {name: len(frame) for name, frame in tables.items()}
    _write_record(work, out / "run.json", source, {"parameters": parameters, "pages": pages, "rows_out": rows_out})
    return Products(
        report=report,
        map=maps[0],
        priority_map=maps[1],
        priorities=priorities,
        live=live,
        geopackage=out / "landrelease.gpkg",
        tables=out / "tables",
        run=out / "run.json",
        headline=_headline(frames["summaries"]["all"]),
        notes=tuple(work.notes),
        problem_count=sum(len(frame) for frame in work.problems.values()),
    )


def _write_record(work: Work, path: Path, source: Path, made: dict[str, Any]) -> None:
    """Write what was read, with which parameters, and what came of it: enough to make the run again."""
    from landrelease import __version__

    record = {
        "landrelease": __version__,
        "python": platform.python_version(),
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "programme": {"path": source.name, "sha256": sha256_of(source)},
        "inputs": work.inputs,
        **made,
        "problems": {name: len(frame) for name, frame in work.problems.items()},
        "notes": work.notes,
    }
    text = json.dumps(record, indent=2, ensure_ascii=False, default=str)
    put(path, lambda file: file.write_text(text + "\n", encoding="utf-8"))


def _write_priorities(work: Work, path: Path) -> Path | None:
    """Write the page of the ranking; without one, that of an earlier run goes."""
    if "ranking" not in work.frames:
        path.unlink(missing_ok=True)
        return None
    return write_page(work, path)


def _clear_earlier(out: Path) -> None:
    """Remove the tables that an earlier run wrote into this folder, so that none of them outlives its data."""
    try:
        names = list(json.loads((out / "run.json").read_text(encoding="utf-8"))["rows_out"])
    except (OSError, ValueError, KeyError, TypeError):
        return
    for name in names:
        (out / "tables" / f"{Path(name).name}.csv").unlink(missing_ok=True)


def _draw(work: Work, out: Path) -> tuple[Path, Path | None]:
    """Draw the map, and where exact hazards may be shown and were ranked, the map of priorities."""
    from landrelease.maps import land_release_map, priority_map
    from landrelease.report.language import Words
    from landrelease.report.words import say_day

    frames, shown, about = work.frames, work.programme.map, work.programme.programme
    admin, title = None, Words(work.language).drawn("{0}, {1}", about.name, say_day(about.as_of))
    if "admin_areas" in frames:
        admin = _with_totals(frames["admin_areas"], frames["areas"], frames["assessment"])
    drawn = land_release_map(
        frames["areas"],
        releases=frames["assessment"],
        projects=frames.get("projects"),
        admin_areas=admin,
        columns=shown.columns,
        hazards=shown.hazards,
        title=title,
        language=work.language,
    )
    drawn.save(out / "map.html")
    if "ranking" not in frames or shown.hazards != "exact":
        (out / "priority_map.html").unlink(missing_ok=True)
        return out / "map.html", None
    ranked = priority_map(
        frames["areas"], frames["ranking"], admin_areas=admin, columns=shown.columns, title=title,
        language=work.language,
    )  # fmt: skip
    ranked.save(out / "priority_map.html")
    return out / "map.html", out / "priority_map.html"


def _with_totals(admin_areas: gpd.GeoDataFrame, areas: pd.DataFrame, assessment: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the units with the land that their records sum to, each also in the units above it. [m2]"""
    code = admin_areas["admin_code"].astype("str")
    parent = dict(zip(code, admin_areas["parent_code"].astype("str"), strict=True))
    hazards = areas[~areas["status"].isin(NO_HAZARD)]
    sums = {
        "hazard_count": hazards.groupby("admin_code").size().astype(float),
        "hazardous_m2": hazards.groupby("admin_code")["area_m2"].sum(min_count=1),
        "released_m2": assessment.groupby("admin_code")["area_m2"].sum(min_count=1),
        "productive_m2": assessment.groupby("admin_code")["productive_m2"].sum(min_count=1),
        "unknown_m2": assessment.groupby("admin_code")["unknown_m2"].sum(min_count=1),
    }
    totals = pd.DataFrame(sums).reindex(code.unique())
    is_unmeasured = totals["hazardous_m2"].isna() & (totals["hazard_count"] > 0)  # there, of a size nobody knows
    totals = totals.fillna(0.0)
    rolled = totals.copy()
    for unit, row in totals.iterrows():
        above, seen = parent.get(str(unit)), {str(unit)}
        while above in parent and above not in seen:
            rolled.loc[above] += row
            seen.add(str(above))
            above = parent[str(above)]
    rolled.loc[is_unmeasured & (rolled["hazardous_m2"] == 0), "hazardous_m2"] = np.nan
    rolled["hazard_count"] = rolled["hazard_count"].astype("Int64")
    return admin_areas.assign(**{str(name): code.map(rolled[name]) for name in rolled})


def _headline(total: pd.DataFrame) -> str:
    row = total.iloc[0]
    if pd.isna(row["productive_share_low"]):
        return "No released land has a known area."
    return (
        f"Of {row['released_m2'] / 1e6:,.2f} km2 released, at least {row['productive_share_low']:.0%} "
        f"and at most {row['productive_share_high']:.0%} is in productive use; "
        f"nobody has looked at {row['unknown_m2'] / row['released_m2']:.0%}."
    )


def _tables(work: Work) -> dict[str, pd.DataFrame]:
    """Return the result tables by name; declared columns only, so that nothing private leaves."""
    frames = work.frames
    tables: dict[str, pd.DataFrame] = {
        "areas": frames["areas"],
        "releases": frames["assessment"],
        "conflicts": frames["conflicts"],
    }
    tables |= {f"use_by_{name}" if name != "all" else "use": one for name, one in frames["summaries"].items()}
    tables |= {name: frames[name] for name in ("balance", "project_links", "criteria") if name in frames}
    if "ranking" in frames:
        tables["ranking"] = _with_shapes(frames["ranking"].table, frames["areas"])
        tables["contributions"] = frames["ranking"].contributions
    if "stability" in frames:
        tables |= {"stability": frames["stability"].table, "funding_line": frames["funding_line"]}
    tables |= plan_tables(frames)
    for name in ("projects", "admin_areas"):
        if name in frames:
            kept = conform(frames[name], name)
            tables[name] = gpd.GeoDataFrame(kept, geometry="geometry", crs=frames[name].crs)
    problems = [frame.assign(input=name) for name, frame in work.problems.items() if len(frame)]
    empty = pd.DataFrame(columns=[*PROBLEM_COLUMNS, "input"])
    tables["problems"] = pd.concat(problems, ignore_index=True) if problems else empty
    return tables


def _with_shapes(ranked: pd.DataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the table of a ranking with the shapes of its areas, so that GIS can draw it."""
    shapes = areas.drop_duplicates("area_id").set_index("area_id").geometry
    return gpd.GeoDataFrame(ranked, geometry=shapes.reindex(ranked["area_id"]).to_numpy(), crs=areas.crs)
