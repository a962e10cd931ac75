"""Who benefits from released land: women, girls, men and boys, expected and confirmed, each household once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from landrelease.cells import as_days, as_text, counted
from landrelease.checks.arguments import column_list, numbers, require_columns
from landrelease.errors import DataError, OptionError
from landrelease.outcomes.evidence import match_follow_ups
from landrelease.tables import CODES, conform

__all__ = ["Beneficiaries", "beneficiaries", "beneficiaries_seen"]

_SPLIT = ("women_count", "girls_count", "men_count", "boys_count")
_COUNTS = (*_SPLIT, "unknown_count", "with_disability_count")
_KEYS = ["stage_code", "beneficiary_code"]


@dataclass(frozen=True)
class Beneficiaries:
    """How many people benefit, with what the numbers do not say.

    Attributes
    ----------
    table : DataFrame
        One row a group, stage (expected, confirmed) and kind (direct, indirect): the `by` columns, stage_code,
        beneficiary_code, women_count, girls_count, men_count, boys_count, unknown_count, people_count,
        with_disability_count, household_count, release_count, record_count, incomplete_count. A number of which nothing
        is known is missing.
    n : int
        Records that count.
    missing_share : float
        Share of these that lack one of women, girls, men and boys: their sums are at least that many. [share]
    method : str
        How they were counted.
    caveats : tuple of str
        What a reader must know.
    """

    table: pd.DataFrame
    n: int
    missing_share: float
    method: str
    caveats: tuple[str, ...]


def beneficiaries(records: pd.DataFrame, *, by: str | Sequence[str] | None = None) -> Beneficiaries:
    """Count the people who benefit from released land, each household once, without splitting what was not split.

    Parameters
    ----------
    records : DataFrame
        Table `beneficiaries`: one row what was counted of a household, or of all users of a release.
    by : str or list of str, optional
        Columns to group by; a missing one is a group of its own.

    Returns
    -------
    Beneficiaries
        The counts by group, stage and kind; every stage and kind has a row.

    Raises
    ------
    DataError
        A column of the table is missing; a stage or a kind is not known; a count is negative or no whole number; the
        parts are more than the whole; one household has two counts of one day; a release has households and a count of
        all users.
    OptionError
        A column of `by` is not there.

    Notes
    -----
    A unit is the household where one is named, else all users of the release. Of each unit, stage and kind the latest
    record counts, for each release and group that any of its records names. A household that benefits directly and
    indirectly counts as direct. A household in two groups of `by` counts once in each, and once without `by`.

    `unknown_count` is a value: people whose sex or age is not known. Where a record states `people_count`, what its
    known parts leave of it is unknown; it is never shared out. A missing number is not 0: sums are over what is known,
    and incomplete_count says how many records lack a part. Expected and confirmed people are never added.

    References
    ----------
    TNMA 05.10/01 (2023), Measurement and reporting of beneficiaries.

    Examples
    --------
    >>> records = pd.DataFrame({"release_id": ["E1", "E2", "E1", "E3"], "household_id": ["H1", "H1", "H2", None],
    ...     "stage_code": ["confirmed"] * 3 + ["expected"], "beneficiary_code": ["direct"] * 4,
    ...     "women_count": [2, 2, 1, None], "girls_count": [1, 1, 0, None], "men_count": [1, 1, 2, None],
    ...     "boys_count": [0, 0, 0, None], "people_count": [None, None, None, 30]})
    >>> found = beneficiaries(records)
    >>> found.table.loc[found.table["beneficiary_code"] == "direct", ["stage_code", "women_count", "unknown_count",
    ...     "people_count", "household_count"]].values.tolist()
    [['expected', <NA>, 30, 30, <NA>], ['confirmed', 3, <NA>, 7, 2]]
    >>> beneficiaries(records.iloc[:0]).table["people_count"].isna().all()
    np.True_
    >>> beneficiaries(records.assign(stage_code="hoped"))
    Traceback (most recent call last):
    landrelease.errors.DataError: stage_code must be one of expected, confirmed: 4 of 4 records are not, ... 'hoped'.
      Fix: correct the records, or map the codes with read(..., codes=...).
    """
    names = column_list("by", by)
    held = _checked(records, names)
    kept = _latest(held)
    # the wider community of a release is not those who use it; a household that is both is one household
    is_both = kept.groupby(["unit", "stage_code"])["beneficiary_code"].transform("nunique") > 1
    is_both &= kept["household_id"].notna()
    kept = kept[~(is_both & (kept["beneficiary_code"] == "indirect"))]
    # a unit counts in each group that any of its records names, and once in it
    links = held[["unit", *_KEYS, "release_id", *names]].drop_duplicates()
    placed = links.merge(kept.drop(columns=["release_id", *names]), on=["unit", *_KEYS])
    table = _summed(placed, names)
    without = int(kept["household_id"].isna().sum())
    lacking = kept[list(_SPLIT)].isna().any(axis=1)
    told = {
        f"{without} of {len(kept)} records name no household: one that uses two releases may count twice": without,
        f"{int(lacking.sum())} of {len(kept)} records lack women, girls, men or boys: sums are at least that many": (
            lacking.any()
        ),
        f"{counted(int(is_both.sum() // 2), 'household benefits', 'households benefit')} directly and indirectly: "
        "counted as direct": is_both.any(),
    }
    return Beneficiaries(
        table=table,
        n=len(kept),
        missing_share=float(lacking.mean()) if len(kept) else float("nan"),
        method="the latest record of each household, or of all users of a release; sums of what is known",
        caveats=tuple(text for text, is_so in told.items() if is_so),
    )


def _checked(records: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the records in their types, with the unit that each counts and what its parts leave of its people."""
    require_columns(records, "records", ["release_id", *_KEYS])
    require_columns(records, "records", names, error=OptionError)
    frame = records.reset_index(drop=True)
    held = pd.DataFrame({name: frame[name] for name in names})
    for name in ("release_id", "household_id", *_KEYS):
        given = frame[name] if name in frame else pd.Series(None, index=frame.index, dtype="str")
        held[name] = as_text(given)
    for name in _KEYS:
        allowed = list(CODES[name])
        bad = held.loc[~held[name].isin(allowed), name]
        if len(bad):
            raise DataError(
                f"{name} must be one of {', '.join(allowed)}: {len(bad)} of {len(held)} records are not, such as "
                f"{bad.iloc[0]!r}.\n  Fix: correct the records, or map the codes with read(..., codes=...)."
            )
    lost = held[["release_id", "household_id"]].isna().all(axis=1)
    if lost.any():
        raise DataError(f"{int(lost.sum())} of {len(held)} records name neither release nor household. Fix: name one")
    day = frame["counted_date"] if "counted_date" in frame else pd.Series(None, index=frame.index, dtype="str")
    held["counted_date"] = as_days(day, "counted_date")
    for name in (*_COUNTS, "people_count"):
        given = frame[name] if name in frame else pd.Series(None, index=frame.index, dtype="float64")
        held[name] = numbers(given, f"records: {name}")
        if (held[name].round() != held[name])[held[name].notna()].any():
            raise DataError(f"records: {name} must hold whole numbers of people. Fix: correct them; nobody is a part.")
    known = held[list(_SPLIT)].sum(axis=1)
    parts = known + held["unknown_count"].fillna(0.0)
    for part, what in ((parts, "women, girls, men, boys and unknown"), (held["with_disability_count"], "disability")):
        over = part > held["people_count"]
        if over.any():
            raise DataError(
                f"{int(over.sum())} of {len(held)} records have more people by part ({what}) than in all, the first "
                f"{part[over].iloc[0]:.0f} of {held.loc[over, 'people_count'].iloc[0]:.0f}. Fix: correct the counts."
            )
    held["unknown_count"] = held["unknown_count"].mask(held["people_count"].notna(), held["people_count"] - known)
    whole = held[[*_SPLIT, "unknown_count"]].sum(axis=1, min_count=1)
    held["people_count"] = held["people_count"].fillna(whole)
    held["unit"] = ("household " + held["household_id"]).fillna("release " + held["release_id"])
    return held


