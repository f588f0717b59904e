"""A picture file into pixels."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.picture_header import read_header

PICTURE_BYTES_MAX = 64 * 1024**2
SIDE_PX_MAX = 16_384
PIXELS_MAX = 100_000_000  # a decoder takes three bytes and more for each
KINDS = "give a JPEG, PNG, BMP or WebP picture"


class PictureError(ModelError):
    """A file that is no readable picture."""


def read_picture(path: Path) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 BGR, turned the way its EXIF orientation says, as viewers show it; of moving pictures the first.
    Raises PictureError.
    """
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe would be waited for
            raise PictureError(f"{path}: not a file; {KINDS}")
        with path.open("rb") as file:
            content = file.read(PICTURE_BYTES_MAX + 1)
    except (OSError, ValueError) as error:
        raise PictureError(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error})") from error
    if not 0 < len(content) <= PICTURE_BYTES_MAX:
        raise PictureError(f"{path}: {'empty' if not content else 'too large'}; {KINDS}")
    _check_header(content, path)
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise PictureError(f"{path}: cannot be decoded; {KINDS}") from error
    if image is None:
        raise PictureError(f"{path}: not a picture that can be decoded; {KINDS}")
    return np.asarray(image, np.uint8)


def _check_header(content: bytes, path: Path) -> None:
    """What a decoder would make of these, it makes without a word: gigabytes, half a picture, other colours."""
    header = read_header(content)
    if header is None:
        raise PictureError(f"{path}: not a picture that can be decoded; {KINDS}")
    if max(header.width, header.height) > SIDE_PX_MAX or header.width * header.height > PIXELS_MAX:
        raise PictureError(
            f"{path}: {header.width} x {header.height} px; give one of at most {SIDE_PX_MAX} px a side and "
            f"{PIXELS_MAX // 1_000_000} million in all"
        )
    if not header.whole:
        raise PictureError(f"{path}: breaks off before its end; give the whole file")
    if header.channels not in (None, 1, 3):
        raise PictureError(f"{path}: {header.channels} colour channels (CMYK); give a picture in RGB or grey")
