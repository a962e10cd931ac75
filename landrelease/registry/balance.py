"""Accounts of hazardous land: opening to closing, by whatever the records say, on land counted once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import geopandas as gpd
import pandas as pd

from landrelease.cells import day_of
from landrelease.errors import DataError, OptionError, nearest
from landrelease.registry.fold import HAZARD_EVENTS, RELEASE_EVENTS, Fold, class_after, fold, folded_to
from landrelease.registry.land import SLIVER_M2, is_known
from landrelease.registry.ownership import changes_of_ownership
from landrelease.tables import DTYPES, RESULTS, TABLES

__all__ = ["group_labels", "land_balance", "restated_since"]

_FLOWS = (
    "newly_recorded_m2", "confirmed_m2", "adjusted_m2", "cancelled_m2", "reduced_m2", "cleared_m2", "undated_m2",
)  # fmt: skip
_RELEASED = tuple(f"{kind}_m2" for kind in RELEASE_EVENTS)
_NOISE_M2 = 1e-3
"""Below this a difference of sums is floating point, not land. [m2]"""
_BATTLE_AREA = "is_battle_area"
_BATTLE = dict.fromkeys(("CMR", "ERW"), True) | dict.fromkeys(("AP", "AV", "IM", "mixed"), False)


def land_balance(
    events: gpd.GeoDataFrame | Fold,
    *,
    start: Any,
    end: Any,
    by: str | Sequence[str] | None = None,
    known_on: Any = None,
) -> pd.DataFrame:
    """Roll hazardous land from opening to closing, year by year, on the union of polygons.

    Parameters
    ----------
    events : GeoDataFrame
        Table `events`, in any CRS.
    start, end : date
        First and last day of the account.
    by : str or list of str, optional
        Columns of `events` that split the account: "area_id", "admin_code", "operator", "hazard_class", ... An area
        belongs to what its events last said; where that changes, its land passes over by a transfer. "method_code"
        is of each release, not of the land: see the notes. "is_battle_area" keeps battle area clearance apart from
        minefields.
    known_on : date, optional
        Only what was known at the end of that day counts, by `registered_at`, else `recorded_at`: later voids do not
        undo yet. The default is all that is known now.

    Returns
    -------
    DataFrame
        The `by` columns, year, opening_m2, newly_recorded_m2, confirmed_m2, adjusted_m2, cancelled_m2, reduced_m2,
        cleared_m2, closing_m2, unexplained_m2, undated_m2, closing_undated_m2. Groups that never held land in the
        account have no rows; land whose group is not known has a missing one. [m2]

    Raises
    ------
    CRSError, DataError
        As `status_on`; the account ends before it starts.
    OptionError
        `by` names a column that events do not have.

    Notes
    -----
    closing = opening + newly recorded + confirmed + adjusted - cancelled - reduced - cleared + undated + unexplained.

    Land that several areas hold belongs to the one that was recorded first. When that one is released, the land
    passes to the next (adjusted, which sums to zero over all groups): nothing is released while anybody holds it.
    SHA to CHA is a transfer: confirmed is negative for SHA, positive for CHA, and zero without "hazard_class" in
    `by`.

    A release counts in the group of its own method, to which its land passes as it is released (adjusted); land has
    no method: stocks and all else are in the group without one.

    `is_battle_area` is yes where the area's last known contamination is CMR or ERW, no where it is AP, AV, IM or
    mixed. Where none is known it is yes after an event of the area with method BAC, and else missing, not no.

    Progress, completion and handover reports of the same land count once: land is released when the first of them
    takes it, and what repeats it releases nothing.

    Undated hazards are in the opening of every year; an undated release changes the closing on the day of its
    snapshot and is in undated, never a year's flow. Areas are measured in an equal-area plane centred on the data;
    they agree with geodesic areas to about 1e-6. Areas without a polygon have no m2 and are not in the account.

    Examples
    --------
    >>> from shapely import box
    >>> events = gpd.GeoDataFrame({"event_id": ["1", "2"], "area_id": ["A", "A"], "event": ["confirmed", "cleared"],
    ...     "event_date": pd.to_datetime(["2020-03-01", "2021-06-01"])},
    ...     geometry=[box(5e5, 0, 5e5 + 1000, 1000), box(5e5, 0, 5e5 + 500, 1000)], crs=32630)
    >>> account = land_balance(events, start="2020-01-01", end="2021-12-31")
    >>> (account.set_index("year")[["opening_m2", "newly_recorded_m2", "cleared_m2", "closing_m2"]] / 1e6).round(2)
          opening_m2  newly_recorded_m2  cleared_m2  closing_m2
    year
    2020         0.0                1.0         0.0         1.0
    2021         1.0                0.0         0.5         0.5
    >>> len(land_balance(events, start="2010-01-01", end="2011-12-31"))
    0
    """
    start, end, names = _asked(start, end, by)
    return _account(folded_to(events, end, known_on), start, end, names)


def restated_since(
    events: gpd.GeoDataFrame, since: Any, *, start: Any, end: Any, by: str | Sequence[str] | None = None
) -> pd.DataFrame:
    """Return the lines of the account that say something else than what was known on a day.

    Parameters
    ----------
    events : GeoDataFrame
        Table `events`, in any CRS; each with `registered_at` or `recorded_at`.
    since : date
        The account as known at the end of that day is compared with the account as known now.
    start, end, by
        As `land_balance`.

    Returns
    -------
    DataFrame
        The `by` columns, year, line, then_m2, now_m2, difference_m2 (now less then), one row a line that differs by
        0.01 m2 or more. A group that holds no land in one of the accounts has 0 there. [m2]

    Raises
    ------
    CRSError, DataError, OptionError
        As `land_balance`; an event of which nobody knows when it became known.

    Examples
    --------
    >>> from shapely import box
    >>> events = gpd.GeoDataFrame({"event_id": ["1", "2"], "area_id": ["A", "A"], "event": ["confirmed", "cleared"],
    ...     "event_date": pd.to_datetime(["2020-03-01", "2020-06-01"]),
    ...     "registered_at": pd.to_datetime(["2020-03-05", "2023-01-09"])},
    ...     geometry=[box(5e5, 0, 5e5 + 1000, 1000), None], crs=32630)
    >>> late = restated_since(events, "2021-01-31", start="2020-01-01", end="2020-12-31")
    >>> late["line"].tolist(), (late["difference_m2"] / 1e6).round(2).tolist()
    (['cleared_m2', 'closing_m2'], [1.0, -1.0])
    >>> len(restated_since(events, "2023-12-31", start="2020-01-01", end="2020-12-31"))
    0
    """
    start, end, names = _asked(start, end, by)
    now = fold(events, end)
    then = fold(events, end, known_on=since, plane=now.plane)  # one plane: the same land has the same m2
    keys = [*names, "year"]
    lines = [column.name for column in RESULTS["land_balance"].columns if column.unit == "m2"]
    before, after = (
        _account(one, start, end, names).melt(keys, lines, "line", m2)
        for one, m2 in ((then, "then_m2"), (now, "now_m2"))
    )
    both = before.merge(after, "outer", [*keys, "line"]).fillna({"then_m2": 0.0, "now_m2": 0.0})
    both["difference_m2"] = both["now_m2"] - both["then_m2"]
    both = both[both["difference_m2"].abs() >= SLIVER_M2]
    place = both["line"].map({line: i for i, line in enumerate(lines)})
    both = both.assign(place=place).sort_values([*keys, "place"], na_position="last")
    return both.drop(columns="place").reset_index(drop=True)


def _asked(start: Any, end: Any, by: str | Sequence[str] | None) -> tuple[pd.Timestamp, pd.Timestamp, list[str]]:
    start, end = day_of("start", start), day_of("end", end)
    if end < start:
        raise DataError(f"The account ends on {end.date()}, before it starts on {start.date()}.")
    names = [by] if isinstance(by, str) else list(by or [])
    columns = [name for name in TABLES["events"].names if name != "geometry"] + [_BATTLE_AREA]
    for name in names:
        if name not in columns:
            raise OptionError(f"by: 'events' has no column '{name}'{nearest(name, columns)}")
    return start, end, names


def _account(folded: Fold, start: pd.Timestamp, end: pd.Timestamp, names: list[str]) -> pd.DataFrame:
    labels, released_as, groups = group_labels(folded, names)
    flows, levels = _book(folded, labels, released_as, groups, names)
    years = [(year, max(start, pd.Timestamp(year, 1, 1)), min(end, pd.Timestamp(year, 12, 31)))
             for year in range(start.year, end.year + 1)]  # fmt: skip
    account = pd.concat([_one_year(flows, levels, *year) for year in years], ignore_index=True)
    return _with_columns(account, groups, names)


def _book(
    folded: Fold, labels: list[int], released_as: list[int], groups: list[tuple[Any, ...]], names: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Walk through the events; return every flow of land, and what each area owns after each change.

    An area owns the hazardous land that it holds and that no area recorded before it holds. Areas are numbered in
    the order in which they were recorded.
    """
    kinds = folded.events["event"].to_numpy(dtype=object)
    days = folded.events["effective"].to_numpy()
    is_dated = folded.events["is_dated"].to_numpy(dtype=bool)
    is_held = is_known(folded.after)
    owned: dict[int, float] = {}
    group: dict[int, int] = {}
    undated: dict[int, bool] = {}
    flows: list[tuple[Any, int, str, float]] = []
    levels: list[tuple[Any, int, int, float, bool]] = []
    changed = changes_of_ownership(folded)
    for row, (kind, area) in enumerate(zip(kinds, folded.area.tolist(), strict=True)):
        day, label = days[row], labels[row]
        if kind in HAZARD_EVENTS:
            undated.setdefault(area, not is_dated[row])
        was = group.get(area, label)
        group[area] = label
        if label != was and owned.get(area):
            flow = _transfer(names, groups[was], groups[label])
            flows += [(day, was, flow, -owned[area]), (day, label, flow, owned[area])]
            levels.append((day, area, label, owned[area], undated.get(area, False)))
        changes = changed.get(row)
        if changes is None:
            continue
        if not is_held[row]:  # nothing, not the rounding that sums leave
            changes[area] = -owned.get(area, 0.0)
        for other, m2 in changes.items():
            owned[other] = owned.get(other, 0.0) + m2
        released = sum(changes.values())
        flows.append((day, released_as[row], _flow(kind, is_dated[row]), released))
        if released_as[row] != label:
            flows += [(day, label, "adjusted_m2", released), (day, released_as[row], "adjusted_m2", -released)]
        flows.append((day, label, "adjusted_m2", changes[area] - released))
        flows += [(day, group[other], "adjusted_m2", m2) for other, m2 in changes.items() if other != area]
        levels += [(day, other, group[other], owned[other], undated.get(other, False)) for other in changes]
    return (
        pd.DataFrame(flows, columns=["day", "group", "flow", "m2"]).astype({"m2": float}),
        pd.DataFrame(levels, columns=["day", "area", "group", "m2", "is_undated"]).astype({"is_undated": bool}),
    )


