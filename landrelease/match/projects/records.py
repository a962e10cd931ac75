"""Which records are of one project: the donor's and the implementer's, found by identifiers and relations."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from landrelease.errors import DataError
from landrelease.match.projects.places import codes_of, column_of, place_kinds
from landrelease.tables import RESULTS

__all__ = ["check_duplicates", "duplicate_projects"]

Ints = npt.NDArray[np.int64]

_SWAPPED = {"funds": "funded_by", "has_part": "part_of"}


def duplicate_projects(projects: pd.DataFrame) -> pd.DataFrame:
    """Find the records that are not to be counted beside others: two reports of one project, or of the same money.

    Parameters
    ----------
    projects : DataFrame
        The table `projects`: project_id; related_ids and publisher, as `read` takes them from IATI or as you write them
        (relation:project_id; relation:project_id).

    Returns
    -------
    DataFrame
        One row a record that is not counted by itself: project_id, counted_as (the record that stands for it; missing
        where several do), reason. Delete the rows that you know better, and give it to `project_weights`.

    Raises
    ------
    DataError
        There is no column project_id.

    Notes
    -----
    Two records are the same activity where one says so (`same`: an IATI related activity of type 4 or 5, an other
    identifier). Money goes on from a record to another where either says so (`funded_by`, `funds`), or where one is a
    `part_of` the other and another publisher reports it; the parts that a publisher makes of its own programme are
    projects of their own. If all of a record's money that is followed goes to one other project, both are one project.
    If it goes to several, the record is left out: its money stands in theirs. That is repeated until nothing changes.

    Of the records of a project the one stands for it that is not cancelled, knows the most exact places, then the most
    approximate ones, then the most units, then the most places, then the larger budget; at last the first by id.

    Identifiers are compared without regard to case. One that no record has is passed over. What no record says is not
    found: no two records are taken for one because they look alike.

    References
    ----------
    IATI Standard 2.03: related-activity, other-identifier, provider-activity-id, receiver-activity-id.

    Examples
    --------
    >>> projects = pd.DataFrame({
    ...     "project_id": ["donor", "ngo", "report", "fund", "x", "y"],
    ...     "related_ids": [None, "funded_by:DONOR", "same:ngo", "funds:x; funds:y", None, "funds:nobody"]})
    >>> duplicate_projects(projects).values.tolist()
    [['ngo', 'donor', 'funds_one'], ['report', 'donor', 'funds_one'], ['fund', nan, 'funds_several']]
    >>> len(duplicate_projects(projects.drop(columns="related_ids")))
    0
    """
    if "project_id" not in projects:
        raise DataError("'projects' has no column project_id. Fix: read(..., columns={'THEIR_NAME': 'project_id'}).")
    rows = codes_of(projects, "project_id")
    ids = pd.Index(rows.dropna().unique())
    links = _links(projects, rows, ids)
    same = links[links["relation"] == "same"]
    activity = _joined(same["one"].to_numpy(), same["other"].to_numpy(), np.arange(len(ids)))
    money = links[links["relation"] != "same"]
    group, leaves = _followed(money["other"].to_numpy(), money["one"].to_numpy(), activity)
    order = _order(projects, rows, ids)
    first = pd.Series(order).groupby(group[order]).first()
    stands = first.reindex(group).to_numpy()
    is_left_out = leaves[group]
    reason = np.where(activity == activity[stands], "same_activity", "funds_one")
    result = pd.DataFrame({"project_id": ids, "counted_as": ids[stands], "reason": reason}).astype("str")
    result["counted_as"] = result["counted_as"].mask(is_left_out)
    result["reason"] = result["reason"].mask(is_left_out, "funds_several")
    kept: npt.NDArray[np.bool_] = is_left_out | (stands != np.arange(len(ids)))
    return result[RESULTS["duplicate_projects"].names][kept].reset_index(drop=True)


def _links(projects: pd.DataFrame, rows: pd.Series, ids: pd.Index) -> pd.DataFrame:
    """Return what a record says of another, by their positions: relation, one, other (which funds or holds the one)."""
    said = pd.DataFrame({"one": rows.to_numpy(), "text": codes_of(projects, "related_ids").to_numpy()})
    said = said.dropna().drop_duplicates().astype("str")
    said = said.assign(text=said["text"].str.split(";")).explode("text", ignore_index=True)
    parts = said["text"].astype("str").str.split(":", n=1)
    at = pd.Series(np.arange(len(ids)), index=ids.str.casefold())
    at = at[~at.index.duplicated()]
    links = pd.DataFrame({
        "relation": parts.str[0].astype("str").str.strip().str.casefold(),
        "one": said["one"].astype("str").str.casefold().map(at),
        "other": parts.str[1].astype("str").str.strip().str.casefold().map(at),
    })  # fmt: skip
    # two spellings of one identifier are one record
    alike = pd.DataFrame({"relation": "same", "one": np.arange(len(ids)), "other": at[ids.str.casefold()].to_numpy()})
    links = pd.concat([links.dropna(), alike], ignore_index=True).astype({"one": "int64", "other": "int64"})
    is_swapped = links["relation"].isin(list(_SWAPPED)).to_numpy()
    links.loc[is_swapped, ["one", "other"]] = links.loc[is_swapped, ["other", "one"]].to_numpy()
    links["relation"] = links["relation"].replace(_SWAPPED)
    publisher = codes_of(projects, "publisher").groupby(rows.to_numpy()).first().reindex(ids).str.casefold()
    by_one, by_other = (publisher.iloc[links[name]].reset_index(drop=True) for name in ("one", "other"))
    is_others = by_one.notna() & by_other.notna() & by_one.ne(by_other)
    kept = links["relation"].isin(["same", "funded_by"]) | (links["relation"].eq("part_of") & is_others)
    return pd.DataFrame(links[kept & links["one"].ne(links["other"])])


def _joined(left: Ints, right: Ints, group: Ints) -> Ints:
    """Return the groups after those that pairs of records join have become one."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    pairs = coo_array((np.ones(len(left), bool), (group[left], group[right])), shape=(len(group), len(group)))
    return np.asarray(connected_components(pairs, directed=False)[1], np.int64)[group]


