"""People: walking, standing or riding; with or without a helmet and a vest."""

import math
from dataclasses import dataclass

from models.synthetic.figures import SKIN, TYRE, Bone, Colour, Form, Limb, limbs, shade
from models.synthetic.path import Pose

HAIR: Colour = (38, 42, 50)
STRIPE: Colour = (205, 214, 214)
STRIDE_M = 0.75


@dataclass(frozen=True, slots=True)
class Looks:
    """helmet, vest: its colour, None where none is worn."""

    shirt: Colour
    trousers: Colour
    height_m: float = 1.75
    helmet: Colour | None = None
    vest: Colour | None = None


def person(pose: Pose, looks: Looks, *, carries: bool = False) -> tuple[Form, ...]:
    """The legs and arms swing with the way walked, and rest when it stands. First the person, then what is worn.

    carries: both arms are stretched out before the body.
    """
    scale = looks.height_m / 1.75
    swing = 0.55 * min(1.0, pose.speed / 1.2) * math.sin(pose.walked_m / (STRIDE_M * scale) * math.pi)
    bones: list[Bone] = []
    for side, lead in ((0.1, swing), (-0.1, -swing)):
        knee = (0.45 * math.sin(lead), 0.5, side)
        foot = (0.45 * math.sin(lead) + 0.42 * math.sin(lead - 0.25 * abs(swing)), 0.08, side)
        bones += [
            Bone((0.0, 0.90, side), knee, 0.088, looks.trousers),
            Bone(knee, foot, 0.066, shade(looks.trousers, 0.92)),
            Bone(foot, (foot[0] + 0.16, 0.06, side), 0.058, TYRE),
        ]
        back = 0.0 if carries else -0.3 * math.sin(lead)
        elbow = (back + 0.12 * carries, 1.14, 2.3 * side)
        hand = (0.42, 1.0, 1.6 * side) if carries else (back + 0.1, 0.9, 2.4 * side)
        bones += [Bone((0.0, 1.42, 2.0 * side), elbow, 0.056, shade(looks.shirt, 0.9)), Bone(elbow, hand, 0.043, SKIN)]
    return _worn(limbs(pose, bones, scale), _upper(pose, looks, scale, 0.0, 0.0))


def rider(pose: Pose, looks: Looks, seat_m: float, reach_m: float) -> tuple[Form, ...]:
    """Sits at `seat_m` and holds bars `reach_m` before the seat."""
    scale = looks.height_m / 1.75
    drop = seat_m - 0.92
    bones: list[Bone] = []
    for side in (0.11, -0.11):
        bones += [
            Bone((-0.1, 0.92 + drop, side), (0.33, 0.86 + drop, side * 1.3), 0.09, looks.trousers),
            Bone((0.33, 0.86 + drop, side * 1.3), (0.22, 0.38 + drop, side * 1.3), 0.068, shade(looks.trousers, 0.92)),
            Bone((0.22, 0.38 + drop, side * 1.3), (0.38, 0.36 + drop, side * 1.3), 0.055, TYRE),
            Bone((0.02, 1.40 + drop, 2 * side), (0.22, 1.14 + drop, 2.4 * side), 0.056, shade(looks.shirt, 0.9)),
            Bone((0.22, 1.14 + drop, 2.4 * side), (reach_m, 1.08 + drop, 2.2 * side), 0.043, SKIN),
        ]
    return _worn(limbs(pose, bones, scale), _upper(pose, looks, scale, drop, 0.06))


def _upper(
    pose: Pose, looks: Looks, scale: float, drop: float, lean: float
) -> tuple[tuple[Limb, ...], tuple[Limb, ...], Looks]:
    """Torso and head. drop: how much lower all of it sits; lean: how far forward the shoulders are."""
    cloth = looks.vest or looks.shirt
    torso = [
        Bone((0.0, 0.98 + drop, 0.05), (lean, 1.34 + drop, 0.07), 0.125, cloth),
        Bone((0.0, 0.98 + drop, -0.05), (lean, 1.34 + drop, -0.07), 0.125, shade(cloth, 0.94)),
        Bone((lean, 1.40 + drop, 0.13), (lean, 1.40 + drop, -0.13), 0.085, cloth),
    ]
    if looks.vest is not None:
        for forward in (0.1, -0.1):
            torso += [Bone((forward, up + drop, 0.1), (forward, up + drop, -0.1), 0.032, STRIPE) for up in (1.08, 1.22)]
    head = [
        Bone((lean, 1.50 + drop, 0.0), (lean + 0.01, 1.54 + drop, 0.0), 0.06, shade(SKIN, 0.85)),
        Bone((lean, 1.60 + drop, 0.0), (lean + 0.02, 1.65 + drop, 0.0), 0.1, SKIN),
    ]
    if looks.helmet is None:
        head.append(Bone((lean - 0.03, 1.675 + drop, 0.0), (lean - 0.015, 1.668 + drop, 0.0), 0.096, HAIR))
    else:
        head += [
            Bone((lean - 0.01, 1.70 + drop, 0.0), (lean + 0.02, 1.695 + drop, 0.0), 0.118, looks.helmet),
            Bone(
                (lean + 0.03, 1.665 + drop, 0.07), (lean + 0.03, 1.665 + drop, -0.07), 0.06, shade(looks.helmet, 0.85)
            ),
        ]
    return limbs(pose, torso, scale), limbs(pose, head, scale), looks


def _worn(lower: tuple[Limb, ...], upper: tuple[tuple[Limb, ...], tuple[Limb, ...], Looks]) -> tuple[Form, ...]:
    torso, head, looks = upper
    return (
        Form("person", (*lower, *torso, *head)),
        Form("bare_head" if looks.helmet is None else "helmet", head),
        Form("no_vest" if looks.vest is None else "vest", torso),
    )
