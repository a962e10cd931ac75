"""Institutions: what they can do by their own means, how that moved, and how far residual response reaches."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from typing import Any

import numpy as np
import pandas as pd
import shapely

from landrelease.cells import as_text, counted, day_of
from landrelease.checks.arguments import day_column, distinct, number_column, require_columns, typed
from landrelease.errors import DataError, OptionError, nearest
from landrelease.geometry import geodesic_area_m2
from landrelease.linkage.files import read_list
from landrelease.linkage.obstacles import hazards_of
from landrelease.linkage.provinces import provinces_of, told

__all__ = ["CapacityProfile", "capacity_profile"]

_DAYS_A_YEAR = 365.25
_KEYS = ["institution", "indicator_code"]


@dataclass(frozen=True)
class CapacityProfile:
    """What institutions can do on their own, with what was not scored.

    Attributes
    ----------
    scores : DataFrame
        Each institution and indicator of the checklist: earlier and latest score, and its level on the scale.
    dimensions : DataFrame
        Each institution and dimension, and each institution as a whole.
    residual : DataFrame
        Open areas and call-outs for each response team, by province; empty without `teams`.
    checklist : str
        Name and source of the checklist.
    as_of : Timestamp
        The day.
    n : int
        Scores that count.
    missing_share : float
        Share of the indicators of all institutions that were never scored. [share]
    method : str
        How levels are made.
    caveats : tuple of str
        What a reader must know.
    """

    scores: pd.DataFrame
    dimensions: pd.DataFrame
    residual: pd.DataFrame
    checklist: str
    as_of: pd.Timestamp
    n: int
    missing_share: float
    method: str
    caveats: tuple[str, ...]


def capacity_profile(
    capacity: pd.DataFrame,
    *,
    as_of: Any,
    since: Any = None,
    checklist: str | PathLike[str] = "generic",
    teams: pd.DataFrame | None = None,
    areas: pd.DataFrame | None = None,
    callouts: pd.DataFrame | None = None,
    admin_areas: pd.DataFrame | None = None,
    level: int | None = None,
) -> CapacityProfile:
    """Say what institutions can do by their own means, how that moved, and how far residual response reaches.

    Parameters
    ----------
    capacity : DataFrame
        Table `capacity`: one score of an institution a row.
    as_of : date
        Scores, and call-outs, after this day do not count.
    since : date, optional
        Progress is counted from the last score on or before this day; without it from the first. Call-outs are counted
        from it on, and need it.
    checklist : str or path
        `generic`, or a TOML file with name, source, verified and [[indicator]] code, dimension, label, low, high.
    teams : DataFrame, optional
        Residual response: admin_code and team_count; several rows of a province are added.
    areas : DataFrame or GeoDataFrame, optional
        Table `areas`: those still hazardous are what the teams have before them.
    callouts : DataFrame, optional
        One call-out a row: admin_code and call_date.
    admin_areas, level : DataFrame, int, optional
        Table `admin_areas` and the level of a province. Without them codes count as they are.

    Returns
    -------
    CapacityProfile
        Tables capacity_scores, capacity_dimensions and capacity_residual.

    Raises
    ------
    DataError
        A score or target outside of its scale; an indicator that the checklist lacks; two scores of one day that
        differ; a column is missing or holds no numbers.
    OptionError
        `since` after `as_of`, or missing with call-outs; teams missing with areas or call-outs.
    ProgrammeError
        The checklist can not be read.

    Notes
    -----
    The level of a score is (score - low) / (high - low). A dimension is the mean of the levels that are known, each
    alike; the bounds set those not scored to the bottom and the top. Progress compares like with like: only indicators
    scored at both ends. The bundled checklist is generic: no standard, and no measure of how ready a country is.

    A province without a team has no areas for each team: `is_uncovered` says so. Where the number of teams is not known
    both are missing.

    References
    ----------
    UNDP, DP/2016/5, actions 2.2 and 2.3: institutional capacity by indicators, transition to national ownership, and a
    residual capacity for response.

    Examples
    --------
    >>> scores = pd.DataFrame({"indicator_id": ["1", "2"], "institution": ["NMAA"] * 2,
    ...     "indicator_code": ["national_budget"] * 2, "score": [1, 3],
    ...     "assessed_date": pd.to_datetime(["2020-06-30", "2024-06-30"])})
    >>> found = capacity_profile(scores, as_of="2024-12-31")
    >>> own = found.dimensions[found.dimensions["dimension"] == "ownership"]
    >>> own[["indicator_count", "known_count", "level_share", "level_share_low", "change"]].round(2).values.tolist()
    [[3, 1, 0.75, 0.25, 0.5]]
    >>> len(capacity_profile(scores.iloc[:0], as_of="2024-12-31").scores)
    0
    >>> capacity_profile(scores.assign(score=[1, 7]), as_of="2024-12-31")
    Traceback (most recent call last):
    landrelease.errors.DataError: 'capacity': 1 of 2 rows have a score outside of the scale of their indicator, the \
