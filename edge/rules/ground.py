"""The ground in metres, from a zone that is a rectangle of known size on it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from edge.rules.zone import Point, turn


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """matrix: (3, 3) homography from relative frame coordinates to metres on a flat ground."""

    matrix: NDArray[np.float64]

    @classmethod
    def of(cls, corners: Sequence[Point], metres: tuple[float, float]) -> "Ground":
        """corners: four, in order around a rectangle on the ground. metres: from the first to the second, and from the
        second to the third. The direct linear transform of four points (Hartley and Zisserman, "Multiple View Geometry
        in Computer Vision", 2004, 4.1). Raises ValueError for what no camera can see of a rectangle.
        """
        if fault := ground_fault(corners):
            raise ValueError(fault)
        width, length = metres
        rows, values = [], []
        for (x, y), (u, v) in zip(corners, ((0, 0), (width, 0), (width, length), (0, length)), strict=True):
            rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
            values += [u, v]
        solved = np.linalg.solve(np.array(rows, np.float64), np.array(values, np.float64))
        return cls(np.append(solved, 1.0).reshape(3, 3))

    def place(self, point: Point) -> Point:
        """Where on the ground, in metres from the first corner."""
        x, y, w = (float(value) for value in self.matrix @ np.array([point[0], point[1], 1.0]))
        return x / w, y / w


def ground_fault(corners: Sequence[Point]) -> str | None:
    """What keeps these corners from being a rectangle on the ground; None when nothing does."""
    if len(corners) != 4:
        return f"metres need a zone of 4 corners, a rectangle on the ground; this one has {len(corners)}"
    around = [*corners, corners[0], corners[1]]
    turns = {turn(a, b, c) for (a, b), (_, c) in zip(pairwise(around), pairwise(around[1:]), strict=False)}
    if len(turns) != 1 or 0 in turns:
        return "metres need a zone without a dent: a rectangle on the ground looks like one from everywhere"
    return None
