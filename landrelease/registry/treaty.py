"""The figures of the reports under the Anti-Personnel Mine Ban Convention, by province, ready to paste."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.cells import counted, day_of
from landrelease.errors import check_option
from landrelease.registry.balance import group_labels, land_balance
from landrelease.registry.editions import UNITS, Edition, read_edition
from landrelease.registry.fold import HAZARD_EVENTS, RELEASE_EVENTS, Fold, fold
from landrelease.registry.history import status_after, status_on
from landrelease.registry.releases import conflicts_on
from landrelease.tables import conform

__all__ = ["TreatyTables", "treaty_tables"]

Bools = npt.NDArray[np.bool_]
_ITEMS = ["ap_mine_count", "av_mine_count", "cmr_count", "erw_count"]
_GROUPS = ("admin_code", "operator", "donor", "source_id", "area_id")
"""What land belongs to. Its class is a column of the tables, its contamination is what they are about."""
_HAZARDOUS = ("open", "in_progress", "suspended")


@dataclass(frozen=True)
class TreatyTables:
    """The figures of a report under the Convention, with how they were made.

    Attributes
    ----------
    areas : DataFrame
        Table `treaty_areas`: what is hazardous at the end, by SHA and CHA. [count, m2]
    releases : DataFrame
        Table `treaty_releases`: what was released in the period, by type. [count, m2]
    items : DataFrame
        Table `treaty_items`: what was destroyed in the period. [count]
    years : DataFrame
        Table `land_balance` of all groups together, year by year. [m2]
    pasted : dict of str to DataFrame
        The same as the edition asks for it: its tables, columns, headings and unit, with a row of totals.
    edition : str
        Name of the edition.
    source : str
        Where its headings come from.
    is_verified : bool
        Whether somebody has checked them against that source.
    start, end : Timestamp
        First and last day of the period.
    by : str
        Column of the groups.
    n : int
        Areas that count, also released ones.
    missing_share : float
        Share of the hazardous areas that have no polygon: they are in no m2. [share]
    method : str
        How the figures are made.
    caveats : tuple of str
        What must stand beside the figures.
    """

    areas: pd.DataFrame
    releases: pd.DataFrame
    items: pd.DataFrame
    years: pd.DataFrame
    pasted: dict[str, pd.DataFrame]
    edition: str
    source: str
    is_verified: bool
    start: pd.Timestamp
    end: pd.Timestamp
    by: str
    n: int
    missing_share: float
    method: str
    caveats: tuple[str, ...]


def treaty_tables(
    events: gpd.GeoDataFrame,
    *,
    start: Any,
    end: Any,
    by: str = "admin_code",
    edition: str | Path = "generic",
    names: Mapping[str, str] | None = None,
    known_on: Any = None,
) -> TreatyTables:
    """Return the figures of an Article 7 report or Article 5 request: areas, releases, items destroyed, what is left.

    Parameters
    ----------
    events : GeoDataFrame
        Table `events`, in any CRS.
    start, end : date
        First and last day of the period: a calendar year for an Article 7 report, the time since the Convention entered
        into force, or since the last request, for an Article 5 request.
    by : str
        Column of the events that the tables are split by.
    edition : str or Path
        A bundled edition ("generic"), or a TOML file: the areas that count, the columns, their headings and unit.
    names : mapping of str to str, optional
        Names of the groups by their code. Codes of one name are one group: districts by the province that they lie in.
    known_on : date, optional
        Only what was known at the end of that day counts, as in `land_balance`.

    Returns
    -------
    TreatyTables
        The figures, the tables to paste, and what must stand beside them.

    Raises
    ------
    CRSError, DataError
        As `land_balance`.
    OptionError
        `by` is none of admin_code, operator, donor, source_id, area_id; no such edition.
    ProgrammeError
        An edition file that can not be read as one.

    Notes
    -----
    Only areas count whose last known contamination is one of the edition's, in the bundled one AP, IM and mixed. Where
    it is not known the area counts, and a caveat says how many there are. The land is that of `land_balance` for these
    areas: counted once, and released only when none of them holds it. The closing land of `areas` and of `years` is one
    number. An area belongs to the group that its events name last.

    Items are summed over surveys and releases of the period as they were recorded; a number that is missing is not 0.
    Reports of progress, of completion and of handover may count the same items twice, which no register can tell.

    The headings of the bundled edition are the wording of no form. Totals are rounded from what they are the sum of.

    References
    ----------
    Convention on the Prohibition of the Use, Stockpiling, Production and Transfer of Anti-Personnel Mines and on Their
    Destruction (1997), Articles 5 and 7.

    Examples
    --------
    >>> from shapely import box
    >>> events = gpd.GeoDataFrame({"event_id": list("123"), "area_id": list("AAB"), "admin_code": list("NNS"),
    ...     "event": ["confirmed", "cleared", "suspected"], "contamination_code": ["AP", None, None],
    ...     "event_date": pd.to_datetime(["2020-03-01", "2024-06-01", "2024-07-01"]), "ap_mine_count": [None, 7, None]},
    ...     geometry=[box(0, 0, 100, 100), box(0, 0, 40, 100), box(500, 0, 600, 100)], crs=6933)
    >>> found = treaty_tables(events, start="2024-01-01", end="2024-12-31", names={"N": "North", "S": "South"})
    >>> found.pasted["releases"].iloc[:, :4].values.tolist()
    [['North', 0.0, 0.0, 4000.0], ['South', 0.0, 0.0, 0.0], ['Total', 0.0, 0.0, 4000.0]]
    >>> found.areas[["admin_code", "sha_count", "cha_count", "cha_m2"]].round().values.tolist()
    [['North', 0, 1, 6000.0], ['South', 1, 0, 0.0]]
    >>> found.items["ap_mine_count"].tolist()
    [7, <NA>]
    >>> found.caveats[0]
    '1 of 2 areas have no known contamination: they count.'
    >>> len(treaty_tables(events.iloc[:0], start="2024-01-01", end="2024-12-31").areas)
    0
    >>> treaty_tables(events, start="2024-01-01", end="2024-12-31", by="province")
    Traceback (most recent call last):
    landrelease.errors.OptionError: by must be one of admin_code, operator, donor, source_id, area_id; got 'province'
    """
    asked = read_edition(edition)
    first, last = day_of("start", start), day_of("end", end)
    check_option("by", by, _GROUPS)
    whole = fold(events, last, known_on)
    contamination = _last_known(whole, "contamination_code").mask(lambda codes: codes == "unknown")
    is_kept = (contamination.isna() | contamination.isin(asked.contamination)).to_numpy()
    folded = _of_areas(whole, is_kept)
    period: Any = {"start": first, "end": last, "known_on": known_on}
    numbers, _, groups = group_labels(folded, [by])
    label = _named(pd.Series([groups[one][0] for one in numbers], dtype="object"), names)
    order = _order(label)
    years = land_balance(folded, **period)
    balance = land_balance(folded, by=[by, "hazard_class"], **period)
    balance[by] = _named(balance[by], names)
    status = status_on(folded, last, known_on=known_on)
    during = folded.events["is_dated"].astype(bool) & folded.events["effective"].between(first, last)
    areas = _areas(folded, status, label, balance[balance["year"] == last.year], order, by)
    releases = _releases(folded, status, label, balance, order, by, during)
    items = _items(folded, label, order, by, during)
    hazardous = int(areas["area_count"].sum())
    return TreatyTables(
        areas=areas, releases=releases, items=items, years=years,
        pasted=_pasted({"areas": areas, "releases": releases, "items": items, "years": years}, asked, by),
        edition=asked.name, source=asked.source, is_verified=asked.is_verified, start=first, end=last, by=by,
        n=len(status), missing_share=float(areas["unmeasured_count"].sum() / hazardous) if hazardous else float("nan"),
        method="land_balance and status_on of the areas whose contamination is "
        f"{', '.join(asked.contamination)} or not known",
        caveats=tuple(_caveats(asked, whole, folded, is_kept, contamination, status, years, items, during, label)),
    )  # fmt: skip


def _named(codes: pd.Series, names: Mapping[str, str] | None) -> pd.Series:
    """Return the names of groups; a code without one stays."""
    return codes.map(lambda code: (names or {}).get(code, code)).astype("object")


def _last_known(folded: Fold, column: str) -> pd.Series:
    """Return what the events of each area said last, in the order of its areas."""
    known = folded.events[column].groupby(folded.area).last()
    return cast(pd.Series, known.reindex(range(len(folded.area_ids))))


def _of_areas(folded: Fold, is_kept: Bools) -> Fold:
    """Return the fold of some of the areas: what others did to them, a split or a merger, stays done."""
    rows = is_kept[folded.area]
    place, number, kept = np.cumsum(rows) - 1, np.cumsum(is_kept) - 1, np.flatnonzero(is_kept)
    own = folded.own_row[rows]
    is_there = (own >= 0) & rows[np.maximum(own, 0)]
    parts: dict[str, Any] = {
        name: getattr(folded, name)[rows] for name in ("touched", "before", "after", "is_unheld", "is_part")
    }
    return replace(
        folded, events=folded.events[rows].reset_index(drop=True), area=number[folded.area[rows]],
        area_ids=[folded.area_ids[i] for i in kept],
        own_row=np.where(is_there, place[np.maximum(own, 0)], -1),
        neighbours=[[int(number[one]) for one in folded.neighbours[i] if is_kept[one]] for i in kept],
        **parts,
    )  # fmt: skip


def _order(label: pd.Series) -> list[str | None]:
    """Return the groups in order, that of land whose group is not known last."""
    known = sorted({str(one) for one in label.dropna()})
    return [*known, None] if label.isna().any() else list(known)


def _by_group(values: pd.Series, group: pd.Series, order: list[str | None], how: str = "sum") -> pd.Series:
    """Return the sum of values of each group, in order; a group without any has 0, or is missing with min_count."""
    place = group.map({one: i for i, one in enumerate(order) if one is not None}).astype("float64")
    place = place.fillna(len(order) - 1 if None in order else np.nan)
    summed = values.groupby(place.to_numpy()).sum(min_count=1 if how == "known" else 0)
    found = summed.reindex(range(len(order)))
    return found if how == "known" else found.fillna(0)


def _areas(
    folded: Fold, status: gpd.GeoDataFrame, label: pd.Series, closing: pd.DataFrame, order: list[str | None], by: str
) -> pd.DataFrame:
    """Return table `treaty_areas`."""
    is_left = status["status"].isin(_HAZARDOUS)
    group = _group_of(folded, status, label)
    is_measured = status["area_m2"] > 0
    table = pd.DataFrame({by: pd.Series(order, dtype="str")})
    for name, kinds in (("sha", ["SHA"]), ("cha", ["CHA"]), ("unclassed", [np.nan]), ("area", ["SHA", "CHA", np.nan])):
        is_kind = is_left & status["hazard_class"].isin(kinds)
        land = closing[closing["hazard_class"].isin(kinds)]
        table[f"{name}_count"] = _by_group(is_kind.astype(int), group, order)
        m2 = _by_group(land["closing_m2"], land[by], order)
        measured = _by_group((is_kind & is_measured).astype(int), group, order)
        table[f"{name}_m2"] = m2.mask((measured == 0) & (table[f"{name}_count"] > 0))  # not known is not 0
    table["unmeasured_count"] = _by_group((is_left & ~is_measured).astype(int), group, order)
    return _typed(table, "treaty_areas", by)


def _group_of(folded: Fold, status: gpd.GeoDataFrame, label: pd.Series) -> pd.Series:
    """Return the group of each area of a status: that of its last event."""
    last = dict(zip(folded.area_ids, label.to_numpy()[folded.last_rows()], strict=True)) if len(label) else {}
    found: pd.Series = status["area_id"].map(last).astype("object")
    return found


def _releases(
    folded: Fold, status: gpd.GeoDataFrame, label: pd.Series, balance: pd.DataFrame, order: list[str | None], by: str,
    during: pd.Series,
) -> pd.DataFrame:  # fmt: skip
    """Return table `treaty_releases`."""
    table = pd.DataFrame({by: pd.Series(order, dtype="str")})
    for kind in RELEASE_EVENTS:
        table[f"{kind}_m2"] = _by_group(balance[f"{kind}_m2"], balance[by], order)
    table["released_m2"] = table[[f"{kind}_m2" for kind in RELEASE_EVENTS]].sum(axis=1)
    is_release = _took_land(folded) & during
    for kind in RELEASE_EVENTS:
        rows = is_release & folded.events["event"].eq(kind)
        once = pd.DataFrame({"area": folded.area, "group": label})[rows].drop_duplicates("area", keep="last")
        table[f"{kind}_count"] = _by_group(pd.Series(1, index=once.index), once["group"], order)
    # the day on which an area was released for good, whatever was reported of it later
    is_over = pd.Series(status_after(folded) == "released")
    becomes = is_over & ~is_over.groupby(folded.area).shift(1, fill_value=False)
    last = folded.events[becomes].drop_duplicates("area_id", keep="last")
    closed = status["status"].eq("released") & status["area_id"].isin(last.loc[during[last.index], "area_id"])
    table["closed_count"] = _by_group(closed.astype(int), _group_of(folded, status, label), order)
    return _typed(table, "treaty_releases", by)


def _took_land(folded: Fold) -> pd.Series:
    """Tell which events are releases of land that was not released before; of land that is not known, any is."""
    is_new = [after is None or after is not before for before, after in zip(folded.before, folded.after, strict=True)]
    return cast(pd.Series, folded.events["event"].isin(RELEASE_EVENTS) & pd.Series(is_new, dtype=bool))


def _items(folded: Fold, label: pd.Series, order: list[str | None], by: str, during: pd.Series) -> pd.DataFrame:
    """Return table `treaty_items`."""
    rows = during & folded.events["event"].isin([*HAZARD_EVENTS, *RELEASE_EVENTS])
    told, group = folded.events.loc[rows, _ITEMS], label[rows]
    table = pd.DataFrame({by: pd.Series(order, dtype="str")})
    for name in _ITEMS:
        table[name] = _by_group(told[name], group, order, "known")
    is_cleared = folded.events.loc[rows, "event"].eq("cleared")
    table["clearance_count"] = _by_group(is_cleared.astype(int), group, order)
    table["silent_count"] = _by_group((is_cleared & told.isna().all(axis=1)).astype(int), group, order)
    return _typed(table, "treaty_items", by)


def _typed(table: pd.DataFrame, name: str, by: str) -> pd.DataFrame:
    return pd.concat([table[[by]], conform(table, name).drop(columns="by")], axis=1)


def _pasted(tables: dict[str, pd.DataFrame], edition: Edition, by: str) -> dict[str, pd.DataFrame]:
    """Return the tables as an edition asks for them."""
    found = {}
    for name, headings in edition.tables.items():
        table = tables[name]
        if name == "years":
            first, heading, numbers = table["year"], edition.year, table[list(headings)]
        else:
            first = pd.Series([*table[by].fillna(edition.unknown), edition.total], dtype="str")
            numbers = table[list(headings)]
            whole = numbers.sum(min_count=1).to_frame().T.astype(numbers.dtypes)
            numbers = pd.concat([numbers, whole], ignore_index=True)
            heading = edition.group
        shown = pd.DataFrame({heading: first})
        for column, text in headings.items():
            is_land = column.endswith("_m2")
            values = numbers[column]
            shown[f"{text} ({edition.unit})" if is_land else text] = (
                (values / UNITS[edition.unit]).round(edition.decimals) + 0.0 if is_land else values
            )
        found[name] = shown
    return found


def _caveats(
    edition: Edition, whole: Fold, folded: Fold, is_kept: Bools, contamination: pd.Series, status: gpd.GeoDataFrame,
    years: pd.DataFrame, items: pd.DataFrame, during: pd.Series, label: pd.Series,
) -> list[str]:  # fmt: skip
    """Say what must stand beside the figures."""
    kinds = ", ".join(edition.contamination)
    kept = {one for one, is_in in zip(whole.area_ids, is_kept, strict=True) if is_in}
    unknown, left_out = int(contamination.isna().sum()), int((~is_kept).sum())
    is_left = status["status"].isin(_HAZARDOUS)
    unmeasured = int((is_left & ~(status["area_m2"] > 0)).sum())
    clash = conflicts_on(whole, whole.until, known_on=whole.known_on)
    clash = clash[clash["area_id"].isin(kept) & ~clash["other_area_id"].isin(kept)]
    undated = float(years["undated_m2"].abs().sum())
    rest = float(years["closing_undated_m2"].iloc[-1]) if len(years) else 0.0
    unexplained = float(years["unexplained_m2"].abs().sum())
    silent, cleared = int(items["silent_count"].sum()), int(items["clearance_count"].sum())
    nowhere = int(label.isna().sum())
    is_again = during & folded.events["event"].isin(RELEASE_EVENTS) & ~_took_land(folded)
    again = folded.events.loc[is_again, _ITEMS].dropna(how="all")
    timeless = folded.events.loc[~folded.events["is_dated"].astype(bool), _ITEMS].dropna(how="all")
    twice, lost = int(again.sum().sum()), int(timeless.sum().sum())
    undated_records = counted(len(timeless), "record", "records")
    told = {
        f"{unknown:,} of {len(is_kept):,} areas have no known contamination: they count.": unknown,
        f"{left_out:,} of {len(is_kept):,} areas are left out: their contamination is none of {kinds}.": left_out,
        f"{unmeasured:,} of {int(is_left.sum()):,} hazardous areas have no polygon: they are in no m2.": unmeasured,
        f"{counted(len(clash), 'release', 'releases')} took land that areas of another contamination still hold "
        f"hazardous ({clash['overlap_m2'].sum():,.0f} m2): it is released here, and still dangerous.": len(clash),
        f"{undated:,.0f} m2 changed by records without a date: they are in no release.": undated >= 1,
        f"{counted(lost, 'item', 'items')} of {undated_records} without a date: in no sum.": len(timeless),
        f"{rest:,.0f} m2 of what is left rest on records without a date.": rest >= 1,
        f"{unexplained:,.0f} m2 do not close the account.": unexplained >= 1,
        f"{silent:,} of {cleared:,} clearances say nothing of items: what was destroyed is at least the sum.": silent,
        f"{counted(len(again), 'report', 'reports')} took no land that was not released before: what is stated there "
        f"({counted(twice, 'item', 'items')}) is in the sums, and may be there twice.": len(again),
        f"{counted(nowhere, 'record names', 'records name')} no group: in a row of their own.": nowhere,
        f"The headings of the edition '{edition.name}' are not checked against a form.": not edition.is_verified,
    }
    return [text for text, is_so in told.items() if is_so]
