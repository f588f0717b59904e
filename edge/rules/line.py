"""A line across the picture that may not be crossed one way. Relative frame coordinates: x right, y down."""

from dataclasses import dataclass
from typing import Any, Literal

from edge.rules.zone import Anchor, Point, distance_to_segment, segments_touch, turn

Direction = Literal["up", "down", "left", "right", "either"]


@dataclass(frozen=True, slots=True)
class Line:
    """Two points. direction: the movement that breaks the rule. cameras: empty means every camera.

    Raises ValueError when the points are not two different ones inside the picture.
    """

    line_id: str
    points: tuple[Point, Point]
    direction: Direction = "either"
    anchor: Anchor = "bottom_center"
    cameras: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if fault := line_fault(self.points):
            raise ValueError(fault)

    def belongs_to(self, camera_id: str) -> bool:
        return not self.cameras or camera_id in self.cameras

    def crossed_between(self, before: Point, after: Point) -> bool:
        """Does the straight way from `before` to `after` change the side of the line, between its two ends?

        A point exactly on the line counts to one fixed side, so that a way made of many pieces is counted once.
        """
        start, end = self.points
        if (turn(start, end, before) > 0) == (turn(start, end, after) > 0):
            return False
        return segments_touch(start, end, before, after)

    def breaks(self, before: Point, after: Point) -> bool:
        """Is the movement from `before` to `after` in the direction that breaks the rule?"""
        dx, dy = after[0] - before[0], after[1] - before[1]
        return {"up": dy < 0, "down": dy > 0, "left": dx < 0, "right": dx > 0, "either": True}[self.direction]

    def distance(self, point: Point) -> float:
        """From the point to the nearest point of the line between its ends."""
        return distance_to_segment(point, *self.points)

    def canonical(self) -> dict[str, Any]:
        return {
            "id": self.line_id,
            "direction": self.direction,
            "anchor": self.anchor,
            "cameras": sorted(self.cameras),
            "points": [list(point) for point in self.points],
        }


def line_fault(points: tuple[Point, ...]) -> str | None:
    """What keeps these points from being a line, and what would be right; None when nothing does."""
    if len(points) != 2:
        return f"a line has 2 points, not {len(points)}"
    for number, (x, y) in enumerate(points, 1):
        if not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0):
            return f"point {number} [{x:g}, {y:g}] is outside the picture: coordinates are 0 to 1, not pixels"
    if points[0] == points[1]:
        return "both points are the same: a line needs two different ones"
    return None
