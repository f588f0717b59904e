"""Faces in real pictures, where a person's top quarter is not where the face is: a face detector finds none of them."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.evidence.redaction import Redaction, redacted
from edge.tracking.track import Box
from models.detector.detections import Detections
from tests.data import data

NAMES = ("person", "helmet", "bare_head")


@pytest.fixture(scope="module")
def face_finder() -> cv2.FaceDetectorYN:
    weights = data("weights", "yunet-face", "face_detection_yunet_2026may.onnx")
    return cv2.FaceDetectorYN.create(str(weights), "", (320, 320), 0.6)


def faces_at(finder: cv2.FaceDetectorYN, picture: NDArray[np.uint8], nose: tuple[float, float]) -> int:
    """How many of the faces that it finds are around that place."""
    height, width = picture.shape[:2]
    larger = cv2.resize(picture, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    finder.setInputSize((2 * width, 2 * height))
    _, found = finder.detect(larger)
    x, y = 2 * width * nose[0], 2 * height * nose[1]
    boxes = [] if found is None else found[:, :4]
    return sum(bool(left <= x <= left + wide and top <= y <= top + high) for left, top, wide, high in boxes)


@pytest.mark.parametrize(
    ("picture", "seen", "nose"),
    [
        pytest.param(
            ("images", "ppe_hardhat", "images", "ppe_hardhat_00868.jpg"),
            [("person", (0.0, 0.0, 1.0, 1.0))],
            (0.408, 0.479),
            id="so near that the face fills the box",
        ),
        pytest.param(
            ("images", "ppe_hardhat", "images", "ppe_hardhat_00315.jpg"),
            [("person", (0.296, 0.264, 0.543, 0.998)), ("bare_head", (0.329, 0.263, 0.488, 0.434))],
            (0.403, 0.482),
            id="two people in one box, and a head's box that ends with the cap",
        ),
        pytest.param(
            ("photos", "coco-frigate", "000000005001.jpg"),
            [("person", (0.405, 0.182, 0.605, 0.764)), ("person", (0.269, 0.068, 0.457, 0.677))],
            (0.434, 0.619),
            id="a child that the detector did not see, in front of two adults",
        ),
    ],
)
def test_a_face_that_is_not_at_the_top_is_hidden(
    face_finder: cv2.FaceDetectorYN, picture: tuple[str, ...], seen: list[tuple[str, Box]], nose: tuple[float, float]
) -> None:
    """seen: what the shipped detector reports around that face."""
    image = np.asarray(cv2.imread(str(data(*picture))), np.uint8)
    boxes = np.array([box for _, box in seen], np.float32)
    class_ids = np.array([NAMES.index(name) for name, _ in seen])
    detections = Detections(boxes, np.ones(len(seen), np.float32), class_ids, NAMES)
    assert faces_at(face_finder, image, nose) == 1
    assert faces_at(face_finder, redacted(image, Redaction.of(detections, ())), nose) == 0
