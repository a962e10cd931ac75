"""The main job: a programme file in, every product out, by nothing but public functions."""

from __future__ import annotations

import hashlib
import json
import platform
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from landrelease.errors import DataError, DataWarning
from landrelease.geometry import geodesic_area_m2, to_crs
from landrelease.match.admin import assign_admin
from landrelease.match.legends import LandCover
from landrelease.match.projects import match_projects
from landrelease.outcomes import assess_use, match_follow_ups, use_summary
from landrelease.priority import criteria_table, explain, prioritise, read_scheme
from landrelease.programme import Programme, read_programme
from landrelease.read import read
from landrelease.registry import conflicts_on, events_from_areas, land_balance, releases_from, status_on
from landrelease.rules import PROBLEM_COLUMNS, find_problems, usable_rows
from landrelease.tables import conform

__all__ = ["Products", "run", "sample_programme", "write_csv"]

_TABLES = ("follow_ups", "land_use", "projects", "admin_areas", "accidents", "needs", "funding", "capacity",
           "settlements", "roads")  # fmt: skip
_TOP = 20
"""Areas whose score the report explains."""


@dataclass(frozen=True)
class Products:
    """Where the products of a run are, and the figures that a script goes on with."""

    report: Path
    map: Path
    geopackage: Path
    tables: Path
    run: Path
    priority_map: Path | None = None
    headline: str = ""


@dataclass
class _Work:
    """What a run has read and found so far."""

    programme: Programme
    frames: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, pd.DataFrame] = field(default_factory=dict)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def sample_programme() -> Path:
    """Return the path of the sample programme, which comes with the package; all its data are synthetic.

    Examples
    --------
    >>> sample_programme().name
    'programme.toml'
    """
    here = Path(__file__).parent
    for folder in (here / "sample_data", here.parent / "sample_data"):
        if (folder / "programme.toml").is_file():
            return folder / "programme.toml"
    raise DataError("The sample is not here. Fix: install landrelease again; its wheel carries sample_data.")


def run(programme: str | Path, *, out: str | Path, progress: Callable[[str], None] | None = None) -> Products:
    """Do the main job: read all inputs, judge, rank, and write the report, the maps and the tables.

    Parameters
    ----------
    programme : str or Path
        A programme file (TOML).
    out : str or Path
        Folder of the products; made if needed. Files of an earlier run are replaced.
    progress : callable, optional
        Called with a few words before each step.

    Returns
    -------
    Products
        report.html, map.html, priority_map.html, landrelease.gpkg, tables/*.csv and run.json.

    Raises
    ------
    ProgrammeError, DataError, CRSError
        The programme file or an input can not be used; rows that can not be are set aside and counted instead.
    """
    say = progress or (lambda step: None)
    work = _Work(read_programme(programme))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        warnings.simplefilter("always", DataWarning)
        _read_inputs(work, say)
        say("Folding events into areas, releases and the balance")
        _registry(work)
        say("Judging the use of released land")
        _outcomes(work)
        say("Ranking what is still hazardous")
        _priority(work)
    work.notes += sorted({str(one.message) for one in caught if issubclass(one.category, DataWarning)})
    return _write(work, Path(out), Path(programme), say)


def _read_inputs(work: _Work, say: Callable[[str], None]) -> None:
    inputs = work.programme.inputs
    if inputs.events is not None:
        say("Reading events")
        work.frames["events"] = _read_one(work, "events", "events", inputs.events)
    for i, one in enumerate(inputs.areas):
        say(f"Reading areas ({i + 1} of {len(inputs.areas)})")
        work.frames[f"areas_{i + 1}"] = _read_one(work, f"areas {i + 1}", "areas", one)
    for table in _TABLES:
        given = getattr(inputs, table)
        if given is not None:
            say(f"Reading {table.replace('_', ' ')}")
            work.frames[table] = _read_one(work, table, table, given)
    crs = next(work.frames[name].crs for name in work.frames if name == "events" or name.startswith("areas_"))
    for name, frame in work.frames.items():
        if isinstance(frame, gpd.GeoDataFrame):
            work.frames[name] = to_crs(frame, crs, name)
    for cover in inputs.land_cover:
        path = work.programme.path(cover.path)
        _note_input(work, f"land cover {cover.year}", path, note=f"legend {cover.legend}")
        work.frames.setdefault("land_cover", []).append(
            LandCover(path, cover.year, _legend(work.programme, cover.legend))
        )
    if inputs.population is not None:
        work.frames["population"] = work.programme.path(inputs.population.path)
        _note_input(work, "population", work.frames["population"])


