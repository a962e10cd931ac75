"""Time to ends: by hand, against a loop over the days and a peer, and spells that make no sense."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landrelease import DataError, OptionError, time_to_ends
from landrelease.outcomes.times.time_to_ends import RiskSet
from landrelease.tables import RESULTS

DAY = "2025-12-31"


def releases_of(count: int, **columns) -> pd.DataFrame:
    ids = [f"E{i}" for i in range(count)]
    return pd.DataFrame({"release_id": ids, "release_date": pd.to_datetime(["2020-01-15"] * count),
                         "admin_code": [f"C{i}" for i in range(count)], **columns})  # fmt: skip


def spells_of(*rows) -> pd.DataFrame:
    """Spells of E0, E1, ...: how many, how they ended, when, and from when they were watched."""
    made = [{"end_code": code, "end_date": end, "start_date": start} for count, code, end, start in rows
            for _ in range(count)]  # fmt: skip
    frame = pd.DataFrame(made, columns=["end_code", "end_date", "start_date"])
    for name in ("end_date", "start_date"):
        frame[name] = pd.to_datetime(frame[name])
    return frame.assign(release_id=[f"E{i}" for i in range(len(frame))])


def one(releases, spells, **options):
    return time_to_ends(releases, spells, as_of=DAY, draws=0, **options)


def share_of(found, end: str) -> list[float]:
    return found.shares.loc[found.shares["end_code"] == end, "end_share"].tolist()


def by_loop(entry, end, kind, kinds: int, time: float) -> list[float]:
    """Return the shares by walking through the days one by one."""
    open_share, shares = 1.0, [0.0] * kinds
    for now in sorted({day for day, which in zip(end, kind, strict=True) if which < kinds}):
        if now > time:
            break
        at_risk = sum(first < now <= last for first, last in zip(entry, end, strict=True))
        ended = [sum(day == now and which == k for day, which in zip(end, kind, strict=True)) for k in range(kinds)]
        for k in range(kinds):
            shares[k] += open_share * ended[k] / at_risk
        open_share *= 1 - sum(ended) / at_risk
    return [*shares, open_share]


def test_kaplan_meier_by_hand():
    """Of 60, 20 in use at 6 months; 10 lost at 9; of the 30 left, 15 in use at 12: S = 2/3, then 2/3 * 1/2."""
    spells = spells_of((20, "used", "2020-07-15", None), (10, None, "2020-10-15", None),
                       (15, "used", "2021-01-15", None), (15, None, None, None))  # fmt: skip
    found = one(releases_of(60), spells, horizons_months=(5, 6, 12, 24))
    assert share_of(found, "used") == pytest.approx([0, 1 / 3, 2 / 3, 2 / 3])
    assert share_of(found, "open") == pytest.approx([1, 2 / 3, 1 / 3, 1 / 3])
    assert found.shares.loc[found.shares["end_code"] == "used", "at_risk_count"].tolist() == [60, 60, 30, 15]
    assert found.groups[["median_months_low", "median_months_high"]].values.tolist() == [[12.0, 12.0]]
    assert found.method == "Aalen-Johansen"


def test_delayed_entry_by_hand():
    """20 watched from the start, 20 from month 6 on; 10 of the first end at 3, 10 of all 30 at 9: 1/2, then 1/3."""
    spells = spells_of(
        (10, "used", "2020-04-15", None), (10, "used", "2020-10-15", None), (20, None, None, "2020-07-15")
    )
    found = one(releases_of(40), spells, horizons_months=(6, 12))
    assert share_of(found, "used") == pytest.approx([1 / 2, 1 - 1 / 2 * (1 - 10 / 30)])
    without = one(releases_of(40), spells.assign(start_date=pd.NaT), horizons_months=(6, 12))
    assert share_of(without, "used") == pytest.approx([1 / 4, 1 / 2])


def test_a_small_risk_set_early_on_hides_all_that_follows():
    """With delayed entry nine are at risk at first: all that follows hangs on them."""
    spells = spells_of((1, "used", "2020-03-15", None), (8, None, None, None), (91, None, None, "2020-07-15"))
    found = one(releases_of(100), spells, horizons_months=(1, 12))
    assert found.shares["at_risk_count"].tolist() == [9, 9, 9, 9]
    assert found.shares["end_share"].isna().all()
    assert found.curve.empty


SPELLS = st.tuples(st.integers(-1, 6), st.integers(1, 6), st.integers(0, 3))


@given(st.lists(SPELLS, min_size=1, max_size=40))
def test_agrees_with_a_loop_and_sums_to_one(rows):
    entry = np.array([float(first) for first, _, _ in rows])
    end = entry + [length for _, length, _ in rows]
    kind = np.array([which for _, _, which in rows])
    times = np.arange(0.0, 14.0)
    found = RiskSet(entry, end, kind, 4).shares(np.ones(len(rows)), times)
    assert np.abs(found.sum(axis=0) - 1.0).max() < 1e-12
    for i, time in enumerate(times):
        assert found[:, i] == pytest.approx(by_loop(entry, end, kind, 3, time), abs=1e-12)


@given(st.lists(SPELLS, min_size=1, max_size=20), st.integers(0, 99))
def test_weights_are_repetitions(rows, seed):
    entry = np.array([float(first) for first, _, _ in rows])
    end = entry + [length for _, length, _ in rows]
    kind = np.array([which for _, _, which in rows])
    weights = np.random.default_rng(seed).integers(0, 4, len(rows))
    times = np.arange(0.0, 14.0)
    repeated = RiskSet(*(np.repeat(column, weights) for column in (entry, end, kind)), 4)
    found = RiskSet(entry, end, kind, 4).shares(weights.astype(float), times)
    assert found == pytest.approx(repeated.shares(np.ones(weights.sum()), times), abs=1e-9)


def test_agrees_with_lifelines():
    lifelines = pytest.importorskip("lifelines")
    random = np.random.default_rng(5)
    # ties in the ends, and none between ends and entries: there the peer counts an entry of the same day
    end = random.integers(2, 60, 500).astype(float)
    entry = np.where(random.random(500) < 0.4, end - random.integers(1, 30, 500) - 0.5, -1.0)
    entry = np.where(entry < 0.0, -1.0, entry)
    kind = random.integers(0, 2, 500)
    times = np.array([6.0, 12.0, 24.0, 48.0])
    peer = lifelines.KaplanMeierFitter().fit(end, kind == 0, entry=np.where(entry < 0, 0.0, entry))
    found = RiskSet(entry, end, kind, 2).shares(np.ones(500), times)
    assert found[1] == pytest.approx(peer.survival_function_at_times(times).to_numpy(), abs=1e-9)


def test_competing_ends_are_told_apart():
    spells = spells_of((10, "used", "2020-07-15", None), (5, "dispute", "2020-07-15", None),
                       (5, "reopened", "2020-10-15", None), (20, "open", None, None))  # fmt: skip
    found = one(releases_of(40), spells, horizons_months=[12])
    assert found.shares["end_code"].tolist() == ["used", "dispute", "reopened", "open"]
    assert found.shares["end_share"].tolist() == pytest.approx([10 / 40, 5 / 40, 5 / 40, 20 / 40])
    assert found.curve.loc[found.curve["end_code"] == "reopened", "end_share"].tolist() == pytest.approx([0, 5 / 40])


def test_what_was_not_watched_is_neither_open_nor_ended():
    spells = spells_of((10, "used", "2020-07-15", None), (10, None, None, None))
    found = one(releases_of(120), spells, horizons_months=[12])
    assert share_of(found, "used") == [0.5]
    assert found.groups[["followed_count", "ended_count", "not_seen_count"]].values.tolist() == [[20, 10, 100]]
    assert found.records["end_code"].isna().sum() == 100
    assert (found.n, found.missing_share) == (20, pytest.approx(100 / 120))
    assert found.caveats[0].startswith("100 of 120 releases were not watched")


@pytest.mark.parametrize(
    ("spell", "reason"),
    [
        ({"end_date": "2020-01-14"}, "it ended before its release"),
        ({"end_date": None}, "the day of its end is not known"),
        ({"end_date": "2020-07-15", "start_date": "2020-07-15"}, "it ended before it was watched"),
        ({"release": {"release_date": None}}, "left out: its day of release is not known"),
        ({"release": {"date_precision": "year"}}, "the day of its release is not known"),
        ({"release": {"area_m2": 0.0}}, "left out: others hold all of its land hazardous"),
    ],
)
def test_spells_that_tell_nothing_are_left_out_with_a_reason(spell, reason):
    spell = dict(spell)
    release = spell.pop("release", {})
    spells = spells_of((1, "used", "2020-07-15", None)).assign(
        **{name: pd.to_datetime([day]) for name, day in spell.items()}
    )
    releases = releases_of(1).assign(**{name: pd.to_datetime([value]) if name == "release_date" else value
                                        for name, value in release.items()})  # fmt: skip
    found = one(releases, spells)
    assert found.records["reason"].tolist() == [reason]
    assert found.groups[["followed_count", "left_out_count"]].values.tolist() == [[0, 1]]
    assert any(reason in text for text in found.caveats)


def test_an_end_on_the_day_of_the_release_counts():
    found = one(releases_of(20), spells_of((10, "used", "2020-01-15", None), (10, None, None, None)))
    assert share_of(found, "used")[0] == 0.5


def test_what_happens_after_the_day_of_the_assessment_is_open():
    found = time_to_ends(releases_of(20), spells_of((20, "used", "2024-01-15", None)), as_of="2022-01-15", draws=0,
                         horizons_months=[24])  # fmt: skip
    assert found.shares[["end_code", "end_share"]].values.tolist() == [["open", 1.0]]


def test_zero_releases_one_cohort_all_open():
    assert len(one(releases_of(0), spells_of()).shares) == 3
    assert one(releases_of(0), spells_of(), by="admin_code").shares.empty
    found = one(releases_of(20, release_type="cleared"), spells_of((20, None, None, None)), by="release_type")
    assert found.differences.empty
    assert found.shares["end_share"].tolist() == [1.0, 1.0, 1.0]


def test_differences_and_intervals():
    spells = spells_of((20, "used", "2020-07-15", None), (60, None, None, None)).assign(holder=["w", "m"] * 40)
    found = time_to_ends(releases_of(80), spells, as_of=DAY, by="holder", reference="m", horizons_months=[12])
    row = found.differences.set_index("end_code").loc["used"]
    assert row[["holder", "reference", "difference_low", "difference_high"]].tolist() == ["w", "m", 0.0, 0.0]
    expected = 1.96 * np.sqrt(2 * 0.25 * 0.75 / 40)
    assert row["interval_high"] == pytest.approx(expected, rel=0.35)
    assert row["interval_low"] == pytest.approx(-expected, rel=0.35)
    again = time_to_ends(releases_of(80), spells, as_of=DAY, by="holder", reference="m", horizons_months=[12])
    pd.testing.assert_frame_equal(found.differences, again.differences)


def test_bad_spells_and_options():
    spells = spells_of((2, "used", "2020-07-15", None))
    with pytest.raises(DataError, match="1 releases of 'spells' stand in more than one row, such as 'E0'"):
        one(releases_of(2), spells.assign(release_id="E0"))
    with pytest.raises(DataError, match="2 of 2 rows of 'spells' have an end_code that is none, such as 'sold'"):
        one(releases_of(2), spells.assign(end_code="sold"))
    with pytest.raises(DataError, match="'spells' needs release_id"):
        one(releases_of(2), spells.drop(columns="release_id"))
    with pytest.raises(OptionError, match="by: neither 'releases' nor 'spells' has a column 'holder'"):
        one(releases_of(2), spells, by="holder")


def test_tables_are_as_declared():
    found = time_to_ends(releases_of(40, kind=["a", "b"] * 20), spells_of((40, "used", "2020-07-15", None)), as_of=DAY,
                         by="kind", draws=100)  # fmt: skip
    for name, table in (("shares", "time_to_ends_shares"), ("differences", "time_to_use_differences"),
                        ("curve", "time_to_ends_curve"), ("groups", "time_to_use_groups"),
                        ("records", "time_to_ends_records")):  # fmt: skip
        assert set(getattr(found, name)) == {*RESULTS[table].names, "kind"} - {"by"}, name
