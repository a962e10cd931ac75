"""Capacity: levels and progress by hand, residual response, scores outside of their scale, impossible checklists."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from landrelease import DataError, OptionError, ProgrammeError, capacity_profile
from landrelease.linkage.files import bundled, read_list

DAY = "2024-12-31"
LIST = """
name = "two"
source = "a test"
verified = true
[[indicator]]
code = "law"
dimension = "state"
label = "A law"
low = 1
high = 5
[[indicator]]
code = "money"
dimension = "state"
label = "A budget"
low = 0
high = 10
[[indicator]]
code = "teams"
dimension = "response"
label = "Teams"
low = 0
high = 1
"""


@pytest.fixture
def checklist(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(LIST, encoding="utf-8")
    return path


def scores() -> pd.DataFrame:
    rows = [
        ("1", "NMAA", "law", 2, 5, "2020-01-01"),
        ("2", "NMAA", "law", 4, 5, "2024-01-01"),
        ("3", "NMAA", "law", 5, 5, "2025-06-01"),  # after the day
        ("4", "NMAA", "money", 5, 4, "2022-01-01"),
        ("5", "NMAA", "money", None, 8, "2023-01-01"),  # was not answered
        ("6", "Army", "teams", 1, None, "2021-01-01"),
        ("7", "Army", "teams", 0, None, None),  # nobody knows when
    ]
    columns = ["indicator_id", "institution", "indicator_code", "score", "target", "assessed_date"]
    return pd.DataFrame(rows, columns=columns).assign(assessed_date=lambda one: pd.to_datetime(one["assessed_date"]))


def test_levels_and_progress_by_hand(checklist):
    found = capacity_profile(scores(), as_of=DAY, checklist=checklist)
    rows = found.scores.set_index(["institution", "indicator_code"])
    # law: from 2 to 4 on 1 to 5 is from 1/4 to 3/4; money: 5 of 10, once; of 12 rows 3 do not count
    assert rows.loc[("NMAA", "law"), ["level_share", "change"]].tolist() == [0.75, 0.5]
    assert rows.loc[("NMAA", "money"), "level_share"] == 0.5
    assert np.isnan(rows.loc[("NMAA", "money"), "change"])
    assert rows.loc[("NMAA", "money"), "latest_date"] == pd.Timestamp("2022-01-01")
    assert rows.loc[("Army", "teams"), "level_share"] == 1
    assert found.n == 4
    assert found.missing_share == 0.5
    parts = found.dimensions.set_index(["institution", found.dimensions["dimension"].fillna("-")])
    state = parts.loc[("NMAA", "state")]
    assert state[["indicator_count", "known_count", "compared_count"]].tolist() == [2, 2, 1]
    assert state[["level_share", "change"]].tolist() == [0.625, 0.5]
    assert state[["target_count", "target_met_count"]].tolist() == [2, 1]
    whole = parts.loc[("NMAA", "-")]
    assert whole[["level_share", "level_share_low", "level_share_high"]].astype(float).tolist() == pytest.approx(
        [0.625, 1.25 / 3, 2.25 / 3]
    )
    # an indicator that nobody scored is unknown, not zero
    army = parts.loc[("Army", "state")]
    assert np.isnan(army["level_share"])
    assert army[["level_share_low", "level_share_high"]].tolist() == [0, 1]
    said = " / ".join(found.caveats)
    assert "never scored, and unknown, not zero: 3 of 6 indicators" in said
    assert "without a date, and not counted: 1 row" in said
    assert "without a score, and not counted: 1 row" in said
    assert "generic" not in said


def test_progress_since_a_day(checklist):
    rows = capacity_profile(scores(), as_of="2025-12-31", since="2024-06-30", checklist=checklist).scores
    law = rows.set_index("indicator_code").loc["law"].iloc[0]
    assert law[["first_score", "latest_score", "change"]].tolist() == [4, 5, 0.25]
    # nothing was scored before: no progress is known
    early = capacity_profile(scores(), as_of="2025-12-31", since="2019-06-30", checklist=checklist).scores
    assert early["change"].isna().all()


def test_residual_response_by_hand():
    boxes = [shapely.box(one, 0, one + 10, 10) for one in (0, 100, 200, 300)]
    areas = gpd.GeoDataFrame(
        {"area_id": list("abcd"), "status": ["open", None, "released", "open"], "admin_code": ["N", "N", "N", "W"]},
        geometry=boxes, crs=6933,
    )  # fmt: skip
    teams = pd.DataFrame({"admin_code": ["N", "S", "W", "X"], "team_count": [4, 0, 0, None]})
    calls = pd.DataFrame(
        {"admin_code": ["N"] * 6 + ["X"], "call_date": pd.to_datetime(["2021-01-01"] * 6 + ["2019-01-01"])}
    )
    options = {"as_of": "2024-12-31", "since": "2020-12-31", "teams": teams}
    rows = capacity_profile(scores().iloc[:0], areas=areas, callouts=calls, **options).residual.set_index(
        "province_code"
    )
    assert rows["open_area_count"].to_dict() == {"N": 2, "S": 0, "W": 1, "X": 0}
    assert rows.loc["N", "open_m2"] == pytest.approx(200, rel=1e-3)
    assert rows.loc["N", "open_areas_per_team"] == 0.5
    # six call-outs, four teams, four years of 365.25 days
    assert rows.loc["N", "callouts_per_team_year"] == pytest.approx(6 / 4 / (1461 / 365.25))
    assert rows["callout_count"].to_dict() == {"N": 6, "S": 0, "W": 0, "X": 0}
    assert rows["is_uncovered"].astype(object).fillna("unknown").to_dict() == {
        "N": False,
        "S": False,
        "W": True,
        "X": "unknown",
    }
    assert rows.loc[["S", "W", "X"], "open_areas_per_team"].isna().all()
    silent = capacity_profile(scores().iloc[:0], areas=areas, **options).residual
    assert silent["callout_count"].isna().all()


@pytest.mark.parametrize("bad", [0, 5.5, -99])
def test_a_score_outside_of_its_scale(checklist, bad):
    wrong = scores()
    wrong.loc[1, "score"] = bad
    with pytest.raises(
        DataError, match=rf"score outside of the scale .*, the first {bad:g} of 'law' \(1 to 5\) on 2024"
    ):
        capacity_profile(wrong, as_of=DAY, checklist=checklist)
    wrong = scores()
    wrong.loc[1, "target"] = bad
    with pytest.raises(DataError, match=f"target outside of the scale .*, the first {bad:g} of 'law'"):
        capacity_profile(wrong, as_of=DAY, checklist=checklist)


def test_bad_input(checklist):
    with pytest.raises(DataError, match="indicator_code that the checklist lacks, the first 'lax'; did you mean 'law'"):
        capacity_profile(scores().replace("law", "lax"), as_of=DAY, checklist=checklist)
    twice = pd.concat([scores(), scores().iloc[:1].assign(score=3)])
    with pytest.raises(DataError, match="two scores on one day, the first 'law' of 'NMAA' on 2020-01-01"):
        capacity_profile(twice, as_of=DAY, checklist=checklist)
    with pytest.raises(DataError, match="7 of 7 rows name no institution"):
        capacity_profile(scores().assign(institution=None), as_of=DAY, checklist=checklist)
    with pytest.raises(DataError, match="score must hold finite numbers"):
        capacity_profile(scores().assign(score="good"), as_of=DAY, checklist=checklist)
    with pytest.raises(OptionError, match="since must not be after as_of"):
        capacity_profile(scores(), as_of=DAY, since="2025-01-01", checklist=checklist)
    teams = pd.DataFrame({"admin_code": ["N"], "team_count": [1]})
    calls = pd.DataFrame({"admin_code": ["N"], "call_date": [None]})
    empty = scores().iloc[:0]
    with pytest.raises(OptionError, match="give teams"):
        capacity_profile(empty, as_of=DAY, callouts=calls)
    with pytest.raises(OptionError, match="give since, before as_of"):
        capacity_profile(empty, as_of=DAY, teams=teams, callouts=calls)
    with pytest.raises(DataError, match="1 of 1 rows have no call_date"):
        capacity_profile(empty, as_of=DAY, since="2020-01-01", teams=teams, callouts=calls)


def test_empty_inputs():
    found = capacity_profile(scores().iloc[:0], as_of=DAY)
    assert (found.n, len(found.scores), len(found.dimensions), len(found.residual)) == (0, 0, 0, 0)
    assert np.isnan(found.missing_share)
    assert "is generic" in found.caveats[0]


def test_relabelling_changes_nothing(checklist):
    found = capacity_profile(scores(), as_of=DAY, checklist=checklist)
    other = capacity_profile(scores().replace({"NMAA": "b", "Army": "a"}), as_of=DAY, checklist=checklist)
    for name in ("scores", "dimensions"):
        back = getattr(other, name).replace({"b": "NMAA", "a": "Army"})
        pd.testing.assert_frame_equal(back, getattr(found, name), check_dtype=False)


def test_the_bundled_checklist_says_that_it_is_generic():
    assert bundled("indicator") == ["generic"]
    rated = read_list("generic", "indicator")
    assert not rated.verified
    assert "choices of this package" in rated.source
    assert (rated.rows["low"] == 0).all()
    assert (rated.rows["high"] == 4).all()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("verified = true", "", r"needs verified \(bool\)"),
        ("high = 10", "high = 0", "indicator 2: low must be below high"),
        ("high = 10", 'high = "ten"', "indicator 2 needs high; it has 'ten'"),
        ('label = "A law"', "", "indicator 1 needs label"),
        ('label = "A law"', 'label = "A law"\nlavel = "x"', "unknown key 'lavel'; did you mean 'label'"),
        ('code = "money"', 'code = "law"', "indicator 2 stands twice"),
        ("[[indicator]]", "[[indicators]]", r"has no \[\[indicator\]\]"),
        ('name = "two"', "name = two", "is no TOML"),
    ],
)
def test_bad_checklists(checklist, old, new, message):
    checklist.write_text(LIST.replace(old, new), encoding="utf-8")
    with pytest.raises(ProgrammeError, match=message):
        capacity_profile(scores(), as_of=DAY, checklist=checklist)
    with pytest.raises(ProgrammeError, match="can not be read"):
        capacity_profile(scores(), as_of=DAY, checklist="nowhere.toml")
