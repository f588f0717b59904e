"""Where an actor is at a time: way points with times, rounded at the corners."""

import math
from bisect import bisect_right
from dataclasses import dataclass

ROUNDING_S = (-0.4, -0.2, 0.0, 0.2, 0.4)
STILL_M = 0.01


@dataclass(frozen=True, slots=True)
class Pose:
    """x, z: metres on the ground. heading: unit vector on the ground. walked_m: way so far. speed: metres a second."""

    x: float
    z: float
    heading: tuple[float, float]
    walked_m: float
    speed: float


@dataclass(frozen=True, slots=True)
class Path:
    """points: `(t_s, x, z)` with rising times, at least two. Raises ValueError otherwise."""

    points: tuple[tuple[float, float, float], ...]

    def __post_init__(self) -> None:
        if len(self.points) < 2:
            raise ValueError("a path needs at least two points [t_s, x, z]")
        if any(later[0] <= earlier[0] for earlier, later in zip(self.points, self.points[1:], strict=False)):
            raise ValueError("the times of a path must rise")

    @property
    def moves(self) -> bool:
        return any(self._length(index) > STILL_M for index in range(len(self.points) - 1))

    def at(self, t_s: float) -> Pose | None:
        """None before the first and after the last point."""
        start, end = self.points[0][0], self.points[-1][0]
        if not start <= t_s <= end:
            return None
        near = [min(max(t_s + shift, start), end) for shift in ROUNDING_S]
        places = [self._place(moment) for moment in near]
        x = sum(place[0] for place in places) / len(places)
        z = sum(place[1] for place in places) / len(places)
        return Pose(x, z, self._heading(near, t_s), self._walked(t_s), self._speed(t_s))

    def _segment(self, t_s: float) -> int:
        times = [point[0] for point in self.points]
        return min(max(bisect_right(times, t_s) - 1, 0), len(self.points) - 2)

    def _place(self, t_s: float) -> tuple[float, float]:
        index = self._segment(t_s)
        (t0, x0, z0), (t1, x1, z1) = self.points[index], self.points[index + 1]
        share = (t_s - t0) / (t1 - t0)
        return x0 + (x1 - x0) * share, z0 + (z1 - z0) * share

    def _length(self, index: int) -> float:
        (_, x0, z0), (_, x1, z1) = self.points[index], self.points[index + 1]
        return math.hypot(x1 - x0, z1 - z0)

    def _direction(self, index: int) -> tuple[float, float]:
        """Of this segment; of the last moving one before it (else the first after it) when it stands still."""
        order = [*range(index, -1, -1), *range(index + 1, len(self.points) - 1)]
        for candidate in order:
            length = self._length(candidate)
            if length > STILL_M:
                (_, x0, z0), (_, x1, z1) = self.points[candidate], self.points[candidate + 1]
                return (x1 - x0) / length, (z1 - z0) / length
        return 0.0, -1.0

    def _heading(self, near: list[float], t_s: float) -> tuple[float, float]:
        directions = [self._direction(self._segment(moment)) for moment in near]
        x, z = sum(direction[0] for direction in directions), sum(direction[1] for direction in directions)
        length = math.hypot(x, z)
        return (x / length, z / length) if length > STILL_M else self._direction(self._segment(t_s))

    def _walked(self, t_s: float) -> float:
        index = self._segment(t_s)
        x, z = self._place(t_s)
        _, x0, z0 = self.points[index]
        return sum(self._length(earlier) for earlier in range(index)) + math.hypot(x - x0, z - z0)

    def _speed(self, t_s: float) -> float:
        index = self._segment(t_s)
        return self._length(index) / (self.points[index + 1][0] - self.points[index][0])
