"""The fixed camera of a rendered scene: a pinhole above flat ground, looking down by `pitch_deg`.

World frame: metres, x to the right, y up, z away from the camera; the ground is y = 0, the camera stands over the
origin. Picture frame: relative, x right, y down, 0..1.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
NEAREST_M = 0.5


@dataclass(frozen=True, slots=True)
class View:
    """width_deg: the horizontal field of view. aspect: picture width / height."""

    height_m: float
    pitch_deg: float
    width_deg: float
    aspect: float

    @property
    def focal(self) -> float:
        """Focal length in picture widths."""
        return 0.5 / math.tan(math.radians(self.width_deg) / 2)

    def depth_m(self, world: Points) -> Points:
        """(N, 3) world points -> (N,) metres along the optical axis, at least NEAREST_M."""
        pitch = math.radians(self.pitch_deg)
        depth = world[:, 2] * math.cos(pitch) - (world[:, 1] - self.height_m) * math.sin(pitch)
        return np.maximum(depth, NEAREST_M)

    def project(self, world: Points) -> Points:
        """(N, 3) world points -> (N, 2) picture points; not clipped to the picture."""
        pitch = math.radians(self.pitch_deg)
        up = (world[:, 1] - self.height_m) * math.cos(pitch) + world[:, 2] * math.sin(pitch)
        scale = self.focal / self.depth_m(world)
        return np.stack([0.5 + world[:, 0] * scale, 0.5 - up * scale * self.aspect], axis=1)

    def ground(self, places: Points) -> Points:
        """(N, 2) ground places `[x, z]` -> (N, 2) picture points."""
        return self.project(np.stack([places[:, 0], np.zeros(len(places)), places[:, 1]], axis=1))

    def place(self, points: Points) -> Points:
        """(N, 2) picture points below the horizon -> (N, 2) ground places `[x, z]`: where their line of sight ends.

        NaN at and above the horizon.
        """
        pitch = math.radians(self.pitch_deg)
        across = (points[:, 0] - 0.5) / self.focal
        up = (0.5 - points[:, 1]) / (self.focal * self.aspect)
        fall = math.sin(pitch) - up * math.cos(pitch)
        reach = np.where(fall > 1e-6, self.height_m / np.where(fall > 1e-6, fall, 1.0), np.nan)
        return np.stack([reach * across, reach * (math.cos(pitch) + up * math.sin(pitch))], axis=1)


def cut_to_picture(polygon: Points) -> Points:
    """The part of a polygon inside the unit square (Sutherland and Hodgman 1974)."""
    corners = [(float(x), float(y)) for x, y in polygon]
    for axis, bound, keeps_above in ((0, 0.0, True), (0, 1.0, False), (1, 0.0, True), (1, 1.0, False)):
        kept: list[tuple[float, float]] = []
        for index, corner in enumerate(corners):
            before = corners[index - 1]
            is_in, was_in = (
                (point[axis] >= bound) == keeps_above or point[axis] == bound for point in (corner, before)
            )
            if is_in != was_in:
                share = (bound - before[axis]) / (corner[axis] - before[axis])
                cut = [before[0] + share * (corner[0] - before[0]), before[1] + share * (corner[1] - before[1])]
                cut[axis] = bound
                kept.append((cut[0], cut[1]))
            if is_in:
                kept.append(corner)
        corners = kept
    return np.array(corners).reshape(-1, 2)
