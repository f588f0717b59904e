"""What is neither person nor vehicle: bags, crates, bins, flames, smoke, and lights that look like fire."""

import math

import numpy as np

from models.synthetic.figures import Bone, Colour, Form, Puff, Solid, box_faces, limbs, placed, shade
from models.synthetic.path import Pose
from models.synthetic.view import Points

FLAME_COLOURS: tuple[Colour, ...] = ((40, 110, 250), (60, 165, 255), (130, 225, 255))
SMOKE_LIFE_S = 5.0
SMOKE_RISE = 1.1  # metres a second


def bag(pose: Pose, colour: Colour, size: float, up_m: float) -> tuple[Form, ...]:
    """A full rubbish sack, tied at the top."""
    bones = [
        Bone((0.0, 0.2, 0.06), (0.03, 0.24, -0.06), 0.2, colour),
        Bone((-0.02, 0.34, 0.0), (0.0, 0.4, 0.0), 0.13, shade(colour, 1.15)),
        Bone((0.0, 0.5, 0.0), (0.03, 0.58, 0.02), 0.035, shade(colour, 0.8)),
    ]
    return (Form("garbage", limbs(pose, bones, size, up_m)),)


def crate(pose: Pose, colour: Colour, size: float, up_m: float) -> tuple[Form, ...]:
    """Goods: a box with a lighter label and something in it."""
    long, high, deep = 0.3 * size, 0.36 * size, 0.22 * size
    solids: list[Solid] = [*box_faces(pose, (-long, 0.0, -deep), (long, high, deep), colour, up_m)]
    fruit = [
        Bone((-0.15, 0.38, 0.08), (0.15, 0.38, 0.08), 0.07, shade(colour, 1.3)),
        Bone((-0.15, 0.38, -0.08), (0.15, 0.38, -0.08), 0.07, shade(colour, 1.2)),
    ]
    return (Form("goods", (*solids, *limbs(pose, fruit, size, up_m))),)


def bin_(pose: Pose, colour: Colour, size: float) -> tuple[Form, ...]:
    """A wheeled bin with a lid."""
    body = box_faces(pose, (-0.3 * size, 0.08, -0.28 * size), (0.3 * size, 0.95 * size, 0.28 * size), colour)
    lid = box_faces(
        pose, (-0.33 * size, 0.95 * size, -0.31 * size), (0.33 * size, 1.03 * size, 0.31 * size), shade(colour, 0.8)
    )
    return (Form(None, (*body, *lid)),)


def _noise(index: int, salt: float) -> float:
    """0..1, the same for the same numbers."""
    return math.modf(abs(math.sin(index * 12.9898 + salt * 78.233) * 43758.5453))[0]


def fire(pose: Pose, age_s: float, size: float, grow_s: float) -> tuple[Form, ...]:
    """Tongues that lick upwards and change many times a second; `size` metres high once grown."""
    high = size * min(1.0, 0.25 + 0.75 * age_s / grow_s)
    tongues: list[Puff] = []
    for index in range(24):
        phase = math.modf(age_s * (1.3 + 0.5 * _noise(index, 1.0)) + _noise(index, 2.0))[0]
        sway = 0.12 * high * math.sin(age_s * 7.0 + index * 1.7)
        across = (0.55 * (_noise(index, 3.0) - 0.5)) * high * (1.2 - phase) + sway * phase
        local = np.array([[0.1 * (_noise(index, 4.0) - 0.5), 0.12 * high + phase * 0.8 * high, across]])
        colour = FLAME_COLOURS[2 if phase < 0.25 else 1 if phase < 0.6 else 0]
        radius = high * (0.25 - 0.16 * phase)
        tongues.append(Puff(placed(pose, local)[0], radius, colour, 0.95 - 0.45 * phase, glows=True))
    ordered = sorted(tongues, key=lambda puff: puff.opacity)
    return (Form("fire", tuple(ordered)),)


def smoke(pose: Pose, age_s: float, size: float, grow_s: float, colour: Colour) -> tuple[Form, ...]:
    """Puffs that rise, widen, drift and thin out; `size` scales them."""
    puffs: list[Puff] = []
    density = min(1.0, 0.35 + 0.65 * age_s / grow_s)
    every_s = 0.22
    first = max(0, math.ceil((age_s - SMOKE_LIFE_S) / every_s))
    for index in range(first, int(age_s / every_s) + 1):
        old = age_s - index * every_s
        rise = SMOKE_RISE * size * (0.9 + 0.2 * _noise(index, 5.0))
        drift = old * 0.22 * size + 0.25 * size * math.sin(index * 1.3 + old)
        local = np.array([[0.2 * (_noise(index, 6.0) - 0.5), 0.3 + rise * old, -drift]])
        fade = 1.0 - old / SMOKE_LIFE_S
        tone = shade(colour, 0.85 + 0.3 * _noise(index, 7.0))
        puffs.append(Puff(_world(pose, local), size * (0.3 + 0.26 * old), tone, 0.8 * density * fade))
    return (Form("smoke", tuple(puffs)),)


def _world(pose: Pose, local: Points) -> Points:
    """Smoke drifts with the wind, to the right of the picture, whichever way its source looks."""
    point: Points = np.array([pose.x - local[0, 2], local[0, 1], pose.z + local[0, 0]])
    return point


def light(pose: Pose, colour: Colour, size: float, up_m: float) -> tuple[Form, ...]:
    """A lamp or a low sun: bright, warm, still, and nothing that burns. size: its radius in metres."""
    centre = np.array([pose.x, up_m, pose.z])
    rings = ((2.2, 0.35, colour), (1.3, 0.7, shade(colour, 1.1)), (0.8, 1.0, shade(colour, 1.5)))
    return (Form(None, tuple(Puff(centre, size * grown, tone, opacity, glows=True) for grown, opacity, tone in rings)),)
