"""A part of the picture that rules speak of. Relative frame coordinates: x right, y down, 0..1."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any, Literal

from edge.tracking.track import Box

Point = tuple[float, float]
Anchor = Literal["bottom_center", "center"]
ZoneKind = Literal["watch", "permitted", "mask"]

FRAME_ID = "frame"
POINTS_MAX = 64
_EDGE_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class Zone:
    """A simple polygon, not closed. cameras: those it belongs to; empty means every camera.

    watch: rules look here. permitted: exempts the rules that name it. mask: nothing in it is judged or shown.
    anchor: the point of a subject's box that is in the zone or not; the feet (`bottom_center`) for what stands on
    the ground. metres: where it is a rectangle on the ground, its sides from the first corner to the second and on to
    the third (`edge.rules.ground`). Raises ValueError when the polygon is not simple.
    """

    zone_id: str
    polygon: tuple[Point, ...]
    kind: ZoneKind = "watch"
    anchor: Anchor = "bottom_center"
    cameras: tuple[str, ...] = ()
    metres: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if fault := polygon_fault(self.polygon):
            raise ValueError(fault)

    def contains(self, box: Box) -> bool:
        """Is the anchor of this box in the zone (its edge included)? All of the picture is in `frame`."""
        return self.zone_id == FRAME_ID or point_in_polygon(anchor_of(box, self.anchor), self.polygon)

    def belongs_to(self, camera_id: str) -> bool:
        return not self.cameras or camera_id in self.cameras

    def canonical(self) -> dict[str, Any]:
        return {
            "id": self.zone_id,
            "kind": self.kind,
            "anchor": self.anchor,
            "cameras": sorted(self.cameras),
            "points": [list(point) for point in self.polygon],
        } | ({} if self.metres is None else {"metres": list(self.metres)})


def anchor_of(box: Box, anchor: Anchor) -> Point:
    """The point that stands for a box, inside the picture even where the box reaches out of it."""
    x1, y1, x2, y2 = box
    y = y2 if anchor == "bottom_center" else (y1 + y2) / 2
    return min(max((x1 + x2) / 2, 0.0), 1.0), min(max(y, 0.0), 1.0)


def point_in_polygon(point: Point, polygon: Sequence[Point]) -> bool:
    """Even-odd rule (Shimrat 1962), with the edges counted as inside: a person cut off by the picture's lower edge is
    in a zone that ends there.
    """
    x, y = point
    inside = False
    for a, b in _edges(polygon):
        if _on_edge(point, a, b):
            return True
        if (a[1] > y) != (b[1] > y) and x < a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1]):
            inside = not inside
    return inside


def distance_to_segment(point: Point, a: Point, b: Point) -> float:
    """From the point to the nearest one of the segment a-b."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    along = ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / (dx * dx + dy * dy)
    along = min(max(along, 0.0), 1.0)
    return math.hypot(a[0] + along * dx - point[0], a[1] + along * dy - point[1])


def distance_to_edges(point: Point, polygon: Sequence[Point]) -> float:
    """From the point to the nearest edge, the sides of the picture left out: nobody comes in across them unseen."""
    inner = [(a, b) for a, b in _edges(polygon) if not _on_a_side(a, b)]
    return min((distance_to_segment(point, a, b) for a, b in inner), default=1.0)


def _on_a_side(a: Point, b: Point) -> bool:
    return any(a[axis] == b[axis] == side for axis in (0, 1) for side in (0.0, 1.0))


def area_of(polygon: Sequence[Point]) -> float:
    """Share of the frame (the shoelace formula)."""
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in _edges(polygon))) / 2


def polygon_fault(polygon: Sequence[Point]) -> str | None:
    """What keeps these points from being a simple polygon, and what would be right; None when nothing does."""
    if not 3 <= len(polygon) <= POINTS_MAX:
        return f"a polygon has 3 to {POINTS_MAX} points, not {len(polygon)}"
    for number, (x, y) in enumerate(polygon, 1):
        if not (0.0 <= x <= 1.0 and 0.0 <= y <= 1.0):
            return f"point {number} [{x:g}, {y:g}] is outside the picture: coordinates are 0 to 1, not pixels"
    if polygon[0] == polygon[-1]:
        return "the first point stands again at the end: leave the last one out, a polygon closes by itself"
    edges = list(_edges(polygon))
    for number, (a, b) in enumerate(edges, 1):
        if a == b:
            return f"points {number} and {number + 1} are the same: leave one out"
    for i, first in enumerate(edges):
        for j in range(i + 1, len(edges)):
            neighbours = j == i + 1 or (i == 0 and j == len(edges) - 1)
            crossing = _folds_back(first, edges[j]) if neighbours else segments_touch(*first, *edges[j])
            if crossing:
                return (
                    f"the polygon crosses itself (edges {i + 1} and {j + 1}): list the corners in order around the zone"
                )
    return None


def segments_touch(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Do the segments a-b and c-d share a point? Exact, by rational arithmetic."""
    abc, abd, cda, cdb = turn(a, b, c), turn(a, b, d), turn(c, d, a), turn(c, d, b)
    if abc != abd and cda != cdb:
        return True
    return any(
        side == 0 and _within(p, q, r)
        for side, p, q, r in ((abc, a, b, c), (abd, a, b, d), (cda, c, d, a), (cdb, c, d, b))
    )


def turn(a: Point, b: Point, c: Point) -> int:
    """Where c lies from the way a -> b: 1 or -1 for the two sides, 0 on it. Exact."""
    ax, ay, bx, by, cx, cy = (Fraction(value) for point in (a, b, c) for value in point)
    product = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
    return (product > 0) - (product < 0)


def _edges(polygon: Sequence[Point]) -> Sequence[tuple[Point, Point]]:
    return [*pairwise(polygon), (polygon[-1], polygon[0])]


def _within(a: Point, b: Point, c: Point) -> bool:
    return min(a[0], b[0]) <= c[0] <= max(a[0], b[0]) and min(a[1], b[1]) <= c[1] <= max(a[1], b[1])


def _folds_back(first: tuple[Point, Point], second: tuple[Point, Point]) -> bool:
    """Do two edges with one common corner lie on each other?"""
    (a, b), (c, d) = first, second
    corner, left, right = (b, a, d) if b == c else (a, b, c)
    if turn(left, corner, right) != 0:
        return False
    return (left[0] - corner[0]) * (right[0] - corner[0]) + (left[1] - corner[1]) * (right[1] - corner[1]) > 0


def _on_edge(point: Point, a: Point, b: Point) -> bool:
    dx, dy = b[0] - a[0], b[1] - a[1]
    along = ((point[0] - a[0]) * dx + (point[1] - a[1]) * dy) / (dx * dx + dy * dy)
    if not -_EDGE_TOLERANCE <= along <= 1 + _EDGE_TOLERANCE:
        return False
    return abs(a[0] + along * dx - point[0]) + abs(a[1] + along * dy - point[1]) <= _EDGE_TOLERANCE


FRAME = Zone(FRAME_ID, ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)))