def group_labels(folded: Fold, names: list[str]) -> tuple[list[int], list[int], list[tuple[Any, ...]]]:
    """Return for each event the number of the group that its area then belongs to, the one it counts in, the groups.

    The two differ for releases by method alone.
    """
    if not names:
        return [0] * len(folded.events), [0] * len(folded.events), [()]
    events = folded.events.reindex(columns=names)
    if "hazard_class" in names:
        events["hazard_class"] = class_after(folded.events, folded.area)
    if _BATTLE_AREA in names:
        events[_BATTLE_AREA] = _is_battle_area(folded)
    if "method_code" in names:  # the land has none
        events["method_code"] = None
    filled = events.astype(object).groupby(folded.area).ffill()
    for name in {"admin_code", _BATTLE_AREA} & set(names):  # land does not move: what is known later was so before
        filled[name] = filled[name].groupby(folded.area).bfill()
    filled = filled.astype(object).where(filled.notna(), None)
    counted = filled.copy()
    if "method_code" in names:
        method = folded.events["method_code"].astype(object)
        counted["method_code"] = method.where(folded.events["event"].isin(RELEASE_EVENTS) & method.notna(), None)
    each, counts_in = (list(frame.itertuples(index=False, name=None)) for frame in (filled, counted))
    number = {group: i for i, group in enumerate(dict.fromkeys([*each, *counts_in]))}
    return [number[group] for group in each], [number[group] for group in counts_in], list(number)