def _latest(held: pd.DataFrame) -> pd.DataFrame:
    """Return the latest record of each unit, stage and kind; refuse two that differ, and a release counted twice."""
    mixed = held.assign(is_all=held["household_id"].isna()).dropna(subset="release_id")
    twice = mixed.groupby(["release_id", *_KEYS])["is_all"].nunique()
    if (twice > 1).any():
        first = twice.index[twice > 1][0]
        raise DataError(
            f"{int((twice > 1).sum())} releases have households and a count of all their users, such as "
            f"'{first[0]}' ({first[1]}, {first[2]}): people would count twice.\n  Fix: leave one of the two out."
        )
    ordered = held.sort_values("counted_date", kind="stable", na_position="first")
    last = ordered.groupby(["unit", *_KEYS])["counted_date"].transform("last")
    newest = ordered[(ordered["counted_date"] == last) | last.isna()]
    told = newest.drop_duplicates(["unit", *_KEYS, *_COUNTS, "people_count"])
    unclear = told.duplicated(["unit", *_KEYS], keep=False)
    if unclear.any():
        first = told[unclear].iloc[0]
        raise DataError(
            f"{told.loc[unclear, 'unit'].nunique()} units have two counts of one day that differ, such as "
            f"{first['unit']} ({first['stage_code']}, {first['beneficiary_code']}).\n"
            "  Fix: say in counted_date which is the later one, or correct them."
        )
    return told


