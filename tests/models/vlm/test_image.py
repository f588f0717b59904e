import json
from itertools import product
from typing import Any

import numpy as np
import pytest

from models.errors import PackageError
from models.picture import PictureError
from models.vlm.crop import crop
from models.vlm.image import Preparation, read_preparation, scaled, whole_tiles
from models.vlm.marking import subject_crop

PROCESSOR = {
    "size": {"longest_edge": 256},
    "max_image_size": {"longest_edge": 64},
    "image_mean": [0.5, 0.5, 0.5],
    "image_std": [0.5, 0.5, 0.5],
    "rescale_factor": 1 / 255,
    "resample": 1,
}


def preparation(**changes: Any) -> Preparation:
    return read_preparation(json.dumps(PROCESSOR | changes).encode(), "tiny")


def blue(height: int, width: int) -> np.ndarray:
    image = np.zeros((height, width, 3), np.uint8)
    image[:, :, 0] = 255
    return image


def test_a_picture_of_any_proportions_becomes_one_tile_red_first() -> None:
    tiles = preparation().one_tile(blue(30, 200))
    assert (tiles.rows, tiles.columns) == (0, 0)
    assert tiles.pixels.shape == (1, 3, 64, 64)
    np.testing.assert_array_equal(tiles.pixels[0, 2], 1.0)
    np.testing.assert_array_equal(tiles.pixels[0, :2], -1.0)


def test_pixels_are_normalised_as_the_package_says() -> None:
    tiles = preparation(image_mean=[0.1, 0.2, 0.3], image_std=[0.5, 0.25, 2.0]).one_tile(blue(64, 64))
    assert tiles.pixels[0, :, 0, 0] == pytest.approx([-0.2, -0.8, 0.35])
    raw = preparation(do_normalize=False, do_rescale=False).one_tile(blue(64, 64))
    assert raw.pixels[0, :, 0, 0] == pytest.approx([0, 0, 255])


def test_a_split_picture_is_cut_row_by_row_and_comes_whole_at_last() -> None:
    image = np.zeros((128, 256, 3), np.uint8)
    for row in range(2):
        for column in range(4):
            image[row * 64 : row * 64 + 64, column * 64 : column * 64 + 64] = 20 * (4 * row + column)
    tiles = preparation().split(image)
    assert (tiles.rows, tiles.columns, len(tiles.pixels)) == (2, 4, 9)
    middles = (tiles.pixels[:8, 0, 32, 32] + 1) / 2 * 255
    assert middles == pytest.approx([20 * number for number in range(8)], abs=0.1)
    assert tiles.pixels[8].std() > 0.1


@pytest.mark.parametrize(("width", "height", "tiles"), [(640, 640, 16), (1920, 1080, 12), (200, 400, 8), (2048, 30, 4)])
def test_a_picture_at_2048_px_gives_as_many_tiles_as_smolvlm_makes(width: int, height: int, tiles: int) -> None:
    whole = whole_tiles(*scaled(width, height, 2048), 512)
    assert (whole[0] // 512) * (whole[1] // 512) == tiles


def test_the_shorter_side_is_even_after_scaling() -> None:
    assert scaled(1920, 1080, 2048) == (2048, 1152)
    assert scaled(300, 70, 256) == (256, 60)
    assert scaled(1000, 3, 256) == (256, 1)


@pytest.mark.parametrize(("height", "width"), [(1, 1), (10, 20_000), (0, 5), (1, 300)])
def test_what_is_no_picture_is_refused_in_one_line(height: int, width: int) -> None:
    image = np.zeros((height, width, 3), np.uint8)
    for prepare in (preparation().one_tile, preparation().split):
        with pytest.raises(PictureError, match=f"{width} x {height} px") as refused:
            prepare(image)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize("array", [np.zeros((9, 9), np.uint8), np.zeros((9, 9, 4), np.uint8), np.zeros((9, 9, 3))])
def test_an_array_that_is_no_bgr_picture_is_refused(array: Any) -> None:
    with pytest.raises(PictureError, match="uint8, BGR"):
        preparation().one_tile(array)


@pytest.mark.parametrize(
    "changes",
    [
        {"max_image_size": {}},
        {"max_image_size": {"longest_edge": 100_000}},
        {"size": {"height": 3}},
        {"image_mean": [0.5]},
        {"image_std": [0.5, 0, 0.5]},
        {"resample": 77},
        {"size": None},
    ],
)
def test_a_preprocessor_file_that_is_wrong_is_refused_in_one_line(changes: dict[str, Any]) -> None:
    with pytest.raises(PackageError, match=r"^tiny: ") as refused:
        preparation(**changes)
    assert "\n" not in str(refused.value)
    for content in (b"", b"[1]", b"\xff"):
        with pytest.raises(PackageError):
            read_preparation(content, "tiny")


@pytest.mark.parametrize("polygon", [(), ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))])
def test_whatever_is_shown_of_a_subject_is_taken(polygon: tuple[tuple[float, float], ...]) -> None:
    frame, shown = np.zeros((1080, 1920, 3), np.uint8), 0
    for wide_px, high_px in product((0.1, 1, 2, 3, 4, 9, 60, 1920), (0.1, 1, 2, 3, 4, 9, 60, 1080)):
        part = subject_crop(frame, (1 - wide_px / 1920, 1 - high_px / 1080, 1.0, 1.0), 0.0, polygon)
        if part is not None:
            shown += 1
            preparation().one_tile(part)
    assert shown > 20


def test_a_crop_has_a_margin_as_far_as_the_picture_goes() -> None:
    image = np.zeros((100, 200, 3), np.uint8)
    assert crop(image, (0.4, 0.4, 0.6, 0.6), 0.0).shape[:2] == (20, 40)
    assert crop(image, (0.4, 0.4, 0.6, 0.6), 0.25).shape[:2] == (30, 60)
    assert crop(image, (0.0, 0.0, 0.5, 1.0), 0.5).shape[:2] == (100, 150)
    for box in ((0.5, 0, 0.5, 1), (0, 0, 1, 1.1), (-0.1, 0, 1, 1), (0, 0, float("nan"), 1)):
        with pytest.raises(PictureError, match="from 0 to 1"):
            crop(image, box, 0.25)
