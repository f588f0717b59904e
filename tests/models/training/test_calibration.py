"""The score of a stated precision, and what a score is worth."""

import numpy as np
import pytest

from models.training.detector.calibration import calibration_error, operating_point, platt


def boxes(*pairs: tuple[float, bool]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([score for score, _ in pairs]), np.array([right for _, right in pairs])


def test_the_lowest_score_that_keeps_the_precision() -> None:
    scores, right = boxes((0.9, True), (0.8, True), (0.7, False), (0.6, True), (0.5, True), (0.4, False))
    point = operating_point(scores, right, objects=8, precision_min=0.8)
    assert point is not None
    assert (point.score, point.precision, point.recall, point.boxes, point.reached) == (0.5, 0.8, 0.5, 5, True)


def test_where_no_score_has_it_the_best_is_taken_and_said() -> None:
    scores, right = boxes((0.9, False), (0.8, True), (0.7, True), (0.6, False))
    point = operating_point(scores, right, objects=4, precision_min=0.9)
    assert point is not None
    assert (point.score, point.reached) == (0.7, False)
    assert point.precision == pytest.approx(2 / 3)


def test_a_precision_that_finds_next_to_nothing_is_not_taken() -> None:
    scores, right = boxes((0.9, True), (0.8, False), (0.7, True), (0.6, True), (0.5, False))
    point = operating_point(scores, right, objects=4, precision_min=0.9, recall_min=0.5)
    assert point is not None
    assert (point.score, point.precision, point.reached) == (0.6, 0.75, False)
    assert operating_point(scores, right, objects=4, precision_min=0.9, recall_min=0.2).score == 0.9  # type: ignore[union-attr]


def test_boxes_of_one_score_are_believed_together_or_not_at_all() -> None:
    scores, right = boxes((0.9, True), (0.5, True), (0.5, False), (0.5, False))
    point = operating_point(scores, right, objects=4, precision_min=0.6, recall_min=0.2)
    assert point is not None
    assert point.score == 0.9


def test_what_is_hardly_ever_found_has_no_threshold() -> None:
    assert operating_point(*boxes((0.9, True)), objects=9, precision_min=0.9) is None
    assert operating_point(*boxes(), objects=4, precision_min=0.9) is None


def drawn(slope: float, offset: float, count: int = 4000) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose boxes are right with sigmoid(slope * logit(score) + offset)."""
    generator = np.random.default_rng(7)
    scores = generator.uniform(0.05, 0.95, count)
    chance = 1 / (1 + np.exp(-(slope * np.log(scores / (1 - scores)) + offset)))
    return scores, generator.uniform(size=count) < chance


def test_the_scaling_that_made_the_boxes_is_found_again() -> None:
    scaling = platt(*drawn(0.7, -0.9))
    assert scaling.slope == pytest.approx(0.7, abs=0.1)
    assert scaling.offset == pytest.approx(-0.9, abs=0.1)


def test_scaling_makes_scores_honest() -> None:
    scores, right = drawn(0.7, -0.9)
    assert calibration_error(scores, right) > 0.12
    assert calibration_error(platt(scores, right).chance(scores), right) < 0.03


def test_a_few_boxes_that_are_all_right_are_no_certainty() -> None:
    scores = np.array([0.5, 0.6, 0.7])
    assert platt(scores, np.array([True] * 3)).chance(scores).max() < 0.97


def test_nothing_cannot_be_calibrated() -> None:
    with pytest.raises(ValueError, match="no boxes"):
        platt(np.zeros(0), np.zeros(0, bool))
