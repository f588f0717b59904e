"""What a derivative does not show: faces, and what lies behind a privacy mask."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.tracking.track import Box, Track
from models.detector.detections import Detections

Polygon = Sequence[tuple[float, float]]
PEOPLE = frozenset({"person"})
HEADS = frozenset({"helmet", "bare_head"})
HEAD_PART = 0.25  # of a person's box, from its top
MARGIN = 0.05  # of the box: detectors cut a forehead now and then
BLOCKS_ACROSS = 6  # a face of six blocks is nobody's
BLOCK_PX_MIN = 4
MASK_GREY = 96


@dataclass(frozen=True, slots=True)
class Redaction:
    """areas: relative boxes to pixelate. masks: relative polygons to paint over."""

    areas: tuple[Box, ...]
    masks: tuple[Polygon, ...] = ()

    @classmethod
    def of(cls, detections: Detections, masks: Sequence[Polygon], lost: Sequence[Track] = ()) -> "Redaction":
        """Everybody the detector saw, tracked or not: the top quarter of people, the whole of heads.

        lost: tracks that it missed in this frame, where they are supposed to be.
        """
        areas: list[Box] = []
        seen = [(detections.class_names[i], box) for i, box in zip(detections.class_ids, detections.boxes, strict=True)]
        for name, (x1, y1, x2, y2) in (*seen, *((track.class_name, track.predicted_box) for track in lost)):
            part = HEAD_PART if name in PEOPLE else 1.0 if name in HEADS else 0.0
            if part:
                beside, above = MARGIN * (x2 - x1), MARGIN * (y2 - y1)
                areas.append((x1 - beside, y1 - above, x2 + beside, y1 + part * (y2 - y1)))
        return cls(tuple(areas), tuple(masks))


def redacted(image: NDArray[np.uint8], redaction: Redaction) -> NDArray[np.uint8]:
    """image: (H, W, 3) uint8, untouched; a copy comes back."""
    copy = image.copy()
    for area in redaction.areas:
        _pixelate(copy, area)
    height, width = image.shape[:2]
    for mask in redaction.masks:
        corners = np.array([(x * width, y * height) for x, y in mask]).round().astype(np.int32)
        cv2.fillPoly(copy, [corners], (MASK_GREY, MASK_GREY, MASK_GREY))
    return copy


def _pixelate(image: NDArray[np.uint8], area: Box) -> None:
    height, width = image.shape[:2]
    left, right = max(0, int(area[0] * width)), min(width, int(np.ceil(area[2] * width)))
    top, bottom = max(0, int(area[1] * height)), min(height, int(np.ceil(area[3] * height)))
    if left >= right or top >= bottom:
        return
    part = image[top:bottom, left:right]
    block = max(BLOCK_PX_MIN, -(-(right - left) // BLOCKS_ACROSS))
    small = (max(1, (right - left) // block), max(1, (bottom - top) // block))
    coarse = cv2.resize(part, small, interpolation=cv2.INTER_AREA)
    image[top:bottom, left:right] = cv2.resize(coarse, (right - left, bottom - top), interpolation=cv2.INTER_NEAREST)
