"""Vehicles as solids: cars, vans and buses by their side profile, bicycles and motorcycles by their frame."""

import math
from dataclasses import dataclass

import numpy as np

from models.synthetic.figures import GLASS, TYRE, Bone, Colour, Face, Local, Solid, limbs, placed, shade
from models.synthetic.path import Pose

Profile = tuple[tuple[float, float], ...]
HEADLAMP: Colour = (200, 235, 240)
TAILLAMP: Colour = (40, 40, 190)


@dataclass(frozen=True, slots=True)
class Body:
    """profile: side view, `[forward, up]` metres, from the rear bumper over the roof to the front. shades: of the
    surface after each corner; glazed: which of these are glass. windows: on the side. axles: forward metres.
    """

    profile: Profile
    shades: tuple[float, ...]
    glazed: tuple[int, ...]
    windows: tuple[Profile, ...]
    axles: tuple[float, ...]
    wide_m: float
    wheel_m: float
    lamps_up_m: float

    @property
    def ends_m(self) -> tuple[float, float]:
        return self.profile[0][0], self.profile[-1][0]


SALOON = Body(
    ((-2.1, 0.3), (-2.1, 0.85), (-1.5, 0.95), (-1.0, 1.42), (0.45, 1.42), (1.05, 0.95), (2.0, 0.8), (2.1, 0.3)),
    (0.62, 0.8, 0.95, 0.9, 1.15, 0.95, 1.05, 0.66),
    (2, 4),
    (
        ((-1.28, 0.98), (-0.9, 1.34), (-0.2, 1.34), (-0.2, 0.98)),
        ((-0.1, 0.98), (-0.1, 1.34), (0.4, 1.34), (0.86, 0.98)),
    ),
    (-1.3, 1.3),
    0.86,
    0.33,
    0.68,
)
LORRY = Body(
    ((-3.0, 0.5), (-3.0, 2.7), (1.5, 2.7), (1.55, 2.25), (2.2, 2.2), (2.75, 1.35), (2.85, 0.5)),
    (0.7, 1.1, 0.75, 1.05, 0.9, 0.9, 0.6),
    (4,),
    (((1.65, 1.4), (1.65, 2.05), (2.15, 2.05), (2.5, 1.4)),),
    (-1.9, 1.9),
    1.05,
    0.42,
    0.75,
)
BUS = Body(
    ((-5.2, 0.45), (-5.2, 3.0), (5.0, 3.0), (5.2, 1.2), (5.2, 0.45)),
    (0.7, 1.12, 0.9, 0.85, 0.6),
    (2,),
    tuple(
        ((left, 1.35), (left, 2.45), (left + 1.45, 2.45), (left + 1.45, 1.35))
        for left in (-4.9, -3.3, -1.7, -0.1, 1.5, 3.1)
    ),
    (-3.2, 3.0),
    1.25,
    0.48,
    0.8,
)
BODIES = {"car": SALOON, "truck": LORRY, "bus": BUS}


def motor_vehicle(pose: Pose, body: Body, paint: Colour) -> tuple[Solid, ...]:
    """The side profile drawn out to its width, with windows, wheels and lamps."""
    solids: list[Solid] = []

    def face(local: list[Local], colour: Colour, lift_m: float = 0.0) -> None:
        solids.append(Face(placed(pose, np.array(local)), colour, lift_m))

    wide, profile = body.wide_m, body.profile
    for index, (start, end) in enumerate(zip(profile, profile[1:] + profile[:1], strict=True)):
        colour = GLASS if index in body.glazed else shade(paint, body.shades[index])
        face([(*start, wide), (*end, wide), (*end, -wide), (*start, -wide)], colour)
    for side in (wide, -wide):
        face([(*corner, side) for corner in profile], shade(paint, 0.82))
        for window in body.windows:
            face([(*corner, side * 1.005) for corner in window], GLASS, 0.6)
        for axle in body.axles:
            for radius, colour in ((body.wheel_m, TYRE), (body.wheel_m * 0.55, (150, 150, 150))):
                face(_wheel(axle, radius, body.wheel_m, side * 1.01), colour, 0.7 + 0.1 * (radius < body.wheel_m))
    for forward, colour in ((body.ends_m[1] + 0.005, HEADLAMP), (body.ends_m[0] - 0.005, TAILLAMP)):
        for side in (0.72 * wide, -0.72 * wide):
            low, high = body.lamps_up_m - 0.06, body.lamps_up_m + 0.06
            corners = ((low, side - 0.16), (high, side - 0.16), (high, side + 0.16), (low, side + 0.16))
            face([(forward, up, across) for up, across in corners], colour, 0.6)
    return tuple(solids)


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
