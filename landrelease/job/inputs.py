"""The inputs of a programme: read, checked, brought to one CRS, and every doubt noted for the report."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd

from landrelease.cells import counted
from landrelease.errors import DataError, DataWarning, check_option
from landrelease.geometry import to_crs
from landrelease.job.programme import Programme
from landrelease.maps.words import LANGUAGES, Language
from landrelease.match.legends import LandCover
from landrelease.match.raster import Quantity
from landrelease.read import read
from landrelease.rules import PROBLEM_COLUMNS, RULES, find_problems, usable_rows
from landrelease.tables import TABLES, conform

__all__ = ["Each", "Work", "kept_apart", "read_inputs", "sha256_of", "warnings_noted"]

_TABLES = ("events", "areas", "follow_ups", "land_use", "projects", "admin_areas", "accidents", "needs", "funding",
           "capacity", "costs", "settlements", "roads", "beneficiaries", "communities", "samples", "panel",
           "deflators")  # fmt: skip


Each: TypeAlias = Callable[[str, Callable[..., Any], Any, dict[str, Any], dict[str, Any]], Any]
"""Runs a function on areas: name of the step, function, areas, the layers that may be cut, the other arguments."""


@dataclass
class Work:
    """What a run has read and found so far, what runs its matching, and the language of its pages.

    `doubts` say in words what `problems` hold, for products that do not list them.
    """

    programme: Programme
    each: Each
    language: Language = "en"
    frames: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, pd.DataFrame] = field(default_factory=dict)
    inputs: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        check_option("language", self.language, LANGUAGES)


@contextmanager
def warnings_noted(work: Work) -> Iterator[None]:
    """Put what is warned of into the notes."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        warnings.simplefilter("always", DataWarning)
        yield
    work.notes += sorted({str(one.message) for one in caught if issubclass(one.category, DataWarning)})


def read_inputs(work: Work, say: Callable[[str], None]) -> None:
    """Read every input that the programme names into `work.frames`, in one CRS."""
    inputs, crs = work.programme.inputs, work.programme.programme.working_crs
    for table in _TABLES:
        files = getattr(inputs, table)
        parts = []
        for i, given in enumerate(files):
            what = table.replace("_", " ")
            say(f"Reading {what}" + (f" ({i + 1} of {len(files)})" if len(files) > 1 else ""))
            part = _read_one(work, table if len(files) == 1 else f"{table} {given.path}", table, given)
            if isinstance(part, gpd.GeoDataFrame):
                crs = part.crs if crs == "auto" else crs
                part = to_crs(part, crs, what)
            parts.append(part)
        if parts:
            work.frames[table] = _together(work, parts, table)
    for cover in inputs.land_cover:
        path = work.programme.path(cover.path)
        _note_input(work, f"land cover {cover.year}", path, note=f"legend {cover.legend}")
        work.frames.setdefault("land_cover", []).append(
            LandCover(path, cover.year, _legend(work.programme, cover.legend))
        )
    if inputs.population is not None:
        given = inputs.population
        work.frames["population"] = Quantity(work.programme.path(given.path), band=given.band, nodata=given.nodata)
        _note_input(work, "population", work.programme.path(given.path), options=given.model_dump(exclude={"path"}))


def _together(work: Work, parts: list[pd.DataFrame], table: str) -> pd.DataFrame:
    """Return the rows of several files as one table; ids that a later file repeats are told and kept apart."""
    if len(parts) == 1:
        return parts[0]
    apart: list[pd.DataFrame] = []
    for part in parts:
        taken = pd.concat([one[TABLES[table].id] for one in apart]) if apart else pd.Series([], dtype="str")
        apart.append(kept_apart(work, conform(part, table), table, taken, "another file"))
    both: pd.DataFrame = pd.concat(apart, ignore_index=True)
    is_placed = isinstance(parts[0], gpd.GeoDataFrame)
    return gpd.GeoDataFrame(both, geometry="geometry", crs=parts[0].crs) if is_placed else both


