"""The answer for a site in sentences that need no training to read; none of them says that land is without danger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from landrelease.registry.site import SiteCheck

__all__ = [
    "CAUTION", "findings_of", "gaps_of", "say_found", "say_length", "say_period", "say_where", "sentences_of",
]  # fmt: skip

CAUTION = "No record is not evidence of no contamination: ask for a survey where there is doubt."
_NAMED = 5
"""Records that are named in the sentences; the tables hold them all."""
_THINNEST = 0.5
"""What is less of a site is a rounding of borders; a hazard is said however thin. [m2, m]"""
_KINDS = {
    "suspected": "suspected", "confirmed": "confirmed", "reopened": "found hazardous again", "cancelled": "cancelled",
    "reduced": "reduced", "cleared": "cleared",
}  # fmt: skip
_FOUND = {
    "ap_mine_count": ("anti-personnel mine", "anti-personnel mines"),
    "av_mine_count": ("anti-vehicle mine", "anti-vehicle mines"),
    "cmr_count": ("cluster munition remnant", "cluster munition remnants"),
    "erw_count": ("other explosive remnant of war", "other explosive remnants of war"),
}
_PARTS = {
    "hazardous": "is recorded as hazardous",
    "released": "was released",
    "withdrawn": "was once recorded as hazardous and is no longer, without a release",
    "no_record": "has no record",
}


def say_length(metres: float) -> str:
    """Say a distance or length: metres below 10 km, else kilometres.

    Examples
    --------
    >>> say_length(35.4), say_length(0.04), say_length(12_345.0), say_length(float("nan"))
    ('35 m', 'less than 1 m', '12.3 km', 'an unknown distance')
    """
    if pd.isna(metres):
        return "an unknown distance"
    if 0 < metres < 0.5:
        return "less than 1 m"
    return f"{metres:,.0f} m" if metres < 9_999.5 else f"{metres / 1000:,.1f} km"


def say_period(date: Any, precision: Any) -> str:
    """Say when something happened, as well as it is known.

    Examples
    --------
    >>> day = pd.Timestamp("2019-05-03")
    >>> say_period(day, "day"), say_period(day, "month"), say_period(day, "year"), say_period(pd.NaT, "unknown")
    ('2019-05-03', '2019-05', '2019', 'no date')
    """
    if pd.isna(date):
        return "no date"
    return f"{date:%Y}" if precision == "year" else f"{date:%Y-%m}" if precision == "month" else f"{date:%Y-%m-%d}"


def say_found(row: Any) -> str:
    """Say what a release found; what is not recorded is not said to be nothing.

    Examples
    --------
    >>> say_found({"ap_mine_count": 3, "erw_count": 1}), say_found({"ap_mine_count": 0}), say_found({})
    ('3 anti-personnel mines, 1 other explosive remnant of war', 'nothing found', 'finds not recorded')
    """
    known = {name: int(row[name]) for name in _FOUND if name in row and not pd.isna(row[name])}
    said = [f"{count:,} {_FOUND[name][count != 1]}" for name, count in known.items() if count]
    return ", ".join(said) if said else "nothing found" if known else "finds not recorded"


def sentences_of(check: SiteCheck) -> list[str]:
    """Return the answer, what it rests on, and what is not known: the worst first, the caution last."""
    records = [*_hazards(check), *_releases(check), *_accidents(check)]
    return [*findings_of(check), *records, *gaps_of(check), CAUTION]


def findings_of(check: SiteCheck) -> list[str]:
    """Return the answer, what alarms, how much of the site it concerns, and which records disagree or count not."""
    said = [_headline(check), *_alerts(check), *_parts(check), *_conflicts(check), *_set_aside(check)]
    if len(check.releases):
        said.append("Released means that all reasonable effort was made; a risk may remain.")
    return said


def _headline(check: SiteCheck) -> str:
    around = f"on this site or within {say_length(check.buffer_m)} of it"
    on_day = f"up to {check.as_of:%Y-%m-%d}"
    if check.answer_code == "no_record":
        return f"The records {on_day} hold no hazardous land and no release {around}."
    if check.answer_code == "released_with_history":
        said = "Land was released" if len(check.releases) else "Land was once recorded as hazardous"
        gone = check.parts.loc[check.parts["state_code"].eq("withdrawn"), ["site_m2", "site_m", "site_count"]]
        if (gone.to_numpy(dtype=float) >= _THINNEST).any():
            said += (
                ", and other land withdrawn without a release,"
                if len(check.releases)
                else " and withdrawn without a release"
            )
        return f"{said} {around}; no hazardous land is recorded there now, by the records {on_day}."
    if not len(check.hazards):
        what = "a record that was not taken into the registry speaks of land"
        what = what if check.quarantined["is_alert"].any() else "suspended work is recorded"
        what = "an accident is recorded" if check.accidents["is_alert"].any() else what
        return f"Treat this site as hazardous: {what} {around}, and no later release covers it."
    if (check.hazards["distance_m"] == 0).any():
        return f"Hazardous land is recorded on this site, by the records {on_day}."
    nearest = say_length(check.hazards["distance_m"].min())
    return f"Hazardous land is recorded near this site, {nearest} away, by the records {on_day}."


def _alerts(check: SiteCheck) -> Iterator[str]:
    alerts = check.accidents[check.accidents["is_alert"]]
    yield from _listed(
        (f"Alert: accident {row.event_id} ({say_period(row.event_date, row.date_precision)}), {say_where(row)}: "
         f"{row.note}. Treat its surroundings as hazardous until they are surveyed."
         for row in alerts.itertuples()),
        len(alerts), "alert", "alerts",
    )  # fmt: skip


def _hazards(check: SiteCheck) -> Iterator[str]:
    def said(row: Any) -> str:
        kind = {"CHA": "confirmed hazardous area", "SHA": "suspected hazardous area"}.get(row.hazard_class)
        state = {"in_progress": ", part of it released", "suspended": ", work suspended"}.get(row.status, "")
        when = say_period(row.survey_date, row.date_precision)
        sentence = f"{row.area_id}: {kind or 'hazardous area'}{state}, {say_where(row)}; first recorded: {when}"
        if not row.is_located:
            sentence += "; its size is not known"
        if row.distance_m > check.buffer_m or 0 < row.distance_m <= (row.accuracy_m or 0):
            sentence += f"; its place is good to {say_length(row.accuracy_m)} only, so it may be nearer"
        return sentence + "."

    yield from _listed(map(said, check.hazards.itertuples()), len(check.hazards), "hazardous area", "hazardous areas")


def _parts(check: SiteCheck) -> Iterator[str]:
    if check.answer_code == "no_record":
        return
    for name, say in (("site_m2", _say_land), ("site_m", say_length), ("site_count", _say_points)):
        sizes = check.parts.set_index("state_code")[name].dropna()
        if len(sizes):
            some = [f"{say(size)} {_PARTS[str(state)]}" for state, size in sizes.items()
                    if size >= _THINNEST or (state == "hazardous" and size > 0)]  # fmt: skip
            yield f"Of the site's {say(sizes.sum())}, {'; '.join(some)}."


def _releases(check: SiteCheck) -> Iterator[str]:
    def said(row: Any) -> str:
        kind = _KINDS.get(row.release_type, "released")
        depth = f" to a depth of {row.depth_m:g} m" if pd.notna(row.depth_m) else ""
        if not depth and row.release_type == "cleared":
            depth = " to a depth that is not recorded"
        by = f" by {row.operator}" if pd.notna(row.operator) else ""
        when = say_period(row.release_date, row.date_precision)
        again = f"; opened again as {row.reopened_by_ids}" if pd.notna(row.reopened_by_ids) else ""
        found = f"; {say_found(row._asdict())}"
        return f"{row.release_id} (area {row.area_id}): {kind}{depth}{by}, {when}, {say_where(row)}{found}{again}."

    yield from _listed(map(said, check.releases.itertuples()), len(check.releases), "release", "releases")


def _accidents(check: SiteCheck) -> Iterator[str]:
    others = check.accidents[~check.accidents["is_alert"]]
    yield from _listed(
        (f"Accident {row.event_id} ({say_period(row.event_date, row.date_precision)}), {say_where(row)}."
         for row in others.itertuples()),
        len(others), "accident", "accidents",
    )  # fmt: skip


def _conflicts(check: SiteCheck) -> Iterator[str]:
    yield from _listed(
        (f"The records disagree: {row.area_id} is released ({row.release_id}), {row.other_area_id} holds the same land "
         f"hazardous. It counts as hazardous." for row in check.conflicts.itertuples()),
        len(check.conflicts), "disagreement", "disagreements",
    )  # fmt: skip


def _set_aside(check: SiteCheck) -> Iterator[str]:
    quarantined = check.quarantined

    def said(row: Any) -> str:
        name = "a record" if pd.isna(row.event_id) else row.event_id
        kind = "" if pd.isna(row.event) else f" ({row.event})"
        weight = " It counts as a hazard until that is settled." if row.is_alert else ""
        return f"Not taken into the registry: {name}{kind}, because: {row.reason}.{weight}"

    many = ("record that was not taken", "records that were not taken")
    yield from _listed(map(said, quarantined.itertuples()), len(quarantined), *many)


def gaps_of(check: SiteCheck) -> Iterator[str]:
    """Yield what the answer can not know."""
    counts = check.counts
    if counts["feature_without_shape_count"]:
        yield f"Not checked: {_count(counts['feature_without_shape_count'], 'feature')} of the site without a shape."
    if counts["later_count"]:
        yield (f"Later than {check.as_of:%Y-%m-%d} and not in this answer: "
               f"{_count(counts['later_count'], 'record')} of this place.")  # fmt: skip
    if counts["unplaced_hazard_count"]:
        yield (f"Without a place on record, and so perhaps here: "
               f"{_count(counts['unplaced_hazard_count'], 'hazardous area')} of the whole registry.")  # fmt: skip
    if counts["unplaced_accident_count"]:
        yield (f"Without a place on record, and so perhaps here: "
               f"{_count(counts['unplaced_accident_count'], 'accident')} of the whole registry.")  # fmt: skip
    lost, elsewhere = counts["quarantined_without_place_count"], counts["quarantined_elsewhere_count"]
    if lost is None:
        yield "What was refused when the records were read is not known here."
    elif lost or elsewhere:
        yield (f"Not taken into the registry: {_count(lost, 'record')} without a place, and "
               f"{_count(elsewhere, 'record')} that may lie elsewhere than they say.")  # fmt: skip
    bare = int(sum(frame["accuracy_m"].isna().sum() for frame in (check.hazards, check.releases)))
    if bare:
        yield f"The accuracy of {_count(bare, 'boundary', 'boundaries')} here is not recorded: they count as drawn."


def say_where(row: Any) -> str:
    """Say where a record lies: on the site, with how much of it, or how far away."""
    if row.distance_m > 0:
        return f"{say_length(row.distance_m)} away"
    covered = [_say_land(row.overlap_m2)] if row.overlap_m2 > 0 else []
    covered += [say_length(row.overlap_m)] if row.overlap_m > 0 else []
    return f"on {' and '.join(covered)} of the site" if covered else "at the site"


def _listed(sentences: Iterable[str], count: int, one: str, many: str) -> Iterator[str]:
    """Yield the first sentences, and how many are left to the table."""
    for i, sentence in enumerate(sentences):
        if i == _NAMED:
            yield f"And {_count(count - _NAMED, f'further {one}', f'further {many}')}: see the table."
            return
        yield sentence


def _count(number: int | None, one: str, many: str = "") -> str:
    return f"{number or 0:,} {one if number == 1 else many or one + 's'}"


def _say_land(area_m2: float) -> str:
    return f"{area_m2:,.0f} m²" if area_m2 < 9_999.5 else f"{area_m2 / 1e4:,.1f} ha"


def _say_points(count: float) -> str:
    return _count(int(count), "point")
