"""Makes a picture comparable with the background: the camera's trembling and the light of the day taken out."""

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.detection.blob import Mask

Picture = NDArray[np.float32]

SHIFT_PX_MIN, SHIFT_PX_MAX = 0.3, 8.0  # of the small picture; less costs nothing, more is another view
BETTER = 0.9  # a shift counts when it leaves less than that of the difference: traffic moves too
GAIN_FROM, GAIN_TO = 0.5, 2.0
STRIDE = 4
KNOWN_MIN = 0.2


def steadied(picture: Picture, background: Picture, known: Mask) -> Picture:
    """picture, background: (h, w, 3) BGR 0..255. known: where the background is known and nobody stands before it."""
    if known.mean() < KNOWN_MIN:
        return picture
    return _in_the_light_of(_shifted(picture, background, known), background, known)


def _shifted(picture: Picture, background: Picture, known: Mask) -> Picture:
    """By phase correlation (Kuglin and Hines 1975)."""
    before = np.where(known, background[..., 1], picture[..., 1])
    window = cv2.createHanningWindow((picture.shape[1], picture.shape[0]), cv2.CV_32F)
    (dx, dy), _ = cv2.phaseCorrelate(before, np.ascontiguousarray(picture[..., 1]), window)
    if not SHIFT_PX_MIN <= max(abs(dx), abs(dy)) <= SHIFT_PX_MAX:
        return picture
    matrix = np.array([[1, 0, -dx], [0, 1, -dy]], np.float32)
    size = (picture.shape[1], picture.shape[0])
    moved = cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    left = [float(np.abs(one[known][::STRIDE] - background[known][::STRIDE]).mean()) for one in (moved, picture)]
    return np.asarray(moved, np.float32) if left[0] < BETTER * left[1] else picture


def _in_the_light_of(picture: Picture, background: Picture, known: Mask) -> Picture:
    sample = known[::STRIDE, ::STRIDE]
    ratios = (picture[::STRIDE, ::STRIDE][sample] + 4.0) / (background[::STRIDE, ::STRIDE][sample] + 4.0)
    gain = np.clip(np.median(ratios, axis=0), GAIN_FROM, GAIN_TO)
    return np.asarray((picture + 4.0) / gain - 4.0, np.float32)