def _legend(programme: Programme, legend: Any) -> Any:
    """A legend given as a path is relative to the programme file."""
    beside = programme.path(legend) if isinstance(legend, str) else None
    return beside if beside is not None and beside.suffix == ".toml" else legend


def _read_one(work: _Work, name: str, table: str, given: Any) -> pd.DataFrame:
    path = work.programme.path(given.path)
    options = given.options()
    if "profile" in options and work.programme.path(options["profile"]).is_file():
        options["profile"] = work.programme.path(options["profile"])
    frame = read(path, table, **options)
    work.problems[name] = find_problems(frame, table)
    usable, set_aside = usable_rows(frame, table)
    _note_input(
        work, name, path, rows_in_file=frame.attrs.get("rows_in_file", len(frame)), rows_read=len(frame),
        rows_used=len(usable), rows_set_aside=len(set_aside), options=options,
    )  # fmt: skip
    for reason, count in set_aside["reason"].value_counts().items():
        work.notes.append(f"{name}: {count} rows set aside: {reason}.")
    return usable


def _note_input(work: _Work, name: str, path: Path, **more: Any) -> None:
    if not path.exists():
        raise DataError(f"There is no file '{path}' for the input '{name}'.")
    work.inputs.append({"name": name, "path": path.name, "sha256": _sha256(path), **more})


def _sha256(path: Path) -> str:
    """Return the hash of a file, or of all files of a folder (a File Geodatabase) in the order of their names."""
    digest = hashlib.sha256()
    for part in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if part.is_file():
            with part.open("rb") as file:
                for block in iter(lambda: file.read(1 << 20), b""):
                    digest.update(block)
    return digest.hexdigest()


def _registry(work: _Work) -> None:
    frames, programme = work.frames, work.programme
    as_of = pd.Timestamp(programme.programme.as_of)
    snapshots = [frames.pop(name) for name in [name for name in frames if name.startswith("areas_")]]
    parts = [conform(frames["events"], "events")] if "events" in frames else []
    crs = frames["events"].crs if "events" in frames else snapshots[0].crs
    if snapshots:
        together = pd.concat([conform(one, "areas") for one in snapshots], ignore_index=True)
        areas, _ = usable_rows(gpd.GeoDataFrame(together, geometry="geometry", crs=crs), "areas")
        parts.append(conform(events_from_areas(areas, as_of=as_of), "events"))
    events = gpd.GeoDataFrame(pd.concat(parts, ignore_index=True), geometry="geometry", crs=crs)
    if "admin_areas" in frames:
        events["admin_code"] = events["admin_code"].fillna(_unit_of(events, frames["admin_areas"]))
    frames["events"] = events
    frames["areas"] = status_on(events, as_of)
    frames["releases"] = releases_from(events, end=as_of)
    frames["conflicts"] = conflicts_on(events, as_of)
    _say_what_is_not_counted(work)
    if programme.balance is not None:
        period = {"start": programme.balance.start, "end": programme.balance.end}
        frames["balance"] = land_balance(events, by=programme.balance.by, **period)


def _unit_of(events: gpd.GeoDataFrame, admin_areas: gpd.GeoDataFrame) -> pd.Series:
    """Return for each event the unit that holds most of its area's land."""
    placed = events[events.geometry.notna()].drop_duplicates("area_id")
    parts = assign_admin(placed[["area_id", "geometry"]], admin_areas)
    largest = parts.dropna(subset="admin_code").drop_duplicates("area_id").set_index("area_id")["admin_code"]
    return events["area_id"].map(largest).astype("str")


