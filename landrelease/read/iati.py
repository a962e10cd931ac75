"""IATI activity XML, versions 1.0x and 2.0x, as the table `projects`: one row a place of an activity."""

from __future__ import annotations

import math
import os
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.parsers import expat

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from landrelease.errors import DataError
from landrelease.read.iati_parts import code_or_text, relations_of, sectors_of, words
from landrelease.read.iati_place import number, place_of
from landrelease.rules import add_findings, finding
from landrelease.tables import DTYPES, TABLES

__all__ = ["read_iati"]

Element = Any
Finding = list[str]

_STATUS = {
    "1": "pipeline", "pipeline": "pipeline", "pipeline/identification": "pipeline",
    "2": "implementation", "implementation": "implementation",
    "3": "finalisation", "finalisation": "finalisation", "completion": "finalisation",
    "4": "closed", "closed": "closed", "post-completion": "closed",
    "5": "cancelled", "cancelled": "cancelled",
    "6": "suspended", "suspended": "suspended",
}  # fmt: skip
_START = (("2", "start-actual"), ("start",), ("1", "start-planned"))
_END = (("4", "end-actual"), ("end", "completion"), ("3", "end-planned"))
_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ].*|Z|[+-]\d{2}:\d{2})?", re.ASCII)
_COMMITMENT = ("2", "c", "commitment")
_REVISED = ("2", "revised")
_CHUNK = 256
"""Bytes that the scan for a DOCTYPE takes first, then twice as many: expat works on to the end of what it was given,
and goes through an element that is not complete from its start each time."""


def read_iati(path: str | os.PathLike[str]) -> gpd.GeoDataFrame:
    """Read the activities of an IATI file as the table `projects`, one row a place.

    Parameters
    ----------
    path : path
        An XML file of IATI activities, version 1.01 to 1.05 or 2.01 to 2.03, or one bare `iati-activity`.

    Returns
    -------
    GeoDataFrame
        The columns of `describe("projects")` in EPSG:4326. An activity without a place is one row without a
        geometry. `location_id` is the activity's identifier and the number of the place in it.
        `source_row` is the position of the activity in the file, the first is 1. What could not be read
        stands in `read_findings` of every row that it concerns.

    Raises
    ------
    DataError
        The file can not be opened, is no well-formed XML, has a document type declaration, or no activity.

    Notes
    -----
    `is_point` is true only of exactness 1 and location class 2, 3 or 4; without a class, of the older
    precision 1. Publishers give exactness 1 to the centroid of a province or a country too: only the class
    tells, and `read_findings` names such places.

    `budget_usd` is of the whole activity, so that it repeats in each of its rows: take it once an activity.
    It is the sum of the commitments where all of them are in US dollars, else of the budgets, where a revised
    one replaces the original of its period. Other currencies are never converted: the cell is missing.

    `sector_code` is the DAC sector (five digits before three) with the largest percentage; of equal ones the
    first. Several without any percentage leave it missing. `sectors` holds all of that vocabulary with their
    percentages as stated; a sum that is not 100 is told, and `sector_shares` rebases it.

    `related_ids` names other activities by what they are to this one: `same` (related-activity 4 and 5; an other
    identifier of the activity), `funded_by` and `funds` (provider and receiver activities of its transactions),
    `part_of` and `has_part` (related-activity 1 and 2).

    No entity, external reference or XInclude is followed; a file with a DOCTYPE is refused: IATI has none.

    References
    ----------
    IATI Standard 1.05 and 2.03, activity standard: location, transaction, budget, sector.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "activities.xml"
    >>> _ = path.write_text('''<iati-activities version="2.03">
    ... <iati-activity><iati-identifier>XX-1</iati-identifier>
    ...   <location><point><pos>7.5 80.2</pos></point>
    ...     <exactness code="1"/><location-class code="2"/></location>
    ...   <location><point><pos>7.0 81.0</pos></point>
    ...     <exactness code="1"/><location-class code="1"/></location>
    ... </iati-activity>
    ... <iati-activity><iati-identifier>XX-2</iati-identifier></iati-activity>
    ... </iati-activities>''')
    >>> read_iati(path)[["location_id", "is_point", "geometry"]].values.tolist()
    [['XX-1/1', True, <POINT (80.2 7.5)>], ['XX-1/2', False, <POINT (81 7)>], ['XX-2', False, None]]
    >>> _ = path.write_text("<iati-activities/>")
    >>> read_iati(path)
    Traceback (most recent call last):
    landrelease.errors.DataError: 'activities.xml' holds no iati-activity, so it has no projects.
      Fix: give an IATI activity file (root element iati-activities), or a table of projects.
    """
    path = Path(path)
    activities = list(_root(path).iter("iati-activity"))
    if not activities:
        raise DataError(
            f"'{path.name}' holds no iati-activity, so it has no projects.\n"
            f"  Fix: give an IATI activity file (root element iati-activities), or a table of projects."
        )
    owners: Counter[str] = Counter()
    places: Counter[str] = Counter()
    rows: list[dict[str, Any]] = []
    for position, activity in enumerate(activities, start=1):
        rows.extend(_activity_rows(activity, position, path, owners))
    for row in rows:
        row["location_id"] = _apart(row["location_id"], places)
    return _frame(rows)


