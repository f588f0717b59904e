"""A key frame is the frame, to the bit, for readers that share no code with what wrote it."""

import io
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from edge.evidence.png import STRIP_ROWS, encode_png
from models.picture_header import read_header

SIZES = [(1, 1), (3, STRIP_ROWS - 1), (5, STRIP_ROWS), (7, STRIP_ROWS + 1), (640, 360), (1921, 1081)]


def noise(width: int, height: int) -> NDArray[np.uint8]:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)


def slope(width: int, height: int) -> NDArray[np.uint8]:
    """Like a street: rows that differ little from the one above."""
    rows = np.linspace(0, 1000, height)[:, None, None] + np.linspace(0, 300, width)[None, :, None]
    return np.array((rows + np.array([0, 60, 120])).astype(np.int64) & 255, np.uint8)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("picture", [noise, slope])
def test_opencv_reads_the_very_pixels(size: tuple[int, int], picture: Callable[[int, int], NDArray[np.uint8]]) -> None:
    image = picture(*size)
    assert np.array_equal(np.asarray(cv2.imdecode(np.frombuffer(encode_png(image), np.uint8), 1)), image)


def test_a_second_reader_sees_the_same_and_every_check_sum_is_right() -> None:
    image = slope(641, 359)
    content = encode_png(image)
    Image.open(io.BytesIO(content)).verify()
    read = Image.open(io.BytesIO(content))
    assert (read.format, read.mode) == ("PNG", "RGB")
    assert np.array_equal(np.asarray(read)[:, :, ::-1], image)


def test_the_header_says_the_size_and_the_file_its_end() -> None:
    header = read_header(encode_png(noise(321, 123)))
    assert header is not None
    assert (header.width, header.height, header.whole) == (321, 123, True)


def test_a_part_of_a_picture_is_written_as_well() -> None:
    """Its rows do not lie one behind the other."""
    image = noise(200, 100)[10:90, 20:180]
    assert np.array_equal(np.asarray(cv2.imdecode(np.frombuffer(encode_png(image), np.uint8), 1)), image)


def test_the_same_pixels_are_the_same_bytes_and_a_street_is_small() -> None:
    image = slope(1920, 1080)
    content = encode_png(image)
    assert content == encode_png(image.copy())
    assert len(content) < image.nbytes / 20