def _is_battle_area(folded: Fold) -> pd.Series:
    """Tell battle areas from minefields by the last contamination that is known, else by the method of clearance."""
    said = folded.events["contamination_code"].map(_BATTLE).astype("boolean").groupby(folded.area).ffill()
    is_known = said.notna().groupby(folded.area).transform("any")
    by_method = folded.events["method_code"].eq("BAC").astype("boolean").groupby(folded.area).transform("any")
    return cast(pd.Series, said.where(is_known, by_method.where(by_method)))


def _transfer(names: list[str], was: tuple[Any, ...], now: tuple[Any, ...]) -> str:
    if "hazard_class" in names and was[names.index("hazard_class")] != now[names.index("hazard_class")]:
        return "confirmed_m2"
    return "adjusted_m2"


def _flow(kind: str, is_dated: bool) -> str:
    if not is_dated:
        return "undated_m2"
    if kind in RELEASE_EVENTS:
        return f"{kind}_m2"
    return "newly_recorded_m2" if kind in HAZARD_EVENTS else "adjusted_m2"


def _one_year(
    flows: pd.DataFrame, levels: pd.DataFrame, year: int, first: pd.Timestamp, last: pd.Timestamp
) -> pd.DataFrame:
    """Return the account of one year by group: stocks from what areas own, flows from what changed."""
    opening, closing = levels[levels["day"] < first], levels[levels["day"] <= last]
    account = pd.DataFrame({"opening_m2": _stock(opening), "closing_m2": _stock(closing)})
    account["closing_undated_m2"] = _stock(closing, undated=True)
    during = flows[(flows["day"] >= first) & (flows["day"] <= last)]
    moved = during.pivot_table(index="group", columns="flow", values="m2", aggfunc="sum")
    account = account.join(moved.reindex(columns=list(_FLOWS)), how="outer").fillna(0.0)
    account[list(_RELEASED)] = -account[list(_RELEASED)]
    explained = account["opening_m2"] + account[["newly_recorded_m2", "confirmed_m2", "adjusted_m2", "undated_m2"]].sum(
        axis=1
    )
    account["unexplained_m2"] = account["closing_m2"] - (explained - account[list(_RELEASED)].sum(axis=1))
    account = account.where(account.abs() > _NOISE_M2, 0.0)
    account = account[(account != 0.0).any(axis=1)]
    return account.rename_axis("group").reset_index().assign(year=year)


def _stock(levels: pd.DataFrame, *, undated: bool = False) -> pd.Series:
    """Return what the areas of each group own, by their last level. [m2]"""
    last = levels.drop_duplicates("area", keep="last")
    return last[last["is_undated"]].groupby("group")["m2"].sum() if undated else last.groupby("group")["m2"].sum()


def _with_columns(account: pd.DataFrame, groups: list[tuple[Any, ...]], names: list[str]) -> pd.DataFrame:
    columns = [column.name for column in RESULTS["land_balance"].columns if column.name != "by"]
    held = [groups[number] for number in account["group"]]
    labels = pd.DataFrame(held, columns=names) if names else None
    if labels is not None:
        for name in names:
            kind = "bool" if name == _BATTLE_AREA else TABLES["events"].column(name).kind  # type: ignore[union-attr]
            if kind in ("text", "code", "bool"):
                dtype: Any = DTYPES[kind]
                labels[name] = labels[name].astype(dtype)
    result = account[columns] if labels is None else pd.concat([labels, account[columns]], axis=1)
    result = result.astype({name: "Int64" if name == "year" else "float64" for name in columns})
    return result.sort_values([*names, "year"], na_position="last").reset_index(drop=True)