def _say_what_is_not_counted(work: _Work) -> None:
    areas, conflicts = work.frames["areas"], work.frames["conflicts"]
    open_areas = areas[areas["status"] != "released"]
    no_polygon = int(open_areas["area_m2"].isna().sum())
    if no_polygon:
        work.notes.append(f"{no_polygon:,} hazardous areas have no polygon: they are in no area figure and on no map.")
    if len(conflicts):
        union = gpd.GeoSeries([shapely.union_all(conflicts.geometry.to_numpy())], crs=conflicts.crs)
        total = float(geodesic_area_m2(union)[0])
        work.notes.append(
            f"{total / 1e6:.2f} km2 ({total:,.0f} m2) are released by one record and held hazardous by another: "
            f"they count as hazardous."
        )
    undated = work.frames["releases"]["release_date"].isna()
    if undated.any():
        km2 = work.frames["releases"].loc[undated, "area_m2"].sum() / 1e6
        work.notes.append(f"{int(undated.sum()):,} releases ({km2:,.2f} km2) have no date: they are no year's flow.")


def _outcomes(work: _Work) -> None:
    frames, programme = work.frames, work.programme
    as_of, match = pd.Timestamp(programme.programme.as_of), programme.match
    releases = frames["releases"]
    if "projects" in frames:
        frames["project_links"] = match_projects(
            releases, frames["projects"], within_m=match.projects_within_m,
            months_before=match.months_before, months_after=match.months_after,
        )  # fmt: skip
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
        work.problems["follow_ups"] = pd.concat([work.problems["follow_ups"], told], ignore_index=True)
    frames["assessment"] = assess_use(
        releases, as_of=as_of, follow_ups=frames.get("follow_ups"), land_use=frames.get("land_use"),
        land_cover=frames.get("land_cover"), projects=frames.get("projects"),
        project_links=frames.get("project_links"), min_observed_share=match.min_observed_share,
    )  # fmt: skip
    groups = {
        "all": None,
        "admin_code": "admin_code",
        "release_type": "release_type",
        "release_year": "release_year",
    }
    frames["summaries"] = {name: use_summary(frames["assessment"], by=by) for name, by in groups.items()}


def _priority(work: _Work) -> None:
    frames, priority = work.frames, work.programme.priority
    if priority is None:
        return
    beside = work.programme.path(priority.scheme)
    scheme = read_scheme(beside if beside.suffix == ".toml" and beside.is_file() else priority.scheme)
    areas = frames["areas"]
    placed = areas[(areas["status"] != "released") & areas["area_m2"].notna()].reset_index(drop=True)
    layers = {name: frames[name] for name in ("population", "accidents", "needs", "land_use", "projects", "settlements",
                                              "roads", "admin_areas", "land_cover") if name in frames}  # fmt: skip
    table = criteria_table(placed, scheme, layers=layers, as_of=pd.Timestamp(work.programme.programme.as_of))
    frames["criteria"] = table
    frames["ranking"] = prioritise(table, scheme, missing=priority.missing)
    ranked = frames["ranking"].table
    frames["explanations"] = {area_id: explain(frames["ranking"], area_id) for area_id in ranked["area_id"].head(_TOP)}