def _root(path: Path) -> Element:
    """Parse the file without following anything that it refers to."""
    from lxml import etree

    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"'{path}' can not be opened: {error.strerror}.\n  Fix: check the path.") from None
    _refuse_doctype(content, path.name)
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False,
        attribute_defaults=False, huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise DataError(
            f"'{path.name}' is no well-formed XML, so none of it was read: {getattr(error, 'msg', error)}.\n"
            f"  Fix: get the file again from its publisher (it may be cut short), or mend that line."
        ) from None
    # a second look, for an encoding that the first scan did not know
    document: Any = root.getroottree().docinfo
    if document.doctype or document.internalDTD is not None:
        raise _doctype_error(path.name)
    return root


def _refuse_doctype(content: bytes, name: str) -> None:
    """Raise DataError if a document type declaration stands before the root, without reading into it."""

    def refuse(*_: object) -> None:
        raise _doctype_error(name)

    def stop(*_: object) -> None:
        raise StopIteration

    scan = expat.ParserCreate()
    scan.StartDoctypeDeclHandler = refuse
    scan.StartElementHandler = stop
    begin, end = 0, _CHUNK
    try:
        while begin < len(content):
            scan.Parse(content[begin:end], False)
            begin, end = end, 2 * end
    except DataError:
        raise
    except (StopIteration, expat.ExpatError, ValueError):
        return  # the root was reached, or what follows is told by the parser


def _doctype_error(name: str) -> DataError:
    return DataError(
        f"'{name}' has a document type declaration (DOCTYPE), through which a file can make a reader open\n"
        f"  other files or fill its memory; IATI files have none. Nothing of it was read.\n"
        f"  Fix: remove the declaration and the entities it declares, if you trust the file."
    )


def _activity_rows(activity: Element, position: int, path: Path, owners: Counter[str]) -> list[dict[str, Any]]:
    """Return the rows of one activity: one a place, or one without a place."""
    notes: list[Finding] = []
    said = words([activity.find("iati-identifier")])
    project_id = said or f"{path.stem}/{position}"
    if not said:
        notes.append(finding("R13", "project_id", "", "no iati-identifier: named by its position in the file"))
    owner = _apart(project_id, owners)
    if owner != project_id:
        message = "an earlier activity of the file has the same identifier: its places are numbered apart"
        notes.append(finding("R13", "project_id", project_id, message))
    common = {
        "project_id": project_id,
        "title": words(activity.findall("title")),
        **sectors_of(activity, notes),
        "status": _status(activity),
        "start_date": _date(activity, _START, "start_date", notes),
        "end_date": _date(activity, _END, "end_date", notes),
        "budget_usd": _budget_usd(activity, notes),
        "funder": _organisations(activity, ("1", "funding")),
        "implementer": _organisations(activity, ("4", "implementing")),
        **relations_of(activity, project_id),
        "source_id": said or f"{path.name}#{position}",
        "source_row": position,
    }
    places = activity.findall("location")
    if not places:
        return [{**common, "location_id": owner, "is_point": False, "notes": notes}]
    rows = []
    for i, place in enumerate(places, start=1):
        of_place = list(notes)
        name = words(place.findall("name"))
        own = {"location_id": f"{owner}/{i}", "location_name": name, **place_of(place, of_place)}
        rows.append({**common, **own, "notes": of_place})
    return rows


def _apart(name: str, taken: Counter[str]) -> str:
    """Return the name, or with a number where it is taken, also in other letters (`XX-1~2`)."""
    key, one = name.casefold(), name
    while taken[one.casefold()]:
        taken[key] += 1
        one = f"{name}~{taken[key]}"
    taken[one.casefold()] += 1
    return one


def _status(activity: Element) -> str | None:
    """Return our code of the state; one that is not known keeps its text, and is a problem (R4)."""
    said = code_or_text(activity.find("activity-status"))
    return _STATUS.get(said.casefold(), said) if said else None


