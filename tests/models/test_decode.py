import numpy as np
import pytest

from models.detector.decode import ultralytics_end_to_end
from models.detector.detections import Detections
from models.detector.letterbox import Letterbox
from models.errors import PackageError

NAMES = ("person", "car")
WIDE = Letterbox.fit(200, 100, 320, 32, 320)  # scaled to 320 x 160, 80 rows of padding above and below


def output(*rows: list[float]) -> np.ndarray:
    return np.array([rows], np.float32).reshape(1, len(rows), 6)


def decode(rows: np.ndarray, score_min: float, overlap_max: float = 0.7) -> Detections:
    return ultralytics_end_to_end(rows, WIDE, NAMES, score_min, overlap_max)


def test_boxes_come_out_relative_to_the_frame_with_the_padding_taken_off() -> None:
    found = decode(output([80, 120, 240, 200, 0.9, 1]), 0.25)
    np.testing.assert_allclose(found.boxes, [[0.25, 0.25, 0.75, 0.75]])
    np.testing.assert_allclose(found.scores, [0.9])
    assert [found.class_names[i] for i in found.class_ids] == ["car"]


def test_a_box_that_reaches_out_of_the_frame_is_clipped_to_it() -> None:
    found = decode(output([-32, 40, 400, 160, 0.9, 0]), 0.25)
    np.testing.assert_allclose(found.boxes, [[0.0, 0.0, 1.0, 0.5]])


def test_a_box_that_lies_in_the_padding_only_is_no_detection() -> None:
    assert len(decode(output([0, 0, 320, 60, 0.9, 0]), 0.25)) == 0


def test_what_scores_below_the_threshold_is_left_out_and_what_equals_it_stays() -> None:
    rows = output([80, 120, 240, 200, 0.5, 0], [80, 120, 240, 200, 0.49, 0])
    assert len(decode(rows, 0.5)) == 1


def test_numbers_that_are_not_finite_are_no_detections() -> None:
    nan, inf = float("nan"), float("inf")
    rows = output([nan, 120, 240, 200, 0.9, 0], [80, 120, inf, 200, 0.9, 0], [80, 120, 240, 200, nan, 0])
    assert len(decode(rows, 0.25)) == 0


def test_no_rows_are_no_detections() -> None:
    assert len(decode(np.empty((1, 0, 6), np.float32), 0.25)) == 0


@pytest.mark.parametrize("class_index", [-1, 2])
def test_a_class_that_the_card_does_not_name_is_an_error_about_the_package(class_index: int) -> None:
    with pytest.raises(PackageError, match="the card names 2"):
        decode(output([80, 120, 240, 200, 0.9, class_index]), 0.25)


def test_another_output_format_is_an_error_about_the_package() -> None:
    with pytest.raises(PackageError, match="another decoder"):
        decode(np.zeros((1, 18, 2100), np.float32), 0.25)


def test_a_second_box_on_the_same_object_goes_and_one_of_another_class_stays() -> None:
    rows = output([80, 120, 240, 200, 0.9, 0], [82, 120, 240, 200, 0.8, 0], [80, 120, 240, 200, 0.7, 1])
    assert decode(rows, 0.25).scores.tolist() == pytest.approx([0.9, 0.7])
    assert len(decode(rows, 0.25, overlap_max=1)) == 3
