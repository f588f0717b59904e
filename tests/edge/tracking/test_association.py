from itertools import permutations

import numpy as np
import pytest

from edge.tracking.association import matched, overlaps


def test_overlap_is_shared_area_over_joined_area() -> None:
    boxes = np.array([[0.0, 0.0, 2.0, 2.0]])
    others = np.array([[0.0, 0.0, 2.0, 2.0], [1.0, 1.0, 3.0, 3.0], [2.0, 0.0, 4.0, 2.0], [1.0, 1.0, 1.0, 1.0]])
    np.testing.assert_allclose(overlaps(boxes, others), [[1.0, 1 / 7, 0.0, 0.0]])


def test_boxes_without_area_overlap_nothing_not_even_themselves() -> None:
    point = np.array([[0.5, 0.5, 0.5, 0.5]])
    assert overlaps(point, point).tolist() == [[0.0]]


def test_the_best_total_wins_over_the_best_single_pair() -> None:
    likeness = np.array([[0.9, 0.8], [0.8, 0.1]])
    rows, columns = matched(likeness, 0.2)
    assert sorted(zip(rows.tolist(), columns.tolist(), strict=True)) == [(0, 1), (1, 0)]


def test_pairs_that_are_not_alike_enough_stay_alone() -> None:
    rows, columns = matched(np.array([[0.29, 0.0], [0.0, 0.31]]), 0.3)
    assert (rows.tolist(), columns.tolist()) == ([1], [1])


@pytest.mark.parametrize("likeness_min", [0.1, 0.5])
@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 4), (4, 2), (5, 5)])
def test_no_other_choice_has_a_greater_total(shape: tuple[int, int], likeness_min: float) -> None:
    """Crowded and sparse ones: some have a best partner each, in others many want the same."""
    rng = np.random.default_rng(shape)
    for share in np.linspace(0.1, 1.0, 40):
        likeness = rng.random(shape) * (rng.random(shape) < share)
        worth = np.where(likeness >= likeness_min, likeness, 0.0)
        wide = worth if shape[0] <= shape[1] else worth.T
        best = max(wide[range(len(wide)), chosen].sum() for chosen in permutations(range(wide.shape[1]), len(wide)))
        rows, columns = matched(likeness, likeness_min)
        assert len(set(rows.tolist())) == len(set(columns.tolist())) == len(rows)
        assert (likeness[rows, columns] >= likeness_min).all()
        assert likeness[rows, columns].sum() == pytest.approx(best)
