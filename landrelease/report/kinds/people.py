"""The part of a report that counts people: nothing leaves here that has not gone through `publishable`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from landrelease.outcomes import Beneficiaries, Equity, publishable
from landrelease.outcomes.people.suppression import TOTAL
from landrelease.report.document.model import WITHHELD, Basis, Figure, Part, Section, Table, table_of
from landrelease.report.frames import Column
from landrelease.report.words import is_missing

__all__ = ["WHO", "audited", "equity_section", "named", "people_section", "published"]

WHO = {
    "women_count": "women", "girls_count": "girls", "men_count": "men", "boys_count": "boys",
    "unknown_count": "of unknown sex or age",
}  # fmt: skip
"""The people of a count, in words."""
_MEASURES = {
    "concentration_index": "Concentration index; below 0 the poor get more",
    "poorest_quintile_share": "Share of the poorest fifth", "theil": "Theil index; 0 is equal",
    "theil_between": "Theil index between larger units", "theil_within": "Theil index within larger units",
    "benefit_share": "Women and girls among those who benefit",
    "catchment_share": "Women and girls among those who live there",
    "parity_ratio": "The first over the second; 1 is parity",
}  # fmt: skip
_SHARES = ("poorest_quintile_share", "benefit_share", "catchment_share")
_UNNAMED = "not known"


def people_section(by_unit: Beneficiaries | str, *, smallest: int) -> Section:
    """Say who benefits, by unit and by sex and age.

    `by_unit` counts people by the column `unit_above`; where one household is in two units it counts in both.
    """
    title = "Who benefits"
    if isinstance(by_unit, str):
        return Section(title, (Part("", gap=by_unit),))
    basis = Basis(
        by_unit.n, "counts, each of a release or a household",
        f"people counted, each household once in a unit; a number from 1 to {smallest - 1} is withheld, and as many "
        "more as it takes that none can be worked out",
        by_unit.missing_share, "records that lack women, girls, men or boys",
        (*(f"Of all stages together: {one}" for one in by_unit.caveats),
         "Expected and confirmed people are never added.",
         "A household that uses land in two units counts in each of them, and twice in the total."),
    )  # fmt: skip
    parts = []
    for (stage, kind), rows in by_unit.table.groupby(["stage_code", "beneficiary_code"], sort=False):
        words = f"{str(stage).capitalize()}, {kind}"
        if rows["people_count"].notna().any():
            records = int(rows["record_count"].sum())
            own = replace(basis, n=records, missing_share=int(rows["incomplete_count"].sum()) / records)
            parts.append(_stage_part(words, rows, own, smallest))
        else:
            parts.append(Part(words, gap=f"no {stage} number of {kind} beneficiaries was given."))
    return Section(title, tuple(parts))


def audited(rows: pd.DataFrame, smallest: int) -> pd.DataFrame:
    """Return people by `unit` and by `who` they are, with totals, as `publishable` lets them out."""
    long = rows[["unit_above", *WHO]].melt(
        id_vars=["unit_above"], value_vars=list(WHO), var_name="who", value_name="people_count"
    )
    long = long.assign(unit=named(long["unit_above"]), who=long["who"].map(WHO))
    return publishable(long, count="people_count", by=["unit", "who"], smallest=smallest)


def _stage_part(words: str, rows: pd.DataFrame, basis: Basis, smallest: int) -> Part:
    """Return one stage and kind: a table by unit and by sex and age, and figures that are its totals."""
    told = audited(rows, smallest)
    wide = told.assign(cell=published(told, "people_count")).pivot(index="unit", columns="who", values="cell")
    totals = wide.loc[TOTAL]
    order = [*sorted(set(wide.index) - {TOTAL}), TOTAL]
    shown = wide.reindex(order).reset_index()
    columns = {"unit": Column("Larger unit")} | {who: Column(who.capitalize(), "people") for who in WHO.values()}
    table = table_of(shown, words, f"{words} beneficiaries, by unit, sex and age",
                     columns | {TOTAL: Column("All", "people")})  # fmt: skip
    whole = totals[TOTAL]
    figures = [Figure("People", _value(whole), "people"),
               *(Figure(who.capitalize(), _value(totals[who]), "people") for who in WHO.values())]  # fmt: skip
    disabled = _with_disability(rows["with_disability_count"], whole, smallest)
    note = "at least: records that do not say count none" if disabled is not None else "not counted"
    figures.append(Figure("With a disability", disabled, "people", note=note))
    return Part(words, basis, figures=tuple(figures), tables=(table,))


def published(told: pd.DataFrame, count: str) -> pd.Series:
    """Return what `publishable` found as cells of a table: a number, `withheld`, or missing where not known."""
    return told[count].astype("object").mask(told["status"] == "suppressed", WITHHELD).where(
        told["status"] != "unknown", None
    )  # fmt: skip


def named(units: pd.Series) -> pd.Series:
    """Return the names of units; one that has none is said to have none, one called as the totals gets another."""
    names = units.astype("object").where(units.notna(), _UNNAMED).astype("str")
    return names.mask(names == TOTAL, f"{TOTAL} (a unit)")


def _value(cell: Any) -> float | str | None:
    return cell if isinstance(cell, str) else None if is_missing(cell) else int(cell)


def _with_disability(counts: pd.Series, whole: Any, smallest: int) -> float | str | None:
    """Return how many have a disability, withheld where it, or what it leaves of the whole, is too small."""
    if counts.isna().all() or is_missing(whole):
        return None
    number = int(counts.sum())
    if isinstance(whole, str) or any(0 < one < smallest for one in (number, int(whole) - number)):
        return WITHHELD
    return number


def equity_section(found: Mapping[str, tuple[str, Equity | str]] | str) -> Section:
    """Say how the benefit of release is shared out, by the name of a sheet; what could not be measured says why."""
    if isinstance(found, str):
        return Section("Who gets what", (Part("", gap=found),))
    return Section("Who gets what", tuple(_equity_part(title, name, one) for name, (title, one) in found.items()))


def _equity_part(title: str, name: str, one: Equity | str) -> Part:
    if isinstance(one, str):
        return Part(title, gap=one)
    level = f"{one.confidence:.0%} interval".replace("%", " %")
    figures = tuple(
        Figure(_MEASURES.get(str(row["measure"]), str(row["measure"])), row["value"],
               "share" if row["measure"] in _SHARES else "score", row["low"], row["high"], level)
        for _, row in one.table.iterrows()
    )  # fmt: skip
    said = one.table.assign(what=one.table["measure"].map(_MEASURES))
    columns = {"what": Column("Measure"), "value": Column("Value", "number"), "low": Column(f"{level}, from", "number"),
               "high": Column("To", "number")}  # fmt: skip
    if "unknown_low" in said:
        columns |= {"unknown_low": Column("If all of unknown sex are men", "number"),
                    "unknown_high": Column("If all are women", "number")}  # fmt: skip
    method = f"{one.method}, {one.draws:,} draws, seed {one.seed}"
    ranked = f"; ranked by {one.rank_variable}" if one.rank_variable else ""
    what = "communities" if one.rank_variable else "larger units, or all together as one"
    basis = Basis(one.n, what, f"{method}{ranked}", one.missing_share, f"{what.split(',')[0]} that lack a number",
                  one.caveats)  # fmt: skip
    table: Table = table_of(said, name, title, columns)
    return Part(title, basis, figures=figures, tables=(table,))
