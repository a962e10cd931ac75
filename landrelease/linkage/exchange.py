"""The same indicators of several programmes side by side: rates, with what is unknown as bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from landrelease.cells import as_text, counted
from landrelease.checks.arguments import distinct, number_column, require_columns, text_column, typed
from landrelease.errors import DataError, OptionError
from landrelease.linkage.capacity import CapacityProfile
from landrelease.linkage.funding import FundingProfile
from landrelease.linkage.gaps import CoordinationGaps
from landrelease.linkage.provinces import told
from landrelease.tables import USE_GROUPS

__all__ = ["Comparison", "compare", "programme_indicators"]

_YEAR_DAYS = 365
_USES = {"agriculture": USE_GROUPS["agriculture"]} | {
    one: (one,) for one in (*USE_GROUPS["natural"], *USE_GROUPS["built"])
}
Row = tuple[str, str, str, float, float, float, int]


@dataclass(frozen=True)
class Comparison:
    """Programmes side by side, on rates.

    Attributes
    ----------
    table : DataFrame
        One row an indicator and programme: bounds of the rate, and the best and worst place that they allow.
    left_out : tuple of str
        Indicators of sizes, which are not compared.
    n : int
        Programmes.
    missing_share : float
        Share of the cells of the table without a rate. [share]
    method : str
        How rates are compared.
    caveats : tuple of str
        What a reader must know.
    """

    table: pd.DataFrame
    left_out: tuple[str, ...]
    n: int
    missing_share: float
    method: str
    caveats: tuple[str, ...]


def programme_indicators(
    *,
    releases: pd.DataFrame | None = None,
    coordination: CoordinationGaps | None = None,
    funding: FundingProfile | None = None,
    capacity: CapacityProfile | None = None,
) -> pd.DataFrame:
    """Gather the indicators of a programme, each as a numerator, a denominator, and what of it is unknown.

    Parameters
    ----------
    releases : DataFrame, optional
        What `assess_use` returns.
    coordination : CoordinationGaps, optional
        What `coordination_gaps` returns.
    funding : FundingProfile, optional
        What `funding_profile` returns.
    capacity : CapacityProfile, optional
        What `capacity_profile` returns.

    Returns
    -------
    DataFrame
        indicator_code, label, unit, numerator, denominator, unknown, left_out_count (releases that are in none of the
        three: of unknown area, without a date, or of which nobody is known to have asked), rate_low, rate_high. What is
        not given has no row.

    Raises
    ------
    DataError
        `releases` lacks a column, or holds no numbers where it must.

    Notes
    -----
    rate_low = numerator / denominator, rate_high = (numerator + unknown) / denominator. Productive land counts under
    the main use of its release. Funding counts where every flow was converted, and no donor took back more than it
    gave.

    Examples
    --------
    >>> releases = pd.DataFrame({"area_m2": [60.0, 40.0], "productive_m2": [50.0, 0.0], "as_intended_m2": [50.0, 0.0],
    ...     "unknown_m2": [0.0, 40.0], "use_code": ["grazing", None]})
    >>> found = programme_indicators(releases=releases)
    >>> found[["indicator_code", "numerator", "denominator", "rate_low", "rate_high"]].head(1).values.tolist()
    [['productive', 50.0, 100.0, 0.5, 0.9]]
    >>> len(programme_indicators())
    0
    >>> unmeasured = releases.assign(area_m2=[60.0, None])
    >>> programme_indicators(releases=unmeasured)[["denominator", "left_out_count"]].head(1).values.tolist()
    [[60.0, 1]]
    >>> programme_indicators(releases=releases.drop(columns="use_code"))
    Traceback (most recent call last):
    landrelease.errors.DataError: 'releases' has no column 'use_code'. It has area_m2, productive_m2, ...
    """
    rows: list[Row] = []
    if releases is not None:
        rows += _of_releases(releases)
    if coordination is not None:
        rows += _of_coordination(coordination)
    if funding is not None:
        rows += _of_funding(funding)
    if capacity is not None:
        rows += _of_capacity(capacity)
    names = ["indicator_code", "label", "unit", "numerator", "denominator", "unknown", "left_out_count"]
    return typed(_with_rates(pd.DataFrame(rows, columns=names)), "programme_indicators")


def _with_rates(frame: pd.DataFrame) -> pd.DataFrame:
    below = frame["denominator"].where(frame["denominator"] > 0).astype("float64")
    return frame.assign(rate_low=frame["numerator"] / below, rate_high=(frame["numerator"] + frame["unknown"]) / below)


def _of_releases(releases: pd.DataFrame) -> list[Row]:
    names = ["area_m2", "productive_m2", "as_intended_m2", "unknown_m2"]
    require_columns(releases, "releases", [*names, "use_code"])
    land = pd.DataFrame({name: number_column(releases, name, "releases") for name in names})
    use = text_column(releases, "use_code")
    # land whose use is productive and not said is not known to be of any kind
    known = {name: land["productive_m2"][use.isin(codes)].sum() for name, codes in _USES.items()}
    whole, unknown = land["area_m2"].sum(min_count=1), land["unknown_m2"].sum()
    unsaid = land["productive_m2"][use.isna()].sum()
    looked_at, lost = whole - unknown, int(land["area_m2"].isna().sum())
    if len(land) and pd.isna(whole):  # of land without a known area no part is known: not 0
        known = dict.fromkeys(known, np.nan)
    # the sum of no releases is 0
    used, intended = (land[name].sum(min_count=min(len(land), 1)) for name in ("productive_m2", "as_intended_m2"))
    rows: list[Row] = [
        ("productive", "released land in productive use", "m2", used, whole, unknown, lost),
        ("as_intended", "released land in use as intended", "m2", intended, whole, unknown, lost),
        ("looked_at", "released land that somebody looked at", "m2", looked_at, whole, 0.0, lost),
    ]
    return rows + [
        (f"use_{name}", f"released land in productive use: {name}", "m2", m2, whole, unknown + unsaid, lost)
        for name, m2 in known.items()
    ]


def _of_coordination(found: CoordinationGaps) -> list[Row]:
    gap = found.releases["gap_code"]
    old = found.releases[(found.as_of - found.releases["release_date"]).dt.days >= _YEAR_DAYS]
    in_time = (old["lag_days"] <= _YEAR_DAYS).sum()
    unknown = old["lag_code"].eq("unknown").sum()
    needed = gap.ne("unknown").sum()
    return [
        ("needs_served", "releases with a need that have a project", "releases", float(gap.eq("served").sum()),
         float(needed), float(gap.eq("district_only").sum()), int(gap.eq("unknown").sum())),
        ("project_in_a_year", "releases of a year and more ago with a project within a year", "releases",
         float(in_time), float(len(old)), float(unknown), int(found.releases["release_date"].isna().sum())),
    ]  # fmt: skip


def _of_funding(found: FundingProfile) -> list[Row]:
    rows: list[Row] = []
    for kind in ("commitment", "disbursement"):
        flows = found.flows[found.flows["flow_type_code"] == kind]
        total = flows["constant_usd"].sum(min_count=1)
        own, silent = flows["is_domestic"].fillna(False), flows["is_domestic"].isna()
        parts = [flows["constant_usd"][one.astype(bool)].sum() for one in (own, silent)]
        is_sound = bool(flows["constant_usd"].notna().all()) and min([total, *parts, total - sum(parts)]) >= 0
        if len(flows) and is_sound:
            rows.append((f"domestic_{kind}", f"{kind}s of domestic donors", "usd", parts[0], total, parts[1], 0))
        every = found.concentration
        of_all = every[(every["flow_type_code"] == kind) & (every["scope"] == "all")]
        if is_sound and len(of_all) and of_all["largest_share"].notna().all():
            unknown = of_all["unknown_donor_share"].iloc[0] * total
            largest = of_all["largest_share"].iloc[0] * (total - unknown)
            rows.append((f"largest_donor_{kind}", f"{kind}s of the largest donor", "usd", largest, total, unknown, 0))
    return rows


def _of_capacity(found: CapacityProfile) -> list[Row]:
    level, rows = found.scores["level_share"], []
    if len(level):
        rows.append(
            ("capacity_level", "mean level of the indicators of capacity", "indicators", level.sum(), float(len(level)),
             float(level.isna().sum()), 0)
        )  # fmt: skip
    teams, areas = found.residual["team_count"], found.residual["open_area_count"]
    if len(teams) and teams.notna().all() and areas.notna().all():
        rows.append(
            ("open_areas_per_team", "open areas for each response team", "areas per team", float(areas.sum()),
             float(teams.sum()), 0.0, 0)
        )  # fmt: skip
    return rows


def compare(programmes: Mapping[str, pd.DataFrame]) -> Comparison:
    """Put the same indicators of several programmes side by side, on rates and not on sizes.

    Parameters
    ----------
    programmes : mapping
        Country or province to its indicators: indicator_code, numerator, denominator and unknown (the part of the
        denominator of which it is not known whether it counts), label and left_out_count where they are known. See
        `programme_indicators`; rows of your own may be added.

    Returns
    -------
    Comparison
        Table compare. An indicator that a programme lacks stands there without a rate.

    Raises
    ------
    DataError
        A column is missing or holds no numbers of 0 or more; an indicator stands twice in a programme.
    OptionError
        Fewer than two programmes.

    Notes
    -----
    rank_best counts the programmes whose lowest rate is above the highest of this one; rank_worst also those that may
    be as high, unknown ones among them. Where the two differ, the records do not say who is ahead. 1 is the highest
    rate, which for some indicators is the worse end. An indicator without a denominator in any programme is
    a size: left out.

    References
    ----------
    UNDP, DP/2016/5, action 2.5: South-South cooperation and exchange between programmes.

    Examples
    --------
    >>> def rates(numerator, unknown):
    ...     return pd.DataFrame({"indicator_code": ["productive"], "numerator": [numerator], "denominator": [100.0],
    ...                          "unknown": [unknown]})
    >>> found = compare({"North": rates(60.0, 30.0), "South": rates(50.0, 0.0), "West": rates(70.0, 0.0)})
    >>> found.table[["programme", "rate_low", "rate_high", "rank_best", "rank_worst"]].values.tolist()
    [['North', 0.6, 0.9, 1, 2], ['South', 0.5, 0.5, 3, 3], ['West', 0.7, 0.7, 1, 2]]
    >>> compare({"North": rates(60.0, 30.0), "South": rates(60.0, 0.0).iloc[:0]}).table["rank_worst"].tolist()
    [2, <NA>]
    >>> compare({"North": rates(60.0, 30.0)})
    Traceback (most recent call last):
    landrelease.errors.OptionError: compare needs two programmes or more; got 1
    """
    if len(programmes) < 2:
        raise OptionError(f"compare needs two programmes or more; got {len(programmes)}")
    rows = pd.concat([_rates(name, frame) for name, frame in programmes.items()], ignore_index=True)
    sizes = rows.groupby("indicator_code", sort=False)["denominator"].count()
    left_out = tuple(map(str, sizes[sizes == 0].index))
    codes = [code for code in distinct(rows["indicator_code"]) if code not in left_out]
    labels = rows.dropna(subset="label").drop_duplicates("indicator_code").set_index("indicator_code")["label"]
    every = pd.MultiIndex.from_product([codes, list(programmes)], names=["indicator_code", "programme"])
    table = rows.set_index(["indicator_code", "programme"]).reindex(every).reset_index()
    table["label"] = table["indicator_code"].map(labels)
    table = _ranked(table)
    return Comparison(
        table=typed(table, "compare"),
        left_out=left_out,
        n=len(programmes),
        missing_share=float(table["rate_low"].isna().mean()) if len(table) else float("nan"),
        method="rates with bounds; places that the bounds allow",
        caveats=_caveats(table, left_out, rows),
    )


def _rates(programme: str, frame: pd.DataFrame) -> pd.DataFrame:
    names = ["numerator", "denominator", "unknown"]
    what = f"programmes: {programme}"
    require_columns(frame, what, ["indicator_code", *names])
    rows = pd.DataFrame({"indicator_code": as_text(frame["indicator_code"]), "label": text_column(frame, "label")})
    bad = rows["indicator_code"].isna() | rows["indicator_code"].duplicated()
    if bad.any():
        raise DataError(f"'{what}': each indicator_code must stand once: {int(bad.sum())} rows repeat or lack it.")
    for name in names:
        rows[name] = number_column(frame, name, what)
    rows["left_out_count"] = number_column(frame, "left_out_count", what)
    rows = _with_rates(rows).assign(programme=programme)
    # of an unknown part nobody knows how large it is
    rows["unknown_share"] = (rows["unknown"] / rows["denominator"].where(rows["denominator"] > 0)).clip(upper=1)
    return rows.assign(rate_high=rows["rate_high"].where(rows["unknown"].notna()))


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    best, worst = np.full(len(table), np.nan), np.full(len(table), np.nan)
    for places in table.groupby("indicator_code", sort=False).indices.values():
        low, high = (table[name].to_numpy(dtype=float)[places] for name in ("rate_low", "rate_high"))
        known = ~np.isnan(low) & ~np.isnan(high)
        above = (low[None, :] > high[:, None]) & known[None, :]
        may_be_above = ~known[None, :] | (high[None, :] >= low[:, None])
        np.fill_diagonal(may_be_above, False)
        best[places] = np.where(known, 1 + above.sum(axis=1), np.nan)
        worst[places] = np.where(known, 1 + may_be_above.sum(axis=1), np.nan)
    return table.assign(rank_best=best, rank_worst=worst)


def _caveats(table: pd.DataFrame, left_out: tuple[str, ...], rows: pd.DataFrame) -> tuple[str, ...]:
    lacking = int(table["rate_low"].isna().sum())
    open_ranks = int((table["rank_best"] != table["rank_worst"])[table["rank_best"].notna()].sum())
    lost = rows[(rows["left_out_count"] > 0) & ~rows["indicator_code"].isin(left_out)]
    said = [f"{one.indicator_code} of {one.programme} ({one.left_out_count:,.0f})" for one in lost.itertuples()]
    return told(
        {
            f"{lacking:,} of {counted(len(table), 'rate', 'rates')} not known; such a programme may stand anywhere": (
                lacking > 0
            ),
            f"{counted(open_ranks, 'place is', 'places are')} not settled by the records": open_ranks > 0,
            f"releases that are in no rate, as a date, an area or a need is not known: {', '.join(said)}": bool(said),
            f"left out, because they are sizes: {', '.join(left_out)}": bool(left_out),
            "programmes differ in what was contaminated, since when, and in how they look: ask why before who": True,
        }
    )
