import os
import signal
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from central.evidence.decoder import PictureDecoder


@pytest.fixture
def decoder() -> Iterator[PictureDecoder]:
    made = PictureDecoder()
    yield made
    made.close()


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "picture"
    path.write_bytes(cv2.imencode(".jpg", np.zeros((32, 32, 3), np.uint8))[1].tobytes())
    return path


def test_a_picture_decodes_and_garbage_does_not(decoder: PictureDecoder, picture: Path) -> None:
    assert decoder.fault(picture) is None
    picture.write_bytes(b"\xff\xd8\xff garbage")
    assert decoder.fault(picture) == "it does not decode"


def test_a_path_relative_to_the_working_folder_is_found(
    decoder: PictureDecoder, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(picture.parent)
    assert decoder.fault(Path(picture.name)) is None


def test_a_decoder_that_hangs_is_a_fault_of_the_picture_and_the_next_one_finds_a_new_decoder(
    decoder: PictureDecoder, picture: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert decoder.fault(picture) is None
    assert decoder._child is not None
    os.kill(decoder._child.pid, signal.SIGSTOP)
    monkeypatch.setattr("central.evidence.decoder.ANSWER_TIMEOUT_S", 0.1)
    assert decoder.fault(picture) == "decoding it broke the decoder"
    monkeypatch.undo()
    assert decoder.fault(picture) is None


def test_a_picture_of_too_many_pixels_does_not_decode(decoder: PictureDecoder, tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    data = bytearray(cv2.imencode(".png", np.zeros((16, 16), np.uint8))[1].tobytes())
    data[16:24] = (60_000).to_bytes(4, "big") * 2  # the header says 60,000 x 60,000
    path.write_bytes(bytes(data))
    assert decoder.fault(path) == "it does not decode"
