"""Funding: a small table of flows worked out by hand, deflators that are missing, donors and provinces unknown."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease import DataError, OptionError, funding_profile
from landrelease.tables import DTYPES, RESULTS

# in prices of 2022 dollars of 2020 are worth 100/80 of A's, 100/50 of B's; of 2021 100/125 of A's
DEFLATORS = pd.DataFrame(
    {
        "donor": ["A", "A", "A", "B", "B", "Home", "Home"],
        "year": [2020, 2021, 2022, 2020, 2022, 2020, 2022],
        "deflator": [80.0, 125.0, 100.0, 50.0, 100.0, 200.0, 100.0],
    }
)


def flows() -> pd.DataFrame:
    rows = [
        ("1", 2020, "A", "ngo", "15250", "N1", "commitment", 80.0),  # 100
        ("2", 2021, "A", "un", "15250", "N1", "disbursement", 125.0),  # 100
        ("3", 2020, "B", "un", "31120", "S1", "commitment", 150.0),  # 300
        ("4", 2022, "B", "un", "31120", None, "commitment", 50.0),  # 50
        ("5", 2022, None, "un", "15250", "S1", "commitment", 60.0),  # 60: the year is the base year, but no donor
        ("6", 2020, "Home", "government", None, "N1", "commitment", 80.0),  # 40
        ("7", 2022, "A", "ngo", "15250", "S1", None, 10.0),  # 10
    ]
    columns = ["flow_id", "year", "donor", "channel_code", "sector_code", "admin_code", "flow_type_code", "amount_usd"]
    return pd.DataFrame(rows, columns=columns)


def profile(frame: pd.DataFrame | None = None, **options):
    given_ = {"deflators": DEFLATORS, "base_year": 2022} | options
    return funding_profile(flows() if frame is None else frame, **given_)


def test_constant_prices_by_hand():
    found = profile()
    assert found.flows["constant_usd"].tolist() == [100, 100, 300, 50, 60, 40, 10]
    assert found.missing_share == 0
    by_donor = profile(by=["donor"]).table
    assert by_donor[["donor", "flow_type_code", "flow_count", "amount_usd", "constant_usd"]].fillna(
        "-"
    ).values.tolist() == [
        ["A", "commitment", 1, 80, 100],
        ["A", "disbursement", 1, 125, 100],
        ["A", "unknown", 1, 10, 10],
        ["B", "commitment", 2, 200, 350],
        ["Home", "commitment", 1, 80, 40],
        ["-", "commitment", 1, 60, 60],
    ]
    assert "donor" not in profile(by=["year"]).table
    # one deflator for all
    every = pd.DataFrame({"year": [2020, 2021, 2022], "deflator": [50, 80, 100]})
    assert profile(deflators=every).flows["constant_usd"].tolist() == [160, 156.25, 300, 50, 60, 160, 10]
    # deflators of another base give the same
    other = DEFLATORS.assign(deflator=DEFLATORS["deflator"] * 7)
    assert profile(deflators=other).flows["constant_usd"].tolist() == pytest.approx([100, 100, 300, 50, 60, 40, 10])


def test_commitments_and_disbursements_are_never_added():
    found = profile()
    assert set(found.table["flow_type_code"]) == {"commitment", "disbursement", "unknown"}
    whole = found.concentration[found.concentration["scope"] == "all"].set_index("flow_type_code")
    assert whole["constant_usd"].to_dict() == {"commitment": 550, "disbursement": 100, "unknown": 10}


def test_concentration_by_hand():
    rows = profile().concentration
    whole = rows[(rows["scope"] == "all") & (rows["flow_type_code"] == "commitment")].iloc[0]
    # of known donors A 100, B 350, Home 40: 490 in all; 60 more of nobody knows whom
    assert whole["donor_count"] == 3
    assert whole["largest_donor"] == "B"
    assert whole["largest_share"] == pytest.approx(350 / 490)
    assert whole["top5_share"] == 1
    assert whole["donor_hhi"] == pytest.approx((100**2 + 350**2 + 40**2) / 490**2)
    assert whole["unknown_donor_share"] == pytest.approx(60 / 550)
    places = rows[(rows["scope"] == "province_code") & (rows["flow_type_code"] == "commitment")]
    single = places.set_index(places["group"].fillna("-"))["is_single_donor"]
    # of S1 some money is of an unknown donor: whether B is alone is not known
    assert single["N1"] is np.False_ or single["N1"] == False  # noqa: E712
    assert pd.isna(single["S1"])
    assert bool(single["-"])
    paid = rows[(rows["scope"] == "all") & (rows["flow_type_code"] == "disbursement")].iloc[0]
    assert (paid["donor_hhi"], paid["is_single_donor"]) == (1, True)


def test_published_concentration():
    """Landmine Monitor, support of 2020: the five largest donors gave 75 % of the international total."""
    five = [75 / 5] * 5
    others = [25 / 10] * 10
    amounts = pd.DataFrame({"amount_usd": [*five, *others]})
    amounts = amounts.assign(flow_id=amounts.index.astype(str), year=2020, donor=[f"D{i:02}" for i in range(15)])
    found = funding_profile(amounts, deflators=pd.DataFrame({"year": [2020], "deflator": [1]}), base_year=2020)
    assert found.concentration.loc[0, "top5_share"] == pytest.approx(0.75)
    assert found.concentration.loc[0, "donor_hhi"] == pytest.approx(5 * 0.15**2 + 10 * 0.025**2)


def test_a_missing_deflator_stops():
    lacking = DEFLATORS[~((DEFLATORS["donor"] == "B") & (DEFLATORS["year"] == 2020))]
    with pytest.raises(DataError, match="1 of 7 flows need, the first flow '3': no deflator of 2020 of donor 'B'"):
        profile(deflators=lacking)
    no_base = DEFLATORS[~((DEFLATORS["donor"] == "B") & (DEFLATORS["year"] == 2022))]
    with pytest.raises(DataError, match="the first flow '3': no deflator of 2022 of donor 'B'"):
        profile(deflators=no_base)
    with pytest.raises(DataError, match="'1': no deflator of 2020 of donor 'A'"):
        profile(deflators=DEFLATORS.assign(deflator=np.nan))
    no_donor = flows().assign(year=[2020] * 7)
    with pytest.raises(DataError, match="its donor or year is not known"):
        profile(no_donor.iloc[4:5])


def test_a_missing_deflator_is_never_a_nominal_amount():
    lacking = DEFLATORS[~((DEFLATORS["donor"] == "B") & (DEFLATORS["year"] == 2020))]
    found = profile(deflators=lacking, missing="unknown", by=["donor"])
    assert found.flows.loc[2, ["deflator_ratio", "constant_usd"]].isna().all()
    row = found.table.set_index("donor").loc["B"]
    assert row[["constant_usd", "unknown_count", "unconverted_usd"]].tolist() == [50, 1, 150]
    assert found.missing_share == pytest.approx(1 / 7)
    assert "1 flow of 150 current USD could not be brought to prices of 2022: in no sum in constant prices" in (
        found.caveats
    )
    # with nothing converted the sum is missing, not zero
    alone = profile(flows().iloc[2:3], deflators=lacking, missing="unknown", by=["donor"]).table
    assert alone["constant_usd"].isna().all()


def test_need_by_hand():
    needs = pd.DataFrame({"admin_code": ["N1", "N1", "S1", "W1"], "need_usd": [200.0, 40.0, 500.0, 70.0]})
    rows = profile(needs=needs).need
    rows = rows.set_index(rows["province_code"].fillna("-"))
    assert rows["need_usd"].fillna(-1).to_dict() == {"N1": 240, "S1": 500, "W1": 70, "-": -1}
    assert rows["commitment_usd"].fillna(-1).to_dict() == {"N1": 140, "S1": 360, "W1": -1, "-": 50}
    assert rows["gap_usd_high"].fillna(-1).to_dict() == {"N1": 100, "S1": 140, "W1": 70, "-": -1}
    # 50 without a province may be anywhere; the 10 of unknown type are S1's
    assert rows["gap_usd_low"].fillna(-1).to_dict() == {"N1": 50, "S1": 80, "W1": 20, "-": -1}
    assert rows["funded_ratio"].to_dict()["N1"] == pytest.approx(140 / 240)
    unknown = profile(needs=needs.assign(need_usd=[200.0, None, 500.0, 70.0])).need.set_index("province_code")
    assert np.isnan(unknown.loc["N1", "need_usd"])
    lacking = DEFLATORS[~((DEFLATORS["donor"] == "B") & (DEFLATORS["year"] == 2020))]
    open_ended = profile(needs=needs, deflators=lacking, missing="unknown").need.set_index("province_code")
    assert np.isnan(open_ended.loc["S1", "gap_usd_low"])
    assert open_ended.loc["N1", "gap_usd_low"] == 50
    # commitments of which none could be converted are not commitments of 0
    none = profile(needs=needs, deflators=DEFLATORS.iloc[:0], missing="unknown").need.set_index("province_code")
    assert np.isnan(none.loc["N1", "funded_ratio"])
    assert none.loc["S1", "funded_ratio"] == 60 / 500  # that of the base year needs no deflator
    assert none.loc["W1", "funded_ratio"] == 0  # nothing was promised there, and that is known


def test_phases_by_hand():
    phases = {"reconstruction": (2021, 2021), "stabilisation": (2015, 2020)}
    rows = profile(phases=phases, domestic=["Home"]).phases
    told = rows[["phase", "flow_type_code", "domestic_usd", "international_usd", "unknown_usd"]].astype(object)
    assert told.fillna(-1).values.tolist() == [
        ["stabilisation", "commitment", 40, 400, -1],
        ["reconstruction", "disbursement", -1, 100, -1],
        [-1, "commitment", -1, 50, 60],
        [-1, "unknown", -1, 10, -1],
    ]
    assert rows["domestic_share_low"].tolist() == pytest.approx([40 / 440, 0, 0, 0])
    assert rows["domestic_share_high"].tolist() == pytest.approx([40 / 440, 0, 60 / 110, 0])
    unsaid = profile(phases=phases).phases
    assert unsaid["domestic_share_low"].tolist() == [0, 0, 0, 0]
    assert unsaid["domestic_share_high"].tolist() == [1, 1, 1, 1]


def test_a_donor_that_took_back_more_than_it_gave():
    back = flows().assign(amount_usd=[-80.0, *flows()["amount_usd"].iloc[1:]])
    row = profile(back).concentration.iloc[0]
    assert np.isnan(row["donor_hhi"])
    assert pd.isna(row["is_single_donor"])


def test_relabelling_changes_nothing():
    names = {"A": "zeta", "B": "beta", "Home": "alpha"}
    found, other = profile(by=["donor"]), profile(
        flows().assign(donor=flows()["donor"].map(names), flow_id=list("gfedcba")),
        deflators=DEFLATORS.assign(donor=DEFLATORS["donor"].map(names)), by=["donor"],
    )  # fmt: skip
    columns = ["donor_count", "largest_share", "top5_share", "donor_hhi", "constant_usd"]
    pd.testing.assert_frame_equal(found.concentration[columns], other.concentration[columns])
    back = other.table.assign(donor=other.table["donor"].map({new: old for old, new in names.items()}))
    pd.testing.assert_frame_equal(
        back.sort_values(["donor", "flow_type_code"], ignore_index=True),
        found.table.sort_values(["donor", "flow_type_code"], ignore_index=True),
    )


CELL = st.tuples(
    st.sampled_from(["A", "B", None]),
    st.sampled_from(["N", "S", None]),
    st.sampled_from(["commitment", "disbursement", None]),
    st.sampled_from([2020, 2021, 2022]),
    st.integers(0, 1_000) | st.none(),
)


@settings(max_examples=25)
@given(st.lists(CELL, max_size=12))
def test_unknown_never_moves(cells):
    """Each cell of the table is the sum of its flows, by a loop; unknown donors, provinces and types stay so."""
    frame = pd.DataFrame(cells, columns=["donor", "admin_code", "flow_type_code", "year", "amount_usd"])
    frame = frame.astype({"donor": "str", "admin_code": "str", "flow_type_code": "str", "amount_usd": "float64"})
    frame["flow_id"] = [f"F{i}" for i in range(len(frame))]
    price = {2020: 2.0, 2022: 1.0}
    deflators = pd.DataFrame({"year": [2020, 2022], "deflator": [50, 100]})
    options = {"deflators": deflators, "base_year": 2022, "missing": "unknown", "by": ["donor", "province_code"]}
    found = funding_profile(frame, phases={"all": (2020, 2022)}, domestic=None, **options)
    wanted: dict[tuple, list[float]] = {}
    for donor, province, kind, year, amount in cells:
        cell = wanted.setdefault((donor or "-", province or "-", kind or "unknown"), [0.0, 0, 0])
        cell[2] += 1
        if amount is None or year not in price:
            cell[1] += 1
        else:
            cell[0] += amount * price[year]
    keys = ["donor", "province_code", "flow_type_code"]
    told = {
        tuple("-" if pd.isna(one) else one for one in row[:3]): row[3:]
        for row in found.table[[*keys, "constant_usd", "unknown_count", "flow_count"]].values.tolist()
    }
    assert told.keys() == wanted.keys()
    for key, (constant, unknown, count) in wanted.items():
        assert told[key][1:] == [unknown, count]
        assert np.isnan(told[key][0]) if unknown == count else told[key][0] == pytest.approx(constant)
    phase = found.phases.set_index("flow_type_code")
    for kind in phase.index:
        total = sum(value[0] for key, value in wanted.items() if key[2] == kind)
        assert np.nan_to_num(phase.loc[kind, "unknown_usd"]) == pytest.approx(total)
        assert phase.loc[kind, ["domestic_usd", "international_usd"]].isna().all()


def test_empty_inputs():
    found = profile(
        flows().iloc[:0], needs=pd.DataFrame({"admin_code": ["N"], "need_usd": [5.0]}), phases={"one": (2000, 2001)}
    )
    assert found.n == 0
    assert np.isnan(found.missing_share)
    for name in ("flows", "table", "concentration", "phases"):
        frame, table = getattr(found, name), RESULTS[f"funding_{name}"]
        assert frame.empty
        assert {one: str(frame[one].dtype) for one in frame} == {one.name: DTYPES[one.kind] for one in table.columns}
    # nothing is recorded for it: the whole need is open
    assert found.need[["province_code", "need_usd", "gap_usd_low", "gap_usd_high"]].values.tolist() == [["N", 5, 5, 5]]
    assert profile().need.empty
    assert profile().phases.empty


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"by": ["province"]}, "by must be one of donor, channel_code"),
        ({"missing": "nominal"}, "missing must be one of raise, unknown"),
        ({"domestic": "Home"}, "domestic must be a list of donors"),
        ({"domestic": ["Hom"]}, "domestic: no flow is of 'Hom'; did you mean 'Home'"),
        ({"phases": {"a": (2010, 2015), "b": (2015, 2020)}}, r"'a' \(to 2015\) and 'b' \(from 2015\) overlap"),
        ({"phases": {"a": (2012, 2010)}}, "'a' ends in 2010, before it begins in 2012"),
    ],
)
def test_bad_options(options, message):
    with pytest.raises(OptionError, match=message):
        profile(**options)


@pytest.mark.parametrize(
    ("deflators", "message"),
    [
        (DEFLATORS.drop(columns="deflator"), "'deflators' has no column 'deflator'"),
        (pd.concat([DEFLATORS, DEFLATORS.head(1)]), "1 rows repeat a year, first 2020 of A"),
        (DEFLATORS.assign(deflator=0), "deflator must be above 0: 7 rows are 0"),
        (DEFLATORS.assign(deflator="1,2"), "deflator must hold finite numbers"),
        (DEFLATORS.assign(year=2020.5), "year must be whole"),
        (DEFLATORS.assign(donor=None), "7 rows have no year, or no donor"),
    ],
)
def test_bad_deflators(deflators, message):
    with pytest.raises(DataError, match=message):
        profile(deflators=deflators)


def test_bad_flows():
    with pytest.raises(DataError, match="flow_id must stand once: 1 of 8 rows"):
        profile(pd.concat([flows(), flows().head(1)]))
    with pytest.raises(DataError, match="flow_type_code must be one of commitment, disbursement, unknown: 7 of 7"):
        profile(flows().assign(flow_type_code="pledge"))
    with pytest.raises(DataError, match="1 of 4 rows are of no province of the level, the first has admin_code nan"):
        profile(needs=pd.DataFrame({"admin_code": ["N", None, "S", "W"], "need_usd": 1}))
    before = flows()
    profile(before)
    pd.testing.assert_frame_equal(before, flows())
