"""Shares of money: among donors, against need, and of the country's own in each phase."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from landrelease.checks.arguments import typed

__all__ = ["concentration_of", "need_table", "phase_table", "summed"]

_TYPES = ("commitment", "disbursement", "unknown")


def summed(money: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return the sums of flows by keys; a sum of which nothing is known is missing."""
    lacking = money["constant_usd"].isna()
    rows = money.assign(unknown_count=lacking, unconverted_usd=money["amount_usd"].where(lacking))
    groups = rows.groupby(keys, dropna=False)
    sums = groups[["amount_usd", "constant_usd", "unconverted_usd"]].sum(min_count=1)
    return sums.assign(flow_count=groups.size(), unknown_count=groups["unknown_count"].sum())


def concentration_of(money: pd.DataFrame) -> pd.DataFrame:
    """Return how concentrated each type of flow is: of all, of each year, of each province."""
    rows = []
    for flow_type in [one for one in _TYPES if one in set(money["flow_type_code"])]:
        part = money[money["flow_type_code"] == flow_type]
        groups: list[tuple[str, Any, pd.DataFrame]] = [("all", None, part)]
        groups += [("year", _year_text(key), one) for key, one in part.groupby("year", dropna=False)]
        groups += [("province_code", key, one) for key, one in part.groupby("province_code", dropna=False)]
        rows += [
            {"flow_type_code": flow_type, "scope": scope, "group": group} | _of(one) for scope, group, one in groups
        ]
    return typed(pd.DataFrame(rows), "funding_concentration")


def _year_text(year: Any) -> str | None:
    return None if np.isnan(year) else f"{year:.0f}"


def _of(money: pd.DataFrame) -> dict[str, Any]:
    """Return the concentration of one group."""
    known = money.groupby("donor")["constant_usd"].sum(min_count=1).dropna()
    known = known[known != 0].sort_values(ascending=False, kind="stable")
    of_unknown = money["constant_usd"][money["donor"].isna()]
    unknown, total = of_unknown.sum(), money["constant_usd"].sum(min_count=1)
    is_whole = bool(len(known)) and bool((known > 0).all())
    share = known / known.sum() if is_whole else pd.Series(dtype="float64")
    # a flow that was not converted might be another donor's
    may_be_more = bool(money["constant_usd"].isna().any()) or len(of_unknown) > 0
    is_single: Any = pd.NA if may_be_more and len(known) < 2 else len(known) == 1
    return {
        "constant_usd": total,
        "donor_count": len(known),
        "largest_donor": known.index[0] if is_whole else None,
        "largest_share": share.iloc[0] if is_whole else np.nan,
        "top5_share": min(share.iloc[:5].sum(), 1.0) if is_whole else np.nan,
        "donor_hhi": min((share**2).sum(), 1.0) if is_whole else np.nan,
        "is_single_donor": is_single if is_whole else pd.NA,
        "unknown_donor_share": unknown / total if total > 0 and 0 <= unknown <= total else np.nan,
    }


def need_table(money: pd.DataFrame, need: pd.Series | None) -> pd.DataFrame:
    """Return need beside money by province, with what money of no known province or type leaves open."""
    if need is None:
        return typed(pd.DataFrame(), "funding_need")
    sums = summed(money, ["province_code", "flow_type_code"])
    by_type = sums["constant_usd"].unstack("flow_type_code").reindex(columns=list(_TYPES))
    unconverted = sums["unknown_count"].unstack("flow_type_code").reindex(columns=["commitment"])["commitment"]
    lost = sums["unknown_count"].groupby(level="province_code", dropna=False).sum()
    names = list(dict.fromkeys([*need.index, *by_type.index]))
    is_known = [pd.notna(name) for name in names]
    rows = by_type.reindex(names).set_axis(range(len(names)), axis=0).astype("float64")
    rows = rows.rename(columns={one: f"{one}_usd" for one in _TYPES})
    rows["province_code"] = pd.Series(names, dtype="str")
    rows["need_usd"] = need.reindex(names).to_numpy(dtype=float)
    rows["unknown_count"] = lost.reindex(names).fillna(0).to_numpy()
    nowhere = rows[~np.array(is_known, dtype=bool)]
    elsewhere = nowhere[["commitment_usd", "unknown_usd"]].clip(lower=0).sum().sum()
    committed = rows["commitment_usd"].fillna(0)
    most = committed + rows["unknown_usd"].clip(lower=0).fillna(0) + elsewhere
    is_open = (rows["unknown_count"] > 0) | bool((nowhere["unknown_count"] > 0).any())
    rows["gap_usd_high"] = rows["need_usd"] - committed
    rows["gap_usd_low"] = (rows["need_usd"] - most).mask(is_open)
    # commitments of which none could be converted are not commitments of 0
    is_untold = rows["commitment_usd"].isna() & (unconverted.reindex(names).to_numpy() > 0)
    rows["funded_ratio"] = (committed / rows["need_usd"].where(rows["need_usd"] > 0)).mask(is_untold)
    return typed(rows, "funding_need")


def phase_table(money: pd.DataFrame, phases: dict[str, tuple[int, int]] | None) -> pd.DataFrame:
    """Return domestic, international and unknown money by declared phase and type of flow."""
    if phases is None:
        return typed(pd.DataFrame(), "funding_phases")
    phase = pd.Series(None, index=money.index, dtype="str")
    for name, (first, last) in phases.items():
        phase = phase.mask(money["year"].between(first, last), name)
    side = money["is_domestic"].map({True: "domestic", False: "international"}).fillna("unknown")
    rows = []
    every: list[tuple[str | None, tuple[int | None, int | None]]] = [*phases.items(), (None, (None, None))]
    for phase_name, (begins, ends) in every:
        here = phase.isna() if phase_name is None else phase.eq(phase_name)
        for flow_type in _TYPES:
            part = money[here & money["flow_type_code"].eq(flow_type)]
            if part.empty:
                continue
            sums = part.groupby(side[part.index])["constant_usd"].sum(min_count=1)
            own, other, unknown = (sums.get(one, np.nan) for one in ("domestic", "international", "unknown"))
            low, high = _bounds(own, other, unknown)
            rows.append(
                {
                    "phase": phase_name, "first_year": begins, "last_year": ends, "flow_type_code": flow_type,
                    "domestic_usd": own, "international_usd": other, "unknown_usd": unknown,
                    "unknown_count": int(part["constant_usd"].isna().sum()),
                    "domestic_share_low": low, "domestic_share_high": high,
                }
            )  # fmt: skip
    return typed(pd.DataFrame(rows), "funding_phases")


def _bounds(own: float, other: float, unknown: float) -> tuple[float, float]:
    """Return the share of the country's own money if none of the unknown is, and if all is."""
    parts = np.nan_to_num(np.array([own, other, unknown]))
    total = parts.sum()
    if not total > 0 or (parts < 0).any():
        return np.nan, np.nan
    return float(parts[0] / total), float((parts[0] + parts[2]) / total)
