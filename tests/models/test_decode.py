"""Every decoder on arrays made by hand, and what all of them promise. Boxes are told in pixels of a 64 x 64 input."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from models.detector.candidates import Question
from models.detector.decode import DECODERS
from models.errors import PackageError

Arrays = list[NDArray[np.float32]]
Thing = tuple[tuple[float, float, float, float], float, int]
"""Box in input pixels, score, class."""

CLASSES = 3
QUESTION = Question(64, 64, CLASSES, 0.25)
CERTAIN = 30.0  # a logit beside zeros: all of the distribution


def end_to_end(things: Sequence[Thing]) -> Arrays:
    return [np.array([[[*box, score, index] for box, score, index in things]], np.float32).reshape(1, -1, 6)]


def dense(things: Sequence[Thing]) -> Arrays:
    output = np.zeros((1, 4 + CLASSES, 84), np.float32)
    for column, ((x1, y1, x2, y2), score, index) in enumerate(things):
        output[0, :4, column] = [(x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1]
        output[0, 4 + index, column] = score
    return [output]


def yolox(things: Sequence[Thing]) -> Arrays:
    """Each thing in the cell of stride 16 that its middle lies in: rows 64 (8 x 8) and on, 4 x 4 of them."""
    output = np.zeros((1, 84, 5 + CLASSES), np.float32)
    for (x1, y1, x2, y2), score, index in things:
        x, y = (x1 + x2) / 32, (y1 + y2) / 32
        row = output[0, 64 + int(y) * 4 + int(x)]
        row[:5] = [x - int(x), y - int(y), np.log((x2 - x1) / 16), np.log((y2 - y1) / 16), 0.8]
        row[5 + index] = score / 0.8
    return [output]


def distances(box: tuple[float, float, float, float], x: float, y: float, stride: int) -> NDArray[np.float32]:
    """(4, 8) logits that say these whole distances from the point, in strides."""
    logits = np.zeros((4, 8), np.float32)
    for side, distance in enumerate((x - box[0], y - box[1], box[2] - x, box[3] - y)):
        logits[side, round(distance / stride)] = CERTAIN
    return logits


def nanodet_plus(things: Sequence[Thing]) -> Arrays:
    """In cells of stride 8, whose corner is the middle of the box. 8 x 8, 4 x 4, 2 x 2, 1 cells."""
    output = np.zeros((1, 64 + 16 + 4 + 1, CLASSES + 32), np.float32)
    for box, score, index in things:
        column, row = (box[0] + box[2]) // 16, (box[1] + box[3]) // 16
        cell = output[0, int(row * 8 + column)]
        cell[index] = score
        cell[CLASSES:] = distances(box, column * 8, row * 8, 8).ravel()
    return [output]


def picodet(things: Sequence[Thing]) -> Arrays:
    """In cells of stride 16, whose middle is that of the box."""
    scores = [np.zeros((1, count, CLASSES), np.float32) for count in (64, 16, 4, 1)]
    logits = [np.zeros((1, count, 32), np.float32) for count in (64, 16, 4, 1)]
    for box, score, index in things:
        column, row = (box[0] + box[2]) // 32, (box[1] + box[3]) // 32
        cell = int(row * 4 + column)
        scores[1][0, cell, index] = score
        logits[1][0, cell] = distances(box, column * 16 + 8, row * 16 + 8, 16).ravel()
    return [*scores, *logits]


MAKERS: dict[str, Callable[[Sequence[Thing]], Arrays]] = {
    "ultralytics_end_to_end": end_to_end,
    "ultralytics_dense": dense,
    "yolox": yolox,
    "nanodet_plus": nanodet_plus,
    "picodet": picodet,
}
# Boxes that each format can say exactly: two strides of 8 (one of 16) to each side of a middle.
PLACES: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "picodet": ((8, 8, 40, 40), (8, 24, 40, 56)),
    **dict.fromkeys(
        ("ultralytics_end_to_end", "ultralytics_dense", "yolox", "nanodet_plus"), ((8, 8, 40, 40), (24, 16, 56, 48))
    ),
}


@pytest.fixture(params=sorted(DECODERS))
def word(request: pytest.FixtureRequest) -> str:
    made: str = request.param
    return made


def test_there_is_a_maker_of_arrays_for_every_decoder() -> None:
    assert set(MAKERS) == set(DECODERS)


def test_boxes_scores_and_classes_are_those_that_were_put_in(word: str) -> None:
    first, second = PLACES[word]
    found = DECODERS[word](MAKERS[word]([(first, 0.75, 2), (second, 0.5, 0)]), QUESTION)
    order = np.argsort(-found.scores)
    np.testing.assert_allclose(found.boxes[order], [first, second], atol=1e-3)
    np.testing.assert_allclose(found.scores[order], [0.75, 0.5], atol=1e-6)
    assert found.class_ids[order].tolist() == [2, 0]


def test_what_scores_less_than_asked_is_not_decoded(word: str) -> None:
    first, second = PLACES[word]
    found = DECODERS[word](MAKERS[word]([(first, 0.75, 1), (second, 0.2, 1)]), QUESTION)
    assert found.scores.tolist() == pytest.approx([0.75])


def test_nothing_found_is_empty_arrays_of_the_right_shape(word: str) -> None:
    found = DECODERS[word](MAKERS[word]([]), QUESTION)
    assert (found.boxes.shape, found.scores.shape, found.class_ids.shape) == ((0, 4), (0,), (0,))
    assert found.class_ids.dtype == np.int64


def test_an_output_full_of_nan_is_nothing_found(word: str) -> None:
    outputs = [np.full_like(output, np.nan) for output in MAKERS[word]([(PLACES[word][0], 0.75, 1)])]
    assert len(DECODERS[word](outputs, QUESTION).scores) == 0


@pytest.mark.parametrize(
    "outputs",
    [
        [],
        [np.zeros((1, 7), np.float32)],
        [np.zeros((2, 84, 8), np.float32)],
        [np.zeros((1, 8400, 9), np.float32)],
        [np.zeros((1, 4, 6), np.float32)] * 2,
    ],
    ids=["none", "flat", "two pictures", "other classes", "two outputs"],
)
def test_another_format_is_an_error_about_the_package(word: str, outputs: Arrays) -> None:
    with pytest.raises(PackageError, match="format") as refused:
        DECODERS[word](outputs, QUESTION)
    assert "\n" not in str(refused.value)


def test_of_a_cell_that_could_be_two_classes_the_likelier_counts() -> None:
    output = dense([((8, 8, 40, 40), 0.5, 0)])
    output[0][0, 6, 0] = 0.6
    found = DECODERS["ultralytics_dense"](output, QUESTION)
    assert (found.class_ids.tolist(), found.scores.tolist()) == ([2], pytest.approx([0.6]))


def test_a_yolox_class_counts_as_much_as_there_is_an_object_at_all() -> None:
    output = yolox([((8, 8, 40, 40), 0.75, 1)])
    output[0][0, :, 4] *= 0.5
    assert DECODERS["yolox"](output, QUESTION).scores.tolist() == pytest.approx([0.375])


def test_a_distance_is_the_mean_of_its_distribution() -> None:
    output = nanodet_plus([((8, 8, 40, 40), 0.75, 1)])
    cell = output[0][0, 3 * 8 + 3]
    cell[CLASSES : CLASSES + 8] = [0, CERTAIN, 0, CERTAIN, 0, 0, 0, 0]  # one or three strides to the left: two
    np.testing.assert_allclose(DECODERS["nanodet_plus"](output, QUESTION).boxes, [[8, 8, 40, 40]], atol=1e-3)


def test_a_wide_input_has_its_cells_row_by_row() -> None:
    wide = Question(128, 64, CLASSES, 0.25)
    output = np.zeros((1, 16 * 8 + 8 * 4 + 4 * 2, 5 + CLASSES), np.float32)
    output[0, 16 * 8 + 2 * 8 + 5] = [0.5, 0.5, 0, 0, 1, 0, 0.9, 0]  # stride 16, third row, sixth column
    np.testing.assert_allclose(DECODERS["yolox"]([output], wide).boxes, [[80, 32, 96, 48]])
