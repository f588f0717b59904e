"""Picture files of strange kinds: pixels as a viewer shows them, or one line of what is wrong; never a hang."""

import os
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from models.picture import PictureError, read_picture

SMOOTH = np.add.outer(np.arange(60), np.arange(80)).astype(np.uint8)
COLOURS = np.dstack([SMOOTH, SMOOTH[::-1], np.full_like(SMOOTH, 40)])  # red, green, blue


def encoded(pixels: np.ndarray, kind: str, mode: str | None = None, **how: object) -> bytes:
    file = BytesIO()
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(file, kind, **how)
    return file.getvalue()


def with_orientation(number: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x112] = number
    return exif


def blank(side: int, kind: str, mode: str = "L", height: int | None = None) -> bytes:
    file = BytesIO()
    Image.new(mode, (side, height or side)).save(file, kind)
    return file.getvalue()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (encoded(COLOURS, "PNG"), COLOURS),
        (encoded(SMOOTH, "PNG"), np.dstack([SMOOTH] * 3)),
        (encoded(SMOOTH.astype(np.uint16) * 257, "PNG"), np.dstack([SMOOTH] * 3)),
        (encoded(np.dstack([COLOURS, SMOOTH]), "PNG"), COLOURS),
        (encoded(SMOOTH, "PNG", "LA"), np.dstack([SMOOTH] * 3)),
        (encoded(COLOURS, "BMP"), COLOURS),
        (encoded(COLOURS, "WEBP", lossless=True), COLOURS),
        (encoded(np.dstack([COLOURS, SMOOTH | 128]), "WEBP", lossless=True, exact=True), COLOURS),
        (encoded(COLOURS, "JPEG", quality=100, subsampling=0), COLOURS),
        (encoded(COLOURS, "WEBP", quality=100), COLOURS),
        (encoded(COLOURS, "JPEG", quality=100, subsampling=0, exif=with_orientation(6)), np.rot90(COLOURS, -1)),
    ],
    ids=["png", "grey", "16 bit", "alpha", "grey alpha", "bmp", "webp", "webp alpha", "jpeg", "lossy webp", "turned"],
)
def test_a_picture_is_its_pixels(content: bytes, expected: np.ndarray, tmp_path: Path) -> None:
    path = tmp_path / "picture"
    path.write_bytes(content)
    image = read_picture(path)
    assert (image.dtype.name, image.shape) == ("uint8", expected.shape)
    assert np.abs(image[..., ::-1].astype(int) - expected).mean() < 4


def test_of_a_moving_picture_it_is_the_first(tmp_path: Path) -> None:
    path, others = tmp_path / "picture", [Image.fromarray(255 - COLOURS)] * 2
    path.write_bytes(encoded(COLOURS, "WEBP", save_all=True, append_images=others, lossless=True))
    assert np.abs(read_picture(path)[..., ::-1].astype(int) - COLOURS).mean() < 4


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP", "WEBP"])
@pytest.mark.parametrize("kept", [0.02, 0.5, 0.98])
def test_a_file_that_breaks_off_is_refused(kind: str, kept: float, tmp_path: Path) -> None:
    content = encoded(np.random.default_rng(0).integers(0, 255, (60, 80, 3), np.uint8), kind)
    path = tmp_path / "picture"
    path.write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(PictureError, match=r"breaks off|not a picture"):
        read_picture(path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "empty"),
        (b"text that was called a picture\n" * 50, "not a picture"),
        (encoded(COLOURS, "GIF"), "not a picture"),
        (encoded(COLOURS, "TIFF"), "not a picture"),
        (encoded(COLOURS, "JPEG", "CMYK"), "CMYK"),
        *((blank(10_001, kind), "at most 16384 px a side and 100 million in all") for kind in ("PNG", "JPEG")),
        (blank(10_001, "BMP", "1"), "100 million"),
        (blank(16_000, "WEBP", "RGB", 6_251), "100 million"),
        (blank(20_000, "PNG", height=2), "20000 x 2 px"),
    ],
    ids=["empty", "text", "gif", "tiff", "cmyk", "png", "jpeg", "bmp", "webp", "long"],
)
def test_what_is_no_picture_or_too_large_is_refused_in_one_line(content: bytes, why: str, tmp_path: Path) -> None:
    path = tmp_path / "picture.jpg"
    path.write_bytes(content)
    with pytest.raises(PictureError, match=why) as refused:
        read_picture(path)
    assert "\n" not in str(refused.value)


def folder(path: Path) -> None:
    path.mkdir()


@pytest.mark.parametrize(("make", "why"), [(folder, "Is a directory"), (os.mkfifo, "not a file")])
def test_what_is_no_file_is_refused_and_not_waited_for(make: Callable[[Path], None], why: str, tmp_path: Path) -> None:
    make(tmp_path / "picture.jpg")
    with pytest.raises(PictureError, match=why):
        read_picture(tmp_path / "picture.jpg")
    for name in ("no\0file", "no\ud800file"):
        with pytest.raises(PictureError, match="cannot be read"):
            read_picture(Path(name))
