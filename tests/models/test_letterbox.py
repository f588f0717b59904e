import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.card import Pixels
from models.detector.letterbox import Canvas, Letterbox
from models.detector.rasters import BgrRaster

sides = st.integers(min_value=1, max_value=8192)
sizes = st.sampled_from([32, 320, 480, 640, 1280])
minima = st.sampled_from([32, 128, 8192])  # the last: a square
fraction = st.floats(min_value=0.0, max_value=1.0, width=32)


@given(width=sides, height=sides, size_px=sizes, side_px_min=minima, corners=st.tuples(*[fraction] * 4))
def test_a_box_put_into_the_input_and_taken_back_is_the_same_box(
    width: int, height: int, size_px: int, side_px_min: int, corners: tuple[float, float, float, float]
) -> None:
    letterbox = Letterbox.fit(width, height, size_px, 32, min(side_px_min, size_px))
    box = np.array([corners], np.float32)
    # A scaled side of one pixel keeps float32's seven digits of an offset of hundreds: hence the tolerance.
    np.testing.assert_allclose(letterbox.to_frame(letterbox.to_input(box)), box, atol=2e-4)


@given(width=sides, height=sides, size_px=sizes, side_px_min=minima)
def test_the_scaled_frame_lies_centred_inside_an_input_of_whole_strides(
    width: int, height: int, size_px: int, side_px_min: int
) -> None:
    letterbox = Letterbox.fit(width, height, size_px, 32, min(side_px_min, size_px))
    assert letterbox.input_width % 32 == letterbox.input_height % 32 == 0
    assert max(letterbox.input_width, letterbox.input_height) == size_px
    assert min(letterbox.input_width, letterbox.input_height) >= min(side_px_min, size_px)
    assert max(letterbox.scaled_width, letterbox.scaled_height) == size_px
    for offset, inner, outer in (
        (letterbox.left, letterbox.scaled_width, letterbox.input_width),
        (letterbox.top, letterbox.scaled_height, letterbox.input_height),
    ):
        assert offset >= 0
        assert 0 <= outer - inner - 2 * offset <= 1


def test_a_wide_camera_pays_for_a_wide_input_only() -> None:
    wide = Letterbox.fit(1920, 1080, 640, 32, 128)
    assert (wide.input_width, wide.input_height, wide.top) == (640, 384, 12)


def test_a_canvas_holds_red_first_between_zero_and_one_on_grey() -> None:
    image = np.zeros((90, 160, 3), np.uint8)
    image[:, :, 2] = 255  # BGR: all red
    canvas = Canvas(Letterbox.fit(160, 90, 320, 32, 320), Pixels())
    for _ in range(2):  # the second picture finds the same padding
        tensor = canvas.paint(BgrRaster(image))
    assert tensor.shape == (1, 3, 320, 320)
    assert tensor.dtype == np.float32
    np.testing.assert_allclose(tensor[0, :, 160, 160], [1, 0, 0])
    np.testing.assert_allclose(tensor[0, :, :70], 114 / 255)
    np.testing.assert_allclose(tensor[0, :, 250:], 114 / 255)


def test_a_frame_in_the_corner_begins_at_the_first_pixel_and_its_boxes_come_back() -> None:
    letterbox = Letterbox.fit(160, 90, 320, 32, 320, corner=True)
    assert (letterbox.left, letterbox.top, letterbox.scaled_width, letterbox.scaled_height) == (0, 0, 320, 180)
    np.testing.assert_allclose(letterbox.to_frame(np.array([[0, 0, 160, 180]], np.float32)), [[0, 0, 0.5, 1]])


def test_a_stretched_frame_fills_the_square() -> None:
    letterbox = Letterbox.stretched(160, 90, 320)
    np.testing.assert_allclose(letterbox.to_frame(np.array([[0, 160, 160, 320]], np.float32)), [[0, 0.5, 0.5, 1]])


def test_a_canvas_takes_mean_and_deviation_off_every_channel_and_the_padding_too() -> None:
    image = np.full((90, 160, 3), (10, 20, 30), np.uint8)
    pixels = Pixels(colours="bgr", fit="corner", padding=0, mean=(10, 10, 10), std=(1, 2, 4))
    tensor = Canvas(Letterbox.fit(160, 90, 320, 32, 320, corner=True), pixels).paint(BgrRaster(image))
    np.testing.assert_allclose(tensor[0, :, 100, 100], [0, 5, 5])
    np.testing.assert_allclose(tensor[0, :, 300, 100], [-10, -5, -2.5])
