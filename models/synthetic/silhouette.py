"""A figure, and the flat shapes that a camera sees of it, nearest last."""

from dataclasses import dataclass

import numpy as np

from models.synthetic.actor import Actor
from models.synthetic.figures import Form, Limb, Puff, Solid
from models.synthetic.path import Pose
from models.synthetic.view import Points, View

ARC_POINTS = 7
PUFF_EDGE = 0.8  # of its radius: where a soft ball is seen to end
# What is worn is part of who wears it.
PARTS = frozenset({"helmet", "bare_head", "vest", "no_vest"})


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """One actor at one time. distance_m: along the ground, for drawing order. up_m: how high it is carried."""

    actor: Actor
    pose: Pose
    forms: tuple[Form, ...]
    distance_m: float
    up_m: float = 0.0

    @property
    def solids(self) -> tuple[Solid, ...]:
        """Everything to draw, each once."""
        return tuple(solid for form in self.forms if form.class_name not in PARTS for solid in form.solids)


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """outline: (K, 2) relative picture points; of a puff its middle and the point to the right of it on its rim.

    extent: (4,) `[x1, y1, x2, y2]`, exact, not cut off at the picture's edge.
    """

    solid: Solid
    outline: Points
    extent: Points


@dataclass(frozen=True, slots=True, eq=False)
class Silhouette:
    """shapes: nearest last."""

    figure: Figure
    shapes: tuple[Shape, ...]

    def extent(self, form: Form) -> Points | None:
        """(4,) around everything of the form that is more than air; None when nothing is."""
        own = set(map(id, form.solids))
        extents = [shape.extent for shape in self.shapes if id(shape.solid) in own and np.isfinite(shape.extent[0])]
        if not extents:
            return None
        together = np.array(extents)
        return np.concatenate([together[:, :2].min(axis=0), together[:, 2:].max(axis=0)])


FAINTEST = 0.12  # a puff below this opacity is air


def silhouette(view: View, figure: Figure) -> Silhouette:
    """All points of the figure through the camera at once."""
    solids = figure.solids
    rows = [_points(solid) for solid in solids]
    world = np.concatenate(rows)
    seen, depths = view.project(world), view.depth_m(world)
    starts = np.cumsum([0, *(len(points) for points in rows)])
    radii = np.array([0.0 if not isinstance(solid, Limb | Puff) else solid.radius_m for solid in solids])
    reach = np.repeat(radii, np.diff(starts)) * view.focal / depths
    order, shapes = _order(solids, depths, starts), []
    limbs = [index for index, solid in enumerate(solids) if isinstance(solid, Limb)]
    outlines = dict(zip(limbs, _capsules(view, seen, reach, starts[limbs]), strict=True))
    for index in order:
        solid, span = solids[index], slice(starts[index], starts[index + 1])
        points, radius = seen[span], reach[span]
        if isinstance(solid, Puff):
            edge = radius[0] * PUFF_EDGE if solid.opacity >= FAINTEST else np.nan
            outline, wide = points + np.array([[0.0, 0.0], [radius[0], 0.0]]), np.array([[edge, edge * view.aspect]])
        else:
            outline, wide = outlines.get(index, points), radius[:, None] * np.array([[1.0, view.aspect]])
        shapes.append(Shape(solid, outline, np.concatenate([(points - wide).min(axis=0), (points + wide).max(axis=0)])))
    return Silhouette(figure, tuple(shapes))


def _points(solid: Solid) -> Points:
    if isinstance(solid, Limb):
        return np.array([solid.a, solid.b])
    return np.array([solid.centre, solid.centre]) if isinstance(solid, Puff) else solid.points


def _order(solids: tuple[Solid, ...], depths: Points, starts: Points) -> list[int]:
    """The painter's order of one figure's solids; puffs as they are given, over the rest."""
    middles = np.add.reduceat(depths, starts[:-1].astype(int)) / np.diff(starts)
    keys = [
        (isinstance(solid, Puff), 0.0 if isinstance(solid, Puff) else -(middle - getattr(solid, "lift_m", 0.0)))
        for solid, middle in zip(solids, middles.tolist(), strict=True)
    ]
    return sorted(range(len(solids)), key=keys.__getitem__)


def _capsules(view: View, seen: Points, reach: Points, starts: Points) -> Points:
    """(N, 2 * ARC_POINTS, 2): the circles at both ends of each limb, joined by their outer tangents."""
    pairs = np.stack([starts, starts + 1], axis=1).astype(int)
    centres = seen[pairs] * (1.0, 1.0 / view.aspect)
    return capsule_outlines(centres, reach[pairs]) * (1.0, view.aspect)


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
    outlines: Points = (centres[:, :, None, :] + rims).reshape(len(centres), 2 * ARC_POINTS, 2)
    return outlines
