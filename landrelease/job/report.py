"""A monitoring report of one kind for a national authority, as a page, a workbook and a text document."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from landrelease.errors import OptionError, check_option
from landrelease.job.folding import fold_records
from landrelease.job.inputs import Work, read_inputs, warnings_noted
from landrelease.job.programme import Inputs, Programme, read_programme
from landrelease.maps.words import Language

if TYPE_CHECKING:
    from landrelease.report.document import Document

__all__ = ["ReportProducts", "report_programme"]

Kind = Literal["outcomes", "coordination", "donor"]
KINDS = ("outcomes", "coordination", "donor")
FORMATS = ("html", "xlsx", "docx")
_TITLES = {
    "outcomes": "Monitoring report: outcomes of land release",
    "coordination": "Monitoring report: coordination",
    "donor": "Monitoring report: funding and results",
}


@dataclass(frozen=True)
class ReportProducts:
    """What `report_programme` wrote: the files, what could not be known, and the notes."""

    kind: str
    files: tuple[Path, ...]
    not_known: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def report_programme(
    programme: str | Path,
    *,
    out: str | Path,
    kind: Kind,
    formats: Sequence[str] = FORMATS,
    progress: Callable[[str], None] | None = None,
    language: Language = "en",
) -> ReportProducts:
    """Write a monitoring report of one kind: every figure with its n, missing share, method and caveats.

    Parameters
    ----------
    programme : str or Path
        A programme file (TOML). Of its inputs, those are read that the kind needs.
    out : str or Path
        Folder of the report; made if needed. A report of the same kind and form is replaced.
    kind : {'outcomes', 'coordination', 'donor'}
        What the land is used for, and by whom; who works where, and where nobody does; what was paid, and what for.
    formats : sequence of {'html', 'xlsx', 'docx'}
        The forms that are written.
    progress : callable, optional
        Called with a few words before each step.
    language : {'en', 'ar', 'es', 'fr', 'km', 'lo', 'pt', 'uk'}
        Language of the report. Tables, ids and codes stay as they are; the notes say which form has texts that the
        catalogue lacks.

    Returns
    -------
    ReportProducts
        The files, named after the kind, and what could not be known.

    Raises
    ------
    ProgrammeError, DataError, CRSError
        The programme file or an input can not be used.
    OptionError
        A kind or a form that is not known; a choice of [report] that can not be meant.

    Examples
    --------
    >>> import tempfile
    >>> import geopandas as gpd, pandas as pd, shapely
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
    >>> found = report_programme(programme, out=folder / "out", kind="coordination")
    >>> [path.name for path in found.files]
    ['coordination.html', 'coordination.xlsx', 'coordination.docx']
    >>> found.not_known
    ('Coordination: no project was given. Add [inputs.projects], as a table or as IATI XML.',)
    >>> report_programme(programme, out=folder / "out", kind="outcome")
    Traceback (most recent call last):
    landrelease.errors.OptionError: kind must be one of outcomes, coordination, donor; got 'outcome'...
    """
    check_option("kind", kind, KINDS)
    asked = [formats] if isinstance(formats, str) else list(dict.fromkeys(formats))
    if not asked:
        raise OptionError(f"formats must name one or more of {', '.join(FORMATS)}")
    for one in asked:
        check_option("formats", one, FORMATS)
    say = progress or (lambda step: None)
    # each kind is a module of this room: which inputs it reads, and its sections
    module = import_module(f"landrelease.job.{kind}")
    read = read_programme(programme)
    work = Work(_with_inputs(read, module.inputs_of(read)), each=_at_once, language=language)
    with warnings_noted(work):
        read_inputs(work, say)
        work.notes += work.doubts
        say("Folding events into areas and releases")
        fold_records(work)
        found = module.sections_of(work, say)
    document = _document(work, kind, found)
    say("Writing the report")
    with warnings_noted(work):
        files = tuple(_written(document, one, Path(out) / f"{kind}.{one}", language) for one in asked)
    gaps = tuple(
        f"{' / '.join(name for name in (section.title, part.title) if name)}: {part.gap}"
        for section, part in document.parts if part.gap
    )  # fmt: skip
    return ReportProducts(kind, files, gaps, tuple(work.notes))


def _with_inputs(programme: Programme, needed: Sequence[str]) -> Programme:
    """Return the programme with only the inputs that the report needs."""
    kept = {name: getattr(programme.inputs, name) for name in Inputs.model_fields if name in needed}
    return programme.model_copy(update={"inputs": Inputs.model_construct(**kept), "balance": None})


def _at_once(
    name: str, function: Callable[..., Any], areas: Any, layers: dict[str, Any], options: dict[str, Any]
) -> Any:
    return function(areas, **layers, **options)


def _document(work: Work, kind: Kind, sections: Any) -> Document:
    from landrelease import __version__
    from landrelease.report.document import Document

    programme = work.programme
    parameters = programme.model_dump(mode="json", include={"programme", "match", "report"}, exclude_none=True)
    return Document(
        _TITLES[kind], programme.programme.name, programme.programme.as_of, tuple(sections), tuple(work.inputs),
        parameters, tuple(work.notes), __version__,
    )  # fmt: skip


def _written(document: Document, form: str, path: Path, language: Language) -> Path:
    from landrelease.report.document import write_docx, write_html, write_xlsx

    return {"html": write_html, "xlsx": write_xlsx, "docx": write_docx}[form](document, path, language=language)
