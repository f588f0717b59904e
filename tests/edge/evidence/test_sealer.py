"""The pictures of a revision: whose they are, and what is not done twice."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from edge.capture.frame import Frame
from edge.evidence import sealer, stills
from edge.evidence.disk import DiskStore
from edge.evidence.png import encode_png
from edge.evidence.redaction import MASK_GREY, Redaction, redacted
from edge.evidence.sealer import Sealed, Sealer
from edge.evidence.stills import Labelled, Scene
from models.detector.detections import Detections
from tests.edge.detection.blobs import frame_of

NOBODY = Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64), ("person",))
SCENE = Scene((), "frame", (), Redaction.of(NOBODY, ()))


class Counted:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self, image: np.ndarray) -> bytes:
        self.times += 1
        return encode_png(image)


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> Counted:
    counted = Counted()
    monkeypatch.setattr(sealer, "encode_png", counted)
    return counted


def original(sealed: Sealed, frame: Frame) -> bool:
    """The key frame's pixels are the frame's."""
    path = sealed.files[0].path
    return np.array_equal(np.asarray(cv2.imread(str(path))), frame.image)


def test_a_frame_in_which_several_incidents_open_is_encoded_once_and_lies_with_each(
    tmp_path: Path, encoded: Counted
) -> None:
    sealing = Sealer(DiskStore(tmp_path), "test", lambda _: None)
    frame = frame_of([(10, 10, 40, 80)], 1.0)
    sealed = [sealing.pictures(f"0000-{number}", frame, SCENE, thumbnail=True) for number in range(3)]
    assert encoded.times == 1
    assert all(original(one, frame) for one in sealed)
    assert len({one.files[0].path for one in sealed}) == 3, "each incident has a file of its own"


def test_another_frame_is_another_picture(tmp_path: Path, encoded: Counted) -> None:
    sealing = Sealer(DiskStore(tmp_path), "test", lambda _: None)
    for stream_s, left in ((1.0, 10), (1.1, 300), (1.0, 10)):
        frame = frame_of([(left, 10, 40, 80)], stream_s)
        assert original(sealing.pictures("0000", frame, SCENE, thumbnail=False), frame)
    assert encoded.times == 3, "only the last one is kept"


def test_what_is_hidden_is_hidden_once_for_both_derivatives_and_stays_out_of_the_original(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = 0

    def counted(image: NDArray[np.uint8], redaction: Redaction) -> NDArray[np.uint8]:
        nonlocal times
        times += 1
        return redacted(image, redaction)

    monkeypatch.setattr(stills, "redacted", counted)
    corner = [(0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5)]
    scene = Scene((), "frame", [Labelled((0.6, 0.6, 0.9, 0.9), "person 1")], Redaction.of(NOBODY, [corner]))
    frame = frame_of([(0, 0, 900, 900)], 1.0)
    sealed = Sealer(DiskStore(tmp_path), "test", lambda _: None).pictures("0000", frame, scene, thumbnail=True)
    assert times == 1
    assert original(sealed, frame)
    assert (frame.image[: frame.height // 2, : frame.width // 2] != MASK_GREY).any()
    annotated, thumbnail = (np.asarray(cv2.imread(str(file.path))) for file in sealed.files[1:])
    for picture in (annotated, thumbnail):
        height, width = picture.shape[:2]
        assert np.abs(picture[: height // 2 - 8, : width // 2 - 8].astype(int) - MASK_GREY).max() <= 2
