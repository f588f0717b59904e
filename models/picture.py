"""A picture file into pixels."""

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from models.errors import ModelError
from models.picture_header import read_header

PICTURE_BYTES_MAX = 64 * 1024**2
SIDE_PX_MAX = 16_384


class PictureError(ModelError):
    """A file that is no readable picture."""


def read_picture(path: Path) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 BGR, turned the way its EXIF orientation says, as viewers show it. Raises PictureError."""
    try:
        with path.open("rb") as file:
            content = file.read(PICTURE_BYTES_MAX + 1)
    except OSError as error:
        raise PictureError(f"{path}: cannot be read ({error.strerror})") from error
    if not 0 < len(content) <= PICTURE_BYTES_MAX:
        raise PictureError(f"{path}: {'empty' if not content else 'too large'}; give a JPEG or PNG picture")
    _check_header(content, path)
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error as error:
        raise PictureError(f"{path}: cannot be decoded; give a JPEG or PNG picture") from error
    if image is None:
        raise PictureError(f"{path}: not a picture that can be decoded; give a JPEG or PNG picture")
    if max(image.shape) > SIDE_PX_MAX:
        raise PictureError(
            f"{path}: {image.shape[1]} x {image.shape[0]} px; give one of at most {SIDE_PX_MAX} px a side"
        )
    return np.asarray(image, np.uint8)


def _check_header(content: bytes, path: Path) -> None:
    """What a decoder would make of these, it makes without a word: gigabytes, half a picture, other colours."""
    header = read_header(content)
    if header is None:
        return
    if max(header.width, header.height) > SIDE_PX_MAX:
        raise PictureError(f"{path}: {header.width} x {header.height} px; give one of at most {SIDE_PX_MAX} px a side")
    if not header.whole:
        raise PictureError(f"{path}: breaks off before its end; give the whole file")
    if header.channels not in (None, 1, 3):
        raise PictureError(f"{path}: {header.channels} colour channels (CMYK); give a picture in RGB or grey")
