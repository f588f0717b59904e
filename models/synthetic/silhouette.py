"""A figure as the flat shapes that a camera sees of it, nearest last."""

from dataclasses import dataclass

import numpy as np

from models.synthetic.figures import Limb, Puff, Solid
from models.synthetic.scene import Figure, nearest_last
from models.synthetic.view import Points, View

ARC_POINTS = 7


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """outline: (K, 2) relative picture points; of a puff its middle and the point to the right of it on its rim."""

    solid: Solid
    outline: Points


@dataclass(frozen=True, slots=True, eq=False)
class Silhouette:
    figure: Figure
    shapes: tuple[Shape, ...]


def silhouette(view: View, figure: Figure) -> Silhouette:
    solids = nearest_last(view, figure.solids)
    capsules = iter(_capsules(view, [solid for solid in solids if isinstance(solid, Limb)]))
    shapes = []
    for solid in solids:
        if isinstance(solid, Limb):
            shapes.append(Shape(solid, next(capsules)))
        elif isinstance(solid, Puff):
            middle = view.project(solid.centre[None])
            radius = solid.radius_m * view.focal / view.depth_m(solid.centre[None])
            shapes.append(Shape(solid, middle + np.array([[0.0, 0.0], [float(radius[0]), 0.0]])))
        else:
            shapes.append(Shape(solid, view.project(solid.points)))
    return Silhouette(figure, tuple(shapes))


def _capsules(view: View, limbs: list[Limb]) -> Points:
    """(N, 2 * ARC_POINTS, 2): the circles at both ends of each limb, joined by their outer tangents."""
    if not limbs:
        return np.empty((0, 2 * ARC_POINTS, 2))
    ends = np.array([[limb.a, limb.b] for limb in limbs]).reshape(-1, 3)
    centres = (view.project(ends) * (1.0, 1.0 / view.aspect)).reshape(-1, 2, 2)
    radii = np.repeat([limb.radius_m for limb in limbs], 2) * view.focal / view.depth_m(ends)
    return capsule_outlines(centres, radii.reshape(-1, 2)) * (1.0, view.aspect)


def capsule_outlines(centres: Points, radii: Points) -> Points:
    """centres: (N, 2, 2), radii: (N, 2), in one square unit -> (N, 2 * ARC_POINTS, 2)."""
    way = centres[:, 1] - centres[:, 0]
    length = np.maximum(np.hypot(way[:, 0], way[:, 1]), 1e-9)
    along = np.arctan2(way[:, 1], way[:, 0])
    half = np.arccos(np.clip((radii[:, 0] - radii[:, 1]) / length, -1.0, 1.0))
    share = np.linspace(0.0, 1.0, ARC_POINTS)
    first = (along + half)[:, None] + share * (2 * np.pi - 2 * half)[:, None]
    second = (along - half)[:, None] + share * (2 * half)[:, None]
    angles = np.stack([first, second], axis=1)
    rims = np.stack([np.cos(angles), np.sin(angles)], axis=-1) * radii[:, :, None, None]
    outlines: Points = (centres[:, :, None, :] + rims).reshape(len(centres), -1, 2)
    return outlines
