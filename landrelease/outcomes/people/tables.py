"""Tables of people without small numbers, and without what would tell them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from landrelease.cells import as_text
from landrelease.checks.arguments import column_list, numbers, require_columns, require_whole
from landrelease.errors import DataError, OptionError
from landrelease.outcomes.people.suppression import TOTAL, suppressed

__all__ = ["publishable"]


def publishable(table: pd.DataFrame, *, count: str, by: str | Sequence[str], smallest: int = 10) -> pd.DataFrame:
    """Return a table of people with its totals, small numbers left out so that nobody can work them out.

    Parameters
    ----------
    table : DataFrame
        Counts of people, one row a cell, without totals.
    count : str
        Column with the people of the cell.
    by : str or list of str
        One or two columns that tell the cells apart, such as province and sex. A missing one is a group of its own.
    smallest : int
        The smallest number of people that is published, besides 0.

    Returns
    -------
    DataFrame
        One row a cell, total of a group and total of all ("total" in the column that is summed over): the `by`
        columns, `count`, status (`published`, `suppressed`, or `unknown` where the cell was missing). `count` is
        missing where it is not published.

    Raises
    ------
    DataError
        A count is negative or no whole number; two rows are of one cell; a group is called "total".
    OptionError
        A column is not there; not one or two columns; smallest is no whole number of 3 or more.

    Notes
    -----
    What is left out beside the small numbers ("complementary suppression") is chosen so that, from all that is
    published, each small cell could still be any number below `smallest`, a small total could be `smallest` - 1 or
    more, and nothing that is left out has a single possible value. A reader is taken to know the rules, that zeros are
    published, and which numbers were left out, but not why: the status does not say it. Cells go before totals, smaller
    numbers before larger ones; no claim is made that as few as possible are left out. An unknown count is in no total.

    This holds for one table. Two tables of the same people, by other columns or of a later day, can tell together what
    neither tells alone: publish one, or make both from it.

    References
    ----------
    Hundepool, A. et al. (2012), Statistical disclosure control, Wiley, ch. 4 (secondary suppression, audit by linear
    programming).

    Examples
    --------
    >>> people = pd.DataFrame({"province": list("NNSSEE"), "sex": ["women", "men"] * 3,
    ...                        "people_count": [3, 40, 20, 30, 50, None]})
    >>> told = publishable(people, count="people_count", by=["province", "sex"])
    >>> told.pivot(index="province", columns="sex", values="people_count")[["women", "men", "total"]]
    sex       women   men  total
    province
    E            50  <NA>     50
    N          <NA>  <NA>     43
    S          <NA>  <NA>     50
    total        73    70    143
    >>> told["status"].value_counts().to_dict()
    {'published': 7, 'suppressed': 4, 'unknown': 1}
    >>> len(publishable(people.iloc[:0], count="people_count", by="province"))
    0
    """
    names = column_list("by", by)
    require_columns(table, "table", [*names, count], error=OptionError)
    if not 1 <= len(names) <= 2:
        raise OptionError(f"by must name one or two columns; got {len(names)}. Fix: publish one table of two at a time")
    require_whole("smallest", smallest, 3)  # below 3 it hides nothing but 1
    cells = pd.DataFrame({name: as_text(table[name]) for name in names})
    cells[count] = numbers(table[count], f"table: {count}").array
    if (cells[count].round() != cells[count])[cells[count].notna()].any():
        raise DataError(f"table: {count} must hold whole numbers of people. Fix: correct them; nobody is a part.")
    if cells.duplicated(names).any():
        first = cells.loc[cells.duplicated(names), names].iloc[0].tolist()
        count_twice = int(cells.duplicated(names).sum())
        raise DataError(f"{count_twice} rows of the table repeat a cell, such as {first}. Fix: groupby(by).sum()")
    if (cells[names] == TOTAL).any(axis=None):
        raise DataError(f"the table has a group called '{TOTAL}'. Fix: leave totals out, they are made here")
    if cells.empty:
        empty = {count: pd.Series([], dtype="Int64"), "status": pd.Series([], dtype="str")}
        return cells[names].assign(**empty)
    lines = _with_totals(cells, names, count)
    value = lines[count].to_numpy(dtype=float, na_value=np.nan)
    known = ~np.isnan(value)
    hidden = np.zeros(len(lines), bool)
    # in the order of the names: the same people in another order of rows must not leave out other cells
    order = lines[known].sort_values(names, na_position="first").index.to_numpy()
    hidden[order] = suppressed(lines.loc[order, names].reset_index(drop=True), value[order].astype(np.int64), smallest)
    lines["status"] = pd.Series(np.select([~known, hidden], ["unknown", "suppressed"], "published"), dtype="str")
    lines[count] = lines[count].astype("Int64").mask(lines["status"] != "published")
    return lines


def _with_totals(cells: pd.DataFrame, names: list[str], count: str) -> pd.DataFrame:
    """Return the cells, the totals of each group and of all; the total of unknown cells alone is unknown."""
    parts = [cells]
    kept_sets = [[]] if len(names) == 1 else [[names[0]], [names[1]], []]
    for kept in kept_sets:
        if kept:
            sums = cells.groupby(kept, dropna=False, sort=False)[count].sum(min_count=1).reset_index()
        else:
            sums = pd.DataFrame({count: [cells[count].sum(min_count=1)]})
        parts.append(sums.assign(**{name: TOTAL for name in names if name not in kept}))
    return pd.concat([part[[*names, count]] for part in parts], ignore_index=True).astype(dict.fromkeys(names, "str"))
