import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from contract.incident_report import THUMBNAIL_BYTES_MAX
from edge.evidence.redaction import Redaction, redacted
from edge.evidence.stills import Derivatives, Labelled, Scene, annotated_jpeg, thumbnail_jpeg
from edge.tracking.track import Box
from models.detector.detections import Detections

NOISE: NDArray[np.uint8] = np.random.default_rng(1).integers(0, 255, (540, 960, 3), np.uint8)
PERSON = (0.40, 0.20, 0.50, 0.80)
MASK = ((0.0, 0.0), (0.2, 0.0), (0.2, 0.3), (0.0, 0.3))


def seen(*found: tuple[str, tuple[float, float, float, float]]) -> Detections:
    names = ("person", "bare_head", "car")
    boxes = np.array([box for _, box in found], np.float32).reshape(-1, 4)
    class_ids = np.array([names.index(name) for name, _ in found], np.int64)
    return Detections(boxes, np.ones(len(found), np.float32), class_ids, names)


def part(image: NDArray[np.uint8], x1: float, y1: float, x2: float, y2: float) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    return image[int(y1 * height) : int(y2 * height), int(x1 * width) : int(x2 * width)]


def picture_of(jpeg: bytes) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def test_the_top_quarter_of_a_person_becomes_a_few_blocks_and_the_rest_stays() -> None:
    hidden = redacted(NOISE, Redaction.of(seen(("person", PERSON)), ()))
    head = part(hidden, 0.40, 0.20, 0.50, 0.35)
    assert len(np.unique(head.reshape(-1, 3), axis=0)) <= 49
    assert np.array_equal(part(hidden, 0.42, 0.40, 0.48, 0.80), part(NOISE, 0.42, 0.40, 0.48, 0.80))
    assert np.array_equal(part(hidden, 0.60, 0.0, 1.0, 1.0), part(NOISE, 0.60, 0.0, 1.0, 1.0))


@pytest.mark.parametrize(
    ("people", "hidden", "open_"),
    [
        ([(0.2, 0.2, 0.8, 0.9)], (0.2, 0.2, 0.8, 0.8), None),  # cut off below the shoulders, or two side by side
        ([(0.1, 0.2, 0.3, 0.9), (0.27, 0.3, 0.45, 1.0)], (0.27, 0.3, 0.3, 0.9), (0.12, 0.6, 0.24, 0.9)),
        ([(0.1, 0.2, 0.3, 0.9), (0.1, 0.2, 0.3, 0.8)], (0.1, 0.2, 0.3, 0.37), (0.1, 0.5, 0.3, 0.8)),  # one, twice
    ],
)
def test_more_is_hidden_where_a_box_is_wide_and_where_people_overlap(
    people: list[Box], hidden: Box, open_: Box | None
) -> None:
    picture = redacted(NOISE, Redaction.of(seen(*(("person", box) for box in people)), ()))
    assert np.mean(part(picture, *hidden) == part(NOISE, *hidden)) < 0.05
    if open_ is not None:
        assert np.array_equal(part(picture, *open_), part(NOISE, *open_))


def test_a_box_around_a_cap_hides_the_face_below_it() -> None:
    picture = redacted(NOISE, Redaction.of(seen(("bare_head", (0.4, 0.4, 0.5, 0.45))), ()))
    face = (0.41, 0.45, 0.49, 0.64)
    assert np.mean(part(picture, *face) == part(NOISE, *face)) < 0.05


def test_the_original_is_never_touched() -> None:
    before = NOISE.copy()
    redacted(NOISE, Redaction.of(seen(("person", PERSON)), (MASK,)))
    assert np.array_equal(NOISE, before)


def test_a_head_without_a_body_is_hidden_whole_and_a_car_is_not() -> None:
    hidden = redacted(NOISE, Redaction.of(seen(("bare_head", (0.1, 0.1, 0.2, 0.2)), ("car", (0.5, 0.5, 0.9, 0.9))), ()))
    assert len(np.unique(part(hidden, 0.11, 0.11, 0.19, 0.19).reshape(-1, 3), axis=0)) <= 49
    assert np.array_equal(part(hidden, 0.5, 0.5, 0.9, 0.9), part(NOISE, 0.5, 0.5, 0.9, 0.9))


def test_a_privacy_mask_is_burned_into_every_derivative() -> None:
    scene = Scene((), "frame", (), Redaction.of(seen(), (MASK,)))
    for jpeg in (annotated_jpeg(NOISE, scene), thumbnail_jpeg(NOISE, scene)):
        masked = part(picture_of(jpeg), 0.02, 0.02, 0.17, 0.26)
        assert int(masked.min()) > 80
        assert int(masked.max()) < 112


def test_a_box_at_the_edge_of_the_frame_does_no_harm() -> None:
    redacted(NOISE, Redaction.of(seen(("person", (0.0, 0.0, 0.001, 0.01)), ("person", (0.99, 0.98, 1.0, 1.0))), ()))


def test_a_thumbnail_stays_below_20_kb_however_busy_the_picture_is() -> None:
    scene = Scene(MASK, "table", (Labelled(PERSON, "person 1"),), Redaction.of(seen(("person", PERSON)), ()))
    busy = np.random.default_rng(2).integers(0, 255, (1080, 1920, 3), np.uint8)
    assert 0 < len(thumbnail_jpeg(busy, scene)) <= THUMBNAIL_BYTES_MAX


def test_boxes_and_place_are_drawn_on_the_annotated_picture() -> None:
    grey = np.full((540, 960, 3), 128, np.uint8)
    scene = Scene(
        ((0.3, 0.1), (0.9, 0.1), (0.6, 0.9)), "table", (Labelled(PERSON, "person 1"),), Redaction.of(seen(), ())
    )
    drawn = picture_of(annotated_jpeg(grey, scene)).astype(int)
    assert drawn[270, 384][2] - drawn[270, 384][0] > 100  # the box's left side is red
    assert drawn[54, 700][2] - drawn[54, 700][0] > 100  # the zone's upper side is yellow


def test_one_derivative_leaves_nothing_on_the_other() -> None:
    scene = Scene((), "frame", [Labelled((0.2, 0.2, 0.8, 0.8), "person 1")], Redaction(heads=((0.1, 0.1, 0.5, 0.5),)))
    both = Derivatives(NOISE, scene)
    first = both.annotated_jpeg(), both.thumbnail_jpeg()
    assert first == (annotated_jpeg(NOISE, scene), thumbnail_jpeg(NOISE, scene))
    assert first[0] == both.annotated_jpeg(), "the thumbnail either"
