"""What a derivative does not show: faces, and what lies behind a privacy mask."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.tracking.track import Box, Track
from models.detector.detections import Detections
from models.detector.overlap import overlaps

Polygon = Sequence[tuple[float, float]]
PEOPLE = frozenset({"person"})
HEADS = frozenset({"helmet", "bare_head"})
HEAD_PART = 0.25  # of a person's box, from its top
HEAD_WIDTHS = 0.6  # of its width: who is near, sits or is cut off has a larger head; two in one box are wide
FACE_WIDTHS = 1.4  # of a head's box: one around a cap or a helmet alone ends above the eyes
SAME_PERSON = 0.55  # intersection over union: two boxes of one person rather than two people
MARGIN = 0.05  # of the box: detectors cut a forehead now and then
BLOCKS_ACROSS = 6  # a face of six blocks is nobody's
BLOCK_PX_MIN = 4
MASK_GREY = 96


@dataclass(frozen=True, slots=True)
class Redaction:
    """people, heads: relative boxes whose faces are pixelated. masks: relative polygons to paint over."""

    people: tuple[Box, ...] = ()
    heads: tuple[Box, ...] = ()
    masks: tuple[Polygon, ...] = ()

    @classmethod
    def of(cls, detections: Detections, masks: Sequence[Polygon], lost: Sequence[Track] = ()) -> "Redaction":
        """Everybody the detector saw, tracked or not.

        lost: tracks that it missed in this frame, where they are supposed to be.
        """
        seen = [(detections.class_names[i], box) for i, box in zip(detections.class_ids, detections.boxes, strict=True)]
        seen += [(track.class_name, track.predicted_box) for track in lost]
        boxes = [(name, (float(x1), float(y1), float(x2), float(y2))) for name, (x1, y1, x2, y2) in seen]
        return cls(
            tuple(box for name, box in boxes if name in PEOPLE),
            tuple(box for name, box in boxes if name in HEADS),
            tuple(masks),
        )

    def areas(self, aspect: float) -> list[Box]:
        """What is pixelated of a picture `aspect` times as wide as high: the top of people, whole heads, and what
        two people share, as a third may stand there whom the detector did not tell from them. Rather more than less:
        the original opens with a reason.
        """
        tops = [
            _widened(
                box, min(box[3] - box[1], max(HEAD_PART * (box[3] - box[1]), HEAD_WIDTHS * (box[2] - box[0]) * aspect))
            )
            for box in self.people
        ]
        heads = [_widened(box, max(box[3] - box[1], FACE_WIDTHS * (box[2] - box[0]) * aspect)) for box in self.heads]
        return [*tops, *heads, *_shared(self.people)]


def redacted(image: NDArray[np.uint8], redaction: Redaction) -> NDArray[np.uint8]:
    """image: (H, W, 3) uint8, untouched; a copy comes back."""
    copy = image.copy()
    height, width = image.shape[:2]
    for area in redaction.areas(width / height):
        _pixelate(copy, area)
    for mask in redaction.masks:
        corners = np.array([(x * width, y * height) for x, y in mask]).round().astype(np.int32)
        cv2.fillPoly(copy, [corners], (MASK_GREY, MASK_GREY, MASK_GREY))
    return copy


def _widened(box: Box, height: float) -> Box:
    """From the top of the box so far down, with a margin beside and above."""
    x1, y1, x2, y2 = box
    beside, above = MARGIN * (x2 - x1), MARGIN * (y2 - y1)
    return x1 - beside, y1 - above, x2 + beside, y1 + height


def _shared(people: Sequence[Box]) -> list[Box]:
    boxes = np.array(people, np.float32).reshape(-1, 4)
    overlap = np.triu(overlaps(boxes, boxes), 1)
    pairs = np.argwhere((overlap > 0) & (overlap < SAME_PERSON))
    lows, highs = np.maximum(boxes[pairs[:, 0]], boxes[pairs[:, 1]]), np.minimum(boxes[pairs[:, 0]], boxes[pairs[:, 1]])
    shared = [
        (float(low[0]), float(low[1]), float(high[2]), float(high[3])) for low, high in zip(lows, highs, strict=True)
    ]
    return [_widened(box, box[3] - box[1]) for box in shared]


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
