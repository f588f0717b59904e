"""A grid of relative coordinates over a picture, so that a zone can be typed from it."""

import cv2
import numpy as np
from numpy.typing import NDArray

STEPS = 10
SMALL_PX = 720
WHITE, BLACK = (255, 255, 255), (0, 0, 0)


def with_grid(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A copy of (H, W, 3) BGR with a line every 0.1, x to the right along the top, y downwards along the left."""
    height, width = image.shape[:2]
    scale = max(0.35, min(height, width) / 900)
    lines = image.copy()
    for step in range(1, STEPS):
        x, y = round(step * width / STEPS), round(step * height / STEPS)
        wide = 1 if step != STEPS // 2 or height < SMALL_PX else 3
        cv2.line(lines, (x, 0), (x, height - 1), WHITE, wide)
        cv2.line(lines, (0, y), (width - 1, y), WHITE, wide)
        cv2.line(lines, (x + wide, 0), (x + wide, height - 1), BLACK, 1)
        cv2.line(lines, (0, y + wide), (width - 1, y + wide), BLACK, 1)
    drawn = np.asarray(cv2.addWeighted(lines, 0.6, image, 0.4, 0), np.uint8)
    for step in range(STEPS):
        _label(drawn, f"{step / STEPS:.1f}", (step * width / STEPS, 0.0), scale)
        if step:
            _label(drawn, f"{step / STEPS:.1f}", (0.0, step * height / STEPS), scale)
    return drawn


def _label(image: NDArray[np.uint8], text: str, corner: tuple[float, float], scale: float) -> None:
    """Right of and below the crossing that it names."""
    (_, tall), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    at = (round(corner[0]) + 4, round(corner[1]) + tall + 5)
    for colour, thickness in ((BLACK, 3), (WHITE, 1)):
        cv2.putText(image, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thickness, cv2.LINE_AA)
