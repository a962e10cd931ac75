"""An account beside a table that someone else published: what differs, by how much, and of which likely kind.

Nothing is absorbed: a kind is a guess at the reason, and the difference stays in its row.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations
from math import comb
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.errors import DataError
from landrelease.registry.published import (
    LINES,
    STOCKS,
    Figures,
    Group,
    figures_of,
    is_part,
    m2_text,
    name_of,
    slip,
    totals_in,
    typed_result,
)
from landrelease.tables import RESULTS

__all__ = ["reconcile"]

_FAMILIES = (("newly_recorded_m2", "confirmed_m2", "adjusted_m2"), ("cancelled_m2", "reduced_m2", "cleared_m2"))
_NEAR_NAME = 0.8
"""Names are near where they share this part of their letters."""
_MOST_COMBINATIONS = 5_000

Floats = npt.NDArray[np.float64]


@dataclass
class _Year:
    """One year of both tables: groups down, lines across. A kind is filled in once."""

    year: int
    names: list[str]
    groups: list[Group]
    lines: list[str]
    ours: Floats
    published: Floats
    is_ours: npt.NDArray[np.bool_]
    is_published: npt.NDArray[np.bool_]
    is_total: npt.NDArray[np.bool_]
    tolerance: tuple[float, float]
    kinds: npt.NDArray[Any]
    messages: npt.NDArray[Any]

    @property
    def difference(self) -> Floats:
        """Published less ours; what a side does not list counts as nothing there."""
        ours = np.where(self.is_ours[:, None], self.ours, 0.0)
        return np.where(self.is_published[:, None], self.published, 0.0) - ours

    def is_near(self, some: Any, others: Any) -> npt.NDArray[np.bool_]:
        """Tell which figures agree within the tolerance."""
        some, others = np.asarray(some), np.asarray(others)
        largest = np.maximum(np.abs(some), np.abs(others))
        return np.asarray(np.abs(some - others) <= np.maximum(self.tolerance[0], self.tolerance[1] * largest))

    def open_lines(self, group: int) -> list[int]:
        """Return the lines of a group that still have no kind."""
        return [j for j in range(len(self.lines)) if self.kinds[group, j] == ""]

    def say(self, group: int, kind: str, message: str, lines: Iterable[int] | None = None) -> None:
        """Give lines of a group their kind, all of them unless some are named; what has a kind keeps it."""
        for j in self.open_lines(group) if lines is None else lines:
            if self.kinds[group, j] == "":
                self.kinds[group, j], self.messages[group, j] = kind, message


def reconcile(
    balance: pd.DataFrame,
    published: pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    total: str | None = None,
    tolerance_m2: float = 1.0,
    tolerance_share: float = 1e-5,
) -> pd.DataFrame:
    """Compare an account with a published table line by line, and name the likely kind of each difference.

    Parameters
    ----------
    balance : DataFrame
        What `land_balance` returns, best with some years before and after: a stock may be that of another day. What
        splits it beside `by` is summed.
    published : DataFrame
        The `by` columns, year, and any of the lines opening_m2, newly_recorded_m2, confirmed_m2, adjusted_m2,
        cancelled_m2, reduced_m2, cleared_m2, closing_m2. A line that is not there is not compared. [m2]
    by : str or list of str, optional
        Columns of both tables that name the group of a row.
    total : str, optional
        What a `by` column of the published table says where the row is the total of that column.
    tolerance_m2, tolerance_share : float
        Figures agree that differ by no more than the larger of both; for a table rounded to 0.1 km2, 50,000 m2. The
        share allows for areas measured in another way. [m2], [share of the larger figure]

    Returns
    -------
    DataFrame
        The `by` columns, year, line, ours_m2, published_m2, difference_m2 (published less ours), kind_code, message:
        one row a group, published year and line. A group that one side does not list has a missing figure there and
        the whole figure of the other as its difference, so that differences sum to that of the totals. [m2]

    Raises
    ------
    DataError
        A column is missing, not a number, or not a line; a group and year stand in the published table twice.
    OptionError
        No row of the published table is the total.

    Notes
    -----
    A kind is a guess, in this order: the same land in another class; one group under another name or as several; one
    figure about 10, 100, 1,000, 10,000 (hectares) or 1,000,000 (km2) times the other; the stock of another day; the
    same land in another line. What none of them explains is unexplained. `check_published` checks the published table
    in itself.

    Examples
    --------
    >>> ours = pd.DataFrame({"admin_code": ["Lusulu", "Beacon"], "year": 2014, "closing_m2": [560_000.0, 5e6]})
    >>> theirs = pd.DataFrame({"admin_code": ["Lusulu", "Leacon"], "year": 2014, "closing_m2": [56_000.0, 5e6]})
    >>> reconcile(ours, theirs, by="admin_code")[["admin_code", "difference_m2", "kind_code"]].values.tolist()
    [['Beacon', -5000000.0, 'renamed'], ['Leacon', 5000000.0, 'renamed'], ['Lusulu', -504000.0, 'unit_slip']]
    >>> reconcile(ours, theirs.assign(closing_m2=np.nan), by="admin_code")["kind_code"].tolist()
    ['only_here', 'unknown', 'unknown']
    >>> len(reconcile(ours, theirs.iloc[:0], by="admin_code"))
    0
    """
    names = [by] if isinstance(by, str) else list(by or [])
    theirs, lines = figures_of(published, "published", names)
    mine, known = figures_of(balance, "balance", names)
    lines = [line for line in lines if line in known and line in LINES]
    if not lines:
        raise DataError(f"'published' has no line that 'balance' has. Fix: give one of {', '.join(LINES)}.")
    totals = totals_in(theirs, names, total)
    for one in totals:
        for year in {year for _, year in mine}:
            parts = [row for (group, when), row in mine.items() if when == year and is_part(group, one, total)]
            mine[one, year] = {line: sum(row[line] for row in parts) for line in known}
    rows: list[tuple[Any, ...]] = []
    for year in sorted({year for _, year in theirs}):
        table = _one_year(year, mine, theirs, lines, names, set(totals), (tolerance_m2, tolerance_share))
        _other_class(table)
        _other_names(table, by_name=False)
        _parts(table)
        _other_names(table, by_name=True)
        _line_by_line(table, mine)
        rows += _rows(table)
    rows.sort(key=lambda row: [(one is None, one or "") for one in row[: len(names)]])  # stable: years stay in order
    columns = [column.name for column in RESULTS["reconcile"].columns if column.name != "by"]
    return typed_result(pd.DataFrame(rows, columns=[*names, *columns]), "reconcile", names)


def _one_year(
    year: int,
    mine: Figures,
    theirs: Figures,
    lines: list[str],
    names: list[str],
    totals: set[Group],
    tolerance: tuple[float, float],
) -> _Year:
    """Put a year of both tables beside each other, and say what agrees and what nobody can say."""
    ours_ever = {group for group, _ in mine}
    is_covered = any(when == year for _, when in mine)
    groups = list(dict.fromkeys(group for group, when in (*mine, *theirs) if when == year))
    nothing, unknown = dict.fromkeys(lines, 0.0 if is_covered else np.nan), dict.fromkeys(lines, np.nan)
    ours = [mine.get((group, year), nothing if group in ours_ever else unknown) for group in groups]
    published = [theirs.get((group, year), unknown) for group in groups]
    shape = (len(groups), len(lines))
    table = _Year(
        year, names, groups, lines,
        np.array([[row[line] for line in lines] for row in ours]).reshape(shape),
        np.array([[row[line] for line in lines] for row in published]).reshape(shape),
        np.array([group in ours_ever for group in groups]),
        np.array([(group, year) in theirs for group in groups]),
        np.array([group in totals for group in groups]),
        tolerance, np.full(shape, "", dtype=object), np.full(shape, "", dtype=object),
    )  # fmt: skip
    difference = table.difference
    for i in range(len(groups)):
        if not is_covered:
            table.say(i, "unknown", f"the account has no land in {year}, or does not cover it")
        table.say(i, "unknown", "the published table gives no figure", np.flatnonzero(np.isnan(difference[i])).tolist())
    agrees = table.is_near(difference, 0.0) | table.is_near(table.ours, table.published)
    table.kinds[agrees & (table.kinds == "")] = "agrees"
    return table


def _other_class(table: _Year) -> None:
    """Find land that stands in another hazard class there: the classes sum to the same."""
    if "hazard_class" not in table.names:
        return
    place, difference = table.names.index("hazard_class"), table.difference
    families: dict[Group, list[int]] = {}
    for i, group in enumerate(table.groups):
        families.setdefault(group[:place] + group[place + 1 :], []).append(i)
    for family in families.values():
        for j in range(len(table.lines)):
            differing = [i for i in family if table.kinds[i, j] == ""]
            more, less = (np.clip(sign * difference[differing, j], 0, None).sum() for sign in (1, -1))
            if len(differing) > 1 and table.is_near(more, less):
                for i in differing:
                    table.say(i, "transfer", "the classes sum to the same: SHA and CHA are told apart differently", [j])


def _only(table: _Year) -> tuple[list[int], list[int]]:
    """Return the groups that only we have and those that only they have, where no kind is known yet."""
    rows = [i for i in range(len(table.groups)) if table.open_lines(i) and not table.is_total[i]]
    return [i for i in rows if not table.is_published[i]], [i for i in rows if not table.is_ours[i]]


def _other_names(table: _Year, *, by_name: bool) -> None:
    """Pair groups that only one side has: by their figures, the nearest name first, or by a near name alone."""
    here, there = _only(table)
    pairs = []
    for i in here:
        for j in there:
            known = ~np.isnan(table.published[j])
            if by_name or (known.any() and table.is_near(table.ours[i, known], table.published[j, known]).all()):
                pairs.append((_likeness(table.groups[i], table.groups[j]), i, j))
    used: set[int] = set()
    for likeness, i, j in sorted(pairs, key=lambda pair: -pair[0]):
        if used & {i, j} or (by_name and likeness < _NEAR_NAME):
            continue
        used |= {i, j}
        for line in range(len(table.lines)):
            published, ours = m2_text(table.published[j, line]), m2_text(table.ours[i, line])
            table.say(i, "renamed", f"published may call it '{name_of(table.groups[j])}': {published}", [line])
            table.say(j, "renamed", f"it may be our '{name_of(table.groups[i])}': {ours}", [line])


def _likeness(group: Group, other: Group) -> float:
    """Return how near two names are, from 0 to 1; with other digits they are other names: P1 is not P2."""
    one, two = name_of(group).casefold(), name_of(other).casefold()
    if [x for x in one if x.isdigit()] != [x for x in two if x.isdigit()]:
        return 0.0
    return SequenceMatcher(None, one, two).ratio()


def _parts(table: _Year) -> None:
    """Find groups of one side that are several of the other: parts that the other side does not list fill them up."""
    difference = table.difference
    sides = ((1, table.ours, ("published", "our")), (-1, table.published, ("our", "published")))
    for sign, figures, whose in sides:
        for whole, group in enumerate(table.groups):
            parts, others = _only(table)[::sign]
            if whole in parts or not table.open_lines(whole) or table.is_total[whole]:
                continue
            is_both = whole not in others
            found = _filling(table, figures[parts], sign * difference[whole], least=1 if is_both else 2)
            if found:
                names = [f"'{name_of(table.groups[parts[i]])}'" for i in found]
                names += [f"'{name_of(group)}'"] if is_both else []
                message = f"{whose[0]} '{name_of(group)}' may be {whose[1]} {', '.join(names)} together"
                for i in [whole, *(parts[i] for i in found)]:
                    table.say(i, "split", message)


def _filling(table: _Year, parts: Floats, wanted: Floats, *, least: int) -> list[int]:
    """Return the parts that sum to what is wanted in each line where both are known; none where no few of them do."""
    known = ~np.isnan(wanted) & ~np.isnan(parts).any(axis=0)
    if not known.any() or table.is_near(wanted[known], 0.0).all():
        return []
    for size in range(least, len(parts) + 1):
        if comb(len(parts), size) > _MOST_COMBINATIONS:
            break
        chosen = np.array(list(combinations(range(len(parts)), size)))
        sums = parts[:, known][chosen].sum(axis=1)
        hit = np.flatnonzero(table.is_near(sums, wanted[known]).all(axis=1))
        if len(hit):
            return [int(i) for i in chosen[hit[0]]]
    return []


def _line_by_line(table: _Year, mine: Figures) -> None:
    """Say what single figures tell: units, another day, another line, and what is left."""
    difference = table.difference
    for i, group in enumerate(table.groups):
        if not table.is_published[i]:
            table.say(i, "only_here", "the published table does not list it")
        if not table.is_ours[i]:
            table.say(i, "only_published", "the account does not have it")
        for j in table.open_lines(i):
            if factor := slip(table.published[i, j], table.ours[i, j], "the account's"):
                table.say(i, "unit_slip", factor, [j])
            elif when := _other_day(table, mine, group, table.lines[j], table.published[i, j]):
                table.say(i, "stock_date", when, [j])
        for family in _FAMILIES:
            _other_line(table, mine, i, family)
        for j in table.open_lines(i):
            more = m2_text(difference[i, j], signed=True)
            table.say(i, "unexplained", f"published says {more} than the account", [j])


def _other_day(table: _Year, mine: Figures, group: Group, line: str, published: float) -> str:
    """Return on which other day our stock is the published one, the nearest first; nothing where on none."""
    if line not in STOCKS or published == 0:
        return ""
    years = sorted({when for one, when in mine if one == group}, key=lambda when: (abs(when - table.year), when))
    for when in years:
        for other, edge in (("closing_m2", "end"), ("opening_m2", "start")):
            stock = mine[group, when].get(other, np.nan)
            if (when, other) != (table.year, line) and table.is_near(stock, published):
                return f"it is our stock at the {edge} of {when}"
    return ""


def _other_line(table: _Year, mine: Figures, group: int, family: tuple[str, ...]) -> None:
    """Find land that stands in another line there: the lines of one family sum to the same."""
    compared = [j for j, line in enumerate(table.lines) if line in family]
    still = [j for j in table.open_lines(group) if j in compared]
    row = mine.get((table.groups[group], table.year), {})
    other = [line for line in family if line not in table.lines and row.get(line, 0.0) != 0]
    ours = table.ours[group, compared].sum() + sum(row[line] for line in other)
    if len(still) + len(other) > 1 and table.is_near(ours, table.published[group, compared].sum()):
        table.say(group, "transfer", f"the same land in other lines: {', '.join(family)} sum to the same", still)


def _rows(table: _Year) -> list[tuple[Any, ...]]:
    difference = np.where(table.kinds == "unknown", np.nan, table.difference)
    return [
        (*group, table.year, line, table.ours[i, j], table.published[i, j], difference[i, j], table.kinds[i, j],
         table.messages[i, j])
        for i, group in enumerate(table.groups)
        for j, line in enumerate(table.lines)
    ]  # fmt: skip
