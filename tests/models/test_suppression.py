import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.detector.suppression import distinct

ONE = [0.1, 0.1, 0.5, 0.5]
NEAR = [0.11, 0.1, 0.5, 0.5]  # IoU with ONE 0.975
HALF = [0.1, 0.1, 0.5, 0.3]  # IoU with ONE 0.5
FAR = [0.6, 0.6, 0.9, 0.9]


def stays(boxes: list[list[float]], scores: list[float], classes: list[int], overlap_max: float = 0.7) -> list[int]:
    arrays = np.array(boxes, np.float32).reshape(-1, 4), np.array(scores, np.float32), np.array(classes, np.int64)
    return [int(index) for index in distinct(*arrays, overlap_max)]


def test_of_two_boxes_on_one_object_the_better_stays() -> None:
    assert stays([ONE, NEAR, FAR], [0.5, 0.9, 0.3], [0, 0, 0]) == [1, 2]


def test_boxes_of_other_classes_and_boxes_that_overlap_less_stay() -> None:
    assert stays([ONE, NEAR], [0.9, 0.5], [0, 1]) == [0, 1]
    assert stays([ONE, HALF], [0.9, 0.5], [0, 0]) == [0, 1]
    assert stays([ONE, HALF], [0.9, 0.5], [0, 0], overlap_max=0.4) == [0]


def test_a_box_that_went_takes_no_other_with_it() -> None:
    """Left, middle and right overlap pairwise; middle goes for left, right overlaps left too little to go."""
    left, middle, right = [0.0, 0.0, 0.5, 1.0], [0.08, 0.0, 0.58, 1.0], [0.16, 0.0, 0.66, 1.0]
    assert stays([left, middle, right], [0.9, 0.8, 0.7], [0, 0, 0]) == [0, 2]


def test_nothing_and_a_box_without_area_are_no_trouble() -> None:
    assert stays([], [], []) == []
    assert stays([[0.5, 0.5, 0.5, 0.5]] * 2, [0.9, 0.8], [0, 0]) == [0, 1]


boxes = st.lists(
    st.tuples(*[st.floats(0, 0.5, width=32)] * 2, *[st.floats(0.0625, 0.5, width=32)] * 2, st.floats(0, 1, width=32)),
    max_size=20,
)


@given(found=boxes)
def test_what_stays_is_ordered_by_score_and_far_enough_apart(
    found: list[tuple[float, float, float, float, float]],
) -> None:
    corners = [[x, y, x + width, y + height] for x, y, width, height, _ in found]
    scores = [score for *_, score in found]
    kept = stays(corners, scores, [0] * len(found))
    assert [scores[index] for index in kept] == sorted((scores[index] for index in kept), reverse=True)
    assert stays([corners[index] for index in kept], [scores[index] for index in kept], [0] * len(kept)) == list(
        range(len(kept))
    )
    assert (len(kept) > 0) is (len(found) > 0)
