"""The part of a frame that a question is about."""

import math

import numpy as np
from numpy.typing import NDArray

from models.picture import PictureError

SIDE_PX_MIN = 2
PROPORTION_MAX = 200  # longer side by shorter: more than that is a broken crop, not a picture

Box = tuple[float, float, float, float]  # x1, y1, x2, y2, frame coordinates


def crop(image: NDArray[np.uint8], box: Box, margin: float) -> NDArray[np.uint8]:
    """box: frame coordinates 0..1; margin: of its width and height, added on each side, as far as the picture goes.
    Raises PictureError when nothing is left of it.
    """
    left, top, right, bottom = extent(image, box, margin)
    return image[top:bottom, left:right]


def refuse_sliver(image: NDArray[np.uint8]) -> None:
    """What no model can look at. Raises PictureError."""
    height, width = image.shape[:2]
    if min(width, height) < SIDE_PX_MIN:
        raise PictureError(f"{width} x {height} px; a picture has at least {SIDE_PX_MIN} px a side")
    if max(width, height) > PROPORTION_MAX * min(width, height):
        raise PictureError(
            f"{width} x {height} px; a picture is at most {PROPORTION_MAX} times as long as wide, crop it first"
        )


def extent(image: NDArray[np.uint8], box: Box, margin: float) -> tuple[int, int, int, int]:
    """Left, top, right, bottom in pixels."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = box
    if not (0 <= x1 < x2 <= 1 and 0 <= y1 < y2 <= 1):
        raise PictureError(
            f"box {', '.join(f'{side:g}' for side in box)}; give x1,y1,x2,y2 from 0 to 1, x1 < x2, y1 < y2"
        )
    x1, y1, x2, y2 = margined(box, margin)
    return int(x1 * width), int(y1 * height), math.ceil(x2 * width), math.ceil(y2 * height)


def margined(box: Box, margin: float) -> Box:
    """With so much of its width and height added on each side, as far as the picture goes."""
    x1, y1, x2, y2 = box
    wide, high = (x2 - x1) * margin, (y2 - y1) * margin
    return max(0.0, x1 - wide), max(0.0, y1 - high), min(1.0, x2 + wide), min(1.0, y2 + high)