def _summed(placed: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the sums of each group, stage and kind; one without records has no numbers."""
    columns = [*names, *_KEYS]
    units = placed.drop_duplicates([*columns, "unit"])
    lacks = units.assign(is_incomplete=units[list(_SPLIT)].isna().any(axis=1))
    groups = lacks.groupby(columns, dropna=False, sort=True)
    table = groups[[*_COUNTS, "people_count"]].sum(min_count=1)
    # households that nobody named are not 0 households
    table["household_count"] = groups["household_id"].nunique().replace(0, None)
    table["release_count"] = placed.groupby(columns, dropna=False)["release_id"].nunique()
    table["record_count"] = groups.size()
    table["incomplete_count"] = groups["is_incomplete"].sum()
    stages = pd.DataFrame([(stage, kind) for stage in CODES["stage_code"] for kind in CODES["beneficiary_code"]],
                          columns=_KEYS, dtype="str")  # fmt: skip
    every = placed[names].drop_duplicates().sort_values(names).merge(stages, how="cross") if names else stages
    result = every.merge(table.reset_index(), on=columns, how="left")
    counts = [*_SPLIT, "unknown_count", "people_count", "with_disability_count", "household_count"]
    tallies = ["release_count", "record_count", "incomplete_count"]
    result[tallies] = result[tallies].fillna(0)
    return result[[*columns, *counts, *tallies]].astype(dict.fromkeys([*counts, *tallies], "Int64"))


def beneficiaries_seen(releases: pd.DataFrame, follow_ups: pd.DataFrame, *, as_of: Any) -> pd.DataFrame:
    """Return the people whom visits to released land found, as confirmed direct beneficiaries.

    Parameters
    ----------
    releases, follow_ups : DataFrame
        Tables `releases` and `follow_ups`.
    as_of : date
        Visits after this day are not used.

    Returns
    -------
    DataFrame
        Table `beneficiaries`, one row a visit that `match_follow_ups` can use and that counted anybody: all users of
        the release on that day.

    Raises
    ------
    DataError, OptionError
        What `match_follow_ups` raises.

    Examples
    --------
    >>> releases = pd.DataFrame({"release_id": ["E1"], "release_date": ["2020-01-31"]})
    >>> visits = pd.DataFrame({"follow_up_id": ["1", "2"], "release_id": ["E1", "E1"], "use_code": ["grazing"] * 2,
    ...                        "visit_date": ["2021-05-01", "2022-05-01"], "women_count": [4, None]})
    >>> seen = beneficiaries_seen(releases, visits, as_of="2025-12-31")
    >>> seen[["record_id", "release_id", "stage_code", "women_count"]].values.tolist()
    [['1', 'E1', 'confirmed', 4]]
    >>> len(beneficiaries_seen(releases, visits.iloc[:0], as_of="2025-12-31"))
    0
    """
    links = match_follow_ups(releases, follow_ups, as_of=as_of)
    visits = conform(follow_ups, "follow_ups").reset_index(drop=True).assign(release_id=links["release_id"])
    counted = visits[[name for name in _COUNTS if name in visits]].notna().any(axis=1)
    visits = visits[visits["release_id"].notna() & counted].reset_index(drop=True)
    renamed = visits.rename(columns={"follow_up_id": "record_id", "visit_date": "counted_date"})
    return conform(renamed.assign(stage_code="confirmed", beneficiary_code="direct"), "beneficiaries")