def kept_apart(work: Work, frame: pd.DataFrame, table: str, taken: pd.Series, where: str) -> pd.DataFrame:
    """Return the rows with ids of their own where theirs are taken: two records are not one because ids agree."""
    key = TABLES[table].id
    ids = frame[key].astype("str")
    is_taken = ids.isin(set(taken.astype("str"))).to_numpy()
    if not is_taken.any():
        return frame
    told = pd.DataFrame(
        {"row": np.flatnonzero(is_taken), "id": ids[is_taken], "column": key, "rule": "R2", "value": ids[is_taken],
         "message": f"the same id stands in {where}: kept apart under a new one"},
        columns=PROBLEM_COLUMNS,
    )  # fmt: skip
    name = f"{table}, together"
    work.problems[name] = pd.concat([work.problems.get(name, told.iloc[:0]), told], ignore_index=True)
    work.notes.append(f"{counted(int(is_taken.sum()), 'id', 'ids')} of {table} also in {where}: kept apart (ID~2).")
    others = set(taken.astype("str")) | set(ids)
    renamed = []
    for one in ids[is_taken]:
        number = 2
        while f"{one}~{number}" in others:
            number += 1
        renamed.append(f"{one}~{number}")
        others.add(renamed[-1])
    return frame.assign(**{key: ids.mask(is_taken, pd.Series(renamed, index=ids.index[is_taken]))})


def _legend(programme: Programme, legend: Any) -> Any:
    """A legend given as a path is relative to the programme file."""
    beside = programme.path(legend) if isinstance(legend, str) else None
    return beside if beside is not None and beside.suffix == ".toml" else legend


def _read_one(work: Work, name: str, table: str, given: Any) -> pd.DataFrame:
    path = work.programme.path(given.path)
    options = given.options()
    if "profile" in options and work.programme.path(options["profile"]).is_file():
        options["profile"] = work.programme.path(options["profile"])
    frame = read(path, table, **options)
    work.problems[name] = find_problems(frame, table)
    usable, set_aside = usable_rows(frame, table, problems=work.problems[name])
    _note_input(
        work, name, path, rows_in_file=frame.attrs.get("rows_in_file", len(frame)), rows_read=len(frame),
        rows_used=len(usable), rows_set_aside=len(set_aside), options=options,
    )  # fmt: skip
    for reason, count in set_aside["reason"].value_counts().items():
        rows = counted(count, "row was", "rows were")
        work.notes.append(f"{name.replace('_', ' ')}: {rows} set aside: {reason}.")
    work.doubts += _doubts(path.name, table, work.problems[name], set_aside["reason"])
    classless = int(usable["hazard_class"].isna().sum()) if table == "areas" else 0
    if classless:
        work.notes.append(f"{name}: {counted(classless, 'area has', 'areas have')} no hazard class: shown as SHA.")
    told = work.problems[name]
    untyped = int((told["rule"].eq("R14") & told["column"].eq("release_type")).sum())
    if untyped:
        are = counted(untyped, "area is", "areas are")
        work.notes.append(f"{name}: {are} said to be released, but not how: still counted as hazardous.")
    return usable


_TOLD = [number for number, rule in RULES.items() if rule.is_must] + ["R13", "R14", "R15"]


def _doubts(file: str, table: str, problems: pd.DataFrame, reasons: pd.Series) -> list[str]:
    """Say which cells of a file count as missing, and which rows are odd; rows that were set aside are told already."""
    found = problems[problems["rule"].isin(_TOLD) & (problems["row"] >= 0)]
    said = []
    for (rule, column), rows in found.groupby(["rule", "column"], sort=True):
        count = rows["row"].nunique() - int(reasons.str.match(rf"R\d+ {column} ").sum())
        if count > 0:
            is_must = RULES[str(rule)].is_must
            effect = "" if not is_must else ": kept under a new one" if rule == "R2" else ": the cell counts as missing"
            told = f"{column} {RULES[str(rule)].text} ({rule}){effect}"
            said.append(f"{file}: {counted(count, 'row', 'rows')}: {told}.")
    if said:
        said[-1] += f" Fix: landrelease check {file} {table} lists them."
    return said


def _note_input(work: Work, name: str, path: Path, **more: Any) -> None:
    if not path.exists():
        raise DataError(f"There is no file '{path}' for the input '{name}'.")
    work.inputs.append({"name": name, "path": path.name, "sha256": sha256_of(path), **more})


def sha256_of(path: Path) -> str:
    """Return the hash of a file, or of all files of a folder (a File Geodatabase) in the order of their names."""
    digest = hashlib.sha256()
    for part in sorted(path.rglob("*")) if path.is_dir() else [path]:
        if part.is_file():
            with part.open("rb") as file:
                for block in iter(lambda: file.read(1 << 20), b""):
                    digest.update(block)
    return digest.hexdigest()
