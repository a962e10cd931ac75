"""Money: who pays for what and where, in constant prices, promises apart from payments, beside the need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import pandas as pd

from landrelease.cells import as_text, counted
from landrelease.checks.arguments import number_column, require_columns, text_column, typed, unique_ids
from landrelease.errors import DataError, OptionError, check_option, nearest
from landrelease.linkage.provinces import provinces_of, told
from landrelease.linkage.shares import concentration_of, need_table, phase_table, summed
from landrelease.tables import CODES

__all__ = ["FundingProfile", "funding_profile"]

_BY = ("donor", "channel_code", "sector_code", "province_code", "year")


@dataclass(frozen=True)
class FundingProfile:
    """Flows of money in constant prices, with what could not be converted.

    Attributes
    ----------
    flows : DataFrame
        Each flow with the ratio of its deflators and its amount in dollars of the base year.
    table : DataFrame
        Sums by the columns asked for and by type of flow; commitments and disbursements are never added.
    concentration : DataFrame
        Of all flows, of each year and of each province: donors, the largest, the Herfindahl index, single donors.
    need : DataFrame
        Money needed and committed by province; empty without `needs`.
    phases : DataFrame
        Domestic and international money in each declared phase; empty without `phases`.
    base_year : int
        Year of the prices.
    n : int
        Flows.
    missing_share : float
        Share of the flows without an amount in constant prices. [share]
    method : str
        How prices are made constant.
    caveats : tuple of str
        What a reader must know.
    """

    flows: pd.DataFrame
    table: pd.DataFrame
    concentration: pd.DataFrame
    need: pd.DataFrame
    phases: pd.DataFrame
    base_year: int
    n: int
    missing_share: float
    method: str
    caveats: tuple[str, ...]


def funding_profile(
    flows: pd.DataFrame,
    *,
    deflators: pd.DataFrame,
    base_year: int,
    missing: Literal["raise", "unknown"] = "raise",
    by: Sequence[str] = _BY,
    domestic: Sequence[str] | None = None,
    needs: pd.DataFrame | None = None,
    phases: Mapping[str, tuple[int, int]] | None = None,
    admin_areas: pd.DataFrame | None = None,
    level: int | None = None,
) -> FundingProfile:
    """Say who pays for what, where and when, in constant prices.

    Parameters
    ----------
    flows : DataFrame
        Table `funding`; a flow without a flow_type_code is of type `unknown`. [current USD]
    deflators : DataFrame
        year and deflator (of any base, above 0), and donor where each donor has its own, as those of the DAC.
    base_year : int
        The year in whose prices amounts are given.
    missing : {"raise", "unknown"}
        What to do where a deflator (or the year of a flow) is missing: stop, or leave the amount in constant prices
        missing and count it. A nominal amount never stands in for it.
    by : list of str
        Columns of the table: of donor, channel_code, sector_code, province_code, year.
    domestic : list of str, optional
        Donors that are of the country. Without it, and where the donor is missing, that is unknown.
    needs : DataFrame, optional
        Money needed: admin_code and need_usd, in prices of the base year; several rows of a province are added.
    phases : mapping, optional
        Phase to its first and last year, as the programme declares them; they do not overlap.
    admin_areas, level : DataFrame, int, optional
        Table `admin_areas` and the level of a province. Without them codes count as they are.

    Returns
    -------
    FundingProfile
        Tables funding_flows, funding_table, funding_concentration, funding_need and funding_phases.

    Raises
    ------
    DataError
        A deflator is missing (with `missing="raise"`), stands twice, or is not above 0; a flow_id is missing or stands
        twice; a column is missing or holds no numbers; a flow type is no code; a column `currency` names another
        currency than USD.
    OptionError
        An option that can not be meant; phases that overlap; a domestic donor that pays nothing.

    Notes
    -----
    constant = nominal x D_base / D_year, with D the donor's own deflator, so that prices and exchange rates are taken
    out; a flow of the base year is as it is. The Herfindahl index is the sum of the squared shares of the donors, of
    the money whose donor is known; it is missing where a donor has taken back more than it gave. A province has a
    single donor only if all its money is known to be that one's.

    The gap of a province is its need less its commitments. It is at least `gap_usd_low`, if all money without a
    province, and all of which the type is not known, is committed to this one; at most `gap_usd_high`. The need covers
    whatever years it covers: give only the flows that are meant to meet it.

    References
    ----------
    OECD DAC: deflators for resource flows from DAC donors, by donor and year (the caller's file; none is shipped).

    Examples
    --------
    >>> flows = pd.DataFrame({"flow_id": ["1", "2", "3"], "year": [2020, 2022, 2022], "donor": ["A", "A", "B"],
    ...     "flow_type_code": ["commitment"] * 3, "admin_code": ["N", "N", None], "amount_usd": [90.0, 50.0, 50.0]})
    >>> deflators = pd.DataFrame({"year": [2020, 2022], "deflator": [90.0, 100.0]})
    >>> found = funding_profile(flows, deflators=deflators, base_year=2022, by=["donor"])
    >>> found.table[["donor", "amount_usd", "constant_usd"]].values.tolist()
    [['A', 140.0, 150.0], ['B', 50.0, 50.0]]
    >>> found.concentration.loc[0, ["largest_share", "donor_hhi"]].tolist()
    [0.75, 0.625]
    >>> len(funding_profile(flows.iloc[:0], deflators=deflators, base_year=2022).table)
    0
    >>> funding_profile(flows, deflators=deflators.iloc[1:], base_year=2022)
    Traceback (most recent call last):
    landrelease.errors.DataError: 'deflators' lacks what 1 of 3 flows need, the first flow '1': no deflator of 2020.
      Fix: add it, or funding_profile(..., missing="unknown") leaves such flows out of constant prices and counts them.
    """
    check_option("missing", missing, ("raise", "unknown"))
    for name in by:
        check_option("by", name, _BY)
    money = _flows(flows, admin_areas, level)
    money["deflator_ratio"] = _ratios(money, deflators, base_year, missing)
    money["constant_usd"] = money["amount_usd"] * money["deflator_ratio"]
    money["is_domestic"] = _domestic(money, domestic)
    given = None if needs is None else _needs(needs, admin_areas, level)
    return FundingProfile(
        flows=typed(money, "funding_flows"),
        table=_table(money, list(by)),
        concentration=concentration_of(money),
        need=need_table(money, given),
        phases=phase_table(money, _years(phases)),
        base_year=int(base_year),
        n=len(money),
        missing_share=float(money["constant_usd"].isna().mean()) if len(money) else float("nan"),
        method=f"nominal dollars x deflator of {base_year} / deflator of the year, by donor where the table has donors",
        caveats=_caveats(money, base_year),
    )


def _flows(flows: pd.DataFrame, admin_areas: Any, level: int | None) -> pd.DataFrame:
    require_columns(flows, "flows", ["flow_id", "year", "amount_usd"])
    money = pd.DataFrame({"flow_id": unique_ids(flows, "flow_id", "flows")})
    for name in ("donor", "channel_code", "sector_code", "flow_type_code"):
        money[name] = text_column(flows, name)
    money["year"] = _whole_years(flows, "flows")
    money["amount_usd"] = number_column(flows, "amount_usd", "flows", low=-np.inf)
    money["province_code"] = provinces_of(text_column(flows, "admin_code"), admin_areas, level)
    types = CODES["flow_type_code"]
    odd = money["flow_type_code"].notna() & ~money["flow_type_code"].isin(list(types))
    if odd.any():
        raise DataError(
            f"'flows': flow_type_code must be one of {', '.join(types)}: {int(odd.sum())} of {len(odd)} rows are not, "
            f"the first has {money['flow_type_code'][odd].iloc[0]!r}.\n"
            f"  Fix: read(..., codes={{'flow_type_code': ...}})"
        )
    _require_dollars(flows)
    money["flow_type_code"] = money["flow_type_code"].fillna("unknown")
    return money.reset_index(drop=True)


def _require_dollars(flows: pd.DataFrame) -> None:
    """Raise where a column of currencies says that amounts are not in the unit that they are summed in."""
    currency = text_column(flows, "currency").str.upper()
    other = currency.notna() & ~currency.isin(["USD", "US$", "$"])
    if other.any():
        raise DataError(
            f"'flows': amount_usd is in US dollars, and {int(other.sum())} of {len(flows)} rows name another currency, "
            f"the first {currency[other].iloc[0]!r}.\n  Fix: convert these amounts at the rate of their year, "
            "and write USD."
        )


def _whole_years(frame: pd.DataFrame, what: str) -> pd.Series:
    years = number_column(frame, "year", what)
    odd = years.notna() & (years % 1 != 0)
    if odd.any():
        raise DataError(
            f"'{what}': year must be whole: {int(odd.sum())} rows are not, the first {years[odd].iloc[0]}.\n"
            "  Fix: give the calendar year; of a fiscal year, the one in which it begins or ends, all alike."
        )
    return years


def _ratios(money: pd.DataFrame, deflators: pd.DataFrame, base_year: int, missing: str) -> pd.Series:
    """Return the deflator of the base year over that of each flow's year; missing where one is not given."""
    require_columns(deflators, "deflators", ["year", "deflator"])
    by_donor = "donor" in deflators
    keys = pd.DataFrame(
        {"donor": as_text(deflators["donor"]) if by_donor else "", "year": _whole_years(deflators, "deflators")}
    )
    if keys.isna().any(axis=None):
        raise DataError(
            f"'deflators': {int(keys.isna().any(axis=1).sum())} rows have no year, or no donor.\n"
            "  Fix: fill them, or leave the column donor out where one deflator is everybody's."
        )
    if keys.duplicated().any():
        row = keys[keys.duplicated()].iloc[0]
        raise DataError(
            f"'deflators': {int(keys.duplicated().sum())} rows repeat a year, first {row['year']:.0f}"
            f"{row['donor'] and ' of ' + row['donor']}.\n  Fix: one row a year, and donor where donors have their own."
        )
    value = number_column(deflators, "deflator", "deflators")
    if (value == 0).any():
        raise DataError(
            f"'deflators': deflator must be above 0: {int((value == 0).sum())} rows are 0.\n"
            "  Fix: give the index of each year, or leave the row out."
        )
    known = {(donor, year): one for donor, year, one in zip(keys["donor"], keys["year"], value, strict=True) if one > 0}
    donors = money["donor"] if by_donor else pd.Series("", index=money.index)
    ratios = [_ratio(known, donor, year, base_year) for donor, year in zip(donors, money["year"], strict=True)]
    found = pd.Series(ratios, index=money.index, dtype="float64")
    lacking = found.isna()
    if lacking.any() and missing == "raise":
        raise _lacks(money, lacking, known, by_donor, base_year)
    return found


def _ratio(known: dict[tuple[str, float], float], donor: Any, year: float, base_year: int) -> float:
    if year == base_year:
        return 1.0
    return known.get((donor, base_year), np.nan) / known.get((donor, year), np.nan)


def _lacks(
    money: pd.DataFrame, lacking: pd.Series, known: dict[tuple[str, float], float], by_donor: bool, base_year: int
) -> DataError:
    first = money[lacking].iloc[0]
    donor = first["donor"] if by_donor else ""
    year = base_year if (donor, first["year"]) in known else first["year"]
    whose = f" of donor {donor!r}" if by_donor else ""
    if pd.isna(year) or (by_donor and pd.isna(donor)):
        why = "its donor or year is not known"
    else:
        why = f"no deflator of {year:.0f}{whose}"
    return DataError(
        f"'deflators' lacks what {int(lacking.sum())} of {len(money)} flows need, the first flow "
        f"{first['flow_id']!r}: {why}.\n"
        f'  Fix: add it, or funding_profile(..., missing="unknown") leaves such flows out of constant prices and '
        f"counts them."
    )


def _table(money: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    keys = [name for name in _BY if name in by] + ["flow_type_code"]
    figures = ["flow_count", "amount_usd", "constant_usd", "unknown_count", "unconverted_usd"]
    return typed(summed(money, keys).reset_index(), "funding_table", lead=[*keys, *figures])


def _needs(needs: pd.DataFrame, admin_areas: Any, level: int | None) -> pd.Series:
    """Return the money needed by province; missing where a part of it is."""
    require_columns(needs, "needs", ["admin_code", "need_usd"])
    province = provinces_of(needs["admin_code"], admin_areas, level)
    amount = number_column(needs, "need_usd", "needs")
    if province.isna().any():
        raise DataError(
            f"'needs': {int(province.isna().sum())} of {len(province)} rows are of no province of the level, the first "
            f"has admin_code {needs['admin_code'][province.isna()].iloc[0]!r}.\n  Fix: give the unit that needs it."
        )
    # a sum of which a part is not known is not known
    return amount.groupby(province).sum(min_count=1).mask(amount.isna().groupby(province).any())


def _years(phases: Mapping[str, tuple[int, int]] | None) -> dict[str, tuple[int, int]] | None:
    if phases is None:
        return None
    ends = sorted((first, last, name) for name, (first, last) in phases.items())
    for first, last, name in ends:
        if first > last:
            raise OptionError(f"phases: '{name}' ends in {last}, before it begins in {first}")
    for (_, last, name), (first, _, other) in pairwise(ends):
        if first <= last:
            raise OptionError(f"phases: '{name}' (to {last}) and '{other}' (from {first}) overlap: money counts once")
    return {name: (first, last) for first, last, name in ends}


def _domestic(money: pd.DataFrame, domestic: Sequence[str] | None) -> pd.Series:
    """Tell which flows are the country's own; missing where that is not known."""
    donors = money["donor"]
    if domestic is None:
        return pd.Series(pd.NA, index=money.index, dtype="boolean")
    if isinstance(domestic, str):
        raise OptionError(f"domestic must be a list of donors; got {domestic!r}")
    for name in domestic:
        if len(money) and name not in set(donors):
            raise OptionError(f"domestic: no flow is of {name!r}{nearest(name, set(donors.dropna()))}")
    return donors.isin(list(domestic)).astype("boolean").mask(donors.isna())


def _caveats(money: pd.DataFrame, base_year: int) -> tuple[str, ...]:
    lacking = money["constant_usd"].isna()
    no_amount, no_ratio = money["amount_usd"].isna(), money["deflator_ratio"].isna() & money["amount_usd"].notna()
    untyped, taken_back = money["flow_type_code"].eq("unknown"), money["amount_usd"] < 0
    no_donor, no_place = money["donor"].isna(), money["province_code"].isna()

    def flows(which: pd.Series, verb: str = "", verbs: str = "") -> str:
        return counted(int(which.sum()), f"flow{verb}", f"flows{verbs}")

    return told(
        {
            f"{flows(no_ratio)} of {money['amount_usd'][no_ratio].sum():,.0f} current USD could not be brought to "
            f"prices of {base_year}: in no sum in constant prices": bool(no_ratio.any()),
            f"{flows(no_amount, ' has', ' have')} no amount: sums are at least what they say": bool(no_amount.any()),
            f"of {flows(untyped)} it is not known whether it is a commitment or a disbursement": bool(untyped.any()),
            f"{flows(taken_back, ' is', ' are')} below 0, as money that was taken back: it lessens the sums": bool(
                taken_back.any()
            ),
            f"{flows(no_donor, ' names', ' name')} no donor": bool(no_donor.any()),
            f"{flows(no_place, ' is', ' are')} of no known province": bool(no_place.any()),
            "shares are of the flows that could be converted alone": bool(lacking.any()),
            "sector 15250 alone misses mine action that is paid within other projects": len(money) > 0,
        }
    )
