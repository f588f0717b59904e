"""How a zone is shown to a model that is asked about it."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from models.vlm.crop import Box, extent

MARK_BGR = (0, 200, 255)


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
    corners = np.array([(x * width - left, y * height - top) for x, y in polygon]).round().astype(np.int32)
    inside = np.zeros(part.shape[:2], np.uint8)
    cv2.fillPoly(inside, [corners], (1,))
    outlines, _ = cv2.findContours(inside, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(part, outlines, -1, MARK_BGR, thickness=max(2, round(max(part.shape[:2]) / 80)))
    return part
