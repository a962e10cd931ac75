"""What release is worth in money beside what it costs: present values, ratios, and how far they turn on a choice."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.checks.arguments import is_number, require_whole
from landrelease.errors import DataError, OptionError, check_option
from landrelease.priority.values import as_ids, as_numbers
from landrelease.tables import CODES

__all__ = ["PUBLISHED_VSL_USD", "BenefitCost", "benefit_cost"]

Floats = npt.NDArray[np.float64]
Amount = float | tuple[float, float, float]
"""One number, or low, central and high."""
Triple = tuple[float, float, float]
CASES = ("low", "central", "high")
_PARTS = ("safety_usd", "production_usd", "land_usd", "access_usd")

PUBLISHED_VSL_USD: dict[float, str] = {
    2_000.0: "foregone income, about (as cited by Cameron et al. 2010)",
    250_000.0: "stated preference, rural Thailand (Gibson et al. 2007)",
    400_000.0: "stated preference, Cambodia (Cameron et al. 2010)",
}
"""Values of a statistical life that stand in studies of mine clearance, in US dollars of their time."""


@dataclass(frozen=True)
class BenefitCost:
    """What `benefit_cost` found, and how it was made.

    The case `low` takes the low end of every benefit and the high end of cost and discount rate at once, `high` the
    other way round: bounds, not a probable range.

    Attributes
    ----------
    areas : DataFrame
        By area_id and case: safety_usd, production_usd, land_usd, access_usd (present values; a part that nobody
        asked for is no column), benefit_usd (their sum), cost_usd, net_usd, ratio, and break_even_vsl_usd (value of a
        statistical life at which benefit and cost are equal). Missing where an input is not known.
    total : DataFrame
        By case, the same over the areas of which everything is known, with area_count and left_out_count.
    sensitivity : DataFrame
        The total with central inputs, by vsl_usd (those given, and published ones: `source` says which) and
        discount_rate (those given, and 0).
    unknown : DataFrame
        area_id and column: what is not known. These areas are in no total.
    vsl_usd, discount_rate : tuple of float
        Low, central, high.
    years : int
        Years over which yearly benefits count.
    """

    areas: pd.DataFrame
    total: pd.DataFrame
    sensitivity: pd.DataFrame
    unknown: pd.DataFrame
    vsl_usd: Triple
    discount_rate: Triple
    years: int

    def __str__(self) -> str:
        """Say the ratio as a range, by the inputs and over the sensitivity table; never as one number."""
        count, left = (int(self.total[name].iloc[0]) for name in ("area_count", "left_out_count"))
        if not count:
            return f"No ratio: of {left:,} areas none has all that is needed."
        low, central, high = self.total["ratio"].tolist()
        most, even, least = self.total["break_even_vsl_usd"].tolist()
        table = self.sensitivity
        said = [
            f"Benefits are {low:,.3g} to {high:,.3g} times the cost of {count:,} area{'s' if count > 1 else ''} "
            f"(central {central:,.3g}) by the ranges given,",
            f"and {table['ratio'].min():,.3g} to {table['ratio'].max():,.3g} times for a statistical life of "
            f"{table['vsl_usd'].min():,.0f} to {table['vsl_usd'].max():,.0f} USD and a discount rate of "
            f"{table['discount_rate'].min():.3g} to {table['discount_rate'].max():.3g}.",
        ]
        if not math.isnan(even):
            said.append(f"They are equal at a statistical life of {even:,.0f} USD ({least:,.0f} to {most:,.0f}).")
        if left:
            said.append(f"Left out: {left:,} area{'s' if left > 1 else ''} of which something is not known.")
        return "\n".join(said)


def benefit_cost(
    areas: pd.DataFrame,
    *,
    vsl_usd: Amount,
    discount_rate: Amount,
    years: int,
    injury_share: Amount | None = None,
    production_usd_m2: Mapping[str, Amount] | None = None,
    land_usd_m2: Mapping[str, Amount] | None = None,
) -> BenefitCost:
    """Weigh what the release of areas is worth in money against what it costs, with ranges.

    Parameters
    ----------
    areas : DataFrame
        `area_id`, `cost_usd` (of release, spent now) and `deaths_averted_per_year`. Optional:
        `injuries_averted_per_year`, `access_usd_per_year` (what better access is worth), and for land `area_m2` and
        `intended_use_code`. A number has a range where columns of the same name with `_low` and `_high` stand beside.
    vsl_usd : float or (low, central, high)
        Value of a statistical life. There is no default: published ratios turn on it. [USD]
    discount_rate : float or (low, central, high)
        Of a year, as a share: 0.05 is 5 %.
    years : int
        How many years of yearly benefits count.
    injury_share : float or (low, central, high), optional
        Value of an averted injury as a share of `vsl_usd`; needed where injuries are given.
    production_usd_m2 : mapping of str to float or (low, central, high), optional
        By use code, net value of what a m2 yields in a year. [USD per m2 and year]
    land_usd_m2 : mapping of str to float or (low, central, high), optional
        By use code, what a m2 is worth once. A use has either a yield or a price. [USD per m2]

    Returns
    -------
    BenefitCost
        Frames `areas`, `total`, `sensitivity`, `unknown`.

    Raises
    ------
    OptionError
        A value is missing, negative, not finite or not low <= central <= high; a rate is 1 or more; a use is no code or
        has both a yield and a price; injuries without `injury_share`, or the reverse.
    DataError
        A column or an id is missing, a number is negative, a cost is 0, or a range is not low <= central <= high.

    Notes
    -----
    With a(r, T) = (1 - (1 + r)^-T) / r, and T where r = 0: safety = (deaths + share x injuries) x VSL x a,
    production = area x yield x a, access = value x a, land = area x price. Yearly benefits come at the end of each of
    T years, the same each year; cost and price now. All in the same dollars, without inflation.

    What is not known stays so: an area of which a needed input is missing, or whose use has no value, has no ratio,
    is listed in `unknown` and counts in no total. A part that was not asked for (no column, no mapping) counts nothing.
    Yield, price and access can hold the same money twice: land beside a road is dear because of the road.

    The ratio is mostly a choice of the VSL. Gibson et al. (2007) cite 0.02 for Cambodia (Harris 2000) and 0.10 for
    Mozambique (Elliot and Harris 2001); with stated-preference values of 250,000 USD or more in place of about 2,000
    USD of foregone income, such ratios rise by an order of magnitude or more.

    References
    ----------
    Gibson, J. et al. (2007), The value of statistical life and the economics of landmine clearance in developing
    countries, World Development 35; it cites Harris (2000) and Elliot and Harris (2001).
    Cameron, M. et al. (2010), The value of statistical life and cost-benefit evaluations of landmine clearance in
    Cambodia, Environment and Development Economics.

    Examples
    --------
    >>> areas = pd.DataFrame({"area_id": ["A1", "A2"], "cost_usd": [50_000, None],
    ...     "deaths_averted_per_year": [0.02, 0.1], "area_m2": [40_000, 9_000],
    ...     "intended_use_code": ["agriculture_rainfed", "grazing"]})
    >>> worth = {"agriculture_rainfed": (0.01, 0.03, 0.06), "grazing": 0.002}
    >>> found = benefit_cost(areas, vsl_usd=(2_000, 100_000, 400_000), discount_rate=0.05, years=20,
    ...     production_usd_m2=worth)
    >>> found.areas[["area_id", "case", "benefit_usd", "cost_usd", "ratio"]].round(2)
      area_id     case  benefit_usd  cost_usd  ratio
    0      A1      low      5483.37   50000.0   0.11
    1      A1  central     39879.07   50000.0   0.80
    2      A1     high    129606.99   50000.0   2.59
    3      A2      low      2716.76       NaN    NaN
    4      A2  central    124846.42       NaN    NaN
    5      A2     high    498712.73       NaN    NaN
    >>> found.unknown
      area_id    column
    0      A2  cost_usd
    >>> print(found)
    Benefits are 0.11 to 2.59 times the cost of 1 area (central 0.798) by the ranges given,
    and 0.309 to 3.68 times for a statistical life of 2,000 to 400,000 USD and a discount rate of 0 to 0.05.
    They are equal at a statistical life of 140,606 USD (80,606 to 180,606).
    Left out: 1 area of which something is not known.
    >>> print(benefit_cost(areas.iloc[:0], vsl_usd=2_000, discount_rate=0.05, years=20))
    No ratio: of 0 areas none has all that is needed.
    >>> benefit_cost(areas, vsl_usd=(400_000, 2_000, 100_000), discount_rate=0.05, years=20)
    Traceback (most recent call last):
    landrelease.errors.OptionError: vsl_usd must be 0 or more, one number or low <= central <= high; got
    (400000, 2000, 100000).
    """
    lives, rates = _triple("vsl_usd", vsl_usd), _triple("discount_rate", discount_rate)
    if rates[2] >= 1:
        raise OptionError(f"discount_rate is a share below 1: 0.05 for 5 %; got {discount_rate!r}")
    require_whole("years", years, 1)
    inputs = _inputs(areas, injury_share, _by_use(production_usd_m2, land_usd_m2))
    each = pd.concat([_case(inputs, case, lives[case], rates[2 - case], int(years)) for case in range(3)])
    each = each.sort_values("row", kind="stable", ignore_index=True)
    unknown = inputs.unknown()
    is_known = ~inputs.ids.isin(unknown["area_id"]).to_numpy()
    total = pd.DataFrame([{"case": case} | _total(each[each["case"] == case], is_known) for case in CASES])
    return BenefitCost(
        areas=each.drop(columns=["row", "safety_count"]),
        total=_with_ratio(total).drop(columns="safety_count"),
        sensitivity=_sensitivity(inputs, is_known, lives, rates, int(years)),
        unknown=unknown,
        vsl_usd=lives,
        discount_rate=rates,
        years=int(years),
    )


def _triple(name: str, given: Any) -> Triple:
    """Return low, central and high of a number or of three."""
    values = given if isinstance(given, tuple | list) else (given,) * 3
    if len(values) != 3 or not all(map(is_number, values)):
        raise OptionError(f"{name} must be one number or (low, central, high); got {given!r}")
    low, central, high = (float(one) for one in values)
    if not 0 <= low <= central <= high:
        raise OptionError(f"{name} must be 0 or more, one number or low <= central <= high; got\n{given!r}.")
    return low, central, high


def _by_use(yields: Mapping[str, Amount] | None, prices: Mapping[str, Amount] | None) -> dict[str, dict[str, Triple]]:
    """Return what a m2 is worth by part and use code; a part that was not given is not there."""
    given = {"production_usd": ("production_usd_m2", yields), "land_usd": ("land_usd_m2", prices)}
    found = {}
    for part, (name, values) in given.items():
        if values is not None:
            for use in values:
                check_option(f"a use of {name}", use, CODES["use_code"])
            found[part] = {use: _triple(f"{name}['{use}']", value) for use, value in values.items()}
    both = sorted(set(yields or {}) & set(prices or {}))
    if both:
        raise OptionError(
            f"{', '.join(both)}: has a yield and a price, and would count twice: the price of land is what it yields.\n"
            "  Fix: leave it out of production_usd_m2 or of land_usd_m2."
        )
    return found


@dataclass(frozen=True)
class _Inputs:
    """Numbers of each area, low, central and high in the rows; and what is worth what."""

    ids: pd.Series
    columns: dict[str, Floats]
    uses: pd.Series | None
    by_use: dict[str, dict[str, Triple]]
    injury_share: Triple

    def worth(self, part: str, case: int) -> Floats:
        """Return what a m2 of each area is worth, missing where its use has neither a yield nor a price."""
        assert self.uses is not None
        known = {use: 0.0 for values in self.by_use.values() for use in values}
        known |= {use: value[case] for use, value in self.by_use[part].items()}
        return np.asarray(self.uses.astype("object").map(known), dtype="float64")

    def unknown(self) -> pd.DataFrame:
        """Return which input of which area is not known."""
        found = [
            (row, name + suffix)
            for name, cells in self.columns.items()
            for case, suffix in ((1, ""), (0, "_low"), (2, "_high"))
            for row in np.flatnonzero(np.isnan(cells[case]) & ((case == 1) | ~np.isnan(cells[1])))
        ]
        for part in list(self.by_use)[:1]:
            found.extend((row, "intended_use_code") for row in np.flatnonzero(np.isnan(self.worth(part, 1))))
        found.sort(key=lambda pair: pair[0])
        rows = np.array([row for row, _ in found], dtype=np.int64)
        columns = pd.Series([name for _, name in found], dtype="str")
        return pd.DataFrame({"area_id": self.ids.iloc[rows].array, "column": columns})


def _inputs(areas: pd.DataFrame, injury_share: Amount | None, by_use: dict[str, dict[str, Triple]]) -> _Inputs:
    needed = ["area_id", "cost_usd", "deaths_averted_per_year"] + ["area_m2", "intended_use_code"] * bool(by_use)
    lacking = [name for name in needed if name not in areas.columns]
    if lacking:
        raise DataError(f"'areas' lacks {', '.join(lacking)}. Fix: add the column; a cell may be missing, not unsaid")
    ids = as_ids(areas["area_id"])
    if ids.isna().any() or ids.duplicated().any():
        raise DataError("'areas' has rows with a missing or repeated area_id. Fix: usable_rows(areas, 'areas')")
    has_injuries = "injuries_averted_per_year" in areas.columns
    if has_injuries != (injury_share is not None):
        raise OptionError(
            "injuries_averted_per_year and injury_share are given together or not at all: what is an injury worth "
            "beside a life?\n  Fix: benefit_cost(..., injury_share=(low, central, high)), or leave out the column."
        )
    names = [name for name in (*needed, "injuries_averted_per_year", "access_usd_per_year") if name in areas.columns]
    columns = {name: _ranged(areas, name) for name in names if name not in ("area_id", "intended_use_code")}
    uses = areas["intended_use_code"].astype("str") if by_use else None
    share = _triple("injury_share", 0.0 if injury_share is None else injury_share)
    if share[2] > 1:
        raise OptionError(f"injury_share is a share of vsl_usd, at most 1; got {injury_share!r}")
    return _Inputs(ids, columns, uses, by_use, share)


def _ranged(areas: pd.DataFrame, name: str) -> Floats:
    """Return low, central and high of a column; the same where it has no range."""
    ends = [f"{name}_low", f"{name}_high"]
    has = [end for end in ends if end in areas.columns]
    if len(has) == 1:
        raise DataError(f"'areas' has {has[0]} without the other end of the range. Fix: both {' and '.join(ends)}")
    order = [ends[0], name, ends[1]] if has else [name] * 3
    cells = np.stack([as_numbers(areas[one], f"column '{one}' of 'areas'") for one in order])
    least = "greater than 0" if name == "cost_usd" else "0 or more"
    is_low = (cells <= 0 if name == "cost_usd" else cells < 0).any(axis=0)
    is_crossed = (cells[0] > cells[1]) | (cells[1] > cells[2])
    for wrong, rule in ((is_low, f"be {least}"), (is_crossed, "be low <= central <= high")):
        if wrong.any():
            row = int(np.flatnonzero(wrong)[0])
            got = ", ".join(f"{cell:g}" for cell in (cells[:, row] if has else cells[1:2, row]))
            raise DataError(
                f"column '{name}' of 'areas' must {rule}: {int(wrong.sum())} of {len(areas)} areas are not, "
                f"'{areas['area_id'].iloc[row]}' has {got}.\n  Fix: correct it; leave it missing where it is not known."
            )
    return cells


def annuity(rate: float, years: int) -> float:
    """Return the present value of 1 at the end of each year."""
    return float(years) if rate == 0 else -math.expm1(-years * math.log1p(rate)) / rate


def _case(inputs: _Inputs, case: int, vsl_usd: float, rate: float, years: int) -> pd.DataFrame:
    """Return the present values of each area in one case."""
    cells, factor = inputs.columns, annuity(rate, years)
    saved = cells["deaths_averted_per_year"][case]
    if "injuries_averted_per_year" in cells:
        saved = saved + inputs.injury_share[case] * cells["injuries_averted_per_year"][case]
    frame = pd.DataFrame({"row": np.arange(len(saved)), "area_id": inputs.ids.array})
    frame["case"] = pd.Series([CASES[case]] * len(saved), dtype="str")
    frame["safety_count"] = saved * factor
    frame["safety_usd"] = frame["safety_count"] * vsl_usd
    for part in inputs.by_use:
        times = factor if part == "production_usd" else 1.0
        frame[part] = inputs.worth(part, case) * cells["area_m2"][case] * times
    if "access_usd_per_year" in cells:
        frame["access_usd"] = cells["access_usd_per_year"][case] * factor
    frame["benefit_usd"] = frame[[part for part in _PARTS if part in frame]].sum(axis=1, skipna=False)
    frame["cost_usd"] = cells["cost_usd"][2 - case]
    return _with_ratio(frame)


def _with_ratio(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the frame with what follows from benefit and cost."""
    net = frame["benefit_usd"] - frame["cost_usd"]
    other = frame["benefit_usd"] - frame["safety_usd"]
    lives = frame["safety_count"].where(frame["safety_count"] > 0)
    ratio = frame["benefit_usd"] / frame["cost_usd"]
    even = ((frame["cost_usd"] - other) / lives).clip(lower=0)
    return frame.assign(net_usd=net, ratio=ratio, break_even_vsl_usd=even)


