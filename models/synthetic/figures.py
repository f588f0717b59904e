"""What figures are made of: limbs (capsules), faces (flat polygons) and puffs (soft balls) in world metres.

The same solids give the pixels and the boxes, so a box is exact by construction.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.synthetic.path import Pose
from models.synthetic.view import Points

Colour = tuple[int, int, int]  # BGR
Local = tuple[float, float, float]  # forward, up, left: metres from the figure's foot point
SKIN: Colour = (140, 170, 215)
GLASS: Colour = (88, 74, 62)
TYRE: Colour = (34, 34, 36)
PAINTS: tuple[Colour, ...] = (
    (200, 200, 205), (60, 60, 64), (140, 140, 146), (40, 44, 150), (120, 70, 40), (70, 90, 60), (60, 120, 170),
)  # fmt: skip
CLOTHES: tuple[Colour, ...] = (
    (60, 70, 160), (150, 100, 60), (70, 110, 70), (190, 190, 188), (50, 50, 54), (110, 80, 130), (60, 140, 180),
    (140, 150, 90),
)  # fmt: skip
TROUSERS: tuple[Colour, ...] = ((70, 55, 45), (48, 44, 42), (90, 96, 104), (110, 80, 60), (60, 70, 84))


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


@dataclass(frozen=True, slots=True, eq=False)
class Puff:
    """A soft ball of smoke, flame or light. opacity: at its middle, 0..1. glows: it shines, even at night."""

    centre: Points
    radius_m: float
    colour: Colour
    opacity: float
    glows: bool = False


Solid = Limb | Face | Puff


@dataclass(frozen=True, slots=True, eq=False)
class Form:
    """What a detector would call by one name: its class (None: it has no name for it) and the solids that it is."""

    class_name: str | None
    solids: tuple[Solid, ...]


def placed(pose: Pose, local: Points, up_m: float = 0.0) -> Points:
    """(N, 3) of `[forward, up, left]` metres from the figure's foot point -> world. up_m: lifts all of it."""
    forward = np.array([pose.heading[0], 0.0, pose.heading[1]])
    left = np.array([-pose.heading[1], 0.0, pose.heading[0]])
    up = np.array([0.0, 1.0, 0.0])
    foot = np.array([pose.x, up_m, pose.z])
    result: Points = foot + local[:, :1] * forward + local[:, 1:2] * up + local[:, 2:3] * left
    return result


def shade(colour: Colour, factor: float) -> Colour:
    blue, green, red = (min(255, round(channel * factor)) for channel in colour)
    return blue, green, red


@dataclass(frozen=True, slots=True)
class Bone:
    """A limb before it is placed: `[forward, up, left]` metres."""

    a: Local
    b: Local
    radius_m: float
    colour: Colour


def limbs(pose: Pose, bones: Sequence[Bone], scale: float = 1.0, up_m: float = 0.0) -> tuple[Limb, ...]:
    ends = placed(pose, np.array([end for bone in bones for end in (bone.a, bone.b)]) * scale, up_m)
    return tuple(
        Limb(ends[2 * index], ends[2 * index + 1], bone.radius_m * scale, bone.colour)
        for index, bone in enumerate(bones)
    )


def box_faces(pose: Pose, low: Local, high: Local, colour: Colour, up_m: float = 0.0) -> list[Face]:
    """The five faces of a block that can be seen, `low` and `high` its corners `[forward, up, left]`."""
    (f1, u1, l1), (f2, u2, l2) = low, high
    sides = (
        (((f1, u2, l1), (f2, u2, l1), (f2, u2, l2), (f1, u2, l2)), 1.14),
        (((f1, u1, l1), (f2, u1, l1), (f2, u2, l1), (f1, u2, l1)), 0.86),
        (((f1, u1, l2), (f2, u1, l2), (f2, u2, l2), (f1, u2, l2)), 0.86),
        (((f1, u1, l1), (f1, u1, l2), (f1, u2, l2), (f1, u2, l1)), 0.72),
        (((f2, u1, l1), (f2, u1, l2), (f2, u2, l2), (f2, u2, l1)), 0.95),
    )
    return [Face(placed(pose, np.array(corners), up_m), shade(colour, factor)) for corners, factor in sides]
