"""The engine that builds shapes, where edges nearly coincide and GEOS loses a face or fills one."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from oracle_exact import exact_shares
from shapely import Polygon, box
from test_overlap_engines import moved, shares_by_edges, table

from landrelease.match.pieces import shares_by_pieces


def turned(unit, *shapes):
    """On a grid that is turned by 33 degrees no edge lies where it was drawn, to the last digit."""
    return [moved([shape], (0.0, 0.0, unit, 33.0)) for shape in shapes]


LADDER = shapely.MultiPolygon(
    [
        Polygon([(5, 0), (5, 1), (8, 1), (8, 0)]),
        Polygon([(3, 4), (3, 6), (6, 6), (6, 4), (7, 4), (7, 3), (5, 3), (5, 1), (2, 1), (2, 4)]),
    ]
)
BESIDE = shapely.MultiPolygon(
    [
        Polygon([(5, 1), (5, 0), (4, 0), (4, 1)]),
        Polygon([(4, 5), (4, 3), (3, 3), (3, 5)]),
        Polygon([(6, 6), (6, 7), (6, 8), (10, 8), (10, 6), (8, 6), (8, 4), (6, 4)]),
        Polygon([(4, 6), (2, 6), (2, 9), (4, 9)]),
    ]
)
HOOK = Polygon([(7, 2), (5, 2), (1, 2), (1, 4), (1, 5), (1, 6), (1, 8), (3, 8), (3, 7), (3, 6), (3, 5), (5, 5), (5, 4),
                (7, 4)])  # fmt: skip
AROUND = shapely.MultiPolygon(
    [
        Polygon([(2, 2), (4, 2), (4, 1), (2, 1)]),
        Polygon([(5, 4), (5, 5), (4, 5), (3, 5), (3, 8), (7, 8), (7, 7), (8, 7), (8, 4)]),
    ]
)


@pytest.mark.parametrize(
    ("own", "layer", "unit", "squares"),
    [(LADDER, BESIDE, 97.3, 2 / 20), (HOOK, AROUND, 1e4, 0.0), (box(0, 0, 4, 4), box(4, 0, 8, 4), 1.0, 0.0)],
)
def test_an_intersection_has_the_squares_that_both_have(own, layer, unit, squares):
    (own, layer), one = turned(unit, own, layer), np.zeros(1, np.int64)
    for found in (shares_by_pieces(own, layer, one, "split"), shares_by_edges(own, layer, one, "split")):
        assert table(found).get((0, 0), 0.0) == pytest.approx(squares, rel=1e-11, abs=1e-13)


def test_a_union_has_all_its_faces():
    own, *layer = turned(
        0.01,
        *shapely.make_valid(
            [
                Polygon([(4, 0), (0, 0), (0, 1), (4, 2), (0, 2), (0, 5)]),
                Polygon([(0, 4), (4, 4), (4, 0), (1, 0), (1, 3), (0, 3)]),
                Polygon([(1, 0), (0, 5), (3, 2), (0, 0)]),
            ],
            method="structure",
        ),
    )
    layer, one = np.concatenate(layer), np.zeros(2, np.int64)
    expected = exact_shares(own[0], layer, one, "split")[0]
    for found in (shares_by_pieces(own, layer, one, "split"), shares_by_edges(own, layer, one, "split")):
        assert table(found)[0, 0] == pytest.approx(expected, rel=1e-11)