def _followed(funder: Ints, funded: Ints, group: Ints) -> tuple[Ints, npt.NDArray[np.bool_]]:
    """Join groups whose money goes to one other; return the groups, and which of them fund several others."""
    while True:
        pairs = np.unique(np.column_stack([group[funder], group[funded]]), axis=0)
        pairs = pairs[pairs[:, 0] != pairs[:, 1]]
        others = np.bincount(pairs[:, 0], minlength=len(group))
        one = pairs[others[pairs[:, 0]] == 1]
        if not len(one):
            return group, others > 1
        member = np.zeros(len(group), np.int64)
        member[group] = np.arange(len(group))
        group = _joined(member[one[:, 0]], member[one[:, 1]], group)


def _order(projects: pd.DataFrame, rows: pd.Series, ids: pd.Index) -> Ints:
    """Return the positions of the records, the one that says most of its places first."""
    kinds = place_kinds(projects, tell=False)
    has_unit = codes_of(projects, "admin_code").notna().to_numpy()
    told = pd.DataFrame({
        "id": rows.to_numpy(),
        "cancelled": codes_of(projects, "status").eq("cancelled").to_numpy(),
        "exact": kinds == "exact", "near": kinds == "near", "unit": (kinds == "unit") & has_unit,
        "place": codes_of(projects, "location_id").notna().to_numpy(),
        "budget": column_of(projects, "budget_usd").astype("float64").to_numpy(),
    }).dropna(subset="id")  # fmt: skip
    steps: dict[str, Any] = dict.fromkeys(("exact", "near", "unit", "place"), "sum")
    record = told.groupby("id").agg({"cancelled": "min", **steps, "budget": "max"}).reindex(ids)
    record = record.assign(id=ids, budget=record["budget"].fillna(-np.inf)).reset_index(drop=True)
    names = ["cancelled", *steps, "budget", "id"]
    return record.sort_values(names, ascending=[True, *[False] * 5, True]).index.to_numpy(np.int64)


def check_duplicates(duplicates: pd.DataFrame, ids: pd.Index) -> pd.Series:
    """Return what each record that is not counted by itself counts as; raise DataError for what can not be."""
    lacking = [name for name in ("project_id", "counted_as") if name not in duplicates]
    if lacking:
        raise DataError(
            f"'duplicates' has no column {', '.join(lacking)}. Fix: start from duplicate_projects(projects)."
        )
    frame = pd.DataFrame({name: codes_of(duplicates, name) for name in ("project_id", "counted_as")})
    twice = frame["project_id"].duplicated()
    lost = frame["counted_as"].notna() & ~frame["counted_as"].isin(ids)
    chained = frame["counted_as"].isin(frame["project_id"].dropna())
    for bad, what in (
        (twice, "stand in 'duplicates' twice"),
        (lost, "count as a project that is not in 'projects'"),
        (chained, "count as a project that itself counts as another"),
    ):
        if bad.any():
            names = ", ".join(map(repr, frame.loc[bad, "project_id"].head(3)))
            raise DataError(
                f"{int(bad.sum())} of {len(frame)} records (such as {names}) {what}.\n"
                f"  Fix: one row a record, with the record that is counted for it, or nothing."
            )
    return frame.dropna(subset="project_id").set_index("project_id")["counted_as"]
