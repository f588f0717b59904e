"""Zones beside and around what a question is about: as they are drawn once into the crops of `val` and `test`, and each
time another into those of `train`.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from models.vlm.crop import Box
from models.vlm.marking import CROP_PX_MAX, MARK_BGR, outline

Polygon = tuple[tuple[float, float], ...]
TRIES_MAX = 12


def zone_with(box: Box, random: np.random.Generator) -> Polygon:
    """Around where it stands: from a patch of ground to far beyond the crop."""
    wide, high = box[2] - box[0], box[3] - box[1]
    x, y = foot(box)
    reach = random.uniform(0.35, 2.5)
    corners = [(-reach, -reach * 0.7), (reach, -reach * 0.7), (reach, 0.15 + reach * 0.3), (-reach, 0.15 + reach * 0.3)]
    return tuple(
        (x + dx * wide * random.uniform(0.8, 1.3), y + dy * high * random.uniform(0.8, 1.3)) for dx, dy in corners
    )


def zone_beside(box: Box, random: np.random.Generator) -> Polygon:
    """Left, right or above, so that it reaches into the crop and at most a fifth into the box, not to the foot."""
    wide, high = box[2] - box[0], box[3] - box[1]
    inside, far = random.uniform(-0.15, 0.2), random.uniform(0.3, 1.5)
    up, down = random.uniform(-0.3, 0.6), random.uniform(0.8, 1.4)
    tilt = random.uniform(-0.08, 0.08)
    side = random.integers(3)
    if side == 0:
        shape = [(-far, up), (inside + tilt, up), (inside - tilt, down), (-far, down)]
    elif side == 1:
        shape = [(1 + far, up), (1 - inside + tilt, up), (1 - inside - tilt, down), (1 + far, down)]
    else:
        shape = [(-far, -far), (1 + far, -far), (1 + far, inside + tilt), (-far, inside - tilt)]
    return tuple((box[0] + x * wide, box[1] + y * high) for x, y in shape)


def foot(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, box[3] - 0.02 * (box[3] - box[1])


def holds_point(zone: Polygon, point: tuple[float, float]) -> bool:
    return cv2.pointPolygonTest(np.array(zone, np.float32), point, False) >= 0


def another(box: Box, feet: Sequence[tuple[float, float]], random: np.random.Generator, *, inside: bool) -> Polygon:
    """A zone that holds one of `feet` where `inside`, and none of them where not; around the box when there are none.
    All in frame coordinates. In TRIES_MAX tries none may be found: then an empty one.
    """
    for _ in range(TRIES_MAX):
        zone = zone_with(box, random) if inside or not feet else zone_beside(box, random)
        if any(holds_point(zone, foot) for foot in feet) == inside:
            return zone
    return ()


class Redrawn:
    """Zones of crops that are kept without theirs, a new one at each look.

    facts: `outer` (n, 4), the kept crop in frame coordinates; `box` (n, 4), of the sample; `feet` (n,), JSON, "" for a
    crop without a zone; `reply` (n,).
    """

    def __init__(self, facts: Mapping[str, NDArray[Any]]) -> None:
        self._outer, self._box, self._feet = facts["outer"], facts["box"], facts["feet"]
        self._inside = facts["reply"] == "yes"

    def corners(
        self, index: int, extent: NDArray[np.floating], random: np.random.Generator
    ) -> NDArray[np.float64] | None:
        """(n, 2), 0..1 of that part of the kept crop which `extent` (x1, y1, x2, y2, 0..1) takes."""
        if not self._feet[index]:
            return None
        feet = json.loads(str(self._feet[index]))
        zone = another(tuple(self._box[index]), feet, random, inside=bool(self._inside[index]))
        outer = self._outer[index]
        kept = (np.array(zone).reshape(-1, 2) - outer[:2]) / (outer[2:] - outer[:2])
        return np.asarray((kept - extent[:2]) / (extent[2:] - extent[:2]), np.float64)


def outlined(part: NDArray[np.uint8], corners: NDArray[np.float64], size: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Of a square crop, the same with the outline that `marked_crop` draws before a crop of `size` (width, height in
    pixels) is squeezed. corners: (n, 2), 0..1 of the crop.
    """
    if not len(corners):
        return part
    size = np.maximum(size * min(1.0, CROP_PX_MAX / size.max()), 2).round().astype(int)
    mark = np.zeros((size[1], size[0]), np.uint8)
    outline(mark, corners * size, (255,))
    side = part.shape[0]
    share = cv2.resize(mark, (side, side), interpolation=cv2.INTER_AREA if size.min() > side else cv2.INTER_LINEAR)
    weight = share[..., None].astype(np.float32) / 255
    return (part * (1 - weight) + np.array(MARK_BGR, np.float32) * weight).round().astype(np.uint8)
