"""The part of a frame that a question is about."""

import math

import numpy as np
from numpy.typing import NDArray

from models.picture import PictureError

Box = tuple[float, float, float, float]  # x1, y1, x2, y2, frame coordinates


def crop(image: NDArray[np.uint8], box: Box, margin: float) -> NDArray[np.uint8]:
    """box: frame coordinates 0..1; margin: of its width and height, added on each side, as far as the picture goes.
    Raises PictureError when nothing is left of it.
    """
    left, top, right, bottom = extent(image, box, margin)
    return image[top:bottom, left:right]


def extent(image: NDArray[np.uint8], box: Box, margin: float) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in pixels."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box
    if not (0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1):
        raise PictureError(
            f"box {', '.join(f'{side:g}' for side in box)}; give x1,y1,x2,y2 from 0 to 1, x1 < x2, y1 < y2"
        )
    wide, high = (x2 - x1) * margin, (y2 - y1) * margin
    left, top = int(max(0, x1 - wide) * width), int(max(0, y1 - high) * height)
    right, bottom = math.ceil(min(1, x2 + wide) * width), math.ceil(min(1, y2 + high) * height)
    return left, top, right, bottom
