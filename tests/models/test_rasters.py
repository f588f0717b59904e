"""Pictures in both their forms: the colours of FFmpeg's own conversion, and one small grey plane for everybody."""

from typing import get_args

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from models.detector.raster import Colours, Matrix, Planes, luma_step
from models.detector.rasters import BgrRaster, PlanarRaster, to_bgr

# ITU-R BT.601-7, BT.709-6: white, black, and full red of 8-bit video range
POINTS: dict[Matrix, dict[tuple[int, int, int], tuple[int, int, int]]] = {
    "bt601": {(235, 128, 128): (255, 255, 255), (16, 128, 128): (0, 0, 0), (81, 90, 240): (0, 0, 255)},
    "bt709": {(235, 128, 128): (255, 255, 255), (16, 128, 128): (0, 0, 0), (63, 102, 240): (0, 0, 255)},
}


def flat(y: int, u: int, v: int, colours: Colours | None = None, size: tuple[int, int] = (46, 62)) -> Planes:
    height, width = size
    half = (-(-height // 2), -(-width // 2))
    planes = [np.full(shape, value, np.uint8) for shape, value in ((size, y), (half, u), (half, v))]
    return Planes(planes[0], planes[1], planes[2], colours or Colours())


@pytest.mark.parametrize("matrix", ["bt601", "bt709"])
def test_white_black_and_red_are_what_the_standard_says(matrix: Matrix) -> None:
    for yuv, bgr in POINTS[matrix].items():
        picture = PlanarRaster(flat(*yuv, Colours(matrix))).bgr()
        assert picture.shape == (46, 62, 3)
        np.testing.assert_allclose(picture[20, 20], bgr, atol=2)


def test_full_range_goes_from_0_to_255() -> None:
    colours = Colours(full_range=True)
    for grey in (0, 255):
        assert PlanarRaster(flat(grey, 128, 128, colours)).bgr()[5, 5].tolist() == [grey] * 3


def test_grey_has_no_colour_in_any_matrix() -> None:
    for matrix in get_args(Matrix):
        for full in (True, False):
            blue, green, red = to_bgr(Colours(matrix, full)) @ np.array([100, 128, 128, 1], np.float32)
            assert blue == pytest.approx(green) == pytest.approx(red)


def checked(height: int, width: int) -> NDArray[np.uint8]:
    """Squares of 40 px, dark and bright."""
    rows, columns = np.mgrid[:height, :width] // 40
    return np.where((rows + columns) % 2, 200, 40).astype(np.uint8)


@pytest.mark.parametrize(("height", "shape"), [(1080, (108, 192)), (480, (120, 213)), (96, (96, 170))])
def test_the_small_plane_is_made_once_and_of_means(height: int, shape: tuple[int, int]) -> None:
    width = height * 16 // 9
    y = checked(height, width)
    half = np.full((height // 2, width // 2), 128, np.uint8)
    raster = PlanarRaster(Planes(y, half, half))
    luma, step = raster.luma(), luma_step(height)
    assert luma.shape == shape
    assert raster.luma() is luma
    assert luma[0, 0] == round(float(y[:step, :step].mean()))
    grey = BgrRaster(np.repeat(y[:, :, None], 3, axis=2)).luma()
    np.testing.assert_allclose(grey, luma, atol=1)


def test_a_scaled_picture_of_planes_is_that_of_their_colours() -> None:
    y = checked(360, 640)
    half = np.full((180, 320), 128, np.uint8)
    planar = PlanarRaster(Planes(y, half, half, Colours(full_range=True)))
    np.testing.assert_allclose(planar.scaled(320, 180), BgrRaster(planar.bgr()).scaled(320, 180), atol=1)


def test_a_sliver_has_a_small_plane_too() -> None:
    assert BgrRaster(np.zeros((300, 2, 3), np.uint8)).luma().shape == (100, 1)
    assert PlanarRaster(flat(9, 128, 128, size=(1, 1))).bgr().shape == (1, 1, 3)


@pytest.mark.parametrize("size", [(640, 360), (384, 216), (320, 180), (1920, 1080), (638, 360), (641, 361)])
def test_every_size_is_opencvs_bilinear_to_the_bit(size: tuple[int, int]) -> None:
    """At a third and a fifth, of luma or of chroma, pixels are taken as they are: that is the same."""
    noise = np.random.default_rng(3)
    y, u, v = (noise.integers(0, 256, shape, np.uint8) for shape in ((1080, 1984), (540, 992), (540, 992)))
    planes = Planes(y[:, :1920], u[:, :960], v[:, :960])
    scaled = [cv2.resize(plane, size, interpolation=cv2.INTER_LINEAR) for plane in (planes.y, planes.u, planes.v)]
    expected = cv2.transform(cv2.merge(scaled), to_bgr(planes.colours))
    assert np.array_equal(PlanarRaster(planes).scaled(*size), expected)
