"""The document for one site: two pages for those who plan to build, plant or live there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from landrelease.errors import OptionError
from landrelease.registry.site import SiteCheck
from landrelease.registry.site_words import CAUTION, findings_of, gaps_of, say_found, say_period, say_where
from landrelease.report.files import put_csv
from landrelease.report.frames import Column, Table
from landrelease.report.language import ENGLISH
from landrelease.report.page import page_path, template, write_page
from landrelease.report.site.picture import NUMBERED, site_legend, site_picture
from landrelease.report.words import is_missing, say_day

__all__ = ["write_site_report"]

_ANSWERS = {
    "recorded_hazard": "Recorded hazard",
    "released_with_history": "No hazard on record now, with a history",
    "no_record": "No record",
}
_LISTS = {
    "hazards": "Hazardous land",
    "releases": "Releases",
    "accidents": "Accidents",
    "other": "Other records",
    "conflicts": "Records that disagree",
    "quarantined": "Records that were not taken",
}
_CLASSES = {"CHA": "confirmed (CHA)", "SHA": "suspected (SHA)"}
_STATUSES = {"open": "open", "in_progress": "part released", "suspended": "work suspended"}
_MOST = {"hazards": NUMBERED, "releases": 10, "accidents": 4, "other": 5, "conflicts": 3, "quarantined": 4}
"""Rows of each list on the page; the CSV beside it has them all."""


def write_site_report(
    check: SiteCheck,
    path: str | Path,
    *,
    title: str = "Site check",
    inputs: Sequence[Mapping[str, Any]] | None = None,
    version: str = "",
) -> Path:
    """Write the answer for a site as one HTML page without scripts that opens offline and prints on two A4 pages.

    Parameters
    ----------
    check : SiteCheck
        What `check_site` returns.
    path : str or Path
        The file to write; its folder is made where there is none, an older file is replaced. Beside it goes a CSV of
        the same name with every record: the page shortens long lists, and says so.
    title : str
        What the site is called.
    inputs : sequence of mappings, optional
        One an input: name, path, sha256.
    version : str
        Version of landrelease that made the answer.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    OptionError
        `path` is a folder or a CSV.

    Notes
    -----
    The page shows land that is not released: it is for internal use, and says so. It shows no person and no donor.

    Examples
    --------
    >>> import tempfile, geopandas as gpd, shapely
    >>> from landrelease.registry.site import check_site
    >>> events = gpd.GeoDataFrame({"event_id": ["1"], "area_id": ["A"], "event": ["confirmed"],
    ...     "event_date": pd.to_datetime(["2020-01-01"])}, geometry=[shapely.box(5e5, 0, 5e5 + 100, 100)], crs=32630)
    >>> road = gpd.GeoSeries([shapely.LineString([(5e5 + 20, 50), (5e5 + 220, 50)])], crs=32630)
    >>> check = check_site(events, road, buffer_m=100, as_of="2025-12-31")
    >>> page = write_site_report(check, Path(tempfile.mkdtemp()) / "road.html", title="Road 7")
    >>> text = page.read_text(encoding="utf-8")
    >>> "Hazardous land is recorded on this site" in text, "For internal use" in text
    (True, True)
    >>> page.with_suffix(".csv").exists()
    True

    Where nothing is recorded it says that this is no evidence:

    >>> check = check_site(events.iloc[:0], road, buffer_m=100, as_of="2025-12-31")
    >>> page = write_site_report(check, page)
    >>> "No record is not evidence of no contamination" in page.read_text(encoding="utf-8")
    True
    """
    target = page_path(path)
    records = target.with_suffix(".csv")
    if records == target:
        raise OptionError(f"path must be a page such as site.html; {target.name} is where its records go.")
    tables = {name: _table(check, name, records.name) for name in _LISTS if len(getattr(check, name))}
    says = findings_of(check)
    page = template("site.html", ENGLISH).render(
        title=title,
        answer=_ANSWERS[check.answer_code],
        code=check.answer_code,
        headline=says[0],
        findings=says[1:],
        caution=CAUTION,
        day=say_day(check.as_of.date()),
        buffer=f"{check.buffer_m:,.0f}",
        picture_of=site_picture(check, f"Drawing of the site and of what is recorded within reach. {says[0]}"),
        legend=site_legend(check),
        tables=tables,
        absent=[label for name, label in _LISTS.items() if name not in tables],
        gaps=list(gaps_of(check)),
        head=check.head,
        inputs=list(inputs or []),
        records=records.name,
        made=say_day(pd.Timestamp.now().date()),
        version=version,
    )
    write_page(page, target, ENGLISH)
    put_csv(records, _all_records(check))
    return target


def _all_records(check: SiteCheck) -> pd.DataFrame:
    """Return every record of every list, one a row."""
    frames = [pd.DataFrame(getattr(check, name).drop(columns="geometry")).astype(object) for name in _LISTS]
    marked = [frame.assign(list=name) for name, frame in zip(_LISTS, frames, strict=True)]
    together = pd.concat(marked, ignore_index=True)
    return together[["list", *(name for name in together if name != "list")]]


def _table(check: SiteCheck, name: str, records: str) -> Table:
    """Return a list as a table of the page, shortened where it is long."""
    frame = getattr(check, name)
    columns, row_of = _FORMS[name]
    caption = f"{_LISTS[name]}: {len(frame):,}"
    if len(frame) > _MOST[name]:
        caption = f"{_LISTS[name]}: the nearest {_MOST[name]} of {len(frame):,}; all are in {records}"
    return Table(caption, columns, [row_of(row) for row in frame.head(_MOST[name]).itertuples()])


def _text(value: Any) -> str:
    return "" if is_missing(value) else str(value)


def _hazard(row: Any) -> list[Any]:
    words = (_CLASSES.get(_text(row.hazard_class), _text(row.hazard_class)), _STATUSES.get(_text(row.status), ""))
    kind = ", ".join(word for word in words if word)
    size = "" if row.is_located else "; size not known"
    first = say_period(row.survey_date, row.date_precision)
    what = row.contamination_code
    return [row.Index + 1, row.area_id, kind, what, first, say_where(row) + size, row.accuracy_m, row.operator]


def _release(row: Any) -> list[Any]:
    how = _text(row.release_type)
    if how == "cleared":
        how += " to a depth not recorded" if pd.isna(row.depth_m) else f" to {row.depth_m:g} m"
    how += f", {row.method_code}" if _text(row.method_code) else ""
    note = [_text(row.note)] if _text(row.note) else []
    note += [f"opened again as {row.reopened_by_ids}"] if _text(row.reopened_by_ids) else []
    note += ["another record holds land of it hazardous"] if row.conflict_m2 > 0 else []
    when = say_period(row.release_date, row.date_precision)
    found = say_found(row._asdict())
    where = say_where(row)
    return [row.release_id, row.area_id, how, when, row.operator, found, where, row.accuracy_m, "; ".join(note)]


def _record(row: Any) -> list[Any]:
    when = say_period(row.event_date, row.date_precision)
    alert = "ALERT: " if row.is_alert else ""
    return [row.event_id, row.area_id, row.event.replace("_", " "), when, row.operator, say_where(row),
            alert + _text(row.note)]  # fmt: skip


def _conflict(row: Any) -> list[Any]:
    return [row.area_id, row.release_id, row.other_area_id, say_where(row)]


def _set_aside(row: Any) -> list[Any]:
    return [row.event_id, row.area_id, row.event, row.source, row.reason, row.distance_m]


_RECORD = [
    Column("Record"), Column("Area"), Column("What"), Column("When", "code"), Column("By"), Column("Where"),
    Column("Note"),
]  # fmt: skip
_FORMS: dict[str, tuple[list[Column], Any]] = {
    "hazards": (
        [Column("No.", "count"), Column("Area"), Column("What"), Column("Ordnance"), Column("First recorded", "code"),
         Column("Where"), Column("Accuracy (m)", "number"), Column("Worked on by")],
        _hazard,
    ),
    "releases": (
        [Column("Release"), Column("Area"), Column("How"), Column("When", "code"), Column("By"), Column("Found"),
         Column("Where"), Column("Accuracy (m)", "number"), Column("Note")],
        _release,
    ),
    "accidents": (_RECORD, _record),
    "other": (_RECORD, _record),
    "conflicts": (
        [Column("Released"), Column("By release"), Column("Hazardous by"), Column("Where")],
        _conflict,
    ),
    "quarantined": (
        [Column("Record"), Column("Area"), Column("What"), Column("Source"), Column("Not taken because"),
         Column("Distance (m)", "number")],
        _set_aside,
    ),
}  # fmt: skip
