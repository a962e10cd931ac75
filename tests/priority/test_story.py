"""What is told of an area is what the tables say, and what is said to change its place does."""

from __future__ import annotations

import re
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landrelease.priority import Criterion, funding_line, prioritise, stability
from landrelease.priority.explain.story import area_story, place_of_line

CRITERIA = [Criterion("people", 0, 1000, 0.6), Criterion("victims", 0, 10, 0.4), Criterion("road", 0, 1, 0.2)]


def table(people: list[float], victims: list[float | None], road: list[float]) -> pd.DataFrame:
    ids = [f"A{i}" for i in range(len(people))]
    return pd.DataFrame({"area_id": ids, "people": people, "victims": victims, "road": road})


cells = st.lists(st.tuples(st.integers(0, 1000), st.integers(0, 10), st.integers(0, 1)), min_size=2, max_size=6)


@given(cells)
def test_a_weight_that_is_said_to_change_places_does(drawn: list[tuple[int, int, int]]) -> None:
    frame = table(*(list(column) for column in zip(*drawn, strict=True)))
    ranking = prioritise(frame, CRITERIA)
    for area_id in ranking.table["area_id"]:
        for text in area_story(ranking, area_id).changes:
            said = re.fullmatch(
                r"It would change places with (A\d), rank \d+(?:, shared.*)?, if '(\w+)' counted for ([\d.]+) % of the "
                r"score instead of ([\d.]+) %\.", text,
            )  # fmt: skip
            if said is None:
                assert "whatever the weights" in text or "the same score" in text or "No single weight" in text
                continue
            other, name, after, before = said[1], said[2], float(said[3]) / 100, float(said[4]) / 100
            weights = {one.column: one.weight / 1.2 for one in CRITERIA}
            assert before == pytest.approx(weights[name], abs=6e-4)
            others = {column: weight for column, weight in weights.items() if column != name}
            scale = (1 - after) / sum(others.values())
            changed = [
                replace(one, weight=after if one.column == name else others[one.column] * scale) for one in CRITERIA
            ]
            score = prioritise(frame, changed).table.set_index("area_id")["score"]
            assert score[area_id] == pytest.approx(score[other], abs=2e-3)


def test_numbers_are_those_of_the_tables() -> None:
    ranking = prioritise(table([900, 300, 200, 500], [1, 7, None, 2], [0, 1, 0, 1]), CRITERIA, missing="worst")
    found = stability(ranking, draws=400)
    line = funding_line(ranking, found, top=2)
    for i, area_id in enumerate(ranking.table["area_id"]):
        story = area_story(ranking, area_id, stability=found, line=line, top=2)
        assert story.rank.split(",")[0] == f"rank {ranking.table['rank'][i]} of 4"
        assert story.line == line["line"][i]
        assert story.sure[0].rstrip(".").lower() == line["reason"][i].lower()
        told = [int(one) for one in re.findall(r"(?:is|between|and) (\d+)", story.sure[1])]
        assert {*told} == {found.table["p05_rank"][i], found.table["p95_rank"][i]}
        assert story.parts["gives"].sum() == pytest.approx(ranking.table["score"][i])
        assert story.parts["gives"].is_monotonic_decreasing


def test_what_is_not_known_is_said_and_the_other_side_of_the_line_named() -> None:
    ranking = prioritise(table([900, 300, 200, 500], [1, 7, None, 2], [0, 1, 0, 1]), CRITERIA, missing="worst")
    line = funding_line(ranking, stability(ranking, draws=50), top=2)
    ids = ranking.table["area_id"].tolist()
    assert f"{ids[2]}" in area_story(ranking, ids[0], line=line, top=2).changes[0]
    assert f"{ids[1]}" in area_story(ranking, ids[3], line=line, top=2).changes[0]
    last = area_story(ranking, "A2", line=line, top=2)
    assert last.changes[-1] == "Not known for this area: victims. What a visit finds can change its place."
    assert last.parts.set_index("label")["found"]["victims"] == "not known, counted as nothing"


@pytest.mark.parametrize("missing", ["bounds", "drop"])
def test_areas_without_a_rank_have_a_story(missing: str) -> None:
    ranking = prioritise(table([900, 300, 250], [1, None, 2], [0, 1, 1]), CRITERIA, missing=missing)
    story = area_story(ranking, "A1")
    assert story.rank == ("between rank 1 and 3 of 3" if missing == "bounds" else "not ranked")
    assert "victims" in story.changes[-1]


@pytest.mark.parametrize("method", ["topsis", "promethee"])
def test_other_methods_are_told_as_they_are(method: str) -> None:
    ranking = prioritise(table([900, 300], [1, 7], [0, 1]), CRITERIA, method=method)
    story = area_story(ranking, ranking.table["area_id"][0])
    assert story.changes == ()
    assert story.text.startswith(story.area_id)


def test_one_area_changes_places_with_none() -> None:
    story = area_story(prioritise(table([900], [1], [0]), CRITERIA), "A0")
    assert story.changes == ()
    assert story.asked == ("No criterion rests on what people were asked.",)


def test_who_was_asked() -> None:
    frame = table([900, 300], [1, 7], [0, 1])
    frame["people_women_consulted_count"], frame["people_men_consulted_count"] = [1, None], [0, None]
    ranking = prioritise(frame, CRITERIA)
    assert area_story(ranking, "A0").asked == ("For 'people', 1 woman and no men were asked.",)
    assert "is not known" in area_story(ranking, "A1").asked[0]


def test_the_line_lies_where_half_of_the_draws_end() -> None:
    line = pd.DataFrame({"in_share": [1.0, 0.5, 0.49, 0.0, float("nan")]})
    assert place_of_line(line) == 2
