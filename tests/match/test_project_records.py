"""Records of one project, and sectors as shares: hand-made cases, and the rule again over sets of names."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease import duplicate_projects, sector_shares
from landrelease.errors import DataError, DataWarning
from landrelease.tables import RESULTS


def records(related: dict[str, str | None], **columns) -> pd.DataFrame:
    frame = pd.DataFrame({"project_id": list(related), "related_ids": pd.Series(list(related.values()), dtype="str")})
    return frame.assign(**columns)


def found(frame: pd.DataFrame) -> dict[str, tuple[str | None, str]]:
    table = duplicate_projects(frame)
    counted = table["counted_as"].astype("object").where(table["counted_as"].notna(), None)
    return dict(zip(table["project_id"], zip(counted, table["reason"], strict=True), strict=True))


def test_what_is_no_duplicate():
    assert found(records({"a": None, "b": "same:nobody; funds:; funded_by", "c": "sibling:a; :b; ;c"})) == {}
    assert found(records({"a": "same:a; funds:A", "b": None})) == {}
    assert duplicate_projects(pd.DataFrame({"project_id": []})).empty
    with pytest.raises(DataError, match="no column project_id"):
        duplicate_projects(pd.DataFrame({"id": ["a"]}))


def test_parts_of_another_publisher_are_its_money_and_of_the_same_are_projects():
    part = {"whole": "has_part: PART", "part": None}
    assert found(records(part, publisher=["GB-1", "NL-2"])) == {"whole": ("part", "funds_one")}
    assert found(records(part, publisher=["GB-1", "gb-1"])) == {}
    assert found(records(part, publisher=["GB-1", None])) == {}
    assert found(records({"whole": None, "part": "part_of:whole"}, publisher=["GB-1", "NL-2"])) == {
        "whole": ("part", "funds_one")
    }


def test_the_record_that_knows_most_places_stands_for_the_project():
    frame = pd.DataFrame({
        "project_id": ["donor", "donor", "ngo"], "location_id": ["d/1", "d/2", "n/1"],
        "related_ids": [None, None, "funded_by:donor"], "admin_code": ["D1", "D2", None],
    })  # fmt: skip
    assert found(frame) == {"ngo": ("donor", "funds_one")}
    assert found(frame.assign(admin_code=[None, None, "D1"])) == {"donor": ("ngo", "funds_one")}
    assert found(frame.assign(status=["cancelled", "cancelled", None])) == {"donor": ("ngo", "funds_one")}
    assert found(frame.assign(admin_code=None, location_id=None, budget_usd=[1.0, 1.0, 5.0])) == {
        "donor": ("ngo", "funds_one")
    }


def test_money_that_goes_round_or_through_several_hands_is_one_project():
    assert found(records({"a": "funds:b", "b": "funds:c", "c": None})) == dict.fromkeys("bc", ("a", "funds_one"))
    assert found(records({"a": "funds:b", "b": "funds:a"})) == {"b": ("a", "funds_one")}
    # two donors of one project; a third that also funds another is left out
    assert found(records({"a": "funds:x", "b": "funds:x", "c": "funds:x; funds:y", "x": None, "y": None})) == {
        "b": ("a", "funds_one"), "x": ("a", "funds_one"), "c": (None, "funds_several"),
    }  # fmt: skip
    # all that it funds is one project after all
    assert found(records({"a": "funds:x; funds:y", "x": None, "y": "same:x"})) == {
        "x": ("a", "funds_one"), "y": ("a", "funds_one"),
    }  # fmt: skip
    # whoever funds only what is left out is left out with it
    assert found(records({"a": "funds:b", "b": "funds:x; funds:y", "x": None, "y": None})) == {
        "a": (None, "funds_several"), "b": (None, "funds_several"),
    }  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.sampled_from(["same", "funds", "funded_by"]), st.integers(0, 6)), max_size=9
    )
)
def test_groups_agree_with_the_rule_over_sets(said):
    names = [f"r{i}" for i in range(7)]
    related = {
        name: "; ".join(f"{what}:{names[b].upper()}" for a, what, b in said if names[a] == name) for name in names
    }
    groups = {frozenset([i]) for i in range(7)}
    funds = {(a, b) if what == "funds" else (b, a) for a, what, b in said if what != "same"}

    def of(i: int) -> frozenset[int]:
        return next(group for group in groups if i in group)

    def join(a: int, b: int) -> None:
        one, other = of(a), of(b)
        groups.difference_update({one, other})
        groups.add(one | other)

    for a, what, b in said:
        if what == "same":
            join(a, b)
    while True:
        to = {group: {of(b) for a, b in funds if a in group} - {group} for group in groups}
        single = [(group, next(iter(others))) for group, others in to.items() if len(others) == 1]
        if not single:
            break
        join(min(single[0][0]), min(single[0][1]))
    expected = {}
    for group in groups:
        if to[group]:
            expected |= {names[i]: None for i in group}
        else:
            expected |= {names[i]: names[min(group)] for i in group if i != min(group)}
    assert {name: one for name, (one, _) in found(records(related)).items()} == expected


def test_shares_of_sectors():
    frame = pd.DataFrame({
        "project_id": ["a", "a", "b", "c", "d", "e", "f", "g"],
        "sectors": ["311:30; 210:90", "140:100", "31120", "311:33.33; 140:33.33; 210:33.33", "311:0; 140:0",
                    "311:-5; 140:105", "311:40; 311:60", "311:many; 140:50"],
    })  # fmt: skip
    with pytest.warns(DataWarning, match=r"1 of 7 projects .*'a', 120\): rebased to 100"):
        shares = sector_shares(frame)
    assert list(shares.columns) == RESULTS["sector_shares"].names
    assert shares.dtypes.astype(str).tolist() == ["str", "str", "float64", "boolean"]
    by_project = {name: dict(zip(one["sector_code"], one["sector_share"], strict=True))
                  for name, one in shares.groupby("project_id")}  # fmt: skip
    assert by_project["a"] == {"311": 0.25, "210": 0.75}
    assert by_project["b"] == {"31120": 1.0}
    assert by_project["c"] == pytest.approx(dict.fromkeys(["311", "140", "210"], 1 / 3))
    assert by_project["f"] == {"311": 1.0}
    for unknown in "deg":
        assert shares.loc[shares["project_id"] == unknown, "sector_share"].isna().all()
    assert shares.loc[shares["is_rebased"], "project_id"].unique().tolist() == ["a"]
    with pytest.warns(DataWarning, match="'x', 60"):
        assert sector_shares(pd.DataFrame({"project_id": ["x"], "sectors": ["311:60"]}))["sector_share"].tolist() == [
            1.0
        ]
    assert sector_shares(pd.DataFrame({"project_id": ["x"], "sector_code": ["31120"]}))["sector_share"].tolist() == [
        1.0
    ]
    assert sector_shares(pd.DataFrame({"project_id": ["x"]})).empty
    with pytest.raises(DataError, match="no column project_id"):
        sector_shares(pd.DataFrame({"sectors": ["311"]}))
