"""The programme file: which inputs there are, and every choice of the main job."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from landrelease.errors import ProgrammeError, nearest

__all__ = ["Input", "Programme", "RasterInput", "read_programme"]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Input(_Section):
    """A file that is read as a table: its path and the options of `read`."""

    path: str
    layer: str | None = None
    profile: str | None = None
    columns: dict[str, str | list[str]] | None = None
    codes: dict[str, dict[str, str]] | None = None
    values: dict[str, Any] | None = None
    where: dict[str, Any] | None = None
    dates: str | None = None
    decimal: Literal[".", ","] | None = None
    units: dict[str, str] | None = None
    encoding: str | None = None
    crs: str | int | None = None
    operation: str | None = None
    ids: Literal["column", "geometry", "row"] | None = None

    def options(self) -> dict[str, Any]:
        """Return what is set, as keyword arguments of `read`."""
        return {key: value for key, value in self.model_dump(exclude={"path"}).items() if value is not None}


class RasterInput(_Section):
    """A raster of a quantity."""

    path: str
    band: int = 1
    nodata: float | Literal["none"] | None = None


class LandCoverInput(_Section):
    """A raster of classes of a year, with its legend: a bundled name, a path, or class -> use."""

    path: str
    year: int
    legend: str | dict[int, str]


def _several(given: Any) -> Any:
    """[inputs.X] is one file, [[inputs.X]] are several: both are a list from here on."""
    return [given] if isinstance(given, dict) else given


Files = Annotated[list[Input], BeforeValidator(_several)]
Rasters = Annotated[list[LandCoverInput], BeforeValidator(_several)]


class Inputs(_Section):
    """All inputs, each one file or several: at least events or areas."""

    events: Files = Field(default_factory=list)
    areas: Files = Field(default_factory=list)
    follow_ups: Files = Field(default_factory=list)
    land_use: Files = Field(default_factory=list)
    land_cover: Rasters = Field(default_factory=list)
    projects: Files = Field(default_factory=list)
    admin_areas: Files = Field(default_factory=list)
    accidents: Files = Field(default_factory=list)
    population: RasterInput | None = None
    needs: Files = Field(default_factory=list)
    funding: Files = Field(default_factory=list)
    capacity: Files = Field(default_factory=list)
    costs: Files = Field(default_factory=list)
    settlements: Files = Field(default_factory=list)
    roads: Files = Field(default_factory=list)
    beneficiaries: Files = Field(default_factory=list)
    communities: Files = Field(default_factory=list)
    samples: Files = Field(default_factory=list)
    panel: Files = Field(default_factory=list)
    deflators: Files = Field(default_factory=list)


class About(_Section):
    """Name and day of the programme."""

    name: str
    as_of: date
    working_crs: str | int = "auto"


class Match(_Section):
    """How evidence and projects are matched."""

    projects_within_m: float = 1_000.0
    months_before: float = 12
    months_after: float = 60
    min_observed_share: float = 0.5


class Balance(_Section):
    """The period and the split of the account."""

    start: date
    end: date
    by: str | list[str] | None = None


Money = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Priority(_Section):
    """The scheme of the ranking, what a missing value means, how sure the weights are, and where the money ends."""

    scheme: str
    method: Literal["value", "topsis", "promethee"] = "value"
    missing: Literal["raise", "bounds", "worst", "best", "drop"] = "raise"
    weights: float | Literal["free"] | list[str] | dict[str, tuple[float, float]] | None = None
    top: Annotated[int, Field(ge=1, strict=True)] | None = None
    budget: Money | None = None

    @model_validator(mode="after")
    def _one_line(self) -> Priority:
        if self.top is not None and self.budget is not None:
            raise ValueError("give either top (how many areas are funded) or budget")
        return self


class Costs(_Section):
    """What an area costs by its size, where no file of costs says it."""

    usd_per_m2: Money
    usd_per_area: Money = 0.0


class Plan(_Section):
    """The money, teams and promises of a plan: the arguments of `plan_clearance`."""

    budget: Money | dict[int, Money]
    years: Annotated[int, Field(ge=1, strict=True)] = 1
    benefit: str = "score"
    capacity: Money | dict[str, Money | dict[int, Money]] | None = None
    capacity_in: str = "team_days"
    floors: dict[str, Money] | None = None
    must: list[str] | None = None
    never: list[str] | None = None
    packages: dict[str, Money] | None = None
    keep: str | None = None
    discount_rate: Money = 0.0
    gap: Money = 1e-3
    time_limit_s: Money = 120.0
    infeasible: Literal["raise", "relax"] = "raise"
    curve_count: Annotated[int, Field(ge=0, le=50, strict=True)] = 8


class Report(_Section):
    """How a monitoring report is made: horizons, the smallest number of people, what was measured, the prices."""

    horizons_months: list[Annotated[float, Field(gt=0, allow_inf_nan=False)]] = Field(
        default=[12, 24, 60], min_length=1
    )
    smallest: Annotated[int, Field(ge=3, strict=True)] = 10
    outcome: str = "outcome"
    buffer_m: Money | None = None
    near_m: Money = 100.0
    start: date | None = None
    edition: str = "generic"
    checklist: str = "generic"
    crosswalk: str = "generic"
    base_year: Annotated[int, Field(ge=1975, le=2100, strict=True)] | None = None
    domestic: list[str] | None = None
    phases: dict[str, tuple[int, int]] | None = None
    seed: Annotated[int, Field(ge=0, strict=True)] = 0


class Map(_Section):
    """What a map may show."""

    hazards: Literal["exact", "admin", "none"] = "exact"
    columns: list[str] | None = None


class Programme(_Section):
    """A programme file as read; `folder` is what its paths are relative to."""

    programme: About
    inputs: Inputs
    match: Match = Match()
    balance: Balance | None = None
    priority: Priority | None = None
    costs: Costs | None = None
    plan: Plan | None = None
    map: Map = Map()
    report: Report = Report()
    folder: Path = Path()

    def path(self, relative: str) -> Path:
        """Return the full path of an input."""
        return self.folder / relative

    def beside(self, name: str) -> str | Path:
        """Return the path of a TOML file that is named, else the name, of what is bundled."""
        return self.path(name) if name.endswith(".toml") else name


def read_programme(path: str | Path) -> Programme:
    """Read a programme file.

    Raises
    ------
    ProgrammeError
        No such file, no TOML, a key that is not known (with the nearest known one), a value of the wrong kind, or
        neither events nor areas.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "programme.toml"
    >>> _ = path.write_text('[programme]\\nname = "A"\\nas_off = 2025-12-31\\n[inputs.events]\\npath = "e.gpkg"\\n')
    >>> read_programme(path)
    Traceback (most recent call last):
    landrelease.errors.ProgrammeError: 'programme.toml' can not be used:
      programme.as_of: is missing
      programme.as_off: is not known; did you mean 'as_of'?
    """
    path = Path(path)
    if not path.is_file():
        siblings = [one.name for one in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        raise ProgrammeError(f"There is no programme file '{path}'{nearest(path.name, siblings)}")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProgrammeError(f"'{path.name}' is no TOML: {error}") from None
    if "folder" in content:
        raise ProgrammeError(f"'{path.name}': folder is not known: paths are relative to the programme file")
    try:
        programme = Programme(**content, folder=path.parent)
    except ValidationError as error:
        lines = list(dict.fromkeys(_line(one) for one in error.errors()))
        raise ProgrammeError(f"'{path.name}' can not be used:\n" + "\n".join(lines)) from None
    if not programme.inputs.events and not programme.inputs.areas:
        raise ProgrammeError(f"'{path.name}' names no hazard records. Fix: add [inputs.events] or [[inputs.areas]].")
    if programme.programme.as_of > date.today():
        raise ProgrammeError(f"'{path.name}': programme.as_of is {programme.programme.as_of}, a day in the future.")
    return programme


_KIND = re.compile(r"(constrained-|nullable\[|dict\[|list\[|literal\[|\[key\]$|float$|int$|str$)")


def _line(error: Any) -> str:
    # where a value may be of several kinds, the kind that was tried stands in the place: no word for a reader
    place = ".".join(str(part) for part in error["loc"] if not _KIND.match(str(part)))
    if error["type"] == "missing":
        return f"  {place}: is missing"
    if error["type"] == "extra_forbidden":
        known = _known_keys(error["loc"][:-1])
        return f"  {place}: is not known{nearest(str(error['loc'][-1]), known)}"
    if error["type"] == "value_error":
        return f"  {place}: {error['ctx']['error']}"
    return f"  {place}: {error['msg']}; got {error['input']!r}"


def _known_keys(place: tuple[Any, ...]) -> list[str]:
    """Return the keys that are known where an unknown one stands."""
    model: Any = Programme
    for part in place:
        if isinstance(part, int) or not hasattr(model, "model_fields") or part not in model.model_fields:
            continue
        annotation = model.model_fields[part].annotation
        for one in (annotation, *getattr(annotation, "__args__", ())):
            if isinstance(one, type) and issubclass(one, BaseModel):
                model = one
    return [key for key in model.model_fields if key != "folder"]
