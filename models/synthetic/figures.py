"""People and vehicles as solids: limbs (capsules) and faces (flat polygons) in world metres.

The same solids give the pixels and the boxes, so a box is exact by construction.
"""

import math
from dataclasses import dataclass

import numpy as np

from models.synthetic.path import Pose
from models.synthetic.view import Points

Colour = tuple[int, int, int]  # BGR
SKIN: Colour = (140, 170, 215)
GLASS: Colour = (88, 74, 62)
TYRE: Colour = (34, 34, 36)


@dataclass(frozen=True, slots=True, eq=False)
class Limb:
    """A capsule from `a` to `b`, each (3,)."""

    a: Points
    b: Points
    radius_m: float
    colour: Colour


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A flat polygon, (K, 3). lift_m: how much nearer it counts when solids are sorted (a window on a door)."""

    points: Points
    colour: Colour
    lift_m: float = 0.0


Solid = Limb | Face


def _placed(pose: Pose, local: Points) -> Points:
    """(N, 3) of `[forward, up, left]` metres from the figure's foot point -> world."""
    forward = np.array([pose.heading[0], 0.0, pose.heading[1]])
    left = np.array([-pose.heading[1], 0.0, pose.heading[0]])
    up = np.array([0.0, 1.0, 0.0])
    foot = np.array([pose.x, 0.0, pose.z])
    placed: Points = foot + local[:, :1] * forward + local[:, 1:2] * up + local[:, 2:3] * left
    return placed


def _shade(colour: Colour, factor: float) -> Colour:
    blue, green, red = (min(255, round(channel * factor)) for channel in colour)
    return blue, green, red


def person(pose: Pose, shirt: Colour, trousers: Colour, height_m: float) -> list[Solid]:
    """A walking figure: the legs and arms swing with the way walked, and rest when it stands."""
    scale = height_m / 1.75
    swing = 0.55 * min(1.0, pose.speed / 1.2) * math.sin(pose.walked_m / (0.75 * scale) * math.pi)
    solids: list[Solid] = []

    def limb(a: tuple[float, float, float], b: tuple[float, float, float], radius: float, colour: Colour) -> None:
        ends = _placed(pose, np.array([a, b]) * scale)
        solids.append(Limb(ends[0], ends[1], radius * scale, colour))

    for side, lead in ((0.1, swing), (-0.1, -swing)):
        knee = (0.45 * math.sin(lead), 0.5, side)
        foot = (0.45 * math.sin(lead) + 0.42 * math.sin(lead - 0.25 * abs(swing)), 0.08, side)
        limb((0.0, 0.92, side), knee, 0.085, trousers)
        limb(knee, foot, 0.07, _shade(trousers, 0.9))
        limb(foot, (foot[0] + 0.16, 0.06, side), 0.06, TYRE)
        elbow = (-0.3 * math.sin(lead), 1.14, 2.3 * side)
        hand = (-0.3 * math.sin(lead) + 0.1, 0.9, 2.4 * side)
        limb((0.0, 1.42, 2.0 * side), elbow, 0.055, _shade(shirt, 0.9))
        limb(elbow, hand, 0.045, SKIN)
    limb((0.0, 0.98, 0.0), (0.0, 1.36, 0.0), 0.17, shirt)
    limb((0.0, 1.40, 0.13), (0.0, 1.40, -0.13), 0.085, shirt)
    limb((0.0, 1.60, 0.0), (0.02, 1.64, 0.0), 0.105, SKIN)
    limb((-0.03, 1.67, 0.0), (-0.02, 1.66, 0.0), 0.095, (38, 42, 50))
    return solids


# Side view of a saloon, `[forward, up]` metres, from the rear bumper over the roof to the front.
PROFILE = ((-2.1, 0.3), (-2.1, 0.85), (-1.5, 0.95), (-1.0, 1.42), (0.45, 1.42), (1.05, 0.95), (2.0, 0.8), (2.1, 0.3))
SIDE_WINDOWS = (
    ((-1.28, 0.98), (-0.9, 1.34), (-0.2, 1.34), (-0.2, 0.98)),
    ((-0.1, 0.98), (-0.1, 1.34), (0.4, 1.34), (0.86, 0.98)),
)
WIDE_M = 0.86
SHADES = (0.62, 0.8, 0.95, 0.9, 1.15, 0.95, 1.05, 0.66)
GLAZED = (2, 4)  # edges of the profile after these corners: rear window, windscreen


def car(pose: Pose, paint: Colour) -> list[Solid]:
    """A saloon: its side profile drawn out to its width, with windows, wheels and lamps."""
    solids: list[Solid] = []

    def face(local: list[tuple[float, float, float]], colour: Colour, lift_m: float = 0.0) -> None:
        solids.append(Face(_placed(pose, np.array(local)), colour, lift_m))

    for index, (start, end) in enumerate(zip(PROFILE, PROFILE[1:] + PROFILE[:1], strict=True)):
        colour = GLASS if index in GLAZED else _shade(paint, SHADES[index])
        face([(*start, WIDE_M), (*end, WIDE_M), (*end, -WIDE_M), (*start, -WIDE_M)], colour)
    for side in (WIDE_M, -WIDE_M):
        face([(*corner, side) for corner in PROFILE], _shade(paint, 0.82))
        for window in SIDE_WINDOWS:
            face([(*corner, side * 1.005) for corner in window], GLASS, 0.6)
        for axle in (-1.3, 1.3):
            for radius, colour in ((0.33, TYRE), (0.18, (150, 150, 150))):
                angles = [index * math.pi / 8 for index in range(16)]
                rim = [(axle + radius * math.cos(a), 0.33 + radius * math.sin(a), side * 1.01) for a in angles]
                face(rim, colour, 0.7 + 0.1 * (radius < 0.2))
    for forward, colour in ((2.105, (200, 235, 240)), (-2.105, (40, 40, 190))):
        for side in (0.62, -0.62):
            corners = [(up, side + across) for up, across in ((0.62, -0.16), (0.74, -0.16), (0.74, 0.16), (0.62, 0.16))]
            face([(forward, up, across) for up, across in corners], colour, 0.6)
    return solids