def _total(each: pd.DataFrame, is_known: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Return the sums over the areas of which everything is known; missing where there is none."""
    counts = {"area_count": int(is_known.sum()), "left_out_count": int((~is_known).sum())}
    names = [name for name in each.columns if name in (*_PARTS, "safety_count", "benefit_usd", "cost_usd")]
    sums = each.loc[is_known, names].sum(min_count=1)
    return counts | dict(zip(names, sums.tolist(), strict=True))


def _sensitivity(
    inputs: _Inputs, is_known: npt.NDArray[np.bool_], lives: Triple, rates: Triple, years: int
) -> pd.DataFrame:
    """Return the total with central inputs for each value of a life and each rate."""
    source = PUBLISHED_VSL_USD | dict.fromkeys(lives, "given")
    rows = []
    for rate in sorted({0.0, *rates}):
        total = _total(_case(inputs, 1, 1.0, rate, years), is_known)
        other, cost = total["benefit_usd"] - total["safety_usd"], total["cost_usd"]
        for vsl_usd in sorted(source):
            benefit = other + vsl_usd * total["safety_usd"]
            rows.append((vsl_usd, source[vsl_usd], rate, benefit, cost, benefit / cost))
    columns = ["vsl_usd", "source", "discount_rate", "benefit_usd", "cost_usd", "ratio"]
    frame = pd.DataFrame(rows, columns=columns).astype({name: "float64" for name in columns if name != "source"})
    return frame.sort_values(["vsl_usd", "discount_rate"], ignore_index=True)
