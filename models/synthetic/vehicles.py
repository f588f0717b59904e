"""Vehicles as solids: cars, vans and buses by their side profile, bicycles and motorcycles by their frame."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from models.synthetic.figures import GLASS, TYRE, Bone, Colour, Face, Local, Solid, limbs, placed, shade
from models.synthetic.path import Pose

Profile = tuple[tuple[float, float], ...]
HEADLAMP: Colour = (200, 235, 240)
TAILLAMP: Colour = (40, 40, 190)
PLATE: Colour = (170, 90, 40)


@dataclass(frozen=True, slots=True)
class Body:
    """profile: side view, `[forward, up]` metres, from the rear bumper over the roof to the front. glazed: after which
    of its corners the surface is glass. windows: on the side. seams: forward metres of door joints, and how far they
    reach, `(forward, from, to)`. axles: forward metres.
    """

    profile: Profile
    glazed: tuple[int, ...]
    windows: tuple[Profile, ...]
    seams: tuple[tuple[float, float, float], ...]
    axles: tuple[float, ...]
    wide_m: float
    wheel_m: float
    lamps_up_m: float
    sill_m: float

    @property
    def ends_m(self) -> tuple[float, float]:
        """Where the lamps are: the rear and the front, forward metres."""
        return min(corner[0] for corner in self.profile), max(corner[0] for corner in self.profile)


SALOON = Body(
    (
        (-2.14, 0.28),
        (-2.24, 0.45),
        (-2.24, 0.66),
        (-2.16, 0.92),
        (-1.66, 0.99),
        (-1.12, 1.36),
        (-0.8, 1.44),
        (0.2, 1.45),
        (0.48, 1.40),
        (1.12, 0.98),
        (1.9, 0.86),
        (2.16, 0.72),
        (2.24, 0.5),
        (2.16, 0.28),
    ),
    (4, 8),
    (
        ((-1.36, 0.99), (-1.02, 1.31), (-0.78, 1.36), (-0.32, 1.37), (-0.32, 0.99)),
        ((-0.22, 0.99), (-0.22, 1.37), (0.18, 1.37), (0.4, 1.33), (0.88, 0.99)),
    ),
    ((-0.27, 0.42, 0.97), (0.74, 0.42, 0.97), (-1.12, 0.62, 0.97)),
    (-1.35, 1.36),
    0.88,
    0.33,
    0.66,
    0.4,
)
LORRY = Body(
    (
        (-3.0, 0.5),
        (-3.0, 2.75),
        (1.5, 2.75),
        (1.52, 2.3),
        (2.3, 2.25),
        (2.72, 1.45),
        (2.9, 1.2),
        (2.95, 0.45),
    ),
    (4,),
    (((1.65, 1.4), (1.65, 2.05), (2.2, 2.05), (2.55, 1.4)),),
    ((1.52, 0.55, 2.2), (-1.5, 0.6, 2.7), (0.0, 0.6, 2.7)),
    (-1.9, 1.95),
    1.05,
    0.44,
    0.75,
    0.7,
)
BUS = Body(
    ((-5.2, 0.4), (-5.25, 2.9), (-5.0, 3.05), (4.95, 3.05), (5.1, 2.9), (5.25, 1.2), (5.25, 0.4)),
    (4,),
    tuple(
        ((left, 1.35), (left, 2.45), (left + 1.45, 2.45), (left + 1.45, 1.35))
        for left in (-4.9, -3.3, -1.7, -0.1, 1.5, 3.1)
    ),
    ((3.2, 0.5, 2.6), (4.6, 0.5, 2.6), (-0.2, 0.5, 1.3)),
    (-3.2, 3.0),
    1.25,
    0.48,
    0.8,
    0.62,
)
BODIES = {"car": SALOON, "truck": LORRY, "bus": BUS}


def motor_vehicle(pose: Pose, body: Body, paint: Colour) -> tuple[Solid, ...]:
    """The side profile drawn out to its width, with windows, doors, wheels and lamps."""
    solids: list[Solid] = []

    def face(local: list[Local], colour: Colour, lift_m: float = 0.0) -> None:
        solids.append(Face(placed(pose, np.array(local)), colour, lift_m))

    wide, profile = body.wide_m, body.profile
    for index, (start, end) in enumerate(zip(profile, profile[1:] + profile[:1], strict=True)):
        colour = shade(GLASS, 1.25) if index in body.glazed else shade(paint, _light(start, end))
        face([(*start, wide), (*end, wide), (*end, -wide), (*start, -wide)], colour)
    for side in (wide, -wide):
        _side(face, body, paint, side)
    rear, front = body.ends_m
    for forward, colour in ((front + 0.005, HEADLAMP), (rear - 0.005, TAILLAMP)):
        for across in (0.7 * wide, -0.7 * wide):
            low, high = body.lamps_up_m - 0.08, body.lamps_up_m + 0.08
            corners = ((low, across - 0.2), (high, across - 0.2), (high, across + 0.2), (low, across + 0.2))
            face([(forward, up, beside) for up, beside in corners], colour, 0.6)
        face([(forward, 0.42, -0.26), (forward, 0.42, 0.26), (forward, 0.54, 0.26), (forward, 0.54, -0.26)], PLATE, 0.6)
    return tuple(solids)


def _light(start: tuple[float, float], end: tuple[float, float]) -> float:
    """How bright a surface of the profile is: those that look up are."""
    along, up = end[0] - start[0], end[1] - start[1]
    return 0.72 + 0.5 * max(0.0, along / math.hypot(along, up))


def _side(face: Callable[[list[Local], Colour, float], None], body: Body, paint: Colour, side: float) -> None:
    face([(*corner, side) for corner in body.profile], shade(paint, 0.86), 0.0)
    rear, front = body.ends_m
    beside = side * 1.004
    strips = ((body.sill_m, 0.3, 0.5), (body.lamps_up_m + 0.2, body.lamps_up_m + 0.12, 1.06))
    for high, low, light in strips:
        reach = ((rear + 0.1, low), (rear + 0.1, high), (front - 0.1, high), (front - 0.1, low))
        face([(*corner, beside) for corner in reach], shade(paint, light), 0.5)
    for forward, low, high in body.seams:
        joint = ((forward, low), (forward, high), (forward + 0.025, high), (forward + 0.025, low))
        face([(*corner, beside) for corner in joint], shade(paint, 0.5), 0.55)
    for window in body.windows:
        face([(*corner, side * 1.005) for corner in window], GLASS, 0.6)
        shine = [window[0], window[1], ((window[1][0] + window[2][0]) / 2, window[1][1])]
        face([(*corner, side * 1.006) for corner in shine], shade(GLASS, 1.35), 0.62)
    for axle in body.axles:
        for radius, colour in ((1.22, (24, 24, 26)), (1.0, TYRE), (0.62, (150, 152, 154)), (0.2, (80, 80, 82))):
            rim = _wheel(axle, radius * body.wheel_m, body.wheel_m, side * 1.01)
            face([(f, max(up, 0.0), s) for f, up, s in rim], colour, 0.9 - 0.1 * radius)
    if body.sill_m < 0.5:  # a mirror
        face([(0.78, 0.98, side * 1.12), (0.78, 1.1, side * 1.12), (0.96, 1.08, side * 1.12)], shade(paint, 0.7), 0.7)


def _wheel(axle: float, radius: float, up: float, side: float) -> list[Local]:
    angles = [index * math.pi / 8 for index in range(16)]
    return [(axle + radius * math.cos(a), up + radius * math.sin(a), side) for a in angles]


BICYCLE_SEAT_M, BICYCLE_REACH_M = 0.92, 0.62
MOTORCYCLE_SEAT_M, MOTORCYCLE_REACH_M = 0.78, 0.55


def bicycle(pose: Pose, paint: Colour) -> tuple[Solid, ...]:
    crank = -0.08
    bones = [*_rim(-0.52, 0.34, 0.022), *_rim(0.54, 0.34, 0.022)]
    for a, b in (
        ((-0.52, 0.34), (crank, 0.3)), ((-0.52, 0.34), (-0.2, 0.85)), ((crank, 0.3), (-0.2, 0.85)),
        ((-0.2, 0.78), (0.4, 0.82)), ((crank, 0.3), (0.4, 0.76)), ((0.54, 0.34), (0.4, 0.98)),
    ):  # fmt: skip
        bones.append(Bone((*a, 0.0), (*b, 0.0), 0.026, paint))
    bones.append(Bone((-0.3, 0.9, 0.0), (-0.1, 0.9, 0.0), 0.05, TYRE))
    bones.append(Bone((0.42, 1.0, 0.26), (0.42, 1.0, -0.26), 0.024, TYRE))
    return limbs(pose, bones)


def motorcycle(pose: Pose, paint: Colour) -> tuple[Solid, ...]:
    """A scooter or e-bike: broad wheels, step, seat, fairing, a box at the back."""
    dark = shade(paint, 0.8)
    bones = [
        *_rim(-0.62, 0.27, 0.06), *_rim(0.66, 0.27, 0.06),
        Bone((-0.62, 0.45, 0.0), (-0.15, 0.5, 0.0), 0.17, paint),
        Bone((-0.15, 0.36, 0.0), (0.4, 0.34, 0.0), 0.1, dark),
        Bone((0.42, 0.36, 0.0), (0.48, 0.86, 0.0), 0.13, paint),
        Bone((0.66, 0.27, 0.0), (0.5, 0.9, 0.0), 0.05, TYRE),
        Bone((-0.55, 0.68, 0.0), (0.02, 0.68, 0.0), 0.11, (40, 40, 44)),
        Bone((0.46, 1.0, 0.3), (0.46, 1.0, -0.3), 0.035, TYRE),
        Bone((0.6, 0.78, 0.0), (0.61, 0.78, 0.0), 0.08, HEADLAMP),
        Bone((-0.78, 0.62, 0.0), (-0.79, 0.62, 0.0), 0.05, TAILLAMP),
    ]  # fmt: skip
    return limbs(pose, bones)


def _rim(axle: float, radius: float, thick: float) -> list[Bone]:
    """A wheel of six pieces, upright in the way of riding."""
    angles = [index * math.pi / 3 for index in range(6)]
    reach = radius - thick
    corners = [(axle + reach * math.cos(a), radius + reach * math.sin(a), 0.0) for a in angles]
    return [Bone(a, b, thick, TYRE) for a, b in zip(corners, corners[1:] + corners[:1], strict=True)]


def lamp_places(pose: Pose, kind: str) -> tuple[list[Local], list[Local]]:
    """Where headlamps and tail lamps are, world metres as rows."""
    if kind in BODIES:
        body = BODIES[kind]
        rear, front = body.ends_m
        side, up = 0.72 * body.wide_m, body.lamps_up_m
        local = [(front, up, side), (front, up, -side), (rear, up, side), (rear, up, -side)]
    elif kind == "motorcycle":
        local = [(0.66, 0.78, 0.0), (-0.8, 0.62, 0.0)]
    else:
        return [], []
    world = [(float(x), float(y), float(z)) for x, y, z in placed(pose, np.array(local))]
    half = len(world) // 2
    return world[:half], world[half:]
