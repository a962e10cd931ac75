from __future__ import annotations

import pandas as pd
import pytest

from landrelease.errors import DataError
from landrelease.priority import Criterion, explain, prioritise, read_scheme

PEOPLE = Criterion("people", 0, 1500, 0.35, label="people within 1 km", unit="people")
CROPS = Criterion("crops", 0, 1, 0.2, label="cropland", unit="share")
BLOCKS = Criterion("blocks", 0, 1, 0.25, label="a blocked road", unit="yes/no")
DEPTH = Criterion("depth", 0.5, 2.5, 0.2, more_is_urgent=False, label="depth", unit="m")


def frame(**columns):
    length = len(next(iter(columns.values())))
    return pd.DataFrame({"area_id": [f"HA-{i:04}" for i in range(length)], **columns})


def test_sentences_by_hand():
    table = frame(people=[1240, 0], crops=[0.25, 0], blocks=[True, False], depth=[1.25, 9])
    ranking = prioritise(table, [PEOPLE, CROPS, BLOCKS, DEPTH])
    assert explain(ranking, "HA-0000") == (
        "HA-0000 is rank 1 of 2 with a score of 0.71 of 1.00. "
        "It gets 0.29 of 0.35 for people within 1 km (1,240 people; 0 counts nothing, 1,500 or more counts "
        "in full), "
        "0.25 of 0.25 for a blocked road (yes), "
        "0.12 of 0.20 for depth (1.25 m; 2.5 or more counts nothing, 0.5 or less counts in full), and "
        "0.05 of 0.20 for cropland (25 %; 0 % counts nothing, 100 % counts in full)."
    )
    assert explain(ranking, "HA-0001") == (
        "HA-0001 is rank 2 of 2 with a score of 0.00 of 1.00. "
        "It gets nothing for people within 1 km (0 people; 0 counts nothing, 1,500 or more counts in full), "
        "cropland (0 %; 0 % counts nothing, 100 % counts in full), a blocked road (no), and "
        "depth (9 m; 2.5 or more counts nothing, 0.5 or less counts in full)."
    )


def test_ties_are_said():
    ranking = prioritise(frame(people=[700, 700, 1, 700]), [PEOPLE])
    assert explain(ranking, "HA-0003").startswith(
        "HA-0003 is rank 1 of 4, shared with 2 other areas, with a score of 0.16 of 0.35. "
    )
    two = prioritise(frame(people=[700, 700]), [PEOPLE])
    assert "shared with 1 other area, with" in explain(two, "HA-0000")


def test_what_is_not_known_is_said():
    table = frame(people=[None, 1500], crops=[0.5, 0.5])
    lowest = explain(prioritise(table, [PEOPLE, CROPS], missing="worst"), "HA-0000")
    assert lowest.endswith("It gets nothing for people within 1 km (not known, counted as nothing).")
    highest = explain(prioritise(table, [PEOPLE, CROPS], missing="best"), "HA-0000")
    assert "It gets 0.35 of 0.35 for people within 1 km (not known, counted in full) and 0.10" in highest
    dropped = prioritise(table, [PEOPLE, CROPS], missing="drop")
    assert explain(dropped, "HA-0000") == "HA-0000 is not ranked: people within 1 km is not known."
    assert explain(dropped, "HA-0001").startswith("HA-0001 is rank 1 of 1 with")
    both = prioritise(table.assign(crops=None), [PEOPLE, CROPS], missing="drop")
    assert explain(both, "HA-0000") == "HA-0000 is not ranked: people within 1 km and cropland are not known."


def test_points_are_whole_and_have_a_band():
    scheme = read_scheme("landmine-impact-survey")
    table = frame(**{one.column: [0, 0] for one in scheme.criteria})
    table["recent_victims"], table["has_mines"] = [5, 0], [1, 0]
    ranking = prioritise(table, scheme)
    said = explain(ranking, "HA-0000")
    assert said.startswith(
        "HA-0000 is rank 1 of 2 with a score of 12. That is high (11 or more). It gets 10 for victims within "
        "500 m in the last 24 months (5 victims; 2 points each) and 2 of 2 for mines (yes). It gets nothing "
        "for unexploded ordnance (no), blocked access to rain-fed crops (no), "
    )
    assert "a score of 0. That is below low. It gets nothing for" in explain(ranking, "HA-0001")


def test_a_count_that_is_cut_says_so():
    visits = Criterion("visits", None, 3, 1, form="points")
    said = explain(prioritise(frame(visits=[7]), [visits]), "HA-0000")
    assert said.endswith("It gets 3 of 3 for visits (7; 1 point each, up to 3).")


def test_a_little_is_not_nothing():
    said = explain(prioritise(frame(people=[3]), [PEOPLE]), "HA-0000")
    assert "It gets less than 0.01 of 0.35 for people within 1 km (3 people;" in said


def test_one_is_singular():
    accidents = Criterion("accidents", 0, 3, 1, unit="accidents")
    ranking = prioritise(frame(accidents=[1, 2]), [accidents])
    assert "(1 accident; 0 counts" in explain(ranking, "HA-0000")
    assert "(2 accidents; 0 counts" in explain(ranking, "HA-0001")


def test_an_unknown_area_is_named_with_the_nearest():
    ranking = prioritise(frame(people=[1]), [PEOPLE])
    with pytest.raises(DataError, match=r"no area 'HA-000' among the 1 areas .*; did you mean 'HA-0000'"):
        explain(ranking, "HA-000")
