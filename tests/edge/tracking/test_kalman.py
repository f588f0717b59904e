import numpy as np
import pytest

from edge.tracking.kalman import KalmanFilter, MotionNoise

FILTER = KalmanFilter(MotionNoise())


def box(at_s: float, speed: float = 0.2) -> np.ndarray:
    left = 0.1 + speed * at_s
    return np.array([[left, 0.3, left + 0.1, 0.6]])


def test_the_velocity_is_learnt_in_units_per_second() -> None:
    states = FILTER.started(box(0))
    for i in range(1, 20):
        states = FILTER.corrected(FILTER.predicted(states, 0.1), box(i / 10))
    np.testing.assert_allclose(FILTER.predicted(states, 0.5).boxes(), box(2.4), atol=0.005)


def test_one_long_step_predicts_the_same_as_many_short_ones() -> None:
    states = FILTER.corrected(FILTER.predicted(FILTER.started(box(0)), 0.1), box(0.1))
    once = FILTER.predicted(states, 0.9)
    stepped = states
    for _ in range(9):
        stepped = FILTER.predicted(stepped, 0.1)
    np.testing.assert_allclose(once.boxes(), stepped.boxes())
    np.testing.assert_allclose(once.array[2:], stepped.array[2:], rtol=0.02)


def test_no_time_changes_nothing() -> None:
    states = FILTER.started(box(0))
    np.testing.assert_array_equal(FILTER.predicted(states, 0.0).array, states.array)


def test_uncertainty_grows_while_nothing_is_seen_and_shrinks_with_a_detection() -> None:
    start = FILTER.started(box(0))
    later = FILTER.predicted(start, 1.0)
    after = FILTER.corrected(later, box(1.0))
    assert (later.array[2] > start.array[2]).all()
    assert (after.array[2] < later.array[2]).all()
    assert (after.array[2] > 0).all()


def test_many_boxes_at_once_are_the_same_as_one_at_a_time() -> None:
    rng = np.random.default_rng(1)
    low = rng.random((5, 2))
    boxes = np.concatenate((low, low + rng.random((5, 2))), axis=1)
    moved = boxes + 0.01
    together = FILTER.corrected(FILTER.predicted(FILTER.started(boxes), 0.2), moved)
    for i in range(5):
        alone = FILTER.corrected(FILTER.predicted(FILTER.started(boxes[i : i + 1]), 0.2), moved[i : i + 1])
        np.testing.assert_allclose(together.array[..., i], alone.array[..., 0])


@pytest.mark.parametrize("elapsed_s", [0.0, 0.001, 10.0, 1e4])
def test_a_box_that_shrinks_for_ever_never_turns_inside_out(elapsed_s: float) -> None:
    states = FILTER.started(np.array([[0.0, 0.0, 1.0, 1.0]]))
    states = FILTER.corrected(FILTER.predicted(states, 0.1), np.array([[0.4, 0.4, 0.6, 0.6]]))
    x1, y1, x2, y2 = FILTER.predicted(states, elapsed_s).boxes()[0]
    assert x1 <= x2
    assert y1 <= y2