def _write(work: _Work, out: Path, source: Path, say: Callable[[str], None]) -> Products:
    from landrelease import __version__
    from landrelease.maps import land_release_map, priority_map
    from landrelease.report import write_report

    frames, programme = work.frames, work.programme
    out.mkdir(parents=True, exist_ok=True)
    say("Writing tables")
    (out / "tables").mkdir(exist_ok=True)
    tables = _tables(work)
    for name, frame in tables.items():
        write_csv(frame, out / "tables" / f"{name}.csv")
    say("Writing landrelease.gpkg")
    _write_geopackage(tables, out / "landrelease.gpkg")
    say("Drawing the maps")
    admin, shown = (
        frames.get("admin_areas"),
        {"hazards": programme.map.hazards, "columns": programme.map.columns},
    )
    title = f"{programme.programme.name}, {programme.programme.as_of:%d %B %Y}"
    land_release_map(
        frames["areas"], releases=frames["assessment"], projects=frames.get("projects"), admin_areas=admin,
        title=title, **shown,
    ).save(out / "map.html")  # fmt: skip
    ranking = frames.get("ranking")
    if ranking is not None and programme.map.hazards == "exact":
        priority_map(frames["areas"], ranking, admin_areas=admin, columns=programme.map.columns, title=title).save(
            out / "priority_map.html"
        )
    say("Writing the report")
    parameters = programme.model_dump(mode="json", exclude={"inputs", "folder"}, exclude_none=True)
    report = write_report(
        out / "report.html", name=programme.programme.name, as_of=programme.programme.as_of,
        assessment=frames["assessment"], summaries=frames["summaries"], balance=frames.get("balance"),
        conflicts=frames["conflicts"], ranking=ranking, explanations=frames.get("explanations"),
        problems=work.problems, inputs=work.inputs, parameters=parameters, notes=work.notes, version=__version__,
    )  # fmt: skip
    rows = {name: len(frame) for name, frame in tables.items()}
    record = {
        "landrelease": __version__, "python": platform.python_version(), "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "programme": {"path": source.name, "sha256": _sha256(source)}, "inputs": work.inputs, "parameters": parameters,
        "rows_out": rows, "problems": {name: len(frame) for name, frame in work.problems.items()}, "notes": work.notes,
    }  # fmt: skip
    (out / "run.json").write_text(
        json.dumps(record, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8"
    )
    return Products(
        report, out / "map.html", out / "landrelease.gpkg", out / "tables", out / "run.json",
        out / "priority_map.html" if ranking is not None and programme.map.hazards == "exact" else None,
        _headline(frames["summaries"]["all"]),
    )  # fmt: skip


def _headline(total: pd.DataFrame) -> str:
    row = total.iloc[0]
    if pd.isna(row["productive_share_low"]):
        return "No released land has a known area."
    return (
        f"Of {row['released_m2'] / 1e6:,.2f} km2 released, at least {row['productive_share_low']:.0%} and at most "
        f"{row['productive_share_high']:.0%} is in productive use; nobody has looked at "
        f"{row['unknown_m2'] / row['released_m2']:.0%}."
    )


def _tables(work: _Work) -> dict[str, pd.DataFrame]:
    """Return the result tables by the name of their file; declared columns only, so that nothing private leaves."""
    frames = work.frames
    tables: dict[str, pd.DataFrame] = {
        "areas": frames["areas"], "releases": frames["assessment"], "conflicts": frames["conflicts"],
    }  # fmt: skip
    tables |= {f"use_by_{name}" if name != "all" else "use": one for name, one in frames["summaries"].items()}
    for name in ("balance", "project_links", "criteria"):
        if name in frames:
            tables[name] = frames[name]
    if "ranking" in frames:
        tables["ranking"] = frames["ranking"].table
        tables["contributions"] = frames["ranking"].contributions
    for name in ("projects", "admin_areas"):
        if name in frames:
            kept = conform(frames[name], name)
            tables[name] = gpd.GeoDataFrame(kept, geometry="geometry", crs=frames[name].crs)
    problems = [frame.assign(input=name) for name, frame in work.problems.items() if len(frame)]
    empty = pd.DataFrame(columns=[*PROBLEM_COLUMNS, "input"])
    tables["problems"] = pd.concat(problems, ignore_index=True) if problems else empty
    return tables


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table; text that a spreadsheet would take for a formula is marked as text."""
    plain = pd.DataFrame(frame.drop(columns="geometry", errors="ignore"))
    for name in plain.columns:
        if pd.api.types.is_string_dtype(plain[name].dtype):
            text = plain[name].astype("str")
            plain[name] = text.mask(text.str.match(r"^[=+\-@\t\r]").fillna(False), "'" + text)
    plain.to_csv(path, index=False, encoding="utf-8-sig", date_format="%Y-%m-%d", lineterminator="\n")


def _write_geopackage(tables: dict[str, pd.DataFrame], path: Path) -> None:
    path.unlink(missing_ok=True)
    for name, frame in tables.items():
        plain = frame.copy()
        for column in plain.columns:
            if plain[column].dtype == "Int64" or plain[column].dtype == "boolean":
                plain[column] = plain[column].astype("Int64")
        if not isinstance(plain, gpd.GeoDataFrame):
            plain = pd.DataFrame(plain)
        import pyogrio

        pyogrio.write_dataframe(plain, path, layer=name, driver="GPKG", append=path.exists(),
                                dataset_options={"VERSION": "1.2"} if not path.exists() else None)  # fmt: skip