first 7 of 'national_budget' (0 to 4) on 2024-06-30.
      Fix: correct the score, or give the checklist that it was made with (checklist=...).
    """
    day = day_of("as_of", as_of)
    start = None if since is None else day_of("since", since)
    if start is not None and start > day:
        raise OptionError(f"since must not be after as_of; got {start:%Y-%m-%d} and {day:%Y-%m-%d}")
    rated = read_list(checklist, "indicator")
    given = _scores(capacity, rated.rows)
    used = given[(given["assessed_date"] <= day) & given["score"].notna()]
    scores = _latest(given, used, rated.rows, start)
    return CapacityProfile(
        scores=scores,
        dimensions=_dimensions(scores),
        residual=_residual(teams, areas, callouts, start, day, admin_areas, level),
        checklist=f"{rated.name}: {rated.source}",
        as_of=day,
        n=len(used),
        missing_share=float(scores["latest_score"].isna().mean()) if len(scores) else float("nan"),
        method="level = (score - low) / (high - low); mean of the levels that are known, each alike",
        caveats=_caveats(given, used, scores, rated.name, rated.verified),
    )


def _scores(capacity: pd.DataFrame, checklist: pd.DataFrame) -> pd.DataFrame:
    """Return the scores with their scales; raise what no scale of the checklist can hold."""
    require_columns(capacity, "capacity", ["institution", "indicator_code", "score"])
    given = pd.DataFrame({name: as_text(capacity[name]) for name in _KEYS})
    for name in ("score", "target"):
        given[name] = number_column(capacity, name, "capacity", low=-np.inf)
    given["assessed_date"] = day_column(capacity, "assessed_date")
    if given[_KEYS].isna().any(axis=None):
        count = int(given[_KEYS].isna().any(axis=1).sum())
        raise DataError(f"'capacity': {count} of {len(given)} rows name no institution, or no indicator.")
    known = checklist.set_index("code")
    strange = ~given["indicator_code"].isin(known.index)
    if strange.any():
        first = given["indicator_code"][strange].iloc[0]
        raise DataError(
            f"'capacity': {int(strange.sum())} of {len(given)} rows have an indicator_code that the checklist lacks, "
            f"the first {first!r}{nearest(first, known.index)}.\n"
            f"  Fix: correct it, or give your checklist (checklist=...)."
        )
    for name in ("low", "high"):
        given[name] = known[name].reindex(given["indicator_code"].to_numpy()).to_numpy(dtype=float)
    for name in ("score", "target"):
        bad = (given[name] < given["low"]) | (given[name] > given["high"])
        if bad.any():
            row = given[bad].iloc[0]
            raise DataError(
                f"'capacity': {int(bad.sum())} of {len(given)} rows have a {name} outside of the scale of their "
                f"indicator, the first {row[name]:g} of {row['indicator_code']!r} ({row['low']:g} to {row['high']:g}) "
                f"on {row['assessed_date']:%Y-%m-%d}.\n"
                f"  Fix: correct the {name}, or give the checklist that it was made with (checklist=...)."
            )
    dated = given.dropna(subset=["assessed_date", "score"])
    several = dated.groupby([*_KEYS, "assessed_date"])["score"].nunique()
    if (several > 1).any():
        institution, indicator, when = several[several > 1].index[0]
        raise DataError(
            f"'capacity': {int((several > 1).sum())} indicators have two scores on one day, the first {indicator!r} of "
            f"{institution!r} on {when:%Y-%m-%d}.\n  Fix: keep the one that holds."
        )
    return given


def _latest(
    given: pd.DataFrame, used: pd.DataFrame, checklist: pd.DataFrame, start: pd.Timestamp | None
) -> pd.DataFrame:
    """Return every institution and indicator with its earlier and latest score, missing where there is none."""
    in_order = used.sort_values("assessed_date", kind="stable")
    latest = in_order.drop_duplicates(_KEYS, keep="last").set_index(_KEYS)
    if start is None:
        earlier = in_order.drop_duplicates(_KEYS, keep="first").set_index(_KEYS)
    else:
        earlier = in_order[in_order["assessed_date"] <= start].drop_duplicates(_KEYS, keep="last").set_index(_KEYS)
    names = distinct(given["institution"])
    whole = pd.MultiIndex.from_product([names, checklist["code"]], names=_KEYS)
    rows = checklist.rename(columns={"code": "indicator_code", "low": "scale_low", "high": "scale_high"})
    rows = pd.concat([rows.assign(institution=name) for name in names] or [rows.iloc[:0].assign(institution="")])
    rows = rows.set_index(_KEYS)
    for prefix, frame in (("first", earlier), ("latest", latest)):
        for column in ("score", "target", "assessed_date"):
            name = f"{prefix}_{'date' if column == 'assessed_date' else column}"
            rows[name] = frame[column].reindex(whole).to_numpy()
    span = rows["scale_high"] - rows["scale_low"]
    rows["level_share"] = ((rows["latest_score"] - rows["scale_low"]) / span).astype("float64")
    is_later = rows["latest_date"] > rows["first_date"]
    rows["change"] = ((rows["latest_score"] - rows["first_score"]) / span).where(is_later)
    return typed(rows.reset_index(), "capacity_scores")


def _dimensions(scores: pd.DataFrame) -> pd.DataFrame:
    groups: list[tuple[str, str | None, pd.DataFrame]] = []
    for name, own in scores.groupby("institution", sort=False):
        groups += [(str(name), str(one), part) for one, part in own.groupby("dimension", sort=False)]
        groups.append((str(name), None, own))
    rows = []
    for institution, dimension, part in groups:
        level = part["level_share"]
        has_target = part["latest_target"].notna()
        rows.append(
            {
                "institution": institution, "dimension": dimension, "indicator_count": len(part),
                "known_count": int(level.notna().sum()), "level_share": level.mean(),
                "level_share_low": level.fillna(0).mean(), "level_share_high": level.fillna(1).mean(),
                "compared_count": int(part["change"].notna().sum()), "change": part["change"].mean(),
                "target_count": int(has_target.sum()),
                "target_met_count": int((part["latest_score"] >= part["latest_target"])[has_target].sum()),
            }
        )  # fmt: skip
    return typed(pd.DataFrame(rows), "capacity_dimensions")


def _residual(
    teams: pd.DataFrame | None, areas: pd.DataFrame | None, callouts: pd.DataFrame | None, start: pd.Timestamp | None,
    day: pd.Timestamp, admin_areas: pd.DataFrame | None, level: int | None,
) -> pd.DataFrame:  # fmt: skip
    """Return what each province has before its teams."""
    if teams is None:
        if areas is not None or callouts is not None:
            raise OptionError("areas and callouts are counted for each team: give teams (admin_code, team_count) too")
        return typed(pd.DataFrame(), "capacity_residual")
    require_columns(teams, "teams", ["admin_code", "team_count"])
    province, count = provinces_of(teams["admin_code"], admin_areas, level), number_column(teams, "team_count", "teams")
    groups = count.groupby(province, dropna=False)
    team = groups.sum(min_count=1).mask(count.isna().groupby(province, dropna=False).any())
    open_land = hazards_of(areas, admin_areas, level)
    calls = _calls(callouts, start, day, admin_areas, level)
    names = list(dict.fromkeys([*team.index, *open_land["province_code"], *calls]))
    rows = pd.DataFrame({"province_code": pd.Series(names, dtype="str")})
    rows["team_count"] = team.reindex(names).to_numpy(dtype=float)
    rows[["open_area_count", "callout_count"]] = np.nan
    if areas is not None:
        rows["open_area_count"] = _count(open_land["province_code"], names)
        rows["open_m2"] = (
            _open_m2(open_land)
            .groupby(open_land["province_code"], dropna=False)
            .sum(min_count=1)
            .reindex(names)
            .to_numpy()
        )
    if callouts is not None:
        rows["callout_count"] = _count(calls, names)
    has_team = rows["team_count"].where(rows["team_count"] > 0)
    years = (day - start).days / _DAYS_A_YEAR if start is not None else np.nan
    rows["open_areas_per_team"] = rows["open_area_count"] / has_team
    rows["callouts_per_team_year"] = rows["callout_count"] / has_team / (years if years > 0 else np.nan)
    has_work = rows[["open_area_count", "callout_count"]].sum(axis=1) > 0
    rows["is_uncovered"] = (has_work & rows["team_count"].eq(0)).astype("boolean").mask(rows["team_count"].isna())
    return typed(rows, "capacity_residual")


def _count(codes: pd.Series, names: list[Any]) -> Any:
    return codes.value_counts(dropna=False).reindex(names).fillna(0).to_numpy()


def _open_m2(areas: pd.DataFrame) -> pd.Series:
    if "area_m2" in areas or "geometry" not in areas:
        return number_column(areas, "area_m2", "areas")
    measured = pd.Series(geodesic_area_m2(areas), index=areas.index)
    return measured.mask(shapely.is_missing(areas.geometry.to_numpy()))


def _calls(
    callouts: pd.DataFrame | None, start: pd.Timestamp | None, day: pd.Timestamp, admin_areas: Any, level: int | None
) -> pd.Series:
    """Return the province of each call-out after `since` and up to `as_of`."""
    if callouts is None:
        return pd.Series([], dtype="str")
    if start is None or start == day:
        raise OptionError("callouts are counted for each year: give since, before as_of")
    require_columns(callouts, "callouts", ["admin_code", "call_date"])
    dates = day_column(callouts, "call_date")
    if dates.isna().any():
        raise DataError(
            f"'callouts': {int(dates.isna().sum())} of {len(dates)} rows have no call_date: whether they count is not "
            f"known.\n  Fix: date them, or leave them out yourself and say so."
        )
    return provinces_of(callouts["admin_code"], admin_areas, level)[(dates > start) & (dates <= day)]


def _caveats(
    given: pd.DataFrame, used: pd.DataFrame, scores: pd.DataFrame, name: str, is_verified: bool
) -> tuple[str, ...]:
    undated = int(given["assessed_date"].isna().sum())
    blank = int(given["score"].isna().sum())
    never = int(scores["latest_score"].isna().sum())
    return told(
        {
            f"checklist '{name}' is generic: no standard, its indicators and scale were not checked against one": (
                not is_verified
            ),
            f"never scored, and unknown, not zero: {never:,} of {counted(len(scores), 'indicator', 'indicators')}": (
                never > 0
            ),
            f"without a date, and not counted: {counted(undated, 'row', 'rows')}": undated > 0,
            f"without a score, and not counted: {counted(blank, 'row', 'rows')}": blank > 0,
            "scores of different institutions were given by different people: compare the change before the level": (
                scores["institution"].nunique() > 1
            ),
            "a score is a judgement of those who were asked; it has no error bar": len(used) > 0,
        }
    )
