import numpy as np
import pytest

from models.detector.candidates import Candidates
from models.detector.detections import Detections
from models.detector.letterbox import Letterbox
from models.detector.selection import CANDIDATES_MAX, Vocabulary, select
from models.errors import PackageError

NAMES = ("person", "car")
WIDE = Letterbox.fit(200, 100, 320, 32, 320)  # scaled to 320 x 160, 80 rows of padding above and below
ALL = Vocabulary.of(NAMES, None, {}, 0.25)


def candidates(*rows: list[float]) -> Candidates:
    table = np.array(rows, np.float32).reshape(-1, 6)
    return Candidates(table[:, :4], table[:, 4], table[:, 5].astype(np.int64))


def selected(*rows: list[float], vocabulary: Vocabulary = ALL, overlap_max: float = 0.7) -> Detections:
    return select(candidates(*rows), WIDE, vocabulary, overlap_max)


def test_boxes_come_out_relative_to_the_frame_with_the_padding_taken_off() -> None:
    found = selected([80, 120, 240, 200, 0.9, 1])
    np.testing.assert_allclose(found.boxes, [[0.25, 0.25, 0.75, 0.75]])
    np.testing.assert_allclose(found.scores, [0.9])
    assert [found.class_names[i] for i in found.class_ids] == ["car"]


def test_a_box_that_reaches_out_of_the_frame_is_clipped_to_it() -> None:
    np.testing.assert_allclose(selected([-32, 40, 400, 160, 0.9, 0]).boxes, [[0.0, 0.0, 1.0, 0.5]])


def test_a_box_that_lies_in_the_padding_only_is_no_detection() -> None:
    assert len(selected([0, 0, 320, 60, 0.9, 0])) == 0


def test_numbers_that_are_not_finite_are_no_detections() -> None:
    nan, inf = float("nan"), float("inf")
    assert len(selected([nan, 120, 240, 200, 0.9, 0], [80, 120, inf, 200, 0.9, 0], [80, 120, 240, 200, nan, 0])) == 0


def test_no_candidates_are_no_detections() -> None:
    assert len(selected()) == 0


@pytest.mark.parametrize("class_index", [-1, 2])
def test_a_class_that_the_card_does_not_name_is_an_error_about_the_package(class_index: int) -> None:
    with pytest.raises(PackageError, match="the card names 2"):
        selected([80, 120, 240, 200, 0.9, class_index])


def test_a_second_box_on_the_same_object_goes_and_one_of_another_class_stays() -> None:
    rows = [80, 120, 240, 200, 0.9, 0], [82, 120, 240, 200, 0.8, 0], [80, 120, 240, 200, 0.7, 1]
    assert selected(*rows).scores.tolist() == pytest.approx([0.9, 0.7])
    assert len(selected(*rows, overlap_max=1)) == 3


def test_the_networks_names_become_ours_and_what_is_none_of_ours_is_dropped() -> None:
    theirs = Vocabulary.of(NAMES, ("automobile", "zebra", "person"), {"automobile": "car"}, 0.25)
    rows = [[80, 120, 240, 200, 0.9 - 0.1 * index, index] for index in range(3)]
    found = selected(*rows, vocabulary=theirs)
    assert [NAMES[index] for index in found.class_ids] == ["car", "person"]


def test_two_of_the_networks_classes_that_are_one_of_ours_are_one_object() -> None:
    theirs = Vocabulary.of(NAMES, ("person", "car", "van"), {"van": "car"}, 0.25)
    found = selected([80, 120, 240, 200, 0.8, 1], [80, 120, 240, 200, 0.9, 2], vocabulary=theirs)
    assert found.scores.tolist() == pytest.approx([0.9])


def test_each_class_has_a_threshold_of_its_own_and_what_equals_it_stays() -> None:
    own = Vocabulary.of(NAMES, None, {}, {"person": 0.5, "car": 0.3})
    rows = [[0, 100, 40, 200, 0.5, 0], [50, 100, 90, 200, 0.49, 0], [100, 100, 140, 200, 0.4, 1]]
    assert selected(*rows, vocabulary=own).scores.tolist() == pytest.approx([0.5, 0.4])


def test_of_more_candidates_than_suppression_can_afford_the_best_go_on() -> None:
    count = CANDIDATES_MAX + 500
    rows = [[80, 120, 240, 200, 0.3 + index / count / 2, 0] for index in range(count)]
    found = selected(*rows, overlap_max=1)
    assert len(found) == CANDIDATES_MAX
    assert float(found.scores[0]) == pytest.approx(0.8, abs=1e-3)
