"""How a zone is shown to a model that is asked about it."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from models.picture import PictureError
from models.vlm.crop import Box, crop, extent, refuse_sliver

MARK_BGR = (0, 200, 255)
CROP_PX_MAX = 640  # longer side: three of them are 3.7 MB


def marked_crop(
    image: NDArray[np.uint8], box: Box, margin: float, polygon: Sequence[tuple[float, float]]
) -> NDArray[np.uint8]:
    """A copy of the crop in which a zone is outlined, as far as it reaches in; where it goes on beyond, along the
    crop's edge. That is what `the marked zone` of a question means, here and in training. polygon: frame coordinates.
    Raises PictureError.
    """
    left, top, right, bottom = extent(image, box, margin)
    part = image[top:bottom, left:right].copy()
    height, width = image.shape[:2]
    outline(part, np.array([(x * width - left, y * height - top) for x, y in polygon]), MARK_BGR)
    return part


def outline(part: NDArray[np.uint8], corners: NDArray[np.float64], value: tuple[int, ...]) -> None:
    """Draws it into `part`, (H, W) or (H, W, 3). corners: (n, 2) in its pixels, anywhere."""
    inside = np.zeros(part.shape[:2], np.uint8)
    cv2.fillPoly(inside, [corners.round().astype(np.int32)], (1,))
    lines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(part, lines, -1, value, thickness=max(2, round(max(part.shape[:2]) / 80)))


def subject_crop(
    image: NDArray[np.uint8], box: Box, margin: float, polygon: Sequence[tuple[float, float]]
) -> NDArray[np.uint8] | None:
    """What a model sees of one subject: its own memory, of bounded size, the zone outlined where one is given (three
    corners and more); None for a box without area, and for one so thin that no model takes it.
    """
    try:
        part = marked_crop(image, box, margin, polygon) if len(polygon) > 2 else crop(image, box, margin).copy()
        part = _bounded(part)
        refuse_sliver(part)  # as it is shown: scaling rounds the shorter side
    except PictureError:
        return None
    return part


def _bounded(part: NDArray[np.uint8]) -> NDArray[np.uint8]:
    longest = max(part.shape[:2])
    if longest <= CROP_PX_MAX:
        return part
    height, width = (max(1, round(side * CROP_PX_MAX / longest)) for side in part.shape[:2])
    return cv2.resize(part, (width, height), interpolation=cv2.INTER_AREA).astype(np.uint8)
