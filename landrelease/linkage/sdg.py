"""Indicators beside the targets of the Sustainable Development Goals."""

from __future__ import annotations

from os import PathLike

import pandas as pd

from landrelease.cells import as_text
from landrelease.checks.arguments import number_column, require_columns, text_column, typed
from landrelease.errors import DataError, ProgrammeError
from landrelease.linkage.files import read_list

__all__ = ["TARGETS", "sdg_table"]

_COUNTS = {
    1: (5, "b"), 2: (5, "c"), 3: (9, "d"), 4: (7, "c"), 5: (6, "c"), 6: (6, "b"), 7: (3, "b"), 8: (10, "b"),
    9: (5, "c"), 10: (7, "c"), 11: (7, "c"), 12: (8, "c"), 13: (3, "b"), 14: (7, "c"), 15: (9, "c"), 16: (10, "b"),
    17: (19, ""),
}  # fmt: skip
"""Goal: how many targets have a number, and the last letter of the others (A/RES/70/1)."""
_LETTERS = "abcd"
TARGETS = tuple(
    f"{goal}.{one}"
    for goal, (count, last) in _COUNTS.items()
    for one in [*range(1, count + 1), *_LETTERS[: _LETTERS.index(last) + 1 if last else 0]]
)
"""The 169 targets."""


def sdg_table(indicators: pd.DataFrame, *, crosswalk: str | PathLike[str] = "generic") -> pd.DataFrame:
    """Put indicators beside the targets of the Sustainable Development Goals that a crosswalk names.

    Parameters
    ----------
    indicators : DataFrame
        indicator_code and numerator, each indicator once; unit, rate_low and rate_high where they are known. That of
        `programme_indicators`, with rows of your own.
    crosswalk : str or path
        `generic`, or a TOML file with name, source, verified and [[link]] indicator, target, topic, link, why.

    Returns
    -------
    DataFrame
        goal, sdg_target, topic, indicator_code, link, numerator, unit, rate_low, rate_high, why, crosswalk; by target.
        A target whose indicator was not given stands with missing numbers; an indicator without one stands last.

    Raises
    ------
    DataError
        A column is missing, or an indicator stands twice.
    ProgrammeError
        The crosswalk can not be read, names a target that there is not, or a link that is neither direct nor indirect.

    Notes
    -----
    The numbers of the targets are those of the United Nations. Which indicator bears on which is a choice: in the
    bundled crosswalk that of this package, not checked by anyone else, as the column `crosswalk` says. An indicator
    beside a target is no measure of the target, which has official indicators for the whole country.

    References
    ----------
    United Nations General Assembly, A/RES/70/1 (2015), 17 goals and 169 targets.

    Examples
    --------
    >>> indicators = pd.DataFrame({"indicator_code": ["use_road", "visits"], "numerator": [3.0, 7.0], "unit": "m2"})
    >>> found = sdg_table(indicators)
    >>> found[found["numerator"].notna()][["sdg_target", "indicator_code", "numerator"]].values.tolist()
    [['9.1', 'use_road', 3.0], [nan, 'visits', 7.0]]
    >>> len(found), sdg_table(indicators.iloc[:0])["numerator"].notna().sum()
    (13, np.int64(0))
    """
    given = _indicators(indicators)
    rated = read_list(crosswalk, "link")
    rows = rated.rows.rename(columns={"indicator": "indicator_code", "target": "sdg_target"})
    for column, allowed in (("sdg_target", TARGETS), ("link", ("direct", "indirect"))):
        odd = ~rows[column].isin(allowed)
        if odd.any():
            first = rows[odd].iloc[0]
            what = "target" if column == "sdg_target" else "link"
            raise ProgrammeError(
                f"crosswalk '{rated.name}': {int(odd.sum())} links have a {what} that there is not, the first "
                f"{first[column]!r} of '{first['indicator_code']}'"
            )
    place = {target: i for i, target in enumerate(TARGETS)}
    rows = rows.assign(place=rows["sdg_target"].map(place)).sort_values("place", kind="stable")
    rows = rows.join(given, on="indicator_code")
    spare = given[~given.index.isin(rows["indicator_code"])].reset_index()
    both = pd.concat([rows.astype("object"), spare.astype("object")], ignore_index=True)
    both["goal"] = both["sdg_target"].astype("str").str.split(".").str[0].astype("float64")
    both["crosswalk"] = f"{rated.name}, {'verified' if rated.verified else 'not verified'}"
    return typed(both, "sdg_table")


def _indicators(indicators: pd.DataFrame) -> pd.DataFrame:
    require_columns(indicators, "indicators", ["indicator_code", "numerator"])
    codes = as_text(indicators["indicator_code"])
    bad = codes.isna() | codes.duplicated()
    if bad.any():
        raise DataError(
            f"'indicators': each indicator_code must stand once: {int(bad.sum())} of {len(bad)} rows repeat or lack "
            f"one.\n  Fix: one table a programme; compare(...) puts several side by side."
        )
    names = ("numerator", "rate_low", "rate_high")
    columns = {name: number_column(indicators, name, "indicators", low=float("-inf")) for name in names}
    columns |= {"left_out_count": number_column(indicators, "left_out_count", "indicators")}
    return pd.DataFrame({"indicator_code": codes, **columns, "unit": text_column(indicators, "unit")}).set_index(
        "indicator_code"
    )
