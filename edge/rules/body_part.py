"""Where on a subject something is worn, and what lies on it. Relative frame coordinates: x right, y down, 0..1."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from edge.rules.scene import Found, Parts
from edge.tracking.track import Box

BodyPart = Literal["head", "torso", "rider"]
RIDER_CLASS = "person"  # without one, a vehicle has no rider


def part_box(part: BodyPart, subject: Box) -> Box:
    """head: the top quarter of the subject's box. torso: the half below that. rider: the box of a vehicle grown upwards
    by its own height. Cut off at the upper edge of the picture.
    """
    x1, y1, x2, y2 = subject
    height = y2 - y1
    match part:
        case "head":
            return x1, y1, x2, y1 + height / 4
        case "torso":
            return x1, y1 + height / 4, x2, y1 + height * 3 / 4
        case "rider":
            return x1, max(y1 - height, 0.0), x2, y2


def side_px(box: Box, parts: Parts) -> int:
    """The shorter side, in pixels of the decoded frame."""
    return int(min((box[2] - box[0]) * parts.width_px, (box[3] - box[1]) * parts.height_px) + 1e-6)


def cover(part: Box, box: Box) -> float:
    """The area that both share, of the smaller one's, 0..1. A helmet's box is a sixth of the top quarter of whoever
    wears it (ADR 0028), so the share of the part alone would not see it.
    """
    width = min(part[2], box[2]) - max(part[0], box[0])
    height = min(part[3], box[3]) - max(part[1], box[1])
    if width <= 0 or height <= 0:
        return 0.0
    return width * height / min((box[2] - box[0]) * (box[3] - box[1]), (part[2] - part[0]) * (part[3] - part[1]))


@dataclass(frozen=True, slots=True)
class Look:
    """One detection of a subject. bare: does a box of the class `absent` match the part? covered: how much of it the
    best box of the class `present` covers; 0 where the part is bare.
    """

    bare: bool
    covered: float


def best_cover(part: Box, found: Iterable[Found]) -> float:
    return max((cover(part, one.box) for one in found), default=0.0)