def _date(
    activity: Element, kinds: tuple[tuple[str, ...], ...], column: str, notes: list[Finding]
) -> pd.Timestamp | None:
    """Return the first readable date of the first kind that has one: actual before planned."""
    dates = activity.findall("activity-date")
    for names in kinds:
        for one in dates:
            if (one.get("type") or "").strip().casefold() not in names:
                continue
            text = (one.get("iso-date") or one.text or "").strip()
            match = _DATE.fullmatch(text)
            with suppress(ValueError):  # a day that no calendar has
                if match:
                    return pd.Timestamp(match[1])
            if text:
                notes.append(finding("R3", column, text, f"is no date (activity-date type {one.get('type')})"))
    return None


def _organisations(activity: Element, roles: tuple[str, ...]) -> str | None:
    """Return the names of the organisations in a role, joined; the reference of one that has no name."""
    found = [one for one in activity.findall("participating-org") if (one.get("role") or "").casefold() in roles]
    names = [words([one]) or (one.get("ref") or "").strip() for one in found]
    return "; ".join(dict.fromkeys(name for name in names if name)) or None


def _budget_usd(activity: Element, notes: list[Finding]) -> float | None:
    """Return the commitments in US dollars, else the budgets; missing where a part is unknown. [USD]"""
    commitments = [
        one
        for one in activity.findall("transaction")
        if (code_or_text(one.find("transaction-type")) or "").casefold() in _COMMITMENT
    ]
    default = activity.get("default-currency") or ""
    why: list[Finding] = []
    for parts in (commitments, _budgets(activity)):
        values = [part.find("value") for part in parts]
        if not values:
            continue
        currencies = {
            ((None if value is None else value.get("currency")) or default).strip().upper() or "no currency"
            for value in values
        }
        if currencies != {"USD"}:
            message = "money that is not in US dollars is never converted: missing"
            why.append(finding("R14", "budget_usd", ", ".join(sorted(currencies)), message))
            continue
        texts = ["" if value is None else (value.text or "").strip() for value in values]
        amounts = [number(text) for text in texts]
        known = [amount for amount in amounts if amount is not None]
        if len(known) == len(amounts):
            return math.fsum(known)
        bad = next(text for text, amount in zip(texts, amounts, strict=True) if amount is None)
        count = len(amounts) - len(known)
        why.append(finding("R3", "budget_usd", bad, f"{count} of {len(amounts)} amounts are no number: missing"))
    notes.extend(why)
    return None


def _budgets(activity: Element) -> list[Element]:
    """Return the budgets of an activity, one of a period: a revised one replaces the original."""
    by_period: dict[tuple[str | None, ...], list[Element]] = {}
    for budget in [*activity.findall("budget"), *activity.findall("budget-planned")]:
        ends = (budget.find(name) for name in ("period-start", "period-end"))
        period = tuple(None if end is None else end.get("iso-date") or end.text for end in ends)
        by_period.setdefault(period, []).append(budget)
    kept = []
    for several in by_period.values():
        revised = [one for one in several if (one.get("type") or "").strip().casefold() in _REVISED]
        kept.extend(revised or several)
    return kept


def _frame(rows: list[dict[str, Any]]) -> gpd.GeoDataFrame:
    """Return the rows as the table, with the dtypes of its declaration."""
    kinds = {column.name: column.kind for column in TABLES["projects"].columns}
    names = [name for name in kinds if name not in ("read_findings", "geometry")]
    dtypes: dict[str, Any] = {name: DTYPES[kinds[name]] for name in names}
    columns = pd.DataFrame({name: [row.get(name) for row in rows] for name in names}, dtype="object").astype(dtypes)
    shapes = gpd.GeoSeries([row.get("geometry") for row in rows], crs="EPSG:4326")
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")
    add_findings(frame, ((i, note) for i, row in enumerate(rows) for note in row["notes"]))
    add_findings(frame, _centroid_findings(frame))
    return frame[list(kinds)]


def _centroid_findings(frame: gpd.GeoDataFrame) -> Iterator[tuple[int, Finding]]:
    """Name the centroids that are said to be exact, and the places that sit on such a centroid."""
    key = pd.Series(shapely.to_wkb(frame.geometry.to_numpy()), index=frame.index)
    sharing = key.map(key.value_counts()).to_numpy()
    classes = frame["location_class_code"]
    is_region = classes.eq("1") & key.notna()
    exact = is_region & frame["location_exactness_code"].eq("1")
    message = "said to be exact, but a region: its centroid or seat, not used as a place"
    for position in np.flatnonzero(exact):
        value = f"exactness 1, class 1, {sharing[position]:.0f} of the file at this point"
        yield int(position), finding("R14", "location_exactness_code", value, message)
    doubtful = frame["is_point"].fillna(False).astype(bool) & key.isin(key[is_region])
    message = "the file gives the same point to an administrative region: it may be a centroid"
    for position in np.flatnonzero(doubtful):
        yield int(position), finding("R14", "location_class_code", classes.iloc[position], message)
